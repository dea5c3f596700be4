"""The rules of connection verdicts, over surveys made without a network."""

from __future__ import annotations

from dataclasses import replace

import pytest
from samples.censored import CHALLENGE, IRAN, NOTICE, QUOTING, UNKNOWN_NOTICE, article
from samples.surveys import SITE, anchors, control, seen, survey

from model import (
    ConnectionKind as Kind,
)
from model import (
    DnsReply,
    EvidenceLevel,
    Probe,
    ProbeRole,
    Survey,
)
from model import (
    FailureKind as Failure,
)
from pipelines.verdicts import judge_connection
from pipelines.verdicts.connection import RULES_VERSION

ARTICLE = article()
OK = seen(status=200, body=ARTICLE)
SECURE = "https://news.example/a"
UP = anchors(up=3)


def kind(*probes: Probe, **more: object) -> Kind:
    return judge_connection(survey(*probes, **more)).kind


def rule(*probes: Probe, **more: object) -> str:
    return judge_connection(survey(*probes, **more)).rules[0].rule


# --- own network and countries


@pytest.mark.parametrize(
    ("beside", "wanted"),
    [
        (anchors(down=5), Kind.OWN_NETWORK_DOWN),
        (anchors(down=1), Kind.OWN_NETWORK_DOWN),
        ((*anchors(down=2), *anchors(down=1, role=ProbeRole.GATEWAY)), Kind.OWN_NETWORK_DOWN),
        ((*anchors(down=2), *anchors(up=1, role=ProbeRole.GATEWAY)), Kind.OWN_NETWORK_DOWN),
        ((*anchors(down=5), *anchors(up=2, role=ProbeRole.DOMESTIC)), Kind.NATIONAL_ISOLATION_SUSPECTED),
        ((*anchors(down=5), *anchors(down=2, role=ProbeRole.DOMESTIC)), Kind.OWN_NETWORK_DOWN),
        (anchors(up=1, down=4), Kind.UNREACHABLE_UNATTRIBUTED),
        (anchors(down=3, role=ProbeRole.DOMESTIC), Kind.UNREACHABLE_UNATTRIBUTED),
        ((), Kind.UNREACHABLE_UNATTRIBUTED),
    ],
)
def test_our_own_network_is_asked_first(beside: tuple[Probe, ...], wanted: Kind) -> None:
    assert kind(seen(Failure.CONNECT_TIMEOUT), *beside) is wanted


def test_what_a_control_sees_does_not_make_up_for_a_network_that_is_down() -> None:
    assert kind(seen(Failure.CONNECT_TIMEOUT), control(OK), *anchors(down=3)) is Kind.OWN_NETWORK_DOWN


def test_more_silent_networks_make_it_surer() -> None:
    sure = [
        judge_connection(survey(seen(Failure.DNS_TIMEOUT), *anchors(down=number))).confidence
        for number in (1, 2, 3)
    ]
    assert sure == sorted(set(sure))


def test_a_target_that_proved_itself_needs_no_anchor() -> None:
    assert kind(seen(status=200, body=ARTICLE, url=SECURE), *anchors(down=5)) is Kind.REACHABLE


def test_a_captive_portal_is_no_anchor_that_answers() -> None:
    portal = seen(status=200, role=ProbeRole.INTERNATIONAL, network="a", expected_status=204)
    proper = replace(portal, answer=replace(portal.answer, status=204))  # type: ignore[arg-type]
    forged = seen(
        Failure.TLS_CERTIFICATE_NAME, role=ProbeRole.INTERNATIONAL, network="b", url="https://b.example/"
    )
    assert kind(seen(Failure.CONNECT_TIMEOUT), portal, forged) is Kind.OWN_NETWORK_DOWN
    assert kind(seen(Failure.CONNECT_TIMEOUT), proper, forged) is Kind.UNREACHABLE_UNATTRIBUTED


def _inside(silent: int, answering: int, networks: int = 6) -> tuple[Probe, ...]:
    return tuple(
        seen(
            Failure.CONNECT_TIMEOUT if number < silent else None,
            status=None if number < silent else 200,
            role=ProbeRole.INSIDE,
            url="https://bank.example/",
            network=f"AS{64500 + number % networks}",
            country="IR",
        )
        for number in range(silent + answering)
    )


IRANIAN = "http://news.example.ir/a"


