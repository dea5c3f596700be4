"""A page's text as blocks, in document order: what one paragraph, heading or list item shows.

The characters are those of the tree. White space is treated as CSS does (Text Module 3, 4.1: ASCII white
space collapses, everything else, ZERO WIDTH NON-JOINER first of all, stays); ``br`` breaks the line, two
of them the paragraph; ``pre`` keeps its lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.outline import BLOCKS, HEADINGS, Node, Outline, squeeze

_BREAK = "\x00"  # stands for <br> while a run is gathered; the reader of bytes has removed every U+0000
_AROUND_BREAK = re.compile(r" *\x00 *")
_CELLS = frozenset(("td", "th"))
_FLUSHING = BLOCKS - _CELLS
_PREFORMATTED = frozenset(("pre", "plaintext", "xmp", "listing"))
# A stop of Latin, Arabic, Persian, Urdu, Devanagari, Chinese or Japanese script ends a sentence.
_SENTENCE = re.compile(r"[.!?؟。！？।۔…][\"'”’»)\]]*(?:\s|$)")
_COMMAS = re.compile(r"[,،，、;؛]")


@dataclass(slots=True, eq=False)
class Block:
    """One run of text."""

    holder: Node
    """The nearest block-level element around it."""
    text: str
    link_text: int
    """How many of its characters lie in links."""
    order: int
    """Index of the first element at or after which it begins."""

    @property
    def tag(self) -> str:
        """The tag of the holder."""
        return self.holder.tag

    @property
    def is_heading(self) -> bool:
        """Whether the holder is h1 to h6."""
        return self.holder.tag in HEADINGS

    @property
    def link_density(self) -> float:
        """Share of the text that lies in links, 0 to 1."""
        return min(1.0, self.link_text / len(self.text)) if self.text else 0.0

    @property
    def sentences(self) -> int:
        """Number of sentence ends."""
        return len(_SENTENCE.findall(self.text))

    @property
    def commas(self) -> int:
        """Number of commas of any script."""
        return len(_COMMAS.findall(self.text))


def blocks_of(page: Outline, dead: bytearray, start: Node | None = None) -> list[Block]:
    """Return the blocks inside ``start`` (the whole page), leaving out elements whose ``dead`` byte is
    set."""
    nodes = page.nodes
    if not nodes:
        return []
    top = start or nodes[0]
    gatherer = _Gatherer(top)
    add, flush, pieces = gatherer.add, gatherer.flush, gatherer.pieces
    open_ones: list[Node] = []
    index = top.index
    while index < top.end:
        node = nodes[index]
        while open_ones and open_ones[-1].end <= index:
            _leave(gatherer, open_ones.pop(), nodes, dead)
        tag = node.tag
        if dead[index]:
            if tag in _FLUSHING:
                # All inside is left out as well, and one end of a block is like many.
                _leave(gatherer, node, nodes, dead)
                index = node.end
                continue
        else:
            if tag in _FLUSHING:
                flush(node, node)
            elif tag == "br":
                pieces.append(_BREAK)
            elif tag in _CELLS:
                pieces.append(" ")
            if text := node.content:
                add(text, node)
        index += 1
        if node.end == index:
            _leave(gatherer, node, nodes, dead)
        else:
            open_ones.append(node)
    while open_ones:
        _leave(gatherer, open_ones.pop(), nodes, dead)
    flush(top, None)
    return gatherer.blocks


def _leave(gatherer: _Gatherer, node: Node, nodes: list[Node], dead: bytearray) -> None:
    """Close an element: end its block, and go on with the text after it, which belongs to its parent."""
    above = nodes[node.parent] if node.parent >= 0 else None
    if node.tag in _FLUSHING:
        # A block that is left out still parts what stands before and after it.
        gatherer.flush(node, above)
    elif node.tag in _CELLS:
        gatherer.pieces.append(" ")
    tail = node.tail
    if not tail or above is None or node is gatherer.top or dead[above.index]:
        return
    if not (above.silent and dead[node.index]):
        gatherer.add(tail, above)


class _Gatherer:
    """The run of text being gathered and the blocks made so far."""

    def __init__(self, top: Node) -> None:
        self.top = top
        self.holder = top
        self.pieces: list[str] = []
        self.link_text = 0
        self.order = top.index
        self.preformatted = False
        self.blocks: list[Block] = []

    def add(self, text: str, node: Node) -> None:
        if node.silent:
            return
        if not self.pieces:
            if not self.preformatted and text.isspace():
                return
            self.order = node.index
        if node.in_link:
            self.link_text += len(squeeze(text).strip(" "))
        self.pieces.append(text.replace("\n", _BREAK) if self.preformatted else text)

    def flush(self, node: Node, holder: Node | None) -> None:
        """End the run; the next one is held by ``holder`` or the nearest block around it."""
        if self.pieces:
            self._emit()
            self.pieces.clear()
        self.link_text = 0
        if holder is not None:
            # Inline elements around a block (an <a> around a card) hold no block of their own.
            self.holder = holder
            self.preformatted = holder.tag in _PREFORMATTED
        self.order = node.index

    def _emit(self) -> None:
        joined = squeeze("".join(self.pieces))
        if _BREAK not in joined:
            text = joined.strip(" ")
            if text:
                self.blocks.append(Block(self.holder, text, self.link_text, self.order))
            return
        joined = _AROUND_BREAK.sub(_BREAK, joined)
        parts = [joined] if self.preformatted else joined.split(_BREAK * 2)
        total = sum(map(len, parts)) or 1
        for part in parts:
            text = part.strip(" " + _BREAK).replace(_BREAK, "\n")
            if text:
                share = round(self.link_text * len(part) / total)
                self.blocks.append(Block(self.holder, text, share, self.order))
