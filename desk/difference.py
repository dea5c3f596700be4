"""An article with all its versions, what changed between them, and its comments: what desks show."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from pipelines import compare_articles

if TYPE_CHECKING:
    from archive.catalogue import ArticleRecord, Catalogue, CommentRecord
    from model import Version
    from pipelines import ArticleDiff


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From one version of an article to the next."""

    before: Version
    after: Version
    difference: ArticleDiff


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleHistory:
    """All that is known of an article."""

    record: ArticleRecord
    versions: tuple[Version, ...]
    """Oldest first; never empty."""
    changes: tuple[Change, ...]
    """One fewer than versions, oldest first."""
    comments: tuple[CommentRecord, ...]
    """In the order of the thread, gone ones where they stood."""


def article_history(catalogue: Catalogue, reference: str) -> ArticleHistory:
    """Return an article by number, canonical URL or any captured URL; ``UnknownNameError``."""
    record = catalogue.article(reference)
    versions = tuple(catalogue.versions(record.summary.id))
    return ArticleHistory(
        record=record,
        versions=versions,
        changes=tuple(
            Change(before=old, after=new, difference=compare_articles(old.article, new.article))
            for old, new in pairwise(versions)
        ),
        comments=tuple(catalogue.comments(record.summary.id)),
    )
