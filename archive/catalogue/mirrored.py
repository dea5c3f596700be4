"""What a mirror shows of articles: kept beside what the publisher showed, and never in its place.

A copy may be rewritten by whoever runs it. An article that nobody knew is taken from it; of a known one it
adds a capture when its text is one that the article had, else it changes nothing, and an event tells that.
The publisher's own onion is the publisher. All of it follows from the rows of captures, here and in a
rebuild.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from archive.catalogue import articles as articles_of
from archive.catalogue import comments as comments_of
from archive.catalogue import judgements, vias
from archive.catalogue.columns import dump_noun, load_noun, moment_text, storable
from archive.catalogue.conflicts import storable_everywhere
from archive.catalogue.readings import note_document, note_extractor, thread_digest
from archive.catalogue.records import ArticleReceipt
from archive.catalogue.schema import articles, comments, events, versions
from archive.catalogue.sqlite import rows_of
from archive.urlkey import lookup_key
from model import CaptureVia, Event, EventKind, Via

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from archive.catalogue.records import IndexedText
    from model import Article, Capture, CommentThread

RULE = "mirror.differs/1"

# In SQL, for they are asked for each article that is put.
_SHOWN = """
    SELECT sightings.version, sightings.record_id, sightings.captured_at, vias.noun
    FROM sightings LEFT JOIN vias ON vias.record_id = sightings.record_id AND vias.via = 'mirror'
    WHERE sightings.article = ? ORDER BY sightings.captured_at, sightings.id
"""
_SIGHTED = """
    SELECT versions.number FROM sightings JOIN versions ON versions.id = sightings.version
    WHERE sightings.article = ? AND sightings.record_id = ?
"""
_SEEN_VERSION = """
    UPDATE versions SET first_seen_at = min(first_seen_at, ?2), last_seen_at = max(last_seen_at, ?2)
    WHERE id = ?1
"""
_SEEN_ARTICLE = """
    UPDATE articles SET first_seen_at = min(first_seen_at, ?2), last_seen_at = max(last_seen_at, ?2)
    WHERE id = ?1
"""
_DECLARED = "SELECT declared_comments FROM articles WHERE id = ?"
_BY_MIRROR = """
    SELECT 1 FROM documents JOIN vias ON vias.record_id = documents.record_id AND vias.via = 'mirror'
    WHERE documents.article = ? AND documents.crawl = ? LIMIT 1
"""


def put_article(
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
) -> ArticleReceipt:
    """Note that a capture shows an article, as ``articles.put`` does, whoever gave it."""
    via = vias.of(connection, capture.record_id)
    if via is not None and via.via is Via.MIRROR:
        made = dump_noun(article) if noun is None else noun
        receipt = _put_mirrored(connection, source, crawl, capture, article, text, via, made, extractor)
        if receipt is not None:
            return receipt
    receipt = articles_of.put(
        connection,
        source=source,
        crawl=crawl,
        capture=capture,
        article=article,
        text=text,
        wordpress_post_id=wordpress_post_id,
        noun=noun,
        extractor=extractor,
        home=via.canonical_url if via is not None and via.via is Via.ONION else None,
    )
    if receipt.is_new_version and not receipt.is_new_article:
        _tell_of_mirrors(connection, source, receipt.article_id, article.canonical_url, capture)
    return receipt


def put_thread(
    connection: Connection,
    *,
    article: int,
    crawl: int,
    capture: Capture,
    thread: CommentThread,
    texts: Mapping[str, IndexedText],
    nouns: Mapping[str, str] | None,
    extractor: str | None,
    last: bool,
    complete: bool,
) -> None:
    """Note the comments that one document shows; of a mirror's only those that are not known."""
    via = vias.of(connection, capture.record_id)
    shown = thread
    if via is not None and via.via is Via.MIRROR:
        complete = False
        known = set(connection.execute(select(comments.c.key).where(comments.c.article == article)).scalars())
        declared = rows_of(connection, _DECLARED, article)[0][0] is None
        shown = replace(
            thread,
            comments=tuple(one for one in thread.comments if storable(one.key) not in known),
            declared_total=thread.declared_total if declared else None,
        )
    comments_of.put(
        connection,
        article=article,
        crawl=crawl,
        capture=capture,
        thread=shown,
        texts=texts,
        nouns=nouns,
        extractor=extractor,
    )
    made = nouns or {}
    note_document(
        connection,
        article=article,
        crawl=crawl,
        record_id=capture.record_id,
        last=last,
        complete=complete,
        reading=thread_digest(
            (made.get(one.key) or dump_noun(one) for one in thread.comments), thread.declared_total
        ),
    )


def read_by_mirror(connection: Connection, article: int, crawl: int) -> bool:
    """Whether a crawl read any of an article's comments through a mirror: what that lacks is not gone."""
    return bool(rows_of(connection, _BY_MIRROR, article, crawl))


