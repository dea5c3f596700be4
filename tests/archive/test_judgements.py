"""What was judged is kept as WARC records and rows, and made anew it is the same."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from samples.small_archive import SITE, SOURCE, START, Made, anew, without_catalogue
from samples.whole_catalogue import assert_same, dump, from_warc

from archive import Archive
from model import ContentState, ContentVerdict, Event, EventKind, Judgement

URL = f"{SITE}/1/"
SUSPECTED = Event(
    kind=EventKind.SUSPECTED,
    article=URL,
    opened_at=START,
    known_at=START + timedelta(hours=7),
    opened_by=("urn:uuid:1", "urn:uuid:2"),
    detail="این مطلب حذف شده‌است",
)
CLOSED = replace(
    SUSPECTED, closed_at=START + timedelta(days=2), closed_by=("urn:uuid:3",), closing="restored"
)
VERDICT = ContentVerdict(
    article=URL,
    state=ContentState.SUSPECTED,
    since=START,
    judged_at=START + timedelta(hours=7),
    last_present_at=START,
    missing=("3 more checks",),
)


def judged(*judgements: Judgement):
    def tell(made: Made) -> None:
        for one in judgements:
            made.recorder.judgement(one)

    return tell


def test_a_catalogue_made_anew_has_the_same_verdicts_and_events(tmp_path: Path) -> None:
    made = Made(tmp_path / "a")
    made.crawl(2, more=judged(Judgement(verdict=VERDICT, events=(SUSPECTED,))))
    restored = replace(VERDICT, state=ContentState.PRESENT, missing=())
    made.crawl(2, more=judged(Judgement(verdict=restored, events=(CLOSED,))))
    before = dump(made.path)
    assert len(before["events"]) == 1
    assert len(before["verdicts"]) == 1
    with Archive.open(made.path) as archive:
        assert archive.catalogue.verdict(URL) == restored
        assert archive.catalogue.events() == [(SOURCE.name, CLOSED)]
    report = anew(without_catalogue(made.path))
    assert report.problems == []
    assert_same(from_warc(dump(made.path)), from_warc(before))


def test_what_closed_is_not_opened_again(tmp_path: Path) -> None:
    made = Made(tmp_path / "a")
    later = replace(CLOSED, closed_at=START + timedelta(days=9))
    made.crawl(
        1,
        more=judged(
            Judgement(verdict=VERDICT, events=(CLOSED,)),
            Judgement(verdict=VERDICT, events=(SUSPECTED, later)),
        ),
    )
    with Archive.open(made.path) as archive:
        assert archive.catalogue.events(article=URL) == [(SOURCE.name, CLOSED)]
        assert archive.catalogue.events(kinds=[EventKind.REMOVED]) == []
        assert archive.catalogue.events(source=SOURCE.name, limit=1) == [(SOURCE.name, CLOSED)]
        assert archive.catalogue.events(article="https://elsewhere.test/") == []
        assert archive.catalogue.verdict("https://elsewhere.test/") is None


def test_an_archive_of_before_is_brought_up_to_date(tmp_path: Path) -> None:
    made = Made(tmp_path / "a")
    made.crawl(1)
    with closing(sqlite3.connect(made.path / "catalogue.sqlite")) as base:
        for table in ("looks", "attentions", "incidents", "vias", "connections", "events", "verdicts"):
            base.execute(f"DROP TABLE {table}")
        base.execute("UPDATE alembic_version SET version_num = '0004'")
        base.commit()
    made.crawl(1, more=judged(Judgement(verdict=VERDICT, events=(SUSPECTED,))))
    with Archive.open(made.path) as archive:
        assert archive.catalogue.events() == [(SOURCE.name, SUSPECTED)]


def test_a_judgement_that_cannot_be_is_named_and_passed_over(tmp_path: Path) -> None:
    made = Made(tmp_path / "a")
    broken = {"verdict": {"article": URL}, "events": []}

    def tell(one: Made) -> None:
        # Not through the recorder, which takes nouns only.
        one.recorder._writer.write_judgement(_Odd(broken))  # type: ignore[arg-type]

    made.crawl(1, more=tell)
    report = anew(without_catalogue(made.path))
    assert [problem.message.partition(":")[0] for problem in report.problems] == ["this is no Judgement"]


class _Odd(dict):
    @property
    def verdict(self) -> ContentVerdict:
        return VERDICT
