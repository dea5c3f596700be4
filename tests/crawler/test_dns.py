"""crawler.wire.dns, against a real DNS server on loopback (tests/servers/dns_server.py)."""

import asyncio
import time
from pathlib import Path

import pytest
import uvloop
from servers.dns_server import (
    Addresses,
    Behaviour,
    Changing,
    DnsServer,
    Garbage,
    OnlyFamily,
    Rcode,
    Several,
    Silence,
    Truncated,
)

from crawler.wire.dns import NameNotResolvedError, Resolver
from crawler.wire.hosts import read_hosts
from model import BadConfigurationError, BadUrlError, DnsAnswers, FailureKind


def resolve(behaviour: Behaviour, **options: object) -> tuple[DnsAnswers, DnsServer]:
    with DnsServer({"news.test": behaviour}) as server:
        resolver = Resolver([server.address], hosts_file=None, **options)  # type: ignore[arg-type]
        return asyncio.run(resolver.resolve("news.test")), server


def refuse(behaviour: Behaviour, **options: object) -> NameNotResolvedError:
    with pytest.raises(NameNotResolvedError) as caught:
        resolve(behaviour, **options)
    return caught.value


def test_both_families_and_all_answers_are_kept_in_order() -> None:
    answers, server = resolve(Addresses("192.0.2.2", "192.0.2.1", "2001:db8::1"))
    assert answers == DnsAnswers(
        name="news.test",
        resolver=f"127.0.0.1:{server.port}",
        addresses=("192.0.2.2", "192.0.2.1", "2001:db8::1"),
        rcode="NOERROR",
    )


def test_aliases_are_kept() -> None:
    answers, _ = resolve(Addresses("192.0.2.1", cnames=("edge.cdn.test", "pop7.cdn.test")))
    assert answers.cnames == ("edge.cdn.test", "pop7.cdn.test")
    assert answers.addresses == ("192.0.2.1",)


def test_aliases_in_a_circle_lead_nowhere() -> None:
    error = refuse(Addresses(cnames=("a.test", "news.test", "a.test")))
    assert error.failure.kind is FailureKind.DNS_NO_ANSWER
    assert "contradicts itself" in error.failure.detail


@pytest.mark.parametrize(
    ("behaviour", "kind", "rcode"),
    [
        (Rcode("NXDOMAIN"), FailureKind.DNS_NXDOMAIN, "NXDOMAIN"),
        (Rcode("NOERROR"), FailureKind.DNS_NO_ANSWER, "NOERROR"),
        (Rcode("SERVFAIL"), FailureKind.DNS_SERVFAIL, "SERVFAIL"),
        (Rcode("REFUSED"), FailureKind.DNS_REFUSED, "REFUSED"),
        (Rcode("NOTIMP"), FailureKind.DNS_SERVFAIL, "NOTIMP"),
        (Silence(), FailureKind.DNS_TIMEOUT, None),
        (Garbage(b"\xff" * 40), FailureKind.DNS_TIMEOUT, None),
        (Garbage(b""), FailureKind.DNS_TIMEOUT, None),
    ],
)
def test_each_way_to_get_no_address_is_told_apart(
    behaviour: Behaviour, kind: FailureKind, rcode: str | None
) -> None:
    error = refuse(behaviour, timeout_s=0.4)
    assert error.failure.kind is kind
    assert error.failure.detail.startswith("news.test: ")
    assert error.answers.rcode == rcode
    assert error.answers.addresses == ()
    assert error.answers.resolver in error.failure.detail


def test_garbage_before_the_answer_is_passed_over() -> None:
    answers, _ = resolve(Garbage(b"\x00\x01nonsense", Addresses("192.0.2.1")))
    assert answers.addresses == ("192.0.2.1",)


def test_a_reply_to_another_question_is_no_reply() -> None:
    # What a blind spoofer sends: a whole message whose id and question are not ours.
    forged = bytes.fromhex("000081800001000100000000") + b"\x04evil\x04test\x00\x00\x01\x00\x01"
    forged += b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x0a\x22\x22"
    answers, _ = resolve(Garbage(forged, Addresses("192.0.2.1")), collect_window_s=0.05)
    assert answers.addresses == ("192.0.2.1",)


def test_a_closed_port_is_told_at_once_and_with_its_number() -> None:
    with DnsServer({}) as server:
        address = server.address
    began = time.monotonic()
    with pytest.raises(NameNotResolvedError) as caught:
        asyncio.run(Resolver([address], hosts_file=None, timeout_s=30).resolve("news.test"))
    assert caught.value.failure.kind is FailureKind.DNS_TIMEOUT
    assert caught.value.failure.errno == 111
    assert time.monotonic() - began < 10


