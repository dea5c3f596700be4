"""A newspaper over some weeks, as a file in ``histories/`` tells it, and a crawl over it with time simulated.

A history is TOML: ``story`` (what happens, for a person), ``article`` and ``design`` (its page),
``missing`` (how the site answers for what it has not), ``looks`` (when the crawl comes, from publication),
``paths`` (network paths), ``crowd`` (how many other articles are watched), ``means`` (feeds, sitemaps,
search: what can be asked), ``listed`` (where the site lists it anew), ``clock`` (ours is wrong: from, by,
until), ``dates`` (the server sends its own), and ``[[then]]`` what changes: ``from``, ``until``, ``of``
(``article``, ``siblings``, ``crowd:N``, ``site``, an address), ``shows``, and where that only holds
(``path``; ``every`` n-th visit). Expected are ``state``, ``events`` (without suspicions; ``kind`` or
``kind>closing``) and, where something is truly taken away, ``gone``: when.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from samples import history_pages as pages
from samples.history_pages import ORIGIN, SIBLINGS, Shown, Story, story

from model import Link, ReadError
from pipelines import merge_threads
from pipelines.verdicts import (
    AskKind,
    Finding,
    History,
    Hop,
    Look,
    Means,
    PageSigns,
    Place,
    SiteWatch,
    Standing,
    Twin,
    Via,
    ask_next,
    blocked_by,
    candidates,
    candidates_by_slug,
    glance_at,
    new_standing,
    note_glance,
    read_place,
    read_signs,
    take_in,
    twin_address,
    with_thread,
)
from pipelines.verdicts.content_print import share_of

PUBLISHED = datetime(2026, 2, 1, 6, 0, tzinfo=UTC)
_SPAN = re.compile(r"(\d+)([dhm])")
_UNITS = {"d": 86_400, "h": 3_600, "m": 60}


def span(text: str) -> timedelta:
    """Return ``3d4h`` as a time; ``-2h`` is negative."""
    seconds = sum(int(number) * _UNITS[unit] for number, unit in _SPAN.findall(text))
    return timedelta(seconds=-seconds if text.startswith("-") else seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came for one request; no status: nothing came."""

    status: int | None = None
    body: bytes = b""
    to: str = ""
    reachable: bool = True
    via: Via = Via.ORIGIN
    link: str = ""
    cut: bool = False
    mitigated: bool = False
    mime: str = "text/html; charset=utf-8"
    unmodified: bool = False


