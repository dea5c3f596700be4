"""Who, when and under what heading: facts of the article beside its text.

Sources disagree; each field has one written order, and ``reasons`` says which one spoke. What machines
are told (JSON-LD, then Open Graph and other meta elements, then microdata and ``time``) goes before what
is printed for people, because a printed date is often without year or zone; authors alone are asked of
the byline before a meta element, which often holds an editor's login.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice

from pipelines.dates import DateReading
from pipelines.headline import fold
from pipelines.outline import Node, Outline, collapse
from pipelines.structured import Facts, texts, types_of

DateParser = Callable[[str], DateReading]

_PUBLISHED_META = (
    "article:published_time", "og:published_time", "article:published", "og:article:published_time",
    "datepublished", "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime",
    "publish-date", "publish_date", "published_time", "publication_date", "pubdate", "dc.date.issued",
    "dcterms.issued", "dcterms.created", "dc.date.created", "dc.date", "dcterms.date",
    "citation_publication_date", "article.published", "date", "created",
)  # fmt: skip
_MODIFIED_META = (
    "article:modified_time", "og:updated_time", "og:modified_time", "article:modified", "datemodified",
    "dc.date.modified", "dcterms.modified", "last-modified", "lastmod", "revised", "article:updated",
    "updated_time",
)  # fmt: skip
_AUTHOR_META = (
    "author", "article:author", "og:article:author", "parsely-author", "sailthru.author", "dc.creator",
    "dcterms.creator", "byl", "article:author_name", "citation_author",
)  # fmt: skip
_DATE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:date|datetime|time|timestamp|pub-?date|publish(?:ed)?(?:-date)?|posted(?:-on)?"
    r"|entry-date|post-date|tarikh"
    r"|created|updated|modified|dateline)(?=$|[\s_-])"
)
_UPDATE_NAMES = re.compile(r"updated?|modified|edited", re.IGNORECASE)
_UPDATE_WORDS = re.compile(
    r"updated|modified|edited|به[ \u200c]?روز|روزآمد|ویرایش|تحديث|محدث|عُدل|عدّل", re.IGNORECASE
)
_AUTHOR_NAMES = re.compile(
    r"(?:^|[\s_-])(?:author(?:s|-name|name)?|by-?line(?:s|-name)?|writer|nevisande|journalist|reporter"
    r"|creator|fn)(?=$|[\s_-])"
)
_BYLINE = re.compile(
    r"^(?:(?:written |posted |reported |published )?by\b[:\s]*|authors?\s*:\s*|نویسنده(?:گان)?\s*:?\s*"
    r"|نوشته[ٔ‌ی]*\s*:?\s+|به قلم\s*:?\s*|توسط\s*:?\s*"
    r"|گزارش(?: از)?\s*:\s*|خبرنگار\s*:\s*|بقلم\s*:?\s*|الكاتب\s*:?\s*|كتبه?\s*:?\s*|المؤلف\s*:?\s*)",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"https?://|www\.|@|[{}<>\[\]|=]|\d{3}|^(?:admin|administrator|editor|webmaster|staff|guest|user"
    r"|null|none|undefined)$",
    re.IGNORECASE,
)
_AND = re.compile(r"(?<!\s)\s++(?:(?:and|&|و)\s+|[،,;؛]\s*)|[،,;؛]\s*|(?<!\s)[^\S\n]*+\n\s*", re.IGNORECASE)
_KEYWORDS = re.compile(r"[,،;؛]")
_MARGINS = ("aside", "footer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """One moment as the page gives it."""

    raw: str | None = None
    at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where on the page facts of the article are printed."""

    page: Outline
    dead: bytearray
    """1 for comments and hidden parts."""
    start: int
    """Index of the first element that may hold a byline: a little before the headline."""
    end: int
    """Index after the last one: a little after the text ends."""
    nodes: tuple[Node, ...]
    """The elements in reach outside margins and foot, in order; comments and hidden parts left out."""


def make_place(page: Outline, dead: bytearray, start: int, end: int) -> Place:
    """Return the place from one index up to another."""
    near = page.nodes[start:end]
    return Place(
        page=page,
        dead=dead,
        start=start,
        end=end,
        nodes=tuple(node for node in near if node.region not in _MARGINS and not dead[node.index]),
    )


def published(place: Place, facts: Facts, parse: DateParser) -> Dated:
    """Return when the article says it was published."""
    found = _first_date(declared_dates(facts, update=False), parse)
    if found.at is not None:
        return found
    printed = _printed_date(place, parse, update=False)
    return printed if printed.raw and (printed.at or not found.raw) else found


