"""The desk's pages over real HTTP: what they show, what they carry, how they refuse."""

from __future__ import annotations

import re
import shutil
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import quote

import pytest
from lxml import html
from samples.shelf import NEW_TITLE, shelf
from servers.desk_server import Answer, Desk, running_desk

from archive import Archive, ReadArticle
from model import Article, Capture, Source, Truncation
from pipelines import index_text

PAGES = [
    "/",
    "/sources",
    "/sources/sample_mahtab",
    "/articles/1",
    "/articles/5",
    "/search",
    "/search?q=%D8%B4%D9%87%D8%B1",
]
# An article whose page is the same in both crawls: no newer one that it links to was changed.
UNCHANGED = 8


def tree(answer: Answer) -> html.HtmlElement:
    return html.document_fromstring(answer.text)


def _captures(archive: Path, article: int) -> list[Capture]:
    with Archive.open(archive) as opened:
        found = [
            opened.catalogue.capture(one.record_id) for one in opened.catalogue.article(article).captures
        ]
    return [one for one in found if one is not None]


# --- what pages show


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_ours_allows_no_script_and_nothing_from_elsewhere(desk: Desk, path: str) -> None:
    answer = desk.get(path)
    assert answer.status == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    shown = tree(answer)
    assert not shown.xpath("//script|//*[@style]|//@onclick")
    assert all(address.startswith("/") for address in shown.xpath("//@src|//link/@href|//form/@action"))


@pytest.mark.parametrize("path", PAGES)
def test_every_link_of_a_page_leads_somewhere(desk: Desk, path: str) -> None:
    links = {
        link for link in tree(desk.get(path)).xpath("//a/@href|//link/@href") if not link.startswith("#")
    }
    for link in links:
        target = link if link.startswith("/") else path.partition("?")[0] + link
        assert desk.get(target.partition("#")[0]).status == 200, target


def test_the_start_says_what_the_archive_holds(desk: Desk) -> None:
    text = " ".join(tree(desk.get("/")).text_content().split())
    for part in ("12 articles", "13 versions", "32 comments", "روزنامهٔ مهتاب", NEW_TITLE, "2 versions"):
        assert part in text, part


def test_an_article_shows_its_text_versions_differences_comments_and_captures(desk: Desk) -> None:
    shown = tree(desk.get("/articles/5"))
    article = shown.xpath("//article")[0]
    assert (article.get("lang"), article.get("dir")) == ("fa-IR", "rtl")
    assert article.xpath("string(h1)") == NEW_TITLE
    assert [one.text for one in shown.xpath("//ins")][:1] == ["بخشی از سود "]
    assert "قیمت\u200cها " in [one.text for one in shown.xpath("//del")]
    assert "old paragraph 2 removed" in [one.text for one in shown.xpath("//*[@class='label']")]
    earlier = tree(desk.get("/articles/5?version=1"))
    assert "قیمت\u200cها" in earlier.xpath("string(//article/h1)")
    assert "An earlier text" in earlier.text_content()
    assert len(shown.xpath("//a[text()='replay']")) == 2


def test_a_date_that_a_page_gave_in_its_own_time_zone_is_shown_in_utc(tmp_path: Path) -> None:
    tehran = timezone(timedelta(hours=3, minutes=30))
    article = Article(
        url="http://a.example/zendan",
        canonical_url="http://a.example/zendan",
        title="زندانیان سیاسی",
        language="fa",
        published_at=datetime(2026, 11, 23, 1, 30, tzinfo=tehran),
    )
    with shelf(tmp_path / "archive", Source(name="a", origin="http://a.example/")) as filling:
        capture = filling.keep(article.url, b"<h1>x</h1>")
        read = ReadArticle(capture=capture, article=article, indexed=index_text(article))
        filling.recorder.article(read, "tests")
    with running_desk(tmp_path / "archive") as running:
        shown = tree(running.get("/articles/1")).xpath("//p[@class='meta'][time]")[0]
    assert shown.xpath("string(time[1])") == "2026-11-22 22:00\xa0UTC"
    assert shown.xpath("string(span[@class='jalali'])") == "۲ آذر ۱۴۰۵، ۰۱:۳۰"


def test_comments_are_nested_and_those_that_are_gone_are_marked(desk: Desk) -> None:
    comments = tree(desk.get("/articles/1")).xpath("//div[starts-with(@id, 'comment-')]")
    assert [re.search(r"depth-(\d)", one.get("class"))[1] for one in comments] == ["0", "1", "2", "0"]
    assert [one.get("id") for one in comments if "gone" in one.get("class")] == ["comment-504"]
    assert "gone since 2026-11-24 07:30" in comments[3].text_content()


