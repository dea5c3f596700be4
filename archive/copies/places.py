"""One face over the places where a file may lie: the archive's own folder, and each store."""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from archive.copies.keeping import object_key
from archive.manifest.places import ARCHIVE
from model import RemoteStoreError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archive.copies.keeping import Keeping
    from archive.manifest.inventory import RecordDigest
    from archive.objects import ObjectStore, StoredObject

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DamagedRange:
    """Bytes of a file that are not what they were."""

    offset: int
    length: int
    record_id: str = ""
    """Of the record that lies there, where it is known."""
    type: str = ""
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePlace:
    """A file at one place."""

    keeping: Keeping
    key: str
    store: ObjectStore | None
    """``None``: the archive's own folder."""
    version_id: str | None = None

    @property
    def name(self) -> str:
        """Return the store's name, or that of the archive's own folder."""
        return ARCHIVE if self.store is None else self.store.name

    def open(self) -> BinaryIO:
        """Open it; ``ObjectMissingError``, another ``RemoteStoreError``, or ``OSError`` of a local file."""
        if self.store is None:
            return self.keeping.local(self.key).open("rb")
        return self.store.open(object_key(self.key), self.version_id)

    def digest(self) -> tuple[int, str]:
        """Read all of it; return its size and SHA-256; errors as :meth:`open`."""
        digest = hashlib.sha256()
        size = 0
        with closing(self.open()) as file:
            while data := file.read(_CHUNK):
                digest.update(data)
                size += len(data)
        return size, digest.hexdigest()

    def compare(self, records: Iterable[RecordDigest]) -> list[DamagedRange]:
        """Return which of these records are not there as they were; a part that cannot be read counts."""
        damaged = []
        file: BinaryIO | None = None
        try:
            for record in records:
                try:
                    file = file or self.open()
                    found = _sha256_of(file, record.offset, record.length)
                except (OSError, RemoteStoreError, StoreError):
                    found = ""
                    if file is not None:
                        file.close()
                        file = None
                if found != record.sha256:
                    damaged.append(
                        DamagedRange(
                            offset=record.offset,
                            length=record.length,
                            record_id=record.record_id,
                            type=record.type,
                            target=record.target,
                        )
                    )
        finally:
            if file is not None:
                file.close()
        return damaged


def is_hidden(store: ObjectStore, key: str, found: StoredObject) -> bool:
    """Tell whether who asks for an object by its key alone gets another one, or none."""
    if found.hidden or found.version_id is None:
        return found.hidden
    newest = store.head(key)
    return newest is None or newest.hidden or newest.version_id != found.version_id


def _sha256_of(file: BinaryIO, offset: int, length: int) -> str:
    digest = hashlib.sha256()
    file.seek(offset)
    left = length
    while left and (data := file.read(min(left, _CHUNK))):
        digest.update(data)
        left -= len(data)
    return digest.hexdigest() if left == 0 else ""
