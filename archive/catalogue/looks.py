"""Looks at articles: what verdicts on content are made of, and how much attention each article asks for.

What a look is, is not known here: it is JSON whose meaning is its reader's. Its numbers rise over a source.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, select

from archive.catalogue import captures as captures_of
from archive.catalogue.conflicts import insert_missing, insert_or_replace, storable_everywhere
from archive.catalogue.records import AttentionRow, LookRow, SeenArticle
from archive.catalogue.schema import (
    articles,
    attentions,
    captures,
    comments,
    crawls,
    incidents,
    looks,
    sightings,
    sources,
    threads,
    versions,
)
from model import PageRole

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from model import Capture

    Reader = Callable[[], AbstractContextManager[Connection]]


def put(connection: Connection, source: int, row: LookRow) -> None:
    """Insert a look; one with its number is left as it is."""
    connection.execute(
        insert_missing(connection, looks, [looks.c.source, looks.c.article, looks.c.sequence]),
        {
            "source": source,
            "article": storable_everywhere(row.article),
            "sequence": row.sequence,
            "at": row.at,
            "record_id": row.record_id,
            "kind": row.kind,
            "lacks": row.lacks,
            "noun": storable_everywhere(row.noun),
        },
    )


def put_attention(connection: Connection, source: int, row: AttentionRow) -> None:
    """Write how much attention an article asks for, over what was known."""
    connection.execute(
        insert_or_replace(connection, attentions, [attentions.c.source, attentions.c.article]),
        {
            "source": source,
            "article": storable_everywhere(row.article),
            "attention": row.attention,
            "since": row.since,
            "checked_at": row.checked_at,
        },
    )


def put_incidents(connection: Connection, source: int, noun: str) -> None:
    """Write the incidents of a site over what was known."""
    connection.execute(
        insert_or_replace(connection, incidents, [incidents.c.source]),
        {"source": source, "noun": storable_everywhere(noun)},
    )


class Looks:
    """Reads them; made by :attr:`Catalogue.looks`."""

    def __init__(self, read: Reader) -> None:
        self._read = read

    def next_sequence(self, source: str) -> int:
        """Return the number of a source's next look."""
        query = select(func.max(looks.c.sequence)).join(sources).where(sources.c.name == source)
        with self._read() as connection:
            last = connection.execute(query).scalar()
        return 0 if last is None else int(last) + 1

    def of(self, source: str, article: str) -> list[LookRow]:
        """Return the looks at an article, in the order of their numbers."""
        query = _rows().where(sources.c.name == source, looks.c.article == storable_everywhere(article))
        with self._read() as connection:
            return [LookRow(**row._mapping) for row in connection.execute(query.order_by(looks.c.sequence))]

    def since(self, source: str, moment: datetime) -> list[LookRow]:
        """Return the looks at all articles of a source since a moment, in the order of their numbers."""
        query = _rows().where(sources.c.name == source, looks.c.at >= moment)
        with self._read() as connection:
            return [LookRow(**row._mapping) for row in connection.execute(query.order_by(looks.c.sequence))]

    def records(self, crawl_id: str) -> set[str]:
        """Return the records of answers in a crawl that looks were made of."""
        query = (
            select(looks.c.record_id)
            .join(captures, captures.c.record_id == looks.c.record_id)
            .join(crawls, crawls.c.id == captures.c.crawl)
            .where(crawls.c.name == crawl_id)
        )
        with self._read() as connection:
            return set(connection.execute(query).scalars())

    def lacking(self, source: str) -> set[str]:
        """Return the articles that the newest look that says so lacked."""
        newest = (
            select(looks.c.article, func.max(looks.c.sequence).label("sequence"))
            .join(sources)
            .where(sources.c.name == source, looks.c.lacks.is_not(None))
            .group_by(looks.c.article)
            .subquery()
        )
        query = select(looks.c.article).join(
            newest, and_(newest.c.article == looks.c.article, newest.c.sequence == looks.c.sequence)
        )
        with self._read() as connection:
            return set(connection.execute(query.where(looks.c.lacks)).scalars())

    def incidents(self, source: str) -> str | None:
        """Return the incidents of a site as JSON; ``None``: there were none."""
        query = select(incidents.c.noun).join(sources).where(sources.c.name == source)
        with self._read() as connection:
            return connection.execute(query).scalar()

    def attention(self, source: str, article: str) -> int:
        """Return how much attention an article asks for."""
        query = (
            select(attentions.c.attention)
            .join(sources)
            .where(sources.c.name == source, attentions.c.article == storable_everywhere(article))
        )
        with self._read() as connection:
            return int(connection.execute(query).scalar() or 0)

    def seen_in(self, crawl_id: str) -> list[SeenArticle]:
        """Return the articles that were read in a crawl, one row a capture, in the order of their reading."""
        own = crawls.alias("own")
        new_ones = exists().where(
            comments.c.article == articles.c.id, comments.c.first_seen_at >= own.c.started_at
        )
        gone = exists().where(
            threads.c.article == articles.c.id,
            threads.c.crawl == own.c.id,
            threads.c.complete,
            comments.c.article == articles.c.id,
            comments.c.last_crawl != own.c.id,
        )
        query = (
            select(
                articles.c.id,
                articles.c.url.label("article"),
                sightings.c.record_id,
                sightings.c.url,
                (articles.c.first_seen_at >= own.c.started_at).label("is_first"),
                (versions.c.first_seen_at >= own.c.started_at).label("has_new_text"),
                (new_ones | gone).label("has_other_comments"),
            )
            .select_from(sightings)
            .join(own, own.c.id == sightings.c.crawl)
            .join(articles, articles.c.id == sightings.c.article)
            .join(versions, versions.c.id == sightings.c.version)
            .where(own.c.name == crawl_id)
            .order_by(sightings.c.id)
        )
        with self._read() as connection:
            return [SeenArticle(**row._mapping) for row in connection.execute(query)]

    def unread_in(self, crawl_id: str) -> list[Capture]:
        """Return the pages that were fetched in a crawl and in which no article was seen."""
        query = (
            select(captures.c.record_id)
            .join(crawls, crawls.c.id == captures.c.crawl)
            .where(
                crawls.c.name == crawl_id,
                captures.c.role == PageRole.PAGE.value,
                ~exists().where(sightings.c.record_id == captures.c.record_id),
            )
            .order_by(captures.c.id)
        )
        with self._read() as connection:
            ids = list(connection.execute(query).scalars())
            found = (captures_of.by_record(connection, one) for one in ids)
            return [one for one in found if one is not None]

    def addresses(self, article_id: int) -> list[str]:
        """Return all addresses at which an article was read, the newest first."""
        query = (
            select(sightings.c.url)
            .where(sightings.c.article == article_id)
            .group_by(sightings.c.url)
            .order_by(func.max(sightings.c.id).desc())
        )
        with self._read() as connection:
            return list(connection.execute(query.limit(20)).scalars())

    def fetched(self, crawl_id: str, role: PageRole) -> list[str]:
        """Return the addresses that were fetched well in a crawl for this reason, in order."""
        query = (
            select(captures.c.url)
            .join(crawls, crawls.c.id == captures.c.crawl)
            .where(
                crawls.c.name == crawl_id,
                captures.c.role == role.value,
                captures.c.status == 200,
            )
            .order_by(captures.c.id)
        )
        with self._read() as connection:
            return list(dict.fromkeys(connection.execute(query.limit(50)).scalars()))


def _rows() -> Select[tuple[Any, ...]]:
    return select(
        looks.c.article,
        looks.c.sequence,
        looks.c.at,
        looks.c.record_id,
        looks.c.kind,
        looks.c.lacks,
        looks.c.noun,
    ).join(sources, sources.c.id == looks.c.source)
