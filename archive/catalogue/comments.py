"""Comments over time.

A comment is known by its article and ``Comment.key``. Documents of three kinds show it, and they differ in
what they can be believed: the REST API knows the true parent; a feed names a parent or says nothing; HTML
shows the parent, but flattens what is nested deeper than the theme allows. So the parent kept is the best
known one. Of the text HTML shows more than a feed (which may cut it), and REST most. A text is called edited
only when documents of the same kind show it changed.

«Gone» is said only by a crawl that covered the whole thread and did not meet the comment
(:mod:`archive.catalogue.covered`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from sqlalchemy import select

from archive.catalogue.captures import CHUNK
from archive.catalogue.columns import (
    dump_noun,
    load_noun,
    moment_text,
    storable,
    storable_or_none,
)
from archive.catalogue.covered import gone_of, note_thread, read_alike
from archive.catalogue.records import CommentEdit, CommentRecord
from archive.catalogue.schema import comment_texts, comments
from archive.catalogue.sqlite import add_passages, insert_numbered, rows_of, run_many
from archive.catalogue.threads import reading_order
from model import Comment

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from archive.catalogue.records import IndexedText
    from model import Capture, CommentThread

    # Any: SQLAlchemy types a row by its first columns only.
    AnyRow = Row[*tuple[Any, ...]]

_FEEDS = ("feed", "rss", "atom")

# The write path is the driver's own (see rows_of): a thread of 22 comments costs 0.5 ms so and 2.5 otherwise.
# Its values are as stored: moments are text that sorts by time.

_ANY = "SELECT 1 FROM comments WHERE article = ? LIMIT 1"
_KNOWN = """
    SELECT id, key, parent_id, parent_rank, text_rank, digest, published_at, first_seen_at, last_seen_at,
        last_crawl
    FROM comments WHERE article = ? AND key IN ({})
"""
_TEXTS = """
    SELECT id, comment, text_rank, digest, last_seen_at FROM comment_texts WHERE comment IN ({}) ORDER BY id
"""
_COMMENT_COLUMNS = (
    "article",
    "key",
    "parent_id",
    "parent_rank",
    "text_rank",
    "digest",
    "published_at",
    "noun",
    "first_seen_at",
    "last_seen_at",
    "last_crawl",
)
_TEXT_COLUMNS = (
    "comment",
    "text_rank",
    "digest",
    "text",
    "first_seen_at",
    "last_seen_at",
    "by_extractor",
)
_PASSAGE_COLUMNS = ("article", "comment_text")
_UPDATE = """
    UPDATE comments SET parent_id = ?, parent_rank = ?, text_rank = ?, digest = ?, published_at = ?,
        noun = coalesce(?, noun), first_seen_at = ?, last_seen_at = ?, last_crawl = ?
    WHERE id = ?
"""
_EXTEND_TEXT = "UPDATE comment_texts SET last_seen_at = ? WHERE id = ?"


class _Known(NamedTuple):
    """A comment's row."""

    id: int
    key: str
    parent_id: str | None
    parent_rank: int
    text_rank: int
    digest: str
    published_at: str | None
    first_seen_at: str
    last_seen_at: str
    last_crawl: int


class _Text(NamedTuple):
    """A row of a comment's text."""

    id: int
    comment: int
    text_rank: int
    digest: str
    last_seen_at: str


@dataclass(frozen=True, slots=True)
class _Shown:
    """One document that shows comments: where, when and how far to be believed."""

    article: int
    crawl: int
    moment: str
    origin: _Origin
    comments: Mapping[str, Comment]
    folded: Mapping[str, IndexedText]
    nouns: Mapping[str, str]
    """JSON made of comments before, if it was."""
    extractor: str | None

    def noun(self, key: str) -> str:
        """Return a comment's JSON."""
        return self.nouns.get(key) or dump_noun(self.comments[key])


@dataclass(frozen=True, slots=True)
class _Origin:
    """How far a document can be believed."""

    parent: int
    """Rank of a parent it names."""
    root: int
    """Rank of its saying that there is no parent; 0 when it may just not say."""
    text: int


