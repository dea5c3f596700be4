"""``mandegar prove``: what a person and a script are shown, and every way it can fail."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from samples.sealed import DAY_2, crawl_into, seal_at, two_days
from servers.crawl_process import crawl
from servers.small_site import wordpress

from archive import Archive
from archive.manifest import ARCHIVE
from desk.cli import main
from model import Capture


@dataclass
class Ran:
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@dataclass(frozen=True, slots=True)
class Sealed:
    path: Path
    captures: list[Capture]


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    path = tmp_path_factory.mktemp("prove") / "archive"
    return Sealed(path, two_days(path))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def running(path: Path, *arguments: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["mandegar", "--archive", str(path), "prove", *arguments])
        monkeypatch.setenv("COLUMNS", "80")
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    return running


def test_what_is_shown_can_be_typed_and_is_right(sealed: Sealed, run: Run) -> None:
    shown = run(sealed.path, sealed.captures[0].record_id.removeprefix("urn:uuid:").upper())
    assert shown.code == 0
    steps = re.findall(r"^  # .*; must print (\S+)\n  (.+)$", shown.out, re.MULTILINE)
    assert len(steps) >= 8
    for prints, command in steps:
        ran = subprocess.run(
            ["sh", "-c", command], cwd=sealed.path, capture_output=True, text=True, timeout=60, check=True
        )
        assert ran.stdout.split()[0] == prints, command


def test_a_long_chain_is_left_to_the_script(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "archive"
    first = two_days(path)[0]
    for day in range(1, 6):
        crawl_into(path, DAY_2 + timedelta(days=day), f"d{day}")
        seal_at(path, DAY_2 + timedelta(days=day))
    assert run(path, first.record_id, "--out", str(tmp_path / "proof")).code == 0
    shown = run(path, first.record_id)
    assert shown.out.count(" names that head") == 3
    assert "(4 more links of the chain" in shown.out
    assert len(json.loads(run(path, first.record_id, "--json").out)["chain"]) == 8
    assert (tmp_path / "proof/check.sh").read_text(encoding="utf-8").count("\nfollows manifest/") == 7
    subprocess.run([tmp_path / "proof/check.sh"], capture_output=True, timeout=60, check=True)


def test_a_revisit_says_how_its_payload_is_proven(sealed: Sealed, run: Run) -> None:
    shown = run(sealed.path, sealed.captures[2].record_id)
    assert f"mandegar prove {sealed.captures[0].record_id}" in shown.out
    assert "mandegar prove" not in run(sealed.path, sealed.captures[0].record_id).out


def test_json_has_all_of_it(sealed: Sealed, run: Run) -> None:
    shown = json.loads(run(sealed.path, sealed.captures[1].record_id, "--json").out)
    assert list(shown) == ["record", "file", "leaf", "tree", "manifest", "chain", "commands"]
    assert shown["record"]["id"] == sealed.captures[1].record_id
    assert shown["manifest"]["path"] == shown["chain"][0]["path"] == "manifest/2026/11/23/00001.json"
    assert len(shown["chain"]) == 3
    assert shown["chain"][0]["made_at"].startswith("2026-11-23T07:30:00")


def test_a_bundle_is_written_and_checks_itself(sealed: Sealed, run: Run, tmp_path: Path) -> None:
    shown = run(sealed.path, sealed.captures[0].record_id, "--out", str(tmp_path / "proof"))
    assert (shown.code, f"sh {tmp_path}/proof/check.sh" in shown.out) == (0, True)
    assert len(shown.out.splitlines()) == 3
    ran = subprocess.run(
        [tmp_path / "proof/check.sh"], capture_output=True, text=True, timeout=60, check=True
    )
    assert "right: record.warc.gz" in ran.stdout


def test_an_unknown_record_is_told(sealed: Sealed, run: Run) -> None:
    shown = run(sealed.path, "00000000-0000-4000-8000-000000000000")
    assert (shown.code, shown.out) == (2, "")
    assert "no record 'urn:uuid:00000000-0000-4000-8000-000000000000'" in shown.err


def test_an_unknown_store_is_told(sealed: Sealed, run: Run) -> None:
    shown = run(sealed.path, sealed.captures[0].record_id, "--store", "paris")
    assert shown.code == 2
    assert "paris" in shown.err


def test_a_new_record_is_sealed_when_asked(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "archive"
    (capture,) = crawl_into(path, DAY_2, "new")
    shown = run(path, capture.record_id)
    assert (shown.code, shown.out) == (2, "")
    assert f"mandegar prove --seal {capture.record_id}" in shown.err
    with Archive.open(path, exclusive=True):
        assert run(path, "--seal", capture.record_id).code == 3
    assert run(path, "--seal", capture.record_id).code == 0
    assert run(path, capture.record_id).code == 0


def test_a_crawl_ends_with_a_manifest_of_all_it_wrote(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "archive"
    with wordpress(1, {}).serving() as url:
        ended = crawl(path, url)
    assert ended.code == 0, ended.stderr
    with Archive.open(path) as archive:
        (capture,) = archive.catalogue.captures(url)
        assert not archive.catalogue.manifests.uncovered(ARCHIVE, local=True)
    assert run(path, capture.record_id).code == 0


def test_a_crawl_does_not_fail_when_no_manifest_can_be_made(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    with Archive.open(path, create=True):
        (path / "manifest").write_text("in the way")
    with wordpress(1, {}).serving() as url:
        ended = crawl(path, url)
    assert (ended.code, ended.crawl["state"]) == (0, "finished"), ended.stderr
    log = " ".join((path / "crawl.log").read_text(encoding="utf-8").split())
    assert "no manifest covers yet what this crawl wrote; all of it is kept" in log


def test_a_damaged_record_is_told_with_its_place(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "archive"
    capture = two_days(path)[0]
    file = path / "warc" / capture.warc_key
    data = bytearray(file.read_bytes())
    data[capture.offset + 40] ^= 1
    file.write_bytes(data)
    shown = run(path, capture.record_id)
    assert (shown.code, shown.out) == (3, "")
    assert (
        f"{capture.warc_key}: the {capture.length} bytes at {capture.offset} are not the record" in shown.err
    )
