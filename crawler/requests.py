"""What our components ask of Scrapy's requests, and of how they failed."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
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


def http_date(text: str) -> datetime | None:
    """Return a date as HTTP has it (RFC 9110, 5.6.7); ``None`` where it is none.

    >>> http_date("Thu, 01 Jan 2026 00:01:00 GMT")
    datetime.datetime(2026, 1, 1, 0, 1, tzinfo=datetime.timezone.utc)
    >>> http_date("soon")
    """
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        # OverflowError: a year of eleven digits.
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def failure_of(exception: BaseException | None) -> Observation | None:
    """Return what the wire saw of an attempt that ended so; ``None`` if something else failed."""
    while exception is not None:
        if isinstance(exception, FetchError):
            return exception.observation
        exception = exception.__cause__
    return None


class CrawlEndsError(IgnoreRequest):
    """The request was not sent because the crawl ends; the next run sends it."""