@pytest.mark.parametrize(
    ("inside", "baseline", "url", "wanted"),
    [
        (_inside(11, 1), 0.95, IRANIAN, Kind.SHUTDOWN_SUSPECTED),
        (_inside(11, 1), None, IRANIAN, Kind.UNREACHABLE_UNATTRIBUTED),
        (_inside(11, 1), 0.3, IRANIAN, Kind.UNREACHABLE_UNATTRIBUTED),
        (_inside(8, 4), 0.95, IRANIAN, Kind.UNREACHABLE_UNATTRIBUTED),
        (_inside(9, 0), 0.95, IRANIAN, Kind.UNREACHABLE_UNATTRIBUTED),
        (_inside(12, 0, networks=2), 0.95, IRANIAN, Kind.UNREACHABLE_UNATTRIBUTED),
        (_inside(11, 1), 0.95, "http://news.example/a", Kind.UNREACHABLE_UNATTRIBUTED),
    ],
)
def test_a_shutdown_is_seen_from_outside_by_many_hosts_in_many_networks(
    inside: tuple[Probe, ...], baseline: float | None, url: str, wanted: Kind
) -> None:
    target = seen(Failure.CONNECT_TIMEOUT, url=url)
    assert kind(target, *UP, *inside, inside_baseline=baseline) is wanted


def test_a_site_abroad_is_no_victim_of_a_shutdown_unless_it_is_said_to_be_inside() -> None:
    target = seen(Failure.CONNECT_TIMEOUT)
    assert (
        kind(target, *UP, *_inside(12, 0), inside_baseline=0.9, target_country="IR")
        is Kind.SHUTDOWN_SUSPECTED
    )


# --- names


def _replies(*sets: tuple[str, ...], family: str = "A") -> tuple[DnsReply, ...]:
    return tuple(
        DnsReply(server="192.0.2.53:53", family=family, rcode="NOERROR" if one else "NXDOMAIN", addresses=one)
        for one in sets
    )


def test_the_same_answer_twice_is_no_contradiction() -> None:
    twice = seen(status=200, body=ARTICLE, replies=_replies((SITE, "198.51.100.8"), ("198.51.100.8", SITE)))
    assert kind(twice, *UP) is Kind.REACHABLE


def test_a_name_without_ipv6_is_no_contradiction() -> None:
    replies = (*_replies((SITE,)), DnsReply(server="192.0.2.53:53", family="AAAA", rcode="NOERROR"))
    assert kind(seen(status=200, body=ARTICLE, replies=replies), *UP) is Kind.REACHABLE


def test_two_public_answers_are_injection_but_less_surely() -> None:
    forged = judge_connection(survey(seen(status=200, replies=_replies(("203.0.113.9",), (SITE,)))))
    known = judge_connection(survey(seen(status=200, replies=_replies(("10.10.34.34",), (SITE,)))))
    assert forged.kind is known.kind is Kind.BLOCKED_DNS_INJECTION
    assert forged.confidence < known.confidence


IRAN_ONLY = seen(Failure.ADDRESS_REFUSED, addresses=("10.10.34.34",), closed=("10.10.34.34",))


def test_a_known_address_is_proof_by_itself_only_in_its_own_country() -> None:
    assert kind(IRAN_ONLY, *UP, country="IR") is Kind.BLOCKED_DNS_INJECTION
    assert kind(IRAN_ONLY, *UP, country="NL") is Kind.UNREACHABLE_UNATTRIBUTED
    assert kind(IRAN_ONLY, *UP, country=None) is Kind.UNREACHABLE_UNATTRIBUTED


def test_a_site_that_publishes_a_private_address_is_down_for_everybody() -> None:
    private = seen(Failure.ADDRESS_REFUSED, addresses=("192.168.7.7",), closed=("192.168.7.7",))
    theirs = control(seen(Failure.CONNECT_UNREACHABLE))
    assert kind(private, theirs, *UP) is Kind.SITE_DOWN
    assert kind(private, control(OK), *UP) is Kind.BLOCKED_DNS_INJECTION


def test_a_name_that_nobody_resolves_is_down() -> None:
    gone = seen(Failure.DNS_NXDOMAIN)
    assert kind(gone, control(seen(Failure.DNS_NXDOMAIN)), *UP) is Kind.SITE_DOWN
    # A proxy resolves by itself, and says «cannot be reached» of a name that does not exist.
    assert kind(gone, control(seen(Failure.CONNECT_UNREACHABLE)), *UP) is Kind.SITE_DOWN


