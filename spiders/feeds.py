"""Read feeds: RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, JSON Feed 1.x.

Sources: the RSS 2.0 specification with its modules ``slash`` (number of comments), ``wfw`` (feed of a
post's comments) and ``dc``; RFC 4287 (Atom); RFC 4685 (``thr``, replies); RFC 5005 (paged and archived
feeds); jsonfeed.org/version/1.1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from model.errors import ReadError
from spiders.broken_xml import local_name, parse_tree, text_of
from spiders.moments import read_moment

_MAX_ENTRIES = 20_000
"""The largest feeds seen hold some thousand items; more is taken for a trap."""
_MAX_ELEMENTS = 2_000_000
"""A hundred for each entry."""
_MAX_MORE = 10
"""RFC 5005 knows one next page and one previous archive."""
_MAX_BASE = 4_096
"""A base is joined with every address: a megabyte of it would be copied for each entry."""
_RSS_PARTS = {
    *("link", "origlink", "guid", "comments", "commentrss"),
    *("pubdate", "date", "published", "issued", "title"),
}
_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One entry that leads to a page."""

    url: str
    """Absolute."""
    published_raw: str | None = None
    """As printed; never the date of a change."""
    published_at: datetime | None = None
    comments_url: str | None = None
    """The page a person reads the comments on (RSS ``comments``)."""
    comment_feed: str | None = None
    """The feed of this entry's comments (``wfw:commentRss``, Atom ``link rel=replies``)."""
    title: str = ""
    """As printed, markup and all; empty without one."""
    comment_count: int | None = None
    """``slash:comments`` or ``thr:count``; ``None`` when not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What one feed document lists."""

    entries: tuple[FeedEntry, ...]
    """In the order listed; entries without a web address are left out."""
    more: tuple[str, ...] = ()
    """The next page and the previous archive document (RFC 5005, 3 and 4); absolute."""
    generator: str = ""
    """What made it, as it says: ``https://wordpress.org/?v=6.1.9``."""


def read_feed(body: bytes, url: str) -> Feed:
    """Return what a feed lists; ``ReadError`` when the bytes are no feed of a known kind."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _read_json(body, url)
    root = parse_tree(body)
    name = local_name(root)
    if name not in {"rss", "rdf", "feed", "channel"}:
        raise ReadError(f"no feed: its root element is <{name}>")
    base = _base(url, root)
    read_entry = _atom_entry if name == "feed" else _rss_entry
    entries: list[FeedEntry] = []
    more: list[str] = []
    generator = ""
    met = 0
    for element in _outer(root):
        kind = local_name(element)
        if kind in {"item", "entry"}:
            met += 1
            if met > _MAX_ENTRIES:
                break
            entry = read_entry(element, _base(base, element))
            if entry is not None:
                entries.append(entry)
        elif kind == "link" and element.get("rel") in {"next", "prev-archive"} and len(more) < _MAX_MORE:
            target = _absolute(base, element.get("href"))
            if target and target != url and target not in more:
                more.append(target)
        elif kind == "generator":
            generator = f"{text_of(element)} {element.get('uri') or ''}".strip()
    return Feed(entries=tuple(entries), more=tuple(more), generator=generator)


def _outer(root: etree._Element) -> Iterator[etree._Element]:
    """Yield all items, wherever they stand, and what the feed says of itself.

    RSS 1.0 sets items beside ``channel``, RSS 2.0 within; after an unclosed element (``<b>`` in a title)
    recovery sets every following item inside the one before.
    """
    for element in islice(root.iter(), _MAX_ELEMENTS):
        if local_name(element) in {"item", "entry"}:
            yield element
        else:
            parent = element.getparent()
            if parent is root or (parent is not None and local_name(parent) == "channel"):
                yield element


def _parts(item: etree._Element) -> Iterator[etree._Element]:
    """Yield an item's children; where no link is among them, everything in it up to the next item."""
    if any(local_name(child) in {"link", "guid", "id", "origlink"} for child in item) or not len(item):
        yield from item
        return
    for element in item.iterdescendants():
        if local_name(element) in {"item", "entry"}:
            return
        yield element


