"""The dates that a string mentions, each with every day that it may mean.

A string goes through in steps: marks of a calendar («هـ», «م», «ش») and names of months are put down as one
private letter each, so that the patterns of a date are short; what a pattern has taken is cut out, and what
nothing has taken is handed back, since it may speak against the date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from pipelines.calendar_names import MONTH_OF, MONTHS, WEEKDAY_OF, WEEKDAYS, any_of, joined
from pipelines.calendars import Calendar, fold_date, to_date
from pipelines.number_words import DAY_OF, DAY_WORDS, years_in_figures

_WINDOW = timedelta(days=40 * 365)
_LUNAR_WINDOW = timedelta(days=20 * 365)
"""Figures without «هـ» are lunar only when they are near: «1402/08/03» was to come in 2016, not of 1982."""
_AHEAD = timedelta(days=366)
"""A publisher's clock may run ahead and a column may be dated forward, but not by more than a year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a string is read against."""

    today: date
    """Of the capture, where it was printed."""
    day_first: bool
    """The language, the script or the digits leave no doubt that the day stands before the month."""
    persian: bool
    """Years of two digits may be Jalali."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One date in a string: the days it may be, each with its calendar."""

    days: Mapping[date, Calendar]
    printed: str
    """Folded, as it stands in the string."""
    digits: int
    """Of the year: 4, 2, or 0 when no year is printed."""
    named: bool = False
    """The month is printed by its name."""
    this_year: bool = False
    """«سال جاری» stands for the year."""

    @property
    def lunar(self) -> bool:
        """Whether it can only be a lunar date, which may be a day off."""
        return bool(self.days) and all(calendar is Calendar.LUNAR for calendar in self.days.values())


@dataclass(slots=True)
class Mentions:
    """All dates in a string, and what is left of it."""

    found: list[Mention] = field(default_factory=list)
    weekdays: set[int] = field(default_factory=set)
    rest: str = ""
    """With « ; » where a date or a time stood."""
    contradiction: str = ""
    """Why the string cannot be believed; empty when it can."""


_BEGIN, _END = r"(?<![^\W\d_])", r"(?![^\W\d_])"
_GREGORIAN, _JALALI, _LUNAR, _NO_ERA = "\uf001", "\uf002", "\uf003", "\uf004"
_CALENDAR_OF_ERA = {_GREGORIAN: Calendar.GREGORIAN, _JALALI: Calendar.JALALI, _LUNAR: Calendar.LUNAR}
_ERAS = {
    _GREGORIAN: "میلادی|میلادیه|للمیلاد|م|ز|ad|ce",
    _JALALI: "هجری شمسی|هجری خورشیدی|شمسی|خورشیدی|ه.ش.|ه.ش|ه ش|ه.خ|ش|هجری لمریز|لمریز|ل|sh",
    _LUNAR: "هجری قمری|قمری|ه.ق.|ه.ق|ه ق|للهجره|ق|ah",
    _NO_ERA: "هجری|هجریه|ه|ه.",
}
_ERA_OF = {joined(fold_date(name)): sign for sign, names in _ERAS.items() for name in names.split("|")}
_ERA = re.compile(
    r"(?<!\d)(?P<date>\d{4}|\d{4}\s?[/.-]\s?\d\d?\s?[/.-]\s?\d\d?)\s*[(]?"
    rf"(?P<era>{any_of(map(fold_date, '|'.join(_ERAS.values()).split('|')))}){_END}[.)]?"
)
# «2016 م 10:15»: of our era, or a quarter past ten in the evening?
_ERA_OR_HALF = re.compile(r"(?:\d{4}|[/.-]\d\d?)\s*م\s+\d\d?\s?:")
_MONTH = re.compile(rf"{_BEGIN}(?P<name>{any_of(MONTHS)})(?:\s*ماه)?(?:\s?ی)?{_END}\.?")
_M = "[\ue000-\ue0ff]"
_TWICE = re.compile(rf"({_M})\s*[/(|-]?\s*({_M})\)?")
_WEEKDAY = re.compile(rf"{_BEGIN}(?:{any_of(WEEKDAYS)}){_END}|(?<!\d)[1-5]شنبه{_END}")
_FIRST_WEEKDAYS = {"5": 3, "4": 2, "3": 1, "2": 0, "1": 6}

