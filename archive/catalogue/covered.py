"""What of an article's comments a crawl covered, so that what it did not meet is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import select

from archive.catalogue.captures import CHUNK
from archive.catalogue.columns import bounded_integer
from archive.catalogue.schema import crawls, threads
from archive.catalogue.sqlite import insert_numbered, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    # Any: SQLAlchemy types a row by its first columns only.
    AnyRow = Row[*tuple[Any, ...]]

# In the place of an extractor: one read some of a crawl's documents, another the rest.
_SEVERAL: Final = ""
_READERS = "SELECT DISTINCT extractor FROM threads WHERE article = ? AND read_at >= ?"
_THREAD = (
    "SELECT id, read_at, complete, declared_total, extractor FROM threads WHERE article = ? AND crawl = ?"
)
_THREAD_COLUMNS = ("article", "crawl", "read_at", "complete", "declared_total", "extractor")
_UPDATE_THREAD = (
    "UPDATE threads SET read_at = ?, complete = ?, declared_total = ?, extractor = ? WHERE id = ?"
)
_DECLARE = "UPDATE articles SET declared_comments = ? WHERE id = ?"
_MET = "SELECT count(*) FROM comments WHERE article = ? AND last_crawl = ?"


def note_thread(
    connection: Connection,
    article: int,
    crawl: int,
    moment: str,
    declared: int | None,
    extractor: str | None,
) -> None:
    """Note that a crawl has read a document of an article's comments."""
    declared = bounded_integer(declared)
    found = rows_of(connection, _THREAD, article, crawl)
    if not found:
        row = (article, crawl, moment, False, declared, extractor)
        insert_numbered(connection, threads, _THREAD_COLUMNS, [row])
    else:
        number, read_at, complete, known, before = found[0]
        latest = known if declared is None else declared
        reader = extractor if extractor == before else _SEVERAL
        rows_of(connection, _UPDATE_THREAD, max(read_at, moment), complete, latest, reader, number)
    if declared is not None:
        rows_of(connection, _DECLARE, declared, article)


def finish(
    connection: Connection, article: int, crawl: int, *, complete: bool, declared_total: int | None
) -> bool:
    """Note that a crawl has read what it will of a thread; return whether that was all of it.

    All of it means: the caller says so, at least one document was read, and no fewer comments were met than
    the site declares.
    """
    found = rows_of(connection, _THREAD, article, crawl)
    if not found:
        return False
    number, read_at, _, known, extractor = found[0]
    given = bounded_integer(declared_total)
    declared: int | None = known if given is None else given
    is_whole = complete and (
        declared is None or cast("int", rows_of(connection, _MET, article, crawl)[0][0]) >= declared
    )
    rows_of(connection, _UPDATE_THREAD, read_at, is_whole, declared, extractor, number)
    if declared is not None:
        rows_of(connection, _DECLARE, declared, article)
    return is_whole


def read_alike(connection: Connection, article: int, since: str, extractor: str | None) -> bool:
    """Whether all of an article's comments that were read from ``since`` on were read by this extractor."""
    return all(name == extractor for (name,) in rows_of(connection, _READERS, article, since))


def gone_of(connection: Connection, rows: Sequence[AnyRow]) -> dict[int, tuple[datetime, str]]:
    """Return, by comment, when and in which crawl it was first missed; rows need article and last_*."""
    numbers = list({row.article for row in rows})
    covered: dict[int, list[AnyRow]] = {}
    readers: dict[tuple[int, int], str | None] = {}
    for start in range(0, len(numbers), CHUNK):
        for row in connection.execute(
            select(
                threads.c.article,
                threads.c.crawl,
                threads.c.read_at,
                threads.c.complete,
                threads.c.extractor,
                crawls.c.name,
            )
            .join(crawls, threads.c.crawl == crawls.c.id)
            .where(threads.c.article.in_(numbers[start : start + CHUNK]))
            .order_by(threads.c.read_at, threads.c.id)
        ):
            readers[row.article, row.crawl] = row.extractor
            if row.complete and row.extractor != _SEVERAL:
                covered.setdefault(row.article, []).append(row)
    gone: dict[int, tuple[datetime, str]] = {}
    for row in rows:
        for thread in covered.get(row.article, ()):
            if (
                thread.read_at > row.last_seen_at
                and thread.crawl != row.last_crawl
                # What another extractor does not read need not be gone.
                and thread.extractor == readers.get((row.article, row.last_crawl))
            ):
                gone[row.id] = (thread.read_at, thread.name)
                break
    return gone
