"""Old captures read by another extractor: what it says, what it writes, what it never touches."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from samples.whole_catalogue import assert_same, dump, from_warc
from servers import slow_reprocess
from servers.crawl_process import ROOT, Ended, Running, assert_plain, assert_whole, crawl, mandegar

from archive import Archive
from archive.catalogue import ArticleRecord
from archive.rebuild import Folding, rebuild
from crawler import reprocess as again
from crawler.spool import Spool
from desk.demo.newsroom import Newsroom
from model import Version
from pipelines import fold_text, index_text, match_expression

EDITED, COMMENTED, REMOVED = 1008, 1012, 504
NEXT = "mandegar/9.9"
PATH = f"{ROOT}:{ROOT / 'tests' / 'servers' / 'next_extractor'}"
NEXT_EXTRACTOR = {"PYTHONPATH": PATH}
READ_BY_NEXT = f"SELECT count(*) FROM captures WHERE extractor LIKE '{NEXT}%'"
WORKERS = ("--workers", "1")


@dataclass
class Told:
    """A newsroom that was crawled, edited, and crawled again."""

    newsroom: Newsroom
    archive: Path

    def copy(self, folder: Path) -> Path:
        """Return a copy of the archive, to be changed."""
        return Path(shutil.copytree(self.archive, folder / "archive"))

    def url(self, number: int) -> str:
        return self.newsroom.url.rstrip("/") + self.newsroom.stories[number].path


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("reprocess") / "archive"
    with Newsroom() as newsroom:
        assert crawl(folder, newsroom.url).code == 0
        story = newsroom.stories[EDITED]
        newsroom.edit(EDITED, title="سود کمتر", paragraphs=story.paragraphs[:1], modified=story.published)
        newsroom.remove_comment(COMMENTED, REMOVED)
        assert crawl(folder, newsroom.url).code == 0
        yield Told(newsroom, folder)


@pytest.fixture(scope="module")
def read_again(told: Told, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Give an archive that was read again by the next extractor."""
    folder = told.copy(tmp_path_factory.mktemp("again"))
    ended = reprocess(folder, "--yes")
    assert (ended.code, json.loads(ended.stdout)["written"]) == (0, True)
    return Told(told.newsroom, folder)


def reprocess(folder: Path, *options: str, environment: dict[str, str] | None = None) -> Ended:
    chosen = NEXT_EXTRACTOR if environment is None else environment
    return mandegar(folder, "reprocess", "--json", *WORKERS, *options, environment=chosen)


def said(ended: Ended) -> dict[str, Any]:
    assert ended.code == 0, ended
    assert_plain(ended)
    result: dict[str, Any] = json.loads(ended.stdout)
    return result


def warc_digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (folder / "warc").rglob("*")
        if path.is_file()
    }


def texts(folder: Path) -> dict[str, list[Version]]:
    with Archive.open(folder) as archive:
        listed = archive.catalogue.articles(limit=1000)
        return {one.url: archive.catalogue.versions(one.id) for one in listed}


def article(folder: Path, url: str) -> ArticleRecord:
    with Archive.open(folder) as archive:
        return archive.catalogue.article(url)


def assert_rebuild_is_same(folder: Path) -> None:
    before = dump(folder)
    for path in folder.glob("catalogue.sqlite*"):
        path.unlink()
    report = rebuild(folder, Folding(article=index_text, text=fold_text), workers=0)
    assert (report.problems, report.unreadable, report.missing) == ([], [], [])
    assert_same(from_warc(before), from_warc(dump(folder)))


def test_the_extractor_that_read_everything_has_nothing_to_do(told: Told, tmp_path: Path) -> None:
    folder = told.copy(tmp_path)
    # Of pages without an article no record tells what read them.
    first = said(reprocess(folder, "--yes", environment={}))
    assert (first["articles"], first["changes"], first["unread"]) == (0, {}, [])
    assert first["same"] == first["captures"] > 0
    before = warc_digests(folder)
    again = said(reprocess(folder, "--yes", environment={}))
    assert (again["captures"], again["current"]) == (0, first["captures"] + first["current"])
    assert warc_digests(folder) == before
    assert_rebuild_is_same(folder)


