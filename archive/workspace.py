"""An archive as a folder: a marker, the catalogue, and the WARC files that are the truth.

::

    mandegar.toml                         the marker: which format this folder has
    catalogue.sqlite                      derived: can be made again from the WARC files
    warc/<source>/<yyyy>/<mm>/<crawl>-<serial>.warc.gz
    crawl.log                             what the last crawls logged
"""

from __future__ import annotations

import os
import secrets
import tomllib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Self

from archive.catalogue import Catalogue
from archive.lock import WorkspaceLock
from archive.recorder import Recorder
from archive.warc import WarcWriter, close_left_open, load_response
from model import (
    Capture,
    Crawl,
    CrawlState,
    DamagedArchiveError,
    NotAnArchiveError,
    ResponseHead,
    Source,
    StoreError,
    StoreFullError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

FORMAT = 1
MARKER = "mandegar.toml"
# A crawl is not begun with less than this free: enough to close files and write the catalogue.
LEAST_FREE_BYTES = 64 << 20


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

    @classmethod
    def open(cls, path: Path, *, create: bool = False, exclusive: bool = False) -> Self:
        """Open an archive, or make one where nothing is.

        ``exclusive`` takes the folder for writing: ``StoreBusyError`` names who has it. Other errors:
        ``NotAnArchiveError``, ``DamagedArchiveError``, ``StoreFullError``.
        """
        marker = path / MARKER
        try:
            if not marker.exists():
                if not create:
                    why = f"it has no {MARKER}" if path.is_dir() else "there is no such folder"
                    raise NotAnArchiveError(path, why)
                _create(path, marker)
            _check_marker(path, marker)
        except OSError as error:
            raise _store_error(path, error) from error
        lock = WorkspaceLock(path, command="mandegar") if exclusive else None
        try:
            if exclusive:
                _check_room(path)
                close_left_open(path / "warc")
            catalogue = Catalogue.open(path / "catalogue.sqlite", create=create or exclusive)
            if exclusive:
                _note_interrupted(catalogue)
        except BaseException:
            if lock is not None:
                lock.release()
            raise
        return cls(path, catalogue, lock)

    def close(self) -> None:
        """Close the catalogue and let the folder go."""
        self.catalogue.close()
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

    # --- crawls

    def put_source(self, source: Source) -> None:
        """Write a source, or what is new about it."""
        with self.catalogue.write() as batch:
            batch.put_source(source)

    def start_crawl(self, source: str, interrupted: Crawl | None = None) -> Crawl:
        """Begin a crawl, or go on with an interrupted one: what was leased is fresh again."""
        now = datetime.now(UTC)
        crawl = (
            replace(interrupted, state=CrawlState.RUNNING, ended_at=None, note="")
            if interrupted
            else Crawl(
                id=f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}",
                source=source,
                state=CrawlState.RUNNING,
                started_at=now,
            )
        )
        with self.catalogue.write() as batch:
            batch.put_crawl(crawl)
            if interrupted:
                batch.frontier_release(crawl.id)
        return crawl

    def end_crawl(self, crawl: Crawl) -> Crawl:
        """Write how a crawl ended and return it; an interrupted one keeps its frontier.

        Articles and comments are counted from the catalogue: while it ran, a crawl that was interrupted
        once counted what both runs met twice.
        """
        articles, comments = self.catalogue.crawl_reach(crawl.id)
        crawl = replace(crawl, articles=articles, comments=comments)
        with self.catalogue.write() as batch:
            batch.put_crawl(crawl)
            if crawl.state is CrawlState.INTERRUPTED:
                batch.frontier_release(crawl.id)
            else:
                batch.frontier_clear(crawl.id)
        return crawl

    def recorder(self, crawl: Crawl, warcinfo: Mapping[str, str], *, deduplicate: bool = True) -> Recorder:
        """Return what writes a crawl into this archive."""
        writer = WarcWriter(self.warc_folder, source=crawl.source, crawl_id=crawl.id, warcinfo=warcinfo)
        return Recorder(catalogue=self.catalogue, writer=writer, crawl=crawl, deduplicate=deduplicate)

    # --- giving back

    def warc_path(self, warc_key: str) -> Path:
        """Return where a WARC file lies: under its closed name, or still open.

        ``DamagedArchiveError`` for a key that leads out of the folder: a catalogue may come from elsewhere.
        """
        parts = PurePosixPath(warc_key)
        if parts.is_absolute() or ".." in parts.parts or "\0" in warc_key or not parts.name:
            raise DamagedArchiveError(f"the catalogue names a WARC file outside the archive: {warc_key!r}")
        path = self.warc_folder / warc_key
        return path if path.exists() else path.with_name(path.name + ".open")

    def load(self, capture: Capture) -> StoredResponse:
        """Return an archived response; a revisit brings the body it refers to.

        ``DamagedArchiveError`` when a record is missing or broken.
        """
        stored = load_response(self.warc_path(capture.warc_key), capture.offset)
        entity = stored.entity
        if capture.revisit_of is not None:
            original = self.catalogue.capture(capture.revisit_of)
            if original is None:
                raise DamagedArchiveError(
                    f"capture {capture.record_id} refers to {capture.revisit_of}, "
                    "which the catalogue does not know"
                )
            entity = load_response(self.warc_path(original.warc_key), original.offset).entity
        return StoredResponse(capture=capture, head=stored.head, http=stored.http, entity=entity)


def _create(path: Path, marker: Path) -> None:
    if path.exists() and not path.is_dir():
        raise NotAnArchiveError(path, "it is a file")
    if path.is_dir() and any(path.iterdir()):
        raise NotAnArchiveError(path, "the folder holds other files; give an empty or new one")
    # Evidence is no business of others on this machine. A folder that a person made stays as they made it.
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    (path / "warc").mkdir(mode=0o700, exist_ok=True)
    text = f"# A Mandegar archive. The WARC files under warc/ are the truth.\nformat = {FORMAT}\n"
    marker.write_text(text, encoding="utf-8")


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


def _check_marker(path: Path, marker: Path) -> None:
    try:
        found = tomllib.loads(marker.read_text(encoding="utf-8")).get("format")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise NotAnArchiveError(path, f"its {MARKER} cannot be read: {error}") from error
    if found != FORMAT:
        raise NotAnArchiveError(path, f"it has format {found!r}, this program knows {FORMAT}")


def _check_room(path: Path) -> None:
    room = os.statvfs(path)
    free = room.f_bavail * room.f_frsize
    if free < LEAST_FREE_BYTES:
        raise StoreFullError(
            f"only {free / 1e6:.0f} MB are free where {path} lies; make room "
            f"({LEAST_FREE_BYTES / 1e6:.0f} MB at least) or give another folder with --archive"
        )


def _store_error(path: Path, error: OSError) -> StoreError:
    if error.errno == 28:  # ENOSPC
        return StoreFullError(f"no room left where {path} lies; make room or give another folder")
    return NotAnArchiveError(path, error.strerror or str(error))
