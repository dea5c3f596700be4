"""Simulated time: processes whose wall clock a test sets (``clock.c``, preloaded)."""

from __future__ import annotations

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

from servers.preload import library

SOURCE = Path(__file__).with_name("clock.c")


class Clock:
    """The wall clock of every process that is started with ``environment``; it moves on by itself, too."""

    def __init__(self, folder: Path) -> None:
        """Keep it in a file of ``folder``; it begins with the real time."""
        path = folder / "clock"
        path.write_bytes(bytes(8))
        with path.open("r+b") as file:
            self._offset = mmap.mmap(file.fileno(), 8)
        self.environment = {"LD_PRELOAD": str(library(SOURCE)), "MANDEGAR_TEST_CLOCK": str(path)}

    @property
    def offset(self) -> timedelta:
        """How far ahead of the real time it is."""
        return timedelta(microseconds=struct.unpack("=q", self._offset[:])[0] // 1000)

    @property
    def now(self) -> datetime:
        """What those processes take for the time."""
        return datetime.now(UTC) + self.offset

    def go_to(self, moment: datetime) -> None:
        """Set it."""
        offset = moment - datetime.now(UTC)
        self._offset[:] = struct.pack("=q", offset // timedelta(microseconds=1) * 1000)

    def go_on(self, span: timedelta) -> None:
        """Set it forward, or back."""
        self.go_to(self.now + span)
