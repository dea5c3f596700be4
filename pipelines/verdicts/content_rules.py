"""When looks that lack an article add up: to a suspicion, and to something confirmed. Deletion is earned.

«Removed means 404 for fourteen days» is EDGI's rule (edgi-govdata-archiving/web-monitoring#122), made because
404s come and go; 410, 451 and a notice in words are deliberate and need three days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from model import EventKind, SignalKind
from pipelines.verdicts.content_standing import Miss, earned

HOURS_APART = timedelta(hours=6)
"""A suspicion needs two looks so far apart: most errors of sites are shorter."""
SLOW_CHECKS = 4
SLOW_SPAN = timedelta(days=14)
SLOW_MOST = timedelta(days=5)
"""What one gap between checks counts at most: four checks have three gaps, so none may do without others."""
FAST_CHECKS = 3
FAST_SPAN = timedelta(hours=72)
FAST_MOST = timedelta(hours=36)

ABSENT = frozenset(
    (
        SignalKind.NOT_FOUND,
        SignalKind.GONE,
        SignalKind.SOFT_NOT_FOUND,
        SignalKind.NOTICE,
        SignalKind.TO_HOME,
        SignalKind.TO_SECTION,
    )
)
"""The publisher shows no article there: one class, for sites go from 404 to a redirect and back."""
DELIBERATE = frozenset((SignalKind.GONE, SignalKind.NOTICE))
REFUSED = frozenset((SignalKind.RESTRICTED,))
WITHHELD = frozenset((SignalKind.WITHHELD,))
WALLS = frozenset((SignalKind.LOGIN_WALL, SignalKind.PAYWALL))

_WEIGHT = (
    SignalKind.NOTICE,
    SignalKind.WITHHELD,
    SignalKind.GONE,
    SignalKind.NOT_FOUND,
    SignalKind.SOFT_NOT_FOUND,
    SignalKind.TO_HOME,
    SignalKind.TO_SECTION,
    SignalKind.RESTRICTED,
    SignalKind.LOGIN_WALL,
    SignalKind.PAYWALL,
    SignalKind.GUTTED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way in which looks may add up to something confirmed."""

    rule: str
    event: EventKind
    kinds: frozenset[SignalKind]
    checks: int
    span: timedelta
    most: timedelta
    paths: int
    """Network paths needed; 0 stands for as many as there are, two at most."""
    confidence: float


WAYS = (
    Way(
        rule="content.removed.deliberate/1",
        event=EventKind.REMOVED,
        kinds=DELIBERATE,
        checks=FAST_CHECKS,
        span=FAST_SPAN,
        most=FAST_MOST,
        paths=0,
        confidence=0.95,
    ),
    # What only some networks are refused is a block of some kind: two must agree before a law or a publisher
    # is said to have taken it from all.
    Way(
        rule="content.removed.withheld/1",
        event=EventKind.REMOVED,
        kinds=WITHHELD,
        checks=FAST_CHECKS,
        span=FAST_SPAN,
        most=FAST_MOST,
        paths=2,
        confidence=0.95,
    ),
    Way(
        rule="content.removed.absent/1",
        event=EventKind.REMOVED,
        kinds=ABSENT,
        checks=SLOW_CHECKS,
        span=SLOW_SPAN,
        most=SLOW_MOST,
        paths=0,
        confidence=0.9,
    ),
    Way(
        rule="content.restricted.withheld/1",
        event=EventKind.RESTRICTED,
        kinds=WITHHELD,
        checks=FAST_CHECKS,
        span=FAST_SPAN,
        most=FAST_MOST,
        paths=0,
        confidence=0.8,
    ),
    Way(
        rule="content.restricted/1",
        event=EventKind.RESTRICTED,
        kinds=REFUSED,
        checks=SLOW_CHECKS,
        span=SLOW_SPAN,
        most=SLOW_MOST,
        paths=2,
        confidence=0.85,
    ),
    Way(
        rule="content.walled/1",
        event=EventKind.WALLED,
        kinds=WALLS,
        checks=SLOW_CHECKS,
        span=SLOW_SPAN,
        most=SLOW_MOST,
        paths=2,
        confidence=0.85,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far looks in a row have come on one way; all zero when it is gone to its end."""

    way: Way
    checks: int
    """Still needed."""
    span: timedelta
    """Still to be covered."""
    paths: int
    """Network paths still needed."""
    misses: tuple[Miss, ...]

    @property
    def is_done(self) -> bool:
        """True when only the search elsewhere is left."""
        return not self.checks and not self.span and not self.paths


def progress(way: Way, run: tuple[Miss, ...], paths: int) -> Progress:
    """Return how far a run has come on a way; ``paths`` is how many network paths there are."""
    misses = tuple(miss for miss in run if miss.kind in way.kinds)
    needed = way.paths or min(2, max(paths, 1))
    return Progress(
        way=way,
        checks=max(way.checks - len(misses), 0),
        span=max(way.span - earned(misses, way.most), timedelta(0)),
        paths=max(needed - len({miss.path for miss in misses}), 0),
        misses=misses,
    )


def is_suspicious(run: tuple[Miss, ...], paths: int) -> bool:
    """Tell whether looks in a row are hours apart, over as many network paths as there are (two at most)."""
    if len(run) < 2 or earned(run, HOURS_APART) < HOURS_APART:
        return False
    return len({miss.path for miss in run}) >= min(2, max(paths, 1))


def weightiest(run: tuple[Miss, ...]) -> SignalKind | None:
    """Return what says most of what a run met, ``None`` of an empty one."""
    kinds = {miss.kind for miss in run}
    return next((kind for kind in _WEIGHT if kind in kinds), None)
