"""Scrapy's requests over our own wire: the only http and https download handler of the project.

What was exchanged is given to the object that Scrapy's crawler holds as ``recording`` (nothing is recorded
when there is none), before anything else is done with it; its ``ways`` (crawler/ways),
where it has any, judge whether what came is the site's::

    await may_send()                                        # may wait, or end the request
    await exchange(exchange, request) -> Capture | None     # kept in request.meta["capture"]
    await failure(observation, request) -> None

A spider gets a response whose body is transfer- and content-decoded within bounds. ``flags`` say what was
done: ``decoded`` (a content coding was taken off), ``truncated`` (the body is not whole: the wire cut it, or
decoding reached a bound). Requests should carry ``verbatim_url`` in their meta: else Scrapy has normalised
the URL before it comes here. Scrapy's signals ``headers_received`` and ``bytes_received`` are not sent: what
is fetched is kept whole, so there is nothing for them to stop.

Failures become Scrapy's own exceptions, raised from our :class:`model.FetchError`, so that its retries work;
those that no retry can help become :class:`NotWorthRetryingError`.
"""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import logging
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urljoin

from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.http import Headers
from scrapy.responsetypes import responsetypes

from archive.message import content_codings, content_decode, transfer_decode
from crawler.way import way_of
from crawler.ways import OutOfReachError
from crawler.ways.middleware import SUSPICIOUS
from crawler.wire import ProxyUrl, WireClient, WireRequest
from crawler.wireconfig import WireSettings
from model import BadUrlError, Capture, Exchange, FailureKind, FetchError, Observation, Source, Stage
from spiders.home import at_home

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.ways import Ways

logger = logging.getLogger(__name__)

# The order in which Firefox sends them, so that we do not stand out; others follow as Scrapy holds them.
_ORDER: Final = {
    name: place
    for place, name in enumerate(
        (
            b"Host",
            b"User-Agent",
            b"Accept",
            b"Accept-Language",
            b"Accept-Encoding",
            b"Referer",
            b"Connection",
            b"Cookie",
        )
    )
}
_KEEP_ALIVE: Final = (b"Connection", b"keep-alive")
_TIMEOUTS: Final = frozenset({FailureKind.CONNECT_TIMEOUT, FailureKind.TLS_TIMEOUT, FailureKind.HTTP_TIMEOUT})


class Recording(Protocol):
    """What ``crawler.recording`` must offer."""

    async def may_send(self) -> None:
        """Return when a request may go out; ``CrawlEndsError`` when the crawl ends before that."""

    async def exchange(self, exchange: Exchange, request: Request) -> Capture | None:
        """Keep an exchange; return its receipt."""

    async def failure(self, observation: Observation, request: Request) -> None:
        """Keep what an attempt showed that brought no response."""


class NotWorthRetryingError(IgnoreRequest):
    """A failure that another try cannot mend; ``observation`` is ``None`` when nothing was tried."""

    def __init__(self, message: str, observation: Observation | None = None) -> None:
        super().__init__(message)
        self.observation = observation


