"""The probe's own ways: what it is told, what it asks whom, and what it leaves alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from samples.censored import article, response
from servers.awkward_http import FIN, AwkwardServer
from servers.censor import ResetOnAccept, closed_port
from servers.dns_server import Addresses, DnsServer
from servers.proxies import HttpProxy, Socks5Proxy

from archive.objects.settings import read_settings
from crawler.reachability import Anchor, Look, Mirror, Prober, ReachabilityConfig, read_reachability
from crawler.wire import AddressGuard, ProxyUrl
from model import BadConfigurationError, BadUrlError, ConnectionKind, ProbeRole, Survey
from pipelines.verdicts import judge_connection

PAGE = response(article())
FAST = {"timeout_s": 0.5, "dns_window_s": 0.05}


def look_at(look: Look, config: ReachabilityConfig, times: int = 1, **options: object) -> list[Survey]:
    """Return surveys of the same page, made by one prober one after the other."""

    async def run() -> list[Survey]:
        prober = Prober(
            config,
            guard=AddressGuard(allowed_ranges=["127.0.0.0/8"]),
            nameservers=options.pop("nameservers", ()),  # type: ignore[arg-type]
            **options,  # type: ignore[arg-type]
        )
        try:
            return [await prober.survey(look) for _ in range(times)]
        finally:
            await prober.close()

    return asyncio.run(run())


def test_without_configuration_only_the_target_is_asked() -> None:
    with AwkwardServer() as server:
        server.on("/a", PAGE, then=FIN)
        (survey,) = look_at(Look(url=server.url("/a")), ReachabilityConfig(**FAST))
    assert [probe.role for probe in survey.probes] == [ProbeRole.TARGET]
    assert len(server.seen) == 1
    assert survey.vantage.transport == "direct"
    assert survey.vantage.country is None


def test_anchors_are_asked_once_for_many_pages() -> None:
    with AwkwardServer() as anchor:
        anchor.on("/", response(b"", "204 No Content"))
        config = ReachabilityConfig(anchors=(Anchor(url=anchor.url(), network="a", status=204),), **FAST)
        surveys = look_at(Look(url=f"http://127.0.0.1:{closed_port()}/"), config, times=3)
        assert len(anchor.seen) == 1
    assert all(len(survey.of(ProbeRole.INTERNATIONAL)) == 1 for survey in surveys)


def test_siblings_and_mirrors_are_asked_when_the_target_does_not_speak_for_itself() -> None:
    with AwkwardServer() as site, AwkwardServer() as mirror:
        site.on("/b", PAGE, then=FIN)
        site.on("/a", b"", then=FIN)
        mirror.on("/a", PAGE, then=FIN)
        look = Look(
            url=site.url("/a"),
            sibling=site.url("/b"),
            mirrors=(Mirror(url=mirror.url("/a"), operator="RSF"),),
        )
        (survey,) = look_at(look, ReachabilityConfig(**FAST))
    assert [probe.answer.status for probe in survey.of(ProbeRole.SIBLING) if probe.answer] == [200]
    assert [probe.network for probe in survey.of(ProbeRole.MIRROR)] == ["RSF"]
    assert [probe.attempt for probe in survey.of(ProbeRole.TARGET)] == [1, 2]


def test_one_lost_connection_is_no_finding() -> None:
    with AwkwardServer() as site:
        site.on("/a", PAGE, then=FIN)
        with ResetOnAccept(first=1, then=site.port) as censor:
            (survey,) = look_at(Look(url=f"http://127.0.0.1:{censor.port}/a"), ReachabilityConfig(**FAST))
    assert judge_connection(survey).kind is ConnectionKind.REACHABLE
    assert [probe.observation.failure is None for probe in survey.of(ProbeRole.TARGET)] == [False, True]


def test_every_hop_of_a_redirect_is_kept_and_a_circle_ends() -> None:
    with AwkwardServer() as site:
        site.on("/a", response(b"", "302 Found", "Location: /b"), then=FIN)
        site.on("/b", response(b"", "302 Found", "Location: /a"), then=FIN)
        (survey,) = look_at(Look(url=site.url("/a")), ReachabilityConfig(**FAST))
    assert [(probe.hop, probe.observation.url.rpartition("/")[2]) for probe in survey.probes] == [
        (0, "a"),
        (1, "b"),
    ]


def test_headers_are_those_of_the_crawl_and_each_try_is_a_connection_of_its_own() -> None:
    with AwkwardServer() as site:
        site.on("/a", response(b"", "503 Service Unavailable").replace(b"Connection: close\r\n", b""))
        headers = ((b"User-Agent", b"mandegar-test"),)
        (survey,) = look_at(Look(url=site.url("/a")), ReachabilityConfig(**FAST), headers=headers)
        assert {one.connection for one in site.seen} == {1, 2}
        assert all(b"User-Agent: mandegar-test\r\n" in one.request for one in site.seen)
    assert not any(probe.observation.reused for probe in survey.probes)


def test_the_way_that_all_requests_go_is_part_of_the_vantage() -> None:
    with AwkwardServer() as site, HttpProxy({"news.test": site.port}) as proxy:
        site.on("/a", PAGE, then=FIN)
        through = ProxyUrl.parse(f"http://127.0.0.1:{proxy.port}")
        (survey,) = look_at(Look(url="http://news.test/a"), ReachabilityConfig(**FAST), proxy=through)
    assert survey.vantage.transport == f"http://127.0.0.1:{proxy.port}"
    assert survey.vantage.resolver == ""


def test_who_was_asked_for_names_is_part_of_the_vantage() -> None:
    with AwkwardServer() as site, DnsServer({"news.test": Addresses("127.0.0.1")}) as names:
        site.on("/a", PAGE, then=FIN)
        look = Look(url=f"http://news.test:{site.port}/a")
        config = ReachabilityConfig(country="NL", asn=64500, **FAST)
        (survey,) = look_at(look, config, nameservers=[names.address])
    assert (survey.vantage.country, survey.vantage.asn) == ("NL", 64500)
    assert survey.vantage.resolver == f"127.0.0.1:{names.port}"


ONION = "mandegar" + "a" * 48 + ".onion"


def test_an_onion_address_is_asked_through_tor_and_never_of_a_name_server() -> None:
    with (
        AwkwardServer() as site,
        DnsServer({}) as names,
        Socks5Proxy({ONION: site.port, "127.0.0.1": closed_port()}) as tor,
    ):
        site.on("/a", PAGE, then=FIN)
        look = Look(url=f"http://127.0.0.1:{closed_port()}/a", mirrors=(Mirror(url=f"http://{ONION}/a"),))
        asked: dict[str, object] = {"nameservers": [names.address]}
        (without,) = look_at(look, ReachabilityConfig(**FAST), **asked)
        config = ReachabilityConfig(control=ProxyUrl.parse(f"socks5://127.0.0.1:{tor.port}"), **FAST)
        (through,) = look_at(look, config, nameservers=[names.address])
        (itself,) = look_at(Look(url=f"http://{ONION}/a"), config, nameservers=[names.address])
        assert names.questions == []
    (failed,) = without.of(ProbeRole.MIRROR)
    assert failed.observation.failure is not None
    assert "through Tor only" in failed.observation.failure.detail
    (found,) = through.of(ProbeRole.MIRROR)
    assert found.answer is not None
    assert itself.vantage.transport == f"socks5://127.0.0.1:{tor.port}"
    assert itself.of(ProbeRole.CONTROL) == ()


def test_a_long_body_is_kept_in_part_and_counted_whole() -> None:
    with AwkwardServer() as site:
        site.on("/a", response(b"x" * 300_000), then=FIN)
        (survey,) = look_at(Look(url=site.url("/a")), ReachabilityConfig(**FAST))
    answer = survey.probes[0].answer
    assert answer is not None
    assert (len(answer.body), answer.body_length, answer.whole) == (128 * 1024, 300_000, True)


def test_what_is_no_web_address_is_refused() -> None:
    with pytest.raises(BadUrlError):
        look_at(Look(url="ftp://news.test/"), ReachabilityConfig(**FAST))


# --- configuration


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        marker = tmp_path / "mandegar.toml"
        marker.write_text("format = 1\n" + text, encoding="utf-8")
        return marker

    return write


def test_the_archive_says_whom_to_ask(written: Callable[[str], Path]) -> None:
    marker = written(
        """
        [reachability]
        country = "IR"
        asn = 64500
        control = "socks5://127.0.0.1:9050"
        tries = 3
        timeout_s = 5
        dns_window_ms = 250
        [[reachability.anchors]]
        url = "https://a.example/"
        network = "AS64501"
        [[reachability.anchors]]
        url = "http://192.0.2.1/"
        role = "gateway"
        status = 200
        [[reachability.anchors]]
        url = "https://b.example.ir/"
        role = "inside"
        country = "IR"
        """
    )
    assert read_reachability(marker) == ReachabilityConfig(
        country="IR",
        asn=64500,
        control=ProxyUrl.parse("socks5://127.0.0.1:9050"),
        tries=3,
        timeout_s=5,
        dns_window_s=0.25,
        anchors=(
            Anchor(url="https://a.example/", network="AS64501"),
            Anchor(url="http://192.0.2.1/", role=ProbeRole.GATEWAY, status=200),
            Anchor(url="https://b.example.ir/", role=ProbeRole.INSIDE, country="IR"),
        ),
    )
    # The archive's own reader of the file leaves the table alone.
    assert read_settings(marker).stores == ()


def test_an_archive_that_says_nothing_asks_nobody(written: Callable[[str], Path]) -> None:
    assert read_reachability(written("")) == ReachabilityConfig()
    assert ReachabilityConfig().anchors == ()
    assert ReachabilityConfig().control is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[reachability]\ncountry = "Holland"', "two capital letters"),
        ("[reachability]\ncountri = 1", "no such setting"),
        ("[reachability]\ntries = 0", "from 1 to 10"),
        ("[reachability]\ntries = true", "not what belongs there"),
        ("[reachability]\ntimeout_s = -1", "more than 0"),
        ("[reachability]\ndns_window_ms = 99999", "milliseconds"),
        ('[reachability]\ncontrol = "ftp://x"', "no proxy we know"),
        ('[reachability]\ncontrol = "socks5://user:secret@x"', "holds a login"),
        ("reachability = 7", "it is a table"),
        ("[reachability]\nanchors = 7", "table of its own"),
        ('[[reachability.anchors]]\nnetwork = "a"', "missing"),
        ('[[reachability.anchors]]\nurl = "news"', "http:// or https://"),
        ('[[reachability.anchors]]\nurl = "http://a.example/"', "captive portal"),
        ('[[reachability.anchors]]\nurl = "https://a.example/"\nrole = "target"', "known are"),
        ('[[reachability.anchors]]\nurl = "https://a.example/"\nrole = "inside"', "inside which country"),
        ("[reachability", "cannot be read"),
    ],
)
def test_mistakes_are_told_by_place(written: Callable[[str], Path], text: str, told: str) -> None:
    with pytest.raises(BadConfigurationError, match=r"mandegar\.toml") as caught:
        read_reachability(written(text))
    assert told in str(caught.value)
    assert "secret@" not in str(caught.value)
