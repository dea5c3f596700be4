"""An incremental reader of one HTTP/1.x response over the raw bytes; pure, it knows no sockets.

It finds where the message ends (RFC 9112, 6.3) and keeps every byte as it came. Reading the head and the
rules of framing are :mod:`archive.message`'s, so that what is fetched and what is read back from WARC can
never be judged differently; chunk framing (RFC 9112, 7.1) is only walked over here.

Lenient where a reader of the web must be (bare LF, chunk extensions, trailers, white space round a chunk
size), and an end to everything that could go on for ever.
"""

from __future__ import annotations

from archive.message import FramingKind, body_framing, parse_response_head
from crawler.wire.stage import StageFailedError
from model import Failure, FailureKind, ReadError, ResponseHead

# What a chunk-size line may hold, extensions included: real ones have under 20 bytes. nginx allows 8 KiB
# for any line.
MAX_CHUNK_LINE_BYTES = 8192
# A status line that long is none: Apache and nginx write reasons of at most 40 bytes.
MAX_STATUS_LINE_BYTES = 8192
# 16 hex digits are 2**64 - 1 bytes.
MAX_CHUNK_DIGITS = 16
# What of a thing that was no response goes into an observation (model: at most 64 KiB).
MAX_RECEIVED_BYTES = 64 * 1024

_HEX_DIGITS = b"0123456789abcdefABCDEF"
_CR, _LF = 13, 10


