"""The difference of two sequences in bounded time.

difflib is quadratic on long texts and worse on repetitive ones. Here the elements that are unique on both
sides are taken as anchors first (Bram Cohen's patience diff), which leaves small gaps for a shortest edit
script (Myers 1986, greedy, with a bound); where the bound is met, a gap is told as replaced: true, if not the
shortest telling.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise

MAX_EDITS = 300
"""A gap with more edits than this is told as replaced; its cost grows with the square (300: some 20 ms)."""
MAX_STEPS = 250_000
"""Over all gaps that one budget pays for: about a fifth of a second of work."""
_FEW = 40
"""A gap that is longer on both sides is parted by rows of words first."""
_LEAST_STEPS = 2000
"""What any gap may cost, also when a text before it took all."""
_MOST_DEBT = 250_000
"""What all these may cost together; then nothing more is looked at."""


class Budget:
    """Steps that are left for the comparisons of one article; the texts compared share them."""

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self.steps = steps

    @property
    def is_spent(self) -> bool:
        """True when nothing may be compared any more: what differs is told as replaced."""
        return self.steps < -_MOST_DEBT


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Elements that are the same: ``old[old_start:][:length]`` and ``new[new_start:][:length]``."""

    old_start: int
    new_start: int
    length: int


def matching_blocks(
    old: Sequence[Hashable], new: Sequence[Hashable], budget: Budget | None = None
) -> list[Match]:
    """Return what two sequences share, in order; rising on both sides, never overlapping.

    Spends a budget (one of its own when none is given); with none left, what has no anchors shares nothing.

    >>> [(m.old_start, m.new_start, m.length) for m in matching_blocks("abcd", "abxd")]
    [(0, 0, 2), (3, 3, 1)]
    """
    budget = Budget() if budget is None else budget
    # What the other side has not can match nothing; without it the rest is parted by fewer edits.
    shared = set(old).intersection(new)
    kept_old = [at for at, element in enumerate(old) if element in shared]
    kept_new = [at for at, element in enumerate(new) if element in shared]
    pairs = _pairs([old[at] for at in kept_old], [new[at] for at in kept_new], budget)
    return _blocks(sorted([(kept_old[o], kept_new[n]) for o, n in pairs]))


def _pairs(old: Sequence[Hashable], new: Sequence[Hashable], budget: Budget) -> list[tuple[int, int]]:
    """Return the places of what two sequences share, in no order."""
    pairs: list[tuple[int, int]] = []
    # A work list and no recursion: anchors may nest as deep as the text is long.
    gaps = [(0, len(old), 0, len(new))]
    while gaps:
        old_begin, old_end, new_begin, new_end = gaps.pop()
        while old_begin < old_end and new_begin < new_end and old[old_begin] == new[new_begin]:
            pairs.append((old_begin, new_begin))
            old_begin, new_begin = old_begin + 1, new_begin + 1
        while old_begin < old_end and new_begin < new_end and old[old_end - 1] == new[new_end - 1]:
            old_end, new_end = old_end - 1, new_end - 1
            pairs.append((old_end, new_end))
        if old_begin == old_end or new_begin == new_end:
            continue
        size = old_end - old_begin + new_end - new_begin
        if budget.is_spent or budget.steps < size > _LEAST_STEPS:
            continue
        budget.steps -= size
        gap = (old_begin, old_end, new_begin, new_end)
        anchors = _anchors(old, new, gap, 1)
        if not anchors and min(old_end - old_begin, new_end - new_begin) > _FEW:
            # A long text may use no word only once, but hardly a row of them.
            budget.steps -= size
            anchors = _anchors(old, new, gap, 4) or _anchors(old, new, gap, 16)
        if anchors:
            pairs += anchors
            edges = [(old_begin - 1, new_begin - 1), *anchors, (old_end, new_end)]
            gaps += [(before[0] + 1, after[0], before[1] + 1, after[1]) for before, after in pairwise(edges)]
        else:
            steps = max(budget.steps, _LEAST_STEPS)
            found, cost = _shortest_edit(old[old_begin:old_end], new[new_begin:new_end], steps)
            budget.steps -= cost
            pairs += [(old_begin + x, new_begin + y) for x, y in found]
    return pairs


