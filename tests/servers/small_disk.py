"""A real, small file system (tmpfs) that any user may fill: mounted in namespaces of its own.

A process holds the namespaces; others enter them (``inside`` is put before their command). From outside the
files are at ``outside``; SQLite cannot use that name, which leads through a link of /proc.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_HOLD = 'mount -t tmpfs -o size="$2",mode=0700 tmpfs "$1" && echo mounted && exec cat'
_ALLOW = (
    "this test mounts a small disk in a user namespace, which is not allowed here: "
    "sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0 "
    "(the one that there is), or run it as root; apt-get install -y util-linux has unshare and nsenter"
)


@dataclass(frozen=True)
class SmallDisk:
    """A mounted disk."""

    folder: Path
    """Its name for processes inside."""
    outside: Path
    """Its name for this process."""
    inside: tuple[str, ...]
    """What a command begins with to run inside."""

    def fill(self, leave: int) -> None:
        """Take all room but so many bytes; more than once: anew."""
        self.make_room()
        with (self.outside / "ballast").open("wb") as file:
            size = self.free - leave
            assert size > 0, "there is less room already"
            os.posix_fallocate(file.fileno(), 0, size)

    def make_room(self) -> None:
        """Give back what :meth:`fill` took."""
        (self.outside / "ballast").unlink(missing_ok=True)

    @property
    def free(self) -> int:
        """Bytes that can be written."""
        room = os.statvfs(self.outside)
        return room.f_bavail * room.f_frsize


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mount a disk at a folder until the block ends; the test fails in words where that is not allowed."""
    folder.mkdir()
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", _HOLD, "sh"]
    try:
        holder = subprocess.Popen(
            [*command, str(folder), f"{megabytes}m"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    except FileNotFoundError:
        pytest.fail(_ALLOW)
    try:
        assert holder.stdout is not None
        if holder.stdout.readline() != "mounted\n":
            pytest.fail(f"{_ALLOW}\n{holder.communicate()[1]}")
        yield SmallDisk(
            folder=folder,
            outside=Path(f"/proc/{holder.pid}/root{folder}"),
            inside=("nsenter", f"--target={holder.pid}", "--user", "--mount", "--preserve-credentials"),
        )
    finally:
        holder.kill()
        holder.communicate()
