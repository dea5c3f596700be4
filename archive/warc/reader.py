"""Gives records back: by offset, one after another, and as the HTTP message they hold."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.message import parse_response_head, transfer_decode
from archive.warc.scan import DamageError, Head, Record, Scanner
from model import DamagedArchiveError, ReadError, ResponseHead

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_BLOCK_BYTES = 1 << 29
"""The largest block read into memory: above any body cap that makes sense for news. A gzip member of 1 MB can
claim 1 GB."""


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


def read_record(path: Path, offset: int, *, max_bytes: int = MAX_BLOCK_BYTES) -> WarcRecord:
    """Return the record that begins at ``offset``; ``DamagedArchiveError`` when none is there or it is
    broken."""
    try:
        with path.open("rb") as file:
            scanner = Scanner(file, offset)
            return _whole(scanner.next(), max_bytes, offset)
    except DamageError as damage:
        raise _damaged(path, damage) from damage
    except OSError as error:
        raise _unreadable(path, error) from error


def iterate_records(path: Path, *, max_bytes: int = MAX_BLOCK_BYTES) -> Iterator[WarcRecord]:
    """Yield every record in order; ``DamagedArchiveError`` at a fault, after yielding what is whole."""
    try:
        with path.open("rb") as file:
            scanner = Scanner(file)
            while (record := scanner.next()) is not None:
                whole = _whole(record, max_bytes, scanner.offset)
                scanner.offset = whole.offset + whole.length
                yield whole
    except DamageError as damage:
        raise _damaged(path, damage) from damage
    except OSError as error:
        raise _unreadable(path, error) from error


def whole_length(path: Path) -> int:
    """Return the offset after the last whole record; 0 when there is none.

    What follows it is a record that was cut while it was written, or no record at all. Damage before it does
    not count: the records after it were written, and acknowledged, all the same.
    """
    last = 0
    try:
        with path.open("rb") as file:
            scanner = Scanner(file)
            while True:
                try:
                    if (record := scanner.next()) is None:
                        return last
                    last = scanner.offset = record.finish()
                except DamageError:
                    found = scanner.find_next(scanner.offset)
                    if found is None:
                        return last
                    scanner.offset = found
    except OSError as error:
        raise _unreadable(path, error) from error


def load_response(path: Path, offset: int) -> LoadedResponse:
    """Return the HTTP message of the ``response`` or ``revisit`` record at ``offset``.

    ``DamagedArchiveError`` when the record is another, or broken.
    """
    record = read_record(path, offset)
    if record.type not in {"response", "revisit"}:
        raise DamagedArchiveError(
            f"{path}: at {offset} lies a {record.type or 'nameless'} record, no response"
        )
    try:
        parsed = parse_response_head(record.block)
    except ReadError as error:
        raise DamagedArchiveError(f"{path}: the response at {offset} cannot be read: {error}") from error
    if parsed is None:
        raise DamagedArchiveError(f"{path}: the response at {offset} has no whole head")
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


def _damaged(path: Path, damage: DamageError) -> DamagedArchiveError:
    return DamagedArchiveError(f"{path}: at {damage.offset}: {damage}; `mandegar verify` lists every fault")


def _unreadable(path: Path, error: OSError) -> DamagedArchiveError:
    if error.errno == errno.ENOENT:
        return DamagedArchiveError(f"{path} is missing")
    return DamagedArchiveError(f"{path} cannot be read: {error.strerror or error}")
