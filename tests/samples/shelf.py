"""A small archive filled with exchanges of our own making, through the archive's own recorder: no crawl
needed."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from samples.exchanges import exchange, observation

from archive import Archive, ReadArticle, ReadThread, Recorder
from desk.demo.newsroom import Newsroom, Story, comment_pages
from model import (
    Capture,
    Crawl,
    CrawlState,
    Failure,
    FailureKind,
    PageRole,
    Reading,
    Source,
    Truncation,
)
from pipelines import fold_text, index_text, read_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
SECOND = FIRST + timedelta(days=1)
EDITED, DELETED, COMMENTED, REMOVED_COMMENT = 1008, 1003, 1012, 504
NEW_TITLE = "زعفران‌کاران: بخشی از سود به ما می‌رسد"


class Shelf:
    """One crawl being written into an archive, at a time of our choosing."""

    def __init__(self, recorder: Recorder, crawl: Crawl, at: datetime) -> None:
        self.recorder = recorder
        self.crawl = crawl
        self.at = at

    def keep(
        self,
        url: str,
        body: bytes,
        content_type: str | None = "text/html; charset=utf-8",
        *headers: str,
        status: str = "200 OK",
        role: PageRole = PageRole.PAGE,
        truncated: Truncation | None = None,
    ) -> Capture:
        """Archive an answer; each takes a second."""
        self.at += timedelta(seconds=1)
        lines = [f"HTTP/1.1 {status}", *([f"Content-Type: {content_type}"] if content_type else []), *headers]
        head = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode()
        made = exchange(
            head + body,
            url=url,
            truncated=truncated,
            started_at=self.at,
            ended_at=self.at + timedelta(seconds=1),
        )
        return self.recorder.exchange(made, role)

    def keep_page(self, url: str, body: bytes, *, last: bool = True) -> Reading:
        """Archive a page and read it, as a crawl does."""
        capture = self.keep(url, body)
        reading = read_page(body, url=url, content_type="text/html; charset=utf-8", reference=self.at)
        if reading.article is not None:
            read = ReadArticle(capture=capture, article=reading.article, indexed=index_text(reading.article))
            self.recorder.article(read, "tests")
            self.keep_thread(capture, reading, reading.article.canonical_url, last=last)
        return reading

    def keep_thread(self, capture: Capture, reading: Reading, article_url: str, *, last: bool) -> None:
        """Archive the comments that were read from a capture."""
        thread = ReadThread(
            capture=capture,
            article_url=article_url,
            thread=reading.thread,
            indexed={one.key: fold_text(one.text) for one in reading.thread.comments},
            last=last,
            complete=last,
        )
        self.recorder.thread(thread)


@contextmanager
def shelf(path: Path, source: Source, at: datetime = FIRST, **ended: object) -> Iterator[Shelf]:
    """Give a crawl to fill; it is settled and ended at the end of the block."""
    with Archive.open(path, create=True, exclusive=True) as archive:
        archive.put_source(source)
        crawl = archive.start_crawl(source.name)
        recorder = archive.recorder(crawl, {"software": "tests"})
        filling = Shelf(recorder, crawl, at)
        yield filling
        settled = recorder.settle(recorder.cut())
        recorder.close()
        counts = {
            "new_versions": settled.new_versions,
            "warc_bytes": recorder.warc_bytes,
            "state": CrawlState.FINISHED,
            **ended,
        }
        done = replace(crawl, started_at=at, ended_at=filling.at, **counts)  # type: ignore[arg-type]
        archive.end_crawl(done)


def newsroom_source(newsroom: Newsroom) -> Source:
    return Source(
        name="sample_mahtab",
        origin=newsroom.url,
        title="روزنامهٔ مهتاب",
        languages=("fa",),
        timezone="Asia/Tehran",
    )


def fill_from_newsroom(path: Path) -> Newsroom:
    """Archive the sample newsroom twice, with an edit, a deletion and a removed comment in between."""
    newsroom = Newsroom()
    source = newsroom_source(newsroom)
    with shelf(path, source, FIRST, pages=14, articles=12, comments=45, requisites=7) as filling:
        _keep_newsroom(filling, newsroom)
    deleted = change(newsroom)
    failures = (("connect_timeout", 1), ("status_410", 1))
    with shelf(
        path, source, SECOND, pages=13, articles=11, comments=44, revisits=8, failures=failures
    ) as filling:
        _keep_newsroom(filling, newsroom)
        filling.keep(newsroom.url.rstrip("/") + deleted.path, b"gone", status="410 Gone")
        failed = observation(newsroom.url + "slow/", started_at=filling.at, ended_at=filling.at)
        kind = FailureKind.CONNECT_TIMEOUT
        failure = Failure(kind=kind, detail="no answer from 192.0.2.7:80 within 20 s")
        filling.recorder.failure(replace(failed, failure=failure), PageRole.PAGE)
    newsroom.stop()
    return newsroom


def change(newsroom: Newsroom) -> Story:
    """Do between two crawls what newsrooms do: edit, delete, remove a comment; return what was deleted."""
    edited = newsroom.stories[EDITED]
    newsroom.edit(
        EDITED,
        title=NEW_TITLE,
        paragraphs=(edited.paragraphs[0].replace("است", "بود", 1), *edited.paragraphs[2:]),
        modified=SECOND - timedelta(hours=2),
    )
    newsroom.remove_comment(COMMENTED, REMOVED_COMMENT)
    return newsroom.delete(DELETED)


def _keep_newsroom(filling: Shelf, newsroom: Newsroom) -> None:
    site = newsroom.url.rstrip("/")
    filling.keep(site + "/", newsroom.answer("/")[2], role=PageRole.SEED)
    for name in ("site.css", "print.css", "site.js", "moon.svg", "blank.svg"):
        _, kind, body = newsroom.answer(f"/assets/{name}")
        filling.keep(f"{site}/assets/{name}", body, kind, role=PageRole.REQUISITE)
    for section in {story.section for story in newsroom.stories.values()}:
        _, kind, body = newsroom.answer(f"/assets/picture-{section}.svg")
        filling.keep(f"{site}/assets/picture-{section}.svg", body, kind, role=PageRole.REQUISITE)
    for story in newsroom.stories.values():
        pages = max(1, len(comment_pages(story)))
        reading = filling.keep_page(site + story.path, newsroom.answer(story.path)[2], last=pages == 1)
        for page in range(2, pages + 1):
            url = f"{site}{story.path}comment-page-{page}/"
            body = newsroom.answer(urlsplit(url).path)[2]
            capture = filling.keep(url, body, role=PageRole.COMMENTS)
            further = read_page(body, url=url, content_type="text/html; charset=utf-8", reference=filling.at)
            assert reading.article is not None
            filling.keep_thread(capture, further, reading.article.canonical_url, last=page == pages)
