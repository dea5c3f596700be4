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

import logging
import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from archive.conversion import article_content, article_json, thread_content, thread_json
from archive.warc import describe_payload
from model import Capture, Crawl, PageRole, StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from archive.catalogue import Catalogue, FrontierRow, IndexedText
    from archive.conversion import ThreadJson
    from archive.warc import Packed, WarcWriter
    from model import Article, CommentThread, Exchange, Observation

logger = logging.getLogger(__name__)

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
    found: list[FrontierRow] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadArticle:
    """An article as read from a capture, with what the catalogue needs beside it."""

    capture: Capture
    article: Article
    indexed: IndexedText
    wordpress_post_id: int | None = None
    json: Packed | None = None
    """:func:`archive.article_json` of the article, where it was made beforehand."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a settlement brought into being."""

    new_articles: int = 0
    new_versions: int = 0
    found: int = 0
    """Requests that were new to the frontier."""


class Recorder:
    """Writes one crawl into an archive; made by :meth:`archive.Archive.recorder`."""

    def __init__(
        self, *, catalogue: Catalogue, writer: WarcWriter, crawl: Crawl, deduplicate: bool = True
    ) -> None:
        self._catalogue = catalogue
        self._writer = writer
        self._crawl = crawl
        self._deduplicate = deduplicate
        self._gathered = Gathered()
        self._recent: OrderedDict[str, Capture] = OrderedDict()
        self._database = threading.Lock()
        self._is_lost = False

    @property
    def warc_bytes(self) -> int:
        """Bytes of WARC written by this recorder."""
        return self._writer.bytes_written

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

    # --- what was read

    def article(self, read: ReadArticle, extractor: str) -> None:
        """Append an article as a ``conversion`` record of its capture, and gather it."""
        made = read.json or article_json(read.article)
        self._convert(
            read.capture,
            article_content(made, extractor=extractor, wordpress_post_id=read.wordpress_post_id),
        )
        self._gathered.articles.append(read if read.json else replace(read, json=made))

    def thread(self, read: ReadThread) -> None:
        """Append comments as a ``conversion`` record of their capture, and gather them."""
        made = read.json or thread_json(read.thread)
        self._convert(
            read.capture,
            thread_content(made.packed, article_url=read.article_url, last=read.last, complete=read.complete),
        )
        self._gathered.threads.append(read if read.json else replace(read, json=made))

    def _convert(self, capture: Capture, content: Sequence[bytes | Packed]) -> None:
        self._writer.write_conversion(capture, data=content, content_type="application/json")

    # --- the frontier

    def request_found(self, row: FrontierRow) -> None:
        """Gather a request for the frontier."""
        self._gathered.found.append(row)

    def request_done(self, key: str) -> None:
        """Gather that a request needs nothing more."""
        self._gathered.done.append(key)

    def request_failed(self, key: str, reason: str) -> None:
        """Gather that a request was given up for this run."""
        self._gathered.failed.append((key, reason))

    @property
    def unstored_requests(self) -> int:
        """Requests gathered that the frontier does not hold yet (known ones may be among them)."""
        return len(self._gathered.found)

    def lease(self, limit: int, until: datetime) -> tuple[Sequence[FrontierRow], int]:
        """Store the requests gathered, then lease the most urgent ones.

        Returns the rows and how many of the gathered ones were new.
        """
        found = self._gathered.found
        with self._database, self._catalogue.write() as batch:
            new = sum(batch.frontier_add(self._crawl.id, found)) if found else 0
            rows = batch.frontier_lease(self._crawl.id, limit, until)
        # Only now: were they dropped when this fails, their page could still be noted as done without them.
        self._gathered.found = []
        return rows, new

    # --- making it last

    def cut(self) -> Gathered:
        """Take what was gathered; call it on the thread that gathers."""
        gathered, self._gathered = self._gathered, Gathered()
        return gathered

    def settle(self, gathered: Gathered, crawl: Crawl | None = None) -> Settled:
        """Make what was cut last: file on disk first, then one transaction; ``StoreFullError``.

        ``crawl``, when given, is the crawl's row to write in the same transaction. After one that failed
        nothing is settled any more: a page must not be noted as done without what it led to, and a second
        fsync may succeed although what the first could not write is gone (fsync(2), EIO).
        """
        if self._is_lost:
            raise StoreError("what was gathered earlier could not be stored, so nothing after it is")
        try:
            return self._settle(gathered, crawl)
        except BaseException:
            self._is_lost = True
            raise

    def _settle(self, gathered: Gathered, crawl: Crawl | None) -> Settled:
        self._writer.sync()
        new_articles = new_versions = found = 0
        crawl_id, source = self._crawl.id, self._crawl.source
        # Articles put by this settlement, by canonical URL: most comments stand under one of them.
        put: dict[str, int] = {}
        with self._database, self._catalogue.write() as batch:
            if gathered.found:
                found = sum(batch.frontier_add(crawl_id, gathered.found))
            if gathered.captures:
                batch.add_captures(crawl_id, source, gathered.captures)
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
                )
                put[read.article.canonical_url] = receipt.article_id
                new_articles += receipt.is_new_article
                new_versions += receipt.is_new_version
            for comments in gathered.threads:
                article_id = put.get(comments.article_url)
                if article_id is None:
                    article_id = batch.find_article(source, url=comments.article_url)
                if article_id is None:
                    # Its records are in the WARC; the spider yields an article before its comments.
                    logger.warning("comments of an unknown article: %s", comments.article_url)
                    continue
                batch.put_thread(
                    article_id,
                    crawl_id,
                    comments.capture,
                    comments.thread,
                    comments.indexed,
                    None if comments.json is None else comments.json.comments,
                )
                if comments.last:
                    batch.finish_thread(article_id, crawl_id, comments.complete)
            if gathered.done:
                batch.frontier_done(crawl_id, gathered.done)
            for key, reason in gathered.failed:
                batch.frontier_failed(crawl_id, key, reason)
            if crawl is not None:
                batch.put_crawl(crawl)
        return Settled(new_articles=new_articles, new_versions=new_versions, found=found)

    def close(self) -> None:
        """Close the WARC file; whatever was not settled is not acknowledged."""
        self._writer.close()
