"""From looks to a verdict and events: a fold, one look at a time, in the order of the captures.

``judge(history)`` is ``take_in`` over all looks and findings from the beginning, so that judging a longer
history and going on from a standing are the same. Each step knows what was known when its look came; a look
that is older than one taken in before is refused, and the history is judged anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from model import EventKind, SignalKind
from pipelines.verdicts.content_comments import note_comments
from pipelines.verdicts.content_edits import note_text
from pipelines.verdicts.content_look import Look, Means, is_same_address
from pipelines.verdicts.content_moved import is_sought
from pipelines.verdicts.content_rules import (
    ABSENT,
    HOURS_APART,
    WAYS,
    Way,
    is_suspicious,
    progress,
)
from pipelines.verdicts.content_signals import Assessment, Outcome, assess
from pipelines.verdicts.content_standing import (
    Finding,
    Incident,
    Miss,
    Sight,
    Sought,
    Standing,
    closed,
    earned,
    make_event,
    miss_of,
    new_standing,
    opened,
    with_miss,
)

GONE_EVENTS = (EventKind.REMOVED, EventKind.RESTRICTED, EventKind.WALLED)
_MISSING_EVENTS = (EventKind.SUSPECTED, *GONE_EVENTS)
_PERMANENT = frozenset((301, 308))
MOST_FINDINGS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All that was observed of one article, in any order."""

    means: Means
    looks: tuple[Look, ...] = ()
    findings: tuple[Finding, ...] = ()
    incidents: tuple[Incident, ...] = ()
    """Of its site, in order."""


def judge(history: History) -> Standing:
    """Return how the article stands after all of its history; :func:`verdict_of` and ``.events`` tell it.

    What was taken in twice (one record, one number) counts once. Of equal numbers looks come first.
    """
    return take_in(
        new_standing(history.means), (*history.looks, *history.findings), incidents=history.incidents
    )


def take_in(
    standing: Standing, news: Iterable[Look | Finding], *, incidents: Sequence[Incident] = ()
) -> Standing:
    """Return the standing after further looks and findings; ``ValueError`` when one is older than those.

    ``incidents`` are those of the site, known until now.
    """
    taken: tuple[int, bool, str] | None = None
    for one in sorted(news, key=_name):
        if _name(one) == taken or (isinstance(one, Look) and one.sequence == standing.looked):
            continue
        taken = _name(one)
        if one.sequence < standing.sequence:
            raise ValueError(
                f"number {one.sequence} comes after {standing.sequence}: judge the whole history"
            )
        standing = _look(standing, one, incidents) if isinstance(one, Look) else _find(standing, one)
    return standing


def _name(one: Look | Finding) -> tuple[int, bool, str]:
    """Return what tells two observations apart, in the order in which they count."""
    if isinstance(one, Look):
        return one.sequence, False, one.record_id
    return one.sequence, True, f"{one.place} {one.url}"


def _look(standing: Standing, look: Look, incidents: Sequence[Incident]) -> Standing:
    frozen = any(
        one.opened_sequence <= look.sequence
        and (one.closed_sequence is None or look.sequence < one.closed_sequence)
        for one in incidents
    )
    standing = replace(standing, sequence=look.sequence, looked=look.sequence)
    found = assess(look, standing.baseline, lives_at=standing.lives_at, known=standing.known)
    if found.outcome is Outcome.UNHEARD:
        return replace(standing, last=found, is_frozen=frozen)
    if frozen and found.outcome is not Outcome.PRESENT:
        found = replace(found, outcome=Outcome.UNHEARD, rule="content.unheard.site_incident/1", signal=None)
        empty = replace(standing, last=found, is_frozen=True)
        # What led up to an incident belongs to it; what was confirmed before stays so.
        return replace(empty, run=(), thin=(), led=(), findings=())
    standing = replace(standing, last=found, is_frozen=frozen, judged_at=look.at)
    if found.outcome is Outcome.LACKING and _is_old_address(standing, look):
        left = replace(found, outcome=Outcome.UNHEARD, rule="content.unheard.old_address/1", signal=None)
        return replace(standing, last=left)
    if found.outcome is Outcome.LACKING:
        return _lack(standing, look, found, incidents)
    if found.outcome is Outcome.ELSEWHERE:
        return _led(standing, look, found)
    return _there(standing, look, found, frozen=frozen)


def _is_old_address(standing: Standing, look: Look) -> bool:
    """Tell whether a look asked for an address that the article is known to have left."""
    if standing.moved_to is None:
        return False
    return standing.lives_at not in {look.url, look.final_url}


# --- it is there


def _there(standing: Standing, look: Look, found: Assessment, *, frozen: bool) -> Standing:
    sight = Sight(sequence=look.sequence, at=look.at, record_id=look.record_id)
    kinds = (*_MISSING_EVENTS, EventKind.GUTTED)
    standing = closed(standing, kinds, at=look.at, record_ids=look.record_ids, closing="restored")
    direct = not look.hops or is_same_address(look.final_url, look.url)
    if standing.moved_to is not None and direct and look.url != standing.lives_at:
        standing = closed(
            standing, (EventKind.MOVED,), at=look.at, record_ids=look.record_ids, closing="reverted"
        )
        standing = replace(standing, moved_to=None, lives_at=look.url)
    standing = replace(
        standing,
        run=(),
        thin=(),
        led=(),
        findings=(),
        seen=sight,
        first=standing.first or sight,
        known=_with_address(standing.known, look.final_url, standing.lives_at),
    )
    if standing.baseline is None and look.hops:
        standing = replace(standing, lives_at=look.final_url, known=_with_address(standing.known, look.url))
    if frozen and standing.baseline is not None:
        return standing
    return note_comments(note_text(standing, look, found), look, found)


