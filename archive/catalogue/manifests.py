"""Which manifests were made, for which store, and the files that each covers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from archive.catalogue.holdings import CopyState, WarcFile
from archive.catalogue.ledger import warc_files
from archive.catalogue.schema import copies, files, manifest_files, manifests

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy import Connection, Row

_CHUNK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestRow:
    """A manifest that lies in a store, as the catalogue notes it."""

    store: str
    path: str
    day: str
    """``2026-11-23``, UTC."""
    number: int
    sha256: str
    head_sha256: str
    root: str
    leaves: int
    made_at: datetime


_FIELDS = tuple(field.name for field in fields(ManifestRow))
_rows = select(*(manifests.c[name] for name in _FIELDS))


class Manifests:
    """The manifests of a catalogue; made by :attr:`Catalogue.manifests`.

    Every method is one small transaction, not to be called within :meth:`Catalogue.write`.
    """

    def __init__(
        self,
        reading: Callable[[], AbstractContextManager[Connection]],
        writing: Callable[[], AbstractContextManager[Connection]],
    ) -> None:
        self._reading = reading
        self._writing = writing

    def note(self, row: ManifestRow, covered: Sequence[tuple[str, int, str]]) -> None:
        """Note a manifest that is in its store, with its files (key, bytes, SHA-256).

        Files that the catalogue does not know are noted as being somewhere else. Noted again, it changes
        nothing.
        """
        with self._writing() as connection:
            known = select(manifests.c.id).where(manifests.c.store == row.store, manifests.c.path == row.path)
            if connection.execute(known).first() is not None:
                return
            number = connection.execute(
                insert(manifests).returning(manifests.c.id), {name: getattr(row, name) for name in _FIELDS}
            ).scalar_one()
            for start in range(0, len(covered), _CHUNK):
                part = covered[start : start + _CHUNK]
                numbers = _numbers(connection, part)
                missing = [
                    {
                        "key": key,
                        "bytes": size,
                        "sha256": sha256,
                        "closed_at": row.made_at,
                        "is_local": False,
                        "is_indexed": False,
                    }
                    for key, size, sha256 in part
                    if key not in numbers
                ]
                if missing:
                    connection.execute(insert(files), missing)
                    numbers = _numbers(connection, part)
                connection.execute(
                    insert(manifest_files),
                    [{"manifest": number, "file": numbers[key]} for key, _, _ in part],
                )

    def lose(self, store: str, path: str) -> None:
        """Give up a manifest that is missing or changed: what it covered is to be covered anew.

        Its row stays, without files: the next manifest names it as the one before.
        """
        numbers = select(manifests.c.id).where(manifests.c.store == store, manifests.c.path == path)
        with self._writing() as connection:
            connection.execute(delete(manifest_files).where(manifest_files.c.manifest.in_(numbers)))

    def given_up(self, store: str) -> frozenset[str]:
        """Return the paths of a store's manifests that were given up; none is ever made without files."""
        covered = select(manifest_files.c.id).where(manifest_files.c.manifest == manifests.c.id).exists()
        statement = select(manifests.c.path).where(manifests.c.store == store, ~covered)
        with self._reading() as connection:
            return frozenset(connection.execute(statement).scalars())

    def of_store(self, store: str) -> list[ManifestRow]:
        """Return the manifests of a store's chain, oldest first."""
        with self._reading() as connection:
            rows = connection.execute(_rows.where(manifests.c.store == store).order_by(manifests.c.path))
            return [_row(row) for row in rows]

    def last(self, store: str) -> ManifestRow | None:
        """Return the newest manifest of a store's chain, or ``None``."""
        statement = _rows.where(manifests.c.store == store).order_by(manifests.c.path.desc()).limit(1)
        with self._reading() as connection:
            row = connection.execute(statement).first()
        return None if row is None else _row(row)

    def covering(self, store: str, key: str) -> ManifestRow | None:
        """Return the oldest manifest of a store's chain that covers a file, or ``None``."""
        statement = (
            _rows.join(manifest_files, manifest_files.c.manifest == manifests.c.id)
            .join(files, manifest_files.c.file == files.c.id)
            .where(manifests.c.store == store, files.c.key == key)
            .order_by(manifests.c.path)
            .limit(1)
        )
        with self._reading() as connection:
            row = connection.execute(statement).first()
        return None if row is None else _row(row)

    def uncovered(self, store: str, *, local: bool) -> list[WarcFile]:
        """Return the files by key that no manifest of a store's chain covers.

        ``local``: of those below the archive's own ``warc/``; else of those with a verified copy there.
        """
        covered = (
            select(manifest_files.c.id)
            .join(manifests, manifest_files.c.manifest == manifests.c.id)
            .where(manifest_files.c.file == files.c.id, manifests.c.store == store)
            .exists()
        )
        statement = warc_files.where(~covered).order_by(files.c.key)
        if local:
            statement = statement.where(files.c.is_local)
        else:
            statement = statement.join(copies, copies.c.file == files.c.id).where(
                copies.c.store == store, copies.c.state == CopyState.VERIFIED.value
            )
        with self._reading() as connection:
            return [WarcFile(**row._mapping) for row in connection.execute(statement)]


def _numbers(connection: Connection, part: Sequence[tuple[str, int, str]]) -> dict[str, int]:
    found = connection.execute(
        select(files.c.key, files.c.id).where(files.c.key.in_([key for key, _, _ in part]))
    )
    return {row.key: row.id for row in found}


# Any: SQLAlchemy types a row by its first columns only.
def _row(row: Row[*tuple[Any, ...]]) -> ManifestRow:
    return ManifestRow(**{name: row._mapping[name] for name in _FIELDS})
