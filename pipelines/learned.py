"""What repeats on the pages of one source, and an article read without it.

Names of elements lie, and phrases are those of the sites we know; but a plea, a widget or a form's note is
the same on every page of its site, and the list of other articles always stands in the same box. Both are
learned from the source's own pages (:mod:`pipelines.learning`) and are told here, block by block, from what
only one article says.

What is known is a *text at a place* (the tags around it, no names: these change with each build of a site)
and a *shape* (the tags and names around it) that only ever holds links to other articles. A revision names
what is known; it is part of ``Reading.extractor``, since another revision may read another text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile

from pipelines.blocks import Block
from pipelines.body import Body, narrowed
from pipelines.outline import Node, Outline
from pipelines.text import search_key

FORMAT = 1
"""Of :class:`SiteBoilerplate` and of how digests are made; part of every revision."""
_AROUND = 3
"""Elements around a block's holder that make its place. More, and one wrapper more is another place; fewer,
and a comment's paragraph stands where an article's does."""
_SAID = 2_000
"""Characters of a block that its digest is made of, beside its length."""
_DIGITS = re.compile(r"\d+")
_LABEL = 60
"""Letters below which a block without a stop is a label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockKey:
    """What is compared of a block; the text itself is only kept to be shown."""

    text: str
    """Digest of the folded text and the tags around it."""
    words: str
    """Digest of the folded text alone."""
    shape: str
    """Digest of tags and names around it; empty when none of these has a name."""
    length: int
    """Characters."""
    heading: bool
    linked: bool
    """Most of it lies in links."""
    label: bool
    """A short line without a sentence's end."""
    sample: str
    """Its first characters, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedText:
    """A text that is the site's."""

    digest: str
    """:attr:`BlockKey.text`."""
    pages: int
    """Distinct articles of the window that have it; the evidence."""
    of_pages: int
    """Distinct articles of that window."""
    shapes: tuple[str, ...]
    """The boxes it was seen in on several of them, sorted: in another box that the site is known to have, the
    same words are somebody's own."""
    sample: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedShape:
    """A box that is not the article's."""

    digest: str
    """:attr:`BlockKey.shape`."""
    pages: int
    of_pages: int
    sample: str
    """One of the texts seen in it."""


@dataclass(frozen=True, kw_only=True)
class SiteBoilerplate:
    """What is known of one source; goes through :mod:`model.codec` as JSON. Equal input, equal value."""

    format: int = FORMAT
    pages: int = 0
    """Distinct articles that it was learned from."""
    texts: tuple[LearnedText, ...] = ()
    """By digest."""
    shapes: tuple[LearnedShape, ...] = ()
    """Boxes that hold other articles, by digest."""
    outside: tuple[LearnedShape, ...] = ()
    """Boxes that stand outside the text on most articles, by digest: where a page's text was taken too wide,
    its end is cut by what the others say."""
    seen: tuple[str, ...] = ()
    """Shapes that hold text on several articles, sorted. One that is not here is of another build of the
    site's names, and there the tags around a text have to do."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known that could be left out."""
        return not (self.texts or self.shapes or self.outside)

    @cached_property
    def revision(self) -> str:
        """Eight hex digits that change when what is left out may; empty when nothing is known."""
        if self.is_empty:
            return ""
        texts = [f"{one.digest} {' '.join(one.shapes)}" for one in self.texts]
        said = (str(self.format), *texts, "", *(one.digest for one in self.shapes), "")
        said += (*(one.digest for one in self.outside), "", *self.seen)
        return digest_text("\n".join(said))[:8]

    def drops(self, keys: Sequence[BlockKey]) -> list[bool]:
        """Tell of each block of a page, in document order, whether it is the site's."""
        texts, listing, seen = self._known
        found = [
            key.shape in listing
            or (
                (shapes := texts.get(key.text)) is not None
                and (not key.shape or key.shape in shapes or key.shape not in seen)
            )
            for key in keys
        ]
        # «زمینه» over a paragraph of its own is the article's subheading, on however many pages it stands.
        for at in range(len(keys) - 2, -1, -1):
            if keys[at].heading and found[at] and not found[at + 1] and not keys[at + 1].linked:
                found[at] = False
        return found

    def beyond(self, shapes: Iterable[str]) -> int:
        """Return how many blocks at a text's end stand outside the text on the other articles.

        ``shapes`` are those of its blocks, the last first. Only the end is cut: what stands before the text
        may be its lede.
        """
        outside = frozenset(one.digest for one in self.outside)
        return sum(1 for _ in takewhile(outside.__contains__, shapes))

    @cached_property
    def _known(self) -> tuple[dict[str, frozenset[str]], frozenset[str], frozenset[str]]:
        texts = {one.digest: frozenset(one.shapes) for one in self.texts}
        return texts, frozenset([one.digest for one in self.shapes]), frozenset(self.seen)


