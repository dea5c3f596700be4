"""Finding an article: by its number, by any URL it was seen at, by its WordPress post."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from sqlalchemy import select

from archive.catalogue import captures as captures_of
from archive.catalogue.columns import bounded_integer, storable
from archive.catalogue.schema import articles, sightings
from archive.urlkey import lookup_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

# A chain of redirects longer than this leads nowhere.
_MAX_HOPS = 5


def number_of(connection: Connection, ref: int | str) -> int | None:
    """Return the number of the article with this number or URL, or ``None``."""
    if isinstance(ref, int) or (ref.isascii() and ref.isdigit() and len(ref) < 19):
        return connection.execute(select(articles.c.id).where(articles.c.id == int(ref))).scalar()
    return number_of_url(connection, ref)


def number_of_url(connection: Connection, url: str, source: int | None = None) -> int | None:
    """Return the number of the article (of a source) at a URL, or ``None``.

    It may be the canonical URL, one that was captured, one that redirects to either, with or without its
    scheme and its trailing slash.
    """
    url = url if "://" in url else f"http://{url}"
    for hop in _hops(connection, url):
        key = storable(lookup_key(hop))
        for spelling in (key, _other_slash(key)):
            number = _number_at(connection, spelling, source)
            if number is not None:
                return number
    return None


def _hops(connection: Connection, url: str) -> Iterator[str]:
    """Give a URL, then where its latest captures redirected to."""
    for _ in range(_MAX_HOPS):
        yield url
        capture = captures_of.latest(connection, url)
        if capture is None or capture.redirect_to is None:
            # Asked for without a scheme, or with the one that was not captured.
            found = captures_of.of_url(connection, url, 1)
            capture = found[0] if capture is None and found else None
        if capture is None or capture.redirect_to is None:
            return
        url = capture.redirect_to


def _number_at(connection: Connection, key: str, source: int | None) -> int | None:
    own = select(articles.c.id).where(articles.c.url_key == key).order_by(articles.c.last_seen_at.desc())
    seen = (
        select(sightings.c.article)
        .join(articles, sightings.c.article == articles.c.id)
        .where(sightings.c.url_key == key)
        .order_by(sightings.c.captured_at.desc(), sightings.c.id.desc())
    )
    for query in (own, seen):
        limited = query if source is None else query.where(articles.c.source == source)
        number = connection.execute(limited.limit(1)).scalar()
        if number is not None:
            return cast("int", number)
    return None


def _other_slash(key: str) -> str:
    """Return a key with its path's trailing slash put on or taken off.

    >>> _other_slash("org,example)/a?x=1"), _other_slash("org,example)/a/")
    ('org,example)/a/?x=1', 'org,example)/a')
    """
    path, mark, query = key.partition("?")
    path = path[:-1] if path.endswith("/") else f"{path}/"
    return f"{path}{mark}{query}"


def by_wordpress_post(connection: Connection, source: int, post: int) -> int | None:
    """Return the number of the article that is this WordPress post of the source, or ``None``."""
    if bounded_integer(post) is None:
        return None
    return connection.execute(
        select(articles.c.id)
        .where(articles.c.source == source, articles.c.wordpress_post_id == post)
        .order_by(articles.c.last_seen_at.desc())
        .limit(1)
    ).scalar()
