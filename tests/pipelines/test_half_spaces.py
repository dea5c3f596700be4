"""Half spaces that a text lost, restored beside it."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import restore_half_spaces
from pipelines.half_spaces.lexicon import pack, shipped_lexicon, unpack

ZWNJ = "\u200c"
# Of our own writing; «|» stands where the author's ZWNJ was. One sentence a line.
SENTENCES = [
    line.replace("|", ZWNJ)
    for line in (Path(__file__).parents[1] / "samples" / "half_space_sentences.txt")
    .read_text(encoding="utf-8")
    .splitlines()
]

# Measured; the floors may only rise, the ceiling only fall. A sentence alone proves its loss less often.
RESTORED_ON_A_PAGE = 0.936
RESTORED_IN_A_SENTENCE = 0.882
DAMAGED_CEILING = 0.0


def _read(text: str) -> str:
    restored = restore_half_spaces(text)
    return restored.text if restored else text


def _score(sentences: list[str]) -> tuple[float, float]:
    """Return the share of affected words restored as they were, and of the other words damaged."""
    affected = right = others = damaged = 0
    for sentence in sentences:
        read = _read(sentence.replace(ZWNJ, "")).split()
        for word, answer in zip(sentence.split(), read, strict=True):
            if ZWNJ in word:
                affected += 1
                right += word == answer
            else:
                others += 1
                damaged += word != answer
    return right / affected, damaged / others


def test_what_was_lost_is_restored_and_what_was_whole_stays() -> None:
    assert len(SENTENCES) >= 60
    restored, damaged = _score(["\n\n".join(SENTENCES)])
    assert restored >= RESTORED_ON_A_PAGE
    assert damaged <= DAMAGED_CEILING


def test_a_single_sentence_is_restored_where_it_proves_its_loss() -> None:
    restored, damaged = _score(SENTENCES)
    assert restored >= RESTORED_IN_A_SENTENCE
    assert damaged <= DAMAGED_CEILING


def test_a_text_with_one_half_space_has_lost_none() -> None:
    for sentence in SENTENCES:
        if ZWNJ in sentence:
            assert restore_half_spaces(sentence) is None
    assert restore_half_spaces("او می\u200cگوید کتابها را نمیخواند") is None


def test_nothing_is_added_but_half_spaces_and_the_words_are_counted() -> None:
    page = "\n\n".join(SENTENCES).replace(ZWNJ, "")
    restored = restore_half_spaces(page)
    assert restored is not None
    assert restored.text.replace(ZWNJ, "") == page
    assert restored.words == sum(
        one != other for one, other in zip(page.split(), restored.text.split(), strict=True)
    )
    assert restored.words > 80
    assert restored.version.startswith("half-spaces-")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Nothing of it is Persian.",
        "هذا كتاب صغير عن المدينة القديمة وأهلها، كتبه رجل من أهل البلد",
        "یہ کتاب بہت پرانی ہے اور اس میں شہر کے لوگوں کی کہانیاں ہیں",
        "ئەم کتێبە لەسەر مێژووی شارەکەیە و خەڵکەکەی",
        "دا کتاب د ښار د خلکو په اړه دی او ډېر زوړ دی",
        "Bu kitap ılık bir günde yazıldı",
        "هوا خوب بود و همه در باغ نشستند",
        "https://example.org/میگوید @میگوید #کتابها a_میخواهد",
    ],
    ids=["empty", "english", "arabic", "urdu", "kurdish", "pashto", "turkish", "nothing-lost", "names"],
)
def test_no_reading_is_offered_where_none_was_surely_lost(text: str) -> None:
    assert restore_half_spaces(text) is None


def test_what_many_join_by_habit_proves_no_loss_but_is_restored_where_one_is_proved() -> None:
    assert restore_half_spaces("کتابها بزرگتر شدند") is None
    assert _read("کتابها را میخواند") == "کتاب\u200cها را می\u200cخواند"
    assert _read("خانهها سوخت") == "خانه\u200cها سوخت"


def test_one_word_in_a_long_text_proves_no_loss() -> None:
    text = "هوا خوب بود و همه در باغ نشستند. " * 20
    assert restore_half_spaces(f"{text}او میگوید") is None


@pytest.mark.parametrize(
    ("lost", "meant"),
    [
        ("«نمیگویند»", "«نمی|گویند»"),
        ("برنمیگردد", "برنمی|گردد"),
        ("میبینمش", "می|بینمش"),
        ("میکردهاند", "می|کرده|اند"),
        ("خانههایشان", "خانه|هایشان"),
        ("کتابخانههای", "کتابخانه|های"),
        ("کشورهای", "کشورهای"),  # after a letter that does not join there is nothing to restore
        ("رفتهام", "رفته|ام"),
        ("نرفتهایم", "نرفته|ایم"),  # and not «نرفت|هایم»
        ("شکستهای", "شکست|های"),  # or «شکسته|ای»: the commoner
        ("کوچهی", "کوچه|ی"),
        ("نگاهی", "نگاهی"),
        ("بهزودی", "به|زودی"),
        ("بهداشت", "بهداشت"),
        ("میدان", "میدان"),
        ("مادر", "مادر"),
        ("آنها", "آنها"),
        ("دكترهاي", "دكترهاي"),
        ("ميگويد", "مي|گويد"),  # the author's letters stay
    ],
)
def test_a_word_gets_the_half_spaces_of_its_make(lost: str, meant: str) -> None:
    assert _read(f"میگوید {lost}") == f"می{ZWNJ}گوید {meant.replace('|', ZWNJ)}"


@given(st.text(alphabet="بمیهانتراگوشلخدز،.« »\n\u0654\u064bيكۆa", max_size=60))
def test_a_reading_is_the_text_and_stays_what_it_is(text: str) -> None:
    read = _read(text)
    assert read.replace(ZWNJ, "") == text
    assert _read(read) == read


def test_the_shipped_lexicon_is_what_its_own_description_says() -> None:
    lexicon = shipped_lexicon()
    assert all(ZWNJ in word for word in lexicon.restored)
    assert not any(ZWNJ in word for word in lexicon.plain)
    bare = {word.replace(ZWNJ, "") for word in lexicon.restored}
    assert len(bare) == len(lexicon.restored)
    assert not bare & lexicon.plain.keys()
    assert unpack(pack(lexicon)) == lexicon


@pytest.mark.parametrize(
    "text",
    ["می" * 200_000, "ها" * 200_000, "بن" * 200_000, "میها " * 80_000, " \n" * 100_000, "ابجد،" * 80_000],
    ids=["mi", "ha", "ben", "words", "white", "commas"],
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    restore_half_spaces("گرم")
    began = time.process_time()
    restore_half_spaces(text)
    assert time.process_time() - began < 3  # measured under 0.5 s each
