"""The receipt of an archived exchange, and the run it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from model.exchange import Truncation


class PageRole(StrEnum):
    """Why something was fetched; kept with the capture so that offline work knows it too."""

    SEED = "seed"
    FEED = "feed"
    SITEMAP = "sitemap"
    API = "api"
    """WordPress REST and its like."""
    PAGE = "page"
    """An article, a section, an archive page: what it is, is judged when it is read."""
    COMMENTS = "comments"
    """A further page of an article's comments, a comment feed, comments from an API."""
    REQUISITE = "requisite"
    """A style sheet, font, script or image that a page needs."""
    ROBOTS = "robots"
    TWICE = "twice"
    """An article fetched once more, a moment apart, to learn what flickers on its site's pages. Nothing else
    is read from it."""
    TWIN = "twin"
    """An address beside an article's that never was: how the site answers for nothing."""
    SOUGHT = "sought"
    """A place where an article that is missing was looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """Where one archived exchange lies. Its records are on disk when this is acknowledged."""

    record_id: str
    """The ``response`` or ``revisit`` record: ``urn:uuid:…`` without angle brackets."""
    url: str
    captured_at: datetime
    """``WARC-Date``: aware UTC, microseconds, when the request was begun."""
    warc_key: str
    """The file below the archive's ``warc/`` folder, with ``/`` between parts, as named once closed."""
    offset: int
    """Where the record's gzip member begins, in bytes."""
    length: int
    """Length of that member in bytes."""
    status: int
    mime: str
    """From ``Content-Type``, lower case, without parameters; empty when the server gave none."""
    payload_digest: str
    """``sha256:<base32>`` of the transfer-decoded, still content-encoded body."""
    payload_length: int
    """Bytes of that body."""
    revisit_of: str | None = None
    """Record id of the response that holds the payload, when this is a revisit."""
    truncated: Truncation | None = None
    role: PageRole = PageRole.PAGE
    redirect_to: str | None = None
    """The absolute target of a 3xx ``Location``, else ``None``."""


class CrawlState(StrEnum):
    """How a crawl stands."""

    RUNNING = "running"
    INTERRUPTED = "interrupted"
    """Stopped before its frontier was empty; the next crawl of the source goes on with it."""
    FINISHED = "finished"
    FAILED = "failed"
    """Ended, but found nothing or could not go on; ``Crawl.note`` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawl:
    """One run over one source."""

    id: str
    """Sortable by time: ``20261123T073000Z-4f1c``."""
    source: str
    state: CrawlState
    started_at: datetime
    ended_at: datetime | None = None
    note: str = ""
    pages: int = 0
    """Responses archived, requisites not counted."""
    requisites: int = 0
    articles: int = 0
    """Articles read, whether or not their text is new."""
    new_versions: int = 0
    comments: int = 0
    """Comments seen under those articles."""
    revisits: int = 0
    bytes_received: int = 0
    """Response bytes on the wire."""
    warc_bytes: int = 0
    failures: tuple[tuple[str, int], ...] = ()
    """How many of each kind: a ``FailureKind`` value or ``status_404``; sorted by count, falling."""
