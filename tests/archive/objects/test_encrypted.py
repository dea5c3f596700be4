"""What goes to a store is encrypted so that its owner reads nothing and changes nothing unnoticed."""

import hashlib
import itertools
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from servers.s3_server import S3

from archive.objects import Ability, BytesContent, FolderStore, StoreSettings, Upload
from archive.objects.encrypted import SEALED, EncryptedStore
from archive.objects.keyfile import StoreKey, make_key, read_key
from archive.objects.opening import check_store, open_store
from archive.objects.sealing import (
    FRAME_BYTES,
    HEAD_BYTES,
    Keyring,
    OtherKeyError,
    Sealed,
    SealError,
    note_length,
    read_note,
)
from model import InputError, ObjectDiffersError, ObjectMissingError, StoreError, StoreRefusedError

KEY = StoreKey(secret=bytes(range(32)))
OTHER = StoreKey(secret=bytes(32))
NAME = "warc/ir_example/2026/11/20261123T073000Z-12ab-00001.warc.gz"
FRAME = FRAME_BYTES
BORDERS = sorted(
    {max(0, frames * FRAME + more) for frames in (0, 1, 2, 3) for more in (-1, 0, 1)} | {17, FRAME // 2}
)


def content(size: int) -> bytes:
    return hashlib.shake_128(b"content").digest(size)


def sealed(data: bytes, name: str = NAME, key: StoreKey = KEY) -> bytes:
    one = Sealed(Keyring(key), name, BytesContent(data))
    whole = one.read_at(0, one.size)
    assert len(whole) == one.size
    assert hashlib.sha256(whole).hexdigest() == one.sha256
    return whole


def unsealed(whole: bytes, key: StoreKey = KEY) -> bytes:
    """Return what an object holds; it must be all there."""
    note = read_note(Keyring(key), whole)
    start, length = note.span(0, note.frames - 1)
    if start + length != len(whole):
        raise SealError("another size")
    return note.unseal(0, whole[start:])


@pytest.fixture
def folder(tmp_path: Path) -> FolderStore:
    store = FolderStore("disk", tmp_path / "disk")
    store.prepare()
    return store


@pytest.fixture
def store(folder: FolderStore) -> EncryptedStore:
    return EncryptedStore(folder, KEY)


def sealed_files(folder: FolderStore) -> list[Path]:
    return sorted((Path(folder.url) / SEALED).rglob("*"))


# --- the form


@pytest.mark.parametrize("size", BORDERS)
def test_what_was_sealed_comes_back(size: int) -> None:
    assert unsealed(sealed(content(size))) == content(size)


def test_the_form_is_the_documented_one() -> None:
    """Decrypted with the library alone, as the module's docstring says."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    whole = sealed(content(FRAME + 5))
    head, note = whole[:56], int.from_bytes(whole[48:50], "big")
    assert head[:8] == b"MNDGENC1"
    assert head[8:16] == hashlib.sha256(b"mandegar key id\0" + KEY.secret).digest()[:8]
    objects = HKDF(SHA256(), 32, None, b"mandegar objects 1").derive(KEY.secret)
    cipher = AESGCM(HKDF(SHA256(), 32, head[16:48], head).derive(objects))
    at = 56 + note + 16
    assert NAME.encode() in cipher.decrypt(bytes(12), whole[56:at], None)
    first = cipher.decrypt(bytes(7) + b"\0\0\0\1\0", whole[at : at + FRAME + 16], None)
    last = cipher.decrypt(bytes(7) + b"\0\0\0\2\1", whole[at + FRAME + 16 :], None)
    assert first + last == content(FRAME + 5)


def test_the_same_content_gives_the_same_bytes_and_another_shares_nothing() -> None:
    assert sealed(b"a" * 100) == sealed(b"a" * 100)
    one, two, named = sealed(b"a" * 100), sealed(b"a" * 99 + b"b"), sealed(b"a" * 100, "warc/other.warc.gz")
    for left, right in itertools.combinations((one, two, named), 2):
        assert left[16:48] != right[16:48]
        assert not any(left[at : at + 8] == right[at : at + 8] for at in range(HEAD_BYTES, len(left) - 8))


@given(offset=st.integers(0, 3 * FRAME + 3000), length=st.integers(0, 2 * FRAME + 100))
@example(offset=0, length=0)
@settings(deadline=None, max_examples=60)
def test_any_part_of_the_sealed_bytes_is_given(offset: int, length: int) -> None:
    one = Sealed(Keyring(KEY), NAME, BytesContent(content(2 * FRAME + 77)))
    assert one.read_at(offset, length) == one.read_at(0, one.size)[offset : offset + length]


@given(at=st.integers(0), bit=st.integers(0, 7))
@settings(deadline=None, max_examples=300)
def test_every_flipped_bit_is_noticed(at: int, bit: int) -> None:
    whole = bytearray(sealed(content(FRAME + 400)))
    whole[at % len(whole)] ^= 1 << bit
    with pytest.raises(SealError):
        unsealed(bytes(whole))


def test_every_flipped_bit_of_a_small_object_is_noticed() -> None:
    whole = sealed(b"x")
    for at in range(8 * len(whole)):
        damaged = bytearray(whole)
        damaged[at // 8] ^= 1 << at % 8
        with pytest.raises(SealError):
            unsealed(bytes(damaged))


def test_frames_cannot_be_swapped_dropped_added_or_taken_from_another_object() -> None:
    whole, other = sealed(content(3 * FRAME)), sealed(content(3 * FRAME)[::-1])
    at, size = note_length(whole), FRAME + 16
    start, frames = whole[:at], [whole[at + n * size : at + (n + 1) * size] for n in range(3)]
    foreign = other[at : at + size]
    assert unsealed(start + b"".join(frames)) == content(3 * FRAME)
    for wrong in (
        [frames[1], frames[0], frames[2]],
        [frames[0], frames[2]],
        frames[:2],
        [frames[0], frames[1], frames[1]],
        [*frames, frames[2]],
        [*frames[:2], frames[2][:-1]],
        [foreign, *frames[1:]],
        [],
    ):
        with pytest.raises(SealError):
            unsealed(start + b"".join(wrong))
    with pytest.raises(SealError):
        unsealed(other[:at] + b"".join(frames))


@pytest.mark.parametrize("length", [0, 7, 8, 15, 16, 55, HEAD_BYTES, 200])
def test_what_ends_within_its_head_is_no_object(length: int) -> None:
    with pytest.raises(SealError):
        read_note(Keyring(KEY), sealed(b"x")[:length])


def test_another_key_is_named() -> None:
    with pytest.raises(OtherKeyError, match=OTHER.id.hex()):
        unsealed(sealed(b"x", key=OTHER))


class Changing:
    """A file on a disk that gives other bytes the second time; real disks do, tests wait years for them."""

    def __init__(self, data: bytes, spoiled_from: int) -> None:
        self._content = BytesContent(data)
        self.size, self.sha256 = self._content.size, self._content.sha256
        self._reads = 0
        self._spoiled_from = spoiled_from

    def read_at(self, offset: int, length: int) -> bytes:
        self._reads += 1
        data = self._content.read_at(offset, length)
        return data if self._reads < self._spoiled_from else bytes([data[0] ^ 1]) + data[1:]


def test_no_nonce_serves_twice_when_the_disk_gives_other_bytes() -> None:
    with pytest.raises(StoreError, match="not what its SHA-256 says"):
        Sealed(Keyring(KEY), NAME, Changing(content(100), spoiled_from=1))
    one = Sealed(Keyring(KEY), NAME, Changing(content(100), spoiled_from=2))
    with pytest.raises(StoreError, match="not what its SHA-256 says"):
        one.read_at(0, one.size)


# --- the store


@pytest.mark.parametrize("size", BORDERS)
def test_an_object_is_put_and_read_in_any_way(store: EncryptedStore, size: int) -> None:
    data = content(size)
    stored = store.put(NAME, BytesContent(data))
    assert (stored.key, stored.sha256) == (NAME, hashlib.sha256(data).hexdigest())
    assert stored.size > size
    head = store.head(NAME)
    assert head is not None
    assert (head.key, head.size, head.sha256) == (NAME, stored.size, stored.sha256)
    with store.open(NAME) as reader:
        assert reader.read() == data
    assert store.read(NAME, 0, size + 10) == data
    assert store.read(NAME, size, 10) == b""
    assert [one.key for one in store.objects()] == [NAME]
    assert store.put(NAME, BytesContent(data)).size == stored.size


@given(start=st.integers(0, 3 * FRAME), length=st.integers(0, 3 * FRAME))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_range_is_read(store: EncryptedStore, start: int, length: int) -> None:
    data = content(2 * FRAME + 1000)
    store.put(NAME, BytesContent(data))
    assert store.read(NAME, start, length) == data[start : start + length]
    with store.open(NAME) as reader:
        reader.seek(start)
        assert reader.read(length) == data[start : start + length]


def test_another_content_is_refused_under_its_own_name(store: EncryptedStore) -> None:
    store.put(NAME, BytesContent(b"one"))
    with pytest.raises(ObjectDiffersError, match=NAME):
        store.put(NAME, BytesContent(b"two"))
    assert store.read(NAME, 0, 10) == b"one"


def test_a_missing_object_is_named_as_it_was_asked_for(store: EncryptedStore) -> None:
    assert store.head(NAME) is None
    for ask in (lambda: store.read(NAME, 0, 1), lambda: store.open(NAME)):
        with pytest.raises(ObjectMissingError, match=NAME):
            ask()


def test_a_damaged_object_is_noticed_named_and_replaced(store: EncryptedStore, folder: FolderStore) -> None:
    data = content(2 * FRAME)
    store.put(NAME, BytesContent(data))
    (file,) = sealed_files(folder)
    whole = bytearray(file.read_bytes())
    whole[-FRAME // 2] ^= 4
    file.write_bytes(whole)
    assert store.read(NAME, 0, FRAME) == data[:FRAME]
    with pytest.raises(ObjectDiffersError, match=f"{NAME}.*frame 1 of 2 is damaged"):
        store.read(NAME, FRAME, 1)
    with store.open(NAME) as reader, pytest.raises(ObjectDiffersError, match="damaged"):
        reader.read()
    store.replace(NAME, BytesContent(data))
    assert store.read(NAME, 0, len(data)) == data


@pytest.mark.parametrize("spoil", [lambda data: data + b"x", lambda data: data[:-1], lambda data: data[:70]])
def test_a_tail_added_or_cut_is_noticed(store: EncryptedStore, folder: FolderStore, spoil) -> None:  # type: ignore[no-untyped-def]
    store.put(NAME, BytesContent(content(500)))
    (file,) = sealed_files(folder)
    file.write_bytes(spoil(file.read_bytes()))
    for ask in (lambda: store.read(NAME, 0, 500), lambda: store.open(NAME), lambda: store.head(NAME)):
        with pytest.raises(ObjectDiffersError):
            ask()


def test_objects_put_in_each_others_place_are_noticed(
    store: EncryptedStore, folder: FolderStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.put("a", BytesContent(b"one"))
    store.put("b", BytesContent(b"two"))
    first, second = sealed_files(folder)
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)
    fresh = EncryptedStore(folder, KEY)
    with pytest.raises(ObjectDiffersError, match="put under another name"):
        fresh.read("a", 0, 3)
    with caplog.at_level(logging.WARNING):
        assert list(fresh.objects()) == []
    assert "put under another name" in caplog.text


def test_a_listing_is_by_name_and_prefix(store: EncryptedStore) -> None:
    names = [f"warc/x/2026/11/{number:02}.warc.gz" for number in range(20)] + ["manifest/2026/11/23.json"]
    for name in names:
        store.put(name, BytesContent(name.encode()))
    assert [one.key for one in store.objects()] == sorted(names)
    assert [one.key for one in store.objects("manifest/")] == names[-1:]


def test_a_long_name_comes_back(store: EncryptedStore) -> None:
    name = "warc/" + "x" * 2500
    store.put(name, BytesContent(b"data"))
    assert store.read(name, 0, 9) == b"data"
    assert [one.key for one in store.objects()] == [name]


@pytest.mark.parametrize("key", ["", "/a", "a/../b", "a//b", "a b", "خبر"])
def test_a_key_that_no_store_takes_is_refused_here_too(store: EncryptedStore, key: str) -> None:
    with pytest.raises(ValueError, match="is no key"):
        store.put(key, BytesContent(b"x"))


def everything_in(folder: Path) -> Iterator[bytes]:
    for path in folder.rglob("*"):
        yield str(path.relative_to(folder)).encode()
        if path.is_file():
            yield path.read_bytes()


def test_a_seized_folder_tells_nothing(store: EncryptedStore, folder: FolderStore) -> None:
    secret = b"https://www.example.org/news/2026/11/23/arrest" * 3000
    store.put(NAME, BytesContent(secret))
    hidden = [b"ir_example", b"20261123", b"2026/11", b"warc", b"example.org", b"arrest"]
    hidden += [hashlib.sha256(secret).hexdigest().encode(), NAME.encode()]
    for found in everything_in(Path(folder.url)):
        assert not [word for word in hidden if word in found]


# --- keys


def test_a_key_file_is_made_once_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "paris.key"
    key = make_key(path, "2026-11-23")
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key(path) == key
    assert "KEEP TWO COPIES" in path.read_text()
    assert key.secret.hex() not in repr(key)
    before = path.read_bytes()
    with pytest.raises(InputError, match="never overwritten"):
        make_key(path, "2026-11-23")
    assert path.read_bytes() == before
    # As one types it from a printout.
    path.write_text(f"\nMANDEGAR-KEY-1  {key.id.hex()}   {key.secret.hex().upper()}\n")
    assert read_key(path) == key


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no Mandegar key"),
        ("mandegar-key-1 00 11", "no Mandegar key"),
        (f"mandegar-key-1 {'0' * 16} {'0' * 64}", "damaged"),
        (f"mandegar-key-1 {OTHER.id.hex()} {'0' * 64}\n" * 2, "no Mandegar key"),
    ],
)
def test_a_key_that_is_none_is_told(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.key"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_key(path)


def test_a_lost_key_is_named_with_its_store(tmp_path: Path) -> None:
    path = tmp_path / "paris.key"
    key = make_key(path, "2026-11-23")
    config = StoreSettings(name="paris", url=str(tmp_path / "disk"), key_file=path)
    store = open_store(config)
    store.prepare()
    store.put(NAME, BytesContent(b"x"))
    path.rename(tmp_path / "lost")
    with pytest.raises(StoreRefusedError) as lost:
        open_store(config)
    for part in ("store paris", key.id.hex(), "paris.key is missing", "key_file"):
        assert part in str(lost.value)


def test_another_key_is_refused_before_anything_is_put(tmp_path: Path, folder: FolderStore) -> None:
    EncryptedStore(folder, KEY).put(NAME, BytesContent(b"x"))
    other = EncryptedStore(folder, OTHER)
    for ask in (other.prepare, lambda: list(other.objects())):
        with pytest.raises(StoreRefusedError, match=f"{KEY.id.hex()}.*{OTHER.id.hex()}"):
            ask()
    (finding,) = [one for one in other.check() if one.name == "key"]
    assert (finding.ability, finding.needed) == (Ability.NO, True)
    assert KEY.id.hex() in finding.message
    # What one object of another key among ours hides is that object.
    store = EncryptedStore(folder, KEY)
    other.put("foreign", BytesContent(b"y"))
    assert [one.key for one in store.objects()] == [NAME]


def test_a_check_names_what_the_key_meets(tmp_path: Path, folder: FolderStore) -> None:
    path = tmp_path / "paris.key"
    key = make_key(path, "2026-11-23")
    path.chmod(0o644)
    folder.put(NAME, BytesContent(b"plain, from before"))
    encrypted = StoreSettings(name="disk", url=folder.url, key_file=path)
    found = {one.name: one for one in check_store(encrypted)}
    assert found["key"].ability is Ability.YES
    assert f"chmod 600 {path}" in found["key-file"].message
    assert found["all-encrypted"].ability is Ability.NO
    open_store(encrypted).put("b", BytesContent(b"x"))
    plain = {one.name: one for one in check_store(StoreSettings(name="disk", url=folder.url))}
    assert (plain["key"].ability, plain["key"].needed) == (Ability.NO, True)
    assert key.id.hex() in plain["key"].message


class StoppedError(Exception):
    pass


def test_an_upload_of_encrypted_parts_goes_on_in_another_process(s3: S3, tmp_path: Path) -> None:
    make_key(tmp_path / "s3.key", "2026-11-23")
    config = s3.settings(key_file=tmp_path / "s3.key")
    data = BytesContent(content(20 << 20))
    begun: list[Upload] = []

    def stop(upload: Upload) -> None:
        begun.append(upload)
        if upload.parts:
            raise StoppedError

    with pytest.raises(StoppedError):
        open_store(config).put(NAME, data, on_upload=stop)
    later: list[Upload] = []
    store = open_store(config)
    stored = store.put(NAME, data, resume=begun[-1], on_upload=later.append)
    assert later[0].token == begun[-1].token
    assert later[0].parts >= begun[-1].parts > 0
    assert stored.sha256 == data.sha256
    with store.open(NAME) as reader:
        assert reader.read() == data.read_at(0, data.size)
    # The same once more is recognised, without being put again.
    assert open_store(config).put(NAME, data).version_id == stored.version_id
    with pytest.raises(ObjectDiffersError, match=NAME):
        store.put(NAME, BytesContent(b"other"))
