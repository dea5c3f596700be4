"""Posts of WordPress's REST API: the article as its publisher's own interface tells it."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from model import PageKind, ReadError, Reading
from pipelines import post_extractor, read_document, read_wordpress_posts

URL = "https://bagh.test/wp-json/wp/v2/posts/7?_embed"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIRST = (
    "باغ\u200cبان\u200cها از امروز درِ باغ را باز می\u200cکنند و هر هفته یک کارگاه دارند؛ "
    "ورود برای همه آزاد است."
)
SECOND = "جمعه\u200cها باغ تا غروب باز است و کودکان در کنار حوض کتاب می\u200cخوانند."
POST: dict[str, Any] = {
    "id": 7,
    "date": "2026-11-20T11:30:00",
    "date_gmt": "2026-11-20T08:00:00",
    "modified": "2026-11-21T11:30:00",
    "modified_gmt": "2026-11-21T08:00:00",
    "status": "publish",
    "type": "post",
    "link": "https://bagh.test/1405/bagh/",
    "title": {"rendered": "باغ &#8211; <em>در</em> باز"},
    "content": {
        "rendered": f'<p>{FIRST}</p>\n<figure><img src="/a.jpg" alt="حوض">'
        "<figcaption>حوض باغ</figcaption></figure>"
        f'\n<p>{SECOND} <a href="/2/">بیشتر</a></p></div></div><p>پایان.</p>',
        "protected": False,
    },
    "excerpt": {"rendered": f"<p>{FIRST[:60]} [&hellip;]</p>"},
    "_embedded": {
        "author": [{"id": 3, "name": "نگار &amp; پویا"}],
        "wp:term": [
            [{"taxonomy": "category", "name": "شهر"}],
            [{"taxonomy": "post_tag", "name": "باغ"}, {"taxonomy": "post_tag", "name": "کتاب"}],
        ],
        "wp:featuredmedia": [
            {"source_url": "https://bagh.test/b.jpg", "alt_text": "در", "caption": {"rendered": "<p>در</p>"}}
        ],
        "replies": [
            [
                {"id": 5, "parent": 0, "author_name": "کاوه", "date": "2026-11-20T12:00:00",
                 "content": {"rendered": "<p>چه خوب.</p>"}, "link": "https://bagh.test/1405/bagh/#comment-5",
                 "type": "comment"},
                {"id": 6, "parent": 5, "author_name": "سارا", "date": "2026-11-20T12:10:00",
                 "content": {"rendered": "<p>می\u200cآییم.</p>"}, "type": "comment"},
            ]
        ],
    },
}  # fmt: skip


def read(url: str = URL, *, asked: bool = False, **changed: Any) -> Reading:
    body = json.dumps({**POST, **changed}).encode()
    return read_document(
        body, url=url, content_type="application/json; charset=UTF-8", reference=NOW, asked=asked
    )


def test_a_post_is_read_whole_with_the_reason_of_every_field() -> None:
    reading = read()
    article = reading.article
    assert article is not None
    assert (reading.kind, reading.wordpress_post_id, reading.extractor) == (
        PageKind.ARTICLE,
        7,
        post_extractor(),
    )
    assert (article.title, article.lede) == ("باغ – در باز", "")
    assert article.paragraphs == (FIRST, f"{SECOND} بیشتر", "پایان.")
    assert (article.url, article.canonical_url) == (URL, "https://bagh.test/1405/bagh/")
    assert article.authors == ("نگار & پویا",)
    assert (article.section, article.tags, article.language) == ("شهر", ("باغ", "کتاب"), "fa")
    assert (article.published_raw, article.published_at) == (
        "2026-11-20T08:00:00", datetime(2026, 11, 20, 8, tzinfo=UTC)
    )  # fmt: skip
    assert article.modified_at == datetime(2026, 11, 21, 8, tzinfo=UTC)
    assert [(one.url, one.alt, one.caption) for one in article.images] == [
        ("https://bagh.test/b.jpg", "در", "در"), ("https://bagh.test/a.jpg", "حوض", "حوض باغ")
    ]  # fmt: skip
    reasons = dict(article.reasons)
    assert set(reasons) == {
        "paragraphs", "language", "title", "published", "modified", "canonical_url", "images", "authors",
        "section", "tags",
    }  # fmt: skip
    assert reasons["published"] == "WordPress REST: date_gmt"
    assert [link.url for link in reading.links] == ["https://bagh.test/2/"]
    assert [(one.kind, one.url) for one in reading.feeds] == [("wordpress-api", "https://bagh.test/wp-json/")]


def test_the_comments_embedded_in_it_are_read_with_their_parents() -> None:
    thread = read().thread
    assert [(one.publisher_id, one.parent_id, one.author, one.text) for one in thread.comments] == [
        ("5", None, "کاوه", "چه خوب."), ("6", "5", "سارا", "می\u200cآییم.")
    ]  # fmt: skip
    assert (thread.declared_total, thread.more) == (None, ())


@pytest.mark.parametrize(
    ("excerpt", "lede"),
    [
        (
            "<p>همه\u200cی شهر به باغ می\u200cآیند؛ گزارش روز نخست.</p>",
            "همه\u200cی شهر به باغ می\u200cآیند؛ گزارش روز نخست.",
        ),
        (f"<p>{SECOND}</p>", SECOND),
        (f"<p>{FIRST[:70]}&hellip;</p>", ""),
        (f"<p>{FIRST[:70]}</p>", ""),
        ("", ""),
    ],
)
def test_an_excerpt_is_the_lede_when_somebody_wrote_it(excerpt: str, lede: str) -> None:
    text = f"<p>{SECOND}</p><p>{FIRST}</p>" if SECOND in excerpt else POST["content"]["rendered"]
    article = read(excerpt={"rendered": excerpt}, content={"rendered": text, "protected": False}).article
    assert article is not None
    assert article.lede == lede
    assert not lede or lede not in article.paragraphs


def test_what_it_says_twice_and_differently_is_kept_twice() -> None:
    name = "article_published_time"
    article = read(yoast_head_json={name: "2026-11-01T08:00:00+00:00"}).article
    assert article is not None
    assert [(one.field, one.chosen, one.other, one.other_source) for one in article.disagreements] == [
        ("published", "2026-11-20T08:00:00", "2026-11-01T08:00:00+00:00", f"yoast_head_json {name}")
    ]  # fmt: skip
    same = read(yoast_head_json={name: "2026-11-20T11:30:00+03:30"}).article
    assert same is not None
    assert same.disagreements == ()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"status": "draft"}, "not published"),
        ({"content": {"rendered": "", "protected": True}}, "password"),
        ({"content": {"rendered": "", "protected": False}}, "no text"),
        ({"type": "page"}, "its type is page"),
    ],
)
def test_what_is_no_published_article_says_why(changed: dict[str, Any], why: str) -> None:
    reading = read(**changed)
    assert (reading.kind, reading.article) == (PageKind.OTHER, None)
    assert why in reading.kind_reasons[0]
    assert (read(asked=True, **changed).article is not None) == ("type" in changed)


def test_values_of_wrong_types_are_not_known() -> None:
    odd = {
        "date_gmt": 5, "date": None, "modified_gmt": "0000-00-00T00:00:00", "modified": [], "excerpt": 3,
        "_embedded": {"author": [{"code": "rest_user_invalid_id"}], "wp:term": [5, [None]], "replies": [3]},
        "yoast_head_json": [], "lang": 4, "link": "https://elsewhere.test/x/",
    }  # fmt: skip
    article = read(**odd).article
    assert article is not None
    assert (article.published_at, article.authors, article.canonical_url) == (None, (), URL)


def test_of_a_list_each_is_read_and_the_list_leads_to_them() -> None:
    body = json.dumps([POST, {**POST, "id": 8, "link": "https://bagh.test/1405/two/"}]).encode()
    url = "https://bagh.test/wp-json/wp/v2/posts"
    first, second = read_wordpress_posts(body, url=url, reference=NOW)
    assert first.article is not None
    assert second.canonical_url == "https://bagh.test/1405/two/"
    listing = read_document(body, url=url, content_type="application/json", reference=NOW)
    assert (listing.kind, [link.url for link in listing.links]) == (
        PageKind.LISTING, ["https://bagh.test/1405/bagh/", "https://bagh.test/1405/two/"]
    )  # fmt: skip
    one = read_document(json.dumps([POST]).encode(), url=url, content_type=None, reference=NOW)
    assert one.article is not None


def test_the_bytes_tell_a_page_from_a_post_from_comments() -> None:
    page = f"<html><body><article><h1>باغ</h1><p>{FIRST}</p></article></body></html>".encode()
    served_wrong = read_document(page, url=URL, content_type="text/html", reference=NOW)
    assert served_wrong.title == "باغ"
    comments = b'[{"id":1,"post":7,"content":{"rendered":"<p>x</p>"}}]'
    reading = read_document(comments, url=URL, content_type="text/html", reference=NOW)
    assert (reading.kind, len(reading.thread.comments), reading.article) == (PageKind.OTHER, 1, None)


@pytest.mark.parametrize(
    "body",
    [
        b'{"code":"rest_post_invalid_id","message":"x","data":{"status":404}}',
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"id":1,"title":{"rendered":"x"},"content":{"rendered":5},"link":"x"}',
    ],
    ids=["refused", "empty", "broken", "deep", "wrong"],
)
def test_what_is_no_post_raises_a_read_error_or_is_an_empty_thread(body: bytes) -> None:
    with pytest.raises(ReadError):
        read_wordpress_posts(body, url=URL, reference=NOW)


def test_a_post_made_to_break_its_reader_costs_little() -> None:
    start = time.process_time()
    deep = read(content={"rendered": "<div>" * 100_000 + FIRST, "protected": False})
    assert deep.extractor == post_extractor()
    read(title={"rendered": "<b>" * 100_000}, excerpt={"rendered": "<p>" * 100_000})
    assert time.process_time() - start < 5
