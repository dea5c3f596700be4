"""The spider for any news site: from its front page to every article, all comments, and what the pages need.

``scrapy crawl news -a url=https://www.example.org/`` or ``-a source=nl_zamaneh`` (a declared name or the
path of a TOML file), with ``-a max_pages=100`` where wanted. The first requests are made again by a run that
goes on with an interrupted crawl; what the scheduler knows it drops, and nothing depends on their being
answered twice: what a run learned and later requests need travels with those requests.

Counters (``news/…``): ``pages`` read, of them ``articles``, ``listing_pages``, ``other_pages``;
``articles_found`` (addresses met that look like articles, or that a feed or the API lists); ``comments``,
``threads_complete``, ``threads_incomplete``; ``feeds``, ``sitemaps``, ``api_pages``; ``requisites``,
``documents``, ``twice`` (articles fetched once more, to learn what flickers); ``status/<code>``, ``failed``,
``probes_missed`` (usual places where nothing was), ``unreadable``, ``cut_off`` (articles of which only a part
came), ``posts_asked`` (of WordPress's API, where their pages showed none), ``skipped/<why>``. ``news/seed``
says what became of the front page: ``read``, ``feed``, ``status 503``, ``not html: application/pdf``,
``failed: …``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.http import Response

from model import Link, PageKind, PageRole, ReadError, Reading
from spiders import priorities, wordpress
from spiders.asking import MAX_REQUISITES_A_PAGE, Output, capture_of, is_cut, plain
from spiders.discovering import DiscoveringSpider
from spiders.items import ArticleItem
from spiders.traps import BARREN_PAGES

if TYPE_CHECKING:
    from twisted.python.failure import Failure

_MAX_CSS_DEPTH = 3
"""A style sheet, what it imports, and what that imports: no site seen goes deeper without a loop."""
_MAX_DOCUMENTS_A_PAGE = 10
_MAX_DOCUMENT_BYTES = 20 * 1024 * 1024
_MAX_LINKS = 5_000
_MOST_REFUSED = 5
"""Posts that the API did not give either: what guards the pages guards it."""
_DEAD_SEED = frozenset({404, 410})
_MARKUP = (b"<rss", b"<feed", b"<rdf", b"<urlset", b"<sitemapindex")


class NewsSpider(DiscoveringSpider):
    """Works on a site it has never seen; see the module."""

    name = "news"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._posts_refused = 0

    async def start(self) -> AsyncIterator[Any]:
        """Yield the first requests: the front page, and what the source declares."""
        self.reading()
        # Not filtered: a crawl that goes on looks at the front page again, and learns what memory alone
        # held.
        # Every page links to it: once is enough.
        self._met.first_time(self.source.origin)
        yield self.ask(self.source.origin, self.parse_page, PageRole.SEED, priorities.SEED, dont_filter=True)
        for url in self.source.sections:
            for request in self.page(url, priority=priorities.SECTION, listed=True):
                request.meta["near"] = True
                yield request
        for url in self.source.sitemaps:
            for request in self.sitemap(url):
                yield request
        for url in self.source.feeds:
            for request in self.feed(url):
                yield request

    async def parse_page(
        self,
        response: Response,
        post_id: int | None = None,
        comment_feed: str = "",
        comment_count: int = 0,
        still: int = 0,
        **told: Any,
    ) -> AsyncIterator[Output]:
        """Read a page: what it is, what it says, what it leads to.

        ``still`` counts the pages of a list, up to this one, that brought nothing new.
        """
        seed = response.meta.get("role") == PageRole.SEED.value
        if seed:
            self._settle(response)
        if not self.answers(response):
            if seed:
                self.note("seed", f"status {response.status}")
                for request in self.discover(response, None) if response.status not in _DEAD_SEED else ():
                    yield request
            elif response.status not in _DEAD_SEED:
                for request in self._stand_in(response.url, post_id):
                    yield request
            return
        if not self.scope.owns(response.url):
            self.count("left_site")
            if seed:
                self.note("seed", f"leads elsewhere: {response.url}")
            return
        post = is_post_answer(response)
        if not post and not is_html(response):
            async for output in self._not_html(response, seed=seed):
                yield output
            return
        if seed and not response.body.strip():
            self.count("unreadable")
            self.note("seed", "unreadable: an empty page")
            for request in self.discover(response, None):
                yield request
            return
        try:
            reading = await self.reading().read_page(response, self.source.name)
        except ReadError as error:
            self.logger.info("unreadable: %s: %s", response.url, error)
            self.count("unreadable")
            if seed:
                self.note("seed", f"unreadable: {error}")
            for request in self._stand_in(response.url, post_id):
                yield request
            return
        self.count("pages")
        canonical = self.at_home(reading.canonical_url) if reading.canonical_url else None
        accepted = self.scope.accepts_article(response.url, canonical)
        article = reading.article if accepted else None
        if article is not None and canonical is not None and canonical != reading.canonical_url:
            article = replace(article, canonical_url=canonical)
        self.kinds.read(response.url, article=article is not None)
        if article is not None and is_cut(response):
            # Half a text would be a version of its own, and every comment behind the cut «gone».
            self.count("cut_off")
            article = None
        if seed:
            self.note("seed", "read")
            for request in self.discover(response, reading):
                yield request
        elif response.meta.get("near"):
            # Not from every page: each tag of WordPress has a feed of its own.
            for request in self.announced(response, reading):
                yield request
        if article is not None:
            self.count("articles")
            if post:
                self._posts_refused = 0
            self.count("articles_found", by=not response.meta.get("found"))
            number = reading.wordpress_post_id or post_id
            yield ArticleItem(
                article=article,
                wordpress_post_id=number,
                capture=capture_of(response),
                extractor=reading.extractor,
            )
            for output in self.begin_thread(
                response,
                reading,
                article,
                post_id=number,
                comment_feed=comment_feed,
                comment_count=comment_count,
                ask_api=post,
            ):
                yield output
        else:
            # A page drawn by script is a shell that leads nowhere; of others the name is not tried.
            if accepted and (post_id or not reading.links):
                for request in self._stand_in(response.url, post_id):
                    yield request
            self.count("listing_pages" if reading.kind is PageKind.LISTING else "other_pages")
        for output in self._onward(response, reading, is_article=article is not None, still=still):
            yield output

    async def parse_requisite(self, response: Response, depth: int = 0) -> AsyncIterator[Output]:
        """Follow what a style sheet needs in its turn; everything else is only kept."""
        if not self.answers(response):
            return
        self.count("requisites")
        if depth >= _MAX_CSS_DEPTH or mime_of(response) != "text/css":
            return
        try:
            needed = await self.reading().read_css(response)
        except ReadError:
            self.count("unreadable")
            return
        for url in needed[:MAX_REQUISITES_A_PAGE]:
            for request in self.requisite(url, depth + 1):
                yield request

    def parse_document(self, response: Response) -> None:
        """Count a linked document; that it was fetched is all there is to it."""
        if self.answers(response):
            self.count("documents")

    def twice(self, urls: Iterable[str]) -> Iterator[Output]:
        """Yield requests for articles that are fetched twice more, a moment apart."""
        for url in urls:
            yield self._once_more(url, left=1)

    async def parse_twice(self, response: Response, left: int = 0) -> AsyncIterator[Output]:
        """Ask once more; that both were fetched is all there is to it."""
        if self.answers(response):
            self.count("twice")
            if left:
                yield self._once_more(response.url, left=left - 1)

    def _once_more(self, url: str, *, left: int) -> Request:
        return self.ask(
            url, self.parse_twice, PageRole.TWICE, priorities.PAGE, probe=True, dont_filter=True, left=left
        )

    def failed(self, failure: Failure) -> Iterator[Output]:
        """Take note of a request without an answer; a walk through comments goes on behind it."""
        # Scrapy sets the attribute; Twisted's type does not know it.
        request = failure.request  # type: ignore[attr-defined]
        self.count("probes_missed" if request.meta.get("probe") else "failed")
        if request.meta.get("role") == PageRole.SEED.value:
            self.note("seed", f"failed: {failure.getErrorMessage()}")
        if "plan" in request.cb_kwargs:
            yield from self.comments_failed(request)
        elif request.callback == self.parse_page:
            yield from self._stand_in(request.url, request.cb_kwargs.get("post_id"))

    def _stand_in(self, page: str, post_id: int | None) -> Iterator[Request]:
        """Yield a request for the post itself where its page showed no article, and is not gone.

        By the number that the API's list told, else by its name in the address. Nothing when the site has no
        API, and no more when that refused as well.
        """
        if "wp/v2/" in page:
            self._posts_refused += 1
            return
        if not self.rest_root or self._posts_refused >= _MOST_REFUSED:
            return
        url = wordpress.post_url(self.rest_root, post_id) if post_id else ""
        if not url and self.scope.is_article_address(page):
            url = wordpress.named_post_url(self.rest_root, page) or ""
        if url and self._met.first_time(url):
            self.count("posts_asked")
            yield self.ask(url, self.parse_page, PageRole.API, priorities.API, probe=not post_id)

    def _settle(self, response: Response) -> None:
        """Take the host that the front page redirected to as the site's own, unless it is a platform."""
        if not self.scope.owns(response.url):
            host = self.scope.adoptable(response.url)
            if host:
                self.adopt(host)

    async def _not_html(self, response: Response, *, seed: bool) -> AsyncIterator[Output]:
        """Read a feed or sitemap met as a page; note a front page that is neither."""
        start = response.body[:1024].lstrip().lower()
        if any(mark in start for mark in _MARKUP):
            if seed:
                self.note("seed", "feed")
                for request in self.discover(response, None):
                    yield request
            sitemap_first = b"<urlset" in start or b"<sitemapindex" in start
            async for request in self.listed_by(response, sitemap_first=sitemap_first):
                yield request
            return
        self.count("not_html")
        if seed:
            self.note("seed", f"not html: {mime_of(response) or 'no content type'}")

    def _onward(
        self, response: Response, reading: Reading, *, is_article: bool, still: int
    ) -> Iterator[Output]:
        """Yield requests for all that a page leads to: next pages, links, needs, documents."""
        seed = response.meta.get("role") == PageRole.SEED.value
        comments = set(reading.thread.more)
        further = dict.fromkeys(url for url in reading.next_pages if url not in comments)
        if further:
            links = (link.url for link in reading.links if link.url not in further)
            still = 0 if self.lists.brings_new(response.url, links) else still + 1
            if still < BARREN_PAGES:
                for url in further:
                    yield from self.page(url, priority=priorities.SECTION, still=still)
            else:
                self.count("lists_left")
        canonical = self.at_home(reading.canonical_url) if reading.canonical_url else None
        if canonical and plain(canonical) != plain(response.url):
            yield from self.page(canonical)
        documents = 0
        for link in sorted(reading.links[:_MAX_LINKS], key=self._link_order):
            if link.url in further or link.url in comments:
                continue
            if is_article and documents < _MAX_DOCUMENTS_A_PAGE and self.scope.is_document(link.url):
                documents += 1
                request = self.ask(link.url, self.parse_document, PageRole.PAGE, priorities.DOCUMENT)
                # Scrapy's own key: what passes it is cut off or refused by the download handler.
                request.meta["download_maxsize"] = _MAX_DOCUMENT_BYTES
                yield request
                continue
            for request in self.page(link.url):
                if seed:
                    request.meta["near"] = True
                yield request
        for url in reading.requisites[:MAX_REQUISITES_A_PAGE]:
            yield from self.requisite(url)

    def _link_order(self, link: Link) -> int:
        """Put likely articles first, then the page's middle: a page limit cuts off the rest."""
        if self._pages_left is None:
            return 0
        return (not self.scope.is_article_address(link.url)) * 2 + (link.region != "main")


def mime_of(response: Response) -> str:
    """Return the media type that the server named, lower case, without parameters, or ""."""
    value = response.headers.get("Content-Type") or b""
    return value.partition(b";")[0].strip().lower().decode("latin-1")


def is_post_answer(response: Response) -> bool:
    """Return whether a body may be a post of WordPress's REST API, or a list of them with their texts."""
    start = response.body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    return start in (b"[", b"{") and b'"rendered"' in response.body and b'"title"' in response.body


def is_html(response: Response) -> bool:
    """Return whether a body is HTML: as the server says, or by its beginning when it says nothing of use."""
    kind = mime_of(response)
    if kind in {"text/html", "application/xhtml+xml"}:
        start = response.body[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        # Feeds are often served as text/html; no page begins so.
        return not start.startswith(_MARKUP) and not (
            start.startswith(b"<?xml") and any(mark in start for mark in _MARKUP)
        )
    if kind in {"", "text/plain", "application/octet-stream"}:
        start = response.body[:1024].lower()
        return b"<html" in start or b"<!doctype html" in start
    return False
