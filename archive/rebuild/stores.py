"""The WARC files that lie in stores: found by listing, opened by range requests, noted in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from archive.catalogue import CopyState
from archive.rebuild.files import WarcPlace
from archive.shelf import WARC_PREFIX, Stores
from model import BadConfigurationError, RemoteStoreError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archive.catalogue import Ledger
    from archive.objects import ObjectStore, StoredObject

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_STATES = tuple(CopyState)


@dataclass(frozen=True, slots=True)
class StoreCopies:
    """Opens a file in the first of the stores that gives it."""

    path: Path
    """The archive's folder, whose ``mandegar.toml`` names the stores."""
    copies: tuple[tuple[str, str | None], ...]
    """Store and version id."""

    def __call__(self, key: str) -> BinaryIO:
        """Return a seekable reader; ``StoreError`` when no store gives it."""
        stores = _stores(self.path)
        reasons = []
        for name, version_id in self.copies:
            try:
                return stores.open(name).open(WARC_PREFIX + key, version_id)
            except (RemoteStoreError, BadConfigurationError) as error:
                reasons.append(str(error))
        raise StoreError("; ".join(reasons) or f"no store has {key}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What the stores of an archive hold."""

    copies: dict[str, dict[str, StoredObject]]
    """File key to store name to the object."""
    unasked: tuple[tuple[str, str], ...]
    """Stores that could not be listed, and why."""

    def places(self, path: Path) -> list[WarcPlace]:
        """Return the files, each to be read in the first store that has it."""
        return [
            WarcPlace(
                key=key,
                size=next(iter(held.values())).size,
                closed_at=min((one.stored_at for one in held.values() if one.stored_at), default=_LONG_AGO),
                is_local=False,
                opener=StoreCopies(path, tuple((name, one.version_id) for name, one in held.items())),
            )
            for key, held in self.copies.items()
        ]


@lru_cache(maxsize=4)
def _stores(path: Path) -> Stores:
    # Without a cache: everything is read once.
    return Stores(path, cached=False)


def list_stores(path: Path) -> Listing:
    """List all stores of an archive; ``BadConfigurationError`` when ``mandegar.toml`` cannot be read."""
    stores = _stores(path)
    copies: dict[str, dict[str, StoredObject]] = {}
    unasked = []
    for settings in stores.settings.stores:
        try:
            for found in stores.open(settings.name).objects(WARC_PREFIX):
                key = found.key.removeprefix(WARC_PREFIX)
                if _is_file(key):
                    copies.setdefault(key, {})[settings.name] = found
        except RemoteStoreError as error:
            unasked.append((settings.name, str(error)))
    return Listing(copies=copies, unasked=tuple(unasked))


def store_names(path: Path) -> list[str]:
    """Return the names of an archive's stores."""
    return [settings.name for settings in _stores(path).settings.stores]


def open_store_of(path: Path, name: str) -> ObjectStore:
    """Return a store of an archive, as :meth:`archive.shelf.Stores.open`."""
    return _stores(path).open(name)


def _is_file(key: str) -> bool:
    parts = PurePosixPath(key)
    return key.endswith((".warc.gz", ".warc")) and not parts.is_absolute() and ".." not in parts.parts


def note_copies(ledger: Ledger, listing: Listing, read_there: Iterable[str]) -> None:
    """Note the copies that the ledger does not know yet.

    One that was just read from its store from beginning to end (``read_there``, keys) counts as verified. Of
    the others only the name was seen: they are to be put, which shows whether they are whole.
    """
    names = sorted({name for held in listing.copies.values() for name in held})
    known = {(copy.key, name) for name in names for copy in ledger.copies_in(name, *_STATES)}
    ledger.want(names)
    now = datetime.now(UTC)
    for key in read_there:
        held = listing.copies.get(key, {})
        name = next(iter(held), "")
        if not name or (key, name) in known:
            continue
        found = held[name]
        ledger.verified(
            key,
            name,
            at=now,
            version_id=found.version_id,
            stored_bytes=found.size,
            locked_until=found.locked_until,
        )
        if found.sha256 is not None:
            ledger.note_sha256(key, found.sha256)
