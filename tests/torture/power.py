"""The power cut: a crawl is recorded, then the disk is built as a cut at any moment leaves it (``disk.py``).

What was acknowledged by then is told from outside: while the crawl runs, another process' connection looks
at the catalogue again and again, and notes how long the log was *after* it looked. What it saw must survive
every cut from there on.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from archive import Archive
from torture.checks import (
    Acknowledged,
    ClosedFiles,
    acknowledged,
    assert_captured,
    assert_closed,
    assert_readable,
    assert_same_content,
    content,
)
from torture.disk import Disk, Form
from torture.kills import Undisturbed, start
from torture.shim import Change, Entry, Shim, read_log

LOOK_EVERY_S = 0.01


@dataclass(frozen=True)
class Seen:
    """What another connection saw of the catalogue before the log had so many bytes."""

    log_bytes: int
    captures: frozenset[str]
    done: frozenset[str]
    comments: frozenset[tuple[int, str]]
    sightings: frozenset[str]


class Watcher(threading.Thread):
    """Looks at a catalogue as a reader does, again and again."""

    def __init__(self, archive: Path, log: Path) -> None:
        super().__init__(daemon=True)
        self._path = archive / "catalogue.sqlite"
        self._log = log
        self._over = threading.Event()
        self.seen: list[Seen] = []

    def run(self) -> None:
        connection = None
        while not self._over.wait(LOOK_EVERY_S):
            if connection is None:
                # Not before the crawl has made the log of the catalogue: opened without one, SQLite makes it
                # for a reader, too, and the recording would not know whose file it is.
                if not self._path.with_name(f"{self._path.name}-wal").exists():
                    continue
                connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, isolation_level=None)
            # It is being made, or the crawl checkpoints and ends.
            with contextlib.suppress(sqlite3.OperationalError):
                self._look(connection)
        if connection is not None:
            connection.close()

    def _look(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN")
        try:
            rows = [
                connection.execute(query).fetchall()
                for query in (
                    "SELECT record_id FROM captures",
                    "SELECT key FROM frontier WHERE state = 'done'",
                    "SELECT article, key FROM comments",
                    "SELECT record_id FROM sightings",
                )
            ]
        finally:
            connection.execute("COMMIT")
        # Only now: what was seen was there before the log had this length.
        length = self._log.stat().st_size if self._log.exists() else 0
        captures, done, comments, sightings = rows
        self.seen.append(
            Seen(
                length,
                frozenset(one for (one,) in captures),
                frozenset(one for (one,) in done),
                frozenset(comments),
                frozenset(one for (one,) in sightings),
            )
        )

    def stop(self) -> None:
        self._over.set()
        self.join()


@dataclass(frozen=True)
class Recorded:
    """A crawl from beginning to end, as the disk saw it and as another connection did."""

    archive: Path
    entries: list[Entry]
    seen: list[Seen]
    whole: Undisturbed

    def seen_before(self, moment: int) -> Seen | None:
        """Return the last look whose sight must survive a cut before entry ``moment``."""
        length = self.entries[moment - 1].end if moment else 0
        number = bisect_right([one.log_bytes for one in self.seen], length)
        return self.seen[number - 1] if number else None


def recorded(workplace: Path, whole: Undisturbed) -> Recorded:
    """Crawl once more, recorded and watched."""
    archive, log = workplace / "recorded", workplace / "recorded.log"
    watcher = Watcher(archive, log)
    watcher.start()
    try:
        ended = start(archive, whole.url, Shim(workplace, archive, log=log)).end()
    finally:
        watcher.stop()
    assert ended.code == 0, ended
    made = Recorded(archive, list(read_log(log)), watcher.seen, whole)
    assert_log_is_whole(made, workplace)
    return made


def assert_log_is_whole(made: Recorded, workplace: Path) -> None:
    """Everything applied, nothing lost: the log alone makes the archive as it is, byte for byte."""
    disk = Disk(made.archive)
    for entry in made.entries:
        disk.apply(entry)
    target = workplace / "replayed"
    disk.write_to(target, Form.KEPT, random.Random(0))
    for path in made.archive.rglob("*"):
        if path.is_file() and not path.name.endswith("-shm"):
            other = target / path.relative_to(made.archive)
            assert other.read_bytes() == path.read_bytes(), f"the log does not tell all of {path.name}"
    shutil.rmtree(target)


@contextmanager
def cut(made: Recorded, workplace: Path, moment: int, form: Form, seed: int) -> Iterator[Path]:
    """Give the archive as it is when power goes before entry ``moment``; it is kept when a check fails."""
    disk = Disk(made.archive)
    for entry in made.entries[:moment]:
        disk.apply(entry)
    target = workplace / f"cut-{form.value}-{moment}"
    disk.write_to(target, form, random.Random(f"{seed}/{moment}/{form.value}"))
    yield target
    shutil.rmtree(target)


def check_after_cut(made: Recorded, archive: Path, moment: int) -> Acknowledged:
    """Open as the next crawl does: what was acknowledged is there, and every file is closed and valid."""
    seen = made.seen_before(moment)
    with Archive.open(archive, create=True, exclusive=True) as opened:
        faults = opened.catalogue.check()
        assert not faults, f"the catalogue is damaged: {faults}"
    found = acknowledged(archive)
    assert_closed(archive)
    ClosedFiles(archive).check()
    assert_readable(archive, found)
    if seen is not None:
        lost = seen.captures - set(found.captures)
        assert not lost, f"{len(lost)} captures that another connection saw are lost: {sorted(lost)[:5]}"
        lost = seen.done - {key for _, key in found.done}
        # A crawl that ended has no frontier any more.
        assert not lost or not found.going, f"{len(lost)} requests are no longer done"
        assert seen.sightings <= {record for _, record in found.sightings}, "sightings of articles are lost"
        assert len(seen.comments) <= len(found.comments), "comments are lost"
    return found


def check_going_on(made: Recorded, archive: Path, workplace: Path) -> None:
    """Let the crawl go on to its end: it brings what an undisturbed one does."""
    ended = start(archive, made.whole.url, Shim(workplace, archive)).end()
    assert ended.code == 0, ended
    assert_closed(archive)
    ClosedFiles(archive).check()
    assert_same_content(content(archive), made.whole.content)
    assert_captured(archive, made.whole.captured)


def moments(made: Recorded, count: int, seed: int) -> list[int]:
    """Return cuts spread over the log by the seed, half of them beside a sync, a rename or a new name."""
    chance = random.Random(seed)
    edges = [
        number + chance.randint(0, 1)
        for number, entry in enumerate(made.entries)
        if entry.change not in {Change.DATA, Change.SIZE}
    ]
    return sorted(
        chance.choice(edges) if number % 2 else chance.randint(0, len(made.entries))
        for number in range(count)
    )


@dataclass
class CutFigures:
    cuts: int = 0
    gone_on: int = 0
    captures: int = 0
    """Seen from outside before the cut, and there after it: summed over all cuts."""
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        yield (
            f"{self.cuts} power cuts (forms A and B), {self.gone_on} of them crawled on to the end: "
            f"{self.captures:,} acknowledged captures looked for, {len(self.failures)} cuts with a fault"
        )
        yield from self.failures
        yield f"{self.seconds:.0f} s"


def torture(
    workplace: Path,
    whole: Undisturbed,
    *,
    cuts: int,
    seed: int,
    go_on_every: int = 10,
    tell: Callable[[str], None] = lambda _: None,
) -> CutFigures:
    """Cut power at ``cuts`` moments in turn of both forms; every fault is told with how to see it again."""
    begun = time.monotonic()
    figures = CutFigures()
    made = recorded(workplace, whole)
    tell(f"recorded: {len(made.entries)} changes, seen {len(made.seen)} times from outside")
    for number, moment in enumerate(moments(made, cuts, seed)):
        form = Form.LOST if number % 2 else Form.SOME
        try:
            with cut(made, workplace, moment, form, seed) as archive:
                check_after_cut(made, archive, moment)
                seen = made.seen_before(moment)
                figures.captures += len(seen.captures) if seen else 0
                if number % go_on_every == go_on_every - 1:
                    check_going_on(made, archive, workplace)
                    figures.gone_on += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
            near = made.entries[moment - 1] if moment else None
            where = f"{near.change.name} {near.path}" if near else "the beginning"
            figures.failures.append(
                f"seed {seed}, cut {moment} of {len(made.entries)}, form {form.value}, after {where}: "
                f"{type(error).__name__}: {error}"
            )
            tell(figures.failures[-1])
        figures.cuts += 1
    figures.seconds = time.monotonic() - begun
    return figures
