# ruff: noqa: E501 - markup is easier to check in one line
"""A whole page to its article: what is kept, what is left out, and who says what."""

from __future__ import annotations

import html
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies
from persian_pages import (
    COMMENTS,
    LEDE,
    PARAGRAPHS,
    PLEA,
    REFERENCE,
    RELATED,
    TITLE,
    URL,
    WIDGET,
    Z,
    news_page,
)

from model import Article, BadConfigurationError, PageKind, PageRules, Reading
from pipelines import read_page
from pipelines.blocks import blocks_of
from pipelines.html import parse_html
from pipelines.outline import outline
from pipelines.text import display_text


def read(body: bytes | str, url: str = URL, **options: Any) -> Reading:
    data = body.encode() if isinstance(body, str) else body
    return read_page(data, url=url, content_type="text/html; charset=utf-8", reference=REFERENCE, **options)


def article(body: bytes | str, url: str = URL, **options: Any) -> Article:
    reading = read(body, url, **options)
    assert reading.article is not None, reading.kind_reasons
    return reading.article


def page(inner: str, head: str = "", lang: str = "fa") -> str:
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>{TITLE}</title>'
        f'<meta property="article:published_time" content="2016-10-24T14:25:00+03:30">{head}</head><body>{inner}</body></html>'
    )


TEXT = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)


@pytest.mark.parametrize("opaque", [False, True], ids=["wordpress-names", "opaque-names"])
class TestThePageModelledOnARealOne:
    def test_title_lede_and_paragraphs_are_exactly_those_of_the_article(self, opaque: bool) -> None:
        found = article(news_page(opaque=opaque))
        assert found.title == TITLE
        assert found.lede == LEDE
        assert found.paragraphs == PARAGRAPHS

    def test_no_widget_plea_form_related_list_or_comment_is_in_the_text(self, opaque: bool) -> None:
        text = "\n".join((found := article(news_page(opaque=opaque))).paragraphs) + found.lede
        for foreign in (
            WIDGET,
            *PLEA,
            *COMMENTS,
            *RELATED,
            "نظر بدهید",
            "نظرها",
            "فرم خطایی",
            "نشانی ایمیل",
            "بیشتر بخوانید",
            "به اشتراک",
            "عکس:",
        ):
            assert foreign not in text

    def test_every_zwnj_is_kept(self, opaque: bool) -> None:
        found = article(news_page(opaque=opaque))
        text = found.title + found.lede + "".join(found.paragraphs)
        assert text.count(Z) == sum(part.count(Z) for part in (TITLE, LEDE, *PARAGRAPHS)) > 10

    def test_it_is_an_article_with_its_picture(self, opaque: bool) -> None:
        reading = read(news_page(opaque=opaque))
        assert reading.kind is PageKind.ARTICLE
        assert reading.article is not None
        (image,) = reading.article.images
        assert (image.url, image.alt) == ("https://www.example.org/files/library.jpg", "نمای کتابخانه")
        assert image.caption.startswith("ساختمان تازهٔ کتابخانه")

    def test_facts_are_read_with_their_reasons(self, opaque: bool) -> None:
        found = article(news_page(opaque=opaque))
        assert found.canonical_url == f"{URL}/"
        assert found.authors == ("سارا کریمی",)
        assert found.published_raw == "2016-10-24T14:25:00+03:30"
        assert found.published_at == datetime(2016, 10, 24, 10, 55, tzinfo=UTC)
        assert found.modified_at == datetime(2016, 10, 24, 12, 30, tzinfo=UTC)
        assert (found.language, found.site_name) == ("fa-IR", "رادیو نمونه")
        reasons = dict(found.reasons)
        assert reasons["published"] == "article:published_time"
        assert reasons["authors"] == "rel author"


def test_comments_of_the_page_come_as_a_thread() -> None:
    thread = read(news_page()).thread
    assert [comment.text for comment in thread.comments] == list(COMMENTS)


def test_the_first_paragraph_that_repeats_itself_is_the_lede_once() -> None:
    found = article(page(f"<h1>{TITLE}</h1><div class=x1><p>{LEDE}</p><p>{LEDE}</p>{TEXT}</div>"))
    assert (found.lede, found.paragraphs) == (LEDE, PARAGRAPHS)


def test_a_lede_inside_the_body_is_set_apart() -> None:
    found = article(
        page(f'<h1>{TITLE}</h1><div class="entry-content"><p class="lead">{LEDE}</p>{TEXT}</div>')
    )
    assert (found.lede, found.paragraphs) == (LEDE, PARAGRAPHS)


