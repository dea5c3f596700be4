"""One process at a time in a workspace folder, and who that is.

The lock is ``flock(2)`` on ``<folder>/mandegar.lock``: the kernel releases it when the process ends, however
it ends, so a lock that is held is never stale. The file's content (JSON: pid, host, boot, started, command,
since) only tells others who holds it; it stays when the lock is gone and then means nothing.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import socket
import sys
import weakref
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from model import ReadError, StoreBusyError, StoreError, StoreFullError, from_json, to_json

LOCK_NAME = "mandegar.lock"

# A crawl writes its heartbeat with every batch; ten minutes without one, seen from another machine, is gone.
_HEARTBEAT_S = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A process, so that it can be told from a later one with the same number."""

    pid: int
    host: str
    boot: str = ""
    """The kernel's boot id; empty when it cannot be known."""
    started: str = ""
    """Its start in clock ticks since boot (``/proc/<pid>/stat``, field 22); empty when not known."""
    command: str = ""
    """What it does, for a person."""
    since: datetime | None = None
    """Aware UTC, since when it holds what it holds."""

    def __str__(self) -> str:
        """Name the process for a person: «process 4711 on desk1 (mandegar crawl) since 2026-11-23 07:30»."""
        parts = [f"process {self.pid} on {self.host}"]
        if self.command:
            parts.append(f"({self.command})")
        if self.since:
            parts.append(f"since {self.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC")
        return " ".join(parts)

    def is_gone(self, heartbeat_at: datetime | None = None, now: datetime | None = None) -> bool:
        """Tell whether the process has ended; of one on another machine only the heartbeat can tell."""
        here = this_process()
        if self.host == here.host and self.boot and here.boot:
            if self.boot != here.boot:
                return True
            started = _start_of(self.pid)
            return started is None or bool(self.started and started and started != self.started)
        if heartbeat_at is None:
            return False
        return ((now or datetime.now(UTC)) - heartbeat_at).total_seconds() > _HEARTBEAT_S


def this_process(command: str = "", since: datetime | None = None) -> Holder:
    """Return the process that asks."""
    pid = os.getpid()
    return Holder(
        pid=pid,
        host=socket.gethostname(),
        boot=_read_line(Path("/proc/sys/kernel/random/boot_id")),
        started=_start_of(pid) or "",
        command=command,
        since=since,
    )


def _read_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _start_of(pid: int) -> str | None:
    """Return when a live process began, ``""`` when only its life is known, ``None`` when it is no more."""
    # The command in field 2 may hold spaces and parentheses: count after the last one (proc(5)).
    fields = _read_line(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
    if len(fields) > 19:
        return None if fields[0] in {"Z", "X"} else fields[19]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return ""
    return ""


class WorkspaceLock:
    """The exclusive right to write to a workspace folder, from construction to :meth:`release`."""

    def __init__(self, folder: Path, *, command: str) -> None:
        """Take the lock or raise ``StoreBusyError`` with its holder's name; never waits."""
        self._descriptor: int | None = None  # also when the next line raises: __del__ looks at it
        self.path = folder / LOCK_NAME
        self._descriptor = _open_locked(folder, self.path)
        _forget_in_children(self)
        self.holder = this_process(command, datetime.now(UTC))
        content = json.dumps(to_json(self.holder), ensure_ascii=False).encode()
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, content, 0)
        except OSError as error:
            self.release()
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise StoreFullError(f"no room is left on the disk of {folder}") from error
            raise StoreError(f"{self.path} cannot be written: {error.strerror}") from error

    @classmethod
    def take(cls, folder: Path) -> Self:
        """Take the lock in the name of the running program (its arguments may hold secrets: left out)."""
        return cls(folder, command=Path(sys.argv[0]).name)

    def release(self) -> None:
        """Give the folder free; a second call does nothing."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def __del__(self) -> None:
        self.release()


def _open_locked(folder: Path, path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise StoreError(f"{folder} cannot be written to: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if error.errno in {errno.EAGAIN, errno.EACCES}:
            raise StoreBusyError(folder, _holder_of(path)) from error
        raise StoreError(f"{folder} cannot be locked: {error.strerror}") from error
    return descriptor


def _holder_of(path: Path) -> str:
    # The holder may be writing its name this very moment, or the file may be anything.
    with contextlib.suppress(OSError, ValueError, ReadError):
        return str(from_json(Holder, json.loads(path.read_bytes()[:4096])))
    return "another process"


def _forget_in_children(lock: WorkspaceLock) -> None:
    """Close the lock in forked children: a worker that outlives a killed parent would hold it on."""
    known = weakref.ref(lock)

    def forget() -> None:
        held = known()
        if held is not None:
            held.release()

    os.register_at_fork(after_in_child=forget)
