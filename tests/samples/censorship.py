"""Every row of the verdict matrix: what stands between us and the site, and which verdicts must come of it."""

# ruff: noqa: E501
from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from samples.censored import CHALLENGE, IRAN, IRAN_TEXT, NOTICE, QUOTING, UNKNOWN_NOTICE, article, response
from servers.awkward_http import FIN, HOLD, RST, AwkwardServer
from servers.censor import CLOSE, DROP, RESET, BlackHole, Drip, ResetOnAccept, SniFilter, closed_port
from servers.certificates import Leaf, certificates
from servers.dns_server import Addresses, Behaviour, Rcode, Several, Silence
from servers.tls_server import Instead, TlsServer

from model import ConnectionKind as Kind

HERE = Addresses("127.0.0.1")
ARTICLE = response(article())
UNKNOWN = Kind.UNREACHABLE_UNATTRIBUTED

Place = Callable[[ExitStack], int]
"""Starts a server for as long as the stack is open; gives its port."""


@dataclass(frozen=True)
class Row:
    """One thing that a censor, an outage or a site does."""

    name: str
    place: Place
    """What answers at the address that the name leads to."""
    control: Kind
    """The verdict when a control vantage is there."""
    mirror: Kind
    """The verdict when there is only a mirror that answers."""
    alone: Kind
    """The verdict without either."""
    dns: Behaviour = field(default=HERE)
    scheme: str = "http"
    elsewhere: Place | None = None
    """What the control vantage meets; ``None``: the site as it is."""
    offline: Kind = Kind.OWN_NETWORK_DOWN
    """The verdict when no anchor answers."""
    also: Kind | None = None
    """Another verdict that is as right, where a control or mirror answers."""

    def allowed(self, control: str, anchors: str) -> tuple[Kind, ...]:
        """Return the verdicts that are right for a cell."""
        if anchors == "down":
            return (self.offline,)
        wanted = {"control": self.control, "mirror": self.mirror, "alone": self.alone}[control]
        return (wanted, self.also) if self.also is not None and wanted is not UNKNOWN else (wanted,)


def http(answer: bytes, then: str = FIN) -> Place:
    def start(stack: ExitStack) -> int:
        server = stack.enter_context(AwkwardServer())
        for path in ("/", "/article"):
            server.on(path, answer, then=then)
        return server.port

    return start


def tls(what: Leaf | Instead, answer: bytes = ARTICLE) -> Place:
    return lambda stack: stack.enter_context(TlsServer(what, response=answer)).port


def sni(action: str) -> Place:
    def start(stack: ExitStack) -> int:
        site = stack.enter_context(TlsServer(certificates().good, response=ARTICLE))
        return stack.enter_context(SniFilter(site.port, blocked=("news.test",), action=action)).port

    return start


def refused(_: ExitStack) -> int:
    return closed_port()


def black_hole(stack: ExitStack) -> int:
    return stack.enter_context(BlackHole()).port


def reset_on_accept(stack: ExitStack) -> int:
    return stack.enter_context(ResetOnAccept()).port


def drip(stack: ExitStack) -> int:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 60000\r\n\r\n"
    return stack.enter_context(Drip(head, bytes_a_second=20)).port


def leads_to(location: str) -> bytes:
    return response(b"", "302 Found", f"Location: {location}")


SITE = http(ARTICLE)
SECURE = tls(certificates().good)
LONG_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 90000\r\n\r\n<p>half"
CP1256 = "text/html; charset=windows-1256"
INJECTED = Kind.BLOCKED_DNS_INJECTION
NO_NAME = Kind.BLOCKED_DNS_FAILURE
PAGE = Kind.BLOCKED_BLOCK_PAGE
FORGED = Kind.BLOCKED_CERTIFICATE
OK = Kind.REACHABLE

