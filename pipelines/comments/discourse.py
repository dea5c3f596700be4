"""Comments kept in a topic of Discourse: its JSON, and the page that it puts into an article's frame.

* ``/t/<id>.json?page=N``: ``post_stream.posts[]``, 20 a page, ``post_stream.stream`` the ids of all;
  ``reply_to_post_number`` names the post answered. Post 1 is what the topic is about (the article's
  teaser), no comment; ``post_type`` 1 is a person's, 3 a note of the system («closed this topic»).
* ``/embed/comments?embed_url=``: ``article.post`` each with a link to itself (``…/t/slug/8/3``), at most
  100; who was answered is a link too.

A post goes by its number within the topic in both, as in the page that Discourse shows to crawlers.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from model import CommentState
from pipelines.addresses import absolute
from pipelines.comments.answers import (
    Answer,
    Object,
    count_of,
    dated,
    draft_of,
    items,
    object_in,
    query_of,
    string_of,
    with_query,
)
from pipelines.comments.identity import MAX_COMMENTS, MAX_NAME, MAX_TEXT, Draft
from pipelines.comments.prose import line, prose
from pipelines.text import display_text

PER_PAGE = 20
"""Posts that Discourse puts on a page of a topic (``TopicView.chunk_size``)."""
MAX_POSTS = 200
"""Posts of an embedded page looked at; a site's greatest is 100 unless it was raised."""
MAX_PAGES = 500
_LIKE = 2
"""``actions_summary[].id`` of a like (``PostActionType``)."""
_OPENING = 1
_POST = re.compile(r"/t/(?:[^/?#]{1,300}/)?(\d{1,12})/(\d{1,9})$")
_DIGITS = re.compile(r"\d{1,7}")


def read_discourse(value: Any, url: str) -> Answer | None:
    """Return the comments of one page of a topic's JSON."""
    stream = object_in(value, "post_stream") if isinstance(value, dict) else {}
    posts = [post for post in items(stream.get("posts")) if isinstance(post, dict)]
    if not stream or not isinstance(stream.get("posts"), list):
        return None
    if posts and not any("post_number" in post and "cooked" in post for post in posts):
        return None
    drafts = [
        _draft(post)
        for post in posts[:MAX_COMMENTS]
        if count_of(post.get("post_number")) != _OPENING and post.get("post_type", 1) != 3
    ]
    total = count_of(value.get("posts_count"))
    ids = len(items(stream.get("stream")))
    asked = query_of(url).get("page", "1")
    page = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else 1
    more = (
        tuple(
            address
            for other in range(2, min(-(-ids // PER_PAGE), MAX_PAGES) + 1)
            for address in with_query(url, page=str(other))
        )
        if page == 1
        else ()
    )
    return Answer(drafts=drafts, total=max(total - 1, 0) if total is not None else None, more=more)


def _draft(post: Object) -> Draft:
    likes = [
        count_of(action.get("count"))
        for action in items(post.get("actions_summary"))
        if isinstance(action, dict) and action.get("id") == _LIKE
    ]
    answered = count_of(post.get("reply_to_post_number"))
    state = CommentState.PUBLISHED
    if post.get("user_deleted") is True or post.get("deleted_at"):
        state = CommentState.DELETED
    elif post.get("hidden") is True:
        state = CommentState.REJECTED
    badges = [
        name for name, mark in (("staff", "admin"), ("moderator", "moderator")) if post.get(mark) is True
    ]
    return replace(
        draft_of(
            count_of(post.get("post_number")),
            answered if answered != _OPENING else None,
            string_of(post.get("name")).strip() or post.get("username"),
            post.get("cooked"),
        ),
        **dated(post.get("created_at")),
        up_votes=likes[0] if likes else None,
        badges=tuple(badges),
        state=state,
    )


def read_discourse_embed(root: HtmlElement, url: str) -> Answer | None:
    """Return the comments of the page that Discourse puts into an article's frame, and as ``more`` the
    topic's JSON, which has them all and their number; ``None`` when it is no such page."""
    if not urlsplit(url).path.endswith("/embed/comments"):
        return None
    posts = root.xpath("//article[contains(concat(' ', normalize-space(@class), ' '), ' post ')]")
    drafts: list[Draft] = []
    topic = ""
    for post in posts[:MAX_POSTS]:
        own = next(iter(post.xpath(".//a[contains(@class, 'post-date')]")), None)
        place = _place(own, url)
        if own is None or place is None:
            continue
        topic = place[0]
        if place[1] == _OPENING:
            continue
        answered = _place(next(iter(post.xpath(".//a[contains(@class, 'in-reply-to')]")), None), url)
        name = next(iter(post.xpath(".//*[contains(@class, 'username')]//a")), None)
        text = next(iter(post.xpath(".//*[contains(@class, 'cooked')]")), None)
        skip = set(text.xpath("./h3 | .//a[contains(@class, 'post-replies')]")) if text is not None else set()
        raw = (own.get("title") or "").strip()
        drafts.append(
            Draft(
                publisher_id=str(place[1]),
                parent_id=str(answered[1]) if answered and answered[1] != _OPENING else None,
                author=display_text(line(name)[:MAX_NAME]) or None if name is not None else None,
                text=display_text(prose(text, skip)[:MAX_TEXT]) if text is not None else "",
                published_raw=raw or None,
                published_at=_moment(raw),
                url=absolute(url, own.get("href") or ""),
                badges=("staff",) if name is not None and "staff" in (name.get("class") or "") else (),
                state=CommentState.DELETED
                if "deleted" in (post.get("class") or "").split()
                else CommentState.PUBLISHED,
            )
        )
    said = next(iter(root.xpath("//header//*[contains(@class, 'replies')]")), None)
    found = _DIGITS.search(line(said)) if said is not None else None
    if not posts and said is None:
        return None
    origin = url.partition("/embed/comments")[0]
    return Answer(
        drafts=drafts,
        total=int(found[0]) if found else None,
        more=(f"{origin}/t/{topic}.json",) if topic else (),
    )


def _place(link: HtmlElement | None, url: str) -> tuple[str, int] | None:
    """Return the numbers of topic and post that a link leads to; without the post's it is the first."""
    target = absolute(url, link.get("href") or "") if link is not None else None
    if target is None:
        return None
    found = _POST.search(target.partition("?")[0])
    return (found[1], int(found[2])) if found else None


def _moment(raw: str) -> datetime | None:
    """Return the moment of «October  1, 2026  9:00am»; Discourse writes it in English and in UTC."""
    if not raw or len(raw) > 60:
        return None
    try:
        return datetime.strptime(" ".join(raw.split()).upper(), "%B %d, %Y %I:%M%p").replace(tzinfo=UTC)
    except ValueError:
        return None
