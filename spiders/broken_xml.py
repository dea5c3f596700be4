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

_MAX_TEXT = 64 * 1024
_MAX_STEPS = 10_000
"""What one element's text may take. Recovery nests up to 256 unclosed elements, and each would else read
all that follows it again; an address, a date or a number stands in a few bytes."""
_CDATA = b"<![CDATA["
_CDATA_END = b"]]>"
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
    parts: list[bytes] = []
    at = 0
    # Not one pattern for the whole section: it looks for the end of every unclosed one through all that
    # follows (1.2 MB of openings took minutes; measured).
    while (start := body.find(_CDATA, at)) >= 0 and (end := body.find(_CDATA_END, start)) >= 0:
        end += len(_CDATA_END)
        parts += _number(body[at:start]), body[start:end]
        at = end
    parts.append(_number(body[at:]))
    return b"".join(parts)


def _number(text: bytes) -> bytes:
    return _REFERENCE.sub(lambda found: _NUMBERS[found[1]], text)


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
    """Return an element's text with that of the elements in it, bounded and stripped; empty for ``None``.

    >>> text_of(etree.fromstring("<a> x<b>y<c/></b>z </a>"))
    'xyz'
    """
    if element is None:
        return ""
    parts = [element.text or ""]
    room = _MAX_TEXT - len(parts[0])
    walked = [(iter(element), "")]
    for _ in range(_MAX_STEPS):
        if not walked or room <= 0:
            break
        children, tail = walked[-1]
        child = next(children, None)
        if child is None:
            walked.pop()
            parts.append(tail)
        else:
            parts.append(child.text or "")
            walked.append((iter(child), child.tail or ""))
        room -= len(parts[-1])
    return "".join(parts)[:_MAX_TEXT].strip()


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
