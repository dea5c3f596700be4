"""Comments in markup nobody described: what repeats with a name, a date and a text, under a heading for
comments.

Precision before recall: an invented comment is worse than a missed one, for the bytes are kept and can be
read again. So there must be a heading («نظرها», “12 Comments”) before them, a form for comments beside
at least two of them, or a button to answer in each («پاسخ»); every record must have a date that looks like
nothing else (or a line of name and date), a name and a text; and a list whose texts are links is a list
of articles.

Taken: ``<h3>نظرها</h3><div class="q1"><div class="q7"><b>نگار</b><i>۳ آبان ۱۳۹۵</i><p>…</p></div>…``, and
``<dt>نگار — ۳ آبان ۱۳۹۵</dt><dd>…</dd>``. Not taken: ``<h3>تازه‌ها</h3>…`` (no such heading),
``<h3>نظرها</h3><ul><li><a href=…>عنوان</a> ۳ آبان</li>…`` (links).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from pipelines.comments.bylines import is_date, may_date, named_date
from pipelines.comments.identity import MAX_NAME, MAX_TEXT, Draft
from pipelines.comments.indents import parents_shown
from pipelines.comments.moments import Clock, raw_time
from pipelines.comments.nesting import MAX_HOPS
from pipelines.comments.prose import line
from pipelines.comments.speakers import NOBODY, OUTSIDE, Unit, name_speakers
from pipelines.comments.words import HEADING
from pipelines.text import display_text

MAX_ELEMENTS = 30_000
"""Elements of a region looked at; a thousand comments have some 15,000."""
MAX_DATES = 2_000
MAX_GROUPS = 16
"""Readings tried; the right one is nearly always among the first three."""
PROBE = 8
"""Records, spread over all, that are read first: where none of them is a comment, the others are not read."""
LEAST_ANSWERABLE = 2
"""Records that a button to answer makes comments."""
LEAST_RANKED = 3
"""Dates from which on records may be told by their place alone, whatever their names."""
MAX_BESIDE = 50
"""Siblings after a line of name and date that may hold the text."""
SHARE = 0.8
"""Of the dates of a region and of its records that must fit; the rest are notices and the like."""

Judged = dict[HtmlElement, tuple[tuple[str, str] | None, bool]]
"""Name and date that an element prints, and whether it prints a date alone: each element lies in several of
the regions that are looked through."""

_ID = re.compile(r"[A-Za-z_\-]*?[-_]?(\d{1,19})")
_ID_ATTRIBUTES = ("id", "data-comment-id", "data-id")


def read_repeated(units: Sequence[Unit], *, url: str, clock: Clock) -> list[Draft]:
    """Return what each of the records that repeat says."""
    numbers = _numbers(units)
    parents = parents_shown([unit.element for unit in units])
    drafts = []
    for unit, number, parent in zip(units, numbers, parents, strict=True):
        raw = unit.raw or raw_time(unit.date, unit.skip - {unit.date})
        drafts.append(
            Draft(
                publisher_id=number,
                parent_index=parent,
                author=display_text(unit.name[:MAX_NAME]) or None,
                text=display_text(unit.text[:MAX_TEXT]),
                published_raw=raw,
                published_at=clock.moment(raw),
                url=f"{url.partition('#')[0]}#{unit.element.get('id')}"
                if number and unit.element.get("id")
                else None,
            )
        )
    return drafts


def find_units(heads: Sequence[tuple[HtmlElement, str]], forms: Sequence[HtmlElement]) -> list[Unit]:
    """Return the records that repeat below a heading or beside a form for comments, in document order;
    empty when nothing is sure."""
    judged: Judged = {}
    for head, text in heads[:20]:
        if HEADING.fullmatch(text) and not _in_outside(head) and (units := _near(head, judged, least=1)):
            return units
    for form in forms[:5]:
        if units := _near(form, judged, least=2):
            return units
    return []


def find_answerable(buttons: Sequence[HtmlElement]) -> list[Unit]:
    """Return the records that repeat around buttons to answer each of them, in document order; empty when
    nothing is sure.

    Where no heading and no form says «comments», a button in every record does: an article of a list, a
    picture or a product is shared and liked, but not answered.
    """
    if len(buttons) < LEAST_ANSWERABLE:
        return []
    above = set(islice(buttons[0].iterancestors(), 32))
    region = next((one for one in islice(buttons[1].iterancestors(), 32) if one in above), None)
    if region is None:
        return []
    dates, lines = _dates(region, region, {}, after=False)
    for reading in (dict.fromkeys(dates, ("", "")), lines):
        units = _units(region, region, reading, LEAST_ANSWERABLE) if reading else []
        own = {part for unit in units for part in unit.parts}
        answered = sum(any(one in own for one in islice(button.iterancestors(), 32)) for button in buttons)
        if units and answered >= SHARE * len(units):
            return units
    return []


def _in_outside(element: HtmlElement) -> bool:
    return any(above.tag in ("aside", "nav") for above in islice(element.iterancestors(), 32))


def _near(anchor: HtmlElement, judged: Judged, *, least: int) -> list[Unit]:
    """Return the records in the nearest element around an anchor that holds any."""
    for hops, region in enumerate(islice(anchor.iterancestors(), 6)):
        dates, lines = _dates(region, anchor, judged, after=anchor.tag != "form")
        alone = dict.fromkeys(dates, ("", ""))
        # «Ada — 2016/5/3» in every record is a name and a date; «3 May 2016 · h» a date with a remnant.
        both = {**alone, **{element: ("", "") for element in lines if is_date(element)}}
        for reading in (alone, lines, both if len(both) > len(alone) else {}):
            if reading and (units := _units(region, anchor, reading, least)):
                return units
        if dates or lines:
            return []
        if region.tag in ("body", "main") or (hops and region.find(".//h1") is not None):
            break
    return []


def _dates(
    region: HtmlElement, anchor: HtmlElement, judged: Judged, *, after: bool
) -> tuple[list[HtmlElement], dict[HtmlElement, tuple[str, str]]]:
    """Return what looks like a printed date and nothing else, and the lines of a name and a date with
    both; after the anchor only, where that is a heading."""
    found: list[HtmlElement] = []
    lines: dict[HtmlElement, tuple[str, str]] = {}
    passed = not after
    walker = etree.iterwalk(region, events=("start",))
    for _, element in islice(walker, MAX_ELEMENTS):
        if element is anchor and element is not region:
            passed = True
            walker.skip_subtree()
            continue
        if element.tag in OUTSIDE:
            walker.skip_subtree()
            continue
        if not passed:
            continue
        if element in judged:
            pair, alone = judged[element]
        elif not may_date(element):
            pair, alone = judged[element] = None, False
        else:
            pair = named_date(element)
            alone = pair is None and is_date(element)
            judged[element] = pair, alone
        if pair is not None:
            lines[element] = pair
        elif alone:
            found.append(element)
            walker.skip_subtree()
        else:
            continue
        if len(found) + len(lines) >= MAX_DATES:
            break
    return found, lines


def _units(
    region: HtmlElement,
    anchor: HtmlElement,
    dates: Mapping[HtmlElement, tuple[str, str]],
    least: int,
) -> list[Unit]:
    """Return the records of a region by the signature (tag and one class) that explains its dates best.

    The outermost that does is taken, for it holds everything of a comment and the answers under it. Where
    none holds a text, each is taken for the head of a comment that goes on in what follows it (``dt`` and
    ``dd``, two rows of a table).
    """
    groups: dict[tuple[str, str], dict[HtmlElement, int]] = defaultdict(dict)
    ranked: dict[int, dict[HtmlElement, int]] = defaultdict(dict)
    """Elements so many steps above a date: what repeats where no two class names are the same."""
    around = set(islice(anchor.iterancestors(), MAX_HOPS)) | {region}
    chains = {date: (date, *islice(date.iterancestors(), 32)) for date in dates}
    for date, chain in chains.items():
        for depth, above in enumerate(chain if dates[date][1] else chain[1:]):
            if above in around:
                break
            if len(dates) >= LEAST_RANKED:
                ranked[depth].setdefault(above, depth)
            for name in ("", *above.get("class", "").split()[:6]):
                groups[above.tag, name].setdefault(above, depth)
    ordered = [
        group
        for named in (list(groups.values()), list(ranked.values()))
        for group in sorted(
            named, key=lambda group: (-min(len(group), len(dates)), -sum(group.values()) / len(group))
        )[:MAX_GROUPS]
        if len(group) >= least
    ]
    # One box wears several names, and stands so many steps above its date: each set of boxes once.
    different = {frozenset(group): group for group in reversed(ordered)}
    for beside in (False, True):
        for group in reversed(different.values()):
            if units := _read(group, dates, chains, least, anchor, beside=beside):
                return units
    return []


def _read(
    group: dict[HtmlElement, int],
    dates: Mapping[HtmlElement, tuple[str, str]],
    chains: Mapping[HtmlElement, Sequence[HtmlElement]],
    least: int,
    anchor: HtmlElement,
    *,
    beside: bool,
) -> list[Unit]:
    owned: dict[HtmlElement, HtmlElement] = {}
    for date, chain in chains.items():
        owner = next((above for above in chain if above in group), None)
        if owner is not None:
            owned.setdefault(owner, date)
    if len(owned) < SHARE * len(dates):
        return []
    units = [
        Unit(element=element, date=date, name=dates[date][0], raw=dates[date][1], skip={date})
        for element, date in owned.items()
    ]
    if beside and not _extend(units, anchor):
        return []
    if len(units) > 2 * PROBE and not beside:
        probe = [replace(unit, skip=set(unit.skip)) for unit in units[:: len(units) // PROBE]]
        if not name_speakers(probe, set(owned)):
            return []
    found = name_speakers(units, set(owned))
    if len(found) < max(least, SHARE * len(owned)):
        return []
    names = {unit.name.lower() for unit in found}
    return found if len(found) < 3 or len(names) > 1 or names <= NOBODY else []


def _extend(units: Sequence[Unit], anchor: HtmlElement) -> bool:
    """Give each record the siblings up to the next one; False when they do not stand side by side.

    Where something stands before the first and nothing follows the last, it is the text that comes first.
    """
    parents = {unit.element.getparent() for unit in units}
    if len(parents) != 1:
        return False
    own = {unit.element for unit in units}

    def siblings(element: HtmlElement, *, before: bool) -> list[HtmlElement]:
        found: list[HtmlElement] = []
        for beside in islice(element.itersiblings(preceding=before), MAX_BESIDE):
            if beside in own or beside is anchor or beside.tag in ("form", "h1", "h2", "h3"):
                break
            if isinstance(beside.tag, str) and beside.tag not in OUTSIDE:
                found.append(beside)
        return found

    before = any(map(line, siblings(units[0].element, before=True))) and not any(
        map(line, siblings(units[-1].element, before=False))
    )
    for unit in units:
        found = siblings(unit.element, before=before)
        unit.beside = found[::-1] if before else found
        unit.first = before
    return True


def _numbers(units: Sequence[Unit]) -> list[str | None]:
    """Return the numbers in the ``id`` of all records, when every one has its own."""
    for name in _ID_ATTRIBUTES:
        found = [
            next(filter(None, (_ID.fullmatch(part.get(name, "")) for part in unit.parts)), None)
            for unit in units
        ]
        numbers = [match[1] for match in found if match]
        if len(numbers) == len(units) == len(set(numbers)):
            return list(numbers)
    return [None] * len(units)
