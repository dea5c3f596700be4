"""Which part of a page is the article's text, and which blocks inside it are.

First the subtree: each block of running text gives its element, and less and less the elements around it,
a score (Arc90's idea: text, commas and the share of links decide); an element whose names or microdata
say «article body» is believed when it holds most of what scored. Then the blocks in it, one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from lxml.html import HtmlElement

from pipelines.blocks import Block, blocks_of
from pipelines.boilerplate import (
    names_body,
    names_doubtful,
    names_furniture,
)
from pipelines.cleaning import clean
from pipelines.outline import BLOCKS, HEADINGS, Node, Outline, link_density, within

_DROPPED_TAGS = frozenset(
    ("nav", "footer", "aside", "menu", "dialog", "figcaption", "address", "label", "legend")
)
_PROTECTED_TAGS = frozenset(("html", "body", "main", "article"))
_SHORT = 500
"""A body with less running text makes us look again; two paragraphs of news have some 400 characters."""


@dataclass(frozen=True, slots=True)
class Body:
    """The article's text."""

    container: Node
    blocks: tuple[Block, ...]
    reason: str
    running: int
    """Characters of running text in it, outside links."""
    around: tuple[Block, ...]
    """Every block of the page outside what was left out."""


def mark_dead(
    page: Outline,
    regions: Collection[HtmlElement],
    removed: Collection[HtmlElement],
    *,
    by_names: bool = True,
) -> bytearray:
    """Return a byte for each element, 1 where neither it nor anything inside is article text.

    ``regions`` are comments, ``removed`` what a source's rules take out; without ``by_names`` class names
    say nothing.
    """
    nodes = page.nodes
    dead = bytearray(len(nodes))
    if not nodes:
        return dead
    for element in (*regions, *removed):
        if node := page.by_element.get(element):
            _kill(dead, node)
    total = max(1, nodes[0].text)
    for node in nodes:
        index = node.index
        if dead[index]:
            continue
        if node.silent or (node.hidden and node.text * 2 < total):
            _kill(dead, node)
            continue
        tag = node.tag
        if tag in _PROTECTED_TAGS or tag in HEADINGS:
            continue
        # A wrapper named «has-sidebar» or «page-with-ads» holds the page: what holds half of it is no
        # furniture.
        if node.text * 2 >= total:
            continue
        if tag in _DROPPED_TAGS or tag == "form" or (by_names and names_furniture(node.names)):
            if node.text * 5 >= total and _holds_article(page, node):
                continue
            _kill(dead, node)
        elif by_names and _is_doubtful(page, node):
            _kill(dead, node)
    return dead


def _is_doubtful(page: Outline, node: Node) -> bool:
    """Tell furniture of a doubtful name: little text, and no heading unless links stand under it."""
    if node.text - node.link_text >= 200 or not names_doubtful(node.names):
        return False
    return bool(node.link_text) or not any(inner.tag in HEADINGS for inner in page.inside(node, 50))


def _holds_article(page: Outline, node: Node) -> bool:
    """Tell whether a large element of a doubtful name holds the headline or the named body."""
    return any(
        inner.tag == "h1" or (inner.text * 2 > node.text and names_body(inner.names))
        for inner in page.inside(node, 300)
    )


def _kill(dead: bytearray, node: Node) -> None:
    dead[node.index : node.end] = b"\x01" * (node.end - node.index)


def find_body(
    page: Outline,
    dead: bytearray,
    chosen: Collection[HtmlElement] = (),
    sure: Callable[[], bytearray] | None = None,
    left: Callable[[Sequence[Block]], list[Block]] | None = None,
) -> Body | None:
    """Return the article's text, or ``None`` when the page has no running text.

    ``chosen`` are the elements a source's own rule names. ``sure`` gives the marks of what is furniture
    beyond doubt (comments, menus): when names leave hardly any text, they were misread, and only that is
    left out. ``left`` returns the blocks that are not known to be the site's.
    """

    def blocks(marks: bytearray) -> list[Block]:
        found = blocks_of(page, marks)
        return left(found) if left else found

    body = _find(page, blocks(dead), dead, chosen)
    if sure is not None and not chosen and (body is None or body.running < _SHORT):
        marks = sure()
        second = _find(page, blocks(marks), marks, ())
        if second is not None and second.running > 2 * (body.running if body else 0) + 200:
            return second
    return body


def narrowed(body: Body, left: Callable[[Sequence[Block]], list[Block]]) -> Body:
    """Return a text with only those of its blocks that ``left`` leaves, in the same element."""
    around = left(body.around)
    remaining = set(map(id, around))
    kept = [block for block in body.blocks if id(block) in remaining]
    while kept and kept[-1].is_heading:
        kept.pop()
    return replace(body, blocks=tuple(kept), around=tuple(around), running=sum(map(_running, kept)))


def _find(
    page: Outline, blocks: list[Block], dead: bytearray, chosen: Collection[HtmlElement]
) -> Body | None:
    if chosen:
        nodes = [node for element in chosen if (node := page.by_element.get(element))]
        inside = [block for block in blocks if any(within(block.holder, node) for node in nodes)]
        if inside:
            kept = tuple(clean(page, inside, nodes[0]))
            return Body(nodes[0], kept, "rules", sum(map(_running, kept)), tuple(blocks))
    scores = _scores(page, blocks)
    if not scores:
        return None
    top = max(scores, key=lambda index: (scores[index] * (1 - link_density(page.nodes[index])), index))
    named = _named(page, blocks, dead, top)
    container, reason = named or (_widen(page, blocks, page.nodes[top]), "text score")
    container = _block_around(page, container)
    parts = _kin(page, container, dead) if named else [container]
    if len(parts) == 1:
        start, end = parts[0].index, parts[0].end
        inside = [block for block in blocks if start <= block.holder.index < end]
    else:
        inside = [block for block in blocks if any(within(block.holder, part) for part in parts)]
    kept = tuple(clean(page, inside, container))
    return Body(container, kept, reason, sum(map(_running, kept)), tuple(blocks))


