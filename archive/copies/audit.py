"""Reads copies back whole, and says of each that is not what was put: which records, and which captures.

A copy is read by the version id it was put under and compared with the file's size and SHA-256, as the
manifest of the archive's own chain has them, or the ledger where no manifest covers the file yet. Where they
differ, each record is compared with its own SHA-256. The ledger is told what was found, so that ``mandegar
store repair`` knows what to do.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from archive.catalogue import CopyState
from archive.copies.keeping import object_key
from archive.copies.places import DamagedRange, FilePlace, is_hidden
from archive.copies.sources import NoGoodCopyError, good_copy
from archive.manifest.chain import lost_manifests, manifest_of, read_files
from archive.manifest.inventory import take_inventory
from archive.manifest.places import ARCHIVE, FolderPlace
from archive.manifest.sealing import place_of
from model import DamagedArchiveError, ObjectDiffersError, ObjectMissingError, StoreError

if TYPE_CHECKING:
    from archive.catalogue import FileCopy, TouchedCapture, WarcFile
    from archive.copies.keeping import Keeping
    from archive.manifest.inventory import RecordDigest
    from archive.objects import ObjectStore, StoredObject

logger = logging.getLogger(__name__)

# A bucket's clock and ours differ, and a lock is asked for before the upload ends.
_LOCK_SLACK = timedelta(days=1)


class FaultKind(StrEnum):
    """What is wrong with a copy."""

    MISSING = "missing"
    DAMAGED = "damaged"
    CUT = "cut"
    HIDDEN = "hidden"
    """A delete marker or a later version lies over it; read by its version id, it is whole."""
    WEAK_LOCK = "weak-lock"
    """It can be deleted earlier than the settings ask for."""
    LOST_MANIFEST = "lost-manifest"
    """A manifest of the place's chain is missing, or not what was put there."""
    NO_AGREEMENT = "no-agreement"
    """The ledger and the manifest say different things of the file, or the manifest is damaged."""


REPAIRABLE: Final = frozenset({
    FaultKind.MISSING, FaultKind.DAMAGED, FaultKind.CUT, FaultKind.LOST_MANIFEST,
})  # fmt: skip
"""What a good copy mends; the others are for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFault:
    """What is wrong with one copy of a file."""

    place: str
    """A store's name, or ``(archive)``: the local file."""
    key: str
    kind: FaultKind
    message: str
    ranges: tuple[DamagedRange, ...] = ()
    """By offset; empty where nothing or everything is touched, or where it is not known."""
    captures: tuple[TouchedCapture, ...] = ()
    """The captures whose records cannot be read from this copy, by offset."""


def lost_of(keeping: Keeping, name: str, *, whole: bool = False) -> list[CopyFault]:
    """Return the manifests of a place's chain that are missing or changed, and not given up yet.

    ``StoreUnreachableError`` or ``StoreRefusedError`` when the place cannot be asked.
    """
    manifests = keeping.catalogue.manifests
    given_up = manifests.given_up(name)
    rows = [row for row in manifests.of_store(name) if row.path not in given_up]
    place = place_of(keeping.folder, None if name == ARCHIVE else keeping.store(name))
    return [
        CopyFault(place=name, key=fault.path, kind=FaultKind.LOST_MANIFEST, message=fault.message)
        for fault in lost_manifests(place, rows, whole=whole)
    ]


