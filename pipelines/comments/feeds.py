"""Comments from their feeds: RSS 2.0 (``<post>/feed/``) and Atom (RFC 4287) with threading (RFC 4685).

WordPress's RSS names the comment answered only in its text: since 5.4 a reply opens with «در پاسخ به <a
href="…#comment-7">نام</a>.» (``get_comment_text``). Its Atom has ``thr:in-reply-to``. A feed holds only
the newest (10 by default).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import datetime

from lxml import etree
from lxml.html import HtmlElement

from model import CommentThread, ReadError
from pipelines.addresses import absolute
from pipelines.comments.identity import MAX_COMMENTS, MAX_NAME, MAX_TEXT, Draft, comments_of
from pipelines.comments.moments import exact
from pipelines.comments.prose import prose
from pipelines.comments.wordpress import fragment
from pipelines.text import display_text

MAX_BYTES = 32 << 20
MAX_OPENING = 40
"""Letters before the name in «در پاسخ به …»; longer ones are the writer's own words."""

_ATOM = "{http://www.w3.org/2005/Atom}"
_RSS1 = "{http://purl.org/rss/1.0/}"
_THREAD = "{http://purl.org/syndication/thread/1.0}"
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
_TOTAL = re.compile(r"\{http://a9\.com/-/spec/opensearch(?:rss/1\.0|/1\.1)/\}totalResults")
_NUMBER = re.compile(r"(?:.*?[#/])?(?:li-|div-)?(?:comment|cmt|c)[-_]?(\d+)", re.DOTALL)
_COMMENT_FEED = re.compile(r"comments?(?:[-_/.]|$)", re.IGNORECASE)


def read_comment_feed(body: bytes, *, url: str) -> CommentThread:
    """Return the comments of a feed, oldest first; ``ReadError`` when it is broken or of articles.

    An entry counts as a comment when its id or link ends in ``#comment-7`` and the like, when it answers
    something (``thr:in-reply-to``), or when the feed's own address says ``comments``: a feed of articles
    is refused, for read as comments it would invent them. Entries of a post with a password hold a form
    instead of the text and are left out. Entities are not resolved, nothing is fetched.
    """
    root = _parse(body, url)
    atom = root.tag == f"{_ATOM}feed"
    if not atom and root.tag not in ("rss", "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF"):
        raise ReadError(f"{url}: XML, but neither RSS nor Atom")
    named = bool(_COMMENT_FEED.search(url))
    drafts: list[Draft] = []
    entries = recognised = 0
    for entry in _entries(root, atom=atom):
        entries += 1
        identity, link = _identity(entry, url, atom=atom)
        answers = entry.find(f"{_THREAD}in-reply-to")
        number = _number_in(identity) or _number_in(link)
        if number is None and answers is None and not named:
            continue
        recognised += 1
        if draft := _draft(entry, number, link, answers, url, atom=atom):
            drafts.append(draft)
    if entries and not recognised:
        raise ReadError(f"{url}: a feed, but not of comments")
    drafts.sort(key=lambda draft: draft.published_at.timestamp() if draft.published_at else 0.0)
    return CommentThread(
        comments=comments_of(drafts[-MAX_COMMENTS:]),
        declared_total=_total(root, atom=atom),
        more=_more(root, url),
        origin="atom" if atom else "rss",
    )


def _parse(body: bytes, url: str) -> etree._Element:
    if len(body) > MAX_BYTES:
        raise ReadError(f"{url}: {len(body)} bytes are too many for a feed of comments")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        # White space before the declaration is the commonest fault: a theme's file ends in a blank line.
        root = etree.fromstring(body.lstrip(b" \t\r\n"), parser=parser)
    except (etree.XMLSyntaxError, ValueError) as problem:
        raise ReadError(f"{url}: broken XML ({problem})") from problem
    if root is None:
        raise ReadError(f"{url}: an empty feed")
    return root


def _entries(root: etree._Element, *, atom: bool) -> Iterator[etree._Element]:
    tags = (f"{_ATOM}entry",) if atom else ("item", f"{_RSS1}item")
    count = 0
    end: etree._Element | None = None
    for entry in root.iter(*tags):
        if count >= MAX_COMMENTS:
            return
        # One in another is part of it; read by itself too, a text costs as often as entries enclose it.
        if end is not None and any(around is end for around in entry.iterancestors()):
            continue
        count, end = count + 1, entry
        yield entry


def _text(entry: etree._Element, *tags: str) -> str:
    for tag in tags:
        element = entry.find(tag)
        if element is not None and (text := "".join(map(str, element.itertext(with_tail=False))).strip()):
            return text
    return ""


