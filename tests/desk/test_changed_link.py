"""A dataset that an article links to is replaced, and no word is: an edit with its difference."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from samples.opaque_newsroom import Newsroom
from samples.shelf import FIRST, shelf
from samples.whole_catalogue import assert_same, dump, from_warc

from archive import Archive
from archive.rebuild import Folding, rebuild
from desk.difference import article_history
from desk.telling import summary_of, told_changes
from model import Source
from pipelines import fold_text, index_text

if TYPE_CHECKING:
    from pathlib import Path

PAPER = Source(name="xx_paper", origin="https://paper.example/", languages=("fa",))


def test_a_replaced_dataset_is_a_version_and_a_tracking_parameter_is_none(tmp_path: Path) -> None:
    room = Newsroom(stories=6)
    story = room.all[0]

    def page(address: str) -> bytes:
        linked = f'{story.paragraphs[0]} <a href="{address}">داده‌های آن</a>'
        return room.page(story, paragraphs=(linked, *story.paragraphs[1:]))

    addresses = (
        "https://data.example/2025.csv",
        "https://data.example/2025.csv?utm_source=front",
        "https://data.example/2026.csv",
    )
    for day, address in enumerate(addresses):
        with shelf(tmp_path, PAPER, FIRST + timedelta(days=day)) as filling:
            assert filling.keep_page(story.url, page(address)).article is not None
    with Archive.open(tmp_path) as archive:
        history = article_history(archive.catalogue, story.url)
    assert [len(one.capture_ids) for one in history.versions] == [2, 1]
    assert not any(one.by_extractor for one in history.versions)
    changes = told_changes(history.step(*history.versions))
    assert summary_of(changes) == "1 link led elsewhere"
    assert (changes[0].old_address, changes[0].new_address) == (addresses[0], addresses[2])
    before = dump(tmp_path)
    for path in tmp_path.glob("catalogue.sqlite*"):
        path.unlink()
    rebuild(tmp_path, Folding(article=index_text, text=fold_text), workers=0)
    after = dump(tmp_path)
    for table in ("versions", "sightings", "articles"):
        assert_same({table: from_warc(before)[table]}, {table: from_warc(after)[table]})
