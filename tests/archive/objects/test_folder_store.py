"""A folder as a store: nothing half, nothing overwritten, nothing on the wrong disk."""

import errno
import hashlib
import os
import threading
import time
from pathlib import Path

import pytest

import archive.objects.folder as folder_module
from archive.objects.contents import BytesContent, FileContent
from archive.objects.folder import MARK, FolderStore
from archive.objects.store import Ability
from model import (
    DamagedArchiveError,
    ObjectDiffersError,
    ObjectMissingError,
    StoreRefusedError,
    StoreUnreachableError,
)

KEY = "warc/org_example/2026/11/first-00001.warc.gz"
DATA = os.urandom(3 << 20) + b"end"


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    made = FolderStore("disk", tmp_path / "disk")
    made.prepare()
    return made


def files(store: FolderStore) -> list[str]:
    root = Path(store.url)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_what_is_put_comes_back_whole_and_in_parts(store: FolderStore, tmp_path: Path) -> None:
    source = tmp_path / "a.warc.gz"
    source.write_bytes(DATA)
    put = store.put(KEY, FileContent(source))
    assert (put.key, put.size, put.version_id) == (KEY, len(DATA), None)
    assert put.sha256 == hashlib.sha256(DATA).hexdigest()
    assert store.read(KEY, len(DATA) - 5, 100) == DATA[-5:]
    assert store.read(KEY, len(DATA) + 5, 100) == b""
    with store.open(KEY) as reader:
        reader.seek(1 << 20)
        assert reader.read(10) == DATA[1 << 20 : (1 << 20) + 10]
    assert files(store) == [MARK, KEY]


def test_what_lies_there_is_never_overwritten(store: FolderStore) -> None:
    first = store.put(KEY, BytesContent(b"one"))
    assert store.put(KEY, BytesContent(b"one")) == first
    with pytest.raises(ObjectDiffersError, match="not touched"):
        store.put(KEY, BytesContent(b"two"))
    assert store.read(KEY, 0, 9) == b"one"
    assert files(store) == [MARK, KEY]


def test_of_two_writers_at_once_one_wins(store: FolderStore) -> None:
    outcomes: list[str] = []
    together = threading.Barrier(8)

    def write(number: int) -> None:
        together.wait()
        try:
            store.put(KEY, BytesContent(b"%d" % number * 100_000))
        except ObjectDiffersError:
            outcomes.append("refused")
        else:
            outcomes.append("put")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["put"] + ["refused"] * 7
    assert len(set(store.read(KEY, 0, 100_000))) == 1
    assert files(store) == [MARK, KEY]


def test_a_repair_keeps_the_damaged_file_aside(store: FolderStore) -> None:
    store.put(KEY, BytesContent(b"good"))
    for damage in (b"bad1", b"bad2"):
        (Path(store.url) / KEY).write_bytes(damage)
        store.replace(KEY, BytesContent(b"good"))
    assert store.read(KEY, 0, 9) == b"good"
    assert files(store) == [MARK, KEY, KEY + ".damaged-1", KEY + ".damaged-2"]
    assert (Path(store.url) / (KEY + ".damaged-2")).read_bytes() == b"bad2"
    assert [each.key for each in store.objects()] == [KEY]
    store.replace(KEY, BytesContent(b"good"))
    assert len(files(store)) == 4


def test_a_missing_file_is_repaired(store: FolderStore) -> None:
    assert store.head(KEY) is None
    store.replace(KEY, BytesContent(b"good"))
    found = store.head(KEY)
    assert found is not None
    assert found.size == 4


def test_objects_come_in_the_order_of_their_keys(store: FolderStore) -> None:
    keys = ["warc/a.b", "warc/a/b", "warc/a/c", "warc/ab", "manifest/x"]
    for key in keys:
        store.put(key, BytesContent(b"x"))
    (Path(store.url) / "warc/a/c.mandegar-0123456789abcdef.part").write_bytes(b"half")
    assert [each.key for each in store.objects()] == sorted(keys)
    assert [each.key for each in store.objects("warc/a")] == ["warc/a.b", "warc/a/b", "warc/a/c", "warc/ab"]
    assert [each.key for each in store.objects("warc/a/")] == ["warc/a/b", "warc/a/c"]
    assert list(store.objects("nothing/")) == []


