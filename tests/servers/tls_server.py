"""Real TLS servers on loopback, good ones and those a censor or an outage puts in their place.

::

    with TlsServer(certificates().good) as server: ...              # answers every request with ``response``
    with TlsServer(Instead.RESET) as server: ...                    # RST after the ClientHello
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import struct
import threading
from enum import Enum, auto
from typing import Self

from servers.certificates import Leaf


class Instead(Enum):
    """What comes after a ClientHello instead of a handshake."""

    RESET = auto()
    FIN = auto()
    SILENCE = auto()
    PLAINTEXT = auto()
    """``400 Bad Request`` as a web server says it that was configured without TLS."""
    ALERT = auto()
    """A fatal alert, unrecognized_name (RFC 6066, 3)."""
    NONSENSE = auto()
    """A ServerHello that breaks off into noise, then FIN."""


PLAIN_ANSWER = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_SAID = {
    Instead.PLAINTEXT: PLAIN_ANSWER,
    Instead.ALERT: bytes.fromhex("15030300020270"),
    Instead.NONSENSE: bytes.fromhex("1603030010") + b"\x02\x00\x00\x0c" + b"\xff" * 12,
}
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


class TlsServer:
    """Serves one certificate, or does something else after the ClientHello.

    ``response`` is sent after every request head; with ``keep`` the connection goes on, else it is closed,
    with close_notify or (``close_notify=False``) without. ``requests`` holds the plaintext heads that
    came, ``server_names`` the SNI of every handshake that was begun here (``None``: none was sent).
    """

    def __init__(
        self,
        what: Leaf | Instead,
        *,
        response: bytes = PAGE,
        keep: bool = False,
        close_notify: bool = True,
        host: str = "127.0.0.1",
        versions: tuple[ssl.TLSVersion, ssl.TLSVersion] | None = None,
    ) -> None:
        self.requests: list[bytes] = []
        self.hellos: list[bytes] = []
        """What came before anything was sent, as far as it was looked at (``Instead`` only)."""
        self.server_names: list[str | None] = []
        self.alpn: list[str | None] = []
        self._what = what
        self._response = response
        self._keep = keep
        self._close_notify = close_notify
        self._host = host
        self._context = self._make_context(what, versions) if isinstance(what, Leaf) else None
        self._closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.port = 0

    def __enter__(self) -> Self:
        owner = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                owner._handle(self.request)

        class Server(socketserver.ThreadingTCPServer):
            address_family = socket.AF_INET6 if ":" in owner._host else socket.AF_INET
            request_queue_size = 128

            def shutdown_request(self, request: object) -> None:
                # socketserver would send FIN first; what is to be sent at the end was sent by us.
                assert isinstance(request, socket.socket)
                request.close()

        self._server = Server((self._host, 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._server.server_close()
        self._thread.join()

    def _make_context(
        self, leaf: Leaf, versions: tuple[ssl.TLSVersion, ssl.TLSVersion] | None
    ) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(leaf.chain, leaf.key)
        context.set_alpn_protocols(["h2", "http/1.1"])
        context.sni_callback = lambda _connection, name, _context: self.server_names.append(name)
        if versions is not None:
            context.minimum_version, context.maximum_version = versions
        return context

    def _handle(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)
        try:
            if isinstance(self._what, Instead):
                self._do_instead(connection, self._what)
            else:
                self._serve(connection)
        except OSError:
            # The peer went away, as it may: what it said till then is on record.
            return
        finally:
            with self._lock:
                self._open.discard(connection)

    def _do_instead(self, connection: socket.socket, what: Instead) -> None:
        hello = connection.recv(65536)
        self.hellos.append(hello)
        if what is Instead.RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if what is Instead.SILENCE:
            self._closing.wait()
            return
        if what in _SAID:
            connection.sendall(_SAID[what])
        # Read to the end first: closing with unread bytes would send RST.
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    def _serve(self, connection: socket.socket) -> None:
        assert self._context is not None
        # No ``wrap_socket``: it would take the socket from the table above, and close with RST on errors.
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        session = self._context.wrap_bio(incoming, outgoing, server_side=True)

        def carry() -> None:
            connection.sendall(outgoing.read())
            data = connection.recv(1 << 16)
            if data:
                incoming.write(data)
            else:
                incoming.write_eof()

        def complete(step: object) -> object:
            while True:
                try:
                    result = step()  # type: ignore[operator]
                except ssl.SSLWantReadError:
                    carry()
                except ssl.SSLError:
                    connection.sendall(outgoing.read())
                    raise
                else:
                    connection.sendall(outgoing.read())
                    return result

        complete(session.do_handshake)
        self.alpn.append(session.selected_alpn_protocol())
        held = b""
        while True:
            while b"\r\n\r\n" not in held:
                data = complete(lambda: session.read(1 << 16))
                assert isinstance(data, bytes)
                if not data:
                    return
                held += data
            head, _, held = held.partition(b"\r\n\r\n")
            self.requests.append(head + b"\r\n\r\n")
            session.write(self._response)
            connection.sendall(outgoing.read())
            if not self._keep:
                break
        if self._close_notify:
            with contextlib.suppress(ssl.SSLWantReadError):
                session.unwrap()
            connection.sendall(outgoing.read())
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass
