"""The command line's frame: options that all commands share, errors as one line, exit codes.

Exit codes: 0 done · 1 it failed, or ``verify`` found faults · 2 what was given cannot be used · 3 the
archive cannot be used as it is · 4 a site could not be fetched · 130 interrupted.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from archive import Archive
from desk.terminal import console, safe
from model import MandegarError, NotASiteError, to_json

HELP = """
Mandegar (ماندگار, "that which lasts") crawls news sites and the comments under their articles,
keeps every byte as WARC, and gives it back.

Start with:  `mandegar crawl https://www.example.org/`

Exit codes:  0 done · 1 it failed, or verify found faults · 2 what was given cannot be used ·
3 the archive cannot be used as it is · 4 the site could not be fetched · 130 interrupted
"""

app = typer.Typer(
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
)

INTERRUPTED = 130
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every command is given."""

    archive_path: Path

    def open(self, *, create: bool = False, exclusive: bool = False) -> Archive:
        """Open the archive that the person named."""
        return Archive.open(self.archive_path, create=create, exclusive=exclusive)


@app.callback()
def _frame(
    context: typer.Context,
    archive: Annotated[
        Path,
        typer.Option(
            "--archive",
            "-a",
            envvar="MANDEGAR_ARCHIVE",
            help="The folder of the archive.",
            file_okay=True,
        ),
    ] = Path("mandegar-archive"),
) -> None:
    context.obj = Desk(archive_path=archive.expanduser())


def desk(context: typer.Context) -> Desk:
    """Return what :func:`_frame` made."""
    found = context.obj
    if not isinstance(found, Desk):
        raise TypeError("a command was called outside the application")
    return found


def print_json(value: Any) -> None:
    """Print nouns, or dicts of them, as JSON on standard output."""
    sys.stdout.write(json.dumps(to_json(value), ensure_ascii=False, indent=2) + "\n")


def main() -> None:
    """Run the command line; every expected error is one line on standard error."""
    try:
        app()
    except NotASiteError as error:
        console(to_stderr=True).print(safe(f"mandegar: {error}"), style="red")
        sys.exit(4)
    except MandegarError as error:
        console(to_stderr=True).print(safe(f"mandegar: {error}"), style="red")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        console(to_stderr=True).print("mandegar: interrupted")
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        # The reader of our output went away (`| head`): nothing to say, and nobody to say it to.
        sys.stderr.close()
        sys.exit(0)


# The commands register themselves on `app`; their modules come last because they need it.
from desk.cli import crawl, demo, reading, serve, sources, status, verify  # noqa: E402

__all__ = ["app", "crawl", "demo", "main", "reading", "serve", "sources", "status", "verify"]
