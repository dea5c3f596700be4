"""A store's own chain, in a folder and in a bucket: from the copies alone, whatever was deleted over them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from samples.sealed import DAY_1, DAY_2, crawl_into
from servers.s3_server import S3

from archive import Archive
from archive.manifest import StorePlace, check_chain, prove, read_files, seal
from archive.objects import FileContent, ObjectStore
from archive.objects.folder import FolderStore
from archive.objects.s3 import S3Store
from model import DamagedArchiveError, ObjectDiffersError

FIRST, SECOND = "manifest/2026/11/23/00001.json", "manifest/2026/11/24/00001.json"
Opening = Callable[[], ObjectStore]


@pytest.fixture(params=["folder", "bucket"])
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> Opening:
    """Return what opens the same store again and again."""
    if request.param == "folder":
        return lambda: FolderStore("paris", tmp_path / "disk")
    s3: S3 = request.getfixturevalue("s3")
    settings = s3.settings("paris", url=f"s3://{s3.bucket(versioned=True)}/archive")
    return lambda: S3Store(settings)


def upload(path: Path, store: ObjectStore) -> None:
    """Put what is pending, as the keeper of copies does."""
    with Archive.open(path, exclusive=True) as archive:
        ledger = archive.catalogue.ledger
        ledger.want(["paris"])
        while (found := ledger.due("paris", datetime.now(UTC))) is not None:
            file, _ = found
            content = FileContent(archive.warc_path(file.key))
            ledger.note_sha256(file.key, content.sha256)
            stored = store.put(f"warc/{file.key}", content)
            ledger.verified(
                file.key,
                "paris",
                at=datetime.now(UTC),
                version_id=stored.version_id,
                stored_bytes=stored.size,
                locked_until=None,
            )


def seal_store(path: Path, store: ObjectStore, moment: datetime) -> tuple[str, ...]:
    with Archive.open(path, exclusive=True) as archive:
        return seal(archive.catalogue, path, store, now=moment).manifests


def test_a_chain_in_a_store_needs_nothing_else(opening: Opening, tmp_path: Path) -> None:
    path = tmp_path / "archive"
    store = opening()
    store.prepare()
    crawl_into(path, DAY_1, "a")
    assert seal_store(path, store, DAY_1) == ()  # no copy, so nothing to vouch for
    upload(path, store)
    assert seal_store(path, store, DAY_1) == (FIRST,)
    (capture,) = crawl_into(path, DAY_2, "b")
    upload(path, store)
    # The second file is only in the store by now: its bytes are read from there.
    shutil.move(path / "warc" / capture.warc_key, tmp_path / "away")
    assert seal_store(path, store, DAY_2) == (SECOND,)
    shutil.move(tmp_path / "away", path / "warc" / capture.warc_key)

    place = StorePlace(opening())
    links, faults = check_chain(place)
    assert not faults
    assert [link.path for link in links] == [FIRST, SECOND]
    assert [link.head.store for link in links] == ["paris", "paris"]
    with Archive.open(path) as archive:
        proof = prove(archive.catalogue, place, capture.record_id, archive.open_warc)
    assert proof.manifest_path == SECOND

    # Without a catalogue: the chain is read from the store, and goes on.
    for rest in path.glob("catalogue.sqlite*"):
        rest.unlink()
    crawl_into(path, DAY_2 + timedelta(hours=1), "c")
    upload(path, opening())
    made = seal_store(path, opening(), DAY_2)
    assert made == (FIRST, SECOND, "manifest/2026/11/24/00002.json")
    assert not check_chain(place)[1]
    covered = [file.path for one in place.paths() for file in read_files(place, one)]
    assert len(covered) == len(set(covered)) == len(list((path / "warc").rglob("*.warc.gz")))


def test_a_manifest_is_never_overwritten_in_a_store(opening: Opening, tmp_path: Path) -> None:
    store = opening()
    store.prepare()
    (tmp_path / "x").write_bytes(b"{}")
    store.put(FIRST, FileContent(tmp_path / "x"))
    path = tmp_path / "archive"
    crawl_into(path, DAY_1, "a")
    upload(path, store)
    with pytest.raises(DamagedArchiveError, match=r"no chain.*23/00001\.json"):
        seal_store(path, store, DAY_1)
    with store.open(FIRST) as file:
        assert file.read() == b"{}"
    (tmp_path / "y").write_bytes(b"{ }")
    with pytest.raises(ObjectDiffersError):
        store.put(FIRST, FileContent(tmp_path / "y"))


def test_a_delete_marker_hides_no_manifest(s3: S3, tmp_path: Path) -> None:
    bucket = s3.bucket(versioned=True)
    store = S3Store(s3.settings("paris", url=f"s3://{bucket}/archive"))
    store.prepare()
    path = tmp_path / "archive"
    for day, page in ((DAY_1, "a"), (DAY_2, "b")):
        crawl_into(path, day, page)
        upload(path, store)
        seal_store(path, store, day)
    s3.client().delete_object(Bucket=bucket, Key=f"archive/{FIRST}")
    links, faults = check_chain(StorePlace(store))
    assert not faults
    assert [link.path for link in links] == [FIRST, SECOND]
