"""What the JSON of each comment service means; one function a service.

Each returns ``None`` when the answer is not of its service. Values of a wrong type are not known, never
an error: one broken comment must not cost the thread.

* Isso (``GET /?uri=``): ``replies[]``, one level of ``replies`` within; ``mode`` 1 published, 2 waits, 4
  deleted but answered; ``created`` seconds since 1970.
* Disqus 3.0 (``threads/listPosts``): ``response[]``; ``createdAt`` is UTC without saying so; also the
  embedded ``{"response": {"posts": …}}``.
* Remark42 (``/api/v1/find``): ``comments[]`` plain, or as ``{"comment": …, "replies": […]}``.
* Blogger (``/feeds/…/comments/default?alt=json``): Atom in JSON, ``$t`` is the text of an element;
  ``thr$in-reply-to`` names the post, the link ``related`` the comment answered.
* Coral (``/api/graphql``): Relay connections of nodes with ``body``, at any place of ``data``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from model import CommentState
from pipelines.comments.identity import MAX_COMMENTS, MAX_NAME, MAX_TEXT, Draft
from pipelines.comments.moments import exact
from pipelines.comments.wordpress import rendered_text
from pipelines.text import display_text

MAX_VISITED = 20 * MAX_COMMENTS
"""Values of one answer looked at."""
MAX_MORE = 500
_TAIL = re.compile(r"(?:.*\D)?(\d{1,30})", re.DOTALL)

# Any: what JSON holds.
Object = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one answer of a service holds."""

    drafts: list[Draft]
    total: int | None = None
    more: tuple[str, ...] = ()


def read_isso(value: Any, url: str) -> Answer | None:
    """Return the comments of an Isso thread."""
    if not isinstance(value, dict) or "total_replies" not in value:
        return None
    drafts: list[Draft] = []
    more: list[str] = []
    offset = _asked(url).get("offset", "")
    start = int(offset) if offset.isdecimal() and len(offset) < 10 else 0
    for item, above in _tree(value, lambda item: item.get("replies")):
        if above is not None:
            mode = item.get("mode")
            drafts.append(
                replace(
                    _draft(
                        item.get("id"),
                        item.get("parent") or above.get("id"),
                        item.get("author"),
                        item.get("text"),
                    ),
                    **_dated(_from_epoch(item.get("created"))),
                    up_votes=_count(item.get("likes")),
                    down_votes=_count(item.get("dislikes")),
                    state={2: CommentState.PENDING, 4: CommentState.DELETED}.get(
                        mode if isinstance(mode, int) else 1, CommentState.PUBLISHED
                    ),
                )
            )
        shown = item.get("replies")
        if _count(item.get("hidden_replies")) and isinstance(shown, list) and len(more) < MAX_MORE:
            number = _identity(item.get("id"))
            begin = start if item is value else 0
            more += _with_query(
                url, offset=str(begin + len(shown)), **({"parent": number} if number is not None else {})
            )
    whole = value.get("id") is None
    return Answer(
        drafts=drafts, total=_count(value.get("total_replies")) if whole else None, more=tuple(more)
    )


def read_disqus(value: Any, url: str) -> Answer | None:
    """Return the posts of a Disqus thread."""
    if not isinstance(value, dict) or "response" not in value:
        return None
    response = value["response"]
    thread: Object = {}
    if isinstance(response, dict) and isinstance(response.get("posts"), list):
        thread = response["thread"] if isinstance(response.get("thread"), dict) else {}
        response = response["posts"]
    if not isinstance(response, list):
        return None
    posts = [item for item in response if isinstance(item, dict)]
    if posts and not any(
        "createdAt" in item and ("message" in item or "raw_message" in item) for item in posts
    ):
        return None
    drafts = []
    for item in posts[:MAX_COMMENTS]:
        author = _object(item, "author")
        raw = item.get("createdAt")
        link = item.get("url")
        badges = [
            *(["author"] if author.get("id") and author.get("id") == thread.get("author") else []),
            *(["moderator"] if item.get("moderator") is True or author.get("isModerator") is True else []),
        ]
        drafts.append(
            replace(
                _draft(
                    item.get("id"),
                    item.get("parent"),
                    author.get("name") or author.get("username"),
                    item.get("message") or html.escape(_string(item.get("raw_message"))),
                    link,
                ),
                **_dated(raw if isinstance(raw, str) else None),
                up_votes=_count(item.get("likes")),
                down_votes=_count(item.get("dislikes")),
                badges=tuple(badges),
                state=_disqus_state(item),
            )
        )
    cursor = _object(value, "cursor")
    following = cursor.get("next")
    more = (
        _with_query(url, cursor=following)
        if cursor.get("hasNext") is True and isinstance(following, str) and len(following) < 200
        else ()
    )
    return Answer(drafts=drafts, total=_count(thread.get("posts")), more=more)


