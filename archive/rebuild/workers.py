"""Parts of files, read by processes of their own and given back in order.

A file is cut into stretches of some MB. Where a stretch begins a record is only guessed (a gzip member can be
told from chance, not from an archived WARC file): a part counts only when the part before it ends exactly
where it begins; else it is read again from there.
"""

from __future__ import annotations

import signal
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TYPE_CHECKING

from archive.rebuild.reading import PartReader
from model import StoreError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from concurrent.futures import Future

    from archive.rebuild.files import WarcPlace
    from archive.rebuild.found import Folding, Part, WarcFacts

STRETCH_BYTES = 2 << 20
"""2 MB of pages with comments are some 20 MB of what the catalogue is given; 4 a worker are in memory."""
_AHEAD = 2


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
    stretch_bytes: int = STRETCH_BYTES,
) -> Generator[tuple[WarcPlace, WarcFacts, Part], None, None]:
    """Yield the parts of files in order; ``workers`` 0 reads in this process.

    A file that cannot be read raises ``StoreError`` or ``OSError``, and nothing comes after it: call again
    with those that are left.
    """
    if workers == 0:
        for place, facts in files:
            at = 0
            while at < facts.size:
                part = read_part(place, facts, folding, at, min(at + stretch_bytes, facts.size), True)
                if part is None:
                    break
                yield place, facts, part
                at = part.end
        return
    stretches = (
        (place, facts, begin, min(begin + stretch_bytes, facts.size))
        for place, facts in files
        for begin in range(0, facts.size, stretch_bytes)
    )
    with _pool(workers) as pool:
        yield from _in_order(stretches, pool, folding, workers * _AHEAD)


def _in_order(
    stretches: Iterator[tuple[WarcPlace, WarcFacts, int, int]],
    pool: ProcessPoolExecutor,
    folding: Folding,
    ahead: int,
) -> Generator[tuple[WarcPlace, WarcFacts, Part], None, None]:
    waiting: deque[tuple[WarcPlace, WarcFacts, int, int, Future[Part | None]]] = deque()
    at = 0
    while True:
        while len(waiting) < ahead and (stretch := next(stretches, None)) is not None:
            place, facts, begin, until = stretch
            task = pool.submit(read_part, place, facts, folding, begin, until, begin == 0)
            waiting.append((*stretch, task))
        if not waiting:
            return
        place, facts, begin, until, task = waiting.popleft()
        part = task.result()
        if begin == 0:
            at = 0
        while at < until:
            if part is None or part.begin != at:
                part = pool.submit(read_part, place, facts, folding, at, until, True).result()
            if part is None:
                break
            yield place, facts, part
            at, part = part.end, None


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    # Spawned, not forked: this process has a database open.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_leave_signals)
    try:
        yield pool
    except BrokenProcessPool as error:
        raise StoreError(
            "a process that reads WARC files was killed (too little memory?); run it again, it goes on, "
            "with fewer --workers"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _leave_signals() -> None:
    """Leave Ctrl-C to the process that writes: it ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
