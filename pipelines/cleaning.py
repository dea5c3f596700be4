"""Which blocks inside the element of the text are the article: no label, notice, caption or list of links."""

from __future__ import annotations

import re
from bisect import bisect_left

from pipelines.blocks import Block
from pipelines.boilerplate import is_label, opens_list, says_furniture
from pipelines.outline import Node, Outline, link_density, within

_LISTS = frozenset(("ul", "ol", "dl"))
_HOLDERS = 13
"""So many elements around a block are asked whether they are a list of links."""
_ALNUM = re.compile(r"[^\W_]")


def clean(page: Outline, blocks: list[Block], container: Node) -> list[Block]:
    """Return the blocks of the container that are the article, in order."""
    kept: list[Block] = []
    lists: dict[int, bool] = {}
    after_label = False
    pictures = [node.index for node in page.tagged("img") if within(node, container)]
    for at, block in enumerate(blocks):
        text = block.text
        if not _ALNUM.search(text):
            continue
        if after_label and (block.link_density > 0.5 or block.tag == "li"):
            continue
        after_label = False
        if is_label(text):
            continue
        if says_furniture(text):
            if kept or not block.is_heading:
                after_label = opens_list(text)
            continue
        if _is_link_list(page, block, lists, container):
            if kept and kept[-1].is_heading:
                kept.pop()  # the label over a list of links
            continue
        if (
            block.link_density > 0.8
            and block.tag != "li"
            and not block.sentences
            and not _heads(page, blocks, at)
        ):
            continue
        if pictures and _is_caption(page, block, pictures):
            continue
        kept.append(block)
    while kept and kept[-1].is_heading:
        kept.pop()
    return kept


def _heads(page: Outline, blocks: list[Block], at: int) -> bool:
    """Tell whether a heading that is a link stands over running text beside it, as in a list of products."""
    block = blocks[at]
    if not block.is_heading or at + 1 == len(blocks):
        return False
    text = blocks[at + 1]
    return text.holder.parent == block.holder.parent and len(text.text) >= 80 and text.link_density < 0.3


def _is_caption(page: Outline, block: Block, pictures: list[int]) -> bool:
    """Tell whether a line without a sentence is alone in its box with a picture."""
    if (
        len(block.text) > 160
        or block.sentences
        or block.is_heading
        or block.tag in ("li", "tr", "pre", "blockquote")
    ):
        return False
    length = len(block.text) + 2
    for node in (block.holder, *page.ancestors(block.holder, 3)):
        if node.text > length:
            return False
        first = bisect_left(pictures, node.index)
        if first < len(pictures) and pictures[first] < node.end:
            return True
    return False


def _is_link_list(page: Outline, block: Block, seen: dict[int, bool], container: Node) -> bool:
    """Tell whether a block stands in a list or box that is mostly links."""
    nodes, node = page.nodes, block.holder
    for _ in range(_HOLDERS):
        if node is container or node.parent < 0:
            break
        if node.tag in _LISTS or node.tag in ("div", "section", "table"):
            known = seen.get(node.index)
            if known is None:
                limit = 0.6 if node.tag in _LISTS else 0.7
                known = seen[node.index] = link_density(node) > limit
            if known:
                return True
        node = nodes[node.parent]
    return False
