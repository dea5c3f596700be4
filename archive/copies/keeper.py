"""Puts closed files into stores in the background: one thread a store, each at its own pace.

No lock of the catalogue is held while the network is used. A crawl neither waits for a store nor ends with
it. What a thread does, and what follows when it fails: :mod:`archive.copies.worker`.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from archive.copies.pace import Pace
from archive.copies.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive.catalogue import StoreStanding
    from archive.copies.keeping import Keeping

logger = logging.getLogger(__name__)

# How long a thread that was told to stop may take: the end of a part, or of a store's patience.
_STOP_S = 5.0


class Keeper:
    """The threads of an archive's stores, from :meth:`start` to :meth:`stop`.

    ``on_note`` is told, from any thread and once each, what a person should know.
    """

    def __init__(
        self, keeping: Keeping, *, pace: Pace | None = None, on_note: Callable[[str], None] | None = None
    ) -> None:
        self._keeping = keeping
        chosen = pace or Pace()
        self._on_note = on_note or _to_log
        self._workers = [Worker(keeping, store, chosen, self._on_note) for store in keeping.stores]

    def start(self) -> None:
        """Want a copy of every file in every store, and begin."""
        for error in self._keeping.unopened:
            self._on_note(f"{error}; nothing is put there until this is mended")
        self._keeping.ledger.want(self._keeping.names)
        for worker in self._workers:
            self._keeping.ledger.try_at_once(worker.store.name)
            worker.start()

    def wake(self) -> None:
        """Take note that files may have been closed."""
        self._keeping.ledger.want(self._keeping.names)
        for worker in self._workers:
            worker.wake()

    def wait_prepared(self, timeout_s: float) -> None:
        """Return when every store has said whether it can be used, or after that time."""
        until = time.monotonic() + timeout_s
        for worker in self._workers:
            worker.asked.wait(max(0.0, until - time.monotonic()))

    def finish(self) -> None:
        """Take note that no file is closed any more: what was put is covered by manifests, too."""
        for worker in self._workers:
            worker.finish()
        self.wake()

    def wait(self, timeout_s: float) -> bool:
        """Return True when nothing more can be put now; False after that time, with uploads under way.

        A store that refuses, or has failed several times in a row, is not waited for.
        """
        until = time.monotonic() + timeout_s
        return all(worker.wait(max(0.0, until - time.monotonic())) for worker in self._workers)

    def waited_for(self) -> list[tuple[str, int]]:
        """Return the stores at work now, each with how many files wait for it."""
        at_work = [worker.store.name for worker in self._workers if not worker.wait(0)]
        return [(name, self._keeping.ledger.standing(name).pending) for name in at_work]

    def stop(self) -> None:
        """End the threads; an upload under way ends with its part, which is noted. Twice does nothing."""
        for worker in self._workers:
            worker.stop()
        until = time.monotonic() + _STOP_S
        for worker in self._workers:
            worker.join(max(0.0, until - time.monotonic()))

    @property
    def is_running(self) -> bool:
        """Whether a thread is at work or waits for some."""
        return any(worker.is_running for worker in self._workers)

    def left(self) -> list[StoreStanding]:
        """Return how the copies of every store stand for which files wait."""
        standings = [self._keeping.ledger.standing(name) for name in self._keeping.names]
        return [standing for standing in standings if standing.pending]


def _to_log(message: str) -> None:
    logger.warning("%s", message)
