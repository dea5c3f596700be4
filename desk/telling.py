"""A difference as a reader is told it, the same on terminal, page and in JSON: what, how, where, which words.

The JSON of ``mandegar show N --diff --json`` (:func:`difference_json`) is one object::

    format    "mandegar-difference/1"; names are only ever added to it
    article   id, url, source
    from, to  number, first_seen_at, last_seen_at of each version
    by_extractor  true when another extractor read the one side: then the site may have changed nothing
    natures   of "substance" and "orthography" those that occur; empty when nothing differs
    counts    what -> kind -> number, as in changes
    summary   counts in English words
    changes   in reading order, each:
        what          title, lede, paragraph, image, caption, alt, link, author, section, tag, published,
                      modified or comment
        kind          added, removed, changed, moved, restored or spelled
        nature        "orthography" exactly when kind is spelled, else "substance"
        old_number    of a paragraph, from 1; null when that side has it not, and for all else; so new_number
        count         of how many paragraphs in a row it tells, from that number on; 1 for all else
        by            who wrote the comment; null for all else
        old_address   of an image or a link; null when that side has it not, and for all else; so new_address
        old_at        of a date (ISO 8601): the moment; null when it is not known, and for all else; so new_at
        parts         kind (same, spelled, removed, added), text, old_text: text joined over all that are not
                      removed is the new text, old_text joined over all is the old one
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipelines import Change, DiffPart, Nature, format_jalali, word_diff

if TYPE_CHECKING:
    from desk.difference import ArticleHistory, Step
    from model import Version
    from pipelines import ArticleDiff, DateDiff, ImageDiff, LinkDiff, ThreadDiff, ValueDiff

_NAMES = {
    "image": "picture",
    "alt": "alternative text",
    "published": "date of publication",
    "modified": "date of change",
}
READ_OTHERWISE = (
    "Read by another extractor on one side: the program changed, perhaps not the site. "
    "`mandegar reprocess` reads both by the same."
)
_ONE_ONLY = frozenset({"title", "lede", "section", "published", "modified"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One change."""

    what: str
    """As in the JSON."""
    kind: Change
    """Never ``SAME``."""
    parts: tuple[DiffPart, ...] = ()
    old_number: int | None = None
    new_number: int | None = None
    by: str | None = None
    old_address: str | None = None
    new_address: str | None = None
    old_at: datetime | None = None
    new_at: datetime | None = None
    count: int = 1
    """Of how many paragraphs in a row it tells: several were removed, or added, all at once."""
    is_parted: bool = False
    """The same words stand in other paragraphs."""

    @property
    def is_spelling(self) -> bool:
        """True when it is a matter of spelling only."""
        return self.kind.nature is Nature.ORTHOGRAPHY

    @property
    def label(self) -> str:
        """What happened, in English: ``paragraph 3 moved (it was 1)``; ``old paragraph 3 removed``."""
        name = _NAMES.get(self.what, self.what)
        number = self.new_number or self.old_number
        subject = name if number is None else f"{name} {number}"
        if number is not None and self.count > 1:
            subject = f"{name}s {number} to {number + self.count - 1}"
        if number is not None and self.new_number is None:
            subject = f"old {subject}"  # two paragraphs may be the third, one on either side
        if self.what == "link" and self.kind is Change.CHANGED:
            return "link leads elsewhere"
        if self.kind is Change.SPELLED:
            return f"{subject} {'parted' if self.is_parted else 'spelled'} otherwise"
        if self.kind is Change.MOVED:
            if self.what == "comment":
                return "comment moved under another one"
            return f"{subject} moved (it was {self.old_number})"
        return f"{subject} {self._verb}"

    @property
    def _verb(self) -> str:
        return "edited" if self.what == "comment" and self.kind is Change.CHANGED else self.kind.value


def told_changes(step: Step) -> list[Told]:
    """Return all that changed in a step, in reading order: the article from its title on, then comments."""
    return [*_of_article(step.difference, step.after.article.language), *_of_thread(step.comments)]


def _of_article(difference: ArticleDiff, language: str | None) -> Iterator[Told]:
    yield from _text("title", difference.title)
    yield from _names("author", difference.authors)
    if difference.section:
        yield from _names("section", (difference.section,))
    for what, date in (("published", difference.published), ("modified", difference.modified)):
        if date:
            parts = _dates(date, language)
            yield Told(what=what, kind=date.kind, parts=parts, old_at=date.old, new_at=date.new)
    yield from _text("lede", difference.lede)
    for paragraph in difference.paragraphs:
        if paragraph.kind is not Change.SAME:
            lone = paragraph.kind in {Change.ADDED, Change.REMOVED}
            yield Told(
                what="paragraph",
                kind=paragraph.kind,
                parts=paragraph.parts,
                old_number=None if paragraph.old_index is None else paragraph.old_index + 1,
                new_number=None if paragraph.new_index is None else paragraph.new_index + 1,
                count=(paragraph.old_count or paragraph.new_count) if lone else 1,
                is_parted=paragraph.kind is Change.SPELLED
                and (paragraph.old_count != 1 or paragraph.new_count != 1),
            )
    for image in difference.images:
        yield from _image(image)
    for link in difference.links:
        yield _link(link)
    yield from _names("tag", difference.tags)


