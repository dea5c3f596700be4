"""Which comment is which: keys, parents that exist, depths, and positions over all pages."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from model import Comment, CommentState
from pipelines.comments.words import RELATIVE
from pipelines.text import search_key

MAX_COMMENTS = 10_000
"""Of one document; what follows is not read. The longest news threads we know hold some 5,000, WordPress
shows 50 a page."""
PAGE_STRIDE = MAX_COMMENTS
"""Position of the first comment of a page is (its number - 1) times this."""
MAX_TEXT = 100_000
"""Letters of one comment's text; WordPress stores 65,535 bytes."""
MAX_NAME = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One comment as read from a document, before identities are given."""

    publisher_id: str | None = None
    parent_index: int | None = None
    """Index of the comment answered, among the drafts of the document."""
    parent_id: str | None = None
    """The publisher's id of it, when the document says so; it may lie on another page."""
    author: str | None = None
    text: str = ""
    published_raw: str | None = None
    published_at: datetime | None = None
    url: str | None = None
    up_votes: int | None = None
    down_votes: int | None = None
    badges: tuple[str, ...] = ()
    state: CommentState = CommentState.PUBLISHED


def comments_of(drafts: Sequence[Draft], page: int = 1) -> tuple[Comment, ...]:
    """Return the comments of one document in the order shown; a publisher's id that comes again is left
    out."""
    drafts = _with_true_ids(drafts)
    keys = _keys(drafts)
    ids = [draft.publisher_id or key for draft, key in zip(drafts, keys, strict=True)]
    comments: list[Comment] = []
    seen: set[str] = set()
    for index, draft in enumerate(drafts):
        if keys[index] in seen:
            continue
        seen.add(keys[index])
        parent = draft.parent_id
        if parent is None and draft.parent_index is not None:
            parent = ids[draft.parent_index]
        comments.append(
            Comment(
                publisher_id=draft.publisher_id,
                parent_id=parent,
                key=keys[index],
                author=draft.author,
                text=draft.text,
                published_raw=draft.published_raw,
                published_at=draft.published_at,
                position=(page - 1) * PAGE_STRIDE + len(comments),
                url=draft.url,
                page=page,
                up_votes=draft.up_votes,
                down_votes=draft.down_votes,
                badges=draft.badges,
                state=draft.state,
            )
        )
    return with_depths(comments)


def _with_true_ids(drafts: Sequence[Draft]) -> Sequence[Draft]:
    """Return the drafts without ids that several different comments share: an article's ``data-id``, say."""
    bodies: dict[str, set[tuple[str | None, str]]] = {}
    for draft in drafts:
        if draft.publisher_id is not None:
            bodies.setdefault(draft.publisher_id, set()).add((draft.author, draft.text))
    shared = {publisher_id for publisher_id, different in bodies.items() if len(different) > 1}
    if not shared:
        return drafts
    return [replace(draft, publisher_id=None) if draft.publisher_id in shared else draft for draft in drafts]


def _keys(drafts: Sequence[Draft]) -> list[str]:
    """Return a key for each draft: its id, else a digest that is the same in every capture.

    A relative date («۲ ساعت پیش») differs with every capture and is no part of it. True duplicates (same
    author, date and text) are told apart by their order.
    """
    keys: list[str] = []
    times: dict[str, int] = {}
    for draft in drafts:
        if draft.publisher_id is not None:
            keys.append(draft.publisher_id)
            continue
        raw = draft.published_raw or ""
        parts = (search_key(draft.author or ""), "" if RELATIVE.search(raw) else raw, search_key(draft.text))
        digest = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20]
        times[digest] = times.get(digest, 0) + 1
        keys.append(f"sha256:{digest}" + (f".{times[digest]}" if times[digest] > 1 else ""))
    return keys


def with_depths(comments: Sequence[Comment]) -> tuple[Comment, ...]:
    """Return the comments with depths counted from their parents; a circle of answers is cut at its first
    comment.

    A parent that is not among them is kept as it is (it may be on another page, or taken down) and counts
    as depth 0 above nothing: its answer stands at the root.
    """
    place = {comment.publisher_id or comment.key: index for index, comment in enumerate(comments)}
    above = [place.get(comment.parent_id, -1) if comment.parent_id else -1 for comment in comments]
    depths = [-1] * len(comments)
    cut: set[int] = set()
    for start in range(len(comments)):
        while depths[start] < 0:
            path: list[int] = []
            on_path: set[int] = set()
            at = start
            while at >= 0 and depths[at] < 0 and at not in on_path:
                path.append(at)
                on_path.add(at)
                at = above[at]
            if at in on_path:  # a circle: its first comment becomes a root, then the way is walked again
                first = min(path[path.index(at) :])
                cut.add(first)
                above[first] = -1
                continue
            for index in reversed(path):
                depths[index] = 0 if above[index] < 0 else depths[above[index]] + 1
    return tuple(
        replace(comment, depth=depths[index], parent_id=None if index in cut else comment.parent_id)
        if comment.depth != depths[index] or index in cut
        else comment
        for index, comment in enumerate(comments)
    )
