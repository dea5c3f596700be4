"""Comments from RSS and Atom feeds."""

# Markup stands here as the systems write it:
# ruff: noqa: E501

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from model import ReadError
from pipelines.comments import read_comment_feed

URL = "https://rooznameh.test/news/7/feed/"


def rss(*items: str, channel: str = "") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
<title>دیدگاه\u200cها برای: باغ</title><atom:link href="{URL}" rel="self" type="application/rss+xml"/>
<link>https://rooznameh.test/news/7/</link>{channel}{"".join(items)}</channel></rss>""".encode()


def item(number: int, text: str, name: str = "نگار") -> str:
    return f"""<item><title>توسط: {name}</title><link>https://rooznameh.test/news/7/comment-page-2/#comment-{number}</link>
<dc:creator><![CDATA[{name}]]></dc:creator><pubDate>Thu, 01 Oct 2026 12:{number:02}:00 +0000</pubDate>
<guid isPermaLink="false">https://rooznameh.test/news/7/#comment-{number}</guid><description><![CDATA[کوتاه]]></description>
<content:encoded><![CDATA[{text}]]></content:encoded></item>"""


def test_rss_gives_author_date_text_id_and_link_oldest_first() -> None:
    got = read_comment_feed(rss(item(12, "<p>دو</p>\n"), item(11, "<p>یک<br />\nو نیم</p>")), url=URL)
    assert got.origin == "rss"
    assert [(c.publisher_id, c.author, c.text) for c in got.comments] == [
        ("11", "نگار", "یک\nو نیم"),
        ("12", "نگار", "دو"),
    ]
    assert got.comments[0].published_at == datetime(2026, 10, 1, 12, 11, tzinfo=UTC)
    assert got.comments[0].published_raw == "Thu, 01 Oct 2026 12:11:00 +0000"
    assert got.comments[0].url == "https://rooznameh.test/news/7/comment-page-2/#comment-11"


def test_the_opening_of_a_reply_names_its_parent_and_is_no_text() -> None:
    opening = '<p>در پاسخ به <a href="https://rooznameh.test/news/7/#comment-11">نگار</a>.</p>\n'
    got = read_comment_feed(rss(item(11, "<p>یک</p>"), item(12, opening + "<p>من هم</p>", "پویا")), url=URL)
    assert [(c.publisher_id, c.parent_id, c.depth, c.text) for c in got.comments] == [
        ("11", None, 0, "یک"),
        ("12", "11", 1, "من هم"),
    ]


def test_a_link_within_a_writers_own_sentence_is_no_opening() -> None:
    text = '<p>همان که <a href="#comment-11">نگار</a> گفت درست است.</p>'
    (only,) = read_comment_feed(rss(item(12, text)), url=URL).comments
    assert (only.parent_id, only.text) == (None, "همان که نگار گفت درست است.")


def test_an_item_of_a_protected_post_is_left_out() -> None:
    form = '<form action="/wp-login.php?action=postpass" class="post-password-form"><p>رمز:</p></form>'
    assert read_comment_feed(rss(item(12, form)), url=URL + "?comments=1").comments == ()


ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"
 xmlns:o="http://a9.com/-/spec/opensearchrss/1.0/"><o:totalResults>9</o:totalResults>
<link rel="next" href="https://rooznameh.test/news/7/feed/atom/?paged=2"/>
<entry><title>توسط: آرش</title><link rel="alternate" href="https://rooznameh.test/news/7/#comment-22" type="text/html"/>
<author><name>آرش</name></author><id>https://rooznameh.test/news/7/#comment-22</id><published>2026-10-01T10:00:00Z</published>
<content type="html"><![CDATA[<p>درود</p>]]></content>
<thr:in-reply-to ref="https://rooznameh.test/news/7/#comment-21" href="https://rooznameh.test/news/7/#comment-21"/></entry>
<entry><title>توسط: نگار</title><link href="https://rooznameh.test/news/7/#comment-21"/><author><name>نگار</name></author>
<id>https://rooznameh.test/news/7/#comment-21</id><updated>2026-10-01T09:00:00Z</updated>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>سلام</p></div></content>
<thr:in-reply-to ref="https://rooznameh.test/?p=7" href="https://rooznameh.test/news/7/"/></entry></feed>"""


def test_atom_threading() -> None:
    got = read_comment_feed(ATOM.encode(), url="https://rooznameh.test/news/7/feed/atom/")
    assert [(c.publisher_id, c.parent_id, c.author, c.text) for c in got.comments] == [
        ("21", None, "نگار", "سلام"),
        ("22", "21", "آرش", "درود"),
    ]
    assert (got.origin, got.declared_total) == ("atom", 9)
    assert got.more == ("https://rooznameh.test/news/7/feed/atom/?paged=2",)


def test_a_feed_without_entries_has_no_comments() -> None:
    assert read_comment_feed(rss(), url=URL).comments == ()


def test_white_space_before_the_declaration_is_forgiven() -> None:
    assert len(read_comment_feed(b"\r\n\n" + rss(item(1, "<p>یک</p>")), url=URL).comments) == 1


BROKEN = {
    "not closed": rss(item(1, "<p>یک</p>"))[:-20],
    "html": b"<!DOCTYPE html><html><body>404</body></html>",
    "empty": b"",
    "json": b"{}",
    "other xml": b"<urlset/>",
    "articles": rss(
        "<item><title>خبر</title><link>https://rooznameh.test/news/8/</link><description>متن</description></item>"
    ),
    "bomb": b'<!DOCTYPE r [<!ENTITY a "'
    + b"x" * 100_000
    + b'"><!ENTITY b "'
    + b"&a;" * 100_000
    + b'">]><rss><channel>&b;</channel><x>',
    "deep": b"<rss>" + b"<a>" * 100_000,
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_feed_of_comments_raises(name: str) -> None:
    with pytest.raises(ReadError):
        read_comment_feed(BROKEN[name], url=URL)


def test_entities_are_not_resolved_and_nothing_is_read_from_disk(tmp_path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("راز")
    doctype = f'<!DOCTYPE rss [<!ENTITY s SYSTEM "{secret.as_uri()}">]>'.encode()
    feed = (
        rss(item(5, "<p>یک</p>"))
        .replace(b"?><rss", b"?>" + doctype + b"<rss")
        .replace("کوتاه".encode(), b"]]>&s;<![CDATA[")
    )
    assert "راز" not in str(read_comment_feed(feed, url=URL))


def test_a_text_that_many_entries_enclose_is_read_once() -> None:
    text = "<content:encoded>" + "<b>ن</b>" * 200 + "</content:encoded>"
    nested = (
        item(1, "x").removesuffix("</item>").replace("<content:encoded><![CDATA[x]]></content:encoded>", "")
    )
    got = read_comment_feed(rss(nested * 200 + text + "</item>" * 200, item(2, "دو")), url=URL)
    assert [comment.text for comment in got.comments] == ["کوتاه", "دو"]
