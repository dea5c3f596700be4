"""``mandegar store sync | status | audit | repair`` tell a person what is and what to do."""

from __future__ import annotations

import json
import random
import re
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from samples.copies import PATIENCE_S, fill, flip_bit
from servers.crawl_process import Ended, Running, assert_plain, mandegar
from servers.faulty_proxy import FaultyProxy
from servers.s3_server import S3

from archive import Archive
from archive.catalogue import TouchedCapture
from archive.copies.keeping import object_key
from desk.cli import main


class Shop:
    """An archive and its two stores, and the command line, in this process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "archive"
        self.keys = fill(self.path, files=1)
        marker = self.path / "mandegar.toml"
        tables = "".join(f'\n[[stores]]\nname = "{name}"\nurl = "../{name}"\n' for name in ("paris", "oslo"))
        marker.write_text(marker.read_text() + tables)

    def copy(self, store: str) -> Path:
        return self.folder / store / object_key(self.keys[0])

    def captures(self) -> list[TouchedCapture]:
        with Archive.open(self.path) as archive:
            return archive.catalogue.ledger.captures_in(self.keys[0])


Run = Callable[..., Ended]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give ``mandegar`` in this process: starting one takes longer than most commands."""

    def running(archive: Path, *arguments: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["mandegar", "--archive", str(archive), *arguments])
        monkeypatch.setenv("COLUMNS", "80")
        with pytest.raises(SystemExit) as how:
            main()
        out, err = capsys.readouterr()
        ended = Ended(int(how.value.code or 0), out, err)
        assert_plain(ended)
        return ended

    return running


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("copies"))


