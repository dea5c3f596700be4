"""Pages made to harm whoever reads them, between good ones: the crawl goes on and keeps all of it."""

from __future__ import annotations

import random
from pathlib import Path

from servers import small_site
from servers.crawl_process import assert_plain, assert_whole, crawl
from servers.small_site import Site, article

from archive import Archive

_GOOD = ("خبر یکم", "خبر هشتم")
_MANY = " ".join(f'data-{number}="{number}"' for number in range(2_000))
HOSTILE = {
    "nested": article("تودرتو", "<div>" * 100_000 + "ته" + "</div>" * 100_000),
    "never closed": article("باز", "<b><i><u>" * 30_000 + "ته"),
    "attributes": article("ویژگی", f'<p {_MANY} class="{"a " * 500_000}">بند</p>'),
    "marks": article("نشانه", "<p>ا" + "\u0650\u064e" * 200_000 + "</p>"),
    "directions": article("\u202eعنوان وارونه\u2066", "<p>\u202e\u2067بند\u202d</p>"),
    "comments without end": article("دیدگاه", comments=small_site.comment_list(range(20_000))),
    "json": article("داده", head='<script type="application/ld+json">' + "[" * 100_000 + "</script>"),
}
BROKEN_UTF8 = article("بریده").encode().replace("بریده".encode(), b"\xd8\xff\xfe\xd8")


def test_the_crawl_goes_on_between_pages_of_an_attacker(tmp_path: Path) -> None:
    site = Site()
    pages: dict[str, bytes] = {f"/news/{at}/": text.encode() for at, text in enumerate(HOSTILE.values(), 10)}
    pages |= {
        "/news/2/": BROKEN_UTF8,
        "/news/3/": random.Random(7).randbytes(200_000),
        "/news/4/": b"\0" * 99,
    }
    pages |= {"/news/1/": article(_GOOD[0]).encode(), "/news/8/": article(_GOOD[1]).encode()}
    links = "".join(f'<a href="{path}">خبر</a>' for path in sorted(pages))
    site.add("/", small_site.page("خانه", links))
    for path, body in pages.items():
        site.add(path, body)
    with site.serving() as url:
        ended = crawl(tmp_path / "a", url)
    assert ended.code == 0, ended
    assert_plain(ended)
    assert_whole(tmp_path / "a")
    # What is no text is no page; everything else was read.
    assert dict(ended.crawl["failures"])["unreadable"] == 2
    with Archive.open(tmp_path / "a") as archive:
        assert {one.title for one in archive.catalogue.articles()} >= {*_GOOD, "تودرتو", "نشانه"}
        for path, body in pages.items():
            capture = archive.catalogue.latest_capture(url.rstrip("/") + path)
            assert capture is not None, path
            assert archive.load(capture).entity == body
