"""What was read from a capture, as JSON: for its ``conversion`` record and, the same text, for the catalogue.

It can be made beforehand, in the process that reads, and given along with what was read; else it is made
when it is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from archive.warc import Packed, pack
from model import json_text

if TYPE_CHECKING:
    from model import Article, CommentThread

_NO_COMMENTS = '{"comments":['
"""How a thread without comments begins: its first field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadJson:
    """A thread's JSON and that of each comment in it."""

    packed: Packed
    comments: dict[str, str]
    """By ``Comment.key``."""


def article_json(article: Article) -> Packed:
    """Return an article's JSON."""
    return pack(json_text(article).encode())


def thread_json(thread: CommentThread) -> ThreadJson:
    """Return a thread's JSON; each comment is made once for both places."""
    made = [json_text(comment) for comment in thread.comments]
    rest = json_text(replace(thread, comments=())).removeprefix(_NO_COMMENTS)
    text = f"{_NO_COMMENTS}{','.join(made)}{rest}"
    keys = (comment.key for comment in thread.comments)
    return ThreadJson(packed=pack(text.encode()), comments=dict(zip(keys, made, strict=True)))


def article_content(
    article: Packed, *, extractor: str, wordpress_post_id: int | None, group: str = ""
) -> tuple[bytes | Packed, ...]:
    """Return the block of an article's record: ``article``, ``extractor``, ``wordpress_post_id``.

    One that was read again also has ``group`` (:mod:`archive.rereading`).
    """
    rest = json_text({"extractor": extractor, "wordpress_post_id": wordpress_post_id, **_group(group)})
    return (b'{"article":', article, b",", rest.removeprefix("{").encode())


def thread_content(
    thread: Packed, *, article_url: str, last: bool, complete: bool, extractor: str, group: str = ""
) -> tuple[bytes | Packed, ...]:
    """Return the block of a thread's record: ``article_url``, ``comments``, ``last``, ``complete``,
    ``extractor``; ``group`` as of an article."""
    rest = json_text({"last": last, "complete": complete, "extractor": extractor, **_group(group)})
    head = f'{{"article_url":{json_text(article_url)},"comments":'
    return (head.encode(), thread, b",", rest.removeprefix("{").encode())


def _group(group: str) -> dict[str, str]:
    return {"group": group} if group else {}
