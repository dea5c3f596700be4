"""Articles from WordPress's REST API (handbook, "Posts"): ``/wp-json/wp/v2/posts/7?_embed`` and its lists.

A post: ``id``, ``link``, ``type``, ``status``, ``title.rendered``, ``content.rendered`` and
``excerpt.rendered`` (HTML), ``content.protected``, ``date_gmt`` and ``modified_gmt`` (GMT without offset),
``date`` (the site's time). With ``?_embed``, ``_embedded`` holds ``author[]`` (or why it is not told),
``wp:term[][]``, ``wp:featuredmedia[]``, ``replies[][]``. Yoast adds ``yoast_head_json``.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from model import (
    Article,
    CommentThread,
    Disagreement,
    FeedLink,
    Image,
    Link,
    PageKind,
    ReadError,
    Reading,
)
from pipelines.addresses import absolute, same_site
from pipelines.body import find_body, mark_dead
from pipelines.comments.answers import Object, items, object_in, string_of
from pipelines.comments.wordpress import fragment, rendered_text, thread_of_items
from pipelines.dates import read_date
from pipelines.headline import fold
from pipelines.html import parse_html
from pipelines.language import read_language
from pipelines.links import read_leads
from pipelines.metadata import make_place
from pipelines.outline import Outline, outline, text_of
from pipelines.pictures import read_images
from pipelines.requisites import read_requisites
from pipelines.structured import Facts
from pipelines.text import display_text

MAX_BYTES = 64 << 20
MAX_POSTS = 1_000
"""Of one list; the API gives 100 at most."""
MAX_TITLE = 2_000
_NO_ARTICLES = frozenset(("page", "attachment", "nav_menu_item", "revision", "product"))
_SAME = timedelta(minutes=1)


def posts_in(body: bytes) -> list[Object] | None:
    """Return the posts of an answer, one or a list; ``None`` when it holds none (comments, an error)."""
    if len(body) > MAX_BYTES or body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"[", b"{"):
        return None
    try:
        value = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None
    found = [value] if isinstance(value, dict) else value
    if not isinstance(found, list) or not found or not all(map(_is_post, found[:MAX_POSTS])):
        return None
    return found[:MAX_POSTS]


def _is_post(item: Any) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("id"), int)
        and isinstance(object_in(item, "content").get("rendered"), str)
        and isinstance(object_in(item, "title").get("rendered"), str)
        and isinstance(item.get("link"), str)
        and "post" not in item
    )


def read_wordpress_posts(
    body: bytes,
    *,
    url: str,
    reference: datetime,
    timezone: str = "",
    extractor: str = "",
    asked: bool = False,
) -> tuple[Reading, ...]:
    """Return what each post of an answer of the REST API says, in its order; ``ReadError`` when it is none.

    Parameters as of :func:`pipelines.read_page`. A post that is not published, asks for a password, is of a
    type that is no article, or has no text is of kind ``OTHER`` (the last two not when it is ``asked`` for
    and has text).
    """
    posts = posts_in(body)
    if posts is None:
        raise ReadError(f"{url}: no posts of WordPress")
    return tuple(_Post(one, url, reference, timezone, extractor).read(asked=asked) for one in posts)


def list_of(readings: Sequence[Reading], url: str, extractor: str) -> Reading:
    """Return a list of several posts as what it is: a page that leads to articles."""
    links = tuple(Link(url=one.canonical_url or "", text=one.title, region="main") for one in readings)
    return Reading(
        url=url,
        kind=PageKind.LISTING,
        kind_reasons=("a list of posts of WordPress's REST API",),
        links=tuple(link for link in links if link.url),
        extractor=extractor,
    )


class _Post:
    """One post while it is read."""

    def __init__(self, item: Object, url: str, reference: datetime, timezone: str, extractor: str) -> None:
        self.item, self.url, self.reference, self.timezone = item, url, reference, timezone
        self.extractor = extractor
        link = absolute(url, item["link"])
        self.link = link if link and same_site(link, url) else url.partition("#")[0]
        self.embedded = object_in(item, "_embedded")
        self.yoast = object_in(item, "yoast_head_json")
        self.reasons: list[tuple[str, str]] = []
        self.disagreements: list[Disagreement] = []

    def read(self, *, asked: bool) -> Reading:
        item, content = self.item, object_in(self.item, "content")
        markup = content["rendered"]
        page = outline(
            parse_html(
                f"<!doctype html><html><body>{markup}</body></html>".encode("utf-8", "replace"),
                "text/html; charset=utf-8",
            ).root
        )
        why = self._why_no_article(content, asked=asked)
        article = self._article(page) if not why else None
        if article is not None and not article.paragraphs and not article.lede:
            why, article = "it has no text", None
        leads = read_leads(page, self.link)
        title = article.title if article else _plain_title(item)
        return Reading(
            url=self.url,
            kind=PageKind.ARTICLE if article else PageKind.OTHER,
            kind_reasons=(
                f"WordPress REST: {why or 'a published ' + (string_of(item.get('type')) or 'post')}",
            ),
            article=article,
            thread=self._thread(),
            title=title,
            canonical_url=self.link,
            links=leads.links,
            requisites=read_requisites(page, self.link),
            feeds=self._feeds(),
            wordpress_post_id=item["id"] if item["id"] > 0 else None,
            extractor=self.extractor,
        )

    def _why_no_article(self, content: Object, *, asked: bool) -> str:
        if content.get("protected") is True:
            return "it asks for a password"
        status = self.item.get("status", "publish")
        if status != "publish":
            return f"it is not published: {str(status)[:40]}"
        kind = self.item.get("type", "post")
        return f"its type is {kind}" if kind in _NO_ARTICLES and not asked else ""

    def _article(self, page: Outline) -> Article:
        root = page.tagged("body")[0]
        body = find_body(page, dead := mark_dead(page, (), ()), [root.element])
        blocks = [block.text for block in body.blocks] if body else []
        if body:
            self._because("paragraphs", "content.rendered")
        language, why = read_language(page, Facts(), " ".join(blocks[:20]))
        if isinstance(told := self.item.get("lang"), str) and 2 <= len(told) <= 12 and told.isascii():
            language, why = told, "lang"
        self._because("language", why)
        title = _plain_title(self.item)
        self._because("title", "title.rendered")
        lede = self._lede(root.element, blocks)
        paragraphs = [block for block in blocks if fold(block) != fold(lede)] if lede else blocks
        published = self._date("published", "date")
        modified = self._date("modified", "modified")
        self._because("canonical_url", "link")
        place = make_place(page, dead, 0, len(page.nodes))
        images = self._pictures(read_images(place, Facts(), self.link, dead))

        def shown(text: str) -> str:
            return display_text(text, language)

        sections, tags = self._terms("category"), self._terms("post_tag")
        return Article(
            url=self.url,
            canonical_url=self.link,
            title=shown(title),
            lede=shown(lede),
            paragraphs=tuple(filter(None, map(shown, paragraphs))),
            authors=tuple(map(shown, self._authors())),
            section=shown(sections[0]) if sections else None,
            tags=tuple(map(shown, tags)),
            language=language,
            published_raw=published[0],
            published_at=published[1],
            modified_raw=modified[0],
            modified_at=modified[1],
            images=images,
            reasons=tuple(self.reasons),
            disagreements=tuple(self.disagreements),
        )

    def _because(self, field: str, source: str) -> None:
        if source:
            self.reasons.append((field, f"WordPress REST: {source}"))

    def _lede(self, content: Any, blocks: list[str]) -> str:
        """Return the excerpt when somebody wrote it; one that WordPress cut from the text is none."""
        text = rendered_text(string_of(object_in(self.item, "excerpt").get("rendered"))[:20_000]).strip()
        folded = fold(text)
        if not folded or text.endswith(("[…]", "[...]", "…")):
            return ""
        repeated = any(fold(block) == folded for block in blocks[:3])
        if not repeated and (folded in fold(text_of(content)) or len(text) < 30):
            return ""
        self._because("lede", "excerpt.rendered")
        return text

    def _date(self, field: str, name: str) -> tuple[str | None, datetime | None]:
        gmt, local = self.item.get(f"{name}_gmt"), self.item.get(name)
        raw, at, source = None, None, ""
        if isinstance(gmt, str) and (at := _moment(gmt)) is not None:
            raw, source = gmt, f"{name}_gmt"
        elif isinstance(local, str) and 0 < len(local) < 60:
            read = read_date(local, reference=self.reference, timezone=self.timezone)
            raw, at, source = local, read.at, read.because(name)
        self._because(field, source if at else "")
        declared = string_of(self.yoast.get(f"article_{field}_time"))
        other = _moment(declared) if declared else None
        if raw is not None and at is not None and other is not None and abs(other - at) > _SAME:
            self.disagreements.append(
                Disagreement(
                    field=field,
                    chosen=raw,
                    chosen_source=f"WordPress REST: {source}",
                    other=declared,
                    other_source=f"yoast_head_json article_{field}_time",
                )
            )
        return raw, at

    def _authors(self) -> tuple[str, ...]:
        people = [
            html.unescape(string_of(one.get("name")))[:300].strip()
            for one in items(self.embedded.get("author"))
            if isinstance(one, dict) and "code" not in one
        ]
        if names := tuple(dict.fromkeys(filter(None, people))):
            self._because("authors", "_embedded author")
            return names
        name = html.unescape(string_of(self.yoast.get("author")))[:300].strip()
        self._because("authors", "yoast_head_json author" if name else "")
        return (name,) if name else ()

    def _terms(self, taxonomy: str) -> tuple[str, ...]:
        names = [
            html.unescape(string_of(term.get("name")))[:300].strip()
            for group in items(self.embedded.get("wp:term"))[:50]
            for term in items(group)[:200]
            if isinstance(term, dict) and term.get("taxonomy") == taxonomy
        ]
        found = tuple(dict.fromkeys(filter(None, names)))
        field = "section" if taxonomy == "category" else "tags"
        self._because(field, f"_embedded wp:term {taxonomy}" if found else "")
        return found

    def _pictures(self, shown: tuple[Image, ...]) -> tuple[Image, ...]:
        media = next(
            (one for one in items(self.embedded.get("wp:featuredmedia")) if isinstance(one, dict)), {}
        )
        target = absolute(
            self.link,
            string_of(media.get("source_url")) or string_of(self.item.get("jetpack_featured_media_url")),
        )
        if target is None or any(image.url == target for image in shown):
            self._because("images", "content.rendered" if shown else "")
            return shown
        self._because("images", "featured media")
        caption = rendered_text(string_of(object_in(media, "caption").get("rendered"))[:5_000])
        alt = html.unescape(string_of(media.get("alt_text")))[:2_000].strip()
        return (Image(url=target, alt=alt, caption=caption), *shown)

    def _thread(self) -> CommentThread:
        replies = [one for group in items(self.embedded.get("replies")) for one in items(group)]
        found = [one for one in replies if isinstance(one, dict) and "content" in one]
        return replace(thread_of_items(found, self.url), more=()) if found else CommentThread()

    def _feeds(self) -> tuple[FeedLink, ...]:
        root, mark, _ = self.url.partition("wp/v2/")
        return (FeedLink(url=root, kind="wordpress-api"),) if mark else ()


def _plain_title(item: Object) -> str:
    root = fragment(object_in(item, "title")["rendered"][:MAX_TITLE])
    return display_text(text_of(root).strip()) if root is not None else ""


def _moment(raw: str) -> datetime | None:
    """Return the moment of an ISO 8601 date; one without offset is GMT, and of year 0 (a draft) none."""
    try:
        moment = datetime.fromisoformat(raw[:40])
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
