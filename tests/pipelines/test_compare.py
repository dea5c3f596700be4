"""What changed between two versions of an article."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model import Article, Image, Link
from pipelines.compare import ArticleDiff, compare_articles
from pipelines.paragraph_diff import PARTED, ParagraphDiff, compare_paragraphs
from pipelines.search import index_text
from pipelines.word_diff import Change, Nature, mirrored

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


def test_an_article_is_not_changed_against_itself() -> None:
    diff = compare_articles(ARTICLE, ARTICLE)
    assert not diff.is_changed
    assert [p.old_index for p in diff.paragraphs] == [0, 1, 2, 3]


def test_a_word_changed_in_a_paragraph() -> None:
    new = replace(
        ARTICLE, paragraphs=(PARAGRAPHS[0], PARAGRAPHS[1].replace("فردا", "امروز"), *PARAGRAPHS[2:])
    )
    diff = compare_articles(ARTICLE, new)
    assert diff.is_changed
    assert kinds(new) == [("same", 0, 0), ("changed", 1, 1), ("same", 2, 2), ("same", 3, 3)]
    changed = [(p.kind.value, p.text) for p in diff.paragraphs[1].parts if p.kind is not Change.SAME]
    assert changed == [("removed", "فردا "), ("added", "امروز ")]


def test_a_paragraph_removed_stands_where_it_stood() -> None:
    new = replace(ARTICLE, paragraphs=(PARAGRAPHS[0], *PARAGRAPHS[2:]))
    assert kinds(new) == [("same", 0, 0), ("removed", 1, None), ("same", 2, 1), ("same", 3, 2)]


def test_a_paragraph_added() -> None:
    new = replace(ARTICLE, paragraphs=(*PARAGRAPHS[:2], "افزوده: راه باز شد.", *PARAGRAPHS[2:]))
    assert kinds(new)[2] == ("added", None, 2)
    assert len(kinds(new)) == 5


def test_a_paragraph_moved_and_edited_a_little() -> None:
    moved = PARAGRAPHS[0].replace("بامداد", "صبح")
    new = replace(ARTICLE, paragraphs=(*PARAGRAPHS[1:], moved))
    assert kinds(new) == [("same", 1, 0), ("same", 2, 1), ("same", 3, 2), ("moved", 0, 3)]


def test_a_gutted_article() -> None:
    new = replace(ARTICLE, paragraphs=("این مطلب حذف شد.",))
    assert [kind for kind, _, _ in kinds(new)].count("removed") == 4


def test_title_lede_and_authors() -> None:
    new = replace(ARTICLE, title="برف راه\u200cها را بست", lede="", authors=("نگار نمونه", "کسی دیگر"))
    diff = compare_articles(ARTICLE, new)
    assert [p.text for p in diff.title if p.kind is Change.ADDED] == ["برف "]
    assert [p.kind for p in diff.lede] == [Change.REMOVED]
    assert [(one.kind, one.new) for one in diff.authors] == [(Change.ADDED, "کسی دیگر")]


def test_paragraphs_parted_otherwise_are_no_change() -> None:
    new = replace(ARTICLE, paragraphs=(" ".join(PARAGRAPHS[:2]), *PARAGRAPHS[2:]))
    assert not compare_articles(ARTICLE, new).is_changed


@given(PARTS, PARTS)
def test_changed_is_what_the_digest_says(old: list[str], new: list[str]) -> None:
    one, two = replace(ARTICLE, paragraphs=tuple(old)), replace(ARTICLE, paragraphs=tuple(new))
    same = index_text(one).digest == index_text(two).digest
    empty = [text for text in (*old, *new) if not text.strip()]
    if not empty:
        assert compare_articles(one, two).is_changed != same


def test_many_paragraphs_are_bounded() -> None:
    random = Random(2)
    texts = [" ".join(f"و{random.randint(0, 300)}" for _ in range(8)) for _ in range(6000)]
    one = replace(ARTICLE, paragraphs=tuple(texts[:3000]))
    two = replace(ARTICLE, paragraphs=tuple(texts[3000:]))
    began = time.process_time()
    assert compare_articles(one, two).is_changed
    assert time.process_time() - began < 10


def new_side(found: tuple[ParagraphDiff, ...]) -> str:
    told = [one for one in found if one.new_count]
    return PARTED.join("".join(p.text for p in one.parts if p.kind is not Change.REMOVED) for one in told)


def old_side(found: tuple[ParagraphDiff, ...]) -> str:
    told = sorted((one for one in found if one.old_count), key=lambda one: one.old_index or 0)
    return PARTED.join("".join(p.old_text for p in one.parts) for one in told)


LINES = st.lists(
    st.lists(
        st.sampled_from(["باران", "برف", "شهر", "مي", "می", "می\u200cگوید", "***", "۱", "1"]), max_size=5
    ).map(" ".join),
    max_size=7,
)


@settings(deadline=None)
@given(LINES, LINES)
@example(["الف ب ج د", "ه و ز ح"], ["ه و ز ح", "الف ب ج د"])
def test_both_sides_can_be_read_from_the_difference(old: list[str], new: list[str]) -> None:
    found = compare_paragraphs(old, new)
    assert sum(one.old_count for one in found) == len(old)
    assert sum(one.new_count for one in found) == len(new)
    assert new_side(found) == PARTED.join(new)
    assert old_side(found) == PARTED.join(old)


@settings(deadline=None)
@given(LINES, LINES)
def test_the_other_way_round_it_is_the_mirror(old: list[str], new: list[str]) -> None:
    def sides(found: tuple[ParagraphDiff, ...]) -> set[object]:
        return {(one.kind, one.old_index, one.new_index, one.old_count, one.parts) for one in found}

    turned = {
        (one.kind.mirrored, one.new_index, one.old_index, one.new_count, mirrored(one.parts))
        for one in compare_paragraphs(new, old)
    }
    assert sides(compare_paragraphs(old, new)) == turned


@given(LINES)
def test_paragraphs_are_the_same_as_themselves(lines: list[str]) -> None:
    assert {one.kind for one in compare_paragraphs(lines, lines)} <= {Change.SAME}


def difference(**changes: object) -> ArticleDiff:
    return compare_articles(ARTICLE, replace(ARTICLE, **changes))  # type: ignore[arg-type]


def test_spelling_alone_is_a_change_of_orthography_and_makes_no_version() -> None:
    spelled = tuple(text.replace("\u200c", "").replace("ی", "ي").replace(".", "!") for text in PARAGRAPHS)
    diff = difference(paragraphs=spelled)
    assert diff.natures == {Nature.ORTHOGRAPHY}
    assert {one.kind for one in diff.paragraphs} == {Change.SPELLED}
    assert index_text(replace(ARTICLE, paragraphs=spelled)).digest == index_text(ARTICLE).digest


def test_a_paragraph_split_is_told_of_with_its_neighbours_left_alone() -> None:
    new = (PARAGRAPHS[0], *PARAGRAPHS[1].split(" که ", 1), *PARAGRAPHS[2:])
    joined = (PARAGRAPHS[0], PARAGRAPHS[1].replace(" که ", " "), *PARAGRAPHS[2:])
    found = compare_paragraphs(joined, new)
    assert [(one.kind, one.old_count, one.new_count) for one in found] == [
        (Change.SAME, 1, 1),
        (Change.SPELLED, 1, 2),
        (Change.SAME, 1, 1),
        (Change.SAME, 1, 1),
    ]


def test_a_paragraph_among_a_hundred_new_ones_is_known_again() -> None:
    random = Random(3)
    fresh = [" ".join(f"تازه{random.randint(0, 999)}" for _ in range(9)) for _ in range(200)]
    edited = PARAGRAPHS[1].replace("فردا", "امروز")
    found = compare_paragraphs(PARAGRAPHS[1:2], (*fresh[:150], edited, *fresh[150:]))
    assert [(one.kind, one.new_index) for one in found if one.kind is not Change.ADDED] == [
        (Change.CHANGED, 150)
    ]


def _tiny_paragraphs() -> dict[str, tuple[list[str], list[str]]]:
    random = Random(4)
    lines = [f"واژه{at}" for at in range(30_000)]
    ten = [random.choices(lines[:10], k=30_000) for _ in "ab"]
    return {
        "all changed": (lines, [f"{line}ان" for line in lines]),
        "reversed": (lines, lines[::-1]),
        "shuffled": (lines, random.sample(lines, len(lines))),
        "ten kinds": (ten[0], ten[1]),
        "signs": (lines, ["***"] * 30_000),
    }


@pytest.mark.parametrize("name", ["all changed", "reversed", "shuffled", "ten kinds", "signs"])
def test_tens_of_thousands_of_tiny_paragraphs_are_told_of_in_rows(name: str) -> None:
    old, new = _tiny_paragraphs()[name]
    began = time.process_time()
    found = compare_paragraphs(old, new)
    assert time.process_time() - began < 3  # measured 0.05 to 0.3 s
    assert new_side(found) == PARTED.join(new)
    assert old_side(found) == PARTED.join(old)
    assert sum(one.old_count for one in found) == sum(one.new_count for one in found) == 30_000
    assert any(one.nature is Nature.SUBSTANCE for one in found)
    if name == "all changed":
        assert {(one.kind, one.old_count, one.new_count) for one in found} == {
            (Change.REMOVED, 30_000, 0),
            (Change.ADDED, 0, 30_000),
        }


def test_paragraphs_that_are_all_alike_are_compared_in_step() -> None:
    old, new = ["همان سخن را دوباره گفت"] * 40, ["همان سخن را باز گفت"] * 40
    assert {one.kind for one in compare_paragraphs(old, new)} == {Change.CHANGED}


PICTURE = Image(url="https://example.org/2026/rain.jpg", alt="باران", caption="خیابان خیس")


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.example.org/2026/rain-300x200.jpg",
        "http://example.org/2026/rain.jpg?w=300&ssl=1",
        "https://example.org/2026/rain-scaled.jpg",
    ],
)
def test_a_picture_in_another_size_is_the_same(url: str) -> None:
    old = replace(ARTICLE, images=(PICTURE,))
    assert compare_articles(old, replace(ARTICLE, images=(replace(PICTURE, url=url),))).images == ()


def test_pictures_added_removed_and_captioned_otherwise() -> None:
    old = replace(ARTICLE, images=(PICTURE, Image(url="https://example.org/show?id=1")))
    new = (
        replace(PICTURE, caption="خیابان خشک"),
        Image(url="https://example.org/show?id=2"),
        replace(PICTURE, url="https://example.org/sun.jpg"),
    )
    diff = compare_articles(old, replace(ARTICLE, images=new))
    assert [(one.kind, one.old and one.old.url, one.new and one.new.url) for one in diff.images] == [
        (Change.CHANGED, PICTURE.url, PICTURE.url),
        (Change.ADDED, None, "https://example.org/show?id=2"),
        (Change.ADDED, None, "https://example.org/sun.jpg"),
        (Change.REMOVED, "https://example.org/show?id=1", None),
    ]
    assert [p.text for p in diff.images[0].caption if p.kind is Change.ADDED] == ["خشک"]


def test_a_caption_spelled_otherwise_is_orthography() -> None:
    old = replace(ARTICLE, images=(PICTURE,))
    diff = compare_articles(old, replace(old, images=(replace(PICTURE, caption="خيابان خيس."),)))
    assert [one.kind for one in diff.images] == [Change.SPELLED]


def test_links_added_removed_and_led_elsewhere() -> None:
    here = Link(url="https://example.org/a", text="گزارش")
    there = Link(url="https://example.org/b", text="بیانیه")
    old = replace(ARTICLE, links=(here, there))
    new = (
        Link(url="http://www.example.org/a/", text="گزارش"),
        Link(url="https://other.example/b", text="بیانیه"),
        Link(url="https://example.org/c", text="سند"),
    )
    assert [one.kind for one in compare_articles(old, replace(old, links=new)).links] == [
        Change.CHANGED,
        Change.ADDED,
    ]
    assert [one.kind for one in compare_articles(old, replace(old, links=(here,))).links] == [Change.REMOVED]


def test_links_that_an_older_reading_did_not_look_for_are_not_added() -> None:
    new = replace(ARTICLE, links=(Link(url="https://example.org/a", text="گزارش"),))
    assert not compare_articles(ARTICLE, new).is_changed
    assert not compare_articles(new, ARTICLE).is_changed


def test_section_tags_and_dates() -> None:
    then, later = datetime(2026, 10, 25, 8, tzinfo=UTC), datetime(2026, 10, 26, 8, tzinfo=UTC)
    old = replace(ARTICLE, section="جامعه", tags=("باران", "راه"), published_at=then, published_raw="دیروز")
    new = replace(old, section="حوادث", tags=("راه", "برف"), published_at=later, modified_at=later)
    diff = compare_articles(old, new)
    assert diff.section is not None
    assert (diff.section.old, diff.section.new) == ("جامعه", "حوادث")
    assert [(one.kind.value, one.old or one.new) for one in diff.tags] == [
        ("removed", "باران"),
        ("added", "برف"),
    ]
    assert diff.published is not None
    assert (diff.published.kind, diff.published.old) == (Change.CHANGED, then)
    assert diff.modified is not None
    assert diff.modified.kind is Change.ADDED
    assert not diff.makes_version
    assert diff.is_changed


def test_a_date_that_is_printed_otherwise_is_no_change() -> None:
    then = datetime(2026, 10, 25, 8, tzinfo=UTC)
    old = replace(ARTICLE, published_at=then, published_raw="۲ ساعت پیش")
    assert not compare_articles(old, replace(old, published_raw="۳ ساعت پیش")).is_changed
    # The same print, which one reading did not understand.
    assert not compare_articles(old, replace(old, published_at=None)).is_changed


def test_an_author_spelled_otherwise_is_the_same_author() -> None:
    old = replace(ARTICLE, authors=("علي يزدان",))
    diff = compare_articles(old, replace(old, authors=("علی یزدان",)))
    assert [one.kind for one in diff.authors] == [Change.SPELLED]
    assert not diff.is_changed


def words(count: int, seed: int) -> list[str]:
    random = Random(seed)
    return [f"واژه{random.randint(0, 5000)}" for _ in range(count)]


def paragraphs_of(text: list[str], size: int = 80) -> list[str]:
    return [" ".join(text[at : at + size]) for at in range(0, len(text), size)]


LONG = paragraphs_of(words(100_000, 1))
HARD = {
    "different": (LONG, paragraphs_of(words(100_000, 2))),
    "moved halves": (LONG, [*LONG[600:], *LONG[:600]]),
    "every paragraph edited": (LONG, [text.replace("واژه1", "تازه") for text in LONG]),
    "one word each": (words(50_000, 1), words(50_000, 2)),
    "all the same": (["همان سخن"] * 50_000, ["همان سخن"] * 30_000 + ["این سخن"] * 20_000),
    "nothing left": (LONG, []),
}


@pytest.mark.parametrize("name", list(HARD))
def test_a_hundred_thousand_words_in_paragraphs_are_compared_in_bounded_time(name: str) -> None:
    old, new = HARD[name]
    began = time.process_time()
    found = compare_paragraphs(old, new)
    assert time.process_time() - began < 6  # measured under 1 s; the bound is for a busy machine
    assert new_side(found) == PARTED.join(new)
