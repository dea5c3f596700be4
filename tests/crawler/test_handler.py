"""Scrapy over our wire: real crawls of real local servers, through Scrapy's public interface only."""

from __future__ import annotations

import asyncio
import gzip
import socket
from types import SimpleNamespace

import pytest
import scrapy
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.http import HtmlResponse
from scrapy.settings import Settings
from servers.awkward_http import FIN, HOLD, AwkwardServer
from servers.certificates import certificates
from servers.dns_server import DnsServer, Rcode
from servers.proxies import HttpProxy
from servers.tls_server import TlsServer

from crawler.handler import NotWorthRetryingError
from crawler.wireconfig import WireSettings
from model import BadConfigurationError, FailureKind, FetchError, Source, Truncation

PAGE = "<html><title>ماندگار</title></html>".encode()
BASE = {
    "DOWNLOAD_HANDLERS": {
        "http": "crawler.handler.WireDownloadHandler",
        "https": "crawler.handler.WireDownloadHandler",
    },
    "TWISTED_REACTOR_ENABLED": False,
    "TELNETCONSOLE_ENABLED": False,
    "REMOTE_CONTROL_ENABLED": False,
    "LOG_ENABLED": False,
    "RETRY_PRIORITY_ADJUST": 0,
    "MANDEGAR_ALLOWED_RANGES": ["127.0.0.0/8"],
    "COOKIES_ENABLED": False,
}


class Kept:
    """Stands where the archive does: keeps what the handler gives it."""

    def __init__(self) -> None:
        self.exchanges = []
        self.failures = []

    async def may_send(self):
        pass

    async def exchange(self, exchange, request):
        self.exchanges.append(exchange)
        return SimpleNamespace(number=len(self.exchanges))

    async def failure(self, observation, request):
        self.failures.append(observation)


class Probe(scrapy.Spider):
    """Makes the requests it is given and keeps what comes of each."""

    name = "probe"

    def __init__(self, requests, outcomes, source=None):
        super().__init__()
        self._requests = requests
        self._outcomes = outcomes
        self.source = source

    async def start(self):
        for request in self._requests:
            yield request.replace(callback=self.parse, errback=self.failed, dont_filter=True)

    def parse(self, response):
        self._outcomes.append(response)

    def failed(self, failure):
        self._outcomes.append(failure.value)


def _crawl(*requests, recording=True, source=None, **settings):
    """Return what came of the requests, what was recorded, and Scrapy's counts."""
    outcomes = []
    kept = Kept()

    async def run():
        runner = AsyncCrawlerRunner(Settings({**BASE, **settings}))
        crawler = runner.create_crawler(Probe)
        if recording:
            crawler.recording = kept
        await runner.crawl(crawler, requests=requests, outcomes=outcomes, source=source)
        return crawler.stats.get_stats()

    stats = asyncio.run(run())
    return outcomes, kept, stats


def _get(url, **meta):
    return scrapy.Request(url, meta={"verbatim_url": True, "handle_httpstatus_all": True, **meta})


@pytest.fixture
def site():
    with AwkwardServer() as server:
        yield server


def _answer(body=PAGE, *headers, status=b"200 OK"):
    lines = [b"HTTP/1.1 " + status, b"Content-Type: text/html; charset=utf-8", *headers]
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body)]) + b"\r\n\r\n" + body


def test_spider_gets_a_decoded_page_and_the_archive_the_wires_bytes(site):
    body = gzip.compress(PAGE)
    site.on(
        "/x%d8?a|b",
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-encoding: gzip\r\n"
        b"Set-Cookie: a=1\r\nset-cookie: b=2\r\ntransfer-encoding: chunked\r\n\r\n"
        b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body),
    )
    (response,), kept, _ = _crawl(_get(site.url("/x%d8?a|b")))
    assert isinstance(response, HtmlResponse)
    assert response.css("title::text").get() == "ماندگار"
    assert response.flags == ["decoded"]
    assert response.headers.getlist("Set-Cookie") == [b"a=1", b"b=2"]
    assert b"Content-Encoding" not in response.headers
    assert b"Transfer-Encoding" not in response.headers
    assert str(response.ip_address) == "127.0.0.1"
    assert response.protocol == "HTTP/1.1"
    assert response.meta["capture"].number == 1
    assert response.meta["download_latency"] > 0
    (exchange,) = kept.exchanges
    assert exchange.response == bytes(site.seen[0].sent)
    assert exchange.request == site.seen[0].request
    assert exchange.url == site.url("/x%d8?a|b")


