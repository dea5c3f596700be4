"""The chain of an archive: made, found again after a kill and from the files alone, never overwritten."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from samples.sealed import DAY_1, DAY_2, crawl_into, seal_at, two_days

from archive import Archive
from archive.catalogue import Catalogue
from archive.catalogue.manifests import Manifests
from archive.manifest import (
    ARCHIVE,
    FolderPlace,
    ManifestFile,
    check_chain,
    manifest_of,
    note_chain,
    read_files,
    seal,
)
from archive.manifest.manifest import HEAD_LINES, is_file_path
from archive.warc import iterate_records
from model import DamagedArchiveError, ObjectDiffersError, StoreBusyError, StoreFullError

ROOT = Path(__file__).parents[3]
FIRST, SECOND, THIRD = (
    "manifest/2026/11/23/00001.json",
    "manifest/2026/11/23/00002.json",
    "manifest/2026/11/24/00001.json",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sealed") / "archive"
    two_days(path)
    return path


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    """Give an archive of its own, with three manifests."""
    shutil.copytree(made, tmp_path / "archive")
    return tmp_path / "archive"


def all_files(path: Path) -> list[ManifestFile]:
    place = FolderPlace(path)
    return [file for one in place.paths() for file in read_files(place, one)]


def record(number: int, block: bytes, *, target: str) -> bytes:
    head = (
        f"WARC/1.1\r\nWARC-Type: resource\r\nWARC-Record-ID: <urn:x:{number}>\r\n"
        f"WARC-Target-URI: {target}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return head.encode("utf-8", "surrogateescape") + block + b"\r\n\r\n"


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path.chmod(0o600)
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_manifests_cover_every_record_of_every_file_once(path: Path) -> None:
    files = all_files(path)
    on_disk = sorted((path / "warc").rglob("*.warc.gz"))
    assert sorted(file.path for file in files) == [str(one.relative_to(path)) for one in on_disk]
    for file in files:
        data = (path / file.path).read_bytes()
        assert (file.bytes, file.sha256) == (len(data), hashlib.sha256(data).hexdigest())
        records = list(iterate_records(path / file.path))
        assert [(one.record_id, one.offset, one.length, one.type) for one in records] == [
            (one.record_id, one.offset, one.length, one.type) for one in file.records
        ]
        for one in file.records:
            raw = data[one.offset : one.offset + one.length]
            assert one.sha256 == hashlib.sha256(raw).hexdigest()


def test_a_manifest_is_json_with_a_line_a_record(path: Path) -> None:
    text = (path / SECOND).read_text(encoding="utf-8")
    data = json.loads(text)
    assert list(data) == [
        "format",
        "readme",
        "store",
        "day",
        "number",
        "made_at",
        "previous",
        "tree",
        "files",
    ]
    assert (data["format"], data["store"], data["day"]) == ("mandegar-manifest/1", ARCHIVE, "2026-11-23")
    before = (path / FIRST).read_bytes()
    head = b"".join(before.splitlines(keepends=True)[:HEAD_LINES])
    assert data["previous"] == {
        "path": FIRST,
        "sha256": hashlib.sha256(before).hexdigest(),
        "head_sha256": hashlib.sha256(head).hexdigest(),
        "root": json.loads(before)["tree"]["root"],
    }
    records = [record for file in data["files"] for record in file["records"]]
    assert data["tree"]["leaves"] == len(records) + len(data["files"])
    for record in records:
        assert sum(line.startswith(f'["{record[0]}"') for line in text.splitlines()) == 1


def test_the_chain_goes_over_days_and_twice_on_one(path: Path) -> None:
    links, faults = check_chain(FolderPlace(path))
    assert not faults
    assert [link.path for link in links] == [FIRST, SECOND, THIRD]


def test_nothing_new_makes_no_manifest(path: Path) -> None:
    assert seal_at(path, DAY_2) == ()
    assert FolderPlace(path).paths() == [FIRST, SECOND, THIRD]


def test_many_records_are_parted_into_several(path: Path) -> None:
    for hour in range(3):
        crawl_into(path, DAY_2 + timedelta(hours=hour), "x", "y")
    with Archive.open(path, exclusive=True) as archive:
        sealed = seal(archive.catalogue, path, now=DAY_2, max_records=3)
    assert [one[-10:] for one in sealed.manifests] == ["00002.json", "00003.json", "00004.json"]
    assert not check_chain(FolderPlace(path))[1]


def test_a_clock_set_back_does_not_turn_the_order(path: Path) -> None:
    crawl_into(path, DAY_2, "late")
    assert seal_at(path, DAY_1) == ("manifest/2026/11/24/00002.json",)
    assert not check_chain(FolderPlace(path))[1]


def test_a_manifest_that_no_row_names_is_found_and_taken(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crawl_into(path, DAY_2, "orphan")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Manifests, "note", killed)
        with pytest.raises(KeyboardInterrupt):
            seal_at(path, DAY_2)
    orphan = "manifest/2026/11/24/00002.json"
    before = (path / orphan).read_bytes()
    assert seal_at(path, DAY_2 + timedelta(days=9)) == (orphan,)
    assert (path / orphan).read_bytes() == before
    with Catalogue.open(path / "catalogue.sqlite") as catalogue:
        assert [row.path for row in catalogue.manifests.of_store(ARCHIVE)] == [FIRST, SECOND, THIRD, orphan]
        assert not catalogue.manifests.uncovered(ARCHIVE, local=True)


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from archive import Archive
from archive.catalogue.manifests import Manifests
from archive.manifest import places, seal

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

where, path = sys.argv[1], Path(sys.argv[2])
if where == "written": places.place_new = die
elif where == "placed": places.sync_folder = die
else: Manifests.note = die
with Archive.open(path, exclusive=True) as archive:
    seal(archive.catalogue, path, now=datetime(2026, 11, 24, 8, tzinfo=UTC))
"""


