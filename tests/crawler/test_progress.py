"""What is said while a crawl runs: how many articles are known, how many of them are kept."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from samples.exchanges import exchange
from scrapy import Request
from scrapy.settings import Settings

from archive import Archive
from archive.catalogue import FrontierRow
from crawler import settings as project_settings
from crawler.beginning import begin_recording
from crawler.config import CrawlConfig
from crawler.recording import Recording
from model import Article, CrawlState, PageRole, Source
from spiders import ArticleItem, priorities

SITE = "http://127.0.0.1:9"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "a", create=True, exclusive=True) as made:
        yield made


def begun(archive: Archive) -> Recording:
    settings = Settings()
    settings.setmodule(project_settings)
    settings.set("MANDEGAR_ARCHIVE", str(archive.path))
    return begin_recording(archive, Source(name="xx", origin=SITE), CrawlConfig.from_settings(settings))


def find(recording: Recording, path: str, priority: int = priorities.ARTICLE) -> None:
    recording.request_found(
        FrontierRow(
            key=path,
            url=SITE + path,
            host="127.0.0.1",
            role=PageRole.PAGE,
            priority=priority,
            request="{}",
        )
    )


def read(recording: Recording, path: str, canonical: str = "") -> None:
    url = SITE + path
    capture = asyncio.run(
        recording.exchange(
            exchange(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\np", url=url),
            Request(url, meta={"role": "page"}),
        )
    )
    article = Article(url=url, canonical_url=SITE + (canonical or path), title="t", paragraphs=("p",))
    asyncio.run(recording.article_read(ArticleItem(article=article, capture=capture, extractor="tests")))


def counts(recording: Recording) -> tuple[int, int]:
    shown = recording.progress()
    return shown.articles, shown.articles_found


def test_articles_found_are_addresses_each_counted_once(archive: Archive) -> None:
    recording = begun(archive)
    for path in ("/1", "/2", "/2/", "/2#comments", "/%d8%a7", "/%D8%A7"):
        find(recording, path)
    find(recording, "/about", priorities.PAGE)
    find(recording, "/page/2", priorities.SECTION)
    assert counts(recording) == (0, 3)
    read(recording, "/1")
    assert counts(recording) == (1, 3)


def test_a_page_that_turns_out_to_be_an_article_was_found_with_it(archive: Archive) -> None:
    recording = begun(archive)
    find(recording, "/about", priorities.PAGE)
    read(recording, "/about")
    assert counts(recording) == (1, 1)


def test_an_article_that_calls_itself_otherwise_or_lies_elsewhere_is_one(archive: Archive) -> None:
    recording = begun(archive)
    find(recording, "/?p=1")
    read(recording, "/?p=1", canonical="/one")
    find(recording, "/old")
    recording.redirected(SITE + "/old", SITE + "/new")
    read(recording, "/new")
    recording.redirected(SITE + "/", SITE + "/fa/")
    assert counts(recording) == (2, 2)


def test_never_fewer_are_found_than_are_archived(archive: Archive) -> None:
    recording = begun(archive)
    read(recording, "/same", canonical="/1")
    read(recording, "/same", canonical="/2")
    assert counts(recording) == (2, 2)


def test_a_crawl_that_goes_on_knows_what_was_found_before(archive: Archive) -> None:
    first = begun(archive)
    for path in ("/1", "/2", "/3"):
        find(first, path)
    find(first, "/about", priorities.PAGE)
    read(first, "/1")
    asyncio.run(first.finish(CrawlState.INTERRUPTED, ""))
    second = begun(archive)
    assert second.resumed
    find(second, "/1")
    find(second, "/4")
    assert counts(second) == (1, 4)
