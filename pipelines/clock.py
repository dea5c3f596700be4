"""The time of day and the zone in a printed date."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, tzinfo

from pipelines.calendar_names import any_of
from pipelines.calendars import fold_date
from pipelines.time_zones import UnknownZoneError, read_offset, read_place

_WORD_BEGIN, _WORD_END = r"(?<![^\W_])", r"(?![^\W_])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What a printed date says of the time of day."""

    time: time | None
    """``None``: it gives none."""
    unit: str
    """The smallest part of it that is printed: «second», «minute» or «hour»; empty when it gives none."""
    zone: tzinfo | None
    """``None``: it gives none, or only «local time»."""
    rest: str
    """The folded date with these taken out."""


class UnreadableTimeError(ValueError):
    """A time is printed that does not exist, that contradicts itself or whose zone is not known."""


def _either(names: str) -> str:
    """Return a pattern of any of the names, parted by «|»; the spaces in them may be left out."""
    return any_of(fold_date(name) for name in names.split("|"))


# Half of the day: "a" before noon, "p" after it, "n" noon itself, "e" the evening and night («شب»), "d"
# before dawn. Dari counts from «چاشت», noon; Pashto from «غرمه».
_LONG_HALVES = {
    "a": "ق.ظ.|ق.ظ|ق ظ|قبل از ظهر|پیش از ظهر|قبل از چاشت|پیش از چاشت|صبح|صباحاً|صباحا|قبل الظهر|سهار|غرمې مخکې"
    "|پ.ن|بەیانی|a.m.|a.m|am|öö",
    "p": "ب.ظ.|ب.ظ|ب ظ|بعد از ظهر|بعد از چاشت|پس از ظهر|عصر|عصراً|مساءً|مساء|بعد الظهر|بعد ظهر|ماسپښین|مازیګر"
    "|غرمې وروسته|د.ن|ئێوارە|غروب|p.m.|p.m|pm|ös",
    "n": "ظهر|ظهراً|چاشت|noon",
    "e": "شب|شامگاه|لیلاً|لیلا|ماښام",
    "d": "بامداد|فجراً|سحرگاه",
}
_SHORT_HALVES = {"a": "ص", "p": "م"}
_ALL_HALVES = {
    key: f"{names}|{_SHORT_HALVES[key]}" if key in _SHORT_HALVES else names
    for key, names in _LONG_HALVES.items()
}
_HALF_AFTER = "|".join(f"(?P<{key}>(?:{_either(names)}){_WORD_END})" for key, names in _ALL_HALVES.items())
_LONG_AFTER = "|".join(f"(?P<{key}>(?:{_either(names)}){_WORD_END})" for key, names in _LONG_HALVES.items())
_HALF_BEFORE = "|".join(
    f"(?P<b{key}>{_WORD_BEGIN}(?:{_either(names)}){_WORD_END})" for key, names in _ALL_HALVES.items()
)
_BEFORE = rf"(?:(?:{_HALF_BEFORE})\s*,?\s*)?"
_OCLOCK = _either("ساعت|ساعة|الساعة|at|saat|um|à|kl|klokken|سەعات|کاتژمێر")
_NUMBER = r"(?<![\d.:/])(?P<hour>\d{1,2})"
# «۱ ساعت ۱۰ دقیقه پیش» is a span and no time: no minutes straight behind.
_HOUR_WORD = rf"{_WORD_BEGIN}(?:ساعت|الساعه|saat|کاتژمێر)\s*:?\s*"
_TIMES = (
    # 14:25, 14:25:30.123, ساعت ۱۰:۱۵ صبح, بعدازظهر ۲:۳۰
    (
        rf"{_BEFORE}(?:{_WORD_BEGIN}(?:{_OCLOCK})\s*:?\s*)?{_NUMBER}\s?:\s?(?P<minute>\d\d)"
        rf"(?:\s?:\s?(?P<second>\d\d)(?:[.,](?P<fraction>\d{{1,9}}))?)?(?!\d|:\s?\d)\s*(?:uhr{_WORD_END})?"
        rf"\s*(?:{_HALF_AFTER})?"
    ),
    # ساعت ۱۰, ساعت ۱۰ و ۱۵ دقیقه, ساعت ۱۰.۱۵, um 10 Uhr
    (
        rf"{_BEFORE}{_HOUR_WORD}{_NUMBER}(?!\s*(?:دقیق|/|-\s?\d))(?:\s*(?:و|\.)\s*(?P<minute>\d{{1,2}})"
        rf"(?:\s*دقیقه)?)?(?![\d:/])\s*(?:{_HALF_AFTER})?"
    ),
    # 10am, 10 p.m., ۸ صبح; one letter is not enough: «۱۰ م»
    rf"{_NUMBER}\s?(?:{_LONG_AFTER})",
    # 10h15, 10 h, 14.25 Uhr, 10 Uhr
    rf"{_NUMBER}\s?h\s?(?P<minute>\d\d)?(?![\w])",
    rf"{_NUMBER}(?:[.:](?P<minute>\d\d))?\s?uhr{_WORD_END}",
)
_TIME_PATTERNS = tuple(re.compile(pattern) for pattern in _TIMES)


def read_clock(folded: str) -> Clock:
    """Return the time of day and the zone of a folded date.

    Raises UnreadableTimeError when what is printed is no time, or two times that differ.
    """
    zones: set[tzinfo] = set()
    times: set[time] = set()
    unit = ""
    try:
        for pattern in _TIME_PATTERNS:
            while (match := pattern.search(folded)) is not None:
                times.add(_time_of(match))
                unit = next((u for u in ("second", "minute") if match.groupdict().get(u)), "hour")
                end = match.end()
                zone, length = read_offset(folded[end:], after_half=match.group()[-1:] in {"m", "."})
                if zone is not None:
                    zones.add(zone)
                folded = f"{folded[: match.start()]} ;{folded[end + length :]}"
        place, folded = read_place(folded)
    except UnknownZoneError as error:
        raise UnreadableTimeError(str(error)) from error
    if place is not None:
        zones.add(place)
    if len(times) > 1:
        raise UnreadableTimeError("two times of day are printed")
    if len(zones) > 1:
        raise UnreadableTimeError("two zones are printed")
    return Clock(
        time=next(iter(times), None), unit=unit, zone=next(iter(zones), None), rest=folded
    )


def _time_of(match: re.Match[str]) -> time:
    found = match.groupdict()
    hour, minute = int(found["hour"]), int(found.get("minute") or 0)
    halves = {key for key in "apned" if found.get(key) or found.get("b" + key)}
    if len(halves) > 1:
        raise UnreadableTimeError(f"«{match.group()}» names two halves of the day")
    for half in halves:
        hour = _on_24_hours(hour, half, match.group())
    fraction = (found.get("fraction") or "")[:6].ljust(6, "0")
    try:
        return time(hour, minute, int(found.get("second") or 0), int(fraction))
    except ValueError as error:
        raise UnreadableTimeError(f"«{match.group()}» is no time of day") from error


def _on_24_hours(hour: int, half: str, printed: str) -> int:
    if half in "ad" and hour <= 12:
        return hour % 12
    if half == "p" and 1 <= hour:
        return hour + 12 if hour < 12 else hour
    if half == "n" and (hour in {11, 12} or 1 <= hour <= 3):
        return hour if hour > 3 else hour + 12
    # «۲ شب» may be 2 or 14 hours after midnight, «۱۲ شب» either end of the day; «۸ شب» is sure.
    if half == "e" and hour >= 5 and hour != 12:
        return hour + 12 if hour < 12 else hour
    raise UnreadableTimeError(f"«{printed}» is no time of day that can be told")
