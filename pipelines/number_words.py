"""Persian and Arabic words for the numbers that stand in dates, in the letters of :func:`fold_date`."""

from __future__ import annotations

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
    "هژدهم": 18,
    "پونزدهم": 15,
    "شونزدهم": 16,
    "سیم": 30,
}
_TENS = {"بیست": 20, "سی": 30, "چهل": 40, "پنجاه": 50}


def _cardinals() -> dict[str, int]:
    words = {word: number for number, word in enumerate(_ONES, 1)}
    for ten, value in _TENS.items():
        words[ten] = value
        words.update({f"{ten} و {word}": value + number for number, word in enumerate(_ONES[:9], 1)})
    return {fold_date(word): number for word, number in words.items()}


CARDINALS = _cardinals()
"""1 to 59: «سه», «بیست و چهار»."""


def _days() -> dict[str, int]:
    words = (
        {word: number for number, word in enumerate(_ORDINALS, 1)} | _VARIANTS | {"بیستم": 20, "سی ام": 30}
    )
    for ten, value in (("بیست", 20), ("سی", 30)):
        words.update({f"{ten} و {word}": value + number for number, word in enumerate(_ORDINALS[:9], 1)})
    words = {fold_date(word): number for word, number in words.items()} | CARDINALS
    words = {word: number for word, number in words.items() if number <= 31}
    # «بیست‌وچهارم» in every spacing is one name: found with spaces optional, looked up without them.
    return words | {word.replace(" ", ""): number for word, number in words.items()}


DAY_WORDS = _days()
"""1 to 31: «سوم», «بیست و چهارم», «سی ام»; each also without its spaces."""
