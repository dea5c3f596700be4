"""Something that happened to an article: an interval that opens and may close, each end with its records."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from model.content import ContentVerdict


class EventKind(StrEnum):
    """What happened."""

    EDITED = "edited"
    """Its words changed; closed when the earlier words came back."""
    GUTTED = "gutted"
    SUSPECTED = "suspected"
    """Its text is missing, and it is not known why; closed when that is known, or it was there again."""
    REMOVED = "removed"
    RESTRICTED = "restricted"
    WALLED = "walled"
    MOVED = "moved"
    COMMENTS_REMOVED = "comments_removed"
    COMMENTS_CLOSED = "comments_closed"
    MIRROR_DIFFERS = "mirror_differs"
    """A mirror shows another text than the publisher did: it is stale, or somebody rewrites what passes it.
    Closed when that mirror has a text again that the article had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An interval in the life of an article. Written when it opens and when it closes, never rewritten.

    Both are functions of the observations: judged again, the same event has the same ``id`` and ends. Raise
    :class:`ValueError` when it would end before it began.
    """

    kind: EventKind
    article: str
    """Canonical URL."""
    opened_at: datetime
    """When the first answer came that shows it."""
    known_at: datetime
    """When the answer came that made it certain; what was found out late keeps both."""
    opened_by: tuple[str, ...]
    """Record ids that show it, oldest first; never empty."""
    after: datetime | None = None
    """When things were last seen as they were before: it happened between this and ``opened_at``."""
    closed_at: datetime | None = None
    """When it was over; ``None`` while it lasts."""
    closed_by: tuple[str, ...] = ()
    """Record ids that show that; empty while it lasts."""
    closing: str = ""
    """Why it was over: ``restored``, ``reverted``, ``explained`` (something more certain took its place),
    ``restored_in_part`` (an event of the rest follows); empty while it lasts."""
    rule: str = ""
    """The rule that opened it."""
    rules_version: str = ""
    detail: str = ""
    """What a reader of a timeline is told: the notice, the new address, how many comments."""
    subjects: tuple[str, ...] = ()
    """Keys of the comments concerned; empty for what is not about comments."""

    def __post_init__(self) -> None:
        if not self.opened_by:
            raise ValueError("an event without evidence")
        if self.known_at < self.opened_at or (self.closed_at is not None and self.closed_at < self.known_at):
            raise ValueError(f"an event that ends before it began: {self.kind} of {self.article}")
        if (self.closed_at is None) != (not self.closed_by):
            raise ValueError("an event closes with its evidence, or not at all")

    @property
    def id(self) -> str:
        """A name of its own: the same whenever it is judged again, open or closed."""
        text = "\0".join((self.kind, self.article, *self.opened_by, *self.subjects))
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    @property
    def is_open(self) -> bool:
        """True while it lasts."""
        return self.closed_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was made of one article at one time, as it is kept: WARC record and catalogue rows."""

    verdict: ContentVerdict
    events: tuple[Event, ...] = ()
    """Those that opened or closed since the judgement before; all of them does no harm."""