def test_it_says_what_would_change_and_changes_nothing(told: Told, tmp_path: Path) -> None:
    folder = told.copy(tmp_path)
    warc, rows = warc_digests(folder), dump(folder)
    would = said(reprocess(folder))
    stories = told.newsroom.stories.values()
    read = [one for one in stories if one.section != "science"]
    assert 0 < len(read) < len(stories)
    assert would["written"] is False
    assert would["changes"]["lede"] == {"no longer read": len(read)}
    assert would["changes"]["paragraphs"] == {"changed": len(read)}
    assert would["changes"]["articles"]["no longer read"] == len(stories) - len(read)
    assert would["changes"]["articles"]["new"] >= 1
    assert set(would["changes"]) == {"articles", "comments", "lede", "paragraphs"}
    assert set(would["changes"]["comments"]) == {"changed"}
    lede = next(one for one in would["examples"] if one["what"] == "lede")
    assert (lede["before"], lede["after"]) == (
        next(one.lede for one in stories if one.path in lede["url"]),
        "",
    )
    assert (warc_digests(folder), dump(folder)) == (warc, rows)
    ended = mandegar(folder, "reprocess", *WORKERS, environment=NEXT_EXTRACTOR)
    assert ended.code == 0
    assert "Nothing was changed; `mandegar reprocess --yes` does it." in " ".join(ended.stdout.split())
    assert f"lede no longer read: {len(read)}" in ended.stdout
    assert (warc_digests(folder), dump(folder)) == (warc, rows)


def test_no_capture_changes_and_the_readings_of_before_stay(told: Told, read_again: Told) -> None:
    before, after = warc_digests(told.archive), warc_digests(read_again.archive)
    assert before.items() <= after.items()
    new = set(after) - set(before)
    assert len(new) == 1
    assert "/reread-" in new.pop()
    assert_whole(read_again.archive)
    old, new_rows = dump(told.archive)["captures"], dump(read_again.archive)["captures"]
    assert [row[:-1] for row in new_rows] == [row[:-1] for row in old]


def test_every_article_reads_as_the_next_extractor_reads_it(told: Told, read_again: Told) -> None:
    old, new = texts(told.archive), texts(read_again.archive)
    gone = [url for url in old if "/science/" in url]
    assert set(old) - set(new) == set(gone)
    assert [url for url in new if url not in old] == [told.newsroom.url + "about/"]
    for url in set(old) & set(new):
        # As many versions as the site made, and no one else.
        assert len(new[url]) == len(old[url]) == (2 if url == told.url(EDITED) else 1)
        for one, was in zip(new[url], old[url], strict=True):
            assert (one.article.lede, one.article.paragraphs[0]) == ("", was.article.lede)
            assert (one.first_seen_at, one.last_seen_at) == (was.first_seen_at, was.last_seen_at)
            assert one.capture_ids == was.capture_ids
            assert (one.extractor, one.by_extractor) == (f"{NEXT} generic/1", False)
        assert article(told.archive, url).summary.id == article(read_again.archive, url).summary.id


def test_comments_are_read_again_and_none_counts_as_edited(told: Told, read_again: Told) -> None:
    url = told.url(COMMENTED)
    with Archive.open(told.archive) as one, Archive.open(read_again.archive) as other:
        old = one.catalogue.comments(one.catalogue.article(url).summary.id)
        new = other.catalogue.comments(other.catalogue.article(url).summary.id)
        assert other.catalogue.search(match_expression("واژه"))
    assert [(r.comment.key, r.gone_since, r.first_seen_at) for r in new] == [
        (r.comment.key, r.gone_since, r.first_seen_at) for r in old
    ]
    assert [r.comment.key for r in new if r.gone_since] == [str(REMOVED)]
    assert [r.comment.text for r in new] == [f"واژه {r.comment.text}" for r in old]
    assert all(r.edits == () for r in new)


def test_a_rebuild_gives_the_same_catalogue(read_again: Told, tmp_path: Path) -> None:
    assert_rebuild_is_same(read_again.copy(tmp_path))


