"""One walk over a page's tree: every element once, in document order, with what the readers ask for.

Scoring asks the same things of an element many times (its tag, its names, the length of its text, the
share of it inside links), and each question to lxml builds strings anew; here they are asked once.
Nothing recurses.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter

from lxml.html import HtmlElement

from pipelines.regions import KEPT_REGIONS, REGION_TAGS, region_of

# HTML "Rendering", 15.3: display: block and its kin. Everything else flows within a line.
_BLOCK_TAGS = """
address article aside blockquote body caption center dd details dialog dir div dl dt fieldset
figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing
main menu nav ol optgroup option p plaintext pre search section summary table tbody td tfoot th
thead tr ul xmp
"""
BLOCKS = frozenset(_BLOCK_TAGS.split())
_SILENT_TAGS = """
applet area audio base canvas datalist embed head iframe input link map meta noembed noframes
noscript object param picture script select source style svg math template textarea title track
video wbr button
"""
SILENT = frozenset(_SILENT_TAGS.split())
"""Elements whose text is not read as part of the page."""
_NEVER_SHOWN = frozenset(("head", "script", "style", "template", "title", "textarea", "iframe", "math"))
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))

# A single space is left alone: most runs of white space are one.
_SPACE = re.compile(r"[\t\n\r\f][ \t\n\r\f]*| [ \t\n\r\f]+")
_NONE: dict[str, str] = {}
_TELLING_NAMES = """
hidden style itemprop itemscope itemtype typeof property
background data-bg data-bgset data-background data-background-image
"""
_TELLING = frozenset(_TELLING_NAMES.split())
"""Attributes that few elements have and several readers look for."""
_HIDDEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)


@dataclass(slots=True, eq=False)
class Node:
    """An element of the outline. Lengths count characters, runs of white space as one and none at the
    ends of a piece."""

    element: HtmlElement
    tag: str
    index: int
    parent: int
    """Index of the parent; -1 at the root."""
    names: str
    """class, id and role, lower case, parted by spaces."""
    region: str
    silent: bool
    """True for an element that shows no text, and for everything inside it."""
    hidden: bool
    in_link: bool
    attributes: dict[str, str]
    """Never changed: elements without any share one."""
    content: str | None
    """The text before its first child."""
    tail: str | None
    """The text after it, which belongs to its parent."""
    end: int = 0
    """Index after the last element inside."""
    text: int = 0
    """Length of all text inside."""
    link_text: int = 0
    """Length of the text inside that lies in links."""


@dataclass(slots=True, eq=False)
class Outline:
    """The elements of a page in document order."""

    nodes: list[Node]
    by_element: dict[HtmlElement, Node]
    by_tag: dict[str, list[Node]]
    by_identifier: dict[str, Node]
    """The first element of each ``id``."""
    telling: list[Node]
    """Those with an attribute for pictures, for machines or of style."""
    speaking: list[Node]
    """Those with text of their own before their first child, shown or not."""

    def tagged(self, tag: str) -> list[Node]:
        """Return the elements of a tag, in document order."""
        return self.by_tag.get(tag, [])

    def of_tags(self, tags: Iterable[str]) -> list[Node]:
        """Return the elements of several tags, in document order."""
        found = [node for tag in tags for node in self.by_tag.get(tag, ())]
        found.sort(key=_index_of)
        return found

    def inside(self, node: Node, limit: int) -> list[Node]:
        """Return the first ``limit`` elements inside a node, itself left out, in document order."""
        return self.nodes[node.index + 1 : min(node.end, node.index + 1 + limit)]

    def text_of(self, node: Node) -> str:
        """Return what :func:`text_of` does of the element, in a third of the time."""
        if node.end == node.index + 1:
            return collapse(node.content or "") if node.tag not in SILENT or node.tag == "title" else ""
        nodes = self.nodes
        parts = [node.content or ""]
        open_ones: list[Node] = []
        index, end = node.index + 1, min(node.end, node.index + 1500)
        length = 0
        while index < end and length <= 20_000:
            inner = nodes[index]
            while open_ones and open_ones[-1].end <= index:
                _close(open_ones.pop(), parts)
            if inner.tag in SILENT:
                parts.append(inner.tail or "")
                index = inner.end
                continue
            if inner.tag in BLOCKS or inner.tag == "br":
                parts.append(" ")
            if inner.content:
                parts.append(inner.content)
                length += len(inner.content)
            index += 1
            if inner.end == index:
                _close(inner, parts)
            else:
                open_ones.append(inner)
        while open_ones:
            _close(open_ones.pop(), parts)
        return collapse("".join(parts))

    def ancestors(self, node: Node, limit: int) -> list[Node]:
        """Return the ``limit`` elements around a node, the nearest first."""
        nodes, index = self.nodes, node.parent
        found: list[Node] = []
        while index >= 0 and limit > 0:
            node = nodes[index]
            found.append(node)
            index = node.parent
            limit -= 1
        return found


_index_of = attrgetter("index")


def within(node: Node, container: Node) -> bool:
    """Tell whether an element is the other, or lies in it."""
    return container.index <= node.index < container.end


def link_density(node: Node) -> float:
    """Return the share of an element's text that lies in links, 0 of none."""
    return min(1.0, node.link_text / node.text) if node.text else 0.0


