"""Which parts of a page are comments or ask for them: never article text."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from pipelines.comments.forms import comment_forms
from pipelines.comments.prose import line
from pipelines.comments.records import find_records
from pipelines.comments.repeated import find_units
from pipelines.comments.roles import MAX_NAMES
from pipelines.comments.survey import survey
from pipelines.comments.totals import form_headings, headings
from pipelines.comments.words import FORM_HEADING, HEADING

MAX_REGIONS = 20_000
MAX_NODES = 100_000
"""Elements of a wrapper looked at; what has more is taken for the whole page."""
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


def comment_regions(root: HtmlElement) -> list[HtmlElement]:
    """Return the elements that hold comments, forms for them, their headings and notices: outermost ones,
    in order.

    None of them holds the article: a wrapper that does (``div.has-comments`` around everything) is passed
    over, and what stands within it is returned instead.
    """
    page = survey(root)
    found = find_records(page)
    heads = headings(page)
    records = [record.element for record in found[1]] if found else []
    if not records:
        records = [unit.element for unit in find_units(root, heads)]
    forms = comment_forms(root)
    own = {*records, *forms, *(element for element, _ in heads), *form_headings(page)}
    for form in forms:
        own.update(_around(form))
    regions: list[HtmlElement] = []
    walker = etree.iterwalk(root, events=("start",))
    for _, element in walker:
        if element in own or (_is_named(element) and not _holds_article(element, own)):
            regions.append(element)
            if len(regions) >= MAX_REGIONS:
                break
            walker.skip_subtree()
    return regions


def _is_named(element: HtmlElement) -> bool:
    identifier, names = element.get("id"), element.get("class")
    if (identifier is None and names is None) or element.tag in _NEVER:
        return False
    return bool(identifier is not None and _is_name(identifier)) or (
        names is not None and any(map(_is_name, names.split()[:MAX_NAMES]))
    )


@lru_cache(maxsize=8192)
def _is_name(name: str) -> bool:
    return len(name) <= 64 and _NAME.fullmatch(name) is not None


def _holds_article(element: HtmlElement, own: set[HtmlElement]) -> bool:
    """Tell whether a wrapper named for comments holds the article (or another's) as well.

    It does when a headline or an article's body stands in it outside of any comment, or when running text
    comes before the first comment, form or heading.
    """
    stray = 0
    inside: HtmlElement | None = None
    walker = etree.iterwalk(element, events=("start",))
    for count, (_, node) in enumerate(walker):
        if node in own:
            walker.skip_subtree()
            inside = node
            continue
        if node.tag in ("h1", "main", "body") or _BODY.search(node.get("class", "")):
            return True
        if "articleBody" in node.get("itemprop", ""):
            return True
        if inside is None and node.tag == "p":
            stray += len(line(node))
            walker.skip_subtree()
            if stray > MAX_STRAY_TEXT:
                return True
        if count > MAX_NODES:
            return True
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
