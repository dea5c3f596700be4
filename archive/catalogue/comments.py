"""Comments over time.

A comment is known by its article and ``Comment.key``. Documents of three kinds show it, and they differ in
what they can be believed: the REST API knows the true parent; a feed names a parent or says nothing; HTML
shows the parent, but flattens what is nested deeper than the theme allows. So the parent kept is the best
known one. Of the text HTML shows more than a feed (which may cut it), and REST most. A text is called edited
only when documents of the same kind show it changed.

«Gone» is said only by a crawl that covered the whole thread and did not meet the comment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select, update

from archive.catalogue.captures import CHUNK
from archive.catalogue.columns import bounded_integer, dump_noun, load_noun, storable, storable_or_none
from archive.catalogue.records import CommentEdit, CommentRecord
from archive.catalogue.schema import articles, comment_texts, comments, crawls, passages, threads
from archive.catalogue.sqlite import add_passages
from archive.catalogue.threads import reading_order
from model import Comment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from archive.catalogue.records import IndexedText
    from model import Capture, CommentThread

    # Any: SQLAlchemy types a row by its first columns only.
    AnyRow = Row[*tuple[Any, ...]]

_FEEDS = ("feed", "rss", "atom")

_known = select(
    comments.c.id,
    comments.c.key,
    comments.c.parent_id,
    comments.c.parent_rank,
    comments.c.text_rank,
    comments.c.digest,
    comments.c.published_at,
    comments.c.noun,
    comments.c.first_seen_at,
    comments.c.last_seen_at,
    comments.c.last_crawl,
).where(comments.c.article == bindparam("article"), comments.c.key.in_(bindparam("keys", expanding=True)))
_texts = (
    select(
        comment_texts.c.id,
        comment_texts.c.comment,
        comment_texts.c.text_rank,
        comment_texts.c.digest,
        comment_texts.c.last_seen_at,
    )
    .where(comment_texts.c.comment.in_(bindparam("comments", expanding=True)))
    .order_by(comment_texts.c.id)
)
_insert = insert(comments).returning(comments.c.id, sort_by_parameter_order=True)
_insert_text = insert(comment_texts).returning(comment_texts.c.id, sort_by_parameter_order=True)
_insert_passage = insert(passages).returning(passages.c.id, sort_by_parameter_order=True)
_update = (
    update(comments)
    .where(comments.c.id == bindparam("row"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in (
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
        }
    )
)
_extend_text = (
    update(comment_texts)
    .where(comment_texts.c.id == bindparam("row"))
    .values(last_seen_at=bindparam("seen_at"))
)


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
) -> None:
    """Note the comments that one document shows; ``texts`` has the folded text of each key.

    ``ValueError`` for a comment without a key or folded text, which is a fault of the caller.
    """
    seen: dict[str, Comment] = {}
    folded: dict[str, IndexedText] = {}
    for comment in thread.comments:
        if not comment.key or comment.key not in texts:
            raise ValueError(f"the comment {comment.key!r} at {capture.url} has no key or no folded text")
        key = storable(comment.key)
        seen[key] = replace(comment, key=key)
        folded[key] = texts[comment.key]
    keys = list(seen)
    for start in range(0, len(keys), CHUNK):
        part = {key: seen[key] for key in keys[start : start + CHUNK]}
        _put_part(connection, article, crawl, capture, _origin(thread.origin), part, folded)
    _note_thread(connection, article, crawl, capture.captured_at, thread.declared_total)


def _put_part(
    connection: Connection,
    article: int,
    crawl: int,
    capture: Capture,
    origin: _Origin,
    seen: Mapping[str, Comment],
    folded: Mapping[str, IndexedText],
) -> None:
    known = {row.key: row for row in connection.execute(_known, {"article": article, "keys": list(seen)})}
    texts: dict[int, list[AnyRow]] = {}
    if known:
        for row in connection.execute(_texts, {"comments": [row.id for row in known.values()]}):
            texts.setdefault(row.comment, []).append(row)
    updates = [
        _merged(known[key], comment, folded[key].digest, origin, crawl, capture)
        for key, comment in seen.items()
        if key in known
    ]
    if updates:
        connection.execute(_update, updates)
    new = [key for key in seen if key not in known]
    numbers = {key: row.id for key, row in known.items()}
    if new:
        rows = [
            _fresh(article, seen[key], folded[key].digest, origin, crawl, capture.captured_at) for key in new
        ]
        numbers |= zip(new, connection.execute(_insert, rows).scalars(), strict=True)
    _put_texts(connection, article, capture.captured_at, origin, seen, folded, numbers, texts)


def _fresh(
    article: int, comment: Comment, digest: str, origin: _Origin, crawl: int, moment: datetime
) -> dict[str, object]:
    return {
        "article": article,
        "key": comment.key,
        "parent_id": storable_or_none(comment.parent_id),
        "parent_rank": origin.root if comment.parent_id is None else origin.parent,
        "text_rank": origin.text,
        "digest": digest,
        "published_at": comment.published_at,
        "noun": dump_noun(comment),
        "first_seen_at": moment,
        "last_seen_at": moment,
        "last_crawl": crawl,
    }


def _merged(
    row: AnyRow, comment: Comment, digest: str, origin: _Origin, crawl: int, capture: Capture
) -> dict[str, object]:
    """Return the row's new values: the better parent, and the content as last seen."""
    parent, rank = row.parent_id, row.parent_rank
    claimed = origin.root if comment.parent_id is None else origin.parent
    if claimed >= rank and (claimed > 0 or parent is None):
        parent, rank = storable_or_none(comment.parent_id), claimed
    is_later = capture.captured_at >= row.last_seen_at
    # Within one crawl the documents show one state: the one that shows it best is kept.
    is_shown = origin.text >= row.text_rank if row.last_crawl == crawl else is_later
    return {
        "row": row.id,
        "new_parent_id": parent,
        "new_parent_rank": rank,
        "new_text_rank": origin.text if is_shown else row.text_rank,
        "new_digest": digest if is_shown else row.digest,
        "new_published_at": comment.published_at if is_shown else row.published_at,
        "new_noun": dump_noun(comment) if is_shown else row.noun,
        "new_first_seen_at": min(row.first_seen_at, capture.captured_at),
        "new_last_seen_at": max(row.last_seen_at, capture.captured_at),
        "new_last_crawl": crawl if is_later else row.last_crawl,
    }


