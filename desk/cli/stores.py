"""``mandegar store add | list | remove | check | copies | new-key``: where copies of the archive go.

The commands that copy (``sync``, ``audit``, ``repair``) are in :mod:`desk.cli.copies`.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from archive.catalogue import CopyState
from archive.folder import MARKER
from archive.objects import (
    Ability,
    LockMode,
    add_store,
    check_store,
    make_key,
    make_store,
    read_settings,
    remove_store,
    set_copies,
)
from archive.objects.opening import open_store
from archive.shelf import WARC_PREFIX
from desk.cli.app import JsonOption, app, desk, print_json
from desk.cli.wording import as_options, as_typed
from desk.terminal import console, safe, size
from model import BadConfigurationError, InputError, RemoteStoreError, StoreRefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from archive import Archive
    from archive.objects import Finding, StoreSettings

store_app = typer.Typer(help="The folders and buckets that hold copies of the archive.", no_args_is_help=True)
app.add_typer(store_app, name="store")

StoreName = Annotated[str, typer.Argument(help="The store's name.", show_default=False)]


@store_app.command(
    epilog="Examples:  `mandegar store add /mnt/disk2/copies` · "
    "`mandegar store add s3://bucket/press --endpoint https://s3.example.org --lock compliance "
    "--retention-days 365 --key-file press.key`"
)
def add(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="A folder, or s3://bucket/prefix.", show_default=False)],
    name: Annotated[str, typer.Option(help="A short name [default: made from the URL].")] = "",
    endpoint: Annotated[str | None, typer.Option(help="The S3 server [default: Amazon's].")] = None,
    region: Annotated[str | None, typer.Option(help="The bucket's region.")] = None,
    path_style: Annotated[
        bool, typer.Option("--path-style", help="The bucket stands in the path, not in the host's name.")
    ] = False,
    profile: Annotated[str | None, typer.Option(help="A profile of the credentials file.")] = None,
    credentials_file: Annotated[
        Path | None, typer.Option(help="A file with access keys [default: as every S3 tool finds them].")
    ] = None,
    lock: Annotated[
        LockMode | None, typer.Option(help="Object Lock: nobody deletes a copy before its time.")
    ] = None,
    retention_days: Annotated[int | None, typer.Option(help="For how long, with --lock.")] = None,
    legal_hold: Annotated[
        bool, typer.Option("--legal-hold", help="Nobody deletes a copy until a person lifts the hold.")
    ] = False,
    key_file: Annotated[
        Path | None, typer.Option(help="Encrypt what goes there (make one: mandegar store new-key).")
    ] = None,
    ca_file: Annotated[Path | None, typer.Option(help="The certificate authority of the S3 server.")] = None,
    no_check: Annotated[
        bool, typer.Option("--no-check", help="Do not try first what the store can do.")
    ] = False,
) -> None:
    """Add a store of copies, after trying what it can do. Access keys are never given here."""
    given: dict[str, Any] = {  # as in a table of mandegar.toml
        "url": url,
        "endpoint": endpoint,
        "region": region,
        "path_style": path_style or None,
        "profile": profile,
        "credentials_file": None if credentials_file is None else str(credentials_file),
        "lock": lock and lock.value,
        "retention_days": retention_days,
        "legal_hold": legal_hold or None,
        "key_file": None if key_file is None else str(key_file),
        "ca_file": None if ca_file is None else str(ca_file),
    }
    if not url.strip():
        raise InputError("URL: it is empty; give a folder, or s3://bucket/prefix")
    values = {key: value for key, value in given.items() if value is not None}
    with desk(context).open(create=True) as archive:
        marker = archive.path / MARKER
        taken = {store.name for store in read_settings(marker).stores}
        # From the folder where the command was typed; the file keeps absolute paths.
        called = name or _name_from(url, taken)
        try:
            store = make_store({"name": called, **values}, base=Path.cwd(), place=f"store {called}")
            add_store(marker, store, try_only=True)
        except BadConfigurationError as error:
            raise as_typed(error, called) from error
        out = console()
        if not no_check:
            findings = [
                replace(finding, message=as_options(finding.message)) for finding in check_store(store)
            ]
            _print_findings(store, findings)
            if _missing(findings):
                why = "it was not added, because what is asked for is not there"
                raise StoreRefusedError(called, f"{why}; change that, or add it all the same with --no-check")
        settings = add_store(marker, store)
        is_of_another = not no_check and _holds_unknown(archive, store)
    out.print(f"Added {called}: {safe(store.url)}", soft_wrap=True)
    needed, stores = settings.copies, len(settings.stores)
    out.print(f"A file is safe with {_copies(needed)} in {stores} store{'s' * (stores != 1)}.")
    if is_of_another:
        out.print("It holds WARC files that this archive does not know yet.")
    out.print(f"Next:  mandegar {'rebuild' if is_of_another else 'store sync'}")


@store_app.command("list", epilog="Example:  `mandegar store list --json`")
def list_stores(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the stores, and how many copies each holds."""
    with desk(context).open() as archive:
        settings = read_settings(archive.path / MARKER)
        standings = [archive.catalogue.ledger.standing(store.name) for store in settings.stores]
        safety = archive.catalogue.ledger.safety([store.name for store in settings.stores], settings.copies)
    if as_json:
        rows = [
            {**_described(store), "copies": asdict(standing)}
            for store, standing in zip(settings.stores, standings, strict=True)
        ]
        print_json({"copies": settings.copies, "stores": rows, "files": asdict(safety)})
        return
    out = console()
    # Lines, not a table: URLs are to be copied, so nothing of them may be cut or broken.
    for store, standing in zip(settings.stores, standings, strict=True):
        out.print(store.name, style="bold", soft_wrap=True)
        at = f" at {store.endpoint}" if store.endpoint else ""
        out.print(f"  {safe(store.url)}{safe(at)}", soft_wrap=True)
        out.print(f"  {_lock(store)}; {_encryption(store)}", soft_wrap=True)
        counts = [f"{_copies(standing.verified)} ({size(standing.verified_bytes)}) verified"]
        counts += [
            f"{count:,} {what}"
            for what in ("pending", "damaged", "missing")
            if (count := getattr(standing, what))
        ]
        out.print(f"  {', '.join(counts)}", soft_wrap=True)
        if standing.reason:
            out.print(f"  in the way: {safe(standing.reason)}", soft_wrap=True)
    if not settings.stores:
        out.print("No store yet: every file lies on this disk alone.")
        out.print("Add one:  mandegar store add /mnt/disk2/copies")
        return
    out.print(
        f"\nOf {safety.files:,} closed files {safety.safe:,} have {_copies(settings.copies)} and are safe.",
        soft_wrap=True,
    )


