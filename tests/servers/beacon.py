"""A server that stands for the live web: it notes whoever connects to it, and answers every request."""

from __future__ import annotations

import socketserver
import threading
from typing import Self

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"


class Beacon:
    """Listens at a free port of loopback; ``heard`` has one entry a connection, its first line or ``""``."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.arrived = threading.Event()
        beacon = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                beacon.arrived.set()
                self.request.settimeout(5)
                try:
                    first = self.request.recv(65536).partition(b"\r\n")[0].decode("latin-1")
                    self.request.sendall(ANSWER)
                except OSError:
                    first = ""
                beacon.heard.append(first)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="beacon")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
