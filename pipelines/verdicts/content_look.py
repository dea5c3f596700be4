"""What verdicts on content are made of: looks at an article's address, in the order in which they were taken.

A look is one visit: the answer, how it came, and what else was known at that hour. Looks are observations:
they are kept (as captures and their records) and never changed; everything else here is made of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote, urlsplit

from model import Via
from pipelines.verdicts.content_page import PageSigns


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One redirect that was followed."""

    status: int
    url: str
    """Where it led, absolute."""
    record_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """What the site answered for an address beside the article's that never was (its slug made random)."""

    status: int
    final_url: str
    page: PageSigns | None
    record_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One visit to an article's address."""

    sequence: int
    """Number of the capture within its source, rising: the order of events even when the clock lies."""
    at: datetime
    """Aware UTC, by our own clock."""
    record_id: str
    """The record of the last answer, or of the attempt that failed."""
    url: str
    """As asked for."""
    reachable: bool = True
    """What was judged of the connection: nothing but ``reachable`` may speak on content."""
    via: Via = Via.ORIGIN
    path: str = "direct"
    """Which way through the network: ``direct``, ``tor``, the name of a proxy or of another worker."""
    status: int | None = None
    """Of the last answer, redirects followed; ``None`` when none came."""
    hops: tuple[Hop, ...] = ()
    is_cut: bool = False
    """The body did not come whole."""
    not_modified: bool = False
    """304 to a conditional request: what was there before is there."""
    page: PageSigns | None = None
    """Of the last answer; ``None`` when it was no HTML."""
    sibling: bool | None = None
    """Whether another article of the site, known to be there, was answered as ever in the same run; ``None``
    when none was asked."""
    twin: Twin | None = None
    mitigated: bool = False
    """The head says that this is a challenge (``cf-mitigated``)."""
    blocked_by: str | None = None
    """Of a 451: the target of ``Link: <…>; rel="blocked-by"`` (RFC 7725, 4)."""
    server_at: datetime | None = None
    """The server's ``Date``: a second clock."""

    @property
    def final_url(self) -> str:
        """Where the last answer came from."""
        return self.hops[-1].url if self.hops else self.url

    @property
    def record_ids(self) -> tuple[str, ...]:
        """Records of this visit: redirects first, then the answer."""
        return (*(hop.record_id for hop in self.hops if hop.record_id), self.record_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What can be done to find an article of this source elsewhere, and how it can be asked for."""

    article: str
    """Canonical URL: its name in verdicts and events."""
    addresses: tuple[str, ...] = ()
    """All addresses it was read at or calls its own, the canonical one and short ones included."""
    feeds: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    search: str | None = None
    """Address of the site's search with ``{query}`` in it: ``https://example.org/?s={query}``."""
    paths: int = 1
    """Independent network paths that the crawl can use."""


_BLOCKED_BY = re.compile(r"<([^<>]{1,2000})>((?:\s*;\s*[^;,<>]{1,300})*)")


def blocked_by(link: str) -> str | None:
    """Return the target of a ``Link`` header with the relation ``blocked-by``, or ``None``.

    >>> blocked_by('<https://isp.test/>; rel="blocked-by", <https://x.test/>; rel=next')
    'https://isp.test/'
    """
    for found in _BLOCKED_BY.finditer(link[:16_384]):
        for parameter in found[2].split(";"):
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "rel" and "blocked-by" in value.strip(" \"'").lower().split():
                return found[1].strip()
    return None


def plain_address(url: str) -> str:
    """Return an address without what parts two names of one page: scheme, ``www.``, ``m.``, ``amp``, escapes.

    >>> plain_address("https://www.example.org/%d8%a7/#top") == plain_address("http://example.org/ا")
    True
    >>> plain_address("https://m.example.org/a/amp/") == plain_address("https://example.org/a")
    True
    """
    try:
        parts = urlsplit(url)
        host = (parts.netloc.rpartition("@")[2]).lower()
    except ValueError:
        return url
    host = re.sub(r"^(?:www\d?|m|mobile|amp)\.", "", re.sub(r":(?:80|443)$", "", host))
    path = unquote(parts.path).rstrip("/").removesuffix("/amp")
    query = "&".join(part for part in parts.query.split("&") if part and not _NOISE.match(part))
    return f"{host}{path}" + (f"?{query}" if query else "")


_NOISE = re.compile(
    r"(?:utm_\w+|fbclid|gclid|amp|ref|_ga|sid|session\w*|v|ver|t|ts|nocache|cb)(?:=|$)", re.IGNORECASE
)


def is_same_address(one: str, other: str) -> bool:
    """Tell whether two addresses are names of one page, as far as addresses can tell.

    One path with another query is: a session or an experiment; but not where the query names the article.

    >>> is_same_address("https://a.test/news/5", "https://a.test/news/5/?variant=b")
    True
    >>> is_same_address("https://a.test/news.php?id=5", "https://a.test/news.php?id=6")
    False
    """
    first, second = plain_address(one), plain_address(other)
    if first == second:
        return True
    (path, _, query), (other_path, _, other_query) = first.partition("?"), second.partition("?")
    if path != other_path or not path.partition("/")[2]:
        return False
    return not (_IDENTIFIES.search(query) or _IDENTIFIES.search(other_query))


_IDENTIFIES = re.compile(r"(?:^|&)\w{0,20}(?:id|p|nid|story|no|num|code)=\w", re.IGNORECASE)
