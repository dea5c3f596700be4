"""The cache of blocks: bounded, never believed when damaged, and never the reason why a read fails."""

import os
import resource
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.cache import BLOCK_BYTES, BlockCache
from archive.objects import BytesContent, FolderStore, StoredObject
from archive.objects.cached import CachedStore
from archive.objects.encrypted import EncryptedStore
from archive.objects.keyfile import StoreKey
from model import ObjectMissingError

BLOCK = bytes(1000)
DATA = os.urandom(3 * BLOCK_BYTES + 999)


def held(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def test_a_block_comes_back_and_only_under_its_own_name(folder: Path) -> None:
    cache = BlockCache(folder, limit_bytes=10_000)
    assert cache.get("a", 0) is None
    cache.put("a", 0, b"block")
    assert cache.get("a", 0) == b"block"
    assert cache.get("a", 1) is None
    assert cache.get("b", 0) is None
    assert BlockCache(folder, limit_bytes=10_000).get("a", 0) == b"block"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in files(folder)] == [0o600]


def test_it_never_grows_past_its_bound_and_forgets_what_was_not_read(folder: Path) -> None:
    cache = BlockCache(folder, limit_bytes=20_000)
    for number in range(100):
        cache.put("a", number, BLOCK)
        cache.put("kept", 0, BLOCK)
        for path in files(folder):
            # Of the same second or not: the clock of a file system may be coarse.
            if path.stat().st_mtime > 1000:
                os.utime(path, (number + 10, number + 10))
        assert cache.get("kept", 0) == BLOCK
        assert held(folder) <= 20_000
    assert held(folder) > 10_000
    assert cache.get("a", 99) == BLOCK
    assert cache.get("a", 0) is None


