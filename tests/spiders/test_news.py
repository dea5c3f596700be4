"""The spider, run under stock Scrapy in its own process against a small real site."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from scrapy.http import TextResponse
from scrapy.utils.test import get_crawler
from servers.ready_python import Forked
from servers.small_site import PARAGRAPH, Answer, Site, article, comment_list, page, sitemap, wordpress

from model import FeedLink, PageKind, Reading
from spiders import read_feed
from spiders.news import NewsSpider

ROOT = Path(__file__).parents[2]


class Run:
    """What one run reported."""

    def __init__(self, report: dict[str, Any], errors: str) -> None:
        self.errors = errors
        self.articles: list[tuple[str, int | None, str]] = [tuple(one) for one in report["articles"]]
        self.threads: list[dict[str, Any]] = report["threads"]
        self.roles: dict[str, list[str]] = report["roles"]
        self.stats: dict[str, Any] = report["stats"]
        self.frontier = {"waiting": report["waiting"], "known": report["known"]}

    def stat(self, name: str) -> Any:
        return self.stats.get(f"news/{name}", 0)

    def comments(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for thread in self.threads:
            found.setdefault(path(thread["article"]), set()).update(thread["comments"])
        return found


def path(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def crawl(folder: Path, url: str, **options: Any) -> Run:
    report = folder / "report.json"
    process = Forked(
        ("-m", "tests.spiders.run_spider"),
        [url, str(report), json.dumps(options)],
        {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "PYTHONWARNINGS": "error::ResourceWarning"},
    )
    try:
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, errors[-4000:]
    return Run(json.loads(report.read_text()), errors)


def links(*paths: str) -> str:
    return "".join(f'<h2><a href="{one}">{one}</a></h2>' for one in paths)


@pytest.mark.parametrize("reader", ["small", "pipelines"])
def test_wordpress_is_archived_whole_every_article_once_with_all_its_comments(
    tmp_path: Path, reader: str
) -> None:
    site = wordpress(23, {3: 11, 7: 2, 20: 25})
    with site.serving() as url:
        run = crawl(tmp_path, url, reader=reader)
    assert "Traceback" not in run.errors
    expected = {f"/2026/11/khabar-{n}/": n for n in range(1, 24)}
    assert Counter({path(one): number for one, number, _ in run.articles}) == Counter(expected)
    comments = run.comments()
    assert comments["/2026/11/khabar-3/"] == {str(n) for n in range(1, 12)}
    assert comments["/2026/11/khabar-7/"] == {"12", "13"}
    assert comments["/2026/11/khabar-20/"] == {str(n) for n in range(14, 39)}
    assert sum(map(len, comments.values())) == run.stat("comments") == 38
    ended = [(path(one["article"]), one["complete"]) for one in run.threads if one["last"]]
    assert sorted(ended) == sorted((one, True) for one in expected)
    assert not any(one["complete"] and not one["last"] for one in run.threads)
    # Everything a page needs, also what its style sheet imports; nothing twice.
    needed = {path(one) for one in run.roles["requisite"]}
    assert needed >= {
        "/wp-content/style.css",
        "/wp-content/more.css",
        "/wp-content/f.woff2",
        "/wp-content/bg.png",
    }
    assert {f"/wp-content/{n}.jpg" for n in range(1, 24)} <= needed
    assert max(Counter(site.asked).values()) == 1
    assert not any(one.startswith("/wp-login") for one in site.asked)
    assert run.stat("seed") == "read"
    assert not any(name.startswith("news/status/") for name in run.stats), (
        "a usual place that is empty is no failure"
    )


def test_without_an_api_the_pages_of_the_front_page_lead_to_everything(tmp_path: Path) -> None:
    site = wordpress(23, {3: 11}, rest=False)
    with site.serving() as url:
        run = crawl(tmp_path, url)
    assert len(run.articles) == len({one for one, _, _ in run.articles}) == 23
    assert run.comments()["/2026/11/khabar-3/"] == {str(n) for n in range(1, 12)}
    assert {one["channel"] for one in run.threads if one["comments"]} == {"html"}
    assert "/feed/?paged=2" in site.asked
    assert "/feed/?paged=3" not in site.asked, "the second page was the first again"


@pytest.mark.parametrize(
    ("had_api", "root", "goes_on"),
    [(True, None, False), (False, None, True), (True, "", True), (False, "http://a.example/wp-json/", False)],
)
def test_a_feed_goes_on_only_where_no_api_is_known_by_the_run_that_asked_or_this_one(
    had_api: bool, root: str | None, goes_on: bool
) -> None:
    """A killed crawl that went on asked for /feed/?paged=2: it read the feed before it met the API again."""
    spider = NewsSpider.from_crawler(get_crawler(NewsSpider), url="http://a.example/")
    spider.rest_root = root
    item = "<item><title>t</title><link>http://a.example/2026/11/khabar-1/</link></item>"
    generator = "<generator>https://wordpress.org/?v=6.1</generator>"
    body = f'<rss version="2.0"><channel><title>a</title>{generator}{item}</channel></rss>'.encode()
    url = "http://a.example/feed/"
    feed = read_feed(body, url)
    asked = spider._from_feed(TextResponse(url, body=body), feed, 1, has_api=had_api)
    assert (f"{url}?paged=2" in [one.url for one in asked]) is goes_on


def test_a_feed_that_a_page_announces_beside_its_api_is_asked_for_with_that_known() -> None:
    spider = NewsSpider.from_crawler(get_crawler(NewsSpider), url="http://a.example/")
    feeds = (
        FeedLink(url="http://a.example/feed/", kind="feed"),
        FeedLink(url="http://a.example/wp-json/", kind="wordpress-api"),
    )
    reading = Reading(url="http://a.example/", kind=PageKind.LISTING, feeds=feeds)
    asked = [*spider.announced(TextResponse("http://a.example/"), reading)]
    assert [one.cb_kwargs["has_api"] for one in asked if "has_api" in one.cb_kwargs] == [True]


@pytest.mark.parametrize("stop_after", [9, 40])
def test_a_crawl_that_stops_goes_on_in_another_process(tmp_path: Path, stop_after: int) -> None:
    site = wordpress(12, {3: 11, 9: 25})
    with site.serving() as url:
        first = crawl(tmp_path, url, stop_after=stop_after)
        assert first.frontier["waiting"]
        second = crawl(tmp_path, url, **first.frontier)
    assert {path(one) for run in (first, second) for one, _, _ in run.articles} == {
        f"/2026/11/khabar-{n}/" for n in range(1, 13)
    }
    threads = first.threads + second.threads
    found: dict[str, set[str]] = {}
    for thread in threads:
        found.setdefault(path(thread["article"]), set()).update(thread["comments"])
    assert found["/2026/11/khabar-9/"] == {str(n) for n in range(12, 37)}
    assert found["/2026/11/khabar-3/"] == {str(n) for n in range(1, 12)}
    ended = Counter(path(one["article"]) for one in threads if one["last"] and one["complete"])
    assert set(ended) == set(found)
    assert set(ended.values()) == {1}


def test_documents_that_fail_do_not_end_the_way_through_the_comments(tmp_path: Path) -> None:
    site = wordpress(4, {1: 12, 2: 12, 3: 12, 4: 12})
    api = site.routes["/wp-json/wp/v2/comments"]
    assert callable(api)

    def flaky(query: dict[str, str]) -> Answer | None:
        if query["post"] == "1":
            return Answer(status=0)
        if query["post"] == "2":
            return Answer(b'{"code":"rest_cannot_read"}', "application/json", 403)
        return api(query)

    site.routes["/wp-json/wp/v2/comments"] = flaky
    site.add("/2026/11/khabar-2/comment-page-2/", "", status=404)
    site.add("/2026/11/khabar-3/comment-page-2/", "", status=404)
    with site.serving() as url:
        run = crawl(tmp_path, url)
    ends = {path(one["article"]): one["complete"] for one in run.threads if one["last"]}
    assert ends == {
        "/2026/11/khabar-1/": True,  # the API broke off, the pages were whole
        "/2026/11/khabar-2/": False,  # both failed
        "/2026/11/khabar-3/": True,  # a page is missing, the API made it good
        "/2026/11/khabar-4/": True,
    }
    assert len(run.comments()["/2026/11/khabar-1/"]) == 12
    assert len(run.comments()["/2026/11/khabar-2/"]) == 4


def test_a_closed_api_leaves_the_comment_feed(tmp_path: Path) -> None:
    site = wordpress(1, {})
    site.add("/wp-json/wp/v2/comments", '{"code":"rest_forbidden"}', "application/json", 401)
    site.add(
        "/2026/11/khabar-1/feed/",
        "<rss><channel><item><link>x#comment-5</link></item></channel></rss>",
        "text/xml",
    )
    with site.serving() as url:
        run = crawl(tmp_path, url)
    assert [(one["channel"], one["comments"], one["last"]) for one in run.threads] == [
        ("html", [], False),
        ("wordpress-rest", [], False),
        ("feed", ["5"], True),
    ]


def endless_site() -> Site:
    """Return a site with lists that never end, a maze, and three articles."""
    site = Site()
    site.add(
        "/",
        page("x", links("/a-1001", "/list?page=1", "/day/2026-01-01", "/maze/a/", "/s?orderby=x", "/loop")),
    )
    for number in (1001, 1002, 1003):
        site.add(f"/a-{number}", article(f"خبر {number}", '<a href="/report.pdf">گزارش</a>'))
    site.add("/report.pdf", b"%PDF-1.4", "application/pdf")

    def listing(query: dict[str, str]) -> Answer:
        number = int(query.get("page", "1"))
        shown = links("/a-1002") if number == 1 else links("/a-1002", "/a-1003")
        return Answer(page("l", f'{shown}<a class="next" href="/list?page={number + 1}">n</a>').encode())

    def maze(here: str) -> str:
        return page("m", f'<a href="{here}a/">x</a> <a href="http://elsewhere.invalid/">y</a>')

    site.routes["/list"] = listing
    for depth in range(1, 30):
        site.add("/maze/" + "a/" * depth, maze("/maze/" + "a/" * depth))
    site.routes["/loop"] = Answer(status=302, headers=(("Location", "/loop"),))
    return site


def test_endless_spaces_are_left_and_nothing_elsewhere_is_asked(tmp_path: Path) -> None:
    site = endless_site()
    day = {"n": 0}

    def answer(target: str, plain: Any = Site.answer) -> Answer:
        if target.startswith("/day/"):
            day["n"] += 1
            return Answer(page("d", f'<a href="/day/{2000 + day["n"]}-01-01">next</a>').encode())
        return plain(site, target)

    site.answer = answer  # type: ignore[method-assign]
    with site.serving() as url:
        run = crawl(tmp_path, url)
    assert sorted(path(one) for one, _, _ in run.articles) == ["/a-1001", "/a-1002", "/a-1003"]
    lists = [one for one in site.asked if one.startswith("/list")]
    assert len(lists) == 1 + 1 + 3, "two pages that bring a link, three that do not"
    assert len([one for one in site.asked if one.startswith("/maze")]) == 2
    assert 20 < day["n"] < 40, "the calendar ends with the years that news can have"
    assert not any("orderby" in one for one in site.asked)
    assert run.stat("documents") == 1
    assert run.stat("skipped/elsewhere") >= 1


def test_a_source_limits_pages_age_and_addresses(tmp_path: Path) -> None:
    site = Site()
    paths = [f"/news/story-{number}" for number in range(1000, 1030)]
    site.add("/", page("x", links("/about", "/private/story-9999", *paths[:20])))
    for one in [*paths, "/private/story-9999", "/about"]:
        site.add(one, article(one))
    entries = "".join(
        f"<url><loc>{one}</loc><lastmod>{'2001' if n < 5 else '2999'}-01-01</lastmod></url>"
        for n, one in enumerate(paths[20:])
    )
    site.add("/map.xml", f"<urlset>{entries}</urlset>", "text/xml")
    with site.serving() as url:
        limited = crawl(tmp_path, url, source={"max_pages": 7})
        assert limited.stat("pages") == 7
        assert all("story" in one for one, _, _ in limited.articles), "likely articles go before other links"
        declared = {
            "max_age_days": 30,
            "skip_pattern": "/private/",
            "article_pattern": "/news/",
            "sitemaps": [url + "map.xml"],
        }
        ruled = crawl(tmp_path, url, source=declared)
    expected = paths[:20] + paths[25:]
    assert sorted(path(one) for one, _, _ in ruled.articles) == expected
    assert "/about" in site.asked
    assert "/private/story-9999" not in site.asked[site.asked.index("/map.xml") :]


def test_robots_sitemaps_and_feeds_under_wrong_names_are_read(tmp_path: Path) -> None:
    site = Site()
    site.add("/", page("x", "<p>a page that only scripts fill</p>"))
    for number in range(1, 8):
        site.add(f"/story-{number}000", article(str(number)))
    with site.serving() as url:
        site.add("/robots.txt", f"User-agent: *\nSitemap: {url}maps.xml\n", "text/plain")
        index = "".join(f"<sitemap><loc>{url}{name}</loc></sitemap>" for name in ("one.gz", "two.txt"))
        site.add("/maps.xml", f"<sitemapindex>{index}", "text/xml")  # not closed: broken XML
        site.add("/one.gz", sitemap([f"{url}story-1000", f"{url}story-2000"]), "application/gzip")
        site.add("/two.txt", f"{url}story-3000\n{url}story-4000\n", "text/plain")
        rss = f"<rss><channel><item><link>{url}story-5000</link></item></channel></rss>"
        site.add("/rss", rss, "text/html")
        site.add("/sitemap.xml", page("soft 404", "nothing"), "text/html")
        site.add("/atom.xml", f'<feed><entry><link href="{url}story-6000"/></entry></feed>', "text/plain")
        run = crawl(tmp_path, url)
    assert sorted(path(one) for one, _, _ in run.articles) == [f"/story-{n}000" for n in range(1, 7)]
    assert run.stat("unreadable") == 0
    assert run.stat("sitemaps") == 3


def seeds() -> Site:
    site = Site()
    site.add("/file.pdf", b"%PDF-1.4", "application/pdf")
    site.add("/blocked", "no", status=403)
    site.add("/empty", "")
    site.add("/story", article("یک"))
    return site


@pytest.mark.parametrize(
    ("where", "fate"),
    [
        ("file.pdf", "not html: application/pdf"),
        ("none", "status 404"),
        ("empty", "unreadable: an empty page"),
        (":refused", "failed: "),
    ],
)
def test_a_front_page_that_is_none_says_what_it_was(tmp_path: Path, where: str, fate: str) -> None:
    site = seeds()
    with site.serving() as url:
        run = crawl(tmp_path, "http://127.0.0.1:9/" if where == ":refused" else url + where)
    assert str(run.stat("seed")).startswith(fate)
    assert run.articles == []
    assert "Traceback" not in run.errors


def test_a_front_page_that_moved_to_another_host_is_followed_and_its_host_is_the_sites(
    tmp_path: Path,
) -> None:
    new, old = Site(), Site()
    new.add("/fa/", page("x", links("/fa/story-1000")))
    new.add("/fa/story-1000", article("یک"))
    with new.serving() as there, old.serving() as url:
        old.routes["/"] = Answer(status=301, headers=(("Location", there + "fa/"),))
        run = crawl(tmp_path, url)
    assert [path(one) for one, _, _ in run.articles] == ["/fa/story-1000"]


def test_a_feed_as_front_page_is_read(tmp_path: Path) -> None:
    site = seeds()
    with site.serving() as url:
        site.add(
            "/f", f"<?xml version='1.0'?><rss><channel><item><link>{url}story</link></item></channel></rss>"
        )
        run = crawl(tmp_path, url + "f")
    assert run.stat("seed") == "feed"
    assert len(run.articles) == 1


def test_a_spider_without_a_reader_says_so(tmp_path: Path) -> None:
    with Site().serving() as url:
        run = crawl(tmp_path, url, reader="none")
    assert "nobody gave this spider a page reader" in run.errors
    assert run.roles == {}


def test_scrapy_lists_exactly_the_news_spider() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "scrapy", "list"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["news"]


def test_the_sample_text_keeps_its_joiners() -> None:
    assert "\u200c" in PARAGRAPH


def test_a_page_for_telephones_proves_nothing_of_comments_that_it_leaves_out(tmp_path: Path) -> None:
    site = Site()
    site.add("/", page("خانه", links("/m/khabar-1/")))
    site.add("/m/khabar-1/", article("خبر", head='<link rel="canonical" href="/khabar-1/">'))
    site.add(
        "/khabar-1/",
        article("خبر", head='<link rel="canonical" href="/khabar-1/">', comments=comment_list(range(1, 4))),
    )
    with site.serving() as url:
        run = crawl(tmp_path, url)
    seen = [(one["complete"], one["comments"]) for one in run.threads if one["last"]]
    assert sorted(seen) == [(False, []), (True, ["1", "2", "3"])]
