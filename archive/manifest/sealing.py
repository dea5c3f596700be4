"""Makes the next manifest of a chain.

Called by whoever holds the archive, when a crawl has closed its files (the archive's own chain) and when
copies were verified in a store (that store's). A killed sealing leaves nothing, or a manifest that no row
names; the next sealing finds that one by its path, checks that it follows, and notes it.
"""

from __future__ import annotations

import fcntl
import logging
import os
import tempfile
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from archive.catalogue.manifests import ManifestRow
from archive.manifest.chain import (
    Link,
    check_chain,
    follows_gap,
    link_of,
    lost_manifests,
    misfit,
    read_link,
)
from archive.manifest.manifest import (
    WARC_FOLDER,
    Head,
    ManifestBody,
    Previous,
    is_file_path,
    manifest_path,
)
from archive.manifest.parsing import ManifestReader
from archive.manifest.places import ARCHIVE, FolderPlace, Place, StorePlace
from model import DamagedArchiveError, ObjectDiffersError, ObjectMissingError, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archive.catalogue import Catalogue
    from archive.catalogue.ledger import WarcFile
    from archive.objects import ObjectStore

logger = logging.getLogger(__name__)

# A manifest of so many records is about 60 MB; what comes after them is in the next one.
MAX_RECORDS: Final = 250_000
_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A file that could not be sealed; the next sealing tries it again."""

    path: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What a sealing did."""

    manifests: tuple[str, ...] = ()
    """Paths of those made now, or found and noted."""
    files: int = 0
    refused: tuple[Refused, ...] = ()
    lost: tuple[str, ...] = ()
    """Paths of manifests that are missing or changed; what they covered is covered anew."""


def seal(
    catalogue: Catalogue,
    folder: Path,
    store: ObjectStore | None = None,
    *,
    now: datetime | None = None,
    max_records: int = MAX_RECORDS,
) -> Sealed:
    """Cover by manifests all that a chain does not cover yet; nothing to cover makes none.

    ``folder`` is the archive's. Without ``store`` the archive's own chain is meant, and every closed file
    below ``warc/`` that the ledger knows; with one, every file with a verified copy in it. A file
    that is not what the catalogue says is refused and told, never sealed. ``DamagedArchiveError`` when
    the chain does not hold, ``RemoteStoreError``, ``StoreFullError``; whatever was made before is noted.
    """
    place = place_of(folder, store)
    with _alone(folder, place.name):
        return _Sealing(catalogue, folder, store, place).run(now, max_records)


def note_chain(catalogue: Catalogue, folder: Path, store: ObjectStore | None = None) -> Sealed:
    """Note every manifest that lies in a place and that no row names, after checking it: for a new catalogue.

    Makes none. Errors as :func:`seal`.
    """
    place = place_of(folder, store)
    with _alone(folder, place.name):
        return _Sealing(catalogue, folder, store, place).note_found(datetime.now(UTC).date())


@contextmanager
def _scratch(folder: Path) -> Iterator[BinaryIO]:
    """Give a file without a name, on the archive's own disk; nothing of it is left, whatever happens."""
    try:
        file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed below, in a way of our own
    except OSError as error:
        raise StoreError(f"{folder} cannot be written to: {error.strerror or error}") from error
    try:
        yield cast("BinaryIO", file)
    finally:
        # What it still had to write when the disk was full is of no use to anybody.
        with suppress(OSError):
            file.close()


