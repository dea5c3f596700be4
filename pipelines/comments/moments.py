"""When a comment was written: machine-readable attributes first, then the printed line."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from lxml.html import HtmlElement

from pipelines.comments.prose import line
from pipelines.comments.words import DATE, RELATIVE
from pipelines.dates import parse_date

MAX_RAW = 120
"""A printed date has 20 to 50 letters; what is longer than this is not one."""
_ISO = re.compile(r"\d{4}-?\d\d-?\d\dT?\s?\d\d:?\d\d.{0,20}", re.ASCII | re.DOTALL)
_YEARS = range(1990, 2200)
"""A machine-readable year outside is no Gregorian year: wp-parsidate writes
``datetime="1405-07-09T07:55:00+03:30"``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What a printed date is read against."""

    reference: datetime
    """Aware: the moment of capture."""
    timezone: str = ""
    """IANA name of the publisher's; empty when it is not known."""
    known: dict[str, datetime | None] = field(default_factory=dict, compare=False, repr=False)
    """What was read so far: a reader asks twice, whether a date is one and which."""

    def moment(self, raw: str | None) -> datetime | None:
        """Return the moment that a raw date means, aware, or ``None``."""
        if not raw or len(raw) > MAX_RAW:
            return None
        if raw not in self.known:
            self.known[raw] = exact(raw) or parse_date(raw, reference=self.reference, timezone=self.timezone)
        return self.known[raw]


def exact(raw: str) -> datetime | None:
    """Return the moment of an ISO 8601 or RFC 5322 date with its offset, else ``None``.

    >>> exact("2026-10-01T07:55:00+03:30").isoformat()
    '2026-10-01T07:55:00+03:30'
    >>> exact("1405-07-09T07:55:00+03:30"), exact("2026-10-01")
    (None, None)
    """
    raw = raw.strip()
    try:
        moment = datetime.fromisoformat(raw) if raw[:4].isdigit() else parsedate_to_datetime(raw)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo is not None and moment.year in _YEARS else None


def raw_time(element: HtmlElement, skip: Container[HtmlElement]) -> str | None:
    """Return the date of an element as its publisher gives it, or ``None``.

    A machine-readable attribute with a time of day is taken before the printed line: it does not depend
    on when it is read («۲ ساعت پیش»), so the same comment has the same raw date in every capture.
    """
    attributes = element.attrib
    for name in ("datetime", "content"):
        if (value := attributes.get(name, "").strip()) and _ISO.fullmatch(value):
            return str(value)
    if (
        (stamp := attributes.get("data-comment-timestamp", ""))
        and stamp.isascii()
        and stamp.isdigit()
        and len(stamp) < 12
    ):
        return datetime.fromtimestamp(int(stamp), UTC).isoformat()
    title = (attributes.get("title") or "").strip()
    shown = line(element, skip)
    vague = not shown or RELATIVE.search(shown) or (len(shown) <= 20 and not DATE.search(shown))  # “2w”
    if title and vague and re.search(r"\d", title):
        shown = title
    return (shown or attributes.get("datetime", "") or attributes.get("content", ""))[: MAX_RAW + 1] or None
