"""What goes wrong has a stage and a kind, ends in bounded time, and keeps what arrived."""

from __future__ import annotations

import asyncio
import socket

import pytest
from servers.awkward_http import FIN, HOLD, RST, AwkwardServer
from servers.dns_server import Addresses, DnsServer, Rcode, Silence

from crawler.wire import AddressGuard, Resolver, WireConfig, WireRequest
from model import BadConfigurationError, BadUrlError, FailureKind, FetchError, Truncation

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def _enough(endless: bytes) -> bytes:
    """Return more of it than is read before a bound is noticed."""
    return endless * (2_000_000 // len(endless)) if endless else b""


@pytest.fixture
def server():
    with AwkwardServer() as server:
        yield server


def _fetch(wire, server, **bounds):
    """Return the exchange, or the observation of the failure, of fetching ``/``."""
    try:
        return wire(lambda client: client.fetch(WireRequest(url=server.url())), config=WireConfig(**bounds))
    except FetchError as error:
        return error.observation


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"half",
        CHUNKED + b"9\r\nhalf",
        CHUNKED + b"4\r\nhalf\r\n",
        CHUNKED + b"4\r\nhalf\r\n0\r\nX: y\r\n",
    ],
    ids=["length", "in-a-chunk", "between-chunks", "in-the-trailers"],
)
@pytest.mark.parametrize(
    ("end", "kind", "errno"), [(FIN, FailureKind.HTTP_CLOSED, None), (RST, FailureKind.HTTP_RESET, 104)]
)
def test_body_cut_by_the_other_side_is_kept_as_far_as_it_came(wire, server, sent, end, kind, errno):
    server.on("/", sent, then=end)
    exchange = _fetch(wire, server)
    assert exchange.response == sent
    assert exchange.truncated is Truncation.DISCONNECT
    assert exchange.observation.failure.kind is kind
    assert exchange.observation.failure.errno == errno


def test_body_to_the_close_that_is_reset_is_cut(wire, server):
    server.on("/", b"HTTP/1.0 200 OK\r\n\r\nhalf", then=RST)
    exchange = _fetch(wire, server)
    assert exchange.response == b"HTTP/1.0 200 OK\r\n\r\nhalf"
    assert exchange.truncated is Truncation.DISCONNECT
    assert exchange.observation.failure.kind is FailureKind.HTTP_RESET


@pytest.mark.parametrize("bound", ["total_timeout_s", "idle_timeout_s"])
@pytest.mark.parametrize("sent", [HEAD + b"half", CHUNKED + b"9\r\nhalf"], ids=["length", "chunked"])
def test_body_cut_by_time_is_kept_as_far_as_it_came(wire, server, sent, bound):
    server.on("/", sent, then=HOLD)
    exchange = _fetch(wire, server, **{bound: 0.2})
    assert exchange.response == sent
    assert exchange.truncated is Truncation.TIME
    assert exchange.observation.failure.kind is FailureKind.HTTP_TIMEOUT


def test_body_that_drips_for_ever_ends_with_the_total_time(wire, server):
    server.on("/", CHUNKED, endless=b"1\r\nx\r\n")
    exchange = _fetch(wire, server, total_timeout_s=0.3, idle_timeout_s=0.2)
    assert exchange.truncated is Truncation.TIME
    assert exchange.response.startswith(CHUNKED + b"1\r\nx\r\n1\r\nx\r\n")


@pytest.mark.parametrize(
    ("sent", "endless"),
    [
        (HEAD + b"x" * 1000, b""),
        (CHUNKED, b"5\r\nabcde\r\n"),
        (CHUNKED + b"fffffff\r\n", b"x" * 5000),
        (b"HTTP/1.0 200 OK\r\n\r\n", b"x" * 5000),
    ],
    ids=["length", "chunks", "one-chunk", "to-close"],
)
def test_body_past_the_cap_is_kept_up_to_it(wire, server, sent, endless):
    server.on("/", sent, then=HOLD, endless=endless)
    exchange = _fetch(wire, server, max_body_bytes=600)
    assert len(exchange.response) == exchange.head_length + 600
    assert (sent + endless * 200).startswith(exchange.response)
    assert exchange.truncated is Truncation.LENGTH
    assert exchange.observation.failure.kind is FailureKind.HTTP_BODY_TOO_LARGE


def test_body_of_exactly_the_cap_is_whole(wire, server):
    server.on("/", HEAD + b"x" * 1000)
    exchange = _fetch(wire, server, max_body_bytes=1000)
    assert exchange.truncated is None


