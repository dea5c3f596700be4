"""Comments from documents that hold nothing else: which service one is of is told by its shape."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from model import CommentThread, ReadError
from pipelines.comments.answers import Answer
from pipelines.comments.discourse import read_discourse, read_discourse_embed
from pipelines.comments.feeds import read_comment_feed
from pipelines.comments.identity import MAX_COMMENTS, comments_of
from pipelines.comments.services import (
    read_blogger,
    read_coral,
    read_disqus,
    read_isso,
    read_remark42,
)
from pipelines.comments.waline import read_waline
from pipelines.comments.wordpress import read_wordpress_comments
from pipelines.html import parse_html

MAX_BYTES = 64 << 20
"""As of a page of WordPress comments; the greatest answer of the others known (Disqus, 100 posts) has
some 300 KiB."""
MAX_CALL = 300
"""Letters before the bracket of JSONP: ``// API callback`` and a name (Blogger's ``alt=json-in-script``)."""

# Any: what JSON holds; the readers look at types themselves.
_READERS: tuple[tuple[str, Callable[[Any, str], Answer | None]], ...] = (
    ("isso", read_isso),
    ("disqus", read_disqus),
    ("remark42", read_remark42),
    ("blogger-feed", read_blogger),
    ("discourse", read_discourse),
    ("waline", read_waline),
    ("coral", read_coral),
)
_FEEDS = (b"<rss", b"<feed", b"<rdf")
_FRAMES = ("/embed/comments", "/embed/comments/")
"""Paths of the pages that Disqus and Discourse put into an article's frame."""
_THREAD_DATA = re.compile(rb"""<script[^>]{0,200}\bid=["']?disqus-threadData\b""")


def read_comments(body: bytes, *, url: str) -> CommentThread:
    """Return the comments of a document that holds only these: JSON (:func:`read_json_comments`), a feed
    (:func:`read_comment_feed`), or the page that Disqus or Discourse puts into an article's frame.

    ``body`` is content-decoded. ``ReadError`` when it is none of these. A Disqus frame holds the first 50
    posts: the others need the key of an application, so ``more`` is empty and ``shortfall`` tells of them.
    """
    start = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(_FEEDS) or (start.startswith(b"<?xml") and any(mark in start for mark in _FEEDS)):
        return read_comment_feed(body, url=url)
    if not start.startswith(b"<"):
        return read_json_comments(body, url=url)
    if not is_comment_frame(body, url):
        raise ReadError(f"{url}: a page, and no frame of comments that is known")
    root = parse_html(body, "text/html; charset=utf-8").root
    for origin, answer in (("disqus", _disqus(root, url)), ("discourse", read_discourse_embed(root, url))):
        if answer is not None:
            return _thread(answer, origin)
    raise ReadError(f"{url}: a frame of comments without any that can be read")


def is_comment_frame(body: bytes, url: str) -> bool:
    """Tell whether a page is what Disqus or Discourse puts into an article's frame, and no article."""
    try:
        path = urlsplit(url).path
    except ValueError:
        return False
    if not path.endswith(_FRAMES):
        return False
    return _THREAD_DATA.search(body) is not None or b"post-date" in body or b"class='replies'" in body


def _disqus(root: HtmlElement, url: str) -> Answer | None:
    found = root.xpath("//script[@id='disqus-threadData']")
    if not found:
        return None
    answer = read_disqus(_load((found[0].text or "").encode("utf-8", "replace"), url), url)
    return replace(answer, more=()) if answer is not None else None


def _thread(answer: Answer, origin: str) -> CommentThread:
    return CommentThread(
        comments=comments_of(answer.drafts[:MAX_COMMENTS]),
        declared_total=answer.total,
        more=answer.more,
        origin=origin,
    )


def read_json_comments(body: bytes, *, url: str) -> CommentThread:
    """Return the comments of one answer of WordPress's REST API, Isso, Disqus, Remark42, Blogger,
    Discourse, Waline or Coral, in the order given; ``ReadError`` when it is of none of them.

    Taken and waiting ones are kept with their ``state``: these services leave their place in the thread.
    Bounded: 64 MiB, the first 10,000 comments.
    """
    if len(body) > MAX_BYTES:
        raise ReadError(f"{url}: {len(body)} bytes are too many for a page of comments")
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"[":
        return read_wordpress_comments(body, url=url)
    value = _load(body, url)
    for origin, read in _READERS:
        answer = read(value, url)
        if answer is not None:
            return _thread(answer, origin)
    raise ReadError(f"{url}: JSON, but not of comments that are known")


def _load(body: bytes, url: str) -> Any:  # Any: what JSON holds
    # Bytes that are no UTF-8 are shown as U+FFFD, as a browser does; the rest of the thread is not lost.
    text = body.decode("utf-8-sig", "replace")
    if not text.lstrip().startswith("{") and 0 <= (opened := text.find("(")) < MAX_CALL:
        text = text[opened + 1 : max(text.rfind(")"), opened + 1)]
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise ReadError(f"{url}: not JSON ({type(problem).__name__})") from problem
