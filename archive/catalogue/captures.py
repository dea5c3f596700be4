"""Captures and failures: what was fetched, and what came of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import bindparam, func, insert, or_, select

from archive.catalogue import sqlite
from archive.catalogue.columns import moment_text, storable, storable_or_none
from archive.catalogue.records import FailureRecord
from archive.catalogue.schema import captures, crawls, failures, sources, vias
from archive.urlkey import lookup_key
from model import Capture, PageRole, Truncation, Via

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from model import Observation

# As many values as one IN may list; the statement's text is made for each length once.
CHUNK = 500

# The write path is the driver's own, as that of articles: values as stored.
_KNOWN = "SELECT record_id FROM captures WHERE record_id IN ({})"
_COLUMNS = (
    "record_id",
    "crawl",
    "source",
    "url_key",
    "url",
    "captured_at",
    "warc_key",
    "offset",
    "length",
    "status",
    "mime",
    "payload_digest",
    "payload_length",
    "revisit_of",
    "truncated",
    "role",
    "redirect_to",
)
_nouns = select(
    captures.c.record_id,
    captures.c.url,
    captures.c.captured_at,
    captures.c.warc_key,
    captures.c.offset,
    captures.c.length,
    captures.c.status,
    captures.c.mime,
    captures.c.payload_digest,
    captures.c.payload_length,
    captures.c.revisit_of,
    captures.c.truncated,
    captures.c.role,
    captures.c.redirect_to,
)
_by_record = _nouns.where(captures.c.record_id == bindparam("record_id"))
_by_key = _nouns.where(captures.c.url_key == bindparam("key"))
_oldest = _by_key.order_by(captures.c.captured_at, captures.c.id).limit(bindparam("limit"))
# What a mirror brought for an address stands for it; what somebody else put in its place does not.
_for_key = select(vias.c.record_id).where(vias.c.url_key == bindparam("key"))
_is_the_sites = captures.c.record_id.not_in(_for_key.where(vias.c.via == Via.INTERFERENCE.value))
_newest = _by_key.where(_is_the_sites).order_by(captures.c.captured_at.desc(), captures.c.id.desc())
_near = _nouns.where(
    or_(
        captures.c.url_key == bindparam("key"),
        captures.c.record_id.in_(_for_key.where(vias.c.via.in_([Via.MIRROR.value, Via.ONION.value]))),
    ),
    _is_the_sites,
)
_until = (
    _near.order_by(captures.c.captured_at.desc(), captures.c.id.desc())
    .where(captures.c.captured_at <= bindparam("moment"))
    .limit(bindparam("limit"))
)
_after = (
    _near.where(captures.c.captured_at > bindparam("moment"))
    .order_by(captures.c.captured_at, captures.c.id)
    .limit(bindparam("limit"))
)
_payload = (
    _nouns.where(
        captures.c.payload_digest == bindparam("digest"),
        captures.c.revisit_of.is_(None),
        captures.c.truncated.is_(None),
        captures.c.payload_length > 0,
    )
    .order_by(captures.c.captured_at, captures.c.id)
    .limit(1)
)
_insert_failure = insert(failures)
_known_failure = select(failures.c.id).where(failures.c.record_id == bindparam("record_id"))


def add(connection: Connection, crawl: int, source: int, added: Sequence[Capture]) -> None:
    """Insert captures; one whose record is known already is left as it is."""
    for start in range(0, len(added), CHUNK):
        part = {capture.record_id: capture for capture in added[start : start + CHUNK]}
        query = _KNOWN.format(", ".join("?" * len(part)))
        for row in sqlite.rows_of(connection, query, *part):
            del part[row[0]]
        rows = [
            (
                capture.record_id,
                crawl,
                source,
                storable(lookup_key(capture.url)),
                storable(capture.url),
                moment_text(capture.captured_at),
                capture.warc_key,
                capture.offset,
                capture.length,
                capture.status,
                storable(capture.mime),
                capture.payload_digest,
                capture.payload_length,
                capture.revisit_of,
                capture.truncated and capture.truncated.value,
                capture.role.value,
                storable_or_none(capture.redirect_to),
            )
            for capture in part.values()
        ]
        if rows:
            sqlite.insert_numbered(connection, captures, _COLUMNS, rows)


def by_record(connection: Connection, record_id: str) -> Capture | None:
    """Return the capture of a record."""
    row = connection.execute(_by_record, {"record_id": record_id}).first()
    return None if row is None else _capture(row)


def of_url(connection: Connection, url: str, limit: int) -> list[Capture]:
    """Return captures of all spellings of a URL, http and https alike, oldest first."""
    rows = connection.execute(_oldest, {"key": storable(lookup_key(url)), "limit": limit})
    return [_capture(row) for row in rows]


def near(connection: Connection, url: str, moment: datetime, limit: int) -> list[Capture]:
    """Return the captures of a URL before and after a moment, at most half of ``limit`` on each side.

    Those that mirrors brought for it are among them; what stood there and was not the site's is not.
    """
    given = {"key": storable(lookup_key(url)), "moment": moment, "limit": -(-limit // 2)}
    before = [_capture(row) for row in connection.execute(_until, given)]
    return before[::-1] + [_capture(row) for row in connection.execute(_after, given)]


def latest(connection: Connection, url: str) -> Capture | None:
    """Return the newest capture of a URL in its own scheme: that http redirects to https is another thing.

    What mirrors brought for it is not asked, nor what was not the site's: neither is what the site answered.
    """
    scheme = _scheme(url)
    with connection.execute(_newest, {"key": storable(lookup_key(url))}) as result:
        for row in result:
            if _scheme(row.url) == scheme:
                return _capture(row)
    return None


# The newest rows are enough: it is asked of a file that was just mended.
_LAST_OFFSET = """
    SELECT max("offset")
    FROM (SELECT "offset", warc_key FROM captures ORDER BY id DESC LIMIT 200000) AS newest
    WHERE warc_key = ?
