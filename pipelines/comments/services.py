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
from dataclasses import replace
from typing import Any

from model import CommentState
from pipelines.comments.answers import (
    Answer,
    Object,
    count_of,
    dated,
    draft_of,
    from_epoch,
    id_of,
    is_address,
    items,
    last_number,
    object_in,
    query_of,
    string_of,
    text_in,
    tree,
    with_query,
)
from pipelines.comments.identity import MAX_COMMENTS, Draft

MAX_VISITED = 20 * MAX_COMMENTS
"""Values of one answer looked at."""
MAX_MORE = 500


def read_isso(value: Any, url: str) -> Answer | None:
    """Return the comments of an Isso thread."""
    if not isinstance(value, dict) or "total_replies" not in value:
        return None
    drafts: list[Draft] = []
    more: list[str] = []
    offset = query_of(url).get("offset", "")
    start = int(offset) if offset.isdecimal() and len(offset) < 10 else 0
    for item, above in tree(value, lambda item: item.get("replies")):
        if above is not None:
            mode = item.get("mode")
            drafts.append(
                replace(
                    draft_of(
                        item.get("id"),
                        item.get("parent") or above.get("id"),
                        item.get("author"),
                        item.get("text"),
                    ),
                    **dated(from_epoch(item.get("created"))),
                    up_votes=count_of(item.get("likes")),
                    down_votes=count_of(item.get("dislikes")),
                    state={2: CommentState.PENDING, 4: CommentState.DELETED}.get(
                        mode if isinstance(mode, int) else 1, CommentState.PUBLISHED
                    ),
                )
            )
        shown = item.get("replies")
        if count_of(item.get("hidden_replies")) and isinstance(shown, list) and len(more) < MAX_MORE:
            number = id_of(item.get("id"))
            begin = start if item is value else 0
            more += with_query(
                url, offset=str(begin + len(shown)), **({"parent": number} if number is not None else {})
            )
    whole = value.get("id") is None
    return Answer(
        drafts=drafts, total=count_of(value.get("total_replies")) if whole else None, more=tuple(more)
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
        author = object_in(item, "author")
        raw = item.get("createdAt")
        link = item.get("url")
        badges = [
            *(["author"] if author.get("id") and author.get("id") == thread.get("author") else []),
            *(["moderator"] if item.get("moderator") is True or author.get("isModerator") is True else []),
        ]
        drafts.append(
            replace(
                draft_of(
                    item.get("id"),
                    item.get("parent"),
                    author.get("name") or author.get("username"),
                    item.get("message") or html.escape(string_of(item.get("raw_message"))),
                    link,
                ),
                **dated(raw if isinstance(raw, str) else None),
                up_votes=count_of(item.get("likes")),
                down_votes=count_of(item.get("dislikes")),
                badges=tuple(badges),
                state=_disqus_state(item),
            )
        )
    cursor = object_in(value, "cursor")
    following = cursor.get("next")
    more = (
        with_query(url, cursor=following)
        if cursor.get("hasNext") is True and isinstance(following, str) and len(following) < 200
        else ()
    )
    return Answer(drafts=drafts, total=count_of(thread.get("posts")), more=more)


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
    info = object_in(value, "info")
    drafts = []
    known = bool(info)
    for node, above in tree(value, lambda item: item.get("replies" if "comment" in item else "comments")):
        if above is None:
            continue
        item = object_in(node, "comment") or node
        user = object_in(item, "user")
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
                draft_of(item.get("id"), item.get("pid"), user.get("name"), item.get("text")),
                **dated(item.get("time")),
                up_votes=max(score, 0) if score is not None else None,
                down_votes=max(-score, 0) if score is not None else None,
                badges=tuple(badges),
                state=CommentState.DELETED if item.get("delete") is True else CommentState.PUBLISHED,
            )
        )
    return Answer(drafts=drafts, total=count_of(info.get("count"))) if known else None


def read_blogger(value: Any, url: str) -> Answer | None:
    """Return the comments of a Blogger feed in JSON; a feed of posts is none of ours."""
    feed = object_in(value, "feed") if isinstance(value, dict) else {}
    entries = [item for item in items(feed.get("entry")) if isinstance(item, dict)]
    if not feed or "openSearch$totalResults" not in feed:
        return None
    if entries and not any("thr$in-reply-to" in item for item in entries):
        return None
    drafts = []
    for item in entries[:MAX_COMMENTS]:
        people = [person for person in items(item.get("author")) if isinstance(person, dict)]
        content = object_in(item, "content") or object_in(item, "summary")
        markup = string_of(content.get("$t"))
        links = {
            link["rel"]: link.get("href")
            for link in items(item.get("link"))
            if isinstance(link, dict) and isinstance(link.get("rel"), str)
        }
        removed = any(
            isinstance(mark, dict)
            and mark.get("name") == "blogger.contentRemoved"
            and mark.get("value") == "true"
            for mark in items(item.get("gd$extendedProperty"))
        )
        drafts.append(
            replace(
                draft_of(
                    last_number(text_in(item, "id")),
                    last_number(string_of(links.get("related"))),
                    text_in(people[0], "name") if people else None,
                    markup if content.get("type") == "html" else html.escape(markup),
                    links.get("alternate"),
                ),
                **dated(text_in(item, "published") or None),
                state=CommentState.DELETED if removed else CommentState.PUBLISHED,
            )
        )
    total = text_in(feed, "openSearch$totalResults")
    following = next(
        (
            link.get("href")
            for link in items(feed.get("link"))
            if isinstance(link, dict) and link.get("rel") == "next"
        ),
        None,
    )
    return Answer(
        drafts=drafts,
        total=int(total) if total.isdecimal() and len(total) < 8 else None,
        more=(following,) if isinstance(following, str) and is_address(following) else (),
    )


def read_coral(value: Any, url: str) -> Answer | None:
    """Return the comments of a GraphQL answer of Coral."""
    data = object_in(value, "data") if isinstance(value, dict) else {}
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
            total = count_of(object_in(item, "commentCounts").get("totalPublished"))
        if "body" in item and "createdAt" in item and (identity := id_of(item.get("id"))):
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
        string_of(tag.get("code") or tag.get("name")).lower()
        for tag in items(item.get("tags"))
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
        draft_of(
            item.get("id"),
            object_in(item, "parent").get("id") or above,
            object_in(item, "author").get("username"),
            item.get("body"),
        ),
        **dated(item.get("createdAt")),
        up_votes=count_of(object_in(object_in(item, "actionCounts"), "reaction").get("total")),
        badges=tuple(dict.fromkeys(names[tag] for tag in tags if tag in names)),
        state=state,
    )
