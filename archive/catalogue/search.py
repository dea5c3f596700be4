"""Full-text search over articles (every version) and comments (every text)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, null, select, true, union_all

from archive.catalogue.columns import load_noun
from archive.catalogue.covered import gone_of
from archive.catalogue.records import HitKind, SearchHit
from archive.catalogue.schema import articles, comment_texts, comments, passages, sources, versions
from archive.catalogue.sqlite import found, judging
from archive.catalogue.vias import only_mirrored
from model import Article, Comment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Row

    # Any: SQLAlchemy types a row by its first columns only.
    AnyRow = Row[*tuple[Any, ...]]


def search(
    connection: Connection,
    match: str,
    *,
    source: int | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    offset: int,
) -> list[SearchHit]:
    """Return what matches, best first; an article or comment once, by the newest of its texts that does."""
    candidates = found(match)

    def wanted(published: ColumnElement[datetime | None]) -> ColumnElement[bool]:
        conditions: list[ColumnElement[bool]] = []
        if source is not None:
            conditions.append(articles.c.source == source)
        if since is not None:
            conditions.append(published >= since)
        if until is not None:
            conditions.append(published < until)
        return and_(true(), *conditions)

    in_articles = (
        select(
            versions.c.id.label("version"),
            null().label("comment_text"),
            articles.c.published_at.label("published_at"),
            func.max(candidates.c.score).over(partition_by=articles.c.id).label("score"),
            # The current version, when it matches; else the newest that does.
            func.row_number()
            .over(
                partition_by=articles.c.id,
                order_by=[
                    case((versions.c.number == articles.c.current_version, 0), else_=1),
                    versions.c.number.desc(),
                ],
            )
            .label("turn"),
        )
        .select_from(candidates)
        .join(passages, passages.c.id == candidates.c.id)
        .join(versions, versions.c.id == passages.c.version)
        .join(articles, articles.c.id == versions.c.article)
        .where(wanted(articles.c.published_at))
    )
    in_comments = (
        select(
            null().label("version"),
            comment_texts.c.id.label("comment_text"),
            comments.c.published_at.label("published_at"),
            func.max(candidates.c.score).over(partition_by=comments.c.id).label("score"),
            func.row_number()
            .over(
                partition_by=comments.c.id,
                order_by=[
                    case((comment_texts.c.digest == comments.c.digest, 0), else_=1),
                    comment_texts.c.id.desc(),
                ],
            )
            .label("turn"),
        )
        .select_from(candidates)
        .join(passages, passages.c.id == candidates.c.id)
        .join(comment_texts, comment_texts.c.id == passages.c.comment_text)
        .join(comments, comments.c.id == comment_texts.c.comment)
        .join(articles, articles.c.id == comments.c.article)
        .where(wanted(comments.c.published_at))
    )
    ranked = union_all(in_articles, in_comments).subquery("ranked")
    query = (
        select(ranked)
        .where(ranked.c.turn == 1)
        .order_by(
            ranked.c.score.desc(),
            ranked.c.published_at.desc().nulls_last(),
            ranked.c.version.desc(),
            ranked.c.comment_text.desc(),
        )
        .limit(limit)
        .offset(offset)
    )
    with judging(match):
        rows = connection.execute(query).all()
    shown = _article_hits(connection, rows) | _comment_hits(connection, rows)
    return [shown[row.version, row.comment_text] for row in rows]


def _article_hits(
    connection: Connection, rows: Sequence[AnyRow]
) -> dict[tuple[int | None, int | None], SearchHit]:
    scores = {row.version: row.score for row in rows if row.version is not None}
    query = (
        select(versions, articles.c.url, articles.c.current_version, sources.c.name.label("source_name"))
        .join(articles, articles.c.id == versions.c.article)
        .join(sources, sources.c.id == articles.c.source)
        .where(versions.c.id.in_(list(scores)))
    )
    through = only_mirrored(connection, list(scores))
    hits: dict[tuple[int | None, int | None], SearchHit] = {}
    for row in connection.execute(query):
        noun = load_noun(Article, row.noun)
        hits[row.id, None] = SearchHit(
            kind=HitKind.ARTICLE,
            source=row.source_name,
            article_id=row.article,
            url=row.url,
            title=noun.title,
            text="\n\n".join(part for part in (noun.lede, *noun.paragraphs) if part),
            published_at=noun.published_at,
            version=row.number,
            is_current=row.number == row.current_version,
            first_seen_at=row.first_seen_at,
            last_seen_at=row.last_seen_at,
            comment_key=None,
            author=None,
            score=scores[row.id],
            through=through.get(row.id),
        )
    return hits


def _comment_hits(
    connection: Connection, rows: Sequence[AnyRow]
) -> dict[tuple[int | None, int | None], SearchHit]:
    scores = {row.comment_text: row.score for row in rows if row.comment_text is not None}
    query = (
        select(
            comments.c.id,
            comments.c.article,
            comments.c.key,
            comments.c.noun,
            comments.c.digest.label("current_digest"),
            comments.c.published_at,
            comments.c.last_seen_at,
            comments.c.last_crawl,
            comment_texts.c.id.label("comment_text"),
            comment_texts.c.digest,
            comment_texts.c.text,
            comment_texts.c.first_seen_at.label("text_first_seen_at"),
            comment_texts.c.last_seen_at.label("text_last_seen_at"),
            articles.c.url,
            articles.c.title,
            sources.c.name.label("source_name"),
        )
        .select_from(comment_texts)
        .join(comments, comments.c.id == comment_texts.c.comment)
        .join(articles, articles.c.id == comments.c.article)
        .join(sources, sources.c.id == articles.c.source)
        .where(comment_texts.c.id.in_(list(scores)))
    )
    found_rows = connection.execute(query).all()
    gone = gone_of(connection, found_rows)
    return {
        (None, row.comment_text): SearchHit(
            kind=HitKind.COMMENT,
            source=row.source_name,
            article_id=row.article,
            url=row.url,
            title=row.title,
            text=row.text,
            published_at=row.published_at,
            version=None,
            is_current=row.digest == row.current_digest and row.id not in gone,
            first_seen_at=row.text_first_seen_at,
            last_seen_at=row.text_last_seen_at,
            comment_key=row.key,
            author=load_noun(Comment, row.noun).author,
            score=scores[row.comment_text],
        )
        for row in found_rows
    }
