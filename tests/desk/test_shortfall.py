"""A thread that the page says is longer than what was seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from archive import Archive
from desk.cli.reading import print_shortfall
from desk.difference import article_history


@pytest.mark.parametrize(
    ("declared", "line"),
    [
        (None, ""),
        (4, ""),
        (9, "The page declares 9 comments; 5 of them were never seen."),
    ],
)
def test_a_shortfall_is_told_in_one_line(newsroom_archive: Path, declared: int | None, line: str) -> None:
    with Archive.open(newsroom_archive) as archive:
        history = article_history(archive.catalogue, "1")
    assert len(history.comments) == 4
    history = replace(history, record=replace(history.record, declared_comments=declared))
    out = Console(width=100)
    with out.capture() as shown:
        print_shortfall(out, history)
    assert shown.get().strip() == line
