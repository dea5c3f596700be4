"""What a killed crawl wrote and no row names is brought into the catalogue, as a rebuild would."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from samples.small_archive import FOLDING, SOURCE, Made, anew, warc_files, without_catalogue
from samples.whole_catalogue import assert_same, dump, from_warc

from archive import Archive
from archive.rebuild import index_unindexed
from model import CrawlState


def killed(path: Path, settled: int, lost: int) -> None:
    """Leave what a killed crawl leaves: an open file, rows of its beginning only."""
    made = Made(path)
    with Archive.open(path, create=True, exclusive=True) as archive:
        archive.note_source(SOURCE)
        made.recorder = archive.recorder(archive.start_crawl(SOURCE.name), {"software": "tests"})
        made.recorder.begin(SOURCE)
        for number in range(settled):
            made.page(number)
        made.recorder.settle(made.recorder.cut())
        for number in range(settled, settled + lost):
            made.page(number)
        made.failure()
        made.recorder._writer.sync()
        # What the kernel does for a process that is gone.
        made.recorder._writer._appender.let_go()


@pytest.mark.parametrize(("settled", "lost"), [(3, 3), (0, 4), (4, 0)])
def test_what_was_not_settled_is_indexed_once(tmp_path: Path, settled: int, lost: int) -> None:
    path = tmp_path / "a"
    killed(path, settled, lost)
    with Archive.open(path, exclusive=True) as archive:
        assert archive.catalogue.totals().articles == settled
        assert index_unindexed(archive, FOLDING) == []
        assert archive.catalogue.totals().articles == settled + lost
        assert [file.is_indexed for file in archive.catalogue.ledger.files()] == [True]
        first = dump(path)
        assert index_unindexed(archive, FOLDING) == []
    assert_same(first, dump(path))
    anew(without_catalogue(path))
    after = dump(path)
    # The crawl never ended: its row is derived by a rebuild, and what it counted itself is in the other.
    for rows in (first, after):
        rows.pop("crawls")
    assert_same(from_warc(first), from_warc(after))


def test_rows_that_a_power_cut_took_come_back(tmp_path: Path) -> None:
    path = tmp_path / "a"
    made = Made(path)
    made.crawl(3)
    shutil.copy(path / "catalogue.sqlite", tmp_path / "earlier")
    made.crawl(5)
    whole = dump(path)
    without_catalogue(path)
    shutil.copy(tmp_path / "earlier", path / "catalogue.sqlite")
    with Archive.open(path, exclusive=True) as archive:
        assert index_unindexed(archive, FOLDING) == []
    assert_same(from_warc(whole), from_warc(dump(path)))


def test_an_archive_of_before_the_ledger_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    made = Made(path)
    made.crawl(2)
    before = dump(path)
    forget_files(path)
    (file,) = warc_files(path)
    os.utime(file, (made.at.timestamp(), made.at.timestamp()))
    with Archive.open(path, exclusive=True) as archive:
        assert [file.is_indexed for file in archive.catalogue.ledger.files()] == [False]
        monkeypatch.setattr("archive.rebuild.indexing.parts_of", None)
        assert index_unindexed(archive, FOLDING) == []
    assert_same(before, dump(path))


def forget_files(path: Path) -> None:
    """Empty the ledger."""
    with contextlib.closing(sqlite3.connect(path / "catalogue.sqlite")) as writing:
        writing.execute("DELETE FROM files")
        writing.commit()


def test_a_crawl_killed_between_its_record_and_its_row_has_a_row_again(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with Archive.open(path, create=True, exclusive=True) as archive:
        archive.note_source(SOURCE)
        begun = archive.planned_crawl(SOURCE.name)
        recorder = archive.recorder(begun, {"software": "tests"})
        recorder.begin(SOURCE)
        recorder._writer._appender.let_go()
    with Archive.open(path, exclusive=True) as archive:
        assert archive.catalogue.crawls() == []
        assert index_unindexed(archive, FOLDING) == []
        (crawl,) = archive.catalogue.crawls()
    assert (crawl.id, crawl.state, crawl.started_at) == (begun.id, CrawlState.INTERRUPTED, begun.started_at)
    first = dump(path)
    anew(without_catalogue(path))
    after = dump(path)
    for rows in (first, after):
        # Only a rebuild counts the bytes of a crawl that did not end.
        rows["crawls"] = [row[:4] for row in rows["crawls"]]
    assert_same(from_warc(first), from_warc(after))
