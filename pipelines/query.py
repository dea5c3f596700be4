"""What a reader's search line asks for: words and phrases in every spelling they may have on a page.

One reading of the line is both written as an FTS5 expression and looked for in the published text, so that
the marks in a hit are what the index matched.

The line knows three signs. Quotation marks of any style make a phrase; a minus before a word or phrase, with
white space before it, excludes; an asterisk at the end of a word or phrase finds words that begin so.
Everything else is text: no letter of it is ever FTS5 syntax.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from model import InputError
from pipelines.tokens import COMPARATIVES, PLURALS, Word, is_arabic_word, joined_words, split_words

MAX_WORDS = 64
"""A longer line is a text and no question; 64 words cost the index about 3,000 phrases."""
MAX_QUERY = 2_000
_MERGED_WORDS = 16
"""In lines of up to so many words, neighbours are also looked for written as one word."""

_QUOTES = '"«»“”„‟‹›＂'
_ITEM = re.compile(
    rf"(?:(?<!\S)(?P<minus>[-−]))?(?:[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)[{_QUOTES}](?P<star>\*?)|(?P<word>[^\s{_QUOTES}]+))"
)
# First parts of a compound that are short and yet sure: «هموطن» is «هم وطن», but «مادر» is never «ما در».
_SHORT_PREFIXES = ("هم", "بی", "پر", "کم", "نا")


@dataclass(frozen=True, slots=True, order=True)
class Spelling:
    """Consecutive words of one column: ``joined`` or ``split``."""

    column: str
    words: tuple[str, ...]
    prefix: bool = False
    """True when the last word may go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One thing looked for: any of its spellings will do; never empty."""

    spellings: tuple[Spelling, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A text answers when it has every wanted term and no unwanted one."""

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...]


def read_query(line: str) -> Query:
    """Return what a search line asks for.

    Raises InputError when it holds nothing to look for, or is too long.

    >>> [spelling.words for spelling in read_query("می\u200cگوید").wanted[0].spellings][:2]
    [('میگوید',), ('می', 'گوید')]
    """
    if len(line) > MAX_QUERY:
        raise InputError(f"the search line has {len(line)} letters; give at most {MAX_QUERY}")
    wanted: list[Term] = []
    unwanted: list[Term] = []
    for minus, quoted, text, star in _items(line):
        terms = _phrase(text, prefix=star) if quoted else _words(text, expand=not minus)
        (unwanted if minus else wanted).extend(terms)
    if not wanted:
        what = "only words to leave out" if unwanted else "no letter or digit"
        raise InputError(f"nothing to look for in {line[:80]!r}: it has {what}; give a word")
    if len(wanted) + len(unwanted) > MAX_WORDS:
        raise InputError(
            f"the search line has more than {MAX_WORDS} words; give fewer, or a phrase in quotes"
        )
    return Query(wanted=tuple(wanted), unwanted=tuple(unwanted))


def _items(line: str) -> Iterator[tuple[bool, bool, str, bool]]:
    """Yield (excluded, quoted, text, begins so); plain words in a row come together with their stars."""
    plain = ""
    for match in _ITEM.finditer(line):
        minus = match["minus"] is not None
        if match["word"] is not None and not minus:
            plain += f" {match['word']}"
            continue
        if plain:
            yield False, False, plain, False
            plain = ""
        if match["word"] is not None:
            yield True, False, match["word"], False
        else:
            yield minus, True, match["phrase"], bool(match["star"])
    if plain:
        yield False, False, plain, False


def _phrase(text: str, *, prefix: bool) -> list[Term]:
    words = [word for word in joined_words(text) if word.is_text]
    if not words:
        return []
    keys = [word.key for word in words]
    spellings = [
        Spelling("joined", tuple(keys), prefix),
        Spelling("split", tuple(part for word in words for part in word.parts), prefix),
    ]
    if len(keys) <= _MERGED_WORDS:
        spellings += [
            Spelling("joined", (*keys[:begin], "".join(keys[begin:end]), *keys[end:]), prefix)
            for begin, end in _runs(keys)
        ]
    return [Term(spellings=tuple(dict.fromkeys(spellings)))]


def _words(text: str, *, expand: bool) -> list[Term]:
    split = split_words(text)
    groups: list[list[Word]] = []
    for word in joined_words(text, split):
        if not word.is_text:
            continue
        # «bbc.com», «e-mail»: what no white space parts is one term, its words in a row.
        if groups and not any(map(str.isspace, text[groups[-1][-1].end : word.start])):
            groups[-1].append(word)
        else:
            groups.append([word])
    keys = ["".join(word.key for word in group) for group in groups]
    merged: list[list[Spelling]] = [[] for _ in groups]
    if expand and len(groups) <= _MERGED_WORDS:
        for begin, end in _runs(keys):
            for at in range(begin, end):
                merged[at].append(Spelling("joined", ("".join(keys[begin:end]),)))
                if end - begin == 3:
                    # Says nothing new to the index, but marks «گفت و گو» as one.
                    merged[at].append(Spelling("split", tuple(keys[begin:end])))
    return [
        Term(spellings=tuple(dict.fromkeys([*_spellings(text, group, expand=expand), *more])))
        for group, more in zip(groups, merged, strict=True)
    ]


def _spellings(text: str, group: Sequence[Word], *, expand: bool) -> list[Spelling]:
    end = group[-1].end
    prefix = text[end : end + 1] == "*"
    keys = tuple(word.key for word in group)
    parts = tuple(part for word in group for part in word.parts)
    spellings = [Spelling("joined", keys, prefix), Spelling("split", parts, prefix)]
    if len(keys) > 1:
        spellings.append(Spelling("joined", ("".join(keys),), prefix))
    elif expand and not prefix and is_arabic_word(keys[0]):
        spellings += _inflected(keys[0])
        if len(parts) == 1:
            spellings += _taken_apart(keys[0])
    return spellings


def _inflected(key: str) -> Iterator[Spelling]:
    """Yield the plural, comparative and continuous forms that a page may write as one word."""
    if len(key) >= 3:  # «آنها» is no plural of a word «آن» that anybody looks for, «تنها» none of «تن»
        for suffix in (*PLURALS, *COMPARATIVES):
            yield Spelling("joined", (key + suffix,))
    if len(key) >= 4:  # «میدان» is no form of «دان»
        yield Spelling("joined", ("می" + key,))
        yield Spelling("joined", ("نمی" + key,))


def _taken_apart(key: str) -> Iterator[Spelling]:
    """Yield the ways in which a page may part a word that the reader wrote as one."""
    if len(key) > 24:
        return
    for at in range(2, len(key) - 1):
        first, second = key[:at], key[at:]
        if len(second) >= 3 and (at >= 3 or first in _SHORT_PREFIXES):
            yield Spelling("split", (first, second))
        if second[0] == "و" and len(second) >= 3:  # «گفتوگو» is «گفت و گو»
            yield Spelling("split", (first, "و", second[1:]))


def _runs(keys: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield runs of two or three neighbours that may be one word on a page."""
    for begin in range(len(keys) - 1):
        first, second = keys[begin], keys[begin + 1]
        if len(first) >= 2 and len(second) >= 2 and len(first) + len(second) >= 5:
            yield begin, begin + 2
        if second == "و" and len(first) >= 2 and begin + 2 < len(keys) and len(keys[begin + 2]) >= 2:
            yield begin, begin + 3
