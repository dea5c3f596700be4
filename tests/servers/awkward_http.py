"""A raw HTTP server on loopback that sends exactly what a test tells it to, and keeps what it saw.

Blocking sockets and threads: it shares no code and no event loop with what it tests.
"""

from __future__ import annotations

import fcntl
import re
import socket
import ssl
import struct
import termios
import threading
import time
from dataclasses import dataclass, field
from typing import Self

RST = "rst"
FIN = "fin"
KEEP = "keep"
HOLD = "hold"


@dataclass
class Answer:
    """What is sent for one path, and what becomes of the connection."""

    parts: tuple[bytes, ...]
    then: str = KEEP
    endless: bytes = b""
    """Sent over and over until the client has enough."""
    fresh_only: bool = False
    """A connection that has served before is closed instead."""


@dataclass
class Seen:
    """One request as it arrived, and what was sent for it."""

    request: bytes
    connection: int
    sent: bytearray = field(default_factory=bytearray)


class AwkwardServer:
    """Serves scripted answers by request target; a context manager.

    Parts of an answer are sent with a pause between them only where the client's reading of the part
    before can be waited for: the kernel's send queue is empty (every byte is acknowledged).
    """

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self._tls = tls
        self._answers: dict[bytes, Answer] = {}
        self._listener = socket.create_server(
            (host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.port: int = self._listener.getsockname()[1]
        self.host = host
        self.seen: list[Seen] = []
        self.connections = 0
        self.tls_errors: list[Exception] = []

    def on(
        self, target: str, *parts: bytes, then: str = KEEP, endless: bytes = b"", fresh_only: bool = False
    ) -> None:
        """Answer this request target (as it stands in the request line) with these bytes."""
        self._answers[target.encode()] = Answer(parts, then, endless, fresh_only)

    def url(self, target: str = "/", host: str | None = None) -> str:
        """Return the URL of a target."""
        name = host or (f"[{self.host}]" if ":" in self.host else self.host)
        return f"{'https' if self._tls else 'http'}://{name}:{self.port}{target}"

    def close_connections(self) -> None:
        """Close, in order, every connection that is open now, and wait until that is done."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def __enter__(self) -> Self:
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.close_connections()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection, self.connections), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _serve(self, plain: socket.socket, number: int) -> None:
        connection = plain
        with self._lock:
            self._open.add(plain)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                connection = self._tls.wrap_socket(plain, server_side=True)
                with self._lock:
                    self._open.discard(plain)
                    self._open.add(connection)
            self._talk(connection, number)
        except (OSError, ssl.SSLError) as error:
            self.tls_errors.append(error)
        finally:
            with self._lock:
                self._open.discard(plain)
                self._open.discard(connection)
            connection.close()

    def _talk(self, connection: socket.socket, number: int) -> None:
        pending = b""
        while True:
            while b"\r\n\r\n" not in pending:
                more = connection.recv(65536)
                if not more:
                    return
                pending += more
            head, _, pending = pending.partition(b"\r\n\r\n")
            length = re.search(rb"(?im)^content-length: *(\d+)", head)
            wanted = int(length[1]) if length else 0
            while len(pending) < wanted:
                pending += connection.recv(65536)
            seen = Seen(head + b"\r\n\r\n" + pending[:wanted], number)
            pending = pending[wanted:]
            self.seen.append(seen)
            target = head.split(b" ", 2)[1]
            answer = self._answers.get(target) or Answer(
                (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",)
            )
            if answer.fresh_only and any(one.connection == number for one in self.seen[:-1]):
                return
            if not self._answer(connection, answer, seen):
                return

    def _answer(self, connection: socket.socket, answer: Answer, seen: Seen) -> bool:
        for place, part in enumerate(answer.parts):
            if place:
                _wait_until_taken(connection)
            seen.sent += part
            connection.sendall(part)
        while answer.endless:
            connection.sendall(answer.endless)
        if answer.then == KEEP:
            return True
        if answer.then == HOLD:
            # Until the client gives up.
            while connection.recv(65536):
                pass
            return False
        _wait_until_taken(connection)
        if answer.then == RST:
            # Over TLS the socket beneath is reset too: no close_notify is sent.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif isinstance(connection, ssl.SSLSocket):
            connection.unwrap()
        return False


def _wait_until_taken(connection: socket.socket) -> None:
    """Return once the peer's kernel has acknowledged everything (SIOCOUTQ is 0)."""
    queued = bytearray(4)
    until = time.monotonic() + 5
    while time.monotonic() < until:
        fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, queued)
        if not any(queued):
            return
        time.sleep(0.001)
