"""What the readers of comment services share: an answer's shape, and values of JSON taken with care.

Values of a wrong type are not known, never an error: one broken comment must not cost the thread.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pipelines.comments.identity import MAX_COMMENTS, MAX_NAME, MAX_TEXT, Draft
from pipelines.comments.moments import exact
from pipelines.comments.wordpress import rendered_text
from pipelines.text import display_text

_TAIL = re.compile(r"(?:.*\D)?(\d{1,30})", re.DOTALL)

# Any: what JSON holds.
Object = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one answer of a service holds."""

    drafts: list[Draft]
    total: int | None = None
    more: tuple[str, ...] = ()


def tree(root: Object, below: Callable[[Object], Any]) -> Iterator[tuple[Object, Object | None]]:
    """Yield an object and those below it, each before its own, with the one above; at most
    ``MAX_COMMENTS``."""
    waiting: list[tuple[Object, Object | None]] = [(root, None)]
    count = 0
    while waiting and count <= MAX_COMMENTS:
        item, above = waiting.pop()
        count += 1
        yield item, above
        waiting.extend(
            (part, item) for part in reversed(items(below(item))[:MAX_COMMENTS]) if isinstance(part, dict)
        )


def draft_of(identity: Any, parent: Any, name: Any, markup: Any, link: Any = None) -> Draft:
    """Return a comment; ``markup`` is HTML, ``name`` may be escaped, a ``parent`` of 0 is none."""
    text = rendered_text(markup[: 2 * MAX_TEXT]) if isinstance(markup, str) else ""
    return Draft(
        publisher_id=id_of(identity),
        parent_id=id_of(parent) if parent not in (0, "0") else None,
        author=display_text(html.unescape(name)[:MAX_NAME].strip()) or None
        if isinstance(name, str)
        else None,
        text=display_text(text[:MAX_TEXT]),
        url=link if is_address(link) else None,
    )


def dated(raw: Any) -> Any:
    """Return the two fields of a date; one without offset is UTC, as all of these services write it."""
    if not isinstance(raw, str) or not raw or len(raw) > 60:
        return {}
    return {"published_raw": raw, "published_at": exact(raw) or exact(raw + "Z")}


def from_epoch(value: Any) -> str | None:
    """Return seconds since 1970 as a date in ISO 8601, UTC."""
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < 1 << 33:
        return None
    return datetime.fromtimestamp(value, UTC).isoformat()


def id_of(value: Any) -> str | None:
    """Return an id, which may be a number or a text."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    if isinstance(value, int):
        return str(value) if 0 <= value < 1 << 64 else None
    return value if 0 < len(value) <= 200 else None


def last_number(text: str) -> str | None:
    """Return the number that ends a text, as it stands."""
    found = _TAIL.fullmatch(text[-200:])
    return found[1] if found else None


def count_of(value: Any) -> int | None:
    """Return a number of things; ``None`` when it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 31 else None


def object_in(item: Any, name: str) -> Object:
    """Return the object of this name in an object, empty when there is none."""
    value = item.get(name) if isinstance(item, dict) else None
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """Return a list, empty when it is none."""
    return value if isinstance(value, list) else []


def string_of(value: Any) -> str:
    """Return a text, empty when it is none."""
    return value if isinstance(value, str) else ""


def text_in(item: Object, name: str) -> str:
    """Return the text of an element of XML in JSON (``$t``)."""
    return string_of(object_in(item, name).get("$t"))


def is_address(value: Any) -> bool:
    """Tell whether a value is an absolute http(s) address."""
    return isinstance(value, str) and value.startswith(("http://", "https://")) and len(value) < 8192


def query_of(url: str) -> dict[str, str]:
    """Return the parameters of an address."""
    try:
        return dict(parse_qsl(urlsplit(url).query))
    except ValueError:
        return {}


def with_query(url: str, **changed: str) -> tuple[str, ...]:
    """Return the one address with these parameters changed or added; none when no address can hold them."""
    try:
        parts = urlsplit(url)
        kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in changed]
        query = urlencode([*kept, *changed.items()])
    except ValueError:  # of a lone surrogate too: JSON may hold one
        return ()
    return (urlunsplit((parts.scheme, parts.netloc, parts.path, query, "")),)
