"""Sources and crawls, and which process is at work on a crawl."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from sqlalchemy import bindparam, func, insert, select, update

from archive.catalogue.columns import dump_noun, load_noun
from archive.catalogue.records import Outcome, Totals
from archive.catalogue.schema import articles, captures, comments, crawls, sightings, sources, versions
from archive.catalogue.sqlite import rows_of
from archive.lock import Holder, this_process
from model import Crawl, CrawlState, Source, UnknownNameError

if TYPE_CHECKING:
    from sqlalchemy import Connection

_source_number = select(sources.c.id).where(sources.c.name == bindparam("name"))
_crawl_number = select(crawls.c.id).where(crawls.c.name == bindparam("name"))


def source_number(connection: Connection, name: str) -> int:
    """Return the number under which a source's rows stand; ``UnknownNameError``."""
    number = connection.execute(_source_number, {"name": name}).scalar()
    if number is None:
        raise UnknownNameError("source", name)
    return cast("int", number)


def crawl_number(connection: Connection, name: str) -> int:
    """Return the number under which a crawl's rows stand; ``UnknownNameError``."""
    number = connection.execute(_crawl_number, {"name": name}).scalar()
    if number is None:
        raise UnknownNameError("crawl", name)
    return cast("int", number)


def put_source(connection: Connection, source: Source) -> None:
    """Insert or replace a source."""
    noun = dump_noun(source)
    number = connection.execute(_source_number, {"name": source.name}).scalar()
    if number is None:
        connection.execute(insert(sources), {"name": source.name, "noun": noun})
    else:
        connection.execute(update(sources).where(sources.c.id == number), {"noun": noun})


def all_sources(connection: Connection) -> list[Source]:
    """Return all sources by name."""
    return [
        load_noun(Source, noun)
        for noun in connection.execute(select(sources.c.noun).order_by(sources.c.name)).scalars()
    ]


def source(connection: Connection, name: str) -> Source:
    """Return a source; ``UnknownNameError``."""
    noun = connection.execute(select(sources.c.noun).where(sources.c.name == name)).scalar()
    if noun is None:
        known = connection.execute(select(sources.c.name).order_by(sources.c.name).limit(20)).scalars().all()
        raise UnknownNameError("source", name, f"it holds {', '.join(known)}" if known else "it holds none")
    return load_noun(Source, noun)


def put_crawl(connection: Connection, crawl: Crawl) -> None:
    """Insert or replace a crawl; a running one is noted as held by this process, now."""
    running = crawl.state is CrawlState.RUNNING
    values = {
        "source": source_number(connection, crawl.source),
        "state": crawl.state.value,
        "started_at": crawl.started_at,
        "warc_bytes": crawl.warc_bytes,
        "noun": dump_noun(crawl),
        "holder": dump_noun(this_process()) if running else None,
        "heartbeat_at": datetime.now(UTC) if running else None,
    }
    number = connection.execute(_crawl_number, {"name": crawl.id}).scalar()
    if number is None:
        connection.execute(insert(crawls), {"name": crawl.id, **values})
    else:
        connection.execute(update(crawls).where(crawls.c.id == number), values)


def crawl(connection: Connection, name: str) -> Crawl:
    """Return a crawl; ``UnknownNameError``."""
    noun = connection.execute(select(crawls.c.noun).where(crawls.c.name == name)).scalar()
    if noun is None:
        raise UnknownNameError("crawl", name)
    return load_noun(Crawl, noun)


def crawls_of(connection: Connection, name: str | None, limit: int) -> list[Crawl]:
    """Return crawls, newest first."""
    query = select(crawls.c.noun).order_by(crawls.c.started_at.desc(), crawls.c.id.desc()).limit(limit)
    if name is not None:
        query = query.where(crawls.c.source == source_number(connection, name))
    return [load_noun(Crawl, noun) for noun in connection.execute(query).scalars()]


def holder(connection: Connection, name: str) -> tuple[Holder | None, datetime | None]:
    """Return the process at work on a crawl and its last heartbeat; ``None`` when it does not run."""
    row = connection.execute(
        select(crawls.c.holder, crawls.c.heartbeat_at).where(crawls.c.name == name)
    ).first()
    if row is None:
        raise UnknownNameError("crawl", name)
    return None if row.holder is None else load_noun(Holder, row.holder), row.heartbeat_at