class ResponseReader:
    """Reads one response to one request: :meth:`feed` what arrives until it returns ``True``."""

    __slots__ = (
        "_chunk_end",
        "_data",
        "_end",
        "_interim_bytes",
        "_kind",
        "_limit",
        "_line_checked",
        "_max_body",
        "_max_head",
        "_method",
        "_scan",
        "_trailers_from",
        "complete",
        "head",
        "head_length",
        "interim",
        "overflow",
    )

    def __init__(self, method: str, *, max_head_bytes: int, max_body_bytes: int) -> None:
        self.interim: list[bytes] = []
        self.head: ResponseHead | None = None
        self.head_length = 0
        self.complete = False
        """The whole message is there."""
        self.overflow = False
        """The body passed ``max_body_bytes``; what is kept ends there."""
        self._method = method
        self._max_head = max_head_bytes
        self._max_body = max_body_bytes
        # The first arrival is kept as it is: most pages need no second, and then nothing is ever copied.
        self._data: bytes | bytearray = b""
        self._kind = FramingKind.NONE
        self._interim_bytes = 0
        self._line_checked = False
        self._scan = 0
        self._end = 0
        self._limit = 0
        self._chunk_end = 0
        self._trailers_from = 0

    # --- what was read

    @property
    def started(self) -> bool:
        """Whether a single byte arrived."""
        return bool(self._data) or bool(self.interim)

    @property
    def surplus(self) -> bool:
        """Whether bytes came that are not of this message; such a connection serves no other."""
        return len(self._data) > self._end

    @property
    def close_delimited(self) -> bool:
        """Whether only the end of the connection ends the body."""
        return self._kind is FramingKind.CLOSE

    @property
    def keep_alive(self) -> bool:
        """Whether the connection may serve another request (RFC 9112, 9.3)."""
        if not self.complete or self.head is None or self._kind is FramingKind.CLOSE or self.surplus:
            return False
        if self.head.status == 101:
            return False
        options = b",".join(self.head.all(b"connection")).lower()
        if self.head.version.endswith(b"/1.0"):
            return b"keep-alive" in options
        return b"close" not in options

    def response(self) -> bytes:
        """Return the final response's bytes, all that belong to it and no more; call it once, last."""
        end = self._end if self.complete or self.overflow else len(self._data)
        data, self._data = self._data, b""
        if type(data) is bytes and len(data) == end:
            return data
        with memoryview(data) as view:
            return bytes(view[:end])

    def received(self) -> bytes:
        """Return the beginning of everything that arrived, for an observation of a failure."""
        return (b"".join(self.interim) + self._data[:MAX_RECEIVED_BYTES])[:MAX_RECEIVED_BYTES]

    # --- reading

    def feed(self, data: bytes) -> bool:
        """Take what arrived; return whether nothing more is wanted. ``StageFailedError``: no response."""
        held = self._data
        if not held:
            self._data = data
        elif isinstance(held, bytearray):
            held += data
        else:
            grown = bytearray(held)
            grown += data
            self._data = grown
        if self.head is None and not self._read_head():
            return False
        return self._read_body()

    def feed_eof(self) -> bool:
        """Take that the connection ended in order; return whether that completes the message."""
        if self.head is not None and self._kind is FramingKind.CLOSE and not self.overflow:
            self._end = len(self._data)
            self.complete = True
        return self.complete

    def _read_head(self) -> bool:
        while True:
            data = self._data
            if data.find(b"\n\r\n", self._scan) < 0 and data.find(b"\n\n", self._scan) < 0:
                self._check_head_size(len(data))
                # The terminator's last byte is not here: it may begin two bytes back.
                self._scan = max(len(data) - 2, 0)
                if not self._line_checked:
                    # What is no response is refused at its first line, not waited for.
                    self._parse_head(data)
                    self._line_checked = len(data) > MAX_STATUS_LINE_BYTES or b"\n" in data[16:]
                return False
            parsed = self._parse_head(data)
            if parsed is None:
                # Only empty lines so far.
                self._check_head_size(len(data))
                self._scan = max(len(data) - 2, 0)
                return False
            head, end = parsed
            self._check_head_size(end)
            # 101 answers an Upgrade, which is never asked for; nothing after it would be HTTP.
            if head.status >= 200 or head.status == 101:
                self._begin_body(head, end)
                return True
            self.interim.append(bytes(data[:end]))
            self._interim_bytes += end
            self._data = data[end:]
            self._scan = 0
            self._line_checked = False
            if not self._data:
                return False

    def _check_head_size(self, length: int) -> None:
        if self._interim_bytes + length > self._max_head:
            raise _fault(
                FailureKind.HTTP_HEAD_TOO_LARGE, f"status line and headers passed {self._max_head} bytes"
            )

    @staticmethod
    def _parse_head(data: bytes | bytearray) -> tuple[ResponseHead, int] | None:
        try:
            return parse_response_head(data)
        except ReadError as error:
            raise _fault(FailureKind.HTTP_MALFORMED, str(error)) from error

    def _begin_body(self, head: ResponseHead, length: int) -> None:
        framing = body_framing(head, self._method)
        self.head = head
        self.head_length = length
        self._kind = framing.kind
        self._end = self._scan = length
        self._limit = length + self._max_body
        if framing.length is not None:
            self._end += framing.length

    def _read_body(self) -> bool:
        kind = self._kind
        if kind is FramingKind.CHUNKED:
            done = self._walk_chunks()
        elif kind is FramingKind.CLOSE:
            done = False
        else:
            done = len(self._data) >= self._end
        if done and self._end <= self._limit:
            self.complete = True
            return True
        held = len(self._data)
        # A length past the cap is known beforehand: the last byte that fits is then the last wanted.
        if held > self._limit or (held == self._limit < self._end):
            self.overflow = True
            self._end = self._limit
            return True
        return False

    def _walk_chunks(self) -> bool:
        """Go over whole chunks and trailer lines from ``_end``; return whether the last was reached."""
        data = self._data
        available = len(data)
        while True:
            if self._chunk_end:
                at = self._chunk_end
                # CRLF, or a bare LF, after a chunk's data.
                if at < available and data[at] == _CR:
                    at += 1
                if at >= available:
                    return False
                if data[at] != _LF:
                    raise _fault(FailureKind.HTTP_MALFORMED, "a chunk is longer than its size says")
                self._end = self._scan = at + 1
                self._chunk_end = 0
            newline = data.find(b"\n", self._scan)
            if newline < 0:
                if self._is_plain(bytes(data[self._end : self._end + 64])):
                    return False
                self._scan = available
                self._check_line(available)
                return False
            self._check_line(newline)
            line = bytes(data[self._end : newline])
            if self._trailers_from:
                self._end = self._scan = newline + 1
                if line in {b"", b"\r"}:
                    return True
                continue
            size = _chunk_size(line)
            if size < 0:
                if self._is_plain(line):
                    return False
                raise _fault(FailureKind.HTTP_MALFORMED, f"no chunk size: {line[:40]!r}")
            if size:
                self._chunk_end = newline + 1 + size
            else:
                self._trailers_from = self._end = self._scan = newline + 1

    def _is_plain(self, line: bytes) -> bool:
        """Take a body that is said to be chunked and is not, from its first byte on, as it comes.

        Browsers do the same, and :func:`archive.message.transfer_decode` reads such a body as it is.
        """
        if self._end == self.head_length and line.strip() and _chunk_size(line) < 0:
            self._kind = FramingKind.CLOSE
            return True
        return False

    def _check_line(self, reached: int) -> None:
        if self._trailers_from:
            if reached - self._trailers_from > self._max_head:
                raise _fault(FailureKind.HTTP_HEAD_TOO_LARGE, f"trailers passed {self._max_head} bytes")
        elif reached - self._end > MAX_CHUNK_LINE_BYTES:
            raise _fault(FailureKind.HTTP_MALFORMED, f"a chunk-size line passed {MAX_CHUNK_LINE_BYTES} bytes")


def _chunk_size(line: bytes) -> int:
    """Return the size that a chunk line names, without its extensions; -1 when it names none."""
    digits = line.partition(b";")[0].strip(b" \t\r")
    # int() alone would take «0x10», «1_0» and «-1».
    if not digits or len(digits) > MAX_CHUNK_DIGITS or digits.translate(None, _HEX_DIGITS):
        return -1
    return int(digits, 16)


def _fault(kind: FailureKind, detail: str) -> StageFailedError:
    return StageFailedError(Failure(kind=kind, detail=detail))
