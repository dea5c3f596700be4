"""A manifest: which files and records an archive or a store held on a day, under one root, chained.

``manifest/<yyyy>/<mm>/<dd>/<number>.json`` (UTC day of making, five digits, from 1), UTF-8 JSON, written in
exactly one way: the lines below, a record a line. The first :data:`HEAD_LINES` lines are the *head*::

    {
    "format": "mandegar-manifest/1",
    "readme": "…",
    "store": "archive",
    "day": "2026-11-23",
    "number": 1,
    "made_at": "2026-11-23T07:30:00Z",
    "previous": {"path": "…", "sha256": "…", "head_sha256": "…", "root": "…"},        (or null: the first)
    "tree": {"algorithm": "RFC 6962 with SHA-256", "leaves": 3, "root": "…"},
    "files": [
    {"path": "warc/org_example/2026/11/….warc.gz", "records": [
    ["<record id>", "<type>", "<target>", <offset>, <length>, "<sha256>"],
    …
    ], "bytes": 1234, "sha256": "…", "damaged": [[<offset>, "<code>"]]},
    …
    ]
    }

Every record and every file is a leaf, in the order of the lines (a file after its records). A leaf's data is
one line of text, without a line end::

    record <sha256> <offset> <length> <record id> <path>
    file <sha256> <bytes> <path>

``sha256`` of a record is over ``length`` bytes of the file from ``offset`` on. Paths and ids are printable
ASCII without spaces, so that a line can be read in one way only.

A manifest names the one before it twice: by the SHA-256 of the whole file, and by that of its head. The head
holds the root, and so stands for every record; a chain of heads proves a record's place among the days
without the manifests themselves, which name everything else that was kept, too.
"""

from __future__ import annotations

import errno
import hashlib
import json
import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

from archive.manifest.inventory import Damage, Inventory, RecordDigest, take_inventory
from archive.manifest.merkle import Tree, leaf_hash
from model import StoreError, StoreFullError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime

