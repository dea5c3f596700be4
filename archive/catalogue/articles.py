"""Articles and their versions.

An article is known by its source and the key of its canonical URL (http and https are one). Every capture of
it is a *sighting* of one version. A capture shows a **new** version unless its folded text is that of the
newest version, or that of the version last seen at the same URL: an AMP page that leaves out the lede would
otherwise take turns with the full page, with two new versions at every crawl. A text that comes back after
another was seen at its URL is a new version again. Where the text links to counts as its words do: a dataset
that was replaced by another is an edit though no word changed. Links that one side's reading did not look for
are compared with nothing; a version takes them from the first capture that tells.

Texts that two extractors read are not compared as if the site had changed: a new one, where what was shown
before was read by another extractor (a name and version as ``Reading.extractor`` has them, by its whole
name), is a version *by extractor*, and no new one to whoever counts. Only what both read alike is one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import func, select

from archive.catalogue.columns import (
    bounded_integer,
    dump_noun,
    load_noun,
    moment_text,
    storable,
    storable_or_none,
)
from archive.catalogue.finding import number_of
from archive.catalogue.readings import note_extractor, reading_digest
from archive.catalogue.records import ArticleReceipt, ArticleRecord, ArticleSummary, CaptureSummary
from archive.catalogue.schema import articles, comments, crawls, sightings, sources, versions
from archive.catalogue.sqlite import add_passages, insert_numbered, rows_of
from archive.urlkey import lookup_key
from model import Article, UnknownNameError, Version

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from archive.catalogue.records import IndexedText
    from model import Capture

# The write path is the driver's own, as that of comments: values as stored, moments text that sorts by time.
_KNOWN = """
    SELECT articles.id, title, section, language, published_at, wordpress_post_id, current_version, versions,
        articles.first_seen_at, articles.last_seen_at, versions.id, versions.digest, versions.links
    FROM articles JOIN versions ON versions.article = articles.id AND versions.number = articles.versions
    WHERE source = ? AND url_key = ?
"""
_SIGHTED = """
    SELECT versions.number FROM versions JOIN sightings ON sightings.version = versions.id
    WHERE sightings.article = ? AND sightings.record_id = ?
"""
_LAST_AT_URL = """
    SELECT versions.id, versions.number, versions.digest, versions.links, captures.extractor
    FROM versions JOIN sightings ON sightings.version = versions.id
        LEFT JOIN captures ON captures.record_id = sightings.record_id
    WHERE sightings.article = ? AND sightings.url_key = ?
    ORDER BY sightings.captured_at DESC, sightings.id DESC LIMIT 1
"""
# Asked apart: it stands behind the noun, which all but a few lookups need not read.
_READ_BY = "SELECT extractor FROM versions WHERE id = ?"
# One whose captures are being read again has no version.
_EMPTIED = "SELECT id FROM articles WHERE source = ? AND url_key = ?"
_CONTENT_COLUMNS = ("title", "section", "language", "published_at", "wordpress_post_id", "current_version")
_ARTICLE_COLUMNS = (
    *_CONTENT_COLUMNS,
    "versions",
    "first_seen_at",
    "last_seen_at",
    "source",
    "url_key",
    "url",
)
_VERSION_COLUMNS = (
    "article",
    "number",
    "digest",
    "first_seen_at",
    "last_seen_at",
    "noun",
    "extractor",
    "by_extractor",
    "links",
)
_PASSAGE_COLUMNS = ("article", "version")
_SIGHTING_COLUMNS = ("article", "version", "crawl", "record_id", "url_key", "url", "captured_at", "reading")
_UPDATE_ARTICLE = """
    UPDATE articles SET title = ?, section = ?, language = ?, published_at = ?, wordpress_post_id = ?,
        current_version = ?, versions = ?, first_seen_at = ?, last_seen_at = ?
    WHERE id = ?
