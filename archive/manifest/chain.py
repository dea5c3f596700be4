"""A chain of manifests as it lies in a folder or a store: read and checked from there alone.

A link holds when the next manifest names it rightly: by its path, the SHA-256 of its head and its root, and
(where whole manifests are read) the SHA-256 of all of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from archive.manifest.manifest import head_text
from archive.manifest.parsing import ManifestReader
from model import DamagedArchiveError, ObjectMissingError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from archive.catalogue.manifests import ManifestRow
    from archive.manifest.manifest import Head, ManifestFile
    from archive.manifest.places import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A manifest in its chain."""

    head: Head
    head_text: str
    head_sha256: str
    sha256: str | None
    """Of the whole file; ``None`` when only the head was read."""

    @property
    def path(self) -> str:
        """Return where it lies."""
        return self.head.path


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFault:
    """Something that does not hold in a chain."""

    store: str
    path: str
    """Of the manifest that is wrong, or that names another one wrongly."""
    message: str
    is_gap: bool = False
    """A manifest is missing, or cannot be read, and a later one names it: the chain went on after it."""


def link_of(head: Head, sha256: str) -> Link:
    """Return the link of a manifest just made."""
    text = head_text(head)
    return Link(
        head=head, head_text=text, head_sha256=hashlib.sha256(text.encode()).hexdigest(), sha256=sha256
    )


def read_link(place: Place, path: str, *, whole: bool = False) -> Link:
    """Return a manifest's head; with ``whole`` after all of it was read and its root made again.

    ``DamagedArchiveError``, ``ObjectMissingError``, or what the store raises.
    """
    try:
        with place.open(path) as file:
            reader = ManifestReader(file, path)
            if whole:
                reader.finish()
            if reader.head.path != path:
                raise DamagedArchiveError(f"{path} calls itself {reader.head.path}: it was moved")
            return Link(
                head=reader.head,
                head_text=reader.head_text,
                head_sha256=reader.head_sha256,
                sha256=reader.sha256 if whole else None,
            )
    except OSError as error:
        raise DamagedArchiveError(f"{path} cannot be read: {error.strerror or error}") from error


def read_files(place: Place, path: str) -> Iterator[ManifestFile]:
    """Yield the files of a manifest with their records, one in memory at a time.

    ``DamagedArchiveError``, at the end too: when the root is another than the lines make.
    """
    try:
        with place.open(path) as file:
            yield from ManifestReader(file, path).files()
    except OSError as error:
        raise DamagedArchiveError(f"{path} cannot be read: {error.strerror or error}") from error


def manifest_of(place: Place, path: str, key: str) -> ManifestFile | None:
    """Return what a manifest says of a file (``Capture.warc_key``), or ``None``.

    The rest of the manifest is read, too: what a changed one says counts for nothing.
    """
    wanted = None
    for file in read_files(place, path):
        if file.warc_key == key:
            wanted = file
    return wanted


def check_chain(place: Place, *, whole: bool = True) -> tuple[list[Link], list[ChainFault]]:
    """Return the chain of a place, oldest first, and everything in it that does not hold.

    Raises only what a store raises that cannot be reached.
    """
    links: list[Link] = []
    faults: list[ChainFault] = []
    before: Link | None = None
    is_known = True  # whether `before` is what stood before, so that the next link can be checked
    paths = place.paths()
    for path in paths:
        try:
            link = read_link(place, path, whole=whole)
        except (DamagedArchiveError, ObjectMissingError) as error:
            faults.append(ChainFault(store=place.name, path=path, message=str(error)))
            is_known = False
            continue
        if not is_known and faults and link.head.previous and link.head.previous.path == faults[-1].path:
            # It was given up, and the chain went on.
            faults[-1] = replace(faults[-1], is_gap=True)
        if is_known and (why := misfit(before, link)):
            gap = follows_gap(before, link, paths)
            faults.append(ChainFault(store=place.name, path=path, message=f"{path}: {why}", is_gap=gap))
        links.append(link)
        before, is_known = link, True
    return links, faults


def lost_manifests(place: Place, rows: Sequence[ManifestRow], *, whole: bool = False) -> list[ChainFault]:
    """Return those of the manifests noted for a place that are not there, or are not what was put there.

    Compares every byte of each head, with ``whole`` of all of it. Raises only what a store raises that cannot
    be reached.
    """
    faults = []
    for row in rows:
        try:
            link = read_link(place, row.path, whole=whole)
        except ObjectMissingError:
            why = "it is missing"
        except DamagedArchiveError as error:
            why = str(error)
        else:
            if link.head_sha256 == row.head_sha256 and link.sha256 in {None, row.sha256}:
                continue
            why = "it is not what was put there (another SHA-256)"
        faults.append(ChainFault(store=place.name, path=row.path, message=why, is_gap=True))
    return faults


def follows_gap(before: Link | None, link: Link, there: Collection[str]) -> bool:
    """Tell whether a manifest names one before it that is gone, and comes after all that is there."""
    named = link.head.previous
    if named is None or named.path in there:
        return False
    return named.path < link.path and (before is None or before.path < named.path)


def misfit(before: Link | None, link: Link) -> str | None:
    """Return why a manifest does not follow another (``None``: it is the first); ``None`` when it does."""
    named = link.head.previous
    if before is None or named is None:
        if before is None and named is None:
            return None
        if named is None:
            return f"it says that it is the first, but {before.path if before else ''} stands before it"
        return f"it follows {named.path}, which is missing"
    if named.path != before.path:
        return f"it follows {named.path}, but {before.path} stands before it"
    if named.head_sha256 != before.head_sha256:
        return (
            f"it names another head of {before.path}: SHA-256 {named.head_sha256}, not {before.head_sha256}"
        )
    if named.root != before.head.root:
        return f"it names another root of {before.path}"
    if before.sha256 is not None and named.sha256 != before.sha256:
        return f"it names another SHA-256 of {before.path}: {named.sha256}, not {before.sha256}"
    return None
