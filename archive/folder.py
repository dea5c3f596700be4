"""An archive's folder before anything in it is opened: its marker, its making, its room."""

from __future__ import annotations

import errno
import tomllib
from typing import TYPE_CHECKING, Final

from archive.objects.settings import read_settings
from archive.placing import sync_folder, write_new
from archive.room import free_bytes
from model import BadConfigurationError, NotAnArchiveError, StoreError, StoreFullError

if TYPE_CHECKING:
    from pathlib import Path

MARKER: Final = "mandegar.toml"
FORMAT: Final = 1
# A crawl is not begun with less than this free: enough to close files and write the catalogue.
LEAST_FREE_BYTES: Final = 64 << 20


def ensure_folder(path: Path, *, create: bool) -> None:
    """Return when an archive lies in the folder; make one where nothing is and ``create`` says so.

    ``NotAnArchiveError`` says what is there instead; ``BadConfigurationError`` where in ``mandegar.toml`` a
    mistake is; ``StoreFullError``.
    """
    marker = path / MARKER
    try:
        if not marker.exists():
            if not create:
                why = f"it has no {MARKER}" if path.is_dir() else "there is no such folder"
                raise NotAnArchiveError(path, why)
            _create(path, marker)
        _check_marker(path, marker)
    except OSError as error:
        raise _store_error(path, error) from error


def check_room(path: Path) -> None:
    """Return when there is room to begin with; else ``StoreFullError``."""
    # Between this and the reserve a crawl starts paused, and goes on by itself when there is room.
    least = min(LEAST_FREE_BYTES, read_settings(path / MARKER).disk_reserve_mb * 10**6)
    free = free_bytes(path)
    if free < least:
        raise StoreFullError(
            f"only {free / 1e6:.0f} MB are free where {path} lies; make room "
            f"({least / 1e6:.0f} MB at least) or give another folder with --archive"
        )


def _create(path: Path, marker: Path) -> None:
    if path.exists() and not path.is_dir():
        raise NotAnArchiveError(path, "it is a file")
    # What another process makes this very moment, or did not come to finish, is none of those others.
    if path.is_dir() and any(one.name != "warc" and MARKER not in one.name for one in path.iterdir()):
        # Looked at again: the other process may have finished, and be at work already.
        if marker.exists():
            return
        raise NotAnArchiveError(path, "the folder holds other files; give an empty or new one")
    # Evidence is no business of others on this machine. A folder that a person made stays as they made it.
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    (path / "warc").mkdir(mode=0o700, exist_ok=True)
    write_new(marker, f"# A Mandegar archive. The WARC files under warc/ are the truth.\nformat = {FORMAT}\n")
    sync_folder(path.parent)


def _check_marker(path: Path, marker: Path) -> None:
    try:
        found = tomllib.loads(marker.read_text(encoding="utf-8")).get("format")
    except tomllib.TOMLDecodeError as error:
        raise BadConfigurationError(str(marker), f"it is not TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise BadConfigurationError(str(marker), "it is not UTF-8 text") from error
    if found != FORMAT:
        raise NotAnArchiveError(path, f"it has format {found!r}, this program knows {FORMAT}")


def _store_error(path: Path, error: OSError) -> StoreError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return StoreFullError(f"no room left where {path} lies; make room or give another folder")
    return NotAnArchiveError(path, error.strerror or str(error))
