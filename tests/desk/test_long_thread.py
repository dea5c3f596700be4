"""A thread of a hundred thousand comments on a terminal, and what its comments may do to it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from rich.console import Console

from archive.catalogue import CommentRecord
from desk.cli.reading import COMMENTS_SHOWN, print_comments
from desk.telling import Told
from model import Comment
from pipelines import Change

SEEN = datetime(2026, 11, 1, tzinfo=UTC)


def record(at: int, author: str = "خواننده", text: str = "می\u200cگوید نه") -> CommentRecord:
    comment = Comment(key=str(at), publisher_id=str(at), author=author, published_raw="", text=text)
    return CommentRecord(
        comment=comment, first_seen_at=SEEN, last_seen_at=SEEN, gone_since=None, gone_crawl=None, edits=()
    )


def shown(comments: list[CommentRecord], limit: int = COMMENTS_SHOWN) -> str:
    out = Console(width=100)
    with out.capture() as captured:
        print_comments(out, comments, "fa", limit)
    return captured.get()


def test_of_a_long_thread_the_first_comments_are_shown_and_the_rest_counted() -> None:
    comments = [record(at) for at in range(100_000)]
    began = time.process_time()
    text = shown(comments)
    assert time.process_time() - began < 5  # measured under 1 s
    assert "100,000 comments" in text
    assert text.count("می\u200cگوید نه") == COMMENTS_SHOWN
    assert "The first 500 are shown; --all-comments shows 99,500 more." in text
    assert shown(comments[:600], 600).count("می\u200cگوید نه") == 600


def test_a_comment_has_no_power_over_the_terminal() -> None:
    text = shown([record(1, "\x1b[31m\u202eنگار", "گفت\u200e\u2066 نه\x9b1m می\u200cرود")])
    assert not set(text) & set("\x1b\x9b\u202e\u2066")
    assert "\\x1b[31m\\u202eنگار" in text
    assert "گفت\u200e\\u2066 نه\\x9b1m می\u200cرود" in text


def test_a_row_of_paragraphs_is_told_as_one() -> None:
    told = Told(what="paragraph", kind=Change.REMOVED, old_number=2, count=30_000)
    assert told.label == "old paragraphs 2 to 30001 removed"
