"""Reads manifests that nobody vouches for: line by line, in bounded memory, and only as they are written.

A line that is not exactly what the format would write is refused, so that a manifest can be read in one way
only: no second key of one name, no other order, no white space. What is held is one line, and of a file what
the caller keeps.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from archive.manifest.inventory import Damage, RecordDigest
from archive.manifest.manifest import (
    ALGORITHM,
    FORMAT,
    HEAD_LINES,
    README,
    Head,
    ManifestFile,
    Previous,
    file_begin,
    file_end,
    file_line,
    head_text,
    is_file_path,
    is_manifest_path,
    json_line,
    record_json,
    record_line,
)
from archive.manifest.merkle import Tree, leaf_hash
from model import DamagedArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINE_BYTES = 1 << 19
"""A record's target comes from a head of 64 KiB at most, and JSON writes a character in six at most."""
MAX_BYTES = 1 << 32
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PLAIN = re.compile(r"[!-~]{1,200}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class ManifestReader:
    """A manifest being read: its head at once, then what it covers; errors name the line."""

    def __init__(self, file: BinaryIO, path: str) -> None:
        """Read the head of a manifest that lies under ``path``."""
        self._file = file
        self._path = path
        self._line = 0
        self._read = 0
        self._digest = hashlib.sha256()
        self._tree = Tree()
        lines = [self._next() for _ in range(HEAD_LINES)]
        self.head_text = "".join(f"{line}\n" for line in lines)
        self.head_sha256 = self._digest.hexdigest()
        self.head = self._parse_head()

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the whole file; valid when all was read."""
        return self._digest.hexdigest()

    def files(self) -> Iterator[ManifestFile]:
        """Yield the files with their records; at the end the root must be the head's."""
        records: list[RecordDigest] = []
        for _, found in self.leaves():
            if isinstance(found, RecordDigest):
                records.append(found)
            else:
                yield ManifestFile(
                    path=found.path,
                    bytes=found.bytes,
                    sha256=found.sha256,
                    damaged=found.damaged,
                    records=tuple(records),
                )
                records = []

    def finish(self) -> None:
        """Read to the end: return when the whole manifest is as it should be."""
        for _ in self.leaves():
            pass

    def leaves(self) -> Iterator[tuple[str, RecordDigest | ManifestFile]]:
        """Yield every leaf in order: its data, and what it stands for; a file comes without its records."""
        self._expect(self._next(), '"files": [')
        line = self._next()
        last = ""
        while line != "]":
            path = self._file_path(line)
            if path <= last:
                self._refuse("its files are not in order")
            last = path
            line = self._next()
            more = line.startswith("[")
            while more:
                more = line.endswith(",")
                record = self._record(line.removesuffix(","))
                yield self._leaf(record_line(path, record)), record
                line = self._next()
                if more != line.startswith("["):
                    self._refuse("before it a comma is missing, or one too many")
            found = self._file_entry(path, line.removesuffix(","))
            yield self._leaf(file_line(path, found.bytes, found.sha256)), found
            comma = line.endswith(",")
            line = self._next()
            if comma == (line == "]"):
                self._refuse("before it a comma is missing, or one too many")
        self._expect(self._next(), "}")
        if self._file.read(1):
            self._refuse("something follows its end")
        if (self._tree.leaves, self._tree.root().hex()) != (self.head.leaves, self.head.root):
            raise DamagedArchiveError(
                f"{self._path}: its lines do not make the root it names ({self.head.root}): it was changed"
            )

    # --- lines

    def _next(self) -> str:
        data = self._file.readline(MAX_LINE_BYTES)
        self._line += 1
        self._read += len(data)
        if not data.endswith(b"\n"):
            self._refuse(
                "it is longer than any manifest's" if data[MAX_LINE_BYTES - 1 :] else "it is cut off here"
            )
        if self._read > MAX_BYTES:
            self._refuse(f"the manifest is larger than {MAX_BYTES} bytes")
        self._digest.update(data)
        try:
            text = data[:-1].decode("utf-8")
        except UnicodeDecodeError:
            self._refuse("it is no UTF-8")
        return text

    def _expect(self, line: str, wanted: str) -> None:
        if line != wanted:
            self._refuse(f"here should stand {wanted!r}")

    def _refuse(self, why: str) -> NoReturn:
        raise DamagedArchiveError(f"{self._path}: line {self._line}: {why}; it is no manifest, or damaged")

    def _json(self, text: str) -> object:
        try:
            value: object = json.loads(text)
        except (ValueError, RecursionError):
            self._refuse("it is no JSON as a manifest has it")
        return value

    def _leaf(self, data: str) -> str:
        self._tree.append(leaf_hash(data.encode()))
        return data

    # --- values

    def _parse_head(self) -> Head:
        text = self.head_text.removesuffix(",\n") + "}"
        data = self._json(text)
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            self._refuse(f"it does not say {FORMAT!r}: it may be a newer Mandegar's")
        tree = data.get("tree")
        if not isinstance(tree, dict) or tree.get("algorithm") != ALGORITHM:
            self._refuse("its tree is of another kind")
        made_at, day, store = data.get("made_at"), data.get("day"), data.get("store")
        number, leaves, root = data.get("number"), tree.get("leaves"), tree.get("root")
        if not (
            isinstance(store, str)
            and isinstance(day, str)
            and isinstance(made_at, str)
            and _MOMENT.fullmatch(made_at)
            and _is_count(number)
            and _is_count(leaves)
            and _is_sha256(root)
        ):
            self._refuse("its head lacks something")
        try:
            head = Head(
                store=store,
                day=date.fromisoformat(day),
                number=int(str(number)),
                made_at=datetime.strptime(made_at, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
                previous=self._previous(data.get("previous")),
                leaves=int(str(leaves)),
                root=str(root),
            )
        except ValueError:
            self._refuse("its head has a day that is none")
        # README may say the same in other words one day; all else is written in one way.
        said = head_text(head).replace(json_line(README), json_line(data.get("readme")))
        if said != self.head_text:
            self._refuse("its head is not written as manifests are")
        return head

    def _previous(self, data: object) -> Previous | None:
        if data is None:
            return None
        if not isinstance(data, dict):
            self._refuse("what it says of the manifest before it cannot be read")
        path, root = data.get("path"), data.get("root")
        sha256, head_sha256 = data.get("sha256"), data.get("head_sha256")
        if not (isinstance(path, str) and is_manifest_path(path)) or not all(
            map(_is_sha256, (root, sha256, head_sha256))
        ):
            self._refuse("what it says of the manifest before it cannot be read")
        return Previous(path=path, sha256=str(sha256), head_sha256=str(head_sha256), root=str(root))

    def _file_path(self, line: str) -> str:
        data = self._json(line + "]}")
        path = data.get("path") if isinstance(data, dict) else None
        if not isinstance(path, str) or not is_file_path(path) or file_begin(path) != line:
            self._refuse("here should begin a file")
        return path

    def _record(self, text: str) -> RecordDigest:
        data = self._json(text)
        if not isinstance(data, list) or len(data) != 6:
            self._refuse("here should stand a record")
        record_id, kind, target, offset, length, sha256 = data
        if not (
            _is_plain(record_id)
            and _is_plain(kind)
            and isinstance(target, str)
            and _is_count(offset)
            and _is_count(length)
            and _is_sha256(sha256)
        ):
            self._refuse("a value of this record is none")
        record = RecordDigest(
            record_id=record_id, type=kind, target=target, offset=offset, length=length, sha256=sha256
        )
        if record_json(record) != text:
            self._refuse("this record is not written as manifests are")
        return record

    def _file_entry(self, path: str, text: str) -> ManifestFile:
        data = self._json('{"records": [' + text)
        if not isinstance(data, dict):
            self._refuse("here should end a file")
        size, sha256, damaged = data.get("bytes"), data.get("sha256"), data.get("damaged")
        if not (_is_count(size) and _is_sha256(sha256) and isinstance(damaged, list)):
            self._refuse("here should end a file")
        found = []
        for one in damaged:
            if not (isinstance(one, list) and len(one) == 2 and _is_count(one[0]) and _is_plain(one[1])):
                self._refuse("what it says of damage cannot be read")
            found.append(Damage(offset=one[0], code=one[1]))
        made = ManifestFile(
            path=path, bytes=int(str(size)), sha256=str(sha256), damaged=tuple(found), records=()
        )
        if file_end(made.bytes, made.sha256, made.damaged) != text:
            self._refuse("this end of a file is not written as manifests are")
        return made


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _is_plain(value: object) -> bool:
    return isinstance(value, str) and _PLAIN.fullmatch(value) is not None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63
