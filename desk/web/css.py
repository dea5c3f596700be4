"""Addresses in archived CSS, turned to lead into the archive.

CSS is read by its token grammar for strings and ``url()`` (CSS Syntax 3, 4.3.5 and 4.3.6), not parsed. What
is missed only lacks its picture: the policy of the answer lets nothing load from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

Address = Callable[[str], str]
"""From an absolute URL to where the archive gives it back."""

_STRING = r"\"((?:[^\"\\\n]|\\.)*+)\"|'((?:[^'\\\n]|\\.)*+)'"
_ADDRESS = re.compile(
    rf"(?P<import>@import\s*+)(?:{_STRING})|url\(\s*+(?:{_STRING}|((?:[^\s\"'()\\]|\\.)*+))\s*+\)",
    re.IGNORECASE,
)
# Pictures named by strings (CSS Images 4, 2.4); what url() and type() hold is left to others.
_IMAGE_SET = re.compile(r"image-set\((?:[^()]|\([^()]{0,2000}\)){0,4000}\)", re.IGNORECASE)
_BARE_STRING = re.compile(rf"(?<!url\()(?<!type\(){_STRING}", re.IGNORECASE)
_MOST_ESCAPES = 50
"""In one image-set(); addresses have hardly one, and a set with more is not shown."""
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\n\r\f]?|(.))", re.DOTALL)
# What would begin a tag where a browser reads a style sheet's text as markup: «<» in «(width <= 40em)» stays.
_TAG_BEGINS = re.compile(r"<(?=[A-Za-z/!?])")
# As inline pictures and fonts; a style sheet in a data: address is not shown (the policy lets none load).
_INLINE = ("data:image/", "data:font/", "data:application/font", "data:application/x-font")


def rewrite_css(text: str, base: str, resource: Address) -> str:
    r"""Return a style sheet whose addresses lead into the archive; it holds nothing that could begin a tag.

    >>> rewrite_css("a{background:url( 'b.png' )}", "http://s/c/d.css", lambda url: "/r/" + url)
    'a{background:url("/r/http://s/c/b.png")}'
    >>> rewrite_css("@import 'x.css' print;", "http://s/", lambda url: "/r/" + url)
    '@import "/r/http://s/x.css" print;'
    >>> rewrite_css("a::before{content:'</style>'}", "http://s/", str)
    "a::before{content:'\\3c /style>'}"
    """

    def rewritten(found: re.Match[str]) -> str:
        parts = [part for part in found.groups()[1:] if part is not None]
        value = _ESCAPE.sub(_unescaped, parts[0] if parts else "").strip()
        if found["import"] is None and (value.startswith("#") or value.lower().startswith(_INLINE)):
            return found[0]
        target = resolve(value, base)
        address = _quoted(resource(target)) if target else '""'
        return f"{found['import']}{address}" if found["import"] is not None else f"url({address})"

    def in_set(found: re.Match[str]) -> str:
        target = resolve(_ESCAPE.sub(_unescaped, found[1] or found[2] or ""), base)
        return _quoted(resource(target)) if target else '""'

    turned = _ADDRESS.sub(rewritten, text)

    def in_sets(found: re.Match[str]) -> str:
        # Each escaped quote may begin a string that never ends; without them few can.
        if found[0].count("\\") > _MOST_ESCAPES:
            return "none"
        return _BARE_STRING.sub(in_set, found[0])

    turned = _IMAGE_SET.sub(in_sets, turned)
    return _TAG_BEGINS.sub(r"\\3c ", turned)


def resolve(value: str, base: str) -> str | None:
    """Return an absolute http or https URL without fragment, or ``None`` for anything else.

    >>> resolve("../b?x#y", "http://s/a/c/"), resolve("javascript:x", "http://s/")
    ('http://s/a/b?x', None)
    """
    # Browsers drop tabs and line ends within an address, and controls around it (WHATWG URL, 4.4).
    cleaned = value.strip("".join(map(chr, range(33)))).translate({9: None, 10: None, 13: None})
    if not cleaned or cleaned.startswith("#"):
        return None
    try:
        target = urljoin(base, cleaned).partition("#")[0]
        parts = urlsplit(target)
    except ValueError:
        return None
    return target if parts.scheme in {"http", "https"} and parts.netloc else None


def _unescaped(found: re.Match[str]) -> str:
    if found[1]:
        code = int(found[1], 16)
        return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
    return "" if found[2] in "\n\r\f" else str(found[2])


def _quoted(url: str) -> str:
    return '"' + re.sub(r'[\\"\n\r\f]', lambda sign: f"%{ord(sign[0]):02X}", url) + '"'
