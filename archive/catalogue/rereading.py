"""Articles whose captures were read again: what the newer extractor reads takes the place of what was read.

All captures that an article or its comments were read from are read again together, so the article, its
versions and its comments are made anew from them, in the order of capture, as if that extractor had read them
then. The same records applied again change nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.catalogue import mirrored
from archive.catalogue.captures import CHUNK
from archive.catalogue.columns import storable
from archive.catalogue.covered import finish
from archive.catalogue.finding import number_of_url
from archive.catalogue.readings import note_extractor
from archive.catalogue.sqlite import rows_of
from archive.urlkey import lookup_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from archive.catalogue.records import AgainArticle, AgainThread

_EXTRACTORS = "SELECT record_id, extractor, crawl FROM captures WHERE record_id IN ({})"
_ARTICLES = """
    SELECT articles.id, articles.url_key FROM articles WHERE articles.id IN (
        SELECT sightings.article FROM captures JOIN sightings
            ON sightings.url_key = captures.url_key AND sightings.record_id = captures.record_id
        WHERE captures.record_id IN ({0})
        UNION SELECT article FROM documents WHERE record_id IN ({0})
    ) ORDER BY articles.id
"""
_OF_COMMENTS = "comment IN (SELECT id FROM comments WHERE article = ?)"
# In this order: a row goes before what it refers to.
_FORGET = (
    "DELETE FROM passages WHERE version IN (SELECT id FROM versions WHERE article = ?)",
    f"DELETE FROM passages WHERE comment_text IN (SELECT id FROM comment_texts WHERE {_OF_COMMENTS})",  # noqa: S608
    "DELETE FROM sightings WHERE article = ?",
    "DELETE FROM versions WHERE article = ?",
    f"DELETE FROM comment_texts WHERE {_OF_COMMENTS}",  # noqa: S608 - ours
    "DELETE FROM comments WHERE article = ?",
    "DELETE FROM threads WHERE article = ?",
    "DELETE FROM documents WHERE article = ?",
)
_EMPTY = (
    "UPDATE articles SET versions = 0, current_version = 0, declared_comments = NULL,"
    " wordpress_post_id = NULL WHERE id = ?"
)
_IS_EMPTY = "SELECT 1 FROM articles WHERE id = ? AND versions = 0"
_MOVE = "UPDATE articles SET url_key = ?, url = ? WHERE id = ?"
# Of the capture that showed it last.
_VERSION_READ = """
    UPDATE versions SET extractor = ?1 WHERE id IN (
        SELECT sightings.version FROM captures JOIN sightings
            ON sightings.url_key = captures.url_key AND sightings.record_id = captures.record_id
        WHERE captures.record_id = ?2
    ) AND ?2 = (
        SELECT record_id FROM sightings WHERE sightings.version = versions.id ORDER BY id DESC LIMIT 1)
"""
# One that read all documents of a crawl; else several did (archive/catalogue/covered.py).
_THREAD_READ = """
    UPDATE threads SET extractor = (
        SELECT CASE WHEN count(*) = count(captures.extractor) AND count(DISTINCT captures.extractor) = 1
            THEN max(captures.extractor) ELSE '' END
        FROM documents JOIN captures ON captures.record_id = documents.record_id
        WHERE documents.article = threads.article AND documents.crawl = threads.crawl)
    WHERE id IN (
        SELECT threads.id FROM documents JOIN threads
            ON threads.article = documents.article AND threads.crawl = documents.crawl
        WHERE documents.record_id = ?)
"""
_KEY = "SELECT 1 FROM articles WHERE source = ? AND url_key = ?"


def reread(
    connection: Connection,
    source: int,
    articles: Sequence[AgainArticle],
    threads: Sequence[AgainThread],
    extractors: Mapping[str, str],
) -> bool:
    """Put what was read again in the place of all that was read of the articles of these captures.

    ``extractors`` names what read each capture (record id) again, also those that show no article any more.
    False when all of it was put before.
    """
    known: dict[str, tuple[str | None, int]] = {}
    ids = list(extractors)
    for start in range(0, len(ids), CHUNK):
        part = ids[start : start + CHUNK]
        query = _EXTRACTORS.format(", ".join("?" * len(part)))
        known |= {row[0]: (row[1], row[2]) for row in rows_of(connection, query, *part)}
    if all(record_id in known and known[record_id][0] == name for record_id, name in extractors.items()):
        return False
    emptied = _forget(connection, ids)
    _keep_number(connection, source, emptied, articles)
    for read in articles:
        mirrored.put_article(
            connection,
            source=source,
            crawl=known[read.capture.record_id][1],
            capture=read.capture,
            article=read.article,
            text=read.indexed,
            wordpress_post_id=read.wordpress_post_id,
            noun=read.noun,
            extractor=extractors[read.capture.record_id],
        )
    for one in threads:
        number = number_of_url(connection, one.article_url, source)
        if number is not None:
            _put_thread(
                connection, number, known[one.capture.record_id][1], one, extractors[one.capture.record_id]
            )
    for number in emptied:
        if rows_of(connection, _IS_EMPTY, number):
            for statement in _FORGET:
                rows_of(connection, statement, number)
            rows_of(connection, "DELETE FROM articles WHERE id = ?", number)
    note_extractors(connection, extractors)
    return True


def note_extractors(connection: Connection, extractors: Mapping[str, str]) -> None:
    """Note what read captures (record id to name) again, and found what was found before."""
    for record_id, name in extractors.items():
        note_extractor(connection, record_id, name)
    for record_id, name in extractors.items():
        rows_of(connection, _VERSION_READ, name, record_id)
        rows_of(connection, _THREAD_READ, record_id)


def _forget(connection: Connection, record_ids: Sequence[str]) -> dict[int, str]:
    """Empty the articles that captures show; return their numbers and keys."""
    emptied: dict[int, str] = {}
    for start in range(0, len(record_ids), CHUNK // 2):
        part = record_ids[start : start + CHUNK // 2]
        query = _ARTICLES.format(", ".join("?" * len(part)))
        emptied |= dict(rows_of(connection, query, *part, *part))
    for number in emptied:
        for statement in _FORGET:
            rows_of(connection, statement, number)
        rows_of(connection, _EMPTY, number)
    return emptied


def _keep_number(
    connection: Connection, source: int, emptied: Mapping[int, str], articles: Sequence[AgainArticle]
) -> None:
    """Let an article whose canonical URL is read otherwise now keep the number that people know."""
    urls = {storable(lookup_key(read.article.canonical_url)): read.article.canonical_url for read in articles}
    if len(emptied) != 1 or len(urls) != 1:
        return
    ((number, key),) = emptied.items()
    ((new, url),) = urls.items()
    if new != key and not rows_of(connection, _KEY, source, new):
        rows_of(connection, _MOVE, new, storable(url), number)


def _put_thread(connection: Connection, article: int, crawl: int, read: AgainThread, extractor: str) -> None:
    mirrored.put_thread(
        connection,
        article=article,
        crawl=crawl,
        capture=read.capture,
        thread=read.thread,
        texts=read.indexed,
        nouns=read.nouns,
        extractor=extractor,
        last=read.last,
        complete=read.complete,
    )
    if read.last:
        is_whole = read.complete and not mirrored.read_by_mirror(connection, article, crawl)
        finish(connection, article, crawl, complete=is_whole, declared_total=None)
