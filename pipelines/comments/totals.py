"""How many comments a page says there are."""

from __future__ import annotations

from lxml.html import HtmlElement

from pipelines.addresses import absolute
from pipelines.comments.paging import without_page
from pipelines.comments.prose import line
from pipelines.comments.survey import Survey
from pipelines.comments.words import FORM_HEADING, HEADING, counted

MAX_HEADING = 300
"""A heading repeats the article's title («۵ دیدگاه در «…»»), so it may be long."""


def headings(page: Survey) -> list[tuple[HtmlElement, str]]:
    """Return the elements that head a list of comments, with their lines, in document order."""
    found = []
    for element, text in page.headings:
        if len(text) <= MAX_HEADING and (
            HEADING.fullmatch(text) or (_is_named(element) and counted(text) is not None)
        ):
            found.append((element, text))
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
        digits = "".join(filter(str.isdigit, (page.count.get("content") or line(page.count))[:40]))
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
