"""What is learned of a site's pages acts: on what is archived, on the next crawl, and after a rebuild."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from samples.opaque_newsroom import FORM, PLEAS, SITE, WIDGET, Newsroom, Story
from samples.whole_catalogue import assert_same, dump, from_warc
from servers.crawl_process import Ended, assert_whole, crawl
from servers.small_site import Answer, Site, page

from archive import Archive
from archive.rebuild import Folding, rebuild
from crawler.learned import ReadWith, read_with
from desk.cli import main
from desk.difference import article_history
from desk.telling import summary_of, told_changes
from model import Version
from pipelines import fold_text, index_text

ADVERTS = ("فروش ویژهٔ فرش تنها تا پایان هفته، با پیک رایگان.", "سه جلد کتاب به بهای دو جلد، تنها امروز.")
TWICE = 4
EDITED = 3


@dataclass
class Paper:
    """A newsroom with opaque names, being served; each fetch shows other views and another advertisement."""

    site: Site
    room: Newsroom

    def __post_init__(self) -> None:
        self.turn = itertools.count(1)
        self.edits: dict[int, tuple[str, ...]] = {}
        links = "".join(f'<h2><a href="{self.path(one)}">{one.title}</a></h2>' for one in self.room.all)
        self.site.add("/", page("دفتر روز", links))
        for story in self.room.all:
            self.site.routes[self.path(story)] = lambda _, one=story: self.answer(one)  # type: ignore[misc]

    def path(self, story: Story) -> str:
        return story.url.removeprefix(SITE)

    def url(self, story: Story) -> str:
        return self.site.url.rstrip("/") + self.path(story)

    def answer(self, story: Story) -> Answer:
        turn = next(self.turn)
        shown = self.room.page(
            story,
            related=(),
            views=100 + turn,
            advert=ADVERTS[turn % 2],
            paragraphs=self.edits.get(story.number),
        )
        return Answer(shown.replace(SITE.encode(), self.site.url.rstrip("/").encode()))


@dataclass
class Told:
    """What was done, step by step, and what each step said."""

    paper: Paper
    folder: Path
    first: Ended
    asked: Counter[str]
    boilerplate: dict[str, Any]
    flicker: dict[str, Any]
    reread: dict[str, Any]
    between: dict[str, tuple[Version, ...]]
    second: Ended

    def versions(self) -> dict[str, tuple[Version, ...]]:
        return versions(self.folder)


def versions(folder: Path) -> dict[str, tuple[Version, ...]]:
    with Archive.open(folder) as archive:
        known = archive.catalogue.articles(limit=1000)
        return {one.url: tuple(archive.catalogue.versions(one.id)) for one in known}


def said(folder: Path, *command: str) -> dict[str, Any]:
    """Run a command in this process (each of its own takes seconds to begin) and return what it printed."""
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out):
        patch.setattr(sys, "argv", ["mandegar", "--archive", str(folder), *command, "--json"])
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code in (0, None)
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("learned") / "archive"
    site = Site()
    with site.serving() as url:
        paper = Paper(site, Newsroom(stories=12, correction_on=0))
        first = crawl(folder, url, "--twice", str(TWICE))
        assert first.code == 0, first
        asked = Counter(site.asked)
        name = first.crawl["source"]
        boilerplate = said(folder, "source", "boilerplate", name, "--keep")
        flicker = said(folder, "source", "flicker", name, "--keep")
        reread = said(folder, "reprocess", "--workers", "1", "--yes")
        between = versions(folder)
        story = paper.room.all[EDITED]
        paper.edits[story.number] = (*story.paragraphs[:-1], f"{story.paragraphs[-1]} شهردار این را رد کرد.")
        second = crawl(folder, url)
        yield Told(paper, folder, first, asked, boilerplate, flicker, reread, between, second)


def texts(version: Version) -> str:
    return "\n".join((version.article.lede, *version.article.paragraphs))


def test_a_crawl_fetches_a_few_articles_twice_more_and_reads_nothing_from_that(told: Told) -> None:
    stories = Counter(told.asked[told.paper.path(one)] for one in told.paper.room.all)
    assert stories == {3: TWICE, 1: len(told.paper.room.all) - TWICE}
    assert (told.first.crawl["articles"], told.first.crawl["new_versions"]) == (12, 12)
    assert_whole(told.folder)


def test_what_was_learned_and_kept_is_told(told: Told) -> None:
    samples = {one["sample"] for one in told.boilerplate["boilerplate"]["texts"]}
    assert {WIDGET, *PLEAS[0], FORM} <= samples
    assert told.boilerplate["kept"] == told.boilerplate["revision"] == told.boilerplate["read_with"]
    assert len(told.flicker["addresses"]) == TWICE
    assert any("بازدید" in one["sample"] for one in told.flicker["flicker"]["counters"])
    # Both together have a name of their own.
    assert told.flicker["read_with"] not in {told.flicker["revision"], told.boilerplate["revision"]}


def test_reprocess_reads_what_is_archived_so(told: Told) -> None:
    assert (told.reread["written"], told.reread["articles"]) == (True, 12)
    assert told.reread["changes"]["paragraphs"] == {"changed": 12}


def test_pleas_and_widgets_are_gone_from_every_text_and_nobody_edited(told: Told) -> None:
    name = f"generic/1 learned/{told.flicker['read_with']}"
    for story in told.paper.room.all:
        (only,) = told.between[told.paper.url(story)]
        assert only.extractor is not None
        assert only.extractor.endswith(name)
        assert not only.by_extractor
        for site_said in (WIDGET, *PLEAS[0], FORM):
            assert site_said not in texts(only)
        assert set(story.paragraphs) <= {text for _, text in only.article.steady}
        # Shown as published, and compared with nothing.
        flickering = [only.article.paragraphs[at] for at in only.article.flickering]
        assert any("بازدید" in one or one in ADVERTS for one in flickering)


def test_the_next_crawl_reads_by_the_same_name_and_counts_the_one_edit(told: Told) -> None:
    assert (told.second.code, told.second.crawl["new_versions"]) == (0, 1)
    found = told.versions()
    for story in told.paper.room.all:
        known = found[told.paper.url(story)]
        if story is told.paper.room.all[EDITED]:
            assert [len(one.capture_ids) for one in known] == [1, 1]
        else:
            assert [len(one.capture_ids) for one in known] == [2]
        assert {one.extractor for one in known} == {told.between[told.paper.url(story)][0].extractor}
        assert not any(one.by_extractor for one in known)


def test_the_difference_of_the_edit_has_no_line_of_what_flickers(told: Told) -> None:
    with Archive.open(told.folder) as archive:
        history = article_history(archive.catalogue, told.paper.url(told.paper.room.all[EDITED]))
    changes = told_changes(history.step(*history.versions))
    assert summary_of(changes) == "1 paragraph changed"
    article = history.versions[1].article
    assert article.paragraphs[(changes[0].new_number or 0) - 1].endswith("شهردار این را رد کرد.")


def test_learning_again_keeps_the_name_while_it_reads_the_same(told: Told) -> None:
    before = sorted(path for path in (told.folder / "warc").rglob("learned-*"))
    again = said(told.folder, "source", "boilerplate", told.first.crawl["source"], "--keep")
    assert (again["kept"], again["read_with"]) == (told.boilerplate["kept"], told.flicker["read_with"])
    assert sorted(path for path in (told.folder / "warc").rglob("learned-*")) == before
    assert len(before) == 2


def test_a_rebuild_gives_the_same_answers_and_the_same_reading(told: Told) -> None:
    before = dump(told.folder)
    for path in told.folder.glob("catalogue.sqlite*"):
        path.unlink()
    report = rebuild(told.folder, Folding(article=index_text, text=fold_text), workers=0)
    assert (report.problems, report.unreadable, report.missing) == ([], [], [])
    after = dump(told.folder)
    assert len(after["learned"]) == 1
    assert_same(from_warc(before), from_warc(after))


def test_what_is_forgotten_is_read_with_no_more_also_after_a_rebuild(told: Told) -> None:
    name = told.first.crawl["source"]
    assert (
        said(told.folder, "source", "boilerplate", name, "--forget")["read_with"] == told.flicker["revision"]
    )
    assert said(told.folder, "source", "flicker", name, "--forget")["read_with"] is None
    for again in (False, True):
        if again:
            rebuild(told.folder, Folding(article=index_text, text=fold_text), workers=0)
        with Archive.open(told.folder) as archive:
            assert read_with(archive, name) == ReadWith()
