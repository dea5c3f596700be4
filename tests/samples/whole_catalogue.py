"""A catalogue as a whole, so that two can be compared: every table, numbers of rows resolved to names."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

# Numbers stand for rows: what they mean is a name. Articles keep theirs: people type them.
_TABLES = {
    "sources": "SELECT name, noun FROM sources",
    "crawls": "SELECT c.name, s.name, c.state, c.started_at, c.warc_bytes, c.noun, c.holder, c.heartbeat_at"
    " FROM crawls c JOIN sources s ON s.id = c.source",
    "captures": "SELECT t.record_id, c.name, s.name, t.url_key, t.url, t.captured_at, t.warc_key, t.offset,"
    " t.length, t.status, t.mime, t.payload_digest, t.payload_length, t.revisit_of, t.truncated, t.role,"
    " t.redirect_to, t.extractor"
    " FROM captures t JOIN crawls c ON c.id = t.crawl JOIN sources s ON s.id = t.source",
    "failures": "SELECT t.record_id, c.name, s.name, t.url_key, t.url, t.role, t.kind, t.stage, t.detail,"
    " t.failed_at FROM failures t JOIN crawls c ON c.id = t.crawl JOIN sources s ON s.id = t.source",
    "articles": "SELECT a.id, s.name, a.url_key, a.url, a.title, a.section, a.language, a.published_at,"
    " a.first_seen_at, a.last_seen_at, a.wordpress_post_id, a.current_version, a.versions,"
    " a.declared_comments FROM articles a JOIN sources s ON s.id = a.source",
    "versions": "SELECT article, number, digest, first_seen_at, last_seen_at, noun, extractor, by_extractor,"
    " links FROM versions",
    "learned": "SELECT s.name, t.revision, t.learned_at, t.content FROM learned t"
    " JOIN sources s ON s.id = t.source",
    "sightings": "SELECT t.article, v.number, c.name, t.record_id, t.url_key, t.url, t.captured_at,"
    " t.reading FROM sightings t JOIN versions v ON v.id = t.version JOIN crawls c ON c.id = t.crawl",
    "documents": "SELECT t.article, c.name, t.record_id, t.last, t.complete, t.reading"
    " FROM documents t JOIN crawls c ON c.id = t.crawl",
    "comments": "SELECT t.article, t.key, t.parent_id, t.parent_rank, t.text_rank, t.digest, t.published_at,"
    " t.noun, t.first_seen_at, t.last_seen_at, c.name FROM comments t JOIN crawls c ON c.id = t.last_crawl",
    "comment_texts": "SELECT m.article, m.key, t.text_rank, t.digest, t.text, t.first_seen_at,"
    " t.last_seen_at, t.by_extractor,"
    " (SELECT count(*) FROM comment_texts o WHERE o.comment = t.comment AND o.id < t.id)"
    " FROM comment_texts t JOIN comments m ON m.id = t.comment",
    "threads": "SELECT t.article, c.name, t.read_at, t.complete, t.declared_total, t.extractor"
    " FROM threads t JOIN crawls c ON c.id = t.crawl",
    "passages": "SELECT t.article, v.number, m.key, x.digest FROM passages t"
    " LEFT JOIN versions v ON v.id = t.version LEFT JOIN comment_texts x ON x.id = t.comment_text"
    " LEFT JOIN comments m ON m.id = x.comment",
    "frontier": "SELECT c.name, t.key, t.state, t.turn, t.url, t.host, t.role, t.request, t.ready_at,"
    " t.reason, t.failures, (SELECT count(*) FROM frontier o WHERE o.crawl = t.crawl AND o.id < t.id)"
    " FROM frontier t JOIN crawls c ON c.id = t.crawl",
    "hosts": "SELECT origin, not_before, delay_s, back_off_s, asked_at, robots_at, robots_state, robots_text"
    " FROM hosts",
    "verdicts": "SELECT s.name, t.article, t.state, t.judged_at, t.noun"
    " FROM verdicts t JOIN sources s ON s.id = t.source",
    "events": "SELECT s.name, t.name, t.article, t.kind, t.opened_at, t.known_at, t.closed_at, t.noun"
    " FROM events t JOIN sources s ON s.id = t.source",
    "connections": "SELECT s.name, t.record_id, t.kind, t.observed_at, t.inside_share, t.noun"
    " FROM connections t JOIN sources s ON s.id = t.source",
    "vias": "SELECT s.name, t.record_id, t.via, t.url_key, t.noun"
    " FROM vias t JOIN sources s ON s.id = t.source",
    "looks": "SELECT s.name, t.article, t.sequence, t.at, t.record_id, t.kind, t.lacks, t.noun"
    " FROM looks t JOIN sources s ON s.id = t.source",
    "attentions": "SELECT s.name, t.article, t.attention, t.since, t.checked_at"
    " FROM attentions t JOIN sources s ON s.id = t.source",
    "incidents": "SELECT s.name, t.noun FROM incidents t JOIN sources s ON s.id = t.source",
    "files": "SELECT key, bytes, is_local, is_indexed FROM files",
    "manifests": "SELECT store, path, day, number, sha256, head_sha256, root, leaves, made_at FROM manifests",
    "manifest_files": "SELECT m.store, m.path, f.key FROM manifest_files t"
    " JOIN manifests m ON m.id = t.manifest JOIN files f ON f.id = t.file",
    "copies": "SELECT f.key, t.store, t.state, t.version_id, t.stored_bytes, t.upload, t.failures, t.reason"
    " FROM copies t JOIN files f ON f.id = t.file",
}
# Every word of the index with the passages that have it, by what the passages stand for.
_WORDS = """
    SELECT w.term, w.col, p.article, v.number, m.key, x.digest
    FROM {table}_words w JOIN passages p ON p.id = w.doc
    LEFT JOIN versions v ON v.id = p.version LEFT JOIN comment_texts x ON x.id = p.comment_text
    LEFT JOIN comments m ON m.id = x.comment
"""


# What no WARC file says; it is taken over from the catalogue before, where there is one.
BESIDE_WARC = ("frontier", "hosts", "copies", "attentions")


def from_warc(rows: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """Return the tables that WARC files alone tell."""
    return {name: found for name, found in rows.items() if name not in BESIDE_WARC}


def dump(archive: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return every table's rows, sorted."""
    with closing(sqlite3.connect(archive / "catalogue.sqlite")) as connection:
        rows = {name: _sorted(connection.execute(query)) for name, query in _TABLES.items()}
        for table in ("passage_text", "title_text"):
            connection.execute(
                f"CREATE VIRTUAL TABLE temp.{table}_words USING fts5vocab('main', '{table}', 'instance')"
            )
            rows[table] = _sorted(connection.execute(_WORDS.format(table=table)))
        return rows


def tables(archive: Path) -> set[str]:
    """Return the names of all tables but those of full text, of migrations and of SQLite's own."""
    with closing(sqlite3.connect(archive / "catalogue.sqlite")) as connection:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return {
        name for name in names if not name.startswith(("passage_text", "title_text", "sqlite_", "alembic"))
    }


def assert_same(before: dict[str, list[tuple[Any, ...]]], after: dict[str, list[tuple[Any, ...]]]) -> None:
    """Fail with the rows that differ, table by table."""
    assert before.keys() == after.keys()
    for name, rows in before.items():
        known, found = set(rows), set(after[name])
        lost = [row for row in rows if row not in found]
        new = [row for row in after[name] if row not in known]
        assert (name, lost[:3], new[:3]) == (name, [], [])
        assert rows == after[name]


def _sorted(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(map(tuple, rows), key=lambda row: tuple((value is not None, str(value)) for value in row))
