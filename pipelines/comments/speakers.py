"""Who speaks in records that repeat: the short line that stands in the same place of all, near the date,
and differs from record to record."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from pipelines.comments.bylines import MAX_AUTHOR
from pipelines.comments.prose import line, prose
from pipelines.comments.roles import Role, roles_of
from pipelines.comments.words import ACTION, DATE, SAYS

MAX_ELEMENTS = 30_000
"""Elements of one record looked at."""
MAX_PIECES = 80
"""Short lines of one record that may be a name; those nearest to its start."""
SHARE = 0.8
"""Of the records that must have a name in the same place, and of the letters that make a text a link."""
OUTSIDE = frozenset({"aside", "nav", "form", "select", "script", "style", "head"})
NOBODY = frozenset({"ناشناس", "مهمان", "کاربر مهمان", "بی\u200cنام", "بی نام", "anonymous", "guest", "مجهول"})
"""Names that all of a thread may have and that are no captions."""
_BUTTONS = frozenset({"a", "button", "span", "small", "div", "p", "li", "b", "i", "em", "strong"})
_NAMING = frozenset({"b", "strong", "a", "cite", "h3", "h4", "h5", "h6", "em"})
_PROSE = frozenset({"p", "blockquote", "pre"})
_SAID = re.compile(
    r"^(?:گفت(?:ه است)?|می[\u200c ]?گوید|نوشت(?:ه است)?|says?|said|wrote)\s*(?:[:：]|\.{3}|…)\s+"
)
_DIVIDERS = re.compile(r"^(?:[ ·•|—–,،:/\-]{1,5}\n{1,9}){1,3}|(?:\n{1,9}[ ·•|—–,،:/\-]{1,5}){1,3}$")
"""What parted name, date and text, left alone on its line."""
_SPOKE = re.compile(r"(?:^|\s{1,9})(?:said|says|wrote|گفت|نوشت)\s{0,9}(?:[:：]|\.{3}|…)$", re.IGNORECASE)
_LETTER = re.compile(r"[^\W_]")


@dataclass(slots=True)
class Unit:
    """One record of a candidate reading."""

    element: HtmlElement
    date: HtmlElement
    name: str = ""
    raw: str = ""
    """The printed date, where one line holds name and date; else ""."""
    text: str = ""
    skip: set[HtmlElement] = field(default_factory=set)
    beside: list[HtmlElement] = field(default_factory=list)
    """Siblings that belong to it, in document order."""
    first: bool = False
    """Those stand before it."""

    @property
    def parts(self) -> list[HtmlElement]:
        """All elements of it, in document order."""
        return [*self.beside, self.element] if self.first else [self.element, *self.beside]


@dataclass(slots=True)
class _Piece:
    """A line of text that may be a name."""

    place: tuple[str, ...]
    text: str
    holder: HtmlElement | None
    """The element that holds nothing else; ``None`` where the line stands loose in the record."""
    distance: int
    """Pieces between it and the date."""
    marked: bool


def name_speakers(units: Sequence[Unit], boundary: Container[HtmlElement]) -> list[Unit]:
    """Return the units that have a name and a text, both filled in."""
    pieces = [_pieces(unit, boundary) for unit in units]
    constant = _constant(pieces)
    place = None
    if not all(unit.name for unit in units):
        place = _place(pieces, constant)
        if place is None:  # class names that differ from element to element: by tags alone
            for own in pieces:
                for piece in own:
                    piece.place = tuple(step.partition(".")[0] for step in piece.place)
            constant = _constant(pieces)
            place = _place(pieces, constant)
    found = []
    for count, (unit, own) in enumerate(zip(units, pieces, strict=True)):
        loose = ""
        if not unit.name and place is not None:
            chosen = next((piece for piece in own if piece.place == place), None)
            if chosen is not None:
                unit.name = SAYS.sub("", chosen.text).strip(" \t·•|—–-,،:")
                if chosen.holder is not None:
                    unit.skip.add(chosen.holder)
                else:
                    loose = chosen.text
        for piece in own:
            if piece.holder is not None and (piece.place, piece.text) in constant:
                unit.skip.add(piece.holder)
        if _complete(unit, loose):
            found.append(unit)
        elif count >= 10 and not found:
            return []
    return found


def _complete(unit: Unit, loose: str) -> bool:
    """Fill in the text of a unit; tell whether it is one."""
    if not unit.name or DATE.fullmatch(unit.name):
        return False
    text = "\n\n".join(filter(None, (prose(part, unit.skip - {part}) for part in _textual(unit))))
    if loose and loose in text:
        before, _, after = text.partition(loose)
        text = f"{before}{after}".strip(" \n·•|—–-,،:")
    text = _SAID.sub("", _DIVIDERS.sub("", text), count=1)
    if not text or SAYS.fullmatch(text) or ACTION.fullmatch(text):
        return False
    unit.text = text
    return _linked(unit) <= SHARE * len(text)


def _textual(unit: Unit) -> list[HtmlElement]:
    return [part for part in unit.parts if not (part in unit.skip and part is unit.date)]


def _linked(unit: Unit) -> int:
    """Return the letters of a unit's text that lie in links to other pages."""
    total = 0
    for part in unit.parts:
        for link in islice(part.iter("a"), 50):
            outside = link not in unit.skip and not any(
                above in unit.skip for above in islice(link.iterancestors(), 8)
            )
            if outside and link.get("href", "").partition("#")[0]:
                total += len(line(link, unit.skip))
    return total


