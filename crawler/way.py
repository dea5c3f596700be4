"""One way to a page, as a request carries it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from model import Mirror, Via

if TYPE_CHECKING:
    from scrapy import Request

MIRROR = "mirror"
"""Key in ``Request.meta``: the root of the mirror that is asked, for spiders."""
CHANGES = "way_changes"
"""Key in ``Request.meta``: how often it took another way."""
META = "way"
"""Key in ``Request.meta``: where it is missing, the way is straight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where a page of the source is really asked for."""

    url: str
    """What is fetched."""
    mirror: Mirror
    verdict_id: str | None
    """The record of the verdict for which it was taken."""

    @property
    def via(self) -> Via:
        """Who answers there."""
        is_onion = (urlsplit(self.mirror.url).hostname or "").endswith(".onion")
        return Via.ONION if self.mirror.is_own and is_onion else Via.MIRROR


def way_of(request: Request) -> Way | None:
    """Return the way that was chosen for a request; ``None``: straight to its address."""
    # Any: put there by the middleware of this package, for this attempt only.
    way: Any = request.meta.get(META)
    return way if isinstance(way, Way) else None
