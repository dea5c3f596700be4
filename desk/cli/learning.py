"""``mandegar source boilerplate | flicker``: what is learned of a source's pages, and kept to read with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.learned import keep_pages, kept_pages
from desk.boilerplate import learn_source
from desk.cli.app import JsonOption, desk, print_json
from desk.cli.sources import source_app
from desk.flicker import learn_flicker
from desk.terminal import console, isolated, safe
from model import BadConfigurationError
from pipelines import Flicker, LearnedPages, SiteBoilerplate

if TYPE_CHECKING:
    from rich.console import Console

    from archive import Archive
    from desk.boilerplate import Taught
    from desk.flicker import TaughtFlicker

ARTICLES_SHOWN = 10

NameArgument = Annotated[str, typer.Argument(help="The source's name.")]
KeepOption = Annotated[
    bool, typer.Option("--keep", help="Keep it: crawls and `reprocess` read with it from now on.")
]
ForgetOption = Annotated[bool, typer.Option("--forget", help="Read without it again.")]


@source_app.command(
    epilog="Examples:  `mandegar source boilerplate nl_zamaneh` · "
    "`mandegar source boilerplate nl_zamaneh --pages 1000 --keep`"
)
def boilerplate(
    context: typer.Context,
    name: NameArgument,
    pages: Annotated[int, typer.Option(min=1, help="Learn from so many of its latest articles.")] = 400,
    keep: KeepOption = False,
    forget: ForgetOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show what repeats on a publication's archived articles, and what each would lose.

    Changes nothing without --keep; then what repeats is left out of its articles.
    """
    _check(keep=keep, forget=forget)
    with desk(context).open(exclusive=keep or forget) as archive:
        before = kept_pages(archive, name)
        taught = learn_source(archive, name, most=pages, previous=before.boilerplate)
        chosen = SiteBoilerplate() if forget else taught.boilerplate if keep else before.boilerplate
        if keep and chosen.is_empty:
            chosen = before.boilerplate
        after = _kept(archive, name, before, replace(before, boilerplate=chosen))
    known = taught.boilerplate
    if as_json:
        print_json(
            {
                "source": name,
                "revision": known.revision,
                "kept": after.boilerplate.revision or None,
                "read_with": after.revision or None,
                "boilerplate": known,
                "articles": list(taught.articles),
                "unread": list(taught.unread),
            }
        )
        return
    out = console()
    _show_boilerplate(out, name, taught)
    _tell(out, name, before, after, learned=known.revision, kept=after.boilerplate.revision)


def _show_boilerplate(out: Console, name: str, taught: Taught) -> None:
    known = taught.boilerplate
    if known.is_empty:
        out.print(f"Nothing repeats on the {known.pages:,} articles of {name} that could be read.")
    else:
        head = f"Learned from {known.pages:,} articles of {name}, revision {known.revision}:"
        out.print(head, style="bold", soft_wrap=True)
        for text in known.texts:
            out.print(f"  on {text.pages:,} of {text.of_pages:,}  {isolated(text.sample)}", soft_wrap=True)
        for what, shapes in (("a list of other articles", known.shapes), ("outside the text", known.outside)):
            for shape in shapes:
                line = f"  on {shape.pages:,} of {shape.of_pages:,}  {what}: {isolated(shape.sample)}"
                out.print(line, soft_wrap=True)
        losing = [one for one in taught.articles if one.left_out]
        out.print(f"\n{len(losing):,} of {len(taught.articles):,} articles would lose:", style="bold")
        for one in losing[:ARTICLES_SHOWN]:
            out.print(f"  {safe(one.url)}  {one.record_id}", soft_wrap=True)
            out.print(f"    {len(one.left_out)} blocks; {one.kept} stay", soft_wrap=True)
        if len(losing) > ARTICLES_SHOWN:
            out.print(f"  … and {len(losing) - ARTICLES_SHOWN:,} more; --json has all", style="dim")
    if taught.unread:
        out.print(f"{len(taught.unread):,} captures could not be read as articles; --json names them.")


@source_app.command(
    epilog="Examples:  `mandegar source flicker nl_zamaneh` · `mandegar source flicker nl_zamaneh --keep`"
)
def flicker(
    context: typer.Context,
    name: NameArgument,
    keep: KeepOption = False,
    forget: ForgetOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show what changes on a publication's pages each time they are fetched: counters, advertisements.

    Learned from captures of its articles that lie within ten minutes, as `mandegar crawl NAME --twice 8`
    makes them. Changes nothing without --keep; then what flickers makes no version and no difference.
    """
    _check(keep=keep, forget=forget)
    with desk(context).open(exclusive=keep or forget) as archive:
        before = kept_pages(archive, name)
        taught = learn_flicker(archive, name)
        chosen = Flicker() if forget else taught.flicker if keep else before.flicker
        if keep and not chosen.revision:
            chosen = before.flicker
        after = _kept(archive, name, before, replace(before, flicker=chosen))
    if as_json:
        print_json(
            {
                "source": name,
                "revision": taught.flicker.revision,
                "kept": after.flicker.revision or None,
                "read_with": after.revision or None,
                "flicker": taught.flicker,
                "addresses": list(taught.addresses),
                "unread": list(taught.unread),
            }
        )
        return
    out = console()
    _show_flicker(out, name, taught)
    _tell(out, name, before, after, learned=taught.flicker.revision, kept=after.flicker.revision)


def _show_flicker(out: Console, name: str, taught: TaughtFlicker) -> None:
    known, count = taught.flicker, len(taught.addresses)
    if count < 2:
        out.print(
            f"No two articles of {name} were captured twice within ten minutes. "
            f"`mandegar crawl {name} --twice 8` fetches some so.",
            soft_wrap=True,
        )
    elif not known.revision:
        out.print(f"Nothing flickers on the {count:,} articles of {name} that were captured twice.")
    else:
        head = f"Learned from {count:,} articles of {name}, revision {known.revision}:"
        out.print(head, style="bold", soft_wrap=True)
        for what, marks in (
            ("another each time", known.places),
            ("a counter", known.counters),
            ("comes and goes", known.texts),
        ):
            for mark in marks:
                line = f"  on {mark.pages:,}  {what}: {isolated(mark.sample)}  {safe(mark.place)}"
                out.print(line, soft_wrap=True)
    if taught.unread:
        out.print(f"{len(taught.unread):,} captures could not be read; --json names them.")


def _check(*, keep: bool, forget: bool) -> None:
    if keep and forget:
        raise BadConfigurationError("--keep", "what is to be kept is not to be forgotten; give one of both")


def _kept(archive: Archive, name: str, before: LearnedPages, after: LearnedPages) -> LearnedPages:
    """Keep what was learned where it reads otherwise; return what is kept then."""
    return before if keep_pages(archive, name, after) is None else after


def _tell(
    out: Console, name: str, before: LearnedPages, after: LearnedPages, *, learned: str, kept: str
) -> None:
    if before.revision != after.revision:
        what = f"Kept as {after.revision}" if after.revision else "Forgotten"
        out.print(
            f"\n{what}. Crawls read so from now on; `mandegar reprocess --source {name}` reads what is "
            "archived so, and says first what would change.",
            soft_wrap=True,
        )
    elif learned and learned == kept:
        out.print("\nThis is kept: pages are read with it.")
    elif learned:
        out.print("\nNothing was changed; --keep keeps it.")
