"""What is put in its place is whole there, and stays when another process comes second."""

from __future__ import annotations

import errno
import multiprocessing
import os
from pathlib import Path

import pytest

from archive.catalogue import Catalogue
from archive.placing import place_new, write_new


def test_what_is_there_already_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    write_new(path, "first\n")
    write_new(path, "second\n")
    assert path.read_text() == "first\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_system_without_links_has_a_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    path = tmp_path / "a.toml"
    for text in ("first", "second"):
        made = tmp_path / "made"
        made.write_text(text)
        place_new(made, path)
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]


def test_its_bytes_are_on_disk_before_its_name_and_the_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, bool]] = []
    path, real = tmp_path / "a.toml", os.fsync

    def noting(descriptor: int) -> None:
        seen.append((str(Path(f"/proc/self/fd/{descriptor}").readlink()), path.exists()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", noting)
    write_new(path, "text")
    assert [(Path(name).name.startswith("a.toml."), there) for name, there in seen] == [
        (True, False),
        (False, True),
    ]
    assert seen[1][0] == str(tmp_path)


def _open(path: Path, barrier: multiprocessing.synchronize.Barrier) -> None:  # type: ignore[name-defined]
    barrier.wait(60)
    with Catalogue.open(path, create=True) as catalogue, catalogue.write() as batch:
        batch.interrupt_running()


def test_processes_that_make_a_catalogue_at_once_share_one(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    path = tmp_path / "catalogue.sqlite"
    processes = [context.Process(target=_open, args=(path, barrier)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(90)
        assert process.exitcode == 0
    with Catalogue.open(path) as catalogue:
        assert catalogue.check() == []
    assert [one.name for one in tmp_path.iterdir()] == ["catalogue.sqlite"]


@pytest.mark.parametrize("durable", [True, False])
def test_a_durable_batch_is_synced_at_its_commit(catalogue: Catalogue, durable: bool) -> None:
    # Of SQLite's levels 2 is FULL and 1 is NORMAL (sqlite.org/pragma.html); the batch before must not count.
    with catalogue.write(durable=not durable):
        pass
    with catalogue.write(durable=durable) as batch:
        (level,) = batch._connection.exec_driver_sql("PRAGMA synchronous").one()
    assert level == (2 if durable else 1)
