"""The moment that a printed date means, in the calendars and languages of exile media; or ``None``.

No library reads more than 13 of the 27 date strings we judge by, and several are silently wrong on 8 (they
take «1395/08/03» for the year 1395 of our era). So the reading is ours and the arithmetic is theirs. The rule
throughout: all readings that the string allows are made, those that contradict it are struck out, and only
when one is left is it the answer; the answer says how it came about.

* The name of a month or a mark («هـ», «ش», «م») tells the calendar, else the year does: a date without
  either counts only when it falls within 40 years before the reference (Jalali and lunar years of one date
  lie 41 or more apart, so that they never meet).
* A weekday is a check digit: the date must fall on it.
* A year of two digits is the one that ends not after the day of the reference and within 40 years of it; in
  figures alone («95/08/03») it counts only when no word stands beside it that dates do not have.
* A date without a year counts only with a weekday, and only as its last recurrence before the reference.
* Two dates in one string must be the same day; of a lunar one, a day more or less is forgiven, since
  countries differ. A range is no date.
* «03/08/2016» is refused unless the language, the script, the numbers or the weekday say which is the month.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jdatetime

from model import BadConfigurationError
from pipelines.calendar_names import JALALI_MONTHS
from pipelines.calendars import Calendar, fold_date
from pipelines.clock import Clock, UnreadableTimeError, read_clock
from pipelines.date_mentions import Mention, Mentions, Setting, drop_eras, find_mentions, is_drupal_order
from pipelines.relative_dates import LABELS, RelativeDate, read_relative

MAX_LETTERS = 200
"""What is longer is prose with a date in it: which one, nobody can say."""
_MAX_RAW = 4000
"""White space of the markup aside; what is longer is not looked at."""

_COMPACT = re.compile(r"(?<!\d)(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)?(?!\d)")
_FIGURES = re.compile(r"((?:1[34]|19|20)\d\d)(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d))?")
_MACHINE = re.compile(r"\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?\s?(?:z|[+-]\d\d:?(?:\d\d)?)?)?")
_EPOCH = date(1970, 1, 1)
_PRIVATE = re.compile("[\ue000-\uf8ff]")
# Languages in which a date in figures begins with the day, without exception in the press.
_DAY_FIRST = frozenset(
    {"ar", "ckb", "de", "es", "fa", "fas", "fr", "it", "ku", "nl", "prs", "ps", "ru", "tr", "ur"}
)
_PERSIAN = frozenset({"fa", "fas", "per", "prs", "ps"})
_ARABIC_SCRIPT = re.compile(r"[\u0620-\u064a\u0660-\u0669\u0671-\u06d3\u06f0-\u06f9]")
# Beside these a row of numbers is something else.
_NO_DATE = frozenset(
    fold_date(
        """نسخه ورژن version اصدار الاصدار build تلفن تماس فکس tel phone fax هاتف قیمت price سعر isbn ip
        نتیجه ساعات موبایل همراه واتساپ تعرفه release v"""
    ).split()
)
_OTHER_YEAR = re.compile(
    r"(?<![^\W_])(?:سال|عام|العام|year|jahr|گذشته|آینده|پارسال|ماضی|الماضی|المقبل|القادم|last|next|هر|every)(?![^\W_])".replace(
        "آ", "ا"
    )
)


class Precision(StrEnum):
    """How exactly a date is known."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    """«یک هفته پیش»: to within a week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DateReading:
    """What a printed date was taken for, and why."""

    raw: str
    """As it was given."""
    at: datetime | None = None
    """Aware; ``None``: not certain, and ``reason`` says why."""
    calendar: Calendar | None = None
    """The calendar it was printed in; ``None`` for «دیروز» and where nothing was read."""
    precision: Precision | None = None
    """What ``at`` is exact to; ``None`` where nothing was read."""
    reason: str = ""
    """What was decided and by what; empty for an ISO 8601 date with its offset, which leaves nothing open."""

    def because(self, source: str) -> str:
        """Return what gave the date with how it was read: «printed date: jalali by the year»."""
        return f"{source}: {self.reason}" if self.reason else source


class _RefusedError(ValueError):
    """A string is no date, or not certainly one; the message says why."""


def parse_date(
    raw: str, *, reference: datetime, timezone: str = "", language: str | None = None
) -> datetime | None:
    """Return the moment, aware, that a printed date means; ``None`` when it is not certain.

    :func:`read_date` without its reasons.

    >>> at = datetime(2016, 10, 25, 12, tzinfo=UTC)
    >>> parse_date("دوشنبه سوم آبان", reference=at).isoformat()
    '2016-10-24T00:00:00+00:00'
    >>> parse_date("سوم آبان", reference=at), parse_date("03/08/2016", reference=at)
    (None, None)
    """
    return read_date(raw, reference=reference, timezone=timezone, language=language).at


