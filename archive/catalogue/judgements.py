"""What was judged of articles: the newest verdict of each, and the events of its life.

An event is written when it opens and when it closes. What closed stays closed, whatever comes later: a longer
history may add to what is here and take nothing away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from archive.catalogue.columns import dump_noun, load_noun
from archive.catalogue.conflicts import insert_or_replace, storable_everywhere
from archive.catalogue.schema import events, sources, verdicts
from model import ContentVerdict, Event, EventKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from model import Judgement


def put(connection: Connection, source: int, judgement: Judgement) -> None:
    """Write the verdict over the one before, and the events beside those that are there."""
    verdict = judgement.verdict
    connection.execute(
        insert_or_replace(connection, verdicts, [verdicts.c.source, verdicts.c.article]),
        {
            "source": source,
            "article": storable_everywhere(verdict.article),
            "state": verdict.state.value,
            "judged_at": verdict.judged_at,
            "noun": storable_everywhere(dump_noun(verdict)),
        },
    )
    for event in judgement.events:
        put_event(connection, source, event)


def put_event(connection: Connection, source: int, event: Event) -> None:
    """Write an event beside those that are there, or its end; what closed stays closed."""
    known = connection.execute(
        select(events.c.closed_at).where(events.c.source == source, events.c.name == event.id)
    ).one_or_none()
    if known is not None and (known.closed_at is not None or event.is_open):
        return
    connection.execute(
        insert_or_replace(connection, events, [events.c.source, events.c.name]),
        {
            "source": source,
            "name": event.id,
            "article": storable_everywhere(event.article),
            "kind": event.kind.value,
            "opened_at": event.opened_at,
            "known_at": event.known_at,
            "closed_at": event.closed_at,
            "noun": storable_everywhere(dump_noun(event)),
        },
    )


def verdict_of(connection: Connection, article: str, source: int | None = None) -> ContentVerdict | None:
    """Return what is thought of an article by its canonical URL; ``None``: nothing was judged."""
    query = select(verdicts.c.noun).where(verdicts.c.article == storable_everywhere(article))
    if source is not None:
        query = query.where(verdicts.c.source == source)
    noun = connection.execute(query.order_by(verdicts.c.id).limit(1)).scalar()
    return None if noun is None else load_noun(ContentVerdict, noun)


def found(
    connection: Connection,
    *,
    article: str | None,
    source: int | None,
    kinds: Sequence[EventKind],
    limit: int,
) -> list[tuple[str, Event]]:
    """Return events with their source's name, what became known last first."""
    query = select(sources.c.name, events.c.noun).join(sources, sources.c.id == events.c.source)
    if article is not None:
        query = query.where(events.c.article == storable_everywhere(article))
    if source is not None:
        query = query.where(events.c.source == source)
    if kinds:
        query = query.where(events.c.kind.in_([kind.value for kind in kinds]))
    rows = connection.execute(query.order_by(events.c.known_at.desc(), events.c.id.desc()).limit(limit))
    return [(name, load_noun(Event, noun)) for name, noun in rows]
