"""Crawls of a real site, killed again and again at moments drawn from a seed, until the site is done.

A moment is a call of a stage (before it, in its middle, after it) or a time. Which call of which stage comes
with the seed and the number of the kill; which page is then under way does not: threads and sockets have
their own order. After each kill, and at the end, the checks of ``checks.py`` hold.
"""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from servers import small_site
from servers.crawl_process import PATIENCE_S, Ended, Running
from servers.s3_server import S3

from torture import crawling
from torture.checks import (
    Acknowledged,
    ClosedFiles,
    acknowledged,
    assert_alone,
    assert_captured,
    assert_closed,
    assert_fetched_for_a_reason,
    assert_readable,
    assert_same_content,
    captured_urls,
    content,
)
from torture.shim import Kill, Shim, Stage, When
from torture.stores import Copies

AT_ANY_TIME = "time"
STAGES: tuple[Stage | str, ...] = (
    Stage.FETCH,
    Stage.WRITE,
    Stage.SYNC,
    Stage.ROTATE,
    Stage.UPLOAD,
    Stage.CATALOGUE,
    Stage.INDEX,
    AT_ANY_TIME,
)
POSTS = 40
WARC_MB = "0.06"
SETTLE_EVERY_S = "0.15"


@dataclass(frozen=True)
class KillAfter:
    """SIGKILL from outside after so many seconds."""

    seconds: float
    whole: bool

    def __str__(self) -> str:
        return f"{'all processes' if self.whole else 'the crawl'} killed after {self.seconds:.3f} s"


@dataclass
class Figures:
    """What a torture came to."""

    kills: Counter[str] = field(default_factory=Counter)
    """By stage."""
    missed: int = 0
    """Runs that were over before their moment came."""
    rounds: int = 0
    """Sites that were crawled to their end."""
    runs: int = 0
    captures: int = 0
    """Acknowledged captures read back with their digest, at the end of each round."""
    files: int = 0
    records: int = 0
    """Of closed WARC files, each valid for three validators."""
    requests: int = 0
    again: int = 0
    """Requests that the kills explain."""
    seconds: float = 0.0

    def lines(self) -> Iterator[str]:
        by_stage = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
        yield f"{self.kills.total()} kills in {self.runs} runs and {self.rounds} archives: {by_stage}"
        yield "every closed file verified in its stores, none of them there in part"
        yield f"{self.captures:,} acknowledged captures, none lost; each read back with its digest"
        yield f"{self.records:,} records in {self.files:,} files, none invalid (ours, warcio, fastwarc)"
        yield f"{self.requests:,} requests, {self.again:,} of them again, each explained by a kill"
        yield f"{self.seconds:.0f} s"


@dataclass(frozen=True)
class Undisturbed:
    """A site, and what a crawl of it brings when nobody kills it."""

    site: small_site.Site
    url: str
    content: dict[str, object]
    captured: set[str]
    asked: Counter[str]
    calls: dict[Stage, int]
    seconds: float
    s3: S3 | None = None


@contextmanager
def undisturbed(
    workplace: Path, posts: int = POSTS, *, copied: bool = False, s3: S3 | None = None
) -> Iterator[Undisturbed]:
    """Serve a site and crawl it once; ``copied``: its files go into stores."""
    site = small_site.wordpress(posts, {post: post % 7 for post in range(1, posts, 3)})
    with site.serving() as url:
        archive = workplace / "undisturbed"
        copies = Copies(archive, s3) if copied else None
        shim = _shim(workplace, archive, copies)
        begun = time.monotonic()
        ended = start(archive, url, shim).end()
        assert ended.code == 0, ended
        files = ClosedFiles(archive)
        files.check()
        assert len(files) > 1, "the crawl is to rotate its files"
        yield Undisturbed(
            site=site,
            url=url,
            content=content(archive),
            captured=captured_urls(archive),
            asked=Counter(site.asked),
            calls=shim.calls,
            seconds=time.monotonic() - begun,
            s3=s3,
        )


def _shim(workplace: Path, archive: Path, copies: Copies | None, plan: Kill | None = None) -> Shim:
    stores = [] if copies is None else [copies.folder]
    return Shim(workplace, archive, stores=stores, s3_ports=() if copies is None else copies.ports, plan=plan)


def start(archive: Path, url: str, shim: Shim) -> Running:
    """Start a crawl as a person does, but for ``crawling.py``."""
    return Running(
        archive,
        *("crawl", url, "--json", "--delay", "0"),
        *("-s", "MANDEGAR_READERS=1", "-s", f"MANDEGAR_WARC_MAX_MB={WARC_MB}"),
        environment={crawling.SETTLE_EVERY_S: SETTLE_EVERY_S, **shim.environment},
        program=crawling.PROGRAM,
    )


