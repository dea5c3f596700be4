"""Asking for what brings a matter on: as a crawl asks, within its politeness, and no more than is fair."""

from __future__ import annotations

import logging
from secrets import choice
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.http.request import NO_CALLBACK

from crawler.requests import CrawlEndsError
from model import Capture, Link, PageRole, ReadError, StoreError
from pipelines.verdicts import Place, Twin, candidates, candidates_by_slug, twin_address

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from crawler.judging.cases import Case
    from crawler.judging.signs import SignReader
    from crawler.reading import ArchiveReader
    from crawler.recording import Recording
    from pipelines.verdicts import PageSigns, Standing

logger = logging.getLogger(__name__)

# Requests that one crawl makes at most to bring matters on, and those for one article.
MOST_ASKED = 200
MOST_ASKED_OF_ONE = 20
_LETTERS = "bcdfghjkmnpqrstvwxz"


class Asker:
    """Asks the source; what it brings is settled when it returns."""

    def __init__(self, crawler: Crawler, recording: Recording, signs: SignReader) -> None:
        self._crawler = crawler
        self._recording = recording
        self._signs = signs
        self._asked = 0

    def may_ask(self, case: Case) -> bool:
        """Whether another request may be made for an article."""
        return self._asked < MOST_ASKED and case.asked < MOST_ASKED_OF_ONE

    async def ask(
        self, case: Case, url: str, role: PageRole, *, proxy: str | None = None
    ) -> tuple[Response, Capture] | None:
        """Return an answer of the source itself and its capture; ``None`` when none came."""
        self._asked += 1
        case.asked += 1
        request = Request(
            url,
            meta={"role": role.value, "verbatim_url": True, "probe": True},
            callback=NO_CALLBACK,
            dont_filter=True,
        )
        if proxy is not None:
            request.meta["proxy"] = proxy
        try:
            response: Response = await self._crawler.engine.download_async(request)
        except (CrawlEndsError, StoreError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever went wrong, nothing is known by it
            logger.info("%s: asked in vain: %s", url, error)
            return None
        capture = response.meta.get("capture")
        if response.meta.get("mirror") or not isinstance(capture, Capture):
            return None
        # What is looked up of it from now on stands in the catalogue.
        await self._recording.settle()
        return response, capture

    async def twin(self, case: Case, url: str) -> Twin | None:
        """Return how the site answers for an address beside this one that never was."""
        letters = "".join(choice(_LETTERS) for _ in range(25))
        answer = await self.ask(case, twin_address(url, letters), PageRole.TWIN)
        if answer is None:
            return None
        response, capture = answer
        _, page = await self._signs.read(capture)
        return Twin(status=response.status, final_url=response.url, page=page, record_id=capture.record_id)

    async def shows_article(self, case: Case, url: str) -> bool:
        """Whether the site shows an article at an address where it had one."""
        answer = await self.ask(case, url, PageRole.PAGE)
        if answer is None or answer[0].status != 200:
            return False
        _, page = await self._signs.read(answer[1])
        return page is not None and page.article is not None

    async def pages_at(
        self, case: Case, standing: Standing, place: Place, response: Response, capture: Capture
    ) -> list[tuple[str, PageSigns]]:
        """Return the pages that a place led to: its own, or those whose headline or slug is alike."""
        if place is Place.OTHER_ADDRESS:
            _, page = await self._signs.read(capture)
            return [] if page is None else [(response.url, page)]
        pages = []
        for url in await self._candidates(standing, place, response):
            answer = await self.ask(case, url, PageRole.SOUGHT)
            if answer is None or answer[0].status != 200:
                continue
            _, page = await self._signs.read(answer[1])
            if page is not None:
                pages.append((answer[0].url, page))
        return pages

    async def _candidates(self, standing: Standing, place: Place, response: Response) -> tuple[str, ...]:
        reader: ArchiveReader | None = getattr(self._crawler.spider, "reader", None)
        if reader is None or standing.baseline is None:
            return ()
        title, old = standing.baseline.title, (standing.lives_at, *standing.known)
        try:
            if place is Place.SITEMAP:
                sitemap = await reader.read_sitemap(response)
                return candidates_by_slug(old, (one.url for one in sitemap.pages))
            if place is Place.FEED:
                feed = await reader.read_feed(response)
                return candidates(title, [Link(url=one.url, text=one.title) for one in feed.entries], old=old)
            reading = await reader.read_page(response, self._recording.source.name)
            return candidates(title, reading.links, old=old)
        except ReadError:
            return ()
