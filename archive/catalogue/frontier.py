"""The frontier: requests to be made, leased to a crawl, kept until the crawl is over.

::

    fresh ──lease──> leased ──done──> done
      ^                │ └──failed──> failed
      └── lease ran out, release, ────┘ the time of the next try has come

That a request is known (its row) and how it stands (its state) are two things: a failed request can be tried
again, a done one is never added again and never goes out again. Nothing is held in memory; rows whose time
has come are made fresh again just before a lease, so that the lease itself reads only what it returns, in the
order of one index.

On SQLite one process writes at a time. On PostgreSQL several may: a lease locks its rows and passes over
those that others hold (``FOR UPDATE SKIP LOCKED``), so that no row is given to two of them, and whoever adds
rows does so in the order of their keys, so that two never wait for each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import bindparam, delete, func, select, text, update

from archive.catalogue.captures import CHUNK
from archive.catalogue.conflicts import insert_missing, is_postgresql, storable_everywhere
from archive.catalogue.records import FrontierRow, FrontierState
from archive.catalogue.schema import crawls, frontier
from model import CrawlState, PageRole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, CursorResult

_columns = frontier.c
_FRESH, _LEASED, _DONE, _FAILED = (state.value for state in FrontierState)

# PostgreSQL guesses how many rows are fresh by statistics that are a minute old at best; a crawl begins with
# none. Where it guesses few it reads and sorts them all instead of following the index: with 100,000 a lease
# took 75 ms, now 0.1 ms. It holds until the end of the transaction, and nothing else of it needs to sort.
_in_order = text("SET LOCAL enable_sort = off")
# A few at a time, past what others hold: two may look at once.
_due = (
    select(_columns.id)
    .where(_columns.crawl == bindparam("crawl"), _columns.ready_at <= bindparam("now"))
    .order_by(_columns.ready_at)
    .limit(CHUNK)
    .with_for_update(skip_locked=True)
)
_revive = (
    update(frontier)
    .where(_columns.id.in_(bindparam("numbers", expanding=True)))
    .values(state=_FRESH, ready_at=None)
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
        _columns.failures,
    )
    .where(_columns.crawl == bindparam("crawl"), _columns.state == _FRESH)
    .order_by(_columns.turn, _columns.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_lease = (
    update(frontier)
    .where(_columns.id.in_(bindparam("numbers", expanding=True)))
    .values(state=_LEASED, ready_at=bindparam("until"))
)
_done = (
    update(frontier)
    .where(
        _columns.crawl == bindparam("of_crawl"),
        _columns.key.in_(bindparam("of_keys", expanding=True)),
    )
    .values(state=_DONE, ready_at=None, reason=None)
)
# Done is done: who lost its lease on the way may come back with a failure after another brought the page.
_failed = (
    update(frontier)
    .where(
        _columns.crawl == bindparam("of_crawl"),
        _columns.key == bindparam("of_key"),
        _columns.state != _DONE,
    )
    .values(
        state=_FAILED,
        ready_at=bindparam("next_try"),
        reason=bindparam("why"),
        failures=_columns.failures + 1,
    )
)
_release = (
    update(frontier)
    .where(_columns.crawl == bindparam("of_crawl"), _columns.state == _LEASED)
    .values(state=_FRESH, ready_at=None)
)
_waits = (_columns.state == _FAILED) & _columns.ready_at.is_not(None)
# What a later crawl can do as well as this one: a page stands for itself. A step of a walk through comments
# belongs to the steps before it, and front page, feeds and sitemaps every crawl asks for anyway.
_outlives = _waits & (_columns.role == PageRole.PAGE.value)
_forget = delete(frontier).where(
    _columns.crawl == bindparam("of_crawl"),
    _columns.role == bindparam("of_role"),
    _columns.state != FrontierState.DONE.value,
)
_clear = delete(frontier).where(_columns.crawl == bindparam("of_crawl"))
_clear_ended = _clear.where(~_outlives)
_source = select(crawls.c.source).where(crawls.c.id == bindparam("crawl")).scalar_subquery()
_older = select(crawls.c.id).where(crawls.c.source == _source, crawls.c.id < bindparam("crawl"))
_clear_older = delete(frontier).where(_columns.crawl.in_(_older))
_ended = _older.where(crawls.c.state.in_((CrawlState.FINISHED.value, CrawlState.FAILED.value)))
_known = frontier.alias("known")
_adopt = (
    update(frontier)
    .where(
        _columns.crawl == bindparam("of_crawl"),
        _outlives,
        ~select(_known.c.id)
        .where(_known.c.crawl == bindparam("by_crawl"), _known.c.key == _columns.key)
        .exists(),
    )
    .values(crawl=bindparam("by_crawl"), ready_at=bindparam("now"))
)
_next_try = select(func.min(_columns.ready_at)).where(_columns.crawl == bindparam("crawl"), _waits)
_waiting = (
    select(_columns.reason, func.count())
    .where(_columns.crawl == bindparam("crawl"), _waits)
    .group_by(_columns.reason)
    .order_by(_columns.reason)
)
_numbers = text("SELECT nextval(pg_get_serial_sequence('frontier', 'id')) FROM generate_series(1, :many)")
_counts = (
    select(_columns.state, func.count())
    .where(_columns.crawl == bindparam("crawl"))
    .group_by(_columns.state)
    .order_by(_columns.state)
)
_urls = select(_columns.url).where(_columns.crawl == bindparam("crawl"), _columns.turn == bindparam("turn"))


def add(connection: Connection, crawl: int, rows: Sequence[FrontierRow]) -> list[bool]:
    """Insert requests not yet known; return for each whether it is new."""
    keys = [storable_everywhere(row.key) for row in rows]
    # Of rows with the same key, the first.
    first: dict[str, int] = {}
    for place, key in enumerate(keys):
        first.setdefault(key, place)
    values = [_values(crawl, key, rows[place]) for key, place in first.items()]
    if is_postgresql(connection):
        # The numbers say which is older; the order of insertion is that of the keys (see the module).
        numbers = sorted(connection.execute(_numbers, {"many": len(values)}).scalars())
        for number, value in zip(numbers, values, strict=True):
            value["id"] = number
        values.sort(key=lambda value: value["key"])
    statement = insert_missing(connection, frontier, [_columns.crawl, _columns.key]).returning(_columns.key)
    added: set[str] = set()
    for start in range(0, len(values), CHUNK):
        added.update(connection.execute(statement, values[start : start + CHUNK]).scalars())
    return [key in added and first[key] == place for place, key in enumerate(keys)]


def _values(crawl: int, key: str, row: FrontierRow) -> dict[str, Any]:  # Any: one for each column
    return {
        "crawl": crawl,
        "key": key,
        "state": _FRESH,
        "turn": -row.priority,
        "url": storable_everywhere(row.url),
        "host": storable_everywhere(row.host),
        "role": row.role.value,
        "request": storable_everywhere(row.request),
    }


def revive(connection: Connection, crawl: int, now: datetime) -> int:
    """Make fresh what was leased or failed until now; return how many."""
    revived = 0
    while numbers := connection.execute(_due, {"crawl": crawl, "now": now}).scalars().all():
        connection.execute(_revive, {"numbers": numbers})
        revived += len(numbers)
    return revived


def lease(
    connection: Connection, crawl: int, limit: int, until: datetime, now: datetime
) -> list[FrontierRow]:
    """Lease the most urgent fresh requests: highest priority first, then the oldest."""
    if is_postgresql(connection):
        connection.execute(_in_order)
    revive(connection, crawl, now)
    rows = connection.execute(_next, {"crawl": crawl, "limit": limit}).all()
    for start in range(0, len(rows), CHUNK):
        numbers = [row.id for row in rows[start : start + CHUNK]]
        connection.execute(_lease, {"numbers": numbers, "until": until})
    return [
        FrontierRow(
            key=row.key,
            url=row.url,
            host=row.host,
            role=PageRole(row.role),
            priority=-row.turn,
            request=row.request,
            failures=row.failures,
        )
        for row in rows
    ]


def done(connection: Connection, crawl: int, keys: Sequence[str]) -> None:
    """Mark requests as needing nothing more; unknown keys are ignored."""
    for start in range(0, len(keys), CHUNK):
        part = [storable_everywhere(key) for key in keys[start : start + CHUNK]]
        connection.execute(_done, {"of_crawl": crawl, "of_keys": part})


def failed(connection: Connection, crawl: int, key: str, reason: str, next_try: datetime | None) -> None:
    """Mark a request as failed, until ``next_try`` or for good; one that is done stays done."""
    values = {
        "of_crawl": crawl,
        "of_key": storable_everywhere(key),
        "next_try": next_try,
        "why": storable_everywhere(reason),
    }
    connection.execute(_failed, values)


def next_try(connection: Connection, crawl: int) -> datetime | None:
    """Return when the first of the failed requests is to be tried again; ``None``: none is."""
    moment: datetime | None = connection.execute(_next_try, {"crawl": crawl}).scalar()
    return moment


def waiting(connection: Connection, crawl: int) -> dict[str, int]:
    """Return how many failed requests wait for another try, by the reason of the last failure."""
    return {row[0]: row[1] for row in connection.execute(_waiting, {"crawl": crawl})}


def release(connection: Connection, crawl: int) -> int:
    """Make every leased request fresh again; return how many."""
    result = cast("CursorResult[tuple[()]]", connection.execute(_release, {"of_crawl": crawl}))
    return result.rowcount


def forget(connection: Connection, crawl: int, role: PageRole) -> None:
    """Forget the requests of a role that are not done: whoever goes on with the crawl asks for them anew."""
    connection.execute(_forget, {"of_crawl": crawl, "of_role": role.value})


def end(connection: Connection, crawl: int, *, is_finished: bool) -> None:
    """Forget the frontier of a crawl that is over, but for failed pages whose next try is to come.

    Those wait for the source's next crawl (:func:`adopt`). A finished crawl has covered what earlier ones of
    its source left, so that nobody goes on with them any more: their rows go, too.
    """
    connection.execute(_clear_ended, {"of_crawl": crawl})
    if is_finished:
        connection.execute(_clear_older, {"crawl": crawl})


def adopt(connection: Connection, crawl: int, now: datetime) -> int:
    """Take over the failed pages that earlier crawls of the source left waiting, to be tried from now on."""
    taken = 0
    for number in connection.execute(_ended, {"crawl": crawl}).scalars().all():
        values = {"of_crawl": number, "by_crawl": crawl, "now": now}
        taken += cast("CursorResult[tuple[()]]", connection.execute(_adopt, values)).rowcount
    return taken


def counts(connection: Connection, crawl: int) -> dict[str, int]:
    """Return how many requests stand in each :class:`FrontierState`; all four are named."""
    found = {row[0]: row[1] for row in connection.execute(_counts, {"crawl": crawl})}
    return {state.value: found.get(state.value, 0) for state in FrontierState}


def urls(connection: Connection, crawl: int, priority: int) -> Iterator[str]:
    """Yield the addresses of all requests of a priority, however they stand; not all at once in memory."""
    found = connection.execution_options(yield_per=1_000).execute(_urls, {"crawl": crawl, "turn": -priority})
    yield from found.scalars()
