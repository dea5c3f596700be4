"""Comments that come before their article are kept for it, and their request is not done before that."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from samples import catalogue as samples
from samples.exchanges import AWKWARD

from archive import Archive, ReadArticle, ReadThread, Recorder
from archive.early import MOST, Early
from model import Capture, PageRole, Source

PAGE = AWKWARD["plain"]
THREAD = samples.thread(samples.comment("1"), samples.comment("2"))


@dataclass
class Crawling:
    archive: Archive
    recorder: Recorder

    def states(self) -> dict[str, str]:
        with closing(sqlite3.connect(self.archive.path / "catalogue.sqlite")) as reading:
            return dict(reading.execute("SELECT key, state FROM frontier"))

    def comments(self) -> list[str]:
        catalogue = self.archive.catalogue
        return [found.comment.key for one in catalogue.articles() for found in catalogue.comments(one.id)]

    def fetch(self, key: str) -> Capture:
        """Lease a request and fetch it."""
        self.recorder.request_found(samples.row(key))
        self.recorder.lease(8, datetime.now(UTC) + timedelta(hours=1))
        return self.recorder.exchange(PAGE, PageRole.PAGE)

    def read_comments(self, capture: Capture, article_url: str = f"{samples.SITE}/news/1/") -> None:
        self.recorder.thread(
            ReadThread(
                capture=capture,
                article_url=article_url,
                thread=THREAD,
                indexed=samples.comment_texts(THREAD),
                last=True,
                complete=True,
            )
        )

    def read_article(self, capture: Capture) -> None:
        made = samples.article("Text")
        self.recorder.article(
            ReadArticle(capture=capture, article=made, indexed=samples.article_text(made)), "tests"
        )

    def settle(self) -> None:
        self.recorder.settle(self.recorder.cut())


@pytest.fixture
def crawling(tmp_path: Path) -> Iterator[Crawling]:
    with Archive.open(tmp_path / "archive", create=True, exclusive=True) as archive:
        archive.put_source(Source(name="xx", origin=f"{samples.SITE}/"))
        recorder = archive.recorder(archive.start_crawl("xx"), {})
        yield Crawling(archive, recorder)
        recorder.close()


def test_they_are_put_under_their_article_when_it_comes(crawling: Crawling) -> None:
    capture = crawling.fetch("comments")
    crawling.read_comments(capture)
    crawling.settle()
    crawling.recorder.request_done("comments", capture.record_id)
    crawling.settle()
    assert crawling.states() == {"comments": "leased"}
    assert crawling.comments() == []

    page = crawling.fetch("page")
    crawling.read_article(page)
    crawling.recorder.request_done("page", page.record_id)
    crawling.settle()
    assert crawling.states() == {"comments": "done", "page": "done"}
    assert crawling.comments() == ["1", "2"]


def test_a_request_whose_comments_found_their_article_is_done_at_once(crawling: Crawling) -> None:
    crawling.read_article(crawling.fetch("page"))
    capture = crawling.fetch("comments")
    crawling.read_comments(capture)
    crawling.recorder.request_done("comments", capture.record_id)
    crawling.settle()
    assert crawling.states()["comments"] == "done"
    assert crawling.comments() == ["1", "2"]


def test_no_more_wait_than_memory_bears(crawling: Crawling) -> None:
    capture = crawling.fetch("comments")
    crawling.read_comments(capture)
    (one,) = crawling.recorder.cut().threads
    done, early = Early().after([one] * (MOST + 3), [], {})
    assert done == []
    assert len(early.threads) == MOST
