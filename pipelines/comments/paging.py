"""Which page of the comments a document is, and where the others are."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from lxml.html import HtmlElement

from pipelines.addresses import absolute
from pipelines.comments.finding import finder
from pipelines.comments.prose import line

MAX_PAGE = 10_000
"""A page number above is no page number."""
MAX_MORE = 500

_IN_PATH = re.compile(r"/comment-page-(\d{1,5})/?$")
_LINKS = finder("descendant::a[contains(@href,'comment-page-') or contains(@href,'cpage=')]", 4 * MAX_MORE)
_NAVIGATION = finder(
    "descendant::*[self::nav or self::div or self::ul or self::p or self::section]"
    "[contains(@class,'comment') or contains(@id,'comment')]"
    "[contains(@class,'nav') or contains(@class,'pag') or contains(@id,'nav') or contains(@id,'pag')]",
    20,
)
_DRUPAL_LINKS = finder(
    "descendant::*[@id='comments' or contains(concat(' ',@class,' '),' comments ') or contains(@class,'comment-wrapper')]"
    "//a[contains(@href,'page=')]",
    MAX_MORE,
)
_OLDER = re.compile(r"prev|older|previous|کهنه|قدیمی|پیشین|قبلی|السابق", re.IGNORECASE)
_NEWER = re.compile(r"next|newer|تازه|جدید|بعدی|پسین|التالي", re.IGNORECASE)
_DIGITS = re.compile(r"\d{1,5}")


def page_number(url: str) -> int | None:
    """Return the page of comments that an address names, or ``None``.

    >>> page_number("https://a.test/p/comment-page-3/#comments"), page_number("https://a.test/?p=4&cpage=2")
    (3, 2)
    """
    try:
        parts = urlsplit(url)
        if found := _IN_PATH.search(parts.path):
            return int(found[1])
        value = next((value for name, value in parse_qsl(parts.query) if name == "cpage"), "")
    except ValueError:
        return None
    return int(value) if value.isascii() and value.isdigit() and 0 < len(value) <= 5 else None


def without_page(url: str) -> str:
    """Return the address of an article without page of comments, fragment and last slash: equal for all its pages.

    >>> without_page("https://a.test/p/comment-page-3/#c"), without_page("https://a.test/?p=4&cpage=2")
    ('https://a.test/p', 'https://a.test?p=4')
    """
    try:
        parts = urlsplit(url)
        query = parts.query
        if "cpage=" in query or "replytocom=" in query:
            kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True)]
            query = urlencode([pair for pair in kept if pair[0] not in ("cpage", "replytocom")])
        return urlunsplit(
            (parts.scheme, parts.netloc.lower(), _IN_PATH.sub("", parts.path).rstrip("/"), query, "")
        )
    except ValueError:
        return url


def find_pages(root: HtmlElement, url: str) -> tuple[int, tuple[str, ...]]:
    """Return the number of this page of the comments, and the addresses of the others that it links to.

    WordPress counts pages from the oldest comment. With ``default_comments_page`` ``oldest`` the article's own address
    is page 1 and has no number; with ``newest`` it is the last page, and its comments' permalinks still carry the
    number, so they tell which page it is (``get_comment_link``). Without permalinks the pagination tells: the number
    it marks as current, or the one after «older comments». Else it is page 1.
    A page known under two addresses (``/`` and ``/comment-page-3/``) is not listed as a further page of itself.
    """
    base = without_page(url)
    numbered: dict[str, int] = {}
    own: set[int] = set()
    turned: list[int] = []
    for link in _LINKS(root):
        href = link.get("href", "")
        target = absolute(url, href)
        if target is None or "replytocom=" in target or without_page(target) != base:
            continue
        number = page_number(target)
        if number is None or not 0 < number <= MAX_PAGE:
            continue
        if re.search(r"#(?:li-|div-)?comment-\d+$", href):
            own.add(number)
        else:
            turned.append(_turn(link, number))
        numbered.setdefault(target, number)
    navigation = [part for part in _NAVIGATION(root) if part.tag != "ul" or part.get("class")]
    number = page_number(url) or _current(navigation)
    if number is None and len(own) == 1:
        number = own.pop()
    if number is None:
        number = next((turn for turn in turned if turn), None)
    number = min(max(number or 1, 1), MAX_PAGE)
    more = [target for target, other in sorted(numbered.items(), key=lambda item: item[1]) if other != number]
    for part in navigation:  # page 1 has no number in its address: /news/4/#comments
        for link in part.iter("a"):
            target = absolute(url, link.get("href", "").partition("#")[0] or " ")
            if target and without_page(target) == base and page_number(target) is None and number != 1:
                more.insert(0, target)
    for link in _DRUPAL_LINKS(root):
        if (target := absolute(url, link.get("href", ""))) and urlsplit(target).path == urlsplit(url).path:
            more.append(target)
    here = url.partition("#")[0]
    unique = dict.fromkeys(target for target in more if target != here)
    return number, tuple(unique)[:MAX_MORE]


def _turn(link: HtmlElement, number: int) -> int:
    """Return the page that a link to the next or previous one stands on; 0 when it does not say which it is."""
    parent = link.getparent()
    marks = " ".join(
        filter(
            None,
            (
                link.get("class"),
                link.get("rel"),
                parent.get("class") if parent is not None else "",
                line(link),
            ),
        )
    )
    if _OLDER.search(marks):
        return number + 1
    if _NEWER.search(marks):
        return number - 1
    return 0


def _current(navigation: list[HtmlElement]) -> int | None:
    for part in navigation:
        for element in part.iter("span", "li", "a", "strong", "em"):
            if element.get("aria-current") == "page" or "current" in element.get("class", "").split():
                if found := _DIGITS.search(line(element)):
                    return int(found[0]) or None
    return None