def test_a_bad_certificate_at_an_address_never_seen_is_a_forged_answer() -> None:
    forged = seen(Failure.TLS_CERTIFICATE_SELF_SIGNED, url=SECURE, chain=(b"other",))
    theirs = control(seen(status=200, body=ARTICLE, url=SECURE))
    assert kind(forged, theirs, *UP, known_addresses=("203.0.113.1",)) is Kind.BLOCKED_DNS_INJECTION
    assert kind(forged, theirs, *UP, known_addresses=(SITE,)) is Kind.BLOCKED_CERTIFICATE
    assert kind(forged, theirs, *UP) is Kind.BLOCKED_CERTIFICATE


# --- TLS


def _shaken(failure: Failure | None = None) -> Probe:
    return seen(failure, role=ProbeRole.HANDSHAKE, url=SECURE, server_name="")


def test_a_reset_is_by_name_only_when_the_address_answers_otherwise() -> None:
    target = seen(Failure.TLS_RESET, url=SECURE)
    theirs = control(seen(status=200, url=SECURE, body=ARTICLE))
    assert rule(target, _shaken(Failure.TLS_CERTIFICATE_NAME), theirs, *UP) == "tls.reset_by_name"
    assert rule(target, _shaken(Failure.TLS_RESET), theirs, *UP) == "tls.reset"
    assert rule(target, theirs, *UP) == "tls.reset"


def test_a_server_that_refuses_its_own_name_for_everybody_is_down() -> None:
    target = seen(Failure.TLS_RESET, url=SECURE)
    theirs = control(seen(Failure.TLS_RESET, url=SECURE))
    assert kind(target, _shaken(Failure.TLS_CERTIFICATE_NAME), theirs, *UP) is Kind.SITE_DOWN


def test_a_control_that_fails_elsewhere_proves_nothing() -> None:
    target = seen(Failure.TLS_RESET, url=SECURE)
    assert (
        kind(target, control(seen(Failure.CONNECT_TIMEOUT, url=SECURE)), *UP) is Kind.UNREACHABLE_UNATTRIBUTED
    )


def test_a_proxy_that_is_broken_is_no_control() -> None:
    target = seen(Failure.TLS_RESET, url=SECURE)
    assert kind(target, control(seen(Failure.PROXY_FAILED, url=SECURE)), *UP) is Kind.UNREACHABLE_UNATTRIBUTED


def test_an_http_proxy_that_speaks_for_a_dead_site_is_no_control() -> None:
    spoken = control(seen(status=503, body=b"<h1>proxy error</h1>"))
    through = replace(spoken, observation=replace(spoken.observation, proxy="http://127.0.0.1:3128"))
    assert kind(seen(Failure.CONNECT_REFUSED), through, *UP) is Kind.UNREACHABLE_UNATTRIBUTED
    assert kind(seen(Failure.CONNECT_REFUSED), spoken, *UP) is Kind.BLOCKED_TCP


def test_a_control_that_is_refused_still_proves_what_it_passed() -> None:
    target = seen(Failure.TLS_RESET, url=SECURE)
    refused = control(seen(status=403, body=CHALLENGE, url=SECURE))
    assert kind(target, refused, *UP) is Kind.BLOCKED_TLS_RESET


def test_the_same_bad_certificate_everywhere_is_the_sites_own() -> None:
    here = seen(Failure.TLS_CERTIFICATE_EXPIRED, url=SECURE)
    assert kind(here, control(here), *UP) is Kind.SITE_DOWN
    other = seen(Failure.TLS_CERTIFICATE_EXPIRED, url=SECURE, chain=(b"forged",))
    assert kind(other, control(here), *UP) is Kind.UNREACHABLE_UNATTRIBUTED


# --- HTTP


@pytest.mark.parametrize(
    ("body", "theirs", "wanted"),
    [
        (IRAN, ARTICLE, Kind.BLOCKED_BLOCK_PAGE),
        (NOTICE, ARTICLE, Kind.BLOCKED_BLOCK_PAGE),
        (UNKNOWN_NOTICE, ARTICLE, Kind.BLOCKED_BLOCK_PAGE),
        (NOTICE, NOTICE, Kind.UNREACHABLE_UNATTRIBUTED),
        (NOTICE, IRAN, Kind.UNREACHABLE_UNATTRIBUTED),
        (NOTICE, CHALLENGE, Kind.UNREACHABLE_UNATTRIBUTED),
        (UNKNOWN_NOTICE, UNKNOWN_NOTICE, Kind.REACHABLE),
        (QUOTING, ARTICLE, Kind.REACHABLE),
        (QUOTING, QUOTING, Kind.REACHABLE),
        (ARTICLE, NOTICE, Kind.REACHABLE),
        (b"", ARTICLE, Kind.BLOCKED_BLOCK_PAGE),
        (b"", b"", Kind.REACHABLE),
    ],
)
def test_a_page_without_tls_is_read_beside_the_one_of_the_control(
    body: bytes, theirs: bytes, wanted: Kind
) -> None:
    assert kind(seen(status=200, body=body), control(seen(status=200, body=theirs)), *UP) is wanted


