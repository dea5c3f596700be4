"""Learning what repeats on the pages of one source, from the articles as they are read without it.

A learner is given its articles in the order of their captures and looks at windows of them: a plea lives for
some months. What is asked of a text to count as the site's is asked of *distinct articles* (by address and
headline, without one by text: a page under twenty addresses is one). A correction note, a quotation, the
introduction of a series stand on a few articles of many and stay. How sure: the lower end of Wilson's
interval (95 %) of the share of articles, so that few pages must agree nearly all and many may differ.

Somebody may repeat an article's paragraph under all other articles to have it left out. Comments are no
blocks of an article, so it gains nothing; where they were not told from the article, what is learned is the
paragraph *in the comments' box*, and it stays in the article's, unless a site puts both into boxes of the
same tags and names. What remains is to forge it into more than three in ten of the articles themselves;
the capture keeps it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

from pipelines.learned import BlockKey, LearnedShape, LearnedText, SiteBoilerplate

WINDOW = 200
"""Articles that are compared with each other; a new window begins at the middle of the one before."""
MOST_BLOCKS = 500
"""Of one article. Longer ones are read, but teach by their beginning."""
MOST_TEXTS = 2_000
MOST_SHAPES = 500
MOST_SEEN = 2_000
_FEWEST = 6
"""Articles on which a text must stand, whatever their share: two or three share one by chance."""
_SHARE = 0.3
_SHARE_LABEL = 0.5
"""A short line («پرسش و پاسخ») may head many articles and yet be theirs."""
_GROUP = 10
_SHARE_GROUP = 0.5
"""Within one section or template, where a part of the articles decides."""
_LISTED = 0.8
"""Share of a box's blocks that are other articles. Below 1, since not every article it names was captured."""
_SEVERAL = 3
"""Articles on which a text must stand in a box to be the site's in that box."""
_TEASER = 3
"""Blocks under a listed headline that may belong to it."""
_SHARE_OUTSIDE = 0.6
"""Of the articles that have a box, those whose text does not reach it; well above half, since where the text
ends is what single pages judge least surely."""
_Z = 1.96

Learned = TypeVar("Learned", LearnedText, LearnedShape)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSample:
    """What one article teaches; made by :func:`pipelines.sample_page`."""

    url: str
    """Canonical, without fragment: the article's identity within its source."""
    title: str
    """Digest of the headline's words; empty when it has none."""
    template: str
    """Shape of the element that holds the text; empty when it has no name."""
    keys: tuple[BlockKey, ...]
    """The blocks inside the element that holds the text, in order; at most ``MOST_BLOCKS``."""
    read: tuple[bool, ...]
    """For each, whether it is part of the article as read without anything learned."""
    outside: tuple[tuple[str, str], ...] = ()
    """Shapes that hold text elsewhere on the page, each once, and the beginning of that text."""

    @property
    def section(self) -> str:
        """First folder of the address; empty for none and for a number (a year is no section)."""
        folder, _, rest = urlsplit(self.url).path.lstrip("/").partition("/")
        return folder if rest and not folder.isdecimal() else ""


