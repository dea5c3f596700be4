"""From the looks that are kept to how an article stands: the fold of ``pipelines.verdicts``."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from archive.catalogue import LookRow
from model import ReadError, from_json, json_text
from pipelines.verdicts import (
    Finding,
    Incident,
    Look,
    SiteWatch,
    new_standing,
    take_in,
)
from pipelines.verdicts.content_site import WINDOW, Glance

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from archive import Archive
    from crawler.judging.signs import SignReader
    from model import Source
    from pipelines.verdicts import Means, Standing

LOOK, PLAIN, FINDING = "look", "plain", "finding"
# A site's glances are read back for a little longer than they count: clocks differ.
_BACK = WINDOW + timedelta(minutes=10)


class Folder:
    """Folds the looks at articles of one source."""

    def __init__(self, archive: Archive, source: Source, signs: SignReader) -> None:
        self._archive = archive
        self._looks = archive.catalogue.looks
        self._source = source
        self._signs = signs

    async def fold(self, means: Means, *, incidents: Sequence[Incident]) -> Standing:
        """Return how an article stands after all the looks at it that are kept."""
        standing = new_standing(means)
        for row in self._looks.of(self._source.name, means.article):
            one = await self.observation(row)
            if one is not None:
                standing = take_in(standing, (one,), incidents=incidents)
        return standing

    async def observation(self, row: LookRow) -> Look | Finding | None:
        """Return what a row tells, its pages read again; ``None`` when it cannot be read any more."""
        try:
            if row.kind == FINDING:
                return from_json(Finding, json.loads(row.noun))
            look = from_json(Look, json.loads(row.noun))
        except (ReadError, ValueError):
            return None
        return look if row.kind == PLAIN else await self.with_pages(look)

    async def with_pages(self, look: Look) -> Look:
        """Return a look with what its page shows, and its twin's."""
        capture = self._archive.catalogue.capture(look.record_id)
        if capture is not None:
            _, page = await self._signs.read(capture)
            look = replace(look, page=page)
        if look.twin is not None:
            other = self._archive.catalogue.capture(look.twin.record_id)
            if other is not None:
                _, page = await self._signs.read(other)
                look = replace(look, twin=replace(look.twin, page=page))
        return look

    # --- the site as a whole

    def incidents(self) -> tuple[Incident, ...]:
        """Return the incidents of the site that are known."""
        noun = self._looks.incidents(self._source.name)
        if noun is None:
            return ()
        return tuple(from_json(Incident, one) for one in json.loads(noun))

    def watch(self, now: datetime) -> SiteWatch:
        """Return the site's watch as its newest looks leave it."""
        incidents = self.incidents()
        reviewed = max((one.closed_sequence or 0 for one in incidents), default=0)
        rows = [
            one
            for one in self._looks.since(self._source.name, now - _BACK)
            if one.lacks is not None and one.sequence >= reviewed
        ]
        told = {one.article for one in rows}
        lacking = self._looks.lacking(self._source.name) - told
        glances = []
        for row in rows:
            lacks = bool(row.lacks)
            flips = lacks and row.article not in lacking
            lacking = lacking | {row.article} if lacks else lacking - {row.article}
            glances.append(
                Glance(
                    sequence=row.sequence,
                    at=row.at,
                    article=row.article,
                    lacks=lacks,
                    record_id=row.record_id,
                    flips=flips,
                )
            )
        return SiteWatch(glances=tuple(glances), lacking=frozenset(lacking), incidents=incidents)


def row_of(
    article: str, one: Look | Finding, *, is_plain: bool = False, lacks: bool | None = None
) -> LookRow:
    """Return a look or a finding as it is kept: without pages, which their records hold."""
    if isinstance(one, Finding):
        kind, record_id = FINDING, one.record_ids[0] if one.record_ids else ""
    else:
        kind, record_id = PLAIN if is_plain else LOOK, one.record_id
        twin = replace(one.twin, page=None) if one.twin is not None else None
        one = replace(one, page=None, twin=twin)
    return LookRow(
        article=article,
        sequence=one.sequence,
        at=one.at,
        record_id=record_id,
        kind=kind,
        lacks=lacks,
        noun=json_text(one),
    )
