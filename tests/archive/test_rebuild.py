"""The catalogue made anew: stopped and gone on with, from stores, from damaged, foreign and old files."""

from __future__ import annotations

import gzip
import io
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import fastwarc
import pytest
from samples.small_archive import FOLDING, SITE, SOURCE, Made, anew, respond, warc_files, without_catalogue
from samples.surveys import seen, survey
from samples.whole_catalogue import assert_same, dump, from_warc

from archive import Archive, ReadArticle, ReadThread
from archive.lock import WorkspaceLock
from archive.manifest import seal
from archive.objects.contents import FileContent
from archive.rebuild import RebuildProgress
from archive.rebuild.files import in_order, local_files
from archive.rebuild.found import FoundArticle, Part
from archive.rebuild.workers import parts_of
from archive.shelf import Stores
from archive.warc import records
from model import (
    Article,
    Comment,
    CommentThread,
    Crawl,
    CrawlState,
    FailureKind,
    StoreBusyError,
)
from pipelines import fold_text, index_text
from pipelines.verdicts import judge_connection


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path / "a")


@pytest.fixture
def filled(made: Made) -> Path:
    """Three crawls, so three files."""
    for _ in range(3):
        made.crawl(6)
    return made.path


# --- the same rows


def test_processes_that_read_stretches_find_what_one_finds(filled: Path) -> None:
    files, unreadable = in_order(list(local_files(filled / "warc")))
    assert unreadable == []

    def found(workers: int, stretch: int) -> list[tuple[str, int, object]]:
        parts = parts_of(files, FOLDING, workers=workers, stretch_bytes=stretch)
        return [(facts.key, offset, one) for _, facts, part in parts for offset, one in part.found]

    whole = found(0, 1 << 30)
    assert len(whole) == 3 * (6 * 3 + 4)
    assert found(0, 3_000) == whole
    assert found(2, 3_000) == whole


def test_nothing_is_lost_without_the_catalogue(filled: Path) -> None:
    before = dump(filled)
    assert any(row[13] for row in before["captures"])  # revisits
    report = anew(without_catalogue(filled))
    assert (report.files, report.problems, report.missing, report.not_carried) == (3, [], [], "")
    assert_same(from_warc(before), from_warc(dump(filled)))


