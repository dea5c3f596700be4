"""Closes files that a killed crawl left open."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from archive.warc.appender import OPEN_SUFFIX, sync_folder
from archive.warc.reader import whole_length
from model import DamagedArchiveError

if TYPE_CHECKING:
    from pathlib import Path


def close_left_open(folder: Path) -> tuple[Path, ...]:
    """Cut every ``.open`` file below ``folder`` after its last whole record and give it its closed name.

    Only for whoever holds the archive alone. What is cut off was never acknowledged: acknowledging follows
    the sync of whole records. A file without a whole record is removed. Returns the closed files; done again,
    it does nothing.
    """
    closed = []
    for path in sorted(folder.glob(f"*/*/*/*.warc.gz{OPEN_SUFFIX}")):
        target = path.with_name(path.name.removesuffix(OPEN_SUFFIX))
        if target.exists():
            raise DamagedArchiveError(
                f"both {path} and {target.name} exist; a person must look which is right"
            )
        try:
            length = whole_length(path)
            if length == 0:
                path.unlink()
            else:
                with path.open("r+b") as file:
                    file.truncate(length)
                    os.fsync(file.fileno())
                path.rename(target)
                closed.append(target)
            sync_folder(path.parent)
        except OSError as error:
            raise DamagedArchiveError(f"{path} cannot be closed: {error.strerror or error}") from error
    return tuple(closed)
