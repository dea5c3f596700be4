"""Feeds of every kind are read, broken ones too, and nothing crashes on garbage."""

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import ReadError
from spiders import FeedEntry, read_feed

URL = "https://news.example/feed/"

RSS2 = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:wfw="http://wellformedweb.org/CommentAPI/" xmlns:atom="http://www.w3.org/2005/Atom"
  xmlns:slash="http://purl.org/rss/1.0/modules/slash/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>خبر</title><link>https://news.example/</link>
<atom:link href="https://news.example/feed/" rel="self"/>
<atom:link href="https://news.example/feed/?page=2" rel="next"/>
<generator>https://wordpress.org/?v=6.1.9</generator>
<item><title>یک</title><link>https://news.example/2026/11/yek/?a=1&amp;b=2</link>
<comments>https://news.example/2026/11/yek/#comments</comments>
<pubDate>Mon, 23 Nov 2026 07:30:00 +0330</pubDate><guid isPermaLink="false">https://news.example/?p=7</guid>
<wfw:commentRss>https://news.example/2026/11/yek/feed/</wfw:commentRss><slash:comments>12</slash:comments></item>
<item><guid>https://news.example/2026/11/do/</guid><dc:date>2026-11-22T10:00:00Z</dc:date></item>
<item><title>no address</title><guid isPermaLink="false">7</guid></item>
</channel></rss>"""


def test_rss_2_gives_addresses_dates_and_where_the_comments_are() -> None:
    feed = read_feed(RSS2.encode(), URL)
    assert feed.entries[0] == FeedEntry(
        url="https://news.example/2026/11/yek/?a=1&b=2",
        published_raw="Mon, 23 Nov 2026 07:30:00 +0330",
        published_at=datetime(2026, 11, 23, 4, 0, tzinfo=UTC),
        comments_url="https://news.example/2026/11/yek/#comments",
        comment_feed="https://news.example/2026/11/yek/feed/",
        title="یک",
        comment_count=12,
    )
    assert [entry.url for entry in feed.entries[1:]] == ["https://news.example/2026/11/do/"]
    assert feed.entries[1].published_at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert feed.more == ("https://news.example/feed/?page=2",)
    assert "wordpress.org" in feed.generator


def test_rss_1_items_beside_the_channel_are_read() -> None:
    body = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
      xmlns:slash="http://purl.org/rss/1.0/modules/slash/">
      <channel rdf:about="x"><link>https://news.example/</link></channel>
      <item rdf:about="https://news.example/a"><link>https://news.example/a</link>
      <slash:comments>3</slash:comments></item>
      <item rdf:about="https://news.example/b"/></rdf:RDF>"""
    feed = read_feed(body, URL)
    assert [entry.url for entry in feed.entries] == ["https://news.example/a", "https://news.example/b"]
    assert feed.entries[0].comment_count == 3


def test_atom_prefers_the_html_alternate_and_never_takes_the_date_of_a_change() -> None:
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"
      xml:base="https://news.example/x/">
      <link rel="prev-archive" href="/archive/1.atom"/>
      <entry><id>tag:x,1</id><link rel="enclosure" href="a.mp3"/>
      <link rel="alternate" type="application/json" href="a.json"/><link type="text/html" href="a.html"/>
      <link rel="replies" type="application/atom+xml" href="a/comments" thr:count="4"/>
      <updated>2026-11-23T00:00:00Z</updated></entry>
      <entry><id>tag:x,2</id></entry></feed>"""
    feed = read_feed(body, URL)
    assert feed.entries == (
        FeedEntry(
            url="https://news.example/x/a.html",
            comment_feed="https://news.example/x/a/comments",
            comment_count=4,
        ),
    )
    assert feed.more == ("https://news.example/archive/1.atom",)


def test_json_feed_is_read() -> None:
    items = [{"id": "1", "url": "/a", "date_published": "2026-11-23T01:02:03+01:00"}, {"id": "x"}, 5]
    feed = read_feed(json.dumps({"version": "1.1", "items": items, "next_url": "?p=2"}).encode(), URL)
    assert [entry.url for entry in feed.entries] == ["https://news.example/a"]
    assert feed.more == ("https://news.example/feed/?p=2",)


@pytest.mark.parametrize(
    "broken",
    [
        RSS2.replace("&amp;", "&"),
        "\n<br />Warning: in /x.php\n".replace("<br />", "") + RSS2,
        RSS2.replace(' xmlns:slash="http://purl.org/rss/1.0/modules/slash/"', ""),
        RSS2[: RSS2.index("</channel>")],
        RSS2.replace("<title>یک</title>", "<title>a & b &nbsp; <b></title>"),
    ],
    ids=["bare ampersand", "junk before", "undeclared prefix", "cut off", "tag soup"],
)
def test_broken_xml_still_gives_whole_addresses(broken: str) -> None:
    entry = read_feed(broken.encode(), URL).entries[0]
    assert (entry.url, entry.comment_count) == ("https://news.example/2026/11/yek/?a=1&b=2", 12)


def test_an_ampersand_in_cdata_is_not_changed_by_mending() -> None:
    body = b"<rss><channel><item><link><![CDATA[https://n.example/?a=1&b=2]]></link><x>&</x></item></channel></rss>"
    assert read_feed(body, URL).entries[0].url == "https://n.example/?a=1&b=2"


def test_entities_are_not_expanded_and_no_file_is_read(tmp_path: pytest.TempPathFactory) -> None:
    body = b"""<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname"><!ENTITY a "aaaaaaaaaa">
      <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><rss><channel><item><link>https://n.example/&x;&b;</link></item>
      </channel></rss>"""
    entries = read_feed(body, URL).entries
    assert all("aaaa" not in entry.url and "localhost" not in entry.url for entry in entries)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"<html><body>404</body></html>",
        b"{}",
        b"[" * 100_000,
        b"\x89PNG\r\n",
        b"<urlset/>",
        b"{" * 9999,
    ],
)
def test_what_is_no_feed_is_a_read_error(body: bytes) -> None:
    with pytest.raises(ReadError):
        read_feed(body, URL)


@settings(max_examples=200, deadline=None)
@given(cut=st.integers(0, len(RSS2)), noise=st.binary(max_size=40), at=st.integers(0, len(RSS2)))
def test_no_damage_crashes_the_reader(cut: int, noise: bytes, at: int) -> None:
    data = RSS2.encode()
    with contextlib.suppress(ReadError):
        read_feed(data[:at] + noise + data[at:][:cut], URL)
