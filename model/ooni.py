"""Our kinds of failure in OONI's words and back, so that results can be compared with OONI's data.

The strings are facts of the data format `df-007-errors` of ooni/spec; the mapping is ours. OONI tells fewer
failures apart: several of ours share one string, so the way back gives all of them.
"""

from __future__ import annotations

from typing import Final

from model.observation import FailureKind, Stage

_STRINGS: Final = {
    FailureKind.ADDRESS_REFUSED: "dns_bogon_error",
    FailureKind.DNS_NXDOMAIN: "dns_nxdomain_error",
    FailureKind.DNS_NO_ANSWER: "dns_no_answer",
    FailureKind.DNS_SERVFAIL: "dns_servfail_error",
    FailureKind.DNS_REFUSED: "dns_refused_error",
    FailureKind.DNS_TIMEOUT: "generic_timeout_error",
    FailureKind.CONNECT_REFUSED: "connection_refused",
    FailureKind.CONNECT_RESET: "connection_reset",
    FailureKind.CONNECT_TIMEOUT: "generic_timeout_error",
    FailureKind.CONNECT_UNREACHABLE: "host_unreachable",
    FailureKind.PROXY_FAILED: "unknown_failure: proxy_failed",
    FailureKind.TLS_RESET: "connection_reset",
    FailureKind.TLS_CLOSED: "eof_error",
    FailureKind.TLS_TIMEOUT: "generic_timeout_error",
    FailureKind.TLS_HANDSHAKE: "ssl_failed_handshake",
    FailureKind.TLS_CERTIFICATE_EXPIRED: "ssl_invalid_certificate",
    FailureKind.TLS_CERTIFICATE_NAME: "ssl_invalid_hostname",
    FailureKind.TLS_CERTIFICATE_SELF_SIGNED: "ssl_unknown_authority",
    FailureKind.TLS_CERTIFICATE_UNKNOWN_ISSUER: "ssl_unknown_authority",
    FailureKind.TLS_CERTIFICATE_INVALID: "ssl_invalid_certificate",
    FailureKind.HTTP_RESET: "connection_reset",
    FailureKind.HTTP_CLOSED: "eof_error",
    FailureKind.HTTP_TIMEOUT: "generic_timeout_error",
    FailureKind.HTTP_MALFORMED: "unknown_failure: http_malformed",
    FailureKind.HTTP_HEAD_TOO_LARGE: "unknown_failure: http_head_too_large",
    FailureKind.HTTP_BODY_TOO_LARGE: "unknown_failure: http_body_too_large",
}

# Said by OONI of what we tell otherwise; only read, never written.
_READ_AS: Final = {
    "network_unreachable": (FailureKind.CONNECT_UNREACHABLE,),
    "connection_aborted": (FailureKind.CONNECT_RESET, FailureKind.TLS_RESET, FailureKind.HTTP_RESET),
    "connection_already_closed": (FailureKind.TLS_CLOSED, FailureKind.HTTP_CLOSED),
    "dns_non_recoverable_failure": (FailureKind.DNS_SERVFAIL,),
    "dns_temporary_failure": (FailureKind.DNS_SERVFAIL,),
    "dns_server_misbehaving": (FailureKind.DNS_SERVFAIL,),
    "timed_out": (FailureKind.CONNECT_TIMEOUT,),
}

_ENETUNREACH: Final = 101


def ooni_failure(kind: FailureKind, errno: int | None = None) -> str:
    """Return OONI's string for a failure; ``errno`` tells two of ours apart that OONI does.

    >>> ooni_failure(FailureKind.TLS_RESET)
    'connection_reset'
    >>> ooni_failure(FailureKind.CONNECT_UNREACHABLE, 101)
    'network_unreachable'
    """
    if kind is FailureKind.CONNECT_UNREACHABLE and errno == _ENETUNREACH:
        return "network_unreachable"
    return _STRINGS[kind]


def failure_kinds(failure: str, stage: Stage | None = None) -> tuple[FailureKind, ...]:
    """Return which of our kinds OONI's string may mean, at ``stage`` when that is known; empty: none of ours.

    >>> failure_kinds("connection_reset", Stage.TLS)
    (<FailureKind.TLS_RESET: 'tls_reset'>,)
    """
    found = _READ_AS.get(failure) or tuple(kind for kind, text in _STRINGS.items() if text == failure)
    return tuple(kind for kind in found if stage is None or kind.stage is stage)