@store_app.command(epilog="Example:  `mandegar store remove paris`")
def remove(
    context: typer.Context,
    name: StoreName,
    last_copies: Annotated[
        bool, typer.Option("--last-copies", help="Even if some files lie nowhere else.")
    ] = False,
) -> None:
    """Forget a store. What lies in it stays there: nothing is deleted."""
    with desk(context).open() as archive:
        marker = archive.path / MARKER
        settings = read_settings(marker)
        store = settings.store(name)
        only_there = _only_in(archive, name, {one.name for one in settings.stores} - {name})
        if only_there and not last_copies:
            raise InputError(
                f"{only_there:,} files lie in store {name} and nowhere else, so they could not be read any "
                f"more; bring them here first (mandegar store repair), or give --last-copies"
            )
        held = archive.catalogue.ledger.standing(name)
        remove_store(marker, name)
    out = console()
    out.print(f"Removed {name} from {MARKER}.")
    out.print(f"{_copies(held.verified)} stay in {safe(store.url)}: nothing was deleted.", soft_wrap=True)
    if store.lock or store.legal_hold:
        out.print("Their locks stay, too.")
    if store.key_file:
        out.print(f"They are encrypted: keep {safe(str(store.key_file))}.", soft_wrap=True)


@store_app.command(epilog="Examples:  `mandegar store check` · `mandegar store check paris --json`")
def check(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The store's name [default: all].", show_default=False)] = "",
    as_json: JsonOption = False,
) -> None:
    """Try what the stores can do; exit code 1 when one lacks what its settings ask for."""
    with desk(context).open() as archive:
        settings = read_settings(archive.path / MARKER)
        stores = (settings.store(name),) if name else settings.stores
        known = {one.name: _has_copies(archive, one.name) for one in stores}
    if not stores:
        raise InputError("there is no store to check; add one:  mandegar store add /mnt/disk2/copies")
    found = [(store, check_store(store, known=known[store.name])) for store in stores]
    missing = any(_missing(findings) for _, findings in found)
    if as_json:
        rows = [
            {**_described(store), "findings": [asdict(finding) for finding in findings]}
            for store, findings in found
        ]
        print_json({"stores": rows, "usable": not missing})
    else:
        for store, findings in found:
            _print_findings(store, findings)
    if missing:
        raise typer.Exit(1)


