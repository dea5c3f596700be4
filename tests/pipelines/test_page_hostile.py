# ruff: noqa: E501 - markup is easier to check in one line
"""Pages made to break their reader, and bodies that are no pages."""

from __future__ import annotations

import time

import pytest
from persian_pages import PARAGRAPHS, REFERENCE, TITLE, Z

from model import ReadError, Reading
from pipelines import read_page


def read(body: bytes, content_type: str | None = "text/html") -> Reading:
    return read_page(
        body, url="https://www.example.org/a/1234", content_type=content_type, reference=REFERENCE
    )


@pytest.mark.parametrize(
    "body",
    [
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj <</Type /Catalog>> endobj",
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"GIF89a" + bytes(50),
        b"\xff\xd8\xff\xe0" + bytes(50),
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"PK\x03\x04" + bytes(50),
        b"\x1f\x8b\x08" + bytes(range(256)),
        bytes(range(256)) * 20,
        b"<?xml version='1.0'?><rss version='2.0'><channel/></rss>",
        b"<feed xmlns='http://www.w3.org/2005/Atom'></feed>",
        b"\n<?xml version='1.0'?><!-- x --><urlset></urlset>",
        b'{"a": "<p>b</p>"}'.replace(b"<p>b</p>", b"b"),
    ],
)
def test_what_is_no_html_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(ReadError, match="this is no HTML"):
        read(body)


@pytest.mark.parametrize(
    "content_type", ["image/png", "application/pdf", "application/json", "text/css", "video/mp4"]
)
def test_a_body_declared_as_something_else_is_no_page(content_type: str) -> None:
    with pytest.raises(ReadError):
        read(b"<html><body><p>x</p></body></html>", content_type)


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/html", "application/xhtml+xml", "text/plain", "application/octet-stream", "TEXT/HTML;x"],
)
def test_a_page_under_a_vague_type_is_read(content_type: str | None) -> None:
    assert read(b"<!DOCTYPE html><html><body><a href=/x>x</a></body></html>", content_type).links


def nested(depth: int, tag: str = "div") -> bytes:
    return f"<{tag}>".encode() * depth + PARAGRAPHS[0].encode() + f"</{tag}>".encode() * depth


