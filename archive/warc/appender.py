"""Bytes to the end of files: one append, one ``write``; rotation, closing, and a full disk.

A file that is written to is locked (``flock(2)``) by who writes it, until it has its closed name: so the
kernel knows which ``.open`` files are left over, however their writers ended (``archive/warc/mend.py``).

Nothing here waits for the disk but :meth:`PendingSync.sync`: a file that is full is put aside, and the next
sync puts it on disk under its closed name.
"""

from __future__ import annotations

import errno
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archive.lock import lock_file
from archive.placing import sync_folder
from model import StoreError, StoreFullError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OPEN_SUFFIX = ".open"
_NEW_FILE = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedFile:
    """A file that is on disk under its closed name and will not change any more."""

    key: str
    """As in ``Capture.warc_key``."""
    path: Path
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    """A file with something that is not known to be on disk."""

    descriptor: int
    """Of this object alone: closed by what syncs it."""
    path: Path
    key: str
    size: int
    new_folders: tuple[Path, ...]
    """Folders whose entries are not known to be on disk, innermost first; the file's own if empty."""

    def sync(self) -> None:
        os.fsync(self.descriptor)
        for folder in self.new_folders:
            sync_folder(folder)

    def sync_and_close(self) -> ClosedFile:
        closed = self.path.with_name(self.path.name.removesuffix(OPEN_SUFFIX))
        os.fsync(self.descriptor)
        self.path.rename(closed)
        for folder in self.new_folders or (closed.parent,):
            sync_folder(folder)
        return ClosedFile(key=self.key, path=closed, size=self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingSync:
    """What has to reach the disk; holds descriptors of its own until :meth:`sync`."""

    full: tuple[_Written, ...]
    """Files that get their closed names."""
    current: _Written | None

    def sync(self) -> tuple[ClosedFile, ...]:
        """Return the files closed, when all of it is on disk; once only. ``StoreError``."""
        closed = []
        left = [*self.full, *([self.current] if self.current else [])]
        try:
            while left:
                one = left[0]
                try:
                    if one is self.current:
                        one.sync()
                    else:
                        closed.append(one.sync_and_close())
                except OSError as error:
                    raise store_error(one.path, error) from error
                os.close(left.pop(0).descriptor)
        finally:
            for one in left:
                os.close(one.descriptor)
        return tuple(closed)


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
        self._synced_size = 0
        self._begun = 0.0
        self._new_folders: tuple[Path, ...] = ()
        self._full: list[_Written] = []
        self._lost: StoreError | None = None
        self.bytes_written = 0

    def make_ready(self) -> None:
        """Have a file open that may take another append; its first record is written."""
        self.put_aside_if_due()
        if self._file < 0:
            self._open()

    def put_aside_if_due(self) -> None:
        """Let the next sync close the file when it is large or old enough."""
        if self._file >= 0 and (
            self._size >= self._max_bytes or time.monotonic() - self._begun >= self._max_age_s
        ):
            self._put_aside()

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

    def take_pending(self) -> PendingSync | None:
        """Return what is not known to be on disk; ``None`` when there is nothing.

        Its :meth:`PendingSync.sync` must follow, then :meth:`synced` or :meth:`not_synced`. ``StoreError``
        when something was let go before it was known to be there.
        """
        if self._lost is not None:
            raise self._lost
        current = None
        if self._file >= 0 and (self._size > self._synced_size or self._new_folders):
            current = self._written(os.dup(self._file))
        if current is None and not self._full:
            return None
        full, self._full = tuple(self._full), []
        return PendingSync(full=full, current=current)

    def synced(self, done: PendingSync) -> None:
        """Take note that ``done`` is on disk: the folders of its file need no further sync."""
        if done.current is not None and done.current.path == self._path:
            self._new_folders = ()
            self._synced_size = done.current.size

    def not_synced(self, error: StoreError) -> None:
        """Take note that a :class:`PendingSync` failed: what it stood for may never be on disk.

        After a failed sync the kernel has forgotten what it could not write, and the next sync would
        succeed (fsyncgate, 2018): such a file keeps its open name, and every later call says so.
        """
        self._lost = error

    def end(self) -> None:
        """Let the next sync close the file; ``StoreError`` when something was lost before."""
        if self._lost is not None:
            self.let_go()
            raise self._lost
        if self._file >= 0:
            self._put_aside()

    def let_go(self) -> None:
        """Close descriptors; the files keep their open names."""
        for one in self._full:
            os.close(one.descriptor)
        self._full = []
        self._let_current_go()

    def _let_current_go(self) -> None:
        if self._file >= 0:
            descriptor, self._file = self._file, -1
            os.close(descriptor)

    def _put_aside(self) -> None:
        self._full.append(self._written(self._file))
        self._file = -1

    def _written(self, descriptor: int) -> _Written:
        return _Written(
            descriptor=descriptor,
            path=self._path,
            key=self._key,
            size=self._size,
            new_folders=self._new_folders,
        )

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
                descriptor = _new_locked_file(path)
                if descriptor is not None:
                    break
        except OSError as error:
            raise store_error(folder, error) from error
        self._file = descriptor
        self._path = path
        self._key = f"{self._source}/{now:%Y}/{now:%m}/{closed.name}"
        self._size = self._synced_size = 0
        self._begun = time.monotonic()
        self._new_folders = (folder, folder.parent, folder.parent.parent, self._folder)
        try:
            self.append(self._first_record(closed.name))
        except StoreError:
            # A file with nothing in it is no WARC file; the next one takes its number.
            self._let_current_go()
            path.unlink(missing_ok=True)
            self._serial -= 1
            raise

    def _take_back(self, offset: int, error: OSError) -> None:
        try:
            os.ftruncate(self._file, offset)
        except OSError:
            # Nothing more goes into this file; close_left_open() will find its last whole record.
            self.let_go()
            self._lost = store_error(self._path, error)
        raise store_error(self._path, error) from error


def _new_locked_file(path: Path) -> int | None:
    """Return a descriptor of a new file that is locked, or ``None`` when it was there already.

    Between its making and its lock, who mends may have taken it for a left-over: then it is theirs.
    """
    try:
        descriptor = os.open(path, _NEW_FILE, 0o600)
    except FileExistsError:
        return None
    try:
        if lock_file(descriptor, path):
            return descriptor
    except BaseException:
        os.close(descriptor)
        path.unlink(missing_ok=True)
        raise
    os.close(descriptor)
    return None


def _next_serial(folder: Path, crawl_id: str) -> int:
    """Return one more than the highest serial of the crawl: it may have begun in another month."""
    serials = [0]
    for path in folder.glob("[0-9]*/[0-9]*/*.warc.gz*"):
        if path.name.startswith(f"{crawl_id}-"):
            number = path.name.removeprefix(f"{crawl_id}-").partition(".")[0]
            serials += [int(number)] if number.isdecimal() else []
    return max(serials) + 1


def store_error(path: Path, error: OSError) -> StoreError:
    """Return what a failed write means, in words."""
    if error.errno in _NO_ROOM:
        return StoreFullError(
            f"no room left for {path}: {error.strerror}; what was written before is whole",
            may_pass=error.errno != errno.EFBIG,
        )
    return StoreError(f"cannot write {path}: {error.strerror or error}; what was written before is whole")
