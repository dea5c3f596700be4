"""How crawls stand now: a process that was killed leaves «running» behind in the catalogue."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from model import CrawlState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archive.catalogue import Catalogue
    from model import Crawl


def as_they_stand(catalogue: Catalogue, crawls: Iterable[Crawl]) -> list[Crawl]:
    """Return crawls as they are: those whose process is gone as interrupted, with a note of what to do."""
    return [_as_it_stands(catalogue, crawl) for crawl in crawls]


def _as_it_stands(catalogue: Catalogue, crawl: Crawl) -> Crawl:
    if crawl.state is not CrawlState.RUNNING:
        return crawl
    holder, heartbeat_at = catalogue.holder(crawl.id)
    if holder is not None and not holder.is_gone(heartbeat_at):
        return crawl
    note = "its process is gone"
    to_go_on_with = catalogue.interrupted_crawl(crawl.source)
    if to_go_on_with is not None and to_go_on_with.id == crawl.id:
        note += f"; `mandegar crawl {crawl.source}` goes on with it"
    return replace(crawl, state=CrawlState.INTERRUPTED, note=note)
