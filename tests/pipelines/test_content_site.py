"""While many articles of a site flip at once, nothing is concluded of any; a person may end it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from samples.history_pages import ORIGIN
from samples.history_world import PUBLISHED

from pipelines.verdicts import SiteWatch, end_incident, note_glance
from pipelines.verdicts.content_site import FLIPS, Glance


def glances(count: int, *, lacking: int, number: int, hours: float) -> list[Glance]:
    """All of a site's articles looked at in a row, the first ones missing."""
    return [
        Glance(
            sequence=number + place,
            at=PUBLISHED + timedelta(hours=hours, seconds=place),
            article=f"{ORIGIN}/{place}",
            lacks=place < lacking,
            record_id=f"urn:uuid:{number + place}",
        )
        for place in range(count)
    ]


def after(*rounds: list[Glance], watch: SiteWatch | None = None) -> SiteWatch:
    watch = watch or SiteWatch()
    for one in rounds:
        for glance in one:
            watch = note_glance(watch, glance)
    return watch


WELL = glances(20, lacking=0, number=0, hours=0)


def test_many_at_once_make_an_incident_and_few_make_none():
    assert after(WELL, glances(20, lacking=FLIPS - 1, number=100, hours=24)).incidents == ()
    watch = after(WELL, glances(20, lacking=12, number=100, hours=24))
    (incident,) = watch.incidents
    assert incident.opened_sequence == 103  # the fourth of them: before, nothing was known
    assert incident.record_ids == tuple(f"urn:uuid:{number}" for number in range(100, 104))
    assert watch.open_incident == incident


def test_few_of_very_many_make_none():
    many = glances(60, lacking=0, number=0, hours=0)
    # All of them were looked at within the window, so that four are a small share.
    assert after(many, glances(60, lacking=FLIPS, number=100, hours=1)).incidents == ()


def test_those_that_go_one_by_one_over_weeks_make_none():
    rounds = [glances(20, lacking=gone, number=100 * gone, hours=24 * gone) for gone in range(1, 12)]
    assert after(WELL, *rounds).incidents == ()


def test_it_is_over_when_they_are_back():
    ill = glances(20, lacking=12, number=100, hours=24)
    watch = after(WELL, ill, glances(20, lacking=0, number=200, hours=40))
    (incident,) = watch.incidents
    assert (incident.closing, watch.open_incident) == ("recovered", None)
    assert incident.closed_sequence is not None
    assert 200 <= incident.closed_sequence < 220


def test_it_lasts_until_a_person_says_so_and_does_not_begin_again():
    watch = after(WELL, *(glances(20, lacking=12, number=100 * day, hours=24 * day) for day in range(1, 20)))
    assert watch.open_incident is not None
    watch = end_incident(watch, 5_000, PUBLISHED + timedelta(days=21), "reviewed")
    watch = after(glances(20, lacking=12, number=5_001, hours=24 * 22), watch=watch)
    assert [incident.closing for incident in watch.incidents] == ["reviewed"]
    assert end_incident(watch, 6_000, PUBLISHED, "reviewed") == watch


def test_the_clock_of_an_incident_never_runs_backwards():
    watch = after(WELL, glances(20, lacking=12, number=100, hours=24))
    back = [
        replace(one, at=one.at - timedelta(days=400)) for one in glances(20, lacking=0, number=200, hours=40)
    ]
    incident = after(back, watch=watch).incidents[0]
    assert incident.closed_at is None or incident.closed_at >= incident.opened_at
