"""How we treat the hosts: who we say we are, when we stay away, what we ask for again and what not."""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from scrapy.downloadermiddlewares.retry import RetryMiddleware

from crawler.attached import recording_of
from crawler.config import CrawlConfig
from crawler.frontier import failure_kind
from crawler.hosts import HELD, asked_origin
from crawler.requests import http_date, role_of
from crawler.trying import IN_THIS_CRAWL, back_off_s
from model import Capture, FailureKind, FetchError, PageRole, Truncation
from spiders.asking import is_cut

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

# What a host answers that has enough of us (RFC 9110, 15.6.4; RFC 6585, 4).
BUSY = frozenset({429, 503})
# How many times the first wait of a request the first wait of a host is.
HOST_FIRST = 2
# An exchange that ended before its time, by its sender or by our clock; not one cut at our limit of size.
CUT_SHORT = frozenset({Truncation.DISCONNECT, Truncation.TIME})
# What asking again in the same minute does not change.
_SETTLED = frozenset({FailureKind.DNS_NXDOMAIN, FailureKind.DNS_NO_ANSWER, FailureKind.HTTP_HEAD_TOO_LARGE})


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
    moment = http_date(text)
    return None if moment is None else max(0.0, (moment - now).total_seconds())


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
    """Lets no request out to a host before the time that it named, or that we give it when it names none.

    A host that answers 429 or 503 has enough of us: without a ``Retry-After`` we stay away twice as long each
    time, until it answers otherwise. Both are kept in the catalogue and hold for the next crawl, too.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._recording = recording_of(crawler)
        config = CrawlConfig.from_settings(crawler.settings)
        self._most_s = config.max_retry_after_s
        self._first_s = HOST_FIRST * config.retry_first_s

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it for the crawl."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Wait until the host may be asked again."""
        origin = asked_origin(request)
        while (wait := self._wait_s(origin)) > 0:
            # Also what a crawl before this one was told.
            self._recording.waiting_until = max(self._recording.waiting_until, time.monotonic() + wait)
            # In steps: a crawl that ends does not wait for the host.
            await asyncio.sleep(min(wait, 1.0))
            self._recording.go_on()

    def _wait_s(self, origin: str) -> float:
        moment = self._recording.hosts.get(origin).not_before
        if moment is None:
            return 0.0
        # A clock that was put back must not make it longer than it ever can be.
        return min((moment - datetime.now(UTC)).total_seconds(), self._most_s)

    def process_response(self, request: Request, response: Response) -> Response:
        """Take note of what the host asks, or that it is well again."""
        if HELD in response.flags:
            return response
        origin, now = asked_origin(request), datetime.now(UTC)
        row = self._recording.hosts.get(origin)
        stays_away = row.not_before is not None and row.not_before > now
        if response.status not in BUSY:
            # What was on its way when the host said stop says nothing new.
            if row.not_before is not None and not stays_away and response.status < 500:
                self._recording.hosts.change(origin, not_before=None, back_off_s=None, asked_at=now)
            return response
        value = response.headers.get("Retry-After")
        asked = retry_after_s(value.decode("latin-1"), now) if value else None
        if asked is not None:
            wait = min(asked, self._most_s)
            back_off = row.back_off_s
        elif stays_away:
            return response
        else:
            back_off = min(2 * row.back_off_s if row.back_off_s else self._first_s, self._most_s)
            wait = back_off_s(back_off, 1)
        until = now + timedelta(seconds=wait)
        if wait and (row.not_before is None or until > row.not_before):
            self._recording.hosts.change(origin, not_before=until, back_off_s=back_off, asked_at=now)
            said = "says nothing of when" if asked is None else f"asks us to wait {asked:.0f} s"
            logger.info("%s answers %d and %s; waiting %.0f s", origin, response.status, said, wait)
        return response


class WireRetryMiddleware(RetryMiddleware):
    """The one place that decides what is tried again: Scrapy's settings say what, our frontier when.

    A request that has a row goes back to it, to be leased again when its time has come; one without
    (robots.txt, or what bears a login) waits here. Not tried again are failures that a later try cannot
    change. A page that was cut off by its server or on its way is asked for again, too; every try is
    archived.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler.settings)
        self.crawler = crawler
        self._recording = recording_of(crawler)
        self._first_s = CrawlConfig.from_settings(crawler.settings).retry_first_s

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it for the crawl."""
        return cls(crawler)

    async def process_response(  # type: ignore[override] # Scrapy awaits what is a coroutine
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """Try again what broke off, and the statuses that ``RETRY_HTTP_CODES`` names."""
        if HELD in response.flags:
            return response
        capture = request.meta.get("capture")
        if (
            isinstance(capture, Capture)
            and capture.truncated in CUT_SHORT
            and capture.role is not PageRole.REQUISITE
            and is_cut(response)
        ):
            return await self._again(request, "cut_off") or response
        if response.status in self.retry_http_codes:
            return await self._again(request, f"status_{response.status}") or response
        return response

    async def process_exception(  # type: ignore[override]
        self, request: Request, exception: Exception, spider: Spider | None = None
    ) -> Request | Response | None:
        """Try again what ``RETRY_EXCEPTIONS`` names and may go better."""
        cause = exception.__cause__
        if isinstance(cause, FetchError):
            failure = cause.observation.failure
            if failure is not None and failure.kind in _SETTLED:
                return None
        if not isinstance(exception, self.exceptions_to_retry):
            return None
        return await self._again(request, failure_kind(exception))

    async def _again(self, request: Request, why: str) -> Request | None:
        """Return the request to be made again, or ``None`` when it was tried often enough."""
        meta = request.meta
        if meta.get("dont_retry"):
            return None
        failures = meta.get("failures", 0) + 1
        has_row = "frontier_key" in meta
        most = meta.get("max_retry_times", self.max_retry_times)
        if not has_row or role_of(request) is not PageRole.PAGE:
            most = min(most, IN_THIS_CRAWL)
        stats = self.crawler.stats
        if failures > most:
            if stats is not None:
                stats.inc_value("retry/max_reached")
            return None
        if stats is not None:
            stats.inc_value("retry/count")
            stats.inc_value(f"retry/reason_count/{why}")
        wait_s = back_off_s(self._first_s, failures)
        again = request.copy()
        again.meta.pop("capture", None)
        again.dont_filter = True
        logger.debug("%s: %s, to be tried again in %.1f s", request.url, why, wait_s)
        if has_row:
            again.meta["again"] = [why, wait_s]
            return again
        again.meta["failures"] = failures
        until = time.monotonic() + wait_s
        while (left := until - time.monotonic()) > 0:
            await asyncio.sleep(min(left, 1.0))
            self._recording.go_on()
        return again
