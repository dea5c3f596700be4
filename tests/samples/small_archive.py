"""A small archive made by the archive's own recorder, with crawls of some pages each; no network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from samples.exchanges import exchange, observation

from archive import Archive, ReadArticle, ReadThread
from archive.rebuild import Folding, RebuildReport, rebuild
from model import (
    Article,
    Capture,
    Comment,
    CommentThread,
    CrawlState,
    Failure,
    FailureKind,
    PageRole,
    Source,
)
from pipelines import fold_text, index_text

FOLDING = Folding(article=index_text, text=fold_text)
START = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
SITE = "https://www.example.org"
SOURCE = Source(name="org_example", origin=f"{SITE}/", title="نمونه")


def respond(body: bytes, mime: str = "text/html") -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {mime}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class Made:
    """An archive with crawls of some pages each."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.at = START

    def crawl(
        self,
        pages: int,
        *,
        ends: bool = True,
        more: Callable[[Made], None] | None = None,
        max_bytes: int = 1 << 30,
    ) -> None:
        with Archive.open(self.path, create=True, exclusive=True) as archive:
            archive.note_source(SOURCE)
            begun = archive.start_crawl(SOURCE.name)
            self.recorder = archive.recorder(begun, {"software": "tests"}, max_bytes=max_bytes)
            self.recorder.begin(SOURCE)
            for number in range(pages):
                self.page(number)
            self.failure()
            if more is not None:
                more(self)
            self.recorder.settle(self.recorder.cut())
            if ends:
                ended = replace(begun, state=CrawlState.FINISHED, ended_at=self.at, pages=pages)
                ended = self.recorder.end(archive.counted(ended))
                self.recorder.close()
                archive.end_crawl(ended)
            else:
                self.recorder.close()

    def keep(self, url: str, body: bytes, mime: str = "text/html") -> Capture:
        self.at += timedelta(seconds=1)
        made = exchange(respond(body, mime), url=url, started_at=self.at, ended_at=self.at)
        return self.recorder.exchange(made, PageRole.PAGE)

    def page(self, number: int) -> None:
        url = f"{SITE}/{number}/"
        capture = self.keep(url, f"<p>page {number // 2}".encode() * 50)
        article = Article(url=url, canonical_url=url, title=f"خبر {number}", paragraphs=(f"متن {number}",))
        self.recorder.article(
            ReadArticle(capture=capture, article=article, indexed=index_text(article)), "tests"
        )
        comment = Comment(
            publisher_id=None, key=f"k{number}", author="نگار", text=f"نظر {number} در {self.at:%S}"
        )
        self.recorder.thread(
            ReadThread(
                capture=capture,
                article_url=url,
                thread=CommentThread(comments=(comment,), origin="wordpress-html"),
                indexed={comment.key: fold_text(comment.text)},
                last=True,
                complete=True,
            )
        )

    def failure(self) -> None:
        failed = Failure(kind=FailureKind.DNS_TIMEOUT, detail="no answer")
        seen = observation(f"{SITE}/lost", failure=failed, started_at=self.at, ended_at=self.at)
        self.recorder.failure(seen, PageRole.PAGE)


def warc_files(path: Path) -> list[Path]:
    return sorted((path / "warc").rglob("*.warc.gz"))


def without_catalogue(path: Path) -> Path:
    for rest in path.glob("catalogue.sqlite*"):
        rest.unlink()
    return path


def anew(path: Path, **how: object) -> RebuildReport:
    return rebuild(path, FOLDING, **({"workers": 0} | how))  # type: ignore[arg-type]
