"""Copies in real buckets: with versions, locks, parts; kept while processes are killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from samples.copies import PATIENCE_S, fill, folder_store, kept
from servers.s3_server import S3

from archive.catalogue import CopyState
from archive.copies.audit import FaultKind
from archive.copies.dropping import drop_old
from archive.copies.keeping import object_key
from archive.copies.repair import repair
from archive.copies.round import audit
from archive.manifest.sealing import seal
from archive.objects import LockMode, StoreSettings
from archive.objects.s3 import S3Store

TESTS = Path(__file__).parents[2]
MB = 1 << 20


def bucket_of(settings: StoreSettings, key: str) -> dict[str, str]:
    return {"Bucket": settings.bucket, "Key": f"{settings.prefix}/{object_key(key)}"}


def test_two_buckets_and_a_folder_hold_two_copies_and_more(tmp_path: Path, s3: S3) -> None:
    keys = fill(tmp_path / "archive")
    settings = (s3.settings("paris"), s3.settings("oslo", lock=LockMode.GOVERNANCE, retention_days=1))
    stores = (*(S3Store(one) for one in settings), folder_store(tmp_path, "attic"))
    attic = StoreSettings(name="attic", url=str(tmp_path / "attic"))
    with kept(tmp_path / "archive", *stores, configured=(*settings, attic), copies=2) as here:
        here.sync()
        assert here.notes == []
        assert here.keeping.ledger.safety(here.keeping.names, 3).safe == len(keys)
        report = audit(here.keeping, everything=True)
        assert report.is_clean
        assert report.copies == 4 * len(keys)
        [oslo] = [copy for copy in here.keeping.ledger.copies_of(keys[0]) if copy.store == "oslo"]
        assert oslo.locked_until is not None
        assert oslo.locked_until > datetime.now(UTC) + timedelta(hours=20)


def test_a_bucket_without_the_lock_asked_for_gets_nothing_and_is_named_at_once(
    tmp_path: Path, s3: S3
) -> None:
    fill(tmp_path / "archive", files=1)
    plain = s3.bucket()
    asked = s3.settings("paris", url=f"s3://{plain}/archive", lock=LockMode.COMPLIANCE, retention_days=1)
    with kept(tmp_path / "archive", S3Store(asked), configured=(asked,)) as here:
        keeper = here.keeper()
        keeper.start()
        keeper.wait_prepared(PATIENCE_S)
        [note] = here.notes
        assert note.startswith("store paris:")
        assert "lock" in note.lower()
        keeper.stop()
    assert "Contents" not in s3.client().list_objects_v2(Bucket=plain)


def test_a_delete_marker_hides_nothing_and_is_named(tmp_path: Path, s3: S3) -> None:
    keys = fill(tmp_path / "archive", files=1)
    settings = s3.settings("paris", url=f"s3://{s3.bucket(versioned=True)}/archive")
    with kept(tmp_path / "archive", S3Store(settings), configured=(settings,), keep_local_days=0) as here:
        here.sync()
        s3.client().delete_object(**bucket_of(settings, keys[0]))
        [fault] = audit(here.keeping, "paris", everything=True).faults
        assert fault.kind is FaultKind.HIDDEN
        assert here.states("paris") == {CopyState.VERIFIED}
        # It can be read; but in such doubt the local file stays.
        seal(here.keeping.catalogue, here.keeping.folder)
        dropped = drop_old(here.keeping, datetime.now(UTC) + timedelta(days=1))
        assert keys[0] in dict(dropped.kept)
        assert (tmp_path / "archive" / "warc" / keys[0]).exists()


def test_a_version_that_was_deleted_is_missing_and_put_again(tmp_path: Path, s3: S3) -> None:
    keys = fill(tmp_path / "archive", files=1)
    settings = s3.settings("paris", url=f"s3://{s3.bucket(versioned=True)}/archive")
    with kept(tmp_path / "archive", S3Store(settings), configured=(settings,)) as here:
        here.sync()
        [copy] = here.keeping.ledger.copies_of(keys[0])
        client: Any = s3.client()
        client.delete_object(**bucket_of(settings, keys[0]), VersionId=copy.version_id)
        # In its place lies a damaged one, under the same name.
        client.put_object(**bucket_of(settings, keys[0]), Body=b"damaged")
        [fault] = audit(here.keeping, "paris", everything=True).faults
        assert fault.kind is FaultKind.MISSING
        assert len(fault.captures) == 6
        assert [(done.repaired, done.place) for done in repair(here.keeping)] == [(True, "paris")]
        assert audit(here.keeping, everything=True).is_clean
        [restored] = here.keeping.ledger.copies_of(keys[0])
        assert restored.version_id != copy.version_id


def test_a_shortened_lock_is_named(tmp_path: Path, s3: S3) -> None:
    keys = fill(tmp_path / "archive", files=1)
    settings = s3.settings("paris", lock=LockMode.GOVERNANCE, retention_days=10)
    with kept(tmp_path / "archive", S3Store(settings), configured=(settings,)) as here:
        here.sync()
        [copy] = here.keeping.ledger.copies_of(keys[0])
        s3.client().put_object_retention(
            **bucket_of(settings, keys[0]),
            VersionId=copy.version_id,
            Retention={"Mode": "GOVERNANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(days=2)},
            BypassGovernanceRetention=True,
        )
        [fault] = audit(here.keeping, "paris", everything=True).faults
        assert fault.kind is FaultKind.WEAK_LOCK


SYNC_SLOWLY = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from samples.copies import kept
from archive.objects import StoreSettings
from archive.objects.s3 import S3Store

class Slow(S3Store):
    '''Says when a part is there, and waits to be killed.'''

    def put(self, key, content, *, resume=None, on_upload=None):
        def note(upload):
            on_upload(upload)
            if upload.parts >= 2:
                print(upload.parts, flush=True)
                time.sleep(600)
        return super().put(key, content, resume=resume, on_upload=note)

settings = StoreSettings(
    name="paris", url=sys.argv[3], endpoint=sys.argv[4], region="us-east-1", path_style=True,
    credentials_file=Path(sys.argv[5]),
)
with kept(Path(sys.argv[2]), Slow(settings), configured=(settings,)) as here:
    keeper = here.keeper()
    keeper.start()
    keeper.wait(600)
"""


