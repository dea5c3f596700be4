"""Scrapy's scheduler and middlewares over the catalogue's frontier: one row a request.

A row is leased when its request is handed to the engine and done only when the response was archived
**and** the callback has yielded everything it found. Whatever stops the process in between, the row
goes out again in the next run: a page may be fetched twice, it is never forgotten. (Scrapy's JOBDIR
forgets what is in flight: issues scrapy#7978, #4106.)

What crosses into a row is ``Request.to_dict`` as JSON, so callbacks are methods of the spider and meta
and cb_kwargs plain JSON values. A request that has no such form (a lambda for a callback), or bears a
login, which an archive must never hold, is kept in memory: it is crawled, but does not survive a restart,
and that is logged once.

Keys in ``request.meta`` that are ours: ``role`` (set by spiders), ``frontier_key`` (which row this
request is), ``failures`` (how often it has failed), ``again`` (why it is to be tried again, and in how many
seconds), ``replaces`` (rows done as soon as this one is stored: the hops of a redirect).
"""

from __future__ import annotations

import base64
import json
import logging
from collections import OrderedDict, deque
from hashlib import blake2b
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider
from scrapy.core.scheduler import BaseScheduler
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.utils.httpobj import urlparse_cached
from scrapy.utils.request import request_from_dict

from archive.catalogue import FrontierRow
from crawler.attached import recording_of
from crawler.recording import Recording
from crawler.requests import CrawlEndsError, failure_of, role_of
from crawler.robots import CLOSED_S, RobotsUnreachableError
from crawler.way import CHANGES, META, MIRROR
from model import PageRole, StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

# Rows taken at once. Larger saves transactions, smaller lets a new urgent request pass sooner.
LEASE_SIZE = 64
# Statuses that are part of a crawl's ordinary life and no failure: success, redirects, «not modified».
FAILED_STATUS_FROM = 400
# Requests kept as objects until their row is leased, so that a row that comes soon need not be read back:
# 2,000 of them are some 4 MB.
KEPT_REQUESTS = 2_000


# Headers that bear a login (RFC 9110, 11.6.2 and 11.7.2).
_LOGIN_HEADERS = (b"Authorization", b"Proxy-Authorization")


def request_key(request: Request, text: str, run: str) -> str:
    """Return the identity of a request within a crawl: method, URL without fragment, body.

    The URL counts letter by letter: servers do tell ``/a`` from ``/a/`` and may care for the order of
    a query; treating them as one would lose pages. A request that says ``dont_filter`` is the next step
    of a walk (the comments of an article): it is known only when its whole form (``text``) is, so that an
    address met as a page does not end the walk. The front page is looked at once a run (``run``), also
    when the crawl goes on after an interruption.
    """
    digest = blake2b(request.method.encode(), digest_size=15)
    digest.update(b" " + request.url.partition("#")[0].encode())
    if request.body:
        digest.update(b"\n" + request.body)
    if request.dont_filter:
        digest.update(b"\n" + text.encode())
        if role_of(request) is PageRole.SEED:
            digest.update(run.encode())
    return digest.hexdigest()


def request_to_text(request: Request, spider: Spider) -> str:
    """Return the JSON of a request; ``ValueError`` or ``TypeError`` when it has none.

    ``Request.to_dict`` says the same in a form of Scrapy's own; it looks through all methods of the spider
    for each callback, which took a tenth of a millisecond a request.
    """
    if _bears_login(request):
        raise ValueError("it bears a login, which is never written")
    if type(request) is not Request:
        parts: dict[str, Any] = {"dict": request.to_dict(spider=spider)}
    else:
        parts = {"url": request.url}
        if request.method != "GET":
            parts["method"] = request.method
        if request.callback is not None:
            parts["callback"] = _method_name(request.callback, spider)
        if request.errback is not None:
            parts["errback"] = _method_name(request.errback, spider)
        for name in ("body", "meta", "cb_kwargs", "priority", "dont_filter", "flags", "cookies"):
            if value := getattr(request, name):
                parts[name] = value
        if request.headers:
            parts["headers"] = {name.decode("latin-1"): values for name, values in request.headers.items()}
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"), default=_bytes_to_json)


def request_from_text(text: str, spider: Spider) -> Request:
    """Return the request that :func:`request_to_text` wrote."""
    parts = json.loads(text, object_hook=_bytes_from_json)
    if "dict" in parts:
        return request_from_dict(parts["dict"], spider=spider)
    for name in ("callback", "errback"):
        if name in parts:
            parts[name] = getattr(spider, parts[name])
    return Request(**parts)


