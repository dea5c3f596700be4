"""``mandegar prove``: that a record is what was kept, and when, by means that anybody has."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archive.manifest import (
    ARCHIVE,
    NotSealedError,
    Proof,
    normal_record_id,
    place_of,
    prove,
    shell_steps,
    write_bundle,
)
from desk.cli.app import JsonOption, app, desk, print_json
from desk.terminal import console, safe
from model import RemoteStoreError

if TYPE_CHECKING:
    from archive import Archive
    from archive.manifest import Place

LINKS_SHOWN = 3
"""After so many days nobody types the commands for each: a script does."""


@app.command(
    "prove", epilog="Example:  `mandegar prove urn:uuid:9a3f1c52-7d0e-4a41-9a86-0f2f6f6f1c11 --out proof`"
)
def prove_record(
    context: typer.Context,
    record: Annotated[str, typer.Argument(help="The id of a record or capture: urn:uuid:…, or the UUID.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the record, the manifests' heads and check.sh into a new folder."),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option("--store", help="Prove it by the manifests of a store, not the archive's own."),
    ] = None,
    seal: Annotated[
        bool,
        typer.Option("--seal", help="First make a manifest of what none covers yet (no crawl may run)."),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Prove that a record is among what was kept on a day: its hash, its place under the day's root, and
    the chain of manifests since. What is shown can be checked without Mandegar."""
    record_id = normal_record_id(record)
    if seal:
        with desk(context).open(exclusive=True) as archive:
            archive.seal()
    with desk(context).open() as archive:
        proof = _proof(archive, store, record_id)
        if out is not None:
            write_bundle(proof, archive.open_warc, out)
        where = archive.path
    if as_json:
        print_json(_fields(proof))
    elif out is not None:
        _show_bundle(proof, out)
    else:
        _show(proof, where)


def _proof(archive: Archive, store: str | None, record_id: str) -> Proof:
    """Return the proof by the chain that was asked for: the archive's own, or where none of that covers it
    (an archive made anew from its stores) that of the first store that does."""
    try:
        return prove(archive.catalogue, _place(archive, store), record_id, archive.open_warc)
    except NotSealedError:
        if store is None:
            for other in archive.shelf.stores.settings.stores:
                with suppress(NotSealedError, RemoteStoreError):
                    place = _place(archive, other.name)
                    return prove(archive.catalogue, place, record_id, archive.open_warc)
        raise


def _place(archive: Archive, store: str | None) -> Place:
    return place_of(archive.path, None if store is None else archive.shelf.stores.open(store))


def _fields(proof: Proof) -> dict[str, object]:
    record = proof.record
    return {
        "record": {
            "id": record.record_id,
            "type": record.type,
            "target": record.target,
            "refers_to": proof.refers_to,
            "offset": record.offset,
            "length": record.length,
            "sha256": record.sha256,
        },
        "file": {"path": proof.file_path, "bytes": proof.file_bytes, "sha256": proof.file_sha256},
        "leaf": {"data": proof.leaf, "sha256": proof.leaf_hash, "index": proof.index},
        "tree": {
            "leaves": proof.leaves,
            "root": proof.root,
            "path": [
                {"side": "left" if step.is_left else "right", "sha256": step.sha256} for step in proof.path
            ],
        },
        "manifest": {"path": proof.manifest_path, "sha256": proof.manifest_sha256, "store": proof.store},
        "chain": [
            {
                "path": link.path,
                "made_at": link.head.made_at,
                "head_sha256": link.head_sha256,
                "root": link.head.root,
            }
            for link in proof.chain
        ],
        "commands": [
            {"shows": shows, "command": command, "prints": prints}
            for shows, command, prints in shell_steps(proof)
        ],
    }


def _show_bundle(proof: Proof, folder: Path) -> None:
    """Say where the bundle is and how to check it: all else stands in it."""
    out = console()
    out.print(safe(f"Record {proof.record.record_id}"), style="bold", soft_wrap=True)
    out.print(safe(f"  its proof is in {folder}"), soft_wrap=True)
    if proof.record.type == "revisit" and proof.refers_to:
        out.print("  its payload lies in an earlier record; prove that one, too:")
        out.print(f"    mandegar prove {proof.refers_to} --out …", soft_wrap=True)
    out.print(safe(f"Check it, here or anywhere without Mandegar:  sh {folder}/check.sh"), soft_wrap=True)


def _show(proof: Proof, where: Path) -> None:
    out = console()

    def line(text: str, style: str = "") -> None:
        out.print(safe(text), style=style, soft_wrap=True)

    record, first, newest = proof.record, proof.chain[0], proof.chain[-1]
    line(f"Record {record.record_id}", "bold")
    line(f"  {record.type} of {record.target or 'nothing named'}")
    line(f"  file      {proof.file_path}")
    line(f"            {proof.file_bytes:,} bytes, SHA-256 {proof.file_sha256}")
    line(f"  bytes     {record.length:,} from {record.offset:,} on, SHA-256 {record.sha256}")
    line(f"  leaf      {proof.leaf}")
    line(f"            number {proof.index} (from 0) of {proof.leaves:,}, hash {proof.leaf_hash}")
    for number, step in enumerate(proof.path):
        label = "path" if number == 0 else ""
        line(f"  {label:<9} {'left ' if step.is_left else 'right'} {step.sha256}")
    line(f"  root      {proof.root}")
    chain = "the archive's own chain" if proof.store == ARCHIVE else f"the chain of store {proof.store}"
    line(f"  manifest  {proof.manifest_path} ({chain})")
    line(f"            made {first.head.made_at:%Y-%m-%d %H:%M:%S} UTC, SHA-256 {proof.manifest_sha256}")
    later = len(proof.chain) - 1
    line(f"  newest    {newest.path}" + (f", {later:,} after it" if later else ", the same"))
    line(f"            SHA-256 of its head {newest.head_sha256}")
    if record.type == "revisit":
        refers = proof.refers_to
        line("  The server sent the same payload as before: it lies in the record that this one refers to.")
        if refers:
            line(f"  Prove that one, too:  mandegar prove {refers}")
    line(f"\nCheck it without Mandegar, in {where}:", "bold")
    if proof.store != ARCHIVE or not (where / proof.file_path).exists():
        line("  (Not all of these files are on this disk: bring them from the store, or use --out FOLDER.)")
    steps = shell_steps(proof)
    links = max(0, later - LINKS_SHOWN)
    for shows, command, prints in steps[: len(steps) - 2 * links]:
        line(f"\n  # {shows}; must print {prints}")
        line(f"  {command}")
    if links:
        line(f"\n  ({links:,} more links of the chain: --out FOLDER has them all, with a script; or --json)")
    line(
        "\nWhoever got the SHA-256 of the newest head earlier and elsewhere (published, or with a copy of the"
        " archive) sees by this that the record was there then, as it is now. Alone it proves no date, and"
        " never that the site sent it."
    )
