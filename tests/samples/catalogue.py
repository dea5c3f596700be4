"""Captures, articles and comments to put into a catalogue, with every value settled by a few numbers."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from archive.catalogue import Catalogue, FrontierRow, IndexedText
from model import (
    Article,
    Capture,
    Comment,
    CommentThread,
    Crawl,
    CrawlState,
    PageRole,
    Source,
)

START = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
SITE = "https://www.example.org"


def moment(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def capture(number: int, url: str = f"{SITE}/news/1/", **changes: object) -> Capture:
    """Return a capture whose record id, digest and time follow from its number."""
    made = Capture(
        record_id=f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
        url=url,
        captured_at=moment(number),
        warc_key="org_example/2026/11/20261123T073000Z-4f1c-00001.warc.gz",
        offset=number * 1000,
        length=900,
        status=200,
        mime="text/html",
        payload_digest=f"sha256:{number:052d}",
        payload_length=5000,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def folded(text: str, title: str = "") -> IndexedText:
    """Stands for the folding of ``pipelines``: lower case is all that Latin sample text needs."""
    low = text.lower()
    return IndexedText(
        digest=f"sha256:{hashlib.sha256(low.encode(errors='replace')).hexdigest()}",
        joined=low.replace("\u200c", ""),
        split=low.replace("\u200c", " "),
        title_joined=title.lower().replace("\u200c", ""),
        title_split=title.lower().replace("\u200c", " "),
    )


def article(text: str, title: str = "Title", url: str = f"{SITE}/news/1/", **changes: object) -> Article:
    made = Article(url=url, canonical_url=url, title=title, paragraphs=(text,), published_at=START)
    return replace(made, **changes)  # type: ignore[arg-type]


def article_text(made: Article) -> IndexedText:
    text = folded("\n".join((made.title, made.lede, *made.paragraphs)), made.title)
    return text if made.links is None else replace(text, links=" ".join(one.url for one in made.links)[-32:])


def comment(key: str, text: str = "", **changes: object) -> Comment:
    made = Comment(publisher_id=key, key=key, author="Reader", text=text or f"comment {key}")
    return replace(made, **changes)  # type: ignore[arg-type]


def thread(*comments: Comment, origin: str = "wordpress-html", total: int | None = None) -> CommentThread:
    return CommentThread(comments=comments, origin=origin, declared_total=total)


def comment_texts(shown: CommentThread) -> dict[str, IndexedText]:
    return {one.key: folded(one.text) for one in shown.comments}


def row(key: str, priority: int = 0) -> FrontierRow:
    return FrontierRow(
        key=key,
        url=f"{SITE}/{key}",
        host="www.example.org",
        role=PageRole.PAGE,
        priority=priority,
        request=f'{{"url": "{SITE}/{key}"}}',
    )


def crawl(name: str, state: CrawlState = CrawlState.RUNNING, hours: float = 0, **changes: object) -> Crawl:
    made = Crawl(id=name, source="org_example", state=state, started_at=moment(hours))
    return replace(made, **changes)  # type: ignore[arg-type]


def begin(catalogue: Catalogue, *names: str) -> None:
    """Put the source and crawls of these names, one a day."""
    with catalogue.write() as batch:
        batch.put_source(Source(name="org_example", origin=f"{SITE}/"))
        for number, name in enumerate(names or ("first",)):
            batch.put_crawl(crawl(name, hours=24 * number))
