"""Ties a recording to the life of Scrapy's crawl: readers, settlements, progress, the end."""

from __future__ import annotations

import asyncio
import gc
import logging
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.exceptions import DontCloseSpider

from crawler.attached import recording_of
from crawler.config import CrawlConfig
from crawler.copying import Copying
from crawler.judging import Judging
from crawler.reading import ReaderPool
from crawler.reasons import why_nothing
from crawler.requests import CrawlEndsError
from crawler.ways import Ways
from model import CrawlState, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from typing import Self

    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

# Seconds between two settlements: what a crash can cost is fetched again, so a second is cheap, and one
# fsync a second is nothing to a disk.
SETTLE_EVERY_S = 1.0
# Known articles looked at in one step when everything else is done: a row of the catalogue each.
KNOWN_AT_ONCE = 500
# New objects between two runs of the cycle collector. Scrapy makes thousands of short-lived objects a page
# and few cycles; Python's 700 spent a tenth of a crawl's CPU time looking through them. 5,000 costs as little
# as 100,000 does, which let a hundred megabytes of parsed pages wait for it (benchmarks/crawl/engine.py).
COLLECT_AFTER = 5_000


class ArchiveExtension:
    """Ties a recording to the life of a crawl: readers, settlements, progress, the end."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._recording = recording_of(crawler)
        config = CrawlConfig.from_settings(crawler.settings)
        self._pool = ReaderPool(workers=config.readers, timeout_s=config.read_timeout_s)
        self._copying = Copying(self._recording.archive, self._note)
        self._recording.copying = self._copying
        self._recording.ways = Ways(self._recording, crawler.settings)
        self._recording.ways.on_offline_too_long = self._offline_too_long
        self._ticking: asyncio.Task[None] | None = None
        self._waiting: asyncio.Task[None] | None = None
        self._known = 0
        self._more_known = True
        self._twice = config.twice
        self._is_judged = False

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Connect to the crawl's signals."""
        self = cls(crawler)
        crawler.signals.connect(self._opened, signals.spider_opened)
        crawler.signals.connect(self._idle, signals.spider_idle)
        crawler.signals.connect(self._own_error, signals.item_error)
        crawler.signals.connect(self._own_error, signals.spider_error)
        crawler.signals.connect(self._closed, signals.spider_closed)
        return self

    async def _opened(self, spider: Spider) -> None:
        spider.reader = self._pool.reader(self._recording)  # type: ignore[attr-defined]
        self._recording.on_broken = self._stop
        # Before the first request: a crawl that starts with too little room starts paused.
        self._recording.pause.look()
        await self._copying.begin()
        # What is loaded by now lives as long as the process: it need not be looked through again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(COLLECT_AFTER, 10, 5)
        self._ticking = asyncio.get_running_loop().create_task(self._tick())

    def _own_error(self, response: Response | None) -> None:
        """Count a bug of ours, or of a spider: Scrapy only logs it, and what was read is lost."""
        if self._recording.broken is None:
            url = response.url if response is not None else ""
            self._recording.count_failure("own_error", url, "its traceback is in the log")

    def _idle(self, spider: Spider) -> None:
        """Ask for known articles, for some twice, then wait for failed requests whose time comes soon."""
        if self._recording.ending:
            return
        self._ask_for_known(spider)
        if self._waiting is not None and not self._waiting.done():
            raise DontCloseSpider
        if self._twice:
            self._waiting = asyncio.get_running_loop().create_task(self._ask_twice(spider))
            raise DontCloseSpider
        if self._recording.tries.may_wait or not self._is_judged:
            self._waiting = asyncio.get_running_loop().create_task(self._wait_for_tries())
            raise DontCloseSpider

    async def _wait_for_tries(self) -> None:
        """Send the first of the failed requests when its time has come, or end the crawl.

        Scrapy itself looks for requests every five seconds only.
        """
        engine, recording = self._crawler.engine, self._recording
        while engine.spider_is_idle() and self._crawler.crawling and not recording.ending:
            # So that the catalogue knows of all failures.
            await recording.settle()
            wait_s = recording.tries.next_s()
            if wait_s is None:
                await self._judge()
                if engine.spider_is_idle():
                    await engine.close_spider_async(reason="finished")
                return
            await asyncio.sleep(min(wait_s, 1.0))
            if wait_s <= 1.0 and (request := recording.take_request()) is not None:
                engine.crawl(request)
                return

    async def _judge(self) -> None:
        """Judge what became of articles; a fault of ours in it ends no crawl."""
        if self._is_judged:
            return
        self._is_judged = True
        try:
            await Judging(self._crawler, self._recording, self._pool).run()
        except (CrawlEndsError, StoreError):
            return  # the next run judges what this one did not
        except Exception:
            logger.exception("judging failed")
            self._recording.count_failure("own_error", self._recording.source.origin, "judging failed")

    def _ask_for_known(self, spider: Spider) -> None:
        """Ask again for articles of earlier crawls that nothing led to in this one.

        What was taken down is exactly what no list names any more: without this its end is never seen.
        """
        ask: Callable[[Iterable[tuple[str, datetime | None]]], Iterable[Request]] | None = getattr(
            spider, "known", None
        )
        engine = self._crawler.engine
        if ask is None:
            return
        while self._more_known:
            unseen, self._more_known = self._recording.unseen_articles(self._known, KNOWN_AT_ONCE)
            self._known += KNOWN_AT_ONCE
            requests = [*ask((one.url, one.published_at) for one in unseen)]
            for request in requests:
                engine.crawl(request)
            if requests:
                raise DontCloseSpider

    async def _ask_twice(self, spider: Spider) -> None:
        """Ask for some of the articles that this crawl read twice more; where it read none, go on."""
        ask: Callable[[Iterable[str]], Iterable[Request]] | None = getattr(spider, "twice", None)
        most, self._twice = self._twice, 0
        # So that the catalogue knows of all articles.
        await self._recording.settle()
        requests = [*ask(self._recording.articles_read(most))] if ask is not None else []
        for request in requests:
            self._crawler.engine.crawl(request)
        if not requests:
            await self._wait_for_tries()

    def _offline_too_long(self) -> None:
        self._recording.ending = True
        reason = "our own network stayed down; the next run goes on"
        asyncio.get_running_loop().create_task(self._crawler.engine.close_spider_async(reason=reason))

    def _stop(self, error: StoreError) -> None:
        self._recording.ending = True
        asyncio.get_running_loop().create_task(self._crawler.engine.close_spider_async(reason="store_broken"))

    async def _tick(self) -> None:
        while True:
            await self._recording.due(SETTLE_EVERY_S)
            if not self._crawler.crawling:
                # Somebody asked Scrapy to stop: what waits its turn is left to the next run.
                self._recording.ending = True
            try:
                await self._recording.settle()
                # After the settlement: whoever waits for either need not wait another second.
                self._recording.pause.look()
                if self._recording.on_progress is not None:
                    self._recording.on_progress(self._recording.progress())
            except StoreError as error:
                self._recording.give_up(error)
            except Exception:
                # A crawl that cannot settle must not go on as if it could.
                logger.exception("settling failed")
                self._recording.give_up(StoreError("the crawl could not be settled; its log says why"))

    def _note(self, message: str) -> None:
        """Tell a person, from any thread, what concerns the copies."""
        logger.warning("%s", message)
        if self._recording.on_note is not None:
            self._recording.on_note(message)

    async def _closed(self, spider: Spider, reason: str) -> None:
        try:
            await self._end(spider, reason)
        finally:
            # Who asked for the end does not wait for copies.
            await self._copying.finish(lambda: self._crawler.crawling and reason == "finished")

    async def _end(self, spider: Spider, reason: str) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
        self._pool.close()
        await self._recording.ways.close()
        recording = self._recording
        if reason != "finished":
            await recording.finish(CrawlState.INTERRUPTED, reason)
            return
        stats = self._crawler.stats.get_stats() if self._crawler.stats is not None else {}
        if recording.unreached:
            state = CrawlState.INTERRUPTED
        elif recording.crawl_row().articles or stats.get("news/pages", 0):
            state = CrawlState.FINISHED
        else:
            # Another spider than ours notes nothing: any answer will do.
            ours = hasattr(spider, "known")
            state = CrawlState.FINISHED if recording.answers and not ours else CrawlState.FAILED
        why = (
            ""
            if state is CrawlState.FINISHED
            else why_nothing(recording.seed_failure, stats.get("news/seed", ""))
        )
        await recording.finish(state, why)
