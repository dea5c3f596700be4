"""What lies in a bucket, version by version, also under delete markers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from archive.objects.s3.connection import Connection
from archive.objects.s3.faults import UnmetError

_NO_VERSIONS = {"NotImplemented", "MethodNotAllowed", "AccessDenied", "501"}
"""Said by servers without versions, and to keys that may not list them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A version of an object, as a listing shows it; no delete marker."""

    key: str
    """With the prefix."""
    size: int
    version_id: str | None
    modified: datetime
    is_latest: bool
    """Who asks by key alone gets it."""


def newest(connection: Connection, prefix: str) -> Iterator[Listed]:
    """Yield the newest version of each key, in the order of the keys."""
    for _, versions in groupby(all_versions(connection, prefix), attrgetter("key")):
        yield next(versions)


def all_versions(connection: Connection, prefix: str) -> Iterator[Listed]:
    """Yield all versions, those of a key together, newest first."""
    marks: dict[str, Any] = {}
    while True:
        try:
            page = connection.call(
                "list_object_versions", "listing objects", expect=_NO_VERSIONS, Prefix=prefix, **marks
            )
        except UnmetError:
            if marks:
                raise
            yield from _objects(connection, prefix)
            return
        for one in page.get("Versions", []):
            yield Listed(
                key=one["Key"],
                size=one["Size"],
                version_id=version_of(one),
                modified=one["LastModified"],
                is_latest=one["IsLatest"],
            )
        if not page.get("IsTruncated"):
            return
        marks = {"KeyMarker": page["NextKeyMarker"]}
        if page.get("NextVersionIdMarker"):
            marks["VersionIdMarker"] = page["NextVersionIdMarker"]


def versions_of(connection: Connection, key: str) -> list[Listed]:
    """Return the versions of one key, newest first; ``StoreRefusedError`` when there is no such bucket."""
    found: list[Listed] = []
    for one in all_versions(connection, key):
        # Keys are listed by prefix, and the key itself comes before those that go on.
        if one.key != key:
            break
        found.append(one)
    return found


def version_of(answer: Any) -> str | None:
    """Return the version id in an answer; ``null`` is what a bucket without versions says."""
    version = answer.get("VersionId")
    return None if version in {None, "", "null"} else str(version)


def _objects(connection: Connection, prefix: str) -> Iterator[Listed]:
    token: dict[str, str] = {}
    while True:
        page = connection.call("list_objects_v2", "listing objects", Prefix=prefix, **token)
        for one in page.get("Contents", []):
            yield Listed(
                key=one["Key"],
                size=one["Size"],
                version_id=None,
                modified=one["LastModified"],
                is_latest=True,
            )
        if not page.get("IsTruncated"):
            return
        token = {"ContinuationToken": page["NextContinuationToken"]}
