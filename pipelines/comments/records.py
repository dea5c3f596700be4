"""Comments of a page whose marks are in the rule table: which elements they are, what each says, whom it
answers."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice

from lxml import etree
from lxml.html import HtmlElement

from model import CommentState
from pipelines.comments.bylines import is_date, named_date, split_byline
from pipelines.comments.facts import Facts, number_in_links, number_of, permalink_of
from pipelines.comments.identity import MAX_COMMENTS, MAX_NAME, MAX_TEXT, Draft
from pipelines.comments.moments import Clock, raw_time
from pipelines.comments.nesting import MAX_HOPS, Record, parents_of
from pipelines.comments.prose import line, prose
from pipelines.comments.roles import (
    EXPLICIT_TEXT,
    PENDING_NAMES,
    SYSTEMS,
    Role,
    System,
    roles_by_attributes,
    roles_by_id,
    roles_of,
)
from pipelines.comments.standing import badges_of, by_moderator, is_gone, votes_of
from pipelines.comments.survey import Mark, Survey
from pipelines.comments.words import PENDING, SAYS
from pipelines.text import display_text

MAX_PARTS = 50
"""Elements that together make one comment's text."""
MAX_SEARCHED = 60
"""Elements of a comment searched for a line of name and date."""

_NEVER = frozenset({"nav", "ul", "ol", "header", "summary"})
_LISTS = frozenset({"ol", "ul", "dl"})
_PINGS = frozenset({"pingback", "trackback"})
_REPLIES = re.compile(r"children|repl(?:y|ies)|indented|nested|comm_answer|sub-?comments")
_COUNTED = re.compile(r"^#\s?\d{1,6}\s+")
"""«#1 10-25-2026»: vBulletin 3 prints a post's place and date in one cell."""
_CONTAINER = re.compile(r"(?:.*[-_])?comments?(?:[-_].*)?|discussion|respond", re.IGNORECASE)


def find_records(page: Survey) -> tuple[System, list[Record]] | None:
    """Return the system that marks most of the comments of a page, and their elements in document order."""
    hits: dict[int, list[tuple[Mark, re.Match[str] | None]]] = {}
    for mark in page.marked:
        for index, found in _systems(mark):
            hits.setdefault(index, []).append((mark, found))
    best: tuple[System, list[Record]] | None = None
    most = 0
    for index in sorted(hits):
        if len(hits[index]) <= most:
            continue
        records = _records(SYSTEMS[index], hits[index])
        people = sum(not record.ping for record in records)
        if people > most:
            best, most = (SYSTEMS[index], records), people
    return best


def _systems(mark: Mark) -> Iterator[tuple[int, re.Match[str] | None]]:
    """Yield the systems that take an element for one comment, with the match of its id."""
    element, identifier = mark.element, mark.identifier
    if element.tag in _NEVER:
        return
    by_names = _by_names(element.tag, mark.names)
    for index, system in enumerate(SYSTEMS):
        found = system.ids.fullmatch(identifier) if identifier and system.ids else None
        if system.requires and mark.names.isdisjoint(system.requires):
            continue
        if (
            (
                found
                or index in by_names
                or (mark.types and not mark.types.isdisjoint(system.marks))
                or (system.lists and _in_list(element, system))
            )
            and (not system.inside or _in_comments(element))
            and (not system.holds or _holds(element, system))
        ):
            yield index, found


@lru_cache(maxsize=8192)
def _by_names(tag: str, names: frozenset[str]) -> frozenset[int]:
    marks = {form for name in names for form in ("." + name, f"{tag}.{name}")}
    return frozenset(
        index
        for index, system in enumerate(SYSTEMS)
        if not marks.isdisjoint(system.marks)
        or (not names.isdisjoint(system.both[0]) and not names.isdisjoint(system.both[1]))
    )


def _records(system: System, hits: list[tuple[Mark, re.Match[str] | None]]) -> list[Record]:
    records: list[Record] = []
    index_of: dict[HtmlElement, int] = {}
    for mark, found in hits:
        element = mark.element
        number = found[1] if found else None
        enclosing, crossed = _enclosing(element, index_of)
        if enclosing is not None:
            outer = records[enclosing]
            same = number is not None and number == outer.number
            unnumbered = (number is None or outer.number is None) and not crossed and not system.nests
            if same or unnumbered:
                outer.number = outer.number or number  # li.comment around article#comment-7: one comment
                outer.names |= mark.names
                index_of[element] = enclosing
                continue
            outer.nested = True
        index_of[element] = len(records)
        records.append(
            Record(
                element=element,
                number=number,
                parent_number=found[2] if found and found.re.groups > 1 and found[2] != "0" else None,
                enclosing=enclosing,
                ping=not mark.names.isdisjoint(_PINGS),
                names=mark.names,
            )
        )
        if len(records) >= MAX_COMMENTS:
            break
    return records


