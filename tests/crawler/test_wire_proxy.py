"""Proxies are used as they are meant, and their credentials stay out of every record."""

from __future__ import annotations

import base64

import pytest
from servers.awkward_http import AwkwardServer
from servers.certificates import certificates
from servers.proxies import HttpProxy, Socks5Proxy
from servers.tls_server import PAGE, Instead, TlsServer

from crawler.wire import AddressGuard, ProxyUrl, TrustStore, WireConfig, WireRequest
from model import BadConfigurationError, FailureKind, FetchError, to_json

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
TRUSTING = WireConfig(trust=TrustStore(system=False, extra_ca_files=(certificates().ca_file,)))
SECRET = "p\u200c:@ss"
BASIC = b"Basic " + base64.b64encode(f"me:{SECRET}".encode())


@pytest.fixture
def site():
    with AwkwardServer() as server:
        server.on("/x?y=1", OK)
        yield server


def _proxy(scheme, proxy, login=""):
    return ProxyUrl.parse(f"{scheme}://{login}127.0.0.1:{proxy.port}")


def _fails(wire, url, proxy, **more):
    with pytest.raises(FetchError) as caught:
        wire(lambda client: client.fetch(WireRequest(url=url)), proxy=proxy, **more)
    return caught.value.observation


def _has_secret(noun) -> bool:
    text = repr(noun) + repr(to_json(noun))
    return SECRET in text or BASIC.decode() in text or base64.b64encode(BASIC).decode()[4:-4] in text


def test_http_goes_through_an_http_proxy_in_absolute_form(wire, site):
    with HttpProxy({"news.test": site.port}) as proxy:
        exchange = wire(
            lambda client: client.fetch(WireRequest(url="http://News.test/x?y=1")),
            proxy=_proxy("http", proxy),
        )
        assert exchange.request == proxy.heard[0]
    assert exchange.request.startswith(b"GET http://news.test/x?y=1 HTTP/1.1\r\nHost: news.test\r\n")
    assert exchange.response == OK
    assert exchange.observation.proxy == f"http://127.0.0.1:{proxy.port}"
    assert exchange.observation.address == "127.0.0.1"
    assert exchange.observation.port == proxy.port
    assert exchange.observation.dns is None


def test_login_to_an_http_proxy_is_sent_and_not_recorded(wire, site):
    with HttpProxy({"news.test": site.port}, authorization=BASIC) as proxy:
        headers = ((b"Accept", b"*/*"), (b"proxy-authorization", b"Basic bm90OnRoaXM="))
        exchange = wire(
            lambda client: client.fetch(WireRequest(url="http://news.test/x?y=1", headers=headers)),
            proxy=_proxy("http", proxy, "me:p%E2%80%8C%3A%40ss@"),
        )
        heard = proxy.heard[0]
    assert exchange.response == OK
    assert b"\r\nProxy-Authorization: " + BASIC + b"\r\n" in heard
    assert heard.lower().count(b"proxy-authorization") == 1
    assert exchange.request == heard.replace(b"Proxy-Authorization: " + BASIC + b"\r\n", b"")
    assert not _has_secret(exchange)


def test_https_goes_through_a_tunnel(wire):
    with (
        TlsServer(certificates().good) as site,
        HttpProxy({"news.test": site.port}, authorization=BASIC) as proxy,
    ):
        exchange = wire(
            lambda client: client.fetch(WireRequest(url="https://news.test/x")),
            proxy=_proxy("http", proxy, "me:p%E2%80%8C%3A%40ss@"),
            config=TRUSTING,
        )
        assert proxy.asked == ["news.test:443"]
        assert exchange.request == site.requests[0]
    assert exchange.request.startswith(b"GET /x HTTP/1.1\r\nHost: news.test\r\n")
    assert exchange.response == PAGE
    assert exchange.observation.tls.verified
    assert not _has_secret(exchange)


@pytest.mark.parametrize("url", ["http://news.test/", "https://news.test/"])
def test_refused_login_is_the_proxys_failure(wire, url):
    with HttpProxy({}, authorization=BASIC) as proxy:
        observation = _fails(wire, url, _proxy("http", proxy, "me:wrong@"))
    assert observation.failure.kind is FailureKind.PROXY_FAILED
    assert "wrong" not in repr(observation)


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", b"SSH-2.0-x\r\n", b""]
)
def test_tunnel_that_is_not_given_is_the_proxys_failure(wire, answer):
    with HttpProxy({}, instead=answer) as proxy:
        observation = _fails(wire, "https://news.test/", _proxy("http", proxy))
    assert observation.failure.kind is FailureKind.PROXY_FAILED
    assert observation.proxy == f"http://127.0.0.1:{proxy.port}"


