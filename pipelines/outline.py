"""One walk over a page's tree: every element once, in document order, with what the readers ask for.

Scoring asks the same things of an element many times (its tag, its names, the length of its text, the share of
it inside links), and each question to lxml builds strings anew; here they are asked once. Nothing recurses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from lxml.html import HtmlElement

# HTML "Rendering", 15.3: display: block and its kin. Everything else flows within a line.
BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li listing main menu nav ol optgroup option "
    "p plaintext pre search section summary table tbody td tfoot th thead tr ul xmp".split()
)
SILENT = frozenset(
    "applet area audio base canvas datalist embed head iframe input link map meta noembed noframes noscript object "
    "param picture script select source style svg math template textarea title track video wbr button".split()
)
"""Elements whose text is not read as part of the page."""
HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))

_SPACE = re.compile(r"[ \t\n\r\f]+")
# The names (class, id, role) of parts that are not the page's own matter, as whole tokens.
_NAV = re.compile(
    r"(?:^|[\s_-])(?:nav|navi|navbar|navigation|menu|submenu|megamenu|topbar|masthead|breadcrumbs?)(?=$|[\s_-])"
)
_FOOTER = re.compile(r"(?:^|[\s_-])(?:footer|colophon|contentinfo|site-info|copyright)(?=$|[\s_-])")
_ASIDE = re.compile(
    r"(?:^|[\s_-])(?:aside|sidebar|side-bar|widget|widgets|complementary|related|recommended|trending|most-?read)(?=$|[\s_-])"
)
_MAIN = re.compile(r"(?:^|\s)(?:main|main-content|maincontent|primary|site-main|content-area)(?=$|\s)")
_HIDDEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)


@dataclass(slots=True, eq=False)
class Node:
    """An element of the outline. Lengths count characters, runs of white space as one and none at the ends of a piece."""

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

    def inside(self, node: Node) -> list[Node]:
        """Return the elements inside a node, itself left out, in document order."""
        return self.nodes[node.index + 1 : node.end]

    def ancestors(self, node: Node) -> list[Node]:
        """Return the elements around a node, the nearest first."""
        found = []
        while node.parent >= 0:
            node = self.nodes[node.parent]
            found.append(node)
        return found


def outline(root: HtmlElement) -> Outline:
    """Return the outline of a page.

    >>> import lxml.html
    >>> page = outline(lxml.html.document_fromstring("<nav>a</nav><p>bc <a href=x>d</a></p>"))
    >>> [(node.tag, node.text, node.link_text, node.region) for node in page.nodes[2:]]
    [('nav', 1, 0, 'nav'), ('p', 3, 1, ''), ('a', 1, 1, '')]
    """
    nodes: list[Node] = []
    by_element: dict[HtmlElement, Node] = {}
    for element in root.iter():
        tag = element.tag
        if not isinstance(tag, str):  # a comment or processing instruction of a tree that others parsed
            continue
        holder = element.getparent() if element is not root else None
        above = by_element.get(holder) if holder is not None else None
        node = _enter(element, tag, above, len(nodes))
        if above is not None and not above.silent and element.tail:
            length = _length(element.tail)
            above.text += length
            if above.in_link:
                above.link_text += length
        nodes.append(node)
        by_element[element] = node
    count = len(nodes)
    for node in reversed(nodes):
        node.end = max(node.end, node.index + 1)
        if node.parent >= 0:
            above = nodes[node.parent]
            above.end = max(above.end, node.end)
            above.text += node.text
            above.link_text += node.link_text
    if nodes:
        nodes[0].end = count
    return Outline(nodes, by_element)


def _enter(element: HtmlElement, tag: str, above: Node | None, index: int) -> Node:
    attributes = element.attrib
    names = style = ""
    hidden = False
    if attributes:
        names = " ".join(
            value
            for value in (attributes.get("class"), attributes.get("id"), attributes.get("role"))
            if value
        ).lower()[:400]
        style = attributes.get("style") or ""
        hidden = (
            "hidden" in attributes or ("none" in style or "hidden" in style) and bool(_HIDDEN.search(style))
        )
    silent = tag in SILENT
    in_link = tag == "a"
    region = ""
    if above is not None:
        silent = silent or above.silent
        in_link = in_link or above.in_link
        hidden = hidden or above.hidden
        region = above.region
    region = _region(tag, names, region)
    node = Node(
        element=element,
        tag=tag,
        index=index,
        parent=above.index if above is not None else -1,
        names=names,
        region=region,
        silent=silent,
        hidden=hidden,
        in_link=in_link,
    )
    if not silent and (text := element.text):
        node.text = _length(text)
        if in_link:
            node.link_text = node.text
    return node


def _length(text: str) -> int:
    return len(_SPACE.sub(" ", text.strip())) if text else 0


@lru_cache(maxsize=4096)
def _region(tag: str, names: str, outer: str) -> str:
    """Return the region of an element inside ``outer``; what lies in a menu, margin or foot stays there."""
    if outer in ("nav", "aside", "footer"):
        return outer
    if tag in ("nav", "aside", "footer"):
        # The foot of an article holds its tags and its author.
        return outer if tag == "footer" and outer == "main" else tag
    if tag in ("main", "article"):
        return "main"
    if tag == "header" and outer != "main":
        return "nav"
    if not names or tag in ("html", "body", "a"):
        return outer
    if _NAV.search(names):
        return "nav"
    if _FOOTER.search(names) and outer != "main":
        return "footer"
    if _ASIDE.search(names):
        return "aside"
    return "main" if _MAIN.search(names) else outer


def collapse(text: str) -> str:
    """Return text with runs of ASCII white space (HTML's, never ZWNJ or NBSP) as one space and none at the ends.

    >>> collapse(" a\\n b\\u200c ")
    'a b\\u200c'
    """
    return _SPACE.sub(" ", text).strip(" ")


def text_of(element: HtmlElement) -> str:
    """Return the collapsed text of a small element, scripts and styles left out."""
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
    while stack and len(events) < 10_000:
        event, item = stack.pop()
        if not isinstance(item.tag, str):
            continue
        events.append((event, item))
        if event == "start":
            stack.append(("end", item))
            stack.extend(("start", child) for child in reversed(item))
    return events
