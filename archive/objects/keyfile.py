"""The key that encrypts what goes to a store: 32 random bytes in a text file of their own.

::

    # Mandegar store key. …what it is, and what to do with it…
    mandegar-key-1 <key id, 16 hexadecimal digits> <key, 64 hexadecimal digits>

Lines that begin with ``#`` and empty lines are for people. The key id (the first 8 bytes of a SHA-256 over
the key) stands in every object, so that a message can name the key that is needed; it also shows a mistyped
key.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import secrets
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from model import InputError, StoreError, StoreFullError

if TYPE_CHECKING:
    from pathlib import Path

KEY_BYTES = 32
_LINE = re.compile(r"mandegar-key-1 ([0-9a-f]{16}) ([0-9a-f]{64})")
_MOST_BYTES = 1 << 16
_TEXT = """\
# Mandegar store key, made {day}. Its key id is {id}.
# What goes to a store with this key is encrypted with it. Whoever has this file can read all of it.
# Without this file nobody can, you included: KEEP TWO COPIES ELSEWHERE (another machine, a printout in a
# safe), not in the bucket, and not only beside the archive.
mandegar-key-1 {id} {key}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreKey:
    """A key; its bytes are in no message."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> bytes:
        """Return the 8 bytes by which objects name it."""
        return hashlib.sha256(b"mandegar key id\0" + self.secret).digest()[:8]


def make_key(path: Path, day: str) -> StoreKey:
    """Write a new key to a new file (mode 0600) and return it; ``day`` is for the person who finds it.

    ``InputError`` when something has that name already: a key is never overwritten.
    """
    key = StoreKey(secret=secrets.token_bytes(KEY_BYTES))
    text = _TEXT.format(id=key.id.hex(), key=key.secret.hex(), day=day)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError as error:
        why = "what was encrypted with it would be lost"
        raise InputError(
            f"{path} exists, and a key is never overwritten ({why}); give another name"
        ) from error
    except OSError as error:
        raise InputError(f"{path} cannot be made: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        path.unlink(missing_ok=True)
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StoreFullError(f"no room is left on the disk of {path}") from error
        raise StoreError(f"{path} cannot be written: {error.strerror}") from error
    return key


def read_key(path: Path) -> StoreKey:
    """Return the key in a file; ``InputError`` says why there is none."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
    except FileNotFoundError as error:
        raise InputError(f"its key file {path} is missing") from error
    except OSError as error:
        raise InputError(f"its key file {path} cannot be read: {error.strerror}") from error
    lines = [line.strip() for line in data.decode("utf-8", "replace").splitlines()]
    found = [line for line in lines if line and not line.startswith("#")]
    if len(found) != 1 or not (match := _LINE.fullmatch(" ".join(found[0].lower().split()))):
        raise InputError(f"its key file {path} is no Mandegar key (one line that begins with mandegar-key-1)")
    key = StoreKey(secret=bytes.fromhex(match[2]))
    if key.id.hex() != match[1]:
        raise InputError(f"its key file {path} is damaged: its key does not fit its key id {match[1]}")
    return key


def readable_by_others(path: Path) -> bool:
    """Tell whether other users of this machine may read a key file."""
    try:
        return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:
        return False