@pytest.mark.parametrize("scheme", ["http", "socks5"])
def test_proxy_that_is_not_there_is_the_proxys_failure(wire, scheme):
    with HttpProxy({}) as proxy:
        address = _proxy(scheme, proxy)
    observation = _fails(wire, "http://news.test/", address)
    assert observation.failure.kind is FailureKind.PROXY_FAILED
    assert [a.outcome for a in observation.connects] == ["connect_refused"]


@pytest.mark.parametrize("login", [None, (b"me", SECRET.encode())])
def test_socks_gets_the_name_and_the_login(wire, site, login):
    with Socks5Proxy({"abc.onion": site.port}, login=login) as proxy:
        url = "me:p%E2%80%8C%3A%40ss@" if login else ""
        exchange = wire(
            lambda client: client.fetch(WireRequest(url="http://abc.onion:81/x?y=1")),
            proxy=_proxy("socks5h", proxy, url),
        )
        assert proxy.asked == ["abc.onion:81"]
        assert proxy.heard == ([b"me:" + SECRET.encode()] if login else [])
    assert exchange.request == site.seen[0].request
    assert exchange.request.startswith(b"GET /x?y=1 HTTP/1.1\r\nHost: abc.onion:81\r\n")
    assert exchange.observation.proxy == f"socks5://127.0.0.1:{proxy.port}"
    assert not _has_secret(exchange)


def test_connection_through_socks_is_used_again(wire, site):
    with Socks5Proxy({"news.test": site.port}) as proxy:

        async def job(client):
            return [await client.fetch(WireRequest(url="http://news.test/x?y=1")) for _ in range(2)]

        exchanges = wire(job, proxy=_proxy("socks5", proxy))
        assert proxy.asked == ["news.test:80"]
    assert [e.observation.reused for e in exchanges] == [False, True]


def test_https_goes_through_socks(wire):
    with TlsServer(certificates().good) as site, Socks5Proxy({"news.test": site.port}) as proxy:
        exchange = wire(
            lambda client: client.fetch(WireRequest(url="https://news.test/")),
            proxy=_proxy("socks5", proxy),
            config=TRUSTING,
        )
    assert exchange.response == PAGE
    assert exchange.observation.tls.chain == certificates().good.der


def test_censor_behind_a_proxy_is_not_the_proxys_failure(wire):
    with TlsServer(Instead.RESET) as site, Socks5Proxy({"news.test": site.port}) as proxy:
        observation = _fails(wire, "https://news.test/", _proxy("socks5", proxy), config=TRUSTING)
    assert observation.failure.kind in {FailureKind.TLS_RESET, FailureKind.TLS_CLOSED}


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (1, FailureKind.PROXY_FAILED),
        (2, FailureKind.PROXY_FAILED),
        (4, FailureKind.CONNECT_UNREACHABLE),
        (5, FailureKind.CONNECT_REFUSED),
        (6, FailureKind.CONNECT_TIMEOUT),
        (99, FailureKind.PROXY_FAILED),
    ],
)
def test_what_socks_says_of_the_site_is_told_from_its_own_trouble(wire, reply, kind):
    with Socks5Proxy({}, reply=reply) as proxy:
        observation = _fails(wire, "http://news.test/", _proxy("socks5", proxy))
    assert observation.failure.kind is kind


def test_wrong_login_to_socks_is_the_proxys_failure(wire):
    with Socks5Proxy({}, login=(b"me", b"right")) as proxy:
        observation = _fails(wire, "http://news.test/", _proxy("socks5", proxy, "me:wrong@"))
    assert observation.failure.kind is FailureKind.PROXY_FAILED
    assert "wrong" not in repr(observation)


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "2130706433", "localhost", "x.localhost", "[::1]", "169.254.169.254"]
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_private_address_is_refused_before_the_proxy_hears_of_it(wire, host, scheme):
    with Socks5Proxy({}) as proxy:
        observation = _fails(wire, f"{scheme}://{host}/", _proxy("socks5", proxy), guard=AddressGuard())
        assert proxy.asked == []
    assert observation.failure.kind is FailureKind.ADDRESS_REFUSED


@pytest.mark.parametrize(
    "text", ["ftp://me:secret@h:1", "http://", "http://me:secret@h:x", "socks5://me:" + "secret" * 50 + "@h"]
)
def test_proxy_that_cannot_be_is_refused_without_its_secret(text):
    with pytest.raises(BadConfigurationError) as caught:
        ProxyUrl.parse(text)
    assert "secret" not in str(caught.value)
