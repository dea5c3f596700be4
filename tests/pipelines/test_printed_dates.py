"""Every form of date in the table is read right or refused, every day comes back, and nothing goes off."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples.dates import REFERENCE, PrintedDate, printed_dates

from pipelines import DateReading, Precision, read_date, read_page
from pipelines.calendar_names import JALALI_MONTHS
from pipelines.dates import MAX_LETTERS

TABLE = printed_dates()
WEEKDAYS = ("دوشنبه", "سه\u200cشنبه", "چهارشنبه", "پنج\u200cشنبه", "جمعه", "شنبه", "یکشنبه")
_ORDINAL_WORDS = (
    "یکم دوم سوم چهارم پنجم ششم هفتم هشتم نهم دهم یازدهم دوازدهم سیزدهم چهاردهم پانزدهم شانزدهم هفدهم هجدهم "
    "نوزدهم بیستم بیست_و_یکم بیست_و_دوم بیست\u200cو\u200cسوم بیست_و_چهارم بیست_و_پنجم "
    "بیست\u200cوششم بیست_و_هفتم بیست_و_هشتم بیست_و_نهم سی\u200cام سی_و_یکم"
)
ORDINALS = [word.replace("_", " ") for word in _ORDINAL_WORDS.split()]
PERSIAN, ARABIC = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"), str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def read(row: PrintedDate, raw: str | None = None) -> DateReading:
    return read_date(row.raw if raw is None else raw, reference=row.reference, language=row.language)


class TestTheTable:
    @pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.family}: {row.raw}")
    def test_a_form_is_read_as_it_is_meant(self, row: PrintedDate) -> None:
        found = read(row)
        assert found.at == row.meaning, found.reason
        assert (found.precision or "", found.calendar or "") == (row.precision, row.calendar)
        assert found.raw == row.raw

    def test_it_is_large_and_a_fifth_of_it_must_be_refused(self) -> None:
        assert len(TABLE) >= 420
        assert sum(row.meaning is None for row in TABLE) >= 90

    def test_its_gold_falls_on_the_weekdays_that_it_prints(self) -> None:
        # A check of the table itself: a wrong gold would rarely fit the weekday beside it.
        names = sorted(enumerate(WEEKDAYS), key=lambda pair: -len(pair[1]))
        checked = 0
        for row in TABLE:
            joined = (
                row.raw.replace("۳شنبه", "سهشنبه")
                .replace(" ", "")
                .replace("\u200c", "")
                .translate(str.maketrans("يك", "یک"))
            )
            printed = [number for number, name in names if name.replace("\u200c", "") in joined]
            if row.meaning is not None and row.calendar and printed:
                assert row.meaning.weekday() == printed[0], row.raw
                checked += 1
        assert checked > 30

    @pytest.mark.parametrize("digits", [PERSIAN, ARABIC], ids=["Persian digits", "Arabic digits"])
    def test_other_digits_never_make_another_day(self, digits: dict[int, int]) -> None:
        for row in TABLE:
            found = read(row, row.raw.translate(digits))
            # Digits tell a language: what «03/08/2016» leaves open, «۰۳/۰۸/۲۰۱۶» does not.
            assert row.meaning is None or found.at == row.meaning, row.raw

    def test_marks_of_direction_and_doubled_spaces_change_nothing(self) -> None:
        for row in TABLE:
            marked = "\u202b" + row.raw.replace(" ", " \u200f ").replace("/", "/\u200e") + "\u202c\ufeff"
            assert read(row, marked).at == row.meaning, row.raw

    def test_what_is_read_says_why(self) -> None:
        for row in TABLE:
            found = read(row)
            assert found.reason or (found.raw[:4].isdigit() and found.at), row.raw


class TestReasons:
    def test_a_missing_year_is_given_a_reason(self) -> None:
        assert read_date("دوشنبه سوم آبان", reference=REFERENCE).reason == (
            "jalali; no year is printed: the last such day, a Monday as printed"
        )

    def test_two_digits_are_given_a_reason(self) -> None:
        found = read_date("۳۰ شهریور ۹۵", reference=REFERENCE)
        assert "95 is the year within 40 before the capture" in found.reason

    def test_a_refusal_names_the_days_it_cannot_choose_from(self) -> None:
        found = read_date("03/08/2016", reference=REFERENCE)
        assert (found.at, found.reason) == (None, "it may be 2016-03-08 or 2016-08-03")

    def test_a_time_without_a_zone_says_so(self) -> None:
        said = "no zone is printed or known: UTC"
        assert said in read_date("۳ آبان ۱۳۹۵ ۱۴:۲۵", reference=REFERENCE).reason
        known = read_date("۳ آبان ۱۳۹۵ ۱۴:۲۵", reference=REFERENCE, timezone="Asia/Tehran")
        assert said not in known.reason
        assert known.precision is Precision.MINUTE

    def test_the_reason_reaches_the_article(self) -> None:
        html = (
            """<html lang="fa"><head><title>باران در شمال</title></head><body><article><h1>باران در شمال</h1>
        <div class="post-date">سه‌شنبه ۴ آبان ۹۵، ۱۰:۱۵</div><p>"""
            + "باران می‌بارد و رودها پر می‌شوند. " * 30
        )
        found = read_page(
            html.encode(), url="https://example.org/news/2016/rain", content_type=None, reference=REFERENCE
        ).article
        assert found is not None
        assert found.published_at == datetime(2016, 10, 25, 10, 15, tzinfo=UTC)
        reason = dict(found.reasons)["published"]
        assert reason.startswith("printed date: jalali by the name of the month; 95 is the year within 40")
        assert found.published_raw == "سه‌شنبه ۴ آبان ۹۵، ۱۰:۱۵"


def jalali_days() -> Iterator[tuple[int, int, int, date]]:
    """Yield every day of 1300 to 1450 by the cycle of 33 years, as observed in all of them."""
    day = date(1921, 3, 21)
    for year in range(1300, 1451):
        leap = year % 33 in {1, 5, 9, 13, 17, 22, 26, 30}
        for month in range(1, 13):
            for number in range(1, (31 if month < 7 else 30 if month < 12 or leap else 29) + 1):
                yield year, month, number, day
                day += timedelta(days=1)


Form = Callable[[int, int, int, date], str]
FORMS: tuple[Form, ...] = (
    lambda y, m, d, g: f"{WEEKDAYS[g.weekday()]} {d} {JALALI_MONTHS[m - 1]} {y}".translate(PERSIAN),
    lambda y, m, d, g: f"{ORDINALS[d - 1]} {JALALI_MONTHS[m - 1]}\u200cماه {y}",
    lambda y, m, d, g: f"{y}/{m:02}/{d:02}".translate(PERSIAN),
    lambda y, m, d, g: f"{y} {JALALI_MONTHS[m - 1]} {d}, {WEEKDAYS[g.weekday()]}",
    lambda y, m, d, g: f"{d:02}/{m:02}/{y}".translate(ARABIC),
    lambda y, m, d, g: f"تاریخ انتشار: {d:02} {JALALI_MONTHS[m - 1]} {y % 100:02}".translate(PERSIAN),
    lambda y, m, d, g: f"{WEEKDAYS[g.weekday()]} {ORDINALS[d - 1]} {JALALI_MONTHS[m - 1]}",
)


def check(form: Form, year: int, month: int, number: int, day: date) -> None:
    printed = form(year, month, number, day)
    captured = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=3, hours=2)
    assert read_date(printed, reference=captured).at == datetime(day.year, day.month, day.day, tzinfo=UTC), (
        printed
    )


def test_every_day_of_150_years_comes_back_in_one_form_or_another() -> None:
    for count, (year, month, number, day) in enumerate(jalali_days()):
        check(FORMS[count % len(FORMS)], year, month, number, day)


@pytest.mark.parametrize("form", FORMS)
def test_a_form_holds_for_days_of_all_years(form: Form) -> None:
    days = list(jalali_days())
    assert (len(days), days[-1]) == (55_152, (1450, 12, 29, date(2072, 3, 19)))
    for year, month, number, day in random.Random(4).sample(days, 700):
        check(form, year, month, number, day)


def test_a_weekday_one_off_is_always_refused() -> None:
    for year, month, number, day in random.Random(5).sample(list(jalali_days()), 300):
        wrong = f"{WEEKDAYS[(day.weekday() + 1) % 7]} {number} {JALALI_MONTHS[month - 1]} {year}"
        assert read_date(wrong, reference=datetime(2073, 1, 1, tzinfo=UTC)).at is None, wrong


WORDS = sorted({word for row in TABLE for word in row.raw.split()})


@settings(deadline=None)
@given(
    st.one_of(
        st.text(max_size=MAX_LETTERS + 10),
        st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join),
        st.lists(st.sampled_from(WORDS), max_size=14).map("".join),
        st.text("0123456789۰۱۲٣٤/-.:, مآب", max_size=60),
    ),
    st.sampled_from([None, "fa", "ar", "en", "de", "zz-"]),
    st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)),  # noqa: DTZ001 — made aware below
)
def test_no_text_and_no_clock_is_more_than_refused(
    raw: str, language: str | None, captured: datetime
) -> None:
    found = read_date(raw, reference=captured.replace(tzinfo=UTC), language=language)
    assert (found.at is None) == (found.precision is None)
    assert found.raw == raw
    assert found.at is None or found.at.tzinfo is not None
    assert found.at is not None or found.reason


@pytest.mark.parametrize(
    "hostile",
    [
        "۱" * 1_000_000,
        "1395/" * 200_000,
        " " * 1_000_000 + "۳ آبان ۱۳۹۵",
        "و" * 200,
        "سه " * 66,
        "۱ آبان " * 28,
        "1/" * 100,
        "1:" * 100,
        "( " * 100,
        "آبان/" * 40,
        "بیست و " * 28,
        "هزار و " * 28,
        "\u200c" * 199 + "۱",
    ],
    ids=lambda text: f"{text[:8]!r} x {len(text)}",
)
def test_hostile_text_costs_no_time(hostile: str) -> None:
    began = time.process_time()
    found = read_date(hostile, reference=REFERENCE)
    assert found.at is None
    assert time.process_time() - began < 0.25
