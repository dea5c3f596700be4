"""One HTML page to everything it says: one parse, one walk, one answer. Pure; runs in worker processes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from lxml.html import HtmlElement

from model import PageKind, PageRules, Reading
from pipelines.article import draft_article, finish_article
from pipelines.comments import regions_of, thread_of, view_comments
from pipelines.html import parse_html
from pipelines.kind import Signs, judge_kind
from pipelines.links import body_classes, read_leads
from pipelines.outline import outline
from pipelines.requisites import read_requisites
from pipelines.rules import select
from pipelines.structured import read_facts
from pipelines.text import display_text

EXTRACTOR = "mandegar/0.2"
"""Name and version in ``Reading.extractor``, before the rules' own name."""


def read_page(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    reference: datetime,
    timezone: str = "",
    rules: PageRules | None = None,
    refine: Callable[[HtmlElement, Reading], Reading] | None = None,
    asked: bool = False,
) -> Reading:
    """Return what the page says.

    ``body`` is content-decoded; ``content_type`` the HTTP header as sent; ``reference`` the moment of capture
    (aware), which «yesterday» and a date without a year are read against; ``timezone`` an IANA name for dates
    without a zone. ``refine`` is a source's own last word. ``asked``: somebody asks for the
    text of this very page, and whatever has a main text is an article; a crawl meets pages that nobody
    chose and leaves it False. Raise :class:`ReadError` when these bytes are
    no HTML, :class:`BadConfigurationError` when a selector of ``rules`` is none, and nothing else.
    """
    chosen = rules or PageRules()
    parsed = parse_html(body, content_type)
    root = parsed.root
    page = outline(root)
    facts = read_facts(page, url=url)
    leads = read_leads(page, url)
    comments = view_comments(page)
    regions = regions_of(comments)
    thread = thread_of(comments, url=url, reference=reference, timezone=timezone)
    draft = draft_article(page, facts, regions=regions, reference=reference, timezone=timezone, rules=chosen)
    selected = (
        bool(select(root, chosen.article_selector, "article_selector")) if chosen.article_selector else None
    )
    signs = Signs(
        url=url,
        title=draft.headline.text,
        headline=draft.headline.node is not None,
        running=draft.body.running if draft.body else 0,
        dated=draft.published.reason if draft.published.at else "",
        authored=bool(draft.authors),
        comments=bool(regions or thread.comments),
        paged=bool(leads.next_pages),
        selected=selected,
        asked=asked,
    )
    kind, reasons = judge_kind(page, facts, body_classes(page), signs)
    if parsed.cut:
        reasons = (*reasons, "the page was too large and was read in part")
    article = None
    if kind is PageKind.ARTICLE:
        article = finish_article(
            draft, page, facts, url=url, canonical_url=leads.canonical_url, base=leads.base, rules=chosen
        )
    reading = Reading(
        url=url,
        kind=kind,
        kind_reasons=reasons,
        article=article,
        thread=thread,
        title=display_text(draft.headline.text, draft.language),
        canonical_url=leads.canonical_url,
        links=leads.links,
        next_pages=_further(leads.next_pages, kind, url),
        requisites=read_requisites(page, url),
        feeds=leads.feeds,
        wordpress_post_id=leads.wordpress_post_id,
        encoding=parsed.encoding,
        extractor=f"{EXTRACTOR} {chosen.name}/1" if "/" not in chosen.name else f"{EXTRACTOR} {chosen.name}",
    )
    return refine(root, reading) if refine else reading


def _further(pages: tuple[str, ...], kind: PageKind, url: str) -> tuple[str, ...]:
    """Of an article, only its own further pages: older WordPress themes print the next post as
    ``rel=next``."""
    if kind is not PageKind.ARTICLE:
        return pages
    own = url.partition("#")[0].partition("?")[0].rstrip("/")
    return tuple(page for page in pages if page.partition("?")[0].startswith(own))
