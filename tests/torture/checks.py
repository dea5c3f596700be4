"""What must hold of an archive whatever was done to it; each check raises ``AssertionError``."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fastwarc
from warcio.archiveiterator import ArchiveIterator

from archive import Archive
from archive.warc import verify_warc

PATIENCE_S = 20
NAMED_BY_EVERY_RUN = frozenset({"/", "/robots.txt"})
"""Looked at once in every run, also when it goes on with a crawl."""


@dataclass(frozen=True)
class Acknowledged:
    """What a catalogue says is kept, each thing under a name that never changes."""

    captures: dict[str, str] = field(default_factory=dict)
    """Record id to payload digest."""
    failures: frozenset[str] = frozenset()
    sightings: frozenset[tuple[str, str]] = frozenset()
    """An article's URL and the record that showed it."""
    comments: frozenset[tuple[str, str]] = frozenset()
    """An article's URL and the key of a comment."""
    done: frozenset[tuple[str, str]] = frozenset()
    """A crawl and the key of a request that needs nothing more; only of crawls that are not over."""
    open_urls: Counter[str] = field(default_factory=Counter)
    """Requests not done by URL."""
    known_urls: frozenset[str] = frozenset()
    """URLs of all requests, of crawls that are not over."""
    going: frozenset[str] = frozenset()
    """Crawls that are not over."""

    def assert_kept_by(self, later: Acknowledged) -> None:
        """Everything is still there."""
        assert not (lost := set(self.captures) - set(later.captures)), f"captures lost: {sorted(lost)}"
        changed = {one for one in self.captures if self.captures[one] != later.captures[one]}
        assert not changed, f"captures have another payload: {sorted(changed)}"
        for name in ("failures", "sightings", "comments"):
            assert not (lost := getattr(self, name) - getattr(later, name)), f"{name} lost: {sorted(lost)}"
        lost = {one for one in self.done - later.done if one[0] in later.going}
        assert not lost, f"requests no longer done: {sorted(lost)}"


_ROWS = {
    "captures": "SELECT record_id, payload_digest FROM captures",
    "failures": "SELECT record_id FROM failures",
    "sightings": "SELECT a.url_key, s.record_id FROM sightings s JOIN articles a ON a.id = s.article",
    "comments": "SELECT a.url_key, c.key FROM comments c JOIN articles a ON a.id = c.article",
    "frontier": "SELECT c.name, f.key, f.state, f.url FROM frontier f JOIN crawls c ON c.id = f.crawl",
    "going": "SELECT name FROM crawls WHERE state IN ('running', 'interrupted')",
}


@contextlib.contextmanager
def copied(archive: Path) -> Iterator[Path]:
    """Give a folder that reads as the archive does, so that looking changes nothing of it."""
    with tempfile.TemporaryDirectory(prefix="looked-at-") as name:
        folder = Path(name)
        for part in ("mandegar.toml", "catalogue.sqlite", "catalogue.sqlite-wal"):
            if (archive / part).exists():
                shutil.copyfile(archive / part, folder / part)
        (folder / "warc").symlink_to(archive / "warc")
        yield folder


def acknowledged(archive: Path) -> Acknowledged:
    """Read what the catalogue has, as a reader would see it now."""
    with copied(archive) as folder:
        path = folder / "catalogue.sqlite"
        if not path.exists():
            return Acknowledged()
        with contextlib.closing(sqlite3.connect(path)) as reading:
            found: dict[str, list[tuple[Any, ...]]] = {
                name: reading.execute(query).fetchall() for name, query in _ROWS.items()
            }
            broken = reading.execute("PRAGMA integrity_check").fetchall()
    assert broken == [("ok",)], f"the catalogue is broken: {broken}"
    rows = found["frontier"]
    return Acknowledged(
        captures=dict(found["captures"]),
        failures=frozenset(one for (one,) in found["failures"]),
        sightings=frozenset(found["sightings"]),
        comments=frozenset(found["comments"]),
        done=frozenset((crawl, key) for crawl, key, state, _ in rows if state == "done"),
        open_urls=Counter(url for _, _, state, url in rows if state != "done"),
        known_urls=frozenset(url for *_, url in rows),
        going=frozenset(one for (one,) in found["going"]),
    )


def assert_readable(archive: Path, known: Acknowledged) -> None:
    """Every capture comes back with the payload that it was acknowledged with."""
    if not known.captures:
        return
    with copied(archive) as folder, Archive.open(folder) as opened:
        for record_id, digest in known.captures.items():
            capture = opened.catalogue.capture(record_id)
            assert capture is not None, f"{record_id} is not in the catalogue"
            stored = opened.load(capture)
            found = "sha256:" + base64.b32encode(hashlib.sha256(stored.entity).digest()).decode()
            assert found == digest, f"{capture.url} ({record_id}) has another payload than was acknowledged"


