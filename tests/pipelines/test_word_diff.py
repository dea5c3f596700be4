"""How one text became another, told in the published text, and nothing told that a reader would not see."""

from __future__ import annotations

import time
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.sequences import Budget, matching_blocks
from pipelines.text import letters_of_each, search_key
from pipelines.tokens import pieces_of
from pipelines.word_diff import Change, DiffPart, Words, compare_words, mirrored, word_diff


def told(old: str, new: str) -> list[tuple[str, str]]:
    return [(part.kind.value, part.text) for part in word_diff(old, new)]


def applied(parts: tuple[DiffPart, ...], old: str) -> str:
    """Return what the difference makes of the old text, reading of it only what is kept."""
    at, made = 0, ""
    for part in parts:
        assert old.startswith(part.old_text, at)
        at += len(part.old_text)
        if part.kind is Change.SAME:
            made += part.old_text
        elif part.kind is not Change.REMOVED:
            made += part.text
    assert at == len(old)
    return made


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("او مي گويد كه", "او می\u200cگوید که"),
        ("در سال ١٣٩٥", "در سال ۱۳۹۵"),
        ("گفت و گو", "گفت\u200cوگو"),
        ("گفتوگو", "گفت و گو"),
        ("کتاب ها", "کتاب\u200cها"),
        ("مثلاً، این!", "مثلا این"),
        ("خانهٔ ما", "خانه ما"),
        ("«نقل»", '"نقل"'),
        ("یک  فاصله\n", "یک فاصله"),
        ("ﺳﻼﻡ", "سلام"),
    ],
)
def test_spelling_noise_is_no_change(old: str, new: str) -> None:
    assert {kind for kind, _ in told(old, new)} <= {"same", "spelled"}
    # Beside a real change too.
    beside = told(f"سیب {old} همان", f"گلابی {new} همان")
    assert [(kind, text.strip('«" ')) for kind, text in beside if kind in {"removed", "added"}] == [
        ("removed", "سیب"),
        ("added", "گلابی"),
    ]


def test_a_change_is_shown_as_each_side_published_it() -> None:
    assert told("وزير «گفت»: نه، هرگز.", "وزیر «گفت»: شاید، هرگز.") == [
        ("spelled", "وزیر "),
        ("same", "«گفت»: "),
        ("removed", "نه، "),
        ("added", "شاید، "),
        ("same", "هرگز."),
    ]


def test_a_sign_that_readers_see_is_a_change() -> None:
    assert told("خوب 👍", "خوب 👎") == [("same", "خوب "), ("removed", "👍"), ("added", "👎")]


def test_noise_beside_a_change_is_told_apart_from_it() -> None:
    assert told("گفت و گو با وزیر", "گفتوگو با رئیس") == [
        ("spelled", "گفتوگو "),
        ("same", "با "),
        ("removed", "وزیر"),
        ("added", "رئیس"),
    ]
    assert told("گفت و گو امروز", "گفتوگو دیروز") == [
        ("spelled", "گفتوگو "),
        ("removed", "امروز"),
        ("added", "دیروز"),
    ]


TEXT = st.text(alphabet="ابيیكک ة،.\u200c\n👍ً1۱", max_size=40)


@given(TEXT, TEXT)
@example("!", "الف")
@example("الف", "؟")
@example("اب ا اب", "ا باب ا")
def test_applied_to_the_old_text_it_gives_the_new(old: str, new: str) -> None:
    parts = word_diff(old, new)
    assert applied(parts, old) == new
    kinds = {part.kind for part in parts}
    assert (kinds <= {Change.SAME}) == (old == new)
    same_letters = search_key(old).replace(" ", "") == search_key(new).replace(" ", "")
    assert (kinds <= {Change.SAME, Change.SPELLED}) == same_letters


@given(TEXT, TEXT)
def test_the_other_way_round_it_is_the_mirror(old: str, new: str) -> None:
    assert word_diff(new, old) == mirrored(word_diff(old, new))


@given(TEXT, TEXT)
def test_mirrored_twice_it_is_itself(old: str, new: str) -> None:
    parts = word_diff(old, new)
    assert mirrored(mirrored(parts)) == parts


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_can_be_compared_with_any(old: str, new: str) -> None:
    assert applied(word_diff(old, new), old) == new


