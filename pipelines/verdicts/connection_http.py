"""The rules of HTTP: whose answer it is, what came in place of one, and block pages."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from model import Answer, EvidenceLevel, FailureKind, RuleHit, Stage
from pipelines.verdicts.blockpages import (
    block_page_matches,
    is_servers_refusal,
    known_country,
    looks_like_block_page,
)
from pipelines.verdicts.connection_rules import weighed
from pipelines.verdicts.connection_sight import Other, Sight, Walk
from pipelines.verdicts.page_facts import host_of, page_facts, same_page

RESTRICTED: Final = frozenset({401, 402, 403, 407, 429, 451})
# RFC 6585, 6: said by the network one is in, never by a site.
PORTAL: Final = 511
_PAGE: Final = range(200, 400)
# What is whole elsewhere and comes here at a twentieth of the speed is being held back.
_THROTTLED: Final = 20
# Letters of text; a front page or list has several times as many.
_NOTICE: Final = 1_500

_CHALLENGE_HEADERS: Final = ((b"cf-mitigated", b"challenge"), (b"x-amzn-waf-action", b"challenge"))
_CHALLENGE: Final = re.compile(
    r"/cdn-cgi/challenge-platform/|challenges\.cloudflare\.com/turnstile|<title>Just a moment\.\.\.</title>"
    r"|Checking your browser before|_Incapsula_Resource|sucuri_cloudproxy_js|ddos-guard\.net/|px-captcha"
    r"|\.within\.website/x/cmd/anubis|anubis_challenge|captcha-delivery\.com|awswaf\.com|__arcsjs"
    r"|hcaptcha\.com/1/api\.js|www\.google\.com/recaptcha/api"
)
_CHALLENGE_STATUS: Final = frozenset({200, 202, 401, 403, 405, 429, 503})


def is_challenge(answer: Answer) -> bool:
    """Say whether somebody asks whether we are a person; an article that quotes one is an article."""
    if any(answer.header(name).lower() == value for name, value in _CHALLENGE_HEADERS):
        return True
    if answer.status not in _CHALLENGE_STATUS:
        return False
    facts = page_facts(answer)
    return (
        facts.is_short
        and not facts.is_article
        and len(facts.text) < 1500
        and bool(_CHALLENGE.search(facts.markup))
    )


def http_rules(sight: Sight, *, anomaly_below: bool) -> list[RuleHit]:
    """Return what HTTP tells. ``anomaly_below``: a lower layer was not as it should be."""
    walk = sight.walk
    failure = walk.failure
    answer = walk.answer
    if answer is not None:
        return _answered(sight, walk, answer, anomaly_below=anomaly_below)
    if failure is not None and failure.kind.stage is Stage.ADDRESS and walk.last.hop:
        return [_led_to_closed(sight, walk)]
    if walk.last.answer is not None:
        return [_cut(sight, walk)]
    if failure is not None and failure.kind.stage is Stage.HTTP:
        return [_no_answer(sight, walk)]
    return []


def _answered(sight: Sight, walk: Walk, answer: Answer, *, anomaly_below: bool) -> list[RuleHit]:
    places = walk.places
    if answer.status == PORTAL:
        why = "511: the network we are in wants a login"
        return [RuleHit(rule="network.portal", blocked=0.0, down=0.0, why=why, probes=places)]
    told = f"it answered {answer.status}"
    if sight.site_spoke:
        # Whoever answered holds the site's key: nobody in between did.
        if is_challenge(answer):
            return [
                RuleHit(
                    rule="http.challenge",
                    ok=0.95,
                    why=f"{told} and asks whether we are a person",
                    probes=places,
                )
            ]
        if answer.status in RESTRICTED:
            return [RuleHit(rule="http.restricted", ok=0.95, why=f"{told} over TLS", probes=places)]
        if answer.status >= 500:
            return [_server_error(sight, told, places)]
        if _leads_on(answer):
            return [_no_end(sight, told, places)]
        return [RuleHit(rule="http.verified", ok=1.0, why=f"{told} over TLS", probes=places)]
    return _unverified(sight, walk, answer, anomaly_below=anomaly_below)


def _leads_on(answer: Answer) -> bool:
    """Say whether an answer with which a walk ended is a redirect: in a circle, to nowhere, one too many."""
    return 300 <= answer.status < 400 and bool(answer.header(b"location"))


def _no_end(sight: Sight, told: str, places: tuple[int, ...]) -> RuleHit:
    control = sight.control
    theirs = control.answer if control is not None else None
    same = theirs is not None and _leads_on(theirs)
    # A site that wants its cookie back does this, too: alone it proves nothing.
    why = f"{told} and leads on without end" + (", there as here" if same else "")
    return RuleHit(
        rule="http.no_end", blocked=0.1 if same else 0.3, down=0.65 if same else 0.4, why=why, probes=places
    )


def _server_error(sight: Sight, told: str, places: tuple[int, ...]) -> RuleHit:
    control = sight.control
    if control is not None and control.answer is not None and control.answer.status < 500:
        why = f"{told} over TLS, and the control vantage gets {control.answer.status}"
        return RuleHit(rule="http.server_error_here", blocked=0.3, down=0.4, why=why, probes=places)
    why = f"{told} over TLS" + ("; the control vantage gets no page, either" if control is not None else "")
    return RuleHit(rule="http.server_error", blocked=0.02, down=0.9, why=why, probes=places)


def _unverified(sight: Sight, walk: Walk, answer: Answer, *, anomaly_below: bool) -> list[RuleHit]:
    """Judge an answer that anybody on the way could have given."""
    told = f"it answered {answer.status} without TLS"
    places = walk.places
    control = sight.control
    theirs = control.answer if control is not None else None
    same = theirs is not None and theirs.status == answer.status and same_page(walk.facts, page_facts(theirs))
    differs = theirs is not None and not same and _is_page(theirs, sight.host)
    # A mirror shows the page under another roof: enough to tell a notice from it, not to compare the rest.
    other = sight.other(Stage.HTTP)
    mirrored = other is Other.WEAK and not any(
        page.answer is not None and same_page(walk.facts, page_facts(page.answer)) for page in sight.mirrors
    )
    block = _block_page(sight, walk, differs=differs, mirrored=mirrored, anomaly_below=anomaly_below)
    if block is not None and block.level is EvidenceLevel.SCORED:
        return [block]
    noted = [block] if block is not None else []
    if noted and same:
        # The control may stand behind the same censor, or it is the site's own notice.
        hit = replace(noted.pop(), ok=0.4, down=0.1, level=EvidenceLevel.SCORED)
    elif _leads_on(answer):
        hit = _no_end(sight, told, places)
    elif control is not None and theirs is None and control.passed in {None, Stage.ADDRESS, Stage.DNS}:
        why = f"{told}, where the control vantage finds no site at all"
        hit = RuleHit(rule="http.only_here", blocked=0.4, down=0.2, ok=0.4, why=why, probes=places)
    elif is_challenge(answer):
        hit = RuleHit(
            rule="http.challenge", ok=0.8, why=f"{told} and asks whether we are a person", probes=places
        )
    elif answer.status >= 500 or answer.status in RESTRICTED:
        down = 0.9 if answer.status >= 500 else 0.0
        if same or (theirs is not None and theirs.status == answer.status):
            rule = "http.server_error" if answer.status >= 500 else "http.restricted"
            hit = RuleHit(
                rule=rule, blocked=0.05, down=down, ok=0.9 - down, why=f"{told}, there as here", probes=places
            )
        else:
            why = f"{told}, which a censor says as well" + (
                "; the control vantage gets another answer" if theirs is not None else ""
            )
            hit = RuleHit(
                rule="http.refusal_unverified", blocked=0.5, down=0.25, ok=0.25, why=why, probes=places
            )
    elif same:
        hit = RuleHit(
            rule="http.same_as_control", ok=0.95, why=f"{told}, the page that the control gets", probes=places
        )
    elif theirs is not None and _only_a_notice(sight, walk, theirs):
        why = f"{told} with a short page that is no article, where the control vantage gets another"
        hit = RuleHit(rule="http.differs_short", blocked=0.7, down=0.05, ok=0.25, why=why, probes=places)
    elif theirs is not None and theirs.status in _PAGE and answer.status not in _PAGE:
        why = f"{told}, where the control vantage gets {theirs.status}"
        hit = RuleHit(rule="http.status_differs", blocked=0.45, down=0.1, ok=0.45, why=why, probes=places)
    elif noted:
        hit = replace(noted.pop(), level=EvidenceLevel.SCORED)
    elif theirs is None and _is_notice(sight, walk):
        why = f"{told} with a short page that is no article; nothing says whose it is"
        hit = RuleHit(rule="http.notice_unverified", blocked=0.3, down=0.2, ok=0.5, why=why, probes=places)
    else:
        why = f"{told}; anybody on the way could"
        hit = RuleHit(rule="http.unverified", blocked=0.1, down=0.1, ok=0.7, why=why, probes=places)
    return [hit, *noted]


def _is_page(answer: Answer, host: str) -> bool:
    """Say whether a control got what can be compared with: a page, not a refusal, challenge or notice."""
    return 200 <= answer.status < 300 and not is_challenge(answer) and not looks_like_block_page(answer, host)


def _is_notice(sight: Sight, walk: Walk) -> bool:
    """Say whether this is a short page that is no article and shows nothing of the site."""
    facts = walk.facts
    if facts.is_article or not facts.is_short or len(facts.text) > _NOTICE:
        return False
    if is_servers_refusal(facts):
        return False
    # One that shares the sibling's words is the site's own: a template, a notice of maintenance.
    return not any(
        sibling.answer is not None and same_page(facts, page_facts(sibling.answer))
        for sibling in sight.siblings
    )


def _only_a_notice(sight: Sight, walk: Walk, theirs: Answer) -> bool:
    """Say whether here is a notice, and there a page."""
    other = page_facts(theirs)
    if walk.answer is None or walk.answer.status not in _PAGE:
        return False
    if not _is_page(theirs, sight.host) or not _is_notice(sight, walk):
        return False
    return other.is_article or len(other.text) > 3 * len(walk.facts.text) + 200


def _block_page(
    sight: Sight, walk: Walk, *, differs: bool, mirrored: bool, anomaly_below: bool
) -> RuleHit | None:
    """Return the rule for a page that looks like a censor's: noted alone, scored with something beside."""
    pages = [probe.answer for probe in walk.probes if probe.answer is not None]
    looking = next((page for page in pages if looks_like_block_page(page, sight.host)), None)
    if looking is None:
        return None
    matches = ", ".join(block_page_matches(looking, sight.host)[:4])
    why = f"a short page that is no article, of the kind that censors show ({matches})"
    if differs or anomaly_below:
        beside = (
            "the control vantage gets another page" if differs else "and a lower layer is not as it should be"
        )
        return RuleHit(
            rule="http.block_page", blocked=0.95, ok=0.05, why=f"{why}; {beside}", probes=walk.places
        )
    if mirrored:
        told = f"{why}; a mirror shows another page"
        return RuleHit(rule="http.block_page", blocked=0.67, down=0.1, ok=0.2, why=told, probes=walk.places)
    told = f"{why}; nothing else was seen that says so"
    return RuleHit(
        rule="http.block_page_alone",
        blocked=0.5,
        ok=0.5,
        level=EvidenceLevel.NONE,
        why=told,
        probes=walk.places,
    )


