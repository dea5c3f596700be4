"""Gives records back: by offset, one after another, and as the HTTP message they hold.

A source is the path of a file, or a seekable reader of bytes that lie elsewhere (an object in a store); the
reader stays open, and ``name`` is what messages call it. Errors of a store pass through.
"""

from __future__ import annotations

import errno
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from archive.message import parse_response_head, transfer_decode
from archive.warc.scan import DamageError, Head, Record, Scanner
from model import DamagedArchiveError, ReadError, ResponseHead

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BLOCK_BYTES = 1 << 29
"""The largest block read into memory: above any body cap that makes sense for news. A gzip member of 1 MB can
claim 1 GB."""

Source = Path | BinaryIO


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcRecord:
    """One record, whole."""

    type: str
    """``response``, ``request``… as written; empty when the record does not say."""
    record_id: str
    """Without angle brackets; empty when the record has none."""
    version: str
    headers: tuple[tuple[str, str], ...]
    block: bytes
    offset: int
    """Where its gzip member (or the record, in a plain file) begins."""
    length: int
    """Bytes of that member, or of the record."""

    def get(self, name: str) -> str | None:
        """Return the first value of a header, its name compared without case, or ``None``."""
        return Head(version=self.version, fields=self.headers).get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedResponse:
    """The HTTP message of a ``response`` or ``revisit`` record."""

    record: WarcRecord
    head: ResponseHead
    head_length: int
    http: bytes
    """Exactly as archived; of a revisit, the head alone."""
    entity: bytes
    """The transfer-decoded, still content-coded body; empty of a revisit."""


def source_name(source: Source, name: str = "") -> str:
    """Return what messages call a source."""
    return name or str(source if isinstance(source, Path) else getattr(source, "name", "a WARC file"))


@contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """Open a path for as long as the block runs; a reader is the caller's own."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            yield file
    else:
        yield source


def read_record(
    source: Source, offset: int, *, name: str = "", max_bytes: int = MAX_BLOCK_BYTES
) -> WarcRecord:
    """Return the record that begins at ``offset``; ``DamagedArchiveError`` when none is there or it is
    broken."""
    try:
        with opened(source) as file:
            scanner = Scanner(file, offset)
            return _whole(scanner.next(), max_bytes, offset)
    except DamageError as damage:
        raise _damaged(source_name(source, name), damage) from damage
    except OSError as error:
        raise _unreadable(source_name(source, name), error) from error


def iterate_records(
    source: Source, *, name: str = "", max_bytes: int = MAX_BLOCK_BYTES
) -> Iterator[WarcRecord]:
    """Yield every record in order; ``DamagedArchiveError`` at a fault, after yielding what is whole."""
    try:
        with opened(source) as file:
            scanner = Scanner(file)
            while (record := scanner.next()) is not None:
                whole = _whole(record, max_bytes, scanner.offset)
                scanner.offset = whole.offset + whole.length
                yield whole
    except DamageError as damage:
        raise _damaged(source_name(source, name), damage) from damage
    except OSError as error:
        raise _unreadable(source_name(source, name), error) from error


def whole_length(path: Path, acknowledged: int | None = None) -> int:
    """Return the offset after the last whole record; 0 when there is none.

    What follows it is a record that was cut while it was written, or no record at all. Damage before it does
    not count: the records after it were written, and acknowledged, all the same. Where the offset of the last
    acknowledged record is known (-1: none is), damage after it does count: it is what a power cut left of
    writes that no sync had put on disk, and what came to the disk behind it was never acknowledged. Then a
    response whose request was cut off goes, too: the writer puts both into one append, the request behind it.
    """
    last = 0
    alone: int | None = None
    """Where the last whole record begins, when it is a response whose request should follow."""
    try:
        with path.open("rb") as file:
            scanner = Scanner(file)
            while True:
                try:
                    if (record := scanner.next()) is None:
                        break
                    last = scanner.offset = record.finish()
                    alone = record.offset if _awaits_request(record) else None
                except DamageError:
                    if acknowledged is not None and scanner.offset > acknowledged:
                        break
                    found = scanner.find_next(scanner.offset)
                    if found is None:
                        break
                    scanner.offset = found
    except OSError as error:
        raise _unreadable(str(path), error) from error
    if alone is not None and acknowledged is not None and alone > acknowledged:
        return alone
    return last


def _awaits_request(record: Record) -> bool:
    head = record.head
    return head.get("WARC-Type") in {"response", "revisit"} and head.get("WARC-Concurrent-To") is not None


def load_response(source: Source, offset: int, *, name: str = "") -> LoadedResponse:
    """Return the HTTP message of the ``response`` or ``revisit`` record at ``offset``.

    ``DamagedArchiveError`` when the record is another, or broken.
    """
    name = source_name(source, name)
    record = read_record(source, offset, name=name)
    if record.type not in {"response", "revisit"}:
        raise DamagedArchiveError(
            f"{name}: at {offset} lies a {record.type or 'nameless'} record, no response"
        )
    try:
        parsed = parse_response_head(record.block)
    except ReadError as error:
        raise DamagedArchiveError(f"{name}: the response at {offset} cannot be read: {error}") from error
    if parsed is None:
        raise DamagedArchiveError(f"{name}: the response at {offset} has no whole head")
    head, head_length = parsed
    entity = b"" if record.type == "revisit" else transfer_decode(record.block[head_length:], head)
    return LoadedResponse(record=record, head=head, head_length=head_length, http=record.block, entity=entity)


def _whole(record: Record | None, max_bytes: int, offset: int) -> WarcRecord:
    if record is None:
        raise DamageError("record-cut", offset, "the file ends before")
    if record.length > max_bytes:
        message = f"its block is {record.length} bytes, more than the {max_bytes} that are read"
        raise DamageError("record-too-large", record.offset, message)
    block = b"".join(record.blocks())
    end = record.finish()
    head = record.head
    return WarcRecord(
        type=head.get("WARC-Type") or "",
        record_id=head.id("WARC-Record-ID") or "",
        version=head.version,
        headers=head.fields,
        block=block,
        offset=record.offset,
        length=end - record.offset,
    )


def _damaged(name: str, damage: DamageError) -> DamagedArchiveError:
    return DamagedArchiveError(f"{name}: at {damage.offset}: {damage}; `mandegar verify` lists every fault")


def _unreadable(name: str, error: OSError) -> DamagedArchiveError:
    if error.errno == errno.ENOENT:
        return DamagedArchiveError(f"{name} is missing")
    return DamagedArchiveError(f"{name} cannot be read: {error.strerror or error}")