def test_an_upload_that_was_killed_goes_on_after_the_parts_that_are_there(tmp_path: Path, s3: S3) -> None:
    # Bytes that do not shrink: more than two parts.
    body = random.Random(7).randbytes(40 * MB)
    keys = fill(tmp_path / "archive", files=1, body=body, pages=1)
    settings = s3.settings("paris")
    given = [
        str(TESTS),
        str(tmp_path / "archive"),
        settings.url,
        str(settings.endpoint),
        str(settings.credentials_file),
    ]
    process = subprocess.Popen(
        [sys.executable, "-c", SYNC_SLOWLY, *given], stdout=subprocess.PIPE, text=True, cwd=TESTS.parent
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "2"
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=PATIENCE_S)

    counted = _Counting(settings)
    with kept(tmp_path / "archive", counted, configured=(settings,)) as here:
        [copy] = here.keeping.ledger.copies_of(keys[0])
        assert copy.state is CopyState.PENDING
        assert copy.upload is not None
        here.sync()
        assert here.states("paris") == {CopyState.VERIFIED}
        assert audit(here.keeping, "paris", everything=True).is_clean
    assert counted.begun_with == [2]


class _Counting(S3Store):
    """Notes how many parts an upload began with."""

    def __init__(self, settings: StoreSettings) -> None:
        super().__init__(settings)
        self.begun_with: list[int] = []

    def put(self, key: str, content: Any, *, resume: Any = None, on_upload: Any = None) -> Any:
        if resume is not None:
            self.begun_with.append(resume.parts)
        return super().put(key, content, resume=resume, on_upload=on_upload)
