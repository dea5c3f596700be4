"""JSON of comments with any value in the place of any other: read, or refused with a ReadError."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from model import ReadError
from pipelines import (
    merge_threads,
    read_json_comments,
    read_page,
    read_wordpress_comments,
    read_wordpress_comments_by_post,
)

URL = "https://news.example/api?post=7&per_page=100&page=1&offset=0"
NODE = {"id": "1", "body": "متن", "createdAt": "2026-01-01T00:00:00Z", "author": {"username": "نام"}}
POST = {"id": "1", "parent": 2, "author": {"name": "نام"}, "message": "<p>x</p>", "createdAt": "2026-01-01"}
SPOKEN = {"@type": "Comment", "@id": "#comment-1", "text": "متن", "author": {"name": "نام"}, "url": "/a"}
# Any: JSON as services write it, to be made wrong.
SAMPLES: dict[str, Any] = {
    "wordpress": [
        {
            "id": 1,
            "post": 7,
            "parent": 0,
            "author_name": "نام",
            "date_gmt": "2026-01-01T00:00:00",
            "content": {"rendered": "<p>متن</p>"},
            "link": "https://news.example/7/#comment-1",
            "status": "approved",
            "type": "comment",
        }
    ],
    "isso": {
        "id": None,
        "total_replies": 2,
        "hidden_replies": 1,
        "replies": [
            {
                "id": 1,
                "text": "متن",
                "created": 1.7e9,
                "mode": 1,
                "likes": 1,
                "hidden_replies": 3,
                "replies": [],
            }
        ],
    },
    "disqus": {"cursor": {"hasNext": True, "next": "1:0:0"}, "response": [POST]},
    "disqus embedded": {"response": {"thread": {"author": "7", "posts": 3}, "posts": [POST]}},
    "remark42": {
        "comments": [{"comment": {"id": "a", "pid": "", "user": {"name": "نام"}, "score": 3}, "replies": []}],
        "info": {"count": 1},
    },
    "blogger": {
        "feed": {
            "openSearch$totalResults": {"$t": "1"},
            "link": [{"rel": "next", "href": "https://news.example/n"}],
            "entry": [{"id": {"$t": "post-2"}, "author": [{"name": {"$t": "نام"}}], "thr$in-reply-to": {}}],
        }
    },
    "coral": {"data": {"story": {"commentCounts": {"totalPublished": 3}, "edges": [{"node": NODE}]}}},
    "JSON-LD": {
        "@graph": [
            {"@type": "NewsArticle", "commentCount": 3, "headline": "خبر", "comment": [SPOKEN]},
            {"@type": "BreadcrumbList", "itemListElement": [{"position": 1, "item": {"name": "x"}}]},
        ]
    },
}
WRONG = [
    None,
    True,
    -1,
    2**64,
    1e308,
    float("inf"),
    float("nan"),
    "",
    "\ud800",
    "۱" * 5000,
    "²",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "http://[",
    "&#x110000;",
    [],
    {},
    [[None]],
    {"$t": []},
    {"name": [{}], "@type": [{}], "@id": 5},
]


def puts(value: Any, wrong: Any) -> Iterator[Any]:
    """Yield the value with the wrong one in the place of each part of it."""
    yield wrong
    if isinstance(value, dict):
        for name, part in value.items():
            yield from ({**value, name: changed} for changed in puts(part, wrong))
    elif isinstance(value, list):
        for at, part in enumerate(value):
            yield from ([*value[:at], changed, *value[at + 1 :]] for changed in puts(part, wrong))


def read(sample: str, body: bytes, url: str = URL) -> None:
    if sample == "JSON-LD":
        page = b"<h1>x</h1><script type='application/ld+json'>%b</script>" % body
        read_page(page, url=url, content_type="text/html", reference=datetime(2026, 12, 1, tzinfo=UTC))
        return
    thread = read_json_comments(body, url=url)
    merge_threads([thread, thread])
    if sample == "wordpress":
        read_wordpress_comments_by_post(body, url=url)


@pytest.mark.parametrize("sample", SAMPLES)
def test_any_value_in_any_place_is_read_or_refused(sample: str) -> None:
    refused = tried = 0
    for wrong in WRONG:
        for value in puts(SAMPLES[sample], wrong):
            tried += 1
            try:
                read(sample, json.dumps(value).encode())
            except ReadError:
                refused += 1
    assert refused < tried / 2  # one broken value must not cost the thread


@pytest.mark.parametrize("sample", [name for name in SAMPLES if name != "JSON-LD"])
@pytest.mark.parametrize("number", ["9" * 5000, "²", "-1", "\ud800"])
def test_numbers_in_the_address_may_be_anything(sample: str, number: str) -> None:
    url = f"https://news.example/api?post={number}&per_page={number}&page={number}&offset={number}"
    read(sample, json.dumps(SAMPLES[sample]).encode(), url)


def test_headers_that_are_no_numbers_tell_nothing() -> None:
    headers = ((b"X-WP-Total", b"9" * 5000), (b"X-WP-TotalPages", b"\xb2"), (b"Link", b"<" * 20_000))
    thread = read_wordpress_comments(json.dumps(SAMPLES["wordpress"]).encode(), url=URL, headers=headers)
    assert (thread.declared_total, thread.more) == (None, ())
