"""Where WARC files lie: which are closed, which copies of them are good, and what is still to be done.

A file is noted when it is closed. A copy is *verified* only when its store itself showed it whole, and only
verified copies count. Stores are named as in ``mandegar.toml``.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, func, insert, literal, select, update

from archive.catalogue.columns import storable
from archive.catalogue.holdings import (
    CopyState,
    FileCopy,
    Safety,
    StoreStanding,
    TouchedCapture,
    WarcFile,
)
from archive.catalogue.schema import captures, copies, files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy import Connection, Row

__all__ = [
    "CopyState",
    "FileCopy",
    "Ledger",
    "Safety",
    "StoreStanding",
    "TouchedCapture",
    "WarcFile",
    "note_closed",
]

# As many values as one IN may list.
_CHUNK = 500

_FILE_FIELDS = tuple(field.name for field in fields(WarcFile))
_COPY_FIELDS = tuple(field.name for field in fields(FileCopy))

warc_files = select(
    files.c.key,
    files.c.bytes.label("size"),
    files.c.sha256,
    files.c.closed_at,
    files.c.is_local,
    files.c.is_indexed,
)
"""A ``WarcFile`` a row."""
_copies = select(
    files.c.key,
    copies.c.store,
    copies.c.state,
    copies.c.version_id,
    copies.c.stored_bytes,
    copies.c.verified_at,
    copies.c.locked_until,
    copies.c.upload,
    copies.c.failures,
    copies.c.next_try,
    copies.c.reason,
).join(files, copies.c.file == files.c.id)
_of_key = select(files.c.id).where(files.c.key == bindparam("of_key")).scalar_subquery()
_copy = update(copies).where(copies.c.file == _of_key, copies.c.store == bindparam("of_store"))
_waiting = and_(copies.c.store == bindparam("of_store"), copies.c.state == CopyState.PENDING.value)
_due = (
    select(
        *_copies.selected_columns, *(column for column in warc_files.selected_columns if column.key != "key")
    )
    .join(files, copies.c.file == files.c.id)
    .where(_waiting, (copies.c.next_try.is_(None)) | (copies.c.next_try <= bindparam("now")))
    # One that never gets through keeps no other waiting.
    .order_by(copies.c.failures, files.c.closed_at, files.c.id)
    .limit(1)
)
_next_try = select(func.min(copies.c.next_try)).where(_waiting)
_numbers = (
    select(copies.c.state, func.count(), func.sum(files.c.bytes), func.min(files.c.closed_at))
    .join(files, copies.c.file == files.c.id)
    .where(copies.c.store == bindparam("of_store"))
    .group_by(copies.c.state)
)
_unwanted = select(func.count(), func.sum(files.c.bytes), func.min(files.c.closed_at)).where(
    ~select(copies.c.id).where(copies.c.file == files.c.id, copies.c.store == bindparam("of_store")).exists()
)
_first_waiting = _copies.where(_waiting).order_by(files.c.closed_at, files.c.id).limit(1)
_first_reason = (
    select(copies.c.reason)
    .join(files, copies.c.file == files.c.id)
    .where(_waiting, copies.c.reason.is_not(None))
    .order_by(files.c.closed_at, files.c.id)
    .limit(1)
)
_touched = (
    select(
        captures.c.record_id,
        captures.c.url,
        captures.c.captured_at,
        captures.c.offset,
        captures.c.length,
    )
    .where(captures.c.warc_key == bindparam("key"))
    .order_by(captures.c.offset)
)


class Ledger:
    """The files and copies of a catalogue; made by :attr:`Catalogue.ledger`.

    Every method is one small transaction, not to be called within :meth:`Catalogue.write`, and may be called
    from any thread.
    """

    def __init__(
        self,
        reading: Callable[[], AbstractContextManager[Connection]],
        writing: Callable[[], AbstractContextManager[Connection]],
    ) -> None:
        self._reading = reading
        self._writing = writing

    # --- files

    def note_closed(self, key: str, size: int, closed_at: datetime, *, is_indexed: bool = True) -> None:
        """Note a file that was closed below ``warc/``; one that is known already is local again."""
        with self._writing() as connection:
            note_closed(connection, key, size, closed_at, is_indexed=is_indexed)

    def note_found(self, found: Sequence[tuple[str, int, datetime]]) -> tuple[str, ...]:
        """Note files (key, size, when last written) that lie below ``warc/``; return those not known before.

        Whether the catalogue holds what a new one says is not known: it was closed by a mend, or put there.
        """
        new: list[str] = []
        with self._writing() as connection:
            for start in range(0, len(found), _CHUNK):
                part = found[start : start + _CHUNK]
                rows = connection.execute(
                    select(files.c.key, files.c.is_local).where(files.c.key.in_([key for key, _, _ in part]))
                )
                known: dict[str, bool] = {row.key: row.is_local for row in rows}
                for key, size, closed_at in part:
                    if not known.get(key, False):
                        note_closed(connection, key, size, closed_at, is_indexed=False)
                    if key not in known:
                        new.append(key)
        return tuple(new)

    def file(self, key: str) -> WarcFile | None:
        """Return a file, or ``None`` when it is not known."""
        with self._reading() as connection:
            row = connection.execute(warc_files.where(files.c.key == key)).first()
        return None if row is None else _file(row)

    def files(self, *, after: str = "", batch: int = _CHUNK) -> Iterator[WarcFile]:
        """Yield all files by key, those after ``after`` only; reads ``batch`` of them at a time."""
        statement = warc_files.where(files.c.key > bindparam("after")).order_by(files.c.key).limit(batch)
        while True:
            with self._reading() as connection:
                rows = connection.execute(statement, {"after": after}).all()
            for row in rows:
                yield _file(row)
            if len(rows) < batch:
                return
            after = rows[-1].key

    def note_sha256(self, key: str, sha256: str) -> None:
        """Note the SHA-256 of a file that was read for the first time since it was closed."""
        with self._writing() as connection:
            connection.execute(
                update(files).where(files.c.key == key, files.c.sha256.is_(None)).values(sha256=sha256)
            )

    def note_local(self, key: str, *, is_local: bool) -> None:
        """Note whether a file lies below the archive's own ``warc/``."""
        with self._writing() as connection:
            connection.execute(update(files).where(files.c.key == key).values(is_local=is_local))

    def note_indexed(self, key: str) -> None:
        """Note that the catalogue holds all that a file says."""
        with self._writing() as connection:
            connection.execute(update(files).where(files.c.key == key).values(is_indexed=True))

    # --- copies

    def want(self, stores: Sequence[str]) -> int:
        """Want a copy of every file in each of these stores; return how many were not wanted before."""
        added = 0
        with self._writing() as connection:
            for store in stores:
                has = select(copies.c.id).where(copies.c.file == files.c.id, copies.c.store == store).exists()
                missing = select(
                    files.c.id, literal(store), literal(CopyState.PENDING.value), literal(0)
                ).where(~has)
                result = connection.execute(
                    insert(copies).from_select(["file", "store", "state", "failures"], missing)
                )
                added += result.rowcount
        return added

    def due(self, store: str, now: datetime) -> tuple[WarcFile, FileCopy] | None:
        """Return what is to be put next: of the copies whose time has come, that which failed the least.

        Of several, that of the oldest file.
        """
        with self._reading() as connection:
            row = connection.execute(_due, {"of_store": store, "now": now}).first()
        return None if row is None else (_file(row), _file_copy(row))

    def next_try(self, store: str) -> datetime | None:
        """Return when the next pending copy of a store may be tried again; ``None`` when none has to wait."""
        with self._reading() as connection:
            moment: datetime | None = connection.execute(_next_try, {"of_store": store}).scalar()
        return moment

    def try_at_once(self, store: str) -> None:
        """Let everything that waits for a store be tried at once: a new process, maybe a new setting."""
        with self._writing() as connection:
            connection.execute(update(copies).where(_waiting).values(next_try=None), {"of_store": store})

    def begun(self, key: str, store: str, upload: str) -> None:
        """Note how far an upload has come."""
        self._change(key, store, upload=upload)

    def verified(
        self,
        key: str,
        store: str,
        *,
        at: datetime,
        version_id: str | None,
        stored_bytes: int,
        locked_until: datetime | None,
    ) -> None:
        """Note that a store showed a copy whole."""
        self._change(
            key,
            store,
            state=CopyState.VERIFIED.value,
            version_id=version_id,
            stored_bytes=stored_bytes,
            verified_at=at,
            locked_until=locked_until,
            upload=None,
            failures=0,
            next_try=None,
            reason=None,
        )

    def failed(self, key: str, store: str, reason: str, next_try: datetime) -> None:
        """Note what stood in the way of a copy, and when to try again."""
        self._change(key, store, failures=copies.c.failures + 1, next_try=next_try, reason=storable(reason))

    def found_bad(self, key: str, store: str, state: CopyState, reason: str) -> None:
        """Note that a copy is damaged or missing; what it was stays noted, for who looks into it.

        A place that is no store of copies (the archive's own folder) is noted for as long as it is bad.
        """
        values = {"state": state.value, "upload": None, "next_try": None, "reason": storable(reason)}
        with self._writing() as connection:
            changed = connection.execute(_copy.values(**values), {"of_key": key, "of_store": store})
            number = connection.execute(select(files.c.id).where(files.c.key == key)).scalar()
            if changed.rowcount == 0 and number is not None:
                row = {"file": number, "store": store, "failures": 0}
                connection.execute(insert(copies), row | values)

    def forget(self, key: str, store: str) -> None:
        """Forget what :meth:`found_bad` noted of a place that is no store of copies."""
        with self._writing() as connection:
            connection.execute(
                delete(copies).where(copies.c.file == _of_key, copies.c.store == store), {"of_key": key}
            )

    # Any: values of columns.
    def _change(self, key: str, store: str, **values: Any) -> None:
        with self._writing() as connection:
            connection.execute(_copy.values(**values), {"of_key": key, "of_store": store})

    def copies_of(self, key: str) -> list[FileCopy]:
        """Return the copies of a file, wanted or there, by store."""
        with self._reading() as connection:
            rows = connection.execute(_copies.where(files.c.key == key).order_by(copies.c.store)).all()
        return [_file_copy(row) for row in rows]

    def copies_in(self, store: str, *states: CopyState) -> list[FileCopy]:
        """Return the copies of a store that are in one of these states, by key."""
        wanted = [state.value for state in states]
        statement = _copies.where(copies.c.store == store, copies.c.state.in_(wanted))
        with self._reading() as connection:
            rows = connection.execute(statement.order_by(files.c.key)).all()
        return [_file_copy(row) for row in rows]

    # --- numbers

    def standing(self, store: str) -> StoreStanding:
        """Return how the copies of a store stand; files that none was wanted of yet are pending, too."""
        with self._reading() as connection:
            given = {"of_store": store}
            rows = {row[0]: row for row in connection.execute(_numbers, given)}
            unwanted = connection.execute(_unwanted, given).one()
            first = connection.execute(_first_waiting, given).first()
            reason = connection.execute(_first_reason, given).scalar()
        none = (None, 0, 0, None)
        verified = rows.get(CopyState.VERIFIED.value, none)
        pending = rows.get(CopyState.PENDING.value, none)
        return StoreStanding(
            store=store,
            verified=verified[1],
            verified_bytes=int(verified[2]),
            pending=pending[1] + unwanted[0],
            pending_bytes=int(pending[2]) + int(unwanted[1] or 0),
            oldest_waiting=min((one for one in (pending[3], unwanted[2]) if one is not None), default=None),
            damaged=rows.get(CopyState.DAMAGED.value, none)[1],
            missing=rows.get(CopyState.MISSING.value, none)[1],
            next_try=None if first is None else first.next_try,
            reason=reason,
        )

    def safety(self, stores: Sequence[str], enough: int) -> Safety:
        """Return how many files have ``enough`` verified copies in these stores."""
        good = (
            select(copies.c.file, func.count().label("many"))
            .where(copies.c.state == CopyState.VERIFIED.value, copies.c.store.in_(stores))
            .group_by(copies.c.file)
            .subquery()
        )
        with self._reading() as connection:
            whole = connection.execute(
                select(
                    func.count(),
                    func.coalesce(func.sum(files.c.bytes), 0),
                    func.count().filter(good.c.many >= enough),
                    func.count().filter(files.c.is_local),
                    func.count().filter(good.c.many.is_(None)),
                ).select_from(files.outerjoin(good, good.c.file == files.c.id))
            ).one()
        return Safety(
            files=whole[0], file_bytes=int(whole[1]), safe=whole[2], local=whole[3], only_local=whole[4]
        )

    def captures_in(self, key: str) -> list[TouchedCapture]:
        """Return the captures whose records lie in a file, by offset."""
        with self._reading() as connection:
            rows = connection.execute(_touched, {"key": key}).all()
        return [TouchedCapture(**row._mapping) for row in rows]


def note_closed(
    connection: Connection, key: str, size: int, closed_at: datetime, *, is_indexed: bool
) -> None:
    """Insert a file, or note that it is local (again); for a transaction of more than that."""
    known: dict[str, bool] = {"is_local": True} | ({"is_indexed": True} if is_indexed else {})
    changed = connection.execute(update(files).where(files.c.key == key).values(**known))
    if changed.rowcount == 0:
        row = {
            "key": key,
            "bytes": size,
            "closed_at": closed_at,
            "is_local": True,
            "is_indexed": is_indexed,
        }
        connection.execute(insert(files), row)


# Any: SQLAlchemy types a row by its first columns only.
def _file(row: Row[*tuple[Any, ...]]) -> WarcFile:
    return WarcFile(**{name: row._mapping[name] for name in _FILE_FIELDS})


def _file_copy(row: Row[*tuple[Any, ...]]) -> FileCopy:
    values = {name: row._mapping[name] for name in _COPY_FIELDS}
    return FileCopy(**values | {"state": CopyState(values["state"])})
