"""The headline: the one printed on the page, told apart from the site's name by what the page says of
itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from pipelines.outline import HEADINGS, Node, Outline
from pipelines.structured import Facts, texts

_MAX_HEADLINE = 400
_TITLE_NAMES = re.compile(
    r"(?:^|[\s_-])(?:(?:entry|post|article|news|story|page|single|main|content)[_-]{0,2}(?:title"
    r"|headline|heading)"
    r"|headline|titr|title|onvan|hed)(?=$|[\s_-])"
)
_NOT_ALNUM = re.compile(r"[\W_]+")
# Looked for where white space begins: a title may be megabytes of it.
_PARTS = re.compile(r"(?<!\s)\s++(?:[|\-–—:•·»«›‹/]|::|\|\|)\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The title, where it is printed, and what gave it."""

    text: str
    node: Node | None
    """``None`` when it was only declared."""
    reason: str
    site_name: str | None
    site_reason: str = ""
    """What named the site."""


def fold(text: str) -> str:
    r"""Return letters and digits only, lower case: for telling whether two strings say the same.

    >>> fold("می\u200cگوید: A!") == fold("میگوید a")
    True
    """
    return _NOT_ALNUM.sub("", text.lower())


def find_headline(page: Outline, facts: Facts, dead: bytearray, chosen: Node | None = None) -> Headline:
    """Return the headline; its text is empty when the page has none.

    Order: the source's own rule; a printed heading that agrees with a declared title (h1 first); JSON-LD
    ``headline``; ``og:title``; the only h1; ``title``. A printed one is preferred because it is what
    readers saw: declared titles are often rewritten for search engines. ``dead`` marks comments and
    hidden parts.
    """
    site, named = _site_name(facts)
    if chosen is not None and (text := page.text_of(chosen)):
        return Headline(text=text, node=chosen, reason="rules", site_name=site, site_reason=named)
    document = _document_title(page)
    declared = declared_titles(facts, site)
    claims = [fold(text) for text, _ in declared]
    if document:
        claims.append(fold(document))
        claims.extend(fold(part) for part in _PARTS.split(document) if len(part) > 15)
    claims = [claim for claim in claims if claim]
    house = fold(site) if site else None
    printed = [(node, text, folded) for node, text in _printed(page, dead) if (folded := fold(text)) != house]
    said = [text for text, _ in declared] + [document]
    heads = [
        node for node, _, _ in printed if node.tag == "h1" and node.region not in ("nav", "footer", "aside")
    ]
    for node, text, folded in printed:
        agreeing = agrees(folded, claims)
        if len(heads) == 1 and node is heads[0] and not agreeing and _resembles(text, said):
            return Headline(
                text=text, node=node, reason="h1, like a declared title", site_name=site, site_reason=named
            )
        if agreeing:
            where = node.tag if node.tag in HEADINGS else "headline element"
            return Headline(
                text=text,
                node=node,
                reason=f"{where}, agrees with a declared title",
                site_name=site,
                site_reason=named,
            )
    for text, reason in declared:
        return Headline(text=text, node=None, reason=reason, site_name=site, site_reason=named)
    first = [(node, text) for node, text, _ in printed if node.tag == "h1"]
    if len(first) == 1 or (first and not document):
        return Headline(text=first[0][1], node=first[0][0], reason="h1", site_name=site, site_reason=named)
    return Headline(
        text=_without_site(document, site),
        node=None,
        reason="title" if document else "",
        site_name=site,
        site_reason=named,
    )


def _document_title(page: Outline) -> str:
    for node in page.tagged("title"):
        if text := page.text_of(node):
            return text[: _MAX_HEADLINE * 2]
    return ""


def _site_name(facts: Facts) -> tuple[str | None, str]:
    if found := facts.first("og:site_name"):
        return found[0][:200], found[1]
    sites = (item for item in facts.objects if item.get("@type") == "WebSite")
    for value, reason in (
        (facts.article.get("publisher"), "JSON-LD publisher"),
        *((item, "JSON-LD WebSite") for item in sites),
    ):
        if names := texts(value):
            return names[0][:200], reason
    if found := facts.first("application-name", "apple-mobile-web-app-title"):
        return found[0][:200], found[1]
    return None, ""


