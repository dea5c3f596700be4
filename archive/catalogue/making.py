"""What a catalogue is only while it is made from WARC files: without the indices nobody asks meanwhile, and
with a note of what waits.

An index of random digests costs a page read and written for each row once it has outgrown the page cache;
made at the end, its rows are sorted first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from archive.catalogue.schema import articles, captures, failures
from archive.catalogue.sqlite import rows_of, run_many

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection, Index

# In KiB, negative as SQLite wants it: nobody else reads the file meanwhile.
_CACHE: Final = -65_536
_NEEDED_LATER: Final = {
    captures: ("url_key", "payload_digest", "warc_key"),
    failures: ("crawl", "url_key"),
    articles: ("published_at", "source"),
}
"""Tables, and the first columns of those of their indices that only readers ask."""
_WAITING = "rebuild_waiting"


def begin(connection: Connection) -> list[tuple[str, int]]:
    """Drop what is made at the end, in a new file or one to go on with; return which records (file key,
    offset) waited when its last file was done, in order."""
    rows_of(connection, f"PRAGMA cache_size = {_CACHE}")
    for index in _deferred():
        index.drop(connection, checkfirst=True)
    rows_of(
        connection,
        f"CREATE TABLE IF NOT EXISTS {_WAITING}"
        ' (id INTEGER PRIMARY KEY, "key" TEXT NOT NULL, "offset" INTEGER NOT NULL)',
    )
    found = rows_of(connection, f'SELECT "key", "offset" FROM {_WAITING} ORDER BY id')  # noqa: S608 - a name of ours
    return [(row[0], row[1]) for row in found]


def finish(connection: Connection) -> None:
    """Make it a catalogue like any other."""
    for index in _deferred():
        index.create(connection, checkfirst=True)
    rows_of(connection, f"DROP TABLE IF EXISTS {_WAITING}")


def note_waiting(connection: Connection, records: Sequence[tuple[str, int]]) -> None:
    """Write which records wait for the next file of their crawl, over what stood there."""
    rows_of(connection, f"DELETE FROM {_WAITING}")  # noqa: S608
    run_many(connection, f'INSERT INTO {_WAITING} ("key", "offset") VALUES (?, ?)', records)  # noqa: S608


def _deferred() -> Iterator[Index]:
    for table, columns in _NEEDED_LATER.items():
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            if next(iter(index.columns)).name in columns:
                yield index
