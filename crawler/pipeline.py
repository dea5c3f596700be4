"""Scrapy's item pipeline: what a spider read goes into the archive beside the capture it was read from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crawler.attached import recording_of
from spiders import ArticleItem, ThreadItem

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler


class ArchivePipeline:
    """Gives articles and comments to the recording; other items pass through untouched."""

    def __init__(self, crawler: Crawler) -> None:
        self._recording = recording_of(crawler)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it over the crawl's recording."""
        return cls(crawler)

    async def process_item(self, item: Any) -> Any:
        """Archive an article or a thread of comments; waits for room on the disk."""
        if isinstance(item, ArticleItem):
            await self._recording.article_read(item)
        elif isinstance(item, ThreadItem):
            await self._recording.thread_read(item)
        return item
