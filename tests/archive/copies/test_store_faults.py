"""Whatever goes wrong with a store: no copy counts that is not whole, nothing local is dropped early, a
person is told what to do, and the copies are caught up with when it is over."""

from __future__ import annotations

import gc
import os
import re
import threading
import tracemalloc
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import botocore.auth
import pytest
from samples.copies import QUICK, wait_until
from samples.store_scene import LIMITS, Crawled, MakeScene
from servers.faulty_proxy import FaultyProxy
from servers.s3_server import S3, write_credentials

from archive.catalogue import CopyState
from archive.copies import worker
from archive.copies.audit import FaultKind
from archive.copies.keeping import object_key
from archive.copies.pace import Pace
from archive.copies.repair import repair
from archive.copies.round import audit
from archive.copies.tidying import tidy
from archive.manifest.chain import check_chain
from archive.manifest.places import StorePlace
from archive.objects import LockMode
from archive.objects.s3 import Limits, clock

IMPATIENT = Limits(connect_s=1, read_s=0.5, tries=1)
ONE_TRY = Limits(connect_s=5, read_s=30, tries=1)


PUT = {"method": "PUT"}
PASSING: dict[str, tuple[dict[str, Any], str]] = {
    "slow": (PUT | {"silent": True}, r"http://127\.0\.0\.1:\d+ fell silent while putting .*"),
    "500": (PUT | {"status": 500}, r"the server answered 500 while putting .*"),
    "503 SlowDown": (
        PUT | {"status": 503, "code": "SlowDown"},
        r"the server asked us to slow down while putting .*",
    ),
    "cut in mid part": (
        PUT | {"cut_request_at": 100},
        r"the connection to http://127\.0\.0\.1:\d+ broke off while putting .*",
    ),
    "answer cut": (
        {"method": "GET", "cut_answer_at": 0},
        r"the (connection to|answer of) http://127\.0\.0\.1:\d+ broke off while listing objects.*",
    ),
    "wrong checksum": (
        PUT | {"flip_request_at": 100},
        r"the bytes arrive damaged while putting .* \(.*\); something on the way changes them",
    ),
}


@pytest.mark.parametrize("what", PASSING)
def test_what_may_pass_is_noted_and_caught_up_with(scene: MakeScene, proxy: FaultyProxy, what: str) -> None:
    fault, words = PASSING[what]
    with scene(limits=IMPATIENT if what == "slow" else LIMITS) as at:
        rule = proxy.break_(**fault)
        at.begin()
        assert rule.matched >= QUICK.tries
        assert re.fullmatch(words, at.reason)
        at.assert_nothing_is_lost(*at.keys)
        assert at.here.notes == []
        proxy.mend()
        at.assert_caught_up()


def test_an_unplugged_server_is_caught_up_with_when_it_is_back(scene: MakeScene, proxy: FaultyProxy) -> None:
    with scene() as at:
        proxy.unplug()
        at.begin()
        place = proxy.endpoint
        assert at.reason == f"{place} cannot be reached; is the network there, and the address right?"
        at.assert_nothing_is_lost(*at.keys)
        proxy.plug()
        at.assert_caught_up()


@pytest.mark.parametrize(
    "fault", [{"cut_request_at": 100}, {"status": 503, "code": "SlowDown"}], ids=["cut", "SlowDown"]
)
def test_a_file_that_broke_off_in_a_part_keeps_no_other_and_goes_on_there(
    scene: MakeScene, large: Crawled, proxy: FaultyProxy, fault: dict[str, Any]
) -> None:
    with scene(large) as at:
        proxy.break_(target="partNumber=2", **PUT, **fault)
        at.begin()
        wait_until(lambda: len(at.verified()) == len(at.keys) - 1)
        at.assert_nothing_is_lost(at.keys[0])
        proxy.seen.clear()
        proxy.mend()
        at.assert_caught_up()
        assert proxy.asked("PUT", "partNumber=2")
        assert not proxy.asked("PUT", "partNumber=1")


