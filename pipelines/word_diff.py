"""How one text became another, word by word.

Compared are folded words (:mod:`pipelines.tokens`), shown are the published texts of both sides: ي for ی,
a ZWNJ, other digits, punctuation and white space are no change. Bounded for long and hostile texts
(:mod:`pipelines.sequences`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipelines.sequences import matching_blocks
from pipelines.text import search_key
from pipelines.tokens import split_words


class Change(StrEnum):
    """What happened to a part of a text."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"
    CHANGED = "changed"
    """Of a paragraph: its words differ in part."""
    MOVED = "moved"
    """Of a paragraph: it stands elsewhere; its words may differ in part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffPart:
    """A run of words with the signs and white space after them."""

    kind: Change
    """``SAME``, ``REMOVED`` or ``ADDED``."""
    text: str
    """As published: on the new side, of what was removed on the old one. Joined over all parts that are not
    ``REMOVED`` it is the new text, letter by letter."""
    old_text: str = ""
    """As published on the old side; empty for ``ADDED``. Joined over all parts it is the old text."""


def word_diff(old: str, new: str) -> tuple[DiffPart, ...]:
    """Return how an old text became a new one, word by word; empty when both are empty.

    >>> [(part.kind.value, part.text) for part in word_diff("او مي گويد نه.", "او می\u200cگوید آری.")]
    [('same', 'او می\u200cگوید '), ('removed', 'نه.'), ('added', 'آری.')]
    """
    if old == new or letters_of(old) == letters_of(new):
        return same_text(old, new)
    old_words, new_words = _Words(old), _Words(new)
    if not old_words.keys or not new_words.keys:
        return tuple(_replaced(old, new))
    parts: list[DiffPart] = []
    old_at = new_at = 0
    blocks = matching_blocks(old_words.keys, new_words.keys)
    ends = [
        *((m.old_start, m.new_start, m.length) for m in blocks),
        (len(old_words.keys), len(new_words.keys), 0),
    ]
    for old_start, new_start, length in ends:
        parts += _gap(old_words, (old_at, old_start), new_words, (new_at, new_start))
        old_at, new_at = old_start + length, new_start + length
        parts += same_text(old_words.text(old_start, old_at), new_words.text(new_start, new_at))
    return tuple(_joinsame_text(parts))


class _Words:
    """The words of a text, each with the published text up to the next one."""

    def __init__(self, text: str) -> None:
        words = split_words(text)
        self.keys = [word.key for word in words]
        # What stands before the first word belongs to it; a text without words is one piece.
        self._bounds = [0, *(word.start for word in words[1:]), len(text)] if words else [0]
        self._text = text

    def text(self, begin: int, end: int) -> str:
        return self._text[self._bounds[begin] : self._bounds[end]] if begin < end else ""


def _gap(
    old: _Words, old_span: tuple[int, int], new: _Words, new_span: tuple[int, int]
) -> Iterator[DiffPart]:
    """Yield what two runs without a common word are; words parted otherwise («گفتوگو») are the same."""
    old_begin, old_end = old_span
    new_begin, new_end = new_span
    head_old, head_new = _same_letters(old.keys[old_begin:old_end], new.keys[new_begin:new_end])
    tail_old, tail_new = _same_letters(
        [key[::-1] for key in old.keys[old_begin + head_old : old_end][::-1]],
        [key[::-1] for key in new.keys[new_begin + head_new : new_end][::-1]],
    )
    yield from same_text(old.text(old_begin, old_begin + head_old), new.text(new_begin, new_begin + head_new))
    yield from _replaced(
        old.text(old_begin + head_old, old_end - tail_old), new.text(new_begin + head_new, new_end - tail_new)
    )
    yield from same_text(old.text(old_end - tail_old, old_end), new.text(new_end - tail_new, new_end))


def _same_letters(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """Return how many words at the beginning of each side spell the same letters."""
    best = (0, 0)
    old_length = new_length = old_at = new_at = 0
    old_letters, new_letters = "".join(old), "".join(new)
    common = next(
        (at for at, (a, b) in enumerate(zip(old_letters, new_letters, strict=False)) if a != b),
        min(len(old_letters), len(new_letters)),
    )
    while old_at < len(old) or new_at < len(new):
        if old_length <= new_length and old_at < len(old):
            old_length, old_at = old_length + len(old[old_at]), old_at + 1
        elif new_at < len(new):
            new_length, new_at = new_length + len(new[new_at]), new_at + 1
        else:
            break
        if max(old_length, new_length) > common:
            break
        if old_length == new_length:
            best = (old_at, new_at)
    return best


def _replaced(removed: str, added: str) -> Iterator[DiffPart]:
    if removed:
        yield DiffPart(kind=Change.REMOVED, text=removed, old_text=removed)
    if added:
        yield DiffPart(kind=Change.ADDED, text=added)


def same_text(old: str, new: str) -> tuple[DiffPart, ...]:
    """Return one part that is the same on both sides, or none when it is empty."""
    return (DiffPart(kind=Change.SAME, text=new, old_text=old),) if old or new else ()


def _joinsame_text(parts: Sequence[DiffPart]) -> Iterator[DiffPart]:
    joined: list[DiffPart] = []
    for part in parts:
        if joined and joined[-1].kind is part.kind is Change.SAME:
            joined[-1] = DiffPart(
                kind=Change.SAME,
                text=joined[-1].text + part.text,
                old_text=joined[-1].old_text + part.old_text,
            )
        else:
            joined.append(part)
    yield from joined


def letters_of(text: str) -> str:
    """Return the folded letters of a text without any white space: what fold_digest is made of."""
    return search_key(text).replace(" ", "")
