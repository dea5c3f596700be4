from collections.abc import Iterator
from pathlib import Path

import pytest
from samples.catalogue import begin

from archive.catalogue import Catalogue


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    """Give a new catalogue with the source ``org_example`` and crawls ``first``, ``second``, ``third``."""
    with Catalogue.open(tmp_path / "catalogue.sqlite", create=True) as opened:
        begin(opened, "first", "second", "third")
        yield opened
