"""Looking for an article that is missing: where, what to ask next, and what an answer means.

Of a quarter of broken links the page had only moved (FABLE, IMC '23), so that nothing is removed before it
was looked for. This module fetches nothing: it says what a crawl should ask, and reads what came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from model import Link, PageKind
from pipelines.addresses import same_site
from pipelines.text import search_key
from pipelines.verdicts.content_look import is_same_address
from pipelines.verdicts.content_page import PageSigns
from pipelines.verdicts.content_print import share_of, share_of_words
from pipelines.verdicts.content_rules import HOURS_APART, WAYS, progress
from pipelines.verdicts.content_signals import TEXT_IS_THERE, Baseline
from pipelines.verdicts.content_standing import Finding, Place, Sought, Standing

FRESH = timedelta(days=7)
"""A search older than this is made again before anything is confirmed: feeds and sitemaps lag."""
LIKE_TITLE = 0.75
"""Share of words, both ways, from which a headline may be the missing one's."""
MOST_CANDIDATES = 5
"""Addresses that are fetched because their headline, or their slug, is alike."""
RECHECK = timedelta(hours=6, minutes=10)


class AskKind(StrEnum):
    """What the crawl is asked to do."""

    AGAIN = "again"
    """The same address once more."""
    OTHER_PATH = "other_path"
    """The same address over another network path."""
    SIBLING = "sibling"
    """Another article of the site that is known to be there."""
    TWIN = "twin"
    """An address beside it that never was."""
    PLACE = "place"
    """A place where it may be found: see ``Ask.place``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request that would bring the matter on."""

    kind: AskKind
    url: str
    """What to fetch; of a sibling and a twin the article that they stand beside."""
    not_before: datetime
    why: str
    place: Place | None = None


def places_of(standing: Standing) -> tuple[tuple[Place, str], ...]:
    """Return where a missing article should be looked for: each place and what to ask there."""
    means, old = standing.means, standing.lives_at
    found: dict[str, Place] = {}
    others = [address for address in (means.article, *standing.known) if _bare(address) != _bare(old)]
    origin = _origin(old)
    if standing.baseline is not None and standing.baseline.post_id is not None:
        others.append(f"{origin}/?p={standing.baseline.post_id}")
    for address in (*others[:6], *_host_names(old)):
        found.setdefault(address, Place.OTHER_ADDRESS)
    for feed in means.feeds[:3]:
        found.setdefault(feed, Place.FEED)
    for sitemap in means.sitemaps[:3]:
        found.setdefault(sitemap, Place.SITEMAP)
    if means.search and standing.baseline is not None:
        query = quote(" ".join(search_key(standing.baseline.title).split()[:8]))
        found.setdefault(means.search.replace("{query}", query), Place.SEARCH)
    found.setdefault(f"{origin}/", Place.FRONT)
    return tuple((place, url) for url, place in found.items())


def unsought(standing: Standing, now: datetime) -> tuple[tuple[Place, str], ...]:
    """Return the places that were not looked in since the article is missing, or too long ago."""
    if not standing.run:
        return ()
    begun = standing.run[0].sequence
    done = {one.url for one in standing.findings if one.sequence >= begun and abs(now - one.at) <= FRESH}
    return tuple((place, url) for place, url in places_of(standing) if url not in done)


def is_sought(standing: Standing, now: datetime) -> bool:
    """Tell whether a missing article was looked for in all places, lately, and a list at least could answer.

    That its own other addresses are empty too says nothing of where it went.
    """
    if unsought(standing, now):
        return False
    begun = standing.run[0].sequence if standing.run else 0
    return any(
        one.outcome is Sought.NOT_THERE and one.place is not Place.OTHER_ADDRESS and one.sequence >= begun
        for one in standing.findings
    )


def ask_next(standing: Standing, now: datetime) -> tuple[Ask, ...]:
    """Return the requests that would bring the matter on, the most telling first; empty when all is well."""
    url = standing.lives_at
    last = standing.last
    asks: list[Ask] = []
    if last is not None and last.wants == "sibling":
        asks.append(Ask(kind=AskKind.SIBLING, url=url, not_before=now, why="is the site itself well?"))
        asks.append(Ask(kind=AskKind.AGAIN, url=url, not_before=now, why="beside a sibling"))
    if last is not None and last.wants == "twin":
        asks.append(Ask(kind=AskKind.TWIN, url=url, not_before=now, why="what does it show for nothing?"))
        asks.append(Ask(kind=AskKind.AGAIN, url=url, not_before=now, why="beside a twin"))
    if standing.draft is not None and not standing.is_frozen:
        soon = standing.draft.first.at + timedelta(minutes=12)
        asks.append(Ask(kind=AskKind.AGAIN, url=url, not_before=soon, why="does the new text stay?"))
    waiting = standing.run or standing.thin or standing.led
    if waiting:
        soon = max(waiting[-1].at + RECHECK, now)
        asks.append(Ask(kind=AskKind.AGAIN, url=url, not_before=soon, why="does it stay so?"))
    if standing.run:
        paths = standing.means.paths
        ways = [progress(way, standing.run, paths) for way in WAYS]
        if paths > 1 and any(one.misses and one.paths for one in ways):
            asks.append(Ask(kind=AskKind.OTHER_PATH, url=url, not_before=now, why="is it only us?"))
        if standing.run[-1].at - standing.run[0].at >= HOURS_APART or len(standing.run) > 2:
            asks += [
                Ask(kind=AskKind.PLACE, url=where, not_before=now, why="did it move?", place=place)
                for place, where in unsought(standing, now)
            ]
    return tuple(asks)


