"""``python -m desk`` on a slow disk: a settlement begins whenever a request is found, and takes its time."""

from __future__ import annotations

import asyncio
import time

from archive.catalogue import FrontierRow
from archive.warc.writer import WarcWriter
from crawler.recording import Recording
from desk.cli import main

PROGRAM = ("-m", "tests.servers.slow_disk")
SYNC_S = 0.05
settlements: list[asyncio.Task[None]] = []


def slow_sync(self: WarcWriter) -> None:
    """Sync as always, later."""
    time.sleep(SYNC_S)
    sync(self)


def found_and_cut(self: Recording, row: FrontierRow) -> None:
    """Gather a request as always; before anybody can lease it, a settlement that is begun takes it along."""
    request_found(self, row)
    if not self._settling.locked():
        settlements.append(asyncio.get_running_loop().create_task(self.settle()))


if __name__ == "__main__":
    sync, request_found = WarcWriter.sync, Recording.request_found
    WarcWriter.sync = slow_sync  # type: ignore[method-assign]
    Recording.request_found = found_and_cut  # type: ignore[method-assign]
    main()
