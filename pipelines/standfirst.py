"""The standfirst of an article: an element named for it, or a paragraph printed apart from the text."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.blocks import Block
from pipelines.body import Body
from pipelines.boilerplate import LEDE_NAMES, says_furniture
from pipelines.headline import Headline, fold
from pipelines.outline import HEADINGS, Node, Outline
from pipelines.structured import Facts
from pipelines.text_links import anchors_of

BEFORE = 60
"""So many elements before the headline may a byline or a picture stand, and after the text's end again."""
_LONGEST_LEDE = 1_200
_MARGINS = ("nav", "aside", "footer")
STANDFIRST_IN_TEXT = "element named for it, in the text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lede:
    """A standfirst, and what of the page it is."""

    text: str = ""
    reason: str = ""
    node: Node | None = None
    """The element that is all of it …"""
    block: Block | None = None
    """… or the block."""

    def anchors(self, page: Outline) -> list[Node]:
        """Return its links, in order."""
        if self.node is not None:
            return [one for one in page.inside(self.node, 300) if one.tag == "a"]
        return anchors_of(page, [self.block]) if self.block is not None else []


def lede_and_text(
    page: Outline,
    facts: Facts,
    headline: Headline,
    body: Body | None,
    foreign: bytearray,
    chosen: list[Node],
) -> tuple[Lede, list[Block]]:
    """Return the standfirst and the text's blocks without it."""
    blocks = list(body.blocks) if body else []
    # Inside one container, what stands before the headline is furniture: the connection widget of a whole
    # site.
    if headline.node is not None and any(block.order > headline.node.index for block in blocks):
        top = _top(page, headline.node)
        blocks = [block for block in blocks if block.order >= top]
    lede = _standfirst(page, facts, headline, blocks, body, foreign, chosen)
    if not lede.text and len(blocks) >= 3 and (repeated := _repeated(blocks)):
        lede = Lede(text=repeated.text, reason="first paragraph, repeated", block=repeated)
    if lede.text:
        head = [block for block in blocks[:6] if not _same(block.text, lede.text)]
        blocks = head + blocks[6:]
    return lede, blocks


def _top(page: Outline, headline: Node) -> int:
    """Return the index of the headline, or of an h1 above it: a title that machines are told may be that of
    a section further down."""
    for node in page.tagged("h1"):
        if (
            node.index < headline.index
            and node.text >= 15
            and not node.hidden
            and node.region not in _MARGINS
        ):
            return node.index
    return headline.index


def _repeated(blocks: list[Block]) -> Block | None:
    """Return the first paragraph that is printed twice; a label may stand before it, a notice between."""
    for at, block in enumerate(blocks[:3]):
        if len(block.text) >= 30 and any(_same(block.text, one.text) for one in blocks[at + 1 : at + 3]):
            return block
    return None


def _standfirst(
    page: Outline,
    facts: Facts,
    headline: Headline,
    blocks: list[Block],
    body: Body | None,
    foreign: bytearray,
    chosen: list[Node],
) -> Lede:
    for node in chosen:
        if text := page.text_of(node):
            return Lede(text=text, reason="rules", node=node)
    if not blocks:
        return Lede()
    after = headline.node.index if headline.node else max(0, blocks[0].order - BEFORE)
    # The first paragraph proper bounds the search: what comes later is a pull quote or a teaser.
    first = next((block for block in blocks if len(block.text) >= 80), blocks[0])
    for node in page.nodes[after : first.order + 1]:
        if foreign[node.index] or not 30 <= node.text <= _LONGEST_LEDE or not LEDE_NAMES.search(node.names):
            continue
        if (
            node.link_text * 2 > node.text
            or node.region in ("aside", "footer")
            or node.tag in ("h1", "a", "body")
        ):
            continue
        text = page.text_of(node)
        if _same(text, headline.text) or says_furniture(text) or _has_parts(page, node):
            continue
        # Of a container that only the score chose nobody said that it is the text and nothing else.
        named = body is not None and body.reason != "text score"
        held = named and body is not None and body.container.index < node.index < body.container.end
        reason = STANDFIRST_IN_TEXT if held else "element named for it"
        return Lede(text=text, reason=reason, node=node)
    before = [
        block
        for block in (body.around if body else ())
        if after < block.order < blocks[0].order and block.holder.index != blocks[0].holder.index
    ]
    described = [
        value for name in ("description", "og:description") for value in facts.meta.get(name, ())[:1]
    ]
    for block in before[:12]:
        text = block.text
        if len(text) < 40 or len(text) > _LONGEST_LEDE or block.link_density > 0.3 or says_furniture(text):
            continue
        if any(_same(text, other.text) for other in blocks[:3]):
            return Lede(text=text, reason="printed before the text and repeated in it", block=block)
        if any(_same(text, value) for value in described):
            reason = "printed before the text, agrees with the description"
            return Lede(text=text, reason=reason, block=block)
    return Lede()


def _has_parts(page: Outline, node: Node) -> bool:
    """Tell whether an element holds several paragraphs: an introduction, which is text, and no standfirst."""
    parts = (inner for inner in page.inside(node, 50) if inner.text >= 20)
    return sum(inner.tag in ("p", "li") or inner.tag in HEADINGS for inner in parts) > 1


def _same(one: str, other: str) -> bool:
    """Tell whether two texts say the same, whatever their spacing; a cut one («…») says the same as the
    whole."""
    first, second = fold(one), fold(other)
    if first == second:
        return True
    short, long = sorted((first, second), key=len)
    return len(short) >= 60 and len(short) * 10 >= len(long) * 8 and long.startswith(short)
