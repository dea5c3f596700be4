"""Parts of files, read by processes of their own and given back in order.

A file is cut into stretches of some MB. Where a stretch begins a record is only guessed (a gzip member can be
told from chance, not from an archived WARC file): a part counts only when the part before it ends exactly
where it begins; else it is read again from there.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Self

from archive.rebuild.reading import PartReader
from model import StoreError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from concurrent.futures import Future
    from types import TracebackType

    from archive.rebuild.files import WarcPlace
    from archive.rebuild.found import Folding, Part, WarcFacts

STRETCH_BYTES = 2 << 20
"""2 MB of pages with comments are some 20 MB of what the catalogue is given; 4 a worker are in memory."""
_AHEAD = 2
_JUDGED_AFTER_S = 0.5
# prctl(2): the signal this process gets when the thread that started it ends.
_PR_SET_PDEATHSIG = 1


def read_part(
    place: WarcPlace, facts: WarcFacts, folding: Folding, begin: int, until: int, is_certain: bool
) -> Part | None:
    """Return one part; see :meth:`PartReader.read`."""
    with place.opener(place.key) as file:
        return PartReader(file, facts, folding).read(begin, until, is_certain=is_certain)


def parts_of(
    files: Iterable[tuple[WarcPlace, WarcFacts]],
    folding: Folding,
    *,
    workers: int,
    worth_s: float = 0.0,
    stretch_bytes: int = STRETCH_BYTES,
) -> Generator[tuple[WarcPlace, WarcFacts, Part], None, None]:
    """Yield the parts of files in order; ``workers`` 0 reads in this process.

    Processes are started when reading here would take ``worth_s`` more, at the pace so far.
    A file that cannot be read raises ``StoreError`` or ``OSError``, and nothing comes after it: call again
    with those that are left.
    """
    files = list(files)
    stretches = (
        (place, facts, begin, min(begin + stretch_bytes, facts.size))
        for place, facts in files
        for begin in range(0, facts.size, stretch_bytes)
    )
    with _Readers(workers, worth_s, sum(facts.size for _, facts in files)) as readers:
        yield from _in_order(stretches, readers, folding, workers * _AHEAD)


def _in_order(
    stretches: Iterator[tuple[WarcPlace, WarcFacts, int, int]],
    readers: _Readers,
    folding: Folding,
    ahead: int,
) -> Generator[tuple[WarcPlace, WarcFacts, Part], None, None]:
    waiting: deque[tuple[WarcPlace, WarcFacts, int, int, Future[Part | None] | None]] = deque()
    at = 0
    while True:
        while readers.are_ready and len(waiting) < ahead and (stretch := next(stretches, None)) is not None:
            place, facts, begin, until = stretch
            waiting.append((*stretch, readers.submit(place, facts, folding, begin, until, begin == 0)))
        if not waiting:
            stretch = next(stretches, None)
            if stretch is None:
                return
            waiting.append((*stretch, None))
        place, facts, begin, until, task = waiting.popleft()
        if begin == 0:
            at = 0
        part = None if task is None else task.result()
        while at < until:
            if part is None or part.begin != at:
                # Here: what no process has begun, while they start, and what was guessed wrongly.
                part = read_part(place, facts, folding, at, until, True)
                readers.note_read(0 if part is None else part.end - at)
            if part is None:
                break
            yield place, facts, part
            at, part = part.end, None


class _Readers:
    """The processes, once they are worth their start and one of them is there; until then we read here."""

    def __init__(self, workers: int, worth_s: float, size: int) -> None:
        self._workers = workers
        self._worth_s = worth_s
        self._left = self._size = size
        self._began = time.monotonic()
        self._pool: ProcessPoolExecutor | None = None
        self._starting: list[Future[None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        if isinstance(error, BrokenProcessPool):
            raise StoreError(
                "a process that reads WARC files was killed (too little memory?); run it again, it goes on, "
                "with fewer --workers"
            ) from error

    def note_read(self, size: int) -> None:
        """Take note that this process has read so many bytes."""
        self._left -= size

    @property
    def are_ready(self) -> bool:
        """Whether a task would be begun at once."""
        if self._pool is None:
            if not self._are_worth_it():
                return False
            self._start()
        if self._starting:
            started = [task for task in self._starting if task.done()]
            for task in started:
                task.result()
            self._starting = [] if started else self._starting
        return not self._starting

    def _are_worth_it(self) -> bool:
        if self._workers == 0:
            return False
        if self._worth_s == 0:
            return True
        # Not judged by the first stretch alone: what is read and inserted first is slower.
        done = self._size - self._left
        elapsed = time.monotonic() - self._began
        return elapsed > _JUDGED_AFTER_S and elapsed / max(done, 1) * self._left > self._worth_s

    def _start(self) -> None:
        # Spawned, not forked: this process has a database open.
        self._pool = ProcessPoolExecutor(
            self._workers, mp_context=get_context("spawn"), initializer=_begin, initargs=(os.getpid(),)
        )
        with _without_main():
            # A task each, so that all are started now.
            self._starting = [self._pool.submit(_ready) for _ in range(self._workers)]

    # Any: as read_part is given.
    def submit(self, *given: Any) -> Future[Part | None]:
        """Have a part read."""
        if self._pool is None:
            raise RuntimeError("the processes were not asked for")
        return self._pool.submit(read_part, *given)


@contextmanager
def _without_main() -> Iterator[None]:
    """Keep spawned processes from importing the program's main module: all of the command line, for a second.

    ``multiprocessing`` does that (https://docs.python.org/3.11/library/multiprocessing.html, «Safe importing
    of main module») for functions that are defined there; ours are not.
    """
    main = sys.modules["__main__"]
    file = main.__dict__.pop("__file__", None)
    try:
        yield
    finally:
        if file is not None:
            main.__file__ = file


def _begin(parent: int) -> None:
    """Leave Ctrl-C to the process that writes, which ends its workers, and end with it if it is killed.

    They would wait for a next task for ever: each of them holds both ends of the pipe it comes by.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # It may have ended before it could be asked for.
    if os.getppid() != parent:
        os._exit(1)


def _ready() -> None:
    """Do nothing: who does it has started."""
