"""An article with all its versions, what changed between them, and its comments: what desks show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pipelines import compare_articles, compare_threads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from archive.catalogue import ArticleRecord, Catalogue, CommentRecord
    from model import Capture, Comment, Version
    from pipelines import ArticleDiff, ThreadDiff


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From one version of an article to another one."""

    before: Version
    after: Version
    difference: ArticleDiff
    comments: ThreadDiff
    """Between the threads as they stood when either version was shown last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleHistory:
    """All that is known of an article."""

    record: ArticleRecord
    versions: tuple[Version, ...]
    """Oldest first; never empty."""
    comments: tuple[CommentRecord, ...]
    """In the order of the thread, gone ones where they stood."""
    last_answer: Capture | None
    """What the site answered when last asked for the article's address; ``None`` when it never was."""
    leads_to: str | None
    """Where that answer leads, when that is none of the addresses that the article was read at."""

    def is_read_otherwise(self, step: Step) -> bool:
        """Return whether another extractor read the one side: then the site may have changed nothing."""
        first, last = sorted((step.before.number, step.after.number))
        return any(one.by_extractor for one in self.versions if first < one.number <= last)

    def step(self, before: Version, after: Version) -> Step:
        """Return what changed from one version to another, which may be the older one too."""
        return Step(
            before=before,
            after=after,
            difference=compare_articles(before.article, after.article),
            comments=compare_threads(self._thread(before), self._thread(after)),
        )

    def _thread(self, version: Version) -> list[Comment]:
        """Return the comments as they stood when a version was last shown; none of the newest is left out."""
        later = next((one for one in self.versions if one.number > version.number), None)
        if later is None:
            return [one.comment for one in self.comments if one.gone_since is None]
        # The comments of a crawl are read about when its article is, sooner or later: half-way to the crawl
        # before lies between both.
        seen = [one.captured_at for one in self.record.captures if one.captured_at < later.first_seen_at]
        last = max(seen, default=version.first_seen_at)
        return _thread_at(self.comments, last + (later.first_seen_at - last) / 2)

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
        # Its page gives it an address that was never asked for: the one it was read at tells instead. What a
        # mirror answers is no answer of the site.
        ways = catalogue.vias.of_all(one.record_id for one in record.captures)
        read_at = [one.url for one in record.captures if one.record_id not in ways]
        answer = catalogue.latest_capture(read_at[-1]) if read_at else None
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


def _thread_at(records: Sequence[CommentRecord], moment: datetime) -> list[Comment]:
    """Return the comments that had been seen and had not gone at a moment, each as its text was then."""
    thread: list[Comment] = []
    for one in records:
        if one.first_seen_at > moment or (one.gone_since is not None and one.gone_since <= moment):
            continue
        earlier = [edit.text for edit in one.edits if edit.first_seen_at <= moment]
        if earlier and one.text_since is not None and one.text_since > moment:
            thread.append(replace(one.comment, text=earlier[-1]))
        else:
            thread.append(one.comment)
    return thread
