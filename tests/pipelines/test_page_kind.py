# ruff: noqa: E501 - markup is easier to check in one line
"""Article, listing or neither."""

from __future__ import annotations

import pytest
from persian_pages import LEDE, PARAGRAPHS, REFERENCE, RELATED, TITLE, front_page, news_page

from model import PageKind, Reading
from pipelines import read_page

TEXT = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
TEASERS = "".join(
    f'<div><h3><a href="/n/{n}">{RELATED[n % 3]} {n}</a></h3><p>{LEDE[:60]}</p></div>' for n in range(12)
)


def read(body: str | bytes, url: str) -> Reading:
    data = body.encode() if isinstance(body, str) else body
    return read_page(data, url=url, content_type="text/html", reference=REFERENCE)


def page(inner: str, *, title: str = TITLE, head: str = "", body_class: str = "") -> str:
    return f"<!DOCTYPE html><html lang=fa><head><meta charset=utf-8><title>{title}</title>{head}</head><body class='{body_class}'>{inner}</body></html>"


@pytest.mark.parametrize("schema", [True, False])
@pytest.mark.parametrize("opaque", [True, False])
def test_a_news_page_is_an_article(opaque: bool, schema: bool) -> None:
    reading = read(news_page(opaque=opaque, schema=schema), "https://www.example.org/politics/304512")
    assert (reading.kind, bool(reading.article)) == (PageKind.ARTICLE, True), reading.kind_reasons
    assert reading.kind_reasons


def test_a_short_news_item_of_two_paragraphs_is_an_article() -> None:
    inner = f"<h1>{TITLE}</h1><time datetime='2016-10-24T10:00:00+03:30'>۳ آبان</time><div><p>{PARAGRAPHS[3]}</p><p>{PARAGRAPHS[3]} دوم.</p></div>"
    assert read(page(inner), "https://www.example.org/news/98765").kind is PageKind.ARTICLE


def test_a_front_page_with_teasers_is_a_listing_wherever_it_lies() -> None:
    for url in (
        "https://www.example.org/",
        "https://www.example.org/politics/",
        "https://www.example.org/start-here",
    ):
        reading = read(front_page(), url)
        assert (reading.kind, reading.article) == (PageKind.LISTING, None), reading.kind_reasons


def test_a_section_with_a_lead_text_is_a_listing() -> None:
    inner = f"<main><h1>سیاست</h1><p>{LEDE}</p>{TEASERS}<a href='/politics/page/2/'>بعدی</a></main>"
    assert read(page(inner, title="سیاست"), "https://www.example.org/politics/").kind is PageKind.LISTING


def test_a_plain_list_of_titles_is_a_listing() -> None:
    items = "".join(f"<li><a href='{n}.html'>{RELATED[n % 3]} {n}</a></li>" for n in range(20))
    for url in ("https://www.example.org/", "https://www.example.org/l0.html"):
        assert read(page(f"<ul>{items}</ul>"), url).kind is PageKind.LISTING


def test_an_about_page_without_date_is_other() -> None:
    inner = f"<h1>درباره ما</h1><div>{TEXT}{TEXT}</div>"
    for url in (
        "https://www.example.org/about",
        "https://www.example.org/p1",
        "https://www.example.org/page-content-of-the-house/",
    ):
        assert read(page(inner, title="درباره ما"), url).kind is PageKind.OTHER


@pytest.mark.parametrize(
    ("classes", "kind"),
    [
        ("post-template-default single single-post postid-7", PageKind.ARTICLE),
        ("page-template-default page page-id-2", PageKind.OTHER),
        ("home blog wp-custom-logo", PageKind.LISTING),
        ("archive category category-3", PageKind.LISTING),
        ("archive tag tag-9", PageKind.LISTING),
        ("search search-results wp-theme-x", PageKind.LISTING),
        ("archive author author-4", PageKind.LISTING),
        ("error404 wp-theme-x", PageKind.OTHER),
    ],
)
def test_wordpress_says_it_in_the_body_class(classes: str, kind: PageKind) -> None:
    body = page(f"<h1>{TITLE}</h1><div>{TEXT}</div>", body_class=classes)
    assert read(body, "https://www.example.org/some-words-in-the-address/").kind is kind