def _origin(name: str) -> _Origin:
    """Judge by ``CommentThread.origin``.

    >>> _origin("wordpress-rest").parent > _origin("rss").parent > _origin("wordpress-html").parent
    True
    """
    folded = name.lower()
    if "rest" in folded.split("-"):
        return _Origin(parent=3, root=3, text=3)
    if any(feed in folded for feed in _FEEDS):
        return _Origin(parent=2, root=0, text=1)
    return _Origin(parent=1, root=1, text=2)


def put(
    connection: Connection,
    *,
    article: int,
    crawl: int,
    capture: Capture,
    thread: CommentThread,
    texts: Mapping[str, IndexedText],
    nouns: Mapping[str, str] | None = None,
    extractor: str | None = None,
) -> None:
    """Note the comments that one document shows; ``texts`` has the folded text of each key.

    ``nouns`` may have the JSON of each key's comment (as :func:`model.json_text` makes it). ``ValueError``
    for a comment without a key or folded text, which is a fault of the caller.
    """
    seen: dict[str, Comment] = {}
    folded: dict[str, IndexedText] = {}
    made: dict[str, str] = {}
    for comment in thread.comments:
        if not comment.key or comment.key not in texts:
            raise ValueError(f"the comment {comment.key!r} at {capture.url} has no key or no folded text")
        key = storable(comment.key)
        seen[key] = comment if key == comment.key else replace(comment, key=key)
        folded[key] = texts[comment.key]
        if nouns and comment.key in nouns:
            made[key] = nouns[comment.key]
    moment = _stored(capture.captured_at)
    origin = _origin(thread.origin)
    # An article seen for the first time, the most of a crawl's, has no comments to look for.
    is_first = bool(seen) and not rows_of(connection, _ANY, article)
    keys = list(seen)
    for start in range(0, len(keys), CHUNK):
        part = {key: seen[key] for key in keys[start : start + CHUNK]}
        shown = _Shown(article, crawl, moment, origin, part, folded, made, extractor)
        _put_part(connection, shown, {} if is_first else _known(connection, article, part))
    note_thread(connection, article, crawl, moment, thread.declared_total, extractor)


def _stored(moment: datetime) -> str:
    return cast("str", moment_text(moment))


def _known(connection: Connection, article: int, keys: Collection[str]) -> dict[str, _Known]:
    query = _KNOWN.format(", ".join("?" * len(keys)))
    return {row.key: row for row in map(_Known._make, rows_of(connection, query, article, *keys))}


def _put_part(connection: Connection, shown: _Shown, known: Mapping[str, _Known]) -> None:
    texts: dict[int, list[_Text]] = {}
    if known:
        query = _TEXTS.format(", ".join("?" * len(known)))
        numbers_known = (row.id for row in known.values())
        for text in map(_Text._make, rows_of(connection, query, *numbers_known)):
            texts.setdefault(text.comment, []).append(text)
        run_many(connection, _UPDATE, [_merged(row, shown) for row in known.values()])
    new = [key for key in shown.comments if key not in known]
    numbers = {key: row.id for key, row in known.items()}
    if new:
        rows = [_fresh(key, shown) for key in new]
        numbers |= zip(new, insert_numbered(connection, comments, _COMMENT_COLUMNS, rows), strict=True)
    _put_texts(connection, shown, numbers, texts)


def _fresh(key: str, shown: _Shown) -> tuple[object, ...]:
    """Return the values of a new row, in the order of ``_COMMENT_COLUMNS``."""
    comment, origin = shown.comments[key], shown.origin
    return (
        shown.article,
        key,
        storable_or_none(comment.parent_id),
        origin.root if comment.parent_id is None else origin.parent,
        origin.text,
        shown.folded[key].digest,
        moment_text(comment.published_at),
        shown.noun(key),
        shown.moment,
        shown.moment,
        shown.crawl,
    )