# Behind a number of two digits, these make it no year: «۳ آبان ۹۴ نظر».
_COUNTED = any_of(
    fold_date(
        "نظر دیدگاه کامنت بازدید پاسخ لایک نفر تن دلار تومان ریال یورو درصد هزار میلیون میلیارد ساله سال روز "
        "ماه بار دقیقه ثانیه ساعت متر کیلومتر کیلو عکس صفحه تعليق تعليقا تعليقات مشاهدة مشاهدات زيارة قراءة "
        "comment comments view views like likes share shares repl replies min mins minutes am pm photos"
    ).split()
)
_DAY = (
    r"(?:(?<!\d)(?<!\d[/.:-])(?P<day>\d\d?)(?!\d)(?:\s?(?:st|nd|rd|th|er|مین|ام|م|ی|مه)"
    rf"{_END})?\.?|{_BEGIN}(?<!تشرین )(?<!کانون )(?<!ربیع )(?<!جمادی )(?P<dayword>{any_of(DAY_WORDS)}){_END})"
)
_GAP = r"[\s,./\-|]*(?:(?:of|de|من|ماه|شهر|برج|د)\s*(?=[\s\ue000-\ue0ff]))?\s*(?:(?:شهر|ماه|برج)\s*)?"
_YEAR_LABEL = r"(?:(?:سال|عام|سنه|لسنه|لعام|د|کال|of|de|année|yılı)\s*){0,2}"
_ERA_SIGN = r"(?P<era>[\uf001-\uf004])?"
_LONG_YEAR = rf"{_YEAR_LABEL}(?P<year>\d{{4}})(?!\d|\s?:|[/.-]\d){_ERA_SIGN}"
_SHORT_YEAR = rf"{_YEAR_LABEL}(?P<year>'?\d\d)(?!\d|\s?:|[/.-]\d|\s?%|\s*(?:{_COUNTED}){_END}){_ERA_SIGN}"
_MONTH_SIGN = rf"(?P<month>{_M})"
_SEP = r"[\s,./\-|]*"
_SHORT_SEP = r"(?:\s*[,./']?\s*|-)"
_NO_MORE = r"(?!\d|[/.:-]\d|\s?:\d)"
_THIS_YEAR = (
    rf"(?P<this>(?:سال\s*جاری|سال\s*روان|امسال|(?:هذا\s*)?العام\s*الجاری|هذا\s*العام|سږ\s*کال){_END})"
)
_NAMED = (
    re.compile(rf"{_DAY}{_GAP}{_MONTH_SIGN}{_SEP}{_LONG_YEAR}"),
    re.compile(rf"{_MONTH_SIGN}{_SEP}{_DAY}{_SEP}{_LONG_YEAR}"),
    # «سال ۱۳۹۵، ۳ آبان» is not printed; «۱۳۹۵ آبان ۳» and «د ۱۳۹۵ کال د لړم ۳مه» are.
    re.compile(
        rf"(?<!\d)(?P<year>\d{{4}}){_ERA_SIGN}(?:\s*(?:کال|سال))?(?:\s*د)?{_SEP}{_MONTH_SIGN}{_SEP}{_DAY}{_NO_MORE}"
    ),
    # A time between: «آبان ۰۳, ۰۲:۲۵:۰۰ ب.ظ ۱۳۹۵», Mon Oct 24 10:15:00 2016.
    re.compile(rf"{_MONTH_SIGN}{_SEP}{_DAY}[\s,;]*;[\s,;]*{_LONG_YEAR}"),
    re.compile(rf"{_DAY}{_GAP}{_MONTH_SIGN}[\s,;]*;[\s,;]*{_LONG_YEAR}"),
    re.compile(rf"{_DAY}{_GAP}{_MONTH_SIGN}{_SHORT_SEP}{_SHORT_YEAR}"),
    re.compile(rf"{_MONTH_SIGN}{_SEP}{_DAY}{_SHORT_SEP}{_SHORT_YEAR}"),
    re.compile(rf"{_DAY}{_GAP}{_MONTH_SIGN}\s*{_THIS_YEAR}"),
    re.compile(rf"{_DAY}{_GAP}{_MONTH_SIGN}"),
    re.compile(rf"{_MONTH_SIGN}{_SEP}{_DAY}{_NO_MORE}"),
)
_NUMERIC = re.compile(
    r"(?<![a-z\d$€£#@+])(?<!\d[/.:-])(?P<first>\d{4}|\d\d?)\s?(?P<sign>[/.-])\s?(?P<second>\d\d?)\s?(?P=sign)\s?"
    rf"(?P<third>\d{{4}}|\d\d?)(?!\d|[/.:-]\d|\s?[%$€£]){_ERA_SIGN}"
)
_ISO_WEEK = re.compile(r"(?<!\d)(?P<year>\d{4})-?w(?P<week>\d\d)-?(?P<day>[1-7])(?!\d)")
# What Drupal prints in every language, month first, when nobody has set it otherwise.
_DRUPAL = re.compile(r"(?<!\d)\d\d/\d\d/\d{4} - \d")
# «۳ تا ۵ آبان»: which of them?
_RANGE = re.compile(
    rf"(?:(?<![\d:/])\d\d?|{_BEGIN}(?:{any_of(DAY_WORDS)}))(?:st|nd|rd|th|\s?م|\s?ام)?{_SEP}?(?:{_M})?\s*"
    r"(?:تا|الی|الي|لغایت|و|to|until|till|through|bis|and|&|au|حتی|الی|-|/)\s*;"
)