def test_words_that_wordpress_also_uses_say_nothing_elsewhere() -> None:
    head = "<meta property=og:type content=article><meta property=article:published_time content=2016-10-24T10:00:00Z>"
    body = page(f"<h1>{TITLE}</h1><div>{TEXT}</div>", head=head, body_class="page home")
    assert read(body, "https://www.example.org/news/98765").kind is PageKind.ARTICLE


@pytest.mark.parametrize(
    "inner",
    [
        "",
        "<p></p>",
        "<form action=/login><input name=user><input name=password></form>",
        "<h1>یافت نشد</h1><p>چنین صفحه‌ای نیست.</p>",
    ],
)
def test_empty_pages_forms_and_errors_are_other(inner: str) -> None:
    assert read(page(inner, title="x"), "https://www.example.org/a").kind is PageKind.OTHER


def test_an_empty_body_is_an_empty_page() -> None:
    reading = read(b"", "https://www.example.org/a")
    assert (reading.kind, reading.links, reading.title) == (PageKind.OTHER, (), "")


GUIDE = f"<h1>{TITLE}</h1><div>{TEXT * 6}</div>"


def asked(body: str | bytes, url: str) -> PageKind:
    return read_page(
        body.encode() if isinstance(body, str) else body,
        url=url,
        content_type="text/html",
        reference=REFERENCE,
        asked=True,
    ).kind


def test_an_undated_guide_that_is_most_of_its_page_is_an_article() -> None:
    assert read(page(GUIDE), "https://www.example.org/safe-internet").kind is PageKind.ARTICLE


@pytest.mark.parametrize("title", ["درباره ما", "Our mission", "مرامنامه", "Who we are"])
def test_a_long_page_about_the_house_is_no_guide(title: str) -> None:
    inner = f"<h1>{title}</h1><div>{TEXT * 6}</div>"
    assert read(page(inner, title=title), "https://www.example.org/house").kind is PageKind.OTHER


@pytest.mark.parametrize("path", ["our-mission", "ethics", "who-we-are", "درباره-ما"])
def test_a_long_text_at_the_address_of_a_static_page_is_no_guide(path: str) -> None:
    assert read(page(GUIDE), f"https://www.example.org/{path}").kind is PageKind.OTHER


STATIC = "page-template-default page page-id-2"


def test_a_static_page_is_read_when_it_is_asked_for_and_not_in_a_crawl() -> None:
    body = page(f"<h1>{TITLE}</h1><div>{TEXT * 2}</div>", body_class=STATIC)
    url = "https://www.example.org/safe-internet/"
    assert (read(body, url).kind, asked(body, url)) == (PageKind.OTHER, PageKind.ARTICLE)


def test_a_long_text_on_a_wordpress_page_is_an_article() -> None:
    reading = read(page(GUIDE, body_class=STATIC), "https://www.example.org/safe-internet/")
    assert reading.kind is PageKind.ARTICLE


@pytest.mark.parametrize(
    ("title", "path"), [("درباره ما", "house"), (TITLE, "our-mission"), (TITLE, ""), (TITLE, "tag/x")]
)
def test_a_long_wordpress_page_of_the_house_is_none(title: str, path: str) -> None:
    body = page(f"<h1>{title}</h1><div>{TEXT * 6}</div>", title=title, body_class=STATIC)
    assert read(body, f"https://www.example.org/{path}").kind is PageKind.OTHER


def test_lists_front_pages_forms_and_errors_stay_so_when_asked_for() -> None:
    section = f"<main><h1>سیاست</h1><p>{LEDE}</p>{TEASERS}<a href='/politics/page/2/'>بعدی</a></main>"
    form = "<form action=/login><input name=user></form>"
    assert asked(front_page(), "https://www.example.org/") is PageKind.LISTING
    assert asked(page(section, title="سیاست"), "https://www.example.org/politics/") is PageKind.LISTING
    assert asked(page(GUIDE), "https://www.example.org/") is PageKind.OTHER
    assert asked(page(form, title="x"), "https://www.example.org/a") is PageKind.OTHER
    assert asked(page(GUIDE, body_class="error404"), "https://www.example.org/a") is PageKind.OTHER
