"""What a mirror shows, kept beside what the publisher showed; the same in a catalogue made anew."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from samples.mirrored import (
    FIRST,
    FRIENDS,
    HOUR,
    NAME,
    ONION,
    OTHER,
    OTHERS,
    OWN,
    PAGE,
    SOURCE,
    Telling,
    at_mirror,
    telling,
)
from samples.small_archive import anew, without_catalogue
from samples.whole_catalogue import assert_same, dump, from_warc

from archive import Archive, ReadAgain, ReadArticle
from model import Article, Capture, CaptureVia, Event, EventKind, Version, Via
from pipelines import index_text


def events_of(path: Path) -> list[Event]:
    """Return what is told of the page, oldest first."""
    with Archive.open(path) as archive:
        return [one for _, one in archive.catalogue.events(article=PAGE)][::-1]


def versions_of(path: Path) -> list[Version]:
    with Archive.open(path) as archive:
        return archive.catalogue.versions(archive.catalogue.article(PAGE).summary.id)


def texts(path: Path) -> list[str]:
    return [one.article.paragraphs[0] for one in versions_of(path)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a"


def test_an_unknown_article_is_taken_and_known_to_be_through_a_mirror(path: Path) -> None:
    with telling(path) as told:
        capture = told.page(OWN, mirror=FRIENDS)
    (version,) = versions_of(path)
    assert version.capture_ids == (capture.record_id,)
    with Archive.open(path) as archive:
        ways = archive.catalogue.vias.of_all(version.capture_ids)
        assert [one.mirror for one in ways.values()] == [FRIENDS]
        # Under the address that was fetched, and under no other.
        assert archive.catalogue.captures(PAGE) == []
        assert [one.url for one in archive.catalogue.captures_near(PAGE, FIRST)] == [at_mirror(PAGE, FRIENDS)]
        assert archive.catalogue.latest_capture(PAGE) is None
    assert events_of(path) == []


def test_the_same_text_by_a_mirror_is_a_capture_more_and_seen(path: Path) -> None:
    with telling(path) as told:
        first = told.page(OWN)
    with telling(path, FIRST + HOUR) as told:
        again = told.page(OWN, mirror=FRIENDS)
    (version,) = versions_of(path)
    assert version.capture_ids == (first.record_id, again.record_id)
    assert version.last_seen_at == again.captured_at
    with Archive.open(path) as archive:
        assert archive.catalogue.article(PAGE).summary.last_seen_at == again.captured_at
    assert events_of(path) == []


def test_another_text_changes_nothing_and_is_told_until_it_is_the_publishers_again(path: Path) -> None:
    with telling(path) as told:
        first = told.page(OWN)
    with telling(path, FIRST + HOUR) as told:
        other = told.page(OTHER, mirror=FRIENDS)
        told.settle()
        told.page(OTHER, mirror=FRIENDS)
    assert texts(path) == [OWN]
    (event,) = events_of(path)
    assert (event.kind, event.detail, event.is_open) == (EventKind.MIRROR_DIFFERS, NAME, True)
    assert event.opened_by == (first.record_id, other.record_id)
    assert (event.after, event.opened_at) == (first.captured_at, other.captured_at)
    with Archive.open(path) as archive:
        assert archive.catalogue.article(PAGE).summary.last_seen_at == first.captured_at
        assert archive.catalogue.search("کاهش") == []

    with telling(path, FIRST + 2 * HOUR) as told:
        # That another mirror has it right says nothing of this one.
        told.page(OWN, mirror=OTHERS)
        told.settle()
    assert [one.is_open for one in events_of(path)] == [True]
    with telling(path, FIRST + 3 * HOUR) as told:
        back = told.page(OWN, mirror=FRIENDS)
    (event,) = events_of(path)
    assert (event.closing, event.closed_by) == ("reverted", (back.record_id,))

    with telling(path, FIRST + 4 * HOUR) as told:
        told.page(OTHER, mirror=FRIENDS)
    assert [one.is_open for one in events_of(path)] == [False, True]


def test_a_publisher_that_shows_another_text_than_its_mirror_did_is_believed(
    path: Path,
) -> None:
    with telling(path) as told:
        by_mirror = told.page(OTHER, mirror=FRIENDS)
        told.page(OTHER, mirror=OTHERS)
    with telling(path, FIRST + HOUR) as told:
        own = told.page(OWN)
    with Archive.open(path) as archive:
        record = archive.catalogue.article(PAGE)
    assert texts(path) == [OTHER, OWN]
    assert record.article.paragraphs == (OWN,)
    told_of = {one.detail: one for one in events_of(path)}
    assert set(told_of) == {NAME, f"{OTHERS.url} (RSF)"}
    assert told_of[NAME].opened_by == (by_mirror.record_id, own.record_id)

    with telling(path, FIRST + 2 * HOUR) as told:
        # Its own text of before is not the publisher's: nothing is over.
        told.page(OTHER, mirror=FRIENDS)
        told.settle()
        told.page(OWN, mirror=OTHERS)
    after = {one.detail: one.is_open for one in events_of(path)}
    assert after == {NAME: True, f"{OTHERS.url} (RSF)": False}

    with telling(path, FIRST + 3 * HOUR) as told:
        # An edit by the publisher is an edit, and no word on mirrors.
        told.page("متن سوم است.")
    assert len(events_of(path)) == 2
    assert len(versions_of(path)) == 3


def test_a_publisher_that_shows_what_its_mirror_did_raises_no_alarm(path: Path) -> None:
    with telling(path) as told:
        told.page(OWN, mirror=FRIENDS)
    with telling(path, FIRST + HOUR) as told:
        told.page(OWN)
    assert texts(path) == [OWN]
    assert events_of(path) == []


def test_the_publishers_own_onion_counts_as_the_publisher(path: Path) -> None:
    with telling(path) as told:
        told.page(OWN)
    with telling(path, FIRST + HOUR) as told:
        told.page(OTHER, mirror=ONION)
    with Archive.open(path) as archive:
        assert archive.catalogue.article(PAGE).article.paragraphs == (OTHER,)
    assert texts(path) == [OWN, OTHER]
    assert events_of(path) == []


def test_another_reader_of_the_page_is_no_alarm(path: Path) -> None:
    with telling(path) as told:
        told.page(OWN, extractor="tests/1")
    with telling(path, FIRST + HOUR) as told:
        told.page(OTHER, mirror=FRIENDS, extractor="tests/2")
    assert texts(path) == [OWN]
    assert events_of(path) == []


def test_a_mirrors_comments_add_what_is_not_known_and_take_nothing(path: Path) -> None:
    with telling(path) as told:
        told.page(OWN, comments=[("c1", "نظر یکم"), ("c2", "نظر دوم")], declared=2)
    with telling(path, FIRST + HOUR) as told:
        told.page(OWN, mirror=FRIENDS, comments=[("c1", "نظر دیگر"), ("c3", "نظر سوم")], declared=1)
    with Archive.open(path) as archive:
        record = archive.catalogue.article(PAGE)
        found = {one.comment.key: one for one in archive.catalogue.comments(record.summary.id)}
    assert {key: one.comment.text for key, one in found.items()} == {
        "c1": "نظر یکم",
        "c2": "نظر دوم",
        "c3": "نظر سوم",
    }
    assert all(one.gone_since is None and not one.edits for one in found.values())
    assert record.declared_comments == 2

    with telling(path, FIRST + 2 * HOUR) as told:
        # What the publisher itself does not show any more is gone.
        told.page(OWN, comments=[("c1", "نظر یکم")])
    with Archive.open(path) as archive:
        found = {one.comment.key: one for one in archive.catalogue.comments(record.summary.id)}
    assert found["c1"].gone_since is None
    assert found["c2"].gone_since is not None


def test_what_was_not_the_sites_is_no_answer_of_the_site(path: Path) -> None:
    with telling(path) as told:
        page = told.page(OWN)
        censored = told.censored()
    with Archive.open(path) as archive:
        latest = archive.catalogue.latest_capture(PAGE)
        assert latest is not None
        assert latest.record_id == page.record_id
        near = archive.catalogue.captures_near(PAGE, censored.captured_at)
        assert [one.record_id for one in near] == [page.record_id]
        (via,) = archive.catalogue.vias.of_url(PAGE)
        assert (via.via, via.record_id) == (Via.INTERFERENCE, censored.record_id)
        # Nor is it read by any later reader.
        number = archive.catalogue.readings.source_number(SOURCE.name)
        assert archive.catalogue.readings.other_pages(number, 0) == []


def test_what_a_censor_showed_is_not_read_again(path: Path) -> None:
    with telling(path) as told:
        lone = told.shelf.keep(PAGE, "<p>متنی دیگر".encode())
        told.shelf.recorder.via(
            CaptureVia(record_id=lone.record_id, via=Via.INTERFERENCE, url=PAGE, canonical_url=PAGE)
        )
        plain = told.shelf.keep(PAGE, "<p>متنی".encode())
    with Archive.open(path) as archive:
        readings = archive.catalogue.readings
        found = readings.other_pages(readings.source_number(SOURCE.name), 0)
    assert [capture.record_id for _, capture, _ in found] == [plain.record_id]


def test_a_mirrors_text_that_is_read_again_is_no_version_either(path: Path) -> None:
    with telling(path) as told:
        own = told.page(OWN, comments=[("c1", "نظر یکم")])
        other = told.page(OTHER, mirror=FRIENDS)

    def again(capture: Capture, text: str) -> ReadArticle:
        article = Article(url=PAGE, canonical_url=PAGE, title="کتابخانه", paragraphs=(text,))
        return ReadArticle(capture=capture, article=article, indexed=index_text(article))

    with Archive.open(path, exclusive=True) as archive:
        recorder = archive.reread_recorder(SOURCE.name, {"software": "tests"})
        recorder.differs(
            ReadAgain(
                articles=(again(own, OWN), again(other, OTHER)),
                extractors={own.record_id: "tests/2", other.record_id: "tests/2"},
            )
        )
        recorder.close()
    assert texts(path) == [OWN]
    assert [one.is_open for one in events_of(path)] == [True]
    before = made_of(path)
    assert anew(without_catalogue(path)).problems == []
    assert_same(before, made_of(path))


# --- the same rows, whoever makes them


def everything(path: Path) -> None:
    """Tell all that is told above, in crawls and settlements of its own."""
    with telling(path) as told:
        told.page(OWN, comments=[("c1", "نظر یکم"), ("c2", "نظر دوم")])
        told.page(OTHER, url=PAGE + "2/", mirror=FRIENDS, comments=[("d1", "نظر")])
    with telling(path, FIRST + HOUR) as told:
        told.page(OTHER, mirror=FRIENDS, comments=[("c1", "نظر دیگر"), ("c3", "نظر سوم")])
        told.censored()
        told.settle()
        told.page(OWN, mirror=OTHERS)
        told.page(OWN, url=PAGE + "2/")
        told.settle()
        told.page(OTHER, url=PAGE + "2/", mirror=FRIENDS)
        told.page("متن سوم", mirror=ONION)
    with telling(path, FIRST + 2 * HOUR) as told:
        told.page(OWN, mirror=FRIENDS)
        told.settle()
        told.page(OTHER, mirror=FRIENDS)


MADE = ("captures", "vias", "connections", "articles", "versions", "sightings", "documents", "comments")
MADE += ("comment_texts", "threads", "events", "passages", "passage_text")


def made_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    rows = from_warc(dump(path))
    return {name: rows[name] for name in MADE}


def test_a_catalogue_made_anew_has_the_same(path: Path) -> None:
    everything(path)
    before = made_of(path)
    assert len(before["events"]) == 3
    assert len(before["vias"]) == 8
    report = anew(without_catalogue(path))
    assert report.problems == []
    assert_same(before, made_of(path))


def test_what_is_put_a_second_time_changes_nothing(path: Path) -> None:
    with telling(path) as told:
        told.page(OWN, comments=[("c1", "نظر یکم")])
        told.page(OTHER, mirror=FRIENDS, comments=[("c2", "نظر دوم")])
        told.page(OWN, mirror=FRIENDS)
        gathered = told.shelf.recorder._gathered
        told.shelf.recorder.settle(replace(gathered))
        with Archive.open(path) as archive:
            before = archive.catalogue.events(article=PAGE)
        assert [one.is_open for _, one in before] == [False]
        rows = made_of(path)
        told.settle()
        assert_same(rows, made_of(path))


def test_a_way_of_a_capture_that_is_not_there_is_a_problem_named(path: Path) -> None:
    lost = CaptureVia(
        record_id="urn:uuid:6f5e7a2a-0000-4000-8000-000000000000",
        via=Via.MIRROR,
        url=at_mirror(PAGE, FRIENDS),
        canonical_url=PAGE,
        mirror=FRIENDS,
    )
    with telling(path) as told:
        told.page(OWN)
        told.shelf.recorder._writer.write_via(lost, FIRST)
    report = anew(without_catalogue(path))
    assert [one.message for one in report.problems] == [
        f"it tells by which way {lost.record_id} came, which is not there"
    ]
    with Archive.open(path) as archive:
        assert archive.catalogue.vias.of(lost.record_id) is None
    assert texts(path) == [OWN]


def test_a_way_that_lies_in_another_file_than_its_capture_is_found(path: Path) -> None:
    with telling(path) as told:
        told.page(OWN)
        capture = told.shelf.keep(at_mirror(PAGE, FRIENDS), b"<p>x")
        told.settle()
    with telling(path, FIRST + HOUR) as told:
        # As after a file that was full between the two.
        told.shelf.recorder.via(
            CaptureVia(
                record_id=capture.record_id,
                via=Via.MIRROR,
                url=capture.url,
                canonical_url=PAGE,
                mirror=FRIENDS,
            )
        )
    before = made_of(path)
    assert len(before["vias"]) == 1
    assert anew(without_catalogue(path)).problems == []
    assert_same(before, made_of(path))


def test_an_archive_of_before_is_opened_and_goes_on(path: Path) -> None:
    with telling(path) as told:
        told.page(OWN)
    with closing(sqlite3.connect(path / "catalogue.sqlite")) as base:
        for table in ("looks", "attentions", "incidents", "vias", "connections"):
            base.execute(f"DROP TABLE {table}")
        base.execute("UPDATE alembic_version SET version_num = '0005'")
        base.commit()
    with telling(path, FIRST + HOUR) as told:
        told.page(OTHER, mirror=FRIENDS)
    assert texts(path) == [OWN]
    assert [one.detail for one in events_of(path)] == [NAME]


def test_two_settlements_tell_what_one_does(tmp_path: Path) -> None:
    def tell(told: Telling, *, often: bool) -> None:
        for text, mirror in ((OWN, None), (OTHER, FRIENDS), (OWN, FRIENDS), (OTHER, OTHERS)):
            told.page(text, mirror=mirror)
            if often:
                told.settle()

    found = []
    for often in (False, True):
        path = tmp_path / str(often)
        with telling(path) as told:
            tell(told, often=often)
        found.append([(one.detail, one.is_open, one.closing) for one in events_of(path)])
    assert found[0] == found[1] == [(NAME, False, "reverted"), (f"{OTHERS.url} (RSF)", True, "")]
