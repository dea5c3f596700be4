"""Bounded memory of a run that keeps it out of endless spaces: links seen, still lists, barren kinds.

All of it may be lost (a restart): the scheduler still refuses what it knows, and the bounds count anew.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from spiders.scope import shape

BARREN_PAGES = 3
"""A list is left after so many pages in a row that bring no link its earlier pages did not bring."""
_KIND_TRIAL = 400
_KIND_YIELD = 0.01
"""A kind of address is given up when, of its first 400 pages, fewer than 1 in 100 was an article. Calendars,
search facets and the like bring none at all; the leanest real kind met here (tags) is no loss, for what it
lists is listed elsewhere."""
_MAX_KINDS = 5_000
_MAX_LISTS = 64
_MAX_LINKS_A_LIST = 2_000


class RecentUrls:
    """Which addresses were met lately; exact for the last ``limit`` ones, so nothing is lost by it.

    Navigation is the same on every page: without this each page would send a hundred known addresses to the
    scheduler again.
    """

    def __init__(self, limit: int = 16_384) -> None:
        self._limit = limit
        self._seen: dict[str, None] = {}

    def first_time(self, url: str) -> bool:
        """Return whether the address was not met lately, and remember it.

        >>> seen = RecentUrls(limit=2)
        >>> [seen.first_time(url) for url in "aabca"]
        [True, False, True, True, True]
        """
        if url in self._seen:
            return False
        self._seen[url] = None
        if len(self._seen) > self._limit:
            del self._seen[next(iter(self._seen))]
        return True

    def forget(self, *urls: str) -> None:
        """Treat these as never met."""
        for url in urls:
            self._seen.pop(url, None)

    def __contains__(self, url: str) -> bool:
        return url in self._seen


class Lists:
    """Which lists (sections in pages) still bring links that their earlier pages did not."""

    def __init__(self) -> None:
        self._lists: OrderedDict[str, set[int]] = OrderedDict()

    def brings_new(self, url: str, links: Iterable[str]) -> bool:
        """Return whether this page of a list shows a link that no page of the list showed in this run."""
        key = shape(url)
        known = self._lists.setdefault(key, set())
        self._lists.move_to_end(key)
        if len(self._lists) > _MAX_LISTS:
            self._lists.popitem(last=False)
        fresh = {hash(link) for link in links} - known
        if len(known) > _MAX_LINKS_A_LIST:
            known.clear()
        known |= fresh
        return bool(fresh)


@dataclass(slots=True)
class _Yield:
    read: int = 0
    articles: int = 0


class Kinds:
    """How many articles each kind of address brought; kinds that bring none are not followed for ever.

    Only addresses found as links are judged so. What a feed, a sitemap or an API lists is always taken.
    """

    def __init__(self) -> None:
        self._kinds: OrderedDict[str, _Yield] = OrderedDict()

    def read(self, url: str, *, article: bool) -> None:
        """Count one page that was read."""
        key = shape(url)
        found = self._kinds.setdefault(key, _Yield())
        self._kinds.move_to_end(key)
        if len(self._kinds) > _MAX_KINDS:
            self._kinds.popitem(last=False)
        found.read += 1
        found.articles += article

    def barren(self, url: str) -> bool:
        """Return whether this kind of address was tried long enough in vain."""
        found = self._kinds.get(shape(url))
        return found is not None and found.read >= _KIND_TRIAL and found.articles < found.read * _KIND_YIELD
