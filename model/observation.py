"""What happened at each stage of one attempt to fetch, also of an attempt that failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Stage(StrEnum):
    """Where in an attempt something happened, in the order of an attempt."""

    ADDRESS = "address"
    """The guard that decides which addresses may be connected to."""
    DNS = "dns"
    CONNECT = "connect"
    PROXY = "proxy"
    TLS = "tls"
    HTTP = "http"


class FailureKind(StrEnum):
    """What failed, ``<stage>_<what>``; stable names that are archived, counted and shown."""

    ADDRESS_REFUSED = "address_refused"
    """The name or literal leads to a private, loopback, link-local or metadata address."""
    DNS_NXDOMAIN = "dns_nxdomain"
    DNS_NO_ANSWER = "dns_no_answer"
    DNS_SERVFAIL = "dns_servfail"
    DNS_REFUSED = "dns_refused"
    DNS_TIMEOUT = "dns_timeout"
    CONNECT_REFUSED = "connect_refused"
    CONNECT_RESET = "connect_reset"
    CONNECT_TIMEOUT = "connect_timeout"
    CONNECT_UNREACHABLE = "connect_unreachable"
    PROXY_FAILED = "proxy_failed"
    """The proxy could not be reached, refused us, or spoke nonsense; says nothing of the site."""
    TLS_RESET = "tls_reset"
    TLS_CLOSED = "tls_closed"
    TLS_TIMEOUT = "tls_timeout"
    TLS_HANDSHAKE = "tls_handshake"
    """The handshake failed otherwise: an alert, no common version, plain text on a TLS port."""
    TLS_CERTIFICATE_EXPIRED = "tls_certificate_expired"
    TLS_CERTIFICATE_NAME = "tls_certificate_name"
    TLS_CERTIFICATE_SELF_SIGNED = "tls_certificate_self_signed"
    TLS_CERTIFICATE_UNKNOWN_ISSUER = "tls_certificate_unknown_issuer"
    TLS_CERTIFICATE_INVALID = "tls_certificate_invalid"
    """Refused for another reason (not yet valid, wrong purpose, bad signature…)."""
    HTTP_RESET = "http_reset"
    HTTP_CLOSED = "http_closed"
    HTTP_TIMEOUT = "http_timeout"
    HTTP_MALFORMED = "http_malformed"
    """What arrived is no HTTP/1.x response; ``Observation.received`` keeps its beginning."""
    HTTP_HEAD_TOO_LARGE = "http_head_too_large"
    HTTP_BODY_TOO_LARGE = "http_body_too_large"
    """The body passed the cap; what arrived is kept and marked ``WARC-Truncated: length``."""

    @property
    def stage(self) -> Stage:
        """The stage this failure belongs to.

        >>> FailureKind.TLS_RESET.stage
        <Stage.TLS: 'tls'>
        """
        return Stage(self.value.split("_", 1)[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an attempt, or the rest of a body, did not come."""

    kind: FailureKind
    detail: str
    """One line for a person, without secrets: «refused by 192.0.2.7:443»."""
    errno: int | None = None
    """The operating system's number where there was one (104 is a reset)."""
    verify_code: int | None = None
    """OpenSSL's X509_V_ERR_* number of a certificate failure (10 expired, 18 self-signed, 62 name)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsReply:
    """One reply to one question; two that contradict each other are what injection looks like."""

    server: str
    """Who was asked; whoever answered used that address."""
    family: str
    """What was asked for: ``A`` or ``AAAA``."""
    rcode: str | None
    """``None``: no reply came, or none that can be read."""
    addresses: tuple[str, ...] = ()
    after_ms: int = 0
    """Since the question was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsAnswers:
    """What the resolver said for one name; every answer, not only the one that was used."""

    name: str
    """The name asked for, in its ASCII (IDNA) form."""
    resolver: str
    """Who was asked: ``192.0.2.53:53``, ``/etc/hosts`` or ``system``."""
    addresses: tuple[str, ...]
    """IPv4 and IPv6 addresses in the order given; empty when there was none."""
    cnames: tuple[str, ...] = ()
    rcode: str | None = None
    """``NOERROR``, ``NXDOMAIN``, ``SERVFAIL``…; ``None`` when no reply came."""
    replies: tuple[DnsReply, ...] = ()
    """Each reply by itself, in the order of arrival for each family; empty unless the resolver waited for
    more than one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectAttempt:
    """One TCP connection tried within an attempt."""

    address: str
    port: int
    outcome: str
    """``connected`` or the value of a :class:`FailureKind`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFacts:
    """What the handshake showed, also of one that was refused."""

    version: str | None
    """``TLSv1.3``; ``None`` when the handshake did not get that far."""
    cipher: str | None
    chain: tuple[bytes, ...]
    """Certificates as the server sent them, DER, leaf first; empty when none came."""
    verified: bool
    """False when the chain or the name did not verify and an operator accepted it all the same
    (or when the attempt failed for that reason)."""
    verify_code: int | None = None
    """OpenSSL's code when not verified."""
    verify_detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One attempt, stage by stage. Append-only: never changed after it was made."""

    url: str
    """As asked for, letter by letter."""
    method: str
    """Of the request; ``TLS`` where none was made, only a handshake."""
    started_at: datetime
    """Aware UTC, when the attempt began."""
    ended_at: datetime
    dns: DnsAnswers | None = None
    """``None`` when no name was resolved: a literal, a remote name (SOCKS), a reused connection."""
    connects: tuple[ConnectAttempt, ...] = ()
    """Connections tried, in order; empty on a reused connection."""
    address: str | None = None
    """The peer's IP address: of the site, or of the proxy when ``proxy`` is set."""
    port: int | None = None
    tls: TlsFacts | None = None
    proxy: str | None = None
    """``socks5://host:port`` without credentials, when one was used."""
    reused: bool = False
    """True when the exchange went over a connection that had served another before."""
    allowed_by: str | None = None
    """Why a private address was allowed («named by the operator», an allowed range), else ``None``."""
    failure: Failure | None = None
    request: bytes = b""
    """Bytes sent before a failure (credentials to a proxy left out); empty on success, where the
    exchange has them."""
    received: bytes = b""
    """First bytes (at most 64 KiB) of what arrived and was no response; empty otherwise."""
