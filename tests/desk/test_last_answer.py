"""What is said of an article whose address answers otherwise now: the fact and its record, no verdict."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from samples.shelf import FIRST, Shelf, shelf

from archive import Archive, ReadArticle
from desk.difference import ArticleHistory, article_history
from model import Article, Source
from pipelines import index_text

SITE = "https://a.example"
URL = SITE + "/1"


def keep_article(filling: Shelf, url: str = URL, canonical: str = URL) -> None:
    article = Article(url=url, canonical_url=canonical, title="t", paragraphs=("p",))
    capture = filling.keep(url, b"<p>p")
    filling.recorder.article(ReadArticle(capture=capture, article=article, indexed=index_text(article)), "t")


def answer(filling: Shelf, status: str, url: str = URL, to: str = "") -> str:
    where = [f"Location: {to}"] if to else []
    return filling.keep(url, b"", None, *where, status=status).record_id


def history(path: Path) -> ArticleHistory:
    with Archive.open(path) as archive:
        return article_history(archive.catalogue, 1)


def later(path: Path, *answers: tuple[str, str, str], canonical: str = URL) -> ArticleHistory:
    """Read an article, then answer so a day after: (status, address, target)."""
    source = Source(name="a", origin=SITE)
    with shelf(path, source) as filling:
        keep_article(filling, canonical=canonical)
    with shelf(path, source, FIRST + timedelta(days=1)) as filling:
        for status, url, to in answers:
            answer(filling, status, url, to)
    return history(path)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("200 OK", ""),
        ("404 Not Found", "the site answered with status 404"),
        ("410 Gone", "the site answered with status 410"),
        ("403 Forbidden", "the site answered with status 403"),
        ("500 Oops", "the site did not answer well (500)"),
        ("503 Busy", "the site did not answer well (503)"),
    ],
)
def test_a_status_is_told_and_a_failing_server_told_apart(tmp_path: Path, status: str, said: str) -> None:
    found = later(tmp_path / "a", (status, URL, ""))
    assert found.answered == said
    assert (found.refused is not None) == bool(said)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("target", ["/", "/politics/"])
def test_a_redirect_elsewhere_is_told_with_where_it_leads(tmp_path: Path, status: str, target: str) -> None:
    found = later(tmp_path / "a", (status, URL, target), ("200 OK", SITE + target, ""))
    assert found.answered == f"the address now leads to {SITE}{target}"
    assert found.refused is not None
    assert found.refused.status == int(status[:3])


def test_a_redirect_is_followed_to_its_end(tmp_path: Path) -> None:
    found = later(
        tmp_path / "a",
        ("301 Moved", URL, "/1/"),
        ("302 Found", URL + "/", "/x"),
        ("302 Found", SITE + "/x", "/"),
    )
    assert found.leads_to == SITE + "/"


@pytest.mark.parametrize("target", ["http://a.example/1", "https://www.a.example/1/", URL + "#top", URL])
def test_a_redirect_to_the_article_itself_is_nothing_to_tell(tmp_path: Path, target: str) -> None:
    assert later(tmp_path / "a", ("301 Moved", URL, target)).answered == ""


def test_a_canonical_address_that_leads_to_where_the_article_is_read_is_nothing_to_tell(
    tmp_path: Path,
) -> None:
    canonical = SITE + "/?p=1"
    found = later(tmp_path / "a", ("301 Moved", canonical, URL), ("200 OK", URL, ""), canonical=canonical)
    assert found.answered == ""


def test_what_the_address_behind_it_answers_is_told(tmp_path: Path) -> None:
    canonical = SITE + "/?p=1"
    found = later(tmp_path / "a", ("301 Moved", canonical, URL), ("410 Gone", URL, ""), canonical=canonical)
    assert found.answered == "the site answered with status 410"


def test_an_address_that_was_never_asked_for_is_told_of_by_the_one_that_was(tmp_path: Path) -> None:
    found = later(tmp_path / "a", ("404 Not Found", URL, ""), canonical=SITE + "/never-asked")
    assert found.answered == "the site answered with status 404"


def test_a_way_in_a_circle_ends(tmp_path: Path) -> None:
    found = later(
        tmp_path / "a",
        ("302 Found", URL, "/x"),
        ("302 Found", SITE + "/x", "/y"),
        ("302 Found", SITE + "/y", "/x"),
    )
    assert found.leads_to in {SITE + "/x", SITE + "/y"}


def test_an_article_that_is_back_is_nothing_to_tell(tmp_path: Path) -> None:
    assert later(tmp_path / "a", ("302 Found", URL, "/"), ("200 OK", URL, "")).answered == ""