def test_request_headers_come_in_a_browsers_order(site):
    site.on("/", _answer())
    request = _get(site.url()).replace(headers={"Referer": "http://a/", "Cookie": "x=1", "X-Own": "1"})
    _crawl(request, USER_AGENT="mandegar", DEFAULT_REQUEST_HEADERS={"Accept-Language": "fa", "Accept": "*/*"})
    names = [line.split(b":")[0] for line in site.seen[0].request.split(b"\r\n")[1:-2]]
    assert names == [
        b"Host",
        b"User-Agent",
        b"Accept",
        b"Accept-Language",
        b"Accept-Encoding",
        b"Referer",
        b"Connection",
        b"Cookie",
        b"X-Own",
    ]


def test_every_hop_of_a_redirect_is_an_exchange_of_its_own(site):
    site.on("/", b"HTTP/1.1 301 Moved\r\nLocation: /b%7ec\r\nContent-Length: 0\r\n\r\n")
    site.on("/b%7ec", _answer())
    (response,), kept, _ = _crawl(scrapy.Request(site.url(), meta={"verbatim_url": True}))
    assert response.status == 200
    assert [e.head.status for e in kept.exchanges] == [301, 200]
    assert [e.url for e in kept.exchanges] == [site.url(), site.url("/b%7ec")]


@pytest.mark.parametrize("status", [b"404 Not Found", b"403 Forbidden", b"204 No Content"])
def test_answer_of_any_status_is_recorded(site, status):
    site.on("/", _answer(b"", status=status))
    (response,), kept, _ = _crawl(_get(site.url()))
    assert response.status == kept.exchanges[0].head.status == int(status[:3])


def test_cut_body_reaches_the_spider_as_far_as_it_came(site):
    site.on("/", _answer(PAGE)[:-8], then=FIN)
    (response,), kept, _ = _crawl(_get(site.url()))
    assert response.flags == ["truncated"]
    assert response.body == PAGE[:-8]
    assert kept.exchanges[0].truncated is Truncation.DISCONNECT


def test_bomb_is_kept_as_it_came_and_never_expanded_past_the_bound(site):
    bomb = gzip.compress(b"\0" * 50_000_000)
    site.on("/", _answer(bomb, b"Content-Encoding: gzip"))
    (response,), kept, _ = _crawl(_get(site.url()), MANDEGAR_MAX_DECODED_BYTES=1_000_000)
    assert len(response.body) <= 1_000_000
    assert response.flags == ["decoded", "truncated"]
    assert kept.exchanges[0].response.endswith(bomb)
    assert kept.exchanges[0].truncated is None


def test_bounds_of_settings_and_of_a_request_are_kept(site):
    site.on("/", _answer(b"x" * 1000))
    site.on("/slow", b"HTTP/1.1 200 OK\r\n\r\nx", then=HOLD)
    requests = [
        _get(site.url()),
        _get(site.url(), download_maxsize=100),
        _get(site.url("/slow"), download_timeout=0.2),
    ]
    outcomes, kept, _ = _crawl(*requests, DOWNLOAD_MAXSIZE=500)
    assert sorted(len(response.body) for response in outcomes) == [1, 100, 500]
    assert sorted(e.truncated.value for e in kept.exchanges) == ["length", "length", "time"]


def test_nothing_is_recorded_where_there_is_no_recording(site):
    site.on("/", _answer())
    (response,), kept, _ = _crawl(_get(site.url()), recording=False)
    assert response.status == 200
    assert "capture" not in response.meta
    assert not kept.exchanges


def test_failure_is_recorded_for_every_try_and_retried(site):
    site.on("/", then=FIN)
    (error,), kept, stats = _crawl(_get(site.url()), RETRY_TIMES=2)
    assert isinstance(error, DownloadFailedError)
    assert isinstance(error.__cause__, FetchError)
    assert [o.failure.kind for o in kept.failures] == [FailureKind.HTTP_CLOSED] * 3
    assert stats["retry/count"] == 2


