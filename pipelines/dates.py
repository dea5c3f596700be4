"""The moment that a printed date means, in the calendars and languages of exile media; or ``None``.

No library reads more than 13 of the 27 date strings we judge by, and several are silently wrong on 8 (they
take «1395/08/03» for the year 1395 of our era). So the reading is ours and the arithmetic is theirs. The rule
throughout: all readings that the string allows are made, those that contradict it are struck out, and only
when one is left is it the answer.

* The name of a month tells the calendar, else the year does: a date without a month's name counts only when
  it falls within 40 years before the reference (Jalali and lunar years of one date lie 41 or more apart, so
  that they never meet).
* A weekday is a check digit: the date must fall on it.
* A year of two digits is the one that ends not after the day of the reference and within 40 years of it.
* A date without a year counts only with a weekday, and only as its last recurrence before the reference.
* Two dates in one string must be the same day; of a lunar one, a day more or less is forgiven, since
  countries differ.
* «03/08/2016» is refused unless the language, the numbers or the weekday say which is the month.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jdatetime

from model import BadConfigurationError
from pipelines.calendars import JALALI_MONTHS, MONTHS, WEEKDAYS, Calendar, fold_date, to_date
from pipelines.clock import UnreadableTimeError, read_clock
from pipelines.number_words import DAY_WORDS
from pipelines.relative_dates import RelativeDate, read_relative

MAX_LETTERS = 200
"""What is longer is prose with a date in it: which one, nobody can say."""
_WINDOW = timedelta(days=40 * 365)
_AHEAD = timedelta(days=366)
"""A publisher's clock may run ahead and a column may be dated forward, but not by more than a year."""

_BEGIN, _END = r"(?<![^\W\d_])", r"(?![^\W\d_])"
_GAP = r"[\s,./\-]*(?:(?:of|de|من|ماه)\s+)?"


def _names(names: Iterable[str]) -> str:
    # The longest first, so that «تشرین الاول» is not read as a shorter name; a space may be left out.
    ordered = sorted(names, key=len, reverse=True)
    return "|".join(re.escape(name).replace(r"\ ", r"\s*") for name in ordered)


_DAY = (
    rf"(?:(?<![\d/.:-])(?P<day>\d\d?)(?:\s?(?:st|nd|rd|th|er|مین|ام|م|ی){_END})?\.?"
    rf"|{_BEGIN}(?P<dayword>{_names(DAY_WORDS)}){_END})"
)
_MONTH = rf"{_BEGIN}(?P<month>{_names(MONTHS)})(?:\s*(?:ماه|مبارک)(?:\s*سال)?)?{_END}\.?"
_YEAR = r"(?:(?:سال|عام|سنه)\s*)?(?P<year>\d{4}|'?\d\d)(?!\d|\s?:|[/.-]\d)"
_NAMED = (
    re.compile(rf"{_DAY}{_GAP}{_MONTH}[\s,./\-]*{_YEAR}"),
    re.compile(rf"{_MONTH}[\s,./\-]*{_DAY}[\s,./\-]*{_YEAR}"),
    re.compile(rf"(?<!\d)(?P<year>\d{{4}})[\s,./\-]*{_MONTH}[\s,./\-]*{_DAY}(?!\d)"),
    re.compile(rf"{_DAY}{_GAP}{_MONTH}"),
    re.compile(rf"{_MONTH}[\s,./\-]*{_DAY}(?!\d)"),
)
_NUMERIC = re.compile(
    r"(?<![\d/.:-])(?P<first>\d{4}|\d\d?)\s?(?P<sign>[/.-])\s?(?P<second>\d\d?)\s?(?P=sign)\s?(?P<third>\d{4}|\d\d?)"
    r"(?!\d|[/.:-]\d)"
)
_COMPACT = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)?(?!\d)")
_WEEKDAY = re.compile(rf"{_BEGIN}(?:{_names(WEEKDAYS)}){_END}")
_BY_JOINED_NAME = {name.replace(" ", ""): value for name, value in MONTHS.items()}
_WEEKDAY_BY_JOINED_NAME = {name.replace(" ", ""): value for name, value in WEEKDAYS.items()}

