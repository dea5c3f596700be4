"""Comments from answers of WordPress's REST API."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from model import ReadError
from pipelines.comments import read_wordpress_comments, read_wordpress_comments_by_post

URL = "https://rooznameh.test/wp-json/wp/v2/comments?post=7&per_page=2&order=asc"


def item(number: int, *, post: int = 7, parent: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "post": post,
        "parent": parent,
        "author": 0,
        "author_name": "نگار &amp; پویا",
        "author_url": "",
        "date": f"2026-10-01T11:{number:02}:00",
        "date_gmt": f"2026-10-01T07:{number:02}:00",
        "content": {"rendered": f"<p>می\u200cآیم<br />\nبا {number} نفر</p>\n<p>بدرود &#8230;</p>\n"},
        "link": f"https://rooznameh.test/news/{post}/#comment-{number}",
        "status": "approved",
        "type": "comment",
        **more,
    }


def body(*items: dict[str, Any]) -> bytes:
    return json.dumps(items).encode()


def test_an_answer_gives_the_true_parents_and_gmt_dates() -> None:
    got = read_wordpress_comments(body(item(1), item(2, parent=1), item(3, parent=2)), url=URL)
    assert got.origin == "wordpress-rest"
    assert [(c.publisher_id, c.parent_id, c.depth, c.position) for c in got.comments] == [
        ("1", None, 0, 0),
        ("2", "1", 1, 1),
        ("3", "2", 2, 2),
    ]
    first = got.comments[0]
    assert (first.author, first.text) == ("نگار & پویا", "می\u200cآیم\nبا 1 نفر\n\nبدرود …")
    assert (first.published_raw, first.published_at) == (
        "2026-10-01T07:01:00",
        datetime(2026, 10, 1, 7, 1, tzinfo=UTC),
    )
    assert first.url == "https://rooznameh.test/news/7/#comment-1"


def test_headers_tell_total_and_pages() -> None:
    headers = ((b"X-WP-Total", b"5"), (b"x-wp-totalpages", b"3"))
    got = read_wordpress_comments(body(item(3), item(4)), url=URL + "&page=2", headers=headers)
    assert got.declared_total == 5
    assert [c.position for c in got.comments] == [2, 3]
    assert [url.rpartition("&")[2] for url in got.more] == ["page=1", "page=3"]
    assert all("post=7" in url and "order=asc" in url for url in got.more)


def test_the_newest_first_answer_of_the_api_is_read_oldest_first_with_positions_to_match() -> None:
    url = "https://rooznameh.test/wp-json/wp/v2/comments?post=7&per_page=2"
    got = read_wordpress_comments(body(item(5), item(4)), url=url, headers=((b"X-WP-Total", b"5"),))
    assert [(c.publisher_id, c.position) for c in got.comments] == [("4", 3), ("5", 4)]


def test_without_headers_a_full_page_has_a_next_one_and_a_short_one_has_not() -> None:
    assert read_wordpress_comments(body(item(1), item(2)), url=URL).more == (URL + "&page=2",)
    assert read_wordpress_comments(body(item(1)), url=URL).more == ()


def test_a_link_header_names_the_next_page() -> None:
    link = (
        (
            b"Link",
            b'<https://rooznameh.test/x?page=1>; rel="prev", <https://rooznameh.test/x?page=3>; rel="next"',
        ),
    )
    assert read_wordpress_comments(body(item(1)), url=URL, headers=link).more == (
        "https://rooznameh.test/x?page=3",
    )


def test_pings_and_what_is_not_approved_are_left_out() -> None:
    got = read_wordpress_comments(
        body(item(1, type="pingback"), item(2, status="hold"), item(3, type="trackback"), item(4)), url=URL
    )
    assert [c.publisher_id for c in got.comments] == ["4"]


def test_an_answer_about_several_posts_is_parted_and_states_no_total() -> None:
    url = "https://rooznameh.test/wp-json/wp/v2/comments?per_page=100"
    headers = ((b"X-WP-Total", b"3"), (b"X-WP-TotalPages", b"1"))
    got = read_wordpress_comments_by_post(
        body(item(3, post=9), item(2, post=7, parent=1), item(1)), url=url, headers=headers
    )
    assert {post: [c.publisher_id for c in thread.comments] for post, thread in got.items()} == {
        9: ["3"],
        7: ["1", "2"],
    }
    assert {thread.declared_total for thread in got.values()} == {None}


def test_a_parent_that_the_answer_does_not_hold_is_kept() -> None:
    (only,) = read_wordpress_comments(body(item(8, parent=3)), url=URL).comments
    assert (only.parent_id, only.depth) == ("3", 0)


def test_an_empty_array_is_no_comment_and_no_error() -> None:
    got = read_wordpress_comments(b"[]", url=URL, headers=((b"X-WP-Total", b"0"), (b"X-WP-TotalPages", b"0")))
    assert (got.comments, got.declared_total, got.more) == ((), 0, ())
    assert read_wordpress_comments_by_post(b"\xef\xbb\xbf[]", url=URL) == {}


MALFORMED = {
    "html": b"<!DOCTYPE html><title>403</title>",
    "cut": body(item(1))[:-40],
    "refused": '{"code":"rest_forbidden","message":"اجازه ندارید","data":{"status":401}}'.encode(),
    "an object": b'{"comments": []}',
    "numbers": b"[1, 2]",
    "posts": b'[{"id": 7, "title": {"rendered": "x"}}]',
    "deep": b"[" * 200_000,
    "bytes": b"\xff\xfe\x00",
    "empty": b"",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_answer_raises(name: str) -> None:
    with pytest.raises(ReadError):
        read_wordpress_comments(MALFORMED[name], url=URL)


def test_fields_of_wrong_types_are_not_known_and_raise_nothing() -> None:
    odd = item(1, author_name=None, date_gmt=5, date=None, link=["x"], parent="3", content={"rendered": None})
    got = read_wordpress_comments(body(odd, item(2, content="x"), item(3, id=True)), url=URL)
    (only,) = got.comments
    assert (only.author, only.published_at, only.url, only.parent_id, only.text) == (
        None,
        None,
        None,
        None,
        "",
    )