def test_a_long_thread_has_pages(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desk.web.pages.COMMENTS_A_PAGE", 3)
    path, seen = "/articles/1", []
    for _ in range(2):
        page = tree(desk.get(path))
        seen.append(page.xpath("//div[starts-with(@id, 'comment-')]/@id"))
        onward = page.xpath("//a[contains(., 'more comments')]")
        path = "/articles/1" + onward[0].get("href").partition("#")[0] if onward else ""
    assert [len(ids) for ids in seen] == [3, 1]
    assert len({*seen[0], *seen[1]}) == 4
    assert path == ""
    last = seen[1][0].removeprefix("comment-")
    found = tree(desk.get(f"/articles/1?comment={last}"))
    assert found.xpath("//div[starts-with(@id, 'comment-')]/@id") == seen[1]


def test_a_deleted_article_says_what_the_site_answered_last(desk: Desk) -> None:
    number = tree(desk.get("/search?q=" + quote("بازار فرش"))).xpath("//a[@class='title']/@href")[0]
    text = tree(desk.get(number)).text_content()
    assert "When last asked: the site answered with status 410" in text


@pytest.mark.parametrize("typed", ["خشک\u200cسالی می\u200cدانند", "خشکسالی ميدانند", "خشک سالی می دانند"])
def test_search_marks_hits_in_the_published_text(desk: Desk, typed: str) -> None:
    shown = tree(desk.get("/search?q=" + quote(typed)))
    marked = [one.text for one in shown.xpath("//mark")]
    assert "می\u200cدانند" in marked
    assert "not shown so any more" in shown.text_content()
    assert shown.xpath("//input[@name='q']/@value")[0] == typed
    assert "?version=1" in shown.xpath("//a[@class='title']/@href")[0]


def test_search_says_when_nothing_was_found_and_what_it_cannot_read(desk: Desk) -> None:
    nothing = desk.get("/search?q=nothingatall")
    assert nothing.status == 200
    assert "Nothing found for nothingatall" in tree(nothing).text_content()
    bad = desk.get("/search?q=-")
    assert bad.status == 400
    assert "nothing to look for" in tree(bad).text_content()
    assert desk.get("/search?q=x&source=nobody").status == 404


def test_a_capture_shows_the_head_as_received_and_where_it_lies(desk: Desk, newsroom_archive: Path) -> None:
    first, second = _captures(newsroom_archive, UNCHANGED)
    shown = tree(desk.get(f"/captures/{first.record_id}"))
    assert "HTTP/1.1 200 OK" in shown.xpath("string(//pre)")
    assert first.payload_digest in shown.text_content()
    assert f"{first.length} bytes at {first.offset}" in shown.text_content()
    assert second.revisit_of == first.record_id
    again = tree(desk.get(f"/captures/{second.record_id}"))
    assert "same body as" in again.text_content()


def test_a_crawl_shows_its_failures(desk: Desk) -> None:
    (newest, *_) = tree(desk.get("/")).xpath("//td/a[starts-with(@href, '/crawls/')]/@href")
    text = tree(desk.get(newest)).text_content()
    assert "connect_timeout" in text
    assert "no answer from 192.0.2.7:80 within 20 s" in text


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/nothing", 404, "no such page"),
        ("/static/../app.py", 404, "no such page"),
        ("/static/app.py", 404, "no such page"),
        ("/sources/nobody", 404, "no source 'nobody'"),
        ("/articles/99", 404, "no article '99'"),
        ("/articles/99999999999999999999999", 404, "no article"),
        ("/articles/5?version=9", 404, "no version '9'"),
        ("/articles/5?version=x", 400, "version must be a number"),
        ("/sources/sample_mahtab?page=0", 400, "page must be a number"),
        ("/search?q=x&page=9999999999", 400, "page must be a number"),
        (f"/search?q=x&page=000000001{'9' * 30}", 400, "page must be a number"),
        ("/captures/nothing", 404, "no capture"),
        ("/crawls/nothing", 404, "no crawl"),
        ("/replay/", 400, "ask for /replay/"),
        ("/replay/20261123/ftp://a/", 400, "ask for /replay/"),
        ("/replay/20269999/http://a/", 400, "ask for /replay/"),
        ("/replay/20261123xx_/http://a/", 400, "ask for /replay/"),
        ("/replay/20261123/http://nowhere.example/", 404, "not archived"),
        ("/captures/<script>", 404, "no capture"),
    ],
)
def test_what_is_not_there_is_said_on_a_page_of_ours(desk: Desk, path: str, status: int, said: str) -> None:
    answer = desk.get(quote(path, safe="/?=&:<>"))
    assert answer.status == status
    assert said in tree(answer).text_content()
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert not tree(answer).xpath("//script")


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "127.0.0.1:1; script-src *", "", "localhost:99x"]
)
def test_another_name_for_this_machine_is_refused(desk: Desk, host: str) -> None:
    assert desk.get("/", Host=host).status == 400


