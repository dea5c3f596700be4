"""Captures are read wherever their file lies: here, in a folder, in a bucket, encrypted or not."""

import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from samples.shelf import shelf
from servers.s3_server import S3

from archive import Archive
from archive.copies.keeping import object_key
from archive.folder import MARKER
from archive.objects import FileContent, StoredObject, StoreSettings
from archive.objects.changing import add_store
from archive.objects.keyfile import make_key
from archive.objects.opening import open_store
from archive.objects.s3 import Limits
from archive.shelf import WARC_PREFIX, Stores
from archive.warc import iterate_records, read_record, verify_warc
from model import Capture, DamagedArchiveError, Source

SOURCE = Source(name="ir_example", origin="https://www.example.org/")
URL = "https://www.example.org/news/arrest"
BODY = b"<html><body><p>" + "زندانیان سیاسی".encode() * 400 + b"</p></body></html>"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


class Kept:
    """An archive with one file of a capture and a revisit of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with shelf(path, SOURCE) as filling:
            self.captures = [filling.keep(URL, BODY), filling.keep(URL, BODY)]
        (self.key,) = {capture.warc_key for capture in self.captures}
        assert self.captures[1].revisit_of == self.captures[0].record_id
        self.file = path / "warc" / self.key
        self.bytes = self.file.read_bytes()

    def store(self, settings: StoreSettings) -> StoredObject:
        """Add a store and put the file there."""
        add_store(self.path / MARKER, settings)
        store = open_store(settings)
        store.prepare()
        return store.put(object_key(self.key), FileContent(self.file))

    def verified(self, name: str, stored: StoredObject) -> None:
        """Note the copy as a crawl's keeper does."""
        with Archive.open(self.path, exclusive=True) as archive:
            archive.catalogue.ledger.want([name])
            archive.catalogue.ledger.verified(
                self.key,
                name,
                at=NOW,
                version_id=stored.version_id,
                stored_bytes=stored.size,
                locked_until=None,
            )

    def read_all(self, stores: Stores | None = None) -> None:
        """Load the capture, and the revisit with the body that it refers to."""
        with Archive.open(self.path, stores=stores) as archive:
            for capture in self.captures:
                found = archive.load(capture)
                assert found.entity == BODY
                assert found.http.startswith(b"HTTP/1.1 200 OK\r\n")
            with archive.open_warc(self.key) as reader:
                assert reader.read() == self.bytes

    def failure(self, stores: Stores | None = None) -> str:
        with Archive.open(self.path, stores=stores) as archive, pytest.raises(DamagedArchiveError) as error:
            archive.load(self.captures[0])
        return str(error.value)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "archive")


def folder_settings(tmp_path: Path, name: str = "disk") -> StoreSettings:
    return StoreSettings(name=name, url=str(tmp_path / name))


