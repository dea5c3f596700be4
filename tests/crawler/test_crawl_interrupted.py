"""A crawl that is stopped, in every way it can be, loses nothing and goes on."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from servers import small_site
from servers.crawl_process import (
    Running,
    assert_plain,
    assert_whole,
    crawl,
    crawling,
    mandegar,
    warc_files,
)

from archive import Archive
from desk.demo.newsroom import Newsroom
from model import CrawlState

SETTLED = "SELECT count(*) FROM captures"
# With 68 requests a crawl takes 3 seconds, and settles what it has every second.
SLOWLY = "0.05"


@dataclass
class Site:
    newsroom: Newsroom
    whole: dict[str, Any]
    """What a crawl from beginning to end brings."""
    asked: Counter[str]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Newsroom() as newsroom:
        folder = tmp_path_factory.mktemp("whole")
        assert crawl(folder, newsroom.url).code == 0
        yield Site(newsroom, content(folder), Counter(newsroom.requests))


@pytest.fixture(autouse=True)
def nothing_asked(site: Site) -> None:
    site.newsroom.requests.clear()


def content(folder: Path) -> dict[str, Any]:
    """Everything a crawl is made for, without times and numbers."""
    with Archive.open(folder) as archive:
        catalogue = archive.catalogue
        return {
            one.url: (
                [
                    (version.article.title, version.article.paragraphs)
                    for version in catalogue.versions(one.id)
                ],
                [(record.comment, record.gone_since, record.edits) for record in catalogue.comments(one.id)],
            )
            for one in catalogue.articles()
        }


def acknowledged(folder: Path) -> list[str]:
    """Every capture that the catalogue names, read back from its file."""
    with Archive.open(folder) as archive:
        found = [
            capture
            for one in archive.catalogue.articles()
            for record in [archive.catalogue.article(one.id)]
            for summary in record.captures
            if (capture := archive.catalogue.capture(summary.record_id)) is not None
        ]
        assert all(archive.load(capture).entity for capture in found)
        return [capture.record_id for capture in found]


def begun(folder: Path, site: Site, at_least: int = 20) -> Iterator[Running]:
    with crawling(folder, site.newsroom.url, delay=SLOWLY) as running:
        running.wait_for_rows(SETTLED, at_least)
        yield running


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_a_signal_ends_a_crawl_cleanly_and_the_next_goes_on(
    site: Site, tmp_path: Path, number: signal.Signals
) -> None:
    for running in begun(tmp_path / "a", site):
        running.send(number)
        first = running.end()
    assert first.code == 130
    assert_plain(first)
    assert first.crawl["state"] == "interrupted"
    assert 0 < first.crawl["pages"] < 58
    assert_whole(tmp_path / "a")
    with Archive.open(tmp_path / "a") as archive:
        assert archive.catalogue.interrupted_crawl(first.crawl["source"]) is not None

    second = crawl(tmp_path / "a", site.newsroom.url)
    assert second.code == 0
    assert_plain(second)
    assert "Going on with crawl" in second.message
    assert second.crawl["id"] == first.crawl["id"]
    assert second.crawl["state"] == CrawlState.FINISHED.value
    assert second.crawl["articles"] == 12
    assert_whole(tmp_path / "a")
    assert content(tmp_path / "a") == site.whole
    # The numbers are those of both runs.
    assert second.crawl["pages"] + second.crawl["requisites"] == len(site.newsroom.requests)
    assert second.crawl["new_versions"] == 12
    assert second.crawl["warc_bytes"] == sum(path.stat().st_size for path in warc_files(tmp_path / "a"))
    # The front page and robots.txt are looked at in every run; nothing else is fetched twice.
    again = Counter(site.newsroom.requests) - site.asked
    assert set(again) <= {"/", "/robots.txt"}


def test_a_second_signal_at_once_leaves_a_valid_archive_to_begin_anew_in(site: Site, tmp_path: Path) -> None:
    for running in begun(tmp_path / "a", site):
        for _ in range(3):
            running.send(signal.SIGINT)
        first = running.end()
    assert first.code == 130
    assert_plain(first)
    assert_whole(tmp_path / "a")
    ended = crawl(tmp_path / "a", site.newsroom.url, "--fresh")
    assert ended.code == 0
    assert ended.crawl["id"] != first.crawl["id"]
    assert_whole(tmp_path / "a")
    assert content(tmp_path / "a") == site.whole


def test_a_signal_does_not_wait_for_a_host_that_asked_for_patience(tmp_path: Path) -> None:
    slow = small_site.Site()
    slow.routes["/"] = small_site.Answer(b"", status=503, headers=(("Retry-After", "500"),))
    with slow.serving() as url, crawling(tmp_path / "a", url) as running:
        running.wait_until(lambda: "/" in slow.asked)
        running.wait_for_rows(SETTLED, 2)
        running.send(signal.SIGINT)
        ended = running.end()
    assert ended.code == 130
    assert slow.asked.count("/") == 1


def test_who_ends_a_crawl_is_told_what_it_waits_for(tmp_path: Path) -> None:
    told = threading.Event()
    slow = small_site.Site()

    def late(_: dict[str, str]) -> small_site.Answer:
        told.wait(60)
        return small_site.Answer(small_site.page("خانه", "").encode())

    slow.routes["/"] = late
    with slow.serving() as url, crawling(tmp_path / "a", url) as running:
        running.wait_until(lambda: "/" in slow.asked)
        running.send(signal.SIGINT)
        assert running.process.stderr is not None
        said = running.process.stderr.readline()
        told.set()
        ended = running.end()
    assert said == "ending: waiting for what is under way; Ctrl-C again ends at once\n"
    assert ended.code == 130
    assert_plain(ended)
    assert_whole(tmp_path / "a")


def test_after_a_kill_the_next_run_mends_and_loses_nothing_acknowledged(site: Site, tmp_path: Path) -> None:
    for running in begun(tmp_path / "a", site):
        running.send(signal.SIGKILL)
        assert running.end().code == -signal.SIGKILL
    (left,) = (tmp_path / "a" / "warc").rglob("*.open")
    with left.open("ab") as file:
        file.write(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff half a record")
    before = acknowledged(tmp_path / "a")
    seen = mandegar(tmp_path / "a", "status")
    assert seen.code == 0

    ended = crawl(tmp_path / "a", site.newsroom.url)
    assert ended.code == 0
    assert_plain(ended)
    assert_whole(tmp_path / "a")
    assert set(before) <= set(acknowledged(tmp_path / "a"))
    assert content(tmp_path / "a") == site.whole


def test_while_the_site_is_down_what_waits_goes_on_waiting(tmp_path: Path) -> None:
    with Newsroom() as newsroom:
        url = newsroom.url
        port = newsroom._server.server_address[1]
        with crawling(tmp_path / "a", url, delay=SLOWLY) as running:
            running.wait_for_rows(SETTLED, 20)
            running.send(signal.SIGINT)
            first = running.end()
    down = crawl(tmp_path / "a", url, "-s", "RETRY_TIMES=0")
    assert down.code == 4
    assert_plain(down)
    assert "connection refused" in down.message
    assert "kept for the next" in down.message
    with Newsroom(port=int(port)):
        ended = crawl(tmp_path / "a", url)
    assert ended.code == 0
    assert ended.crawl["id"] == first.crawl["id"]
    assert len(content(tmp_path / "a")) == 12
    assert_whole(tmp_path / "a")
