"""Copies of closed files go into stores while a crawl runs; the crawl neither waits for them nor ends with
them."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from archive.copies.keeper import Keeper
from archive.copies.keeping import open_keeping
from archive.copies.tidying import Tidier, tidy
from model import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive import Archive

logger = logging.getLogger(__name__)

# How long a crawl waits before its first request for stores to say whether they can be used: who asked for a
# lock that a bucket has not, learns it before anything else.
PREPARE_S = 5.0
# How long the end of a crawl waits for copies under way: a file of some hundred megabytes on a usual line.
# What is left then is for the next crawl, or `mandegar store sync`.
FINISH_S = 60.0
# A wait that a person does not notice needs no line.
_SAY_AFTER_S = 0.5
_LOOK_EVERY_S = 0.1


class Copying:
    """The keeper of a crawl's archive; does nothing where no store is configured."""

    def __init__(self, archive: Archive, on_note: Callable[[str], None]) -> None:
        self._keeping = open_keeping(archive.catalogue, archive.path, archive.settings)
        self._is_wanted = bool(self._keeping.names)
        self._on_note = on_note
        self._keeper = Keeper(self._keeping, on_note=on_note)
        self._tidier = Tidier(self._keeping)

    async def begin(self) -> None:
        """Begin; return when every store has said whether it can be used, or after some seconds."""
        if self._is_wanted:
            self._keeper.start()
            self._tidier.start()
            await asyncio.to_thread(self._keeper.wait_prepared, PREPARE_S)

    async def finish(self, go_on: Callable[[], bool]) -> None:
        """Wait for copies under way, for a bounded time and while ``go_on()``; then end.

        An upload that does not come to its end goes on, with the next process, after the parts that its store
        has. Call it when the crawl's last file is closed. Whoever watches is told what is waited for.
        """
        if not self._is_wanted:
            return
        try:
            self._keeper.finish()
            began = time.monotonic()
            until = began + FINISH_S
            is_said = False
            while time.monotonic() < until and go_on():
                if await asyncio.to_thread(self._keeper.wait, _LOOK_EVERY_S):
                    await asyncio.to_thread(self._tidy)
                    break
                if not is_said and time.monotonic() - began >= _SAY_AFTER_S:
                    is_said = True
                    await asyncio.to_thread(self._say_what_is_waited_for)
        finally:
            await asyncio.to_thread(self.stop)

    def stop(self) -> None:
        """End at once, but for the part under way; twice does nothing."""
        if self._is_wanted:
            self._tidier.stop()
            self._keeper.stop()

    def _say_what_is_waited_for(self) -> None:
        for store, files in self._keeper.waited_for():
            if not files:
                self._on_note(f"Waiting up to {FINISH_S:.0f} s for store {store} to take its manifest")
                continue
            what, they_wait = ("1 file", "it waits") if files == 1 else (f"{files:,} files", "they wait")
            self._on_note(
                f"Waiting up to {FINISH_S:.0f} s for {what} to reach store {store}"
                f" (Ctrl-C: {they_wait} for `mandegar store sync`)"
            )

    def _tidy(self) -> None:
        if self._keeping.settings.keep_local_days is None:
            return
        try:
            tidy(self._keeping)
        except StoreError as error:
            logger.warning("%s", error)