def test_a_disk_that_is_not_mounted_is_not_written_to(store: FolderStore) -> None:
    root = Path(store.url)
    store.put(KEY, BytesContent(b"one"))
    mounted = root.rename(root.with_name("elsewhere"))
    with pytest.raises(StoreUnreachableError, match="mount the disk"):
        store.put("warc/b", BytesContent(b"two"))
    assert not root.exists()
    root.mkdir()
    for action in (
        lambda: store.put("warc/b", BytesContent(b"two")),
        lambda: store.replace("warc/b", BytesContent(b"two")),
        lambda: store.prepare(known=True),
        lambda: store.read(KEY, 0, 1),
        lambda: store.head(KEY),
        lambda: list(store.objects()),
    ):
        with pytest.raises(StoreUnreachableError, match="mount the disk"):
            action()
    assert list(root.iterdir()) == []
    root.rmdir()
    mounted.rename(root)
    assert store.read(KEY, 0, 9) == b"one"


def test_a_folder_with_other_files_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear reader")
    with pytest.raises(StoreRefusedError, match="holds other files"):
        FolderStore("disk", tmp_path).prepare()


def test_a_missing_object_is_named(store: FolderStore) -> None:
    with pytest.raises(ObjectMissingError, match=KEY):
        store.open(KEY)
    with pytest.raises(ObjectMissingError, match=KEY):
        store.read(KEY, 0, 1)


@pytest.mark.parametrize(
    "key", ["../x", "/x", "a//b", "a/../b", "", "mandegar-store", "a/b.damaged-1", "a\nb"]
)
def test_a_key_never_leads_out_of_the_folder(store: FolderStore, key: str) -> None:
    with pytest.raises(ValueError, match=r"name|key"):
        store.put(key, BytesContent(b"x"))


def test_a_full_disk_says_so_and_leaves_nothing(store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(folder_module.os, "fsync", full)
    Path(store.url, "warc").mkdir()
    with pytest.raises(StoreRefusedError, match="no room is left"):
        store.put("warc/a", BytesContent(b"x"))
    monkeypatch.undo()
    assert files(store) == [MARK]


def test_a_disk_that_gives_back_other_bytes_is_noticed(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = os.fsync

    def rot(handle: int) -> None:
        synced(handle)
        path = Path(f"/proc/self/fd/{handle}").resolve()
        if path.is_file():
            data = bytearray(path.read_bytes())
            data[0] ^= 1
            path.write_bytes(data)

    monkeypatch.setattr(folder_module.os, "fsync", rot)
    with pytest.raises(ObjectDiffersError, match="replace this disk"):
        store.put(KEY, BytesContent(b"fine"))
    monkeypatch.undo()
    assert files(store) == [MARK]


def test_a_file_that_changes_while_it_is_copied_is_noticed(store: FolderStore, tmp_path: Path) -> None:
    source = tmp_path / "a"
    source.write_bytes(b"before")
    content = FileContent(source)
    assert content.sha256 == hashlib.sha256(b"before").hexdigest()
    source.write_bytes(b"behind")
    with pytest.raises(DamagedArchiveError, match="changed while it was copied"):
        store.put(KEY, content)
    source.write_bytes(b"be")
    with pytest.raises(DamagedArchiveError, match="was cut at byte 2"):
        store.put(KEY, content)
    content.close()
    assert files(store) == [MARK]


def test_without_hard_links_nothing_is_overwritten_either(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted", str(self))

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    store.put(KEY, BytesContent(b"one"))
    assert not folder_module._move_if_free(Path(store.url) / MARK, Path(store.url) / KEY)
    (Path(store.url) / KEY).write_bytes(b"bad")
    store.replace(KEY, BytesContent(b"one"))
    assert files(store) == [MARK, KEY, KEY + ".damaged-1"]
    assert (Path(store.url) / (KEY + ".damaged-1")).read_bytes() == b"bad"


def test_parts_that_a_crash_left_are_removed(store: FolderStore) -> None:
    old = Path(store.url) / "x.mandegar-0123456789abcdef.part"
    new = Path(store.url) / "x.mandegar-0123456789abcdee.part"
    for part in (old, new):
        part.write_bytes(b"half")
    two_days_ago = time.time() - 2 * 86_400
    os.utime(old, (two_days_ago, two_days_ago))
    store.prepare()
    assert files(store) == [MARK, new.name]


def test_check_says_what_a_folder_can_do(store: FolderStore) -> None:
    found = {each.name: each for each in store.check()}
    for name in ("reachable", "write", "read-range", "conditional-put"):
        assert found[name].ability is Ability.YES, found[name]
    assert found["object-lock"].ability is Ability.NO
    assert not [each for each in found.values() if each.needed and each.ability is not Ability.YES]
    assert files(store) == [MARK]


def test_check_of_a_place_that_cannot_be_written_says_so() -> None:
    found = FolderStore("disk", Path("/proc/mandegar")).check()
    assert [each.name for each in found] == ["reachable"]
    assert found[0].ability is Ability.NO
