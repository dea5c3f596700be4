"""One crawl's judging: looks from what it fetched, what they come to, and what is asked because of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archive.catalogue import AttentionRow
from crawler.judging.asking import Asker
from crawler.judging.cases import cases_of, chain
from crawler.judging.folding import Folder, row_of
from crawler.judging.signs import SignReader
from crawler.requests import http_date
from model import ContentState, Judgement, PageRole, Via, json_text
from pipelines.addresses import same_site
from pipelines.verdicts import (
    AskKind,
    Look,
    Means,
    Place,
    Twin,
    ask_next,
    attention_of,
    blocked_by,
    glance_at,
    note_glance,
    read_place,
    take_in,
    verdict_of,
)
from pipelines.verdicts.content_site import Glance

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from archive import Recorder
    from crawler.judging.cases import Case
    from crawler.recording import Recording
    from crawler.workers import WorkerPool
    from model import Capture, ResponseHead
    from pipelines.verdicts import Ask, Finding, PageSigns, SiteWatch, Standing

# How often what an answer asks for in its turn is asked for.
_ROUNDS = 4
# Articles that may stand in as a sibling, the latest published first; those in trouble are passed over.
_SIBLINGS = 20
# So many of them are asked for until one is there.
_TRIED = 3
_SETTLED = frozenset({ContentState.PRESENT, ContentState.RESTORED, ContentState.UNKNOWN})


class Judging:
    """Judges what a crawl brought; for one event loop, when the crawl has nothing else to do."""

    def __init__(self, crawler: Crawler, recording: Recording, pool: WorkerPool) -> None:
        self._crawler = crawler
        self._recording = recording
        self._catalogue = recording.archive.catalogue
        self._source = recording.source
        self._signs = SignReader(recording.archive, recording.source, pool)
        self._folder = Folder(recording.archive, recording.source, self._signs)
        self._asker = Asker(crawler, recording, self._signs)
        self._sequence = 0
        self._present: set[str] = set()
        """Articles that their publisher showed in this crawl."""
        self._watch: SiteWatch

    async def run(self) -> None:
        """Judge everything that this crawl brought and that was not judged yet."""
        await self._recording.settle()
        self._sequence = self._catalogue.looks.next_sequence(self._source.name)
        self._watch = self._folder.watch(datetime.now(UTC))
        cases = cases_of(self._catalogue, self._source.name, self._recording.crawl)
        self._present = {case.article for case in cases if case.is_there}
        # What is missing last: whether the site is well is known by then.
        for case in sorted(cases, key=lambda one: not one.was_read):
            if self._recording.ending:
                return
            await self._judge(case)

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence - 1

    def _means(self, case: Case) -> Means:
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
            feeds=tuple(looks.fetched(crawl.id, PageRole.FEED)),
            sitemaps=tuple(looks.fetched(crawl.id, PageRole.SITEMAP)),
            search=f"{root}/?s={{query}}" if rest_root else None,
            paths=2 if self._recording.ways.control is not None else 1,
        )

    # --- one article

    async def _judge(self, case: Case) -> None:
        if case.was_read and case.via is None:
            verdict = self._catalogue.verdict(case.article)
            in_trouble = verdict is not None and verdict.state not in _SETTLED
            attention = self._catalogue.looks.attention(self._source.name, case.article)
            if case.is_first or not (case.is_other or in_trouble or attention):
                await self._note(case)
                return
        look = await self._look(case, case.capture)
        standing = await self._folder.fold(self._means(case), incidents=self._watch.incidents)
        standing = await self._take(standing, look)
        await self._tell(case, await self._bring_on(case, standing))

    async def _note(self, case: Case) -> None:
        """Keep that an article was there, for the first time or as before; nothing of it is read again.

        The page of a first look is read when something is to be compared with it.
        """
        hops, last = chain(self._catalogue, self._recording.crawl, case.capture)
        look = Look(
            sequence=self._next(),
            at=case.capture.captured_at,
            record_id=last.record_id,
            url=case.capture.url,
            status=last.status,
            hops=hops if case.is_first else (),
            is_cut=last.truncated is not None,
            not_modified=not case.is_first,
        )
        await self._glance(
            Glance(
                sequence=look.sequence,
                at=look.at,
                article=case.article,
                lacks=False,
                record_id=look.record_id,
            )
        )
        row = row_of(case.article, look, is_plain=not case.is_first, lacks=False)
        seen = AttentionRow(article=case.article, attention=0, since=None, checked_at=look.at)

        def write(recorder: Recorder) -> None:
            recorder.look(row)
            recorder.attention(seen)

        await self._recording.write(write)

    async def _look(
        self, case: Case, capture: Capture, *, twin: Twin | None = None, path: str = "direct"
    ) -> Look:
        """Return a look at an article from the capture of one of its addresses."""
        via = self._catalogue.vias.of(capture.record_id)
        hops, last = chain(self._catalogue, self._recording.crawl, capture)
        head, page = await self._signs.read(last)
        look = Look(
            sequence=self._next(),
            at=capture.captured_at,
            record_id=last.record_id,
            url=via.canonical_url if via is not None else capture.url,
            reachable=via is None or via.via is not Via.INTERFERENCE,
            via=via.via if via is not None else Via.ORIGIN,
            path=path,
            status=last.status if last.redirect_to is None else None,
            hops=hops,
            is_cut=last.truncated is not None,
            not_modified=last.status == 304,
            page=page,
            sibling=True if self._present - {case.article} else None,
            twin=twin,
        )
        return look if head is None else _with_head(look, head)

    async def _glance(self, glance: Glance) -> None:
        """Note what a look says of the whole site; an incident that opens or is over is kept at once."""
        before = self._watch.incidents
        self._watch = note_glance(self._watch, glance)
        if self._watch.incidents != before:
            noun = json_text(list(self._watch.incidents))
            await self._recording.write(lambda recorder: recorder.incidents(noun))

    async def _take(self, standing: Standing, look: Look) -> Standing:
        """Keep a look and take it in."""
        glance = glance_at(standing, look)
        if glance is not None:
            await self._glance(glance)
        row = row_of(standing.means.article, look, lacks=None if glance is None else glance.lacks)
        await self._recording.write(lambda recorder: recorder.look(row))
        return take_in(standing, (look,), incidents=self._watch.incidents)

    async def _find(self, standing: Standing, finding: Finding) -> Standing:
        row = row_of(standing.means.article, finding)
        await self._recording.write(lambda recorder: recorder.look(row))
        return take_in(standing, (finding,), incidents=self._watch.incidents)

    async def _tell(self, case: Case, standing: Standing) -> None:
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

    async def _bring_on(self, case: Case, standing: Standing) -> Standing:
        twin: Twin | None = None
        for _ in range(_ROUNDS):
            now = datetime.now(UTC)
            asks = [one for one in ask_next(standing, now) if one.not_before <= now]
            if not asks or self._recording.ending:
                return standing
            for ask in asks:
                if not self._asker.may_ask(case):
                    return standing
                if ask.kind is AskKind.TWIN:
                    twin = await self._asker.twin(case, ask.url)
                elif ask.kind is AskKind.SIBLING:
                    await self._find_sibling(case)
                elif ask.kind is AskKind.PLACE and ask.place is not None:
                    standing = await self._seek(case, standing, ask.url, ask.place)
                else:
                    standing = await self._once_more(case, standing, ask, twin)
        return standing

    async def _once_more(self, case: Case, standing: Standing, ask: Ask, twin: Twin | None) -> Standing:
        control = self._recording.ways.control if ask.kind is AskKind.OTHER_PATH else None
        answer = await self._asker.ask(case, ask.url, PageRole.PAGE, proxy=control)
        if answer is None:
            return standing
        response, capture = answer
        # Where it led on to another address, the way begins where it was asked for.
        first = capture if response.url == ask.url else self._catalogue.latest_capture(ask.url)
        if first is None:
            return standing
        path = "direct" if control is None else "control"
        return await self._take(standing, await self._look(case, first, twin=twin, path=path))

    async def _find_sibling(self, case: Case) -> None:
        """Ask for another article that is known to be there, unless one was met in this crawl."""
        if self._present - {case.article}:
            return
        tried = 0
        for one in self._catalogue.articles(self._source.name, limit=_SIBLINGS):
            verdict = self._catalogue.verdict(one.url)
            is_well = verdict is None or verdict.state in _SETTLED
            if one.url == case.article or not is_well:
                continue
            if tried == _TRIED or not self._asker.may_ask(case):
                return
            tried += 1
            if await self._asker.shows_article(case, one.url):
                self._present.add(one.url)
                return

    async def _seek(self, case: Case, standing: Standing, url: str, place: Place) -> Standing:
        """Look for a missing article in one place."""
        if standing.baseline is None:
            return standing
        answer = await self._asker.ask(case, url, PageRole.SOUGHT)
        answered = answer is not None and answer[0].status == 200
        pages: list[tuple[str, PageSigns]] = []
        if answer is not None and answered:
            pages = await self._asker.pages_at(case, standing, place, *answer)
        finding = read_place(
            place,
            url,
            sequence=self._next(),
            at=datetime.now(UTC),
            record_ids=() if answer is None else (answer[1].record_id,),
            answered=answered,
            pages=pages,
            baseline=standing.baseline,
            missing_at=standing.lives_at,
        )
        return await self._find(standing, finding)


def _with_head(look: Look, head: ResponseHead) -> Look:
    """Return a look with what the head of its answer says beside the status."""
    link = ", ".join(value.decode("latin-1") for value in head.all(b"link"))
    return replace(
        look,
        mitigated=head.get(b"cf-mitigated") is not None,
        blocked_by=blocked_by(link) if look.status == 451 else None,
        server_at=http_date((head.get(b"date") or b"").decode("latin-1")),
    )
