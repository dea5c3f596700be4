"""Text of a part of a page as a reader sees it: paragraphs parted by a blank line, nothing folded.

Only white space of HTML (space, tab, LF, FF, CR: HTML 13.2, "ASCII whitespace") collapses; ZERO WIDTH
NON-JOINER, NO-BREAK SPACE and every letter stay for ``pipelines.text.display_text`` to judge.
"""

from __future__ import annotations

import re
from collections.abc import Container

from lxml import etree
from lxml.html import HtmlElement

from pipelines.outline import squeeze

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ]
)
_UNREAD = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "button",
        "form",
        "textarea",
        "select",
        "option",
        "input",
        "svg",
        "math",
        "iframe",
        "object",
        "embed",
        "video",
        "audio",
        "canvas",
        "link",
        "meta",
        "head",
        "title",
    ]
)
_EMOJI = re.compile(r"\b(?:wp-smiley|emoji|emoticon|smil(?:ey|ie))\b")


def prose(element: HtmlElement, skip: Container[HtmlElement] = ()) -> str:
    """Return the text of an element without the subtrees in ``skip``; one ``br`` is a line break, two a
    paragraph.

    Iterative, so that depth costs no stack: libxml2 allows 2,048 open elements.
    """
    if not len(element) and element.tag not in _UNREAD and element not in skip:
        return tidy(element.text or "")
    parts: list[str] = []
    walker = etree.iterwalk(element, events=("start", "end", "comment", "pi"))
    for event, node in walker:
        if event == "start":
            tag = node.tag
            if node in skip or tag in _UNREAD:
                walker.skip_subtree()
                continue
            if tag == "br":
                parts.append("\n")
            elif tag in _BLOCKS:
                parts.append("\n\n")
            elif tag == "img" and _EMOJI.search(node.get("class", "")):
                parts.append(node.get("alt", ""))
            if node.text:
                parts.append(squeeze(node.text))
            continue
        if event == "end" and node.tag in _BLOCKS and node not in skip:
            parts.append("\n\n")
        if node.tail and node is not element:
            parts.append(squeeze(node.tail))
    return tidy("".join(parts))


def tidy(text: str) -> str:
    r"""Return text whose lines are stripped and whose paragraphs are parted by exactly one blank line.

    >>> tidy(" a \n b\n\n\n c ")
    'a\nb\n\nc'
    """
    if "\n" not in text or "\n" not in text.strip(" \t\n\f\r"):
        return squeeze(text.strip(" \t\n\f\r"))
    paragraphs: list[list[str]] = [[]]
    for line in text.split("\n"):
        if line := squeeze(line).strip(" "):
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return "\n\n".join("\n".join(lines) for lines in paragraphs if lines)


def line(element: HtmlElement, skip: Container[HtmlElement] = ()) -> str:
    """Return the text of an element on one line."""
    return squeeze(prose(element, skip))
