"""What every object store can do: keep objects under keys and give them back, in whole or in part.

A key is a path of ASCII letters with ``/`` between its parts (``warc/org_example/2026/11/….warc.gz``). A
store never overwrites: what lies under a key stays what it was. An object may have several versions (a bucket
with versioning); the one that was put by us is named by its version id, so that a delete marker or a later
version hides nothing.

Two kinds of error, by what the caller can do: ``StoreUnreachableError`` may go away by itself (try again
later), ``StoreRefusedError`` needs a person (credentials, permission, no bucket, no lock, a wrong clock).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Content(Protocol):
    """Bytes to be put, readable in any order and more than once, always the same."""

    @property
    def size(self) -> int:
        """Return their number."""
        ...

    @property
    def sha256(self) -> str:
        """Return their SHA-256, 64 hexadecimal digits."""
        ...

    def read_at(self, offset: int, length: int) -> bytes:
        """Return ``length`` bytes from ``offset`` on, fewer at the end; ``StoreError`` when it cannot."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """An object as it lies in a store."""

    key: str
    size: int
    """Bytes as stored."""
    version_id: str | None = None
    """``None`` in a store without versions."""
    sha256: str | None = None
    """Of the bytes put, 64 hexadecimal digits, as noted beside the object; ``None`` when nothing is noted."""
    stored_at: datetime | None = None
    locked_until: datetime | None = None
    """Until when nobody can delete this version; ``None``: not locked."""
    legal_hold: bool = False
    hidden: bool = False
    """A delete marker or a later version lies over it: whoever asks by key alone does not get it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """How far an upload has come, so that another process can go on with it."""

    token: str
    """The store's own (a multipart upload id)."""
    parts: int = 0
    """Parts that the store has."""


class Ability(StrEnum):
    """What a finding of :meth:`ObjectStore.check` says of an ability."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of what a store can do, in plain words."""

    name: str
    """Stable, for scripts: ``reachable``, ``write``, ``versioning``, ``object-lock``, ``conditional-put``…"""
    ability: Ability
    needed: bool
    """What the store is configured for does not work without it."""
    message: str
    """What was found and, where it is missing and needed, what to do."""


class ObjectStore(Protocol):
    """A place for objects. Its methods may be called from several threads."""

    @property
    def name(self) -> str:
        """Return the name it has in ``mandegar.toml``."""
        ...

    @property
    def url(self) -> str:
        """Return where it lies, for a person; never with a secret in it."""
        ...

    def prepare(self, *, known: bool = False) -> None:
        """Return when what its settings ask for (a bucket, Object Lock) is there; else ``StoreRefusedError``.

        ``known``: copies were put here before. A folder that is empty then is a disk that is not mounted, and
        ``StoreUnreachableError``, where else it would be begun as a new store.
        Asked once before anything is put: a bucket cannot be given Object Lock later everywhere.
        """
        ...

    def put(
        self,
        key: str,
        content: Content,
        *,
        resume: Upload | None = None,
        on_upload: Callable[[Upload], None] | None = None,
    ) -> StoredObject:
        """Put an object under a key that is free, verify it in the store, and return it as it lies there.

        Only an object that the store itself showed with the right size and checksum, and locked where that
        is asked for, is returned. The same content that lies there already is no error; another content is
        ``ObjectDiffersError``, and nothing is changed. ``on_upload`` is called when there is something to go
        on with later, and after every part; ``resume`` goes on with that, or begins anew when the store has
        forgotten it.
        """
        ...

    def replace(self, key: str, content: Content) -> StoredObject:
        """Put an object over a damaged or missing one, else as :meth:`put`; what lay there is kept aside
        where the store can (an older version; a file renamed)."""
        ...

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        """Return an object (the newest that is no delete marker), or ``None`` when there is none.

        ``hidden`` is told where no version is named; ``archive.copies.places.is_hidden`` tells it of any.
        """
        ...

    def read(self, key: str, start: int, length: int, version_id: str | None = None) -> bytes:
        """Return bytes from ``start`` on, fewer at the end; ``ObjectMissingError``."""
        ...

    def open(self, key: str, version_id: str | None = None) -> BinaryIO:
        """Return a seekable reader by ranges that reads ahead when read in order; ``ObjectMissingError``."""
        ...

    def objects(self, prefix: str = "") -> Iterator[StoredObject]:
        """Yield objects by key, each key once: also those under a delete marker.

        Nothing is decided by what is *not* listed: a listing may lag.
        """
        ...

    def check(self) -> list[Finding]:
        """Try what the store can do, with small objects of its own under ``mandegar-check/``."""
        ...
