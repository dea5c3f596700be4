"""A text that lost its half spaces, read with them: never in place of what was published.

Tools between the author and the archive delete U+200C (trafilatura does, and so do many content systems):
«می\u200cگوید» becomes «میگوید». Which words had one is mostly plain from the words, so that a reader can be
offered a second reading; it is ours, and says so.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from functools import cache

from pipelines.half_spaces.lexicon import LETTERS, VERSION, shipped_lexicon
from pipelines.half_spaces.words import ZWNJ, Restorer
from pipelines.letters import ARABIC_LETTERS, ARABIC_MARKS

_WORD = re.compile(f"[{ARABIC_LETTERS}{ARABIC_MARKS}\u0640\u200d]+")
_TO_PERSIAN = str.maketrans("يك", "یک")
# An address, a handle or a hashtag names something by its exact letters.
_NAME = re.compile(r"[/@#_\\=&]|www\.")

_AROUND = "\"'.,:;!?()[]{}«»“”‘’،؛؟…-–—"

# What speaks against Persian: a letter that it has not (Urdu, Kurdish, Pashto), or has in few words of Arabic
# origin, or the Arabic article.
_FOREIGN = re.compile(f"(?![{LETTERS}])[{ARABIC_LETTERS}]|[ةىإأ]|^[وفبك]?ال..")
# Measured: 1 word of 60 in Persian, 1 of 3 and more in Arabic, Urdu, Kurdish, Pashto.
_MOST_FOREIGN = 0.15

# Texts on the web lose half spaces on 1 word of 12; one in 100 is too few to say that they were lost and not
# left out by the author.
_FEWEST = 0.01
# «می‌گوید» and «خانه‌ها» are joined by nobody who writes half spaces; «کتابها» and «بزرگتر» are, by habit, so
# that these alone prove no loss.
_PROOF = re.compile(f"{ZWNJ}(?:(?!ها|تر)|(?<=ه{ZWNJ}))")
_CACHED_TOKENS = 1 << 18  # 110,000 of them are the lexicon's
_CACHED_LENGTH = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A reading of a text with the half spaces that it lost: ours, not the publisher's."""

    text: str
    """The text as published but for added ZWNJ: deleting those gives it back."""
    words: int
    """How many words have got one or more; at least 1. A word ends at white space."""
    version: str
    """Of the rules and words that restored it."""


def restore_half_spaces(text: str) -> Restored | None:
    """Return a reading of a text that lost its half spaces; ``None`` where none is lost, or none surely.

    A text that holds a single ZWNJ has lost none: what deletes them deletes all. One that is not Persian
    (Arabic, Urdu, Kurdish, Pashto, Latin), or in which fewer than 1 word of 100 would get one, is left too,
    and so is one where only plurals («کتابها») and comparatives would, which many join by habit.
    Nothing but ZWNJ is ever added, and nothing taken away. The first call reads the lexicon (0.3 s).

    >>> restored = restore_half_spaces("او میگوید کتابها را نمیخواند")
    >>> restored.text.replace("\u200c", "|"), restored.words
    ('او می|گوید کتاب|ها را نمی|خواند', 3)
    >>> restore_half_spaces("او می\u200cگوید کتابها را نمیخواند") is None
    True
    """
    if text.isascii() or ZWNJ in text:
        return None
    tokens = _tokens()
    # A line feed between spaces of its own is a token; the same replaced back gives the text again.
    words = text.replace("\n", " \n ").split(" ")
    read = list(map(tokens.__getitem__, words))
    changed = sum(map(operator.ne, words, read))
    if not changed or changed < _FEWEST * len(words):
        return None
    if tokens.foreign and sum(map(tokens.foreign.__contains__, words)) > _MOST_FOREIGN * len(words):
        return None
    restored = " ".join(read).replace(" \n ", "\n")
    return Restored(text=restored, words=changed, version=VERSION) if _PROOF.search(restored) else None


class _Tokens(dict[str, str]):
    """What stands between two spaces, as published and as restored; remembers a bounded number of them."""

    def __init__(self, restorer: Restorer) -> None:
        super().__init__(restorer.known)
        self._restorer = restorer
        self.foreign: set[str] = set()
        """Tokens that speak against Persian."""

    def __missing__(self, token: str) -> str:
        bare = token.strip(_AROUND)
        known = self._restorer.known.get(bare)
        if known is not None:
            restored = token if known == bare else token.replace(bare, known)
        else:
            restored = token if _NAME.search(token) else _WORD.sub(self._word, token)
        if len(token) <= _CACHED_LENGTH:
            if len(self) >= _CACHED_TOKENS:
                self.clear()
                self.foreign.clear()
                self.update(self._restorer.known)
            self[token] = restored
            if known is None and _FOREIGN.search(token):
                self.foreign.add(token)
        return restored

    def _word(self, match: re.Match[str]) -> str:
        word = match[0]
        if "ي" not in word and "ك" not in word:
            return self._restorer.restore(word)
        restored = self._restorer.restore(word.translate(_TO_PERSIAN))
        letters = iter(word)  # the author's own ي and ك stay
        return "".join([letter if letter == ZWNJ else next(letters) for letter in restored])


@cache
def _tokens() -> _Tokens:
    return _Tokens(Restorer(shipped_lexicon()))