@store_app.command(epilog="Examples:  `mandegar store copies 2` · `mandegar store copies`")
def copies(
    context: typer.Context,
    number: Annotated[
        int | None,
        typer.Argument(
            min=1,
            help="How many stores must hold a file [default: show the present number].",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Say how many copies make a file safe, so that it may leave this disk."""
    with desk(context).open() as archive:
        marker = archive.path / MARKER
        settings = read_settings(marker) if number is None else set_copies(marker, number)
    stores = len(settings.stores)
    console().print(f"A file is safe with {_copies(settings.copies)} in {stores} store{'s' * (stores != 1)}.")


@store_app.command("new-key", epilog="Example:  `mandegar store new-key press.key`")
def new_key(
    file: Annotated[Path, typer.Argument(help="A new file for the key.", show_default=False)],
) -> None:
    """Make a key that encrypts what goes to a store."""
    key = make_key(file.expanduser(), f"{datetime.now(UTC):%Y-%m-%d}")
    out = console()
    out.print(f"Wrote {safe(str(file))}; its key id is {key.id.hex()}.", soft_wrap=True)
    out.print("Without this file nobody can read what is encrypted with it, you included.")
    out.print("Keep two copies elsewhere now: on another machine, and printed in a safe.")
    out.print(f"Then:  mandegar store add s3://… --key-file {safe(str(file))}", soft_wrap=True)


def _holds_unknown(archive: Archive, store: StoreSettings) -> bool:
    """Whether a store holds WARC files from before, as on a new machine; the first one listed tells."""
    with suppress(RemoteStoreError):
        for found in open_store(store).objects(WARC_PREFIX):
            key = found.key.removeprefix(WARC_PREFIX)
            return all(file.key != key for file in archive.catalogue.ledger.files())
    return False


def _name_from(url: str, taken: set[str]) -> str:
    """Return a free name: of the bucket, or of the folder's last part."""
    rest = url.partition("://")[2].partition("/")[0] if url.lower().startswith("s3://") else Path(url).name
    # What stands before @ would be a secret; such a URL is refused in a moment.
    base = re.sub(r"[^a-z0-9]+", "-", rest.rpartition("@")[2].lower()).strip("-")[:50] or "copies"
    name, number = base, 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def _print_findings(store: StoreSettings, findings: Sequence[Finding]) -> None:
    out = console()
    out.print(f"{store.name}  {safe(store.url)}", style="bold", soft_wrap=True)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        lacks = finding.needed and finding.ability is Ability.NO
        shown = f"  {'MISSING' if lacks else finding.ability.value}"
        style = "red" if lacks else ("yellow" if finding.ability is not Ability.YES else "")
        table.add_row(shown, finding.name, safe(finding.message), style=style)
    out.print(table)


def _missing(findings: Sequence[Finding]) -> bool:
    return any(finding.needed and finding.ability is Ability.NO for finding in findings)


def _described(store: StoreSettings) -> dict[str, object]:
    """Return what is worth telling of a store, for JSON."""
    paths = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(store).items()}
    return {**paths, "encrypted": store.key_file is not None}


def _lock(store: StoreSettings) -> str:
    parts = [f"locked for {store.retention_days} days ({store.lock.value})"] if store.lock else []
    parts += ["legal hold"] if store.legal_hold else []
    return ", ".join(parts) or "not locked"


def _encryption(store: StoreSettings) -> str:
    return f"encrypted with {safe(str(store.key_file))}" if store.key_file else "not encrypted"


def _copies(number: int) -> str:
    return f"{number:,} {'copy' if number == 1 else 'copies'}"


def _has_copies(archive: Archive, store: str) -> bool:
    standing = archive.catalogue.ledger.standing(store)
    return bool(standing.verified or standing.damaged or standing.missing)


def _only_in(archive: Archive, name: str, others: set[str]) -> int:
    """Return how many files could be read from this store only."""
    ledger = archive.catalogue.ledger
    count = 0
    for copy in ledger.copies_in(name, CopyState.VERIFIED):
        file = ledger.file(copy.key)
        if file is not None and file.is_local:
            continue
        elsewhere = (
            one.store in others and one.state is CopyState.VERIFIED for one in ledger.copies_of(copy.key)
        )
        count += not any(elsewhere)
    return count