def test_several_at_once_stay_near_the_bound(folder: Path) -> None:
    caches = [BlockCache(folder, limit_bytes=50_000) for _ in range(4)]

    def fill(which: int) -> None:
        for number in range(200):
            caches[which].put(f"object {which}", number, BLOCK)

    threads = [threading.Thread(target=fill, args=(which,)) for which in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert held(folder) <= 50_000 * (1 + 4 / 16)


@given(at=st.integers(0), bit=st.integers(0, 7))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_block_is_not_believed(folder: Path, at: int, bit: int) -> None:
    cache = BlockCache(folder, limit_bytes=10_000)
    cache.put("a", 0, b"block")
    (path,) = files(folder)
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 1 << bit
    path.write_bytes(data)
    assert cache.get("a", 0) is None
    assert files(folder) == []


def test_a_block_under_anothers_name_is_not_believed(folder: Path) -> None:
    cache = BlockCache(folder, limit_bytes=10_000)
    cache.put("a", 0, b"one")
    (one,) = files(folder)
    cache.put("b", 0, b"two")
    (two,) = set(files(folder)) - {one}
    shutil.copy(one, two)
    assert cache.get("b", 0) is None


@pytest.mark.parametrize("length", [0, 10, 32])
def test_a_cut_block_is_not_believed(folder: Path, length: int) -> None:
    cache = BlockCache(folder, limit_bytes=10_000)
    cache.put("a", 0, b"block")
    (path,) = files(folder)
    path.write_bytes(path.read_bytes()[:length])
    assert cache.get("a", 0) is None


def test_what_a_killed_process_left_goes(folder: Path) -> None:
    cache = BlockCache(folder, limit_bytes=10_000)
    cache.put("a", 0, b"block")
    left = files(folder)[0].parent / ".left"
    left.write_bytes(BLOCK)
    os.utime(left, (1, 1))
    BlockCache(folder, limit_bytes=10_000).put("b", 0, b"block")
    assert not left.exists()


def test_a_disk_that_is_low_is_left_alone(folder: Path) -> None:
    cache = BlockCache(folder, limit_bytes=10_000, reserve_bytes=1 << 60)
    cache.put("a", 0, BLOCK)
    assert files(folder) == []


# --- before a store


class Counting:
    """A real store, and how often and for what it is asked."""

    def __init__(self, store: FolderStore) -> None:
        self._store = store
        self.reads: list[tuple[int, int]] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def read(self, key: str, start: int, length: int, version_id: str | None = None) -> bytes:
        self.reads.append((start, length))
        return self._store.read(key, start, length, version_id)


@pytest.fixture
def plain(tmp_path: Path) -> FolderStore:
    store = FolderStore("disk", tmp_path / "disk")
    store.prepare()
    store.put("warc/a", BytesContent(DATA))
    return store


@pytest.fixture
def counting(plain: FolderStore) -> Counting:
    return Counting(plain)


@pytest.fixture
def cached(counting: Counting, folder: Path) -> CachedStore:
    return CachedStore(counting, BlockCache(folder, limit_bytes=100 * BLOCK_BYTES))  # type: ignore[arg-type]


@given(start=st.integers(0, len(DATA) + 10), length=st.integers(0, len(DATA)))
@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_range_is_the_stores(cached: CachedStore, start: int, length: int) -> None:
    assert cached.read("warc/a", start, length) == DATA[start : start + length]


def test_what_was_read_once_is_not_asked_for_again(cached: CachedStore, counting: Counting) -> None:
    assert cached.read("warc/a", BLOCK_BYTES + 5, 10) == DATA[BLOCK_BYTES + 5 : BLOCK_BYTES + 15]
    assert counting.reads == [(BLOCK_BYTES, BLOCK_BYTES)]
    with cached.open("warc/a") as reader:
        assert reader.read() == DATA
    asked = counting.reads[1:]
    assert all(start != BLOCK_BYTES for start, _ in asked)
    assert sum(length for _, length in asked) == len(DATA) - BLOCK_BYTES
    counting.reads.clear()
    with cached.open("warc/a") as reader:
        assert reader.read() == DATA
    assert counting.reads == []


def test_an_object_that_was_put_anew_is_another(cached: CachedStore, plain: FolderStore) -> None:
    assert cached.read("warc/a", 0, 10) == DATA[:10]
    other = DATA[::-1]
    cached.replace("warc/a", BytesContent(other))
    assert cached.read("warc/a", 0, 10) == other[:10]
    with cached.open("warc/a") as reader:
        assert reader.read() == other


def test_a_missing_object_is_missing(cached: CachedStore) -> None:
    for ask in (lambda: cached.read("warc/b", 0, 1), lambda: cached.open("warc/b")):
        with pytest.raises(ObjectMissingError):
            ask()


def test_of_an_encrypted_store_only_encrypted_bytes_are_kept(cached: CachedStore, folder: Path) -> None:
    secret = b"https://www.example.org/arrest " * 40_000
    store = EncryptedStore(cached, StoreKey(secret=bytes(32)))
    store.put("warc/secret-name", BytesContent(secret))
    for _ in range(2):
        with store.open("warc/secret-name") as reader:
            assert reader.read() == secret
    assert held(folder) > len(secret)
    for path in files(folder):
        data = path.read_bytes()
        assert b"example.org" not in data
        assert b"secret-name" not in data


# --- when nothing can be kept


def _read_only(folder: Path) -> None:
    # A file where the folder should be: root may write to any folder, whatever its mode.
    folder.write_bytes(b"")


def _dangling(folder: Path) -> None:
    folder.symlink_to(folder.parent / "nowhere" / "cache")


@pytest.mark.parametrize("spoil", [_read_only, _dangling])
def test_a_cache_that_cannot_be_written_fails_no_read(
    cached: CachedStore, folder: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(folder)
    with cached.open("warc/a") as reader:
        assert reader.read() == DATA


FULL = """
import resource, sys
from pathlib import Path
from archive.cache import BlockCache
from archive.objects import FolderStore
from archive.objects.cached import CachedStore

cache = BlockCache(Path(sys.argv[2]), limit_bytes=1 << 30)
store = CachedStore(FolderStore("disk", Path(sys.argv[1])), cache)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
with store.open("warc/a") as reader:
    sys.stdout.buffer.write(reader.read())
"""


def test_a_full_disk_fails_no_read_and_leaves_no_half_block(plain: FolderStore, folder: Path) -> None:
    """A write that breaks off in the middle, as on a full disk: no file may be longer than 5,000 bytes."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    command = [sys.executable, "-c", FULL, plain.url, str(folder)]
    ended = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert ended.stderr == b""
    assert ended.stdout == DATA
    assert files(folder) == []


def test_what_the_store_says_of_an_object_is_passed_on(cached: CachedStore, plain: FolderStore) -> None:
    head: StoredObject | None = cached.head("warc/a")
    assert head == plain.head("warc/a")
    assert list(cached.objects()) == list(plain.objects())
    assert [one.name for one in cached.check()] == [one.name for one in plain.check()]