def _bears_login(request: Request) -> bool:
    if request.headers and any(name in request.headers for name in _LOGIN_HEADERS):
        return True
    return "@" in str(request.meta.get("proxy") or "")


def _method_name(function: Any, spider: Spider) -> str:
    """Return the name by which the spider has this method; ``ValueError`` when it has none."""
    name: str = getattr(function, "__name__", "")
    if getattr(function, "__self__", None) is not spider or getattr(spider, name, None) != function:
        raise ValueError(f"{function!r} is no method of the spider {spider.name}")
    return name


def _bytes_to_json(value: object) -> object:
    if isinstance(value, bytes):
        return {"__bytes__": base64.b64encode(value).decode("ascii")}
    raise TypeError(f"{type(value).__name__} does not survive a restart")


def _bytes_from_json(value: dict[str, Any]) -> Any:
    return base64.b64decode(value["__bytes__"]) if set(value) == {"__bytes__"} else value


class FrontierScheduler(BaseScheduler):
    """Scrapy's scheduler over leased rows; its memory does not grow with the frontier."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._spider: Spider | None = None
        self._ready: deque[Request | FrontierRow] = deque()
        self._warned = False
        self._run = token_hex(8)
        self._kept: OrderedDict[str, Request] = OrderedDict()
        # Requests that only memory holds, by their keys: some 100 bytes each.
        self._unstored: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it over the crawl's recording."""
        return cls(recording_of(crawler))

    def open(self, spider: Spider) -> None:
        """Begin; rows of an interrupted crawl are fresh again by now."""
        self._spider = spider
        self._recording.take_request = self.next_request

    def close(self, reason: str) -> None:
        """Nothing to do: what is leased and not done goes out again with the next run."""

    def has_pending_requests(self) -> bool:
        """Whether a request waits, in memory or in the catalogue."""
        return bool(self._ready) or self._recording.pending_requests() > 0

    def enqueue_request(self, request: Request) -> bool:
        """Store a request; what is known already is dropped when the row is added."""
        meta = request.meta
        replaced = meta.pop("replaces", ())
        if "frontier_key" in meta:  # its row is leased to us already
            again = meta.pop("again", None)
            if again is None:
                self._ready.append(request)
            else:  # a retry: the row waits for it, and not we
                reason, wait_s = again
                seed = role_of(request) is PageRole.SEED
                self._recording.request_failed(meta["frontier_key"], reason, wait_s, is_seed=seed)
            return True
        try:
            text = request_to_text(request, self._the_spider)
        except (TypeError, ValueError) as error:
            if not self._warned:
                logger.warning("A request cannot be stored and will not survive a restart: %s", error)
                self._warned = True
            return self._enqueue_in_memory(request, replaced)
        for key in replaced:
            self._recording.request_done(key)
        if role_of(request) is PageRole.REQUISITE and self._recording.is_fresh(request.url):
            return False
        key = request_key(request, text, self._run)
        self._kept[key] = request
        if len(self._kept) > KEPT_REQUESTS:
            self._kept.popitem(last=False)
        self._recording.request_found(
            FrontierRow(
                key=key,
                url=request.url,
                host=urlparse_cached(request).netloc,
                role=role_of(request),
                priority=request.priority,
                request=text,
            )
        )
        return True

    def _enqueue_in_memory(self, request: Request, replaced: Sequence[str]) -> bool:
        if replaced:
            # The hop of a redirect: its row goes out again from where the way began.
            request.meta["frontier_key"] = replaced[0]
        elif not request.dont_filter:
            key = request_key(request, "", self._run)
            if key in self._unstored:
                return False
            self._unstored.add(key)
        self._ready.append(request)
        return True

    def next_request(self) -> Request | None:
        """Return the most urgent request there is, or ``None`` for now."""
        if not self._ready:
            self._ready.extend(self._recording.lease_requests(LEASE_SIZE))
            if not self._ready:
                return None
        item = self._ready.popleft()
        if isinstance(item, Request):
            return item
        request = self._kept.pop(item.key, None) or request_from_text(item.request, self._the_spider)
        request.meta["frontier_key"] = item.key
        if item.failures:
            request.meta["failures"] = item.failures
        return request

    @property
    def _the_spider(self) -> Spider:
        if self._spider is None:
            raise RuntimeError("the scheduler is used before it was opened")
        return self._spider


