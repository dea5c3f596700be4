"""What a crawl fetched of articles that are known, and of those that it met for the first time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.verdicts import Hop

if TYPE_CHECKING:
    from archive.catalogue import Catalogue
    from model import Capture, CaptureVia, Crawl

_HOPS = 10


@dataclass(slots=True)
class Case:
    """An article that something is to be judged of."""

    number: int
    article: str
    """Canonical URL."""
    capture: Capture
    """What answered for its address in this crawl; a redirect is followed by :func:`chain`."""
    via: CaptureVia | None
    """How that came, where it was not from the source's own address."""
    is_first: bool = False
    """It was never read before."""
    is_other: bool = False
    """It has a new text, or other comments."""
    was_read: bool = False
    """An article was read from the capture."""
    asked: int = 0
    """Requests made to bring it on."""

    @property
    def is_there(self) -> bool:
        """Whether its publisher itself showed it in this crawl."""
        return self.was_read and (self.via is None or self.via.via.speaks)


def cases_of(catalogue: Catalogue, source: str, crawl: Crawl) -> list[Case]:
    """Return the articles of which a crawl brought something that no look was made of yet."""
    looks = catalogue.looks
    captures: dict[int, Capture] = {}
    found: dict[int, Case] = {}

    def take(number: int, article: str, capture: Capture) -> Case:
        case = found.get(number)
        if case is None:
            case = found[number] = Case(number, article, capture, catalogue.vias.of(capture.record_id))
        elif case.capture.record_id != capture.record_id:
            case.capture, case.via = capture, catalogue.vias.of(capture.record_id)
        return case

    for seen in looks.seen_in(crawl.id):
        capture = catalogue.capture(seen.record_id)
        if capture is None:
            continue
        # Of several addresses its own counts.
        if seen.id not in captures or seen.url == seen.article:
            captures[seen.id] = capture
        case = take(seen.id, seen.article, captures[seen.id])
        case.was_read, case.is_first = True, seen.is_first
        case.is_other = case.is_other or seen.has_new_text or seen.has_other_comments
    for capture in looks.unread_in(crawl.id):
        number = catalogue.find_article(capture.url)
        if number is None:
            continue
        summary = catalogue.article(number).summary
        known = found.get(number)
        # Where its own address answers otherwise than another of its addresses, its own counts.
        if summary.source == source and (known is None or not known.was_read or capture.url == summary.url):
            take(number, summary.url, capture).was_read = False
    made_of = looks.records(crawl.id)
    return [one for one in found.values() if chain(catalogue, crawl, one.capture)[1].record_id not in made_of]


def chain(catalogue: Catalogue, crawl: Crawl, capture: Capture) -> tuple[tuple[Hop, ...], Capture]:
    """Return the redirects that a crawl followed from a capture, and the last answer."""
    hops: list[Hop] = []
    while capture.redirect_to is not None and len(hops) < _HOPS:
        target = capture.redirect_to
        after = catalogue.latest_capture(target)
        hops.append(Hop(status=capture.status, url=target, record_id=capture.record_id))
        if after is None or after.captured_at < crawl.started_at or after.record_id == capture.record_id:
            break
        capture = after
    return tuple(hops), capture
