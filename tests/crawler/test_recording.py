"""A recording waits for room, and tells what it must, however a disk or a site behaves."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from samples.exchanges import STARTED, exchange, page
from scrapy import Request
from scrapy.settings import Settings

from archive import Archive
from archive.catalogue import Batch, FrontierRow
from crawler import settings as project_settings
from crawler.beginning import begin_recording
from crawler.config import CrawlConfig
from crawler.recording import Recording
from crawler.requests import CrawlEndsError
from model import (
    Article,
    BadConfigurationError,
    Capture,
    Comment,
    CommentThread,
    CrawlState,
    PageRole,
    Source,
    StoreError,
    StoreFullError,
)
from spiders import ArticleItem, ThreadItem

SITE = "http://127.0.0.1:9"
NEWS = f"{SITE}/news/1"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "a", create=True, exclusive=True) as made:
        yield made


def config(archive: Archive, **more: object) -> CrawlConfig:
    settings = Settings()
    settings.setmodule(project_settings)
    settings.setdict({"MANDEGAR_ARCHIVE": str(archive.path), **more})
    return CrawlConfig.from_settings(settings)


def begun(archive: Archive, **more: object) -> Recording:
    return begin_recording(archive, Source(name="xx", origin=SITE), config(archive, **more))


def fetch(recording: Recording, url: str) -> Capture:
    item = exchange(page(url.encode()), url=url)
    return asyncio.run(recording.exchange(item, Request(url, meta={"role": "page"})))


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Megabytes free, as the kernel would say."""
    table = {"mb": 5000}
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=table["mb"], f_frsize=10**6))
    return table


def test_requests_wait_below_the_reserve_and_no_longer(archive: Archive, free: dict[str, int]) -> None:
    recording = begun(archive)

    async def scenario() -> None:
        await asyncio.wait_for(recording.may_send(), 10)
        free["mb"] = 1023
        recording.pause.look()
        waiting = asyncio.ensure_future(recording.may_send())
        for left in (1023, 1030, 1126):
            free["mb"] = left
            recording.pause.look()
            await asyncio.sleep(0)
            assert not waiting.done(), left
            assert f"only {left:,} MB are free" in recording.progress().paused
        free["mb"] = 1127
        recording.pause.look()
        await asyncio.wait_for(waiting, 10)
        assert recording.progress().paused == ""

    asyncio.run(scenario())


def test_a_request_that_waits_for_room_ends_with_the_crawl(archive: Archive, free: dict[str, int]) -> None:
    recording = begun(archive, MANDEGAR_DISK_RESERVE_MB=6000)

    async def scenario() -> None:
        recording.pause.look()
        waiting = asyncio.ensure_future(recording.may_send())
        await asyncio.sleep(0)
        recording.ending = True
        recording.pause.look()
        with pytest.raises(CrawlEndsError):
            await asyncio.wait_for(waiting, 10)

    asyncio.run(scenario())


