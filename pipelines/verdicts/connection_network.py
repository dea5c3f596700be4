"""The rules of networks: whether ours works, whether a country is cut off; nothing of any site."""

from __future__ import annotations

from typing import Final

from model import ProbeRole, RuleHit, Survey
from pipelines.verdicts.connection_sight import Sight, anchor_answers, anchors_by_network

# A country is silent when nine in ten of its hosts are, hosts in several networks that answered before.
_SILENT: Final = 0.9
_LEAST_HOSTS: Final = 10
_LEAST_NETWORKS: Final = 5
_LEAST_BASELINE: Final = 0.7
# ENETDOWN and ENETUNREACH of Linux: said by this machine, not by anybody on the way.
_NO_NETWORK: Final = frozenset({100, 101})


def network_rules(sight: Sight) -> list[RuleHit]:
    """Return what the anchors tell; nothing when none was asked, or when the target proved itself."""
    if sight.walk.answer is not None and sight.site_spoke:
        return []
    survey = sight.survey
    hits = own_network(survey) or _no_way_out(sight)
    inside = _country_silent(survey, sight.host)
    if not hits and inside is not None and sight.walk.answer is None:
        hits.append(inside)
    return hits


def _no_way_out(sight: Sight) -> list[RuleHit]:
    """Return that this machine itself says there is no network (of IPv6 it does where only IPv4 is)."""
    for walk in sight.tries:
        failure, address = walk.failure, walk.last.observation.address or ""
        if failure is None or failure.errno not in _NO_NETWORK or ":" in address:
            return []
    if any(probe.answer is not None for probe in sight.survey.probes):
        return []
    why = "this machine has no way to any network"
    places = tuple(place for walk in sight.tries for place in walk.places)
    return [RuleHit(rule="network.no_route", down=0.8, why=why, probes=places)]


def own_network(survey: Survey) -> list[RuleHit]:
    """Return whether our own network, or the way out of our country, is down; empty: no, or unknown."""
    near = anchors_by_network(survey.of(ProbeRole.GATEWAY))
    home = anchors_by_network(survey.of(ProbeRole.DOMESTIC))
    world = anchors_by_network(survey.of(ProbeRole.INTERNATIONAL))
    places = tuple(
        place
        for place, probe in enumerate(survey.probes)
        if probe.role in {ProbeRole.GATEWAY, ProbeRole.DOMESTIC, ProbeRole.INTERNATIONAL}
    )
    if near and not any(near.values()) and not any(world.values()):
        why = "not even the edge of our own network answers"
        return [RuleHit(rule="network.own_down", down=0.95, why=why, probes=places)]
    if not world or any(world.values()):
        return []
    if any(home.values()):
        why = (
            f"{sum(home.values())} of {len(home)} networks of our country answer, none of {len(world)} abroad"
        )
        return [
            RuleHit(rule="network.isolated", down=0.6 if len(world) < 3 else 0.85, why=why, probes=places)
        ]
    # One anchor that is silent may be itself down; five in five networks are not.
    sure = 0.6 if len(world) == 1 else 0.8 if len(world) < 3 else 0.95
    what = "network.uplink_down" if any(near.values()) else "network.own_down"
    count = "the only anchor does not answer" if len(world) == 1 else f"none of {len(world)} networks answers"
    return [RuleHit(rule=what, down=sure, why=count, probes=places)]


def _country_silent(survey: Survey, host: str) -> RuleHit | None:
    """Return the outside view of a shutdown, for a target inside; BGP shows none (arXiv:2605.00187)."""
    inside = survey.of(ProbeRole.INSIDE)
    countries = {probe.country for probe in inside if probe.country}
    country = survey.target_country or next(
        (one for one in countries if host.endswith("." + one.lower())), None
    )
    hosts = [probe for probe in inside if country is not None and probe.country == country]
    networks = {probe.network or probe.observation.url for probe in hosts}
    baseline = survey.inside_baseline
    if baseline is None or baseline < _LEAST_BASELINE:
        return None
    if len(hosts) < _LEAST_HOSTS or len(networks) < _LEAST_NETWORKS:
        return None
    silent = sum(not anchor_answers(probe) for probe in hosts)
    if silent < _SILENT * len(hosts) or not any(
        anchor_answers(probe) for probe in survey.of(ProbeRole.INTERNATIONAL)
    ):
        return None
    why = (
        f"{silent} of {len(hosts)} hosts in {len(networks)} networks of {country} are silent, "
        f"of which {baseline:.0%} answered before"
    )
    places = tuple(place for place, probe in enumerate(survey.probes) if probe.role is ProbeRole.INSIDE)
    return RuleHit(rule="network.country_silent", down=0.8, why=why, probes=places)
