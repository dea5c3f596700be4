"""Bytes of one HTML page to one bounded tree whose text is exactly what the page says.

libxml2 parses (2.14 reads character references and tags as HTML5 does): of 181 news pages of 174 KiB it took
2.5 ms a page. ``huge_tree`` is on, because without it libxml2 stops at 256 open elements and loses the
rest of a page with unclosed ``<font>``; the bounds are ours instead: bytes, tags, and libxml2's own 2,048
open elements.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from model import ReadError
from pipelines.encodings import decode, wide

MAX_PAGE_BYTES = 16 << 20
"""What lies beyond is not read; the largest news pages are some 5 MiB, nearly all of it inline script."""
MAX_TAGS = 100_000
"""What lies beyond the so-manieth ``<`` is not read; a page of a thousand comments has some 30,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One parsed page."""

    root: HtmlElement
    """The ``html`` element; never changed by a reader."""
    encoding: str
    """WHATWG name, lower case."""
    cut: bool
    """True when a bound was met and the rest of the page was not read."""


# Beginnings of what is served as text/html and is none (WHATWG MIME Sniffing, 6 and 7).
_MAGIC = (
    (b"%PDF-", "a PDF file"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"GIF8", "a GIF image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"PK\x03\x04", "a ZIP file"),
    (b"\x1f\x8b", "gzip data"),
    (b"Rar!", "a RAR file"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
    (b"OggS", "Ogg media"),
    (b"ID3", "MP3 audio"),
    (b"BM", "a BMP image"),
    (b"\x00\x00\x01\x00", "an icon"),
    (b"%!PS", "a PostScript file"),
)
_FEED = re.compile(rb"<(rss|feed|rdf:RDF|urlset|sitemapindex|svg|opml)[\s>]")
_PROLOGUE = ((b"<?", b"?>"), (b"<!--", b"-->"))
_TAG = re.compile(
    rb"<(?:!doctype|html|head|body|title|meta|link|div|p|a|h[1-6]|table|span|br|b|i|iframe|script|style"
    rb"|font|img|"
    rb"ul|ol|li|form|input|frameset|center|article|section|main|nav|header|footer|noscript)[\s/>]",
    re.IGNORECASE,
)
# libxml2 looks through all attributes of an element for each further one: 100,000 of them took two
# minutes. The pattern follows HTML 13.2.5.32 to .39 and is possessive throughout: it never takes back
# what it has read. A name with «<» in it is looked at from there, and 256 are enough: what begins within an
# element is read again, so as many times at most.
_MANY_ATTRIBUTES = re.compile(
    rb"<([a-zA-Z][^\s/<>]*+)(?=[\s/])(?:[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"?+|'[^']*+'?+"
    rb"|[^\s>\"'][^\s>]*+)?+)?+){256,}+"
)
# React 18 streams a part of a page as <div hidden id="S:1"> and says afterwards where it belongs.
_STREAMED = re.compile(rb"\$R[CSR]\(\"([BPS]:[0-9a-f]{1,8})\",\"([BPS]:[0-9a-f]{1,8})\"")
_MAX_STREAMS = 500
_HTML_TYPES = frozenset(("", "text/html", "application/xhtml+xml"))
_OPEN_TYPES = frozenset(
    (
        "application/octet-stream",
        "application/xml",
        "text/xml",
        "text/plain",
        "application/unknown",
        "unknown/unknown",
    )
)
_BINARY = bytes(set(range(9)) | {0x0B} | set(range(0x0E, 0x1B)) | set(range(0x1C, 0x20)))

_LOOKUP = etree.ElementDefaultClassLookup(element=HtmlElement)


def parse_html(body: bytes, content_type: str | None) -> Page:
    """Return the page; raise :class:`ReadError` when these bytes are no HTML.

    An empty body declared as HTML is an empty page.
    """
    mime = (content_type or "").split(";", 1)[0].strip().lower()
    _refuse_other(body, mime)
    cut = len(body) > MAX_PAGE_BYTES
    if cut:
        body = body[:MAX_PAGE_BYTES]
    text, encoding = decode(body, content_type)
    whole = len(text)
    # To take them out and see what is left is a third of counting them, and of bytes half of that again.
    tags = len(body) - len(body.replace(b"<", b"")) if encoding == "utf-8" else text.count("<")
    if tags > MAX_TAGS:
        text = text[: _position_of_tag(text, MAX_TAGS)]
        cut = True
    # HTML 13.2.5 drops U+0000 in text; libxml2 writes U+FFFD, which would be a character that nobody
    # published.
    if b"\0" in body:
        text = text.replace("\0", "")
    # Bytes that were read without a fault and not cut are those that would be written again.
    same = (
        encoding == "utf-8"
        and len(text) == whole
        and "\ufffd" not in text
        and not body.startswith(codecs.BOM_UTF8)
    )
    data = body if same else text.encode("utf-8", "replace")
    return Page(root=_parse(data), encoding=encoding, cut=cut)


def _parse(data: bytes) -> HtmlElement:
    data = _MANY_ATTRIBUTES.sub(rb"<\1 ", data)
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True, no_network=True
    )
    parser.set_element_class_lookup(_LOOKUP)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        # "Document is empty": nothing but white space or comments is an empty page.
        if data.strip() and _TAG.search(data):
            raise ReadError(f"this is no HTML: {error.msg}") from error
        root = None
    if root is None:
        root = etree.fromstring(b"<html><body></body></html>", parser)
    if not isinstance(root, HtmlElement):
        raise ReadError("this is no HTML: it has no element")
    if b'<div hidden id="S:' in data:
        _settle_streams(root, data)
    return root


def _settle_streams(root: HtmlElement, data: bytes) -> None:
    """Put what React sent late where its script puts it: before the ``template`` that keeps the place."""
    late: dict[str, HtmlElement] = {}
    places: dict[str, HtmlElement] = {}
    for element in root.iter("div", "template"):
        name = element.get("id") or ""
        if element.tag == "div" and name.startswith("S:") and "hidden" in element.attrib:
            late[name] = element
        elif element.tag == "template" and name[:2] in ("B:", "P:"):
            places[name] = element
    for found in islice(_STREAMED.finditer(data), _MAX_STREAMS):
        names = [part.decode("ascii") for part in found.groups()]
        source = next((late.pop(name) for name in names if name in late), None)
        place = next((places.pop(name) for name in names if name in places), None)
        if source is None or place is None or any(above is source for above in place.iterancestors()):
            continue
        text, source.text = source.text, None
        before = place.getprevious()
        if text and before is not None:
            before.tail = (before.tail or "") + text
        elif text:
            above = place.getparent()
            above.text = (above.text or "") + text
        for child in list(source):
            place.addprevious(child)


def _refuse_other(body: bytes, mime: str) -> None:
    """Raise :class:`ReadError` when type and bytes say that this is something else than a page."""
    head = body[:4096]
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise ReadError(f"this is no HTML: {what}")
    if head[4:8] == b"ftyp" or head[8:12] == b"WEBP":
        raise ReadError("this is no HTML: an image or a film")
    if mime not in _HTML_TYPES and mime not in _OPEN_TYPES:
        raise ReadError(f"this is no HTML: it is declared as {mime}")
    if feed := _FEED.match(_after_prologue(body[:16384])):
        raise ReadError(f"this is no HTML: an XML document <{feed[1].decode('ascii')}>")
    looks = bool(_TAG.search(body, 0, 65536))
    utf16 = bool(wide(body))
    if not utf16:
        binary = len(head) - len(head.translate(None, _BINARY))
        # One byte in ten: text damaged by stray NULs stays readable, compressed data has one in nine.
        if binary * (20 if looks else 100) > 2 * len(head):
            raise ReadError("this is no HTML: binary data")
    if not looks and not utf16 and body.strip():
        if mime not in _HTML_TYPES or not mime:
            raise ReadError("this is no HTML: it has no tag")
        if head.lstrip()[:1] in (b"{", b"["):
            raise ReadError("this is no HTML: JSON")


def _after_prologue(head: bytes) -> bytes:
    """Return what follows the XML declaration, processing instructions and comments (XML 1.0, production
    22)."""
    head = head.removeprefix(codecs.BOM_UTF8).lstrip()
    for _ in range(50):
        for opening, closing in _PROLOGUE:
            if head.startswith(opening):
                head = head.partition(closing)[2].lstrip()
                break
        else:
            break
    return head


def _position_of_tag(text: str, count: int) -> int:
    position = -1
    for _ in range(count):
        position = text.find("<", position + 1)
    return position
