from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from model import ContentState, ContentVerdict, Event, EventKind, from_json, to_json

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVENT = Event(
    kind=EventKind.REMOVED,
    article="https://example.org/a",
    opened_at=AT,
    known_at=AT + timedelta(days=14),
    opened_by=("urn:uuid:1", "urn:uuid:2"),
    after=AT - timedelta(hours=3),
)
CLOSED = replace(
    EVENT, closed_at=AT + timedelta(days=20), closed_by=("urn:uuid:3",), closing="restored", detail="بازگشت"
)


def test_an_event_keeps_its_name_when_it_closes():
    assert CLOSED.id == EVENT.id
    assert EVENT.is_open
    assert not CLOSED.is_open


def test_events_of_other_evidence_have_other_names():
    others = [
        replace(EVENT, kind=EventKind.SUSPECTED),
        replace(EVENT, article="https://example.org/b"),
        replace(EVENT, opened_by=("urn:uuid:1",)),
        replace(EVENT, subjects=("c1",)),
    ]
    assert len({EVENT.id, *(other.id for other in others)}) == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"closed_at": AT, "closed_by": ("urn:uuid:3",)},
        {"known_at": AT - timedelta(seconds=1)},
        {"opened_by": ()},
        {"closed_at": AT + timedelta(days=20)},
        {"closed_by": ("urn:uuid:3",)},
    ],
)
def test_an_event_that_cannot_have_been_is_refused(wrong):
    with pytest.raises(ValueError, match="event"):
        replace(EVENT, **wrong)


def test_events_and_verdicts_go_through_json():
    assert from_json(Event, to_json(CLOSED)) == CLOSED
    verdict = ContentVerdict(
        article="https://example.org/a",
        state=ContentState.REMOVED,
        since=AT,
        judged_at=AT,
        last_present_at=None,
        rules=("content.gone/1",),
        missing=("یک راه شبکهٔ دیگر",),
    )
    assert from_json(ContentVerdict, to_json(verdict)) == verdict


def test_an_older_reader_meets_what_it_does_not_know():
    told = {**to_json(EVENT), "a field of next year": [1]}
    assert from_json(Event, told) == EVENT


def test_only_what_is_confirmed_is_gone():
    gone = {state for state in ContentState if state.is_gone}
    assert gone == {ContentState.REMOVED, ContentState.RESTRICTED, ContentState.WALLED}
    assert not any(state.is_gone and state.is_there for state in ContentState)
