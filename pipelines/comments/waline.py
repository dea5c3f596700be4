"""Comments of Waline (``GET /api/comment?path=…&pageSize=…&page=…``).

``data.data[]`` are roots with all their answers in ``children[]``; ``pid`` names the comment answered,
``rid`` the root; ``comment`` is HTML made from the writer's Markdown; ``time`` milliseconds since 1970
(before 2023 ``insertedAt``, ISO 8601); ``count`` counts roots and answers, ``totalPages`` pages of roots.
Before version 2 the answer lay bare, without ``errno`` and ``data`` around it. As @waline/vercel 1.39.3
answers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model import CommentState
from pipelines.comments.answers import (
    Answer,
    Object,
    count_of,
    dated,
    draft_of,
    from_epoch,
    items,
    query_of,
    string_of,
    tree,
    with_query,
)
from pipelines.comments.identity import Draft

_LATEST = 1 << 43
"""Milliseconds since 1970: the year 2248. A number of any size would not even divide."""
MAX_PAGES = 500
_STATES = {"waiting": CommentState.PENDING, "spam": CommentState.REJECTED}


def read_waline(value: Any, url: str) -> Answer | None:
    """Return the comments of one page of a thread."""
    page = value.get("data") if isinstance(value, dict) and "errno" in value else value
    if not isinstance(page, dict) or "totalPages" not in page or not isinstance(page.get("data"), list):
        return None
    roots = [item for item in page["data"] if isinstance(item, dict)]
    if roots and not any("objectId" in item and "comment" in item for item in roots):
        return None
    drafts = [
        _draft(item, above)
        for item, above in tree({"children": roots}, lambda item: items(item.get("children")))
        if above is not None
    ]
    pages = count_of(page.get("totalPages")) or 1
    first = query_of(url).get("page", "1") == "1"
    others = range(2, min(pages, MAX_PAGES) + 1)
    more = tuple(address for other in others for address in with_query(url, page=str(other)))
    return Answer(drafts=drafts, total=count_of(page.get("count")), more=more if first else ())


def _draft(item: Object, above: Object) -> Draft:
    milliseconds = item.get("time")
    seconds = None
    if isinstance(milliseconds, int | float) and 0 < milliseconds < _LATEST:
        seconds = milliseconds / 1000
    label = string_of(item.get("label")).strip()[:40]
    badges = [*(["staff"] if item.get("type") == "administrator" else []), *([label] if label else [])]
    return replace(
        draft_of(
            item.get("objectId"),
            item.get("pid") or above.get("objectId"),
            item.get("nick"),
            item.get("comment"),
        ),
        **dated(from_epoch(seconds) or item.get("insertedAt")),
        up_votes=count_of(item.get("like")),
        badges=tuple(badges),
        state=_STATES.get(string_of(item.get("status")), CommentState.PUBLISHED),
    )
