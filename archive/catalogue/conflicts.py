"""Inserting what may be there already: one statement for SQLite and PostgreSQL, instead of asking first.

Both know ``ON CONFLICT`` (https://www.sqlite.org/lang_upsert.html), SQLAlchemy has it in each dialect only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.dialects import postgresql, sqlite

from archive.catalogue.columns import storable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Column, Connection, Insert, Table


def is_postgresql(connection: Connection) -> bool:
    """Tell whether several processes may write at once here (SQLite has one writer at a time)."""
    return connection.dialect.name == "postgresql"


def insert_missing(connection: Connection, table: Table, key: Sequence[Column[Any]]) -> Insert:
    """Return an insert that passes over rows whose ``key`` is there already."""
    made = postgresql.insert(table) if is_postgresql(connection) else sqlite.insert(table)
    return made.on_conflict_do_nothing(index_elements=key)


def insert_or_replace(connection: Connection, table: Table, key: Sequence[Column[Any]]) -> Insert:
    """Return an insert that puts its values, all but ``id`` and ``key``, over those of a row there is."""
    made = postgresql.insert(table) if is_postgresql(connection) else sqlite.insert(table)
    kept = {"id", *(column.name for column in key)}
    return made.on_conflict_do_update(
        index_elements=key,
        set_={column.name: made.excluded[column.name] for column in table.c if column.name not in kept},
    )


def storable_everywhere(text: str) -> str:
    r"""Return a text without what PostgreSQL does not take either: U+0000, too, becomes U+FFFD.

    >>> storable_everywhere("a\0b")
    'a�b'
    """
    return storable(text).replace("\0", "\ufffd")