# Languages in which a date in figures begins with the day, without exception in the press.
_DAY_FIRST = frozenset(
    {"ar", "ckb", "de", "es", "fa", "fas", "fr", "it", "ku", "nl", "prs", "ps", "ru", "tr"}
)
_PERSIAN = frozenset({"fa", "fas", "per", "prs", "ps"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mention:
    """One date in a string: the days it may be."""

    days: frozenset[date]
    lunar: bool = False
    yearless: bool = False
    vague: bool = False
    """True when the year was not printed, or only two digits of it."""


def parse_date(
    raw: str, *, reference: datetime, timezone: str = "", language: str | None = None
) -> datetime | None:
    """Return the moment, aware, that a printed date means; ``None`` when it is not certain.

    ``reference`` is the moment of capture (aware; ValueError when it is not). A date without a time is
    midnight. The result is in the zone the string prints, else in ``timezone`` (an IANA name,
    BadConfigurationError when unknown), else in UTC: then the day is right wherever it was printed and the
    hour may be off by the publisher's offset. A zone is never inferred from the calendar: exile media print
    Jalali dates in the time of Amsterdam or Prague.

    >>> at = datetime(2016, 10, 25, 12, tzinfo=UTC)
    >>> parse_date("دوشنبه سوم آبان", reference=at).isoformat()
    '2016-10-24T00:00:00+00:00'
    >>> parse_date("سوم آبان", reference=at), parse_date("03/08/2016", reference=at)
    (None, None)
    """
    if reference.tzinfo is None:
        raise ValueError("reference must be aware")
    zone = _zone(timezone)
    if len(raw) > MAX_LETTERS:
        return None
    folded = _COMPACT.sub(r"\1-\2-\3t\4:\5:\g<6>", fold_date(raw)).replace(":z", "z")
    try:
        clock = read_clock(folded)
        zone = clock.zone or zone
        now = reference.astimezone(zone)
        relative = read_relative(clock.rest)
        if relative is not None:
            return _from_now(relative, clock.time, now)
        day = _day_of(clock.rest, now.date(), _primary(language), _has_persian_digits(raw))
        return None if day is None else datetime.combine(day, clock.time or time(), zone)
    except (UnreadableTimeError, OverflowError):
        return None


def _zone(name: str) -> tzinfo:
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadConfigurationError("timezone", f"{name!r} is no time zone; give an IANA name") from error


def _primary(language: str | None) -> str:
    return re.split("[-_]", (language or "").strip().lower(), maxsplit=1)[0]


def _has_persian_digits(text: str) -> bool:
    return any("۰" <= character <= "۹" for character in text)


def _from_now(relative: RelativeDate, clock: time | None, now: datetime) -> datetime | None:
    if relative.days is not None:
        return datetime.combine(now.date() - timedelta(days=relative.days), clock or time(), now.tzinfo)
    if clock is not None:
        return None
    # Over UTC: «۲ ساعت پیش» is two hours even when the clocks were put back between.
    return (now.astimezone(UTC) - relative.ago).astimezone(now.tzinfo)


def _day_of(folded: str, today: date, language: str, persian_digits: bool) -> date | None:
    mentions, rest = _mentions(folded, today, language, persian_digits)
    weekdays = {_WEEKDAY_BY_JOINED_NAME[m.group().replace(" ", "")] for m in _WEEKDAY.finditer(rest)}
    if not mentions or len(weekdays) > 1:
        return None
    if any(mention.vague for mention in mentions) and any(map(str.isdigit, rest)):
        return None  # a number that nothing explains may be the year
    if all(mention.yearless for mention in mentions):
        # Without a year: the last recurrence, when the weekday confirms it.
        latest = max(set.intersection(*(set(mention.days) for mention in mentions)), default=None)
        return latest if latest is not None and latest.weekday() in weekdays else None
    return _agreed(mentions, weekdays)


def _agreed(mentions: list[_Mention], weekdays: set[int]) -> date | None:
    """Return the one day that all mentions and the weekday allow, or ``None``."""
    sure = [mention for mention in mentions if not mention.lunar]
    lunar = [mention for mention in mentions if mention.lunar]
    near = [{day + timedelta(days=by) for day in mention.days for by in (-1, 0, 1)} for mention in lunar]
    if sure:
        days = set.intersection(*(set(mention.days) for mention in sure), *near)
    elif weekdays:
        days = set.intersection(*near)
    else:
        days = set.intersection(*(set(mention.days) for mention in lunar))
    if weekdays:
        days = {day for day in days if day.weekday() in weekdays}
    return days.pop() if len(days) == 1 else None


def _mentions(folded: str, today: date, language: str, persian_digits: bool) -> tuple[list[_Mention], str]:
    mentions: list[_Mention] = []
    for pattern in _NAMED:
        while (match := pattern.search(folded)) is not None:
            mentions.append(_named(match, today))
            folded = f"{folded[: match.start()]} ; {folded[match.end() :]}"
    while (match := _NUMERIC.search(folded)) is not None:
        fields = (match["first"], match["second"], match["third"])
        mentions.append(_numeric(fields, match["sign"], today, language, persian_digits))
        folded = f"{folded[: match.start()]} ; {folded[match.end() :]}"
    return mentions, folded


def _named(match: re.Match[str], today: date) -> _Mention:
    found = match.groupdict()
    calendar, month = _BY_JOINED_NAME[found["month"].replace(" ", "")]
    word = found["dayword"]
    day = int(found["day"]) if word is None else DAY_WORDS[re.sub(r"\s", "", word)]
    printed = (found.get("year") or "").lstrip("'")
    if len(printed) == 4:
        made = to_date(calendar, int(printed), month, day)
        possible = made is not None and _is_year_of(calendar, int(printed)) and made - today <= _AHEAD
        days = {made} if made is not None and possible else set()
    elif printed:
        days = set(_with_century(calendar, int(printed), month, day, today))
    else:
        days = set(_recurrences(calendar, month, day, today))
    return _Mention(
        days=frozenset(days), lunar=calendar is Calendar.LUNAR, yearless=not printed, vague=len(printed) < 4
    )


def _is_year_of(calendar: Calendar, year: int) -> bool:
    return 1600 <= year <= 2200 if calendar is Calendar.GREGORIAN else 1200 <= year <= 1500


def _with_century(calendar: Calendar, year: int, month: int, day: int, today: date) -> Iterator[date]:
    for century in (1900, 2000, 2100) if calendar is Calendar.GREGORIAN else (1200, 1300, 1400, 1500):
        made = to_date(calendar, century + year, month, day)
        if made is not None and today - _WINDOW <= made <= today + timedelta(days=1):
            yield made


def _recurrences(calendar: Calendar, month: int, day: int, today: date) -> Iterator[date]:
    """Yield the days of the last recurrences of a day and month, the last of them within a year."""
    now = {Calendar.GREGORIAN: today.year, Calendar.JALALI: today.year - 621, Calendar.LUNAR: 0}[calendar]
    if calendar is Calendar.LUNAR:
        # A lunar year is 354 days: 33 of them are 32 of ours.
        now = round((today.year - 622) * 33 / 32) + 1
    for year in range(now - 4, now + 3):
        made = to_date(calendar, year, month, day)
        if made is not None and made <= today + timedelta(days=1) and today - made <= timedelta(days=4 * 366):
            yield made


def _numeric(
    fields: tuple[str, str, str], sign: str, today: date, language: str, persian_digits: bool
) -> _Mention:
    first, second, third = map(int, fields)
    persian = language in _PERSIAN or (persian_digits and not language)
    if len(fields[0]) == 4 and len(fields[2]) < 3:
        days = set(_in_any_calendar(first, second, third, today, language))
        return _Mention(days=frozenset(days))
    if len(fields[2]) == 4 and len(fields[0]) < 3:
        days = set(_in_any_calendar(third, second, first, today, language))
        # Only the American order puts the month first, never with points, never in another calendar.
        if third >= 1600 and sign != "." and language not in _DAY_FIRST and not persian:
            days.update(_in_any_calendar(third, first, second, today, language))
        return _Mention(days=frozenset(days))
    if len(fields[0]) == 4:
        return _Mention(days=frozenset())
    days = set(_with_century(Calendar.GREGORIAN, third, second, first, today))
    if persian or language not in _DAY_FIRST:
        days.update(_with_century(Calendar.JALALI, first, second, third, today))
        days.update(_with_century(Calendar.JALALI, third, second, first, today))
    if not persian and language not in _DAY_FIRST:
        days.update(_with_century(Calendar.GREGORIAN, third, first, second, today))
        days.update(_with_century(Calendar.GREGORIAN, first, second, third, today))
    return _Mention(days=frozenset(days))


def _in_any_calendar(year: int, month: int, day: int, today: date, language: str) -> Iterator[date]:
    for calendar in Calendar:
        made = to_date(calendar, year, month, day) if _is_year_of(calendar, year) else None
        if made is not None and today - _WINDOW <= made <= today + _AHEAD:
            yield made
        elif made is not None and calendar is Calendar.GREGORIAN and made <= today:
            yield made  # an old year of our era is no year of another


def format_jalali(moment: datetime, timezone: str = "Asia/Tehran") -> str:
    """Return a moment as Persian readers print it, in the named zone.

    >>> format_jalali(datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
    '۲ آذر ۱۴۰۵، ۱۱:۳۰'
    """
    if moment.tzinfo is None:
        raise ValueError("moment must be aware")
    local = moment.astimezone(_zone(timezone))
    day = jdatetime.date.fromgregorian(date=local.date())
    printed = f"{day.day} {JALALI_MONTHS[day.month - 1]} {day.year}، {local:%H:%M}"
    return printed.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
