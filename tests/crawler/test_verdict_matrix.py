"""Everything a censor does on loopback, with and without a control, anchors up and down: the verdicts.

All cells are probed at once, in one event loop, with real sockets; then each is a test. ``docs/verdicts.md``
holds the same table, and a test says so.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from samples.censored import response
from samples.censorship import ARTICLE, ROWS, Row, table
from servers.awkward_http import FIN, AwkwardServer
from servers.censor import closed_port
from servers.certificates import certificates
from servers.dns_server import DnsServer
from servers.proxies import Socks5Proxy
from servers.tls_server import TlsServer

from crawler.reachability import Anchor, Look, Mirror, Prober, ReachabilityConfig
from crawler.wire import AddressGuard, ProxyUrl, TrustStore
from model import ConnectionVerdict, ProbeRole, Stage, Survey, from_json, json_text
from pipelines.verdicts import judge_connection

DOCS = Path(__file__).resolve().parents[2] / "docs" / "verdicts.md"
CELLS = [(control, anchors) for anchors in ("up", "down") for control in ("control", "mirror", "alone")]
NAMES = [row.name for row in ROWS]
# Loopback answers in a millisecond; what must not answer is waited for so long, also on a busy machine.
TIMEOUT_S = 0.5
WINDOW_S = 0.08

Results = dict[tuple[str, str, str], tuple[Survey, ConnectionVerdict]]


@pytest.fixture(scope="module")
def results() -> Iterator[Results]:
    """Give the survey and verdict of every cell."""
    with ExitStack() as stack:
        yield asyncio.run(_probe_all(stack))


async def _probe_all(stack: ExitStack) -> Results:
    anchor = stack.enter_context(AwkwardServer())
    anchor.on("/", response(b"", "204 No Content"))
    mirror = stack.enter_context(AwkwardServer())
    mirror.on("/article", ARTICLE, then=FIN)
    secure = stack.enter_context(TlsServer(certificates().good, response=ARTICLE))
    plain = stack.enter_context(AwkwardServer())
    plain.on("/article", ARTICLE, then=FIN)
    dead = closed_port()
    turns = asyncio.Semaphore(12)
    cells: list[tuple[tuple[str, str, str], ReachabilityConfig, tuple[str, int], Look]] = []
    for row in ROWS:
        port = row.place(stack)
        site = {"http": plain.port, "https": secure.port}[row.scheme]
        theirs = row.elsewhere(stack) if row.elsewhere else site
        names = stack.enter_context(DnsServer({"news.test": row.dns}))
        reply = 5 if _refuses(theirs) else 0
        socks = stack.enter_context(Socks5Proxy({"news.test": theirs}, reply=reply))
        for control, anchors in CELLS:
            config = ReachabilityConfig(
                country="NL",
                anchors=tuple(
                    Anchor(
                        url=f"http://127.0.0.1:{anchor.port if anchors == 'up' else dead}/",
                        network=network,
                        status=204,
                    )
                    for network in ("AS64500", "AS64501", "AS64502")
                ),
                control=ProxyUrl.parse(f"socks5://127.0.0.1:{socks.port}") if control == "control" else None,
                timeout_s=TIMEOUT_S,
                dns_window_s=WINDOW_S,
            )
            mirrors = (Mirror(url=f"http://127.0.0.1:{mirror.port}/article"),) if control == "mirror" else ()
            look = Look(url=f"{row.scheme}://news.test:{port}/article", mirrors=mirrors)
            cells.append(((row.name, control, anchors), config, names.address, look))
    found = dict(await asyncio.gather(*(_probe(turns, *cell) for cell in cells)))
    # What censors do is the same at every look; that a busy machine was slower than the limits is not.
    for cell in cells:
        name, control, anchors = cell[0]
        row = next(row for row in ROWS if row.name == name)
        if found[cell[0]][1].kind not in row.allowed(control, anchors):
            patient = replace(cell[1], timeout_s=4 * TIMEOUT_S, dns_window_s=4 * WINDOW_S)
            found |= [await _probe(turns, cell[0], patient, *cell[2:])]
    return found


def _refuses(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


async def _probe(
    turns: asyncio.Semaphore,
    cell: tuple[str, str, str],
    config: ReachabilityConfig,
    nameserver: tuple[str, int],
    look: Look,
) -> tuple[tuple[str, str, str], tuple[Survey, ConnectionVerdict]]:
    async with turns:
        prober = Prober(
            config,
            guard=AddressGuard(allowed_ranges=["127.0.0.0/8"]),
            trust=TrustStore(system=False, extra_ca_files=(certificates().ca_file,)),
            nameservers=[nameserver],
        )
        try:
            survey = await prober.survey(look)
        finally:
            await prober.close()
        return cell, (survey, judge_connection(survey))


@pytest.mark.parametrize("anchors", ["up", "down"])
@pytest.mark.parametrize("control", ["control", "mirror", "alone"])
@pytest.mark.parametrize("row", ROWS, ids=NAMES)
def test_the_verdict_is_the_one_that_the_evidence_bears(
    results: Results, row: Row, control: str, anchors: str
) -> None:
    survey, verdict = results[row.name, control, anchors]
    assert verdict.kind in row.allowed(control, anchors), [
        (hit.rule, hit.level.value, hit.blocked, hit.down, hit.ok, hit.why) for hit in verdict.rules
    ] + [(probe.role.value, probe.observation.failure) for probe in survey.probes]
    assert verdict.vantage.country == "NL"
    assert verdict.rules


def test_verdicts_are_made_again_from_what_was_kept(results: Results) -> None:
    for survey, verdict in results.values():
        kept = from_json(Survey, json.loads(json_text(survey)))
        assert kept == survey
        assert judge_connection(kept) == verdict
        assert from_json(ConnectionVerdict, json.loads(json_text(verdict))) == verdict


def test_only_the_rows_in_which_the_site_answered_let_content_change(results: Results) -> None:
    spoken = {cell[0] for cell, (_, verdict) in results.items() if verdict.kind.content_may_change}
    assert spoken == {
        "site: answers over TLS",
        "site: answers over plain http",
        "site: an article that quotes a block page",
        "site: 404 over TLS",
        "site: 410 over TLS",
    }


def test_nothing_that_the_guard_refuses_was_connected_to(results: Results) -> None:
    tried = {
        (attempt.address, attempt.outcome)
        for survey, _ in results.values()
        for probe in survey.probes
        for attempt in probe.observation.connects
        if not attempt.address.startswith("127.")
    }
    assert tried
    assert {outcome for _, outcome in tried} == {"address_refused"}


def test_injection_is_proved_by_both_answers_and_the_real_one_is_used(results: Results) -> None:
    survey, verdict = results["dns: injected, then the real answer", "alone", "up"]
    ruling = verdict.rules[0]
    assert ruling.rule == "dns.two_answers"
    first = survey.probes[ruling.probes[0]]
    assert first.observation.dns is not None
    said = [reply.addresses for reply in first.observation.dns.replies if reply.family == "A"]
    assert said == [("10.10.34.34",), ("127.0.0.1",)]
    assert set(first.closed) == {"10.10.34.34", "d0::11"}
    assert first.answer is not None
    assert first.answer.status == 200


def test_a_filter_by_name_is_proved_by_the_same_address_under_no_name(results: Results) -> None:
    survey, verdict = results["tls: RST after ClientHello by name", "control", "up"]
    assert verdict.rules[0].rule == "tls.reset_by_name"
    shaken = survey.of(ProbeRole.HANDSHAKE)
    assert [probe.server_name for probe in shaken] == ["", "www.example.org"]
    assert all(probe.observation.tls is not None and probe.observation.tls.chain for probe in shaken)
    assert survey.of(ProbeRole.TARGET)[0].observation.tls is not None
    everybody = results["tls: RST after any ClientHello", "control", "up"][1]
    assert everybody.rules[0].rule == "tls.reset"


def test_failures_have_ooni_names(results: Results) -> None:
    assert (
        results["tls: RST after ClientHello by name", "alone", "up"][1].failures == ("connection_reset",) * 2
    )
    assert results["dns: NXDOMAIN", "alone", "up"][1].failures == ("dns_nxdomain_error",) * 2
    assert (
        results["tls: silence after any ClientHello", "alone", "up"][1].failures
        == ("generic_timeout_error",) * 2
    )
    assert results["dns: only 10.10.34.34", "alone", "up"][1].failures == ("dns_bogon_error",) * 2


def test_the_target_that_proves_itself_is_asked_alone(results: Results) -> None:
    survey, _ = results["site: answers over TLS", "control", "up"]
    assert [probe.role for probe in survey.probes] == [ProbeRole.TARGET]


def test_forged_certificates_are_told_apart_and_kept(results: Results) -> None:
    rules = {
        name: results[f"tls: {name}", "control", "up"][1].rules[0].rule
        for name in (
            "certificate signed by itself",
            "certificate for another name",
            "certificate expired",
            "certificate of an unknown issuer",
            "plain text on 443",
        )
    }
    assert len(set(rules.values())) == 5
    survey, _ = results["tls: certificate signed by itself", "alone", "up"]
    target = survey.probes[0].observation
    assert target.tls is not None
    assert target.tls.chain == certificates().self_signed.der
    assert target.request == b""
    assert target.failure is not None
    assert target.failure.kind.stage is Stage.TLS


def test_the_matrix_in_the_documentation_is_this_one() -> None:
    text = DOCS.read_text(encoding="utf-8")
    shown = text.partition("<!-- matrix -->\n")[2].partition("\n<!-- end of matrix -->")[0]
    assert shown == table(), f"put this between the marks of docs/verdicts.md:\n{table()}"
