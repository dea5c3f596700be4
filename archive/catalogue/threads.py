"""The order in which a reader sees a thread; pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from model import Comment

_NEVER = datetime.max.replace(tzinfo=UTC)


def reading_order(thread: Sequence[Comment]) -> list[tuple[int, Comment]]:
    """Return (index in ``thread``, comment with its depth) in reading order: each one before its answers.

    Answers to one comment stand by date when all of them have one, else as they were shown. A comment whose
    parent is not there stands at the root; so does the first of a ring that answers itself, which only a
    hostile or broken page has.
    """
    at: dict[str, int] = {}
    for index, comment in enumerate(thread):
        at[comment.key] = index
    for index, comment in enumerate(thread):
        if comment.publisher_id is not None:
            at.setdefault(comment.publisher_id, index)
    answers: dict[int | None, list[int]] = {}
    for index, comment in enumerate(thread):
        parent = None if comment.parent_id is None else at.get(comment.parent_id)
        answers.setdefault(None if parent == index else parent, []).append(index)
    for siblings in answers.values():
        _sort(thread, siblings)
    ordered: list[tuple[int, Comment]] = []
    seen: set[int] = set()
    _walk(thread, answers, answers.get(None, []), ordered, seen)
    for index in range(len(thread)):
        if index not in seen:
            _walk(thread, answers, [index], ordered, seen)
    return ordered


def _sort(thread: Sequence[Comment], siblings: list[int]) -> None:
    dated = all(thread[index].published_at is not None for index in siblings)
    siblings.sort(
        key=lambda index: (
            (thread[index].published_at or _NEVER) if dated else _NEVER,
            thread[index].position,
            index,
        )
    )


def _walk(
    thread: Sequence[Comment],
    answers: dict[int | None, list[int]],
    roots: Sequence[int],
    ordered: list[tuple[int, Comment]],
    seen: set[int],
) -> None:
    # A stack of our own: a thread may be nested deeper than Python's calls.
    waiting = [(index, 0) for index in reversed(roots)]
    while waiting:
        index, depth = waiting.pop()
        if index in seen:
            continue
        seen.add(index)
        ordered.append((index, replace(thread[index], depth=depth)))
        waiting.extend((answer, depth + 1) for answer in reversed(answers.get(index, ())))