def test_what_a_person_sees_from_the_first_copy_to_the_repaired_one(shop: Shop, run: Run) -> None:
    count = len(shop.keys)
    before = run(shop.path, "store", "status")
    assert before.code == 0
    assert f"0 of {count} WARC files are safe (2 verified copies in stores)" in before.stdout
    assert f"{count} have no copy yet" in before.stdout
    assert f"{count} files wait for store paris" in before.stdout

    # In a process of its own, as a person starts it.
    synced = mandegar(shop.path, "store", "sync")
    assert synced.code == 0, synced
    assert_plain(synced)
    assert f"{count} of {count} WARC files are safe" in synced.stdout
    assert f"{count} of {count} WARC files are safe" in run(shop.path, "status").stdout
    assert "Nothing to repair" in run(shop.path, "store", "repair").stdout

    touched = shop.captures()[2]
    flip_bit(shop.copy("paris"), touched.offset + touched.length // 2)
    shop.copy("oslo").unlink()
    audited = run(shop.path, "store", "audit", "--all")
    assert audited.code == 1
    lines = audited.stdout.splitlines()
    [damaged] = [line for line in lines if ": damaged (store paris):" in line]
    assert damaged.startswith(shop.keys[0])
    place = f"  bytes {touched.offset} to {touched.offset + touched.length - 1}: response {touched.record_id}"
    assert place in lines
    assert any(touched.record_id in line and line.endswith(touched.url) for line in lines)
    assert any(line.startswith(f"{shop.keys[0]}: missing (store oslo)") for line in lines)
    assert lines[-1] == "Next:  mandegar store repair"
    after = run(shop.path, "store", "status").stdout
    assert "1 damaged" in after
    assert "1 missing" in after

    repaired = run(shop.path, "store", "repair")
    assert repaired.code == 0, repaired
    assert "2 repaired, 0 not" in repaired.stdout
    clean = run(shop.path, "store", "audit")
    assert (clean.code, "0 faults" in clean.stdout) == (0, True)


def test_json_is_for_scripts(shop: Shop, run: Run) -> None:
    synced = json.loads(run(shop.path, "store", "sync", "--json").stdout)
    assert synced["files"]["safe"] == len(shop.keys)
    touched = shop.captures()[0]
    flip_bit(shop.copy("oslo"), touched.offset + 30)
    audited = run(shop.path, "store", "audit", "oslo", "--all", "--json")
    assert audited.code == 1
    [fault] = json.loads(audited.stdout)["faults"]
    assert (fault["place"], fault["kind"]) == ("oslo", "damaged")
    assert [one["record_id"] for one in fault["captures"]] == [touched.record_id]
    repaired = json.loads(run(shop.path, "store", "repair", "--json").stdout)["repairs"]
    assert [(one["place"], one["repaired"]) for one in repaired] == [("oslo", True)]


def test_what_cannot_be_repaired_is_said_with_why(tmp_path: Path, run: Run) -> None:
    shop = Shop(tmp_path)
    assert run(shop.path, "store", "sync").code == 0
    for path in (shop.copy("paris"), shop.copy("oslo"), shop.path / "warc" / shop.keys[0]):
        flip_bit(path, 700)
    assert run(shop.path, "store", "audit", "--all").code == 1
    ended = run(shop.path, "store", "repair")
    assert ended.code == 1
    assert "NOT repaired: paris" in ended.stdout
    assert "no good copy of" in ended.stdout


def test_without_stores_a_person_is_told_how_to_add_one(tmp_path: Path, run: Run) -> None:
    fill(tmp_path / "archive", files=1)
    ended = run(tmp_path / "archive", "store", "sync")
    assert ended.code == 2
    assert "mandegar store add" in ended.message


def test_without_stores_an_audit_and_a_repair_look_at_this_disk(tmp_path: Path, run: Run) -> None:
    key = fill(tmp_path / "archive", files=1)[-1]
    with Archive.open(tmp_path / "archive", exclusive=True) as archive:
        archive.seal()
    assert run(tmp_path / "archive", "store", "audit").code == 0
    assert run(tmp_path / "archive", "store", "repair").code == 0
    flip_bit(tmp_path / "archive" / "warc" / key, 500)
    ended = run(tmp_path / "archive", "store", "audit", "--all")
    assert ended.code == 1
    assert key in ended.stdout


def test_a_store_that_is_not_there_is_named(shop: Shop, run: Run) -> None:
    ended = run(shop.path, "store", "audit", "rome")
    assert ended.code == 2
    assert "no such store" in ended.message
    assert "paris, oslo" in ended.message


def test_sync_beside_a_crawl_says_that_the_crawl_does_it(shop: Shop, run: Run) -> None:
    with Archive.open(shop.path, exclusive=True):
        ended = run(shop.path, "store", "sync")
    assert ended.code == 3
    assert "a crawl puts its files into the stores itself" in ended.message


def test_ctrl_c_ends_a_sync_after_its_part_and_the_next_goes_on_there(tmp_path: Path, s3: S3) -> None:
    path = tmp_path / "archive"
    fill(path, files=1, pages=1, body=random.Random(5).randbytes(9 << 20))
    reached, go_on = threading.Event(), threading.Event()

    def hold(answer: bytes) -> bytes:
        reached.set()
        go_on.wait(PATIENCE_S)
        return answer

    with FaultyProxy(s3.server.port) as proxy:
        settings = s3.settings("paris", endpoint=proxy.endpoint)
        marker = path / "mandegar.toml"
        marker.write_text(
            f'{marker.read_text()}\n[[stores]]\nname = "paris"\nurl = "{settings.url}"\n'
            f'endpoint = "{settings.endpoint}"\nregion = "us-east-1"\npath_style = true\n'
            f'credentials_file = "{settings.credentials_file}"\n'
        )
        proxy.break_(method="PUT", target="partNumber=1", edit_answer=hold)
        proxy.break_(method="PUT", target="partNumber=2", silent=True)
        running = Running(path, "store", "sync")
        try:
            assert reached.wait(PATIENCE_S)
            running.send(signal.SIGINT)
            go_on.set()
            ended = running.end()
        finally:
            running.kill_all()
        assert ended.code == 130, ended
        assert_plain(ended)
        assert "file waits for store paris" in ended.stdout
        proxy.mend()
        proxy.seen.clear()
        synced = mandegar(path, "store", "sync")
        assert synced.code == 0, synced
        sent = [re.search(r"partNumber=(\d+)", one.target) for one in proxy.asked("PUT", "partNumber")]
        assert [found[1] for found in sent if found] == ["2"]
