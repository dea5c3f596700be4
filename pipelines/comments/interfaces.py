"""Comments from the JSON of comment services: which service an answer is of is told by its shape."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from model import CommentThread, ReadError
from pipelines.comments.answers import Answer
from pipelines.comments.identity import MAX_COMMENTS, comments_of
from pipelines.comments.services import (
    read_blogger,
    read_coral,
    read_disqus,
    read_isso,
    read_remark42,
)
from pipelines.comments.wordpress import read_wordpress_comments

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
    ("coral", read_coral),
)


def read_json_comments(body: bytes, *, url: str) -> CommentThread:
    """Return the comments of one answer of WordPress's REST API, Isso, Disqus, Remark42, Blogger or
    Coral, in the order given; ``ReadError`` when it is of none of them.

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
            return CommentThread(
                comments=comments_of(answer.drafts[:MAX_COMMENTS]),
                declared_total=answer.total,
                more=answer.more,
                origin=origin,
            )
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
