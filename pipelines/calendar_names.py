"""Names of months and weekdays, as printed in Persian, Dari, Pashto, Kurdish, Arabic, Urdu and European news.

Arabic is printed with three sets of months (Egypt and the Gulf, the Levant and Iraq, the Maghreb), Dari and
Pashto with the signs of the zodiac for the solar Hijri year. The same name never stands for two months.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pipelines.calendars import Calendar, fold_date

# One row a month; a name's space is «_» here, and may be left out on the page.
_JALALI = (
    "فروردین حمل وری خاکەلێوە farvardin hamal",
    "اردیبهشت اردی_بهشت ثور غویی گوڵان ordibehesht sawr",
    "خرداد جوزا غبرګولی غبرگولی جۆزەردان khordad jawza",
    "تیر سرطان چنګاښ چنگاښ پووشپەڕ tir saratan",
    "مرداد امرداد اسد زمری گەلاوێژ mordad amordad asad",
    "شهریور سنبله وږی خەرمانان shahrivar sunbula",
    "مهر میزان تله ڕەزبەر mehr mizan",
    "آبان عقرب لړم گەڵاڕێزان خەزەڵوەر aban aqrab",
    "آذر قوس لیندۍ لیندی سەرماوەز azar qaws",
    "دی جدی مرغومی بەفرانبار dey jadi",
    "بهمن دلو سلواغه ڕێبەندان bahman dalw",
    "اسفند اسپند حوت کب ڕەشەمە esfand hut",
)
_GREGORIAN = (
    (
        "ژانویه ژانویۀ جنوری جانوری ینایر کانون_الثانی کانون_ثانی کانون_2 کانون_دوم کانوونی_دووەم "
        "کانونی_دووەم جانفی january jan januar janvier janv ocak oca"
    ),
    (
        "فوریه فبروری فروری فیبروری فبرایر شباط فیفری فیڤری شوبات february feb februar fevrier fevr "
        "fev subat sub"
    ),
    "مارس مارچ آذار ئازار ئادار march mar marz maerz mars mart",
    "آوریل آپریل اپریل اپرېل أبریل إبریل نیسان أفریل april apr avril avr nisan nis",
    "مه می مۍ مې مئی مای مایو أیار ئایار may mai mayis",
    "ژوئن ژوین جون یونیو یونیه حزیران جوان حوزەیران june jun juni juin haziran haz",
    (
        "ژوئیه ژوییه ژولای جولای جولائی یولیو یولیه یولیوز تموز جویلیة تەمموز تەمووز july jul juli "
        "juillet juil temmuz tem"
    ),
    "اوت آگوست اوگوست اگوست اگست اګست أغسطس غشت آب أوت ئاب august aug aout agustos agu",
    ("سپتامبر سپتمبر سپټمبر ستمبر سبتمبر شتنبر أیلول ئەیلوول ئەیلول september sept sep septembre eylul eyl"),
    (
        "اکتبر اکتوبر اوکتبر ئۆکتۆبەر تشرین_الأول تشرین_أول تشرین_1 تشرینی_یەکەم october oct "
        "oktober okt octobre ekim eki"
    ),
    (
        "نوامبر نومبر نوومبر نوفمبر نوفنبر نونبر تشرین_الثانی تشرین_ثانی تشرین_2 تشرین_دوم "
        "تشرینی_دووەم november nov novembre kasim kas"
    ),
    (
        "دسامبر دسمبر ډسمبر دیسمبر دجنبر کانون_الأول کانون_أول کانون_1 کانوونی_یەکەم کانونی_یەکەم "
        "december dec dezember dez decembre aralik ara"
    ),
)
_LUNAR = (
    "محرم محرم_الحرام muharram moharram",
    "صفر صفر_المظفر صفر_الخیر safar",
    "ربیع_الاول ربیع_اول rabi_al-awwal",
    "ربیع_الثانی ربیع_الاخر ربیع_ثانی rabi_al-thani",
    "جمادی_الاول جمادی_الاولی جمادی_اول",
    "جمادی_الثانی جمادی_الثانیه جمادی_الاخره جمادی_الاخر جمادی_ثانی",
    "رجب رجب_المرجب rajab",
    "شعبان شعبان_المعظم shaban",
    "رمضان رمضان_المبارک رمضان_مبارک ramadan ramazan",
    "شوال شوال_المکرم shawwal",
    "ذی_القعده ذو_القعده ذیقعده ذی_قعده",
    "ذی_الحجه ذو_الحجه ذیحجه ذی_حجه",
)
_WEEKDAYS = (
    "دو_شنبه دوشنبې الإثنین إثنین پیر monday mon montag lundi lun pazartesi دووشەممە",
    ("سه_شنبه سه_شنبې سې_شنبه الثلاثاء الثلثاء ثلاثاء منگل tuesday tue tues dienstag mardi mar salı سێشەممە"),
    (
        "چهار_شنبه چار_شنبه چهارشنبې څلور_شنبه الأربعاء أربعاء بدھ wednesday wed weds mittwoch "
        "mercredi mer çarşamba چوارشەممە"
    ),
    (
        "پنج_شنبه پنجشنبې پنځشنبه الخمیس خمیس جمعرات thursday thu thur thurs donnerstag jeudi jeu "
        "perşembe پێنجشەممە"
    ),
    "جمعه آدینه جمعې الجمعة friday fri freitag vendredi ven cuma هەینی",
    "شنبه شنبې السبت سبت saturday sat samstag sonnabend samedi sam cumartesi شەممە",
    "یک_شنبه یکشنبې الأحد أحد اتوار sunday sun sonntag dimanche dim pazar یەکشەممە",
)


def any_of(names: Iterable[str]) -> str:
    """Return a pattern of any of the names, the longest first, their spaces left out or not.

    Parted by first letter, so that :mod:`re` tries few alternatives where none fits.
    """
    by_letter: dict[str, list[str]] = {}
    for name in sorted(set(names), key=lambda name: (-len(name), name)):
        by_letter.setdefault(name[0], []).append(re.escape(name[1:]).replace(r"\ ", r"\s*"))
    return "|".join(f"{re.escape(letter)}(?:{'|'.join(rest)})" for letter, rest in sorted(by_letter.items()))


def joined(name: str) -> str:
    """Return a name without its white space, as names are looked up."""
    return "".join(name.split())


def _months() -> Mapping[str, tuple[Calendar, int]]:
    rows = ((Calendar.JALALI, _JALALI), (Calendar.GREGORIAN, _GREGORIAN), (Calendar.LUNAR, _LUNAR))
    return {
        fold_date(name.replace("_", " ")): (calendar, number)
        for calendar, months in rows
        for number, names in enumerate(months, 1)
        for name in names.split()
    }


MONTHS = _months()
"""Folded name of a month: its calendar, and its number from 1."""

MONTH_OF = {joined(name): month for name, month in MONTHS.items()}
"""The same by the name without spaces."""

JALALI_MONTHS = tuple(names.split()[0] for names in _JALALI)
"""As printed, from Farvardin."""

WEEKDAYS: Mapping[str, int] = {
    fold_date(name.replace("_", " ")): number
    for number, names in enumerate(_WEEKDAYS)
    for name in names.split()
}
"""Folded name of a weekday: 0 for Monday, as in :meth:`datetime.date.weekday`."""

WEEKDAY_OF = {joined(name): number for name, number in WEEKDAYS.items()}
"""The same by the name without spaces."""
