"""What censors and outages do to connections, on loopback: each a server to put between a client and a site.

``SniFilter`` reads the ClientHello and meddles with the names on its list, ``BlackHole`` answers no SYN,
``ResetOnAccept`` and ``Drip`` do what they say. Real DNS answers come from ``dns_server``, pages and resets
after a request from ``awkward_http``, bad handshakes from ``tls_server``.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import Self

RESET, CLOSE, DROP = "reset", "close", "drop"


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def server_name(hello: bytes) -> str | None:
    """Return the name in a ClientHello (RFC 8446, 4.1.2; RFC 6066, 3); ``None`` when it says none."""
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at : at + 2])
    at += 1 + hello[at]
    end = at + 2 + int.from_bytes(hello[at : at + 2])
    at += 2
    while at + 4 <= end:
        kind, length = struct.unpack(">HH", hello[at : at + 4])
        if kind == 0:
            return hello[at + 9 : at + 4 + length].decode("ascii")
        at += 4 + length
    return None


class _Listener:
    """Accepts connections on a thread each."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._closing = threading.Event()

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        thread.start()
        self._threads.append(thread)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            self._start(self._run, connection)

    def _run(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        raise NotImplementedError


class ResetOnAccept(_Listener):
    """RST as soon as the connection stands; ``first`` connections only, where that is given."""

    def __init__(self, *, first: int | None = None, then: int = 0) -> None:
        super().__init__()
        self._left = first
        self._then = then
        """The port to which later connections are carried."""

    def _serve(self, connection: socket.socket) -> None:
        if self._left is None or self._left > 0:
            self._left = None if self._left is None else self._left - 1
            _reset(connection)
            return
        _carry(self, connection, self._then, b"")


class SniFilter(_Listener):
    """Carries TLS to a site, but not for these names: the ClientHello is answered with ``action``."""

    def __init__(self, upstream: int, *, blocked: tuple[str, ...], action: str) -> None:
        super().__init__()
        self._upstream = upstream
        self._blocked = blocked
        self._action = action
        self.names: list[str | None] = []

    def _serve(self, connection: socket.socket) -> None:
        hello = connection.recv(16384)
        if not hello:
            return
        name = server_name(hello)
        self.names.append(name)
        if name not in self._blocked:
            _carry(self, connection, self._upstream, hello)
        elif self._action == RESET:
            _reset(connection)
        elif self._action == CLOSE:
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        else:
            self._closing.wait()


class Drip(_Listener):
    """Answers every request with ``head``, then a byte at a time, at ``bytes_a_second``."""

    def __init__(self, head: bytes, *, bytes_a_second: float) -> None:
        super().__init__()
        self._head = head
        self._pause_s = 1 / bytes_a_second

    def _serve(self, connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(self._head)
        while not self._closing.wait(self._pause_s):
            connection.sendall(b"x")


class BlackHole:
    """A port whose SYNs get no answer: its queue is full and nobody takes from it."""

    def __init__(self) -> None:
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(0)
        self.port: int = self._listener.getsockname()[1]
        self._fillers: list[socket.socket] = []

    def __enter__(self) -> Self:
        # The kernel keeps one more than it was told; the next SYN is dropped without a word.
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(("127.0.0.1", self.port))
            self._fillers.append(filler)
        return self

    def __exit__(self, *_: object) -> None:
        for filler in self._fillers:
            filler.close()
        self._listener.close()


_HELD: list[socket.socket] = []


def closed_port() -> int:
    """Return a port at which nobody listens, nor will while this process lives: connections are refused."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    _HELD.append(holder)
    return int(holder.getsockname()[1])


def _carry(owner: _Listener, connection: socket.socket, port: int, first: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as upstream:
        owner._open.append(upstream)
        upstream.sendall(first)
        owner._start(_copy, upstream, connection)
        _copy(connection, upstream)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