def test_cap_of_one_request_stands_before_the_clients(wire, server):
    server.on("/", HEAD + b"x" * 1000)
    request = WireRequest(url=server.url(), max_body_bytes=10)
    exchange = wire(lambda client: client.fetch(request))
    assert len(exchange.response) == exchange.head_length + 10


@pytest.mark.parametrize(
    ("sent", "endless", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n", FailureKind.HTTP_HEAD_TOO_LARGE),
        (b"HTTP/1.1 200 OK\r\nX: ", b"y" * 500, FailureKind.HTTP_HEAD_TOO_LARGE),
        (b"HTTP/1.1 200 ", b"reason" * 500, FailureKind.HTTP_HEAD_TOO_LARGE),
        (b"", b"HTTP/1.1 102 Processing\r\n\r\n", FailureKind.HTTP_HEAD_TOO_LARGE),
        (b"", b"\r\n" * 500, FailureKind.HTTP_MALFORMED),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", b"", FailureKind.HTTP_MALFORMED),
        (b"garbage " + OK, b"", FailureKind.HTTP_MALFORMED),
        (b"<html>HTTP/0.9</html>", b"", FailureKind.HTTP_MALFORMED),
        (b"HTTP/2.0 200 OK\r\n\r\n", b"", FailureKind.HTTP_MALFORMED),
        (b"HTTP/1.1 two hundred\r\n\r\n", b"", FailureKind.HTTP_MALFORMED),
        (b"\x15\x03\x01\x00\x02\x02\x46", b"", FailureKind.HTTP_MALFORMED),
    ],
    ids=[
        "endless-headers",
        "endless-header",
        "endless-reason",
        "endless-interim",
        "endless-blank-lines",
        "ssh",
        "garbage-first",
        "no-head",
        "http-2",
        "no-status",
        "tls-alert",
    ],
)
def test_what_is_no_response_is_a_typed_failure(wire, server, sent, endless, kind):
    server.on("/", sent, then=HOLD, endless=endless)
    observation = _fetch(wire, server, max_head_bytes=20_000, total_timeout_s=10)
    assert observation.failure.kind is kind
    assert observation.received
    assert (sent + _enough(endless)).startswith(observation.received)
    assert observation.request == server.seen[0].request


@pytest.mark.parametrize(
    ("sent", "endless", "kind"),
    [
        (CHUNKED + b"5;x=", b"y" * 500, FailureKind.HTTP_MALFORMED),
        (CHUNKED + b"1\r\nx\r\n0\r\n", b"X-More: and more\r\n", FailureKind.HTTP_HEAD_TOO_LARGE),
        (CHUNKED + b"1\r\nx\r\nnonsense\r\n", b"", FailureKind.HTTP_MALFORMED),
        (CHUNKED + b"1\r\nxyz\r\n", b"", FailureKind.HTTP_MALFORMED),
        (CHUNKED + b"1\r\nx\r\n0x5\r\n", b"", FailureKind.HTTP_MALFORMED),
        (CHUNKED + b"1\r\nx\r\n-5\r\n", b"", FailureKind.HTTP_MALFORMED),
        (CHUNKED + b"1\r\nx\r\n" + b"f" * 17 + b"\r\n", b"", FailureKind.HTTP_MALFORMED),
    ],
    ids=[
        "endless-size-line",
        "endless-trailers",
        "no-size",
        "longer-than-size",
        "prefix",
        "negative",
        "huge",
    ],
)
def test_broken_framing_ends_the_body_and_keeps_it(wire, server, sent, endless, kind):
    server.on("/", sent, then=HOLD, endless=endless)
    exchange = _fetch(wire, server, max_head_bytes=20_000, total_timeout_s=10)
    assert exchange.truncated is Truncation.DISCONNECT
    assert exchange.observation.failure.kind is kind
    assert (sent + _enough(endless)).startswith(exchange.response)
    assert exchange.response.startswith(CHUNKED)


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nX: "], ids=["nothing", "half-a-head"])
@pytest.mark.parametrize(
    ("end", "kind"),
    [(FIN, FailureKind.HTTP_CLOSED), (RST, FailureKind.HTTP_RESET), (HOLD, FailureKind.HTTP_TIMEOUT)],
)
def test_end_before_the_head_is_a_typed_failure(wire, server, sent, end, kind):
    server.on("/", sent, then=end)
    observation = _fetch(wire, server, first_byte_timeout_s=0.2, idle_timeout_s=0.2)
    assert observation.failure.kind is kind
    assert observation.received == sent
    assert observation.request == server.seen[0].request
    assert observation.address == "127.0.0.1"
    assert len(server.seen) == 1


