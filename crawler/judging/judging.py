"""One crawl's judging: looks from what it fetched, what they come to, and what is asked because of it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from secrets import choice
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.http.request import NO_CALLBACK

from archive.catalogue import AttentionRow
from crawler.judging.folding import Folder, row_of
from crawler.judging.signs import SignReader
from crawler.requests import CrawlEndsError
from model import (
    Capture,
    ContentState,
    Judgement,
    Link,
    PageRole,
    ReadError,
    StoreError,
    Via,
    json_text,
)
from pipelines.addresses import same_site
from pipelines.verdicts import (
    AskKind,
    Hop,
    Look,
    Means,
    Place,
    Twin,
    ask_next,
    attention_of,
    blocked_by,
    candidates,
    candidates_by_slug,
    glance_at,
    note_glance,
    read_place,
    take_in,
    twin_address,
    verdict_of,
)
from pipelines.verdicts.content_site import Glance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from archive import Recorder
    from crawler.reading import ArchiveReader
    from crawler.recording import Recording
    from crawler.workers import WorkerPool
    from model import ResponseHead
    from pipelines.verdicts import Ask, Finding, PageSigns, SiteWatch, Standing

logger = logging.getLogger(__name__)

# Requests that one crawl makes at most to bring matters on, and those for one article.
MOST_ASKED = 200
MOST_ASKED_OF_ONE = 20
_ROUNDS = 4
_HOPS = 10
_SETTLED = frozenset({ContentState.PRESENT, ContentState.RESTORED, ContentState.UNKNOWN})
_LETTERS = "bcdfghjkmnpqrstvwxz"
_NOTHING_SOUGHT: tuple[tuple[str, PageSigns], ...] = ()


@dataclass(slots=True)
class _Case:
    """An article that something is to be judged of."""

    number: int
    article: str
    capture: Capture | None = None
    """What answered for its address in this crawl."""
    is_first: bool = False
    is_other: bool = False
    """It has a new text, or other comments."""
    was_read: bool = False
    asked: int = 0


class Judging:
    """Judges what a crawl brought; for one event loop, when the crawl has nothing else to do."""

    def __init__(self, crawler: Crawler, recording: Recording, pool: WorkerPool) -> None:
        self._crawler = crawler
        self._recording = recording
        self._catalogue = recording.archive.catalogue
        self._source = recording.source
        self._signs = SignReader(recording.archive, recording.source, pool)
        self._folder = Folder(recording.archive, recording.source, self._signs)
        self._asked = 0
        self._made_of: set[str] = set()
        self._sequence = 0
        self._present: set[str] = set()
        self._watch: SiteWatch

    async def run(self) -> None:
        """Judge everything that this crawl brought and that was not judged yet."""
        await self._recording.settle()
        source, crawl = self._source.name, self._recording.crawl
        looks = self._catalogue.looks
        self._made_of = looks.records(source, crawl.id)
        self._sequence = looks.next_sequence(source)
        self._watch = self._folder.watch(datetime.now(UTC))
        incidents = self._watch.incidents
        cases = self._cases()
        self._present = {case.article for case in cases if case.was_read}
        # What is missing last: whether the site is well is known by then.
        for case in sorted(cases, key=lambda one: not one.was_read):
            if self._recording.ending:
                return
            await self._judge(case)
        if self._watch.incidents != incidents:
            noun = json_text(list(self._watch.incidents))
            await self._recording.write(lambda recorder: recorder.incidents(noun))

    # --- what was fetched

    def _cases(self) -> list[_Case]:
        looks, crawl = self._catalogue.looks, self._recording.crawl
        cases: dict[int, _Case] = {}
        for seen in looks.seen_in(crawl.id):
            case = cases.setdefault(seen.id, _Case(seen.id, seen.article, is_first=seen.is_first))
            case.was_read = True
            case.is_other = case.is_other or seen.has_new_text or seen.has_other_comments
            if case.capture is None or seen.url == seen.article:
                case.capture = self._catalogue.capture(seen.record_id)
        for capture in looks.unread_in(crawl.id):
            number = self._catalogue.find_article(capture.url)
            if number is None:
                continue
            summary = self._catalogue.article(number).summary
            if summary.source != self._source.name:
                continue
            case = cases.setdefault(number, _Case(number, summary.url))
            # Where its own address answers otherwise than another of its addresses, its own counts.
            if not case.was_read or capture.url == case.article:
                case.capture, case.was_read = capture, False
        return [
            case
            for case in cases.values()
            if case.capture is not None and case.capture.record_id not in self._made_of
        ]

    def _chain(self, capture: Capture) -> tuple[tuple[Hop, ...], Capture]:
        """Return the redirects that were followed from a capture, and the last answer."""
        hops: list[Hop] = []
        begun = self._recording.crawl.started_at
        while capture.redirect_to is not None and len(hops) < _HOPS:
            target = capture.redirect_to
            after = self._catalogue.latest_capture(target)
            hops.append(Hop(status=capture.status, url=target, record_id=capture.record_id))
            if after is None or after.captured_at < begun or after.record_id == capture.record_id:
                break
            capture = after
        return tuple(hops), capture

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence - 1

    def _means(self, case: _Case) -> Means:
        looks, crawl = self._catalogue.looks, self._recording.crawl
        rest_root = getattr(self._crawler.spider, "rest_root", None)
        root = self._source.origin.rstrip("/")
        return Means(
            article=case.article,
            # Where a mirror has it is no address of its own.
            addresses=tuple(
                url
                for url in looks.addresses(case.number)
                if url != case.article and same_site(url, case.article)
            ),
            feeds=tuple(looks.fetched(crawl.id, (PageRole.FEED,))),
            sitemaps=tuple(looks.fetched(crawl.id, (PageRole.SITEMAP,))),
            search=f"{root}/?s={{query}}" if rest_root else None,
            paths=2 if self._recording.ways.control is not None else 1,
        )

    # --- one article

    async def _judge(self, case: _Case) -> None:
        capture = case.capture
        if capture is None:
            return
        verdict = self._catalogue.verdict(case.article)
        in_trouble = verdict is not None and verdict.state not in _SETTLED
        attention = self._catalogue.looks.attention(self._source.name, case.article)
        via = self._catalogue.vias.of(capture.record_id)
        if case.was_read and not (case.is_first or case.is_other or in_trouble or attention or via):
            await self._note_plain(case, capture)
            return
        if case.is_first and case.was_read and not via:
            await self._note_first(case, capture)
            return
        look, head = await self._look(case, capture)
        means = self._means(case)
        standing = await self._folder.fold(means, incidents=self._watch.incidents)
        standing = await self._take(standing, look, head)
        await self._tell(case, await self._bring_on(case, standing))

    async def _note_first(self, case: _Case, capture: Capture) -> None:
        """Keep the first look at an article; its page is read when something is to be compared with it."""
        hops, last = self._chain(capture)
        look = Look(
            sequence=self._next(),
            at=capture.captured_at,
            record_id=last.record_id,
            url=capture.url,
            status=last.status,
            hops=hops,
            is_cut=last.truncated is not None,
        )
        await self._note(case, look, is_plain=False)

    async def _note_plain(self, case: _Case, capture: Capture) -> None:
        """Keep that an article was there as before; nothing of it is read again."""
        look = Look(
            sequence=self._next(),
            at=capture.captured_at,
            record_id=capture.record_id,
            url=capture.url,
            status=capture.status,
            not_modified=True,
        )
        await self._note(case, look, is_plain=True)

    async def _note(self, case: _Case, look: Look, *, is_plain: bool) -> None:
        """Keep a look that had the article, and take no time over it."""
        glance = Glance(
            sequence=look.sequence,
            at=look.at,
            article=case.article,
            lacks=False,
            record_id=look.record_id,
        )
        self._watch = note_glance(self._watch, glance)
        row = row_of(case.article, look, is_plain=is_plain, lacks=False)
        seen = AttentionRow(article=case.article, attention=0, since=None, checked_at=look.at)

        def write(recorder: Recorder) -> None:
            recorder.look(row)
            recorder.attention(seen)

        await self._recording.write(write)

    async def _look(
        self, case: _Case, capture: Capture, *, twin: Twin | None = None, path: str = "direct"
    ) -> tuple[Look, ResponseHead | None]:
        """Return a look at an article from the capture of one of its addresses."""
        url = capture.url
        via = self._catalogue.vias.of(capture.record_id)
        hops, last = self._chain(capture)
        head, page = await self._signs.read(last)
        others = self._present - {case.article}
        look = Look(
            sequence=self._next(),
            at=capture.captured_at,
            record_id=last.record_id,
            url=via.canonical_url if via is not None else url,
            reachable=via is None or via.via is not Via.INTERFERENCE,
            via=via.via if via is not None else Via.ORIGIN,
            path=path,
            status=last.status if last.redirect_to is None else None,
            hops=hops,
            is_cut=last.truncated is not None,
            not_modified=last.status == 304,
            page=page,
            sibling=True if others else None,
            twin=twin,
        )
        return _with_head(look, head), head

    async def _take(self, standing: Standing, look: Look, head: ResponseHead | None) -> Standing:
        """Keep a look and take it in."""
        article = standing.means.article
        glance = glance_at(standing, look)
        if glance is not None:
            self._watch = note_glance(self._watch, glance)
        row = row_of(article, look, lacks=None if glance is None else glance.lacks)
        await self._recording.write(lambda recorder: recorder.look(row))
        self._made_of.add(look.record_id)
        return take_in(standing, (look,), incidents=self._watch.incidents)

    async def _find(self, standing: Standing, finding: Finding) -> Standing:
        row = row_of(standing.means.article, finding)
        await self._recording.write(lambda recorder: recorder.look(row))
        return take_in(standing, (finding,), incidents=self._watch.incidents)

    async def _tell(self, case: _Case, standing: Standing) -> None:
        """Write what is thought of an article now, where that is another thing than before."""
        verdict = verdict_of(standing)
        before = self._catalogue.verdict(case.article)
        known = {event.id: event for _, event in self._catalogue.events(article=case.article, limit=10_000)}
        events = tuple(
            event
            for event in standing.events
            if event.id not in known or (known[event.id].is_open and not event.is_open)
        )
        attention, since = attention_of(standing, datetime.now(UTC))
        row = AttentionRow(
            article=case.article, attention=int(attention), since=since, checked_at=standing.judged_at
        )
        changed = before is None or (before.state, before.missing) != (verdict.state, verdict.missing)
        is_news = bool(events) or (changed and not (before is None and verdict.state in _SETTLED))

        def write(recorder: Recorder) -> None:
            recorder.attention(row)
            if is_news:
                recorder.judgement(Judgement(verdict=verdict, events=events))

        await self._recording.write(write)

    # --- what would bring a matter on

    async def _bring_on(self, case: _Case, standing: Standing) -> Standing:
        twin: Twin | None = None
        for _ in range(_ROUNDS):
            now = datetime.now(UTC)
            asks = [one for one in ask_next(standing, now) if one.not_before <= now]
            if not asks or self._recording.ending:
                return standing
            for ask in asks:
                if self._asked >= MOST_ASKED or case.asked >= MOST_ASKED_OF_ONE:
                    return standing
                if ask.kind is AskKind.TWIN:
                    twin = await self._twin(case, ask)
                elif ask.kind is AskKind.SIBLING:
                    await self._ask_sibling(case)
                elif ask.kind is AskKind.PLACE and ask.place is not None:
                    standing = await self._seek(case, standing, ask, ask.place)
                else:
                    standing = await self._once_more(case, standing, ask, twin)
        return standing

    async def _once_more(self, case: _Case, standing: Standing, ask: Ask, twin: Twin | None) -> Standing:
        control = self._recording.ways.control if ask.kind is AskKind.OTHER_PATH else None
        response = await self._ask(case, ask.url, PageRole.PAGE, proxy=control)
        if response is None:
            return standing
        first = self._first_of(response, ask.url)
        if first is None:
            return standing
        look, head = await self._look(case, first, twin=twin, path="control" if control else "direct")
        return await self._take(standing, look, head)

    async def _twin(self, case: _Case, ask: Ask) -> Twin | None:
        letters = "".join(choice(_LETTERS) for _ in range(25))
        response = await self._ask(case, twin_address(ask.url, letters), PageRole.TWIN)
        capture = None if response is None else response.meta.get("capture")
        if response is None or not isinstance(capture, Capture):
            return None
        await self._recording.settle()
        _, page = await self._signs.read(capture)
        return Twin(status=response.status, final_url=response.url, page=page, record_id=capture.record_id)

    async def _ask_sibling(self, case: _Case) -> None:
        """Ask for another article that is known to be there, unless one was met in this crawl."""
        if self._present - {case.article}:
            return
        for one in self._catalogue.articles(self._source.name, limit=20):
            verdict = self._catalogue.verdict(one.url)
            is_well = verdict is None or verdict.state in _SETTLED
            if one.url == case.article or not is_well:
                continue
            response = await self._ask(case, one.url, PageRole.PAGE)
            capture = None if response is None else response.meta.get("capture")
            if response is None or response.status != 200 or not isinstance(capture, Capture):
                continue
            await self._recording.settle()
            _, page = await self._signs.read(capture)
            if page is not None and page.article is not None:
                self._present.add(one.url)
            return

    async def _seek(self, case: _Case, standing: Standing, ask: Ask, place: Place) -> Standing:
        """Look for a missing article in one place."""
        baseline = standing.baseline
        if baseline is None:
            return standing
        response = await self._ask(case, ask.url, PageRole.SOUGHT)
        capture = None if response is None else response.meta.get("capture")
        pages: Iterable[tuple[str, PageSigns]] = _NOTHING_SOUGHT
        answered = response is not None and response.status == 200
        ids: tuple[str, ...] = ()
        if response is not None and isinstance(capture, Capture):
            ids = (capture.record_id,)
            await self._recording.settle()
            if answered:
                pages = await self._pages(case, standing, place, response, capture)
        finding = read_place(
            place,
            ask.url,
            sequence=self._next(),
            at=datetime.now(UTC),
            record_ids=ids,
            answered=answered,
            pages=pages,
            baseline=baseline,
            missing_at=standing.lives_at,
        )
        return await self._find(standing, finding)

    async def _pages(
        self, case: _Case, standing: Standing, place: Place, response: Response, capture: Capture
    ) -> list[tuple[str, PageSigns]]:
        """Return the pages that a place led to: its own, or those whose headline or slug is alike."""
        if place is Place.OTHER_ADDRESS:
            _, page = await self._signs.read(capture)
            return [] if page is None else [(response.url, page)]
        baseline = standing.baseline
        title = baseline.title if baseline is not None else ""
        old = (standing.lives_at, *standing.known)
        found: tuple[str, ...]
        reader: ArchiveReader | None = getattr(self._crawler.spider, "reader", None)
        if reader is None:
            return []
        try:
            if place is Place.FEED:
                feed = await reader.read_feed(response)
                links = [Link(url=one.url, text=one.title) for one in feed.entries]
                found = candidates(title, links, old=old)
            elif place is Place.SITEMAP:
                sitemap = await reader.read_sitemap(response)
                found = candidates_by_slug(old, (one.url for one in sitemap.pages))
            else:
                reading = await reader.read_page(response, self._source.name)
                found = candidates(title, reading.links, old=old)
        except ReadError:
            return []
        pages = []
        for url in found:
            answer = await self._ask(case, url, PageRole.SOUGHT)
            there = None if answer is None else answer.meta.get("capture")
            if answer is None or answer.status != 200 or not isinstance(there, Capture):
                continue
            await self._recording.settle()
            _, page = await self._signs.read(there)
            if page is not None:
                pages.append((answer.url, page))
        return pages

    async def _ask(
        self, case: _Case, url: str, role: PageRole, *, proxy: str | None = None
    ) -> Response | None:
        """Fetch something as a crawl does; ``None`` when no answer came, or a mirror's."""
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
        return None if response.meta.get("mirror") else response

    def _first_of(self, response: Response, url: str) -> Capture | None:
        """Return the capture of the address that was asked for, which may have led on to another."""
        if response.url == url:
            capture = response.meta.get("capture")
            return capture if isinstance(capture, Capture) else None
        return self._catalogue.latest_capture(url)


def _with_head(look: Look, head: ResponseHead | None) -> Look:
    """Return a look with what the head of its answer says beside the status."""
    if head is None:
        return look
    link = ", ".join(value.decode("latin-1") for value in head.all(b"link"))
    told = head.get(b"date")
    server_at = None
    if told is not None:
        try:
            server_at = parsedate_to_datetime(told.decode("latin-1"))
        except (ValueError, OverflowError):
            server_at = None
        if server_at is not None and server_at.tzinfo is None:
            server_at = server_at.replace(tzinfo=UTC)
    return replace(
        look,
        mitigated=head.get(b"cf-mitigated") is not None,
        blocked_by=blocked_by(link) if look.status == 451 else None,
        server_at=server_at,
    )
