"""What cannot be crawled is said in one line, with the right exit code, and nothing is lost by it."""

from __future__ import annotations

import random
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from servers import small_site
from servers.awkward_http import AwkwardServer
from servers.crawl_process import (
    ROOT,
    Ended,
    assert_plain,
    assert_whole,
    crawl,
    crawling,
    mandegar,
    stored_records,
)
from servers.dns_server import Addresses, DnsServer, Rcode
from servers.small_site import Answer, Site

from archive import Archive
from model import CrawlState, Truncation

# One try of everything: the reasons are the same the third time.
ONCE = ("-s", "RETRY_TIMES=0")


def refused(ended: Ended, code: int, *words: str) -> None:
    assert_plain(ended)
    assert ended.stdout == ""
    assert ended.code == code, ended
    assert ended.message.startswith("mandegar: ")
    assert ended.stderr.count("\n") < 6
    for word in words:
        assert word in ended.message


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("not a url", ("not a url",)),
        ("http://", ("not a web address",)),
        ("ftp://example.org/", ("not a web address",)),
        ("file:///etc/passwd", ("not a web address",)),
        ("http://exa mple.org/", ("not a web address",)),
        ("http://example.org:99999/", ("not a web address",)),
        ("xx_nobody", ("xx_nobody", "mandegar source add")),
        ("missing.toml", ("missing.toml",)),
    ],
)
def test_what_is_no_site_is_refused_before_anything_is_made(
    tmp_path: Path, given: str, words: tuple[str, ...]
) -> None:
    refused(crawl(tmp_path / "a", given), 2, *words)
    assert not list((tmp_path / "a" / "warc").rglob("*.gz*"))


def test_a_wrong_source_file_is_named_with_its_setting(tmp_path: Path) -> None:
    wrong = tmp_path / "xx_wrong.toml"
    wrong.write_text('name = "xx_wrong"\norigin = "http://127.0.0.1:1/"\ndelay_s = "soon"\n')
    refused(crawl(tmp_path / "a", str(wrong)), 2, "delay_s")
    wrong.write_text('name = "xx_wrong"\norigin = \n')
    refused(crawl(tmp_path / "a", str(wrong)), 2, "xx_wrong.toml")


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("MANDEGAR_CONNECT_TIMEOUT_S=-1", "connect_timeout_s"),
        ("MANDEGAR_ALLOWED_RANGES=10.0.0.0/99", "allowed_ranges"),
        ("MANDEGAR_CONTACT_URL=mailto:a@b.example", "MANDEGAR_CONTACT_URL"),
        ("MANDEGAR_NAMESERVERS=nonsense", "MANDEGAR_NAMESERVERS"),
        ("MANDEGAR_PROXY=socks5://me:secret@127.0.0.1:9", "MANDEGAR_PROXY"),
        ("MANDEGAR_READ_TIMEOUT_S=0", "MANDEGAR_READ_TIMEOUT_S"),
    ],
)
def test_contradicting_settings_are_refused_before_the_crawl_begins(
    tmp_path: Path, setting: str, named: str
) -> None:
    ended = crawl(tmp_path / "a", "http://127.0.0.1:9/", "-s", setting)
    refused(ended, 2, named)
    assert "secret" not in ended.stderr
    with Archive.open(tmp_path / "a") as archive:
        assert archive.catalogue.crawls() == []


# --- what answers is no site


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    with made.serving():
        yield made


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
NO_SITES: dict[str, tuple[Answer, str]] = {
    "404 everywhere": (Answer(b"<html><p>404", status=404), "answers 404 (Not Found)"),
    "JSON": (Answer(b'{"a": 1}', "application/json"), "application/json"),
    "an image": (Answer(b"\x89PNG\r\n\x1a\n", "image/png"), "image/png"),
    "a PDF": (Answer(PDF, "application/pdf"), "application/pdf"),
    "an empty body": (Answer(b""), "empty"),
    "robots.txt that forbids all": (Answer(b"<html><p>x"), "robots.txt forbids"),
    "robots.txt that fails": (Answer(b"<html><p>x"), "robots.txt of"),
}


