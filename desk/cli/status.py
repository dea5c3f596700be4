"""``mandegar status``: what an archive holds and how its last crawls went."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import typer

from desk.cli.app import JsonOption, app, desk, print_json
from desk.cli.copies import copies_line
from desk.standing import as_they_stand
from desk.terminal import console, indented, moment, safe, size

if TYPE_CHECKING:
    from archive import Archive


def connection_lines(archive: Archive) -> list[dict[str, object]]:
    """Return for each source how it could be reached when that was last seen, in one plain line."""
    # Imported here: a status says more than this, and sooner.
    from pipelines.verdicts import connection_line, connection_state

    catalogue = archive.catalogue
    found: list[dict[str, object]] = []
    for source in catalogue.sources():
        rows = catalogue.connections.of(source.name)
        verdict = rows[0].verdict if rows else None
        by = catalogue.vias.latest(source.name)
        # One that was taken since the site was last reached; an older one says nothing of now.
        since = {
            row.record_id for row in takewhile(lambda one: not one.verdict.kind.content_may_change, rows)
        }
        mirror = None
        if by is not None and by.mirror is not None and by.verdict_id in since:
            mirror = urlsplit(by.mirror.url).netloc
        found.append(
            {
                "source": source.name,
                "state": connection_state(verdict, mirror=mirror),
                "line": safe(connection_line(verdict, mirror=mirror)),
                "observed_at": verdict.observed_at if verdict is not None else None,
            }
        )
    return found


@app.command(epilog="Example:  `mandegar status --json`")
def status(context: typer.Context, as_json: JsonOption = False) -> None:
    """Say what the archive holds, and how its last crawls went."""
    with desk(context).open() as archive:
        totals = archive.catalogue.totals()
        crawls = as_they_stand(archive.catalogue, archive.catalogue.crawls(limit=10))
        path = archive.path
        copies = copies_line(archive)
        connections = connection_lines(archive)
    if as_json:
        print_json({"archive": str(path), "totals": totals, "connections": connections, "crawls": crawls})
        return
    out = console()
    out.print(f"Archive {path}", style="bold", soft_wrap=True)
    out.print(
        f"  {totals.sources:,} sources, {totals.articles:,} articles in {totals.versions:,} versions, "
        f"{totals.comments:,} comments"
    )
    out.print(f"  {totals.captures:,} captures, {size(totals.warc_bytes)} of WARC")
    if copies is not None:
        out.print(indented(copies, "  "), soft_wrap=True)
        out.print("    more: mandegar store status", style="dim")
    if connections:
        out.print("\nHow sources can be reached:", style="bold")
    for one in connections:
        out.print(f"  {one['source']}  {one['line']}", soft_wrap=True)
    if not crawls:
        out.print("  no crawl yet:  mandegar crawl https://…")
        return
    # Lines, not a table: its nine columns were cut to «…» in a terminal of 80.
    out.print("\nLast crawls:", style="bold")
    for crawl in crawls:
        out.print(f"  {crawl.source}  {crawl.state.value}  {moment(crawl.started_at)}", soft_wrap=True)
        if crawl.note:
            out.print(indented(crawl.note, "    "), soft_wrap=True)
        out.print(
            f"    {crawl.pages:,} pages, {crawl.articles:,} articles "
            f"({crawl.new_versions:,} with a new text), {crawl.comments:,} comments",
            soft_wrap=True,
        )
        failures = ", ".join(f"{kind} {count:,}" for kind, count in crawl.failures) or "none"
        out.print(f"    failures: {failures}", soft_wrap=True)
        out.print(f"    crawl {crawl.id}", style="dim", soft_wrap=True)