@pytest.mark.parametrize("where", ["written", "placed", "not noted"])
def test_a_killed_sealing_is_gone_on_with(path: Path, where: str) -> None:
    crawl_into(path, DAY_2, "killed")
    ran = subprocess.run([sys.executable, "-c", KILLED, where, path], timeout=60, check=False, cwd=ROOT)
    assert ran.returncode == -signal.SIGKILL
    next_one = "manifest/2026/11/24/00002.json"
    there = (path / next_one).read_bytes() if where != "written" else None
    assert seal_at(path, DAY_2) == (next_one,)
    assert there in {None, (path / next_one).read_bytes()}
    assert seal_at(path, DAY_2) == ()
    links, faults = check_chain(FolderPlace(path))
    assert (len(links), faults) == (4, [])
    keys = [file.path for file in all_files(path)]
    assert len(keys) == len(set(keys)) == len(list((path / "warc").rglob("*.warc.gz")))
    if where == "written":
        assert not list(path.glob("manifest/**/.*"))


def test_a_new_catalogue_notes_the_chain_that_lies_there(path: Path) -> None:
    with Catalogue.open(path / "catalogue.sqlite") as catalogue:
        before = catalogue.manifests.of_store(ARCHIVE)
    for rest in path.glob("catalogue.sqlite*"):
        rest.unlink()
    with Archive.open(path, exclusive=True) as archive:
        assert note_chain(archive.catalogue, path).manifests == (FIRST, SECOND, THIRD)
        assert note_chain(archive.catalogue, path).manifests == ()
        assert archive.catalogue.manifests.of_store(ARCHIVE) == before
        assert not archive.catalogue.manifests.uncovered(ARCHIVE, local=True)


