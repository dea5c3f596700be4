"""An archive's folder: who may look into it, what its keys may name, and what a killed crawl left."""

import json
import os
import sqlite3
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from samples.catalogue import capture
from samples.exchanges import observation

from archive import Archive
from archive.warc import WarcWriter
from model import Crawl, CrawlState, DamagedArchiveError, PageRole, Source, StoreBusyError

SOURCE = Source(name="xx", origin="http://xx.example/")


def test_a_new_archive_is_for_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0o000)
    try:
        with Archive.open(tmp_path / "deep" / "a", create=True) as archive:
            out = WarcWriter(archive.warc_folder, source="xx", crawl_id="c", warcinfo={})
            out.write_failure(observation("http://xx.example/"), role=PageRole.PAGE)
            out.close()
    finally:
        os.umask(before)
    for path in (tmp_path / "deep" / "a" / "catalogue.sqlite", *(tmp_path / "deep").rglob("*.warc.gz")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "deep" / "a").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "deep" / "a" / "warc").stat().st_mode) == 0o700


@pytest.mark.parametrize("key", ["/etc/passwd", "../x", "xx/../../x", "..", "", ".", "xx/\0"])
def test_a_key_that_leads_out_of_the_archive_is_damage(tmp_path: Path, key: str) -> None:
    with Archive.open(tmp_path / "a", create=True) as archive:
        with pytest.raises(DamagedArchiveError, match="outside"):
            archive.warc_path(key)
        with pytest.raises(DamagedArchiveError, match="outside"):
            archive.load(replace(capture(1), warc_key=key))
        assert archive.warc_path("xx/2026/11/c-00001.warc.gz").is_relative_to(archive.warc_folder)


def left_running(path: Path, host: str) -> Crawl:
    with Archive.open(path, create=True, exclusive=True) as archive:
        archive.put_source(SOURCE)
        crawl = archive.start_crawl("xx")
    with sqlite3.connect(path / "catalogue.sqlite") as connection:
        ((holder,),) = connection.execute("SELECT holder FROM crawls").fetchall()
        changed = json.dumps(json.loads(holder) | {"host": host})
        connection.execute("UPDATE crawls SET holder = ?", (changed,))
    connection.close()
    return crawl


def test_a_crawl_killed_in_another_container_is_gone_on_with_at_once(tmp_path: Path) -> None:
    crawl = left_running(tmp_path / "a", "3f9c2e1b7a55")
    with Archive.open(tmp_path / "a") as reader:
        assert reader.catalogue.interrupted_crawl("xx") is None, "who does not hold the lock cannot know"
        assert reader.catalogue.crawl(crawl.id).state is CrawlState.RUNNING
    with Archive.open(tmp_path / "a", exclusive=True) as archive:
        assert archive.catalogue.holder(crawl.id) == (None, None)
        found = archive.catalogue.interrupted_crawl("xx")
        assert found == replace(crawl, state=CrawlState.INTERRUPTED)
        again = archive.start_crawl("xx", found)
        assert (again.id, again.state) == (crawl.id, CrawlState.RUNNING)


def test_an_archive_whose_making_was_cut_short_is_made_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a"
    (path / "warc").mkdir(parents=True)
    (path / "mandegar.toml.4711.new").write_text("")
    with Archive.open(path, create=True, exclusive=True) as archive:
        archive.put_source(SOURCE)
    assert (path / "mandegar.toml").read_text().endswith("format = 1\n")


def test_who_claims_a_source_ends_what_was_left_of_it_and_of_no_other(tmp_path: Path) -> None:
    other = Source(name="yy", origin="http://yy.example/")
    with Archive.open(tmp_path / "a", create=True, shared=True) as first:
        for source in (SOURCE, other):
            first.put_source(source)
        ours, theirs = first.start_crawl("xx"), first.start_crawl("yy")
        first.claim("yy")
        # The claim came last here, so that it found the crawl as one that a killed process left.
        assert first.catalogue.crawl(theirs.id).state is CrawlState.INTERRUPTED
        assert first.catalogue.crawl(ours.id).state is CrawlState.RUNNING
        with Archive.open(tmp_path / "a", shared=True) as second:
            with pytest.raises(StoreBusyError, match="source yy is in use by process"):
                second.claim("yy")
            second.claim("xx")
            second.claim("xx")
            assert second.catalogue.crawl(ours.id).state is CrawlState.INTERRUPTED
        # Closed, it holds nothing any more.
        first.claim("xx")
    with Archive.open(tmp_path / "a", exclusive=True):
        pass


def test_an_archive_opened_to_read_claims_nothing(tmp_path: Path) -> None:
    with Archive.open(tmp_path / "a", create=True) as archive, pytest.raises(ValueError, match="claims no"):
        archive.claim("xx")
