"""A proof as a folder that needs no Mandegar: the record, the heads of the manifests, and a script.

::

    record.warc.gz                            the record's bytes as they lie in its file
    manifest/<yyyy>/<mm>/<dd>/<number>.head   the first lines of the manifest that covers it, and of all since
    check.sh                                  checks every step; exit code 0 or 1

Only heads: a whole manifest names everything else that was kept on its day. ``check.sh`` asks for a POSIX
shell, ``sed``, ``grep``, ``cut`` and one of ``sha256sum``, ``openssl`` and ``shasum``.
"""

from __future__ import annotations

import errno
import shlex
from typing import TYPE_CHECKING, Final

from archive.manifest.manifest import ALGORITHM, HEAD_LINES
from archive.manifest.merkle import node_hash
from archive.manifest.proof import copy_record
from archive.placing import sync_folder
from model import InputError, StoreError, StoreFullError

if TYPE_CHECKING:
    from pathlib import Path

    from archive.manifest.chain import Link
    from archive.manifest.proof import OpenWarc, Proof

SCRIPT: Final = "check.sh"

_FRAME: Final = r"""#!/bin/sh
# Checks that record.warc.gz is a record of an archive's manifest, and that the manifests since then follow
# one another. Needs a POSIX shell, sed, grep, cut, and sha256sum, openssl or shasum.
# Exit code: 0 right, 1 wrong.
# Hash tree: RFC 6962, section 2.1.
cd "$(dirname "$0")" || exit 1
LC_ALL=C; export LC_ALL

if command -v sha256sum >/dev/null; then sha() { sha256sum | cut -c 1-64; }
elif command -v openssl >/dev/null; then sha() { openssl dgst -sha256 -r | cut -c 1-64; }
else sha() { shasum -a 256 | cut -c 1-64; }
fi
wrong() { echo "WRONG: $1" >&2; exit 1; }
# node LEFT RIGHT: the SHA-256 of a byte 1 and two hashes
node() { printf '%b' "$(printf '\\0%03o' $(printf '01%s%s' "$1" "$2" | sed 's/../0x& /g'))" | sha; }
left() { at=$(node "$1" "$at"); }
right() { at=$(node "$at" "$1"); }
# first FILE, follows FILE: the head of the manifest that covers the record, and one after it
first() {
    test -f "$1" || wrong "$1 is missing"
    tree="\"tree\": {\"algorithm\": \"RFC 6962 with SHA-256\", \"leaves\": $leaves, \"root\": \"$at\"},"
    grep -Fqx "$tree" "$1" ||
        wrong "$1: its root is not the one that the record and the path lead to ($at)"
    newest=$(sha < "$1")
}
follows() {
    test -f "$1" || wrong "$1 is missing"
    grep -q "^\"previous\": {\"path\": \"$2\", .*\"head_sha256\": \"$newest\", " "$1" ||
        wrong "$1: it does not follow $2, or one of the two was changed"
    newest=$(sha < "$1")
}

"""


def write_bundle(proof: Proof, open_warc: OpenWarc, folder: Path) -> None:
    """Write a proof into a new or empty folder; ``InputError`` when it holds something."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InputError(f"{folder} holds other files; give --out a new or empty folder")
        with (folder / record_name(proof)).open("wb") as target:
            copy_record(proof, open_warc, target)
        for link in proof.chain:
            path = folder / head_name(link)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(link.head_text, encoding="utf-8", newline="")
        script = folder / SCRIPT
        script.write_text(check_script(proof), encoding="utf-8", newline="")
        script.chmod(0o755)
        sync_folder(folder)
    except (FileExistsError, NotADirectoryError) as error:
        raise InputError(f"{folder} is no folder; give --out a new or empty one") from error
    except OSError as error:
        kind = StoreFullError if error.errno in {errno.ENOSPC, errno.EDQUOT} else StoreError
        raise kind(f"{folder} cannot be written: {error.strerror or error}") from error


def record_name(proof: Proof) -> str:
    """Return the name of the record's file in a bundle."""
    return "record.warc.gz" if proof.file_path.endswith(".gz") else "record.warc"


