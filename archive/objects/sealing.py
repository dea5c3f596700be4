"""The form of an encrypted object: readable in ranges, the same for the same content, complete or noticed.

::

    head     56 bytes   magic "MNDGENC1" · key id, 8 · salt, 32 · length of the note, 2 (big-endian) · 6 zeros
    note     n + 16     frame 0: JSON {"name", "size", "sha256"} of what is within, spaces up to n (256·k)
    frames   64 KiB + 16 each, the last one shorter; one empty frame when there is nothing

Each frame is AES-256-GCM; its nonce is 7 zeros, its number (4 bytes, big-endian; the note is 0) and 1 in the
last one, else 0: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015) as age has it, so that
frames cannot be swapped, dropped or added. The object's own key is HKDF-SHA256(master, salt, head): frames of
another object, or another head, do not fit.

salt = HMAC-SHA256(name and SHA-256 of the content), under a key of its own. Same name and content: same
bytes, so an upload can be gone on with and ``If-None-Match`` knows it again. Other content: another key, so a
nonce never serves twice. That holds only if the content is what its SHA-256 says: :class:`Sealed` reads it
once and compares, notes the tag of each frame, and gives no frame away whose tag is another the next time.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from model import StoreError

if TYPE_CHECKING:
    from archive.objects.keyfile import StoreKey
    from archive.objects.store import Content

MAGIC: Final = b"MNDGENC1"
HEAD_BYTES: Final = 56
FRAME_BYTES: Final = 1 << 16
TAG_BYTES: Final = 16
LIKELY_START: Final = 2048
"""Head and note of any object whose name is shorter than 1,600 bytes."""
_NOTE_STEP = 256
_WHOLE_FRAME = FRAME_BYTES + TAG_BYTES


class SealError(StoreError):
    """Bytes that are no sealed object, or not as they were sealed."""


class OtherKeyError(SealError):
    """Sealed with another key; ``key_id`` names it (16 hexadecimal digits)."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"it is encrypted with key {key_id}")
        self.key_id = key_id


