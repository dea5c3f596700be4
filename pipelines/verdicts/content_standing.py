"""How one article stands: all that a fold over its looks has to remember, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from model import Event, EventKind, SignalKind
from pipelines.verdicts.content_look import Look, Means
from pipelines.verdicts.content_signals import Assessment, Baseline

RULES_VERSION = "content/1"
"""Goes up when the same looks would be judged otherwise."""
MOST_MISSES = 400
"""Misses in a row that are kept: the first quarter and the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Miss:
    """One look that lacked something, as far as it is remembered."""

    sequence: int
    at: datetime
    server_at: datetime | None
    path: str
    kind: SignalKind
    rule: str
    detail: str
    record_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One look that had the article."""

    sequence: int
    at: datetime
    record_id: str


class Place(StrEnum):
    """Where an article that is missing is looked for before its removal is confirmed."""

    OTHER_ADDRESS = "other_address"
    """Its short link, its ``?p=`` id, its canonical and host's other names."""
    FEED = "feed"
    SITEMAP = "sitemap"
    SEARCH = "search"
    FRONT = "front"
    """The site's front page: every site has one."""


class Sought(StrEnum):
    """What looking for it in one place came to."""

    FOUND = "found"
    NOT_THERE = "not_there"
    NO_ANSWER = "no_answer"
    """The place could not be asked: an error, no such thing on this site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What looking for a missing article in one place came to."""

    sequence: int
    at: datetime
    place: Place
    url: str
    """What was asked."""
    outcome: Sought
    record_ids: tuple[str, ...]
    found_at: str | None = None
    """Where the old text is, when it was found: the address after redirects."""
    left: float = 0.0
    """How much of the old text is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A text that was seen once and waits to be seen again: sites try headlines on some of their readers."""

    digest: str
    first: Sight
    server_at: datetime | None
    baseline: Baseline
    is_rewritten: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LostComment:
    """A comment that a whole thread did not show."""

    key: str
    face: str
    first: Miss
    looks: int = 1
    after: datetime | None = None
    """When it was last seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownComment:
    """A comment that was seen."""

    key: str
    face: str
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentsStanding:
    """How the comments under an article stand."""

    known: tuple[KnownComment, ...] = ()
    lost: tuple[LostComment, ...] = ()
    """Missing, and not yet told of."""
    open_seen: datetime | None = None
    """When they were last seen to be open."""
    closed: tuple[Miss, ...] = ()
    """Looks in a row that say they are closed; the first and the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A time in which a whole site behaved oddly; nothing of one article is concluded from it."""

    opened_sequence: int
    """The look that made it known; those from here on are frozen."""
    opened_at: datetime
    record_ids: tuple[str, ...]
    """The looks of many articles that showed it."""
    articles: int
    """How many articles flipped."""
    asked: int
    """Of how many that were asked."""
    closed_sequence: int | None = None
    """The first look that is not frozen any more; ``None`` while it lasts."""
    closed_at: datetime | None = None
    closing: str = ""
    """``recovered`` or ``reviewed``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an article stands after some looks. Judging goes on from here as it would from the beginning."""

    means: Means
    sequence: int = -1
    """The newest look or finding taken in."""
    looked: int = -1
    """The newest look taken in."""
    lives_at: str
    """The address at which it was last seen."""
    known: tuple[str, ...] = ()
    """Its other addresses."""
    baseline: Baseline | None = None
    first: Sight | None = None
    seen: Sight | None = None
    """Its newest sight."""
    judged_at: datetime | None = None
    run: tuple[Miss, ...] = ()
    """Looks in a row that lacked it, unheard ones left out."""
    thin: tuple[Miss, ...] = ()
    """Looks in a row that found it gutted."""
    led: tuple[Miss, ...] = ()
    """Temporary redirects in a row to one other address that has the text (in ``detail``)."""
    findings: tuple[Finding, ...] = ()
    """Since the run began."""
    draft: Draft | None = None
    digests: tuple[str, ...] = ()
    """Texts it had, oldest first: one that returns is no new edit."""
    digest_seen: datetime | None = None
    """When the baseline's very text was last seen."""
    shown: str = ""
    """Digest of the newest text that came, also of one that waits to be seen again."""
    comments: CommentsStanding = field(default_factory=CommentsStanding)
    events: tuple[Event, ...] = ()
    last: Assessment | None = None
    """What the newest look came to."""
    is_frozen: bool = False
    moved_to: str | None = None

    def open_event(self, *kinds: EventKind) -> Event | None:
        """Return the newest event of these kinds that lasts, or ``None``."""
        return next((one for one in reversed(self.events) if one.kind in kinds and one.is_open), None)


