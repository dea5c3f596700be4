"""The life of an article as one line of time: first seen, new texts, what happened to it, how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from model import EventKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from model import Event, Version

_OPENED = {
    EventKind.EDITED: "its words were changed",
    EventKind.GUTTED: "most of its text was taken out",
    EventKind.SUSPECTED: "it is missing, and it is not known why",
    EventKind.REMOVED: "it was removed",
    EventKind.RESTRICTED: "it is refused to the public",
    EventKind.WALLED: "it stands behind a login or a payment",
    EventKind.MOVED: "it moved",
    EventKind.COMMENTS_REMOVED: "comments vanished",
    EventKind.COMMENTS_CLOSED: "comments are closed",
    EventKind.MIRROR_DIFFERS: "a mirror shows another text than its publisher did",
}
_CLOSED = {
    "restored": "it is back",
    "reverted": "the earlier state is back",
    "restored_in_part": "a part is back",
}
_COMMENTS_CLOSED = {
    "restored": {
        EventKind.COMMENTS_REMOVED: "the comments are back",
        EventKind.COMMENTS_CLOSED: "comments are open again",
        EventKind.SUSPECTED: "it was there again",
    }
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened, with what shows it."""

    at: datetime
    what: str
    """In words: «it was removed»."""
    detail: str = ""
    """As the site or the rules put it: the notice, the new address, how many comments."""
    after: datetime | None = None
    """It happened between this and ``at``; ``None`` when that is not known."""
    known_at: datetime | None = None
    """When it became certain, where that was later."""
    kind: str = ""
    """``seen``, ``version`` or an :class:`model.EventKind`; with ``>`` and the closing for an end."""
    record_ids: tuple[str, ...] = ()
    rule: str = ""


def opening_of(event: Event) -> str:
    """Return in words what an event's beginning says."""
    return _OPENED[event.kind]


def closing_of(event: Event) -> str:
    """Return in words what an event's end says; empty when something more certain took its place."""
    return _COMMENTS_CLOSED.get(event.closing, {}).get(event.kind) or _CLOSED.get(event.closing, "")


def timeline(versions: Sequence[Version], events: Sequence[Event]) -> list[Entry]:
    """Return all that happened, in the order in which it began; ends stand where they came.

    An edit is told by its version where there is one. Of equal times what opened goes before what closed.
    """
    entries = [*_of_versions(versions), *(entry for event in events for entry in _of_event(event, versions))]
    return sorted(entries, key=lambda entry: (entry.at, ">" in entry.kind, entry.known_at or entry.at))


def _of_versions(versions: Sequence[Version]) -> Iterator[Entry]:
    before: Version | None = None
    for version in versions:
        if before is None:
            yield Entry(
                at=version.first_seen_at,
                what="first seen",
                detail=version.article.title,
                kind="seen",
                record_ids=version.capture_ids[:1],
            )
        elif not version.by_extractor:
            yield Entry(
                at=version.first_seen_at,
                what=f"a new text, version {version.number}",
                detail=version.article.title if version.article.title != before.article.title else "",
                after=before.last_seen_at if before.last_seen_at <= version.first_seen_at else None,
                kind="version",
                record_ids=version.capture_ids[:1],
            )
        before = version


def _of_event(event: Event, versions: Sequence[Version]) -> Iterator[Entry]:
    told = event.kind is EventKind.EDITED and any(
        version.first_seen_at == event.opened_at for version in versions
    )
    if not told:
        yield Entry(
            at=event.opened_at,
            what=opening_of(event),
            detail=event.detail,
            after=event.after,
            known_at=event.known_at if event.known_at != event.opened_at else None,
            kind=event.kind.value,
            record_ids=event.opened_by,
            rule=event.rule,
        )
    closing = closing_of(event)
    if event.closed_at is not None and closing:
        yield Entry(
            at=event.closed_at,
            what=closing,
            kind=f"{event.kind.value}>{event.closing}",
            record_ids=event.closed_by,
            rule=event.rule,
        )
