"""HTTP/1.x messages as the wire and the WARC hold them: heads, framing, transfer and content codings.

Pure functions, lenient where servers are careless: what arrived is evidence and is never refused for its
form. Nothing here raises on a truncated or damaged body; only bytes that are no HTTP/1.x at all are a
``ReadError``. Sources: RFC 9112 (HTTP/1.1 messages), RFC 9110 8.4 (content codings).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from archive.codings import Decoded, decode_codings
from model.errors import ReadError
from model.exchange import ResponseHead

__all__ = [
    "Chunks",
    "Decoded",
    "Framing",
    "FramingKind",
    "RequestHead",
    "body_framing",
    "content_codings",
    "content_decode",
    "parse_request_head",
    "parse_response_head",
    "read_chunks",
    "transfer_decode",
]

Headers = tuple[tuple[bytes, bytes], ...]

# Without the reason, which may hold anything. Some servers leave out the space after the code, or the minor
# digit's case is odd («Http/1.1»); browsers read both. Three digits exactly: «HTTP/1.1 20» is a cut line, not
# a status.
_STATUS_LINE = re.compile(
    rb"(HTTP/1\.[0-9])[ \t]+([1-9][0-9][0-9])(?:[ \t]+(.*))?", re.IGNORECASE | re.DOTALL
)
# The target keeps the spaces before it; two repetitions of them side by side took quadratic time.
_REQUEST_LINE = re.compile(
    rb"([^\s]++)[ \t]((?:.*\S)?)[ \t]++(HTTP/1\.[0-9])[ \t]*+", re.IGNORECASE | re.DOTALL
)
_PREFIX = b"HTTP/1."
# Size in hex, then extensions up to the end of the line (RFC 9112, 7.1). Sixteen digits are 2**64; more is
# nonsense.
_CHUNK_LINE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\n]*)?\r?\n")
# The digits of a length we would believe: 10**18 bytes. It also keeps int() off strings of hostile length.
_MAX_LENGTH_DIGITS = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHead:
    """The parsed view of a request's first line and headers; the bytes are in the exchange."""

    method: str
    target: bytes
    """As sent, in whichever form: origin, absolute, authority or ``*`` (RFC 9112, 3.2)."""
    version: bytes
    headers: Headers
    """As in :class:`model.ResponseHead`."""
    length: int
    """Where the body begins."""

    def get(self, name: bytes) -> bytes | None:
        """Return the first value of a header, its name compared without case, or ``None``."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


class FramingKind(Enum):
    """How the end of a body is known."""

    NONE = auto()
    """There is no body."""
    LENGTH = auto()
    CHUNKED = auto()
    CLOSE = auto()
    """It ends where the connection does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Framing:
    """How the end of a body is known, and its length where that was said."""

    kind: FramingKind
    length: int | None = None
    """Bytes; set exactly when ``kind`` is ``LENGTH``."""


