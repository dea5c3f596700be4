"""How one text became another, word by word.

Compared are folded words (:mod:`pipelines.tokens`), shown are the published texts of both sides: ي for ی,
a ZWNJ, other digits, punctuation and white space are a matter of spelling and told apart from what was
changed. Bounded for long and hostile texts (:mod:`pipelines.sequences`). The difference of the same two texts
the other way round is its mirror.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import pairwise

from pipelines.sequences import Budget, Match, matching_blocks
from pipelines.text import ZWNJ, search_key
from pipelines.tokens import MAX_KEY, pieces_of


class Nature(StrEnum):
    """What a change is to a reader."""

    SUBSTANCE = "substance"
    """It says something else."""
    ORTHOGRAPHY = "orthography"
    """It says the same, spelled otherwise: letters folded alike, ZWNJ, digits, punctuation, white space."""


class Change(StrEnum):
    """What happened to a part of an article."""

    SAME = "same"
    SPELLED = "spelled"
    """The same words, spelled (or parted into paragraphs) otherwise."""
    REMOVED = "removed"
    ADDED = "added"
    CHANGED = "changed"
    """Of a whole (a title, a paragraph, an image): it differs in part."""
    MOVED = "moved"
    """It stands elsewhere; its words may differ in part."""
    RESTORED = "restored"
    """Of a comment: it had gone and is there again."""

    @property
    def nature(self) -> Nature | None:
        """What such a change is to a reader; ``None`` for ``SAME``."""
        if self is Change.SAME:
            return None
        return Nature.ORTHOGRAPHY if self is Change.SPELLED else Nature.SUBSTANCE

    @property
    def mirrored(self) -> Change:
        """What it is when old and new change places."""
        return _MIRRORED.get(self, self)


_MIRRORED = {Change.REMOVED: Change.ADDED, Change.ADDED: Change.REMOVED}


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffPart:
    """A run of words with the signs and white space around them."""

    kind: Change
    """``SAME``, ``SPELLED``, ``REMOVED`` or ``ADDED``."""
    text: str
    """As published: on the new side, of what was removed on the old one. Joined over all parts that are not
    ``REMOVED`` it is the new text, letter by letter."""
    old_text: str = ""
    """As published on the old side; empty for ``ADDED``. Joined over all parts it is the old text."""


class Words:
    """The words of a text, each with the published signs and white space that belong to it."""

    def __init__(self, text: str, letters: str | None = None) -> None:
        self.text = text
        self._letters = letters

    @cached_property
    def keys(self) -> list[str]:
        """Folded; joined they are the letters that ``fold_digest`` is made of."""
        return self._read[0]

    @property
    def letters(self) -> str:
        """The folded letters of the text without any white space."""
        if self._letters is None:
            self._letters = letters_of(self.text)
        return self._letters

    def between(self, begin: int, end: int) -> str:
        """Return the published text of words from ``begin`` up to ``end``."""
        return "".join(self.texts[begin:end])

    @cached_property
    def texts(self) -> list[str]:
        """As many as keys; joined they are the text, unless it has no word."""
        return self._read[1]

    @cached_property
    def _read(self) -> tuple[list[str], list[str]]:
        keys: list[str] = []
        texts: list[str] = []
        before = ""  # signs before the first word
        for run in _RUN.findall(self.text):
            known = _cached(run) if len(run) <= _CACHED_RUN else _read_run(run)
            if known[0]:
                keys += known[0]
                texts += known[1]
            elif texts:
                texts[-1] += run
            else:
                before += run
        if before and texts:
            texts[0] = before + texts[0]
        return keys, texts


_RUN = re.compile(r"\s*\S+\s*|\s+")
_CACHED_RUN = 64
_STEPS_OF_COMPARISON = 30
"""What it costs to compare two words, in steps of a budget."""


def _read_run(run: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the keys of a run of letters between white space, and its text in as many pieces."""
    bare = run.strip()
    pieces = [piece for piece in pieces_of(bare) if piece[0]]
    if not pieces:
        return (), ()
    if len(pieces) == 1 and len(pieces[0][0]) < MAX_KEY:
        return (pieces[0][0],), (run,)
    lead = len(run) - len(run.lstrip())
    bounds = [0, *(lead + piece[1] for piece in pieces[1:]), len(run)]
    texts = tuple(run[begin:end] for begin, end in pairwise(bounds))
    # A key that was cut would hide what changed behind the cut.
    keys = tuple(
        piece[0] if len(piece[0]) < MAX_KEY else letters_of(text)
        for piece, text in zip(pieces, texts, strict=True)
    )
    return keys, texts


