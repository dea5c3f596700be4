"""Column types, and the nouns' JSON as stored."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import DateTime, String
from sqlalchemy.types import TypeDecorator

from model import ReadError, from_json, json_text

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import Dialect
    from sqlalchemy.types import TypeEngine

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_SQLITE_INTEGER_BITS = 63

Noun = TypeVar("Noun")


class Moment(TypeDecorator[datetime]):
    """An aware UTC time with microseconds.

    SQLite has no such type: there it is text of fixed width, ``2026-11-23T07:30:00.000000Z``, which sorts
    by time and can be read by people. Elsewhere it is a timestamp with time zone.
    """

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:  # Any: text or a timestamp
        """Choose the stored type."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        """Return the stored form; ``ValueError`` for a naive time, which is a fault of the caller."""
        if dialect.name == "sqlite":
            return moment_text(value)
        return None if value is None else _as_utc(value)

    def process_result_value(self, value: object, dialect: Dialect) -> datetime | None:
        """Return the aware time."""
        if value is None or isinstance(value, datetime):
            return value
        return datetime.fromisoformat(str(value))


def moment_text(value: datetime | None) -> str | None:
    """Return a time as text of fixed width that sorts by time; ``ValueError`` for a naive one.

    >>> moment_text(datetime(2026, 11, 23, 7, 30, tzinfo=UTC))
    '2026-11-23T07:30:00.000000Z'
    """
    if value is None:
        return None
    return f"{_as_utc(value).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _as_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    try:
        return value.astimezone(UTC)
    except OverflowError:  # year 1 or 9999, from a page that lies: a day's error does not matter there
        return value.replace(tzinfo=UTC)


def storable(text: str) -> str:
    r"""Return ``text`` with lone surrogates (from hostile pages; no database takes them) as U+FFFD.

    >>> storable("a\ud800b")
    'a�b'
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return _LONE_SURROGATE.sub("\ufffd", text)
    return text


def storable_or_none(text: str | None) -> str | None:
    """Return :func:`storable` of a text, or ``None``."""
    return None if text is None else storable(text)


def bounded_integer(number: int | None) -> int | None:
    """Return ``number``, or ``None`` where a page claims one that no database holds (over 63 bits)."""
    return None if number is None or abs(number).bit_length() > _SQLITE_INTEGER_BITS - 1 else number


def dump_noun(noun: object) -> str:
    """Return a noun as JSON text."""
    return json_text(noun)


def load_noun(kind: type[Noun], text: str) -> Noun:
    """Return the noun that :func:`dump_noun` wrote; ``ReadError`` when the text is no such thing."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise ReadError(f"this is no {kind.__name__}: {error}") from error
    return from_json(kind, data)
