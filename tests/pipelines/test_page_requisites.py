# ruff: noqa: E501 - markup is easier to check in one line
"""What a page and its style sheets need."""

from __future__ import annotations

import pytest
from persian_pages import REFERENCE

from pipelines import css_requisites, read_page

URL = "https://www.example.org/a/"


def needs(inner: str, head: str = "") -> set[str]:
    data = f"<!doctype html><html><head>{head}</head><body>{inner}</body></html>".encode()
    found = read_page(data, url=URL, content_type="text/html; charset=utf-8", reference=REFERENCE).requisites
    assert len(found) == len(set(found))
    return {url.removeprefix(URL) for url in found}


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<link rel=stylesheet href=a.css><link rel='preload' as=style href=b.css><link rel=preload as=font href=c.woff2>", {"a.css", "b.css", "c.woff2"}),
        ("<link rel='alternate stylesheet' href=a.css><link rel=canonical href=b><link rel=preconnect href=//c.test>", {"a.css"}),
        ("<link rel='shortcut icon' href=f.ico><link rel=apple-touch-icon href=t.png>", {"f.ico", "t.png"}),
        ("<script src=//cdn.test/a.js?x=1&amp;y=2></script><script>var x</script>", {"https://cdn.test/a.js?x=1&y=2"}),
        ("<img src=a.jpg srcset='b.jpg 1x, c,d.jpg 2x'>", {"a.jpg", "b.jpg", "c,d.jpg"}),
        ("<img src='data:image/gif;base64,R0lGOD' data-src=a.jpg data-srcset='b.jpg 300w,c.jpg 600w'>", {"a.jpg", "b.jpg", "c.jpg"}),
        ("<img data-lazy-src=a.jpg><img data-original=b.jpg><noscript><img src=c.jpg></noscript>", {"a.jpg", "b.jpg", "c.jpg"}),
        ("<picture><source srcset='a.webp 1x'><img src=a.jpg></picture>", {"a.webp", "a.jpg"}),
        ("<video poster=p.jpg><source src=film.mp4></video>", {"p.jpg"}),
        ("<style>@import 'i.css'; @font-face{src:url(\"f.woff2\") format('woff2'),url(f.ttf)}</style>", {"i.css", "f.woff2", "f.ttf"}),
        ("<div style=\"background:url('b.png')\"></div><div style='background:url(&quot;c.png&quot;)'></div>", {"b.png", "c.png"}),
        ("<div data-bg='bg.jpg'></div><section data-background-image='url(x.jpg)'></section>", {"bg.jpg", "x.jpg"}),
        ("<a href=page.html>x</a><iframe src=frame.html></iframe>", set()),
    ],
)  # fmt: skip
def test_what_a_page_needs_is_found(markup: str, expected: set[str]) -> None:
    assert needs(markup) == expected
    assert needs("", markup) == expected


def test_an_imagesrcset_of_a_preload_is_found() -> None:
    assert needs("", "<link rel=preload as=image href=a.jpg imagesrcset='b.jpg 2x'>") == {"a.jpg", "b.jpg"}


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        (
            b"@import url(a.css) screen; @IMPORT \"b.css\"; p{background:URL( 'c.png' )}",
            ("a.css", "b.css", "c.png"),
        ),
        (b"/* url(a.png) */ p{x:url(b.png)} /* open url(c.png)", ("b.png",)),
        (b"p{x:url(data:image/png;base64,AA==)} q{x:url(#svg)} r{x:url()} s{x:url('')}", ()),
        (rb"p{x:url(a\ b\).png)} q{x:url('c\64 .png')}", ("a%20b).png", "cd.png")),
        (b"p{x:url('../up.png')}", ("https://www.example.org/up.png",)),
        ('@charset "utf-8";p{x:url(تصویر.png)}'.encode(), ("تصویر.png",)),
        (b"\xff\xfe\x00 p{x:url(a.png)} \x80", ("a.png",)),
        # Letters that have another length in small letters or in bytes come before.
        ("/**/İ«آ»😀{x:Url(a.png)}@NameSpace url(b.png);q{x:url('پ.png')}".encode(), ("a.png", "پ.png")),
    ],
)
def test_what_a_style_sheet_needs_is_found(css: bytes, expected: tuple[str, ...]) -> None:
    assert tuple(url.removeprefix(URL) for url in css_requisites(css, f"{URL}s.css")) == expected


@pytest.mark.parametrize("piece", [b"url(", b"url('", b"@import '", b"/*", b"url(\\", b"\\", b"@namespace "])
def test_a_hostile_style_sheet_takes_no_time(piece: bytes) -> None:
    assert css_requisites(piece * 200_000, URL) in ((), tuple(css_requisites(piece * 200_000, URL)))
