"""What was learned of the pages of each source and is kept: the newest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from archive.catalogue.columns import storable
from archive.catalogue.records import LearnedRow
from archive.catalogue.schema import learned, sources

if TYPE_CHECKING:
    from sqlalchemy import Connection


def put(connection: Connection, source: int, row: LearnedRow) -> None:
    """Keep what was learned in the place of what was learned earlier; what is older changes nothing."""
    known = connection.execute(select(learned.c.learned_at).where(learned.c.source == source)).scalar()
    if known is not None and known >= row.learned_at:
        return
    values = {
        "revision": storable(row.revision),
        "learned_at": row.learned_at,
        "content": storable(row.content),
    }
    if known is None:
        connection.execute(insert(learned), {"source": source, **values})
    else:
        connection.execute(update(learned).where(learned.c.source == source), values)


def get(connection: Connection, source: str) -> LearnedRow | None:
    """Return what is kept of a source, by its name; ``None`` when nothing was ever learned."""
    query = (
        select(learned, sources.c.name)
        .join(sources, sources.c.id == learned.c.source)
        .where(sources.c.name == source)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return LearnedRow(source=row.name, revision=row.revision, learned_at=row.learned_at, content=row.content)
