"""What changed between two versions of an article, as a reader would tell it.

Texts are compared word by word (:mod:`pipelines.word_diff`) in paragraphs that were aligned first
(:mod:`pipelines.paragraph_diff`); pictures and links in :mod:`pipelines.picture_diff`, the comments in
:mod:`pipelines.thread_diff`. What is only spelled otherwise is told apart from what says something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from model import Article
from pipelines.paragraph_diff import ParagraphDiff, compare_paragraphs
from pipelines.picture_diff import ImageDiff, LinkDiff, compare_images, compare_links
from pipelines.sequences import Budget
from pipelines.text import letters_of_each
from pipelines.word_diff import Change, DiffPart, Nature, Words, compare_words, letters_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueDiff:
    """A name or a value of either side, or of both, that is not the same on both."""

    kind: Change
    """``ADDED``, ``REMOVED``, ``CHANGED`` or ``SPELLED``."""
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DateDiff:
    """A date that is not the same on both sides."""

    kind: Change
    """``ADDED``, ``REMOVED`` or ``CHANGED``."""
    old: datetime | None
    """``None`` when that side gives none, or none that could be understood."""
    new: datetime | None
    old_raw: str | None
    new_raw: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleDiff:
    """What changed between two versions of an article."""

    title: tuple[DiffPart, ...]
    lede: tuple[DiffPart, ...]
    paragraphs: tuple[ParagraphDiff, ...]
    """In the order of the new side; what was removed stands after what it followed on the old side."""
    images: tuple[ImageDiff, ...]
    """Those that differ; so with all that follow."""
    links: tuple[LinkDiff, ...]
    """Empty too when either side was read before links were."""
    authors: tuple[ValueDiff, ...]
    tags: tuple[ValueDiff, ...]
    section: ValueDiff | None
    published: DateDiff | None
    modified: DateDiff | None

    @property
    def natures(self) -> frozenset[Nature]:
        """What the changes are to a reader; empty when both sides are the same letter by letter."""
        return frozenset(nature for kind in self._kinds() if (nature := kind.nature))

    @property
    def is_changed(self) -> bool:
        """True when anything but the spelling differs."""
        return Nature.SUBSTANCE in self.natures

    @property
    def makes_version(self) -> bool:
        """True when words of title, lede or paragraphs differ, or their order, or where the text links to."""
        return bool(self.links) or any(kind.nature is Nature.SUBSTANCE for kind in self._text_kinds())

    def _kinds(self) -> Iterator[Change]:
        yield from self._text_kinds()
        yield from (one.kind for one in self.images)
        yield from (one.kind for one in self.links)
        yield from (one.kind for one in (*self.authors, *self.tags))
        if self.section is not None:
            yield self.section.kind
        yield from (one.kind for one in (self.published, self.modified) if one is not None)

    def _text_kinds(self) -> Iterator[Change]:
        yield from (part.kind for part in (*self.title, *self.lede))
        yield from (paragraph.kind for paragraph in self.paragraphs)


def compare_articles(old: Article, new: Article) -> ArticleDiff:
    """Return what changed in all that a reader sees of an article, what flickers left out of it.

    Words of the text differ exactly when the fold digests do. Bounded: 100,000 words take under a second, and
    a text with nothing in common is told as removed and added.
    """
    budget = Budget()
    return ArticleDiff(
        title=compare_words(Words(old.title), Words(new.title), budget),
        lede=compare_words(Words(old.lede), Words(new.lede), budget),
        paragraphs=_compare_paragraphs(old, new, budget),
        images=compare_images(old.images, new.images, budget),
        links=compare_links(old, new),
        authors=_compare_names(old.authors, new.authors),
        tags=_compare_names(old.tags, new.tags),
        section=_compare_value(old.section, new.section),
        published=_compare_dates(
            (old.published_at, old.published_raw), (new.published_at, new.published_raw)
        ),
        modified=_compare_dates((old.modified_at, old.modified_raw), (new.modified_at, new.modified_raw)),
    )


def _compare_paragraphs(old: Article, new: Article, budget: Budget) -> tuple[ParagraphDiff, ...]:
    """Compare paragraphs that do not flicker; their numbers are those of all."""
    if not old.flickering and not new.flickering:
        return compare_paragraphs(old.paragraphs, new.paragraphs, budget)
    before, after = dict(enumerate(old.steady)), dict(enumerate(new.steady))
    found = compare_paragraphs(
        [text for _, text in before.values()], [text for _, text in after.values()], budget
    )
    return tuple(
        replace(
            one,
            old_index=None if one.old_index is None else before[one.old_index][0],
            new_index=None if one.new_index is None else after[one.new_index][0],
        )
        for one in found
    )


def _compare_names(old: Sequence[str], new: Sequence[str]) -> tuple[ValueDiff, ...]:
    """Return names that differ, the removed first; their order is no change."""
    before = {letters or name: name for name, letters in zip(old, letters_of_each(old), strict=True)}
    after = {letters or name: name for name, letters in zip(new, letters_of_each(new), strict=True)}
    removed = [
        ValueDiff(kind=Change.REMOVED, old=before[key], new=None) for key in before if key not in after
    ]
    added = [ValueDiff(kind=Change.ADDED, old=None, new=after[key]) for key in after if key not in before]
    spelled = [
        ValueDiff(kind=Change.SPELLED, old=before[key], new=name)
        for key, name in after.items()
        if key in before and before[key] != name
    ]
    return (*removed, *added, *spelled)


def _compare_value(old: str | None, new: str | None) -> ValueDiff | None:
    if (old or None) == (new or None):
        return None
    if old and new:
        kind = Change.SPELLED if letters_of(old) == letters_of(new) else Change.CHANGED
    else:
        kind = Change.ADDED if new else Change.REMOVED
    return ValueDiff(kind=kind, old=old, new=new)


def _compare_dates(
    old: tuple[datetime | None, str | None], new: tuple[datetime | None, str | None]
) -> DateDiff | None:
    """Return how a date differs; the same moment printed otherwise («۲ ساعت پیش») is the same."""
    (old_at, old_raw), (new_at, new_raw) = old, new
    if old_at is not None and new_at is not None:
        if old_at == new_at:
            return None
    elif letters_of(old_raw or "") == letters_of(new_raw or "") and (old_at or new_at) is None:
        return None
    elif old_raw and new_raw and letters_of(old_raw) == letters_of(new_raw):
        # The same words, understood on one side only: that is our reading, and not the site.
        return None
    has_old, has_new = bool(old_at or old_raw), bool(new_at or new_raw)
    kind = Change.CHANGED if has_old and has_new else Change.ADDED if has_new else Change.REMOVED
    return DateDiff(kind=kind, old=old_at, new=new_at, old_raw=old_raw, new_raw=new_raw)