def test_an_article_without_standfirst_has_no_lede() -> None:
    head = f'<meta name="description" content="{LEDE}">'
    found = article(page(f"<h1>{TITLE}</h1><div>{TEXT}</div>", head))
    assert (found.lede, found.paragraphs) == ("", PARAGRAPHS)


def test_headings_quotes_and_lists_in_the_text_are_paragraphs_and_captions_are_not() -> None:
    inner = (
        f"<h1>{TITLE}</h1><article><p>{PARAGRAPHS[0]}</p><h2>پیشینهٔ طرح</h2><p>{PARAGRAPHS[1]}</p>"
        f"<blockquote><p>«{PARAGRAPHS[2]}»</p></blockquote><ul><li>کتابخانهٔ باغ</li><li>کتابخانهٔ میدان</li></ul>"
        f"<figure><img src=a.jpg><figcaption>زیرنویس عکس</figcaption></figure><p>{PARAGRAPHS[3]}</p></article>"
    )
    assert article(page(inner)).paragraphs == (
        PARAGRAPHS[0],
        "پیشینهٔ طرح",
        PARAGRAPHS[1],
        f"«{PARAGRAPHS[2]}»",
        "کتابخانهٔ باغ",
        "کتابخانهٔ میدان",
        PARAGRAPHS[3],
    )


def test_line_breaks_part_lines_and_two_of_them_paragraphs() -> None:
    inner = f"<h1>{TITLE}</h1><div>{PARAGRAPHS[0]}<br><br>{PARAGRAPHS[1]}<br>{PARAGRAPHS[2]}</div>"
    assert article(page(inner)).paragraphs == (PARAGRAPHS[0], f"{PARAGRAPHS[1]}\n{PARAGRAPHS[2]}")


def test_inline_elements_neither_part_nor_join_words() -> None:
    inner = f"<h1>{TITLE}</h1><div><p>کتاب<b>خانه</b>\n <i>می{Z}</i>سازند و&zwnj;<span>پس</span>&#8204;از آن، {PARAGRAPHS[0]}</p>{TEXT}</div>"
    assert article(page(inner)).paragraphs[0].startswith(f"کتابخانه می{Z}سازند و{Z}پس{Z}از آن،")


FORMAT_CHARACTERS = [
    chr(code)
    for code in range(0x110000)
    if unicodedata.category(chr(code)) == "Cf" and not 0xD800 <= code < 0xE000
]


@pytest.mark.parametrize("spelled", ["{}", "&#{1};", "&#x{1:x};"], ids=["raw", "decimal", "hexadecimal"])
def test_no_format_character_is_lost_or_invented_by_the_tree(spelled: str) -> None:
    """Every code point of category Cf; what display_text mends afterwards is that function's own matter."""
    assert len(FORMAT_CHARACTERS) > 150
    words = [f"پیش{letter}پس" for letter in FORMAT_CHARACTERS]
    body = "".join(
        f"<p>{word} <b>{word}</b></p>"
        for word in (f"پیش{spelled.format(letter, ord(letter))}پس" for letter in FORMAT_CHARACTERS)
    )
    assert blocks(body) == [f"{word} {word}" for word in words]


def test_every_format_character_survives_reading_but_those_that_display_text_mends() -> None:
    filler = "کتابخانهٔ تازه در روزهای پایانی هفته باز است و همهٔ مردم محله می‌توانند به آن بروند."
    said = [f"{number} پیش{letter}پس، {filler}" for number, letter in enumerate(FORMAT_CHARACTERS)]
    body = f"<h1>{TITLE}</h1>" + "".join(f"<p>{html.escape(text)}</p>" for text in said)
    read = article(page(body)).paragraphs
    assert read == tuple(display_text(text, "fa") for text in said)
    kept = {letter for letter, text in zip(FORMAT_CHARACTERS, read, strict=True) if f"پیش{letter}پس" in text}
    # A soft hyphen there was a ZWNJ; U+200B and a byte order mark are nothing; half a pair of controls no pair.
    mended = {"\xad", "\u200b", "\ufeff", *map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))}
    assert set(FORMAT_CHARACTERS) - kept == mended
    assert not {letter for text in read for letter in text if unicodedata.category(letter) == "Cf"} - kept


def blocks(inner: str) -> list[str]:
    tree = outline(parse_html(f"<!doctype html><body>{inner}".encode(), "text/html").root)
    return [block.text for block in blocks_of(tree, bytearray(len(tree.nodes)))]


