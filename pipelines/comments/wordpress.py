"""Comments from WordPress's REST API (handbook, "Comments"): ``GET /wp-json/wp/v2/comments?post=…``.

An array of objects: ``id``, ``post``, ``parent`` (0: none), ``author_name``, ``date_gmt`` (GMT without
offset), ``content.rendered`` (HTML), ``link``, ``status``, ``type``. Headers ``X-WP-Total``,
``X-WP-TotalPages`` and ``Link`` (RFC 8288) tell the rest. The parent is the true one, however deep: the
thread drawn on the page ends at its depth.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from model import Comment, CommentThread, ReadError
from pipelines.comments.identity import MAX_COMMENTS, MAX_NAME, MAX_TEXT, Draft, comments_of
from pipelines.comments.prose import prose
from pipelines.text import display_text

MAX_BYTES = 64 << 20
"""A page of 100 comments of the greatest length WordPress stores has 13 MiB, escaped."""
MAX_PAGES = 1_000
_NEXT = re.compile(r"<([^<>]{1,8192})>\s*;[^,<]*\brel=\"?next\b", re.IGNORECASE)

# Any: what JSON holds; read only through the functions below.
Object = dict[str, Any]


def read_wordpress_comments(
    body: bytes, *, url: str, headers: Sequence[tuple[bytes, bytes]] = ()
) -> CommentThread:
    """Return the comments of one answer of the REST API, oldest first; ``ReadError`` when it is none.

    ``headers`` as in ``ResponseHead``: with them the thread knows its total (only when the request was
    for one post) and all further pages. Without them ``more`` is the next page when this one is full. An
    answer about several posts is read as one thread; ``read_wordpress_comments_by_post`` parts it.
    """
    items = _items(body, url)
    return _thread(items, url, headers, whole=True)


def read_wordpress_comments_by_post(
    body: bytes, *, url: str, headers: Sequence[tuple[bytes, bytes]] = ()
) -> dict[int, CommentThread]:
    """Return the comments of one answer by the number of their post; ``ReadError`` when it is none.

    ``more`` is the same in all of them: the next pages of the answer hold comments of any post. No
    comment: no post, so whoever needs ``more`` of an empty answer reads it with
    ``read_wordpress_comments``.
    """
    posts: dict[int, list[Object]] = {}
    for item in _items(body, url):
        if (post := _number(item, "post")) is not None:
            posts.setdefault(post, []).append(item)
    return {post: _thread(items, url, headers, whole=len(posts) == 1) for post, items in posts.items()}


def thread_of_items(items: list[Object], url: str) -> CommentThread:
    """Return the comments that a post holds embedded (``_embedded.replies``); their number is not told."""
    return _thread(items[:MAX_COMMENTS], url, (), whole=False)


def _items(body: bytes, url: str) -> list[Object]:
    if len(body) > MAX_BYTES:
        raise ReadError(f"{url}: {len(body)} bytes are too many for a page of comments")
    try:
        value = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as problem:
        raise ReadError(f"{url}: not JSON ({problem})") from problem
    if isinstance(value, dict) and isinstance(value.get("code"), str):
        raise ReadError(f"{url}: the site refuses its comments ({value['code'][:100]})")
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ReadError(f"{url}: not an array of WordPress comments")
    if value and not any(_number(item, "id") is not None and "content" in item for item in value):
        raise ReadError(f"{url}: an array, but not of WordPress comments")
    return value[:MAX_COMMENTS]


def _thread(
    items: list[Object], url: str, headers: Sequence[tuple[bytes, bytes]], *, whole: bool
) -> CommentThread:
    found = sorted((pair for item in items if (pair := _draft(item))), key=lambda pair: pair[0])
    known = {name.lower(): value for name, value in headers}
    total = _decimal(known.get(b"x-wp-total", b""))
    asked = dict(parse_qsl(_query(url)))
    one_post = whole and asked.get("post", "").isdecimal()
    comments = comments_of([draft for _, draft in found])
    size = min(_asked_number(asked, "per_page", 10), 100)
    page = _asked_number(asked, "page", 1)
    start = (page - 1) * size
    if asked.get("order") != "asc" and total is not None:
        start = max(total - start - len(items), 0)
    if start and one_post:
        comments = tuple(_moved(comment, start) for comment in comments)
    return CommentThread(
        comments=comments,
        declared_total=total if one_post else None,
        more=_more(url, page, known, full=len(items) >= size),
        origin="wordpress-rest",
    )


def _moved(comment: Comment, start: int) -> Comment:
    return Comment(
        **{name: getattr(comment, name) for name in Comment.__slots__ if name != "position"},
        position=comment.position + start,
    )


def _draft(item: Object) -> tuple[tuple[str, int], Draft] | None:
    number = _number(item, "id")
    content = item.get("content")
    if (
        number is None
        or not isinstance(content, dict)
        or item.get("type", "comment") not in ("comment", "")
        or item.get("status", "approved") not in ("approved", "approve", "1", 1)
    ):
        return None
    rendered = content.get("rendered")
    text = rendered_text(rendered[:MAX_TEXT]) if isinstance(rendered, str) else ""
    gmt = item.get("date_gmt")
    raw = gmt if isinstance(gmt, str) and gmt else item.get("date")
    name = item.get("author_name")
    link = item.get("link")
    parent = _number(item, "parent")
    return (str(raw or ""), number), Draft(
        publisher_id=str(number),
        parent_id=str(parent) if parent else None,
        # Stored escaped (pre_comment_author_name: _wp_specialchars), and given as stored.
        author=display_text(html.unescape(name)[:MAX_NAME]) or None if isinstance(name, str) else None,
        text=display_text(text),
        published_raw=raw if isinstance(raw, str) else None,
        published_at=_gmt(gmt),
        url=link if isinstance(link, str) and link.startswith(("http://", "https://")) else None,
    )


def rendered_text(markup: str) -> str:
    r"""Return the text of a piece of HTML, paragraphs parted by a blank line.

    >>> rendered_text("<p>یک<br />\nدو</p>\n<blockquote><p>سه</p></blockquote>")
    'یک\nدو\n\nسه'
    """
    root = fragment(markup)
    return prose(root) if root is not None else ""


def fragment(markup: str) -> HtmlElement | None:
    """Return the root of a piece of HTML, or ``None`` when there is nothing in it."""
    if not markup.strip():
        return None
    parser = HTMLParser(encoding="utf-8", huge_tree=False, no_network=True)
    try:
        # The line break after <br /> is WordPress's own (wpautop), HTML collapses it.
        return document_fromstring(f"<body>{markup}".encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def _number(item: Object, name: str) -> int | None:
    value = item.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63 else None


def _gmt(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _decimal(value: bytes) -> int | None:
    return int(value) if value.isdigit() and len(value) < 10 else None


def _asked_number(asked: dict[str, str], name: str, otherwise: int) -> int:
    value = asked.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 6 else otherwise


def _query(url: str) -> str:
    try:
        return urlsplit(url).query
    except ValueError:
        return ""


def _more(url: str, page: int, known: dict[bytes, bytes], *, full: bool) -> tuple[str, ...]:
    """Return the other pages: all that ``X-WP-TotalPages`` counts, else the ``Link``, else the next of a
    full one."""
    pages = _decimal(known.get(b"x-wp-totalpages", b""))
    if pages is not None:
        return tuple(_page(url, other) for other in range(1, min(pages, MAX_PAGES) + 1) if other != page)
    if link := _NEXT.search(known.get(b"link", b"").decode("latin-1")[:20_000]):
        return (link[1],)
    return (_page(url, page + 1),) if full and b"link" not in known else ()


def _page(url: str, page: int) -> str:
    parts = urlsplit(url)
    pairs = [
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "page"
    ]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode([*pairs, ("page", str(page))]), ""))
