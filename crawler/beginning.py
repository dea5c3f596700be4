"""How a crawl begins, or goes on: what must be so in the archive before its first request."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from archive.rebuild import Folding, index_unindexed
from archive.room import MEGABYTE, RoomWatch
from crawler.learned import read_with
from crawler.pausing import Pause
from crawler.recording import Recording
from crawler.trying import Tries
from model import CrawlState, StoreError
from pipelines import fold_text, index_text
from spiders import check_source

if TYPE_CHECKING:
    from archive import Archive
    from crawler.config import CrawlConfig
    from model import Source


def begin_recording(archive: Archive, source: Source, config: CrawlConfig) -> Recording:
    """Start a crawl of a source, or go on with its interrupted one.

    ``BadConfigurationError`` before anything is written: the source's name becomes a folder.
    """
    check_source(source)
    pause = Pause(_watch(archive, config))
    archive.claim(source.name)
    # What a killed crawl wrote and no row names: before its requests go out again.
    index_unindexed(archive, Folding(article=index_text, text=fold_text))
    archive.note_source(source)
    learned = read_with(archive, source.name)
    interrupted = None if config.fresh else archive.catalogue.interrupted_crawl(source.name)
    goes_on = interrupted is not None
    crawl = archive.planned_crawl(source.name, interrupted)
    recorder = archive.recorder(
        crawl,
        config.warcinfo(),
        deduplicate=config.deduplicate,
        max_bytes=config.warc_max_bytes,
        max_age_s=config.warc_max_age_s,
    )
    try:
        # Its record before its row: a row that no record tells of would be lost with the catalogue.
        recorder.begin(source)
    except StoreError as error:
        archive.note_begun(crawl, goes_on=goes_on)
        archive.end_crawl(replace(crawl, state=CrawlState.INTERRUPTED, note=str(error)))
        raise
    archive.note_begun(crawl, goes_on=goes_on)
    return Recording(
        archive=archive,
        recorder=recorder,
        crawl=crawl,
        source=source,
        resumed=goes_on,
        requisites_fresh_s=config.requisites_fresh_s,
        pause=pause,
        learned=learned,
        tries=Tries(archive.catalogue, crawl.id, first_s=config.retry_first_s, most_s=config.retry_wait_s),
    )


def _watch(archive: Archive, config: CrawlConfig) -> RoomWatch:
    """Return what watches the disks of an archive: its own reserve, unless a setting says another."""
    reserve = config.disk_reserve_mb
    if reserve is None:
        reserve = archive.settings.disk_reserve_mb
    folders = (archive.warc_folder, archive.catalogue.path.parent)
    return RoomWatch(folders, reserve_bytes=reserve * MEGABYTE)
