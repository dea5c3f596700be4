"""What reading an archive again changes, counted and shown by example."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from archive.catalogue import CommentRecord
    from model import Article, CommentThread

EXAMPLES = 5
"""Shown of each kind of change."""
NEW, CHANGED, GONE = "new", "changed", "no longer read"
_PARAGRAPH_BREAK = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One change."""

    what: str
    """``title``, ``lede``, ``paragraphs``, ``authors``, ``published``, ``modified``, ``other`` (all of an
    article), ``comments``, or ``articles`` as a whole."""
    how: str
    url: str
    before: str = ""
    """As read before; empty where nothing was."""
    after: str = ""


@dataclass(slots=True)
class Changes:
    """What would change, or has changed."""

    captures: int = 0
    """Read again."""
    current: int = 0
    """Not read again: today's extractor read them before."""
    same: int = 0
    """Of those read again, captures in which nothing reads differently."""
    articles: int = 0
    """Articles of which something reads differently, new ones and those that are none any more included."""
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many articles (of ``comments``: how many comments), by what and how."""
    examples: list[Example] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    """Articles (URL, why) that stay as they are, since a capture of theirs could not be read again."""

    def note(self, example: Example) -> None:
        """Count a change, and keep it as an example while there are few of its kind."""
        kind = (example.what, example.how)
        self.counts[kind] += 1
        if self.counts[kind] <= EXAMPLES:
            self.examples.append(example)

    def article(self, url: str, before: Article, after: Article) -> None:
        """Note how one article reads differently."""
        found = False
        for what, old, new in (
            ("title", before.title, after.title),
            ("lede", before.lede, after.lede),
            ("paragraphs", _joined(before.paragraphs), _joined(after.paragraphs)),
            ("authors", ", ".join(before.authors), ", ".join(after.authors)),
            ("published", *_dates(before.published_at, after.published_at)),
            ("modified", *_dates(before.modified_at, after.modified_at)),
        ):
            if old != new:
                found = True
                how = NEW if not old else GONE if not new else CHANGED
                self.note(Example(what=what, how=how, url=url, before=old, after=new))
        if not found and before != after:
            self.note(Example(what="other", how=CHANGED, url=url))

    def comments(self, url: str, before: Sequence[CommentRecord], after: Iterable[CommentThread]) -> None:
        """Note how the comments of one article read differently, all documents taken together."""
        shown: dict[str, list[tuple[str | None, str, str]]] = {}
        for thread in after:
            for one in thread.comments:
                shown.setdefault(one.key, []).append((one.author, one.text, str(one.published_at)))
        for record in before:
            old = record.comment
            now = shown.pop(old.key, None)
            if now is None:
                self.note(Example(what="comments", how=GONE, url=url, before=old.text))
            elif (old.author, old.text, str(old.published_at)) not in now:
                self.note(
                    Example(
                        what="comments",
                        how=CHANGED,
                        url=url,
                        before=_signed(old.author, old.text),
                        after=_signed(*now[-1][:2]),
                    )
                )
        for texts in shown.values():
            self.note(Example(what="comments", how=NEW, url=url, after=_signed(*texts[-1][:2])))


def _joined(paragraphs: Sequence[str]) -> str:
    return _PARAGRAPH_BREAK.join(paragraphs)


def _dates(before: object, after: object) -> tuple[str, str]:
    return "" if before is None else str(before), "" if after is None else str(after)


def _signed(author: str | None, text: str) -> str:
    return f"{author}: {text}" if author else text
