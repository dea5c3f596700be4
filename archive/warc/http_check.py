"""Whether an archived HTTP message is what its own head says, read in one pass and bounded memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from archive.message import FramingKind, body_framing, parse_request_head, parse_response_head
from archive.warc import payload
from archive.warc.fault import DigestCheck, Finding
from archive.warc.payload import SAMPLE_BYTES, looks_coded
from model import ReadError, ResponseHead

if TYPE_CHECKING:
    from archive.message import RequestHead

MAX_HEAD_BYTES = 1 << 20
"""The longest HTTP head that is looked for; browsers stop at 256 KiB."""
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[ \t]*(?:;.*)?\r?", re.DOTALL)
_MAX_LINE = 1 << 16


class ChunkReader:
    """Takes chunk framing off a body that comes in pieces (RFC 9112, 7.1)."""

    def __init__(self) -> None:
        self._line = b""
        self._left = 0
        self._state = "size"
        self.started = False
        """A chunk's size line was there."""
        self.complete = False
        self.malformed = False
        self.extra = 0
        """Bytes after the end."""

    def feed(self, data: bytes) -> bytes:
        """Return the entity's bytes in ``data``."""
        parts: list[bytes] = []
        at = 0
        while at < len(data) and not self.malformed:
            if self.complete:
                self.extra += len(data) - at
                break
            if self._left:
                parts.append(data[at : at + self._left])
                at += len(parts[-1])
                self._left -= len(parts[-1])
                continue
            end = data.find(b"\n", at)
            self._line += data[at:] if end < 0 else data[at:end]
            if end < 0:
                self.malformed = len(self._line) > _MAX_LINE
                break
            at = end + 1
            line, self._line = self._line, b""
            self._take_line(line)
        return b"".join(parts)

    def finish(self) -> None:
        """Judge what is left of a line that had no end."""
        if self._line and not self.complete:
            self.malformed |= self._state == "size" and not _CHUNK_SIZE.fullmatch(self._line)
            self.malformed |= self._state == "end" and self._line != b"\r"

    def _take_line(self, line: bytes) -> None:
        empty = line in {b"", b"\r"}
        if self._state == "end":
            self.malformed = not empty
            self._state = "size"
        elif self._state == "trailer":
            self.complete = empty
        elif size := _CHUNK_SIZE.fullmatch(line):
            self.started = True
            self._left = int(size[1], 16)
            self._state = "end" if self._left else "trailer"
        else:
            self.malformed = True


