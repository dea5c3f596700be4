"""A proof holds in a real shell, without Mandegar, and whatever is changed is named."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from samples.sealed import DAY_2, crawl_into, two_days

from archive import Archive
from archive.manifest import (
    FolderPlace,
    NotSealedError,
    Proof,
    RecordDigest,
    prove,
    shell_steps,
    write_bundle,
)
from archive.warc import iterate_records
from model import Capture, DamagedArchiveError, InputError, UnknownNameError


@dataclass(frozen=True, slots=True)
class Sealed:
    path: Path
    captures: list[Capture]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    path = tmp_path_factory.mktemp("proof") / "archive"
    return Sealed(path, two_days(path))


@pytest.fixture
def sealed(made: Sealed, tmp_path: Path) -> Sealed:
    shutil.copytree(made.path, tmp_path / "archive")
    return Sealed(tmp_path / "archive", made.captures)


def proof_of(path: Path, record_id: str) -> Proof:
    with Archive.open(path) as archive:
        return prove(archive.catalogue, FolderPlace(path), record_id, archive.open_warc)


def bundle_of(path: Path, record_id: str, folder: Path) -> Proof:
    with Archive.open(path) as archive:
        proof = prove(archive.catalogue, FolderPlace(path), record_id, archive.open_warc)
        write_bundle(proof, archive.open_warc, folder)
    return proof


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 4
    path.chmod(0o600)
    path.write_bytes(data)


def test_every_command_that_is_shown_prints_what_it_must(sealed: Sealed) -> None:
    proof = proof_of(sealed.path, sealed.captures[1].record_id)
    steps = shell_steps(proof)
    assert len(steps) == 5 + len(proof.path) + 2 * 2
    for shows, command, prints in steps:
        ran = run(["sh", "-c", command], sealed.path)
        assert (ran.stdout.split()[0], ran.stderr) == (prints, ""), (shows, command)


def test_every_record_of_the_archive_can_be_proven(sealed: Sealed, tmp_path: Path) -> None:
    """Also those that have no row: requests, metadata, warcinfo."""
    types = set()
    for file in sorted((sealed.path / "warc").rglob("*.warc.gz")):
        for record in iterate_records(file):
            proof = proof_of(sealed.path, record.record_id)
            types.add(record.type)
            assert (proof.record.offset, proof.record.length) == (record.offset, record.length)
            folder = tmp_path / record.record_id.rpartition(":")[2]
            bundle_of(sealed.path, record.record_id, folder)
            ran = run(["sh", "check.sh"], folder)
            assert (ran.returncode, ran.stderr) == (0, "")
            assert proof.chain[-1].head_sha256 in ran.stdout
    assert {"response", "revisit", "request", "warcinfo"} <= types


def test_a_revisit_names_the_record_with_its_payload(sealed: Sealed) -> None:
    first, again = sealed.captures[0], sealed.captures[2]
    proof = proof_of(sealed.path, again.record_id)
    assert (proof.record.type, proof.refers_to) == ("revisit", first.record_id)
    assert proof_of(sealed.path, first.record_id).refers_to is None


@pytest.mark.parametrize(
    "tools", ["sh sed grep cut tr dirname openssl", "sh sed grep cut tr dirname sha256sum"]
)
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_bundle_needs_a_shell_and_one_tool_of_hashes(
    sealed: Sealed, tmp_path: Path, tools: str, shell: str
) -> None:
    bundle_of(sealed.path, sealed.captures[0].record_id, tmp_path / "proof")
    (tmp_path / "bin").mkdir()
    for name in {*tools.split(), shell}:
        found = shutil.which(name)
        assert found, f"{name} is missing: apt install coreutils openssl sed grep"
        (tmp_path / "bin" / name).symlink_to(found)
    ran = subprocess.run(
        [tmp_path / "bin" / shell, tmp_path / "proof/check.sh"],
        env={"PATH": str(tmp_path / "bin")},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")


HEADS = ["manifest/2026/11/23/00001.head", "manifest/2026/11/23/00002.head", "manifest/2026/11/24/00001.head"]


@pytest.mark.parametrize("name", ["record.warc.gz", *HEADS])
def test_a_byte_flipped_in_a_bundle_is_named(sealed: Sealed, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "proof"
    bundle_of(sealed.path, sealed.captures[0].record_id, folder)
    size = (folder / name).stat().st_size
    for at in range(0, size, max(1, size // 12)):
        flip(folder / name, at)
        ran = run(["sh", "check.sh"], folder)
        assert ran.returncode == 1, at
        assert ran.stderr.startswith("WRONG: "), ran.stderr
        assert name in ran.stderr or name.replace("head", "json") in ran.stderr, ran.stderr
        flip(folder / name, at)
    assert run(["sh", "check.sh"], folder).returncode == 0


@pytest.mark.parametrize("name", HEADS)
def test_a_head_that_is_missing_is_named(sealed: Sealed, tmp_path: Path, name: str) -> None:
    bundle_of(sealed.path, sealed.captures[0].record_id, tmp_path / "proof")
    (tmp_path / "proof" / name).unlink()
    ran = run(["sh", "check.sh"], tmp_path / "proof")
    assert (ran.returncode, ran.stderr) == (1, f"WRONG: {name} is missing\n")


def test_a_path_that_was_changed_is_named(sealed: Sealed, tmp_path: Path) -> None:
    folder = tmp_path / "proof"
    proof = bundle_of(sealed.path, sealed.captures[0].record_id, folder)
    assert proof.path
    for step in proof.path:
        script = (folder / "check.sh").read_text(encoding="utf-8")
        (folder / "check.sh").write_text(script.replace(step.sha256, "0" * 64), encoding="utf-8")
        ran = run(["sh", "check.sh"], folder)
        assert (ran.returncode, "the path does not lead to the root" in ran.stderr) == (1, True)
        (folder / "check.sh").write_text(script, encoding="utf-8")


def test_a_bundle_shows_nothing_else_that_was_kept(sealed: Sealed, tmp_path: Path) -> None:
    bundle_of(sealed.path, sealed.captures[0].record_id, tmp_path / "proof")
    for file in (tmp_path / "proof").rglob("*"):
        if file.is_file():
            assert sealed.captures[1].record_id.encode() not in file.read_bytes()
            assert b"sealed.test/b" not in file.read_bytes()


# --- in the archive itself


def test_a_record_that_was_changed_is_named(sealed: Sealed) -> None:
    capture = sealed.captures[0]
    flip(sealed.path / "warc" / capture.warc_key, capture.offset + 50)
    with pytest.raises(DamagedArchiveError, match=f"{capture.warc_key}.*{capture.offset}.*repair"):
        proof_of(sealed.path, capture.record_id)
    assert proof_of(sealed.path, sealed.captures[1].record_id)


@pytest.mark.parametrize("name", [name.replace("head", "json") for name in HEADS])
def test_a_manifest_that_was_changed_is_named(sealed: Sealed, name: str) -> None:
    path = sealed.path / name
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"made_at": "2026', '"made_at": "2025'), encoding="utf-8")
    if name.endswith("24/00001.json"):
        # The newest has none after it that names it: only who knows its SHA-256 sees the change.
        changed = proof_of(sealed.path, sealed.captures[0].record_id)
        assert changed.chain[-1].head.made_at.year == 2025
        return
    with pytest.raises(DamagedArchiveError, match=name):
        proof_of(sealed.path, sealed.captures[0].record_id)


def test_a_leaf_that_was_changed_is_named(sealed: Sealed) -> None:
    path = sealed.path / "manifest/2026/11/23/00001.json"
    record = proof_of(sealed.path, sealed.captures[1].record_id).record
    path.write_text(path.read_text(encoding="utf-8").replace(record.sha256, "0" * 64), encoding="utf-8")
    with pytest.raises(DamagedArchiveError, match=r"23/00001\.json: its lines do not make the root"):
        proof_of(sealed.path, sealed.captures[0].record_id)


def test_a_record_nobody_knows_is_told_as_such(sealed: Sealed) -> None:
    with pytest.raises(UnknownNameError, match="no record 'urn:uuid:none'"):
        proof_of(sealed.path, "urn:uuid:none")


def test_a_record_that_no_manifest_covers_yet_says_what_to_do(sealed: Sealed) -> None:
    (capture,) = crawl_into(sealed.path, DAY_2, "new")
    with pytest.raises(NotSealedError, match=f"no manifest covers yet.*prove --seal {capture.record_id}"):
        proof_of(sealed.path, capture.record_id)


def test_a_bundle_goes_into_an_empty_folder_only(sealed: Sealed, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").write_text("x")
    (tmp_path / "file").write_text("x")
    for name in ("full", "file"):
        with pytest.raises(InputError, match="new or empty"):
            bundle_of(sealed.path, sealed.captures[0].record_id, tmp_path / name)


def test_an_id_of_a_hostile_file_is_text_in_every_command(sealed: Sealed, tmp_path: Path) -> None:
    from dataclasses import replace

    from archive.manifest.bundle import check_script

    proof = proof_of(sealed.path, sealed.captures[0].record_id)
    hostile = "$(touch${IFS}owned)`touch${IFS}owned`'\"|touch${IFS}owned;"
    record: RecordDigest = replace(proof.record, record_id=hostile)
    leaf = proof.leaf.replace(proof.record.record_id, hostile)
    changed = replace(proof, record=record, leaf=leaf, file_path=f"warc/{hostile}")
    (tmp_path / "check.sh").write_text(check_script(changed), encoding="utf-8")
    run(["sh", "check.sh"], tmp_path)
    for _, command, _ in shell_steps(changed):
        run(["sh", "-c", command], tmp_path)
    assert not (tmp_path / "owned").exists()
