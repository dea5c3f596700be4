"""Sitemaps are read in every form, bounded, and never with a damaged address."""

import contextlib
import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import ReadError
from spiders import SitemapEntry, read_sitemap
from spiders.sitemaps import gunzip

URL = "https://news.example/sitemap.xml"
NEWS = b"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"
 xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc> https://news.example/a?x=1&amp;y=2 </loc><lastmod>2026-11-23T10:00:00+00:00</lastmod>
<image:image><image:loc>https://news.example/a.jpg</image:loc></image:image>
<n:news><n:publication_date>2026-11-22</n:publication_date><n:title>x</n:title></n:news></url>
<url><loc>/relative</loc></url><url><loc>mailto:a@b</loc></url><url/>
</urlset>"""


def test_a_news_sitemap_gives_pages_with_both_dates_and_no_images() -> None:
    found = read_sitemap(NEWS, URL)
    assert found.complete
    assert found.pages == (
        SitemapEntry(
            url="https://news.example/a?x=1&y=2",
            modified_raw="2026-11-23T10:00:00+00:00",
            modified_at=datetime(2026, 11, 23, 10, tzinfo=UTC),
            published_raw="2026-11-22",
            published_at=datetime(2026, 11, 22, tzinfo=UTC),
        ),
        SitemapEntry(url="https://news.example/relative"),
    )


def test_an_index_gives_sitemaps() -> None:
    body = b"<sitemapindex><sitemap><loc>https://news.example/1.xml.gz</loc></sitemap></sitemapindex>"
    found = read_sitemap(body, URL)
    assert ([one.url for one in found.sitemaps], found.pages) == (["https://news.example/1.xml.gz"], ())


def test_gzip_is_undone_also_in_several_members() -> None:
    half = len(NEWS) // 2
    body = gzip.compress(NEWS[:half]) + gzip.compress(NEWS[half:])
    assert read_sitemap(body, URL) == read_sitemap(NEWS, URL)


def test_a_cut_gzip_gives_what_it_holds_and_says_so() -> None:
    many = b"<urlset>" + b"".join(b"<url><loc>https://n.example/%d</loc></url>" % n for n in range(5000))
    body = gzip.compress(many + b"</urlset>")
    found = read_sitemap(body[: len(body) // 2], URL)
    assert 100 < len(found.pages) < 5000
    assert not found.complete


def test_a_gzip_bomb_stops_at_the_bound_of_the_protocol() -> None:
    data, whole = gunzip(gzip.compress(b"\0" * (60 * 1024 * 1024)))
    assert (len(data), whole) == (50 * 1024 * 1024, False)


def test_a_text_sitemap_is_read() -> None:
    body = b"\xef\xbb\xbfhttps://news.example/1\r\nhttps://news.example/2\n\n"
    assert [one.url for one in read_sitemap(body, URL).pages] == [
        "https://news.example/1",
        "https://news.example/2",
    ]


def test_broken_xml_gives_whole_addresses_and_is_marked() -> None:
    found = read_sitemap(b"\n\n" + NEWS.replace(b"&amp;", b"&").replace(b"</urlset>", b""), URL)
    assert found.pages[0].url == "https://news.example/a?x=1&y=2"
    assert not found.complete


def test_entries_past_the_bound_are_left_and_said_so() -> None:
    body = b"<urlset>" + b"<url><loc>https://n.example/</loc></url>" * 50_001 + b"</urlset>"
    found = read_sitemap(body, URL)
    assert (len(found.pages), found.complete) == (50_000, False)


@pytest.mark.parametrize(
    "body",
    [b"", b"<html><p>no</p></html>", b"plain words", b"\x1f\x8bnot gzip", b"<rss><channel/></rss>", b"<"],
)
def test_what_is_no_sitemap_is_a_read_error(body: bytes) -> None:
    with pytest.raises(ReadError):
        read_sitemap(body, URL)


@settings(max_examples=200, deadline=None)
@given(cut=st.integers(0, len(NEWS)), noise=st.binary(max_size=40), at=st.integers(0, len(NEWS)))
def test_no_damage_crashes_the_reader(cut: int, noise: bytes, at: int) -> None:
    with contextlib.suppress(ReadError):
        read_sitemap(NEWS[:at] + noise + NEWS[at:][:cut], URL)
