"""A real bucket as a store: what is put is verified, locked, never overwritten, and never hidden."""

import hashlib
import io
import os
import random
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from servers.s3_server import S3

from archive.objects import Ability, BytesContent, FileContent, LockMode, StoredObject, Upload
from archive.objects.s3 import Limits, S3Store
from model import (
    DamagedArchiveError,
    ObjectDiffersError,
    ObjectMissingError,
    StoreRefusedError,
    StoreUnreachableError,
)

KEY = "warc/org_example/2026/11/first-00001.warc.gz"
FULL = "archive/" + KEY
SMALL = os.urandom(100_000)
LARGE = os.urandom(20 << 20)
QUICK = Limits(connect_s=2, read_s=10, tries=2, wait_s=0.01)


def store_in(s3: S3, bucket: str | None = None, **more: object) -> S3Store:
    url = {"url": f"s3://{bucket}/archive"} if bucket else {}
    return S3Store(s3.settings(**url, **more), limits=QUICK)


@pytest.mark.parametrize("data", [SMALL, LARGE, b""], ids=["small", "in parts", "empty"])
@pytest.mark.parametrize("versioned", [False, True])
def test_what_is_put_comes_back_whole_and_in_parts(
    s3: S3, tmp_path: Path, data: bytes, versioned: bool
) -> None:
    bucket = s3.bucket(versioned=versioned)
    store = store_in(s3, bucket)
    source = tmp_path / "a"
    source.write_bytes(data)
    store.prepare()
    put = store.put(KEY, FileContent(source))
    assert (put.key, put.size, put.sha256) == (KEY, len(data), hashlib.sha256(data).hexdigest())
    assert (put.version_id is not None) is versioned
    assert s3.client().get_object(Bucket=bucket, Key=FULL)["Body"].read() == data
    assert store.head(KEY) == put
    assert store.read(KEY, len(data) // 2, 10, put.version_id) == data[len(data) // 2 :][:10]
    assert store.read(KEY, len(data) + 1, 10) == b""
    with store.open(KEY) as reader:
        assert reader.read() == data
        assert reader.seek(-5, io.SEEK_END) == max(len(data) - 5, 0) if data else True
        assert reader.read() == data[-5:]
    assert [each.key for each in store.objects()] == [KEY]


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "in parts"])
def test_what_lies_there_is_never_overwritten(s3: S3, data: bytes) -> None:
    store = store_in(s3)
    first = store.put(KEY, BytesContent(data))
    assert store.put(KEY, BytesContent(data)) == first
    with pytest.raises(ObjectDiffersError, match="not touched"):
        store.put(KEY, BytesContent(data[:-1] + b"x"))
    with pytest.raises(ObjectDiffersError, match="not touched"):
        store.put(KEY, BytesContent(b"short"))
    assert store.head(KEY) == first


def test_the_same_bytes_put_by_another_tool_are_known_by_reading_them(s3: S3) -> None:
    bucket = s3.bucket()
    client = s3.client()
    made = client.create_multipart_upload(Bucket=bucket, Key=FULL)
    where = {"Bucket": bucket, "Key": FULL, "UploadId": made["UploadId"]}
    parts = []
    for number, start in enumerate(range(0, len(LARGE), 6 << 20), 1):
        part = client.upload_part(**where, PartNumber=number, Body=LARGE[start : start + (6 << 20)])
        parts.append({"PartNumber": number, "ETag": part["ETag"]})
    client.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})
    put = store_in(s3, bucket).put(KEY, BytesContent(LARGE))
    assert put.size == len(LARGE)
    assert put.sha256 is None


@pytest.mark.parametrize("size", [100_000, 9 << 20], ids=["small", "in parts"])
def test_of_two_writers_with_the_same_content_both_are_content(s3: S3, size: int) -> None:
    store = store_in(s3, s3.bucket(versioned=True))
    results = race(store, [os.urandom(size)] * 4)
    assert len([each for each in results if isinstance(each, StoredObject)]) == 4, results


