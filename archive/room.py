"""Room on the disks that an archive lies on, and when there is too little of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MEGABYTE = 10**6
# Beyond the reserve by a tenth of it: else a crawl would stop and start with every file that comes and goes.
_GOES_ON_AT = 1.1


def free_bytes(folder: Path) -> int:
    """Return the bytes that this user may still write where a folder lies; ``StoreError``."""
    try:
        room = os.statvfs(folder)
    except OSError as error:
        raise StoreError(f"{folder} cannot be looked at: {error.strerror}") from error
    return room.f_bavail * room.f_frsize


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """Too little room somewhere."""

    folder: Path
    free: int
    """Bytes."""
    goes_on_at: int
    """Bytes that must be free."""

    def __str__(self) -> str:
        """Say it to a person, with the numbers in the units of file managers."""
        free, wanted = (f"{amount / MEGABYTE:,.0f} MB" for amount in (self.free, self.goes_on_at))
        return f"only {free} are free where {self.folder} lies; goes on by itself at {wanted}"


class RoomWatch:
    """Tells whether there is room in every folder, with some distance between stopping and going on."""

    def __init__(self, folders: Iterable[Path], *, reserve_bytes: int) -> None:
        """Watch folders; with a reserve of 0 there is room until a write fails."""
        self._folders = tuple(dict.fromkeys(folders))
        self._reserve = reserve_bytes
        self._goes_on_at = int(reserve_bytes * _GOES_ON_AT)
        self._is_short = False

    def look(self) -> Shortage | None:
        """Return what is short now, or ``None``; ``StoreError`` when a disk is gone."""
        wanted = self._goes_on_at if self._is_short else self._reserve
        found = None
        for folder in self._folders:
            free = free_bytes(folder)
            if free < wanted and (found is None or free < found.free):
                found = Shortage(folder=folder, free=free, goes_on_at=self._goes_on_at)
        self._is_short = found is not None
        return found
