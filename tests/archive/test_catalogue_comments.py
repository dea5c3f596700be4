from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples.catalogue import article, article_text, capture, comment, comment_texts, moment, thread

from archive.catalogue import Catalogue, CommentRecord
from archive.catalogue.threads import reading_order
from model import Comment, CommentThread

CRAWLS = ("first", "second", "third")


@pytest.fixture(autouse=True)
def an_article(catalogue: Catalogue) -> None:
    read = article("text")
    with catalogue.write() as batch:
        batch.put_article(
            "org_example", "first", capture(900, captured_at=moment(0)), read, article_text(read)
        )


def put(
    catalogue: Catalogue,
    number: int,
    shown: CommentThread,
    complete: bool | None = None,
    total: int | None = None,
) -> bool | None:
    """Put one document in the crawl of its hundred; finish the thread when ``complete`` is given."""
    crawl = CRAWLS[number // 100]
    with catalogue.write() as batch:
        batch.put_thread(1, crawl, capture(number), shown, comment_texts(shown))
        if complete is None:
            return None
        return batch.finish_thread(1, crawl, complete, total)


def by_key(catalogue: Catalogue) -> dict[str, CommentRecord]:
    return {one.comment.key: one for one in catalogue.comments(1)}


def test_a_comment_comes_back_as_it_was_read(catalogue: Catalogue) -> None:
    one = comment("7", "سلام\n\nمی\u200cگوید", author=None, published_raw="دیروز", published_at=moment(3),
                  position=4, url="https://www.example.org/news/1/#comment-7")  # fmt: skip
    put(catalogue, 1, thread(one))
    (record,) = catalogue.comments(1)
    assert record == CommentRecord(
        comment=one,
        first_seen_at=moment(1),
        last_seen_at=moment(1),
        gone_since=None,
        gone_crawl=None,
        edits=(),
    )
    assert catalogue.totals().comments == 1
    assert catalogue.article(1).summary.comments == 1
    assert catalogue.comments(99) == []


def test_a_comment_seen_again_is_the_same_and_as_last_seen(catalogue: Catalogue) -> None:
    put(catalogue, 1, thread(comment("7", "text", author="A")))
    put(catalogue, 101, thread(comment("7", "TEXT", author="B")))
    (record,) = catalogue.comments(1)
    assert (record.first_seen_at, record.last_seen_at) == (moment(1), moment(101))
    assert (record.comment.author, record.comment.text) == ("B", "TEXT")
    assert record.edits == (), "its folded text is the same"
    assert record.text_since is None


def test_an_edited_comment_keeps_its_earlier_texts(catalogue: Catalogue) -> None:
    for number, text in ((1, "one"), (2, "one"), (101, "two"), (201, "one")):
        put(catalogue, number, thread(comment("7", text)))
    (record,) = catalogue.comments(1)
    assert record.comment.text == "one"
    assert [(edit.text, edit.first_seen_at, edit.last_seen_at) for edit in record.edits] == [
        ("one", moment(1), moment(2)),
        ("two", moment(101), moment(101)),
    ]
    assert record.text_since == moment(201)


def test_a_feed_that_cuts_texts_makes_no_edit(catalogue: Catalogue) -> None:
    for crawl in (0, 100, 200):
        put(catalogue, crawl + 1, thread(comment("7", "one tw…"), origin="rss"))
        put(catalogue, crawl + 2, thread(comment("7", "one two"), origin="wordpress-html"))
        put(catalogue, crawl + 3, thread(comment("7", "one tw…"), origin="rss"))
    (record,) = catalogue.comments(1)
    assert record.comment.text == "one two"
    assert record.edits == ()


@pytest.mark.parametrize(
    ("documents", "parent"),
    [
        ([("wordpress-html", "3"), ("wordpress-rest", "2")], "2"),
        ([("wordpress-rest", "2"), ("wordpress-html", "3")], "2"),
        ([("wordpress-rest", "2"), ("wordpress-html", None)], "2"),
        ([("wordpress-rest", None), ("wordpress-html", "3")], None),
        ([("wordpress-html", "3"), ("wordpress-rest", None)], None),
        ([("rss", "2"), ("wordpress-html", "3")], "2"),
        ([("wordpress-html", "3"), ("atom", "2")], "2"),
        ([("wordpress-html", "3"), ("rss", None)], "3"),
        ([("rss", None), ("wordpress-html", "3")], "3"),
        ([("schema.org", "3"), ("wordpress-html", "1")], "1"),
    ],
)
def test_the_best_known_parent_is_kept(
    catalogue: Catalogue, documents: list[tuple[str, str | None]], parent: str | None
) -> None:
    put(
        catalogue, 0, thread(comment("1"), comment("2", parent_id="1"), comment("3"), origin="wordpress-rest")
    )
    for number, (origin, named) in enumerate(documents, start=1):
        put(catalogue, number, thread(comment("7", parent_id=named), origin=origin))
    assert by_key(catalogue)["7"].comment.parent_id == parent


def test_a_comment_is_gone_only_after_a_crawl_that_covered_the_thread(catalogue: Catalogue) -> None:
    assert put(catalogue, 1, thread(comment("1"), comment("2")), complete=True)
    assert not put(catalogue, 101, thread(comment("1")), complete=False)
    assert by_key(catalogue)["2"].gone_since is None
    assert put(catalogue, 201, thread(comment("1")), complete=True)
    records = by_key(catalogue)
    assert (records["2"].gone_since, records["2"].gone_crawl) == (moment(201), "third")
    assert records["1"].gone_since is None


def test_gone_is_since_the_first_crawl_that_missed_it(catalogue: Catalogue) -> None:
    put(catalogue, 1, thread(comment("1"), comment("2")), complete=True)
    put(catalogue, 101, thread(comment("1")), complete=True)
    put(catalogue, 201, thread(comment("1")), complete=True)
    assert by_key(catalogue)["2"].gone_crawl == "second"


def test_a_comment_that_is_back_is_not_gone(catalogue: Catalogue) -> None:
    put(catalogue, 1, thread(comment("1"), comment("2")), complete=True)
    put(catalogue, 101, thread(comment("1")), complete=True)
    put(catalogue, 201, thread(comment("1"), comment("2")), complete=False)
    assert by_key(catalogue)["2"].gone_since is None


def test_pages_of_one_crawl_cover_a_thread_together(catalogue: Catalogue) -> None:
    put(catalogue, 1, thread(comment("1"), total=2))
    assert put(catalogue, 2, thread(comment("2"), total=2), complete=True)
    put(catalogue, 101, thread(comment("2"), total=2))
    assert put(catalogue, 102, thread(comment("1"), total=2), complete=True)
    assert all(one.gone_since is None for one in catalogue.comments(1))
    assert catalogue.article(1).declared_comments == 2


def test_fewer_comments_than_the_site_declares_is_not_the_whole_thread(catalogue: Catalogue) -> None:
    put(catalogue, 1, thread(comment("1"), comment("2")), complete=True)
    assert put(catalogue, 101, thread(comment("1"), total=2), complete=True) is False
    assert put(catalogue, 201, thread(comment("1")), complete=True, total=5) is False
    assert by_key(catalogue)["2"].gone_since is None


def test_a_crawl_that_read_no_comments_proves_nothing(catalogue: Catalogue) -> None:
    put(catalogue, 1, thread(comment("1")), complete=True)
    with catalogue.write() as batch:
        assert batch.finish_thread(1, "second", complete=True) is False
    assert by_key(catalogue)["1"].gone_since is None


def test_a_thread_without_any_comments_left_says_so(catalogue: Catalogue) -> None:
    put(catalogue, 1, thread(comment("1")), complete=True)
    assert put(catalogue, 101, thread(), complete=True)
    assert by_key(catalogue)["1"].gone_crawl == "second"


def test_a_document_put_twice_changes_nothing(catalogue: Catalogue) -> None:
    shown = thread(comment("1"), comment("2", parent_id="1"), total=2)
    put(catalogue, 1, shown, complete=True)
    before = catalogue.comments(1)
    put(catalogue, 1, shown, complete=True)
    assert catalogue.comments(1) == before


def test_more_comments_than_one_statement_takes(catalogue: Catalogue) -> None:
    shown = thread(*(comment(str(number), position=number) for number in range(1203)))
    put(catalogue, 1, shown)
    put(catalogue, 101, shown)
    assert [one.comment.key for one in catalogue.comments(1)] == [str(number) for number in range(1203)]


def test_a_comment_without_its_folded_text_is_a_fault_of_the_caller(catalogue: Catalogue) -> None:
    with catalogue.write() as batch:
        with pytest.raises(ValueError, match="no key or no folded text"):
            batch.put_thread(1, "first", capture(1), thread(comment("1")), {})
        with pytest.raises(ValueError, match="no key or no folded text"):
            batch.put_thread(1, "first", capture(1), thread(comment("")), comment_texts(thread(comment(""))))


def test_what_a_hostile_page_says_can_be_stored(catalogue: Catalogue) -> None:
    odd = comment("\ud800", "\udfff text", parent_id="\ud800", author="\ud800", position=10**30, depth=10**30)
    put(catalogue, 1, thread(odd, total=10**30), complete=True)
    put(catalogue, 2, thread(odd))
    (record,) = catalogue.comments(1)
    assert record.comment.text == "\ufffd text"
    assert record.comment.depth == 0
    assert catalogue.article(1).declared_comments is None


def order(*shown: Comment) -> list[tuple[str, int]]:
    return [(one.key, one.depth) for _, one in reading_order(shown)]


def test_each_comment_stands_before_its_answers() -> None:
    assert order(
        comment("4", parent_id="2", position=3),
        comment("1", position=0),
        comment("3", position=2),
        comment("2", parent_id="1", position=1),
        comment("5", parent_id="1", position=4),
    ) == [("1", 0), ("2", 1), ("4", 2), ("5", 1), ("3", 0)]


def test_siblings_stand_by_date_when_all_are_dated_else_as_shown() -> None:
    dated = [
        comment("1", position=1, published_at=moment(1)),
        comment("2", position=0, published_at=moment(2)),
    ]
    assert order(*dated) == [("1", 0), ("2", 0)]
    assert order(*dated, comment("3", position=2)) == [("2", 0), ("1", 0), ("3", 0)]


def test_a_comment_whose_parent_is_missing_stands_at_the_root() -> None:
    assert order(comment("1", parent_id="0", position=1), comment("2", parent_id="1")) == [("1", 0), ("2", 1)]


def test_a_parent_may_be_named_by_its_key_or_its_publishers_id() -> None:
    shown = (comment("a", publisher_id="1"), comment("b", parent_id="1"), comment("c", parent_id="a"))
    assert order(*shown) == [("a", 0), ("b", 1), ("c", 1)]


@settings(deadline=None)
@given(st.lists(st.integers(-1, 12), max_size=12))
def test_every_comment_stands_once_and_after_its_parent_whatever_the_page_claims(parents: list[int]) -> None:
    shown = [
        comment(str(number), parent_id=None if parent < 0 else str(parent))
        for number, parent in enumerate(parents)
    ]
    ordered = [one for _, one in reading_order(shown)]
    assert sorted(one.key for one in ordered) == sorted(one.key for one in shown)
    for before, after in pairwise(ordered):
        assert after.depth <= before.depth + 1
    for place, one in enumerate(ordered):
        if one.depth:
            assert one.parent_id in {before.key for before in ordered[:place]}


def test_a_thread_nested_deeper_than_pythons_calls_is_ordered() -> None:
    shown = [comment(str(number), parent_id=str(number - 1)) for number in range(20_000)]
    assert reading_order(shown)[-1][1].depth == 19_999
