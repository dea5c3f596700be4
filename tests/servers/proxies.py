"""An HTTP proxy and a SOCKS5 proxy on loopback that keep what they were told, and can refuse."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
from typing import Self


class _Proxy:
    """Accepts connections on a thread each; ``hosts`` maps names, or ``name:port``, to loopback ports."""

    def __init__(self, hosts: dict[str, int]) -> None:
        self.hosts = hosts
        self.asked: list[str] = []
        """The places that were asked for, as ``host:port``."""
        self.heard: list[bytes] = []
        """What clients said to the proxy itself."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _start(self, target: object, *args: object) -> threading.Thread:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        thread.start()
        self._threads.append(thread)
        return thread

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(client)
            self._start(self._run, client)

    def _run(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        raise NotImplementedError

    def _reach(self, place: str) -> socket.socket:
        port = self.hosts.get(place) or self.hosts[place.rpartition(":")[0]]
        upstream = socket.create_connection(("127.0.0.1", port))
        self._open.append(upstream)
        return upstream

    def _pump(self, client: socket.socket, upstream: socket.socket) -> None:
        back = self._start(_copy, upstream, client)
        _copy(client, upstream)
        back.join(10)
        upstream.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


class HttpProxy(_Proxy):
    """Absolute form and CONNECT; wants ``authorization`` when that is set."""

    def __init__(
        self, hosts: dict[str, int], *, authorization: bytes = b"", instead: bytes | None = None
    ) -> None:
        super().__init__(hosts)
        self._authorization = authorization
        self._instead = instead
        """Said to everything."""

    def _serve(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            more = client.recv(65536)
            if not more:
                return
            head += more
        self.heard.append(head)
        if self._instead is not None:
            client.sendall(self._instead)
            client.shutdown(socket.SHUT_WR)
            client.recv(1)
            return
        if self._authorization and b"\r\nProxy-Authorization: " + self._authorization not in head:
            client.sendall(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n"
                b"Content-Length: 0\r\n\r\n"
            )
            client.recv(1)
            return
        method, target, _ = head.split(b" ", 2)
        if method == b"CONNECT":
            place = target.decode()
            self.asked.append(place)
            with self._reach(place) as upstream:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self._pump(client, upstream)
            return
        found = re.match(rb"http://([^/]+)(/.*)", target)
        assert found is not None
        place = found[1].decode()
        self.asked.append(place)
        with self._reach(place if ":" in place else f"{place}:80") as upstream:
            forwarded = head.replace(target, found[2], 1)
            upstream.sendall(re.sub(rb"\r\nProxy-Authorization: [^\r]*", b"", forwarded))
            self._pump(client, upstream)


class Socks5Proxy(_Proxy):
    """RFC 1928 with names, and RFC 1929 when ``login`` is set; answers ``reply`` to CONNECT."""

    def __init__(
        self, hosts: dict[str, int], *, login: tuple[bytes, bytes] | None = None, reply: int = 0
    ) -> None:
        super().__init__(hosts)
        self._login = login
        self._reply = reply

    def _serve(self, client: socket.socket) -> None:
        stream = client.makefile("rb")

        def read(length: int) -> bytes:
            data = stream.read(length)
            if len(data) < length:
                raise ConnectionError("the client went away in the middle")
            return data

        with stream:
            methods = read(read(2)[1])
            wanted = 2 if self._login else 0
            if wanted not in methods:
                client.sendall(b"\x05\xff")
                return
            client.sendall(bytes([5, wanted]))
            if self._login:
                user = read(read(2)[1])
                password = read(read(1)[0])
                self.heard.append(user + b":" + password)
                if (user, password) != self._login:
                    client.sendall(b"\x01\x01")
                    return
                client.sendall(b"\x01\x00")
            kind = read(4)[3]
            host = {
                1: lambda: socket.inet_ntop(socket.AF_INET, read(4)),
                3: lambda: read(read(1)[0]).decode(),
                4: lambda: socket.inet_ntop(socket.AF_INET6, read(16)),
            }[kind]()
            (port,) = struct.unpack(">H", read(2))
            self.asked.append(f"{host}:{port}")
            bound = b"\x03\x05bound\x00\x00"
            if self._reply:
                client.sendall(bytes([5, self._reply, 0]) + bound)
                return
            try:
                upstream = self._reach(f"{host}:{port}")
            except ConnectionRefusedError:
                client.sendall(b"\x05\x05\x00" + bound)
                return
            with upstream:
                # In two parts: the answer may arrive in any.
                client.sendall(b"\x05\x00")
                client.sendall(b"\x00" + bound)
                self._pump(client, upstream)