def _merged(row: _Known, shown: _Shown) -> tuple[object, ...]:
    """Return the row's new values, as ``_UPDATE`` takes them: the better parent, and the content as last
    seen."""
    comment, origin, moment = shown.comments[row.key], shown.origin, shown.moment
    parent, rank = row.parent_id, row.parent_rank
    claimed = origin.root if comment.parent_id is None else origin.parent
    if claimed >= rank and (claimed > 0 or parent is None):
        parent, rank = storable_or_none(comment.parent_id), claimed
    is_later = moment >= row.last_seen_at
    # Within one crawl the documents show one state: the one that shows it best is kept.
    is_shown = origin.text >= row.text_rank if row.last_crawl == shown.crawl else is_later
    return (
        parent,
        rank,
        origin.text if is_shown else row.text_rank,
        shown.folded[row.key].digest if is_shown else row.digest,
        moment_text(comment.published_at) if is_shown else row.published_at,
        shown.noun(row.key) if is_shown else None,
        min(row.first_seen_at, moment),
        max(row.last_seen_at, moment),
        shown.crawl if is_later else row.last_crawl,
        row.id,
    )


def _put_texts(
    connection: Connection,
    shown: _Shown,
    numbers: Mapping[str, int],
    texts: Mapping[int, Sequence[_Text]],
) -> None:
    """Keep texts not yet seen in documents of this kind, and index those not yet seen at all."""
    rows: list[tuple[object, ...]] = []
    unknown: list[IndexedText | None] = []
    extended: list[tuple[str, int]] = []
    for key, comment in shown.comments.items():
        before = texts.get(numbers[key], ())
        own = [text for text in before if text.text_rank == shown.origin.text]
        digest = shown.folded[key].digest
        if own and own[-1].digest == digest:
            extended.append((max(own[-1].last_seen_at, shown.moment), own[-1].id))
            continue
        by_extractor = bool(own) and not read_alike(
            connection, shown.article, own[-1].last_seen_at, shown.extractor
        )
        rows.append(
            (
                numbers[key],
                shown.origin.text,
                digest,
                storable(comment.text),
                shown.moment,
                shown.moment,
                by_extractor,
            )
        )
        unknown.append(None if any(text.digest == digest for text in before) else shown.folded[key])
    if extended:
        run_many(connection, _EXTEND_TEXT, extended)
    if not rows:
        return
    made = insert_numbered(connection, comment_texts, _TEXT_COLUMNS, rows)
    indexed = [(number, text) for number, text in zip(made, unknown, strict=True) if text is not None]
    if indexed:
        passed = [(shown.article, number) for number, _ in indexed]
        add_passages(connection, _PASSAGE_COLUMNS, passed, [text for _, text in indexed])


def of_article(connection: Connection, article: int) -> list[CommentRecord]:
    """Return an article's comments as a reader would see the thread."""
    rows = connection.execute(
        select(comments).where(comments.c.article == article).order_by(comments.c.id)
    ).all()
    gone = gone_of(connection, rows)
    edits: dict[int, list[CommentEdit]] = {}
    before: dict[int, CommentEdit] = {}
    since_edit: dict[int, datetime] = {}
    shown = {row.id: row for row in rows}
    for text in connection.execute(
        select(comment_texts)
        .join(comments, comment_texts.c.comment == comments.c.id)
        .where(comments.c.article == article, comment_texts.c.text_rank == comments.c.text_rank)
        .order_by(comment_texts.c.id)
    ):
        # One that only another extractor reads otherwise was not edited.
        if text.comment in before and not text.by_extractor:
            edits.setdefault(text.comment, []).append(before[text.comment])
            since_edit[text.comment] = text.first_seen_at
        before[text.comment] = CommentEdit(
            text=text.text, first_seen_at=text.first_seen_at, last_seen_at=text.last_seen_at
        )
    nouns = [replace(load_noun(Comment, row.noun), parent_id=row.parent_id) for row in shown.values()]
    records = []
    for index, comment in reading_order(nouns):
        row = rows[index]
        since, crawl = gone.get(row.id, (None, None))
        records.append(
            CommentRecord(
                comment=comment,
                first_seen_at=row.first_seen_at,
                last_seen_at=row.last_seen_at,
                gone_since=since,
                gone_crawl=crawl,
                edits=tuple(edits.get(row.id, ())),
                text_since=since_edit.get(row.id),
            )
        )
    return records
