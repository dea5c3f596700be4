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
