"""What changes on a source's pages each time they are fetched: counters, advertisements, other articles.

Two captures of one page a moment apart differ in nothing that anyone edited. What differs all the same is
learned as a *place* (the tags around it; names change with each build) whose text is another each time, as
a *counter* (a text that is the same but for its numbers) or as a text that comes and goes. It must be so on
two addresses of the source at least: an edit that fell between two fetches is one of one page. A place whose
text mostly stays never counts, so that an article's paragraphs do not flicker because one of them did; and a
text that comes and goes counts at its place only: an article whose first paragraph other pages show in a list
that changes keeps it.

Reading marks the paragraphs that flicker (``Article.flickering``) and shows them as published; versions and
differences compare the others, so that a real edit beside a counter is still one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from pipelines.blocks import Block, blocks_of
from pipelines.html import parse_html
from pipelines.learned import digest_text, words_digest
from pipelines.outline import Node, Outline, outline
from pipelines.text import search_key

FORMAT = 1
MOST_MARKS = 20_000
"""Texts of a page that are looked at, and as many attributes."""
MOST_PAGES = 200
"""What flickers does so on every page; the bound is for memory."""
_MOST_KNOWN = 5_000
_PATH = 8
"""Elements that make a place, the nearest; with all of them a notice at the top would move every place."""
_ADDRESSES = 2
"""An edit is of one page, flicker of the source's."""
_NUMBER = re.compile(r"\d+(?:[.,:/٫٬]\d+)*")
_NEVER = frozenset(("h1", "title"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A text or the value of an attribute on a page."""

    place: str
    """Tags around it, outermost first; of an attribute, its element's and ``@name``."""
    words: str
    """Digest of the folded text (:attr:`pipelines.learned.BlockKey.words`); of an attribute, of its value."""
    masked: str
    """The same with numbers masked; empty when there is none."""
    sample: str
    """Its first characters, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlickerMark:
    """What is known to flicker, and on how many addresses it was seen to."""

    place: str
    digest: str
    """Of the text, masked for a counter; empty: whatever it says."""
    pages: int
    sample: str


@dataclass(frozen=True, kw_only=True)
class Flicker:
    """What flickers on one source's pages; goes through :mod:`model.codec` as JSON."""

    format: int = FORMAT
    pages: int = 0
    """Addresses that it was learned from."""
    places: tuple[FlickerMark, ...] = ()
    counters: tuple[FlickerMark, ...] = ()
    texts: tuple[FlickerMark, ...] = ()

    @cached_property
    def revision(self) -> str:
        """Eight hex digits that change when what flickers may; empty when nothing is known to."""
        kinds = (self.places, self.counters, self.texts)
        if not any(kinds):
            return ""
        said = [str(self.format)]
        for kind in kinds:
            said += ["", *(f"{one.place} {one.digest}" for one in kind)]
        return digest_text("\n".join(said))[:8]

    def explains(self, mark: Mark) -> bool:
        """Tell whether a mark flickers."""
        places, counters, texts = self._known
        return (
            mark.place in places
            or (mark.place, mark.words) in texts
            or (bool(mark.masked) and (mark.place, mark.masked) in counters)
        )

    def of_blocks(self, page: Outline, blocks: Iterable[Block]) -> list[bool]:
        """Tell of each block of a page whether it flickers."""
        paths: dict[int, str] = {}
        return [self.explains(_mark(page, block, paths)) for block in blocks]

    def of_attribute(self, page: Outline, node: Node, name: str) -> bool:
        """Tell whether an attribute of an element flickers."""
        return f"{_path(page, node, {})}@{name}" in self._known[0]

    @cached_property
    def _known(self) -> tuple[frozenset[str], frozenset[tuple[str, str]], frozenset[tuple[str, str]]]:
        return (
            frozenset(one.place for one in self.places),
            frozenset((one.place, one.digest) for one in self.counters),
            frozenset((one.place, one.digest) for one in self.texts),
        )


def page_marks(body: bytes, *, content_type: str | None) -> tuple[Mark, ...]:
    """Return the texts and attributes of a page, in document order; ``ReadError`` when it is no HTML.

    At most ``MOST_MARKS`` of each. Scripts, styles and the head say nothing that a reader sees.
    """
    page = outline(parse_html(body, content_type).root)
    if not page.nodes:
        return ()
    paths: dict[int, str] = {}
    blocks = blocks_of(page, bytearray(len(page.nodes)))[:MOST_MARKS]
    marks = [_mark(page, block, paths) for block in blocks]
    attributes = 0
    for node in page.nodes:
        if attributes >= MOST_MARKS:
            break
        for name, value in node.attributes.items():
            attributes += 1
            place = f"{_path(page, node, paths)}@{name}"
            marks.append(Mark(place=place, words=digest_text(value), masked="", sample=value[:80]))
    return tuple(marks)


def _mark(page: Outline, block: Block, paths: dict[int, str]) -> Mark:
    return Mark(
        place=_path(page, block.holder, paths),
        words=words_digest(block.text),
        masked=_masked(block.text),
        sample=block.text[:80],
    )


def unexplained(old: Sequence[Mark], new: Sequence[Mark], flicker: Flicker) -> tuple[Mark, ...]:
    """Return what only one of two captures has and flicker does not explain, the old side's first."""
    return tuple(mark for mark in (*_only(old, new), *_only(new, old)) if not flicker.explains(mark))


class FlickerLearner:
    """Learns from captures of pages a moment apart; the order of pages does not matter."""

    def __init__(self) -> None:
        self._pages: set[str] = set()
        self._present: defaultdict[str, set[str]] = defaultdict(set)
        self._changing: defaultdict[str, set[str]] = defaultdict(set)
        self._changed: Counter[str] = Counter()
        self._stayed: Counter[str] = Counter()
        self._counters: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._texts: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._samples: dict[object, str] = {}

    def add(self, url: str, captures: Sequence[Sequence[Mark]]) -> None:
        """Take note of captures of one address, in order, near enough that nobody edited it between them.

        Two that share less than half of their texts are not one page (a block page with status 200, a wall to
        pay at): they teach nothing. After ``MOST_PAGES`` addresses no other teaches anything.
        """
        if url not in self._pages and len(self._pages) >= MOST_PAGES:
            return
        for old, new in pairwise(captures):
            gone, come = _only(old, new), _only(new, old)
            if not (_is_most(gone, old) and _is_most(come, new)):
                continue
            self._pages.add(url)
            all_places = {mark.place for mark in (*old, *new)}
            numbers = Counter((mark.place, mark.masked) for mark in gone if mark.masked)
            numbers &= Counter((mark.place, mark.masked) for mark in come if mark.masked)
            for counter in numbers:
                self._counters[counter].add(url)
            changed: Counter[str] = Counter()
            for side in (gone, come):
                left = +numbers
                count: Counter[str] = Counter()
                for mark in side:
                    self._samples.setdefault((mark.place, mark.masked), mark.sample)
                    if left[mark.place, mark.masked] > 0:
                        left[mark.place, mark.masked] -= 1
                        continue
                    count[mark.place] += 1
                    self._samples.setdefault(mark.place, mark.sample)
                    if "@" not in mark.place:
                        self._texts[mark.place, mark.words].add(url)
                        self._samples.setdefault(("text", mark.place, mark.words), mark.sample)
                changed |= count
            held = Counter(mark.place for mark in old)
            for place in all_places:
                self._present[place].add(url)
                self._stayed[place] += max(0, held[place] - changed[place])
            for place, times in changed.items():
                self._changing[place].add(url)
                self._changed[place] += times

    def learn(self) -> Flicker:
        """Return what flickers; nothing when fewer than two addresses were seen to."""
        places = [
            FlickerMark(place=place, digest="", pages=len(urls), sample=self._samples[place])
            for place, urls in self._changing.items()
            if len(urls) >= _ADDRESSES
            and len(urls) * 2 >= len(self._present[place])
            and self._changed[place] >= self._stayed[place]
            and place.rpartition("/")[2] not in _NEVER
        ]
        counters = [
            FlickerMark(place=at, digest=masked, pages=len(urls), sample=self._samples[at, masked])
            for (at, masked), urls in self._counters.items()
            if len(urls) >= _ADDRESSES
        ]
        texts = [
            FlickerMark(place=at, digest=words, pages=len(urls), sample=self._samples["text", at, words])
            for (at, words), urls in self._texts.items()
            if len(urls) >= _ADDRESSES
        ]
        return Flicker(
            pages=len(self._pages), places=_most(places), counters=_most(counters), texts=_most(texts)
        )


def _most(found: list[FlickerMark]) -> tuple[FlickerMark, ...]:
    best = sorted(found, key=lambda one: (-one.pages, one.place, one.digest))[:_MOST_KNOWN]
    return tuple(sorted(best, key=lambda one: (one.place, one.digest)))


def _only(one: Sequence[Mark], other: Sequence[Mark]) -> list[Mark]:
    """Return the marks of one side that the other does not have at their place."""
    left = Counter((mark.place, mark.words) for mark in other)
    found: list[Mark] = []
    for mark in one:
        if left[mark.place, mark.words] > 0:
            left[mark.place, mark.words] -= 1
        else:
            found.append(mark)
    return found


def _is_most(other: Sequence[Mark], of: Sequence[Mark]) -> bool:
    """Tell whether at least half of a page's texts are not among those that only it has."""
    return 2 * sum("@" not in mark.place for mark in other) <= sum("@" not in mark.place for mark in of)


def _path(page: Outline, node: Node, known: dict[int, str]) -> str:
    path = known.get(node.index)
    if path is None:
        around = page.ancestors(node, _PATH - 1)
        path = known[node.index] = "/".join(one.tag for one in (*reversed(around), node))
    return path


def _masked(text: str) -> str:
    folded = search_key(text[:400])
    masked = _NUMBER.sub("#", folded)
    return digest_text(masked.replace(" ", "")) if masked != folded else ""
