"""Which page of the comments a document is, and where the others are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from lxml.html import HtmlElement

from pipelines.addresses import absolute
from pipelines.comments.prose import line
from pipelines.comments.survey import Survey

MAX_PAGE = 10_000
"""A page number above is no page number."""
MAX_MORE = 500
MAX_TRIED = 2_000
"""Links and marks of one page looked at for pagination."""

_IN_PATH = re.compile(r"/comment-page-(\d{1,5})/?$")
_OLDER = re.compile(r"prev|older|previous|کهنه|قدیمی|پیشین|قبلی|السابق", re.IGNORECASE)
_NEWER = re.compile(r"next|newer|تازه|جدید|بعدی|پسین|التالي", re.IGNORECASE)
_COMMENT = re.compile(r"#(?:li-|div-)?comment-\d+$")
_PAGER = re.compile(r"[?&]page=\d{1,4}(?:[&#]|$)")
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
    """Return the address of an article without page of comments, fragment and last slash: equal for all
    its pages.

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


def find_pages(page: Survey, url: str) -> tuple[int, tuple[str, ...]]:
    """Return the number of this page of the comments, and the addresses of the others that it links to.

    WordPress counts pages from the oldest comment. With ``default_comments_page`` ``oldest`` the
    article's own address is page 1 and has no number; with ``newest`` it is the last page, and its
    comments' permalinks still carry the number, so they tell which page it is (``get_comment_link``).
    Without permalinks the pagination tells: the number it marks as current, or the one after «older
    comments». Else it is page 1. A page known under two addresses (``/`` and ``/comment-page-3/``) is not
    listed as a further page of itself.
    """
    base = without_page(url)
    numbered: dict[str, int] = {}
    first: dict[str, None] = {}
    own: set[int] = set()
    turned: list[int] = []
    tried = 0
    for link, href in page.links:
        is_comment = _COMMENT.search(href)
        if "replytocom=" in href or (is_comment and len(own) == 1):
            continue
        paged = "comment-page-" in href or "cpage=" in href
        if not paged and not href.endswith("#comments"):
            continue
        tried += 1
        target = absolute(url, href)
        if tried > MAX_TRIED or target is None or without_page(target) != base:
            continue
        number = page_number(target)
        if number is None:
            first[target] = None  # page 1 has no number in its address: /news/4/#comments
        elif 0 < number <= MAX_PAGE:
            numbered.setdefault(target, number)
            if is_comment:
                own.add(number)
            else:
                turned.append(_turn(link, number))
    number = page_number(url)
    if number is None and numbered:
        number = _current(page) or (next(iter(own)) if len(own) == 1 else None)
        number = number or next((turn for turn in turned if turn), None)
    number = min(max(number or 1, 1), MAX_PAGE)
    more = [target for target, other in sorted(numbered.items(), key=lambda item: item[1]) if other != number]
    if number != 1:
        more = [*first, *more]
    more.extend(_drupal(page, url))
    here = url.partition("#")[0]
    return number, tuple(dict.fromkeys(target for target in more if target != here))[:MAX_MORE]


def _drupal(page: Survey, url: str) -> Iterator[str]:
    """Yield the pages that a pager within Drupal's comments links to: ``?page=1``."""
    for link, href in page.links:
        if (
            _PAGER.search(href)
            and (target := absolute(url, href))
            and without_query(target) == without_query(url)
        ):
            for above in islice(link.iterancestors(), 12):
                names = above.get("class", "").split()
                if above.get("id") == "comments" or "comments" in names or "comment-wrapper" in names:
                    yield target
                    break


def without_query(url: str) -> str:
    """Return an address up to its query or fragment."""
    return re.split(r"[?#]", url, maxsplit=1)[0]


def _turn(link: HtmlElement, number: int) -> int:
    """Return the page that a link to the next or previous one stands on; 0 when it does not say which it
    is."""
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


def _current(page: Survey) -> int | None:
    """Return the number that the pagination of the comments marks as the page shown."""
    for mark in page.marked[:MAX_TRIED]:
        names = " ".join(mark.names)
        if "nav" in names or "pag" in names:
            for element in mark.element.iter("span", "li", "a", "strong", "em"):
                if element.get("aria-current") == "page" or "current" in element.get("class", "").split():
                    found = _DIGITS.search(line(element))
                    if found and int(found[0]):
                        return int(found[0])
    return None