def read_date(
    raw: str, *, reference: datetime, timezone: str = "", language: str | None = None
) -> DateReading:
    """Return what a printed date means, and how that was decided.

    ``reference`` is the moment of capture (aware; ValueError when it is not). A date without a time is
    midnight. The result is in the zone the string prints, else in ``timezone`` (an IANA name,
    BadConfigurationError when unknown), else in UTC: then the day is right wherever it was printed and the
    hour may be off by the publisher's offset. A zone is never inferred from the calendar: exile media print
    Jalali dates in the time of Amsterdam or Prague.

    >>> found = read_date("۳۰ شهریور ۹۵", reference=datetime(2016, 10, 25, 12, tzinfo=UTC))
    >>> str(found.calendar), str(found.precision), found.reason
    ('jalali', 'day', 'jalali by the name of the month; 95 is the year within 40 before the capture')
    """
    if reference.tzinfo is None:
        raise ValueError("reference must be aware")
    zone = _zone(timezone)
    plain = " ".join(_PRIVATE.sub(" ", raw).split()) if len(raw) <= _MAX_RAW else raw
    if len(plain) > MAX_LETTERS:
        return DateReading(raw=raw, reason="too long to be a date")
    try:
        return _read(raw, plain, reference, zone, bool(timezone), _primary(language))
    except (_RefusedError, UnreadableTimeError) as refusal:
        return DateReading(raw=raw, reason=str(refusal))
    except OverflowError:
        return DateReading(raw=raw, reason="out of the calendar")


def _read(
    raw: str, plain: str, reference: datetime, zone: tzinfo, zone_given: bool, language: str
) -> DateReading:
    folded = _COMPACT.sub(r"\1-\2-\3t\4:\5:\g<6>", fold_date(plain)).replace(":z", "z")
    if (figures := _FIGURES.fullmatch(folded)) is not None:
        parts = figures.groups()
        folded = "-".join(parts[:3]) + (f" {':'.join(parts[3:])}" if parts[3] is not None else "")
    is_drupal = is_drupal_order(folded)
    without_eras = drop_eras(folded)
    if without_eras is None:
        raise _RefusedError("«م» behind the date is our era or the afternoon")
    clock = read_clock(without_eras)
    zone = clock.zones[0] if clock.zones else zone
    now = reference.astimezone(zone)
    unzoned = "; no zone is printed or known: UTC" if not clock.zones and not zone_given else ""
    relative = read_relative(clock.rest)
    if relative is not None:
        return _from_now(raw, relative, clock, now, unzoned)
    arabic_script = _ARABIC_SCRIPT.search(raw) is not None
    setting = Setting(
        today=now.date(),
        day_first=language in _DAY_FIRST or arabic_script,
        persian=language in _PERSIAN or (not language and arabic_script),
    )
    mentions = find_mentions(clock.rest, setting, month_may_lead=is_drupal)
    day, calendar, reason = _day_of(mentions, setting)
    at = datetime.combine(day, clock.time or time(), zone)
    if any(at.replace(tzinfo=other).utcoffset() != at.utcoffset() for other in clock.zones):
        raise _RefusedError("two zones are printed")
    if day == _EPOCH and clock.time is not None and (clock.time == time() or at.timestamp() == 0):
        raise _RefusedError("the first second of 1970: a clock that was never set")
    return DateReading(
        raw=raw,
        at=at,
        calendar=calendar,
        precision=Precision(clock.unit) if clock.unit else Precision.DAY,
        reason=""
        if _MACHINE.fullmatch(folded) and calendar is Calendar.GREGORIAN and not (unzoned and clock.unit)
        else reason + (unzoned if clock.unit else ""),
    )


def _zone(name: str) -> tzinfo:
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadConfigurationError("timezone", f"{name!r} is no time zone; give an IANA name") from error


def _primary(language: str | None) -> str:
    return re.split("[-_]", (language or "").strip().lower(), maxsplit=1)[0]


def _from_now(raw: str, relative: RelativeDate, clock: Clock, now: datetime, unzoned: str) -> DateReading:
    if relative.days is not None:
        return DateReading(
            raw=raw,
            at=datetime.combine(now.date() - timedelta(days=relative.days), clock.time or time(), now.tzinfo),
            precision=Precision(clock.unit or relative.unit),
            reason=f"counted back from the day of the capture: {relative.days}{unzoned}",
        )
    if clock.time is not None:
        raise _RefusedError("a span of time and a time of day")
    # Over UTC: «۲ ساعت پیش» is two hours even when the clocks were put back between.
    return DateReading(
        raw=raw,
        at=(now.astimezone(UTC) - relative.ago).astimezone(now.tzinfo),
        precision=Precision(relative.unit),
        reason=f"counted back from the capture: {relative.ago}",
    )