H1 = b"<h1>abc def</h1>"
HOSTILE = {
    "100,000 nested elements": nested(100_000),
    "nested inline elements": nested(100_000, "b"),
    "nested tables": b"<table><tr><td>" * 30_000,
    "nested lists": b"<ul><li>" * 50_000,
    "nested links and headings": b"<a href=x><h1>" * 50_000,
    "unclosed paragraphs": b"<p>x" * 300_000,
    "a million breaks": b"<p>x" + b"<br>" * 1_000_000,
    "an attribute of 10 MB": b"<p class='" + b"a b-" * 2_500_000 + b"'>x</p>",
    "a style of 10 MB": b"<p style='" + b"url(" * 2_500_000 + b"'>x</p>",
    "a srcset of 10 MB": b"<img srcset='" + b"a, " * 3_300_000 + b"'>",
    "a text of 100 MB": b"<p>" + b"word " * 20_000_000,
    "100,000 attributes": b"<p " + b" ".join(b"a%d=1" % n for n in range(100_000)) + b">x</p>",
    "255 attributes on each element": (b"<p" + b" a" * 255 + b">x") * 8_000,
    "names of elements without end": (b"<a" + b"x" * 30) * 100_000,
    "no-break spaces in a title": "<title>{0}</title><h1>{0}</h1>".format("\u00a0" * 200_000).encode(),
    "no-break spaces in headings": ("<h2>نظرات" + "\u00a0" * 290 + "</h2>").encode() * 500,
    "no-break spaces in a name": (
        "<li id=comment-1 class=comment><b class=fn>" + "\u00a0x" + "\u00a0" * 200_000
    ).encode()
    + b"</b><div class=comment-content>x</div></li>",
    "marks on a letter": H1 + b"<p>a" + "\u0301\u0327".encode() * 500_000,
    "a million NULs": b"<html><body><p>x" + b"<b>\0</b>" * 100_000,
    "white space without end": b"<p>a" + b" " * 5_000_000 + b"b</p>",
    "line feeds in names": b"<p class='" + b"\n" * 1_000_000 + b"x'>y</p>",
    "entities of entities": b"<!DOCTYPE html [<!ENTITY a 'xxxxxxxxxx'>"
    + b"".join(b"<!ENTITY b%d '&b%d;&b%d;&b%d;'>" % (n + 1, n, n, n) for n in range(40))
    + b"]><html><body><p>&b40;&a;</p></body></html>",
    "an external entity": b"<!DOCTYPE html [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><p>&a;</p><a href=/x>&a;</a>",
    "JSON-LD nested": b"<script type='application/ld+json'>" + b"[" * 200_000 + b"]" * 200_000 + b"</script>",
    "JSON-LD with a huge number": b'<script type=\'application/ld+json\'>{"@type":"NewsArticle","datePublished":'
    + b"9" * 100_000
    + b"}</script>",
    "JSON-LD of wrong types": b'<script type=\'application/ld+json\'>{"@type":[1,{}],"@graph":{"a":[null]},"author":[[1]]}</script>'
    b'<script type=\'application/ld+json\'>{"@type":"NewsArticle","headline":{"a":1},"author":[[],{"name":[{}]}],'
    b'"keywords":{},"articleSection":7,"publisher":[3],"mainEntityOfPage":[],"inLanguage":{}}</script>'
    b'<script type=\'application/ld+json\'>{"@type":"BreadcrumbList","itemListElement":5}</script>',
    "a comment that never ends": b"<p>x</p><!--" + b"-" * 5_000_000,
    "tags cut in the middle": b'<html><body><p>x</p><a href="/y',
    "less-than signs": b"<p>" + b"<" * 2_000_000,
    "broken UTF-8": b"<p>" + b"\xd8\xff\xc0\x80\xed\xa0\x80" * 50_000 + b"</p>",
    "quoted meta without end": b"<meta " * 200_000,
    "links without end": b"".join(b"<a href='/page/%d/'>%d</a>" % (n, n) for n in range(60_000)),
    "lists of labels": ("<p>بیشتر بخوانید " + "> " * 100_000 + "</p>").encode(),
    "separators in the title": (
        "<title>" + " | " * 200_000 + "</title><h1>" + " - " * 200_000 + "</h1>"
    ).encode(),
    "commas in keywords": b"<meta name=keywords content='" + b" , " * 6_000 + b"'><h1>x</h1>",
    "deep microdata": b"<div itemscope itemtype=http://schema.org/NewsArticle itemprop=author>" * 2_000
    + b"x",
    "headings in plenty": b"<h1>abc def</h1>" * 50_000,
    "articles in plenty": b"<div class=article-body><p>some words, and more of them, in a row.</p></div>"
    * 20_000,
    "long articles in plenty": b"<div class=article-body><p>some words, and more of them, in a row: so many that they count "
    b"as running text, which a list of labels never does.</p></div>" * 20_000,
    "pictures in plenty": b"<figure>" + b"<img src=a.jpg class=x>" * 90_000,
    "links far down": b"<div>" * 1_900 + b"<a href=/page/2/>2</a>" * 50_000,
    "comments before the root": b"<!--" + b"--><!--" * 2_000 + b"--><html><body>x",
    "white space of another kind": (
        "<meta name=author content='"
        + "\u00a0" * 15_000
        + "'><meta property=og:title content='"
        + "\u00a0" * 15_000
        + "'><meta name=keywords content='"
        + "\u00a0" * 15_000
        + "'><h1>x</h1>"
    ).encode(),
    "JSON-LD of white space": b"<script type='application/ld+json'>{x" + b" " * 1_500_000 + b"x</script>",
    "furniture in furniture": b"<div class=sidebar><p class=widget>" * 1_000 + b"<b>some words</b>" * 40_000,
    "nested bodies": b"<div class=article-body>some words, and more of them, in a row. " * 2_000,
    "names of comments in a class of 8 MB": H1 + b"<div class='" + b"comment " * 1_000_000 + b"'>x</div>",
    "a count in superscript": H1 + "<h3>نظرها</h3><meta itemprop=commentCount content=²>".encode(),
    "dates in plenty": b"<span class=date>99 xx 9999</span>" * 50_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_is_read_or_refused_in_bounded_time(name: str) -> None:
    started = time.process_time()
    try:
        read(HOSTILE[name])
    except ReadError as error:
        assert "no HTML" in str(error)  # noqa: PT017
    # Generous: the slowest takes about a second and a half; quadratic work on these would take minutes.
    assert time.process_time() - started < 15


def test_an_external_entity_is_never_read() -> None:
    assert "root" not in repr(read(HOSTILE["an external entity"]))


def test_nul_bytes_vanish_from_the_text() -> None:
    body = f"<html><body><a href=/x>می{Z}\0گوید</a></body></html>".encode()
    assert read(body).links[0].text == f"می{Z}گوید"


def test_what_lies_beyond_the_bound_is_said_to_be_unread() -> None:
    reading = read(HOSTILE["a text of 100 MB"])
    assert reading.kind_reasons[-1] == "the page was too large and was read in part"


def test_deep_nesting_that_careless_markup_makes_is_read() -> None:
    body = (
        f"<h1>{TITLE}</h1>".encode()
        + b"<font>" * 1_500
        + f"<p>{PARAGRAPHS[0]}</p><a href=/x>متن</a>".encode()
    )
    assert [link.text for link in read(body).links] == ["متن"]
