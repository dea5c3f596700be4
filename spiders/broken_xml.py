"""Parse XML as sites really send it: bare ampersands, missing prefixes, leading junk, cut ends.

Nothing is fetched, no entity of the document's own is expanded, and depth and text length are bounded by
libxml2 (``huge_tree`` stays off). What cannot be parsed at all is :class:`~model.errors.ReadError`.
"""

from __future__ import annotations

import re
from typing import cast

from lxml import etree

from model.errors import ReadError

_MAX_BYTES = 50 * 1024 * 1024
"""The bound that sitemaps.org sets on one uncompressed file; feeds stay far below."""

_CDATA = re.compile(rb"(<!\[CDATA\[.*?\]\]>)", re.DOTALL)
_REFERENCE = re.compile(rb"&(?!#\d{1,7};|#[xX][0-9a-fA-F]{1,6};)(?:(amp|lt|gt|quot|apos);)?")
_NUMBERS = {
    b"amp": b"&#38;",
    b"lt": b"&#60;",
    b"gt": b"&#62;",
    b"quot": b"&#34;",
    b"apos": b"&#39;",
    None: b"&#38;",
}
_LEADING_JUNK = re.compile(rb"[^<]{0,1024}(?=<)")


def mend(body: bytes) -> bytes:
    """Return ``body`` with named references, and ampersands that begin none, written as numbers.

    Otherwise recovery damages addresses without a word: libxml2 drops the name after a bare ampersand
    (``?a=1&b=2`` becomes ``?a=1=2``), and after the first error in a document it drops *every* named
    reference, ``&amp;`` too (``?a=1&amp;b=2`` becomes ``?a=1b=2``; seen with libxml2 2.14). Numbers pass.
    Undeclared names of HTML (``&nbsp;``) stay as their text.

    >>> mend(b"<a>?a=1&b=2 &amp; &#233; <![CDATA[x&y]]></a>")
    b'<a>?a=1&#38;b=2 &#38; &#233; <![CDATA[x&y]]></a>'
    """
    parts = _CDATA.split(body)
    return b"".join(
        part if index % 2 else _REFERENCE.sub(lambda found: _NUMBERS[found[1]], part)
        for index, part in enumerate(parts)
    )


def trim(body: bytes) -> bytes:
    """Return ``body`` cut to the bound and without what stands before its first ``<``.

    White space or a warning of PHP before the XML declaration is the commonest fault of feeds, and fatal
    to a parser. UTF-16 and UTF-32 are left alone.
    """
    body = body[:_MAX_BYTES]
    if body[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00" in body[:4]:
        return body
    junk = _LEADING_JUNK.match(body)
    return body[junk.end() :] if junk else body


def parse_tree(body: bytes) -> etree._Element:
    """Return the root element; the strict parser is asked first, the recovering one only after it failed."""
    text = trim(body)
    try:
        return etree.fromstring(text, _parser(recover=False))
    except etree.XMLSyntaxError as error:
        fault = str(error)
    try:
        # lxml answers None, against its stubs, when recovery finds no element at all.
        root = cast("etree._Element | None", etree.fromstring(mend(text), _parser(recover=True)))
    except etree.XMLSyntaxError as error:
        raise ReadError(f"no XML: {error}") from error
    if root is None:
        raise ReadError(f"no XML: {fault}")
    return root


def local_name(element: etree._Element) -> str:
    """Return an element's name without its namespace, lower case; ``""`` for comments and the like.

    >>> local_name(etree.fromstring("<a:Item xmlns:a='x'/>"))
    'item'
    """
    # A function for comments and entities, against the stubs.
    tag = cast("object", element.tag)
    if not isinstance(tag, str):
        return ""
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


def text_of(element: etree._Element | None) -> str:
    """Return an element's whole text, stripped; empty for ``None``."""
    if element is None:
        return ""
    return "".join(str(part) for part in element.itertext()).strip()


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
