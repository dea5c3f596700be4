"""What a recorder does when the catalogue or the disk fails it: nothing counts that did not last."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import Archive, Recorder
from archive.catalogue import FrontierRow
from archive.warc.appender import Appender
from model import Crawl, PageRole, Source, StoreError


def _row(key: str) -> FrontierRow:
    url = f"http://127.0.0.1:9/{key}"
    return FrontierRow(key=key, url=url, host="127.0.0.1:9", role=PageRole.PAGE, priority=0, request="{}")


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "archive", create=True) as made:
        made.put_source(Source(name="xx", origin="http://127.0.0.1:9/"))
        yield made


@pytest.fixture
def crawl(archive: Archive) -> Crawl:
    return archive.start_crawl("xx")


@pytest.fixture
def recorder(archive: Archive, crawl: Crawl) -> Iterator[Recorder]:
    made = archive.recorder(crawl, {})
    yield made
    made.close()


@contextmanager
def _failing_frontier(archive: Archive) -> Iterator[None]:
    """Take the frontier away for a while, as a disk may that fails once and then works again."""
    path = archive.path / "catalogue.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("ALTER TABLE frontier RENAME TO away")
        yield
        other.execute("ALTER TABLE away RENAME TO frontier")


def _until() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)


def test_requests_that_could_not_be_stored_at_a_lease_are_stored_by_the_next(
    archive: Archive, recorder: Recorder
) -> None:
    recorder.request_found(_row("a"))
    with _failing_frontier(archive), pytest.raises(StoreError):
        recorder.lease(8, _until())
    rows, new, *_ = recorder.lease(8, _until())
    assert ([one.key for one in rows], new) == (["a"], 1)


def test_a_page_is_not_done_when_what_it_led_to_could_not_be_stored(
    archive: Archive, crawl: Crawl, recorder: Recorder
) -> None:
    recorder.request_found(_row("page"))
    recorder.lease(8, _until())
    recorder.request_found(_row("found on it"))
    first = recorder.cut()
    recorder.request_done("page")
    with _failing_frontier(archive), pytest.raises(StoreError):
        recorder.settle(first)
    with pytest.raises(StoreError, match="earlier"):
        recorder.settle(recorder.cut())
    assert archive.catalogue.frontier_counts(crawl.id)["done"] == 0


def test_a_file_that_was_let_go_unsynced_is_never_taken_for_safe(tmp_path: Path) -> None:
    files = Appender(
        tmp_path,
        source="xx",
        crawl_id="c",
        first_record=str.encode,
        max_bytes=1 << 20,
        max_age_s=60,
        serial_from=1,
    )
    files.make_ready()
    files.append(b"a record")
    (path,) = tmp_path.rglob("*.open")
    # A descriptor that takes neither a write nor a cut, as of a disk that is gone.
    gone = os.open(path, os.O_RDONLY)
    os.dup2(gone, files._file)
    os.close(gone)
    with pytest.raises(StoreError):
        files.append(b"another")
    with pytest.raises(StoreError):
        files.take_pending()


def test_a_lease_gives_what_a_settlement_under_way_has_still_to_store(
    archive: Archive, crawl: Crawl, recorder: Recorder
) -> None:
    recorder.request_found(_row("a"))
    under_way = recorder.cut()
    recorder.request_found(_row("b"))
    assert recorder.unstored_requests == 2
    rows, new, *_ = recorder.lease(8, _until())
    assert ([one.key for one in rows], new) == (["a", "b"], 2)
    assert recorder.unstored_requests == 0
    assert recorder.settle(under_way).found == 0
    assert archive.catalogue.frontier_counts(crawl.id)["leased"] == 2


def test_requests_wait_to_be_stored_until_their_settlement_is_over(recorder: Recorder) -> None:
    recorder.request_found(_row("a"))
    under_way = recorder.cut()
    assert recorder.unstored_requests == 1
    assert recorder.settle(under_way).found == 1
    assert recorder.unstored_requests == 0
    rows, new, *_ = recorder.lease(8, _until())
    assert ([one.key for one in rows], new) == (["a"], 0)


def test_requests_of_a_settlement_that_failed_are_still_to_be_stored(
    archive: Archive, recorder: Recorder
) -> None:
    recorder.request_found(_row("a"))
    with _failing_frontier(archive), pytest.raises(StoreError):
        recorder.settle(recorder.cut())
    assert recorder.unstored_requests == 1
