"""A local file goes only when enough stores show it at that very moment; in any doubt it stays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from samples.copies import Kept, fill, folder_store, kept

from archive import Archive
from archive.catalogue import CopyState
from archive.copies.dropping import Dropped, drop_old
from archive.copies.keeping import object_key
from archive.manifest.sealing import seal

LATER = datetime.now(UTC) + timedelta(days=31)


class Shop:
    def __init__(self, folder: Path, here: Kept) -> None:
        self.folder = folder
        self.here = here
        self.ledger = here.keeping.ledger
        self.keys = [file.key for file in self.ledger.files()]

    def drop(self, now: datetime = LATER) -> Dropped:
        return drop_old(self.here.keeping, now)

    def here_still(self) -> list[str]:
        return [key for key in self.keys if (self.folder / "archive" / "warc" / key).exists()]

    def copy(self, store: str, number: int = 0) -> Path:
        path = self.folder / store / object_key(self.keys[number])
        path.chmod(0o600)
        return path


@pytest.fixture(scope="module")
def safe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with an archive and its stores; every file is safe and sealed."""
    folder = tmp_path_factory.mktemp("safe") / "all"
    folder.mkdir()
    fill(folder / "archive")
    with _opened(folder) as here:
        here.sync()
        seal(here.keeping.catalogue, here.keeping.folder)
    return folder


@pytest.fixture
def shop(safe: Path, tmp_path: Path) -> Iterator[Shop]:
    shutil.copytree(safe, tmp_path, dirs_exist_ok=True)
    with _opened(tmp_path) as here:
        yield Shop(tmp_path, here)


def _opened(folder: Path) -> AbstractContextManager[Kept]:
    paris, oslo = folder_store(folder, "paris"), folder_store(folder, "oslo")
    return kept(folder / "archive", paris, oslo, copies=2, keep_local_days=30)


def test_old_files_that_are_safe_are_dropped(shop: Shop) -> None:
    dropped = shop.drop()
    assert dropped.files == len(shop.keys)
    assert dropped.kept == ()
    assert shop.here_still() == []
    assert not any(file.is_local for file in shop.ledger.files())


def test_what_was_dropped_is_still_given_back(shop: Shop) -> None:
    capture = shop.ledger.captures_in(shop.keys[0])[2]
    before = shop.here.archive.load(shop.here.archive.catalogue.capture(capture.record_id))
    shop.drop()
    marker = shop.folder / "archive" / "mandegar.toml"
    stores = "".join(f'\n[[stores]]\nname = "{name}"\nurl = "../{name}"\n' for name in ("paris", "oslo"))
    marker.write_text(marker.read_text() + stores)
    with Archive.open(shop.folder / "archive") as archive:
        after = archive.load(archive.catalogue.capture(capture.record_id))
    assert after.entity == before.entity


def test_files_that_are_not_old_enough_stay(shop: Shop) -> None:
    assert shop.drop(LATER - timedelta(days=2)) == Dropped()
    assert shop.here_still() == shop.keys


def test_nothing_is_dropped_where_nobody_asked_for_it(tmp_path: Path) -> None:
    fill(tmp_path / "archive")
    with kept(tmp_path / "archive", folder_store(tmp_path, "paris")) as here:
        here.sync()
        seal(here.keeping.catalogue, here.keeping.folder)
        assert drop_old(here.keeping, LATER) == Dropped()


def test_a_file_with_a_copy_that_is_not_verified_stays(shop: Shop) -> None:
    shop.ledger.found_bad(shop.keys[0], "oslo", CopyState.DAMAGED, "an audit said so")
    [(key, why)] = shop.drop().kept
    assert (key, shop.here_still()) == (shop.keys[0], [shop.keys[0]])
    assert why == "1 of 2 copies are verified"


@pytest.mark.parametrize("store", ["paris", "oslo"])
def test_a_file_with_a_copy_that_is_gone_by_now_stays(shop: Shop, store: str) -> None:
    shop.copy(store).unlink()
    [(key, why)] = shop.drop().kept
    assert (key, shop.here_still()) == (shop.keys[0], [shop.keys[0]])
    assert "it is missing" in why
    assert shop.ledger.copies_in(store, CopyState.MISSING)[0].key == key


def test_a_file_with_a_copy_of_another_size_stays(shop: Shop) -> None:
    path = shop.copy("paris")
    path.write_bytes(path.read_bytes()[:-1])
    [(key, why)] = shop.drop().kept
    assert (key, shop.here_still()) == (shop.keys[0], [shop.keys[0]])
    assert "bytes instead of" in why


def test_a_file_stays_when_a_store_cannot_be_asked(shop: Shop) -> None:
    (shop.folder / "oslo").rename(shop.folder / "unplugged")
    dropped = shop.drop()
    assert dropped.files == 0
    assert shop.here_still() == shop.keys
    assert "mount" in dropped.kept[0][1]
    # Nothing was learned of the copies themselves.
    assert shop.here.states("oslo") == {CopyState.VERIFIED}


def test_a_file_that_no_manifest_covers_stays(tmp_path: Path) -> None:
    keys = fill(tmp_path / "archive")
    with kept(tmp_path / "archive", folder_store(tmp_path, "paris"), keep_local_days=0) as here:
        here.sync()
        dropped = drop_old(here.keeping, LATER)
    assert dropped.files == 0
    assert {why for _, why in dropped.kept} == {"it stands in no manifest yet"}
    assert len(dropped.kept) == len(keys)


def test_a_crash_before_the_file_is_unlinked_leaves_a_file_that_is_noted_again(shop: Shop) -> None:
    shop.ledger.note_local(shop.keys[0], is_local=False)
    shop.here.archive.close()
    with Archive.open(shop.folder / "archive", exclusive=True) as archive:
        file = archive.catalogue.ledger.file(shop.keys[0])
    assert file is not None
    assert file.is_local
