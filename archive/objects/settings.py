"""Where copies go, as the archive's ``mandegar.toml`` says it: read once, checked as a whole.

::

    format = 1
    copies = 2                    # as many stores must hold a file before it is safe; without it: all of them
    keep_local_days = 30          # how long a safe file stays here, too; without it: for ever
    cache_mb = 512                # what was read from stores and may stay on this disk
    disk_reserve_mb = 1024        # crawls pause when less is free

    [[stores]]
    name = "paris"                # a-z, 0-9 and -
    url = "s3://bucket/prefix"    # or a folder: /mnt/disk, ../disk, file:///mnt/disk
    endpoint = "https://s3.example.org"
    region = "fr-1"
    path_style = true
    profile = "archive"           # of the credentials file
    credentials_file = "~/.mandegar-keys"
    lock = "compliance"           # or "governance"; with retention_days
    retention_days = 365
    legal_hold = false
    key_file = "paris.key"        # encrypts what goes there: `mandegar store new-key`
    ca_file = "our-ca.pem"

Relative paths are relative to the archive's folder. Access keys never stand in it: the file travels with the
archive. They come from the environment, a profile or a credentials file (as every S3 tool reads them).
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from model import BadConfigurationError, NotAnArchiveError

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
# What S3 and the servers that speak it allow; the old capitals and underscores too.
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]")
# "Safe characters" of the S3 user guide (object keys): the others need care in one client or another.
_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()/-]*")
_SECRET = re.compile(r"secret|access_?key|passw|token|passphrase|credentials$", re.IGNORECASE)
_MOST_DAYS = 36_500
_S3_ONLY = ("endpoint", "region", "profile", "credentials_file", "ca_file", "lock", "retention_days")


class LockMode(StrEnum):
    """Who may delete a locked object before its time (S3 Object Lock)."""

    GOVERNANCE = "governance"
    """Whoever has a special permission."""
    COMPLIANCE = "compliance"
    """Nobody, the owner of the account included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """One store, as configured."""

    name: str
    """Unique; ``a-z``, ``0-9`` and ``-``."""
    url: str
    """``s3://bucket/prefix`` without a slash at the end, or the absolute path of a folder."""
    endpoint: str | None = None
    """``None``: Amazon's own."""
    region: str | None = None
    path_style: bool = False
    """The bucket stands in the path, not in the host name."""
    profile: str | None = None
    credentials_file: Path | None = None
    lock: LockMode | None = None
    retention_days: int | None = None
    legal_hold: bool = False
    key_file: Path | None = None
    """What goes there is encrypted with this key."""
    ca_file: Path | None = None
    """Certificates to trust beside (for S3: instead of) the system's."""

    @property
    def folder(self) -> Path | None:
        """Return the folder, or ``None`` for S3."""
        return None if self.url.startswith("s3://") else Path(self.url)

    @property
    def bucket(self) -> str:
        """Return the bucket; empty for a folder."""
        return self.url.removeprefix("s3://").partition("/")[0] if self.folder is None else ""

    @property
    def prefix(self) -> str:
        """Return what stands before every key in the bucket, without slashes around; may be empty."""
        return self.url.removeprefix("s3://").partition("/")[2] if self.folder is None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepingSettings:
    """What ``mandegar.toml`` says of keeping."""

    stores: tuple[StoreSettings, ...] = ()
    copies: int = 1
    """Verified copies in stores that make a file safe. Not said in the file: one in each store."""
    keep_local_days: int | None = None
    """How long a file stays here after it was closed, once it is safe; ``None``: for ever."""
    cache_mb: int = 512
    """0: nothing read from a store is kept."""
    disk_reserve_mb: int = 1024

    def store(self, name: str) -> StoreSettings:
        """Return the store of that name; ``BadConfigurationError`` names those there are."""
        for store in self.stores:
            if store.name == name:
                return store
        known = ", ".join(store.name for store in self.stores) or "none"
        raise BadConfigurationError(f"store {name}", f"no such store in mandegar.toml (there: {known})")


STORE_KEYS: Final = tuple(field.name for field in fields(StoreSettings))
TOP_KEYS: Final = (
    "format",
    "copies",
    "keep_local_days",
    "cache_mb",
    "disk_reserve_mb",
    "stores",
    "reachability",
)


def read_settings(marker: Path) -> KeepingSettings:
    """Return what an archive's ``mandegar.toml`` says.

    ``BadConfigurationError`` names the file, the table and the key; ``NotAnArchiveError`` when there is no
    such file.
    """
    try:
        text = marker.read_text(encoding="utf-8")
    except OSError as error:
        raise NotAnArchiveError(
            marker.parent, f"its {marker.name} cannot be read: {error.strerror}"
        ) from error
    except UnicodeDecodeError as error:
        raise BadConfigurationError(str(marker), "it is not UTF-8 text") from error
    return parse_settings(text, marker)


