"""Where WARC files lie: which are closed, which copies of them are good, and what is still to be done.

A file is noted when it is closed. A copy is *verified* only when its store itself showed it whole, and only
verified copies count. Stores are named as in ``mandegar.toml``.
"""

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
