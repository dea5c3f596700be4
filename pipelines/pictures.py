"""The pictures of an article: those in its text and its head, with what is written under them."""

from __future__ import annotations

import re

from model import Image
from pipelines.addresses import absolute
from pipelines.metadata import Place
from pipelines.outline import Node, Outline
from pipelines.structured import Facts

_MAX_IMAGES = 200
_SOURCES = ("data-src", "data-lazy-src", "data-original", "data-lazy", "data-orig-file", "src")
_SETS = ("data-srcset", "data-lazy-srcset", "srcset")
_CAPTION = re.compile(
    r"(?:^|[\s_-])(?:caption|wp-caption-text|figcaption|photo-?caption|image-?caption|img-?caption)(?=$"
    r"|[\s_-])"
)
_FURNITURE = re.compile(
    r"(?:^|[\s_-])(?:avatar|gravatar|logo|icon|emoji|spacer|pixel|tracking|share|social|ads?|banner"
    r"|badge)(?=$|[\s_-])"
)
_PLACEHOLDER = re.compile(
    r"(?:spacer|blank|pixel|placeholder|transparent|loading|lazy)[^/]{0,20}\.(?:gif|png|svg)", re.IGNORECASE
)
_SIZE = re.compile(r"\d{1,6}")


def read_images(place: Place, facts: Facts, base: str, dead: bytearray) -> tuple[Image, ...]:
    """Return the article's pictures in order; when it shows none, the one it declares (``og:image``)."""
    page = place.page
    found: dict[str, Image] = {}
    for node in page.nodes[place.start : place.end]:
        if node.tag not in ("img", "amp-img") or len(found) >= _MAX_IMAGES:
            continue
        if place.dead[node.index] or node.region in ("aside", "nav", "footer") or _in_dead(page, node, dead):
            continue
        if _FURNITURE.search(node.names) or _small(node):
            continue
        target = _address(node, base)
        if target is None or _PLACEHOLDER.search(target):
            continue
        alt = (node.attributes.get("alt") or "").strip()[:2000]
        image = Image(url=target, alt=alt, caption=_caption(page, node))
        known = found.get(target)
        if known is None or (image.caption and not known.caption):
            found[target] = image
    return tuple(found.values()) or declared_image(facts, base)


def declared_image(facts: Facts, base: str) -> tuple[Image, ...]:
    """Return the one picture that the page declares, or none."""
    for name in ("og:image", "og:image:url", "twitter:image"):
        for value in facts.meta.get(name, ())[:1]:
            if target := absolute(base, value):
                return (Image(url=target, alt=" ".join(facts.meta.get("og:image:alt", ())[:1])),)
    return ()


def _in_dead(page: Outline, node: Node, dead: bytearray) -> bool:
    """Tell whether the picture stands in a part left out; a silent element (picture, noscript) is no such
    part."""
    if node.parent < 0:
        return False
    for above in page.ancestors(node, 20):
        if above.tag in ("figure", "picture", "noscript", "a"):
            continue
        return bool(dead[above.index])
    return False


def _address(node: Node, base: str) -> str | None:
    for name in _SOURCES:
        value = node.attributes.get(name)
        if value and not value.lower().startswith("data:") and (target := absolute(base, value)):
            return target
    for name in _SETS:
        if value := node.attributes.get(name):
            return absolute(base, value.split()[0].rstrip(",")) if value.split() else None
    return None


def _small(node: Node) -> bool:
    """Tell a tracking pixel or icon by the size it declares."""
    for name in ("width", "height"):
        size = _SIZE.fullmatch((node.attributes.get(name) or "").strip().removesuffix("px"))
        if size and int(size[0]) < 50:
            return True
    return False


def _caption(page: Outline, node: Node) -> str:
    for above in page.ancestors(node, 5):
        if above.text > 3000:
            break
        for inner in page.inside(above, 60):
            if inner.text and (inner.tag == "figcaption" or (inner.names and _CAPTION.search(inner.names))):
                return page.text_of(inner)[:2000]
        if above.tag == "figure":
            break
    return ""
