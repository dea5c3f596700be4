"""One HTML page to everything it says: one parse, one walk, one answer. Pure; runs in worker processes."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from lxml.html import HtmlElement

from model import PageKind, PageRules, Reading
from pipelines.article import Draft, draft_article, finish_article
from pipelines.comments import find_services, regions_of, thread_of, view_comments
from pipelines.html import Page, parse_html
from pipelines.kind import Signs, judge_kind
from pipelines.learned import block_keys, shape_of, words_digest
from pipelines.learned_pages import LearnedPages
from pipelines.learning import MOST_BLOCKS, PageSample
from pipelines.links import body_classes, read_leads
from pipelines.outline import Outline, outline
from pipelines.requisites import read_requisites
from pipelines.rules import select
from pipelines.structured import read_facts
from pipelines.text import display_text

EXTRACTOR = "mandegar/0.3"
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
    learned: LearnedPages | None = None,
    asked: bool = False,
) -> Reading:
    """Return what the page says.

    ``body`` is content-decoded; ``content_type`` the HTTP header as sent; ``reference`` the moment of capture
    (aware), which «yesterday» and a date without a year are read against; ``timezone`` an IANA name for dates
    without a zone. ``refine`` is a source's own last word. ``learned`` is what is known of the pages of its
    source: what repeats is left out, what flickers is marked, and the extractor's name ends in
    ``learned/<revision>``.
    ``asked``: somebody wants the text of this very page, and whatever has a main text is an article; a crawl
    meets pages that nobody chose. Raise :class:`ReadError` when these bytes are no HTML,
    :class:`BadConfigurationError` when a selector of ``rules`` is none, and nothing else.
    """
    options = _Options(
        url=url, reference=reference, timezone=timezone, rules=rules or PageRules(), asked=asked
    )
    with _uncollected():
        page = _read(parse_html(body, content_type), options, learned)
        root, reading = page.root, page.reading
        # The outline goes before the collector is back, which would look through all of it.
        del page
    return refine(root, reading) if refine else reading


def sample_page(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    reference: datetime,
    timezone: str = "",
    rules: PageRules | None = None,
) -> PageSample | None:
    """Return what a page teaches of its source, or ``None`` when it is no article with text.

    Parameters and errors as those of :func:`read_page`.
    """
    options = _Options(url=url, reference=reference, timezone=timezone, rules=rules or PageRules())
    read = _read(parse_html(body, content_type), options, None)
    article, found = read.reading.article, read.draft.body
    if article is None or found is None:
        return None
    title = read.draft.headline.text
    held = range(found.container.index, found.container.end)
    blocks = [block for block in found.around if block.holder.index in held][:MOST_BLOCKS]
    kept = {id(block) for block in found.blocks}
    beyond = [block for block in found.around if block.holder.index not in held][:MOST_BLOCKS]
    outside = {key.shape: key.sample for key in block_keys(read.outline, beyond) if key.shape}
    return PageSample(
        url=article.canonical_url.partition("#")[0],
        title=words_digest(title) if title else "",
        template=shape_of(read.outline, found.container),
        keys=tuple(block_keys(read.outline, blocks)),
        read=tuple(id(block) in kept for block in blocks),
        outside=tuple(sorted(outside.items())),
    )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the collector of cycles from running: a page's outline is thousands of objects that live until its
    end and form no cycle, and looking through them again and again took a fifth of the outline's time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    url: str
    reference: datetime
    timezone: str
    rules: PageRules
    asked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A reading, and what it was made of."""

    root: HtmlElement
    outline: Outline
    draft: Draft
    reading: Reading


def _read(parsed: Page, options: _Options, learned: LearnedPages | None) -> _Read:
    url, reference, timezone, chosen = options.url, options.reference, options.timezone, options.rules
    root = parsed.root
    page = outline(root)
    facts = read_facts(page, url=url)
    leads = read_leads(page, url)
    comments = view_comments(page)
    regions = regions_of(comments)
    thread = thread_of(comments, url=url, reference=reference, timezone=timezone)
    draft = draft_article(
        page, facts, regions=regions, reference=reference, timezone=timezone, rules=chosen, learned=learned
    )
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
        asked=options.asked,
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
        feeds=leads.feeds + find_services(page, url),
        wordpress_post_id=leads.wordpress_post_id,
        encoding=parsed.encoding,
        extractor=extractor_name(chosen, learned.revision if learned else ""),
    )
    return _Read(root=root, outline=page, draft=draft, reading=reading)


def extractor_name(rules: PageRules | None, learned: str = "") -> str:
    """Return ``Reading.extractor`` of a page read by rules, with a revision of what was learned."""
    own = (rules or PageRules()).name
    name = own if "/" in own else f"{own}/1"
    return f"{EXTRACTOR} {name} learned/{learned}" if learned else f"{EXTRACTOR} {name}"


def post_extractor() -> str:
    """Return the name of what reads posts of WordPress's REST API: their texts differ from those of pages by
    nature, and are not compared with them."""
    return f"{EXTRACTOR} wordpress-rest/1"


def _further(pages: tuple[str, ...], kind: PageKind, url: str) -> tuple[str, ...]:
    """Of an article, only its own further pages: older WordPress themes print the next post as
    ``rel=next``."""
    if kind is not PageKind.ARTICLE:
        return pages
    own = url.partition("#")[0].partition("?")[0].rstrip("/")
    return tuple(page for page in pages if page.partition("?")[0].startswith(own))
