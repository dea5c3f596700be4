"""A small archive whose files manifests cover: three crawls, with a revisit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from samples.shelf import shelf

from archive import Archive
from archive.manifest import seal
from model import Source

if TYPE_CHECKING:
    from pathlib import Path

    from model import Capture

SITE = "http://sealed.test"
DAY_1 = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
DAY_2 = DAY_1 + timedelta(days=1)
SOURCE = Source(name="sample_sealed", origin=SITE + "/")


def crawl_into(path: Path, at: datetime, *pages: str, body: str = "") -> list[Capture]:
    """Archive pages as one crawl does; return their captures."""
    with shelf(path, SOURCE, at) as filling:
        return [
            filling.keep(f"{SITE}/{page}", f"<title>{page}</title>{body or page}".encode() * 9)
            for page in pages
        ]


def seal_at(path: Path, moment: datetime) -> tuple[str, ...]:
    """Seal the archive's own chain as if it were then."""
    with Archive.open(path, exclusive=True) as archive:
        return seal(archive.catalogue, path, now=moment).manifests


def two_days(path: Path) -> list[Capture]:
    """Archive three pages on two days, the first again as a revisit, and seal three times."""
    first = crawl_into(path, DAY_1, "a", "b")
    seal_at(path, DAY_1)
    again = crawl_into(path, DAY_1 + timedelta(hours=2), "a")
    seal_at(path, DAY_1 + timedelta(hours=3))
    last = crawl_into(path, DAY_2, "c")
    seal_at(path, DAY_2)
    return [*first, *again, *last]
