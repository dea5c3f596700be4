"""What an answer shows to whoever judges a connection: how much it says, whether it is an article.

Everything is bounded: an answer holds 128 KiB at most, and the text looked at is cut.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from model import Answer, ReadError
from pipelines.encodings import decode
from pipelines.html import parse_html
from pipelines.outline import BLOCKS, SILENT, Outline, outline
from pipelines.page import read_page
from pipelines.text import search_key
from pipelines.verdicts.blockpage_words import languages_of_blocking

MOST_LETTERS: Final = 6_000
"""Of the text that is looked at."""
SAYING: Final = 900
"""Letters of text from the top in which a block page says what it is."""
# A notice cites laws and hot lines, 1,000 letters and more; news has two sentences at the least.
_LONG: Final = 1_500
_VERY_LONG: Final = 3_500
_LEAST: Final = 150
_SENTENCE: Final = 50
_PARAGRAPHS: Final = (
    "p",
    "div",
    "td",
    "li",
    "dd",
    "pre",
    "blockquote",
    "section",
    "article",
    "main",
    "center",
    "body",
)
_OPENING: Final = 500
# News says who said it; a notice tells nothing of anybody. Left out is «according to»: it cites laws.
_TELLING: Final = re.compile(
    r"\b(?:گفته|گفت|گفتند|گوید|میگوید|میگویند|نوشت|نوشته|نوشتهاند|نوشتند|مینویسد|افزود|گزارش|اعلام کرد"
    r"|خبر داد|به نقل|تاکید کرد|توضیح داد|قال|قالت|افاد|اعلن|واضاف|said|says|told|wrote|reported|announced"
    r"|explained|сообщил\w{0,2}|заявил\w{0,2}|рассказал\w{0,2}|dedi|soyledi|acikladi|ujar|mengatakan"
    r"|sagte|erklarte|declare|dijo|afirmo)\b"
)
# «Dear user», «we apologise», «the page you requested»: a notice speaks to its reader, news about one does so
# only where it quotes.
_QUOTED: Final = re.compile(r"«[^«»]{0,400}»|“[^“”]{0,400}”|„[^„“]{0,400}“|\"[^\"]{0,400}\"")
_TO_READER: Final = re.compile(
    r"\bdear (?:user|customer|subscriber)|\b(?:sorry|apologi[sz]e)\b"
    r"|\byou (?:have |were |are )?(?:tried|trying|attempt|request)"
    r"|\bуважаем\w{1,4} (?:абонент|пользовател|клиент)|\bизвинени|\bвы обратил|\bзапрашиваем"
    r"|\bmaaf\b|\bpelanggan\b|\bsayin\b|\bmusterimiz\b|\b(?:sehr geehrte|leider)\b"
    r"|\b(?:cher|chere) (?:client|utilisateur)|\bestimado\b"
    r"|\b(?:مشترک|کاربر|هموطن) گرامی|\bعزیزی المستخدم|\bعفوا\b|\bنعتذر\b"
)
_ANY_MOMENT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_ARTICLE_MARKS: Final = frozenset({"article", "newsarticle", "blogposting", "reportagenewsarticle"})
_REFRESH: Final = re.compile(
    r"\s{0,9}\d{1,5}(?:\.\d{0,3})?\s{0,9}[;,]\s{0,9}(?:url\s{0,9}=\s{0,9})?[\"']?([^\"'\s>]{1,2000})",
    re.IGNORECASE,
)
_SCRIPTED: Final = re.compile(
    r"\blocation(?:\.href)?\s{0,9}=\s{0,9}[\"']([^\"'\n]{1,500})"
    r"|\blocation\.(?:replace|assign)\(\s{0,9}[\"']([^\"'\n]{1,500})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """One page, as far as a connection verdict asks."""

    title: str = ""
    """Folded as for search (``search_key``)."""
    text: str = ""
    """The text shown, folded; at most 6,000 letters."""
    markup: str = ""
    """The page as text, as sent."""
    is_article: bool = False
    is_cut: bool = False
    """More came than is kept, so what it says is not known to be all."""
    frames: tuple[str, ...] = ()
    """Addresses that fill the page: of frames, and where it leads on by itself."""
    links: int = 0
    images: int = 0

    @property
    def saying(self) -> str:
        """Title and the beginning of the text."""
        return f"{self.title} {self.text[:SAYING]}"

    @property
    def words(self) -> frozenset[str]:
        """The words of the text."""
        return frozenset(self.text.split())

    @property
    def is_short(self) -> bool:
        """Whether it says so little that it could be a notice."""
        return len(self.text) < MOST_LETTERS and not self.is_cut


@lru_cache(maxsize=64)
def page_facts(answer: Answer) -> PageFacts:
    """Return what the page shows; empty facts when there is no page in it."""
    content_type = answer.header(b"content-type").decode("latin-1")
    if not answer.body.strip():
        return PageFacts()
    markup, _ = decode(answer.body, content_type or None)
    try:
        root = parse_html(answer.body, content_type or None).root
    except ReadError:
        # Plain text, an image, JSON: what it says in letters is all there is.
        shown = search_key(markup[: MOST_LETTERS * 2]) if "\0" not in markup[:512] else ""
        return PageFacts(text=shown[:MOST_LETTERS], markup=markup)
    page = outline(root)
    titles = page.tagged("title")
    title = search_key(page.text_of(titles[0])) if titles else ""
    shown = _text(page)
    text = search_key(shown)[:MOST_LETTERS]
    return PageFacts(
        title=title,
        text=text,
        markup=markup,
        is_article=_is_article(answer.body, content_type, page, title, shown),
        is_cut=answer.body_length > len(answer.body),
        frames=_frames(page),
        links=len(page.tagged("a")),
        images=len(page.tagged("img")),
    )


def _text(page: Outline) -> str:
    """Return the text shown, not folded; that of ``noscript``, too: block pages are made for any browser."""
    parts: list[str] = []
    length = 0
    for node in page.nodes:
        if node.tag not in SILENT and not node.hidden and node.content:
            parts.append(node.content)
            length += len(node.content)
        if node.tail:
            parts.append(node.tail)
            length += len(node.tail)
        if length > MOST_LETTERS * 4:
            break
    return " ".join(" ".join(parts).split())


def _is_article(body: bytes, content_type: str, page: Outline, title: str, shown: str) -> bool:
    """Say whether this is an article: running text with the marks of one, or very much of it.

    The address is left out on purpose: a block page comes at the address of the article that it hides.
    """
    running = _running(page)
    if running < _LEAST:
        return False
    if running >= _VERY_LONG or _declares_article(page):
        return True
    opening = search_key(_QUOTED.sub(" ", shown[:_OPENING]))
    if _TO_READER.search(opening) and languages_of_blocking(f"{title} {opening}"):
        return False
    if running >= _LONG or _TELLING.search(search_key(shown[:MOST_LETTERS])):
        return True
    try:
        reading = read_page(
            body,
            url="http://site.invalid/page",
            content_type=content_type or None,
            reference=_ANY_MOMENT,
            asked=True,
        )
    except ReadError:
        return False
    article = reading.article
    return article is not None and bool(article.published_raw or article.authors)


def _running(page: Outline) -> int:
    """Return how many letters stand in paragraphs, not in links."""
    return sum(
        node.text
        for tag in _PARAGRAPHS
        for node in page.tagged(tag)
        if node.text >= _SENTENCE
        and node.link_text * 3 < node.text
        and not node.hidden
        and not node.silent
        # The innermost: a box that holds paragraphs would count them twice.
        and not any(inner.tag in BLOCKS and inner.text >= _SENTENCE for inner in page.inside(node, 40))
    )


def _declares_article(page: Outline) -> bool:
    if any(node.attributes.get("datetime") for node in page.tagged("time")):
        return True
    if any(node.text >= _LEAST for node in page.tagged("article")):
        return True
    if any('"NewsArticle"' in (node.content or "")[:20_000] for node in page.tagged("script")[:50]):
        return True
    for node in page.tagged("meta"):
        name = (node.attributes.get("property") or node.attributes.get("name") or "").lower()
        if name == "og:type" and (node.attributes.get("content") or "").lower() in _ARTICLE_MARKS:
            return True
        if name in {"article:published_time", "datepublished"}:
            return True
    return any(
        (node.attributes.get("itemtype") or "").lower().rpartition("/")[2] in _ARTICLE_MARKS
        for node in page.nodes
    )


def _frames(page: Outline) -> tuple[str, ...]:
    found = [
        node.attributes.get("src") or "" for tag in ("iframe", "frame") for node in page.tagged(tag)[:20]
    ]
    for node in page.tagged("meta")[:50]:
        if (node.attributes.get("http-equiv") or "").lower() == "refresh":
            match = _REFRESH.match((node.attributes.get("content") or "")[:3000])
            if match:
                found.append(match[1])
    for node in page.tagged("script")[:20]:
        matches = list(_SCRIPTED.finditer((node.content or "")[:5000]))[:5]
        found += [match[1] or match[2] for match in matches]
    return tuple(dict.fromkeys(address.strip()[:500] for address in found if address.strip()))


def host_of(address: str) -> str:
    """Return the host an address leads to, lower case; empty when it names none (or is broken)."""
    try:
        return (urlsplit(address if "//" in address[:9] else "").hostname or "").rstrip(".")
    except ValueError:
        return ""


def same_page(one: PageFacts, other: PageFacts) -> bool:
    """Say whether two answers are the same page of one site, as far as its words tell.

    Pages differ in advertisements, lists and dates between two fetches, so most words of the shorter must
    stand in the longer, and the shorter must not be a mere notice beside it. Two pages of one site that share
    a template count as the same: this asks who spoke, not what was said. (Single words of a title prove
    nothing in Persian, whose words are short and long in bytes.)
    """
    if not one.words or not other.words:
        return one.words == other.words and one.title == other.title
    least, most = sorted((one.words, other.words), key=len)
    if len(least) < 8:
        return least == most
    return len(least & most) >= 0.6 * len(least) and len(least) >= 0.25 * len(most)
