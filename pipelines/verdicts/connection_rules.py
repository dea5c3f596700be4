"""The rules below HTTP, layer by layer: DNS, TCP, TLS. Each says how far it speaks for blocked, down and ok.

In the shape of OONI's pipeline v5 (rule ids, weights, masked layers); the rules and numbers are ours. A rule
weighs 0.6 or more for a reading when it alone suffices for a verdict; what cannot be told stays below on both
sides. Without a control nothing reaches 0.6 for «blocked» but what carries its own control: two replies to
one question, or an address that the censor of our own country is known to answer with.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from model import DnsReply, EvidenceLevel, FailureKind, RuleHit, Stage
from pipelines.verdicts.blockpages import known_country
from pipelines.verdicts.connection_sight import Other, Sight, Walk

# A mirror on somebody's CDN answers although the origin is down: it proves the network, and no more.
_WEAK: Final = 0.7

_BAD_NAMES: Final = frozenset(
    {
        FailureKind.TLS_CERTIFICATE_NAME,
        FailureKind.TLS_CERTIFICATE_SELF_SIGNED,
        FailureKind.TLS_CERTIFICATE_UNKNOWN_ISSUER,
        FailureKind.TLS_CERTIFICATE_INVALID,
        FailureKind.TLS_CERTIFICATE_EXPIRED,
    }
)


def weighed(
    rule: str,
    other: Other,
    why: str,
    places: tuple[int, ...],
    *,
    passed: tuple[float, float],
    failed: tuple[float, float] = (0.1, 0.9),
) -> RuleHit:
    """Return a rule with the weights (blocked, down) that fit what the controls saw."""
    blocked, down = {
        Other.PASSED: passed,
        Other.WEAK: (passed[0] * _WEAK, 0.3),
        Other.FAILED: failed,
        Other.NONE: (0.5, 0.5),
    }[other]
    seen = {
        Other.PASSED: "the control vantage gets past this",
        Other.WEAK: "a mirror answers",
        Other.FAILED: "the control vantage fails alike",
        Other.NONE: "no control says whose doing it is",
    }[other]
    return RuleHit(
        rule=rule,
        blocked=round(blocked, 3),
        down=round(down, 3),
        ok=round(max(0.0, 1 - blocked - down), 3),
        why=f"{why}; {seen}",
        probes=places,
    )


def dns_rules(sight: Sight) -> list[RuleHit]:
    """Return what the names tell, of every try."""
    hits: list[RuleHit] = []
    for walk in sight.tries:
        for place, probe in zip(walk.places, walk.probes, strict=True):
            dns = probe.observation.dns
            if dns is None:
                continue
            told = _two_answers(dns.replies, probe.closed, sight)
            if told is not None:
                hits.append(replace(told, probes=(place,)))
            elif dns.addresses and set(dns.addresses) == set(probe.closed):
                hits.append(_closed_only(sight, dns.addresses, place))
    consistent = [place for walk in sight.tries if walk.is_secure for place in walk.places[-1:]]
    hits = _unique(hits)
    if consistent and not hits:
        why = "the certificate verified at the address that the name led to"
        hits.append(RuleHit(rule="dns.tls_consistent", ok=1.0, why=why, probes=tuple(consistent)))
    failure = sight.walk.failure
    if failure is not None and failure.kind.stage is Stage.DNS:
        rule = f"dns.{failure.kind.value.removeprefix('dns_')}"
        hits.append(
            weighed(rule, sight.other(Stage.DNS), failure.detail, sight.walk.places[-1:], passed=(0.9, 0.1))
        )
    hits += _unknown_addresses(sight)
    return hits


def _two_answers(replies: tuple[DnsReply, ...], closed: tuple[str, ...], sight: Sight) -> RuleHit | None:
    """Return the proof of injection: a name server answers a question once, and one thing only."""
    for family in ("A", "AAAA"):
        said = [reply for reply in replies if reply.family == family and reply.rcode is not None]
        sets = {frozenset(reply.addresses) for reply in said}
        if len(sets) < 2:
            continue
        parts = " and ".join(
            f"{', '.join(reply.addresses) or reply.rcode} after {reply.after_ms} ms" for reply in said
        )
        forged = any(
            address in closed or known_country(address) for reply in said for address in reply.addresses
        )
        return RuleHit(
            rule="dns.two_answers",
            blocked=0.97 if forged else 0.85,
            ok=0.0 if forged else 0.1,
            why=f"one question to {said[0].server} brought contradictory replies: {parts}",
        )
    return None


def _closed_only(sight: Sight, addresses: tuple[str, ...], place: int) -> RuleHit:
    """Return what it means that a public name leads only to addresses that nobody can serve it from."""
    told = f"the name leads to {', '.join(addresses[:4])}"
    countries = {country for address in addresses if (country := known_country(address))}
    other = sight.other(Stage.DNS)
    if countries:
        # Whoever owns a name can point it there, too: of the censor's own country only it is proof by itself.
        told += f", with which the censor of {', '.join(sorted(countries))} answers"
        hit = weighed(
            "dns.known_injected_address", other, told, (place,), passed=(0.97, 0.03), failed=(0.5, 0.5)
        )
        own = other is Other.NONE and sight.survey.vantage.country in countries
        return replace(hit, blocked=0.9, down=0.05, ok=0.05) if own else hit
    # Some sites do publish private addresses (OONI met polito.it): then the control finds none, either.
    told += ", where no public site can be"
    return weighed("dns.private_address", other, told, (place,), passed=(0.95, 0.05))


def _unknown_addresses(sight: Sight) -> list[RuleHit]:
    """Return what it means that a bad certificate came from an address never seen to serve the name."""
    known = set(sight.survey.known_addresses)
    dns = sight.walk.last.observation.dns
    failure = sight.walk.failure
    if not known or dns is None or not dns.addresses or failure is None or failure.kind not in _BAD_NAMES:
        return []
    if known & set(dns.addresses):
        return [
            RuleHit(
                rule="dns.address_known",
                ok=0.9,
                level=EvidenceLevel.NONE,
                why="the certificate has verified at this address before",
                probes=sight.walk.places[-1:],
            )
        ]
    led = ", ".join(dns.addresses[:4])
    told = f"the name leads to {led}, never seen to serve it, and the certificate is another's"
    return [
        weighed(
            "dns.unmatched_answer", sight.other(Stage.TLS), told, sight.walk.places[-1:], passed=(0.9, 0.05)
        )
    ]


def tcp_rules(sight: Sight) -> list[RuleHit]:
    """Return what connecting tells; of several addresses all must have failed."""
    failure = sight.walk.failure
    if failure is None or failure.kind.stage is not Stage.CONNECT:
        return []
    # A reset is somebody's answer; silence and «refused» are how machines that are off look, too.
    blocked = 0.9 if failure.kind is FailureKind.CONNECT_RESET else 0.75
    rule = f"tcp.{failure.kind.value.removeprefix('connect_')}"
    return [
        weighed(
            rule,
            sight.other(Stage.CONNECT),
            failure.detail,
            sight.walk.places[-1:],
            passed=(blocked, 1 - blocked),
            failed=(0.2, 0.8),
        )
    ]


def tls_rules(sight: Sight) -> list[RuleHit]:
    """Return what the handshake tells, with the name and without."""
    walk = sight.walk
    failure = walk.failure
    if failure is None or failure.kind.stage is not Stage.TLS:
        return []
    other = sight.other(Stage.TLS)
    places = walk.places[-1:]
    if failure.kind in _BAD_NAMES:
        return [_certificate(sight, walk, other, places)]
    if failure.kind is FailureKind.TLS_HANDSHAKE:
        return [weighed("tls.not_tls", other, failure.detail, places, passed=(0.9, 0.1))]
    what = "drop" if failure.kind is FailureKind.TLS_TIMEOUT else "reset"
    unnamed = sight.through_unnamed
    if unnamed:
        told = f"{failure.detail}, while the same address shakes hands when the name is not said"
        # A server that does not want this name does the same: without a control it is no proof.
        hit = weighed(f"tls.{what}_by_name", other, told, places + unnamed, passed=(0.95, 0.05))
        return [replace(hit, blocked=0.55, down=0.2, ok=0.25) if other is Other.NONE else hit]
    return [
        weighed(f"tls.{what}", other, failure.detail, places, passed=(0.8 if what == "reset" else 0.75, 0.2))
    ]


def _certificate(sight: Sight, walk: Walk, other: Other, places: tuple[int, ...]) -> RuleHit:
    failure = walk.failure
    if failure is None:
        raise ValueError("a certificate that was refused is a failure")
    rule = f"tls.{failure.kind.value.removeprefix('tls_')}"
    control = sight.control
    if control is not None and _leaf(control) is not None and _leaf(control) == _leaf(walk):
        # The very same certificate from two networks is the site's own, however bad.
        told = f"{failure.detail}; the control vantage is shown the same certificate"
        return RuleHit(rule="tls.own_certificate", blocked=0.02, down=0.95, why=told, probes=places)
    return weighed(rule, other, failure.detail, places, passed=(0.9, 0.05), failed=(0.3, 0.5))


def _leaf(walk: Walk) -> bytes | None:
    tls = walk.last.observation.tls
    return tls.chain[0] if tls is not None and tls.chain else None


def _unique(hits: list[RuleHit]) -> list[RuleHit]:
    """Return one hit a rule, the first, with the probes of all."""
    found: dict[str, RuleHit] = {}
    for hit in hits:
        kept = found.get(hit.rule)
        found[hit.rule] = hit if kept is None else replace(kept, probes=kept.probes + hit.probes)
    return list(found.values())
