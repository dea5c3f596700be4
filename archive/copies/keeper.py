"""Puts closed files into stores in the background: one thread a store, each at its own pace.

What is to be done stands in the ledger, never only here: a thread takes the oldest file that its store lacks,
puts it, notes it as verified, and so on. A part that was put is noted before the next one is begun, so that a
process that is killed costs a part and not a file.

=======================  ===================================================================================
what happens             what follows
=======================  ===================================================================================
store not reached        the thread waits, 1 s doubled up to 5 min with jitter; other stores go on
store refuses            it waits 5 to 15 min (credentials are renewed, a bucket is made); a person is told
another thing is there   the copy is noted as damaged, for ``mandegar store repair``; the next file's turn
no good source           the copy is tried again in an hour; the next file's turn
=======================  ===================================================================================

No lock of the catalogue is held while the network is used. A crawl neither waits for a store nor ends with
it.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from archive.catalogue import CopyState
from archive.copies.keeping import object_key
from archive.copies.pace import Pace, Stoppable, StoppedError
from archive.copies.sources import NoGoodCopyError, good_copy
from archive.lock import SourceLock
from archive.manifest.sealing import seal
from archive.objects import Upload
from model import (
    ObjectDiffersError,
    ObjectMissingError,
    RemoteStoreError,
    StoreBusyError,
    StoreError,
    StoreRefusedError,
    StoreUnreachableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive.catalogue import FileCopy, StoreStanding, WarcFile
    from archive.copies.keeping import Keeping
    from archive.objects import ObjectStore

logger = logging.getLogger(__name__)

# How long a thread waits for another sign before it looks into the ledger by itself: files noted by another
# process give none.
_LOOK_EVERY_S = 60.0
# Manifests are made of what was put within so long: one for each file would make proofs long.
_SEAL_EVERY_S = 3600.0
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
        self._workers = [_Worker(keeping, store, chosen, self._on_note) for store in keeping.stores]

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


class _Worker:
    def __init__(
        self, keeping: Keeping, store: ObjectStore, pace: Pace, on_note: Callable[[str], None]
    ) -> None:
        self.store = store
        self.asked = threading.Event()
        """Set once the store has said whether it can be used."""
        self._keeping = keeping
        self._ledger = keeping.ledger
        self._pace = pace
        self._on_note = on_note
        self._said = ""
        self._chance = random.Random()  # noqa: S311 - jitter
        self._is_prepared = False
        self._failures = 0
        self._is_refused = False
        self._paused_until = 0.0
        self._right: SourceLock | None = None
        self._is_sealed = False
        self._is_finishing = False
        self._sealed_at = time.monotonic()
        self._stopping = threading.Event()
        self._is_abandoned = False
        self._turn = threading.Condition()
        # How often somebody asked to look, and which of these looks found nothing more to do.
        self._wanted = 0
        self._answered = -1
        # A daemon: a store that does not answer must not keep a process from ending.
        self._thread = threading.Thread(target=self._run, name=f"keeper-{store.name}", daemon=True)

    # --- from other threads

    def start(self) -> None:
        self._thread.start()

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def wake(self) -> None:
        with self._turn:
            self._wanted += 1
            self._turn.notify_all()

    def finish(self) -> None:
        """Have a manifest cover what was put, too, as soon as nothing more is to be put."""
        self._is_finishing = True

    def wait(self, timeout_s: float) -> bool:
        """Return whether the thread has found nothing more to do since the last wake()."""
        with self._turn:
            wanted = self._wanted
            return self._turn.wait_for(lambda: self._answered >= wanted, timeout_s)

    def stop(self) -> None:
        self._stopping.set()
        self.wake()

    def join(self, timeout_s: float) -> None:
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        # The archive may be closed from now on.
        self._is_abandoned = True

    # --- the thread

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._turn:
                wanted = self._wanted
            try:
                wait_s = self._step()
            except StoppedError:
                break
            except Exception as error:
                if self._stopping.is_set():
                    break  # the archive may be closed by now
                # One of the two outermost loops: whatever is wrong, the crawl and the other stores go on.
                if not isinstance(error, StoreError):
                    logger.exception("keeping copies in store %s failed", self.store.name)
                wait_s = self._fail(error)
            with self._turn:
                if wait_s > 0 and (self._failures == 0 or self._gives_up):
                    self._answered = wanted
                    self._turn.notify_all()
                if wait_s > 0 and self._wanted == wanted and not self._stopping.is_set():
                    self._turn.wait(wait_s)
        if self._right is not None:
            self._right.release()
        with self._turn:
            self._answered = self._wanted
            self._turn.notify_all()

    @property
    def _gives_up(self) -> bool:
        return self._is_refused or self._failures >= self._pace.tries

    def _step(self) -> float:
        """Do one thing; return how many seconds nothing is to be done."""
        paused = self._paused_until - time.monotonic()
        if paused > 0:
            return paused
        if not self._claim():
            self.asked.set()
            return _LOOK_EVERY_S
        due = self._ledger.due(self.store.name, datetime.now(UTC))
        try:
            if not self._is_prepared:
                self.store.prepare(known=self._ledger.standing(self.store.name).verified > 0)
                self._is_prepared = True
                self.asked.set()
            if due is not None:
                self._put(*due)
        except RemoteStoreError as error:
            self.asked.set()
            self._go_on()
            if due is not None and self._is_of_one_file(error):
                self._set_aside(due[0], error)
                return 0.0
            now = datetime.now(UTC)
            wait_s = self._fail(error)
            if due is not None:
                # Not after the pause: the same file is tried again then.
                when = now + timedelta(seconds=wait_s)
                self._ledger.failed(due[0].key, self.store.name, _reason(error), when)
            return wait_s
        except NoGoodCopyError as error:
            if due is not None:
                self._say(f"{error}; it is tried again in an hour")
                when = datetime.now(UTC) + timedelta(seconds=self._pace.later_s)
                self._ledger.failed(due[0].key, self.store.name, str(error), when)
            return 0.0
        if due is not None:
            self._recovered()
            self._is_sealed = False
            return 0.0
        self._seal()
        self._recovered()
        # Files that were closed in the meantime, by this process or another.
        if self._ledger.want([self.store.name]):
            return 0.0
        return self._until_next_try()

    def _claim(self) -> bool:
        """Take the right to put files into this store: one process at a time, of several that crawl."""
        if self._right is None:
            try:
                self._right = SourceLock(
                    self._keeping.folder, f"store-{self.store.name}", command="mandegar, putting copies"
                )
            except StoreBusyError:
                return False
        return True

    def _seal(self) -> None:
        """Cover by a manifest what was verified: once nobody waits for more, or when an hour has passed."""
        if self._is_sealed or not (self._is_finishing or time.monotonic() - self._sealed_at > _SEAL_EVERY_S):
            return
        self._sealed_at = time.monotonic()
        seal(self._keeping.catalogue, self._keeping.folder, self.store)
        self._is_sealed = True

    def _until_next_try(self) -> float:
        moment = self._ledger.next_try(self.store.name)
        if moment is None:
            return _LOOK_EVERY_S
        return min(_LOOK_EVERY_S, max(0.01, (moment - datetime.now(UTC)).total_seconds()))

    def _put(self, file: WarcFile, copy: FileCopy) -> None:
        with good_copy(self._keeping, file, besides=self.store.name) as good:

            def note(upload: Upload) -> None:
                if not self._is_abandoned:
                    self._ledger.begun(file.key, self.store.name, json.dumps(asdict(upload)))
                self._go_on()

            stored = self.store.put(
                object_key(file.key),
                Stoppable(good.content, self._stopping),
                resume=_upload(copy.upload),
                on_upload=note,
            )
        if self._is_abandoned:
            raise StoppedError("stopped")
        self._ledger.verified(
            file.key,
            self.store.name,
            at=datetime.now(UTC),
            version_id=stored.version_id,
            stored_bytes=stored.size,
            locked_until=stored.locked_until,
        )

    def _go_on(self) -> None:
        if self._stopping.is_set():
            raise StoppedError("stopped")

    def _is_of_one_file(self, error: RemoteStoreError) -> bool:
        return isinstance(error, ObjectDiffersError | ObjectMissingError) and self._is_prepared

    def _set_aside(self, file: WarcFile, error: RemoteStoreError) -> None:
        """Note that something else lies where a copy should: nothing is overwritten without a person."""
        self._failures = 0
        self._ledger.found_bad(file.key, self.store.name, CopyState.DAMAGED, _reason(error))
        self._say(f"{error}; `mandegar store repair {self.store.name}` puts a good copy there")

    def _fail(self, error: Exception) -> float:
        """Note a failure of the store as a whole; return the pause after it."""
        self._failures += 1
        if isinstance(error, StoreRefusedError):
            self._is_refused = True
            # A bucket may be another one, without a lock, when it works again.
            self._is_prepared = False
            wait_s = self._chance.uniform(*self._pace.refused_s)
            self._say(f"{error}; nothing is put there until this is mended, and the crawl goes on")
        else:
            wait_s = self._pace.after(self._failures, self._chance)
            if isinstance(error, StoreUnreachableError):
                logger.info("%s; next try in %.0f s", error, wait_s)
            else:
                self._say(str(error))
        self._paused_until = time.monotonic() + wait_s
        return wait_s

    def _recovered(self) -> None:
        if self._failures:
            logger.info("store %s works again", self.store.name)
        self._failures, self._is_refused, self._said = 0, False, ""

    def _say(self, message: str) -> None:
        if message != self._said:
            self._said = message
            self._on_note(message)


def _reason(error: RemoteStoreError) -> str:
    """Return what went wrong, without the store's name, which stands beside it."""
    return str(error).removeprefix(f"store {error.store}: ")


def _upload(text: str | None) -> Upload | None:
    if text is None:
        return None
    try:
        return Upload(**json.loads(text))
    except (ValueError, TypeError):
        return None  # from another version of this program: the upload begins anew


def _to_log(message: str) -> None:
    logger.warning("%s", message)
