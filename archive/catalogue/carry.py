"""Takes over from an older catalogue what no WARC file says: what a frontier waits for, hosts, copies."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from archive.catalogue import sqlite
from archive.catalogue.schema import (
    attentions,
    copies,
    files,
    frontier,
    hosts,
    manifest_files,
    manifests,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import Connection, Table

_CHUNK = 1_000
# Of a file that is the same: when it was closed, and its SHA-256, which only reading all of it would tell.
_SAME_FILE = """
    UPDATE files SET closed_at = ?, sha256 = coalesce(sha256, ?), is_local = max(is_local, ?)
    WHERE "key" = ? AND bytes = ?
"""


def carry_over(connection: Connection, old: Path) -> dict[str, int]:
    """Copy rows from another catalogue and return how many by table; what is there already stays.

    Rows of a crawl, a file or a manifest that this catalogue does not have are left out. The other one may be
    of an older schema; its errors are SQLite's.
    """
    engine = sqlite.open_engine(old)
    try:
        with closing(engine.connect()) as source:
            return _Carrier(source, connection).run()
    finally:
        engine.dispose()


class _Carrier:
    def __init__(self, old: Connection, new: Connection) -> None:
        self._old = old
        self._new = new

    def run(self) -> dict[str, int]:
        crawls = self._same("crawls", "name")
        counts = {"frontier": self._copy(frontier, {"crawl": crawls})}
        counts["hosts"] = self._copy(hosts, {})
        counts["attentions"] = self._copy(attentions, {"source": self._same("sources", "name")})
        counts["files"] = self._files()
        known = self._same("files", "key")
        counts["copies"] = self._copy(copies, {"file": known})
        counts["manifests"] = self._copy(manifests, {})
        of_manifests = self._same("manifests", "store || ' ' || path")
        counts["manifest_files"] = self._copy(manifest_files, {"manifest": of_manifests, "file": known})
        return counts

    def _rows(self, statement: str) -> Iterator[tuple[Any, ...]]:
        with self._old.exec_driver_sql(statement) as result:
            for part in result.partitions(_CHUNK):
                yield from (tuple(row) for row in part)

    def _columns(self, table: str) -> list[str]:
        return [str(row[1]) for row in sqlite.rows_of(self._old, f"PRAGMA table_info({table})")]

    def _same(self, table: str, name: str) -> dict[int, int]:
        """Return the numbers of rows that both have, the old one's to ours."""
        if not self._columns(table):
            return {}
        statement = f"SELECT {name if '|' in name else chr(34) + name + chr(34)}, id FROM {table}"  # noqa: S608 - names of ours
        ours = dict(sqlite.rows_of(self._new, statement))
        return {number: ours[key] for key, number in self._rows(statement) if key in ours}

    def _copy(self, table: Table, references: Mapping[str, Mapping[int, int]]) -> int:
        there = set(self._columns(table.name))
        names = [column.name for column in table.columns if column.name in there and column.name != "id"]
        if not names:
            return 0
        listed = ", ".join(f'"{name}"' for name in names)
        insertion = f"INSERT OR IGNORE INTO {table.name} ({listed}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
        count = 0
        waiting: list[list[Any]] = []
        # In order: rows of a frontier with the same priority go out as they were found.
        for row in self._rows(f"SELECT {listed} FROM {table.name} ORDER BY id"):  # noqa: S608
            values = list(row)
            for name, numbers in references.items():
                at = names.index(name)
                values[at] = numbers.get(values[at])
            if any(values[names.index(name)] is None for name in references):
                continue
            waiting.append(values)
            count += 1
            if len(waiting) == _CHUNK:
                sqlite.run_many(self._new, insertion, waiting)
                waiting = []
        sqlite.run_many(self._new, insertion, waiting)
        return count

    def _files(self) -> int:
        if not self._columns("files"):
            return 0
        rows = [
            (closed_at, sha256, 0, key, size)
            for key, size, sha256, closed_at in self._rows(
                f'SELECT "{files.c.key.name}", bytes, sha256, closed_at FROM files'  # noqa: S608
            )
        ]
        sqlite.run_many(self._new, _SAME_FILE, rows)
        return len(rows)
