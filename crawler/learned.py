"""What was learned of a source's pages: kept in the archive, read with by crawls and `reprocess` alike."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from archive.catalogue import LearnedRow
from model import DamagedArchiveError, ReadError, from_json, json_text
from pipelines import LearnedPages

if TYPE_CHECKING:
    from archive import Archive


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadWith:
    """What pages are read with, packed for the way to the reading processes (some KB beside each page)."""

    revision: str = ""
    """Empty: nothing was learned."""
    packed: bytes = b""


def kept_pages(archive: Archive, source: str) -> LearnedPages:
    """Return what is kept of a source's pages, empty where nothing is; ``DamagedArchiveError``."""
    row = archive.catalogue.readings.learned(source)
    if row is None or not row.revision:
        return LearnedPages()
    try:
        return from_json(LearnedPages, json.loads(row.content))
    except (ReadError, ValueError) as error:
        raise DamagedArchiveError(
            f"what was learned of the pages of {source} cannot be read ({error}); forget it with "
            f"`mandegar source boilerplate {source} --forget`, or learn it anew with --keep"
        ) from error


def keep_pages(archive: Archive, source: str, pages: LearnedPages) -> LearnedRow | None:
    """Keep what was learned, to be read with from now on; ``None`` when what is kept reads the same.

    The archive must have been opened for writing. ``StoreError``.
    """
    row = archive.catalogue.readings.learned(source)
    if pages.revision == (row.revision if row is not None else ""):
        return None
    kept = LearnedRow(
        source=source, revision=pages.revision, learned_at=datetime.now(UTC), content=json_text(pages)
    )
    archive.keep_learned(kept)
    return kept


def read_with(archive: Archive, source: str) -> ReadWith:
    """Return what pages of a source are to be read with; ``DamagedArchiveError``."""
    pages = kept_pages(archive, source)
    if not pages.revision:
        return ReadWith()
    # By what this program makes of it, which is what the name says that reads.
    return ReadWith(revision=pages.revision, packed=zlib.compress(json_text(pages).encode()))


@lru_cache(maxsize=4)
def unpacked(packed: bytes) -> LearnedPages | None:
    """Return what :class:`ReadWith` packed; ``None`` when that is nothing."""
    return from_json(LearnedPages, json.loads(zlib.decompress(packed))) if packed else None
