"""Other places where a publication stands, and how a capture came by one of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """A place where a source's pages stand under another host; its paths are the source's."""

    url: str
    """Its root, in place of the source's: ``https://d1.example.net/``."""
    operator: str = ""
    """Who runs it, as people say; empty when that is not known."""
    is_own: bool = False
    """Run by the publisher itself: its onion service speaks on content as the origin does."""


class Via(StrEnum):
    """Who answered."""

    ORIGIN = "origin"
    """The publisher itself."""
    ONION = "onion"
    """The publisher's own onion service."""
    MIRROR = "mirror"
    """A copy: that it lacks an article says that it is stale."""
    ARCHIVE = "archive"
    INTERFERENCE = "interference"
    """Somebody between us and the site; what came is evidence of that and nothing else."""

    @property
    def speaks(self) -> bool:
        """True when this is the publisher: only then an answer says what the publisher shows."""
        return self in {Via.ORIGIN, Via.ONION}


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureVia:
    """How a capture came about that did not come from the source's own address; kept beside it.

    The capture itself stands under the address that was really fetched. Nothing is ever written under an
    address from which nothing came.
    """

    record_id: str
    """The capture's ``response`` or ``revisit`` record."""
    via: Via
    url: str
    """What was really fetched."""
    canonical_url: str
    """The address at the source that it stands for; of an interference the address asked for."""
    mirror: Mirror | None = None
    """``None`` only of an interference."""
    verdict_id: str | None = None
    """The record of the connection verdict for which this way was taken, or which names the interference;
    ``None`` when the way was taken without one."""
    evidence: tuple[str, ...] = ()
    """What else says that both are one page: ``rel=canonical``, ``same text as <record id>``."""
