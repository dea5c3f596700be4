"""``mandegar rebuild`` as a person runs it."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from samples.exchanges import exchange
from samples.whole_catalogue import assert_same, dump, from_warc
from servers.crawl_process import Running, assert_plain, mandegar

from archive import Archive
from archive.warc import iterate_records
from model import CrawlState, PageRole, Source


@pytest.fixture
def archive(newsroom_archive: Path, tmp_path: Path) -> Path:
    """Give a copy of an archive that was crawled twice."""
    return Path(shutil.copytree(newsroom_archive, tmp_path / "archive"))


def test_it_says_what_it_made_and_where_the_old_one_is(archive: Path) -> None:
    before = dump(archive)
    ended = mandegar(archive, "rebuild", "--workers", "0")
    assert ended.code == 0
    assert_plain(ended)
    assert "Made anew: the catalogue" in ended.stdout
    assert f"{len(before['captures'])} captures, 12 articles in 13 versions" in ended.stdout
    kept = next(archive.glob("catalogue.sqlite.before-rebuild-*"))
    assert str(kept) in ended.stdout
    after = dump(archive)
    # Rows of crawls differ: this archive was filled without a crawl, so nothing tells of its end.
    for rows in (before, after):
        rows.pop("crawls")
    assert_same(before, after)
    assert mandegar(archive, "search", "خشکسالی").code == 0


def test_scripts_are_given_json_and_an_exit_code(archive: Path) -> None:
    path = max((archive / "warc").rglob("*.warc.gz"), key=lambda one: one.stat().st_size)
    data = bytearray(path.read_bytes())
    # To a request nothing refers: with a page, what was read from it would be a second problem.
    request = next(record for record in iterate_records(path) if record.type == "request")
    data[request.offset + request.length // 2] ^= 0xFF
    path.write_bytes(data)
    ended = mandegar(archive, "rebuild", "--json", "--workers", "1")
    assert ended.code == 1
    assert_plain(ended)
    said = json.loads(ended.stdout)
    assert (said["files"], said["problems"], said["missing"], said["unreadable"]) == (3, 1, [], [])
    assert said["problem_list"][0]["file"] == path.relative_to(archive / "warc").as_posix()
    assert said["captures"] > 20
    assert said["records"] > 2 * said["captures"]


def test_where_no_archive_is_it_says_so(tmp_path: Path) -> None:
    ended = mandegar(tmp_path / "nothing", "rebuild")
    assert ended.code == 3
    assert_plain(ended)
    assert "is not a Mandegar archive" in ended.message
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda one: one.name)
def test_stopped_in_the_middle_it_goes_on(tmp_path: Path, number: signal.Signals) -> None:
    archive = tmp_path / "archive"
    fill_many(archive, 60)
    before = dump(archive)
    for path in archive.glob("catalogue.sqlite*"):
        path.unlink()
    growing = archive / "catalogue.sqlite.rebuilding"
    running = Running(archive, "rebuild", "--workers", "0")
    running.wait_until(lambda: growing.exists() and done_files(archive) >= 2)
    running.send(number)
    stopped = running.end()
    assert stopped.code == (130 if number is signal.SIGINT else -signal.SIGKILL)
    assert_plain(stopped)
    assert not (archive / "catalogue.sqlite").exists()
    ended = mandegar(archive, "rebuild", "--json")
    assert ended.code == 0
    assert 2 <= json.loads(ended.stdout)["resumed_files"] < 60
    after = dump(archive)
    assert_same(from_warc(before), from_warc(after))


def done_files(archive: Path) -> int:
    """Return how many files a rebuild has done."""
    path = archive / "catalogue.sqlite.rebuilding"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as reading:
        try:
            return int(reading.execute("SELECT count(*) FROM files").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


def fill_many(path: Path, crawls: int) -> None:
    """Make an archive of many small files."""
    body = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd"
    with Archive.open(path, create=True, exclusive=True) as archive:
        source = Source(name="xx", origin="http://a.example/")
        archive.note_source(source)
        for number in range(crawls):
            begun = archive.start_crawl("xx")
            recorder = archive.recorder(begun, {"software": "tests"})
            recorder.begin(source)
            recorder.exchange(exchange(body, url=f"http://a.example/{number}"), PageRole.PAGE)
            recorder.settle(recorder.cut())
            ended = replace(begun, state=CrawlState.FINISHED, ended_at=begun.started_at, pages=1)
            ended = recorder.end(archive.counted(ended))
            recorder.close()
            archive.end_crawl(ended)
