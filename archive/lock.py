"""Who may write to a workspace folder: one process alone, or workers side by side; and who that is.

::

    mandegar.lock               held exclusively by a process alone, or shared by every worker
    locks/workers/<id>.lock     held by one worker each, so that it can be named
    locks/<source>.lock         held by who crawls the source

The locks are those of ``flock(2)``: the kernel releases them when the process ends, however it ends, so a
lock that is held is never stale. A file's content (JSON: pid, host, boot, started, command, since) only
tells others who holds it; it stays when the lock is gone and then means nothing.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import socket
import sys
import weakref
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import Self

from model import (
    BadConfigurationError,
    ReadError,
    StoreBusyError,
    StoreError,
    StoreFullError,
    from_json,
    to_json,
)

LOCK_NAME = "mandegar.lock"
LOCKS_FOLDER = "locks"
_WORKERS = "workers"
_FILE_NAME = re.compile(r"\w[\w.-]*")

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
    """The right to write to a workspace folder, alone or beside workers, until :meth:`release`."""

    def __init__(self, folder: Path, *, command: str, shared: bool = False) -> None:
        """Take the lock or raise ``StoreBusyError`` with its holders' names; never waits."""
        self.path = folder / LOCK_NAME
        self.holder = this_process(command, datetime.now(UTC))
        self._folder = folder
        self._own: _LockFile | None = None
        self._lock = _LockFile(self.path, shared=shared)
        if not self._lock.is_held:
            raise _busy_worker(folder, self.path) if shared else _busy(folder, self.path)
        try:
            if shared:
                self._own = _new_worker_file(folder)
            (self._own or self._lock).write(self.holder)
        except BaseException:
            self.release()
            raise

    @classmethod
    def take(cls, folder: Path) -> Self:
        """Take the lock in the name of the running program (its arguments may hold secrets: left out)."""
        return cls(folder, command=Path(sys.argv[0]).name)

    def release(self) -> None:
        """Give the folder free; a second call does nothing."""
        if self._own is not None and self._own.is_held:
            self._own.path.unlink(missing_ok=True)
            self._own.release()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class SourceLock:
    """The right to crawl a source into a workspace folder, from construction to :meth:`release`."""

    def __init__(self, folder: Path, source: str, *, command: str) -> None:
        """Take the lock or raise ``StoreBusyError`` with its holder's name; never waits."""
        if not _FILE_NAME.fullmatch(source):
            raise BadConfigurationError("source", f"{source!r} cannot be the name of a file")
        self.path = _locks_folder(folder) / f"{source}.lock"
        self._lock = _LockFile(self.path)
        if not self._lock.is_held:
            raise StoreBusyError(f"source {source}", _holder_of(self.path))
        try:
            self._lock.write(this_process(command, datetime.now(UTC)))
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Give the source free; a second call does nothing."""
        self._lock.release()


class _LockFile:
    """A file and whether this process holds its lock."""

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        """Try to take the lock; never waits."""
        self._descriptor: int | None = None  # also when the next line raises: __del__ looks at it
        self.path = path
        self._descriptor = _open_locked(path, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        _forget_in_children(self)

    @property
    def is_held(self) -> bool:
        return self._descriptor is not None

    def write(self, holder: Holder) -> None:
        """Say who holds it."""
        if self._descriptor is None:
            return
        content = json.dumps(to_json(holder), ensure_ascii=False).encode()
        try:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, content, 0)
        except OSError as error:
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise StoreFullError(f"no room is left on the disk of {self.path.parent}") from error
            raise StoreError(f"{self.path} cannot be written: {error.strerror}") from error

    def release(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)

    def __del__(self) -> None:
        self.release()


def lock_file(descriptor: int, path: Path) -> bool:
    """Lock an open file for this process; tell whether that succeeded, and ``path`` still names the file."""
    if not _flock(descriptor, fcntl.LOCK_EX):
        return False
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _flock(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in {errno.EAGAIN, errno.EACCES}:
            return False
        raise
    return True


def _open_locked(path: Path, how: int) -> int | None:
    """Return a descriptor that holds the lock, or ``None`` when another has it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StoreFullError(f"no room is left on the disk of {path.parent}") from error
        raise StoreError(f"{path.parent} cannot be written to: {error.strerror}") from error
    try:
        if _flock(descriptor, how):
            return descriptor
    except OSError as error:
        os.close(descriptor)
        raise StoreError(f"{path.parent} cannot be locked: {error.strerror}") from error
    os.close(descriptor)
    return None


def _locks_folder(folder: Path) -> Path:
    path = folder / LOCKS_FOLDER
    try:
        (path / _WORKERS).mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path} cannot be made: {error.strerror}") from error
    return path


def _new_worker_file(folder: Path) -> _LockFile:
    """Return a file of this process alone; who clears up may take it between its making and its lock."""
    workers = _locks_folder(folder) / _WORKERS
    while True:
        made = _LockFile(workers / f"{os.getpid()}-{token_hex(4)}.lock")
        if made.is_held and made.path.exists():
            return made


def _workers_at_work(folder: Path) -> list[str]:
    """Return the names of the workers that live; what dead ones left is cleared away."""
    names = []
    for path in sorted((folder / LOCKS_FOLDER / _WORKERS).glob("*.lock")):
        left = _LockFile(path)
        if left.is_held:
            path.unlink(missing_ok=True)
            left.release()
        else:
            names.append(_holder_of(path))
    return names


def _busy(folder: Path, path: Path) -> StoreBusyError:
    """Return the refusal of one who wants the folder alone."""
    workers = _workers_at_work(folder)
    if not workers:
        return StoreBusyError(folder, _holder_of(path))
    return StoreBusyError(
        folder,
        " and ".join(workers),
        "to crawl beside workers, give --worker, too; else wait for them to end, or stop them",
    )


def _busy_worker(folder: Path, path: Path) -> StoreBusyError:
    """Return the refusal of a worker."""
    return StoreBusyError(
        folder,
        f"{_holder_of(path)}, which is no worker and holds it alone",
        "wait for it to end, or stop it; processes that all have --worker run side by side",
    )


def _holder_of(path: Path) -> str:
    # The holder may be writing its name this very moment, or the file may be anything.
    with contextlib.suppress(OSError, ValueError, ReadError):
        return str(from_json(Holder, json.loads(path.read_bytes()[:4096])))
    return "another process"


def _forget_in_children(lock: _LockFile) -> None:
    """Close the lock in forked children: a worker that outlives a killed parent would hold it on."""
    known = weakref.ref(lock)

    def forget() -> None:
        held = known()
        if held is not None:
            held.release()

    os.register_at_fork(after_in_child=forget)
