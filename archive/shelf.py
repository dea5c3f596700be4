"""Finds the bytes of a WARC file wherever they lie: on this disk, else in a store, else in the next one.

Stores are asked only when the local file is missing (or damaged), and opened only when they are asked. What
``mandegar.toml`` says is read no earlier, either: an archive without stores never needs it.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Final, TypeVar

from archive.cache import BlockCache
from archive.catalogue import CopyState
from archive.folder import MARKER
from archive.objects import KeepingSettings, read_settings
from archive.objects.opening import open_store
from model import (
    BadConfigurationError,
    CopiesAwayError,
    DamagedArchiveError,
    MandegarError,
    ObjectMissingError,
    RemoteStoreError,
    StoreError,
    StoreUnreachableError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from archive.catalogue import FileCopy, Ledger
    from archive.objects import ObjectStore

WARC_PREFIX: Final = "warc/"
"""What stands before a file's key in every store."""
_MB: Final = 1_000_000
# A store that did not answer is asked last for so long: a page needs many records, and each would wait anew.
_AWAY_S: Final = 60.0
# Where a person waits it is not even asked again for so long: the parts of a page, some dozens, would each
# wait. Short, so that «reload» finds the store that came back.
_PASSED_OVER_S: Final = 10.0
T = TypeVar("T")