def test_a_wrong_word_about_reachability_is_named_before_anything_is_asked(tmp_path: Path) -> None:
    assert mandegar(tmp_path / "a", "source", "add", "https://news.example/").code == 0
    with (tmp_path / "a" / "mandegar.toml").open("a") as marker:
        marker.write('\n[reachability]\ncontry = "NL"\n')
    refused(crawl(tmp_path / "a", "news_example"), 2, "[reachability] contry", "known are country")
    with Archive.open(tmp_path / "a") as archive:
        assert archive.catalogue.crawls() == []


@pytest.mark.parametrize("what", NO_SITES)
def test_a_url_that_is_no_site_is_told_so_and_what_it_answered_is_kept(
    tmp_path: Path, site: Site, what: str
) -> None:
    answer, words = NO_SITES[what]
    site.routes["/"] = answer
    if "forbids" in what:
        site.add("/robots.txt", "User-agent: *\nDisallow: /", "text/plain")
    if "fails" in what:
        site.add("/robots.txt", "Disallow nothing", "text/plain", 500)
    refused(crawl(tmp_path / "a", site.url, *ONCE), 4, site.url, words)
    assert_whole(tmp_path / "a")
    stored = [record.block for record in stored_records(tmp_path / "a") if record.url == site.url]
    if "robots" in what:
        assert "/" not in site.asked
    else:
        assert any(block.endswith(answer.body) for block in stored)
    with Archive.open(tmp_path / "a") as archive:
        (row,) = archive.catalogue.crawls()
        assert row.state is CrawlState.FAILED
        assert archive.catalogue.articles() == []


def test_a_page_without_articles_is_crawled_and_its_numbers_say_so(tmp_path: Path, site: Site) -> None:
    site.add("/", small_site.page("خانه", "<p>به\u200cزودی</p>"))
    ended = crawl(tmp_path / "a", site.url, *ONCE)
    assert ended.code == 0
    assert ended.crawl["articles"] == 0
    assert ended.crawl["pages"] > 0


def test_an_unknown_host_is_told_from_one_whose_name_server_fails(tmp_path: Path) -> None:
    with DnsServer({"broken.example": Rcode("SERVFAIL"), "nothing.example": Addresses()}) as dns:
        use = (*ONCE, "-s", f"MANDEGAR_NAMESERVERS=127.0.0.1:{dns.port}")
        for host, kind, words in (
            ("nowhere.example", "dns_nxdomain", "name is not known"),
            ("broken.example", "dns_servfail", "name server fails"),
            ("nothing.example", "dns_no_answer", "no address"),
        ):
            folder = tmp_path / host
            refused(crawl(folder, f"http://{host}/", *use), 4, words)
            with Archive.open(folder) as archive:
                (row,) = archive.catalogue.crawls()
                assert dict(row.failures)[kind] >= 1
                assert {one.kind for one in archive.catalogue.failures(row.id)} == {kind}
            assert_whole(folder)


