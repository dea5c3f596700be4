"""Failures have OONI's names, all of them, and lead back."""

import pytest

from model import FailureKind, Stage, failure_kinds, ooni_failure

# What ooni/spec (df-007-errors) and OONI's pipeline know; «unknown_failure: …» is for all else.
_NAMES = """
    connection_aborted connection_already_closed connection_refused connection_reset dns_bogon_error
    dns_no_answer dns_nxdomain_error dns_refused_error dns_servfail_error eof_error generic_timeout_error
    host_unreachable network_unreachable ssl_failed_handshake ssl_invalid_certificate ssl_invalid_hostname
    ssl_unknown_authority
"""
KNOWN = frozenset(_NAMES.split())


@pytest.mark.parametrize("kind", list(FailureKind))
def test_every_failure_has_a_name_that_ooni_knows_and_leads_back(kind: FailureKind) -> None:
    name = ooni_failure(kind)
    assert name in KNOWN or name.startswith("unknown_failure: ")
    assert kind in failure_kinds(name)
    assert kind in failure_kinds(name, kind.stage)


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_every_name_of_theirs_is_one_of_ours(name: str) -> None:
    assert failure_kinds(name)


def test_the_stage_tells_which_of_several_is_meant() -> None:
    assert set(failure_kinds("generic_timeout_error")) == {
        FailureKind.DNS_TIMEOUT,
        FailureKind.CONNECT_TIMEOUT,
        FailureKind.TLS_TIMEOUT,
        FailureKind.HTTP_TIMEOUT,
    }
    assert failure_kinds("generic_timeout_error", Stage.DNS) == (FailureKind.DNS_TIMEOUT,)
    assert failure_kinds("connection_reset", Stage.DNS) == ()
    assert failure_kinds("no such word") == ()


def test_a_network_and_a_host_that_cannot_be_reached_are_two_things() -> None:
    assert ooni_failure(FailureKind.CONNECT_UNREACHABLE, 101) == "network_unreachable"
    assert ooni_failure(FailureKind.CONNECT_UNREACHABLE, 113) == "host_unreachable"
    assert failure_kinds("network_unreachable") == (FailureKind.CONNECT_UNREACHABLE,)
