"""How many comments a page says there are."""

from __future__ import annotations

import re
from collections.abc import Container
from itertools import islice

from lxml.html import HtmlElement

from pipelines.addresses import absolute
from pipelines.comments.paging import without_page
from pipelines.comments.prose import line
from pipelines.comments.survey import Survey
from pipelines.comments.words import FORM_HEADING, HEADING, REPLY, counted, held_back
from pipelines.outline import Outline

MAX_HEADING = 300
"""A heading repeats the article's title («۵ دیدگاه در «…»»), so it may be long."""
MAX_PLAIN = 40
"""Letters of a line that heads comments without any mark."""
_PLAIN = frozenset({"div", "span", "p", "strong", "b", "dt", "th", "td", "button", "center", "font"})
_BUTTONS = frozenset({"a", "button", "span", "div", "small", "li", "p", "b"})
MAX_BUTTON = 20
"""Letters of a button."""
MAX_BUTTONS = 200
_SPEAKS = re.compile(
    "نظر|د[یي]دگاه|[کك]امنت|پاسخ|تعل[یي]ق|comment|kommentar|comentario|yorum|respons|repl(?:y|ies)|discussion|thought",
    re.IGNORECASE,
).search
MAX_AROUND = 60
"""Pieces of text around a heading that are searched for counts beside it."""


def headings(page: Survey) -> list[tuple[HtmlElement, str]]:
    """Return the elements that head a list of comments, with their lines, in document order."""
    found = []
    for element, text in page.headings:
        if len(text) <= MAX_HEADING and (
            HEADING.fullmatch(text) or (_is_named(element) and counted(text) is not None)
        ):
            found.append((element, text))
    return found


def plain_headings(page: Outline, known: Container[HtmlElement]) -> list[tuple[HtmlElement, str]]:
    """Return the elements whose own short line heads a list of comments though their tag and names say
    nothing of it (``<div>نظرها (۱۲)</div>``), with their lines, in document order; at most 20."""
    found = []
    for node in page.speaking:
        if not 3 <= node.text <= MAX_PLAIN or node.in_link or node.tag not in _PLAIN:
            continue
        if not node.content or not _SPEAKS(
            node.content
        ):  # a cheap look first: this runs on every page without comments
            continue
        if node.hidden or node.region in ("nav", "aside", "footer") or node.element in known:
            continue
        text = line(node.element)
        if HEADING.fullmatch(text):
            found.append((node.element, text))
            if len(found) >= 20:
                break
    return found


def reply_buttons(page: Outline) -> list[HtmlElement]:
    """Return the links and buttons by which one comment is answered («پاسخ», “Reply”), in document order;
    at most 200."""
    found: list[HtmlElement] = []
    for node in page.speaking:
        if node.tag not in _BUTTONS or node.text > MAX_BUTTON:  # what is in a button counts as no text
            continue
        own = node.content
        if (
            own
            and len(own) <= MAX_AROUND
            and own.strip().lower().replace("ي", "ی") in REPLY
            and not node.hidden
        ):
            found.append(node.element)
            if len(found) >= MAX_BUTTONS:
                break
    return found


def _is_named(element: HtmlElement) -> bool:
    names = f"{element.get('class', '')} {element.get('id', '')}"
    return "omm" in names or "com_title" in names


def form_headings(page: Survey) -> list[HtmlElement]:
    """Return the elements that head a form for comments («نظر بدهید»)."""
    return [element for element, text in page.headings if FORM_HEADING.fullmatch(text[:MAX_HEADING])]


def declared_total(page: Survey, url: str, heads: list[tuple[HtmlElement, str]]) -> int | None:
    """Return the number of comments of the article that the page states, or ``None``.

    The heading of the list first; then schema.org; then a link to this page's own ``#comments`` («۵
    دیدگاه»).
    """
    for _, text in heads:
        if (count := counted(text)) is not None:
            return count
    if page.count is not None:
        digits = "".join(filter(str.isdecimal, (page.count.get("content") or line(page.count))[:40]))
        if digits:
            return int(digits)
    base = without_page(url)
    links = [pair for pair in page.links if pair[1].endswith(("#comments", "#respond"))]
    for link, href in links[:50]:
        target = href.partition("#")[0]
        if not target or without_page(absolute(url, target) or "") == base:
            text = line(link)
            if len(text) < 80 and (count := counted(text)) is not None:
                return count
    return None


def told_totals(
    page: Survey, heads: list[tuple[HtmlElement, str]]
) -> tuple[int | None, int | None, int | None]:
    """Return how many comments the page says are published, wait for a moderator, and are refused.

    Persian systems print all three beside the heading: «انتشار یافته: ۹ در انتظار بررسی: ۳ غیر قابل
    انتشار: ۲». Only in headings and right around the first ones, for a comment may speak of such numbers
    too.
    """
    lines = [text for element, text in page.headings if len(text) <= MAX_HEADING and _is_named(element)]
    # IranSamaneh has the heading in a box of its own.
    boxes = [above for element, _ in heads[:3] for above in islice(element.iterancestors(), 2)]
    lines += [" ".join(map(str, islice(box.itertext(), MAX_AROUND)))[: 2 * MAX_HEADING] for box in boxes]
    published: int | None = None
    waiting: int | None = None
    refused: int | None = None
    for text in lines:
        found = held_back(" ".join(text.split()))
        published = found[0] if published is None else published
        waiting = found[1] if waiting is None else waiting
        refused = found[2] if refused is None else refused
    return published, waiting, refused
