"""A disk after a power cut, built from the log of what was written to it.

The model (stricter than ext4, XFS or Btrfs are; what POSIX promises and no more):

- A file holds what was written before the *beginning* of its last fsync or fdatasync that had *ended*.
- A folder holds the names that stood in it before its last sync of that kind. A file's own sync says nothing
  of its name, nor a folder's of the name that the folder itself has in the one above.
- A rename, link or unlink within a folder is there wholly or not at all.
- Later changes are thrown away (form A), or some of them survive, drawn from the seed (form B): of each file
  either a prefix of its later changes or any subset of them, the last or each write torn at borders of 512
  bytes, with zeros where the file grew around what is missing; of each folder a prefix of its later changes.
- ``-shm`` files of SQLite are not durable: SQLite makes them anew.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath

from torture.shim import Change, Entry

SECTOR = 512


class Form(StrEnum):
    """What becomes of changes that no sync made durable."""

    LOST = "A"
    SOME = "B"
    KEPT = "all"
    """As the running system sees it: no cut."""


@dataclass
class _File:
    """An inode: what is durable of it, and what was done to it since."""

    durable: bytearray = field(default_factory=bytearray)
    later: list[Entry] = field(default_factory=list)


@dataclass
class _Folder:
    """The entries of a folder: a name leads to a file, or (``None``) to a folder."""

    durable: dict[str, _File | None] = field(default_factory=dict)
    later: list[list[tuple[str, bool, _File | None]]] = field(default_factory=list)
    """Changes in their order: each a list of (name, whether it is there afterwards, what it leads to)."""

    def now(self) -> dict[str, _File | None]:
        return self.after(len(self.later))

    def after(self, count: int) -> dict[str, _File | None]:
        names = dict(self.durable)
        for change in self.later[:count]:
            for name, there, file in change:
                if there:
                    names[name] = file
                else:
                    names.pop(name, None)
        return names


class Disk:
    """A disk as the log makes it, change by change."""

    def __init__(self, root: Path) -> None:
        """``root`` is there, empty and durable, before the first change."""
        self._root = PurePosixPath(root)
        self._files: dict[int, _File] = {}
        self._folders: dict[PurePosixPath, _Folder] = {self._root: _Folder()}
        # A sync by its number: how many later changes of what it covers.
        self._syncs: dict[int, Callable[[], None]] = {}

    def apply(self, entry: Entry) -> None:
        """Do what an entry says."""
        match entry.change:
            case Change.CREATE:
                file = self._files[entry.inode] = _File()
                self._rename([(entry.path, True, file)])
            case Change.DATA | Change.SIZE:
                # A file that was there before the log began is none of ours.
                if entry.inode in self._files:
                    self._files[entry.inode].later.append(entry)
            case Change.MKDIR:
                self._folders[PurePosixPath(entry.path)] = _Folder()
                self._rename([(entry.path, True, None)])
            case Change.RENAME:
                self._rename([(entry.path, False, None), (entry.other, True, self._named(entry.path))])
            case Change.LINK:
                self._rename([(entry.other, True, self._named(entry.path))])
            case Change.UNLINK | Change.RMDIR:
                self._rename([(entry.path, False, None)])
            case Change.SYNC_BEGINS:
                self._syncs[entry.offset] = self._begun(entry)
            case Change.SYNC_ENDS:
                end = self._syncs.pop(entry.offset)
                if not entry.length:
                    end()

    def _named(self, path: str) -> _File | None:
        place = PurePosixPath(path)
        return self._folders[place.parent].now().get(place.name)

    def _rename(self, changes: list[tuple[str, bool, _File | None]]) -> None:
        by_folder: dict[PurePosixPath, list[tuple[str, bool, _File | None]]] = {}
        for path, there, file in changes:
            place = PurePosixPath(path)
            if place == self._root:
                continue
            by_folder.setdefault(place.parent, []).append((place.name, there, file))
        for folder, change in by_folder.items():
            self._folders[folder].later.append(change)

    def _begun(self, entry: Entry) -> Callable[[], None]:
        """Return what the end of a sync makes durable: what was done before it began."""
        folder = None if entry.inode else self._folders.get(PurePosixPath(entry.path))
        file = self._files.get(entry.inode)
        if folder is not None:
            covered = [*folder.later]

            def end_of_folder() -> None:
                # Another sync may have ended meanwhile.
                count = len([one for one in folder.later if any(one is other for other in covered)])
                folder.durable = folder.after(count)
                del folder.later[:count]

            return end_of_folder
        if file is not None:
            last = file.later[-1].end if file.later else 0

            def end_of_file() -> None:
                while file.later and file.later[0].end <= last:
                    _change(file.durable, file.later.pop(0))

            return end_of_file
        return lambda: None

    def write_to(self, target: Path, form: Form, chance: random.Random) -> None:
        """Make the folder ``target`` as a cut now leaves the disk."""
        self._write_folder(self._root, target, form, chance)

    def _write_folder(self, place: PurePosixPath, target: Path, form: Form, chance: random.Random) -> None:
        target.mkdir(mode=0o700)
        folder = self._folders[place]
        survive = {Form.LOST: 0, Form.KEPT: len(folder.later)}.get(form, chance.randint(0, len(folder.later)))
        for name, file in sorted(folder.after(survive).items()):
            if name.endswith("-shm"):
                continue
            if file is None:
                self._write_folder(place / name, target / name, form, chance)
            else:
                (target / name).write_bytes(_after_cut(file, form, chance))


def _after_cut(file: _File, form: Form, chance: random.Random) -> bytes:
    if form is Form.LOST or not file.later:
        return bytes(file.durable)
    found = bytearray(file.durable)
    if form is Form.KEPT:
        for entry in file.later:
            _change(found, entry)
    elif chance.random() < 0.5:
        kept = file.later[: chance.randint(0, len(file.later))]
        for number, entry in enumerate(kept):
            _change(found, entry, chance if number == len(kept) - 1 else None)
    else:
        share = chance.random()
        for entry in file.later:
            if chance.random() < share:
                _change(found, entry, chance if chance.random() < 0.5 else None)
    return bytes(found)


def _change(found: bytearray, entry: Entry, torn: random.Random | None = None) -> None:
    """Do a change to the bytes of a file; torn, only some of its sectors come to the disk."""
    if entry.change is Change.SIZE:
        if entry.offset < len(found):
            del found[entry.offset :]
        else:
            found.extend(bytes(entry.offset - len(found)))
        return
    start, data = entry.offset, entry.data
    if start > len(found):
        found.extend(bytes(start - len(found)))
    if torn is None:
        found[start : start + len(data)] = data
        return
    # Sectors are those of the file: a write begins and ends anywhere in them.
    keep = torn.random()
    at = start
    while at < start + len(data):
        end = min((at // SECTOR + 1) * SECTOR, start + len(data))
        if torn.random() < keep:
            if at > len(found):
                found.extend(bytes(at - len(found)))
            found[at:end] = data[at - start : end - start]
        at = end
