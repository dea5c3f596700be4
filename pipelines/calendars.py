"""The three calendars that dates in exile media are printed in.

The arithmetic is that of libraries: jdatetime for the solar Hijri (Jalali) calendar, hijridate for the lunar
one (Umm al-Qura; sighting in another country may differ by one day, which only a weekday beside it can tell).
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import lru_cache

import hijridate
import jdatetime

from pipelines.letters import FoldTable


class Calendar(StrEnum):
    """A calendar that a date is counted in."""

    GREGORIAN = "gregorian"
    JALALI = "jalali"
    """Solar Hijri, of Iran and Afghanistan."""
    LUNAR = "lunar"
    """Lunar Hijri."""


@lru_cache(maxsize=4096)  # jdatetime asks for the locale each time
def to_date(calendar: Calendar, year: int, month: int, day: int) -> date | None:
    """Return the Gregorian date, or ``None`` when there is no such day.

    >>> to_date(Calendar.JALALI, 1395, 8, 3), to_date(Calendar.JALALI, 1396, 12, 30)
    (datetime.date(2016, 10, 24), None)
    """
    try:
        if calendar is Calendar.JALALI:
            found: date = jdatetime.date(year, month, day).togregorian()
            return found
        if calendar is Calendar.LUNAR:
            lunar = hijridate.Hijri(year, month, day).to_gregorian()
            return date(lunar.year, lunar.month, lunar.day)
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


_DATE_SIGNS = str.maketrans(
    {
        "،": ",",
        "٬": ",",
        "٫": ".",
        "۔": ".",
        "؍": "/",
        "⁄": "/",
        "–": "-",
        "—": "-",
        "−": "-",
        "‐": "-",
        "‑": "-",
        "：": ":",
        "ʼ": "'",
        "\\": "/",
        "•": "|",
        "·": "|",
        "∶": ":",
        "’": "'",
        "\u200c": " ",
        "\u200b": " ",
        "ـ": "",
    }
)
_FOLD = FoldTable()


def fold_date(text: str) -> str:
    """Return a printed date in plain letters: folded as in search, but with its signs and with ZWNJ as a
    space.

    >>> fold_date("سه\u200cشنبه، ۱۳ مهر ١٣٩٥ – 10:15")
    'سه شنبه, 13 مهر 1395 - 10:15'
    """
    folded = "".join(
        character if character in "!\"#%&'()*,-./:;?@[\\]_{}+" else _FOLD[ord(character)]
        for character in text.translate(_DATE_SIGNS)
    )
    return " ".join(folded.split())
