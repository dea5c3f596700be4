"""``mandegar probe``: whether a page is reachable, blocked or down from here, and what says so."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from crawler.job import CrawlOptions, crawl_settings
from crawler.reachability import Anchor, Look, Mirror, ReachabilityConfig, make_prober, read_reachability
from crawler.wire import ProxyUrl
from desk.cli.app import UNREACHED, JsonOption, app, desk, print_json
from desk.cli.crawl import setting_of
from desk.terminal import console, indented, isolated, safe
from model import ConnectionKind, EvidenceLevel, Probe, ProbeRole
from pipelines.verdicts import connection_line, judge_connection
from spiders import source_from_url

if TYPE_CHECKING:
    from pathlib import Path

    from model import ConnectionVerdict, Survey

_ANSWERED = {ConnectionKind.REACHABLE, ConnectionKind.CHALLENGE, ConnectionKind.RESTRICTED}
_TITLES = {
    ProbeRole.TARGET: "The page",
    ProbeRole.HANDSHAKE: "The same address under another name",
    ProbeRole.CONTROL: "The page, from the control vantage",
    ProbeRole.SIBLING: "Another page of the host",
    ProbeRole.MIRROR: "Mirrors",
    ProbeRole.GATEWAY: "Our own network",
    ProbeRole.DOMESTIC: "Anchors in our country",
    ProbeRole.INTERNATIONAL: "Anchors of the world",
    ProbeRole.INSIDE: "Hosts inside the watched country",
}


@app.command(
    epilog="Examples:  `mandegar probe https://www.example.org/` · "
    "`mandegar probe https://www.example.org/ --control socks5://127.0.0.1:9050`"
)
def probe(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="The page.")],
    control: Annotated[
        str, typer.Option(help="A proxy in another network (http://… or socks5://…, Tor for one).")
    ] = "",
    anchor: Annotated[
        list[str] | None,
        typer.Option(help="An https page that shows whether our own network works; may be repeated."),
    ] = None,
    mirror: Annotated[
        list[str] | None, typer.Option(help="The same page at another address; may be repeated.")
    ] = None,
    sibling: Annotated[
        str | None, typer.Option(help="Another page of the same host that is known to be good.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("-s", metavar="NAME=VALUE", help="A Scrapy setting.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether a page is reachable, blocked or down from here, and show what says so.

    What `[reachability]` in the archive's mandegar.toml names is asked, too; nobody else is. Nothing is
    archived.
    """
    config = _config(desk(context).archive_path, control, anchor or [])
    look = Look(
        url=url,
        sibling=sibling,
        mirrors=tuple(Mirror(url=one, operator=urlsplit(one).hostname or "") for one in mirror or ()),
    )
    options = CrawlOptions(settings=tuple(setting_of(text) for text in setting or ()))
    source = source_from_url(url)
    settings = crawl_settings(source, options, desk(context).archive_path)
    given = [url, *(mirror or ()), *([sibling] if sibling else ())]

    async def run() -> Survey:
        prober = make_prober(config, settings, source, given)
        try:
            return await prober.survey(look)
        finally:
            await prober.close()

    survey = asyncio.run(run())
    verdict = judge_connection(survey)
    if as_json:
        print_json({"verdict": verdict, "survey": survey})
    else:
        _show(survey, verdict)
    if verdict.kind not in _ANSWERED:
        raise typer.Exit(UNREACHED)


def _config(archive: Path, control: str, anchors: list[str]) -> ReachabilityConfig:
    marker = archive / "mandegar.toml"
    config = read_reachability(marker) if marker.is_file() else ReachabilityConfig()
    named = tuple(Anchor(url=one, network=urlsplit(one).hostname or one) for one in anchors)
    return replace(
        config,
        control=ProxyUrl.parse(control) if control else config.control,
        anchors=(*config.anchors, *named),
    )


def _show(survey: Survey, verdict: ConnectionVerdict) -> None:
    out = console()
    out.print(isolated(survey.url), style="bold", soft_wrap=True)
    out.print(indented(connection_line(verdict), "  "), soft_wrap=True)
    out.print(
        f"  verdict: {verdict.kind.value} ({verdict.confidence:.2f}), by {verdict.rules_version}",
        soft_wrap=True,
    )
    out.print(indented(f"why: {verdict.reason or 'no rule applied'}", "  "), soft_wrap=True)
    out.print(indented(f"seen from: {_vantage(survey)}", "  "), soft_wrap=True)
    shown: ProbeRole | None = None
    for one in survey.probes:
        if one.role is not shown:
            shown = one.role
            out.print(f"\n{_TITLES[shown]}:", style="bold")
        out.print(indented(_stages(one), "  "), soft_wrap=True)
    if verdict.rules:
        out.print("\nRules:", style="bold")
    for hit in verdict.rules:
        level = "" if hit.level is EvidenceLevel.SCORED else f" ({hit.level.value})"
        weights = f"blocked {hit.blocked:.2f} · down {hit.down:.2f} · ok {hit.ok:.2f}"
        out.print(f"  {hit.rule}{level}: {weights}", soft_wrap=True)
        out.print(indented(hit.why, "    "), style="dim", soft_wrap=True)


def _vantage(survey: Survey) -> str:
    vantage = survey.vantage
    network = f"AS{vantage.asn}" if vantage.asn is not None else "network not named"
    asked = f"names from {vantage.resolver}" if vantage.resolver else "no name was asked for"
    return f"{vantage.country or 'country not named'}, {network}, {asked}, {vantage.transport}"


def _stages(probe: Probe) -> str:
    """Return one attempt, stage by stage, in one line."""
    seen = probe.observation
    parts = [safe(seen.url) if probe.role is not ProbeRole.TARGET or probe.hop else f"try {probe.attempt}"]
    if probe.server_name is not None:
        parts = [f"name {probe.server_name}" if probe.server_name else "no name"]
    if probe.network:
        parts.append(f"({probe.network})")
    if seen.dns is not None:
        replies = [
            f"{', '.join(reply.addresses) or reply.rcode or 'nothing'} after {reply.after_ms} ms"
            for reply in seen.dns.replies
            if reply.family == "A" or reply.addresses
        ]
        told = " | ".join(replies) or ", ".join(seen.dns.addresses) or seen.dns.rcode or "no answer"
        parts.append(f"· names: {told}")
    parts += [f"· {attempt.address} port {attempt.port}: {attempt.outcome}" for attempt in seen.connects[:4]]
    if seen.tls is not None and seen.tls.version is not None:
        parts.append(f"· {seen.tls.version}, {'verified' if seen.tls.verified else 'not verified'}")
    if probe.answer is not None:
        cut = "" if probe.answer.whole else ", cut"
        parts.append(f"· {probe.answer.status}, {probe.answer.body_length:,} bytes{cut}")
    if seen.failure is not None:
        said = seen.connects[-1].outcome if seen.connects else ""
        kind = seen.failure.kind.value
        parts.append(
            f"({safe(seen.failure.detail)})" if said == kind else f"· {kind} ({safe(seen.failure.detail)})"
        )
    return " ".join(parts)
