"""How much attention an article asks for that stands so: what ties verdicts to coming back."""

from __future__ import annotations

from datetime import datetime, timedelta

from model import EventKind
from pipelines.revisits import Attention
from pipelines.verdicts.content_standing import Standing

_LATELY = timedelta(days=2)
_GONE = (EventKind.REMOVED, EventKind.RESTRICTED, EventKind.WALLED)


def attention_of(standing: Standing, now: datetime) -> tuple[Attention, datetime | None]:
    """Return why an article should be looked at more often, and since when; ``(NONE, None)`` when not.

    An article whose site is frozen is looked at as if nothing were: the site is not to be hammered for it.
    """
    if standing.is_frozen:
        return Attention.NONE, None
    gone = standing.open_event(*_GONE)
    if gone is not None:
        return Attention.GONE, gone.known_at
    missing = standing.run or standing.thin or standing.led
    if missing:
        is_suspected = standing.open_event(EventKind.SUSPECTED) is not None
        return (Attention.SUSPECTED if is_suspected else Attention.SIGNALLED), missing[0].at
    if standing.draft is not None:
        return Attention.DRAFT, standing.draft.first.at
    edited = standing.open_event(EventKind.EDITED)
    if edited is not None and timedelta(0) <= now - edited.known_at <= _LATELY:
        return Attention.EDITED, edited.known_at
    return Attention.NONE, None
