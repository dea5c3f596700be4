"""When an article's words changed: a new text that came twice, and that it did not have before.

A site tries headlines on some of its readers, and widgets find their way into texts: what came once is a
draft. What alternates with an earlier text is told once, and never again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from model import EventKind, SignalKind
from pipelines.verdicts.content_look import Look
from pipelines.verdicts.content_page import PageSigns
from pipelines.verdicts.content_rules import HOURS_APART
from pipelines.verdicts.content_signals import Assessment, Baseline, baseline_of
from pipelines.verdicts.content_standing import (
    Draft,
    Miss,
    Sight,
    Standing,
    apart,
    closed,
    make_event,
    opened,
)

MINUTES_APART = timedelta(minutes=10)
"""A text is believed when it came twice, so far apart; an experiment is often kept for one visit only."""
MOST_TEXTS = 50
"""Texts that are remembered: an article that had more is a live blog."""


def note_text(standing: Standing, look: Look, assessment: Assessment) -> Standing:
    """Return the standing after a look that had the article: its text as before, new, or known."""
    page = look.page
    sight = Sight(sequence=look.sequence, at=look.at, record_id=look.record_id)
    if standing.baseline is None:
        fresh = baseline_of(page) if page is not None else None
        return standing if fresh is None else _adopt(standing, fresh, sight)
    digest = _digest(standing, look, page)
    if digest is None:
        return standing
    baseline = standing.baseline
    standing = replace(standing, shown=digest)
    if page is not None and page.extractor != baseline.extractor:
        # Read by another extractor: the two texts cannot be compared, and nothing is known to have changed.
        return _adopt(standing, baseline_of(page, baseline) or baseline, sight)
    if digest == baseline.text.digest:
        return replace(standing, draft=None, digest_seen=look.at)
    draft = standing.draft
    if draft is None or draft.digest != digest:
        return _drafted(standing, look, page, sight, is_rewritten=assessment.is_rewritten)
    needed = HOURS_APART if draft.is_rewritten else MINUTES_APART
    first, second = _visit(draft.first, draft.server_at), _visit(sight, look.server_at)
    if apart(first, second) < needed:
        return standing
    return _edited(standing, draft, (first, second), sight)


def _digest(standing: Standing, look: Look, page: PageSigns | None) -> str | None:
    if look.not_modified:
        return standing.shown or None
    return page.article.digest if page is not None and page.article is not None else None


def _drafted(
    standing: Standing, look: Look, page: PageSigns | None, sight: Sight, *, is_rewritten: bool
) -> Standing:
    if page is None or standing.baseline is None:
        return standing
    fresh = baseline_of(page, standing.baseline)
    if fresh is None:
        return standing
    draft = Draft(
        digest=fresh.text.digest,
        first=sight,
        server_at=look.server_at,
        baseline=fresh,
        is_rewritten=is_rewritten,
    )
    return replace(standing, draft=draft)


def _edited(standing: Standing, draft: Draft, seen: tuple[Miss, Miss], sight: Sight) -> Standing:
    was = standing.open_event(EventKind.EDITED)
    known = draft.digest in standing.digests
    ids = (draft.first.record_id, sight.record_id)
    after = standing.digest_seen
    if was is not None:
        back = known and len(standing.digests) > 1 and standing.digests[-2] == draft.digest
        closing = "reverted" if back else "explained"
        standing = closed(standing, (EventKind.EDITED,), at=sight.at, record_ids=ids, closing=closing)
    if not known:
        rule = "content.edited.rewritten/1" if draft.is_rewritten else "content.edited/1"
        event = make_event(standing, EventKind.EDITED, seen, at=sight.at, after=after, rule=rule)
        standing = opened(standing, event)
    return _adopt(standing, draft.baseline, sight)


def _adopt(standing: Standing, baseline: Baseline, sight: Sight) -> Standing:
    digest = baseline.text.digest
    earlier = tuple(one for one in standing.digests if one != digest)
    return replace(
        standing,
        baseline=baseline,
        draft=None,
        digests=(*earlier, digest)[-MOST_TEXTS:],
        digest_seen=sight.at,
        shown=digest,
    )


def _visit(sight: Sight, server_at: datetime | None) -> Miss:
    return Miss(
        sequence=sight.sequence,
        at=sight.at,
        server_at=server_at,
        path="",
        kind=SignalKind.GUTTED,
        rule="",
        detail="",
        record_ids=(sight.record_id,),
    )
