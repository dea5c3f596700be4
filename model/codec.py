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
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

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
        result: Noun = _read(noun, data)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise ReadError(f"this is no {noun.__name__}: {error}") from error
    return result


@cache
def _hints(noun: type) -> dict[str, Any]:
    return get_type_hints(noun)


def _read(hint: Any, data: Json) -> Any:
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        if data is None:
            return None
        return _read(next(part for part in get_args(hint) if part is not type(None)), data)
    if origin is tuple:
        parts = get_args(hint)
        if len(parts) == 2 and parts[1] is Ellipsis:
            return tuple(_read(parts[0], item) for item in data)
        return tuple(_read(part, item) for part, item in zip(parts, data, strict=True))
    if is_dataclass(hint):
        return _read_dataclass(hint, data)
    if hint is datetime:
        return datetime.fromisoformat(data)
    if hint is bytes:
        return base64.b64decode(data, validate=True)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(data)
    if hint is float and isinstance(data, int):
        return float(data)
    if isinstance(hint, type) and not isinstance(data, hint):
        raise TypeError(f"{data!r} is not a {hint.__name__}")
    return data


def _read_dataclass(noun: Any, data: Json) -> Any:
    hints = _hints(noun)
    values = {}
    for item in fields(noun):
        if item.name in data:
            values[item.name] = _read(hints[item.name], data[item.name])
        elif item.default is MISSING and item.default_factory is MISSING:
            raise KeyError(item.name)
    return noun(**values)
