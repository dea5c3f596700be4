"""Requests as rows: written and read back, known or not, and what keeps them from being lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import FormRequest, Response
from scrapy.settings import Settings
from scrapy.statscollectors import MemoryStatsCollector

from archive import Archive
from archive.catalogue import HostRow
from crawler import settings as project_settings
from crawler.attached import attach
from crawler.beginning import begin_recording
from crawler.config import CrawlConfig
from crawler.frontier import (
    FrontierDownloaderMiddleware,
    FrontierScheduler,
    FrontierSpiderMiddleware,
    HopRedirectMiddleware,
    failure_kind,
    request_from_text,
    request_key,
    request_to_text,
)
from crawler.hosts import MOST_HOSTS, MOST_LETTERS
from crawler.politeness import RetryAfterMiddleware, WireRetryMiddleware
from crawler.requests import CrawlEndsError
from crawler.robots import RobotsForbiddenError
from model import BadConfigurationError, CrawlState, PageRole, Source, StoreFullError


class Some(Spider):
    name = "xx"

    def read(self, response: Response, **told: object) -> None:
        raise NotImplementedError

    def failed(self, failure: object) -> None:
        raise NotImplementedError


class Bench:
    """A scheduler over a real archive, without an engine."""

    def __init__(self, folder: Path) -> None:
        settings = Settings()
        settings.setmodule(project_settings)
        settings.set("MANDEGAR_ARCHIVE", str(folder))
        self.crawler = Crawler(Some, settings)
        self.spider = self.crawler.spider = Some()
        self.archive = Archive.open(folder, create=True, exclusive=True)
        self.begin()

    def begin(self) -> None:
        source = Source(name="xx", origin="http://127.0.0.1:9/")
        self.recording = begin_recording(
            self.archive, source, CrawlConfig.from_settings(self.crawler.settings)
        )
        attach(self.crawler, self.recording)
        self.scheduler = FrontierScheduler.from_crawler(self.crawler)
        self.scheduler.open(self.spider)

    def settle(self) -> None:
        asyncio.run(self.recording.settle())

    def end(self, state: CrawlState = CrawlState.INTERRUPTED) -> None:
        asyncio.run(self.recording.finish(state, ""))

    def ask(self, url: str, role: PageRole = PageRole.PAGE, **more: object) -> bool:
        request = Request(url, self.spider.read, meta={"role": role.value}, **more)  # type: ignore[arg-type]
        return self.scheduler.enqueue_request(request)

    def taken(self) -> list[str]:
        found = []
        while (request := self.scheduler.next_request()) is not None:
            found.append(request.url)
        return found


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path / "a")
    yield made
    made.archive.close()


URL = "http://127.0.0.1:9/"


def test_a_request_is_read_back_as_it_was_written() -> None:
    spider = Some()
    request = Request(
        URL + "%7e?b=1&a=%D8%A7",
        callback=spider.read,
        errback=spider.failed,
        method="POST",
        body=b"\x00\xff",
        headers={"X-One": ["a", "b"]},
        meta={"role": "page", "verbatim_url": True, "told": [1, None, {"a": "خبر\u200cها"}]},
        cb_kwargs={"plan": {"todo": [["html", URL]]}},
        priority=-7,
        dont_filter=True,
        flags=["x"],
    )
    back = request_from_text(request_to_text(request, spider), spider)
    assert back.to_dict(spider=spider) == request.to_dict(spider=spider)
    assert request_to_text(back, spider) == request_to_text(request, spider)


@pytest.mark.parametrize(
    "request_",
    [
        Request(URL, callback=lambda response: None),
        Request(URL, callback=Some().read),  # of another object
        Request(URL, meta={"thing": object()}),
        Request(URL, cb_kwargs={"thing": {1, 2}}),
    ],
    ids=["lambda", "method of another", "object in meta", "set in cb_kwargs"],
)
def test_a_request_that_has_no_text_says_so(request_: Request) -> None:
    with pytest.raises((TypeError, ValueError)):
        request_to_text(request_, Some())


def key(request: Request, run: str = "1") -> str:
    return request_key(request, request_to_text(request, Some()), run)


def test_requests_are_one_by_method_address_and_body_letter_by_letter() -> None:
    one = key(Request(URL + "a"))
    assert key(Request(URL + "a#part")) == one
    assert key(Request(URL + "a", priority=5, meta={"role": "page"})) == one
    assert len({one, key(Request(URL + "a/")), key(Request(URL + "A"))}) == 3
    assert key(Request(URL + "a", method="HEAD")) != one
    assert key(Request(URL + "a", body=b"x")) != one
    assert key(Request(URL + "?a=1&b=2")) != key(Request(URL + "?b=2&a=1"))


def test_a_step_of_a_walk_is_known_by_its_whole_form_and_the_front_page_by_its_run() -> None:
    walk = Request(URL + "a", dont_filter=True, meta={"role": "comments"}, cb_kwargs={"plan": {"at": 1}})
    assert key(walk) != key(Request(URL + "a"))
    assert key(walk, "1") == key(walk, "2")
    assert key(walk) != key(walk.replace(cb_kwargs={"plan": {"at": 2}}))
    seed = Request(URL, dont_filter=True, meta={"role": "seed"})
    assert key(seed, "1") != key(seed, "2")


def test_the_most_urgent_goes_first_and_nothing_goes_twice(bench: Bench) -> None:
    for url, priority in (("a", 1), ("b", 9), ("a", 20), ("c", 5), ("b", 9)):
        bench.ask(URL + url, priority=priority)
    assert bench.scheduler.has_pending_requests()
    assert bench.taken() == [URL + "b", URL + "c", URL + "a"]
    assert not bench.scheduler.has_pending_requests()
    bench.ask(URL + "b")
    assert bench.taken() == []
    bench.end()


def test_what_was_not_done_goes_out_again_in_the_next_run(bench: Bench) -> None:
    for name in "abcd":
        bench.ask(URL + name)
    rows = {}
    while (request := bench.scheduler.next_request()) is not None:
        rows[request.url[-1]] = request
    bench.recording._tally.counts["answers"] = 1
    bench.recording.request_done(rows["a"].meta["frontier_key"])
    bench.recording.request_failed(rows["b"].meta["frontier_key"], "status 500")
    bench.end()
    first = bench.recording.crawl.id
    bench.begin()
    assert bench.recording.resumed
    assert bench.recording.crawl.id == first
    assert bench.scheduler.has_pending_requests()
    assert bench.taken() == [URL + "c", URL + "d"]
    bench.end(CrawlState.FINISHED)
    assert not any(bench.archive.catalogue.frontier_counts(first).values())


def test_a_failure_of_the_disk_or_of_the_end_is_no_failure_of_the_request(bench: Bench) -> None:
    middleware = FrontierDownloaderMiddleware.from_crawler(bench.crawler)
    bench.ask(URL + "a")
    bench.ask(URL + "b")
    a, b = bench.scheduler.next_request(), bench.scheduler.next_request()
    assert a is not None
    assert b is not None
    bench.recording._tally.counts["answers"] = 1
    middleware.process_exception(a, CrawlEndsError("the crawl ends"))
    bench.recording.give_up(StoreFullError("no room"))
    middleware.process_exception(b, StoreFullError("no room"))
    bench.recording.request_done(b.meta["frontier_key"])
    assert bench.recording.crawl_row().failures == ()
    bench.end()
    bench.begin()
    assert sorted(bench.taken()) == [URL + "a", URL + "b"]
    bench.end()


def test_a_page_is_done_one_settlement_after_its_callback_ended(bench: Bench) -> None:
    # What it yielded last may be on its way through Scrapy still.
    middleware = FrontierSpiderMiddleware.from_crawler(bench.crawler)
    bench.ask(URL + "a")
    page = bench.scheduler.next_request()
    assert page is not None
    assert [*middleware.process_spider_output(Response(page.url, request=page), ["item"])] == ["item"]
    crawl = bench.recording.crawl.id
    bench.settle()
    assert bench.archive.catalogue.frontier_counts(crawl)["done"] == 0
    bench.ask(URL + "found on it")
    bench.settle()
    counts = bench.archive.catalogue.frontier_counts(crawl)
    assert (counts["done"], counts["fresh"]) == (1, 1)
    bench.end()


def test_a_lambda_is_crawled_from_memory(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    for name in "ab":
        bench.scheduler.enqueue_request(Request(URL + name, callback=lambda response: None))
    assert bench.scheduler.has_pending_requests()
    assert sorted(bench.taken()) == [URL + "a", URL + "b"]
    assert caplog.text.count("will not survive a restart") == 1
    bench.end()


LOGINS = {
    "header": {"headers": {"authorization": "Basic s3cr3t"}},
    "proxy header": {"headers": {"Proxy-Authorization": "Basic s3cr3t"}},
    "proxy": {"meta": {"proxy": "http://me:s3cr3t@127.0.0.1:3128"}},
    "proxy without scheme": {"meta": {"proxy": "me:s3cr3t@127.0.0.1:3128"}},
}


@pytest.mark.parametrize("login", LOGINS.values(), ids=LOGINS)
@pytest.mark.parametrize("kind", [Request, FormRequest])
def test_a_login_is_sent_but_never_written(
    bench: Bench, caplog: pytest.LogCaptureFixture, login: dict[str, Any], kind: type[Request]
) -> None:
    request = kind(URL + "a", bench.spider.read, **login)
    assert bench.scheduler.enqueue_request(request)
    assert not bench.scheduler.enqueue_request(request.copy()), "what memory holds goes out once, too"
    assert bench.scheduler.enqueue_request(request.replace(dont_filter=True)), "a retry"
    assert bench.scheduler.next_request() is request
    assert bench.taken() == [URL + "a"]
    bench.end()
    assert "s3cr3t" not in caplog.text
    for path in bench.archive.path.rglob("*"):
        assert path.is_dir() or b"s3cr3t" not in path.read_bytes()


def test_a_redirect_that_bears_a_login_keeps_the_row_it_came_from(bench: Bench) -> None:
    bench.ask(URL + "a")
    request = bench.scheduler.next_request()
    assert request is not None
    row = request.meta.pop("frontier_key")
    hop = request.replace(url=URL + "b", headers=LOGINS["header"]["headers"], meta={"replaces": [row]})
    assert bench.scheduler.enqueue_request(hop)
    assert bench.scheduler.next_request() is hop
    bench.recording._tally.counts["answers"] = 1
    bench.end()
    bench.begin()
    assert bench.taken() == [URL + "a"]
    bench.end()


def test_a_redirect_waits_for_the_host_it_leads_to_and_finishes_the_row_it_came_from(bench: Bench) -> None:
    middleware = HopRedirectMiddleware.from_crawler(bench.crawler)
    bench.ask(URL + "a")
    request = bench.scheduler.next_request()
    assert request is not None
    request.meta["download_slot"] = "127.0.0.1"
    row = request.meta["frontier_key"]
    answer = Response(request.url, status=302, headers={"Location": "http://other.example/b"})
    hop = middleware.process_response(request, answer)
    assert isinstance(hop, Request)
    assert "download_slot" not in hop.meta
    assert "frontier_key" not in hop.meta
    assert hop.meta["replaces"] == [row]
    bench.scheduler.enqueue_request(hop)
    assert bench.taken() == ["http://other.example/b"]
    bench.settle()
    counts = bench.archive.catalogue.frontier_counts(bench.recording.crawl.id)
    assert (counts["done"], counts["leased"]) == (1, 1)
    bench.end()


def answers(bench: Bench, middleware: RetryAfterMiddleware, status: int, **headers: str) -> HostRow:
    request = Request(URL + "a")
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    middleware.process_response(request, Response(request.url, status=status, headers=named))
    return bench.recording.hosts.get("http://127.0.0.1:9")


def test_a_busy_host_is_left_alone_twice_as_long_each_time_until_it_is_well(bench: Bench) -> None:
    middleware = RetryAfterMiddleware.from_crawler(bench.crawler)
    waits = []
    for _ in range(12):
        first = answers(bench, middleware, 503)
        again = answers(bench, middleware, 429)
        assert again == first, "what was on its way when it said so says nothing new"
        assert answers(bench, middleware, 200) == first
        waits.append(first.back_off_s)
        assert first.not_before is not None
        bench.recording.hosts.change(first.origin, not_before=datetime.now(UTC))
    assert waits == [2.0 * 2**number for number in range(9)] + [600.0] * 3
    assert answers(bench, middleware, 500).back_off_s == 600.0, "that is not well"
    well = answers(bench, middleware, 404)
    assert (well.back_off_s, well.not_before) == (None, None)
    bench.end()
    assert bench.archive.catalogue.host(well.origin) == well


def test_hosts_at_hand_are_bounded_in_number_and_size(bench: Bench) -> None:
    hosts = bench.recording.hosts
    for number in range(MOST_HOSTS + 50):
        hosts.get(f"http://{number}.example")
    assert len(hosts._rows) == MOST_HOSTS
    for number in range(60):
        hosts.change(f"http://{number}.example", robots_text="x" * (512 << 10))
    assert hosts._letters <= MOST_LETTERS
    assert sum(len(row.robots_text or "") for row in hosts._rows.values()) == hosts._letters
    bench.settle()
    assert len(hosts.get("http://0.example").robots_text or "") == 512 << 10, "read back"
    bench.end()


def test_a_request_that_failed_leaves_memory_and_comes_back_when_its_time_has_come(bench: Bench) -> None:
    bench.ask(URL + "a")
    request = bench.scheduler.next_request()
    assert request is not None
    bench.recording._tally.counts["answers"] = 1
    bench.crawler.stats = MemoryStatsCollector(bench.crawler)
    middleware = WireRetryMiddleware.from_crawler(bench.crawler)
    for failures in range(1, 6):
        again = asyncio.run(middleware.process_response(request, Response(request.url, status=502)))
        assert isinstance(again, Request)
        reason, wait_s = again.meta["again"]
        assert reason == "status_502"
        assert 4 ** (failures - 1) / 2 <= wait_s <= 4 ** (failures - 1)
        again.meta["again"] = [reason, 0.0]
        assert bench.scheduler.enqueue_request(again)
        assert bench.scheduler.next_request() is None, "not before it is settled"
        bench.settle()
        request = bench.scheduler.next_request()
        assert request is not None
        assert request.meta["failures"] == failures
    last = Response(request.url, status=502)
    assert asyncio.run(middleware.process_response(request, last)) is last
    bench.end()


def test_kinds_of_failures_are_told_apart() -> None:
    assert failure_kind(RobotsForbiddenError("x")) == "robots_forbidden"
    assert failure_kind(ValueError("x")) == "other"


@pytest.mark.parametrize("name", ["../x", "/x", "", ".", "a/b", "Xx"])
def test_a_source_whose_name_is_no_folder_of_ours_is_refused_before_anything_is_written(
    tmp_path: Path, name: str
) -> None:
    settings = Settings()
    settings.setmodule(project_settings)
    config = CrawlConfig.from_settings(settings)
    with Archive.open(tmp_path / "a", create=True, exclusive=True) as archive:
        with pytest.raises(BadConfigurationError, match="name"):
            begin_recording(archive, Source(name=name, origin=URL), config)
        assert archive.catalogue.totals().sources == 0
        assert [*archive.warc_folder.iterdir()] == []
