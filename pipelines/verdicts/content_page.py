"""What one page that came says of itself, as far as verdicts on content ask: read once, compared often."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement

from model import CommentState, CommentThread, PageKind, PageRules, Reading
from pipelines.comments.forms import is_comment_form
from pipelines.kind import url_shape
from pipelines.outline import Node, Outline, outline
from pipelines.page import read_page
from pipelines.text import search_key
from pipelines.verdicts.content_print import MAX_WORDS, TextPrint, print_of
from pipelines.verdicts.content_words import Phrase, Saying, find_phrase, is_bare_error

_ASIDE = frozenset(("nav", "footer", "aside"))
_MARGINS = frozenset(("footer", "aside"))
_LINE_TAGS = frozenset(
    ("p", "div", "span", "li", "h2", "h3", "h4", "h5", "h6", "em", "strong", "td", "section")
)
_FEW_WORDS = 80
"""A page that stands in front of a site says little; the shortest news has more words."""
_BARE_WORDS = 40
_LINE = 200
"""Characters of a line that may be a note («comments are closed»); a paragraph is longer."""
_CLOSED_HINT = re.compile(
    r"بست|غیر|غير|متوق|پایان|وجود|ممکن|امکان|مغلق|مقفل|معطل|غلاق|غلق|ايقاف|إيقاف|clos|disab|turned|lock",
    re.IGNORECASE,
)
"""A part of every phrase that says so: most short lines have none."""
_MAIN_KEPT = 3_000
_CHALLENGE_MARK = re.compile(
    r"/cdn-cgi/challenge-platform/(?!scripts/jsd)|cf-chl-|cf_chl_|__arcsjs|_Incapsula_Resource|ddos-guard|/\.well-known/ddos"
    r"|/_sec/cp_challenge"
)
_CAPTCHA = re.compile(
    r"challenges\.cloudflare\.com/turnstile|hcaptcha\.com/1/api|recaptcha/(?:api|enterprise)\.js"
)
"""In front of a site when there is nothing else on the page; under a photograph it guards the comments."""
_PAYWALL_NAME = re.compile(
    r"(?:^|[\s_-])(?:paywall|pay-wall|metered|regwall|subscriber-only|subscribers-only|premium-wall|paid-content"
    r"|piano-offer|tp-modal)(?=$|[\s_-])"
)
_NOT_FREE = re.compile(r"\"isAccessibleForFree\"\s*:\s*(?:false|\"false\")", re.IGNORECASE)
_COMMENTS_NAME = re.compile(
    r"(?:^|[\s_-])(?:comments?|commentlist|comment-list|comments-area|respond|disqus|nazarat|didgah|didgahha)(?=$|[\s_-])"
)
_WHOLE = frozenset(("html", "body", "main", "article", "form"))
_LOGIN_PATH = re.compile(
    r"(?:^|/)(?:wp-login\.php|login|log-in|signin|sign-in|auth|sso|account/login|user/login|ورود)(?:/|$|\.)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentMark:
    """A comment, as far as it is missed when it is gone."""

    key: str
    """As :attr:`model.Comment.key`."""
    face: str
    """Author and text, folded: what stays when a site numbers its comments anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadSigns:
    """The comments under an article, as one visit found them."""

    comments: tuple[CommentMark, ...]
    """Those that are published; what only its place is left of is none."""
    is_whole: bool
    """True when every document of the thread was read, and no fewer comments met than it declares."""
    declared: int | None
    has_form: bool
    """A reader could write one."""
    closed: Phrase | None
    """Where the page says that no more are taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSigns:
    """What one HTML page says, without a judgement."""

    url: str
    """Where it was read, after redirects."""
    title: str
    """The ``title`` element and the headings of the first rank, parted by `` | ``."""
    headline: str
    """What the reading takes for the title; empty without any."""
    kind: PageKind
    shape: str
    """What the address looks like: see :func:`pipelines.kind.url_shape`."""
    language: str | None
    """Without its region: ``fa``."""
    canonical_url: str | None
    post_id: int | None
    article: TextPrint | None
    """Title, lede and paragraphs as read; ``None`` when this is no article."""
    body: TextPrint | None
    """Lede and paragraphs only: what is looked for elsewhere."""
    whole: TextPrint
    """All text of the page, also what is hidden: what once stood there is looked for in it."""
    main: str
    """The beginning of its text outside menus, margins, comments and foot."""
    main_words: int
    extractor: str
    removed: Phrase | None
    """In title or headings, else in the main text."""
    is_removed_in_title: bool
    is_removed_in_body: bool
    """The text read for the article's own says so: a notice in its place, with the comments left under it."""
    not_found: Phrase | None
    """In title or headings only."""
    challenge: bool
    upkeep: Phrase | None
    blocked: Phrase | None
    """In title or headings, and in the text of a short page."""
    login: Phrase | None
    has_password: bool
    is_login_address: bool
    paywall: str
    """What says that the text is only for those who pay; empty when nothing does."""
    frames_out: bool
    """It shows hardly any text of its own, and a frame."""
    thread: ThreadSigns


