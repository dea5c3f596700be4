"""What is said of an article that stands so: the verdict, its grounds, what is missing to the next step."""

from __future__ import annotations

from datetime import datetime, timedelta

from model import ContentState, ContentVerdict, EventKind
from pipelines.verdicts.content_moved import unsought
from pipelines.verdicts.content_rules import WAYS, Progress, progress, weightiest
from pipelines.verdicts.content_standing import RULES_VERSION, Miss, Standing

_CONFIRMED = (
    (EventKind.REMOVED, ContentState.REMOVED),
    (EventKind.RESTRICTED, ContentState.RESTRICTED),
    (EventKind.WALLED, ContentState.WALLED),
)
_CONFIDENCE = {
    ContentState.UNKNOWN: 0.0,
    ContentState.PRESENT: 0.99,
    ContentState.RESTORED: 0.99,
    ContentState.SIGNALLED: 0.3,
    ContentState.SUSPECTED: 0.6,
    ContentState.GUTTED: 0.8,
    ContentState.MOVED: 0.95,
}
_ONE_PATH = 0.9
"""What a confirmation over one network path is worth beside one over two."""
_MOST_RECORDS = 60


def verdict_of(standing: Standing) -> ContentVerdict:
    """Return what is thought of the article now."""
    state, misses = _state(standing)
    event = next((standing.open_event(kind) for kind, one in _CONFIRMED if one is state), None)
    confidence = _CONFIDENCE.get(state, 0.0)
    if event is not None:
        confidence = next((way.confidence for way in WAYS if way.rule == event.rule), 0.8)
    paths = tuple(sorted({miss.path for miss in misses}))
    if event is not None and len(paths) < 2:
        confidence = round(confidence * _ONE_PATH, 3)
    seen = standing.seen
    rules = [miss.rule for miss in misses]
    if event is not None:
        rules.append(event.rule)
    if not rules and standing.last is not None:
        rules.append(standing.last.rule)
    ids = [one for miss in misses for one in miss.record_ids]
    if len(ids) > _MOST_RECORDS:
        ids = ids[: _MOST_RECORDS // 2] + ids[-_MOST_RECORDS // 2 :]
    moved = standing.open_event(EventKind.MOVED)
    since = misses[0].at if misses else None
    if since is None and state is ContentState.MOVED and moved is not None:
        since = moved.opened_at
    if since is None and standing.first is not None:
        since = _present_since(standing)
    return ContentVerdict(
        article=standing.means.article,
        state=state,
        since=since,
        judged_at=standing.judged_at,
        last_present_at=seen.at if seen else None,
        signal=weightiest(misses),
        moved_to=standing.moved_to,
        checks=len(misses),
        paths=paths,
        is_frozen=standing.is_frozen,
        rules=tuple(dict.fromkeys(rules)),
        rules_version=RULES_VERSION,
        record_ids=tuple(dict.fromkeys((*((seen.record_id,) if seen else ()), *ids))),
        confidence=confidence,
        missing=_missing(standing, state),
    )


def _state(standing: Standing) -> tuple[ContentState, tuple[Miss, ...]]:
    """Return the state and the looks in a row that it rests on; none when the article is there."""
    if standing.baseline is None:
        return ContentState.UNKNOWN, ()
    for kind, state in _CONFIRMED:
        if standing.open_event(kind) is not None:
            return state, standing.run
    if standing.open_event(EventKind.SUSPECTED) is not None:
        return ContentState.SUSPECTED, standing.run
    if standing.run:
        return ContentState.SIGNALLED, standing.run
    if standing.open_event(EventKind.GUTTED) is not None:
        return ContentState.GUTTED, standing.thin
    if standing.thin:
        return ContentState.SIGNALLED, standing.thin
    if standing.moved_to is not None:
        return ContentState.MOVED, ()
    return (ContentState.RESTORED if _was_gone(standing) else ContentState.PRESENT), ()


def _was_gone(standing: Standing) -> bool:
    kinds = {kind for kind, _ in _CONFIRMED} | {EventKind.GUTTED}
    return any(event.kind in kinds and event.closing == "restored" for event in standing.events)


def _present_since(standing: Standing) -> datetime | None:
    kinds = {kind for kind, _ in _CONFIRMED} | {EventKind.GUTTED, EventKind.SUSPECTED}
    ends = [event.closed_at for event in standing.events if event.kind in kinds and event.closed_at]
    return max(ends) if ends else standing.first.at if standing.first else None


def _missing(standing: Standing, state: ContentState) -> tuple[str, ...]:
    """Return what keeps the article from the next step, in words; empty when there is none."""
    if standing.is_frozen:
        return ("the whole site behaves oddly: nothing is concluded of one article",)
    last = standing.last
    if last is not None and last.wants:
        return (f"a {last.wants} to compare with",)
    if state not in {ContentState.SIGNALLED, ContentState.SUSPECTED} or not standing.run:
        return ()
    newest = standing.run[-1].kind
    ways = [progress(way, standing.run, standing.means.paths) for way in WAYS if newest in way.kinds]
    if not ways:
        return ()
    nearest = min(ways, key=lambda one: (one.paths, one.span, one.checks))
    now = standing.judged_at
    places = len(unsought(standing, now)) if now is not None else 0
    return (*_steps(nearest), *((f"{places} places to look in",) if places else ()))


def _steps(way: Progress) -> list[str]:
    steps = []
    if way.checks:
        steps.append(f"{way.checks} more checks")
    if way.span > timedelta(0):
        steps.append(f"{_lasting(way.span)} more")
    if way.paths:
        steps.append("another network path")
    return steps


def _lasting(span: timedelta) -> str:
    """Return a time in words, rounded up.

    >>> _lasting(timedelta(days=3, hours=1)), _lasting(timedelta(minutes=70))
    ('4 days', '2 hours')
    """
    hours = -(-span // timedelta(hours=1))
    return f"{hours} hours" if hours <= 48 else f"{-(-hours // 24)} days"
