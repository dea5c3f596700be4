"""Which comment of a page answers which, as far as the page shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain, islice

from lxml.html import HtmlElement

MAX_HOPS = 256
"""Ancestors looked at for the comment that encloses another one; WordPress nests at most 10 deep."""

_LEVEL = re.compile(r"(?:.*[-_])?(?:depth|level)[-_](\d{1,3})")


@dataclass(slots=True, kw_only=True)
class Record:
    """One element taken for one comment, while the page is read."""

    element: HtmlElement
    number: str | None
    parent_number: str | None = None
    enclosing: int | None = None
    """Index of the record that encloses it."""
    ping: bool = False
    names: frozenset[str] = frozenset()
    nested: bool = False
    """It encloses other records."""


def parents_of(records: list[Record]) -> list[int | None]:
    """Return for each record the index of the one it answers, as far as the page shows.

    By enclosing element; else by the ``.indented`` beside the comment (Drupal); else by the depth that
    flat markup states (``depth-2`` answers the last ``depth-1`` before it).

    WordPress draws everything below its greatest depth at that depth, each answer after what it answers,
    and marks what has answers with the class ``parent``. So a ``parent`` that encloses nothing is
    answered by the very next comment beside it: that much of the true thread is told even there. Of later
    ones only the shown parent is known.
    """
    parents: list[int | None] = []
    levels: dict[int, int] = {}
    index_of = {record.element: index for index, record in enumerate(records)}
    for index, record in enumerate(records):
        parent = record.enclosing
        level = next((int(found[1]) for name in record.names if (found := _LEVEL.fullmatch(name))), 0)
        if parent is None:
            parent = _indented_under(record.element, index_of)
        if parent is None and level > 1:
            parent = levels.get(level - 1)
        if index and "parent" in records[index - 1].names and not records[index - 1].nested and level:
            before = records[index - 1]
            if before.element.getparent() is record.element.getparent():
                parent = index - 1
        if level:
            levels[level] = index
            for deeper in [known for known in levels if known > level]:
                del levels[deeper]
        parents.append(parent)
    return parents


def _indented_under(element: HtmlElement, index_of: dict[HtmlElement, int]) -> int | None:
    for ancestor in islice(chain((element,), element.iterancestors()), MAX_HOPS):
        if ancestor.tag in ("body", "html"):
            return None
        if "indented" in ancestor.get("class", "").split():
            before = ancestor.getprevious()
            while before is not None and before not in index_of:
                before = before.getprevious()
            return index_of[before] if before is not None else None
    return None
