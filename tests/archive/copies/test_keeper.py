"""Closed files come into every store, however often that is hindered."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from samples.copies import QUICK, fill, flip_bit, folder_store, kept, wait_until
from samples.shelf import shelf

from archive import Archive
from archive.catalogue import CopyState
from archive.copies.keeper import Keeper
from archive.copies.keeping import object_key
from archive.manifest.chain import check_chain
from archive.manifest.places import StorePlace
from model import Source


def test_every_closed_file_is_verified_in_every_store(tmp_path: Path) -> None:
    keys = fill(tmp_path / "archive")
    paris, oslo = folder_store(tmp_path, "paris"), folder_store(tmp_path, "oslo")
    with kept(tmp_path / "archive", paris, oslo) as here:
        here.sync()
        assert here.states("paris") == here.states("oslo") == {CopyState.VERIFIED}
        safety = here.keeping.ledger.safety(["paris", "oslo"], 2)
        assert (safety.files, safety.safe, safety.only_local) == (len(keys), len(keys), 0)
        assert here.notes == []
        for key in keys:
            local = (tmp_path / "archive" / "warc" / key).read_bytes()
            for store in (paris, oslo):
                assert store.read(object_key(key), 0, len(local) + 1) == local


def test_a_manifest_in_each_store_covers_what_was_put_there(tmp_path: Path) -> None:
    fill(tmp_path / "archive")
    paris = folder_store(tmp_path, "paris")
    with kept(tmp_path / "archive", paris) as here:
        here.sync()
        links, faults = check_chain(StorePlace(paris))
        assert len(links) > 0
        assert faults == []
        assert here.keeping.catalogue.manifests.uncovered("paris", local=False) == []


def test_a_file_closed_while_the_keeper_runs_is_put(tmp_path: Path) -> None:
    fill(tmp_path / "archive", files=1)
    with kept(tmp_path / "archive", folder_store(tmp_path, "paris")) as here:
        keeper = here.keeper()
        keeper.start()
        assert keeper.wait(30)
        path = tmp_path / "archive" / "warc" / "org_example" / "1999" / "12" / "later-00001.warc.gz"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"a file")
        key = "org_example/1999/12/later-00001.warc.gz"
        here.keeping.ledger.note_closed(key, 6, datetime.now(UTC))
        keeper.wake()
        wait_until(lambda: here.keeping.ledger.copies_of(key)[0].state is CopyState.VERIFIED)


def test_a_crawl_s_files_are_noted_when_it_ends(tmp_path: Path) -> None:
    keys = fill(tmp_path / "archive")
    with Archive.open(tmp_path / "archive") as archive:
        files = list(archive.catalogue.ledger.files())
    for file, path in zip(files, sorted((tmp_path / "archive").rglob("*.warc.gz")), strict=True):
        assert file.key in keys
        assert file.size == path.stat().st_size
        assert file.is_local
        assert file.is_indexed


def test_a_file_that_a_killed_crawl_left_open_is_noted_when_it_was_mended(tmp_path: Path) -> None:
    keys = fill(tmp_path / "archive", files=1)
    closed = tmp_path / "archive" / "warc" / keys[0]
    left = closed.with_name(closed.name.replace("00001", "00002") + ".open")
    left.write_bytes(closed.read_bytes() + b"\x1f\x8b\x08 a record that was cut")
    with Archive.open(tmp_path / "archive", exclusive=True) as archive:
        files = list(archive.catalogue.ledger.files())
    mended = next(file for file in files if file.key.endswith("-00002.warc.gz"))
    assert not mended.is_indexed
    assert mended.is_local
    assert mended.size == closed.stat().st_size


def test_a_store_that_is_away_for_the_whole_crawl_is_caught_up_later(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    fill(path, files=1)
    paris, oslo = folder_store(tmp_path, "paris"), folder_store(tmp_path, "oslo")
    with kept(path, paris, oslo) as here:
        here.sync()
        before = here.keeping.ledger.standing("oslo").verified
    # The disk is not mounted: its place is there, and empty.
    (tmp_path / "oslo").rename(tmp_path / "unplugged")
    (tmp_path / "oslo").mkdir()
    with shelf(path, Source(name="org_example", origin="https://example.org/")) as filling:
        filling.keep("https://example.org/later", b"<p>later</p>")
    with kept(path, paris, oslo, copies=2) as here:
        here.sync()
        standing = here.keeping.ledger.standing("oslo")
        assert standing.verified == before
        assert standing.pending > 0
        assert standing.reason is not None
        assert "mount" in standing.reason
        assert here.keeping.ledger.standing("paris").pending == 0
        assert here.keeping.ledger.safety(["paris", "oslo"], 2).safe == before
        assert list((tmp_path / "oslo").iterdir()) == []
    (tmp_path / "oslo").rmdir()
    (tmp_path / "unplugged").rename(tmp_path / "oslo")
    with kept(path, paris, oslo, copies=2) as here:
        here.sync()
        safety = here.keeping.ledger.safety(["paris", "oslo"], 2)
        assert safety.safe == safety.files > before


def test_a_store_that_comes_back_is_used_without_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    fill(path, files=1)
    paris = folder_store(tmp_path, "paris")
    with kept(path, paris) as here:
        here.sync()
    (tmp_path / "paris").rename(tmp_path / "unplugged")
    (tmp_path / "paris").mkdir()
    fill(path, files=1)
    with kept(path, paris) as here:
        keeper = here.keeper()
        keeper.start()
        wait_until(lambda: here.keeping.ledger.standing("paris").reason is not None)
        (tmp_path / "paris").rmdir()
        (tmp_path / "unplugged").rename(tmp_path / "paris")
        wait_until(lambda: here.keeping.ledger.standing("paris").pending == 0)
        assert here.keeping.ledger.standing("paris").reason is None


def test_a_store_that_refuses_is_told_once_and_hinders_no_other(tmp_path: Path) -> None:
    fill(tmp_path / "archive")
    (tmp_path / "oslo").mkdir()
    (tmp_path / "oslo" / "somebody's").write_text("thesis")
    paris, oslo = folder_store(tmp_path, "paris"), folder_store(tmp_path, "oslo")
    with kept(tmp_path / "archive", paris, oslo) as here:
        keeper = here.keeper()
        keeper.start()
        keeper.wait_prepared(30)
        assert len(here.notes) == 1
        assert "oslo" in here.notes[0]
        assert "holds other files" in here.notes[0]
        # It is asked again and again, and says the same.
        pending = here.keeping.ledger.copies_in
        wait_until(lambda: max(copy.failures for copy in pending("oslo", CopyState.PENDING)) > 2)
        assert keeper.wait(30)
        keeper.stop()
        assert len(here.notes) == 1
        assert here.states("paris") == {CopyState.VERIFIED}
        assert here.states("oslo") == {CopyState.PENDING}
        assert [standing.store for standing in keeper.left()] == ["oslo"]


def test_what_lies_there_already_is_never_overwritten(tmp_path: Path) -> None:
    keys = fill(tmp_path / "archive")
    paris = folder_store(tmp_path, "paris")
    paris.prepare()
    taken = tmp_path / "paris" / object_key(keys[0])
    taken.parent.mkdir(parents=True)
    taken.write_bytes(b"something else")
    with kept(tmp_path / "archive", paris) as here:
        here.sync()
        states = {copy.key: copy.state for key in keys for copy in here.keeping.ledger.copies_of(key)}
        assert states.pop(keys[0]) is CopyState.DAMAGED
        assert set(states.values()) == {CopyState.VERIFIED}
        assert "store repair paris" in here.notes[0]
    assert taken.read_bytes() == b"something else"


def test_a_copy_is_made_from_another_store_when_the_local_file_is_gone(tmp_path: Path) -> None:
    keys = fill(tmp_path / "archive")
    paris, oslo = folder_store(tmp_path, "paris"), folder_store(tmp_path, "oslo")
    with kept(tmp_path / "archive", paris) as here:
        here.sync()
        for key in keys:
            here.keeping.ledger.note_local(key, is_local=False)
    shutil.rmtree(tmp_path / "archive" / "warc")
    (tmp_path / "archive" / "warc").mkdir()
    with kept(tmp_path / "archive", paris, oslo) as here:
        here.sync()
        assert here.states("oslo") == {CopyState.VERIFIED}
    assert list((tmp_path / "archive" / "incoming").iterdir()) == []
    for key in keys:
        assert oslo.read(object_key(key), 0, 1 << 20) == paris.read(object_key(key), 0, 1 << 20)


def test_a_damaged_local_file_is_not_put_anywhere(tmp_path: Path) -> None:
    keys = fill(tmp_path / "archive", files=1)
    paris, oslo = folder_store(tmp_path, "paris"), folder_store(tmp_path, "oslo")
    with kept(tmp_path / "archive", paris) as here:
        here.sync()
    flip_bit(tmp_path / "archive" / "warc" / keys[0], 700)
    with kept(tmp_path / "archive", oslo) as here:
        here.sync()
        assert here.keeping.ledger.copies_in("oslo", CopyState.PENDING)[0].key == keys[0]
        assert "the local file is damaged" in here.notes[0]
    assert not (tmp_path / "oslo" / object_key(keys[0])).exists()
    # With a good copy at hand, that one is used.
    with kept(tmp_path / "archive", paris, oslo) as here:
        here.sync()
        assert here.states("oslo") == {CopyState.VERIFIED}


def test_of_two_processes_one_puts_into_a_store(tmp_path: Path) -> None:
    fill(tmp_path / "archive")
    paris = folder_store(tmp_path, "paris")
    with kept(tmp_path / "archive", paris) as here:
        first, second = here.keeper(), Keeper(here.keeping, pace=QUICK, on_note=here.notes.append)
        first.start()
        assert first.wait(30)
        second.start()
        assert second.wait(30)
        second.stop()
        first.stop()
        assert here.states("paris") == {CopyState.VERIFIED}
        assert here.notes == []


@pytest.mark.parametrize("times", [1, 2])
def test_stopping_ends_the_threads(tmp_path: Path, times: int) -> None:
    fill(tmp_path / "archive", files=1)
    with kept(tmp_path / "archive", folder_store(tmp_path, "paris")) as here:
        keeper = here.keeper()
        keeper.start()
        for _ in range(times):
            keeper.stop()
        assert not keeper.is_running


def test_a_store_whose_manifests_are_damaged_still_gets_copies_and_a_person_is_told(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    fill(path, files=1)
    paris = folder_store(tmp_path, "paris")
    with kept(path, paris) as here:
        here.sync()
    [manifest, *_] = (tmp_path / "paris" / "manifest").rglob("*.json")
    manifest.chmod(0o600)
    manifest.write_bytes(b"{")
    fill(path, files=1)
    with kept(path, paris) as here:
        here.sync()
        assert here.states("paris") == {CopyState.VERIFIED}
        assert len(here.notes) == 1
        assert "manifest" in here.notes[0]