def declared_titles(facts: Facts, site: str | None) -> list[tuple[str, str]]:
    """Return (title, source) as declared for machines, without the site's name, the most believed first."""
    found = [(text, "JSON-LD headline") for text in texts(facts.article.get("headline"))[:1]]
    found += [(text, "microdata headline") for text in facts.microdata.get("headline", ())[:1]]
    for name in ("og:title", "twitter:title", "dc.title", "parsely-title", "sailthru.title"):
        if values := facts.meta.get(name):
            found.append((_without_site(values[0][:_MAX_HEADLINE], site), name))
    return [
        (text[:_MAX_HEADLINE], reason)
        for text, reason in found
        if text and (not site or fold(text) != fold(site))
    ]


def _without_site(title: str, site: str | None) -> str:
    """Take the site's name off a title: «خبر مهم | رادیو» → «خبر مهم»."""
    parts = _PARTS.split(title)
    if len(parts) < 2:
        return title
    marks = [match.span() for match in _PARTS.finditer(title)]
    name = fold(site or "")
    if name and (fold(parts[-1]) == name or (name in fold(parts[-1]) and len(parts[-1]) < len(title) / 2)):
        return title[: marks[-1][0]]
    if name and fold(parts[0]) == name:
        return title[marks[0][1] :]
    # Without a known name: a short last part after a bar is the site's.
    bar = title[slice(*marks[-1])].strip() in ("|", "||", "«", "»", "–", "—", "-")
    return title[: marks[-1][0]] if not name and bar and len(parts[-1]) * 2 < len(title) else title


def agrees(text: str, claims: list[str]) -> bool:
    """Tell whether a folded title says the same as one of the claims, or a good part of it."""
    for claim in claims:
        if text == claim:
            return True
        short, long = sorted((text, claim), key=len)
        if len(short) >= 8 and short in long and len(short) * 2 >= len(long):
            return True
    return False


def _resembles(text: str, claims: list[str]) -> bool:
    """Tell whether half of a title's longer words, three at least, are those of a claim: declared titles are
    written anew for search engines."""
    words = _long_words(text)
    return any(
        len(words & other) >= max(3, min(len(words), len(other)) / 2) for other in map(_long_words, claims)
    )


def _long_words(text: str) -> set[str]:
    return {word for word in _NOT_ALNUM.split(text.lower()) if len(word) > 3}


@lru_cache(maxsize=8192)
def _names_title(names: str) -> bool:
    return any(map(_is_title_name, names.split()))


@lru_cache(maxsize=8192)
def _is_title_name(name: str) -> bool:
    return _TITLE_NAMES.search(name) is not None


def _printed(page: Outline, dead: bytearray) -> list[tuple[Node, str]]:
    """Return the headings that may be the headline, the likeliest kind first."""
    ranked: list[tuple[int, int, Node, str]] = []
    for node in page.nodes:
        if not 2 < node.text <= _MAX_HEADLINE or dead[node.index] or node.silent:
            continue
        if not node.attributes and node.tag not in HEADINGS:
            continue
        if "itemprop" in node.attributes and "headline" in node.attributes["itemprop"]:
            rank = 1
        elif node.tag == "h1":
            rank = 0
        elif node.tag in HEADINGS:
            # The heading of a teaser is a link to the article; the article's own seldom is.
            rank = 2 if node.link_text * 2 < node.text else 5
        elif node.names and _names_title(node.names) and node.region not in ("nav", "footer", "aside"):
            rank = 4
        else:
            continue
        ranked.append((rank, node.index, node, ""))
        if len(ranked) >= 300:
            break
    ranked.sort(key=lambda entry: entry[:2])
    return [(node, page.text_of(node)) for _, _, node, _ in ranked]