class Auditor:
    """Audits copies, one after another; manifests are read once each."""

    def __init__(self, keeping: Keeping) -> None:
        self._keeping = keeping
        self._ledger = keeping.ledger
        self._chain = FolderPlace(keeping.folder)
        # Manifest -> file -> bytes and SHA-256; None: the manifest cannot be read.
        self._manifests: dict[str, dict[str, tuple[int, str]] | None] = {}

    def copy(self, copy: FileCopy) -> list[CopyFault]:
        """Audit a copy in a store; ``StoreUnreachableError`` or ``StoreRefusedError`` when it cannot be."""
        file = self._file(copy.key)
        store = self._keeping.store(copy.store)
        place = FilePlace(keeping=self._keeping, key=copy.key, store=store, version_id=copy.version_id)
        try:
            found = store.head(object_key(copy.key), copy.version_id)
            faults = self._contents(file, place) if found is not None else [self._missing(place)]
        except ObjectMissingError:
            found, faults = None, [self._missing(place)]
        except ObjectDiffersError as error:
            # An encrypted object whose head is damaged.
            found, faults = None, [self._damaged(file, place, FaultKind.DAMAGED, str(error))]
        bad = next((fault for fault in faults if fault.kind in REPAIRABLE), None)
        if bad is not None:
            state = CopyState.MISSING if bad.kind is FaultKind.MISSING else CopyState.DAMAGED
            self._ledger.found_bad(copy.key, copy.store, state, bad.message)
        elif found is not None:
            self._ledger.verified(
                copy.key,
                copy.store,
                at=datetime.now(UTC),
                version_id=found.version_id,
                stored_bytes=found.size,
                locked_until=found.locked_until,
            )
            faults += self._around(copy, found, store)
        return faults

    def local(self, file: WarcFile) -> list[CopyFault]:
        """Audit a file of the archive's own folder."""
        place = FilePlace(keeping=self._keeping, key=file.key, store=None)
        if not self._keeping.local(file.key).exists():
            faults = [self._missing(place)]
        else:
            faults = self._contents(file, place)
        bad = next((fault for fault in faults if fault.kind in REPAIRABLE), None)
        if bad is None:
            self._ledger.forget(file.key, ARCHIVE)
        else:
            state = CopyState.MISSING if bad.kind is FaultKind.MISSING else CopyState.DAMAGED
            self._ledger.found_bad(file.key, ARCHIVE, state, bad.message)
        return faults

    def _file(self, key: str) -> WarcFile:
        file = self._ledger.file(key)
        if file is None:
            raise DamagedArchiveError(f"the catalogue has a copy of {key}, but not the file")
        return file

    # --- what a place holds

    def _contents(self, file: WarcFile, place: FilePlace) -> list[CopyFault]:
        expected, faults = self._expected(file, place)
        try:
            size, sha256 = place.digest()
        except ObjectMissingError:
            raise
        except (ObjectDiffersError, DamagedArchiveError, OSError) as error:
            # Encrypted objects tell of damage themselves; a disk that cannot read says so.
            reason = error.strerror if isinstance(error, OSError) else str(error)
            return [*faults, self._damaged(file, place, FaultKind.DAMAGED, f"it cannot be read: {reason}")]
        if expected is None:
            self._ledger.note_sha256(file.key, sha256)
            expected = (file.size, sha256)
        if (size, sha256) == expected:
            return faults
        if size < expected[0]:
            message = f"it is cut: {size:,} bytes of {expected[0]:,}"
            return [*faults, self._damaged(file, place, FaultKind.CUT, message)]
        longer = f", and {size - expected[0]:,} bytes too long" if size > expected[0] else ""
        message = f"its SHA-256 is {sha256}, not {expected[1]}{longer}"
        return [*faults, self._damaged(file, place, FaultKind.DAMAGED, message)]

    def _expected(self, file: WarcFile, place: FilePlace) -> tuple[tuple[int, str] | None, list[CopyFault]]:
        """Return bytes and SHA-256 that a file should have, and what contradicts itself about that."""
        noted = None if file.sha256 is None else (file.size, file.sha256)
        row = self._keeping.catalogue.manifests.covering(ARCHIVE, file.key)
        if row is None:
            return noted, []
        if row.path not in self._manifests:
            self._manifests[row.path] = self._read_manifest(row.path)
        files = self._manifests[row.path]
        if files is None or file.key not in files:
            why = "cannot be read" if files is None else "does not name the file any more"
            message = f"its manifest {row.path} {why}; compared with the catalogue alone"
            fault = CopyFault(place=place.name, key=file.key, kind=FaultKind.NO_AGREEMENT, message=message)
            return noted, [fault]
        sealed = files[file.key]
        if noted is not None and noted != sealed:
            message = f"the catalogue has SHA-256 {noted[1]}, its manifest {row.path} {sealed[1]}"
            fault = CopyFault(place=place.name, key=file.key, kind=FaultKind.NO_AGREEMENT, message=message)
            return sealed, [fault]
        return sealed, []

    def _read_manifest(self, path: str) -> dict[str, tuple[int, str]] | None:
        try:
            return {one.warc_key: (one.bytes, one.sha256) for one in read_files(self._chain, path)}
        except StoreError as error:
            logger.warning("%s", error)
            return None

    # --- where it is wrong

    def _missing(self, place: FilePlace) -> CopyFault:
        captures = self._ledger.captures_in(place.key)
        return CopyFault(
            place=place.name,
            key=place.key,
            kind=FaultKind.MISSING,
            message="it is not there",
            captures=tuple(captures),
        )

    def _damaged(self, file: WarcFile, place: FilePlace, kind: FaultKind, message: str) -> CopyFault:
        records = self._records(file, place)
        ranges = [] if records is None else place.compare(records)
        captures = [
            capture
            for capture in self._ledger.captures_in(file.key)
            if any(
                capture.offset < one.offset + one.length and one.offset < capture.offset + capture.length
                for one in ranges
            )
        ]
        if records is None:
            message += "; where it is damaged cannot be told, as no good copy and no manifest is there"
        return CopyFault(
            place=place.name,
            key=file.key,
            kind=kind,
            message=message,
            ranges=tuple(ranges),
            captures=tuple(captures),
        )

    def _records(self, file: WarcFile, place: FilePlace) -> list[RecordDigest] | None:
        """Return the records as they should be: from the manifest, else from a good copy."""
        row = self._keeping.catalogue.manifests.covering(ARCHIVE, file.key)
        if row is not None and self._manifests.get(row.path) is not None:
            sealed = manifest_of(self._chain, row.path, file.key)
            if sealed is not None:
                return list(sealed.records)
        records: list[RecordDigest] = []
        try:
            good = file if place.store is not None else replace(file, is_local=False)
            with (
                good_copy(self._keeping, good, besides=place.name) as found,
                found.path.open("rb") as source,
            ):
                take_inventory(source, records.append)
        except (NoGoodCopyError, OSError):
            return None
        return records

    # --- what is around it

    def _around(self, copy: FileCopy, found: StoredObject, store: ObjectStore) -> list[CopyFault]:
        faults = []
        if is_hidden(store, object_key(copy.key), found):
            message = (
                "a delete marker or a later version lies over it; nothing is lost: this program reads it by"
                " its version id, others do not see it"
            )
            faults.append(CopyFault(place=store.name, key=copy.key, kind=FaultKind.HIDDEN, message=message))
        weak = self._weak_lock(copy, found)
        if weak is not None:
            faults.append(CopyFault(place=store.name, key=copy.key, kind=FaultKind.WEAK_LOCK, message=weak))
        return faults

    def _weak_lock(self, copy: FileCopy, found: StoredObject) -> str | None:
        asked = self._keeping.settings.store(copy.store)
        if asked.legal_hold and not found.legal_hold:
            return "it has no legal hold, which the settings ask for"
        if asked.retention_days is None:
            return None
        begun = found.stored_at or copy.verified_at
        if begun is None:
            return None
        until = begun + timedelta(days=asked.retention_days)
        if until < datetime.now(UTC):
            return None  # the time that was asked for is over
        if found.locked_until is None:
            return f"it is not locked; the settings ask for {asked.retention_days} days"
        if found.locked_until < until - _LOCK_SLACK:
            return f"it is locked until {found.locked_until:%Y-%m-%d}, which is before {until:%Y-%m-%d}"
        return None
