"""What became of the paragraphs of an article: kept, spelled otherwise, changed, moved, added, removed.

Paragraphs of the same letters are found first, in order and then out of it; of the rest those that share half
of their words are one paragraph that was changed. Candidates come from an index of the words and pairs of
words that few paragraphs have, so that ten thousand paragraphs cost no hundred million comparisons.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipelines.sequences import Budget, matching_blocks
from pipelines.text import letters_of_each
from pipelines.word_diff import Change, DiffPart, Nature, Words, compare_words, mirrored, written

_ALIKE = 0.5
"""A paragraph is a changed one, and not another, when it shares half of its words; half a sentence rewritten
stays above, two paragraphs on one subject share about a fifth."""
_MOVED_ALIKE = 0.75
"""Out of its place a paragraph must be more alike to be the same one."""
_COMMON = 12
"""A word (or pair of words) that more paragraphs have tells none of them."""
_MANY = 20_000
"""Where more paragraphs than this are left on both sides together, what stands between kept ones is told as
removed and added, all of it at once: true, and nobody reads 20,000 changes one by one."""
_CANDIDATES = 4
"""So many paragraphs, those that share most of what is rare, are looked at closely."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParagraphDiff:
    """One paragraph of either side, or of both."""

    kind: Change
    """Never ``RESTORED``. ``SPELLED`` also when the same words were only parted into paragraphs otherwise."""
    parts: tuple[DiffPart, ...]
    old_index: int | None = None
    """Its number on the old side, from 0; ``None`` when it was added."""
    new_index: int | None = None
    """Its number on the new side; ``None`` when it was removed."""
    old_count: int = 1
    """Of how many paragraphs of the old side it tells: 0 when it was added, several when they were parted
    otherwise, or removed together with too many others to tell of each (then a blank line stands between them
    in ``parts``)."""
    new_count: int = 1

    @property
    def nature(self) -> Nature | None:
        """What the change is to a reader; ``None`` when there is none."""
        return self.kind.nature


PARTED = "\n\n"
"""Stands between paragraphs of which one :class:`ParagraphDiff` tells together."""


def compare_paragraphs(
    old: Sequence[str], new: Sequence[str], budget: Budget | None = None
) -> tuple[ParagraphDiff, ...]:
    """Return what became of each paragraph, in the order of the new side; every one is told of once.

    What was removed stands after what it followed on the old side. Of the same two sides the other way round
    it is the mirror.
    """
    budget = Budget() if budget is None else budget
    if list(old) > list(new):
        # As in word_diff: which of several tellings is chosen must not hang on which side came first.
        found = [_mirror(one) for one in _Alignment(new, old, budget).told()]
    else:
        found = list(_Alignment(old, new, budget).told())
    return tuple(_in_order(found))


def _mirror(one: ParagraphDiff) -> ParagraphDiff:
    return ParagraphDiff(
        kind=one.kind.mirrored,
        parts=mirrored(one.parts),
        old_index=one.new_index,
        new_index=one.old_index,
        old_count=one.new_count,
        new_count=one.old_count,
    )


def _in_order(found: Sequence[ParagraphDiff]) -> Iterator[ParagraphDiff]:
    """Yield in the order of the new side, what it has not any more after what that followed."""
    gone = sorted((one for one in found if one.new_index is None), key=lambda one: one.old_index or 0)
    there = sorted((one for one in found if one.new_index is not None), key=lambda one: one.new_index or 0)
    at = 0
    for one in there:
        if one.old_index is not None and one.kind is not Change.MOVED:
            while at < len(gone) and (gone[at].old_index or 0) < one.old_index:
                yield gone[at]
                at += 1
        yield one
    yield from gone[at:]


