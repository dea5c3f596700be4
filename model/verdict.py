"""What was judged of a page's connection, and by which rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from model.survey import Vantage


class ConnectionKind(StrEnum):
    """How a page can be reached from one vantage; stable names that are archived and shown."""

    REACHABLE = "reachable"
    """The site itself answered, whatever it said of the page (404 and 410, too)."""
    BLOCKED_DNS_INJECTION = "blocked_dns_injection"
    """Somebody answered for the name server: with an address that is not the site's."""
    BLOCKED_DNS_FAILURE = "blocked_dns_failure"
    """The name cannot be resolved here, though it exists."""
    BLOCKED_TCP = "blocked_tcp"
    BLOCKED_TLS_RESET = "blocked_tls_reset"
    """Reset or closed after the ClientHello; the rule says whether the name alone brought it about."""
    BLOCKED_TLS_DROP = "blocked_tls_drop"
    """Silence after the ClientHello."""
    BLOCKED_CERTIFICATE = "blocked_certificate"
    """Somebody else took part in the handshake: a forged certificate, plain text, an alert."""
    BLOCKED_HTTP_RESET = "blocked_http_reset"
    """Reset after the request, or within the body."""
    BLOCKED_HTTP_DROP = "blocked_http_drop"
    """Silence after the request, or a body so slow that it does not end."""
    BLOCKED_BLOCK_PAGE = "blocked_block_page"
    """A page of the censor's in place of the site's."""
    SITE_DOWN = "site_down"
    UNREACHABLE_UNATTRIBUTED = "unreachable_unattributed"
    """It failed, and nothing tells whose doing that is; never «blocked», never «removed»."""
    OWN_NETWORK_DOWN = "own_network_down"
    """Nothing can be said of any site."""
    NATIONAL_ISOLATION_SUSPECTED = "national_isolation_suspected"
    """From inside: the country answers, the world does not."""
    SHUTDOWN_SUSPECTED = "shutdown_suspected"
    """From outside: the world answers, the country does not."""
    CHALLENGE = "challenge"
    """The site (or who stands before it) wants to know whether we are a person."""
    RESTRICTED = "restricted"
    """The site itself refuses: 401, 402, 403, 429, 451."""

    @property
    def is_blocked(self) -> bool:
        """Whether it says that somebody between us and the site interferes."""
        return self.value.startswith("blocked_")

    @property
    def content_may_change(self) -> bool:
        """Whether what was fetched says anything of the page: only of one that was reached.

        >>> [kind.value for kind in ConnectionKind if kind.content_may_change]
        ['reachable']
        """
        return self is ConnectionKind.REACHABLE


class EvidenceLevel(StrEnum):
    """What became of a rule that applied."""

    NONE = "none"
    """Noted; it weighs nothing."""
    MASKED = "masked"
    """It would weigh, but a lower layer cannot be trusted, so this says nothing of its own."""
    SCORED = "scored"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleHit:
    """One rule that applied, and how far it speaks for each of three readings; they sum to 1 at most."""

    rule: str
    """``<layer>.<what>``: ``dns.two_answers``, ``tls.reset_by_name``."""
    blocked: float = 0.0
    down: float = 0.0
    ok: float = 0.0
    level: EvidenceLevel = EvidenceLevel.SCORED
    why: str = ""
    """One line for a person."""
    probes: tuple[int, ...] = ()
    """Which probes of the survey it rests on, by their place in ``Survey.probes``."""

    @property
    def layer(self) -> str:
        """The part before the dot."""
        return self.rule.partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionVerdict:
    """A judgement over one survey; made again from it, it is the same."""

    url: str
    kind: ConnectionKind
    confidence: float
    """From 0 to 1: the weight of the rule that decided."""
    vantage: Vantage
    observed_at: datetime
    """Aware UTC, when the survey ended."""
    rules_version: str
    rules: tuple[RuleHit, ...]
    """Every rule that applied, the one that decided first."""
    evidence: tuple[str, ...] = ()
    """Record ids of the probes that the deciding rules rest on; empty when they are not archived."""
    failures: tuple[str, ...] = ()
    """What failed on the way to the target, in OONI's words, in the order of the tries."""

    @property
    def reason(self) -> str:
        """What decided, in one line."""
        return self.rules[0].why if self.rules else ""
