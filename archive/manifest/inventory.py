"""What a WARC file holds, in one pass: the SHA-256 of the file, and of every record as its bytes lie there.

A record's SHA-256 is over its gzip member (in a plain file: over the record and the two line ends after it),
so that anybody checks it with ``tail``, ``head`` and ``sha256sum``. The file is read once and forward, in
bounded memory, also from a store. A damaged region is noted and passed over: the records behind it count.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import quote_from_bytes

from archive.warc.scan import DamageError, Record, Scanner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archive.warc.scan import Head

# The scanner reads 64 KiB at a time, so it is never further than that past the end of a record. What lies
# further back is hashed and let go.
_KEPT = 1 << 17
_CHUNK = 1 << 20
_PLAIN = re.compile(r"[!-~]{1,200}")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDigest:
    """A record as it lies in its file."""

    record_id: str
    """Printable ASCII without spaces: as in the file, else percent-encoded; ``-`` when it has none."""
    type: str
    """``response``…; written as ``record_id`` is."""
    target: str
    """``WARC-Target-URI`` as written; empty when the record has none."""
    offset: int
    length: int
    sha256: str
    """64 hexadecimal digits, over ``length`` bytes of the file from ``offset`` on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """Where a file holds no record that can be read."""

    offset: int
    code: str
    """As in :class:`archive.warc.Fault`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What one pass over a file found, beside its records."""

    bytes: int
    sha256: str
    damaged: tuple[Damage, ...]


def take_inventory(
    file: BinaryIO, each: Callable[[RecordDigest], None], *, max_damage: int = 1000
) -> Inventory:
    """Read a WARC file from beginning to end, give every record to ``each``, and return the rest.

    Of more than ``max_damage`` damaged regions the others are left out; the file's SHA-256 covers all.
    """
    hashed = _Hashed(file)
    damaged: list[Damage] = []
    for found in _records(hashed):
        if isinstance(found, RecordDigest):
            each(found)
        elif len(damaged) < max_damage:
            damaged.append(found)
    size, sha256 = hashed.finish()
    return Inventory(bytes=size, sha256=sha256, damaged=tuple(damaged))


def _records(hashed: _Hashed) -> Iterator[RecordDigest | Damage]:
    scanner = Scanner(cast("BinaryIO", hashed))
    if scanner.empty:
        yield Damage(offset=0, code="empty-file")
        return
    while True:
        offset = scanner.offset
        record: Record | None = None
        hashed.begin_record(offset)
        try:
            record = scanner.next()
            if record is None:
                return
            scanner.offset = record.finish()
        except DamageError as damage:
            yield Damage(offset=offset, code=damage.code)
            if not _go_on(scanner, record, offset):
                return
            continue
        yield _digest(record.head, offset, scanner.offset - offset, hashed.end_record(scanner.offset))


def _go_on(scanner: Scanner, record: Record | None, offset: int) -> bool:
    """Find where the next record begins; False when there is none."""
    after: int | None = None
    if record is not None:
        try:
            after = record.skip_rest()
        except DamageError:
            after = None
    found = after if after is not None else scanner.find_next(offset)
    if found is not None:
        scanner.offset = found
    return found is not None


def _digest(head: Head, offset: int, length: int, sha256: str) -> RecordDigest:
    return RecordDigest(
        record_id=_plain(head.id("WARC-Record-ID")),
        type=_plain(head.get("WARC-Type")),
        target=_LONE_SURROGATE.sub("\ufffd", head.get("WARC-Target-URI") or ""),
        offset=offset,
        length=length,
        sha256=sha256,
    )


def _plain(value: str | None) -> str:
    if not value:
        return "-"
    if _PLAIN.fullmatch(value):
        return value
    return quote_from_bytes(value.encode("utf-8", "surrogateescape"), safe=":/<>")[:200]


class _Hashed(io.RawIOBase):
    """A file that is hashed while it is read: from its beginning, and from where a record begins."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._at = 0
        self._whole = hashlib.sha256()
        # The last bytes read, and where they begin; all before them is in `_whole` only.
        self._held = bytearray()
        self._base = 0
        self._record = hashlib.sha256()
        self._mark = 0  # where what the record's hash does not cover yet begins
        self._ended = False

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence != 0:
            raise io.UnsupportedOperation("only from the beginning")
        self._at = offset
        return offset

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            raise io.UnsupportedOperation("only a number of bytes")
        if self._at < self._base:
            # Back over a damaged region: it was hashed when it was read first.
            self._file.seek(self._at)
            data = self._file.read(size)
        else:
            self._fill(self._at + size)
            begin = self._at - self._base
            data = bytes(memoryview(self._held)[begin : begin + size])
        self._at += len(data)
        return data

    def begin_record(self, offset: int) -> None:
        self._record = hashlib.sha256()
        self._mark = offset

    def end_record(self, end: int) -> str:
        """Return the SHA-256 of the bytes from :meth:`begin_record` to ``end``."""
        while self._mark < min(end, self._base):
            self._file.seek(self._mark)
            data = self._file.read(min(_CHUNK, min(end, self._base) - self._mark))
            if not data:
                raise OSError("the file became shorter while it was read")
            self._record.update(data)
            self._mark += len(data)
        self._fill(end)
        with memoryview(self._held) as held:
            self._record.update(held[self._mark - self._base : end - self._base])
        self._mark = end
        return self._record.hexdigest()

    def finish(self) -> tuple[int, str]:
        """Read what is left and return the file's size and SHA-256."""
        while not self._ended:
            self._at = self._base + len(self._held)
            self._fill(self._at + _CHUNK)
        return self._base + len(self._held), self._whole.hexdigest()

    def _fill(self, until: int) -> None:
        """Hold the bytes before ``until``, or all there are."""
        while not self._ended and (missing := until - self._base - len(self._held)) > 0:
            self._file.seek(self._base + len(self._held))
            data = self._file.read(max(missing, _KEPT) if missing < _CHUNK else _CHUNK)
            if not data:
                self._ended = True
                return
            self._whole.update(data)
            self._held += data
            # Never what the caller is about to take: it asks for less than a chunk before `until`.
            self._let_go(min(self._at, until) - self._base - _KEPT)

    def _let_go(self, count: int) -> None:
        if count < _KEPT:
            return
        end = self._base + count
        if self._base <= self._mark < end:
            with memoryview(self._held) as held:
                self._record.update(held[self._mark - self._base : count])
            self._mark = end
        del self._held[:count]
        self._base = end