def parse_settings(text: str, marker: Path) -> KeepingSettings:
    """Return what a text says that stands, or shall stand, in ``marker``; errors as :func:`read_settings`."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfigurationError(str(marker), f"it is not TOML: {error}") from error
    top = _Table(values, str(marker), TOP_KEYS)
    tables = values.get("stores", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise top.bad("stores", "each store is a table of its own that begins with a line [[stores]]")
    stores = tuple(_read_listed(table, at, marker) for at, table in enumerate(tables, 1))
    _check_together(stores, marker)
    copies = top.number("copies", least=1, most=100)
    if copies is not None and copies > len(stores):
        there = f"{len(stores)} store{'s are' if len(stores) != 1 else ' is'}"
        raise top.bad("copies", f"{copies} copies are asked for, and only {there} configured")
    return KeepingSettings(
        stores=stores,
        copies=copies or max(1, len(stores)),
        keep_local_days=top.number("keep_local_days", least=0, most=_MOST_DAYS),
        cache_mb=top.number("cache_mb", least=0, most=1 << 30, default=512),
        disk_reserve_mb=top.number("disk_reserve_mb", least=0, most=1 << 30, default=1024),
    )


class _Table:
    """A TOML table, read key by key; an error names its place."""

    def __init__(self, values: dict[str, Any], place: str, known: tuple[str, ...]) -> None:
        self._values = values  # what TOML can hold: any
        self._place = place
        for key in values:
            if key not in known:
                raise self._unknown(key, known)

    def bad(self, key: str, why: str) -> BadConfigurationError:
        return BadConfigurationError(f"{self._place}: {key}", why)

    def _unknown(self, key: str, known: tuple[str, ...]) -> BadConfigurationError:
        if _SECRET.search(key):
            why = (
                "keys and passwords do not belong into this file, which travels with the archive; remove the "
                "line, and give them in the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), or in a "
                "file that `credentials_file` names"
            )
            return self.bad(key, why)
        near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
        hint = f"do you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        return self.bad(key, f"there is no such setting; {hint}")

    def text(self, key: str) -> str | None:
        value = self._values.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            raise self.bad(key, f'it needs a text in quotes, as in {key} = "…"')
        if any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in value):
            raise self.bad(key, "it holds a control character")
        return value

    def flag(self, key: str) -> bool:
        value = self._values.get(key, False)
        if not isinstance(value, bool):
            raise self.bad(key, "it is either true or false, without quotes")
        return value

    def number(self, key: str, *, least: int, most: int, default: Any = None) -> Any:  # int, or the default
        value = self._values.get(key)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.bad(key, f"it needs a whole number from {least} to {most}, without quotes")
        return value

    def path(self, key: str, base: Path) -> Path | None:
        value = self.text(key)
        return None if value is None else _absolute(value, base)


def _read_listed(values: dict[str, Any], at: int, marker: Path) -> StoreSettings:
    name = values.get("name")
    place = f"{marker}: [[stores]] {name if isinstance(name, str) else f'no. {at}'}"
    return make_store(values, base=marker.parent, place=place, home=marker.parent)


def make_store(values: dict[str, Any], *, base: Path, place: str, home: Path | None = None) -> StoreSettings:
    """Return a store from its keys as they stand in a table; those of :class:`StoreSettings`.

    Relative paths are relative to ``base``; ``place`` is what ``BadConfigurationError`` begins with; ``home``
    is the folder of the archive, in which no store may lie where the archive has its own files.
    """
    table = _Table(values, place, STORE_KEYS)
    if "name" not in values or not _NAME.fullmatch(table.text("name") or ""):
        raise table.bad("name", "each store needs a name of a-z, 0-9 and - (63 at most)")
    written = table.text("url")
    if written is None:
        raise table.bad("url", "each store needs one: a folder, or s3://bucket/prefix")
    url = _store_url(written, base, table)
    mode = table.text("lock")
    if mode is not None and mode not in set(LockMode):
        raise table.bad("lock", 'it is "governance" or "compliance"')
    store = StoreSettings(
        name=str(values["name"]),
        url=url,
        endpoint=_endpoint(table),
        region=table.text("region"),
        path_style=table.flag("path_style"),
        profile=table.text("profile"),
        credentials_file=table.path("credentials_file", base),
        lock=LockMode(mode) if mode else None,
        retention_days=table.number("retention_days", least=1, most=_MOST_DAYS),
        legal_hold=table.flag("legal_hold"),
        key_file=table.path("key_file", base),
        ca_file=table.path("ca_file", base),
    )
    _check_store(store, home, table)
    return store


def _check_store(store: StoreSettings, home: Path | None, table: _Table) -> None:
    """Raise for settings that contradict each other."""
    if store.folder is None:
        if store.lock and store.retention_days is None and not store.legal_hold:
            why = "a lock needs its time: add retention_days (or legal_hold = true, which has no end)"
            raise table.bad("lock", why)
        if store.retention_days is not None and store.lock is None:
            raise table.bad("retention_days", 'it needs lock = "governance" or lock = "compliance"')
        return
    for key in _S3_ONLY:
        if getattr(store, key) is not None:
            raise table.bad(key, "it goes with s3:// stores only; a folder has no such thing")
    for key in ("path_style", "legal_hold"):
        if getattr(store, key):
            raise table.bad(key, "it goes with s3:// stores only; a folder has no such thing")
    folder = Path(os.path.realpath(store.folder))
    if store.key_file is not None and folder in Path(os.path.realpath(store.key_file)).parents:
        raise table.bad("key_file", "the key lies in the store that it is to lock; keep it elsewhere")
    if home is None:
        return
    home = Path(os.path.realpath(home))
    if folder == home or folder in home.parents:
        raise table.bad("url", "the archive lies in this folder itself; a copy belongs elsewhere")
    if any(folder == inner or inner in folder.parents for inner in (home / "warc", home / "cache")):
        raise table.bad("url", "this is the archive's own folder; a copy belongs elsewhere")


def _check_together(stores: tuple[StoreSettings, ...], marker: Path) -> None:
    names: set[str] = set()
    places: list[tuple[tuple[str | None, str], str]] = []
    for store in stores:
        place = f"{marker}: [[stores]] {store.name}"
        if store.name in names:
            raise BadConfigurationError(f"{place}: name", "two stores have this name")
        names.add(store.name)
        lies_at = (store.endpoint, store.url if store.folder is None else os.path.realpath(store.folder))
        for other, name in places:
            if lies_at == other:
                why = f"this is where {name} lies already; a second copy belongs elsewhere"
                raise BadConfigurationError(f"{place}: url", why)
            if _is_within(lies_at, other) or _is_within(other, lies_at):
                why = f"this and {name} lie one within the other; a second copy belongs elsewhere"
                raise BadConfigurationError(f"{place}: url", why)
        places.append((lies_at, store.name))


def _is_within(inner: tuple[str | None, str], outer: tuple[str | None, str]) -> bool:
    """Tell whether an endpoint's URL, or a folder, lies below another."""
    return inner[0] == outer[0] and inner[1].startswith(outer[1].rstrip("/") + "/")