def draw(seed: int, number: int, calls: dict[Stage, int], seconds: float) -> Kill | KillAfter:
    """Return the ``number``-th moment of a seed; earlier calls are likelier, so that a crawl takes many."""
    chance = random.Random(f"{seed}/{number}")
    stage = STAGES[number % len(STAGES)]
    whole = chance.random() < 0.3
    share = chance.random() ** 2
    if not isinstance(stage, Stage):
        return KillAfter(share * seconds, whole)
    return Kill(stage, 1 + int(share * 0.5 * calls[stage]), chance.choice(list(When)), whole)


class Round:
    """One archive, from nothing to the end of its crawl."""

    def __init__(self, workplace: Path, archive: Path, whole: Undisturbed, figures: Figures) -> None:
        self._workplace = workplace
        self._archive = archive
        self._whole = whole
        self._figures = figures
        self._copies = Copies(archive, whole.s3)
        self._files = ClosedFiles(archive)
        self._known = Acknowledged()
        self._asked: Counter[str] = Counter()
        whole.site.asked.clear()

    def run(self, moment: Kill | KillAfter | None) -> bool:
        """Let the crawl run into its kill; return whether it came to its end before."""
        plan = moment if isinstance(moment, Kill) else None
        shim = _shim(self._workplace, self._archive, self._copies, plan)
        running = start(self._archive, self._whole.url, shim)
        self._figures.runs += 1
        ended = _wait(running, moment)
        if ended.code == -signal.SIGKILL:
            self._figures.kills[AT_ANY_TIME if shim.struck is None else shim.struck.name.lower()] += 1
        else:
            assert ended.code == 0, f"exit code {ended.code}\n{ended.stdout}\n{ended.stderr}"
            self._figures.missed += moment is not None
        self._check()
        return ended.code == 0

    def _check(self) -> None:
        self._whole.site.quiet()
        asked = Counter(self._whole.site.asked)
        self._whole.site.asked.clear()
        self._figures.requests += asked.total()
        self._figures.again += assert_fetched_for_a_reason(
            asked, self._asked, self._known, self._whole.asked, self._whole.url
        )
        self._asked += asked
        now = acknowledged(self._archive)
        self._known.assert_kept_by(now)
        assert_readable(self._archive, now)
        self._files.check()
        self._copies.assert_whole()
        self._known = now

    def finish(self) -> None:
        """Check what must hold when the site is done."""
        assert_closed(self._archive)
        self._copies.assert_complete()
        assert_same_content(content(self._archive), self._whole.content)
        assert_captured(self._archive, self._whole.captured)
        self._figures.rounds += 1
        self._figures.captures += len(self._known.captures)
        self._figures.files += len(self._files)
        self._figures.records += self._files.records


def _wait(running: Running, moment: Kill | KillAfter | None) -> Ended:
    process = running.process
    if isinstance(moment, KillAfter):
        until = time.monotonic() + moment.seconds
        while process.poll() is None and time.monotonic() < until:
            time.sleep(0.002)
        if process.poll() is None:
            if moment.whole:
                running.kill_all()
            else:
                process.kill()
    try:
        process.wait(PATIENCE_S)
        assert_alone(process.pid)
    except BaseException:
        running.kill_all()
        raise
    finally:
        ended = running.end()
    return ended


def torture(
    workplace: Path,
    *,
    kills: int,
    seed: int,
    posts: int = POSTS,
    s3: S3 | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Figures:
    """Kill crawls until ``kills`` is reached and the last one is done; ``AssertionError`` names the seed."""
    figures = Figures()
    begun = time.monotonic()
    number = 0
    with undisturbed(workplace, posts, copied=True, s3=s3) as whole:
        tell(f"undisturbed: {whole.asked.total()} requests in {whole.seconds:.1f} s, calls {whole.calls}")
        while figures.kills.total() < kills:
            archive = workplace / f"archive-{figures.rounds}"
            one = Round(workplace, archive, whole, figures)
            done = False
            while not done:
                moment = draw(seed, number, whole.calls, whole.seconds)
                if figures.kills.total() >= kills:
                    moment = None
                try:
                    done = one.run(moment)
                    if done:
                        one.finish()
                except AssertionError as error:
                    raise AssertionError(
                        f"seed {seed}, kill {number} ({moment}), archive kept in {archive}: {error}"
                    ) from error
                tell(f"{number:4}  {moment or 'no kill'}{'; the site is done' if done else ''}")
                number += 1
            shutil.rmtree(archive)
            shutil.rmtree(archive.with_name(f"{archive.name}-store"))
    figures.seconds = time.monotonic() - begun
    return figures
