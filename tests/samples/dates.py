"""Reads the table of printed dates, ``dates.tsv``, for the tests and for ``benchmarks/dates.py``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

REFERENCE = datetime(2016, 10, 25, 12, tzinfo=UTC)
"""When a string was captured for which the table gives nothing else; a Tuesday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedDate:
    """One row of the table."""

    family: str
    raw: str
    language: str | None
    reference: datetime
    meaning: datetime | None
    """In UTC; midnight for a date without a time; ``None``: nothing may be returned."""
    precision: str
    calendar: str
    """Empty for a relative date."""


def printed_dates() -> list[PrintedDate]:
    """Return all rows in their order."""
    text = Path(__file__).with_suffix(".tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return [
        PrintedDate(
            family=family,
            raw=re.sub(r"\\(?:u([0-9a-f]{4})|(\\))", lambda m: chr(int(m[1], 16)) if m[1] else "\\", raw),
            language=language or None,
            reference=datetime.fromisoformat(reference) if reference else REFERENCE,
            meaning=datetime.fromisoformat(meaning) if meaning else None,
            precision=precision,
            calendar=calendar,
        )
        for family, raw, language, reference, meaning, precision, calendar in rows
    ]
