"""``mandegar store sync | status | audit | repair``: the copies of the archive."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from archive.copies.audit import REPAIRABLE, CopyFault, FaultKind
from archive.copies.keeper import Keeper
from archive.copies.keeping import open_keeping
from archive.copies.repair import repair as repair_copies
from archive.copies.round import audit as audit_copies
from archive.copies.tidying import tidy
from archive.manifest.places import ARCHIVE
from desk.cli.app import INTERRUPTED, JsonOption, desk, print_json
from desk.cli.stores import store_app
from desk.terminal import console, indented, moment, safe, size
from model import BadConfigurationError, StoreBusyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from archive import Archive
    from archive.catalogue import Safety, StoreStanding
    from archive.copies.keeping import Keeping
    from archive.copies.repair import Repair
    from archive.copies.round import Checked
    from archive.objects import KeepingSettings

# Captures and records named one by one; the rest is counted (all are in --json).
SHOWN = 20
# Repair deletes nothing in a store, and should have no right to: that takes DeleteObjectVersion.
UNHIDE = (
    "find out who put something over the hidden copies (`mandegar store repair` leaves them as they are),"
    " then remove it, with an S3 tool and by its version id"
)
_LOOK_EVERY_S = 1.0
StoreOption = Annotated[
    str | None,
    typer.Argument(
        help="One store, or `(archive)`: the local files [default: all of them].", show_default=False
    ),
]


@store_app.command(epilog="Examples:  `mandegar store sync` · `mandegar store sync --json`")
def sync(context: typer.Context, as_json: JsonOption = False) -> None:
    """Put into every store what it lacks, until nothing more can be put; then drop what may go.

    A crawl does the same while it runs. Ctrl-C ends it after the part under way; the next run goes on there.
    """
    out = console(to_stderr=True)
    try:
        archive = desk(context).open(exclusive=True)
    except StoreBusyError as error:
        hint = "a crawl puts its files into the stores itself, and those that wait, too; wait for it to end"
        raise StoreBusyError(desk(context).archive_path, error.holder, hint) from error
    with archive:
        keeping = _keeping(archive)
        keeper = Keeper(keeping, on_note=lambda message: out.print(safe(message), soft_wrap=True))
        ended_by_hand = False
        try:
            keeper.start()
            keeper.finish()
            with _line(out, quiet=as_json) as say:
                while not keeper.wait(_LOOK_EVERY_S):
                    say("  ".join(f"{one.store}: {one.pending:,} to put" for one in keeper.left()))
                say("looking which local files may be dropped")
                dropped = tidy(keeping)
        except KeyboardInterrupt:
            ended_by_hand = True
            dropped = None
        finally:
            keeper.stop()
        standings = _standings(archive, keeping.settings)
        safety = _safety(archive, keeping.settings)
        if as_json:
            print_json(
                {
                    **_described(keeping.settings, standings, safety),
                    "dropped": dropped,
                }
            )
        else:
            _print_standings(keeping.settings, standings, safety)
            if dropped is not None and dropped.files:
                console().print(f"Dropped {dropped.files:,} local files ({size(dropped.bytes)}).")
    if ended_by_hand:
        raise typer.Exit(INTERRUPTED)
    if any(standing.pending or standing.damaged or standing.missing for standing in standings):
        raise typer.Exit(1)


@store_app.command("status", epilog="Example:  `mandegar store status --json`")
def store_status(context: typer.Context, as_json: JsonOption = False) -> None:
    """Say how many files are safe, and what every store has and waits for."""
    with desk(context).open() as archive:
        settings = archive.settings
        standings = _standings(archive, settings)
        safety = _safety(archive, settings)
    if as_json:
        print_json(_described(settings, standings, safety))
    else:
        _print_standings(settings, standings, safety)


@store_app.command(
    epilog="Examples:  `mandegar store audit` · `mandegar store audit paris --all` · "
    "`mandegar store audit --sample 100 --json`"
)
def audit(
    context: typer.Context,
    name: StoreOption = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Read everything; one that was broken off goes on.")
    ] = False,
    sample: Annotated[
        int | None,
        typer.Option(min=0, help="So many files of each place [default: 20, or 5 % where that is more]."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read copies back and compare them with the manifest: a line for each fault, exit code 1 when any."""
    if everything and sample is not None:
        raise BadConfigurationError("--sample", "with --all everything is read; give one of them")
    out = console()

    def show(checked: Checked) -> None:
        say(f"{checked.place}: {checked.key}")
        for fault in () if as_json else checked.faults:
            _print_fault(fault)

    with desk(context).open() as archive, _line(console(to_stderr=True), quiet=as_json) as say:
        keeping = open_keeping(archive.catalogue, archive.path, archive.settings)
        report = audit_copies(keeping, name, everything=everything, sample=sample, on_checked=show)
    if as_json:
        print_json(
            {
                "copies": report.copies,
                "bytes": report.bytes,
                "of": report.of,
                "went_on": report.went_on,
                "faults": report.faults,
                "unchecked": report.unchecked,
            }
        )
    else:
        for store, why in report.unchecked.items():
            out.print(f"{store}: not audited: {safe(why)}", style="red", soft_wrap=True)
        if report.went_on:
            out.print("Gone on where the last audit of everything was broken off.")
        out.print(
            f"{report.copies:,} of {report.of:,} copies read ({size(report.bytes)}), "
            f"{len(report.faults):,} faults"
        )
        if any(fault.kind in REPAIRABLE for fault in report.faults):
            out.print("Next:  mandegar store repair")
        if any(fault.kind is FaultKind.HIDDEN for fault in report.faults):
            out.print(indented(f"Next:  {UNHIDE}", ""), soft_wrap=True)
    if not report.is_clean:
        raise typer.Exit(1)


