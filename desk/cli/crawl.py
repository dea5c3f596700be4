"""``mandegar crawl``: archive a site, with a progress line while it runs and a summary at its end."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer
from rich.cells import cell_len
from rich.table import Table

from crawler.config import MOST_TWICE
from crawler.job import CrawlOptions, run_crawl
from desk.cli.app import INTERRUPTED, JsonOption, app, desk, print_json
from desk.cli.copies import print_waiting
from desk.cli.live import LiveLine, clock
from desk.terminal import LINE, console, isolated, safe, size
from model import BadConfigurationError, Crawl, CrawlState, Source, UnknownNameError
from spiders import declared, find_source, source_from_url

if TYPE_CHECKING:
    from archive import Archive
    from crawler.progress import Progress

# As long as the longest of our own remarks beside a command.
LEAST_BESIDE = 36
GOES_ON = "there is room again: goes on"
IS_BACK = "the network is back: goes on"
ENDING = "ending: waiting for what is under way; Ctrl-C again ends at once"


@app.command(
    epilog="Examples:  `mandegar crawl https://www.example.org/` · "
    "`mandegar crawl nl_zamaneh --max-pages 200`"
)
def crawl(
    context: typer.Context,
    site: Annotated[
        str, typer.Argument(help="A web address, the name of a source, or a source file (TOML).")
    ],
    max_pages: Annotated[int | None, typer.Option(min=1, help="End after so many pages.")] = None,
    delay: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Seconds between two requests to a host [default: 1; 0 to a site that you name on this "
            "machine or at a private address].",
        ),
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew, even when an earlier crawl was interrupted.")
    ] = False,
    twice: Annotated[
        int,
        typer.Option(
            min=0,
            max=MOST_TWICE,
            help="At the end, fetch so many articles twice more, a moment apart: that teaches "
            "`source flicker` what changes on pages that nobody edits. 8 are enough.",
        ),
    ] = 0,
    worker: Annotated[
        bool,
        typer.Option(
            "--worker",
            help="Crawl beside others into the same archive: all with --worker, each another source.",
        ),
    ] = False,
    contact: Annotated[
        str,
        typer.Option(help="A web address that tells site operators who you are; goes into the user agent."),
    ] = "",
    operator: Annotated[str, typer.Option(help="Who runs this crawl; goes into the WARC files.")] = "",
    setting: Annotated[
        list[str] | None, typer.Option("-s", metavar="NAME=VALUE", help="A Scrapy setting.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Archive a news site: its articles, what they need to be shown, and all their comments."""
    with desk(context).open(create=True, exclusive=not worker, shared=worker) as archive:
        source = choose_source(archive, site)
        archive.claim(source.name)
        options = CrawlOptions(
            max_pages=max_pages,
            delay_s=delay,
            fresh=fresh,
            twice=twice,
            contact_url=contact,
            operator=operator,
            settings=tuple(setting_of(text) for text in setting or ()),
        )
        interrupted = None if fresh else archive.catalogue.interrupted_crawl(source.name)
        out = console(to_stderr=True)
        if interrupted is not None:
            out.print(f"Going on with crawl {interrupted.id}, which was interrupted. (--fresh begins anew.)")
        with Watch(quiet=as_json) as watch:
            ended = run_crawl(
                archive,
                source,
                options=options,
                on_progress=watch.show,
                on_note=watch.note,
                log_path=archive.log_path,
            )
        if as_json:
            print_json(ended)
        else:
            summarise(archive, ended)
        print_waiting(archive)
    if ended.state is CrawlState.INTERRUPTED:
        raise typer.Exit(INTERRUPTED)


def choose_source(archive: Archive, site: str) -> Source:
    """Return the source that a person meant; ``InputError`` says what would be understood.

    What the archive knows of a site counts before what a bare address tells.
    """
    known = {one.name: one for one in archive.catalogue.sources()}
    if site in known:
        return known[site]
    if site in declared() or site.endswith(".toml"):
        source = find_source(site)
        refuse_taken_name(known.get(source.name), source, "give this one another `name` in its file")
        return source
    if "." in site or "://" in site:
        source = source_from_url(site)
        held = known.get(source.name, source)
        refuse_taken_name(held, source, f"give this one another: mandegar source add {site} --name NAME")
        return replace(held, origin=source.origin)
    raise UnknownNameError(
        "source", site, "give a web address with https://, or add it with `mandegar source add`"
    )


def refuse_taken_name(held: Source | None, source: Source, advice: str) -> None:
    """Raise ``BadConfigurationError`` when a source's name is that of another publication.

    «a-b.example» and «a.b.example»: one name, two publications, which must never be mixed. One that moved
    to another host says so by naming the old one among its hosts.
    """
    if held is None:
        return
    host = _host(held.origin)
    if host != _host(source.origin) and host not in {_host(f"//{one}") for one in source.hosts}:
        raise BadConfigurationError(
            source.origin, f"the name {source.name} is taken by {held.origin}; {advice}"
        )


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".").removeprefix("www.")


def setting_of(text: str) -> tuple[str, str]:
    """Return a Scrapy setting as ``-s NAME=VALUE`` gives it; ``BadConfigurationError``."""
    name, equals, value = text.partition("=")
    if not equals or not name.isupper():
        raise BadConfigurationError(text, "a setting is given as NAME=VALUE")
    return name, value