def _text(what: str, parts: tuple[DiffPart, ...]) -> Iterator[Told]:
    kinds = {part.kind for part in parts}
    if kinds <= {Change.SAME}:
        return
    if len(kinds) == 1:
        kind = next(iter(kinds))
    else:
        kind = Change.SPELLED if kinds <= {Change.SAME, Change.SPELLED} else Change.CHANGED
    yield Told(what=what, kind=kind, parts=parts)


def _names(what: str, values: Sequence[ValueDiff]) -> Iterator[Told]:
    for value in values:
        yield Told(what=what, kind=value.kind, parts=word_diff(value.old or "", value.new or ""))


def _dates(date: DateDiff, language: str | None) -> tuple[DiffPart, ...]:
    old, new = _date(date.old, date.old_raw, language), _date(date.new, date.new_raw, language)
    removed = DiffPart(kind=Change.REMOVED, text=old, old_text=old)
    return (*((removed,) if old else ()), *((DiffPart(kind=Change.ADDED, text=new),) if new else ()))


def _date(moment: datetime | None, raw: str | None, language: str | None) -> str:
    if moment is None:
        return raw or ""
    shown = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if language and language.partition("-")[0] in {"fa", "prs"}:
        # Digits at the edge of a right-to-left run would leave it; marks without width hold them.
        shown += f" (\u200f{format_jalali(moment)}\u200f)"
    return shown


def _image(image: ImageDiff) -> Iterator[Told]:
    old, new = image.old.url if image.old else None, image.new.url if image.new else None
    if image.old is None or image.new is None:
        parts = image.caption or image.alt
        yield Told(what="image", kind=image.kind, parts=parts, old_address=old, new_address=new)
        return
    for what, parts in (("caption", image.caption), ("alt", image.alt)):
        for told in _text(what, parts):
            yield Told(what=what, kind=told.kind, parts=parts, old_address=old, new_address=new)


def _link(link: LinkDiff) -> Told:
    old, new = link.old.url if link.old else None, link.new.url if link.new else None
    parts = word_diff(link.old.text if link.old else "", link.new.text if link.new else "")
    return Told(what="link", kind=link.kind, parts=parts, old_address=old, new_address=new)


def _of_thread(difference: ThreadDiff) -> Iterator[Told]:
    for one in difference.changes:
        comment = one.new or one.old
        yield Told(what="comment", kind=one.kind, parts=one.parts, by=comment.author if comment else None)


def counts_of(changes: Sequence[Told]) -> dict[str, dict[str, int]]:
    """Return how many things of each name changed in each way, in the order of the changes."""
    counts: dict[str, dict[str, int]] = {}
    for change in changes:
        kinds = counts.setdefault(change.what, {})
        kinds[change.kind.value] = kinds.get(change.kind.value, 0) + change.count
    return counts


def summary_of(changes: Sequence[Told]) -> str:
    """Return the changes in one line of English.

    >>> one = Told(what="paragraph", kind=Change.CHANGED)
    >>> summary_of([Told(what="title", kind=Change.CHANGED), one, one])
    'title changed; 2 paragraphs changed'
    >>> summary_of([])
    'nothing changed'
    """
    clauses: list[str] = []
    substance = [one for one in changes if not one.is_spelling]
    for what, kinds in counts_of(substance).items():
        name = _NAMES.get(what, what)
        if what in _ONE_ONLY:
            clauses.append(f"{name} {next(iter(kinds))}")
            continue
        told: list[str] = []
        for kind, count in kinds.items():
            verb = "edited" if (what, kind) == ("comment", "changed") else kind
            verb = "led elsewhere" if (what, kind) == ("link", "changed") else verb
            noun = "" if told else f" {name}" + ("" if count == 1 else "s")
            told.append(f"{count:,}{noun} {verb}")
        clauses.append(", ".join(told))
    spelled = len(changes) - len(substance)
    if spelled:
        places = f"{spelled:,} place{'' if spelled == 1 else 's'}"
        clauses.append(f"spelling only in {places}")
    return "; ".join(clauses) or "nothing changed"


# Any: JSON values.
def difference_json(history: ArticleHistory, step: Step) -> dict[str, Any]:
    """Return a difference in the form that this module's docstring lays down, for :func:`json.dumps`."""
    changes = told_changes(step)
    natures = {change.kind.nature for change in changes}
    summary = history.record.summary
    return {
        "format": "mandegar-difference/1",
        "article": {"id": summary.id, "url": summary.url, "source": summary.source},
        "from": _version_json(step.before),
        "to": _version_json(step.after),
        "by_extractor": history.is_read_otherwise(step),
        "natures": [nature.value for nature in Nature if nature in natures],
        "counts": counts_of(changes),
        "summary": summary_of(changes),
        "changes": [_change_json(change) for change in changes],
    }


def _version_json(version: Version) -> dict[str, Any]:
    return {
        "number": version.number,
        "first_seen_at": version.first_seen_at,
        "last_seen_at": version.last_seen_at,
    }


def _change_json(change: Told) -> dict[str, Any]:
    return {
        "what": change.what,
        "kind": change.kind,
        "nature": change.kind.nature,
        "old_number": change.old_number,
        "new_number": change.new_number,
        "count": change.count,
        "by": change.by,
        "old_address": change.old_address,
        "new_address": change.new_address,
        "old_at": change.old_at,
        "new_at": change.new_at,
        "parts": change.parts,
    }
