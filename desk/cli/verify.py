"""``mandegar verify``: whether WARC files are what they say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archive.warc import verify_warc
from desk.cli.app import JsonOption, app, print_json
from desk.terminal import console, safe
from model import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator


@app.command(epilog="Examples:  `mandegar verify mandegar-archive` · `mandegar verify some.warc.gz --json`")
def verify(
    path: Annotated[Path, typer.Argument(help="A WARC file, or a folder to look for them in.")],
    as_json: JsonOption = False,
) -> None:
    """Check WARC files, ours or anyone's: one line a fault, exit code 1 when there is any."""
    found = sorted(_warc_files(path))
    if not found:
        raise InputError(f"{path} holds no WARC file (*.warc, *.warc.gz)")
    faults = [fault for file in found for fault in verify_warc(file)]
    if as_json:
        rows = [{**_fields(fault), "path": str(fault.path)} for fault in faults]
        print_json({"files": len(found), "faults": rows})
    else:
        out = console()
        for fault in faults:
            where = f"{fault.path}:{fault.offset}"
            out.print(safe(f"{where}: {fault.code}: {fault.message}"), soft_wrap=True)
        out.print(f"{len(found):,} files, {len(faults):,} faults")
    if faults:
        raise typer.Exit(1)


def _fields(fault: object) -> dict[str, object]:
    return {name: getattr(fault, name) for name in ("offset", "record_id", "code", "message")}


def _warc_files(path: Path) -> Iterator[Path]:
    if not path.exists():
        raise InputError(f"{path} does not exist")
    if path.is_file():
        yield path
        return
    for pattern in ("*.warc", "*.warc.gz", "*.warc.open", "*.warc.gz.open"):
        yield from path.rglob(pattern)