def modified(place: Place, facts: Facts, parse: DateParser) -> Dated:
    """Return when the article says it was last changed."""
    found = _first_date(declared_dates(facts, update=True), parse)
    return found if found.at is not None else _printed_date(place, parse, update=True)


def declared_dates(facts: Facts, *, update: bool) -> list[tuple[str, tuple[str, ...]]]:
    """Return (source, dates) as declared for machines, the most believed first."""
    names: Sequence[str]
    if update:
        first, names, last = _texts(facts.article.get("dateModified")), _MODIFIED_META, "dateModified"
    else:
        created = facts.article.get("datePublished") or facts.article.get("dateCreated")
        first, names, last = _texts(created), _PUBLISHED_META, "datePublished"
    return [
        (f"JSON-LD {last}", first),
        *((name, facts.meta[name]) for name in names if name in facts.meta),
        (f"microdata {last}", facts.microdata.get(last, ())),
    ]


def declared_authors(facts: Facts) -> list[tuple[str, tuple[str, ...]]]:
    """Return (source, names) as declared for machines, the most believed first."""
    stated = texts(facts.article.get("author")) or texts(facts.article.get("creator"))
    return [
        ("JSON-LD author", tuple(stated)),
        *((f"meta {name}", facts.meta[name]) for name in _AUTHOR_META if name in facts.meta),
        ("microdata author", facts.microdata.get("author", ())),
    ]


def _texts(value: object) -> tuple[str, ...]:
    return tuple(texts(value))


def _first_date(claims: list[tuple[str, tuple[str, ...]]], parse: DateParser) -> Dated:
    unread = Dated()
    for reason, values in claims:
        for raw in values[:3]:
            if len(raw) > 100 or not any(letter.isdigit() for letter in raw):
                continue
            if (read := parse(raw)).at is not None:
                return Dated(raw=raw, at=read.at, reason=read.because(reason))
            if unread.raw is None:
                unread = Dated(raw=raw, reason=read.because(f"{reason}, not understood"))
    return unread


def _printed_date(place: Place, parse: DateParser, *, update: bool) -> Dated:
    """Return the date printed near the headline: ``time`` elements first, then elements named for it."""
    tries = 0
    times = [node for node in place.nodes if node.tag == "time"]
    named = (node for node in place.nodes if 0 < node.text <= 80 and node.names and node.tag != "time")
    for kind, nodes in (("time", times), ("named", named)):
        for node in nodes:
            is_time = kind == "time"
            if not is_time and not _names_date(node.names):
                continue
            shown = place.page.text_of(node)[:200]
            holder = place.page.nodes[node.parent].names if node.parent >= 0 else ""
            is_update = bool(
                _UPDATE_NAMES.search(f"{node.names} {holder if 'date' in holder or 'time' in holder else ''}")
                and not re.search("publish", node.names)
            ) or bool(_UPDATE_WORDS.search(shown))
            if is_update != update:
                continue
            for raw in (
                node.attributes.get("datetime"),
                node.attributes.get("content"),
                node.attributes.get("title"),
                shown,
            ):
                if not raw or len(raw) > 100:
                    continue
                tries += 1
                if (read := parse(raw.strip())).at is not None:
                    attribute = raw != shown
                    reason = "time[datetime]" if is_time and attribute else "printed date"
                    return Dated(raw=collapse(raw), at=read.at, reason=read.because(reason))
            if tries > 40:
                return Dated()
    return Dated()


def authors(place: Place, facts: Facts, site_name: str | None) -> tuple[tuple[str, ...], str]:
    """Return the authors as named, and what named them."""
    stated = _names(texts(facts.article.get("author")) or texts(facts.article.get("creator")), site_name)
    houses = {fold(name) for name in (site_name or "", *texts(facts.article.get("publisher")))}
    if stated and not all(fold(name) in houses for name in stated):
        return stated, "JSON-LD author"
    # The house alone: a person printed beside the headline is the author.
    found, reason = _printed_authors(place, site_name)
    if found or stated:
        return (found, reason) if found else (stated, "JSON-LD author")
    for name in _AUTHOR_META:
        if found := _names([part for value in facts.meta.get(name, ()) for part in _split(value)], site_name):
            return found, f"meta {name}"
    return (), ""


def _printed_authors(place: Place, site_name: str | None) -> tuple[tuple[str, ...], str]:
    """Return the names in markup of an author, or in an element named for one."""
    for reason, matches in (("itemprop author", _is_author_item), ("rel author", _is_author_link)):
        bearers = islice((node for node in place.nodes if matches(node) and node.text <= 120), 20)
        if found := _names([_author_text(place.page, node) for node in bearers], site_name):
            return found, reason
    for node in place.nodes:
        named = 3 <= node.text <= 120 and node.names and node.region != "nav" and _names_author(node.names)
        if named and (found := _names(_split(place.page.text_of(node)), site_name)):
            return found, "byline"
    return (), ""