def _blocks(pairs: list[tuple[int, int]]) -> list[Match]:
    blocks: list[Match] = []
    at = 0
    while at < len(pairs):
        old_start, new_start = pairs[at]
        length = 1
        while at + length < len(pairs) and pairs[at + length] == (old_start + length, new_start + length):
            length += 1
        blocks.append(Match(old_start=old_start, new_start=new_start, length=length))
        at += length
    return blocks


def _places(elements: Sequence[Hashable], begin: int, end: int, row: int) -> dict[Hashable, int]:
    """Return where each row of so many elements begins that begins but once."""
    part = elements[begin:end]
    rows = part if row == 1 else list(zip(*(part[at:] for at in range(row)), strict=False))
    times = Counter(rows)
    return {key: at for at, key in enumerate(rows, begin) if times[key] == 1}


def _anchors(
    old: Sequence[Hashable], new: Sequence[Hashable], gap: tuple[int, int, int, int], row: int
) -> list[tuple[int, int]]:
    """Return the longest rising list of places where rows begin that occur once on each side."""
    places = _places(old, gap[0], gap[1], row)
    seen = _places(new, gap[2], gap[3], row)
    unique = [(places[key], at) for key, at in seen.items() if key in places]
    unique.sort(key=lambda pair: pair[1])
    # Longest increasing subsequence by patience sorting, over the places in ``old``.
    tops: list[int] = []
    holders: list[int] = []
    before: list[int] = []
    for number, (place, _) in enumerate(unique):
        pile = bisect_left(tops, place)
        before.append(holders[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(place)
            holders.append(number)
        else:
            tops[pile], holders[pile] = place, number
    rising: list[tuple[int, int]] = []
    number = holders[-1] if holders else -1
    while number >= 0:
        rising.append(unique[number])
        number = before[number]
    return rising[::-1]


def _shortest_edit(
    old: Sequence[Hashable], new: Sequence[Hashable], steps: int
) -> tuple[list[tuple[int, int]], int]:
    """Return the pairs that a shortest edit script keeps, and the steps it took; no pairs past a bound."""
    reach = {1: 0}
    trace: list[dict[int, int]] = []
    cost = 0
    for edits in range(min(len(old) + len(new), MAX_EDITS) + 1):
        trace.append(dict(reach))
        cost += 2 * edits + 1
        if cost > steps:
            break
        for diagonal in range(-edits, edits + 1, 2):
            if diagonal == -edits or (diagonal != edits and reach[diagonal - 1] < reach[diagonal + 1]):
                x = reach[diagonal + 1]
            else:
                x = reach[diagonal - 1] + 1
            y = x - diagonal
            while x < len(old) and y < len(new) and old[x] == new[y]:
                x, y = x + 1, y + 1
                cost += 1
            reach[diagonal] = x
            if x >= len(old) and y >= len(new):
                return _walk_back(trace, len(old), len(new)), cost
    return [], cost


def _walk_back(trace: list[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for edits in range(len(trace) - 1, -1, -1):
        reach = trace[edits]
        diagonal = x - y
        down = diagonal == -edits or (diagonal != edits and reach[diagonal - 1] < reach[diagonal + 1])
        came_from = diagonal + 1 if down else diagonal - 1
        start_x = reach[came_from] if edits else 0
        start_y = start_x - came_from if edits else 0
        while x > start_x and y > start_y and (not edits or x - start_x > (not down) or y - start_y > down):
            x, y = x - 1, y - 1
            pairs.append((x, y))
        x, y = start_x, start_y
    return pairs
