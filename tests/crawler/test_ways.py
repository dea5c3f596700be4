"""Captures by a mirror: how they are kept, found and shown, and what a mirror rewrites."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from samples.whole_catalogue import assert_same, dump, from_warc
from servers.censor import RESET
from servers.crawl_process import Ended, assert_plain, assert_whole, mandegar, stored_records
from servers.desk_server import running_desk
from servers.paper import Paper

from archive import Archive
from model import CaptureVia, ConnectionKind, EventKind, Via, from_json

QUICK = (
    *("-s", "MANDEGAR_READERS=1", "-s", "MANDEGAR_RETRY_FIRST_S=0.02", "-s", "MANDEGAR_RETRY_WAIT_S=1"),
    *("-s", "MANDEGAR_LOOK_TIMEOUT_S=1", "-s", "MANDEGAR_LOOK_AFTER_S=0.5"),
)


class World:
    """A paper and an archive of it."""

    def __init__(self, folder: Path, paper: Paper) -> None:
        self.paper = paper
        self.archive = folder / "archive"
        file = folder / "xx_paper.toml"
        paper.write_source(file)
        assert mandegar(self.archive, "source", "add", str(file)).code == 0
        with (self.archive / "mandegar.toml").open("a") as marker:
            marker.write(paper.reachability())

    def crawl(self, *options: str) -> Ended:
        self.paper.asked.clear()
        ended = mandegar(
            self.archive, "crawl", "xx_paper", "--json", *QUICK, *self.paper.settings(), *options
        )
        assert_plain(ended)
        return ended

    def asked(self, place: str) -> list[str]:
        return [path for where, path in self.paper.asked if where == place]

    def vias(self) -> list[CaptureVia]:
        return [
            from_json(CaptureVia, json.loads(record.block))
            for record in stored_records(self.archive)
            if record.url.startswith("urn:mandegar:via:")
        ]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Paper() as paper:
        paper.publish("other", "saffron", "bridge")
        yield World(tmp_path, paper)


def test_a_mirror_that_calls_itself_the_source_is_read_as_the_source_now_and_later(world: World) -> None:
    world.paper.gate.mode = RESET
    # As a reverse proxy does: every address on its pages is its own, that of ``rel=canonical`` too.
    world.paper.rewritten = {world.paper.url.encode(): world.paper.mirror_url.encode()}
    assert world.crawl().crawl["articles"] == 3
    address = world.paper.address_of("saffron")
    with Archive.open(world.archive) as archive:
        known = [one.url for one in archive.catalogue.articles("xx_paper")]
        first = archive.catalogue.article(address)
    assert all(one.startswith(world.paper.url) for one in known)
    with closing(sqlite3.connect(world.archive / "catalogue.sqlite")) as base, base:
        base.execute("UPDATE captures SET extractor = 'mandegar/0.0' WHERE extractor IS NOT NULL")
        base.execute("UPDATE sightings SET reading = 'otherwise'")
    done = mandegar(world.archive, "reprocess", "--yes", "--json")
    assert done.code == 0, done.stderr
    with Archive.open(world.archive) as archive:
        assert [one.url for one in archive.catalogue.articles("xx_paper")] == known
        again = archive.catalogue.article(address)
        assert archive.catalogue.events() == []
    assert (again.summary.id, again.article, again.summary.versions) == (first.summary.id, first.article, 1)


def test_a_blocked_source_is_crawled_by_its_mirror_and_every_capture_says_so(world: World) -> None:
    world.paper.gate.mode = RESET
    ended = world.crawl()
    assert ended.code == 0
    assert ended.crawl["articles"] == 3
    home = world.paper.path_of("saffron")
    with Archive.open(world.archive) as archive:
        latest = archive.catalogue.connections.latest("xx_paper")
        assert latest is not None
        assert latest.verdict.kind is ConnectionKind.BLOCKED_TLS_RESET
        record = archive.catalogue.article(world.paper.address_of("saffron"))
        # Under the address that was fetched, and never under one from which nothing came.
        assert [one.url for one in record.captures] == [world.paper.mirror_url + home[1:]]
        assert archive.catalogue.captures(world.paper.address_of("saffron")) == []
        via = archive.catalogue.vias.of(record.captures[0].record_id)
        assert via is not None
        assert (via.via, via.canonical_url) == (Via.MIRROR, world.paper.address_of("saffron"))
        assert via.mirror is not None
        assert via.mirror.operator == "دوستان روزنامه"
        assert via.verdict_id == latest.record_id
        assert archive.catalogue.vias.of_url(world.paper.address_of("saffron")) == [via]
    assert via in world.vias()
    shown = " ".join(mandegar(world.archive, "show", world.paper.address_of("saffron")).stdout.split())
    place = world.paper.mirror_url.removeprefix("https://").rstrip("/")
    assert f"captured through mirror {place} (دوستان روزنامه)" in shown
    with running_desk(world.archive) as desk:
        lead = desk.get(f"/replay/2026/{world.paper.address_of('saffron')}")
        assert lead.status == 302
        page = desk.get(lead.headers["Location"].removeprefix(desk.url))
        article = desk.get(f"/articles/{record.summary.id}")
    assert page.status == 200
    for one in (page, article):
        assert f"captured through mirror {place} (دوستان روزنامه)" in one.text
    links = page.headers["Link"]
    assert f'<{world.paper.address_of("saffron")}>; rel="original"' in links
    assert f'<{record.captures[0].url}>; rel="via"' in links
    assert_whole(world.archive)


def test_what_a_mirror_rewrites_changes_nothing_and_raises_an_alarm(world: World) -> None:
    assert world.crawl().code == 0
    address = world.paper.address_of("saffron")
    world.paper.gate.mode = RESET
    world.paper.rewritten = {"دولت".encode(): "دشمن".encode()}
    assert world.crawl().code == 0
    with Archive.open(world.archive) as archive:
        number = archive.catalogue.article(address).summary.id
        versions = archive.catalogue.versions(number)
        assert len(versions) == 1
        assert all("دشمن" not in part for part in versions[0].article.paragraphs)
        (told,) = archive.catalogue.events(article=address)
        assert told[1].kind is EventKind.MIRROR_DIFFERS
        assert told[1].is_open
        assert "دوستان روزنامه" in told[1].detail
        assert archive.catalogue.search("دشمن") == []

    world.paper.rewritten = {}
    assert world.crawl().code == 0
    before = dump(world.archive)
    with Archive.open(world.archive) as archive:
        (told,) = archive.catalogue.events(article=address)
        assert told[1].closing == "reverted"
        assert len(archive.catalogue.versions(number)) == 1
    (world.archive / "catalogue.sqlite").unlink()
    assert mandegar(world.archive, "rebuild").code == 0
    assert_same(from_warc(dump(world.archive)), from_warc(before))
