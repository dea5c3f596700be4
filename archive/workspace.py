"""An archive as a folder: a marker, the catalogue, and the WARC files that are the truth.

::

    mandegar.toml                         the marker: which format this folder has; its settings
    mandegar.lock, locks/                 who writes (``archive/lock.py``)
    catalogue.sqlite                      derived: can be made again from the WARC files
    warc/<source>/<yyyy>/<mm>/<crawl>-<serial>.warc.gz
    manifest/<yyyy>/<mm>/<dd>/<number>.json
                                          what lies below warc/, chained (``archive/manifest/manifest.py``)
    cache/                                blocks that were read from stores (``archive/cache.py``)
    crawl.log                             what the last crawls logged
"""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

from archive.catalogue import Catalogue
from archive.copies.finding import note_local_files
from archive.folder import MARKER, check_room, ensure_folder
from archive.lock import SourceLock, WorkspaceLock
from archive.manifest import Sealed, seal
from archive.note_file import write_learned_file, write_source_file
from archive.objects.settings import KeepingSettings, read_settings
from archive.recorder import Recorder
from archive.rereading import RereadRecorder
from archive.shelf import Shelf, Stores
from archive.warc import LoadedResponse, WarcWriter, close_left_open, load_response
from model import (
    Capture,
    Crawl,
    CrawlState,
    DamagedArchiveError,
    PageRole,
    ResponseHead,
    Source,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from types import TracebackType

    from archive.catalogue import LearnedRow


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResponse:
    """An archived response given back."""

    capture: Capture
    head: ResponseHead
    """Of this capture; a revisit keeps its own head."""
    http: bytes
    """The HTTP message exactly as archived; of a revisit, the head alone."""
    entity: bytes
    """The transfer-decoded, still content-coded body; of a revisit, that of the capture it refers to."""


class Archive:
    """An open archive; close it, or use it as a context manager."""

    def __init__(self, path: Path, catalogue: Catalogue, lock: WorkspaceLock | None) -> None:
        self.path = path
        self.catalogue = catalogue
        self._lock = lock
        self._stores: Stores | None = None
        self._shelf: Shelf | None = None
        self._claims: dict[str, SourceLock] = {}

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        create: bool = False,
        exclusive: bool = False,
        shared: bool = False,
        stores: Stores | None = None,
    ) -> Self:
        """Open an archive, or make one where nothing is.

        ``exclusive`` takes the folder for writing alone, ``shared`` beside other processes that say so
        (workers, each with sources of its own: :meth:`claim`); without either nothing but the catalogue is
        written. ``StoreBusyError`` names who is in the way. Other errors: ``NotAnArchiveError``,
        ``DamagedArchiveError``, ``StoreFullError``, ``BadConfigurationError``.
        """
        if exclusive and shared:
            raise ValueError("an archive is opened either exclusively or shared")
        ensure_folder(path, create=create)
        writes = exclusive or shared
        lock = WorkspaceLock(path, command="mandegar", shared=shared) if writes else None
        try:
            if writes:
                (path / "warc").mkdir(mode=0o700, exist_ok=True)
                check_room(path)
            had_catalogue = (path / "catalogue.sqlite").exists()
            catalogue = Catalogue.open(path / "catalogue.sqlite", create=create or writes)
            if exclusive:
                _mend(path / "warc", catalogue, had_catalogue)
                _note_interrupted(catalogue)
                note_local_files(catalogue.ledger, path / "warc")
        except BaseException:
            if lock is not None:
                lock.release()
            raise
        archive = cls(path, catalogue, lock)
        archive._stores = stores
        return archive

    def close(self) -> None:
        """Close the catalogue and let the folder go."""
        self.catalogue.close()
        for claim in self._claims.values():
            claim.release()
        self._claims.clear()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def warc_folder(self) -> Path:
        """Where the WARC files lie."""
        return self.path / "warc"

    @property
    def log_path(self) -> Path:
        """The file that crawls log to."""
        return self.path / "crawl.log"

    @property
    def settings(self) -> KeepingSettings:
        """What ``mandegar.toml`` says of keeping, as it stands there now; ``BadConfigurationError``."""
        return read_settings(self.path / MARKER)

    # --- crawls

    def claim(self, source: str) -> None:
        """Take the right to crawl a source; ``StoreBusyError`` names who has it. Kept until closed.

        Whoever has it knows that nobody is at work on the source: what killed crawls of it left open is
        closed, and those that still count as running are interrupted.
        """
        if self._lock is None:
            raise ValueError("an archive that is not opened for writing claims no source")
        if source in self._claims:
            return
        claim = SourceLock(self.path, source, command=f"mandegar, crawling {source}")
        try:
            close_left_open(self.warc_folder, source, last_offset=self.catalogue.last_offset)
            with self.catalogue.write() as batch:
                batch.interrupt_running(source)
            note_local_files(self.catalogue.ledger, self.warc_folder, source)
        except BaseException:
            claim.release()
            raise
        self._claims[source] = claim

    def put_source(self, source: Source) -> None:
        """Write a source, or what is new about it, outside a crawl: in a small WARC file of its own."""
        if source in self.catalogue.sources():
            return
        now, closed = write_source_file(self.warc_folder, source)
        with self.catalogue.write() as batch:
            batch.put_source(source)
            for key, size in closed:
                batch.note_closed(key, size, now)

    def keep_learned(self, learned: LearnedRow) -> None:
        """Keep what was learned of a source's pages: in a small WARC file of its own, then its row.

        ``UnknownNameError`` before anything is written.
        """
        self.catalogue.source(learned.source)
        now, closed = write_learned_file(self.warc_folder, learned)
        with self.catalogue.write() as batch:
            batch.put_learned(learned)
            for key, size in closed:
                batch.note_closed(key, size, now)

    def note_source(self, source: Source) -> None:
        """Write the row of a source whose record a crawl writes."""
        with self.catalogue.write() as batch:
            batch.put_source(source)

    def planned_crawl(self, source: str, interrupted: Crawl | None = None) -> Crawl:
        """Return a crawl that is to begin, or an interrupted one to go on with; nothing is written yet."""
        if interrupted:
            return replace(interrupted, state=CrawlState.RUNNING, ended_at=None, note="")
        now = datetime.now(UTC)
        return Crawl(
            id=f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}",
            source=source,
            state=CrawlState.RUNNING,
            started_at=now,
        )

    def start_crawl(self, source: str, interrupted: Crawl | None = None) -> Crawl:
        """Begin a crawl, or go on with an interrupted one, as :meth:`note_begun`."""
        return self.note_begun(self.planned_crawl(source, interrupted), goes_on=interrupted is not None)

    def note_begun(self, crawl: Crawl, *, goes_on: bool) -> Crawl:
        """Write the row of a crawl that begins or goes on: what was leased is fresh again."""
        with self.catalogue.write() as batch:
            batch.put_crawl(crawl)
            if goes_on:
                batch.frontier_release(crawl.id)
                # Each run asks for the front page itself.
                batch.frontier_forget(crawl.id, PageRole.SEED)
            else:
                # Pages that failed in the crawl before and were to be tried again.
                batch.frontier_adopt(crawl.id)
        return crawl

    def end_crawl(self, crawl: Crawl) -> Crawl:
        """Write how a crawl ended and return it; an interrupted one keeps its frontier.

        Of one that finished only failed pages stay that wait for another try: the next crawl makes it.

        Articles and comments are counted from the catalogue: while it ran, a crawl that was interrupted
        once counted what both runs met twice.
        """
        crawl = self.counted(crawl)
        with self.catalogue.write() as batch:
            batch.put_crawl(crawl)
            if crawl.state is CrawlState.INTERRUPTED:
                batch.frontier_release(crawl.id)
            else:
                batch.frontier_end(crawl.id, is_finished=crawl.state is CrawlState.FINISHED)
        return crawl

    def counted(self, crawl: Crawl) -> Crawl:
        """Return a crawl's row with its articles and comments as the catalogue counts them."""
        articles, comments = self.catalogue.crawl_reach(crawl.id)
        return replace(crawl, articles=articles, comments=comments)

    def recorder(
        self,
        crawl: Crawl,
        warcinfo: Mapping[str, str],
        *,
        deduplicate: bool = True,
        max_bytes: int = 1 << 30,
        max_age_s: float = 3600,
    ) -> Recorder:
        """Return what writes a crawl into this archive; a WARC file is closed at a size or an age."""
        closed: deque[tuple[str, int]] = deque()
        writer = WarcWriter(
            self.warc_folder,
            source=crawl.source,
            crawl_id=crawl.id,
            warcinfo=warcinfo,
            max_bytes=max_bytes,
            max_age_s=max_age_s,
            on_closed=lambda key, _, size: closed.append((key, size)),
        )
        return Recorder(
            catalogue=self.catalogue, writer=writer, crawl=crawl, deduplicate=deduplicate, closed=closed
        )

    def reread_recorder(self, source: str, warcinfo: Mapping[str, str]) -> RereadRecorder:
        """Return what writes what was read again from the captures of a source."""
        return RereadRecorder(self.catalogue, self.warc_folder, source=source, warcinfo=warcinfo)

    # --- vouching for what is kept

    def seal(self) -> Sealed:
        """Cover every closed file below ``warc/`` by a manifest of the archive's own chain; see
        :func:`archive.manifest.seal`."""
        return seal(self.catalogue, self.path)

    # --- giving back

    @property
    def shelf(self) -> Shelf:
        """What finds WARC files by their keys, on this disk and in stores."""
        if self._shelf is None:
            self._shelf = Shelf(self.warc_folder, self._stores or Stores(self.path), self.catalogue.ledger)
        return self._shelf

    def warc_path(self, warc_key: str) -> Path:
        """Return where a WARC file lies on this disk, if it does; see :meth:`Shelf.local_path`."""
        return self.shelf.local_path(warc_key)

    def open_warc(self, warc_key: str) -> AbstractContextManager[BinaryIO]:
        """Open a WARC file, wherever it lies; see :meth:`Shelf.open`."""
        return self.shelf.open(warc_key)

    def load(self, capture: Capture) -> StoredResponse:
        """Return an archived response, wherever it lies; a revisit brings the body it refers to.

        ``DamagedArchiveError`` when a record is missing or broken everywhere.
        """
        stored = self._response(capture)
        entity = stored.entity
        if capture.revisit_of is not None:
            original = self.catalogue.capture(capture.revisit_of)
            if original is None:
                raise DamagedArchiveError(
                    f"capture {capture.record_id} refers to {capture.revisit_of}, "
                    "which the catalogue does not know"
                )
            entity = self._response(original).entity
        return StoredResponse(capture=capture, head=stored.head, http=stored.http, entity=entity)

    def _response(self, capture: Capture) -> LoadedResponse:
        def load(reader: BinaryIO, name: str) -> LoadedResponse:
            return load_response(reader, capture.offset, name=name)

        return self.shelf.read(capture.warc_key, load)


def lock_whole(path: Path, command: str) -> WorkspaceLock:
    """Take an archive's folder alone without its catalogue, which may be broken; release what it returns.

    What killed crawls left open is closed. Errors as those of :meth:`Archive.open`.
    """
    ensure_folder(path, create=False)
    lock = WorkspaceLock(path, command=command)
    try:
        check_room(path)
        close_left_open(path / "warc")
    except BaseException:
        lock.release()
        raise
    return lock


def _mend(warc_folder: Path, catalogue: Catalogue, had_catalogue: bool) -> None:
    """Close what was left open; a catalogue that was just made cannot tell what was acknowledged."""
    try:
        close_left_open(warc_folder, last_offset=catalogue.last_offset if had_catalogue else None)
    except BaseException:
        catalogue.close()
        raise


def _note_interrupted(catalogue: Catalogue) -> None:
    """Mark the crawls that still count as running: whoever holds the lock knows that none is.

    The holder's name cannot tell: a container has another host name each time it starts.
    """
    try:
        with catalogue.write() as batch:
            batch.interrupt_running()
    except BaseException:
        catalogue.close()
        raise
