"""When to come back to an article: dense after publication, thinning to months, denser again after a signal.

What is known of when articles change: of those of a week, 82 % of the changes to texts and 43 % of the
deletions come within the first day (GDELT, Global Difference Graph, 1.3 billion records: Leetaru, «Global
Trends In The Ephemerality Of Online News», 2020); most of the rest follows over years (Pew 2024: a quarter of
the pages of ten years). Between these points the risk falls about as 1/age. Then

* while a text is young, the time between checks is a share of its age: each change is found within that share
  of the age at which it came, however early that was;
* later the rate of checks is as the square root of the risk, which keeps the mean delay least for the same
  number of checks: the time between them grows as the square root of the age.

A budget of requests in any 24 hours is never exceeded: what is due is then asked in the order of how late it
is. Nothing here fetches; the caller tells what it did (:func:`spend`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

SHARE = 0.2
"""Time between checks of a young article, in parts of its age."""
FIRST = timedelta(minutes=15)
"""Time to the first check, and the least between two that nothing called for."""
YOUNG = timedelta(days=7)
"""Until then the share; from then on the square root."""
LONGEST = timedelta(days=60)
DAY = timedelta(days=1)


class Attention(IntEnum):
    """Why an article is looked at more often than its age asks for; the weightiest last."""

    NONE = 0
    EDITED = 1
    """Its text changed lately: texts that change, change again."""
    HINT = 2
    """A feed or a sitemap says that something changed."""
    DRAFT = 3
    """A new text was seen once."""
    GONE = 4
    """Confirmed gone: asked whether it came back."""
    SUSPECTED = 5
    SIGNALLED = 6


# Times from when the matter began to the checks it calls for. A draft is believed after ten minutes; a
# suspicion needs six hours and a confirmation 72 hours or 14 days, with no gap of over 36 hours or 5 days.
_CALLED: Mapping[Attention, tuple[timedelta, ...]] = {
    Attention.EDITED: tuple(timedelta(hours=hours) for hours in (1, 3, 8, 24, 48)),
    Attention.HINT: (timedelta(0),),
    Attention.DRAFT: (timedelta(minutes=11), timedelta(minutes=40), timedelta(hours=2), timedelta(hours=7)),
    Attention.SIGNALLED: tuple(timedelta(minutes=minutes) for minutes in (15, 60, 370, 750, 1_440, 2_160)),
    Attention.SUSPECTED: tuple(timedelta(hours=hours) for hours in (6, 12, 24, 36, 60, 73, 96))
    + tuple(timedelta(days=days) for days in (6, 8, 10, 12, 14, 15, 17, 20, 25, 30, 40, 50)),
    Attention.GONE: tuple(timedelta(days=days) for days in (1, 2, 4, 7, 11, 16, 22, 30)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """An article that is come back to."""

    article: str
    first_seen_at: datetime
    """When it was first fetched."""
    published_at: datetime | None = None
    """As it says itself; ``None``, or a time after it was first seen, counts as first seen."""
    checked_at: datetime | None = None
    """The newest look that was heard; ``None``: none after the first."""
    tried_at: datetime | None = None
    """The newest request, also one that failed: an article that fails is not asked without end."""
    attention: Attention = Attention.NONE
    since: datetime | None = None
    """When that began; ``None`` without any."""
    etag: str | None = None
    modified: str | None = None
    """``Last-Modified`` as sent; with either of the two a check that finds nothing costs some 400 bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """A budget of requests of one source, and what was spent of it in the last day."""

    per_day: int
    """Requests in any 24 hours; redirects, siblings, feeds and robots.txt count."""
    spent: tuple[tuple[datetime, int], ...] = ()
    """When how many, oldest first; older than a day is dropped."""

    def left(self, now: datetime) -> int:
        """Return how many requests may be made now; never negative."""
        return max(self.per_day - sum(count for at, count in self.spent if at > now - DAY), 0)


class CheckKind(StrEnum):
    """How something is asked."""

    CONDITIONAL = "conditional"
    """With ``If-None-Match`` or ``If-Modified-Since``."""
    FULL = "full"
    FEED = "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One request to make."""

    kind: CheckKind
    url: str
    due_at: datetime
    attention: Attention = Attention.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedFeed:
    """A feed or sitemap that tells of many articles at once."""

    url: str
    read_at: datetime | None = None
    listed: int = 0
    """How many articles it told of at the last reading."""
    every: timedelta = timedelta(minutes=20)
    """The time between readings; a feed costs one request whatever it tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An article as a feed lists it."""

    url: str
    title: str = ""
    updated_raw: str = ""
    """As printed (``updated``, ``dc:modified``, ``lastmod``); empty without any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to ask now, the most pressing first; never more than the budget has left."""

    checks: tuple[Check, ...]
    postponed: int
    """How many are due and must wait for the budget."""
    next_at: datetime | None
    """When something will be due next; ``None`` when nothing is watched."""


