"""How a crawl ends: its row as a record, its WARC file closed, the row itself, a manifest over all of it."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from model import CrawlState, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive import Archive, Recorder
    from model import Crawl, Source

logger = logging.getLogger(__name__)


def end_recording(
    archive: Archive,
    recorder: Recorder,
    ended: Crawl,
    *,
    source: Source | None,
    seal: bool,
    give_up: Callable[[StoreError], None],
    on_note: Callable[[str], None] | None,
) -> Crawl:
    """Write how a crawl ended, and return its row as it stands.

    ``source``: what was learned of it, if anything. A crawl that cannot be written to its end is interrupted:
    ``give_up`` is told why.
    """
    try:
        if source is not None:
            recorder.source(source)
        # The record is the truth, so nothing of the row may change after it.
        ended = recorder.end(archive.counted(ended))
    except StoreError as error:
        give_up(error)
        ended = _interrupted(ended, error)
    try:
        recorder.close()
    except StoreError as error:
        # What is settled is safe; the file keeps its open name, and the next run closes it.
        give_up(error)
        ended = _interrupted(ended, error)
    try:
        if source is not None:
            archive.note_source(source)
        ended = archive.end_crawl(ended)
    except StoreError as error:
        give_up(error)
        return ended
    if seal:
        _seal(archive, on_note)
    return ended


def _interrupted(ended: Crawl, error: StoreError) -> Crawl:
    if ended.state is CrawlState.INTERRUPTED and ended.note:
        return ended  # the first reason counts
    return replace(ended, state=CrawlState.INTERRUPTED, note=str(error))


def _seal(archive: Archive, on_note: Callable[[str], None] | None) -> None:
    """Cover what was written by a manifest; a crawl does not fail when that cannot be."""
    try:
        archive.seal()
    except StoreError as error:
        message = (
            "no manifest covers yet what this crawl wrote; all of it is kept, and the next crawl tries"
            f" again: {error}"
        )
        logger.warning("%s", message)
        if on_note is not None:
            on_note(message)
