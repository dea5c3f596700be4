"""The catalogue made anew from WARC files: parallel, going on where it was killed, put in place at the end.

It grows as ``catalogue.sqlite.rebuilding`` beside the catalogue, one transaction a file; the row of a file in
its ledger says that all the file holds is in it. Put in place, it leaves what was there before as
``catalogue.sqlite.before-rebuild-<time>``.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from typing import TYPE_CHECKING

from archive.catalogue import Catalogue, CopyState
from archive.catalogue.sqlite import MADE_ANEW
from archive.manifest.sealing import note_chain
from archive.rebuild.files import crawl_of, in_order, is_ours, local_files, missing_serials, other_copy
from archive.rebuild.filling import Filler, derived_row
from archive.rebuild.found import FoundThread
from archive.rebuild.placing import put_in_place
from archive.rebuild.report import ReadElsewhere, RebuildProgress, RebuildReport
from archive.rebuild.stores import StoreCopy, list_stores, note_copies, open_store_of, store_names
from archive.rebuild.workers import parts_of, read_part
from archive.workspace import lock_whole
from model import (
    CrawlState,
    DamagedArchiveError,
    MandegarError,
    ObjectDiffersError,
    ObjectMissingError,
    StoreError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from archive.rebuild.files import WarcPlace
    from archive.rebuild.found import Folding, Part, Problem, WarcFacts

    Parts = Generator[tuple[WarcPlace, WarcFacts, Part], None, None]

logger = logging.getLogger(__name__)

CATALOGUE = "catalogue.sqlite"
_MAX_PROBLEMS = 1_000
_SAY_EVERY_S = 0.2
# With less to do than this no process is worth its start: half a second of a core for each.
_WORTH_S = 3.0


def rebuild(
    path: Path,
    folding: Folding,
    *,
    workers: int | None = None,
    on_progress: Callable[[RebuildProgress], None] | None = None,
) -> RebuildReport:
    """Make the catalogue of an archive anew from its WARC files, and put it in place.

    Files that lie below ``warc/`` are read there, the others in the stores of ``mandegar.toml``. ``workers``:
    processes that read, one a core by default, 0 for none. A run that was killed goes on with the next.
    Errors: ``StoreBusyError``, ``StoreFullError``, ``StoreError``, ``NotAnArchiveError``,
    ``BadConfigurationError``.
    """
    with lock_whole(path, command="mandegar rebuild"):
        return _Rebuild(path, folding, workers, on_progress).run()


class _Rebuild:
    def __init__(
        self,
        path: Path,
        folding: Folding,
        workers: int | None,
        on_progress: Callable[[RebuildProgress], None] | None,
    ) -> None:
        self._path = path
        self._folding = folding
        self._workers = workers
        self._on_progress = on_progress
        self._catalogue_path = path / CATALOGUE
        self._new_path = path / f"{CATALOGUE}.rebuilding"
        self._report = RebuildReport()
        self._began = time.monotonic()
        self._said = 0.0
        self._read_there: dict[str, str] = {}
        self._keeps_before = True
        self._size_done = self._size_before = self._files_done = 0

    def run(self) -> RebuildReport:
        report = self._report
        listing = list_stores(self._path)
        report.unasked = list(listing.unasked)
        places = listing.places(self._path, local_files(self._path / "warc"))
        files, report.unreadable = in_order(list(places.values()))
        report.missing = missing_serials(places)
        report.files, report.size = len(files), sum(facts.size for _, facts in files)
        with contextlib.ExitStack() as stack:
            catalogue = stack.enter_context(contextlib.closing(self._begin(files)))
            self._fill(catalogue, files)
            catalogue.finish_making()
            self._finish(catalogue, places)
            bad = [
                (one.key, one.place, one.state, one.message)
                for one in report.read_elsewhere
                if one.place and one.state
            ]
            note_copies(catalogue.ledger, listing, self._read_there, bad)
            self._note_manifests(catalogue)
            self._check(catalogue)
            report.totals = catalogue.totals()
            catalogue.settle_file()
        report.before = put_in_place(self._new_path, self._catalogue_path, keep=self._keeps_before)
        report.elapsed_s = time.monotonic() - self._began
        return report

    # --- going on, or beginning anew

    def _begin(self, files: Sequence[tuple[WarcPlace, WarcFacts]]) -> Catalogue:
        """Return the catalogue that grows; one that cannot be gone on with is thrown away."""
        if self._new_path.exists():
            try:
                catalogue = Catalogue.open(self._new_path)
            except MandegarError as error:
                logger.info("begun anew: %s", error)
            else:
                if self._can_go_on(catalogue, files):
                    return catalogue
                catalogue.close()
        for rest in ("", "-wal", "-shm", "-journal"):
            self._new_path.with_name(self._new_path.name + rest).unlink(missing_ok=True)
        return Catalogue.open(self._new_path, create=True)

    def _can_go_on(self, catalogue: Catalogue, files: Sequence[tuple[WarcPlace, WarcFacts]]) -> bool:
        """Whether what is done is the beginning of what is to be done, and the file sound."""
        done = {file.key: file.size for file in catalogue.ledger.files() if file.is_indexed}
        first = {facts.key: facts.size for _, facts in files[: len(done)]}
        return done == first and not catalogue.check()

    # --- filling

    def _fill(self, catalogue: Catalogue, files: list[tuple[WarcPlace, WarcFacts]]) -> None:
        report = self._report
        done = {file.key for file in catalogue.ledger.files() if file.is_indexed}
        left = []
        for place, facts in files:
            if facts.key in done:
                self._size_before += facts.size
                report.resumed_files += 1
            else:
                left.append((place, facts))
        self._size_done, self._files_done = self._size_before, report.resumed_files
        filler = Filler(catalogue, is_new=True)
        self._wait_again(filler, catalogue.begin_making(), files)
        # Asked for by number, processes are started at once.
        workers, worth_s = (os.cpu_count() or 1, _WORTH_S) if self._workers is None else (self._workers, 0.0)
        while left:
            parts = parts_of(left, self._folding, workers=workers, worth_s=worth_s)
            try:
                left = self._fill_some(catalogue, filler, left, parts)
            finally:
                parts.close()

    def _wait_again(
        self, filler: Filler, waiting: list[tuple[str, int]], files: list[tuple[WarcPlace, WarcFacts]]
    ) -> None:
        """Read again the comments that waited for their article when an earlier run was stopped."""
        by_key = {facts.key: (place, facts) for place, facts in files}
        threads = []
        for key, offset in waiting:
            place, facts = by_key[key]
            part = read_part(place, facts, self._folding, offset, offset + 1, True)
            if part is not None:
                threads += [(key, at, one) for at, one in part.found if isinstance(one, FoundThread)]
        if self._report.resumed_files:
            filler.go_on(files[self._report.resumed_files - 1][1], threads)

    def _fill_some(
        self,
        catalogue: Catalogue,
        filler: Filler,
        left: list[tuple[WarcPlace, WarcFacts]],
        parts: Parts,
    ) -> list[tuple[WarcPlace, WarcFacts]]:
        """Put files until one must be read elsewhere, or cannot be read; return those that are left."""
        report = self._report
        for at, (place, facts) in enumerate(left):
            before = self._size_done
            try:
                self._fill_file(catalogue, filler, place, facts, parts)
            except _UnreadableError as error:
                self._size_done = before
                other = other_copy(place)
                if other is not None:
                    logger.info("%s: %s; read from another copy", place.key, error.__cause__)
                    where = place.opener.store if isinstance(place.opener, StoreCopy) else ""
                    report.read_elsewhere.append(
                        ReadElsewhere(
                            key=facts.key, place=where, message=str(error.__cause__), state=error.state
                        )
                    )
                    return [other, *left[at + 1 :]]
                report.unreadable.append((facts.key, str(error.__cause__)))
                self._size_done += facts.size
                return left[at + 1 :]
            self._files_done += 1
            if not place.is_local:
                catalogue.ledger.note_local(facts.key, is_local=False)
            self._say(force=True)
        return []

    def _fill_file(
        self, catalogue: Catalogue, filler: Filler, place: WarcPlace, facts: WarcFacts, parts: Parts
    ) -> None:
        """Put a file, all of it or nothing; ``_UnreadableError`` when another copy of it may be better."""
        report, before = self._report, self._size_done
        problems: list[Problem] = []
        reached = 0
        # Not durable: a power cut undoes whole files, which the next run reads again.
        with catalogue.write(durable=False) as batch:
            filler.begin(batch, facts)
            while reached < facts.size:
                part = _next_part(parts, facts)
                damage = next((one for one in part.problems if one.is_damage), None)
                if damage is not None and place.spares:
                    raise _UnreadableError from DamagedArchiveError(f"at {damage.offset}: {damage.message}")
                clock = time.perf_counter()
                problems += part.problems + filler.fill(batch, facts, part)
                report.put_s += time.perf_counter() - clock
                report.read_s += part.read_s
                report.fold_s += part.fold_s
                report.records += part.records
                reached = part.end
                self._size_done = before + reached
                self._say(force=False)
            clock = time.perf_counter()
            batch.note_closed(facts.key, facts.size, place.closed_at, is_indexed=True)
            batch.note_waiting(filler.waiting)
        report.put_s += time.perf_counter() - clock
        report.problem_count += len(problems)
        report.problems += problems[: max(0, _MAX_PROBLEMS - len(report.problems))]
        if isinstance(place.opener, StoreCopy) and not any(one.is_damage for one in problems):
            self._read_there[facts.key] = place.opener.store

    def _say(self, *, force: bool) -> None:
        now = time.monotonic()
        if self._on_progress is None or (not force and now - self._said < _SAY_EVERY_S):
            return
        self._said = now
        self._on_progress(
            RebuildProgress(
                files=self._report.files,
                files_done=self._files_done,
                size=self._report.size,
                size_done=self._size_done,
                size_before=self._size_before,
                records=self._report.records,
                elapsed_s=now - self._began,
            )
        )

    # --- the end

    def _finish(self, catalogue: Catalogue, places: dict[str, WarcPlace]) -> None:
        """Derive rows that no record tells, and take over what no file tells."""
        report = self._report
        sizes: dict[str, int] = {}
        ours: set[str] = set()
        for file in catalogue.ledger.files():
            crawl_id = crawl_of(file.key)
            sizes[crawl_id] = sizes.get(crawl_id, 0) + file.size
            if is_ours(file.key):
                ours.add(crawl_id)
        for crawl in catalogue.crawls(limit=1 << 40):
            if crawl.state is CrawlState.RUNNING:
                row = derived_row(
                    catalogue, crawl, is_ours=crawl.id in ours, warc_bytes=sizes.get(crawl.id, 0)
                )
                with catalogue.write() as batch:
                    batch.put_crawl(row)
        if self._catalogue_path.exists():
            try:
                report.carried = catalogue.carry_over(self._catalogue_path)
                with Catalogue.open(self._catalogue_path) as old:
                    known = {file.key for file in old.ledger.files()}
                    # On a new machine `store add` made it.
                    self._keeps_before = bool(known or old.sources() or old.crawls(limit=1))
                report.missing = sorted({*report.missing, *(known - set(places))})
            except MandegarError as error:
                report.not_carried = str(error).removesuffix(MADE_ANEW)
        for crawl in catalogue.crawls(limit=1 << 40):
            if crawl.state is CrawlState.INTERRUPTED:
                with catalogue.write() as batch:
                    batch.frontier_release(crawl.id)
                if not any(catalogue.frontier_counts(crawl.id).values()):
                    report.without_frontier.append(crawl.id)

    def _note_manifests(self, catalogue: Catalogue) -> None:
        """Note the chains of manifests; a file that one names and that lies nowhere is missing."""
        report = self._report
        for name in ("", *store_names(self._path)):
            try:
                note_chain(catalogue, self._path, open_store_of(self._path, name) if name else None)
            except MandegarError as error:
                report.chains.append((name or "(archive)", str(error)))
        unread = {key for key, _ in report.unreadable}
        named = {file.key for file in catalogue.ledger.files() if not file.is_indexed}
        report.missing = sorted({*report.missing, *(named - unread)})

    def _check(self, catalogue: Catalogue) -> None:
        faults = catalogue.check()
        if faults:
            raise StoreError(
                f"the catalogue made anew is not sound ({faults[0]}): the disk or the memory of this machine "
                "fails; nothing was put in place, and the catalogue that was there is as it was"
            )


class _UnreadableError(Exception):
    """A file could not be read; the cause says why."""

    @property
    def state(self) -> CopyState | None:
        """What this copy is, as far as the cause tells."""
        if isinstance(self.__cause__, ObjectMissingError):
            return CopyState.MISSING
        if isinstance(self.__cause__, ObjectDiffersError | DamagedArchiveError):
            return CopyState.DAMAGED
        return None


def _next_part(parts: Parts, facts: WarcFacts) -> Part:
    try:
        found = next(parts, None)
    except (OSError, StoreError) as error:
        raise _UnreadableError from error
    if found is None or found[1].key != facts.key:
        raise _UnreadableError from StoreError("it ends before its size")
    return found[2]