class _Alignment:
    """Which paragraph became which."""

    def __init__(self, old: Sequence[str], new: Sequence[str], budget: Budget) -> None:
        self._old, self._new, self._budget = old, new, budget
        texts = dict.fromkeys((*old, *new))
        letters = dict(zip(texts, letters_of_each(texts), strict=True))
        self._old_letters = [letters[text] for text in old]
        self._new_letters = [letters[text] for text in new]
        self._letters = letters
        self._known: dict[str, Words] = {}
        self._pairs: dict[int, int] = {}  # new to old, rising on both sides
        self._moved: dict[int, int] = {}  # new to old
        self._parted: list[tuple[range, range]] = []
        self._gaps: list[tuple[range, range]] = []

    def told(self) -> Iterator[ParagraphDiff]:
        """Yield what became of each paragraph, in no order."""
        old, new = self._old, self._new
        self._find_kept()
        left_old = [at for gap, _ in self._gaps for at in gap]
        left_new = [at for _, gap in self._gaps for at in gap]
        if len(left_old) + len(left_new) > _MANY:
            for old_gap, new_gap in self._gaps:
                if old_gap:
                    yield self._alone(old_gap, range(0))
                if new_gap:
                    yield self._alone(range(0), new_gap)
            left_old, left_new = [], []
        left_old, left_new = self._find_moved(left_old, left_new)
        left_old, left_new = self._find_changed(left_old, left_new)
        for n, o in sorted(self._pairs.items()):
            if old[o] == new[n]:
                parts = written(old[o], new[n])
                yield ParagraphDiff(kind=Change.SAME, parts=parts, old_index=o, new_index=n)
                continue
            parts = compare_words(self._words(old[o]), self._words(new[n]), self._budget)
            kept = self._old_letters[o] == self._new_letters[n]
            kind = Change.SPELLED if kept else Change.CHANGED
            yield ParagraphDiff(kind=kind, parts=parts, old_index=o, new_index=n)
        for n, o in sorted(self._moved.items()):
            parts = compare_words(self._words(old[o]), self._words(new[n]), self._budget)
            yield ParagraphDiff(kind=Change.MOVED, parts=parts, old_index=o, new_index=n)
        for old_gap, new_gap in self._parted:
            yield self._together(old_gap, new_gap)
        yield from (self._alone(range(0), range(at, at + 1)) for at in left_new)
        yield from (self._alone(range(at, at + 1), range(0)) for at in left_old)

    def _words(self, text: str) -> Words:
        """Return the words of a text; read once, and only of those that are looked at closely."""
        if text not in self._known:
            self._known[text] = Words(text, self._letters[text])
        return self._known[text]

    def _find_kept(self) -> None:
        """Find paragraphs of the same letters in order, and what lies between them."""
        old, new = self._old, self._new
        head = 0
        while head < min(len(old), len(new)) and old[head] == new[head]:
            self._pairs[head] = head
            head += 1
        tail = 0
        while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
            tail += 1
            self._pairs[len(new) - tail] = len(old) - tail
        old_keys = self._old_letters[head : len(old) - tail]
        new_keys = self._new_letters[head : len(new) - tail]
        spans: list[tuple[int, int, int]] = []
        # The same letters throughout are no change, however they are parted into paragraphs.
        if old_keys == new_keys or "".join(old_keys) != "".join(new_keys):
            blocks = matching_blocks(old_keys, new_keys, self._budget)
            spans = [(m.old_start, m.new_start, m.length) for m in blocks]
        ends = [(0, 0, 0), *spans, (len(old_keys), len(new_keys), 0)]
        for (o, n, length), (next_o, next_n, _) in pairwise(ends):
            self._pairs.update((head + n + by, head + o + by) for by in range(length))
            old_gap = range(head + o + length, head + next_o)
            new_gap = range(head + n + length, head + next_n)
            if not old_gap and not new_gap:
                continue
            if "".join(old_keys[o + length : next_o]) == "".join(new_keys[n + length : next_n]):
                self._parted.append((old_gap, new_gap))
            else:
                self._gaps.append((old_gap, new_gap))

    def _find_moved(self, left_old: list[int], left_new: list[int]) -> tuple[list[int], list[int]]:
        """Find paragraphs of the same letters out of their order; return what is left."""
        free: dict[str, list[int]] = {}
        for at in reversed(left_old):
            # What has no letters (a row of stars) is no paragraph that could move.
            if self._old_letters[at]:
                free.setdefault(self._old_letters[at], []).append(at)
        for at in left_new:
            if free.get(self._new_letters[at]):
                self._moved[at] = free[self._new_letters[at]].pop()
        return self._left(left_old, left_new)

    def _left(self, left_old: list[int], left_new: list[int]) -> tuple[list[int], list[int]]:
        taken = {*self._moved.values(), *self._pairs.values()}
        return (
            [at for at in left_old if at not in taken],
            [at for at in left_new if at not in self._moved and at not in self._pairs],
        )

    def _find_changed(self, left_old: list[int], left_new: list[int]) -> tuple[list[int], list[int]]:
        """Find paragraphs that are alike; return what is left."""
        old_gap = {at: number for number, (gap, _) in enumerate(self._gaps) for at in gap}
        new_gap = {at: number for number, (_, gap) in enumerate(self._gaps) for at in gap}
        scored = sorted(self._scored(left_old, left_new), key=lambda entry: (-entry[0], entry[1], entry[2]))
        rising = [_Rising() for _ in self._gaps]
        taken_old, taken_new = set[int](), set[int]()
        for in_place in (True, False):
            for score, o, n in scored:
                if o in taken_old or n in taken_new or (score < _MOVED_ALIKE and not in_place):
                    continue
                if in_place:
                    if old_gap[o] != new_gap[n] or not rising[old_gap[o]].add(o, n):
                        continue
                    self._pairs[n] = o
                else:
                    self._moved[n] = o
                taken_old.add(o)
                taken_new.add(n)
        return self._left(left_old, left_new)

    def _scored(self, left_old: Sequence[int], left_new: Sequence[int]) -> Iterator[tuple[float, int, int]]:
        """Yield (likeness, old, new) of paragraphs that are alike enough to be one."""
        if not left_old or not left_new:
            return
        bags: dict[Words, Counter[str]] = {}

        def likeness(o: int, n: int) -> float:
            one, two = self._words(self._old[o]), self._words(self._new[n])
            longer = max(len(one.keys), len(two.keys))
            # A stub is not like a long text, and need not be counted.
            if not longer or min(len(one.keys), len(two.keys)) < longer * _ALIKE:
                return 0.0
            for words in (one, two):
                if words not in bags:
                    bags[words] = Counter(words.keys)
            first, second = bags[one], bags[two]
            shared = [min(times, second[key]) for key, times in first.items() if key in second]
            return sum(shared) / longer

        pairs = set(self._in_step(left_old, left_new))
        features = {n: _features(self._words(self._new[n])) for n in left_new}
        having: dict[str | tuple[str, str], list[int]] = {}
        asked = set[str | tuple[str, str]]().union(*features.values())
        for o in left_old:
            for feature in asked & _features(self._words(self._old[o])):
                having.setdefault(feature, []).append(o)
        telling = {feature: found for feature, found in having.items() if len(found) <= _COMMON}
        known = set(telling)
        for n in left_new:
            shared: Counter[int] = Counter()
            for feature in features[n] & known:
                shared.update(telling[feature])
            best = sorted(shared.items(), key=lambda entry: (-entry[1], entry[0]))[:_CANDIDATES]
            pairs.update((o, n) for o, _ in best)
        for o, n in sorted(pairs):
            if self._budget.is_spent:
                return
            score = likeness(o, n)
            if score >= _ALIKE:
                yield score, o, n

    def _in_step(self, left_old: Sequence[int], left_new: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Yield the n-th old paragraph of each gap with the n-th new one: all may be of common words."""
        old_left, new_left = set(left_old), set(left_new)
        for old_gap, new_gap in self._gaps:
            yield from zip(
                (at for at in old_gap if at in old_left),
                (at for at in new_gap if at in new_left),
                strict=False,
            )

    def _together(self, old_gap: range, new_gap: range) -> ParagraphDiff:
        old_text = PARTED.join(self._old[at] for at in old_gap)
        new_text = PARTED.join(self._new[at] for at in new_gap)
        return ParagraphDiff(
            kind=Change.SPELLED,
            parts=written(old_text, new_text),
            old_index=old_gap[0] if old_gap else None,
            new_index=new_gap[0] if new_gap else None,
            old_count=len(old_gap),
            new_count=len(new_gap),
        )

    def _alone(self, old: range, new: range) -> ParagraphDiff:
        """Return what paragraphs in a row are that only one side has; the other's range is empty."""
        removed, added = (
            PARTED.join(side[gap.start : gap.stop]) for side, gap in ((self._old, old), (self._new, new))
        )
        if any(self._old_letters[old.start : old.stop]) or any(self._new_letters[new.start : new.stop]):
            kind = Change.REMOVED if old else Change.ADDED
            parts: tuple[DiffPart, ...] = (DiffPart(kind=kind, text=removed or added, old_text=removed),)
        else:
            # Paragraphs of signs only («***») say nothing.
            kind, parts = Change.SPELLED, written(removed, added)
        return ParagraphDiff(
            kind=kind,
            parts=parts,
            old_index=old.start if old else None,
            new_index=new.start if new else None,
            old_count=len(old),
            new_count=len(new),
        )


class _Rising:
    """Pairs that rise on both sides."""

    def __init__(self) -> None:
        self._pairs: list[tuple[int, int]] = []

    def add(self, old: int, new: int) -> bool:
        """Take a pair when it keeps the order; return whether it was taken."""
        at = bisect_left(self._pairs, (old, new))
        if at and self._pairs[at - 1][1] >= new:
            return False
        if at < len(self._pairs) and (self._pairs[at][0] <= old or self._pairs[at][1] <= new):
            return False
        self._pairs.insert(at, (old, new))
        return True


def _features(words: Words) -> set[str | tuple[str, str]]:
    """Return what a paragraph may be known by: its words and its pairs of neighbours."""
    keys = words.keys
    return {*keys, *pairwise(keys)}
