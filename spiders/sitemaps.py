"""Read sitemaps: URL sets, indexes, news sitemaps, plain text, each of them gzipped or not.

Source: sitemaps.org/protocol.html (at most 50,000 URLs and 50 MB uncompressed a file) and Google's news
extension (``news:publication_date``). XML is read as a stream: a file at the bound would take ten times
its size as a tree.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

from lxml import etree

from model.errors import ReadError
from spiders.broken_xml import local_name, mend, text_of, trim
from spiders.moments import read_moment

_MAX_BYTES = 50 * 1024 * 1024
_MAX_ENTRIES = 50_000
_MAX_GZIP_MEMBERS = 10_000
_GZIP_STEP = 64 * 1024
"""zlib copies what follows a member: of all that follows, it would be once for each of a million members."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapEntry:
    """One address in a sitemap."""

    url: str
    """Absolute."""
    modified_raw: str | None = None
    """``lastmod``, as printed."""
    modified_at: datetime | None = None
    published_raw: str | None = None
    """``news:publication_date``, as printed."""
    published_at: datetime | None = None

    @property
    def newest(self) -> datetime | None:
        """The later of both dates: an entry is old only when neither is young."""
        known = [moment for moment in (self.modified_at, self.published_at) if moment is not None]
        return max(known, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitemap:
    """What one sitemap file lists; one of both is empty in files that keep to the protocol."""

    pages: tuple[SitemapEntry, ...] = ()
    sitemaps: tuple[SitemapEntry, ...] = ()
    """Further sitemap files, when this one is an index."""
    complete: bool = True
    """False when the file broke off, passed a bound, or had to be mended; what lies past is not read."""


def read_sitemap(body: bytes, url: str) -> Sitemap:
    """Return what a sitemap lists; ``ReadError`` when the bytes are none. A cut file gives what it holds."""
    data, whole = gunzip(body)
    text = trim(data)
    if b"<" not in text[:4096]:
        found = _read_text(data)
    else:
        try:
            found = _read_xml(text, url, recover=False)
        except etree.XMLSyntaxError:
            found, whole = _read_mended(text, url), False
    return Sitemap(pages=found.pages, sitemaps=found.sitemaps, complete=whole and found.complete)


def gunzip(body: bytes) -> tuple[bytes, bool]:
    """Return the bytes without gzip coding, at most 50 MB, and whether that is all of them.

    >>> gunzip(b"plain")
    (b'plain', True)
    """
    if body[:2] != b"\x1f\x8b":
        return body[:_MAX_BYTES], len(body) <= _MAX_BYTES
    parts: list[bytes] = []
    room = _MAX_BYTES
    at = members = 0
    view = memoryview(body)
    try:
        while body[at : at + 2] == b"\x1f\x8b" and members < _MAX_GZIP_MEMBERS:
            members += 1
            decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
            while not decoder.eof and at < len(body) and room > 0:
                step = view[at : at + _GZIP_STEP]
                part = decoder.decompress(step, room)
                parts.append(part)
                room -= len(part)
                at += len(step) - len(decoder.unused_data) - len(decoder.unconsumed_tail)
            if not decoder.eof:
                return b"".join(parts), False
    except zlib.error as error:
        if not parts:
            raise ReadError(f"no sitemap: damaged gzip: {error}") from error
        return b"".join(parts), False
    return b"".join(parts), body[at : at + 2] != b"\x1f\x8b"


def _read_mended(text: bytes, url: str) -> Sitemap:
    try:
        return _read_xml(mend(text), url, recover=True)
    except etree.XMLSyntaxError as error:
        raise ReadError(f"no sitemap: {error}") from error


def _read_xml(text: bytes, url: str, *, recover: bool) -> Sitemap:
    pages: list[SitemapEntry] = []
    sitemaps: list[SitemapEntry] = []
    events = etree.iterparse(
        io.BytesIO(text),
        events=("end",),
        tag=("{*}url", "{*}sitemap"),
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
    )
    complete = False
    for met, (_, element) in enumerate(events):
        if met >= _MAX_ENTRIES:
            break
        entry = _entry(element, url)
        target = pages if local_name(element) == "url" else sitemaps
        if entry is not None:
            target.append(entry)
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]
    else:
        complete = True
        root = events.root
        name = local_name(root) if root is not None else ""
        if name not in {"urlset", "sitemapindex"} and not pages and not sitemaps:
            raise ReadError(f"no sitemap: its root element is <{name}>" if name else "no sitemap: no XML")
    return Sitemap(pages=tuple(pages), sitemaps=tuple(sitemaps), complete=complete)


def _entry(element: etree._Element, url: str) -> SitemapEntry | None:
    """Read one ``url`` or ``sitemap``; only direct children: an image's ``loc`` is no page's."""
    location = modified = published = ""
    for child in element:
        name = local_name(child)
        if name == "loc":
            location = location or text_of(child)
        elif name == "lastmod":
            modified = text_of(child)
        elif name == "news":
            published = next((text_of(part) for part in child if local_name(part) == "publication_date"), "")
    try:
        target = urljoin(url, location) if location else ""
    except ValueError:
        return None
    if not target[:8].lower().startswith(("http://", "https://")):
        return None
    return SitemapEntry(
        url=target,
        modified_raw=modified or None,
        modified_at=read_moment(modified),
        published_raw=published or None,
        published_at=read_moment(published),
    )


def _read_text(data: bytes) -> Sitemap:
    """Read the text form: one URL a line, nothing else (sitemaps.org, «Text file»)."""
    lines = [line.strip() for line in data.decode("utf-8-sig", "replace").splitlines() if line.strip()]
    addresses = [line for line in lines if line[:8].lower().startswith(("http://", "https://"))]
    if not addresses or len(addresses) * 2 < len(lines):
        raise ReadError("no sitemap: neither XML nor a list of addresses")
    return Sitemap(
        pages=tuple(SitemapEntry(url=line) for line in addresses[:_MAX_ENTRIES]),
        complete=len(addresses) <= _MAX_ENTRIES,
    )
