"""`mandegar store …`, `mandegar verify` and the desk over an archive whose files lie in stores."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from samples.exchanges import exchange, page
from servers.desk_server import running_desk

from archive import Archive
from archive.copies.keeping import object_key
from archive.objects import FileContent, read_settings
from archive.objects.opening import open_store
from desk.cli import main
from model import PageRole

if TYPE_CHECKING:
    from servers.s3_server import S3


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def archive(newsroom_archive: Path, tmp_path: Path) -> Path:
    """Return a copy of the sample newsroom that may be written to."""
    path = tmp_path / "archive"
    shutil.copytree(newsroom_archive, path)
    return path


@pytest.fixture
def run(archive: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def running(*arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["mandegar", "--archive", str(archive), *arguments])
        monkeypatch.setenv("COLUMNS", "80")
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    return running


def s3_options(s3: S3, bucket: str) -> list[str]:
    options = ["--endpoint", s3.endpoint, "--region", "us-east-1", "--path-style"]
    return [f"s3://{bucket}/press", *options, "--credentials-file", str(s3.credentials_file())]


def move_files(archive: Path, store_name: str) -> list[str]:
    """Put every WARC file into a store, note it, and delete it here; return the keys."""
    store = open_store(read_settings(archive / "mandegar.toml").store(store_name))
    store.prepare()
    keys = []
    with Archive.open(archive, exclusive=True) as opened:
        ledger = opened.catalogue.ledger
        ledger.want([store_name])
        for file in list(ledger.files()):
            path = opened.warc_folder / file.key
            stored = store.put(object_key(file.key), FileContent(path))
            ledger.verified(
                file.key,
                store_name,
                at=file.closed_at,
                version_id=stored.version_id,
                stored_bytes=stored.size,
                locked_until=stored.locked_until,
            )
            ledger.note_local(file.key, is_local=False)
            path.unlink()
            keys.append(file.key)
    assert keys
    return keys


def narrow(text: str) -> bool:
    return all(len(line.rstrip()) <= 80 for line in text.splitlines())


def test_a_folder_becomes_a_store(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = run("store", "list")
    assert (empty.code, "No store yet" in empty.out) == (0, True)
    assert run("store", "check").code == 2
    monkeypatch.chdir(tmp_path)
    added = run("store", "add", "Disk Two")
    assert added.code == 0, added.err
    assert f"Added disk-two: {tmp_path / 'Disk Two'}" in added.out
    assert "yes  reachable" in added.out
    assert "safe with 1 copy in 1 store." in added.out
    shown = run("store", "list")
    assert "not locked; not encrypted" in shown.out
    assert "0 copies (0 B) verified" in shown.out
    (row,) = run("store", "list", "--json").json["stores"]
    assert (row["name"], row["url"], row["encrypted"]) == ("disk-two", str(tmp_path / "Disk Two"), False)
    again = run("store", "add", "Disk Two")
    assert again.code == 2
    assert "URL: this is where disk-two lies already" in again.err
    for nested in ("Disk Two/sub", "."):
        within = run("store", "add", nested, "--name", "other")
        assert within.code == 2, within
        assert "other" not in run("store", "list").out
    (tmp_path / "file").touch()
    assert "file is a file; name a folder" in " ".join(run("store", "add", "file").out.split())


def test_what_contradicts_itself_is_one_clear_line_and_changes_nothing(run: Run, archive: Path) -> None:
    before = (archive / "mandegar.toml").read_bytes()
    for arguments, said in (
        (("add", "s3://key:hunter2@bucket/x"), "AWS_ACCESS_KEY_ID"),
        (
            ("add", "s3://bucket", "--lock", "compliance"),
            "--lock: a lock needs its time: add --retention-days",
        ),
        (("add", "s3://key@bucket"), "in a file that `--credentials-file` names"),
        (("add", "s3://"), "mandegar: URL: '' is no name of a bucket"),
        (("add", ""), "mandegar: URL: it is empty"),
        (("add", "https://h/x"), "as --endpoint"),
        (("add", "/mnt/x", "--endpoint", "https://h"), "s3:// stores only"),
        (("add", str(archive)), "lies in this folder"),
        (("add", "ftp://h/x"), "no store known"),
        (("copies", "2"), "0 stores"),
        (("remove", "paris"), "no such store"),
        (("check", "paris"), "no such store"),
    ):
        ended = run("store", *arguments)
        assert (ended.code, ended.out) == (2, ""), arguments
        assert said in ended.err
        assert len(ended.err.splitlines()) == 1
        assert "hunter2" not in ended.err
    assert (archive / "mandegar.toml").read_bytes() == before


def test_a_slip_in_mandegar_toml_is_named_with_its_line(run: Run, archive: Path) -> None:
    marker = archive / "mandegar.toml"
    marker.write_text(marker.read_text() + "copies 2\n")
    line = len(marker.read_text().splitlines())
    ended = run("status")
    assert ended.code == 2
    assert "mandegar.toml: it is not TOML: Expected" in ended.err
    assert f"(at line {line}, " in ended.err
    assert "not a Mandegar archive" not in ended.err


def test_a_bucket_without_a_lock_is_refused_when_one_is_asked_for(run: Run, s3: S3, archive: Path) -> None:
    options = [*s3_options(s3, s3.bucket(versioned=True)), "--lock", "compliance", "--retention-days", "1"]
    refused = run("store", "add", *options)
    assert refused.code == 3
    assert "MISSING  object-lock" in refused.out
    assert "add it all the same with --no-check" in refused.err
    assert narrow(refused.out)
    assert read_settings(archive / "mandegar.toml").stores == ()
    assert run("store", "add", *options, "--no-check").code == 0
    checked = run("store", "check")
    assert checked.code == 1
    assert narrow(checked.out)
    found = run("store", "check", "--json")
    assert (found.code, found.json["usable"]) == (1, False)


def test_a_store_that_is_not_there_says_so(run: Run, s3: S3) -> None:
    missing = run("store", "add", *s3_options(s3, "no-such-bucket-anywhere"))
    assert missing.code == 3
    assert "bucket" in missing.out
    assert missing.err.count("\n") == 1


def test_an_encrypted_bucket_from_key_to_replay(run: Run, s3: S3, archive: Path, tmp_path: Path) -> None:
    key = tmp_path / "press.key"
    made = run("store", "new-key", str(key))
    assert made.code == 0
    assert "Keep two copies elsewhere" in made.out
    assert run("store", "new-key", str(key)).code == 2
    added = run("store", "add", *s3_options(s3, s3.bucket()), "--name", "press", "--key-file", str(key))
    assert added.code == 0, added.out + added.err
    assert re.search(r"yes\s+key\s+objects are encrypted with key", added.out)
    keys = move_files(archive, "press")
    listed = run("store", "list")
    assert f"encrypted with {key}" in listed.out.replace("\n", "")
    assert f"{len(keys)} copies" in listed.out

    whole = run("verify")
    assert (whole.code, whole.out) == (0, f"{len(keys)} files, 0 faults\n")
    there = run("verify", "--store", "press")
    assert (there.code, there.out) == (0, f"{len(keys)} files, 0 faults\n")
    assert run("show", "1").code == 0
    with running_desk(archive) as desk, Archive.open(archive) as opened:
        capture = opened.catalogue.captures(next(iter(opened.catalogue.articles(limit=1))).url)[0]
        page = desk.get(f"/captures/{capture.record_id}")
        assert page.status == 200
        assert "HTTP/1.1 200" in page.text
        stamp = f"{capture.captured_at:%Y%m%d%H%M%S}"
        body = desk.get(f"/replay/{stamp}id_/{capture.url}")
        assert (body.status, body.body) == (200, opened.load(capture).entity)
        framed = desk.get(f"/replay/~{desk.replay_key}/{stamp}mp_/{capture.url}")
        assert framed.status == 200

    kept = run("store", "remove", "press")
    assert kept.code == 2
    assert f"{len(keys)} files lie in store press and nowhere else" in kept.err
    removed = run("store", "remove", "press", "--last-copies")
    assert removed.code == 0
    assert "nothing was deleted" in removed.out
    assert f"keep {key}" in removed.out.replace("\n", "")
    lost = run("verify")
    assert lost.code == 1
    assert "no store is set up" in lost.out


def test_verify_names_what_is_damaged_or_missing_in_a_store(run: Run, archive: Path, tmp_path: Path) -> None:
    run("store", "add", str(tmp_path / "disk"))
    keys = move_files(archive, "disk")
    damaged = tmp_path / "disk" / object_key(keys[0])
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 0xFF
    damaged.chmod(0o600)
    damaged.write_bytes(data)
    found = run("verify")
    assert found.code == 1
    assert keys[0] in found.out
    rows = run("verify", "--store", "disk", "--json")
    assert rows.code == 1
    assert {row["path"] for row in rows.json["faults"]} == {f"disk: {object_key(keys[0])}"}
    damaged.unlink()
    gone = run("verify")
    assert gone.code == 1
    assert f"{keys[0]}:0: unreadable" in gone.out
    assert run("verify", str(archive), "--store", "disk").code == 2
    assert run("verify", "--store", "nowhere").code == 2


def test_a_disk_that_is_not_mounted_is_told_and_not_taken_for_a_new_one(
    run: Run, archive: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    run("store", "add", str(disk))
    move_files(archive, "disk")
    disk.rename(tmp_path / "unplugged")
    disk.mkdir()
    checked = run("store", "check")
    assert checked.code == 1
    assert "mount the disk" in " ".join(checked.out.split())
    assert list(disk.iterdir()) == []
    verified = run("verify")
    assert verified.code == 1
    assert "mount the disk" in verified.out


def test_verify_leaves_out_what_a_crawl_writes_to(run: Run, archive: Path) -> None:
    before = run("verify").out
    with Archive.open(archive, exclusive=True) as opened:
        source = opened.catalogue.sources()[0].name
        recorder = opened.recorder(opened.start_crawl(source), {"software": "tests"})
        recorder.exchange(exchange(page(b"<p>text</p>")), PageRole.PAGE)
        recorder.settle(recorder.cut())
        (path,) = archive.rglob("*.open")
        assert run("verify").out == before.replace("\n", "; 1 more being written by a crawl\n")
        # What a killed crawl left open is verified like any other.
        left = path.with_name("left-00001.warc.gz.open")
        left.write_bytes(path.read_bytes()[:-5])
        assert run("verify").code == 1
        left.unlink()
        recorder.close()


def test_copies_are_set_and_a_store_that_is_needed_stays(run: Run, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert run("store", "add", str(tmp_path / name)).code == 0
    assert run("store", "copies", "2").out == "A file is safe with 2 copies in 2 stores.\n"
    kept = run("store", "remove", "two")
    assert kept.code == 2
    assert "first: mandegar store copies 1" in kept.err
    assert run("store", "copies").out == "A file is safe with 2 copies in 2 stores.\n"
    assert run("store", "copies", "1").code == 0
    assert run("store", "remove", "two").code == 0


def test_only_a_bucket_costs_the_import_of_its_library(tmp_path: Path) -> None:
    code = (
        "import sys, desk.cli; from archive.objects import StoreSettings; "
        "from archive.objects.opening import open_store; "
        f"open_store(StoreSettings(name='x', url={str(tmp_path)!r})); "
        "assert not {'boto3', 'botocore', 'tomlkit'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
