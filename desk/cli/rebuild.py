"""``mandegar rebuild``: the catalogue made anew from WARC files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from archive.rebuild import Folding, rebuild
from desk.cli.app import INTERRUPTED, JsonOption, app, desk, print_json
from desk.cli.live import LiveLine, clock
from desk.terminal import console, safe, size
from pipelines import fold_text, index_text

if TYPE_CHECKING:
    from archive.rebuild import RebuildProgress, RebuildReport

# Named on the terminal; --json has them all.
SHOWN = 20


@app.command(name="rebuild", epilog="Examples:  `mandegar rebuild` · `mandegar -a FOLDER rebuild --json`")
def rebuild_command(
    context: typer.Context,
    workers: Annotated[
        int | None, typer.Option(min=0, help="Processes that read WARC files [default: one a core].")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make the catalogue anew from the WARC files, on this disk and in stores; stopped, it goes on later."""
    with LiveLine(quiet=as_json) as live:
        try:
            report = rebuild(
                desk(context).archive_path,
                Folding(article=index_text, text=fold_text),
                workers=workers,
                on_progress=lambda one: live.update(one.elapsed_s, "  ".join(_parts(one))),
            )
        except KeyboardInterrupt:
            console(to_stderr=True).print("Stopped; what is done is kept, and the next `rebuild` goes on.")
            raise typer.Exit(INTERRUPTED) from None
    if as_json:
        print_json(_json(report))
    else:
        _summarise(report)
    if report.unasked or report.chains or report.unreadable or report.problem_count or report.missing:
        raise typer.Exit(1)


def _json(report: RebuildReport) -> dict[str, object]:
    totals = report.totals
    return {
        "files": report.files,
        "bytes": report.size,
        "records": report.records,
        "resumed_files": report.resumed_files,
        "captures": totals.captures if totals else 0,
        "articles": totals.articles if totals else 0,
        "versions": totals.versions if totals else 0,
        "comments": totals.comments if totals else 0,
        "problems": report.problem_count,
        "problem_list": [
            {"file": one.key, "offset": one.offset, "message": one.message} for one in report.problems
        ],
        "unreadable": [{"file": key, "message": why} for key, why in report.unreadable],
        "read_elsewhere": [
            {"file": one.key, "place": one.place or None, "message": one.message}
            for one in report.read_elsewhere
        ],
        "missing": report.missing,
        "manifests_unread": [{"store": name, "message": why} for name, why in report.chains],
        "unasked_stores": [{"store": name, "message": why} for name, why in report.unasked],
        "taken_over": report.carried,
        "not_taken_over": report.not_carried,
        "without_frontier": report.without_frontier,
        "before": str(report.before) if report.before else None,
        "seconds": round(report.elapsed_s, 3),
        "parse_s": round(report.read_s, 3),
        "fold_s": round(report.fold_s, 3),
        "insert_s": round(report.put_s, 3),
    }


def _summarise(report: RebuildReport) -> None:
    out = console()
    out.print("Made anew: the catalogue", style="bold")
    pace = f"{size(int(report.size / report.elapsed_s))}/s" if report.elapsed_s else ""
    out.print(
        f"  from {report.files:,} WARC files, {size(report.size)}, {report.records:,} records, "
        f"in {_clock(report.elapsed_s)} ({pace})",
        soft_wrap=True,
    )
    if report.resumed_files:
        out.print(f"  {report.resumed_files:,} of the files were done by a run that was stopped")
    if totals := report.totals:
        out.print(
            f"  {totals.captures:,} captures, {totals.articles:,} articles in {totals.versions:,} versions, "
            f"{totals.comments:,} comments",
            soft_wrap=True,
        )
    if report.before is not None:
        out.print(
            f"  the catalogue before it is kept: {report.before} (delete it when all is as it should be)",
            soft_wrap=True,
        )
    if report.not_carried:
        out.print(
            f"  nothing could be taken over from the catalogue before it: {safe(report.not_carried)}",
            soft_wrap=True,
        )
    for crawl in report.without_frontier:
        out.print(
            f"  crawl {crawl} was interrupted and nothing says what it had left to do: the next crawl of its "
            "source begins at the front page",
            soft_wrap=True,
        )
    _name(
        f"{report.problem_count:,} records that could not be read, or have no place",
        [f"{one.key}:{one.offset}: {one.message}" for one in report.problems],
    )
    _name(
        "Stores that could not be asked; what lies only there is left out", [why for _, why in report.unasked]
    )
    _name(
        "Damaged, and read from another copy (`mandegar store repair` mends them)",
        [
            f"{one.key} {f'in store {one.place}' if one.place else 'on this disk'}: {one.message}"
            for one in report.read_elsewhere
        ],
    )
    _name("Manifests that could not be read", [f"{name}: {why}" for name, why in report.chains])
    _name("WARC files that could not be read", [f"{key}: {why}" for key, why in report.unreadable])
    _name("WARC files that are missing here and in every store", report.missing)


def _name(what: str, lines: list[str]) -> None:
    if not lines:
        return
    out = console()
    out.print(f"\n{what}:", style="bold red")
    for line in lines[:SHOWN]:
        out.print(f"  {safe(line)}", soft_wrap=True)
    if len(lines) > SHOWN:
        out.print(f"  and {len(lines) - SHOWN:,} more (--json names up to a thousand)")


def _parts(progress: RebuildProgress) -> list[str]:
    left = progress.left_s
    done = progress.size_done - progress.size_before
    return [
        f"files {progress.files_done:,} of {progress.files:,}",
        f"{size(progress.size_done)} of {size(progress.size)}",
        f"{progress.records / progress.elapsed_s:,.0f} records/s" if progress.elapsed_s else "",
        f"{size(int(done / progress.elapsed_s))}/s" if progress.elapsed_s else "",
        "time left " + (_clock(left) if left is not None else "…"),
    ]


def _clock(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 60 else clock(seconds)
