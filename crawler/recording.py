"""A crawl's way into the archive, as Scrapy's components see it: the one seam that knows both.

``crawler/attached.py`` says where they find it. The download handler gives it exchanges and
failures, the scheduler asks it for requests, the item pipeline gives it what was read; once a second it
makes all that last, off the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from crawler.ending import end_recording
from crawler.hosts import Hosts
from crawler.kept import KeptPages
from crawler.requests import CrawlEndsError, role_of
from crawler.tally import Tally
from model import (
    Crawl,
    CrawlState,
    PageRole,
    Source,
    StoreError,
    StoreFullError,
)
from spiders import priorities

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scrapy import Request

    from archive import Archive, Recorder, Settled
    from archive.catalogue import ArticleSummary, ConnectionRow, FrontierRow
    from archive.recorder import Gathered
    from crawler.copying import Copying
    from crawler.learned import ReadWith
    from crawler.pausing import Pause
    from crawler.progress import Progress
    from crawler.reading import PageResult
    from crawler.trying import Tries
    from crawler.ways import Ways
    from model import Capture, ConnectionVerdict, Exchange, Observation, Survey
    from spiders import ArticleItem, ThreadItem

logger = logging.getLogger(__name__)

# A lease outlives what waits in memory: 64 rows at the longest crawl-delay, with retries, take hours. A dead
# process's rows need no lease to run out: they are fresh again when its crawl is resumed.
LEASE_TIME = timedelta(hours=24)
# Bytes of WARC after which a settlement does not wait for its second, and those after which requests wait for
# a settlement: a disk slower than the network must not let what is not safe yet pile up in memory.
SETTLE_BYTES = 16 << 20
MOST_UNSETTLED = 64 << 20

Written = TypeVar("Written")


class Recording:
    """One crawl being written into an archive."""

    def __init__(
        self,
        *,
        archive: Archive,
        recorder: Recorder,
        crawl: Crawl,
        source: Source,
        resumed: bool,
        requisites_fresh_s: float,
        pause: Pause,
        tries: Tries,
        learned: ReadWith,
    ) -> None:
        self.archive = archive
        self.source = source
        self.crawl = crawl
        self.resumed = resumed
        self.on_progress: Callable[[Progress], None] | None = None
        self.on_note: Callable[[str], None] | None = None
        """Told, from any thread, what a person should know of the copies."""
        self.copying: Copying | None = None
        self.on_broken: Callable[[StoreError], None] | None = None
        self.waiting_until = 0.0
        """``time.monotonic()`` until which a host holds us back; set by the politeness middleware."""
        self.hosts = Hosts(recorder)
        self.tries = tries
        self.was_away = False
        """A mirror stood in for the site at some time of this run."""
        self.ways: Ways
        """What is known of the way to the source; set when the crawl's settings are known."""
        self.take_request: Callable[[], Request | None] = lambda: None
        """Gives the next request to send; set by the scheduler."""
        self._recorder = recorder
        self._tally = Tally(crawl)
        counts = archive.catalogue.frontier_counts(crawl.id) if resumed else {}
        self._pending = counts.get("fresh", 0)
        self._found = sum(counts.values())
        self._done = counts.get("done", 0) + counts.get("failed", 0) - (tries.at_start if resumed else 0)
        self._settling = asyncio.Lock()
        self._named = False
        self._read: list[tuple[str, str | None]] = []
        self._requisites_fresh = timedelta(seconds=requisites_fresh_s)
        self._kept = KeptPages(source.name, learned.revision)
        self.learned = learned
        """What its pages are read with."""
        self._due = asyncio.Event()
        self.pause = pause
        """Whether requests wait for room on the disk."""
        if resumed:
            known = archive.catalogue.frontier_urls(crawl.id, priorities.ARTICLE)
            self._tally.articles_expected(known)
        self.seed_failure: Observation | None = None
        """Why the front page did not come, as the wire saw it."""
        self.broken: StoreError | None = None
        self.ending = False
        """True once nothing more is to be sent."""
        self._settling_thread = threading.Lock()
        self._at_end = False

    # --- from the download handler

    async def may_send(self) -> None:
        """Return when a request may go out; ``CrawlEndsError`` when the crawl ends before that."""
        self.go_on()
        while self.pause.why or self._recorder.unsettled_bytes > MOST_UNSETTLED:
            await self.pause.looked()
            self.go_on()

    async def exchange(self, exchange: Exchange, request: Request) -> Capture:
        """Append an exchange; its receipt is acknowledged with the next settlement."""
        role = role_of(request)
        capture = await self.when_there_is_room(lambda: self._recorder.exchange(exchange, role))
        self._tally.exchange(exchange, capture)
        return capture

    async def failure(self, observation: Observation, request: Request) -> None:
        """Append what an attempt showed that brought no response."""
        role = role_of(request)
        await self.when_there_is_room(lambda: self._recorder.failure(observation, role))
        if role is PageRole.SEED:
            self.seed_failure = observation

    async def when_there_is_room(self, write: Callable[[], Written]) -> Written:
        """Write something, however long it takes until there is room; then a crawl that ends says it is lost.

        The crawl ends, too, when it cannot be written for another reason: its page must not be noted as done.
        """
        while True:
            try:
                written = write()
            except StoreFullError as error:
                if not self._may_wait(error):
                    self.give_up(error)
                    raise
                self.pause.refused(error)
                await self.pause.looked()
            except StoreError as error:
                self.give_up(error)
                raise
            else:
                if self._recorder.unsettled_bytes > SETTLE_BYTES:
                    self._due.set()
                return written

    async def survey(self, survey: Survey, judge: Callable[[str], ConnectionVerdict]) -> ConnectionRow:
        """Append what was seen of a connection, and what is judged of it."""
        return await self.when_there_is_room(lambda: self._recorder.survey(survey, judge))

    async def write(self, write: Callable[[Recorder], object]) -> None:
        """Append what was made beside exchanges, as :meth:`when_there_is_room` does."""
        await self.when_there_is_room(lambda: write(self._recorder))

    # --- from the pipeline and the middlewares

    def keep_page(self, capture: Capture, page: PageResult) -> None:
        """Keep what a worker made of a capture beside its nouns, until its items come."""
        self._kept.keep(capture, page)

    async def article_read(self, item: ArticleItem) -> None:
        """Append an article that a spider read; one without a capture has no place in an archive."""
        read = self._kept.article(item)
        if read is None:
            return
        await self.when_there_is_room(lambda: self._recorder.article(read, item.extractor))
        self._tally.article(item, read.capture.url)
        if not self.source.title and item.article.site_name:
            # What the site calls itself serves people better than a name made from its host.
            self.source = replace(self.source, title=item.article.site_name)
            self._named = True

    async def thread_read(self, item: ThreadItem) -> None:
        """Append comments that a spider read; each is counted once however many documents show it."""
        self._tally.thread(item)
        read = self._kept.thread(item)
        if read is not None and self.was_away:
            # What a mirror lacks is not gone: no thread of such a run is whole.
            read = replace(read, complete=False)
        if read is not None:
            await self.when_there_is_room(lambda: self._recorder.thread(read))

    def count_failure(self, kind: str, url: str, detail: str) -> None:
        """Count something that went wrong beside the wire: an unreadable page, a redirect loop."""
        self._tally.failures[kind] += 1
        logger.info("%s: %s (%s)", kind, url, detail)

    # --- the frontier

    def is_fresh(self, url: str) -> bool:
        """Whether what a page needs was fetched well, and so lately that it need not be fetched again."""
        latest = self.archive.catalogue.latest_capture(url)
        if latest is None or latest.status != HTTPStatus.OK or latest.truncated is not None:
            return False
        if latest.mime == "text/css" and latest.captured_at >= self.crawl.started_at:
            # Whether what it imports and shows was asked for, too, only its own row can tell: a power cut may
            # have left the capture without it.
            return False
        return datetime.now(UTC) - latest.captured_at < self._requisites_fresh

    def pending_requests(self) -> int:
        """Return how many requests wait in the frontier or are about to."""
        return self._pending + self._recorder.unstored_requests

    def request_found(self, row: FrontierRow) -> None:
        """Gather a request for the frontier."""
        self._recorder.request_found(row)
        if row.priority == priorities.ARTICLE:
            self._tally.articles_expected([row.url])

    def redirected(self, url: str, target: str) -> None:
        """Note that an address leads to another: an article expected at the one is expected there."""
        self._tally.redirected(url, target)

    def lease_requests(self, limit: int) -> Sequence[FrontierRow]:
        """Return the most urgent requests, leased to this process."""
        try:
            rows, new, revived = self._recorder.lease(limit, datetime.now(UTC) + LEASE_TIME)
        except StoreError as error:
            # Raised further it would end Scrapy's engine without a word. What was found stays gathered.
            if isinstance(error, StoreFullError) and self._may_wait(error):
                self.pause.refused(error)
            else:
                self.give_up(error)
            return ()
        self._count_found(new)
        self._pending = self._pending + revived - len(rows) if rows else 0
        return rows

    def request_read(self, key: str, record_id: str | None = None) -> None:
        """Note that the callback of a request has ended; it is done with the settlement after the next.

        The last of what the callback yielded still waits in Scrapy then: settled at once, a crash before
        the next settlement would forget it. Comments that were read from the capture ``record_id`` keep it
        waiting for their article.
        """
        self._read.append((key, record_id))

    def request_done(self, key: str, record_id: str | None = None) -> None:
        """Gather that a request needs nothing more."""
        if self.broken is not None:
            return  # what it brought may not have been written: the next run asks again
        self._done += 1
        self._recorder.request_done(key, record_id)

    def request_failed(
        self, key: str, reason: str, again_in_s: float | None = None, *, is_seed: bool = False
    ) -> None:
        """Gather that a request failed: it is given up, or tried ``again_in_s`` seconds from now."""
        if self.broken is not None:
            return  # it was the disk that failed, not the request
        if self.unreached and not (is_seed and again_in_s is not None):
            # The site may be down: what waited since the last run goes on waiting, for one when it is not.
            return
        if again_in_s is None:
            self._done += 1
            self._recorder.request_failed(key, reason)
        else:
            self.tries.may_wait = True
            self._recorder.request_failed(key, reason, datetime.now(UTC) + timedelta(seconds=again_in_s))

    @property
    def unreached(self) -> bool:
        """Whether a crawl that goes on has had no answer from the site in this run."""
        return self.resumed and not self._tally.counts["answers"]

    @property
    def answers(self) -> int:
        """Answers of this run, those to robots.txt and for what pages need not counted."""
        return self._tally.counts["answers"]

    def go_on(self) -> None:
        """Return while requests may be sent; ``CrawlEndsError`` when the crawl is ending."""
        if self.ending:
            raise CrawlEndsError("the crawl ends")

    def unseen_articles(self, offset: int, limit: int) -> tuple[list[ArticleSummary], bool]:
        """Return articles of the source that earlier crawls brought and this one has not seen.

        They are looked for among ``limit`` of all its articles from ``offset`` on; the second value tells
        whether there are more. What this crawl read within the last second may be among them.
        """
        known = self.archive.catalogue.articles(self.source.name, limit=limit, offset=offset)
        begun = self.crawl.started_at
        return [one for one in known if one.last_seen_at < begun], len(known) == limit

    def articles_read(self, most: int) -> list[str]:
        """Return where the source has some of the articles that this crawl saw, the newest first."""
        catalogue = self.archive.catalogue
        known = catalogue.articles(self.source.name, limit=20 * most)
        seen = [one for one in known if one.last_seen_at >= self.crawl.started_at]
        latest = [catalogue.article(one.id).captures[-1] for one in seen[:most]]
        ways = catalogue.vias.of_all(one.record_id for one in latest)
        return [ways[one.record_id].canonical_url if one.record_id in ways else one.url for one in latest]

    def _count_found(self, new: int) -> None:
        self._found += new
        self._pending += new

    # --- making it last

    async def due(self, most_s: float) -> None:
        """Return when it is time to settle: after ``most_s`` seconds, or when much was written before."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._due.wait(), most_s)
        self._due.clear()

    async def settle(self) -> None:
        """Make all that was gathered last, off the event loop."""
        async with self._settling:
            gathered = self._recorder.cut()
            read, self._read = self._read, []
            for key, record_id in read:
                self.request_done(key, record_id)
            # Shielded: the thread goes on when its waiter is cancelled, and how it ended must be known.
            await asyncio.shield(self._settle(gathered, self.crawl_row()))

    async def _settle(self, gathered: Gathered, crawl: Crawl) -> None:
        try:
            settled = await asyncio.to_thread(self._settle_in_turn, gathered, crawl)
        except StoreError as error:
            if isinstance(error, StoreFullError) and self._may_wait(error):
                # The recorder settles it with what comes next.
                self.pause.refused(error)
            else:
                self.give_up(error)
            return
        self._count_found(settled.found)
        self._tally.counts["new_versions"] += settled.new_versions

    def _settle_in_turn(self, gathered: Gathered, crawl: Crawl) -> Settled:
        # Comments find their article only when it was settled before them.
        with self._settling_thread:
            return self._recorder.settle(gathered, crawl)

    def crawl_row(self) -> Crawl:
        """Return the crawl with its numbers as of now."""
        return self._tally.row(self.crawl, self._recorder.warc_bytes)

    async def finish(self, state: CrawlState, note: str) -> Crawl:
        """Settle the rest, close the WARC file and write how the crawl ended.

        No crawl is finished while a request was never sent, or while there is no room for what it brought: it
        is interrupted, and the next run goes on.
        """
        # No settlement comes after these: what finds no room must not be left to the next one.
        self._at_end = True
        await self.settle()
        # Once more, for what request_read() noted: all that was yielded is gathered by now.
        await self.settle()
        async with self._settling:
            if self.broken is not None:
                state, note = CrawlState.INTERRUPTED, str(self.broken)
            elif state is CrawlState.FINISHED and (
                left := self.archive.catalogue.frontier_counts(self.crawl.id)["fresh"]
            ):
                state, note = CrawlState.INTERRUPTED, f"requests left unsent: {left}"
                logger.error("the crawl ended with %s requests unsent; the next run sends them", left)
            elif state is not CrawlState.INTERRUPTED:
                # Not given up, but not there either.
                self._tally.failures.update(self.tries.counts())
            ended = replace(self.crawl_row(), state=state, note=note, ended_at=datetime.now(UTC))
            await asyncio.to_thread(self._end, ended)
        return self.crawl

    def finish_at_once(self, note: str) -> Crawl:
        """Do what :meth:`finish` does, without an event loop: it was stopped while the crawl ran."""
        try:
            settled = self._settle_in_turn(self._recorder.cut(), self.crawl_row())
            self._tally.counts["new_versions"] += settled.new_versions
        except StoreError as error:
            self.give_up(error)
        ended = replace(self.crawl_row(), state=CrawlState.INTERRUPTED, note=note, ended_at=datetime.now(UTC))
        # Whoever says «at once» does not wait for a manifest: the next crawl makes it.
        self._end(ended, seal=False)
        return self.crawl

    def _end(self, ended: Crawl, *, seal: bool = True) -> None:
        self.crawl = end_recording(
            self.archive,
            self._recorder,
            ended,
            source=self.source if self._named else None,
            seal=seal,
            give_up=self.give_up,
            on_note=self.on_note,
        )

    def _may_wait(self, error: StoreFullError) -> bool:
        """Whether to wait for room: when it may come, nothing is lost yet, and nobody waits for the end."""
        return error.may_pass and not (self._recorder.is_lost or self.ending or self._at_end or self.broken)

    def give_up(self, error: StoreError) -> None:
        """Say once that the store failed, and let the crawl end."""
        if self.broken is None:
            self.broken = error
            logger.error("%s", error)
            if self.on_broken is not None:
                self.on_broken(error)

    def progress(self) -> Progress:
        """Return the crawl's numbers for whoever watches."""
        return self._tally.progress(
            self.crawl_row(),
            found=self._found + self._recorder.unstored_requests,
            done=self._done,
            waiting_until=self.waiting_until,
            ending=self.ending and self.broken is None,
            paused=self.pause.why,
        )
