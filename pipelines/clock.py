"""The time of day and the zone in a printed date."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from pipelines.calendars import fold_date

_WORD_BEGIN, _WORD_END = r"(?<![^\W_])", r"(?![^\W_])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What a printed date says of the time of day."""

    time: time | None
    """``None``: it gives none."""
    zone: tzinfo | None
    """``None``: it gives none, or only «local time»."""
    rest: str
    """The folded date with these taken out."""


class UnreadableTimeError(ValueError):
    """A time is printed that does not exist, that contradicts itself or whose zone is not known."""


def _either(*names: str) -> str:
    """Return a pattern of any of the names, the longest first, the spaces in them left out or not."""
    folded = sorted({fold_date(name) for name in names}, key=len, reverse=True)
    return "|".join(re.escape(name).replace(r"\ ", r"\s*") for name in folded)


# Half of the day: "a" before noon, "p" after it, "n" noon itself, "e" the evening and night («شب»), "d"
# before dawn.
_HALVES = {
    "a": _either(
        "ق.ظ.", "ق.ظ", "ق ظ", "قبل از ظهر", "پیش از ظهر", "صبح", "صباحاً", "ص", "am", "a.m.", "a.m", "öö"
    ),
    "p": _either("ب.ظ.", "ب.ظ", "ب ظ", "بعد از ظهر", "عصر", "مساءً", "م", "pm", "p.m.", "p.m", "ös"),
    "n": _either("ظهر", "ظهراً", "noon"),
    "e": _either("شب"),
    "d": _either("بامداد"),
}
_HALF_AFTER = "|".join(f"(?P<{key}>(?:{names}){_WORD_END})" for key, names in _HALVES.items())
_HALF_BEFORE = "|".join(f"(?P<b{key}>{_WORD_BEGIN}(?:{_HALVES[key]}){_WORD_END})" for key in "apned")
_OCLOCK = _either("ساعت", "ساعة", "الساعة", "at", "saat", "um", "à", "kl", "klokken", "سەعات")
_NUMBER = r"(?<![\d.:/])(?P<hour>\d{1,2})"
_TIMES = (
    # 14:25, 14:25:30.123, ساعت ۱۰:۱۵ صبح, بعدازظهر ۲:۳۰
    (
        rf"(?:(?:{_HALF_BEFORE})\s*)?(?:{_WORD_BEGIN}(?:{_OCLOCK})\s*)?{_NUMBER}\s?:\s?(?P<minute>\d\d)"
        rf"(?:\s?:\s?(?P<second>\d\d)(?:[.,](?P<fraction>\d{{1,9}}))?)?(?!\d|:)\s*(?:uhr{_WORD_END})?"
        rf"\s*(?:{_HALF_AFTER})?"
    ),
    # ساعت ۱۰, ساعت ۱۰ و ۱۵ دقیقه, ساعت ۱۰.۱۵, um 10 Uhr
    (
        rf"(?:(?:{_HALF_BEFORE})\s*)?{_WORD_BEGIN}(?:ساعت|الساعه|saat)\s*{_NUMBER}(?:\s*(?:و|\.)\s*(?P<minute>\d{{1,2}})"
        rf"(?:\s*دقیقه)?)?(?![\d:/])\s*(?:{_HALF_AFTER})?"
    ),
    # 10am, 10 p.m.
    rf"{_NUMBER}\s?(?:(?P<a>a\.?m\.?)|(?P<p>p\.?m\.?)){_WORD_END}",
    # 10h15, 10 h, 14.25 Uhr, 10 Uhr
    rf"{_NUMBER}\s?h\s?(?P<minute>\d\d)?(?![\w])",
    rf"{_NUMBER}(?:[.:](?P<minute>\d\d))?\s?uhr{_WORD_END}",
)
_TIME_PATTERNS = tuple(re.compile(pattern) for pattern in _TIMES)