@pytest.mark.parametrize("versioned", [False, True])
def test_of_writers_with_other_contents_one_wins(s3: S3, versioned: bool) -> None:
    store = store_in(s3, s3.bucket(versioned=versioned))
    contents = [os.urandom(100_000) for _ in range(4)]
    results = race(store, contents)
    assert sorted(type(each).__name__ for each in results) == ["ObjectDiffersError"] * 3 + ["StoredObject"]
    winner = next(n for n, each in enumerate(results) if isinstance(each, StoredObject))
    assert store.read(KEY, 0, 200_000) == contents[winner]


def race(store: S3Store, contents: list[bytes]) -> list[object]:
    results: list[object] = [None] * len(contents)
    together = threading.Barrier(len(contents))

    def write(number: int) -> None:
        together.wait()
        for _ in range(20):
            try:
                results[number] = store.put(KEY, BytesContent(contents[number]))
            except ObjectDiffersError as error:
                results[number] = error
            except StoreUnreachableError as error:
                # "Somebody else writes it just now": to be tried again, as the error says.
                results[number] = error
                time.sleep(random.uniform(0, 0.2))
                continue
            return

    threads = [threading.Thread(target=write, args=(number,)) for number in range(len(contents))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_forgotten_upload_begins_anew(s3: S3) -> None:
    store = store_in(s3)
    seen: list[Upload] = []
    put = store.put(KEY, BytesContent(LARGE), resume=Upload(token="2~gone", parts=2), on_upload=seen.append)
    assert put.size == len(LARGE)
    assert [each.parts for each in seen] == [0, 1, 2, 3]
    assert len({each.token for each in seen}) == 1


def test_a_file_that_changes_while_it_is_put_is_noticed(s3: S3, tmp_path: Path) -> None:
    bucket = s3.bucket()
    source = tmp_path / "a"
    for data in (SMALL, LARGE):
        source.write_bytes(data)
        content = FileContent(source)
        assert content.sha256
        source.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        with pytest.raises(DamagedArchiveError, match="changed while it was copied"):
            store_in(s3, bucket).put(KEY, content)
    assert s3.client().list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    assert "Uploads" not in s3.client().list_multipart_uploads(Bucket=bucket)


# ---- Versions, delete markers, repair


def test_a_delete_marker_hides_nothing(s3: S3) -> None:
    bucket = s3.bucket(versioned=True)
    store = store_in(s3, bucket)
    put = store.put(KEY, BytesContent(SMALL))
    s3.client().delete_object(Bucket=bucket, Key=FULL)
    found = store.head(KEY)
    assert found is not None
    assert (found.version_id, found.hidden) == (put.version_id, True)
    assert store.read(KEY, 5, 5, put.version_id) == SMALL[5:10]
    for version in (put.version_id, None):
        with store.open(KEY, version) as reader:
            assert reader.read() == SMALL
    listed = list(store.objects("warc/"))
    assert [(each.key, each.version_id, each.hidden) for each in listed] == [(KEY, put.version_id, True)]
    assert store.put(KEY, BytesContent(SMALL)).version_id == put.version_id


def test_a_later_version_hides_nothing_from_who_knows_the_version(s3: S3) -> None:
    bucket = s3.bucket(versioned=True)
    store = store_in(s3, bucket)
    put = store.put(KEY, BytesContent(SMALL))
    s3.client().put_object(Bucket=bucket, Key=FULL, Body=b"forged")
    assert store.read(KEY, 0, 1 << 20, put.version_id) == SMALL
    again = store.put(KEY, BytesContent(SMALL))
    assert (again.version_id, again.hidden) == (put.version_id, True)


@pytest.mark.parametrize("versioned", [False, True])
def test_a_repair_keeps_what_lay_there(s3: S3, versioned: bool) -> None:
    bucket = s3.bucket(versioned=versioned)
    store = store_in(s3, bucket)
    first = store.put(KEY, BytesContent(SMALL))
    s3.client().put_object(Bucket=bucket, Key=FULL, Body=b"forged")
    mended = store.replace(KEY, BytesContent(SMALL))
    assert store.read(KEY, 0, 1 << 20) == SMALL
    assert store.replace(KEY, BytesContent(SMALL)) == mended
    assert [each.key for each in store.objects()] == [KEY]
    if versioned:
        assert mended.version_id != first.version_id
        assert len(s3.client().list_object_versions(Bucket=bucket)["Versions"]) == 3
    else:
        kept = s3.client().get_object(Bucket=bucket, Key=FULL + ".damaged-1")
        assert kept["Body"].read() == b"forged"


def test_a_missing_object_is_named_and_repaired(s3: S3) -> None:
    store = store_in(s3, s3.bucket(versioned=True))
    assert store.head(KEY) is None
    for read in (lambda: store.read(KEY, 0, 1), lambda: store.open(KEY)):
        with pytest.raises(ObjectMissingError, match=KEY):
            read()
    put = store.replace(KEY, BytesContent(SMALL))
    with pytest.raises(ObjectMissingError, match=KEY):
        store.read(KEY, 0, 1, "no-such-version")
    assert store.head(KEY, "no-such-version") is None
    assert store.head(KEY, put.version_id) == put


def test_many_objects_are_listed_in_order_and_once(s3: S3) -> None:
    bucket = s3.bucket(versioned=True)
    store = store_in(s3, bucket)
    client = s3.client()
    keys = sorted(f"warc/{n % 7}/{n:04}" for n in range(30))
    for key in keys:
        client.put_object(Bucket=bucket, Key="archive/" + key, Body=b"1")
    client.put_object(Bucket=bucket, Key="elsewhere/x", Body=b"1")
    for key in keys[::3]:
        client.put_object(Bucket=bucket, Key="archive/" + key, Body=b"22")
    for key in keys[::5]:
        client.delete_object(Bucket=bucket, Key="archive/" + key)
    asked = store._connection.call
    small_pages = lambda operation, *what, **given: asked(operation, *what, MaxKeys=4, **given)  # noqa: E731
    store._connection.call = small_pages  # type: ignore[method-assign]
    listed = list(store.objects())
    assert [each.key for each in listed] == keys
    assert [each.key for each in listed if each.hidden] == keys[::5]
    assert {each.key for each in listed if each.size == 2} == set(keys[::3])
    assert [each.key for each in store.objects("warc/3")] == [key for key in keys if key.startswith("warc/3")]


def test_an_object_that_is_changed_while_it_is_read_is_noticed(s3: S3) -> None:
    bucket = s3.bucket()
    store = store_in(s3, bucket)
    store.put(KEY, BytesContent(LARGE))
    with store.open(KEY) as reader:
        assert reader.read(10) == LARGE[:10]
        s3.client().put_object(Bucket=bucket, Key=FULL, Body=LARGE[::-1])
        reader.seek(15 << 20)
        with pytest.raises(ObjectDiffersError, match="while it was read"):
            reader.read(10)


# ---- Object Lock


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "in parts"])
@pytest.mark.parametrize("mode", ["governance", "compliance"])
def test_what_is_put_is_locked(s3: S3, data: bytes, mode: str) -> None:
    bucket = s3.bucket(lock=True)
    store = store_in(s3, bucket, lock=LockMode(mode), retention_days=3)
    store.prepare()
    put = store.put(KEY, BytesContent(data))
    assert put.locked_until is not None
    assert abs(put.locked_until - datetime.now(UTC) - timedelta(days=3)) < timedelta(minutes=5)
    shown = s3.client().get_object_retention(Bucket=bucket, Key=FULL, VersionId=put.version_id)
    assert shown["Retention"]["Mode"] == mode.upper()
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.client().delete_object(Bucket=bucket, Key=FULL, VersionId=put.version_id)
    # Putting it again neither prolongs nor shortens.
    assert store.put(KEY, BytesContent(data)) == put


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "in parts"])
def test_a_legal_hold_is_set_also_where_it_was_missing(s3: S3, data: bytes) -> None:
    bucket = s3.bucket(lock=True)
    plain = store_in(s3, bucket).put(KEY, BytesContent(data))
    assert not plain.legal_hold
    held = store_in(s3, bucket, legal_hold=True).put(KEY, BytesContent(data))
    assert (held.version_id, held.legal_hold) == (plain.version_id, True)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.client().delete_object(Bucket=bucket, Key=FULL, VersionId=held.version_id)


