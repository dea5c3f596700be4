"""Verdicts and visits together: confirmed about as early as the rules allow, and cheaply."""

from __future__ import annotations

from datetime import timedelta

import pytest
from samples.history_pages import ORIGIN, story
from samples.history_world import PUBLISHED, Crawl, World

from model import EventKind
from pipelines.revisits import Attention, Watched, due_at
from pipelines.verdicts import attention_of

URL = story("bridge").url("portal")
DAY = timedelta(days=1)


def watch(*then: dict[str, object], days: float, paths: int = 1) -> tuple[Crawl, list[timedelta]]:
    """Come when the policy says so, and do what the verdicts ask for."""
    data = {"story": "", "article": "bridge", "design": "portal", "looks": "", "paths": paths, "then": then}
    crawl = Crawl(world=World(data=data))
    now, visits = timedelta(0), []
    while now <= days * DAY:
        crawl.come(URL, now, ("direct", "tor")[len(visits) % paths])
        visits.append(now)
        standing = crawl.standings[URL]
        attention, since = attention_of(standing, PUBLISHED + now)
        at = PUBLISHED + now
        one = Watched(
            article=URL,
            first_seen_at=PUBLISHED,
            checked_at=at,
            tried_at=at,
            attention=attention,
            since=since,
        )
        now = max(due_at(one) - PUBLISHED, now + timedelta(minutes=5))
    return crawl, visits


def known(crawl: Crawl, kind: EventKind) -> timedelta:
    return next(event.known_at for event in crawl.standings[URL].events if event.kind is kind) - PUBLISHED


@pytest.mark.parametrize(
    ("shows", "gone_h", "suspected", "confirmed"),
    [
        ("404", 30, timedelta(hours=14), timedelta(days=15.5)),
        ("410", 30, timedelta(hours=14), timedelta(days=4)),
        ("notice:fa1", 500, timedelta(hours=54), timedelta(days=6)),
        ("404", 500, timedelta(hours=54), timedelta(days=18)),
    ],
)
def test_a_removal_is_confirmed_as_early_as_its_rule_allows(shows, gone_h, suspected, confirmed):
    crawl, visits = watch({"from": f"{gone_h}h", "shows": shows}, days=gone_h / 24 + 19)
    gone = timedelta(hours=gone_h)
    assert known(crawl, EventKind.SUSPECTED) - gone <= suspected
    assert known(crawl, EventKind.REMOVED) - gone <= confirmed
    assert len(visits) < 90


def test_an_article_that_never_changes_costs_little():
    crawl, visits = watch(days=90)
    assert crawl.standings[URL].events == ()
    assert len(visits) < 75


def test_an_edit_is_known_within_a_share_of_its_age():
    edit = {"from": "5h", "shows": "article", "title": "تیتر دیگر"}
    crawl, _ = watch(edit, days=3)
    assert known(crawl, EventKind.EDITED) - timedelta(hours=5) < timedelta(hours=2)


def test_a_restored_article_is_quiet_again():
    crawl, _ = watch({"from": "30h", "until": "20d", "shows": "404"}, days=26)
    standing = crawl.standings[URL]
    assert [event.closing for event in standing.events if event.kind is EventKind.REMOVED] == ["restored"]
    assert attention_of(standing, PUBLISHED + 26 * DAY) == (Attention.NONE, None)
    assert crawl.requests < 1_000
    assert all(event.article.startswith(ORIGIN) for event in standing.events)