def _day_of(mentions: Mentions, setting: Setting) -> tuple[date, Calendar, str]:
    """Return the one day that all mentions and the weekday allow, its calendar, and why; or refuse."""
    found, rest = mentions.found, mentions.rest
    if mentions.contradiction:
        raise _RefusedError(mentions.contradiction)
    if not found:
        raise _RefusedError("no date is printed")
    if len(mentions.weekdays) > 1:
        raise _RefusedError("two weekdays are printed")
    words = set(re.findall(r"[^\W\d_]+", rest))
    if words & _NO_DATE and not all(mention.named for mention in found):
        raise _RefusedError("the numbers are not called a date")
    if empty := [mention for mention in found if not mention.days]:
        raise _RefusedError(f"there is no such day near the capture: {empty[0].printed}")
    vague = [mention for mention in found if mention.digits < 4 and not mention.this_year]
    if vague and any(map(str.isdigit, rest)):
        raise _RefusedError("a number that nothing explains may be the year")
    if any(not mention.named for mention in vague) and not words <= LABELS:
        raise _RefusedError("a row of small numbers beside words that dates do not have")
    if all(mention.digits == 0 and not mention.this_year for mention in found):
        return _without_year(found, mentions.weekdays, rest)
    days = _agreed(found, mentions.weekdays)
    if len(days) != 1:
        raise _RefusedError(_disagreement(found, mentions.weekdays, days))
    day = days.pop()
    first = found[0]
    calendar = first.days.get(day) or next(iter(first.days.values()))
    return day, calendar, _why(found, first, calendar, day, mentions.weekdays, setting)


def _without_year(found: list[Mention], weekdays: set[int], rest: str) -> tuple[date, Calendar, str]:
    if not weekdays:
        raise _RefusedError("no year is printed, and no weekday that would tell it")
    if _OTHER_YEAR.search(rest):
        raise _RefusedError("no year is printed, and one is spoken of")
    latest = max(set.intersection(*(set(mention.days) for mention in found)), default=None)
    if latest is None or latest.weekday() not in weekdays:
        raise _RefusedError("no year is printed, and the last such day was another weekday")
    calendar = found[0].days[latest]
    return latest, calendar, f"{calendar}; no year is printed: the last such day, a {latest:%A} as printed"


def _agreed(found: list[Mention], weekdays: set[int]) -> set[date]:
    sure = [set(mention.days) for mention in found if not mention.lunar]
    lunar = [set(mention.days) for mention in found if mention.lunar]
    near = [{day + timedelta(days=by) for day in days for by in (-1, 0, 1)} for days in lunar]
    if sure:
        days = set.intersection(*sure, *near)
    elif weekdays:
        days = set.intersection(*near)
    else:
        days = set.intersection(*lunar)
    return {day for day in days if day.weekday() in weekdays} if weekdays else days


def _disagreement(found: list[Mention], weekdays: set[int], left: set[date]) -> str:
    if left:
        return "it may be " + " or ".join(sorted(day.isoformat() for day in left))
    return "the weekday is another" if weekdays and len(found) == 1 else "what is printed does not agree"


def _why(
    found: list[Mention],
    first: Mention,
    calendar: Calendar,
    day: date,
    weekdays: set[int],
    setting: Setting,
) -> str:
    said = [f"{calendar} by {'the name of the month' if first.named else 'the year'}"]
    if first.this_year:
        said.append("the year is the one of the capture")
    elif first.digits == 2:
        said.append(f"{_short_year(calendar, day)} is the year within 40 before the capture")
    if not first.named and len(first.days) > 1:
        said.append("of two orders of the figures the weekday tells" if weekdays else "by the second date")
    elif not first.named and first.digits == 4 and setting.day_first and not first.printed[:4].isdigit():
        said.append("day first")
    if weekdays:
        said.append(f"a {day:%A}, as printed")
    if len(found) > 1:
        said.append("two dates agree")
    return "; ".join(said)


def _short_year(calendar: Calendar, day: date) -> str:
    year = jdatetime.date.fromgregorian(date=day).year if calendar is Calendar.JALALI else day.year
    return f"{year % 100:02d}"


def format_jalali(moment: datetime, timezone: str = "Asia/Tehran") -> str:
    """Return a moment as Persian readers print it, in the named zone.

    >>> format_jalali(datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
    '۲ آذر ۱۴۰۵، ۱۱:۳۰'

    A page may name any year: one before the calendar begins (622), or a last evening of 9999 that is the next
    year in the zone, is given as it came.
    """
    if moment.tzinfo is None:
        raise ValueError("moment must be aware")
    try:
        local = moment.astimezone(_zone(timezone))
        day = jdatetime.date.fromgregorian(date=local.date())
    except (OverflowError, ValueError):
        return moment.replace(tzinfo=None).isoformat(" ", "minutes")
    printed = f"{day.day} {JALALI_MONTHS[day.month - 1]} {day.year}، {local:%H:%M}"
    return printed.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
