"""The short form of the power cut; ``make torture`` runs the long one. The model is told in ``disk.py``."""

from __future__ import annotations

import random
from pathlib import Path

from torture import kills, power
from torture.disk import Disk, Form
from torture.shim import Change, Entry


def test_what_another_connection_saw_survives_a_power_cut_at_any_moment(tmp_path: Path) -> None:
    with kills.undisturbed(tmp_path, posts=12) as whole:
        figures = power.torture(tmp_path, whole, cuts=20, seed=1, go_on_every=10)
    assert figures.failures == []
    assert figures.gone_on == 2
    assert figures.captures > 0


# --- the model itself: what it throws away


def entry(change: Change, path: str, **more: object) -> Entry:
    made = {"inode": 0, "offset": 0, "length": 0, "other": "", "data": b"", "end": 0} | more
    return Entry(change=change, path=path, **made)  # type: ignore[arg-type]


def after_cut(tmp_path: Path, *entries: Entry, form: Form = Form.LOST, seed: int = 0) -> dict[str, bytes]:
    disk = Disk(Path("/a"))
    for one in entries:
        disk.apply(one)
    target = tmp_path / f"cut-{len(list(tmp_path.iterdir()))}"
    disk.write_to(target, form, random.Random(seed))
    return {path.name: path.read_bytes() for path in target.rglob("*") if path.is_file()}


CREATED = entry(Change.CREATE, "/a/f", inode=1, end=1)
WRITTEN = entry(Change.DATA, "/a/f", inode=1, offset=0, length=4, data=b"abcd", end=2)
LATER = entry(Change.DATA, "/a/f", inode=1, offset=4, length=4, data=b"efgh", end=5)
FILE_SYNC = (
    entry(Change.SYNC_BEGINS, "/a/f", inode=1, offset=1, end=3),
    entry(Change.SYNC_ENDS, "", inode=1, offset=1, end=4),
)
FOLDER_SYNC = (
    entry(Change.SYNC_BEGINS, "/a", offset=2, end=6),
    entry(Change.SYNC_ENDS, "", offset=2, end=7),
)


def test_a_file_without_its_folder_s_sync_has_no_name(tmp_path: Path) -> None:
    assert after_cut(tmp_path, CREATED, WRITTEN, *FILE_SYNC) == {}
    assert after_cut(tmp_path, CREATED, WRITTEN, *FILE_SYNC, *FOLDER_SYNC) == {"f": b"abcd"}


def test_a_name_without_its_file_s_sync_has_no_content(tmp_path: Path) -> None:
    assert after_cut(tmp_path, CREATED, WRITTEN, *FOLDER_SYNC) == {"f": b""}


def test_what_is_written_while_a_sync_runs_is_not_covered_by_it(tmp_path: Path) -> None:
    begun, ended = FILE_SYNC
    assert after_cut(tmp_path, CREATED, WRITTEN, begun, LATER, *FOLDER_SYNC) == {"f": b""}
    assert after_cut(tmp_path, CREATED, WRITTEN, begun, LATER, ended, *FOLDER_SYNC) == {"f": b"abcd"}


def test_a_sync_that_failed_covers_nothing(tmp_path: Path) -> None:
    begun, ended = FILE_SYNC
    failed = entry(Change.SYNC_ENDS, "", inode=1, offset=1, length=1, end=ended.end)
    assert after_cut(tmp_path, CREATED, WRITTEN, begun, failed, *FOLDER_SYNC) == {"f": b""}


def test_a_rename_without_a_sync_of_its_folder_is_undone(tmp_path: Path) -> None:
    renamed = entry(Change.RENAME, "/a/f", other="/a/g", end=8)
    assert after_cut(tmp_path, CREATED, WRITTEN, *FILE_SYNC, *FOLDER_SYNC, renamed) == {"f": b"abcd"}


def test_some_of_the_later_writes_survive_in_form_b(tmp_path: Path) -> None:
    found = {
        after_cut(tmp_path, CREATED, WRITTEN, *FILE_SYNC, LATER, *FOLDER_SYNC, form=Form.SOME, seed=seed)["f"]
        for seed in range(40)
    }
    assert found == {b"abcd", b"abcdefgh"}
