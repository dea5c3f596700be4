"""A survey put in order: each way to the target with how far it came, and what the controls saw.

``connection_rules`` asks this, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property
from urllib.parse import urlsplit

from model import Answer, Failure, FailureKind, Probe, ProbeRole, Stage, Survey
from pipelines.verdicts.page_facts import PageFacts, page_facts

# How far an attempt came. Through a proxy DNS and TCP are one: it resolves and connects, and tells little.
_ORDER = (Stage.ADDRESS, Stage.DNS, Stage.CONNECT, Stage.PROXY, Stage.TLS, Stage.HTTP)


class Other(Enum):
    """What a control says of the stage at which the target failed."""

    PASSED = auto()
    FAILED = auto()
    """At the same stage, so far as it can tell stages apart."""
    WEAK = auto()
    """Only a mirror answered: the network and what it stands on work, the origin's health is not known."""
    NONE = auto()


@dataclass(frozen=True, slots=True)
class Walk:
    """One try of one thing, over all its redirects."""

    probes: tuple[Probe, ...]
    places: tuple[int, ...]
    """Where its probes stand in the survey."""

    @property
    def last(self) -> Probe:
        """The hop at which it ended."""
        return self.probes[-1]

    @property
    def answer(self) -> Answer | None:
        """The last hop's answer, when it came whole."""
        answer = self.last.answer
        return answer if answer is not None and answer.whole else None

    @property
    def failure(self) -> Failure | None:
        """Why there is no whole answer; ``None`` when there is one."""
        return None if self.answer is not None else self.last.observation.failure

    @property
    def is_verified(self) -> bool:
        """Whether every hop proved over TLS who answered."""
        return all(
            probe.observation.tls is not None and probe.observation.tls.verified for probe in self.probes
        )

    @property
    def is_secure(self) -> bool:
        """Whether the last hop was over TLS that verified."""
        tls = self.last.observation.tls
        return tls is not None and tls.verified

    @property
    def passed(self) -> Stage | None:
        """The last stage passed; ``None`` when not even a name was resolved."""
        failure = self.failure
        if failure is None:
            return Stage.HTTP
        at = _ORDER.index(failure.kind.stage)
        return _ORDER[at - 1] if at else None

    @property
    def facts(self) -> PageFacts:
        """What the answer shows; of no answer, nothing."""
        return page_facts(self.answer) if self.answer is not None else PageFacts()

    @property
    def rate(self) -> float:
        """Bytes a second of the last hop, from asking to its end."""
        seen = self.last.observation
        seconds = max((seen.ended_at - seen.started_at).total_seconds(), 1e-3)
        return (self.last.answer.received_bytes if self.last.answer is not None else 0) / seconds


def site_spoke(probes: Sequence[Probe], host: str) -> bool:
    """Say whether the last of these hops proved over TLS that the site itself answered.

    Each hop did, or the last one did under the site's own name: whoever sent us there over plain http, the
    site's key is the site's. A redirect over plain http to another name proves nothing, however good that
    name's key.
    """
    secure = [probe.observation.tls is not None and probe.observation.tls.verified for probe in probes]
    if not secure or not secure[-1]:
        return False
    last = (urlsplit(probes[-1].observation.url).hostname or "").rstrip(".").lower()
    return all(secure) or last.removeprefix("www.") == host.removeprefix("www.")


