"""A folder as a store: a second disk, a mounted share.

::

    mandegar-store                 marks the folder: without it nothing is written or read (see below)
    <key>                          an object, whole and synced from the moment its name is there
    <key>.damaged-<n>              what lay there before a repair
    ….mandegar-<random>.part       a copy in the making; of no meaning after a crash

A disk that is not mounted leaves an empty folder. Copies written into that would fill the wrong disk and be
hidden once the right one is mounted, so nothing is written where the mark is missing.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from archive.objects.folder_check import check_folder
from archive.objects.keys import check_key
from archive.objects.store import Content, Finding, StoredObject, Upload
from model import (
    DamagedArchiveError,
    MandegarError,
    ObjectDiffersError,
    ObjectMissingError,
    StoreRefusedError,
    StoreUnreachableError,
)

MARK = "mandegar-store"
_MARK_TEXT = b"Copies of a Mandegar archive lie here. Without this file they are neither read nor written.\n"
_BLOCK = 1 << 20
_PART = re.compile(r"\.mandegar-[0-9a-f]{16}\.part$")
_DAMAGED = re.compile(r"\.damaged-[0-9]+$")
_PART_IS_DEAD_AFTER_S = 86_400
"""No copy of one file takes a day; a part that old was left by a crash."""
_NO_REPLACE = 1  # RENAME_NOREPLACE of renameat2(2)
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_FULL = {errno.ENOSPC, errno.EDQUOT}
_GONE = {
    errno.EIO,
    errno.ESTALE,
    errno.ENOTCONN,
    errno.ETIMEDOUT,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.ENXIO,
    errno.ENODEV,
    errno.ENOMEDIUM,
}


class FolderStore:
    """Objects as files below a folder. It has no versions and no locks."""

    def __init__(self, name: str, path: Path) -> None:
        self._name = name
        self._root = path

    @property
    def name(self) -> str:
        """Return the name it has in ``mandegar.toml``."""
        return self._name

    @property
    def url(self) -> str:
        """Return the folder."""
        return str(self._root)

    def prepare(self, *, known: bool = False) -> None:
        """Mark the folder as a store, made when there is none; nothing when it is marked.

        ``known``: copies were put here before. Then a folder without the mark is a disk that is not mounted,
        and ``StoreUnreachableError``. A folder that holds something else is ``StoreRefusedError``.
        """
        mark = self._root / MARK
        with self._errors():
            if self._root.exists() and not self._root.is_dir():
                raise self._refused(f"{self._root} is a file; name a folder")
            if not mark.exists():
                if known:
                    raise self._not_mounted()
                if self._root.is_dir() and any(self._root.iterdir()):
                    raise self._refused(
                        f"{self._root} holds other files; name an empty folder, or one that is not there yet"
                    )
                self._make_folder(self._root)
                self._write_new(mark, _MARK_TEXT)
            if not os.access(self._root, os.W_OK | os.X_OK):
                raise self._refused(f"{self._root} cannot be written to; give yourself the right to")
            self._remove_dead_parts()

    def put(
        self,
        key: str,
        content: Content,
        *,
        resume: Upload | None = None,
        on_upload: Callable[[Upload], None] | None = None,
    ) -> StoredObject:
        """Copy, sync, read back, and only then give the copy its name; see ``ObjectStore.put``.

        A copy that was interrupted begins anew: ``resume`` and ``on_upload`` have no meaning here.
        """
        del resume, on_upload
        path = self._path(key)
        with self._errors():
            self._require_mark()
            self._make_folder(path.parent)
            if not path.exists():
                part = self._write_part(path, key, content)
                try:
                    if self._name_it(part, path):
                        return self._stored(key, path, content.sha256)
                finally:
                    part.unlink(missing_ok=True)
            if self._sha256(path) != content.sha256:
                raise ObjectDiffersError(
                    self._name, key, "another content lies there already, and was not touched"
                )
            # Whoever wrote it may not have come to sync it.
            _sync(path)
            _sync(path.parent)
            return self._stored(key, path, content.sha256)

    def replace(self, key: str, content: Content) -> StoredObject:
        """Put an object over a damaged or missing one; the old file stays as ``<name>.damaged-<n>``.

        At every moment either the old or the new file has the name.
        """
        path = self._path(key)
        with self._errors():
            self._require_mark()
            self._make_folder(path.parent)
            if path.exists() and self._sha256(path) == content.sha256:
                return self._stored(key, path, content.sha256)
            part = self._write_part(path, key, content)
            try:
                if path.exists():
                    self._keep_aside(path)
                part.replace(path)
                _sync(path.parent)
            finally:
                part.unlink(missing_ok=True)
            return self._stored(key, path, content.sha256)

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        """Return an object, or ``None`` when there is none. Its ``sha256`` is not noted anywhere."""
        path = self._path(key)
        with self._errors():
            self._require_mark()
            if version_id is not None or not path.is_file():
                return None
            return self._stored(key, path, None)

    def read(self, key: str, start: int, length: int, version_id: str | None = None) -> bytes:
        """Return bytes from ``start`` on, fewer at the end; ``ObjectMissingError``."""
        with self.open(key, version_id) as file, self._errors():
            file.seek(start)
            return file.read(length)

    def open(self, key: str, version_id: str | None = None) -> BinaryIO:
        """Return the file; ``ObjectMissingError``."""
        path = self._path(key)
        with self._errors():
            self._require_mark()
            if version_id is not None or not path.is_file():
                raise ObjectMissingError(self._name, key)
            return path.open("rb")

    def objects(self, prefix: str = "") -> Iterator[StoredObject]:
        """Yield objects by key; no copies in the making, none that were set aside or tried."""
        with self._errors():
            self._require_mark()
            # A prefix may end in the middle of a name.
            folder = self._root / prefix.rpartition("/")[0]
            if ".." in prefix.split("/") or not folder.is_dir():
                return
            for path in _files(folder):
                key = path.relative_to(self._root).as_posix()
                if key.startswith(prefix) and not _is_own(key) and not key.startswith("mandegar-check/"):
                    yield self._stored(key, path, None)

    def check(self) -> list[Finding]:
        """Try what the folder can do, with a small file of its own under ``mandegar-check/``."""
        return check_folder(self)

    # ---- The folder itself

    def _path(self, key: str) -> Path:
        if _is_own(check_key(key)):
            raise ValueError(f"{key!r} is a name that this store needs for itself")
        return self._root / key

    def _require_mark(self) -> None:
        if not (self._root / MARK).is_file():
            raise self._not_mounted()

    def _not_mounted(self) -> StoreUnreachableError:
        return StoreUnreachableError(
            self._name,
            f"{self._root} is not the folder it was (it has no file {MARK}); mount the disk, or the share, "
            "that belongs there",
        )

    def _refused(self, message: str) -> StoreRefusedError:
        return StoreRefusedError(self._name, message)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn the system's errors into ours."""
        try:
            yield
        except OSError as error:
            why = f"{error.filename or self._root}: {error.strerror}"
            if error.errno in _FULL:
                message = f"no room is left in {self._root}; make room there, or take a larger disk"
                raise self._refused(message) from error
            if error.errno in _GONE:
                raise StoreUnreachableError(
                    self._name, f"the disk does not answer ({why}); look at its cable, mount or network"
                ) from error
            if error.errno == errno.ENOENT and not (self._root / MARK).is_file():
                raise self._not_mounted() from error
            raise self._refused(f"{why}; the folder must be yours to read and write") from error

    def _make_folder(self, folder: Path) -> None:
        """Make a folder and those above it, each name synced to disk."""
        missing = [folder]
        while not missing[-1].parent.is_dir():
            missing.append(missing[-1].parent)
        for each in reversed(missing):
            if not each.is_dir():
                each.mkdir(0o700, exist_ok=True)
                _sync(each.parent)

    def _remove_dead_parts(self) -> None:
        now = time.time()
        for path in _files(self._root):
            if _PART.search(path.name) and now - path.stat().st_mtime > _PART_IS_DEAD_AFTER_S:
                path.unlink(missing_ok=True)

    # ---- Files

    def _stored(self, key: str, path: Path, sha256: str | None) -> StoredObject:
        stat = path.stat()
        return StoredObject(
            key=key,
            size=stat.st_size,
            sha256=sha256,
            stored_at=datetime.fromtimestamp(stat.st_mtime, UTC),
        )

    def _write_part(self, path: Path, key: str, content: Content) -> Path:
        """Return a file beside ``path`` that holds the content, read back from the disk and compared."""
        part = path.with_name(f"{path.name}.mandegar-{secrets.token_hex(8)}.part")
        try:
            written = _write(part, content)
            fault: MandegarError | None = None
            if written != content.sha256:
                fault = DamagedArchiveError(
                    f"{key} changed while it was copied to {self._name}: its checksum is another one now"
                )
            elif self._sha256(part) != written:
                fault = ObjectDiffersError(
                    self._name, key, "the disk gives back other bytes than were written; replace this disk"
                )
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        if fault:
            part.unlink()
            raise fault
        return part

    def _sha256(self, path: Path) -> str:
        digest = hashlib.sha256()
        with path.open("rb", buffering=0) as file:
            # What is synced is dropped from memory, so that it is the disk that answers.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            while block := file.read(_BLOCK):
                digest.update(block)
        return digest.hexdigest()

    def _name_it(self, part: Path, path: Path) -> bool:
        """Give a part its name unless something has it already, and say whether that was done."""
        if not _move_if_free(part, path):
            return False
        _sync(path.parent)
        return True

    def _keep_aside(self, path: Path) -> None:
        number = 1
        while True:
            aside = path.with_name(f"{path.name}.damaged-{number}")
            try:
                aside.hardlink_to(path)
            except FileExistsError:
                number += 1
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                # No second names here (exFAT, some shares): for a moment the name is free.
                if _move_if_free(path, aside):
                    return
                number += 1
            else:
                return

    def _write_new(self, path: Path, data: bytes) -> None:
        with path.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _sync(path.parent)


