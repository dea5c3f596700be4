"""When a whole site behaves oddly: many of its articles go missing at once: a redesign or an outage.

EDGI found one small change of markup that made 81 % of all pages look changed. So while many articles of a
source flip within hours, nothing is concluded of any of them, until they are back or a person has looked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipelines.verdicts.content_ladder import History, take_in
from pipelines.verdicts.content_look import Look
from pipelines.verdicts.content_signals import Outcome, assess
from pipelines.verdicts.content_standing import Finding, Incident, Standing, new_standing

WINDOW = timedelta(hours=6)
"""No longer than what a suspicion needs: an incident is known before a first event could be."""
MOST_GLANCES = 5_000
FLIPS = 4
"""A desk that takes down a series of articles on one day flips fewer; more are worth a person's eye."""
FLIPPED_SHARE = 0.2
RECOVERED_SHARE = 0.1
"""What is still missing when the rest is back, or fewer than make an incident: these begin anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What one look at one article of a site came to, as far as the site's health is concerned."""

    sequence: int
    at: datetime
    article: str
    lacks: bool
    record_id: str
    flips: bool = False
    """It lacks what was there at the glance before; found by :func:`note_glance`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteWatch:
    """The newest glances at a site's articles, and what was made of them."""

    glances: tuple[Glance, ...] = ()
    lacking: frozenset[str] = frozenset()
    """Articles that were missing when last glanced at: these cannot flip again."""
    incidents: tuple[Incident, ...] = ()

    @property
    def open_incident(self) -> Incident | None:
        """The incident that lasts, or ``None``."""
        last = self.incidents[-1] if self.incidents else None
        return last if last is not None and last.closed_sequence is None else None


def glance_at(standing: Standing, look: Look) -> Glance | None:
    """Return what a look says of its site's health, before it is judged; ``None`` when it says nothing.

    A sibling that fails is no reason to leave it out here: that is what an incident looks like.
    """
    told = replace(look, sibling=True)
    found = assess(told, standing.baseline, lives_at=standing.lives_at, known=standing.known)
    if found.outcome is Outcome.UNHEARD or (
        standing.baseline is None and found.outcome is not Outcome.PRESENT
    ):
        return None
    return Glance(
        sequence=look.sequence,
        at=look.at,
        article=standing.means.article,
        lacks=found.outcome is Outcome.LACKING,
        record_id=look.record_id,
    )


def note_glance(watch: SiteWatch, glance: Glance) -> SiteWatch:
    """Return the watch after one more glance: an incident may open, or be over."""
    kept = tuple(
        one for one in watch.glances if abs(glance.at - one.at) <= WINDOW and one.sequence < glance.sequence
    )
    name = glance.article
    glance = replace(glance, flips=glance.lacks and name not in watch.lacking)
    glances = (*kept, glance)[-MOST_GLANCES:]
    missing_now = watch.lacking | {name} if glance.lacks else watch.lacking - {name}
    watch = replace(watch, glances=glances, lacking=missing_now)
    newest = {one.article: one for one in glances}
    flipped = {one.article for one in glances if one.flips}
    lacking = [one for one in newest.values() if one.lacks]
    if watch.open_incident is None:
        missing = [one for one in lacking if one.article in flipped]
        if glance.lacks and len(missing) >= FLIPS and len(missing) >= FLIPPED_SHARE * len(newest):
            return _opened(watch, glance, missing, len(newest))
        return watch
    well = len(newest) - len(lacking)
    few = len(lacking) <= RECOVERED_SHARE * len(newest) or len(lacking) < min(FLIPS, well / 2)
    if not glance.lacks and well >= FLIPS and few:
        return end_incident(watch, glance.sequence, glance.at, "recovered")
    return watch


def _opened(watch: SiteWatch, glance: Glance, missing: list[Glance], asked: int) -> SiteWatch:
    incident = Incident(
        opened_sequence=glance.sequence,
        opened_at=glance.at,
        record_ids=tuple(one.record_id for one in missing),
        articles=len(missing),
        asked=asked,
    )
    return replace(watch, incidents=(*watch.incidents, incident))


def end_incident(watch: SiteWatch, sequence: int, at: datetime, closing: str) -> SiteWatch:
    """Return the watch with its lasting incident over: ``recovered``, or ``reviewed`` by a person.

    After that each article is counted anew, from its next look.
    """
    incident = watch.open_incident
    if incident is None:
        return watch
    over = replace(
        incident,
        closed_sequence=sequence,
        closed_at=max(at, incident.opened_at),
        closing=closing,
    )
    return replace(watch, glances=(), incidents=(*watch.incidents[:-1], over))


def judge_site(histories: Iterable[History]) -> tuple[Mapping[str, Standing], SiteWatch]:
    """Return how all articles of one site stand, by their names, and the incidents found among them.

    Looks and findings of all histories are taken in by their numbers, which rise over the whole source.
    Incidents given with the histories are left out: they are found anew.
    """
    standings: dict[str, Standing] = {}
    news: list[tuple[int, bool, str, Look | Finding]] = []
    for history in histories:
        name = history.means.article
        standings[name] = new_standing(history.means)
        news += [(one.sequence, False, name, one) for one in history.looks]
        news += [(one.sequence, True, name, one) for one in history.findings]
    watch = SiteWatch()
    for _, _, name, one in sorted(news, key=lambda item: item[:3]):
        standing = standings[name]
        if isinstance(one, Look) and (glance := glance_at(standing, one)) is not None:
            watch = note_glance(watch, glance)
        standings[name] = take_in(standing, (one,), incidents=watch.incidents)
    return standings, watch
