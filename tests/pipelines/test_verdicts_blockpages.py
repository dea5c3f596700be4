"""What looks like a block page and what does not; floors over the pages that travel with the tests."""

from __future__ import annotations

import time

import pytest
from samples.censored import IRAN, IRAN_TEXT, NOTICE, QUOTING, UNKNOWN_NOTICE, article
from samples.filtering_articles import pages

from model import Answer
from pipelines.verdicts import block_page_matches, looks_like_block_page
from pipelines.verdicts.blockpages import known_country
from pipelines.verdicts.page_facts import page_facts, same_page

QUOTES = pages()


def answer(body: bytes, content_type: bytes = b"text/html", **headers: bytes) -> Answer:
    named = tuple((name.replace("_", "-").encode(), value) for name, value in headers.items())
    return Answer(
        status=200,
        headers=((b"Content-Type", content_type), *named),
        body=body[: 128 * 1024],
        body_length=len(body),
    )


def test_there_are_articles_enough_and_most_would_match() -> None:
    assert len({name[:2] for name in QUOTES}) >= 20
    assert sum(bool(block_page_matches(answer(body))) for body in QUOTES.values()) > 0.9 * len(QUOTES)


def test_no_article_that_quotes_a_block_page_looks_like_one() -> None:
    assert [name for name, body in QUOTES.items() if looks_like_block_page(answer(body))] == []


def test_an_article_stays_one_in_the_old_encoding() -> None:
    text = QUOTING.decode().replace("\u200c", " ").replace("ی", "ي").replace("ٔ", "").replace("ک", "ك")
    page = text.replace('charset="utf-8"', 'charset="windows-1256"').encode("cp1256", "xmlcharrefreplace")
    assert not looks_like_block_page(answer(page))


@pytest.mark.parametrize(
    ("page", "match"),
    [
        (IRAN, "frame.ir"),
        (IRAN, "title.iran"),
        (IRAN_TEXT, "said.fa"),
        (NOTICE, "said.en"),
        (b'<iframe src="http://[d0::11]/">', "frame.ir"),
        (b'<frameset><frame src="http://192.168.1.1/block.php"></frameset>', "frame.private"),
        (b'<meta http-equiv=refresh content="0; url=http://peyvandha.ir/1-2">', "frame.ir"),
        (b'<script>window.location.href = "http://block.isp.example/?u=1"</script>', "frame.away"),
        ("<title>Доступ ограничен</title><p>Доступ к ресурсу ограничен по решению суда".encode(), "said.ru"),
        ("<h1>Erişim engellendi</h1><p>Bu siteye erişim engellenmiştir".encode(), "said.tr"),
        ("<p>تم حجب هذا الموقع</p>".encode(), "said.ar"),
        ("<p>해당 사이트는 차단되었습니다</p>".encode(), "said.ko"),
        (b"<title>Notice</title>FortiGuard Web Filtering", "censoredplanet.a_prod_fortinet_1"),
    ],
)
def test_a_notice_is_known_by(page: bytes, match: str) -> None:
    assert match in block_page_matches(answer(page))
    assert looks_like_block_page(answer(page))


@pytest.mark.parametrize(
    "page",
    [
        article(),
        UNKNOWN_NOTICE,
        b"",
        b"\x89PNG\r\n\x1a\n" + bytes(200),
        b'{"status": "ok"}',
        b"<title>403 Forbidden</title><p>You don't have permission to access this resource.</p>",
        b"<title>Access denied | x used Cloudflare to restrict access</title>Error 1020 Access denied",
        b"<TITLE>Access Denied</TITLE>No permission on this server.<P>Reference&#32;&#35;18&#46;2d",
        b"<title>403 Forbidden</title><center><h1>403 Forbidden</h1></center><hr><center>nginx</center>",
        "<title>این مطلب حذف شده است</title><h1>این مطلب حذف شده است</h1>".encode(),
        "<title>تعمیر</title><p>سایت در دست تعمیر است، به زودی بازمی‌گردیم".encode(),
        b"<title>Photo</title><p>A page with little on it.",
        '<title>گالری</title><iframe src="https://video.example/embed/1"></iframe>'.encode()
        + ("<p>" + "عکس‌هایی از جشنوارهٔ امسال " * 8 + "</p>").encode(),
    ],
)
def test_what_is_no_notice(page: bytes) -> None:
    assert not looks_like_block_page(answer(page))


def test_a_redirect_is_judged_by_where_it_leads() -> None:
    assert looks_like_block_page(answer(b"", location=b"http://10.10.34.36/?type=Invalid"))
    assert looks_like_block_page(answer(b"", location=b"http://blocked.isp.example/"), "news.example")
    assert not looks_like_block_page(answer(b"", location=b"https://news.example/b"), "news.example")
    assert not looks_like_block_page(answer(b"", location=b"http://www.news.example/"), "news.example")
    assert not looks_like_block_page(answer(b"", location=b"http://fa.news.example/"), "www.news.example")
    assert looks_like_block_page(answer(b"", location=b"http://badnews.example/"), "news.example")
    assert not looks_like_block_page(answer(b"", location=b"/elsewhere"), "news.example")
    assert not looks_like_block_page(answer(b"", location=b"http://["), "news.example")


def test_a_page_of_which_only_the_beginning_is_kept_is_not_short() -> None:
    assert looks_like_block_page(answer(NOTICE + b" " * 1000))
    assert not looks_like_block_page(answer(NOTICE + b" " * 200_000))


def test_known_addresses_are_known_in_any_spelling() -> None:
    assert known_country("10.10.34.34") == known_country("[d0:0:0:0:0:0:0:11]") == "IR"
    assert known_country("www.peyvandha.ir") == "IR"
    assert known_country("notpeyvandha.ir") is None
    assert known_country("10.10.34.33") is None


def test_pages_of_one_site_are_the_same_and_others_are_not() -> None:
    one, edited = page_facts(answer(article())), page_facts(answer(article("معلمان: باز هم گفت‌وگو")))
    assert same_page(one, edited)
    for other in (QUOTES["03-plain"], NOTICE, IRAN, b""):
        assert not same_page(one, page_facts(answer(other)))
    # Short words in Persian are long in bytes, and an empty title is like no title: neither makes a match.
    assert not same_page(page_facts(answer(IRAN)), page_facts(answer("<title>خبر روز</title>".encode())))


@pytest.mark.parametrize(
    "page",
    [
        b"access to the site is " * 6000,
        b"<title>ACCESS DENIED</title>" * 4500,
        b"keweon " * 18_000,
        b"If you believe the requested page should not be blocked please " * 2000,
        "دسترسی به ".encode() * 6000,
        b"<div>" * 25_000 + b"x" * 100,
        b"<p>" + b"a" * 60 + b"<div>" * 20_000,
        b"<script>" + b"location = '" * 8000,
        b'<meta http-equiv=refresh content="' + b"0;" * 60_000 + b'">',
        ("«" * 60_000).encode(),
        b"<iframe src='http://a'>" * 5000,
        bytes(range(256)) * 500,
    ],
)
def test_hostile_pages_cost_little(page: bytes) -> None:
    look = answer(page)
    page_facts.cache_clear()
    block_page_matches.cache_clear()
    looks_like_block_page(answer(NOTICE))
    began = time.process_time()
    looks_like_block_page(look)
    assert time.process_time() - began < 2