def candidates(title: str, links: Iterable[Link], *, old: Sequence[str]) -> tuple[str, ...]:
    """Return the addresses among links (of a search, a feed, a front page) whose headline may be its own.

    ``old`` are its known addresses, which are left out; so are other sites'. At most five, in order.
    """
    found: dict[str, None] = {}
    for link in links:
        alike = min(share_of_words(title, link.text), share_of_words(link.text, title))
        if alike >= LIKE_TITLE and _is_elsewhere(link.url, old):
            found[link.url] = None
        if len(found) == MOST_CANDIDATES:
            break
    return tuple(found)


def candidates_by_slug(old: Sequence[str], urls: Iterable[str]) -> tuple[str, ...]:
    """Return the addresses among those of a sitemap that have the missing one's slug or number; at most five.

    >>> candidates_by_slug(["https://a.test/2024/01/saffron-harvest-begins"],
    ...     ["https://a.test/news/77/saffron-harvest-begins", "https://a.test/2024/01/other-thing-entirely"])
    ('https://a.test/news/77/saffron-harvest-begins',)
    """
    slugs = [slug for address in old if len(slug := _slug(address)) >= 3]
    numbers = {number for address in old for number in _NUMBER.findall(urlsplit(address).path)}
    found: dict[str, None] = {}
    for url in urls:
        words = _slug(url)
        alike = any(len(slug & words) >= 0.7 * max(len(slug), len(words)) for slug in slugs)
        numbered = not numbers.isdisjoint(_NUMBER.findall(urlsplit(url).path))
        if (alike or numbered) and _is_elsewhere(url, old):
            found[url] = None
        if len(found) == MOST_CANDIDATES:
            break
    return tuple(found)


def read_place(
    place: Place,
    url: str,
    *,
    sequence: int,
    at: datetime,
    record_ids: tuple[str, ...],
    answered: bool,
    pages: Iterable[tuple[str, PageSigns]],
    baseline: Baseline,
    missing_at: str,
) -> Finding:
    """Return what looking in one place came to.

    ``answered``: the place gave an answer that can be read. ``pages`` are the article pages that it led to,
    each with its address after redirects: the place's own page when it is another address of the article,
    else those of the :func:`candidates`. All must have come from the publisher, over a reachable connection.
    ``missing_at`` is where it is missing (``Standing.lives_at``): at any other address it is found, also at
    one that was known before (its AMP page, its host's other name), for then readers have it still.
    """
    best, found_at = 0.0, None
    for where, page in pages:
        left = _left_on(page, baseline)
        if left > best:
            best = left
            found_at = where
    is_found = best >= TEXT_IS_THERE and baseline.body.is_enough and found_at is not None
    if is_found and found_at is not None and _bare(found_at) == _bare(missing_at):
        is_found = False
    outcome = Sought.FOUND if is_found else Sought.NOT_THERE if answered else Sought.NO_ANSWER
    return Finding(
        sequence=sequence,
        at=at,
        place=place,
        url=url,
        outcome=outcome,
        record_ids=record_ids,
        found_at=found_at if is_found else None,
        left=best,
    )


def twin_address(url: str, letters: str) -> str:
    """Return an address beside this one that never was: its last part and each number made ``letters``.

    Its ending stays. A number before the last part names the article, too: many sites look at nothing else.

    >>> twin_address("https://a.test/news/12345/title.html?p=1", "qzxwv")
    'https://a.test/news/qzxwv/qzxwv.html'
    >>> twin_address("https://a.test/?p=77", "qzxwv")
    'https://a.test/qzxwv'
    """
    parts = urlsplit(url)
    folder, _, last = parts.path.rstrip("/").rpartition("/")
    folder = "/".join(letters if _NAMES.search(part) else part for part in folder.split("/"))
    ending = re.search(r"\.\w{2,5}$", last)
    slash = "/" if parts.path.endswith("/") and last else ""
    path = f"{folder}/{letters}{ending[0] if ending else ''}{slash}"
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


_NAMES = re.compile(r"\d{5,}|^\D{0,20}\d{3}$|^(?!(?:19|20|13|14)\d\d$)\d{4}$")
_NUMBER = re.compile(r"(?<!\d)\d{5,12}(?!\d)")


def _left_on(page: PageSigns, baseline: Baseline) -> float:
    """Return how much of the old text a page has; a list that prints whole texts is no new home."""
    if page.shape in {"front", "listing"} and page.kind is not PageKind.ARTICLE:
        return 0.0
    share = share_of(baseline.body, page.whole)
    return max(share, share_of(baseline.body, page.body)) if page.body is not None else share


def _bare(url: str) -> str:
    return url.partition("#")[0]


def _is_elsewhere(url: str, old: Sequence[str]) -> bool:
    if any(is_same_address(url, address) for address in old):
        return False
    return any(same_site(url, address) for address in old)


def _slug(url: str) -> frozenset[str]:
    path = unquote(urlsplit(url).path).rstrip("/")
    words = re.split(r"[\W_]+", re.sub(r"\.\w{2,5}$", "", path.rpartition("/")[2]).lower())
    return frozenset(word for word in words if word and not word.isdigit())


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _host_names(url: str) -> tuple[str, ...]:
    """Return the same address under the host's other name, with or without ``www.``."""
    parts = urlsplit(url)
    if not parts.hostname or re.fullmatch(r"[\d.]+|\[.*\]|localhost|.*\.onion", parts.netloc.split(":")[0]):
        return ()
    host = parts.netloc
    if host.startswith("www."):
        other = host.removeprefix("www.")
    elif host.count(".") == 1:
        other = f"www.{host}"
    else:
        return ()
    return (urlunsplit((parts.scheme, other, parts.path, parts.query, "")),)