def _led_to_closed(sight: Sight, walk: Walk) -> RuleHit:
    """Judge a redirect to where no public page can be."""
    target = walk.last.observation.url
    country = known_country(host_of(target))
    before = Walk(walk.probes[:-1], walk.places[:-1])
    if before.is_verified:
        why = f"the site itself leads to {target[:80]}"
        return RuleHit(rule="http.led_nowhere", blocked=0.1, down=0.6, why=why, probes=walk.places)
    other = sight.other(Stage.HTTP)
    told = f"without TLS it leads to {target[:80]}"
    hit = weighed(
        "http.led_to_censor" if country else "http.led_to_private",
        other,
        told,
        walk.places,
        passed=(0.95, 0.05),
    )
    own = country is not None and other is Other.NONE and country == sight.survey.vantage.country
    return replace(hit, blocked=0.9, down=0.05, ok=0.05) if own else hit


def _cut(sight: Sight, walk: Walk) -> RuleHit:
    """Judge an answer that broke off."""
    kind = walk.last.observation.failure.kind if walk.last.observation.failure is not None else None
    other = _whole_elsewhere(sight)
    got = walk.last.answer.received_bytes if walk.last.answer is not None else 0
    told = f"the answer broke off after {got:,} bytes"
    if kind is FailureKind.HTTP_RESET:
        return weighed("http.body_reset", other, told, walk.places, passed=(0.7, 0.1))
    if kind is FailureKind.HTTP_TIMEOUT:
        control = sight.control
        held = control is not None and control.answer is not None and control.rate > _THROTTLED * walk.rate
        rule = "http.throttled" if held else "http.body_slow"
        told = f"{told}, at {walk.rate:,.0f} bytes a second"
        if held and control is not None:
            told = f"{told}, while the control vantage gets {control.rate:,.0f}"
        return weighed(rule, other, told, walk.places, passed=(0.7 if held else 0.5, 0.2))
    # A server that dies in the middle ends like this, too.
    return weighed("http.body_short", other, told, walk.places, passed=(0.45, 0.35))


