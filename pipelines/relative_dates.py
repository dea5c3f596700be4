"""Dates printed from the reader's now: «۲ ساعت پیش», «دیروز», منذ ساعتين, 3 hours ago.

Units up to the week are sure to a day. Months and years are not («۲ ماه پیش» may be any of 60 days) and are
refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from pipelines.calendars import fold_date
from pipelines.number_words import CARDINALS


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeDate:
    """Either whole days back, or a span of hours, minutes and seconds."""

    days: int | None = None
    """Days before today; ``None``: ``ago`` says it."""
    ago: timedelta = timedelta()


_DAYS = {
    0: "امروز اليوم today heute aujourd'hui bugün ئەمڕۆ نن",
    1: "دیروز أمس البارحة yesterday gestern hier dün دوێنێ پرون",
    2: "پریروز vorgestern avant-hier",
}
_DAY_OF = {fold_date(name): days for days, names in _DAYS.items() for name in names.split()}
_NOW = frozenset(
    fold_date(name)
    for name in (
        "لحظاتی پیش",
        "دقایقی پیش",
        "هم اکنون",
        "همین الان",
        "اکنون",
        "الآن",
        "just now",
        "now",
        "gerade eben",
    )
)
_UNITS = {
    1: "ثانیه ثانية ثوان ثواني second seconds sec secs sekunde sekunden seconde secondes saniye",
    60: "دقیقه دقيقة دقائق minute minutes min mins minuten dakika",
    3600: "ساعت ساعة ساعات hour hours hr hrs stunde stunden std heure heures saat",
    86400: "روز يوم أيام day days tag tage tagen jour jours gün",
    604800: "هفته أسبوع أسابيع week weeks woche wochen semaine semaines hafta",
}
_SECONDS = {fold_date(name): seconds for seconds, names in _UNITS.items() for name in names.split()}
_DUALS = {"ثانيتين": 2, "دقيقتين": 120, "ساعتين": 7200, "يومين": 172800, "أسبوعين": 1209600}
_SECONDS_OF_DUAL = {fold_date(name): seconds for name, seconds in _DUALS.items()}
_ONE = frozenset({"a", "an", "one", "un", "une", "ein", "eine", "einer", "einem", "bir"})
_ONE_MORE = {"about", "etwa", "حدود", "تقریبا", "حوالی"}

_WORDS = {**CARDINALS, **dict.fromkeys(_ONE, 1)}
_COUNT = "|".join(
    [r"\d{1,4}", *(re.escape(word).replace(r"\ ", r"\s*") for word in sorted(_WORDS, key=len, reverse=True))]
)
_UNIT = "|".join(sorted(map(re.escape, [*_SECONDS, *_SECONDS_OF_DUAL, "نیم ساعت"]), key=len, reverse=True))


def _item(number: int) -> str:
    return rf"(?:(?:(?P<count{number}>{_COUNT})\s*)?(?P<unit{number}>{_UNIT}))"


_SPAN = rf"{_item(1)}(?:\s*(?:و|,|and|und|et)\s*{_item(2)})?"
_AGO = (
    re.compile(rf"{_SPAN}\s*(?:پیش|قبل|ago|once)"),
    re.compile(rf"(?:منذ|قبل|vor|il y a)\s*{_SPAN}"),
)

# What may stand beside a relative date without making it prose.
_LABELS = frozenset(
    fold_date(
        """
        تاریخ انتشار منتشر شده شد در ساعت به روز رسانی بروزرسانی ارسال نوشته نظر دیدگاه آخرین ویرایش گفت
        نشر نشرت في الساعة تحديث آخر تم posted published updated on at last edited date le um am à publié
        veröffentlicht
        """
    ).split()
)


def read_relative(folded: str) -> RelativeDate | None:
    """Return the relative date that a folded string without its time is, labels aside; else ``None``."""
    words = re.sub(r"[^\w'\s-]|_", " ", folded).split()
    text = " ".join(word for word in words if word not in _LABELS and word != "-" and word not in _ONE_MORE)
    if text in _NOW:
        return RelativeDate()
    if text in _DAY_OF:
        return RelativeDate(days=_DAY_OF[text])
    # A unit may itself be a label («ساعت»), so the span is looked for among all words.
    text = " ".join(words)
    for pattern in _AGO:
        match = pattern.search(text)
        if match is not None and _is_alone(text, match):
            return _span(match)
    return None


def _is_alone(text: str, match: re.Match[str]) -> bool:
    around = f"{text[: match.start()]} {text[match.end() :]}".split()
    inside = match.start() == 0 or text[match.start() - 1] == " "
    return inside and all(word in _LABELS or word in _ONE_MORE or word == "-" for word in around)


def _span(match: re.Match[str]) -> RelativeDate | None:
    seconds = 0
    for number in "12":
        unit = match["unit" + number]
        if unit is None:
            continue
        printed = match["count" + number]
        count = 1 if printed is None else _number(printed)
        if unit in _SECONDS_OF_DUAL:
            seconds += _SECONDS_OF_DUAL[unit]
        elif unit == "نیم ساعت":
            seconds += 1800
        elif printed is None and unit in {"روز", "هفته", "ساعت", "دقیقه", "ثانیه"}:
            return None  # «هفته پیش», «روز قبل»: last week, the day before; no count
        else:
            seconds += count * _SECONDS[unit]
    if match["unit1"] in _SECONDS and _SECONDS[match["unit1"]] >= 86400 and match["unit2"] is None:
        return RelativeDate(days=seconds // 86400)
    if match["unit1"] in {fold_date("يومين"), fold_date("أسبوعين")}:
        return RelativeDate(days=seconds // 86400)
    return RelativeDate(ago=timedelta(seconds=seconds))


def _number(printed: str) -> int:
    if printed.isdecimal():
        return int(printed)
    plain = re.sub(r"\s", "", printed)
    return next(number for word, number in _WORDS.items() if word.replace(" ", "") == plain)
