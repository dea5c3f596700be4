"""Display keeps what was published and mends what is broken; the key folds what readers do not see."""

from __future__ import annotations

import re
import sys
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.letters import KEPT_LIGATURES
from pipelines.text import display_text, fold_digest, search_key

ZWNJ = "\u200c"
EVERY = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
# Nothing tells unassigned and private code points apart, four fifths of all: one of each 64 of them.
TELLING = [
    character
    for character in EVERY
    if unicodedata.category(character) not in {"Cn", "Co"} or not ord(character) % 64
]
FORMAT = [character for character in EVERY if unicodedata.category(character) == "Cf"]
MIXED = st.text(
    alphabet="ابپهیيكکء آ\u0653\u0654\u064bﻣﯽﮔﺪﹰﷺ،.«»_¬"
    "\xad\u200b\u200c\u200d\u200e\u202a\u202b\u202c\u2066\u2069\ufeff\xa0\n\r\t\x00"
    "กé👍🏻A1۱",
    max_size=24,
)


@pytest.mark.parametrize(
    "text",
    [
        "او می\u200cگوید: «خانه\u200cهای ما»، ۱۲٬۳۴۵ – نه؟",
        "ها\u200cیی پس از الف، دارا\u200cیی",  # ZWNJ after letters that do not join
        "سال ۱۳۹۵ ه\u200d.ش",
        "کتاب\u200cهای ۱۰\u200cساله #می\u200cخواهم",
        "خانهٔ ما، خانه‌ی ما، مثلاً مسأله مؤمن إن جزء ۀ",
        "يقول الكاتب إن كتابه هذا صغير",
        "ڕۆژنامەی کوردستان، ہے میں، ټځ ګ ې ۍ",
        'Irak ısı, İstanbul; "quotes" – dash… 1,234.5 ½ ²',
        "👍🏻 👩\u200d👩\u200d👧 🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f ❤\ufe0f",
        "https://a.ir/x?y=1,2;z و www.bbc.com/persian و 1395/08/03, 12:30",
        "ﷲ ﷺ ﷼ ﷽ ﴿آیه﴾",
        "\u202bفارسی\u202c و \u2067یک \u2066two\u2069\u2069",
        "متن\u200f (one)\u200e 2",
        "بند نخست\n\nبند دوم\nسطر",
        "1 ¬ 2, a¬b",
        "ภาษา\u200bไทย",
        "در\u200c باغ نشسته\u200c\u200cاند و می\u200cخندند",  # a hand typed them: no encoding did
        "",
    ],
)
@pytest.mark.parametrize("language", [None, "fa", "ar"])
def test_clean_text_is_shown_as_it_was_published(text: str, language: str | None) -> None:
    assert display_text(text, language) == text


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("\ufeffسلام\x00\x1f\x9d", "سلام"),
        ("یک\xa0دو \t سه\u2003چهار", "یک دو سه چهار"),
        ("  یک \n  \n\r\n دو  ", "یک\n\nدو"),
        ("یک\r\nدو\u2028سه\x0bچهار", "یک\nدو\nسه\nچهار"),
        ("می\u200c\u200cگوید که نمی\u200c\u200cداند", "می\u200cگوید که نمی\u200cداند"),
        ("می\u200c\u200c\u200cگوید", "می\u200cگوید"),
        ("می\u200c گوید", "می گوید"),
        ("می \u200cگوید", "می گوید"),
        ("\u200c«\u200cخانه\u200c»\u200c.\u200c", "«خانه»."),
        ("می¬گوید", "می\u200cگوید"),
        ("می\xadگوید", "می\u200cگوید"),
        ("co\xadoperate", "cooperate"),
        ("a\u200bb سل\u200bام", "ab سلام"),
        ("ﺳﻼﻡ", "سلام"),
        ("ﻛﺒﺎﺏ", "كباب"),
        ("ﻣﯽﮔﻮﯾﺪ", "می\u200cگوید"),  # the shapes show the break
        ("ﮔﺮﻭﻩﻫﺎ", "گروه\u200cها"),
        ("ﺧﺎﻧﻪ", "خانه"),
        ("مثلاﹰ", "مثلاً"),
        ("\u202bفارسی", "فارسی"),
        ("فارسی\u202c", "فارسی"),
        ("\u2067یک \u202bدو\u2069\u202c", "\u2067یک دو\u2069"),
        ("\u202bیک\nدو\u202c", "یک\nدو"),
        ("ا\u0653", "آ"),
        ("e\u0301", "é"),
        ("\ud83d\udc4d \ud83d!", "👍 \ufffd!"),
    ],
)
def test_what_is_surely_broken_is_mended(broken: str, mended: str) -> None:
    assert display_text(broken) == mended
    assert search_key(broken) == search_key(mended)