def test_a_bucket_without_lock_is_refused_at_start_and_does_not_count(s3: S3) -> None:
    bucket = s3.bucket(versioned=True)
    store = store_in(s3, bucket, lock=LockMode.COMPLIANCE, retention_days=1)
    with pytest.raises(StoreRefusedError, match=r"has no Object Lock.*make a new bucket"):
        store.prepare()
    for data in (SMALL, LARGE):
        with pytest.raises(StoreRefusedError):
            store.put(KEY + str(len(data)), BytesContent(data))


# ---- Keys, addresses, certificates


def test_tls_needs_a_trusted_authority(s3: S3) -> None:
    bucket = s3.bucket()
    url = f"s3://{bucket}/archive"
    trusting = s3.settings(url=url, endpoint=s3.server.tls_endpoint, ca_file=s3.server.ca_file)
    store = S3Store(trusting, limits=QUICK)
    for data in (SMALL, LARGE):
        store.put(KEY + str(len(data)), BytesContent(data))
        assert store.read(KEY + str(len(data)), 7, 7) == data[7:14]
    other = S3Store(s3.settings(url=url, endpoint=s3.server.tls_endpoint), limits=QUICK)
    with pytest.raises(StoreRefusedError, match=r"not trusted.*ca_file"):
        other.prepare()
    absent = S3Store(s3.settings(url=url, ca_file=Path("/nowhere.pem")), limits=QUICK)
    with pytest.raises(StoreRefusedError, match="no ca_file"):
        absent.prepare()