def _disqus_state(item: Object) -> CommentState:
    if item.get("isDeletedByAuthor") is True:
        return CommentState.DELETED
    if item.get("isDeleted") is True or item.get("isSpam") is True:
        return CommentState.REJECTED if item.get("isDeletedByAuthor") is False else CommentState.DELETED
    return CommentState.PENDING if item.get("isApproved") is False else CommentState.PUBLISHED


def read_remark42(value: Any, url: str) -> Answer | None:
    """Return the comments of a Remark42 page."""
    if not isinstance(value, dict) or not isinstance(value.get("comments"), list):
        return None
    info = _object(value, "info")
    drafts = []
    known = bool(info)
    for node, above in _tree(value, lambda item: item.get("replies" if "comment" in item else "comments")):
        if above is None:
            continue
        item = _object(node, "comment") or node
        user = _object(item, "user")
        if not user and "pid" not in item:
            continue
        known = True
        score = item.get("score")
        score = score if isinstance(score, int) and not isinstance(score, bool) else None
        badges = [
            *(["staff"] if user.get("admin") is True else []),
            *(["verified"] if user.get("verified") is True else []),
        ]
        drafts.append(
            replace(
                _draft(item.get("id"), item.get("pid"), user.get("name"), item.get("text")),
                **_dated(item.get("time")),
                up_votes=max(score, 0) if score is not None else None,
                down_votes=max(-score, 0) if score is not None else None,
                badges=tuple(badges),
                state=CommentState.DELETED if item.get("delete") is True else CommentState.PUBLISHED,
            )
        )
    return Answer(drafts=drafts, total=_count(info.get("count"))) if known else None


def read_blogger(value: Any, url: str) -> Answer | None:
    """Return the comments of a Blogger feed in JSON; a feed of posts is none of ours."""
    feed = _object(value, "feed") if isinstance(value, dict) else {}
    entries = [item for item in _list(feed.get("entry")) if isinstance(item, dict)]
    if not feed or "openSearch$totalResults" not in feed:
        return None
    if entries and not any("thr$in-reply-to" in item for item in entries):
        return None
    drafts = []
    for item in entries[:MAX_COMMENTS]:
        people = [person for person in _list(item.get("author")) if isinstance(person, dict)]
        content = _object(item, "content") or _object(item, "summary")
        markup = _string(content.get("$t"))
        links = {
            link["rel"]: link.get("href")
            for link in _list(item.get("link"))
            if isinstance(link, dict) and isinstance(link.get("rel"), str)
        }
        removed = any(
            isinstance(mark, dict)
            and mark.get("name") == "blogger.contentRemoved"
            and mark.get("value") == "true"
            for mark in _list(item.get("gd$extendedProperty"))
        )
        drafts.append(
            replace(
                _draft(
                    _number(_t(item, "id")),
                    _number(_string(links.get("related"))),
                    _t(people[0], "name") if people else None,
                    markup if content.get("type") == "html" else html.escape(markup),
                    links.get("alternate"),
                ),
                **_dated(_t(item, "published") or None),
                state=CommentState.DELETED if removed else CommentState.PUBLISHED,
            )
        )
    total = _t(feed, "openSearch$totalResults")
    following = next(
        (
            link.get("href")
            for link in _list(feed.get("link"))
            if isinstance(link, dict) and link.get("rel") == "next"
        ),
        None,
    )
    return Answer(
        drafts=drafts,
        total=int(total) if total.isdecimal() and len(total) < 8 else None,
        more=(following,) if isinstance(following, str) and _is_address(following) else (),
    )


