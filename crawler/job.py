"""Running one crawl from beginning to end: what the command line and, later, schedules call."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from crawler import settings as project_settings
from crawler.config import CrawlConfig
from crawler.recording import Recording, attach
from model import Crawl, CrawlState, FailureKind, NotASiteError, Observation, Source
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
    log_path: Path | None = None,
) -> Crawl:
    """Crawl a source into an archive that was opened exclusively; return how it ended.

    Blocks until the crawl ends; SIGINT and SIGTERM end it cleanly (state ``INTERRUPTED``). Once per
    process: Twisted's reactor cannot be started twice. Errors: ``NotASiteError`` when there was nothing
    to crawl, ``StoreError`` when the archive could not be written.
    """
    chosen = crawl_settings(source, options or CrawlOptions(), archive.path)
    _log_to(log_path, chosen)
    process = AsyncCrawlerProcess(chosen, install_root_handler=False)
    crawler = process.create_crawler(NewsSpider)
    recording = Recording.begin(archive, source, CrawlConfig.from_settings(chosen))
    recording.on_progress = on_progress
    attach(crawler, recording)
    process.crawl(crawler, source=source, max_pages=(options or CrawlOptions()).max_pages)
    process.start()
    if recording.broken is not None:
        raise recording.broken
    ended = recording.crawl
    if ended.state is CrawlState.RUNNING:
        raise RuntimeError("the crawl could not start; its log says why")
    if ended.state is CrawlState.FAILED:
        raise NotASiteError(source.origin, _why(recording.seed_failure))
    return ended


def crawl_settings(source: Source, options: CrawlOptions, archive: Path) -> Settings:
    """Return Scrapy's settings for a crawl: the project's, the source's, then the person's."""
    chosen = Settings()
    chosen.setmodule(project_settings, priority="project")
    values: dict[str, Any] = {"MANDEGAR_ARCHIVE": str(archive), "ROBOTSTXT_OBEY": source.obey_robots}
    if options.contact_url:
        values["MANDEGAR_CONTACT_URL"] = options.contact_url
    if options.operator:
        values["MANDEGAR_OPERATOR"] = options.operator
    if options.fresh:
        values["MANDEGAR_FRESH"] = True
    delay = options.delay_s if options.delay_s is not None else source.delay_s
    if delay is not None:
        values["DOWNLOAD_DELAY"] = delay
    chosen.setdict(values, priority="cmdline")
    chosen.setdict(dict(options.settings), priority="cmdline")
    return chosen


def _log_to(path: Path | None, chosen: Settings) -> None:
    """Log to a file, so that the terminal belongs to the progress line; never the root's handlers twice."""
    if path is None:
        return
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setLevel(chosen["LOG_LEVEL"])
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(chosen["LOG_LEVEL"])


_WHY = {
    FailureKind.DNS_NXDOMAIN: "its name is not known; check the spelling",
    FailureKind.DNS_NO_ANSWER: "its name has no address",
    FailureKind.DNS_SERVFAIL: "its name server fails; try again later",
    FailureKind.DNS_REFUSED: "the name server refuses to answer",
    FailureKind.DNS_TIMEOUT: "no name server answered; check the network",
    FailureKind.CONNECT_REFUSED: "nothing listens there (connection refused)",
    FailureKind.CONNECT_TIMEOUT: "it does not answer (time ran out while connecting)",
    FailureKind.CONNECT_RESET: "the connection was reset",
    FailureKind.CONNECT_UNREACHABLE: "there is no way to its network",
    FailureKind.ADDRESS_REFUSED: "it leads to a private address; name that address itself if you mean it",
}


def _why(observation: Observation | None) -> str:
    """Return, in words, why nothing came."""
    if observation is None or observation.failure is None:
        return "no page could be fetched; crawl.log in the archive says more"
    failure = observation.failure
    return _WHY.get(failure.kind, f"{failure.kind.value}: {failure.detail}")
