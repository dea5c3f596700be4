"""Time zones as printed behind a time: offsets, abbreviations, «به وقت تهران», بتوقيت غرينتش, Kabul time."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from pipelines.calendar_names import any_of, joined
from pipelines.calendars import fold_date

# Abbreviations with one meaning wherever news is printed (RFC 5322, 4.3 for the American ones). «IST», «BST»,
# «AST» have several and are refused; a zone abbreviation counts only right after a time («est» is a French
# word).
_OFFSETS = {
    **dict.fromkeys(["z", "utc", "gmt", "ut", "wet"], 0),
    **dict.fromkeys(["cet", "mez", "west"], 60),
    **dict.fromkeys(["cest", "mesz", "eet"], 120),
    **dict.fromkeys(["eest", "trt", "msk", "ksa"], 180),
    "irst": 210,
    "irdt": 270,
    "aft": 270,
    "est": -300,
    "edt": -240,
    "cst": -360,
    "cdt": -300,
    "mst": -420,
    "mdt": -360,
    "pst": -480,
    "pdt": -420,
}
_OF_SEVERAL = frozenset({"ist", "bst", "ast", "gst"})
_AMERICAN = {
    "et": "America/New_York",
    "ct": "America/Chicago",
    "mt": "America/Denver",
    "pt": "America/Los_Angeles",
}
_AFTER = re.compile(
    r"\s*\(?(?:(?P<name>[a-z]{1,4})(?![a-z]))?\s*(?:(?P<sign>[+-])\s?(?P<hours>\d\d?)(?::?(?P<minutes>\d\d))?(?![\d/.-]))?\)?"
)
_BEFORE = re.compile(r"(?<![^\W_])(?P<name>utc|gmt|ksa|cet|cest|est|edt|pst|pdt|irst)\s*:?\s*$")
# Left out: عمان is both Amman and Oman.
_PLACES = {
    "تهران": "Asia/Tehran",
    "ایران": "Asia/Tehran",
    "طهران": "Asia/Tehran",
    "tehran": "Asia/Tehran",
    "iran": "Asia/Tehran",
    "کابل": "Asia/Kabul",
    "کابول": "Asia/Kabul",
    "افغانستان": "Asia/Kabul",
    "kabul": "Asia/Kabul",
    "afghanistan": "Asia/Kabul",
    "پاکستان": "Asia/Karachi",
    "اسلام آباد": "Asia/Karachi",
    "گرینویچ": "UTC",
    "گرینیچ": "UTC",
    "گرنویچ": "UTC",
    "غرینتش": "UTC",
    "غرینیتش": "UTC",
    "غرینویتش": "UTC",
    "جرینتش": "UTC",
    "جرینیتش": "UTC",
    "greenwich": "UTC",
    "جهانی": "UTC",
    "لندن": "Europe/London",
    "بریتانیا": "Europe/London",
    "london": "Europe/London",
    "اروپای مرکزی": "Europe/Berlin",
    "اروپا": "Europe/Berlin",
    "پاریس": "Europe/Paris",
    "باریس": "Europe/Paris",
    "paris": "Europe/Paris",
    "برلین": "Europe/Berlin",
    "آلمان": "Europe/Berlin",
    "berlin": "Europe/Berlin",
    "آمستردام": "Europe/Amsterdam",
    "هلند": "Europe/Amsterdam",
    "amsterdam": "Europe/Amsterdam",
    "پراگ": "Europe/Prague",
    "prague": "Europe/Prague",
    "واشنگتن": "America/New_York",
    "واشنطن": "America/New_York",
    "نیویورک": "America/New_York",
    "شرق آمریکا": "America/New_York",
    "شرق ایالات متحده": "America/New_York",
    "washington": "America/New_York",
    "eastern": "America/New_York",
    "لس آنجلس": "America/Los_Angeles",
    "غرب آمریکا": "America/Los_Angeles",
    "مکه": "Asia/Riyadh",
    "مکه المکرمه": "Asia/Riyadh",
    "السعودیه": "Asia/Riyadh",
    "الریاض": "Asia/Riyadh",
    "عربستان": "Asia/Riyadh",
    "قطر": "Asia/Qatar",
    "الدوحه": "Asia/Qatar",
    "الامارات": "Asia/Dubai",
    "ابوظبی": "Asia/Dubai",
    "دبی": "Asia/Dubai",
    "امارات": "Asia/Dubai",
    "القاهره": "Africa/Cairo",
    "مصر": "Africa/Cairo",
    "قاهره": "Africa/Cairo",
    "cairo": "Africa/Cairo",
    "بیروت": "Asia/Beirut",
    "لبنان": "Asia/Beirut",
    "beirut": "Asia/Beirut",
    "دمشق": "Asia/Damascus",
    "سوریا": "Asia/Damascus",
    "القدس": "Asia/Jerusalem",
    "فلسطین": "Asia/Jerusalem",
    "بغداد": "Asia/Baghdad",
    "عراق": "Asia/Baghdad",
    "العراق": "Asia/Baghdad",
    "baghdad": "Asia/Baghdad",
    "الجزائر": "Africa/Algiers",
    "تونس": "Africa/Tunis",
    "المغرب": "Africa/Casablanca",
    "استانبول": "Europe/Istanbul",
    "اسطنبول": "Europe/Istanbul",
    "ترکیه": "Europe/Istanbul",
    "ترکیا": "Europe/Istanbul",
    "مسکو": "Europe/Moscow",
    "موسکو": "Europe/Moscow",
}
_ZONE_OF_PLACE = {joined(fold_date(name)): zone for name, zone in _PLACES.items()}
_ANY_PLACE = any_of(map(fold_date, _PLACES))
_BEGIN, _END = r"(?<![^\W_])", r"(?![^\W_])"
_PLACE_TIME = re.compile(
    rf"{_BEGIN}(?:(?:به|طبق)\s*(?:وقت|ساعت)|بوقت|بتوقیت|توقیت|حسب\s*توقیت|بالتوقیت|د)\s*(?:(?P<local>محلی|المحلی)"
    rf"|(?P<place>{_ANY_PLACE})(?:\s*په\s*وخت)?|(?P<other>[^\s\d;,()]+)){_END}"
    rf"|{_BEGIN}(?P<english>{_ANY_PLACE})\s*(?:local\s*|standard\s*|daylight\s*)?time{_END}"
    rf"|(?<=;)\s*\(?(?P<alone>{any_of(['گرینویچ', 'غرینتش', 'غرینیتش', 'جرینتش', 'مکه المکرمه'])}){_END}\)?"
)


class UnknownZoneError(ValueError):
    """A zone is printed that is not known, that is that of several countries, or there are two."""


def read_place(folded: str) -> tuple[tzinfo | None, str]:
    """Return the zone of a place in a folded date, and the date without it; ``None``: no place, local time.

    Times have been replaced by «;». Raises UnknownZoneError.
    """
    zones: set[str] = set()
    kept, end = [], 0
    for match in _PLACE_TIME.finditer(folded):
        name = match["place"] or match["english"] or match["alone"]
        if match["other"] is not None:
            if match.group().startswith("د"):
                continue  # the Pashto genitive, before any word
            raise UnknownZoneError(f"«{match.group()}» is no known zone")
        if name is not None:
            zones.add(_ZONE_OF_PLACE[joined(name)])
        kept.append(folded[end : match.start()])
        end = match.end()
    if len(zones) > 1:
        raise UnknownZoneError("two zones")
    rest = " ".join((*kept, folded[end:]))
    return (ZoneInfo(zones.pop()) if zones else None), rest


def read_offset(folded: str, *, after_half: bool) -> tuple[tzinfo | None, int]:
    """Return the zone at the start of what follows a time, and how many letters it takes; else (None, 0).

    ``after_half`` is true behind «am» and «pm», where «ET» is no French word. Raises UnknownZoneError.
    """
    match = _AFTER.match(folded)
    if match is None or not (match["name"] or match["sign"]):
        return None, 0
    name: str | None = match["name"]
    if name in _OF_SEVERAL:
        raise UnknownZoneError(f"{name} is the time of several countries")
    if name in _AMERICAN and after_half:
        return ZoneInfo(_AMERICAN[name]), match.end()
    if name is not None and name not in _OFFSETS:
        return None, 0
    if name is not None and match["sign"] is None:
        return _fixed(timedelta(minutes=_OFFSETS[name])), match.end()
    hours, minutes = int(match["hours"]), int(match["minutes"] or 0)
    printed = match.group()
    # «10:15 - 24 مهر»: a dash. Without a name an offset touches its sign, and «+03» touches the time.
    if name is None and (" " in printed.strip() or (match["minutes"] is None and printed[0] == " ")):
        return None, 0
    if name not in {None, "utc", "gmt", "z"}:
        return None, 0
    if hours > 14 or minutes > 59:
        raise UnknownZoneError(f"«{match.group()}» is no offset")
    offset = timedelta(hours=hours, minutes=minutes)
    return _fixed(-offset if match["sign"] == "-" else offset), match.end()


def read_zone_before(folded: str) -> tuple[tzinfo | None, str]:
    """Return the zone that ends what goes before a time («KSA 14:25»), and that without it."""
    match = _BEFORE.search(folded)
    if match is None:
        return None, folded
    return _fixed(timedelta(minutes=_OFFSETS[match["name"]])), folded[: match.start()]


def _fixed(offset: timedelta) -> tzinfo:
    return timezone(offset) if offset else UTC