def read_coral(value: Any, url: str) -> Answer | None:
    """Return the comments of a GraphQL answer of Coral."""
    data = _object(value, "data") if isinstance(value, dict) else {}
    drafts: list[Draft] = []
    found = False
    total: int | None = None
    waiting: list[tuple[Any, str | None]] = [(data, None)]
    visited = 0
    while waiting and visited < MAX_VISITED and len(drafts) < MAX_COMMENTS:
        item, above = waiting.pop()
        visited += 1
        if isinstance(item, list):
            waiting.extend((part, above) for part in reversed(item))
            continue
        if not isinstance(item, dict):
            continue
        if "edges" in item and isinstance(item["edges"], list):
            found = True
        if total is None:
            total = _count(_object(item, "commentCounts").get("totalPublished"))
        if "body" in item and "createdAt" in item and (identity := _identity(item.get("id"))):
            drafts.append(_coral_draft(item, above))
            above = identity
            found = True
        waiting.extend(
            (part, above)
            for name, part in reversed(item.items())
            if isinstance(part, (dict, list)) and name not in ("author", "parent", "tags")
        )
    return Answer(drafts=drafts, total=total) if found else None


def _coral_draft(item: Object, above: str | None) -> Draft:
    tags = [
        _string(tag.get("code") or tag.get("name")).lower()
        for tag in _list(item.get("tags"))
        if isinstance(tag, dict)
    ]
    status = item.get("status")
    state = CommentState.PUBLISHED
    if item.get("deleted") is True:
        state = CommentState.DELETED
    elif status == "REJECTED":
        state = CommentState.REJECTED
    elif status in ("PREMOD", "SYSTEM_WITHHELD"):
        state = CommentState.PENDING
    names = {"admin": "staff", "staff": "staff", "moderator": "moderator", "expert": "expert"}
    return replace(
        _draft(
            item.get("id"),
            _object(item, "parent").get("id") or above,
            _object(item, "author").get("username"),
            item.get("body"),
        ),
        **_dated(item.get("createdAt")),
        up_votes=_count(_object(_object(item, "actionCounts"), "reaction").get("total")),
        badges=tuple(dict.fromkeys(names[tag] for tag in tags if tag in names)),
        state=state,
    )


# --- what they share


def _tree(root: Object, below: Callable[[Object], Any]) -> Iterator[tuple[Object, Object | None]]:
    """Yield an object and those below it, each before its own, with the one above; at most
    ``MAX_COMMENTS``."""
    waiting: list[tuple[Object, Object | None]] = [(root, None)]
    count = 0
    while waiting and count <= MAX_COMMENTS:
        item, above = waiting.pop()
        count += 1
        yield item, above
        waiting.extend(
            (part, item) for part in reversed(_list(below(item))[:MAX_COMMENTS]) if isinstance(part, dict)
        )


def _draft(identity: Any, parent: Any, name: Any, markup: Any, link: Any = None) -> Draft:
    text = rendered_text(markup[: 2 * MAX_TEXT]) if isinstance(markup, str) else ""
    return Draft(
        publisher_id=_identity(identity),
        parent_id=_identity(parent) if parent not in (0, "0") else None,
        author=display_text(html.unescape(name)[:MAX_NAME].strip()) or None
        if isinstance(name, str)
        else None,
        text=display_text(text[:MAX_TEXT]),
        url=link if _is_address(link) else None,
    )


def _dated(raw: Any) -> Any:
    """Return the two fields of a date; one without offset is UTC, as all of these services write it."""
    if not isinstance(raw, str) or not raw or len(raw) > 60:
        return {}
    return {"published_raw": raw, "published_at": exact(raw) or exact(raw + "Z")}


def _from_epoch(value: Any) -> str | None:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < 1 << 33:
        return None
    return datetime.fromtimestamp(value, UTC).isoformat()


def _identity(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        return None
    if isinstance(value, int):
        return str(value) if 0 <= value < 1 << 64 else None
    return value if 0 < len(value) <= 200 else None


def _number(text: str) -> str | None:
    found = _TAIL.fullmatch(text[-200:])
    return found[1] if found else None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 31 else None


def _object(item: Any, name: str) -> Object:
    value = item.get(name) if isinstance(item, dict) else None
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _t(item: Object, name: str) -> str:
    return _string(_object(item, name).get("$t"))


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://")) and len(value) < 8192


def _asked(url: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(urlsplit(url).query))
    except ValueError:
        return {}


def _with_query(url: str, **changed: str) -> tuple[str, ...]:
    """Return the one address with these values in its query; none when no address can hold them."""
    try:
        parts = urlsplit(url)
        kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in changed]
        query = urlencode([*kept, *changed.items()])
    except ValueError:  # of a lone surrogate too: JSON may hold one
        return ()
    return (urlunsplit((parts.scheme, parts.netloc, parts.path, query, "")),)
