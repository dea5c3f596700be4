"""The staged probe: the target in several tries, and beside it whatever tells whose doing a failure is.

It makes no judgement but one, of cost: a target that proved itself over TLS and answered needs no controls.
What it saw goes into a :class:`model.Survey`, whole, and ``pipelines.verdicts`` judges that.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from archive.message import content_decode, transfer_decode
from archive.warc.answer import redirect_target
from crawler.wire import Resolver, WireClient, WireConfig, WireRequest
from crawler.wire.guard import AddressRefusedError
from crawler.wire.request import parse_target
from model import Answer, BadUrlError, FetchError, Probe, ProbeRole, Stage, Survey, Truncation, Vantage
from pipelines.verdicts import site_spoke

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from crawler.reachability.config import Mirror, ReachabilityConfig
    from crawler.wire import AddressGuard, ProxyUrl, TrustStore
    from model import Exchange, Observation

# Browsers follow twenty; a censor's redirect is one, a site's own are two or three.
_MOST_REDIRECTS: Final = 5
_MOST_BODY: Final = 1 << 20
_KEPT_BODY: Final = 128 * 1024
_OWN_BODY: Final = 8 * 1024
_MOST_HEADERS: Final = 100
_MOST_MIRRORS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What to look at, and what is known of it already."""

    url: str
    sibling: str | None = None
    """Another page of the same host that answered well before."""
    mirrors: tuple[Mirror, ...] = ()
    known_addresses: tuple[str, ...] = ()
    """Addresses at which its certificate has verified before."""
    country: str | None = None
    """Where it is hosted, when known."""
    inside_baseline: float | None = None
    """Which share of the inside anchors answered of late."""


