"""An archived page written anew so that it only shows: no scripts, no address that leads out of the archive.

The page is read into a tree and every tag of the result is written here, from lists of elements and
attributes that only show (:mod:`desk.web.vocabulary`), with all text and all values escaped. So whatever a
browser makes of the result is made of tags that we wrote, and no difference between two parsers can bring a
tag back to life.
The answer's Content-Security-Policy guards a second time.

What a script would have done is done where it is known: lazy pictures get their source. ``noscript`` shows
what it holds, as in a browser without scripts. A frame becomes a link to its capture. The bytes in the
archive stay as they are; this is a derivative made for looking.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from lxml import etree
from lxml.html import HtmlElement, HTMLParser

from desk.web.css import Address, resolve, rewrite_css
from desk.web.vocabulary import (
    DRAWING,
    ELEMENTS,
    FORMULA,
    FRAMES,
    REMOVED,
    RENAMED,
    VOID,
    is_kept_attribute,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# A page of a thousand comments has some 30,000 elements; 300,000 are written in about three seconds.
MOST_ELEMENTS = 300_000
MOST_LETTERS = 16 << 20
_MOST_CANDIDATES = 64
_LAZY = (
    "data-src",
    "data-lazy-src",
    "data-original",
    "data-lazy",
    "data-original-src",
    "data-img-src",
    "data-image",
)
_LAZY_SETS = ("data-srcset", "data-lazy-srcset", "data-original-set")
_LAZY_BACKGROUNDS = ("data-bg", "data-background", "data-background-image")
_CUSTOM = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
# Atomic: five comments that may each end at any "-->" of 2,000 letters are 10 to the 11th ways not to match.
_DOCTYPE = re.compile(
    r"\s*+(?:<!--(?>.{0,2000}?-->)\s*+){0,5}+<!doctype\b([^>]{0,400})>", re.IGNORECASE | re.DOTALL
)
_CUT = '<p><strong lang="en" dir="ltr">This page is longer than what can be shown here.</strong></p>'


def rewrite_html(text: str, url: str, *, page: Address, resource: Address) -> bytes:
    """Return an archived page as UTF-8 HTML that only shows.

    ``page`` turns a link's target into an address of the archive, ``resource`` that of a picture, style
    sheet or font. Text that is no HTML comes back as an empty page.
    """
    parser = HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True, no_network=True
    )
    data = text[:MOST_LETTERS].replace("\0", "").encode("utf-8", "replace")
    try:
        root = etree.fromstring(data, parser)
    except (ValueError, etree.ParserError, etree.XMLSyntaxError):
        root = None
    if root is None:
        return b"<!doctype html><title></title>"
    base = url
    for element in root.iter("base"):
        if target := resolve(element.get("href") or "", url):
            base = target
            break
    writer = _Writer(base=base, own=url, page=page, resource=resource)
    writer.write(root)
    return (_doctype(text) + "".join(writer.written)).encode("utf-8", "replace")


def _doctype(text: str) -> str:
    """Return the page's own document type, on which a browser's layout mode hangs."""
    found = _DOCTYPE.match(text)
    if found is None:
        return ""
    # The parts between quotes are public and system identifiers: names, with no way to end the tag.
    return f"<!doctype{re.sub(r'[<>&]', '', found[1])}>\n"


@dataclass(slots=True, kw_only=True)
class _Writer:
    base: str
    own: str
    page: Address
    resource: Address
    written: list[str] = field(default_factory=list)
    elements: int = 0
    woken: set[str] = field(default_factory=set)
    """Sources of lazy pictures, which ``noscript`` would show a second time."""

    def write(self, root: HtmlElement) -> None:
        """Write an element and all it holds; with a stack of our own, for pages nested deeper than calls."""
        waiting: list[tuple[HtmlElement | None, str, frozenset[str] | None]] = [(root, "", None)]
        while waiting:
            element, closing, within = waiting.pop()
            if element is None:
                self.written.append(closing)
                continue
            self.elements += 1
            if self.elements > MOST_ELEMENTS:
                self.written.append(_CUT)
                return
            tail = escape(element.tail or "", quote=False)
            tag, inside, shown = self._open(element, within)
            is_void = within is None and element.tag in VOID
            if not shown and not is_void:
                self.written.append(tail)
                continue
            closing = "" if not tag or is_void else f"</{tag}>"
            waiting.append((None, closing + tail, None))
            if tag == "style":
                continue
            self.written.append(escape(element.text or "", quote=False))
            waiting.extend((child, "", inside) for child in reversed(element))

    def _open(
        self, element: HtmlElement, within: frozenset[str] | None
    ) -> tuple[str, frozenset[str] | None, bool]:
        """Write an opening tag; return its name (empty: only what it holds is shown), what its children may
        be (``None``: HTML), and whether any of it is shown."""
        name = element.tag.lower() if isinstance(element.tag, str) else ""
        tag = RENAMED.get(name, name)
        if within is None and tag in FRAMES:
            self._frame(element)
            return "", None, False
        if within is None and tag == "link":
            self._link(element)
            return "", None, False
        if within is None and tag == "meta":
            self._meta(element)
            return "", None, False
        if not tag or tag in REMOVED:
            return "", None, False
        if within is not None and tag not in within:
            if tag in {"style", "title", "desc", "metadata", "annotation"}:
                return "", None, False
            if tag not in ELEMENTS:
                return "", within, True
            # As in a browser, an element of HTML ends a drawing that was never closed.
            within = None
        if within is not None:
            pass
        elif tag in {"svg", "math"}:
            within = DRAWING if tag == "svg" else FORMULA
        elif tag not in ELEMENTS and not _CUSTOM.fullmatch(tag):
            return "", None, True
        if tag == "img" and self._is_shown_twice(element):
            return "", None, False
        attributes = dict(self._attributes(tag, element, foreign=within is not None))
        marks = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
        self.written.append(f"<{tag}{marks}>")
        if tag == "style":
            self.written.append(rewrite_css(element.text or "", self.base, self.resource))
        return tag, within, True

    def _attributes(self, tag: str, element: HtmlElement, *, foreign: bool) -> Iterator[tuple[str, str]]:
        for key, value in element.attrib.items():
            name = str(key).lower()
            if is_kept_attribute(name, foreign=foreign) and not (foreign and _leads_out(value)):
                yield name, value
        style = rewrite_css(element.get("style") or "", self.base, self.resource)
        if foreign:
            yield from self._drawing_address(tag, element)
        else:
            yield from self._addresses(tag, element)
            lazy = next((element.get(name) for name in _LAZY_BACKGROUNDS if element.get(name)), None)
            if lazy and (target := resolve(lazy, self.base)):
                style = f'background-image:url("{self.resource(target)}");{style}'
        if style:
            yield "style", style

    def _addresses(self, tag: str, element: HtmlElement) -> Iterator[tuple[str, str]]:
        if tag in {"a", "area"}:
            yield from self._hyperlink(element.get("href"))
        elif tag in {"img", "source"} or (tag == "input" and (element.get("type") or "").lower() == "image"):
            yield from self._picture(tag, element)
        elif tag in {"video", "audio"}:
            yield "controls", ""
            for name in ("src", "poster"):
                if target := resolve(element.get(name) or "", self.base):
                    yield name, self.resource(target)
        elif tag in {"body", "table", "tr", "td", "th"} and (
            target := resolve(element.get("background") or "", self.base)
        ):
            yield "background", self.resource(target)

    def _hyperlink(self, value: str | None) -> Iterator[tuple[str, str]]:
        if value is None:
            return
        fragment = value.strip().partition("#")[2]
        if value.strip().startswith("#"):
            yield "href", f"#{fragment}"
        elif target := resolve(value, self.base):
            here = f"#{fragment}"
            if fragment and target == self.own.partition("#")[0]:
                yield "href", here
                return
            yield "href", self.page(target) + (here if fragment else "")
            yield "target", "_top"
            yield "rel", "noopener noreferrer nofollow"

    def _picture(self, tag: str, element: HtmlElement) -> Iterator[tuple[str, str]]:
        """Yield the sources of a picture; a lazy one gets what its script would have given it."""
        lazy = next((element.get(name) for name in _LAZY if element.get(name)), "") or ""
        lazy_set = next((element.get(name) for name in _LAZY_SETS if element.get(name)), "") or ""
        source = lazy or element.get("src") or ""
        if target := resolve(source, self.base):
            yield "src", self.resource(target)
            if lazy:
                self.woken.add(target)
        elif source.lower().startswith("data:image/"):
            yield "src", source
        chosen = lazy_set or ("" if lazy else element.get("srcset") or "")
        if tag != "input" and chosen and (candidates := self._srcset(chosen, lazy=bool(lazy_set))):
            yield "srcset", candidates

    def _srcset(self, value: str, *, lazy: bool) -> str:
        """Return a set of pictures (HTML 4.8.4.2.2); a comma in an address would end the candidate."""
        candidates = []
        for found in re.findall(
            r"([^\s,]\S*[^\s,]|[^\s,])(?:\s+([\d.]{1,12}[wx]))?\s*(?:,|$)", value[:100_000]
        ):
            if target := resolve(found[0], self.base):
                if lazy:
                    self.woken.add(target)
                candidates.append(f"{self.resource(target).replace(',', '%2C')} {found[1]}".strip())
            if len(candidates) >= _MOST_CANDIDATES:
                break
        return ", ".join(candidates)

    def _is_shown_twice(self, element: HtmlElement) -> bool:
        """Return whether this is what stands in ``noscript`` for a lazy picture that is shown already."""
        if not self.woken or next(element.iterancestors("noscript"), None) is None:
            return False
        return resolve(element.get("src") or "", self.base) in self.woken

    def _drawing_address(self, tag: str, element: HtmlElement) -> Iterator[tuple[str, str]]:
        value = element.get("href") or element.get("xlink:href")
        if tag == "a":
            yield from self._hyperlink(value)
        elif value and value.strip().startswith("#"):
            yield "href", value.strip()
        elif tag == "image" and value and (target := resolve(value, self.base)):
            yield "href", self.resource(target)

    def _frame(self, element: HtmlElement) -> None:
        # A frame within the sandboxed frame has an origin of its own, which no frame-ancestors rule can name.
        source = next((element.get(name) for name in ("src", *_LAZY) if element.get(name)), "") or ""
        target = resolve(source, self.base)
        if target:
            where = escape(self.page(target))
            self.written.append(
                f'<a href="{where}" target="_top" rel="noopener noreferrer nofollow" dir="ltr">'
                f"[frame: {escape(target, quote=False)}]</a>"
            )

    def _link(self, element: HtmlElement) -> None:
        """Write a style sheet or icon; every other relation loads, connects or announces something."""
        relations = (element.get("rel") or "").lower().split()
        target = resolve(element.get("href") or "", self.base)
        if target is None:
            return
        if "stylesheet" in relations:
            relation = "alternate stylesheet" if "alternate" in relations else "stylesheet"
        elif "icon" in relations:
            relation = "icon"
        else:
            return
        marks = "".join(
            f' {name}="{escape(element.get(name) or "")}"' for name in ("media", "title") if element.get(name)
        )
        self.written.append(f'<link rel="{relation}" href="{escape(self.resource(target))}"{marks}>')

    def _meta(self, element: HtmlElement) -> None:
        if (element.get("name") or "").lower() == "viewport":
            self.written.append(f'<meta name="viewport" content="{escape(element.get("content") or "")}">')


def _leads_out(value: str) -> bool:
    """Return whether an attribute of a drawing names something outside it: ``fill="url(http://…)"``."""
    lowered = value.lower()
    return re.search(r"url\((?!\s*[\"']?\s*#)", lowered) is not None