def _in_list(element: HtmlElement, system: System) -> bool:
    parent = element.getparent()
    return (
        element.tag == "li"
        and parent is not None
        and not system.lists.isdisjoint(parent.get("class", "").split())
    )


def _holds(element: HtmlElement, system: System) -> bool:
    """Tell whether one of the first elements inside has a name that this system's comments hold."""
    inside = islice(element.iterdescendants(), MAX_SEARCHED)
    return any(
        not system.holds.isdisjoint(node.get("class", "").split())
        for node in inside
        if isinstance(node.tag, str)
    )


def _in_comments(element: HtmlElement) -> bool:
    """Tell whether an element stands within something named for comments."""
    for ancestor in islice(element.iterancestors(), 16):
        if ancestor.tag in ("body", "html", "main"):
            return False
        if any(map(_CONTAINER.fullmatch, (*ancestor.get("class", "").split(), ancestor.get("id", "")))):
            return True
    return False


def _enclosing(element: HtmlElement, index_of: dict[HtmlElement, int]) -> tuple[int | None, bool]:
    """Return the record around an element, and whether a list of answers lies between them."""
    crossed = False
    for ancestor in islice(element.iterancestors(), MAX_HOPS):
        if (index := index_of.get(ancestor)) is not None:
            return index, crossed
        if not crossed:
            names = ancestor.get("class")
            crossed = ancestor.tag in _LISTS or (names is not None and bool(_REPLIES.search(names)))
    return None, False


def drafts_of(records: list[Record], *, url: str, clock: Clock, semantic: bool = True) -> list[Draft]:
    """Return what each record says; pings, pending and empty ones are left out, their answers go to the
    one above."""
    parents = parents_of(records)
    boundary = {record.element for record in records}
    kept: dict[int, int] = {}
    drafts: list[Draft] = []
    for index, record in enumerate(records):
        if record.ping:
            continue
        above = parents[index]
        while above is not None and above not in kept:
            above = parents[above]
        facts = facts_of(record, boundary, semantic=semantic)
        draft = _draft(record, facts, kept[above] if above is not None else None, url=url, clock=clock)
        if draft is not None:
            kept[index] = len(drafts)
            drafts.append(draft)
    return drafts


def facts_of(record: Record, boundary: Container[HtmlElement], *, semantic: bool) -> Facts:
    """Return what the elements of one comment are; ``boundary`` holds the elements of all comments."""
    facts = Facts()
    element = record.element
    best_author = best_time = 999
    if PENDING_NAMES & record.names:
        facts.pending = True
    for node in _own(record, boundary, facts.aside):
        tag = node.tag
        if tag == "a":
            facts.links.append(node)
        names = node.get("class")
        roles: Iterable[tuple[Role, int]] = roles_of(tag, names or "") if isinstance(tag, str) else ()
        if (identifier := node.get("id")) is not None and "message" in identifier:
            roles = (*roles, *roles_by_id(identifier))
        if semantic:
            roles = (*roles, *roles_by_attributes(node))
        for role, rank in roles:
            if role is Role.PENDING:
                facts.pending = True
                facts.aside.add(node)
            elif role is Role.ASIDE:
                facts.aside.add(node)
                if facts.parent_number is None and "parent" in f"{names or ''} {node.get('itemprop', '')}":
                    facts.parent_number = number_in_links(node)
            elif role is Role.TEXT:
                if rank < facts.text_rank:
                    facts.text_rank = rank
                    facts.texts = [node]
                elif (
                    rank == facts.text_rank
                    and len(facts.texts) < MAX_PARTS
                    and not _within(node, facts.texts)
                ):
                    facts.texts.append(node)
            elif role is Role.AUTHOR:
                if rank < best_author:
                    best_author, facts.author = rank, node
            elif role is Role.TIME:
                if rank < best_time:
                    best_time, facts.time = rank, node
                if facts.author is None and "submitted" in (names or ""):
                    # Drupal's core template: «Submitted by <span>Dana</span> on Fri, 10/02/2026».
                    facts.author = _sole_name(node)
            else:
                _note_standing(facts, role, node)
    facts.aside.discard(element)
    return facts


def _sole_name(line_of_both: HtmlElement) -> HtmlElement | None:
    """Return the one element within a line of name and date that may hold the name."""
    found = [child for child in line_of_both if child.tag in ("a", "span") and not is_date(child)]
    return found[0] if len(found) == 1 and len(line(found[0])) <= MAX_NAME else None


