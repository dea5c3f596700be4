"""An audit names what is wrong with a copy, where, and which captures it touches; repair mends it."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from samples.copies import Kept, fill, flip_bit, folder_store, kept
from sqlalchemy import Engine, event

from archive.catalogue import CopyState
from archive.copies.audit import CopyFault, FaultKind
from archive.copies.keeping import object_key
from archive.copies.repair import bad_copies, repair
from archive.copies.round import PROGRESS, audit
from archive.manifest.places import ARCHIVE
from archive.manifest.sealing import seal
from archive.objects import StoreSettings
from archive.objects.keyfile import make_key
from archive.objects.opening import open_store


class Shop:
    """An archive with copies in two folders, of which one file is looked at."""

    def __init__(self, folder: Path, here: Kept, keys: list[str]) -> None:
        self.folder = folder
        self.here = here
        self.keeping = here.keeping
        self.key = keys[0]
        self.local = folder / "archive" / "warc" / self.key
        self.paris = folder / "paris" / object_key(self.key)
        self.oslo = folder / "oslo" / object_key(self.key)
        self.good = self.local.read_bytes()
        self.captures = here.keeping.ledger.captures_in(self.key)

    def faults(self, name: str | None = None) -> list[CopyFault]:
        return audit(self.keeping, name, everything=True).faults

    def state(self, store: str = "paris") -> CopyState:
        return next(copy.state for copy in self.keeping.ledger.copies_of(self.key) if copy.store == store)


@pytest.fixture(params=["sealed", "not sealed yet"])
def shop(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Shop]:
    keys = fill(tmp_path / "archive")
    paris, oslo = folder_store(tmp_path, "paris"), folder_store(tmp_path, "oslo")
    with kept(tmp_path / "archive", paris, oslo) as here:
        here.sync()
        if request.param == "sealed":
            assert seal(here.keeping.catalogue, here.keeping.folder).files == len(keys)
        yield Shop(tmp_path, here, keys)


def test_copies_that_are_good_have_no_fault(shop: Shop) -> None:
    report = audit(shop.keeping, everything=True)
    files = len(list(shop.keeping.ledger.files()))
    assert report.is_clean
    assert (report.copies, report.of) == (3 * files, 3 * files)


def test_a_flipped_bit_is_named_with_the_capture_it_touches_and_repaired(shop: Shop) -> None:
    touched = shop.captures[3]
    flip_bit(shop.paris, touched.offset + touched.length // 2)
    [fault] = shop.faults()
    assert (fault.place, fault.key, fault.kind) == ("paris", shop.key, FaultKind.DAMAGED)
    assert [(one.offset, one.length, one.record_id) for one in fault.ranges] == [
        (touched.offset, touched.length, touched.record_id)
    ]
    assert fault.captures == (touched,)
    assert shop.state() is CopyState.DAMAGED

    [done] = repair(shop.keeping)
    assert done.repaired, done.message
    assert shop.paris.read_bytes() == shop.good
    assert shop.state() is CopyState.VERIFIED
    assert shop.faults() == []
    # What lay there can be looked into.
    assert len(list(shop.paris.parent.glob("*.damaged-*"))) == 1


def test_a_cut_tail_is_named_with_all_it_takes_away(shop: Shop) -> None:
    kept_captures, lost = shop.captures[:4], shop.captures[4:]
    shop.paris.chmod(0o600)
    shop.paris.write_bytes(shop.good[: lost[0].offset + 5])
    [fault] = shop.faults("paris")
    assert fault.kind is FaultKind.CUT
    assert list(fault.captures) == lost
    assert not {one.record_id for one in fault.ranges} & {one.record_id for one in kept_captures}
    assert [done.repaired for done in repair(shop.keeping)] == [True]
    assert shop.paris.read_bytes() == shop.good


def test_a_missing_copy_is_named_with_every_capture_and_put_again(shop: Shop) -> None:
    shop.paris.unlink()
    [fault] = shop.faults()
    assert fault.kind is FaultKind.MISSING
    assert list(fault.captures) == shop.captures
    assert shop.state() is CopyState.MISSING
    assert [done.repaired for done in repair(shop.keeping, "paris")] == [True]
    assert shop.paris.read_bytes() == shop.good


def test_a_damaged_local_file_is_restored_from_a_store_and_kept_aside(shop: Shop) -> None:
    touched = shop.captures[0]
    flip_bit(shop.local, touched.offset + 20)
    damaged = shop.local.read_bytes()
    [fault] = shop.faults()
    assert (fault.place, fault.captures) == (ARCHIVE, (touched,))
    [done] = repair(shop.keeping)
    assert done.repaired, done.message
    assert shop.local.read_bytes() == shop.good
    assert shop.local.with_name(shop.local.name + ".damaged").read_bytes() == damaged
    assert shop.faults() == []
    assert bad_copies(shop.keeping) == []


def test_a_missing_local_file_is_restored_from_a_store(shop: Shop) -> None:
    shop.local.unlink()
    [fault] = shop.faults(ARCHIVE)
    assert fault.kind is FaultKind.MISSING
    assert [done.repaired for done in repair(shop.keeping)] == [True]
    assert shop.local.read_bytes() == shop.good


def test_nothing_is_written_over_when_no_good_copy_is_left(shop: Shop) -> None:
    for path in (shop.local, shop.paris, shop.oslo):
        flip_bit(path, shop.captures[1].offset + 30)
    before = [path.read_bytes() for path in (shop.local, shop.paris, shop.oslo)]
    assert {fault.place for fault in shop.faults()} == {ARCHIVE, "paris", "oslo"}
    done = repair(shop.keeping)
    assert [one.repaired for one in done] == [False] * 3
    assert all("no good copy" in one.message for one in done)
    assert "the local file is damaged" in done[1].message
    assert [path.read_bytes() for path in (shop.local, shop.paris, shop.oslo)] == before
    assert not list(shop.paris.parent.glob("*.damaged-*"))


def test_a_source_that_is_damaged_itself_is_passed_over(shop: Shop) -> None:
    """The local file was damaged after the last audit, and so was paris: oslo is what is left."""
    shop.paris.unlink()
    assert len(shop.faults("paris")) == 1
    flip_bit(shop.local, 500)
    assert [done.repaired for done in repair(shop.keeping, "paris")] == [True]
    assert shop.paris.read_bytes() == shop.good


def test_a_copy_that_is_whole_again_needs_no_new_one(shop: Shop) -> None:
    away = shop.paris.with_name("away")
    shop.paris.rename(away)
    assert len(shop.faults("paris")) == 1
    away.rename(shop.paris)
    [done] = repair(shop.keeping)
    assert (done.repaired, done.message) == (True, "it is whole again")


def test_an_audit_that_finds_a_copy_whole_again_says_so_in_the_ledger(shop: Shop) -> None:
    flip_bit(shop.paris, 700)
    assert len(shop.faults("paris")) == 1
    flip_bit(shop.paris, 700)
    assert shop.faults("paris") == []
    assert shop.state() is CopyState.VERIFIED


def test_a_catalogue_that_was_changed_does_not_hide_damage(shop: Shop) -> None:
    """Who changes a copy and the catalogue alike is found out by the manifest."""
    seal(shop.keeping.catalogue, shop.keeping.folder)
    flip_bit(shop.paris, 700)
    forged = hashlib.sha256(shop.paris.read_bytes()).hexdigest()
    with shop.keeping.catalogue._write_alone() as connection:
        connection.exec_driver_sql("UPDATE files SET sha256 = ? WHERE key = ?", (forged, shop.key))
    kinds = {fault.kind for fault in shop.faults("paris")}
    assert kinds == {FaultKind.DAMAGED, FaultKind.NO_AGREEMENT}


def test_a_sample_is_bounded_and_always_has_what_is_known_to_be_bad(shop: Shop) -> None:
    shop.paris.unlink()
    shop.faults("paris")
    report = audit(shop.keeping, "paris", sample=0, chance=random.Random(1))
    assert report.copies == 1
    assert [fault.kind for fault in report.faults] == [FaultKind.MISSING]
    assert audit(shop.keeping, "oslo", sample=1).copies == 1


def test_an_audit_of_everything_goes_on_where_it_was_broken_off(shop: Shop) -> None:
    class BrokenOffError(Exception):
        pass

    seen = []

    def end_after_two(checked: object) -> None:
        seen.append(checked)
        if len(seen) == 2:
            raise BrokenOffError

    with pytest.raises(BrokenOffError):
        audit(shop.keeping, everything=True, on_checked=end_after_two)
    report = audit(shop.keeping, everything=True)
    assert report.went_on
    assert report.copies == report.of - 2
    assert not (shop.folder / "archive" / PROGRESS).exists()
    assert audit(shop.keeping, everything=True).copies == report.of


def test_a_store_that_is_away_is_reported_and_the_others_audited(shop: Shop) -> None:
    (shop.folder / "paris").rename(shop.folder / "unplugged")
    flip_bit(shop.oslo, 600)
    report = audit(shop.keeping, everything=True)
    assert list(report.unchecked) == ["paris"]
    assert [fault.place for fault in report.faults] == ["oslo"]
    assert shop.state("paris") is CopyState.VERIFIED


def test_a_flipped_bit_in_an_encrypted_copy_is_named_and_repaired(tmp_path: Path) -> None:
    keys = fill(tmp_path / "archive", files=1, body=random.Random(5).randbytes(100_000))
    make_key(tmp_path / "paris.key", "2026-11-23")
    settings = StoreSettings(name="paris", url=str(tmp_path / "paris"), key_file=tmp_path / "paris.key")
    with kept(tmp_path / "archive", open_store(settings), configured=(settings,)) as here:
        here.sync()
        assert audit(here.keeping, everything=True).is_clean
        sealed = max((path for path in (tmp_path / "paris").rglob("*") if path.is_file()), key=_size)
        # In the third frame: what lies in the others can be read.
        flip_bit(sealed, 3 * 65_600)
        [fault] = audit(here.keeping, "paris", everything=True).faults
        captures = here.keeping.ledger.captures_in(keys[0])
        assert fault.kind is FaultKind.DAMAGED
        assert 0 < len(fault.captures) < len(captures)
        assert [done.repaired for done in repair(here.keeping)] == [True]
        assert audit(here.keeping, everything=True).is_clean


def _size(path: Path) -> int:
    return path.stat().st_size


def test_the_captures_that_a_file_holds_are_found_by_an_index(tmp_path: Path) -> None:
    [key, *_] = fill(tmp_path / "archive", files=1)
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    with kept(tmp_path / "archive") as here:
        event.listen(Engine, "before_cursor_execute", note)
        try:
            assert here.keeping.ledger.captures_in(key)
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    [statement] = [one for one in seen if "warc_key" in one]
    with closing(sqlite3.connect(tmp_path / "archive" / "catalogue.sqlite")) as reading:
        plan = [line[3] for line in reading.execute(f"EXPLAIN QUERY PLAN {statement}", (key,))]
    assert "ix_captures_warc_key" in plan[0], plan


@pytest.mark.parametrize("place", ["paris", ARCHIVE])
@pytest.mark.parametrize("how", ["missing", "changed"])
def test_a_manifest_that_is_lost_is_named_and_what_it_covered_is_covered_anew(
    tmp_path: Path, place: str, how: str
) -> None:
    keys = fill(tmp_path / "archive")
    with kept(tmp_path / "archive", folder_store(tmp_path, "paris")) as here:
        here.sync()
        manifests = here.keeping.catalogue.manifests
        seal(here.keeping.catalogue, here.keeping.folder)
        row = manifests.last(place)
        assert row is not None
        path = (tmp_path / "archive" if place == ARCHIVE else tmp_path / "paris") / row.path
        if how == "missing":
            path.unlink()
        else:
            flip_bit(path, 40)
        faults = [one for one in audit(here.keeping, everything=True).faults if one.key == row.path]
        assert [(one.place, one.kind) for one in faults] == [(place, FaultKind.LOST_MANIFEST)]
        done = [one for one in repair(here.keeping) if one.key == row.path]
        assert [(one.place, one.repaired) for one in done] == [(place, True)]
        assert "new manifest" in done[0].message
        for key in keys:
            covering = manifests.covering(place, key)
            assert covering is not None
            assert covering.path != row.path
        assert audit(here.keeping, everything=True).is_clean
        # Copies go on, whatever a chain is like.
        assert repair(here.keeping) == []


def test_copies_go_on_where_manifests_cannot(tmp_path: Path) -> None:
    fill(tmp_path / "archive")
    with kept(tmp_path / "archive", folder_store(tmp_path, "paris")) as here:
        here.sync()
        row = here.keeping.catalogue.manifests.last("paris")
        assert row is not None
        manifest = tmp_path / "paris" / row.path
        manifest.chmod(0o600)
        manifest.write_bytes(b"no manifest")
    fill(tmp_path / "archive", body=b"x", files=1)
    with kept(tmp_path / "archive", folder_store(tmp_path, "paris")) as here:
        here.sync()
        standing = here.keeping.ledger.standing("paris")
        assert (standing.pending, standing.damaged) == (0, 0)
        (note,) = here.notes
        assert "no manifest covers what was put there" in note
        assert "mandegar store repair" in note