"""
_EXTEND_VERSION = """
    UPDATE versions SET first_seen_at = min(first_seen_at, ?2), last_seen_at = max(last_seen_at, ?2),
        extractor = ?3
    WHERE id = ?1
"""
_NOUN = "SELECT noun FROM versions WHERE id = ?"
_TAKE_LINKS = "UPDATE versions SET links = ?, noun = ? WHERE id = ?"


class _Known(NamedTuple):
    """An article's row, with its newest version."""

    id: int
    title: str
    section: str | None
    language: str | None
    published_at: str | None
    wordpress_post_id: int | None
    current_version: int
    versions: int
    first_seen_at: str
    last_seen_at: str
    newest: int
    digest: str
    links: str | None


@dataclass(frozen=True, slots=True)
class _Shown:
    """What one capture shows."""

    crawl: int
    record_id: str
    moment: str
    url: str
    key: str
    """Of the capture's URL, which may be another than the article's."""
    article: Article
    text: IndexedText
    noun: str
    extractor: str | None
    home: str | None
    """Key of the address that the capture's own address stands for: of a publisher's onion."""


def put(
    connection: Connection,
    *,
    source: int,
    crawl: int,
    capture: Capture,
    article: Article,
    text: IndexedText,
    wordpress_post_id: int | None,
    noun: str | None = None,
    extractor: str | None = None,
    home: str | None = None,
) -> ArticleReceipt:
    """Note that a capture shows an article; the same capture a second time changes nothing.

    ``noun`` may be the article's JSON, as :func:`model.json_text` makes it; ``extractor`` is what read it, as
    far as that is known; ``home`` the address that the publisher's onion stands for.
    """
    shown = _Shown(
        crawl=crawl,
        record_id=capture.record_id,
        moment=cast("str", moment_text(capture.captured_at)),
        url=storable(capture.url),
        key=storable(lookup_key(capture.url)),
        article=article,
        text=text,
        noun=dump_noun(article) if noun is None else noun,
        extractor=storable_or_none(extractor),
        home=None if home is None else storable(lookup_key(home)),
    )
    same = article.canonical_url == capture.url
    key = shown.key if same else storable(lookup_key(article.canonical_url))
    found = rows_of(connection, _KNOWN, source, key)
    post = bounded_integer(wordpress_post_id)
    fields = (
        storable(article.title),
        storable_or_none(article.section),
        storable_or_none(article.language),
        moment_text(article.published_at),
    )
    if not found:
        row = (*fields, post, 1, 1, shown.moment, shown.moment, source, key, storable(article.canonical_url))
        emptied = rows_of(connection, _EMPTIED, source, key)
        if emptied:
            (number,) = emptied[0]
            rows_of(connection, _UPDATE_ARTICLE, *row[:9], number)
        else:
            (number,) = insert_numbered(connection, articles, _ARTICLE_COLUMNS, [row])
        version = _add_version(connection, number, 1, shown, by_extractor=False)
        _add_sighting(connection, number, version, shown)
        return ArticleReceipt(article_id=number, version=1, is_new_version=True, is_new_article=not emptied)
    known = _Known._make(found[0])
    sighted = rows_of(connection, _SIGHTED, known.id, capture.record_id)
    if sighted:
        return ArticleReceipt(
            article_id=known.id, version=sighted[0][0], is_new_version=False, is_new_article=False
        )
    version, version_number, links, what = _version_shown(connection, known, shown)
    if what is _New.NOT:
        rows_of(connection, _EXTEND_VERSION, version, shown.moment, shown.extractor)
        if links is None and shown.text.links is not None:
            _take_links(connection, version, shown)
    post = known.wordpress_post_id if post is None else post
    if _shows_current(connection, key, known, shown):
        content = (*fields, post, version_number)
    else:
        content = (*known[1:5], post, known.current_version)
    rows_of(
        connection,
        _UPDATE_ARTICLE,
        *content,
        max(known.versions, version_number),
        min(known.first_seen_at, shown.moment),
        max(known.last_seen_at, shown.moment),
        known.id,
    )
    _add_sighting(connection, known.id, version, shown)
    return ArticleReceipt(
        article_id=known.id,
        version=version_number,
        is_new_version=what is _New.BY_SITE,
        is_new_article=False,
    )


