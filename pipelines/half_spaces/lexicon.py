"""The words by which half spaces are restored, and the file that holds them.

``lexicon.xz`` is UTF-8 text, compressed with xz: six parts, parted by an empty line, each with one entry a
line, sorted: words with their ZERO WIDTH NON-JOINERS, words that have none, first parts and second parts of
compounds, present stems, past stems. A word of the first two parts may be followed by a tab and how often
the treebank has it. ``NOTICE.md`` beside it says where the words come from and under which licence.
"""

from __future__ import annotations

import lzma
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

VERSION = "half-spaces-1"
"""Of lexicon and rules together: the next number whenever either restores otherwise."""

LETTERS = "\u0621-\u063a\u0641-\u0655\u0670\u067e\u0686\u0698\u06a9\u06af\u06c0\u06cc"
"""Inside of a character class: letters and marks of Persian words, ZWNJ and tatweel left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """What is known of Persian words; a count is 0 for a word that only word lists have."""

    restored: Mapping[str, int] = field(default_factory=dict)
    """Words with their ZWNJ; no two are one word without it."""
    plain: Mapping[str, int] = field(default_factory=dict)
    """Words that have no ZWNJ; none is a restored word without its ZWNJ."""
    first_parts: frozenset[str] = frozenset()
    second_parts: frozenset[str] = frozenset()
    present_stems: frozenset[str] = frozenset()
    past_stems: frozenset[str] = frozenset()


def pack(lexicon: Lexicon) -> str:
    """Return the text of a lexicon's file."""
    counted = [
        [f"{word}\t{count}" if count else word for word, count in sorted(words.items())]
        for words in (lexicon.restored, lexicon.plain)
    ]
    sets = (lexicon.first_parts, lexicon.second_parts, lexicon.present_stems, lexicon.past_stems)
    return "\n\n".join("\n".join(part) for part in [*counted, *map(sorted, sets)])


def unpack(text: str) -> Lexicon:
    """Return the lexicon that :func:`pack` wrote.

    >>> unpack(pack(Lexicon(plain={"کتاب": 3}))).plain
    {'کتاب': 3}
    """
    restored, plain, first, second, present, past = (part.split("\n") for part in text.split("\n\n"))
    return Lexicon(
        restored=_counts(restored),
        plain=_counts(plain),
        first_parts=frozenset(first) - {""},
        second_parts=frozenset(second) - {""},
        present_stems=frozenset(present) - {""},
        past_stems=frozenset(past) - {""},
    )


def _counts(lines: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for line in lines:
        word, _, count = line.partition("\t")
        if word:
            counts[word] = int(count or 0)
    return counts


@cache
def shipped_lexicon() -> Lexicon:
    """Return the lexicon that comes with the package; read once, when first asked for."""
    data = files("pipelines.half_spaces").joinpath("lexicon.xz").read_bytes()
    return unpack(lzma.decompress(data).decode())
