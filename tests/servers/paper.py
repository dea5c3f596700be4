"""A newspaper with a life: over TLS under a name, at a mirror, behind a gate that a censor may close.

::

    with Paper() as paper:
        paper.publish("saffron", "bridge")
        paper.gate.mode = RESET       # the name of the paper is answered with a reset
        paper.remove("bridge")
        paper.network(up=False)       # nothing answers any more, the anchor neither

All is of loopback: a name server, two TLS servers with certificates of the tests' own authority, an anchor,
and a SOCKS proxy that stands in another country.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_RDWR, socket
from typing import Self

from samples.history_pages import (
    ORIGIN,
    Shown,
    Story,
    article_page,
    list_page,
    message_page,
    not_found_page,
    notice,
    story,
)
from servers.censor import DROP, RESET, _carry, _Listener, _reset, server_name
from servers.certificates import HOST, certificates
from servers.dns_server import Addresses, DnsServer
from servers.proxies import Socks5Proxy

OPEN = "open"


class Gate(_Listener):
    """Carries TLS to a server, as long as nobody closes it."""

    def __init__(self, upstream: int) -> None:
        super().__init__()
        self._upstream = upstream
        self.mode = OPEN
        """``OPEN``; ``RESET``: a ClientHello with the paper's name is answered so; ``DROP``: with silence;
        ``"down"``: everything is reset."""

    def hang_up(self) -> None:
        """Cut the connections that are open: a closed gate lets no new ones through."""
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(SHUT_RDWR)

    def _serve(self, connection: socket) -> None:
        if self.mode == "down":
            _reset(connection)
            return
        hello = connection.recv(16384)
        if not hello:
            return
        if self.mode == RESET and server_name(hello) == HOST:
            _reset(connection)
            return
        if self.mode == DROP and server_name(hello) == HOST:
            self._closing.wait()
            return
        _carry(self, connection, self._upstream, hello)


class Paper:
    """What it shows is in ``stories``, in the order of its front page; each by its address's path."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """``now`` is the time that its servers tell."""
        self.now = now
        self.asked: list[tuple[str, str]] = []
        """(``origin``, ``mirror`` or ``second``, path)."""
        self.asked_at: list[float] = []
        """When (``time.monotonic()``), in the same order."""
        self.stories: dict[str, tuple[Story, Shown]] = {}
        self.answers: dict[str, tuple[int, bytes]] = {}
        """What is answered in place of a page, by path."""
        self.busy: dict[str, str] = {}
        """Who answers 503 to everything, and with which ``Retry-After``."""
        self._stack = ExitStack()
        self.rewritten: dict[bytes, bytes] = {}
        """What the mirror puts in the place of the paper's own words."""
        self._visits = 0
        self._removed: dict[str, tuple[Story, Shown]] = {}

    def __enter__(self) -> Self:
        self._origin = _serve(self._stack, self, "origin")
        self._mirror = _serve(self._stack, self, "mirror")
        self._second = _serve(self._stack, self, "second")
        self._anchor = _serve(self._stack, self, "anchor", secure=False)
        self.gate = self._stack.enter_context(Gate(self._origin))
        self.mirror_gate = self._stack.enter_context(Gate(self._mirror))
        self.second_gate = self._stack.enter_context(Gate(self._second))
        self.anchor_gate = self._stack.enter_context(Gate(self._anchor))
        self.names = self._stack.enter_context(DnsServer({HOST: Addresses("127.0.0.1")}))
        self._control = self._stack.enter_context(Socks5Proxy({HOST: self._origin}))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # --- where it is

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.gate.port}/"

    @property
    def mirror_url(self) -> str:
        return f"https://localhost:{self.mirror_gate.port}/"

    @property
    def second_url(self) -> str:
        """Another mirror, at another host."""
        return f"https://127.0.0.1:{self.second_gate.port}/"

    def root(self, place: str) -> str:
        """Return under which address a place shows the paper."""
        return {"origin": self.url, "mirror": self.mirror_url, "second": self.second_url}[place]

    def settings(self) -> tuple[str, ...]:
        """Return the settings with which a crawl finds it."""
        host, port = self.names.address
        return (
            *("-s", f"MANDEGAR_NAMESERVERS={host}:{port}"),
            *("-s", f"MANDEGAR_EXTRA_CA_FILES={certificates().ca_file}"),
        )

    def write_source(self, path: Path, *, second: bool = False) -> None:
        """Write the source's file, with one mirror or two."""
        more = f'[[mirrors]]\nurl = "{self.second_url}"\n' if second else ""
        path.write_text(
            f'name = "xx_paper"\norigin = "{self.url}"\nfeeds = ["{self.url}feed"]\n'
            f'allowed_ranges = ["127.0.0.0/8"]\ndelay_s = 0\n'
            f'[[mirrors]]\nurl = "{self.mirror_url}"\noperator = "دوستان روزنامه"\n{more}'
        )

    def reachability(self, *, control: bool = True) -> str:
        """Return the table for mandegar.toml."""
        anchors = "".join(
            f'\n[[reachability.anchors]]\nurl = "http://127.0.0.1:{self.anchor_gate.port}/"\n'
            f'network = "AS{n}"\nstatus = 204\n'
            for n in (64500, 64501)
        )
        other = f'control = "socks5://127.0.0.1:{self._control.port}"\n' if control else ""
        return f'\n[reachability]\ncountry = "IR"\ndns_window_ms = 50\n{other}{anchors}'

    # --- what happens to it

    def network(self, *, up: bool) -> None:
        """Let our own network work, or nothing of it."""
        for gate in (self.gate, self.mirror_gate, self.second_gate, self.anchor_gate):
            gate.mode = OPEN if up else "down"
        self._control.hosts[HOST] = self._origin if up else 1

    def publish(self, *names: str, comments: str = "none") -> None:
        """Put stories on top of the front page."""
        for name in names:
            one = story(name)
            self.stories = {_path(one): (one, Shown(comments=comments, form=True)), **self.stories}

    def path_of(self, name: str) -> str:
        return _path(story(name))

    def address_of(self, name: str) -> str:
        return self.url + self.path_of(name)[1:]

    def edit(self, name: str, number: int, text: str) -> None:
        """Change a paragraph of a story."""
        one, shown = self.stories[self.path_of(name)]
        paragraphs = (*one.paragraphs[:number], text, *one.paragraphs[number + 1 :])
        self.stories[self.path_of(name)] = (replace(one, paragraphs=paragraphs), shown)

    def show_comments(self, name: str, which: str) -> None:
        one, shown = self.stories[self.path_of(name)]
        self.stories[self.path_of(name)] = (one, replace(shown, comments=which))

    def remove(self, name: str, *, words: str | None = None) -> None:
        """Take a story off all lists; its page is gone (410), or says so in ``words`` (a notice's name)."""
        path = self.path_of(name)
        self._removed[path] = self.stories.pop(path)
        if words is None:
            self.answers[path] = 410, message_page("این مطلب دیگر در دسترس نیست")
        else:
            title, text = notice(words)
            self.answers[path] = 200, message_page(title, text)

    def restore(self, name: str) -> None:
        path = self.path_of(name)
        del self.answers[path]
        self.stories[path] = self._removed.pop(path)

    def move(self, name: str, path: str) -> None:
        """Give a story another address; what was its own answers 404."""
        self.stories[path] = self.stories.pop(self.path_of(name))

    # --- what it answers

    def answer(self, path: str, root: str) -> tuple[int, str, bytes]:
        self._visits += 1
        pages = "text/html; charset=utf-8"
        path = path.partition("?")[0] if path != "/" else path
        if path in self.answers:
            status, body = self.answers[path]
            return status, pages, body
        if path == "/":
            links = tuple((one.title, root + at[1:]) for at, (one, _) in self.stories.items())
            return 200, pages, list_page("روزنامه", links)
        if path == "/feed":
            return 200, "application/rss+xml; charset=utf-8", self._feed(root)
        if path in self.stories:
            one, shown = self.stories[path]
            page = article_page(one, replace(shown, counter=self._visits)).decode()
            canonical = one.url("wordpress")
            here = self.url + path[1:]
            return 200, pages, page.replace(canonical, here).replace(ORIGIN + "/", root).encode()
        return 404, pages, not_found_page(self._visits).decode().replace(ORIGIN + "/", root).encode()

    def _feed(self, root: str) -> bytes:
        items = "".join(
            f"<item><title>{escape(one.title)}</title><link>{root}{at[1:]}</link></item>"
            for at, (one, _) in self.stories.items()
        )
        return (
            f'<?xml version="1.0"?><rss version="2.0"><channel><title>روزنامه</title><link>{root}</link>'
            f"<description>-</description>{items}</channel></rss>"
        ).encode()


def _path(one: Story) -> str:
    return one.url("wordpress").removeprefix(ORIGIN)


def _serve(stack: ExitStack, paper: Paper, name: str, *, secure: bool = True) -> int:
    """Serve the paper's pages, or nothing at all (204) as the anchor; return the port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if name == "anchor":
                self.send_response(204)
                self.end_headers()
                return
            paper.asked.append((name, self.path))
            paper.asked_at.append(time.monotonic())
            if name in paper.busy:
                self.send_response(503)
                self.send_header("Retry-After", paper.busy[name])
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            root = paper.root(name)
            status, mime, body = paper.answer(self.path, root)
            if name == "mirror":
                for words, others in paper.rewritten.items():
                    body = body.replace(words, others)
            self.send_response(status)
            self.send_header("Content-Type", mime)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(paper.now(), usegmt=True)

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            # Gates close on handshakes and answers: that is their purpose.
            pass

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if secure:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates().good.chain, certificates().good.key)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    stack.callback(thread.join)
    stack.callback(server.server_close)
    stack.callback(server.shutdown)
    return int(server.server_address[1])