def test_names_of_loopback_and_those_given_are_answered_to(newsroom_archive: Path) -> None:
    with running_desk(newsroom_archive, names=("desk.example",)) as running:
        for host in ("localhost:8400", "[::1]:8400", "127.0.0.1", "DESK.example"):
            assert running.get("/", Host=host).status == 200


# --- archives in every state


def test_an_empty_archive_has_pages_that_say_what_to_type(tmp_path: Path) -> None:
    Archive.open(tmp_path / "archive", create=True).close()
    with running_desk(tmp_path / "archive") as running:
        text = tree(running.get("/")).text_content()
        assert "mandegar crawl" in text
        for path in ("/sources", "/search?q=x"):
            assert running.get(path).status == 200


def test_a_damaged_or_missing_archive_is_said_and_not_a_crash(newsroom_archive: Path, tmp_path: Path) -> None:
    broken = tmp_path / "archive"
    shutil.copytree(newsroom_archive, broken)
    capture = _captures(broken, 1)[0]
    warc = broken / "warc" / capture.warc_key
    with running_desk(broken) as running:
        warc.write_bytes(b"x" * warc.stat().st_size)
        shown = running.get(f"/captures/{capture.record_id}")
        assert shown.status == 200
        assert capture.payload_digest in shown.text
        assert tree(shown).xpath("//p[@class='problem']")
        time, key = f"{capture.captured_at:%Y%m%d%H%M%S}", f"~{running.replay_key}"
        for place in (f"{key}/{time}mp_", f"{key}/{time}oe_", f"{time}id_"):
            answer = running.get(f"/replay/{place}/{capture.url}")
            assert answer.status == 500
            assert "cannot be read" in answer.text
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        (broken / "catalogue.sqlite").write_bytes(b"x" * 9000)
        assert running.get("/").status == 500
        shutil.rmtree(broken)
        answer = running.get("/")
        assert answer.status == 500
        assert "not a Mandegar archive" in tree(answer).text_content()


def test_text_of_the_web_is_shown_and_never_markup(tmp_path: Path) -> None:
    evil = "<script>1</script>\"'><b>\u202egpj\x1b[2J"
    source = Source(name="a", origin="http://a.example/", title=evil)
    with shelf(tmp_path / "archive", source) as filling:
        body = "<title>x</title><h1>&lt;script&gt;1&lt;/script&gt;</h1>" + "<p>" + "word " * 80 + "</p>" * 3
        filling.keep_page("http://a.example/2026/11/23/<script>", body.encode())
        filling.keep("http://a.example/x", b"", evil, "X-Evil: <script>1</script>\x1b[2J")
    with Archive.open(tmp_path / "archive") as opened:
        (capture,) = opened.catalogue.captures("http://a.example/x")
    with running_desk(tmp_path / "archive") as running:
        for path in ("/", "/sources", "/sources/a", f"/captures/{capture.record_id}"):
            answer = running.get(path)
            assert "<script>" not in answer.text
            assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", answer.text)


# --- replay


def test_every_answer_from_the_archive_carries_the_policy_and_no_archived_header(
    desk: Desk, newsroom_archive: Path
) -> None:
    (capture, *_) = _captures(newsroom_archive, 1)
    time = f"{capture.captured_at:%Y%m%d%H%M%S}"
    key = f"~{desk.replay_key}"
    sheet = capture.url.partition("/society")[0] + "/assets/site.css"
    for path in (
        f"/replay/{time}id_/{capture.url}",
        f"/replay/{key}/{time}mp_/{capture.url}",
        f"/replay/{key}/{time}oe_/{capture.url}",
        f"/replay/{key}/{time}oe_/{sheet}",
        f"/replay/{key}/{time}mp_/http://nowhere.example/",
        f"/replay/{key}/{time}oe_/http://nowhere.example/",
        f"/replay/{time}id_/http://nowhere.example/",
    ):
        answer = desk.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("sandbox allow-top-navigation-by-user-activation; default-src 'none';"), path
        assert f"img-src {desk.url}/replay/{key}/ data:" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-DNS-Prefetch-Control"] == "off"
        for name in ("Set-Cookie", "Refresh", "Link"):
            assert name not in answer.headers


