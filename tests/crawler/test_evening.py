"""A whole evening, and the week after it, with time simulated: the timeline tells exactly that story.

A paper is crawled; it is blocked, and the crawl goes on at a mirror; our own network drops and comes back;
the paper can be reached again; an article is edited, one is taken down, one moves, comments vanish, and one
that was taken down comes back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from servers.censor import RESET
from servers.clock import Clock
from servers.crawl_process import Ended, Running, assert_plain, assert_whole, mandegar
from servers.paper import OPEN, Paper

from archive import Archive
from desk.timeline import timeline
from model import Event, EventKind, json_text

# Quick answers on loopback: nobody need wait for them as for a distant site's.
QUICK = (
    *("-s", "MANDEGAR_READERS=1", "-s", "MANDEGAR_RETRY_FIRST_S=0.02"),
    *("-s", "MANDEGAR_LOOK_TIMEOUT_S=1", "-s", "MANDEGAR_RETURN_S=1"),
)


class Evening:
    """The paper, the archive, and the hour."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock(folder)
        self.archive = folder / "archive"
        self.paper = Paper(lambda: self.clock.now)
        self.begins = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)

    def add(self, folder: Path) -> None:
        """Add the paper to the archive."""
        file = folder / "xx_paper.toml"
        self.paper.write_source(file)
        ended = self.run("source", "add", str(file))
        assert ended.code == 0, ended
        with (self.archive / "mandegar.toml").open("a") as marker:
            marker.write(self.paper.reachability())

    def run(self, *command: str) -> Ended:
        return mandegar(self.archive, *command, environment=self.clock.environment)

    def at(self, **span: float) -> None:
        """Set the clock, from the evening's beginning."""
        self.clock.go_to(self.begins + timedelta(**span))

    def crawl(self) -> Ended:
        ended = self.run("crawl", "xx_paper", "--json", *QUICK, *self.paper.settings())
        assert_plain(ended)
        assert ended.code == 0, ended
        return ended

    def events(self) -> list[Event]:
        with Archive.open(self.archive) as archive:
            return [event for _, event in archive.catalogue.events(limit=1_000)]

    def story(self, name: str) -> list[str]:
        """Return what the timeline of an article tells, kinds only, in order."""
        address = self.paper.address_of(name)
        with Archive.open(self.archive) as archive:
            catalogue = archive.catalogue
            versions = catalogue.versions(catalogue.article(address).summary.id)
            events = [event for _, event in catalogue.events(article=address)]
        return [one.kind for one in timeline(versions, events)]

    def line(self) -> str:
        """Return what the status says of the connection."""
        return " ".join(self.run("status").stdout.split())


@pytest.fixture
def evening(tmp_path: Path) -> Iterator[Evening]:
    made = Evening(tmp_path)
    with made.paper:
        made.at()
        made.add(tmp_path)
        yield made


def test_the_timeline_tells_the_story_of_the_evening(evening: Evening) -> None:
    paper = evening.paper
    paper.publish("other", "saffron", "bridge", "library", "deleted", "harvest-ar")
    paper.publish("strike", comments="all")

    # 18:00: all is well.
    evening.crawl()
    assert "uncensored" in evening.line()
    assert {place for place, _ in paper.asked} == {"origin"}

    # 18:40: blocked by name. What is new comes through the mirror.
    evening.at(minutes=40)
    paper.gate.mode = RESET
    paper.publish("gallery")
    paper.asked.clear()
    evening.crawl()
    assert ("mirror", paper.path_of("gallery")) in paper.asked
    assert "through a mirror" in evening.line()

    # 19:10: our own network drops in the middle of a run, and comes back.
    evening.at(minutes=70)
    paper.network(up=False)
    running = Running(
        evening.archive,
        *("crawl", "xx_paper", "--json", *QUICK, *paper.settings()),
        environment=evening.clock.environment,
    )
    running.wait_for_rows("SELECT count(*) FROM connections WHERE kind = 'own_network_down'", 1)
    paper.network(up=True)
    ended = running.end()
    assert ended.code == 0, ended

    # 19:40: nobody is in the way any more.
    evening.at(minutes=100)
    paper.asked.clear()
    evening.crawl()
    assert {place for place, _ in paper.asked} == {"origin"}
    assert "uncensored" in evening.line()
    assert evening.events() == []

    # 20:00: one is edited.
    evening.at(minutes=120)
    paper.edit("saffron", 1, "دولت در نامه‌ای تازه نوشته است که زعفران امسال را با بهای پارسال خواهد خرید.")
    evening.crawl()
    evening.at(minutes=135)
    evening.crawl()
    assert [one.kind for one in evening.events()] == [EventKind.EDITED]

    # 20:30: two are taken down, one moves, comments vanish.
    evening.at(minutes=150)
    paper.remove("bridge")
    paper.remove("deleted", words="fa1")
    paper.move("library", "/reports/narmak-library/")
    paper.show_comments("strike", "first:2")
    evening.crawl()
    # Hours and days go by.
    for hours in (3, 9, 31, 55, 79):
        evening.at(hours=hours)
        evening.crawl()
    state = {one.article: one.kind for one in evening.events() if one.is_open}
    assert state == {
        paper.address_of("saffron"): "edited",
        paper.address_of("bridge"): "removed",
        paper.address_of("deleted"): "removed",
        paper.address_of("library"): "moved",
        paper.address_of("strike"): "comments_removed",
    }

    # The day after one is back.
    paper.restore("deleted")
    for hours in (103, 115):
        evening.at(hours=hours)
        evening.crawl()

    assert evening.story("saffron") == ["seen", "version"]
    assert evening.story("bridge") == ["seen", "suspected", "removed"]
    assert evening.story("deleted") == ["seen", "suspected", "removed", "removed>restored"]
    assert evening.story("library")[0] == "seen"
    assert evening.story("library")[-1] == "moved"
    assert evening.story("strike") == ["seen", "comments_removed"]
    for untouched in ("other", "gallery", "harvest-ar"):
        assert evening.story(untouched) == ["seen"]
    # Nothing else was ever said, and what was said rests on records.
    assert {one.article for one in evening.events()} == {
        paper.address_of(name) for name in ("saffron", "bridge", "deleted", "library", "strike")
    }
    assert all(one.opened_by for one in evening.events())
    assert_whole(evening.archive)

    # All of it is in the WARC files: a catalogue made anew tells the same.
    before = sorted(json_text(one) for one in evening.events())
    (evening.archive / "catalogue.sqlite").unlink()
    rebuilt = evening.run("rebuild")
    assert rebuilt.code == 0, rebuilt
    assert sorted(json_text(one) for one in evening.events()) == before
    told = json.loads(evening.run("timeline", paper.address_of("deleted"), "--json").stdout)
    assert told["verdict"]["state"] == "restored"
    assert paper.gate.mode == OPEN
