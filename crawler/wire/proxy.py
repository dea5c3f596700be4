"""Proxies: who they are, and how a tunnel through them is asked for.

SOCKS5 (RFC 1928, RFC 1929) always gives the proxy the name, never an address of our own resolver's: behind
Tor an .onion name has no other, and the vantage of a proxy is that of its resolver. An HTTP proxy gets
``http`` requests in absolute form (RFC 9112, 3.2.2) and a ``CONNECT`` for ``https`` (RFC 9110, 9.3.6).
Credentials stay in :class:`ProxyUrl`: its text, and every record, are without them.
"""

from __future__ import annotations

import base64
import ipaddress
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from crawler.wire.guard import canonical_host
from crawler.wire.stage import StageFailedError
from model import BadConfigurationError, BadUrlError, Failure, FailureKind

if TYPE_CHECKING:
    from collections.abc import Callable

_PORTS: Final = {"http": 8080, "socks5": 1080}
# What the proxy says of the site (RFC 1928, 6) is not a failure of the proxy's own.
_SITE_REPLIES: Final = {
    3: (FailureKind.CONNECT_UNREACHABLE, "network unreachable"),
    4: (FailureKind.CONNECT_UNREACHABLE, "host unreachable"),
    5: (FailureKind.CONNECT_REFUSED, "connection refused"),
    6: (FailureKind.CONNECT_TIMEOUT, "time to live expired"),
}
_PROXY_REPLIES: Final = {
    1: "it failed",
    2: "its rules do not allow this",
    7: "it does not know CONNECT",
    8: "it does not know this kind of address",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyUrl:
    """A proxy; equal ones share connections.

    >>> str(ProxyUrl.parse("socks5h://me:secret@127.0.0.1:9050"))
    'socks5://127.0.0.1:9050'
    """

    scheme: str
    """``http`` or ``socks5``."""
    host: str
    port: int
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, text: str) -> ProxyUrl:
        """Read ``http://…`` or ``socks5://…``, with or without ``user:password@``.

        ``BadConfigurationError`` when it is none; the message repeats no credentials.
        """
        try:
            parts = urlsplit(text if "://" in text else "http://" + text)
            scheme = "socks5" if parts.scheme in {"socks5", "socks5h"} else parts.scheme
            if scheme not in _PORTS:
                raise BadConfigurationError("proxy", f"{scheme}:// is no proxy we know; give http or socks5")
            host = canonical_host(parts.hostname or "")
            port = parts.port or _PORTS[scheme]
        except (ValueError, BadUrlError):
            # From None: the text may hold a password.
            raise BadConfigurationError("proxy", "it is no proxy address (http://host:port)") from None
        username, password = unquote(parts.username or ""), unquote(parts.password or "")
        if max(len(username.encode()), len(password.encode())) > 255:
            raise BadConfigurationError("proxy", "user name and password have at most 255 bytes (RFC 1929)")
        return cls(scheme=scheme, host=host, port=port, username=username, password=password)

    def __str__(self) -> str:
        """Return it without credentials, as observations show it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def authorization(self) -> bytes | None:
        """The value of ``Proxy-Authorization`` (RFC 7617), ``None`` without credentials."""
        if not self.username and not self.password:
            return None
        return b"Basic " + base64.b64encode(f"{self.username}:{self.password}".encode())


def render_connect(authority: bytes, authorization: bytes | None) -> bytes:
    """Return the request for a tunnel to ``host:port``."""
    lines = [b"CONNECT " + authority + b" HTTP/1.1", b"Host: " + authority]
    if authorization is not None:
        lines.append(b"Proxy-Authorization: " + authorization)
    return b"\r\n".join(lines) + b"\r\n\r\n"


class Socks5Reader:
    """The client's side of a SOCKS5 negotiation: send :attr:`greeting`, then feed what arrives."""

    overflow = False
    close_delimited = False

    def __init__(self, proxy: ProxyUrl, host: str, port: int, write: Callable[[bytes], None]) -> None:
        self.site_failure: Failure | None = None
        """What the proxy said of the site, where that is why no tunnel stands."""
        self._proxy = proxy
        self._write = write
        self._data = b""
        self._step = self._choose_method
        self._connect = b"\x05\x01\x00" + _socks_address(host) + struct.pack(">H", port)

    @property
    def greeting(self) -> bytes:
        """What is sent first: the methods we can do."""
        return b"\x05\x02\x00\x02" if self._proxy.authorization else b"\x05\x01\x00"

    def feed(self, data: bytes) -> bool:
        """Take what arrived; return whether the tunnel stands. ``StageFailedError`` when it never will."""
        self._data += data
        while True:
            before = self._data
            if self._step():
                if self._data:
                    raise _failed("it sent more than its answer")
                return True
            if self._data == before:
                return False

    def feed_eof(self) -> bool:
        """Return False: a proxy that hangs up gave no tunnel."""
        return False

    def _choose_method(self) -> bool:
        if len(self._data) < 2:
            return False
        version, method = self._data[:2]
        self._data = self._data[2:]
        if version != 5:
            raise _failed("it does not speak SOCKS5")
        if method == 2 and self._proxy.authorization:
            user, password = self._proxy.username.encode(), self._proxy.password.encode()
            self._write(b"\x01" + bytes([len(user)]) + user + bytes([len(password)]) + password)
            self._step = self._check_login
        elif method == 0:
            self._ask()
        else:
            raise _failed("it takes none of our ways to log in")
        return False

    def _check_login(self) -> bool:
        if len(self._data) < 2:
            return False
        status = self._data[1]
        self._data = self._data[2:]
        if status:
            raise _failed("it refused our user name and password")
        self._ask()
        return False

    def _ask(self) -> None:
        self._write(self._connect)
        self._step = self._check_reply

    def _check_reply(self) -> bool:
        data = self._data
        if len(data) < 5:
            return False
        if data[0] != 5:
            raise _failed("its answer is no SOCKS5")
        reply = data[1]
        if reply in _SITE_REPLIES:
            kind, text = _SITE_REPLIES[reply]
            self.site_failure = Failure(kind=kind, detail=f"the proxy says: {text}")
            raise StageFailedError(self.site_failure)
        if reply:
            raise _failed(_PROXY_REPLIES.get(reply, f"it answered {reply}"))
        sizes = {1: 4, 3: 1 + data[4], 4: 16}
        if data[3] not in sizes:
            raise _failed("its answer has no known kind of address")
        length = 4 + sizes[data[3]] + 2
        if len(data) < length:
            return False
        self._data = data[length:]
        return True


def _socks_address(host: str) -> bytes:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.encode("ascii")
        return b"\x03" + bytes([len(name)]) + name
    return (b"\x01" if address.version == 4 else b"\x04") + address.packed


def _failed(detail: str) -> StageFailedError:
    return StageFailedError(Failure(kind=FailureKind.PROXY_FAILED, detail=detail))