def test_a_half_space_is_kept_and_its_loss_is_spelling() -> None:
    assert told("کتاب\u200cها را می\u200cخواند", "کتابها را می\u200cخواند") == [
        ("spelled", "کتابها را می\u200cخواند")
    ]
    assert told("کتاب\u200cها را او خواند", "کتابها را من خواند")[0] == ("spelled", "کتابها ")
    assert word_diff("کتاب\u200cها", "کتابها")[0].old_text == "کتاب\u200cها"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("نمی\u200cرسد", "می\u200cرسد"),
        ("می\u200cرود", "می\u200cآید"),
        ("کتاب\u200cها", "کتاب"),
        ("خانه\u200cهای", "لانه\u200cهای"),
        ("نا\u200cمی\u200cرسد", "نا\u200cمی\u200cآید"),
    ],
)
def test_a_word_of_which_a_part_changed_is_told_whole(old: str, new: str) -> None:
    for before, after in ((old, new), (new, old)):
        assert told(f"او {before} همان", f"او {after} همان") == [
            ("same", "او "),
            ("removed", f"{before} "),
            ("added", f"{after} "),
            ("same", "همان"),
        ]


def test_a_word_longer_than_a_key_is_compared_whole() -> None:
    assert told("ا" * 300 + "ب", "ا" * 300 + "پ")[0][0] == "removed"


def test_an_opening_quote_belongs_to_its_word() -> None:
    assert told("او «نه» گفت", "او «آری» گفت")[1:3] == [("removed", "«نه» "), ("added", "«آری» ")]


@given(st.lists(st.integers(0, 4), max_size=40), st.lists(st.integers(0, 4), max_size=40))
def test_blocks_rise_and_hold_the_same(old: list[int], new: list[int]) -> None:
    old_at = new_at = 0
    for block in matching_blocks(old, new):
        assert block.old_start >= old_at
        assert block.new_start >= new_at
        old_at, new_at = block.old_start + block.length, block.new_start + block.length
        assert old[block.old_start : old_at] == new[block.new_start : new_at]


@given(st.lists(st.integers(0, 3), max_size=9), st.lists(st.integers(0, 3), max_size=9))
def test_what_differs_between_anchors_is_told_in_the_fewest_edits(old: list[int], new: list[int]) -> None:
    # Doubled, no element is unique: no anchors, so that the whole is one gap.
    old, new = [x for x in old for _ in "ab"], [x for x in new for _ in "ab"]
    longest = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i, x in enumerate(old, 1):
        for j, y in enumerate(new, 1):
            longest[i][j] = longest[i - 1][j - 1] + 1 if x == y else max(longest[i - 1][j], longest[i][j - 1])
    kept = sum(block.length for block in matching_blocks(old, new))
    assert kept == longest[-1][-1]


def _texts() -> dict[str, tuple[str, str]]:
    random = Random(1)
    common = [f"واژه{random.randint(0, 5000)}" for _ in range(100_000)]
    edited = list(common)
    for _ in range(1000):
        edited[random.randrange(len(edited))] = "تازه"
    two = [" ".join(random.choice(["الف", "ب"]) for _ in range(100_000)) for _ in "ab"]
    return {
        "a thousand edits": (" ".join(common), " ".join(edited)),
        "one word throughout": ("و " * 100_000, "و " * 60_000 + "یا " + "و " * 50_000),
        "two words at random": (two[0], two[1]),
        "nothing in common": ("الف " * 100_000, "ب " * 100_000),
        "backwards": (" ".join(common), " ".join(reversed(common))),
    }


@pytest.mark.parametrize(
    "name",
    ["a thousand edits", "one word throughout", "two words at random", "nothing in common", "backwards"],
)
def test_a_hundred_thousand_words_are_compared_in_bounded_time(name: str) -> None:
    old, new = _texts()[name]
    began = time.process_time()
    parts = word_diff(old, new)
    assert time.process_time() - began < 6  # measured under 1 s; the bound is for a busy machine
    assert "".join(part.text for part in parts if part.kind is not Change.REMOVED) == new
    if name == "a thousand edits":
        assert sum(len(part.text) for part in parts if part.kind is Change.REMOVED) < len(old) / 20


@given(st.lists(st.text(max_size=12)))
def test_letters_of_many_texts_are_those_of_each(texts: list[str]) -> None:
    assert letters_of_each(texts) == [search_key(text).replace(" ", "") for text in texts]


GLUED = st.text(alphabet="ابءـ\u200c\u200c«.،َaß👍\u200d", min_size=65, max_size=90)


@given(GLUED)
@example("\u200c" + "ب" * 70)
@example("ب»\u200c" * 30)
def test_a_long_row_of_glued_words_is_read_as_its_words_are(text: str) -> None:
    # A false half-space at the end has it read letter by letter, as no short cut does.
    long_way = [piece for piece in pieces_of(f"{text}.\xac") if piece[2] <= len(text)]
    assert list(pieces_of(text)) == long_way


def test_an_overdrawn_budget_tells_what_differs_as_replaced() -> None:
    budget = Budget(steps=-1_000_000)
    assert [part.kind for part in compare_words(Words("الف ب"), Words("الف پ"), budget)] == [
        Change.REMOVED,
        Change.ADDED,
    ]
    assert [part.kind for part in compare_words(Words("مي ب"), Words("می ب"), budget)] == [Change.SPELLED]
