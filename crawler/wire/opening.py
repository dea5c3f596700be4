"""Opening a connection, stage by stage: name, address guard, TCP, proxy, TLS; what each showed is kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crawler.wire.connection import Connection
from crawler.wire.dns import NameNotResolvedError
from crawler.wire.guard import AddressRefusedError
from crawler.wire.hosts import is_address
from crawler.wire.parser import ResponseReader
from crawler.wire.proxy import Socks5Reader, render_connect
from crawler.wire.stage import StageFailedError
from crawler.wire.tls import TlsFailedError, TlsSession
from model import ConnectAttempt, DnsAnswers, Failure, FailureKind, TlsFacts

if TYPE_CHECKING:
    from crawler.wire.config import WireConfig
    from crawler.wire.dns import Resolver
    from crawler.wire.guard import AddressGuard
    from crawler.wire.proxy import ProxyUrl
    from crawler.wire.request import Origin

# A site publishes a handful; an answer with thousands must not become a port scan of ours.
MAX_ADDRESSES: Final = 16
# A proxy's refusal page needs no more.
_MAX_PROXY_BODY: Final = 64 * 1024


@dataclass(slots=True)
class Trace:
    """What is known of a connection; filled while it is opened, read for every exchange over it."""

    proxy: ProxyUrl | None = None
    dns: DnsAnswers | None = None
    connects: tuple[ConnectAttempt, ...] = ()
    address: str | None = None
    port: int | None = None
    tls: TlsFacts | None = None
    allowed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Handshake:
    """Where to do TLS and no more, and with which name."""

    host: str
    """The host that the guard is asked about, and whose certificate is looked for."""
    address: str
    """An address that the host led to."""
    port: int
    server_name: str
    """What the ClientHello says; empty: nothing."""


class Opener:
    """Opens connections for a client."""

    def __init__(self, config: WireConfig, guard: AddressGuard, resolver: Resolver) -> None:
        self._config = config
        self._guard = guard
        self._resolver = resolver
        self._accepted = frozenset(config.accept_bad_certificates)

    async def open(self, origin: Origin, trace: Trace, deadline: float, live: set[Connection]) -> Connection:
        """Return a connection over which ``origin`` may be asked; ``trace`` tells how.

        ``StageFailedError`` when a stage fails; ``trace`` then holds what was seen till then.
        """
        proxy = trace.proxy
        if proxy is None:
            connection = await self._dial(origin, trace, deadline, live)
        else:
            trace.allowed_by = self._check_remote(origin)
            try:
                connection = await self._dial_proxy(proxy, trace, deadline, live)
            except StageFailedError as error:
                raise _as_proxy_failure(error, proxy) from error
        try:
            if proxy is not None:
                await self._ask_for_tunnel(connection, origin, proxy, deadline)
            if origin.scheme == "https":
                await self._shake_hands(connection, origin, trace, deadline)
        except BaseException:
            connection.abort()
            raise
        return connection

    async def shake_hands(
        self, place: Handshake, trace: Trace, deadline: float, live: set[Connection]
    ) -> None:
        """Do TCP and TLS with one address and end the connection; ``trace`` tells what was seen.

        ``StageFailedError`` when there was no handshake; one whose certificate is refused is one.
        """
        trace.port = place.port
        trace.allowed_by = self._guard.check(place.host, place.port, place.address)
        connection = await self._connect(place.address, place.port, trace, deadline, live)
        session = TlsSession(
            place.server_name or place.host,
            trust=self._config.trust,
            nameless=not place.server_name,
        )
        left_s = min(self._config.tls_timeout_s, deadline - asyncio.get_running_loop().time())
        try:
            await connection.start_tls(session, left_s)
        finally:
            trace.tls = session.facts
            connection.abort()

    def _check_remote(self, origin: Origin) -> str | None:
        """Ask the guard what can be asked of a host that a proxy will resolve.

        Of a name only ``localhost`` is known to be private (RFC 6761, 6.3); the rest is the proxy's.
        """
        if is_address(origin.host):
            return self._guard.check(origin.host, origin.port, origin.host)
        if origin.host == "localhost" or origin.host.endswith(".localhost"):
            return self._guard.check(origin.host, origin.port, "127.0.0.1")
        return None

    async def _resolve(self, host: str, deadline: float) -> DnsAnswers | None:
        """Return the answers for a name, ``None`` for an address."""
        if is_address(host):
            return None
        left_s = min(self._config.dns_timeout_s, deadline - asyncio.get_running_loop().time())
        try:
            async with asyncio.timeout(left_s):
                return await self._resolver.resolve(host)
        except TimeoutError:
            detail = f"{host}: no answer in {left_s:.3g} seconds"
            raise StageFailedError(Failure(kind=FailureKind.DNS_TIMEOUT, detail=detail)) from None

    async def _dial(self, origin: Origin, trace: Trace, deadline: float, live: set[Connection]) -> Connection:
        trace.port = origin.port
        try:
            trace.dns = await self._resolve(origin.host, deadline)
        except NameNotResolvedError as error:
            trace.dns = error.answers
            raise
        addresses = trace.dns.addresses if trace.dns is not None else (origin.host,)
        refused: AddressRefusedError | None = None
        failed: StageFailedError | None = None
        for address in addresses[:MAX_ADDRESSES]:
            try:
                trace.allowed_by = self._guard.check(origin.host, origin.port, address)
            except AddressRefusedError as error:
                refused = refused or error
                trace.address = trace.address or address
                _note(trace, address, origin.port, error.failure.kind.value)
                continue
            try:
                return await self._connect(address, origin.port, trace, deadline, live)
            except StageFailedError as error:
                failed = error
                if asyncio.get_running_loop().time() >= deadline:
                    # The next address would not be tried, only noted as if it had been.
                    break
        if failed is None:
            trace.allowed_by = None
            failed = refused
        if failed is None:
            detail = f"{origin.host}: no address"
            raise StageFailedError(Failure(kind=FailureKind.DNS_NO_ANSWER, detail=detail))
        raise failed

    async def _dial_proxy(
        self, proxy: ProxyUrl, trace: Trace, deadline: float, live: set[Connection]
    ) -> Connection:
        """Connect to the proxy: the operator named it, so the guard is not asked for its address."""
        answers = await self._resolve(proxy.host, deadline)
        trace.port = proxy.port
        failed: StageFailedError | None = None
        for address in (answers.addresses if answers is not None else (proxy.host,))[:MAX_ADDRESSES]:
            try:
                return await self._connect(address, proxy.port, trace, deadline, live)
            except StageFailedError as error:
                failed = error
                if asyncio.get_running_loop().time() >= deadline:
                    break
        raise failed or StageFailedError(
            Failure(kind=FailureKind.DNS_NO_ANSWER, detail=f"{proxy.host}: no address")
        )

    async def _connect(
        self, address: str, port: int, trace: Trace, deadline: float, live: set[Connection]
    ) -> Connection:
        loop = asyncio.get_running_loop()
        left_s = max(0.0, min(self._config.connect_timeout_s, deadline - loop.time()))
        trace.address = address
        place = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        try:
            async with asyncio.timeout(left_s):
                _, connection = await loop.create_connection(
                    lambda: Connection(self._config, live), address, port
                )
        except OSError as error:
            # TimeoutError, ours and the system's alike, is an OSError.
            failure = _connect_failure(error, place, left_s)
            _note(trace, address, port, failure.kind.value)
            raise StageFailedError(failure) from error
        _note(trace, address, port, "connected")
        return connection

    async def _ask_for_tunnel(
        self, connection: Connection, origin: Origin, proxy: ProxyUrl, deadline: float
    ) -> None:
        if proxy.scheme == "socks5":
            socks = Socks5Reader(proxy, origin.host, origin.port, connection.write)
            cut = await connection.exchange(socks.greeting, socks, deadline)
            if cut is not None:
                error = StageFailedError(cut.failure)
                raise error if cut.failure is socks.site_failure else _as_proxy_failure(error, proxy)
        elif origin.scheme == "https":
            reader = ResponseReader(
                "CONNECT", max_head_bytes=self._config.max_head_bytes, max_body_bytes=_MAX_PROXY_BODY
            )
            request = render_connect(origin.authority, proxy.authorization)
            cut = await connection.exchange(request, reader, deadline)
            status = reader.head.status if reader.head is not None else 0
            if cut is not None or not 200 <= status < 300 or reader.surplus:
                detail = f"it answered {status}" if status else (cut.failure.detail if cut else "")
                raise _as_proxy_failure(
                    StageFailedError(Failure(kind=FailureKind.PROXY_FAILED, detail=detail)), proxy
                )
        connection.served = 0

    async def _shake_hands(
        self, connection: Connection, origin: Origin, trace: Trace, deadline: float
    ) -> None:
        session = TlsSession(
            origin.host,
            accept_bad_certificate=origin.host in self._accepted,
            trust=self._config.trust,
        )
        left_s = min(self._config.tls_timeout_s, deadline - asyncio.get_running_loop().time())
        try:
            await connection.start_tls(session, left_s)
        except TlsFailedError as error:
            trace.tls = error.facts
            raise
        except StageFailedError:
            trace.tls = session.facts
            raise
        trace.tls = session.facts


def _note(trace: Trace, address: str, port: int, outcome: str) -> None:
    trace.connects = (*trace.connects, ConnectAttempt(address=address, port=port, outcome=outcome))


def _connect_failure(error: OSError, place: str, waited_s: float) -> Failure:
    if isinstance(error, TimeoutError):
        detail = f"{place} did not answer in {waited_s:.3g} seconds"
        return Failure(kind=FailureKind.CONNECT_TIMEOUT, detail=detail, errno=error.errno)
    if isinstance(error, ConnectionRefusedError):
        return Failure(kind=FailureKind.CONNECT_REFUSED, detail=f"refused by {place}", errno=error.errno)
    if isinstance(error, ConnectionError):
        return Failure(kind=FailureKind.CONNECT_RESET, detail=f"reset by {place}", errno=error.errno)
    # ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, EPERM of a local firewall: no way to that address from here.
    detail = f"no way to {place}: {error.strerror or error}"
    return Failure(kind=FailureKind.CONNECT_UNREACHABLE, detail=detail, errno=error.errno)


def _as_proxy_failure(error: StageFailedError, proxy: ProxyUrl) -> StageFailedError:
    """Return a failure to reach or use the proxy as what it is, whatever stage it came from."""
    failure = error.failure
    detail = f"the proxy {proxy} is of no use: {failure.detail}"
    return StageFailedError(Failure(kind=FailureKind.PROXY_FAILED, detail=detail, errno=failure.errno))
