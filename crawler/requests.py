"""What our components ask of Scrapy's requests, and of how they failed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest

from model import FetchError, PageRole

if TYPE_CHECKING:
    from scrapy import Request

    from model import Observation


def role_of(request: Request) -> PageRole:
    """Return why a request is made: what the spider said, else robots.txt by its path, else a page."""
    role = request.meta.get("role")
    if role is not None:
        return PageRole(role)
    return PageRole.ROBOTS if urlsplit(request.url).path == "/robots.txt" else PageRole.PAGE


def failure_of(exception: BaseException | None) -> Observation | None:
    """Return what the wire saw of an attempt that ended so; ``None`` if something else failed."""
    while exception is not None:
        if isinstance(exception, FetchError):
            return exception.observation
        exception = exception.__cause__
    return None


class CrawlEndsError(IgnoreRequest):
    """The request was not sent because the crawl ends; the next run sends it."""
