"""The time of day and the zone in a printed date."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, tzinfo

from pipelines.calendar_names import any_of
from pipelines.calendars import fold_date
from pipelines.time_zones import UnknownZoneError, read_offset, read_place, read_zone_before

_WORD_BEGIN, _WORD_END = r"(?<![^\W_])", r"(?![^\W_])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """What a printed date says of the time of day."""

    time: time | None
    """``None``: it gives none."""
    unit: str
    """The smallest part of it that is printed: «second», «minute» or «hour»; empty when it gives none."""
    zones: tuple[tzinfo, ...]
    """All that it gives, «+03:30» and «به وقت تهران»; empty: none, or only «local time»."""
    rest: str
    """The folded date with these taken out."""


class UnreadableTimeError(ValueError):
    """A time is printed that does not exist, that contradicts itself or whose zone is not known."""


def _either(names: str) -> str:
    """Return a pattern of any of the names, parted by «|»; the spaces in them may be left out."""
    return any_of(fold_date(name) for name in names.split("|"))


# Half of the day: "a" before noon, "p" after it, "n" noon itself, "e" the evening and night («شب»), "d"
# before dawn, "m" midnight, which belongs to two days. Dari counts from «چاشت», noon; Pashto from «غرمه».
_LONG_HALVES = {
    "a": "ق.ظ.|ق.ظ|ق ظ|قبل از ظهر|پیش از ظهر|قبل از چاشت|پیش از چاشت|صبح|صباحاً|صباحا|قبل الظهر|سهار|غرمې مخکې"
    "|پ.ن|بەیانی|a.m.|a.m|am|öö|in the morning|morning|morgens|vormittags|du matin|sabah",
    "p": "ب.ظ.|ب.ظ|ب ظ|بعد از ظهر|بعد از چاشت|پس از ظهر|عصر|عصراً|مساءً|مساء|بعد الظهر|بعد ظهر|ماسپښین|مازیګر"
    "|غرمې وروسته|د.ن|ئێوارە|غروب|p.m.|p.m|pm|ös|in the afternoon|afternoon"
    "|nachmittags|de l'après-midi|öğleden sonra",
    "n": "ظهر|ظهراً|چاشت|نیمروز|منتصف النهار|noon",
    "e": "شب|شامگاه|لیلاً|لیلا|ماښام|شپې|in the evening|evening|abends|du soir|akşam",
    "m": "نیمه شب|نصف شب|منتصف اللیل|midnight|mitternacht|minuit|gece",
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
_LEFT_OVER = re.compile(
    rf"{_WORD_BEGIN}(?!عصر\s*ایران)(?:(?P<am>{_either(_LONG_HALVES['a'])}|{_either(_LONG_HALVES['d'])})"
    rf"|{'|'.join(_either(_LONG_HALVES[key]) for key in 'pnem')}){_WORD_END}"
)
_OCLOCK = _either("ساعت|ساعة|الساعة|at|saat|um|à|kl|klokken|سەعات|کاتژمێر")
_NUMBER = r"(?<![\d.:/])(?P<hour>\d{1,2})"
# «۱ ساعت ۱۰ دقیقه پیش» is a span and no time: no minutes straight behind.
_HOUR_WORD = rf"{_WORD_BEGIN}(?:ساعت|الساعه|saat|کاتژمێر)\s*:?\s*"
# Each with what it cannot do without, one of which is looked for first.
_TIMES = (
    # 14:25, 14:25:30.123, ساعت ۱۰:۱۵ صبح, بعدازظهر ۲:۳۰
    (
        (":",),
        (
            rf"{_BEFORE}(?:{_WORD_BEGIN}(?:{_OCLOCK})\s*:?\s*)?{_NUMBER}\s?:\s?(?P<minute>\d\d)"
            rf"(?:\s?:\s?(?P<second>\d\d)(?:[.,](?P<fraction>\d{{1,9}}))?)?(?!\d|:\s?\d)"
            rf"\s*(?:(?:uhr|بجه|بجې|بجی){_WORD_END})?\s*(?:{_HALF_AFTER})?"
        ),
    ),
    # ساعت ۱۰, ساعت ۱۰ و ۱۵ دقیقه, ساعت ۱۰.۱۵, um 10 Uhr
    (
        ("ساع", "saat", "کاتژ"),
        (
            rf"{_BEFORE}{_HOUR_WORD}{_NUMBER}(?!\s*(?:دقیق|/|-\s?\d))(?:\s*(?:و|\.)\s*(?P<minute>\d{{1,2}})"
            rf"(?:\s*دقیقه)?)?(?![\d:/])\s*(?:{_HALF_AFTER})?"
        ),
    ),
    # 10am, 10 p.m., ۸ صبح; one letter is not enough: «۱۰ م»
    ((), rf"{_NUMBER}(?:\.(?P<minute>\d\d))?\s?(?:{_LONG_AFTER})"),
    # ۱۰ بجه صبح, of Dari and Pashto
    (("بج",), rf"{_BEFORE}{_NUMBER}\s?(?:بجه|بجې|بجی){_WORD_END}\s*(?:{_HALF_AFTER})?"),
    # 10h15, 10 h, 14.25 Uhr, 10 Uhr
    (("h",), rf"{_NUMBER}\s?h\s?(?P<minute>\d\d)?(?![\w])(?!\s*(?:ago|,))"),
    (("uhr",), rf"{_NUMBER}(?:[.:](?P<minute>\d\d))?\s?uhr{_WORD_END}"),
)
_TIME_PATTERNS = tuple((needs, re.compile(pattern)) for needs, pattern in _TIMES)


def read_clock(folded: str) -> Clock:
    """Return the time of day and the zone of a folded date.

    Raises UnreadableTimeError when what is printed is no time, or two times that differ.
    """
    zones: list[tzinfo] = []
    times: set[time] = set()
    unit = ""
    try:
        for needs, pattern in _TIME_PATTERNS:
            if needs and not any(need in folded for need in needs):
                continue
            while (match := pattern.search(folded)) is not None:
                times.add(_time_of(match))
                unit = next((u for u in ("second", "minute") if match.groupdict().get(u)), "hour")
                before, end = folded[: match.start()], match.end()
                zone, length = read_offset(folded[end:], after_half=match.group()[-1:] in {"m", "."})
                if zone is None:
                    zone, before = read_zone_before(before)
                if zone is not None:
                    zones.append(zone)
                folded = f"{before} ;{folded[end + length :]}"
        place, folded = read_place(folded)
    except UnknownZoneError as error:
        raise UnreadableTimeError(str(error)) from error
    if place is not None:
        zones.append(place)
    if len(times) > 1:
        raise UnreadableTimeError("two times of day are printed")
    if (hour := next((moment.hour for moment in times), 13)) <= 12 and _contradicts(hour, folded):
        # «بعدازظهر دوشنبه ساعت ۲:۳۰»: the half stands apart, and may be that of another thing.
        raise UnreadableTimeError("a part of the day is printed away from the time")
    return Clock(time=next(iter(times), None), unit=unit, zones=tuple(zones), rest=folded)


def _contradicts(hour: int, rest: str) -> bool:
    half = _LEFT_OVER.search(rest)
    return half is not None and (half["am"] is None or hour == 12)


def _time_of(match: re.Match[str]) -> time:
    found = match.groupdict()
    hour, minute = int(found["hour"]), int(found.get("minute") or 0)
    halves = {key for key in _ALL_HALVES if found.get(key) or found.get("b" + key)}
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
    if half == "p" and hour >= 1:
        return hour + 12 if hour < 12 else hour
    if half == "n" and (hour in {11, 12} or 1 <= hour <= 3):
        return hour if hour > 3 else hour + 12
    # «۲ شب» may be 2 or 14 hours after midnight, «۱۲ شب» either end of the day; «۸ شب» is sure.
    if half == "e" and hour >= 5 and hour != 12:
        return hour + 12 if hour < 12 else hour
    raise UnreadableTimeError(f"«{printed}» is no time of day that can be told")
