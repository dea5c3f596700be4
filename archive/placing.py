"""Files put in their places whole and for good: a power cut leaves them complete, or not there at all."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


def place_new(made: Path, path: Path) -> None:
    """Put a finished file into its place unless something is there; return when the place is on disk.

    ``made`` lies in the same folder and is gone afterwards. Who comes second, of two processes, changes
    nothing: the file of the first may be in use. Raises ``OSError``.
    """
    descriptor = os.open(made, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        # A link, as a rename would replace what is there.
        path.hardlink_to(made)
    except FileExistsError:
        pass
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A file system without links (exFAT): a rename, as near to it as there is.
        if not path.exists():
            made.replace(path)
    made.unlink(missing_ok=True)
    sync_folder(path.parent)


def write_new(path: Path, text: str) -> None:
    """Make a file with a text unless it is there; return when it is on disk. Raises ``OSError``."""
    made = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        made.write_text(text, encoding="utf-8")
        place_new(made, path)
    finally:
        made.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Return when the entries of a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