def validate(path: Path) -> int:
    """Return how many records three validators find, all without fault: ours, warcio, fastwarc."""
    faults = list(verify_warc(path))
    assert not faults, f"{path.name}: {faults}"
    with path.open("rb") as file:
        records = 0
        for record in ArchiveIterator(file, check_digests="raise"):
            record.content_stream().read()
            records += 1
    others = 0
    with path.open("rb") as file:
        for record in fastwarc.ArchiveIterator(file, parse_http=False):
            others += 1
            # A revisit has no payload of its own: its block digest is of what is there.
            assert record.verify_block_digest(), f"{path.name}: fastwarc finds a wrong block digest"
    assert records == others > 0, f"{path.name}: warcio reads {records} records, fastwarc {others}"
    return records


class ClosedFiles:
    """The closed WARC files of an archive: valid when they appear, and never again changed."""

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        self._known: dict[Path, bytes] = {}
        self.records = 0

    def check(self) -> None:
        """Validate what is new; what was there before is the same, byte for byte."""
        found = {
            path: hashlib.sha256(path.read_bytes()).digest()
            for path in sorted((self._archive / "warc").rglob("*.warc.gz"))
        }
        for path, digest in self._known.items():
            assert found.get(path) == digest, f"{path.name} was closed, and has been changed or removed since"
        for path in found.keys() - self._known.keys():
            self.records += validate(path)
        self._known = found

    def __len__(self) -> int:
        return len(self._known)


def assert_closed(archive: Path) -> None:
    """No WARC file is left open."""
    left = sorted((archive / "warc").rglob("*.open"))
    assert not left, f"left open: {left}"


def assert_alone(group: int) -> None:
    """No process of a killed crawl is left."""
    until = time.monotonic() + PATIENCE_S
    while left := _processes_of(group):
        assert time.monotonic() < until, f"processes outlive their crawl: {left}"
        time.sleep(0.01)


def _processes_of(group: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The command in field 2 may hold spaces and parentheses: count after the last one (proc(5)).
            state, _, number, *_ = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(number) == group and state not in {"Z", "X"} and int(path.parent.name) != os.getpid():
            found.append(int(path.parent.name))
    return found


def assert_fetched_for_a_reason(
    asked: Counter[str], earlier: Counter[str], before: Acknowledged, once: Counter[str], url: str
) -> int:
    """No page was fetched more than the kills explain; return how many were fetched again.

    ``asked`` is what one run asked for, ``earlier`` what all runs before it did, ``before`` how things stood
    as it began, ``once`` what an undisturbed crawl asks for, all by path.
    """
    root = url.rstrip("/")
    too_often = {path: count for path, count in asked.items() if count > once[path]}
    assert not too_often, f"asked for more often in one run than an undisturbed crawl does: {too_often}"
    again = {path for path in asked if earlier[path] and path not in NAMED_BY_EVERY_RUN}
    needless = {
        path for path in again if root + path in before.known_urls and not before.open_urls[root + path]
    }
    assert not needless, f"fetched again although they were done: {sorted(needless)}"
    return sum(min(asked[path], earlier[path]) for path in again)


def content(archive: Path) -> dict[str, Any]:
    """Return everything a crawl is made for, without times and numbers."""
    with Archive.open(archive) as opened:
        catalogue = opened.catalogue
        return {
            one.url: (
                [
                    (version.article.title, version.article.paragraphs)
                    for version in catalogue.versions(one.id)
                ],
                {
                    record.comment.key: (record.comment, record.gone_since is None)
                    for record in catalogue.comments(one.id)
                },
            )
            for one in sorted(catalogue.articles(limit=100_000), key=lambda one: one.url)
        }


def assert_same_content(found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Two archives hold the same; what differs is told article by article."""
    differing = [
        f"{url}: {found.get(url)!r} instead of {wanted.get(url)!r}"
        for url in sorted(found.keys() | wanted.keys())
        if found.get(url) != wanted.get(url)
    ]
    assert not differing, "\n".join(differing)


def assert_captured(archive: Path, wanted: set[str]) -> None:
    """Every one of these URLs has a capture."""
    missing = wanted - captured_urls(archive)
    assert not missing, f"never fetched: {sorted(missing)}"


def captured_urls(archive: Path) -> set[str]:
    """Return every URL that has a capture."""
    with contextlib.closing(sqlite3.connect(archive / "catalogue.sqlite")) as reading:
        return {url for (url,) in reading.execute("SELECT DISTINCT url FROM captures")}