def read_signs(
    body: bytes,
    *,
    url: str,
    content_type: str | None,
    reference: datetime,
    timezone: str = "",
    rules: PageRules | None = None,
) -> tuple[Reading, PageSigns]:
    """Return what :func:`pipelines.read_page` does, and the signs of the same page from the same parse.

    Parameters and errors as those of ``read_page``; ``url`` is where the body came from, after redirects.
    """
    roots: list[HtmlElement] = []

    def keep(root: HtmlElement, reading: Reading) -> Reading:
        roots.append(root)
        return reading

    reading = read_page(
        body,
        url=url,
        content_type=content_type,
        reference=reference,
        timezone=timezone,
        rules=rules,
        refine=keep,
    )
    return reading, page_signs(roots[0], reading)


def with_thread(signs: PageSigns, thread: CommentThread) -> PageSigns:
    """Return the signs with a thread that was merged from all of its documents."""
    marks = _marks(thread)
    whole = not thread.more and not thread.shortfall
    return replace(
        signs,
        thread=replace(signs.thread, comments=marks, is_whole=whole, declared=thread.declared_total),
    )


def page_signs(root: HtmlElement, reading: Reading) -> PageSigns:
    """Return the signs of a page that was parsed and read."""
    page = outline(root)
    everything, shown = _pieces(page)
    main_text = " ".join(shown)
    whole = print_of([" ".join(everything)])
    titles = _titles(page)
    article = reading.article
    main_words = len(search_key(main_text[: MAX_WORDS * 6]).split())
    body = print_of((article.lede, *article.paragraphs)) if article else None
    if article and body and main_words * 2 < body.words:
        # Names that say «nav» or «comments» on what holds the whole page: the text that was read is surer.
        main_text = " ".join((article.title, article.lede, *article.paragraphs))
        main_words = body.words
    elif not main_words:
        main_text = " ".join(everything)
        main_words = whole.words
    removed = next((found for title in titles if (found := find_phrase(title, Saying.REMOVED))), None)
    in_title = removed is not None
    if removed is None:
        removed = find_phrase(main_text, Saying.REMOVED)
    not_found = next((found for title in titles if (found := find_phrase(title, Saying.NOT_FOUND))), None)
    if not_found is None and any(map(is_bare_error, titles)):
        not_found = Phrase(saying=Saying.NOT_FOUND, language="", text="404")
    title_line = " | ".join(dict.fromkeys(titles))[:1_000]
    return PageSigns(
        url=reading.url,
        title=title_line,
        headline=reading.title,
        kind=reading.kind,
        shape=url_shape(reading.url),
        language=_language(page, reading),
        canonical_url=reading.canonical_url,
        post_id=reading.wordpress_post_id,
        article=print_of((article.title, article.lede, *article.paragraphs)) if article else None,
        body=body,
        whole=whole,
        main=main_text[:_MAIN_KEPT],
        main_words=main_words,
        extractor=reading.extractor,
        removed=removed,
        is_removed_in_title=in_title,
        is_removed_in_body=bool(
            article and find_phrase(" ".join((article.lede, *article.paragraphs)), Saying.REMOVED)
        ),
        not_found=not_found,
        challenge=_is_challenge(page, title_line, main_text, main_words),
        upkeep=find_phrase(title_line, Saying.UPKEEP)
        or (find_phrase(main_text, Saying.UPKEEP) if main_words < _FEW_WORDS else None),
        blocked=find_phrase(title_line, Saying.BLOCKED)
        or (find_phrase(main_text, Saying.BLOCKED) if main_words < _FEW_WORDS else None),
        login=find_phrase(title_line, Saying.LOGIN) or find_phrase(main_text, Saying.LOGIN),
        has_password=any(
            (node.attributes.get("type") or "").lower() == "password" for node in page.tagged("input")
        ),
        is_login_address=bool(_LOGIN_PATH.search(unquote(urlsplit(reading.url).path))),
        paywall=_paywall(page, main_text),
        frames_out=whole.words < _BARE_WORDS and bool(page.tagged("iframe")),
        thread=_thread(page, reading),
    )


