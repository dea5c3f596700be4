"""The way through the documents that hold an article's comments: one by one, state in the request.

A :class:`ThreadPlan` travels as plain JSON in ``cb_kwargs["plan"]`` of the request for the next document.
There is exactly one such request for an article at any time, wherever it waits (memory, the frontier on
disk), so a crawl that goes on in another process loses nothing and needs no counters. A failed document
does not end the way: the errback goes on with what is left, and the plan remembers that its channel is
not whole.

Channels: ``html`` (the article's page and its comment pages), ``wordpress-rest`` (true parents, all
approved comments), ``blogger`` (the same of Blogger), ``feed`` (only where neither shows anything, or the
API refuses: a feed has just the newest few). These show the same comments, so one of them that is whole is
enough. A comment service that the page loads by script (``isso``, ``remark42``, ``disqus``, ``discourse``,
``waline``)
has comments of its own: each must be whole as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from w3lib.url import canonicalize_url

HTML = "html"
REST = "wordpress-rest"
FEED = "feed"
BLOGGER = "blogger"
DISQUS = "disqus"
SERVICES = frozenset({"isso", "remark42", DISQUS, "discourse", "waline"})
"""Channels with comments of their own, on the service's host."""

MAX_DOCUMENTS = 500
"""Documents fetched for one article: 50,000 comments by REST, 10,000 in pages of 20. More is a trap."""

# JSON values, as they lie in a stored request.
JsonObject = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class ThreadPlan:
    """What is known of one article's comments so far, and what is still to be fetched."""

    article_url: str
    document: int = 1
    """Number of the document last looked at."""
    todo: list[list[str]] = field(default_factory=list)
    """Pairs of channel and URL."""
    known: list[str] = field(default_factory=list)
    """Digests of all URLs that were ever in ``todo``."""
    shown: dict[str, list[str]] = field(default_factory=dict)
    """Ids of the comments seen so far, a channel: so that one shown twice does not hide one missing."""
    broken: list[str] = field(default_factory=list)
    """Channels of which a document could not be had or read."""
    declared: int | None = None
    """The greatest number of comments that a document of the site itself declared."""
    told: dict[str, int] = field(default_factory=dict)
    """The greatest number that each service declared."""
    services: list[str] = field(default_factory=list)
    """The services that were to be asked."""
    spare_feed: str = ""
    """The article's comment feed, kept for when the API refuses."""
    spare_disqus: str = ""
    """The article's Disqus thread, kept for when the site itself has no comments: its plugin for WordPress
    copies them there."""

    @classmethod
    def from_json(cls, data: JsonObject) -> ThreadPlan:
        """Return the plan that :meth:`to_json` wrote."""
        return cls(**data)

    def to_json(self) -> JsonObject:
        """Return plain JSON values."""
        return asdict(self)

    def add(self, channel: str, urls: Iterable[str]) -> None:
        """Put further documents at the end, each once; past the bound the channel counts as not whole."""
        for url in urls:
            digest = _digest(url)
            if digest in self.known:
                continue
            if len(self.known) >= MAX_DOCUMENTS:
                self.fail(channel)
                return
            self.known.append(digest)
            self.todo.append([channel, url])

    def has(self, channel: str) -> bool:
        """Return whether a document of a channel is still to be fetched."""
        return any(one == channel for one, _ in self.todo)

    def forget(self, *urls: str | None) -> None:
        """Never fetch these: the article's own page under its names."""
        self.known.extend(_digest(url) for url in urls if url)

    def count(self, channel: str, comments: Iterable[str], declared: int | None) -> int:
        """Take note of one document's comments, by their ids; return by how many the total known has grown.

        Channels show the same comments, and pages of one channel overlap (a WordPress article shows its
        newest comment page, which has an address of its own): each comment counts once in each channel, and
        the total is that of the richest one.

        >>> plan = ThreadPlan(article_url="http://a/")
        >>> plan.count(HTML, ["1", "2", "3"], None), plan.count(REST, ["1", "2", "3", "4", "5"], 5)
        (3, 2)
        """
        before = self._most()
        known = self.shown.setdefault(channel, [])
        have = set(known)
        for comment in comments:
            short = comment if len(comment) <= 12 else _short(comment)
            if short not in have:
                have.add(short)
                known.append(short)
        self.declare(declared, channel)
        return self._most() - before

    def _own(self) -> int:
        shown = (len(ids) for channel, ids in self.shown.items() if channel not in SERVICES)
        return max(shown, default=0)

    def _elsewhere(self) -> int:
        return sum(len(ids) for channel, ids in self.shown.items() if channel in SERVICES)

    def _most(self) -> int:
        return self._own() + self._elsewhere()

    def declare(self, total: int | None, channel: str = "") -> None:
        """Take note of how many comments there are said to be, by a service of its own."""
        if total is not None and channel in SERVICES:
            self.told[channel] = max(total, self.told.get(channel, 0))
        elif total is not None:
            self.declared = max(total, self.declared or 0)

    def ask_service(self, channel: str, url: str) -> None:
        """Plan the first document of a service."""
        self.services.append(channel)
        self.add(channel, [url])

    def fail(self, channel: str) -> None:
        """Take note that a channel is not whole."""
        if channel not in self.broken:
            self.broken.append(channel)

    def complete(self) -> bool:
        """Return whether, with nothing left to fetch, one channel of the site itself and every service that
        was to be asked was whole and showed what was declared.

        A feed proves nothing by itself: it shows the newest few, and a full one looks like a cut one. A page
        that shows no comment may declare the number of those that its services have.
        """
        if self.todo or not all(map(self._is_whole, self.services)):
            return False
        elsewhere = self._elsewhere()
        for channel, ids in self.shown.items():
            if channel in SERVICES:
                continue
            shown = len(ids)
            enough = self.declared is not None and (shown or elsewhere) >= self.declared
            if channel in self.broken or (self.declared is not None and not enough):
                continue
            if channel == HTML and self.declared is None and shown < self._own():
                continue
            if channel != FEED or enough:
                return True
        return False

    def _is_whole(self, service: str) -> bool:
        shown = self.shown.get(service)
        return shown is not None and service not in self.broken and len(shown) >= self.told.get(service, 0)


def _digest(url: str) -> str:
    """Return a short name of a URL, the same in every process and for every order of its parameters."""
    return _short(canonicalize_url(url))


def _short(text: str) -> str:
    return hashlib.blake2s(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
