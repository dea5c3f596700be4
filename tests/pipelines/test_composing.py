"""Rows of marks without end are put in order in linear time, and as Unicode says."""

from __future__ import annotations

import random
import time
import unicodedata

from pipelines import display_text, search_key
from pipelines.composing import _MADE_OF_MARKS, compose

MARKS = (
    "\u0301\u0327\u0344\u0340\u064e\u0654\u0651\u05b0\u302a\u309a\u093c\U0001d165\u0338\u0323"
    + _MADE_OF_MARKS
)
LETTERS = "aé\u1ea1او\u01d6\u1e69가\u1100\u1161\u11a8\u0f40\u0958 "


def test_what_is_composed_is_what_unicode_composes() -> None:
    chance = random.Random(15)
    for _ in range(300):
        text = "".join(
            chance.choice(LETTERS)
            + "".join(chance.choices(MARKS, k=chance.choice((0, 1, 3, 30, 31, 32, 200, 600))))
            for _ in range(chance.randint(1, 6))
        )
        assert compose(text) == unicodedata.normalize("NFC", text), ascii(text)


def test_only_three_letters_are_made_of_marks() -> None:
    """Found wanting by a newer Unicode, the rows of marks would be missed."""
    made = [
        sign
        for sign in map(chr, range(0x300, 0x20000))
        if not unicodedata.combining(sign)
        and unicodedata.decomposition(sign)
        and all(map(unicodedata.combining, unicodedata.normalize("NFD", sign)))
    ]
    assert "".join(made) == _MADE_OF_MARKS


def test_a_million_marks_on_one_letter_take_a_second_and_not_an_hour() -> None:
    for marks in ("\u0301\u0327", "\u0f73", "\u0654\u064e\u0651"):
        started = time.process_time()
        shown = display_text("a" + marks * 250_000)
        search_key(shown)
        assert time.process_time() - started < 10  # takes 0.5 s; 250,000 pairs took minutes
        assert len(shown) >= 250_000
