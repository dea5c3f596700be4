"""A source outside a crawl, as a small WARC file of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archive.warc import WarcWriter

if TYPE_CHECKING:
    from pathlib import Path

    from model import Source


def write_source_file(warc_folder: Path, source: Source) -> tuple[datetime, list[tuple[str, int]]]:
    """Write ``<source>/<yyyy>/<mm>/source-<time>-00001.warc.gz``; return when, and its key and size.

    On disk when it returns. ``StoreFullError``, ``StoreError``.
    """
    now = datetime.now(UTC)
    closed: list[tuple[str, int]] = []
    writer = WarcWriter(
        warc_folder,
        source=source.name,
        crawl_id=f"source-{now:%Y%m%dT%H%M%S%f}Z",
        warcinfo={"software": "mandegar"},
        on_closed=lambda key, _, size: closed.append((key, size)),
    )
    writer.write_source(source)
    writer.close()
    return now, closed
