"""Everything that is SQLite's own: opening and its pragmas, what its errors mean, and full text (FTS5).

Full text lies in two tables without content of their own (the texts are in ``versions`` and
``comment_texts``), numbered by ``passages.id``: ``passage_text`` holds whole folded texts, ``title_text``
folded titles. Both have the columns ``joined`` and ``split``, so that one MATCH expression serves both; a
hit in the title adds to the score. Rows are only ever added: a text that was published stays findable after
it is gone, and SQLite before 3.43 cannot delete from such tables.
"""

from __future__ import annotations

import sqlite3
import struct
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import CTE, Connection, Engine, Float, Integer, NullPool, create_engine, event, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from archive.catalogue.columns import storable
from archive.catalogue.schema import passages
from model import (
    DamagedArchiveError,
    InputError,
    NotAnArchiveError,
    StoreBusyError,
    StoreError,
    StoreFullError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Table
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

    from archive.catalogue.records import IndexedText

# "MNDG": tells our file from any other SQLite file (PRAGMA application_id).
APPLICATION_ID: Final = 0x4D4E4447

# A batch holds the write lock for some ten milliseconds; a minute is a process that hangs.
_BUSY_TIMEOUT_MS = 60_000
# Pages kept in memory, in KiB (negative: SQLite's way to say KiB): flat however large the file grows.
_CACHE = -16_384
# What a WAL file is cut back to after a checkpoint; a crawl of 100 captures a batch needs about 4 MB.
_WAL_LIMIT = 64 << 20
# A query longer than this is no question a person asked.
_MAX_MATCH = 20_000
# Weight of a title's score beside the text's own; with 4, one hit in a headline outranks several in a body.
_TITLE_WEIGHT = 4.0

_BEGIN = "mandegar_begin"
_SYNCHRONOUS = "mandegar_synchronous"


def open_engine(path: Path) -> Engine:
    """Return an engine whose transactions begin as :func:`begin_with` says."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=NullPool,
        connect_args={
            # SQLAlchemy's recipe: the driver must not begin transactions at its own discretion.
            "isolation_level": None,
            "timeout": _BUSY_TIMEOUT_MS / 1000,
            # A catalogue guards its connections by locks; a web desk calls from several threads.
            "check_same_thread": False,
        },
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def begin_with(connection: Connection, *, immediate: bool) -> None:
    """Say how the connection's next transactions begin: taking the write lock at once, or not at all."""
    connection.info[_BEGIN] = "BEGIN IMMEDIATE" if immediate else "BEGIN"


@contextmanager
def writing(connection: Connection, *, durable: bool) -> Iterator[None]:
    """Commit at the end of the block; a durable commit is on disk then, with all commits before it.

    https://www.sqlite.org/pragma.html#pragma_synchronous: with a write-ahead log, NORMAL never syncs at a
    commit (a power cut undoes whole transactions, the newest ones), FULL syncs the log after each. The log
    is one file in the order of commits, so that a durable commit makes those before it durable, too. The
    setting cannot be changed within a transaction.
    """
    level = "FULL" if durable else "NORMAL"
    if connection.info.get(_SYNCHRONOUS) != level:
        _driver(connection).execute(f"PRAGMA synchronous = {level}")
        connection.info[_SYNCHRONOUS] = level
    with connection.begin():
        yield


def rows_of(connection: Connection, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Run a statement by the driver itself and return its rows, values as they are stored.

    SQLAlchemy's way costs some 70 µs more for each, eight times a small look-up: it is left out of what is
    asked once for every page or written once for every comment. The statement is in our SQL, with ``?``.
    """
    rows: list[tuple[Any, ...]] = _driver(connection).execute(statement, values).fetchall()
    return rows


def run_many(connection: Connection, statement: str, rows: Iterable[Sequence[object]]) -> None:
    """Run a statement for each row of values, by the driver itself."""
    _driver(connection).executemany(statement, rows)


def insert_numbered(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]
) -> range:
    """Insert rows of stored values by the driver itself and return the numbers they were given, in order.

    The numbers are those SQLite would give (the highest and one on, https://www.sqlite.org/autoinc.html),
    said beforehand so that no row need be asked for its own. Within a transaction that has the write lock.
    """
    driver = _driver(connection)
    if len(rows) == 1:
        # SQLite numbers it and tells at no cost.
        number: int = driver.execute(_insertion(table, columns), (None, *rows[0])).lastrowid
        return range(number, number + 1)
    first: int = driver.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table.name}").fetchone()[0]  # noqa: S608 - a table's name
    numbers = range(first, first + len(rows))
    driver.executemany(
        _insertion(table, columns), [(number, *row) for number, row in zip(numbers, rows, strict=True)]
    )
    return numbers


@cache
def _insertion(table: Table, columns: tuple[str, ...]) -> str:
    names = ("id", *(f'"{table.c[name].name}"' for name in columns))
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - names of the schema


# Any: the DBAPI has no types; it is an sqlite3.Connection.
def _driver(connection: Connection) -> Any:
    driver = connection.connection.driver_connection
    if driver is None:
        raise StoreError("the catalogue is closed")
    return driver


def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    # WAL: readers go on while a crawl writes. FULL unless writing() says otherwise.
    for pragma in (
        f"busy_timeout = {_BUSY_TIMEOUT_MS}",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"cache_size = {_CACHE}",
        f"journal_size_limit = {_WAL_LIMIT}",
        "temp_store = MEMORY",
        # Names in a damaged or hostile file's schema may not run code with side effects.
        "trusted_schema = OFF",
        "cell_size_check = ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.info.get(_BEGIN, "BEGIN"))


def initialise(path: Path) -> None:
    """Make an empty database that bears our mark and keeps a write-ahead log."""
    # Its owner's only; SQLite gives its log the same mode.
    path.touch(mode=0o600)
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    finally:
        connection.close()


def settle(path: Path) -> None:
    """Leave one file without a log, and no other connection: SQLite's busy error when there is one.

    Only a file that nobody has open may be renamed (https://www.sqlite.org/howtocorrupt.html, 1.4 and 2.4).
    """
    connection = sqlite3.connect(path, timeout=1, isolation_level=None)
    try:
        # Leaving WAL copies the log in and needs the file alone; entering it again makes no log before the
        # first change.
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
    finally:
        connection.close()


# --- damage


def inspect_file(path: Path) -> None:
    """Raise what can be told from the file alone: not there, empty, no SQLite file, cut off, not ours.

    The header is that of https://www.sqlite.org/fileformat.html, 1.3.
    """
    wal = path.with_name(path.name + "-wal")
    try:
        with path.open("rb") as file:
            head = file.read(100)
            size = file.seek(0, 2)
    except FileNotFoundError as error:
        why = f"it has no {path.name}; if WARC files are there: mandegar rebuild"
        raise NotAnArchiveError(path.parent, why) from error
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}") from error
    if len(head) < 100:
        raise damaged(path, "it is empty" if not head else "it is cut off")
    if not head.startswith(b"SQLite format 3\0"):
        raise damaged(path, "it does not begin as a SQLite file does")
    page_size, changes, pages, application, valid_for = (
        struct.unpack_from(">H", head, 16)[0],
        *struct.unpack_from(">II", head, 24),
        struct.unpack_from(">I", head, 68)[0],
        struct.unpack_from(">I", head, 92)[0],
    )
    if application != APPLICATION_ID:
        raise NotAnArchiveError(path.parent, f"{path.name} is another program's database")
    # While a log waits to be copied in, the file may rightly be shorter than its first page says.
    logged = wal.exists() and wal.stat().st_size > 0
    if not logged and changes == valid_for and size < pages * (65536 if page_size == 1 else page_size):
        raise damaged(path, "it is cut off")


MADE_ANEW: Final = (
    "; the WARC files are untouched and hold everything: `mandegar rebuild` makes the catalogue anew from"
    " them, and keeps this one beside it"
)
"""What to do about a damaged catalogue; whoever does it already leaves it out."""


def damaged(path: Path, detail: str) -> DamagedArchiveError:
    """Return the error that says what is broken, what is not, and what to do."""
    return DamagedArchiveError(f"the catalogue {path} is damaged ({detail}){MADE_ANEW}")


def check(connection: Connection) -> list[str]:
    """Return what SQLite finds wrong in the whole file, one line a fault; reads every page."""
    rows = connection.exec_driver_sql("PRAGMA integrity_check(100)").scalars().all()
    return [str(row) for row in rows if row != "ok"]


@contextmanager
def translated(path: Path, holder: str = "another process") -> Iterator[None]:
    """Raise SQLite's errors as ours; see https://www.sqlite.org/rescode.html."""
    try:
        yield
    except DBAPIError as error:
        raise _ours(path, holder, error.orig) from error
    except sqlite3.Error as error:
        raise _ours(path, holder, error) from error


def _ours(path: Path, holder: str, error: BaseException | None) -> Exception:
    code = getattr(error, "sqlite_errorcode", None)
    primary = None if code is None else code & 0xFF
    if primary in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return damaged(path, str(error))
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreBusyError(path, holder)
    if primary == sqlite3.SQLITE_FULL:
        return StoreFullError(
            f"no room is left on the disk of {path}; what was acknowledged before is intact"
        )
    if code == sqlite3.SQLITE_IOERR_SHMSIZE:
        # The file that readers and writers share in memory could not grow.
        return StoreFullError(f"no room is left on the disk of {path}: what was acknowledged is intact")
    if code == sqlite3.SQLITE_IOERR_WRITE:
        # A limit of file size (EFBIG) comes so, where a full disk (ENOSPC) comes as SQLITE_FULL.
        return StoreFullError(
            f"{path} cannot be written: no room, or the disk fails ({error})", may_pass=False
        )
    if primary in {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_NOMEM,
    }:
        return StoreError(f"the catalogue {path} cannot be used: {error}")
    if isinstance(error, sqlite3.OperationalError) and "no such" in str(error):
        return damaged(path, str(error))  # a table or column that the schema has
    return error if isinstance(error, Exception) else StoreError(f"{path}: {error}")


# --- full text

# The caller has folded: nothing may be removed or parted here that it kept.
_TOKENIZER = "tokenize = 'unicode61 remove_diacritics 0'"
FULL_TEXT: Final = (
    f"CREATE VIRTUAL TABLE passage_text USING fts5(joined, split, content = '', {_TOKENIZER})",
    f"CREATE VIRTUAL TABLE title_text USING fts5(joined, split, content = '', {_TOKENIZER})",
)
"""What the first migration runs."""

_ADD_PASSAGE = "INSERT INTO passage_text (rowid, joined, split) VALUES (?, ?, ?)"
_ADD_TITLE = "INSERT INTO title_text (rowid, joined, split) VALUES (?, ?, ?)"
# LIMIT -1 keeps SQLite from merging this into the outer query, where bm25() is not allowed.
_FOUND = text(
    """
    SELECT id, sum(score) AS score FROM (
        SELECT * FROM (
            SELECT rowid AS id, -bm25(passage_text) AS score FROM passage_text
            WHERE passage_text MATCH :match LIMIT -1)
        UNION ALL
        SELECT * FROM (
            SELECT rowid, -:title_weight * bm25(title_text) FROM title_text
            WHERE title_text MATCH :match LIMIT -1)
    ) GROUP BY id
    """
).columns(id=Integer(), score=Float())


def is_own_table(name: str) -> bool:
    """Tell whether a table belongs to full text (its own and the ones FTS5 keeps beside it)."""
    return name.startswith(("passage_text", "title_text"))


# What full text holds stays in it: it keeps no text that it could be taken out by. So a number is never given
# again, also when the passage it was given to is gone.
_LAST_PASSAGE = "SELECT coalesce(max(id), 0) FROM passage_text_docsize"


def add_passages(
    connection: Connection,
    columns: tuple[str, str],
    rows: Sequence[tuple[int, int]],
    texts: Sequence[IndexedText],
) -> None:
    """Insert passages (their ``columns`` beside the number) and index their folded texts."""
    first: int = rows_of(connection, _LAST_PASSAGE)[0][0] + 1
    numbered = list(enumerate(texts, first))
    run_many(
        connection,
        _insertion(passages, columns),
        [(number, *row) for number, row in enumerate(rows, first)],
    )
    run_many(
        connection,
        _ADD_PASSAGE,
        [(number, storable(text.joined), storable(text.split)) for number, text in numbered],
    )
    titles = [
        (number, storable(text.title_joined), storable(text.title_split))
        for number, text in numbered
        if text.title_joined or text.title_split
    ]
    if titles:
        run_many(connection, _ADD_TITLE, titles)


def found(match: str) -> CTE:
    """Return ``id`` (of a passage) and ``score`` (higher is better) of everything that matches."""
    return _FOUND.bindparams(match=match, title_weight=_TITLE_WEIGHT).cte("found")


@contextmanager
def judging(match: str) -> Iterator[None]:
    """Raise ``InputError`` for a MATCH expression that FTS5 cannot read."""
    if len(match) > _MAX_MATCH:
        raise InputError(f"the search is too long; give at most {_MAX_MATCH} characters")
    try:
        yield
    except DBAPIError as error:
        code = getattr(error.orig, "sqlite_errorcode", None)
        if code == sqlite3.SQLITE_ERROR:
            raise InputError(f"this search cannot be read: {error.orig}") from error
        raise
