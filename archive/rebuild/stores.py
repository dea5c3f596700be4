"""The WARC files that lie in stores: found by listing, opened by range requests, noted in the ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from archive.catalogue import CopyState
from archive.rebuild.files import WarcPlace
from archive.shelf import WARC_PREFIX, Stores
from model import BadConfigurationError, RemoteStoreError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from archive.catalogue import Ledger
    from archive.objects import ObjectStore, StoredObject

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_STATES = tuple(CopyState)


@dataclass(frozen=True, slots=True)
class StoreCopy:
    """Opens a file in a store."""

    path: Path
    """The archive's folder, whose ``mandegar.toml`` names the stores."""
    store: str
    version_id: str | None

    def __call__(self, key: str) -> BinaryIO:
        """Return a seekable reader; ``StoreError``."""
        try:
            return _stores(self.path).open(self.store).open(WARC_PREFIX + key, self.version_id)
        except BadConfigurationError as error:
            raise StoreError(str(error)) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What the stores of an archive hold."""

    copies: dict[str, dict[str, StoredObject]]
    """File key to store name to the object."""
    unasked: tuple[tuple[str, str], ...]
    """Stores that could not be listed, and why."""

    def places(self, path: Path, here: Iterable[WarcPlace]) -> dict[str, WarcPlace]:
        """Return all files by key: read here where they lie ``here`` too, else in the first store."""
        openers = {
            key: tuple(StoreCopy(path, name, one.version_id) for name, one in held.items())
            for key, held in self.copies.items()
        }
        there = [
            WarcPlace(
                key=key,
                size=next(iter(held.values())).size,
                closed_at=min((one.stored_at for one in held.values() if one.stored_at), default=_LONG_AGO),
                is_local=False,
                opener=openers[key][0],
                spares=openers[key][1:],
            )
            for key, held in self.copies.items()
        ]
        local = [replace(place, spares=openers.get(place.key, ())) for place in here]
        return {place.key: place for place in (*there, *local)}


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
            store = stores.open(settings.name)
            for found in store.objects(WARC_PREFIX):
                key = found.key.removeprefix(WARC_PREFIX)
                if _is_file(key):
                    copies.setdefault(key, {})[settings.name] = found
            if settings.key_file is None:
                _refuse_encrypted(settings.name, store)
        except RemoteStoreError as error:
            unasked.append((settings.name, str(error)))
    return Listing(copies=copies, unasked=tuple(unasked))


def _refuse_encrypted(name: str, store: ObjectStore) -> None:
    """Raise ``StoreRefusedError`` for a store that holds encrypted objects too: nothing else would tell."""
    # cryptography and what it loads is needed for encrypted stores only.
    from archive.objects.encrypted import SEALED, needs_key, other_key_in

    if next(iter(store.objects(SEALED)), None) is not None and (needed := other_key_in(store)) is not None:
        raise needs_key(name, needed, "no key_file is set")


def store_names(path: Path) -> list[str]:
    """Return the names of an archive's stores."""
    return [settings.name for settings in _stores(path).settings.stores]


def open_store_of(path: Path, name: str) -> ObjectStore:
    """Return a store of an archive, as :meth:`archive.shelf.Stores.open`."""
    return _stores(path).open(name)


def _is_file(key: str) -> bool:
    parts = PurePosixPath(key)
    return key.endswith((".warc.gz", ".warc")) and not parts.is_absolute() and ".." not in parts.parts


def note_copies(
    ledger: Ledger,
    listing: Listing,
    read_there: Mapping[str, str],
    bad: Iterable[tuple[str, str, CopyState, str]],
) -> None:
    """Note the copies that the ledger does not know yet, and which are ``bad`` (key, store, how, why).

    One that was just read from its store from beginning to end (``read_there``, key to store) counts as
    verified. Of the others only the name was seen: they are to be put, which shows whether they are whole.
    """
    names = sorted({name for held in listing.copies.values() for name in held})
    known = {(copy.key, name) for name in names for copy in ledger.copies_in(name, *_STATES)}
    ledger.want(names)
    now = datetime.now(UTC)
    for key, name in read_there.items():
        if (key, name) in known:
            continue
        found = listing.copies[key][name]
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
    for key, name, state, why in bad:
        ledger.found_bad(key, name, state, why)
