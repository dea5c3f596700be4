"""Bytes to the end of files: one append, one ``write``; rotation, closing, and a full disk."""

from __future__ import annotations

import errno
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from model import StoreError, StoreFullError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OPEN_SUFFIX = ".open"
_NEW_FILE = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingSync:
    """What has to reach the disk; holds a descriptor of its own until :meth:`sync`."""

    descriptor: int
    folders: tuple[Path, ...]
    path: Path

    def sync(self) -> None:
        """Return when it is on disk; once only."""
        try:
            os.fsync(self.descriptor)
            for folder in self.folders:
                sync_folder(folder)
        except OSError as error:
            raise _store_error(self.path, error) from error
        finally:
            os.close(self.descriptor)


class Appender:
    """Appends to one file at a time and begins a new one by size and age; not safe for threads by itself."""

    def __init__(
        self,
        folder: Path,
        *,
        source: str,
        crawl_id: str,
        first_record: Callable[[str], bytes],
        max_bytes: int,
        max_age_s: float,
        serial_from: int,
    ) -> None:
        self._folder = folder
        self._source = source
        self._crawl_id = crawl_id
        self._first_record = first_record
        self._max_bytes = max_bytes
        self._max_age_s = max_age_s
        self._serial = max(serial_from, _next_serial(folder / source, crawl_id))
        self._file = -1
        self._path = folder
        self._key = ""
        self._size = 0
        self._begun = 0.0
        self._new_folders: tuple[Path, ...] = ()
        self._lost: StoreError | None = None
        self.bytes_written = 0

    def make_ready(self) -> None:
        """Have a file open that may take another append; its first record is written."""
        if self._file >= 0 and (
            self._size >= self._max_bytes or time.monotonic() - self._begun >= self._max_age_s
        ):
            self.close()
        if self._file < 0:
            self._open()

    def append(self, data: bytes) -> tuple[str, int]:
        """Append ``data``, whole or not at all; return the file's key once closed and the offset."""
        offset = self._size
        try:
            left = memoryview(data)
            while left:
                # Once, but for a signal or a disk that fills up in between: then the next call says which.
                left = left[os.write(self._file, left) :]
        except OSError as error:
            self._take_back(offset, error)
        self._size += len(data)
        self.bytes_written += len(data)
        return self._key, offset

    def duplicate_for_sync(self) -> PendingSync | None:
        """Return what is not known to be on disk; ``None`` when no file is open.

        ``StoreError`` when a file had to be let go before it was known to be there.
        """
        if self._lost is not None:
            raise self._lost
        if self._file < 0:
            return None
        return PendingSync(descriptor=os.dup(self._file), folders=self._new_folders, path=self._path)

    def synced(self, done: PendingSync) -> None:
        """Take note that ``done`` is on disk: the folders of its file need no further sync."""
        if done.path == self._path:
            self._new_folders = ()

    def not_synced(self, error: StoreError) -> None:
        """Take note that a :class:`PendingSync` failed: what it stood for may never be on disk."""
        self._lost = error

    def close(self) -> None:
        """Put the file on disk under its closed name.

        After a failed sync the kernel has forgotten what it could not write, and the next sync would
        succeed (fsyncgate, 2018): such a file keeps its open name, and every later call says so.
        """
        if self._lost is not None:
            self._let_go()
            raise self._lost
        if self._file < 0:
            return
        closed = self._path.with_name(self._path.name.removesuffix(OPEN_SUFFIX))
        try:
            os.fsync(self._file)
            self._let_go()
            self._path.rename(closed)
            for folder in self._new_folders or (closed.parent,):
                sync_folder(folder)
        except OSError as error:
            self._lost = _store_error(self._path, error)
            self._let_go()
            raise self._lost from error

    def _let_go(self) -> None:
        if self._file >= 0:
            descriptor, self._file = self._file, -1
            os.close(descriptor)

    def _open(self) -> None:
        now = datetime.now(UTC)
        folder = self._folder / self._source / f"{now:%Y}" / f"{now:%m}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            while True:
                closed = folder / f"{self._crawl_id}-{self._serial:05d}.warc.gz"
                self._serial += 1
                path = closed.with_name(closed.name + OPEN_SUFFIX)
                if closed.exists():
                    continue
                try:
                    self._file = os.open(path, _NEW_FILE, 0o600)
                except FileExistsError:
                    continue
                break
        except OSError as error:
            raise _store_error(folder, error) from error
        self._path = path
        self._key = f"{self._source}/{now:%Y}/{now:%m}/{closed.name}"
        self._size = 0
        self._begun = time.monotonic()
        self._new_folders = (folder, folder.parent, folder.parent.parent, self._folder)
        try:
            self.append(self._first_record(closed.name))
        except StoreError:
            # A file with nothing in it is no WARC file.
            if self._file >= 0:
                os.close(self._file)
                self._file = -1
            path.unlink(missing_ok=True)
            raise

    def _take_back(self, offset: int, error: OSError) -> None:
        try:
            os.ftruncate(self._file, offset)
        except OSError:
            # Nothing more goes into this file; close_left_open() will find its last whole record.
            self._let_go()
            self._lost = _store_error(self._path, error)
        raise _store_error(self._path, error) from error


def sync_folder(folder: Path) -> None:
    """Return when the entries of a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _next_serial(folder: Path, crawl_id: str) -> int:
    """Return one more than the highest serial of the crawl: it may have begun in another month."""
    serials = [0]
    for path in folder.glob("[0-9]*/[0-9]*/*.warc.gz*"):
        if path.name.startswith(f"{crawl_id}-"):
            number = path.name.removeprefix(f"{crawl_id}-").partition(".")[0]
            serials += [int(number)] if number.isdecimal() else []
    return max(serials) + 1


def _store_error(path: Path, error: OSError) -> StoreError:
    if error.errno in _NO_ROOM:
        return StoreFullError(f"no room left for {path}: {error.strerror}; what was written before is whole")
    return StoreError(f"cannot write {path}: {error.strerror or error}; what was written before is whole")
