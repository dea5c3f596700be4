"""WordPress' lists of posts are read with their page counts, refusals are read errors."""

import json

import pytest

from model import ReadError
from spiders.wordpress import read_posts, rest_root_from_link_header, total_pages, with_page

URL = "https://news.example/wp-json/wp/v2/posts?page=1"
POSTS = [
    {"id": 7, "link": "https://news.example/7/", "date_gmt": "2026-11-23T07:30:00", "modified_gmt": None},
    {"id": "8", "link": "https://news.example/8/"},
    {"id": 9, "link": "/9/"},
]


def test_posts_are_read_and_odd_entries_left_out() -> None:
    found = read_posts(json.dumps(POSTS).encode(), URL, [("X-Wp-Totalpages", "3")])
    assert [(post.id, post.url) for post in found.posts] == [
        (7, "https://news.example/7/"),
        (9, "https://news.example/9/"),
    ]
    assert found.total_pages == 3
    assert str(found.posts[0].published_at) == "2026-11-23 07:30:00+00:00"


def test_notices_of_php_before_the_json_do_no_harm() -> None:
    body = b"\n<b>Deprecated</b>: strftime()\n" + json.dumps(POSTS).encode()
    assert len(read_posts(body, URL).posts) == 2


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b'{"code":"rest_cannot_access","message":"no"}', "rest_cannot_access"),
        (b"<html></html>", "no JSON"),
        (b'[{"a":1}]', "no entry"),
        (b"[" * 50_000, "no JSON"),
        (b"", "no JSON"),
    ],
)
def test_a_refusal_says_what_came_instead(body: bytes, says: str) -> None:
    with pytest.raises(ReadError, match=says):
        read_posts(body, URL)


def test_an_empty_list_is_a_list() -> None:
    assert read_posts(b"[]", URL).posts == ()


def test_page_counts_that_are_no_numbers_are_not_known() -> None:
    assert [total_pages([("X-WP-TotalPages", value)]) for value in ("x", "-1", "٣", "9" * 30)] == [None] * 4


def test_the_link_header_announces_either_form_of_the_api() -> None:
    value = '</style.css>; rel=preload, <https://n.example/?rest_route=/>; rel="https://api.w.org/"'
    assert rest_root_from_link_header(value, "https://n.example/") == "https://n.example/?rest_route=/"
    assert rest_root_from_link_header("<x>; rel=next", "https://n.example/") is None


def test_the_page_is_replaced_in_the_rest_route_form_too() -> None:
    url = "https://n.example/?rest_route=/wp/v2/comments&post=7&page=1"
    assert with_page(url, 3) == "https://n.example/?rest_route=/wp/v2/comments&post=7&page=3"
