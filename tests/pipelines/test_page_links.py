# ruff: noqa: E501 - markup is easier to check in one line
"""Links, further pages, feeds, the canonical address and the WordPress number of a page."""

from __future__ import annotations

import pytest
from persian_pages import REFERENCE, front_page, news_page

from model import FeedLink, Link, Reading
from pipelines import read_page

URL = "https://www.example.org/a/b?c=d"


def read(inner: str | bytes, url: str = URL, head: str = "", body: str = "<body>") -> Reading:
    data = (
        inner
        if isinstance(inner, bytes)
        else f"<!doctype html><html><head>{head}</head>{body}{inner}</html>".encode()
    )
    return read_page(data, url=url, content_type="text/html; charset=utf-8", reference=REFERENCE)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("http://x.test/A%7e/?b&amp;c=%D8#frag", "http://x.test/A%7e/?b&c=%D8"),
        ("HTTPS://X.test", "HTTPS://X.test"),
        ("//x.test/a", "https://x.test/a"),
        ("/خبر/۱", "https://www.example.org/خبر/۱"),
        ("c.html", "https://www.example.org/a/c.html"),
        ("../c", "https://www.example.org/c"),
        ("?e=f", "https://www.example.org/a/b?e=f"),
        (" \n/x\ty ", "https://www.example.org/xy"),
        ("/a b?c d", "https://www.example.org/a%20b?c%20d"),
        ("\\x\\y?z\\", "https://www.example.org/x/y?z\\"),
        ("http:/x.test/a", "http://x.test/a"),
    ],
)
def test_a_link_is_absolute_and_spelled_as_written(written: str, meant: str) -> None:
    (link,) = read(f'<a href="{written}">متن</a>').links
    assert (link.url, link.text) == (meant, "متن")


@pytest.mark.parametrize(
    "written",
    [
        "#x",
        "",
        "javascript:void(0)",
        "mailto:a@b.test",
        "tel:1",
        "data:text/html,x",
        "http://[::1",
        "http://",
        "http://a:b/",
        "ftp://a.test/",
    ],
)
def test_what_is_no_web_address_is_no_link(written: str) -> None:
    assert read(f'<a href="{written}">x</a>').links == ()


def test_links_know_where_they_stand() -> None:
    inner = (
        "<header><a href=/h>h</a></header><nav><a href=/n>n</a></nav><main><p><a href=/m rel='nofollow ugc'>m</a></p>"
        "<aside><a href=/a>a</a></aside></main><div class='sidebar'><a href=/s>s</a></div><footer><a href=/f>f</a>"
        "<a href=/m>again</a></footer><a href=/o>o</a>"
    )
    found = {link.url[-1]: link for link in read(inner).links}
    assert {name: link.region for name, link in found.items()} == {
        "h": "nav", "n": "nav", "m": "main", "a": "aside", "s": "aside", "f": "footer", "o": "",
    }  # fmt: skip
    assert found["m"] == Link(
        url="https://www.example.org/m", text="m", rel=("nofollow", "ugc"), region="main"
    )


def test_a_picture_link_takes_the_text_of_the_title_link() -> None:
    (link,) = read("<main><a href=/x><img src=i.jpg></a><h2><a href=/x>عنوان</a></h2></main>").links
    assert link.text == "عنوان"


def test_the_base_element_rules() -> None:
    (link,) = read("<a href=x>x</a>", head="<base href='https://cdn.test/d/'>").links
    assert link.url == "https://cdn.test/d/x"


def test_numbered_pages_in_persian_digits_and_the_next_link_are_found() -> None:
    assert read(front_page(), "https://www.example.org/").next_pages == (
        "https://www.example.org/page/2/",
        "https://www.example.org/page/3/",
    )