def _note_standing(facts: Facts, role: Role, node: HtmlElement) -> None:
    """Keep what is beside the comment: votes and badges are no part of its text, a note that it is gone
    stands for it."""
    if role is Role.GONE:
        facts.gone = True
        return
    if role is Role.BADGE and len(node) > 1:
        return  # article.comment-body.staff: the whole comment wears the name
    facts.aside.add(node)
    if node.get("itemprop") == "userInteractionCount" and not _counts_likes(node):
        return
    if role is Role.UP:
        facts.up = node if facts.up is None else facts.up
    elif role is Role.DOWN:
        facts.down = node if facts.down is None else facts.down
    elif len(facts.badges) < MAX_PARTS:
        facts.badges.append(node)


def _counts_likes(node: HtmlElement) -> bool:
    """Tell whether a schema.org InteractionCounter counts likes: answers are counted so too."""
    return any(
        "LikeAction" in f"{kind.get('content', '')} {kind.get('href', '')}"
        for kind in islice(node.itersiblings(preceding=True), 4)
        if isinstance(kind.tag, str)
    )


def _own(record: Record, boundary: Container[HtmlElement], nested: set[HtmlElement]) -> Iterator[HtmlElement]:
    """Yield the elements below a comment's that belong to no comment within it; those go to ``nested``."""
    if not record.nested:
        yield from islice(record.element.iter(etree.Element), 1, None)
        return
    walker = etree.iterwalk(record.element, events=("start",))
    next(walker)
    for _, node in walker:
        if node in boundary:
            walker.skip_subtree()
            nested.add(node)
        else:
            yield node


def _within(node: HtmlElement, elements: Sequence[HtmlElement]) -> bool:
    return any(above in elements for above in islice(node.iterancestors(), 16))


def _byline(element: HtmlElement, facts: Facts) -> tuple[str, str] | None:
    """Return name and printed date of a comment whose theme marks neither, from the line that has both;
    what is its text is not searched."""
    inside = set(facts.texts)
    walker = etree.iterwalk(element, events=("start",))
    for count, (_, node) in enumerate(walker):
        if count >= MAX_SEARCHED:
            return None
        if node in inside:
            walker.skip_subtree()
        elif isinstance(node.tag, str) and (found := named_date(node)) is not None:
            facts.aside.add(node)
            return found
    return None


def _draft(record: Record, facts: Facts, above: int | None, *, url: str, clock: Clock) -> Draft | None:
    if facts.pending:
        return None
    author, time, texts = facts.author, facts.time, facts.texts
    if author is not None and texts and facts.text_rank < EXPLICIT_TEXT and _within(author, texts):
        author = None  # a <cite> of the writer's own
    bare = facts.aside - {author, time} - set(texts)
    name = (
        SAYS.sub("", line(author, bare | ({time} if time is not None else set())))
        if author is not None
        else ""
    )
    if not name and author is not None:
        name = author.get("content", "")
    raw = raw_time(time, bare | ({author} if author is not None else set())) if time is not None else None
    if raw is not None:
        raw = _COUNTED.sub("", raw)
    byline: tuple[str, str] | None = None
    if author is None and time is None:
        byline = _byline(record.element, facts)
    elif time is not None and (raw is None or clock.moment(raw) is None):
        # phpBB 3.0: p.author holds «by Dana » Fri Oct 02, 2026 1:51 pm», name and date in one.
        byline = split_byline(line(time))
    if byline is not None:
        name, raw = name or byline[0], byline[1]
    skip = facts.aside | {part for part in (author, time) if part is not None and part not in texts}
    skip.difference_update(texts)
    if texts:
        text = "\n\n".join(filter(None, (prose(part, skip) for part in texts)))
    else:
        # Walker_Comment's xhtml form, many old themes: the text stands bare beside name and date
        text = prose(record.element, skip - {record.element})
    if not text or PENDING.match(text):
        return None
    number = record.number or number_of(record.element, facts)
    gone = facts.gone or is_gone(text)
    up, down = votes_of(facts.up, facts.down)
    if not number and (not name or (time is None and not texts)):
        return None
    return Draft(
        publisher_id=number,
        parent_index=above,
        parent_id=record.parent_number or facts.parent_number,
        author=display_text(name[:MAX_NAME]) or None,
        text=display_text(text[:MAX_TEXT]),
        published_raw=raw,
        published_at=clock.moment(raw),
        url=permalink_of(record.element, facts, number, url),
        up_votes=up,
        down_votes=down,
        badges=badges_of(
            (*record.names, *(facts.author.get("class", "").split() if facts.author is not None else ())),
            [mark for mark in facts.badges if mark is not facts.author],
        ),
        state=(CommentState.REJECTED if by_moderator(text) else CommentState.DELETED)
        if gone
        else CommentState.PUBLISHED,
    )
