"""Puts what was read from WARC files into a catalogue, in the order in which it was written."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from archive.catalogue import AgainArticle, AgainThread, ConnectionRow, LearnedRow, LookRow
from archive.rebuild.found import (
    FoundArticle,
    FoundConnection,
    FoundFailure,
    FoundIncidents,
    FoundReread,
    FoundSurvey,
    FoundThread,
    Problem,
)
from model import Capture, CaptureVia, Crawl, CrawlState, Judgement, Source, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archive.catalogue import Batch, Catalogue
    from archive.rebuild.found import Part, WarcFacts

# Articles whose number is kept: the comments of an article stand near it.
_KEPT_ARTICLES = 10_000
# As many documents as a crawl lets wait for their article (archive/early.py).
_MOST_WAITING = 500


@dataclass(slots=True)
class Put:
    """How much was put."""

    captures: int = 0
    failures: int = 0
    articles: int = 0
    threads: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """Comments read before their article, and where their record lies."""

    capture: Capture
    found: FoundThread
    key: str
    offset: int


class Filler:
    """Fills a catalogue from files; each file in a batch of its own, parts in order."""

    def __init__(self, catalogue: Catalogue, *, is_new: bool) -> None:
        """Fill a catalogue that is made by this, or (not ``is_new``) complete one that crawls wrote."""
        self._catalogue = catalogue
        self._is_new = is_new
        self._articles: OrderedDict[tuple[str, str], int] = OrderedDict()
        # Comments read before their article, in order; as they were when the file was begun.
        self._waiting: list[Waiting] = []
        self._waited: tuple[Waiting, ...] = ()
        self._begun = self._crawl_id = ""
        # What was read again together, until the record that ends the group.
        self._group: list[FoundArticle | FoundThread] = []
        # Crawls of which there was no row.
        self._placed: set[str] = set()
        self._inside: FoundSurvey | None = None
        self.ended: dict[str, Crawl] = {}
        """Rows of crawls whose last record says how they ended."""
        self.put = Put()

    @property
    def waiting(self) -> list[tuple[str, int]]:
        """Return the records (file key, offset) that wait for their article, in order."""
        return [(one.key, one.offset) for one in self._waiting]

    def go_on(self, facts: WarcFacts, threads: Iterable[tuple[str, int, FoundThread]]) -> None:
        """Go on after the file of ``facts``, with the comments (file key, offset) that waited at its end."""
        self._begun, self._crawl_id = facts.key, facts.crawl_id
        for key, offset, found in threads:
            capture = self._catalogue.capture(found.refers_to)
            if capture is not None:
                self._waiting.append(Waiting(capture, found, key, offset))

    def begin(self, batch: Batch, facts: WarcFacts) -> None:
        """Have the rows that a file's captures stand under; what its records say of them comes later."""
        self._articles.clear()
        self._group = []
        if facts.key == self._begun:
            # Once more, from another copy.
            self._waiting = list(self._waited)
        elif facts.crawl_id != self._crawl_id:
            self._waiting = []
        self._begun, self._crawl_id, self._waited = facts.key, facts.crawl_id, tuple(self._waiting)
        try:
            self._catalogue.source(facts.source)
        except UnknownNameError:
            batch.put_source(Source(name=facts.source, origin=""))
        if not facts.crawl_id:
            return
        try:
            self._catalogue.crawl(facts.crawl_id)
        except UnknownNameError:
            self._placed.add(facts.crawl_id)
            batch.put_crawl(
                Crawl(
                    id=facts.crawl_id,
                    source=facts.source,
                    # RUNNING stands for «nothing says how it ended» until the row is derived.
                    state=CrawlState.RUNNING if self._is_new else CrawlState.INTERRUPTED,
                    started_at=facts.begun_at,
                )
            )

    def fill(self, batch: Batch, facts: WarcFacts, part: Part, *, settled_until: int = -1) -> list[Problem]:
        """Put a part; return what did not fit.

        ``settled_until``: comments whose record lies before it are in the catalogue, if their article is.
        Everything else may be put twice.
        """
        captures = [found for _, found in part.found if isinstance(found, Capture)]
        if captures:
            captures = self._with_lengths(captures)
            batch.add_captures(facts.crawl_id, facts.source, captures)
            self._name_origin(batch, facts, captures[0])
            self.put.captures += len(captures)
        here = {capture.record_id: capture for capture in captures}
        problems = []
        for offset, found in part.found:
            message = ""
            if isinstance(found, FoundArticle | FoundThread) and found.group:
                self._gather(found)
            elif isinstance(found, FoundReread):
                message = self._reread(batch, facts, found)
            elif isinstance(found, FoundArticle):
                message = self._article(batch, facts, here, found)
            elif isinstance(found, FoundThread):
                is_settled = offset <= settled_until
                message = self._thread(batch, facts, here, found, offset, is_settled=is_settled)
            elif isinstance(found, FoundFailure):
                batch.add_failure(
                    facts.crawl_id, facts.source, found.record_id, found.observation, found.role
                )
                self.put.failures += 1
            elif isinstance(found, Judgement):
                batch.put_judgement(facts.source, found)
            elif isinstance(found, CaptureVia):
                if self._shown_by(here, found.record_id) is None:
                    message = f"it tells by which way {found.record_id} came, which is not there"
                else:
                    batch.put_via(facts.source, found)
            elif isinstance(found, LookRow):
                batch.put_look(facts.source, found)
            elif isinstance(found, FoundIncidents):
                batch.put_incidents(facts.source, found.noun)
            elif isinstance(found, FoundSurvey):
                self._inside = found
            elif isinstance(found, FoundConnection):
                batch.put_connection(facts.source, self._connection(found))
            elif isinstance(found, Source):
                batch.put_source(found)
            elif isinstance(found, LearnedRow):
                batch.put_learned(found)
            elif isinstance(found, Crawl):
                self._crawl(batch, found)
            if message:
                problems.append(Problem(key=facts.key, offset=offset, message=message))
        if self._waiting:
            self._put_waiting(batch, facts)
        return problems

    def _connection(self, found: FoundConnection) -> ConnectionRow:
        # A verdict is written right after its survey.
        beside = self._inside if self._inside and self._inside.record_id == found.survey_id else None
        return ConnectionRow(
            record_id=found.record_id,
            verdict=found.verdict,
            inside_share=beside.inside_share if beside else None,
        )

    def _with_lengths(self, captures: list[Capture]) -> list[Capture]:
        """Complete revisits of before :data:`archive.warc.records.PAYLOAD_LENGTH`."""
        if all(one.payload_length >= 0 for one in captures):
            return captures
        here = {one.record_id: one.payload_length for one in captures}
        completed = []
        for one in captures:
            length = one.payload_length
            if length < 0 and (length := here.get(one.revisit_of or "", -1)) < 0:
                original = self._catalogue.capture(one.revisit_of or "")
                length = original.payload_length if original else 0
            completed.append(replace(one, payload_length=length))
        return completed

    def _name_origin(self, batch: Batch, facts: WarcFacts, capture: Capture) -> None:
        """Give a source that no record describes the site of its first capture."""
        source = self._catalogue.source(facts.source)
        if source.origin:
            return
        parts = urlsplit(capture.url)
        batch.put_source(replace(source, origin=f"{parts.scheme}://{parts.netloc}/"))

    def _shown_by(self, here: dict[str, Capture], record_id: str) -> Capture | None:
        # In the file before, when that was full between the page and what was read from it.
        return here.get(record_id) or self._catalogue.capture(record_id)

    def _article(self, batch: Batch, facts: WarcFacts, here: dict[str, Capture], found: FoundArticle) -> str:
        capture = self._shown_by(here, found.refers_to)
        if capture is None:
            return f"an article was read from {found.refers_to}, which is not there"
        receipt = batch.put_article(
            facts.source,
            facts.crawl_id,
            capture,
            found.article,
            found.indexed,
            wordpress_post_id=found.wordpress_post_id,
            noun=found.noun,
            extractor=found.extractor,
        )
        self._articles[facts.source, found.article.canonical_url] = receipt.article_id
        if len(self._articles) > _KEPT_ARTICLES:
            self._articles.popitem(last=False)
        self.put.articles += 1
        if self._waiting:
            self._put_waiting(batch, facts, found.article.canonical_url)
        return ""

    def _thread(
        self,
        batch: Batch,
        facts: WarcFacts,
        here: dict[str, Capture],
        found: FoundThread,
        offset: int,
        *,
        is_settled: bool,
    ) -> str:
        capture = self._shown_by(here, found.refers_to)
        if capture is None:
            return f"comments were read from {found.refers_to}, which is not there"
        article = self._articles.get((facts.source, found.article_url))
        if article is None:
            article = batch.find_article(facts.source, url=found.article_url)
        if article is None:
            # As a crawl does: they may have been read before their article.
            self._waiting.append(Waiting(capture, found, facts.key, offset))
            del self._waiting[:-_MOST_WAITING]
        elif not is_settled:
            self._put_thread(batch, facts, article, capture, found)
        return ""

    def _put_thread(
        self, batch: Batch, facts: WarcFacts, article: int, capture: Capture, found: FoundThread
    ) -> None:
        batch.put_thread(
            article,
            facts.crawl_id,
            capture,
            found.thread,
            found.indexed,
            found.nouns,
            extractor=found.extractor,
            last=found.last,
            complete=found.complete,
        )
        if found.last:
            batch.finish_thread(article, facts.crawl_id, found.complete)
        self.put.threads += 1

    def _gather(self, found: FoundArticle | FoundThread) -> None:
        """Keep what was read again until its group is whole; one that was never ended counts for nothing."""
        if self._group and self._group[0].group != found.group:
            self._group = []
        self._group.append(found)

    def _reread(self, batch: Batch, facts: WarcFacts, found: FoundReread) -> str:
        group, self._group = self._group, []
        if not found.group:
            batch.note_extractors(found.extractors)
            return ""
        if len(group) != found.conversions or any(one.group != found.group for one in group):
            return "of what was read again together only a part is there"
        articles: list[AgainArticle] = []
        threads: list[AgainThread] = []
        for one in group:
            capture = self._catalogue.capture(one.refers_to)
            if capture is None or one.refers_to not in found.extractors:
                return f"{one.refers_to} was read again, which is not there"
            if isinstance(one, FoundArticle):
                articles.append(
                    AgainArticle(
                        capture=capture,
                        article=one.article,
                        noun=one.noun,
                        indexed=one.indexed,
                        wordpress_post_id=one.wordpress_post_id,
                    )
                )
            else:
                threads.append(
                    AgainThread(
                        capture=capture,
                        article_url=one.article_url,
                        thread=one.thread,
                        nouns=one.nouns,
                        indexed=one.indexed,
                        last=one.last,
                        complete=one.complete,
                    )
                )
        batch.reread(facts.source, articles, threads, found.extractors)
        # They may have other numbers now.
        self._articles.clear()
        self.put.articles += len(articles)
        self.put.threads += len(threads)
        return ""

    def _put_waiting(self, batch: Batch, facts: WarcFacts, url: str | None = None) -> None:
        """Put comments whose article has come by now: that of ``url``, or any."""
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            article = None
            if url is None or one.found.article_url == url:
                article = self._articles.get((facts.source, one.found.article_url))
                if article is None:
                    article = batch.find_article(facts.source, url=one.found.article_url)
            if article is None:
                self._waiting.append(one)
            else:
                self._put_thread(batch, facts, article, one.capture, one.found)

    def _crawl(self, batch: Batch, crawl: Crawl) -> None:
        """Write a crawl's row as its run began or ended."""
        if crawl.state is not CrawlState.RUNNING:
            batch.put_crawl(crawl)
            self.ended[crawl.id] = crawl
            return
        # What waited in the run before went with its process.
        self._waiting = []
        self.ended.pop(crawl.id, None)
        if self._is_new:
            batch.put_crawl(crawl)
        elif crawl.id in self._placed:
            # Nobody is at work on it: its file was left by a process that is gone.
            batch.put_crawl(replace(crawl, state=CrawlState.INTERRUPTED))


def derived_row(catalogue: Catalogue, crawl: Crawl, *, is_ours: bool, warc_bytes: int) -> Crawl:
    """Return the row of a crawl of which no record says how it ended, as far as other rows tell."""
    reached = catalogue.crawl_outcome(crawl.id)
    return replace(
        crawl,
        state=CrawlState.INTERRUPTED if is_ours else CrawlState.FINISHED,
        note="" if is_ours else "WARC files of another program",
        pages=reached.pages,
        requisites=reached.requisites,
        articles=reached.articles,
        new_versions=reached.new_versions,
        comments=reached.comments,
        revisits=reached.revisits,
        bytes_received=max(crawl.bytes_received, reached.payload_bytes),
        warc_bytes=warc_bytes,
        failures=catalogue.failure_counts(crawl.id),
    )