def drop_eras(folded: str) -> str | None:
    """Return a folded date with its marks of a calendar as one letter each; ``None``: «م» may be two."""
    if _ERA_OR_HALF.search(folded) is not None:
        return None
    return _ERA.sub(lambda match: match["date"] + _ERA_OF[joined(match["era"])], folded)


def is_drupal_order(folded: str) -> bool:
    """Return whether a folded date has the shape that Drupal prints month first, in whatever language."""
    return _DRUPAL.search(folded) is not None


def find_mentions(folded: str, setting: Setting, *, month_may_lead: bool) -> Mentions:
    """Return the dates in a folded string whose times are « ; » and whose eras are one letter.

    ``month_may_lead``: «03/08/2016» may begin with the month though the language begins with the day.
    """
    result = Mentions()
    months: list[str] = []

    def put_down(match: re.Match[str]) -> str:
        months.append(match["name"])
        return chr(0xE000 + len(months) - 1)

    text = _MONTH.sub(put_down, folded)[:400] if len(folded) < 250 else folded
    while (twice := _TWICE.search(text)) is not None:
        one, other = (MONTH_OF[joined(months[ord(sign) - 0xE000])] for sign in twice.groups())
        if one != other:
            result.contradiction = "two months side by side"
            return result
        text = f"{text[: twice.start()]}{twice[1]} {text[twice.end() :]}"

    def take_weekday(match: re.Match[str]) -> str:
        name = match.group()
        known = WEEKDAY_OF.get(joined(name))
        result.weekdays.add(_FIRST_WEEKDAYS[name[0]] if known is None else known)
        return " , "

    text = _WEEKDAY.sub(take_weekday, text)
    text = years_in_figures(text)
    for pattern in _NAMED if months else ():
        while (match := pattern.search(text)) is not None:
            month = MONTH_OF[joined(months[ord(match["month"]) - 0xE000])]
            result.found.append(_named(match, month, setting.today))
            text = f"{text[: match.start()]} ; {text[match.end() :]}"
    while (match := _ISO_WEEK.search(text)) is not None:
        result.found.append(_iso_week(match))
        text = f"{text[: match.start()]} ; {text[match.end() :]}"
    while (match := _NUMERIC.search(text)) is not None:
        lead = month_may_lead or bool(result.weekdays)
        result.found.append(_numeric(match, setting, month_may_lead=lead))
        text = f"{text[: match.start()]} ; {text[match.end() :]}"
    if ";" in text and _RANGE.search(text) is not None:
        result.contradiction = "a range of days"
    for number, name in enumerate(months):
        if (sign := chr(0xE000 + number)) in text:
            text = text.replace(sign, f" {name} ")
            if joined(name) in WEEKDAY_OF:  # «mar.» is March and mardi
                result.weekdays.add(WEEKDAY_OF[joined(name)])
    result.rest = text
    return result


def _of_era(days: Mapping[date, Calendar], era: str | None) -> dict[date, Calendar]:
    wanted = _CALENDAR_OF_ERA.get(era or "")
    return {day: calendar for day, calendar in days.items() if wanted in {None, calendar}}


def _named(match: re.Match[str], name: tuple[Calendar, int], today: date) -> Mention:
    found = match.groupdict()
    calendar, month = name
    word = found["dayword"]
    day = int(found["day"]) if word is None else DAY_OF[joined(word)]
    printed = (found.get("year") or "").lstrip("'")
    this_year = found.get("this") is not None
    if this_year:
        made = to_date(calendar, _year_in(calendar, today), month, day)
        days = {made} if made is not None and made <= today + timedelta(days=1) else set()
    elif len(printed) == 4:
        made = to_date(calendar, int(printed), month, day)
        possible = made is not None and _is_year_of(calendar, int(printed)) and made - today <= _AHEAD
        days = {made} if made is not None and possible else set()
    elif printed:
        days = set(_with_century(calendar, int(printed), month, day, today))
    else:
        days = set(_recurrences(calendar, month, day, today))
    return Mention(
        days=_of_era(dict.fromkeys(days, calendar), found.get("era")),
        printed=f"{day} {calendar} month {month} {printed}".strip(),
        digits=len(printed),
        named=True,
        this_year=this_year,
    )


def _iso_week(match: re.Match[str]) -> Mention:
    try:
        made = date.fromisocalendar(int(match["year"]), int(match["week"]), int(match["day"]))
    except ValueError:
        return Mention(days={}, printed=match.group(), digits=4)
    return Mention(days={made: Calendar.GREGORIAN}, printed=match.group(), digits=4)


