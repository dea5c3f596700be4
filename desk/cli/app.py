"""The command line's frame: options that all commands share, errors as one line, exit codes.

Exit codes: 0 done · 1 it failed, or ``verify`` found faults · 2 what was given cannot be used · 3 the
archive cannot be used as it is · 4 a site could not be fetched · 130 interrupted.
"""

from __future__ import annotations

import io
import json
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from desk.terminal import console, reader_gone, safe
from model import MandegarError, NotASiteError, to_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from archive import Archive

HELP = """
Mandegar (ماندگار, "that which lasts") crawls news sites and the comments under their articles,
keeps every byte as WARC, and gives it back.

Start with:  `mandegar crawl https://www.example.org/`

Exit codes:  0 done · 1 it failed, or verify found faults · 2 what was given cannot be used ·
3 the archive cannot be used as it is · 4 the site could not be fetched · 130 interrupted
"""

# Where each command is made, in the order of the help. A command's module registers it on `app`.
_MODULES = {
    "crawl": "desk.cli.crawl",
    "demo": "desk.cli.demo",
    "events": "desk.cli.events",
    "probe": "desk.cli.probe",
    "prove": "desk.cli.prove",
    "search": "desk.cli.reading",
    "show": "desk.cli.reading",
    "rebuild": "desk.cli.rebuild",
    "reprocess": "desk.cli.reprocess",
    "serve": "desk.cli.serve",
    "status": "desk.cli.status",
    "timeline": "desk.cli.events",
    "verify": "desk.cli.verify",
    "store": "desk.cli.copies",
    "source": "desk.cli.learning",
}


class _Commands(TyperGroup):
    """The commands, each imported when it is asked for: `status` needs nothing of what crawls."""

    _whole = False

    def list_commands(self, ctx: Any) -> list[str]:
        """Return all names, and have all commands at hand: their help is shown next."""
        self._import(_MODULES.values())
        self._whole = True
        return list(_MODULES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command, or ``None`` when there is none of that name."""
        if not self._whole:
            # Of an unknown name, what is like it is suggested.
            self._import([_MODULES[cmd_name]] if cmd_name in _MODULES else _MODULES.values())
        return self.commands.get(cmd_name)

    def _import(self, modules: Iterable[str]) -> None:
        for module in modules:
            import_module(module)
        made = typer.main.get_command(app)
        if isinstance(made, TyperGroup):
            self.commands = {name: made.commands[name] for name in _MODULES if name in made.commands}


app = typer.Typer(
    cls=_Commands,
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
        from archive import Archive  # SQLAlchemy and what stands on it: not for a line of help.

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
