"""What the catalogue takes and gives, beside the nouns of ``model``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from model import Article, Capture, CaptureVia, Comment, CommentThread, ConnectionVerdict, PageRole

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedText:
    """A text folded for search and comparison, made by ``pipelines``; the catalogue folds nothing itself."""

    digest: str
    """``sha256:<hex>`` of the folded text: the same exactly when a reader would see no difference."""
    joined: str
    """Folded, with what a ZERO WIDTH NON-JOINER parts written as one word."""
    split: str
    """Folded, with what a ZERO WIDTH NON-JOINER parts written as two words."""
    links: str | None = None
    """Digest of where the text links to; ``None``: not known, and then compared with nothing."""
    title_joined: str = ""
    """The title alone, folded: hits in it count more. Empty for a text without one."""
    title_split: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedRow:
    """What was learned of the pages of a source, to be read with; the archive keeps it and knows no more."""

    source: str
    revision: str
    """Part of the name of what reads with it (``Reading.extractor``); empty: nothing is read with."""
    learned_at: datetime
    content: str
    """A JSON object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontierRow:
    """A request to be made; ``request`` is JSON of the crawl engine's own making."""

    key: str
    """Two rows of a crawl with the same key are the same request."""
    url: str
    host: str
    role: PageRole
    priority: int
    """Higher goes first."""
    request: str
    failures: int = 0
    """How often it has failed so far; of a row that is leased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostRow:
    """What a host asked of us, and what we make of how it answers; ``None``: nothing of that kind."""

    origin: str
    """Scheme, host and port as requests have them: ``https://www.example.org``."""
    not_before: datetime | None = None
    """Nothing is sent before: ``Retry-After``, or our own back-off."""
    delay_s: float | None = None
    """The Crawl-delay of its robots.txt, in seconds."""
    back_off_s: float | None = None
    """How long we last stayed away from a host that had enough of us and did not say for how long."""
    asked_at: datetime | None = None
    """When it last said something that changed this row."""
    robots_at: datetime | None = None
    """When its robots.txt was asked for."""
    robots_state: str | None = None
    """``rules``, or ``none`` where everything may be fetched."""
    robots_text: str | None = None
    """The file as decoded, where it has rules."""


class FrontierState(StrEnum):
    """How a frontier row stands."""

    FRESH = "fresh"
    LEASED = "leased"
    """Given out; fresh again when the lease has run out."""
    DONE = "done"
    FAILED = "failed"
    """Did not come; fresh again when a time for the next try was set and has come, else given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleReceipt:
    """What became of an article that was put in."""

    article_id: int
    version: int
    """Number of the version that this capture shows."""
    is_new_version: bool
    is_new_article: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleSummary:
    """One line of a list of articles, as last read."""

    id: int
    source: str
    url: str
    """Its canonical URL."""
    title: str
    published_at: datetime | None
    section: str | None
    language: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    """Of the newest capture that shows it, whatever its text."""
    versions: int
    comments: int
    """All that were ever seen, also those that are gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSummary:
    """A capture that shows an article."""

    record_id: str
    url: str
    captured_at: datetime
    version: int
    """Which version of the text it shows."""
    crawl_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRecord:
    """An article with its captures; its versions and comments are asked for apart."""

    summary: ArticleSummary
    article: Article
    """The current version, as its first capture said it."""
    version: int
    """Number of the current version: what the canonical page showed last."""
    captures: tuple[CaptureSummary, ...]
    """Oldest first."""
    wordpress_post_id: int | None
    declared_comments: int | None
    """How many comments the site said there were, when last asked; ``None`` when it did not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentEdit:
    """An earlier text of a comment."""

    text: str
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentRecord:
    """A comment over time."""

    comment: Comment
    """As last seen, with the best known parent, and ``depth`` by that parent."""
    first_seen_at: datetime
    last_seen_at: datetime
    gone_since: datetime | None
    """When the first crawl that covered the whole thread after ``last_seen_at`` read it without this comment;
    ``None`` while no crawl proves that it is gone."""
    gone_crawl: str | None
    """That crawl's id."""
    edits: tuple[CommentEdit, ...]
    """Earlier texts, oldest first; empty when its text never changed."""
    text_since: datetime | None = None
    """When its present text was first seen; ``None`` when its text never changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownReading:
    """What is known of the reading of one capture, of an article or of its comments."""

    capture: Capture
    extractor: str | None
    """What read it last; ``None``: not known."""
    version: int | None = None
    """Number of the version that it shows; ``None``: no article was read from it."""
    by_extractor: bool = False
    """That version is one by extractor (:class:`model.Version`)."""
    article: str | None = None
    """Digest of the article read (``reading_digest``); ``None``: none, or not known."""
    is_document: bool = False
    """It was read for the article's comments."""
    thread: str | None = None
    """Digest of the comments read (``thread_digest``)."""
    last: bool = False
    """As of ``ReadThread``, like ``complete``."""
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainArticle:
    """An article as read again from a capture."""

    capture: Capture
    article: Article
    noun: str
    """The whole article as JSON."""
    indexed: IndexedText
    wordpress_post_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainThread:
    """Comments as read again from a capture."""

    capture: Capture
    article_url: str
    thread: CommentThread
    nouns: Mapping[str, str]
    """``Comment.key`` to its JSON."""
    indexed: Mapping[str, IndexedText]
    last: bool
    complete: bool


