"""The comments an HTML page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lxml.html import HtmlElement

from model import CommentThread
from pipelines.comments.identity import comments_of
from pipelines.comments.jsonld import read_jsonld
from pipelines.comments.moments import Clock
from pipelines.comments.nesting import Record
from pipelines.comments.paging import find_pages
from pipelines.comments.records import drafts_of, find_records
from pipelines.comments.repeated import find_answerable, find_units, read_repeated
from pipelines.comments.roles import System
from pipelines.comments.speakers import Unit
from pipelines.comments.survey import Survey, survey
from pipelines.comments.totals import declared_total, headings, plain_headings, reply_buttons, told_totals
from pipelines.outline import Outline, outline


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentView:
    """What is found out of a page before anyone reads its comments; regions and thread both ask for it."""

    seen: Survey
    heads: list[tuple[HtmlElement, str]]
    """What heads a list of comments."""
    found: tuple[System, list[Record]] | None
    """The comments that a known system marks."""
    units: list[Unit]
    """What repeats like comments where no system marks any."""


def view_comments(page: Outline) -> CommentView:
    """Return what regions and thread are read from."""
    seen = survey(page)
    heads = headings(seen)
    found = find_records(seen)
    units = [] if found else find_units(heads, seen.forms)
    if not found and not units and (other := plain_headings(page, {element for element, _ in heads})):
        units = find_units(other, ())
        # A line that looks like a heading is one when comments follow it.
        heads = [*heads, *other[:1]] if units else heads
    if not found and not units:
        units = find_answerable(reply_buttons(page))
    return CommentView(seen=seen, heads=heads, found=found, units=units)


def read_html_comments(
    root: HtmlElement, *, url: str, reference: datetime, timezone: str = ""
) -> CommentThread:
    """Return the comments that a page shows, as :func:`thread_of`."""
    return thread_of(view_comments(outline(root)), url=url, reference=reference, timezone=timezone)


def thread_of(page: CommentView, *, url: str, reference: datetime, timezone: str = "") -> CommentThread:
    """Return the comments that a page shows, in the order shown; the tree is not changed.

    The first that finds any: marks of known systems (``roles.SYSTEMS``), JSON-LD, and what repeats under
    a heading or beside a form for comments. Pingbacks, trackbacks (other sites, not people) and comments
    that wait for moderation (only their writer sees them) are left out. The parent is the one that the
    page shows: WordPress draws answers below its greatest depth beside what they answer, REST and feeds
    know the true one (``merge_threads``).

    ``position`` is (page - 1) · 10,000 + index; how the page's number is found: ``paging.find_pages``.
    Positions run from the oldest page on; a site that shows the newest comment first on each page has it
    so within the page. ``reference`` is the moment of capture, aware. Bounded: 10,000 comments a
    document.
    """
    clock = Clock(reference=reference, timezone=timezone)
    seen = page.seen
    number, more = find_pages(seen, url)
    total = declared_total(seen, url, page.heads)
    published, waiting, refused = told_totals(seen, page.heads)
    total = published if total is None else total
    drafts = []
    origin = ""
    if page.found:
        system, records = page.found
        drafts = drafts_of(records, url=url, clock=clock, semantic=seen.semantic)
        origin = system.name
    stated, count = read_jsonld(seen.page, url=url, clock=clock)
    if not drafts and stated:
        drafts, origin = stated, "schema.org"
    if not drafts:
        units = find_units(page.heads, seen.forms) if page.found else page.units
        drafts = read_repeated(units, url=url, clock=clock)
        origin = "repeated"
    return CommentThread(
        comments=comments_of(drafts, number),
        declared_total=total if total is not None else count,
        pending_total=waiting,
        rejected_total=refused,
        more=more,
        origin=origin if drafts else "",
    )
