# ruff: noqa: E501 - markup is easier to check in one line
"""What a page says twice and differently is kept twice, each with its source."""

from __future__ import annotations

import json

from persian_pages import PARAGRAPHS, REFERENCE, TITLE

from model import Article, Disagreement, from_json, to_json
from pipelines import read_page

TEXT = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
URL = "https://www.example.org/news/98765"


def article(head: str, inner: str = "", url: str = URL) -> Article:
    body = f"<!DOCTYPE html><html lang=fa><head><meta charset=utf-8><title>{TITLE}</title>{head}</head><body><h1>{TITLE}</h1>{inner}<div>{TEXT}</div></body></html>"
    reading = read_page(body.encode(), url=url, content_type="text/html", reference=REFERENCE)
    assert reading.article is not None, reading.kind_reasons
    return reading.article


def jsonld(**facts: object) -> str:
    return f"<script type=application/ld+json>{json.dumps({'@type': 'NewsArticle', **facts})}</script>"


def meta(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


PUBLISHED = meta("article:published_time", "2016-10-24T14:25:00+03:30")


def test_a_page_that_agrees_with_itself_has_none() -> None:
    head = (
        jsonld(
            headline=TITLE,
            datePublished="2016-10-24T10:55:00Z",
            author={"@type": "Person", "name": "سارا کریمی"},
            url=f"{URL}/",
        )
        + PUBLISHED
        + meta("og:title", f"{TITLE} | رادیو نمونه")
        + meta("og:site_name", "رادیو نمونه")
        + meta("og:url", URL.replace("https", "http"))
        + f'<link rel=canonical href="{URL}"><meta name=author content="سارا کریمی">'
    )
    assert article(head, "<time datetime=2016-10-24>۳ آبان</time>").disagreements == ()


def test_each_contradiction_names_both_values_and_both_sources_the_chosen_first() -> None:
    other = "سه کتابخانه که شهرداری به وعده‌اش وفا نکرد"
    found = article(
        jsonld(headline=other, datePublished="2016-10-20T08:00:00Z", author="مریم رضایی")
        + PUBLISHED
        + '<meta name=author content="سارا کریمی">'
        + f'<link rel=canonical href="{URL}">'
        + meta("og:url", "https://www.example.org/news/11111")
    )
    assert found.title == TITLE
    by_field = {entry.field: entry for entry in found.disagreements}
    assert by_field == {
        "title": Disagreement(field="title", chosen=TITLE, chosen_source=dict(found.reasons)["title"], other=other, other_source="JSON-LD headline"),
        "authors": Disagreement(field="authors", chosen="مریم رضایی", chosen_source="JSON-LD author", other="سارا کریمی", other_source="meta author"),
        "published": Disagreement(field="published", chosen="2016-10-20T08:00:00Z", chosen_source="JSON-LD datePublished", other="2016-10-24T14:25:00+03:30", other_source="article:published_time"),
        "canonical": Disagreement(field="canonical", chosen=URL, chosen_source="link canonical", other="https://www.example.org/news/11111", other_source="og:url"),
    }  # fmt: skip


def test_a_canonical_address_of_another_site_is_told_and_not_taken() -> None:
    found = article(PUBLISHED + '<link rel=canonical href="https://mirror.test/x">')
    assert found.canonical_url == URL
    assert [(entry.field, entry.other) for entry in found.disagreements] == [
        ("canonical", "https://mirror.test/x")
    ]


def test_a_time_shown_beside_another_declared_is_told() -> None:
    found = article(PUBLISHED, "<time datetime=2016-11-24T14:25:00+03:30>۴ آذر</time>")
    assert [(entry.field, entry.other_source) for entry in found.disagreements] == [
        ("published", "time[datetime]")
    ]


def test_one_of_two_authors_and_a_day_without_clock_contradict_nothing() -> None:
    found = article(
        jsonld(author=["سارا کریمی", "مریم رضایی"], datePublished="2016-10-24")
        + PUBLISHED
        + '<meta name=author content="سارا کریمی">'
    )
    assert found.disagreements == ()


def test_a_title_after_the_name_and_a_date_never_set_contradict_nothing() -> None:
    found = article(
        jsonld(author="Ann Lee, Political Writer")
        + PUBLISHED
        + '<meta name=author content="Ann Lee"><meta name=date content="0001-01-01T00:00:00Z">'
    )
    assert (found.disagreements, found.authors) == ((), ("Ann Lee, Political Writer",))


def test_every_field_that_is_set_has_its_reason() -> None:
    found = article(
        jsonld(headline=TITLE, author="سارا کریمی", datePublished="2016-10-24T10:55:00Z", dateModified="2016-10-25T10:55:00Z", articleSection="شهر", keywords="کتاب،شهر", image="https://www.example.org/a.jpg")
        + meta("og:image", "https://www.example.org/a.jpg") + meta("og:site_name", "رادیو نمونه")
    )  # fmt: skip
    fields = {"title", "paragraphs", "authors", "section", "tags", "language", "published", "modified", "canonical_url", "images", "site_name"}  # fmt: skip
    assert {name for name, reason in found.reasons if reason} == fields


def test_the_json_form_keeps_them_and_an_older_one_without_is_read() -> None:
    found = article(PUBLISHED + '<link rel=canonical href="https://mirror.test/x">')
    form = to_json(found)
    assert from_json(Article, form) == found
    assert isinstance(form, dict)
    del form["disagreements"]
    assert from_json(Article, form).disagreements == ()
