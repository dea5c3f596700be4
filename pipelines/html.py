"""Bytes of one HTML page to one bounded tree whose text is exactly what the page says.

The encoding follows WHATWG Encoding and HTML (13.2.3, "the input byte stream"): byte order mark, HTTP
charset,
``meta`` charset, then detection. Unlike a browser we check that the bytes agree with what was declared:
Persian sites say ``iso-8859-1`` or ``windows-1256`` over UTF-8, and ``utf-8`` over windows-1256, and a
wrong choice there destroys every word.

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

from charset_normalizer import from_bytes
from lxml import etree
from lxml.html import HtmlElement

from model import ReadError

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


# WHATWG Encoding, 4.2: the name, Python's codec, and the labels met in the wild beside the name itself.
_ENCODINGS = (
    ("utf-8", "utf-8", "utf8 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 x-unicode20utf8"),
    (
        "windows-1252",
        "cp1252",
        "ascii us-ascii iso-8859-1 iso8859-1 iso88591 iso_8859-1 latin1 latin-1 l1 cp1252 cp819 x-cp1252",
    ),
    ("windows-1256", "cp1256", "cp1256 x-cp1256 win-1256"),
    (
        "iso-8859-6",
        "iso8859-6",
        "arabic asmo-708 ecma-114 iso8859-6 iso88596 iso_8859-6 iso-8859-6-i iso-8859-6-e",
    ),
    ("windows-1250", "cp1250", "cp1250 x-cp1250"),
    ("windows-1251", "cp1251", "cp1251 x-cp1251 win-1251"),
    ("windows-1253", "cp1253", "cp1253 x-cp1253"),
    ("windows-1254", "cp1254", "cp1254 x-cp1254 iso-8859-9 iso8859-9 iso88599 iso_8859-9 latin5 l5"),
    ("windows-1255", "cp1255", "cp1255 x-cp1255"),
    ("windows-1257", "cp1257", "cp1257 x-cp1257"),
    ("windows-1258", "cp1258", "cp1258 x-cp1258"),
    ("windows-874", "cp874", "dos-874 iso-8859-11 iso8859-11 tis-620"),
    ("iso-8859-2", "iso8859-2", "latin2 l2 iso8859-2 iso_8859-2"),
    ("iso-8859-3", "iso8859-3", "latin3 l3 iso8859-3"),
    ("iso-8859-4", "iso8859-4", "latin4 l4 iso8859-4"),
    ("iso-8859-5", "iso8859-5", "cyrillic iso8859-5"),
    ("iso-8859-7", "iso8859-7", "greek greek8 iso8859-7"),
    ("iso-8859-8", "iso8859-8", "hebrew visual iso8859-8 iso-8859-8-i logical"),
    ("iso-8859-10", "iso8859-10", "latin6 l6 iso8859-10"),
    ("iso-8859-13", "iso8859-13", "iso8859-13"),
    ("iso-8859-14", "iso8859-14", "iso8859-14"),
    ("iso-8859-15", "iso8859-15", "iso8859-15 l9 latin-9"),
    ("iso-8859-16", "iso8859-16", ""),
    ("koi8-r", "koi8-r", "koi koi8 koi8_r cskoi8r"),
    ("koi8-u", "koi8-u", "koi8-ru"),
    ("macintosh", "mac-roman", "mac x-mac-roman"),
    # No encodings of the web, but of pages that say so: browsers would guess, Python knows the tables.
    ("x-mac-arabic", "mac-arabic", "macarabic mac-arabic"),
    ("x-mac-farsi", "mac-farsi", "macfarsi mac-farsi"),
    ("ibm866", "cp866", "866 cp866"),
    ("gbk", "gb18030", "gb2312 gb_2312 gb_2312-80 chinese x-gbk"),
    ("gb18030", "gb18030", ""),
    ("big5", "big5hkscs", "big5-hkscs cn-big5 x-x-big5"),
    ("euc-jp", "euc-jp", "x-euc-jp"),
    ("iso-2022-jp", "iso2022-jp", ""),
    ("shift_jis", "cp932", "shift-jis sjis ms_kanji windows-31j x-sjis ms932"),
    ("euc-kr", "cp949", "korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949"),
    ("utf-16le", "utf-16-le", "utf-16 ucs-2 unicode iso-10646-ucs-2 csunicode"),
    ("utf-16be", "utf-16-be", "unicodefffe"),
)
_CODECS = {name: codec for name, codec, _ in _ENCODINGS}
_LABELS = {label: name for name, _, labels in _ENCODINGS for label in (name, *labels.split())}
_BY_CODEC = {codecs.lookup(codec).name: name for name, codec, _ in reversed(_ENCODINGS)}

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16le"), (codecs.BOM_UTF16_BE, "utf-16be"))
_HTTP_CHARSET = re.compile(r"charset\s*+=\s*+[\"']?\s*+([A-Za-z0-9_.:\-]{1,40})", re.IGNORECASE)
# HTML 13.2.3.2 looks at 1,024 bytes; Persian portals print a long comment or script before the element.
_META = re.compile(rb"<meta\s[^>]{0,500}?charset\s*+=\s*+[\"']?\s*+([A-Za-z0-9_.:\-]{1,40})", re.IGNORECASE)
_META_WINDOW = 8192
_DETECTION_WINDOW = 1 << 16

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
    tags = text.count("<")
    if tags > MAX_TAGS:
        text = text[: _position_of_tag(text, MAX_TAGS)]
        cut = True
    # HTML 13.2.5 drops U+0000 in text; libxml2 writes U+FFFD, which would be a character that nobody
    # published.
    text = text.replace("\0", "")
    # Bytes that were read without a fault and not cut are those that would be written again.
    same = (
        encoding == "utf-8"
        and len(text) == whole
        and "\ufffd" not in text
        and not body.startswith(_BOMS[0][0])
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
    looks = bool(_TAG.search(body[:65536]))
    utf16 = bool(_wide(body))
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


def decode(body: bytes, content_type: str | None) -> tuple[str, str]:
    r"""Return the text of a page and the WHATWG name of its encoding; U+FFFD for what is broken.

    >>> decode(b"<p>\xd3\xe1\xc7\xe3</p>", "text/html; charset=windows-1256")
    ('<p>سلام</p>', 'windows-1256')
    >>> decode("<p>سلام بر همه</p>".encode(), "text/html; charset=ISO-8859-1")[1]
    'utf-8'
    """
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(_CODECS[name], "replace"), name
    if wide := _wide(body):
        return body.decode(_CODECS[wide], "replace"), wide
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = None
    declared = _declared(body, content_type)
    if text is not None:
        legacy = [name for name in declared if name != "utf-8"]
        # Bytes above 0x7F that form whole UTF-8 sequences throughout are UTF-8, whatever the header says:
        # three such letters happen by chance in one windows-1256 text of some ten thousand. ISO-2022-JP
        # and UTF-16 pass as ASCII.
        if not legacy or not text.isascii():
            return text, "utf-8"
        return _strict(body, legacy[0]) or (text, legacy[0])
    if _mostly_utf8(body):  # a page cut inside a letter, a foreign byte; whatever it is called
        return body.decode("utf-8", "replace"), "utf-8"
    arabic = _arabic(body)
    for name in declared:
        if name == "utf-8" or (arabic and name in ("windows-1252", *_ARABIC) and name != arabic):
            continue
        if found := _strict(body, name):
            return found
    name = arabic or _detect(body)
    return body.decode(_CODECS[name], "replace"), name


def _declared(body: bytes, content_type: str | None) -> list[str]:
    """Return the encodings that HTTP and the page name, in the order in which they are believed."""
    labels = []
    if found := _HTTP_CHARSET.search(content_type or ""):
        labels.append(found[1])
    if meta := _META.search(body[:_META_WINDOW]):
        label = meta[1].decode("ascii")
        # HTML 13.2.3.2: a meta element that could be read as ASCII cannot be UTF-16.
        labels.append("utf-8" if label.lower().startswith("utf-16") else label)
    names = (_LABELS.get(label.lower()) for label in labels)
    return list(dict.fromkeys(name for name in names if name))


def _strict(body: bytes, name: str) -> tuple[str, str] | None:
    try:
        return body.decode(_CODECS[name]), name
    except UnicodeDecodeError:
        # cp1252 and its sisters leave a few bytes undefined in Python; one stray byte is no reason to doubt.
        text = body.decode(_CODECS[name], "replace")
        return (text, name) if text.count("\ufffd") * 100 <= _high_bytes(body) else None


def _high_bytes(body: bytes) -> int:
    return len(body) - len(body.translate(None, bytes(range(128, 256))))


def _wide(body: bytes) -> str:
    """Return ``utf-16le`` or ``utf-16be`` when the bytes begin as such, with a mark or without; else ``""``.

    Markup is ASCII: of the first bytes most of every second are zero, and none of the others.
    """
    for mark, name in _BOMS[1:]:
        if body.startswith(mark):
            return name
    head = body[:32]
    first, second = head[0::2].count(0), head[1::2].count(0)
    if (first and second) or (first + second) * 3 < len(head) or len(head) < 16:
        return ""
    return "utf-16be" if first else "utf-16le"


def _arabic(body: bytes) -> str:
    """Return ``windows-1256`` or ``iso-8859-6`` when bytes that are no UTF-8 read as Arabic script in one of
    them, else ``""``.

    Latin, in which letters above 0x7F stand alone, never does: there three in a row are rare.
    """
    sample = body[:_DETECTION_WINDOW]
    if sum(map(len, _HIGH_RUNS.findall(sample))) * 10 < _high_bytes(sample) * 6:
        return ""
    lines = b"\n".join(line for line in sample.splitlines() if _high_bytes(line))[:16384]
    shares = {name: _arabic_share(lines.decode(_CODECS[name], "replace")) for name in _ARABIC}
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] > 0.7 else ""


def _mostly_utf8(body: bytes) -> bool:
    """Tell UTF-8 with some damage from another encoding under its name: a page cut inside a letter, a
    foreign byte."""
    text = body[: _DETECTION_WINDOW * 4].decode("utf-8", "replace")
    good = len(text) - len(text.encode("ascii", "ignore")) - text.count("\ufffd")
    return good > 4 * text.count("\ufffd")


def _detect(body: bytes) -> str:
    """Return the likeliest encoding of bytes that are not UTF-8 and declare nothing that fits."""
    sample = re.sub(rb"<[^>]{0,2000}>", b" ", body[:_DETECTION_WINDOW])
    lines = b"\n".join(line.strip() for line in sample.splitlines() if _high_bytes(line))[:16384]
    if _reads_as_arabic(lines.decode("cp1256", "replace")):
        return "windows-1256"
    best = from_bytes(lines, steps=5, chunk_size=512, preemptive_behaviour=False).best()
    name = _BY_CODEC.get(codecs.lookup(best.encoding).name) if best else None
    if not name or name.startswith("utf-16"):
        return "windows-1252"
    # The sisters of windows-1252 share its quotes and dashes: where they say the same, it is the likelier.
    same = lines.decode(_CODECS[name], "replace") == lines.decode("cp1252", "replace")
    return "windows-1252" if same else name


# The letters that carry running Persian and Arabic text; other encodings read as windows-1256 seldom give
# them.
_ARABIC = ("windows-1256", "iso-8859-6")
_HIGH_RUNS = re.compile(rb"[\x80-\xff]{3,}")
_COMMON_ARABIC = frozenset("ابتدرسشعفقكلمنهويیکگپ ")


def _reads_as_arabic(text: str) -> bool:
    return _arabic_share(text) > 0.7


def _arabic_share(text: str) -> float:
    """Return the share of common Arabic letters in all that are not ASCII; 0 of fewer than four."""
    high = [letter for letter in text if letter >= "\x80"]
    return sum(letter in _COMMON_ARABIC for letter in high) / len(high) if len(high) >= 4 else 0.0