def _walk(unit: Unit, boundary: Container[HtmlElement]) -> Iterator[HtmlElement]:
    """Yield the elements of a unit and none of the units within it; what is no text goes to ``skip``."""
    for part in unit.parts:
        walker = etree.iterwalk(part, events=("start",))
        for _, node in islice(walker, MAX_ELEMENTS):
            if node is not part and (node in boundary or node.tag in OUTSIDE):
                unit.skip.add(node)
                walker.skip_subtree()
                continue
            if node is not part and node.tag in _BUTTONS and node is not unit.date:
                whole = _short(node)
                if whole and (ACTION.fullmatch(whole) or SAYS.fullmatch(whole)):
                    unit.skip.add(node)
                    walker.skip_subtree()
                    continue
            yield node
            if node is unit.date:
                walker.skip_subtree()


def _pieces(unit: Unit, boundary: Container[HtmlElement]) -> list[_Piece]:
    """Return the short lines of a unit in order, each with its place in the record."""
    found: list[_Piece] = []
    at_date = 0
    order: list[int] = []
    count = 0
    for node in _walk(unit, boundary):
        count += 1
        if node is unit.date:
            at_date = count
            continue
        if len(found) >= MAX_PIECES:
            continue  # the walk goes on: it finds what is no text
        roles = {role for role, _ in roles_of(node.tag, node.get("class", ""))}
        for text, tail in _own_text(node, unit.date):
            text = _SPOKE.sub("", text)
            if not 0 < len(text) <= MAX_AUTHOR or not _LETTER.search(text) or node.tag in _PROSE:
                continue
            alone = node is not unit.element and node not in unit.beside and not tail
            found.append(
                _Piece(
                    place=(*_path(node, unit.parts), f"+{tail}" if tail else ""),
                    text=text,
                    holder=node if alone else None,
                    distance=0,
                    marked=Role.AUTHOR in roles,
                )
            )
            order.append(count)
    for piece, at in zip(found, order, strict=True):
        piece.distance = abs(at - at_date)
    return found


def _own_text(node: HtmlElement, date: HtmlElement) -> Iterator[tuple[str, str]]:
    """Yield the lines that stand in an element itself, with the tag they stand after ("" at its start)."""
    if text := " ".join((node.text or "")[: 4 * MAX_AUTHOR].split()).strip(" ·•|—–-"):
        yield text, ""
    for child in islice(node, 12):
        tail = " ".join((child.tail or "")[: 4 * MAX_AUTHOR].split()).strip(" ·•|—–-")
        if tail:
            yield tail, "date" if child is date else str(child.tag)


def _path(node: HtmlElement, parts: Sequence[HtmlElement]) -> tuple[str, ...]:
    path = []
    for above in (node, *islice(node.iterancestors(), 12)):
        path.append(f"{above.tag}.{above.get('class', '')[:80]}" if above not in parts else str(above.tag))
        if above in parts:
            break
    return tuple(path)


def _constant(pieces: Sequence[Sequence[_Piece]]) -> set[tuple[tuple[str, ...], str]]:
    """Return the lines that are the same in the same place of nearly all records: captions, not names."""
    if len(pieces) < 4:
        return set()
    counts = Counter(key for own in pieces for key in {(piece.place, piece.text) for piece in own})
    # In a short thread one person may well speak most.
    least = SHARE * len(pieces) if len(pieces) >= 10 else len(pieces)
    return {key for key, count in counts.items() if count >= least and key[1].lower() not in NOBODY}


def _place(
    pieces: Sequence[Sequence[_Piece]], constant: Container[tuple[tuple[str, ...], str]]
) -> tuple[str, ...] | None:
    """Return the place at which names stand, or ``None``."""
    seen: dict[tuple[str, ...], list[_Piece]] = defaultdict(list)
    for own in pieces:
        met: set[tuple[str, ...]] = set()
        for piece in own:
            if piece.place not in met and (piece.place, piece.text) not in constant:
                met.add(piece.place)
                seen[piece.place].append(piece)
    best, most = None, 0.0
    for place, found in seen.items():
        coverage = len(found) / len(pieces)
        if coverage < SHARE:
            continue
        variety = len({piece.text for piece in found}) / min(len(found), 5)
        near = sum(1 / (1 + piece.distance) for piece in found) / len(found)
        marked = 2.0 if found[0].marked else 0.0
        naming = 0.3 if place[0].partition(".")[0] in _NAMING else 0.0
        score = coverage + min(variety, 1.0) * 0.5 + near + marked + naming
        if score > most:
            best, most = place, score
    return best


def _short(element: HtmlElement) -> str:
    """Return the text of an element on one line; "" when it is longer than a name or a button is."""
    found = ""
    for part in islice(element.itertext(), 40):
        found += str(part)
        if len(found) > 2 * MAX_AUTHOR:
            return ""
    found = " ".join(found.split())
    return found if len(found) <= MAX_AUTHOR else ""