_cached = lru_cache(maxsize=1 << 16)(_read_run)


def letters_of(text: str) -> str:
    """Return the folded letters of a text without any white space: what fold_digest is made of."""
    return search_key(text).replace(" ", "")


def word_diff(old: str, new: str) -> tuple[DiffPart, ...]:
    """Return how an old text became a new one, word by word; empty when both are empty.

    >>> [(part.kind.value, part.text) for part in word_diff("او مي گويد نه.", "او می\u200cگوید آری.")]
    [('same', 'او '), ('spelled', 'می\u200cگوید '), ('removed', 'نه.'), ('added', 'آری.')]
    """
    return compare_words(Words(old), Words(new), Budget())


def compare_words(old: Words, new: Words, budget: Budget) -> tuple[DiffPart, ...]:
    """Return :func:`word_diff` of two texts whose words are known, at most at the cost of a budget."""
    if old.text == new.text:
        return written(old.text, new.text)
    if not old.text or not new.text or budget.is_spent:
        # No word needs to be read to say so.
        kept = old.letters == new.letters
        return written(old.text, new.text) if kept else tuple(_replaced(old.text, new.text))
    budget.steps -= _STEPS_OF_COMPARISON
    if old.text > new.text:
        # Of several shortest tellings one is chosen: by what the texts are, and not by which came first.
        return mirrored(_told(new, old, budget))
    return _told(old, new, budget)


def mirrored(parts: Iterable[DiffPart]) -> tuple[DiffPart, ...]:
    """Return the difference of the new text to the old one."""
    result: list[DiffPart] = []
    for part in parts:
        if part.text == part.old_text and part.kind is Change.SAME:
            result.append(part)
        elif part.kind is Change.REMOVED:
            result.append(DiffPart(kind=Change.ADDED, text=part.text))
        elif part.kind is Change.ADDED:
            turned = DiffPart(kind=Change.REMOVED, text=part.text, old_text=part.text)
            # What was removed is told before what came for it.
            result.insert(len(result) - (bool(result) and result[-1].kind is Change.ADDED), turned)
        else:
            result.append(DiffPart(kind=part.kind, text=part.old_text, old_text=part.text))
    return tuple(result)


def _told(old: Words, new: Words, budget: Budget) -> tuple[DiffPart, ...]:
    if old.letters == new.letters:
        if old.keys == new.keys != []:
            return tuple(_kept(old.texts, new.texts))
        return written(old.text, new.text)
    if not old.keys or not new.keys:
        return tuple(_replaced(old.text, new.text))
    parts: list[DiffPart] = []
    old_at = new_at = 0
    spans = _whole_words(old.texts, new.texts, matching_blocks(old.keys, new.keys, budget))
    ends = [*spans, (len(old.keys), len(new.keys), 0)]
    for old_start, new_start, length in ends:
        if old_at < old_start or new_at < new_start:
            parts += _gap(old, (old_at, old_start), new, (new_at, new_start))
        old_at, new_at = old_start + length, new_start + length
        parts += _kept(old.texts[old_start:old_at], new.texts[new_start:new_at])
    return tuple(_join_kept(parts))


def _whole_words(
    old: Sequence[str], new: Sequence[str], blocks: Sequence[Match]
) -> Iterator[tuple[int, int, int]]:
    """Yield (old, new, length) of what is kept, without parts of words of which another part changed.

    «نمی‌رسد» became «می‌رسد»: a reader sees another word, and no new prefix before «رسد».
    """

    def glued(old_at: int, new_at: int) -> bool:
        """Whether what stands here goes on in what follows, on either side."""
        return old[old_at].endswith(ZWNJ) or new[new_at].endswith(ZWNJ)

    before = (0, 0)
    for block in blocks:
        o, n, length = block.old_start, block.new_start, block.length
        after = (o + length, n + length)
        if (o > before[0] and old[o - 1].endswith(ZWNJ)) or (n > before[1] and new[n - 1].endswith(ZWNJ)):
            while length:
                o, n, length = o + 1, n + 1, length - 1
                if not glued(o - 1, n - 1):
                    break
        before = after
        if after != (len(old), len(new)):
            while length and glued(o + length - 1, n + length - 1):
                length -= 1
        if length:
            yield o, n, length


