"""One thread out of pages, REST answers and feeds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from model import Comment, CommentThread
from pipelines.comments import merge_threads

START = datetime(2026, 10, 1, 8, tzinfo=UTC)


def one(
    number: int | None, *, parent: int | None = None, position: int = 0, text: str = "", **more: object
) -> Comment:
    minutes = number or 0
    at = START + timedelta(minutes=minutes)
    made = Comment(
        publisher_id=str(number) if number else None,
        parent_id=str(parent) if parent else None,
        key=str(number) if number else f"sha256:{text}",
        author="نگار",
        text=text or f"متن {number}",
        published_raw=at.isoformat(),
        published_at=at,
        position=position,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def thread(
    origin: str, *comments: Comment, total: int | None = None, more: tuple[str, ...] = ()
) -> CommentThread:
    return CommentThread(comments=comments, origin=origin, declared_total=total, more=more)


def shape(got: CommentThread) -> list[tuple[str | None, str | None, int, int]]:
    return [(c.publisher_id, c.parent_id, c.depth, c.position) for c in got.comments]


HTML = thread(
    "wordpress-html", one(1), one(2, parent=1, position=1), one(3, parent=1, position=2), one(4, position=3)
)
REST = thread("wordpress-rest", one(1), one(2, parent=1), one(3, parent=2), one(4), total=4)


@pytest.mark.parametrize("order", [(HTML, REST), (REST, HTML)])
def test_the_true_parent_of_rest_wins_over_the_shown_one(order: tuple[CommentThread, ...]) -> None:
    got = merge_threads(order)
    assert shape(got) == [("1", None, 0, 0), ("2", "1", 1, 1), ("3", "2", 2, 2), ("4", None, 0, 3)]
    assert got.declared_total == 4


def test_rest_saying_no_parent_wins_and_a_feed_saying_nothing_does_not() -> None:
    shown = thread("wordpress-html", one(1), one(2, parent=1, position=1))
    assert shape(merge_threads([shown, thread("wordpress-rest", one(2))]))[1][1] is None
    assert shape(merge_threads([shown, thread("rss", one(2))]))[1][1] == "1"
    assert shape(merge_threads([shown, thread("rss", one(2, parent=9))]))[1][1] == "9"


def test_text_is_the_pages_then_rests_and_a_feeds_only_where_nobody_else_has_it() -> None:
    page = thread("wordpress-html", one(1, text="از برگه"))
    rest = thread("wordpress-rest", one(1, text="از رابط"), one(2, text="از رابط"))
    feed = thread("rss", one(1, text="کوتاه"), one(2, text="کوتاه"), one(3, text="تنها در خوراک"))
    got = merge_threads([feed, rest, page])
    assert [c.text for c in got.comments] == ["از برگه", "از رابط", "تنها در خوراک"]
    assert got.origin == "rss+wordpress-rest+wordpress-html"


def test_an_exact_date_wins_over_one_read_from_a_printed_line() -> None:
    printed = one(1, published_raw="۹ مهر ۱۴۰۵", published_at=START.replace(hour=0))
    gmt = one(
        1, published_raw="2026-10-01T08:01:30", published_at=datetime(2026, 10, 1, 8, 1, 30, tzinfo=UTC)
    )
    (got,) = merge_threads([thread("wordpress-html", printed), thread("wordpress-rest", gmt)]).comments
    assert (got.published_raw, got.published_at) == (gmt.published_raw, gmt.published_at)
    exact = one(1)
    (got,) = merge_threads([thread("wordpress-rest", gmt), thread("wordpress-html", exact)]).comments
    assert got.published_at == exact.published_at


def test_pages_are_joined_in_their_order_and_name_all_that_is_left() -> None:
    first = thread(
        "wordpress-html", one(1), one(2, position=1), more=("https://a.test/p/comment-page-2/",), total=4
    )
    second = thread("wordpress-html", one(3, position=10_000), one(4, position=10_001), total=5)
    got = merge_threads([second, first])
    assert [c.publisher_id for c in got.comments] == ["1", "2", "3", "4"]
    assert [c.position for c in got.comments] == [0, 1, 2, 3]
    assert got.declared_total == 5
    assert got.more == ("https://a.test/p/comment-page-2/",)


def test_what_no_page_shows_goes_where_its_date_puts_it() -> None:
    got = merge_threads([thread("wordpress-html", one(1), one(5, position=1)), thread("rss", one(3), one(9))])
    assert [c.publisher_id for c in got.comments] == ["1", "3", "5", "9"]
    newest = merge_threads(
        [thread("wordpress-html", one(5), one(1, position=1)), thread("rss", one(3), one(9))]
    )
    assert [c.publisher_id for c in newest.comments] == ["9", "5", "3", "1"]


def test_a_comment_without_id_is_the_one_with_its_author_and_text() -> None:
    bare = thread(
        "repeated",
        one(None, text="می\u200cآیم"),
        one(None, text="پاسخ", parent_id="sha256:می\u200cآیم", position=1),
    )
    rest = thread("wordpress-rest", one(1, text="مي‌آيم"), one(7, text="دیگری"))
    got = merge_threads([bare, rest])
    assert [(c.publisher_id, c.parent_id, c.depth) for c in got.comments] == [
        ("1", None, 0),
        (None, "1", 1),
        ("7", None, 0),
    ]


def test_two_alike_on_one_page_stay_two() -> None:
    bare = thread(
        "repeated", one(None, text="سلام"), replace(one(None, text="سلام"), key="sha256:سلام.2", position=1)
    )
    assert len(merge_threads([bare, thread("wordpress-rest", one(1, text="سلام"))]).comments) == 2


def test_merging_again_changes_nothing() -> None:
    got = merge_threads([HTML, REST, thread("rss", one(6, parent=3))])
    assert merge_threads([got]) == got
    assert merge_threads([got, got]) == got
    assert merge_threads([]) == CommentThread()


def test_a_circle_of_answers_is_cut_and_nothing_is_lost() -> None:
    got = merge_threads(
        [thread("wordpress-rest", one(1, parent=3), one(2, parent=1), one(3, parent=2), one(4, parent=4))]
    )
    assert sorted(c.publisher_id or "" for c in got.comments) == ["1", "2", "3", "4"]
    assert shape(got) == [("1", None, 0, 0), ("2", "1", 1, 1), ("3", "2", 2, 2), ("4", None, 0, 3)]


def test_a_chain_of_ten_thousand_answers_is_merged_without_recursion() -> None:
    chain = thread("wordpress-rest", *(one(n, parent=n - 1 or None) for n in range(1, 10_001)))
    got = merge_threads([chain])
    assert (len(got.comments), got.comments[-1].depth) == (10_000, 9_999)