class MessageCheck:
    """What request and response checks share: the head is gathered, then the body passes by."""

    def __init__(self, digest: DigestCheck | None) -> None:
        self._head_bytes = b""
        self._in_body = False
        self.unreadable = ""
        """Why there is no head to go by."""
        self.body_length = 0
        self._digest = digest

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the block."""
        if self.unreadable:
            return
        if self._in_body:
            self._body(data)
            return
        self._head_bytes += data
        try:
            length = self._parse(self._head_bytes)
        except ReadError as error:
            self.unreadable = str(error)
            return
        if length is None:
            if len(self._head_bytes) > MAX_HEAD_BYTES:
                self.unreadable = f"the HTTP head has no end within {MAX_HEAD_BYTES} bytes"
            return
        self._in_body = True
        rest, self._head_bytes = self._head_bytes[length:], b""
        if rest:
            self._body(rest)

    def _parse(self, data: bytes) -> int | None:
        raise NotImplementedError

    def _body(self, data: bytes) -> None:
        self.body_length += len(data)
        if self._digest:
            self._digest.feed(data)

    def _head_findings(self) -> list[Finding]:
        if not self._in_body and not self.unreadable:
            self.unreadable = "the block ends within the HTTP head"
        if not self.unreadable:
            return []
        is_later = "HTTP/2" in self.unreadable or "HTTP/3" in self.unreadable
        return [("http-version" if is_later else "http-head", self.unreadable)]


class RequestCheck(MessageCheck):
    """Judges the block of a ``request`` record."""

    def __init__(self, uri: str, digest: DigestCheck | None) -> None:
        super().__init__(digest)
        self._uri = uri
        self.head: RequestHead | None = None

    def _parse(self, data: bytes) -> int | None:
        if b"\n\n" not in data and b"\n\r\n" not in data:
            return None
        self.head = parse_request_head(data)
        return self.head.length

    def findings(self) -> list[Finding]:
        """Return what is wrong; call it once, after the last byte."""
        found = self._head_findings()
        if self.head is None:
            return found
        if self.head.get(b"host") is None:
            found.append(("request-host", "the request has no Host header: it is not what was sent"))
        if self._uri and self.head.method != "CONNECT" and not _same_target(self.head.target, self._uri):
            asked = self.head.target[:120].decode("utf-8", "replace")
            message = f"the request asks for {asked!r}, the record's target is {self._uri[:120]!r}"
            found.append(("request-target", message))
        if self._digest and not self._digest.matches:
            found.append(("payload-digest", "WARC-Payload-Digest is not that of the request's body"))
        return found


def _same_target(target: bytes, uri: str) -> bool:
    """Say whether a request's target is the path and query of its record's URI, however percent-encoded."""
    wanted = _path_and_query(uri.encode("utf-8", "surrogateescape"))
    got = target.partition(b"#")[0] if target.startswith(b"/") else _path_and_query(target)
    if unquote_to_bytes(got) == unquote_to_bytes(wanted):
        return True
    # Recorders that normalise take dot segments out of one of the two.
    dotted = b"/." in got or b"/." in wanted
    return dotted and got.partition(b"?")[2] == wanted.partition(b"?")[2]


def _path_and_query(uri: bytes) -> bytes:
    rest = uri.partition(b"#")[0].partition(b"://")[2]
    begin = re.search(rb"[/?]", rest)
    path = rest[begin.start() :] if begin else b"/"
    return path if path.startswith(b"/") else b"/" + path


class ResponseCheck(MessageCheck):
    """Judges the block of a ``response`` record, or the head that a ``revisit`` keeps."""

    def __init__(self, *, truncated: bool, head_only: bool, digest: str | None) -> None:
        super().__init__(DigestCheck(digest) if digest and not head_only else None)
        self._truncated = truncated
        self._head_only = head_only
        # Over the body with its chunk framing: what tools that misread the standard write.
        self._raw_digest = DigestCheck(digest) if digest and not head_only else None
        self._chunks: ChunkReader | None = None
        self._sample = b""
        self.head: ResponseHead | None = None

    def _parse(self, data: bytes) -> int | None:
        parsed = parse_response_head(data)
        if parsed is None:
            return None
        self.head, length = parsed
        if body_framing(self.head, "GET").kind is FramingKind.CHUNKED:
            self._chunks = ChunkReader()
        return length

    def _body(self, data: bytes) -> None:
        self.body_length += len(data)
        if self._raw_digest:
            self._raw_digest.feed(data)
        entity = self._chunks.feed(data) if self._chunks else data
        if len(self._sample) < SAMPLE_BYTES:
            self._sample += entity[: SAMPLE_BYTES - len(self._sample)]
        if self._digest:
            self._digest.feed(entity)

    def findings(self) -> tuple[list[Finding], list[Finding]]:
        """Return what is wrong, and what is wrong unless the request was HEAD; once, after the last byte."""
        found = self._head_findings()
        if self.head is None or self._head_only:
            return found, []
        framed = self._chunk_findings(self._chunks) if self._chunks else self._length_findings(self.head)
        unless_head = [] if self.body_length else framed
        found += framed if self.body_length else []
        if not looks_coded(self.head, self._sample):
            coding = (self.head.get(b"content-encoding") or b"")[:40].decode("latin-1")
            message = f"Content-Encoding says {coding!r}, the body is not in that coding"
            found.append((payload.NOT_CODED, message))
        return found + self._digest_findings(), unless_head

    def _length_findings(self, head: ResponseHead) -> list[Finding]:
        framing, here = body_framing(head, "GET"), self.body_length
        if framing.kind is FramingKind.NONE and here:
            return [(payload.BODY_LONG, f"a {head.status} response has no body, {here} bytes are here")]
        if framing.length is None or framing.length == here:
            return []
        message = f"Content-Length says {framing.length} bytes, {here} are here"
        if framing.length < here:
            return [(payload.BODY_LONG, message)]
        return [] if self._truncated else [(payload.BODY_SHORT, f"{message}, and no WARC-Truncated")]

    def _chunk_findings(self, chunks: ChunkReader) -> list[Finding]:
        chunks.finish()
        if chunks.malformed and not chunks.started:
            return [(payload.NOT_CHUNKED, "Transfer-Encoding says chunked, the body has no chunks")]
        if chunks.malformed:
            return [(payload.CHUNKS_DAMAGED, "the chunk framing breaks off within the body")]
        if chunks.extra:
            return [(payload.CHUNKS_DAMAGED, f"{chunks.extra} bytes follow the last chunk")]
        if not chunks.complete and not self._truncated:
            return [(payload.CHUNKS_CUT, "the last chunk is missing, and no WARC-Truncated")]
        return []

    def _digest_findings(self) -> list[Finding]:
        if not self._digest or not self._raw_digest or self._digest.matches:
            return []
        if not self._raw_digest.matches:
            return [("payload-digest", "WARC-Payload-Digest is not that of the payload")]
        if self._chunks and self._chunks.malformed and not self._chunks.started:
            return []  # there are no chunks: body and payload are the same
        message = "WARC-Payload-Digest was taken over the chunk framing, not the payload (WARC 1.1, 5.9)"
        return [("payload-digest-chunked", message)]
