"""Many crawls in one process and one event loop, of a source each.

A process for each would cost a second, readers of its own another. The program's last word is the path of a
JSON list, one object a crawl::

    {"archive": "/tmp/…", "source": "xx_row", "settings": {"DOWNLOAD_DELAY": "0"}}

Each source stands in its archive already; crawls of one archive share it, as their reading process.
Standard output says how each crawl ended, in the same order.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings

from archive import Archive
from crawler import extension
from crawler import settings as project_settings
from crawler.attached import attach
from crawler.beginning import begin_recording
from crawler.config import CrawlConfig
from crawler.job import CrawlOptions, crawl_settings
from crawler.reading import ReaderPool
from spiders import NewsSpider

PROGRAM = ("-m", "tests.servers.many_crawls")
AT_ONCE = 24
"""With more, the loop is late for the short times that tests set."""

# Any: what JSON holds.
Job = dict[str, Any]


class _Readers(ReaderPool):
    """Outlives each crawl."""

    def close(self) -> None:
        """Leave the end to whoever made it."""

    def close_at_last(self) -> None:
        super().close()


async def _crawl(process: AsyncCrawlerProcess, archive: Archive, job: Job, turns: asyncio.Semaphore) -> str:
    async with turns:
        source = archive.catalogue.source(job["source"])
        options = CrawlOptions(settings=tuple(job["settings"].items()))
        chosen = crawl_settings(source, options, archive.path)
        crawler = Crawler(NewsSpider, chosen)
        recording = begin_recording(archive, source, CrawlConfig.from_settings(chosen))
        attach(crawler, recording)
        await process.crawl(crawler, source=source)
        if recording.broken is not None:
            raise recording.broken
        return recording.crawl.state.value


def main() -> None:
    """Run the crawls; print their states."""
    jobs: list[Job] = json.loads(Path(sys.argv[-1]).read_text())
    # Said by hundreds of crawls, it would be megabytes.
    logging.basicConfig(level=logging.WARNING)
    common = Settings()
    common.setmodule(project_settings, priority="project")
    common.set("LOG_INSTALL_ROOT_HANDLER", False, priority="cmdline")
    process = AsyncCrawlerProcess(common)
    from twisted.internet import reactor

    readers = _Readers(workers=1, timeout_s=30)
    extension.ReaderPool = lambda **_: readers  # type: ignore[assignment, misc]
    with ExitStack() as stack:
        archives = {
            path: stack.enter_context(Archive.open(Path(path), exclusive=True))
            for path in dict.fromkeys(job["archive"] for job in jobs)
        }

        async def all_of_them() -> list[str]:
            turns = asyncio.Semaphore(AT_ONCE)
            try:
                return await asyncio.gather(
                    *(_crawl(process, archives[job["archive"]], job, turns) for job in jobs)
                )
            finally:
                readers.close_at_last()

        running = asyncio.get_event_loop().create_task(all_of_them())
        running.add_done_callback(lambda _: reactor.stop())  # type: ignore[attr-defined]
        process.start(stop_after_crawl=False)
        print(json.dumps(running.result()))


if __name__ == "__main__":
    main()
