"""What came through a mirror, an onion or a censor, as desks show it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from samples.mirrored import (
    CENSORED,
    FIRST,
    FRIENDS,
    HOUR,
    OTHER,
    OTHERS,
    OWN,
    PAGE,
    SITE,
    at_mirror,
    telling,
)
from servers.desk_server import Answer, Desk, running_desk
from typer.testing import CliRunner

from archive import Archive
from desk.cli import app
from desk.difference import article_history
from model import Capture

BY_FRIENDS = "captured through mirror d1.example.net (دوستان روزنامه)"
BY_OTHERS = "captured through mirror d2.example.org (RSF)"
NEVER = "its publisher was never seen to show it"
MOON = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


@dataclass(frozen=True)
class Told:
    """An archive: a page of the site, then a censor, then mirrors; and a page that only a mirror had."""

    path: Path
    own: Capture
    censored: Capture
    by_friends: Capture
    by_others: Capture
    lone: Capture


LONE = SITE + "lone/"
NOTHING = SITE + "nothing/"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    path = tmp_path_factory.mktemp("mirrored") / "archive"
    with telling(path) as told:
        own = told.page(OWN)
    with telling(path, FIRST + 30 * HOUR) as told:
        censored = told.censored()
        told.censored(NOTHING)
        by_friends = told.page(OWN, mirror=FRIENDS)
        told.keep(SITE + "moon.svg", MOON, "image/svg+xml", mirror=FRIENDS)
        told.keep(
            SITE + "absolute/", b"", "text/html", "Location: /lone/", mirror=FRIENDS, status="302 Found"
        )
        lone = told.page(OTHER, url=LONE, mirror=FRIENDS)
        by_others = told.page(OWN, mirror=OTHERS)
    return Told(path, own, censored, by_friends, by_others, lone)


@pytest.fixture(scope="module")
def desk(told: Told) -> Iterator[Desk]:
    with running_desk(told.path) as running:
        yield running


def time_of(capture: Capture) -> str:
    return f"{capture.captured_at:%Y%m%d%H%M%S}"


def follow(desk: Desk, path: str) -> tuple[str, Answer]:
    answer = desk.get(path)
    while answer.status == 302:
        path = answer.headers["Location"].removeprefix(desk.url)
        answer = desk.get(path)
    return path, answer


# --- replay


def test_a_mirrors_capture_is_given_at_the_sources_address_and_says_so(desk: Desk, told: Told) -> None:
    path, answer = follow(desk, f"/replay/2026/{LONE}")
    assert path == f"/replay/{time_of(told.lone)}/{LONE}"
    assert BY_FRIENDS in answer.text
    assert f'Archived copy of <span class="url">{LONE}</span>' in answer.text
    links = f'<{LONE}>; rel="original", <{told.lone.url}>; rel="via"'
    assert answer.headers["Link"] == links
    raw = desk.get(f"/replay/{time_of(told.lone)}id_/{LONE}")
    assert OTHER in raw.text
    assert raw.headers["Link"] == links


def test_a_mirrors_capture_is_given_at_its_own_address_too(desk: Desk, told: Told) -> None:
    answer = desk.get(f"/replay/{time_of(told.lone)}/{told.lone.url}")
    assert answer.status == 200
    assert BY_FRIENDS in answer.text
    assert f'<{told.lone.url}>; rel="via"' in answer.headers["Link"]


def test_the_sites_own_capture_has_no_other_way(desk: Desk, told: Told) -> None:
    answer = desk.get(f"/replay/{time_of(told.own)}/{PAGE}")
    assert answer.headers["Link"] == f'<{PAGE}>; rel="original"'
    assert "captured through" not in answer.text
    # The mirrors' ones follow it in time.
    assert "1 of 3" in answer.text
    assert f'href="/replay/{time_of(told.by_friends)}/{PAGE}">later' in answer.text


def test_of_about_as_near_captures_the_sites_own_is_given(tmp_path: Path) -> None:
    with telling(tmp_path / "a") as told:
        own = told.page(OWN)
        # Seconds nearer to what is asked for; and of another day.
        near = told.page(OWN, mirror=FRIENDS)
    with telling(tmp_path / "a", FIRST + 30 * HOUR) as told:
        far = told.page(OWN, mirror=FRIENDS)
    with running_desk(tmp_path / "a") as desk:
        for asked, given in (
            ("20261123080000", own),
            # By its very second it is meant itself.
            (time_of(near), near),
            ("20261124120000", far),
        ):
            path, answer = follow(desk, f"/replay/{asked}/{PAGE}")
            assert path == f"/replay/{time_of(given)}/{PAGE}"
            assert (BY_FRIENDS in answer.text) == (given is not own)


def test_what_a_mirrors_page_names_is_found(desk: Desk, told: Told) -> None:
    frame = f"/replay/~{desk.replay_key}/{time_of(told.lone)}mp_/{told.lone.url}"
    page = desk.get(frame).text
    at = time_of(told.lone)
    # Relative ones, absolute ones, and those that name the source.
    assert f'href="/replay/{at}/{LONE}other/"' in page
    assert f'href="/replay/{at}/{SITE}absolute/"' in page
    assert f'href="/replay/{at}/{PAGE}"' in page
    picture = f"/replay/~{desk.replay_key}/{at}oe_/{SITE}moon.svg"
    assert f'src="{picture}"' in page
    assert desk.get(picture).body == MOON
    # A redirect to the mirror's own host leads on to what the mirror gave.
    path, answer = follow(desk, f"/replay/{at}/{SITE}absolute/")
    assert (path, answer.status) == (f"/replay/{at}/{told.lone.url}", 200)
    assert follow(desk, f"/replay/{at}/{PAGE}")[1].status == 200


def test_what_was_not_the_sites_is_never_given_as_the_page(desk: Desk, told: Told) -> None:
    at = time_of(told.censored)
    for modifier in ("", "id_"):
        answer = desk.get(f"/replay/{at}{modifier}/{PAGE}")
        assert answer.status == 404
        assert "was not the site's" in answer.text
        assert "blocked_block_page" in answer.text
        assert f'href="/captures/{told.censored.record_id}"' in answer.text
        assert f'href="/replay/{time_of(told.by_friends)}/{PAGE}"' in answer.text
        assert BY_FRIENDS in answer.text
        assert "10.10.34.34" not in answer.text
    framed = desk.get(f"/replay/~{desk.replay_key}/{at}mp_/{PAGE}")
    assert "10.10.34.34" not in framed.text
    # Any other time leads to what is one.
    assert follow(desk, f"/replay/2026/{PAGE}")[0] == f"/replay/{time_of(told.own)}/{PAGE}"


def test_an_address_at_which_nobody_else_answered_says_so(desk: Desk) -> None:
    answer = desk.get(f"/replay/2026/{NOTHING}")
    assert answer.status == 404
    assert "blocked_block_page" in answer.text
    assert "No capture of the page itself" in answer.text
    assert desk.get(f"/replay/2026/{SITE}never/").text.count("blocked") == 0


# --- records


def test_a_records_page_says_by_which_way_it_came_and_lists_all(desk: Desk, told: Told) -> None:
    answer = desk.get(f"/captures/{told.by_friends.record_id}")
    for one in (told.own, told.censored, told.by_others):
        assert f'href="/captures/{one.record_id}"' in answer.text
    assert BY_OTHERS in answer.text
    assert "not the site&#39;s: somebody else answered" in answer.text


def test_evidence_can_be_had_and_is_offered_as_nothing_else(desk: Desk, told: Told) -> None:
    answer = desk.get(f"/captures/{told.censored.record_id}")
    assert ">Replay<" not in answer.text
    assert "This is evidence" in answer.text
    assert "blocked_block_page" in answer.text
    body = desk.get(f"/captures/{told.censored.record_id}/body")
    assert body.text == CENSORED
    assert body.headers["Content-Disposition"].startswith("attachment")
    assert body.headers["Content-Security-Policy"].startswith("sandbox")
    assert desk.get("/captures/urn:uuid:none/body").status == 404


# --- articles


def number_of(told: Told, url: str) -> int:
    with Archive.open(told.path) as archive:
        return archive.catalogue.article(url).summary.id


def test_an_article_that_only_a_mirror_had_says_so(desk: Desk, told: Told) -> None:
    answer = desk.get(f"/articles/{number_of(told, LONE)}")
    assert f"{BY_FRIENDS}; {NEVER}" in answer.text
    assert "by mirrors only" in answer.text
    own = desk.get(f"/articles/{number_of(told, PAGE)}")
    assert NEVER not in own.text
    assert "by mirrors only" not in own.text
    assert own.text.count(BY_FRIENDS) == 1


def test_an_article_lists_what_came_in_its_place(desk: Desk, told: Told) -> None:
    answer = desk.get(f"/articles/{number_of(told, PAGE)}")
    assert "Not the site&#39;s" in answer.text or "Not the site's" in answer.text
    assert f'<a href="/captures/{told.censored.record_id}">' in answer.text
    assert "blocked_block_page" in answer.text
    # It is no answer of the site.
    assert "When last asked" not in answer.text


def test_search_says_what_only_a_mirror_had(desk: Desk) -> None:
    answer = desk.get(f"/search?q={quote('کاهش')}")
    assert BY_FRIENDS in answer.text
    assert BY_FRIENDS not in desk.get(f"/search?q={quote('افزایش')}").text


def test_an_article_of_which_a_mirror_shows_another_text_says_so(tmp_path: Path) -> None:
    with telling(tmp_path / "a") as told:
        told.page(OWN)
        other = told.page(OTHER, mirror=FRIENDS)
        told.page(OTHER, mirror=OTHERS)
        told.page(OWN, mirror=OTHERS)
    with running_desk(tmp_path / "a") as desk:
        answer = desk.get("/articles/1")
    # Of two alarms one is over.
    assert answer.text.count("A mirror shows another text") == 1
    assert f"{FRIENDS.url} ({FRIENDS.operator})" in answer.text
    assert f'href="/captures/{other.record_id}"' in answer.text
    shown = " ".join(mandegar(tmp_path / "a", "show", "1").split())
    assert shown.count("A mirror shows another text") == 1
    assert FRIENDS.operator in shown


def test_the_last_answer_of_a_site_is_none_that_a_mirror_gave(tmp_path: Path) -> None:
    with telling(tmp_path / "a") as told:
        told.page(OWN, mirror=FRIENDS)
    with telling(tmp_path / "a", FIRST + HOUR) as told:
        told.keep(PAGE, b"", "text/html", mirror=FRIENDS, status="404 Not Found")
        told.censored()
    with Archive.open(tmp_path / "a") as archive:
        history = article_history(archive.catalogue, PAGE)
    assert (history.last_answer, history.answered) == (None, "")


# --- the command line


def mandegar(archive: Path, *arguments: str) -> str:
    done = CliRunner().invoke(app, ["--archive", str(archive), *arguments], terminal_width=200)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_show_says_by_which_way_and_what_came_in_its_place(told: Told) -> None:
    shown = " ".join(mandegar(told.path, "show", PAGE).split())
    assert BY_FRIENDS in shown
    assert BY_OTHERS in shown
    assert "1 answer that somebody else gave in its place" in shown
    assert f"blocked_block_page {told.censored.record_id}" in shown
    lone = " ".join(mandegar(told.path, "show", at_mirror(LONE, FRIENDS)).split())
    assert f"{BY_FRIENDS}; {NEVER}" in lone
    data = json.loads(mandegar(told.path, "show", PAGE, "--json"))
    assert [one["kind"] for one in data["not_the_sites"]] == ["blocked_block_page"]
    assert set(data["ways"]) == {told.by_friends.record_id, told.by_others.record_id}


def test_search_in_a_terminal_says_what_only_a_mirror_had(told: Told) -> None:
    assert BY_FRIENDS in " ".join(mandegar(told.path, "search", "کاهش").split())
    assert "captured through" not in mandegar(told.path, "search", "افزایش")
    (hit,) = json.loads(mandegar(told.path, "search", "کاهش", "--json"))
    assert hit["through"]["mirror"]["operator"] == FRIENDS.operator
    assert at_mirror(LONE, FRIENDS) == hit["through"]["url"]
