"""Frees this disk of files that are safe elsewhere; in any doubt a file stays.

A file goes only when all of this holds at this very moment: ``keep_local_days`` is set and the file was
closed longer ago; its SHA-256 is known; it stands in a manifest of the local chain, so that what it was can
still be proved; and enough stores, asked right now by version id, show the copy with the size that was
verified, not hidden and, where it was locked, still locked. The ledger says «not local» before the file is
unlinked: a crash in between leaves a file too many, which the next opening notes again, never one too few.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from archive.catalogue import CopyState
from archive.copies.keeping import object_key
from archive.copies.places import is_hidden
from archive.manifest.places import ARCHIVE
from archive.placing import sync_folder
from model import RemoteStoreError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from archive.catalogue import FileCopy, WarcFile
    from archive.copies.keeping import Keeping


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """What came of dropping."""

    files: int = 0
    bytes: int = 0
    kept: tuple[tuple[str, str], ...] = ()
    """Key and reason of each file that is old enough and stays all the same."""


def drop_old(
    keeping: Keeping, now: datetime, *, on_drop: Callable[[WarcFile], None] | None = None
) -> Dropped:
    """Drop the local files that may go; does nothing when ``keep_local_days`` is not set.

    Only for whoever holds the archive alone. ``StoreError`` when a file cannot be unlinked.
    """
    if keeping.settings.keep_local_days is None or not keeping.stores:
        return Dropped()
    until = now - timedelta(days=keeping.settings.keep_local_days)
    files = dropped_bytes = 0
    kept: list[tuple[str, str]] = []
    for file in keeping.ledger.files():
        if not file.is_local or file.closed_at > until:
            continue
        doubt = _doubt(keeping, file, now)
        if doubt is not None:
            kept.append((file.key, doubt))
            continue
        _drop(keeping, file)
        files += 1
        dropped_bytes += file.size
        if on_drop is not None:
            on_drop(file)
    return Dropped(files=files, bytes=dropped_bytes, kept=tuple(kept))


def _doubt(keeping: Keeping, file: WarcFile, now: datetime) -> str | None:
    """Return why a file must stay, or ``None``; asks the stores last."""
    if file.sha256 is None:
        return "its SHA-256 was never noted"
    if keeping.catalogue.manifests.covering(ARCHIVE, file.key) is None:
        return "it stands in no manifest yet"
    open_names = {store.name for store in keeping.stores}
    copies = [
        copy
        for copy in keeping.ledger.copies_of(file.key)
        if copy.state is CopyState.VERIFIED and copy.store in open_names
    ]
    if len(copies) < keeping.settings.copies:
        return f"{len(copies)} of {keeping.settings.copies} copies are verified"
    faults = [fault for copy in copies if (fault := _fault(keeping, copy, now)) is not None]
    good = len(copies) - len(faults)
    if good < keeping.settings.copies:
        return f"only {good} of {keeping.settings.copies} copies are there when asked: {'; '.join(faults)}"
    return None


def _fault(keeping: Keeping, copy: FileCopy, now: datetime) -> str | None:
    """Ask a store for a copy; return what is wrong with it."""
    store = keeping.store(copy.store)
    try:
        found = store.head(object_key(copy.key), copy.version_id)
        hidden = found is not None and is_hidden(store, object_key(copy.key), found)
    except RemoteStoreError as error:
        return str(error)
    where = f"store {copy.store}"
    if found is None:
        keeping.ledger.found_bad(copy.key, copy.store, CopyState.MISSING, "it was not there when asked")
        return f"{where}: it is missing"
    if found.version_id != copy.version_id:
        return f"{where}: another version is there"
    if found.size != copy.stored_bytes:
        why = f"{found.size:,} bytes instead of {copy.stored_bytes or 0:,}"
        keeping.ledger.found_bad(copy.key, copy.store, CopyState.DAMAGED, why)
        return f"{where}: {why}"
    if hidden:
        return f"{where}: a delete marker or a later version hides it"
    if copy.locked_until is not None and copy.locked_until > now and found.locked_until is None:
        return f"{where}: it is not locked any more"
    return None


def _drop(keeping: Keeping, file: WarcFile) -> None:
    path = keeping.local(file.key)
    keeping.ledger.note_local(file.key, is_local=False)
    try:
        path.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        if path.exists():
            keeping.ledger.note_local(file.key, is_local=True)
        raise StoreError(f"{path} cannot be dropped: {error.strerror or error}") from error
