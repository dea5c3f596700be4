"""HTTPS through the client: what the handshake shows goes with the exchange, and failures are told apart."""

from __future__ import annotations

import pytest
from servers.certificates import certificates
from servers.tls_server import PAGE, Instead, TlsServer

from crawler.wire import TrustStore, WireConfig, WireRequest
from model import FailureKind, FetchError, Truncation

TRUST = TrustStore(system=False, extra_ca_files=(certificates().ca_file,))
TO_CLOSE = b"HTTP/1.1 200 OK\r\n\r\n<html>" + b"x" * 100_000


def _config(**more):
    return WireConfig(trust=TRUST, tls_timeout_s=0.5, **more)


def _url(server, path="/x?y=1"):
    return f"https://127.0.0.1:{server.port}{path}"


def test_bytes_above_tls_are_kept_with_the_chain(wire):
    with TlsServer(certificates().good_chain) as server:
        exchange = wire(lambda client: client.fetch(WireRequest(url=_url(server))), config=_config())
        assert exchange.request == server.requests[0]
    assert exchange.response == PAGE
    tls = exchange.observation.tls
    assert tls.version == "TLSv1.3"
    assert tls.chain == certificates().good_chain.der
    assert tls.verified


def test_connection_over_tls_is_used_again(wire):
    with TlsServer(certificates().good, keep=True) as server:

        async def job(client):
            return [await client.fetch(WireRequest(url=_url(server))) for _ in range(3)]

        exchanges = wire(job, config=_config())
        assert len(server.server_names) == 1
    assert [e.observation.reused for e in exchanges] == [False, True, True]
    assert all(e.response == PAGE and e.observation.tls.verified for e in exchanges)


@pytest.mark.parametrize(
    ("which", "kind", "code"),
    [
        ("expired", FailureKind.TLS_CERTIFICATE_EXPIRED, 10),
        ("wrong_name", FailureKind.TLS_CERTIFICATE_NAME, 64),
        ("self_signed", FailureKind.TLS_CERTIFICATE_SELF_SIGNED, 18),
        ("unknown_issuer", FailureKind.TLS_CERTIFICATE_UNKNOWN_ISSUER, 20),
    ],
)
def test_bad_certificate_is_a_failure_that_keeps_the_chain(wire, which, kind, code):
    leaf = getattr(certificates(), which)
    with TlsServer(leaf) as server:
        with pytest.raises(FetchError) as caught:
            wire(lambda client: client.fetch(WireRequest(url=_url(server))), config=_config())
        assert server.requests == []
    observation = caught.value.observation
    assert observation.failure.kind is kind
    assert observation.failure.verify_code == code
    assert observation.tls.chain == leaf.der
    assert not observation.tls.verified
    assert observation.connects[0].outcome == "connected"


def test_bad_certificate_that_an_operator_accepts_is_said_to_be_bad(wire):
    with TlsServer(certificates().self_signed) as server:
        exchange = wire(
            lambda client: client.fetch(WireRequest(url=_url(server))),
            config=_config(accept_bad_certificates=("127.0.0.1",)),
        )
    assert exchange.response == PAGE
    assert not exchange.observation.tls.verified
    assert exchange.observation.tls.verify_code == 18


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        (Instead.RESET, FailureKind.TLS_RESET),
        (Instead.FIN, FailureKind.TLS_CLOSED),
        (Instead.SILENCE, FailureKind.TLS_TIMEOUT),
        (Instead.PLAINTEXT, FailureKind.TLS_HANDSHAKE),
        (Instead.ALERT, FailureKind.TLS_HANDSHAKE),
        (Instead.NONSENSE, FailureKind.TLS_HANDSHAKE),
    ],
)
def test_what_a_censor_does_to_a_handshake_is_told_apart(wire, what, kind):
    with TlsServer(what) as server, pytest.raises(FetchError) as caught:
        wire(lambda client: client.fetch(WireRequest(url=_url(server))), config=_config())
    observation = caught.value.observation
    assert observation.failure.kind is kind
    assert observation.failure.errno == (104 if what is Instead.RESET else None)
    assert observation.address == "127.0.0.1"
    assert observation.request == b""


@pytest.mark.parametrize("orderly", [True, False], ids=["close_notify", "bare-fin"])
def test_body_to_the_close_is_whole_only_after_close_notify(wire, orderly):
    with TlsServer(certificates().good, response=TO_CLOSE, close_notify=orderly) as server:
        exchange = wire(lambda client: client.fetch(WireRequest(url=_url(server))), config=_config())
    assert exchange.response == TO_CLOSE
    assert exchange.truncated is (None if orderly else Truncation.DISCONNECT)


def test_body_past_the_cap_is_cut_over_tls_too(wire):
    with TlsServer(certificates().good, response=TO_CLOSE) as server:
        exchange = wire(
            lambda client: client.fetch(WireRequest(url=_url(server))), config=_config(max_body_bytes=50_000)
        )
    assert exchange.response == TO_CLOSE[: exchange.head_length + 50_000]
    assert exchange.truncated is Truncation.LENGTH
