"""Printed dates: every one is read right or not at all."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import BadConfigurationError
from pipelines.calendar_names import JALALI_MONTHS
from pipelines.calendars import Calendar, to_date
from pipelines.dates import format_jalali, parse_date

AT = datetime(2016, 10, 25, 12, tzinfo=UTC)


def read(raw: str, *, at: datetime = AT, zone: str = "", language: str | None = None) -> str | None:
    """Return the moment in UTC, to the minute, or only the day when it is midnight."""
    moment = parse_date(raw, reference=at, timezone=zone, language=language)
    if moment is None:
        return None
    assert moment.tzinfo is not None
    printed = moment.astimezone(UTC).isoformat()[:16]
    return printed.removesuffix("T00:00")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("دوشنبه سوم آبان", "2016-10-24"),
        ("دوشنبه ۳ آبان ۱۳۹۵", "2016-10-24"),
        ("سوم آبان ۱۳۹۵", "2016-10-24"),
        ("۳۰ شهریور ۹۵", "2016-09-20"),
        ("۲۴ اکتبر ۲۰۱۶", "2016-10-24"),
        ("1395/08/03", "2016-10-24"),
        ("۱۳۹۵/۸/۳ - ۱۴:۲۵", "2016-10-24T14:25"),
        ("سه\u200cشنبه، ۱۳ مهر ۱۳۹۵", "2016-10-04"),
        ("سه شنبه 13 مهر 1395 ساعت 10:15", "2016-10-04T10:15"),
        ("سهشنبه 13 مهر 1395", "2016-10-04"),
        ("۲ ساعت پیش", "2016-10-25T10:00"),
        ("دیروز", "2016-10-24"),
        ("بیست و چهارم مهرماه ۹۵", "2016-10-15"),
        ("بیست\u200cوچهارم مهر\u200cماه ۹۵", "2016-10-15"),
        ("۲۴ عقرب ۱۳۹۵", "2016-11-14"),
        ("٢٤ أكتوبر ٢٠١٦", "2016-10-24"),
        ("الاثنين 24 أكتوبر 2016", "2016-10-24"),
        ("منذ ساعتين", "2016-10-25T10:00"),
        ("٢٤ تشرين الأول ٢٠١٦", "2016-10-24"),
        ("٢٣ محرم ١٤٣٨", "2016-10-24"),
    ],
)
def test_the_strings_that_libraries_fail_on(raw: str, expected: str) -> None:
    assert read(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        # Machine-readable, and machine-made in the wrong calendar.
        ("2016-10-24", "2016-10-24"),
        ("2016-10-24T10:15:00+03:30", "2016-10-24T06:45"),
        ("2016-10-24T10:15:30.123Z", "2016-10-24T10:15"),
        ("20161024T101500Z", "2016-10-24T10:15"),
        ("2016-10-24 10:15+03", "2016-10-24T07:15"),
        ("1395-08-03T14:25:00+03:30", "2016-10-24T10:55"),
        ("Mon, 24 Oct 2016 10:15:00 GMT", "2016-10-24T10:15"),
        ("Mon, 24 Oct 2016 10:15:00 +0330", "2016-10-24T06:45"),
        ("24 Oct 2016 10:15 EST", "2016-10-24T15:15"),
        # Persian and Dari.
        ("۱۳۹۵ آبان ۳", "2016-10-24"),
        ("پنج شنبه ۲۹ مهر ۹۵", "2016-10-20"),
        ("سی\u200cام شهریور ۱۳۹۵", "2016-09-20"),
        ("سي و يكم شهريور ١٣٩٥", "2016-09-21"),
        ("۳۱ امرداد ۱۳۹۵", "2016-08-21"),
        ("حوت ۰۸, ۱۳۹۴", "2016-02-27"),
        ("۲۴ لړم ۱۳۹۵", "2016-11-14"),
        ("۲۸ مرداد ۱۳۳۲", "1953-08-19"),
        ("۵ می ۲۰۱۶", "2016-05-05"),
        ("۲۴ اکتوبر ۲۰۱۶", "2016-10-24"),
        ("۲۴ ژوئیهٔ ۲۰۱۶", "2016-07-24"),
        ("۹۵/۸/۳", "2016-10-24"),
        ("۳ / ۸ / ۱۳۹۵", "2016-10-24"),
        ("تاریخ انتشار: ۳ آبان ۱۳۹۵ | ۱۴:۲۵ | ۲۳ نظر", "2016-10-24T14:25"),
        ("\u202b۳ آبان ۱۳۹۵\u202c", "2016-10-24"),
        ("دوشنبه ۳ آبان ۱۳۹۵ برابر با ۲۴ اکتبر ۲۰۱۶", "2016-10-24"),
        # Times.
        ("۳ آبان ۱۳۹۵ ساعت ۱۰:۱۵ ب.ظ", "2016-10-24T22:15"),
        ("۳ آبان ۱۳۹۵، ۱۲:۱۵ ق.ظ", "2016-10-24T00:15"),
        ("۳ آبان ۱۳۹۵ ساعت ۸ شب", "2016-10-24T20:00"),
        ("۳ آبان ۱۳۹۵ ساعت ۱۰ و ۱۵ دقیقه", "2016-10-24T10:15"),
        ("۳ آبان ۱۳۹۵، بعدازظهر ۲:۳۰", "2016-10-24T14:30"),
        ("۳ آبان ۱۳۹۵ - ۱۰:۱۵ به وقت تهران", "2016-10-24T06:45"),
        ("۳ آبان ۱۳۹۵ - ۱۰:۱۵ به وقت گرینویچ", "2016-10-24T10:15"),
        ("24 أكتوبر 2016 - 10:15 مساءً", "2016-10-24T22:15"),
        # Arabic, Kurdish, European.
        ("١ رمضان ١٤٣٧", "2016-06-06"),
        ("الاثنين 22 محرم 1438", "2016-10-24"),  # a day off Umm al-Qura; the weekday tells
        ("الاثنين 22 محرم 1438 هـ - 24 أكتوبر 2016 م", "2016-10-24"),
        ("٥ آب ٢٠١٦", "2016-08-05"),
        ("5 جويلية 2016", "2016-07-05"),
        ("دووشەممە ٢٤ی تشرینی یەکەم ٢٠١٦", "2016-10-24"),
        ("October 24, 2016", "2016-10-24"),
        ("Posted on Oct 24th, 2016 at 10:15 am", "2016-10-24T10:15"),
        ("24. Oktober 2016, 14.25 Uhr", "2016-10-24T14:25"),
        ("24 octobre 2016 à 10h15", "2016-10-24T10:15"),
        ("mar. 25 oct. 2016", "2016-10-25"),
        ("1er août 2016", "2016-08-01"),
        ("24 Ekim 2016 Pazartesi", "2016-10-24"),
        ("5 Ağustos 2016", "2016-08-05"),
        ("24/10/2016", "2016-10-24"),
        ("10/24/2016", "2016-10-24"),
        ("24.10.2016", "2016-10-24"),
        ("03.08.2016", "2016-08-03"),
        ("Wed 03/08/2016", "2016-08-03"),
        # From the reader's now.
        ("امروز ساعت ۱۰:۱۵", "2016-10-25T10:15"),
        ("دو روز پیش", "2016-10-23"),
        ("یک هفته پیش", "2016-10-18"),
        ("نیم ساعت پیش", "2016-10-25T11:30"),
        ("۱ ساعت و ۱۰ دقیقه پیش", "2016-10-25T10:50"),
        ("منتشر شده: ۲ ساعت پیش", "2016-10-25T10:00"),
        ("لحظاتی پیش", "2016-10-25T12:00"),
        ("منذ 3 ساعات", "2016-10-25T09:00"),
        ("قبل يومين", "2016-10-23"),
        ("أمس", "2016-10-24"),
        ("an hour ago", "2016-10-25T11:00"),
        ("vor 3 Stunden", "2016-10-25T09:00"),
        ("il y a 2 jours", "2016-10-23"),
        ("3 saat önce", "2016-10-25T09:00"),
    ],
)
def test_more_dates_of_exile_media(raw: str, expected: str) -> None:
    assert read(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "بدون تاریخ",
        "1395",
        "آبان ۱۳۹۵",
        "سوم آبان",  # of which year?
        "۳۰ اسفند",
        "سه شنبه سوم آبان",  # the last one was a Monday
        "سه\u200cشنبه سوم آبان ۱۳۹۵",
        "Tuesday, 24 October 2016",
        "۳۰ اسفند ۱۳۹۶",  # no leap year
        "۳۱ آبان ۱۳۹۵",
        "1395/13/03",
        "2016-02-30",
        "۳ آبان ۲۰۱۶",  # a month of one calendar, a year of another
        "24 October 1395",
        "۳ آبان ۱۳۹۵ ساعت ۲۵:۱۵",
        "۳ آبان ۱۳۹۵ ساعت ۲ شب",  # 2 at night, or 2 o'clock in the morning after?
        "14:25 am, 24 Oct 2016",
        "24 Oct 2016 10:15 IST",  # India, Israel or Ireland
        "۳ آبان ۱۳۹۵ - ۱۰:۱۵ به وقت ناکجا",
        "03/08/2016",
        "95/08/03",
        "03/08/95",
        "12/10/11",
        "۳ آبان ۱۳۹۵ و ۵ آبان ۱۳۹۵",
        "۳ آبان ۱۳۹۵ ۱۰:۱۵ ویرایش ۱۱:۳۰",
        "دوشنبه ۳ آبان ۱۳۹۵ برابر با ۲۵ اکتبر ۲۰۱۶",
        "۳ آبان ۹۵ شماره ۱۴",
        "۲۴ نوامبر ۲۰۱۹",  # three years ahead of the capture
        "۱ آذر ۹۵",  # a month ahead: two digits promise nothing
        "۲ ماه پیش",
        "۳ سال پیش",
        "هفته پیش",
        "او دیروز گفت که بیست ساعت پیش رسید",
        "فردا",
        "10:15",
        "۳ آبان ۱۳۹۵ " + "و " * 200,
    ],
)
def test_what_is_impossible_or_not_certain_is_none(raw: str) -> None:
    assert read(raw) is None


@pytest.mark.parametrize(
    ("raw", "language", "expected"),
    [
        ("03/08/2016", "de", "2016-08-03"),
        ("03/08/2016", "fr-FR", "2016-08-03"),
        ("03/08/2016", "en", None),
        ("95/08/03", "fa", "2016-10-24"),
        ("24.10.16", "de", "2016-10-24"),
    ],
)
def test_the_language_tells_the_order_of_figures(raw: str, language: str, expected: str | None) -> None:
    assert read(raw, language=language) == expected


class TestZones:
    def test_a_date_without_a_zone_is_in_the_given_one(self) -> None:
        moment = parse_date("۳ آبان ۱۳۹۵ - ۱۴:۲۵", reference=AT, timezone="Asia/Tehran")
        assert moment == datetime(2016, 10, 24, 14, 25, tzinfo=ZoneInfo("Asia/Tehran"))
        assert moment.utcoffset() == timedelta(hours=3, minutes=30)

    def test_without_any_zone_it_is_utc_and_not_tehran(self) -> None:
        assert parse_date("۳ آبان ۱۳۹۵", reference=AT) == datetime(2016, 10, 24, tzinfo=UTC)

    def test_a_printed_offset_wins(self) -> None:
        moment = parse_date("2016-10-24T10:15:00+02:00", reference=AT, timezone="Asia/Tehran")
        assert moment == datetime(2016, 10, 24, 8, 15, tzinfo=UTC)

    def test_yesterday_is_yesterday_where_it_was_printed(self) -> None:
        late = datetime(2016, 10, 25, 22, tzinfo=UTC)  # half past one on the 26th in Tehran
        assert parse_date("دیروز", reference=late, timezone="Asia/Tehran") == datetime(
            2016, 10, 25, tzinfo=ZoneInfo("Asia/Tehran")
        )

    def test_hours_ago_are_counted_across_a_change_of_clocks(self) -> None:
        after = datetime(2016, 10, 30, 2, tzinfo=UTC)  # in Amsterdam clocks went back at 01:00 UTC
        moment = parse_date("۲ ساعت پیش", reference=after, timezone="Europe/Amsterdam")
        assert moment is not None
        assert moment.astimezone(UTC) == datetime(2016, 10, 30, 0, tzinfo=UTC)

    def test_an_unknown_zone_is_the_operators_mistake(self) -> None:
        with pytest.raises(BadConfigurationError, match="Asia/Nowhere"):
            parse_date("دیروز", reference=AT, timezone="Asia/Nowhere")

    def test_a_naive_reference_is_a_bug(self) -> None:
        with pytest.raises(ValueError, match="aware"):
            parse_date("دیروز", reference=AT.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("year", "nowruz"),
    [
        (1370, date(1991, 3, 21)),
        (1375, date(1996, 3, 20)),
        (1395, date(2016, 3, 20)),
        (1396, date(2017, 3, 21)),
        (1399, date(2020, 3, 20)),
        (1400, date(2021, 3, 21)),
        (1403, date(2024, 3, 20)),
        (1404, date(2025, 3, 21)),
        (1408, date(2029, 3, 20)),
    ],
)
def test_nowruz_falls_as_the_observatory_of_tehran_announced(year: int, nowruz: date) -> None:
    assert to_date(Calendar.JALALI, year, 1, 1) == nowruz


@given(st.dates(date(1990, 1, 1), date(2039, 12, 31)))
def test_a_jalali_date_that_we_print_is_read_back(day: date) -> None:
    noon = datetime(day.year, day.month, day.day, 12, 5, tzinfo=UTC)
    printed = format_jalali(noon, "UTC")
    assert parse_date(printed, reference=noon + timedelta(days=3)) == noon
    assert any(month in printed for month in JALALI_MONTHS)


@given(st.timedeltas(timedelta(0), timedelta(days=18_000)), st.integers(-840, 840))
def test_an_iso_date_is_read_exactly(since: timedelta, offset: int) -> None:
    moment = (datetime(1990, 1, 2, tzinfo=UTC) + since).astimezone(timezone(timedelta(minutes=offset)))
    assert parse_date(moment.isoformat(), reference=moment + timedelta(days=1)) == moment


WORDS = """
دوشنبه شنبه سوم آبان مهر ۱۳۹۵ ۹۵ ۳ 24 10 2016 / - : ، . ساعت پیش و ago vor Oct محرم ۱۴۳۸ ب.ظ pm + GMT به وقت
دو بیست
"""
PIECES = st.sampled_from([*WORDS.split(), " "])


@given(
    st.one_of(
        st.text(max_size=250),
        st.lists(PIECES, max_size=14).map(" ".join),
        st.lists(PIECES, max_size=14).map("".join),
    )
)
def test_no_text_is_more_than_refused(raw: str) -> None:
    moment = parse_date(raw, reference=AT)
    assert moment is None or moment.tzinfo is not None


def test_a_moment_is_printed_for_persian_readers() -> None:
    assert format_jalali(datetime(2026, 11, 23, 8, 0, tzinfo=UTC)) == "۲ آذر ۱۴۰۵، ۱۱:۳۰"
    assert format_jalali(datetime(2016, 3, 19, 23, 0, tzinfo=UTC), "UTC") == "۲۹ اسفند ۱۳۹۴، ۲۳:۰۰"


def test_a_moment_that_the_calendar_cannot_name_is_given_as_it_came() -> None:
    assert format_jalali(datetime(9999, 12, 31, 23, 0, tzinfo=UTC)) == "9999-12-31 23:00"
    assert format_jalali(datetime(500, 1, 1, tzinfo=UTC)) == "0500-01-01 00:00"