def test_it_has_nothing_to_do_a_second_time(read_again: Told, tmp_path: Path) -> None:
    folder = read_again.copy(tmp_path)
    before = warc_digests(folder), dump(folder)
    again = said(reprocess(folder, "--yes"))
    assert (again["captures"], again["articles"], again["unread"]) == (0, 0, [])
    assert (warc_digests(folder), dump(folder)) == before


def test_a_further_crawl_by_the_next_extractor_makes_no_version(read_again: Told, tmp_path: Path) -> None:
    folder = read_again.copy(tmp_path)
    ended = crawl(folder, told_url := read_again.newsroom.url, environment=NEXT_EXTRACTOR)
    assert (ended.code, ended.crawl["new_versions"]) == (0, 0)
    assert told_url
    assert {url: len(found) for url, found in texts(folder).items()} == {
        url: len(found) for url, found in texts(read_again.archive).items()
    }
    assert_rebuild_is_same(folder)


def test_a_crawl_before_it_counts_no_edit_and_reprocess_settles_which_one_was(
    told: Told, tmp_path: Path
) -> None:
    folder = told.copy(tmp_path)
    ended = crawl(folder, told.newsroom.url, environment=NEXT_EXTRACTOR)
    # «about» is new to this extractor: its first version.
    assert (ended.code, ended.crawl["new_versions"]) == (0, 1)
    versions = texts(folder)[told.url(EDITED)]
    assert [one.by_extractor for one in versions] == [False, False, True]
    assert [one.by_extractor for one in texts(folder)[told.url(COMMENTED)]] == [False, True]
    with Archive.open(folder) as archive:
        number = archive.catalogue.article(told.url(COMMENTED)).summary.id
        thread = archive.catalogue.comments(number)
    # Each reads otherwise, none was edited, and none is gone but the one that was before.
    assert all("واژه" in one.comment.text for one in thread if not one.gone_since)
    assert [one.edits for one in thread if one.edits] == []
    assert [one.comment.key for one in thread if one.gone_since] == [str(REMOVED)]
    shown = mandegar(folder, "show", told.url(EDITED), "--diff")
    assert "Read by another extractor" in shown.stdout
    assert shown.stdout.count("Read by another extractor") == 1
    before = dump(folder)
    assert_rebuild_is_same(folder)
    assert_same(from_warc(before), from_warc(dump(folder)))
    said(reprocess(folder, "--yes"))
    found = texts(folder)
    assert [one.by_extractor for one in found[told.url(EDITED)]] == [False, False]
    assert [one.by_extractor for one in found[told.url(COMMENTED)]] == [False]
    assert len(found[told.url(COMMENTED)][0].capture_ids) == 3
    assert_rebuild_is_same(folder)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=lambda one: one.name)
def test_stopped_in_the_middle_it_goes_on(
    told: Told, read_again: Told, tmp_path: Path, number: signal.Signals
) -> None:
    folder = told.copy(tmp_path)
    running = Running(
        folder,
        *("reprocess", "--yes", "--json", *WORKERS),
        environment=NEXT_EXTRACTOR,
        program=slow_reprocess.PROGRAM,
    )
    try:
        running.wait_for_rows(READ_BY_NEXT, 8)
        running.send(number)
        ended = running.end()
    finally:
        running.kill_all()
    if number is signal.SIGINT:
        assert ended.code == 130
        assert ended.message == "Stopped; what was read is kept, and the next `reprocess` goes on."
    with closing(sqlite3.connect(folder / "catalogue.sqlite")) as connection:
        done = connection.execute(READ_BY_NEXT).fetchone()[0]
    whole = dump(read_again.archive)
    assert 8 <= done < len(whole["sightings"])
    rest = said(reprocess(folder, "--yes"))
    assert rest["current"] >= done
    assert rest["captures"] > 0
    assert said(reprocess(folder, "--yes"))["captures"] == 0
    now = dump(folder)
    for table in ("versions", "sightings", "comments", "comment_texts", "threads", "documents"):
        assert_same({table: whole[table]}, {table: now[table]})
    assert_whole(folder)
    assert_rebuild_is_same(folder)