@dataclass(slots=True)
class World:
    """One history: what the site answers when."""

    data: dict[str, Any]
    visits: dict[str, int] = field(default_factory=dict)

    @property
    def design(self) -> str:
        return str(self.data.get("design", "wordpress"))

    @property
    def article(self) -> Story:
        return story(self.data.get("article", "saffron"))

    def crowd(self) -> list[Story]:
        """Other articles that are watched, each with words of its own."""
        return [
            replace(
                story("other"),
                number=490_100 + place,
                slug=f"crowd-story-number-{place}",
                title=f"{story('other').title} (گزارش {place})",
                paragraphs=tuple(f"{text} بند {place}" for text in story("other").paragraphs),
            )
            for place in range(self.data.get("crowd", 0))
        ]

    def answer(self, url: str, now: timedelta, path: str = "direct") -> Answer:
        """Return what the site answers for an address at a time after publication."""
        count = self.visits[url] = self.visits.get(url, 0) + 1
        known = self._known(url)
        rule: dict[str, Any] = {"shows": "article" if known else "missing"}
        if urlsplit(url).path in {"", "/", "/search", "/feed", "/sitemap.xml"} and "p=" not in url:
            rule = {"shows": "front"}
        for one in self.data.get("then", ()):
            late = "until" in one and now >= span(one["until"])
            if now < span(one.get("from", "0h")) or late or one.get("path", path) != path:
                continue
            if count % one.get("every", 1):
                continue
            if self._applies(one.get("of", "article"), url, known):
                rule = {**rule, **one} if one["shows"] == "article" else one
        return self._show(rule, url, known, now, count)

    def _known(self, url: str) -> Story | None:
        for one in (self.article, *map(story, SIBLINGS), *self.crowd()):
            if _plain(url) in {_plain(one.url(self.design)), _plain(f"{ORIGIN}/?p={one.number}")}:
                return one
        return None

    def _applies(self, of: str, url: str, known: Story | None) -> bool:
        if of == "site":
            return True
        if of == "article":
            return known is not None and known.number == self.article.number
        if of == "siblings":
            return known is not None and known.number != self.article.number
        if of.startswith("crowd"):
            most = int(of.partition(":")[2] or 999)
            return known is not None and 490_100 <= known.number < 490_100 + most
        if of.startswith("exact:"):
            return url == of.removeprefix("exact:")
        return _plain(url) == _plain(ORIGIN + of)

    def _show(
        self, rule: dict[str, Any], url: str, known: Story | None, now: timedelta, count: int
    ) -> Answer:
        shows, _, rest = rule["shows"].partition(":")
        if shows == "missing":
            shows = self.data.get("missing", "404")
        if shows == "article":
            return self._article(rule, known or self.article, count)
        one = self.article
        match shows:
            case "404" | "410" | "500" | "502" | "503" | "429" | "401" | "402" | "403":
                body = pages.not_found_page(count % 3) if shows == "404" else pages.WAF_403
                return Answer(status=int(shows), body=body)
            case "451":
                return Answer(
                    status=451, body=b"<html><body>Unavailable For Legal Reasons</body></html>", link=rest
                )
            case "to":
                return Answer(status=301, to=ORIGIN + rest if rest.startswith("/") else rest)
            case "to302":
                return Answer(status=302, to=ORIGIN + rest if rest.startswith("/") else rest)
            case "soft":
                return Answer(status=200, body=pages.not_found_page(count % 3))
            case "soft-wordless":
                return Answer(status=200, body=pages.wordless_soft_page())
            case "front":
                return Answer(status=200, body=pages.list_page("روزنامهٔ نمونه", self._listed(now)))
            case "front-whole":
                text = "".join(f"<p>{paragraph}</p>" for paragraph in one.paragraphs)
                front = pages.list_page("روزنامهٔ نمونه", self._listed(now))
                return Answer(status=200, body=front.replace(b"<main>", b"<main>" + text.encode()))
            case "notice":
                title, line = pages.notice(rest)
                return Answer(status=200, body=pages.message_page(title or one.title, line))
            case "challenge":
                return Answer(status=int(rest or 403), body=pages.CHALLENGE, mitigated=bool(rest))
            case "block-page":
                return Answer(status=int(rest or 200), body=pages.BLOCK_PAGE, reachable=False)
            case "unjudged-block-page":
                return Answer(status=200, body=pages.BLOCK_PAGE)
            case "block-words":
                text = "دسترسی به این سایت مسدود شده است. This page is unavailable."
                return Answer(status=200, body=pages.message_page("صفحه در دسترس نیست", text))
            case "parked":
                return Answer(status=200, body=pages.PARKED)
            case "upkeep":
                return Answer(status=int(rest or 200), body=pages.upkeep_page())
            case "login":
                return Answer(status=200, body=pages.login_page())
            case "other":
                return self._article(rule, story(rest or "other"), count)
            case "timeout" | "reset" | "own-network" | "blocked":
                return Answer(reachable=False)
            case "mirror":
                inner = self._show({**rule, "shows": rest}, url, known, now, count)
                return replace(inner, via=Via.MIRROR)
            case "onion":
                inner = self._show({**rule, "shows": rest}, url, known, now, count)
                return replace(inner, via=Via.ONION)
            case "archive":
                inner = self._show({**rule, "shows": rest}, url, known, now, count)
                return replace(inner, via=Via.ARCHIVE)
            case "304":
                return Answer(status=304, unmodified=True)
            case "pdf":
                return Answer(status=200, body=b"%PDF-1.7 ...", mime="application/pdf")
            case "empty":
                return Answer(status=200, body=b"")
            case "redesign":
                return Answer(
                    status=200, body=pages.message_page("نسخهٔ تازهٔ سایت", "به سایت تازهٔ ما خوش آمدید.")
                )
        raise ValueError(f"a history shows {rule['shows']!r}")

    def _article(self, rule: dict[str, Any], one: Story, count: int) -> Answer:
        keep = rule.get("keep")
        paragraphs = list(one.paragraphs)
        for place, text in rule.get("edits", {}).items():
            paragraphs[int(place)] = text.replace("|", pages.Z)
        for place in sorted(rule.get("without", ()), reverse=True):
            del paragraphs[place]
        paragraphs = paragraphs[:keep]
        if "above" in rule:
            paragraphs.insert(0, rule["above"].replace("|", pages.Z))
        variants = rule.get("variants", ())
        title = variants[count % len(variants)] if variants else rule.get("title", one.title)
        changed = replace(one, paragraphs=tuple(paragraphs), title=title.replace("|", pages.Z))
        if rule.get("spelling") == "arabic":
            changed = replace(changed, paragraphs=tuple(_arabic(text) for text in changed.paragraphs))
        shown = Shown(
            design=rule.get("design", self.design),
            comments=rule.get("comments", "all"),
            closed=rule.get("closed", False),
            form=rule.get("form", True),
            declared=rule.get("declared"),
            more=rule.get("more", ""),
            counter=count % 3,
            below=pages.PAY_BOX if rule.get("wall") else "",
            head=pages.CAPTCHA if rule.get("captcha") else "",
        )
        body = pages.article_page(changed, shown)
        cut = bool(rule.get("cut"))
        return Answer(status=rule.get("status", 200), body=body[: len(body) // 3] if cut else body, cut=cut)

    def _listed(self, now: timedelta) -> tuple[tuple[str, str], ...]:
        """Return title and address of what the site lists: its siblings, and what says that it is listed."""
        listed = [(story(name).title, story(name).url(self.design)) for name in SIBLINGS]
        listed += [
            (self.article.title, ORIGIN + one["at"])
            for one in self.data.get("listed", ())
            if span(one.get("from", "0h")) <= now
        ]
        return tuple(listed)

    def links(self, now: timedelta) -> tuple[Link, ...]:
        """Return what a feed, a search or the front page leads to."""
        return tuple(Link(url=url, text=title) for title, url in self._listed(now))


def _plain(url: str) -> str:
    parts = urlsplit(url)
    query = "&".join(part for part in parts.query.split("&") if re.match(r"(?:id|p)=", part))
    return unquote(parts.path).rstrip("/").removesuffix("/amp") + (f"?{query}" if query else "")


def _arabic(text: str) -> str:
    return text.replace("ی", "ي").replace("ک", "ك").replace(pages.Z, " ")


@lru_cache(maxsize=4_000)
def _read(body: bytes, url: str, mime: str) -> PageSigns | None:
    try:
        return read_signs(body, url=url, content_type=mime, reference=PUBLISHED)[1]
    except ReadError:
        return None


@dataclass(slots=True)
class Crawl:
    """A crawl over a world: it looks when it is told to, and asks what the verdicts want asked."""

    world: World
    sequence: int = 0
    standings: dict[str, Standing] = field(default_factory=dict)
    watch: SiteWatch = field(default_factory=SiteWatch)
    looks: dict[str, list[Look]] = field(default_factory=dict)
    findings: dict[str, list[Finding]] = field(default_factory=dict)
    requests: int = 0

    def __post_init__(self) -> None:
        data = self.world.data
        means = data.get("means", {})
        for one in (self.world.article, *self.world.crowd()):
            url = one.url(self.world.design)
            self.standings[url] = new_standing(
                Means(
                    article=url,
                    addresses=(url, *(ORIGIN + extra for extra in means.get("addresses", ()))),
                    feeds=tuple(ORIGIN + feed for feed in means.get("feeds", ())),
                    sitemaps=tuple(ORIGIN + one for one in means.get("sitemaps", ())),
                    search=ORIGIN + means["search"] if "search" in means else None,
                    paths=data.get("paths", 1),
                )
            )
            self.looks[url] = []
            self.findings[url] = []

    def run(self) -> None:
        """Come at each of the times, to every article."""
        names = ("direct", "tor", "proxy-de")[: self.world.data.get("paths", 1)]
        for place, moment in enumerate(self.world.data["looks"].split()):
            for url in self.standings:
                self.come(url, span(moment), names[place % len(names)])

    def come(self, url: str, now: timedelta, path: str) -> None:
        """Look at an article, and do what is asked for now."""
        standing = self.standings[url]
        self._take(url, self._look(standing.lives_at, now, path))
        if standing.moved_to is not None and standing.means.article != standing.lives_at:
            self._take(url, self._look(standing.means.article, now, path))
        for ask in ask_next(self.standings[url], self._clock(now)):
            if ask.not_before > self._clock(now):
                continue
            if ask.kind is AskKind.TWIN:
                look = self._look(ask.url, now, path, twin=self._twin(ask.url, now, path))
                self._take(url, look)
            elif ask.kind is AskKind.OTHER_PATH:
                other = "direct" if path != "direct" else "tor"
                self._take(url, self._look(ask.url, now, other))
            elif ask.kind is AskKind.PLACE and ask.place is not None:
                self._find(url, ask.place, ask.url, now, path)

    def history(self, url: str) -> History:
        """Return all that was observed of an article."""
        return History(
            means=self.standings[url].means,
            looks=tuple(self.looks[url]),
            findings=tuple(self.findings[url]),
            incidents=self.watch.incidents,
        )

    def _clock(self, now: timedelta) -> datetime:
        for begin, shift, end in self.world.data.get("clock", ()):
            if span(begin) <= now < span(end):
                return PUBLISHED + now + span(shift)
        return PUBLISHED + now

    def _take(self, url: str, look: Look) -> None:
        self.looks[url].append(look)
        standing = self.standings[url]
        if (glance := glance_at(standing, look)) is not None:
            self.watch = note_glance(self.watch, glance)
        self.standings[url] = take_in(standing, (look,), incidents=self.watch.incidents)

    def _fetch(self, url: str, now: timedelta, path: str) -> tuple[Answer, tuple[Hop, ...]]:
        hops: list[Hop] = []
        answer = self.world.answer(url, now, path)
        self.requests += 1
        while answer.to and len(hops) < 5:
            hops.append(Hop(status=answer.status or 0, url=answer.to, record_id=self._id()))
            answer = self.world.answer(answer.to, now, path)
            self.requests += 1
        return answer, tuple(hops)

    def _id(self) -> str:
        self.sequence += 1
        return f"urn:uuid:{self.sequence:08d}"

    def _look(self, url: str, now: timedelta, path: str, twin: Twin | None = None) -> Look:
        sibling_story = story(SIBLINGS[0])
        answer, hops = self._fetch(url, now, path)
        final = hops[-1].url if hops else url
        beside, _ = self._fetch(sibling_story.url(self.world.design), now, path)
        page = self._page(answer, final, now, path)
        sibling = self._page(beside, sibling_story.url(self.world.design), now, path)
        known = read_sibling(self.world.design)
        well = (
            beside.reachable
            and beside.status == 200
            and sibling is not None
            and known.body is not None
            and share_of(known.body, sibling.whole) >= 0.8
        )
        record = self._id()
        dates = self.world.data.get("dates", True) and answer.status is not None
        return Look(
            sequence=self.sequence,
            at=self._clock(now),
            record_id=record,
            url=url,
            reachable=answer.reachable,
            via=answer.via,
            path=path,
            status=answer.status,
            hops=hops,
            is_cut=answer.cut,
            not_modified=answer.unmodified,
            page=page,
            sibling=well if self.world.data.get("sibling", True) else None,
            twin=twin,
            mitigated=answer.mitigated,
            blocked_by=blocked_by(answer.link) if answer.link else None,
            server_at=PUBLISHED + now if dates else None,
        )

    def _page(self, answer: Answer, url: str, now: timedelta, path: str) -> PageSigns | None:
        if not answer.body or answer.status is None:
            return None
        page = _read(answer.body, url, answer.mime)
        if page is None or b"comment-navigation" not in answer.body:
            return page
        # A crawl asks for the further pages of comments, too.
        found = re.search(rb'comment-navigation"><a href="([^"]+)"', answer.body)
        more, _ = self._fetch(ORIGIN + found[1].decode(), now, path) if found else (Answer(), ())
        if more.status != 200:
            return page
        first = read_signs(answer.body, url=url, content_type=answer.mime, reference=PUBLISHED)[0].thread
        second = read_signs(more.body, url=url, content_type=more.mime, reference=PUBLISHED)[0].thread
        return with_thread(page, replace(merge_threads([first, second]), more=()))

    def _twin(self, url: str, now: timedelta, path: str) -> Twin:
        address = twin_address(url, "qzxkjvwpfbqmdlhtgrnycsaeu")
        answer, hops = self._fetch(address, now, path)
        final = hops[-1].url if hops else address
        page = self._page(answer, final, now, path)
        return Twin(status=answer.status or 0, final_url=final, page=page, record_id=self._id())

    def _find(self, name: str, place: Place, url: str, now: timedelta, path: str) -> None:
        standing = self.standings[name]
        baseline = standing.baseline
        if baseline is None:
            return
        answer, hops = self._fetch(url, now, path)
        answered = answer.reachable and answer.via.speaks and answer.status in {200, 404, 410}
        found: list[tuple[str, PageSigns]] = []
        old = (standing.means.article, standing.lives_at, *standing.known)
        if place is Place.OTHER_ADDRESS:
            targets = (hops[-1].url if hops else url,)
        elif place is Place.SITEMAP:
            targets = candidates_by_slug(old, [link.url for link in self.world.links(now)])
        elif answer.status == 200:
            targets = candidates(baseline.title, self.world.links(now), old=old)
        else:
            answered, targets = False, ()
        for target in targets:
            got, further = self._fetch(target, now, path)
            final = further[-1].url if further else target
            page = self._page(got, final, now, path)
            speaks = got.reachable and got.via.speaks
            if got.status == 200 and speaks and page is not None:
                found.append((final, page))
        record = self._id()
        finding = read_place(
            place,
            url,
            sequence=self.sequence,
            at=self._clock(now),
            record_ids=(record,),
            answered=answered,
            pages=found,
            baseline=baseline,
            missing_at=standing.lives_at,
        )
        self.findings[name].append(finding)
        self.standings[name] = take_in(self.standings[name], (finding,), incidents=self.watch.incidents)


@lru_cache(maxsize=8)
def read_sibling(design: str) -> PageSigns:
    """Return what the sibling that a crawl looks at beside each article looks like when all is well."""
    one = story(SIBLINGS[0])
    page = _read(pages.article_page(one, Shown(design=design)), one.url(design), "text/html; charset=utf-8")
    if page is None:
        raise ValueError("the sibling cannot be read")
    return page


def load(path: Path) -> World:
    """Return the world of a history."""
    return World(data=tomllib.loads(path.read_text()))


def crawl(path: Path) -> Crawl:
    """Return a crawl that has looked at all of a history."""
    done = Crawl(world=load(path))
    done.run()
    return done


def stories() -> list[Path]:
    """Return the files of all histories, sorted."""
    return sorted(path for path in pages.HISTORIES.glob("*.toml") if path.stem != "articles")
