"""What is asked for, and the bytes that ask for it.

The target goes out letter by letter as the site wrote it: no case of a percent-encoding, no dot segment and
no odd character is touched, since ``%D8`` and ``%d8`` may be two pages to a careless server. Only what
cannot stand in a request line (RFC 9112, 3) is encoded: bytes above 0x7F as UTF-8 (RFC 3987, 3.1; so do
browsers), white space and control characters. The exchange's ``url`` stays as it was written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from crawler.wire.guard import canonical_host
from model import BadConfigurationError, BadUrlError

if TYPE_CHECKING:
    from crawler.wire.proxy import ProxyUrl

# A backslash ends the authority too (WHATWG URL, 4.4): «http://good.example\@10.0.0.1/» is good.example.
_URL: Final = re.compile(r"\s*(https?)://([^/\\?#]*)([^#]*)", re.IGNORECASE | re.DOTALL)
_PLAIN_TARGET: Final = re.compile(r"[!-~]+\Z")
_UNSENDABLE: Final = re.compile(rb"[\x00-\x20\x7f-\xff]")
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_NO_TABS_OR_LINES: Final = {9: None, 10: None, 13: None}
_NO_LINES: Final = bytes.maketrans(b"\r\n\0", b"   ")
_PORTS: Final = {"http": 80, "https": 443}
# Apache and nginx refuse a request line over 8 KiB; a trap page must not make ours longer without end.
MAX_URL_LETTERS: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """One request to make."""

    url: str
    """As the site wrote it; its fragment, if any, is not sent."""
    method: str = "GET"
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """Sent in this order, names in this case. ``Host`` is put first when it is not among them, and
    ``Content-Length`` last when there is a body; ``Proxy-Authorization`` is never sent from here."""
    body: bytes = b""
    max_body_bytes: int | None = None
    """``None``: the client's bound."""
    total_timeout_s: float | None = None
    """``None``: the client's bound."""
    proxy: ProxyUrl | None = None
    """``None``: the client's proxy, if it has one."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request goes; equal ones share connections."""

    scheme: str
    host: str
    """Canonical: ASCII, lower case, an IPv6 address without brackets."""
    port: int

    @property
    def authority(self) -> bytes:
        """Host and port as ``CONNECT`` names them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}".encode("ascii")

    @property
    def host_header(self) -> bytes:
        """Host, and the port where it is not the scheme's own."""
        authority = self.authority
        return authority.rpartition(b":")[0] if self.port == _PORTS[self.scheme] else authority


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart."""

    origin: Origin
    path: bytes
    """Path and query as sent."""


def parse_target(url: str) -> Target:
    r"""Return where a URL leads and what is sent there; ``BadUrlError`` when it is no web address.

    >>> parse_target("HTTP://Example.org/%d8%A7/../x?q=ا b#c").path
    b'/%d8%A7/../x?q=%D8%A7%20b'
    """
    if len(url) > MAX_URL_LETTERS:
        raise BadUrlError(url[:80], f"it is longer than {MAX_URL_LETTERS} letters")
    match = _URL.match(url)
    if match is None:
        raise BadUrlError(url, "it does not begin with http:// or https:// and a host")
    scheme, authority, path = match.groups()
    try:
        origin = _origin(scheme.lower(), authority)
    except BadUrlError as error:
        # The URL is what the reader knows, not the part of it that is wrong.
        raise BadUrlError(url, str(error).partition(": ")[2]) from error
    if path.startswith("\\"):
        path = "/" + path[1:]
    elif not path.startswith("/"):
        path = "/" + path
    if _PLAIN_TARGET.match(path):
        return Target(origin, path.encode("ascii"))
    try:
        raw = path.strip().translate(_NO_TABS_OR_LINES).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise BadUrlError(url, "it holds half a character") from error
    return Target(origin, _UNSENDABLE.sub(lambda found: b"%%%02X" % found[0][0], raw))


@lru_cache(maxsize=4096)
def _origin(scheme: str, authority: str) -> Origin:
    # User and password are not sent: a link that carries them is a trap more often than a key.
    place = authority.rpartition("@")[2].strip()
    host, colon, port = place, "", ""
    if not place.endswith("]"):
        host, colon, port = place.rpartition(":")
        if not colon:
            host, port = place, ""
    if port and not (port.isascii() and port.isdigit() and len(port) <= 8 and 0 < int(port) < 65536):
        raise BadUrlError(authority, "its port is no number from 1 to 65535")
    return Origin(scheme, canonical_host(host), int(port) if port else _PORTS[scheme])


def render_request(
    request: WireRequest, target: Target, proxy_authorization: bytes | None, *, absolute: bool
) -> tuple[bytes, bytes]:
    """Return the request as sent, and the same without what is between us and the proxy.

    ``absolute`` writes the target in the form for a proxy (RFC 9112, 3.2.2). ``BadConfigurationError`` when
    the method is no token.
    """
    if not _TOKEN.match(request.method):
        raise BadConfigurationError("method", f"{request.method!r} is no HTTP method")
    host = target.origin.host_header
    place = b"http://" + host + target.path if absolute else target.path
    lines = [b"%s %s HTTP/1.1" % (request.method.encode("ascii"), place)]
    has_host = has_length = False
    for name, value in request.headers:
        lowered = name.lower()
        if lowered == b"host":
            has_host = True
        elif lowered in {b"content-length", b"transfer-encoding"}:
            has_length = True
        elif lowered == b"proxy-authorization":
            continue
        lines.append(name + b": " + value)
    if not has_host:
        lines.insert(1, b"Host: " + host)
    if request.body and not has_length:
        lines.append(b"Content-Length: %d" % len(request.body))
    head = b"\r\n".join(lines)
    if head.count(b"\n") != len(lines) - 1 or head.count(b"\r") != len(lines) - 1 or b"\0" in head:
        # A line break in a value would be a header, or a request, of somebody else's making.
        lines = [line.translate(_NO_LINES) for line in lines]
        head = b"\r\n".join(lines)
    recorded = head + b"\r\n\r\n" + request.body
    if proxy_authorization is None:
        return recorded, recorded
    return head + b"\r\nProxy-Authorization: " + proxy_authorization + b"\r\n\r\n" + request.body, recorded
