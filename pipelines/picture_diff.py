"""What changed in the pictures and the links of an article."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from model import Article, Image, Link
from pipelines.sequences import Budget
from pipelines.targets import home_of, target_key
from pipelines.text import letters_of_each
from pipelines.word_diff import Change, DiffPart, Words, compare_words

_Item = TypeVar("_Item")

_SIZE = re.compile(r"(?:-\d{2,5}x\d{2,5}|-scaled|@\dx)(?=\.\w{3,4}$)")
"""How WordPress and others name the sizes of one picture: ``rain-300x200.jpg``, ``rain-scaled.jpg``."""
_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|svg|bmp|tiff?)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageDiff:
    """A picture of either side, or of both, that is not the same on both."""

    kind: Change
    """``ADDED``, ``REMOVED``, ``CHANGED`` (caption or alternative text) or ``SPELLED``."""
    old: Image | None
    new: Image | None
    caption: tuple[DiffPart, ...]
    alt: tuple[DiffPart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDiff:
    """A link in the text of either side, or of both, that is not the same on both."""

    kind: Change
    """``ADDED``, ``REMOVED`` or ``CHANGED``: the same words lead elsewhere. That other words lead to the same
    place is told where the words are."""
    old: Link | None
    new: Link | None


def compare_images(
    old: Sequence[Image], new: Sequence[Image], budget: Budget | None = None
) -> tuple[ImageDiff, ...]:
    """Return what became of the pictures, in the order of the new side, those that are gone last.

    The same picture in another size, with another query or from another host is the same; where it stands is
    not told. A picture's address says nothing to a reader: that alone is no change.
    """
    budget = Budget() if budget is None else budget
    pairs = _paired(old, new, (lambda one: one.url, _picture))
    partner = {n: o for o, n in pairs}
    changes: list[ImageDiff] = []
    for at, image in enumerate(new):
        was = old[partner[at]] if at in partner else None
        caption = compare_words(Words(was.caption if was else ""), Words(image.caption), budget)
        alt = compare_words(Words(was.alt if was else ""), Words(image.alt), budget)
        kind = Change.ADDED
        if was is not None:
            kinds = {part.kind for part in (*caption, *alt)}
            if kinds <= {Change.SAME}:
                continue
            kind = Change.SPELLED if kinds <= {Change.SAME, Change.SPELLED} else Change.CHANGED
        changes.append(ImageDiff(kind=kind, old=was, new=image, caption=caption, alt=alt))
    changes += [
        ImageDiff(
            kind=Change.REMOVED,
            old=image,
            new=None,
            caption=compare_words(Words(image.caption), Words(""), budget),
            alt=compare_words(Words(image.alt), Words(""), budget),
        )
        for image in _unpaired(old, (o for o, _ in pairs))
    ]
    return tuple(changes)


def compare_links(old: Article, new: Article) -> tuple[LinkDiff, ...]:
    """Return what became of the links in the text; empty when either side's were never read."""
    if old.links is None or new.links is None:
        return ()
    before = [_Lead(link, target_key(link.url, home_of(old))) for link in old.links]
    after = [_Lead(link, target_key(link.url, home_of(new))) for link in new.links]
    texts = dict.fromkeys(one.text for one in (*old.links, *new.links))
    letters = dict(zip(texts, letters_of_each(texts), strict=True))
    rules = (
        lambda one: (one.target, letters[one.link.text]),
        lambda one: one.target,
        lambda one: letters[one.link.text] or None,
    )
    pairs = _paired(before, after, rules)
    partner = {n: o for o, n in pairs}
    changes: list[LinkDiff] = []
    for at, lead in enumerate(after):
        was = before[partner[at]] if at in partner else None
        if was is None or was.target != lead.target:
            kind = Change.ADDED if was is None else Change.CHANGED
            changes.append(LinkDiff(kind=kind, old=was.link if was else None, new=lead.link))
    gone = _unpaired(before, (o for o, _ in pairs))
    return (*changes, *(LinkDiff(kind=Change.REMOVED, old=lead.link, new=None) for lead in gone))


@dataclass(frozen=True, slots=True)
class _Lead:
    """A link, and where it leads as compared."""

    link: Link
    target: str


def _paired(
    old: Sequence[_Item], new: Sequence[_Item], rules: Iterable[Callable[[_Item], Hashable]]
) -> list[tuple[int, int]]:
    """Return (old, new) of items that a rule gives the same key, the first rule first; ``None`` is no key."""
    pairs: list[tuple[int, int]] = []
    left_old, left_new = list(range(len(old))), list(range(len(new)))
    for rule in rules:
        free: dict[Hashable, list[int]] = {}
        for at in reversed(left_old):
            free.setdefault(rule(old[at]), []).append(at)
        free.pop(None, None)
        for at in left_new:
            key = rule(new[at])
            if free.get(key):
                pairs.append((free[key].pop(), at))
        taken_old, taken_new = {o for o, _ in pairs}, {n for _, n in pairs}
        left_old = [at for at in left_old if at not in taken_old]
        left_new = [at for at in left_new if at not in taken_new]
    return pairs


def _unpaired(items: Sequence[_Item], taken: Iterable[int]) -> Iterator[_Item]:
    known = set(taken)
    return (item for at, item in enumerate(items) if at not in known)


def _picture(image: Image) -> str | None:
    """Return what the sizes of one picture share; ``None`` when its address tells nothing.

    >>> _picture(Image(url="https://i0.example.org/2026/rain-300x200.jpg?w=300"))
    '/2026/rain.jpg'
    """
    path = _path(image.url)
    return _SIZE.sub("", path) if _PICTURE.search(path) else None


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return url
