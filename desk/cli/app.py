"""The command line's frame: options that all commands share, errors as one line, exit codes.

Exit codes: 0 done · 1 it failed, or ``verify`` found faults · 2 what was given cannot be used · 3 the
archive cannot be used as it is · 4 a site could not be fetched · 130 interrupted.
"""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from archive import Archive
from desk.terminal import console, reader_gone, safe
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

USAGE, UNREACHED, INTERRUPTED = 2, 4, 130
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every command is given."""

    archive_path: Path

    def open(self, *, create: bool = False, exclusive: bool = False, shared: bool = False) -> Archive:
        """Open the archive that the person named."""
        return Archive.open(self.archive_path, create=create, exclusive=exclusive, shared=shared)


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
    try:
        sys.stdout.write(json.dumps(to_json(value), ensure_ascii=False, indent=2) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        reader_gone()


def main() -> None:
    """Run the command line; every expected error is one line on standard error."""
    # Text of the web may hold what the terminal's encoding has not: it is shown escaped.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(sys.argv[1:] or ["--help"], prog_name="mandegar", standalone_mode=False)
        sys.stdout.flush()
    except MandegarError as error:
        _complain(str(error))
        code = UNREACHED if isinstance(error, NotASiteError) else error.exit_code
    except TyperException as error:
        code = _complain_of_usage(error)
    except BrokenPipeError:
        reader_gone()
    sys.exit(code or 0)


def _complain(message: str) -> None:
    console(to_stderr=True).print(f"mandegar: {safe(' '.join(message.split()))}", style="red", soft_wrap=True)


def _complain_of_usage(error: TyperException) -> int:
    """Say what is wrong with the command line, and where it is explained; return the exit code."""
    context = getattr(error, "ctx", None)
    message = error.format_message()
    # A group named without a command has shown its help by now, and its message is empty.
    if message:
        _complain(f"{message} (see: {context.command_path if context else 'mandegar'} --help)")
    return int(getattr(error, "exit_code", USAGE))


# The commands register themselves on `app`; their modules come last because they need it.
from desk.cli import (  # noqa: E402
    copies,
    crawl,
    demo,
    events,
    prove,
    reading,
    rebuild,
    reprocess,
    serve,
    sources,
    status,
    stores,
    verify,
)

__all__ = [
    "app",
    "copies",
    "crawl",
    "demo",
    "events",
    "main",
    "prove",
    "reading",
    "rebuild",
    "reprocess",
    "serve",
    "sources",
    "status",
    "stores",
    "verify",
]
