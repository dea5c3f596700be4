from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.revisits import (
    DAY,
    FIRST,
    LONGEST,
    Attention,
    CheckKind,
    Purse,
    Watched,
    WatchedFeed,
    due_at,
    interval_at,
    plan,
    spend,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ONE = Watched(article="https://a.test/1", first_seen_at=NOW)


def visits(watched: Watched, until: timedelta) -> list[datetime]:
    """When an article is asked for that never changes."""
    times = []
    while (due := due_at(watched)) <= watched.first_seen_at + until:
        times.append(due)
        watched = replace(watched, checked_at=due, tried_at=due)
    return times


def test_it_is_dense_at_first_and_thins_to_months():
    times = visits(ONE, timedelta(days=3_650))
    in_a_day = [at for at in times if at <= NOW + DAY]
    in_a_year = [at for at in times if at <= NOW + timedelta(days=365)]
    assert len(in_a_day) >= 15
    assert len(in_a_year) < 150
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps == sorted(gaps)
    assert gaps[0] == FIRST
    assert timedelta(days=28) < gaps[-1] <= LONGEST


@given(st.integers(0, 400_000), st.integers(0, 400_000))
def test_an_older_article_is_never_asked_more_often(one, other):
    younger, older = sorted((one, other))
    assert interval_at(timedelta(minutes=younger)) <= interval_at(timedelta(minutes=older))


@pytest.mark.parametrize("attention", [one for one in Attention if one is not Attention.NONE])
def test_a_matter_makes_it_denser_and_never_thinner(attention):
    old = replace(ONE, checked_at=NOW + timedelta(days=400), first_seen_at=NOW)
    quiet = due_at(old)
    troubled = replace(old, attention=attention, since=NOW + timedelta(days=400))
    assert due_at(troubled) < quiet
    much_later = replace(troubled, checked_at=NOW + timedelta(days=900))
    assert due_at(much_later) == due_at(replace(much_later, attention=Attention.NONE, since=None))


def test_a_signal_is_followed_as_the_rules_of_confirmation_need():
    since = NOW + timedelta(days=400)
    one = replace(ONE, checked_at=since, attention=Attention.SIGNALLED, since=since)
    first = due_at(one)
    assert first - since == timedelta(minutes=15)
    six = next(at for at in _series(one) if at - since >= timedelta(hours=6))
    assert six - since < timedelta(hours=7)
    suspected = _series(replace(one, attention=Attention.SUSPECTED))
    three_days = [at for at in suspected if at - since <= timedelta(hours=80)]
    gaps = [later - earlier for earlier, later in pairwise(suspected)]
    assert len(three_days) >= 5
    assert max(gaps[:5]) <= timedelta(hours=36)
    assert max(gaps[:14]) <= timedelta(days=5)


def _series(one: Watched) -> list[datetime]:
    times = []
    for _ in range(18):
        due = due_at(one)
        times.append(due)
        one = replace(one, checked_at=due, tried_at=due)
    return times


def test_what_fails_is_asked_again_but_not_at_once():
    checked = NOW + timedelta(days=30)
    due = due_at(replace(ONE, checked_at=checked))
    tried = replace(ONE, checked_at=checked, tried_at=due)
    assert FIRST <= due_at(tried) - due <= DAY


def test_a_wrong_date_of_publication_is_no_reason():
    future = replace(ONE, published_at=NOW + timedelta(days=900))
    assert due_at(future) == due_at(ONE)
    old = replace(ONE, published_at=NOW - timedelta(days=900))
    assert due_at(old) - NOW > timedelta(days=10)


def test_open_matters_are_asked_whole_and_the_rest_conditionally():
    since = NOW
    quiet = replace(ONE, etag='"1"')
    open_one = replace(
        ONE, article="https://a.test/2", etag='"2"', attention=Attention.SIGNALLED, since=since
    )
    later = NOW + timedelta(hours=1)
    done = plan([quiet, open_one], Purse(per_day=10), later)
    assert [(check.url[-1], check.kind) for check in done.checks] == [
        ("2", CheckKind.FULL),
        ("1", CheckKind.CONDITIONAL),
    ]


def test_feeds_come_first_and_cost_one_request():
    feed = WatchedFeed(url="https://a.test/feed", listed=30)
    later = NOW + timedelta(hours=1)
    done = plan([ONE], Purse(per_day=1), later, feeds=[feed])
    assert [check.kind for check in done.checks] == [CheckKind.FEED]
    assert done.postponed == 1
    fresh = replace(feed, read_at=later)
    assert plan([], Purse(per_day=1), later, feeds=[fresh]).next_at == later + feed.every


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 12),
    st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 12)), max_size=60),
)
def test_a_budget_is_never_exceeded_in_any_day(per_day, steps):
    """However many are due and whenever the crawl comes."""
    many = [replace(ONE, article=f"https://a.test/{number}") for number in range(20)]
    purse, now, made = Purse(per_day=per_day), NOW, []
    for minutes, wanted in steps:
        now += timedelta(minutes=minutes)
        checks = plan(many, purse, now).checks[:wanted]
        purse = spend(purse, now, len(checks))
        made += [now] * len(checks)
    for at in made:
        assert sum(at <= other < at + DAY for other in made) <= per_day


def test_spending_too_much_is_refused():
    with pytest.raises(ValueError, match="more than the 2 left"):
        spend(Purse(per_day=2), NOW, 3)


def test_the_latest_for_its_own_rhythm_goes_first():
    young = replace(ONE, article="https://a.test/young", checked_at=NOW + timedelta(hours=5))
    old = replace(
        ONE,
        article="https://a.test/old",
        first_seen_at=NOW - timedelta(days=300),
        checked_at=NOW - timedelta(days=20),
    )
    later = NOW + timedelta(hours=9)
    assert [check.url[-5:] for check in plan([old, young], Purse(per_day=9), later).checks] == [
        "young",
        "t/old",
    ]
