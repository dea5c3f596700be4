"""Dates printed from the reader's now: «۲ ساعت پیش», «دیروز», منذ ساعتين, 3 hours ago.

Units up to the week are sure to within one of them. Months and years are not («۲ ماه پیش» may be any of 60
days) and are refused; so is what gives no number («چند ساعت پیش»).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from pipelines.calendar_names import any_of, joined
from pipelines.calendars import fold_date
from pipelines.number_words import CARDINALS


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeDate:
    """Either whole days back, or a span of hours, minutes and seconds."""

    days: int | None = None
    """Days before today; ``None``: ``ago`` says it."""
    ago: timedelta = timedelta()
    unit: str
    """The smallest unit that is printed: second, minute, hour, day or week."""


_DAYS = {
    0: "امروز|اليوم|today|heute|aujourd'hui|bugün|ئەمڕۆ|نن|نن ورځ",
    1: "دیروز|أمس|البارحة|يوم أمس|yesterday|gestern|hier|dün|دوێنێ|پرون",
    2: "پریروز|أول أمس|أول من أمس|قبل أمس|vorgestern|avant-hier|day before yesterday",
}
_DAY_OF = {fold_date(name): days for days, names in _DAYS.items() for name in names.split("|")}
_NOW_TEXT = """
لحظاتی پیش|لحظاتی قبل|لحظه‌ای پیش|دقایقی پیش|دقایقی قبل|هم اکنون|همین الان|همین حالا|اکنون|الآن|منذ لحظات
|قبل لحظات|just now|right now|now|moments ago|a moment ago|gerade eben|à l'instant|şimdi|az önce
"""
_NOW = frozenset(fold_date(name) for name in _NOW_TEXT.split("|"))
_UNITS = {
    1: "ثانیه|ثانية|ثوان|ثواني|second|seconds|sec|secs|sekunde|sekunden|seconde|secondes|saniye|چرکە",
    60: "دقیقه|دقيقة|دقائق|minute|minutes|min|mins|minuten|dakika|خولەک|دقیقې",
    3600: "ساعت|ساعة|ساعات|hour|hours|hr|hrs|h|stunde|stunden|std|heure|heures|saat|کاتژمێر|ساعته|ساعتونه",
    86400: "روز|يوم|يوما|أيام|day|days|d|tag|tage|tagen|jour|jours|gün|ڕۆژ|ورځ|ورځې",
    604800: "هفته|أسبوع|أسبوعا|أسابيع|week|weeks|wk|wks|woche|wochen|semaine|semaines|hafta|هەفتە|اونۍ",
}
_SECONDS = {fold_date(name): seconds for seconds, names in _UNITS.items() for name in names.split("|")}
_UNIT_NAMES = {1: "second", 60: "minute", 3600: "hour", 86400: "day", 604800: "week"}
_DUALS = {
    "ثانيتين": (2, 1),
    "دقيقتين": (2, 60),
    "ساعتين": (2, 3600),
    "يومين": (2, 86400),
    "أسبوعين": (2, 604800),
}
_DUAL = {fold_date(name): pair for name, pair in _DUALS.items()}
_HALF_HOURS = frozenset(map(fold_date, ("نیم ساعت", "نصف ساعة", "half an hour")))
_ONE = ("a", "an", "one", "un", "une", "ein", "eine", "einer", "einem", "bir", "یو", "یوه", "یەک")
_ONE_MORE = frozenset(
    {"about", "etwa", "حدود", "تقریبا", "حوالی", "نحو", "around", "over", "almost", "environ"}
)
_NO_NUMBER = frozenset(_SECONDS) & {fold_date(unit) for unit in ("روز", "هفته", "ساعت", "دقیقه", "ثانیه")}

_WORDS = {**CARDINALS, **dict.fromkeys(_ONE, 1)}
_ARABIC_COUNTS = "ثلاث أربع خمس ست سبع ثمان تسع عشر".split()  # noqa: SIM905
_WORDS |= {
    fold_date(word + end): number for number, word in enumerate(_ARABIC_COUNTS, 3) for end in ("", "ة")
} | {fold_date("ثماني"): 8, fold_date("ثمانية"): 8}
_NUMBER_OF = {joined(word): number for word, number in _WORDS.items()}
_COUNT = rf"\d{{1,4}}|{any_of(_WORDS)}"
_UNIT = any_of([*_SECONDS, *_DUAL, *_HALF_HOURS])
_END = r"(?![^\W\d_])"


def _item(number: int) -> str:
    return (
        rf"(?:(?:(?P<count{number}>{_COUNT})\s*)?(?P<unit{number}>{_UNIT}){_END}"
        rf"(?P<half{number}>\s*(?:و\s*نیم|ونصف|و\s*نصف){_END})?(?:\s*(?:واحده|واحد){_END})?)"
    )


_SPAN = rf"(?<![^\W\d_]){_item(1)}(?:\s*(?:و|,|and|und|et)?\s*{_item(2)})?"
_BEHIND = any_of(map(fold_date, "پیش|قبل|ago|once|مخکې|دمخه|لەمەوبەر|لەمەوپێش".split("|")))  # noqa: SIM905
_BEFORE = any_of(map(fold_date, "منذ|قبل|vor|il y a|پێش".split("|")))  # noqa: SIM905
_AGO = (re.compile(rf"{_SPAN}\s*(?:{_BEHIND}){_END}"), re.compile(rf"(?:{_BEFORE})\s*{_SPAN}"))

_LABEL_TEXT = """
تاریخ انتشار منتشر شده شد در ساعت به روز رسانی بروزرسانی روزرسانی بروز بهروزرسانی
ارسال ارسالی نوشته نظر دیدگاه آخرین ویرایش
درج ثبت خبر زمان مورخ مورخه یوم توسط گفت گفته نشر نشرت نشره في الساعة تحديث آخر
تم التحديث النشر تاريخ بتاريخ الموافق اضيف اضيفت کتب posted published updated update on at last edited
modified date time le um am à publié submitted written
veröffentlicht created by says said tarih
"""
LABELS = frozenset(fold_date(_LABEL_TEXT).split())
"""What may stand beside a date without making it prose."""


def read_relative(folded: str) -> RelativeDate | None:
    """Return the relative date that a folded string without its time is, labels aside; else ``None``."""
    words = re.sub(r"[^\w'\s-]|_", " ", folded).split()
    text = " ".join(word for word in words if word not in LABELS and word != "-" and word not in _ONE_MORE)
    if text in _NOW:
        return RelativeDate(unit="minute")
    if text in _DAY_OF:
        return RelativeDate(days=_DAY_OF[text], unit="day")
    # A unit may itself be a label («ساعت»), so the span is looked for among all words.
    text = " ".join(words)
    if text in _DAY_OF:
        return RelativeDate(days=_DAY_OF[text], unit="day")
    for pattern in _AGO:
        match = pattern.search(text)
        if match is not None and _is_alone(text, match):
            return _span(match)
    return None


def _is_alone(text: str, match: re.Match[str]) -> bool:
    around = f"{text[: match.start()]} {text[match.end() :]}".split()
    inside = match.start() == 0 or text[match.start() - 1] == " "
    return inside and all(word in LABELS or word in _ONE_MORE or word == "-" for word in around)


def _span(match: re.Match[str]) -> RelativeDate | None:
    seconds = 0
    units: list[int] = []
    for number in "12":
        unit = match["unit" + number]
        if unit is None:
            continue
        printed = match["count" + number]
        if unit in _DUAL:
            count, one = _DUAL[unit]
        elif joined(unit) in map(joined, _HALF_HOURS):
            count, one = 30, 60
        elif printed is None and unit in _NO_NUMBER:
            return None  # «هفته پیش», «روز قبل»: last week, the day before; no count
        else:
            count, one = (1 if printed is None else _number(printed)), _SECONDS[unit]
        if match["half" + number] is not None and one != 3600:
            return None
        seconds += count * one + (1800 if match["half" + number] is not None else 0)
        units.append(60 if match["half" + number] is not None else one)
    if len(units) == 2 and units[0] <= units[1]:
        return None
    least = units[-1]
    if least >= 86400:
        return RelativeDate(days=seconds // 86400, unit=_UNIT_NAMES[least])
    return RelativeDate(ago=timedelta(seconds=seconds), unit=_UNIT_NAMES[least])


def _number(printed: str) -> int:
    return int(printed) if printed.isdecimal() else _NUMBER_OF[joined(printed)]