def test_a_refused_port_is_told_so_and_recorded(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    ended = crawl(tmp_path / "a", f"http://127.0.0.1:{port}/", *ONCE)
    refused(ended, 4, "connection refused")
    kinds = [record.kind for record in stored_records(tmp_path / "a")]
    assert set(kinds) == {"warcinfo", "metadata"}
    assert_whole(tmp_path / "a")


# --- sites that misbehave, and are crawled all the same


def test_endless_and_huge_bodies_are_kept_to_the_cap_and_the_crawl_goes_on(tmp_path: Path) -> None:
    links = "".join(f'<a href="/{name}">{name}</a>' for name in ("endless", "slow", "huge", "good/1/"))
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"

    def whole(body: str) -> bytes:
        data = body.encode()
        return head + b"Content-Length: %d\r\n\r\n" % len(data) + data

    with AwkwardServer() as server:
        server.on("/", whole(small_site.page("خانه", links)))
        server.on("/good/1/", whole(small_site.article("خبر خوب")))
        server.on("/endless", head + b"\r\n", endless=b"<p>" + b"x" * 65536)
        server.on("/slow", head + b"Content-Length: 50\r\n\r\n<p>begun", then="hold")
        # 100 MB announced, and sent for as long as somebody takes it.
        server.on("/huge", head + b"Content-Length: 100000000\r\n\r\n", endless=b"y" * 65536)
        ended = crawl(
            tmp_path / "a",
            server.url(),
            *ONCE,
            "-s",
            "DOWNLOAD_MAXSIZE=300000",
            "-s",
            "DOWNLOAD_TIMEOUT=2",
        )
        assert ended.code == 0, ended
        assert ended.crawl["articles"] == 1
        assert ended.failures["truncated_length"] == 2
        assert ended.failures["truncated_time"] == 1
        with Archive.open(tmp_path / "a") as archive:
            for path, why in (
                ("/endless", Truncation.LENGTH),
                ("/huge", Truncation.LENGTH),
                ("/slow", Truncation.TIME),
            ):
                (capture,) = archive.catalogue.captures(server.url(path))
                assert capture.truncated is why
                assert capture.payload_length == (8 if path == "/slow" else 300000)
    assert_whole(tmp_path / "a")
    told = {record.headers.get("WARC-Truncated") for record in stored_records(tmp_path / "a")}
    assert {"length", "time"} <= told


def test_endless_redirects_end_and_are_counted(tmp_path: Path, site: Site) -> None:
    def chain(query: dict[str, str]) -> Answer:
        number = int(query.get("n", "0"))
        return Answer(status=302, headers=(("Location", f"/r?n={number + 1}"),))

    site.routes["/r"] = chain
    site.routes["/loop"] = Answer(status=301, headers=(("Location", "/loop2"),))
    site.routes["/loop2"] = Answer(status=301, headers=(("Location", "/loop"),))
    site.add("/", small_site.page("خانه", '<a href="/r?n=0">الف</a> <a href="/loop">ب</a>'))
    ended = crawl(tmp_path / "a", site.url, *ONCE)
    assert ended.code == 0
    assert ended.failures == {"redirect_endless": 2, "status_404": 1}
    assert site.asked.count("/loop") == 1
    assert sum(path.startswith("/r?") for path in site.asked) == 11
    assert_whole(tmp_path / "a")


def test_a_front_page_that_redirects_for_ever_is_no_site(tmp_path: Path, site: Site) -> None:
    site.routes["/"] = Answer(status=302, headers=(("Location", "/"),))
    refused(crawl(tmp_path / "a", site.url, *ONCE), 4, "redirect")


def test_broken_feeds_and_odd_links_stop_nothing(tmp_path: Path, site: Site) -> None:
    odd = "".join(
        f'<a href="{link}">پیوند</a>'
        for link in (
            "file:///etc/passwd",
            "ftp://127.0.0.1/x",
            "data:text/html,<p>x",
            "javascript:alert(1)",
            "mailto:a@example.org",
            "http://[bad/",
            "http://127.0.0.1:notaport/",
            "//",
        )
    )
    site.add(
        "/",
        small_site.page(
            "خانه",
            f'<a href="/news/1/">خبر</a>{odd}<img src="file:///etc/hostname"><img src="data:image/png,x">',
            head='<link rel="alternate" type="application/rss+xml" href="/broken.xml">',
        ),
    )
    site.add("/broken.xml", "<rss><channel><item><link>", "application/rss+xml")
    site.add("/sitemap.xml", b"\x1f\x8bnot gzip", "application/xml")
    site.add("/news/1/", small_site.article("خبر یکم"))
    ended = crawl(tmp_path / "a", site.url, *ONCE)
    assert ended.code == 0
    assert ended.crawl["articles"] == 1
    stored = [record.url for record in stored_records(tmp_path / "a")]
    assert not [url for url in stored if url.startswith(("file:", "ftp:", "data:"))]
    assert site.url + "broken.xml" in stored
    log = (tmp_path / "a" / "crawl.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert "Unsupported URL scheme" not in log


# --- the archive


def no_archive(folder: Path) -> None:
    folder.mkdir()
    (folder / "letters.txt").write_text("mine")


def a_file(folder: Path) -> None:
    folder.write_text("mine")


def another_format(folder: Path) -> None:
    folder.mkdir()
    (folder / "mandegar.toml").write_text("format = 99\n")


@pytest.mark.parametrize(
    ("make", "words"),
    [(no_archive, "other files"), (a_file, "it is a file"), (another_format, "format 99")],
)
def test_a_place_that_is_no_archive_is_left_as_it_is(
    tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    folder = tmp_path / "a"
    make(folder)
    before = sorted(path.name for path in tmp_path.rglob("*"))
    refused(crawl(folder, "http://127.0.0.1:9/"), 3, words)
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_a_damaged_catalogue_is_told_so_and_the_warc_files_are_untouched(tmp_path: Path, site: Site) -> None:
    site.add("/", small_site.page("خانه", '<a href="/news/1/">خبر</a>'))
    site.add("/news/1/", small_site.article("خبر یکم"))
    folder = tmp_path / "a"
    assert crawl(folder, site.url, *ONCE).code == 0
    kept = {path: path.read_bytes() for path in (folder / "warc").rglob("*.gz")}
    (folder / "catalogue.sqlite").write_bytes(b"not a database, " * 1000)
    for leftover in folder.glob("catalogue.sqlite-*"):
        leftover.unlink()
    refused(crawl(folder, site.url, *ONCE), 3, "catalogue.sqlite")
    refused(mandegar(folder, "search", "خبر"), 3, "catalogue.sqlite")
    assert {path: path.read_bytes() for path in (folder / "warc").rglob("*.gz")} == kept


def test_a_disk_that_fills_up_in_mid_crawl_ends_it_and_keeps_what_was_acknowledged(
    tmp_path: Path, site: Site
) -> None:
    count = 30
    links = "".join(f'<a href="/news/{number}/">خبر {number}</a>' for number in range(count))
    site.add("/", small_site.page("خانه", links))
    noise = f"<!-- {random.Random(7).randbytes(60_000).hex()} -->"
    for number in range(count):
        site.add(f"/news/{number}/", small_site.article(f"خبر {number}", f"<p>{number}</p>{noise}"))
    folder = tmp_path / "a"
    assert crawl(folder, site.url, *ONCE, "--max-pages", "1").code == 0
    # A write past this size fails as one to a full disk does: EFBIG stands for ENOSPC.
    ended = crawl(folder, site.url, *ONCE, "--fresh", max_file_bytes=900_000)
    refused(ended, 3, "room")
    with Archive.open(folder) as archive:
        assert archive.catalogue.crawls()[0].state in {CrawlState.INTERRUPTED, CrawlState.RUNNING}
        for one in archive.catalogue.articles():
            for summary in archive.catalogue.article(one.id).captures:
                capture = archive.catalogue.capture(summary.record_id)
                assert capture is not None
                assert archive.load(capture).entity
    ended = crawl(folder, site.url, *ONCE)
    assert ended.code == 0
    assert_whole(folder)
    with Archive.open(folder) as archive:
        assert len(archive.catalogue.articles(limit=100)) == count
    with closing(sqlite3.connect(folder / "catalogue.sqlite")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_no_room_at_the_start_is_told_before_anything_is_fetched(tmp_path: Path, site: Site) -> None:
    refused(crawl(tmp_path / "a", site.url, max_file_bytes=4096), 3, "room")
    assert site.asked == []


# --- one at a time


def test_a_second_crawl_is_told_who_holds_the_archive_and_readers_are_not_held_up(
    tmp_path: Path, site: Site
) -> None:
    site.add("/", small_site.page("خانه", '<a href="/news/1/">خبر</a><a href="/wait/">صبر</a>'))
    site.add("/news/1/", small_site.article("خبر زعفران"))
    site.routes["/wait/"] = Answer(status=503, headers=(("Retry-After", "500"),))
    folder = tmp_path / "a"
    with crawling(folder, site.url) as running:
        running.wait_for_rows("SELECT count(*) FROM articles", 1)
        refused(crawl(folder, site.url), 3, "in use by process", str(running.process.pid))
        found = mandegar(folder, "search", "زعفران", "--json")
        assert found.code == 0
        assert "/news/1/" in found.stdout
        assert mandegar(folder, "status").code == 0
        assert mandegar(folder, "verify", str(folder)).code == 0
        assert running.process.poll() is None


def test_an_archive_in_a_folder_that_may_not_be_written_is_told_so(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    shutil.copytree(ROOT / "desk" / "demo", folder)
    refused(crawl(folder, "http://127.0.0.1:9/"), 3, "other files")
