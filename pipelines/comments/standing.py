"""What a page shows around a comment: votes, what its writer is to the site, whether it was taken away."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml.html import HtmlElement

from pipelines.comments.prose import line
from pipelines.text import display_text

MAX_BADGES = 8
MAX_BADGE = 40
"""Letters of a badge; a sentence is none."""
_NUMBER = re.compile(r"([-−–+])?\s*(\d{1,3}(?:[,٬،]\d{3})+|\d{1,9})(?!\d)")
_BY_NAMES = {
    "bypostauthor": "author",
    "by-node-author": "author",
    "comment-by-node-author": "author",
    "comment--by-node-author": "author",
    "blog-author": "author",
    "byuser": "member",
}
"""Class names that say it of the whole comment: WordPress's ``comment_class``, Drupal's template, Blogger."""
_WORDS = {
    "author": "author",
    "post author": "author",
    "op": "author",
    "نویسنده": "author",
    "نویسندهٔ مطلب": "author",
    "نویسنده مطلب": "author",
    "staff": "staff",
    "admin": "staff",
    "administrator": "staff",
    "مدیر": "staff",
    "مدیر سایت": "staff",
    "moderator": "moderator",
    "mod": "moderator",
    "ناظر": "moderator",
    "verified": "verified",
    "تأیید شده": "verified",
    "تایید شده": "verified",
}
_GONE = re.compile(
    r"(?:this (?:comment|post) (?:has been|was) (?:removed|deleted)\b.{0,60}"
    r"|\[?(?:removed|deleted|comment deleted|comment removed)\]?\.?"
    r"|(?:این )?(?:نظر|دیدگاه|کامنت)(?: توسط .{1,40}| به وسیلهٔ .{1,40})? (?:حذف|پاک) (?:شده|شد)(?: است)?\.?)",
    re.IGNORECASE | re.DOTALL,
)
_BY_MODERATOR = re.compile(r"moderator|administrator|\badmin\b|مدیر|ناظر", re.IGNORECASE)


def votes_of(up: HtmlElement | None, down: HtmlElement | None) -> tuple[int | None, int | None]:
    """Return the votes for and against that two counters show; a balance below zero counts against.

    >>> from lxml.html import fragment_fromstring
    >>> votes_of(fragment_fromstring("<b>۱۲</b>"), None), votes_of(fragment_fromstring("<b>-3</b>"), None)
    ((12, None), (None, 3))
    """
    first, second = _count(up), _count(down)
    if first is not None and first < 0:
        return None, -first if second is None else abs(second)
    return first, abs(second) if second is not None else None


def _count(element: HtmlElement | None) -> int | None:
    if element is None:
        return None
    found = _NUMBER.search((element.get("content") or line(element))[:60])
    if found is None:
        return None
    number = int(re.sub(r"\D", "", found[2]))
    return -number if found[1] and found[1] != "+" else number


def badges_of(names: Iterable[str], marks: Iterable[HtmlElement]) -> tuple[str, ...]:
    """Return what the class names of a comment and the badges in it say of its writer, each once."""
    found = {_BY_NAMES[name]: None for name in names if name in _BY_NAMES}
    for mark in marks:
        text = display_text(line(mark) or mark.get("title", ""))[:MAX_BADGE]
        if text and len(found) < MAX_BADGES and not text.isdecimal():
            found.setdefault(_WORDS.get(text.lower(), text), None)
    return tuple(sorted(found))


def is_gone(text: str) -> bool:
    """Tell whether a whole text is what stands in the place of a comment that was taken away.

    >>> is_gone("This comment has been removed by the author."), is_gone("این نظر حذف شد")
    (True, True)
    """
    return len(text) <= 120 and _GONE.fullmatch(text) is not None


def by_moderator(text: str) -> bool:
    """Tell whether such a text says that a moderator took it away."""
    return _BY_MODERATOR.search(text) is not None
