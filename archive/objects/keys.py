"""What a key may look like, in every store alike."""

from __future__ import annotations

import re

_KEY = re.compile(r"[A-Za-z0-9!_.*'()~=+@,-]+(?:/[A-Za-z0-9!_.*'()~=+@,-]+)*")


def check_key(key: str) -> str:
    """Return the key; ``ValueError`` when it is none, which is a fault of the caller.

    >>> check_key("warc/org_example/2026/11/a.warc.gz")
    'warc/org_example/2026/11/a.warc.gz'
    """
    if not _KEY.fullmatch(key) or {".", ".."} & set(key.split("/")):
        raise ValueError(f"{key!r} is no key of an object")
    return key
