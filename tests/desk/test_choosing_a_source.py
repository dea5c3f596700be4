"""Which source a person means by an address, beside those that the archive knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive import Archive
from desk.cli.crawl import choose_source
from model import BadConfigurationError, Source


def test_what_is_known_of_a_site_holds_for_each_of_its_addresses(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "a", create=True) as archive:
        archive.put_source(Source(name="a_b_example", origin="http://a-b.example/", delay_s=3.0))
        for address in ("https://a-b.example/", "https://www.a-b.example/fa/"):
            chosen = choose_source(archive, address)
            assert (chosen.name, chosen.origin, chosen.delay_s) == ("a_b_example", address, 3.0)


def test_another_site_of_the_same_short_name_is_never_taken_for_it(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "a", create=True) as archive:
        archive.put_source(Source(name="a_b_example", origin="http://a-b.example/"))
        with pytest.raises(BadConfigurationError, match=r"taken by http://a-b\.example/"):
            choose_source(archive, "http://a.b.example/")