@contextmanager
def _alone(folder: Path, chain: str) -> Iterator[None]:
    """Wait for other threads and processes that seal this chain from here: they would do the same work."""
    locks = folder / "locks" / "sealing"
    name = "own" if chain == ARCHIVE else f"store-{chain}"
    try:
        locks.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        lock = os.open(locks / f"{name}.lock", flags, 0o600)
    except OSError as error:
        raise StoreError(f"{locks} cannot be written to: {error.strerror or error}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


class _Sealing:
    def __init__(self, catalogue: Catalogue, folder: Path, store: ObjectStore | None, place: Place) -> None:
        self._catalogue = catalogue
        self._folder = folder
        self._store = store
        self._place = place
        self._made: list[str] = []
        self._refused: dict[str, Refused] = {}
        self._lost: list[str] = []
        self._files = 0

    def run(self, now: datetime | None, max_records: int) -> Sealed:
        tries = 0
        moment = now or datetime.now(UTC)
        last = self._newest(moment.date())
        while waiting := self._waiting():
            with (
                _scratch(self._folder) as spool,
                _scratch(self._folder) as whole,
            ):
                body = ManifestBody(spool)
                covered = self._collect(body, waiting, max_records)
                if not covered:
                    break
                head = _next_head(self._place.name, last, body, now or datetime.now(UTC))
                sha256, size = body.write(head, whole)
                try:
                    self._place.put(head.path, whole, sha256=sha256, size=size)
                except ObjectDiffersError:
                    # Another process was faster, or a listing lagged: go on from what lies there.
                    tries += 1
                    if tries == _TRIES:
                        raise
                    last = self._adopt(head.path, last)
                    continue
            last = link_of(head, sha256)
            self._note(last, sha256, covered)
        return Sealed(
            manifests=tuple(self._made),
            files=self._files,
            refused=tuple(self._refused.values()),
            lost=tuple(self._lost),
        )

    def note_found(self, today: date) -> Sealed:
        self._newest(today)
        return Sealed(manifests=tuple(self._made), files=self._files)

    def _waiting(self) -> list[WarcFile]:
        files = self._catalogue.manifests.uncovered(self._place.name, local=self._store is None)
        # By code points, whatever the order of a database's language is.
        return sorted((one for one in files if one.key not in self._refused), key=lambda one: one.key)

    # --- what a manifest covers

    def _collect(
        self, body: ManifestBody, waiting: list[WarcFile], max_records: int
    ) -> list[tuple[str, int, str]]:
        covered: list[tuple[str, int, str]] = []
        for file in waiting:
            path = WARC_FOLDER + file.key
            if not is_file_path(path):
                self._refuse(file.key, "its name holds spaces or letters beyond ASCII; give it a plain one")
                continue
            try:
                with closing(self._open(file)) as source:
                    found = body.add(path, source, sha256=file.sha256, size=file.size)
            except (ObjectMissingError, ObjectDiffersError, DamagedArchiveError) as error:
                self._refuse(file.key, str(error))
                continue
            except OSError as error:
                self._refuse(file.key, f"it cannot be read: {error.strerror or error}")
                continue
            if found is None:
                self._refuse(
                    file.key,
                    "it is not what the catalogue says (size or SHA-256): it was changed, or is damaged",
                )
                continue
            if file.sha256 is None:
                self._catalogue.ledger.note_sha256(file.key, found.sha256)
            covered.append((file.key, found.bytes, found.sha256))
            if body.tree.leaves >= max_records:
                break
        return covered

    def _open(self, file: WarcFile) -> BinaryIO:
        """Open a file: here when it is here (a verified copy is the same bytes), else in the store."""
        path = WARC_FOLDER + file.key
        if self._store is None or (file.is_local and file.sha256 and (self._folder / path).exists()):
            return (self._folder / path).open("rb")
        copies = self._catalogue.ledger.copies_of(file.key)
        version = next((copy.version_id for copy in copies if copy.store == self._place.name), None)
        return self._store.open(path, version)

    def _refuse(self, key: str, why: str) -> None:
        self._refused[key] = Refused(path=WARC_FOLDER + key, why=why)
        logger.warning("no manifest covers %s%s: %s", WARC_FOLDER, key, why)

    # --- where the chain stands

    def _newest(self, today: date) -> Link | None:
        """Return the newest manifest, after noting those that lie there and that no row names."""
        rows = self._catalogue.manifests.of_store(self._place.name)
        if not rows:
            last = None
            unnoted = self._whole_chain()
        else:
            last = self._noted(rows)
            unnoted = self._later_than(last, today)
        for path in unnoted:
            last = self._adopt(path, last)
        return last

    def _noted(self, rows: list[ManifestRow]) -> Link:
        """Return the newest manifest as the catalogue noted it, after comparing every byte of its head.

        Where it is gone the chain goes on after it: the next manifest names it, and covers anew what those
        that are gone covered. One that was changed is for a person.
        """
        row = rows[-1]
        given_up = self._catalogue.manifests.given_up(self._place.name)
        lost = [] if row.path in given_up else lost_manifests(self._place, [row])
        if lost and self._place.exists(row.path):
            raise DamagedArchiveError(
                f"{self._place.name}: {row.path} is not what was put there ({lost[0].message}); no manifest"
                " is made after it until a person has looked: `mandegar store repair` gives it up"
            )
        for gone in rows if lost else ():
            if gone.path not in given_up and not self._place.exists(gone.path):
                self._lost.append(gone.path)
                self._catalogue.manifests.lose(self._place.name, gone.path)
                logger.warning(
                    "the manifest %s of %s is gone; what it covered is covered anew", gone.path, gone.store
                )
        head = Head(
            store=self._place.name,
            day=date.fromisoformat(row.day),
            number=row.number,
            made_at=row.made_at,
            previous=None,
            leaves=row.leaves,
            root=row.root,
        )
        return Link(head=head, head_text="", head_sha256=row.head_sha256, sha256=row.sha256)

    def _whole_chain(self) -> list[str]:
        """Return all paths of a chain that the catalogue knows nothing of; but for gaps it must hold."""
        links, faults = check_chain(self._place, whole=False)
        for fault in faults:
            if not fault.is_gap:
                raise DamagedArchiveError(
                    f"the manifests of {self._place.name} are no chain, and none is made after them:"
                    f" {fault.message}"
                )
            logger.warning("the manifests of %s have a gap: %s", self._place.name, fault.message)
        return [link.path for link in links]

    def _later_than(self, last: Link, today: date) -> list[str]:
        """Return the paths after ``last``: those listed, and, as a listing may lag, those that come next."""
        years = range(last.head.day.year, max(last.head.day, today).year + 1)
        found = {path for year in years for path in self._place.paths(f"{year:04d}") if path > last.path}
        guess = manifest_path(last.head.day, last.head.number + 1)
        while guess in found or self._place.exists(guess):
            found.add(guess)
            guess = manifest_path(last.head.day, int(guess[-10:-5]) + 1)
        first_today = manifest_path(today, 1)
        if today > last.head.day and self._place.exists(first_today):
            found.add(first_today)
        return sorted(found)

    def _adopt(self, path: str, last: Link | None) -> Link:
        """Note a manifest that lies in its place after checking all of it, and that it follows ``last``."""
        covered: list[tuple[str, int, str]] = []
        with closing(self._place.open(path)) as file:
            reader = ManifestReader(file, path)
            covered.extend((one.warc_key, one.bytes, one.sha256) for one in reader.files())
            link = Link(
                head=reader.head,
                head_text=reader.head_text,
                head_sha256=reader.head_sha256,
                sha256=reader.sha256,
            )
        why = f"it calls itself {link.path}" if link.path != path else misfit(last, link)
        if why is not None and not self._follows_gap(last, link):
            raise DamagedArchiveError(
                f"{self._place.name}: {path} is no part of the chain: {why}; a person must look what is right"
            )
        self._note(link, reader.sha256, covered)
        return link

    def _follows_gap(self, last: Link | None, link: Link) -> bool:
        named = link.head.previous
        readable = [] if named is None or self._is_lost(named.path) else [named.path]
        return follows_gap(last, link, readable)

    def _is_lost(self, path: str) -> bool:
        try:
            read_link(self._place, path)
        except (ObjectMissingError, DamagedArchiveError):
            return True
        return False

    def _note(self, link: Link, sha256: str, covered: list[tuple[str, int, str]]) -> None:
        head = link.head
        row = ManifestRow(
            store=self._place.name,
            path=head.path,
            day=f"{head.day:%Y-%m-%d}",
            number=head.number,
            sha256=sha256,
            head_sha256=link.head_sha256,
            root=head.root,
            leaves=head.leaves,
            made_at=head.made_at,
        )
        self._catalogue.manifests.note(row, covered)
        self._made.append(head.path)
        self._files += len(covered)


def _next_head(store: str, last: Link | None, body: ManifestBody, now: datetime) -> Head:
    # A clock that was set back does not turn the order of the chain: the day stays, made_at says what it was.
    today = now.astimezone(UTC).date()
    day = today if last is None else max(today, last.head.day)
    number = 1 if last is None or day > last.head.day else last.head.number + 1
    if number > 99_999:
        raise StoreError(f"{store}: 99,999 manifests on {day}; the next is made tomorrow")
    previous = None
    if last is not None:
        previous = Previous(
            path=last.path,
            sha256=last.sha256 or "",
            head_sha256=last.head_sha256,
            root=last.head.root,
        )
    return Head(
        store=store,
        day=day,
        number=number,
        made_at=now.astimezone(UTC).replace(microsecond=0),
        previous=previous,
        leaves=body.tree.leaves,
        root=body.tree.root().hex(),
    )


def place_of(folder: Path, store: ObjectStore | None) -> Place:
    """Return where a chain lies: the archive's own, or a store's."""
    return FolderPlace(folder) if store is None else StorePlace(store)
