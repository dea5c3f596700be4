"""Reading the captures of one article again, and telling what reads differently."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from archive import ReadAgain, ReadArticle, ReadThread, article_json, thread_json
from archive.catalogue import reading_digest, thread_digest
from crawler import settings
from crawler.changes import GONE, NEW, Example
from crawler.extractors import extractor_for
from crawler.learned import read_with
from crawler.reading import PageResult, read_again
from model import CommentThread, ReadError, StoreError
from pipelines import fold_text, index_text
from spiders import Scope, at_home

if TYPE_CHECKING:
    from archive import Archive
    from archive.catalogue import KnownReading
    from crawler.changes import Changes
    from crawler.spool import Spool
    from crawler.workers import WorkerPool
    from model import Article, Capture, Source

# Captures that became one article: more are a fault of ours, and would be read again for each other.
_MOST_CAPTURES = 10_000
# As crawler/wireconfig.py has it.
_MAX_RATIO = 200.0


@dataclass(slots=True)
class Unit:
    """Captures that are read again together."""

    url: str
    """The article's, or the page's."""
    readings: dict[str, KnownReading] = field(default_factory=dict)
    """What is known of the articles' captures, by record id."""
    page: Capture | None = None
    """A page in which no article was seen."""
    articles: dict[int, str] = field(default_factory=dict)
    """Their numbers and URLs."""
    results: dict[str, PageResult] = field(default_factory=dict)
    """What was read, by record id."""
    problem: str = ""
    """Why a capture could not be read."""
    comments_differ: bool = False
    """Whether any document of comments reads differently, or did; set by :meth:`Rereader.outcome`."""

    def captures(self) -> list[Capture]:
        """Return all captures, oldest first."""
        found = [one.capture for one in self.readings.values()]
        return sorted([*found, *([self.page] if self.page else [])], key=lambda one: one.captured_at)