def test_a_lost_packet_is_asked_again() -> None:
    answers, server = resolve(Changing((Silence(), Addresses("192.0.2.1"))), timeout_s=0.6)
    assert answers.addresses == ("192.0.2.1",)
    assert server.asked("news.test") == 2


def test_a_cut_reply_is_asked_again_over_tcp() -> None:
    many = [f"192.0.2.{number}" for number in range(60)]
    answers, server = resolve(Truncated(Addresses(*many, "2001:db8::1")))
    assert answers.addresses == (*many, "2001:db8::1")
    assert ("news.test", "A", "tcp") in server.questions


def test_a_huge_reply_is_bounded() -> None:
    many = [f"198.51.{high}.{low}" for high in range(8) for low in range(250)]
    answers, _ = resolve(Truncated(Addresses(*many)))
    assert answers.addresses == tuple(many[:64])


def test_a_server_that_never_answers_aaaa_costs_a_second_not_the_name() -> None:
    began = time.monotonic()
    answers, _ = resolve(OnlyFamily("A", Addresses("192.0.2.1")), timeout_s=20)
    assert answers.addresses == ("192.0.2.1",)
    assert time.monotonic() - began < 5


def test_a_name_with_only_ipv6_resolves() -> None:
    answers, _ = resolve(Addresses("2001:db8::7"))
    assert answers.addresses == ("2001:db8::7",)


def test_the_second_server_is_asked_when_the_first_has_trouble_of_its_own() -> None:
    with (
        DnsServer({"news.test": Rcode("SERVFAIL")}) as broken,
        DnsServer({"news.test": Addresses("192.0.2.1")}) as whole,
    ):
        resolver = Resolver([broken.address, whole.address], hosts_file=None)
        answers = asyncio.run(resolver.resolve("news.test"))
    assert answers.addresses == ("192.0.2.1",)
    assert answers.resolver == f"127.0.0.1:{whole.port}"


def test_the_second_server_is_not_asked_when_the_first_says_that_the_name_does_not_exist() -> None:
    with DnsServer({}) as first, DnsServer({"news.test": Addresses("192.0.2.1")}) as second:
        resolver = Resolver([first.address, second.address], hosts_file=None)
        with pytest.raises(NameNotResolvedError, match="NXDOMAIN"):
            asyncio.run(resolver.resolve("news.test"))
    assert second.questions == []


def test_a_name_server_on_ipv6_is_asked() -> None:
    with DnsServer({"news.test": Addresses("192.0.2.1")}, host="::1") as server:
        answers = asyncio.run(Resolver([server.address], hosts_file=None).resolve("news.test"))
    assert answers.resolver == f"[::1]:{server.port}"


INJECTED = Several((Addresses("10.10.34.34", "d0::11"), Addresses("192.0.2.1", "2001:db8::1")))


def test_without_a_window_the_first_reply_is_the_answer() -> None:
    answers, _ = resolve(INJECTED)
    assert answers.addresses == ("10.10.34.34", "d0::11")


def test_with_a_window_the_injected_and_the_real_answer_are_both_kept() -> None:
    answers, _ = resolve(INJECTED, collect_window_s=0.2)
    assert set(answers.addresses) == {"10.10.34.34", "d0::11", "192.0.2.1", "2001:db8::1"}


def test_with_a_window_a_forged_nxdomain_does_not_hide_the_answer() -> None:
    answers, _ = resolve(Several((Rcode("NXDOMAIN"), Addresses("192.0.2.1"))), collect_window_s=0.2)
    assert answers.addresses == ("192.0.2.1",)


def ask_twice(behaviour: Behaviour, pause_s: float = 0.0, **options: object) -> tuple[list[str], int]:
    """Resolve the same name two times; return the first address of each and how often it was asked."""

    async def both(resolver: Resolver) -> list[str]:
        first = await resolver.resolve("news.test")
        await asyncio.sleep(pause_s)
        return [first.addresses[0], (await resolver.resolve("NEWS.test.")).addresses[0]]

    with DnsServer({"news.test": behaviour}) as server:
        resolver = Resolver([server.address], hosts_file=None, **options)  # type: ignore[arg-type]
        return asyncio.run(both(resolver)), server.asked("news.test")


REBINDING = Changing((Addresses("192.0.2.1", ttl=0), Addresses("127.0.0.1", ttl=0)))


def test_an_answer_is_kept_at_least_for_the_lower_bound_whatever_its_ttl() -> None:
    assert ask_twice(REBINDING, cache_ttl_s=(60.0, 900.0)) == (["192.0.2.1", "192.0.2.1"], 1)