class TestPersianLetters:
    TYPED = "اين كتاب را كه از تهران خريد، براي علي فرستاد"
    MEANT = "این کتاب را که از تهران خرید، برای علی فرستاد"

    @pytest.mark.parametrize("language", ["fa", "fa-IR", "FA", "prs", "fas"])
    def test_an_arabic_keyboard_is_mended_in_surely_persian_text(self, language: str) -> None:
        assert display_text(self.TYPED, language) == self.MEANT

    @pytest.mark.parametrize("language", [None, "", "ar", "ku", "ur", "ps", "en"])
    def test_not_where_the_page_does_not_say_persian(self, language: str | None) -> None:
        assert display_text(self.TYPED, language) == self.TYPED

    @pytest.mark.parametrize(
        "text",
        [
            "علي",  # a name alone proves nothing
            "إياك نعبد وإياك نستعين",
            "قال الرئيس إن هذا الكتاب كبير",
            "لهذا يكون الكلام في كتاب علي بن ابي طالب",
            "ڪتاب سنڌي ۾ آهي ۽ كتاب",
            "گەلي كوردستان لە این است که",
            "یہ كتاب ہے اور علي",
            "دا كتاب په پښتو ژبه دي چې",
        ],
    )
    def test_not_in_a_passage_of_another_language(self, text: str) -> None:
        assert display_text(text, "fa") == text

    def test_not_in_an_arabic_quotation_within_persian(self) -> None:
        text = f"{self.TYPED}: «السلام عليكم يا أهل الكتاب» و رفت كه"
        assert display_text(text, "fa") == f"{self.MEANT}: «السلام عليكم يا أهل الكتاب» و رفت كه"

    def test_not_in_an_arabic_phrase_without_quotation_marks(self) -> None:
        shown = display_text("او گفت السلام عليكم که این را می\u200cگفت و كتاب را برد", "fa")
        assert shown == "او گفت السلام عليكم که این را می\u200cگفت و کتاب را برد"

    def test_not_in_an_address_or_a_hashtag(self) -> None:
        text = f"{self.TYPED} https://fa.example.org/wiki/علي #علي @علي_كريمي"
        assert display_text(text, "fa").endswith(" https://fa.example.org/wiki/علي #علي @علي_كريمي")
        assert display_text(text, "fa").startswith(self.MEANT)


@pytest.mark.parametrize("place", ["x{}y", "ب{}پ", "{}", "ب{} .", "ب{0}پ{0}", "ก{}ข"])
def test_every_format_character_is_kept_or_dropped_by_the_written_rule(place: str) -> None:
    arabic, thai = "ب{}پ" in place or "{0}" in place, place == "ก{}ข"
    for character in FORMAT:
        shown = display_text(place.format(character))
        if character == ZWNJ:
            kept = place not in {"{}", "ب{} ."}
        elif character == "\u200b":
            kept = thai
        elif character == "\xad":
            assert (ZWNJ in shown) == arabic
            kept = False
        else:
            kept = (
                character != "\ufeff"
                and not "\u202a" <= character <= "\u202e"
                and not ("\u2066" <= character <= "\u2069")
            )
        assert (character in shown) == kept, hex(ord(character))


def test_no_character_is_changed_outside_the_listed_ones() -> None:
    for character in EVERY:
        shown = display_text(f"x{character}y")
        if shown == unicodedata.normalize("NFC", f"x{character}y"):
            continue
        form = "\ufb50" <= character <= "\ufdff" or "\ufe70" <= character <= "\ufefc"
        assert unicodedata.category(character) in {"Cc", "Cf"} or character.isspace() or form, hex(
            ord(character)
        )
        assert character not in KEPT_LIGATURES


def test_every_presentation_form_becomes_its_letters() -> None:
    for code in (*range(0xFB50, 0xFE00), *range(0xFE70, 0xFEFD)):
        character = chr(code)
        plain = unicodedata.normalize("NFKC", character)
        shown = display_text(f"ب{character}", "fa")
        if character in KEPT_LIGATURES or unicodedata.decomposition(character) == "":
            assert shown == f"ب{character}"
        else:
            assert shown == unicodedata.normalize("NFC", f"ب{plain.removeprefix(' ')}"), hex(code)


def test_both_are_idempotent_on_every_character() -> None:
    for place in ("x{}y", "ب{}ب"):
        for character in TELLING:
            text = place.format(character)
            shown, key = display_text(text, "fa"), search_key(text)
            assert display_text(shown, "fa") == shown, hex(ord(character))
            assert search_key(key) == key, hex(ord(character))