def interrupted(connection: Connection, name: str) -> Crawl | None:
    """Return the crawl of a source to go on with, as ``INTERRUPTED``, or ``None``.

    That is its newest crawl, those that failed left aside (they left nothing to go on with, and say nothing
    of the one before), if it was interrupted or runs no more.
    """
    number = connection.execute(_source_number, {"name": name}).scalar()
    if number is None:
        return None
    row = connection.execute(
        select(crawls.c.noun, crawls.c.state, crawls.c.holder, crawls.c.heartbeat_at)
        .where(crawls.c.source == number, crawls.c.state != CrawlState.FAILED.value)
        .order_by(crawls.c.started_at.desc(), crawls.c.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    state = CrawlState(row.state)
    if state is CrawlState.RUNNING:
        at_work = row.holder and not load_noun(Holder, row.holder).is_gone(row.heartbeat_at)
        state = CrawlState.RUNNING if at_work else CrawlState.INTERRUPTED
    if state is not CrawlState.INTERRUPTED:
        return None
    return replace(load_noun(Crawl, row.noun), state=state)


def interrupt_running(connection: Connection, source: str | None = None) -> None:
    """Mark every running crawl (of a source, where one is named) interrupted."""
    running = select(crawls.c.noun).where(crawls.c.state == CrawlState.RUNNING.value)
    if source is not None:
        named = select(sources.c.id).where(sources.c.name == source).scalar_subquery()
        running = running.where(crawls.c.source == named)
    for noun in connection.execute(running).scalars().all():
        put_crawl(connection, replace(load_noun(Crawl, noun), state=CrawlState.INTERRUPTED))


def reach(connection: Connection, crawl: int) -> tuple[int, int]:
    """Return how many articles a crawl has read, and how many comments it was the last to see."""
    row = connection.execute(
        select(
            select(func.count(sightings.c.article.distinct()))
            .where(sightings.c.crawl == crawl)
            .scalar_subquery(),
            select(func.count()).where(comments.c.last_crawl == crawl).scalar_subquery(),
        )
    ).one()
    return row[0], row[1]


_OUTCOME = """
    SELECT
        count(*) FILTER (WHERE role != 'requisite'), count(*) FILTER (WHERE role = 'requisite'),
        count(revisit_of), coalesce(sum(payload_length), 0)
    FROM captures WHERE crawl = ?
"""
_NEW_VERSIONS = """
    SELECT count(*) FROM versions WHERE NOT by_extractor AND ? = (
        SELECT crawl FROM sightings
        WHERE sightings.article = versions.article AND sightings.version = versions.id
        ORDER BY sightings.id LIMIT 1)
"""


def outcome(connection: Connection, crawl: int) -> Outcome:
    """Return what the rows of a crawl add up to; reads all captures."""
    pages, requisites, revisits, payload_bytes = rows_of(connection, _OUTCOME, crawl)[0]
    articles_read, comments_seen = reach(connection, crawl)
    return Outcome(
        pages=pages,
        requisites=requisites,
        revisits=revisits,
        payload_bytes=int(payload_bytes),
        articles=articles_read,
        comments=comments_seen,
        new_versions=rows_of(connection, _NEW_VERSIONS, crawl)[0][0],
    )


def totals(connection: Connection) -> Totals:
    """Return what the catalogue holds."""
    row = connection.execute(
        select(
            select(func.count()).select_from(sources).scalar_subquery(),
            select(func.count()).select_from(articles).scalar_subquery(),
            select(func.count()).select_from(versions).scalar_subquery(),
            select(func.count()).select_from(comments).scalar_subquery(),
            select(func.count()).select_from(captures).scalar_subquery(),
            select(func.coalesce(func.sum(crawls.c.warc_bytes), 0)).scalar_subquery(),
        )
    ).one()
    return Totals(
        sources=row[0],
        articles=row[1],
        versions=row[2],
        comments=row[3],
        captures=row[4],
        warc_bytes=row[5],
    )