def test_a_time_that_is_no_captures_leads_to_the_nearest_one(desk: Desk, newsroom_archive: Path) -> None:
    first, second = _captures(newsroom_archive, 1)
    for asked, wanted in (("2020", first), ("2030", second), ("20261123", first), ("20261124120000", second)):
        answer = desk.get(f"/replay/{asked}/{first.url}")
        assert answer.status == 302
        assert answer.headers["Location"] == f"/replay/{wanted.captured_at:%Y%m%d%H%M%S}/{first.url}"


def test_without_the_key_a_frames_content_is_not_given(desk: Desk, newsroom_archive: Path) -> None:
    (capture, *_) = _captures(newsroom_archive, 1)
    for key in ("", "~wrong/", "~/"):
        for url in (capture.url, "http://nowhere.example/"):
            answer = desk.get(f"/replay/{key}20261123073012oe_/{url}")
            assert answer.status == 302
            assert answer.headers["Location"] == f"/replay/20261123073012/{url}"


def test_a_revisit_gives_back_the_body_it_refers_to(desk: Desk, newsroom_archive: Path) -> None:
    first, second = _captures(newsroom_archive, UNCHANGED)
    bodies = [
        desk.get(f"/replay/{one.captured_at:%Y%m%d%H%M%S}id_/{one.url}").body for one in (first, second)
    ]
    assert bodies[0] == bodies[1]
    assert "درنا" in bodies[0].decode()
    shown = desk.get(f"/replay/~{desk.replay_key}/{second.captured_at:%Y%m%d%H%M%S}mp_/{second.url}")
    assert "درنا" in shown.text


def test_the_banner_tells_of_a_cut_body_and_of_other_captures(tmp_path: Path) -> None:
    with shelf(tmp_path / "archive", Source(name="a", origin="http://a.example/")) as filling:
        filling.keep("http://a.example/x", b"<p>one")
        filling.keep("http://a.example/x", b"<p>two", status="503 Busy", truncated=Truncation.DISCONNECT)
        filling.keep("http://a.example/x", b"<p>three")
    with running_desk(tmp_path / "archive") as running:
        shown = tree(running.get("/replay/20261123073002/http://a.example/x"))
        banner = " ".join(shown.xpath("//header")[0].text_content().split())
        for part in ("status 503", "cut off (disconnect)", "‹ earlier 2 of 3 later ›"):
            assert part in banner, banner
        assert len(shown.xpath("//iframe[@sandbox='allow-top-navigation-by-user-activation']")) == 1


@pytest.mark.parametrize(
    "spelling",
    ["http%3A%2F%2Fa.example%2Fx", "http:/a.example/x", "HTTP://a.example/x", "http://A.example:80/./x"],
)
def test_an_address_is_understood_in_every_spelling(tmp_path: Path, spelling: str) -> None:
    with shelf(tmp_path / "archive", Source(name="a", origin="http://a.example/")) as filling:
        filling.keep("http://a.example/x", b"<p>one")
    with running_desk(tmp_path / "archive") as running:
        answer = running.get(f"/replay/2026/{spelling}")
        assert answer.headers["Location"] == "/replay/20261123073001/http://a.example/x"


def test_a_reading_with_lost_half_spaces_is_offered_as_ours(desk: Desk, tmp_path: Path) -> None:
    url = "http://a.example/1"
    article = Article(
        url=url, canonical_url=url, title="خبر", language="fa", paragraphs=("او میگوید نه", "کتابها را برد")
    )
    with shelf(tmp_path / "archive", Source(name="a", origin="http://a.example/")) as filling:
        capture = filling.keep(url, b"<p>x")
        filling.recorder.article(
            ReadArticle(capture=capture, article=article, indexed=index_text(article)), "t"
        )
    with running_desk(tmp_path / "archive") as running:
        shown = tree(running.get("/articles/1"))
    assert shown.xpath("//article/p[@dir='auto']/text()") == ["او میگوید نه", "کتابها را برد"]
    (offered,) = shown.xpath("//details[@id='restored']")
    assert "restored by us, not the publisher's text" in offered.xpath("string(summary)")
    assert offered.xpath("div/p/text()") == ["او می\u200cگوید نه", "کتاب\u200cها را برد"]
    assert not tree(desk.get("/articles/1")).xpath("//details[@id='restored']")
