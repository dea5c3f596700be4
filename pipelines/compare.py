"""What changed between two versions of an article, and between two captures of the comments under it.

Paragraphs are aligned first, then compared word by word (:mod:`pipelines.word_diff`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from model import Article, Comment
from pipelines.sequences import matching_blocks
from pipelines.tokens import split_words
from pipelines.word_diff import Change, DiffPart, letters_of, same_text, word_diff

_ALIKE = 0.5
"""A paragraph is a changed one, and not another, when it shares half of its words; half a sentence rewritten
stays above, two paragraphs on one subject share about a fifth."""
_MOVED_ALIKE = 0.75
"""Out of its place a paragraph must be more alike to be the same one."""
_PAIRED = 80
"""In a gap of more paragraphs than this on a side, the n-th is compared with the n-th only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParagraphDiff:
    """One paragraph of either side, or of both."""

    kind: Change
    parts: tuple[DiffPart, ...]
    old_index: int | None = None
    """Its number on the old side, from 0; ``None`` when it was added, or when it is the same but that the
    paragraphs were parted otherwise."""
    new_index: int | None = None
    """Its number on the new side; ``None`` when it was removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleDiff:
    """What changed between two versions of an article."""

    title: tuple[DiffPart, ...]
    lede: tuple[DiffPart, ...]
    paragraphs: tuple[ParagraphDiff, ...]
    """In the order of the new side; what was removed stands after what it followed on the old side."""
    authors_removed: tuple[str, ...] = ()
    authors_added: tuple[str, ...] = ()

    @property
    def is_changed(self) -> bool:
        """True when a reader would see a difference in title, lede, paragraphs or authors."""
        return (
            any(part.kind is not Change.SAME for part in (*self.title, *self.lede))
            or any(paragraph.kind is not Change.SAME for paragraph in self.paragraphs)
            or bool(self.authors_removed or self.authors_added)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentDiff:
    """A comment whose words were changed."""

    old: Comment
    new: Comment
    parts: tuple[DiffPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadDiff:
    """What changed between two captures of a thread."""

    added: tuple[Comment, ...]
    """In the order of the new side."""
    removed: tuple[Comment, ...]
    """In the order of the old side."""
    edited: tuple[CommentDiff, ...]
    """In the order of the new side."""

    @property
    def is_changed(self) -> bool:
        """True when any comment was added, removed or edited."""
        return bool(self.added or self.removed or self.edited)


def compare_articles(old: Article, new: Article) -> ArticleDiff:
    """Return what changed in title, lede, paragraphs and authors; spelling noise is no change.

    Nothing but noise changed exactly when both have the same fold digest (authors aside).
    """
    old_authors = {letters_of(author): author for author in old.authors}
    new_authors = {letters_of(author): author for author in new.authors}
    return ArticleDiff(
        title=word_diff(old.title, new.title),
        lede=word_diff(old.lede, new.lede),
        paragraphs=tuple(_compare_paragraphs(old.paragraphs, new.paragraphs)),
        authors_removed=tuple(name for key, name in old_authors.items() if key not in new_authors),
        authors_added=tuple(name for key, name in new_authors.items() if key not in old_authors),
    )


def _compare_paragraphs(old: Sequence[str], new: Sequence[str]) -> list[ParagraphDiff]:
    old_keys, new_keys = [letters_of(text) for text in old], [letters_of(text) for text in new]
    pairs: list[tuple[int, int]] = []
    broken: set[int] = set()  # paragraphs of the new side that only were parted or joined otherwise
    swallowed: set[int] = set()
    # The same letters throughout are no change, however they are parted into paragraphs.
    noise = old_keys != new_keys and "".join(old_keys) == "".join(new_keys)
    blocks = [] if noise else matching_blocks(old_keys, new_keys)
    spans = [(m.old_start, m.new_start, m.length) for m in blocks]
    for (o, n, length), (next_o, next_n, _) in pairwise([(0, 0, 0), *spans, (len(old), len(new), 0)]):
        pairs += [(o + by, n + by) for by in range(length)]
        old_gap, new_gap = range(o + length, next_o), range(n + length, next_n)
        if "".join(old_keys[o + length : next_o]) == "".join(new_keys[n + length : next_n]):
            broken.update(new_gap)
            swallowed.update(old_gap)
        else:
            pairs += _alike_in_order(old, old_gap, new, new_gap)
    partner_of_new = {n: o for o, n in pairs}
    kept = swallowed.union(o for o, _ in pairs)
    left_old = [o for o in range(len(old)) if o not in kept]
    left_new = [n for n in range(len(new)) if n not in broken and n not in partner_of_new]
    moved = _moved(old, old_keys, left_old, new, new_keys, left_new)
    gone = sorted(set(left_old) - set(moved.values()))
    return _in_order(old, new, old_keys, new_keys, partner_of_new, moved, broken, gone)


def _in_order(
    old: Sequence[str],
    new: Sequence[str],
    old_keys: Sequence[str],
    new_keys: Sequence[str],
    partner_of_new: dict[int, int],
    moved: dict[int, int],
    broken: set[int],
    gone: Sequence[int],
) -> list[ParagraphDiff]:
    result: list[ParagraphDiff] = []
    waiting = list(gone)

    def put_gone(before: int) -> None:
        while waiting and waiting[0] < before:
            at = waiting.pop(0)
            part = DiffPart(kind=Change.REMOVED, text=old[at], old_text=old[at])
            result.append(ParagraphDiff(kind=Change.REMOVED, parts=(part,), old_index=at))

    for at, text in enumerate(new):
        if at in partner_of_new:
            was = partner_of_new[at]
            put_gone(was)
            kind = Change.SAME if old_keys[was] == new_keys[at] else Change.CHANGED
            result.append(
                ParagraphDiff(kind=kind, parts=word_diff(old[was], text), old_index=was, new_index=at)
            )
        elif at in moved:
            was = moved[at]
            result.append(
                ParagraphDiff(kind=Change.MOVED, parts=word_diff(old[was], text), old_index=was, new_index=at)
            )
        elif at in broken:
            result.append(ParagraphDiff(kind=Change.SAME, parts=same_text(text, text), new_index=at))
        else:
            part = DiffPart(kind=Change.ADDED, text=text)
            result.append(ParagraphDiff(kind=Change.ADDED, parts=(part,), new_index=at))
    put_gone(len(old))
    return result


def _bag(text: str) -> Counter[str]:
    return Counter(word.key for word in split_words(text))


def _likeness(old: Counter[str], new: Counter[str]) -> float:
    """Return the share of common words, 0 to 1, of the longer side: a stub is not like a long text."""
    longer = max(old.total(), new.total())
    return (old & new).total() / longer if longer else 1.0


def _alike_in_order(
    old: Sequence[str], old_gap: range, new: Sequence[str], new_gap: range
) -> list[tuple[int, int]]:
    """Return pairs of alike paragraphs of a gap, rising on both sides, the most alike first."""
    old_bags = {at: _bag(old[at]) for at in old_gap}
    new_bags = {at: _bag(new[at]) for at in new_gap}
    if max(len(old_gap), len(new_gap)) > _PAIRED:
        in_step = zip(old_gap, new_gap, strict=False)
        return [(o, n) for o, n in in_step if _likeness(old_bags[o], new_bags[n]) >= _ALIKE]
    scored = [(_likeness(old_bags[o], new_bags[n]), o, n) for o in old_gap for n in new_gap]
    pairs: list[tuple[int, int]] = []
    for score, o, n in sorted(scored, key=lambda entry: (-entry[0], entry[1], entry[2])):
        if score < _ALIKE:
            break
        if all((o < other_o and n < other_n) or (o > other_o and n > other_n) for other_o, other_n in pairs):
            pairs.append((o, n))
    return pairs


def _moved(
    old: Sequence[str],
    old_keys: Sequence[str],
    left_old: Sequence[int],
    new: Sequence[str],
    new_keys: Sequence[str],
    left_new: Sequence[int],
) -> dict[int, int]:
    """Return which old paragraph each moved new one was."""
    free: dict[str, list[int]] = {}
    for at in reversed(left_old):
        free.setdefault(old_keys[at], []).append(at)
    moved = {at: free[new_keys[at]].pop() for at in left_new if free.get(new_keys[at])}
    taken = set(moved.values())
    rest_old = [at for at in left_old if at not in taken][:_PAIRED]
    rest_new = [at for at in left_new if at not in moved][:_PAIRED]
    bags = {at: _bag(old[at]) for at in rest_old}
    for at in rest_new:
        bag = _bag(new[at])
        score, was = max(((_likeness(bags[o], bag), -o) for o in bags), default=(0.0, 0))
        if score >= _MOVED_ALIKE:
            moved[at] = -was
            del bags[-was]
    return moved


def compare_threads(old: Sequence[Comment], new: Sequence[Comment]) -> ThreadDiff:
    """Return which comments were added, removed or edited, by their keys; spelling noise is no edit.

    A comment whose key changes with its text (its publisher gives no id) is edited, and not replaced, when
    author and printed date stay.
    """
    old_by_key, new_by_key = _by_key(old), _by_key(new)
    edited: dict[tuple[str, int], CommentDiff] = {}
    for key, comment in new_by_key.items():
        was = old_by_key.get(key)
        if was is not None and letters_of(was.text) != letters_of(comment.text):
            edited[key] = CommentDiff(old=was, new=comment, parts=word_diff(was.text, comment.text))
    removed = {key: comment for key, comment in old_by_key.items() if key not in new_by_key}
    added = {key: comment for key, comment in new_by_key.items() if key not in old_by_key}
    by_signature = {_signature(comment): key for key, comment in removed.items() if _signature(comment)}
    for key, comment in list(added.items()):
        signature = _signature(comment)
        if signature in by_signature:
            was = removed.pop(by_signature.pop(signature))
            del added[key]
            edited[key] = CommentDiff(old=was, new=comment, parts=word_diff(was.text, comment.text))
    return ThreadDiff(
        added=tuple(added.values()),
        removed=tuple(removed.values()),
        edited=tuple(edited[key] for key in new_by_key if key in edited),
    )


def _by_key(comments: Sequence[Comment]) -> dict[tuple[str, int], Comment]:
    """Return comments by key and, where several share one, by their order among these."""
    seen: Counter[str] = Counter()
    by_key: dict[tuple[str, int], Comment] = {}
    for comment in comments:
        key = comment.key or comment.publisher_id or letters_of(f"{comment.author} {comment.text}")
        by_key[key, seen[key]] = comment
        seen[key] += 1
    return by_key


def _signature(comment: Comment) -> tuple[str, str] | None:
    """Return what tells an edited comment without an id; ``None`` when it has one or shows too little."""
    if comment.publisher_id or not comment.author or not comment.published_raw:
        return None
    return letters_of(comment.author), letters_of(comment.published_raw)