def _put_texts(
    connection: Connection,
    article: int,
    moment: datetime,
    origin: _Origin,
    seen: Mapping[str, Comment],
    folded: Mapping[str, IndexedText],
    numbers: Mapping[str, int],
    texts: Mapping[int, Sequence[AnyRow]],
) -> None:
    """Keep texts not yet seen in documents of this kind, and index those not yet seen at all."""
    rows: list[dict[str, object]] = []
    unknown: list[IndexedText | None] = []
    extended: list[dict[str, object]] = []
    for key, comment in seen.items():
        before = texts.get(numbers[key], ())
        own = [text for text in before if text.text_rank == origin.text]
        digest = folded[key].digest
        if own and own[-1].digest == digest:
            extended.append({"row": own[-1].id, "seen_at": max(own[-1].last_seen_at, moment)})
            continue
        rows.append(
            {
                "comment": numbers[key],
                "text_rank": origin.text,
                "digest": digest,
                "text": storable(comment.text),
                "first_seen_at": moment,
                "last_seen_at": moment,
            }
        )
        unknown.append(None if any(text.digest == digest for text in before) else folded[key])
    if extended:
        connection.execute(_extend_text, extended)
    if not rows:
        return
    made = zip(connection.execute(_insert_text, rows).scalars().all(), unknown, strict=True)
    indexed = [(number, text) for number, text in made if text is not None]
    if indexed:
        passed = [{"article": article, "comment_text": number} for number, _ in indexed]
        passage_numbers = connection.execute(_insert_passage, passed).scalars().all()
        add_passages(connection, list(zip(passage_numbers, (text for _, text in indexed), strict=True)))


# --- threads: what a crawl covered

