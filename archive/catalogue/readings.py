"""Which extractor read which capture, which documents comments were read from, and what was read.

So what a newer extractor is to read again can be told without opening a WARC file, and what it reads as the
one before did needs no record of its own.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import bindparam, exists, func, or_, select

from archive.catalogue import captures as captures_of
from archive.catalogue import learned
from archive.catalogue.columns import storable
from archive.catalogue.records import KnownReading
from archive.catalogue.schema import (
    articles,
    captures,
    crawls,
    documents,
    sightings,
    vias,
)
from archive.catalogue.sqlite import insert_numbered, rows_of
from archive.urlkey import lookup_key
from model import PageRole, Via

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from archive.catalogue.records import LearnedRow
    from model import Capture

    Reader = Callable[[], AbstractContextManager[Connection]]

_HTML = ("text/html", "application/xhtml+xml")
_PAGES = (*_HTML, "application/json")
_NOTE = "UPDATE captures SET extractor = ? WHERE record_id = ?"
_DOCUMENT = "SELECT id FROM documents WHERE article = ? AND record_id = ?"
_END = "UPDATE documents SET last = ?, complete = ? WHERE id = ?"
_BY_EXTRACTOR = """
    SELECT count(DISTINCT article) FROM versions JOIN articles ON articles.id = versions.article
    WHERE by_extractor AND source = ?
"""
_EXTRACTOR = "SELECT extractor FROM captures WHERE record_id = ?"
_SIGHTINGS = """
    SELECT sightings.record_id, reading, number, by_extractor
    FROM sightings JOIN versions ON versions.id = sightings.version
    WHERE sightings.article = ? ORDER BY sightings.id
"""
_DOCUMENTS = "SELECT record_id, reading, last, complete FROM documents WHERE article = ? ORDER BY id"
_TEXT_BY_EXTRACTOR = """
    SELECT 1 FROM comments JOIN comment_texts ON comment_texts.comment = comments.id
    WHERE comments.article = ? AND by_extractor LIMIT 1
