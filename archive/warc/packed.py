"""Bytes deflated before they are written, so that a worker process does it and not the crawl's own.

A deflate stream that ends with a full flush ends on a byte and nothing after it refers to what is before
(RFC 1951, 2; zlib's Z_FULL_FLUSH): such streams can be set one after the other in one gzip member.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zlib_ng import zlib_ng

if TYPE_CHECKING:
    from collections.abc import Iterable

_GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_RAW = -15
# 24 KiB of Persian JSON: 0.19 ms in place of 0.30 at level 6, and 3 % larger; level 3 is 9 % larger.
_LEVEL = 4
_LEVEL_OF_HEADS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """Bytes with their deflated form; made by :func:`pack` only."""

    data: bytes
    deflated: bytes
    """Without a last block: to be set between other deflate streams."""


def pack(data: bytes) -> Packed:
    """Deflate bytes once and for all."""
    deflate = zlib_ng.compressobj(_LEVEL, zlib_ng.DEFLATED, _RAW)
    return Packed(data=data, deflated=deflate.compress(data) + deflate.flush(zlib_ng.Z_FULL_FLUSH))


def joined_member(head: bytes, parts: Iterable[bytes | Packed]) -> bytes:
    """Return one record as one gzip member (WARC 1.1, annex D); packed parts are not deflated again."""
    deflate = zlib_ng.compressobj(_LEVEL_OF_HEADS, zlib_ng.DEFLATED, _RAW)
    streams = [_GZIP_HEAD]
    check = length = 0
    for part in (head, *parts, b"\r\n\r\n"):
        if isinstance(part, Packed):
            data = part.data
            streams += (deflate.flush(zlib_ng.Z_FULL_FLUSH), part.deflated)
        else:
            data = part
            streams.append(deflate.compress(part))
        check = zlib_ng.crc32(data, check)
        length += len(data)
    streams += (deflate.flush(), struct.pack("<II", check, length & 0xFFFFFFFF))
    return b"".join(streams)
