from collections.abc import Iterator
from pathlib import Path

import pytest
from samples.catalogue import begin
from samples.frontier import PostgresFrontier
from servers.postgres_server import postgres_server

from archive.catalogue import Catalogue


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    """Give a new catalogue with the source ``org_example`` and crawls ``first``, ``second``, ``third``."""
    with Catalogue.open(tmp_path / "catalogue.sqlite", create=True) as opened:
        begin(opened, "first", "second", "third")
        yield opened


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Give the URL of a PostgreSQL server; it starts with the first test that asks, and serves them all."""
    with postgres_server() as url:
        yield url


@pytest.fixture
def postgres_frontier(postgres: str) -> Iterator[PostgresFrontier]:
    """Give an empty frontier on PostgreSQL with the same source and crawls as ``catalogue``."""
    made = PostgresFrontier(postgres)
    yield made
    made.close()
