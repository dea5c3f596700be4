"""Words of a published text with their folded keys and the place where they stand.

One way to find words serves the index, the search expression, the marks in a hit and the comparison of
versions, so that what is marked is what was found. A text has two rows of words: *split*, where a ZERO WIDTH
NON-JOINER parts words as a space does, and *joined*, where it does not and where affixes that the author
detached by a space are written to their word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from pipelines.letters import ARABIC_LETTERS, ARABIC_MARKS, FoldTable
from pipelines.text import search_key

MAX_KEY = 200
"""No word is longer; a hostile one is known by its beginning (FTS5 itself cuts at 32,768 bytes)."""
_CACHED_CHUNK = 64
_MOST_PARTS = 16
"""A joined word is made of so many split ones at most: a line of a hundred ZWNJ is no word."""

# Detached affixes, in folded letters, that are never a word of their own after (before) a word.
_PREFIXES = frozenset({"می", "نمی"})
PLURALS = ("ها", "های", "هایی", "هایم", "هایت", "هایش", "هایمان", "هایتان", "هایشان", "هاست")
COMPARATIVES = ("تر", "تری", "ترین", "ترینها", "ترها", "ترهای")
_SUFFIXES = frozenset({*PLURALS, *COMPARATIVES})
# «رفته ام», «خانه ای», «نامه اش»: only after a word that ends in ه, where the letters cannot be another
# word's.
_AFTER_HEH = frozenset({"ام", "ای", "ایم", "اید", "اند", "اش", "ات"})

_CHUNK = re.compile(r"\S+")
_FOLD = FoldTable()
_BETWEEN_LETTERS = re.compile(
    f"(?<=[{ARABIC_LETTERS}{ARABIC_MARKS}])[\u200c\xac\xad]*[\xac\xad][\u200c\xac\xad]*(?=[{ARABIC_LETTERS}])"
)
_PARTING = re.compile("[\u200c\xac\xad]")
_FALSE_PARTING = re.compile("[\xac\xad]")
_ARABIC_WORD = re.compile(f"[{ARABIC_LETTERS}]+")


class Word(NamedTuple):
    """A word; a tuple and no dataclass, since a long article has 10,000 (made 4 times as fast)."""

    key: str
    """Folded; never empty."""
    start: int
    """Where in the published text it begins."""
    end: int
    """Where it ends: after the marks on its last letter."""
    is_text: bool = True
    """False for a sign (an emoji, a currency): compared, but not searched."""
    glued: bool = False
    """True when only a ZWNJ, or what was meant as one, parts it from the word before."""
    parts: tuple[str, ...] = ()
    """Of a joined word: the keys of the split words it is made of."""


def is_arabic_word(key: str) -> bool:
    """Return whether a folded word is written in Arabic letters only."""
    return _ARABIC_WORD.fullmatch(key) is not None


def split_words(text: str) -> list[Word]:
    """Return the words of a text in order, a ZWNJ parting them.

    >>> [(word.key, word.start, word.end, word.glued) for word in split_words("«مي\u200cگويد»")]
    [('می', 1, 3, False), ('گوید', 4, 8, True)]
    """
    words: list[Word] = []
    for match in _CHUNK.finditer(text):
        chunk, at = match.group(), match.start()
        pieces = pieces_of(chunk)
        words.extend(
            [Word(key, at + start, at + end, is_text, glued) for key, start, end, is_text, glued in pieces]
        )
    return words


_Piece = tuple[str, int, int, bool, bool]


def _read_chunk(chunk: str) -> tuple[_Piece, ...]:
    """Read one run of letters between white space."""
    if chunk.isascii() and chunk.isalnum():
        return ((chunk.lower()[:MAX_KEY], 0, len(chunk), True, False),)
    whole = chunk.translate(_FOLD)
    if whole.isalnum() and _FOLD[ord(chunk[0])] and _FOLD[ord(chunk[-1])] and not _PARTING.search(chunk):
        # One word from edge to edge: most are.
        return ((unicodedata.normalize("NFC", whole)[:MAX_KEY], 0, len(chunk), True, False),)
    glue = {at for match in _BETWEEN_LETTERS.finditer(chunk) for at in range(*match.span())}
    pieces: list[_Piece] = []
    key: list[str] = []
    start = end = 0
    glued = pending = False  # pending: a letter that folds to nothing (ء, tatweel) stands before the word

    def flush() -> None:
        nonlocal glued, pending
        if key:
            word = unicodedata.normalize("NFC", "".join(key))[:MAX_KEY]
            pieces.append((word, start, end, True, glued))
            key.clear()
            glued = False
        pending = False

    for at, character in enumerate(chunk):
        if character == "\u200c" or at in glue:
            flush()
            glued = bool(pieces) and pieces[-1][3] and pieces[-1][2] >= at - len(glue) - 1
            continue
        folded = _FOLD[ord(character)]
        if not folded:
            category = unicodedata.category(character)
            if category[0] in "LM" or character == "\u200d":
                if key:
                    end = at + 1
                elif category[0] == "L" and not pending:
                    start, pending = at, True
            continue
        for part in folded:
            if part.isalnum():
                if not key and not pending:
                    start = at
                key.append(part)
                end = at + 1
                continue
            flush()
            glued = False
            if part != " ":
                pieces.append((part, at, at + 1, False, False))
    flush()
    return tuple(pieces)


_pieces = lru_cache(maxsize=1 << 16)(_read_chunk)


def pieces_of(chunk: str) -> tuple[_Piece, ...]:
    """Return the split words of one run of letters between white space, as (key, start, end, …) each."""
    if len(chunk) <= _CACHED_CHUNK:
        return _pieces(chunk)
    if "\u200c" not in chunk or _FALSE_PARTING.search(chunk):
        return _read_chunk(chunk)
    # A page may glue a million words by ZWNJ: most of them were read before.
    pieces: list[_Piece] = []
    begin = 0
    for part in chunk.split("\u200c"):
        end_before = pieces[-1][2] if pieces and pieces[-1][3] else -2
        for number, (key, start, end, is_text, glued) in enumerate(
            _pieces(part) if len(part) <= _CACHED_CHUNK else _read_chunk(part)
        ):
            touches = is_text and not number and 0 < begin <= end_before + 2
            touches = touches and not part[:start].translate(_FOLD)
            pieces.append((key, begin + start, begin + end, is_text, glued or touches))
        begin += len(part) + 1
    return tuple(pieces)


def joined_words(text: str, words: Sequence[Word] | None = None) -> list[Word]:
    """Return the words of a text with ZWNJ deleted and detached affixes joined.

    ``words`` are the split words of the same text, when the caller has them.

    >>> [word.key for word in joined_words("نمی گوید کتاب ها و گفت\u200cوگو")]
    ['نمیگوید', 'کتابها', 'و', 'گفتوگو']
    """
    joined: list[Word] = []
    for word in split_words(text) if words is None else words:
        if not joined or not word.is_text or not joined[-1].is_text:
            joined.append(word._replace(parts=(word.key,)))
            continue
        last = joined[-1]
        if (word.glued or (_joins(last.key, word.key) and text[last.end : word.start].isspace())) and len(
            last.parts
        ) < 16:
            key = (last.key + word.key)[:MAX_KEY]
            joined[-1] = Word(key, last.start, word.end, True, last.glued, (*last.parts, word.key))
        else:
            joined.append(word._replace(parts=(word.key,)))
    return joined


def _joins(last: str, key: str) -> bool:
    if last in _PREFIXES:
        return len(key) > 1 and is_arabic_word(key)
    if key in _SUFFIXES:
        return len(last) > 1
    return key in _AFTER_HEH and len(last) > 2 and last[-1] == "ه"


class Chunk(NamedTuple):
    """What one run of letters between white space gives the index, whatever stands around it."""

    pieces: tuple[_Piece, ...]
    split: tuple[str, ...]
    """The keys of its split words."""
    joined: tuple[str, ...]
    """The keys of its joined words."""
    made_of: int
    """Number of split words in the last joined one; 0 when a sign stands after it: nothing can join it."""
    touches: bool
    """It ends with its last word."""
    leads: bool
    """Its last word may take the next one: «می»."""
    follows: bool
    """Its first word may be taken by the one before: «ها»."""
    letters: str
    """Its search key without white space: what digests are made of."""


def _join(pieces: Sequence[_Piece], joined: list[str], count: int, *, touches: bool) -> int:
    """Add the words of a chunk to joined ones and return of how many split words the last is made.

    ``count`` is that before; ``touches``: only white space parts the chunk from the last joined word.
    """
    for key, start, _, is_text, glued in pieces:
        if not is_text:
            count = 0
        elif 0 < count < _MOST_PARTS and (glued or (touches and not start and _joins(joined[-1], key))):
            joined[-1] = (joined[-1] + key)[:MAX_KEY]
            count += 1
        else:
            joined.append(key)
            count = 1
    return count


def _make_chunk(chunk: str) -> Chunk:
    pieces = pieces_of(chunk)
    joined: list[str] = []
    count = _join(pieces, joined, 0, touches=False)
    words = [piece for piece in pieces if piece[3]]
    touches = bool(words) and words[-1][2] == len(chunk)
    first = pieces[0] if pieces else None
    return Chunk(
        pieces=pieces,
        split=tuple([word[0] for word in words]),
        joined=tuple(joined),
        made_of=count,
        touches=touches,
        leads=count > 0 and touches and joined[-1] in _PREFIXES,
        follows=first is not None and not first[1] and (first[0] in _SUFFIXES or first[0] in _AFTER_HEH),
        letters=search_key(chunk).replace(" ", ""),
    )


_chunk = lru_cache(maxsize=1 << 16)(_make_chunk)


def chunks_of(text: str) -> list[Chunk]:
    """Return the runs of letters between white space, in order.

    Those of two texts, one after the other, are those of both texts with white space between.
    """
    return [_chunk(run) if len(run) <= _CACHED_CHUNK else _make_chunk(run) for run in text.split()]


def letters_of(chunks: Iterable[Chunk]) -> str:
    """Return the search key of a text without any white space.

    Each letter folds for itself, and white space parts what NFC would compose: so the key of a text is made
    of its chunks' keys, and a word that comes again need not be folded again.

    >>> letters_of(chunks_of("او مي‌گويد: «نه»"))
    'اومیگویدنه'
    """
    return "".join([chunk.letters for chunk in chunks])


def columns_of(chunks: Iterable[Chunk]) -> tuple[str, str]:
    """Return the keys of the joined and of the split words, signs left out, parted by spaces.

    The same words as :func:`joined_words` and :func:`split_words`, without their places: the index needs
    none, and takes a tenth of the time.

    >>> columns_of(chunks_of("می‌گوید و می گوید"))
    ('میگوید و میگوید', 'می گوید و می گوید')
    """
    joined: list[str] = []
    split: list[str] = []
    count = 0
    touches = leads = False
    for chunk in chunks:
        if not chunk.pieces:
            continue
        split += chunk.split
        if leads or chunk.follows:
            # Only here does it matter what stands before: some one word of thirty.
            count = _join(chunk.pieces, joined, count, touches=touches)
            touches = chunk.touches
            leads = count > 0 and touches and joined[-1] in _PREFIXES
        else:
            joined += chunk.joined
            count, touches, leads = chunk.made_of, chunk.touches, chunk.leads
    return " ".join(joined), " ".join(split)


def word_columns(text: str) -> tuple[str, str]:
    """Return the joined and the split words of a text, as :func:`columns_of` does."""
    return columns_of(chunks_of(text))