def test_refused_port_is_a_connect_failure_with_its_address(wire):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(FetchError) as caught:
        wire(lambda client: client.fetch(WireRequest(url=f"http://127.0.0.1:{port}/")))
    observation = caught.value.observation
    assert observation.failure.kind is FailureKind.CONNECT_REFUSED
    assert observation.failure.errno == 111
    assert [(a.address, a.port, a.outcome) for a in observation.connects] == [
        ("127.0.0.1", port, "connect_refused")
    ]
    assert observation.request == b""


@pytest.mark.parametrize("bound", ["connect_timeout_s", "total_timeout_s"])
def test_silent_host_is_a_connect_timeout(wire, bound):
    with socket.socket() as full:
        # A listener whose queue is full drops further SYNs.
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        holders = [socket.socket() for _ in range(2)]
        for holder in holders:
            holder.setblocking(False)
            holder.connect_ex(("127.0.0.1", port))
        with pytest.raises(FetchError) as caught:
            wire(
                lambda client: client.fetch(WireRequest(url=f"http://127.0.0.1:{port}/")),
                config=WireConfig(**{bound: 0.3}),
            )
        for holder in holders:
            holder.close()
    observation = caught.value.observation
    assert observation.failure.kind is FailureKind.CONNECT_TIMEOUT
    assert [a.outcome for a in observation.connects] == ["connect_timeout"]


def test_every_address_is_tried_in_order_and_noted(wire):
    with AwkwardServer(host="::1") as server:
        server.on("/", OK)
        # localhost leads to 127.0.0.1 and ::1 (RFC 6761); only the second listens.
        url = server.url(host="localhost")
        exchange = wire(lambda client: client.fetch(WireRequest(url=url)))
    observation = exchange.observation
    assert [(a.address, a.outcome) for a in observation.connects] == [
        ("127.0.0.1", "connect_refused"),
        ("::1", "connected"),
    ]
    assert observation.dns.addresses == ("127.0.0.1", "::1")
    assert observation.address == "::1"


def test_private_address_is_refused_before_any_packet(wire, server):
    with pytest.raises(FetchError) as caught:
        wire(lambda client: client.fetch(WireRequest(url=server.url())), guard=AddressGuard())
    observation = caught.value.observation
    assert observation.failure.kind is FailureKind.ADDRESS_REFUSED
    assert observation.address == "127.0.0.1"
    assert [a.outcome for a in observation.connects] == ["address_refused"]
    assert server.connections == 0


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "localhost", "017700000001"]
)
def test_private_address_is_refused_however_it_is_written(wire, server, host):
    with pytest.raises(FetchError) as caught:
        wire(lambda client: client.fetch(WireRequest(url=server.url(host=host))), guard=AddressGuard())
    assert caught.value.observation.failure.kind is FailureKind.ADDRESS_REFUSED
    assert server.connections == 0


@pytest.mark.parametrize(
    ("answer", "kind", "rcode"),
    [
        (Rcode("NXDOMAIN"), FailureKind.DNS_NXDOMAIN, "NXDOMAIN"),
        (Rcode("SERVFAIL"), FailureKind.DNS_SERVFAIL, "SERVFAIL"),
        (Rcode("REFUSED"), FailureKind.DNS_REFUSED, "REFUSED"),
        (Rcode("NOERROR"), FailureKind.DNS_NO_ANSWER, "NOERROR"),
        (Silence(), FailureKind.DNS_TIMEOUT, None),
        (Addresses("10.10.34.34"), FailureKind.ADDRESS_REFUSED, "NOERROR"),
    ],
)
def test_failure_of_a_name_carries_what_was_answered(wire, answer, kind, rcode):
    with DnsServer({"news.test": answer}) as dns, pytest.raises(FetchError) as caught:
        wire(
            lambda client: client.fetch(WireRequest(url="http://news.test/")),
            resolver=Resolver([dns.address], None, timeout_s=0.5),
            guard=AddressGuard(named=[("news.invalid", 80)]),
        )
    observation = caught.value.observation
    assert observation.failure.kind is kind
    if rcode is not None:
        assert observation.dns.name == "news.test"
        assert observation.dns.rcode == rcode
    assert observation.dns.addresses == (("10.10.34.34",) if isinstance(answer, Addresses) else ())


def test_name_that_changes_its_address_to_a_private_one_is_refused(wire, server):
    server.on("/", b"HTTP/1.0 200 OK\r\n\r\n", then=FIN)
    with DnsServer({"news.test": Addresses("127.0.0.1")}) as dns:

        async def job(client):
            url = server.url(host="news.test")
            first = await client.fetch(WireRequest(url=url))
            dns.zones["news.test"] = Addresses("127.0.0.2")
            with pytest.raises(FetchError) as caught:
                await client.fetch(WireRequest(url=url))
            return first, caught.value.observation

        first, observation = wire(
            job,
            resolver=Resolver([dns.address], None, cache_ttl_s=(0.0, 0.0)),
            guard=AddressGuard(allowed_ranges=["127.0.0.1/32"]),
        )
    assert first.observation.dns.addresses == ("127.0.0.1",)
    assert observation.failure.kind is FailureKind.ADDRESS_REFUSED
    assert observation.dns.addresses == ("127.0.0.2",)


