"""How notices of blocking speak, by language; over text folded by ``search_key``.

``signatures/notices.tsv`` was written from what such notices have to say (access, page or site; blocked,
restricted, forbidden), not from any one of them. A phrase proves nothing: news about filtering says the same.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final

from pipelines.text import search_key

# Lazy and counted: the work for each place where a phrase could begin is bounded.
_GAP: Final = r"(?: [^ ]{1,40}){0,9}?"


def languages_of_blocking(text: str) -> tuple[str, ...]:
    """Return in which languages a folded text says that something is blocked; empty when in none.

    >>> languages_of_blocking("access to this web site has been denied")
    ('en',)
    >>> languages_of_blocking("the minister visited the new hospital")
    ()
    """
    phrases, pieces = _notices()
    found = {language: None for language, phrase in phrases if phrase.search(text)}
    found |= {language: None for language, piece in pieces if piece in text}
    return tuple(found)


@cache
def _notices() -> tuple[tuple[tuple[str, re.Pattern[str]], ...], tuple[tuple[str, str], ...]]:
    phrases, pieces = [], []
    text = files("pipelines.verdicts").joinpath("signatures/notices.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        language, tab, what = line.partition("\t")
        if not tab or line.startswith("#"):
            continue
        if what.startswith("="):
            pieces.append((language, search_key(what[1:])))
        else:
            phrases.append((language, re.compile(what.replace("Г", _GAP))))
    return tuple(phrases), tuple(pieces)
