"""What a crawl tells whoever watches it: plain numbers, made once a second."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a crawl is."""

    crawl_id: str
    elapsed_s: float
    pages: int
    """Responses archived, requisites not counted."""
    requisites: int
    articles: int
    """Articles archived."""
    articles_found: int
    """Addresses, each once, where an article is expected or was read; never fewer than ``articles``."""
    comments: int
    bytes_received: int
    failures: int
    found: int
    """Requests known so far, done ones included."""
    done: int
    """Requests that need nothing more: archived and read, or failed for good."""
    rate: float
    """Responses archived a second, over the last half minute."""
    waiting_s: float
    """Seconds until a host lets us go on (``Retry-After``); 0 when none holds us."""
    ending: bool
    """Somebody asked the crawl to end: nothing more is sent, what is under way is waited for."""
    last_url: str
    paused: str = ""
    """Why no request goes out until there is room on the disk, for a person; empty while they do."""

    @property
    def left_s(self) -> float | None:
        """Seconds the known rest would take at this rate; ``None`` when there is no rate yet."""
        return max(0, self.found - self.done) / self.rate if self.rate > 0 else None
