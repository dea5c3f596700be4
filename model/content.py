"""What may be said of an article's content at its publisher, and what each such saying rests on.

A verdict is a function of observations: it names the rules that spoke, their version and the records that
bear it out, and is made anew whenever the rules get better. It never speaks of the connection: only answers
that came from the publisher itself, over a connection judged reachable, are heard.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ContentState(StrEnum):
    """What is thought of an article, from «not known» to «confirmed»."""

    UNKNOWN = "unknown"
    """Its text was never seen at the publisher: nothing can be missed."""
    PRESENT = "present"
    RESTORED = "restored"
    """Present again after it had been confirmed gone in any of the ways below."""
    SIGNALLED = "signalled"
    """One answer, or several within a short time, lacked the article: no more than a hint."""
    SUSPECTED = "suspected"
    """It lacked it twice, hours apart, over the network paths that there are."""
    REMOVED = "removed"
    """Confirmed: over days, with no sight of it in between, and it was looked for and not found elsewhere."""
    RESTRICTED = "restricted"
    """Confirmed: refused (401, 403; 451 over one path) where it had been public. Perhaps a takedown."""
    WALLED = "walled"
    """Confirmed: a login or payment is asked for where it had been free."""
    GUTTED = "gutted"
    """Its page stands, most of its text does not."""
    MOVED = "moved"
    """Its text was found at another address."""

    @property
    def is_gone(self) -> bool:
        """True when a reader who comes to the address finds no article any more, and that is confirmed."""
        return self in {ContentState.REMOVED, ContentState.RESTRICTED, ContentState.WALLED}

    @property
    def is_there(self) -> bool:
        """True when the last answer that counted had the article."""
        return self in {ContentState.PRESENT, ContentState.RESTORED}


class SignalKind(StrEnum):
    """What one answer shows in place of an article that stood there before."""

    NOT_FOUND = "not_found"
    """404."""
    GONE = "gone"
    """410: gone, and the server says that it is meant (RFC 9110, 15.5.11)."""
    WITHHELD = "withheld"
    """451: withheld for legal reasons, here at least (RFC 7725)."""
    RESTRICTED = "restricted"
    """401 or 403."""
    TO_HOME = "to_home"
    """A redirect to the front page of the same site."""
    TO_SECTION = "to_section"
    """A redirect to a list or another page of the same site that has not its text."""
    SOFT_NOT_FOUND = "soft_not_found"
    """200, and the page that this site shows for addresses that never were."""
    NOTICE = "notice"
    """The publisher's own words that it was removed."""
    LOGIN_WALL = "login_wall"
    PAYWALL = "paywall"
    GUTTED = "gutted"
    """The article's own page with less than a third of its text."""
    COMMENTS_REMOVED = "comments_removed"
    """Comments are missing in a thread that was read whole."""
    COMMENTS_CLOSED = "comments_closed"
    """New comments are not taken any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentSignal:
    """What one answer shows, and the rule that says so. No verdict: a site has bad hours."""

    kind: SignalKind
    rule: str
    """Name of the rule: ``content.notice.fa/1``."""
    detail: str = ""
    """For a person: the phrase found, the address led to, who blocked."""
    record_ids: tuple[str, ...] = ()
    """The records that show it: the answer's own, and the twin's when one was compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentVerdict:
    """What is thought of an article now: made anew from the observations, never evidence itself."""

    article: str
    """Canonical URL."""
    state: ContentState
    since: datetime | None
    """When the first answer came that the state rests on; ``None`` when the state is ``UNKNOWN``."""
    judged_at: datetime | None
    """When the last answer came that was heard; ``None`` when none was."""
    last_present_at: datetime | None
    """When its text was last seen at the publisher; ``None`` when never."""
    signal: SignalKind | None = None
    """What stands in its place, the weightiest; ``None`` when nothing is missing."""
    moved_to: str | None = None
    """Where its text was found, when ``state`` is ``MOVED``, and after that."""
    checks: int = 0
    """Answers in a row that lacked it, those that do not count left out."""
    paths: tuple[str, ...] = ()
    """Network paths over which they came, sorted."""
    is_frozen: bool = False
    """True while its whole site behaves oddly: then nothing of one article is concluded."""
    rules: tuple[str, ...] = ()
    """Rules that spoke, in the order that they did."""
    rules_version: str = ""
    record_ids: tuple[str, ...] = ()
    """What the state rests on, oldest first: the last sight of it, then the answers that lacked it."""
    confidence: float = 0.0
    """0 to 1, an order and not a probability: a hint 0.3, a suspicion 0.6, confirmed 0.8 to 0.95."""
    missing: tuple[str, ...] = ()
    """What keeps the state from the next one, in words: «nine more days», «another network path»."""
