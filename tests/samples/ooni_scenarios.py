"""The fifty scenarios of OONI's minipipeline by name, re-created as surveys of ours, with OONI's own reading.

Names and readings (``blocking`` and ``accessible`` of each measurement) are facts of ooni/probe-cli
(internal/minipipeline/testdata/webconnectivity/generated); what stands here is otherwise our own: where OONI asks a
DNS-over-HTTPS resolver what the addresses should be, our surveys know them from earlier captures.
"""

# ruff: noqa: E501
from __future__ import annotations

from dataclasses import dataclass, replace

from samples.censored import CHALLENGE, IRAN, UNKNOWN_NOTICE, article
from samples.surveys import SITE, anchors, control, seen, survey

from model import FailureKind as Failure
from model import Probe, Survey

PAGE = article()
BIG = b"<p>" + b"a long page " * 90_000
HTTPS = "https://news.example/a"
SHORT = "https://short.example/1"
ELSEWHERE = "203.0.113.66"
UP = anchors(up=3)
SAME = control(seen(status=200, body=PAGE))
SAME_TLS = control(seen(status=200, body=PAGE, url=HTTPS))
NO_SITE = control(seen(Failure.CONNECT_UNREACHABLE))


@dataclass(frozen=True)
class Scenario:
    """One of OONI's scenarios."""

    name: str
    theirs: str
    """OONI's reading: ``blocked``, ``down``, ``ok`` or ``unknown``."""
    survey: Survey


def _led(failure: Failure, url: str) -> Survey:
    """Return a shortener that answers over TLS, and a failure where it leads to."""
    first = seen(status=308, url=SHORT, headers=((b"Location", url.encode()),))
    second = replace(seen(failure, url=url), hop=1)
    return survey(first, second, replace(control(seen(status=200, body=PAGE, url=url)), hop=0), *UP)


def _bad(failure: Failure) -> Survey:
    here = seen(failure, url=HTTPS)
    return survey(here, control(here), *UP)


def _inconsistent(failure: Failure | None, url: str, *, body: bytes = b"") -> Survey:
    """Return a name that leads somewhere else than ever before."""
    target = seen(
        failure,
        url=url,
        addresses=(ELSEWHERE,),
        chain=(b"other",),
        status=None if failure else 200,
        body=body,
    )
    other = SAME_TLS if url == HTTPS else SAME
    return survey(target, other, *UP, known_addresses=(SITE,))


def _closed(address: str, url: str, other: Probe) -> Survey:
    return survey(seen(Failure.ADDRESS_REFUSED, url=url, addresses=(address,), closed=(address,)), other, *UP)


def _round(url: str) -> Survey:
    circle = seen(status=302, url=url, headers=((b"Location", b"/again"),))
    return survey(circle, control(circle), *UP)


HTTP = "http://news.example/a"
BROKEN = ((b"Location", b"http://"),)
SLOW = {"status": 200, "body": b"x" * 900, "whole": False, "seconds": 30.0}
BIG_TLS = control(seen(status=200, body=BIG, url=HTTPS))
OUR_CHALLENGE = {"status": 503, "body": CHALLENGE}

