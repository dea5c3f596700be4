"""Comments that a page loads from a service: asked for where it says, archived, joined to its article."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from servers.crawl_process import Ended, assert_whole, crawl
from servers.small_site import Answer, Site, article, page

from archive import Archive
from archive.catalogue import CommentRecord
from crawler.reading import read_again
from model import CommentState, PageRole

REPLIES = 23


def answer(value: object) -> Answer:
    return Answer(json.dumps(value).encode(), "application/json")


def isso(query: dict[str, str]) -> Answer:
    """Answer as Isso 0.14 does to ``GET /?uri=``: one level of answers, seconds since 1970."""
    if query["uri"] != "/isso/%D8%A8%D8%A7%D8%BA/":
        return answer({"id": None, "total_replies": 0, "hidden_replies": 0, "replies": []})

    def one(number: int, parent: int | None, text: str, mode: int = 1) -> dict[str, Any]:
        return {
            "id": number,
            "parent": parent,
            "created": 1790841600.5 + number,
            "mode": mode,
            "text": text,
            "author": f"خواننده {number}" if text else None,
            "likes": 2,
            "dislikes": 0,
        }

    first = {
        **one(1, None, "<p>باغ را دیدیم؛ زیبا بود.</p>"),
        "total_replies": 2,
        "hidden_replies": 0,
        "replies": [one(2, 1, "<p>ما هم می\u200cآییم.</p>"), one(3, 1, "<p>جمعه باز است؟</p>")],
    }
    deleted = {**one(4, None, "", 4), "total_replies": 0, "hidden_replies": 0, "replies": []}
    return answer({"id": None, "total_replies": 4, "hidden_replies": 0, "replies": [first, deleted]})


def remark42(query: dict[str, str]) -> Answer | None:
    """Answer as Remark42 does to ``GET /api/v1/find`` in the plain format."""
    url = query["url"]
    if query["site"] != "bagh" or not url.endswith("/remark42/"):
        return None
    comments = [
        {
            "id": f"c{number}",
            "pid": f"c{number - 1}" if number > 1 else "",
            "text": f"<p>سخن {number}</p>\n",
            "user": {"name": f"گوینده {number}", "id": "x", "admin": number == 2},
            "locator": {"site": "bagh", "url": url},
            "score": 1 - number,
            "time": f"2026-11-{number:02}T10:00:00.5+03:30",
        }
        for number in range(1, 4)
    ]
    return answer({"comments": comments, "info": {"url": url, "count": 3}})


def topic(query: dict[str, str]) -> Answer:
    """Answer as Discourse does to ``GET /t/8.json``: post 1 is the teaser, 20 posts a page."""
    first = (int(query.get("page", "1")) - 1) * 20
    numbers = range(first + 1, min(first + 20, REPLIES + 1) + 1)
    posts = [
        {
            "id": 700 + number,
            "post_number": number,
            "post_type": 1,
            "username": f"u{number}",
            "name": f"کاربر {number}",
            "created_at": f"2026-11-01T10:{number:02}:00.000Z",
            "cooked": f"<p>پاسخ {number}</p>",
            "reply_to_post_number": 2 if number == 22 else None,
            "actions_summary": [{"id": 2, "count": 5}] if number == 3 else [],
        }
        for number in numbers
    ]
    stream = [701 + number for number in range(REPLIES + 1)]
    return answer({"id": 8, "posts_count": REPLIES + 1, "post_stream": {"posts": posts, "stream": stream}})


def frame(query: dict[str, str]) -> Answer | None:
    """Answer as Discourse does to ``GET /embed/comments``: the newest few in a page of its own."""
    if not query["embed_url"].endswith("/discourse/"):
        return None
    posts = "".join(
        f"<article class='post' id='post-{700 + number}'>"
        f'<a title="November  1, 2026 10:{number:02}am" class="post-date" target="_blank" '
        f'href="http://127.0.0.1/forum/t/bagh/8/{number}">Nov 1</a>'
        "<div class='author'><a href='/u/x'><img src='/a.png' alt=''></a></div>"
        f"<div class='cooked'><h3 class='username'><a href='/u/x'>کاربر {number}</a></h3>"
        f"<p>پاسخ {number}</p></div>"
        "</article>"
        for number in range(2, 7)
    )
    header = f"<header class='discourse'><span class='replies'>{REPLIES} پاسخ</span></header>"
    return Answer(f"<!doctype html><html><body>{header}{posts}</body></html>".encode())


def blogger(_: dict[str, str]) -> Answer:
    """Answer as Blogger does to ``alt=json``; its next page lies on another host, where nobody is asked."""
    entry = {
        "id": {"$t": "tag:blogger.com,1999:blog-1.post-901"},
        "published": {"$t": "2026-11-01T12:00:00.000+03:30"},
        "content": {"type": "html", "$t": "دست\u200cتان درد نکند."},
        "link": [{"rel": "self", "href": "http://127.0.0.1/feeds/5/comments/default/901"}],
        "author": [{"name": {"$t": "نگار"}}],
        "thr$in-reply-to": {"ref": "tag:blogger.com,1999:blog-1.post-77"},
    }
    following = [{"rel": "next", "href": "http://127.0.0.1:9/feeds/77/comments/default?start-index=2"}]
    return answer({"feed": {"openSearch$totalResults": {"$t": "2"}, "entry": [entry], "link": following}})


def site() -> Site:
    served = Site()
    discourse = (
        "<div id='discourse-comments'></div><script>DiscourseEmbed = {discourseUrl: '/forum/', "
        "discourseEmbedUrl: 'http://127.0.0.1/discourse/'};</script>"
    )
    remark = (
        "<div id='remark42'></div><script>var remark_config = {\n// host: 'https://demo.remark42.com',\n"
        "host: location.origin + '/no',\n host: '/remark', site_id: \"bagh\"};</script>"
    )
    threads = {
        "isso/%D8%A8%D8%A7%D8%BA": "<script data-isso='/comments/' src='/comments/js/embed.min.js'></script>"
        "<section id='isso-thread'></section>",
        "remark42": remark,
        "discourse": discourse,
        "blogger": "<link rel='alternate' type='application/atom+xml' href='/feeds/77/comments/default'>",
        # An address that the guard refuses; a service that is gone; one that shows less than it counts.
        "inside": "<script data-isso='http://127.0.0.1:1/'></script><section id='isso-thread'></section>",
        "gone": remark,
        "short": "<div id='discourse-comments'></div><script>DiscourseEmbed = "
        "{discourseUrl: '/other', topicId: 9};</script>",
    }
    links = "".join(f'<p><a href="/{name}/">یک خبر از باغ</a></p>' for name in threads)
    served.add("/", page("خانه", links))
    for name, snippet in threads.items():
        served.add(f"/{name}/", article(f"خبر {name[:5]}", comments=snippet))
    served.routes |= {
        "/comments/": isso,
        "/remark/api/v1/find": remark42,
        "/forum/embed/comments": frame,
        "/forum/t/8.json": topic,
        "/feeds/77/comments/default": blogger,
    }
    few = {"posts_count": 9, "post_stream": {"posts": [], "stream": []}}
    served.routes["/other/t/9.json"] = lambda _: answer(few)
    return served


@dataclass(frozen=True)
class Told:
    ended: Ended
    archive: Archive
    asked: list[str]

    def article(self, name: str) -> int:
        every = self.archive.catalogue.articles()
        (found,) = [one.id for one in every if urlsplit(one.url).path.startswith(f"/{name}/")]
        return found

    def comments(self, name: str) -> list[CommentRecord]:
        return self.archive.catalogue.comments(self.article(name))

    def is_complete(self, name: str) -> bool:
        return any(one.complete for one in self.archive.catalogue.readings.of_article(self.article(name)))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("services") / "archive"
    served = site()
    with served.serving() as url:
        ended = crawl(folder, url)
    assert ended.code == 0, ended
    assert_whole(folder)
    with Archive.open(folder) as archive:
        yield Told(ended, archive, served.asked)


def test_isso_is_asked_for_the_path_as_the_browser_has_it(told: Told) -> None:
    found = told.comments("isso")
    assert [(one.comment.publisher_id, one.comment.parent_id) for one in found] == [
        ("1", None), ("2", "1"), ("3", "1"), ("4", None)
    ]  # fmt: skip
    assert found[1].comment.text == "ما هم می\u200cآییم."
    assert found[3].comment.state is CommentState.DELETED
    assert told.is_complete("isso")


def test_remark42_is_asked_with_what_its_configuration_says(told: Told) -> None:
    found = [one.comment for one in told.comments("remark42")]
    assert [(one.publisher_id, one.parent_id, one.author) for one in found] == [
        ("c1", None, "گوینده 1"), ("c2", "c1", "گوینده 2"), ("c3", "c2", "گوینده 3")
    ]  # fmt: skip
    assert told.is_complete("remark42")


def test_of_discourse_the_frame_leads_to_all_pages_of_the_topic(told: Told) -> None:
    found = {one.comment.publisher_id: one.comment for one in told.comments("discourse")}
    assert sorted(map(int, filter(None, found))) == list(range(2, REPLIES + 2))
    assert (found["22"].parent_id, found["3"].up_votes, found["2"].text) == ("2", 5, "پاسخ 2")
    assert told.is_complete("discourse")
    asked = [one for one in told.asked if one.startswith("/forum/t/")]
    assert asked == ["/forum/t/8.json", "/forum/t/8.json?page=2"]


def test_an_answer_sends_the_crawl_to_no_third_host(told: Told) -> None:
    assert [one.comment.author for one in told.comments("blogger")] == ["نگار"]
    assert not told.is_complete("blogger")
    assert "9" not in {str(urlsplit(one).port) for one in told.asked}


@pytest.mark.parametrize("name", ["inside", "gone", "short"])
def test_a_service_that_did_not_tell_all_proves_no_comment_gone(told: Told, name: str) -> None:
    assert told.comments(name) == []
    assert not told.is_complete(name)


def test_what_services_answered_is_archived_and_reads_the_same_again(told: Told) -> None:
    documents = [
        one
        for one in told.archive.catalogue.readings.of_article(told.article("discourse"))
        if one.is_document
    ]
    captures = [one.capture for one in documents if one.capture.role is PageRole.COMMENTS]
    assert [urlsplit(one.url).path for one in captures] == [
        "/forum/embed/comments", "/forum/t/8.json", "/forum/t/8.json"
    ]  # fmt: skip
    stored = told.archive.load(captures[0])
    again = read_again(
        stored.entity, stored.head, url=captures[0].url, reference=captures[0].captured_at, timezone="",
        source="x", learned=b"", max_bytes=1 << 20, max_ratio=100.0,
    )  # fmt: skip
    assert [one.publisher_id for one in again.thread.comments] == ["2", "3", "4", "5", "6"]
