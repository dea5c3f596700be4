"""Contents to be put: a file's bytes, or bytes in memory."""

from __future__ import annotations

import hashlib
import os
import threading
import weakref
from pathlib import Path

from model import DamagedArchiveError, StoreError

_BLOCK = 1 << 20
"""Bytes read at once while hashing: large enough that a system call costs nothing beside the hash."""


class BytesContent:
    """Bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._sha256 = hashlib.sha256(data).hexdigest()

    @property
    def size(self) -> int:
        """Return their number."""
        return len(self._data)

    @property
    def sha256(self) -> str:
        """Return their SHA-256, 64 hexadecimal digits."""
        return self._sha256

    def read_at(self, offset: int, length: int) -> bytes:
        """Return ``length`` bytes from ``offset`` on, fewer at the end."""
        return self._data[offset : offset + length]


class FileContent:
    """The bytes of a closed file, which nobody writes to any more.

    It is opened once, so that what is read stays the same file, even if another takes its name. ``sha256``
    is computed when it is first asked for, unless it is known already. ``StoreError`` when the file cannot be
    opened.
    """

    def __init__(self, path: Path, *, sha256: str | None = None) -> None:
        self._path = path
        self._sha256 = sha256
        self._hashing = threading.Lock()
        try:
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise StoreError(f"{path} cannot be opened: {error.strerror}") from error
        self._closed = weakref.finalize(self, os.close, self._file)
        self._size = os.fstat(self._file).st_size

    @property
    def size(self) -> int:
        """Return the number of bytes that the file had when it was opened."""
        return self._size

    @property
    def sha256(self) -> str:
        """Return their SHA-256, 64 hexadecimal digits; the first time, the whole file is read."""
        with self._hashing:
            if self._sha256 is None:
                digest = hashlib.sha256()
                for offset in range(0, self._size, _BLOCK):
                    digest.update(self.read_at(offset, _BLOCK))
                self._sha256 = digest.hexdigest()
            return self._sha256

    def read_at(self, offset: int, length: int) -> bytes:
        """Return ``length`` bytes from ``offset`` on, fewer at the end; ``StoreError`` when it cannot."""
        wanted = max(0, min(length, self._size - offset))
        parts: list[bytes] = []
        while wanted:
            try:
                part = os.pread(self._file, wanted, offset)
            except OSError as error:
                raise StoreError(f"{self._path} cannot be read: {error.strerror}") from error
            if not part:
                raise DamagedArchiveError(
                    f"{self._path} was cut at byte {offset} while it was copied; it had {self._size} bytes"
                )
            parts.append(part)
            offset += len(part)
            wanted -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Close the file; happens by itself when nobody needs this any more."""
        self._closed()
