"""What a mirror shows of articles: kept beside what the publisher showed, and never in its place.

A copy may be rewritten by whoever runs it. An article that nobody knew is taken from it; of a known one it
adds a capture when its text is one that the article had, else it changes nothing, and an event tells that.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from archive.catalogue import articles as articles_of
from archive.catalogue import judgements
from archive.catalogue.columns import load_noun, storable
from archive.catalogue.records import ArticleReceipt
from archive.catalogue.schema import articles, comments, events, sightings, versions
from archive.urlkey import lookup_key
from model import Event, EventKind

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archive.catalogue.records import IndexedText
    from model import Article, Capture, CaptureVia, CommentThread

RULE = "mirror.differs/1"


def put_article(
    connection: Connection,
    source: int,
    crawl: int,
    capture: Capture,
    article: Article,
    text: IndexedText,
    via: CaptureVia,
    noun: str,
    extractor: str | None,
) -> ArticleReceipt | None:
    """Note what a mirror's capture shows of an article; ``None``: it is not known, put it as any other.

    ``noun`` is the article's JSON, as it was read.
    """
    key = storable(lookup_key(article.canonical_url))
    number = connection.execute(
        select(articles.c.id).where(articles.c.source == source, articles.c.url_key == key)
    ).scalar()
    if number is None:
        return None
    known = connection.execute(
        select(versions.c.id, versions.c.number, versions.c.digest, versions.c.extractor, versions.c.links)
        .where(versions.c.article == number)
        .order_by(versions.c.number.desc())
    ).all()
    if not known:
        return None
    same = next((row for row in known if articles_of.is_same(row.digest, row.links, text)), None)
    if same is not None:
        articles_of.add_sighting(connection, number, same.id, crawl, capture, noun, extractor)
        _close(connection, source, article.canonical_url, via, capture)
    elif known[0].extractor == extractor:
        _open(connection, source, number, article.canonical_url, via, capture)
    # Else another extractor read the two: nothing can be said.
    return ArticleReceipt(
        article_id=number,
        version=same.number if same is not None else known[0].number,
        is_new_version=False,
        is_new_article=False,
    )


def unknown_comments(connection: Connection, article: int, thread: CommentThread) -> CommentThread:
    """Return a mirror's thread with the comments that are not known: of others it says nothing."""
    known = set(connection.execute(select(comments.c.key).where(comments.c.article == article)).scalars())
    return replace(thread, comments=tuple(one for one in thread.comments if one.key not in known))


def _name(via: CaptureVia) -> str:
    if via.mirror is None:
        return via.url
    return f"{via.mirror.url} ({via.mirror.operator})" if via.mirror.operator else via.mirror.url


def _lasting(connection: Connection, source: int, article: str, name: str) -> Event | None:
    rows = connection.execute(
        select(events.c.noun).where(
            events.c.source == source,
            events.c.article == article,
            events.c.kind == EventKind.MIRROR_DIFFERS.value,
            events.c.closed_at.is_(None),
        )
    ).scalars()
    return next((one for one in (load_noun(Event, noun) for noun in rows) if one.detail == name), None)


def _open(
    connection: Connection, source: int, number: int, article: str, via: CaptureVia, capture: Capture
) -> None:
    if _lasting(connection, source, article, _name(via)) is not None:
        return
    beside = connection.execute(
        select(sightings.c.record_id, sightings.c.captured_at)
        .where(sightings.c.article == number)
        .order_by(sightings.c.captured_at.desc(), sightings.c.id.desc())
        .limit(1)
    ).one_or_none()
    judgements.put_event(
        connection,
        source,
        Event(
            kind=EventKind.MIRROR_DIFFERS,
            article=article,
            opened_at=capture.captured_at,
            known_at=capture.captured_at,
            opened_by=(*((beside.record_id,) if beside is not None else ()), capture.record_id),
            after=min(beside.captured_at, capture.captured_at) if beside is not None else None,
            rule=RULE,
            rules_version=RULE,
            detail=_name(via),
        ),
    )


def _close(connection: Connection, source: int, article: str, via: CaptureVia, capture: Capture) -> None:
    event = _lasting(connection, source, article, _name(via))
    if event is not None:
        judgements.put_event(
            connection,
            source,
            replace(
                event,
                closed_at=max(capture.captured_at, event.known_at),
                closed_by=(capture.record_id,),
                closing="reverted",
            ),
        )
