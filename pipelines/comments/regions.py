"""Which parts of a page are comments or ask for them: never article text."""

from __future__ import annotations

import re
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from pipelines.comments.finding import finder
from pipelines.comments.forms import comment_forms
from pipelines.comments.prose import line
from pipelines.comments.records import find_records
from pipelines.comments.repeated import find_units
from pipelines.comments.totals import form_headings, headings
from pipelines.comments.words import FORM_HEADING, HEADING

MAX_REGIONS = 20_000
MAX_STRAY_TEXT = 400
"""Letters of running text that a wrapper may hold before its first comment, form or heading: a policy note has some
200; more is an article that stands in it."""

_NAMED = finder(
    "descendant::*[contains(@class,'omment') or contains(@id,'omment') or contains(@id,'respond') or contains(@class,'respond')"
    " or contains(@id,'disqus') or contains(@class,'disqus') or contains(@id,'wpd') or contains(@class,'isso') or "
    "contains(@id,'isso') or contains(@class,'giscus') or contains(@class,'utterances') or contains(@id,'remark42') or "
    "contains(@class,'comm_')]",
    5000,
)
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
_WHOLE = etree.XPath(
    "boolean(descendant-or-self::*[self::h1 or self::main or self::body or contains(@itemprop,'articleBody') or "
    "contains(concat(' ',@class,' '),' article-body ') or contains(concat(' ',@class,' '),' article-content ') or "
    "contains(concat(' ',@class,' '),' post-content ')])"
)
_ENTRIES = finder("descendant-or-self::*[contains(concat(' ',@class,' '),' entry-content ')]", 50)
_PARAGRAPHS = finder("descendant::p", 200)


def comment_regions(root: HtmlElement) -> list[HtmlElement]:
    """Return the elements that hold comments, forms for them, their headings and notices: outermost ones, in order.

    None of them holds the article: a wrapper that does (``div.has-comments`` around everything) is passed over, and
    what stands within it is returned instead.
    """
    found = find_records(root)
    records = [record.element for record in found[1]] if found else []
    heads = headings(root)
    if not records:
        records = [unit.element for unit in find_units(root, heads)]
    forms = comment_forms(root)
    marks: dict[HtmlElement, None] = dict.fromkeys(records)
    marks.update(dict.fromkeys(forms))
    headed = [element for element, _ in heads] + form_headings(root)
    own = set(records) | set(forms) | set(headed)
    candidates = [element for element in _NAMED(root) if _is_named(element)]
    wrapped: set[HtmlElement] = set()
    for element in candidates:
        if any(above in wrapped for above in islice(element.iterancestors(), 64)):
            wrapped.add(element)  # its wrapper is taken already: it need not be judged
        elif element in own or not _holds_article(element, own):
            wrapped.add(element)
            marks[element] = None
    for element in headed:
        marks[element] = None
    for form in forms:
        marks.update(dict.fromkeys(_around(form)))
    return _outermost(root, marks)


def _is_named(element: HtmlElement) -> bool:
    if element.tag in ("html", "body", "main", "a", "script", "style", "link", "meta", "head", "input"):
        return False
    identifier = element.get("id", "")
    return bool(identifier and _NAME.fullmatch(identifier)) or any(
        map(_NAME.fullmatch, element.get("class", "").split())
    )


def _holds_article(element: HtmlElement, own: set[HtmlElement]) -> bool:
    """Tell whether a wrapper named for comments holds the article (or another's) as well."""
    if _WHOLE(element):
        return True
    for entry in _ENTRIES(element):
        if not any(above in own for above in islice(entry.iterancestors(), 64)):
            return True
    stray = 0
    for paragraph in _PARAGRAPHS(element):
        if any(above in own for above in islice(paragraph.iterancestors(), 64)):
            break
        stray += len(line(paragraph))
        if stray > MAX_STRAY_TEXT:
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


def _outermost(root: HtmlElement, marks: dict[HtmlElement, None]) -> list[HtmlElement]:
    """Return the marked elements that no other marked one holds, in document order; bounded."""
    if not marks:
        return []
    outer: list[HtmlElement] = []
    walker = etree.iterwalk(root, events=("start",))
    for _, element in walker:
        if element in marks:
            outer.append(element)
            if len(outer) >= MAX_REGIONS:
                break
            walker.skip_subtree()
    return outer
