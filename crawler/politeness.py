"""How we treat the hosts: who we say we are, ``Retry-After``, retries that can help and none that cannot."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.utils.httpobj import urlparse_cached

from crawler.attached import recording_of
from crawler.config import CrawlConfig
from model import Capture, FailureKind, FetchError, PageRole, Truncation
from spiders.asking import is_cut

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)


def retry_after_s(value: str, now: datetime) -> float | None:
    """Return the seconds a ``Retry-After`` asks for, both forms (RFC 9110, 10.2.3); ``None`` if unreadable.

    >>> retry_after_s("120", datetime(2026, 1, 1, tzinfo=UTC))
    120.0
    >>> retry_after_s("Thu, 01 Jan 2026 00:01:00 GMT", datetime(2026, 1, 1, tzinfo=UTC))
    60.0
    >>> retry_after_s("soon", datetime(2026, 1, 1, tzinfo=UTC))
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        # OverflowError: a year of eleven digits.
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


class IdentityMiddleware:
    """Says who asks, and what we can store: Scrapy's user agent and default headers in one step."""

    def __init__(self, crawler: Crawler) -> None:
        agent = CrawlConfig.from_settings(crawler.settings).user_agent
        headers = crawler.settings.getdict("DEFAULT_REQUEST_HEADERS")
        self._headers = [("User-Agent", agent), *headers.items()]

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it for the crawl."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Set what the request does not say itself."""
        for name, value in self._headers:
            request.headers.setdefault(name, value)


class RetryAfterMiddleware:
    """Lets no request out to a host before the time that the host named."""

    def __init__(self, crawler: Crawler) -> None:
        self._recording = recording_of(crawler)
        self._most_s = CrawlConfig.from_settings(crawler.settings).max_retry_after_s
        self._until: dict[str, float] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it for the crawl."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Wait until the host may be asked again."""
        if not self._until:
            return
        host = urlparse_cached(request).netloc
        while (wait := self._until.get(host, 0.0) - time.monotonic()) > 0:
            # In steps: a crawl that ends does not wait for the host.
            await asyncio.sleep(min(wait, 1.0))
            self._recording.go_on()

    def process_response(self, request: Request, response: Response) -> Response:
        """Take note of a ``Retry-After`` on 429 and 503 (elsewhere it asks for nothing)."""
        if response.status not in {429, 503}:
            return response
        value = response.headers.get("Retry-After")
        asked = retry_after_s(value.decode("latin-1"), datetime.now(UTC)) if value else None
        if asked:
            host = urlparse_cached(request).netloc
            wait = min(asked, self._most_s)
            until = time.monotonic() + wait
            self._until[host] = max(self._until.get(host, 0.0), until)
            self._recording.waiting_until = max(self._recording.waiting_until, until)
            logger.info("%s asks us to wait %.0f s; waiting %.0f s", host, asked, wait)
        return response


# What asking again in the same minute does not change.
_SETTLED = frozenset({FailureKind.DNS_NXDOMAIN, FailureKind.DNS_NO_ANSWER, FailureKind.HTTP_HEAD_TOO_LARGE})


class WireRetryMiddleware(RetryMiddleware):
    """Scrapy's retries, but for failures that a second try within the minute cannot change.

    A page that was cut off by its server or on its way is asked for again, too; every try is archived.
    """

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """Try again what broke off, and what Scrapy would."""
        capture = request.meta.get("capture")
        if (
            isinstance(capture, Capture)
            and capture.truncated is Truncation.DISCONNECT
            and capture.role is not PageRole.REQUISITE
            and is_cut(response)
        ):
            return self._retry(request, "cut off") or response
        return super().process_response(request, response)

    def process_exception(
        self, request: Request, exception: Exception, spider: Spider | None = None
    ) -> Request | Response | None:
        """Try again what may go better."""
        cause = exception.__cause__
        if isinstance(cause, FetchError):
            failure = cause.observation.failure
            if failure is not None and failure.kind in _SETTLED:
                return None
        return super().process_exception(request, exception)
