"""``mandegar status``: what an archive holds and how its last crawls went."""

from __future__ import annotations

import typer
from rich.table import Table

from desk.cli.app import JsonOption, app, desk, print_json
from desk.terminal import console, moment, size


@app.command(epilog="Example:  `mandegar status --json`")
def status(context: typer.Context, as_json: JsonOption = False) -> None:
    """Say what the archive holds, and how its last crawls went."""
    with desk(context).open() as archive:
        totals = archive.catalogue.totals()
        crawls = archive.catalogue.crawls(limit=10)
        path = archive.path
    if as_json:
        print_json({"archive": str(path), "totals": totals, "crawls": list(crawls)})
        return
    out = console()
    out.print(f"Archive {path}", style="bold")
    out.print(
        f"  {totals.sources:,} sources, {totals.articles:,} articles in {totals.versions:,} versions, "
        f"{totals.comments:,} comments"
    )
    out.print(f"  {totals.captures:,} captures, {size(totals.warc_bytes)} of WARC")
    if not crawls:
        out.print("  no crawl yet:  mandegar crawl https://…")
        return
    table = Table(box=None, padding=(0, 2))
    for column in (
        "crawl",
        "source",
        "state",
        "began",
        "pages",
        "articles",
        "new texts",
        "comments",
        "failures",
    ):
        table.add_column(column)
    for crawl in crawls:
        table.add_row(
            crawl.id,
            crawl.source,
            crawl.state.value,
            moment(crawl.started_at),
            f"{crawl.pages:,}",
            f"{crawl.articles:,}",
            f"{crawl.new_versions:,}",
            f"{crawl.comments:,}",
            ", ".join(f"{kind} {count:,}" for kind, count in crawl.failures[:3]) or "none",
        )
    out.print(table)