def test_requests_wait_while_more_was_written_than_is_safe(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.recording.SETTLE_BYTES", 100)
    monkeypatch.setattr("crawler.recording.MOST_UNSETTLED", 200)
    recording = begun(archive)

    async def scenario() -> None:
        item = exchange(page(b"x"), url=NEWS)
        await recording.exchange(item, Request(NEWS, meta={"role": "page"}))
        waiting = asyncio.ensure_future(recording.may_send())
        await asyncio.sleep(0)
        assert not waiting.done()
        # It is due at once, not after the hour.
        await asyncio.wait_for(recording.due(3600), 10)
        await recording.settle()
        recording.pause.look()
        await asyncio.wait_for(waiting, 10)

    asyncio.run(scenario())


def test_a_limit_of_file_size_ends_the_crawl_and_is_not_waited_for(archive: Archive) -> None:
    recording = begun(archive)

    def write() -> None:
        raise StoreFullError("no room", may_pass=False)

    with pytest.raises(StoreFullError):
        asyncio.run(asyncio.wait_for(recording.when_there_is_room(write), 10))
    assert isinstance(recording.broken, StoreFullError)


def test_a_crawl_is_ended_though_its_file_could_not_be_closed(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = begun(archive)
    fetch(recording, NEWS)
    asyncio.run(recording.settle())

    def failing() -> None:
        raise StoreError("cannot write it: the disk is gone")

    monkeypatch.setattr(recording._recorder, "close", failing)
    asyncio.run(recording.finish(CrawlState.FINISHED, ""))
    held = archive.catalogue.crawl(recording.crawl.id)
    assert (held.state, held.note) == (CrawlState.INTERRUPTED, "cannot write it: the disk is gone")
    assert recording.broken is not None
    monkeypatch.undo()
    recording._recorder.close()


def thread_item(capture: Capture | None, keys: str, *, last: bool) -> ThreadItem:
    comments = tuple(Comment(publisher_id=key, key=key, author="r", text=key) for key in keys)
    return ThreadItem(
        article_url=NEWS,
        thread=CommentThread(comments=comments, origin="wordpress-html"),
        channel="html",
        document=1,
        last=last,
        complete=True,
        capture=capture,
    )


def one_run(archive: Archive, keys: str, *, day: int, cut: bool) -> None:
    recording = begun(archive, MANDEGAR_FRESH=True)

    async def read() -> None:
        moment = STARTED + timedelta(days=day)
        item = exchange(page(keys.encode()), url=NEWS, started_at=moment, ended_at=moment)
        capture = await recording.exchange(item, Request(NEWS, meta={"role": "page"}))
        article = Article(url=NEWS, canonical_url=NEWS, title="t", paragraphs=("p",))
        await recording.article_read(ArticleItem(article=article, capture=capture, extractor="tests"))
        await recording.thread_read(thread_item(capture, keys, last=not cut))
        if cut:
            await recording.thread_read(thread_item(None, "", last=True))
        await recording.finish(CrawlState.FINISHED, "")

    asyncio.run(read())


@pytest.mark.parametrize("cut", [False, True])
def test_a_thread_ends_also_when_its_last_document_did_not_come(archive: Archive, cut: bool) -> None:
    one_run(archive, "ab", day=0, cut=False)
    one_run(archive, "a", day=1, cut=cut)
    number = archive.catalogue.find_article(NEWS)
    assert number is not None
    gone = {one.comment.key for one in archive.catalogue.comments(number) if one.gone_since}
    assert gone == {"b"}


@pytest.mark.parametrize(
    ("name", "value"),
    [("MANDEGAR_WARC_MAX_MB", 0), ("MANDEGAR_WARC_MAX_AGE_S", 0), ("MANDEGAR_DISK_RESERVE_MB", -1)],
)
def test_a_setting_that_makes_no_sense_is_refused_by_name(archive: Archive, name: str, value: int) -> None:
    with pytest.raises(BadConfigurationError, match=name):
        config(archive, **{name: value})


def test_warc_files_end_at_the_size_and_age_of_the_settings(archive: Archive) -> None:
    recording = begun(archive, MANDEGAR_WARC_MAX_MB=0.0001)
    keys = [fetch(recording, f"{SITE}/{number}").warc_key for number in range(3)]
    asyncio.run(recording.settle())
    assert len(set(keys)) == 3
    assert all((archive.warc_folder / key).exists() for key in keys), "an idle file is closed, too"
    asyncio.run(recording.finish(CrawlState.FINISHED, ""))


def test_a_style_sheet_of_the_same_crawl_is_left_to_its_row(archive: Archive) -> None:
    recording = begun(archive)

    def fetched(name: str, mime: bytes, at: datetime) -> str:
        url = f"{SITE}/{name}"
        answer = b"HTTP/1.1 200 OK\r\nContent-Type: " + mime + b"\r\nContent-Length: 1\r\n\r\nx"
        item = exchange(answer, url=url)
        item = replace(item, observation=replace(item.observation, started_at=at))
        asyncio.run(recording.exchange(item, Request(url, meta={"role": "requisite"})))
        return url

    now = datetime.now(UTC)
    image = fetched("a.png", b"image/png", now)
    of_this = fetched("a.css", b"text/css", now)
    earlier = fetched("b.css", b"text/css", recording.crawl.started_at - timedelta(hours=1))
    old = fetched("b.png", b"image/png", now - timedelta(days=2))
    asyncio.run(recording.settle())
    assert [recording.is_fresh(url) for url in (image, of_this, earlier, old)] == [True, False, True, False]


def test_a_crawl_with_requests_left_is_not_finished(archive: Archive) -> None:
    recording = begun(archive)
    row = FrontierRow(key="k", url=NEWS, host="127.0.0.1:9", role=PageRole.PAGE, priority=0, request="{}")
    recording.request_found(row)
    ended = asyncio.run(recording.finish(CrawlState.FINISHED, ""))
    assert (ended.state, ended.note) == (CrawlState.INTERRUPTED, "requests left unsent: 1")
    interrupted = archive.catalogue.interrupted_crawl("xx")
    assert interrupted is not None
    assert interrupted.id == ended.id


def test_a_crawl_that_finds_no_room_at_its_end_is_not_finished(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waited for room that no settlement after it would have found: nothing came after it."""
    recording = begun(archive)
    capture = fetch(recording, NEWS)
    real, left = archive.catalogue.write, {"full": 2}

    def write(**how: bool) -> AbstractContextManager[Batch]:
        if left["full"]:
            left["full"] -= 1
            raise StoreFullError("no room is left", may_pass=True)
        return real(**how)

    monkeypatch.setattr(archive.catalogue, "write", write)
    ended = asyncio.run(recording.finish(CrawlState.FINISHED, ""))
    assert left["full"] == 0
    assert archive.catalogue.latest_capture(NEWS) is None
    assert (ended.state, ended.note) == (CrawlState.INTERRUPTED, "no room is left")
    assert isinstance(recording.broken, StoreFullError)
    # The next run finds in WARC what no row names.
    begun(archive)
    found = archive.catalogue.latest_capture(NEWS)
    assert found is not None
    assert found.record_id == capture.record_id