def head_name(link: Link) -> str:
    """Return where a manifest's head lies in a bundle."""
    return f"{link.path.removesuffix('.json')}.head"


def check_script(proof: Proof) -> str:
    """Return the script that checks a bundle."""
    record, name = proof.record, record_name(proof)
    before, _, after = proof.leaf.partition(record.sha256)
    lines = [
        f"# 1. the record {record.record_id}",
        f"found=$(sha < {name})",
        f'test "$found" = {record.sha256} || wrong "{name} is not the record: its SHA-256 is $found"',
        "# 2. its leaf",
        f"leaves={proof.leaves}",
        f"at=$(printf '\\000%s' {shlex.quote(before)}\"$found\"{shlex.quote(after)} | sha)",
        f'test "$at" = {proof.leaf_hash} || wrong "the leaf was changed"',
        "# 3. the path to the root",
        *(f"{'left' if step.is_left else 'right'} {step.sha256}" for step in proof.path),
        f'test "$at" = {proof.root} || wrong "the path does not lead to the root {proof.root}"',
        "# 4. the manifest, and those after it",
        f"first {head_name(proof.chain[0])}",
    ]
    for before_it, link in zip(proof.chain, proof.chain[1:], strict=False):
        lines.append(f"follows {head_name(link)} {before_it.path}")
    newest = proof.chain[-1]
    lines += [
        f'test "$newest" = {newest.head_sha256} || wrong "{head_name(newest)} was changed"',
        "",
        # Ids and paths may come from a hostile file: quoted, they are text.
        "echo " + shlex.quote(f"right: {name} is record {record.record_id}"),
        "echo "
        + shlex.quote(f"of {proof.file_path}, sealed at {proof.chain[0].head.made_at:%Y-%m-%d %H:%M:%S} UTC"),
        f'echo "newest manifest {newest.path}: SHA-256 of its head is $newest"',
        'echo "compare that one with what the archive published, or with another copy of it"',
    ]
    return _FRAME + "\n".join(lines) + "\n"


def shell_steps(proof: Proof) -> list[tuple[str, str, str]]:
    """Return how a person checks each step: what it shows, a command, and the first word it must print.

    To be run in the archive's folder, or in one that a store's files were brought to.
    """
    record = proof.record
    leaf, path = shlex.quote(proof.leaf), shlex.quote(proof.file_path)
    steps = [
        (
            "the record's bytes",
            f"tail -c +{record.offset + 1} {path} | head -c {record.length} | sha256sum",
            record.sha256,
        ),
        ("its leaf: a zero byte and the line", f"printf '\\000%s' {leaf} | sha256sum", proof.leaf_hash),
    ]
    at = bytes.fromhex(proof.leaf_hash)
    for number, step in enumerate(proof.path, 1):
        beside = bytes.fromhex(step.sha256)
        pair = (beside, at) if step.is_left else (at, beside)
        at = node_hash(*pair)
        joined = f"01{pair[0].hex()}{pair[1].hex()}"
        steps.append(
            (
                f"the path, {number} of {len(proof.path)}"
                + (" (the root)" if number == len(proof.path) else ""),
                f"printf {joined} | xxd -r -p | openssl dgst -sha256 -r",
                at.hex(),
            )
        )
    first = proof.chain[0]
    tree = f'"tree": {{"algorithm": "{ALGORITHM}", "leaves": {proof.leaves}, "root": "{proof.root}"}},'
    steps += [
        (
            "the root stands in the manifest",
            f"head -n {HEAD_LINES} {first.path} | grep -Fxc {shlex.quote(tree)}",
            "1",
        ),
        ("the manifest", f"sha256sum {first.path}", proof.manifest_sha256),
        ("its head", f"head -n {HEAD_LINES} {first.path} | sha256sum", first.head_sha256),
    ]
    for before, link in zip(proof.chain, proof.chain[1:], strict=False):
        named = f'"head_sha256": "{before.head_sha256}"'
        steps += [
            (
                f"{link.path} names that head",
                f"head -n {HEAD_LINES} {link.path} | grep -Fc {shlex.quote(named)}",
                "1",
            ),
            ("its head", f"head -n {HEAD_LINES} {link.path} | sha256sum", link.head_sha256),
        ]
    return steps
