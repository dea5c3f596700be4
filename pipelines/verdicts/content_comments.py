"""When comments vanish, or are not taken any more.

Only a thread that was read whole can lack a comment: feeds are bounded, pages of comments are numbered anew,
and a service that did not answer shows none (NewsSniffer counted comments that fell off a feed as censored).
A comment is the same when its number is, or its author and words are.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from model import EventKind, SignalKind
from pipelines.verdicts.content_look import Look
from pipelines.verdicts.content_page import ThreadSigns
from pipelines.verdicts.content_rules import HOURS_APART
from pipelines.verdicts.content_signals import Assessment
from pipelines.verdicts.content_standing import (
    CommentsStanding,
    KnownComment,
    LostComment,
    Miss,
    Standing,
    apart,
    closed,
    make_event,
    miss_of,
    opened,
)

ALL_GONE_LOOKS = 4
ALL_GONE_SPAN = timedelta(hours=72)
"""When all comments are gone and the page does not say that it has none: more likely a service that fails."""
MOST_COMMENTS = 20_000
_RULE = "content.comments_removed/1"


def note_comments(standing: Standing, look: Look, assessment: Assessment) -> Standing:
    """Return the standing after a look that had the article, as far as its comments go."""
    if look.page is None:
        return standing
    thread = look.page.thread
    standing = _note_closing(standing, look, assessment, thread)
    if not thread.is_whole:
        return standing
    keys = {one.key for one in thread.comments}
    faces = {one.face for one in thread.comments}
    standing = _note_returned(standing, look, keys, faces)
    state = standing.comments
    missing = [one for one in state.known if one.key not in keys and one.face not in faces]
    if missing and not _may_lack(thread):
        return standing
    miss = miss_of(look, assessment, SignalKind.COMMENTS_REMOVED)
    before = {one.key: one for one in state.lost}
    lost = tuple(
        replace(before[one.key], looks=before[one.key].looks + 1)
        if one.key in before
        else LostComment(key=one.key, face=one.face, first=miss, after=one.seen_at)
        for one in missing
    )
    # Numbered anew, a comment is known under its new number only.
    known = {one.key: one for one in state.known if one.key in keys or one.face not in faces}
    for mark in thread.comments[:MOST_COMMENTS]:
        known[mark.key] = KnownComment(key=mark.key, face=mark.face, seen_at=look.at)
    all_gone = bool(missing) and not thread.comments and thread.declared != 0 and thread.closed is None
    certain = [one for one in lost if _is_certain(one, miss, all_gone=all_gone)]
    told = {one.key for one in certain}
    standing = replace(
        standing,
        comments=replace(
            state,
            known=tuple(one for one in known.values() if one.key not in told),
            lost=tuple(one for one in lost if one.key not in told),
        ),
    )
    return _tell(standing, certain, miss) if certain else standing


def _may_lack(thread: ThreadSigns) -> bool:
    """Tell whether a thread that shows fewer comments proves that they are gone."""
    return bool(thread.comments) or thread.declared == 0 or thread.has_form or thread.closed is not None


def _is_certain(lost: LostComment, now: Miss, *, all_gone: bool) -> bool:
    span, looks = (ALL_GONE_SPAN, ALL_GONE_LOOKS) if all_gone else (HOURS_APART, 2)
    return lost.looks >= looks and apart(lost.first, now) >= span


def _tell(standing: Standing, certain: list[LostComment], now: Miss) -> Standing:
    first = min((one.first for one in certain), key=lambda miss: miss.sequence)
    seen = [one.after for one in certain if one.after is not None]
    event = make_event(
        standing,
        EventKind.COMMENTS_REMOVED,
        (first, now),
        at=now.at,
        after=max(seen) if seen else None,
        rule=_RULE,
        detail=str(len(certain)),
        subjects=tuple(f"{one.key}\n{one.face}" for one in certain),
    )
    return opened(standing, event)


def _note_returned(standing: Standing, look: Look, keys: set[str], faces: set[str]) -> Standing:
    """Close the events whose comments are back; of one that came back in part the rest is told anew."""
    for event in standing.events:
        if event.kind is not EventKind.COMMENTS_REMOVED or not event.is_open:
            continue
        rest = tuple(one for one in event.subjects if not _is_back(one, keys, faces))
        if len(rest) == len(event.subjects):
            continue
        standing = closed(
            standing,
            (EventKind.COMMENTS_REMOVED,),
            at=look.at,
            record_ids=look.record_ids,
            closing="restored_in_part" if rest else "restored",
            only=lambda one, name=event.id: one.id == name,  # type: ignore[misc]
        )
        if rest:
            standing = opened(
                standing,
                replace(
                    event,
                    known_at=max(look.at, event.known_at),
                    opened_by=(*event.opened_by, *look.record_ids),
                    detail=str(len(rest)),
                    subjects=rest,
                ),
            )
    return standing


def _is_back(subject: str, keys: set[str], faces: set[str]) -> bool:
    key, _, face = subject.partition("\n")
    return key in keys or face in faces


def _note_closing(standing: Standing, look: Look, assessment: Assessment, thread: ThreadSigns) -> Standing:
    state: CommentsStanding = standing.comments
    if thread.has_form:
        standing = closed(
            standing,
            (EventKind.COMMENTS_CLOSED,),
            at=look.at,
            record_ids=look.record_ids,
            closing="restored",
        )
        return replace(standing, comments=replace(state, open_seen=look.at, closed=()))
    if thread.closed is None or state.open_seen is None:
        return standing
    if standing.open_event(EventKind.COMMENTS_CLOSED) is not None:
        return standing
    miss = miss_of(look, assessment, SignalKind.COMMENTS_CLOSED, thread.closed.text)
    run = (state.closed[0], miss) if state.closed else (miss,)
    standing = replace(standing, comments=replace(state, closed=run))
    if len(run) < 2 or apart(run[0], run[1]) < HOURS_APART:
        return standing
    event = make_event(
        standing,
        EventKind.COMMENTS_CLOSED,
        run,
        at=look.at,
        after=state.open_seen,
        rule="content.comments_closed/1",
        detail=miss.detail,
    )
    return opened(standing, event)