def _identity(entry: etree._Element, url: str, *, atom: bool) -> tuple[str, str]:
    """Return the id of an entry, and its link with fragment ("" when there is none)."""
    if atom:
        links = [
            link for link in entry.findall(f"{_ATOM}link") if link.get("rel", "alternate") == "alternate"
        ]
        identity, link = _text(entry, f"{_ATOM}id"), links[0].get("href", "") if links else ""
    else:
        identity, link = _text(entry, "guid"), _text(entry, "link", f"{_RSS1}link")
    target, mark, part = link.partition("#")
    base = absolute(url, target) if target else None
    return identity, f"{base}{mark}{part}" if base else ""


def _number_in(address: str) -> str | None:
    found = _NUMBER.fullmatch(address.rpartition("#")[2]) if "#" in address else None
    if found is None and (blogger := re.search(r"\.post-(\d+)$", address)):
        return blogger[1]
    return found[1] if found else None


def _draft(
    entry: etree._Element,
    number: str | None,
    link: str,
    answers: etree._Element | None,
    url: str,
    *,
    atom: bool,
) -> Draft | None:
    markup = _markup(entry, atom=atom)
    root = fragment(markup[: 2 * MAX_TEXT])
    parent: str | None = None
    text = ""
    if root is not None:
        if root.find(".//form") is not None:
            return None  # "Protected: enter your password"
        parent, opening = _opening(root)
        text = prose(root, opening)
    if answers is not None:
        parent = _answered(entry, answers)
    if not text:
        return None
    name = _text(entry, f"{_ATOM}author/{_ATOM}name") if atom else _text(entry, _CREATOR, "author")
    raw = _text(entry, f"{_ATOM}published", f"{_ATOM}updated") if atom else _text(entry, "pubDate")
    return Draft(
        publisher_id=number,
        parent_id=parent,
        author=display_text(html.unescape(name)[:MAX_NAME]) or None,
        text=display_text(text[:MAX_TEXT]),
        published_raw=raw or None,
        published_at=_moment(raw),
        url=link or None,
    )


def _answered(entry: etree._Element, answers: etree._Element) -> str | None:
    """Return the number of the comment that an Atom entry answers.

    Blogger's ``thr:in-reply-to`` names the post in the same words as a comment (``….post-7``); the comment
    answered stands in its link ``related``.
    """
    references = (answers.get("ref", ""), answers.get("href", ""))
    if not references[0].startswith("tag:blogger.com"):
        return _number_in(references[0]) or _number_in(references[1])
    related = (link.get("href", "") for link in entry.findall(f"{_ATOM}link") if link.get("rel") == "related")
    for address in related:
        path, _, number = address.rpartition("/")
        _, within, rest = path.rpartition("/comments/")
        if within and number.isdecimal() and len(number) <= 30 and "?" not in rest and "#" not in rest:
            return number
    return None


def _moment(raw: str) -> datetime | None:
    return exact(raw) if raw and len(raw) < 100 else None


def _markup(entry: etree._Element, *, atom: bool) -> str:
    if not atom:
        return _text(entry, _CONTENT, "description", f"{_RSS1}description")
    for tag in ("content", "summary"):
        element = entry.find(_ATOM + tag)
        if element is None:
            continue
        if element.get("type") == "xhtml":
            return "".join(etree.tostring(child, encoding="unicode", method="html") for child in element)
        text = "".join(map(str, element.itertext()))
        if text.strip():
            return text if element.get("type") == "html" else html.escape(text)
    return ""


def _opening(root: HtmlElement) -> tuple[str | None, set[HtmlElement]]:
    """Return whom a reply answers by its opening paragraph «در پاسخ به نام.», and that paragraph, not to
    be read."""
    first = root.find(".//p")
    link = first.find("a") if first is not None else None
    if first is None or link is None or len(first) != 1 or len((first.text or "").strip()) > MAX_OPENING:
        return None, set()
    number = _number_in(link.get("href", ""))
    if number is None or (link.tail or "").strip() not in ("", ".", ":", "۔"):
        return None, set()
    return number, {first}


def _total(root: etree._Element, *, atom: bool) -> int | None:
    channel = root if atom else root.find("channel")
    for element in channel if channel is not None else ():
        if isinstance(element.tag, str) and _TOTAL.fullmatch(element.tag):
            digits = (element.text or "").strip()
            return int(digits) if digits.isdecimal() and len(digits) < 8 else None
    return None


def _more(root: etree._Element, url: str) -> tuple[str, ...]:
    """Return the next page of a paged feed (RFC 5005, 3)."""
    links = root.findall(f"{_ATOM}link") + root.findall(f"channel/{_ATOM}link")
    targets = (absolute(url, link.get("href", "")) for link in links if link.get("rel") == "next")
    here = url.partition("#")[0]
    return tuple(dict.fromkeys(target for target in targets if target and target != here))