class Stores:
    """The stores of an archive, each opened once, when it is first asked for.

    May be used from several threads, and by several :class:`archive.Archive` objects of one folder. When
    ``mandegar.toml`` changes, it is read anew.
    """

    def __init__(self, path: Path, *, cached: bool = True, patient: bool = True) -> None:
        """Nothing is opened yet.

        ``cached=False``: everything is read from where it lies, and this disk keeps nothing of it.
        ``patient=False``: somebody waits for what is read, so a store that does not answer is given up soon.
        """
        self._path = path
        self._patient = patient
        self._cached = cached
        self._lock = threading.RLock()
        self._stamp: tuple[int, int] | None = None
        self._settings = KeepingSettings()
        self._opened: dict[str, ObjectStore] = {}
        self._cache: BlockCache | None = None
        self._away: dict[str, float] = {}

    @property
    def settings(self) -> KeepingSettings:
        """Return what ``mandegar.toml`` says now; ``BadConfigurationError``."""
        marker = self._path / MARKER
        with self._lock:
            try:
                about = marker.stat()
                stamp = (about.st_mtime_ns, about.st_ino)
            except OSError:
                stamp = (0, 0)
            if stamp != self._stamp:
                self._settings = read_settings(marker)
                self._stamp = stamp
                self._opened.clear()
                self._cache = self._make_cache(self._settings)
            return self._settings

    def open(self, name: str) -> ObjectStore:
        """Return the store of that name, with the archive's cache before a bucket.

        ``BadConfigurationError`` when there is none, or ``StoreRefusedError`` as :func:`open_store`.
        """
        with self._lock:
            settings = self.settings.store(name)
            if name not in self._opened:
                self._opened[name] = open_store(settings, cache=self._cache, patient=self._patient)
            return self._opened[name]

    def away(self) -> set[str]:
        """Return the names of stores that did not answer a short while ago."""
        now = time.monotonic()
        with self._lock:
            return {name for name, until in self._away.items() if until > now}

    def passed_over(self, name: str) -> StoreUnreachableError | None:
        """Return why a store is not asked now, where somebody waits and it was silent a moment ago."""
        with self._lock:
            left = self._away.get(name, 0.0) - time.monotonic() - (_AWAY_S - _PASSED_OVER_S)
        if self._patient or left <= 0:
            return None
        return StoreUnreachableError(name, "it did not answer a moment ago; try again in a few seconds")

    def note_answer(self, name: str, *, came: bool) -> None:
        """Note whether a store answered."""
        with self._lock:
            if came:
                self._away.pop(name, None)
            else:
                self._away[name] = time.monotonic() + _AWAY_S

    def _make_cache(self, settings: KeepingSettings) -> BlockCache | None:
        if settings.cache_mb == 0 or not self._cached:
            return None
        return BlockCache(
            self._path / "cache",
            limit_bytes=settings.cache_mb * _MB,
            reserve_bytes=settings.disk_reserve_mb * _MB,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a file may lie."""

    name: str
    """For messages: a path, or the store and the key."""
    open: Callable[[], BinaryIO]
    store: str | None = None
    """``None``: on this disk."""


class Shelf:
    """Gives WARC files of an archive by their keys."""

    def __init__(self, warc_folder: Path, stores: Stores, ledger: Ledger) -> None:
        self._warc_folder = warc_folder
        self._stores = stores
        self._ledger = ledger

    @property
    def stores(self) -> Stores:
        """Return the stores that it asks."""
        return self._stores

    def local_path(self, warc_key: str) -> Path:
        """Return where a WARC file lies on this disk, if it does: under its closed name, or still open.

        ``DamagedArchiveError`` for a key that leads out of the folder: a catalogue may come from elsewhere.
        """
        parts = PurePosixPath(warc_key)
        if parts.is_absolute() or ".." in parts.parts or "\0" in warc_key or not parts.name:
            raise DamagedArchiveError(f"the catalogue names a WARC file outside the archive: {warc_key!r}")
        path = self._warc_folder / warc_key
        return path if path.exists() else path.with_name(path.name + ".open")

    def read(self, warc_key: str, action: Callable[[BinaryIO, str], T]) -> T:
        """Return what ``action`` makes of a file: given a seekable reader, and a name for messages.

        When it raises ``DamagedArchiveError``, or a store cannot be read, the next place is tried, so it may
        be called several times. ``DamagedArchiveError`` joins what was wrong everywhere; a single fault is
        raised as it is.
        """

        def act(place: _Place) -> T:
            with place.open() as reader:
                return action(reader, place.name)

        return self._first(warc_key, act)

    @contextmanager
    def open(self, warc_key: str) -> Iterator[BinaryIO]:
        """Open a file at the first place where it can be opened; errors as :meth:`read`.

        Only :meth:`read` turns to the next place when what was opened proves to be damaged.
        """
        with self._first(warc_key, lambda place: place.open()) as reader:
            yield reader

    # --- within

    def _first(self, warc_key: str, action: Callable[[_Place], T]) -> T:
        """Return what ``action`` gives at the first place where it does not fail."""
        faults: list[MandegarError] = []
        for place in self._places(warc_key, faults):
            try:
                done = action(place)
            except (DamagedArchiveError, RemoteStoreError) as error:
                faults.append(error)
                if place.store is not None and isinstance(error, StoreUnreachableError):
                    self._stores.note_answer(place.store, came=False)
            except OSError as error:
                faults.append(StoreError(f"{place.name} cannot be read: {error.strerror or error}"))
            else:
                if place.store is not None:
                    self._stores.note_answer(place.store, came=True)
                return done
        raise self._nowhere(warc_key, faults)

    def _places(self, warc_key: str, faults: list[MandegarError]) -> Iterator[_Place]:
        """Yield places, the nearest first; what cannot even be asked goes to ``faults``."""
        path = self.local_path(warc_key)
        if path.exists():
            yield _Place(name=str(path), open=lambda: path.open("rb"))
            # A crawl may have closed the file between the two.
            closed = self.local_path(warc_key)
            if closed != path and closed.exists():
                yield _Place(name=str(closed), open=lambda: closed.open("rb"))
        try:
            settings = self._stores.settings
        except BadConfigurationError as error:
            faults.append(error)
            return
        copies = {copy.store: copy for copy in self._ledger.copies_of(warc_key)} if settings.stores else {}
        # Copies that were verified first; then, what the ledger does not know or thinks ill of: a new
        # catalogue knows of no copy, and one damaged record leaves the others readable.
        away = self._stores.away() if settings.stores else set()
        names = [store.name for store in settings.stores]
        names.sort(key=lambda name: (name in away, _rank(copies.get(name))))
        for name in names:
            yield from self._in_store(name, warc_key, copies.get(name), faults)

    def _in_store(
        self, name: str, warc_key: str, copy: FileCopy | None, faults: list[MandegarError]
    ) -> Iterator[_Place]:
        key = WARC_PREFIX + warc_key
        version_id = copy.version_id if copy is not None and copy.state is not CopyState.PENDING else None
        passed_over = self._stores.passed_over(name)
        if passed_over is not None:
            faults.append(passed_over)
            return
        try:
            store = self._stores.open(name)
        except (RemoteStoreError, BadConfigurationError) as error:
            faults.append(error)
            return
        called = f"store {name}: {key}"
        yield _Place(name=called, store=name, open=lambda: store.open(key, version_id))
        if version_id is not None and any(isinstance(fault, ObjectMissingError) for fault in faults[-1:]):
            # That version is gone; the object may have been put again since (a repair, another catalogue).
            yield _Place(name=called, store=name, open=lambda: store.open(key))

    def _nowhere(self, warc_key: str, faults: list[MandegarError]) -> MandegarError:
        path = self._warc_folder / warc_key
        if not faults:
            return DamagedArchiveError(f"{path} is missing, and no store is set up that might have a copy")
        if len(faults) == 1 and path.exists():
            return faults[0]
        reasons = "; ".join(dict.fromkeys(str(fault) for fault in faults))
        here = "" if path.exists() else f"{path} is not here; "
        message = f"{warc_key} cannot be read anywhere: {here}{reasons}"
        away = dict.fromkeys(fault.store for fault in faults if isinstance(fault, StoreUnreachableError))
        return CopiesAwayError(message, tuple(away)) if away else DamagedArchiveError(message)


def _rank(copy: FileCopy | None) -> int:
    if copy is None:
        return 1
    return 0 if copy.state is CopyState.VERIFIED else 2
