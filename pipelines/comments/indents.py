"""Which record answers which, by how a page of unknown markup draws them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from lxml.html import HtmlElement

from pipelines.comments.nesting import MAX_HOPS

_LEVELS = ("data-level", "data-depth", "aria-level", "data-indent", "data-nesting")
_MARGIN = re.compile(
    r"(?:^|;)\s*(?:margin|padding)(?:-(?:left|right|inline-start))?\s*:\s*"
    r"(?:[\d.]+(?:px|em|rem|%)?\s+){0,3}([\d.]{1,8})(?:px|em|rem|%)?",
    re.IGNORECASE,
)
_CLASS_LEVEL = re.compile(r"(?:.*[-_])?(?:depth|level|lvl|indent)[-_]?(\d{1,2})")


def parents_shown(elements: Sequence[HtmlElement]) -> list[int | None]:
    """Return for each record the index of the one it answers: the one around it; else the one right
    before the box it stands in; else the last one drawn less deep."""
    places = {element: index for index, element in enumerate(elements)}
    depths = [_depth(element) for element in elements]
    drawn = None not in depths and len(set(depths)) > 1
    parents: list[int | None] = []
    above: list[tuple[float, int]] = []
    for index, element in enumerate(elements):
        parent = _around(element, places)
        if parent is None and drawn:
            depth = depths[index] or 0.0
            while above and above[-1][0] >= depth:
                above.pop()
            parent = above[-1][1] if above else None
            above.append((depth, index))
        parents.append(parent)
    return parents


def _around(element: HtmlElement, places: dict[HtmlElement, int]) -> int | None:
    for ancestor in islice(element.iterancestors(), MAX_HOPS):
        if ancestor in places:
            return places[ancestor]
        if ancestor.tag in ("body", "main", "article"):
            return None
        before = ancestor.getprevious()
        while before is not None and not isinstance(before.tag, str):
            before = before.getprevious()
        if before is not None and before in places:
            return places[before]
    return None


def _depth(element: HtmlElement) -> float | None:
    """Return how deep a record says it is drawn, in any unit; ``None`` when it does not say."""
    attributes = element.attrib
    for name in _LEVELS:
        value = attributes.get(name, "")
        if value.isascii() and value.isdigit() and len(value) < 4:
            return float(value)
    for word in attributes.get("class", "").split()[:40]:
        if found := _CLASS_LEVEL.fullmatch(word[:64]):
            return float(found[1])
    style = attributes.get("style", "")[:300]
    if found := _MARGIN.search(style):
        try:
            return float(found[1])
        except ValueError:
            return None
    return 0.0
