"""The one place where WARC and catalogue meet: what one crawl writes, and when it counts.

An exchange is appended to the WARC file at once and is *acknowledged* only by :meth:`Recorder.settle`:
first the file is on disk (fsync), then one transaction makes its catalogue rows, and the frontier rows
it finishes, appear together. A crash in between leaves records that no row names; the request goes out
again. It never leaves a row whose record is not on disk.

Two calls, so that waiting for the disk needs no lock on the crawl: :meth:`Recorder.cut` takes what was
gathered (on the thread that gathers), :meth:`Recorder.settle` makes it last (on any thread, one at a
time).
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from archive.catalogue import ConnectionRow
from archive.conversion import article_content, article_json, thread_content, thread_json
from archive.early import Early
from archive.warc import describe_payload
from model import Capture, Crawl, PageRole, StoreError, StoreFullError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from archive.catalogue import (
        AttentionRow,
        Batch,
        Catalogue,
        FrontierRow,
        HostRow,
        IndexedText,
        LookRow,
    )
    from archive.conversion import ThreadJson
    from archive.warc import Packed, WarcWriter
    from model import (
        Article,
        CaptureVia,
        CommentThread,
        ConnectionVerdict,
        Exchange,
        Judgement,
        Observation,
        Source,
        Survey,
    )

# Payloads of this crawl that the catalogue does not know yet (or was just asked for): enough to bridge
# the time between two settlements at any speed, 20,000 captures are about 20 MB.
RECENT_PAYLOADS = 4_000


@dataclass(slots=True, kw_only=True)
class Gathered:
    """What was gathered since the last settlement; empty lists mean there is nothing to do."""

    captures: list[Capture] = field(default_factory=list)
    failures: list[tuple[str, Observation, PageRole]] = field(default_factory=list)
    articles: list[ReadArticle] = field(default_factory=list)
    threads: list[ReadThread] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    connections: list[ConnectionRow] = field(default_factory=list)
    vias: list[CaptureVia] = field(default_factory=list)
    looks: list[LookRow] = field(default_factory=list)
    attentions: list[AttentionRow] = field(default_factory=list)
    incidents: str | None = None
    found: list[FrontierRow] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    """Record id of the capture that answered a request in ``done``, by its key."""
    failed: list[tuple[str, str, datetime | None]] = field(default_factory=list)
    """Key, reason, when to try again."""
    hosts: dict[str, HostRow] = field(default_factory=dict)
    """By origin, as last known."""


# What a cut gives when nothing was gathered.
_NOTHING = Gathered()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadArticle:
    """An article as read from a capture, with what the catalogue needs beside it."""

    capture: Capture
    article: Article
    indexed: IndexedText
    wordpress_post_id: int | None = None
    json: Packed | None = None
    """:func:`archive.article_json` of the article, where it was made beforehand."""
    extractor: str = ""
    """What read it; set by :meth:`Recorder.article`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadThread:
    """Comments as read from a capture."""

    capture: Capture
    article_url: str
    """The canonical URL of the article they stand under."""
    thread: CommentThread
    indexed: Mapping[str, IndexedText]
    """``Comment.key`` to its folded text."""
    last: bool
    """No further document of this article comes in this crawl."""
    complete: bool
    """With ``last``: with what this crawl brought before, every comment of the article was covered."""
    json: ThreadJson | None = None
    """:func:`archive.thread_json` of the thread, where it was made beforehand."""
    extractor: str = ""
    """What read them (``Reading.extractor``); empty when that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a settlement brought into being."""

    new_articles: int = 0
    new_versions: int = 0
    found: int = 0
    """Requests that were new to the frontier."""

    def __add__(self, other: Settled) -> Settled:
        """Return both together."""
        return Settled(
            new_articles=self.new_articles + other.new_articles,
            new_versions=self.new_versions + other.new_versions,
            found=self.found + other.found,
        )


