"""All that goes wrong with a bucket: each has its message, nothing is taken for a copy that is none."""

import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import botocore.auth
import pytest
from servers.faulty_proxy import FaultyProxy
from servers.s3_server import S3, write_credentials

from archive.objects import BytesContent, LockMode, Upload
from archive.objects.s3 import Limits, S3Store, clock
from model import MandegarError, ObjectDiffersError, StoreRefusedError, StoreUnreachableError

KEY = "warc/org_example/2026/11/first-00001.warc.gz"
FULL = "archive/" + KEY
SMALL = os.urandom(100_000)
LARGE = os.urandom(20 << 20)
PARTS = 3
QUICK = Limits(connect_s=5, read_s=30, tries=2, wait_s=0.01)


@pytest.fixture
def proxy(s3: S3) -> Iterator[FaultyProxy]:
    with FaultyProxy(s3.server.port) as running:
        yield running


@pytest.fixture
def bucket(s3: S3) -> str:
    return s3.bucket()


@pytest.fixture
def store(s3: S3, bucket: str, proxy: FaultyProxy) -> S3Store:
    return S3Store(s3.settings(url=f"s3://{bucket}/archive", endpoint=proxy.endpoint), limits=QUICK)


def is_there(s3: S3, bucket: str) -> bool:
    return bool(s3.client().list_objects_v2(Bucket=bucket)["KeyCount"])


def test_the_proxy_changes_nothing_by_itself(store: S3Store, proxy: FaultyProxy) -> None:
    store.prepare()
    put = store.put(KEY, BytesContent(LARGE))
    assert store.head(KEY) == put
    with store.open(KEY) as reader:
        assert reader.read() == LARGE
    assert len(proxy.asked("PUT", "partNumber")) == PARTS


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"status": 500}, "answered 500"),
        ({"status": 503, "code": "SlowDown"}, "asked us to slow down"),
        ({"cut_request_at": 1000}, "broke off"),
        ({"cut_answer_at": 0}, "broke off"),
    ],
    ids=["500", "SlowDown", "cut request", "cut answer"],
)
def test_what_may_pass_is_tried_again_and_then_said(
    s3: S3, bucket: str, store: S3Store, proxy: FaultyProxy, fault: dict[str, object], message: str
) -> None:
    method = "GET" if "cut_answer_at" in fault else "PUT"
    rule = proxy.break_(method=method, times=1, **fault)
    assert store.put(KEY, BytesContent(SMALL)).size == len(SMALL)
    assert rule.matched >= 2
    proxy.mend()
    rule = proxy.break_(method=method, **fault)
    with pytest.raises(StoreUnreachableError, match=message):
        store.put(KEY + "2", BytesContent(SMALL))
    assert rule.matched == QUICK.tries
    proxy.mend()
    assert store.put(KEY + "2", BytesContent(SMALL)).size == len(SMALL)


def test_a_slow_server_takes_no_longer_than_the_limits_say(s3: S3, bucket: str, proxy: FaultyProxy) -> None:
    limits = Limits(connect_s=1, read_s=0.5, tries=2, wait_s=0.01)
    settings = s3.settings(url=f"s3://{bucket}/archive", endpoint=proxy.endpoint)
    impatient = S3Store(settings, limits=limits)
    proxy.break_(silent=True)
    began = time.monotonic()
    with pytest.raises(StoreUnreachableError, match="fell silent"):
        impatient.read(KEY, 0, 10)
    assert time.monotonic() - began < 10
    assert len(proxy.seen) == limits.tries


def test_an_unplugged_server_is_unreachable_until_it_is_back(store: S3Store, proxy: FaultyProxy) -> None:
    store.put(KEY, BytesContent(SMALL))
    proxy.unplug()
    for ask in (store.prepare, lambda: store.put(KEY, BytesContent(SMALL)), lambda: list(store.objects())):
        with pytest.raises(StoreUnreachableError, match=r"cannot be reached|broke off"):
            ask()
    proxy.plug()
    store.prepare()
    assert store.read(KEY, 0, 3) == SMALL[:3]


@pytest.mark.parametrize("fault", [{"cut_request_at": 3 << 20}, {"status": 503}], ids=["cut", "SlowDown"])
def test_an_upload_that_broke_off_goes_on_with_the_missing_parts(
    s3: S3, bucket: str, store: S3Store, proxy: FaultyProxy, fault: dict[str, object]
) -> None:
    uploads: list[Upload] = []
    proxy.break_(method="PUT", target="partNumber=2", **fault)
    with pytest.raises(StoreUnreachableError):
        store.put(KEY, BytesContent(LARGE), on_upload=uploads.append)
    assert [each.parts for each in uploads] == [0, 1]
    assert not is_there(s3, bucket)
    proxy.mend()
    proxy.seen.clear()
    # Another process, which knows nothing but the token.
    other = S3Store(s3.settings(url=f"s3://{bucket}/archive", endpoint=proxy.endpoint), limits=QUICK)
    put = other.put(KEY, BytesContent(LARGE), resume=uploads[-1])
    assert put.size == len(LARGE)
    sent = [re.search(r"partNumber=(\d+)", one.target) for one in proxy.asked("PUT", "partNumber")]
    assert [found[1] for found in sent if found] == ["2", "3"]
    assert other.read(KEY, (8 << 20) - 5, 10) == LARGE[(8 << 20) - 5 : (8 << 20) + 5]


