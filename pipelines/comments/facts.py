"""What one record's elements are, and the number and address that they give it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import parse_qs, urlsplit

from lxml.html import HtmlElement

from pipelines.addresses import absolute

_NUMBER_AT_END = re.compile(r"(?:comment|comm|cmt|c|comment-id|reply)[-_=]?(\d+)$")
_PERMALINKS = frozenset({"permalink", "comment-permalink", "comment-link", "u-url", "comment-date-link"})


@dataclass(slots=True, kw_only=True)
class Facts:
    """What one record's own elements say; those of records within it are not among them."""

    author: HtmlElement | None = None
    time: HtmlElement | None = None
    texts: list[HtmlElement] = field(default_factory=list)
    aside: set[HtmlElement] = field(default_factory=set)
    text_rank: int = 999
    links: list[HtmlElement] = field(default_factory=list)
    pending: bool = False
    gone: bool = False
    up: HtmlElement | None = None
    down: HtmlElement | None = None
    badges: list[HtmlElement] = field(default_factory=list)
    parent_number: str | None = None


def number_of(element: HtmlElement, facts: Facts) -> str | None:
    """Return the publisher's id of a comment whose element has no number in its ``id``, or ``None``."""
    attributes = element.attrib
    for name in ("data-comment-id", "data-commentid", "data-comment", "data-id"):
        if (value := attributes.get(name, "")) and len(value) <= 64:
            return str(value)
    for value in (attributes.get("id", ""), attributes.get("about", ""), attributes.get("itemid", "")):
        if found := _NUMBER_AT_END.search(value):
            return found[1]
    before = element.getprevious()
    if before is not None and before.tag == "a" and (found := _NUMBER_AT_END.fullmatch(before.get("id", ""))):
        return found[1]  # Drupal: <a id="comment-7"></a><article class="comment">
    for link in facts.links:
        if value := link.get("data-commentid"):
            return str(value)
        target = link.get("href", "")
        if "replytocom=" in target and (values := parse_qs(_query_of(target)).get("replytocom")):
            return values[0]
    for link in facts.links:
        if (found := _NUMBER_AT_END.fullmatch(link.get("href", "").rpartition("#")[2])) and _is_permalink(
            link, facts
        ):
            return found[1]
    return None


def _is_permalink(link: HtmlElement, facts: Facts) -> bool:
    """Tell whether a link is the comment's own: it is marked so, or is around or within its date.

    Not every ``#comment-9``: people link to the comment they answer.
    """
    if link.get("rel") == "bookmark" or not _PERMALINKS.isdisjoint(link.get("class", "").split()):
        return True
    if facts.time is None:
        return False
    return (
        link is facts.time
        or any(above is facts.time for above in islice(link.iterancestors(), 8))
        or any(above is link for above in islice(facts.time.iterancestors(), 8))
    )


def _query_of(target: str) -> str:
    try:
        return urlsplit(target).query
    except ValueError:
        return ""


def number_in_links(node: HtmlElement) -> str | None:
    """Return the number of a comment that an element or a link in it leads to, or ``None``."""
    links = [node, *node.iterfind(".//a")]
    found = (
        _NUMBER_AT_END.search(link.get("href", "").rpartition("#")[2]) for link in links if link.get("href")
    )
    return next((match[1] for match in found if match), None)


def _ends_in(fragment: str, number: str) -> bool:
    """Tell whether a fragment ends in just this number: «comment-7», not «comment-17»."""
    if not fragment.endswith(number):
        return False
    before = fragment[: -len(number)]
    return not before or (not before[-1].isdecimal() and "\n" not in before[:-1])


def permalink_of(element: HtmlElement, facts: Facts, number: str | None, url: str) -> str | None:
    """Return the address that leads to this comment alone, its fragment kept."""
    for link in facts.links:
        target, mark, fragment = link.get("href", "").partition("#")
        if not mark or "replytocom" in target:
            continue
        own = number is not None and _ends_in(fragment, number)
        if own or (number is None and _NUMBER_AT_END.fullmatch(fragment) and _is_permalink(link, facts)):
            base = absolute(url, target) if target else url.partition("#")[0]
            return f"{base}#{fragment}" if base else None
    identifier = element.get("id", "")
    return f"{url.partition('#')[0]}#{identifier}" if number and identifier.endswith(number) else None
