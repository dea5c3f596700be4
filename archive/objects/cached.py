"""A store whose blocks are kept on this disk when they were read once.

It lies below the encryption: what is kept on this disk of an encrypted store is encrypted, too.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, BinaryIO, cast

from archive.cache import BLOCK_BYTES, BlockCache
from archive.objects.ranges import open_ranges
from model import ObjectMissingError, StoreUnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archive.objects.store import Content, Finding, ObjectStore, StoredObject, Upload

# Of each, a few hundred bytes: as many files as a long day of reading touches.
_MOST_KNOWN = 4096


class CachedStore:
    """An :class:`~archive.objects.store.ObjectStore` that reads through a :class:`~archive.cache.BlockCache`.

    A block is known by the object's version, size, checksum and time, asked for once in the life of this
    store: one that was put anew under the same key is another object. Blocks are as the store gave them:
    whether they are right, whoever reads them checks, with or without a cache.
    """

    def __init__(self, inner: ObjectStore, cache: BlockCache) -> None:
        self.inner = inner
        self._cache = cache
        self._known: dict[tuple[str, str | None], StoredObject] = {}
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Return the inner store's name."""
        return self.inner.name

    @property
    def url(self) -> str:
        """Return the inner store's URL."""
        return self.inner.url

    def prepare(self, *, known: bool = False) -> None:
        """As the inner store."""
        self.inner.prepare(known=known)

    def put(
        self,
        key: str,
        content: Content,
        *,
        resume: Upload | None = None,
        on_upload: Callable[[Upload], None] | None = None,
    ) -> StoredObject:
        """As the inner store; nothing that is put is cached."""
        return self.inner.put(key, content, resume=resume, on_upload=on_upload)

    def replace(self, key: str, content: Content) -> StoredObject:
        """As the inner store."""
        self._forget(key)
        stored = self.inner.replace(key, content)
        self._forget(key)
        return stored

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        """As the inner store: asked anew each time."""
        stored = self.inner.head(key, version_id)
        self._forget(key)
        if stored is not None:
            with self._lock:
                if len(self._known) >= _MOST_KNOWN:
                    self._known.clear()
                self._known[key, version_id] = stored
        return stored

    def read(self, key: str, start: int, length: int, version_id: str | None = None) -> bytes:
        """Return bytes, from this disk where they are here; what is missing is read in few pieces."""
        stored = self._object(key, version_id)
        end = min(start + length, stored.size)
        if start < 0 or end <= start:
            return b""
        identity = _identity(self, stored)
        first, last = start // BLOCK_BYTES, (end - 1) // BLOCK_BYTES
        blocks = {number: self._cache.get(identity, number) for number in range(first, last + 1)}
        missing = [number for number, block in blocks.items() if block is None]
        for run in _runs(missing):
            blocks |= self._fetch(stored, identity, run)
        data = b"".join(blocks[number] or b"" for number in range(first, last + 1))
        skip = start - first * BLOCK_BYTES
        return data[skip : skip + end - start]

    def open(self, key: str, version_id: str | None = None) -> BinaryIO:
        """Return a reader over :meth:`read`."""
        stored = self.head(key, version_id)
        if stored is None:
            raise ObjectMissingError(self.name, key)

        def read(start: int, length: int) -> bytes:
            return self.read(key, start, length, version_id)

        return cast("BinaryIO", open_ranges(read, stored.size, f"{self.name}: {key}"))

    def objects(self, prefix: str = "") -> Iterator[StoredObject]:
        """As the inner store."""
        return self.inner.objects(prefix)

    def check(self) -> list[Finding]:
        """As the inner store."""
        return self.inner.check()

    # --- within

    def _object(self, key: str, version_id: str | None) -> StoredObject:
        with self._lock:
            known = self._known.get((key, version_id))
        known = known or self.head(key, version_id)
        if known is None:
            raise ObjectMissingError(self.name, key)
        return known

    def _fetch(self, stored: StoredObject, identity: str, run: range) -> dict[int, bytes]:
        start = run.start * BLOCK_BYTES
        wanted = min(run.stop * BLOCK_BYTES, stored.size) - start
        data = self.inner.read(stored.key, start, wanted, stored.version_id)
        if len(data) != wanted:
            self._forget(stored.key)
            why = f"it gave {len(data)} of {wanted} bytes of {stored.key}; what lies there has changed"
            raise StoreUnreachableError(self.name, why)
        blocks = {
            number: data[at : at + BLOCK_BYTES]
            for number, at in zip(run, range(0, len(data), BLOCK_BYTES), strict=True)
        }
        for number, block in blocks.items():
            self._cache.put(identity, number, block)
        return blocks

    def _forget(self, key: str) -> None:
        with self._lock:
            for known in [each for each in self._known if each[0] == key]:
                del self._known[known]


def _identity(store: CachedStore, stored: StoredObject) -> str:
    parts = (
        store.name,
        store.url,
        stored.key,
        stored.version_id,
        stored.size,
        stored.sha256,
        stored.stored_at and stored.stored_at.isoformat(),
    )
    return "\0".join(str(part) for part in parts)


def _runs(numbers: list[int]) -> Iterator[range]:
    """Yield consecutive numbers as ranges.

    >>> list(_runs([1, 2, 5]))
    [range(1, 3), range(5, 6)]
    """
    start = 0
    for at in range(1, len(numbers) + 1):
        if at == len(numbers) or numbers[at] != numbers[at - 1] + 1:
            yield range(numbers[start], numbers[at - 1] + 1)
            start = at