_NO_BODY = Framing(kind=FramingKind.NONE)
_CHUNKED = Framing(kind=FramingKind.CHUNKED)
_UNTIL_CLOSE = Framing(kind=FramingKind.CLOSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunks:
    """What a body in chunked framing holds."""

    entity: bytes
    """The data of every chunk, also of the last one when it was cut."""
    complete: bool
    """The last chunk and the trailer section's end were seen."""
    consumed: int
    """Bytes of framing and data that were read; the rest, if any, does not belong to this body."""
    malformed: bool
    """What stands at ``consumed`` cannot be chunked framing (as opposed to being cut)."""


def parse_response_head(data: bytes | bytearray) -> tuple[ResponseHead, int] | None:
    r"""Return the head and where the body begins; ``None`` while the head's end has not arrived.

    ``ReadError`` as soon as it is certain that this is no HTTP/1.x response. Empty lines before the status
    line are skipped (RFC 9112, 2.2), bare LF ends a line, a missing reason or the space before it is
    accepted.

    >>> head, length = parse_response_head(b"HTTP/1.1 200 OK\r\nX-odd-CASE:a\r\n\r\nbody")
    >>> head.status, head.reason, head.headers, length
    (200, b'OK', ((b'X-odd-CASE', b'a'),), 33)
    """
    start = _after_empty_lines(data)
    end, length = _head_end(data, start)
    if end < 0:
        _refuse_early(data, start)
        return None
    lines = bytes(data[start:end]).split(b"\n")
    status = _STATUS_LINE.fullmatch(lines[0].rstrip(b"\r"))
    if status is None:
        raise ReadError(f"not an HTTP/1.x status line: {lines[0][:80]!r}")
    version, code, reason = status.groups()
    head = ResponseHead(status=int(code), reason=reason or b"", version=version, headers=_headers(lines))
    return head, length


def parse_request_head(data: bytes) -> RequestHead:
    r"""Return the head of a request; ``ReadError`` when it is not whole or no HTTP/1.x request.

    The target may hold spaces and bytes above 0x7F: some sites write such links and they are sent as written.

    >>> parse_request_head(b"GET /a b?x=1 HTTP/1.1\r\nHost: a\r\n\r\n").target
    b'/a b?x=1'
    """
    start = _after_empty_lines(data)
    end, length = _head_end(data, start)
    if end < 0:
        raise ReadError("the request head has no end")
    lines = data[start:end].split(b"\n")
    line = _REQUEST_LINE.fullmatch(lines[0].rstrip(b"\r"))
    if line is None:
        raise ReadError(f"not an HTTP/1.x request line: {lines[0][:80]!r}")
    method, target, version = line.groups()
    return RequestHead(
        method=method.decode("latin-1"),
        target=target.lstrip(b" \t"),
        version=version,
        headers=_headers(lines),
        length=length,
    )


def _after_empty_lines(data: bytes | bytearray) -> int:
    """Return where the first line begins; looks at 16 bytes only, so that a stream of CRLF is no head."""
    if not data.startswith((b"\r", b"\n")):
        return 0
    return min(len(data), 16) - len(data[:16].lstrip(b"\r\n"))


def _head_end(data: bytes | bytearray, start: int) -> tuple[int, int]:
    """Return where the last header line ends and where the body begins; (-1, -1) when not there yet."""
    crlf = data.find(b"\n\r\n", start)
    # An LF-only head may lie before the first LF CR LF, which then belongs to the body.
    bare = data.find(b"\n\n", start) if crlf < 0 else data.find(b"\n\n", start, crlf + 1)
    if bare >= 0:
        return bare, bare + 2
    if crlf >= 0:
        return crlf, crlf + 3
    return -1, -1


def _refuse_early(data: bytes | bytearray, start: int) -> None:
    prefix = bytes(data[start : start + len(_PREFIX)]).upper()
    if not _PREFIX.startswith(prefix):
        raise ReadError(f"not an HTTP/1.x response: {bytes(data[start : start + 80])!r}")
    line_end = data.find(b"\n", start)
    if line_end >= 0 and not _STATUS_LINE.fullmatch(bytes(data[start:line_end]).rstrip(b"\r")):
        raise ReadError(f"not an HTTP/1.x status line: {bytes(data[start : start + 80])!r}")


def _headers(lines: list[bytes]) -> Headers:
    """Return the fields of ``lines`` after the first; without those that have no colon or no name."""
    headers: list[tuple[bytes, bytes]] = []
    folded: list[list[bytes]] | None = None
    for line in lines[1:]:
        if line[:1] in {b" ", b"\t"}:
            folded = []
            break
        name, colon, value = line.partition(b":")
        # White space between name and colon is forbidden, and to be removed where it is met (RFC 9112, 5.1).
        if colon and (name := name.strip(b" \t")):
            headers.append((name, value.strip(b" \t\r")))
    if folded is None:
        return tuple(headers)
    return _folded_headers(lines)


def _folded_headers(lines: list[bytes]) -> Headers:
    """Return the fields where at least one goes on over several lines (obs-fold; RFC 9112, 5.2)."""
    fields: list[tuple[bytes, list[bytes]]] = []
    current: list[bytes] = []
    for line in lines[1:]:
        if line[:1] in {b" ", b"\t"}:
            # A continuation of a line that was left out goes the same way.
            if part := line.strip(b" \t\r"):
                current.append(part)
            continue
        name, colon, value = line.partition(b":")
        current = [value.strip(b" \t\r")]
        if colon and (name := name.strip(b" \t")):
            fields.append((name, current))
    return tuple((name, b" ".join(parts).strip(b" ")) for name, parts in fields)


def body_framing(head: ResponseHead, method: str) -> Framing:
    """Return how the end of the response's body is known (RFC 9112, 6.3).

    Transfer-Encoding wins over Content-Length, whatever the version says. Where the RFC calls the framing
    faulty (several different lengths, a length that is no number, codings that do not end in chunked) the
    answer is ``CLOSE``: whatever the server sends is then kept, and nothing of the body can be taken for a
    next response.
    """
    status = head.status
    if method == "HEAD" or status < 200 or status in {204, 304} or (method == "CONNECT" and status < 300):
        return _NO_BODY
    codings = b""
    lengths = b""
    coded = measured = False
    for name, value in head.headers:
        # Lengths first: lower() on every name costs more than the rest of this loop.
        if len(name) == 14 and name.lower() == b"content-length":
            lengths = lengths + b"," + value if measured else value
            measured = True
        elif len(name) == 17 and name.lower() == b"transfer-encoding":
            codings = codings + b"," + value if coded else value
            coded = True
    if coded:
        return _CHUNKED if _ends_chunked(codings) else _UNTIL_CLOSE
    if not measured:
        return _UNTIL_CLOSE
    values = {part.strip(b" \t") for part in lengths.split(b",")}
    if not all(value.isdigit() and len(value.lstrip(b"0")) <= _MAX_LENGTH_DIGITS for value in values):
        return _UNTIL_CLOSE
    numbers = {int(value.lstrip(b"0") or b"0") for value in values}
    return Framing(kind=FramingKind.LENGTH, length=numbers.pop()) if len(numbers) == 1 else _UNTIL_CLOSE


def _ends_chunked(codings: bytes) -> bool:
    return codings.rsplit(b",", 1)[-1].strip(b" \t").lower() == b"chunked"


def transfer_decode(body: bytes, head: ResponseHead) -> bytes:
    """Return the body without chunk framing; of a cut or damaged one, what came before that point.

    A body that is said to be chunked and is not, from its first byte on, is returned as it is: browsers and
    the field's readers do the same, and its text is then not lost. Codings other than chunked (which nobody
    asked for) stay and are taken off by :func:`content_decode`.
    """
    codings = head.all(b"transfer-encoding")
    if not codings or not _ends_chunked(b",".join(codings)):
        return body
    chunks = read_chunks(body)
    return body if chunks.malformed and chunks.consumed == 0 else chunks.entity


def read_chunks(body: bytes) -> Chunks:
    r"""Return what a body in chunked framing holds (RFC 9112, 7.1); extensions and trailers are skipped.

    >>> read_chunks(b"3;x=1\r\nabc\r\n0\r\nA: b\r\n\r\n").entity
    b'abc'
    """
    parts: list[bytes] = []
    at = 0
    size = len(body)
    while True:
        line = _CHUNK_LINE.match(body, at)
        if line is None:
            # Cut inside the line, as long as what is there could still become one.
            cut = body.find(b"\n", at) < 0 and _could_be_chunk_line(body[at : at + 64])
            return Chunks(entity=b"".join(parts), complete=False, consumed=at, malformed=not cut)
        length = int(line[1], 16)
        begin = line.end()
        if length == 0:
            end = _trailers_end(body, begin)
            return Chunks(
                entity=b"".join(parts), complete=end >= 0, consumed=end if end >= 0 else size, malformed=False
            )
        parts.append(body[begin : begin + length])
        end = begin + length
        if body.startswith(b"\r\n", end):
            at = end + 2
        elif body.startswith(b"\n", end):
            at = end + 1
        else:
            cut = end >= size or body[end:] == b"\r"
            return Chunks(entity=b"".join(parts), complete=False, consumed=min(end, size), malformed=not cut)


def _could_be_chunk_line(start: bytes) -> bool:
    return re.match(rb"[ \t]*(?:[0-9A-Fa-f]{1,16}[ \t]*(?:;|\r?\Z|\Z)|\Z)", start) is not None


def _trailers_end(body: bytes, at: int) -> int:
    """Return where the message ends after the last chunk's line, or -1 when that was not seen."""
    while True:
        line_end = body.find(b"\n", at)
        if line_end < 0:
            return -1
        if body[at:line_end] in {b"", b"\r"}:
            return line_end + 1
        at = line_end + 1


def content_codings(head: ResponseHead) -> tuple[str, ...]:
    """Return the codings applied to the entity, first applied first; lower case, without ``identity``."""
    named = b",".join(head.all(b"content-encoding")).lower().split(b",")
    # Transfer codings beside chunked lie over the content codings (RFC 9112, 6.1).
    named += [
        c for c in b",".join(head.all(b"transfer-encoding")).lower().split(b",") if c.strip() != b"chunked"
    ]
    codings = (coding.strip(b" \t").decode("latin-1") for coding in named)
    return tuple(coding for coding in codings if coding not in {"", "identity"})


def content_decode(entity: bytes, head: ResponseHead, *, max_bytes: int, max_ratio: float = 200) -> Decoded:
    """Return the entity without its content codings, as far as that goes within the bounds.

    Neither the result nor anything between two nested codings is ever larger than ``max_bytes``, or than
    ``max_ratio`` times the entity where a coding was taken off. Damaged data give what came out before the
    damage.
    """
    return decode_codings(entity, content_codings(head), max_bytes=max_bytes, max_ratio=max_ratio)
