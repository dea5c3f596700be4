"""How a crawl treats the hosts, seen from the hosts."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
from servers import small_site
from servers.crawl_process import assert_plain, crawl, crawling, stored_records
from servers.dns_server import Addresses, DnsServer
from servers.small_site import Answer, Site

from crawler.politeness import retry_after_s


class TimedSite(Site):
    """Notes when each path was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[tuple[str, float]] = []

    def answer(self, target: str) -> Answer:
        self.times.append((target, time.monotonic()))
        return super().answer(target)

    def gaps(self, beginning: str = "/") -> list[float]:
        moments = [moment for path, moment in self.times if path.startswith(beginning)]
        return [later - earlier for earlier, later in pairwise(moments)]

    def pace(self, beginning: str = "/", skip: int = 0) -> float:
        """Return the median of the gaps.

        Not the least: whoever comes late to one request, for want of a processor, sees the next close to it.
        """
        return median(self.gaps(beginning)[skip:])


@pytest.fixture
def site() -> Iterator[TimedSite]:
    made = TimedSite()
    with made.serving():
        yield made


def linked(*paths: str) -> str:
    return small_site.page("خانه", "".join(f'<a href="{path}">{path}</a>' for path in paths))


def test_robots_rules_are_obeyed_and_the_user_agent_says_who_asks(tmp_path: Path, site: TimedSite) -> None:
    site.add(
        "/robots.txt", "User-agent: mandegar\nDisallow: /secret/\nUser-agent: *\nDisallow: /", "text/plain"
    )
    site.add("/", linked("/news/1/", "/secret/2/"))
    site.add("/news/1/", small_site.article("خبر یکم"))
    site.add("/secret/2/", small_site.article("خبر پنهان"))
    ended = crawl(tmp_path / "a", site.url, "--contact", "https://archive.example/bot")
    assert ended.code == 0
    assert "/news/1/" in site.asked
    assert "/secret/2/" not in site.asked
    assert ended.failures["robots_forbidden"] == 1
    for record in stored_records(tmp_path / "a"):
        if record.kind == "request":
            assert (
                b"\r\nUser-Agent: mandegar/0.1 (news archive; +https://archive.example/bot)\r\n"
                in record.block
            )


@pytest.mark.parametrize("status", [403, 404])
def test_a_robots_txt_that_is_not_there_forbids_nothing(tmp_path: Path, site: TimedSite, status: int) -> None:
    # What stands in an error page are no rules (RFC 9309, 2.3.1.3).
    site.add("/robots.txt", "User-agent: *\nDisallow: /", "text/plain", status)
    site.add("/", linked("/news/1/"))
    site.add("/news/1/", small_site.article("خبر یکم"))
    ended = crawl(tmp_path / "a", site.url)
    assert ended.crawl["articles"] == 1


def test_a_crawl_delay_is_kept(tmp_path: Path, site: TimedSite) -> None:
    site.add("/robots.txt", "User-agent: *\nCrawl-delay: 0.4", "text/plain")
    site.add("/", linked("/news/1/", "/news/2/"))
    for number in (1, 2):
        site.add(f"/news/{number}/", small_site.article(f"خبر {number}"))
    assert crawl(tmp_path / "a", site.url, "--max-pages", "3").code == 0
    # Only what was asked for before the rules were known may be closer.
    assert site.pace(skip=1) > 0.35
    assert len(site.gaps()) > 4


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_waited_for_by_every_request_to_the_host(
    tmp_path: Path, site: TimedSite, form: str
) -> None:
    told: list[float] = []

    def busy(_: dict[str, str]) -> Answer:
        if told:
            return Answer(small_site.article("خبر یکم").encode())
        # A date has whole seconds: in two of them, more than one is left.
        value = "1" if form == "seconds" else format_datetime(datetime.now(UTC) + timedelta(seconds=2), True)
        told.append(time.monotonic())
        return Answer(b"later", status=429, headers=(("Retry-After", value),))

    site.routes["/news/1/"] = busy
    site.add("/", linked("/news/1/", *(f"/news/{number}/" for number in range(2, 30))))
    # One at a time, so that none is on its way when the host says stop.
    ended = crawl(tmp_path / "a", site.url, "-s", "CONCURRENT_REQUESTS=1")
    assert ended.code == 0
    assert ended.crawl["articles"] == 1
    after = [moment - told[0] for _, moment in site.times if moment > told[0]]
    assert len(after) > 5
    assert min(after) > 0.9


