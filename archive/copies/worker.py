"""One store's thread: takes the oldest file that the store lacks, puts it, notes it, and so on.

What is to be done stands in the ledger, never only here. A part that was put is noted before the next one
is begun, so that a process that is killed costs a part and not a file.

=======================  ===================================================================================
what happens             what follows
=======================  ===================================================================================
store not reached        the thread waits, 1 s doubled up to 5 min with jitter; other stores go on
store refuses            it waits 5 to 15 min (credentials are renewed, a bucket is made); a person is told
another thing is there   the copy is noted as damaged, for ``mandegar store repair``; the next file's turn
no good source           the copy is tried again in an hour; the next file's turn
file changes meanwhile   the same: it is no copy, and no fault of the store
=======================  ===================================================================================

Of the files that wait, those that failed the least go first: one that never gets through (something on the
way refuses it) keeps no other from its store.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from contextlib import suppress
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
    DamagedArchiveError,
    ObjectDiffersError,
    ObjectMissingError,
    RemoteStoreError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    StoreRefusedError,
    StoreUnreachableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive.catalogue import FileCopy, WarcFile
    from archive.copies.keeping import Keeping
    from archive.objects import ObjectStore

logger = logging.getLogger(__name__)

# How long a thread waits for another sign before it looks into the ledger by itself: files noted by another
# process give none.
_LOOK_EVERY_S = 60.0
# Manifests are made of what was put within so long: one for each file would make proofs long.
_SEAL_EVERY_S = 3600.0


class Worker:
    """A store's thread; :class:`~archive.copies.keeper.Keeper` starts and ends it."""

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
        self._under_way: str | None = None
        self._turn = threading.Condition()
        # How often somebody asked to look, and which of these looks found nothing more to do.
        self._wanted = 0
        self._answered = -1
        # A daemon: a store that does not answer must not keep a process from ending.
        self._thread = threading.Thread(target=self._run, name=f"keeper-{store.name}", daemon=True)

    # --- from other threads

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether the thread is at work or waits for some."""
        return self._thread.is_alive()

    def wake(self) -> None:
        """Have the thread look for files now."""
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
        """Have the thread end after the part under way."""
        self._stopping.set()
        self.wake()

    def join(self, timeout_s: float) -> None:
        """Wait for the end, for so long; a thread that comes to it later notes nothing any more."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        # The archive may be closed from now on.
        was_abandoned, self._is_abandoned = self._is_abandoned, True
        key = self._under_way
        if was_abandoned or key is None or not self._thread.is_alive():
            return
        # Nothing failed yet, so nothing else would say why the file still waits.
        with suppress(StoreError):
            self._ledger.failed(key, self.store.name, "it did not answer in time", datetime.now(UTC))

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
        self._under_way = None if due is None else due[0].key
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
        except (NoGoodCopyError, DamagedArchiveError, StoreFullError) as error:
            # The file changed while it was read, say. Where the catalogue is meant, noting it fails, too.
            self._go_on()
            if due is not None:
                self._put_off(due[0], error)
            return 0.0
        if due is not None:
            self._under_way = None
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
        try:
            sealed = seal(self._keeping.catalogue, self._keeping.folder, self.store)
        except (StoreUnreachableError, StoreRefusedError):
            raise
        except StoreError as error:
            # Of the manifests alone: copies go on.
            self._say(f"store {self.store.name}: no manifest covers what was put there: {error}")
        else:
            if sealed.lost:
                self._say(
                    f"store {self.store.name}: {len(sealed.lost)} manifests are lost there, {sealed.lost[0]}"
                    " first; what they covered is covered anew"
                )
        self._is_sealed = True

    def _until_next_try(self) -> float:
        moment = self._ledger.next_try(self.store.name)
        if moment is None:
            return _LOOK_EVERY_S
        wait_s = (moment - datetime.now(UTC)).total_seconds()
        if wait_s > self._pace.longest_s:
            # It was noted by a clock that was ahead, and has been set right since.
            self._ledger.try_at_once(self.store.name)
            return 0.0
        return min(_LOOK_EVERY_S, max(0.01, wait_s))

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

    def _put_off(self, file: WarcFile, error: StoreError) -> None:
        """Note that a file cannot be read whole: the store is not at fault, and other files go on."""
        changed = ", and `mandegar store audit` tells whether it is damaged"
        advice = changed if isinstance(error, DamagedArchiveError) else ""
        self._say(f"{error}; it is tried again in an hour{advice}")
        when = datetime.now(UTC) + timedelta(seconds=self._pace.later_s)
        self._ledger.failed(file.key, self.store.name, str(error), when)

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
