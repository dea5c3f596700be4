"""Which comment services a page embeds, and the documents that hold nothing but their comments."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from model import ReadError
from pipelines import is_comment_frame, read_comments, read_page

URL = "https://bagh.test/1405/باغ/"
POSTS = {
    "cursor": {"hasNext": True, "next": "1:0:0", "total": 3},
    "response": {
        "thread": {"posts": 3, "author": "9"},
        "posts": [
            {
                "id": "11",
                "parent": None,
                "createdAt": "2026-11-01T08:00:00",
                "message": "<p>باغ را می\u200cبینیم.</p>",
                "author": {"name": "نگار"},
                "likes": 2,
            },
            {
                "id": "12",
                "parent": 11,
                "createdAt": "2026-11-01T09:00:00",
                "message": "<p>ما هم.</p>",
                "author": {"name": "پویا"},
            },
        ],
    },
}
FRAME = (
    '<!doctype html><html><head><title>Disqus Comments</title></head><body><div id="error"></div>'
    f'<script type="text/json" id="disqus-threadData">{json.dumps(POSTS)}</script></body></html>'
)
FRAME_URL = "https://disqus.com/embed/comments/?base=default&f=bagh"


def services(body: str, url: str = URL) -> dict[str, str]:
    reading = read_page(
        f"<html><body><article><h1>باغ</h1></article>{body}</body></html>".encode(),
        url=url,
        content_type="text/html; charset=utf-8",
        reference=datetime(2026, 11, 23, tzinfo=UTC),
    )
    return {feed.kind: feed.url for feed in reading.feeds}


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def test_isso_lies_where_its_attribute_says_and_else_where_its_script_does() -> None:
    box = '<section id="isso-thread" data-isso-id="/a b"></section>'
    script = '<script data-isso="//c.test/isso/" src="//c.test/isso/js/embed.min.js"></script>'
    assert services(script + box) == {"isso": "https://c.test/isso/?uri=%2Fa%20b"}
    plain = '<script src="https://c.test/x/js/embed.min.js"></script><div id="isso-thread"></div>'
    assert services(plain) == {
        "isso": f"https://c.test/x/?uri={'%2F1405%2F%25D8%25A8%25D8%25A7%25D8%25BA%2F'}"
    }


def test_disqus_is_known_by_its_shortname_with_identifier_and_address() -> None:
    box = '<div id="disqus_thread"></div>'
    snippet = """<script>/* var disqus_config = function () {this.page.url = 'PAGE_URL';}; */
    var disqus_config = function () {
      this.page.url = "https://bagh.test/1405/bagh/"; // this.page.identifier = 'X';
      this.page.identifier = 'it\\'s 7';
    };
    s.src = 'https://Bagh-News.disqus.com/embed.js';</script>"""
    found = services(box + snippet)["disqus"]
    assert found.startswith("https://disqus.com/embed/comments/?")
    assert query(found) == {
        "base": "default", "f": "bagh-news", "t_i": "it's 7", "t_u": "https://bagh.test/1405/bagh/"
    }  # fmt: skip
    plugin = (
        '<script>/* <![CDATA[ */ var embedVars = {"disqusConfig":{"integration":"wordpress 3.0.23"},'
        '"disqusIdentifier":"41 https:\\/\\/bagh.test\\/?p=41","disqusShortname":"bagh",'
        '"disqusUrl":"https:\\/\\/bagh.test\\/41\\/","postId":"41"}; /* ]]> */</script>'
    )
    assert query(services(box + plugin)["disqus"])["t_i"] == "41 https://bagh.test/?p=41"
    assert services("<script>var disqus_shortname = 'bagh';</script>") == {}, "only the counter is there"


def test_remark42_and_discourse_are_known_by_their_configuration() -> None:
    remark = "<div id=remark42></div><script>var remark_config={host:'https://r.test/',site_id:'s'}</script>"
    found = services(remark, "https://bagh.test/a/?utm_source=x#c")["remark42"]
    assert found.startswith("https://r.test/api/v1/find?")
    assert query(found) == {"site": "s", "url": "https://bagh.test/a/", "sort": "+time", "format": "plain"}
    box = (
        "<div id='discourse-comments'></div>"
        "<script>DiscourseEmbed = {discourseUrl: 'https://d.test/', %s};</script>"
    )
    assert services(box % "topicId: 8") == {"discourse": "https://d.test/t/8.json"}
    assert services(box % "discourseEmbedUrl: 'https://bagh.test/a/'") == {
        "discourse": "https://d.test/embed/comments?embed_url=https%3A%2F%2Fbagh.test%2Fa%2F"
    }


def test_waline_is_asked_for_the_path_that_its_client_sends() -> None:
    box = (
        "<div id=waline></div>"
        "<script type=module>import { init } from '/w.js'; init({ el: '#waline', %s });</script>"
    )
    found = services(
        box % "serverURL: 'https://w.test/', path: location.pathname", "https://bagh.test/%D8%A7/"
    )
    assert found["waline"].startswith("https://w.test/api/comment?path=%2F%D8%A7%2F&")
    assert query(services(box % "serverURL: 'https://w.test', path: '/x'")["waline"])["path"] == "/x"
    assert services(box % "serverURL: 'https://w.test', path: page.key") == {}


@pytest.mark.parametrize(
    "body",
    [
        "<div id=remark42></div><script>var remark_config={host: location.origin,site_id:'s'}</script>",
        "<div id=remark42></div><script>var remark_config={host:'ftp://r.test/',site_id:'s'}</script>",
        "<div id=disqus_thread></div><script>var disqus_shortname = 'a/../b?';</script>",
        "<div id=discourse-comments></div>"
        + "<script>DiscourseEmbed={discourseUrl:'https://d.test/',discourseEmbedUrl: location.href}</script>",
        "<script data-isso='https://c.test/'></script>",
    ],
)
def test_what_only_running_the_script_would_tell_is_not_guessed(body: str) -> None:
    assert services(body) == {}


@pytest.mark.parametrize(
    "script",
    [
        "/*" * 30_000,
        "disqus_shortname='" + "\\" * 60_000,
        "remark_config" + "host:'" * 10_000,
        "\n//" * 20_000,
        "init({" * 10_000,
    ],
    ids=["comments", "backslashes", "literals", "lines", "calls"],
)
def test_a_script_made_to_break_the_reader_costs_little(script: str) -> None:
    box = "<div id=disqus_thread></div><div id=remark42></div>"
    start = time.process_time()
    assert services(box + f"<script>disqus remark_config serverURL {script}</script>" * 20) == {}
    assert time.process_time() - start < 3


def test_the_frame_of_disqus_tells_its_first_posts_and_how_many_are_not_told() -> None:
    thread = read_comments(FRAME.encode(), url=FRAME_URL)
    assert [(one.publisher_id, one.parent_id, one.author, one.text) for one in thread.comments] == [
        ("11", None, "نگار", "باغ را می\u200cبینیم."), ("12", "11", "پویا", "ما هم.")
    ]  # fmt: skip
    assert (thread.origin, thread.declared_total, thread.shortfall, thread.more) == ("disqus", 3, 1, ())


def test_a_frame_is_one_by_its_path_as_well_and_no_article_is_taken_for_it() -> None:
    assert is_comment_frame(FRAME.encode(), FRAME_URL)
    assert not is_comment_frame(FRAME.encode(), URL)
    assert not is_comment_frame(b"<html><p>news</p></html>", FRAME_URL)
    with pytest.raises(ReadError):
        read_comments(FRAME.encode(), url=URL)
    with pytest.raises(ReadError):
        read_comments(FRAME.replace("{", "[", 1).encode(), url=FRAME_URL)


def test_a_feed_and_json_are_told_apart_by_their_shape() -> None:
    feed = (
        "<?xml version='1.0'?><rss version='2.0'><channel><item><guid>https://bagh.test/a/#comment-5</guid>"
        "<description>خوب</description></item></channel></rss>"
    )
    assert read_comments(feed.encode(), url=URL).origin == "rss"
    rest = b'[{"id":1,"post":2,"content":{"rendered":"<p>x</p>"}}]'
    assert read_comments(rest, url=URL).origin == "wordpress-rest"
    with pytest.raises(ReadError):
        read_comments(b'[{"id":1,"title":{"rendered":"x"}}]', url=URL)
