"""What the spider hands on: articles, and the comments of one document at a time.

How completeness survives a restart: the documents that hold an article's comments are fetched one after
the other. The request for the next one carries the whole state (:class:`spiders.threads.ThreadPlan`,
plain JSON), so that at any time exactly one place, that request, knows what is still to come; no counter
lives in the process. The item of the last document says so (``last``) and whether all of them together
were whole (``complete``).
"""

from __future__ import annotations

from dataclasses import dataclass

from model import Article, Capture, CommentThread


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleItem:
    """One article, read from one capture."""

    article: Article
    wordpress_post_id: int | None = None
    """``None`` when the publisher does not tell or it is no WordPress."""
    capture: Capture | None = None
    """The receipt of the page's exchange; ``None`` when it was not archived (stock Scrapy)."""
    extractor: str = ""
    """``Reading.extractor``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadItem:
    """The comments that one document shows of one article. Items of one article come in order."""

    article_url: str
    """``Article.canonical_url`` of the :class:`ArticleItem` that came before."""
    thread: CommentThread
    """Empty when the document could not be had or read."""
    channel: str
    """``html``, ``wordpress-rest``, ``feed``, or the name of a comment service."""
    document: int
    """Which document of the article's comments this is, from 1 (the article's own page)."""
    last: bool
    """No further document of this article will come in this crawl."""
    complete: bool
    """Only ever true with ``last``: one channel of the site itself was read from its first document to its
    last, and showed no fewer comments than were declared, and so did each comment service that the page
    embeds and that can be asked (``FeedLink.kind``). What other scripts load is not seen and not counted."""
    capture: Capture | None = None
