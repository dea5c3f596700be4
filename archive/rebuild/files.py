"""Which WARC files there are, where they can be read, and in which order they were written."""

from __future__ import annotations

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Protocol

from archive.rebuild.found import WarcFacts
from archive.warc.scan import DamageError, Scanner
from model import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from archive.warc.scan import Head

# What our own writer names its files; ``source-…`` holds a source that was added by hand, ``learned-…`` what
# was learned of its pages, ``reread-…`` what was read again from captures in other files.
_OURS = re.compile(
    r"(?P<source>[a-z0-9_]{1,200})/\d{4}/\d{2}/"
    r"(?:(?P<crawl>\d{8}T\d{6}Z-[0-9a-f]{4,16})|(?:source|learned)-\d{8}T\d{6}\d*Z?|"
    r"reread-\d{8}T\d{6}Z-[0-9a-f]{4,16})-(?P<serial>\d{5,9})\.warc\.gz"
)
_SOURCE_NAME = re.compile(r"[a-z0-9_]{1,200}")
_PATTERNS = ("*.warc.gz", "*.warc")
# Looked at for a warcinfo id when a file's own warcinfo is damaged.
_TRIES = 20
# Records are short and follow one another: one call to the kernel for many of them.
_BUFFER = 1 << 18
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Opener(Protocol):
    """Opens WARC files by key; travels between processes."""

    def __call__(self, key: str) -> BinaryIO:
        """Return a seekable reader of a file; ``StoreError`` or ``OSError``."""
        ...


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """Opens what lies below a folder."""

    folder: Path

    def __call__(self, key: str) -> BinaryIO:
        """Return a file, opened."""
        return (self.folder / key).open("rb", buffering=_BUFFER)


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcPlace:
    """A WARC file and who opens it."""

    key: str
    size: int
    closed_at: datetime
    """When it was last written, as its place says."""
    is_local: bool
    opener: Opener
    spares: tuple[Opener, ...] = ()
    """Who opens other copies of it, should this one be damaged."""


def local_files(folder: Path) -> Iterator[WarcPlace]:
    """Yield the closed WARC files below ``warc/``, ours or anyone's."""
    opener = LocalFolder(folder)
    for pattern in _PATTERNS:
        for path in folder.rglob(pattern):
            if path.is_symlink() or not path.is_file():
                continue
            stat = path.stat()
            yield WarcPlace(
                key=path.relative_to(folder).as_posix(),
                size=stat.st_size,
                closed_at=datetime.fromtimestamp(stat.st_mtime, UTC),
                is_local=True,
                opener=opener,
            )


def is_ours(key: str) -> bool:
    """Whether a key is one that our writer makes.

    >>> is_ours("org_example/2026/11/20261123T073000Z-4f1c-00001.warc.gz"), is_ours("a.warc.gz")
    (True, False)
    """
    return _OURS.fullmatch(key) is not None


def crawl_of(key: str) -> str:
    """Return the id of the crawl that a file's captures stand under; empty for a file without captures.

    >>> crawl_of("org_example/2026/11/20261123T073000Z-4f1c-00001.warc.gz")
    '20261123T073000Z-4f1c'
    """
    ours = _OURS.fullmatch(key)
    return (ours["crawl"] or "") if ours else _foreign_crawl(key)


def missing_serials(keys: Iterable[str]) -> list[str]:
    """Return the files that are not there though a later one of the same crawl is.

    A crawl may go on in another month: where a missing file lay is told by the one after it.

    >>> missing_serials(["a/2026/11/20261123T073000Z-4f1c-00002.warc.gz"])
    ['a/2026/11/20261123T073000Z-4f1c-00001.warc.gz']
    """
    crawls: dict[tuple[str, str], dict[int, str]] = {}
    for key in keys:
        found = _OURS.fullmatch(key)
        if found and found["crawl"]:
            crawls.setdefault((found["source"], found["crawl"]), {})[int(found["serial"])] = key
    missing = []
    for (_, crawl), serials in crawls.items():
        after = ""
        # From the last to the first; a hostile name may claim any serial, so no more than a few are named.
        for serial in range(max(serials), max(0, max(serials) - 100_000), -1):
            after = serials.get(serial, after)
            if serial not in serials:
                missing.append(f"{after.rpartition('/')[0]}/{crawl}-{serial:05d}.warc.gz")
    return sorted(missing)


