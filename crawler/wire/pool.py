"""Connections that wait for their next request."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawler.wire.config import WireConfig
    from crawler.wire.connection import Connection
    from crawler.wire.opening import Trace
    from crawler.wire.proxy import ProxyUrl
    from crawler.wire.request import Origin

    Key = tuple[Origin, ProxyUrl | None]
    Kept = tuple[Connection, Trace]


class Pool:
    """Keeps unused connections by where they lead; the last one used is the first to serve again."""

    def __init__(self, config: WireConfig) -> None:
        self._config = config
        self._idle: dict[Key, list[Kept]] = {}
        self._count = 0
        self._sweeper: asyncio.TimerHandle | None = None

    def take(self, key: Key, now: float) -> Kept | None:
        """Return a connection that looks alive, ``None`` when there is none."""
        waiting = self._idle.get(key)
        while waiting:
            connection, trace = waiting.pop()
            self._count -= 1
            if not waiting:
                del self._idle[key]
            if not connection.closed:
                if now - connection.idle_since < self._config.keep_alive_s:
                    return connection, trace
                connection.close()
        return None

    def put(self, key: Key, connection: Connection, trace: Trace, loop: asyncio.AbstractEventLoop) -> None:
        """Keep a connection, or close it when enough are kept."""
        waiting = self._idle.setdefault(key, [])
        if len(waiting) >= self._config.max_idle_per_origin or self._count >= self._config.max_idle:
            if not waiting:
                del self._idle[key]
            connection.close()
            return
        connection.idle_since = loop.time()
        waiting.append((connection, trace))
        self._count += 1
        if self._sweeper is None:
            self._sweeper = loop.call_later(self._config.keep_alive_s, self._sweep, loop)

    def close(self) -> None:
        """Close everything that is kept."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for waiting in self._idle.values():
            for connection, _ in waiting:
                connection.close()
        self._idle.clear()
        self._count = 0

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._sweeper = None
        oldest = loop.time() - self._config.keep_alive_s
        for key, waiting in list(self._idle.items()):
            kept = []
            for connection, trace in waiting:
                if connection.closed or connection.idle_since <= oldest:
                    connection.close()
                    self._count -= 1
                else:
                    kept.append((connection, trace))
            if kept:
                self._idle[key] = kept
            else:
                del self._idle[key]
        if self._idle:
            self._sweeper = loop.call_later(self._config.keep_alive_s, self._sweep, loop)
