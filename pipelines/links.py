"""Where a page leads: its links with their region, the further pages of its list, its feeds, what it
calls itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from model import FeedLink, Link
from pipelines.addresses import absolute, host_of, same_site
from pipelines.outline import Node, Outline

MAX_LINKS = 20_000
"""Further links of one page are not followed; the fullest archive pages have some 3,000."""
_MAX_NEXT = 500

# Where a link stands says how likely it is to be one of the page's own: the first of these wins.
_RANK = {"main": 0, "": 1, "aside": 2, "nav": 3, "footer": 4}

_DIGITS = {
    ord(digit): str(value) for digits in ("۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩") for value, digit in enumerate(digits)
}
_NUMBER = re.compile(r"(?:صفحهٔ?|page|الصفحة)?\s*(\d{1,5})", re.IGNORECASE)
_NEXT_WORDS = re.compile(
    r"[\s‹›«»<>←→⟵⟶\-–…|.]*(?:صفحهٔ?[ \u200c]?(?:ی )?)?(?:بعدی?|بعد|قدیمی[ \u200c]?تر(?:ها)?|نوشته[ "
    r"\u200c]?های (?:پیشین|قدیمی[ \u200c]?تر)|مطالب (?:بعدی|قدیمی[ \u200c]?تر)"
    r"|ادامه فهرست|الصفحة التالية|التالي|التالية|التالى|الأقدم|المقالات الأقدم|next(?: page)?|older(?: "
    r"posts| entries| articles)?"
    r"|more (?:posts|articles|stories|news)|load more|بیشتر|موارد بیشتر|المزيد)[\s‹›«»<>←→⟵⟶\-–…|.]*",
    re.IGNORECASE,
)
_PAGER = re.compile(
    r"(?:^|[\s_-])(?:pagination|paginate|paging|pager|pages|page-numbers|wp-pagenavi|nav-links"
    r"|navigation|nav-previous|loadmore)(?=$|[\s_-])"
)
# /page/2/, ?paged=2, ?page=2, /p2, index-2.html …; the number is what differs between the pages of one list.
_PAGED = re.compile(
    r"(?:/(?:page|paged|pages|p|pg|صفحه|seite|صفحة|%d8%b5%d9%81%d8%ad%d9%87)[/\-_]?\d{1,5}(?=/|$|\?|\.)"
    r"|[?&;](?:page|paged|pageno|page_no|pagenum|pg|p|pn|start|offset|from|_page|pageid)=\d{1,6}(?=&|;|$))",
    re.IGNORECASE,
)
_COMMENT_PAGE = re.compile(r"/comment-page-\d+|[?&]cpage=|#comment|[?&]replytocom=", re.IGNORECASE)
_POST_BODY = re.compile(r"postid-(\d{1,18})")
_POST_REST = re.compile(r"/wp/v2/posts/(\d{1,18})(?=$|[/?#&])")
_SHORTLINK = re.compile(r"[?&]p=(\d{1,18})(?=&|$)")
_FEED_TYPES = frozenset(
    ("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json")
)
_COMMENT_FEED = re.compile(r"comments?(?:/feed|-feed|\b)|دیدگاه|نظر|تعليق", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leads:
    """Everything a page leads to."""

    base: str
    """The address that references are relative to: ``base href``, else the page's own."""
    canonical_url: str | None
    """``None`` when the page names none, or one of another site."""
    links: tuple[Link, ...]
    next_pages: tuple[str, ...]
    feeds: tuple[FeedLink, ...]
    wordpress_post_id: int | None


def read_leads(page: Outline, url: str) -> Leads:
    """Return where the page leads; ``url`` is where it was read."""
    base = base_of(page, url)
    heads = [(node, (node.attributes.get("rel") or "").lower().split()) for node in page.tagged("link")]
    links: dict[str, Link] = {}
    further: dict[str, None] = {}
    own = _without_fragment(url)
    host = host_of(url)
    for node, words in heads:
        if "next" in words and (target := absolute(base, node.attributes.get("href") or "")):
            further[target] = None
    for node in (*page.tagged("a"), *page.tagged("area")):
        target = absolute(base, node.attributes.get("href") or "")
        if target is None:
            continue
        rel = node.attributes.get("rel")
        rels = tuple(rel.lower().split()) if rel else ()
        text = page.text_of(node)[:500]
        _add(links, page, node, target, rels, text)
        if target != own and _leads_on(page, node, target, rels, url, host, text):
            further[target] = None
        if len(links) >= MAX_LINKS:
            break
    further.pop(own, None)
    return Leads(
        base=base,
        canonical_url=_canonical(page, heads, base, url),
        links=tuple(links.values()),
        next_pages=tuple(further)[:_MAX_NEXT],
        feeds=_feeds(heads, base, url, "single" in body_classes(page)),
        wordpress_post_id=_post_id(page, heads),
    )


def base_of(page: Outline, url: str) -> str:
    """Return what references on the page are relative to (HTML 4.2.3: the first ``base`` with ``href``)."""
    for node in page.tagged("base"):
        if href := node.attributes.get("href"):
            return absolute(url, href) or url
    return _without_fragment(url)


