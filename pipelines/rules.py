"""A source's own selectors, applied to a page."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from cssselect import SelectorError
from lxml.cssselect import CSSSelector
from lxml.html import HtmlElement

from model import BadConfigurationError

_MAX_MATCHES = 500


@lru_cache(maxsize=512)
def _selector(css: str, setting: str) -> CSSSelector:
    try:
        return CSSSelector(css, translator="html")
    except SelectorError as error:
        raise BadConfigurationError(setting, f"{css!r} is no CSS selector: {error}") from error


def select(root: HtmlElement, css: str, setting: str) -> list[HtmlElement]:
    """Return what a selector matches, in document order; none for an empty one.

    Raise :class:`BadConfigurationError` with ``setting`` when it is no selector.
    """
    if not css:
        return []
    found = _selector(css, setting)(root)
    elements = found if isinstance(found, list) else []
    return [element for element in elements[:_MAX_MATCHES] if isinstance(element, HtmlElement)]


def select_all(root: HtmlElement, selectors: Iterable[str], setting: str) -> list[HtmlElement]:
    """Return what any of several selectors matches."""
    return [element for css in selectors for element in select(root, css, setting)]
