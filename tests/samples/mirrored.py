"""An archive that a mirror, an onion and a censor had a part in: written by the archive's own recorder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from samples.shelf import Shelf, shelf

from archive import ReadArticle, ReadThread
from model import (
    Article,
    Capture,
    CaptureVia,
    Comment,
    CommentThread,
    ConnectionKind,
    ConnectionVerdict,
    Mirror,
    PageRole,
    Source,
    Survey,
    Vantage,
    Via,
)
from pipelines import fold_text, index_text

SITE = "https://khabar.example/"
SOURCE = Source(name="ir_khabar", origin=SITE, title="خبر شهر", languages=("fa",), timezone="Asia/Tehran")
FIRST = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
FRIENDS = Mirror(url="https://d1.example.net/", operator="دوستان روزنامه")
OTHERS = Mirror(url="https://d2.example.org/khabar", operator="RSF")
ONION = Mirror(url="https://khabarkhabar.onion/", operator="", is_own=True)
NAME = f"{FRIENDS.url} ({FRIENDS.operator})"
TITLE = "کتابخانه\u200cهای شهر تا نیمه\u200cشب باز می\u200cمانند"
OWN, OTHER = "شورا گفت که بودجه افزایش می\u200cیابد.", "شورا گفت که بودجه کاهش می\u200cیابد."
PAGE = SITE + "library/"
CENSORED = "<iframe src='http://10.10.34.34?type=Invalid Site'></iframe>"


def at_mirror(url: str, mirror: Mirror) -> str:
    return mirror.url.rstrip("/") + "/" + url.removeprefix(SITE)


@dataclass
class Telling:
    """One crawl of the source; each thing takes a second."""

    shelf: Shelf

    def page(
        self,
        text: str,
        *,
        mirror: Mirror | None = None,
        url: str = PAGE,
        comments: Sequence[tuple[str, str]] = (),
        extractor: str = "tests",
        declared: int | None = None,
    ) -> Capture:
        """Capture a page and what was read from it, by its mirror if one is named."""
        links = "".join(f'<a href="{href}">پیوند</a>' for href in ("other/", "/absolute/", PAGE))
        body = f'<html dir="rtl" lang="fa"><h1>{TITLE}</h1><p>{text}</p>{links}<img src="/moon.svg"></html>'
        capture = self.keep(url, body.encode(), mirror=mirror)
        article = Article(
            url=url, canonical_url=url, title=TITLE, paragraphs=(text,), language="fa", published_at=FIRST
        )
        self.shelf.recorder.article(
            ReadArticle(capture=capture, article=article, indexed=index_text(article)), extractor
        )
        if comments:
            made = tuple(
                Comment(publisher_id=key, key=key, author="نگار", text=words) for key, words in comments
            )
            thread = CommentThread(comments=made, origin="wordpress-html", declared_total=declared)
            self.shelf.recorder.thread(
                ReadThread(
                    capture=capture,
                    article_url=url,
                    thread=thread,
                    indexed={one.key: fold_text(one.text) for one in made},
                    last=True,
                    # As a caller would say who does not know better.
                    complete=True,
                    extractor=extractor,
                )
            )
        return capture

    def keep(
        self,
        url: str,
        body: bytes,
        content_type: str = "text/html; charset=utf-8",
        *headers: str,
        mirror: Mirror | None = None,
        status: str = "200 OK",
    ) -> Capture:
        """Capture something, by a mirror if one is named."""
        asked = url if mirror is None else at_mirror(url, mirror)
        capture = self.shelf.keep(asked, body, content_type, *headers, status=status, role=PageRole.PAGE)
        if mirror is not None:
            self.shelf.recorder.via(
                CaptureVia(
                    record_id=capture.record_id,
                    via=Via.ONION if mirror.is_own else Via.MIRROR,
                    url=asked,
                    canonical_url=url,
                    mirror=mirror,
                )
            )
        return capture

    def censored(self, url: str = PAGE) -> Capture:
        """Capture what a censor put in the place of a page, with the verdict that says so."""
        capture = self.shelf.keep(url, CENSORED.encode(), status="403 Forbidden")
        vantage = Vantage()
        survey = Survey(url=url, vantage=vantage, started_at=self.shelf.at, ended_at=self.shelf.at, probes=())
        row = self.shelf.recorder.survey(
            survey,
            lambda record_id: ConnectionVerdict(
                url=url,
                kind=ConnectionKind.BLOCKED_BLOCK_PAGE,
                confidence=0.9,
                vantage=vantage,
                observed_at=self.shelf.at,
                rules_version="tests/1",
                rules=(),
            ),
        )
        self.shelf.recorder.via(
            CaptureVia(
                record_id=capture.record_id,
                via=Via.INTERFERENCE,
                url=url,
                canonical_url=url,
                verdict_id=row.record_id,
            )
        )
        return capture

    def settle(self) -> None:
        """Make what was told so far last."""
        self.shelf.recorder.settle(self.shelf.recorder.cut())


@contextmanager
def telling(path: Path, at: datetime = FIRST) -> Iterator[Telling]:
    """Give a crawl to fill; it is settled and ended at the end of the block."""
    with shelf(path, SOURCE, at) as filling:
        filling.recorder.begin(SOURCE)
        yield Telling(filling)