def _put_mirrored(
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
    """Note what a mirror's capture shows of an article; ``None``: it is not known, put it as any other."""
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

    def receipt(version: int) -> ArticleReceipt:
        return ArticleReceipt(article_id=number, version=version, is_new_version=False, is_new_article=False)

    if sighted := rows_of(connection, _SIGHTED, number, capture.record_id):
        return receipt(sighted[0][0])
    note_extractor(connection, capture.record_id, extractor)
    published = {version for version, _, _, by in rows_of(connection, _SHOWN, number) if by is None}
    same = [row for row in known if articles_of.is_same(row.digest, row.links, text)]
    # The newest that the publisher showed, else that was ever shown.
    shown = next((row for row in same if row.id in published), same[0] if same else None)
    if shown is None:
        if known[0].extractor == extractor:
            _open(connection, source, number, article.canonical_url, via, capture)
        # Else another extractor read the two: nothing can be said.
        return receipt(known[0].number)
    articles_of.add_sighting(connection, number, shown.id, crawl, capture, noun, extractor)
    moment = moment_text(capture.captured_at)
    rows_of(connection, _SEEN_VERSION, shown.id, moment)
    rows_of(connection, _SEEN_ARTICLE, number, moment)
    if shown.id in published or not published:
        _close(connection, source, article.canonical_url, via, capture)
    else:
        # A text that only mirrors ever showed, and the publisher shows another one.
        _open(connection, source, number, article.canonical_url, via, capture)
    return receipt(shown.number)


def _tell_of_mirrors(
    connection: Connection, source: int, number: int, article: str, capture: Capture
) -> None:
    """Tell which mirrors showed another text, when the publisher shows its own for the first time."""
    rows = rows_of(connection, _SHOWN, number)
    published = {version for version, _, _, by in rows if by is None}
    if len(published) != 1:
        return
    latest: dict[str, tuple[CaptureVia, str, int]] = {}
    for version, record_id, _, by in rows:
        if by is not None:
            via = load_noun(CaptureVia, by)
            latest[_name(via)] = via, record_id, version
    for via, record_id, version in latest.values():
        if version not in published:
            _tell(connection, source, article, via, capture.captured_at, (record_id, capture.record_id), None)


# --- the event


def _name(via: CaptureVia) -> str:
    if via.mirror is None:
        return via.url
    return f"{via.mirror.url} ({via.mirror.operator})" if via.mirror.operator else via.mirror.url


def _told(connection: Connection, source: int, article: str) -> list[Event]:
    rows = connection.execute(
        select(events.c.noun)
        .where(
            events.c.source == source,
            events.c.article == storable_everywhere(article),
            events.c.kind == EventKind.MIRROR_DIFFERS.value,
        )
        .order_by(events.c.id)
    )
    return [load_noun(Event, noun) for noun in rows.scalars()]


def _open(
    connection: Connection, source: int, number: int, article: str, via: CaptureVia, capture: Capture
) -> None:
    """Tell that a mirror's capture has another text than what the publisher showed last before it."""
    moment = moment_text(capture.captured_at) or ""
    before = [row for row in rows_of(connection, _SHOWN, number) if row[2] <= moment]
    of_publisher = [row for row in before if row[3] is None]
    beside = [row[1] for row in (of_publisher or before) if row[1] != capture.record_id][-1:]
    after = datetime.fromisoformat((of_publisher or before)[-1][2]) if before else None
    record_ids = (*beside, capture.record_id)
    _tell(connection, source, article, via, capture.captured_at, record_ids, after)


def _tell(
    connection: Connection,
    source: int,
    article: str,
    via: CaptureVia,
    at: datetime,
    record_ids: tuple[str, ...],
    after: datetime | None,
) -> None:
    name = _name(via)
    for one in _told(connection, source, article):
        # The same again, or within what was told already.
        if one.detail == name and (
            one.closed_at is None or one.opened_at <= at < one.closed_at or one.opened_by == record_ids
        ):
            return
    event = Event(
        kind=EventKind.MIRROR_DIFFERS,
        article=article,
        opened_at=at,
        known_at=at,
        opened_by=record_ids,
        after=after,
        rule=RULE,
        rules_version=RULE,
        detail=name,
    )
    judgements.put_event(connection, source, event)


def _close(connection: Connection, source: int, article: str, via: CaptureVia, capture: Capture) -> None:
    for event in _told(connection, source, article):
        if event.is_open and event.detail == _name(via) and capture.captured_at > event.known_at:
            closed = replace(
                event, closed_at=capture.captured_at, closed_by=(capture.record_id,), closing="reverted"
            )
            judgements.put_event(connection, source, closed)
