"""Object Lock: that nobody deletes or changes what was put, for as long as the settings say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from archive.objects.s3.connection import Connection
from archive.objects.s3.faults import UnmetError
from archive.objects.settings import LockMode, StoreSettings
from model import StoreRefusedError

_TOLERANCE = timedelta(minutes=5)
"""Between the time we asked for and the time by the server's own note of when it got the object."""
_NO_LOCK = {
    "ObjectLockConfigurationNotFoundError",
    "NoSuchObjectLockConfiguration",
    "InvalidRequest",
    "NotImplemented",
    "MethodNotAllowed",
    "404",
    "501",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketLock:
    """What a bucket's Object Lock does by itself."""

    mode: LockMode | None = None
    """Given to every object that names none."""
    days: int | None = None


def bucket_lock(connection: Connection) -> BucketLock | None:
    """Return a bucket's Object Lock, or ``None`` when it has none."""
    try:
        answer = connection.call(
            "get_object_lock_configuration", "asking for the bucket's Object Lock", expect=_NO_LOCK
        )
    except UnmetError:
        return None
    found = answer.get("ObjectLockConfiguration", {})
    if found.get("ObjectLockEnabled") != "Enabled":
        return None
    rule = found.get("Rule", {}).get("DefaultRetention", {})
    days = rule.get("Days") or (rule["Years"] * 365 if rule.get("Years") else None)
    return BucketLock(mode=LockMode(rule["Mode"].lower()) if rule.get("Mode") else None, days=days)


def is_wanted(settings: StoreSettings) -> bool:
    """Say whether the settings ask for a lock of any kind."""
    return bool(settings.retention_days) or settings.legal_hold


def lock_fields(connection: Connection) -> dict[str, Any]:
    """Return what is sent with a new object. Some servers overlook it for objects in parts."""
    settings = connection.settings
    fields: dict[str, Any] = {}
    if settings.retention_days:
        mode = settings.lock or LockMode.GOVERNANCE
        fields["ObjectLockMode"] = mode.value.upper()
        fields["ObjectLockRetainUntilDate"] = connection.server_now + timedelta(days=settings.retention_days)
    if settings.legal_hold:
        fields["ObjectLockLegalHoldStatus"] = "ON"
    return fields


def ensure_locked(
    connection: Connection, key: str, version_id: str | None, head: Mapping[str, Any]
) -> tuple[datetime | None, bool]:
    """Return until when a version is locked and whether it has a legal hold, as the store itself shows it.

    What the settings ask for and ``head`` (the answer to ``head_object``) does not show is set and read back.
    Counted from when the store got the object, so that putting it again does not prolong anything; nothing is
    ever shortened. ``StoreRefusedError`` when the store will not.
    """
    settings = connection.settings
    until: datetime | None = head.get("ObjectLockRetainUntilDate")
    mode = str(head.get("ObjectLockMode") or "").lower()
    held = head.get("ObjectLockLegalHoldStatus") == "ON"
    where: dict[str, Any] = {"Key": key, **({"VersionId": version_id} if version_id else {})}
    if settings.retention_days:
        wanted_mode = settings.lock or LockMode.GOVERNANCE
        wanted: datetime = head["LastModified"] + timedelta(days=settings.retention_days)
        if wanted > connection.server_now and not _is_enough(mode, until, wanted_mode, wanted):
            until = max(wanted, until) if until else wanted
            _set(
                connection,
                "put_object_retention",
                where,
                Retention={"Mode": wanted_mode.value.upper(), "RetainUntilDate": until},
            )
            shown = connection.call("get_object_retention", f"asking for the lock of {key}", **where)
            mode = str(shown["Retention"].get("Mode", "")).lower()
            until = shown["Retention"].get("RetainUntilDate")
            if not _is_enough(mode, until, wanted_mode, wanted):
                raise _refused(connection, key)
    if settings.legal_hold and not held:
        _set(connection, "put_object_legal_hold", where, LegalHold={"Status": "ON"})
        shown = connection.call("get_object_legal_hold", f"asking for the lock of {key}", **where)
        held = shown["LegalHold"].get("Status") == "ON"
        if not held:
            raise _refused(connection, key)
    return until, held


def _is_enough(mode: str, until: datetime | None, wanted_mode: LockMode, wanted: datetime) -> bool:
    return (
        until is not None
        and mode in {wanted_mode.value, LockMode.COMPLIANCE.value}
        and until >= wanted - _TOLERANCE
    )


def _set(connection: Connection, operation: str, where: dict[str, Any], **what: Any) -> None:
    try:
        connection.call(operation, f"locking {where['Key']}", expect=_NO_LOCK, **where, **what)
    except UnmetError as error:
        raise _refused(connection, where["Key"]) from error


def _refused(connection: Connection, key: str) -> StoreRefusedError:
    settings = connection.settings
    return StoreRefusedError(
        settings.name,
        f"bucket {settings.bucket} does not lock {key}, so it does not count as a copy; "
        "`mandegar store check` says what the bucket can do",
    )


def no_lock_in(settings: StoreSettings) -> StoreRefusedError:
    """Return the error for a bucket without Object Lock."""
    return StoreRefusedError(
        settings.name,
        f"bucket {settings.bucket} has no Object Lock, which lock or legal_hold asks for; make a new bucket "
        "with Object Lock (most providers cannot add it later), or take these settings away",
    )
