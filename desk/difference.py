"""An article with all its versions, what changed between them, and its comments: what desks show."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from pipelines import Change, DiffPart, compare_articles

if TYPE_CHECKING:
    from archive.catalogue import ArticleRecord, Catalogue, CommentRecord
    from model import Capture, Version
    from pipelines import ArticleDiff, ParagraphDiff

_LABELS = {
    Change.CHANGED: "changed",
    Change.REMOVED: "removed",
    Change.ADDED: "added",
    Change.MOVED: "moved",
}
_NAMES_APART = "، "


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
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
    steps: tuple[Step, ...]
    """One fewer than versions, oldest first."""
    comments: tuple[CommentRecord, ...]
    """In the order of the thread, gone ones where they stood."""
    last_answer: Capture | None
    """What the site answered when last asked for the article's address; ``None`` when it never was."""

    @property
    def refused(self) -> Capture | None:
        """The last answer, when it was no page any more: a fact with its record, no verdict."""
        last = self.last_answer
        return last if last is not None and last.status >= 400 else None


def article_history(catalogue: Catalogue, reference: int | str) -> ArticleHistory:
    """Return an article by number, canonical URL or any captured URL; ``UnknownNameError``."""
    record = catalogue.article(reference)
    versions = tuple(catalogue.versions(record.summary.id))
    return ArticleHistory(
        record=record,
        versions=versions,
        steps=tuple(
            Step(before=old, after=new, difference=compare_articles(old.article, new.article))
            for old, new in pairwise(versions)
        ),
        comments=tuple(catalogue.comments(record.summary.id)),
        last_answer=catalogue.latest_capture(record.summary.url),
    )


def difference_parts(difference: ArticleDiff) -> list[tuple[str, tuple[DiffPart, ...]]]:
    """Return what a reader is shown of a difference: (label, parts), only what differs, in reading order.

    Labels are ``title``, ``lede``, ``by`` and, of paragraphs, ``paragraph 2 changed``, ``… removed``
    (counted in the old text), ``… added``, ``… moved``. Texts are as published.
    """
    shown = [
        (label, parts)
        for label, parts in (("title", difference.title), ("lede", difference.lede))
        if any(part.kind is not Change.SAME for part in parts)
    ]
    shown += [
        (_label(paragraph), paragraph.parts)
        for paragraph in difference.paragraphs
        if paragraph.kind is not Change.SAME
    ]
    names = [
        DiffPart(kind=kind, text=_NAMES_APART.join(authors))
        for kind, authors in (
            (Change.REMOVED, difference.authors_removed),
            (Change.ADDED, difference.authors_added),
        )
        if authors
    ]
    return [*shown, *([("by", tuple(names))] if names else [])]


def _label(paragraph: ParagraphDiff) -> str:
    index = paragraph.old_index if paragraph.kind is Change.REMOVED else paragraph.new_index
    number = "" if index is None else f" {index + 1}"
    return f"paragraph{number} {_LABELS[paragraph.kind]}"
