"""Archived HTML and CSS made safe to look at: no scripts, and no address that leads out of the archive.

The reader's browser gets a page that cannot run code, cannot send a form, cannot load anything that was
not archived, and whose links lead to captures. What a script would have done is done here where it is
known: lazy images get their source, ``noscript`` shows what it holds. The bytes in the archive stay as
they are; this is a derivative made for looking.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from lxml import html

if TYPE_CHECKING:
    from lxml.html import HtmlElement

Address = Callable[[str], str]
"""From an absolute URL to where the archive gives it back."""

_URL_IN_CSS = re.compile(r"""url\(\s*(?P<quote>["']?)(?P<url>[^"')]*)(?P=quote)\s*\)""", re.IGNORECASE)
_IMPORT_IN_CSS = re.compile(r"""@import\s+(?P<quote>["'])(?P<url>[^"']*)(?P=quote)""", re.IGNORECASE)
# Relations that load or only announce something; everything else of <link> goes.
_KEPT_LINKS = {"stylesheet", "icon", "shortcut icon", "apple-touch-icon", "canonical"}
_REMOVED = ("script", "base", "object", "embed", "applet", "template", "portal", "fencedframe")
_LAZY = ("data-src", "data-lazy-src", "data-original", "data-srcset", "data-lazy-srcset")
_RESOURCE_ATTRIBUTES = {
    "img": ("src",),
    "source": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "track": ("src",),
    "input": ("src",),
    "body": ("background",),
    "table": ("background",),
    "td": ("background",),
    "image": ("href", "{http://www.w3.org/1999/xlink}href", "xlink:href"),
    "use": ("href", "xlink:href"),
}


def rewrite_css(text: str, base: str, resource: Address) -> str:
    """Return a style sheet whose addresses lead into the archive.

    >>> rewrite_css("a{background:url( 'b.png' )}", "http://s/c/d.css", lambda url: "/r/" + url)
    'a{background:url("/r/http://s/c/b.png")}'
    """

    def in_url(found: re.Match[str]) -> str:
        target = _resolve(found["url"].strip(), base)
        return f'url("{_css_quoted(resource(target))}")' if target else found[0]

    def in_import(found: re.Match[str]) -> str:
        target = _resolve(found["url"].strip(), base)
        return f'@import "{_css_quoted(resource(target))}"' if target else "@import \"\""

    return _IMPORT_IN_CSS.sub(in_import, _URL_IN_CSS.sub(in_url, text))


def _css_quoted(url: str) -> str:
    return url.replace("\\", "%5C").replace('"', "%22").replace("\n", "%0A")


def rewrite_html(text: str, url: str, *, page: Address, resource: Address) -> bytes:
    """Return an archived page as UTF-8 HTML that only shows.

    ``page`` turns a link's target into an address of the archive, ``resource`` that of an image, style
    sheet or frame. Text that is no HTML comes back as an empty page.
    """
    try:
        root = html.document_fromstring(text, parser=html.HTMLParser(huge_tree=False, recover=True))
    except (ValueError, html.etree.ParserError):
        return b"<!doctype html><title></title>"
    base = url
    for element in root.iter("base"):
        if element.get("href"):
            base = _resolve(element.get("href", ""), url) or url
            break
    _remove(root)
    for element in root.iter():
        if isinstance(element.tag, str):
            _rewrite_element(element, base, page, resource)
    head = root.find("head")
    if head is not None:
        head.insert(0, html.Element("meta", charset="utf-8"))
    body = html.tostring(root, encoding="unicode", method="html")
    return b"<!doctype html>\n" + body.encode("utf-8", "replace")


def _remove(root: HtmlElement) -> None:
    for element in list(root.iter(*_REMOVED)):
        element.drop_tree()
    for element in list(root.iter("noscript")):
        element.drop_tag()
    for element in list(root.iter("meta")):
        if element.get("http-equiv") or element.get("charset") is not None:
            element.drop_tree()
    for element in list(root.iter("link")):
        if element.get("rel", "").strip().lower() not in _KEPT_LINKS:
            element.drop_tree()


def _rewrite_element(element: HtmlElement, base: str, page: Address, resource: Address) -> None:
    tag = str(element.tag).lower()
    for name in list(element.attrib):
        if str(name).lower().startswith("on") or name in {"ping", "formaction", "integrity", "nonce", "srcdoc"}:
            del element.attrib[name]
    if tag == "img":
        _wake_lazy(element)
    if element.get("style"):
        element.set("style", rewrite_css(element.get("style", ""), base, resource))
    if tag == "style" and element.text:
        element.text = rewrite_css(element.text, base, resource)
    elif tag in {"a", "area"}:
        _set(element, "href", base, page)
        element.set("target", "_top")
        element.set("rel", "noopener noreferrer nofollow")
    elif tag == "link":
        _set(element, "href", base, resource)
    elif tag in {"iframe", "frame"}:
        _set(element, "src", base, resource)
    elif tag == "form":
        element.attrib.pop("action", None)
        element.attrib.pop("method", None)
    else:
        for name in _RESOURCE_ATTRIBUTES.get(tag, ()):
            _set(element, name, base, resource)
    if element.get("srcset"):
        element.set("srcset", _srcset(element.get("srcset", ""), base, resource))


def _set(element: HtmlElement, name: str, base: str, address: Address) -> None:
    value = element.get(name)
    if value is None:
        return
    target = _resolve(value, base)
    if target is None:
        if not value.startswith(("#", "data:image/")):
            del element.attrib[name]
        return
    fragment = urlsplit(target).fragment
    element.set(name, address(target.partition("#")[0]) + (f"#{fragment}" if fragment else ""))


def _resolve(value: str, base: str) -> str | None:
    """Return an absolute http(s) URL, or ``None`` for anything else (fragments, data:, javascript:…)."""
    stripped = value.strip()
    if not stripped or stripped.startswith("#"):
        return None
    try:
        target = urljoin(base, stripped)
        scheme = urlsplit(target).scheme
    except ValueError:
        return None
    return target if scheme in {"http", "https"} else None


def _wake_lazy(element: HtmlElement) -> None:
    """Give a lazy image the source that its script would have given it."""
    for name in _LAZY:
        value = element.get(name)
        if value and not value.startswith("data:"):
            element.set("srcset" if name.endswith("srcset") else "src", value)
    element.attrib.pop("loading", None)


def _srcset(value: str, base: str, resource: Address) -> str:
    candidates = []
    for candidate in value.split(",")[:64]:
        parts = candidate.split()
        target = _resolve(parts[0], base) if parts else None
        if target:
            # A comma in an address would end the candidate.
            candidates.append(" ".join([resource(target).replace(",", "%2C"), *parts[1:2]]))
    return ", ".join(candidates)
