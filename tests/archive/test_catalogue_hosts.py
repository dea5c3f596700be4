"""What hosts asked of us is kept, on both engines, and outlives whoever was told."""

from dataclasses import replace
from pathlib import Path

import pytest
from samples.catalogue import moment
from samples.frontier import Frontier

from archive.catalogue import Catalogue
from archive.catalogue.records import HostRow

FULL = HostRow(
    origin="https://www.example.org",
    not_before=moment(1),
    delay_s=2.5,
    back_off_s=40.0,
    asked_at=moment(0),
    robots_at=moment(0.5),
    robots_state="rules",
    robots_text="User-agent: *\nDisallow: /خبر/",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def frontier(request: pytest.FixtureRequest) -> Frontier:
    made: Frontier = request.getfixturevalue(
        "catalogue" if request.param == "sqlite" else "postgres_frontier"
    )
    return made


def test_a_host_is_given_back_as_it_was_put(frontier: Frontier) -> None:
    bare = HostRow(origin="http://127.0.0.1:8080")
    with frontier.write() as batch:
        batch.put_hosts([FULL, bare])
        batch.put_hosts([])
    assert frontier.host(FULL.origin) == FULL
    assert frontier.host(bare.origin) == bare
    assert frontier.host("http://www.example.org") is None


def test_what_is_newer_stands_for_what_was_and_nothing_of_it_stays(frontier: Frontier) -> None:
    with frontier.write() as batch:
        batch.put_hosts([FULL])
    newer = HostRow(origin=FULL.origin, robots_state="none", robots_at=moment(9))
    with frontier.write() as batch:
        batch.put_hosts([newer])
    assert frontier.host(FULL.origin) == newer


def test_hostile_rules_are_kept_without_what_no_database_takes(frontier: Frontier) -> None:
    with frontier.write() as batch:
        batch.put_hosts([replace(FULL, robots_text="Disallow: /\0\ud800")])
    found = frontier.host(FULL.origin)
    assert found is not None
    assert found.robots_text == "Disallow: /\ufffd\ufffd"


def test_it_is_there_when_the_catalogue_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    with Catalogue.open(path, create=True) as opened, opened.write() as batch:
        batch.put_hosts([FULL])
    with Catalogue.open(path) as opened:
        assert opened.host(FULL.origin) == FULL