class SiteLearner:
    """Learns from samples in the order they are added; holds at most ``WINDOW`` of them."""

    def __init__(self) -> None:
        self._window: list[PageSample] = []
        self._memory = _Memory()
        self._pages = 0

    def add(self, sample: PageSample) -> None:
        """Take note of an article. One that is in the window already, by any sign, teaches nothing new."""
        if any(_is_same(sample, other) for other in self._window):
            return
        self._pages += 1
        self._window.append(sample)
        if len(self._window) == WINDOW:
            self._memory = _after(self._memory, self._window)
            del self._window[: WINDOW // 2]

    def learn(self) -> SiteBoilerplate:
        """Return what was learned so far; the same for the same samples in the same order."""
        memory = _after(self._memory, self._window)
        seen = sorted(shape for shape, pages in memory.seen.items() if pages >= _SEVERAL)
        return SiteBoilerplate(
            pages=self._pages,
            texts=tuple(sorted(memory.texts, key=lambda one: one.digest)),
            shapes=tuple(sorted(memory.shapes, key=lambda one: one.digest)),
            outside=tuple(sorted(memory.outside, key=lambda one: one.digest)),
            seen=tuple(seen),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Memory:
    """What whole windows showed."""

    texts: tuple[LearnedText, ...] = ()
    shapes: tuple[LearnedShape, ...] = ()
    outside: tuple[LearnedShape, ...] = ()
    seen: Counter[str] = field(default_factory=Counter)
    """On how many articles of one window each shape held text."""


def _after(memory: _Memory, window: Sequence[PageSample]) -> _Memory:
    """Return what is known after one more window, the best attested where it is too much."""
    texts = _repeated(window)
    shapes = _listing(window, {one.digest for one in texts})
    seen = memory.seen | Counter(
        shape for sample in window for shape in {key.shape for key in sample.keys if key.shape}
    )
    most = sorted(seen.items(), key=lambda item: (-item[1], item[0]))[:MOST_SEEN]
    return _Memory(
        texts=_best((*memory.texts, *texts), MOST_TEXTS),
        shapes=_best((*memory.shapes, *shapes), MOST_SHAPES),
        outside=_best((*memory.outside, *_outside(window)), MOST_SHAPES),
        seen=Counter(dict(most)),
    )


def _best(known: Iterable[Learned], most: int) -> tuple[Learned, ...]:
    """Return each once, with its best evidence; the latest of what is attested alike."""
    best: dict[str, Learned] = {}
    for one in known:
        if one.digest not in best or best[one.digest].pages <= one.pages:
            best[one.digest] = one
    return tuple(sorted(best.values(), key=lambda one: (-one.pages, one.digest))[:most])


def steady(
    previous: SiteBoilerplate | None, fresh: SiteBoilerplate, samples: Iterable[PageSample]
) -> SiteBoilerplate:
    """Return ``previous`` while both leave out the same of all samples, so that a revision means a change."""
    if previous is None or previous.format != fresh.format:
        return fresh
    if all(previous.drops(sample.keys) == fresh.drops(sample.keys) for sample in samples):
        return previous
    return fresh


def _is_same(one: PageSample, other: PageSample) -> bool:
    if one.url == other.url:
        return True
    if one.title or other.title:
        return one.title == other.title
    return [key.words for key in one.keys] == [key.words for key in other.keys]


def _at_least(found: int, of: int) -> float:
    """Return the lower end of Wilson's interval of a share.

    >>> round(_at_least(10, 10), 2), round(_at_least(60, 200), 2), round(_at_least(6, 10), 2)
    (0.72, 0.24, 0.31)
    """
    if not of:
        return 0.0
    share, square = found / of, _Z * _Z
    middle = share + square / (2 * of)
    spread = _Z * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return (middle - spread) / (1 + square / of)


def _repeated(window: Sequence[PageSample]) -> list[LearnedText]:
    """Return the texts that stand on enough of the articles, or of those of one section or template."""
    if len(window) < _FEWEST:
        return []
    total: Counter[str] = Counter()
    within: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    sizes: Counter[tuple[str, str]] = Counter()
    first: dict[str, BlockKey] = {}
    boxes: dict[str, Counter[str]] = defaultdict(Counter)
    for sample in window:
        keys = {key.text: key for key, read in zip(sample.keys, sample.read, strict=True) if read}
        total.update(keys.keys())
        for group in (("section", sample.section), ("template", sample.template)):
            if group[1]:
                sizes[group] += 1
                within[group].update(keys.keys())
        for digest, key in keys.items():
            first.setdefault(digest, key)
            boxes[digest][key.shape] += 1
    found: list[LearnedText] = []
    for digest, pages in total.items():
        if pages < _FEWEST:
            continue
        key = first[digest]
        share = _SHARE_LABEL if key.label and not key.heading else _SHARE
        best = (pages, len(window))
        is_site = _at_least(*best) >= share
        for group, size in sizes.items():
            count = within[group][digest]
            if not is_site and size >= _GROUP and _at_least(count, size) >= _SHARE_GROUP:
                best, is_site = (count, size), True
        if is_site:
            shapes = sorted(shape for shape, times in boxes[digest].items() if shape and times >= _SEVERAL)
            found.append(
                LearnedText(
                    digest=digest,
                    pages=best[0],
                    of_pages=best[1],
                    shapes=tuple(shapes),
                    sample=key.sample,
                )
            )
    return found


def _listing(window: Sequence[PageSample], learned: set[str]) -> list[LearnedShape]:
    """Return the boxes that hold other articles: their headlines, linked, and what stands under each."""
    titles = {sample.title for sample in window if sample.title}
    seen: Counter[str] = Counter()
    for sample in window:
        seen.update({key.words for key in sample.keys})
    blocks: Counter[str] = Counter()
    listed: Counter[str] = Counter()
    explained: Counter[str] = Counter()
    pages: Counter[str] = Counter()
    samples: dict[str, str] = {}
    for sample in window:
        under = 0
        for key in sample.keys:
            other = key.words != sample.title and key.words in titles
            lists = (key.linked and (other or seen[key.words] > 1)) or (key.heading and other)
            # A teaser's line and date stand under its headline, and on each page that has the teaser.
            teases = under > 0 and not key.linked and seen[key.words] > 1
            under = _TEASER if lists else under - 1
            if not key.shape:
                continue
            blocks[key.shape] += 1
            listed[key.shape] += lists or teases
            explained[key.shape] += lists or teases or key.text in learned
            samples.setdefault(key.shape, key.sample)
        pages.update({key.shape for key in sample.keys if key.shape})
    return [
        LearnedShape(digest=shape, pages=count, of_pages=len(window), sample=samples[shape])
        for shape, count in pages.items()
        if count >= _FEWEST
        and _at_least(count, len(window)) >= _SHARE
        and explained[shape] >= _LISTED * blocks[shape]
        and listed[shape] * 2 >= blocks[shape]
    ]


def _outside(window: Sequence[PageSample]) -> list[LearnedShape]:
    """Return the boxes that stand outside the text on nearly all articles that have them."""
    within: Counter[str] = Counter()
    beyond: Counter[str] = Counter()
    samples: dict[str, str] = {}
    for sample in window:
        read = {key.shape for key, was in zip(sample.keys, sample.read, strict=True) if was}
        within.update(read)
        for shape, text in sample.outside:
            if shape not in read:
                beyond[shape] += 1
                samples.setdefault(shape, text)
    return [
        LearnedShape(digest=shape, pages=count, of_pages=count + within[shape], sample=samples[shape])
        for shape, count in beyond.items()
        if count >= _FEWEST and _at_least(count, count + within[shape]) >= _SHARE_OUTSIDE
    ]
