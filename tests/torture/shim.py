"""The preloaded library (``shim.c``): compiling it, telling it what to do, reading what it found."""

from __future__ import annotations

import mmap
import os
import struct
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from servers.preload import library

SOURCE = Path(__file__).with_name("shim.c")
_STATE = struct.Struct("<9QQQQQQ")
_ENTRY = struct.Struct("<IQqQHH")


class Stage(IntEnum):
    """What a call is for; the numbers are those of ``enum stage``."""

    FETCH = 0
    """Reads and writes of the crawl's sockets."""
    WRITE = 1
    """Bytes of a WARC file."""
    SYNC = 2
    """fsync of a WARC file."""
    ROTATE = 3
    """Making, renaming, removing a WARC file or its folders, and the folders' fsync."""
    UPLOAD = 4
    """Sockets to the S3 port; everything below the folder of a store."""
    CATALOGUE = 5
    """The catalogue and its log."""
    INDEX = 6
    """Pages of full text on their way into the catalogue's log."""
    CACHE = 7
    """The cache of what lies in stores."""
    OTHER = 8
    """The lock, the marker, the log for people."""


class When(IntEnum):
    BEFORE = 0
    HALF = 1
    """Half of the bytes are through."""
    AFTER = 2


class Change(IntEnum):
    """What a record of the log says; the numbers are those of ``enum change``."""

    CREATE = 1
    DATA = 2
    SIZE = 3
    SYNC_BEGINS = 4
    SYNC_ENDS = 5
    RENAME = 6
    LINK = 7
    UNLINK = 8
    MKDIR = 9
    RMDIR = 10


@dataclass(frozen=True)
class Kill:
    """SIGKILL at a call; ``whole``: for readers too, as when a machine kills a container."""

    stage: Stage
    call: int
    when: When
    whole: bool = False

    def __str__(self) -> str:
        who = "all processes" if self.whole else "the crawl"
        return f"{who} killed {self.when.name.lower()} call {self.call} of {self.stage.name.lower()}"

    @property
    def plan(self) -> str:
        return f"kill {self.stage:d} {self.call} {self.when:d} {'group' if self.whole else 'self'}"


@dataclass(frozen=True)
class Full:
    """ENOSPC from a call on; ``whole``: for every write that makes a file longer, else for the stage."""

    stage: Stage
    call: int
    when: When = When.BEFORE
    whole: bool = False

    @property
    def plan(self) -> str:
        return f"full {self.stage:d} {self.call} {self.when:d} {'disk' if self.whole else 'stage'}"


@dataclass(frozen=True)
class Entry:
    """A change, as the log has it; ``number`` is the log's bytes up to and with it."""

    change: Change
    inode: int
    offset: int
    """Of the data; the new size; the number of a sync."""
    length: int
    """Of the data; of a sync's end: 1 when it failed."""
    path: str
    other: str
    data: bytes
    end: int


class Shim:
    """What one process is told, and what it did."""

    def __init__(
        self,
        workplace: Path,
        archive: Path,
        *,
        stores: Sequence[Path] = (),
        s3_ports: Sequence[int] = (),
        plan: Kill | Full | None = None,
        log: Path | None = None,
    ) -> None:
        """Prepare for a process that works on ``archive``; ``workplace`` is a folder for files of our own."""
        descriptor, name = tempfile.mkstemp(prefix="state-", dir=workplace)
        os.write(descriptor, bytes(_STATE.size))
        self._state = mmap.mmap(descriptor, _STATE.size)
        os.close(descriptor)
        self.environment = {
            "LD_PRELOAD": str(library(SOURCE)),
            "TORTURE_STATE": name,
            "TORTURE_FOLDERS": ":".join(str(one) for one in (archive, *stores)),
            "TORTURE_S3_PORTS": ",".join(str(port) for port in s3_ports),
        }
        if plan is not None:
            self.environment["TORTURE_PLAN"] = plan.plan
        if log is not None:
            self.environment["TORTURE_LOG"] = str(log)

    @property
    def calls(self) -> dict[Stage, int]:
        """Calls of each stage so far."""
        return dict(zip(Stage, _STATE.unpack(self._state[:])[:9], strict=True))

    @property
    def struck(self) -> Stage | None:
        """The stage at which the plan was carried out, if it was."""
        number = _STATE.unpack(self._state[:])[9]
        return Stage(number - 1) if number else None

    @property
    def looks(self) -> int:
        """How often a full disk was asked for its room."""
        return int(_STATE.unpack(self._state[:])[12])

    def make_room(self) -> None:
        """End a full disk."""
        self._state[_STATE.size - 8 :] = struct.pack("<Q", 1)


def read_log(path: Path) -> Iterator[Entry]:
    """Yield the changes of a log in their order."""
    content = path.read_bytes()
    at = 0
    while at < len(content):
        change, inode, offset, length, path_length, other_length = _ENTRY.unpack_from(content, at)
        at += _ENTRY.size
        name = content[at : at + path_length].decode()
        at += path_length
        other = content[at : at + other_length].decode()
        at += other_length
        kind = Change(change)
        data = b""
        if kind is Change.DATA:
            data = content[at : at + length]
            at += length
        yield Entry(kind, inode, offset, length, name, other, data, at)