class Keyring:
    """The keys that one master key gives."""

    def __init__(self, key: StoreKey) -> None:
        self.key_id = key.id
        self._names = _derive(key.secret, b"mandegar names 1")
        self._salts = _derive(key.secret, b"mandegar salts 1")
        self._objects = _derive(key.secret, b"mandegar objects 1")

    def hidden_name(self, name: str) -> str:
        """Return the name under which an object lies in its store: 64 hexadecimal digits."""
        return hmac.digest(self._names, name.encode(), "sha256").hex()

    def salt(self, name: str, sha256: str) -> bytes:
        """Return the salt of a name and a content."""
        encoded = name.encode()
        message = len(encoded).to_bytes(4, "big") + encoded + bytes.fromhex(sha256)
        return hmac.digest(self._salts, message, "sha256")

    def cipher(self, head: bytes) -> AESGCM:
        """Return the cipher of the object with this head."""
        return AESGCM(_derive(self._objects, head, salt=head[16:48]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What an object says of itself, once it is decrypted."""

    name: str
    size: int
    sha256: str
    begin: int
    """Where its first frame begins."""
    cipher: AESGCM

    @property
    def frames(self) -> int:
        """Return how many frames hold the content; at least one."""
        return max(1, -(-self.size // FRAME_BYTES))

    @property
    def sealed_size(self) -> int:
        """Return how many bytes the whole object has."""
        return self.begin + self.size + self.frames * TAG_BYTES

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return where the frames ``first`` to ``last`` (counted from 0) begin, and their bytes."""
        start = self.begin + first * _WHOLE_FRAME
        return start, min(self.sealed_size, self.begin + (last + 1) * _WHOLE_FRAME) - start

    def unseal(self, first: int, sealed: bytes) -> bytes:
        """Return what whole frames hold, the first of them number ``first``; ``SealError``."""
        plain = bytearray()
        view = memoryview(sealed)
        for at, offset in enumerate(range(0, len(sealed), _WHOLE_FRAME), first):
            nonce = _nonce(at + 1, last=at == self.frames - 1)
            try:
                plain += self.cipher.decrypt(nonce, view[offset : offset + _WHOLE_FRAME], None)
            except InvalidTag as error:
                raise SealError(f"frame {at} of {self.frames} is damaged or not its own") from error
        return bytes(plain)


def key_id_of(start: bytes) -> str:
    """Return which key an object is sealed with, from its first 16 bytes; ``SealError`` when with none."""
    if len(start) < 16 or start[:8] != MAGIC:
        raise SealError("it is no encrypted object")
    return start[8:16].hex()


def note_length(start: bytes) -> int:
    """Return how many bytes head and note take, from the head."""
    return HEAD_BYTES + int.from_bytes(start[48:50], "big") + TAG_BYTES


def read_note(ring: Keyring, start: bytes) -> Note:
    """Return the note from the first bytes of an object, :func:`note_length` of them or more.

    ``OtherKeyError``, or ``SealError`` when they are damaged.
    """
    key_id = key_id_of(start)
    if key_id != ring.key_id.hex():
        raise OtherKeyError(key_id)
    if len(start) < HEAD_BYTES or len(start) < note_length(start):
        raise SealError("it ends within its head")
    head = start[:HEAD_BYTES]
    begin = note_length(start)
    cipher = ring.cipher(head)
    try:
        found = json.loads(cipher.decrypt(_nonce(0, last=False), start[HEAD_BYTES:begin], None))
    except InvalidTag as error:
        raise SealError("its head is damaged") from error
    return Note(name=found["name"], size=found["size"], sha256=found["sha256"], begin=begin, cipher=cipher)


class Sealed:
    """A content as it goes to the store; itself a :class:`~archive.objects.store.Content`."""

    def __init__(self, ring: Keyring, name: str, content: Content) -> None:
        """Read the content once; ``StoreError`` when it is not what its SHA-256 says."""
        self._content = content
        text = json.dumps({"name": name, "size": content.size, "sha256": content.sha256}).encode()
        text = text.ljust(-(-len(text) // _NOTE_STEP) * _NOTE_STEP)
        head = MAGIC + ring.key_id + ring.salt(name, content.sha256) + len(text).to_bytes(2, "big") + bytes(6)
        cipher = ring.cipher(head)
        self._start = head + cipher.encrypt(_nonce(0, last=False), text, None)
        self._note = Note(
            name=name, size=content.size, sha256=content.sha256, begin=len(self._start), cipher=cipher
        )
        self._tags = bytearray()
        self._sha256 = self._seal_once()

    @property
    def size(self) -> int:
        """Return the number of bytes in the store."""
        return self._note.sealed_size

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the bytes in the store."""
        return self._sha256

    def read_at(self, offset: int, length: int) -> bytes:
        """Return sealed bytes; ``StoreError`` when the content has changed since it was read first."""
        end = min(offset + length, self.size)
        if end <= offset:
            return b""
        out = bytearray(self._start[offset:end])
        if end > self._note.begin:
            first = max(0, offset - self._note.begin) // _WHOLE_FRAME
            last = (end - 1 - self._note.begin) // _WHOLE_FRAME
            frames = b"".join(self._frame(number) for number in range(first, last + 1))
            skip = max(0, offset - self._note.begin - first * _WHOLE_FRAME)
            out += frames[skip : skip + end - offset - len(out)]
        return bytes(out)

    def _seal_once(self) -> str:
        plain, sealed = hashlib.sha256(), hashlib.sha256(self._start)
        for number in range(self._note.frames):
            data = self._content.read_at(number * FRAME_BYTES, FRAME_BYTES)
            plain.update(data)
            frame = self._encrypt(number, data)
            sealed.update(frame)
            self._tags += frame[-TAG_BYTES:]
        if plain.hexdigest() != self._note.sha256:
            raise _changed(self._note.name)
        return sealed.hexdigest()

    def _frame(self, number: int) -> bytes:
        frame = self._encrypt(number, self._content.read_at(number * FRAME_BYTES, FRAME_BYTES))
        if frame[-TAG_BYTES:] != self._tags[number * TAG_BYTES : (number + 1) * TAG_BYTES]:
            raise _changed(self._note.name)
        return frame

    def _encrypt(self, number: int, data: bytes) -> bytes:
        return self._note.cipher.encrypt(_nonce(number + 1, last=number == self._note.frames - 1), data, None)


def _derive(secret: bytes, info: bytes, salt: bytes | None = None) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(secret)


def _nonce(number: int, *, last: bool) -> bytes:
    return bytes(7) + number.to_bytes(4, "big") + bytes([last])


def _changed(name: str) -> StoreError:
    return StoreError(
        f"{name} is not what its SHA-256 says, so it was not encrypted: the disk gives other bytes than "
        "before; run `mandegar verify`"
    )
