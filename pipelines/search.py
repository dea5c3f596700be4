"""Full-text search that finds a Persian word however it was typed, and shows it as it was published.

The index has two columns (:class:`archive.catalogue.IndexedText`): ``joined``, where a ZWNJ is deleted and
detached affixes are written to their word, and ``split``, where a ZWNJ parts words. A page may hold
«می\u200cگوید», «میگوید» or «می گوید», and so may the search line: all nine meet in ``joined``; «کتاب» meets
«کتاب\u200cها» in ``split``.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from archive.catalogue import IndexedText
from model import Article, InputError
from pipelines.query import Query, Spelling, Term, read_query
from pipelines.targets import links_digest
from pipelines.text import digest_of, drop_unpaired_controls
from pipelines.tokens import Word, chunks_of, columns_of, joined_words, letters_of, split_words

_MIN_WIDTH = 20
_LONG_WORD = 64
"""A snippet is cut inside a run of letters only when the run is longer than any word."""


def index_text(article: Article) -> IndexedText:
    """Return an article folded for the index; its digest is of title, lede and paragraphs but those that
    flicker, that of where its links lead is another.

    The names of the authors are indexed too (people look for them), but are not part of the digest.
    """
    title, lede, body, authors = (
        chunks_of(text)
        for text in (
            article.title,
            article.lede,
            "\n".join(article.paragraphs),
            "\n".join(article.authors),
        )
    )
    joined, split = columns_of(chain(title, lede, body, authors))
    title_joined, title_split = columns_of(title)
    steady = chunks_of("\n".join(text for _, text in article.steady)) if article.flickering else body
    return IndexedText(
        digest=digest_of(map(letters_of, (title, lede, steady))),
        links=links_digest(article),
        joined=joined,
        split=split,
        title_joined=title_joined,
        title_split=title_split,
    )


def fold_text(text: str) -> IndexedText:
    """Return any text (a comment) folded for the index and for comparison.

    >>> fold_text("می\u200cگوید").joined, fold_text("می\u200cگوید").split
    ('میگوید', 'می گوید')
    """
    chunks = chunks_of(text)
    joined, split = columns_of(chunks)
    return IndexedText(digest=digest_of([letters_of(chunks)]), joined=joined, split=split)


def match_expression(query: str) -> str:
    """Return the FTS5 MATCH expression over the columns ``joined`` and ``split`` for a search line.

    Raises InputError when there is nothing to look for. No text of the line can be FTS5 syntax: words are
    letters and digits in double quotes.

    >>> match_expression("bbc -«world»")
    '({joined split} : "bbc") NOT ({joined split} : "world")'
    """
    read = read_query(query)
    wanted = " AND ".join(map(_write_term, read.wanted))
    if not read.unwanted:
        return wanted
    unwanted = " OR ".join(map(_write_term, read.unwanted))
    return f"({wanted}) NOT ({unwanted})"


def _write_term(term: Term) -> str:
    columns: dict[tuple[tuple[str, ...], bool], list[str]] = {}
    for spelling in term.spellings:
        columns.setdefault((spelling.words, spelling.prefix), []).append(spelling.column)
    spellings = [
        f'{_write_columns(names)} : "{" ".join(words)}"{" *" if prefix else ""}'
        for (words, prefix), names in columns.items()
    ]
    return spellings[0] if len(spellings) == 1 else f"({' OR '.join(spellings)})"


def _write_columns(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{{{' '.join(names)}}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """A piece of a published text around its best hit."""

    text: str
    """One line; «…» stands where text was left out."""
    spans: tuple[tuple[int, int], ...]
    """What matched, as (begin, end) in ``text``: rising, never overlapping."""


def mark_hits(text: str, query: str) -> list[tuple[int, int]]:
    """Return what a search line matches in a published text, as (begin, end): rising, never overlapping.

    A span holds whole words with the marks on their letters. Empty when nothing matches, or when the line
    asks for nothing; words that the line excludes are never marked.

    >>> mark_hits("او مي\u200cگويد «کتاب\u200cها»", "میگوید کتاب")
    [(3, 10), (12, 19)]
    """
    try:
        read = read_query(query)
    except InputError:
        return []
    return _merge([(begin, end) for begin, end, _ in _find(text, read)])


def snippet(text: str, query: str, width: int = 240) -> Snippet:
    """Return at most about ``width`` letters of a published text around its best hit.

    Best is where the most different terms of the query stand together. No word is cut, nor a letter from its
    marks; without a hit it is the beginning of the text.
    """
    width = max(width, _MIN_WIDTH)
    try:
        found = _find(text, read_query(query))
    except InputError:
        found = []
    begin, end = _window(text, sorted(found), width)
    cut = drop_unpaired_controls(" ".join(text[begin:end].split()))
    shown = f"{'… ' if text[:begin].strip() else ''}{cut}{' …' if text[end:].strip() else ''}"
    return Snippet(text=shown, spans=tuple(mark_hits(shown, query)))


def _find(text: str, query: Query) -> list[tuple[int, int, int]]:
    """Return (begin, end, number of the term) of every spelling of a wanted term in the text, in no order."""
    split = split_words(text)
    rows = {
        "split": [w for w in split if w.is_text],
        "joined": [w for w in joined_words(text, split) if w.is_text],
    }
    # «گفت و گو» marks no other «و» of the text: a single letter shows nothing when there are longer words.
    shortest = min(2, max(_length(spelling) for term in query.wanted for spelling in term.spellings))
    found: list[tuple[int, int, int]] = []
    for column, words in rows.items():
        by_first: dict[str, list[tuple[Spelling, int]]] = {}
        beginnings: list[tuple[Spelling, int]] = []
        for number, term in enumerate(query.wanted):
            for spelling in term.spellings:
                if spelling.column != column or _length(spelling) < shortest:
                    continue
                if spelling.prefix and len(spelling.words) == 1:
                    beginnings.append((spelling, number))
                else:
                    by_first.setdefault(spelling.words[0], []).append((spelling, number))
        for at, word in enumerate(words):
            for spelling, number in by_first.get(word.key, ()):
                last = _match(words, at, spelling)
                if last is not None:
                    found.append((word.start, last.end, number))
            found.extend(
                (word.start, word.end, number)
                for spelling, number in beginnings
                if word.key.startswith(spelling.words[0])
            )
    return found


def _length(spelling: Spelling) -> int:
    return sum(map(len, spelling.words))


def _match(words: Sequence[Word], at: int, spelling: Spelling) -> Word | None:
    """Return the last word of a spelling that begins at a word, or ``None``."""
    wanted = spelling.words
    if at + len(wanted) > len(words):
        return None
    if any(words[at + n].key != wanted[n] for n in range(len(wanted) - 1)):
        return None
    last = words[at + len(wanted) - 1]
    if spelling.prefix:
        return last if last.key.startswith(wanted[-1]) else None
    return last if last.key == wanted[-1] else None


def _merge(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if merged and begin < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def _window(text: str, found: Sequence[tuple[int, int, int]], width: int) -> tuple[int, int]:
    """Return where to cut: around the hits that hold the most different terms, then the most hits."""
    best = (0, 0, 0, 0)  # terms, hits, begin, end
    inside: Counter[int] = Counter()
    first = 0
    for begin, end, number in found:
        inside[number] += 1
        while first < len(found) and found[first][0] < begin and end - found[first][0] > width:
            inside[found[first][2]] -= 1
            inside += Counter()  # forgets the zeros
            first += 1
        score = (len(inside), inside.total())
        if score > best[:2]:
            best = (*score, found[first][0], end)
    _, _, hit_begin, hit_end = best
    begin = max(0, hit_begin - max(0, width - (hit_end - hit_begin)) // 2)
    begin = min(begin, max(0, len(text) - width))
    end = min(len(text), max(begin + width, hit_end))
    return _word_begin(text, begin, min(hit_begin, end)), _word_end(text, end, hit_end)


def _word_begin(text: str, at: int, latest: int) -> int:
    """Return the first place from ``at`` where a word begins, not after ``latest``."""
    if at == 0 or text[at - 1].isspace():
        return at
    for place in range(at, latest):
        if text[place].isspace():
            return place + 1
    for place in range(latest, max(0, latest - _LONG_WORD), -1):
        if text[place - 1].isspace():
            return place
    return _between_letters(text, latest) if latest > _LONG_WORD else 0


def _word_end(text: str, at: int, earliest: int) -> int:
    """Return the last place up to ``at`` where a word ends, not before ``earliest``."""
    if at >= len(text) or text[at].isspace():
        return at
    for place in range(at, earliest, -1):
        if text[place - 1].isspace():
            return place - 1
    for place in range(max(at, earliest), min(len(text), max(at, earliest) + _LONG_WORD)):
        if text[place].isspace():
            return place
    return _between_letters(text, max(at, earliest))


def _between_letters(text: str, at: int) -> int:
    """Return the first place from ``at`` that parts no letter from its marks and no joined emoji."""
    while at < len(text) and (
        unicodedata.category(text[at]) in {"Mn", "Mc", "Me", "Cf"} or text[at - 1 : at] == "\u200d"
    ):
        at += 1
    return at