class HitKind(StrEnum):
    """What was found."""

    ARTICLE = "article"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHit:
    """An article or a comment in which something was found; the caller marks the words."""

    kind: HitKind
    source: str
    article_id: int
    url: str
    """The article's canonical URL."""
    title: str
    """The article's title, in the version found."""
    text: str
    """As published: lede and paragraphs, or the comment; paragraphs parted by a blank line."""
    published_at: datetime | None
    """Of the article or the comment."""
    version: int | None
    """The newest version in which it was found; ``None`` for a comment."""
    is_current: bool
    """False when only an earlier text, or a comment that is not shown so any more, has it."""
    first_seen_at: datetime
    """Of that text."""
    last_seen_at: datetime
    comment_key: str | None
    author: str | None
    """Of the comment; ``None`` for an article."""
    score: float
    through: CaptureVia | None = None
    """Of an article's text that nothing but mirrors ever showed: by which; else ``None``."""
    """Higher fits better; comparable within one search only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRecord:
    """An attempt that brought no response; the whole observation is in the WARC record."""

    record_id: str
    source: str
    crawl_id: str
    url: str
    role: PageRole
    kind: str
    """The value of a ``FailureKind``."""
    stage: str
    detail: str
    failed_at: datetime
    """Aware UTC, when the attempt ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What the archive holds."""

    sources: int
    articles: int
    versions: int
    comments: int
    captures: int
    warc_bytes: int
    """As the crawls counted them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the rows of one crawl add up to."""

    pages: int
    requisites: int
    revisits: int
    payload_bytes: int
    articles: int
    comments: int
    new_versions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRow:
    """A verdict over a connection, and where it is kept."""

    record_id: str
    """The verdict's own ``metadata`` record; its survey's is the one that it refers to."""
    verdict: ConnectionVerdict
    inside_share: float | None = None
    """Which share of the hosts inside a watched country answered; ``None``: none was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookRow:
    """One look at an article, or one search for it, as it is kept."""

    article: str
    """Canonical URL."""
    sequence: int
    """Rising over the source."""
    at: datetime
    record_id: str
    """The record of the answer."""
    kind: str
    """``look``, ``plain`` (it was there as before) or ``finding``."""
    lacks: bool | None
    """Whether the article was missing; ``None``: it says nothing of that."""
    noun: str
    """JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionRow:
    """How much attention an article asks for."""

    article: str
    attention: int
    """``pipelines.revisits.Attention``."""
    since: datetime | None
    checked_at: datetime | None
    """The newest look that was heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenArticle:
    """An article that was read from a capture in a crawl."""

    id: int
    article: str
    """Canonical URL."""
    record_id: str
    url: str
    """Where it was read."""
    is_first: bool
    """It was never read before."""
    has_new_text: bool
    has_other_comments: bool
    """Comments came, or are missing in a thread that was read whole."""
