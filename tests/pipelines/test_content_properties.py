"""What holds for every history: the fold is one, events are only added to, silence says nothing."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import history_pages as pages
from samples.history_pages import ORIGIN, Shown, story
from samples.history_world import PUBLISHED, _read

from model import ContentState
from pipelines.verdicts import (
    Finding,
    History,
    Hop,
    Look,
    Means,
    Sought,
    Via,
    judge,
    new_standing,
    places_of,
    take_in,
    verdict_of,
)
from pipelines.verdicts.content_ladder import GONE_EVENTS

DESIGN = "wordpress"
URL = story("bridge").url(DESIGN)
MEANS = Means(article=URL, addresses=(URL,))
OTHER = f"{ORIGIN}/archive/bridge/"


def _page(body: bytes, url: str = URL):
    return _read(body, url, "text/html; charset=utf-8")


BRIDGE = story("bridge")
EDITED = replace(BRIDGE, title="تیتر دیگر", paragraphs=BRIDGE.paragraphs[:4])
ARTICLE = _page(pages.article_page(BRIDGE, Shown()))
ANSWERS = {
    "article": {"status": 200, "page": ARTICLE},
    "edited": {"status": 200, "page": _page(pages.article_page(EDITED, Shown(comments="first:2")))},
    "gutted": {"status": 200, "page": _page(pages.article_page(pages.walled(BRIDGE, 1), Shown()))},
    "404": {"status": 404, "page": _page(pages.not_found_page())},
    "410": {"status": 410, "page": None},
    "403": {"status": 403, "page": _page(pages.WAF_403)},
    "451": {"status": 451, "page": None},
    "503": {"status": 503, "page": None},
    "notice": {"status": 200, "page": _page(pages.message_page(*pages.notice("fa1")))},
    "challenge": {"status": 403, "page": _page(pages.CHALLENGE)},
    "timeout": {"reachable": False},
    "mirror": {"status": 404, "page": None, "via": Via.MIRROR},
    "ill": {"status": 404, "page": None, "sibling": False},
    "alone": {"status": 404, "page": None, "sibling": None},
    "closed": {"status": 200, "page": _page(pages.article_page(BRIDGE, Shown(closed=True)))},
    "moved": {
        "status": 200,
        "page": _page(pages.article_page(BRIDGE, Shown()), OTHER),
        "hops": (Hop(status=301, url=OTHER, record_id="urn:uuid:hop"),),
    },
    "home": {
        "status": 200,
        "page": _page(pages.list_page("خانه", (("a", "/b"),)), f"{ORIGIN}/"),
        "hops": (Hop(status=302, url=f"{ORIGIN}/"),),
    },
    "304": {"status": 304, "not_modified": True},
}
SILENT = ("503", "challenge", "timeout", "mirror", "ill", "alone")


PLACES = places_of(
    judge(
        History(
            means=MEANS,
            looks=(Look(sequence=1, at=PUBLISHED, record_id="a", url=URL, status=200, page=ARTICLE),),
        )
    )
)
LACKING = ("404", "404", "410", "notice", "home", "403", "451")


@st.composite
def observations(draw: st.DrawFn, answers: tuple[str, ...] = tuple(ANSWERS)):
    """Draw looks and findings; the clock mostly goes forward."""
    hours: tuple[int, ...] = (0, 1, 7, 24, 72, 120, 400, -50, 9_000, -9_000)
    gone = answers == tuple(ANSWERS) and draw(st.booleans())
    if gone:
        # What lasts is rare among all that may come.
        answers, hours = ("article", *LACKING, *LACKING), (8, 50, 90, 120, 130)
    at = PUBLISHED
    news: list[Look | Finding] = []
    if gone:
        news.append(Look(sequence=0, at=at, record_id="urn:uuid:0", url=URL, **ANSWERS["article"]))
    for number in range(1, draw(st.integers(0, 24)) + 1):
        at += timedelta(hours=draw(st.sampled_from(hours)))
        if draw(st.integers(0, 5)) == 0:
            outcome = draw(st.sampled_from((Sought.NOT_THERE, Sought.NO_ANSWER, Sought.FOUND)))
            places = PLACES if outcome is Sought.NOT_THERE else PLACES[:1]
            news.extend(
                Finding(
                    sequence=10 * number + place_number,
                    at=at,
                    place=place,
                    url=url,
                    outcome=outcome,
                    record_ids=(f"urn:uuid:{number}",),
                    found_at=OTHER if outcome is Sought.FOUND else None,
                )
                for place_number, (place, url) in enumerate(places)
            )
            continue
        name = draw(st.sampled_from(answers))
        facts = {"sibling": True, **ANSWERS[name]}
        dated = at + timedelta(days=draw(st.sampled_from((0, 0, 0, 500)))) if draw(st.booleans()) else None
        news.append(
            Look(
                sequence=10 * number,
                at=at,
                record_id=f"urn:uuid:{number}",
                url=draw(st.sampled_from((URL, URL, URL, OTHER))),
                path=draw(st.sampled_from(("direct", "tor"))),
                server_at=dated,
                **facts,
            )
        )
    return news


def history(news, paths=1):
    return History(
        means=replace(MEANS, paths=paths),
        looks=tuple(one for one in news if isinstance(one, Look)),
        findings=tuple(one for one in news if isinstance(one, Finding)),
    )


@settings(max_examples=40, deadline=None)
@given(observations(), st.integers(0, 24), st.integers(1, 2))
def test_going_on_is_judging_the_whole(news, cut, paths):
    whole = judge(history(news, paths))
    begun = judge(history(news[:cut], paths))
    assert take_in(begun, news[cut:]) == whole
    step = new_standing(replace(MEANS, paths=paths))
    for one in news:
        step = take_in(step, (one,))
    assert step == whole
    assert verdict_of(step) == verdict_of(whole)


@settings(max_examples=40, deadline=None)
@given(observations(), st.integers(0, 24))
def test_events_are_added_and_closed_and_never_rewritten(news, cut):
    before = judge(history(news[:cut])).events
    after = judge(history(news)).events
    assert len({one.id for one in after}) == len(after)
    for earlier, later in zip(before, after, strict=False):
        if earlier.is_open:
            opening = replace(later, closed_at=None, closed_by=(), closing="")
            assert opening == earlier
        else:
            assert later == earlier
    assert len(after) >= len(before)


@settings(max_examples=25, deadline=None)
@given(observations(), st.randoms(use_true_random=False))
def test_the_order_in_which_it_is_handed_over_is_nothing(news, order: random.Random):
    shuffled = list(news)
    order.shuffle(shuffled)
    assert judge(history(shuffled)) == judge(history(news))
    assert judge(history([*news, *news])) == judge(history(news))


@settings(max_examples=30, deadline=None)
@given(observations(answers=SILENT), observations())
def test_what_may_not_speak_changes_nothing(silence, news):
    """A connection not reachable, a mirror, a site that is ill: no verdict and no event comes of them."""
    spoken = [one for one in news if isinstance(one, Look)]
    standing = judge(history(spoken))
    later = 1_000
    quiet = [replace(one, sequence=one.sequence + later) for one in silence if isinstance(one, Look)]
    after = take_in(standing, quiet)
    assert after.events == standing.events
    assert after.baseline == standing.baseline
    assert after.run == standing.run
    assert (verdict_of(after).state, verdict_of(after).since) == (
        verdict_of(standing).state,
        verdict_of(standing).since,
    )


@settings(max_examples=30, deadline=None)
@given(observations())
def test_intervals_never_end_before_they_began(news):
    for event in judge(history(news)).events:
        assert event.opened_at <= event.known_at
        assert event.closed_at is None or event.closed_at >= event.known_at
        assert event.opened_by
        assert event.after is None or event.after <= event.opened_at


@settings(max_examples=30, deadline=None)
@given(observations())
def test_a_removal_has_earned_its_checks(news):
    standing = judge(history(news))
    for event in standing.events:
        if event.kind in GONE_EVENTS:
            shown = [one for one in news if isinstance(one, Look) and one.record_id in event.opened_by]
            assert len(shown) >= 3
            assert all(one.reachable and one.via.speaks and one.sibling for one in shown)


def test_a_look_older_than_the_last_is_refused():
    first = Look(sequence=5, at=PUBLISHED, record_id="a", url=URL, status=200, page=ARTICLE)
    standing = judge(history([first]))
    with pytest.raises(ValueError, match="judge the whole history"):
        take_in(standing, (replace(first, sequence=4, record_id="b"),))


def test_nothing_is_unknown():
    assert verdict_of(judge(history([]))).state is ContentState.UNKNOWN