class Rereader:
    """Reads units of one source."""

    def __init__(
        self, archive: Archive, source: Source, pool: WorkerPool, spool: Spool | None = None
    ) -> None:
        """Read by the workers of a pool, and by ``spool`` no capture twice."""
        self._spool = spool
        self._archive = archive
        self._catalogue = archive.catalogue
        self._source = source
        self._number = archive.catalogue.readings.source_number(source.name)
        self._pool = pool
        self._learned = read_with(archive, source.name)
        self._scope = Scope(source)
        front = archive.catalogue.latest_capture(source.origin)
        if front is not None and front.redirect_to and (host := self._scope.adoptable(front.redirect_to)):
            # As the crawl did.
            self._scope.add_host(host)

    def extractor(self, capture: Capture, *, article: bool = False) -> str:
        """Return what would read a capture today, which is known to show an article or not."""
        post = article and capture.mime.endswith("json")
        return extractor_for(self._source.name, capture.captured_at, self._learned.revision, post=post)

    def is_current(self, known: KnownReading) -> bool:
        """Whether a capture was read by today's extractor."""
        return known.extractor == self.extractor(known.capture, article=known.version is not None)

    async def read(self, unit: Unit) -> Unit:
        """Read all captures of a unit, and of what turns out to be the same article; or set its problem."""
        try:
            while todo := [one for one in unit.captures() if one.record_id not in unit.results]:
                for capture in todo:
                    unit.results[capture.record_id] = await self._read(capture, unit)
                self._join(unit)
        except (ReadError, StoreError) as error:
            unit.problem = str(error)
        return unit

    async def _read(self, capture: Capture, unit: Unit) -> PageResult:
        if self._spool is None:
            return await self._read_now(capture, unit)
        # All that a reading depends on beside the archived bytes and their address.
        key = (capture.record_id, self.extractor(capture), self._source.name, self._source.timezone)
        result: PageResult | None = self._spool.get(key)
        if result is None:
            result = await self._read_now(capture, unit)
            self._spool.put(key, result)
        return result

    async def _read_now(self, capture: Capture, unit: Unit) -> PageResult:
        stored = await asyncio.to_thread(self._archive.load, capture)
        task = partial(
            read_again,
            stored.entity,
            stored.head,
            url=self._address(capture),
            reference=capture.captured_at,
            timezone=self._source.timezone,
            source=self._source.name,
            learned=self._learned.packed,
            max_bytes=settings.MANDEGAR_MAX_DECODED_BYTES,
            max_ratio=_MAX_RATIO,
        )
        try:
            return await self._pool.run(task)
        except ReadError:
            if capture is unit.page:
                # No article then as today.
                return PageResult(reading=None, thread=CommentThread())
            raise

    def _join(self, unit: Unit) -> None:
        """Take the captures of articles along that these captures belong to by what they read as now."""
        for capture in unit.captures():
            article = self.article(unit, capture)
            if article is None:
                continue
            number = self._catalogue.readings.article_at(self._number, article.canonical_url)
            if number is None or number in unit.articles:
                continue
            known = self._catalogue.readings.of_article(number)
            is_last = all(one.capture.captured_at <= capture.captured_at for one in known)
            if capture is unit.page and is_last and all(map(self.is_current, known)):
                # One more capture of an article that is as it should be.
                continue
            unit.articles[number] = article.canonical_url
            unit.readings |= {one.capture.record_id: one for one in known}
        if len(unit.readings) > _MOST_CAPTURES:
            raise ReadError(f"more than {_MOST_CAPTURES:,} captures read as one article")

    def article(self, unit: Unit, capture: Capture) -> Article | None:
        """Return the article that a capture shows now; of documents of comments it is not asked."""
        known = unit.readings.get(capture.record_id)
        result = unit.results.get(capture.record_id)
        if result is None or result.reading is None or (known is not None and known.version is None):
            return None
        article = result.reading.article
        if article is None:
            return None
        # A mirror's page is read as the crawl read it: for the source's address, whatever it calls itself.
        via = self._catalogue.vias.of(capture.record_id)
        url, canonical = self._address(capture), result.reading.canonical_url
        if via is not None and via.mirror is not None and canonical:
            canonical = at_home(canonical, via.mirror.url, via.canonical_url)
            article = replace(article, canonical_url=canonical)
        if not self._scope.accepts_article(url, canonical):
            return None
        return article if known is not None or self._scope.owns(url) else None

    def _address(self, capture: Capture) -> str:
        """Return the source's address that a capture is for."""
        via = self._catalogue.vias.of(capture.record_id)
        return capture.url if via is None else via.canonical_url

    # --- what it comes to

    def outcome(self, unit: Unit) -> tuple[ReadAgain, bool]:
        """Return what was read again, and whether anything of it reads differently."""
        articles: list[ReadArticle] = []
        threads: list[ReadThread] = []
        differs = False
        comments_differ = any(map(self._catalogue.readings.has_texts_by_extractor, unit.articles))
        posts = map(self._catalogue.readings.wordpress_post, unit.articles)
        post = next((one for one in posts if one is not None), None)
        read = {one.record_id: self.article(unit, one) for one in unit.captures()}
        canonical = {one.canonical_url for one in read.values() if one is not None}
        home = next(iter(canonical)) if len(canonical) == 1 else unit.url
        for capture in unit.captures():
            result, known = unit.results[capture.record_id], unit.readings.get(capture.record_id)
            article = read[capture.record_id]
            if article is not None:
                articles.append(_article(capture, article, result, post))
            if known is not None and known.version is not None:
                made = (articles[-1].json or article_json(article)) if article is not None else None
                text = None if made is None else reading_digest((made.data.decode(),))
                differs = differs or known.by_extractor or text != known.article
            elif article is not None:
                differs = True
            if known is not None and known.is_document:
                thread = _thread(
                    capture,
                    article.canonical_url if article else home,
                    result,
                    last=known.last,
                    complete=known.complete,
                )
                threads.append(thread)
                comments_differ = comments_differ or _digest(thread) != known.thread
            elif known is None and article is not None and self._address(capture) == article.canonical_url:
                # Nobody walked through its comments.
                threads.append(_thread(capture, article.canonical_url, result, last=True, complete=False))
                comments_differ = True
        unit.comments_differ = comments_differ
        names = {one.record_id: self._read_by(unit, one) for one in unit.captures()}
        again = ReadAgain(articles=tuple(articles), threads=tuple(threads), extractors=names)
        return again, differs or comments_differ

    def _read_by(self, unit: Unit, capture: Capture) -> str:
        result = unit.results[capture.record_id]
        return result.reading.extractor if result.reading else self.extractor(capture)

    def tell(self, unit: Unit, again: ReadAgain, changes: Changes) -> None:
        """Note what reads differently; to be asked before it is written."""
        after = {one.capture.record_id: one.article for one in again.articles}
        if not unit.articles:
            for one in again.articles:
                changes.note(Example(what="articles", how=NEW, url=unit.url, after=one.article.title))
            return
        for number, url in unit.articles.items():
            texts = {one.number: one.article for one in self._catalogue.versions(number)}
            if not after:
                title = self._catalogue.article(number).summary.title
                changes.note(Example(what="articles", how=GONE, url=url, before=title))
                continue
            # The newest capture that reads differently stands for the article.
            for known in reversed(self._known(unit, number)):
                now = after.get(known.capture.record_id)
                if known.version is None or now is None:
                    continue
                before = texts[known.version]
                if before != now:
                    changes.article(url, before, now)
                    break
        # Each is a look at a whole thread, half the time of all that is told.
        if after and (unit.comments_differ or len(unit.articles) > 1):
            known_comments = [one for number in unit.articles for one in self._catalogue.comments(number)]
            changes.comments(unit.url, known_comments, [one.thread for one in again.threads])

    def _known(self, unit: Unit, number: int) -> list[KnownReading]:
        """Return what is known of the captures of one of a unit's articles, oldest first."""
        if len(unit.articles) > 1:
            return self._catalogue.readings.of_article(number)
        return [unit.readings[one.record_id] for one in unit.captures() if one.record_id in unit.readings]


def _article(capture: Capture, article: Article, result: PageResult, post: int | None) -> ReadArticle:
    own = result.reading.wordpress_post_id if result.reading else None
    return ReadArticle(
        capture=capture,
        article=article,
        indexed=result.indexed or index_text(article),
        wordpress_post_id=own or post,
        # What was made beside the reading is of the article as that has it.
        json=result.article_json if result.reading and article is result.reading.article else None,
    )


def _thread(capture: Capture, url: str, result: PageResult, *, last: bool, complete: bool) -> ReadThread:
    folded = result.indexed_comments
    return ReadThread(
        capture=capture,
        article_url=url,
        thread=result.thread,
        indexed={one.key: folded.get(one.key) or fold_text(one.text) for one in result.thread.comments},
        last=last,
        complete=complete,
        json=result.thread_json or thread_json(result.thread),
    )


def _digest(read: ReadThread) -> str:
    made = read.json or thread_json(read.thread)
    return thread_digest((made.comments[one.key] for one in read.thread.comments), read.thread.declared_total)
