"""Where the manifests of a chain lie: in the archive's own folder, or in a store of copies.

A manifest is put once and never changed; a path that is taken by something else is ``ObjectDiffersError``.
"""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

from archive.manifest.manifest import is_manifest_path
from archive.placing import place_new, sync_folder
from model import ObjectDiffersError, ObjectMissingError, StoreError, StoreFullError

if TYPE_CHECKING:
    from pathlib import Path

    from archive.objects import ObjectStore

ARCHIVE: Final = "(archive)"
"""The name of the archive's own chain; no store can be called so."""
_CHUNK = 1 << 20


class Place(Protocol):
    """Where a chain lies."""

    @property
    def name(self) -> str:
        """Return whose chain it is."""
        ...

    def put(self, path: str, file: BinaryIO, *, sha256: str, size: int) -> None:
        """Put a manifest under a path that is free; return when it will last.

        The same manifest there already is no error; another is ``ObjectDiffersError``.
        """
        ...

    def exists(self, path: str) -> bool:
        """Tell whether there is a manifest under a path."""
        ...

    def open(self, path: str) -> BinaryIO:
        """Return a reader of a manifest; ``ObjectMissingError``."""
        ...

    def paths(self, year: str = "") -> list[str]:
        """Return the paths of the manifests (of a year) in order, as far as a listing shows them."""
        ...


class FolderPlace:
    """The chain in the archive's own folder."""

    name = ARCHIVE

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, path: str, file: BinaryIO, *, sha256: str, size: int) -> None:
        """Write beside its place, sync, then link it there: whoever sees it sees it whole, and nothing is
        replaced."""
        target = self._folder / path
        unfinished = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}.new")
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # What a killed sealing left: one at a time seals from here (archive/manifest/sealing.py).
            for rest in target.parent.glob(".*.json.*.new"):
                rest.unlink(missing_ok=True)
            try:
                _copy(file, unfinished)
                place_new(unfinished, target)
            finally:
                unfinished.unlink(missing_ok=True)
            for folder in list(target.parents)[: path.count("/") + 1]:
                sync_folder(folder)
            self._compare(target, path, sha256, size)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise StoreFullError(f"no room left for {target}; nothing was changed") from error
            raise StoreError(f"{target} cannot be written: {error.strerror or error}") from error

    def _compare(self, target: Path, path: str, sha256: str, size: int) -> None:
        with target.open("rb") as there:
            found = hashlib.file_digest(there, "sha256").hexdigest()
        if found != sha256:
            raise ObjectDiffersError(self.name, path, f"its SHA-256 is {found}, not {sha256} ({size} bytes)")

    def exists(self, path: str) -> bool:
        """Tell whether there is a manifest under a path."""
        return (self._folder / path).exists()

    def open(self, path: str) -> BinaryIO:
        """Return a reader of a manifest."""
        try:
            return (self._folder / path).open("rb")
        except FileNotFoundError as error:
            raise ObjectMissingError(self.name, path) from error
        except OSError as error:
            raise StoreError(f"{self._folder / path} cannot be read: {error.strerror}") from error

    def paths(self, year: str = "") -> list[str]:
        """Return the paths of the manifests in order."""
        found = (self._folder / "manifest").glob(f"{year or '*'}/*/*/*.json")
        keys = (str(path.relative_to(self._folder)) for path in found)
        return sorted(key for key in keys if is_manifest_path(key))


class StorePlace:
    """The chain in a store of copies."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @property
    def name(self) -> str:
        """Return the store's name."""
        return self._store.name

    def put(self, path: str, file: BinaryIO, *, sha256: str, size: int) -> None:
        """Put a manifest; the store shows it whole before this returns."""
        self._store.put(path, _FileContent(file, sha256, size))

    def exists(self, path: str) -> bool:
        """Tell whether there is a manifest under a path, a delete marker over it or not."""
        return self._store.head(path) is not None

    def open(self, path: str) -> BinaryIO:
        """Return a reader of a manifest."""
        found = self._store.head(path)
        if found is None:
            raise ObjectMissingError(self.name, path)
        return self._store.open(path, found.version_id)

    def paths(self, year: str = "") -> list[str]:
        """Return the paths of the manifests in order."""
        prefix = f"manifest/{year}/" if year else "manifest/"
        return sorted(one.key for one in self._store.objects(prefix) if is_manifest_path(one.key))


class _FileContent:
    """A file's bytes as a store takes them; its methods may be called from several threads."""

    def __init__(self, file: BinaryIO, sha256: str, size: int) -> None:
        self._file = file
        self._reading = threading.Lock()
        self.sha256 = sha256
        self.size = size

    def read_at(self, offset: int, length: int) -> bytes:
        with self._reading:
            self._file.seek(offset)
            return self._file.read(length)


def _copy(file: BinaryIO, path: Path) -> None:
    file.seek(0)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        while data := file.read(_CHUNK):
            target.write(data)
