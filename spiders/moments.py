"""Read the dates that feeds, sitemaps and APIs print, to judge the age of what they list.

Only for that: what a reader is shown comes from the article itself. Printed forms are RFC 822 (RSS, with
the four-digit years of RFC 2822) and the W3C profile of ISO 8601 (Atom: RFC 3339; sitemaps.org; WordPress
``*_gmt``).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_YEAR = re.compile(r"(\d{4})(?:-(\d{2}))?$")


def read_moment(raw: str | None) -> datetime | None:
    """Return an aware moment, or ``None`` when the text is no date in one of the known forms.

    A date without a zone is taken as UTC: ages are counted in days, and the error is below one.

    >>> read_moment("Tue, 10 Jun 2003 04:00:00 +0200").isoformat()
    '2003-06-10T04:00:00+02:00'
    >>> read_moment("2016-05-07").isoformat()
    '2016-05-07T00:00:00+00:00'
    >>> read_moment("yesterday")
    """
    text = (raw or "").strip()[:64]
    if not text:
        return None
    short = _YEAR.match(text)
    if short:
        text = f"{short[1]}-{short[2] or '01'}-01"
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None
