"""Running one crawl from beginning to end: what the command line and, later, schedules call."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from crawler import settings as project_settings
from crawler.attached import attach
from crawler.beginning import begin_recording
from crawler.config import CrawlConfig
from crawler.logs import LogFile
from crawler.reachability import read_reachability
from crawler.wire.guard import is_private_host
from crawler.wireconfig import WireSettings
from model import Crawl, CrawlState, NotASiteError, Source
from spiders import NewsSpider

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archive import Archive
    from crawler.progress import Progress

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlOptions:
    """What a person may say about one run, beside the source."""

    max_pages: int | None = None
    delay_s: float | None = None
    fresh: bool = False
    """Begin anew even when a crawl of the source was interrupted."""
    twice: int = 0
    """Fetch so many articles twice more at the end, to learn what flickers."""
    contact_url: str = ""
    operator: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    """Further Scrapy settings, as ``-s NAME=VALUE`` gives them."""


def run_crawl(
    archive: Archive,
    source: Source,
    *,
    options: CrawlOptions | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    on_note: Callable[[str], None] | None = None,
    log_path: Path | None = None,
) -> Crawl:
    """Crawl a source into an archive that was opened exclusively; return how it ended.

    ``on_note`` is told, from any thread, what a person should know of the copies that are made while it runs.

    Blocks until the crawl ends; SIGINT and SIGTERM end it cleanly (state ``INTERRUPTED``). Once per
    process: Twisted's reactor cannot be started twice. Errors: ``NotASiteError`` when there was nothing
    to crawl, ``StoreError`` when the archive could not be written.
    """
    chosen = crawl_settings(source, options or CrawlOptions(), archive.path)
    _log_to(log_path, chosen)
    # Scrapy only logs what is wrong with a download handler's settings, and crawls without one.
    WireSettings.from_settings(chosen, source).make_guard()
    # Else it would be said when the first request fails, in the middle of the crawl.
    read_reachability(archive.path / "mandegar.toml")
    process = AsyncCrawlerProcess(chosen)
    crawler = process.create_crawler(NewsSpider)
    recording = begin_recording(archive, source, CrawlConfig.from_settings(chosen))
    recording.on_progress = on_progress
    recording.on_note = on_note
    attach(crawler, recording)
    process.crawl(crawler, source=source, max_pages=(options or CrawlOptions()).max_pages)
    try:
        process.start()
    finally:
        if recording.copying is not None:
            # A second SIGINT ends the event loop before the crawl's end could do it.
            recording.copying.stop()
    if recording.broken is not None:
        raise recording.broken
    ended = recording.crawl
    if ended.state is CrawlState.RUNNING:
        # The event loop was stopped before the crawl: a second SIGINT.
        ended = recording.finish_at_once("stopped at once")
        if recording.broken is not None:
            raise recording.broken
    if ended.state is CrawlState.FAILED:
        raise NotASiteError(source.origin, ended.note)
    if recording.unreached and not recording.ending:
        raise NotASiteError(source.origin, f"{ended.note}; what the last run left to do is kept for the next")
    return ended


def crawl_settings(source: Source, options: CrawlOptions, archive: Path) -> Settings:
    """Return Scrapy's settings for a crawl: the project's, the source's, then the person's."""
    chosen = Settings()
    chosen.setmodule(project_settings, priority="project")
    values: dict[str, Any] = {
        "MANDEGAR_ARCHIVE": str(archive),
        "ROBOTSTXT_OBEY": source.obey_robots,
        # Our log is a file, so that the terminal belongs to the progress line.
        "LOG_INSTALL_ROOT_HANDLER": False,
    }
    if options.contact_url:
        values["MANDEGAR_CONTACT_URL"] = options.contact_url
    if options.operator:
        values["MANDEGAR_OPERATOR"] = options.operator
    if options.twice:
        values["MANDEGAR_TWICE"] = options.twice
    if options.fresh:
        values["MANDEGAR_FRESH"] = True
    delay = options.delay_s if options.delay_s is not None else source.delay_s
    if delay is not None:
        values["DOWNLOAD_DELAY"] = delay
    elif (host := _own_host(source.origin)) is not None:
        # Nobody else's server: only what it links to elsewhere is spared.
        values["DOWNLOAD_SLOTS"] = {host: {"delay": 0.0, "jitter": 0.0}}
    chosen.setdict(values, priority="cmdline")
    chosen.setdict(dict(options.settings), priority="cmdline")
    return chosen


def _own_host(url: str) -> str | None:
    """Return the host of a URL as Scrapy names its slot, when it is an address of this machine or network."""
    host = urlsplit(url).hostname or ""
    return host if is_private_host(host) else None


def _log_to(path: Path | None, chosen: Settings) -> None:
    """Log to a file, so that the terminal belongs to the progress line; never the root's handlers twice."""
    if path is None:
        return
    path.touch(mode=0o600)
    handler = LogFile(path, encoding="utf-8")
    handler.setLevel(chosen["LOG_LEVEL"])
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(chosen["LOG_LEVEL"])
