"""One thread out of what several documents show of the same comments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from model import Comment, CommentState, CommentThread
from pipelines.comments.identity import with_depths
from pipelines.comments.moments import exact
from pipelines.text import search_key

_REST, _FEED, _PAGE = "wordpress-rest", frozenset({"rss", "atom"}), "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sighting:
    """A comment as one document shows it."""

    comment: Comment
    kind: int
    """0 a page, 1 REST, 2 a feed."""


def merge_threads(threads: Sequence[CommentThread]) -> CommentThread:
    """Return one thread that holds every comment once. Give all documents of an article at once.

    * The same comment: the same publisher's id; else the same key; a comment without an id is the one
      with an id that has its author and text, where only one has.
    * Parent: REST's, then a feed's, then the page's. REST's «no parent» counts, a feed's does not: it may
      only say nothing.
    * Text and author: of a page, then REST, then a feed, whose text may be an excerpt.
    * Date: one that is exact (with its offset) before one read from a printed line; of exact ones the
      page's, REST's, the feed's.
    * Order: as pages show them; what no page shows goes where its date puts it among the answers of its
      parent. Positions are given anew, from 0.
    * ``declared_total`` is the greatest; ``more`` what any document names; ``origin`` is joined with
      ``+``.

    Merging a merged thread again changes nothing.
    """
    sightings = _matched(threads)
    aliases: dict[str, str] = {}
    for identity, seen in sightings.items():
        for sighting in seen:
            aliases[sighting.comment.publisher_id or sighting.comment.key] = identity
    merged = [_merged(seen, aliases) for seen in sightings.values()]
    shown = {
        identity: min((sighting.comment.position for sighting in seen if sighting.kind == 0), default=None)
        for identity, seen in sightings.items()
    }
    comments = _in_order(list(with_depths(merged)), shown)
    totals = [thread.declared_total for thread in threads if thread.declared_total is not None]
    origins = dict.fromkeys(part for thread in threads for part in thread.origin.split("+") if part)
    return CommentThread(
        comments=tuple(replace(comment, position=index) for index, comment in enumerate(comments)),
        declared_total=max(totals, default=None),
        pending_total=max(
            (thread.pending_total for thread in threads if thread.pending_total is not None), default=None
        ),
        rejected_total=max(
            (thread.rejected_total for thread in threads if thread.rejected_total is not None), default=None
        ),
        more=tuple(dict.fromkeys(url for thread in threads for url in thread.more)),
        origin="+".join(origins),
    )


def _kind(origin: str) -> int:
    """Return which kind of document an origin is; a merged one counts as a page, when a page was part of
    it."""
    parts = [part for part in origin.split("+") if part]
    if not parts or any(part != _REST and part not in _FEED for part in parts):
        return 0
    return 1 if _REST in parts else 2


def _matched(threads: Sequence[CommentThread]) -> dict[str, list[_Sighting]]:
    """Return the sightings of each comment by its identity, in the order first seen."""
    named: dict[tuple[str, str], set[str]] = defaultdict(set)
    found: dict[str, list[_Sighting]] = {}
    for thread in threads:
        for comment in thread.comments:
            if comment.publisher_id is not None:
                named[_face(comment)].add(comment.publisher_id)
    used: dict[str, set[int]] = defaultdict(set)
    for number, thread in enumerate(threads):
        kind = _kind(thread.origin)
        for comment in thread.comments:
            identity = comment.publisher_id or comment.key
            if comment.publisher_id is None and len(same := named.get(_face(comment), set())) == 1:
                (other,) = same
                if number not in used[other]:  # two alike on one page are two
                    identity = other
            used[identity].add(number)
            found.setdefault(identity, []).append(_Sighting(comment=comment, kind=kind))
    for seen in found.values():
        seen.sort(key=lambda sighting: sighting.kind)
    return found


def _face(comment: Comment) -> tuple[str, str]:
    return search_key(comment.author or ""), search_key(comment.text)


def _merged(seen: list[_Sighting], aliases: dict[str, str]) -> Comment:
    """Return one comment out of its sightings, which stand in the order page, REST, feed."""
    first = next((sighting.comment for sighting in seen if sighting.comment.text), seen[0].comment)
    comments = [sighting.comment for sighting in seen]
    publisher_id = next(
        (comment.publisher_id for comment in comments if comment.publisher_id is not None), None
    )
    parent = _parent(seen)
    raw, at = _date(comments)
    return Comment(
        publisher_id=publisher_id,
        parent_id=aliases.get(parent, parent) if parent is not None else None,
        key=publisher_id or first.key,
        author=next((comment.author for comment in comments if comment.author), None),
        text=first.text,
        published_raw=raw,
        published_at=at,
        url=next((comment.url for comment in comments if comment.url), None),
        page=comments[0].page,
        up_votes=next((comment.up_votes for comment in comments if comment.up_votes is not None), None),
        down_votes=next((comment.down_votes for comment in comments if comment.down_votes is not None), None),
        badges=tuple(dict.fromkeys(badge for comment in comments for badge in comment.badges)),
        state=next(
            (comment.state for comment in comments if comment.state is not CommentState.PUBLISHED),
            CommentState.PUBLISHED,
        ),
    )


def _parent(seen: list[_Sighting]) -> str | None:
    for sighting in seen:
        if sighting.kind == 1:
            return sighting.comment.parent_id
    for kind in (2, 0):
        for sighting in seen:
            if sighting.kind == kind and sighting.comment.parent_id is not None:
                return sighting.comment.parent_id
    return None


def _date(comments: list[Comment]) -> tuple[str | None, datetime | None]:
    dated = [comment for comment in comments if comment.published_at is not None]
    for comment in dated:
        raw = comment.published_raw or ""
        if exact(raw) or (comment.published_at is not None and exact(raw + "Z")):  # date_gmt has no offset
            return comment.published_raw, comment.published_at
    chosen = (
        dated[0] if dated else next((comment for comment in comments if comment.published_raw), comments[0])
    )
    return chosen.published_raw, chosen.published_at


def _in_order(comments: list[Comment], shown: dict[str, int | None]) -> list[Comment]:
    """Return the comments as a thread is read: each before its answers, siblings as shown, the rest by
    date."""
    below: dict[str | None, list[Comment]] = defaultdict(list)
    known = {comment.publisher_id or comment.key for comment in comments}
    for comment in comments:
        below[comment.parent_id if comment.parent_id in known else None].append(comment)
    ordered: list[Comment] = []
    waiting = list(reversed(_siblings(below[None], shown)))
    while waiting:
        comment = waiting.pop()
        ordered.append(comment)
        waiting.extend(reversed(_siblings(below[comment.publisher_id or comment.key], shown)))
    return ordered


def _siblings(comments: list[Comment], shown: dict[str, int | None]) -> list[Comment]:
    def place(comment: Comment) -> int | None:
        return shown.get(comment.publisher_id or comment.key)

    def moment(comment: Comment) -> float:
        return comment.published_at.timestamp() if comment.published_at else float("inf")

    seen = sorted(
        (comment for comment in comments if place(comment) is not None), key=lambda one: place(one) or 0
    )
    if not seen:
        return sorted(comments, key=moment)
    newest_first = len(seen) > 1 and moment(seen[0]) > moment(seen[-1])
    for comment in sorted((comment for comment in comments if place(comment) is None), key=moment):
        if newest_first:
            at = next(
                (index for index, other in enumerate(seen) if moment(other) < moment(comment)), len(seen)
            )
        else:
            at = next(
                (index for index, other in enumerate(seen) if moment(other) > moment(comment)), len(seen)
            )
        seen.insert(at, comment)
    return seen