def damage(path: Path, capture: Capture) -> None:
    data = bytearray(path.read_bytes())
    data[capture.offset + capture.length // 2] ^= 0xFF
    path.chmod(0o600)
    path.write_bytes(data)


def test_the_prefix_is_that_of_the_copies() -> None:
    assert object_key("a/b.warc.gz") == WARC_PREFIX + "a/b.warc.gz"


def test_without_stores_nothing_is_asked_and_a_missing_file_is_told(kept: Kept) -> None:
    kept.read_all()
    kept.file.unlink()
    said = kept.failure()
    assert str(kept.file) in said
    assert "no store is set up" in said


def test_a_file_here_is_read_whatever_the_settings_say(kept: Kept) -> None:
    (kept.path / MARKER).write_text("format = 1\nnonsense = 2\n")
    with Archive.open(kept.path) as archive:
        assert archive.load(kept.captures[1]).entity == BODY
        kept.file.unlink()
        with pytest.raises(DamagedArchiveError, match="nonsense"):
            archive.load(kept.captures[0])


@pytest.mark.parametrize("noted", [False, True])
def test_a_capture_and_a_revisit_come_from_a_folder(kept: Kept, tmp_path: Path, noted: bool) -> None:
    stored = kept.store(folder_settings(tmp_path))
    if noted:
        kept.verified("disk", stored)
    kept.file.unlink()
    kept.read_all()
    # What lies in a folder is near enough: nothing of it is cached.
    assert not (kept.path / "cache").exists()


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("noted", [False, True])
def test_a_capture_and_a_revisit_come_from_a_bucket(
    kept: Kept, s3: S3, tmp_path: Path, noted: bool, encrypted: bool
) -> None:
    more = {}
    if encrypted:
        more["key_file"] = tmp_path / "s3.key"
        make_key(more["key_file"], "2026-11-23")
    settings = s3.settings(**more)
    stored = kept.store(settings)
    if noted:
        kept.verified("s3", stored)
    kept.file.unlink()
    kept.read_all()
    cached = b"".join(path.read_bytes() for path in (kept.path / "cache").rglob("*") if path.is_file())
    assert (kept.bytes in cached) is not encrypted
    # And every reader of WARC takes what a store gives.
    store = open_store(settings)
    with store.open(object_key(kept.key)) as reader:
        assert list(verify_warc(reader, name="s3")) == []
        assert {record.type for record in iterate_records(reader)} >= {"warcinfo", "response", "revisit"}
        offset = kept.captures[1].offset
        assert read_record(reader, offset).record_id == kept.captures[1].record_id


def test_what_was_cached_is_read_without_the_bytes_of_the_bucket(kept: Kept, s3: S3) -> None:
    settings = s3.settings()
    kept.store(settings)
    kept.file.unlink()
    kept.read_all()
    # Other bytes of the same size would be noticed; none are asked for.
    client = s3.client()
    (cached,) = [path for path in (kept.path / "cache").rglob("*") if path.is_file()]
    before = cached.stat().st_mtime_ns
    kept.read_all()
    assert cached.stat().st_mtime_ns > before
    cached.write_bytes(b"damaged")
    kept.read_all()
    assert kept.bytes in cached.read_bytes()
    client.close()


def test_a_delete_marker_hides_nothing(kept: Kept, s3: S3) -> None:
    settings = s3.settings(url=f"s3://{s3.bucket(versioned=True)}/archive")
    stored = kept.store(settings)
    kept.file.unlink()
    client = s3.client()
    key = f"archive/{object_key(kept.key)}"
    client.delete_object(Bucket=settings.bucket, Key=key)
    # Neither by the version that was noted, nor when nothing was noted.
    kept.read_all()
    kept.verified("s3", stored)
    kept.read_all()
    client.put_object(Bucket=settings.bucket, Key=key, Body=b"something else")
    kept.read_all()
    client.close()


def test_the_next_store_is_asked_when_one_is_away_empty_or_damaged(
    kept: Kept, tmp_path: Path, s3: S3
) -> None:
    away = StoreSettings(
        name="away",
        url="s3://bucket",
        endpoint="http://127.0.0.1:9",  # discard: nobody listens there
        region="us-east-1",
        path_style=True,
        credentials_file=s3.credentials_file(),
    )
    add_store(kept.path / MARKER, away)
    open_store(folder_settings(tmp_path, "empty")).prepare()
    add_store(kept.path / MARKER, folder_settings(tmp_path, "empty"))
    kept.store(folder_settings(tmp_path, "damaged"))
    damage(tmp_path / "damaged" / object_key(kept.key), kept.captures[0])
    kept.file.unlink()
    said = kept.failure()
    assert "store away" in said
    assert "store empty: it has no warc/" in said
    assert f"store damaged: {object_key(kept.key)}: at {kept.captures[0].offset}" in said
    assert str(kept.file) in said
    kept.file.write_bytes(kept.bytes)
    kept.store(folder_settings(tmp_path, "good"))
    kept.file.unlink()
    with Archive.open(kept.path) as archive:
        assert archive.load(kept.captures[0]).entity == BODY


def test_a_damaged_local_file_is_read_elsewhere(kept: Kept, tmp_path: Path) -> None:
    kept.store(folder_settings(tmp_path))
    damage(kept.file, kept.captures[0])
    with Archive.open(kept.path) as archive:
        assert archive.load(kept.captures[0]).entity == BODY


def test_a_single_fault_is_told_as_it_is(kept: Kept) -> None:
    damage(kept.file, kept.captures[0])
    assert kept.failure().startswith(f"{kept.file}: at {kept.captures[0].offset}: ")


def test_a_lost_key_is_told_where_the_capture_is_asked_for(kept: Kept, tmp_path: Path) -> None:
    key = make_key(tmp_path / "disk.key", "2026-11-23")
    kept.store(StoreSettings(name="disk", url=str(tmp_path / "disk"), key_file=tmp_path / "disk.key"))
    (tmp_path / "disk.key").unlink()
    kept.file.unlink()
    said = kept.failure()
    assert key.id.hex() in said
    assert "disk.key is missing" in said


def test_stores_are_opened_once_and_anew_when_the_settings_change(kept: Kept, tmp_path: Path) -> None:
    kept.store(folder_settings(tmp_path))
    stores = Stores(kept.path)
    kept.file.unlink()
    kept.read_all(stores)
    first = stores.open("disk")
    kept.read_all(stores)
    assert stores.open("disk") is first
    add_store(kept.path / MARKER, StoreSettings(name="other", url="s3://bucket"))
    assert stores.open("disk") is not first
    assert [store.name for store in stores.settings.stores] == ["disk", "other"]


def test_a_store_that_is_away_is_asked_last_for_a_while(kept: Kept, tmp_path: Path) -> None:
    for name in ("first", "second"):
        kept.store(folder_settings(tmp_path, name))
    kept.file.unlink()
    (tmp_path / "first").rename(tmp_path / "unmounted")
    stores = Stores(kept.path)
    assert stores.away() == set()
    kept.read_all(stores)
    assert stores.away() == {"first"}
    # Last, but asked all the same: nobody else has it now.
    (tmp_path / "unmounted").rename(tmp_path / "first")
    (tmp_path / "second").rename(tmp_path / "unmounted")
    kept.read_all(stores)
    assert stores.away() == {"second"}


def test_a_seized_bucket_tells_nothing(kept: Kept, s3: S3, tmp_path: Path) -> None:
    key_file = tmp_path / "s3.key"
    key = make_key(key_file, "2026-11-23")
    settings = s3.settings(key_file=key_file, url=f"s3://{s3.bucket(versioned=True)}")
    kept.store(settings)
    hidden = [kept.bytes[:64], kept.bytes[-64:], key.secret, key.secret.hex().encode(), SOURCE.name.encode()]
    hidden += [
        b"example.org",
        b"arrest",
        b"WARC/",
        b"warc",
        b"/2026/",
        b"2026112",
        b"response",
        kept.key.encode(),
    ]
    count = 0
    for found in everything_in(s3, settings.bucket):
        count += 1
        assert not [word for word in hidden if word in found]
    assert count >= 3


def everything_in(s3: S3, bucket: str) -> Iterator[bytes]:
    """Yield every key, every metadata and every body of every version."""
    client = s3.client()
    for version in client.list_object_versions(Bucket=bucket).get("Versions", []):
        yield version["Key"].encode()
        answer = client.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
        yield repr(answer["Metadata"]).encode()
        yield answer["ContentType"].encode()
        yield answer["Body"].read()
    client.close()


def test_where_a_person_waits_a_silent_store_is_given_up_soon(
    kept: Kept, s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        add_store(
            kept.path / MARKER,
            StoreSettings(
                name="silent",
                url="s3://bucket",
                endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}",
                path_style=True,
                credentials_file=s3.credentials_file(),
            ),
        )
        kept.file.unlink()
        monkeypatch.setattr("archive.objects.s3.HURRIED", Limits(connect_s=1, read_s=0.3, tries=1))
        stores = Stores(kept.path, patient=False)
        began = time.monotonic()
        assert "fell silent" in kept.failure(stores)
        # The next part of the page does not wait for it anew.
        silent.close()
        assert "it did not answer a moment ago; try again in a few seconds" in kept.failure(stores)
        assert time.monotonic() - began < 10
    assert Stores(kept.path).passed_over("silent") is None
    stores.note_answer("silent", came=True)
    assert stores.passed_over("silent") is None
