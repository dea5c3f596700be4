"""Find out what a site holds: robots.txt, feeds, sitemaps, the WordPress API, and their usual places.

All of it is fetched as any other thing and so archived: what a site listed on a day is evidence as well.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from protego import Protego
from scrapy import Request
from scrapy.http import Response

from model import PageRole, ReadError, Reading
from spiders import priorities, wordpress
from spiders.asking import Output
from spiders.commenting import CommentingSpider
from spiders.feeds import Feed
from spiders.reader import headers_of
from spiders.scope import tidy
from spiders.sitemaps import Sitemap
from spiders.traps import RecentUrls

USUAL_FEEDS = ("feed/", "rss", "rss.xml", "feed.xml", "atom.xml")
USUAL_SITEMAPS = ("sitemap.xml", "sitemap_index.xml", "wp-sitemap.xml", "news-sitemap.xml")
_MAX_FEED_PAGES = 1_000
_MAX_SITEMAP_DEPTH = 4
"""The protocol knows an index of files (2); sites nest them once more."""
_MAX_FEEDS = 300
_MAX_ROBOTS_SITEMAPS = 100
_MAX_ROBOTS_BYTES = 512 * 1024
"""RFC 9309, 2.5 asks for 500 KiB at least."""
_MAX_POST_PAGES = 5_000
"""500,000 posts."""


class DiscoveringSpider(CommentingSpider):
    """The part of the spider that reads what lists pages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lists_met = RecentUrls()
        self._feeds_asked = 0

    def feed(self, url: str, *, probe: bool = False, page: int = 1) -> Iterator[Request]:
        """Yield a request for a feed, once; it may lie elsewhere, what it lists must not."""
        if self._feeds_asked < _MAX_FEEDS and (address := self._list_address(url)):
            self._feeds_asked += page == 1
            yield self.ask(
                address,
                self.parse_feed,
                PageRole.FEED,
                priorities.FEED,
                probe=probe,
                page=page,
                # A run that goes on may read it before it has met the API again.
                has_api=bool(self.rest_root),
            )

    def sitemap(self, url: str, *, probe: bool = False, depth: int = 0) -> Iterator[Request]:
        """Yield a request for a sitemap, once."""
        if depth < _MAX_SITEMAP_DEPTH and (address := self._list_address(url)):
            yield self.ask(
                address, self.parse_sitemap, PageRole.SITEMAP, priorities.SITEMAP, probe=probe, depth=depth
            )

    def posts(self, root: str, page: int, *, probe: bool = False) -> Iterator[Request]:
        """Yield a request for one page of WordPress' list of posts, once."""
        if page <= _MAX_POST_PAGES and (address := self._list_address(wordpress.posts_url(root, page))):
            yield self.ask(
                address, self.parse_posts, PageRole.API, priorities.API, probe=probe, root=root, page=page
            )

    def discover(self, response: Response, reading: Reading | None) -> Iterator[Request]:
        """Yield requests for whatever may list the site's pages, told by its front page or guessed."""
        yield from self.announced(response, reading)
        home = urljoin(response.url, "/")
        yield self.ask(
            urljoin(home, "robots.txt"), self.parse_robots, PageRole.ROBOTS, priorities.ROBOTS, probe=True
        )
        if reading is not None and self.rest_root is None and looks_like_wordpress(reading):
            yield from self.posts(urljoin(response.url, "wp-json/"), 1, probe=True)
        for base in dict.fromkeys((urljoin(response.url, "."), home)):
            for place in USUAL_SITEMAPS:
                yield from self.sitemap(urljoin(base, place), probe=True)
            for place in USUAL_FEEDS:
                yield from self.feed(urljoin(base, place), probe=True)

    def announced(self, response: Response, reading: Reading | None) -> Iterator[Request]:
        """Yield requests for the feeds and the API that a page or its ``Link`` header announces."""
        root = None
        for name, value in headers_of(response):
            if name.lower() == "link":
                root = root or wordpress.rest_root_from_link_header(value, response.url)
        feeds = reading.feeds if reading is not None else ()
        root = root or next((feed.url for feed in feeds if feed.kind == "wordpress-api"), None)
        is_new = bool(root) and self.rest_root is None and self.scope.owns(str(root))
        if is_new:
            # Before the feeds: their requests carry what is known of the API.
            self.rest_root = root
        for feed in feeds:
            if feed.kind == "feed":
                yield from self.feed(feed.url)
        if is_new:
            yield from self.posts(str(root), 1)

    async def parse_robots(self, response: Response) -> AsyncIterator[Output]:
        """Read the sitemaps that robots.txt names (RFC 9309, 2.2.4)."""
        if not self.answers(response):
            return
        lines = response.body[:_MAX_ROBOTS_BYTES].decode("utf-8", "replace").splitlines()
        # Only the lines that can name one: what parsing the rules takes grows with agents times rules.
        rules = Protego.parse("\n".join(line for line in lines if "map" in line.lower()))
        for number, url in enumerate(rules.sitemaps):
            if number < _MAX_ROBOTS_SITEMAPS:
                for request in self.sitemap(urljoin(response.url, url)):
                    yield request

    async def parse_feed(
        self, response: Response, page: int = 1, *, has_api: bool = False
    ) -> AsyncIterator[Output]:
        """Read a feed, or the sitemap in its place; ``has_api`` is what was known when it was asked for."""
        if not self.answers(response):
            return
        async for output in self.listed_by(response, page=page, has_api=has_api, sitemap_first=False):
            yield output

    async def parse_sitemap(self, response: Response, depth: int = 0) -> AsyncIterator[Output]:
        """Read a sitemap, or the feed that stands in for one (sitemaps.org allows RSS and Atom)."""
        if not self.answers(response):
            return
        async for output in self.listed_by(response, depth=depth, sitemap_first=True):
            yield output

    async def parse_posts(self, response: Response, root: str, page: int) -> AsyncIterator[Output]:
        """Read one page of WordPress' list of posts."""
        refused = not self.answers(response)
        listing = None
        if not refused:
            try:
                listing = await self.reading().read_posts(response)
            except ReadError as error:
                self._unreadable(response, error)
        if listing is None:
            if page == 1 and self.rest_root in {None, root}:
                # Closed for posts is closed for comments: do not ask again with every article.
                self.rest_root = ""
            return
        self.rest_root = root
        self.count("api_pages")
        young = False
        for post in listing.posts:
            if self.leave_alone(post.url, post.published_at):
                continue
            young = True
            for request in self.page(post.url, priority=priorities.ARTICLE, listed=True, post_id=post.id):
                yield request
        if listing.total_pages is not None and page == 1:
            following = range(2, listing.total_pages + 1)
        else:
            told = listing.total_pages is not None
            following = range(page + 1, page + 1 + (not told and len(listing.posts) >= wordpress.PER_PAGE))
        for number in following if young else ():
            for request in self.posts(root, number, probe=listing.total_pages is None):
                yield request

    async def listed_by(
        self, response: Response, *, sitemap_first: bool, page: int = 1, has_api: bool = False, depth: int = 0
    ) -> AsyncIterator[Request]:
        """Yield requests for what a feed or a sitemap lists; nothing, and a counter, when it is neither."""
        reader = self.reading()
        problem: ReadError | None = None
        for as_sitemap in (sitemap_first, not sitemap_first):
            found: Feed | Sitemap
            try:
                found = await (reader.read_sitemap(response) if as_sitemap else reader.read_feed(response))
            except ReadError as error:
                problem = problem or error
                continue
            listed = (
                self._from_feed(response, found, page, has_api=has_api)
                if isinstance(found, Feed)
                else self._from_sitemap(found, depth)
            )
            for request in listed:
                yield request
            return
        if problem is not None:
            self._unreadable(response, problem)

    def _from_feed(
        self, response: Response, feed: Feed, page: int, *, has_api: bool = False
    ) -> Iterator[Request]:
        self.count("feeds" if page == 1 else "feed_pages")
        young = False
        for entry in feed.entries:
            if self.leave_alone(entry.url, entry.published_at):
                continue
            young = True
            yield from self.page(
                entry.url,
                priority=priorities.ARTICLE,
                listed=True,
                comment_feed=entry.comment_feed or "",
                comment_count=entry.comment_count or 0,
            )
        # A server that does not know the parameter gives the same feed for ever.
        fresh = self.lists.brings_new(response.url.partition("?")[0], (entry.url for entry in feed.entries))
        if not young or not fresh or page >= _MAX_FEED_PAGES:
            return
        for url in feed.more:
            yield from self.feed(url, page=page + 1)
        if self.rest_root is not None:
            has_api = bool(self.rest_root)
        if not feed.more and "wordpress" in feed.generator.lower() and not has_api:
            # Every feed of WordPress goes on under ?paged=, up to a 404; its API, where it is open, is
            # better.
            base = response.url.partition("?")[0]
            if urlsplit(response.url).query in {"", f"paged={page}"}:
                yield from self.feed(f"{base}?paged={page + 1}", probe=True, page=page + 1)

    def _from_sitemap(self, sitemap: Sitemap, depth: int) -> Iterator[Request]:
        self.count("sitemaps")
        unknown = datetime.min.replace(tzinfo=UTC)
        for entry in sorted(sitemap.sitemaps, key=lambda item: item.newest or unknown, reverse=True):
            if not self.leave_alone(entry.url, entry.newest):
                yield from self.sitemap(entry.url, depth=depth + 1)
        for entry in sorted(sitemap.pages, key=lambda item: item.newest or unknown, reverse=True):
            if not self.leave_alone(entry.url, entry.newest):
                yield from self.page(entry.url, listed=True)

    def _unreadable(self, response: Response, error: ReadError) -> None:
        if response.meta.get("probe"):
            self.count("probes_missed")
            return
        self.logger.info("unreadable: %s: %s", response.url, error)
        self.count("unreadable")

    def _list_address(self, url: str) -> str | None:
        address = tidy(self.at_home(url))
        if address is None or not self.scope.is_requisite(address):
            return None
        return address if self._lists_met.first_time(address) else None


def looks_like_wordpress(reading: Reading) -> bool:
    """Return whether a page needs files from where WordPress keeps them."""
    return any("/wp-content/" in url or "/wp-includes/" in url for url in reading.requisites)
