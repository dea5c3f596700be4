"""``mandegar probe`` on the command line, against real servers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from samples.censored import article, response
from servers.awkward_http import FIN, AwkwardServer
from servers.censor import RESET, SniFilter, closed_port
from servers.certificates import certificates
from servers.dns_server import Addresses, DnsServer, Several
from servers.proxies import Socks5Proxy
from servers.tls_server import TlsServer

from desk.cli import main
from model import ConnectionVerdict, Survey, from_json
from pipelines.verdicts import judge_connection

Ran = tuple[int, str, str]
Run = Callable[..., Ran]
PAGE = response(article())


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def running(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["mandegar", "--archive", str(tmp_path), "probe", *arguments])
        monkeypatch.setenv("COLUMNS", "100")
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return running


def test_a_page_that_answers(run: Run) -> None:
    with AwkwardServer() as site:
        site.on("/a", PAGE, then=FIN)
        code, out, _ = run(site.url("/a"))
        assert b"mandegar" in site.seen[0].request.lower()
        assert b"\r\nAccept-Encoding: " in site.seen[0].request
    assert code == 0
    assert "connection: uncensored" in out
    assert "verdict: reachable" in out
    assert "seen from: country not named" in out


def test_a_page_that_does_not_answer_is_exit_4_and_names_no_culprit(run: Run) -> None:
    code, out, _ = run(f"http://127.0.0.1:{closed_port()}/a")
    assert code == 4
    assert "connection: failed (whose doing it is cannot be told)" in out
    assert "connect_refused" in out


def test_a_filter_by_name_is_shown_with_all_that_proves_it(run: Run, tmp_path: Path) -> None:
    ours = certificates()
    injected = Several((Addresses("10.10.34.34"), Addresses("127.0.0.1")))
    with (
        TlsServer(ours.good, response=PAGE) as site,
        SniFilter(site.port, blocked=("news.test",), action=RESET) as censor,
        DnsServer({"news.test": injected, "b.news.test": Addresses("127.0.0.1")}) as names,
        Socks5Proxy({"news.test": site.port}) as socks,
        AwkwardServer() as anchor,
    ):
        anchor.on("/", response(b"", "204 No Content"))
        (tmp_path / "mandegar.toml").write_text(
            f"""
            format = 1
            [reachability]
            country = "IR"
            timeout_s = 2
            dns_window_ms = 100
            [[reachability.anchors]]
            url = "http://127.0.0.1:{anchor.port}/"
            network = "AS64500"
            status = 204
            """,
            encoding="utf-8",
        )
        common = (
            "--control",
            f"socks5://127.0.0.1:{socks.port}",
            "-s",
            f"MANDEGAR_NAMESERVERS=127.0.0.1:{names.port}",
            "-s",
            "MANDEGAR_ALLOWED_RANGES=127.0.0.0/8",
            "-s",
            f"MANDEGAR_EXTRA_CA_FILES={ours.ca_file}",
        )
        code, out, _ = run(f"https://news.test:{censor.port}/a", *common)
        assert code == 4
        assert "connection: probably censored (dns injection, seen from IR)" in " ".join(out.split())
        assert "10.10.34.34 after" in " ".join(out.split())
        for title in ("The page:", "The same address under another name:", "Anchors of the world:"):
            assert title in out
        names.zones["news.test"] = Addresses("127.0.0.1")
        code, out, _ = run(f"https://news.test:{censor.port}/a", *common, "--json")
    assert code == 4
    told = json.loads(out)
    verdict = from_json(ConnectionVerdict, told["verdict"])
    assert verdict.kind.value == "blocked_tls_reset"
    assert verdict.rules[0].rule == "tls.reset_by_name"
    assert judge_connection(from_json(Survey, told["survey"])) == verdict


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("ftp://news.test/",), "http"),
        (("http://news.test/", "--control", "gopher://x"), "no proxy we know"),
        (("http://news.test/", "--anchor", "http://a.test/"), "captive portal"),
    ],
)
def test_what_cannot_be_used_is_one_line(run: Run, arguments: tuple[str, ...], told: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert told in err
    assert len(err.strip().splitlines()) == 1