def _with_address(known: tuple[str, ...], *addresses: str) -> tuple[str, ...]:
    for address in addresses:
        if address not in known:
            known = (*known, address)
    return known[:50]


# --- its address leads to another one that has its text


def _led(standing: Standing, look: Look, found: Assessment) -> Standing:
    target = look.final_url
    miss = miss_of(look, found, SignalKind.TO_SECTION, target)
    lasting = all(hop.status in _PERMANENT for hop in look.hops)
    led = (*standing.led, miss) if standing.led and standing.led[0].detail == target else (miss,)
    if not lasting and earned(led, HOURS_APART) < HOURS_APART:
        # A temporary redirect may be a campaign or an experiment; its text was seen all the same.
        return replace(standing, led=led[-MOST_FINDINGS:], run=(), findings=())
    standing = _move(standing, target, led, at=look.at, rule=found.rule)
    sight = Sight(sequence=look.sequence, at=look.at, record_id=look.record_id)
    return replace(standing, seen=sight)


def _move(
    standing: Standing, target: str, evidence: tuple[Miss, ...], *, at: datetime, rule: str
) -> Standing:
    ids = tuple(dict.fromkeys(one for miss in evidence for one in miss.record_ids))
    standing = closed(
        standing,
        (*_MISSING_EVENTS, EventKind.MOVED, EventKind.GUTTED),
        at=at,
        record_ids=ids,
        closing="explained",
    )
    after = standing.seen.at if standing.seen else None
    event = make_event(standing, EventKind.MOVED, evidence, at=at, after=after, rule=rule, detail=target)
    return replace(
        opened(standing, event),
        moved_to=target,
        lives_at=target,
        known=_with_address(standing.known, standing.lives_at),
        run=(),
        thin=(),
        led=(),
        findings=(),
    )


def _find(standing: Standing, finding: Finding) -> Standing:
    standing = replace(standing, sequence=max(standing.sequence, finding.sequence))
    if not standing.run or standing.baseline is None or standing.is_frozen:
        return standing
    standing = replace(standing, findings=(*standing.findings, finding)[-MOST_FINDINGS:])
    if finding.outcome is Sought.FOUND and finding.found_at is not None:
        first = standing.run[0]
        shown = Miss(
            sequence=finding.sequence,
            at=max(finding.at, first.at),
            server_at=None,
            path="",
            kind=SignalKind.TO_SECTION,
            rule="content.moved.found/1",
            detail=finding.found_at,
            record_ids=finding.record_ids,
        )
        rule = f"content.moved.{finding.place}/1"
        return _move(standing, finding.found_at, (first, shown), at=shown.at, rule=rule)
    # The last place that was looked in may be what a confirmation waited for.
    return _confirm(standing, finding.at)


# --- it is missing


def _lack(standing: Standing, look: Look, found: Assessment, incidents: Sequence[Incident]) -> Standing:
    miss = miss_of(look, found)
    if miss.kind is SignalKind.GUTTED:
        return _gutted(standing, miss)
    run = standing.run
    if run and any(run[0].sequence < one.opened_sequence <= look.sequence for one in incidents):
        run = ()
    standing = replace(standing, run=with_miss(run, miss), led=())
    if is_suspicious(standing.run, standing.means.paths) and standing.open_event(*_MISSING_EVENTS) is None:
        event = make_event(
            standing,
            EventKind.SUSPECTED,
            standing.run,
            at=miss.at,
            after=standing.seen.at if standing.seen else None,
            rule="content.suspected/1",
            detail=miss.detail,
        )
        standing = opened(standing, event)
    return _confirm(standing, miss.at)


def _gutted(standing: Standing, miss: Miss) -> Standing:
    thin = with_miss(standing.thin, miss)
    standing = replace(standing, thin=thin, run=(), findings=())
    # Its page answers: whatever was missing is there again, if only in part.
    standing = closed(
        standing, _MISSING_EVENTS, at=miss.at, record_ids=miss.record_ids, closing="restored_in_part"
    )
    if earned(thin, HOURS_APART) < HOURS_APART or standing.open_event(EventKind.GUTTED) is not None:
        return standing
    after = standing.seen.at if standing.seen else None
    event = make_event(
        standing, EventKind.GUTTED, thin, at=miss.at, after=after, rule=miss.rule, detail=miss.detail
    )
    return opened(standing, event)


def way_gone(standing: Standing, now: datetime) -> Way | None:
    """Return the way on which all that has to be is shown, the search included; ``None`` without one."""
    if not standing.run or not is_sought(standing, now):
        return None
    newest = standing.run[-1].kind
    for way in WAYS:
        applies = newest in way.kinds or (way.kinds <= ABSENT and newest in ABSENT)
        if applies and progress(way, standing.run, standing.means.paths).is_done:
            return way
    return None


def _confirm(standing: Standing, now: datetime) -> Standing:
    if standing.open_event(EventKind.REMOVED) is not None or standing.is_frozen:
        return standing
    if standing.open_event(EventKind.SUSPECTED, *GONE_EVENTS) is None:
        return standing
    way = way_gone(standing, now)
    if way is None or standing.open_event(way.event) is not None:
        return standing
    if way.event is not EventKind.REMOVED and standing.open_event(*GONE_EVENTS) is not None:
        return standing
    misses = progress(way, standing.run, standing.means.paths).misses
    ids = misses[-1].record_ids
    standing = closed(standing, _MISSING_EVENTS, at=now, record_ids=ids, closing="explained")
    after = standing.seen.at if standing.seen else None
    event = make_event(
        standing, way.event, misses, at=now, after=after, rule=way.rule, detail=misses[-1].detail
    )
    return opened(standing, event)
