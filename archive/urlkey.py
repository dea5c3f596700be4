"""The key under which a URL is looked up: one spelling for all spellings of the same resource.

``http://www.Example.org:80/a/./b%7Ec?x=1#f`` becomes ``org,example,www)/a/b~c?x=1``: the labels of the host
reversed, so that keys of one site sort together, then ``)``, path and query. What RFC 3986, section 6.2.2
and 6.2.3, calls equivalent has one key: case of scheme, host and percent-encoding; needless percent-encoding;
dot segments; an empty path; the default port. Beyond that: the scheme and the fragment are dropped (as every
CDX index does), credentials are dropped, an internationalised host is written in its ASCII form (UTS 46,
which keeps the ZERO WIDTH NON-JOINER of a Persian name), letters outside ASCII are percent-encoded UTF-8
(RFC 3987, 3.1).

Nothing else is guessed: ``www.``, a trailing slash, the order of a query's parts, tracking parameters stay.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from urllib.parse import unquote

import idna

from model import BadUrlError

# RFC 3986, appendix B, with the authority taken apart later; "//" may be written with backslashes by people.
_URL = re.compile(r"(?s)([A-Za-z][A-Za-z0-9+.-]*):[/\\]{2}([^/\\?#]*)([^?#]*)(\?[^#]*)?(?:#.*)?\Z")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# What may stand as it is in a path or query (RFC 3986, 3.3 and 3.4), and "%", which begins an escape.
_PLAIN = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@/%|\[\]]*\Z")
_NEEDS_ESCAPE = re.compile(r"[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%|\[\]]+|%(?![0-9A-Fa-f]{2})")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_DEFAULT_PORTS = {"http": 80, "https": 443}


# A crawl asks for the same URL at discovery, at fetching and at reading: 20 µs are saved twice.
@lru_cache(maxsize=4096)
def url_key(url: str) -> str:
    """Return the key of an http or https URL; ``BadUrlError`` when it is none.

    >>> url_key("HTTPS://WWW.Example.org:443/news/./2016/../2017/%7eali?b=2&a=1#comments")
    'org,example,www)/news/2017/~ali?b=2&a=1'
    >>> url_key("http://example.org") == url_key("https://user:secret@example.org./")
    True
    >>> url_key("http://127.0.0.1:8080/خبر") == url_key("http://127.0.0.1:8080/%d8%ae%D8%A8%d8%b1")
    True
    >>> url_key("http://example.org/a/") == url_key("http://example.org/a")
    False
    >>> url_key("mailto:ali")
    Traceback (most recent call last):
        ...
    model.errors.BadUrlError: 'mailto:ali' is not a web address: it does not begin with http:// or https://
    """
    # Browsers drop tabs and line ends within a URL and white space around it (WHATWG URL, 4.4).
    cleaned = url.strip("".join(map(chr, range(33)))).translate({9: None, 10: None, 13: None})
    match = _URL.match(cleaned)
    scheme = match[1].lower() if match else ""
    if match is None or scheme not in _DEFAULT_PORTS:
        raise BadUrlError(url, "it does not begin with http:// or https://")
    host, port = _host_and_port(url, match[2].rpartition("@")[2])
    authority = _reversed_host(url, host)
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        authority += f":{port}"
    path = _without_dot_segments(_escaped(match[3].replace("\\", "/")))
    return f"{authority}){path}{_escaped(match[4] or '')}"


def lookup_key(url: str) -> str:
    """Return :func:`url_key`, or the text itself where it is no web address.

    >>> lookup_key("http://Example.org"), lookup_key("not a url")
    ('org,example)/', 'not a url')
    """
    try:
        return url_key(url)
    except BadUrlError:
        return url


def _host_and_port(url: str, authority: str) -> tuple[str, int | None]:
    host, port = authority, ""
    if authority.startswith("["):
        host, bracket, rest = authority.partition("]")
        host += bracket
        port = rest.removeprefix(":")
        if not bracket or (rest and not rest.startswith(":")):
            raise BadUrlError(url, "its IPv6 address is not closed by ]")
    elif ":" in authority:
        host, _, port = authority.rpartition(":")
    if port and not (port.isascii() and port.isdigit() and len(port) <= 9 and int(port) <= 65535):
        raise BadUrlError(url, f"{port!r} is no port")
    return host, int(port) if port else None


def _reversed_host(url: str, host: str) -> str:
    if host.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(host[1:-1]).compressed}]"
        except ValueError as error:
            raise BadUrlError(url, f"{host} is no IPv6 address") from error
    host = unquote(host)
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            host = _escaped(host)  # no name that could be resolved, yet a key
    host = host.lower().removesuffix(".")
    if not host:
        raise BadUrlError(url, "it names no host")
    labels = host.split(".")
    if len(labels) == 4 and all(label.isdigit() for label in labels):
        return host
    return ",".join(reversed(labels))


def _escaped(part: str) -> str:
    """Percent-encode what must be, decode what need not be (RFC 3986, 6.2.2.2), with upper-case digits."""
    if "%" not in part:
        return part if _PLAIN.match(part) else _NEEDS_ESCAPE.sub(_escape, part)
    return _ESCAPE.sub(_shortest_escape, _NEEDS_ESCAPE.sub(_escape, part))


def _escape(found: re.Match[str]) -> str:
    text = _LONE_SURROGATE.sub("\ufffd", found[0])
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8"))


def _shortest_escape(found: re.Match[str]) -> str:
    byte = int(found[1], 16)
    return chr(byte) if byte in _UNRESERVED else found[0].upper()


def _without_dot_segments(path: str) -> str:
    """Remove ``.`` and ``..`` (RFC 3986, 5.2.4) from a path that begins with ``/`` or is empty."""
    if "/." not in path:
        return path or "/"
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)
