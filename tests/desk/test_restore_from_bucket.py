"""The machine is gone, the stores are there: a new folder, ``store add``, ``rebuild``, and all is as before.

As docs/stores.md tells a person to do it, on a real S3 server; what a command prints is what a process of its
own prints, but for the questions that are asked many times.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from samples.copies import flip_bit
from samples.whole_catalogue import assert_same, dump, from_warc
from servers.crawl_process import Ended, assert_plain, crawl, mandegar
from servers.desk_server import running_desk

from archive import Archive
from archive.manifest import ARCHIVE
from archive.objects import read_settings
from desk.cli import main
from desk.demo.newsroom import Newsroom

if TYPE_CHECKING:
    from servers.s3_server import S3

    from model import Capture

# What a store's ledger knows of files is another thing on another machine.
OF_PLACE = ("files", "manifests", "manifest_files")
QUESTIONS = (
    ("search", "خشکسالی", "--json"),
    ("search", "کتاب‌ها"),
    ("search", "زعفران"),
    ("show", "1"),
    ("show", "8"),
    ("show", "12"),
    ("source", "list"),
)


@dataclass(frozen=True)
class Kept:
    """What is left of a machine: its stores and what a person had noted of it."""

    s3: S3
    newsroom: Newsroom
    plain: str
    """A bucket with versions."""
    sealed: str
    """A bucket whose objects are encrypted."""
    folder: Path
    key_file: Path
    rows: dict[str, list[tuple[Any, ...]]]
    answers: list[str]
    capture: Capture
    revisit: Capture

    def add(self, archive: Path, where: str, *options: str) -> Ended:
        """Add a store as the first thing that is done."""
        arguments = [where, *options]
        if where.startswith("s3:"):
            arguments += ["--endpoint", self.s3.endpoint, "--region", "us-east-1", "--path-style"]
            arguments += ["--credentials-file", str(self.s3.credentials_file())]
        return mandegar(archive, "store", "add", *arguments)

    @property
    def at_plain(self) -> str:
        return f"s3://{self.plain}/press"

    @property
    def at_sealed(self) -> str:
        return f"s3://{self.sealed}/press"


def ask(archive: Path, *arguments: str) -> str:
    """Return what a command prints."""
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out):
        patch.setattr(sys, "argv", ["mandegar", "--archive", str(archive), *arguments])
        patch.setenv("COLUMNS", "80")
        with pytest.raises(SystemExit) as ended:
            main()
    assert not ended.value.code, arguments
    return out.getvalue()


@pytest.fixture(scope="module")
def kept(s3: S3, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """Crawl a newsroom twice into two buckets and a folder, and throw the machine away."""
    base = tmp_path_factory.mktemp("restore")
    archive = base / "machine" / "archive"
    archive.parent.mkdir()
    plain, sealed = s3.bucket(versioned=True), s3.bucket()
    key_file = base / "press.key"
    with Newsroom() as newsroom:
        given: dict[str, Any] = {
            "s3": s3,
            "newsroom": newsroom,
            "plain": plain,
            "sealed": sealed,
            "folder": base / "disk",
            "key_file": key_file,
        }
        blank = Kept(**given, rows={}, answers=[], capture=None, revisit=None)  # type: ignore[arg-type]
        assert mandegar(archive, "store", "new-key", str(key_file)).code == 0
        for where, options in (
            (blank.at_plain, ()),
            (blank.at_sealed, ("--name", "sealed", "--key-file", str(key_file))),
            (str(blank.folder), ()),
        ):
            added = blank.add(archive, where, *options)
            assert added.code == 0, added
        assert crawl(archive, newsroom.url).code == 0
        edited = newsroom.stories[1008]
        newsroom.edit(1008, title="بخشی از سود", paragraphs=edited.paragraphs[:1], modified=datetime.now(UTC))
        newsroom.delete(1003)
        newsroom.remove_comment(1012, 504)
        assert crawl(archive, newsroom.url).code == 0
        synced = mandegar(archive, "store", "sync")
        assert synced.code == 0, synced
        with Archive.open(archive) as opened:
            captures = opened.catalogue.captures(newsroom.url.rstrip("/") + newsroom.stories[1001].path)
            assert [one.revisit_of is None for one in captures] == [True, False]
        answers = [ask(archive, *question) for question in QUESTIONS]
        given |= {"rows": dump(archive), "answers": answers}
        shutil.rmtree(archive.parent)
        yield Kept(**given, capture=captures[0], revisit=captures[1])


def no_file_here(archive: Path) -> bool:
    """Whether no WARC file lies on this machine."""
    return not list(archive.rglob("*.warc*"))


def assert_all_is_there(kept: Kept, archive: Path) -> None:
    after = dump(archive)
    assert all(len(after[name]) for name in OF_PLACE)
    before, found = from_warc(kept.rows), from_warc(after)
    for rows in (before, found):
        # Files by name and size: they lie in a store now.
        rows["files"] = [row[:2] for row in rows["files"]]
    chains = {row[0] for row in found["manifests"]}
    for name in ("manifests", "manifest_files"):
        before[name] = [row for row in before[name] if row[0] in chains]
    assert before["manifests"]
    assert_same(before, found)
    assert [ask(archive, *question) for question in QUESTIONS] == kept.answers


@pytest.mark.parametrize("kind", ["plain", "encrypted"])
def test_from_a_bucket_alone_all_is_as_before(kept: Kept, tmp_path: Path, kind: str) -> None:
    archive = tmp_path / "new" / "archive"
    archive.parent.mkdir()
    if kind == "plain":
        # Whoever has the keys may delete: in a bucket with versions that hides an object, and no more.
        hide_one(kept)
        added = kept.add(archive, kept.at_plain)
    else:
        added = kept.add(archive, kept.at_sealed, "--key-file", str(kept.key_file), "--name", "sealed")
    assert added.code == 0, added
    assert_plain(added)
    assert "mandegar rebuild" in added.stdout
    made = mandegar(archive, "rebuild")
    assert made.code == 0, made
    assert_plain(made)
    assert no_file_here(archive)
    # Nothing was in the one that `store add` made.
    assert not list(archive.glob("*.before-rebuild-*"))
    assert_all_is_there(kept, archive)
    (store,) = read_settings(archive / "mandegar.toml").stores
    assert "0 of" not in ask(archive, "status")
    for arguments in (("verify",), ("verify", "--store", store.name)):
        verified = mandegar(archive, *arguments)
        assert (verified.code, "0 faults" in verified.stdout) == (0, True), verified
    assert_replays(kept, archive)
    assert_proves(kept, archive, tmp_path / "proof")
    assert no_file_here(archive)
    if kind == "plain":
        assert_goes_on(kept, archive, store.name)


def hide_one(kept: Kept) -> None:
    client = kept.s3.client()
    listed = client.list_objects_v2(Bucket=kept.plain, Prefix="press/warc/")["Contents"]
    client.delete_object(Bucket=kept.plain, Key=listed[0]["Key"])
    assert len(client.list_objects_v2(Bucket=kept.plain, Prefix="press/warc/")["Contents"]) < len(listed)


def assert_replays(kept: Kept, archive: Path) -> None:
    with running_desk(archive) as desk:
        for capture in (kept.capture, kept.revisit):
            stamp = f"{capture.captured_at:%Y%m%d%H%M%S}"
            body = desk.get(f"/replay/{stamp}id_/{capture.url}")
            assert body.status == 200
            assert kept.newsroom.stories[1001].paragraphs[0][:20] in body.text
            shown = desk.get(f"/replay/~{desk.replay_key}/{stamp}mp_/{kept.newsroom.url}")
            assert (shown.status, "مهتاب" in shown.text) == (200, True)
        assert desk.get("/").status == 200


def assert_proves(kept: Kept, archive: Path, proof: Path) -> None:
    proved = mandegar(archive, "prove", kept.revisit.record_id, "--out", str(proof))
    assert proved.code == 0, proved
    subprocess.run([proof / "check.sh"], capture_output=True, timeout=60, check=True)


def assert_goes_on(kept: Kept, archive: Path, store: str) -> None:
    """Crawl again: what has not changed refers to payloads that only the bucket holds."""
    before = manifest_heads(archive)
    crawled = crawl(archive, kept.newsroom.url)
    assert crawled.code == 0, crawled
    assert crawled.crawl["revisits"] > 10
    assert crawled.crawl["new_versions"] == 0
    (path,) = (archive / "warc").rglob("*.warc.gz")
    with Archive.open(archive) as opened:
        newest = opened.catalogue.latest_capture(kept.capture.url)
        assert newest is not None
        assert (newest.warc_key, newest.revisit_of) == (
            path.relative_to(archive / "warc").as_posix(),
            kept.capture.record_id,
        )
        assert opened.load(newest).entity == opened.load(kept.capture).entity != b""
    # The bucket's chain of manifests goes on where the old machine left it.
    assert mandegar(archive, "store", "sync").code == 0
    after = manifest_heads(archive)
    assert after[: len(before)] == before
    assert len(after) == len(before) + 1
    audited = mandegar(archive, "store", "audit", store, "--all")
    # What was deleted lies under its marker, and somebody should know.
    assert (audited.code, ": hidden (store" in audited.stdout) == (1, True), audited
    assert "Next:  find out who put something over the hidden copies" in audited.stdout
    assert "Next:  mandegar store repair" not in audited.stdout
    assert "3 of 3 copies read" in audited.stdout
    assert " 1 faults" in audited.stdout


def manifest_heads(archive: Path) -> list[tuple[Any, ...]]:
    return [row[1:6] for row in dump(archive)["manifests"] if row[0] != ARCHIVE]


def test_without_the_key_it_says_which_key_and_makes_nothing(kept: Kept, tmp_path: Path) -> None:
    other = tmp_path / "other.key"
    assert mandegar(tmp_path / "a", "store", "new-key", str(other)).code == 0
    key_id = re.findall(r"^mandegar-key-1 (\S+)", kept.key_file.read_text(), re.MULTILINE)[0]
    wrong = tmp_path / "wrong"
    assert kept.add(wrong, kept.at_sealed, "--key-file", str(other), "--no-check").code == 0
    made = mandegar(wrong, "rebuild")
    assert made.code == 1
    assert_plain(made)
    assert "key" in made.message + made.stdout
    assert key_id in made.message + made.stdout
    without = tmp_path / "without"
    assert kept.add(without, kept.at_sealed, "--no-check").code == 0
    made = mandegar(without, "rebuild")
    assert made.code == 1
    assert_plain(made)
    assert "encrypted" in made.message + made.stdout
    other.unlink()
    lost = mandegar(wrong, "rebuild")
    assert lost.code != 0
    assert_plain(lost)
    assert "other.key" in lost.message + lost.stdout


def test_of_a_damaged_object_the_copy_in_the_other_store_is_read(kept: Kept, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    folder = tmp_path / "disk"
    shutil.copytree(kept.folder, folder)
    (first, *_) = sorted(folder.rglob("*.warc.gz"))
    flip_bit(first, first.stat().st_size // 2)
    assert kept.add(archive, str(folder)).code == 0
    assert kept.add(archive, kept.at_sealed, "--key-file", str(kept.key_file), "--name", "sealed").code == 0
    made = mandegar(archive, "rebuild", "--json")
    assert made.code == 0, made
    said = json.loads(made.stdout)
    assert (said["problems"], said["unreadable"], said["missing"]) == (0, [], [])
    ((named),) = said["read_elsewhere"]
    assert named["file"] == first.relative_to(folder / "warc").as_posix()
    assert named["place"] == "disk"
    assert_all_is_there(kept, archive)
    # Repair has the copy that was read to mend the other with.
    assert ("damaged", "disk") in {(row[2], row[1]) for row in dump(archive)["copies"]}
    repaired = mandegar(archive, "store", "repair")
    assert repaired.code == 0, repaired
    audited = mandegar(archive, "store", "audit", "disk", "--all")
    assert audited.code == 0, audited
    assert "verified" in {row[2] for row in dump(archive)["copies"] if row[1] == "disk"}


def test_a_damaged_object_in_the_only_bucket_costs_its_record_alone(
    kept: Kept, s3: S3, tmp_path: Path
) -> None:
    bucket = s3.bucket()
    client = s3.client()
    lost = kept.capture
    for path in (one for one in kept.folder.rglob("*") if one.is_file()):
        data = bytearray(path.read_bytes())
        if path == kept.folder / "warc" / lost.warc_key:
            data[lost.offset + lost.length // 2] ^= 0xFF
        key = path.relative_to(kept.folder).as_posix()
        client.put_object(Bucket=bucket, Key=f"press/{key}", Body=bytes(data))
    archive = tmp_path / "archive"
    assert kept.add(archive, f"s3://{bucket}/press").code == 0
    made = mandegar(archive, "rebuild")
    assert made.code == 1
    assert_plain(made)
    assert f"{lost.warc_key}:{lost.offset}: " in made.stdout
    before, after = ({row[0] for row in rows["captures"]} for rows in (kept.rows, dump(archive)))
    assert before - after == {lost.record_id}
    assert after < before
