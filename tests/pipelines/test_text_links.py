# ruff: noqa: E501 - markup is easier to check in one line
"""The links in an article's text, as they are read and as they are compared."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from persian_pages import REFERENCE

from model import Article, Link
from pipelines import compare_articles, index_text, read_page

URL = "https://paper.example/city/1"
LONG = "شهردار از گشایش کتابخانه خبر داد و گفت هزینهٔ ساخت آن را مردم محله پرداخته\u200cاند، و این را گامی بزرگ دانست."


def links(text: str, *, lede: str = "", after: str = "") -> list[tuple[str, str]]:
    page = (
        f'<!doctype html><html lang="fa"><head><title>کتابخانه</title><meta property="og:type" content="article">'
        '<meta property="article:published_time" content="2026-10-24T08:00:00Z"></head><body>'
        '<nav><a href="/">خانه</a> <a href="/city/">شهر</a></nav><main><article><h1>کتابخانه</h1>'
        f"{lede}<div class=entry-content><p>{LONG} ۱. {LONG} {LONG}</p>{text}<p>{LONG} ۲. {LONG}</p></div></article></main>{after}"
        '<footer><a href="/contact">تماس با ما</a></footer></body></html>'
    )
    read = read_page(
        page.encode(), url=URL, content_type="text/html; charset=utf-8", reference=REFERENCE, asked=True
    ).article
    assert read is not None
    assert read.links is not None
    return [(link.url, link.text) for link in read.links]


def test_a_texts_links_come_absolute_in_reading_order_with_their_words() -> None:
    assert links(
        f'<p>{LONG} <a href="/data/2.csv">داده\u200cهای شهر</a> و <a href="//other.example/a?b=c#d">گزارش\n آن</a>.</p>'
        f'<ul><li>{LONG} <a href="x/y">یکم</a></li></ul>'
    ) == [
        ("https://paper.example/data/2.csv", "داده\u200cهای شهر"),
        ("https://other.example/a?b=c", "گزارش آن"),
        ("https://paper.example/city/x/y", "یکم"),
    ]


def test_a_text_without_links_has_none_and_menus_are_not_its_own() -> None:
    assert links("") == []


@pytest.mark.parametrize(
    "inner",
    [
        '<a href="#note-1">۱</a>',
        f'<a href="{URL}#note-1">۱</a>',
        '<a href="/picture"><img src="/a.jpg" alt="سد"></a>',
        '<a href="mailto:a@paper.example">نامه</a>',
        "<a name=top>بالا</a>",
        '<a href="">همین</a>',
    ],
)
def test_what_leads_nowhere_else_or_carries_no_words_is_no_link_of_the_text(inner: str) -> None:
    assert links(f"<p>{LONG} {inner}</p>") == []


def test_the_ledes_links_come_first() -> None:
    lede = f'<p class="lede">{LONG[:60]} <a href="/first">نخست</a>.</p>'
    assert [url[-6:] for url, _ in links(f'<p>{LONG} <a href="/second">دوم</a></p>', lede=lede)] == [
        "/first",
        "second",
    ]


def test_lines_parted_by_breaks_keep_their_links_in_order() -> None:
    inner = f'{LONG} <a href="/1">یک</a><br><br>{LONG} <a href="/2">دو</a> <a href="/3">یک</a>'
    assert [url[-2:] for url, _ in links(f"<div>{inner}</div>")] == ["/1", "/2", "/3"]


def test_a_link_around_a_whole_paragraph_is_one_of_the_text() -> None:
    assert links(f'<a href="/all"><p>{LONG} ۳.</p></a>') == [("https://paper.example/all", f"{LONG} ۳.")]


@pytest.mark.parametrize("around", ["<p>{}</p>", "{}<br><br>"])
def test_thousands_of_links_are_read_in_bounds(around: str) -> None:
    lines = (around.format(f'{LONG} {n} <a href="/{n}">پیوند {n}</a>') for n in range(3_000))
    began = time.process_time()
    found = links(f"<div>{''.join(lines)}</div>")
    assert [url[22:] for url, _ in found] == [f"{n}" for n in range(2_000)]
    assert time.process_time() - began < 10


def article(*addresses: str, text: str = LONG, url: str = URL) -> Article:
    return Article(
        url=url,
        canonical_url=URL,
        title="کتابخانه",
        paragraphs=(text,),
        links=tuple(Link(url=one, text="داده") for one in addresses),
    )


def digests(one: Article) -> tuple[str, str | None]:
    made = index_text(one)
    return made.digest, made.links


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("https://data.example/1.csv", "http://www.data.example/1.csv/"),
        ("https://data.example/1.csv", "https://data.example/1.csv?utm_source=tg&utm_medium=x"),
        ("https://data.example/?id=7&fbclid=abc", "https://data.example/?id=7"),
        ("https://data.example/?id=7&fbclid=abc&x=1", "https://data.example/?id=7&x=1"),
    ],
)
def test_what_only_says_where_a_reader_came_from_is_no_change(old: str, new: str) -> None:
    assert compare_articles(article(old), article(new)).links == ()
    assert digests(article(old)) == digests(article(new))


def test_a_link_to_the_site_itself_is_the_same_at_its_mirror() -> None:
    here, there = "https://paper.example/data/1", "https://mirror.example/data/1"
    mirrored = article(there, url="https://mirror.example/city/1")
    assert compare_articles(article(here), mirrored).links == ()
    assert digests(article(here)) == digests(mirrored)
    assert digests(article(there)) != digests(mirrored)


def test_a_dataset_replaced_is_a_change_though_no_word_is() -> None:
    old, new = article("https://data.example/2025.csv"), article("https://data.example/2026.csv")
    diff = compare_articles(old, new)
    assert (diff.is_changed, diff.makes_version) == (True, True)
    assert digests(old)[0] == digests(new)[0]
    assert digests(old)[1] != digests(new)[1]


def test_links_that_nobody_read_have_no_digest() -> None:
    assert index_text(Article(url=URL, canonical_url=URL, title="x")).links is None
    assert index_text(article()).links is not None


_ADDRESSES = st.lists(
    st.sampled_from(
        [
            "https://a.example/1",
            "http://www.a.example/1/",
            "https://a.example/2?q=1",
            "https://a.example/2?q=1&utm_campaign=z",
            "https://paper.example/1",
            "https://mirror.example/1",
        ]
    ),
    max_size=5,
)


@given(old=_ADDRESSES, new=_ADDRESSES)
def test_the_digest_differs_exactly_when_the_difference_names_a_link(old: list[str], new: list[str]) -> None:
    one, other = article(*old), article(*new)
    assert (compare_articles(one, other).links != ()) == (digests(one)[1] != digests(other)[1])