def _kept(old: Sequence[str], new: Sequence[str]) -> Iterator[DiffPart]:
    """Yield words that are the same, those that are spelled otherwise apart."""
    if old == new:
        yield from written("".join(old), "".join(new))
        return
    begin = 0
    differs = [a != b for a, b in zip(old, new, strict=True)]
    for at in range(1, len(differs) + 1):
        if at == len(differs) or differs[at] != differs[begin]:
            yield from written("".join(old[begin:at]), "".join(new[begin:at]))
            begin = at


def _gap(old: Words, old_span: tuple[int, int], new: Words, new_span: tuple[int, int]) -> Iterator[DiffPart]:
    """Yield what two runs without a common word are; words parted otherwise («گفتوگو») are the same."""
    old_begin, old_end = old_span
    new_begin, new_end = new_span
    head_old, head_new = _same_letters(
        old.keys[old_begin:old_end],
        new.keys[new_begin:new_end],
        _ends(old.texts[old_begin:old_end]),
        _ends(new.texts[new_begin:new_end]),
    )
    tail_old, tail_new = _same_letters(
        [key[::-1] for key in old.keys[old_begin + head_old : old_end][::-1]],
        [key[::-1] for key in new.keys[new_begin + head_new : new_end][::-1]],
        _begins(old.texts[old_begin + head_old : old_end]),
        _begins(new.texts[new_begin + head_new : new_end]),
    )
    yield from written(
        old.between(old_begin, old_begin + head_old), new.between(new_begin, new_begin + head_new)
    )
    yield from _replaced(
        old.between(old_begin + head_old, old_end - tail_old),
        new.between(new_begin + head_new, new_end - tail_new),
    )
    yield from written(old.between(old_end - tail_old, old_end), new.between(new_end - tail_new, new_end))


def _ends(texts: Sequence[str]) -> list[bool]:
    """Return of each text whether a whole word ends with it."""
    return [not text.endswith(ZWNJ) for text in texts]


def _begins(texts: Sequence[str]) -> list[bool]:
    """Return of each text, from the last one back, whether a whole word begins with it."""
    return [*_ends(texts[:-1])[::-1], True]


def _same_letters(
    old: Sequence[str], new: Sequence[str], old_whole: Sequence[bool], new_whole: Sequence[bool]
) -> tuple[int, int]:
    """Return how many words at the beginning of each side spell the same letters, whole words only."""
    if not old or not new or old[0][0] != new[0][0]:
        return (0, 0)
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
        if old_length == new_length and old_whole[old_at - 1] and new_whole[new_at - 1]:
            best = (old_at, new_at)
    return best


def _replaced(removed: str, added: str) -> Iterator[DiffPart]:
    if removed:
        yield DiffPart(kind=Change.REMOVED, text=removed, old_text=removed)
    if added:
        yield DiffPart(kind=Change.ADDED, text=added)


def written(old: str, new: str) -> tuple[DiffPart, ...]:
    """Return one part of the same words on both sides, or none when it is empty."""
    if not old and not new:
        return ()
    return (DiffPart(kind=Change.SAME if old == new else Change.SPELLED, text=new, old_text=old),)


def _join_kept(parts: Sequence[DiffPart]) -> Iterator[DiffPart]:
    """Join neighbours that are the same alike, or spelled otherwise alike."""
    waiting: list[DiffPart] = []
    for part in parts:
        if waiting and (waiting[0].kind is not part.kind or part.kind.nature is Nature.SUBSTANCE):
            yield _joined(waiting)
            waiting = []
        waiting.append(part)
    if waiting:
        yield _joined(waiting)


def _joined(parts: Sequence[DiffPart]) -> DiffPart:
    if len(parts) == 1:
        return parts[0]
    text, old_text = "".join(part.text for part in parts), "".join(part.old_text for part in parts)
    return DiffPart(kind=parts[0].kind, text=text, old_text=old_text)
