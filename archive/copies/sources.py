"""Good bytes of a file, wherever they lie: its local file, or a verified copy, read whole and compared.

Nothing is put or restored from bytes that were not compared with the file's SHA-256 first. A copy from a
store is brought to a file of this disk for that (``incoming/``): what a store shows twice need not be the
same.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archive.catalogue import CopyState
from archive.copies.keeping import object_key
from archive.objects.contents import FileContent
from model import RemoteStoreError, StoreError, StoreFullError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from archive.catalogue import FileCopy, WarcFile
    from archive.copies.keeping import Keeping

_CHUNK = 1 << 20
# What a killed process left in incoming/ is of no use to anybody; a download takes no day.
_LEFT_OVER_S = 86_400


class NoGoodCopyError(StoreError):
    """No place has a file whole; ``reasons`` says of each place what is wrong there."""

    def __init__(self, key: str, reasons: list[str]) -> None:
        super().__init__(f"no good copy of {key}: {'; '.join(reasons) or 'no place is known to have it'}")
        self.key = key
        self.reasons = tuple(reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodCopy:
    """A file whose bytes were compared with its SHA-256."""

    path: Path
    """On this disk: the local file itself, or one that is gone with the context."""
    content: FileContent


@contextmanager
def good_copy(keeping: Keeping, file: WarcFile, *, besides: str = "") -> Iterator[GoodCopy]:
    """Give a good copy of a file, compared with its SHA-256: the local file first, then verified copies.

    ``besides`` names a store that is not asked. A file that was never read gets its SHA-256 noted here; its
    size must be the one it was closed with. ``NoGoodCopyError``; ``StoreFullError`` when a copy must be
    brought here and there is no room.
    """
    reasons: list[str] = []
    if file.is_local:
        content = local_content(keeping, file, reasons)
        if content is not None:
            yield GoodCopy(path=keeping.local(file.key), content=content)
            return
    open_names = {store.name for store in keeping.stores}
    for copy in keeping.ledger.copies_of(file.key):
        if copy.store == besides or copy.state is not CopyState.VERIFIED or copy.store not in open_names:
            continue
        path = _bring(keeping, file, copy, reasons)
        if path is not None:
            try:
                yield GoodCopy(path=path, content=FileContent(path, sha256=file.sha256))
            finally:
                path.unlink(missing_ok=True)
            return
    raise NoGoodCopyError(file.key, reasons)


def local_content(keeping: Keeping, file: WarcFile, reasons: list[str]) -> FileContent | None:
    """Return the local file's content when it is what it should be; else add why not to ``reasons``."""
    path = keeping.local(file.key)
    if not path.exists():
        reasons.append("the local file is missing")
        return None
    try:
        content = FileContent(path)
        if content.size != file.size:
            reasons.append(f"the local file has {content.size:,} bytes instead of {file.size:,}")
            return None
        sha256 = content.sha256
    except StoreError as error:
        reasons.append(f"the local file cannot be read ({error})")
        return None
    if file.sha256 is None:
        keeping.ledger.note_sha256(file.key, sha256)
    elif sha256 != file.sha256:
        reasons.append("the local file is damaged (another SHA-256)")
        return None
    return content


def _bring(keeping: Keeping, file: WarcFile, copy: FileCopy, reasons: list[str]) -> Path | None:
    """Bring a copy here, whole and compared; else say in ``reasons`` why not."""
    if file.sha256 is None:
        reasons.append(f"store {copy.store}: what the file should be was never noted")
        return None
    store = keeping.store(copy.store)
    folder = keeping.incoming
    digest = hashlib.sha256()
    size = 0
    path: Path | None = None
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        _clear(folder)
        descriptor, name = tempfile.mkstemp(prefix="copy-", dir=folder)
        path = Path(name)
        with os.fdopen(descriptor, "wb") as out, store.open(object_key(file.key), copy.version_id) as source:
            while data := source.read(_CHUNK):
                digest.update(data)
                size += len(data)
                out.write(data)
                if size > file.size:
                    break
    except RemoteStoreError as error:
        reasons.append(str(error))
    except OSError as error:
        if path is not None:
            path.unlink(missing_ok=True)
        size_mb = file.size / 1e6
        raise StoreFullError(
            f"a copy of {file.key} ({size_mb:,.0f} MB) cannot be brought to {folder}: {error.strerror}"
        ) from error
    else:
        if (size, digest.hexdigest()) == (file.size, file.sha256):
            return path
        reasons.append(f"store {copy.store}: its copy is damaged")
        why = "it was read as a source and is not what was put"
        keeping.ledger.found_bad(file.key, copy.store, CopyState.DAMAGED, why)
    if path is not None:
        path.unlink(missing_ok=True)
    return None


def _clear(folder: Path) -> None:
    for path in folder.glob("copy-*"):
        try:
            if time.time() - path.stat().st_mtime > _LEFT_OVER_S:
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            continue  # another thread has put its own away
