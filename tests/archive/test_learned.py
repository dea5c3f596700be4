"""What was learned of a source's pages is kept in WARC: the newest counts, also in a catalogue made anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import Archive
from archive.catalogue import LearnedRow
from archive.rebuild import Folding, index_unindexed, rebuild
from archive.warc import WarcWriter, verify_warc
from model import Source, UnknownNameError
from pipelines import fold_text, index_text

FOLDING = Folding(article=index_text, text=fold_text)
PAPER = Source(name="xx_paper", origin="https://paper.example/")
FIRST = LearnedRow(
    source="xx_paper",
    revision="1f3a9c04",
    learned_at=datetime(2026, 12, 1, 3, tzinfo=UTC),
    content='{"texts":["می\u200cخوانید"]}',
)
NEWER = replace(FIRST, revision="77aa01bc", learned_at=FIRST.learned_at + timedelta(days=1), content="{}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Archive.open(tmp_path, create=True, exclusive=True) as archive:
        archive.put_source(PAPER)
    return tmp_path


def kept(folder: Path) -> LearnedRow | None:
    with Archive.open(folder) as archive:
        return archive.catalogue.readings.learned("xx_paper")


def made_anew(folder: Path) -> LearnedRow | None:
    for path in folder.glob("catalogue.sqlite*"):
        path.unlink()
    report = rebuild(folder, FOLDING, workers=0)
    assert report.unreadable == []
    return kept(folder)


def keep(folder: Path, *rows: LearnedRow) -> None:
    with Archive.open(folder, exclusive=True) as archive:
        for row in rows:
            archive.keep_learned(row)


def test_nothing_is_known_of_a_source_that_nobody_learned(folder: Path) -> None:
    assert kept(folder) is None


def test_it_comes_back_as_it_was_kept_also_from_warc_alone(folder: Path) -> None:
    keep(folder, FIRST)
    assert kept(folder) == FIRST
    (path,) = (folder / "warc").rglob("learned-*.warc.gz")
    assert list(verify_warc(path)) == []
    assert made_anew(folder) == FIRST


@pytest.mark.parametrize("rows", [(FIRST, NEWER), (NEWER, FIRST)], ids=["in order", "the older one last"])
def test_the_newest_counts(folder: Path, rows: tuple[LearnedRow, ...]) -> None:
    keep(folder, *rows)
    assert kept(folder) == NEWER
    assert made_anew(folder) == NEWER


def test_what_was_written_before_a_kill_is_found_by_the_next_run(folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("archive.catalogue.learned.put", _killed)
        with pytest.raises(KeyboardInterrupt):
            keep(folder, FIRST)
    with Archive.open(folder, exclusive=True) as archive:
        assert archive.catalogue.readings.learned("xx_paper") is None
        assert index_unindexed(archive, FOLDING) == []
    assert kept(folder) == FIRST


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": "xx_other"},
        {"content": ["no", "object"]},
        {"learned_at": "2026-12-01T03:00:00"},
        {"learned_at": "soon"},
        {"learned_at": None},
        {"revision": "x" * 1000},
    ],
    ids=lambda one: str(one)[:30],
)
def test_a_record_that_says_nothing_of_use_is_named_and_passed_over(
    folder: Path, wrong: dict[str, object]
) -> None:
    keep(folder, FIRST)
    said = {"source": "xx_paper", "revision": "1", "learned_at": NEWER.learned_at.isoformat(), "content": {}}
    writer = WarcWriter(
        folder / "warc", source="xx_paper", crawl_id="learned-20261203T030000000000Z", warcinfo={}
    )
    writer.write_learned("xx_paper", said | wrong)
    writer.close()
    for path in folder.glob("catalogue.sqlite*"):
        path.unlink()
    report = rebuild(folder, FOLDING, workers=0)
    assert [one.key for one in report.problems] == [
        path.relative_to(folder / "warc").as_posix() for path in (folder / "warc").rglob("learned-20261203*")
    ]
    assert kept(folder) == FIRST


def test_of_a_source_that_is_not_there_nothing_is_kept(folder: Path) -> None:
    with pytest.raises(UnknownNameError):
        keep(folder, replace(FIRST, source="xx_unknown"))
    assert list((folder / "warc").rglob("learned-*")) == []
