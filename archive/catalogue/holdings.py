"""What is known of WARC files and their copies: the nouns of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CopyState(StrEnum):
    """How the copy of a file in a store stands."""

    PENDING = "pending"
    """To be put; ``reason`` says what stood in the way when it was tried."""
    VERIFIED = "verified"
    DAMAGED = "damaged"
    """An audit read something else than was put."""
    MISSING = "missing"
    """An audit did not find it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcFile:
    """A closed WARC file."""

    key: str
    """As in ``Capture.warc_key``."""
    size: int
    sha256: str | None
    """64 hexadecimal digits; ``None`` until it was read once after it was closed."""
    closed_at: datetime
    is_local: bool
    """It lies below the archive's own ``warc/`` folder."""
    is_indexed: bool
    """The catalogue holds what it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCopy:
    """The copy of a file in a store, wanted or there."""

    key: str
    store: str
    state: CopyState
    version_id: str | None = None
    stored_bytes: int | None = None
    """As the store holds it: an encrypted copy is larger."""
    verified_at: datetime | None = None
    locked_until: datetime | None = None
    upload: str | None = None
    """What to go on with, of an upload that was begun: JSON of ``archive.objects.Upload``."""
    failures: int = 0
    """Tries in a row that failed."""
    next_try: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStanding:
    """How the copies of one store stand, in numbers."""

    store: str
    verified: int = 0
    pending: int = 0
    damaged: int = 0
    missing: int = 0
    verified_bytes: int = 0
    """Of files, before encryption."""
    pending_bytes: int = 0
    oldest_waiting: datetime | None = None
    """When the oldest file that waits was closed."""
    next_try: datetime | None = None
    """Of the oldest file that waits; ``None``: at once."""
    reason: str | None = None
    """What stood in the way of the oldest file for which anything did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Safety:
    """How many files have the copies that were asked for."""

    files: int
    file_bytes: int
    safe: int
    """Files with enough verified copies."""
    local: int
    """Files that lie below the archive's own ``warc/``."""
    only_local: int
    """Files with no verified copy anywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedCapture:
    """A capture as one finds it from a place in a file."""

    record_id: str
    url: str
    captured_at: datetime
    offset: int
    """Where its record begins in the file."""
    length: int
