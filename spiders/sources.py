"""Where sources come from: a module ``spiders/<cc>_<name>.py``, a TOML file, or a bare address.

A TOML file holds the fields of :class:`model.Source` by their names. ``origin`` is all it must have;
``name`` is taken from the file's own when it is not set::

    # nl_example.toml
    origin = "https://www.example.org/"
    title = "Example"
    feeds = ["https://www.example.org/feed/"]
    languages = ["fa"]
    timezone = "Europe/Amsterdam"
    delay_s = 2
"""

from __future__ import annotations

import difflib
import importlib
import ipaddress
import pkgutil
import re
import tomllib
import types
import zoneinfo
from dataclasses import MISSING, dataclass, fields
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Union, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import spiders
from model import BadConfigurationError, BadUrlError, Mirror, Source
from spiders.pages import PageClass, check_page_classes

_MODULE = re.compile(r"[a-z]{2}_[a-z0-9_]+")
_NAME = re.compile(r"[a-z0-9_]+")
_ADDRESS_FIELDS = ("feeds", "sitemaps", "sections")
_MIRROR_KEYS = {"url": str, "operator": str, "is_own": bool}
_MAX_FILE_BYTES = 1024 * 1024


def source_from_url(url: str) -> Source:
    """Return a source for a site that nobody declared, named after its host; ``BadUrlError`` for no address.

    >>> source_from_url("https://www.example.org/fa/").name
    'example_org'
    >>> source_from_url("http://127.0.0.1:8081").name
    '127_0_0_1_8081'
    """
    text = url.strip()
    complaint = _why_no_address(text)
    if complaint:
        raise BadUrlError(url, complaint)
    parts = urlsplit(text)
    host = (parts.hostname or "").rstrip(".").lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise BadUrlError(url, f"its host is no name that DNS can hold ({error})") from error
    usual = {"http": 80, "https": 443}[parts.scheme]
    port = f"_{parts.port}" if parts.port and parts.port != usual else ""
    name = re.sub(r"[^a-z0-9]+", "_", host.removeprefix("www.")).strip("_") + port
    return Source(name=name, origin=text)


