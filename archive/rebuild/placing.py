"""Puts a finished catalogue in the place of another, which stays beside it."""

from __future__ import annotations

import errno
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archive.catalogue import settle_file
from archive.placing import sync_folder
from model import DamagedArchiveError, NotAnArchiveError, StoreBusyError, StoreError

if TYPE_CHECKING:
    from pathlib import Path


def put_in_place(made: Path, path: Path, *, keep: bool = True) -> Path | None:
    """Put ``made``, settled and closed, in the place of ``path``; return where that is kept, or ``None``.

    Without ``keep`` it is not: for a catalogue in which nothing was.

    At every moment there is one whole catalogue at ``path``. ``StoreBusyError`` while another process has the
    old one open (a desk that serves): what is renamed under it would be lost or broken.
    """
    before = None
    try:
        if path.exists():
            before = _kept_name(path)
            try:
                settle_file(path)
            except StoreBusyError as error:
                raise StoreBusyError(
                    path, "another process (`mandegar serve`?); what was made anew is kept"
                ) from error
            except (DamagedArchiveError, NotAnArchiveError):
                # A broken file may have a log that cannot be copied in: both are kept as they are.
                for rest in ("-wal", "-journal"):
                    with suppress(FileNotFoundError):
                        path.with_name(path.name + rest).rename(before.with_name(before.name + rest))
                path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
            if keep:
                before.hardlink_to(path)
        made.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        why = "no room is left" if error.errno == errno.ENOSPC else error.strerror or str(error)
        raise StoreError(
            f"the catalogue made anew cannot be put in its place: {why}; it is {made}"
        ) from error
    return before if keep else None


def _kept_name(path: Path) -> Path:
    now = datetime.now(UTC)
    return path.with_name(f"{path.name}.before-rebuild-{now:%Y%m%dT%H%M%S%f}Z")
