"""What is wrong with a WARC file: faults, and the digests that show it."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing wrong with a file; ``code`` is stable, ``message`` is for a person."""

    path: Path
    offset: int
    """Where the record's gzip member (or the record) begins; 0 for the file as a whole."""
    record_id: str
    """Empty when the record has none or could not be read."""
    code: str
    message: str


Finding = tuple[str, str]
"""Code and message, before it is known where."""

_ALGORITHMS = {"md5": 16, "sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}


class DigestCheck:
    """Compares bytes, as they pass, with a labelled digest in any spelling the field uses."""

    def __init__(self, label: str) -> None:
        """``ValueError`` when the label cannot be read; an algorithm we lack makes :attr:`known` false."""
        name, _, value = label.strip().partition(":")
        name = name.strip().lower().replace("-", "")
        size = _ALGORITHMS.get(name)
        self.known = size is not None
        self._expected = _decode(value.strip(), size) if size is not None else b""
        self._hash = hashlib.new(name, usedforsecurity=False) if size is not None else hashlib.sha256()

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self._hash.update(data)

    @property
    def matches(self) -> bool:
        """Whether the bytes so far have the digest; True when the algorithm is not known."""
        return not self.known or self._hash.digest() == self._expected


def _decode(value: str, size: int) -> bytes:
    """Read hex, base32 with or without padding, or base64: the length says which."""
    bare = value.rstrip("=")
    try:
        if len(value) == 2 * size:
            return bytes.fromhex(value)
        if len(bare) == -(-size * 8 // 5):
            return base64.b32decode(bare.upper() + "=" * (-len(bare) % 8))
        if len(bare) == -(-size * 8 // 6):
            return base64.b64decode(
                bare + "=" * (-len(bare) % 4), altchars=b"-_" if set(bare) & {"-", "_"} else None
            )
    except (ValueError, binascii.Error):
        pass
    raise ValueError(f"{value[:80]!r} is no digest of {size} bytes")