"""
_POST = "SELECT wordpress_post_id FROM articles WHERE id = ?"
_DOCUMENT_COLUMNS = ("article", "crawl", "record_id", "last", "complete", "reading")

# What somebody else put in a page's place is read by nobody, now or later.
_is_the_sites = ~exists().where(
    vias.c.record_id == captures.c.record_id, vias.c.via == Via.INTERFERENCE.value
)
# Whole pages at addresses that an article was read at, by address and time.
_ARTICLE_PAGES = (
    select(captures.c.record_id, captures.c.url, captures.c.captured_at)
    .where(
        captures.c.source == bindparam("source"),
        captures.c.role.in_((PageRole.PAGE.value, PageRole.TWICE.value)),
        captures.c.status == 200,
        captures.c.truncated.is_(None),
        or_(*(captures.c.mime == kind for kind in _HTML)),
        exists().where(sightings.c.url_key == captures.c.url_key),
        _is_the_sites,
    )
    .order_by(captures.c.url, captures.c.captured_at, captures.c.id)
)


def reading_digest(nouns: Iterable[str]) -> str:
    """Return a short digest of what was read, given as JSON: 128 bits of SHA-256, hexadecimal."""
    digest = hashlib.sha256()
    for noun in nouns:
        digest.update(noun.encode("utf-8", "surrogatepass"))
        digest.update(b"\0")
    return digest.hexdigest()[:32]


def thread_digest(nouns: Iterable[str], declared_total: int | None) -> str:
    """Return :func:`reading_digest` of comments, in order, and of how many the document says there are."""
    return reading_digest((*nouns, str(declared_total)))


def note_extractor(connection: Connection, record_id: str, extractor: str | None) -> None:
    """Note what read a capture; nothing when it is not known."""
    if extractor is not None:
        rows_of(connection, _NOTE, extractor, record_id)


def note_document(
    connection: Connection,
    *,
    article: int,
    crawl: int,
    record_id: str,
    last: bool,
    complete: bool,
    reading: str,
) -> None:
    """Note that a capture was read for an article's comments.

    A second time it only tells how the thread ended: the documents behind it did not come.
    """
    found = rows_of(connection, _DOCUMENT, article, record_id)
    if found:
        rows_of(connection, _END, last, complete, found[0][0])
    else:
        row = (article, crawl, record_id, last, complete, reading)
        insert_numbered(connection, documents, _DOCUMENT_COLUMNS, [row])


class Readings:
    """What was read from captures, by whom; made by :attr:`Catalogue.readings`."""

    def __init__(self, read: Reader) -> None:
        self._read = read

    def are_known(self) -> bool:
        """Whether it is noted how every article was read: not in a catalogue of before that was done."""
        with self._read() as connection:
            unknown = select(sightings.c.id).where(sightings.c.reading.is_(None)).limit(1)
            return connection.execute(unknown).first() is None

    def count_by_extractor(self, source: int) -> int:
        """Return how many articles of a source have a version *by extractor* (:class:`model.Version`)."""
        with self._read() as connection:
            return cast("int", rows_of(connection, _BY_EXTRACTOR, source)[0][0])

    def has_texts_by_extractor(self, article: int) -> bool:
        """Whether a comment of an article has a text that only another extractor reads otherwise."""
        with self._read() as connection:
            return bool(rows_of(connection, _TEXT_BY_EXTRACTOR, article))

    def learned(self, source: str) -> LearnedRow | None:
        """Return what was learned of a source's pages, to be read with; ``None``: nothing ever was."""
        with self._read() as connection:
            return learned.get(connection, source)

    def moments_apart(self, source: int, within: timedelta, most: int) -> list[list[Capture]]:
        """Return whole captures of articles that follow one another within a time, a list for each address.

        Those of the ``most`` addresses captured so last, in order of address.
        """
        with self._read() as connection:
            runs: list[tuple[datetime, list[str]]] = []
            run: list[str] = []
            before: tuple[str, datetime] | None = None
            for record_id, url, moment in connection.execute(_ARTICLE_PAGES, {"source": source}):
                if before is None or before[0] != url or moment - before[1] > within:
                    run = []
                run.append(record_id)
                if len(run) == 2:
                    runs.append((moment, run))
                before = url, moment
            found = []
            for _, record_ids in sorted(runs)[-most:]:
                known = [captures_of.by_record(connection, one) for one in record_ids]
                found.append([one for one in known if one is not None])
        return sorted(found, key=lambda one: (one[0].url, one[0].captured_at))

    def article_numbers(self, source: int | None, after: int, limit: int = 500) -> list[tuple[int, str]]:
        """Return the next articles (of a source, by its number): number and canonical URL."""
        query = select(articles.c.id, articles.c.url).where(articles.c.id > after)
        if source is not None:
            query = query.where(articles.c.source == source)
        with self._read() as connection:
            rows = connection.execute(query.order_by(articles.c.id).limit(limit))
            return [(row.id, row.url) for row in rows]

    def of_article(self, article: int) -> list[KnownReading]:
        """Return the captures that an article or its comments were read from, oldest first."""
        with self._read() as connection:
            found: dict[str, dict[str, Any]] = {}
            for record_id, reading, version, by_extractor in rows_of(connection, _SIGHTINGS, article):
                found[record_id] = {
                    "version": version,
                    "article": reading,
                    "by_extractor": bool(by_extractor),
                }
            for record_id, reading, last, complete in rows_of(connection, _DOCUMENTS, article):
                found.setdefault(record_id, {}).update(
                    is_document=True, thread=reading, last=bool(last), complete=bool(complete)
                )
            readings = []
            for record_id, known in found.items():
                capture = captures_of.by_record(connection, record_id)
                if capture is not None:
                    ((extractor,),) = rows_of(connection, _EXTRACTOR, record_id)
                    readings.append(KnownReading(capture=capture, extractor=extractor, **known))
        return sorted(readings, key=lambda one: one.capture.captured_at)

    def wordpress_post(self, article: int) -> int | None:
        """Return the WordPress post that an article is, where that is known."""
        with self._read() as connection:
            found = rows_of(connection, _POST, article)
            return cast("int | None", found[0][0]) if found else None

    def article_at(self, source: int, url: str) -> int | None:
        """Return the article of a source whose canonical URL this is."""
        with self._read() as connection:
            key = storable(lookup_key(url))
            query = select(articles.c.id).where(articles.c.source == source, articles.c.url_key == key)
            return cast("int | None", connection.execute(query).scalar())

    def source_number(self, name: str) -> int:
        """Return a source's number; ``UnknownNameError``."""
        # Here, since crawls.py counts what this module notes.
        from archive.catalogue.crawls import source_number

        with self._read() as connection:
            return source_number(connection, name)

    def other_pages(
        self, source: int, after: int, limit: int = 500
    ) -> Sequence[tuple[int, Capture, str | None]]:
        """Return the next whole pages of a source that no article was read from, with their extractors.

        The first value is what to ask for next.
        """
        of_article = exists().where(
            sightings.c.url_key == captures.c.url_key, sightings.c.record_id == captures.c.record_id
        )
        of_comments = exists().where(documents.c.record_id == captures.c.record_id)
        query = (
            select(captures.c.id, captures.c.record_id, captures.c.extractor)
            .join(crawls, crawls.c.id == captures.c.crawl)
            .where(
                captures.c.id > after,
                captures.c.source == source,
                captures.c.role.in_((PageRole.PAGE.value, PageRole.SEED.value)),
                captures.c.status == 200,
                captures.c.truncated.is_(None),
                or_(*(captures.c.mime == kind for kind in _PAGES)),
                ~of_article,
                ~of_comments,
                _is_the_sites,
            )
            .order_by(captures.c.id)
            .limit(limit)
        )
        with self._read() as connection:
            found = []
            for row in connection.execute(query).all():
                capture = captures_of.by_record(connection, row.record_id)
                if capture is not None:
                    found.append((row.id, capture, row.extractor))
            return found

    def count(self, source: int | None = None) -> int:
        """Return how many captures may be read again: those of articles and of comments, and whole pages."""
        query = (
            select(func.count())
            .select_from(captures)
            .where(
                captures.c.role.in_((PageRole.PAGE.value, PageRole.SEED.value, PageRole.COMMENTS.value)),
                captures.c.status == 200,
            )
        )
        if source is not None:
            query = query.where(captures.c.source == source)
        with self._read() as connection:
            return connection.execute(query).scalar_one()