def _close(node: Node, parts: list[str]) -> None:
    if node.tag in BLOCKS:
        parts.append(" ")
    if node.tail:
        parts.append(node.tail)


def outline(root: HtmlElement) -> Outline:
    """Return the outline of a page.

    >>> import lxml.html
    >>> page = outline(lxml.html.document_fromstring("<nav>a</nav><p>bc <a href=x>d</a></p>"))
    >>> [(node.tag, node.text, node.link_text, node.region) for node in page.nodes[2:]]
    [('nav', 1, 0, 'nav'), ('p', 3, 1, ''), ('a', 1, 1, '')]
    """
    page = _walk(root, frozenset())
    # An unclosed <button>, or a page that React streams into <div hidden>, swallows the article: what
    # holds a third of the elements is shown by browsers, or meant to be.
    third = len(page.nodes) // 3
    swallowing = frozenset(
        node.element
        for node in page.nodes
        if (node.silent or node.hidden)
        and node.end - node.index > third
        and node.tag not in _NEVER_SHOWN
        and (node.parent < 0 or not (page.nodes[node.parent].silent or page.nodes[node.parent].hidden))
    )
    return _walk(root, swallowing) if swallowing and third > 10 else page


def _walk(root: HtmlElement, shown: frozenset[HtmlElement]) -> Outline:
    """Return the outline; the elements ``shown`` are neither silent nor hidden.

    One long loop, for it runs once an element of every page: as functions its parts took half as long again.
    """
    nodes: list[Node] = []
    by_element: dict[HtmlElement, Node] = {}
    by_tag: defaultdict[str, list[Node]] = defaultdict(list)
    by_identifier: dict[str, Node] = {}
    telling: list[Node] = []
    speaking: list[Node] = []
    folded: dict[str, str] = {}
    append, new = nodes.append, Node.__new__
    above: Node | None = None
    holder: HtmlElement | None = None
    for index, element in enumerate(root.iter("*")):
        tag = element.tag
        # Children come in rows: most elements have the parent of the one before.
        parent = element.getparent()
        if parent is not holder:
            holder, above = parent, by_element.get(parent)
        # All attributes in one call: the readers ask for many of them.
        items = element.items()
        attributes = dict(items) if items else _NONE
        names, identifier = "", None
        hidden = tells = False
        if items:
            kind = attributes.get("class", "")
            if "id" in attributes or "role" in attributes:
                identifier = attributes.get("id")
                kind = f"{kind} {identifier or ''} {attributes.get('role', '')}"
            if kind:
                # One string for all elements of a name: what is kept of a name is found without reading it.
                known = folded.get(kind)
                if known is None:
                    known = folded[kind] = kind.strip().lower()[:400]
                names = known
            if not _TELLING.isdisjoint(attributes):
                tells = True
                hidden = "hidden" in attributes or (
                    "style" in attributes and _HIDDEN.search(attributes["style"]) is not None
                )
        text, tail = element.text, element.tail
        speaks = text is not None and not text.isspace()
        silent = tag in SILENT and not (
            tag == "button" and "aria-expanded" in attributes and _opens_panel(element)
        )
        in_link = tag == "a"
        number, region = -1, ""
        if above is not None:
            number, region = above.index, above.region
            hidden = hidden or above.hidden
            in_link = in_link or above.in_link
            if above.silent:
                silent = True
            elif tail and not tail.isspace():
                length = _length(tail)
                above.text += length
                if above.in_link:
                    above.link_text += length
        if (names or tag in REGION_TAGS) and region not in KEPT_REGIONS:
            region = region_of(tag, names, region)
        if shown and element in shown:
            silent = hidden = False
        size = _length(text) if speaks and not silent else 0
        # Set one by one, which takes two thirds of a call of __init__.
        node = new(Node)
        node.element = element
        node.tag = tag
        node.index = index
        node.parent = number
        node.names = names
        node.region = region
        node.silent = silent
        node.hidden = hidden
        node.in_link = in_link
        node.attributes = attributes
        node.content = text
        node.tail = tail
        node.end = index + 1
        node.text = size
        node.link_text = size if in_link else 0
        append(node)
        if identifier is not None and identifier not in by_identifier:
            by_identifier[identifier] = node
        if tells:
            telling.append(node)
        if speaks:
            speaking.append(node)
        by_element[element] = node
        by_tag[tag].append(node)
    for node in reversed(nodes):
        if node.parent >= 0:
            above = nodes[node.parent]
            if node.end > above.end:  # noqa: PLR1730 - spares a call for each element
                above.end = node.end
            if node.text:
                above.text += node.text
                above.link_text += node.link_text
    return Outline(nodes, by_element, by_tag, by_identifier, telling, speaking)


