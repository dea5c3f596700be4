"""Captures that came by another way than from the source's own address: the alias table of the archive.

A capture stands under the address that was really fetched; here stands which address of the source it is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from archive.catalogue.columns import dump_noun, load_noun, storable
from archive.catalogue.conflicts import insert_missing, storable_everywhere
from archive.catalogue.schema import sources, vias
from archive.catalogue.sqlite import rows_of
from archive.urlkey import lookup_key
from model import CaptureVia, Via

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

    Reader = Callable[[], AbstractContextManager[Connection]]

_CHUNK = 500
# Asked for every article and document that is put.
_OF = "SELECT noun FROM vias WHERE record_id = ?"
_ANY_MIRROR = "SELECT 1 FROM vias WHERE via = 'mirror' LIMIT 1"
_ONLY_MIRRORED = """
    SELECT sightings.version, min(vias.noun)
    FROM sightings LEFT JOIN vias ON vias.record_id = sightings.record_id AND vias.via = 'mirror'
    WHERE sightings.version IN ({}) GROUP BY sightings.version HAVING count(*) = count(vias.id)
"""
_VERSIONS = "SELECT id, number FROM versions WHERE article = ?"


def put(connection: Connection, source: int, via: CaptureVia) -> None:
    """Insert how a capture came about; what is known of a capture stays."""
    connection.execute(
        insert_missing(connection, vias, [vias.c.record_id]),
        {
            "source": source,
            "record_id": via.record_id,
            "via": via.via.value,
            "url_key": storable_everywhere(lookup_key(via.canonical_url)),
            "noun": storable_everywhere(dump_noun(via)),
        },
    )


def of(connection: Connection, record_id: str) -> CaptureVia | None:
    """Return how a capture came about; ``None``: from the address it stands under."""
    found = rows_of(connection, _OF, record_id)
    return load_noun(CaptureVia, found[0][0]) if found else None


def only_mirrored(connection: Connection, versions: Sequence[int]) -> dict[int, CaptureVia]:
    """Return, of versions (rows) that nothing but mirrors ever showed, how one of their captures came."""
    found: dict[int, CaptureVia] = {}
    if not rows_of(connection, _ANY_MIRROR):
        return found
    for start in range(0, len(versions), _CHUNK):
        part = versions[start : start + _CHUNK]
        query = _ONLY_MIRRORED.format(", ".join("?" * len(part)))
        found |= {row[0]: load_noun(CaptureVia, row[1]) for row in rows_of(connection, query, *part)}
    return found


class Vias:
    """Reads them; made by :attr:`Catalogue.vias`."""

    def __init__(self, read: Reader) -> None:
        self._read = read

    def of(self, record_id: str) -> CaptureVia | None:
        """Return how a capture came about; ``None``: from the address it stands under."""
        with self._read() as connection:
            return of(connection, record_id)

    def of_all(self, record_ids: Iterable[str]) -> dict[str, CaptureVia]:
        """Return how captures came about, by record id; those from their own address are left out."""
        wanted = list(dict.fromkeys(record_ids))
        found: dict[str, CaptureVia] = {}
        with self._read() as connection:
            for start in range(0, len(wanted), _CHUNK):
                query = select(vias.c.record_id, vias.c.noun).where(
                    vias.c.record_id.in_(wanted[start : start + _CHUNK])
                )
                found |= {key: load_noun(CaptureVia, noun) for key, noun in connection.execute(query)}
        return found

    def of_url(self, url: str) -> list[CaptureVia]:
        """Return the captures by other ways that stand for an address of a source, oldest first."""
        query = select(vias.c.noun).where(vias.c.url_key == storable(lookup_key(url))).order_by(vias.c.id)
        with self._read() as connection:
            return [load_noun(CaptureVia, noun) for noun in connection.execute(query).scalars()]

    def only_mirrored(self, article: int) -> dict[int, CaptureVia]:
        """Return, by number, the versions of an article that nothing but mirrors ever showed, with a way."""
        with self._read() as connection:
            rows = dict(rows_of(connection, _VERSIONS, article))
            return {rows[row]: via for row, via in only_mirrored(connection, list(rows)).items()}

    def latest(self, source: str) -> CaptureVia | None:
        """Return how the newest of a source's captures by mirrors came about; ``None``: there is none."""
        query = (
            select(vias.c.noun)
            .join(sources, sources.c.id == vias.c.source)
            .where(sources.c.name == source, vias.c.via.in_([Via.MIRROR.value, Via.ONION.value]))
            .order_by(vias.c.id.desc())
            .limit(1)
        )
        with self._read() as connection:
            noun = connection.execute(query).scalar()
        return None if noun is None else load_noun(CaptureVia, noun)