class Watch(LiveLine):
    """The progress line on a terminal; elsewhere one line now and then."""

    def __init__(self, *, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self._said_ending = False
        self._said_paused = False
        self._paused_for = ""

    def note(self, message: str) -> None:
        """Say what a person should know now; may be called from any thread."""
        self.console.print(safe(message), style="red", soft_wrap=True)

    def show(self, progress: Progress) -> None:
        """Show how far the crawl is; that it ends, pauses or goes on is said once, whoever reads."""
        if progress.ending and not self._said_ending:
            self._said_ending = True
            self.console.print(ENDING, soft_wrap=True)
        if bool(progress.paused) != self._said_paused:
            self._said_paused = bool(progress.paused)
            over = IS_BACK if "network" in self._paused_for else GOES_ON
            self._paused_for = progress.paused
            self.console.print(safe(progress.paused) or over, soft_wrap=True)
        self.update(
            progress.elapsed_s,
            "  ".join(_progress_parts(progress)),
            lambda: _progress_table(progress, self.console.width),
        )


def _progress_table(progress: Progress, width: int) -> Table:
    table = Table.grid()
    table.add_row("  ".join(_progress_parts(progress)))
    table.add_row(safe(progress.last_url)[: max(20, width - 1)])
    return table


def _progress_parts(progress: Progress) -> list[str]:
    left = progress.left_s
    return [
        f"articles {progress.articles:,} of {progress.articles_found:,}",
        f"requests {progress.done:,} of {progress.found:,}",
        f"comments {progress.comments:,}",
        size(progress.bytes_received),
        f"{progress.rate:.1f}/s",
        "time left " + (clock(left) if left is not None else "…"),
        *([f"failures {progress.failures:,}"] if progress.failures else []),
        *(["paused"] if progress.paused else []),
        *([f"waiting {clock(progress.waiting_s)} as the site asks"] if progress.waiting_s else []),
    ]


def command_name(program: str) -> str:
    """Return what to type for this program: ``mandegar`` where that is found, else the path to it."""
    if shutil.which("mandegar") or Path(program).name != "mandegar":
        return "mandegar"
    path = Path(program).absolute()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def summarise(archive: Archive, crawl: Crawl) -> None:
    """Print what a crawl brought, and what to type next."""
    out = console()
    head = {
        CrawlState.FINISHED: "Finished",
        CrawlState.INTERRUPTED: "Interrupted; what is listed here is kept",
    }.get(crawl.state, crawl.state.value.capitalize())
    out.print(f"{head}: {crawl.source} (crawl {crawl.id})", style="bold")
    if crawl.note:
        out.print(f"  {safe(crawl.note)}")
    rows = Table.grid(padding=(0, 2))
    rows.add_row("  pages", f"{crawl.pages:,}", "and", f"{crawl.requisites:,} files they need to be shown")
    rows.add_row(
        "  articles", f"{crawl.articles:,}", "of which", f"{crawl.new_versions:,} with a text not seen before"
    )
    rows.add_row("  comments", f"{crawl.comments:,}")
    rows.add_row(
        "  received",
        size(crawl.bytes_received),
        "kept as",
        f"{size(crawl.warc_bytes)} of WARC, {crawl.revisits:,} revisits",
    )
    out.print(rows)
    if crawl.failures:
        out.print("  failures: " + ", ".join(f"{kind} {count:,}" for kind, count in crawl.failures))
    else:
        out.print("  failures: none")
    out.print(f"  WARC files: {archive.warc_folder / crawl.source}")
    out.print("\nNext:", style="bold")
    option = "" if str(archive.path) == "mandegar-archive" else f"--archive {archive.path} "
    mandegar = command_name(sys.argv[0])
    steps = []
    if crawl.state is CrawlState.INTERRUPTED:
        steps.append((f"crawl {crawl.source}", "go on where it stopped"))
    readings = archive.catalogue.readings
    if count := readings.count_by_extractor(readings.source_number(crawl.source)):
        steps.append(("reprocess", f"read {count:,} articles anew that a newer extractor reads otherwise"))
    newest = archive.catalogue.articles(crawl.source, limit=1)
    if newest:
        steps.append((f"show {newest[0].id}", newest[0].title))
    steps += [
        ('search "…"', "find words in articles and comments"),
        ("serve", "the archive in a browser"),
        ("status", "what this archive holds"),
    ]
    for line in next_lines([(f"{mandegar} {option}{command}", what) for command, what in steps]):
        out.print(line, soft_wrap=True)


def next_lines(steps: list[tuple[str, str]]) -> list[str]:
    """Return what to type and what for, for a terminal of 80: beside each other where all of it fits.

    >>> next_lines([("mandegar serve", "the archive in a browser"), ("mandegar show 1", "Title")])
    ['  mandegar serve   the archive in a browser', '  mandegar show 1  Title']
    """
    width = max(cell_len(command) for command, _ in steps)
    # With the path of an archive there may be no room beside a command, and no command may be broken.
    beside = LINE - 4 - width
    if beside < LEAST_BESIDE:
        return [
            line for command, what in steps for line in (f"  {command}", f"      {_fitted(what, LINE - 6)}")
        ]
    return [
        f"  {command}{' ' * (width - cell_len(command))}  {_fitted(what, beside)}" for command, what in steps
    ]


def _fitted(text: str, width: int) -> str:
    shown = safe(text)
    if cell_len(shown) > width:
        while cell_len(shown) >= width:
            shown = shown[:-1]
        shown = shown.rstrip() + "…"
    return isolated(shown)