def new_standing(means: Means) -> Standing:
    """Return how an article stands that was never looked at."""
    return Standing(means=means, lives_at=means.article, known=means.addresses)


def miss_of(look: Look, assessment: Assessment, kind: SignalKind | None = None, detail: str = "") -> Miss:
    """Return a look as a miss is remembered."""
    signal = assessment.signal
    if kind is None:
        if signal is None:
            raise ValueError("a miss without a signal")
        kind, detail = signal.kind, signal.detail
    return Miss(
        sequence=look.sequence,
        at=look.at,
        server_at=look.server_at,
        path=look.path,
        kind=kind,
        rule=assessment.rule,
        detail=detail,
        record_ids=signal.record_ids if signal else look.record_ids,
    )


def with_miss(run: tuple[Miss, ...], miss: Miss) -> tuple[Miss, ...]:
    """Return a run with one more, its middle left out when it is long."""
    longer = (*run, miss)
    if len(longer) <= MOST_MISSES:
        return longer
    return longer[: MOST_MISSES // 4] + longer[MOST_MISSES // 4 + 1 :]


def opened(standing: Standing, event: Event) -> Standing:
    """Return the standing with one more event."""
    return replace(standing, events=(*standing.events, event))


def closed(
    standing: Standing,
    kinds: tuple[EventKind, ...],
    *,
    at: datetime,
    record_ids: tuple[str, ...],
    closing: str,
    only: Callable[[Event], bool] | None = None,
) -> Standing:
    """Return the standing with its lasting events of some kinds closed.

    An end is never before its beginning was known: when the clock was set back, it is that moment.
    """
    events = tuple(
        replace(one, closed_at=max(at, one.known_at), closed_by=record_ids, closing=closing)
        if one.kind in kinds and one.is_open and (only is None or only(one))
        else one
        for one in standing.events
    )
    return replace(standing, events=events) if events != standing.events else standing


def make_event(
    standing: Standing,
    kind: EventKind,
    misses: tuple[Miss, ...],
    *,
    at: datetime,
    after: datetime | None,
    rule: str,
    detail: str = "",
    subjects: tuple[str, ...] = (),
) -> Event:
    """Return an event that these looks show, the first of which opens it; ``at`` is when it became known."""
    first = misses[0].at
    ids = tuple(dict.fromkeys(one for miss in misses for one in miss.record_ids))
    return Event(
        kind=kind,
        article=standing.means.article,
        opened_at=first,
        known_at=max(at, first),
        opened_by=ids,
        after=min(after, first) if after else None,
        rule=rule,
        rules_version=RULES_VERSION,
        detail=detail,
        subjects=subjects,
    )


def apart(one: Miss, other: Miss) -> timedelta:
    """Return how long after one look another was taken at least, by the slower of two clocks; never negative.

    Ours may have been set; the server's ``Date`` may come from a cache. One that stands still is no clock.
    """
    ours = max(other.at - one.at, timedelta(0))
    if one.server_at is None or other.server_at is None:
        return ours
    theirs = other.server_at - one.server_at
    return min(ours, theirs) if theirs > timedelta(0) else ours


def earned(misses: tuple[Miss, ...], most: timedelta) -> timedelta:
    """Return the time that looks in a row cover; of each gap at most ``most`` counts.

    So one gap in which our clock was set forward, or nobody looked, does not make up for checks.
    """
    total = timedelta(0)
    for one, other in pairwise(misses):
        total += min(apart(one, other), most)
    return total
