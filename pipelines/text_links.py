"""The links in an article's text: where its words lead, in reading order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from model import Link
from pipelines.addresses import absolute
from pipelines.blocks import Block
from pipelines.outline import BLOCKS, Node, Outline

MOST_LINKS = 2_000
"""Of one text; a list of sources in an encyclopaedia has some hundreds."""
_LONGEST_WORDS = 500
# As pipelines/blocks.py has it: a cell is part of its row's line.
_HOLDING = BLOCKS - {"td", "th"}
_CLIMB = 30
_AHEAD = 20
"""Blocks of one holder (lines parted by breaks) that are looked through for the words of the next link."""


def anchors_of(page: Outline, blocks: Sequence[Block]) -> list[Node]:
    """Return the ``a`` elements whose words stand in blocks, in the order of the blocks.

    An element belongs to the block of its holder that has its words; one that is drawn around whole blocks
    (a card) to each of them, and is returned once. Linear in the elements ``a`` of the page.
    """
    held: defaultdict[int, list[int]] = defaultdict(list)
    for at, block in enumerate(blocks):
        held[block.holder.index].append(at)
    if not held:
        return []
    # Most links of a page are its menus', before and behind all of the text.
    begin, end = min(held), max(block.holder.end for block in blocks)
    placed: list[tuple[int, int, Node]] = []
    reached: dict[int, int] = {}
    for node in page.tagged("a"):
        if not begin < node.index < end or not node.text or (holder := _holder(page, node)) not in held:
            continue
        # What is left out of a block (a button to share it) is no part of its words.
        words = page.text_of(node)
        first = reached.get(holder, 0)
        for turn, at in enumerate(held[holder][first : first + _AHEAD], first):
            if words in blocks[at].text.replace("\n", " "):
                reached[holder] = turn
                placed.append((at, node.index, node))
                break
    for at, block in enumerate(blocks):
        if block.holder.in_link:
            around = (one for one in (block.holder, *page.ancestors(block.holder, _CLIMB)) if one.tag == "a")
            placed += [(at, one.index, one) for one in around][:1]
    placed.sort(key=lambda one: one[:2])
    return list({node.index: node for _, _, node in placed}.values())


def _holder(page: Outline, node: Node) -> int:
    """Return the index of the nearest block-level element around one; -1 when it is far."""
    for _ in range(_CLIMB):
        if node.parent < 0:
            return -1
        node = page.nodes[node.parent]
        if node.tag in _HOLDING:
            return node.index
    return -1


def read_links(
    page: Outline, anchors: Sequence[Node], *, base: str, url: str, shown: Callable[[str], str]
) -> tuple[Link, ...]:
    """Return where anchors lead, in order, each with the words that carry it as ``shown`` gives them.

    ``base`` is what references are relative to, ``url`` the page: what leads to a place on the page itself
    (a footnote) is left out, and what carries no words (a picture), too.
    """
    own = url.partition("#")[0]
    links: list[Link] = []
    for node in anchors:
        reference = node.attributes.get("href") or ""
        target = absolute(base, reference) if reference else None
        if target is None or (target == own and "#" in reference):
            continue
        words = shown(page.text_of(node)[:_LONGEST_WORDS])
        if words:
            rel = tuple((node.attributes.get("rel") or "").lower().split())
            links.append(Link(url=target, text=words, rel=rel, region=node.region))
        if len(links) >= MOST_LINKS:
            break
    return tuple(links)
