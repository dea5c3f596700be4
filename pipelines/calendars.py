"""The three calendars that dates in exile media are printed in, and the names of their months.

The arithmetic is that of libraries: jdatetime for the solar Hijri (Jalali) calendar, hijridate for the lunar
one (Umm al-Qura; sighting in another country may differ by one day, which only a weekday beside it can tell).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

import hijridate
import jdatetime

from pipelines.letters import FoldTable


class Calendar(StrEnum):
    """A calendar that a date is counted in."""

    GREGORIAN = "gregorian"
    JALALI = "jalali"
    """Solar Hijri, of Iran and Afghanistan."""
    LUNAR = "lunar"
    """Lunar Hijri."""


def to_date(calendar: Calendar, year: int, month: int, day: int) -> date | None:
    """Return the Gregorian date, or ``None`` when there is no such day.

    >>> to_date(Calendar.JALALI, 1395, 8, 3), to_date(Calendar.JALALI, 1396, 12, 30)
    (datetime.date(2016, 10, 24), None)
    """
    try:
        if calendar is Calendar.JALALI:
            found: date = jdatetime.date(year, month, day).togregorian()
            return found
        if calendar is Calendar.LUNAR:
            lunar = hijridate.Hijri(year, month, day).to_gregorian()
            return date(lunar.year, lunar.month, lunar.day)
        return date(year, month, day)
    except (ValueError, OverflowError):
        return None


_DATE_SIGNS = str.maketrans(
    {
        "،": ",",
        "٬": ",",
        "٫": ".",
        "۔": ".",
        "؍": "/",
        "⁄": "/",
        "–": "-",
        "—": "-",
        "−": "-",
        "‐": "-",
        "‑": "-",
        "：": ":",
        "∶": ":",
        "’": "'",
        "\u200c": " ",
        "\u200b": " ",
        "ـ": "",
    }
)
_FOLD = FoldTable()


def fold_date(text: str) -> str:
    """Return a printed date in plain letters: folded as in search, but with its signs and with ZWNJ as a
    space.

    >>> fold_date("سه\u200cشنبه، ۱۳ مهر ١٣٩٥ – 10:15")
    'سه شنبه, 13 مهر 1395 - 10:15'
    """
    folded = "".join(
        character if character in "!\"#%&'()*,-./:;?@[\\]_{}+" else _FOLD[ord(character)]
        for character in text.translate(_DATE_SIGNS)
    )
    return " ".join(folded.split())


# Names as printed; they are folded below. A space in a name may be left out on the page.
_JALALI = (
    ("فروردین", "حمل", "وری"),
    ("اردیبهشت", "ثور", "غویی"),
    ("خرداد", "جوزا", "غبرګولی", "غبرگولی"),
    ("تیر", "سرطان", "چنګاښ", "چنگاښ"),
    ("مرداد", "امرداد", "اسد", "زمری"),
    ("شهریور", "سنبله", "وږی"),
    ("مهر", "میزان", "تله"),
    ("ابان", "عقرب", "لړم"),
    ("اذر", "قوس", "لیندۍ"),
    ("دی", "جدی", "مرغومی"),
    ("بهمن", "دلو", "سلواغه"),
    ("اسفند", "حوت", "کب"),
)

# Persian, Dari, Arabic (Egypt and the Gulf, the Levant, the Maghreb), Kurdish; English, German, French,
# Turkish.
_GREGORIAN = (
    "ژانویه جنوری ینایر کانون_الثانی کانون_دوم جانفی کانونی_دووەم january jan januar janvier janv ocak",
    "فوریه فبروری فبرایر شباط فیفری شوبات february feb februar fevrier fevr fev subat",
    "مارس مارچ آذار ئازار march mar marz maerz mars mart",
    "آوریل اپریل أبریل نیسان أفریل april apr avril avr nisan",
    "مه می مای مایو أیار ئایار may mai mayis",
    "ژوئن جون یونیو حزیران جوان حوزەیران june jun juni juin haziran",
    "ژوئیه ژوییه ژولای جولای یولیو یولیوز تموز جویلیة تەمموز july jul juli juillet juil temmuz",
    "اوت اگست أغسطس غشت آب آگوست ئاب august aug aout agustos",
    "سپتامبر سپتمبر سبتمبر أیلول ئەیلوول september sept sep septembre eylul",
    "اکتبر اکتوبر تشرین_الأول تشرین_أول تشرینی_یەکەم october oct oktober okt octobre ekim",
    "نوامبر نومبر نوفمبر تشرین_الثانی تشرین_دوم تشرینی_دووەم november nov novembre kasim",
    "دسامبر دسمبر دیسمبر کانون_الأول کانون_أول کانونی_یەکەم december dec dezember dez decembre aralik",
)

_LUNAR = (
    ("محرم", "محرم الحرام"),
    ("صفر", "صفر المظفر"),
    ("ربیع الاول", "ربیع اول"),
    ("ربیع الثانی", "ربیع الاخر", "ربیع ثانی"),
    ("جمادی الاول", "جمادی الاولی", "جمادی اول"),
    ("جمادی الثانی", "جمادی الثانیه", "جمادی الاخره", "جمادی الاخر", "جمادی ثانی"),
    ("رجب", "رجب المرجب"),
    ("شعبان", "شعبان المعظم"),
    ("رمضان", "رمضان المبارک"),
    ("شوال", "شوال المکرم"),
    ("ذی القعده", "ذو القعده", "ذیقعده"),
    ("ذی الحجه", "ذو الحجه", "ذیحجه"),
)


def _months() -> Mapping[str, tuple[Calendar, int]]:
    months: dict[str, tuple[Calendar, int]] = {}
    for number in range(12):
        for name in _JALALI[number]:
            months[fold_date(name)] = (Calendar.JALALI, number + 1)
        for name in _GREGORIAN[number].split():
            months[fold_date(name.replace("_", " "))] = (Calendar.GREGORIAN, number + 1)
        for name in _LUNAR[number]:
            months[fold_date(name)] = (Calendar.LUNAR, number + 1)
    return months


MONTHS = _months()
"""Folded name of a month: its calendar, and its number from 1."""

JALALI_MONTHS = (
    "فروردین",
    "اردیبهشت",
    "خرداد",
    "تیر",
    "مرداد",
    "شهریور",
    "مهر",
    "آبان",
    "آذر",
    "دی",
    "بهمن",
    "اسفند",
)
"""As printed, from Farvardin."""

_WEEKDAYS = (
    "دو_شنبه الإثنین إثنین monday mon montag lundi lun pazartesi دووشەممە",
    "سه_شنبه الثلاثاء ثلاثاء tuesday tue tues dienstag mardi mar salı سێشەممە",
    "چهار_شنبه الأربعاء أربعاء wednesday wed mittwoch mercredi mer çarşamba چوارشەممە",
    "پنج_شنبه الخمیس خمیس thursday thu thur thurs donnerstag jeudi jeu perşembe پێنجشەممە",
    "جمعه آدینه الجمعة friday fri freitag vendredi ven cuma هەینی",
    "شنبه السبت سبت saturday sat samstag sonnabend samedi sam cumartesi شەممە",
    "یک_شنبه الأحد أحد sunday sun sonntag dimanche dim pazar یەکشەممە",
)

WEEKDAYS: Mapping[str, int] = {
    fold_date(name.replace("_", " ")): number
    for number, names in enumerate(_WEEKDAYS)
    for name in names.split()
}
"""Folded name of a weekday: 0 for Monday, as in :meth:`datetime.date.weekday`."""
