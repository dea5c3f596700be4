"""One TCP connection, TLS over it where asked for, and one message at a time over both.

An :class:`asyncio.Protocol`, so that what arrives is handed to the reader in the callback that received it:
no task, no stream and no queue per request. One timer watches an exchange.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, cast

from crawler.wire.stage import StageFailedError
from model import Failure, FailureKind, Truncation

if TYPE_CHECKING:
    from crawler.wire.config import WireConfig
    from crawler.wire.tls import TlsSession


class MessageReader(Protocol):
    """What reads one message: a response, or a proxy's answer."""

    def feed(self, data: bytes) -> bool:
        """Take what arrived; return whether nothing more is wanted. ``StageFailedError``: it is wrong."""

    def feed_eof(self) -> bool:
        """Take that the connection ended in order; return whether the message is whole."""

    @property
    def overflow(self) -> bool:
        """Whether the message ended at our cap."""

    @property
    def close_delimited(self) -> bool:
        """Whether only the end of the connection ends the message."""


class Cut:
    """Why a message is not whole."""

    __slots__ = ("failure", "truncation")

    def __init__(self, failure: Failure, truncation: Truncation) -> None:
        self.failure = failure
        self.truncation = truncation


class Connection(asyncio.Protocol):
    """One connection to a site or to a proxy."""

    def __init__(self, config: WireConfig, live: set[Connection]) -> None:
        self.closed = False
        """Lost, or given up: it serves nothing more."""
        self.served = 0
        """Exchanges begun over it."""
        self.idle_since = 0.0
        self._config = config
        self._live = live
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._tls: TlsSession | None = None
        self._reader: MessageReader | None = None
        self._waiter: asyncio.Future[Cut | None] | None = None
        self._handshake: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._due = 0.0
        self._last_data = 0.0
        self._heard = False
        self._lost = asyncio.Event()

    # --- what the client asks for

    def exchange(self, data: bytes, reader: MessageReader, deadline: float) -> asyncio.Future[Cut | None]:
        """Send ``data`` and let ``reader`` take the answer.

        The future yields ``None`` when the reader has all it wants, else why not. It raises nothing but
        cancellation, after which the connection must be given up. ``deadline`` is in the loop's time.
        """
        loop = self._loop
        self.served += 1
        self._reader = reader
        self._waiter = waiter = loop.create_future()
        self._heard = False
        self._deadline = deadline
        self._due = min(loop.time() + self._config.first_byte_timeout_s, deadline)
        self._timer = loop.call_at(self._due, self._on_timer)
        if self.closed or self._transport is None:
            self._ended(None)
        else:
            self._write(data)
        return waiter

    async def start_tls(self, session: TlsSession, timeout_s: float) -> None:
        """Do the handshake; ``StageFailedError`` when it fails."""
        self._handshake = done = self._loop.create_future()
        self._tls = session
        session.start()
        self._flush_tls()
        try:
            async with asyncio.timeout(timeout_s):
                if self.closed:
                    self._ended(None)
                await done
        except TimeoutError:
            raise StageFailedError(
                Failure(
                    kind=FailureKind.TLS_TIMEOUT,
                    detail=f"the handshake was not done in {timeout_s:g} seconds",
                )
            ) from None
        finally:
            self._handshake = None

    def write(self, data: bytes) -> None:
        """Send more within an exchange."""
        self._write(data)

    def abort(self) -> None:
        """End the connection at once, without waiting for anything."""
        self.closed = True
        self._stop_timer()
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """End the connection in order."""
        self.closed = True
        if self._transport is not None and not self._transport.is_closing():
            if self._tls is not None and self._tls.handshake_done:
                self._tls.close()
                self._flush_tls()
            self._transport.close()

    async def wait_closed(self) -> None:
        """Return when the socket is gone."""
        if self._transport is not None:
            await self._lost.wait()

    # --- what the transport tells

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._live.add(self)

    def data_received(self, data: bytes) -> None:
        """Take what arrived."""
        if self._tls is not None:
            self._feed_tls(data)
        else:
            self._feed(data)

    def eof_received(self) -> bool:
        """Take that the peer sent FIN; nothing can follow that we would want."""
        self._ended(None)
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Take that the connection is gone, by a reset when ``exc`` is set."""
        self._ended(exc)
        self._lost.set()
        self._transport = None
        self._live.discard(self)

    # --- inside

    def _write(self, data: bytes) -> None:
        if self._transport is None:
            return
        if self._tls is None:
            self._transport.write(data)
            return
        try:
            self._tls.write_plaintext(data)
        except StageFailedError as error:
            self._fail(error)
            return
        self._flush_tls()

    def _flush_tls(self) -> None:
        if self._tls is not None and self._transport is not None and (out := self._tls.take_ciphertext()):
            self._transport.write(out)

    def _feed_tls(self, data: bytes) -> None:
        session = self._tls
        if session is None:
            return
        try:
            session.feed_ciphertext(data)
            self._flush_tls()
            if self._handshake is not None:
                if session.handshake_done and not self._handshake.done():
                    self._handshake.set_result(None)
                return
            while plain := session.read_plaintext():
                self._feed(plain)
            self._flush_tls()
        except StageFailedError as error:
            # An alert of ours may be waiting: the peer shall know why.
            self._flush_tls()
            self._fail(error)
            return
        if session.peer_closed:
            self._ended(None)

    def _feed(self, data: bytes) -> None:
        reader = self._reader
        if reader is None:
            # Nobody asked: a late rest of the last response, or a server's farewell (408). Whatever it
            # is, it must not be taken for the next answer.
            self.abort()
            return
        self._last_data = self._loop.time()
        try:
            done = reader.feed(data)
        except StageFailedError as error:
            self._fail(error)
            return
        if done:
            self._done(self._overflow() if reader.overflow else None)
        elif not self._heard:
            self._heard = True
            self._arm()

    def _overflow(self) -> Cut:
        detail = "the body passed the cap; what fitted is kept"
        return Cut(Failure(kind=FailureKind.HTTP_BODY_TOO_LARGE, detail=detail), Truncation.LENGTH)

    def _arm(self) -> None:
        self._stop_timer()
        self._due = min(self._last_data + self._config.idle_timeout_s, self._deadline)
        self._timer = self._loop.call_at(self._due, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        if self._heard and min(self._last_data + self._config.idle_timeout_s, self._deadline) > self._due:
            # More came since the timer was set: it is set anew here, not with every arrival.
            self._arm()
            return
        if self._due >= self._deadline:
            detail = "the time for the whole exchange was over"
        elif self._heard:
            detail = f"nothing came for {self._config.idle_timeout_s:g} seconds"
        else:
            detail = f"no answer began within {self._config.first_byte_timeout_s:g} seconds"
        self._done(Cut(Failure(kind=FailureKind.HTTP_TIMEOUT, detail=detail), Truncation.TIME))

    def _fail(self, error: StageFailedError) -> None:
        if self._handshake is not None and not self._handshake.done():
            self._handshake.set_exception(error)
        self._done(Cut(error.failure, Truncation.DISCONNECT))
        self.close()

    def _ended(self, exc: Exception | None) -> None:
        """Take the end of the connection: in order when ``exc`` is ``None``."""
        self.closed = True
        if self._handshake is not None and not self._handshake.done():
            self._handshake.set_exception(StageFailedError(_tls_ended(exc)))
        reader = self._reader
        if reader is None:
            return
        # Over TLS only close_notify ends a body in order; a bare FIN may be anybody's (RFC 9112, 9.8).
        orderly = exc is None and (self._tls is None or self._tls.peer_closed)
        whole = reader.feed_eof()
        if whole and orderly:
            self._done(None)
            return
        failure = _http_ended(exc)
        if whole and exc is None:
            failure = Failure(kind=failure.kind, detail="closed without the close_notify that ends TLS")
        self._done(Cut(failure, Truncation.DISCONNECT))

    def _done(self, cut: Cut | None) -> None:
        self._stop_timer()
        self._reader = None
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(cut)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _errno(exc: Exception | None) -> int | None:
    return exc.errno if isinstance(exc, OSError) else None


def _tls_ended(exc: Exception | None) -> Failure:
    if exc is None:
        return Failure(kind=FailureKind.TLS_CLOSED, detail="closed during the handshake")
    return Failure(
        kind=FailureKind.TLS_RESET, detail=f"reset during the handshake: {_words(exc)}", errno=_errno(exc)
    )


def _http_ended(exc: Exception | None) -> Failure:
    if exc is None:
        return Failure(kind=FailureKind.HTTP_CLOSED, detail="closed before the response was whole")
    if isinstance(exc, TimeoutError):
        return Failure(
            kind=FailureKind.HTTP_TIMEOUT, detail=f"the system gave up: {_words(exc)}", errno=_errno(exc)
        )
    return Failure(
        kind=FailureKind.HTTP_RESET,
        detail=f"reset before the response was whole: {_words(exc)}",
        errno=_errno(exc),
    )


def _words(exc: Exception) -> str:
    return exc.strerror or type(exc).__name__ if isinstance(exc, OSError) else type(exc).__name__
