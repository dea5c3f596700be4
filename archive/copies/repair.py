"""Puts good copies where an audit found damaged or missing ones; what cannot be repaired is said, with why.

Nothing is written over anything before a good copy of the whole file lies on this disk, compared with its
SHA-256. What was there is kept aside: an older version in a bucket, ``….damaged-<n>`` in a folder.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from archive.catalogue import CopyState
from archive.copies.audit import lost_of
from archive.copies.keeping import object_key
from archive.copies.places import FilePlace
from archive.copies.sources import good_copy
from archive.manifest.places import ARCHIVE
from archive.manifest.sealing import seal
from archive.placing import sync_folder
from model import (
    MandegarError,
    ObjectDiffersError,
    ObjectMissingError,
    RemoteStoreError,
    StoreError,
    StoreFullError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archive.catalogue import FileCopy, WarcFile
    from archive.copies.keeping import Keeping

DAMAGED_SUFFIX = ".damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What came of one damaged or missing copy."""

    place: str
    """A store's name, or ``(archive)``: the local file."""
    key: str
    repaired: bool
    message: str
    """What was done, or why nothing could be."""


def bad_copies(keeping: Keeping, name: str | None = None) -> list[FileCopy]:
    """Return what an audit found damaged or missing (in one store), local files first."""
    bad = (CopyState.DAMAGED, CopyState.MISSING)
    found = keeping.ledger.copies_in(ARCHIVE, *bad) if name in {None, ARCHIVE} else []
    if name != ARCHIVE:
        for store in keeping.chosen(name):
            found += keeping.ledger.copies_in(store.name, *bad)
    return found


def repair(
    keeping: Keeping, name: str | None = None, *, on_repair: Callable[[Repair], None] | None = None
) -> list[Repair]:
    """Repair what an audit found; nothing is repaired that it did not find.

    ``name``: one store, or ``(archive)`` for local files alone. Local files come first: the copies in stores
    are then made from them. A copy that cannot be repaired does not end it.
    """
    done = []
    for copy in bad_copies(keeping, name):
        one = _repair(keeping, copy)
        done.append(one)
        if on_repair is not None:
            on_repair(one)
    for place in [ARCHIVE, *keeping.names] if name is None else [name]:
        for one in _repair_chain(keeping, place):
            done.append(one)
            if on_repair is not None:
                on_repair(one)
    return done


def _repair_chain(keeping: Keeping, place: str) -> Iterator[Repair]:
    """Give up manifests that are missing or changed, and cover anew what they covered.

    No other place has the same: each has a chain of its own. The next manifest names what was given up.
    """
    try:
        lost = lost_of(keeping, place)
        for fault in lost:
            keeping.catalogue.manifests.lose(place, fault.key)
        if lost:
            seal(keeping.catalogue, keeping.folder, None if place == ARCHIVE else keeping.store(place))
    except MandegarError as error:
        yield Repair(place=place, key="manifest/", repaired=False, message=str(error))
        return
    for fault in lost:
        message = f"{fault.message}: given up; what it covered stands in a new manifest"
        yield Repair(place=place, key=fault.key, repaired=True, message=message)


def _repair(keeping: Keeping, copy: FileCopy) -> Repair:
    file = keeping.ledger.file(copy.key)
    try:
        if file is None:
            raise StoreError("the catalogue does not know the file any more")
        if copy.store == ARCHIVE:
            message = _restore_local(keeping, file)
        else:
            message = _restore_in_store(keeping, file, copy)
    except MandegarError as error:
        return Repair(place=copy.store, key=copy.key, repaired=False, message=str(error))
    return Repair(place=copy.store, key=copy.key, repaired=True, message=message)


def _restore_in_store(keeping: Keeping, file: WarcFile, copy: FileCopy) -> str:
    store = keeping.store(copy.store)
    if _is_whole(FilePlace(keeping=keeping, key=file.key, store=store, version_id=copy.version_id), file):
        # Mended in the meantime: a disk that was not mounted, a version that was restored.
        stored = store.head(object_key(file.key), copy.version_id)
        message = "it is whole again"
    else:
        stored = None
        message = "a good copy was put there; what lay there was kept aside"
    if stored is None:
        with good_copy(keeping, file, besides=copy.store) as good:
            stored = store.replace(object_key(file.key), good.content)
        restored = FilePlace(keeping=keeping, key=file.key, store=store, version_id=stored.version_id)
        if not _is_whole(restored, file):
            raise StoreError("a good copy was put there, and reads back as something else")
    keeping.ledger.verified(
        file.key,
        copy.store,
        at=datetime.now(UTC),
        version_id=stored.version_id,
        stored_bytes=stored.size,
        locked_until=stored.locked_until,
    )
    return message


def _is_whole(place: FilePlace, file: WarcFile) -> bool:
    """Read a place; False when it is missing or holds something else. ``StoreUnreachableError`` stays."""
    try:
        return place.digest() == (file.size, file.sha256)
    except (ObjectMissingError, ObjectDiffersError, OSError):
        return False
    except RemoteStoreError:
        raise
    except StoreError:
        return False


def _restore_local(keeping: Keeping, file: WarcFile) -> str:
    path = keeping.local(file.key)
    if _is_whole(FilePlace(keeping=keeping, key=file.key, store=None), file):
        keeping.ledger.forget(file.key, ARCHIVE)
        return "it is whole again"
    with good_copy(keeping, replace(file, is_local=False)) as good:
        made = _copy_beside(good.path, path)
    try:
        aside = _keep_aside(path)
        made.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        made.unlink(missing_ok=True)
        raise StoreError(f"{path} cannot be restored: {error.strerror or error}") from error
    keeping.ledger.note_local(file.key, is_local=True)
    keeping.ledger.forget(file.key, ARCHIVE)
    return "restored from a store" + (f"; what lay there is now {aside.name}" if aside else "")


def _copy_beside(good: Path, path: Path) -> Path:
    """Copy a good file beside the place it shall have, synced."""
    made: Path | None = None
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        made = Path(name)
        with os.fdopen(descriptor, "wb") as target, good.open("rb") as source:
            shutil.copyfileobj(source, target, 1 << 20)
            target.flush()
            os.fsync(target.fileno())
    except OSError as error:
        if made is not None:
            made.unlink(missing_ok=True)
        raise StoreFullError(f"{path} cannot be restored: {error.strerror or error}") from error
    return made


def _keep_aside(path: Path) -> Path | None:
    """Give what lies at a place another name that no reader looks for; return that, ``None``: nothing."""
    if not path.exists():
        return None
    for aside in _free_names(path):
        try:
            aside.hardlink_to(path)
        except FileExistsError:
            continue
        except OSError:
            if aside.exists():
                continue
            path.rename(aside)  # a file system without links (exFAT)
        return aside
    return None


def _free_names(path: Path) -> Iterator[Path]:
    yield path.with_name(path.name + DAMAGED_SUFFIX)
    for number in range(2, 1000):
        yield path.with_name(f"{path.name}{DAMAGED_SUFFIX}-{number}")
