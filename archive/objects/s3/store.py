"""An S3 bucket as a store: Amazon's, or any server that speaks its protocol."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO

from archive.objects.keys import check_key
from archive.objects.ranges import open_ranges
from archive.objects.s3.checking import check_bucket
from archive.objects.s3.connection import Connection, Limits
from archive.objects.s3.faults import UnmetError
from archive.objects.s3.listing import Listed, newest, version_of, versions_of
from archive.objects.s3.locking import bucket_lock, ensure_locked, is_wanted, no_lock_in
from archive.objects.s3.prints import Prints
from archive.objects.s3.upload import TakenError, Uploading
from archive.objects.settings import StoreSettings
from archive.objects.store import Content, Finding, StoredObject, Upload
from model import ObjectDiffersError, ObjectMissingError, RemoteStoreError, StoreUnreachableError

_BLOCK = 8 << 20
_DAMAGED = re.compile(r"\.damaged-[0-9]+$")
_MOST_COPIED = 5 << 30
"""Bytes that S3 copies from object to object in one request."""
_NOT_THERE = {"NoSuchKey", "NoSuchVersion", "InvalidVersionId", "404", "405"}
"""405: the version is a delete marker."""


class S3Store:
    """Objects in a bucket, below a prefix. With versions where the bucket has them, locked where asked."""

    def __init__(self, settings: StoreSettings, *, limits: Limits | None = None) -> None:
        self._settings = settings
        self._connection = Connection(settings, limits or Limits())
        self._prefix = settings.prefix + "/" if settings.prefix else ""

    @property
    def name(self) -> str:
        """Return the name it has in ``mandegar.toml``."""
        return self._settings.name

    @property
    def url(self) -> str:
        """Return ``s3://bucket/prefix``."""
        return self._settings.url

    def prepare(self, *, known: bool = False) -> None:
        """Return when the keys open the bucket, and it has Object Lock where the settings ask for it."""
        del known  # A bucket is never begun by us.
        self._connection.call("list_objects_v2", "listing objects", MaxKeys=1, Prefix=self._prefix)
        if is_wanted(self._settings) and bucket_lock(self._connection) is None:
            raise no_lock_in(self._settings)

    # ---- Putting

    def put(
        self,
        key: str,
        content: Content,
        *,
        resume: Upload | None = None,
        on_upload: Callable[[Upload], None] | None = None,
    ) -> StoredObject:
        """Put an object under a key that is free, verify it, lock it; see ``ObjectStore.put``."""
        if (there := self._same_there(key, content)) is not None:
            return there

        def look() -> None:
            if self._seen(key):
                raise TakenError

        return self._upload(key, content, resume, on_upload, look)

    def replace(self, key: str, content: Content) -> StoredObject:
        """Put an object over a damaged or missing one; the old one stays as an older version.

        In a bucket without versions it is copied to ``<key>.damaged-<n>`` first, up to 5 GiB.
        """
        seen = self._seen(key)
        if seen and seen[0].is_latest:
            prints = Prints.of(content)
            if (there := self._as_same(key, seen[0], prints)) is not None:
                return there
            if seen[0].version_id is None and seen[0].size <= _MOST_COPIED:
                self._keep_aside(key)
        return self._upload(key, content, None, None, None)

    def _upload(
        self,
        key: str,
        content: Content,
        resume: Upload | None,
        on_upload: Callable[[Upload], None] | None,
        look: Callable[[], None] | None,
    ) -> StoredObject:
        uploading = Uploading(
            self._connection,
            self._full(key),
            content,
            over=look is None,
            look=look or (lambda: None),
            on_upload=on_upload,
        )
        try:
            version_id = uploading.run(resume)
        except TakenError:
            if (there := self._same_there(key, content)) is not None:
                return there
            # Taken, and gone again.
            raise self._busy(key) from None
        head = self._head(key, version_id)
        if head is None:
            raise StoreUnreachableError(self.name, f"{key} was put, and the server does not show it yet")
        if self._holds(key, head, uploading.prints):
            if look is not None and version_of(head):
                self._require_alone(key, version_of(head), uploading.prints)
            return self._locked(key, head)
        # Without a version id in the answer, another writer's object may be what we see.
        for one in [] if version_id else self._seen(key):
            if (found := self._as_same(key, one, uploading.prints)) is not None:
                return found
        raise ObjectDiffersError(self.name, key, "the server does not give back what was put there")

    def _require_alone(self, key: str, version_id: str | None, prints: Prints) -> None:
        """Take ours back when another content was put meanwhile, and raise.

        Some servers (Ceph 16) overlook ``If-None-Match`` in buckets with versions. Which of two came first is
        not to be seen there: each that sees the other gives way and tries again, so that not both remain.
        """
        for one in versions_of(self._connection, self._full(key)):
            if one.version_id == version_id:
                continue
            head = self._head(key, one.version_id)
            # The second look: it may have given way meanwhile.
            if head is None or self._holds(key, head, prints) or not self._head(key, one.version_id):
                continue
            try:
                what = f"taking {key} back"
                self._connection.call("delete_object", what, Key=self._full(key), VersionId=version_id)
            except RemoteStoreError as error:
                message = "another content was put there at the same time, and ours cannot be taken back"
                raise ObjectDiffersError(self.name, key, message) from error
            raise self._busy(key)

    def _same_there(self, key: str, content: Content) -> StoredObject | None:
        """Return the newest version with this content, ``None`` when there is none at all."""
        seen = self._seen(key)
        if not seen:
            return None
        prints = Prints.of(content)
        for one in seen:
            if (found := self._as_same(key, one, prints)) is not None:
                return found
        raise ObjectDiffersError(self.name, key, "another content lies there already, and was not touched")

    def _as_same(self, key: str, one: Listed, prints: Prints) -> StoredObject | None:
        """Return a version, locked, when it holds these bytes."""
        if one.size != prints.size:
            return None
        head = self._head(key, one.version_id)
        if head is None or not self._holds(key, head, prints):
            return None
        return self._locked(key, head, hidden=not one.is_latest)

    def _holds(self, key: str, head: Mapping[str, Any], prints: Prints) -> bool:
        """Say whether the server holds these bytes: by its checksums, else by reading all of them."""
        if head["ContentLength"] != prints.size:
            return False
        if prints.are_those_of(head):
            return True
        digest = hashlib.sha256()
        try:
            for start in range(0, prints.size, _BLOCK):
                _, data = self._range(key, start, _BLOCK, version_of(head), head["ETag"])
                digest.update(data)
        except ObjectMissingError:
            # Deleted since we looked.
            return False
        return digest.hexdigest() == prints.sha256

    def _locked(self, key: str, head: Mapping[str, Any], *, hidden: bool = False) -> StoredObject:
        version_id = version_of(head)
        until, held = ensure_locked(self._connection, self._full(key), version_id, head)
        return _stored(key, head, hidden=hidden, locked_until=until, legal_hold=held)

    def _keep_aside(self, key: str) -> None:
        number = 1
        while self._seen(f"{key}.damaged-{number}"):
            number += 1
        self._connection.call(
            "copy_object",
            f"keeping the damaged {key} aside",
            Key=self._full(f"{key}.damaged-{number}"),
            CopySource={"Bucket": self._settings.bucket, "Key": self._full(key)},
        )

    # ---- Reading

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        """Return an object (the newest that is no delete marker), or ``None`` when there is none."""
        head = self._head(key, version_id)
        if head is not None:
            return _stored(key, head)
        # Also tells a missing object from a missing bucket, which an answer to HEAD does not.
        seen = self._seen(key)
        for one in seen:
            if version_id in {None, one.version_id} and (head := self._head(key, one.version_id)) is not None:
                return _stored(key, head, hidden=not one.is_latest)
        return None

    def read(self, key: str, start: int, length: int, version_id: str | None = None) -> bytes:
        """Return bytes from ``start`` on, fewer at the end; ``ObjectMissingError``."""
        return self._range(key, start, length, version_id, None)[1]

    def open(self, key: str, version_id: str | None = None) -> BinaryIO:
        """Return a seekable reader of the version that is there now; ``ObjectMissingError``.

        Every range is of that version; without versions a change meanwhile is ``ObjectDiffersError``.
        """
        head = self._head(key, version_id)
        if head is None:
            found = self.head(key, version_id)
            head = self._head(key, found.version_id) if found else None
        if head is None:
            raise ObjectMissingError(self.name, key)
        version, etag = version_of(head), head["ETag"]

        def read(start: int, length: int) -> bytes:
            return self._range(key, start, length, version, etag)[1]

        return open_ranges(read, head["ContentLength"], f"store {self.name}: {key}")

    def objects(self, prefix: str = "") -> Iterator[StoredObject]:
        """Yield objects by key, also those under a delete marker.

        None that were set aside, and none of :meth:`check`.
        """
        for one in newest(self._connection, self._prefix + prefix):
            key = one.key.removeprefix(self._prefix)
            if not _DAMAGED.search(key) and not key.startswith("mandegar-check/"):
                yield StoredObject(
                    key=key,
                    size=one.size,
                    version_id=one.version_id,
                    stored_at=one.modified.astimezone(UTC),
                    hidden=not one.is_latest,
                )

    def check(self) -> list[Finding]:
        """Try what the bucket can do, with small objects under ``mandegar-check/``."""
        return check_bucket(self._connection, self._prefix)

    # ---- Requests

    def _full(self, key: str) -> str:
        return self._prefix + check_key(key)

    def _seen(self, key: str) -> list[Listed]:
        """Return the versions of a key, newest first. What is not listed may be there all the same."""
        full = self._full(key)
        versions = versions_of(self._connection, full)
        if not versions and (head := self._head(key, None)) is not None:
            # The listing lags.
            versions = [
                Listed(
                    key=full,
                    size=head["ContentLength"],
                    version_id=version_of(head),
                    modified=head["LastModified"],
                    is_latest=True,
                )
            ]
        return versions

    def _head(self, key: str, version_id: str | None) -> Mapping[str, Any] | None:
        given = {"VersionId": version_id} if version_id else {}
        try:
            answer: Mapping[str, Any] = self._connection.call(
                "head_object",
                f"asking for {key}",
                expect=_NOT_THERE,
                Key=self._full(key),
                ChecksumMode="ENABLED",
                **given,
            )
        except UnmetError:
            return None
        return answer

    def _range(
        self, key: str, start: int, length: int, version_id: str | None, etag: str | None
    ) -> tuple[Any, bytes]:
        if length <= 0:
            return {}, b""
        given: dict[str, Any] = {"VersionId": version_id} if version_id else {}
        if etag:
            given["IfMatch"] = etag
        try:
            answer, data = self._connection.fetch(
                f"reading {key}",
                length,
                expect={*_NOT_THERE, "InvalidRange", "416", "412"},
                Key=self._full(key),
                Range=f"bytes={start}-{start + length - 1}",
                **given,
            )
        except UnmetError as error:
            if error.status == 416:
                return {}, b""
            if error.status == 412:
                raise self._changed(key) from error
            raise ObjectMissingError(self.name, key) from error
        if etag and answer.get("ETag") != etag:
            raise self._changed(key)
        if not str(answer.get("ContentRange", "")).startswith(f"bytes {start}-"):
            message = f"the server gives other bytes of {key} than were asked for; it has no range requests"
            raise ObjectDiffersError(self.name, key, message)
        return answer, data

    def _busy(self, key: str) -> StoreUnreachableError:
        return StoreUnreachableError(self.name, f"somebody else writes {key} just now; it is tried again")

    def _changed(self, key: str) -> ObjectDiffersError:
        return ObjectDiffersError(self.name, key, "somebody put another object there while it was read")


def _stored(
    key: str,
    head: Mapping[str, Any],
    *,
    hidden: bool = False,
    locked_until: datetime | None = None,
    legal_hold: bool | None = None,
) -> StoredObject:
    sha256 = head.get("Metadata", {}).get("sha256")
    held = head.get("ObjectLockLegalHoldStatus") == "ON" if legal_hold is None else legal_hold
    until = locked_until or head.get("ObjectLockRetainUntilDate")
    return StoredObject(
        key=key,
        size=head["ContentLength"],
        version_id=version_of(head),
        sha256=sha256,
        stored_at=head["LastModified"].astimezone(UTC),
        locked_until=until.astimezone(UTC) if until else None,
        legal_hold=held,
        hidden=hidden,
    )
