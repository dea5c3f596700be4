"""Floors on articles of our own making, measured as ``benchmarks/extraction.py`` does; they may only rise."""

from __future__ import annotations

import importlib.util
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from samples.article_pages import Sample, article_pages

from model import Article
from pipelines import read_page

SOURCE = Path(__file__).parents[2] / "benchmarks" / "extraction.py"
SPEC = importlib.util.spec_from_file_location("extraction", SOURCE)
assert SPEC is not None
assert SPEC.loader is not None
extraction = importlib.util.module_from_spec(SPEC)
sys.modules["extraction"] = extraction
SPEC.loader.exec_module(extraction)

PAGES = {sample.name: sample for sample in article_pages()}
FLOORS = {"precision": 0.994, "recall": 0.994, "title": 1.0, "author": 1.0, "published": 1.0, "language": 1.0}


def read(sample: Sample) -> Article:
    reading = read_page(
        sample.html.encode(),
        url=sample.url,
        content_type="text/html; charset=utf-8",
        reference=datetime(2024, 12, 1, tzinfo=UTC),
    )
    assert reading.article is not None, (sample.name, reading.kind_reasons)
    return reading.article


@pytest.fixture(scope="module")
def articles() -> dict[str, Article]:
    return {name: read(sample) for name, sample in PAGES.items()}


def test_articles_stay_above_their_floors(articles: dict[str, Article]) -> None:
    assert len(articles) >= 20
    scores, right = [], dict.fromkeys(("title", "author", "published", "language"), 0)
    for name, article in articles.items():
        words = PAGES[name].words
        scores.append(extraction._shingle_score("\n".join(PAGES[name].text), "\n".join(article.paragraphs)))
        right["title"] += article.title == words.title
        right["author"] += article.authors == (words.author,)
        at = article.published_at
        right["published"] += at is not None and at.date().isoformat() == words.day
        right["language"] += article.language == words.language
    precision, recall, _ = extraction._means(scores)
    numbers = {"precision": precision, "recall": recall}
    numbers |= {field: count / len(articles) for field, count in right.items()}
    assert not {name: value for name, value in numbers.items() if value < FLOORS[name]}


@pytest.mark.parametrize("name", PAGES)
def test_nothing_of_readers_or_of_the_house_is_text(name: str, articles: dict[str, Article]) -> None:
    words, text = PAGES[name].words, "\n".join(articles[name].paragraphs)
    around = (*words.comments, words.form, words.foot, words.plea, *words.others, *words.share, words.caption)
    assert not [part for part in around if part in text]
