"""What is known of a source outside a crawl, as a small WARC file of its own.

``<source>/<yyyy>/<mm>/source-<time>-00001.warc.gz`` holds the source, ``learned-<time>-00001.warc.gz`` what
was learned of its pages: one ``metadata`` record (``urn:mandegar:learned:<source>``)::

    {"source": "…", "revision": "1f3a9c04", "learned_at": "2026-12-01T03:00:00.000000+00:00", "content": {…}}

``content`` is whoever's who learned it; an empty ``revision`` says that pages are read without from then on.
The newest counts.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archive.warc import WarcWriter

if TYPE_CHECKING:
    from pathlib import Path

    from archive.catalogue import LearnedRow
    from model import Source

Written = tuple[datetime, list[tuple[str, int]]]
"""When a file was written, and its key and size."""


def write_source_file(warc_folder: Path, source: Source) -> Written:
    """Write a source; on disk when it returns. ``StoreFullError``, ``StoreError``."""
    now, closed, writer = _begin(warc_folder, source.name, "source")
    writer.write_source(source)
    writer.close()
    return now, closed


def write_learned_file(warc_folder: Path, learned: LearnedRow) -> Written:
    """Write what was learned; on disk when it returns. ``StoreFullError``, ``StoreError``."""
    now, closed, writer = _begin(warc_folder, learned.source, "learned")
    writer.write_learned(
        learned.source,
        {
            "source": learned.source,
            "revision": learned.revision,
            "learned_at": learned.learned_at,
            "content": json.loads(learned.content),
        },
    )
    writer.close()
    return now, closed


def _begin(warc_folder: Path, source: str, kind: str) -> tuple[datetime, list[tuple[str, int]], WarcWriter]:
    now = datetime.now(UTC)
    closed: list[tuple[str, int]] = []
    writer = WarcWriter(
        warc_folder,
        source=source,
        crawl_id=f"{kind}-{now:%Y%m%dT%H%M%S%f}Z",
        warcinfo={"software": "mandegar"},
        on_closed=lambda key, _, size: closed.append((key, size)),
    )
    return now, closed, writer
