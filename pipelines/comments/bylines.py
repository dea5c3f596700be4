"""Lines that print a date alone, or a name and a date: «نگار — ۳ آبان ۱۳۹۵», “On 3 May 2016, Dana wrote:”."""

from __future__ import annotations

import re

from lxml.html import HtmlElement

from pipelines.comments.prose import line
from pipelines.comments.words import DATE, SAYS, holds_date

MAX_DATE_LINE = 60
MAX_LINE = 130
"""Letters of a line of name and date."""
MAX_AUTHOR = 60

_NOT_DATE = re.compile(
    r"(?:در|ساعت|تاریخ|روز|دوشنبه|سه[\u200c ]?شنبه|چهار[\u200c ]?شنبه|پنج[\u200c ]?شنبه|جمعه|"
    r"یک[\u200c ]?شنبه|شنبه|صبح|عصر|"
    r"الاثنين|الثلاثاء|الأربعاء|الخميس|الجمعة|السبت|الأحد|[قب]\.?\s?ظ|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|\b(?:mon|tue|wed|thu|fri|sat|sun)\b|"
    r"\b(?:at|on|am|pm|a\.m|p\.m|uhr|de|le|gmt|utc|edited|posted)\b|\W|\d|_)+",
    re.IGNORECASE,
)
_PARTS = re.compile(
    r"\s+(?:[—–|·•/»\-]|on|at|در تاریخ|در|posted|@)\s+|\s*[|·•—–]\s*|\s*[,،:]\s+", re.IGNORECASE
)
_LETTER = re.compile(r"[^\W\d_]")
_WROTE = re.compile(r"\s*(?:wrote|says?|said|نوشت(?:ه است)?|گفت(?:ه است)?)\s*[:：]?\s*$", re.IGNORECASE)
_LEADING = re.compile(r"^(?:on|by|posted by|در|توسط|از)\s+", re.IGNORECASE)


def may_date(element: HtmlElement) -> bool:
    """Tell by a cheap look whether :func:`is_date` or :func:`named_date` may hold of an element."""
    if element.tag == "time" or element.get("title"):
        return True
    text = element.text or ""
    count = len(element)
    if not count:
        return 4 <= len(text) <= 2 * MAX_LINE and holds_date(text)
    if count <= 4:
        text = " ".join((text, *(child.tail or "" for child in element)))
    return len(text) <= 4 * MAX_LINE and holds_date(text)


def is_date(element: HtmlElement) -> bool:
    """Tell whether an element prints a date and nothing else."""
    if element.tag == "time":
        return True
    text = (element.text or "").strip()
    if (
        (title := element.get("title"))
        and len(text) <= 20
        and not len(element)
        and len(title) <= MAX_DATE_LINE
    ):
        # «۳ روز پیش», “2w”, with the exact moment for whoever points at it
        return bool(re.search(r"\d", text)) and is_only_date(title.replace("T", " "))
    return 4 <= len(text) <= MAX_DATE_LINE and holds_date(text) and is_only_date(line(element))


def is_only_date(text: str) -> bool:
    """Tell whether a line is a date with what belongs to one: weekday, hour."""
    if not holds_date(text[: 2 * MAX_DATE_LINE]):
        return False
    return len(_NOT_DATE.sub("", DATE.sub("", text[: 2 * MAX_DATE_LINE]))) <= 3


def named_date(element: HtmlElement) -> tuple[str, str] | None:
    """Return name and raw date of an element without elements of its own that prints just both."""
    text = element.text or ""
    if len(element):
        return _around_name(element)
    if not 6 <= len(text) <= 2 * MAX_LINE or not holds_date(text):
        return None
    return split_byline(line(element))


def _around_name(element: HtmlElement) -> tuple[str, str] | None:
    """Return name and date of an element whose own words are a date, and whose child holds a name:
    ``<div><b>نگار</b> ۳ آبان ۱۳۹۵</div>``."""
    if len(element) > 4:
        return None
    tails = [child.tail for child in element if child.tail]
    own = " ".join(" ".join((element.text or "", *tails))[: 2 * MAX_LINE].split())
    if not 4 <= len(own) <= MAX_DATE_LINE or not is_only_date(own):
        return None
    for child in element:
        if isinstance(child.tag, str) and child.tag not in ("img", "br") and len(child) <= 1:
            name = line(child)
            if 0 < len(name) <= MAX_AUTHOR and _LETTER.search(name) and not holds_date(name):
                return SAYS.sub("", name), own.strip(" ·•|—–,،:-")
    return None


def split_byline(text: str) -> tuple[str, str] | None:
    """Return name and date of a line that prints both, else ``None``.

    >>> split_byline("Dana on 3 May 2016, 14:05"), split_byline("On 3 May 2016, Dana wrote:")
    (('Dana', '3 May 2016, 14:05'), ('Dana', '3 May 2016'))
    >>> split_byline("We met on 3 May 2016 and walked, as always, through the old garden of the city")
    """
    if len(text) > MAX_LINE:
        return None
    text = _WROTE.sub("", text)
    best: tuple[str, str] | None = None
    for part in _PARTS.finditer(text):
        left, right = text[: part.start()], text[part.end() :]
        for name, date in ((left, right), (right, left)):
            name, date = _LEADING.sub("", SAYS.sub("", name.strip())), _LEADING.sub("", date.strip())
            # «Oct. 1, 2026, 12:56 a.m. - Dana»: the split that leaves most to the date
            if (
                0 < len(name) <= MAX_AUTHOR
                and _LETTER.search(name)
                and not holds_date(name)
                and _NOT_DATE.sub("", name)
                and is_only_date(date)
                and len(date) <= MAX_DATE_LINE
                and (best is None or len(date) > len(best[1]))
            ):
                best = name, date
    return best
