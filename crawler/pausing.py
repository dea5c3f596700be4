"""Holds requests back: no room on the disk, more written than is safe yet, our own network down."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.room import RoomWatch
    from model import StoreFullError

logger = logging.getLogger(__name__)


class Pause:
    """Whether requests wait for room; :meth:`look` is called once a second, from the event loop."""

    def __init__(self, watch: RoomWatch) -> None:
        self._watch = watch
        self._looked = asyncio.Event()
        self._was_refused = False
        self._held = ""
        self.why = ""
        """What to tell a person; empty while requests go out."""

    def look(self) -> None:
        """See how much room there is, and wake whoever waits; ``StoreError`` when the disk is gone."""
        shortage = self._watch.look()
        if shortage is not None:
            # The numbers change while it lasts; the log has the first ones.
            self._say(f"paused: {shortage}")
        elif not self._was_refused:
            self._say(self._held)
        self._was_refused = False
        looked, self._looked = self._looked, asyncio.Event()
        looked.set()

    def hold(self, why: str) -> None:
        """Hold requests back for another reason, until :meth:`release`."""
        self._held = f"paused: {why}"
        if not self.why:
            self._say(self._held)

    def release(self) -> None:
        """End what :meth:`hold` began; whoever waits goes on with the next look."""
        self._held = ""

    def refused(self, error: StoreFullError) -> None:
        """Take note that a write found no room: it is tried again after each look, until it finds some."""
        self._was_refused = True
        if not self.why:
            self._say(f"paused: {error}; goes on by itself when there is room")

    async def looked(self) -> None:
        """Return after the next look."""
        await self._looked.wait()

    def _say(self, why: str) -> None:
        if why and not self.why:
            logger.warning("%s", why)
        elif self.why and not why:
            over = "the network is back" if "network" in self.why else "there is room again"
            logger.info("%s: goes on", over)
        self.why = why
