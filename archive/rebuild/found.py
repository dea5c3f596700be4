"""What is read from WARC files for the catalogue; all of it travels between processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from archive.catalogue import IndexedText, LearnedRow, LookRow
from model import (
    Article,
    Capture,
    CaptureVia,
    CommentThread,
    ConnectionVerdict,
    Crawl,
    Judgement,
    Observation,
    PageRole,
    Source,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True, kw_only=True)
class Folding:
    """How texts are folded for search and comparison; two functions that can be pickled by name."""

    article: Callable[[Article], IndexedText]
    text: Callable[[str], IndexedText]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFailure:
    """An attempt that failed."""

    record_id: str
    observation: Observation
    """Without the bytes and certificates it holds in its record."""
    role: PageRole


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundArticle:
    """An article as read from a capture."""

    refers_to: str
    """The capture's record id."""
    article: Article
    """Without its text, which ``noun`` has."""
    noun: str
    """The whole article as JSON."""
    indexed: IndexedText
    wordpress_post_id: int | None
    extractor: str | None = None
    """What read it; ``None``: the record does not tell."""
    group: str = ""
    """Of what was read again together; empty for what a crawl read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundThread:
    """Comments as read from a capture."""

    refers_to: str
    article_url: str
    thread: CommentThread
    nouns: dict[str, str]
    """``Comment.key`` to its JSON."""
    indexed: dict[str, IndexedText]
    last: bool
    complete: bool
    extractor: str | None = None
    group: str = ""
    """As of :class:`FoundArticle`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundReread:
    """What was read again: the end of a group, or captures in which nothing reads differently."""

    group: str
    """Empty where nothing reads differently."""
    conversions: int
    """How many records of the group stand before it."""
    extractors: dict[str, str]
    """What read each capture, by its record id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundConnection:
    """A verdict over a connection."""

    record_id: str
    survey_id: str
    """The record of the survey that it was made from."""
    verdict: ConnectionVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSurvey:
    """A survey, as far as its verdict does not tell it."""

    record_id: str
    inside_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundIncidents:
    """The incidents of a site."""

    noun: str


Found = (
    Capture
    | FoundFailure
    | FoundArticle
    | FoundThread
    | FoundReread
    | FoundConnection
    | FoundSurvey
    | LookRow
    | FoundIncidents
    | CaptureVia
    | Judgement
    | Crawl
    | Source
    | LearnedRow
)
"""A crawl is its row at the begin (``RUNNING``) or at the end of a run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What could not be read, and where."""

    key: str
    offset: int
    message: str
    is_damage: bool = False
    """The bytes are not what was written: another copy may be whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarcFacts:
    """A WARC file as it is known before it is read."""

    key: str
    """Its path below ``warc/``."""
    size: int
    source: str
    """Name of the source its captures stand under."""
    crawl_id: str
    """The crawl they stand under; empty for a file without captures."""
    is_ours: bool
    """Written by Mandegar: what is no exchange counts too."""
    serial: int
    begun_at: datetime
    """When its first record was written."""
    warcinfo_id: str
    """Which all records of a file of ours name; empty when it could not be read."""
    is_compressed: bool


@dataclass(slots=True, kw_only=True)
class Part:
    """What a stretch of a file holds."""

    begin: int
    """Where its first record begins; only right when the part before it ends there."""
    end: int
    """Where the next record begins, or the file's end."""
    found: list[tuple[int, Found]] = field(default_factory=list)
    """With the offsets of their records, in order."""
    problems: list[Problem] = field(default_factory=list)
    records: int = 0
    response_bytes: int = 0
    """Of response records, as on the wire, and of revisits what their payload was."""
    read_s: float = 0.0
    fold_s: float = 0.0
