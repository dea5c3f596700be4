"""Counting distinct things in bounded memory: exactly while they are few, closely when they are many.

Past the limit it is linear counting (Whang, Vander-Zanden, Taylor, 1990): a bit for each hash; how many bits
are still 0 tells how many hashes there were. With 2^23 bits (1 MiB) the error at a million is below 0.1 %, at
ten million below 0.2 %.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable

# A number for each: some 70 bytes, 7 MB in all.
MOST_EXACT = 100_000
_BITS = 1 << 23


class Distinct:
    """A set of which only the size is asked, and what was added lately."""

    def __init__(self, *, most_exact: int = MOST_EXACT) -> None:
        self._most_exact = most_exact
        self._exact: set[int] = set()
        self._bits: bytearray | None = None
        self._zeros = _BITS

    def add(self, thing: Hashable) -> None:
        """Count a thing, once however often it is added."""
        number = hash(thing)
        if self._bits is not None:
            self._mark(number)
            return
        self._exact.add(number)
        if len(self._exact) > self._most_exact:
            self._bits = bytearray(_BITS >> 3)
            for each in self._exact:
                self._mark(each)
            self._exact.clear()

    def update(self, things: Iterable[Hashable]) -> None:
        """Count each of them."""
        for thing in things:
            self.add(thing)

    def replace(self, thing: Hashable, by: Hashable) -> None:
        """Count ``by`` in place of ``thing``, if that was counted; past the limit both count as one."""
        number = hash(thing)
        if self._bits is None and number in self._exact:
            self._exact.discard(number)
            self.add(by)

    def __contains__(self, thing: Hashable) -> bool:
        number = hash(thing)
        if self._bits is None:
            return number in self._exact
        place = _place(number)
        return bool(self._bits[place >> 3] & (1 << (place & 7)))

    def __len__(self) -> int:
        if self._bits is None:
            return len(self._exact)
        return round(-_BITS * math.log(max(1, self._zeros) / _BITS))

    def _mark(self, number: int) -> None:
        bits = self._bits
        if bits is None:
            return
        place = _place(number)
        mask = 1 << (place & 7)
        if not bits[place >> 3] & mask:
            bits[place >> 3] |= mask
            self._zeros -= 1


def _place(number: int) -> int:
    # Fibonacci hashing: hashes of small integers are themselves, and would fill the low bits in order.
    return ((number * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF) >> 41
