"""What a reader is told of a difference: on the terminal, on the page and in JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html
from samples.shelf import FIRST, Shelf, shelf
from servers.desk_server import running_desk

from archive import Archive, ReadArticle, ReadThread
from desk.cli import main
from desk.difference import ArticleHistory, article_history
from desk.telling import counts_of, difference_json, summary_of, told_changes
from desk.terminal import direction_of
from model import Article, Comment, CommentThread, Image, Link, Source
from pipelines import Change, fold_text, index_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser
    from servers.desk_server import Desk

SITE = "https://a.example"
URL = SITE + "/1"
RAIN = Image(url=SITE + "/rain.jpg", alt="باران", caption="خیابان خیس")
ONE = Article(
    url=URL,
    canonical_url=URL,
    title="باران راه\u200cها را بست",
    lede="بارش در شمال ادامه دارد.",
    language="fa",
    paragraphs=(
        "باران از بامداد امروز در شمال کشور آغاز شد و راه\u200cها را بست.",
        "شهردار گفت که مدرسه\u200cها فردا تعطیل است.",
        "شهروندان از نبود برق در سه محله خبر دادند.",
        "هواشناسی برای آخر هفته برف پیش\u200cبینی کرده است.",
        "خبرگزاری Mahtab News این گزارش را نوشت.",
    ),
    authors=("نگار نمونه",),
    section="جامعه",
    tags=("باران",),
    published_at=datetime(2026, 11, 22, 8, tzinfo=UTC),
    images=(RAIN,),
    links=(Link(url=SITE + "/a", text="بیانیه"),),
)
TWO = replace(
    ONE,
    title="برف راه\u200cها را بست",
    lede="بارش در شمال ادامه دارد!",
    paragraphs=(
        ONE.paragraphs[3],
        ONE.paragraphs[0].replace("ک", "ك"),
        ONE.paragraphs[1].replace("فردا", "امروز"),
        ONE.paragraphs[4].replace("Mahtab News", "Aftab Press"),
        "استاندار از مردم خواست در خانه بمانند.",
    ),
    authors=("کسی دیگر",),
    section="حوادث",
    tags=("باران", "برف"),
    published_at=datetime(2026, 11, 23, 8, tzinfo=UTC),
    images=(replace(RAIN, caption="خیابان خشک"), Image(url=SITE + "/snow.jpg", alt="برف")),
    links=(Link(url=SITE + "/b", text="بیانیه"),),
)
THREE = replace(TWO, paragraphs=(*TWO.paragraphs, "راه باز شد."))
COMMENTS = (
    Comment(publisher_id="1", key="1", author="آرش", text="درست است"),
    Comment(publisher_id="2", key="2", author="خواننده", text="برق رفت"),
)
LATER = (replace(COMMENTS[0], text="درست نیست"), Comment(publisher_id="3", key="3", author="نو", text="سلام"))


def put(filling: Shelf, article: Article, comments: tuple[Comment, ...]) -> None:
    capture = filling.keep(URL, b"<p>p")
    filling.recorder.article(ReadArticle(capture=capture, article=article, indexed=index_text(article)), "t")
    # As from an API: another capture, later than the page.
    filling.recorder.thread(
        ReadThread(
            capture=filling.keep(URL + "?comments", b"[]"),
            article_url=URL,
            thread=CommentThread(comments=comments),
            indexed={one.key: fold_text(one.text) for one in comments},
            last=True,
            complete=True,
        )
    )


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("difference") / "archive"
    source = Source(name="a", origin=SITE, languages=("fa",))
    for day, (article, comments) in enumerate(((ONE, COMMENTS), (TWO, LATER), (THREE, LATER))):
        with shelf(made, source, FIRST + timedelta(days=day)) as filling:
            put(filling, article, comments)
    return made


@pytest.fixture
def history(path: Path) -> ArticleHistory:
    with Archive.open(path) as archive:
        return article_history(archive.catalogue, 1)


@pytest.fixture
def show(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    def running(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["mandegar", "--archive", str(path), "show", "1", *arguments])
        with pytest.raises(SystemExit):
            main()
        out, err = capsys.readouterr()
        return out or err

    return running


TOLD = [
    "title changed",
    "author removed",
    "author added",
    "section changed",
    "date of publication changed",
    "lede spelled otherwise",
    "paragraph 1 moved (it was 4)",
    "paragraph 2 spelled otherwise",
    "paragraph 3 changed",
    "old paragraph 3 removed",
    "paragraph 4 changed",
    "paragraph 5 added",
    "caption changed",
    "picture added",
    "link leads elsewhere",
    "tag added",
    "comment edited",
    "comment added",
    "comment removed",
]
SUMMARY = (
    "title changed; 1 author removed, 1 added; section changed; date of publication changed; "
    "1 paragraph moved, 2 changed, 1 removed, 1 added; 1 caption changed; 1 picture added; "
    "1 link led elsewhere; 1 tag added; 1 comment edited, 1 added, 1 removed; spelling only in 2 places"
)


def test_everything_that_changed_is_named_in_reading_order(history: ArticleHistory) -> None:
    changes = told_changes(history.step(history.versions[0], history.versions[1]))
    assert [one.label for one in changes] == TOLD
    assert summary_of(changes) == SUMMARY
    assert [one.label for one in changes if one.is_spelling] == [TOLD[5], TOLD[7]]


def test_comments_belong_to_the_step_in_which_they_changed(history: ArticleHistory) -> None:
    one, two, three = history.versions
    assert history.step(two, three).comments.changes == ()
    kinds = [change.kind for change in history.step(one, three).comments.changes]
    assert kinds == [Change.CHANGED, Change.ADDED, Change.REMOVED]


def test_a_version_against_itself_is_no_change(history: ArticleHistory) -> None:
    for version in history.versions:
        changes = told_changes(history.step(version, version))
        assert changes == []
        assert summary_of(changes) == "nothing changed"


def test_backwards_it_is_told_backwards(history: ArticleHistory) -> None:
    there = counts_of(told_changes(history.step(history.versions[0], history.versions[2])))
    back = counts_of(told_changes(history.step(history.versions[2], history.versions[0])))
    turned = {"added": "removed", "removed": "added"}
    assert back == {
        what: {turned.get(kind, kind): count for kind, count in kinds.items()}
        for what, kinds in there.items()
    }


def test_json_has_the_documented_shape(show: Callable[..., str], history: ArticleHistory) -> None:
    read: dict[str, Any] = json.loads(show("--from", "1", "--to", "2", "--json"))
    names = ["format", "article", "from", "to", "by_extractor", "natures", "counts", "summary", "changes"]
    assert list(read) == names
    assert (read["format"], read["by_extractor"]) == ("mandegar-difference/1", False)
    assert (read["from"]["number"], read["to"]["number"]) == (1, 2)
    assert read["natures"] == ["substance", "orthography"]
    assert read["summary"] == SUMMARY
    title = read["changes"][0]
    assert list(title) == [
        "what",
        "kind",
        "nature",
        "old_number",
        "new_number",
        "count",
        "by",
        "old_address",
        "new_address",
        "old_at",
        "new_at",
        "parts",
    ]
    assert "".join(part["old_text"] for part in title["parts"]) == ONE.title
    assert "".join(part["text"] for part in title["parts"] if part["kind"] != "removed") == TWO.title
    assert {one["nature"] for one in read["changes"] if one["kind"] == "spelled"} == {"orthography"}
    published = next(one for one in read["changes"] if one["what"] == "published")
    assert (published["old_at"], published["new_at"]) == (
        "2026-11-22T08:00:00+00:00",
        "2026-11-23T08:00:00+00:00",
    )
    link = next(one for one in read["changes"] if one["what"] == "link")
    assert (link["old_address"], link["new_address"]) == (SITE + "/a", SITE + "/b")
    step = history.step(history.versions[0], history.versions[1])
    assert difference_json(history, step)["counts"] == read["counts"]


def test_two_versions_may_be_chosen_and_the_last_step_is_the_default(show: Callable[..., str]) -> None:
    last = show("--diff")
    assert "From version 2 to 3" in last
    assert ": 1 paragraph added\n" in last
    assert "1 other version: --from and --to choose." in last
    assert "From version 1 to 3" in show("--from", "1")
    assert "From version 1 to 2" in show("--to", "2")
    assert "From version 3 to 1" in show("--from", "3", "--to", "1")
    assert "--to: this article has version 1, 2, 3, not 7" in show("--to", "7")


def test_a_terminal_shows_changes_with_marks_that_no_text_can_take_over(show: Callable[..., str]) -> None:
    shown = show("--from", "1", "--to", "2")
    # Marks outside of isolates, the whole running right to left though it may begin with a change.
    assert "\u2068\u200f[-\u2068باران \u2069-]{+\u2068برف \u2069+}راه\u200cها را بست\u2069" in shown
    assert "[-\u2068Mahtab News \u2069-]{+\u2068Aftab Press \u2069+}" in shown
    assert shown.count("\u2068") == shown.count("\u2069")
    assert f"- {SITE}/a" in shown
    assert "comment removed, by \u2068خواننده\u2069" in shown


def test_the_direction_is_that_of_the_first_letter() -> None:
    assert direction_of("۱۲ - سلام") == "\u2068\u200f"
    assert direction_of("12 hello سلام") == direction_of("") == "\u2068\u200e"


@pytest.fixture(scope="module")
def desk(path: Path) -> Any:
    with running_desk(path) as running:
        yield running


def test_a_page_marks_changes_as_insertions_and_deletions(desk: Desk) -> None:
    section = html.fromstring(desk.get("/articles/1?from=1&to=2").body).xpath("//section[@class='change']")[0]
    assert section.xpath("string(p[@class='summary'])") == SUMMARY
    labels = [" ".join(one.text_content().split()) for one in section.xpath(".//p[@class='label']")]
    assert [label.partition(",")[0] for label in labels] == [
        *(label for label in TOLD if "spelled" not in label),
        *(label for label in TOLD if "spelled" in label),
    ]
    assert section.xpath(".//ins")[0].text == "برف "
    assert {one.get("dir") for one in section.xpath(".//p[@class='words']")} == {"rtl", "ltr"}
    assert section.xpath(".//details//span[@class='spelled']/@title")[0].startswith("it was: ")


def test_a_page_offers_any_two_versions(desk: Desk) -> None:
    page = html.fromstring(desk.get("/articles/1").body)
    form = page.xpath("//form[@class='versus']")[0]
    assert [one.get("value") for one in form.xpath(".//select[@name='from']/option[@selected]")] == ["2"]
    assert [one.get("value") for one in form.xpath(".//select[@name='to']/option[@selected]")] == ["3"]
    for link in page.xpath("//ol[@class='versions']//a/@href"):
        assert desk.get("/articles/1" + link.partition("#")[0]).status == 200
    assert desk.get("/articles/1?from=9").status == 404
    assert desk.get("/articles/1?from=x").status == 400


@pytest.mark.parametrize("width", [390, 1280])
def test_a_difference_fits_the_window_and_is_readable_without_colour(
    desk: Desk, browser: Browser, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(desk.url + "/articles/1?from=1&to=2#changes")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    lines = "(tag) => getComputedStyle(document.querySelector('.words ' + tag)).textDecorationLine"
    assert (page.evaluate(lines, "ins"), page.evaluate(lines, "del")) == ("underline", "line-through")
    # Each side keeps its own direction: two Latin names must not run into one.
    boxes = page.evaluate(
        "() => [...document.querySelectorAll('.words')].filter(one => one.textContent.includes('Mahtab'))"
        ".flatMap(one => ['del', 'ins'].map(tag => one.querySelector(tag).getBoundingClientRect().left))"
    )
    assert boxes[0] > boxes[1]
    said = "(tag) => getComputedStyle(document.querySelector('.words ' + tag), '::before').content"
    assert "added" in page.evaluate(said, "ins")
    assert "removed" in page.evaluate(said, "del")
    page.close()