def facts_of(place: WarcPlace) -> WarcFacts:
    """Return what a file's name and its first record say; ``StoreError`` when it cannot be opened."""
    ours = _OURS.fullmatch(place.key)
    try:
        with place.opener(place.key) as file:
            scanner = Scanner(file)
            head, begun_at = _first(scanner)
            info = head.id("WARC-Record-ID") if head and head.get("WARC-Type") == "warcinfo" else None
            if ours and info is None:
                info = _info_named(scanner)
            # A store tells the size of what it holds, which may be encrypted.
            size = file.seek(0, 2)
        if size == 0:
            raise StoreError(f"{place.key} is empty")
    except OSError as error:
        raise StoreError(f"{place.key} cannot be read: {error.strerror or error}") from error
    crawl_id = crawl_of(place.key)
    if begun_at is None:
        begun_at = _time_of(crawl_id) or _LONG_AGO
    return WarcFacts(
        key=place.key,
        size=size,
        source=ours["source"] if ours else _foreign_source(place.key),
        crawl_id=crawl_id,
        is_ours=ours is not None,
        serial=int(ours["serial"]) if ours else 0,
        begun_at=begun_at,
        warcinfo_id=info or "",
        is_compressed=scanner.compressed,
    )


def other_copy(place: WarcPlace) -> tuple[WarcPlace, WarcFacts] | None:
    """Return a file as its next copy shows it, or ``None`` when there is none that can be opened."""
    for at, opener in enumerate(place.spares):
        other = replace(place, opener=opener, spares=place.spares[at + 1 :])
        try:
            return other, facts_of(other)
        except StoreError:
            continue
    return None


def in_order(places: Sequence[WarcPlace]) -> tuple[list[tuple[WarcPlace, WarcFacts]], list[tuple[str, str]]]:
    """Return the files in the order in which they were written, and (key, why) of those not to be read.

    A file is begun when the one before it is closed; two files of a crawl stand by serial, whatever the clock
    said.
    """
    read: list[tuple[WarcPlace, WarcFacts]] = []
    unreadable: list[tuple[str, str]] = []

    def look(place: WarcPlace) -> tuple[WarcPlace, WarcFacts] | StoreError:
        try:
            return place, facts_of(place)
        except StoreError as error:
            return other_copy(place) or error

    # Threads: of files in a store each look is a request or two.
    with ThreadPoolExecutor(8) as pool:
        for place, seen in zip(places, pool.map(look, places), strict=True):
            if isinstance(seen, StoreError):
                unreadable.append((place.key, str(seen)))
            else:
                read.append(seen)
    latest: dict[str, datetime] = {}
    ordered = []
    for place, facts in sorted(read, key=lambda one: (_run(one[1]), one[1].serial, one[1].key)):
        begun_at = max(facts.begun_at, latest.get(_run(facts), facts.begun_at))
        latest[_run(facts)] = begun_at
        ordered.append((place, replace(facts, begun_at=begun_at)))
    ordered.sort(key=lambda one: (one[1].begun_at, one[1].crawl_id, one[1].serial, one[1].key))
    return ordered, unreadable


def _run(facts: WarcFacts) -> str:
    """Return what the files have in common that follow one another by serial."""
    return facts.crawl_id or PurePosixPath(facts.key).name.rpartition("-")[0]


def _first(scanner: Scanner) -> tuple[Head | None, datetime | None]:
    try:
        record = scanner.next()
    except DamageError:
        return None, None
    if record is None:
        return None, None
    try:
        moment = datetime.fromisoformat(record.head.get("WARC-Date") or "")
        return record.head, moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return record.head, None


def _info_named(scanner: Scanner) -> str | None:
    """Return the warcinfo that the first readable records name: the file's own is damaged."""
    for _ in range(_TRIES):
        found = scanner.find_next(scanner.offset)
        if found is None:
            return None
        scanner.offset = found
        try:
            record = scanner.next()
        except DamageError:
            continue
        if record is not None and (info := record.head.id("WARC-Warcinfo-ID")):
            return info
    return None


def _foreign_source(key: str) -> str:
    first = PurePosixPath(key).parts[0]
    return first if "/" in key and _SOURCE_NAME.fullmatch(first) else "foreign"


def _foreign_crawl(key: str) -> str:
    stem = PurePosixPath(key).name.removesuffix(".gz").removesuffix(".warc")
    return f"{stem[:100]}-{hashlib.sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"


def _time_of(crawl_id: str) -> datetime | None:
    try:
        return datetime.strptime(crawl_id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
