"""What the client keeps is what the server sent and received, byte for byte."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
import zstandard
from servers.awkward_http import FIN, KEEP, AwkwardServer

from crawler.wire import WireRequest
from model import Exchange

PAGE = "<html><p>می\u200cگوید: ماندگار</p></html>".encode() * 40


def _chunked(body: bytes, *sizes: int, extension: bytes = b"", trailers: bytes = b"") -> bytes:
    parts = []
    for size in sizes:
        piece, body = body[:size], body[size:]
        parts.append(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece))
    if body:
        parts.append(b"%X\r\n%s\r\n" % (len(body), body))
    return b"".join(parts) + b"0\r\n" + trailers + b"\r\n"


def _plain(body: bytes, *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 200 OK", *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


CASES: dict[str, tuple[bytes, str]] = {
    "identity": (_plain(PAGE, b"Content-Type: text/html"), KEEP),
    "gzip": (_plain(gzip.compress(PAGE), b"Content-Encoding: gzip"), KEEP),
    "deflate": (_plain(zlib.compress(PAGE), b"Content-Encoding: deflate"), KEEP),
    "brotli": (_plain(brotli.compress(PAGE), b"Content-Encoding: br"), KEEP),
    "zstd": (_plain(zstandard.compress(PAGE), b"Content-Encoding: zstd"), KEEP),
    "chunked": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + _chunked(PAGE, 1, 7, 500), KEEP),
    "chunked-extensions-trailers": (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\nTrailer: X-Sum\r\n\r\n"
        + _chunked(PAGE, 3, 900, extension=b' ; a="b;c"', trailers=b"X-Sum: 1\r\nx-Odd\r\n"),
        KEEP,
    ),
    "chunked-gzip": (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
        + _chunked(gzip.compress(PAGE), 10, 20),
        KEEP,
    ),
    "chunked-bare-lf": (
        b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3 \nabc\n0a\r\n0123456789\r\n0\n\n",
        KEEP,
    ),
    "chunked-in-name-only": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + PAGE, FIN),
    "header-forms": (
        (
            b"HTTP/1.1 200 OK\r\nX-odd-CASE:novalue\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n"
            b"Set-Cookie: a=1\r\n"
            b"X-Folded: one\r\n\t two\r\n  three\r\nno colon in this line\r\nX-Spaces :  x \t\r\nEmpty:\r\n"
            b"Content-Length: 2\r\n\r\nok"
        ),
        KEEP,
    ),
    "header-bytes": (
        b"HTTP/1.1 200 OK\r\nX-Latin-1: caf\xe9\r\nX-UTF-8: "
        + "ماندگار".encode()
        + b"\r\nX-Windows-1256: "
        + "سلام".encode("windows-1256")
        + b"\r\nContent-Length: 2\r\n\r\nok",
        KEEP,
    ),
    "no-content": (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", KEEP),
    "not-modified": (b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 500\r\n\r\n', KEEP),
    "empty-body": (_plain(b""), KEEP),
    "http-1.0-to-close": (b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE, FIN),
    "http-1.1-to-close": (b"HTTP/1.1 200 OK\r\n\r\n" + PAGE, FIN),
    "empty-reason": (b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok", KEEP),
    "no-reason": (b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", KEEP),
    "8-bit-reason": (
        b"HTTP/1.1 200 " + "باشد".encode() + b" caf\xe9\r\nContent-Length: 2\r\n\r\nok",
        KEEP,
    ),
    "bare-lf-head": (b"HTTP/1.1 200 OK\nContent-Length: 9\n\na\r\n\r\nb\n\nc", KEEP),
    "same-length-twice": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", KEEP),
    "conflicting-lengths": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nall of it",
        FIN,
    ),
    "length-that-is-no-number": (b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nall of it", FIN),
    "length-and-chunked": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + _chunked(PAGE, 40),
        KEEP,
    ),
    "redirect": (b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", KEEP),
    "not-found": (b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone", KEEP),
    "block-page": (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 4\r\n\r\nM5-8", KEEP),
}


@pytest.mark.parametrize("name", CASES)
def test_exchange_holds_the_bytes_of_both_sides(wire, name):
    answer, then = CASES[name]
    with AwkwardServer() as server:
        server.on("/x", answer, then=then)
        request = WireRequest(url=server.url("/x"), headers=((b"user-AGENT", b"m"), (b"Accept", b"*/*")))
        exchange = wire(lambda client: client.fetch(request))
    seen = server.seen[0]
    assert exchange.response == bytes(seen.sent) == answer
    assert exchange.request == seen.request
    assert exchange.request == (
        b"GET /x HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nuser-AGENT: m\r\nAccept: */*\r\n\r\n" % server.port
    )
    assert exchange.truncated is None
    assert exchange.observation.failure is None
    assert exchange.url == request.url


@pytest.mark.parametrize("name", CASES)
def test_bytes_are_the_same_however_they_arrive(wire, name):
    answer, then = CASES[name]
    with AwkwardServer() as server:
        server.on("/x", *(bytes([byte]) for byte in answer[:200]), answer[200:], then=then)
        exchange = wire(lambda client: client.fetch(WireRequest(url=server.url("/x"))))
    assert exchange.response == answer
    assert exchange.truncated is None


def test_parsed_view_keeps_case_order_and_duplicates(wire):
    with AwkwardServer() as server:
        server.on("/", CASES["header-forms"][0])
        exchange = wire(lambda client: client.fetch(WireRequest(url=server.url())))
    assert exchange.head.headers == (
        (b"X-odd-CASE", b"novalue"),
        (b"Set-Cookie", b"a=1"),
        (b"set-cookie", b"b=2"),
        (b"Set-Cookie", b"a=1"),
        (b"X-Folded", b"one two three"),
        (b"X-Spaces", b"x"),
        (b"Empty", b""),
        (b"Content-Length", b"2"),
    )
    assert exchange.response[exchange.head_length :] == b"ok"


def test_interim_responses_are_kept_apart(wire):
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"
    go_on = b"HTTP/1.1 100 Continue\r\n\r\n"
    with AwkwardServer() as server:
        server.on("/", hints, go_on, CASES["identity"][0])
        exchange = wire(lambda client: client.fetch(WireRequest(url=server.url())))
    assert exchange.interim == (hints, go_on)
    assert exchange.response == CASES["identity"][0]
    assert b"".join(exchange.interim) + exchange.response == bytes(server.seen[0].sent)


def test_interim_responses_in_one_segment_are_kept_apart(wire):
    hints = b"HTTP/1.1 103 Early Hints\r\n\r\n"
    with AwkwardServer() as server:
        server.on("/", hints + hints + CASES["chunked"][0])
        exchange = wire(lambda client: client.fetch(WireRequest(url=server.url())))
    assert exchange.interim == (hints, hints)
    assert exchange.response == CASES["chunked"][0]


def test_answer_to_head_has_no_body(wire):
    with AwkwardServer() as server:
        server.on("/", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        server.on("/next", CASES["identity"][0])

        async def job(client):
            first = await client.fetch(WireRequest(url=server.url(), method="HEAD"))
            return first, await client.fetch(WireRequest(url=server.url("/next")))

        first, second = wire(job)
    assert first.response == bytes(server.seen[0].sent)
    assert first.truncated is None
    assert second.observation.reused


def test_body_of_a_request_is_sent_and_kept(wire):
    with AwkwardServer() as server:
        server.on("/", CASES["identity"][0])
        request = WireRequest(url=server.url(), method="POST", body=b"a=1\r\n\r\n")
        exchange = wire(lambda client: client.fetch(request))
    assert exchange.request == server.seen[0].request
    assert exchange.request.endswith(b"\r\nContent-Length: 7\r\n\r\na=1\r\n\r\n")


def test_several_exchanges_share_one_connection(wire):
    names = [name for name, (_, then) in CASES.items() if then == KEEP]
    with AwkwardServer() as server:
        for name in names:
            server.on(f"/{name}", CASES[name][0])

        async def job(client) -> list[Exchange]:
            return [await client.fetch(WireRequest(url=server.url(f"/{name}"))) for name in names]

        exchanges = wire(job)
    assert server.connections == 1
    assert [e.response for e in exchanges] == [bytes(seen.sent) for seen in server.seen]
    first, *others = exchanges
    assert not first.observation.reused
    assert [a.outcome for a in first.observation.connects] == ["connected"]
    assert all(e.observation.reused and not e.observation.connects for e in others)
    assert {e.observation.address for e in exchanges} == {"127.0.0.1"}
    assert first.observation.allowed_by == "in the allowed range 127.0.0.0/8"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more",
    ],
    ids=["said-close", "http-1.0", "sent-too-much"],
)
def test_connection_that_must_not_be_used_again_is_not(wire, answer):
    with AwkwardServer() as server:
        server.on("/", answer)

        async def job(client) -> list[Exchange]:
            return [await client.fetch(WireRequest(url=server.url())) for _ in range(2)]

        exchanges = wire(job)
    assert server.connections == 2
    end = answer.index(b"ok") + 2
    assert [e.response for e in exchanges] == [answer[:end]] * 2


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("/%D8%a7%d8%B3?q=%zz&%", "/%D8%a7%d8%B3?q=%zz&%"),
        (
            "/خبر/۱۴۰۵?q=می\u200cگوید",
            "/%D8%AE%D8%A8%D8%B1/%DB%B1%DB%B4%DB%B0%DB%B5?q=%D9%85%DB%8C%E2%80%8C%DA%AF%D9%88%DB%8C%D8%AF",
        ),
        ("/a/../b/./c//d", "/a/../b/./c//d"),
        ('/a"<>[]{}|^`b\\c;d=1', '/a"<>[]{}|^`b\\c;d=1'),
        ("/a b\tc", "/a%20bc"),
        ("?only=query", "/?only=query"),
        ("", "/"),
        ("/x?q#part", "/x?q"),
    ],
)
def test_target_is_sent_as_the_site_wrote_it(wire, written, sent):
    with AwkwardServer() as server:
        server.on(sent, CASES["identity"][0])
        url = server.url(written)
        exchange = wire(lambda client: client.fetch(WireRequest(url=url)))
    assert server.seen[0].request.split(b"\r\n")[0] == f"GET {sent} HTTP/1.1".encode()
    assert exchange.head.status == 200
    assert exchange.url == url


def test_line_break_in_a_header_makes_no_second_header(wire):
    with AwkwardServer() as server:
        server.on("/", CASES["identity"][0])
        headers = ((b"Referer", b"http://a/\r\nX-Smuggled: 1\r\n\r\nGET /b HTTP/1.1"),)
        exchange = wire(lambda client: client.fetch(WireRequest(url=server.url(), headers=headers)))
    assert len(server.seen) == 1
    assert exchange.request == server.seen[0].request
    assert b"\r\nX-Smuggled" not in exchange.request
