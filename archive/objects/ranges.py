"""A seekable reader over ranges: an object in a store, read like a file.

Requests are dear (a round trip each), bytes less so. A jump fetches a small block; whoever reads on from
there gets twice as much each time, up to a limit, so that a scan of a large file takes few requests and a
look at one record takes one.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from model import DamagedArchiveError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SMALLEST_BLOCK = 256 << 10
"""Fetched after a jump: most records are smaller, and a round trip of 20 ms costs as much at 100 Mbit/s."""
LARGEST_BLOCK = 8 << 20
"""Fetched at most, and kept in memory: 0.6 s at 100 Mbit/s, a round trip is a few hundredths of it."""


def open_ranges(read: Callable[[int, int], bytes], size: int, what: str) -> io.BufferedReader:
    """Return a reader of ``size`` bytes over ``read(start, length)``; ``what`` names the object in errors.

    It raises what ``read`` raises, and ``DamagedArchiveError`` when the object ends early. One block is in
    memory at a time.
    """
    return io.BufferedReader(RangeReader(read, size, what), 64 << 10)


class RangeReader(io.RawIOBase):
    """The unbuffered reader below :func:`open_ranges`."""

    def __init__(self, read: Callable[[int, int], bytes], size: int, what: str) -> None:
        super().__init__()
        self._fetch = read
        self._size = size
        self._what = what
        self._position = 0
        self._block = b""
        self._block_start = 0
        self._next_length = SMALLEST_BLOCK

    def readable(self) -> bool:
        """Return true."""
        return True

    def seekable(self) -> bool:
        """Return true."""
        return True

    def tell(self) -> int:
        """Return where the next read begins."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place; costs nothing until something is read there."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"byte {base + offset} of {self._what} was asked for")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read what there is at once, up to the length of ``buffer``."""
        into = memoryview(buffer).cast("B")
        if not len(into) or self._position >= self._size:
            return 0
        at = self._position - self._block_start
        if not 0 <= at < len(self._block):
            self._fetch_block(len(into))
            at = 0
        part = memoryview(self._block)[at : at + len(into)]
        into[: len(part)] = part
        self._position += len(part)
        return len(part)

    def _fetch_block(self, wanted: int) -> None:
        ahead = self._position - (self._block_start + len(self._block))
        # Who skips less than would have been fetched reads on: a scan that steps over bodies.
        if self._block and 0 <= ahead < self._next_length:
            self._next_length = min(2 * self._next_length, LARGEST_BLOCK)
        else:
            self._next_length = SMALLEST_BLOCK
        length = min(max(wanted, self._next_length), LARGEST_BLOCK, self._size - self._position)
        self._block = b""
        block = self._fetch(self._position, length)
        if not block:
            raise DamagedArchiveError(f"{self._what} ends at byte {self._position} of {self._size}")
        self._block, self._block_start = block, self._position
