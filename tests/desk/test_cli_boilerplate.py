"""``mandegar source boilerplate``: what repeats on archived articles, learned from the archive alone."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from samples.opaque_newsroom import FORM, PLEAS, RELATED_LABEL, WIDGET, Newsroom
from samples.shelf import shelf

from archive import Archive
from archive.message import content_decode
from desk.boilerplate import learn_source
from desk.cli import main
from model import Source
from pipelines import LearnedPages, read_page

if TYPE_CHECKING:
    from pathlib import Path

PAPER = Source(name="xx_paper", origin="https://paper.example/", title="دفتر روز", languages=("fa",))


@pytest.fixture(scope="module")
def room() -> Newsroom:
    return Newsroom()


@pytest.fixture(scope="module")
def archived(room: Newsroom, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("boilerplate") / "archive"
    with shelf(path, PAPER) as filling:
        for story in room.all:
            assert filling.keep_page(story.url, room.page(story)).article is not None
    return path


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    monkeypatch.setattr(sys, "argv", ["mandegar", *arguments])
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, None)
    return capsys.readouterr().out


def test_it_names_what_repeats_with_its_evidence_and_what_each_article_would_lose(
    archived: Path, room: Newsroom, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: Any = json.loads(
        run(capsys, monkeypatch, "--archive", str(archived), "source", "boilerplate", "xx_paper", "--json")
    )
    texts = {one["sample"]: (one["pages"], one["of_pages"]) for one in told["boilerplate"]["texts"]}
    assert {WIDGET, *PLEAS[0], FORM} <= texts.keys() <= {WIDGET, *PLEAS[0], FORM, RELATED_LABEL}
    assert set(texts.values()) == {(40, 40)}
    assert len(told["articles"]) == 40
    assert told["unread"] == []
    of_first = next(one for one in told["articles"] if one["url"] == room.all[0].url)
    assert {WIDGET, *PLEAS[0], FORM} <= set(of_first["left_out"])
    shown = run(capsys, monkeypatch, "--archive", str(archived), "source", "boilerplate", "xx_paper")
    assert "40 of 40 articles would lose" in shown
    assert told["revision"] in shown
    assert FORM[:20] in shown


def test_what_is_learned_from_the_archive_reads_its_captures_without_it_and_changes_none(
    archived: Path, room: Newsroom
) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in (archived / "warc").rglob("*.gz"))
    with Archive.open(archived) as archive:
        taught = learn_source(archive, "xx_paper", most=400)
        again = learn_source(archive, "xx_paper", most=400)
        assert again == taught
        story = room.all[5]
        stored = archive.load(archive.catalogue.captures(story.url)[0])
        body = content_decode(stored.entity, stored.head, max_bytes=1 << 20).data
        reading = read_page(
            body,
            url=story.url,
            content_type="text/html; charset=utf-8",
            reference=stored.capture.captured_at,
            learned=LearnedPages(boilerplate=taught.boilerplate),
        )
    assert reading.article is not None
    assert (reading.article.lede, reading.article.paragraphs) == (story.lede, story.paragraphs)
    assert sorted((path, path.stat().st_mtime_ns) for path in (archived / "warc").rglob("*.gz")) == before


def test_few_articles_teach_nothing_and_it_says_so(
    archived: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = run(
        capsys, monkeypatch, "--archive", str(archived), "source", "boilerplate", "xx_paper", "--pages", "4"
    )
    assert "Nothing repeats on the 4 articles" in said
