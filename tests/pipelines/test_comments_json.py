"""JSON of comment services made to break a reader, and what is none of theirs."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest

from model import Comment, CommentState, CommentThread, ReadError
from model.codec import from_json, to_json
from pipelines import merge_threads, read_json_comments

URL = "https://bagh.test/api"


def isso(replies: str) -> bytes:
    return b'{"id":null,"total_replies":3,"hidden_replies":0,"replies":[' + replies.encode() + b"]}"


def one(number: int) -> str:
    return f'{{"id":{number},"parent":null,"text":"<p>x{number}</p>","author":"a","created":1.7e9,"mode":1}}'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"17",
        b'"text"',
        b"{}",
        b'{"data":null}',
        b'{"comments":[1,2]}',
        b'{"feed":{"entry":[{"id":{"$t":"x"}}]}}',
        b'{"response":"Invalid API key","code":5}',
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b"[" * 100_000,
        b"(" * 100_000,
        b")" + b" " * 1_000_000 + b"(",
        b"\xff\xfe\x00",
        b"<html></html>",
    ],
    ids=lambda body: body[:20].decode("latin-1"),
)
def test_what_is_no_answer_raises_a_read_error_and_soon(body: bytes) -> None:
    start = time.process_time()
    with pytest.raises(ReadError):
        read_json_comments(body, url=URL)
    assert time.process_time() - start < 2


def test_of_a_million_comments_the_first_ten_thousand_are_read() -> None:
    body = isso(",".join(f'{{"id":{n},"text":"x","author":"a"}}' for n in range(1_000_000)))
    start = time.process_time()
    thread = read_json_comments(body, url=URL)
    assert [len(thread.comments), thread.comments[-1].publisher_id] == [10_000, "9999"]
    assert time.process_time() - start < 20  # 4 s, half of it the parser's


def test_answers_nested_400_deep_keep_their_parents() -> None:
    node = '{"comment":{"id":"%d","pid":"%s","text":"t","user":{"name":"n"}},"replies":['
    body = (
        '{"comments":['
        + "".join(node % (n, n - 1 if n > 1 else "") for n in range(1, 401))
        + "]}" * 400
        + "]}"
    )
    thread = read_json_comments(body.encode(), url=URL)
    assert [comment.depth for comment in thread.comments] == list(range(400))


def test_broken_utf_8_costs_its_letters_and_not_the_thread() -> None:
    body = isso(one(1) + "," + one(2)).replace(b"x2", b"\xc3\x28 x2")
    assert [comment.text for comment in read_json_comments(body, url=URL).comments] == ["x1", "\ufffd( x2"]


def test_values_of_wrong_types_are_not_known() -> None:
    item = {"id": [1], "parent": {}, "text": 5, "author": [], "created": "x", "mode": "2", "likes": -1}
    thread = read_json_comments(isso(json.dumps(item)), url=URL)
    (comment,) = thread.comments
    assert (comment.publisher_id, comment.author, comment.text, comment.up_votes) == (None, None, "", None)


def test_an_array_is_wordpress() -> None:
    body = b'[{"id":4,"post":1,"parent":0,"author_name":"a","content":{"rendered":"<p>t</p>"}}]'
    assert read_json_comments(body, url=URL).origin == "wordpress-rest"


def test_a_shortfall_counts_published_ones_and_of_a_merged_thread() -> None:
    first = read_json_comments(isso(one(1)), url=URL)
    second = read_json_comments(isso(one(2) + ',{"id":9,"text":"","mode":4}'), url=URL)
    assert first.shortfall == 2
    merged = merge_threads([first, second])
    assert [comment.state for comment in merged.comments].count(CommentState.DELETED) == 1
    assert merged.shortfall == 1
    assert read_json_comments(b'{"response":[]}', url=URL).shortfall is None


def test_a_comment_and_a_thread_of_an_older_archive_are_still_read() -> None:
    old = {"publisher_id": "7", "key": "7", "author": "نگار", "text": "متن", "position": 3, "depth": 0}
    comment = from_json(Comment, old)
    assert (comment.page, comment.up_votes, comment.badges, comment.state) == (
        1,
        None,
        (),
        CommentState.PUBLISHED,
    )
    thread = from_json(CommentThread, {"comments": [old], "declared_total": 2, "more": [], "origin": "rss"})
    assert (thread.pending_total, thread.rejected_total, thread.shortfall) == (None, None, 1)
    taken = replace(comment, state=CommentState.DELETED, badges=("author",))
    assert from_json(Comment, to_json(taken)) == taken
