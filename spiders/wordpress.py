"""Ask WordPress what it holds: addresses of its REST API, and how its lists of posts are read.

Source: developer.wordpress.org/rest-api (posts, comments, pagination): at most 100 a page,
``X-WP-TotalPages`` tells how many pages there are, and a page past the last is an error 400. Sites
without pretty permalinks serve the same API below ``?rest_route=``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

from model.errors import ReadError
from spiders.moments import read_moment

PER_PAGE = 100
"""The most that the API gives."""
_EMBEDDED = "author,wp:term,wp:featuredmedia,replies"
_POST_FIELDS = "id,link,date_gmt,modified_gmt"
API_RELATION = "https://api.w.org/"
"""The link relation by which a page announces the root of the API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One published post as the list of posts tells it."""

    id: int
    url: str
    published_at: datetime | None = None
    modified_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostPage:
    """One page of the list of posts."""

    posts: tuple[Post, ...]
    total_pages: int | None = None
    """``X-WP-TotalPages``; ``None`` when the server or something before it dropped the header."""


def posts_url(root: str, page: int) -> str:
    """Return the address of one page (from 1) of all published posts, newest first.

    >>> posts_url("https://example.org/wp-json/", 2)
    'https://example.org/wp-json/wp/v2/posts?per_page=100&page=2&_fields=id,link,date_gmt,modified_gmt'
    >>> posts_url("https://example.org/?rest_route=/", 1)
    'https://example.org/?rest_route=/wp/v2/posts&per_page=100&page=1&_fields=id,link,date_gmt,modified_gmt'
    """
    return _route(root, "wp/v2/posts", (("per_page", PER_PAGE), ("page", page), ("_fields", _POST_FIELDS)))


def post_url(root: str, post_id: int) -> str:
    """Return the address of one post with its author, terms, picture and first comments.

    >>> post_url("https://example.org/wp-json/", 7)
    'https://example.org/wp-json/wp/v2/posts/7?_embed=author,wp%3Aterm,wp%3Afeaturedmedia,replies'
    """
    return _route(root, f"wp/v2/posts/{post_id}", (("_embed", _EMBEDDED),))


def named_post_url(root: str, page: str) -> str | None:
    """Return the address of the post that a page's address names by its last segment, ``None`` if none does.

    >>> named_post_url("https://example.org/wp-json/", "https://example.org/2016/%d8%a7/?a=1")
    'https://example.org/wp-json/wp/v2/posts?slug=%D8%A7&_embed=author,wp%3Aterm,wp%3Afeaturedmedia,replies'
    """
    name = unquote(urlsplit(page).path.rstrip("/").rpartition("/")[2]).removesuffix(".html")
    if not name or len(name) > 200:
        return None
    return _route(root, "wp/v2/posts", (("slug", name), ("_embed", _EMBEDDED)))


def comments_url(root: str, post_id: int, page: int) -> str:
    """Return the address of one page (from 1) of a post's approved comments, oldest first.

    >>> comments_url("https://example.org/wp-json/", 7, 1)
    'https://example.org/wp-json/wp/v2/comments?post=7&per_page=100&page=1&order=asc'
    """
    query = (("post", post_id), ("per_page", PER_PAGE), ("page", page), ("order", "asc"))
    return _route(root, "wp/v2/comments", query)


def with_page(url: str, page: int) -> str:
    """Return the same address with another value of ``page``.

    >>> with_page("https://example.org/wp-json/wp/v2/comments?post=7&per_page=100&page=1&order=asc", 2)
    'https://example.org/wp-json/wp/v2/comments?post=7&per_page=100&page=2&order=asc'
    """
    parts = urlsplit(url)
    query = [(name, str(page) if name == "page" else value) for name, value in parse_qsl(parts.query)]
    return urlunsplit(parts._replace(query=urlencode(query, safe="/,")))


def read_posts(body: bytes, url: str, headers: Iterable[tuple[str, str]] = ()) -> PostPage:
    """Return one page of the list of posts; ``ReadError`` when the answer is no such list."""
    data = read_json(body)
    if not isinstance(data, list):
        raise ReadError(f"no list of posts but {_complaint(data)}")
    posts = tuple(post for item in data[: PER_PAGE * 10] if (post := _post(item, url)) is not None)
    if data and not posts:
        raise ReadError("no list of posts: no entry has an id and a link")
    return PostPage(posts=posts, total_pages=total_pages(headers))


def total_pages(headers: Iterable[tuple[str, str]]) -> int | None:
    """Return ``X-WP-TotalPages``, ``None`` when it is missing or no number.

    >>> total_pages([("x-wp-totalpages", "3")])
    3
    """
    return _number(headers, "x-wp-totalpages")


def total(headers: Iterable[tuple[str, str]]) -> int | None:
    """Return ``X-WP-Total``, the number of all entries, ``None`` when it is missing or no number."""
    return _number(headers, "x-wp-total")


def _number(headers: Iterable[tuple[str, str]], wanted: str) -> int | None:
    told = next((value.strip() for name, value in headers if name.lower() == wanted), "")
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 8 else None


def rest_root_from_link_header(value: str, url: str) -> str | None:
    """Return the root of the API that a ``Link`` header announces (RFC 8288), or ``None``.

    >>> rest_root_from_link_header('<http://a/wp-json/>; rel="https://api.w.org/"', "http://a/")
    'http://a/wp-json/'
    """
    for part in value[:8192].split(","):
        target, _, parameters = part.strip().partition(">")
        if API_RELATION in parameters and target.startswith("<"):
            try:
                return urljoin(url, target[1:])
            except ValueError:
                return None
    return None


def read_json(body: bytes) -> Any:
    """Return the JSON of an answer, also behind notices of PHP; ``ReadError`` otherwise."""
    text = body.decode("utf-8-sig", "replace")
    starts = [place for place in (text.find("["), text.find("{")) if 0 <= place < 65_536]
    for start in [0, *sorted(starts)]:
        try:
            # Any: JSON from outside; every value is checked before use.
            value: Any = json.loads(text[start:])
        except (ValueError, RecursionError):
            continue
        return value
    raise ReadError("no JSON")


def _route(root: str, path: str, query: tuple[tuple[str, object], ...]) -> str:
    arguments = "&".join(f"{name}={quote(str(value), safe=',')}" for name, value in query)
    if "rest_route=" in root:
        return f"{root.rstrip('/')}/{path}&{arguments}"
    return f"{root.split('?', 1)[0].rstrip('/')}/{path}?{arguments}"


def _post(item: object, base: str) -> Post | None:
    if not isinstance(item, dict):
        return None
    number, link = item.get("id"), item.get("link")
    if not isinstance(number, int) or isinstance(number, bool) or not isinstance(link, str):
        return None
    try:
        url = urljoin(base, link)
    except ValueError:
        return None
    dates = [item.get(name) for name in ("date_gmt", "modified_gmt")]
    published, modified = (read_moment(date if isinstance(date, str) else None) for date in dates)
    return Post(id=number, url=url, published_at=published, modified_at=modified)


def _complaint(data: object) -> str:
    if isinstance(data, dict) and isinstance(data.get("code"), str):
        return f"the answer {data['code'][:80]!r}"
    return f"JSON of another shape ({type(data).__name__})"