def test_parts_of_another_content_are_sent_again(
    s3: S3, bucket: str, store: S3Store, proxy: FaultyProxy
) -> None:
    uploads: list[Upload] = []
    proxy.break_(method="PUT", target="partNumber=3", status=503)
    with pytest.raises(StoreUnreachableError):
        store.put(KEY, BytesContent(b"x" + LARGE[1:]), on_upload=uploads.append)
    proxy.mend()
    proxy.seen.clear()
    store.put(KEY, BytesContent(LARGE), resume=uploads[-1])
    assert len(proxy.asked("PUT", "partNumber=[13]")) == 2
    assert s3.client().get_object(Bucket=bucket, Key=FULL)["Body"].read() == LARGE


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "in parts"])
@pytest.mark.parametrize("rule", [{"method": "POST", "target": "uploadId"}, {"method": "PUT"}])
def test_an_answer_that_is_lost_does_no_harm(
    store: S3Store, proxy: FaultyProxy, data: bytes, rule: dict[str, str]
) -> None:
    proxy.break_(cut_answer_at=0, times=1, **rule)
    assert store.put(KEY, BytesContent(data)).size == len(data)
    assert store.read(KEY, 0, 9) == data[:9]


@pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "in parts"])
def test_bytes_that_change_on_the_way_up_are_refused_by_the_server(
    s3: S3, bucket: str, store: S3Store, proxy: FaultyProxy, data: bytes
) -> None:
    once = proxy.break_(method="PUT", flip_request_at=5000, times=1)
    assert store.put(KEY, BytesContent(data)).size == len(data)
    assert once.matched >= 2
    assert s3.client().get_object(Bucket=bucket, Key=FULL)["Body"].read() == data
    proxy.break_(method="PUT", flip_request_at=5000)
    with pytest.raises(StoreUnreachableError, match="arrive damaged"):
        store.put(KEY + "2", BytesContent(data))
    assert s3.client().list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_bytes_that_come_back_other_than_they_were_put_are_no_copy(
    s3: S3, bucket: str, store: S3Store, proxy: FaultyProxy
) -> None:
    # Put in parts of other lengths, so that only reading it all tells what lies there.
    client = s3.client()
    made = client.create_multipart_upload(Bucket=bucket, Key=FULL)
    where = {"Bucket": bucket, "Key": FULL, "UploadId": made["UploadId"]}
    part = client.upload_part(**where, PartNumber=1, Body=LARGE)
    client.complete_multipart_upload(
        **where, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    )
    rule = proxy.break_(method="GET", target="first-00001", after=1, times=1, flip_answer_at=77)
    with pytest.raises(ObjectDiffersError, match="another content"):
        store.put(KEY, BytesContent(LARGE))
    assert rule.matched >= 2
    proxy.mend()
    assert store.put(KEY, BytesContent(LARGE)).size == len(LARGE)


def test_an_answer_that_is_cut_is_read_again(store: S3Store, proxy: FaultyProxy) -> None:
    store.put(KEY, BytesContent(LARGE))
    proxy.break_(method="GET", target="first-00001", cut_answer_at=100_000, times=1)
    with store.open(KEY) as reader:
        assert reader.read() == LARGE
    proxy.break_(method="GET", target="first-00001", cut_answer_at=100_000)
    with pytest.raises(StoreUnreachableError, match="broke off"):
        store.read(KEY, 0, 200_000)


def test_a_listing_that_lags_decides_nothing(s3: S3, bucket: str, store: S3Store, proxy: FaultyProxy) -> None:
    put = store.put(KEY, BytesContent(SMALL))

    def lag(body: bytes) -> bytes:
        return re.sub(rb"<Version>.*?</Version>", b"", body)

    proxy.break_(method="GET", target="versions", edit_answer=lag)
    assert list(store.objects()) == []
    assert store.head(KEY) == put
    assert store.put(KEY, BytesContent(SMALL)) == put
    with pytest.raises(ObjectDiffersError, match="not touched"):
        store.put(KEY, BytesContent(b"other"))
    assert store.read(KEY, 0, 9) == SMALL[:9]


