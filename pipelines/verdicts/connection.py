"""The verdict on a connection: a function of one survey, with every rule that applied.

The order of asking: is our own network up; is a country cut off; which layer is the lowest that is not as it
should be (what stands above it says nothing of its own and is masked); and whose doing do the controls say it
is. «Blocked» and «down» each need 0.6; what reaches neither is ``unreachable_unattributed``.
``docs/verdicts.md`` has the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from model import (
    ConnectionKind,
    ConnectionVerdict,
    EvidenceLevel,
    ProbeRole,
    RuleHit,
    Survey,
    ooni_failure,
)
from pipelines.verdicts.connection_http import RESTRICTED, http_rules
from pipelines.verdicts.connection_network import network_rules
from pipelines.verdicts.connection_rules import dns_rules, tcp_rules, tls_rules
from pipelines.verdicts.connection_sight import Sight

RULES_VERSION: Final = "connection/1"
"""The next number whenever the same survey may be judged otherwise."""
ENOUGH: Final = 0.6
"""What one reading needs."""

_NETWORK: Final = {
    "network.own_down": ConnectionKind.OWN_NETWORK_DOWN,
    "network.uplink_down": ConnectionKind.OWN_NETWORK_DOWN,
    "network.no_route": ConnectionKind.OWN_NETWORK_DOWN,
    "network.portal": ConnectionKind.OWN_NETWORK_DOWN,
    "network.isolated": ConnectionKind.NATIONAL_ISOLATION_SUSPECTED,
    "network.country_silent": ConnectionKind.SHUTDOWN_SUSPECTED,
}
_BLOCKED: Final = {
    "dns.two_answers": ConnectionKind.BLOCKED_DNS_INJECTION,
    "dns.known_injected_address": ConnectionKind.BLOCKED_DNS_INJECTION,
    "dns.private_address": ConnectionKind.BLOCKED_DNS_INJECTION,
    "dns.unmatched_answer": ConnectionKind.BLOCKED_DNS_INJECTION,
    "tls.reset": ConnectionKind.BLOCKED_TLS_RESET,
    "tls.reset_by_name": ConnectionKind.BLOCKED_TLS_RESET,
    "tls.drop": ConnectionKind.BLOCKED_TLS_DROP,
    "tls.drop_by_name": ConnectionKind.BLOCKED_TLS_DROP,
    "http.block_page": ConnectionKind.BLOCKED_BLOCK_PAGE,
    "http.differs_short": ConnectionKind.BLOCKED_BLOCK_PAGE,
    "http.led_to_censor": ConnectionKind.BLOCKED_BLOCK_PAGE,
    "http.led_to_private": ConnectionKind.BLOCKED_BLOCK_PAGE,
    "http.timeout": ConnectionKind.BLOCKED_HTTP_DROP,
    "http.throttled": ConnectionKind.BLOCKED_HTTP_DROP,
}
_BLOCKED_AT: Final = {
    "dns": ConnectionKind.BLOCKED_DNS_FAILURE,
    "tcp": ConnectionKind.BLOCKED_TCP,
    "tls": ConnectionKind.BLOCKED_CERTIFICATE,
    "http": ConnectionKind.BLOCKED_HTTP_RESET,
}


def judge_connection(survey: Survey, record_id: str | None = None) -> ConnectionVerdict:
    """Return the verdict; the same for the same survey. ``ValueError`` when the target was never asked.

    ``record_id`` is the archived record that holds the survey: the verdict's first evidence.
    """
    sight = Sight(survey)
    if not sight.tries:
        raise ValueError(f"{survey.url}: the survey holds no attempt to reach the target")
    network = network_rules(sight)
    below = [*dns_rules(sight), *tcp_rules(sight), *tls_rules(sight)]
    anomaly = any(hit.blocked >= 0.5 and hit.level is EvidenceLevel.SCORED for hit in below)
    layers = _masked([*below, *http_rules(sight, anomaly_below=anomaly)])
    ruling = _deciding([*network, *layers])
    kind, confidence = _read(ruling, sight)
    rules = [hit for hit in (ruling, *network, *layers) if hit is not None]
    ordered = tuple(dict.fromkeys(rules))
    return ConnectionVerdict(
        url=survey.url,
        kind=kind,
        confidence=round(confidence, 3),
        vantage=survey.vantage,
        observed_at=survey.ended_at,
        rules_version=RULES_VERSION,
        rules=ordered,
        evidence=_evidence(survey, ordered, record_id),
        failures=_failures(survey),
    )


def _masked(hits: Sequence[RuleHit]) -> list[RuleHit]:
    """Mask what stands above the lowest layer that cannot be trusted."""
    lowest = next(
        (
            hit.layer
            for hit in hits
            if hit.level is EvidenceLevel.SCORED and max(hit.blocked, hit.down) >= 0.5 > hit.ok
        ),
        None,
    )
    if lowest is None:
        return list(hits)
    layers = ("dns", "tcp", "tls", "http")
    above = layers[layers.index(lowest) + 1 :] if lowest in layers else ()
    return [
        replace(hit, level=EvidenceLevel.MASKED)
        if hit.layer in above and hit.level is EvidenceLevel.SCORED
        else hit
        for hit in hits
    ]


def _deciding(hits: Sequence[RuleHit]) -> RuleHit | None:
    """Return the rule that decides: of the network, else of the lowest layer amiss, else the one most ok."""
    scored = [hit for hit in hits if hit.level is EvidenceLevel.SCORED]
    network = next((hit for hit in scored if hit.rule in _NETWORK), None)
    if network is not None:
        return network
    amiss = [hit for hit in scored if hit.ok < 0.5]
    if amiss:
        layer = amiss[0].layer
        return max((hit for hit in amiss if hit.layer == layer), key=lambda hit: max(hit.blocked, hit.down))
    # HTTP stands last: only it says that the page itself came.
    return scored[-1] if scored else None


def _read(ruling: RuleHit | None, sight: Sight) -> tuple[ConnectionKind, float]:
    if ruling is None:
        return ConnectionKind.UNREACHABLE_UNATTRIBUTED, 0.0
    if ruling.rule in _NETWORK:
        return _NETWORK[ruling.rule], max(ruling.down, 0.5)
    if ruling.blocked >= ENOUGH:
        return _BLOCKED.get(ruling.rule) or _BLOCKED_AT[ruling.layer], ruling.blocked
    if ruling.down >= ENOUGH:
        return ConnectionKind.SITE_DOWN, ruling.down
    answer = sight.walk.answer
    if ruling.ok < ENOUGH or answer is None:
        return ConnectionKind.UNREACHABLE_UNATTRIBUTED, 1 - max(ruling.blocked, ruling.down, ruling.ok)
    if ruling.rule == "http.challenge":
        return ConnectionKind.CHALLENGE, ruling.ok
    if answer.status in RESTRICTED:
        return ConnectionKind.RESTRICTED, ruling.ok
    return ConnectionKind.REACHABLE, ruling.ok


def _evidence(survey: Survey, rules: Sequence[RuleHit], record_id: str | None) -> tuple[str, ...]:
    places = (place for hit in rules if hit.level is EvidenceLevel.SCORED for place in hit.probes)
    ids = (record_id, *(survey.probes[place].record_id for place in places))
    return tuple(dict.fromkeys(record for record in ids if record is not None))


def _failures(survey: Survey) -> tuple[str, ...]:
    found = (probe.observation.failure for probe in survey.of(ProbeRole.TARGET))
    return tuple(ooni_failure(failure.kind, failure.errno) for failure in found if failure is not None)
