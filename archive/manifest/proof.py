"""The proof that a record is among what was kept on a day: its leaf, the path to the root, the chain since.

Everything in a proof is made again from what lies there and compared before it is returned: the record's
bytes, the whole manifest that covers it, the inclusion path, and the head of every manifest after it.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from archive.manifest.chain import Link, misfit, read_link
from archive.manifest.inventory import RecordDigest
from archive.manifest.manifest import WARC_FOLDER, record_line
from archive.manifest.merkle import inclusion_path, leaf_hash, path_steps, root_by_path
from archive.manifest.parsing import ManifestReader
from archive.warc.scan import DamageError, Scanner
from model import DamagedArchiveError, InputError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from archive.catalogue import Catalogue
    from archive.manifest.manifest import Head, ManifestFile
    from archive.manifest.places import Place

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CHUNK = 1 << 20
OpenWarc: TypeAlias = "Callable[[str], AbstractContextManager[BinaryIO]]"
"""Opens a WARC file by ``Capture.warc_key``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One hash of an inclusion path."""

    is_left: bool
    """It stands before what was reached so far, else after it."""
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A record in its manifest, and the manifest in its chain."""

    store: str
    """Whose chain it is."""
    record: RecordDigest
    refers_to: str | None
    """Of a ``revisit``: the id of the record that holds its payload."""
    file_path: str
    """From the archive's folder, or in a store."""
    file_bytes: int
    file_sha256: str
    leaf: str
    """The line of text that the leaf's hash is of."""
    leaf_hash: str
    index: int
    """From 0."""
    leaves: int
    path: tuple[Step, ...]
    """Nearest to the leaf first."""
    root: str
    manifest_path: str
    manifest_sha256: str
    chain: tuple[Link, ...]
    """The manifest's head, and those of all after it; the last is the newest."""


class NotSealedError(InputError):
    """No manifest covers the record yet; the message says what makes one."""


def normal_record_id(text: str) -> str:
    """Return a record id as manifests have it, from what a person gives.

    >>> normal_record_id("<urn:uuid:9A3F1C52-0000-4000-8000-000000000000>")
    'urn:uuid:9a3f1c52-0000-4000-8000-000000000000'
    >>> normal_record_id("9a3f1c52-0000-4000-8000-000000000000")
    'urn:uuid:9a3f1c52-0000-4000-8000-000000000000'
    """
    bare = text.strip().removeprefix("<").removesuffix(">")
    uuid = bare[9:] if bare.lower().startswith("urn:uuid:") else bare
    return f"urn:uuid:{uuid.lower()}" if _UUID.fullmatch(uuid) else bare


def prove(catalogue: Catalogue, place: Place, record_id: str, open_warc: OpenWarc) -> Proof:
    """Return the proof of a record; ``open_warc`` opens a file by ``Capture.warc_key``.

    ``UnknownNameError`` when neither catalogue nor manifests know it, :class:`NotSealedError` when no
    manifest covers it yet, ``DamagedArchiveError`` (naming the place) when anything is not what it was.
    """
    path = _find(catalogue, place, record_id)
    reader_head, manifest_sha256, hashes, index, record, file = _read(place, path, record_id)
    refers_to = _check_bytes(record, file, path, open_warc)
    steps = inclusion_path(index, hashes)
    if root_by_path(hashes[index], index, len(hashes), steps) != bytes.fromhex(reader_head.root):
        raise DamagedArchiveError(f"{path}: the inclusion path of {record_id} does not lead to its root")
    sides = path_steps(index, len(hashes))
    return Proof(
        store=place.name,
        record=record,
        refers_to=refers_to,
        file_path=file.path,
        file_bytes=file.bytes,
        file_sha256=file.sha256,
        leaf=record_line(file.path, record),
        leaf_hash=hashes[index].hex(),
        index=index,
        leaves=len(hashes),
        path=tuple(
            Step(is_left=is_left, sha256=one.hex()) for is_left, one in zip(sides, steps, strict=True)
        ),
        root=reader_head.root,
        manifest_path=path,
        manifest_sha256=manifest_sha256,
        chain=_chain_from(place, path, manifest_sha256),
    )


