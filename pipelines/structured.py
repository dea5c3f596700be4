"""What a page says about itself for machines: meta elements, JSON-LD and microdata, as plain facts.

Sources: Open Graph protocol (ogp.me), schema.org with JSON-LD 1.1 (``@graph``, ``@id``, ``@type``), HTML 5.2
(microdata). Everything here is a claim of the page; who believes which one first is written in ``metadata``.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pipelines.outline import Outline, collapse

MAX_JSON_BYTES = 2 << 20
"""Longer JSON-LD is not read: a page's own is a few KiB."""
MAX_OBJECTS = 5_000

ARTICLE_TYPES = frozenset(
    (
        "Article",
        "NewsArticle",
        "BlogPosting",
        "ReportageNewsArticle",
        "AnalysisNewsArticle",
        "OpinionNewsArticle",
        "BackgroundNewsArticle",
        "ReviewNewsArticle",
        "AskPublicNewsArticle",
        "SatiricalArticle",
        "ScholarlyArticle",
        "TechArticle",
        "Report",
        "LiveBlogPosting",
        "SocialMediaPosting",
        "AdvertiserContentArticle",
        "Review",
    )
)
LISTING_TYPES = frozenset(("CollectionPage", "SearchResultsPage", "ItemList", "Blog", "ProfilePage"))
OTHER_TYPES = frozenset(("AboutPage", "ContactPage", "FAQPage", "CheckoutPage", "Product"))

# Any: what JSON holds; read only through the functions below.
Object = dict[str, Any]

_WRAPPING = ("<!--", "-->", "//", "/*", "*/", "<![CDATA[", "]]>", ";")
_TRAILING_COMMA = re.compile(r",(\s*[}\]])")