def test_an_article_with_a_damaged_capture_stays_as_it_is(told: Told, tmp_path: Path) -> None:
    folder = told.copy(tmp_path)
    url = told.url(COMMENTED)
    with Archive.open(folder) as archive:
        (first, *_) = archive.catalogue.captures(url)
        path = archive.warc_path(first.warc_key)
    data = bytearray(path.read_bytes())
    data[first.offset + first.length // 2] ^= 0xFF
    path.write_bytes(data)
    ended = reprocess(folder, "--yes")
    assert ended.code == 1
    assert_plain(ended)
    unread = json.loads(ended.stdout)["unread"]
    assert [one["url"] for one in unread] == [url]
    assert first.warc_key in unread[0]["message"]
    assert texts(folder)[url] == texts(told.archive)[url]
    assert texts(folder)[told.url(EDITED)][0].extractor == f"{NEXT} generic/1"


def test_one_article_or_one_source_alone(told: Told, tmp_path: Path) -> None:
    folder = told.copy(tmp_path)
    told_one = said(reprocess(folder, "--yes", "--article", told.url(EDITED)))
    assert told_one["articles"] == 1
    assert texts(folder)[told.url(EDITED)][0].extractor == f"{NEXT} generic/1"
    assert texts(folder)[told.url(COMMENTED)][0].extractor != f"{NEXT} generic/1"
    nothing = reprocess(folder, "--source", "xx_unknown")
    assert nothing.code == 2
    assert_plain(nothing)


def read_otherwise(folder: Path) -> None:
    """Let the catalogue say that an earlier extractor read everything, and otherwise."""
    with closing(sqlite3.connect(folder / "catalogue.sqlite")) as connection, connection:
        connection.execute("UPDATE captures SET extractor = 'mandegar/0.0' WHERE extractor IS NOT NULL")
        connection.execute("UPDATE sightings SET reading = 'otherwise'")


def zero_bodies(folder: Path) -> None:
    """Make every page on the disk unreadable."""
    for path in (folder / "warc").rglob("*.warc.gz"):
        path.write_bytes(bytes(path.stat().st_size))


@pytest.mark.parametrize("most_bytes", [1 << 30, 120_000], ids=["all", "a part"])
def test_what_was_read_to_be_said_is_not_read_again_to_be_done(
    told: Told, tmp_path: Path, most_bytes: int
) -> None:
    folder = told.copy(tmp_path)
    read_otherwise(folder)
    with Spool(most_bytes) as spool:
        with Archive.open(folder) as archive:
            said_first = again.reprocess(archive, write=False, workers=1, spool=spool)
        zero_bodies(folder)
        with Archive.open(folder, exclusive=True) as archive:
            done = again.reprocess(archive, write=True, workers=1, spool=spool)
        assert (said_first.unread, said_first.articles > 5) == ([], True)
        if most_bytes == 1 << 30:
            assert (done.unread, done.articles, done.counts) == ([], said_first.articles, said_first.counts)
        else:
            # Each is read or not at all: what was not kept is not there any more.
            assert 0 < done.articles < said_first.articles
            assert len(done.unread) + done.articles >= said_first.articles


def test_a_catalogue_of_before_is_to_be_rebuilt_first(told: Told, tmp_path: Path) -> None:
    folder = told.copy(tmp_path)
    with closing(sqlite3.connect(folder / "catalogue.sqlite")) as connection, connection:
        # As the migration leaves it.
        connection.execute("UPDATE captures SET extractor = NULL")
        connection.execute("UPDATE versions SET extractor = NULL")
        connection.execute("UPDATE sightings SET reading = NULL")
        connection.execute("DELETE FROM documents")
    ended = reprocess(folder)
    assert ended.code == 3
    assert (
        "made by an earlier version, which did not note what was read from where; "
        "`mandegar rebuild` makes it anew from the WARC files (once), then `mandegar reprocess` goes on"
    ) in ended.message
    assert mandegar(folder, "rebuild", "--workers", "0").code == 0
    assert said(reprocess(folder))["articles"] > 0
