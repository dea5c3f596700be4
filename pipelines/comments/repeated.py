"""Comments in markup nobody described: what repeats with a name, a date and a text, under a heading for
comments.

Precision before recall: an invented comment is worse than a missed one, for the bytes are kept and can be
read again. So there must be a heading («نظرها», “12 Comments”) before them, or a form for comments beside
at least two of them; every record must have a date that looks like nothing else, a name and a text; and a
list whose texts are links is a list of articles.

Taken: ``<h3>نظرها</h3><div class="q1"><div class="q7"><b>نگار</b><i>۳ آبان ۱۳۹۵</i><p>…</p></div>…`` Not
taken: ``<h3>تازه‌ها</h3>…`` (no such heading), ``<h3>نظرها</h3><ul><li><a href=…>عنوان</a> ۳ آبان</li>…``
(links).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from pipelines.comments.identity import MAX_NAME, MAX_TEXT, Draft
from pipelines.comments.moments import Clock, raw_time
from pipelines.comments.nesting import MAX_HOPS
from pipelines.comments.prose import line, prose
from pipelines.comments.roles import Role, roles_of
from pipelines.comments.words import ACTION, DATE, HEADING, SAYS
from pipelines.text import display_text

MAX_ELEMENTS = 30_000
"""Elements of a region looked at; a thousand comments have some 15,000."""
MAX_DATES = 2_000
MAX_DATE_LINE = 60
MAX_AUTHOR = 60
SHARE = 0.8
"""Of the dates of a region and of its records that must fit; the rest are notices and the like."""

_NOT_DATE = re.compile(
    r"(?:در|ساعت|تاریخ|روز|دوشنبه|سه[\u200c ]?شنبه|چهار[\u200c ]?شنبه|پنج[\u200c ]?شنبه|جمعه|"
    r"یک[\u200c ]?شنبه|شنبه|صبح|عصر|"
    r"[قب]\.?\s?ظ|at|on|am|pm|uhr|de|le|\W|\d|_)+",
    re.IGNORECASE,
)
_OUTSIDE = frozenset({"aside", "nav", "form", "select", "script", "style", "head"})
_ID = re.compile(r"[A-Za-z_\-]*?[-_]?(\d{1,19})")


@dataclass(slots=True)
class _Chunk:
    element: HtmlElement
    text: str


@dataclass(slots=True)
class Unit:
    """One record of a candidate reading."""

    element: HtmlElement
    date: HtmlElement
    author: HtmlElement | None = None
    text: str = ""
    skip: set[HtmlElement] = field(default_factory=set)


def read_repeated(units: Sequence[Unit], *, url: str, clock: Clock) -> list[Draft]:
    """Return what each of the records that repeat says."""
    numbers = _numbers(units)
    places = {unit.element: index for index, unit in enumerate(units)}
    drafts = []
    for unit, number in zip(units, numbers, strict=True):
        raw = raw_time(unit.date, unit.skip - {unit.date})
        parent = next(
            (places[above] for above in islice(unit.element.iterancestors(), MAX_HOPS) if above in places),
            None,
        )
        name = SAYS.sub("", line(unit.author)) if unit.author is not None else ""
        drafts.append(
            Draft(
                publisher_id=number,
                parent_index=parent,
                author=display_text(name[:MAX_NAME]) or None,
                text=display_text(unit.text[:MAX_TEXT]),
                published_raw=raw,
                published_at=clock.moment(raw),
                url=f"{url.partition('#')[0]}#{unit.element.get('id')}" if number else None,
            )
        )
    return drafts


def find_units(heads: Sequence[tuple[HtmlElement, str]], forms: Sequence[HtmlElement]) -> list[Unit]:
    """Return the records that repeat below a heading or beside a form for comments, in document order;
    empty when nothing is sure."""
    for head, text in heads[:20]:
        if HEADING.fullmatch(text) and not _in_outside(head) and (units := _near(head, least=1)):
            return units
    for form in forms[:5]:
        if units := _near(form, least=2):
            return units
    return []


def _in_outside(element: HtmlElement) -> bool:
    return any(above.tag in ("aside", "nav") for above in islice(element.iterancestors(), 32))


def _near(anchor: HtmlElement, *, least: int) -> list[Unit]:
    """Return the records in the nearest element around an anchor that holds any."""
    for hops, region in enumerate(islice(anchor.iterancestors(), 6)):
        after = anchor.tag != "form"
        dates = _dates(region, anchor, after=after)
        if dates:
            return _units(region, anchor, dates, least)
        if region.tag in ("body", "main") or (hops and region.find(".//h1") is not None):
            break
    return []


def _dates(region: HtmlElement, anchor: HtmlElement, *, after: bool) -> list[HtmlElement]:
    """Return what looks like a printed date and nothing else; after the anchor only, where that is a
    heading."""
    found: list[HtmlElement] = []
    passed = not after
    walker = etree.iterwalk(region, events=("start",))
    for _, element in islice(walker, MAX_ELEMENTS):
        if element is anchor:
            passed = True
            walker.skip_subtree()
            continue
        if element.tag in _OUTSIDE:
            walker.skip_subtree()
            continue
        if passed and is_date(element):
            found.append(element)
            walker.skip_subtree()
            if len(found) >= MAX_DATES:
                break
    return found


def is_date(element: HtmlElement) -> bool:
    """Tell whether an element prints a date and nothing else."""
    if element.tag == "time":
        return True
    text = (element.text or "").strip()
    if not 4 <= len(text) <= MAX_DATE_LINE or not DATE.search(text):
        return False
    return len(_NOT_DATE.sub("", DATE.sub("", line(element)[: 2 * MAX_DATE_LINE]))) <= 3


def _units(region: HtmlElement, anchor: HtmlElement, dates: list[HtmlElement], least: int) -> list[Unit]:
    """Return the records of a region by the signature (tag and one class) that explains its dates best.

    The outermost that does is taken, for it holds everything of a comment and the answers under it.
    """
    groups: dict[tuple[str, str], dict[HtmlElement, int]] = defaultdict(dict)
    around = set(islice(anchor.iterancestors(), MAX_HOPS)) | {region}
    for date in dates:
        for depth, above in enumerate(islice(date.iterancestors(), 32)):
            if above in around:
                break
            for name in ("", *above.get("class", "").split()[:6]):
                groups[above.tag, name].setdefault(above, depth)
    ordered = sorted(
        groups.values(), key=lambda group: (-min(len(group), len(dates)), -sum(group.values()) / len(group))
    )
    for group in ordered[:24]:
        if len(group) >= least and (units := _read(group, dates, least)):
            return units
    return []


def _read(group: dict[HtmlElement, int], dates: list[HtmlElement], least: int) -> list[Unit]:
    owned: dict[HtmlElement, HtmlElement] = {}
    fitting = 0
    for date in dates:
        owner = next((above for above in islice(date.iterancestors(), 32) if above in group), None)
        if owner is not None and owner not in owned:
            owned[owner] = date
            fitting += 1
    if fitting < SHARE * len(dates):
        return []
    units = []
    for count, (element, date) in enumerate(owned.items()):
        if (unit := _unit(element, date, group)) is not None:
            units.append(unit)
        elif count >= 10 and not units:
            return []
    if len(units) < max(least, SHARE * len(owned)):
        return []
    names = {line(unit.author) for unit in units if unit.author is not None}
    return units if len(units) < 3 or len(names) > 1 else []


def _unit(element: HtmlElement, date: HtmlElement, group: dict[HtmlElement, int]) -> Unit | None:
    unit = Unit(element=element, date=date, skip={date})
    chunks: list[_Chunk] = []
    linked = 0
    walker = etree.iterwalk(element, events=("start",))
    for _, node in islice(walker, MAX_ELEMENTS):
        if node is not element and (node in group or node is date or node.tag in _OUTSIDE):
            unit.skip.add(node)
            walker.skip_subtree()
            continue
        text = (node.text or "").strip()
        if node.tag in ("a", "button", "span", "small", "div", "p", "li") and node is not element and text:
            whole = _short(node)
            if whole and (ACTION.fullmatch(whole) or SAYS.fullmatch(whole)):
                unit.skip.add(node)
                walker.skip_subtree()
                continue
        roles = {role for role, _ in roles_of(node.tag, node.get("class", ""))}
        if node is not element and Role.ASIDE in roles and Role.AUTHOR not in roles and not text:
            continue
        if text:
            chunks.append(_Chunk(node, text))
            if node.tag == "a" and node.get("href", "").partition("#")[0]:
                linked += len(text)
        if Role.AUTHOR in roles and unit.author is None and node is not element and _short(node):
            unit.author = node
    if unit.author is None:
        first = next((chunk for chunk in chunks if chunk.element is not element), None)
        if first is None or not _short(first.element) or first.element.tag in ("p", "blockquote"):
            return None
        unit.author = first.element
    name = line(unit.author)
    if not name or DATE.fullmatch(name):
        return None
    unit.skip.add(unit.author)
    unit.text = prose(element, unit.skip)
    if SAYS.fullmatch(unit.text) or not unit.text:
        return None
    return None if linked - len(name) > SHARE * len(unit.text) else unit


def _short(element: HtmlElement) -> str:
    """Return the text of an element on one line; "" when it is longer than a name or a button is."""
    found = ""
    for part in islice(element.itertext(), 40):
        found += str(part)
        if len(found) > 2 * MAX_AUTHOR:
            return ""
    found = " ".join(found.split())
    return found if len(found) <= MAX_AUTHOR else ""


def _numbers(units: Sequence[Unit]) -> list[str | None]:
    """Return the numbers in the ``id`` of all records, when every one has its own."""
    found = [_ID.fullmatch(unit.element.get("id", "")) for unit in units]
    numbers = [match[1] for match in found if match]
    if len(numbers) == len(units) == len(set(numbers)):
        return list(numbers)
    return [None] * len(units)