@lru_cache(maxsize=8192)
def _names_author(names: str) -> bool:
    return _AUTHOR_NAMES.search(names) is not None


@lru_cache(maxsize=8192)
def _names_date(names: str) -> bool:
    return _DATE_NAMES.search(names) is not None


def _is_author_item(node: Node) -> bool:
    item = node.attributes.get("itemprop")
    return item is not None and "author" in item.split()


def _is_author_link(node: Node) -> bool:
    return node.tag == "a" and "author" in node.attributes.get("rel", "").split()


def names_printed(values: list[str]) -> tuple[str, ...]:
    """Return the names in printed bylines, «نوشتهٔ …» and "By …" taken off.

    >>> names_printed(["By Ann Lee and Bo Li", "نویسنده: مریم رضایی"])
    ('Ann Lee', 'Bo Li', 'مریم رضایی')
    """
    return _names([part for value in values for part in _split(value)], None)


def _author_text(page: Outline, node: Node) -> str:
    for inner in page.inside(node, 50):
        if "name" in (inner.attributes.get("itemprop") or "").split():
            return inner.attributes.get("content") or page.text_of(inner)
    return node.attributes.get("content") or page.text_of(node)


def _split(text: str) -> list[str]:
    text = _BYLINE.sub("", text.strip()[:300])  # white space that does not end would cost its square
    parts = [part for part in _AND.split(text) if part]
    # «احمد و رضا»: several names, each of one to four words; anything else is one phrase.
    return parts if all(1 < len(part.split()) <= 4 for part in parts) else [text]


def _names(values: list[str], site_name: str | None) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for value in values:
        name = collapse(_BYLINE.sub("", collapse(value))).strip(" ,;:،-–—|•·")
        if 1 < len(name) <= 100 and not _NO_NAME.search(name) and any(letter.isalpha() for letter in name):
            found.setdefault(fold(name), name)
    # A person named beside the house is the author; the house alone may be.
    if len(found) > 1 and site_name:
        found.pop(fold(site_name), None)
    return tuple(found.values())[:50]


def section(place: Place, facts: Facts) -> tuple[str | None, str]:
    """Return the section or category, and what named it."""
    if values := texts(facts.article.get("articleSection")):
        return values[0][:200], "JSON-LD articleSection"
    if found := facts.first("article:section", "og:article:section", "parsely-section", "section"):
        return found[0][:200], found[1]
    if values := list(facts.microdata.get("articleSection", ())):
        return values[0][:200], "microdata articleSection"
    for node in place.nodes:
        if (
            node.tag == "a"
            and "category" in (node.attributes.get("rel") or "").split()
            and 1 < node.text <= 80
        ):
            return place.page.text_of(node), "rel category"
    for value in facts.objects:
        if "BreadcrumbList" in types_of(value):
            crumbs = [name for item in value.get("itemListElement") or () if (name := _crumb(item))]
            if len(crumbs) >= 3:
                return crumbs[-2][:200], "JSON-LD breadcrumb"
    return None, ""


def _crumb(item: object) -> str:
    if not isinstance(item, dict):
        return ""
    names = texts(item) or texts(item.get("item"))
    return names[0] if names else ""


def tags(place: Place, facts: Facts) -> tuple[tuple[str, ...], str]:
    """Return the tags as printed, each once, and what named them."""
    printed = [
        place.page.text_of(node)
        for node in place.page.tagged("a")
        if _is_tag_link(node) and not place.dead[node.index]
    ]
    keywords = [value for name in ("news_keywords", "keywords") for value in facts.meta.get(name, ())[:1]]
    sources = [
        ("article:tag", _keywords(facts.meta.get("article:tag", ()))),
        ("JSON-LD keywords", _keywords(texts(facts.article.get("keywords")))),
        ("rel tag", printed),
        ("meta keywords", _keywords(keywords)),
    ]
    for reason, values in sources:
        found: dict[str, str] = {}
        for value in values[:500]:
            text = collapse(value).lstrip("#").strip()
            if 1 < len(text) <= 100:
                found.setdefault(fold(text) or text, text)
        if found:
            return tuple(found.values())[:100], reason
    return (), ""


def _keywords(values: Sequence[str]) -> list[str]:
    return [part for value in values for part in _KEYWORDS.split(value)]


def _is_tag_link(node: Node) -> bool:
    # WordPress prints rel="category tag" on categories.
    rel = node.attributes.get("rel")
    if not rel or "tag" not in rel:
        return False
    rels = rel.split()
    return node.tag == "a" and "tag" in rels and "category" not in rels and 1 < node.text <= 80