def load_source(path: Path) -> Source:
    """Return the source that a TOML file declares; ``BadConfigurationError`` names the key."""
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise BadConfigurationError(str(path), "is larger than a source file can be (1 MB)")
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BadConfigurationError(str(path), f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadConfigurationError(str(path), "is not UTF-8 text; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise BadConfigurationError(
            str(path), f'is not TOML: {error}. Each line reads: name = "value", lists are ["a", "b"]'
        ) from error
    known = {field.name: field for field in fields(Source)}
    hints = get_type_hints(Source)
    values: dict[str, Any] = {}
    for key, value in data.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the settings are: {', '.join(known)}"
            raise BadConfigurationError(f"{path.name}: {key}", f"there is no such setting; {hint}")
        values[key] = _typed(f"{path.name}: {key}", hints[key], value)
    if "name" not in values:
        if not _MODULE.fullmatch(path.stem):
            raise BadConfigurationError(
                f"{path.name}: name",
                "is not set, and the file's own name is not of the form <country>_<name> (nl_zamaneh.toml)",
            )
        values["name"] = path.stem
    missing = [name for name, field in known.items() if name not in values and field.default is MISSING]
    if missing:
        raise BadConfigurationError(
            f"{path.name}: {missing[0]}", "must be set; every other setting may be left out"
        )
    source = Source(**values)
    check_source(source, where=f"{path.name}: ")
    return source


def check_source(source: Source, *, where: str = "") -> None:
    """Raise ``BadConfigurationError`` when a field contradicts itself; the message names it."""
    if not _NAME.fullmatch(source.name):
        raise BadConfigurationError(
            f"{where}name",
            f"{source.name!r} has other signs than small letters a-z, digits and _ (nl_zamaneh)",
        )
    _check_address(f"{where}origin", source.origin)
    for field in _ADDRESS_FIELDS:
        for url in getattr(source, field):
            _check_address(f"{where}{field}", url)
    for mirror in source.mirrors:
        _check_address(f"{where}mirrors", mirror.url)
    for host in source.hosts:
        if "/" in host or _why_no_address(f"http://{host}"):
            raise BadConfigurationError(
                f"{where}hosts", f"{host!r} is not a host name; write only the name: mirror.example.org"
            )
    for field in ("article_pattern", "skip_pattern"):
        try:
            re.compile(getattr(source, field))
        except re.error as error:
            raise BadConfigurationError(f"{where}{field}", f"is no regular expression: {error}") from error
    if source.timezone:
        try:
            zoneinfo.ZoneInfo(source.timezone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise BadConfigurationError(
                f"{where}timezone", f"{source.timezone!r} is no time zone; write it like Europe/Amsterdam"
            ) from error
    for name in source.allowed_ranges:
        try:
            ipaddress.ip_network(name, strict=False)
        except ValueError as error:
            raise BadConfigurationError(
                f"{where}allowed_ranges", f"{name!r} is no range of addresses; write it like 10.1.0.0/16"
            ) from error
    for field, least in (
        ("delay_s", 0),
        ("max_pages", 1),
        ("max_age_days", 1),
        ("expected_articles_per_day", 0),
    ):
        value = getattr(source, field)
        if value is not None and not value >= least:
            raise BadConfigurationError(f"{where}{field}", f"{value} is too small; the least is {least}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What one module of this package declares."""

    source: Source
    """Its ``SOURCE``."""
    pages: tuple[PageClass, ...] = ()
    """Its ``PAGES``: at most one is valid on any day; empty when the general rules suffice."""


@cache
def declared() -> dict[str, Declaration]:
    """Return what the modules ``spiders/<cc>_<name>.py`` declare, by name; a faulty one raises."""
    found: dict[str, Declaration] = {}
    for module in _modules():
        where = module.__name__.rpartition(".")[2]
        source, pages = getattr(module, "SOURCE", None), tuple(getattr(module, "PAGES", ()))
        if not isinstance(source, Source) or source.name != where:
            raise BadConfigurationError(f"{where}: SOURCE", f"must be a Source whose name is {where!r}")
        check_source(source, where=f"{where}: ")
        check_page_classes(where, pages)
        found[source.name] = Declaration(source=source, pages=pages)
    return found


def find_source(name: str) -> Source:
    """Return the source of a declared name or a TOML file; ``BadConfigurationError`` when it is neither."""
    if name in declared():
        return declared()[name].source
    path = Path(name)
    if path.suffix == ".toml" or path.is_file():
        return load_source(path)
    raise BadConfigurationError(
        "source", f"{name!r} is neither a declared source ({', '.join(sorted(declared()))}) nor a .toml file"
    )


def _modules() -> list[ModuleType]:
    names = sorted(module.name for module in pkgutil.iter_modules(spiders.__path__))
    return [importlib.import_module(f"spiders.{name}") for name in names if _MODULE.fullmatch(name)]


# Any: a hint is a type, a union or a generic alias, which have no common type; values come from TOML.
def _typed(setting: str, hint: Any, value: Any) -> Any:
    """Return ``value`` as the field's type, or say in words what kind of value belongs there."""
    if get_origin(hint) in {Union, types.UnionType}:
        hint = next(part for part in get_args(hint) if part is not type(None))
    if get_origin(hint) is tuple and get_args(hint)[0] is Mirror:
        return _mirrors(setting, value)
    if get_origin(hint) is tuple:
        if isinstance(value, str):
            raise BadConfigurationError(setting, f'is a list; write ["{value}"], with brackets')
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise BadConfigurationError(setting, 'is a list of texts: ["one", "two"]')
        return tuple(value)
    if hint is bool:
        if not isinstance(value, bool):
            raise BadConfigurationError(setting, f"is either true or false (without quotes), not {value!r}")
    elif hint in {int, float}:
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or (hint is int and value != int(value))
        ):
            kind = "a whole number" if hint is int else "a number"
            raise BadConfigurationError(setting, f"is {kind}, without quotes, not {value!r}")
        return hint(value)
    elif not isinstance(value, str):
        raise BadConfigurationError(setting, f'is a text in quotes: "…", not {value!r}')
    return value


# Any: values come from TOML.
def _mirrors(setting: str, value: Any) -> tuple[Mirror, ...]:
    """Return the mirrors of ``[[mirrors]]`` tables: ``url``, and ``operator`` and ``is_own`` where told."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise BadConfigurationError(setting, 'each is a table of its own: [[mirrors]] and url = "https://…"')
    found = []
    for at, table in enumerate(value, 1):
        place = f"{setting} no. {at}"
        for key, given in table.items():
            if key not in _MIRROR_KEYS:
                raise BadConfigurationError(
                    f"{place}: {key}",
                    f"there is no such setting; the settings are: {', '.join(_MIRROR_KEYS)}",
                )
            if not isinstance(given, _MIRROR_KEYS[key]):
                raise BadConfigurationError(f"{place}: {key}", f"{given!r} is not what belongs there")
        if "url" not in table:
            raise BadConfigurationError(f"{place}: url", "must be set")
        found.append(Mirror(**table))
    return tuple(found)


def _check_address(setting: str, url: str) -> None:
    complaint = _why_no_address(url)
    if complaint:
        raise BadConfigurationError(setting, f"{url!r} is not a web address: {complaint}")


def _why_no_address(url: str) -> str:
    """Return what keeps a text from being a web address, in words for a person; empty when it is one."""
    if not url:
        return "it is empty"
    if any(letter.isspace() or not letter.isprintable() for letter in url):
        return "it holds white space"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in {"http", "https"}:
        if "://" not in url and "." in url.split("/", 1)[0]:
            return f"it must begin with https:// or http://; try https://{url}"
        return "it must begin with https:// or http://"
    if not parts.hostname or not re.search(r"\w", parts.hostname):
        return "it names no host"
    if parts.username is not None or parts.password is not None:
        return "it holds a user name or password, which would end up in the archive"
    if port == 0:
        return "its port is 0"
    return ""
