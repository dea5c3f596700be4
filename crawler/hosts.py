"""What hosts asked of us, as a crawl needs it: at hand for those met lately, in the catalogue for all.

A host's row is read when it is first met and written with the settlement after it changed; a crawl that
begins after a kill knows what the one before was told.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scrapy.utils.httpobj import urlparse_cached

from archive.catalogue import HostRow
from crawler.way import way_of
from spiders.home import root_of

if TYPE_CHECKING:
    from scrapy import Request

    from archive import Recorder

# Hosts at hand: pages name as many others as they like. A row is some 500 bytes without its robots.txt.
MOST_HOSTS = 2_000
# Letters of robots.txt at hand, of all hosts: 512 KiB are taken of each.
MOST_LETTERS = 16 << 20
# Flag of a response that no host sent now.
HELD = "held"


def origin_of(request: Request) -> str:
    """Return what a host is known by: ``https://www.example.org``, with the port where it is named."""
    parts = urlparse_cached(request)
    return f"{parts.scheme}://{parts.netloc}"


def asked_origin(request: Request) -> str:
    """Return the host that is really asked, as :func:`origin_of`: a mirror's while one stands in."""
    way = way_of(request)
    return origin_of(request) if way is None else root_of(way.url)


class Hosts:
    """The hosts of one crawl; its memory does not grow with their number."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._rows: OrderedDict[str, HostRow] = OrderedDict()
        self._letters = 0

    def get(self, origin: str) -> HostRow:
        """Return what is known of a host; a row without anything when it is new."""
        row = self._rows.get(origin)
        if row is None:
            row = self._recorder.host(origin) or HostRow(origin=origin)
            self._keep(row)
        else:
            self._rows.move_to_end(origin)
        return row

    def change(self, origin: str, **changes: Any) -> HostRow:  # Any: of each field its own type
        """Note what a host asked; written with the next settlement."""
        row = replace(self.get(origin), **changes)
        self._drop(origin)
        self._keep(row)
        self._recorder.host_known(row)
        return row

    def _keep(self, row: HostRow) -> None:
        self._rows[row.origin] = row
        self._letters += len(row.robots_text or "")
        while len(self._rows) > MOST_HOSTS or (self._letters > MOST_LETTERS and len(self._rows) > 1):
            self._drop(next(iter(self._rows)))

    def _drop(self, origin: str) -> None:
        row = self._rows.pop(origin)
        self._letters -= len(row.robots_text or "")
