"""Everything that is PostgreSQL's own: opening it, for sources, crawls, the frontier and hosts so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event

if TYPE_CHECKING:
    from sqlalchemy.pool import ConnectionPoolEntry


def open_engine(url: str, *, connections: int = 2) -> Engine:
    """Return an engine for ``postgresql+psycopg://…``."""
    engine = create_engine(url, pool_size=connections, pool_pre_ping=True)
    event.listen(engine, "connect", _prepare)
    return engine


# Any: psycopg is no dependency of who stays on SQLite.
def _prepare(connection: Any, _: ConnectionPoolEntry) -> None:
    was = connection.autocommit
    # In a transaction it would be undone with the first rollback.
    connection.autocommit = True
    # The driver prepares what is run often, and the server then keeps one plan for it: a crawl begins with an
    # empty frontier, and with the plan for that, reading all of it, a lease of a large one took 150 ms.
    connection.execute("SET plan_cache_mode = force_custom_plan")
    connection.autocommit = was