def test_an_answer_is_kept_at_most_for_the_upper_bound() -> None:
    lasting = Changing((Addresses("192.0.2.1", ttl=86400), Addresses("192.0.2.2", ttl=86400)))
    kept = ask_twice(lasting, pause_s=0.06, cache_ttl_s=(0.0, 0.05))
    assert kept == (["192.0.2.1", "192.0.2.2"], 2)


def test_a_changed_answer_is_seen_after_its_time() -> None:
    assert ask_twice(REBINDING, cache_ttl_s=(0.0, 900.0)) == (["192.0.2.1", "127.0.0.1"], 2)


def test_the_cache_holds_no_more_names_than_it_may() -> None:
    zones = {f"n{number}.test": Addresses("192.0.2.1") for number in range(5)}

    async def everything(resolver: Resolver) -> None:
        for name in [*zones, "n4.test", "n0.test"]:
            await resolver.resolve(name)

    with DnsServer(zones) as server:
        asyncio.run(everything(Resolver([server.address], hosts_file=None, cache_names=3)))
        assert server.asked("n4.test") == 1
        assert server.asked("n0.test") == 2


def test_a_missing_name_is_asked_once_and_a_failing_server_each_time() -> None:
    async def twice(resolver: Resolver, name: str) -> None:
        for _ in range(2):
            with pytest.raises(NameNotResolvedError):
                await resolver.resolve(name)

    with DnsServer({"broken.test": Rcode("SERVFAIL")}) as server:
        resolver = Resolver([server.address], hosts_file=None)
        asyncio.run(twice(resolver, "gone.test"))
        asyncio.run(twice(resolver, "broken.test"))
        assert server.asked("gone.test") == 1
        assert server.asked("broken.test") == 2


def test_many_callers_share_one_question_and_one_that_gives_up_takes_nothing_from_the_others() -> None:
    async def many(resolver: Resolver) -> list[DnsAnswers | BaseException]:
        tasks = [asyncio.create_task(resolver.resolve("news.test")) for _ in range(10)]
        await asyncio.sleep(0)
        tasks[0].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    with DnsServer({"news.test": Addresses("192.0.2.1")}) as server:
        results = asyncio.run(many(Resolver([server.address], hosts_file=None)))
        assert server.asked("news.test") == 1
    assert isinstance(results[0], asyncio.CancelledError)
    assert all(isinstance(each, DnsAnswers) for each in results[1:])


def test_closing_ends_what_is_being_asked() -> None:
    async def give_up(resolver: Resolver) -> None:
        task = asyncio.create_task(resolver.resolve("news.test"))
        await asyncio.sleep(0.02)
        await resolver.close()
        with pytest.raises(asyncio.CancelledError):
            await task

    with DnsServer({"news.test": Silence()}) as server:
        began = time.monotonic()
        asyncio.run(give_up(Resolver([server.address], hosts_file=None, timeout_s=30)))
        assert time.monotonic() - began < 5


def test_literals_and_their_tricks_ask_nobody() -> None:
    with DnsServer({}) as server:
        resolver = Resolver([server.address])
        for host, address in [
            ("192.0.2.1", "192.0.2.1"),
            ("[2001:DB8::1]", "2001:db8::1"),
            ("2130706433", "127.0.0.1"),
            ("0x7f.1", "127.0.0.1"),
        ]:
            assert asyncio.run(resolver.resolve(host)) == DnsAnswers(
                name=address, resolver="literal", addresses=(address,)
            )
        assert server.questions == []


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST.", "a.b.localhost"])
def test_localhost_is_loopback_and_never_asked_for(name: str) -> None:
    with DnsServer({"localhost": Addresses("192.0.2.1")}) as server:
        answers = asyncio.run(Resolver([server.address]).resolve(name))
        assert (answers.addresses, answers.resolver) == (("127.0.0.1", "::1"), "rfc6761")
        assert server.questions == []