def _is_year_of(calendar: Calendar, year: int) -> bool:
    return 1600 <= year <= 2200 if calendar is Calendar.GREGORIAN else 1200 <= year <= 1500


def _year_in(calendar: Calendar, today: date) -> int:
    if calendar is Calendar.GREGORIAN:
        return today.year
    if calendar is Calendar.JALALI:
        new_year = to_date(calendar, today.year - 621, 1, 1)
        return today.year - 621 - (new_year is not None and today < new_year)
    # A lunar year is 354 days: 33 of them are 32 of ours.
    year = round((today.year - 622) * 33 / 32)
    starts = ((y, to_date(calendar, y, 1, 1)) for y in range(year + 2, year - 3, -1))
    return next((y for y, start in starts if start is not None and start <= today), year)


def _with_century(calendar: Calendar, year: int, month: int, day: int, today: date) -> Iterator[date]:
    for century in (1900, 2000, 2100) if calendar is Calendar.GREGORIAN else (1200, 1300, 1400, 1500):
        made = to_date(calendar, century + year, month, day)
        if made is not None and today - _WINDOW <= made <= today + timedelta(days=1):
            yield made


def _recurrences(calendar: Calendar, month: int, day: int, today: date) -> Iterator[date]:
    """Yield the days of the last recurrences of a day and month, the last of them within a year."""
    now = _year_in(calendar, today)
    for year in range(now - 4, now + 2):
        made = to_date(calendar, year, month, day)
        if made is not None and made <= today + timedelta(days=1) and today - made <= timedelta(days=4 * 366):
            yield made


def _numeric(match: re.Match[str], setting: Setting, *, month_may_lead: bool) -> Mention:
    fields = (match["first"], match["second"], match["third"])
    first, second, third = map(int, fields)
    sign, era, today = match["sign"], match["era"], setting.today
    days: dict[date, Calendar] = {}
    lunar_since = today - (_WINDOW if era == _LUNAR else _LUNAR_WINDOW)
    # Only the American order puts the month first, never with points, never in another calendar.
    american = sign != "." and (not setting.day_first or (sign == "/" and (month_may_lead or second > 12)))
    if len(fields[0]) == 4 and len(fields[2]) < 3:
        days = dict(_in_any_calendar(first, second, third, today, lunar_since))
    elif len(fields[2]) == 4 and len(fields[0]) < 3:
        days = dict(_in_any_calendar(third, second, first, today, lunar_since))
        if third >= 1600 and american:
            days.update(_in_any_calendar(third, first, second, today, lunar_since))
    elif len(fields[0]) < 3 and len(fields[2]) < 3:
        days = dict(_short(fields, setting, sign))
    digits = 4 if "4" in {str(len(part)) for part in fields} else 2
    return Mention(
        days=_of_era(days, era),
        printed=match.group().strip(_GREGORIAN + _JALALI + _LUNAR + _NO_ERA),
        digits=digits,
    )


def _short(fields: tuple[str, str, str], setting: Setting, sign: str) -> Iterator[tuple[date, Calendar]]:
    """Yield the days of «95/08/03» and «24.10.16», whose years have two digits, never one."""
    first, second, third = map(int, fields)
    if sign == ".":
        # With points only the order of day, month, year is printed; «3.11.95» is a version as well.
        if setting.persian or not all(len(part) == 2 for part in fields):
            return
        for made in _with_century(Calendar.GREGORIAN, third, second, first, setting.today):
            yield made, Calendar.GREGORIAN
        return
    orders: list[tuple[Calendar, int, int, int]] = []
    if len(fields[2]) == 2:
        orders.append((Calendar.GREGORIAN, third, second, first))
        if not setting.day_first:
            orders.append((Calendar.GREGORIAN, third, first, second))
    if len(fields[0]) == 2 and not setting.day_first:
        orders.append((Calendar.GREGORIAN, first, second, third))
    if setting.persian or not setting.day_first:
        if len(fields[0]) == 2:
            orders.append((Calendar.JALALI, first, second, third))
        if len(fields[2]) == 2:
            orders.append((Calendar.JALALI, third, second, first))
    for calendar, year, month, day in orders:
        for made in _with_century(calendar, year, month, day, setting.today):
            yield made, calendar


def _in_any_calendar(
    year: int, month: int, day: int, today: date, lunar_since: date
) -> Iterator[tuple[date, Calendar]]:
    for calendar in Calendar:
        made = to_date(calendar, year, month, day) if _is_year_of(calendar, year) else None
        since = lunar_since if calendar is Calendar.LUNAR else today - _WINDOW
        if made is not None and since <= made <= today + _AHEAD:
            yield made, calendar
        elif made is not None and calendar is Calendar.GREGORIAN and made <= today:
            yield made, calendar  # an old year of our era is no year of another
