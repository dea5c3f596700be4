"""Changes ``mandegar.toml`` as a person would: comments, order and spelling of the rest stay.

A change is checked as a whole before anything is written, and takes the old file's place in one step
(temporary file, ``fsync``, ``rename``, mode 0600). Two changes at once wait for each other (``flock`` on the
folder).
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import tempfile
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from archive.objects.settings import KeepingSettings, StoreSettings, parse_settings
from model import BadConfigurationError, NotAnArchiveError, StoreError, StoreFullError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tomlkit import TOMLDocument
    from tomlkit.items import AoT


def add_store(marker: Path, store: StoreSettings, *, try_only: bool = False) -> KeepingSettings:
    """Write one more store and return the whole; ``BadConfigurationError`` when the two contradict.

    ``try_only``: nothing is written.
    """
    return _change(marker, lambda document: _append(document, store), try_only=try_only)


def remove_store(marker: Path, name: str) -> KeepingSettings:
    """Take a store out of the settings and return the rest; nothing happens to what lies in it.

    ``BadConfigurationError`` when there is no such store, or the rest is too few for ``copies``.
    """

    def remove(document: TOMLDocument) -> str:
        before = parse_settings(document.as_string(), marker)
        before.store(name)
        rest = [store for store in before.stores if store.name != name]
        written = document.get("copies")
        if rest and written is not None and written > len(rest):
            why = f"{written} copies are asked for, and {len(rest)} would be left"
            raise BadConfigurationError(f"store {name}", f"{why}; first: mandegar store copies {len(rest)}")
        tables = _tables(document)
        del tables[[store.name for store in before.stores].index(name)]
        if not rest:
            document.remove("stores")
            if written is not None:
                document.remove("copies")
        return document.as_string()

    return _change(marker, remove)


def set_copies(marker: Path, copies: int) -> KeepingSettings:
    """Write how many copies make a file safe and return the whole.

    ``BadConfigurationError`` when there are not so many stores.
    """

    def put(document: TOMLDocument) -> str:
        if "copies" in document:
            document["copies"] = copies
            return document.as_string()
        # As text: tomlkit would put a new line right before the first table, under that table's comment.
        text = document.as_string()
        after = re.search(r"^format\s*=.*\n", text, re.MULTILINE)
        at = after.end() if after else 0
        return f"{text[:at]}copies = {copies}\n{text[at:]}"

    return _change(marker, put)


def _append(document: TOMLDocument, store: StoreSettings) -> str:
    from tomlkit import table  # only changes need it

    entry = table()
    for field in fields(store):
        value = getattr(store, field.name)
        if value is None or value is False:
            continue
        entry.add(field.name, value if isinstance(value, bool | int) else str(value))
    entry.trivia.indent = "\n"  # an empty line before [[stores]]
    _tables(document).append(entry)
    return document.as_string()


def _tables(document: TOMLDocument) -> AoT:
    """Return the ``[[stores]]``; made when there are none, and from ``stores = [{…}]``."""
    from tomlkit import aot, item
    from tomlkit.items import AoT

    found = document.get("stores")
    if isinstance(found, AoT):
        return found
    tables = aot()
    if found is not None:
        document.remove("stores")
        for values in found.unwrap():
            tables.append(item(values))
    document.append("stores", tables)
    made = document["stores"]
    if not isinstance(made, AoT):
        raise TypeError("tomlkit gave no array of tables back")
    return made


def _change(
    marker: Path, change: Callable[[TOMLDocument], str], *, try_only: bool = False
) -> KeepingSettings:
    from tomlkit import parse

    marker = Path(os.path.realpath(marker))
    try:
        with _alone(marker.parent):
            old = marker.read_text(encoding="utf-8")
            parse_settings(old, marker)
            new = change(parse(old))
            settings = parse_settings(new, marker)
            if new != old and not try_only:
                _replace(marker, new)
            return settings
    except UnicodeDecodeError as error:
        raise BadConfigurationError(str(marker), "it is not UTF-8 text") from error
    except FileNotFoundError as error:
        raise NotAnArchiveError(marker.parent, f"it has no {marker.name}") from error
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StoreFullError(f"no room is left on the disk of {marker}; nothing was changed") from error
        raise StoreError(f"{marker} cannot be changed: {error.strerror or error}") from error


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(marker: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{marker.name}.", dir=marker.parent)  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(marker)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(marker.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
