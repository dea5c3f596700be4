"""Where a page contradicts itself: what two of its sources say of one field, with the one that was taken.

Only a contradiction is told. A title with the site's name, a list of authors that is part of the other, a
date without a clock and the same moment in another zone are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from model import Disagreement
from pipelines.addresses import absolute
from pipelines.headline import Headline, agrees, declared_titles, fold
from pipelines.metadata import (
    Dated,
    DateParser,
    Place,
    declared_authors,
    declared_dates,
    names_printed,
)
from pipelines.outline import Outline
from pipelines.structured import Facts, addresses_of

_MAX_VALUE = 500
# 2016-10-24T14:25:00+03:30, Z: what needs no reading of words, which costs fifty times as much.
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)")
_ZONE = re.compile(r"(?:Z|GMT|UTC|[+-]\d\d:?\d\d)$", re.IGNORECASE)
_CLOCK = re.compile(r"[0-9۰-۹٠-٩]:[0-9۰-۹٠-٩]")
_SCHEME = re.compile(r"https?://(?:www\.)?", re.IGNORECASE)


def find_disagreements(
    place: Place,
    facts: Facts,
    headline: Headline,
    *,
    authors: Sequence[str],
    authors_reason: str,
    published: Dated,
    modified: Dated,
    canonical_url: str,
    canonical_reason: str,
    base: str,
    parse: DateParser,
) -> tuple[Disagreement, ...]:
    """Return the contradictions in title, authors, dates and address, in this order; each value once."""
    found: dict[tuple[str, str], Disagreement] = {}

    def add(field: str, chosen: str, source: str, other: str, other_source: str) -> None:
        found.setdefault(
            (field, fold(other)),
            Disagreement(
                field=field,
                chosen=chosen[:_MAX_VALUE],
                chosen_source=source,
                other=other[:_MAX_VALUE],
                other_source=other_source,
            ),
        )

    title = fold(headline.text)
    for text, source in declared_titles(facts, headline.site_name):
        if title and not agrees(title, [fold(text)]):
            add("title", headline.text, headline.reason, text, source)
    own = {fold(name) for name in authors}
    in_a_row = "".join(map(fold, authors))
    for source, values in declared_authors(facts):
        names = names_printed(list(values))
        others = {fold(name) for name in names} - {fold(headline.site_name or "")}
        # «Ann Lee, Political Writer» is one name here and two there.
        other_row = "".join(map(fold, names))
        alike = own <= others or others <= own or in_a_row in other_row or other_row in in_a_row
        if own and others and not alike:
            add("authors", "; ".join(authors), authors_reason, "; ".join(names), source)
    for field, dated in (("published", published), ("modified", modified)):
        if dated.at is None or dated.raw is None:
            continue
        for source, raw in _dates(place, facts, update=field == "modified"):
            if raw != dated.raw and _differ(dated.raw, dated.at, raw, parse):
                add(field, dated.raw, dated.reason, raw, source)
    for source, reference in _canonicals(place.page, facts):
        target = absolute(base, reference)
        if target and _plain(target) != _plain(canonical_url):
            add("canonical", canonical_url, canonical_reason, target, source)
    return tuple(found.values())


def _dates(place: Place, facts: Facts, *, update: bool) -> Iterator[tuple[str, str]]:
    for source, values in declared_dates(facts, update=update):
        for raw in values[:1]:
            if 6 <= len(raw) <= 100:
                yield source, raw
    if update:
        return
    for node in place.nodes:
        if node.tag == "time" and (raw := node.attributes.get("datetime", "")):
            holder = place.page.nodes[node.parent].names if node.parent >= 0 else ""
            if 6 <= len(raw) <= 100 and not re.search("updat|modif|edit", f"{node.names} {holder}"):
                yield "time[datetime]", raw.strip()
            return  # further ones are those of comments and teasers


def _differ(raw: str, at: datetime, other: str, parse: DateParser) -> bool:
    moment = _moment(other, parse)
    if moment is None or moment.year < 1900:  # 0001-01-01 is .NET's «not set»
        return False
    exact = all(_CLOCK.search(text) and _ZONE.search(text) for text in (raw, other))
    # A day begins up to 14 hours earlier elsewhere, and lasts 24.
    return abs(moment - at) > (timedelta(minutes=1) if exact else timedelta(hours=38))


def _moment(raw: str, parse: DateParser) -> datetime | None:
    if _ISO.fullmatch(raw):
        try:
            return datetime.fromisoformat(raw)
        except ValueError:
            return None
    return parse(raw).at


def _canonicals(page: Outline, facts: Facts) -> Iterator[tuple[str, str]]:
    for node in page.tagged("link"):
        if "canonical" in node.attributes.get("rel", "").lower().split():
            yield "link canonical", node.attributes.get("href", "")
    for value in facts.meta.get("og:url", ())[:1]:
        yield "og:url", value
    for value in addresses_of(facts.article):
        if value.startswith(("http:", "https:")):
            yield "JSON-LD url", value
            return


def _plain(url: str) -> str:
    """Return an address without what does not make another page of it."""
    return _SCHEME.sub("", url.partition("#")[0]).rstrip("/")
