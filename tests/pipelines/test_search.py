"""Search on a real SQLite FTS5 table: what a reader types finds what a page wrote."""

from __future__ import annotations

import sqlite3
import unicodedata
from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model import Article, InputError
from pipelines.query import MAX_WORDS
from pipelines.search import fold_text, index_text, mark_hits, match_expression, snippet
from pipelines.text import fold_digest, search_key
from pipelines.tokens import joined_words, split_words, word_columns


class Index:
    """One FTS5 table as the catalogue makes it."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:")
        self.connection.execute(
            "CREATE VIRTUAL TABLE pages USING fts5(joined, split, content = '', "
            "tokenize = 'unicode61 remove_diacritics 0')"
        )

    def put(self, *texts: str) -> None:
        for text in texts:
            folded = fold_text(text)
            self.connection.execute(
                "INSERT INTO pages (rowid, joined, split) VALUES ((SELECT count(*) FROM pages) + 1, ?, ?)",
                (folded.joined, folded.split),
            )

    def find(self, query: str) -> list[int]:
        """Return which texts match, counted from 0."""
        rows = self.connection.execute(
            "SELECT rowid FROM pages WHERE pages MATCH ? ORDER BY rowid", (match_expression(query),)
        )
        return [row[0] - 1 for row in rows]


@pytest.fixture
def index() -> Iterator[Index]:
    made = Index()
    yield made
    made.connection.close()


def matches(query: str, text: str) -> bool:
    made = Index()
    try:
        made.put(text)
        return made.find(query) == [0]
    finally:
        made.connection.close()


ZWNJ = "\u200c"
PARTED = [
    ("می", "گوید"),
    ("می", "خواهند"),
    ("نمی", "دانستم"),
    ("می", "رود"),
    ("کتاب", "ها"),
    ("روزنامه", "های"),
    ("خبرنگار", "هایش"),
    ("بزرگ", "تر"),
    ("مهم", "ترین"),
    ("رفته", "ام"),
    ("خانه", "ای"),
    ("نوشته", "اند"),
    ("گفت", "و", "گو"),
    ("جست", "و", "جو"),
    ("پیش", "بینی"),
    ("حقوق", "بشر"),
    ("هم", "وطن"),
    ("نخست", "وزیر"),
]
FORMS = {"with ZWNJ": ZWNJ, "joined": "", "with a space": " "}


@pytest.mark.parametrize("parts", PARTED, ids=" ".join)
@pytest.mark.parametrize(("typed", "written"), list(product(FORMS, FORMS)))
def test_a_word_is_found_however_reader_and_page_part_it(
    parts: tuple[str, ...], typed: str, written: str
) -> None:
    query = FORMS[typed].join(parts)
    text = f"دیروز او {FORMS[written].join(parts)} و بس"
    assert matches(query, text)
    assert [text[begin:end] for begin, end in mark_hits(text, query)] != []
    # What is marked is the word and nothing beside it.
    marked = "".join(text[begin:end] for begin, end in mark_hits(text, query))
    assert search_key(marked).replace(" ", "") == "".join(parts).replace(" ", "")


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("علي", "علی آمد"),
        ("علی", "علي آمد"),
        ("كتاب", "کتابخانه و کتاب"),
        ("1395", "در سال ۱۳۹۵"),
        ("۱۳۹۵", "در سال ١٣٩٥"),
        ("مثلا", "مثلاً این"),
        ("محمد", "مُحَمَّد"),
        ("مُحَمَّد", "محمد"),
        ("ایران", "آیا ایـــران"),
        ("خانه", "خانة"),
        ("خانه ما", "خانهٔ ما"),
        ("سلام", "ﺳﻼﻡ"),
        ("کتاب", "کتاب\u200cها"),
        ("کتاب", "کتابها"),
        ("کتاب", "کتاب ها"),
        ("کتاب", "کتابهایشان"),
        ("گوید", "می\u200cگوید"),
        ("گوید", "میگوید"),
        ("بزرگ", "بزرگترین"),
        ("ERDOGAN", "Recep Tayyip Erdoğan"),
        ("irak", "Irak ısı"),
        ("ısı", "IRAK ISI"),
        ("e-mail", "send an email"),
        ("www.bbc.com", "see www.bbc.com/persian"),
        ("مي\u200cگويد", "ﻣﯽﮔﻮﯾﺪ"),
        ("می\u200cگوید", "می\xacگوید"),
        ("سال*", "سالگرد"),
        ("“حقوق بشر”", "سازمان حقوق\u200cبشر"),
        ("«می گوید که»", "او میگوید که"),
        ('"می\u200cگوید که"', "او می گوید که"),
        ("«گفت و گو با او»", "گفتوگو با او"),
        ("«حقوق بش»*", "حقوق بشری"),
    ],
)
def test_a_query_finds_and_marks_a_text(query: str, text: str) -> None:
    assert matches(query, text)
    assert mark_hits(text, query)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("مادر", "ما در خانه"),
        ("تن", "تنها"),
        ("دان", "میدان"),
        ("«بشر حقوق»", "حقوق بشر"),
        ("سال", "سالگرد"),
        ("تهران -باران", "باران در تهران"),
        ("تهران −باران", "باران در تهران"),
        ("تهران -«می گوید»", "تهران می\u200cگوید"),
        ("AND", "x"),
    ],
)
def test_a_query_does_not_find(query: str, text: str) -> None:
    assert not matches(query, text)


def test_every_word_must_be_there_and_excluded_ones_must_not(index: Index) -> None:
    index.put("باران در تهران", "باران در شیراز", "برف در تهران")
    assert index.find("باران تهران") == [0]
    assert index.find("باران") == [0, 1]
    assert index.find("تهران -باران") == [2]
    assert index.find("تهران - باران") == [0]  # a lone dash is punctuation


@pytest.mark.parametrize(
    "query", ["", "   ", "«»", "؟!", "-باران", "👍", "\x00", "\ud800", "*", '"', "-", "\u200c"]
)
def test_a_line_without_a_wanted_word_is_refused(query: str) -> None:
    with pytest.raises(InputError, match="nothing to look for"):
        match_expression(query)
    assert mark_hits("باران", query) == []


@pytest.mark.parametrize("query", ["ب " * (MAX_WORDS + 1), "ب" * 5_000])
def test_a_line_too_long_is_refused(query: str) -> None:
    with pytest.raises(InputError, match="give"):
        match_expression(query)


def test_the_longest_line_is_answered(index: Index) -> None:
    words = [f"واژهدرازی{chr(0x627 + n % 20)}{n}" for n in range(MAX_WORDS)]
    words = [word if n % 2 else "گفتوگوهای" for n, word in enumerate(words)]
    index.put(" ".join(words))
    assert index.find(" ".join(words)) == [0]


SYNTAX = st.text(
    alphabet="\"«»“”*-−+^:(){}[]NEARORNOTAND joinedsplit,.'می گوید\u200c\u202b\x001۲é\U0001f44d", max_size=40
)


@given(st.one_of(SYNTAX, st.text(max_size=30)))
@example('joined : "a" OR NEAR(b c)')
@example("{joined split} : a")
@example('"a" "b')
@example("a*b* ^c")
def test_no_line_is_syntax_to_the_index(query: str) -> None:
    made = Index()
    try:
        expression = match_expression(query)
        made.connection.execute("SELECT rowid FROM pages WHERE pages MATCH ?", (expression,)).fetchall()
    except InputError:
        pass
    finally:
        made.connection.close()


@given(st.one_of(SYNTAX, st.text(max_size=60)))
def test_the_words_of_a_text_spell_its_key(text: str) -> None:
    spelled = "".join(word.key for word in split_words(text))
    assert unicodedata.normalize("NFC", spelled) == search_key(text).replace(" ", "")
    spelled = "".join(word.key for word in joined_words(text))
    assert unicodedata.normalize("NFC", spelled) == search_key(text).replace(" ", "")


@given(st.one_of(SYNTAX, st.text(max_size=60)))
@example("e\x1c\u0301 \u0301a\xa0\ud83d\ude00")
def test_the_index_digests_what_the_comparison_folds(text: str) -> None:
    assert fold_text(text).digest == fold_digest([text])


@given(
    st.one_of(SYNTAX, st.text(alphabet="می هاتر رفتهام\u200c\u200f،👍\n", max_size=60), st.text(max_size=60))
)
@example("ا\u200c" * 40)
@example("می\u200f گوید")
def test_the_index_holds_the_words_that_are_marked(text: str) -> None:
    joined = " ".join(word.key for word in joined_words(text) if word.is_text)
    split = " ".join(word.key for word in split_words(text) if word.is_text)
    assert word_columns(text) == (joined, split)


@given(st.one_of(SYNTAX, st.text(max_size=60)), st.one_of(SYNTAX, st.text(max_size=20)))
def test_marks_are_inside_rising_and_not_empty(text: str, query: str) -> None:
    at = 0
    for begin, end in mark_hits(text, query):
        assert at <= begin < end <= len(text)
        at = end


@given(st.text(alphabet="می گوید کتابها تر\u200c،یك", min_size=1, max_size=40), st.data())
def test_what_is_found_is_marked_and_what_is_marked_is_found(text: str, data: st.DataObject) -> None:
    query = data.draw(st.text(alphabet="می گوید کتابها تر\u200c", min_size=1, max_size=12))
    try:
        found = matches(query, text)
    except InputError:
        return
    if found:
        assert mark_hits(text, query)
    if len(query.split()) == 1 and mark_hits(text, query):
        assert found


def test_a_mark_holds_the_vowel_signs_of_its_word() -> None:
    text = "گفت: مثلاً، مُحَمَّدٌ و جزء."
    assert [text[begin:end] for begin, end in mark_hits(text, "مثلا محمد جز")] == ["مثلاً", "مُحَمَّدٌ", "جزء"]


def test_a_single_letter_is_marked_only_when_nothing_longer_was_asked_for() -> None:
    text = "گفت\u200cوگو با او و دیگران"
    assert [text[begin:end] for begin, end in mark_hits(text, "گفت و گو")] == ["گفت\u200cوگو"]
    assert [text[begin:end] for begin, end in mark_hits(text, "و")] == ["و"]


def test_an_article_is_indexed_by_title_lede_paragraphs_and_authors() -> None:
    article = Article(
        url="http://example.org/1",
        canonical_url="http://example.org/1",
        title="باران می\u200cبارد",
        lede="در شمال",
        paragraphs=("هوا سرد است.", "مدرسه\u200cها تعطیل شد."),
        authors=("نگار نمونه",),
    )
    folded = index_text(article)
    assert folded.joined == "باران میبارد در شمال هوا سرد است مدرسهها تعطیل شد نگار نمونه"
    assert folded.split == "باران می بارد در شمال هوا سرد است مدرسه ها تعطیل شد نگار نمونه"
    assert (folded.title_joined, folded.title_split) == ("باران میبارد", "باران می بارد")
    assert folded.digest.startswith("sha256:")
    assert len(folded.digest) == 7 + 64


class TestSnippet:
    TEXT = " ".join([f"واژه{n}" for n in range(200)]) + " باران تند در شمال می\u200cبارد. " + "پایان " * 100

    def test_it_shows_the_place_where_most_terms_stand_together(self) -> None:
        text = "باران " + self.TEXT
        shown = snippet(text, "باران شمال می‌بارد", 80)
        assert [shown.text[begin:end] for begin, end in shown.spans] == ["باران", "شمال", "می\u200cبارد"]
        assert shown.text.startswith("… ")
        assert shown.text.endswith(" …")
        assert len(shown.text) <= 80 + 4

    def test_it_cuts_no_word(self) -> None:
        whole = set(self.TEXT.split())
        for width in range(20, 120):
            words = snippet(self.TEXT, "شمال", width).text.split()
            assert set(words) <= whole | {"…"}

    def test_without_a_hit_it_is_the_beginning(self) -> None:
        shown = snippet(self.TEXT, "نیست", 60)
        assert shown.text.startswith("واژه0 واژه1")
        assert shown.spans == ()

    def test_a_short_text_is_shown_whole_in_one_line(self) -> None:
        assert snippet("باران\n\nآمد", "باران").text == "باران آمد"

    @given(
        st.text(alphabet="آ\u0653\u064bبم ی\u200c\u200d\u202b\u202c\n👩", max_size=400), st.integers(0, 60)
    )
    def test_it_never_parts_a_letter_from_its_marks_nor_leaves_a_control_alone(
        self, text: str, width: int
    ) -> None:
        shown = snippet(text, "ببب", width).text.removeprefix("… ")
        assert shown.count("\u202b") == shown.count("\u202c")
        plain = text.replace("\u202b", "").replace("\u202c", "")
        marks_begin_a_word = any(unicodedata.combining(word[0]) for word in plain.split())
        assert marks_begin_a_word or not shown or not unicodedata.combining(shown[0])