INLINE = ("", "b", "i", "span", "a", "font", "u")
# What HTML cannot hold (13.2.3.5, 13.2.5.1) and U+FFFD, which stands for it, are no characters of a text.
LETTERS = strategies.characters(
    exclude_categories=("Cs", "Cc", "Cn", "Zs", "Zl", "Zp"), exclude_characters="\ufffd\ufeff"
)


@given(
    strategies.lists(
        strategies.tuples(strategies.text(LETTERS, min_size=1, max_size=12), strategies.sampled_from(INLINE)),
        min_size=1,
        max_size=12,
    ),
    strategies.booleans(),
)
def test_every_visible_character_of_a_paragraph_comes_back(
    pieces: list[tuple[str, str]], referred: bool
) -> None:
    def written(text: str) -> str:
        return "".join(f"&#{ord(letter)};" for letter in text) if referred else html.escape(text)

    inner = "".join(f"<{tag}>{written(text)}</{tag}>" if tag else written(text) for text, tag in pieces)
    assert blocks(f"<p>{inner}</p>") == ["".join(text for text, _ in pieces)]


def test_zwnj_and_joiners_reach_the_paragraphs() -> None:
    word = f"می{Z}گوید ه\u200d.ش 👩\u200d👧"
    found = article(page(f"<h1>{TITLE}</h1><div><p>{word} {PARAGRAPHS[0]}</p>{TEXT}</div>"))
    assert found.paragraphs[0].startswith(word)


def test_a_printed_headline_goes_before_a_declared_one() -> None:
    head = f'<meta property="og:title" content="{TITLE} | رادیو نمونه"><meta property="og:site_name" content="رادیو نمونه">'
    inner = f"<header><h1>رادیو نمونه</h1></header><main><h2>{TITLE}</h2><div>{TEXT}</div></main>"
    found = article(page(inner, head))
    assert found.title == TITLE
    assert dict(found.reasons)["title"] == "h2, agrees with a declared title"


def test_json_ld_names_date_author_section_and_tags() -> None:
    head = """<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"WebSite","name":"نمونه"},
    {"@type":"NewsArticle","headline":"x","datePublished":"2016-10-23T10:00:00Z","author":[{"@type":"Person","name":"الف"},
    {"@type":"Person","name":"ب پ"}],"articleSection":"فرهنگ","keywords":"کتاب، شهر",
    }]}</script>"""
    found = article(page(f"<h1>{TITLE}</h1><div>{TEXT}</div>", head))
    assert found.published_at == datetime(2016, 10, 23, 10, tzinfo=UTC)
    assert found.authors == ("الف", "ب پ")
    assert (found.section, found.tags) == ("فرهنگ", ("کتاب", "شهر"))
    assert dict(found.reasons)["published"] == "JSON-LD datePublished"


def test_a_modified_date_is_never_the_published_one() -> None:
    body = page(f"<h1>{TITLE}</h1><div>{TEXT}</div>").replace("published_time", "modified_time")
    found = article(body, rules=PageRules(article_selector="h1"))
    assert found.published_at is None
    assert found.published_raw is None
    assert found.modified_at is not None


def test_a_printed_jalali_date_is_read() -> None:
    body = page(f'<h1>{TITLE}</h1><span class="date">دوشنبه ۳ آبان ۱۳۹۵</span><div>{TEXT}</div>')
    body = body.replace('<meta property="article:published_time" content="2016-10-24T14:25:00+03:30">', "")
    found = article(body, timezone="Asia/Tehran")
    assert found.published_raw == "دوشنبه ۳ آبان ۱۳۹۵"
    assert found.published_at is not None
    assert found.published_at.date().isoformat() == "2016-10-24"


