"""A line that tells how far something is: moving on a terminal, elsewhere one line now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.live import Live

from desk.terminal import console

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType

# Where no terminal shows a line that moves (a log, a pipe), one line in so many seconds.
EVERY_S = 30.0


class LiveLine:
    """The line of one command, on standard error; nothing is shown with ``quiet``."""

    def __init__(self, *, quiet: bool) -> None:
        self.console = console(to_stderr=True)
        self._quiet = quiet
        self._said_at = 0.0
        live = self.console.is_terminal and not quiet
        self._live = Live(console=self.console, transient=True, auto_refresh=False) if live else None

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def update(self, elapsed_s: float, line: str, moving: Callable[[], RenderableType] | None = None) -> None:
        """Show ``line``; on a terminal ``moving`` in its place. ``elapsed_s``: since the beginning."""
        if self._live is not None:
            self._live.update(line if moving is None else moving(), refresh=True)
        elif not self._quiet and elapsed_s - self._said_at >= EVERY_S:
            self._said_at = elapsed_s
            self.console.print(line, soft_wrap=True)


def clock(seconds: float) -> str:
    """Return minutes and seconds, or hours and minutes.

    >>> clock(75), clock(7300)
    ('1:15', '2 h 01 min')
    """
    whole = int(seconds)
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
