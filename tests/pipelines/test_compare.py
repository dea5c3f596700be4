"""What changed, told in the published text, and nothing told that a reader would not see."""

from __future__ import annotations

import time
from dataclasses import replace
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from model import Article, Comment
from pipelines.compare import compare_articles, compare_threads
from pipelines.search import index_text
from pipelines.sequences import matching_blocks
from pipelines.text import search_key
from pipelines.word_diff import Change, word_diff


def told(old: str, new: str) -> list[tuple[str, str]]:
    return [(part.kind.value, part.text) for part in word_diff(old, new)]


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
    assert {kind for kind, _ in told(old, new)} <= {"same"}
    # Beside a real change too.
    beside = told(f"سیب {old} همان", f"گلابی {new} همان")
    assert [(kind, text.strip('«" ')) for kind, text in beside if kind != "same"] == [
        ("removed", "سیب"),
        ("added", "گلابی"),
    ]


def test_a_change_is_shown_as_each_side_published_it() -> None:
    assert told("وزير «گفت»: نه، هرگز.", "وزیر «گفت»: شاید، هرگز.") == [
        ("same", "وزیر «گفت»: "),
        ("removed", "نه، "),
        ("added", "شاید، "),
        ("same", "هرگز."),
    ]


def test_a_sign_that_readers_see_is_a_change() -> None:
    assert told("خوب 👍", "خوب 👎") == [("same", "خوب "), ("removed", "👍"), ("added", "👎")]


def test_noise_beside_a_change_is_told_apart_from_it() -> None:
    assert told("گفت و گو با وزیر", "گفتوگو با رئیس") == [
        ("same", "گفتوگو با "),
        ("removed", "وزیر"),
        ("added", "رئیس"),
    ]
    assert told("گفت و گو امروز", "گفتوگو دیروز") == [
        ("same", "گفتوگو "),
        ("removed", "امروز"),
        ("added", "دیروز"),
    ]


TEXT = st.text(alphabet="ابيیكک ة،.\u200c\n👍ً1۱", max_size=40)


@given(TEXT, TEXT)
@example("!", "الف")
@example("الف", "؟")
def test_both_texts_can_be_read_from_the_difference(old: str, new: str) -> None:
    parts = word_diff(old, new)
    assert "".join(part.text for part in parts if part.kind is not Change.REMOVED) == new
    assert "".join(part.old_text for part in parts) == old
    unchanged = all(part.kind is Change.SAME for part in parts)
    same_letters = search_key(old).replace(" ", "") == search_key(new).replace(" ", "")
    assert unchanged == (same_letters)


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
    assert time.process_time() - began < 12  # measured 1 to 3 s; the bound is for a busy machine
    assert "".join(part.text for part in parts if part.kind is not Change.REMOVED) == new
    if name == "a thousand edits":
        assert sum(len(part.text) for part in parts if part.kind is Change.REMOVED) < len(old) / 20


PARAGRAPHS = (
    "باران از بامداد امروز در شمال کشور آغاز شد و راه\u200cها را بست.",
    "شهردار گفت که مدرسه\u200cها فردا تعطیل است.",
    "شهروندان از نبود برق در سه محله خبر دادند.",
    "هواشناسی برای آخر هفته برف پیش\u200cبینی کرده است.",
)
ARTICLE = Article(
    url="http://example.org/1",
    canonical_url="http://example.org/1",
    title="باران راه\u200cها را بست",
    lede="بارش در شمال ادامه دارد.",
    paragraphs=PARAGRAPHS,
    authors=("نگار نمونه",),
)


def kinds(new: Article) -> list[tuple[str, int | None, int | None]]:
    return [(p.kind.value, p.old_index, p.new_index) for p in compare_articles(ARTICLE, new).paragraphs]


PARTS = st.lists(st.text(alphabet="ab ", max_size=3), max_size=5)


