"""A transparent HTTP proxy before a server, which breaks things by rule.

It passes every byte as it came, the ``Host`` field too, so that signatures hold. A rule names requests by
method, by a piece of their target and by number, and says what goes wrong with them; ``seen`` is what was
asked.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

_ERROR = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{}</Code><Message>No.</Message></Error>'


@dataclass
class Rule:
    """What goes wrong, with which requests. Without a fault it only counts."""

    method: str = ""
    """Empty: any."""
    target: str = ""
    """A regular expression that is found in the path and query."""
    after: int = 0
    """So many matching requests go well first."""
    times: int = 1_000_000
    """So many go wrong then."""
    status: int | None = None
    """Answer this instead of asking the server."""
    code: str = ""
    """With ``status``: the error code in the answer, as S3 names it; empty: an answer without a body."""
    silent: bool = False
    """Take the request, and never answer."""
    cut_request_at: int | None = None
    """Pass so many bytes of the request's body, then cut both connections."""
    cut_answer_at: int | None = None
    """Pass so many bytes of the answer's body, then cut both connections."""
    flip_request_at: int | None = None
    """Flip a bit of this byte of the request's body."""
    flip_answer_at: int | None = None
    edit_answer: Callable[[bytes], bytes] | None = None
    """Given the answer's whole body; its length may change."""
    matched: int = field(default=0, init=False)


@dataclass(frozen=True)
class Seen:
    """A request that came."""

    method: str
    target: str
    length: int
    """Bytes of its body, as announced."""
    rule: Rule | None
    """The one that broke it."""


class FaultyProxy:
    """Listens on a free port of 127.0.0.1; ``endpoint`` stands for the server's own."""

    def __init__(self, port: int) -> None:
        self._upstream = port
        self.rules: list[Rule] = []
        self.seen: list[Seen] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._open: list[socket.socket] = []
        self._done = threading.Event()
        self._is_plugged = True

    def __enter__(self) -> Self:
        thread = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        thread.start()
        self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self.unplug()
        for thread in self._threads:
            thread.join(10)

    def break_(self, **rule: object) -> Rule:
        """Add a rule and return it."""
        made = Rule(**rule)  # type: ignore[arg-type]
        self.rules.append(made)
        return made

    def mend(self) -> None:
        """Nothing goes wrong from here on."""
        self.rules.clear()
        self.plug()

    def unplug(self) -> None:
        """Cut every connection, and refuse new ones."""
        if self._is_plugged:
            self._is_plugged = False
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def plug(self) -> None:
        """Take connections again, on the same port."""
        if not self._is_plugged:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            self._is_plugged = True
            thread = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def asked(self, method: str, target: str = "") -> list[Seen]:
        """Return the requests of a method whose target holds a regular expression."""
        return [one for one in self.seen if one.method == method and re.search(target, one.target)]

    # ---- Connections

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.append(client)
            thread = threading.Thread(target=self._run, args=(client,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _run(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError, EOFError):
            upstream = socket.create_connection(("127.0.0.1", self._upstream))
            upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.append(upstream)
            with upstream, client.makefile("rb") as asks, upstream.makefile("rb") as answers:
                while self._exchange(client, asks, upstream, answers):
                    pass

    def _exchange(
        self, client: socket.socket, asks: object, upstream: socket.socket, answers: object
    ) -> bool:
        """Pass one request and its answer; say whether the connections go on."""
        head = _read_head(asks)
        method, target = head.split(b" ", 2)[:2]
        length = _length(head)
        rule = self._rule(method.decode(), target.decode())
        self.seen.append(Seen(method.decode(), target.decode(), length, rule))
        fault = rule or Rule()
        # Such a client sends its body when it is told to (RFC 9110, 10.1.1).
        waits = bool(length and re.search(rb"(?i)\r\nexpect: *100-continue", head))
        if fault.status is not None:
            if not waits:
                _drain(asks, length)
            body = _ERROR.format(fault.code).encode() if fault.code else b""
            client.sendall(b"HTTP/1.1 %d As Told\r\n" % fault.status)
            client.sendall(b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body))
            client.sendall(b"" if method == b"HEAD" else body)
            return False
        if fault.silent:
            self._done.wait(60)
            return False
        upstream.sendall(head)
        if waits:
            answer = _read_head(answers)
            if answer.split(b" ", 2)[1] != b"100":
                client.sendall(answer + _read(answers, _length(answer)))
                return False
            client.sendall(answer)
        if not _pass(asks, upstream, length, fault.cut_request_at, fault.flip_request_at):
            return False
        answer = _read_head(answers)
        while answer.split(b" ", 2)[1].startswith(b"1"):
            client.sendall(answer)
            answer = _read_head(answers)
        if method == b"HEAD" or answer.split(b" ", 2)[1] in {b"204", b"304"}:
            client.sendall(answer)
            return True
        if re.search(rb"(?i)\r\ntransfer-encoding: *chunked", answer):
            body = _read_chunks(answers)
            answer = re.sub(
                rb"(?i)\r\ntransfer-encoding: *chunked", b"\r\nContent-Length: %d" % len(body), answer
            )
        else:
            body = _read(answers, _length(answer))
        if fault.edit_answer is not None:
            body = fault.edit_answer(body)
            answer = re.sub(rb"(?i)\r\ncontent-length: *\d+", b"\r\nContent-Length: %d" % len(body), answer)
        if fault.flip_answer_at is not None:
            body = _flipped(body, fault.flip_answer_at)
        if fault.cut_answer_at is not None:
            client.sendall(answer + body[: fault.cut_answer_at])
            return False
        client.sendall(answer + body)
        return True

    def _rule(self, method: str, target: str) -> Rule | None:
        with self._lock:
            for rule in self.rules:
                if rule.method not in {"", method} or not re.search(rule.target, target):
                    continue
                rule.matched += 1
                if rule.after < rule.matched <= rule.after + rule.times:
                    return rule
        return None


def _read_head(source: object) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line: bytes = source.readline()  # type: ignore[attr-defined]
        if not line:
            raise EOFError
        head += line
    return head


def _length(head: bytes) -> int:
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return int(found[1]) if found else 0


def _read(source: object, length: int) -> bytes:
    data: bytes = source.read(length)  # type: ignore[attr-defined]
    if len(data) < length:
        raise EOFError
    return data


def _drain(source: object, length: int) -> None:
    _read(source, length)


def _read_chunks(source: object) -> bytes:
    body = b""
    while True:
        size = int(source.readline().split(b";")[0], 16)  # type: ignore[attr-defined]
        body += _read(source, size)
        _read(source, 2)
        if not size:
            return body


def _pass(
    source: object, target: socket.socket, length: int, cut_at: int | None, flip_at: int | None
) -> bool:
    passed = 0
    while passed < length:
        block = _read(source, min(65536, length - passed))
        if flip_at is not None and passed <= flip_at < passed + len(block):
            block = _flipped(block, flip_at - passed)
        if cut_at is not None and passed + len(block) > cut_at:
            target.sendall(block[: cut_at - passed])
            return False
        target.sendall(block)
        passed += len(block)
    return True


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
