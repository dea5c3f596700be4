"""A text as it is compared: its digest, how long it is, and which runs of five words it has.

Simhash does not see a removed paragraph and shingles of a whole page see every widget, so it is asked how
much of the *article's old text* is anywhere on the page that came: a site that wraps the same text in a new
template has lost nothing. Texts are folded first (:func:`pipelines.text.search_key`), so that ي/ی,
half-spaces and digits make no difference.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from zlib import crc32

from pipelines.text import fold_digest, search_key

RUN = 5
"""Words in a run. Fewer meet by chance within one topic, more lose too much to one edited word."""
MAX_WORDS = 30_000
"""What lies beyond is not compared; the longest reports have some 15,000 words."""
ENOUGH_WORDS = 30
"""A text with fewer words has too few runs for a share of them to say anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPrint:
    """A text, as far as it can be compared."""

    digest: str
    """``sha256:<hex>`` of the folded text, white space left out."""
    words: int
    runs: frozenset[int]
    """CRC-32 of each run of five words; of the whole text when it has fewer, empty when it is empty."""

    @property
    def is_enough(self) -> bool:
        """True when it is long enough for a share of it to say something."""
        return self.words >= ENOUGH_WORDS


def print_of(parts: Iterable[str]) -> TextPrint:
    """Return the print of a text in parts (title, lede, paragraphs), in reading order.

    >>> print_of(["مي‌گويد كه"]).digest == print_of(["می‌گوید که"]).digest
    True
    >>> print_of([]).words
    0
    """
    whole = list(parts)
    words: list[str] = []
    for part in whole:
        words.extend(search_key(part).split())
        if len(words) > MAX_WORDS:
            del words[MAX_WORDS:]
            break
    return TextPrint(digest=fold_digest(whole), words=len(words), runs=_runs(words))


def _runs(words: list[str]) -> frozenset[int]:
    if not words:
        return frozenset()
    last = max(len(words) - RUN + 1, 1)
    return frozenset(crc32(" ".join(words[at : at + RUN]).encode()) for at in range(last))


def share_of(old: TextPrint, new: TextPrint) -> float:
    """Return how much of an old text is in a new one, 0 to 1; 1 when the old one is empty.

    >>> old = print_of(["یک دو سه چهار پنج شش هفت"])
    >>> share_of(old, print_of(["یک دو سه چهار پنج شش هفت هشت"])), share_of(old, print_of(["هیچ"]))
    (1.0, 0.0)
    """
    if not old.runs:
        return 1.0
    return len(old.runs & new.runs) / len(old.runs)


def likeness(one: TextPrint, other: TextPrint) -> float:
    """Return how alike two texts are as wholes, 0 to 1 (Jaccard); 1 when both are empty."""
    union = len(one.runs | other.runs)
    return len(one.runs & other.runs) / union if union else 1.0


def share_of_words(old: str, new: str) -> float:
    """Return how many of the words of a short text (a title) are in another, 0 to 1; 0 when it has none.

    >>> share_of_words("سه کتابخانهٔ تازه", "خبرگزاری: سه کتابخانه تازه")
    1.0
    """
    words = set(search_key(old).split())
    return len(words & set(search_key(new).split())) / len(words) if words else 0.0