def test_a_block_page_needs_something_beside_it() -> None:
    alone = judge_connection(survey(seen(status=200, body=NOTICE), *UP))
    assert alone.kind is Kind.UNREACHABLE_UNATTRIBUTED
    assert alone.rules[0].rule == "http.block_page_alone"


def test_a_masked_layer_says_nothing_of_its_own() -> None:
    target = seen(status=200, body=IRAN, replies=_replies(("10.10.34.34",), (SITE,)))
    verdict = judge_connection(survey(target, control(OK), *UP))
    assert verdict.kind is Kind.BLOCKED_DNS_INJECTION
    levels = {hit.rule: hit.level for hit in verdict.rules}
    assert levels["dns.two_answers"] is EvidenceLevel.SCORED
    assert levels["http.block_page"] is EvidenceLevel.MASKED


def _from_http(url: str, **last: object) -> tuple[Probe, Probe]:
    first = seen(status=301, headers=((b"Location", url.encode()),))
    return first, replace(seen(url=url, **last), hop=1)  # type: ignore[arg-type]


def test_whoever_sends_us_to_the_sites_own_key_the_site_has_spoken() -> None:
    assert kind(*_from_http("https://www.news.example/a", status=403, body=NOTICE), *UP) is Kind.RESTRICTED
    assert kind(*_from_http(SECURE, status=404), *anchors(down=3)) is Kind.REACHABLE
    away = _from_http("https://block.isp.example/", status=200, body=NOTICE)
    assert kind(*away, control(OK), *UP) is Kind.BLOCKED_BLOCK_PAGE
    assert kind(*away, *UP) is Kind.UNREACHABLE_UNATTRIBUTED


@pytest.mark.parametrize(
    ("failure", "errno", "address", "wanted"),
    [
        (Failure.CONNECT_UNREACHABLE, 101, SITE, Kind.OWN_NETWORK_DOWN),
        (Failure.DNS_TIMEOUT, 101, SITE, Kind.OWN_NETWORK_DOWN),
        (Failure.CONNECT_UNREACHABLE, 113, SITE, Kind.UNREACHABLE_UNATTRIBUTED),
        (Failure.CONNECT_UNREACHABLE, 101, "2001:db8::1", Kind.UNREACHABLE_UNATTRIBUTED),
    ],
)
def test_a_machine_without_a_network_says_so_itself(
    failure: Failure, errno: int, address: str, wanted: Kind
) -> None:
    probe = seen(failure, addresses=(address,))
    told = replace(probe.observation.failure, errno=errno)  # type: ignore[type-var]
    target = replace(probe, observation=replace(probe.observation, failure=told))
    assert kind(target) is wanted
    assert kind(target, control(OK)) is not Kind.OWN_NETWORK_DOWN


def test_what_the_site_says_over_tls_is_its_own_word() -> None:
    assert kind(seen(status=403, body=NOTICE, url=SECURE), control(OK), *UP) is Kind.RESTRICTED
    assert kind(seen(status=200, body=IRAN, url=SECURE), control(OK), *UP) is Kind.REACHABLE
    assert kind(seen(status=200, body=CHALLENGE, url=SECURE), *UP) is Kind.CHALLENGE


def test_an_article_that_quotes_a_challenge_is_an_article() -> None:
    page = article("چرا «Just a moment...» می‌بینیم؟", ("<code>Checking your browser before</code> " * 20,))
    assert kind(seen(status=200, body=page, url=SECURE)) is Kind.REACHABLE
    marked = seen(status=200, body=page, url=SECURE, headers=((b"CF-Mitigated", b"challenge"),))
    assert kind(marked) is Kind.CHALLENGE


def test_an_error_that_only_we_get_is_nobodys_yet() -> None:
    ours = seen(status=503, url=SECURE)
    assert kind(ours, *UP) is Kind.SITE_DOWN
    assert kind(ours, control(ours), *UP) is Kind.SITE_DOWN
    assert (
        kind(ours, control(seen(status=200, body=ARTICLE, url=SECURE)), *UP) is Kind.UNREACHABLE_UNATTRIBUTED
    )


