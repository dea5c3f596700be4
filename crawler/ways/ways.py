"""What a crawl knows of the way to its source, and what it does when that is closed.

Each thing that fails, or looks like somebody else's, is looked into by a survey (``crawler/reachability``),
one at a time, its verdict kept for a while. Then: our own network is down, and the crawl waits; the site is
out of reach, and a mirror stands in until it is back; or the site itself has spoken, and nothing changes.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crawler.reachability import Look, make_prober, read_reachability
from crawler.reachability.config import Mirror as MirrorPage
from crawler.way import Way
from crawler.ways.suspicion import is_proved, is_suspicious
from crawler.wire.guard import is_private_host
from model import (
    CaptureVia,
    ConnectionKind,
    FetchError,
    ProbeRole,
    Via,
)
from pipelines.verdicts import judge_connection
from spiders.home import at_mirror, root_of

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from scrapy.settings import BaseSettings

    from archive.catalogue import ConnectionRow
    from crawler.reachability import Prober
    from crawler.recording import Recording
    from model import Capture, Exchange, Mirror, Observation, Survey

logger = logging.getLogger(__name__)

# A verdict over the connection holds for so long, unless what failed since is another thing.
FRESH_S = 60.0
# That the site speaks holds less long: what fails after that is another matter.
WELL_S = 5.0
_MOST_ADDRESSES = 64
# A mirror that failed is left alone for so long.
MIRROR_REST_S = 120.0
# How often a healthy connection is noted.
HEALTHY_EVERY = timedelta(hours=1)
BASELINE = timedelta(days=7)
# Between two looks at whether our own network is back: the first and the longest wait.
OFFLINE_FIRST_S, OFFLINE_LONGEST_S = 2.0, 60.0
OFFLINE = "check your own network: nothing answers, not even what has nothing to do with the site"
_OFFLINE_KINDS = frozenset({ConnectionKind.OWN_NETWORK_DOWN, ConnectionKind.NATIONAL_ISOLATION_SUSPECTED})
# The site itself spoke, whatever it said of the page.
_SPOKEN = frozenset({ConnectionKind.REACHABLE, ConnectionKind.CHALLENGE, ConnectionKind.RESTRICTED})


class OutOfReachError(FetchError):
    """An attempt that was given up for what a survey saw meanwhile; that survey is its record."""


class Ways:
    """One crawl's knowledge of the way to its source; for one event loop."""

    def __init__(self, recording: Recording, settings: BaseSettings) -> None:
        self._recording = recording
        self._source = recording.source
        self._settings = settings
        self._look_after_s = settings.getfloat("MANDEGAR_LOOK_AFTER_S")
        self._return_s = settings.getfloat("MANDEGAR_RETURN_S")
        self._offline_wait_s = settings.getfloat("MANDEGAR_OFFLINE_WAIT_S")
        self._prober: Prober | None = None
        self._home = root_of(self._source.origin)
        host = urlsplit(self._source.origin).hostname or ""
        self._is_private = is_private_host(host)
        self._hosts = {host}
        """Its own, and its twin with or without ``www.`` once that answered: many sites have no such name."""
        self._twin = host.removeprefix("www.") if host.startswith("www.") else f"www.{host}"
        self._row: ConnectionRow | None = None
        self._row_at = 0.0
        self._failed: Observation | None = None
        self._looking: asyncio.Task[ConnectionRow] | None = None
        self._returning: asyncio.Task[ConnectionRow] | None = None
        self._returned_at = 0.0
        self._waiting: asyncio.Task[None] | None = None
        self._detour: Mirror | None = None
        self._rests: dict[str, float] = {}
        self._addresses: dict[str, None] = {}
        self._sibling: str | None = None
        self._noted_healthy = False
        self.on_offline_too_long: Callable[[], None] | None = None
        """Told when our own network did not come back in time."""

    @property
    def control(self) -> str | None:
        """The proxy of the control vantage, a network path of its own; ``None`` without one."""
        proxy = self._the_prober.control
        return None if proxy is None else str(proxy)

    async def close(self) -> None:
        """End what is under way."""
        for task in (self._looking, self._returning, self._waiting):
            if task is not None and not task.done():
                task.cancel()
        if self._prober is not None:
            await self._prober.close()

    # --- a request

    def concerns(self, url: str) -> bool:
        """Say whether an address is the source's own, so that its way is ours to judge."""
        if self._is_private and not self._source.mirrors:
            return False  # nobody else's server
        return urlsplit(url).hostname in self._hosts

    def choose(self, url: str) -> Way | None:
        """Return the way for an address of the source; ``None``: straight."""
        if self._detour is None or root_of(url).lower() not in self._roots:
            return None
        if time.monotonic() - self._returned_at > self._return_s:
            self._look_for_return()
        mirror = self._living()
        if mirror is None:
            return None
        self._detour = mirror
        self._recording.was_away = True
        return Way(url=at_mirror(url, mirror.url), mirror=mirror, verdict_id=self._verdict_id)

    @property
    def _roots(self) -> frozenset[str]:
        scheme, _, host = self._home.lower().partition("://")
        bare = host.removeprefix("www.")
        return frozenset(
            f"{one}://{name}" for one in {scheme, "http", "https"} for name in (bare, f"www.{bare}")
        )

    @property
    def _verdict_id(self) -> str | None:
        return self._row.record_id if self._row is not None else None

    def _living(self) -> Mirror | None:
        """Return the best mirror that did not fail lately; of those that did, none."""
        now = time.monotonic()
        living = [one for one in self._source.mirrors if self._rests.get(one.url, 0.0) <= now]
        if self._detour is not None and self._detour in living:
            return self._detour
        return living[0] if living else None

    # --- what came

    def saw(self, exchange: Exchange) -> bool:
        """Take note of a direct answer of the source; say whether it is to be looked into."""
        url = exchange.url
        if urlsplit(url).hostname == self._twin and is_proved(exchange):
            self._hosts.add(self._twin)
        if not self.concerns(url):
            return False
        if is_proved(exchange):
            if exchange.head.status < 400:
                seen = exchange.observation
                # A proxy's address says nothing of the site's.
                if seen.address is not None and not seen.proxy and len(self._addresses) < _MOST_ADDRESSES:
                    self._addresses[seen.address] = None
                self._sibling = self._sibling or url
            return False
        return is_suspicious(exchange)

    async def note_healthy(self, exchange: Exchange, capture: Capture) -> None:
        """Write, once a run and no more than hourly, that the site was reached: from its own answer."""
        if self._noted_healthy or not self.concerns(exchange.url) or exchange.head.status >= 400:
            return
        self._noted_healthy = True
        before = self._recording.archive.catalogue.connections.latest(self._source.name)
        if (
            before is not None
            and before.verdict.kind is ConnectionKind.REACHABLE
            and abs(datetime.now(UTC) - before.verdict.observed_at) < HEALTHY_EVERY
        ):
            return
        survey = self._the_prober.survey_of(exchange, capture.record_id)
        if judge_connection(survey).kind is not ConnectionKind.REACHABLE:
            return
        self._keep(await self._write(survey))
        # What fails from now on is looked into at once.
        self._row_at = -math.inf

    async def came_by(self, way: Way, capture: Capture, asked: str) -> None:
        """Write that a mirror gave a capture in the place of the address that was asked for."""
        await self._note_via(way.via, capture, asked, way.verdict_id, way.mirror)

    async def interfered(self, row: ConnectionRow, capture: Capture, asked: str) -> None:
        """Write that a capture is not the site's."""
        await self._note_via(Via.INTERFERENCE, capture, asked, row.record_id)

    async def _note_via(
        self, via: Via, capture: Capture, asked: str, verdict_id: str | None, mirror: Mirror | None = None
    ) -> None:
        noted = CaptureVia(
            record_id=capture.record_id,
            via=via,
            url=capture.url,
            canonical_url=asked,
            mirror=mirror,
            verdict_id=verdict_id,
        )
        await self._recording.write(lambda recorder: recorder.via(noted))

    # --- what failed

    async def patiently(self, fetching: Coroutine[Any, Any, Exchange], url: str) -> Exchange:
        """Return what a fetch brings; one without an answer for long is looked into meanwhile.

        ``FetchError``; :class:`OutOfReachError` when the look shows that no answer is to be hoped for.
        """
        task = asyncio.ensure_future(fetching)
        try:
            done, _ = await asyncio.wait({task}, timeout=self._look_after_s)
            if not done:
                look = asyncio.ensure_future(self.look(url))
                await asyncio.wait({task, look}, return_when=asyncio.FIRST_COMPLETED)
                if not task.done():
                    row = await look
                    failed = self._failed
                    if not row.verdict.kind.content_may_change and failed is not None:
                        task.cancel()
                        raise OutOfReachError(failed)
            return await task
        except asyncio.CancelledError:
            task.cancel()
            raise

    async def look(self, url: str) -> ConnectionRow:
        """Return what was judged of the way to the source; looked at now, unless that was done just now."""
        if self._looking is not None and not self._looking.done():
            return await asyncio.shield(self._looking)
        if self._row is not None:
            is_well = self._row.verdict.kind in _SPOKEN
            if time.monotonic() - self._row_at < (WELL_S if is_well else FRESH_S):
                return self._row
        return await self._start(url)

    async def look_at(self, url: str) -> ConnectionRow:
        """Return what is judged of this very page: that another was answered well proves nothing of it."""
        while self._looking is not None and not self._looking.done():
            await asyncio.wait({self._looking})
        return await self._start(url)

    async def _start(self, url: str) -> ConnectionRow:
        self._looking = asyncio.get_running_loop().create_task(self._look(url))
        return await asyncio.shield(self._looking)

    async def _look(self, url: str) -> ConnectionRow:
        catalogue = self._recording.archive.catalogue
        mirrors = self._source.mirrors
        survey = await self._the_prober.survey(
            Look(
                url=url,
                sibling=self._sibling if self._sibling != url else None,
                mirrors=tuple(
                    MirrorPage(url=at_mirror(url, one.url), operator=one.operator) for one in mirrors
                ),
                known_addresses=tuple(self._addresses),
                inside_baseline=catalogue.connections.inside_baseline(datetime.now(UTC) - BASELINE),
            )
        )
        targets = survey.of(ProbeRole.TARGET)
        self._failed = targets[-1].observation if targets and targets[-1].observation.failure else None
        answered = {
            urlsplit(one.observation.url).netloc
            for one in survey.of(ProbeRole.MIRROR)
            if one.answer is not None and one.answer.status < 500
        }
        for mirror in mirrors[: len(survey.of(ProbeRole.MIRROR))]:
            if urlsplit(mirror.url).netloc not in answered:
                self._rest(mirror)
        row = await self._write(survey)
        self._keep(row)
        return row

    async def _write(self, survey: Survey) -> ConnectionRow:
        return await self._recording.survey(survey, lambda record: judge_connection(survey, record_id=record))

    def _keep(self, row: ConnectionRow) -> None:
        before, self._row, self._row_at = self._row, row, time.monotonic()
        kind = row.verdict.kind
        if before is None or before.verdict.kind is not kind:
            logger.info("%s: %s (%s)", self._source.name, kind.value, row.verdict.reason)
        if kind in _SPOKEN:
            if self._detour is not None:
                logger.info("%s is there again: straight from now on", self._home)
            self._detour = None
        elif kind in _OFFLINE_KINDS:
            self._go_offline()
        elif self._detour is None and (mirror := self._living()) is not None:
            logger.info("%s is out of reach (%s): on by its mirror %s", self._home, kind.value, mirror.url)
            self._detour = mirror
            self._returned_at = time.monotonic()

    def mirror_failed(self, way: Way) -> None:
        """Take note that a mirror did not answer well: another is taken, while there is one."""
        self._rest(way.mirror)
        self._detour = self._living() or self._detour

    def _rest(self, mirror: Mirror) -> None:
        self._rests[mirror.url] = time.monotonic() + MIRROR_REST_S

    @property
    def has_detour(self) -> bool:
        """Whether a mirror stands in for the site now."""
        return self._detour is not None and self._living() is not None

    @property
    def is_offline(self) -> bool:
        """Whether the crawl waits for our own network."""
        return self._waiting is not None and not self._waiting.done()

    # --- coming back

    def _look_for_return(self) -> None:
        if self._returning is not None and not self._returning.done():
            return
        self._returned_at = time.monotonic()
        self._returning = asyncio.get_running_loop().create_task(self.look_at(self._source.origin))

    def _go_offline(self) -> None:
        if self.is_offline:
            return
        self._recording.pause.hold(OFFLINE)
        self._waiting = asyncio.get_running_loop().create_task(self._wait_for_network())

    async def _wait_for_network(self) -> None:
        begun, wait_s = time.monotonic(), OFFLINE_FIRST_S
        while time.monotonic() - begun < self._offline_wait_s:
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, OFFLINE_LONGEST_S)
            survey = await self._the_prober.survey(Look(url=self._source.origin))
            if judge_connection(survey).kind not in _OFFLINE_KINDS:
                self._recording.pause.release()
                self._keep(await self._write(survey))
                return
        if self.on_offline_too_long is not None:
            self.on_offline_too_long()

    @property
    def _the_prober(self) -> Prober:
        if self._prober is None:
            config = read_reachability(self._recording.archive.path / "mandegar.toml")
            least = self._settings.getfloat("MANDEGAR_LOOK_TIMEOUT_S")
            mirrors = [one.url for one in self._source.mirrors]
            self._prober = make_prober(
                replace(config, timeout_s=min(config.timeout_s, least), anchors_fresh_s=1.0),
                self._settings,
                self._source,
                mirrors,
            )
        return self._prober
