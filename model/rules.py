"""What a source may declare about its own pages, where the general rules fall short."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRules:
    """Optional CSS selectors and patterns; an empty one leaves the choice to the general rules."""

    name: str = "generic"
    """Which rules these are, for ``Reading.extractor``: ``nl_zamaneh/2016``."""
    title: str = ""
    """CSS selector of the headline."""
    lede: str = ""
    body: str = ""
    """CSS selector of the element(s) that hold the article's paragraphs."""
    remove: tuple[str, ...] = ()
    """CSS selectors of what is never article text: widgets, pleas, related lists."""
    authors: str = ""
    published: str = ""
    """CSS selector of the element whose ``datetime`` attribute or text is the date."""
    section: str = ""
    tags: str = ""
    article_selector: str = ""
    """A page is an article exactly when this matches; empty: decided by the general rules."""
