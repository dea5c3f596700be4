"""robots.txt as RFC 9309 has it, where Scrapy's own middleware reads any answer as rules.

What an answer means (2.3.1), for the scheme, host and port it was asked of:

- 2xx: the rules in its first 512 KiB (2.5 asks for 500 at least); redirects are followed.
- 4xx, and redirects that lead nowhere: there are no rules, everything may be fetched.
- 5xx, and no answer at all: nothing may be fetched from there for ten minutes; pages that were to be wait, or
  are left to the next crawl. So also for 429, which says that the host has enough of us, not that it has no
  rules.

An address that our own guard refuses says nothing about rules: the request goes on and is refused, and
recorded, under its own URL. Rules are kept in the catalogue and asked for again after a day (2.4), whatever
crawl asked before; a spider that wants the file too is given the one that we have. ``Crawl-delay`` is no part
of the RFC; it is obeyed up to a minute, since a site crawled at a slower pace would never be finished.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import OrderedDict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from scrapy import Request
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import TextResponse
from scrapy.http.request import NO_CALLBACK
from scrapy.robotstxt import ProtegoRobotParser

from crawler.attached import recording_of
from crawler.hosts import HELD, origin_of
from crawler.requests import failure_of, role_of
from model import FailureKind, PageRole

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

MAX_BYTES = 512 << 10
FRESH_S = 86_400.0
# How long a host that gave no rules is let alone.
CLOSED_S = 600.0
MAX_CRAWL_DELAY_S = 60.0
# Hosts remembered: a page may name as many as it likes, and each costs a few KB.
MAX_HOSTS = 2_000
# In all the forms in which Protego takes it.
_AGENT_LINE = re.compile(r"\s*user(?:-|\s+)?agent\s*(?:\s|:)(.*)", re.IGNORECASE | re.DOTALL)
# Before everything else of its host.
PRIORITY = 1_000


class RobotsForbiddenError(IgnoreRequest):
    """The host's rules say that this is not for us."""

    kind: ClassVar = "robots_forbidden"


class RobotsUnreachableError(IgnoreRequest):
    """The host's rules could not be had, so nothing may be fetched."""

    kind: ClassVar = "robots_unreachable"


class Rules:
    """What one host lets us fetch."""

    def __init__(
        self,
        parser: ProtegoRobotParser | None = None,
        closed: str = "",
        cause: Exception | None = None,
        known_at: float | None = None,
    ) -> None:
        """Hold what was known ``known_at`` (seconds since the epoch; ``None``: now)."""
        self._parser = parser
        self._closed = closed
        self._cause = cause
        self._known_at = time.time() if known_at is None else known_at

    @property
    def is_fresh(self) -> bool:
        """Whether it need not be asked for again; a time to come is one of a clock that was put back."""
        return 0 <= time.time() - self._known_at < (CLOSED_S if self._closed else FRESH_S)

    @property
    def are_known(self) -> bool:
        """Whether the host said what its rules are, or that it has none."""
        return not self._closed

    def check(self, request: Request, agent: str) -> None:
        """Return when the request may go out; an ``IgnoreRequest`` says why it may not."""
        if self._closed:
            raise RobotsUnreachableError(self._closed) from self._cause
        if self._parser is not None and not self._parser.allowed(request.url, agent):
            raise RobotsForbiddenError("robots.txt forbids it")


def rules_for(text: str, agent: str) -> str:
    r"""Return a robots.txt in which every group that is not for ``agent`` is for one same agent.

    Protego keeps each rule of a group for each agent that the group names: 15,000 of both, which 512 KiB
    hold, would be 200 million.

    >>> rules_for("User-agent: Some*\nUser-agent: other\nDisallow: /", "somebot")
    'User-agent: some\nUser-agent: -\nDisallow: /'
    """
    ours = agent.lower()
    lines = []
    for line in text.splitlines():
        found = _AGENT_LINE.match(line)
        if found is not None and (name := found[1].partition("#")[0].strip().lower()):
            product = name.replace("*", "")
            # Where Protego would find it: at the beginning of a word.
            means_us = product and product in ours and re.search(rf"(?<![\w-]){re.escape(product)}", ours)
            line = f"User-agent: {'*' if name == '*' else product if means_us else '-'}"
        lines.append(line)
    return "\n".join(lines)