def interval_at(age: timedelta) -> timedelta:
    """Return the time from a check at this age to the next one, when nothing calls for more.

    >>> [str(interval_at(timedelta(hours=hours))) for hours in (0, 5, 24)]
    ['0:15:00', '1:00:00', '4:48:00']
    >>> [interval_at(timedelta(days=days)).days for days in (7, 28, 365, 3650)]
    [1, 2, 10, 31]
    """
    age = max(age, timedelta(0))
    if age <= YOUNG:
        return max(age * SHARE, FIRST)
    return min(YOUNG * SHARE * math.sqrt(age / YOUNG), LONGEST)


def due_at(watched: Watched) -> datetime:
    """Return when an article should be asked for next.

    It is never later than its age asks for, and earlier where its attention calls; an attempt that failed is
    made again after a quarter of that time, an hour at least apart from the last.
    """
    born = watched.first_seen_at
    if watched.published_at is not None and watched.published_at < born:
        born = watched.published_at
    last = watched.checked_at or watched.first_seen_at
    usual = last + interval_at(last - born)
    called = _called(watched, last)
    due = min(usual, called) if called is not None else usual
    tried = watched.tried_at
    if tried is not None and tried > last:
        # It did not answer, or not well: waiting longer loses the matter, asking at once helps nobody.
        again = tried + max((due - last) / 4, FIRST)
        due = max(due, min(again, tried + DAY))
    return due


def _called(watched: Watched, last: datetime) -> datetime | None:
    """Return the first check called for that comes after the last look, ``None`` when all are done."""
    if watched.since is None:
        return None
    for span in _CALLED.get(watched.attention, ()):
        moment = watched.since + span
        if moment > last or (span == timedelta(0) and last <= watched.since):
            return moment
    return None


def plan(
    watched: Iterable[Watched],
    purse: Purse,
    now: datetime,
    *,
    feeds: Sequence[WatchedFeed] = (),
) -> Plan:
    """Return what to ask now within the budget: feeds, then what is called for, then what is most overdue."""
    due: list[tuple[tuple[int, float], Check]] = []
    coming: list[datetime] = []
    for feed in feeds:
        moment = feed.read_at + feed.every if feed.read_at is not None else now
        if moment <= now:
            due.append(((-10, 0.0), Check(kind=CheckKind.FEED, url=feed.url, due_at=moment)))
        else:
            coming.append(moment)
    for one in watched:
        moment = due_at(one)
        if moment > now:
            coming.append(moment)
            continue
        due.append((_pressing(one, moment, now), _check(one, moment)))
    due.sort(key=lambda item: (item[0], item[1].url))
    left = purse.left(now)
    return Plan(
        checks=tuple(check for _, check in due[:left]),
        postponed=max(len(due) - left, 0),
        next_at=min(coming) if coming else None,
    )


def _pressing(one: Watched, moment: datetime, now: datetime) -> tuple[int, float]:
    """Return the place of a check in the queue: attention first, then how late it is for its own rhythm."""
    born = min(one.published_at or one.first_seen_at, one.first_seen_at)
    late = (now - moment) / interval_at(moment - born)
    return -int(one.attention), -late


def _check(one: Watched, moment: datetime) -> Check:
    # A matter that is open is looked at whole: a 304 would say nothing of the page that is shown.
    whole = one.attention >= Attention.DRAFT or not (one.etag or one.modified)
    kind = CheckKind.FULL if whole else CheckKind.CONDITIONAL
    return Check(kind=kind, url=one.article, due_at=moment, attention=one.attention)


def spend(purse: Purse, now: datetime, requests: int) -> Purse:
    """Return the purse after requests; ``ValueError`` when they are more than it has left."""
    if requests > purse.left(now):
        raise ValueError(f"{requests} requests are more than the {purse.left(now)} left of the day's budget")
    kept = tuple(one for one in purse.spent if one[0] > now - DAY)
    return replace(purse, spent=(*kept, (now, requests)) if requests else kept)


def feed_hints(before: Sequence[Entry], after: Sequence[Entry]) -> tuple[str, ...]:
    """Return the articles that a newer reading of a feed gives a reason to look at, in its order.

    Those whose title or time of change is another, and those that are missing though the feed still lists an
    older one: what fell off its end says nothing. A feed in no order of time tells only of changes.

    >>> old = [Entry(url="/c"), Entry(url="/b"), Entry(url="/a")]
    >>> feed_hints(old, [Entry(url="/d"), Entry(url="/c", title="x"), Entry(url="/a")])
    ('/c', '/b')
    >>> feed_hints(old, [Entry(url="/d"), Entry(url="/c"), Entry(url="/b")])
    ()
    """
    known = {entry.url: entry for entry in before}
    places = {entry.url: place for place, entry in enumerate(before)}
    changed = [
        entry.url
        for entry in after
        if entry.url in known
        and (entry.title, entry.updated_raw) != (known[entry.url].title, known[entry.url].updated_raw)
    ]
    kept = [places[entry.url] for entry in after if entry.url in places]
    reach = max(kept, default=-1)
    listed = {entry.url for entry in after}
    ordered = kept == sorted(kept)
    missing = [entry.url for entry in before if entry.url not in listed and places[entry.url] < reach]
    return (*changed, *missing) if ordered else tuple(changed)