SCENARIOS = (
    Scenario("badSSLWithExpiredCertificate", "down", _bad(Failure.TLS_CERTIFICATE_EXPIRED)),
    Scenario("badSSLWithUnknownAuthorityWithConsistentDNS", "down", _bad(Failure.TLS_CERTIFICATE_UNKNOWN_ISSUER)),
    Scenario("badSSLWithUnknownAuthorityWithInconsistentDNS", "blocked", _inconsistent(Failure.TLS_CERTIFICATE_UNKNOWN_ISSUER, HTTPS)),
    Scenario("badSSLWithWrongServerName", "down", _bad(Failure.TLS_CERTIFICATE_NAME)),
    Scenario("cloudflareCAPTCHAWithHTTP", "blocked", survey(seen(**OUR_CHALLENGE), SAME, *UP)),
    Scenario("cloudflareCAPTCHAWithHTTPS", "ok", survey(seen(**OUR_CHALLENGE, url=HTTPS), SAME_TLS, *UP)),
    Scenario("controlFailureWithSuccessfulHTTPSWebsite", "ok", survey(seen(status=200, body=PAGE, url=HTTPS), control(seen(Failure.PROXY_FAILED)), *UP)),
    Scenario("controlFailureWithSuccessfulHTTPWebsite", "unknown", survey(seen(status=200, body=UNKNOWN_NOTICE), control(seen(Failure.PROXY_FAILED)), *UP)),
    Scenario("dnsBlockingAndroidDNSCacheNoData", "blocked", survey(seen(Failure.DNS_NO_ANSWER, url=HTTPS), SAME_TLS, *UP)),
    Scenario("dnsBlockingBOGON", "blocked", _closed("10.10.34.35", HTTPS, SAME_TLS)),
    Scenario("dnsBlockingNXDOMAIN", "blocked", survey(seen(Failure.DNS_NXDOMAIN, url=HTTPS), SAME_TLS, *UP)),
    Scenario("dnsHijackingToLocalhostWithHTTP", "blocked", _closed("127.0.0.1", HTTP, SAME)),
    Scenario("dnsHijackingToLocalhostWithHTTPS", "blocked", _closed("127.0.0.1", HTTPS, SAME_TLS)),
    Scenario("dnsHijackingToProxyWithHTTPSURL", "ok", _inconsistent(None, HTTPS, body=PAGE)),
    Scenario("dnsHijackingToProxyWithHTTPURL", "ok", _inconsistent(None, HTTP, body=PAGE)),
    Scenario("ghostDNSBlockingWithHTTP", "blocked", survey(seen(status=200, body=PAGE), NO_SITE, *UP)),
    Scenario("ghostDNSBlockingWithHTTPS", "blocked", survey(seen(Failure.CONNECT_REFUSED, url=HTTPS), NO_SITE, *UP)),
    Scenario("httpBlockingConnectionReset", "blocked", survey(seen(Failure.HTTP_RESET), SAME, *UP)),
    Scenario("httpDiffWithConsistentDNS", "blocked", survey(seen(status=200, body=IRAN), SAME, *UP)),
    Scenario("httpDiffWithInconsistentDNS", "blocked", _inconsistent(None, HTTP, body=IRAN)),
    Scenario("idnaWithoutCensorshipLowercase", "ok", survey(seen(status=200, body=PAGE, url="https://رادیو.example/"), *UP)),
    Scenario("idnaWithoutCensorshipWithFirstLetterUppercase", "ok", survey(seen(status=200, body=PAGE, url="https://Яндекс.example/"), *UP)),
    Scenario("largeFileWithHTTP", "ok", survey(seen(status=200, body=BIG), control(seen(status=200, body=BIG)), *UP)),
    Scenario("largeFileWithHTTPS", "ok", survey(seen(status=200, body=BIG, url=HTTPS), BIG_TLS, *UP)),
    Scenario("localhostWithHTTP", "down", _closed("127.0.0.1", HTTP, NO_SITE)),
    Scenario("localhostWithHTTPS", "down", _closed("127.0.0.1", HTTPS, NO_SITE)),
    Scenario("redirectWithBrokenLocationForHTTP", "blocked", survey(seen(status=302, headers=BROKEN), SAME, *UP)),
    Scenario("redirectWithBrokenLocationForHTTPS", "blocked", survey(seen(status=302, headers=BROKEN, url=HTTPS), SAME_TLS, *UP)),
    Scenario("redirectWithConsistentDNSAndThenConnectionRefusedForHTTP", "blocked", _led(Failure.CONNECT_REFUSED, HTTP)),
    Scenario("redirectWithConsistentDNSAndThenConnectionRefusedForHTTPS", "blocked", _led(Failure.CONNECT_REFUSED, HTTPS)),
    Scenario("redirectWithConsistentDNSAndThenConnectionResetForHTTP", "blocked", _led(Failure.HTTP_RESET, HTTP)),
    Scenario("redirectWithConsistentDNSAndThenConnectionResetForHTTPS", "blocked", _led(Failure.TLS_RESET, HTTPS)),
    Scenario("redirectWithConsistentDNSAndThenEOFForHTTP", "blocked", _led(Failure.HTTP_CLOSED, HTTP)),
    Scenario("redirectWithConsistentDNSAndThenEOFForHTTPS", "blocked", _led(Failure.TLS_CLOSED, HTTPS)),
    Scenario("redirectWithConsistentDNSAndThenNXDOMAIN", "blocked", _led(Failure.DNS_NXDOMAIN, HTTP)),
    Scenario("redirectWithConsistentDNSAndThenTimeoutForHTTP", "blocked", _led(Failure.HTTP_TIMEOUT, HTTP)),
    Scenario("redirectWithConsistentDNSAndThenTimeoutForHTTPS", "blocked", _led(Failure.TLS_TIMEOUT, HTTPS)),
    Scenario("redirectWithMoreThanTenRedirectsAndHTTP", "down", _round(HTTP)),
    Scenario("redirectWithMoreThanTenRedirectsAndHTTPS", "down", _round(HTTPS)),
    Scenario("successWithHTTP", "ok", survey(seen(status=200, body=PAGE), SAME, *UP)),
    Scenario("successWithHTTPS", "ok", survey(seen(status=200, body=PAGE, url=HTTPS), SAME_TLS, *UP)),
    Scenario("tcpBlockingConnectTimeout", "blocked", survey(seen(Failure.CONNECT_TIMEOUT, url=HTTPS), SAME_TLS, *UP)),
    Scenario("tcpBlockingConnectionRefusedWithInconsistentDNS", "blocked", _inconsistent(Failure.CONNECT_REFUSED, HTTP)),
    Scenario("throttlingWithHTTP", "blocked", survey(seen(Failure.HTTP_TIMEOUT, **SLOW), control(seen(status=200, body=BIG)), *UP)),
    Scenario("throttlingWithHTTPS", "blocked", survey(seen(Failure.HTTP_TIMEOUT, **SLOW, url=HTTPS), BIG_TLS, *UP)),
    Scenario("tlsBlockingConnectionResetWithConsistentDNS", "blocked", survey(seen(Failure.TLS_RESET, url=HTTPS), SAME_TLS, *UP)),
    Scenario("tlsBlockingConnectionResetWithInconsistentDNS", "blocked", _inconsistent(Failure.TLS_RESET, HTTPS)),
    Scenario("websiteDownNXDOMAIN", "down", survey(seen(Failure.DNS_NXDOMAIN), NO_SITE, *UP)),
    Scenario("websiteDownNoAddrs", "down", survey(seen(Failure.DNS_NO_ANSWER), NO_SITE, *UP)),
    Scenario("websiteDownTCPConnect", "down", survey(seen(Failure.CONNECT_REFUSED), control(seen(Failure.CONNECT_REFUSED)), *UP)),
)  # fmt: skip

DISAGREEMENTS = {
    "cloudflareCAPTCHAWithHTTP": "a challenge is a challenge; OONI lists this among its false positives (probe#2661)",
    "ghostDNSBlockingWithHTTP": "a proxy does not say that a name does not exist: nobody's yet, but never reachable",
    "ghostDNSBlockingWithHTTPS": "refused here and not found there reads like a site that is down",
    "redirectWithBrokenLocationForHTTP": "a short redirect to nowhere proves no censor",
    "redirectWithBrokenLocationForHTTPS": "the site itself, over TLS, leads to nowhere",
}
"""Where we read it otherwise, and why."""


def reading(kind: object) -> str:
    """Return a verdict as one of OONI's four readings."""
    value = str(getattr(kind, "value", kind))
    if value.startswith("blocked_"):
        return "blocked"
    return {"site_down": "down", "reachable": "ok", "challenge": "ok", "restricted": "ok"}.get(
        value, "unknown"
    )
