"""Reads WARC files one record after another, from bytes that nobody vouches for.

Works on ``.warc.gz`` (a gzip member a record) and ``.warc``, forward only, holding one window of the file.
What is wrong is a :class:`DamageError` with a stable code. Every size is bounded by the caller's reads: a
member that expands endlessly costs time, not memory.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from zlib_ng import zlib_ng

from archive.codings import INFLATE_ERROR
from model import DamagedArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator

_WINDOW = 1 << 16
# Read first of a member: most records (requests, metadata) are shorter.
_FIRST_WINDOW = 1 << 12
MAX_HEAD_BYTES = 1 << 16
"""The longest record head taken: our own are below 2 KiB, pywb's with JSON in a field below 20."""
_GZIP = b"\x1f\x8b\x08"
_VERSION = re.compile(r"WARC/(\d{1,3}\.\d{1,3})\s*")


class DamageError(DamagedArchiveError):
    """What is broken in a file, and where; ``code`` as in :class:`archive.warc.Fault`."""

    def __init__(self, code: str, offset: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.offset = offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A record's head."""

    version: str
    """``1.1``."""
    fields: tuple[tuple[str, str], ...]
    """In order; undecodable bytes as surrogate escapes."""
    _first: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_first", {key.lower(): value for key, value in reversed(self.fields)})

    def get(self, name: str) -> str | None:
        """Return the first value of a field, its name compared without case, or ``None``."""
        return self._first.get(name.lower())

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a field, in order."""
        wanted = name.lower()
        return tuple(value for key, value in self.fields if key.lower() == wanted)

    def id(self, name: str) -> str | None:
        """Return the value of a field that holds a record id, without angle brackets."""
        value = self.get(name)
        return None if value is None else value.strip().removeprefix("<").removesuffix(">")


class _Plain:
    """Bytes of a file that is not compressed; its records follow one another directly."""

    def __init__(self, file: BinaryIO, offset: int) -> None:
        self._file = file
        self.at = offset
        file.seek(offset)

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        self.at += len(data)
        return data


class _Member:
    """The decompressed bytes of one gzip member."""

    def __init__(self, file: BinaryIO, offset: int) -> None:
        self._file = file
        self._offset = offset
        self._inflate = zlib_ng.decompressobj(31)
        self._fed = offset
        self._pending = b""
        file.seek(offset)

    @property
    def end(self) -> int:
        """Where the member ends; valid after :meth:`read` gave nothing."""
        return self._fed - len(self._inflate.unused_data)

    def read(self, size: int) -> bytes:
        """Return at most ``size`` bytes, none at the member's end."""
        while not self._inflate.eof:
            data = self._pending
            if not data:
                data = self._file.read(_WINDOW if self._fed > self._offset else _FIRST_WINDOW)
                self._fed += len(data)
            if not data:
                raise DamageError("member-cut", self._offset, "the file ends within this gzip member")
            try:
                out: bytes = self._inflate.decompress(data, size)
            except INFLATE_ERROR as error:
                raise DamageError(
                    "member-damaged", self._offset, f"this gzip member is damaged: {error}"
                ) from error
            self._pending = self._inflate.unconsumed_tail
            if out:
                return out
        return b""


class Record:
    """One record being read: head first, then the block in pieces, then :meth:`finish`."""

    def __init__(self, source: _Plain | _Member, offset: int) -> None:
        self.offset = offset
        self._source = source
        self._buffer = b""
        self.head = self._read_head()
        length = self.head.get("Content-Length")
        if length is None:
            raise DamageError("no-content-length", offset, "the record has no Content-Length")
        if not (length.isascii() and length.isdigit() and len(length) <= 15):
            raise DamageError("bad-content-length", offset, f"Content-Length is {length[:40]!r}")
        self.length = int(length)
        self._left = self.length

    def blocks(self) -> Iterator[bytes]:
        """Yield the block's bytes; a ``DamageError`` when it is shorter than it says."""
        while self._left:
            data = self._take(min(self._left, _WINDOW))
            if not data:
                missing = f"{self._left} of {self.length} bytes are missing"
                raise DamageError(
                    "record-length", self.offset, f"the block is shorter than its Content-Length: {missing}"
                )
            self._left -= len(data)
            yield data

    def finish(self) -> int:
        """Read to the record's end and return the offset after it; a ``DamageError`` when it ends
        elsewhere."""
        for _ in self.blocks():
            pass
        trailer = b""
        while len(trailer) < 4 and (data := self._take(4 - len(trailer))):
            trailer += data
        if trailer != b"\r\n\r\n":
            what = "what follows the block is not the record's end"
            raise DamageError("record-length", self.offset, f"{what}: Content-Length is wrong ({trailer!r})")
        if isinstance(self._source, _Plain):
            return self._source.at - len(self._buffer)
        if self._take(1):
            message = "this gzip member holds more than one record: none after it can be read by offset"
            raise DamageError("member-many-records", self.offset, message)
        return self._source.end

    def skip_rest(self) -> int | None:
        """Read on to the gzip member's end, whatever is in it; ``None`` in a plain file. May be
        ``DamageError``."""
        if isinstance(self._source, _Plain):
            return None
        while self._source.read(_WINDOW):
            pass
        return self._source.end

    def _take(self, size: int) -> bytes:
        if not self._buffer:
            return self._source.read(size)
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data

    def _read_head(self) -> Head:
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            if data[:5] != b"WARC/"[: len(data)]:
                raise DamageError("not-a-record", self.offset, f"here begins no WARC record: {data[:16]!r}")
            if len(data) > MAX_HEAD_BYTES:
                raise DamageError(
                    "head-damaged", self.offset, f"the record's head is longer than {MAX_HEAD_BYTES} bytes"
                )
            more = self._source.read(4096)
            if not more:
                code, what = ("record-cut", "ends within a record's head") if data else ("end", "ends")
                raise DamageError(code, self.offset, f"the file {what}")
            data += more
        self._buffer = data[end + 4 :]
        return _parse_head(data[:end].decode("utf-8", "surrogateescape"), self.offset)


def _parse_head(text: str, offset: int) -> Head:
    lines = text.split("\r\n")
    version = _VERSION.fullmatch(lines[0])
    if version is None:
        raise DamageError("not-a-record", offset, f"here begins no WARC record: {lines[0][:40]!r}")
    fields: list[tuple[str, str]] = []
    for line in lines[1:]:
        if line[:1] in {" ", "\t"} and fields:
            name, value = fields.pop()
            fields.append((name, f"{value} {line.strip()}"))
            continue
        name, colon, value = line.partition(":")
        name = name.strip()
        if not colon or not name or " " in name:
            raise DamageError(
                "head-damaged", offset, f"a line of the record's head is no field: {line[:60]!r}"
            )
        fields.append((name, value.strip()))
    return Head(version=version[1], fields=tuple(fields))


class Scanner:
    """Records of an open file in order; whoever takes one finishes it before the next."""

    def __init__(self, file: BinaryIO, offset: int = 0) -> None:
        self._file = file
        self.offset = offset
        """Where the next record is looked for."""
        file.seek(offset)
        begin = file.read(3)
        self.empty = not begin
        self.compressed = begin == _GZIP[: len(begin)] and bool(begin)

    def next(self) -> Record | None:
        """Return the record at :attr:`offset`, ``None`` at the file's end; ``DamageError`` when there is
        none."""
        self._file.seek(self.offset)
        begin = self._file.read(8)
        if not begin:
            return None
        if self.compressed:
            if not begin.startswith(_GZIP[: len(begin)]):
                message = f"bytes after the last record that are no gzip member: {begin!r}"
                raise DamageError("trailing-garbage", self.offset, message)
            return Record(_Member(self._file, self.offset), self.offset)
        if not begin.startswith(b"WARC/"[: len(begin)]):
            message = f"bytes after the last record that are no record: {begin!r}"
            raise DamageError("trailing-garbage", self.offset, message)
        return Record(_Plain(self._file, self.offset), self.offset)

    def find_next(self, after: int, *, before: int | None = None) -> int | None:
        """Return where the next record seems to begin after ``after``, and before ``before``; or ``None``."""
        mark = _GZIP if self.compressed else b"\r\n\r\nWARC/1."
        at = after + 1
        carry = b""
        while True:
            self._file.seek(at)
            window = carry + self._file.read(1 << 20)
            base = at - len(carry)
            found = window.find(mark)
            while found >= 0:
                begin = base + found + (0 if self.compressed else 4)
                if before is not None and begin >= before:
                    return None
                if not self.compressed or self._opens_record(begin):
                    return begin
                found = window.find(mark, found + 1)
            if len(window) <= len(carry) or (before is not None and base + len(window) >= before):
                return None
            at = base + len(window)
            carry = window[-(len(mark) - 1) :]

    def _opens_record(self, offset: int) -> bool:
        # A few bytes are enough: a hostile file may hold the mark 300,000 times in a MB.
        self._file.seek(offset)
        try:
            begin: bytes = zlib_ng.decompressobj(31).decompress(self._file.read(512), 5)
        except INFLATE_ERROR:
            return False
        return begin == b"WARC/"