@pytest.mark.parametrize(
    ("inner", "head", "url"),
    [
        ("", "<link rel=next href=/list/page/2>", "https://www.example.org/list/page/2"),
        ("<a rel=next href='/list?paged=2'>›</a>", "", "https://www.example.org/list?paged=2"),
        (
            "<a href='/list?page=1'>١</a><a href='/list?page=2'>٢</a>",
            "",
            "https://www.example.org/list?page=2",
        ),
        ("<a href='/list?page=2'>صفحه بعد</a>", "", "https://www.example.org/list?page=2"),
        ("<a href='/list/page/2/'>نوشته‌های قدیمی‌تر</a>", "", "https://www.example.org/list/page/2/"),
        ("<a href='/list/page/2/'>التالي »</a>", "", "https://www.example.org/list/page/2/"),
        ("<a href='/list/page/2/'>Older posts</a>", "", "https://www.example.org/list/page/2/"),
        (
            "<ul class=pagination><li><a href=/list-2.html>2</a></ul>",
            "",
            "https://www.example.org/list-2.html",
        ),
    ],
)
def test_further_pages_are_found(inner: str, head: str, url: str) -> None:
    assert read(
        inner,
        "https://www.example.org/list-1.html" if "list-2" in url else "https://www.example.org/list",
        head,
    ).next_pages == (url,)


@pytest.mark.parametrize(
    "inner",
    [
        "<a href='/list/comment-page-2/#comments'>2</a>",
        "<a href='/list?cpage=2'>۲</a>",
        "<p>در آن <a href='/note/2'>2</a> آمده</p>",
        "<a href='https://other.test/page/2/'>2</a>",
        "<a href='/list/page/1/'>1</a>",
        "<a href='/list'>2</a>",
    ],
)
def test_numbers_that_are_no_pages_are_not_followed(inner: str) -> None:
    assert read(inner, "https://www.example.org/list").next_pages == ()


def test_the_next_article_is_no_further_page_of_an_article() -> None:
    head = "<link rel=next href='https://www.example.org/politics/304513'><link rel=next href='https://www.example.org/politics/304512/2/'>"
    reading = read(news_page(head=head), "https://www.example.org/politics/304512")
    assert reading.next_pages == ("https://www.example.org/politics/304512/2/",)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("/x", "https://www.example.org/x"),
        ("http://example.org/y#z", "http://example.org/y"),
        ("https://m.example.org/x", "https://m.example.org/x"),
        ("https://example.com/x", None),
        ("https://notexample.org/x", None),
        ("javascript:1", None),
    ],
)
def test_only_the_same_site_is_believed_as_canonical(written: str, found: str | None) -> None:
    assert read("", head=f"<link rel=canonical href='{written}'>").canonical_url == found


def test_two_sites_under_one_public_suffix_are_two_sites() -> None:
    reading = read("", "https://one.github.io/a", "<link rel=canonical href='https://two.github.io/a'>")
    assert reading.canonical_url is None


def test_feeds_and_the_rest_root_are_announced() -> None:
    head = (
        "<link rel=alternate type=application/rss+xml title='نمونه » خوراک' href=/feed/>"
        "<link rel=alternate type=application/rss+xml title='نمونه » خوراک دیدگاه‌ها' href=/comments/feed/>"
        "<link rel=alternate type=application/atom+xml href=/atom.xml>"
        "<link rel='https://api.w.org/' href=/wp-json/><link rel=alternate hreflang=ar href=/ar/>"
        "<link rel=alternate type=application/rss+xml title='یک خبر' href=/a/b/feed/>"
    )
    own = "https://www.example.org/"
    assert read("", "https://www.example.org/a/b/", head, "<body class='single single-post'>").feeds == (
        FeedLink(url=f"{own}feed/", kind="feed"),
        FeedLink(url=f"{own}comments/feed/", kind="comments-feed"),
        FeedLink(url=f"{own}atom.xml", kind="feed"),
        FeedLink(url=f"{own}wp-json/", kind="wordpress-api"),
        FeedLink(url=f"{own}a/b/feed/", kind="comments-feed"),
    )


@pytest.mark.parametrize(
    ("head", "body", "number"),
    [
        ("", "<body class='single postid-12'>", 12),
        ("", "<body class='page page-id-12'>", None),
        ("<link rel=shortlink href='/?p=13'>", "<body>", 13),
        ("<link rel=alternate type=application/json href='/wp-json/wp/v2/posts/14'>", "<body>", 14),
        ("<link rel=alternate type=application/json href='/wp-json/wp/v2/pages/14'>", "<body>", None),
        ("", "<body class='postid-99999999999999999999999'>", None),
    ],
)
def test_the_wordpress_number_of_a_post_is_read(head: str, body: str, number: int | None) -> None:
    assert read("x", head=head, body=body).wordpress_post_id == number
