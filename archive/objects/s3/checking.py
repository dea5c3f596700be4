"""Says in plain words what a bucket can and cannot do, by trying it.

What is tried leaves nothing behind, with two exceptions. A bucket that locks every object by itself (a
default retention) keeps what is put: there one object of 40 bytes, ``mandegar-check/kept``, is put once, for
ever the same one; things that would leave more are «not tried». Where the settings ask for a lock, a version
of 40 bytes is locked for a minute; when it cannot be deleted at once, the next check deletes it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError, SSLError

from archive.objects.s3.clock import in_words
from archive.objects.s3.connection import Connection
from archive.objects.s3.faults import SKEWED, WRONG_KEYS, UnmetError, code_of
from archive.objects.s3.listing import all_versions, version_of
from archive.objects.s3.locking import BucketLock, bucket_lock, is_wanted
from archive.objects.settings import LockMode
from archive.objects.store import Ability, Finding
from model import MandegarError, RemoteStoreError, StoreRefusedError

_TEXT = b"Mandegar tries what this bucket can do.\n"
_FAR_OFF = timedelta(minutes=5)
"""Servers refuse requests at 15 minutes (S3 API, RequestTimeTooSkewed)."""
_TRIED_LOCK = timedelta(minutes=1)
_NOT_TRIED = "not tried: the bucket locks every object by itself, so that a trial would stay there"


def check_bucket(connection: Connection, prefix: str) -> list[Finding]:
    """Return what a bucket can do; ``prefix`` is empty or ends in a slash."""
    return _Check(connection, prefix + "mandegar-check/").run()


class _Check:
    def __init__(self, connection: Connection, folder: str) -> None:
        self._connection = connection
        self._settings = connection.settings
        self._call = connection.call
        self._folder = folder
        self._findings: list[Finding] = []
        self._lock: BucketLock | None = None
        self._has_versions = False

    def run(self) -> list[Finding]:
        if not self._opens():
            return self._findings
        self._look_at_versions()
        self._look_at_lock()
        keeps_all = self._lock is not None and self._lock.mode is not None
        key = self._folder + ("kept" if keeps_all else secrets.token_hex(8))
        try:
            if self._keeps(key) if keeps_all else self._writes(key):
                self._reads(key)
                self._refuses_damage()
                self._takes_parts(key, keeps_all=keeps_all)
                self._shows_what_is_hidden(key, keeps_all=keeps_all)
                self._locks(key, keeps_all=keeps_all)
        finally:
            if not keeps_all:
                self._clean()
        return self._findings

    def _found(self, name: str, ability: Ability | bool, message: str, *, needed: bool = False) -> bool:
        if isinstance(ability, bool):
            ability = Ability.YES if ability else Ability.NO
        self._findings.append(Finding(name=name, ability=ability, needed=needed, message=message))
        return ability is Ability.YES

    def _try(
        self, name: str, action: Callable[[], object], yes: str, no: str = "", *, needed: bool = False
    ) -> bool:
        """Note what comes of an action: false, and errors, are «no»."""
        try:
            able = action() is not False
        except UnmetError as error:
            able, no = False, no or f"the server answers {error.code}"
        except RemoteStoreError as error:
            able, no = False, f"{no}: {error}" if no else str(error)
        return self._found(name, able, yes if able else no, needed=needed)

    # ---- The way there

    def _opens(self) -> bool:
        place = self._settings.endpoint or "Amazon S3"
        try:
            self._call("list_objects_v2", "listing objects", MaxKeys=1, Prefix=self._folder)
        except StoreRefusedError as error:
            answer = error.__cause__
            if not isinstance(answer, ClientError):
                # Nothing was asked: no keys, or a certificate that is not trusted.
                has_keys = isinstance(answer, SSLError)
                self._found("reachable" if has_keys else "credentials", False, str(error), needed=True)
                return False
            code, _ = code_of(answer)
            self._found("reachable", True, f"{place} answers", needed=True)
            if code in WRONG_KEYS:
                self._found("credentials", False, str(error), needed=True)
            self._clock()
            if code not in WRONG_KEYS | {SKEWED}:
                self._found("bucket", False, str(error), needed=True)
            return False
        except MandegarError as error:
            self._found("reachable", False, str(error), needed=True)
            return False
        self._found("reachable", True, f"{place} answers", needed=True)
        self._found("credentials", True, "the access keys are valid", needed=True)
        self._clock()
        return self._found("bucket", True, f"bucket {self._settings.bucket} is there", needed=True)

    def _clock(self) -> None:
        offset = self._connection.offset
        if offset is None:
            self._found("clock", Ability.UNKNOWN, "the server does not say what time it is")
            return
        # The server names whole seconds.
        is_near = abs(offset) < _FAR_OFF
        message = f"this machine's clock is {in_words(offset)} the server's"
        if is_near:
            message = (
                "this machine's clock and the server's agree" if abs(offset.total_seconds()) < 2 else message
            )
        else:
            message += "; set it right: at 15 minutes the server refuses everything"
        self._found("clock", is_near, message, needed=True)

    # ---- The bucket

    def _look_at_versions(self) -> None:
        try:
            status = self._call("get_bucket_versioning", "asking for versioning", expect={"501"}).get(
                "Status"
            )
        except (UnmetError, RemoteStoreError) as error:
            self._found("versioning", Ability.UNKNOWN, f"the server does not say: {error}")
            return
        self._has_versions = status == "Enabled"
        no = "the bucket keeps no versions: who overwrites an object destroys it; switch versioning on"
        self._found(
            "versioning",
            self._has_versions,
            "the bucket keeps every version, so what is deleted or overwritten can still be read"
            if self._has_versions
            else no,
            needed=is_wanted(self._settings),
        )

    def _look_at_lock(self) -> None:
        wanted = is_wanted(self._settings)
        try:
            self._lock = bucket_lock(self._connection)
        except RemoteStoreError as error:
            self._found("object-lock", Ability.UNKNOWN, str(error), needed=wanted)
            return
        if self._lock is None:
            no = "the bucket has no Object Lock: who has the keys can delete everything"
            do = "; make a new bucket with Object Lock, or take lock and legal_hold out of the settings"
            self._found("object-lock", False, no + (do if wanted else ""), needed=wanted)
            return
        self._found("object-lock", True, "the bucket can lock objects (Object Lock)", needed=wanted)
        if self._lock.mode is None:
            message = "nothing is locked unless we ask for it"
            self._found("default-retention", False, message)
        else:
            message = f"every object is locked for {self._lock.days} days ({self._lock.mode.value})"
            self._found("default-retention", True, message)

    # ---- Trials

    def _writes(self, key: str) -> bool:
        put: dict[str, Any] = {"Key": key, "Body": _TEXT, "ChecksumAlgorithm": "SHA256"}
        try:
            self._call("put_object", "putting a trial object", IfNoneMatch="*", **put)
        except RemoteStoreError as error:
            return self._found("write", False, f"objects cannot be put: {error}", needed=True)
        self._found("write", True, "objects can be put", needed=True)
        able = self._is_refused("put_object", {"412"}, IfNoneMatch="*", **put)
        self._found(
            "conditional-put",
            able,
            "the server overwrites nothing when asked not to"
            if able
            else "the server puts over what is there even when asked not to"
            + (", as a new version" if self._has_versions else ": let nobody else write to this bucket"),
            needed=not self._has_versions,
        )
        return True

    def _keeps(self, key: str) -> bool:
        """As ``_writes``, where nothing can be deleted: put once, and looked at ever after."""
        try:
            if not any(True for _ in all_versions(self._connection, key)):
                self._call(
                    "put_object", "putting a trial object", Key=key, Body=_TEXT, ContentMD5=_md5_of(_TEXT)
                )
        except RemoteStoreError as error:
            return self._found("write", False, f"objects cannot be put: {error}", needed=True)
        # That it can be done today is shown by the parts, which can be taken back.
        self._found("write", True, "objects can be put", needed=True)
        self._found("conditional-put", Ability.UNKNOWN, _NOT_TRIED)
        return True

    def _reads(self, key: str) -> None:
        def by_range() -> bool:
            data = self._connection.fetch("reading", 5, Key=key, Range="bytes=9-13")[1]
            return data == _TEXT[9:14]

        self._try(
            "read-range",
            by_range,
            "parts of objects can be read",
            "parts of objects cannot be read; nothing can be replayed from here",
            needed=True,
        )
        head = self._call("head_object", "asking for a trial object", Key=key, ChecksumMode="ENABLED")
        able = self._is_refused("get_object", {"412"}, Key=key, IfMatch='"0"')
        self._found(
            "if-match",
            able,
            "an object that is changed while it is read is noticed by the server"
            if able
            else "the server does not notice when an object is changed while it is read; we compare",
        )
        able = bool(head.get("ChecksumSHA256"))
        self._found(
            "checksums-stored",
            able,
            "the server keeps SHA-256 checksums beside objects"
            if able
            else "the server keeps no SHA-256; copies are compared by MD5, or read back",
        )

    def _refuses_damage(self) -> None:
        able = self._is_refused(
            "put_object", {"400"}, Key=self._folder + "damaged", Body=_TEXT, ContentMD5=_md5_of(b"other")
        )
        self._found(
            "checksums-verified",
            able,
            "the server refuses what arrives damaged"
            if able
            else "the server takes what arrives damaged; every copy is compared afterwards",
        )

    def _takes_parts(self, key: str, *, keeps_all: bool) -> None:
        in_parts = self._folder + "in-parts"
        uploads: list[str] = []

        def begin() -> dict[str, Any]:
            made = self._call("create_multipart_upload", "beginning to put in parts", Key=in_parts)
            where = {"Key": in_parts, "UploadId": made["UploadId"]}
            uploads.append(made["UploadId"])
            part = self._call("upload_part", "putting a part", PartNumber=1, Body=_TEXT, **where)
            return {**where, "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}}

        finish, what = "complete_multipart_upload", "putting in parts"
        name = "conditional-multipart"
        try:
            if keeps_all:
                begin()
                self._found("multipart", True, "large objects can be put in parts", needed=True)
                self._found(name, Ability.UNKNOWN, _NOT_TRIED)
                return
            self._call(finish, what, **begin())
            self._found("multipart", True, "large objects can be put in parts", needed=True)
            able = self._is_refused(finish, {"412"}, IfNoneMatch="*", **begin())
        except RemoteStoreError as error:
            self._found("multipart", False, f"large objects cannot be put in parts: {error}", needed=True)
            return
        finally:
            for upload in uploads:
                with contextlib.suppress(UnmetError, RemoteStoreError):
                    self._call("abort_multipart_upload", what, expect={"404"}, Key=in_parts, UploadId=upload)
        no = (
            "the server overlooks the wish not to overwrite for objects in parts; we look right before, and "
            "compare afterwards"
        )
        yes = "the server overwrites nothing when asked not to, in parts neither"
        # Not needed: what we do instead is good enough while this archive is the only writer.
        self._found(name, able, yes if able else no)

    def _shows_what_is_hidden(self, key: str, *, keeps_all: bool) -> None:
        name = "delete-markers"
        if not self._has_versions:
            self._found(name, Ability.NO, "without versions, what is deleted is gone")
        elif keeps_all:
            self._found(name, Ability.UNKNOWN, _NOT_TRIED)
        else:

            def hidden_is_listed() -> bool:
                self._call("delete_object", "deleting a trial object", Key=key)
                return any(
                    one.key == key and not one.is_latest for one in all_versions(self._connection, key)
                )

            yes = "objects under a delete marker are listed and read"
            self._try(name, hidden_is_listed, yes, "objects under a delete marker are not listed")

    def _locks(self, key: str, *, keeps_all: bool) -> None:
        settings = self._settings
        if self._lock is None or not is_wanted(settings):
            return
        if keeps_all:
            self._found("lock", Ability.UNKNOWN, _NOT_TRIED, needed=True)
            return
        mode = (settings.lock or LockMode.GOVERNANCE).value.upper()

        def is_locked() -> bool:
            until = self._connection.server_now + _TRIED_LOCK
            put = self._call("put_object", "putting a trial object", Key=key + "-lock", Body=_TEXT)
            where: dict[str, Any] = {"Key": key + "-lock", "VersionId": version_of(put)}
            if settings.retention_days:
                self._call(
                    "put_object_retention",
                    "locking a trial object",
                    Retention={"Mode": mode, "RetainUntilDate": until},
                    **where,
                )
            if settings.legal_hold:
                self._call(
                    "put_object_legal_hold", "holding a trial object", LegalHold={"Status": "ON"}, **where
                )
            able = self._is_refused("delete_object", {"403", "400"}, **where)
            if settings.legal_hold:
                self._call(
                    "put_object_legal_hold", "letting a trial object go", LegalHold={"Status": "OFF"}, **where
                )
            return able

        self._try(
            "lock",
            is_locked,
            "what was locked could not be deleted",
            "what was locked could be deleted all the same, or could not be locked",
            needed=True,
        )

    # ---- Requests

    def _is_refused(self, operation: str, statuses: set[str], **given: Any) -> bool:
        try:
            self._call(operation, "trying what the server refuses", expect=statuses, **given)
        except UnmetError:
            return True
        except RemoteStoreError:
            return False
        return False

    def _clean(self) -> None:
        """Delete what was tried, and what earlier checks left locked."""
        with contextlib.suppress(UnmetError, RemoteStoreError):
            for one in list(all_versions(self._connection, self._folder)):
                with contextlib.suppress(UnmetError, RemoteStoreError):
                    where = {"Key": one.key, **({"VersionId": one.version_id} if one.version_id else {})}
                    bypass = {"BypassGovernanceRetention": True} if self._lock else {}
                    self._call("delete_object", "cleaning up", expect={"400", "403"}, **where, **bypass)
            self._clean_markers()

    def _clean_markers(self) -> None:
        page = self._call("list_object_versions", "cleaning up", expect={"501", "403"}, Prefix=self._folder)
        for one in page.get("DeleteMarkers", []):
            with contextlib.suppress(UnmetError, RemoteStoreError):
                self._call("delete_object", "cleaning up", Key=one["Key"], VersionId=one["VersionId"])


def _md5_of(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