class Recorder:
    """Writes one crawl into an archive; made by :meth:`archive.Archive.recorder`."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        writer: WarcWriter,
        crawl: Crawl,
        deduplicate: bool = True,
        closed: deque[tuple[str, int]] | None = None,
    ) -> None:
        """Write with ``writer``, which appends the key and size of each file it has closed to ``closed``."""
        self._catalogue = catalogue
        self._writer = writer
        self._crawl = crawl
        self._deduplicate = deduplicate
        self._gathered = Gathered()
        self._recent: OrderedDict[str, Capture] = OrderedDict()
        self._database = threading.Lock()
        self._is_lost = False
        # What settlements that found no room were to settle.
        self._unsettled: list[Gathered] = []
        # What was cut with requests that the frontier does not hold yet.
        self._storing: list[Gathered] = []
        self._early = Early()
        self._bytes_cut = 0
        self._closed: deque[tuple[str, int]] = deque() if closed is None else closed

    @property
    def warc_bytes(self) -> int:
        """Bytes of WARC written by this recorder."""
        return self._writer.bytes_written

    @property
    def unsettled_bytes(self) -> int:
        """Bytes of WARC written since the last cut."""
        return self._writer.bytes_written - self._bytes_cut

    @property
    def is_lost(self) -> bool:
        """Whether something written may never be on disk: nothing is settled any more."""
        return self._is_lost

    # --- what no exchange says

    def begin(self, source: Source) -> None:
        """Append what is known of the source and of the crawl as its run begins; on disk when it returns."""
        self.source(source)
        self._writer.write_crawl(self._crawl, earlier_bytes=self._crawl.warc_bytes)
        self._writer.sync()

    def source(self, source: Source) -> None:
        """Append what is known of the source by now; its row is the caller's to write."""
        self._writer.write_source(source)

    def end(self, crawl: Crawl) -> Crawl:
        """Append how the crawl ended, the last record of its file; return its row, ``warc_bytes`` complete.

        Whoever makes the catalogue anew takes the row from this record: nothing may change it after that.
        """
        return self._writer.write_crawl(crawl, earlier_bytes=self._crawl.warc_bytes)

    # --- what was fetched

    def exchange(self, exchange: Exchange, role: PageRole) -> Capture:
        """Append an exchange and return its receipt, not yet acknowledged; ``StoreFullError``.

        A payload that is held already becomes a revisit; an empty or truncated one never does.
        """
        payload = describe_payload(exchange)
        original = None
        if self._deduplicate and payload.length and exchange.truncated is None:
            original = self._recent.get(payload.digest) or self._catalogue.find_payload(payload.digest)
        capture = self._writer.write_exchange(exchange, role=role, payload=payload, original=original)
        self._gathered.captures.append(capture)
        if payload.length and exchange.truncated is None:
            self._recent[payload.digest] = original or capture
            if len(self._recent) > RECENT_PAYLOADS:
                self._recent.popitem(last=False)
        return capture

    def failure(self, observation: Observation, role: PageRole) -> str:
        """Append what an attempt showed that brought no response; return the record's id."""
        record_id = self._writer.write_failure(observation, role=role)
        self._gathered.failures.append((record_id, observation, role))
        return record_id

    def survey(self, survey: Survey, judge: Callable[[str], ConnectionVerdict]) -> ConnectionRow:
        """Append what was seen of a connection, and what ``judge`` makes of it, given the record's id."""
        survey_id = self._writer.write_survey(survey)
        verdict = judge(survey_id)
        row = ConnectionRow(
            record_id=self._writer.write_verdict(verdict, survey_id),
            verdict=verdict,
            inside_share=survey.inside_share,
        )
        self._gathered.connections.append(row)
        return row

    def via(self, via: CaptureVia) -> None:
        """Append how a capture of this recorder came about, and gather it."""
        self._writer.write_via(via, datetime.now(UTC))
        self._gathered.vias.append(via)

    # --- what was read

    def article(self, read: ReadArticle, extractor: str) -> None:
        """Append an article as a ``conversion`` record of its capture, and gather it."""
        made = read.json or article_json(read.article)
        self._convert(
            read.capture,
            article_content(made, extractor=extractor, wordpress_post_id=read.wordpress_post_id),
        )
        self._gathered.articles.append(replace(read, json=made, extractor=extractor))

    def thread(self, read: ReadThread) -> None:
        """Append comments as a ``conversion`` record of their capture, and gather them."""
        made = read.json or thread_json(read.thread)
        self._convert(
            read.capture,
            thread_content(
                made.packed,
                article_url=read.article_url,
                last=read.last,
                complete=read.complete,
                extractor=read.extractor,
            ),
        )
        self._gathered.threads.append(read if read.json else replace(read, json=made))

    def judgement(self, judgement: Judgement) -> None:
        """Append what was judged of an article, and gather it."""
        self._writer.write_judgement(judgement)
        self._gathered.judgements.append(judgement)

    def look(self, row: LookRow) -> None:
        """Append a look at an article, and gather it."""
        self._writer.write_look(row.article, row.record_id, row)
        self._gathered.looks.append(row)

    def attention(self, row: AttentionRow) -> None:
        """Gather how much attention an article asks for; what it follows from is on record."""
        self._gathered.attentions.append(row)

    def incidents(self, noun: str) -> None:
        """Append the incidents of the source's site, as JSON, and gather them."""
        self._writer.write_incidents(self._crawl.source, {"incidents": noun})
        self._gathered.incidents = noun

    def _convert(self, capture: Capture, content: Sequence[bytes | Packed]) -> None:
        self._writer.write_conversion(capture, data=content, content_type="application/json")

    # --- the frontier

    def request_found(self, row: FrontierRow) -> None:
        """Gather a request for the frontier."""
        self._gathered.found.append(row)

    def request_done(self, key: str, record_id: str | None = None) -> None:
        """Gather that a request needs nothing more; ``record_id`` is the capture that was read for it."""
        self._gathered.done.append(key)
        if record_id is not None:
            self._gathered.answers[key] = record_id

    def request_failed(self, key: str, reason: str, next_try: datetime | None = None) -> None:
        """Gather that a request failed: until ``next_try``, or for good."""
        self._gathered.failed.append((key, reason, next_try))

    @property
    def unstored_requests(self) -> int:
        """Requests that the frontier does not hold yet: gathered, or in a settlement that is under way.

        Known ones may be among them. Whoever counted the gathered ones alone would take a frontier for empty
        while a slow disk keeps what was found last.
        """
        return len(self._gathered.found) + sum(len(part.found) for part in self._storing)

    def lease(self, limit: int, until: datetime) -> tuple[Sequence[FrontierRow], int, int]:
        """Store the requests gathered, those of a settlement under way, too; then lease the most urgent ones.

        Returns the rows, how many of the stored ones were new, and how many that had failed (or whose lease
        ran out) have come to their next try.
        """
        parts = [*self._storing, self._gathered]
        found = [row for part in parts for row in part.found]
        # A lease that a power cut undoes is no loss: the process that held it is gone, too. What was found
        # is durable with the next settlement, before the page that led to it is done.
        with self._database, self._catalogue.write(durable=False) as batch:
            new = sum(batch.frontier_add(self._crawl.id, found)) if found else 0
            revived = batch.frontier_revive(self._crawl.id)
            rows = batch.frontier_lease(self._crawl.id, limit, until)
        # Only now: were they dropped when this fails, their page could still be noted as done without them.
        for part in parts:
            part.found = []
        self._storing = []
        return rows, new, revived

    # --- hosts

    def host(self, origin: str) -> HostRow | None:
        """Return what is known of a host, in this crawl or from before."""
        return self._gathered.hosts.get(origin) or self._catalogue.host(origin)

    def host_known(self, row: HostRow) -> None:
        """Gather what a host asked of us, in place of what was known."""
        self._gathered.hosts[row.origin] = row

    # --- making it last

    def cut(self) -> Gathered:
        """Take what was gathered; call it on the thread that gathers."""
        gathered, self._gathered = self._gathered, Gathered()
        self._storing = [part for part in (*self._storing, gathered) if part.found]
        self._bytes_cut = self._writer.bytes_written
        return gathered

    def settle(self, gathered: Gathered, crawl: Crawl | None = None) -> Settled:
        """Make what was cut last: file on disk first, then one transaction.

        ``crawl``, when given, is the crawl's row to write in the same transaction. After ``StoreFullError``
        from the catalogue nothing of the transaction is left: the next call settles what this one should
        have, too. After any other failure (:attr:`is_lost`) nothing is settled any more: a page must not be
        noted as done without what it led to, and a second fsync may succeed although what the first could
        not write is gone (fsync(2), EIO).
        """
        if self._is_lost:
            raise StoreError("what was gathered earlier could not be stored, so nothing after it is")
        synced = False
        try:
            # What was closed before this settlement was cut: the catalogue has all of it with this one.
            closed = len(self._closed)
            self._writer.sync()
            synced = True
            if gathered != _NOTHING:
                self._unsettled.append(gathered)
            settled = self._commit(self._unsettled, crawl, closed)
        except BaseException as error:
            self._is_lost = not (synced and isinstance(error, StoreFullError))
            raise
        self._unsettled = []
        return settled

    def _commit(self, parts: Sequence[Gathered], crawl: Crawl | None, closed: int) -> Settled:
        # What only says that the crawl lives need not survive a power cut.
        durable = bool(parts) or closed > 0
        settled, early = Settled(), self._early
        with self._database, self._catalogue.write(durable=durable) as batch:
            for part in parts:
                made, early = self._write(batch, part, early)
                settled += made
            if crawl is not None:
                batch.put_crawl(crawl)
            self._note_closed(batch, closed, is_indexed=True)
        for part in parts:
            part.found = []
        self._early = early
        for _ in range(closed):
            self._closed.popleft()
        return settled

    def _write(self, batch: Batch, gathered: Gathered, early: Early) -> tuple[Settled, Early]:
        new_articles = new_versions = found = 0
        crawl_id, source = self._crawl.id, self._crawl.source
        # Articles put by this settlement, by canonical URL: most comments stand under one of them.
        put: dict[str, int] = {}
        if gathered.found:
            found = sum(batch.frontier_add(crawl_id, gathered.found))
        if gathered.captures:
            batch.add_captures(crawl_id, source, gathered.captures)
        # Before what was read from them: a mirror's word counts less.
        for via in gathered.vias:
            batch.put_via(source, via)
        for record_id, observation, role in gathered.failures:
            batch.add_failure(crawl_id, source, record_id, observation, role)
        for read in gathered.articles:
            receipt = batch.put_article(
                source,
                crawl_id,
                read.capture,
                read.article,
                read.indexed,
                wordpress_post_id=read.wordpress_post_id,
                noun=None if read.json is None else read.json.data.decode(),
                extractor=read.extractor or None,
            )
            put[read.article.canonical_url] = receipt.article_id
            new_articles += receipt.is_new_article
            new_versions += receipt.is_new_version
        waiting: list[ReadThread] = []
        for comments in (*early.threads, *gathered.threads):
            article_id = put.get(comments.article_url)
            if article_id is None:
                article_id = batch.find_article(source, url=comments.article_url)
            if article_id is None:
                waiting.append(comments)
                continue
            batch.put_thread(
                article_id,
                crawl_id,
                comments.capture,
                comments.thread,
                comments.indexed,
                None if comments.json is None else comments.json.comments,
                extractor=comments.extractor or None,
                last=comments.last,
                complete=comments.complete,
            )
            if comments.last:
                batch.finish_thread(article_id, crawl_id, comments.complete)
        for row in gathered.connections:
            batch.put_connection(source, row)
        for look in gathered.looks:
            batch.put_look(source, look)
        for attention in gathered.attentions:
            batch.put_attention(source, attention)
        if gathered.incidents is not None:
            batch.put_incidents(source, gathered.incidents)
        for judgement in gathered.judgements:
            batch.put_judgement(source, judgement)
        done, early = early.after(waiting, gathered.done, gathered.answers)
        if done:
            batch.frontier_done(crawl_id, done)
        for key, reason, next_try in gathered.failed:
            batch.frontier_failed(crawl_id, key, reason, next_try)
        if gathered.hosts:
            batch.put_hosts(gathered.hosts.values())
        return Settled(new_articles=new_articles, new_versions=new_versions, found=found), early

    def close(self) -> None:
        """Close the WARC file; whatever was not settled is not acknowledged."""
        self._writer.close()
        self._early.tell()
        if self._closed:
            with self._database, self._catalogue.write() as batch:
                is_indexed = not (self._is_lost or self._unsettled)
                self._note_closed(batch, len(self._closed), is_indexed=is_indexed)
            self._closed.clear()

    def _note_closed(self, batch: Batch, count: int, *, is_indexed: bool) -> None:
        now = datetime.now(UTC)
        for key, size in islice(self._closed, count):
            batch.note_closed(key, size, now, is_indexed=is_indexed)
