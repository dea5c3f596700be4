"""``mandegar verify``: whether WARC files are what they say."""

from __future__ import annotations

import fcntl
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from archive import Archive, Stores
from archive.shelf import WARC_PREFIX
from archive.warc import Fault, verify_warc
from desk.cli.app import JsonOption, app, desk, print_json
from desk.terminal import console, safe
from model import DamagedArchiveError, InputError, RemoteStoreError

PATTERNS = ("*.warc", "*.warc.gz", "*.warc.open", "*.warc.gz.open")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verified:
    """A file to verify: where it lies, for people, and how it is opened."""

    name: str
    open: Callable[[], AbstractContextManager[BinaryIO]]


def _local(path: Path) -> _Verified:
    return _Verified(name=str(path), open=lambda: path.open("rb"))


@app.command(
    epilog="Examples:  `mandegar verify` · `mandegar verify --store paris` · "
    "`mandegar verify some.warc.gz --json`"
)
def verify(
    context: typer.Context,
    path: Annotated[
        Path | None,
        typer.Argument(
            help="A WARC file, or a folder to look for them in [default: all files of the archive, "
            "wherever they lie].",
            show_default=False,
        ),
    ] = None,
    store: Annotated[
        str | None, typer.Option(help="Verify what this store holds, read from there.", metavar="NAME")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check WARC files, ours or anyone's: one line a fault, exit code 1 when there is any."""
    if path is not None and store is not None:
        raise InputError("give a path or --store, not both")
    if path is not None:
        found = [_local(file) for file in sorted(_warc_files(path))]
        if not found:
            raise InputError(f"{path} holds no WARC file (*.warc, *.warc.gz)")
        _report(found, as_json=as_json)
        return
    folder = desk(context).archive_path
    # Not through the cache: what lies there now is verified, and would push out what readers need.
    with Archive.open(folder, stores=Stores(folder, cached=False)) as archive:
        found, written = _files_of(archive) if store is None else (_files_in(archive, store), 0)
        if not found and not written:
            where = archive.path if store is None else f"store {store}"
            raise InputError(f"{where} holds no WARC file yet")
        _report(found, as_json=as_json, written=written)


def _report(found: Sequence[_Verified], *, as_json: bool, written: int = 0) -> None:
    faults: list[Fault] = []
    out = console()
    with _progress() as progress:
        task = progress.add_task("verifying", total=len(found))
        for file in found:
            for fault in _faults(file):
                faults.append(fault)
                if not as_json:
                    out.print(
                        safe(f"{fault.path}:{fault.offset}: {fault.code}: {fault.message}"), soft_wrap=True
                    )
            progress.advance(task)
    if as_json:
        rows = [{**_fields(fault), "path": str(fault.path)} for fault in faults]
        print_json({"files": len(found), "faults": rows, "being_written": written})
    else:
        more = f"; {written:,} more being written by a crawl" if written else ""
        out.print(f"{len(found):,} files, {len(faults):,} faults{more}")
    if faults:
        raise typer.Exit(1)


def _faults(file: _Verified) -> Iterator[Fault]:
    try:
        with file.open() as reader:
            yield from verify_warc(reader, name=file.name)
    except (OSError, DamagedArchiveError, RemoteStoreError) as error:
        why = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        message = f"the file cannot be read: {why}"
        yield Fault(path=Path(file.name), offset=0, record_id="", code="unreadable", message=message)


def _files_of(archive: Archive) -> tuple[list[_Verified], int]:
    """Return every file of an archive once, and how many are left out because a crawl writes to them.

    Those are what lies here, and what the ledger knows to lie elsewhere.
    """
    here = {path.relative_to(archive.warc_folder).as_posix(): path for path in _below(archive.warc_folder)}
    keys = {file.key for file in archive.catalogue.ledger.files()}
    if not here and not keys:
        # A catalogue that is to be made anew knows of no file; the stores do.
        for store in archive.shelf.stores.settings.stores:
            for stored in archive.shelf.stores.open(store.name).objects(WARC_PREFIX):
                keys.add(stored.key.removeprefix(WARC_PREFIX))
    found = []
    written = 0
    for key in sorted(keys | {name.removesuffix(".open") for name in here}):
        path = here.get(key) or here.get(f"{key}.open")
        if path is not None and path.suffix == ".open" and _is_written_to(path):
            written += 1
        elif path is not None:
            found.append(_local(path))
        else:
            found.append(_Verified(name=key, open=partial(archive.open_warc, key)))
    return found, written


def _is_written_to(path: Path) -> bool:
    """Tell whether a crawl holds the lock of an open file: its last record may be half there by now."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _files_in(archive: Archive, name: str) -> list[_Verified]:
    store = archive.shelf.stores.open(name)
    return [
        _Verified(name=f"{name}: {stored.key}", open=partial(store.open, stored.key, stored.version_id))
        for stored in store.objects(WARC_PREFIX)
        if any(stored.key.endswith(pattern.removeprefix("*")) for pattern in PATTERNS)
    ]


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show how far it is, where a person watches."""
    to = console(to_stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # What goes to a file or a pipe is no business of the display; on one terminal it makes room for lines.
    same = sys.stdout.isatty()
    shown = Progress(*columns, console=to, transient=True, disable=not to.is_terminal, redirect_stdout=same)
    with shown as progress:
        yield progress


def _fields(fault: Fault) -> dict[str, object]:
    return {name: getattr(fault, name) for name in ("offset", "record_id", "code", "message")}


def _warc_files(path: Path) -> Iterator[Path]:
    if not path.exists():
        raise InputError(f"{path} does not exist")
    if path.is_file():
        yield path
        return
    yield from _below(path)


def _below(folder: Path) -> Iterator[Path]:
    for pattern in PATTERNS:
        yield from folder.rglob(pattern)