class TestArticles:
    def test_an_article_is_not_changed_against_itself(self) -> None:
        diff = compare_articles(ARTICLE, ARTICLE)
        assert not diff.is_changed
        assert [p.old_index for p in diff.paragraphs] == [0, 1, 2, 3]

    def test_a_word_changed_in_a_paragraph(self) -> None:
        new = replace(
            ARTICLE, paragraphs=(PARAGRAPHS[0], PARAGRAPHS[1].replace("فردا", "امروز"), *PARAGRAPHS[2:])
        )
        diff = compare_articles(ARTICLE, new)
        assert diff.is_changed
        assert kinds(new) == [("same", 0, 0), ("changed", 1, 1), ("same", 2, 2), ("same", 3, 3)]
        changed = [(p.kind.value, p.text) for p in diff.paragraphs[1].parts if p.kind is not Change.SAME]
        assert changed == [("removed", "فردا "), ("added", "امروز ")]

    def test_a_paragraph_removed_stands_where_it_stood(self) -> None:
        new = replace(ARTICLE, paragraphs=(PARAGRAPHS[0], *PARAGRAPHS[2:]))
        assert kinds(new) == [("same", 0, 0), ("removed", 1, None), ("same", 2, 1), ("same", 3, 2)]

    def test_a_paragraph_added(self) -> None:
        new = replace(ARTICLE, paragraphs=(*PARAGRAPHS[:2], "افزوده: راه باز شد.", *PARAGRAPHS[2:]))
        assert kinds(new)[2] == ("added", None, 2)
        assert len(kinds(new)) == 5

    def test_a_paragraph_moved_and_edited_a_little(self) -> None:
        moved = PARAGRAPHS[0].replace("بامداد", "صبح")
        new = replace(ARTICLE, paragraphs=(*PARAGRAPHS[1:], moved))
        assert kinds(new) == [("same", 1, 0), ("same", 2, 1), ("same", 3, 2), ("moved", 0, 3)]

    def test_a_gutted_article(self) -> None:
        new = replace(ARTICLE, paragraphs=("این مطلب حذف شد.",))
        assert [kind for kind, _, _ in kinds(new)].count("removed") == 4

    def test_title_lede_and_authors(self) -> None:
        new = replace(ARTICLE, title="برف راه\u200cها را بست", lede="", authors=("نگار نمونه", "کسی دیگر"))
        diff = compare_articles(ARTICLE, new)
        assert [p.text for p in diff.title if p.kind is Change.ADDED] == ["برف "]
        assert [p.kind for p in diff.lede] == [Change.REMOVED]
        assert (diff.authors_removed, diff.authors_added) == ((), ("کسی دیگر",))

    def test_paragraphs_parted_otherwise_are_no_change(self) -> None:
        new = replace(ARTICLE, paragraphs=(" ".join(PARAGRAPHS[:2]), *PARAGRAPHS[2:]))
        assert not compare_articles(ARTICLE, new).is_changed

    @given(PARTS, PARTS)
    def test_changed_is_what_the_digest_says(self, old: list[str], new: list[str]) -> None:
        one, two = replace(ARTICLE, paragraphs=tuple(old)), replace(ARTICLE, paragraphs=tuple(new))
        same = index_text(one).digest == index_text(two).digest
        empty = [text for text in (*old, *new) if not text.strip()]
        if not empty:
            assert compare_articles(one, two).is_changed != same

    def test_many_paragraphs_are_bounded(self) -> None:
        random = Random(2)
        texts = [" ".join(f"و{random.randint(0, 300)}" for _ in range(8)) for _ in range(6000)]
        one = replace(ARTICLE, paragraphs=tuple(texts[:3000]))
        two = replace(ARTICLE, paragraphs=tuple(texts[3000:]))
        began = time.process_time()
        assert compare_articles(one, two).is_changed
        assert time.process_time() - began < 10


def comment(key: str, text: str, **more: str | None) -> Comment:
    fields = {"publisher_id": key, "author": "خواننده", "published_raw": "۳ آبان ۱۳۹۵"} | more
    return Comment(key=key, text=text, **fields)  # type: ignore[arg-type]


class TestThreads:
    OLD = (comment("1", "دفاتر نه، دفترها"), comment("2", "موافقم"), comment("3", "مي گويد نه"))

    def test_comments_added_removed_and_edited(self) -> None:
        new = (self.OLD[0], comment("3", "می\u200cگوید آری"), comment("4", "تازه"))
        diff = compare_threads(self.OLD, new)
        assert [c.key for c in diff.added] == ["4"]
        assert [c.key for c in diff.removed] == ["2"]
        assert [(e.old.key, e.new.text) for e in diff.edited] == [("3", "می\u200cگوید آری")]
        assert diff.is_changed

    def test_order_and_spelling_noise_are_no_change(self) -> None:
        new = (comment("3", "می\u200cگوید نه!"), self.OLD[1], self.OLD[0])
        assert not compare_threads(self.OLD, new).is_changed

    def test_an_edit_of_a_comment_without_an_id_is_an_edit(self) -> None:
        old = [comment("a1", "نخست", publisher_id=None)]
        new = [comment("b2", "نخست، با افزوده", publisher_id=None)]
        diff = compare_threads(old, new)
        assert (diff.added, diff.removed) == ((), ())
        assert len(diff.edited) == 1

    def test_comments_that_share_a_key_are_counted(self) -> None:
        twice = [comment("x", "آفرین", publisher_id=None)] * 2
        diff = compare_threads(twice, twice[:1])
        assert len(diff.removed) == 1
