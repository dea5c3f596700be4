"""What a response's head says of it, beside its status: the receipt's fields that are made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin

from archive.warc.records import URI_SAFE

if TYPE_CHECKING:
    from model import ResponseHead


def mime_of(head: ResponseHead) -> str:
    """Return the media type, lower case, without parameters; empty when the server gave none."""
    content_type = head.get(b"content-type")
    if not content_type:
        return ""
    return content_type.partition(b";")[0].strip().lower().decode("ascii", "replace")


def redirect_target(url: str, head: ResponseHead) -> str | None:
    """Return the absolute target of a 3xx ``Location``, or ``None``."""
    location = head.get(b"location") if 300 <= head.status < 400 else None
    if not location:
        return None
    try:
        # Bytes that are no UTF-8 are percent-encoded as they are, as browsers do.
        target = location.decode("utf-8", "surrogateescape")
        if not target.isprintable():
            target = quote(location, safe=URI_SAFE)
        return urljoin(url, target)
    except ValueError:  # a target like «http://[»
        return None