def test_a_clock_that_is_wrong_is_named_with_how_much(
    s3: S3, bucket: str, store: S3Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: object, **__: object) -> datetime:
        return datetime.now(UTC) + timedelta(minutes=20)

    monkeypatch.setattr(clock, "utc_now", wrong)
    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: wrong().replace(tzinfo=None)
    )
    for ask in (store.prepare, lambda: store.head(KEY), lambda: store.put(KEY, BytesContent(SMALL))):
        with pytest.raises(StoreRefusedError, match="clock is 20 minutes ahead of the server's"):
            ask()
    found = {each.name: each for each in store.check()}
    assert found["clock"].ability.value == "no"
    monkeypatch.undo()
    assert store.put(KEY, BytesContent(SMALL)).size == len(SMALL)


def keyed_store(s3: S3, proxy: FaultyProxy) -> tuple[str, str, Path, S3Store]:
    """Return a user of its own, its key, the file with that, and a store that is opened with it."""
    user, key, secret = s3.user()
    credentials = s3.credentials_file(key, secret)
    url = f"s3://{s3.bucket_of(key, secret)}/archive"
    settings = s3.settings(url=url, endpoint=proxy.endpoint, credentials_file=credentials)
    return user, key, credentials, S3Store(settings, limits=QUICK)


def test_new_keys_are_taken_up_in_the_middle_of_an_upload(s3: S3, proxy: FaultyProxy) -> None:
    user, key, credentials, store = keyed_store(s3, proxy)
    uploads: list[Upload] = []

    def rotate(upload: Upload) -> None:
        uploads.append(upload)
        if upload.parts == 1:
            new_key, new_secret = s3.new_key(user)
            s3.remove_key(user, key)
            write_credentials(credentials, new_key, new_secret)

    assert store.put(KEY, BytesContent(LARGE), on_upload=rotate).size == len(LARGE)
    assert len(proxy.asked("PUT", "partNumber")) == PARTS


def test_keys_that_are_taken_away_stop_an_upload_until_there_are_new_ones(s3: S3, proxy: FaultyProxy) -> None:
    user, key, credentials, store = keyed_store(s3, proxy)
    uploads: list[Upload] = []

    def take_away(upload: Upload) -> None:
        uploads.append(upload)
        if upload.parts == 1:
            s3.remove_key(user, key)

    with pytest.raises(StoreRefusedError, match="does not know this access key"):
        store.put(KEY, BytesContent(LARGE), on_upload=take_away)
    write_credentials(credentials, *s3.new_key(user))
    proxy.seen.clear()
    assert store.put(KEY, BytesContent(LARGE), resume=uploads[-1]).size == len(LARGE)
    assert len(proxy.asked("PUT", "partNumber")) == PARTS - 1


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (403, "ExpiredToken", "session token has expired"),
        (403, "QuotaExceeded", "is full"),
        (301, "PermanentRedirect", "lies in another region or at another endpoint"),
        (400, "AuthorizationHeaderMalformed", "set region or endpoint"),
        (400, "SomethingNew", "the server refused putting .*: SomethingNew, No."),
        (403, "AccessDenied", "may not do it"),
    ],
)
def test_what_only_a_person_can_mend_is_said_at_once(
    store: S3Store, proxy: FaultyProxy, status: int, code: str, message: str
) -> None:
    store.prepare()
    rule = proxy.break_(method="PUT", status=status, code=code)
    with pytest.raises(StoreRefusedError, match=message):
        store.put(KEY, BytesContent(SMALL))
    assert rule.matched == 1
    proxy.mend()
    assert store.put(KEY, BytesContent(SMALL)).size == len(SMALL)


def test_a_bucket_that_is_deleted_in_the_middle_is_named(s3: S3, bucket: str, store: S3Store) -> None:
    store.prepare()
    s3.client().delete_bucket(Bucket=bucket)
    for data in (SMALL, LARGE):
        with pytest.raises(StoreRefusedError, match=f"no bucket {bucket}"):
            store.put(KEY, BytesContent(data))


def test_a_lock_that_is_refused_makes_no_copy(s3: S3, proxy: FaultyProxy) -> None:
    bucket = s3.bucket(lock=True)
    store = S3Store(
        s3.settings(
            url=f"s3://{bucket}/archive", endpoint=proxy.endpoint, retention_days=1, lock=LockMode.GOVERNANCE
        ),
        limits=QUICK,
    )
    if s3.server.release < 20:  # a newer one locks what is put in parts by its headers
        proxy.break_(method="PUT", target="retention", status=500)
        with pytest.raises(MandegarError, match="locking"):
            store.put(KEY, BytesContent(LARGE))
        proxy.mend()
    put = store.put(KEY, BytesContent(LARGE))
    assert put.locked_until is not None
    assert len(s3.client().list_object_versions(Bucket=bucket)["Versions"]) == 1
