"""How late edits and removals are seen, beside how many requests that took: our policy and a fixed interval.

A thousand articles appear over half a year; edits and removals are planted by when they were measured to come
(GDELT's Global Difference Graph, Leetaru 2020: of all articles 21 % have their text changed within a day, 82 % of
what a week changes; 0.71 % are deleted within a day, 1.64 % within a week; beyond the week both go on with the same
rate per doubling of age, which meets Pew's quarter of ten years' pages from below). Within a bracket the logarithm
of the age is uniform. To see removals at all, they are planted ten times as often as they were measured.

The policy is the product's own (``pipelines.revisits``), with its budget; a fixed interval is given the same number
of requests. Delay is from the change to the first look that shows it. Less kind distributions follow: changes that
come as likely at any age, and all late.

    python benchmarks/revisit.py [--articles 1000] [--seed 1] [--floor 3]
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from statistics import median

from pipelines.revisits import (
    DAY,
    Attention,
    CheckKind,
    Purse,
    Watched,
    WatchedFeed,
    due_at,
    interval_at,
    plan,
    spend,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
APPEAR = timedelta(days=180)
WATCH = timedelta(days=180)
TICK = timedelta(minutes=5)
FEED_LISTS = 30
"""WordPress lists 10 by default, newsrooms 20 to 50."""
FEED_SHOWS = 0.5
"""Share of edits that show in a feed (title, summary or a time of change); a removal shows while it is listed."""
FULL_BYTES, UNMODIFIED_BYTES = 60_000, 400
HONEST_VALIDATORS = 0.5
"""Share of articles whose server answers 304; pages with counters never do."""


@dataclass(slots=True)
class Planted:
    article: int
    kind: str
    at: datetime
    seen: datetime | None = None


def between(random_: random.Random, low: timedelta, high: timedelta) -> timedelta:
    return timedelta(
        seconds=math.exp(random_.uniform(math.log(low.total_seconds()), math.log(high.total_seconds())))
    )


def measured(random_: random.Random, kind: str) -> timedelta | None:
    """The age at which a change comes, ``None`` when none does within half a year."""
    per_fold = {"edit": 0.21 / 0.82 * 0.18 / math.log(7), "removal": 10 * (0.0164 - 0.0071) / math.log(7)}[
        kind
    ]
    first = {"edit": 0.21, "removal": 10 * 0.0071}[kind]
    within_week = first + per_fold * math.log(7)
    all_of_it = within_week + per_fold * math.log(180 / 7)
    drawn = random_.random()
    if drawn < first:
        return between(random_, timedelta(minutes=10), DAY)
    if drawn < within_week:
        return between(random_, DAY, 7 * DAY)
    return between(random_, 7 * DAY, WATCH) if drawn < all_of_it else None


def uniform(random_: random.Random, kind: str) -> timedelta | None:
    return WATCH * random_.random() if random_.random() < 0.4 else None


def late(random_: random.Random, kind: str) -> timedelta | None:
    return 30 * DAY + (WATCH - 30 * DAY) * random_.random() if random_.random() < 0.4 else None


def make(
    count: int, seed: int, ages: Callable[[random.Random, str], timedelta | None]
) -> tuple[list[datetime], list[Planted]]:
    random_ = random.Random(seed)
    born = sorted(START + APPEAR * random_.random() for _ in range(count))
    planted = []
    for number, at in enumerate(born):
        ends = ages(random_, "removal")
        if ends is not None:
            planted.append(Planted(article=number, kind="removal", at=at + ends))
        age = ages(random_, "edit")
        if age is not None and (ends is None or age < ends):
            planted.append(Planted(article=number, kind="edit", at=at + age))
    return born, planted


@dataclass(slots=True)
class Run:
    requests: int = 0
    received: int = 0
    most_in_a_day: int = 0
    postponed: int = 0


def ours(
    born: list[datetime],
    planted: list[Planted],
    seed: int,
    *,
    budget: int,
    feeds: bool,
    tick: timedelta = TICK,
) -> Run:
    """Walk through the time in ticks, asking what the policy says."""
    random_ = random.Random(seed + 1)
    honest = [random_.random() < HONEST_VALIDATORS for _ in born]
    shows = [random_.random() < FEED_SHOWS for _ in planted]
    changes: dict[int, list[Planted]] = {}
    for one in planted:
        changes.setdefault(one.article, []).append(one)
    run, purse = Run(), Purse(per_day=budget)
    standing: dict[int, Watched] = {}
    queue: list[tuple[datetime, int]] = []
    feed = WatchedFeed(url="feed")
    made: list[datetime] = []
    newcomer = 0
    now = START
    end = START + APPEAR + WATCH
    by_time = sorted(range(len(planted)), key=lambda number: planted[number].at)
    told = 0
    hinted: list[int] = []
    while now < end:
        while newcomer < len(born) and born[newcomer] <= now:
            etag = '"1"' if honest[newcomer] else None
            standing[newcomer] = Watched(article=str(newcomer), first_seen_at=now, etag=etag)
            heapq.heappush(queue, (due_at(standing[newcomer]), newcomer))
            newcomer += 1
        ready = []
        while queue and queue[0][0] <= now:
            _, number = heapq.heappop(queue)
            if number in standing and due_at(standing[number]) <= now:
                ready.append(number)
            elif number in standing:
                heapq.heappush(queue, (due_at(standing[number]), number))
        active = [feed] if feeds and now < START + APPEAR + 8 * DAY else []
        done = plan([standing[number] for number in dict.fromkeys(ready)], purse, now, feeds=active)
        run.postponed += done.postponed
        purse = spend(purse, now, len(done.checks))
        made += [now] * len(done.checks)
        run.requests += len(done.checks)
        asked = set()
        for check in done.checks:
            if check.kind is CheckKind.FEED:
                run.received += 20_000
                feed = replace(feed, read_at=now)
                listed = range(max(newcomer - FEED_LISTS, 0), newcomer)
                while told < len(by_time) and planted[by_time[told]].at <= now:
                    one = planted[by_time[told]]
                    if one.article in listed and (one.kind == "removal" or shows[by_time[told]]):
                        hinted.append(one.article)
                    told += 1
                continue
            number = int(check.url)
            asked.add(number)
            watched = replace(standing[number], checked_at=now, tried_at=now)
            fresh = [one for one in changes.get(number, ()) if one.seen is None and one.at <= now]
            for one in fresh:
                one.seen = now
                attention = Attention.EDITED if one.kind == "edit" else Attention.SIGNALLED
                watched = replace(watched, attention=attention, since=now)
            gone = watched.attention is Attention.SIGNALLED
            if gone and watched.since is not None and now - watched.since > timedelta(hours=6):
                watched = replace(watched, attention=Attention.SUSPECTED)
            if watched.attention is Attention.HINT:
                watched = replace(watched, attention=Attention.NONE, since=None)
            small = check.kind is CheckKind.CONDITIONAL and not fresh
            run.received += UNMODIFIED_BYTES if small else FULL_BYTES
            standing[number] = watched
            heapq.heappush(queue, (due_at(watched), number))
        for number in ready:
            if number not in asked:
                heapq.heappush(queue, (now + tick, number))
        for number in hinted:
            if standing[number].attention < Attention.DRAFT:
                standing[number] = replace(standing[number], attention=Attention.HINT, since=now)
                heapq.heappush(queue, (now, number))
        hinted.clear()
        now += tick
    first = 0
    for last, at in enumerate(made):
        while made[first] <= at - DAY:
            first += 1
        run.most_in_a_day = max(run.most_in_a_day, last - first + 1)
    return run


def fixed(
    born: list[datetime], planted: list[Planted], requests: int
) -> tuple[timedelta, list[timedelta | None]]:
    """Every article after the same time, so long that it comes to as many requests; return it and all delays."""
    end = START + APPEAR + WATCH
    low, high = timedelta(minutes=5), timedelta(days=400)
    for _ in range(60):
        middle = (low + high) / 2
        if sum((end - at) // middle for at in born) > requests:
            low = middle
        else:
            high = middle
    delays: list[timedelta | None] = []
    for one in planted:
        age = one.at - born[one.article]
        seen = born[one.article] + high * math.ceil(age / high)
        delays.append(seen - one.at if seen <= end else None)
    return high, delays


def told(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    return f"{hours * 60:.0f} min" if hours < 2 else f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} d"


def show(
    name: str,
    ages: Callable[[random.Random, str], timedelta | None],
    args: argparse.Namespace,
    *,
    feeds: bool,
    tick: timedelta = TICK,
) -> float:
    born, planted = make(args.articles, args.seed, ages)
    run = ours(born, planted, args.seed, budget=args.budget, feeds=feeds, tick=tick)
    interval, delays = fixed(born, planted, run.requests)
    seen = [one.seen - one.at for one in planted if one.seen is not None]
    print(f"\n{name}{' and a feed' if feeds else ''}: {len(planted)} changes of {args.articles} articles")
    print(
        f"  {run.requests} requests, {run.received / 1e6:.0f} MB; most in any 24 hours {run.most_in_a_day}"
        f" of {args.budget}; the fixed interval of the same cost is {told(interval)}"
    )
    print(
        f"  {'':10} {'seen':>5} {'median':>9} {'mean':>9} {'p90':>9}   {'fixed median':>12} {'mean':>9} {'p90':>9}   ratio of medians"
    )
    ratio = 0.0
    for kind in ("edit", "removal", "all"):
        mine = sorted(
            one.seen - one.at for one in planted if one.seen is not None and kind in {one.kind, "all"}
        )
        other = sorted(
            delay
            for one, delay in zip(planted, delays, strict=True)
            if delay is not None and kind in {one.kind, "all"}
        )
        if not mine or not other:
            continue
        ratio = median(other) / median(mine)
        cells = [
            told(median(mine)),
            told(sum(mine, timedelta()) / len(mine)),
            told(mine[len(mine) * 9 // 10]),
        ]
        cells += [
            told(median(other)),
            told(sum(other, timedelta()) / len(other)),
            told(other[len(other) * 9 // 10]),
        ]
        print(
            f"  {kind:10} {len(mine):5} {cells[0]:>9} {cells[1]:>9} {cells[2]:>9}   {cells[3]:>12} {cells[4]:>9} {cells[5]:>9}   {ratio:5.1f}"
        )
    assert len(seen) <= len(planted)
    return ratio


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--budget", type=int, default=1000, help="requests in any 24 hours")
    parser.add_argument(
        "--floor", type=float, default=3.0, help="exit 1 when the ratio of medians is below it"
    )
    args = parser.parse_args()
    ratio = show("as measured (GDELT 2020)", measured, args, feeds=False)
    show("as measured (GDELT 2020)", measured, args, feeds=True)
    show("any age alike", uniform, args, feeds=False)
    show("all after a month", late, args, feeds=False)
    small = argparse.Namespace(**{**vars(args), "budget": args.budget // 4})
    show(
        f"as measured, on a scarce budget of {small.budget}",
        measured,
        small,
        feeds=False,
        tick=timedelta(minutes=30),
    )
    ages = ("1h", "6h", "1d", "7d", "30d", "1y", "3y")
    hours = (1, 6, 24, 168, 720, 8760, 26280)
    print(
        "\nthe time to the next check, by age: "
        + ", ".join(
            f"{age} {told(interval_at(timedelta(hours=one)))}" for age, one in zip(ages, hours, strict=True)
        )
    )
    if ratio < args.floor:
        sys.exit(f"the ratio {ratio:.1f} is below {args.floor}")


if __name__ == "__main__":
    main()