# Abbreviations with one meaning wherever news is printed (RFC 5322, 4.3 for the American ones). «IST», «BST»,
# «AST» have several and are refused; a zone abbreviation counts only right after a time («est» is a French
# word).
_OFFSETS = {
    **dict.fromkeys(["z", "utc", "gmt", "ut", "wet"], 0),
    **dict.fromkeys(["cet", "mez", "west"], 60),
    **dict.fromkeys(["cest", "mesz", "eet"], 120),
    **dict.fromkeys(["eest", "trt", "msk"], 180),
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
_ZONE_AFTER = re.compile(
    r"\s*\(?(?:(?P<name>[a-z]{1,4})(?![a-z]))?\s*(?:(?P<sign>[+-])\s?(?P<hours>\d\d?)(?::?(?P<minutes>\d\d))?(?![\d/.-]))?\)?"
)
_PLACES = {
    "تهران": "Asia/Tehran",
    "ایران": "Asia/Tehran",
    "طهران": "Asia/Tehran",
    "کابل": "Asia/Kabul",
    "افغانستان": "Asia/Kabul",
    "گرینویچ": "UTC",
    "غرینتش": "UTC",
    "غرینیتش": "UTC",
    "لندن": "Europe/London",
    "بریتانیا": "Europe/London",
    "اروپای مرکزی": "Europe/Berlin",
    "پاریس": "Europe/Paris",
    "برلین": "Europe/Berlin",
    "آمستردام": "Europe/Amsterdam",
    "پراگ": "Europe/Prague",
    "واشنگتن": "America/New_York",
    "واشنطن": "America/New_York",
    "مکه": "Asia/Riyadh",
    "السعودیه": "Asia/Riyadh",
    "بغداد": "Asia/Baghdad",
    "استانبول": "Europe/Istanbul",
}
_BY_PLACE = {fold_date(name): zone for name, zone in _PLACES.items()}
_LOCAL = _either("محلی", "المحلی")
_PLACE_TIME = re.compile(
    rf"{_WORD_BEGIN}(?:به\s*وقت|بوقت|بتوقیت|توقیت)\s*(?:(?P<local>{_LOCAL})|(?P<place>{_either(*_PLACES)})|\S+){_WORD_END}"
)


def read_clock(folded: str) -> Clock:
    """Return the time of day and the zone of a folded date.

    Raises UnreadableTimeError when what is printed is no time, or two times that differ.
    """
    zone: tzinfo | None = None
    times: set[time] = set()
    place = _PLACE_TIME.search(folded)
    if place is not None:
        if place["local"] is None and place["place"] is None:
            raise UnreadableTimeError(place.group())
        if place["place"] is not None:
            zone = ZoneInfo(next(_BY_PLACE[n] for n in _BY_PLACE if _same_name(n, place["place"])))
        folded = f"{folded[: place.start()]} {folded[place.end() :]}"
    for pattern in _TIME_PATTERNS:
        while (match := pattern.search(folded)) is not None:
            times.add(_time_of(match))
            end = match.end()
            offset, length = _zone_after(folded[end:])
            if offset is not None:
                zone = timezone(offset)
            folded = f"{folded[: match.start()]} ; {folded[end + length :]}"
    if len(times) > 1:
        raise UnreadableTimeError("two times")
    return Clock(time=next(iter(times), None), zone=zone, rest=folded)


def _same_name(name: str, printed: str) -> bool:
    return name.replace(" ", "") == printed.replace(" ", "")


def _zone_after(folded: str) -> tuple[timedelta | None, int]:
    """Return the offset that follows a time, and how many letters it takes; (None, 0) when there is none."""
    match = _ZONE_AFTER.match(folded)
    if match is None or not (match["name"] or match["sign"]):
        return None, 0
    name: str | None = match["name"]
    if name is not None and name not in _OFFSETS:
        if name in {"ist", "bst", "ast", "gst"}:
            raise UnreadableTimeError(name)
        return None, 0
    if name is not None and match["sign"] is None:
        return timedelta(minutes=_OFFSETS[name]), match.end()
    hours, minutes = int(match["hours"]), int(match["minutes"] or 0)
    printed = match.group()
    # «10:15 - 24 مهر»: a dash. Without a name an offset touches its sign, and «+03» touches the time.
    if name is None and (" " in printed.strip() or (match["minutes"] is None and printed[0] == " ")):
        return None, 0
    if name not in {None, "utc", "gmt", "z"}:
        return None, 0
    if hours > 14 or minutes > 59:
        raise UnreadableTimeError(match.group())
    offset = timedelta(hours=hours, minutes=minutes)
    return (-offset if match["sign"] == "-" else offset), match.end()


def _time_of(match: re.Match[str]) -> time:
    found = match.groupdict()
    hour, minute = int(found["hour"]), int(found.get("minute") or 0)
    halves = {key for key in "apned" if found.get(key) or found.get("b" + key)}
    if len(halves) > 1:
        raise UnreadableTimeError(match.group())
    for half in halves:
        hour = _on_24_hours(hour, half, match.group())
    fraction = (found.get("fraction") or "")[:6].ljust(6, "0")
    try:
        return time(hour, minute, int(found.get("second") or 0), int(fraction))
    except ValueError as error:
        raise UnreadableTimeError(match.group()) from error


def _on_24_hours(hour: int, half: str, printed: str) -> int:
    if half in "ad" and hour <= 12:
        return hour % 12
    if half == "p":
        return hour + 12 if 1 <= hour < 12 else hour
    if half == "n" and (hour in {11, 12} or 1 <= hour <= 3):
        return hour if hour > 3 else hour + 12
    # «۲ شب» may be 2 or 14 hours after midnight, «۱۲ شب» either end of the day; «۸ شب» is sure.
    if half == "e" and hour >= 5 and hour != 12:
        return hour + 12 if hour < 12 else hour
    raise UnreadableTimeError(printed)
