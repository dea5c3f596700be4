"""By which way a capture came, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from model import EventKind, Via

if TYPE_CHECKING:
    from archive.catalogue import Catalogue
    from model import Capture, CaptureVia, Event

_MOST_ALARMS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What came in a page's place and was not the site's: kept, and never shown as the page."""

    capture: Capture
    kind: str
    """Of the verdict that says so: ``blocked_block_page``."""


def way_in_words(via: CaptureVia | None) -> str:
    """Return how a capture came about that did not come from the source's own address; else empty.

    >>> from model import CaptureVia, Mirror
    >>> way_in_words(CaptureVia(record_id="urn:uuid:1", via=Via.MIRROR, url="https://d1.example/a",
    ...     canonical_url="https://news.example/a", mirror=Mirror(url="https://d1.example/", operator="RSF")))
    'captured through mirror d1.example (RSF)'
    """
    if via is None:
        return ""
    if via.via is Via.INTERFERENCE or via.mirror is None:
        return "not the site's: somebody else answered in its place"
    host = urlsplit(via.mirror.url).netloc
    kind = "the publisher's onion" if via.via is Via.ONION else "mirror"
    operator = f" ({via.mirror.operator})" if via.mirror.operator else ""
    return f"captured through {kind} {host}{operator}"


def version_in_words(via: CaptureVia | None) -> str:
    """Return what to know of a text that nothing but mirrors ever showed; empty for any other.

    >>> from model import CaptureVia, Mirror
    >>> version_in_words(CaptureVia(record_id="urn:uuid:1", via=Via.MIRROR, url="https://d1.example/a",
    ...     canonical_url="https://news.example/a", mirror=Mirror(url="https://d1.example/")))
    'captured through mirror d1.example; its publisher was never seen to show it'
    """
    way = way_in_words(via)
    return f"{way}; its publisher was never seen to show it" if way else ""


def interferences(catalogue: Catalogue, url: str) -> list[Evidence]:
    """Return what came in a page's place and was not the site's, oldest first."""
    found = []
    for via in catalogue.vias.of_url(url):
        if via.via is not Via.INTERFERENCE:
            continue
        capture = catalogue.capture(via.record_id)
        if capture is not None:
            verdict = catalogue.connections.verdict(via.verdict_id) if via.verdict_id else None
            kind = verdict.kind.value if verdict is not None else "not known by whom"
            found.append(Evidence(capture=capture, kind=kind))
    return sorted(found, key=lambda one: one.capture.captured_at)


def open_alarms(catalogue: Catalogue, url: str) -> list[Event]:
    """Return, of the mirrors that show another text of an article than its publisher did, those that still
    do, the oldest first."""
    found = catalogue.events(article=url, kinds=[EventKind.MIRROR_DIFFERS], limit=_MOST_ALARMS)
    return [event for _, event in found if event.is_open][::-1]