class Prober:
    """Looks at pages; for one event loop. Close it when done."""

    def __init__(
        self,
        config: ReachabilityConfig,
        *,
        guard: AddressGuard,
        trust: TrustStore | None = None,
        nameservers: Sequence[tuple[str, int]] | None = None,
        proxy: ProxyUrl | None = None,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        """Ask ``nameservers`` as :class:`crawler.wire.Resolver` does.

        ``proxy`` is the way that all of this machine's requests go, when there is one: it is part of the
        vantage then. ``headers`` are sent with every request; a probe should look like the crawl.
        """
        self._config = config
        self._guard = guard
        self._proxy = proxy
        self._headers = headers
        wire = WireConfig(
            # Each stage has its own time; all name servers together have one.
            dns_timeout_s=config.timeout_s + config.dns_window_s + 2.0,
            connect_timeout_s=config.timeout_s,
            tls_timeout_s=config.timeout_s,
            first_byte_timeout_s=config.timeout_s,
            idle_timeout_s=config.timeout_s,
            total_timeout_s=4 * config.timeout_s + config.dns_window_s,
            max_body_bytes=_MOST_BODY,
            # A connection that is used again shows neither DNS nor TLS.
            max_idle=0,
            max_idle_per_origin=0,
        )
        if trust is not None:
            wire = replace(wire, trust=trust)
        # Nothing is kept: the second try asks anew.
        resolver = Resolver(
            nameservers,
            timeout_s=config.timeout_s,
            cache_ttl_s=(0.0, 0.0),
            collect_window_s=config.dns_window_s,
        )
        self._client = WireClient(wire, guard=guard, resolver=resolver, proxy=proxy)
        self._anchors: tuple[float, tuple[Probe, ...]] | None = None
        self._asking_anchors = asyncio.Lock()

    async def survey(self, look: Look) -> Survey:
        """Return everything seen of ``look.url`` and beside it; ``BadUrlError`` when it is no web address."""
        parse_target(look.url)
        started_at = datetime.now(UTC)
        probes = await self._target(look.url)
        if not _speaks_for_itself(probes, look.url):
            others: list[Coroutine[None, None, list[Probe]]] = [
                self._ask_anchors(),
                self._other_names(probes),
            ]
            if self._config.control is not None and self._way_to(look.url) is None:
                others.append(self._tries(look.url, ProbeRole.CONTROL, proxy=self._config.control))
            if look.sibling is not None:
                others.append(self._tries(look.sibling, ProbeRole.SIBLING))
            others += [
                self._tries(
                    mirror.url,
                    ProbeRole.MIRROR,
                    proxy=self._way_to(mirror.url),
                    network=mirror.operator,
                    most=1,
                )
                for mirror in look.mirrors[:_MOST_MIRRORS]
            ]
            for found in await asyncio.gather(*others):
                probes += found
        return Survey(
            url=look.url,
            vantage=self._vantage(probes),
            started_at=started_at,
            ended_at=datetime.now(UTC),
            probes=tuple(probes),
            known_addresses=look.known_addresses,
            target_country=look.country,
            inside_baseline=look.inside_baseline,
        )

    @property
    def control(self) -> ProxyUrl | None:
        """The control vantage, when there is one."""
        return self._config.control

    def survey_of(self, exchange: Exchange, record_id: str) -> Survey:
        """Return the survey that a crawl's own exchange with a page makes; it costs no request.

        ``record_id`` is its archived record: the body is there, and only its beginning here.
        """
        answer = read_answer(exchange)
        probe = Probe(
            role=ProbeRole.TARGET,
            observation=exchange.observation,
            answer=replace(answer, body=answer.body[:_OWN_BODY]),
            record_id=record_id,
        )
        return Survey(
            url=exchange.url,
            vantage=self._vantage([probe]),
            started_at=exchange.observation.started_at,
            ended_at=exchange.observation.ended_at,
            probes=(probe,),
        )

    async def close(self) -> None:
        """End every connection."""
        await self._client.close()

    def _vantage(self, probes: Sequence[Probe]) -> Vantage:
        targets = [probe.observation for probe in probes if probe.role is ProbeRole.TARGET]
        return Vantage(
            country=self._config.country,
            asn=self._config.asn,
            resolver=next((seen.dns.resolver for seen in targets if seen.dns is not None), ""),
            transport=targets[0].proxy or "direct",
        )

    async def _target(self, url: str) -> list[Probe]:
        return await self._tries(url, ProbeRole.TARGET, proxy=self._way_to(url))

    def _way_to(self, url: str) -> ProxyUrl | None:
        """Return the proxy for an onion address, which has no other way; ``None``: as all requests go."""
        host = parse_target(url).origin.host
        control = self._config.control
        tor = control is not None and control.scheme == "socks5" and host.endswith(".onion")
        return control if tor else None

    async def _tries(
        self,
        url: str,
        role: ProbeRole,
        *,
        proxy: ProxyUrl | None = None,
        network: str = "",
        most: int | None = None,
    ) -> list[Probe]:
        """Ask until there is a whole answer, or the tries are over."""
        probes: list[Probe] = []
        for attempt in range(1, (most or self._config.tries) + 1):
            walked = await self._walk(url, proxy)
            probes += [replace(each, role=role, network=network, attempt=attempt) for each in walked]
            last = probes[-1].answer
            if last is not None and last.whole and last.status < 500:
                break
        return probes

    async def _walk(self, url: str, proxy: ProxyUrl | None) -> list[Probe]:
        """Ask once, following redirects; one probe for each hop."""
        probes: list[Probe] = []
        seen: set[str] = set()
        for hop in range(_MOST_REDIRECTS + 1):
            seen.add(url)
            try:
                probe, target = await self._fetch(url, proxy)
            except BadUrlError:
                # A redirect to nowhere: the hop before it shows where it wanted to lead.
                break
            probes.append(replace(probe, hop=hop))
            if target is None or target in seen:
                break
            url = target
        return probes

    async def _fetch(self, url: str, proxy: ProxyUrl | None) -> tuple[Probe, str | None]:
        request = WireRequest(url=url, headers=self._headers, proxy=proxy)
        answer: Answer | None = None
        target: str | None = None
        try:
            exchange = await self._client.fetch(request)
        except FetchError as error:
            observation = error.observation
        else:
            observation = exchange.observation
            answer = read_answer(exchange)
            target = redirect_target(url, exchange.head)
        probe = Probe(
            role=ProbeRole.TARGET,
            observation=observation,
            answer=answer,
            closed=self._closed(url, observation),
        )
        return probe, target

    def _closed(self, url: str, observation: Observation) -> tuple[str, ...]:
        """Return the addresses of the answers that the guard refuses, whether or not they were tried."""
        if observation.dns is None:
            return ()
        origin = parse_target(url).origin
        closed = []
        for address in observation.dns.addresses:
            try:
                self._guard.check(origin.host, origin.port, address)
            except AddressRefusedError:
                closed.append(address)
        return tuple(closed)

    async def _other_names(self, probes: Sequence[Probe]) -> list[Probe]:
        """Shake hands without the name, and with a neutral one, where the target's own got nowhere."""
        failed = next((probe for probe in reversed(probes) if _failed_in_tls(probe)), None)
        if failed is None or failed.observation.address is None or self._proxy is not None:
            return []
        found = []
        for name in ("", self._config.neutral_name):
            seen = await self._client.shake_hands(failed.observation.url, failed.observation.address, name)
            found.append(Probe(role=ProbeRole.HANDSHAKE, observation=seen, server_name=name))
        return found

    async def _ask_anchors(self) -> list[Probe]:
        async with self._asking_anchors:
            now = time.monotonic()
            if self._anchors is None or now - self._anchors[0] > self._config.anchors_fresh_s:
                asked = await asyncio.gather(
                    *(self._fetch(anchor.url, None) for anchor in self._config.anchors)
                )
                self._anchors = (
                    now,
                    tuple(
                        replace(
                            probe,
                            role=anchor.role,
                            network=anchor.network,
                            country=anchor.country,
                            expected_status=anchor.status,
                        )
                        for anchor, (probe, _) in zip(self._config.anchors, asked, strict=True)
                    ),
                )
            return list(self._anchors[1])


def _speaks_for_itself(probes: Sequence[Probe], url: str) -> bool:
    """Say whether the site itself answered, whatever it says of the page: then nothing beside it is needed.

    A 5xx of its own and a redirect
    without end are asked about elsewhere.
    """
    last = probes[-1]
    return (
        last.attempt == 1
        and last.answer is not None
        and last.answer.whole
        and last.answer.status < 500
        and not (300 <= last.answer.status < 400 and last.answer.header(b"location"))
        and site_spoke(probes, parse_target(url).origin.host)
        and not any(probe.closed for probe in probes)
    )


def _failed_in_tls(probe: Probe) -> bool:
    failure = probe.observation.failure
    return failure is not None and failure.kind.stage is Stage.TLS


def read_answer(exchange: Exchange) -> Answer:
    """Return what a verdict needs of an exchange."""
    entity = transfer_decode(exchange.response[exchange.head_length :], exchange.head)
    decoded = content_decode(entity, exchange.head, max_bytes=_MOST_BODY)
    return Answer(
        status=exchange.head.status,
        headers=exchange.head.headers[:_MOST_HEADERS],
        body=decoded.data[:_KEPT_BODY],
        body_length=len(decoded.data),
        # A body that passed our own bound was cut by nobody else.
        whole=exchange.truncated in {None, Truncation.LENGTH},
        received_bytes=len(exchange.response),
    )
