"""Surveys made without a network, for rules and benchmarks: what was seen is said in a few words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from model import (
    Answer,
    ConnectAttempt,
    DnsAnswers,
    Failure,
    FailureKind,
    Observation,
    Probe,
    ProbeRole,
    Stage,
    Survey,
    TlsFacts,
    Vantage,
)

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
SITE = "198.51.100.7"
RESOLVER = "192.0.2.53:53"
CHAIN = (b"site",)


def seen(
    failure: FailureKind | None = None,
    *,
    status: int | None = None,
    body: bytes = b"",
    headers: tuple[tuple[bytes, bytes], ...] = (),
    url: str = "http://news.example/a",
    role: ProbeRole = ProbeRole.TARGET,
    addresses: tuple[str, ...] = (SITE,),
    closed: tuple[str, ...] = (),
    replies: tuple = (),
    whole: bool = True,
    seconds: float = 0.2,
    chain: tuple[bytes, ...] = CHAIN,
    proxy: str | None = None,
    attempt: int = 1,
    hop: int = 0,
    network: str = "",
    country: str | None = None,
    expected_status: int | None = None,
    server_name: str | None = None,
    record_id: str | None = None,
) -> Probe:
    """Return one attempt: what failed, or what was answered, or both when the answer was cut."""
    secure = url.startswith("https:")
    stage = failure.stage if failure is not None else Stage.HTTP
    shaken = secure and stage in {Stage.TLS, Stage.HTTP}
    verified = stage is Stage.HTTP
    connected = stage in {Stage.CONNECT, Stage.TLS, Stage.HTTP}
    outcome = failure.value if failure is not None and stage is Stage.CONNECT else "connected"
    dns = DnsAnswers(
        name="news.example",
        resolver=RESOLVER,
        addresses=() if stage is Stage.DNS else addresses,
        rcode="NOERROR",
        replies=replies,
    )
    return Probe(
        role=role,
        observation=Observation(
            url=url,
            method="GET",
            started_at=NOW,
            ended_at=NOW + timedelta(seconds=seconds),
            dns=None if proxy else dns,
            connects=(ConnectAttempt(address=addresses[0], port=80, outcome=outcome),) if connected else (),
            address=addresses[0] if connected else None,
            tls=TlsFacts(
                version="TLSv1.3" if verified else None,
                cipher=None,
                chain=chain if verified or failure not in _WITHOUT_CHAIN else (),
                verified=verified,
            )
            if shaken
            else None,
            proxy=proxy,
            failure=Failure(kind=failure, detail=f"{failure.value} of {url}") if failure else None,
        ),
        answer=None
        if status is None
        else Answer(
            status=status,
            headers=headers,
            body=body[: 128 * 1024],
            body_length=len(body),
            whole=whole,
            received_bytes=len(body) + 200,
        ),
        attempt=attempt,
        hop=hop,
        network=network,
        country=country,
        server_name=server_name,
        closed=closed,
        expected_status=expected_status,
        record_id=record_id,
    )


_WITHOUT_CHAIN = {
    FailureKind.TLS_RESET,
    FailureKind.TLS_CLOSED,
    FailureKind.TLS_TIMEOUT,
    FailureKind.TLS_HANDSHAKE,
}


def control(probe: Probe) -> Probe:
    """Return the same as the control vantage would see it."""
    observation = replace(probe.observation, proxy="socks5://127.0.0.1:9050", dns=None)
    return replace(probe, role=ProbeRole.CONTROL, observation=observation, closed=())


def anchors(*, up: int = 0, down: int = 0, role: ProbeRole = ProbeRole.INTERNATIONAL) -> tuple[Probe, ...]:
    """Return anchors in networks of their own."""
    answering = [
        seen(status=204, role=role, url="https://a.example/", network=f"{role.value}-up-{number}")
        for number in range(up)
    ]
    silent = [
        seen(
            FailureKind.CONNECT_TIMEOUT,
            role=role,
            url="https://b.example/",
            network=f"{role.value}-down-{number}",
        )
        for number in range(down)
    ]
    return (*answering, *silent)


def survey(*probes: Probe, country: str | None = "NL", **more: object) -> Survey:
    """Return a survey of the first probe's page."""
    return Survey(
        url=probes[0].observation.url,
        vantage=Vantage(country=country, resolver=RESOLVER),
        started_at=NOW,
        ended_at=NOW + timedelta(seconds=5),
        probes=probes,
        **more,  # type: ignore[arg-type]
    )
