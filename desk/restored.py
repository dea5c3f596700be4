"""An article whose page lost its half spaces, as a reader can be offered it beside what was published."""

from __future__ import annotations

from model import Article
from pipelines import Restored, restore_half_spaces


def restored_reading(article: Article) -> Restored | None:
    """Return lede and paragraphs, parted by blank lines, with the half spaces they lost; mostly ``None``.

    Made when shown and never stored: it is no part of what the archive keeps.
    """
    texts = ([article.lede] if article.lede else []) + list(article.paragraphs)
    return restore_half_spaces("\n\n".join(texts))
