"""What a server says of the bytes it holds, and what it should say of ours.

A server that keeps checksums gives back the SHA-256 of a whole object, or, for one put in parts, the SHA-256
of the parts' SHA-256s with ``-<parts>`` behind it. Every server gives an ETag, which for objects that the
server does not encrypt with keys of its own is the MD5, or for parts the MD5 of their MD5s with ``-<parts>``
(S3 user guide, "Checking object integrity"). Equal proves equal; unequal proves nothing, and the object is
read back.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from archive.objects.store import Content

SMALLEST_PART = 8 << 20
"""Bytes: at 10 Mbit/s what a cut costs is 7 s; it is what is in memory for each upload, too."""
_MOST_PARTS = 10_000
"""As S3 allows."""
_MIB = 1 << 20


def part_size(size: int) -> int:
    """Return how long the parts of an object are; the same for the same size, so that uploads resume.

    >>> part_size(1) == part_size(10_000 * SMALLEST_PART) == SMALLEST_PART
    True
    >>> part_size(10_000 * SMALLEST_PART + 1) // _MIB
    9
    """
    at_least = -(-size // _MOST_PARTS)
    return max(SMALLEST_PART, -(-at_least // _MIB) * _MIB)


def count_parts(size: int) -> int:
    """Return in how many parts an object is put; 1: in one request."""
    return max(1, -(-size // part_size(size)))


@dataclass(slots=True)
class Part:
    """A part of a content, with what a server will say of it."""

    number: int
    """From 1 on."""
    data: bytes
    md5: bytes = field(init=False)
    sha256: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.md5 = hashlib.md5(self.data, usedforsecurity=False).digest()
        self.sha256 = hashlib.sha256(self.data).digest()

    @property
    def checksums(self) -> dict[str, str]:
        """Return what is sent with it, so that the server refuses it when it comes changed."""
        return {
            "ContentMD5": base64.b64encode(self.md5).decode(),
            "ChecksumAlgorithm": "SHA256",
            "ChecksumSHA256": base64.b64encode(self.sha256).decode(),
        }


def parts_of(content: Content) -> Iterator[Part]:
    """Yield a content's parts in order; an empty content has one, empty."""
    length = part_size(content.size)
    for number in range(1, count_parts(content.size) + 1):
        yield Part(number, content.read_at((number - 1) * length, length))


class Prints:
    """The checksums of a content, taken while its parts go by."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._whole = hashlib.sha256()
        self._md5s: list[bytes] = []
        self._sha256s: list[bytes] = []

    @classmethod
    def of(cls, content: Content) -> Prints:
        """Return the checksums of a content, which is read once for it."""
        prints = cls(content.size)
        for part in parts_of(content):
            prints.add(part)
        return prints

    def add(self, part: Part) -> None:
        """Take the next part into account."""
        self._whole.update(part.data)
        self._md5s.append(part.md5)
        self._sha256s.append(part.sha256)

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of all parts so far, 64 hexadecimal digits."""
        return self._whole.hexdigest()

    def are_those_of(self, head: Mapping[str, Any]) -> bool:
        """Say whether an answer to ``head_object`` proves that the server holds these bytes."""
        if head["ContentLength"] != self.size:
            return False
        kept = str(head.get("ChecksumSHA256") or "")
        etag = str(head.get("ETag") or "").strip('"').lower()
        count = f"-{len(self._md5s)}"
        md5s = b"".join(self._md5s)
        return (
            kept in {_base64(self._whole.digest()), _base64(_sha256(b"".join(self._sha256s))) + count}
            or etag == _md5(md5s).hex() + count
            or (len(self._md5s) == 1 and etag == md5s.hex())
        )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()
