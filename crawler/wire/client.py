"""The client: one request in, one exchange or one observed failure out."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from crawler.wire.opening import Handshake, Opener, Trace
from crawler.wire.parser import MAX_RECEIVED_BYTES, ResponseReader
from crawler.wire.pool import Pool
from crawler.wire.request import WireRequest, parse_target, render_request
from crawler.wire.stage import StageFailedError
from model import Exchange, Failure, FailureKind, FetchError, Observation

if TYPE_CHECKING:
    from crawler.wire.config import WireConfig
    from crawler.wire.connection import Connection, Cut
    from crawler.wire.dns import Resolver
    from crawler.wire.guard import AddressGuard
    from crawler.wire.proxy import ProxyUrl

# RFC 9110, 9.2.2: asking twice for these is asking once.
_IDEMPOTENT: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
_LOST: Final = frozenset({FailureKind.HTTP_CLOSED, FailureKind.HTTP_RESET})


class WireClient:
    """An HTTP/1.1 client that keeps every byte; for one event loop."""

    def __init__(
        self,
        config: WireConfig,
        *,
        guard: AddressGuard,
        resolver: Resolver,
        proxy: ProxyUrl | None = None,
    ) -> None:
        self._config = config
        self._proxy = proxy
        self._opener = Opener(config, guard, resolver)
        self._resolver = resolver
        self._pool = Pool(config)
        self._live: set[Connection] = set()

    async def fetch(self, request: WireRequest) -> Exchange:
        """Return the exchange, a cut body included; redirects are answers like any other.

        ``FetchError`` when no response head came: its observation says at which stage and why.
        ``BadUrlError`` when the URL is no web address; nothing was tried then.
        """
        config = self._config
        loop = asyncio.get_running_loop()
        started_at = datetime.now(UTC)
        begun = loop.time()
        deadline = begun + (request.total_timeout_s or config.total_timeout_s)
        max_body = config.max_body_bytes if request.max_body_bytes is None else request.max_body_bytes
        target = parse_target(request.url)
        proxy = request.proxy or self._proxy
        # Plain http through an HTTP proxy is the one case in which the proxy reads our request.
        to_proxy = (
            proxy if proxy is not None and (proxy.scheme, target.origin.scheme) == ("http", "http") else None
        )
        sent, recorded = render_request(
            request,
            target,
            to_proxy.authorization if to_proxy is not None else None,
            absolute=to_proxy is not None,
        )
        key = (target.origin, proxy)
        kept = self._pool.take(key, begun)
        while True:
            if kept is None:
                trace = Trace(proxy=proxy)
                try:
                    connection = await self._opener.open(target.origin, trace, deadline, self._live)
                except StageFailedError as error:
                    raise FetchError(
                        _observe(request, started_at, trace, reused=False, failure=error.failure)
                    ) from error
            else:
                connection, trace = kept
            reused = connection.served > 0
            reader = ResponseReader(
                request.method, max_head_bytes=config.max_head_bytes, max_body_bytes=max_body
            )
            try:
                cut = await connection.exchange(sent, reader, deadline)
            except BaseException:
                connection.abort()
                raise
            if cut is None or not reused or reader.started:
                break
            if cut.failure.kind not in _LOST or request.method not in _IDEMPOTENT:
                break
            # The server closed an unused connection just as we used it (RFC 9112, 9.3.1): no finding.
            connection.abort()
            kept = None
        if cut is None and reader.keep_alive and not connection.closed:
            self._pool.put(key, connection, trace, loop)
        elif cut is None:
            connection.close()
        else:
            connection.abort()
        if to_proxy is not None and reader.head is not None and reader.head.status == 407:
            failure = Failure(kind=FailureKind.PROXY_FAILED, detail=f"the proxy {proxy} wants a login")
            received = reader.response()[:MAX_RECEIVED_BYTES]
            raise FetchError(
                _observe(
                    request,
                    started_at,
                    trace,
                    reused=reused,
                    failure=failure,
                    sent=recorded,
                    received=received,
                )
            )
        return _conclude(request, started_at, trace, reader, cut, recorded, reused=reused)

    async def shake_hands(self, url: str, address: str, server_name: str) -> Observation:
        """Do TLS with ``address`` in the place of the URL's host, saying ``server_name``; ask for nothing.

        Empty ``server_name``: none is said. ``BadUrlError`` when the URL is no web address; what fails else
        stands in the observation.
        """
        target = parse_target(url)
        started_at = datetime.now(UTC)
        trace, failure = Trace(), None
        place = Handshake(target.origin.host, address, target.origin.port, server_name)
        deadline = asyncio.get_running_loop().time() + self._config.total_timeout_s
        try:
            await self._opener.shake_hands(place, trace, deadline, self._live)
        except StageFailedError as error:
            failure = error.failure
        request = WireRequest(url=url, method="TLS")
        return _observe(request, started_at, trace, reused=False, failure=failure)

    async def close(self) -> None:
        """End every connection; fetches that are under way fail."""
        self._pool.close()
        live = list(self._live)
        for connection in live:
            if not connection.closed:
                connection.abort()
        for connection in live:
            await connection.wait_closed()
        await self._resolver.close()


def _conclude(
    request: WireRequest,
    started_at: datetime,
    trace: Trace,
    reader: ResponseReader,
    cut: Cut | None,
    recorded: bytes,
    *,
    reused: bool,
) -> Exchange:
    failure = cut.failure if cut is not None else None
    if reader.head is None:
        # The connection gives a reason whenever the reader is not content.
        failure = failure or Failure(kind=FailureKind.HTTP_CLOSED, detail="no response came")
        raise FetchError(
            _observe(
                request,
                started_at,
                trace,
                reused=reused,
                failure=failure,
                sent=recorded,
                received=reader.received(),
            )
        )
    return Exchange(
        url=request.url,
        method=request.method,
        request=recorded,
        response=reader.response(),
        head=reader.head,
        head_length=reader.head_length,
        interim=tuple(reader.interim),
        truncated=cut.truncation if cut is not None else None,
        observation=_observe(request, started_at, trace, reused=reused, failure=failure),
    )


def _observe(
    request: WireRequest,
    started_at: datetime,
    trace: Trace,
    *,
    reused: bool,
    failure: Failure | None,
    sent: bytes = b"",
    received: bytes = b"",
) -> Observation:
    return Observation(
        url=request.url,
        method=request.method,
        started_at=started_at,
        ended_at=datetime.now(UTC),
        # On a reused connection nothing was asked and nothing connected to: the model says so.
        dns=None if reused else trace.dns,
        connects=() if reused else trace.connects,
        address=trace.address,
        port=trace.port,
        tls=trace.tls,
        proxy=str(trace.proxy) if trace.proxy is not None else None,
        reused=reused,
        allowed_by=trace.allowed_by,
        failure=failure,
        request=sent,
        received=received,
    )