def copy_record(proof: Proof, open_warc: OpenWarc, target: BinaryIO) -> None:
    """Write a proven record's bytes; ``DamagedArchiveError`` when they are not those that were proven."""
    digest = hashlib.sha256()
    with open_warc(proof.file_path.removeprefix(WARC_FOLDER)) as file:
        for data in _pieces(file, proof.record):
            digest.update(data)
            target.write(data)
    if digest.hexdigest() != proof.record.sha256:
        raise DamagedArchiveError(f"{proof.file_path} was changed while it was read")


def _find(catalogue: Catalogue, place: Place, record_id: str) -> str:
    """Return the path of the manifest that covers a record."""
    capture = catalogue.capture(record_id)
    if capture is not None:
        row = catalogue.manifests.covering(place.name, capture.warc_key)
        if row is not None:
            return row.path
    # Requests, metadata and conversions have no row of their own. A plain search for the bytes is quick.
    wanted = f'\n["{record_id}", '.encode("utf-8", "replace")
    for path in reversed(place.paths()):
        if _holds(place, path, wanted):
            return path
    if capture is None:
        hint = "the ids of a page's captures: mandegar show URL"
        raise UnknownNameError("record", record_id, hint)
    raise NotSealedError(
        f"{record_id} lies in {WARC_FOLDER}{capture.warc_key}, which no manifest covers yet: the crawl that"
        " writes it makes one when it ends; when no crawl runs, make one now:"
        f" mandegar prove --seal {record_id}"
    )


def _holds(place: Place, path: str, wanted: bytes) -> bool:
    with closing(place.open(path)) as file:
        carry = b""
        while data := file.read(_CHUNK):
            if wanted in (window := carry + data):
                return True
            carry = window[-len(wanted) :]
    return False


def _read(
    place: Place, path: str, record_id: str
) -> tuple[Head, str, list[bytes], int, RecordDigest, ManifestFile]:
    hashes: list[bytes] = []
    found: tuple[int, RecordDigest] | None = None
    of: ManifestFile | None = None
    with closing(place.open(path)) as file:
        reader = ManifestReader(file, path)
        for line, one in reader.leaves():
            if isinstance(one, RecordDigest):
                if one.record_id == record_id and found is None:
                    found = (len(hashes), one)
            elif found is not None and of is None:
                of = one
            hashes.append(leaf_hash(line.encode()))
    if found is None or of is None:
        raise DamagedArchiveError(
            f"{path} covers the file of {record_id}, but not that record: it lay in a damaged part of it"
        )
    return reader.head, reader.sha256, hashes, *found, of


def _pieces(file: BinaryIO, record: RecordDigest) -> Iterator[bytes]:
    file.seek(record.offset)
    left = record.length
    while left and (data := file.read(min(left, _CHUNK))):
        left -= len(data)
        yield data


def _check_bytes(record: RecordDigest, file: ManifestFile, path: str, open_warc: OpenWarc) -> str | None:
    """Compare a record's bytes with its digest; return the id of the record a revisit refers to."""
    digest = hashlib.sha256()
    with open_warc(file.warc_key) as warc:
        for data in _pieces(warc, record):
            digest.update(data)
        if digest.hexdigest() != record.sha256:
            raise DamagedArchiveError(
                f"{file.path}: the {record.length} bytes at {record.offset} are not the record that {path}"
                f" has: their SHA-256 is {digest.hexdigest()}, not {record.sha256}; the file was changed or"
                " is damaged: mandegar store repair brings back a good copy"
            )
        if record.type != "revisit":
            return None
        try:
            found = Scanner(warc, record.offset).next()
        except DamageError:
            return None  # as it was sealed
        return None if found is None else found.head.id("WARC-Refers-To")


def _chain_from(place: Place, path: str, sha256: str) -> tuple[Link, ...]:
    """Return a manifest's head and all after it; each must name the one before it rightly."""
    links: list[Link] = []
    for one in place.paths():
        if one < path:
            continue
        link = read_link(place, one)
        if links and (why := misfit(links[-1], link)):
            raise DamagedArchiveError(f"the chain of manifests is broken at {one}: {why}")
        links.append(replace(link, sha256=sha256) if one == path else link)
    return tuple(links)
