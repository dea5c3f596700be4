"""A round of audits: all copies, or a sample of them; one that reads all goes on where it was broken off.

A sample is drawn by chance, as what is always looked at in the same order can be damaged behind the one who
looks. Copies that are known to be bad are always looked at again.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from archive.catalogue import CopyState
from archive.copies.audit import Auditor, lost_of
from archive.manifest.places import ARCHIVE
from model import RemoteStoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from archive.catalogue import FileCopy, WarcFile
    from archive.copies.audit import CopyFault
    from archive.copies.keeping import Keeping

LEAST_SAMPLE: Final = 20
SAMPLE_SHARE: Final = 0.05
PROGRESS: Final = "audit.progress"
"""In the archive's folder, while an audit of everything is not at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One copy that was looked at, or could not be."""

    place: str
    key: str
    size: int
    faults: tuple[CopyFault, ...] = ()
    unchecked: str | None = None
    """Why it could not be looked at; the rest of its store is then left for another time."""


@dataclass(slots=True, kw_only=True)
class AuditReport:
    """What a round found."""

    copies: int = 0
    """Looked at, those in the archive's own folder included."""
    bytes: int = 0
    of: int = 0
    """Copies that there are, in the places asked for."""
    faults: list[CopyFault] = field(default_factory=list)
    unchecked: dict[str, str] = field(default_factory=dict)
    """Store to why it could not be audited, or not to the end."""
    went_on: bool = False
    """It went on where an earlier one was broken off."""

    @property
    def is_clean(self) -> bool:
        """Whether everything that was to be looked at is what it should be."""
        return not self.faults and not self.unchecked


def audit(
    keeping: Keeping,
    name: str | None = None,
    *,
    everything: bool = False,
    sample: int | None = None,
    chance: random.Random | None = None,
    on_checked: Callable[[Checked], None] | None = None,
) -> AuditReport:
    """Audit local files and copies in stores (``name``: in one store, or ``(archive)``: local files).

    ``sample``: how many of each place; by default 20, or 5 % where that is more. With ``everything`` an audit
    that was broken off goes on. A store that cannot be reached is reported, and the others audited.
    """
    auditor = Auditor(keeping)
    report = AuditReport()
    progress = _Progress(keeping.folder / PROGRESS, name) if everything else None
    report.went_on = progress is not None and progress.went_on
    for error in keeping.unopened if name is None else ():
        report.unchecked[error.store] = str(error)
    places: list[str] = [ARCHIVE] if name in {None, ARCHIVE} else []
    if name != ARCHIVE:
        places += [store.name for store in keeping.chosen(name)]
    for place in places:
        targets = _targets(keeping, place)
        report.of += len(targets)
        if progress is not None:
            targets = [target for target in targets if target.key > progress.through.get(place, "")]
        else:
            targets = _drawn(targets, sample, chance or random.SystemRandom())
        for checked in _look(keeping, auditor, place, targets):
            if checked.unchecked is not None:
                report.unchecked[place] = checked.unchecked
            else:
                report.copies += 1
                report.bytes += checked.size
                report.faults += checked.faults
                if progress is not None:
                    progress.note(place, checked.key)
            if on_checked is not None:
                on_checked(checked)
        if place not in report.unchecked:
            _look_at_chain(keeping, place, everything, report, on_checked)
    if progress is not None and not report.unchecked:
        progress.end()
    return report


def _look_at_chain(
    keeping: Keeping,
    place: str,
    whole: bool,
    report: AuditReport,
    on_checked: Callable[[Checked], None] | None,
) -> None:
    """Look at the manifests of a place: their heads, or all of them."""
    try:
        faults = lost_of(keeping, place, whole=whole)
    except RemoteStoreError as error:
        report.unchecked[place] = str(error)
        return
    report.faults += faults
    if on_checked is not None:
        for fault in faults:
            on_checked(Checked(place=place, key=fault.key, size=0, faults=(fault,)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    key: str
    size: int
    is_bad: bool
    what: FileCopy | WarcFile


def _targets(keeping: Keeping, place: str) -> list[_Target]:
    """Return what there is to look at in a place, by key."""
    bad = (CopyState.DAMAGED, CopyState.MISSING)
    if place == ARCHIVE:
        known = {copy.key for copy in keeping.ledger.copies_in(ARCHIVE, *bad)}
        return [
            _Target(key=file.key, size=file.size, is_bad=file.key in known, what=file)
            for file in keeping.ledger.files()
            if file.is_local
        ]
    return [
        _Target(key=copy.key, size=copy.stored_bytes or 0, is_bad=copy.state in bad, what=copy)
        for copy in keeping.ledger.copies_in(place, CopyState.VERIFIED, *bad)
    ]


def _drawn(targets: list[_Target], sample: int | None, chance: random.Random) -> list[_Target]:
    bad = [target for target in targets if target.is_bad]
    good = [target for target in targets if not target.is_bad]
    many = max(LEAST_SAMPLE, round(len(good) * SAMPLE_SHARE)) if sample is None else sample
    if many < len(good):
        good = chance.sample(good, many)
    return sorted(bad + good, key=lambda target: target.key)


def _look(keeping: Keeping, auditor: Auditor, place: str, targets: list[_Target]) -> Iterator[Checked]:
    for target in targets:
        try:
            if place == ARCHIVE:
                file = keeping.ledger.file(target.key)
                # Dropped since, maybe: then its copies in stores are what counts.
                faults = auditor.local(file) if file is not None and file.is_local else []
            else:
                copy = next(one for one in keeping.ledger.copies_of(target.key) if one.store == place)
                faults = auditor.copy(copy)
        except RemoteStoreError as error:
            yield Checked(place=place, key=target.key, size=target.size, unchecked=str(error))
            return
        yield Checked(place=place, key=target.key, size=target.size, faults=tuple(faults))


class _Progress:
    """How far an audit of everything has come, in a file of the archive's folder."""

    def __init__(self, path: Path, name: str | None) -> None:
        self._path = path
        self._name = name
        self.through: dict[str, str] = {}
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            if kept["of"] == name:
                self.through = {str(place): str(key) for place, key in kept["through"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass  # none was broken off, or not in a way that can be gone on with: it begins anew
        self.went_on = bool(self.through)

    def note(self, place: str, key: str) -> None:
        self.through[place] = key
        made = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        # On a full disk the next audit of everything reads more than it must, and that is all.
        with contextlib.suppress(OSError):
            made.write_text(json.dumps({"of": self._name, "through": self.through}), encoding="utf-8")
            made.replace(self._path)

    def end(self) -> None:
        self._path.unlink(missing_ok=True)
