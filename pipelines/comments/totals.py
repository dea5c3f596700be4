"""How many comments a page says there are."""

from __future__ import annotations

from lxml.html import HtmlElement

from pipelines.addresses import absolute
from pipelines.comments.finding import finder
from pipelines.comments.paging import without_page
from pipelines.comments.prose import line
from pipelines.comments.words import FORM_HEADING, HEADING, counted

MAX_HEADING = 300
"""A heading repeats the article's title («۵ دیدگاه در «…»»), so it may be long."""

_HEADINGS = finder(
    "descendant::*[self::h1 or self::h2 or self::h3 or self::h4 or self::h5 or self::h6 or self::legend or self::summary or "
    "contains(@class,'omments-title') or contains(@class,'omments_title') or contains(@class,'omment-title') or "
    "contains(@class,'omment-count') or contains(@class,'omments-count') or contains(@class,'omments-header') or "
    "contains(@class,'omment_count') or contains(@class,'com_title') or contains(@class,'comments_topic') or "
    "contains(@class,'wpd-thread-info')]",
    500,
)
_COUNTS = finder(
    "descendant::*[@itemprop='commentCount' or @property='commentCount' or @property='schema:commentCount' or "
    "(@itemprop='interactionCount' and contains(@content,'UserComments'))][1]",
    1,
)
_LINKS = finder("descendant::a[contains(@href,'#comments') or contains(@href,'#respond')]", 50)


def headings(root: HtmlElement) -> list[tuple[HtmlElement, str]]:
    """Return the elements that head a list of comments, with their lines, in document order."""
    found = []
    for element in _HEADINGS(root):
        text = line(element)
        if len(text) <= MAX_HEADING and (
            HEADING.fullmatch(text) or (counted(text) is not None and _is_named(element))
        ):
            found.append((element, text))
    return found


def _is_named(element: HtmlElement) -> bool:
    return "comm" in f"{element.get('class', '')} {element.get('id', '')}".lower()


def form_headings(root: HtmlElement) -> list[HtmlElement]:
    """Return the elements that head a form for comments («نظر بدهید»)."""
    return [element for element in _HEADINGS(root) if FORM_HEADING.fullmatch(line(element)[:MAX_HEADING])]


def declared_total(root: HtmlElement, url: str, heads: list[tuple[HtmlElement, str]]) -> int | None:
    """Return the number of comments of the article that the page states, or ``None``.

    The heading of the list first; then schema.org; then a link to this page's own ``#comments`` («۵ دیدگاه»).
    """
    for _, text in heads:
        if (count := counted(text)) is not None:
            return count
    for element in _COUNTS(root):
        digits = "".join(filter(str.isdigit, (element.get("content") or line(element))[:40]))
        if digits:
            return int(digits)
    base = without_page(url)
    for link in _LINKS(root):
        target = link.get("href", "").partition("#")[0]
        if not target or without_page(absolute(url, target) or "") == base:
            text = line(link)
            if len(text) < 80 and (count := counted(text)) is not None:
                return count
    return None