class RobotsMiddleware:
    """Lets out what the host's robots.txt allows."""

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._crawler = crawler
        self._recording = recording_of(crawler)
        self._agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"] or crawler.settings["BOT_NAME"]
        self._hosts: OrderedDict[str, asyncio.Task[Rules]] = OrderedDict()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it for the crawl."""
        return cls(crawler)

    async def process_request(self, request: Request) -> Response | None:
        """Ask for the host's rules first; who asks for the rules themselves is given them."""
        if request.meta.get("dont_obey_robotstxt"):
            return None
        rules = await self._rules(request)
        if request.method == "GET" and request.url == f"{origin_of(request)}/robots.txt" and rules.are_known:
            return self._held(request)
        try:
            rules.check(request, self._agent)
        except RobotsUnreachableError as error:
            if role_of(request) is PageRole.SEED:
                self._recording.seed_failure = failure_of(error)
            raise
        return None

    def _held(self, request: Request) -> Response:
        """Return the rules that we have as an answer; no exchange, so nothing is recorded."""
        text = self._recording.hosts.get(origin_of(request)).robots_text
        return TextResponse(
            request.url,
            status=404 if text is None else 200,
            headers={"Content-Type": "text/plain; charset=utf-8"},
            body=b"" if text is None else text.encode("utf-8", "replace"),
            request=request,
            flags=[HELD],
        )

    async def _rules(self, request: Request) -> Rules:
        host = origin_of(request)
        task = self._hosts.get(host)
        if task is not None and task.done() and not task.result().is_fresh:
            task = None
        if task is None:
            task = self._hosts[host] = asyncio.get_running_loop().create_task(self._find(host, request))
            if len(self._hosts) > MAX_HOSTS:
                self._hosts.popitem(last=False)
        self._hosts.move_to_end(host)
        return task.result() if task.done() else await asyncio.shield(task)

    async def _find(self, host: str, first: Request) -> Rules:
        """Return the rules that a crawl was given within the day, else ask."""
        row = self._recording.hosts.get(host)
        if row.robots_at is not None and row.robots_state is not None:
            known_at = row.robots_at.timestamp()
            if Rules(known_at=known_at).is_fresh:
                text = row.robots_text
                return Rules(known_at=known_at) if text is None else self._parsed(text, first, known_at)
        return await self._ask(host, first)

    async def _ask(self, host: str, first: Request) -> Rules:
        request = Request(
            f"{host}/robots.txt",
            priority=PRIORITY,
            meta={
                "dont_obey_robotstxt": True,
                "role": PageRole.ROBOTS.value,
                "verbatim_url": True,
                "download_maxsize": MAX_BYTES,
            },
            callback=NO_CALLBACK,
        )
        try:
            response = await self._crawler.engine.download_async(request)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, it brought no rules
            observation = failure_of(error)
            if observation is None and isinstance(error, IgnoreRequest):
                self._keep(host, None)
                return Rules()  # redirects that lead nowhere
            failure = observation.failure if observation else None
            if failure is not None and failure.kind is FailureKind.ADDRESS_REFUSED:
                return Rules()
            return Rules(
                closed=f"no robots.txt from {host} ({failure.kind if failure else error})", cause=error
            )
        return self._read(host, response, first)

    def _read(self, host: str, response: Response, first: Request) -> Rules:
        if response.status >= 500 or response.status == 429:
            why = (
                f"robots.txt of {host} answers {response.status}: nothing may be fetched (RFC 9309, 2.3.1.4)"
            )
            logger.warning("%s", why)
            return Rules(closed=why)
        if not 200 <= response.status < 300:
            self._keep(host, None)
            return Rules()
        # Undecodable bytes are left out (RFC 9309, 2.2), a letter cut at the bound too: Scrapy's parser takes
        # them for no rules at all.
        text = response.body[:MAX_BYTES].decode("utf-8-sig", "ignore")
        self._keep(host, text)
        return self._parsed(text, first)

    def _keep(self, host: str, text: str | None) -> None:
        """Keep what the host's file says, for this crawl and others within the day."""
        now = datetime.now(UTC)
        state = "none" if text is None else "rules"
        self._recording.hosts.change(
            host, robots_at=now, robots_state=state, robots_text=text, delay_s=None, asked_at=now
        )

    def _parsed(self, text: str, first: Request, known_at: float | None = None) -> Rules:
        parser = ProtegoRobotParser(rules_for(text, self._agent).encode(), self._crawler.spider)
        if delay := parser.crawl_delay(self._agent):
            wanted_s = min(float(delay), MAX_CRAWL_DELAY_S)
            self._slow_down(first, wanted_s)
            host = origin_of(first)
            if self._recording.hosts.get(host).delay_s != wanted_s:
                self._recording.hosts.change(host, delay_s=wanted_s)
        return Rules(parser, known_at=known_at)

    def _slow_down(self, request: Request, wanted_s: float) -> None:
        """Leave as much time between two requests as the host asks for, where that is more than ours."""
        downloader = self._crawler.engine.downloader
        key = downloader.get_slot_key(request)
        # The slot comes with the host's first page and goes when it is long idle: its settings stay.
        settings = downloader.per_slot_settings.setdefault(key, {})
        if wanted_s <= settings.get("delay", self._crawler.settings.getfloat("DOWNLOAD_DELAY")):
            return
        settings.update(delay=wanted_s, jitter=0.0, concurrency=1)
        if (slot := downloader.slots.get(key)) is not None:
            slot.delay, slot.jitter, slot.concurrency = wanted_s, 0.0, 1
        logger.info("%s asks for %.1f s between requests", key, wanted_s)
