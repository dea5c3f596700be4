"""Any document that an article or its comments may be read from: its bytes and headers tell which it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from lxml.html import HtmlElement

from model import PageKind, PageRules, Reading
from pipelines.comments import is_comment_frame, read_comments
from pipelines.learned_pages import LearnedPages
from pipelines.page import extractor_name, post_extractor, read_page
from pipelines.posts import list_of, posts_in, read_wordpress_posts

_FEEDS = (b"<rss", b"<feed", b"<rdf")


def read_document(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    reference: datetime,
    timezone: str = "",
    rules: PageRules | None = None,
    refine: Callable[[HtmlElement, Reading], Reading] | None = None,
    learned: LearnedPages | None = None,
    asked: bool = False,
) -> Reading:
    """Return what a document says: article and comments of an HTML page (:func:`pipelines.read_page`, which
    has the parameters) or of a post of WordPress's REST API; comments only of everything that
    :func:`pipelines.read_comments` reads.

    What was served is told by the bytes: APIs answer as ``text/html`` and pages as ``application/json``.
    A list of several posts is a ``LISTING`` that links to them; ``read_wordpress_posts`` reads each. Raise
    :class:`ReadError` when it is none of these, and what ``read_page`` raises of selectors.
    """
    own = extractor_name(rules, learned.revision if learned else "")
    start = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start[:1] in (b"[", b"{"):
        if posts_in(body) is None:
            return _comments(body, url, own)
        read = read_wordpress_posts(
            body, url=url, reference=reference, timezone=timezone, extractor=post_extractor(), asked=asked
        )
        return read[0] if len(read) == 1 else list_of(read, url, post_extractor())
    is_feed = start.startswith(_FEEDS) or (
        start.startswith(b"<?xml") and any(mark in start for mark in _FEEDS)
    )
    if is_feed or is_comment_frame(body, url):
        return _comments(body, url, own)
    return read_page(
        body,
        url=url,
        content_type=content_type,
        reference=reference,
        timezone=timezone,
        rules=rules,
        refine=refine,
        learned=learned,
        asked=asked,
    )


def _comments(body: bytes, url: str, extractor: str) -> Reading:
    thread = read_comments(body, url=url)
    return Reading(
        url=url,
        kind=PageKind.OTHER,
        kind_reasons=(f"comments: {thread.origin}",),
        thread=thread,
        extractor=extractor,
    )
