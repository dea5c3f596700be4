"""Build the spider's requests: who may be asked, once, in which order, and in a form that can be stored.

A request holds nothing but plain JSON values in ``meta`` and ``cb_kwargs``, and methods of the spider as
callback and errback, because the scheduler keeps it as JSON and another process may send it. ``meta`` of
every request:

``role``
    Value of :class:`model.PageRole`.
``verbatim_url``
    True: the target is sent as the site spelled it (Scrapy 2.17).
``probe``
    True where nobody said that anything lies there (a usual place); a 404 is then no failure.
``near``
    True on pages that the front page links to and on declared sections: their feeds are taken as well.
``found``
    True where the address was counted among ``news/articles_found`` before it was read.
``mirror``
    Of a response: the root of the mirror that gave it in the source's place.
``home``
    The host that the origin redirected to and that was taken as the site's own; only when there is one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from scrapy import Request, Spider
from scrapy.http import Response

from model import BadConfigurationError, Capture, PageRole, Source
from spiders import priorities
from spiders.home import at_home
from spiders.items import ArticleItem, ThreadItem
from spiders.reader import PageReader
from spiders.scope import Scope, tidy
from spiders.sources import check_source, find_source, source_from_url
from spiders.traps import Kinds, Lists, RecentUrls

if TYPE_CHECKING:
    from twisted.python.failure import Failure

Output = Request | ArticleItem | ThreadItem
Callback = Callable[..., AsyncIterator[Output] | None]

MAX_REQUISITES_A_PAGE = 500
_RECENT_ADDRESSES = 16_384
"""Some 4 MB; navigation, feeds and the lists of the last thousand pages fit in."""


class AskingSpider(Spider):
    """What every callback needs: the source, its scope, the gates before a request, and counters."""

    # Every final answer comes to the callback: error pages are evidence and are judged, not thrown away.
    # (The meta key ``handle_httpstatus_all`` would also switch off redirects.)
    # Scrapy declares it on the instance, so it cannot be a ClassVar here.
    custom_settings: dict[str, Any] | None = {"HTTPERROR_ALLOW_ALL": True}  # noqa: RUF012

    reader: PageReader | None = None
    """Set by the crawler before the first request."""

    def __init__(
        self,
        url: str | None = None,
        source: str | Source | None = None,
        max_pages: str | int | None = None,
        **kwargs: Any,
    ) -> None:
        """Take either the address of a site, or a source: a declared name, the path of a TOML file, a noun.

        ``BadUrlError`` or ``BadConfigurationError`` when they name nothing to crawl.
        """
        # Any: whatever else was given with -a; Scrapy makes attributes of it.
        super().__init__(**kwargs)
        if (url is None) == (source is None):
            raise BadConfigurationError("url", "give either url=… or source=…, one of them")
        if isinstance(source, str):
            source = find_source(source)
        self.source: Source = source if source is not None else source_from_url(str(url))
        check_source(self.source)
        self.scope = Scope(self.source)
        self.kinds = Kinds()
        self.lists = Lists()
        self.rest_root: str | None = None
        """Root of the site's WordPress API, once a page announced it; ``""`` when the API refuses."""
        self._home = ""
        self._mirrors: dict[str, None] = {}
        self._pages_left = self._page_budget(max_pages)
        self._met = RecentUrls(max(_RECENT_ADDRESSES, 4 * (self._pages_left or 0)))
        self._needed = RecentUrls(_RECENT_ADDRESSES)
        self._too_old = RecentUrls(_RECENT_ADDRESSES)
        days = self.source.max_age_days
        self._oldest = None if days is None else datetime.now(UTC) - timedelta(days=days)

    def parse_page(self, response: Response, **told: Any) -> AsyncIterator[Output]:
        """Read a page of the site; made by :class:`spiders.news.NewsSpider`."""
        raise NotImplementedError

    def parse_requisite(self, response: Response, depth: int = 0) -> AsyncIterator[Output]:
        """Read what a page needs; made by :class:`spiders.news.NewsSpider`."""
        raise NotImplementedError

    def failed(self, failure: Failure) -> Iterator[Output]:
        """Take note of a request that got no answer (or was not allowed)."""
        raise NotImplementedError

    def count(self, what: str, by: int = 1) -> None:
        """Add to the run's counter ``news/<what>``."""
        if by and self.crawler.stats is not None:
            self.crawler.stats.inc_value(f"news/{what}", by)

    def note(self, what: str, value: str) -> None:
        """Set ``news/<what>`` to a text."""
        if self.crawler.stats is not None:
            self.crawler.stats.set_value(f"news/{what}", value)

    def ask(
        self,
        url: str,
        callback: Callback,
        role: PageRole,
        priority: int,
        *,
        probe: bool = False,
        dont_filter: bool = False,
        **told: Any,
    ) -> Request:
        """Return a request; ``told`` are the callback's arguments and must be plain JSON values."""
        # Any: JSON values have no narrower type.
        meta: dict[str, Any] = {"role": role.value, "verbatim_url": True}
        if probe:
            meta["probe"] = True
        if self._home:
            meta["home"] = self._home
        return Request(
            url,
            callback=callback,
            errback=self.failed,
            priority=priority,
            meta=meta,
            cb_kwargs=told,
            dont_filter=dont_filter,
        )

    def page(
        self, url: str, *, priority: int | None = None, listed: bool = False, **told: Any
    ) -> Iterator[Request]:
        """Yield a request for a page of the site, or nothing: it was met, is elsewhere, a trap, one too many.

        ``listed`` says that the site itself lists it in a feed, a sitemap or its API.
        """
        url = self.at_home(url)
        if not self._met.first_time(url):
            return
        address = tidy(url)
        if address is None or (address != url and not self._met.first_time(address)):
            return
        why = self.scope.why_no_page(address)
        if not why and not listed and self.kinds.barren(address):
            why = "barren"
            self._met.forget(address, url)
        if not why and address in self._too_old:
            why = "too_old"
        if not why and self._pages_left is not None:
            why = "" if self._pages_left > 0 else "max_pages"
            self._pages_left -= 1
        if why:
            self.count(f"skipped/{why}")
            return
        looks = self.scope.is_article_address(address)
        if priority is None:
            priority = priorities.ARTICLE if looks else priorities.PAGE
        request = self.ask(address, self.parse_page, PageRole.PAGE, priority, **told)
        if looks or priority == priorities.ARTICLE:
            self.count("articles_found")
            request.meta["found"] = True
        yield request

    def known(self, articles: Iterable[tuple[str, datetime | None]]) -> Iterator[Request]:
        """Yield requests for articles that earlier crawls brought and this one did not meet.

        Given as URL and date of publication. A site that takes an article down takes it off its lists too.
        """
        for url, published_at in articles:
            if not self.leave_alone(url, published_at):
                yield from self.page(url, priority=priorities.ARTICLE, listed=True)

    def requisite(self, url: str, depth: int = 0) -> Iterator[Request]:
        """Yield a request for what a page or a style sheet needs, once, wherever it lies."""
        address = tidy(self.at_home(url), keep_query=True)
        if address is None or not self._needed.first_time(address) or not self.scope.is_requisite(address):
            return
        style = PurePosixPath(urlsplit(address).path).suffix.lower() == ".css"
        priority = priorities.STYLE if style else priorities.REQUISITE
        yield self.ask(address, self.parse_requisite, PageRole.REQUISITE, priority, depth=depth)

    def leave_alone(self, url: str, moment: datetime | None) -> bool:
        """Return whether an article is older than the source wants, and remember to leave it alone."""
        if self._oldest is None or moment is None or moment >= self._oldest:
            return False
        self._too_old.first_time(tidy(url) or url)
        self.count("skipped/too_old")
        return True

    def answers(self, response: Response) -> bool:
        """Return whether an answer is the thing asked for, and count it when it is not."""
        home = response.meta.get("home")
        if home and home != self._home:
            self.adopt(home)
        if mirror := response.meta.get("mirror"):
            self._mirrors[mirror] = None
        if 200 <= response.status < 300:
            return True
        self.count("probes_missed" if response.meta.get("probe") else f"status/{response.status}")
        return False

    def at_home(self, url: str) -> str:
        """Return the address at the source of what a mirror's page named; others stay as they are."""
        for mirror in self._mirrors:
            url = at_home(url, mirror, self.source.origin)
        return url

    def adopt(self, host: str) -> None:
        """Take a host that the origin redirected to as the site's own."""
        self._home = host
        self.scope.add_host(host)

    def reading(self) -> PageReader:
        """Return the reader; a plain error says so when nobody set one."""
        if self.reader is None:
            raise BadConfigurationError(
                "reader",
                "nobody gave this spider a page reader; run it with the settings of crawler.settings",
            )
        return self.reader

    def _page_budget(self, argument: str | int | None) -> int | None:
        """Return how many pages may be asked for beside the front page; ``None``: no limit."""
        if argument in {None, ""}:
            return self.source.max_pages and self.source.max_pages - 1
        try:
            limit = int(str(argument))
        except ValueError as error:
            raise BadConfigurationError("max_pages", f"is a whole number, not {argument!r}") from error
        if limit < 1:
            raise BadConfigurationError("max_pages", "is at least 1; leave it out for no limit")
        return min(limit, self.source.max_pages or limit) - 1


def capture_of(response: Response) -> Capture | None:
    """Return the receipt of a response's exchange; ``None`` where the download handler gives none."""
    capture = response.meta.get("capture")
    return capture if isinstance(capture, Capture) else None


def is_cut(response: Response) -> bool:
    """Return whether a document broke off: what it does not show may stand there all the same.

    A page with its end tag is whole whatever the wire says: servers that close without a word are many.
    """
    return "truncated" in response.flags and b"</html" not in response.body[-4096:].lower()


def plain(url: str) -> str:
    """Return an address without what parts two names of one page: scheme, ``www.``, escapes, final slash.

    >>> plain("https://www.example.org/%d8%a7/#top") == plain("http://example.org/\u0627")
    True
    """
    return unquote(url.partition("://")[2].partition("#")[0]).removeprefix("www.").rstrip("/")