@pytest.mark.parametrize(
    ("declared", "text", "language"),
    [
        ("", PARAGRAPHS[0], "fa"),
        ("", PARAGRAPHS[0].replace("ی", "ي").replace("ک", "ك"), "fa"),
        ("ar", PARAGRAPHS[0] + PARAGRAPHS[2], "fa"),
        ("", "قال المتحدث باسم البلدية إن المكتبة الجديدة ستفتح أبوابها يوم الاثنين وإن الكتب وصلت إلى المدينة.", "ar"),
        ("fa", "قال المتحدث باسم البلدية إن المكتبة الجديدة ستفتح أبوابها يوم الاثنين وإن الكتب وصلت.", "fa"),
        ("", "شہر کی نئی لائبریری پیر کے دن کھلے گی اور بچے وہاں کتابیں پڑھ سکیں گے، یہ بات ترجمان نے کہی ہے۔", "ur"),
        ("", "کتێبخانەی نوێی شار ڕۆژی دووشەممە دەکرێتەوە و منداڵان دەتوانن لەوێ کتێب بخوێننەوە و یاری بکەن.", "ckb"),
        ("", "د ښار نوی کتابتون به د دوشنبې په ورځ پرانیستل شي او ماشومان به هلته کتابونه ولولي، ویاند وویل چې ټول چمتو دي.", "ps"),
        ("ckb", "کتێبخانەی نوێی شار ڕۆژی دووشەممە دەکرێتەوە و منداڵان دەتوانن لەوێ کتێب بخوێننەوە.", "ckb"),
    ],
)  # fmt: skip
def test_the_letters_tell_the_languages_of_arabic_script(declared: str, text: str, language: str) -> None:
    inner = f"<h1>{TITLE}</h1>" + f"<p>{text}</p>" * 1 + f"<p>{text} {text}</p>"
    assert article(page(inner, lang=declared)).language == language


def test_a_language_that_cannot_write_the_text_is_not_believed() -> None:
    found = article(page(f"<h1>{TITLE}</h1><div>{TEXT}</div>", lang="en-US"))
    assert (found.language, dict(found.reasons)["language"]) == ("fa", "script of the text")


def test_a_canonical_address_of_another_site_is_not_believed() -> None:
    head = '<link rel="canonical" href="https://copy.test/x">'
    assert article(page(f"<h1>{TITLE}</h1><div>{TEXT}</div>", head)).canonical_url == URL


def test_an_infobox_named_widget_by_a_page_builder_keeps_its_text() -> None:
    inner = f'<div class="elementor-widget elementor-widget-theme-post-content"><div class="elementor-widget-container">{TEXT}</div></div>'
    assert article(page(f"<h1>{TITLE}</h1>{inner}")).paragraphs == PARAGRAPHS


def test_an_article_cut_into_chunks_by_advertisements_is_whole() -> None:
    chunks = "".join(
        f'<div class="article-body"><p>{text}</p></div><div class="ad">آگهی</div>' for text in PARAGRAPHS
    )
    assert article(page(f"<main><h1>{TITLE}</h1>{chunks}</main>")).paragraphs == PARAGRAPHS


def test_read_more_boxes_within_the_text_are_left_out() -> None:
    box = '<div class="x9"><p>بیشتر بخوانید:</p><ul><li><a href="/politics/1">خبری دیگر از شهر</a></li></ul></div>'
    inner = (
        f"<h1>{TITLE}</h1><div><p>{PARAGRAPHS[0]}</p>{box}<p>{PARAGRAPHS[1]}</p><p>{PARAGRAPHS[2]}</p></div>"
    )
    assert article(page(inner)).paragraphs == PARAGRAPHS[:3]


class TestASourcesOwnRules:
    RULES = PageRules(
        name="xx_sample/2016",
        title=".t",
        lede=".l",
        body=".b",
        remove=(".w",),
        authors=".a",
        published=".d",
        section=".s",
        tags=".k",
        article_selector=".b",
    )
    INNER = (
        f"<i class=t>عنوان</i><i class=l>پیش‌درآمد</i><i class=a>نویسنده: الف ب</i><i class=d>2016-10-24T09:00:00+03:30</i>"
        f"<i class=s>شهر</i><i class=k>یک</i><i class=k>دو</i><div class=b><p>کوتاه.</p><p class=w>نه.</p></div><div>{TEXT}</div>"
    )

    def test_they_decide_every_field(self) -> None:
        reading = read(page(self.INNER), rules=self.RULES)
        found = reading.article
        assert found is not None
        assert (found.title, found.lede, found.paragraphs) == ("عنوان", "پیش‌درآمد", ("کوتاه.",))
        assert (found.authors, found.section, found.tags) == (("الف ب",), "شهر", ("یک", "دو"))
        assert found.published_at == datetime(2016, 10, 24, 5, 30, tzinfo=UTC)
        assert reading.extractor == "mandegar/0.3 xx_sample/2016"

    def test_a_page_that_the_article_selector_does_not_match_is_none(self) -> None:
        assert read(news_page(), rules=self.RULES).kind is PageKind.OTHER

    def test_a_selector_that_is_none_is_named(self) -> None:
        with pytest.raises(BadConfigurationError) as caught:
            read(page(self.INNER), rules=PageRules(body="div[["))
        assert caught.value.setting == "body"


def test_refine_has_the_last_word() -> None:
    reading = read(news_page(), refine=lambda root, found: replace(found, title=root.tag))
    assert reading.title == "html"
