"""Blocks of objects that were read from a store, on this disk, within a bound.

One file a block, below ``cache/`` in the archive's folder (mode 0700)::

    cache/<2 digits>/<SHA-256 of the object's identity and the block's number>
        SHA-256 of that name and the block (32 bytes) · the block

Several processes may share the folder: a block takes its name in one step (``rename``), is believed only when
its checksum fits, and goes when it was not read for the longest time (its file's ``mtime``). The cache never
fails a read: what cannot be kept (a full disk, a read-only folder) is not kept.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

logger = logging.getLogger(__name__)

BLOCK_BYTES: Final = 256 << 10
"""What a jump in an object fetches (:mod:`archive.objects.ranges`): most records lie within one or two."""
_SUM_BYTES: Final = 32
# After a scan, this part of the bound may be written before the folder is looked at again: so much can
# other processes be off, each.
_SLACK: Final = 1 / 16
# Down to this part at once, so that not every block looks at all files.
_AFTER_CLEARING: Final = 0.9
_PAUSE_S: Final = 60.0
# A write takes no hour: such a file is what a killed process left.
_LEFT_OVER_S: Final = 3600.0


class BlockCache:
    """A bounded cache of blocks; may be used from several threads and processes."""

    def __init__(self, folder: Path, *, limit_bytes: int, reserve_bytes: int = 0) -> None:
        """Nothing is written while the disk has less than ``reserve_bytes`` free."""
        self._folder = folder
        self._limit = limit_bytes
        self._reserve = reserve_bytes
        self._lock = threading.Lock()
        self._held: int | None = None
        """Bytes in the folder when it was last looked at; ``None``: never."""
        self._written = 0
        self._paused_until = 0.0

    def get(self, identity: str, number: int) -> bytes | None:
        """Return a block, or ``None`` when it is not here (any more) or damaged."""
        name = _name(identity, number)
        path = self._path(name)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        block = data[_SUM_BYTES:]
        if data[:_SUM_BYTES] != _sum(name, block):
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):
            os.utime(path)
        return block

    def put(self, identity: str, number: int, block: bytes) -> None:
        """Keep a block, if there is room for it."""
        size = len(block) + _SUM_BYTES
        if size > self._limit or time.monotonic() < self._paused_until:
            return
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            if not self._has_room(size):
                return
            self._write(_name(identity, number), block)
        except OSError as error:
            # Not tried again for every block: a full disk stays full for a while.
            self._paused_until = time.monotonic() + _PAUSE_S
            logger.info("nothing is cached in %s for a minute: %s", self._folder, error.strerror or error)

    # --- within

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name

    def _write(self, name: str, block: bytes) -> None:
        path = self._path(name)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor, written = tempfile.mkstemp(prefix=".", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_sum(name, block))
                file.write(block)
            Path(written).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(written).unlink()
            raise

    def _has_room(self, size: int) -> bool:
        if self._reserve:
            room = os.statvfs(self._folder)
            if room.f_bavail * room.f_frsize < self._reserve + size:
                return False
        with self._lock:
            if self._held is None or self._written + size > self._limit * _SLACK:
                self._held = self._clear(0)
                self._written = 0
            if self._held + self._written + size > self._limit:
                self._held = self._clear(size)
                self._written = 0
            self._written += size
            return self._held + self._written <= self._limit

    def _clear(self, needed: int) -> int:
        """Return how many bytes are held; remove the oldest when that and ``needed`` are above the bound."""
        files = sorted(self._files())
        held = sum(size for _, size, _ in files)
        if held + needed <= self._limit:
            return held
        for _, size, path in files:
            if held + needed <= self._limit * _AFTER_CLEARING:
                break
            with suppress(OSError):
                path.unlink()
                held -= size
        return held

    def _files(self) -> list[tuple[float, int, Path]]:
        found = []
        now = time.time()
        for folder in _entries(self._folder):
            for entry in _entries(folder) if folder.is_dir(follow_symlinks=False) else ():
                with suppress(OSError):  # another process was faster
                    about = entry.stat(follow_symlinks=False)
                    if entry.name.startswith(".") and now - about.st_mtime > _LEFT_OVER_S:
                        Path(entry).unlink()
                    else:
                        found.append((about.st_mtime, about.st_size, Path(entry)))
        return found


def _entries(folder: os.PathLike[str]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _name(identity: str, number: int) -> str:
    return hashlib.sha256(f"{identity}\0{number}".encode()).hexdigest()


def _sum(name: str, block: bytes) -> bytes:
    digest = hashlib.sha256(name.encode())
    digest.update(block)
    return digest.digest()
