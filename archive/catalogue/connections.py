"""How sources could be reached, as it was judged: one row a verdict, in the order of the surveys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from archive.catalogue.columns import dump_noun, load_noun
from archive.catalogue.conflicts import insert_missing, storable_everywhere
from archive.catalogue.records import ConnectionRow
from archive.catalogue.schema import connections, sources
from model import ConnectionVerdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy import Connection

    Reader = Callable[[], AbstractContextManager[Connection]]


def put(connection: Connection, source: int, row: ConnectionRow) -> None:
    """Insert a verdict; one whose record is known is left as it is."""
    connection.execute(
        insert_missing(connection, connections, [connections.c.record_id]),
        {
            "source": source,
            "record_id": row.record_id,
            "kind": row.verdict.kind.value,
            "observed_at": row.verdict.observed_at,
            "inside_share": row.inside_share,
            "noun": storable_everywhere(dump_noun(row.verdict)),
        },
    )


class Connections:
    """Reads them; made by :attr:`Catalogue.connections`."""

    def __init__(self, read: Reader) -> None:
        self._read = read

    def latest(self, source: str) -> ConnectionRow | None:
        """Return the newest verdict over a source's connection; ``None``: nothing was judged yet."""
        found = self.of(source, limit=1)
        return found[0] if found else None

    def of(self, source: str, limit: int = 50) -> list[ConnectionRow]:
        """Return the newest verdicts over a source's connection, the newest first."""
        query = (
            select(connections.c.record_id, connections.c.noun, connections.c.inside_share)
            .join(sources, sources.c.id == connections.c.source)
            .where(sources.c.name == source)
            .order_by(connections.c.observed_at.desc(), connections.c.id.desc())
            .limit(limit)
        )
        with self._read() as connection:
            return [
                ConnectionRow(
                    record_id=record_id, verdict=load_noun(ConnectionVerdict, noun), inside_share=share
                )
                for record_id, noun, share in connection.execute(query)
            ]

    def verdict(self, record_id: str) -> ConnectionVerdict | None:
        """Return the verdict that a record holds."""
        query = select(connections.c.noun).where(connections.c.record_id == record_id)
        with self._read() as connection:
            noun = connection.execute(query).scalar()
        return None if noun is None else load_noun(ConnectionVerdict, noun)

    def inside_baseline(self, since: datetime) -> float | None:
        """Return which share of the hosts inside a watched country answered since then, on the average."""
        query = select(func.avg(connections.c.inside_share)).where(connections.c.observed_at >= since)
        with self._read() as connection:
            share: float | None = connection.execute(query).scalar()
        return share
