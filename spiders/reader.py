"""What the spider asks of whoever reads pages for it: it parses none of them itself.

The crawler sets ``NewsSpider.reader`` before the first request; reading runs in worker processes there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from model import CommentThread, Reading
from spiders.feeds import Feed
from spiders.sitemaps import Sitemap
from spiders.wordpress import PostPage

if TYPE_CHECKING:
    from collections.abc import Iterator

    # Only a name in a signature: workers import this package and need no Scrapy (42 MB, 0.4 s each;
    # measured).
    from scrapy.http import Response


class PageReader(Protocol):
    """Reads responses; every method raises ``ReadError`` when the bytes are not what they were taken for."""

    async def read_page(self, response: Response, source_name: str) -> Reading:
        """Return everything that an HTML page says, by the source's page class of the day, if it has one;
        or a post of WordPress's REST API."""
        ...

    async def read_thread(self, response: Response) -> CommentThread:
        """Return the comments of a document that holds nothing else: JSON, a feed, a service's frame."""
        ...

    async def read_feed(self, response: Response) -> Feed:
        """Return what a feed lists."""
        ...

    async def read_sitemap(self, response: Response) -> Sitemap:
        """Return what a sitemap lists."""
        ...

    async def read_posts(self, response: Response) -> PostPage:
        """Return one page of WordPress' list of posts."""
        ...

    async def read_css(self, response: Response) -> tuple[str, ...]:
        """Return the absolute URLs that a style sheet needs: imports, fonts, images."""
        ...


def headers_of(response: Response) -> Iterator[tuple[str, str]]:
    """Yield a response's headers as text."""
    for name, values in response.headers.items():
        for value in values:
            yield name.decode("latin-1"), value.decode("latin-1")
