"""Our clock, and how far a server's is from it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


def utc_now() -> datetime:
    """Return the time by our clock."""
    return datetime.now(UTC)


def offset_of(headers: Mapping[str, str]) -> timedelta | None:
    """Return how far a server is ahead of us by its ``Date`` (RFC 9110, 6.6.1), or ``None``."""
    written = headers.get("date")
    if written is None:
        return None
    try:
        return parsedate_to_datetime(written) - utc_now()
    except (ValueError, TypeError):
        return None


def in_words(offset: timedelta) -> str:
    """Return how our clock stands beside the server's.

    >>> in_words(timedelta(minutes=-20, seconds=-3))
    '20 minutes ahead of'
    """
    seconds = abs(offset.total_seconds())
    unit = next(
        (name, length)
        for name, length in (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))
        if seconds >= length or name == "second"
    )
    number = round(seconds / unit[1])
    side = "behind" if offset > timedelta() else "ahead of"
    return f"{number} {unit[0]}{'s' if number != 1 else ''} {side}"