def _rss_entry(item: etree._Element, base: str) -> FeedEntry | None:
    link = guid = original = date = dublin = title = ""
    comments_url = comment_feed = None
    count = None
    for child in _parts(item):
        name = local_name(child)
        if name not in _RSS_PARTS:
            continue
        text = text_of(child)
        if name == "link" and not link:
            link = text or child.get("href") or ""
        elif name == "origlink":
            original = text
        elif name == "title":
            title = title or text
        elif name == "guid" and (child.get("isPermaLink") or "true").lower() == "true":
            guid = text
        elif name == "pubdate":
            date = text
        elif name in {"date", "published", "issued"}:
            dublin = text
        elif name == "comments":
            # RSS ``comments`` (a URL) and ``slash:comments`` (a number) share the name, and feeds that
            # forget to declare the prefix lose the namespace: what it holds tells them apart.
            if text.isdecimal():
                count = int(text[:9])
            else:
                comments_url = _absolute(base, text)
        elif name == "commentrss":
            comment_feed = _absolute(base, text)
    target = _absolute(base, original) or _absolute(base, link) or _web(guid)
    if target is None:
        target = _web(item.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about") or "")
    if target is None:
        return None
    raw = date or dublin or None
    return FeedEntry(
        url=target,
        published_raw=raw,
        published_at=read_moment(raw),
        comments_url=comments_url,
        comment_feed=comment_feed,
        title=title,
        comment_count=count,
    )


def _atom_entry(entry: etree._Element, base: str) -> FeedEntry | None:
    link = other = identifier = title = ""
    raw = comments_url = comment_feed = None
    count = None
    for child in _parts(entry):
        name = local_name(child)
        if name == "link":
            relation, kind = child.get("rel") or "alternate", child.get("type") or ""
            href = child.get("href") or ""
            if relation == "alternate" and ("html" in kind or not kind):
                link = link or href
            elif relation == "alternate":
                other = other or href
            elif relation == "replies":
                if "html" in kind:
                    comments_url = _absolute(base, href)
                else:
                    comment_feed = _absolute(base, href)
                told = next((v for k, v in child.attrib.items() if str(k).endswith("count")), "")
                count = int(str(told)[:9]) if str(told).isdecimal() else count
        elif name == "total" and text_of(child).isdecimal():
            count = int(text_of(child)[:9])
        elif name in {"published", "issued"}:
            raw = text_of(child) or raw
        elif name == "id":
            identifier = text_of(child)
        elif name == "title":
            title = title or text_of(child)
    target = _absolute(base, link or other) or _web(identifier)
    if target is None:
        return None
    return FeedEntry(
        url=target,
        published_raw=raw,
        published_at=read_moment(raw),
        comments_url=comments_url,
        comment_feed=comment_feed,
        title=title,
        comment_count=count,
    )


def _read_json(body: bytes, url: str) -> Feed:
    try:
        # Any: JSON from outside; every value is checked before use.
        data: Any = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError) as error:
        raise ReadError(f"no JSON feed: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        raise ReadError("no JSON feed: no list of items")
    entries: list[FeedEntry] = []
    for item in data["items"][:_MAX_ENTRIES]:
        if not isinstance(item, dict):
            continue
        target = _absolute(url, item.get("url")) or _web(item.get("id"))
        if target is None:
            continue
        raw = item.get("date_published")
        raw = raw if isinstance(raw, str) else None
        title = item.get("title")
        entries.append(
            FeedEntry(
                url=target,
                published_raw=raw,
                published_at=read_moment(raw),
                title=title if isinstance(title, str) else "",
            )
        )
    following = _absolute(url, data.get("next_url"))
    return Feed(entries=tuple(entries), more=(following,) if following and following != url else ())


def _base(outer: str, element: etree._Element) -> str:
    """Return what addresses in an element are relative to (XML Base, 4.2)."""
    own = element.get(_XML_BASE) or ""
    return (_absolute(outer, own) or outer) if len(own) <= _MAX_BASE else outer


def _absolute(base: str, target: object) -> str | None:
    if not isinstance(target, str) or not target.strip():
        return None
    try:
        return _web(urljoin(base, target.strip()))
    except ValueError:
        return None


def _web(target: object) -> str | None:
    """Return ``target`` when it is an http(s) address, else ``None`` (a ``urn:``, a ``tag:``, garbage)."""
    if not isinstance(target, str):
        return None
    text = target.strip()
    return text if text[:8].lower().startswith(("http://", "https://")) else None