class WireDownloadHandler(BaseDownloadHandler):
    """Fetches over :mod:`crawler.wire`; one client, and so one pool, for both schemes of a crawl."""

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        recording = getattr(crawler, "recording", None)
        source = getattr(crawler.spider, "source", None) or getattr(recording, "source", None)
        self._settings = WireSettings.from_settings(
            crawler.settings,
            source if isinstance(source, Source) else None,
            getattr(crawler.spider, "start_urls", None) or (),
        )
        shared: WireClient | None = getattr(crawler, "wire", None)
        if shared is None:
            shared = self._settings.make_client()
            # Where the handler of the other scheme finds it.
            crawler.wire = shared  # type: ignore[attr-defined]
        self._client = shared

    async def download_request(self, request: Request) -> Response:
        """Fetch, record, decode."""
        meta = request.meta
        recording: Recording | None = getattr(self.crawler, "recording", None)
        if recording is not None:
            await recording.may_send()
        way = way_of(request)
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            exchange = await self._fetch(
                WireRequest(
                    url=request.url if way is None else way.url,
                    method=request.method,
                    headers=_headers(request),
                    body=request.body,
                    max_body_bytes=meta.get("download_maxsize") or None,
                    total_timeout_s=meta.get("download_timeout") or None,
                    proxy=_proxy(request),
                ),
                None if way is not None else getattr(recording, "ways", None),
            )
        except BadUrlError as error:
            raise NotWorthRetryingError(str(error)) from error
        except FetchError as error:
            if recording is not None and not isinstance(error, OutOfReachError):
                await recording.failure(error.observation, request)
            raise _scrapy_error(error) from error
        meta["download_latency"] = loop.time() - begun
        if recording is not None:
            capture = meta["capture"] = await recording.exchange(exchange, request)
            ways = getattr(recording, "ways", None)
            if capture is not None and ways is not None:
                await self._note_way(ways, exchange, capture, request)
        return self._response(exchange, request)

    async def _fetch(self, asked: WireRequest, ways: Ways | None) -> Exchange:
        fetching = self._client.fetch(asked)
        if ways is None or not ways.concerns(asked.url):
            return await fetching
        return await ways.patiently(fetching, asked.url)

    @staticmethod
    async def _note_way(ways: Ways, exchange: Exchange, capture: Capture, request: Request) -> None:
        """Write by which way a capture came; mark what may be somebody else's."""
        way = way_of(request)
        if way is not None:
            await ways.came_by(way, capture, request.url)
        elif ways.saw(exchange):
            request.meta[SUSPICIOUS] = True
        else:
            await ways.note_healthy(exchange, capture)

    async def close(self) -> None:
        """End every connection."""
        await self._client.close()

    def _response(self, exchange: Exchange, request: Request) -> Response:
        head = exchange.head
        body = transfer_decode(exchange.response[exchange.head_length :], head)
        flags = []
        cut = exchange.truncated is not None
        # What was taken off must not be announced any more.
        gone = {b"Transfer-Encoding"}
        if body and content_codings(head):
            decoded = content_decode(
                body, head, max_bytes=self._settings.max_decoded_bytes, max_ratio=self._settings.max_ratio
            )
            if decoded.data is not body:
                body = decoded.data
                flags.append("decoded")
                gone.add(b"Content-Encoding")
                cut = cut or not decoded.complete
            # Else a coding we do not know: the body is whole, and still said to be coded.
            if not decoded.complete:
                logger.info("%s: its body could not be decoded whole: %s", request.url, decoded.problem)
        elif not body and request.method != "HEAD":
            gone.add(b"Content-Encoding")
        if cut:
            flags.append("truncated")
        headers = Headers()
        # Straight into the dict: Headers.update folds every name twice and checks the type of every value.
        for name, value in head.headers:
            dict.setdefault(headers, name.title(), []).append(value)
        for name in gone:
            dict.pop(headers, name, None)
        way = way_of(request)
        if way is not None and (location := headers.get("Location")):
            # A mirror leads on to itself: what is meant is the source's own address.
            led = urljoin(way.url, location.decode("latin-1"))
            headers["Location"] = at_home(led, way.mirror.url, request.url).encode("latin-1", "replace")
        observation = exchange.observation
        make = responsetypes.from_args(headers=headers, url=request.url, body=body)
        response = make(
            url=request.url,
            status=head.status,
            body=body,
            flags=flags,
            request=request,
            certificate=observation.tls.chain[0] if observation.tls and observation.tls.chain else None,
            ip_address=_ip(observation.address) if observation.address else None,
            protocol=head.version.decode("ascii"),
        )
        # Not given to the constructor, which would fold every name and value a second time.
        response.headers = headers
        return response


@lru_cache(maxsize=1024)
def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(address)


def _headers(request: Request) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers in a browser's order; what concerns only the proxy is not among them."""
    # dict.items: Headers.items looks every name up again, folding it.
    held = [
        (name, value)
        for name, values in dict.items(request.headers)
        if name != b"Proxy-Authorization"
        for value in values
    ]
    if b"Connection" not in request.headers:
        held.append(_KEEP_ALIVE)
    held.sort(key=lambda item: _ORDER.get(item[0], len(_ORDER)))
    return tuple(held)


def _proxy(request: Request) -> ProxyUrl | None:
    """Return the proxy that the request's meta names, with the login that Scrapy keeps in a header."""
    url: str | None = request.meta.get("proxy")
    if not url:
        return None
    login = request.headers.get(b"Proxy-Authorization")
    return _parse_proxy(url, login)


@lru_cache(maxsize=64)
def _parse_proxy(url: str, login: bytes | None) -> ProxyUrl:
    proxy = ProxyUrl.parse(url)
    if login is None or not login.startswith(b"Basic "):
        return proxy
    text = base64.b64decode(login[len(b"Basic ") :])
    try:
        username, _, password = text.decode("utf-8").partition(":")
    except UnicodeDecodeError:
        # HTTPPROXY_AUTH_ENCODING is latin-1 unless somebody sets it.
        username, _, password = text.decode("latin-1").partition(":")
    return ProxyUrl(
        scheme=proxy.scheme, host=proxy.host, port=proxy.port, username=username, password=password
    )


def _scrapy_error(error: FetchError) -> Exception:
    """Return what Scrapy calls this failure: its RETRY_EXCEPTIONS name the kinds that may pass."""
    observation = error.observation
    failure = observation.failure
    message = str(error)
    if failure is None:
        return DownloadFailedError(message)
    kind = failure.kind
    if kind is FailureKind.ADDRESS_REFUSED or kind.value.startswith("tls_certificate_"):
        return NotWorthRetryingError(message, observation)
    if kind.stage is Stage.DNS:
        return CannotResolveHostError(message)
    if kind in _TIMEOUTS:
        return DownloadTimeoutError(message)
    if kind is FailureKind.CONNECT_REFUSED:
        return DownloadConnectionRefusedError(message)
    return DownloadFailedError(message)
