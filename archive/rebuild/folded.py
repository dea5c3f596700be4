"""Folded texts, kept for a while: what a site shows is shown again, on other pages and in the next crawl."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive.catalogue import IndexedText

MAX_CHARACTERS: Final = 1 << 23
"""Of all texts kept; folded they take some five times as many bytes."""


class FoldedTexts:
    """A cache of folded texts, the least lately used go first."""

    def __init__(self, max_characters: int = MAX_CHARACTERS) -> None:
        self._max = max_characters
        self._size = 0
        self._texts: OrderedDict[str, IndexedText] = OrderedDict()

    def get(self, text: str, fold: Callable[[], IndexedText]) -> IndexedText:
        """Return what was folded from a text, by ``fold`` if it is not kept."""
        folded = self._texts.get(text)
        if folded is not None:
            self._texts.move_to_end(text)
            return folded
        folded = fold()
        self._texts[text] = folded
        self._size += len(text)
        while self._size > self._max:
            self._size -= len(self._texts.popitem(last=False)[0])
        return folded
