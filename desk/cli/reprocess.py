"""``mandegar reprocess``: old captures read by the extractor of today."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.reprocess import reprocess
from crawler.spool import Spool
from desk.cli.app import INTERRUPTED, JsonOption, app, desk, print_json
from desk.cli.live import LiveLine
from desk.terminal import console, isolated, safe

if TYPE_CHECKING:
    from crawler.changes import Changes
    from crawler.reprocess import RereadProgress

# Named on the terminal; --json has them all.
SHOWN = 20
# Of a text in an example.
LONGEST = 160


@app.command(
    name="reprocess",
    epilog="Examples:  `mandegar reprocess --dry-run` · `mandegar reprocess --yes` · "
    "`mandegar reprocess --article 12`",
)
def reprocess_command(
    context: typer.Context,
    source: Annotated[str | None, typer.Option(help="Only captures of this source.")] = None,
    article: Annotated[
        str | None, typer.Option(help="Only this article: its number, or its web address.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and ask nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that read [default: one a core].")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read old captures again by the extractors of today; no capture changes, the old readings are kept.

    Says what would change, and asks before it does it. Stopped, it goes on with the next run.
    """
    write = yes and not dry_run
    asks = not (write or dry_run or as_json) and sys.stdin.isatty()
    with Spool() if asks else nullcontext() as spool:
        changes = _run(context, source, article, write=write, workers=workers, quiet=as_json, spool=spool)
        if as_json:
            print_json(_json(changes, written=write))
        else:
            _summarise(changes, written=write)
            if not write and changes.captures and not asks:
                console().print("\nNothing was changed; `mandegar reprocess --yes` does it.")
        if asks and changes.captures and typer.confirm("\nDo it?"):
            changes = _run(context, source, article, write=True, workers=workers, quiet=False, spool=spool)
            console().print(f"Done: {_articles(changes)} now as read today.")
    if changes.unread:
        raise typer.Exit(1)


def _run(
    context: typer.Context,
    source: str | None,
    article: str | None,
    *,
    write: bool,
    workers: int | None,
    quiet: bool,
    spool: Spool | None,
) -> Changes:
    with desk(context).open(exclusive=write) as archive, LiveLine(quiet=quiet) as live:
        try:
            return reprocess(
                archive,
                source=source,
                article=article,
                write=write,
                workers=workers,
                on_progress=lambda one: live.update(one.elapsed_s, _line(one)),
                spool=spool,
            )
        except KeyboardInterrupt:
            said = (
                "what was read is kept, and the next `reprocess` goes on."
                if write
                else "nothing was changed."
            )
            console(to_stderr=True).print(f"Stopped; {said}")
            raise typer.Exit(INTERRUPTED) from None


def _line(progress: RereadProgress) -> str:
    pace = f"{progress.done / progress.elapsed_s:,.0f} a second" if progress.elapsed_s else ""
    return (
        f"captures {progress.done:,} of at most {progress.total:,}  "
        f"articles that read differently {progress.articles:,}  {pace}"
    )


def _json(changes: Changes, *, written: bool) -> dict[str, object]:
    counts: dict[str, dict[str, int]] = {}
    for (what, how), count in sorted(changes.counts.items()):
        counts.setdefault(what, {})[how] = count
    return {
        "written": written,
        "captures": changes.captures,
        "current": changes.current,
        "same": changes.same,
        "articles": changes.articles,
        "changes": counts,
        "examples": [
            {"what": one.what, "how": one.how, "url": one.url, "before": one.before, "after": one.after}
            for one in changes.examples
        ],
        "unread": [{"url": url, "message": why} for url, why in changes.unread],
    }


def _articles(changes: Changes) -> str:
    return f"{changes.articles:,} article{'' if changes.articles == 1 else 's'}"


def _summarise(changes: Changes, *, written: bool) -> None:
    out = console()
    if not changes.captures and not changes.unread:
        out.print("Everything was read by today's extractors.", style="bold")
        return
    reads = "read" if written else "would read"
    out.print(f"{_articles(changes)} {reads} differently", style="bold")
    out.print(
        f"  {changes.captures:,} captures read again, {changes.same:,} of them as before; "
        f"{changes.current:,} were read by today's extractors already",
        soft_wrap=True,
    )
    for (what, how), count in sorted(changes.counts.items()):
        out.print(f"  {what} {how}: {count:,}")
    for one in changes.examples:
        out.print(f"\n{one.what} {one.how} · {safe(one.url)}", style="dim", soft_wrap=True)
        if one.before:
            out.print(f"  - {isolated(_short(one.before, one.after))}", style="red", soft_wrap=True)
        if one.after:
            out.print(f"  + {isolated(_short(one.after, one.before))}", style="green", soft_wrap=True)
    if changes.unread:
        out.print("\nStay as they are, since not all could be read again:", style="bold red")
        for url, why in changes.unread[:SHOWN]:
            out.print(f"  {safe(url)}: {safe(why)}", soft_wrap=True)
        if len(changes.unread) > SHOWN:
            out.print(f"  and {len(changes.unread) - SHOWN:,} more (--json names them all)")


def _short(text: str, other: str) -> str:
    """Return a text from shortly before where it first differs from the other, within ``LONGEST``.

    >>> _short("a" * 200 + "b", "a" * 200 + "c")[-3:]
    'aab'
    """
    same = next((at for at, pair in enumerate(zip(text, other, strict=False)) if pair[0] != pair[1]), 0)
    if not same and other:
        same = min(len(text), len(other)) if text.startswith(other) or other.startswith(text) else 0
    begin = max(0, same - LONGEST // 3)
    part = " ".join(text[begin : begin + LONGEST].split())
    return f"{'…' if begin else ''}{part}{'…' if begin + LONGEST < len(text) else ''}"
