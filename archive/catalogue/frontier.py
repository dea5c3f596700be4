"""The frontier: requests to be made, leased to a crawl, kept until the crawl is over.

::

    fresh ──lease──> leased ──done──> done
      ^                │ └──failed──> failed
      └── lease ran out, release, ────┘ the time of the next try has come

That a request is known (its row) and how it stands (its state) are two things: a failed request can be tried
again, a done one is never added again. Nothing is held in memory; rows whose time has come are made fresh
again just before a lease, so that the lease itself reads only what it returns, in the order of one index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sqlalchemy import bindparam, delete, func, insert, select, update

from archive.catalogue.captures import CHUNK
from archive.catalogue.columns import storable
from archive.catalogue.records import FrontierRow, FrontierState
from archive.catalogue.schema import frontier
from model import PageRole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, CursorResult

_columns = frontier.c
_insert = insert(frontier)
_known = select(_columns.key).where(
    _columns.crawl == bindparam("crawl"), _columns.key.in_(bindparam("keys", expanding=True))
)
_due = (
    update(frontier)
    .where(_columns.crawl == bindparam("of_crawl"), _columns.ready_at <= bindparam("now"))
    .values(state=FrontierState.FRESH.value, ready_at=None)
)
_next = (
    select(
        _columns.id,
        _columns.key,
        _columns.url,
        _columns.host,
        _columns.role,
        _columns.turn,
        _columns.request,
    )
    .where(_columns.crawl == bindparam("crawl"), _columns.state == FrontierState.FRESH.value)
    .order_by(_columns.turn, _columns.id)
    .limit(bindparam("limit"))
)
_lease = (
    update(frontier)
    .where(_columns.id == bindparam("number"))
    .values(state=FrontierState.LEASED.value, ready_at=bindparam("until"))
)
_done = (
    update(frontier)
    .where(_columns.crawl == bindparam("of_crawl"), _columns.key == bindparam("of_key"))
    .values(state=FrontierState.DONE.value, ready_at=None, reason=None)
)
_failed = (
    update(frontier)
    .where(_columns.crawl == bindparam("of_crawl"), _columns.key == bindparam("of_key"))
    .values(state=FrontierState.FAILED.value, ready_at=bindparam("next_try"), reason=bindparam("why"))
)
_release = (
    update(frontier)
    .where(_columns.crawl == bindparam("of_crawl"), _columns.state == FrontierState.LEASED.value)
    .values(state=FrontierState.FRESH.value, ready_at=None)
)
_clear = delete(frontier).where(_columns.crawl == bindparam("of_crawl"))
_counts = (
    select(_columns.state, func.count())
    .where(_columns.crawl == bindparam("crawl"))
    .group_by(_columns.state)
    .order_by(_columns.state)
)
_urls = select(_columns.url).where(_columns.crawl == bindparam("crawl"), _columns.turn == bindparam("turn"))


def add(connection: Connection, crawl: int, rows: Sequence[FrontierRow]) -> list[bool]:
    """Insert requests not yet known; return for each whether it is new."""
    is_new: list[bool] = []
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        keys = [storable(row.key) for row in part]
        known = set(connection.execute(_known, {"crawl": crawl, "keys": keys}).scalars())
        added = []
        for row, key in zip(part, keys, strict=True):
            is_new.append(key not in known)
            if key in known:
                continue
            known.add(key)
            added.append(
                {
                    "crawl": crawl,
                    "key": key,
                    "state": FrontierState.FRESH.value,
                    "turn": -row.priority,
                    "url": storable(row.url),
                    "host": storable(row.host),
                    "role": row.role.value,
                    "request": storable(row.request),
                }
            )
        if added:
            connection.execute(_insert, added)
    return is_new


def lease(
    connection: Connection, crawl: int, limit: int, until: datetime, now: datetime
) -> list[FrontierRow]:
    """Lease the most urgent fresh requests: highest priority first, then the oldest."""
    connection.execute(_due, {"of_crawl": crawl, "now": now})
    rows = connection.execute(_next, {"crawl": crawl, "limit": limit}).all()
    if rows:
        connection.execute(_lease, [{"number": row.id, "until": until} for row in rows])
    return [
        FrontierRow(
            key=row.key,
            url=row.url,
            host=row.host,
            role=PageRole(row.role),
            priority=-row.turn,
            request=row.request,
        )
        for row in rows
    ]


def done(connection: Connection, crawl: int, keys: Sequence[str]) -> None:
    """Mark requests as needing nothing more; unknown keys are ignored."""
    if keys:
        connection.execute(_done, [{"of_crawl": crawl, "of_key": storable(key)} for key in keys])


def failed(connection: Connection, crawl: int, key: str, reason: str, next_try: datetime | None) -> None:
    """Mark a request as given up, until ``next_try`` or for good."""
    values = {"of_crawl": crawl, "of_key": storable(key), "next_try": next_try, "why": storable(reason)}
    connection.execute(_failed, values)


def release(connection: Connection, crawl: int) -> int:
    """Make every leased request fresh again; return how many."""
    result = cast("CursorResult[tuple[()]]", connection.execute(_release, {"of_crawl": crawl}))
    return result.rowcount


def clear(connection: Connection, crawl: int) -> None:
    """Forget a crawl's frontier."""
    connection.execute(_clear, {"of_crawl": crawl})


def counts(connection: Connection, crawl: int) -> dict[str, int]:
    """Return how many requests stand in each :class:`FrontierState`; all four are named."""
    found = {row[0]: row[1] for row in connection.execute(_counts, {"crawl": crawl})}
    return {state.value: found.get(state.value, 0) for state in FrontierState}


def urls(connection: Connection, crawl: int, priority: int) -> list[str]:
    """Return the addresses of all requests of a priority, however they stand."""
    return list(connection.execute(_urls, {"crawl": crawl, "turn": -priority}).scalars())
