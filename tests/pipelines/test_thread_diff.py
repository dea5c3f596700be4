"""Comments that were added, removed, restored, edited or hung under another one."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from model import Comment
from pipelines.thread_diff import compare_threads
from pipelines.word_diff import Change


def comment(key: str, text: str, **more: str | None) -> Comment:
    fields = {"publisher_id": key, "author": "خواننده", "published_raw": "۳ آبان ۱۳۹۵"} | more
    return Comment(key=key, text=text, **fields)  # type: ignore[arg-type]


OLD = (comment("1", "دفاتر نه، دفترها"), comment("2", "موافقم"), comment("3", "مي گويد نه"))


def test_comments_added_removed_and_edited() -> None:
    new = (OLD[0], comment("3", "می\u200cگوید آری"), comment("4", "تازه"))
    diff = compare_threads(OLD, new)
    assert [one.new and one.new.key for one in diff.of(Change.ADDED)] == ["4"]
    assert [one.old and one.old.key for one in diff.of(Change.REMOVED)] == ["2"]
    assert [one.new for one in diff.of(Change.CHANGED)] == [new[1]]
    assert diff.is_changed


def test_order_is_no_change_and_spelling_noise_is_told_apart() -> None:
    new = (comment("3", "می\u200cگوید نه!"), OLD[1], OLD[0])
    diff = compare_threads(OLD, new)
    assert not diff.is_changed
    assert [one.kind for one in diff.changes] == [Change.SPELLED]


def test_an_edit_of_a_comment_without_an_id_is_an_edit() -> None:
    old = [comment("a1", "نخست", publisher_id=None)]
    new = [comment("b2", "نخست، با افزوده", publisher_id=None)]
    assert [one.kind for one in compare_threads(old, new).changes] == [Change.CHANGED]


def test_comments_that_share_a_key_are_counted() -> None:
    twice = [comment("x", "آفرین", publisher_id=None)] * 2
    assert len(compare_threads(twice, twice[:1]).of(Change.REMOVED)) == 1


def test_a_comment_that_had_gone_before_is_restored_and_not_added() -> None:
    diff = compare_threads(OLD[:2], (*OLD, comment("4", "تازه")), earlier=OLD)
    assert [(one.kind, one.new and one.new.key) for one in diff.changes] == [
        (Change.RESTORED, "3"),
        (Change.ADDED, "4"),
    ]


def test_a_comment_under_another_parent_has_moved() -> None:
    answer = replace(OLD[2], parent_id="1")
    diff = compare_threads((*OLD[:2], answer), (*OLD[:2], replace(answer, parent_id="2")))
    assert [one.kind for one in diff.changes] == [Change.MOVED]


def test_an_answer_to_an_edited_comment_whose_key_changed_has_not_moved() -> None:
    old = (comment("a1", "نخست", publisher_id=None), comment("9", "پاسخ", parent_id="a1"))
    new = (comment("b2", "نخست، با افزوده", publisher_id=None), comment("9", "پاسخ", parent_id="b2"))
    assert [one.kind for one in compare_threads(old, new).changes] == [Change.CHANGED]


THREADS = st.lists(
    st.builds(
        Comment,
        publisher_id=st.sampled_from(["1", "2", "3", None]),
        parent_id=st.sampled_from(["1", "2", None]),
        author=st.sampled_from(["الف", None]),
        published_raw=st.sampled_from(["دیروز", None]),
        text=st.sampled_from(["آری", "نه", "نه!", ""]),
    ),
    max_size=6,
)


@given(THREADS)
def test_a_thread_is_not_changed_against_itself(thread: list[Comment]) -> None:
    assert compare_threads(thread, thread).changes == ()


@given(THREADS, THREADS)
def test_every_comment_of_either_side_is_accounted_for(old: list[Comment], new: list[Comment]) -> None:
    diff = compare_threads(old, new)
    added, removed = len(diff.of(Change.ADDED)), len(diff.of(Change.REMOVED))
    assert len(old) - removed == len(new) - added
    turned = compare_threads(new, old)
    assert (len(turned.of(Change.REMOVED)), len(turned.of(Change.ADDED))) == (added, removed)
