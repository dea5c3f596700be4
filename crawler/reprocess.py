"""The newest extractors over the archive: old captures read by the extractor of today.

All captures that an article or its comments were read from are read again together, each by the page class
of its day; then whole pages in which no article was seen. What today's extractor has read is not read again,
so a run that was stopped, however, goes on with the next. Reading is done in processes as in a crawl; what
reads differently is written by :class:`archive.RereadRecorder`.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.rebuild import Folding, index_unindexed
from crawler import settings
from crawler.changes import Changes
from crawler.config import VERSION
from crawler.rereading import Rereader, Unit
from crawler.workers import WorkerPool
from model import StoreError
from pipelines import fold_text, index_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archive import Archive, RereadRecorder
    from crawler.spool import Spool

# Captures between two settlements, and seconds: what a crash costs is read again.
SETTLE_CAPTURES = 500
_SETTLE_S = 2.0
_SAY_EVERY_S = 0.2
# Units under way for each process: while one waits for its turn to be written, others are read.
_AHEAD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RereadProgress:
    """How far it is."""

    done: int
    """Captures looked at."""
    total: int
    """At most so many."""
    articles: int
    """That read differently."""
    elapsed_s: float


def reprocess(
    archive: Archive,
    *,
    source: str | None = None,
    article: str | None = None,
    write: bool,
    workers: int | None = None,
    on_progress: Callable[[RereadProgress], None] | None = None,
    spool: Spool | None = None,
) -> Changes:
    """Read old captures again (of a source, of one article) and return what changes.

    Without ``write`` nothing is changed; with it the archive must have been opened exclusively. Stopped by
    ``KeyboardInterrupt`` it keeps what was done. Two runs with one ``spool`` read no capture twice.
    ``UnknownNameError`` for a source or an article that is not there; ``StoreError``.
    """
    readings = archive.catalogue.readings
    if not readings.are_known():
        raise StoreError(
            "this catalogue was made by an earlier version, which did not note what was read from where; "
            "`mandegar rebuild` makes it anew from the WARC files (once), then `mandegar reprocess` goes on"
        )
    number = None
    if article is not None:
        summary = archive.catalogue.article(article).summary
        number, source = summary.id, summary.source
    elif source is not None:
        archive.catalogue.source(source)
    if write:
        # What a killed run wrote and no row names counts as done.
        index_unindexed(archive, Folding(article=index_text, text=fold_text))
    job = _Job(archive, write, workers or os.cpu_count() or 1, on_progress, spool)
    names = [source] if source is not None else [one.name for one in archive.catalogue.sources()]
    job.total = sum(readings.count(readings.source_number(name)) for name in names) if number is None else 1
    try:
        asyncio.run(job.run(names, number))
    finally:
        if job.has_written:
            archive.seal()
    return job.changes


class _Job:
    def __init__(
        self,
        archive: Archive,
        write: bool,
        workers: int,
        on_progress: Callable[[RereadProgress], None] | None,
        spool: Spool | None,
    ) -> None:
        self.changes = Changes()
        self.total = 0
        self.has_written = False
        self._archive = archive
        self._write = write
        self._workers = workers
        self._on_progress = on_progress
        self._spool = spool
        self._done = 0
        self._began = self._settled = time.monotonic()
        self._said = 0.0

    async def run(self, sources: list[str], article: int | None) -> None:
        pool = WorkerPool(workers=self._workers, timeout_s=settings.MANDEGAR_READ_TIMEOUT_S)
        try:
            for name in sources:
                await self._source(name, article, pool)
        finally:
            pool.close()

    async def _source(self, name: str, article: int | None, pool: WorkerPool) -> None:
        rereader = Rereader(self._archive, self._archive.catalogue.source(name), pool, self._spool)
        recorder = None
        if self._write:
            recorder = self._archive.reread_recorder(name, {"software": f"mandegar/{VERSION}"})
        waiting: deque[asyncio.Task[Unit]] = deque()
        try:
            for unit in self._units(rereader, name, article):
                waiting.append(asyncio.create_task(rereader.read(unit)))
                if len(waiting) >= self._workers * _AHEAD:
                    self._take(rereader, await waiting.popleft(), recorder)
            while waiting:
                self._take(rereader, await waiting.popleft(), recorder)
        finally:
            for task in waiting:
                task.cancel()
            if recorder is not None:
                recorder.close()

    def _units(self, rereader: Rereader, name: str, article: int | None) -> Iterator[Unit]:
        """Yield what is to be read again: articles by number, then pages in which none was seen."""
        readings = self._archive.catalogue.readings
        source = readings.source_number(name)
        after = 0 if article is None else article - 1
        while numbers := readings.article_numbers(source, after, 500 if article is None else 1):
            for number, url in numbers:
                known = readings.of_article(number)
                if all(map(rereader.is_current, known)):
                    self.changes.current += len(known)
                    self._say(len(known))
                    continue
                yield Unit(
                    url=url,
                    readings={one.capture.record_id: one for one in known},
                    articles={number: url},
                )
            if article is not None:
                return
            after = numbers[-1][0]
        after = 0
        while pages := readings.other_pages(source, after):
            for _, capture, extractor in pages:
                if extractor == rereader.extractor(capture):
                    self.changes.current += 1
                    self._say(1)
                else:
                    yield Unit(url=capture.url, page=capture)
            after = pages[-1][0]

    def _take(self, rereader: Rereader, unit: Unit, recorder: RereadRecorder | None) -> None:
        """Count what was read, and write it."""
        changes, count = self.changes, len(unit.captures())
        if unit.problem:
            changes.unread.append((unit.url, unit.problem))
            self._say(count)
            return
        again, differs = rereader.outcome(unit)
        changes.captures += count
        if differs:
            changes.articles += 1
            rereader.tell(unit, again, changes)
        else:
            changes.same += count
        if recorder is not None:
            if differs:
                recorder.differs(again)
            else:
                recorder.same(again.extractors)
            self.has_written = True
            now = time.monotonic()
            if recorder.unsettled >= SETTLE_CAPTURES or now - self._settled >= _SETTLE_S:
                recorder.settle()
                self._settled = now
        self._say(count)

    def _say(self, count: int) -> None:
        self._done += count
        now = time.monotonic()
        if self._on_progress is None or now - self._said < _SAY_EVERY_S:
            return
        self._said = now
        self._on_progress(
            RereadProgress(
                done=self._done,
                total=max(self.total, self._done),
                articles=self.changes.articles,
                elapsed_s=now - self._began,
            )
        )