@store_app.command(epilog="Examples:  `mandegar store repair` · `mandegar store repair paris`")
def repair(context: typer.Context, name: StoreOption = None, as_json: JsonOption = False) -> None:
    """Put good copies where an audit found damaged or missing ones; exit code 1 when some cannot be."""
    out = console()

    def show(one: Repair) -> None:
        head = "repaired" if one.repaired else "NOT repaired"
        out.print(f"{head}: {one.place}: {safe(one.key)}: {safe(one.message)}", soft_wrap=True)

    with desk(context).open() as archive:
        keeping = open_keeping(archive.catalogue, archive.path, archive.settings)
        done = repair_copies(keeping, name, on_repair=None if as_json else show)
    failed = [one for one in done if not one.repaired]
    if as_json:
        print_json({"repairs": done})
    elif not done:
        out.print("Nothing to repair: no audit found anything.  mandegar store audit")
    else:
        out.print(f"{len(done) - len(failed):,} repaired, {len(failed):,} not")
    if failed:
        raise typer.Exit(1)


def print_waiting(archive: Archive) -> None:
    """Print, after a crawl, what still waits for a store; nothing when nothing does."""
    settings = archive.settings
    out = console(to_stderr=True)
    waiting = False
    for standing in _standings(archive, settings):
        if standing.pending:
            waiting = True
            out.print(safe(_waits(standing)), soft_wrap=True)
    if waiting:
        out.print("`mandegar store sync` goes on with that, and so does the next crawl.", soft_wrap=True)


def copies_line(archive: Archive) -> str | None:
    """Return how safe the archive is, in a line; ``None`` where no store is configured."""
    settings = archive.settings
    if not settings.stores:
        return None
    return _safety_line(settings, _safety(archive, settings))


def _keeping(archive: Archive) -> Keeping:
    settings = archive.settings
    if not settings.stores:
        raise BadConfigurationError(
            "stores", "no store is configured; add one:  mandegar store add /mnt/disk2/copies"
        )
    return open_keeping(archive.catalogue, archive.path, settings)


def _standings(archive: Archive, settings: KeepingSettings) -> list[StoreStanding]:
    return [archive.catalogue.ledger.standing(store.name) for store in settings.stores]


def _safety(archive: Archive, settings: KeepingSettings) -> Safety:
    return archive.catalogue.ledger.safety([store.name for store in settings.stores], settings.copies)


def _described(
    settings: KeepingSettings, standings: list[StoreStanding], safety: Safety
) -> dict[str, object]:
    return {
        "copies": settings.copies,
        "files": safety,
        "stores": standings,
    }


def _safety_line(settings: KeepingSettings, safety: Safety) -> str:
    copies = f"{settings.copies} verified {'copy' if settings.copies == 1 else 'copies'}"
    line = f"{safety.safe:,} of {safety.files:,} WARC files are safe ({copies} in stores)"
    return line + (f", {safety.only_local:,} have no copy yet" if safety.only_local else "")


def _print_standings(settings: KeepingSettings, standings: list[StoreStanding], safety: Safety) -> None:
    out = console()
    out.print(_safety_line(settings, safety), style="bold", soft_wrap=True)
    for standing in standings:
        bad = standing.damaged + standing.missing
        out.print(
            f"  {standing.store}: {standing.verified:,} verified ({size(standing.verified_bytes)})"
            + (f", {standing.damaged:,} damaged" if standing.damaged else "")
            + (f", {standing.missing:,} missing" if standing.missing else ""),
            soft_wrap=True,
        )
        if standing.pending:
            out.print(f"    {safe(_waits(standing))}", soft_wrap=True)
        if bad:
            out.print(f"    mandegar store repair {standing.store}")


def _waits(standing: StoreStanding) -> str:
    files = "1 file waits" if standing.pending == 1 else f"{standing.pending:,} files wait"
    line = f"{files} for store {standing.store} ({size(standing.pending_bytes)}"
    if standing.oldest_waiting is not None:
        line += f", the oldest since {moment(standing.oldest_waiting)}"
    return line + ")" + (f": {standing.reason}" if standing.reason else "")


def _print_fault(fault: CopyFault) -> None:
    out = console()
    place = "here" if fault.place == ARCHIVE else f"store {fault.place}"
    out.print(safe(f"{fault.key}: {fault.kind.value} ({place}): {fault.message}"), soft_wrap=True)
    for one in fault.ranges[:SHOWN]:
        record = f" {one.type} {one.record_id}" if one.record_id else ""
        out.print(safe(f"  bytes {one.offset} to {one.offset + one.length - 1}:{record}"), soft_wrap=True)
    _rest(len(fault.ranges), "records")
    for capture in fault.captures[:SHOWN]:
        at = moment(capture.captured_at)
        out.print(safe(f"  capture {capture.record_id}  {at}  {capture.url}"), soft_wrap=True)
    _rest(len(fault.captures), "captures")


@contextmanager
def _line(out: Console, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Give what shows a line that changes, where a terminal can; elsewhere nothing is shown."""
    if quiet or not out.is_terminal:
        yield lambda _: None
        return
    with out.status("") as status:
        yield lambda text: status.update(safe(text))


def _rest(count: int, what: str) -> None:
    if count > SHOWN:
        console().print(f"  … and {count - SHOWN:,} more {what} (all: --json)")