def _block_around(page: Outline, node: Node) -> Node:
    """Return the block around a ``span`` that holds no more than it; it holds the span's loose text."""
    around = node
    while around.tag not in BLOCKS and around.parent >= 0:
        around = page.nodes[around.parent]
    return around if around.text == node.text else node


def _running(block: Block) -> int:
    """Characters of running text: outside links, in a block that is no heading and more than a label."""
    length = len(block.text)
    if block.is_heading or length < 25:
        return 0
    return max(0, length - block.link_text)


def _scores(page: Outline, blocks: list[Block]) -> dict[int, float]:
    scores: dict[int, float] = {}
    nodes = page.nodes
    for block in blocks:
        length = _running(block)
        if not length or block.link_density > 0.5:
            continue
        score = 1 + min(block.commas, 10) + min(length / 100, 3)
        if block.tag in ("li", "dd", "dt", "tr") and not block.sentences:
            score *= 0.3
        node = block.holder
        # A paragraph counts for what holds it; a bare <div> of text is its own holder.
        around = page.ancestors(node, 5)
        if node.tag in (
            "p",
            "li",
            "blockquote",
            "pre",
            "h5",
            "h6",
            "dd",
            "tr",
            "span",
            "font",
            "b",
            "strong",
            "em",
        ):
            chain = around[:5]
        else:
            chain = [node, *around[:4]]
        for level, above in enumerate(chain):
            share = 1.0 if level == 0 else 0.5 if level == 1 else 1 / (level * 3)
            scores[above.index] = scores.get(above.index, 0.0) + score * share
    for index in scores:
        if nodes[index].tag in ("body", "html"):
            scores[index] *= 0.5
    return scores


def _named(page: Outline, blocks: list[Block], dead: bytearray, top: int) -> tuple[Node, str] | None:
    """Return the smallest element that calls itself the article's body and holds most of its text."""
    best = page.nodes[top]
    text_before = _running_before(page, blocks)
    holding = text_before[best.end] - text_before[best.index]
    found: tuple[int, Node, str] | None = None
    for node in page.nodes:
        if dead[node.index] or node.text < 100 or node.tag in ("body", "html"):
            continue
        if "articleBody" in node.attributes.get("itemprop", ""):
            reason = "itemprop articleBody"
        elif node.names and names_body(node.names):
            reason = "names of the element"
        else:
            continue
        text = text_before[node.end] - text_before[node.index]
        if text * 10 >= holding * 7 and (found is None or (text * 10 >= found[0] * 8)):
            found = (text, node, reason)
    return (found[1], found[2]) if found else None


def _running_before(page: Outline, blocks: list[Block]) -> list[int]:
    """Return for each index how much running text the elements before it hold themselves."""
    own = [0] * len(page.nodes)
    for block in blocks:
        if block.link_density < 0.5:
            own[block.holder.index] += _running(block)
    return list(accumulate(own, initial=0))


def _kin(page: Outline, container: Node, dead: bytearray) -> list[Node]:
    """Return the container and its equals: an article cut into chunks by advertisements has several of
    one name."""
    scope = page.nodes[0]
    for above in page.ancestors(container, 50):
        if above.tag in ("main", "body") or (above.tag == "article" and not _is_part(page, above, dead)):
            scope = above
            break
    headlines = sum(scope.index < node.index < scope.end for node in page.tagged("h1"))
    if headlines > 1 or not container.names:
        return [container]
    found: list[Node] = []
    for node in page.tagged(container.tag):
        within = scope.index < node.index < scope.end
        alike = within and node.names == container.names and not dead[node.index]
        if alike and (not found or node.index >= found[-1].end):
            found.append(node)
    return found if container in found else [container]


def _is_part(page: Outline, article: Node, dead: bytearray) -> bool:
    """Tell whether an ``article`` is an entry of one long list that is the text itself: three or more alike,
    all of it prose. A teaser has a heading that leads elsewhere."""
    alike = [node for node in page.tagged("article") if node.names == article.names and not dead[node.index]]
    alike = alike[:300]
    text, links = sum(node.text for node in alike), sum(node.link_text for node in alike)
    if len(alike) < 3 or text < 400 * len(alike) or links * 20 > text:
        return False
    heads = (inner for node in alike for inner in page.inside(node, 100) if inner.tag in HEADINGS)
    return not any(head.link_text for head in heads)


def _widen(page: Outline, blocks: list[Block], node: Node) -> Node:
    """Climb while the element around adds running text of the same kind; an article is often in several
    boxes."""

    goods = [0] * len(page.nodes)
    bads = goods.copy()
    for block in blocks:
        density, length = block.link_density, len(block.text)
        if density < 0.4 and length >= 80:
            goods[block.holder.index] += length
        elif density > 0.5:
            bads[block.holder.index] += length

    def running(of: Node) -> tuple[int, int]:
        return sum(goods[of.index : of.end]), sum(bads[of.index : of.end])

    good, bad = running(node)
    for above in page.ancestors(node, 6):
        if above.tag in ("body", "html"):
            break
        more, worse = running(above)
        if more > good * 1.15 and worse - bad < (more - good) * 0.3:
            node, good, bad = above, more, worse
    return node
