"""Scrapy's side of the ways: chooses one for each attempt, and looks into what failed or looks odd."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

from scrapy.exceptions import IgnoreRequest

from crawler.attached import recording_of
from crawler.requests import CrawlEndsError, failure_of
from crawler.trying import back_off_s
from crawler.way import CHANGES, META, MIRROR, way_of
from model import Capture, ConnectionKind, FailureKind, StoreError

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.ways.ways import Ways

SUSPICIOUS = "suspicious"
"""Key in ``Request.meta``: the answer that came may not be the site's."""
# How often one request may change its way in a row: mirrors that all fail are left to the usual tries.
_MOST_CHANGES = 6


class InterferedError(IgnoreRequest):
    """What came was not the site's: kept as evidence, and read by nobody."""

    kind: ClassVar = "interference"


class WaysMiddleware:
    """Between the retries and the wire."""

    def __init__(self, crawler: Crawler) -> None:
        self._recording = recording_of(crawler)
        self._retries = crawler.settings.getint("RETRY_TIMES")
        self._first_s = crawler.settings.getfloat("MANDEGAR_RETRY_FIRST_S")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it for the crawl."""
        return cls(crawler)

    @property
    def _ways(self) -> Ways:
        return self._recording.ways

    def process_request(self, request: Request) -> None:
        """Choose the way, anew for each attempt."""
        meta = request.meta
        if meta.pop(META, None) is not None:
            meta.pop("download_slot", None)
        meta.pop(MIRROR, None)
        meta.pop(SUSPICIOUS, None)
        if not self._ways.concerns(request.url):
            return
        way = self._ways.choose(request.url)
        if way is not None:
            meta[META] = way
            meta[MIRROR] = way.mirror.url
            # The delay that is kept is that of the host which is asked.
            meta["download_slot"] = urlsplit(way.url).hostname or ""

    async def process_response(self, request: Request, response: Response) -> Request | Response:
        """Look into an answer that may be somebody else's; one that is goes to nobody."""
        way = way_of(request)
        if way is not None:
            if response.status >= 500 or response.status in {403, 429}:
                # A copy that refuses or is broken: another one, or the site's own tries.
                self._ways.mirror_failed(way)
                return self._again(request) or response
            return response
        if not request.meta.get(SUSPICIOUS):
            return response
        row = await self._ways.look_at(request.url)
        kind = row.verdict.kind
        if kind.content_may_change or kind in {ConnectionKind.RESTRICTED, ConnectionKind.CHALLENGE}:
            return response
        capture = request.meta.get("capture")
        if isinstance(capture, Capture):
            await self._ways.interfered(row, capture, request.url)
        if self._ways.has_detour or self._ways.is_offline:
            again = self._again(request)
            if again is not None:
                return again
        raise self._left(request, kind)

    async def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """Look into what failed on the wire, and take another way where there is one."""
        if isinstance(exception, CrawlEndsError | StoreError):
            return None
        observation = failure_of(exception)
        if observation is None or not self._ways.concerns(request.url) or request.meta.get("proxy"):
            return None  # one that was to go by another network says nothing of this one
        failure = observation.failure
        if failure is None or (failure.kind is FailureKind.ADDRESS_REFUSED and observation.dns is None):
            return None  # a literal that our own guard refuses says nothing of the way
        way = way_of(request)
        if way is not None:
            self._ways.mirror_failed(way)
            return self._again(request)
        row = await self._ways.look(request.url)
        if self._ways.is_offline or (self._ways.has_detour and not row.verdict.kind.content_may_change):
            return self._again(request)
        return None

    def _again(self, request: Request) -> Request | None:
        """Return the request to be sent at once by the way that is chosen then; ``None``: often enough."""
        changes = request.meta.get(CHANGES, 0)
        if changes >= _MOST_CHANGES and not self._ways.is_offline:
            return None
        again = request.copy()
        again.meta[CHANGES] = changes + 1
        again.meta.pop("capture", None)
        again.meta.pop("download_slot", None)
        again.meta.pop(META, None)
        again.dont_filter = True
        return again

    def _left(self, request: Request, kind: ConnectionKind) -> InterferedError:
        """Note that a request was answered by somebody else: it is tried again later."""
        error = InterferedError(f"what came was not the site's: {kind.value}")
        self._recording.count_failure(error.kind, request.url, str(error))
        key = request.meta.get("frontier_key")
        if key:
            failures = request.meta.get("failures", 0) + 1
            wait = back_off_s(self._first_s, failures) if failures <= self._retries else None
            self._recording.request_failed(key, str(error), wait)
        return error