_thread = select(threads).where(
    threads.c.article == bindparam("article"), threads.c.crawl == bindparam("crawl")
)
_insert_thread = insert(threads)
_update_thread = (
    update(threads)
    .where(threads.c.id == bindparam("row"))
    .values(
        read_at=bindparam("new_read_at"),
        complete=bindparam("new_complete"),
        declared_total=bindparam("new_declared_total"),
    )
)
_declare = (
    update(articles).where(articles.c.id == bindparam("row")).values(declared_comments=bindparam("declared"))
)


def _note_thread(
    connection: Connection, article: int, crawl: int, moment: datetime, declared: int | None
) -> None:
    declared = bounded_integer(declared)
    row = connection.execute(_thread, {"article": article, "crawl": crawl}).first()
    if row is None:
        values = {"article": article, "crawl": crawl, "read_at": moment, "complete": False}
        connection.execute(_insert_thread, {**values, "declared_total": declared})
    else:
        changed = {
            "row": row.id,
            "new_read_at": max(row.read_at, moment),
            "new_complete": row.complete,
            "new_declared_total": row.declared_total if declared is None else declared,
        }
        connection.execute(_update_thread, changed)
    if declared is not None:
        connection.execute(_declare, {"row": article, "declared": declared})


def finish(
    connection: Connection, article: int, crawl: int, *, complete: bool, declared_total: int | None
) -> bool:
    """Note that a crawl has read what it will of a thread; return whether that was all of it.

    All of it means: the caller says so, at least one document was read, and no fewer comments were met than
    the site declares.
    """
    row = connection.execute(_thread, {"article": article, "crawl": crawl}).first()
    if row is None:
        return False
    given = bounded_integer(declared_total)
    declared = row.declared_total if given is None else given
    met = connection.execute(
        select(func.count())
        .select_from(comments)
        .where(comments.c.article == article, comments.c.last_crawl == crawl)
    ).scalar_one()
    is_whole = complete and (declared is None or met >= declared)
    changed = {
        "row": row.id,
        "new_read_at": row.read_at,
        "new_complete": is_whole,
        "new_declared_total": declared,
    }
    connection.execute(_update_thread, changed)
    if declared is not None:
        connection.execute(_declare, {"row": article, "declared": declared})
    return is_whole


def gone_of(connection: Connection, rows: Sequence[AnyRow]) -> dict[int, tuple[datetime, str]]:
    """Return, by comment, when and in which crawl it was first missed; rows need article and last_*."""
    numbers = list({row.article for row in rows})
    covered: dict[int, list[AnyRow]] = {}
    for start in range(0, len(numbers), CHUNK):
        for row in connection.execute(
            select(threads.c.article, threads.c.crawl, threads.c.read_at, crawls.c.name)
            .join(crawls, threads.c.crawl == crawls.c.id)
            .where(threads.c.article.in_(numbers[start : start + CHUNK]), threads.c.complete)
            .order_by(threads.c.read_at, threads.c.id)
        ):
            covered.setdefault(row.article, []).append(row)
    gone: dict[int, tuple[datetime, str]] = {}
    for row in rows:
        for thread in covered.get(row.article, ()):
            if thread.read_at > row.last_seen_at and thread.crawl != row.last_crawl:
                gone[row.id] = (thread.read_at, thread.name)
                break
    return gone


def of_article(connection: Connection, article: int) -> list[CommentRecord]:
    """Return an article's comments as a reader would see the thread."""
    rows = connection.execute(
        select(comments).where(comments.c.article == article).order_by(comments.c.id)
    ).all()
    gone = gone_of(connection, rows)
    earlier: dict[int, list[CommentEdit]] = {}
    shown = {row.id: row for row in rows}
    for text in connection.execute(
        select(comment_texts)
        .join(comments, comment_texts.c.comment == comments.c.id)
        .where(comments.c.article == article, comment_texts.c.text_rank == comments.c.text_rank)
        .order_by(comment_texts.c.id)
    ):
        earlier.setdefault(text.comment, []).append(
            CommentEdit(text=text.text, first_seen_at=text.first_seen_at, last_seen_at=text.last_seen_at)
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
                # The last one is the text shown.
                edits=tuple(earlier.get(row.id, ())[:-1]),
            )
        )
    return records
