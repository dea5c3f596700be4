"""What a page needs to be shown again: style sheets, scripts, pictures, fonts and icons, as absolute
addresses.

Lazy loaders keep the real picture in an attribute of their own; the list is of those met in WordPress
plug-ins and Persian CMSs. CSS is read for ``url()`` and ``@import`` by its token grammar (CSS Syntax 3,
4.3), not parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from operator import attrgetter

from pipelines.addresses import absolute
from pipelines.links import base_of
from pipelines.outline import Node, Outline

MAX_REQUISITES = 5_000
MAX_CSS = 4 << 20
"""Style sheets are read so far; the largest frameworks are some 400 KiB."""

_LINK_RELS = frozenset(
    (
        "stylesheet",
        "icon",
        "shortcut",
        "apple-touch-icon",
        "apple-touch-icon-precomposed",
        "mask-icon",
        "modulepreload",
    )
)
_PRELOADS = frozenset(("style", "script", "font", "image"))
_SOURCES = (
    "src",
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-lazy",
    "data-original-src",
    "data-img-src",
    "data-image",
)
_SETS = ("srcset", "data-srcset", "data-lazy-srcset", "data-original-set")
_BACKGROUNDS = frozenset(("data-bg", "data-background", "data-background-image", "data-bgset", "background"))
_PICTURES = ("img", "source", "amp-img", "input", "picture")
_TAGS = frozenset(("style", "link", "script", "video", "amp-video", "image", "use", *_PICTURES))
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\n\r\f]?|(.))", re.DOTALL)
_STRING = r"\"((?:[^\"\\\n]|\\.)*+)\"|'((?:[^'\\\n]|\\.)*+)'"
# Written out instead of IGNORECASE, which would keep the engine from skipping to the letter.
_CSS = re.compile(
    rf"[uU][rR][lL]\(\s*+(?:{_STRING}|((?:[^\s\"'()\\]|\\.)*+))\s*+\)"
    rf"|@[iI][mM][pP][oO][rR][tT]\s*+(?:{_STRING})"
)
# An inlined font or picture is no address; reading such through took most of the time spent on style sheets.
_INLINED = re.compile(r"[uU][rR][lL]\(\s*[\"']?[dD][aA][tT][aA]:")
_CANDIDATE = re.compile(r"[\s,]*+(\S++)")
_NAMESPACE = re.compile(r"@namespace\s[^;{]{0,500};?", re.IGNORECASE)


def read_requisites(page: Outline, url: str) -> tuple[str, ...]:
    """Return what the page needs, each once, in the order in which it stands."""
    base = base_of(page, url)
    found: dict[str, None] = {}
    for node in _bearers(page):
        for reference in _references(node):
            if target := absolute(base, reference):
                found[target] = None
        if len(found) >= MAX_REQUISITES:
            break
    return tuple(found)[:MAX_REQUISITES]


def _bearers(page: Outline) -> list[Node]:
    """Return the elements that can need something, in document order."""
    told = (node for node in page.telling if node.tag not in _TAGS and _is_styled(node.attributes))
    return sorted((*page.of_tags(_TAGS), *told), key=attrgetter("index"))


def _is_styled(attributes: Mapping[str, str]) -> bool:
    return "style" in attributes or not _BACKGROUNDS.isdisjoint(attributes)


def _references(node: Node) -> Iterator[str]:
    element, tag, attributes = node.element, node.tag, node.attributes
    if tag == "style":
        yield from _css_references(element.text or "")
        return
    if tag == "link":
        rels = set((attributes.get("rel") or "").lower().split())
        preload = "preload" in rels and (attributes.get("as") or "").lower() in _PRELOADS
        if preload or not rels.isdisjoint(_LINK_RELS):
            yield attributes.get("href") or ""
            yield from _set(attributes.get("imagesrcset") or "")
    elif tag == "script":
        yield attributes.get("src") or ""
    elif tag in _PICTURES:
        yield from _picture_references(node)
    elif tag in ("video", "amp-video"):
        yield attributes.get("poster") or ""
    elif tag in ("image", "use"):
        yield attributes.get("href") or attributes.get("xlink:href") or ""
    if (style := attributes.get("style")) and "url" in style.lower():
        yield from _css_references(style)
    if _BACKGROUNDS.isdisjoint(attributes):
        return
    for name in _BACKGROUNDS:
        if value := attributes.get(name):
            if "url(" in value:
                yield from _css_references(value)
            elif "," in value and " " in value:
                yield from _set(value)
            else:
                yield value


def _picture_references(node: Node) -> Iterator[str]:
    attributes = node.attributes
    # A source of <video> or <audio> is a film, not a requisite; an input is a picture only when it says so.
    if node.tag == "source" and _holder(node) in ("video", "audio"):
        return
    if node.tag == "input" and (attributes.get("type") or "").lower() != "image":
        return
    for name in _SOURCES:
        if value := attributes.get(name):
            yield value
    for name in _SETS:
        if value := attributes.get(name):
            yield from _set(value)


def _holder(node: Node) -> str:
    holder = node.element.getparent()
    return str(holder.tag) if holder is not None else ""


def _set(value: str) -> Iterator[str]:
    """Split a ``srcset`` (HTML 4.8.4.2.2): an address may hold commas, but not at its end.

    >>> list(_set("a,b.jpg 1x, c.jpg 2x,d.jpg"))
    ['a,b.jpg', 'c.jpg', 'd.jpg']
    """
    position, length = 0, min(len(value), 100_000)
    for _ in range(200):
        found = _CANDIDATE.match(value, position, length)
        if found is None:
            return
        address, position = found[1], found.end()
        if address.endswith(","):
            yield from (part for part in [address.rstrip(",")] if part)
            continue
        if not address.lower().startswith("data:"):
            yield address
        comma = value.find(",", position, length)
        position = length if comma < 0 else comma + 1


def css_requisites(css: bytes, url: str) -> tuple[str, ...]:
    """Return what a style sheet read at ``url`` needs: its imports, fonts and pictures; never raises.

    >>> css_requisites(b'@import "a.css"; p { background: url( b.png ) }', "http://x.test/s/m.css")
    ('http://x.test/s/a.css', 'http://x.test/s/b.png')
    """
    found: dict[str, None] = {}
    seen: set[str] = set()
    for reference in _css_references(css[:MAX_CSS].decode("utf-8", "replace").lstrip("\ufeff")):
        if reference in seen:
            continue  # an icon font is named a thousand times; resolving it again costs 10 µs each
        seen.add(reference)
        if target := absolute(url, reference):
            found[target] = None
        if len(found) >= MAX_REQUISITES:
            break
    return tuple(found)


def _css_references(css: str) -> Iterator[str]:
    css = _without_comments(css[:MAX_CSS])
    small = _small(css)
    if b"@namespace" in small:
        css = _NAMESPACE.sub("", css)
        small = _small(css)
    for position in _positions(small):
        if _INLINED.match(css, position, MAX_CSS):
            continue
        match = _CSS.match(css, position, MAX_CSS)
        value = next((group for group in match.groups() if group), "") if match else ""
        if value and value[:5].lower() != "data:" and not value.startswith("#"):
            yield _ESCAPE.sub(_unescape, value) if "\\" in value else value


def _without_comments(css: str) -> str:
    parts: list[str] = []
    end = 0
    while (begin := css.find("/*", end)) >= 0:
        parts.append(css[end:begin])
        closed = css.find("*/", begin + 2)
        end = closed + 2 if closed >= 0 else len(css)
    return "".join(parts) + css[end:] if parts else css


def _small(css: str) -> bytes:
    """Return small letters, one byte for each letter: of text beyond ASCII, ``str.lower`` takes ten times as
    long."""
    return css.encode("ascii", "replace").lower()


def _positions(lower: bytes) -> list[int]:
    """Return where ``url(`` and ``@import`` stand; a search by substring is ten times a pattern's speed."""
    found: list[int] = []
    for word in (b"url(", b"@import"):
        position = lower.find(word)
        while position >= 0:
            found.append(position)
            position = lower.find(word, position + len(word))
    return sorted(found)


def _unescape(match: re.Match[str]) -> str:
    if match[1]:
        code = int(match[1], 16)
        return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
    return "" if match[2] == "\n" else match[2]
