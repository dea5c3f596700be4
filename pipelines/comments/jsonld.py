"""Comments that a page tells machines in JSON-LD (schema.org ``comment``, ``commentCount``,
``parentItem``)."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from pipelines.addresses import absolute
from pipelines.comments.identity import MAX_COMMENTS, MAX_NAME, MAX_TEXT, Draft
from pipelines.comments.moments import Clock
from pipelines.comments.prose import tidy
from pipelines.outline import Outline
from pipelines.text import display_text

MAX_JSON = 4 << 20
"""Letters of one block; beyond it is not read. A thousand comments take some 500 KiB."""
MAX_DEPTH = 64
MAX_BLOCKS = 50
_TAGS = re.compile(r"<[^<>]{0,500}>")
_BREAKS = re.compile(r"<br\s*/?>|</p\s*>", re.IGNORECASE)
_NUMBER = re.compile(r"(?:.*\D)?(\d+)")

# Any: what JSON holds.
Object = dict[str, Any]


def read_jsonld(page: Outline, *, url: str, clock: Clock) -> tuple[list[Draft], int | None]:
    """Return the comments and the number of comments that the page's JSON-LD states; broken JSON-LD
    states nothing."""
    drafts: list[Draft] = []
    total: int | None = None
    places: dict[int, int] = {}
    blocks = [node for node in page.tagged("script") if "ld+json" in node.attributes.get("type", "")]
    for block in blocks[:MAX_BLOCKS]:
        source = block.element.text or ""
        if "omment" not in source or len(source) > MAX_JSON:
            continue
        try:
            value = json.loads(source.strip().removesuffix(";"), strict=False)
        except (ValueError, RecursionError):
            continue
        for item, parent in _comments(value):
            if len(drafts) >= MAX_COMMENTS:
                break
            if total is None and parent is None and (count := item.get("commentCount")) is not None:
                total = _count(count)
            if "Comment" in _types(item) or "UserComments" in _types(item):
                draft = _draft(item, places.get(parent) if parent is not None else None, url=url, clock=clock)
                if draft is not None:
                    places[id(item)] = len(drafts)
                    drafts.append(draft)
    return drafts, total


def _comments(value: Any) -> Iterator[tuple[Object, int | None]]:
    """Yield every object in document order, with the ``id()`` of the comment that encloses it."""
    waiting: list[tuple[Any, int | None, int]] = [(value, None, 0)]
    seen = 0
    while waiting and seen < 20 * MAX_COMMENTS:
        item, parent, depth = waiting.pop()
        seen += 1
        if depth > MAX_DEPTH:
            continue
        if isinstance(item, list):
            waiting.extend((part, parent, depth + 1) for part in reversed(item))
        elif isinstance(item, dict):
            yield item, parent
            if "Comment" in _types(item):
                parent = id(item)
            waiting.extend(
                (part, parent, depth + 1)
                for name, part in reversed(item.items())
                if isinstance(part, (dict, list)) and name not in ("author", "creator", "parentItem")
            )


def _types(item: Object) -> list[str]:
    kinds = item.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return [kind.rpartition("/")[2] for kind in kinds if isinstance(kind, str)]


def _count(value: Any) -> int | None:
    digits = str(value).strip() if isinstance(value, (int, str)) else ""
    return int(digits) if digits.isdecimal() and len(digits) < 8 else None


def _first(item: Object, *names: str) -> str:
    for name in names:
        value = item.get(name)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, dict):
            value = value.get("name") or value.get("@id") or value.get("url")
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""


def _plain(text: str) -> str:
    if "<" in text:
        text = _TAGS.sub("", _BREAKS.sub("\n\n", text))
    return tidy(html.unescape(text))


def _draft(item: Object, parent: int | None, *, url: str, clock: Clock) -> Draft | None:
    text = _plain(_first(item, "text", "commentText", "description")[:MAX_TEXT])
    if not text or "Deleted" in _first(item, "creativeWorkStatus"):
        return None
    raw = _first(item, "dateCreated", "datePublished", "commentTime", "uploadDate") or None
    link = _first(item, "url", "@id")
    answered = _first(item, "parentItem")
    return Draft(
        publisher_id=_identifier(_first(item, "identifier"), link),
        parent_index=parent,
        parent_id=_identifier("", answered) if answered else None,
        author=display_text(_plain(_first(item, "author", "creator", "name"))[:MAX_NAME]) or None,
        text=display_text(text),
        published_raw=raw,
        published_at=clock.moment(raw),
        url=_address(url, link),
    )


def _identifier(own: str, link: str) -> str | None:
    if own and len(own) <= 64:
        return own
    found = _NUMBER.fullmatch(link.rpartition("#")[2]) if "#" in link and len(link) < 4096 else None
    return found[1] if found else None


def _address(url: str, link: str) -> str | None:
    target, mark, fragment = link.partition("#")
    base = absolute(url, target) if target else url.partition("#")[0]
    return f"{base}{mark}{fragment}" if link and base else None
