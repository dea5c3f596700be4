"""How crawled text reaches a terminal: as published, and with no power over it.

A page may hold escape sequences, or bidi controls that make one thing look like another. Both are shown
as visible escapes. Text that runs right to left is put in an isolate (Unicode UAX #9, 2.4), so that a
Persian title does not turn the line it stands in.
"""

from __future__ import annotations

import os
import re
import sys
import textwrap
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console as RichConsole
from rich.text import Text

# C0 but tab and newline, DEL, C1, and the bidi embeddings, overrides and isolates (U+202A-E, U+2066-9).
# ZERO WIDTH NON-JOINER and JOINER, LRM and RLM pass: Persian needs them and they cannot deceive alone.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
LINE = 80
ISOLATE, END_ISOLATE = "\u2068", "\u2069"
_LEFT_TO_RIGHT_MARK, _RIGHT_TO_LEFT_MARK = "\u200e", "\u200f"


def safe(text: str) -> str:
    r"""Return text that a terminal only shows.

    >>> safe("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return _UNSAFE.sub(lambda found: ascii(found[0])[1:-1], text)


def indented(text: str, by: str) -> str:
    """Return safe text in lines that fit a terminal of 80, each after ``by``; no word is broken."""
    return textwrap.fill(
        safe(text),
        LINE,
        initial_indent=by,
        subsequent_indent=by + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def isolated(text: str) -> str:
    """Return safe text that does not turn the line it stands in."""
    shown = safe(text)
    return f"{ISOLATE}{shown}{END_ISOLATE}" if _RIGHT_TO_LEFT.search(shown) else shown


def embedded(text: str) -> str:
    """Return safe text in an isolate of its own, whatever its direction."""
    return f"{ISOLATE}{safe(text)}{END_ISOLATE}"


def direction_of(text: str) -> str:
    """Return what opens an isolate in the direction of a text's first letter.

    A terminal would look for that letter itself, but not inside of the isolates that a line is made of: a
    mark without width stands before them.
    """
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in {"R", "AL"}:
            return ISOLATE + _RIGHT_TO_LEFT_MARK
        if direction == "L":
            break
    return ISOLATE + _LEFT_TO_RIGHT_MARK


def marked(text: str, spans: Sequence[tuple[int, int]]) -> Text:
    """Return safe text with the given spans marked; spans count in ``text``."""
    result = Text()
    at = 0
    for start, end in spans:
        result.append(safe(text[at:start]))
        result.append(safe(text[start:end]), style="bold yellow")
        at = end
    result.append(safe(text[at:]))
    return result


def moment(value: datetime | None, language: str | None = None) -> str:
    """Return a time for people: UTC, and the Jalali date beside it where the page is Persian."""
    if value is None:
        return "not known"
    shown = f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if language and language.partition("-")[0] in {"fa", "prs"}:
        from pipelines import format_jalali  # All of `pipelines`: half a second for a line without a date.

        shown += f" ({isolated(format_jalali(value))})"
    return shown


def size(count: int) -> str:
    """Return a number of bytes for people.

    >>> size(999), size(1500), size(2_345_678)
    ('999 B', '1.5 kB', '2.3 MB')
    """
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


class Console(RichConsole):
    """A console that ends in peace when the reader of its output has gone (``| head``)."""

    def on_broken_pipe(self) -> None:
        """End: nothing is left to say, and nobody to say it to."""
        self.quiet = True
        reader_gone()


def reader_gone() -> None:
    """End the program with code 0, and let what is still buffered go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(0)


def console(*, to_stderr: bool = False) -> Console:
    """Return a console that never reads markup in what it prints."""
    return Console(stderr=to_stderr, markup=False, highlight=False, emoji=False)
