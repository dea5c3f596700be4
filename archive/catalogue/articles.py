"""Articles and their versions.

An article is known by its source and the key of its canonical URL (http and https are one). Every capture of
it is a *sighting* of one version. A capture shows a **new** version unless its folded text is that of the
newest version, or that of the version last seen at the same URL: an AMP page that leaves out the lede would
otherwise take turns with the full page, with two new versions at every crawl. A text that comes back after
another was seen at its URL is a new version again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import bindparam, case, func, insert, select, update

from archive.catalogue import captures as captures_of
from archive.catalogue.columns import (
    Moment,
    bounded_integer,
    dump_noun,
    load_noun,
    storable,
    storable_or_none,
)
from archive.catalogue.records import ArticleReceipt, ArticleRecord, ArticleSummary, CaptureSummary
from archive.catalogue.schema import articles, comments, crawls, passages, sightings, sources, versions
from archive.catalogue.sqlite import add_passages
from archive.urlkey import lookup_key
from model import Article, UnknownNameError, Version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Insert, Row

    from archive.catalogue.records import IndexedText
    from model import Capture

_FIELDS = ("title", "section", "language", "published_at")
# A chain of redirects longer than this leads nowhere.
_MAX_HOPS = 5

_known = (
    select(articles, versions.c.id.label("newest"), versions.c.digest)
    .join(versions, (versions.c.article == articles.c.id) & (versions.c.number == articles.c.versions))
    .where(articles.c.source == bindparam("source"), articles.c.url_key == bindparam("key"))
)
_sighted = (
    select(versions.c.number)
    .join(sightings, sightings.c.version == versions.c.id)
    .where(sightings.c.article == bindparam("article"), sightings.c.record_id == bindparam("record_id"))
)
_last_at_url = (
    select(versions.c.id, versions.c.number, versions.c.digest)
    .join(sightings, sightings.c.version == versions.c.id)
    .where(sightings.c.article == bindparam("article"), sightings.c.url_key == bindparam("key"))
    .order_by(sightings.c.captured_at.desc(), sightings.c.id.desc())
    .limit(1)
)
_insert_article = insert(articles)
_insert_version = insert(versions)
_insert_sighting = insert(sightings)
_insert_passage = insert(passages)
# Made once: a statement put together for every article cost 0.1 ms of its 0.4.
_update_article = (
    update(articles)
    .where(articles.c.id == bindparam("row"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
                "title",
                "section",
                "language",
                "published_at",
                "wordpress_post_id",
                "current_version",
                "versions",
                "first_seen_at",
                "last_seen_at",
            )
        }
    )
)
_seen_at = bindparam("seen_at", type_=Moment)
_extend_version = (
    update(versions)
    .where(versions.c.id == bindparam("row"))
    .values(
        first_seen_at=case((versions.c.first_seen_at > _seen_at, _seen_at), else_=versions.c.first_seen_at),
        last_seen_at=case((versions.c.last_seen_at < _seen_at, _seen_at), else_=versions.c.last_seen_at),
    )
)


def put(
    connection: Connection,
    *,
    source: int,
    crawl: int,
    capture: Capture,
    article: Article,
    text: IndexedText,
    wordpress_post_id: int | None,
) -> ArticleReceipt:
    """Note that a capture shows an article; the same capture a second time changes nothing."""
    key = storable(lookup_key(article.canonical_url))
    known = connection.execute(_known, {"source": source, "key": key}).first()
    fields: dict[str, object] = {
        "title": storable(article.title),
        "section": storable_or_none(article.section),
        "language": storable_or_none(article.language),
        "published_at": article.published_at,
    }
    if wordpress_post_id is not None and bounded_integer(wordpress_post_id) is not None:
        fields["wordpress_post_id"] = wordpress_post_id
    if known is None:
        fields |= {"source": source, "url_key": key, "url": storable(article.canonical_url)}
        fields |= {"first_seen_at": capture.captured_at, "last_seen_at": capture.captured_at}
        fields |= {"current_version": 1, "versions": 1}
        number = _inserted(connection, _insert_article, fields)
        version = _add_version(connection, number, 1, capture, article, text)
        _add_sighting(connection, number, version, crawl, capture)
        return ArticleReceipt(article_id=number, version=1, is_new_version=True, is_new_article=True)
    number = cast("int", known.id)
    sighted = connection.execute(_sighted, {"article": number, "record_id": capture.record_id}).scalar()
    if sighted is not None:
        return ArticleReceipt(article_id=number, version=sighted, is_new_version=False, is_new_article=False)
    version, version_number, is_new = _version_shown(connection, known, capture, article, text)
    if not is_new:
        connection.execute(_extend_version, {"row": version, "seen_at": capture.captured_at})
    before = {name: getattr(known, name) for name in (*_FIELDS, "wordpress_post_id", "current_version")}
    if _shows_current(connection, number, key, known, capture):
        before |= {**fields, "current_version": version_number}
    elif "wordpress_post_id" in fields:
        before["wordpress_post_id"] = fields["wordpress_post_id"]
    before["versions"] = max(known.versions, version_number)
    before["first_seen_at"] = min(known.first_seen_at, capture.captured_at)
    before["last_seen_at"] = max(known.last_seen_at, capture.captured_at)
    connection.execute(
        _update_article, {"row": number, **{f"new_{name}": value for name, value in before.items()}}
    )
    _add_sighting(connection, number, version, crawl, capture)
    return ArticleReceipt(
        article_id=number, version=version_number, is_new_version=is_new, is_new_article=False
    )


def _version_shown(
    connection: Connection,
    known: Row[*tuple[Any, ...]],
    capture: Capture,
    article: Article,
    text: IndexedText,
) -> tuple[int, int, bool]:
    """Return the version (row and number) that a capture shows, made when new."""
    if known.digest == text.digest:
        return known.newest, known.versions, False
    at_url = {"article": known.id, "key": storable(lookup_key(capture.url))}
    last = connection.execute(_last_at_url, at_url).first()
    if last is not None and last.digest == text.digest:
        return last.id, last.number, False
    number = known.versions + 1
    return _add_version(connection, known.id, number, capture, article, text), number, True


def _shows_current(
    connection: Connection, number: int, key: str, known: Row[*tuple[Any, ...]], capture: Capture
) -> bool:
    """Tell whether a capture speaks for the article: the canonical page does, another only without it."""
    if capture.captured_at < known.last_seen_at:
        return False
    if storable(lookup_key(capture.url)) == key:
        return True
    return connection.execute(_last_at_url, {"article": number, "key": key}).first() is None


def _inserted(connection: Connection, statement: Insert, row: dict[str, object]) -> int:
    return cast("tuple[int]", connection.execute(statement, row).inserted_primary_key)[0]


def _add_version(
    connection: Connection, number: int, version: int, capture: Capture, article: Article, text: IndexedText
) -> int:
    row = _inserted(
        connection,
        _insert_version,
        {
            "article": number,
            "number": version,
            "digest": text.digest,
            "first_seen_at": capture.captured_at,
            "last_seen_at": capture.captured_at,
            "noun": dump_noun(article),
        },
    )
    passage = _inserted(connection, _insert_passage, {"article": number, "version": row})
    add_passages(connection, [(passage, text)])
    return row


def _add_sighting(connection: Connection, number: int, version: int, crawl: int, capture: Capture) -> None:
    connection.execute(
        _insert_sighting,
        {
            "article": number,
            "version": version,
            "crawl": crawl,
            "record_id": capture.record_id,
            "url_key": storable(lookup_key(capture.url)),
            "url": storable(capture.url),
            "captured_at": capture.captured_at,
        },
    )


# --- reading

_comments = (
    select(func.count()).select_from(comments).where(comments.c.article == articles.c.id).scalar_subquery()
)
_summaries = select(
    articles,
    sources.c.name.label("source_name"),
    _comments.label("comments"),
).join(sources, articles.c.source == sources.c.id)


def _summary(row: Row[*tuple[Any, ...]]) -> ArticleSummary:
    return ArticleSummary(
        id=row.id,
        source=row.source_name,
        url=row.url,
        title=row.title,
        published_at=row.published_at,
        section=row.section,
        language=row.language,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        versions=row.versions,
        comments=row.comments,
    )


def summaries(connection: Connection, source: int | None, limit: int, offset: int) -> list[ArticleSummary]:
    """Return articles, the latest published first, those without a date last."""
    query = _summaries.order_by(articles.c.published_at.desc().nulls_last(), articles.c.id.desc())
    if source is not None:
        query = query.where(articles.c.source == source)
    return [_summary(row) for row in connection.execute(query.limit(limit).offset(offset))]


def record(connection: Connection, ref: int | str) -> ArticleRecord:
    """Return an article by its number or by any URL it was seen at; ``UnknownNameError``."""
    number = number_of(connection, ref)
    row = connection.execute(_summaries.where(articles.c.id == number)).first()
    if row is None:
        raise UnknownNameError(
            "article", str(ref), "give the number or the URL of an article that was archived"
        )
    noun = connection.execute(
        select(versions.c.noun).where(versions.c.article == number, versions.c.number == row.current_version)
    ).scalar_one()
    shown = connection.execute(
        select(sightings, versions.c.number.label("version_number"), crawls.c.name.label("crawl_id"))
        .join(versions, sightings.c.version == versions.c.id)
        .join(crawls, sightings.c.crawl == crawls.c.id)
        .where(sightings.c.article == number)
        .order_by(sightings.c.captured_at, sightings.c.id)
    )
    return ArticleRecord(
        summary=_summary(row),
        article=load_noun(Article, noun),
        version=row.current_version,
        captures=tuple(
            CaptureSummary(
                record_id=one.record_id,
                url=one.url,
                captured_at=one.captured_at,
                version=one.version_number,
                crawl_id=one.crawl_id,
            )
            for one in shown
        ),
        wordpress_post_id=row.wordpress_post_id,
        declared_comments=row.declared_comments,
    )


def versions_of(connection: Connection, number: int) -> list[Version]:
    """Return an article's versions by number."""
    shown: dict[int, list[str]] = {}
    for row in connection.execute(
        select(sightings.c.version, sightings.c.record_id)
        .where(sightings.c.article == number)
        .order_by(sightings.c.captured_at, sightings.c.id)
    ):
        shown.setdefault(row.version, []).append(row.record_id)
    rows = connection.execute(
        select(versions).where(versions.c.article == number).order_by(versions.c.number)
    )
    return [
        Version(
            number=row.number,
            article=load_noun(Article, row.noun),
            first_seen_at=row.first_seen_at,
            last_seen_at=row.last_seen_at,
            capture_ids=tuple(shown.get(row.id, ())),
            fold_digest=row.digest,
        )
        for row in rows
    ]


# --- finding by URL


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