def test_failures_have_scrapys_names(site):
    site.on("/", then=HOLD)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    with DnsServer({"gone.test": Rcode("NXDOMAIN")}) as dns:
        outcomes, kept, _ = _crawl(
            _get(site.url(), download_timeout=0.2),
            _get(f"http://127.0.0.1:{closed}/"),
            _get("http://gone.test/"),
            RETRY_ENABLED=False,
            MANDEGAR_NAMESERVERS=[f"{dns.address[0]}:{dns.address[1]}"],
        )
    assert {type(error) for error in outcomes} == {
        DownloadTimeoutError,
        DownloadConnectionRefusedError,
        CannotResolveHostError,
    }
    assert {o.failure.kind for o in kept.failures} == {
        FailureKind.HTTP_TIMEOUT,
        FailureKind.CONNECT_REFUSED,
        FailureKind.DNS_NXDOMAIN,
    }


def test_refused_address_is_recorded_and_not_tried_again(site):
    (error,), kept, stats = _crawl(_get(site.url()), MANDEGAR_ALLOWED_RANGES=[])
    assert isinstance(error, NotWorthRetryingError)
    assert isinstance(error, IgnoreRequest)
    assert error.observation is kept.failures[0]
    assert len(kept.failures) == 1
    assert "retry/count" not in stats
    assert site.connections == 0


def test_redirect_to_a_private_address_is_refused_although_the_site_itself_is_named(site):
    with AwkwardServer() as inner:
        site.on(
            "/", b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % inner.url().encode()
        )
        source = Source(name="here", origin=site.url())
        (error,), kept, _ = _crawl(scrapy.Request(site.url()), source=source, MANDEGAR_ALLOWED_RANGES=[])
        assert inner.connections == 0
    assert isinstance(error, NotWorthRetryingError)
    assert kept.exchanges[0].observation.allowed_by == "named by the operator"
    assert kept.failures[0].failure.kind is FailureKind.ADDRESS_REFUSED


def test_bad_certificate_is_not_tried_again_and_may_be_accepted_for_one_host():
    with TlsServer(certificates().self_signed) as server:
        request = _get(f"https://127.0.0.1:{server.port}/")
        (error,), kept, _ = _crawl(request)
        assert isinstance(error, NotWorthRetryingError)
        assert kept.failures[0].failure.kind is FailureKind.TLS_CERTIFICATE_SELF_SIGNED
        assert len(kept.failures) == 1
        source = Source(name="here", origin="https://news.test/", accept_bad_certificates=("127.0.0.1",))
        (response,), kept, _ = _crawl(request, source=source)
    assert response.status == 200
    assert response.certificate == certificates().self_signed.der[0]
    assert not kept.exchanges[0].observation.tls.verified


def test_known_authority_can_be_added():
    with TlsServer(certificates().good) as server:
        (response,), kept, _ = _crawl(
            _get(f"https://127.0.0.1:{server.port}/"),
            MANDEGAR_EXTRA_CA_FILES=[str(certificates().ca_file)],
        )
    assert response.body == b"ok"
    assert kept.exchanges[0].observation.tls.verified


def test_login_to_a_proxy_of_a_request_stays_out_of_the_exchange(site):
    site.on("/", _answer())
    with HttpProxy({"news.test": site.port}) as proxy:
        (response,), kept, _ = _crawl(
            _get("http://news.test/", proxy=f"http://me:secret@127.0.0.1:{proxy.port}")
        )
        assert b"\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n" in proxy.heard[0]
    assert response.status == 200
    assert b"uthorization" not in kept.exchanges[0].request
    assert kept.exchanges[0].observation.proxy == f"http://127.0.0.1:{proxy.port}"


def test_proxy_of_the_settings_serves_every_request(site):
    site.on("/", _answer())
    with HttpProxy({"news.test": site.port}) as proxy:
        (response,), _, _ = _crawl(_get("http://news.test/"), MANDEGAR_PROXY=f"http://127.0.0.1:{proxy.port}")
        assert proxy.asked == ["news.test"]
    assert response.status == 200


def test_what_is_no_web_address_is_not_tried_again():
    (error,), kept, stats = _crawl(_get("http://127.0.0.1:99999/"))
    assert isinstance(error, NotWorthRetryingError)
    assert "99999" in str(error)
    assert not kept.failures
    assert "retry/count" not in stats


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MANDEGAR_MAX_RATIO", 0),
        ("MANDEGAR_MAX_DECODED_BYTES", 0),
        ("MANDEGAR_NAMESERVERS", ["ns.example"]),
        ("MANDEGAR_ACCEPT_BAD_CERTIFICATES", ["a b"]),
    ],
)
def test_setting_that_makes_no_sense_is_refused_by_its_name(name, value):
    with pytest.raises(BadConfigurationError, match=name):
        WireSettings.from_settings(Settings({name: value}))
