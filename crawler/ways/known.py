"""The mirrors that a crawl may take."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive import Archive
    from model import Mirror, Source


def mirrors_of(archive: Archive, source: Source) -> tuple[Mirror, ...]:
    """Return the mirrors of a source, the best first."""
    return source.mirrors