def _is_own(key: str) -> bool:
    name = key.rpartition("/")[2]
    return key == MARK or bool(_PART.search(name) or _DAMAGED.search(name))


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder in the order of their keys; links are not followed."""
    with os.scandir(folder) as found:
        # A folder sorts as its key does, with the slash: `a.b` comes before `a/b`.
        entries = sorted(
            (entry.name + "/" * entry.is_dir(follow_symlinks=False), entry)
            for entry in found
            if entry.name != "lost+found" and not entry.is_symlink()
        )
    for name, entry in entries:
        if name.endswith("/"):
            yield from _files(Path(entry.path))
        elif entry.is_file(follow_symlinks=False):
            yield Path(entry.path)


def _write(path: Path, content: Content) -> str:
    """Write a content into a new file, synced, and return the SHA-256 of what was written."""
    digest = hashlib.sha256()
    with path.open("xb") as file:
        for offset in range(0, content.size, _BLOCK):
            block = content.read_at(offset, _BLOCK)
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _move_if_free(source: Path, target: Path) -> bool:
    """Rename a file unless the new name is taken, in one step; say whether it was done."""
    try:
        target.hardlink_to(source)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
    else:
        source.unlink()
        return True
    at_fdcwd = -100
    libc = ctypes.CDLL(None, use_errno=True)
    if not libc.renameat2(at_fdcwd, os.fsencode(source), at_fdcwd, os.fsencode(target), _NO_REPLACE):
        return True
    number = ctypes.get_errno()
    if number == errno.EEXIST:
        return False
    raise OSError(number, os.strerror(number), str(target))