def _without_fragment(url: str) -> str:
    return url.partition("#")[0]


def _add(
    links: dict[str, Link], page: Outline, node: Node, target: str, rels: tuple[str, ...], text: str
) -> None:
    known = links.get(target)
    if known and known.text and _RANK[known.region] <= _RANK[node.region]:
        return
    text = text or _alternative(page, node)
    if known is None:
        links[target] = Link(url=target, text=text, rel=rels, region=node.region)
        return
    region = min(known.region, node.region, key=lambda name: _RANK[name])
    links[target] = Link(url=target, text=known.text or text, rel=known.rel or rels, region=region)


def _alternative(page: Outline, node: Node) -> str:
    if title := node.attributes.get("title") or node.attributes.get("aria-label"):
        return title.strip()[:500]
    for inner in page.inside(node, 20):
        if inner.tag == "img" and (alt := inner.attributes.get("alt")):
            return alt.strip()[:500]
    return ""


def _leads_on(
    page: Outline, node: Node, target: str, rels: tuple[str, ...], url: str, host: str, text: str
) -> bool:
    """Tell whether a link is a further page of the list that this page shows."""
    follows = "next" in rels
    number = None
    if not follows:
        if len(text) > 40 or not text:
            return False
        text = text if text.isascii() else text.translate(_DIGITS)
        number = _NUMBER.fullmatch(text) if text[-1].isdecimal() else None
        if not number and not _NEXT_WORDS.fullmatch(text):
            return False
    # Asked last: most links are long before told by their text.
    if _COMMENT_PAGE.search(node.attributes.get("href") or "") or host_of(target) != host:
        return False
    if follows:
        return True
    paged = bool(_PAGED.search(target))
    if number:
        # A number in running text or in a calendar is a footnote or a day; in a pager, or over /page/N/,
        # it is a page.
        if paged:
            return int(number[1]) > 1
        return _in_pager(page, node) and _list_of(target) == _list_of(url)
    return paged or (_in_pager(page, node) and urlsplit(target).path != "/")


def _in_pager(page: Outline, node: Node) -> bool:
    around = [node, *page.ancestors(node, 4)]
    return any(_PAGER.search(above.names) for above in around if above.tag not in ("body", "html"))


def _list_of(url: str) -> str:
    """Return the address with its numbers taken out: equal for the pages of one list."""
    return re.sub(r"\d+", "", urlsplit(url).path).rstrip("/")


def _canonical(page: Outline, heads: list[tuple[Node, list[str]]], base: str, url: str) -> str | None:
    named = [node.attributes.get("href") or "" for node, rels in heads if "canonical" in rels]
    if not named:
        named = [
            node.attributes.get("content") or ""
            for node in page.tagged("meta")
            if (node.attributes.get("property") or "").lower() == "og:url"
        ]
    for reference in named[:5]:
        target = absolute(base, reference)
        if target and same_site(target, url):
            return target
    return None


def _feeds(heads: list[tuple[Node, list[str]]], base: str, url: str, single: bool) -> tuple[FeedLink, ...]:
    found: dict[str, FeedLink] = {}
    for node, rels in heads:
        target = absolute(base, node.attributes.get("href") or "")
        if target is None or len(found) >= 100:
            continue
        if "https://api.w.org/" in rels:
            found[target] = FeedLink(url=target, kind="wordpress-api")
            continue
        kind = (node.attributes.get("type") or "").split(";")[0].strip().lower()
        if ("alternate" in rels and kind in _FEED_TYPES) or "feed" in rels:
            comments = _COMMENT_FEED.search(urlsplit(target).path) or _COMMENT_FEED.search(
                node.attributes.get("title") or ""
            )
            # WordPress gives every single post a feed of its comments at <post>/feed/; under a category
            # the same path is a feed of its posts.
            own = single and target.rstrip("/") == url.partition("?")[0].rstrip("/") + "/feed"
            found[target] = FeedLink(url=target, kind="comments-feed" if comments or own else "feed")
    return tuple(found.values())


def body_classes(page: Outline) -> frozenset[str]:
    """Return the class names of the ``body`` element, lower case."""
    for node in page.tagged("body"):
        return frozenset((node.attributes.get("class") or "").lower().split())
    return frozenset()


def _post_id(page: Outline, heads: list[tuple[Node, list[str]]]) -> int | None:
    """Return the post's number in WordPress, from the body's class, the REST link or the short link."""
    classes = body_classes(page)
    for name in classes:
        if found := _POST_BODY.fullmatch(name):
            return int(found[1])
    for node, rels in heads:
        if "alternate" in rels and (found := _POST_REST.search(node.attributes.get("href") or "")):
            return int(found[1])
    for node, rels in heads:
        if "shortlink" in rels and (found := _SHORTLINK.search(node.attributes.get("href") or "")):
            # A static front page has such a short link too.
            return None if "page" in classes else int(found[1])
    return None