def test_the_hosts_file_comes_first_and_is_read_again_when_it_changes(tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    hosts.write_text(
        "192.0.2.1 News.Test other.test # a comment 192.0.2.9\n# 192.0.2.8 news.test\n\n"
        "2001:db8::1\tnews.test\nnot-an-address news.test\n192.0.2.1\n",
        encoding="utf-8",
    )
    with DnsServer({"news.test": Addresses("203.0.113.1")}) as server:
        resolver = Resolver([server.address], hosts_file=hosts)
        answers = asyncio.run(resolver.resolve("news.test"))
        assert answers == DnsAnswers(
            name="news.test", resolver=str(hosts), addresses=("192.0.2.1", "2001:db8::1")
        )
        hosts.write_text("192.0.2.2 elsewhere.test\n", encoding="utf-8")
        assert asyncio.run(resolver.resolve("news.test")).addresses == ("203.0.113.1",)
        assert asyncio.run(resolver.resolve("elsewhere.test")).addresses == ("192.0.2.2",)


def test_persian_names_are_asked_for_in_their_ascii_form() -> None:
    with DnsServer({"xn--mgbqe8g34a.test": Addresses("192.0.2.1")}) as server:
        answers = asyncio.run(Resolver([server.address], hosts_file=None).resolve("رادیو.test"))
    assert answers.name == "xn--mgbqe8g34a.test"
    assert answers.addresses == ("192.0.2.1",)


def test_the_servers_of_resolv_conf_are_asked(tmp_path: Path) -> None:
    conf = tmp_path / "resolv.conf"
    # Port 53 of an address of loopback where nobody listens: what is shown is who was asked.
    conf.write_text("search corp.test\nnameserver 127.53.53.53\n", encoding="utf-8")
    resolver = Resolver(hosts_file=None, resolv_conf=conf, timeout_s=1)
    with pytest.raises(NameNotResolvedError) as caught:
        asyncio.run(resolver.resolve("news.test"))
    assert caught.value.answers.resolver == "127.53.53.53:53"


def test_the_system_resolver_is_asked_only_where_no_server_is_named_and_it_is_said(tmp_path: Path) -> None:
    resolver = Resolver(hosts_file=None, resolv_conf=tmp_path / "absent")
    with pytest.raises(NameNotResolvedError, match="system's resolver") as caught:
        # glibc refuses a name that begins with "-" without asking the network (seen with strace).
        asyncio.run(resolver.resolve("-absent.invalid"))
    assert caught.value.failure.kind is FailureKind.DNS_NXDOMAIN
    assert caught.value.answers == DnsAnswers(name="-absent.invalid", resolver="system", addresses=())


def test_what_the_system_resolver_knows_is_an_answer(tmp_path: Path) -> None:
    known = read_hosts(Path("/etc/hosts"))
    name = next((each for each in known if "localhost" not in each and not each.startswith("ip6-")), None)
    if name is None:
        pytest.skip("the hosts file of this machine names nothing but localhost")
    resolver = Resolver(hosts_file=None, resolv_conf=tmp_path / "absent")
    answers = asyncio.run(resolver.resolve(name))
    assert answers.resolver == "system"
    assert set(answers.addresses) == set(known[name])


def test_without_a_server_to_ask_only_what_needs_none_is_known() -> None:
    resolver = Resolver(nameservers=(), hosts_file=None)
    assert asyncio.run(resolver.resolve("127.0.0.1")).addresses == ("127.0.0.1",)
    with pytest.raises(NameNotResolvedError, match="no name server"):
        asyncio.run(resolver.resolve("news.test"))


def test_it_works_on_uvloop_as_well() -> None:
    zones = {
        "news.test": Addresses("192.0.2.1", "2001:db8::1"),
        "long.test": Truncated(Addresses("192.0.2.2")),
    }
    with DnsServer(zones, host="::1") as server, uvloop_runner() as runner:
        resolver = Resolver([server.address], hosts_file=None)
        assert runner.run(resolver.resolve("news.test")).addresses == ("192.0.2.1", "2001:db8::1")
        assert runner.run(resolver.resolve("long.test")).addresses == ("192.0.2.2",)
        with pytest.raises(NameNotResolvedError, match="NXDOMAIN"):
            runner.run(resolver.resolve("gone.test"))
    closed = Resolver([server.address], hosts_file=None)
    with uvloop_runner() as runner, pytest.raises(NameNotResolvedError, match="cannot be asked"):
        runner.run(closed.resolve("news.test"))


def uvloop_runner() -> asyncio.Runner:
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


def test_what_is_no_host_is_never_asked_for() -> None:
    with DnsServer({}) as server:
        for host in ["", "a b", "a..b", "1.2.3.4.5", "x" * 64 + ".test"]:
            with pytest.raises(BadUrlError):
                asyncio.run(Resolver([server.address]).resolve(host))
        assert server.questions == []


def test_contradictory_settings_are_refused() -> None:
    with pytest.raises(BadConfigurationError, match="cache_ttl_s"):
        Resolver(cache_ttl_s=(10, 5))
    with pytest.raises(BadConfigurationError, match="nameservers"):
        Resolver([("dns.example", 53)])