def _pieces(page: Outline) -> tuple[list[str], list[str]]:
    """Return the pieces of text in document order: all, and those shown outside menus, margins, comments."""
    whole: list[str] = []
    main: list[str] = []
    nodes = page.nodes

    def add(text: str | None, holder: Node) -> None:
        if text and not holder.silent and (piece := text.strip()):
            whole.append(piece)
            if not holder.hidden and holder.region not in _ASIDE and not begin <= holder.index < end:
                main.append(piece)

    begin = end = 0  # the newest comments that were met
    open_ones: list[Node] = []
    for node in nodes:
        if node.index >= end and node.tag not in _WHOLE and _COMMENTS_NAME.search(node.names):
            begin, end = node.index, node.end
        while open_ones and open_ones[-1].end <= node.index:
            ended = open_ones.pop()
            add(ended.tail, nodes[ended.parent])
        add(node.content, node)
        if node.parent >= 0:
            open_ones.append(node)
    while open_ones:
        ended = open_ones.pop()
        add(ended.tail, nodes[ended.parent])
    return whole, main


def _titles(page: Outline) -> list[str]:
    """Return the title element and the headings of the first rank, without those of the margins."""
    found = [page.text_of(node) for node in page.tagged("title")[:1]]
    found += [page.text_of(node) for node in page.tagged("h1")[:5] if node.region not in _MARGINS]
    return [title[:500] for title in found if title]


def _language(page: Outline, reading: Reading) -> str | None:
    """Return the language without its region: the article's, else what the page declares."""
    tag = reading.article.language if reading.article else None
    if not tag:
        tag = next((node.attributes.get("lang") for node in page.tagged("html")), None)
    return re.split(r"[-_]", tag.strip().lower())[0] or None if tag else None


def _is_challenge(page: Outline, title: str, main: str, words: int) -> bool:
    """Tell whether the page stands in front of the site: few words, and a challenge's script or words."""
    if words > _FEW_WORDS:
        return False
    if find_phrase(title, Saying.CHALLENGE) or find_phrase(main, Saying.CHALLENGE):
        return True
    sources = [node.attributes.get("src") or node.content or "" for node in page.tagged("script")[:50]]
    if any(_CHALLENGE_MARK.search(source[:20_000]) for source in sources):
        return True
    bare = words < _BARE_WORDS and not page.tagged("textarea")
    if bare and any(_CAPTCHA.search(source[:20_000]) for source in sources):
        return True
    return any(_CHALLENGE_MARK.search(node.attributes.get("action") or "") for node in page.tagged("form"))


def _paywall(page: Outline, main: str) -> str:
    """Return what says that the text is only for those who pay, or ``""``."""
    for node in page.tagged("script")[:100]:
        kind = (node.attributes.get("type") or "").lower()
        if "ld+json" in kind and (found := _NOT_FREE.search((node.content or "")[:200_000])):
            return found[0]
    for node in page.nodes:
        if node.names and (name := _PAYWALL_NAME.search(node.names)):
            return f"class {name[0].strip()}"
    phrase = find_phrase(main[-4_000:], Saying.PAY) or find_phrase(main, Saying.PAY)
    return phrase.text if phrase else ""


def _thread(page: Outline, reading: Reading) -> ThreadSigns:
    thread = reading.thread
    form = any(
        next(node.element.iter("textarea"), None) is not None and is_comment_form(node.element)
        for node in page.tagged("form")[:50]
    )
    return ThreadSigns(
        comments=_marks(thread),
        is_whole=not thread.more and not thread.shortfall,
        declared=thread.declared_total,
        has_form=form,
        closed=None if form else _closed(page),
    )


def _marks(thread: CommentThread) -> tuple[CommentMark, ...]:
    return tuple(
        CommentMark(key=one.key, face=f"{search_key(one.author or '')}\n{search_key(one.text)}")
        for one in thread.comments
        if one.state is CommentState.PUBLISHED
    )


def _closed(page: Outline) -> Phrase | None:
    """Return where a line of its own says that no more comments are taken, or ``None``."""
    for node in page.nodes:
        # What holds others says it with their text; the smallest element that does is one line.
        if node.silent or not 8 <= node.text <= _LINE or node.tag not in _LINE_TAGS:
            continue
        text = page.text_of(node)
        if _CLOSED_HINT.search(text) and (phrase := find_phrase(text, Saying.COMMENTS_CLOSED)):
            return phrase
    return None
