"""The article of a page: its text in order, and everything that is said of it, each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lxml.html import HtmlElement

from model import Article, PageRules
from pipelines import metadata
from pipelines.blocks import Block
from pipelines.body import Body, find_body, mark_dead
from pipelines.boilerplate import is_end_note
from pipelines.dates import DateReading, read_date
from pipelines.disagreements import find_disagreements
from pipelines.headline import Headline, find_headline, fold
from pipelines.language import read_language
from pipelines.learned import find_without
from pipelines.learned_pages import LearnedPages
from pipelines.metadata import Dated, Place, make_place
from pipelines.outline import Node, Outline, text_of
from pipelines.pictures import declared_image, read_images
from pipelines.rules import select, select_all
from pipelines.standfirst import BEFORE, lede_and_text
from pipelines.structured import Facts
from pipelines.text import display_text
from pipelines.text_links import anchors_of, read_links

_END_BLOCKS = 6
"""So many blocks from the end may a note on the author stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was found of an article before anyone decided that the page is one."""

    headline: Headline
    body: Body | None
    lede: str
    lede_reason: str
    paragraphs: tuple[str, ...]
    anchors: tuple[Node, ...]
    """The elements ``a`` of lede and paragraphs, in reading order, without those that flicker."""
    flickering: tuple[bool, ...]
    """Of each paragraph, whether it is known to be another at each fetch."""
    place: Place
    dead: bytearray
    published: Dated
    modified: Dated
    authors: tuple[str, ...]
    authors_reason: str
    language: str | None
    language_reason: str
    parse: metadata.DateParser
    """Reads a date of this page."""
    learned_reason: str = ""
    """What became of what was learned from other pages; empty when nothing of it is here."""


def draft_article(
    page: Outline,
    facts: Facts,
    *,
    regions: Sequence[HtmlElement],
    reference: datetime,
    timezone: str,
    rules: PageRules,
    learned: LearnedPages | None = None,
) -> Draft:
    """Return what the page would be as an article. ``regions`` are its comments and their form."""
    root = page.nodes[0].element
    foreign = _foreign(page, regions)
    removed = select_all(root, rules.remove, "remove")
    dead = mark_dead(page, regions, removed)
    title_nodes = _nodes(page, select(root, rules.title, "title"))
    headline = find_headline(page, facts, foreign, title_nodes[0] if title_nodes else None)
    chosen_body = select(root, rules.body, "body")

    def find(left: Callable[[Sequence[Block]], list[Block]] | None) -> Body | None:
        return find_body(
            page, dead, chosen_body, lambda: mark_dead(page, regions, removed, by_names=False), left
        )

    body, learned_reason = find_without(page, learned.boilerplate, find) if learned else (find(None), "")
    place = _place(page, foreign, headline, body)
    sample = " ".join(block.text for block in body.blocks[:20]) if body else text_of(root)[:3000]
    language, language_reason = read_language(page, facts, sample)
    parse = _parser(reference, timezone, language)
    names, names_reason = metadata.authors(place, facts, headline.site_name)
    if chosen := select(root, rules.authors, "authors"):
        names, names_reason = metadata.names_printed([text_of(element) for element in chosen]), "rules"
    published = metadata.published(place, facts, parse)
    for element in select(root, rules.published, "published"):
        raw = element.get("datetime") or element.get("content") or text_of(element)
        if (read := parse(raw)).at is not None:
            published = Dated(raw=raw, at=read.at, reason=read.because("rules"))
            break
    lede_nodes = _nodes(page, select(root, rules.lede, "lede"))
    lede, blocks = lede_and_text(page, facts, headline, body, foreign, lede_nodes)
    blocks = _without_head(blocks, headline, names, published, chosen=bool(rules.body))
    if not rules.body:
        blocks = _without_end_notes(blocks, names)
    flicker = learned.flicker if learned and learned.flicker.revision else None
    flickering = flicker.of_blocks(page, blocks) if flicker else []
    if all(flickering):
        # What would leave nothing to compare was learned of something else.
        flickering = [False] * len(blocks)
    steady = [block for block, other in zip(blocks, flickering, strict=True) if not other]
    anchors = dict.fromkeys((*lede.anchors(page), *anchors_of(page, steady)))
    if flicker:
        anchors = {node: None for node in anchors if not flicker.of_attribute(page, node, "href")}
    return Draft(
        headline=headline,
        body=body,
        lede=lede.text,
        lede_reason=lede.reason,
        paragraphs=tuple(block.text for block in blocks),
        anchors=tuple(anchors),
        flickering=tuple(flickering),
        place=place,
        dead=dead,
        published=published,
        modified=metadata.modified(place, facts, parse),
        authors=names,
        authors_reason=names_reason,
        language=language,
        language_reason=language_reason,
        learned_reason=learned_reason,
        parse=parse,
    )


def finish_article(
    draft: Draft,
    page: Outline,
    facts: Facts,
    *,
    url: str,
    canonical_url: str | None,
    base: str,
    rules: PageRules,
) -> Article:
    """Return the article with display text and the reasons of its fields."""
    root = page.nodes[0].element
    section, section_reason = metadata.section(draft.place, facts)
    if chosen := select(root, rules.section, "section"):
        section, section_reason = text_of(chosen[0]), "rules"
    tags, tags_reason = metadata.tags(draft.place, facts)
    if chosen := select(root, rules.tags, "tags"):
        tags, tags_reason = tuple(dict.fromkeys(filter(None, map(text_of, chosen)))), "rules"
    language = draft.language

    def shown(text: str) -> str:
        return display_text(text, language)

    paragraphs = [
        (text, flickers)
        for paragraph, flickers in zip(draft.paragraphs, draft.flickering, strict=True)
        if (text := shown(paragraph))
    ]
    images = read_images(draft.place, facts, base, draft.dead)
    printed = bool(images) and images != declared_image(facts, base)
    canonical_reason = "the address it was read at"
    if canonical_url:
        named = any("canonical" in node.attributes.get("rel", "").lower() for node in page.tagged("link"))
        canonical_reason = "link canonical" if named else "og:url"
    canonical = canonical_url or url.partition("#")[0]
    reasons = [
        ("title", draft.headline.reason),
        ("lede", draft.lede_reason),
        ("paragraphs", draft.body.reason if draft.body else ""),
        ("boilerplate", draft.learned_reason),
        ("authors", draft.authors_reason),
        ("section", section_reason),
        ("tags", tags_reason),
        ("language", draft.language_reason),
        ("published", draft.published.reason),
        ("modified", draft.modified.reason),
        ("canonical_url", canonical_reason),
        ("images", "in the text or beside the headline" if printed else "og:image" if images else ""),
        ("site_name", draft.headline.site_reason),
    ]
    return Article(
        url=url,
        canonical_url=canonical,
        title=shown(draft.headline.text),
        lede=shown(draft.lede),
        paragraphs=tuple(text for text, _ in paragraphs),
        flickering=tuple(at for at, (_, flickers) in enumerate(paragraphs) if flickers),
        authors=tuple(map(shown, draft.authors)),
        section=shown(section) if section else None,
        tags=tuple(map(shown, tags)),
        language=language,
        published_raw=draft.published.raw,
        published_at=draft.published.at,
        modified_raw=draft.modified.raw,
        modified_at=draft.modified.at,
        images=images,
        links=read_links(page, draft.anchors, base=base, url=url, shown=shown),
        site_name=draft.headline.site_name,
        reasons=tuple((name, reason) for name, reason in reasons if reason),
        disagreements=find_disagreements(
            draft.place,
            facts,
            draft.headline,
            authors=draft.authors,
            authors_reason=draft.authors_reason,
            published=draft.published,
            modified=draft.modified,
            canonical_url=canonical,
            canonical_reason=canonical_reason,
            base=base,
            parse=draft.parse,
        ),
    )


def _parser(reference: datetime, timezone: str, language: str | None) -> metadata.DateParser:
    known: dict[str, DateReading] = {}

    def parse(raw: str) -> DateReading:
        # A page states one date in many places, and each of its fields looks at most of them.
        if raw not in known:
            known[raw] = read_date(raw, reference=reference, timezone=timezone, language=language)
        return known[raw]

    return parse


def _nodes(page: Outline, elements: Sequence[HtmlElement]) -> list[Node]:
    return [node for element in elements if (node := page.by_element.get(element))]


def _foreign(page: Outline, regions: Sequence[HtmlElement]) -> bytearray:
    """Mark what belongs to readers or is not shown: no headline, byline or date of the article stands
    there."""
    marked = bytearray(len(page.nodes))
    for node in (*_nodes(page, regions), *(node for node in page.nodes if node.hidden)):
        marked[node.index : node.end] = b"\x01" * (node.end - node.index)
    return marked


def _place(page: Outline, foreign: bytearray, headline: Headline, body: Body | None) -> Place:
    start, end = 0, len(page.nodes)
    anchors = [headline.node.index] if headline.node else []
    if body and body.blocks:
        anchors.append(body.blocks[0].order)
        end = min(end, max(body.blocks[-1].order, body.container.end) + BEFORE)
    if anchors:
        start = max(0, min(anchors) - BEFORE)
    return make_place(page, foreign, start, end)


def _without_end_notes(blocks: list[Block], names: Sequence[str]) -> list[Block]:
    """Drop who wrote it and where to reach them from below the text, and what is short after that."""
    least = max(2, len(blocks) - _END_BLOCKS)
    for at in range(len(blocks) - 1, least - 1, -1):
        if not is_end_note(blocks[at].text, names):
            continue
        rest = blocks[at + 1 :]
        return blocks[:at] + [block for block in rest if not is_end_note(block.text, names)]
    return blocks


def _without_head(
    blocks: list[Block], headline: Headline, names: Sequence[str], published: Dated, *, chosen: bool
) -> list[Block]:
    """Drop what stands between headline and text and is neither: the title again, byline, date, picture
    credit."""
    title = fold(headline.text)
    kept: list[Block] = []
    authors = {fold(name) for name in names}
    date = fold(published.raw or "")
    for place, block in enumerate(blocks):
        text = fold(block.text)
        if text == title or text in authors or (date and text == date):
            continue
        if not chosen:
            if (
                len(block.text) >= 60
                or block.tag in ("li", "blockquote", "pre", "tr")
                or bool(block.sentences)
            ):
                return kept + blocks[place:]  # running text: the head is over
            label = not block.is_heading and len(block.text) < 60
            if label or (len(blocks) > 1 and title and text in title):
                continue
        kept.append(block)
    # A text of short lines only (a poem, a list) has no running block: then nothing was a head.
    return kept or [block for block in blocks if fold(block.text) != title]