ROWS = (
    # --- names
    Row("dns: injected, then the real answer", SITE, INJECTED, INJECTED, INJECTED,
        dns=Several((Addresses("10.10.34.34", "d0::11"), HERE))),
    Row("dns: NXDOMAIN forged, then the real answer", SITE, INJECTED, INJECTED, INJECTED,
        dns=Several((Rcode("NXDOMAIN"), HERE))),
    Row("dns: injected, then the real answer; page over TLS", SECURE, INJECTED, INJECTED, INJECTED,
        dns=Several((Addresses("10.10.34.35"), HERE)), scheme="https", offline=INJECTED),
    Row("dns: only 10.10.34.34", SITE, INJECTED, INJECTED, UNKNOWN, dns=Addresses("10.10.34.34")),
    Row("dns: only another private address", SITE, INJECTED, INJECTED, UNKNOWN, dns=Addresses("192.168.7.7")),
    Row("dns: NXDOMAIN", SITE, NO_NAME, NO_NAME, UNKNOWN, dns=Rcode("NXDOMAIN")),
    Row("dns: SERVFAIL", SITE, NO_NAME, NO_NAME, UNKNOWN, dns=Rcode("SERVFAIL")),
    Row("dns: REFUSED", SITE, NO_NAME, NO_NAME, UNKNOWN, dns=Rcode("REFUSED")),
    Row("dns: no address", SITE, NO_NAME, NO_NAME, UNKNOWN, dns=Rcode("NOERROR")),
    Row("dns: silence", SITE, NO_NAME, NO_NAME, UNKNOWN, dns=Silence()),
    # --- connections
    Row("tcp: refused", refused, Kind.BLOCKED_TCP, UNKNOWN, UNKNOWN),
    Row("tcp: black hole", black_hole, Kind.BLOCKED_TCP, UNKNOWN, UNKNOWN),
    # The reset races with our first bytes: either stage may meet it.
    Row("tcp: reset on connect", reset_on_accept, Kind.BLOCKED_TCP, Kind.BLOCKED_TCP, UNKNOWN,
        also=Kind.BLOCKED_HTTP_RESET),
    Row("tcp: refused, there as well", refused, Kind.SITE_DOWN, UNKNOWN, UNKNOWN, elsewhere=refused),
    # --- TLS
    Row("tls: RST after ClientHello by name", sni(RESET), Kind.BLOCKED_TLS_RESET, Kind.BLOCKED_TLS_RESET, UNKNOWN,
        scheme="https"),
    Row("tls: FIN after ClientHello by name", sni(CLOSE), Kind.BLOCKED_TLS_RESET, Kind.BLOCKED_TLS_RESET, UNKNOWN,
        scheme="https"),
    Row("tls: dropped after ClientHello by name", sni(DROP), Kind.BLOCKED_TLS_DROP, Kind.BLOCKED_TLS_DROP, UNKNOWN,
        scheme="https"),
    Row("tls: RST after any ClientHello", tls(Instead.RESET), Kind.BLOCKED_TLS_RESET, UNKNOWN, UNKNOWN,
        scheme="https"),
    Row("tls: FIN after any ClientHello", tls(Instead.FIN), Kind.BLOCKED_TLS_RESET, UNKNOWN, UNKNOWN,
        scheme="https"),
    Row("tls: silence after any ClientHello", tls(Instead.SILENCE), Kind.BLOCKED_TLS_DROP, UNKNOWN, UNKNOWN,
        scheme="https"),
    Row("tls: plain text on 443", tls(Instead.PLAINTEXT), FORGED, FORGED, UNKNOWN, scheme="https"),
    Row("tls: an alert", tls(Instead.ALERT), FORGED, FORGED, UNKNOWN, scheme="https"),
    Row("tls: certificate signed by itself", tls(certificates().self_signed), FORGED, FORGED, UNKNOWN, scheme="https"),
    Row("tls: certificate for another name", tls(certificates().wrong_name), FORGED, FORGED, UNKNOWN, scheme="https"),
    Row("tls: certificate expired", tls(certificates().expired), FORGED, FORGED, UNKNOWN, scheme="https"),
    Row("tls: certificate of an unknown issuer", tls(certificates().unknown_issuer), FORGED, FORGED, UNKNOWN,
        scheme="https"),
    Row("tls: certificate of a block page", tls(certificates().block_page), FORGED, FORGED, UNKNOWN, scheme="https"),
    Row("tls: the site's own certificate has expired", tls(certificates().expired), Kind.SITE_DOWN, FORGED, UNKNOWN,
        scheme="https", elsewhere=tls(certificates().expired)),
    # --- block pages
    Row("http: Iran's block page, 403, windows-1256", http(response(IRAN, "403 Forbidden", content_type=CP1256)),
        PAGE, PAGE, UNKNOWN),
    Row("http: Iran's block page, 200, windows-1256", http(response(IRAN, content_type=CP1256)), PAGE, PAGE, UNKNOWN),
    Row("http: block page in Persian words, 200", http(response(IRAN_TEXT, content_type=CP1256)), PAGE, PAGE, UNKNOWN),
    Row("http: block page in English, 200", http(response(NOTICE)), PAGE, PAGE, UNKNOWN),
    Row("http: a short page nobody knows, 200", http(response(UNKNOWN_NOTICE)), PAGE, UNKNOWN, UNKNOWN),
    Row("http: redirect to 10.10.34.34", http(leads_to("http://10.10.34.34/?type=Invalid")), PAGE, PAGE, UNKNOWN),
    Row("http: 403 with nothing in it", http(response(b"", "403 Forbidden")), UNKNOWN, UNKNOWN, UNKNOWN),
    # --- after the request
    Row("http: RST after the request", http(b"", RST), Kind.BLOCKED_HTTP_RESET, Kind.BLOCKED_HTTP_RESET, UNKNOWN),
    Row("http: FIN after the request", http(b"", FIN), Kind.BLOCKED_HTTP_RESET, UNKNOWN, UNKNOWN),
    Row("http: silence after the request", http(b"", HOLD), Kind.BLOCKED_HTTP_DROP, UNKNOWN, UNKNOWN),
    Row("http: body cut by RST", http(LONG_HEAD, RST), Kind.BLOCKED_HTTP_RESET, UNKNOWN, UNKNOWN),
    Row("http: body cut by FIN", http(LONG_HEAD, FIN), UNKNOWN, UNKNOWN, UNKNOWN),
    Row("http: throttled to 20 bytes a second", drip, Kind.BLOCKED_HTTP_DROP, UNKNOWN, UNKNOWN),
    # --- the site itself
    Row("site: answers over TLS", SECURE, OK, OK, OK, scheme="https", offline=OK),
    Row("site: answers over plain http", SITE, OK, OK, OK),
    Row("site: an article that quotes a block page", http(response(QUOTING)), OK, OK, OK,
        elsewhere=http(response(QUOTING))),
    Row("site: 404 over TLS", tls(certificates().good, response(b"", "404 Not Found")), OK, OK, OK, scheme="https",
        elsewhere=tls(certificates().good, response(b"", "404 Not Found")), offline=OK),
    Row("site: 410 over TLS", tls(certificates().good, response(b"", "410 Gone")), OK, OK, OK, scheme="https",
        elsewhere=tls(certificates().good, response(b"", "410 Gone")), offline=OK),
    Row("site: 403 over TLS", tls(certificates().good, response(NOTICE, "403 Forbidden")), Kind.RESTRICTED,
        Kind.RESTRICTED, Kind.RESTRICTED, scheme="https", offline=Kind.RESTRICTED),
    Row("site: 451 over TLS", tls(certificates().good, response(b"", "451 Unavailable For Legal Reasons")),
        Kind.RESTRICTED, Kind.RESTRICTED, Kind.RESTRICTED, scheme="https", offline=Kind.RESTRICTED),
    Row("site: 403 over plain http, there as well", http(response(b"", "403 Forbidden")), Kind.RESTRICTED, UNKNOWN,
        UNKNOWN, elsewhere=http(response(b"", "403 Forbidden"))),
    Row("site: a challenge over TLS", tls(certificates().good, response(CHALLENGE, "403 Forbidden")), Kind.CHALLENGE,
        Kind.CHALLENGE, Kind.CHALLENGE, scheme="https", offline=Kind.CHALLENGE),
    Row("site: 503 over TLS", tls(certificates().good, response(b"", "503 Service Unavailable")), Kind.SITE_DOWN,
        Kind.SITE_DOWN, Kind.SITE_DOWN, scheme="https",
        elsewhere=tls(certificates().good, response(b"", "503 Service Unavailable")), offline=Kind.SITE_DOWN),
    Row("site: 503 over plain http, there as well", http(response(b"", "503 Service Unavailable")), Kind.SITE_DOWN,
        UNKNOWN, UNKNOWN, elsewhere=http(response(b"", "503 Service Unavailable"))),
    Row("network: 511, a portal wants a login", http(response(NOTICE, "511 Network Authentication Required")),
        *[Kind.OWN_NETWORK_DOWN] * 3),
)  # fmt: skip


def table() -> str:
    """Return the matrix as ``docs/verdicts.md`` shows it."""

    def cell(row: Row, control: str, anchors: str) -> str:
        return " or ".join(kind.value for kind in row.allowed(control, anchors))

    lines = [
        "| what happens | with a control | only a mirror answers | alone | no anchor answers |",
        "|---|---|---|---|---|",
    ]
    for row in ROWS:
        cells = [
            cell(row, *place)
            for place in (("control", "up"), ("mirror", "up"), ("alone", "up"), ("alone", "down"))
        ]
        lines.append(f"| {row.name} | {' | '.join(cells)} |")
    return "\n".join(lines)