def test_a_kill_in_the_middle_of_writing_leaves_no_manifest(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crawl_into(path, DAY_2, "cut")
    with monkeypatch.context() as patch:
        patch.setattr(
            "archive.manifest.places.place_new", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            seal_at(path, DAY_2)
    assert FolderPlace(path).paths() == [FIRST, SECOND, THIRD]
    assert seal_at(path, DAY_2) == ("manifest/2026/11/24/00002.json",)


def test_the_chain_is_found_when_the_catalogue_is_gone(path: Path) -> None:
    for rest in path.glob("catalogue.sqlite*"):
        rest.unlink()
    crawl_into(path, DAY_2, "after")
    made = seal_at(path, DAY_2)
    assert made == (FIRST, SECOND, THIRD, "manifest/2026/11/24/00002.json")
    assert not check_chain(FolderPlace(path))[1]
    assert len(all_files(path)) == len(list((path / "warc").rglob("*.warc.gz")))


def test_a_foreign_manifest_in_the_next_place_is_never_taken(path: Path) -> None:
    crawl_into(path, DAY_2, "new")
    other = path / "manifest/2026/11/24/00002.json"
    shutil.copy(path / FIRST, other)
    with pytest.raises(DamagedArchiveError, match="no part of the chain"):
        seal_at(path, DAY_2)
    assert other.read_bytes() == (path / FIRST).read_bytes()


def test_a_place_never_overwrites(path: Path) -> None:
    place = FolderPlace(path)
    with (path / FIRST).open("rb") as file:
        data = (path / FIRST).read_bytes()
        place.put(FIRST, file, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    before = (path / SECOND).read_bytes()
    with (path / FIRST).open("rb") as file, pytest.raises(ObjectDiffersError):
        place.put(SECOND, file, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
    assert (path / SECOND).read_bytes() == before
    assert not list(path.glob("manifest/**/.*"))


def test_a_file_that_changed_since_it_was_closed_is_refused_and_told(path: Path) -> None:
    (capture,) = crawl_into(path, DAY_2, "bad")
    crawl_into(path, DAY_2 + timedelta(hours=1), "good")
    with Archive.open(path, exclusive=True) as archive:
        file = archive.catalogue.ledger.file(capture.warc_key)
        assert file is not None
        data = (path / "warc" / capture.warc_key).read_bytes()
        archive.catalogue.ledger.note_sha256(file.key, hashlib.sha256(data).hexdigest())
        (path / "warc" / capture.warc_key).write_bytes(data[:-20] + bytes([data[-20] ^ 1]) + data[-19:])
        sealed = seal(archive.catalogue, path, now=DAY_2)
        assert [one.path for one in sealed.refused] == [f"warc/{capture.warc_key}"]
        assert sealed.files == 1
        assert not check_chain(FolderPlace(path))[1]
        (path / "warc" / capture.warc_key).write_bytes(data)
        assert seal(archive.catalogue, path, now=DAY_2).files == 1
    assert manifest_of(FolderPlace(path), "manifest/2026/11/24/00003.json", capture.warc_key) is not None


def test_threads_that_seal_at_once_make_one_chain(path: Path) -> None:
    for hour in range(4):
        crawl_into(path, DAY_2 + timedelta(hours=hour), f"t{hour}")
    with Archive.open(path, exclusive=True) as archive:
        threads = [
            threading.Thread(
                target=seal, args=(archive.catalogue, path), kwargs={"now": DAY_2, "max_records": 3}
            )
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    links, faults = check_chain(FolderPlace(path))
    assert not faults
    assert len(links) == 7
    keys = [file.path for file in all_files(path)]
    assert len(keys) == len(set(keys)) == len(list((path / "warc").rglob("*.warc.gz")))


def test_whatever_a_file_says_of_itself_comes_back_from_the_manifest(path: Path) -> None:
    targets = [
        "http://a.test/خبر?«»",
        "a\u2028b\x85\x1b[31m\ud800"[:-1],
        '"],[\\"',
        "x" * 60_000,
        "\udcff\udc80",
    ]
    records = [record(number, b"", target=target) for number, target in enumerate(targets)]
    file = path / "warc/sample_sealed/1999/12/strange-00001.warc"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"".join(records))
    key = str(file.relative_to(path / "warc"))
    with Archive.open(path, exclusive=True) as archive:
        archive.catalogue.ledger.note_closed(key, file.stat().st_size, DAY_2)
        (made,) = seal(archive.catalogue, path, now=DAY_2).manifests
    assert not check_chain(FolderPlace(path))[1]
    found = manifest_of(FolderPlace(path), made, key)
    assert found is not None
    assert [one.target for one in found.records] == [*targets[:4], "\ufffd\ufffd"]
    assert json.loads((path / made).read_bytes())["files"][0]["path"] == f"warc/{key}"


@pytest.mark.parametrize("body", ["x", "x" * 20_000])
def test_a_full_disk_is_told_and_leaves_no_manifest(
    path: Path, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    for number in range(20):
        crawl_into(path, DAY_2 + timedelta(hours=number), "full", body=body)
    with monkeypatch.context() as patch:
        # Every write to this device fails as on a full disk (full(4)).
        patch.setattr(tempfile, "TemporaryFile", lambda **_: Path("/dev/full").open("r+b"))  # noqa: SIM115
        with pytest.raises(StoreFullError, match="no manifest can be written: No space left"):
            seal_at(path, DAY_2)
    assert FolderPlace(path).paths() == [FIRST, SECOND, THIRD]
    assert seal_at(path, DAY_2) == ("manifest/2026/11/24/00002.json",)


# --- what was changed is named

CHANGES = {
    "a record's digest": (SECOND, '", 0, ', '", 1, ', SECOND),
    "a target, which is no part of the tree": (FIRST, "http://sealed.test/a", "http://sealed.test/b", SECOND),
    "the time in a head": (FIRST, '"made_at": "2026-11-23T07', '"made_at": "2026-11-22T07', SECOND),
    "the link": (THIRD, '"head_sha256": "', '"head_sha256": "0', THIRD),
    "a key twice": (SECOND, '"number": 2,', '"number": 1, "number": 2,', SECOND),
    "white space": (SECOND, '"bytes": ', '"bytes":  ', SECOND),
    "a path out of the archive": (SECOND, '"path": "warc/', '"path": "../', SECOND),
    "deep nesting": (SECOND, '"damaged": []', '"damaged": ' + "[" * 100_000, SECOND),
    "a number of many digits": (SECOND, '"bytes": ', '"bytes": ' + "9" * 5000, SECOND),
    "a newer format": (SECOND, "mandegar-manifest/1", "mandegar-manifest/2", SECOND),
    "what follows the end": (THIRD, "]\n}\n", "]\n}\n{}\n", THIRD),
    "a line without end": (SECOND, '"files": [', '"files": [' + "x" * 600_000, SECOND),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_named_with_its_manifest(path: Path, what: str) -> None:
    where, old, new, named = CHANGES[what]
    change(path / where, old, new)
    _, faults = check_chain(FolderPlace(path))
    assert faults
    assert faults[0].path == named
    assert where in faults[0].message


@pytest.mark.parametrize("at", range(40))
def test_any_flipped_bit_in_a_manifest_is_found(path: Path, at: int) -> None:
    file = path / SECOND
    data = bytearray(file.read_bytes())
    data[len(data) * at // 40] ^= 1 << (at % 7)
    file.write_bytes(data)
    assert check_chain(FolderPlace(path))[1]


def test_a_missing_manifest_is_named(path: Path) -> None:
    (path / SECOND).unlink()
    _, faults = check_chain(FolderPlace(path))
    assert len(faults) == 1
    assert SECOND in faults[0].message


def test_no_manifest_follows_one_that_was_changed(path: Path) -> None:
    crawl_into(path, DAY_2, "new")
    change(path / THIRD, '"root": "', '"root": "0')
    with pytest.raises(DamagedArchiveError):
        seal_at(path, DAY_2)


@pytest.mark.parametrize("line", ["readme", "made_at", "root", "sha256"])
def test_no_manifest_follows_one_with_a_flipped_bit_in_its_head(path: Path, line: str) -> None:
    crawl_into(path, DAY_2, "new")
    text = (path / THIRD).read_bytes()
    at = text.index(f'"{line}": '.encode()) + len(line) + 8
    (path / THIRD).chmod(0o600)
    (path / THIRD).write_bytes(text[:at] + bytes([text[at] ^ 1]) + text[at + 1 :])
    with pytest.raises(DamagedArchiveError, match=THIRD):
        seal_at(path, DAY_2)
    assert not (path / THIRD.replace("00001", "00002")).exists()


def covered(path: Path) -> set[str]:
    """Every file of the archive that a manifest there covers, by the catalogue."""
    with Archive.open(path) as archive:
        catalogue = archive.catalogue
        return {
            file.key
            for file in catalogue.ledger.files()
            if (row := catalogue.manifests.covering(ARCHIVE, file.key)) and (path / row.path).exists()
        }


@pytest.mark.parametrize("gone", [(THIRD,), (FIRST, THIRD), (FIRST, SECOND, THIRD)])
def test_when_manifests_are_gone_the_chain_goes_on_and_covers_anew_what_they_did(
    path: Path, gone: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    with Archive.open(path) as archive:
        files = {file.key for file in archive.catalogue.ledger.files()}
        newest = archive.catalogue.manifests.last(ARCHIVE)
    for one in gone:
        (path / one).unlink()
    later = DAY_2 + timedelta(days=1)
    (made_now,) = seal_at(path, later)
    assert all(one in caplog.text for one in gone)
    assert covered(path) == files
    previous = json.loads((path / made_now).read_text())["previous"]
    assert newest is not None
    assert (previous["path"], previous["sha256"]) == (newest.path, newest.sha256)
    # The gap is told of for ever, and nobody stops at it: neither the next sealing nor a new catalogue.
    _, faults = check_chain(FolderPlace(path))
    assert faults
    assert all(fault.is_gap for fault in faults)
    assert seal_at(path, later) == ()
    crawl_into(path, later, "x")
    assert len(seal_at(path, later)) == 1
    with Archive.open(path) as archive:
        known = archive.catalogue.manifests.of_store(ARCHIVE)
    with Catalogue.open(path.parent / "new.sqlite", create=True) as catalogue:
        note_chain(catalogue, path)
        assert [row.path for row in catalogue.manifests.of_store(ARCHIVE)] == [
            row.path for row in known if row.path not in gone
        ]


def test_a_manifest_that_was_given_up_is_followed_by_another(path: Path) -> None:
    change(path / THIRD, '"root": "', '"root": "0')
    with pytest.raises(DamagedArchiveError, match="store repair"):
        seal_at(path, DAY_2)
    with Archive.open(path, exclusive=True) as archive:
        archive.catalogue.manifests.lose(ARCHIVE, THIRD)
        assert archive.catalogue.manifests.given_up(ARCHIVE) == {THIRD}
        (made_now,) = seal(archive.catalogue, path, now=DAY_2).manifests
    assert made_now == THIRD.replace("00001", "00002")
    with Catalogue.open(path.parent / "new.sqlite", create=True) as catalogue:
        note_chain(catalogue, path)
        assert [row.path for row in catalogue.manifests.of_store(ARCHIVE)] == [FIRST, SECOND, made_now]


def test_paths_that_could_pose_as_another_are_no_paths() -> None:
    assert is_file_path("warc/a_b/2026/11/c-1.warc.gz")
    for bad in ("/etc/passwd", "warc/../x", "warc//x", "warc/a b", "warc/a\nfile 00", "", "warc/خبر", "./x"):
        assert not is_file_path(bad), bad


def test_sealing_needs_no_second_holder(path: Path) -> None:
    with Archive.open(path, exclusive=True), pytest.raises(StoreBusyError):
        seal_at(path, DAY_2)
