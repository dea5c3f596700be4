"""The frontier and hosts of a catalogue on SQLite or on PostgreSQL, behind the same few names."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

from samples.catalogue import SITE, crawl
from sqlalchemy import Engine, text

from archive.catalogue import Batch
from archive.catalogue import crawls as crawl_rows
from archive.catalogue import frontier as frontier_rows
from archive.catalogue import hosts as host_rows
from archive.catalogue.postgresql import open_engine
from archive.catalogue.records import HostRow
from archive.catalogue.schema import crawls, frontier, hosts, metadata, sources
from model import Source

_numbers = itertools.count(1)


class Frontier(Protocol):
    """What the tests need of a catalogue."""

    @contextmanager
    def write(self) -> Iterator[Batch]: ...

    def frontier_counts(self, crawl_id: str) -> dict[str, int]: ...

    def frontier_next_try(self, crawl_id: str) -> datetime | None: ...

    def frontier_waiting(self, crawl_id: str) -> dict[str, int]: ...

    def frontier_urls(self, crawl_id: str, priority: int) -> Iterator[str]: ...

    def host(self, origin: str) -> HostRow | None: ...


class PostgresFrontier:
    """Those tables of the catalogue that PostgreSQL has already, in a schema of their own."""

    def __init__(self, server: str, schema: str = "") -> None:
        self.schema = schema or f"t{os.getpid()}_{next(_numbers)}"
        self.url = f"{server}&options=-csearch_path%3D{self.schema}"
        self.engine: Engine = open_engine(self.url)
        if not schema:
            self._make()

    def _make(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {self.schema}"))
            metadata.create_all(connection, tables=[sources, crawls, frontier, hosts])
        with self.write() as batch:
            batch.put_source(Source(name="org_example", origin=f"{SITE}/"))
            for number, name in enumerate(("first", "second", "third")):
                batch.put_crawl(crawl(name, hours=24 * number))

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def write(self) -> Iterator[Batch]:
        with self.engine.begin() as connection:
            yield Batch(connection)

    def frontier_counts(self, crawl_id: str) -> dict[str, int]:
        with self.engine.begin() as connection:
            return frontier_rows.counts(connection, crawl_rows.crawl_number(connection, crawl_id))

    def frontier_next_try(self, crawl_id: str) -> datetime | None:
        with self.engine.begin() as connection:
            return frontier_rows.next_try(connection, crawl_rows.crawl_number(connection, crawl_id))

    def frontier_waiting(self, crawl_id: str) -> dict[str, int]:
        with self.engine.begin() as connection:
            return frontier_rows.waiting(connection, crawl_rows.crawl_number(connection, crawl_id))

    def frontier_urls(self, crawl_id: str, priority: int) -> Iterator[str]:
        with self.engine.begin() as connection:
            yield from frontier_rows.urls(connection, crawl_rows.crawl_number(connection, crawl_id), priority)

    def host(self, origin: str) -> HostRow | None:
        with self.engine.begin() as connection:
            return host_rows.get(connection, origin)
