"""Several crawls write into one archive at once, when all of them say so."""

from __future__ import annotations

import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from servers import small_site
from servers.crawl_process import assert_plain, assert_whole, crawl, crawling

from archive import Archive

COUNT = 16
SETTLED = "SELECT count(*) FROM captures"


def of_source(name: str) -> str:
    return (
        "SELECT count(*) FROM captures JOIN sources ON captures.source = sources.id "
        f"WHERE sources.name = '{name}'"
    )


def site(word: str) -> small_site.Site:
    made = small_site.Site()
    links = "".join(f'<a href="/news/{number}/">{word} {number}</a>' for number in range(COUNT))
    made.add("/", small_site.page("خانه", links))
    for number in range(COUNT):
        made.add(f"/news/{number}/", small_site.article(f"{word} {number}"))
    return made


@pytest.fixture
def sites() -> Iterator[list[small_site.Site]]:
    """Give three sites on ports of their own."""
    made = [site(word) for word in ("آب", "باد", "خاک")]
    with ExitStack() as stack:
        for one in made:
            stack.enter_context(one.serving())
        yield made


def hold(one: small_site.Site) -> threading.Event:
    """Let no crawl of a site end before this is set."""
    told = threading.Event()
    article = one.routes["/news/0/"]
    assert isinstance(article, small_site.Answer)

    def late(_: dict[str, str]) -> small_site.Answer:
        told.wait(50)
        return article

    one.routes["/news/0/"] = late
    return told


def name_of(one: small_site.Site) -> str:
    return one.url.removeprefix("http://").rstrip("/").replace(".", "_").replace(":", "_")


def articles_of(folder: Path, name: str) -> list[str]:
    with Archive.open(folder) as archive:
        return [one.title for one in archive.catalogue.articles(name, limit=100)]


def test_workers_crawl_side_by_side_and_one_that_is_killed_goes_on_beside_the_other(
    tmp_path: Path, sites: list[small_site.Site]
) -> None:
    folder, (first, second, third) = tmp_path / "a", sites
    first_held, second_held = hold(first), hold(second)
    with (
        # Both begin an archive where none is, at the same moment.
        crawling(folder, first.url, "--worker", delay="0.05") as one,
        crawling(folder, second.url, "--worker", delay="0.05") as two,
    ):
        two.wait_for_rows(of_source(name_of(first)), 2)
        two.wait_for_rows(of_source(name_of(second)), 4)

        alone = crawl(folder, third.url)
        assert alone.code == 3
        assert_plain(alone)
        for running in (one, two):
            assert f"process {running.process.pid} on " in alone.message
        assert "give --worker" in alone.message

        twice = crawl(folder, first.url, "--worker")
        assert twice.code == 3
        assert_plain(twice)
        assert f"source {name_of(first)} is in use by process {one.process.pid} on " in twice.message
        assert third.asked == []

        two.send(signal.SIGKILL)
        two.end()
        second_held.set()
        with closing(sqlite3.connect(folder / "catalogue.sqlite")) as reading:
            (before,) = reading.execute(of_source(name_of(second))).fetchone()
        (left,) = (folder / "warc" / name_of(second)).rglob("*.open")
        (kept,) = (folder / "warc" / name_of(first)).rglob("*.open")

        again = crawl(folder, second.url, "--worker")
        assert again.code == 0
        assert_plain(again)
        assert "Going on with crawl" in again.message
        assert again.crawl["state"] == "finished"
        assert not left.exists()
        assert kept.exists(), "the file of the crawl that runs is left alone"
        assert one.process.poll() is None
        with closing(sqlite3.connect(folder / "catalogue.sqlite")) as reading:
            (after,) = reading.execute(of_source(name_of(second))).fetchone()
        assert after > before
        one.send(signal.SIGINT)
        first_held.set()
        assert one.end().code == 130
    ended = crawl(folder, first.url)
    assert ended.code == 0
    assert len(articles_of(folder, name_of(first))) == COUNT
    assert len(articles_of(folder, name_of(second))) == COUNT
    assert_whole(folder)


def test_a_worker_is_told_that_a_plain_crawl_holds_the_archive(
    tmp_path: Path, sites: list[small_site.Site]
) -> None:
    folder, (first, second, _) = tmp_path / "a", sites
    held = hold(first)
    with crawling(folder, first.url) as running:
        running.wait_for_rows(SETTLED, 2)
        refused = crawl(folder, second.url, "--worker")
        assert refused.code == 3
        assert_plain(refused)
        assert f"process {running.process.pid} on " in refused.message
        assert "no worker and holds it alone" in refused.message
        held.set()
    assert second.asked == []