def test_revisits_of_before_their_payload_length_was_written(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(records, "PAYLOAD_LENGTH", "X-Unused")
        made.crawl(4)
    before = dump(made.path)
    assert any(row[13] for row in before["captures"])
    anew(without_catalogue(made.path))
    assert_same(from_warc(before), from_warc(dump(made.path)))


def early(made: Made) -> None:
    """Write comments before their article."""
    url = f"{SITE}/late/"
    feed = made.keep(f"{url}feed/", b"feed")
    comment = Comment(publisher_id=None, key="k", author="نگار", text="زود")
    thread = CommentThread(comments=(comment,), origin="rss")
    indexed = {"k": fold_text("زود")}
    for target in (url, f"{SITE}/never/"):
        made.recorder.thread(
            ReadThread(
                capture=feed, article_url=target, thread=thread, indexed=indexed, last=True, complete=True
            )
        )
    page = made.keep(url, b"late")
    article = Article(url=url, canonical_url=url, title="دیر")
    made.recorder.article(ReadArticle(capture=page, article=article, indexed=index_text(article)), "tests")


def test_comments_read_before_their_article_wait_for_it(made: Made) -> None:
    made.crawl(2, more=early)
    before = dump(made.path)
    assert len(before["comments"]) == 3
    report = anew(without_catalogue(made.path))
    assert report.problems == []
    assert_same(from_warc(before), from_warc(dump(made.path)))


def test_surveys_and_verdicts_are_left_alone(made: Made) -> None:
    def look(made: Made) -> None:
        seen_then = survey(seen(FailureKind.CONNECT_REFUSED))
        made.recorder.survey(seen_then, lambda record_id: judge_connection(seen_then, record_id))

    made.crawl(2, more=look)
    before = dump(made.path)
    report = anew(without_catalogue(made.path))
    assert report.problems == []
    assert_same(from_warc(before), from_warc(dump(made.path)))


def test_a_crawl_without_an_end_is_derived_from_what_it_wrote(made: Made) -> None:
    made.crawl(4, ends=False)
    size = warc_files(made.path)[0].stat().st_size
    report = anew(without_catalogue(made.path))
    with Archive.open(made.path) as archive:
        (crawl,) = archive.catalogue.crawls()
    assert crawl.state is CrawlState.INTERRUPTED
    assert (crawl.pages, crawl.articles, crawl.new_versions, crawl.comments) == (4, 4, 4, 4)
    assert (crawl.revisits, crawl.failures, crawl.warc_bytes) == (2, (("dns_timeout", 1),), size)
    assert report.without_frontier == [crawl.id]


def test_a_source_added_by_hand_is_in_a_file_of_its_own(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "a", create=True, exclusive=True) as archive:
        archive.put_source(SOURCE)
        archive.put_source(SOURCE)
    (file,) = warc_files(tmp_path / "a")
    assert file.name.startswith("source-")
    anew(without_catalogue(tmp_path / "a"))
    with Archive.open(tmp_path / "a") as archive:
        assert archive.catalogue.sources() == [SOURCE]
        assert archive.catalogue.crawls() == []


# --- stopped, and what was there before


class StoppedError(Exception):
    pass


def stop_after(files: int) -> Callable[[RebuildProgress], None]:
    def progress(now: RebuildProgress) -> None:
        if now.files_done == files:
            raise StoppedError

    return progress


def test_a_rebuild_that_was_stopped_goes_on(filled: Path) -> None:
    before = dump(filled)
    without_catalogue(filled)
    with pytest.raises(StoppedError):
        anew(filled, on_progress=stop_after(2))
    assert not (filled / "catalogue.sqlite").exists()
    report = anew(filled)
    assert (report.resumed_files, report.files) == (2, 3)
    assert_same(from_warc(before), from_warc(dump(filled)))


def test_one_whose_files_are_not_those_any_more_begins_anew(filled: Path) -> None:
    with pytest.raises(StoppedError):
        anew(filled, on_progress=stop_after(2))
    files, _ = in_order(list(local_files(filled / "warc")))
    (filled / "warc" / files[0][0].key).unlink()
    assert anew(filled).resumed_files == 0


def test_the_catalogue_that_was_there_is_kept(filled: Path) -> None:
    before = dump(filled)
    report = anew(filled)
    assert report.before is not None
    assert report.before.parent == filled
    shutil.copy(report.before, filled / "catalogue.sqlite")
    assert_same(before, dump(filled))


def test_a_broken_catalogue_is_kept_and_nothing_taken_over(filled: Path) -> None:
    before = dump(filled)
    (filled / "catalogue.sqlite").write_bytes(b"no database at all" * 100)
    report = anew(filled)
    assert "damaged" in report.not_carried
    assert "mandegar rebuild" not in report.not_carried
    assert report.before is not None
    assert report.before.read_bytes().startswith(b"no database")
    assert_same(from_warc(before), from_warc(dump(filled)))


def test_nothing_is_put_under_the_feet_of_a_process_that_reads(filled: Path) -> None:
    with closing(sqlite3.connect(filled / "catalogue.sqlite", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM captures").fetchone() == (18,)
        with pytest.raises(StoreBusyError, match="mandegar serve"):
            anew(filled)
        assert reader.execute("SELECT count(*) FROM captures").fetchone() == (18,)
    report = anew(filled)
    assert report.resumed_files == 3
    assert report.before is not None


def test_while_a_crawl_runs_it_is_refused(filled: Path) -> None:
    with WorkspaceLock(filled, command="mandegar crawl"), pytest.raises(StoreBusyError, match="crawl"):
        anew(filled)


def test_files_that_there_must_have_been_are_named(filled: Path) -> None:
    first, second, _ = warc_files(filled)
    second.rename(second.with_name(second.name.replace("-00001", "-00003")))
    first.unlink()
    report = anew(filled)
    folder = first.relative_to(filled / "warc").parent.as_posix()
    base = second.name.removesuffix("-00001.warc.gz")
    assert report.missing == sorted(
        [f"{folder}/{first.name}", *(f"{folder}/{base}-0000{n}.warc.gz" for n in (1, 2))]
    )


# --- files that are not to be trusted


def only_part(path: Path) -> Part:
    files, _ = in_order(list(local_files(path / "warc")))
    (found,) = [part for _, _, part in parts_of(files, FOLDING, workers=0)]
    return found


def hostile(made: Made) -> None:
    """Write conversions that are none."""
    capture = made.keep(f"{SITE}/hostile", b"x")
    good = '{"article":{"url":"u","canonical_url":"u","title":"t"}}'
    for data in (
        b'{"article":5}',
        b"[" * 100_000,
        b"\xff\xfe",
        good.replace('"t"', '"t","published_at":"2026-01-01T00:00:00"').encode(),
        b'{"comments":{"comments":[{"key":""}]},"article_url":"u","last":true,"complete":true}',
        b'{"comments":{"comments":[]},"article_url":null,"last":true,"complete":true}',
    ):
        made.recorder._writer.write_conversion(capture, data=data, content_type="application/json")
    gone = replace(capture, record_id="urn:uuid:00000000-0000-4000-8000-000000000000")
    made.recorder._writer.write_conversion(gone, data=good.encode(), content_type="application/json")


def test_what_cannot_be_read_is_named_and_costs_nothing_else(made: Made) -> None:
    made.crawl(3, more=hostile)
    before = dump(made.path)
    report = anew(without_catalogue(made.path))
    assert report.problem_count == len(report.problems) == 7
    assert "which is not there" in report.problems[-1].message
    assert_same(from_warc(before), from_warc(dump(made.path)))


def forged(facts: str) -> bytes:
    """Return a WARC file as a hostile site would offer it for download: an article that nobody wrote."""
    block = (
        f'{{"article":{{"url":"{SITE}/f","canonical_url":"{SITE}/f","title":"forged"}},"extractor":"x"}}'
    ).encode()
    head = records.record_head(
        [
            ("WARC-Type", "conversion"),
            ("WARC-Record-ID", "<urn:uuid:00000000-0000-4000-8000-000000000001>"),
            ("WARC-Warcinfo-ID", facts),
            ("WARC-Refers-To", "<urn:uuid:00000000-0000-4000-8000-000000000002>"),
            ("WARC-Target-URI", f"{records.CONVERSION_URN}{SITE}/f"),
            ("Content-Type", "application/json"),
        ],
        len(block),
    )
    return records.gzip_member(head, block, dense=False)


@pytest.mark.parametrize("is_damaged", [False, True], ids=["whole", "damaged"])
def test_an_archived_warc_file_is_never_taken_for_records_of_ours(made: Made, is_damaged: bool) -> None:
    inner = forged("<urn:uuid:00000000-0000-4000-8000-000000000003>") * 40
    made.crawl(2, more=lambda one: one.keep(f"{SITE}/x.warc.gz", inner, "application/gzip") and None)
    (path,) = warc_files(made.path)
    data = path.read_bytes()
    assert inner in data  # stored as it is: a reader that looks for gzip members finds them
    if is_damaged:
        at = data.index(inner) - 30
        path.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])
    files, _ = in_order(list(local_files(made.path / "warc")))
    titles = [
        found.article.title
        for _, _, part in parts_of(files, FOLDING, workers=2, stretch_bytes=1_000)
        for _, found in part.found
        if isinstance(found, FoundArticle)
    ]
    assert titles == ["خبر 0", "خبر 1"]
    report = anew(without_catalogue(made.path))
    assert bool(report.problem_count) == is_damaged
    with Archive.open(made.path) as archive:
        assert archive.catalogue.totals().articles == 2
        assert archive.catalogue.totals().captures == (2 if is_damaged else 3)


def test_a_damaged_warcinfo_costs_nothing_else(made: Made) -> None:
    made.crawl(3)
    before = dump(made.path)
    (path,) = warc_files(made.path)
    data = bytearray(path.read_bytes())
    data[30] ^= 0xFF
    path.write_bytes(data)
    report = anew(without_catalogue(made.path))
    assert report.problem_count == 1
    assert_same(from_warc(before), from_warc(dump(made.path)))


def test_of_other_programs_files_captures_are_taken_and_nothing_else(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "a", create=True, exclusive=True):
        pass
    path = tmp_path / "a" / "warc" / "from-elsewhere.warc.gz"
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n"
    with path.open("wb") as file:
        for name, http in (("a", respond(b"abcd")), ("b", chunked)):
            record = fastwarc.WarcRecord()
            record.init_headers(fastwarc.WarcRecordType.response)
            record.headers["WARC-Target-URI"] = f"{SITE}/{name}"
            record.headers["Content-Type"] = "application/http; msgtype=response"
            record.set_bytes_content(http)
            written = io.BytesIO()
            record.write(written, checksum_data=True)
            file.write(gzip.compress(written.getvalue()))
        file.write(forged("<urn:uuid:00000000-0000-4000-8000-000000000003>"))
    report = anew(tmp_path / "a")
    assert (report.problems, report.unreadable) == ([], [])
    with Archive.open(tmp_path / "a") as archive:
        one, two = (archive.catalogue.latest_capture(f"{SITE}/{name}") for name in "ab")
        assert one is not None
        assert two is not None
        assert one.payload_digest == two.payload_digest
        assert (one.payload_length, two.payload_length) == (4, 4)
        assert archive.load(two).entity == b"abcd"
        assert archive.catalogue.totals().articles == 0
        (crawl,) = archive.catalogue.crawls()
        assert (crawl.state, crawl.pages) == (CrawlState.FINISHED, 2)
        (source,) = archive.catalogue.sources()
        assert (source.name, source.origin) == ("foreign", f"{SITE}/")


def test_an_endless_member_and_an_empty_file_end_nothing(made: Made) -> None:
    made.crawl(2)
    folder = warc_files(made.path)[0].parent
    (folder / "bomb.warc.gz").write_bytes(gzip.compress(b"WARC/1.1\r\nA: " + b"a" * (1 << 26)))
    (folder / "empty.warc.gz").touch()
    (folder / "text.warc").write_text("this is no WARC file\n" * 1000)
    report = anew(without_catalogue(made.path))
    assert [key.rpartition("/")[2] for key, _ in report.unreadable] == ["empty.warc.gz"]
    assert report.problem_count == 2
    with Archive.open(made.path) as archive:
        assert archive.catalogue.totals().articles == 2


# --- from a store


def test_files_that_lie_only_in_a_store(filled: Path, tmp_path: Path) -> None:
    before = dump(filled)
    put_all(filled, tmp_path / "copies")
    for path in warc_files(filled)[:2]:
        path.unlink()
    report = anew(without_catalogue(filled), workers=1)
    assert (report.files, report.problems, report.unreadable, report.missing) == (3, [], [], [])
    after = dump(filled)
    assert sorted(row[2] for row in after["copies"]) == ["pending", "verified", "verified"]
    assert sorted(row[2] for row in after["files"]) == [0, 0, 1]
    for rows in (before, after):
        rows["files"] = [row[:2] for row in rows["files"]]
    assert_same(from_warc(before), from_warc(after))
    with Archive.open(filled) as archive:
        capture = archive.catalogue.latest_capture(f"{SITE}/3/")
        assert capture is not None
        assert archive.load(capture).entity == b"<p>page 1" * 50


def test_of_a_damaged_file_another_copy_is_read(filled: Path, tmp_path: Path) -> None:
    before = dump(filled)
    put_all(filled, tmp_path / "copies")
    path = warc_files(filled)[1]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    report = anew(without_catalogue(filled))
    assert (report.problems, report.unreadable) == ([], [])
    (named,) = report.read_elsewhere
    assert named.place == ""
    assert named.key == path.relative_to(filled / "warc").as_posix()
    assert_same(from_warc(before), from_warc(dump(filled)))


def put_all(archive: Path, folder: Path) -> None:
    """Set up a store and put every WARC file into it."""
    marker = archive / "mandegar.toml"
    marker.write_text(f'{marker.read_text()}\n[[stores]]\nname = "disk"\nurl = "{folder}"\n')
    store = Stores(archive).open("disk")
    store.prepare()
    for path in warc_files(archive):
        store.put(f"warc/{path.relative_to(archive / 'warc').as_posix()}", FileContent(path))


def test_a_file_that_only_a_manifest_names_is_missing(filled: Path) -> None:
    with Archive.open(filled, exclusive=True) as archive:
        assert len(seal(archive.catalogue, filled).manifests) == 1
    before = dump(filled)
    lost = warc_files(filled)[-1]
    lost.unlink()
    report = anew(without_catalogue(filled))
    assert report.missing == [lost.relative_to(filled / "warc").as_posix()]
    after = dump(filled)
    for table in ("manifests", "manifest_files"):
        assert before[table] == after[table] != []


def test_a_store_that_cannot_be_asked_is_named(filled: Path, tmp_path: Path) -> None:
    marker = filled / "mandegar.toml"
    (tmp_path / "no-folder").write_text("a file")
    marker.write_text(f'{marker.read_text()}\n[[stores]]\nname = "disk"\nurl = "{tmp_path / "no-folder"}"\n')
    report = anew(filled)
    assert [name for name, _ in report.unasked] == ["disk"]
    assert report.files == 3


def test_an_ended_crawl_row_is_that_of_its_record(made: Made) -> None:
    made.crawl(2)
    with Archive.open(made.path) as archive:
        before: list[Crawl] = archive.catalogue.crawls()
    assert before[0].warc_bytes == warc_files(made.path)[0].stat().st_size
    anew(without_catalogue(made.path))
    with Archive.open(made.path) as archive:
        assert archive.catalogue.crawls() == before


def test_comments_wait_over_the_end_of_a_file_wherever_it_is_stopped(made: Made) -> None:
    made.crawl(2, more=early, max_bytes=1)  # a file for each exchange
    before = dump(made.path)
    count = len(warc_files(made.path))
    assert count > 4
    for files in range(1, count):
        without_catalogue(made.path)
        with pytest.raises(StoppedError):
            anew(made.path, on_progress=stop_after(files))
        assert anew(made.path).resumed_files == files
        assert_same(from_warc(before), from_warc(dump(made.path)))


def schema(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path / "catalogue.sqlite")) as reading:
        return reading.execute("SELECT type, name FROM sqlite_master ORDER BY 1, 2").fetchall()


def test_it_has_the_tables_and_indices_that_any_catalogue_has(filled: Path) -> None:
    before = schema(filled)
    with pytest.raises(StoppedError):
        anew(filled, on_progress=stop_after(2))
    anew(filled)
    assert schema(filled) == before
