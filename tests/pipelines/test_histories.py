"""Whole histories of pages, judged as a crawl sees them: no false removal, every true one, and how late."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest
from samples.history_world import PUBLISHED, Crawl, crawl, span, stories

from model import EventKind
from pipelines.verdicts import judge, verdict_of
from pipelines.verdicts.content_ladder import GONE_EVENTS

STORIES = stories()


@lru_cache(maxsize=256)
def told(path: Path) -> Crawl:
    return crawl(path)


def article(done: Crawl) -> str:
    return next(iter(done.standings))


def events_of(done: Crawl) -> list[str]:
    return [
        f"{event.kind}>{event.closing}" if event.closing else str(event.kind)
        for event in done.standings[article(done)].events
        if event.kind is not EventKind.SUSPECTED
    ]


def test_there_are_enough_histories():
    assert len(STORIES) >= 60


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_a_history_is_told_as_it_was(path):
    done = told(path)
    standing = done.standings[article(done)]
    verdict = verdict_of(standing)
    assert (str(verdict.state), events_of(done)) == (done.world.data["state"], done.world.data["events"])
    # Judged from the beginning, and as it came: the same.
    assert judge(done.history(article(done))) == standing


def test_nothing_is_taken_for_removed_that_was_not():
    wrong = [
        path.stem
        for path in STORIES
        if "gone" not in told(path).world.data
        and any(
            event.kind in GONE_EVENTS
            for standing in told(path).standings.values()
            for event in standing.events
        )
    ]
    assert wrong == []


def test_removals_are_found_and_their_delays_told(capsys):
    """Print how long after each true removal it was suspected and confirmed: 72 hours or 14 days at least."""
    with capsys.disabled():
        print()
        for path in STORIES:
            done = told(path)
            if "gone" not in done.world.data or done.world.data["state"] == "suspected":
                continue
            gone = PUBLISHED + span(done.world.data["gone"])
            events = done.standings[article(done)].events
            suspected = [one.known_at - gone for one in events if one.kind is EventKind.SUSPECTED]
            confirmed = [
                one.known_at - gone for one in events if one.kind in {*GONE_EVENTS, EventKind.GUTTED}
            ]
            assert confirmed, path.stem
            assert any(one.opened_at >= gone for one in events)
            first = suspected[0] if suspected else "-"
            print(f"{path.stem:36} suspected {first!s:>16} confirmed {confirmed[0]!s:>16}")