class _New(Enum):
    """Whether a text is a new version, and of whose making."""

    NOT = auto()
    BY_SITE = auto()
    BY_EXTRACTOR = auto()


def _version_shown(connection: Connection, known: _Known, shown: _Shown) -> tuple[int, int, str | None, _New]:
    """Return the version (row, number, links) that a capture shows, made when new."""
    if is_same(known.digest, known.links, shown.text):
        return known.newest, known.versions, known.links, _New.NOT
    last = rows_of(connection, _LAST_AT_URL, known.id, shown.key)
    if last and is_same(last[0][2], last[0][3], shown.text):
        return last[0][0], last[0][1], last[0][3], _New.NOT
    before = last[0][4] if last else rows_of(connection, _READ_BY, known.newest)[0][0]
    what = _New.BY_SITE if before == shown.extractor else _New.BY_EXTRACTOR
    number = known.versions + 1
    version = _add_version(connection, known.id, number, shown, by_extractor=what is _New.BY_EXTRACTOR)
    return version, number, shown.text.links, what


def is_same(digest: str, links: str | None, text: IndexedText) -> bool:
    """Tell whether a version has the text, as far as both tell the same links."""
    return digest == text.digest and (links is None or text.links is None or links == text.links)


def _take_links(connection: Connection, version: int, shown: _Shown) -> None:
    """Complete a version whose links nobody read by those of a capture that shows the same text."""
    noun = json.loads(rows_of(connection, _NOUN, version)[0][0])
    noun["links"] = json.loads(shown.noun)["links"]
    rows_of(connection, _TAKE_LINKS, shown.text.links, dump_noun(noun), version)


def _shows_current(connection: Connection, key: str, known: _Known, shown: _Shown) -> bool:
    """Tell whether a capture speaks for the article: the canonical page does, another only without it."""
    if shown.moment < known.last_seen_at:
        return False
    return key in {shown.key, shown.home} or not rows_of(connection, _LAST_AT_URL, known.id, key)


def _add_version(
    connection: Connection, number: int, version: int, shown: _Shown, *, by_extractor: bool
) -> int:
    values = (
        number,
        version,
        shown.text.digest,
        shown.moment,
        shown.moment,
        shown.noun,
        shown.extractor,
        by_extractor,
        shown.text.links,
    )
    (row,) = insert_numbered(connection, versions, _VERSION_COLUMNS, [values])
    add_passages(connection, _PASSAGE_COLUMNS, [(number, row)], [shown.text])
    return row


def _add_sighting(connection: Connection, number: int, version: int, shown: _Shown) -> None:
    values = (
        number,
        version,
        shown.crawl,
        shown.record_id,
        shown.key,
        shown.url,
        shown.moment,
        reading_digest((shown.noun,)),
    )
    insert_numbered(connection, sightings, _SIGHTING_COLUMNS, [values])
    note_extractor(connection, shown.record_id, shown.extractor)


def add_sighting(
    connection: Connection,
    number: int,
    version: int,
    crawl: int,
    capture: Capture,
    noun: str,
    extractor: str | None,
) -> None:
    """Note that a capture shows a version, and nothing else; the same a second time changes nothing."""
    if rows_of(connection, _SIGHTED, number, capture.record_id):
        return
    values = (
        number,
        version,
        crawl,
        capture.record_id,
        storable(lookup_key(capture.url)),
        storable(capture.url),
        moment_text(capture.captured_at),
        reading_digest((noun,)),
    )
    insert_numbered(connection, sightings, _SIGHTING_COLUMNS, [values])
    note_extractor(connection, capture.record_id, extractor)


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
            extractor=row.extractor,
            by_extractor=row.by_extractor,
        )
        for row in rows
    ]
