"""An article with all its versions, what changed between them, and its comments: what desks show."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import unquote

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
    leads_to: str | None
    """Where that answer leads, when that is none of the addresses that the article was read at."""

    @property
    def refused(self) -> Capture | None:
        """The last answer, when it was not the article: a fact with its record, no verdict."""
        last = self.last_answer
        return last if last is not None and (last.status >= 400 or self.leads_to) else None

    @property
    def answered(self) -> str:
        """What :attr:`refused` was, in words; that a server failed (5xx) tells nothing of the article."""
        last = self.refused
        if last is None:
            return ""
        if self.leads_to:
            return f"the address now leads to {self.leads_to}"
        if last.status >= 500:
            return f"the site did not answer well ({last.status})"
        return f"the site answered with status {last.status}"


def article_history(catalogue: Catalogue, reference: int | str) -> ArticleHistory:
    """Return an article by number, canonical URL or any captured URL; ``UnknownNameError``."""
    record = catalogue.article(reference)
    versions = tuple(catalogue.versions(record.summary.id))
    last, leads_to = _last_answer(catalogue, record)
    return ArticleHistory(
        record=record,
        versions=versions,
        steps=tuple(
            Step(before=old, after=new, difference=compare_articles(old.article, new.article))
            for old, new in pairwise(versions)
        ),
        comments=tuple(catalogue.comments(record.summary.id)),
        last_answer=last,
        leads_to=leads_to,
    )


def _last_answer(catalogue: Catalogue, record: ArticleRecord) -> tuple[Capture | None, str | None]:
    """Return the newest answer of the article's address, and where it leads when that is elsewhere.

    Redirects between the addresses that the article was read at (to https, from a short form) are followed:
    what the last of them answered counts. A way that comes back to one of them leads nowhere else.
    """
    own = {_plain(one.url) for one in record.captures} | {_plain(record.summary.url)}
    answer = catalogue.latest_capture(record.summary.url)
    if answer is None and record.captures:
        # Its page gives it an address that was never asked for: the one it was read at tells instead.
        answer = catalogue.latest_capture(record.captures[-1].url)
    leads_to = None
    hop, followed = answer, set()
    while hop is not None and hop.redirect_to and hop.url not in followed:
        followed.add(hop.url)
        target = hop.redirect_to
        hop = catalogue.latest_capture(target)
        if _plain(target) not in own:
            leads_to = target
        elif hop is not None:
            answer, leads_to = hop, None
        else:
            leads_to = None
    return answer, leads_to


def _plain(url: str) -> str:
    """Return an address without what parts two names of one page: scheme, ``www.``, escapes, final slash.

    >>> _plain("https://www.example.org/%d8%a7/#top") == _plain("http://example.org/\u0627")
    True
    """
    return unquote(url.partition("://")[2].partition("#")[0]).removeprefix("www.").rstrip("/")


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
