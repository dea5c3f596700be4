"""A prober that looks like the crawl: the same name, headers, guard, trust, name servers and proxy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawler.config import CrawlConfig
from crawler.reachability.prober import Prober
from crawler.wireconfig import WireSettings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scrapy.settings import BaseSettings

    from crawler.reachability.config import ReachabilityConfig
    from model import Source


def make_prober(
    config: ReachabilityConfig, settings: BaseSettings, source: Source | None = None, urls: Iterable[str] = ()
) -> Prober:
    """Return a prober as a crawl with these settings would be; ``BadConfigurationError`` names the setting.

    ``urls`` are those that the operator gave beside the source's: they, and the anchors, may be private.
    """
    given = [*urls, *(anchor.url for anchor in config.anchors)]
    wire = WireSettings.from_settings(settings, source, given)
    headers = [(b"User-Agent", CrawlConfig.from_settings(settings).user_agent.encode("latin-1", "replace"))]
    for name, value in settings.getdict("DEFAULT_REQUEST_HEADERS").items():
        headers.append((str(name).encode("ascii"), str(value).encode("latin-1", "replace")))
    return Prober(
        config,
        guard=wire.make_guard(),
        trust=wire.config.trust,
        nameservers=wire.nameservers,
        proxy=wire.proxy,
        headers=tuple(headers),
    )