@given(st.one_of(MIXED, st.text(max_size=40), st.text(st.characters(codec=None), max_size=20)))
@example("ب\u202b\xad\u202cپ")
@example("ب¬\u200c ¬پ")
@example("\u200c\u202c\u200c ﹰﹲ")
@example("ء\xadﹰ")
@example("ء\xadﹰ¬ب")
def test_both_are_idempotent_and_storable(text: str) -> None:
    for language in (None, "fa"):
        shown = display_text(text, language)
        assert display_text(shown, language) == shown
        shown.encode()
        # What is mended is nothing that the key tells apart.
        assert search_key(shown).replace(" ", "") == search_key(text).replace(" ", "")
    key = search_key(text)
    assert search_key(key) == key
    key.encode()


@given(MIXED)
def test_display_never_takes_or_changes_a_letter_of_clean_text(text: str) -> None:
    # Decomposed, so that a letter composed with a mark once a control between them is gone is the same.
    def letters(value: str) -> list[str]:
        return [c for c in unicodedata.normalize("NFD", value) if c.isalnum()]

    plain = "".join(c for c in text if not "\ufb50" <= c <= "\ufefc")
    assert letters(display_text(plain)) == letters(plain)


# Table 4.1 of our measurements, by ICU's fa collation at primary strength and Lucene's PersianNormalizer.
SAME = [
    ("ي", "ی"),
    ("ى", "ی"),
    ("ك", "ک"),
    ("می\u200cگوید", "میگوید"),
    ("۱۳", "13"),
    ("١٣", "۱۳"),
    ("مثلاً", "مثلا"),
    ("مُحَمَّد", "محمد"),
    ("ة", "ه"),
    ("خانهٔ", "خانه"),
    ("خانۀ", "خانهٔ"),
    ("کتـــاب", "کتاب"),
    ("رحمٰن", "رحمن"),
    ("آب", "اب"),
    ("أحمد", "احمد"),
    ("إن", "ان"),
    ("مؤمن", "مومن"),
    ("مسئله", "مسیله"),
    ("جزء", "جز"),
    ("ٱلله", "الله"),
    ("ﺳﻼﻡ", "سلام"),
    ("ﷺ", "صلی الله علیه وسلم"),
    ("«می\u200cگوید»، نه!", "میگوید نه"),
    ("www.bbc.com", "www bbc com"),
    ("Éva", "eva"),
    ("Straße", "STRASSE"),
    ("IRAK", "ırak"),
    ("İzmir", "izmir"),
    ("２０１６", "2016"),
    ("ه\u200d.ش", "ه ش"),
    ("\u202bمتن\u202c", "متن"),
    ("👍🏻", "👍"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_key_folds_what_readers_take_for_the_same(one: str, other: str) -> None:
    assert search_key(one) == search_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("پر", "بر"),
        ("ژن", "زن"),
        ("گل", "کل"),
        ("چه", "جه"),
        ("か", "が"),
        ("कि", "की"),
        ("5€", "5$"),
        ("👍", "👎"),
        ("ک", "گ"),
    ],
)
def test_the_key_keeps_what_readers_tell_apart(one: str, other: str) -> None:
    assert search_key(one) != search_key(other)


def test_the_digest_tells_words_and_not_their_spelling() -> None:
    digest = fold_digest(["عنوان", "", "او می\u200cگوید نه. آری"])
    assert re.fullmatch("sha256:[0-9a-f]{64}", digest)
    assert fold_digest(["عنوان!", "", "او مي گويد «نه»\n\nآری"]) == digest
    assert fold_digest(["عنوان", "", "او می\u200cگوید آری. نه"]) != digest
    assert fold_digest(["عنوان", "او", "می\u200cگوید نه. آری"]) != digest


@pytest.mark.parametrize(
    "text",
    [
        "\u202b" * 200_000,
        "\u2067" * 100_000 + "\u2069" * 100_000,
        "\u200c" * 200_000,
        " \n" * 100_000,
        "ب¬" * 100_000,
        "\u200b" * 200_000,
        "ﻣﯽ" * 100_000,
        "اين كتاب " * 30_000,
        "ي" * 200_000,
        "e\u0301\u0302" * 60_000,
    ],
    ids=["rle", "isolates", "zwnj", "white", "not-signs", "zwsp", "forms", "persian", "one-word", "marks"],
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    began = time.process_time()
    display_text(text, "fa")
    search_key(text)
    assert time.process_time() - began < 3  # measured under 0.3 s each
