"""One transaction of writing: all of it or nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archive.catalogue import (
    captures,
    connections,
    covered,
    crawls,
    finding,
    frontier,
    hosts,
    judgements,
    learned,
    ledger,
    looks,
    making,
    mirrored,
    rereading,
    vias,
)
from archive.catalogue.readings import note_extractor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Connection

    from archive.catalogue.records import (
        AgainArticle,
        AgainThread,
        ArticleReceipt,
        AttentionRow,
        ConnectionRow,
        FrontierRow,
        HostRow,
        IndexedText,
        LearnedRow,
        LookRow,
    )
    from model import (
        Article,
        Capture,
        CaptureVia,
        CommentThread,
        Crawl,
        Judgement,
        Observation,
        PageRole,
        Source,
    )


class Batch:
    """What can be written; made by :meth:`Catalogue.write` and valid within it.

    Sources and crawls are named as elsewhere; an unknown one raises ``UnknownNameError``. Putting the same
    thing a second time changes nothing, so that a batch can be repeated.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # Valid for this transaction only: a name put in it is gone when it is rolled back.
        self._sources: dict[str, int] = {}
        self._crawls: dict[str, int] = {}

    def _source(self, name: str) -> int:
        number = self._sources.get(name)
        if number is None:
            number = self._sources[name] = crawls.source_number(self._connection, name)
        return number

    def _crawl(self, crawl_id: str) -> int:
        number = self._crawls.get(crawl_id)
        if number is None:
            number = self._crawls[crawl_id] = crawls.crawl_number(self._connection, crawl_id)
        return number

    # --- sources and crawls

    def put_source(self, source: Source) -> None:
        """Insert or replace a source."""
        crawls.put_source(self._connection, source)

    def put_learned(self, row: LearnedRow) -> None:
        """Keep what was learned of a source's pages, unless something newer is kept."""
        learned.put(self._connection, self._source(row.source), row)

    def put_crawl(self, crawl: Crawl) -> None:
        """Insert or replace a crawl of a known source; a running one is noted as held by this process."""
        crawls.put_crawl(self._connection, crawl)

    def interrupt_running(self, source: str | None = None) -> None:
        """Mark every running crawl (of a source) interrupted; for who knows that no process works on it."""
        crawls.interrupt_running(self._connection, source)

    # --- what was fetched

    def add_captures(self, crawl_id: str, source: str, added: Sequence[Capture]) -> None:
        """Insert captures whose records are on disk."""
        captures.add(self._connection, self._crawl(crawl_id), self._source(source), added)

    def add_failure(
        self, crawl_id: str, source: str, record_id: str, observation: Observation, role: PageRole
    ) -> None:
        """Insert an attempt that failed; ``record_id`` is the metadata record that tells all of it."""
        captures.add_failure(
            self._connection, self._crawl(crawl_id), self._source(source), record_id, observation, role
        )

    def note_closed(self, key: str, size: int, closed_at: datetime, *, is_indexed: bool = True) -> None:
        """Note a WARC file that is on disk under its closed name; see :class:`archive.catalogue.Ledger`."""
        ledger.note_closed(self._connection, key, size, closed_at, is_indexed=is_indexed)

    def note_waiting(self, records: Sequence[tuple[str, int]]) -> None:
        """Write which records (file key, offset) wait for the next file, while a catalogue is made anew."""
        making.note_waiting(self._connection, records)

    # --- what was read

    def put_article(
        self,
        source: str,
        crawl_id: str,
        capture: Capture,
        article: Article,
        text: IndexedText,
        *,
        wordpress_post_id: int | None = None,
        noun: str | None = None,
        extractor: str | None = None,
    ) -> ArticleReceipt:
        """Note that a capture shows an article; a new version only when its text is new.

        ``noun`` may be the article's JSON where the caller has it already (:func:`model.json_text`);
        ``extractor`` is what read it (``Reading.extractor``), as far as that is known.
        """
        return mirrored.put_article(
            self._connection,
            source=self._source(source),
            crawl=self._crawl(crawl_id),
            capture=capture,
            article=article,
            text=text,
            wordpress_post_id=wordpress_post_id,
            noun=noun,
            extractor=extractor,
        )

    def find_article(
        self, source: str, *, url: str | None = None, wordpress_post_id: int | None = None
    ) -> int | None:
        """Return the number of a source's article by WordPress post or by any URL it was seen at."""
        number = self._source(source)
        article = None
        if wordpress_post_id is not None:
            article = finding.by_wordpress_post(self._connection, number, wordpress_post_id)
        if article is None and url is not None:
            article = finding.number_of_url(self._connection, url, number)
        return article

    def put_thread(
        self,
        article_id: int,
        crawl_id: str,
        capture: Capture,
        thread: CommentThread,
        texts: Mapping[str, IndexedText],
        nouns: Mapping[str, str] | None = None,
        *,
        extractor: str | None = None,
        last: bool = False,
        complete: bool = False,
    ) -> None:
        """Note the comments that one document shows; ``texts`` has the folded text of each key.

        ``nouns`` may have the JSON of each key's comment (:func:`model.json_text`); ``extractor`` is what
        read them, as far as that is known; ``last`` and ``complete`` are those of the document, kept for when
        it is read again: :meth:`finish_thread` makes them count.
        """
        mirrored.put_thread(
            self._connection,
            article=article_id,
            crawl=self._crawl(crawl_id),
            capture=capture,
            thread=thread,
            texts=texts,
            nouns=nouns,
            extractor=extractor,
            last=last,
            complete=complete,
        )
        note_extractor(self._connection, capture.record_id, extractor)

    def reread(
        self,
        source: str,
        articles: Sequence[AgainArticle],
        threads: Sequence[AgainThread],
        extractors: Mapping[str, str],
    ) -> bool:
        """Put what was read again in the place of what was; :func:`archive.catalogue.rereading.reread`."""
        return rereading.reread(self._connection, self._source(source), articles, threads, extractors)

    def note_extractors(self, extractors: Mapping[str, str]) -> None:
        """Note what read captures (record id to name) again, and found what was found before."""
        rereading.note_extractors(self._connection, extractors)

    def finish_thread(
        self, article_id: int, crawl_id: str, complete: bool, declared_total: int | None = None
    ) -> bool:
        """Note that a crawl has read what it will of a thread; return whether it counts as the whole of it.

        Only then are comments it did not meet «gone». It does not count without a document put by this crawl,
        nor when fewer comments were met than the site declares (here, or in a document of this crawl), nor
        when a mirror gave any of its documents.
        """
        crawl = self._crawl(crawl_id)
        return covered.finish(
            self._connection,
            article_id,
            crawl,
            complete=complete and not mirrored.read_by_mirror(self._connection, article_id, crawl),
            declared_total=declared_total,
        )

    def put_judgement(self, source: str, judgement: Judgement) -> None:
        """Write what was judged of an article of a source; what closed before stays closed."""
        judgements.put(self._connection, self._source(source), judgement)

    # --- how it could be reached

    def put_connection(self, source: str, row: ConnectionRow) -> None:
        """Insert a verdict over a source's connection."""
        connections.put(self._connection, self._source(source), row)

    def put_via(self, source: str, via: CaptureVia) -> None:
        """Insert how a capture came about that did not come from the source's own address."""
        vias.put(self._connection, self._source(source), via)

    # --- looks at articles

    def put_look(self, source: str, row: LookRow) -> None:
        """Insert a look at an article."""
        looks.put(self._connection, self._source(source), row)

    def put_attention(self, source: str, row: AttentionRow) -> None:
        """Write how much attention an article asks for."""
        looks.put_attention(self._connection, self._source(source), row)

    def put_incidents(self, source: str, noun: str) -> None:
        """Write the incidents of a source's site, as JSON."""
        looks.put_incidents(self._connection, self._source(source), noun)

    # --- the frontier

    def frontier_add(self, crawl_id: str, rows: Sequence[FrontierRow]) -> list[bool]:
        """Insert requests; return for each whether it is new (False: its key is known already)."""
        return frontier.add(self._connection, self._crawl(crawl_id), rows)

    def frontier_lease(
        self, crawl_id: str, limit: int, until: datetime, now: datetime | None = None
    ) -> list[FrontierRow]:
        """Lease fresh requests, highest priority first, then oldest; ``now`` decides which leases ran out."""
        moment = datetime.now(UTC) if now is None else now
        return frontier.lease(self._connection, self._crawl(crawl_id), limit, until, moment)

    def frontier_done(self, crawl_id: str, keys: Sequence[str]) -> None:
        """Mark requests as needing nothing more."""
        frontier.done(self._connection, self._crawl(crawl_id), keys)

    def frontier_failed(self, crawl_id: str, key: str, reason: str, next_try: datetime | None = None) -> None:
        """Mark a request as failed until ``next_try``; ``None``: for good. One that is done stays done."""
        frontier.failed(self._connection, self._crawl(crawl_id), key, reason, next_try)

    def frontier_revive(self, crawl_id: str, now: datetime | None = None) -> int:
        """Make fresh what was leased or failed until now, as every lease does; return how many."""
        return frontier.revive(
            self._connection, self._crawl(crawl_id), datetime.now(UTC) if now is None else now
        )

    def frontier_adopt(self, crawl_id: str, now: datetime | None = None) -> int:
        """Take over the failed pages that ended crawls of the same source left waiting; return how many."""
        return frontier.adopt(
            self._connection, self._crawl(crawl_id), datetime.now(UTC) if now is None else now
        )

    def frontier_end(self, crawl_id: str, *, is_finished: bool) -> None:
        """Forget the frontier of a crawl that is over, but for failed pages that wait for their next try."""
        frontier.end(self._connection, self._crawl(crawl_id), is_finished=is_finished)

    def frontier_release(self, crawl_id: str) -> int:
        """Make every leased request fresh again (its crawl has ended); return how many."""
        return frontier.release(self._connection, self._crawl(crawl_id))

    def frontier_forget(self, crawl_id: str, role: PageRole) -> None:
        """Forget the requests of a role that are not done: who goes on with the crawl asks for them anew."""
        frontier.forget(self._connection, self._crawl(crawl_id), role)

    # --- hosts

    def put_hosts(self, rows: Iterable[HostRow]) -> None:
        """Write what hosts asked of us over what was known."""
        hosts.put(self._connection, rows)
