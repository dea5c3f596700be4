"""Which parts of a page are comments or ask for them: never article text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice

from lxml.html import HtmlElement

from pipelines.comments.page import CommentView, view_comments
from pipelines.comments.prose import line
from pipelines.comments.roles import MAX_NAMES
from pipelines.comments.totals import form_headings
from pipelines.comments.words import FORM_HEADING, HEADING
from pipelines.outline import Node, outline

MAX_REGIONS = 20_000
MAX_KEPT = 200
"""Letters of an element's id and class whose judgement is kept for the next element of these names."""
MAX_STRAY_TEXT = 400
"""Letters of running text that a wrapper may hold before its first comment, form or heading: a policy
note has some 200; more is an article that stands in it."""

_NEVER = frozenset({"html", "body", "main", "a", "script", "style", "link", "meta", "head", "input"})
_BODY = re.compile(r"(?:^|\s)(?:entry-content|post-content|article-content|article-body|story-body)(?:\s|$)")
_NAME = re.compile(
    r"(?:(?:the|post|article|news|user|users|entry|single|page|site|fb|wp-block|wp-block-post|node|wpdiscuz|wc|all)[-_]?)?"
    r"comments?(?:[-_]?(?:area|list|lists|form|forms|respond|section|wrapper|wrap|container|content-?area|title|titles|block|"
    r"box|boxes|holder|inner|main|count|navigation|nav|pagination|template|thread|threads|item|items|header|closed|policy|"
    r"reply-title|notes|rules|form-container|block-?list|number|body-?list|panel|tab|widget-?area|module|part|zone))?"
    r"|commentlist|commentform|respond|no-?comments|comments_item|comments_form_container|comments_topic|comm_answer|"
    r"comment-reply-title|comment-form-.*|disqus_thread|disqus-comments?|wpdcom|wpd-threads|wpdiscuz.*|isso-thread|giscus|"
    r"utterances|remark42|fb-comments|fbcomments|user-comment-area|awaiting-moderation|comment-awaiting-moderation",
    re.IGNORECASE,
)

_PART_OF_NAME = re.compile("omm|respond|disqus|wpd|isso|giscus|utteran|remark").search
"""A part of every alternative of ``_NAME``."""


def comment_regions(root: HtmlElement) -> list[HtmlElement]:
    """Return the elements that hold comments, as :func:`regions_of`."""
    return regions_of(view_comments(outline(root)))


def regions_of(page: CommentView) -> list[HtmlElement]:
    """Return the elements that hold comments, forms for them, their headings and notices: outermost ones,
    in order.

    None of them holds the article: a wrapper that does (``div.has-comments`` around everything) is passed
    over, and what stands within it is returned instead.
    """
    seen = page.seen
    records = [record.element for record in page.found[1]] if page.found else []
    if not page.found:
        records = [part for unit in page.units for part in unit.parts]
    own = {
        *records,
        *seen.forms,
        *(element for element, _ in page.heads),
        *form_headings(seen),
    }
    for form in seen.forms:
        own.update(_around(form))
    regions: list[HtmlElement] = []
    nodes = seen.page.nodes
    until = 0
    for node in nodes:
        if node.index < until:
            continue
        names = node.names
        if (own and node.element in own) or (
            names and _may_be(names) and _is_named(node) and not _holds_article(nodes, node, own)
        ):
            regions.append(node.element)
            until = node.end
            if len(regions) >= MAX_REGIONS:
                break
    return regions


@lru_cache(maxsize=1 << 14)
def _may_be(names: str) -> bool:
    """Tell whether any of the names may be one of ``_NAME``; of names that were cut nothing is known."""
    return len(names) >= 400 or _PART_OF_NAME(names) is not None


def _is_named(node: Node) -> bool:
    identifier, names = node.attributes.get("id", ""), node.attributes.get("class", "")
    if not (identifier or names) or node.tag in _NEVER:
        return False
    short = len(identifier) + len(names) <= MAX_KEPT
    return (_are_names if short else _are_names.__wrapped__)(identifier, names)


@lru_cache(maxsize=8192)
def _are_names(identifier: str, names: str) -> bool:
    return _is_name(identifier) or any(map(_is_name, names.split()[:MAX_NAMES]))


def _is_name(name: str) -> bool:
    return len(name) <= 64 and _NAME.fullmatch(name) is not None


def _holds_article(nodes: Sequence[Node], wrapper: Node, own: set[HtmlElement]) -> bool:
    """Tell whether a wrapper named for comments holds the article (or another's) as well.

    It does when a headline or an article's body stands in it outside of any comment, or when running text
    comes before the first comment, form or heading.
    """
    stray = 0
    began = False
    index = wrapper.index
    while index < wrapper.end:
        node = nodes[index]
        if node.element in own:
            began = True
            index = node.end
            continue
        attributes = node.attributes
        if node.tag in ("h1", "main", "body") or _BODY.search(attributes.get("class", "")):
            return True
        if "articleBody" in attributes.get("itemprop", ""):
            return True
        if not began and node.tag == "p":
            stray += len(line(node.element))
            if stray > MAX_STRAY_TEXT:
                return True
            index = node.end
            continue
        index += 1
    return False


def _around(form: HtmlElement) -> list[HtmlElement]:
    """Return what stands right before a form and belongs to it: its heading, a note in one line."""
    found = []
    for before in islice(form.itersiblings(preceding=True), 3):
        if not isinstance(before.tag, str):
            continue
        text = line(before)
        if len(text) > 200 or not (FORM_HEADING.fullmatch(text) or HEADING.fullmatch(text)):
            break
        found.append(before)
    return found
