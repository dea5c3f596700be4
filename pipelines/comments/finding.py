"""XPath expressions that find elements, compiled once and bounded."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree
from lxml.html import HtmlElement


def finder(expression: str, limit: int) -> Callable[[HtmlElement], list[HtmlElement]]:
    """Return a function that returns the first ``limit`` elements that an expression selects, in document
    order."""
    compiled = etree.XPath(expression)

    def find(root: HtmlElement) -> list[HtmlElement]:
        found = compiled(root)
        return found[:limit] if isinstance(found, list) else []

    return find