FORMAT: Final = "mandegar-manifest/1"
ALGORITHM: Final = "RFC 6962 with SHA-256"
HEAD_LINES: Final = 9
README: Final = (
    "Leaves of the tree, in the order of the lines: `record SHA256 OFFSET LENGTH ID PATH` for each record, "
    "then `file SHA256 BYTES PATH` for its file. Leaf hash: SHA-256 of a zero byte and that line without "
    "line end; node hash: SHA-256 of a byte 1 and the two hashes below it (RFC 6962, 2.1). A record: "
    "`tail -c +$((OFFSET+1)) PATH | head -c LENGTH | sha256sum`. `previous.sha256` is `sha256sum FILE`, "
    f"`previous.head_sha256` is `head -n {HEAD_LINES} FILE | sha256sum`. A record line is "
    "[id, type, target, offset, length, sha256]."
)
WARC_FOLDER: Final = "warc/"
_PATH = re.compile(r"manifest/(\d{4})/(\d\d)/(\d\d)/(\d{5})\.json")
_FILE_PATH = re.compile(r"(?!/)[!-~]{1,1000}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """The manifest before, as a manifest names it."""

    path: str
    sha256: str
    """Of the whole file."""
    head_sha256: str
    """Of its first :data:`HEAD_LINES` lines."""
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a manifest says of itself; its digests stand for all it covers."""

    store: str
    """Whose chain it belongs to: a store's name as it was then, or ``archive``."""
    day: date
    number: int
    """Within the day, from 1."""
    made_at: datetime
    previous: Previous | None
    """``None``: the first of its chain."""
    leaves: int
    root: str
    """64 hexadecimal digits."""

    @property
    def path(self) -> str:
        """Return where it lies."""
        return manifest_path(self.day, self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFile:
    """A WARC file as a manifest has it."""

    path: str
    """As in a store: ``warc/`` and what ``Capture.warc_key`` has."""
    bytes: int
    sha256: str
    damaged: tuple[Damage, ...]
    records: tuple[RecordDigest, ...]
    """By offset; empty where they were not asked for."""

    @property
    def warc_key(self) -> str:
        """Return the file's name in the catalogue."""
        return self.path.removeprefix(WARC_FOLDER)


def manifest_path(day: date, number: int) -> str:
    """Return where a manifest lies in its store.

    >>> from datetime import date
    >>> manifest_path(date(2026, 11, 23), 1)
    'manifest/2026/11/23/00001.json'
    """
    return f"manifest/{day:%Y/%m/%d}/{number:05d}.json"


def is_manifest_path(path: str) -> bool:
    """Tell whether a key is that of a manifest."""
    return _PATH.fullmatch(path) is not None


def is_file_path(path: str) -> bool:
    """Tell whether a path may stand in a manifest: it cannot pose as another line, nor lead elsewhere."""
    return _FILE_PATH.fullmatch(path) is not None and not {"", ".", ".."} & set(path.split("/"))


def record_line(path: str, record: RecordDigest) -> str:
    """Return the data of a record's leaf."""
    return f"record {record.sha256} {record.offset} {record.length} {record.record_id} {path}"


def file_line(path: str, size: int, sha256: str) -> str:
    """Return the data of a file's leaf."""
    return f"file {sha256} {size} {path}"


def json_line(value: object) -> str:
    """Return a value as a manifest writes it."""
    return json.dumps(value, ensure_ascii=False)


def record_json(record: RecordDigest) -> str:
    """Return a record's line in a manifest, without the comma after it."""
    values = (record.record_id, record.type, record.target, record.offset, record.length, record.sha256)
    return json_line(values)


def file_begin(path: str) -> str:
    """Return the line before the records of a file."""
    return f'{{"path": {json_line(path)}, "records": ['


def file_end(size: int, sha256: str, damaged: Iterable[Damage]) -> str:
    """Return the line after them, without the comma after it."""
    found = json_line([(one.offset, one.code) for one in damaged])
    return f'], "bytes": {size}, "sha256": "{sha256}", "damaged": {found}}}'


def head_text(head: Head) -> str:
    """Return the first lines of a manifest, each with its line end."""
    previous = head.previous and {
        "path": head.previous.path,
        "sha256": head.previous.sha256,
        "head_sha256": head.previous.head_sha256,
        "root": head.previous.root,
    }
    values = {
        "format": FORMAT,
        "readme": README,
        "store": head.store,
        "day": f"{head.day:%Y-%m-%d}",
        "number": head.number,
        "made_at": f"{head.made_at:%Y-%m-%dT%H:%M:%SZ}",
        "previous": previous,
        "tree": {"algorithm": ALGORITHM, "leaves": head.leaves, "root": head.root},
    }
    lines = (f'"{name}": {json_line(value)},\n' for name, value in values.items())
    return "{\n" + "".join(lines)


@contextmanager
def _writing() -> Iterator[None]:
    """Tell a full disk from a WARC file that cannot be read."""
    try:
        yield
    except OSError as error:
        kind = StoreFullError if error.errno in {errno.ENOSPC, errno.EDQUOT} else StoreError
        raise kind(f"no manifest can be written: {error.strerror or error}") from error


class ManifestBody:
    """The files of a manifest being made: their lines in a file, their leaves in a tree."""

    def __init__(self, spool: BinaryIO) -> None:
        self._spool = spool
        self.tree = Tree()
        self.files: list[str] = []
        """Paths, in order."""
        self._written = 0

    def add(self, path: str, file: BinaryIO, *, sha256: str | None, size: int | None) -> Inventory | None:
        """Read a file and add it; ``None``, and nothing added, when it is not what it should be.

        ``OSError`` and ``StoreError`` (of a file in a store) when it cannot be read; nothing is added then.
        """
        if not is_file_path(path):
            raise ValueError(f"{path!r} cannot stand in a manifest")
        if self.files and path <= self.files[-1]:
            raise ValueError(f"{path} comes after {self.files[-1]}: files stand in order")
        begin, tree = self._written, self.tree.copy()
        try:
            self._write(("" if not self.files else ",\n") + file_begin(path))
            first = True

            def each(record: RecordDigest) -> None:
                nonlocal first
                self._write(("\n" if first else ",\n") + record_json(record))
                self.tree.append(leaf_hash(record_line(path, record).encode()))
                first = False

            found = take_inventory(file, each)
            wanted = (found.sha256 if sha256 is None else sha256, found.bytes if size is None else size)
            if (found.sha256, found.bytes) != wanted:
                self._take_back(begin, tree)
                return None
            self._write("\n" + file_end(found.bytes, found.sha256, found.damaged))
            self.tree.append(leaf_hash(file_line(path, found.bytes, found.sha256).encode()))
        except BaseException:
            self._take_back(begin, tree)
            raise
        self.files.append(path)
        return found

    def write(self, head: Head, target: BinaryIO) -> tuple[str, int]:
        """Write the whole manifest and return its SHA-256 and size; ``head`` has the tree's root."""
        with _writing():
            self._spool.flush()
            self._spool.seek(0)
            target.write((head_text(head) + '"files": [\n').encode())
            shutil.copyfileobj(self._spool, target, 1 << 20)
            target.write(b"\n]\n}\n")
            target.seek(0)
        digest = hashlib.sha256()
        while data := target.read(1 << 20):
            digest.update(data)
        return digest.hexdigest(), target.tell()

    def _write(self, text: str) -> None:
        data = text.encode()
        with _writing():
            self._spool.write(data)
        self._written += len(data)

    def _take_back(self, begin: int, tree: Tree) -> None:
        with _writing():
            self._spool.seek(begin)
            self._spool.truncate()
        self._written = begin
        self.tree = tree