Left = Callable[[Sequence[Block]], list[Block]]


def find_without(
    page: Outline, learned: SiteBoilerplate, find: Callable[[Left | None], Body | None]
) -> tuple[Body | None, str]:
    """Return an article's text without what is the site's, and the reason in words.

    ``find`` chooses the text among the blocks that its argument leaves. The text is chosen first and what
    is the site's is taken out of it, so that no more is read than without; only where nothing is left was
    the wrong part of the page chosen. An article is never emptied: what is the site's throughout is kept.
    """
    body = find(None)
    if body is None or learned.is_empty:
        return body, ""

    def left(blocks: Sequence[Block]) -> list[Block]:
        drops = learned.drops(block_keys(page, blocks))
        return [block for block, drop in zip(blocks, drops, strict=True) if not drop]

    without = narrowed(body, left)
    why = f"learned from {learned.pages} articles ({learned.revision})"
    if not without.running:
        second = find(left)
        if second is None or not second.running:
            return body, f"all of the text is {why}; kept"
        without = second
    beyond = learned.beyond(shape_of(page, block.holder) for block in reversed(without.blocks))
    if beyond:
        whole = {id(block) for block in without.blocks[:-beyond]}
        cut = narrowed(without, lambda blocks: [block for block in blocks if id(block) in whole])
        if cut.running:
            without = replace(cut, around=without.around)
    dropped = len({id(block) for block in body.blocks} - {id(block) for block in without.blocks})
    return without, f"left out {dropped} blocks, {why}" if dropped else ""


def block_keys(page: Outline, blocks: Iterable[Block]) -> list[BlockKey]:
    """Return what is compared of each block. Linear in the text, at most ``_SAID`` characters of a block."""
    places: dict[int, tuple[str, str]] = {}
    keys: list[BlockKey] = []
    for block in blocks:
        place, shape = places.get(block.holder.index) or places.setdefault(
            block.holder.index, _place(page, block.holder)
        )
        words = _folded(block.text)
        keys.append(
            BlockKey(
                text=digest_text(f"{place} {words}"),
                words=digest_text(words),
                shape=shape,
                length=len(block.text),
                heading=block.is_heading,
                linked=block.link_density > 0.5,
                label=len(block.text) < _LABEL and not block.sentences,
                sample=block.text[:160],
            )
        )
    return keys


def words_digest(text: str) -> str:
    """Return :attr:`BlockKey.words` of a text."""
    return digest_text(_folded(text))


def shape_of(page: Outline, holder: Node) -> str:
    """Return :attr:`BlockKey.shape` of what an element would hold."""
    return _place(page, holder)[1]


def _folded(text: str) -> str:
    said = search_key(text[:_SAID]).replace(" ", "")
    return f"{said} {len(text)}" if len(text) > _SAID else said


def _place(page: Outline, holder: Node) -> tuple[str, str]:
    """Return the tags around a block, and the digest of tags and names; empty when there is no name."""
    chain = [holder, *page.ancestors(holder, _AROUND)]
    place = "<".join(node.tag for node in chain[:_AROUND])
    # What a whole page is named says nothing of a box on it; «post-304512» is one name on every page.
    named = [(node.tag, _DIGITS.sub("#", node.names)) for node in chain if node.tag not in ("body", "html")]
    if not any(names for _, names in named):
        return place, ""
    return place, digest_text("shape " + "<".join(f"{tag}.{names}" for tag, names in named))


def digest_text(text: str) -> str:
    """Return 16 hex digits of a text, as all digests here are."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
