"""One distinct text of an article over time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from model.article import Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One distinct text of an article: two captures share it when their folded text is the same."""

    number: int
    """From 1, in the order first seen."""
    article: Article
    """As the first capture of this version said it."""
    first_seen_at: datetime
    last_seen_at: datetime
    capture_ids: tuple[str, ...]
    """Record ids of the captures that show it, oldest first."""
    fold_digest: str
    """``sha256:<hex>`` of the folded title, lede and paragraphs."""
    extractor: str | None = None
    """What read the capture that showed it last, as ``Reading.extractor``; ``None``: not known."""
    by_extractor: bool = False
    """It differs from what was shown before, but that was read by another extractor: whether the site changed
    anything is not known, and it counts as no edit. ``mandegar reprocess`` tells."""