class Sight:
    """A survey, asked by the rules."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.host = (urlsplit(survey.url).hostname or "").rstrip(".").lower()

    @cached_property
    def tries(self) -> tuple[Walk, ...]:
        """The target's walks, in order; at least one."""
        return self._walks(ProbeRole.TARGET)

    @cached_property
    def walk(self) -> Walk:
        """The walk that is judged: one that brought a whole answer, the best of them, else the first.

        The first failure is the telling one: after it a censor may drop everything for minutes.
        """
        answered = [walk for walk in self.tries if walk.answer is not None]
        good = [walk for walk in answered if walk.answer is not None and walk.answer.status < 500]
        return (good or answered or list(self.tries))[0]

    @property
    def site_spoke(self) -> bool:
        """Whether the walk that is judged ended with the site's own word."""
        return site_spoke(self.walk.probes, self.host)

    @cached_property
    def controls(self) -> tuple[Walk, ...]:
        """Walks of the control vantage; those that tell of its proxy only are left out."""
        return tuple(walk for walk in self._walks(ProbeRole.CONTROL) if not _of_the_proxy(walk))

    @cached_property
    def control(self) -> Walk | None:
        """The control's walk that came farthest; ``None`` without a control."""
        return max(
            self.controls,
            key=lambda walk: (walk.answer is not None and walk.answer.status < 500, _rank(walk.passed)),
            default=None,
        )

    @cached_property
    def siblings(self) -> tuple[Walk, ...]:
        """Walks of another page of the same host."""
        return self._walks(ProbeRole.SIBLING)

    @cached_property
    def mirrors(self) -> tuple[Walk, ...]:
        """Walks of mirrors, each its own."""
        return tuple(
            Walk((probe,), (place,))
            for place, probe in enumerate(self.survey.probes)
            if probe.role is ProbeRole.MIRROR
        )

    @property
    def mirror_answers(self) -> bool:
        """Whether a mirror gave a page."""
        return any(walk.answer is not None and 200 <= walk.answer.status < 300 for walk in self.mirrors)

    @property
    def sibling_answers(self) -> bool:
        """Whether the host answered for another page."""
        return any(walk.answer is not None and walk.answer.status < 500 for walk in self.siblings)

    @property
    def through_unnamed(self) -> tuple[int, ...]:
        """Handshakes without the target's name that a server answered; their places."""
        return tuple(
            place
            for place, probe in enumerate(self.survey.probes)
            if probe.role is ProbeRole.HANDSHAKE
            and probe.observation.tls is not None
            and probe.observation.tls.chain
        )

    def other(self, stage: Stage) -> Other:
        """Return what the controls say of a stage at which the target failed."""
        control = self.control
        if control is not None:
            failed = control.failure
            if failed is not None and _alike(failed.kind, stage, remote=_remote(control)):
                return Other.FAILED
            return Other.PASSED if _rank(control.passed) >= _rank(stage) else Other.NONE
        return Other.WEAK if self.mirror_answers else Other.NONE

    def _walks(self, role: ProbeRole) -> tuple[Walk, ...]:
        walks: list[tuple[list[Probe], list[int]]] = []
        for place, probe in enumerate(self.survey.probes):
            if probe.role is role:
                if probe.hop == 0 or not walks:
                    walks.append(([], []))
                walks[-1][0].append(probe)
                walks[-1][1].append(place)
        return tuple(Walk(tuple(probes), tuple(places)) for probes, places in walks)


def anchors_by_network(probes: Sequence[Probe]) -> dict[str, bool]:
    """Return for each network whether one of its anchors answered as it should."""
    found: dict[str, bool] = {}
    for probe in probes:
        name = probe.network or probe.observation.url
        found[name] = found.get(name, False) or anchor_answers(probe)
    return found


def anchor_answers(probe: Probe) -> bool:
    """Say whether an anchor proved itself: over TLS by its certificate, over plain http by its status."""
    if probe.answer is None:
        return False
    tls = probe.observation.tls
    if tls is not None:
        return tls.verified and probe.expected_status in {None, probe.answer.status}
    return probe.expected_status is not None and probe.answer.status == probe.expected_status


def _rank(stage: Stage | None) -> int:
    return _ORDER.index(stage) if stage is not None else -1


def _alike(kind: FailureKind, stage: Stage, *, remote: bool) -> bool:
    """Say whether a control failed where the target did, so far as it can tell."""
    # An address that the guard refuses is a name that leads nowhere.
    names = {Stage.ADDRESS, Stage.DNS}
    if kind.stage is stage or (kind.stage in names and stage in names):
        return True
    # Of a name that does not exist a proxy says «cannot be reached» (RFC 1928 has no other word for it).
    vague = {FailureKind.CONNECT_UNREACHABLE, FailureKind.CONNECT_TIMEOUT}
    return remote and kind in vague and stage in {*names, Stage.CONNECT}


def _of_the_proxy(walk: Walk) -> bool:
    """Say whether a walk shows what ails the control's proxy, or may well do so."""
    if walk.failure is not None and walk.failure.kind is FailureKind.PROXY_FAILED:
        return True
    # An HTTP proxy speaks for a plain http site that it cannot reach, in the site's place (RFC 9110, 15.6).
    seen = walk.last.observation
    speaks = (seen.proxy or "").startswith("http:") and seen.url.lower().startswith("http:")
    return speaks and walk.last.answer is not None and walk.last.answer.status in {502, 503, 504}


def _remote(walk: Walk) -> bool:
    return walk.last.observation.proxy is not None
