"""Nouns to plain JSON values and back, by their type hints; the form in which WARC records hold them.

Dataclasses become objects, tuples lists, aware datetimes ISO 8601 with offset, enums their values, bytes
base64 (RFC 4648, 4). Fields equal to their default are written too: a reader needs no defaults of ours.
Reading ignores names it does not know, so that a newer writer's records stay readable.
"""

from __future__ import annotations

import base64
import json
import re
import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from model.errors import ReadError

Noun = TypeVar("Noun")

# Any: JSON values have no narrower type in the standard library.
Json = Any

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def to_json(value: object) -> Json:
    """Return a value that :func:`json.dumps` takes.

    >>> from model.article import Image
    >>> to_json(Image(url="http://a/b.jpg"))
    {'url': 'http://a/b.jpg', 'alt': '', 'caption': ''}
    """
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    shallow = _shallow(value)
    if isinstance(shallow, dict):
        return {name: to_json(item) for name, item in shallow.items()}
    return shallow


def json_text(value: object) -> str:
    """Return the JSON of :func:`to_json` as compact text, lone surrogates (no UTF-8 has them) as U+FFFD.

    One pass of the encoder, which is written in C: to make plain values first took three times as long.

    >>> from model.article import Image
    >>> json_text(Image(url="http://a/b.jpg"))
    '{"url":"http://a/b.jpg","alt":"","caption":""}'
    """
    text = _encode(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return _LONE_SURROGATE.sub("\ufffd", text)
    return text


@cache
def _names(noun: type) -> tuple[str, ...]:
    return tuple(item.name for item in fields(noun))


def _shallow(value: object) -> Json:
    """Return what JSON does not know as what it knows, one level deep."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if is_dataclass(value) and not isinstance(value, type):
        return {name: getattr(value, name) for name in _names(type(value))}
    raise TypeError(f"{type(value).__name__} has no JSON form")


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_shallow).encode


def from_json(noun: type[Noun], data: Json) -> Noun:
    """Return the noun that :func:`to_json` wrote; ``ReadError`` when ``data`` is no such thing."""
    try:
        result: Noun = _reader(cast("Any", noun))(data)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ReadError(f"this is no {noun.__name__}: {error}") from error
    return result


# How a value of a type is read is found out once: looking at type hints for every value of a thread of
# comments took longer than all else that is done to make the catalogue anew.
_Reader = Callable[[Json], Any]


@cache
def _reader(hint: Any) -> _Reader:
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        return _optional(_reader(next(part for part in get_args(hint) if part is not type(None))))
    if origin is tuple:
        parts = get_args(hint)
        if len(parts) == 2 and parts[1] is Ellipsis:
            return _repeated(_reader(parts[0]))
        return _fixed(tuple(map(_reader, parts)))
    if is_dataclass(hint):
        return _noun(hint)
    if hint is datetime:
        return datetime.fromisoformat
    if hint is bytes:
        return _bytes
    if isinstance(hint, type):
        return hint if issubclass(hint, Enum) else _plain(hint)
    return lambda data: data


def _optional(read: _Reader) -> _Reader:
    return lambda data: None if data is None else read(data)


def _repeated(read: _Reader) -> _Reader:
    def values(data: Json) -> tuple[Any, ...]:
        _check_list(data)
        return tuple([read(item) for item in data])

    return values


def _fixed(readers: tuple[_Reader, ...]) -> _Reader:
    def values(data: Json) -> tuple[Any, ...]:
        _check_list(data)
        return tuple([read(item) for read, item in zip(readers, data, strict=True)])

    return values


def _check_list(data: Json) -> None:
    if not isinstance(data, list | tuple):
        raise TypeError(f"{data!r} is not a list")


def _bytes(data: Json) -> bytes:
    return base64.b64decode(data, validate=True)


def _plain(kind: type) -> _Reader:
    def value(data: Json) -> Any:
        if isinstance(data, kind):
            return data
        if kind is float and isinstance(data, int):
            return float(data)
        raise TypeError(f"{data!r} is not a {kind.__name__}")

    return value


def _noun(noun: Any) -> _Reader:
    # At the first value: a noun may hold nouns of its own kind.
    @cache
    def plan() -> list[tuple[str, _Reader, bool]]:
        hints = get_type_hints(noun)
        return [
            (item.name, _reader(hints[item.name]), item.default is item.default_factory is MISSING)
            for item in fields(noun)
        ]

    def value(data: Json) -> Any:
        values = {}
        for name, read, is_needed in plan():
            if name in data:
                values[name] = read(data[name])
            elif is_needed:
                raise KeyError(name)
        return noun(**values)

    return value