def _no_answer(sight: Sight, walk: Walk) -> RuleHit:
    """Judge a request that brought no answer."""
    failure = walk.last.observation.failure
    if failure is None:
        raise ValueError("an attempt without an answer has a failure")
    other = _whole_elsewhere(sight)
    rule = f"http.{failure.kind.value.removeprefix('http_')}"
    if walk.is_secure:
        # Inside TLS nobody on the way sees the request: the site's own machines do this more often.
        blocked = 0.6 if failure.kind is FailureKind.HTTP_RESET else 0.4
        return weighed(f"{rule}_in_tls", other, failure.detail, walk.places, passed=(blocked, 0.3))
    blocked = {FailureKind.HTTP_RESET: 0.9, FailureKind.HTTP_CLOSED: 0.7, FailureKind.HTTP_TIMEOUT: 0.7}.get(
        failure.kind, 0.5
    )
    told = failure.detail
    if sight.sibling_answers:
        told += "; another page of the host answers"
    return weighed(rule, other, told, walk.places, passed=(blocked, 0.1))


def _whole_elsewhere(sight: Sight) -> Other:
    """Return what the controls say of getting an answer whole."""
    other = sight.other(Stage.HTTP)
    control = sight.control
    if other is Other.PASSED and (control is None or control.answer is None or control.answer.status >= 500):
        return Other.NONE
    return other
