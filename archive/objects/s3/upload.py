"""Puts one content under one key: in one request or in parts that another process can go on with.

``If-None-Match: *`` goes with the request that makes the object visible (RFC 9110, 13.1.2).
Servers that do not know it for objects in parts overlook it; what lies there is looked at right before, and
what came of it is compared afterwards.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable
from typing import Any

from archive.objects.s3.connection import Connection
from archive.objects.s3.faults import UnmetError
from archive.objects.s3.listing import version_of
from archive.objects.s3.locking import lock_fields
from archive.objects.s3.prints import Part, Prints, count_parts, parts_of
from archive.objects.store import Content, Upload
from model import DamagedArchiveError, StoreUnreachableError

_TAKEN = {"PreconditionFailed", "412"}
_FORGOTTEN = {"NoSuchUpload", "NoSuchKey", "404"}
"""Ceph says NoSuchKey when it is asked for the parts of an upload that is over."""
_UNKNOWN_CONDITION = {"NotImplemented", "501"}
_PARTS_LOST = {"InvalidPart", "InvalidPartOrder"}


class TakenError(Exception):
    """Something lies under the key already; goes no further than the store."""


class Uploading:
    """One upload. ``run`` puts the content, ``prints`` are its checksums then."""

    def __init__(
        self,
        connection: Connection,
        key: str,
        content: Content,
        *,
        over: bool,
        look: Callable[[], None],
        on_upload: Callable[[Upload], None] | None,
    ) -> None:
        self._connection = connection
        self._key = key
        self._content = content
        self._over = over
        self._look = look
        """Raises ``TakenError`` when something lies under the key."""
        self._on_upload = on_upload
        self.prints = Prints(content.size)

    def run(self, resume: Upload | None) -> str | None:
        """Put the content and return its version id, where the answer has one; ``TakenError``."""
        if count_parts(self._content.size) == 1:
            return self._put_at_once()
        token = resume.token if resume else None
        for _ in range(2):
            try:
                return self._put_in_parts(token)
            except UnmetError as error:
                # The server has forgotten the upload, or somebody finished it.
                self._look()
                lost = error
                token = None
        raise StoreUnreachableError(
            self._connection.settings.name, f"the server forgets what it has of {self._key} ({lost.code})"
        ) from lost

    def _put_at_once(self) -> str | None:
        (part,) = parts_of(self._content)
        self.prints = Prints(self._content.size)
        self.prints.add(part)
        self._require_unchanged()
        given = {"Body": part.data, **self._new_fields(), **part.checksums}
        answer = self._conditional("put_object", f"putting {self._key}", set(), **given)
        return version_of(answer)

    def _put_in_parts(self, token: str | None) -> str | None:
        connection, key = self._connection, self._key
        there = self._parts_there(token) if token else {}
        if token is None:
            answer = connection.call(
                "create_multipart_upload",
                f"beginning to put {key}",
                Key=key,
                ChecksumAlgorithm="SHA256",
                **self._new_fields(),
            )
            token = str(answer["UploadId"])
        self._say(token, len(there))
        self.prints = Prints(self._content.size)
        done: list[dict[str, Any]] = []
        for part in parts_of(self._content):
            self.prints.add(part)
            found = there.get(part.number)
            if not found or not _is_same(found, part):
                found = connection.call(
                    "upload_part",
                    f"putting part {part.number} of {key}",
                    expect=_FORGOTTEN,
                    Key=key,
                    UploadId=token,
                    PartNumber=part.number,
                    Body=part.data,
                    **part.checksums,
                )
                there[part.number] = found
                self._say(token, len(there))
            sums = {name: found[name] for name in ("ETag", "ChecksumSHA256") if found.get(name)}
            done.append({"PartNumber": part.number, **sums})
        try:
            self._require_unchanged()
            if not self._over:
                self._look()
            answer = self._conditional(
                "complete_multipart_upload",
                f"finishing {key}",
                _FORGOTTEN | _PARTS_LOST,
                UploadId=token,
                MultipartUpload={"Parts": done},
            )
        except (TakenError, DamagedArchiveError, UnmetError):
            self._abort(token)
            raise
        return version_of(answer)

    def _parts_there(self, token: str) -> dict[int, Any]:
        found: dict[int, Any] = {}
        marker = 0
        while True:
            page = self._connection.call(
                "list_parts",
                f"asking for the parts of {self._key}",
                expect=_FORGOTTEN,
                Key=self._key,
                UploadId=token,
                PartNumberMarker=marker,
            )
            found.update({one["PartNumber"]: one for one in page.get("Parts", [])})
            if not page.get("IsTruncated"):
                return found
            marker = int(page["NextPartNumberMarker"])

    def _conditional(self, operation: str, what: str, expect: set[str], **given: Any) -> Any:
        """Do what makes the object visible, unless another one is; ``TakenError``."""
        call = self._connection.call
        if not self._over:
            try:
                return call(
                    operation,
                    what,
                    expect=expect | _TAKEN | _UNKNOWN_CONDITION,
                    Key=self._key,
                    IfNoneMatch="*",
                    **given,
                )
            except UnmetError as error:
                if error.code in _TAKEN or error.status == 412:
                    raise TakenError from error
                if error.code in expect:
                    raise
            # The server does not know the condition. We have looked just before.
        return call(operation, what, expect=expect, Key=self._key, **given)

    def _new_fields(self) -> dict[str, Any]:
        return {"Metadata": {"sha256": self._content.sha256}, **lock_fields(self._connection)}

    def _require_unchanged(self) -> None:
        if self.prints.sha256 != self._content.sha256:
            raise DamagedArchiveError(
                f"{self._key} changed while it was copied to {self._connection.settings.name}: its "
                "checksum is another one now"
            )

    def _say(self, token: str, parts: int) -> None:
        if self._on_upload is not None:
            self._on_upload(Upload(token=token, parts=parts))

    def _abort(self, token: str) -> None:
        with contextlib.suppress(UnmetError):
            self._connection.call(
                "abort_multipart_upload",
                f"giving up putting {self._key}",
                expect={*_FORGOTTEN, "404"},
                Key=self._key,
                UploadId=token,
            )


def _is_same(found: Any, part: Part) -> bool:
    """Say whether a part that the server has is ours."""
    if found["Size"] != len(part.data):
        return False
    sha256 = base64.b64encode(part.sha256).decode()
    return bool(found.get("ChecksumSHA256") == sha256 or found["ETag"].strip('"').lower() == part.md5.hex())