def test_a_named_loopback_site_is_not_waited_for_but_others_are(tmp_path: Path, site: TimedSite) -> None:
    other = TimedSite()
    with other.serving() as elsewhere, DnsServer({"cdn.example": Addresses("127.0.0.1")}) as dns:
        cdn = elsewhere.replace("127.0.0.1", "cdn.example")
        images = "".join(f'<img src="{cdn}{number}.png">' for number in range(3))
        site.add("/", small_site.page("خانه", images + '<a href="/news/1/">خبر</a>'))
        site.add("/news/1/", small_site.article("خبر یکم"))
        for number in range(3):
            other.add(f"/{number}.png", b"\x89PNG", "image/png")
        ended = crawl(
            tmp_path / "a",
            site.url,
            "-s",
            f"MANDEGAR_NAMESERVERS=127.0.0.1:{dns.port}",
            "-s",
            "MANDEGAR_ALLOWED_RANGES=127.0.0.0/8",
            delay=None,
        )
    assert ended.code == 0
    assert sorted(other.asked) == ["/0.png", "/1.png", "/2.png", "/robots.txt"]
    # A second, give or take three tenths.
    assert other.pace() > 0.65
    # The sum over the site itself is what the pace would have made of two requests elsewhere.
    assert len(site.asked) > 8
    assert site.pace() < 0.65


def test_a_delay_of_the_source_is_kept(tmp_path: Path, site: TimedSite) -> None:
    site.add("/", linked("/news/1/", "/skip/2/", "/secret/3/"))
    for path in ("/news/1/", "/skip/2/", "/secret/3/"):
        site.add(path, small_site.article("خبر " + path))
    site.add("/robots.txt", "User-agent: *\nDisallow: /secret/", "text/plain")
    told = tmp_path / "xx_slow.toml"
    told.write_text(
        f'name = "xx_slow"\norigin = "{site.url}"\ndelay_s = 0.4\nobey_robots = false\n'
        'skip_pattern = "/skip/"\nmax_pages = 3\n'
    )
    ended = crawl(tmp_path / "a", str(told), delay=None)
    assert_plain(ended)
    assert ended.code == 0
    assert site.pace() > 0.25
    assert "/secret/3/" in site.asked
    assert "/skip/2/" not in site.asked
    assert ended.crawl["source"] == "xx_slow"


def test_a_retry_after_that_is_none_is_ignored() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    a_year = "Thu, 01 Jan 99999999999 00:00:00 GMT"
    for value in ("", "soon", "-5", "1e9", "\u0663", "Thu, 99 Jan 2026 00:00:00 GMT", "x" * 10_000, a_year):
        assert retry_after_s(value, now) is None
    assert retry_after_s("Wed, 31 Dec 2025 00:00:00 GMT", now) == 0.0
    assert retry_after_s("9" * 400, now) is not None


WAITING = "SELECT count(*) FROM hosts WHERE not_before IS NOT NULL"


def test_a_retry_after_holds_for_the_crawl_after_a_kill(tmp_path: Path, site: TimedSite) -> None:
    asked: list[float] = []

    def busy(_: dict[str, str]) -> Answer:
        asked.append(time.monotonic())
        if len(asked) == 1:
            return Answer(b"later", status=503, headers=(("Retry-After", "6"),))
        return Answer(small_site.article("خبر یکم").encode())

    site.routes["/news/1/"] = busy
    site.add("/", linked("/news/1/"))
    with crawling(tmp_path / "a", site.url) as running:
        running.wait_for_rows(WAITING, 1)
        running.send(signal.SIGKILL)
        running.end()
    before = len(site.times)
    ended = crawl(tmp_path / "a", site.url)
    assert ended.code == 0
    assert ended.crawl["articles"] == 1
    assert min(moment for _, moment in site.times[before:]) - asked[0] > 5.5
    assert site.asked.count("/robots.txt") == 1, "it was asked for a moment ago"