def test_wrong_keys_are_named_as_what_they_are(s3: S3, tmp_path: Path) -> None:
    bucket = s3.bucket()
    url = f"s3://{bucket}/archive"

    def message(credentials: Path, **more: object) -> str:
        store = S3Store(s3.settings(url=url, credentials_file=credentials, **more), limits=QUICK)
        with pytest.raises(StoreRefusedError) as caught:
            store.head(KEY)
        text = str(caught.value) + repr(caught.value) + repr(store) + repr(store._connection)
        assert s3.secret not in text
        assert "hunter2secret" not in text
        return str(caught.value)

    assert "secret key is not the one" in message(s3.credentials_file(secret="hunter2secret"))
    assert "does not know this access key" in message(
        s3.credentials_file(key="UNKNOWN", secret="hunter2secret")
    )
    assert "cannot be read: No such file" in message(tmp_path / "none")
    (tmp_path / "bad").write_text("aws_secret_access_key = hunter2secret\n")
    assert "is not of the form" in message(tmp_path / "bad")
    assert "no section [paris]" in message(s3.credentials_file(), profile="paris")
    user, key, secret = s3.user()
    assert "may not do it" in message(s3.credentials_file(key, secret)), user


def test_keys_come_from_the_environment_or_a_profile(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    bucket = s3.bucket()
    with pytest.raises(StoreRefusedError, match=r"there are no access keys.*AWS_ACCESS_KEY_ID"):
        store_in(s3, bucket, credentials_file=None).prepare()
    with pytest.raises(StoreRefusedError, match="paris"):
        store_in(s3, bucket, credentials_file=None, profile="paris").prepare()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3.secret)
    store_in(s3, bucket, credentials_file=None).prepare()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "wrong")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(s3.credentials_file()))
    store_in(s3, bucket, credentials_file=None, profile="default").prepare()


def test_a_missing_bucket_is_named_whatever_is_asked(s3: S3) -> None:
    store = store_in(s3, "no-such-bucket-anywhere")
    for ask in (
        store.prepare,
        lambda: store.head(KEY),
        lambda: store.head(KEY, "v1"),
        lambda: store.read(KEY, 0, 1),
        lambda: store.open(KEY),
        lambda: list(store.objects()),
        lambda: store.put(KEY, BytesContent(SMALL)),
    ):
        with pytest.raises(StoreRefusedError, match="no bucket no-such-bucket-anywhere"):
            ask()


