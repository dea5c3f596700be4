"""What a file holds, against what a plain cutting of it says; damage hides nothing behind it."""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import tracemalloc
from typing import TYPE_CHECKING, cast

import pytest

from archive.manifest import Inventory, RecordDigest, take_inventory

if TYPE_CHECKING:
    from typing import BinaryIO


def record(number: int, block: bytes, record_id: str | None = None, kind: str = "resource") -> bytes:
    name = record_id or f"<urn:uuid:00000000-0000-4000-8000-{number:012d}>"
    head = (
        f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: {name}\r\n"
        f"WARC-Target-URI: http://a.test/{number}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode("utf-8", "surrogateescape") + block + b"\r\n\r\n"


def take(data: bytes) -> tuple[list[RecordDigest], Inventory]:
    found: list[RecordDigest] = []
    return found, take_inventory(io.BytesIO(data), found.append)


def blocks(sizes: list[int]) -> list[bytes]:
    made = random.Random(7)
    return [made.randbytes(size) for size in sizes]


# Sizes around the windows that are read and kept: 64 KiB, 128 KiB, 1 MiB.
SIZES = [0, 1, 300, 65_000, 65_536, 131_072, 131_073, 5, 400_000, 1 << 20, (1 << 20) + 1, 3_000_000, 9]


@pytest.mark.parametrize("kind", ["gzip", "plain"])
def test_every_record_has_the_digest_of_its_bytes_in_the_file(kind: str) -> None:
    parts = [record(number, block) for number, block in enumerate(blocks(SIZES))]
    if kind == "gzip":
        parts = [gzip.compress(part, 1) for part in parts]
    data = b"".join(parts)
    found, inventory = take(data)
    assert [one.sha256 for one in found] == [hashlib.sha256(part).hexdigest() for part in parts]
    assert [(one.offset, one.length) for one in found] == [
        (sum(map(len, parts[:at])), len(part)) for at, part in enumerate(parts)
    ]
    assert found[2].record_id == "urn:uuid:00000000-0000-4000-8000-000000000002"
    assert (found[2].type, found[2].target) == ("resource", "http://a.test/2")
    assert inventory == Inventory(bytes=len(data), sha256=hashlib.sha256(data).hexdigest(), damaged=())


@pytest.mark.parametrize("at", [0, 3, 8, 12])
def test_a_damaged_record_is_noted_and_those_around_it_are_found(at: int) -> None:
    parts = [gzip.compress(record(number, block), 1) for number, block in enumerate(blocks(SIZES))]
    bad = bytearray(parts[at])
    bad[len(bad) // 2] ^= 0x40
    bad[-8] ^= 1  # the CRC, so that it cannot pass by luck
    parts[at] = bytes(bad)
    data = b"".join(parts)
    found, inventory = take(data)
    kept = [part for number, part in enumerate(parts) if number != at]
    assert [one.sha256 for one in found] == [hashlib.sha256(part).hexdigest() for part in kept]
    assert [one.offset for one in inventory.damaged] == [sum(map(len, parts[:at]))]
    assert (inventory.bytes, inventory.sha256) == (len(data), hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize(("data", "code"), [(b"", "empty-file"), (b"no WARC at all" * 99, "not-a-record")])
def test_what_is_no_warc_file_has_a_digest_all_the_same(data: bytes, code: str) -> None:
    found, inventory = take(data)
    assert not found
    assert inventory.damaged[0].code in {code, "trailing-garbage"}
    assert inventory.sha256 == hashlib.sha256(data).hexdigest()


def test_a_cut_tail_is_noted() -> None:
    whole = gzip.compress(record(1, b"x" * 999))
    found, inventory = take(whole + whole[:-9])
    assert len(found) == 1
    assert [one.code for one in inventory.damaged] == ["member-cut"]


def test_an_id_cannot_pose_as_another_line() -> None:
    data = record(1, b"", "<urn:x a\nrecord 00>") + record(2, b"", "\udcff")
    found, _ = take(data)
    assert [one.record_id for one in found] == ["urn:x%20a%0Arecord%2000", "%FF"]


class _Endless(io.RawIOBase):
    """One member a record, again and again, as a file of 200 MB would give them."""

    def __init__(self, part: bytes, size: int) -> None:
        super().__init__()
        self._part, self._size, self._at = part, size, 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        size = max(0, min(size, self._size - self._at))
        begin = self._at % len(self._part)
        data = (self._part * (2 + size // len(self._part)))[begin : begin + size]
        self._at += size
        return data


def test_memory_does_not_grow_with_the_file() -> None:
    part = gzip.compress(record(1, random.Random(1).randbytes(200_000)), 0)
    file = _Endless(part, len(part) * 300)
    count = 0

    def each(_: RecordDigest) -> None:
        nonlocal count
        count += 1

    tracemalloc.start()
    try:
        inventory = take_inventory(cast("BinaryIO", file), each)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (count, inventory.bytes) == (300, len(part) * 300)
    assert peak < 8 << 20