def test_fetch_that_is_cancelled_leaves_no_connection_to_be_used(wire, server):
    server.on("/", HEAD + b"half", then=HOLD)
    server.on("/next", OK)

    async def job(client):
        task = asyncio.create_task(client.fetch(WireRequest(url=server.url())))
        while not server.seen:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return await client.fetch(WireRequest(url=server.url("/next")))

    exchange = wire(job)
    assert exchange.response == OK
    assert not exchange.observation.reused


def test_fetch_under_way_when_the_client_is_closed_fails(wire, server):
    server.on("/", HEAD + b"half", then=HOLD)

    async def job(client):
        task = asyncio.create_task(client.fetch(WireRequest(url=server.url())))
        while not server.seen:
            await asyncio.sleep(0.01)
        await client.close()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        return outcome

    outcome = wire(job)
    observation = outcome.observation
    assert observation.failure.kind is FailureKind.HTTP_CLOSED


def test_site_that_the_operator_named_is_reached_and_nothing_beside_it(wire, server):
    server.on("/", OK)
    with AwkwardServer() as other:

        async def job(client):
            exchange = await client.fetch(WireRequest(url=server.url()))
            with pytest.raises(FetchError):
                await client.fetch(WireRequest(url=other.url()))
            return exchange

        exchange = wire(job, guard=AddressGuard(named=[("127.0.0.1", server.port)]))
        assert other.connections == 0
    assert exchange.observation.allowed_by == "named by the operator"


def test_connection_closed_while_unused_is_replaced_without_a_word(wire, server):
    server.on("/", OK)
    server.on("/second", OK, fresh_only=True)

    async def job(client):
        await client.fetch(WireRequest(url=server.url()))
        return await client.fetch(WireRequest(url=server.url("/second")))

    exchange = wire(job)
    assert exchange.response == OK
    assert not exchange.observation.reused
    assert exchange.observation.failure is None
    assert [(seen.connection, bytes(seen.sent)) for seen in server.seen] == [(1, OK), (1, b""), (2, OK)]


def test_request_that_must_not_be_repeated_is_not(wire, server):
    server.on("/", OK)
    server.on("/post", then=FIN)

    async def job(client):
        await client.fetch(WireRequest(url=server.url()))
        with pytest.raises(FetchError) as caught:
            await client.fetch(WireRequest(url=server.url("/post"), method="POST", body=b"x"))
        return caught.value.observation

    observation = wire(job)
    assert observation.failure.kind is FailureKind.HTTP_CLOSED
    assert observation.reused
    assert [seen.request[:5] for seen in server.seen] == [b"GET /", b"POST "]


def test_request_on_a_used_connection_is_repeated_once_and_then_fails(wire, server):
    server.on("/", OK)
    server.on("/never", then=FIN)

    async def job(client):
        await client.fetch(WireRequest(url=server.url()))
        with pytest.raises(FetchError) as caught:
            await client.fetch(WireRequest(url=server.url("/never")))
        return caught.value.observation

    observation = wire(job)
    assert observation.failure.kind is FailureKind.HTTP_CLOSED
    assert not observation.reused
    assert [seen.connection for seen in server.seen] == [1, 1, 2]


def test_connection_kept_too_long_is_not_used_again(wire, server):
    server.on("/", OK)

    async def job(client):
        await client.fetch(WireRequest(url=server.url()))
        (connection,) = client._live
        await connection.wait_closed()
        return await client.fetch(WireRequest(url=server.url()))

    exchange = wire(job, config=WireConfig(keep_alive_s=0.05))
    assert not exchange.observation.reused


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1/",
        "http:///x",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:x/",
        "http://a b/",
        "javascript:alert(1)",
        "http://[::1/",
        "http://127.0.0.1/" + "a" * 100_000,
        "",
    ],
)
def test_what_is_no_web_address_is_said_to_be_none(wire, url):
    with pytest.raises(BadUrlError) as caught:
        wire(lambda client: client.fetch(WireRequest(url=url)))
    assert len(str(caught.value)) < 400


def test_bounds_that_make_no_sense_are_refused():
    with pytest.raises(BadConfigurationError, match="total_timeout_s"):
        WireConfig(total_timeout_s=0)
