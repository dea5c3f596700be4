"""Where Scrapy's components find the recording of their crawl: on Scrapy's crawler object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive import Archive
from crawler.beginning import begin_recording
from crawler.config import CrawlConfig
from crawler.recording import Recording
from model import BadConfigurationError, Source

if TYPE_CHECKING:
    from scrapy import Spider
    from scrapy.crawler import Crawler


def recording_of(crawler: Crawler) -> Recording:
    """Return the recording of Scrapy's crawler; begun from its settings when nobody attached one."""
    recording: Recording | None = getattr(crawler, "recording", None)
    if recording is None:
        config = CrawlConfig.from_settings(crawler.settings)
        archive = Archive.open(config.archive, create=True, exclusive=not config.worker, shared=config.worker)
        recording = begin_recording(archive, source_of(crawler.spider), config)
        attach(crawler, recording)
    return recording


def attach(crawler: Crawler, recording: Recording) -> None:
    """Give Scrapy's crawler its recording; components find it with :func:`recording_of`."""
    crawler.recording = recording  # type: ignore[attr-defined]


def source_of(spider: Spider | None) -> Source:
    """Return the source a spider crawls: its own ``source``, else one made from its name."""
    source = getattr(spider, "source", None)
    if isinstance(source, Source):
        return source
    if spider is None:
        raise BadConfigurationError("spider", "there is no spider yet to take the source from")
    start_urls: list[str] = getattr(spider, "start_urls", None) or []
    if not start_urls:
        raise BadConfigurationError(
            f"spider {spider.name}", "give it start_urls or a `source`, so that its captures have a home"
        )
    return Source(name=spider.name, origin=start_urls[0])