class FrontierSpiderMiddleware:
    """Marks a row done when the callback has yielded all it found."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it over the crawl's recording."""
        return cls(recording_of(crawler))

    def process_spider_output(self, response: Response, result: Iterable[Any]) -> Iterable[Any]:
        """Pass everything on, then mark the row."""
        yield from result
        self._done(response)

    async def process_spider_output_async(
        self, response: Response, result: AsyncIterator[Any]
    ) -> AsyncIterator[Any]:
        """Pass everything on, then mark the row."""
        async for item in result:
            yield item
        self._done(response)

    def process_spider_exception(self, response: Response, exception: Exception) -> None:
        """Mark the row failed: the page is archived, but our own code could not read it."""
        key = response.meta.get("frontier_key")
        if key:
            self._recording.request_failed(key, f"{type(exception).__name__}: {exception}")

    def _done(self, response: Response) -> None:
        key = response.meta.get("frontier_key")
        if key:
            capture = response.meta.get("capture")
            self._recording.request_read(key, None if capture is None else capture.record_id)


class FrontierDownloaderMiddleware:
    """Outermost of its kind: what reaches it as an exception was given up for this run."""

    def __init__(self, recording: Recording, retries: int) -> None:
        self._recording = recording
        self._retries = retries

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it over the crawl's recording."""
        return cls(recording_of(crawler), crawler.settings.getint("RETRY_TIMES"))

    def process_response(self, request: Request, response: Response) -> Response:
        """Count an answer that is a failure for good: retries and redirects did not come this far."""
        missing = request.meta.get("probe") or role_of(request) is PageRole.ROBOTS
        if response.status >= FAILED_STATUS_FROM and not missing:
            self._recording.count_failure(f"status_{response.status}", request.url, "")
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Count it, and mark the row failed with its reason."""
        if isinstance(exception, CrawlEndsError | StoreError):
            return  # its row goes out again with the next run
        key = request.meta.get("frontier_key")
        if key and isinstance(exception, RobotsUnreachableError) and self._outlives(request):
            self._recording.request_failed(key, failure_kind(exception), CLOSED_S)
            return
        if not request.meta.get("probe"):
            self._recording.count_failure(failure_kind(exception), request.url, str(exception))
        if key:
            self._recording.request_failed(key, f"{type(exception).__name__}: {exception}")

    def _outlives(self, request: Request) -> bool:
        """Whether it can be tried again later, by this crawl or the next."""
        tried = request.meta.get("failures", 0)
        return role_of(request) is PageRole.PAGE and tried < self._retries and not self._recording.unreached


def failure_kind(exception: BaseException) -> str:
    """Return what to count an exception as: a ``FailureKind`` value where the wire failed."""
    observation = failure_of(exception)
    if observation is not None and observation.failure is not None:
        return observation.failure.kind.value
    kind: str = getattr(exception, "kind", "")
    return kind or ("not_allowed" if isinstance(exception, IgnoreRequest) else "other")


class HopRedirectMiddleware(RedirectMiddleware):
    """Scrapy's redirects, where each hop is a request of its own and the row of the last hop counts."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler.settings)
        self.crawler = crawler
        self._recording = recording_of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it over the crawl's recording."""
        return cls(crawler)

    def handle_referer(self, request: Request, response: Response) -> None:
        """Tell no site where we came from (settings: REFERER_ENABLED)."""
        request.headers.pop("Referer", None)

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """Follow a redirect, or pass the response on; a loop ends here, with its reason."""
        key = request.meta.get("frontier_key")
        try:
            result = _no_loop(super().process_response(request, response))
        except IgnoreRequest as error:
            self._recording.count_failure("redirect_endless", request.url, str(error))
            if key:
                self._recording.request_failed(key, str(error))
            raise
        if isinstance(result, Request):
            result.meta.pop("frontier_key", None)
            result.meta.pop("capture", None)
            result.meta.pop("failures", None)
            # Which host's delay it waits for: Scrapy leaves that of the host before it.
            result.meta.pop("download_slot", None)
            for of_this_attempt in (META, MIRROR, CHANGES):
                result.meta.pop(of_this_attempt, None)
            if key:
                result.meta["replaces"] = [key]
            self._recording.redirected(request.url, result.url)
        return result


def _no_loop(result: Request | Response) -> Request | Response:
    """Return a redirect's next request; ``IgnoreRequest`` when it leads back to an address of its way."""
    if isinstance(result, Request) and result.url in result.meta.get("redirect_urls", ()):
        raise IgnoreRequest(f"redirect loop at {result.url}")
    return result