@dataclass(frozen=True, slots=True)
class Facts:
    """The claims of one page."""

    meta: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """``property``, ``name`` or ``itemprop`` of meta elements, lower case, with their contents in order."""
    objects: tuple[Object, ...] = ()
    """Every JSON-LD object, outermost first, in document order."""
    article: Object = field(default_factory=dict)
    """The JSON-LD object of the article; empty when there is none."""
    types: frozenset[str] = frozenset()
    """The types of the outermost JSON-LD objects."""
    microdata: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Values of the ``itemprop`` names of an article scope, in order."""
    microdata_types: frozenset[str] = frozenset()

    def first(self, *names: str) -> tuple[str, str] | None:
        """Return (content, name) of the first meta element of these names that is not empty."""
        for name in names:
            for content in self.meta.get(name, ()):
                if content:
                    return content, name
        return None


def read_facts(page: Outline, *, url: str) -> Facts:
    """Return what the page claims. Broken JSON-LD is no claim; nothing raises."""
    meta: dict[str, list[str]] = {}
    objects: list[Object] = []
    roots: list[Object] = []
    for node in page.tagged("meta"):
        get = node.attributes.get
        content = get("content")
        name = get("property") or get("name") or get("itemprop")
        if content and name and len(content) < 20_000:
            value = collapse(html.unescape(content) if "&" in content else content)
            values = meta.setdefault(name.strip().lower(), [])
            if len(values) < 200:
                values.append(value)
    for node in page.tagged("script"):
        if "ld+json" in (node.attributes.get("type") or "").lower():
            for root in _json(node.element.text or ""):
                if len(objects) < MAX_OBJECTS:
                    roots.extend(_graph(root))
                    objects.extend(_walk(root, MAX_OBJECTS - len(objects)))
    types = frozenset(kind for root in roots for kind in types_of(root))
    microdata, scopes = _microdata(page)
    return Facts(
        meta={name: tuple(values) for name, values in meta.items()},
        objects=tuple(objects),
        article=_article(objects, url),
        types=types,
        microdata=microdata,
        microdata_types=scopes,
    )


def _json(source: str) -> list[Any]:
    if len(source) > MAX_JSON_BYTES:
        return []
    text = source.strip()
    for attempt in range(3):
        try:
            # strict=False: Persian CMSs print raw newlines inside strings.
            value = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            text = _unwrap(text) if attempt == 0 else _TRAILING_COMMA.sub(r"\1", text)
            continue
        return value if isinstance(value, list) else [value]
    return []


def _unwrap(text: str) -> str:
    """Take comment and CDATA marks off both ends."""
    changed = True
    while changed:
        before = len(text)
        for mark in _WRAPPING:
            text = text.strip().removeprefix(mark).removesuffix(mark)
        changed = len(text) < before
    return text


def _graph(root: Any) -> list[Object]:
    if not isinstance(root, dict):
        return []
    graph = root.get("@graph")
    if isinstance(graph, list):
        return [item for item in graph if isinstance(item, dict)]
    return [root]


def _walk(root: Any, limit: int) -> Iterator[Object]:
    waiting = [root]
    while waiting and limit > 0:
        value = waiting.pop()
        if isinstance(value, dict):
            limit -= 1
            yield value
            waiting.extend(
                item for item in reversed(list(value.values())[:500]) if isinstance(item, dict | list)
            )
        elif isinstance(value, list):
            waiting.extend(item for item in reversed(value[:500]) if isinstance(item, dict | list))


def types_of(value: Object) -> tuple[str, ...]:
    """Return the schema.org types of an object without their prefix."""
    kinds = value.get("@type")
    listed = kinds if isinstance(kinds, list) else [kinds]
    return tuple(kind.rsplit("/", 1)[-1].rsplit(":", 1)[-1] for kind in listed if isinstance(kind, str))


def _article(objects: list[Object], url: str) -> Object:
    """Return the object of the article: of several the one that names this page, else the fullest."""
    found = [value for value in objects if not ARTICLE_TYPES.isdisjoint(types_of(value))]
    if not found:
        return {}
    path = url.split("://", 1)[-1].rstrip("/")

    def weight(value: Object) -> tuple[bool, bool, int]:
        named = any(path and path in name for name in addresses_of(value))
        return named, "datePublished" in value, len(value)

    best = max(found, key=weight)
    # Several articles, none of which is this page's: a list of teasers, no claim about this page.
    if len(found) > 2 and not weight(best)[0]:
        return {}
    return best


def addresses_of(value: Object) -> Iterator[str]:
    """Yield the addresses by which a JSON-LD object names its page."""
    for key in ("url", "@id", "mainEntityOfPage"):
        item = value.get(key)
        if isinstance(item, dict):
            item = item.get("@id") or item.get("url")
        if isinstance(item, str):
            yield item


def texts(value: Any) -> list[str]:
    """Return the strings a JSON-LD value stands for: itself, its items, or their names; without markup.

    >>> texts([{"@type": "Person", "name": "A &amp; B"}, "C"])
    ['A & B', 'C']
    """
    found: list[str] = []
    for item in (value if isinstance(value, list) else [value])[:200]:
        text = item
        if isinstance(item, dict):
            text = item.get("name") or item.get("headline") or item.get("@value") or ""
            if isinstance(text, list):
                text = text[0] if text else ""
        if isinstance(text, str) and len(text) < 20_000:
            clean = collapse(html.unescape(re.sub(r"<[^<>]{0,300}>", "", html.unescape(text))))
            if clean:
                found.append(clean)
    return found


def _microdata(page: Outline) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
    """Return the properties of the first article scope and the types of all scopes."""
    values: dict[str, list[str]] = {}
    kinds: list[str] = []
    until = -1
    for node in page.telling:
        get = node.attributes.get
        if get("itemscope") is not None:
            kind = (get("itemtype") or "").strip().rsplit("/", 1)[-1]
            if kind in ARTICLE_TYPES and until < 0:
                until = node.end
            if kind and len(kinds) < 1000:
                kinds.append(kind)
        names = get("itemprop")
        if not names or node.index >= until:
            continue
        for name in names.split()[:5]:
            if name in ("articleBody", "comment", "text", "review") or len(values.get(name, ())) >= 50:
                continue
            value = get("content") or get("datetime") or page.text_of(node)
            if value and len(value) < 2000:
                values.setdefault(name, []).append(collapse(value))
    return {name: tuple(found) for name, found in values.items()}, frozenset(kinds)