def _store_url(written: str, base: Path, table: _Table) -> str:
    """Return ``s3://bucket/prefix`` or an absolute path."""
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", written)
    if scheme is None:
        return str(_absolute(written, base))
    if scheme[1].lower() == "file":
        parts = urlsplit(written)
        if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/") or "%00" in written:
            raise table.bad("url", "a folder's URL is file:// and an absolute path: file:///mnt/disk")
        return str(_absolute(unquote(parts.path), base))
    if scheme[1].lower() != "s3" or not written[len(scheme[0]) :].startswith("//"):
        why = f"{scheme[1]}: is no store known here; give a folder, or s3://bucket/prefix"
        if scheme[1].lower() in {"http", "https"}:
            why += " with the server's address as endpoint"
        raise table.bad("url", why)
    rest = written[len(scheme[0]) + 2 :]
    # Not shown again: what stands before @ is a secret.
    if "@" in rest or "?" in rest or "#" in rest:
        why = (
            "an s3:// URL holds a bucket and a prefix, no keys and no query; give keys in the environment "
            "(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) or in a file that `credentials_file` names"
        )
        raise table.bad("url", why)
    bucket, _, prefix = rest.rstrip("/").partition("/")
    if not _BUCKET.fullmatch(bucket):
        raise table.bad("url", f"{bucket!r} is no name of a bucket; write s3://bucket or s3://bucket/prefix")
    if not _PREFIX.fullmatch(prefix) or {"", ".", ".."} & set(prefix.split("/") if prefix else ()):
        raise table.bad("url", "a prefix is of a-z, A-Z, 0-9, - _ . ! * ' ( ), with single slashes between")
    return f"s3://{bucket}/{prefix}" if prefix else f"s3://{bucket}"


def _endpoint(table: _Table) -> str | None:
    written = table.text("endpoint")
    if written is None:
        return None
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError as error:
        raise table.bad(
            "endpoint", "it is no web address; write https://host or https://host:port"
        ) from error
    if "@" in parts.netloc or parts.query or parts.fragment:
        why = (
            "it holds a login or a query, which do not belong into this file; give keys in the environment "
            "(AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) or in a file that `credentials_file` names"
        )
        raise table.bad("endpoint", why)
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise table.bad("endpoint", "it is no web address; write https://host or https://host:port")
    return written.rstrip("/")


def _absolute(written: str, base: Path) -> Path:
    # os.path's: a "~" of an unknown user stays what it is, where Path's raises.
    return Path(os.path.normpath(base.absolute() / os.path.expanduser(written)))  # noqa: PTH111