def test_a_file_that_never_gets_through_keeps_no_other(scene: MakeScene, proxy: FaultyProxy) -> None:
    with scene() as at:
        oldest = min(at.here.keeping.ledger.files(), key=lambda file: file.closed_at).key
        proxy.break_(target=re.escape(oldest), status=500)
        at.begin()
        wait_until(lambda: len(at.verified()) == len(at.keys) - 1)
        assert "the server answered 500" in at.reason
        at.assert_nothing_is_lost(oldest)
        proxy.mend()
        at.assert_caught_up()


REFUSED: dict[str, tuple[str, str]] = {
    "ExpiredToken": ("ExpiredToken", "the session token has expired or is not valid; renew it"),
    "quota": ("QuotaExceeded", "bucket {} is full (its quota); make room, or raise the quota"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_a_person_must_mend_is_told_once(scene: MakeScene, proxy: FaultyProxy, what: str) -> None:
    code, words = REFUSED[what]
    with scene() as at:
        proxy.break_(**PUT, status=403, code=code)
        at.begin()
        message = words.format(at.settings.bucket)
        assert at.reason == message
        ledger = at.here.keeping.ledger
        wait_until(lambda: sum(copy.failures for copy in ledger.copies_in("paris", CopyState.PENDING)) > 2)
        assert at.here.notes == [
            f"store paris: {message}; nothing is put there until this is mended, and the crawl goes on"
        ]
        at.assert_nothing_is_lost(*at.keys)
        proxy.mend()
        at.assert_caught_up()


def test_a_wrong_clock_is_told_and_works_again_when_it_is_right(
    scene: MakeScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: object, **__: object) -> datetime:
        return datetime.now(UTC) + timedelta(minutes=20)

    with scene() as at:
        with monkeypatch.context() as patched:
            patched.setattr(clock, "utc_now", wrong)
            naive = "get_current_datetime"
            patched.setattr(botocore.auth, naive, lambda remove_tzinfo=True: wrong().replace(tzinfo=None))
            at.begin()
            words = "this machine's clock is 20 minutes ahead of the server's; set it right (a time service"
            assert at.reason == f"{words} does it for good)"
            at.assert_nothing_is_lost(*at.keys)
        [note] = at.here.notes
        assert note.startswith(f"store paris: {words}")
        at.assert_caught_up()


def test_what_a_clock_noted_that_was_ahead_is_not_waited_for(
    scene: MakeScene, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(days=1)

    with scene() as at:
        with monkeypatch.context() as patched:
            patched.setattr(worker, "datetime", Tomorrow)
            proxy.break_(**PUT, status=500)
            at.begin()
            waiting = at.here.keeping.ledger.copies_in("paris", CopyState.PENDING)
            assert max(str(copy.next_try) for copy in waiting) > str(datetime.now(UTC) + timedelta(hours=23))
        proxy.mend()
        at.assert_caught_up()


def test_keys_that_expire_in_the_middle_of_an_upload(
    scene: MakeScene, large: Crawled, s3: S3, proxy: FaultyProxy
) -> None:
    user, key, secret = s3.user()
    bucket = s3.bucket_of(key, secret)
    credentials = s3.credentials_file(key, secret)
    renewed = s3.new_key(user)
    owner = s3.client(key=renewed[0], secret=renewed[1])

    def expire(answer: bytes) -> bytes:
        s3.remove_key(user, key)
        return answer

    given = {"url": f"s3://{bucket}/archive", "credentials_file": credentials, "client": owner}
    with scene(large, **given) as at:
        proxy.break_(**PUT, target="partNumber=1", times=1, edit_answer=expire)
        at.begin()
        message = "the server does not know this access key; give it a valid one"
        assert at.reason == message
        assert at.here.notes == [
            f"store paris: {message}; nothing is put there until this is mended, and the crawl goes on"
        ]
        # The small one may have come first.
        waiting = set(at.keys) - at.verified()
        assert at.keys[0] in waiting
        at.assert_nothing_is_lost(*waiting)
        [copy] = [copy for copy in at.here.keeping.ledger.copies_of(at.keys[0]) if copy.store == "paris"]
        assert copy.upload is not None
        proxy.seen.clear()
        write_credentials(credentials, *renewed)
        at.assert_caught_up()
        assert not proxy.asked("PUT", "partNumber=1")


def test_a_bucket_that_is_deleted_in_the_middle_and_made_again(
    scene: MakeScene, s3: S3, proxy: FaultyProxy
) -> None:
    with scene() as at:

        def delete(answer: bytes) -> bytes:
            s3.client().delete_bucket(Bucket=at.settings.bucket)
            return answer

        proxy.break_(method="GET", target="list-type=2", times=1, edit_answer=delete)
        at.begin()
        assert at.reason == f"there is no bucket {at.settings.bucket}; make it, or mend the URL"
        assert len(at.here.notes) == 1
        at.assert_nothing_is_lost(*at.keys)
        s3.client().create_bucket(Bucket=at.settings.bucket)
        at.assert_caught_up()


def test_a_bucket_that_was_emptied_has_nothing_dropped_and_is_repaired(scene: MakeScene, s3: S3) -> None:
    with scene() as at:
        at.begin()
        for key in at.keys:
            s3.client().delete_object(
                Bucket=at.settings.bucket, Key=f"{at.settings.prefix}/{object_key(key)}"
            )
        dropped = tidy(at.here.keeping)
        assert dict(dropped.kept) == dict.fromkeys(
            at.keys, "only 1 of 2 copies are there when asked: store paris: it is missing"
        )
        assert {fault.kind for fault in audit(at.here.keeping, everything=True).faults} == {FaultKind.MISSING}
        assert [one.repaired for one in repair(at.here.keeping)] == [True] * len(at.keys)
        at.assert_caught_up()


def test_a_lock_that_is_refused_makes_no_copy(
    scene: MakeScene, large: Crawled, s3: S3, proxy: FaultyProxy
) -> None:
    with scene(large, lock=LockMode.GOVERNANCE, retention_days=1) as at:
        # Servers lock by header fields of the request that puts; an older one not what comes in parts.
        is_old = s3.server.release < 20
        target, doing, waiting = ("retention", "locking", at.keys[:1]) if is_old else ("", "putting", at.keys)
        proxy.break_(**PUT, target=target, status=403, code="AccessDenied")
        at.begin()
        wait_until(lambda: len(at.verified()) == len(at.keys) - len(waiting))
        words = (
            rf"these keys may not do it \({doing} .* in bucket {at.settings.bucket}\); give them the right to"
        )
        assert re.fullmatch(words, at.reason)
        assert at.here.notes
        at.assert_nothing_is_lost(*waiting)
        proxy.mend()
        at.assert_caught_up()
        soon = datetime.now(UTC) + timedelta(hours=20)
        for copy in at.here.keeping.ledger.copies_in("paris", CopyState.VERIFIED):
            assert copy.locked_until is not None
            assert copy.locked_until > soon


def test_a_listing_that_lags_decides_nothing(scene: MakeScene, proxy: FaultyProxy) -> None:
    def lag(answer: bytes) -> bytes:
        return re.sub(rb"<(Version|Contents)>.*?</\1>", b"", answer, flags=re.DOTALL)

    with scene() as at:
        rule = proxy.break_(method="GET", target="versions|list-type", edit_answer=lag)
        at.begin()
        assert rule.matched
        assert list(at.paris.objects()) == []
        assert at.here.notes == []
        at.assert_nothing_is_lost()
        assert audit(at.here.keeping, everything=True).is_clean
    proxy.mend()
    with scene(url=at.settings.url) as again:
        again.begin()
        for key in at.keys:
            assert again.in_bucket(key) == at.crawled.sha256[key]
        assert check_chain(StorePlace(again.paris))[1] == []


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("cut", r".*\.warc\.gz was cut at byte \d+ while it was copied; it had \d+ bytes"),
        ("flip", r".*\.warc\.gz changed while it was copied to paris: its checksum is another one now"),
    ],
    ids=["cut", "changed"],
)
def test_a_local_file_that_changes_while_it_is_put_is_its_own_fault(
    scene: MakeScene, large: Crawled, proxy: FaultyProxy, damage: str, words: str
) -> None:
    with scene(large) as at:
        path = at.local(at.keys[0])

        def change(answer: bytes) -> bytes:
            if damage == "cut":
                os.truncate(path, path.stat().st_size - 100)
            else:
                with path.open("r+b") as file:
                    file.seek(-100, os.SEEK_END)
                    file.write(bytes(100))
            return answer

        # The attic has the file before it changes.
        proxy.unplug()
        at.begin()
        proxy.break_(**PUT, target="partNumber=1", times=1, edit_answer=change)
        proxy.plug()
        wait_until(lambda: bool(at.here.notes))
        advice = "it is tried again in an hour, and `mandegar store audit` tells whether it is damaged"
        assert re.fullmatch(f"{words}; {advice}", at.here.notes[0])
        # The others are there, and this one is brought from the attic.
        ledger = at.here.keeping.ledger
        wait_until(lambda: ledger.standing("paris").pending == 0)
        for key in at.keys:
            assert at.in_bucket(key) == at.crawled.sha256[key]
        assert [fault.place for fault in audit(at.here.keeping, everything=True).faults] == ["(archive)"]


def test_a_day_without_any_store_costs_nothing_and_is_caught_up_with(
    scene: MakeScene, proxy: FaultyProxy, tmp_path: Path
) -> None:
    (tmp_path / "attic").mkdir()
    (tmp_path / "attic" / "not mounted").write_text("")
    # A day of tries every five minutes.
    tries_a_day, looked_at = 288, 100
    pace = Pace(first_s=0.001, most_s=0.002, refused_s=(0.001, 0.002), later_s=0.1, tries=3)
    with scene(limits=ONE_TRY, pace=pace) as at:
        ledger = at.here.keeping.ledger

        def tries() -> int:
            waiting = [*ledger.copies_in("paris", CopyState.PENDING)]
            waiting += ledger.copies_in("attic", CopyState.PENDING)
            by_store = dict.fromkeys(("paris", "attic"), 0)
            for copy in waiting:
                by_store[copy.store] += copy.failures
            return min(by_store.values())

        proxy.unplug()
        at.begin()
        wait_until(lambda: tries() >= tries_a_day - looked_at)
        tracemalloc.start()
        gc.collect()
        before = _sizes(tracemalloc.get_traced_memory()[0])
        wait_until(lambda: tries() >= tries_a_day)
        gc.collect()
        after = _sizes(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
        assert after["threads"] == before["threads"]
        assert after["files"] <= before["files"] + 4  # of SQLite, which come and go
        assert after["memory"] < before["memory"] + 100_000
        assert len(ledger.copies_in("paris", *CopyState)) == len(at.keys)
        assert len(at.here.notes) == 1  # the folder's; an unplugged server stands in `store status`
        assert tidy(at.here.keeping).files == 0
        assert all(at.local(key).exists() for key in at.keys)
        proxy.plug()
        (tmp_path / "attic" / "not mounted").unlink()
        wait_until(lambda: ledger.standing("attic").pending == 0)
        at.assert_caught_up()


def _sizes(memory: int) -> dict[str, int]:
    return {
        "threads": threading.active_count(),
        "files": sum(1 for _ in Path("/proc/self/fd").iterdir()),
        "memory": memory,
    }
