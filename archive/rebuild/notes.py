"""What records say that tell of no exchange, out of their JSON, which is trusted in nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from archive.catalogue import LearnedRow, LookRow
from archive.rebuild.found import FoundConnection, FoundIncidents, FoundReread, FoundSurvey
from model import CaptureVia, ConnectionVerdict, Judgement, ReadError, Survey, from_json, json_text

_MAX_ID = 100
_MAX_NAME = 400


# Any: JSON.
def reread_of(data: dict[str, Any]) -> FoundReread:
    """Return what was read again; ``ReadError``."""
    count, named = data.get("conversions"), data.get("extractors")
    if type(count) is not int or not isinstance(named, dict):
        raise ReadError("it does not say what was read again")
    extractors: dict[str, str] = {}
    for name, record_ids in named.items():
        if not isinstance(record_ids, list):
            raise ReadError("it does not say which captures were read again")
        extractors |= dict.fromkeys((record_id_in(one) for one in record_ids), name_in(name))
    return FoundReread(group=name_in(data.get("group")), conversions=count, extractors=extractors)


# Any: JSON.
def learned_of(data: dict[str, Any], source: str) -> LearnedRow:
    """Return what was learned of a source's pages; ``ReadError``, ``ValueError``."""
    content, moment = data.get("content"), data.get("learned_at")
    if data.get("source") != source or not isinstance(content, dict) or not isinstance(moment, str):
        raise ReadError("it does not say what was learned of this source, and when")
    learned_at = datetime.fromisoformat(moment)
    check_aware(learned_at)
    return LearnedRow(
        source=source,
        revision=name_in(data.get("revision")),
        learned_at=learned_at,
        content=json_text(content),
    )


# Any: JSON.
def judgement_of(data: dict[str, Any]) -> Judgement:
    """Return what was judged of an article; ``ReadError``."""
    judgement = from_json(Judgement, data)
    verdict = judgement.verdict
    check_aware(verdict.since, verdict.judged_at, verdict.last_present_at)
    for event in judgement.events:
        check_aware(event.opened_at, event.known_at, event.after, event.closed_at)
    return judgement


# Any: JSON.
def connection_of(data: dict[str, Any], record_id: str, survey_id: str) -> FoundConnection:
    """Return a verdict over a connection; ``ReadError``."""
    verdict = from_json(ConnectionVerdict, data)
    check_aware(verdict.observed_at)
    return FoundConnection(record_id=record_id, survey_id=survey_id, verdict=verdict)


# Any: JSON.
def survey_of(data: dict[str, Any], record_id: str) -> FoundSurvey | None:
    """Return what a survey tells beside its verdict; ``None``: nothing; ``ReadError``."""
    share = from_json(Survey, data).inside_share
    return None if share is None else FoundSurvey(record_id=record_id, inside_share=share)


# Any: JSON.
def via_of(data: dict[str, Any], refers_to: str) -> CaptureVia:
    """Return how a capture came about; ``ReadError``."""
    via = from_json(CaptureVia, data)
    if record_id_in(via.record_id) != refers_to:
        raise ReadError("it tells of another capture than it refers to")
    return via


# Any: JSON.
def look_of(data: dict[str, Any]) -> LookRow:
    """Return a look at an article; ``ReadError``."""
    row = from_json(LookRow, data)
    check_aware(row.at)
    return row


# Any: JSON.
def incidents_of(data: dict[str, Any]) -> FoundIncidents:
    """Return the incidents of a site; ``ReadError``."""
    noun = data.get("incidents")
    if not isinstance(noun, str):
        raise ReadError("it does not say which incidents")
    return FoundIncidents(noun=noun)


def record_id_in(value: object) -> str:
    """Return a record's id; ``ReadError``."""
    if not isinstance(value, str) or not value or len(value) > _MAX_ID or not value.isprintable():
        raise ReadError("a record id that it needs is missing")
    return value


def name_in(value: object) -> str:
    """Return the name of an extractor or a group; empty when there is none; ``ReadError``."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _MAX_NAME:
        raise ReadError("what should be a name is none")
    return value


def check_aware(*moments: datetime | None) -> None:
    """Raise ``ReadError`` for a time without a zone."""
    if any(moment is not None and moment.tzinfo is None for moment in moments):
        raise ReadError("a time in it has no time zone")