def test_robots_txt_is_asked_for_once_a_day_and_serves_whoever_wants_it(
    tmp_path: Path, site: TimedSite
) -> None:
    site.add(
        "/robots.txt",
        f"User-agent: *\nDisallow: /secret/\nCrawl-delay: 0.15\nSitemap: {site.url}map.xml",
        "text/plain",
    )
    site.add("/", linked("/secret/2/"))
    site.add("/map.xml", f"<urlset><url><loc>{site.url}news/1/</loc></url></urlset>", "text/xml")
    site.add("/news/1/", small_site.article("خبر یکم"))
    first = crawl(tmp_path / "a", site.url)
    assert first.crawl["articles"] == 1, "the spider was given the sitemap that robots.txt names"
    assert site.asked.count("/robots.txt") == 1
    stored = [one for one in stored_records(tmp_path / "a") if one.url.endswith("/robots.txt")]
    assert sum(one.kind == "response" for one in stored) == 1
    site.times.clear()
    second = crawl(tmp_path / "a", site.url, "--fresh")
    assert site.asked.count("/robots.txt") == 1
    assert second.failures["robots_forbidden"] == 1
    assert site.pace() > 0.1, "its delay holds, too"

    with contextlib.closing(sqlite3.connect(tmp_path / "a" / "catalogue.sqlite")) as catalogue:
        old = (datetime.now(UTC) - timedelta(hours=25)).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
        catalogue.execute("UPDATE hosts SET robots_at = ?", (old,))
        catalogue.commit()
    assert crawl(tmp_path / "a", site.url).code == 0
    assert site.asked.count("/robots.txt") == 2


def test_a_host_that_is_busy_and_does_not_say_how_long_is_left_alone(tmp_path: Path, site: TimedSite) -> None:
    told: list[float] = []

    def busy(_: dict[str, str]) -> Answer:
        told.append(time.monotonic())
        if len(told) < 3:
            return Answer(b"", status=429)
        return Answer(small_site.article("خبر یکم").encode())

    site.routes["/news/1/"] = busy
    site.add("/", linked("/news/1/", *(f"/news/{number}/" for number in range(2, 9))))
    ended = crawl(tmp_path / "a", site.url, "-s", "CONCURRENT_REQUESTS=1", "-s", "MANDEGAR_RETRY_FIRST_S=0.3")
    assert ended.code == 0
    assert ended.crawl["articles"] == 1
    # Nothing at all is asked for 0.3 to 0.6 seconds.
    for moment in told[:2]:
        after = [later - moment for _, later in site.times if later > moment + 0.001]
        assert min(after) > 0.25


def test_a_page_that_fails_is_tried_while_the_crawl_goes_on_and_by_the_next(
    tmp_path: Path, site: TimedSite
) -> None:
    site.add("/", linked("/news/1/", "/news/2/"))
    site.add("/news/1/", small_site.article("خبر یکم"))
    site.add("/news/2/", b"", status=500)
    first = crawl(tmp_path / "a", site.url, "-s", "RETRY_TIMES=9")
    assert first.code == 0
    tries = site.asked.count("/news/2/")
    assert 3 <= tries < 9, "the crawl does not wait for what comes late"
    assert first.failures["status_500"] == 1
    # Nothing leads to it any more, but it is not forgotten.
    site.add("/", linked("/news/1/"))
    site.add("/news/2/", small_site.article("خبر دوم"))
    second = crawl(tmp_path / "a", site.url)
    assert second.crawl["id"] != first.crawl["id"]
    assert second.crawl["articles"] == 2
    assert "status_500" not in second.failures
    third = crawl(tmp_path / "a", site.url)
    assert third.code == 0
    with contextlib.closing(sqlite3.connect(tmp_path / "a" / "catalogue.sqlite")) as catalogue:
        assert catalogue.execute("SELECT count(*) FROM frontier").fetchone() == (0,)


def test_a_page_that_fails_for_good_is_given_up(tmp_path: Path, site: TimedSite) -> None:
    site.add("/", linked("/news/1/", "/news/2/"))
    site.add("/news/1/", small_site.article("خبر یکم"))
    site.add("/news/2/", b"", status=500)
    ended = crawl(tmp_path / "a", site.url, "-s", "RETRY_TIMES=2")
    assert site.asked.count("/news/2/") == 3
    assert ended.failures["status_500"] == 1
    with contextlib.closing(sqlite3.connect(tmp_path / "a" / "catalogue.sqlite")) as catalogue:
        assert catalogue.execute("SELECT count(*) FROM frontier").fetchone() == (0,)


def test_a_small_site_with_a_broken_page_is_done_within_seconds(tmp_path: Path, site: TimedSite) -> None:
    """With the settings that people have."""
    site.add("/", linked("/news/1/", "/news/2/"))
    site.add("/news/1/", small_site.article("خبر یکم"))
    site.add("/news/2/", b"", status=500)
    assert crawl(tmp_path / "a", site.url, "-s", "MANDEGAR_RETRY_FIRST_S=1").code == 0
    broken = [moment for path, moment in site.times if path == "/news/2/"]
    assert len(broken) == 3
    assert broken[-1] - broken[0] < 10