"""


def last_offset(connection: Connection, warc_key: str) -> int:
    """Return the offset of the last capture known of a file written lately; -1 when none is."""
    found = sqlite.rows_of(connection, _LAST_OFFSET, warc_key)[0][0]
    return -1 if found is None else cast("int", found)


PAYLOAD_EXISTS: Final = "SELECT 1 FROM captures WHERE payload_digest = ? LIMIT 1"
"""Asked for every exchange, and nearly always answered «no»."""


def payload(connection: Connection, digest: str) -> Capture | None:
    """Return the oldest capture that holds this payload itself, whole and not empty."""
    row = connection.execute(_payload, {"digest": digest}).first()
    return None if row is None else _capture(row)


def _scheme(url: str) -> str:
    return url.lstrip()[:8].partition(":")[0].lower()


# Any: SQLAlchemy types a row by its first columns only.
def _capture(row: Row[*tuple[Any, ...]]) -> Capture:
    values = dict(row._mapping)
    values["truncated"] = values["truncated"] and Truncation(values["truncated"])
    values["role"] = PageRole(values["role"])
    return Capture(**values)


def add_failure(
    connection: Connection,
    crawl: int,
    source: int,
    record_id: str,
    observation: Observation,
    role: PageRole,
) -> None:
    """Insert a failed attempt; one whose record is known already is left as it is.

    ``ValueError`` for an observation without a failure, which is a fault of the caller.
    """
    if observation.failure is None:
        raise ValueError(f"the attempt at {observation.url} did not fail")
    if connection.execute(_known_failure, {"record_id": record_id}).first() is not None:
        return
    kind = observation.failure.kind
    row = {
        "record_id": record_id,
        "crawl": crawl,
        "source": source,
        "url_key": storable(lookup_key(observation.url)),
        "url": storable(observation.url),
        "role": role.value,
        "kind": kind.value,
        "stage": kind.stage.value,
        "detail": storable(observation.failure.detail),
        "failed_at": observation.ended_at,
    }
    connection.execute(_insert_failure, row)


_failures = (
    select(failures, crawls.c.name.label("crawl_id"), sources.c.name.label("source_name"))
    .join(crawls, failures.c.crawl == crawls.c.id)
    .join(sources, failures.c.source == sources.c.id)
    .where(failures.c.crawl == bindparam("crawl"))
    .order_by(failures.c.id)
    .limit(bindparam("limit"))
)
_by_kind = (
    select(failures.c.kind, func.count())
    .where(failures.c.crawl == bindparam("crawl"))
    .group_by(failures.c.kind)
    .order_by(func.count().desc(), failures.c.kind)
)


def failures_of(connection: Connection, crawl: int, limit: int) -> list[FailureRecord]:
    """Return a crawl's failures in the order they were recorded."""
    rows = connection.execute(_failures, {"crawl": crawl, "limit": limit})
    return [
        FailureRecord(
            record_id=row.record_id,
            source=row.source_name,
            crawl_id=row.crawl_id,
            url=row.url,
            role=PageRole(row.role),
            kind=row.kind,
            stage=row.stage,
            detail=row.detail,
            failed_at=row.failed_at,
        )
        for row in rows
    ]


def failure_counts(connection: Connection, crawl: int) -> tuple[tuple[str, int], ...]:
    """Return how many failures of each kind a crawl met, most frequent first."""
    return tuple((row[0], row[1]) for row in connection.execute(_by_kind, {"crawl": crawl}))
