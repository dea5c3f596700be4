"""Archives with a few closed files, and the stores their copies go to."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from samples.shelf import shelf

from archive import Archive
from archive.catalogue import CopyState
from archive.copies.keeper import Keeper
from archive.copies.keeping import Keeping
from archive.copies.pace import Pace
from archive.objects import KeepingSettings, ObjectStore, StoreSettings
from archive.objects.folder import FolderStore
from model import Source

SOURCE = Source(name="org_example", origin="https://example.org/")
PAGES = 6
QUICK = Pace(first_s=0.01, most_s=0.05, refused_s=(0.05, 0.1), later_s=0.1, tries=3)
PATIENCE_S = 60


def fill(path: Path, *, files: int = 2, body: bytes = b"", pages: int = PAGES) -> list[str]:
    """Make an archive of so many closed files, each with some captures; return the files' keys."""
    if not path.exists() and not body:
        shutil.copytree(_filled(files, pages), path)
        return _keys(path)
    _crawl_into(path, files, body, pages)
    return _keys(path)


@cache
def _filled(files: int, pages: int) -> Path:
    """Make such an archive once in a process."""
    folder = tempfile.mkdtemp(prefix="mandegar-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "archive"
    _crawl_into(path, files, b"", pages)
    return path


def _crawl_into(path: Path, files: int, body: bytes, pages: int) -> None:
    for number in range(files):
        with shelf(path, SOURCE) as filling:
            for page in range(pages):
                text = f"<p>{number}-{page} " + "x" * 300 + "</p>"
                filling.keep(f"https://example.org/{number}/{page}", text.encode() + body)


def _keys(path: Path) -> list[str]:
    with Archive.open(path) as archive:
        return [file.key for file in archive.catalogue.ledger.files()]


@dataclass
class Kept:
    """An open archive with its stores."""

    archive: Archive
    keeping: Keeping
    notes: list[str] = field(default_factory=list)
    keepers: list[Keeper] = field(default_factory=list)

    def keeper(self, pace: Pace = QUICK) -> Keeper:
        """Make a keeper; it is stopped before the archive is closed."""
        self.keepers.append(Keeper(self.keeping, pace=pace, on_note=self.notes.append))
        return self.keepers[-1]

    def sync(self) -> None:
        """Put what is to be put, until nothing more can be."""
        keeper = self.keeper()
        keeper.start()
        keeper.finish()
        try:
            assert keeper.wait(PATIENCE_S)
        finally:
            keeper.stop()

    def states(self, store: str) -> set[CopyState]:
        ledger = self.keeping.ledger
        return {
            copy.state
            for file in ledger.files()
            for copy in ledger.copies_of(file.key)
            if copy.store == store
        }


@contextmanager
def kept(
    path: Path,
    *stores: ObjectStore,
    configured: tuple[StoreSettings, ...] = (),
    copies: int | None = None,
    keep_local_days: int | None = None,
) -> Iterator[Kept]:
    """Open an archive for writing, with these stores."""
    settings = KeepingSettings(
        stores=configured or tuple(StoreSettings(name=store.name, url=store.url) for store in stores),
        copies=copies or len(stores),
        keep_local_days=keep_local_days,
    )
    with Archive.open(path, exclusive=True) as archive:
        keeping = Keeping(catalogue=archive.catalogue, folder=path, settings=settings, stores=stores)
        here = Kept(archive=archive, keeping=keeping)
        try:
            yield here
        finally:
            for keeper in here.keepers:
                keeper.stop()


def folder_store(path: Path, name: str) -> FolderStore:
    return FolderStore(name, path / name)


def flip_bit(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 0x10
    path.chmod(0o600)
    path.write_bytes(data)


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.005)