def test_no_server_at_the_address_may_pass(s3: S3) -> None:
    store = store_in(s3, "bucket", endpoint="http://127.0.0.1:9")
    with pytest.raises(StoreUnreachableError, match="cannot be reached"):
        store.prepare()


# ---- check


def test_check_tells_what_a_bucket_can_do(s3: S3) -> None:
    yes, no = Ability.YES, Ability.NO
    bucket = s3.bucket()
    found = {each.name: each.ability for each in store_in(s3, bucket).check()}
    # Ceph 16, Debian 12's, has no stored checksums and overlooks the condition for parts.
    newer = yes if s3.server.release >= 20 else no
    expected = {
        "reachable": yes, "credentials": yes, "clock": yes, "bucket": yes,
        "versioning": no, "object-lock": no,
        "write": yes, "conditional-put": yes, "read-range": yes, "if-match": yes, "checksums-stored": newer,
        "checksums-verified": yes, "multipart": yes, "conditional-multipart": newer, "delete-markers": no,
    }  # fmt: skip
    assert found == expected
    locked = s3.bucket(lock=True)
    findings = store_in(s3, locked, lock=LockMode.GOVERNANCE, retention_days=1, legal_hold=True).check()
    found = {each.name: each.ability for each in findings}
    assert found == expected | {
        "versioning": yes, "object-lock": yes, "default-retention": no, "delete-markers": yes, "lock": yes,
        # It overlooks the condition where there are versions, too.
        "conditional-put": no,
    }  # fmt: skip
    assert not [each for each in findings if each.needed and each.ability is not yes]
    for name in (bucket, locked):
        left = s3.client().list_object_versions(Bucket=name)
        assert not left.get("Versions")
        assert not left.get("DeleteMarkers")
        assert "Uploads" not in s3.client().list_multipart_uploads(Bucket=name)


def test_check_of_a_bucket_that_locks_everything_leaves_one_small_object(s3: S3) -> None:
    bucket = s3.bucket(lock=True)
    s3.client().put_object_lock_configuration(
        Bucket=bucket,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 400}},
        },
    )
    store = store_in(s3, bucket)
    for _ in range(2):
        found = {each.name: each for each in store.check()}
        assert found["write"].ability is Ability.YES
        assert found["conditional-put"].ability is Ability.UNKNOWN
        assert found["default-retention"].message == "every object is locked for 400 days (compliance)"
        assert found["conditional-multipart"].ability is Ability.UNKNOWN
        left = s3.client().list_object_versions(Bucket=bucket)
        assert [each["Key"] for each in left["Versions"]] == ["archive/mandegar-check/kept"]
    assert list(store.objects()) == []


def test_check_says_what_is_missing_and_needed(s3: S3) -> None:
    store = store_in(s3, s3.bucket(), lock=LockMode.GOVERNANCE, retention_days=1)
    missing = {each.name for each in store.check() if each.needed and each.ability is not Ability.YES}
    assert missing == {"object-lock", "versioning"}
    wrong = store_in(s3, "bucket", credentials_file=s3.credentials_file(key="UNKNOWN")).check()
    assert [(each.name, each.ability) for each in wrong] == [
        ("reachable", Ability.YES),
        ("credentials", Ability.NO),
        ("clock", Ability.YES),
    ]
    gone = store_in(s3, "no-such-bucket-anywhere").check()
    assert [each.name for each in gone if each.ability is Ability.NO] == ["bucket"]
    untrusted = store_in(s3, "bucket", endpoint=s3.server.tls_endpoint).check()
    assert [(each.name, each.ability) for each in untrusted] == [("reachable", Ability.NO)]
    without = store_in(s3, "bucket", credentials_file=Path("/nowhere")).check()
    assert [(each.name, each.ability) for each in without] == [("credentials", Ability.NO)]
    away = store_in(s3, "bucket", endpoint="http://127.0.0.1:9").check()
    assert [(each.name, each.ability) for each in away] == [("reachable", Ability.NO)]
