"""When there is too little room on a disk, and when there is enough again."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from archive.room import RoomWatch, free_bytes
from model import StoreError


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Megabytes free by folder, as the kernel would say."""
    table: dict[str, int] = {}

    def statvfs(path: object) -> SimpleNamespace:
        return SimpleNamespace(f_bavail=table[str(path)] * 1000, f_bfree=10**9, f_frsize=1000)

    monkeypatch.setattr(os, "statvfs", statvfs)
    return table


def test_it_is_short_below_the_reserve_and_until_a_tenth_more_is_free(free: dict[str, int]) -> None:
    watch = RoomWatch([Path("/a"), Path("/b")], reserve_bytes=1000 * 10**6)
    free |= {"/a": 1000, "/b": 1000}
    assert watch.look() is None
    free["/b"] = 999
    short = watch.look()
    assert short is not None
    assert str(short) == "only 999 MB are free where /b lies; goes on by itself at 1,100 MB"
    free |= {"/a": 1099, "/b": 1200}
    # Enough to go on, not enough to begin again: of both disks.
    assert (watch.look() or short).folder == Path("/a")
    free["/a"] = 1100
    assert watch.look() is None
    free["/a"] = 1000
    assert watch.look() is None


def test_the_fuller_disk_is_named(free: dict[str, int]) -> None:
    watch = RoomWatch([Path("/a"), Path("/b")], reserve_bytes=1000 * 10**6)
    free |= {"/a": 512, "/b": 13}
    short = watch.look()
    assert short is not None
    assert (short.folder, short.free) == (Path("/b"), 13 * 10**6)


def test_without_a_reserve_there_is_room_until_a_write_fails(free: dict[str, int]) -> None:
    free["/a"] = 0
    assert RoomWatch([Path("/a")], reserve_bytes=0).look() is None


def test_a_disk_that_is_gone_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be looked at"):
        free_bytes(tmp_path / "gone")


def test_free_is_what_this_user_may_write(tmp_path: Path) -> None:
    room = os.statvfs(tmp_path)
    assert 0 < free_bytes(tmp_path) <= room.f_bfree * room.f_frsize
