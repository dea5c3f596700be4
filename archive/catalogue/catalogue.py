"""The catalogue: one file, opened by as many processes as like; one of them writes at a time."""

from __future__ import annotations

import errno
import os
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Self

from archive.catalogue import (
    articles,
    captures,
    carry,
    comments,
    crawls,
    finding,
    frontier,
    hosts,
    judgements,
    making,
    migrate,
    search,
    sqlite,
)
from archive.catalogue.batch import Batch
from archive.catalogue.connections import Connections
from archive.catalogue.ledger import Ledger
from archive.catalogue.looks import Looks
from archive.catalogue.manifests import Manifests
from archive.catalogue.readings import Readings
from archive.catalogue.schema import HEAD
from archive.catalogue.vias import Vias
from archive.placing import place_new
from model import StoreError, StoreFullError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from sqlalchemy import Connection

    from archive.catalogue.records import (
        ArticleRecord,
        ArticleSummary,
        CommentRecord,
        FailureRecord,
        HostRow,
        Outcome,
        SearchHit,
        Totals,
    )
    from archive.lock import Holder
    from model import Capture, ContentVerdict, Crawl, Event, EventKind, Source, Version


class Catalogue:
    """What the archive knows, derived from its WARC files.

    Two connections: one writes, one reads; each is used by one thread at a time (others wait). A read sees
    what was committed before it began; in the thread that is within :meth:`write` it sees the batch's own
    changes too. Every method raises ``StoreError`` and its kin when the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        """Use a catalogue that :meth:`open` has looked over."""
        self.path = path
        self._engine = sqlite.open_engine(path)
        self._writing = threading.RLock()
        self._reading = threading.RLock()
        # The thread within write(), and its connection.
        self._writer: tuple[int, Connection] | None = None
        with ExitStack() as stack, sqlite.translated(path):
            stack.callback(self._engine.dispose)
            self._write_connection = stack.enter_context(self._engine.connect())
            self._read_connection = stack.enter_context(self._engine.connect())
            self._closing = stack.pop_all()
        sqlite.begin_with(self._write_connection, immediate=True)
        sqlite.begin_with(self._read_connection, immediate=False)

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> Self:
        """Open a catalogue, bringing its schema up to date; make it when missing and ``create``.

        ``NotAnArchiveError`` when there is none, it is another program's, or a newer Mandegar's;
        ``DamagedArchiveError`` when it is broken, as far as its beginning and its tables show (see
        :meth:`check`).
        """
        if create and not path.exists():
            _make(path)
        sqlite.inspect_file(path)
        catalogue = cls(path)
        try:
            with sqlite.translated(path):
                catalogue._bring_up_to_date()
        except BaseException:
            catalogue.close()
            raise
        return catalogue

    def _bring_up_to_date(self) -> None:
        with self._read_connection.begin():
            current = migrate.revision(self._read_connection)
            if current == HEAD:
                return
        with self._write_connection.begin():
            migrate.upgrade(self._write_connection, self.path)

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Batch]:
        """Give a batch; commit it at the end, or undo all of it when the block raises.

        A ``durable`` one, and everything committed before it, survives a power cut once this has returned;
        another may be undone by one, as a whole. Not to be nested, nor held across an ``await``: other
        processes wait for it to end.
        """
        with self._writing:
            if self._writer is not None:
                raise RuntimeError("a batch is open in this thread already")
            with sqlite.translated(self.path), sqlite.writing(self._write_connection, durable=durable):
                self._writer = (threading.get_ident(), self._write_connection)
                try:
                    yield Batch(self._write_connection)
                finally:
                    self._writer = None

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        writer = self._writer
        if writer is not None and writer[0] == threading.get_ident():
            with sqlite.translated(self.path):
                yield writer[1]
            return
        with self._reading, sqlite.translated(self.path), self._read_connection.begin():
            yield self._read_connection

    @property
    def ledger(self) -> Ledger:
        """Return where the WARC files and their copies are noted."""
        return Ledger(self._read, self._write_alone)

    @property
    def readings(self) -> Readings:
        """Return which extractor read what."""
        return Readings(self._read)

    @property
    def connections(self) -> Connections:
        """Return how sources could be reached."""
        return Connections(self._read)

    @property
    def looks(self) -> Looks:
        """Return the looks at articles."""
        return Looks(self._read)

    @property
    def vias(self) -> Vias:
        """Return which captures came by another way than from the source's own address."""
        return Vias(self._read)

    @property
    def manifests(self) -> Manifests:
        """Return where manifests and the files they cover are noted."""
        return Manifests(self._read, self._write_alone)

    @contextmanager
    def _write_alone(self) -> Iterator[Connection]:
        with self.write():
            yield self._write_connection

    def carry_over(self, old: Path) -> dict[str, int]:
        """Copy from another catalogue what no WARC file says; return how many rows, by table.

        See :mod:`archive.catalogue.carry`; raises as :meth:`open` does.
        """
        sqlite.inspect_file(old)
        with self._write_alone() as connection, sqlite.translated(old):
            return carry.carry_over(connection, old)

    def begin_making(self) -> list[tuple[str, int]]:
        """Prepare for being filled from WARC files (:mod:`archive.catalogue.making`); return what waits."""
        with self._write_alone() as connection:
            return making.begin(connection)

    def finish_making(self) -> None:
        """Make all indices, and forget what only the filling needed."""
        with self._write_alone() as connection:
            making.finish(connection)

    def settle_file(self) -> None:
        """Bring all that was written into the one file and close it: nothing stays in a log beside it."""
        self.close()
        settle_file(self.path)

    def check(self) -> list[str]:
        """Return what is wrong in the file, one line a fault; empty when it is sound. Reads all of it."""
        with self._read() as connection:
            return sqlite.check(connection)

    # --- sources and crawls

    def sources(self) -> list[Source]:
        """Return all sources by name."""
        with self._read() as connection:
            return crawls.all_sources(connection)

    def source(self, name: str) -> Source:
        """Return a source; ``UnknownNameError``."""
        with self._read() as connection:
            return crawls.source(connection, name)

    def crawls(self, source: str | None = None, limit: int = 50) -> list[Crawl]:
        """Return crawls (of a source), newest first."""
        with self._read() as connection:
            return crawls.crawls_of(connection, source, limit)

    def crawl(self, crawl_id: str) -> Crawl:
        """Return a crawl; ``UnknownNameError``."""
        with self._read() as connection:
            return crawls.crawl(connection, crawl_id)

    def interrupted_crawl(self, source: str) -> Crawl | None:
        """Return the crawl of a source to go on with: interrupted, or its process is gone; else ``None``."""
        with self._read() as connection:
            return crawls.interrupted(connection, source)

    def holder(self, crawl_id: str) -> tuple[Holder | None, datetime | None]:
        """Return the process at work on a crawl and its last heartbeat; ``None`` when it does not run."""
        with self._read() as connection:
            return crawls.holder(connection, crawl_id)

    def crawl_reach(self, crawl_id: str) -> tuple[int, int]:
        """Return how many articles a crawl has read, and how many comments it was the last to see.

        Each counts once, however many runs the crawl took and however many documents show it.
        """
        with self._read() as connection:
            return crawls.reach(connection, crawls.crawl_number(connection, crawl_id))

    def crawl_outcome(self, crawl_id: str) -> Outcome:
        """Return what the rows of a crawl add up to; reads all captures."""
        with self._read() as connection:
            return crawls.outcome(connection, crawls.crawl_number(connection, crawl_id))

    def totals(self) -> Totals:
        """Return what the archive holds."""
        with self._read() as connection:
            return crawls.totals(connection)

    # --- captures and failures

    def capture(self, record_id: str) -> Capture | None:
        """Return the capture of a record, or ``None``."""
        with self._read() as connection:
            return captures.by_record(connection, record_id)

    def last_offset(self, warc_key: str) -> int:
        """Return the offset of the last capture known of a file written lately; -1 when none is."""
        with self._read() as connection:
            return captures.last_offset(connection, warc_key)

    def captures(self, url: str, limit: int = 1000) -> list[Capture]:
        """Return captures of every spelling of a URL (see ``archive.urlkey``), oldest first."""
        with self._read() as connection:
            return captures.of_url(connection, url, limit)

    def captures_near(self, url: str, moment: datetime, limit: int = 1000) -> list[Capture]:
        """Return the captures of a URL around a moment, half of ``limit`` on each side, oldest first."""
        with self._read() as connection:
            return captures.near(connection, url, moment, limit)

    def latest_capture(self, url: str) -> Capture | None:
        """Return the newest capture of a URL in its own scheme, or ``None``."""
        with self._read() as connection:
            return captures.latest(connection, url)

    def find_payload(self, digest: str) -> Capture | None:
        """Return the oldest capture that itself holds this payload, whole and not empty, or ``None``."""
        if self._writer is None:
            with self._reading, sqlite.translated(self.path):
                if not sqlite.rows_of(self._read_connection, captures.PAYLOAD_EXISTS, digest):
                    return None
        with self._read() as connection:
            return captures.payload(connection, digest)

    def failures(self, crawl_id: str, limit: int = 1000) -> list[FailureRecord]:
        """Return a crawl's failures in the order they were recorded."""
        with self._read() as connection:
            return captures.failures_of(connection, crawls.crawl_number(connection, crawl_id), limit)

    def failure_counts(self, crawl_id: str) -> tuple[tuple[str, int], ...]:
        """Return how many failures of each kind a crawl met, most frequent first."""
        with self._read() as connection:
            return captures.failure_counts(connection, crawls.crawl_number(connection, crawl_id))

    # --- articles and comments

    def articles(self, source: str | None = None, limit: int = 50, offset: int = 0) -> list[ArticleSummary]:
        """Return articles (of a source), the latest published first, those without a date last."""
        with self._read() as connection:
            number = None if source is None else crawls.source_number(connection, source)
            return articles.summaries(connection, number, limit, offset)

    def article(self, ref: int | str) -> ArticleRecord:
        """Return an article by its number or any URL it was seen at; ``UnknownNameError``."""
        with self._read() as connection:
            return articles.record(connection, ref)

    def find_article(self, ref: int | str) -> int | None:
        """Return the number of the article that :meth:`article` would return, or ``None``."""
        with self._read() as connection:
            return finding.number_of(connection, ref)

    def versions(self, article_id: int) -> list[Version]:
        """Return an article's versions by number; empty when there is no such article."""
        with self._read() as connection:
            return articles.versions_of(connection, article_id)

    def comments(self, article_id: int) -> list[CommentRecord]:
        """Return an article's comments, also those that are gone, as a reader would see the thread."""
        with self._read() as connection:
            return comments.of_article(connection, article_id)

    def search(
        self,
        match: str,
        *,
        source: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 20,
        offset: int = 0,
    ) -> list[SearchHit]:
        """Return articles and comments that match, best first; ``InputError`` when ``match`` cannot be read.

        ``match`` is an FTS5 expression over the columns ``joined`` and ``split``, of folded words. ``since``
        (from) and ``until`` (before) compare the time of publication; what has none is left out by them.
        """
        with self._read() as connection:
            number = None if source is None else crawls.source_number(connection, source)
            return search.search(
                connection,
                match,
                source=number,
                since=since,
                until=until,
                limit=limit,
                offset=offset,
            )

    # --- what was judged

    def verdict(self, article: str) -> ContentVerdict | None:
        """Return what is thought of an article, by its canonical URL; ``None``: nothing was judged."""
        with self._read() as connection:
            return judgements.verdict_of(connection, article)

    def events(
        self,
        *,
        article: str | None = None,
        source: str | None = None,
        kinds: Sequence[EventKind] = (),
        limit: int = 100,
    ) -> list[tuple[str, Event]]:
        """Return events of articles with the name of their source, those that became known last first."""
        with self._read() as connection:
            number = None if source is None else crawls.source_number(connection, source)
            return judgements.found(connection, article=article, source=number, kinds=kinds, limit=limit)

    # --- the frontier

    def frontier_counts(self, crawl_id: str) -> dict[str, int]:
        """Return how many requests are ``fresh``, ``leased``, ``done`` and ``failed``."""
        with self._read() as connection:
            return frontier.counts(connection, crawls.crawl_number(connection, crawl_id))

    def frontier_urls(self, crawl_id: str, priority: int) -> Iterator[str]:
        """Yield the addresses of a crawl's requests of one priority, done ones included.

        Not to be left half read: others who read wait for its end.
        """
        with self._read() as connection:
            yield from frontier.urls(connection, crawls.crawl_number(connection, crawl_id), priority)

    def frontier_next_try(self, crawl_id: str) -> datetime | None:
        """Return when the first of a crawl's failed requests is to be tried again; ``None``: none is."""
        with self._read() as connection:
            return frontier.next_try(connection, crawls.crawl_number(connection, crawl_id))

    def frontier_waiting(self, crawl_id: str) -> dict[str, int]:
        """Return how many failed requests wait for their next try, by the reason of the last failure."""
        with self._read() as connection:
            return frontier.waiting(connection, crawls.crawl_number(connection, crawl_id))

    # --- hosts

    def host(self, origin: str) -> HostRow | None:
        """Return what a host (``https://www.example.org``) asked of us, or ``None``."""
        with self._read() as connection:
            return hosts.get(connection, origin)


def settle_file(path: Path) -> None:
    """Bring a catalogue's log into its file; ``StoreBusyError`` while another process has it open."""
    sqlite.inspect_file(path)
    with sqlite.translated(path):
        sqlite.settle(path)


def _make(path: Path) -> None:
    """Make an empty catalogue beside its place, then put it there whole: a file that is empty is damaged.

    One that another process put there meanwhile stays.
    """
    if not path.parent.is_dir():
        raise StoreError(f"{path.parent} is no folder to make a catalogue in")
    unfinished = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.new")
    try:
        with sqlite.translated(path):
            sqlite.initialise(unfinished)
            with Catalogue(unfinished) as catalogue:
                catalogue._bring_up_to_date()
        place_new(unfinished, path)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StoreFullError(f"no room is left on the disk of {path}") from error
        raise StoreError(f"{path} cannot be made: {error.strerror}") from error
    finally:
        for rest in path.parent.glob(f"{unfinished.name}*"):
            rest.unlink(missing_ok=True)
