"""Feeds and sitemaps made to take long take no time: each of these would else take minutes to hours."""

import contextlib
import gzip
import time
from collections.abc import Callable

import pytest

from model import ReadError
from spiders import read_feed, read_posts, read_sitemap
from spiders.broken_xml import mend
from spiders.feeds import _MAX_ENTRIES

URL = "https://news.example/feed/"
SIZE = 4_000_000
BOUND_S = 8.0
"""Of the processor, not of the clock; what is linear takes below one on the machine this was written on."""


def filled(head: bytes, piece: bytes, tail: bytes = b"") -> bytes:
    return head + piece * (SIZE // len(piece)) + tail


def numbered(head: bytes, piece: str, tail: bytes) -> bytes:
    return head + "".join(piece.format(n) for n in range(SIZE // len(piece))).encode() + tail


HOSTILE = {
    "open CDATA": filled(b"<rss><channel>&", b"<![CDATA["),
    "CDATA openings, one end": filled(b"<rss><channel>&", b"<![CDATA[", b"]]>"),
    "empty CDATA": filled(b"<rss><channel>&<item>", b"<![CDATA[]]>"),
    "ends of CDATA": filled(b"<rss><channel>&", b"]]>"),
    "ampersands": filled(b"<rss><channel><item><link>", b"&"),
    "half references": filled(b"<rss><channel><item><link>", b"&#1111111"),
    "less-than signs": filled(b"<rss>", b"<"),
    "comment openings": filled(b"<rss>&", b"<!--"),
    "instructions": filled(b"<rss>&", b"<?a "),
    "nested items": filled(b"<rss><channel>&", b"<item>"),
    "nested titles": filled(b"<rss><channel>&", b"<item><title>a<b>"),
    "items in the links before": filled(b"<rss><channel>&", b"<item><link>a"),
    "deep, then wide": filled(b"<rss><channel>&" + b"<item><link>" * 100, b"<b/>"),
    "deep, then text": filled(b"<rss><channel>&" + b"<item><link>" * 100, b"a" * 1000),
    "empty items": filled(b"<rss><channel>", b"<item/>", b"</channel></rss>"),
    "empty elements": filled(b"<rss><channel>", b"<b/>", b"</channel></rss>"),
    "next pages": numbered(b"<feed>", '<link rel="next" href="/{:07}"/>', b"</feed>"),
    "attributes": numbered(b"<rss><channel><item", ' a{:07}=""', b"/></channel></rss>"),
    "prefixes": numbered(b"<rss", ' xmlns:a{:07}="a"', b"><channel><item/></channel></rss>"),
    "long base": filled(
        b"<feed xml:base='http://a.example/" + b"a" * (SIZE // 2) + b"'>", b"<entry><link href='/a'/></entry>"
    ),
    "white space": filled(b"", b" ", b"<rss>"),
    "no tag": filled(b"", b"a", b"<"),
    "doctype": filled(b"<!DOCTYPE rss [", b"<!ENTITY a 'b'>"),
    "nested urls": filled(b"<urlset>&", b"<url><loc>"),
    "locations": filled(b"<urlset><url>&", b"<loc>a</loc>"),
    "entries": filled(b"<urlset>", b"<url><loc>https://n.example/</loc></url>", b"</urlset>"),
    "empty entries": filled(b"<urlset>", b"<url/>", b"</urlset>"),
    "small gzip members": filled(b"", gzip.compress(b"")),
    "a bomb": gzip.compress(b" " * (60 << 20), 1),
    "addresses": filled(b"", b"http://a\n"),
    "brackets": filled(b"{", b'"a":['),
    "digits": filled(b'{"items":[{"id":', b"1"),
    "items of JSON": filled(b'{"items":[', b'{"url":"/a"},', b"0]}"),
}


def seconds(read: Callable[[bytes, str], object], body: bytes) -> float:
    started = time.process_time()
    with contextlib.suppress(ReadError):
        read(body, URL)
    return time.process_time() - started


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("read", [read_feed, read_sitemap, read_posts])
def test_four_hostile_megabytes_take_seconds_at_most(read: Callable[[bytes, str], object], name: str) -> None:
    assert seconds(read, HOSTILE[name]) < BOUND_S


def test_an_unclosed_section_ends_the_mending_of_sections() -> None:
    assert (
        mend(b"&<![CDATA[&]]>&<![CDATA[&<![CDATA[&") == b"&#38;<![CDATA[&]]>&#38;<![CDATA[&#38;<![CDATA[&#38;"
    )


def test_items_past_the_bound_are_left() -> None:
    item = b"<item><link>https://n.example/a</link></item>"
    body = b"<rss><channel>" + item * (_MAX_ENTRIES + 5) + b"</channel></rss>"
    assert len(read_feed(body, URL).entries) == _MAX_ENTRIES


@pytest.mark.parametrize("base", ["http://[", "a" * 5_000, "javascript:a"])
def test_a_base_that_is_no_address_is_left_out(base: str) -> None:
    body = f'<feed xml:base="{base}"><entry><link href="/a"/></entry></feed>'.encode()
    assert [entry.url for entry in read_feed(body, URL).entries] == ["https://news.example/a"]


def test_a_sitemap_of_exactly_as_many_entries_as_the_protocol_allows_is_whole() -> None:
    body = b"<urlset>" + b"<url><loc>https://n.example/</loc></url>" * 50_000 + b"</urlset>"
    found = read_sitemap(body, URL)
    assert (len(found.pages), found.complete) == (50_000, True)