def _opens_panel(button: HtmlElement) -> bool:
    """Tell whether a button is the heading of a panel: a question, or inside a heading (ARIA Authoring
    Practices, "Accordion")."""
    parent = button.getparent()
    if parent is None:
        return False
    if parent.tag not in HEADINGS and not any(child.tag in HEADINGS for child in islice(button.iter(), 20)):
        text = "".join(islice(button.itertext(), 20)).strip()
        return 15 <= len(text) <= 300 and text.endswith(("?", "؟"))
    return True


def _length(text: str) -> int:
    stripped = text.strip()
    if not stripped:
        return 0
    # Most pieces are one line with single spaces, or nothing but white space between two elements.
    return len(_SPACE.sub(" ", stripped)) if "\n" in stripped or "  " in stripped else len(stripped)


def squeeze(text: str) -> str:
    """Return text with every run of ASCII white space (HTML's, never ZWNJ or NBSP) as one space."""
    if "  " in text or "\n" in text or "\t" in text or "\r" in text or "\f" in text:
        return _SPACE.sub(" ", text)
    return text


def collapse(text: str) -> str:
    r"""Return text with runs of ASCII white space (HTML's, never ZWNJ or NBSP) as one space and none at
    the ends.

    >>> collapse(" a\n b\u200c ")
    'a b\u200c'
    """
    return squeeze(text).strip(" ")


def text_of(element: HtmlElement) -> str:
    """Return the collapsed text of a small element, scripts and styles left out."""
    if not len(element):
        return collapse(element.text or "") if element.tag not in SILENT or element.tag == "title" else ""
    parts: list[str] = []
    length = 0
    skip_until: HtmlElement | None = None
    for event, item in _events(element):
        if skip_until is not None:
            if event == "end" and item is skip_until:
                skip_until = None
                piece = item.tail if item is not element else None
            else:
                continue
        elif event == "start":
            if item.tag in SILENT and item is not element:
                skip_until = item
                continue
            piece = item.text
            if item.tag == "br" or item.tag in BLOCKS:
                parts.append(" ")
        else:
            piece = item.tail if item is not element else None
            if item.tag in BLOCKS:
                parts.append(" ")
        if piece:
            parts.append(piece)
            length += len(piece)
            if length > 20_000:  # no name, headline or caption is that long
                break
    return collapse("".join(parts))


def _events(element: HtmlElement) -> list[tuple[str, HtmlElement]]:
    """Return (start|end, element) in document order for a small subtree, without recursion; bounded."""
    events: list[tuple[str, HtmlElement]] = []
    stack: list[tuple[str, HtmlElement]] = [("start", element)]
    while stack and len(events) < 3_000:
        event, item = stack.pop()
        if not isinstance(item.tag, str):
            continue
        events.append((event, item))
        if event == "start":
            stack.append(("end", item))
            stack.extend(("start", child) for child in reversed(item))
    return events
