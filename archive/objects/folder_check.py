"""Says in plain words what a folder can do as a store."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from archive.objects.contents import BytesContent
from archive.objects.store import Ability, Finding
from model import MandegarError, ObjectDiffersError

if TYPE_CHECKING:
    from archive.objects.folder import FolderStore

_LITTLE_ROOM_BYTES = 5 << 30
"""Below this a person should think of a larger disk: a few WARC files of a gigabyte."""


def check_folder(store: FolderStore) -> list[Finding]:
    """Try what the folder can do; a file under ``mandegar-check/`` is written and removed."""
    findings: list[Finding] = []

    def found(name: str, message: str, ability: Ability = Ability.YES, *, needed: bool = True) -> None:
        findings.append(Finding(name=name, ability=ability, needed=needed, message=message))

    def tried(name: str, message: str, action: Callable[[], object]) -> bool:
        try:
            action()
        except MandegarError as error:
            found(name, str(error), Ability.NO)
            return False
        found(name, message)
        return True

    folder = Path(store.url)
    if not tried("reachable", f"{folder} is there", store.prepare):
        return findings
    key = f"mandegar-check/{secrets.token_hex(8)}"
    content = BytesContent(b"Mandegar tries what this folder can do.\n")
    if not tried("write", "files can be written, synced and read back", lambda: store.put(key, content)):
        return findings
    try:
        tried("read-range", "parts of files can be read", lambda: store.read(key, 9, 5))
        try:
            store.put(key, BytesContent(b"Something else.\n"))
        except ObjectDiffersError:
            found("conditional-put", "what lies there already is not overwritten")
        except MandegarError as error:
            found("conditional-put", str(error), Ability.NO)
        else:
            found("conditional-put", "what lies there already gets overwritten", Ability.NO)
    finally:
        (folder / key).unlink(missing_ok=True)
        # Another check may be at work beside this one.
        with contextlib.suppress(OSError):
            (folder / key).parent.rmdir()
    room = os.statvfs(folder)
    free = room.f_bavail * room.f_frsize
    gigabytes = f"{free / 1e9:,.1f} GB are free"
    if free < _LITTLE_ROOM_BYTES:
        found("room", f"only {gigabytes}: make room, or take a larger disk", Ability.NO, needed=False)
    else:
        found("room", gigabytes, needed=False)
    no = Ability.NO
    found("versioning", "a folder keeps one version of each file", no, needed=False)
    found("object-lock", "whoever can write to this folder can delete from it", no, needed=False)
    return findings
