"""A handshake by itself: one address, any name or none, no request; and every reply to a question kept."""

from __future__ import annotations

import asyncio

from servers.certificates import certificates
from servers.dns_server import Addresses, DnsServer, Rcode, Several
from servers.tls_server import Instead, TlsServer

from crawler.wire import AddressGuard, Resolver, TrustStore, WireConfig
from model import DnsReply, FailureKind, Observation

TRUSTED = WireConfig(trust=TrustStore(system=False, extra_ca_files=(certificates().ca_file,)))


def shake(wire, server: TlsServer, name: str, **options: object) -> Observation:
    url = f"https://news.test:{server.port}/"
    return wire(lambda client: client.shake_hands(url, "127.0.0.1", name), config=TRUSTED, **options)


def test_the_name_that_is_said_is_the_one_asked_for_and_no_request_follows(wire) -> None:
    with TlsServer(certificates().good) as server:
        seen = [shake(wire, server, name) for name in ("news.test", "a.news.test", "")]
        assert server.server_names == ["news.test", "a.news.test", None]
        assert server.requests == []
    assert [each.failure for each in seen] == [None, None, None]
    assert all(each.tls is not None and each.tls.chain == certificates().good.der for each in seen)
    assert {each.method for each in seen} == {"TLS"}


def test_a_certificate_that_is_refused_is_shown_all_the_same(wire) -> None:
    with TlsServer(certificates().good) as server:
        seen = shake(wire, server, "neutral.example")
    assert seen.failure is not None
    assert seen.failure.kind is FailureKind.TLS_CERTIFICATE_NAME
    assert seen.tls is not None
    assert seen.tls.chain == certificates().good.der


def test_a_reset_is_told(wire) -> None:
    with TlsServer(Instead.RESET) as server:
        seen = shake(wire, server, "news.test")
    assert seen.failure is not None
    assert seen.failure.kind is FailureKind.TLS_RESET
    assert [each.outcome for each in seen.connects] == ["connected"]


def test_the_guard_has_its_word(wire) -> None:
    with TlsServer(certificates().good) as server:
        seen = shake(wire, server, "news.test", guard=AddressGuard())
        assert server.server_names == []
    assert seen.failure is not None
    assert seen.failure.kind is FailureKind.ADDRESS_REFUSED


def test_with_a_window_each_reply_is_kept_by_itself() -> None:
    injected = Several((Addresses("10.10.34.34"), Rcode("NXDOMAIN"), Addresses("192.0.2.1", "2001:db8::1")))
    with DnsServer({"news.test": injected}) as server:
        resolver = Resolver([server.address], hosts_file=None, collect_window_s=0.1)
        answers = asyncio.run(resolver.resolve("news.test"))
    spelled = f"127.0.0.1:{server.port}"
    assert [
        DnsReply(server=each.server, family=each.family, rcode=each.rcode, addresses=each.addresses)
        for each in answers.replies
    ] == [
        DnsReply(server=spelled, family="A", rcode="NOERROR", addresses=("10.10.34.34",)),
        DnsReply(server=spelled, family="A", rcode="NXDOMAIN"),
        DnsReply(server=spelled, family="A", rcode="NOERROR", addresses=("192.0.2.1",)),
        DnsReply(server=spelled, family="AAAA", rcode="NOERROR"),
        DnsReply(server=spelled, family="AAAA", rcode="NXDOMAIN"),
        DnsReply(server=spelled, family="AAAA", rcode="NOERROR", addresses=("2001:db8::1",)),
    ]
    assert all(0 <= each.after_ms < 5000 for each in answers.replies)


def test_without_a_window_there_is_one_reply_and_nothing_to_tell_apart() -> None:
    with DnsServer({"news.test": Addresses("192.0.2.1")}) as server:
        answers = asyncio.run(Resolver([server.address], hosts_file=None).resolve("news.test"))
    assert answers.replies == ()
