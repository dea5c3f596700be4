"""What hosts asked of us, one row an origin: it outlives the process that was told.

A crawl that is killed and started again must not ask a host before the time it named, nor read a robots.txt
again that it has (RFC 9309, 2.4: for a day).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from archive.catalogue.conflicts import insert_or_replace, storable_everywhere
from archive.catalogue.records import HostRow
from archive.catalogue.schema import hosts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

_columns = hosts.c
_one = select(
    _columns.origin,
    _columns.not_before,
    _columns.delay_s,
    _columns.back_off_s,
    _columns.asked_at,
    _columns.robots_at,
    _columns.robots_state,
    _columns.robots_text,
).where(_columns.origin == bindparam("origin"))


def get(connection: Connection, origin: str) -> HostRow | None:
    """Return what is known of a host, or ``None``."""
    row = connection.execute(_one, {"origin": storable_everywhere(origin)}).one_or_none()
    return None if row is None else HostRow(**row._mapping)


def put(connection: Connection, rows: Iterable[HostRow]) -> None:
    """Write what is known of hosts over what was.

    In the order of their origins: two processes that write the same hosts must not wait for each other.
    """
    values = [
        {
            "origin": storable_everywhere(row.origin),
            "not_before": row.not_before,
            "delay_s": row.delay_s,
            "back_off_s": row.back_off_s,
            "asked_at": row.asked_at,
            "robots_at": row.robots_at,
            "robots_state": row.robots_state,
            "robots_text": None if row.robots_text is None else storable_everywhere(row.robots_text),
        }
        for row in sorted(rows, key=lambda row: row.origin)
    ]
    if values:
        connection.execute(insert_or_replace(connection, hosts, [_columns.origin]), values)
