"""``mandegar events`` and ``mandegar timeline`` over a small archive in which things happened."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from samples.small_archive import SITE, START, Made

from desk.cli import main
from desk.timeline import timeline
from model import Article, ContentState, ContentVerdict, Event, EventKind, Judgement, Version

URL = f"{SITE}/1/"
NOTICE = "این مطلب حذف شده\u200cاست\x1b[31m"
DAY = timedelta(days=1)


def event(kind: EventKind, day: int, **more: object) -> Event:
    facts = {
        "article": URL,
        "opened_at": START + day * DAY,
        "known_at": START + day * DAY,
        "opened_by": (f"urn:uuid:{kind}-{day}",),
        "rule": f"content.{kind}/1",
    }
    return Event(kind=kind, **(facts | more))  # type: ignore[arg-type]


REMOVED = event(
    EventKind.REMOVED,
    3,
    known_at=START + 17 * DAY,
    after=START + 2 * DAY,
    detail=NOTICE,
    closed_at=START + 30 * DAY,
    closed_by=("urn:uuid:back",),
    closing="restored",
)
SUSPECTED = replace(
    event(EventKind.SUSPECTED, 3),
    closed_at=START + 17 * DAY,
    closed_by=("urn:uuid:x",),
    closing="explained",
)
VERDICT = ContentVerdict(
    article=URL,
    state=ContentState.RESTORED,
    since=START + 30 * DAY,
    judged_at=START + 31 * DAY,
    last_present_at=START + 31 * DAY,
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Made(tmp_path_factory.mktemp("events") / "archive")
    judged = Judgement(verdict=VERDICT, events=(SUSPECTED, REMOVED))
    made.crawl(2, more=lambda one: one.recorder.judgement(judged))
    return made.path


@pytest.fixture
def run(
    archive: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    def running(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["mandegar", "--archive", str(archive), *arguments])
        monkeypatch.setenv("COLUMNS", "80")
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        return capsys.readouterr().out

    return running


def test_events_are_told_with_what_the_site_said(run: Callable[..., str]) -> None:
    told = run("events")
    assert "removed  org_example" in told
    assert "it was removed: \u2068این مطلب حذف شده\u200cاست\\x1b[31m\u2069" in told
    assert "it is back 2026-12-23 07:30 UTC" in told
    assert "\x1b[31m" not in told
    assert "restored" not in run("events", "--kind", "moved")


def test_events_as_json_have_all_of_it(run: Callable[..., str]) -> None:
    found = json.loads(run("events", "--json", "--kind", "removed"))
    assert [one["id"] for one in found] == [REMOVED.id]
    assert found[0]["event"]["opened_by"] == ["urn:uuid:removed-3"]
    assert found[0]["event"]["detail"] == NOTICE


def test_a_timeline_tells_the_life_of_an_article(run: Callable[..., str]) -> None:
    told = run("timeline", URL)
    steps = [
        "first seen",
        "it is missing, and it is not known why",
        "it was removed: ",
        "as before until 2026-11-25 07:30 UTC",
        "certain since 2026-12-10 07:30 UTC",
        "urn:uuid:removed-3",
        "it is back",
        "urn:uuid:back",
        "Now: it is there again",
    ]
    places = [told.index(step) for step in steps]
    assert places == sorted(places)
    as_json = json.loads(run("timeline", URL, "--json"))
    assert as_json["verdict"]["state"] == "restored"
    kinds = [entry["kind"] for entry in as_json["timeline"]]
    assert kinds == ["seen", "suspected", "removed", "removed>restored"]


def test_of_an_article_that_nobody_judged_nothing_is_said(run: Callable[..., str]) -> None:
    assert "Nobody has judged yet" in run("timeline", f"{SITE}/0/")


def test_an_edit_is_told_once() -> None:
    article = Article(url=URL, canonical_url=URL, title="خبر")
    versions = [
        Version(
            number=number,
            article=article if number == 1 else replace(article, title="خبر تازه"),
            first_seen_at=START + number * DAY,
            last_seen_at=START + number * DAY,
            capture_ids=(f"urn:uuid:{number}",),
            fold_digest=str(number),
            by_extractor=number == 3,
        )
        for number in (1, 2, 3)
    ]
    entries = timeline(versions, [event(EventKind.EDITED, 2), event(EventKind.EDITED, 9)])
    assert [(entry.kind, entry.detail) for entry in entries] == [
        ("seen", "خبر"),
        ("version", "خبر تازه"),
        ("edited", ""),
    ]
