"""``mandegar source add | list | show``; what was learned of a source is in :mod:`desk.cli.learning`."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Annotated

import typer
from rich.text import Text

from desk.cli.app import JsonOption, app, desk, print_json
from desk.cli.crawl import refuse_taken_name
from desk.terminal import console, isolated, moment, safe
from spiders import check_source, declared, find_source, source_from_url

source_app = typer.Typer(help="The publications that this archive knows.", no_args_is_help=True)
app.add_typer(source_app, name="source")


@source_app.command(
    epilog="Examples:  `mandegar source add https://www.example.org/ --title Example` · "
    "`mandegar source add paper.toml`"
)
def add(
    context: typer.Context,
    site: Annotated[
        str, typer.Argument(help="A web address, a source file (TOML) or a declared source's name.")
    ],
    name: Annotated[str, typer.Option(help="A short name [default: made from the host].")] = "",
    title: Annotated[str, typer.Option(help="As people call it.")] = "",
    delay: Annotated[
        float | None, typer.Option(min=0, help="Seconds between two requests, as `crawl --delay`.")
    ] = None,
) -> None:
    """Add a publication, so that `mandegar crawl NAME` knows how to treat it."""
    is_named = site in declared() or site.endswith(".toml")
    source = find_source(site) if is_named else source_from_url(site)
    if name:
        source = replace(source, name=name)
    if title:
        source = replace(source, title=title)
    if delay is not None:
        source = replace(source, delay_s=delay)
    check_source(source)
    with desk(context).open(create=True, exclusive=True) as archive:
        known = {one.name: one for one in archive.catalogue.sources()}
        refuse_taken_name(known.get(source.name), source, "give this one another with --name NAME")
        archive.put_source(source)
    out = console()
    out.print(f"Added {source.name}: {safe(source.origin)}", soft_wrap=True)
    out.print(f"Next:  mandegar crawl {source.name}", soft_wrap=True)


@source_app.command("list", epilog="Example:  `mandegar source list --json`")
def list_sources(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the publications of this archive, and those declared in spiders/."""
    with desk(context).open() as archive:
        sources = archive.catalogue.sources()
        latest = {one.name: next(iter(archive.catalogue.crawls(one.name, limit=1)), None) for one in sources}
    if as_json:
        print_json(list(sources))
        return
    out = console()
    # Lines, not a table: names and addresses are to be copied, so nothing of them may be cut or broken.
    for one in sources:
        head = Text(one.name, style="bold")
        if one.title:
            head.append(f"  {isolated(one.title)}", style="not bold")
        out.print(head, soft_wrap=True)
        out.print(f"  {safe(one.origin)}", soft_wrap=True)
        crawl = latest[one.name]
        when = f"{moment(crawl.started_at)}, {crawl.state.value}" if crawl else "never"
        out.print(f"  last crawl: {when}", soft_wrap=True)
    if not sources:
        out.print("No source yet. Add one:  mandegar source add https://…")
    others = sorted(set(declared()) - {one.name for one in sources})
    if others:
        out.print("\nDeclared in spiders/, not added yet: " + ", ".join(others), soft_wrap=True)


@source_app.command(epilog="Example:  `mandegar source show nl_zamaneh`")
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The source's name.")],
    as_json: JsonOption = False,
) -> None:
    """Show how a publication is found and treated, and its last crawls."""
    with desk(context).open() as archive:
        source = archive.catalogue.source(name)
        crawls = archive.catalogue.crawls(name, limit=10)
        learned = archive.catalogue.readings.learned(name)
    revision = learned.revision if learned else ""
    if as_json:
        print_json({"source": source, "learned": revision or None, "crawls": list(crawls)})
        return
    out = console()
    out.print(f"{source.name}  {isolated(source.title)}", style="bold", soft_wrap=True)
    for item in fields(source):
        value = getattr(source, item.name)
        if item.name not in {"name", "title"} and value not in {"", None, ()}:
            shown = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
            out.print(f"  {item.name.replace('_', ' ')}: {safe(shown)}", soft_wrap=True)
    if learned and revision:
        out.print(f"  read with what was learned: {revision}, {moment(learned.learned_at)}", soft_wrap=True)
    out.print("\nCrawls:", style="bold")
    for crawl in crawls:
        out.print(
            f"  {crawl.id}  {crawl.state.value}  {crawl.pages:,} pages, {crawl.articles:,} articles, "
            f"{crawl.comments:,} comments, {sum(count for _, count in crawl.failures):,} failures",
            soft_wrap=True,
        )
    if not crawls:
        out.print(f"  none yet:  mandegar crawl {source.name}")
