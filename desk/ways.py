"""By which way a capture came, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from model import Via

if TYPE_CHECKING:
    from model import CaptureVia


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
