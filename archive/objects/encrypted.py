"""A store whose owner, or thief, reads nothing in it: every object encrypted, under a name that says nothing.

The form of an object is in :mod:`archive.objects.sealing`. Under ``sealed/`` lie objects named by an HMAC of
their keys; the real key stands encrypted in each object's first kilobyte, so that a listing needs one small
read an object. The checksum noted in the bucket is that of the encrypted bytes.

What stays visible to whoever holds the bucket: that the objects are Mandegar's and by which key id, how many
they are, their sizes (to the byte), when each was put and until when it is locked; the objects of a check
under ``mandegar-check/``, which hold nothing of the archive; and, to whoever watches the requests, which
objects are read, when, and about which part.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, cast

from archive.objects.keyfile import StoreKey, readable_by_others
from archive.objects.keys import check_key
from archive.objects.ranges import open_ranges
from archive.objects.sealing import (
    FRAME_BYTES,
    LIKELY_START,
    Keyring,
    Note,
    OtherKeyError,
    Sealed,
    SealError,
    key_id_of,
    note_length,
    read_note,
)
from archive.objects.store import Ability, Content, Finding, ObjectStore, StoredObject, Upload
from model import ObjectDiffersError, ObjectMissingError, StoreRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

logger = logging.getLogger(__name__)

SEALED = "sealed/"
# A note is half a kilobyte; whoever replays a page reads a few records of a few files.
_NOTES_KEPT = 1024
# A listing waits for one small read an object: enough at once to hide the way to the store.
_READS_AT_ONCE = 8


class EncryptedStore:
    """An :class:`~archive.objects.store.ObjectStore` over another one; sizes are those of the inner store.

    ``StoredObject.sha256`` is that of the bytes put (from the object's own, authenticated note), never that
    of the encrypted bytes.
    """

    def __init__(self, inner: ObjectStore, key: StoreKey, key_file: Path | None = None) -> None:
        self.inner = inner
        self._ring = Keyring(key)
        self._key_file = key_file
        self._notes: OrderedDict[tuple[str, str | None], Note] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """Return the inner store's name."""
        return self.inner.name

    @property
    def url(self) -> str:
        """Return the inner store's URL."""
        return self.inner.url

    def hidden_key(self, key: str) -> str:
        """Return the key under which an object lies in the inner store."""
        return SEALED + self._ring.hidden_name(check_key(key))

    def prepare(self, *, known: bool = False) -> None:
        """As the inner store; ``StoreRefusedError`` too when another key was used there."""
        self.inner.prepare(known=known)
        if (other := other_key_in(self.inner, self._ring.key_id.hex())) is not None:
            raise self._needs(other)

    def put(
        self,
        key: str,
        content: Content,
        *,
        resume: Upload | None = None,
        on_upload: Callable[[Upload], None] | None = None,
    ) -> StoredObject:
        """Encrypt and put; the same content gives the same bytes, so it is known again."""
        hidden = self.hidden_key(key)
        sealed = Sealed(self._ring, key, content)
        with self._speaking_of(key, hidden):
            stored = self.inner.put(hidden, sealed, resume=resume, on_upload=on_upload)
        return replace(stored, key=key, sha256=content.sha256)

    def replace(self, key: str, content: Content) -> StoredObject:
        """Encrypt and put over what lies there."""
        hidden = self.hidden_key(key)
        with self._speaking_of(key, hidden):
            stored = self.inner.replace(hidden, Sealed(self._ring, key, content))
        self._forget(hidden)
        return replace(stored, key=key, sha256=content.sha256)

    def head(self, key: str, version_id: str | None = None) -> StoredObject | None:
        """Return an object as it lies there; ``ObjectDiffersError`` when its size is not what it was."""
        hidden = self.hidden_key(key)
        stored = self.inner.head(hidden, version_id)
        if stored is None:
            return None
        with self._speaking_of(key, hidden):
            note = self._note(key, hidden, stored.version_id or version_id, fresh=True)
            _check_size(note, stored.size)
        return replace(stored, key=key, sha256=note.sha256)

    def read(self, key: str, start: int, length: int, version_id: str | None = None) -> bytes:
        """Return decrypted bytes; ``ObjectDiffersError`` when a frame they lie in is damaged."""
        hidden = self.hidden_key(key)
        with self._speaking_of(key, hidden):
            return self._read_checked(key, hidden, start, length, version_id)

    def open(self, key: str, version_id: str | None = None) -> BinaryIO:
        """Return a reader of the decrypted bytes; its errors are those of :meth:`read`."""
        hidden = self.hidden_key(key)
        with self._speaking_of(key, hidden):
            stored = self.inner.head(hidden, version_id)
            if stored is None:
                raise ObjectMissingError(self.name, key)
            note = self._note(key, hidden, version_id, fresh=True)
            _check_size(note, stored.size)

        def read(start: int, length: int) -> bytes:
            return self.read(key, start, length, version_id)

        return cast("BinaryIO", open_ranges(read, note.size, f"{self.name}: {key}"))

    def objects(self, prefix: str = "") -> Iterator[StoredObject]:
        """Yield objects in the order of their keys, once the names of all are read.

        One that cannot be read is logged and left out: its name is not known. ``StoreRefusedError`` when
        all of them are of another key.
        """
        with ThreadPoolExecutor(_READS_AT_ONCE, thread_name_prefix="mandegar-names") as pool:
            found = list(pool.map(self._named, self.inner.objects(SEALED)))
        named = [one for one in found if isinstance(one, StoredObject)]
        others = [one for one in found if isinstance(one, OtherKeyError)]
        if others and not named:
            raise self._needs(others[0].key_id)
        yield from sorted((one for one in named if one.key.startswith(prefix)), key=lambda one: one.key)

    def check(self) -> list[Finding]:
        """Return the inner store's findings, and whether the key fits what lies there."""
        findings = self.inner.check()
        key_id = self._ring.key_id.hex()
        if self._key_file is not None and readable_by_others(self._key_file):
            message = (
                f"other users of this machine may read {self._key_file}; run: chmod 600 {self._key_file}"
            )
            findings.append(Finding(name="key-file", ability=Ability.NO, needed=False, message=message))
        if any(finding.name == "reachable" and finding.ability is Ability.NO for finding in findings):
            return findings
        other = other_key_in(self.inner, key_id)
        if other is None:
            message = f"objects are encrypted with key {key_id}, and none of another key was found"
        else:
            message = str(self._needs(other).args[0]).partition(": ")[2]
        fits = Ability.YES if other is None else Ability.NO
        findings.append(Finding(name="key", ability=fits, needed=True, message=message))
        if next(iter(self.inner.objects("warc/")), None) is not None:
            message = (
                "objects from before the encryption lie there readable; nothing removes them by itself, and "
                "no command here reads them while key_file is set"
            )
            findings.append(Finding(name="all-encrypted", ability=Ability.NO, needed=False, message=message))
        return findings

    # --- within

    def _read_checked(self, key: str, hidden: str, start: int, length: int, version_id: str | None) -> bytes:
        note = self._note(key, hidden, version_id)
        try:
            return self._read(hidden, note, start, length, version_id)
        except SealError:
            # The object may have been replaced since its note was read.
            fresh = self._note(key, hidden, version_id, fresh=True)
            return self._read(hidden, fresh, start, length, version_id)

    def _read(self, hidden: str, note: Note, start: int, length: int, version_id: str | None) -> bytes:
        end = min(start + length, note.size)
        if start < 0 or end <= start:
            return b""
        first, last = start // FRAME_BYTES, (end - 1) // FRAME_BYTES
        offset, size = note.span(first, last)
        # One byte more where the object should end: what was added to it shows.
        wanted = size + (last == note.frames - 1)
        data = self.inner.read(hidden, offset, wanted, version_id)
        if len(data) != size:
            raise SealError("it is longer than it was" if len(data) > size else "it ends too early")
        return note.unseal(first, data)[start - first * FRAME_BYTES :][: end - start]

    def _note(self, key: str, hidden: str, version_id: str | None, *, fresh: bool = False) -> Note:
        with self._lock:
            known = self._notes.get((hidden, version_id))
            if known is not None and not fresh:
                self._notes.move_to_end((hidden, version_id))
                return known
        note = self._read_note(hidden, version_id)
        if note.name != key:
            raise SealError(f"it is {note.name}, put under another name")
        with self._lock:
            self._notes[hidden, version_id] = note
            while len(self._notes) > _NOTES_KEPT:
                self._notes.popitem(last=False)
        return note

    def _read_note(self, hidden: str, version_id: str | None) -> Note:
        start = self.inner.read(hidden, 0, LIKELY_START, version_id)
        key_id_of(start)
        if len(start) == LIKELY_START < note_length(start):
            start = self.inner.read(hidden, 0, note_length(start), version_id)
        return read_note(self._ring, start)

    def _forget(self, hidden: str) -> None:
        with self._lock:
            for known in [each for each in self._notes if each[0] == hidden]:
                del self._notes[known]

    def _named(self, stored: StoredObject) -> StoredObject | SealError | ObjectMissingError:
        try:
            note = self._read_note(stored.key, stored.version_id)
        except (SealError, ObjectMissingError) as error:
            logger.warning("store %s: %s is left out of the listing: %s", self.name, stored.key, error)
            return error
        if self.hidden_key(note.name) != stored.key:
            misplaced = SealError(f"it is {note.name}, put under another name")
            logger.warning("store %s: %s is left out of the listing: %s", self.name, stored.key, misplaced)
            return misplaced
        return replace(stored, key=note.name, sha256=note.sha256)

    def _needs(self, key_id: str) -> StoreRefusedError:
        return needs_key(self.name, key_id, f"the key file holds key {self._ring.key_id.hex()}")

    @contextmanager
    def _speaking_of(self, key: str, hidden: str) -> Iterator[None]:
        """Turn errors about the hidden object into errors about the one that was asked for."""
        try:
            yield
        except ObjectMissingError as error:
            raise ObjectMissingError(self.name, key) from error
        except ObjectDiffersError as error:
            why = str(error).rpartition(f"{hidden} is not what it should be: ")[2]
            raise ObjectDiffersError(self.name, key, why) from error
        except OtherKeyError as error:
            raise self._needs(error.key_id) from error
        except SealError as error:
            raise ObjectDiffersError(self.name, key, str(error)) from error


def needs_key(store: str, key_id: str, have: str) -> StoreRefusedError:
    """Return the error for objects of a key that is not at hand; ``have`` says what is."""
    return StoreRefusedError(
        store,
        f"what lies there is encrypted with key {key_id}, and {have}; set key_file to the file that says "
        f"«mandegar-key-1 {key_id}» (without it nobody can read these objects)",
    )


def other_key_in(inner: ObjectStore, key_id: str = "") -> str | None:
    """Return the key id that the first encrypted object there needs; ``None`` when it is ``key_id``."""
    for stored in inner.objects(SEALED):
        try:
            found = key_id_of(inner.read(stored.key, 0, 16, stored.version_id))
        except (SealError, ObjectMissingError):
            continue
        return found if found != key_id else None
    return None


def _check_size(note: Note, size: int) -> None:
    if size != note.sealed_size:
        raise SealError(f"it has {size} bytes where {note.sealed_size} were put")