def test_a_redirect_away_over_plain_http_is_seen_at_every_hop() -> None:
    first = seen(status=302, headers=((b"Location", b"http://peyvandha.ir/1-2"),))
    second = replace(seen(status=200, body=UNKNOWN_NOTICE, url="http://peyvandha.ir/1-2"), hop=1)
    assert kind(first, second, control(OK), *UP) is Kind.BLOCKED_BLOCK_PAGE
    assert kind(first, second, *UP) is Kind.UNREACHABLE_UNATTRIBUTED


def test_a_site_that_itself_leads_to_a_private_place_is_broken_not_blocked() -> None:
    first = seen(status=302, url=SECURE)
    second = replace(
        seen(Failure.ADDRESS_REFUSED, url="http://10.10.34.34/", addresses=("10.10.34.34",)), hop=1
    )
    assert kind(first, second, control(OK), *UP) is Kind.SITE_DOWN


def test_a_page_that_shares_the_siblings_words_is_the_sites_own() -> None:
    words = "سایت روزنامهٔ آزمون در دست تعمیر است و ساعتی دیگر باز خواهد شد"
    notice = f"<html><title>روزنامهٔ آزمون</title><body><p>{words}</p>"
    ours = seen(status=200, body=notice.encode())
    sibling = replace(ours, role=ProbeRole.SIBLING)
    assert kind(ours, *UP) is Kind.UNREACHABLE_UNATTRIBUTED
    assert kind(ours, sibling, *UP) is Kind.REACHABLE
    assert kind(ours, sibling, control(OK), *UP) is Kind.REACHABLE


def test_slow_here_and_fast_there_is_throttling() -> None:
    slow = seen(Failure.HTTP_TIMEOUT, status=200, body=b"x" * 400, whole=False, seconds=20)
    assert rule(slow, control(OK), *UP) == "http.throttled"
    equally = replace(control(OK).observation, ended_at=slow.observation.ended_at)
    slowly = replace(control(OK), observation=equally)
    assert rule(slow, slowly, *UP) == "http.body_slow"


# --- tries, evidence, form


def test_one_try_that_succeeds_is_enough() -> None:
    assert kind(seen(Failure.CONNECT_RESET), replace(OK, attempt=2), *UP) is Kind.REACHABLE


def test_the_first_failure_tells_more_than_the_silence_after_it() -> None:
    first = seen(Failure.TLS_RESET, url=SECURE)
    second = seen(Failure.CONNECT_TIMEOUT, url=SECURE, attempt=2)
    theirs = control(seen(status=200, url=SECURE, body=ARTICLE))
    assert kind(first, second, theirs, *UP) is Kind.BLOCKED_TLS_RESET


def test_a_mirror_bears_out_interference_but_no_outage() -> None:
    mirror = seen(status=200, body=ARTICLE, role=ProbeRole.MIRROR, url="https://mirror.example/a")
    assert kind(seen(Failure.CONNECT_REFUSED), mirror, *UP) is Kind.UNREACHABLE_UNATTRIBUTED
    named = (seen(Failure.TLS_RESET, url=SECURE), _shaken(Failure.TLS_CERTIFICATE_NAME))
    assert kind(*named, mirror, *UP) is Kind.BLOCKED_TLS_RESET
    dead = seen(Failure.CONNECT_REFUSED, role=ProbeRole.MIRROR, url="https://mirror.example/a")
    assert kind(*named, dead, *UP) is Kind.UNREACHABLE_UNATTRIBUTED


def test_a_verdict_names_the_records_it_rests_on() -> None:
    target = seen(Failure.DNS_NXDOMAIN, record_id="urn:uuid:1")
    verdict = judge_connection(survey(target, replace(control(OK), record_id="urn:uuid:2"), *UP))
    assert verdict.evidence == ("urn:uuid:1",)
    assert verdict.rules_version == RULES_VERSION
    assert verdict.vantage.country == "NL"
    assert "the control vantage gets past this" in verdict.reason


def test_weights_are_shares() -> None:
    for failure in Failure:
        for beside in ((), (control(OK),), (control(seen(failure, url=SECURE)),)):
            verdict = judge_connection(survey(seen(failure, url=SECURE), *beside, *UP))
            assert all(hit.blocked + hit.down + hit.ok <= 1.0001 for hit in verdict.rules), failure
            assert not verdict.kind.content_may_change, failure


def test_without_a_control_no_failure_is_blocked_or_down() -> None:
    for failure in Failure:
        for url in ("http://news.example/a", SECURE):
            assert kind(seen(failure, url=url), *UP) is Kind.UNREACHABLE_UNATTRIBUTED, failure


def test_a_survey_that_never_asked_the_target_is_refused() -> None:
    empty: Survey = survey(*UP)
    with pytest.raises(ValueError, match="no attempt"):
        judge_connection(empty)
