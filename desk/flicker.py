"""What flickers on the archived pages of a source: learned from captures a moment apart, offline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from archive.message import content_decode
from model import DamagedArchiveError, ReadError
from pipelines import FlickerLearner, page_marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive import Archive
    from model import Capture
    from pipelines import Flicker, Mark

A_MOMENT = timedelta(minutes=10)
"""Between two captures of one address that are taken for one page: an edit in between is rare, and would be
of one address, which teaches nothing alone."""
MOST_ADDRESSES = 100
MOST_CAPTURES = 10
"""Of one address in a row."""
_MOST_BYTES = 32 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TaughtFlicker:
    """What captures a moment apart teach."""

    flicker: Flicker
    addresses: tuple[str, ...]
    """That were captured so."""
    unread: tuple[str, ...]
    """Record ids of captures that could not be read."""


def learn_flicker(archive: Archive, name: str) -> TaughtFlicker:
    """Return what differs between captures of a source's articles that lie within moments.

    Reads the archive alone and writes nothing; the same archive teaches the same. ``UnknownNameError``.
    """
    readings = archive.catalogue.readings
    learner = FlickerLearner()
    unread: list[str] = []
    addresses: list[str] = []
    for captures in readings.moments_apart(readings.source_number(name), A_MOMENT, MOST_ADDRESSES):
        read = _read(archive, captures[:MOST_CAPTURES], unread)
        if len(read) > 1:
            addresses.append(captures[0].url)
            learner.add(captures[0].url, read)
    return TaughtFlicker(
        flicker=learner.learn(), addresses=tuple(dict.fromkeys(addresses)), unread=tuple(unread)
    )


def _read(archive: Archive, captures: Sequence[Capture], unread: list[str]) -> list[tuple[Mark, ...]]:
    found = []
    for capture in captures:
        try:
            stored = archive.load(capture)
            named = stored.head.get(b"content-type")
            body = content_decode(stored.entity, stored.head, max_bytes=_MOST_BYTES).data
            found.append(page_marks(body, content_type=named.decode("latin-1") if named else None))
        except (DamagedArchiveError, ReadError):
            unread.append(capture.record_id)
    return found
