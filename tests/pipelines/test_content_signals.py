"""What one look comes to: each signal, and what must never be one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from samples import history_pages as pages
from samples.history_pages import ORIGIN, Shown, story
from samples.history_world import PUBLISHED, _read

from model import Link, SignalKind
from pipelines.verdicts import (
    Hop,
    Look,
    Outcome,
    Twin,
    Via,
    assess,
    blocked_by,
    candidates,
    candidates_by_slug,
    is_same_address,
    twin_address,
)
from pipelines.verdicts.content_signals import baseline_of

ONE = story("strike")
URL = ONE.url("portal")
HTML = "text/html; charset=utf-8"


def page(body: bytes, url: str = URL):
    return _read(body, url, HTML)


def shown(one=ONE, **how):
    return pages.article_page(one, Shown(design="portal", **how))


BASELINE = baseline_of(page(shown()))
HOME = (Hop(status=302, url=f"{ORIGIN}/"),)


def look(status=200, body=b"", url=URL, hops=(), **facts):
    final = hops[-1].url if hops else url
    facts = {"sibling": True, "page": page(body, final) if body else None, **facts}
    return Look(sequence=9, at=PUBLISHED, record_id="urn:uuid:9", url=url, status=status, hops=hops, **facts)


def found(**facts):
    return assess(look(**facts), BASELINE, lives_at=URL)


@pytest.mark.parametrize(
    ("facts", "kind", "rule"),
    [
        ({"status": 404, "body": pages.not_found_page()}, SignalKind.NOT_FOUND, "content.status_404/1"),
        ({"status": 410}, SignalKind.GONE, "content.status_410/1"),
        ({"status": 451, "blocked_by": "https://court.test/"}, SignalKind.WITHHELD, "content.status_451/1"),
        ({"status": 403, "body": pages.WAF_403}, SignalKind.RESTRICTED, "content.status_403/1"),
        ({"status": 401}, SignalKind.RESTRICTED, "content.status_401/1"),
        ({"status": 402}, SignalKind.PAYWALL, "content.status_402/1"),
        (
            {"body": pages.list_page("خانه", (("خبر", "/b"),)), "hops": HOME},
            SignalKind.TO_HOME,
            "content.redirect.home/1",
        ),
        (
            {
                "body": pages.list_page("سیاست", (("خبر", "/b"),)),
                "hops": (Hop(status=301, url=f"{ORIGIN}/politics/"),),
            },
            SignalKind.TO_SECTION,
            "content.redirect.section/1",
        ),
        ({"body": pages.not_found_page()}, SignalKind.SOFT_NOT_FOUND, "content.soft_404.words/1"),
        (
            {"body": pages.message_page(*pages.notice("fa1"))},
            SignalKind.NOTICE,
            "content.notice.fa/1",
        ),
        ({"body": pages.message_page(*pages.notice("ar1"))}, SignalKind.NOTICE, "content.notice.ar/1"),
        ({"body": pages.message_page(*pages.notice("en1"))}, SignalKind.NOTICE, "content.notice.en/1"),
        ({"body": shown(pages.walled(ONE, 1))}, SignalKind.GUTTED, "content.gutted/1"),
        ({"body": pages.login_page()}, SignalKind.LOGIN_WALL, "content.login_wall/1"),
        (
            {"body": shown(pages.walled(ONE, 1), below=pages.PAY_BOX)},
            SignalKind.PAYWALL,
            "content.paywall/1",
        ),
    ],
)
def test_what_stands_in_the_place_of_an_article_is_told(facts, kind, rule):
    assessment = found(**facts)
    assert assessment.outcome is Outcome.LACKING
    assert assessment.signal is not None
    assert (assessment.signal.kind, assessment.rule) == (kind, rule)
    assert assessment.signal.record_ids[-1] == "urn:uuid:9"
    # And of what was never seen, nothing is missed.
    assert assess(look(**facts), None, lives_at=URL).signal is None
    # Nor of anything while the site itself is ill, or nobody looked whether it is.
    for sibling in (False, None):
        assert found(**facts, sibling=sibling).outcome is Outcome.UNHEARD
    # Nor when somebody else answered, or the connection was not what it should be.
    for silent in ({"reachable": False}, {"via": Via.MIRROR}, {"via": Via.ARCHIVE}):
        assert found(**facts, **silent).outcome is Outcome.UNHEARD
    assert found(**facts, via=Via.ONION).outcome is Outcome.LACKING


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"status": 500}, "content.unheard.later/1"),
        ({"status": 503, "body": pages.upkeep_page()}, "content.unheard.later/1"),
        ({"status": 429}, "content.unheard.later/1"),
        ({"status": 403, "body": pages.CHALLENGE}, "content.unheard.challenge/1"),
        ({"status": 404, "mitigated": True}, "content.unheard.challenge/1"),
        ({"body": pages.CHALLENGE}, "content.unheard.challenge/1"),
        ({"body": pages.BLOCK_PAGE}, "content.unheard.frame/1"),
        ({"body": pages.upkeep_page()}, "content.unheard.upkeep/1"),
        ({"body": shown()[:400], "is_cut": True}, "content.unheard.cut/1"),
        ({"status": 404, "is_cut": True}, "content.unheard.cut/1"),
        ({"status": None}, "content.unheard.no_answer/1"),
        ({"status": 200}, "content.unheard.no_page/1"),
        ({"status": 418}, "content.unheard.no_page/1"),
        ({"body": shown(story("library"))}, "content.unheard.unknown_page/1"),
        ({"body": shown(story("saffron-en"))}, "content.unheard.language/1"),
        (
            {"body": pages.PARKED, "hops": (Hop(status=302, url="https://parking.test/"),)},
            "content.unheard.other_site/1",
        ),
        (
            {"status": 404, "hops": (Hop(status=302, url="https://parking.test/"),)},
            "content.unheard.other_site/1",
        ),
    ],
)
def test_what_says_nothing_is_no_signal(facts, rule):
    assessment = found(**facts)
    assert (assessment.outcome, assessment.rule, assessment.signal) == (Outcome.UNHEARD, rule, None)


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"body": shown()}, "content.present.text/1"),
        ({"body": shown(), "sibling": False}, "content.present.text/1"),
        ({"body": shown(), "status": 404}, "content.present.text/1"),
        ({"body": shown(replace(ONE, title="تیتری دیگر"))}, "content.present.text/1"),
        ({"body": shown(comments="none", form=False)}, "content.present.text/1"),
        ({"body": shown(replace(ONE, paragraphs=ONE.paragraphs[:3]))}, "content.present.edited/1"),
        (
            {"body": shown(replace(ONE, paragraphs=story("library").paragraphs))},
            "content.present.rewritten/1",
        ),
        ({"status": 304, "not_modified": True}, "content.present.unmodified/1"),
    ],
)
def test_a_text_that_is_there_is_there(facts, rule):
    assessment = found(**facts)
    assert (assessment.outcome, assessment.rule) == (Outcome.PRESENT, rule)


def test_a_redirect_to_another_address_with_the_text_is_a_move():
    hops = (Hop(status=301, url=f"{ORIGIN}/archive/481519.html"),)
    assert found(body=shown(), hops=hops).outcome is Outcome.ELSEWHERE
    same = (Hop(status=301, url=URL.replace("https://", "https://www.") + "/?utm_source=x"),)
    assert found(body=shown(), hops=same).outcome is Outcome.PRESENT


def test_a_wordless_soft_404_is_told_by_its_twin_only():
    body = pages.wordless_soft_page()
    alone = found(body=body)
    assert (alone.outcome, alone.wants) == (Outcome.UNHEARD, "twin")
    twin = Twin(status=200, final_url=twin_address(URL, "qzx"), page=page(body), record_id="urn:uuid:twin")
    assessment = found(body=body, twin=twin)
    assert assessment.signal is not None
    assert assessment.signal.kind is SignalKind.SOFT_NOT_FOUND
    assert assessment.signal.record_ids == ("urn:uuid:9", "urn:uuid:twin")
    honest = Twin(status=404, final_url=twin.final_url, page=page(pages.not_found_page()))
    assert found(body=body, twin=honest).outcome is Outcome.UNHEARD


def test_news_of_a_removal_is_no_removal():
    told = story("deleted")
    before = baseline_of(page(shown(told)))
    answer = look(body=shown(told, counter=2))
    assert assess(answer, before, lives_at=URL).outcome is Outcome.PRESENT
    # Nor is a long page that has the phrase, in the place of a text without it.
    assert found(body=shown(told)).outcome is Outcome.UNHEARD


def test_a_short_text_is_not_called_gutted():
    gallery = story("gallery")
    before = baseline_of(page(shown(gallery)))
    changed = replace(gallery, paragraphs=("برف",))
    assert assess(look(body=shown(changed)), before, lives_at=URL).outcome is not Outcome.LACKING


def test_who_blocked_is_read_from_the_link_header():
    assert blocked_by('<https://a.test/>; rel="blocked-by"') == "https://a.test/"
    assert blocked_by("<https://a.test/>; title=x; rel=blocked-by, <b>; rel=next") == "https://a.test/"
    assert blocked_by("<https://a.test/>; rel=next") is None
    assert blocked_by("<" * 100_000) is None


def test_candidates_are_of_the_site_and_alike():
    links = (
        Link(url=URL, text=ONE.title),
        Link(url=f"{ORIGIN}/reports/strike", text=f"{ONE.title} + تصویر"),
        Link(url="https://elsewhere.test/strike", text=ONE.title),
        Link(url=f"{ORIGIN}/other", text="کارگران نیشکر"),
    )
    assert candidates(ONE.title, links, old=(URL,)) == (f"{ORIGIN}/reports/strike",)
    paths = ("/2026/02/sugar-cane-strike-tenth-day/", "/a/481519.html", "/tag/strike/")
    urls = tuple(ORIGIN + path for path in paths)
    assert candidates_by_slug((URL,), urls) == urls[:2]


def test_a_twin_names_no_article():
    assert twin_address(URL, "zz") == f"{ORIGIN}/fa/news/zz/zz"
    assert twin_address(f"{ORIGIN}/2026/02/slug/", "zz") == f"{ORIGIN}/2026/02/zz/"
    assert not is_same_address(URL, twin_address(URL, "zz"))
