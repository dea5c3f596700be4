"""Persian and Arabic words for the numbers that stand in dates, in the letters of :func:`fold_date`."""

from __future__ import annotations

import re

from pipelines.calendar_names import any_of, joined
from pipelines.calendars import fold_date

_ONES = """
یک دو سه چهار پنج شش هفت هشت نه ده یازده دوازده سیزده چهارده پانزده شانزده هفده هجده نوزده
""".split()  # noqa: SIM905 — a row of words is read more easily than a list of strings
_ORDINALS = """
یکم دوم سوم چهارم پنجم ششم هفتم هشتم نهم دهم یازدهم دوازدهم سیزدهم چهاردهم پانزدهم شانزدهم هفدهم هجدهم نوزدهم
""".split()  # noqa: SIM905
_VARIANTS = {
    "اول": 1,
    "نخست": 1,
    "هیجده": 18,
    "هیجدهم": 18,
    "هژده": 18,
    "هژدهم": 18,
    "پانزدهم": 15,
    "پونزدهم": 15,
    "شونزدهم": 16,
    "سیم": 30,
}
_TENS = {"بیست": 20, "سی": 30, "چهل": 40, "پنجاه": 50, "شصت": 60, "هفتاد": 70, "هشتاد": 80, "نود": 90}
_ARABIC_ORDINALS = """
الأول الثاني الثالث الرابع الخامس السادس السابع الثامن التاسع العاشر
""".split()  # noqa: SIM905
_CENTURIES = {"سیصد": 1300, "چهارصد": 1400}


def _cardinals() -> dict[str, int]:
    words = {word: number for number, word in enumerate(_ONES, 1)}
    for ten, value in _TENS.items():
        words[ten] = value
        words.update({f"{ten} و {word}": value + number for number, word in enumerate(_ONES[:9], 1)})
    return {fold_date(word): number for word, number in words.items()}


CARDINALS = _cardinals()
"""1 to 99: «سه», «بیست و چهار»."""


def _arabic_days() -> dict[str, int]:
    words = {word: number for number, word in enumerate(_ARABIC_ORDINALS, 1)}
    words |= {f"{word} عشر": number + 10 for number, word in enumerate(["الحادي", *_ARABIC_ORDINALS[1:9]], 1)}
    for ten, value in (("العشرين", 20), ("العشرون", 20), ("الثلاثين", 30), ("الثلاثون", 30)):
        words[ten] = value
        words |= {
            f"{word} و{ten}": value + number
            for number, word in enumerate(["الحادي", *_ARABIC_ORDINALS[1:9]], 1)
        }
    return words


def _days() -> dict[str, int]:
    words = (
        {word: number for number, word in enumerate(_ORDINALS, 1)} | _VARIANTS | {"بیستم": 20, "سی ام": 30}
    )
    for ten, value in (("بیست", 20), ("سی", 30)):
        words.update({f"{ten} و {word}": value + number for number, word in enumerate(_ORDINALS[:9], 1)})
    words |= _arabic_days()
    words = {fold_date(word): number for word, number in words.items()} | CARDINALS
    return {word: number for word, number in words.items() if number <= 31}


DAY_WORDS = _days()
"""1 to 31: «سوم», «بیست و چهارم», «سی ام», الرابع والعشرين."""

DAY_OF = {joined(word): number for word, number in DAY_WORDS.items()}
"""The same by the word without spaces: «بیست‌وچهارم» in every spacing is one name."""

_CARDINAL_OF = {joined(word): number for word, number in CARDINALS.items()}
_ANY_CARDINAL = any_of(CARDINALS)
_YEAR_IN_WORDS = re.compile(
    rf"(?<![^\W\d_])(?:(?:یک\s*)?هزار\s*و\s*(?P<hundreds>{'|'.join(_CENTURIES)})|(?P<thousands>دو\s*هزار))"
    rf"(?:\s*و\s*(?P<rest>{_ANY_CARDINAL}))?(?![^\W\d_])"
)
# From 40 on: what is less could be a day of the month.
_TWO_FIGURES = any_of(word for word, number in CARDINALS.items() if number >= 40)
_SHORT_YEAR = re.compile(rf"(?<=[\ue000-\ue0ff])(?P<gap>\s*(?:سال\s*)?)(?P<year>{_TWO_FIGURES})(?![^\W\d_])")


def years_in_figures(folded: str) -> str:
    """Return a folded date with Persian years in words put in figures: «هزار و سیصد و نود و پنج» as 1395.

    «نود و پنج» counts only behind a private-use letter, which stands for the name of a month.
    """
    if "هزار" in folded:
        folded = _YEAR_IN_WORDS.sub(_year, folded)
    return _SHORT_YEAR.sub(lambda m: f"{m['gap']}{_CARDINAL_OF[joined(m['year'])]}", folded)


def _year(match: re.Match[str]) -> str:
    hundreds = match["hundreds"]
    year = 2000 if hundreds is None else _CENTURIES[hundreds]
    return str(year + (_CARDINAL_OF[joined(match["rest"])] if match["rest"] else 0))
