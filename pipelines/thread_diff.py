"""What changed between two captures of the comments under an article."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from model import Comment
from pipelines.sequences import Budget
from pipelines.text import letters_of_each
from pipelines.word_diff import Change, DiffPart, Words, compare_words, letters_of

_Key = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentDiff:
    """A comment of either side, or of both, that is not the same on both."""

    kind: Change
    """``ADDED``, ``REMOVED``, ``RESTORED``, ``CHANGED`` (its words were edited), ``MOVED`` (it answers
    another comment now; its words may be edited too) or ``SPELLED``."""
    old: Comment | None
    """``None`` when it was added or restored."""
    new: Comment | None
    """``None`` when it was removed."""
    parts: tuple[DiffPart, ...]
    """Of its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadDiff:
    """What changed between two captures of a thread, in the order of the new side, what is gone last."""

    changes: tuple[CommentDiff, ...]

    def of(self, *kinds: Change) -> tuple[CommentDiff, ...]:
        """Return the changes of some kinds."""
        return tuple(one for one in self.changes if one.kind in kinds)

    @property
    def is_changed(self) -> bool:
        """True when any comment was added, removed, restored, edited or moved; spelling is no change."""
        return any(one.kind is not Change.SPELLED for one in self.changes)


def compare_threads(
    old: Sequence[Comment], new: Sequence[Comment], *, earlier: Sequence[Comment] = ()
) -> ThreadDiff:
    """Return which comments were added, removed, restored, edited or moved, by their keys.

    Both sides must cover the same part of the thread: what a side never could show is told as removed.
    ``earlier`` are comments seen before the old side; what is on the new side and among them, but not on the
    old side, was restored. A comment whose key changes with its text (its publisher gives no id) is edited,
    and not replaced, when author and printed date stay.
    """
    old_by_key, new_by_key = _by_key(old), _by_key(new)
    partners = {key: key for key in new_by_key if key in old_by_key}  # new to old
    unmet = {signature: key for key, signature in _signatures(old_by_key, apart_from=new_by_key) if signature}
    for key, signature in _signatures(new_by_key, apart_from=old_by_key):
        if signature in unmet:
            partners[key] = unmet.pop(signature)
    known = set(_by_key(earlier))
    renamed = _renamed(partners, old_by_key, new_by_key)
    words = _words(one.text for one in (*old_by_key.values(), *new_by_key.values()))
    budget = Budget()
    changes: list[CommentDiff] = []
    for key, comment in new_by_key.items():
        if key in partners:
            was = old_by_key[partners[key]]
            kind = _kind(was, comment, renamed, words)
            if kind is not Change.SAME:
                parts = compare_words(words[was.text], words[comment.text], budget)
                changes.append(CommentDiff(kind=kind, old=was, new=comment, parts=parts))
        else:
            kind = Change.RESTORED if key in known else Change.ADDED
            parts = compare_words(words[""], words[comment.text], budget)
            changes.append(CommentDiff(kind=kind, old=None, new=comment, parts=parts))
    kept = set(partners.values())
    changes += [
        CommentDiff(
            kind=Change.REMOVED,
            old=comment,
            new=None,
            parts=compare_words(words[comment.text], words[""], budget),
        )
        for key, comment in old_by_key.items()
        if key not in kept
    ]
    return ThreadDiff(changes=tuple(changes))


def _words(texts: Iterable[str]) -> dict[str, Words]:
    """Return the words of each text, and of the empty one; all are folded at once."""
    known = dict.fromkeys((*texts, ""))
    return {text: Words(text, letters) for text, letters in zip(known, letters_of_each(known), strict=True)}


def _kind(old: Comment, new: Comment, renamed: Mapping[str, str], words: Mapping[str, Words]) -> Change:
    above = old.parent_id and renamed.get(old.parent_id, old.parent_id)
    if (above or None) != (new.parent_id or None):
        return Change.MOVED
    if old.text == new.text:
        return Change.SAME
    return Change.SPELLED if words[old.text].letters == words[new.text].letters else Change.CHANGED


def _renamed(
    partners: Mapping[_Key, _Key], old: Mapping[_Key, Comment], new: Mapping[_Key, Comment]
) -> dict[str, str]:
    """Return by which name a comment of the old side is answered on the new one."""
    names: dict[str, str] = {}
    for key, old_key in partners.items():
        was, now = old[old_key], new[key]
        name = now.publisher_id or now.key
        names.update({one: name for one in (was.publisher_id, was.key) if one})
    return names


def _by_key(comments: Sequence[Comment]) -> dict[_Key, Comment]:
    """Return comments by key and, where several share one, by their order among these."""
    seen: Counter[str] = Counter()
    by_key: dict[_Key, Comment] = {}
    keys = [comment.key or comment.publisher_id or "" for comment in comments]
    nameless = [comment for comment, key in zip(comments, keys, strict=True) if not key]
    letters = iter(letters_of_each(f"{comment.author} {comment.text}" for comment in nameless))
    for comment, given in zip(comments, keys, strict=True):
        key = given or next(letters)
        by_key[key, seen[key]] = comment
        seen[key] += 1
    return by_key


def _signatures(
    comments: Mapping[_Key, Comment], *, apart_from: Mapping[_Key, Comment]
) -> Iterator[tuple[_Key, tuple[str, str] | None]]:
    """Yield the key and the signature of comments that the other side has not by their key."""
    return ((key, _signature(comment)) for key, comment in comments.items() if key not in apart_from)


def _signature(comment: Comment) -> tuple[str, str] | None:
    """Return what tells an edited comment without an id; ``None`` when it has one or shows too little."""
    if comment.publisher_id or not comment.author or not comment.published_raw:
        return None
    return _short_letters(comment.author), _short_letters(comment.published_raw)


_short_letters = lru_cache(maxsize=1 << 14)(letters_of)
"""Names and dates come again and again in a thread."""
