"""Closes files that a killed crawl left open."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from archive.lock import lock_file
from archive.placing import sync_folder
from archive.warc.appender import OPEN_SUFFIX
from archive.warc.reader import whole_length
from model import DamagedArchiveError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def close_left_open(
    folder: Path, source: str = "*", *, last_offset: Callable[[str], int] | None = None
) -> tuple[Path, ...]:
    """Cut every ``.open`` file below ``folder`` after its last whole record and give it its closed name.

    Files that somebody writes to (they are locked) are left alone, so that this may be called at any time;
    with ``source``, those of other sources, too. What is cut off was never acknowledged: acknowledging
    follows the sync of whole records. A file without a whole record is removed. Returns the closed files;
    done again, it does nothing.

    ``last_offset`` tells of a file's key where the last record lies that was acknowledged (-1: none). A file
    is then cut at the first damage after it: a power cut may leave a later write without an earlier one.
    """
    closed = []
    for path in sorted(folder.glob(f"{source}/*/*/*.warc.gz{OPEN_SUFFIX}")):
        try:
            target = _close(path, folder, last_offset)
        except OSError as error:
            raise DamagedArchiveError(f"{path} cannot be closed: {error.strerror or error}") from error
        if target is not None:
            closed.append(target)
    return tuple(closed)


def _close(path: Path, folder: Path, last_offset: Callable[[str], int] | None) -> Path | None:
    """Close one file; return its closed name, ``None`` when it is written to, removed, or not there."""
    target = path.with_name(path.name.removesuffix(OPEN_SUFFIX))
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None  # its writer closed it this very moment
    try:
        if not lock_file(descriptor, path):
            return None
        if target.exists():
            raise DamagedArchiveError(
                f"both {path} and {target.name} exist; a person must look which is right"
            )
        known = None if last_offset is None else last_offset(target.relative_to(folder).as_posix())
        length = whole_length(path, known)
        if length == 0:
            path.unlink()
        else:
            os.ftruncate(descriptor, length)
            os.fsync(descriptor)
            path.rename(target)
        sync_folder(path.parent)
        return target if length else None
    finally:
        os.close(descriptor)
