"""A page that breaks off proves nothing about what would have stood behind the break."""

from __future__ import annotations

from pathlib import Path

import pytest
from servers import small_site
from servers.awkward_http import AwkwardServer
from servers.crawl_process import assert_whole, crawl

from archive import Archive
from model import Truncation

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
ARTICLE = small_site.article("خبر", comments=small_site.comment_list(range(1, 6))).encode()


def whole(body: bytes) -> bytes:
    return HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_page_cut_off_is_no_new_version_and_no_comment_is_gone_for_it(tmp_path: Path, end: str) -> None:
    cut = whole(ARTICLE)[: len(HEAD) + ARTICLE.index(b"comment-3")]
    with AwkwardServer() as server:
        server.on("/", whole(small_site.page("خانه", '<a href="/khabar-1/">خبر</a>').encode()))
        server.on("/khabar-1/", whole(ARTICLE))
        assert crawl(tmp_path / "a", server.url()).code == 0
        server.on("/khabar-1/", cut, then=end)
        again = crawl(tmp_path / "a", server.url(), "-s", "RETRY_TIMES=1")
        assert again.failures["truncated_disconnect"] == 2, "a page that was cut off is asked for again"
        with Archive.open(tmp_path / "a") as archive:
            (article,) = archive.catalogue.articles()
            assert article.versions == 1
            comments = archive.catalogue.comments(article.id)
            assert [one.gone_since for one in comments] == [None] * 5
            captures = archive.catalogue.captures(server.url("/khabar-1/"))
            assert [one.truncated for one in captures] == [None, *[Truncation.DISCONNECT] * 2]
    assert_whole(tmp_path / "a")


def test_a_page_with_its_end_tag_is_read_though_its_server_closed_early(tmp_path: Path) -> None:
    with AwkwardServer() as server:
        server.on("/", whole(small_site.page("خانه", '<a href="/khabar-1/">خبر</a>').encode()))
        # A length that promises more than there is, as careless proxies leave it.
        server.on("/khabar-1/", HEAD + b"Content-Length: 999999\r\n\r\n" + ARTICLE, then="close")
        ended = crawl(tmp_path / "a", server.url())
        assert (ended.crawl["articles"], ended.crawl["comments"]) == (1, 5)
        assert ended.failures["truncated_disconnect"] == 1
