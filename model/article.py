"""What one capture says: the article, the comments under it, and why we think so.

Text fields hold display text: as published, ZERO WIDTH NON-JOINER and the author's letters kept.
What is folded for search and comparison is made from them when needed and is never shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture that belongs to the article."""

    url: str
    """Absolute."""
    alt: str = ""
    caption: str = ""


class CommentState(StrEnum):
    """What its publisher says of a comment."""

    PUBLISHED = "published"
    PENDING = "pending"
    """Shown, or given by an interface, though nobody has let it through yet."""
    REJECTED = "rejected"
    """Taken away by a moderator; its place is still shown."""
    DELETED = "deleted"
    """Taken away by its writer, or nobody says by whom; its place is still shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link found on a page; ``url`` absolute, spelled as the site spelled it, no fragment."""

    url: str
    text: str = ""
    rel: tuple[str, ...] = ()
    region: str = ""
    """``main``, ``nav``, ``aside``, ``footer`` or ``""``: where on the page it stood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One reader's comment, as one capture shows it."""

    publisher_id: str | None
    """The publisher's own id (WordPress: ``1234``); ``None`` when the page shows none."""
    parent_id: str | None = None
    """``publisher_id`` (where there is none, ``key``) of the comment answered; ``None`` at the root."""
    key: str = ""
    """Identity within the article: the publisher's id, else made from author, date and folded text."""
    author: str | None = None
    """As shown; ``None`` when the page names nobody."""
    text: str = ""
    """Paragraphs parted by a blank line."""
    published_raw: str | None = None
    published_at: datetime | None = None
    """Aware; ``None`` when it could not be known."""
    position: int = 0
    """Order in which it is shown, over all pages of the comments, from 0."""
    depth: int = 0
    """0 at the root."""
    url: str | None = None
    """Its permanent link."""
    page: int = 1
    """Number of the page of comments it stood on, from 1; 1 too when the document counts none."""
    up_votes: int | None = None
    """Votes for it; where only a balance is shown and that is positive, the balance. ``None`` when none
    are shown."""
    down_votes: int | None = None
    """Votes against it, not negative; of a balance below zero its amount."""
    badges: tuple[str, ...] = ()
    """What the page says of its writer: ``author`` (of the article), ``staff``, ``moderator``,
    ``verified``, ``member`` (has an account there), else the words shown."""
    state: CommentState = CommentState.PUBLISHED
    """Of a taken one ``text`` is what stands in its place, or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """Two sources on one page that contradict each other, as the page spells them."""

    field: str
    """``title``, ``authors`` (parted by ``; ``), ``published``, ``modified`` or ``canonical``."""
    chosen: str
    chosen_source: str
    other: str
    other_source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What one capture says of an article. ``None`` and empty mean «not known»."""

    url: str
    """Where it was read."""
    canonical_url: str
    """What the page calls itself when that lies on the same site, else ``url``; without fragment.
    The identity of the article within its source."""
    title: str
    lede: str = ""
    """The standfirst, when the page sets one apart; never repeated in ``paragraphs``."""
    paragraphs: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    section: str | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    """BCP 47."""
    published_raw: str | None = None
    published_at: datetime | None = None
    """Aware; never filled from ``modified``."""
    modified_raw: str | None = None
    modified_at: datetime | None = None
    images: tuple[Image, ...] = ()
    links: tuple[Link, ...] | None = None
    """Those in lede and paragraphs, in reading order, with the words that carry them; empty when the text has
    none, ``None`` when they were not read (older readings did not)."""
    site_name: str | None = None
    reasons: tuple[tuple[str, str], ...] = ()
    """(field, which rule or structured data gave it), for whoever doubts it."""
    disagreements: tuple[Disagreement, ...] = ()
    """What the page says otherwise elsewhere; empty too where an extractor before 0.2 read it."""


class PageKind(StrEnum):
    """What a page is."""

    ARTICLE = "article"
    LISTING = "listing"
    """A front, section, tag or archive page: links to articles."""
    OTHER = "other"
    """An about page, a form, a login, an error, something empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """A feed, sitemap or API that a page announces."""

    url: str
    kind: str
    """``feed``, ``comments-feed``, ``wordpress-api`` (the REST root)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentThread:
    """The comments one document (page, feed or API answer) shows, and where there are more."""

    comments: tuple[Comment, ...] = ()
    declared_total: int | None = None
    """What the document says is the number of (published) comments of the article; ``None`` when it
    does not."""
    pending_total: int | None = None
    """How many it says wait for a moderator («در انتظار بررسی: ۳»)."""
    rejected_total: int | None = None
    """How many it says will not be published («غیر قابل انتشار: ۲»)."""
    more: tuple[str, ...] = ()
    """Absolute URLs of further pages of the same comments."""
    origin: str = ""
    """Which rule read them: ``wordpress-html``, ``schema.org``, ``wordpress-rest``, ``rss``…"""

    @property
    def shortfall(self) -> int | None:
        """How many published comments the document declares and does not hold; ``None`` when it declares
        no number. Of one page of several the rest is in ``more``: ask the merged thread."""
        if self.declared_total is None:
            return None
        shown = sum(comment.state is CommentState.PUBLISHED for comment in self.comments)
        return max(self.declared_total - shown, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Everything read from one HTML page, by functions that know nothing of the crawl."""

    url: str
    kind: PageKind
    kind_reasons: tuple[str, ...] = ()
    article: Article | None = None
    """Set exactly when ``kind`` is ``ARTICLE``."""
    thread: CommentThread = field(default_factory=CommentThread)
    title: str = ""
    canonical_url: str | None = None
    links: tuple[Link, ...] = ()
    next_pages: tuple[str, ...] = ()
    """Further pages of the same list (``rel=next`` and numbered pagination)."""
    requisites: tuple[str, ...] = ()
    """Absolute URLs of style sheets, scripts, images, icons and fonts that the page needs."""
    feeds: tuple[FeedLink, ...] = ()
    wordpress_post_id: int | None = None
    encoding: str = "utf-8"
    extractor: str = ""
    """Name and version of what read it: ``mandegar/0.3 generic/1``."""
