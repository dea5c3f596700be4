"""Reading pages off the event loop: worker processes that parse hostile bytes under bounds.

A worker is given a body and gives back nouns, and what is folded for search beside them. It may die, hang
or eat memory without hurting the crawl (``crawler/workers.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from archive import ThreadJson, article_json, thread_json
from archive.catalogue import IndexedText
from archive.message import content_codings, content_decode
from archive.warc import Packed
from crawler.learned import unpacked
from crawler.workers import WorkerPool
from model import CommentThread, ReadError, Reading
from pipelines import (
    css_requisites,
    fold_text,
    index_text,
    read_comments,
    read_document,
)
from spiders import declared, headers_of, page_class_for, read_feed, read_posts, read_sitemap

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.http import Response

    from crawler.recording import Recording
    from model import ResponseHead
    from spiders import Feed, PostPage, Sitemap

_MOST_CSS_HERE = 64 << 10
"""Bytes of a style sheet that the crawl reads itself: 0.1 s at the worst."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageResult:
    """What a worker made of a page or of a document of comments."""

    reading: Reading | None
    thread: CommentThread
    indexed: IndexedText | None = None
    """The article's folded text; ``None`` when it is no article."""
    indexed_comments: dict[str, IndexedText] = field(default_factory=dict)
    article_json: Packed | None = None
    thread_json: ThreadJson | None = None
    """What the archive writes of them, made and deflated here: 0.9 ms of a page that the crawl is spared."""


# --- in the worker


def _fold(thread: CommentThread) -> dict[str, IndexedText]:
    return {comment.key: fold_text(comment.text) for comment in thread.comments}


def _read_page(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    reference: datetime,
    timezone: str,
    source: str,
    learned: bytes,
) -> PageResult:
    declaration = declared().get(source)
    page = page_class_for(declaration.pages, reference) if declaration else None
    reading = read_document(
        body,
        url=url,
        content_type=content_type,
        reference=reference,
        timezone=timezone,
        rules=page.rules if page else None,
        refine=page.refine if page else None,
        learned=unpacked(learned),
    )
    if reading.article is None:
        return PageResult(reading=reading, thread=reading.thread)
    return PageResult(
        reading=reading,
        thread=reading.thread,
        indexed=index_text(reading.article),
        indexed_comments=_fold(reading.thread),
        article_json=article_json(reading.article),
        thread_json=thread_json(reading.thread),
    )


def _read_thread(body: bytes, *, url: str) -> PageResult:
    thread = read_comments(body, url=url)
    return PageResult(
        reading=None, thread=thread, indexed_comments=_fold(thread), thread_json=thread_json(thread)
    )


def read_again(
    entity: bytes,
    head: ResponseHead,
    *,
    url: str,
    reference: datetime,
    timezone: str,
    source: str,
    learned: bytes,
    max_bytes: int,
    max_ratio: float,
) -> PageResult:
    """Return what an archived document says, read as a crawl reads it; ``ReadError``.

    ``entity`` is still content-coded, ``reference`` the time of capture, ``learned`` what
    :class:`crawler.learned.ReadWith` packed. Its bytes tell what it is.
    """
    body = entity
    if body and content_codings(head):
        body = content_decode(body, head, max_bytes=max_bytes, max_ratio=max_ratio).data
    named = head.all(b"content-type")
    content_type = named[-1].decode("latin-1") if named else None
    result = _read_page(
        body,
        url=url,
        content_type=content_type,
        reference=reference,
        timezone=timezone,
        source=source,
        learned=learned,
    )
    if result.indexed is not None or not result.thread.comments:
        return result
    return replace(result, indexed_comments=_fold(result.thread), thread_json=thread_json(result.thread))


# --- in the crawl


class ReaderPool(WorkerPool):
    """Worker processes that read pages for a crawl."""

    def reader(self, recording: Recording) -> ArchiveReader:
        """Return what a spider reads its responses with."""
        return ArchiveReader(self, recording)


class ArchiveReader:
    """A spider's ``PageReader``: reads in workers, and keeps beside each capture what the pipeline needs."""

    def __init__(self, pool: ReaderPool, recording: Recording) -> None:
        self._pool = pool
        self._recording = recording

    async def read_page(self, response: Response, source_name: str) -> Reading:
        """Return what a page, or a post of an API, says; ``ReadError`` when it cannot be read."""
        content_type = response.headers.get("Content-Type")
        capture = response.meta.get("capture")
        result = await self._run(
            partial(
                _read_page,
                response.body,
                url=response.url,
                content_type=content_type.decode("latin-1") if content_type else None,
                reference=capture.captured_at if capture else datetime.now(UTC),
                timezone=self._recording.source.timezone,
                source=source_name,
                learned=self._recording.learned.packed,
            ),
            response,
        )
        if result.reading is None:
            raise ReadError("a worker read no page")
        return result.reading

    async def read_thread(self, response: Response) -> CommentThread:
        """Return the comments of a feed, an API's answer or a service's frame; ``ReadError``."""
        task = partial(_read_thread, response.body, url=response.url)
        return (await self._run(task, response)).thread

    # Of what lists pages only the spider knows whether it was guessed, and so whether it is a failure that
    # it cannot be read: nothing of it is counted here.

    async def read_feed(self, response: Response) -> Feed:
        """Return what a feed lists; ``ReadError``."""
        return await self._pool.run(partial(read_feed, response.body, response.url))

    async def read_sitemap(self, response: Response) -> Sitemap:
        """Return what a sitemap lists; ``ReadError``."""
        return await self._pool.run(partial(read_sitemap, response.body, response.url))

    async def read_posts(self, response: Response) -> PostPage:
        """Return one page of WordPress' list of posts; ``ReadError``."""
        headers = tuple(headers_of(response))
        return await self._pool.run(partial(read_posts, response.body, response.url, headers))

    async def read_css(self, response: Response) -> tuple[str, ...]:
        """Return what a style sheet imports and shows, as absolute URLs."""
        # A small one is cheaper here than the way to a worker and back; 4 MiB can take 4 s (measured).
        if len(response.body) > _MOST_CSS_HERE:
            return await self._pool.run(partial(css_requisites, response.body, response.url))
        return css_requisites(response.body, response.url)

    async def _run(self, task: Callable[[], PageResult], response: Response) -> PageResult:
        try:
            result = await self._pool.run(task)
        except ReadError as error:
            self._recording.count_failure("unreadable", response.url, str(error))
            raise
        capture = response.meta.get("capture")
        if capture is not None and (result.indexed is not None or result.indexed_comments):
            self._recording.keep_page(capture, result)
        return result
