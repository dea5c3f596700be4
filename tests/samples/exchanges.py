"""Exchanges for tests of what is archived, made from bytes."""

import gzip
from datetime import UTC, datetime

from archive.message import parse_response_head
from model import (
    ConnectAttempt,
    DnsAnswers,
    Exchange,
    Failure,
    FailureKind,
    Observation,
    TlsFacts,
    Truncation,
)

STARTED = datetime(2026, 11, 23, 7, 30, 0, 123456, tzinfo=UTC)


def observation(url: str, *, method: str = "GET", fresh: bool = False, **more: object) -> Observation:
    facts: dict[str, object] = {
        "url": url,
        "method": method,
        "started_at": STARTED,
        "ended_at": STARTED,
        "address": "192.0.2.7",
        "port": 80,
        "reused": not fresh,
    }
    if fresh:
        facts["dns"] = DnsAnswers(
            name="a.example", resolver="192.0.2.53:53", addresses=("192.0.2.7",), rcode="NOERROR"
        )
        facts["connects"] = (ConnectAttempt(address="192.0.2.7", port=80, outcome="connected"),)
    return Observation(**(facts | more))  # type: ignore[arg-type]


def exchange(
    response: bytes,
    *,
    url: str = "http://a.example/page?id=1",
    method: str = "GET",
    interim: tuple[bytes, ...] = (),
    truncated: Truncation | None = None,
    request: bytes | None = None,
    **more: object,
) -> Exchange:
    parsed = parse_response_head(response)
    assert parsed is not None
    head, length = parsed
    target = "/" + url.partition("://")[2].partition("/")[2]
    default = f"{method} {target} HTTP/1.1\r\nHost: a.example\r\nUser-Agent: test\r\n\r\n".encode()
    return Exchange(
        url=url,
        method=method,
        request=request or default,
        response=response,
        head=head,
        head_length=length,
        interim=interim,
        truncated=truncated,
        observation=observation(url, method=method, **more),  # type: ignore[arg-type]
    )


def page(body: bytes, *lines: bytes, status: bytes = b"200 OK") -> bytes:
    head = [b"HTTP/1.1 " + status, b"Content-Type: text/html; charset=utf-8", *lines]
    return b"\r\n".join((*head, b"Content-Length: %d" % len(body), b"", body))


GZIPPED = gzip.compress("<p>خبر می\u200cرسد</p>".encode() * 50)
PERSIAN = "http://a.example/خبر تازه?q=می\u200cگوید"
CHUNKS = b"5;ext=1\r\nhello\r\n%x\r\n%s\r\n0\r\nX-Sum: 1\r\n\r\n" % (len(GZIPPED), GZIPPED)
TLS = TlsFacts(
    version="TLSv1.3", cipher="TLS_AES_256_GCM_SHA384", chain=(b"\x30\x82leaf", b"\x30\x82ca"), verified=True
)

AWKWARD: dict[str, Exchange] = {
    "plain": exchange(page("<p>سلام</p>".encode())),
    "odd head": exchange(
        b"HTTP/1.1 200 \xe9\xe8\r\nX-odd-CASE:novalue\r\nX-Fold: a\r\n  b\r\nno colon here\r\n"
        b"X-Latin: caf\xe9\r\nSet-Cookie: a\r\nset-cookie: b\r\nContent-Length: 2\r\n"
        + "X-Persian: می\u200cگوید\r\n\r\nok".encode()
    ),
    "bare lf": exchange(b"HTTP/1.0 200 OK\nA: b\n\nto the close"),
    "chunked": exchange(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS),
    "gzip": exchange(page(GZIPPED, b"Content-Encoding: gzip")),
    "image": exchange(
        page(b"\x89PNG" + bytes(range(256)) * 20).replace(b"text/html; charset=utf-8", b"image/png")
    ),
    "empty": exchange(page(b"")),
    "no content": exchange(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "not modified": exchange(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 700\r\n\r\n"),
    "head": exchange(b"HTTP/1.1 200 OK\r\nContent-Length: 700\r\n\r\n", method="HEAD"),
    "redirect": exchange(page(b"moved", b"Location: /else?x=1", status=b"302")),
    "early hints": exchange(page(b"<p>"), interim=(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n",)),
    "cut": exchange(
        page(b"x" * 100)[:-40],
        truncated=Truncation.DISCONNECT,
        failure=Failure(kind=FailureKind.HTTP_CLOSED, detail="closed 40 bytes early"),
    ),
    "cut chunks": exchange(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc", truncated=Truncation.TIME
    ),
    "persian url": exchange(
        page(b"p"),
        url=PERSIAN,
        request=b"GET "
        + PERSIAN.removeprefix("http://a.example").encode()
        + b" HTTP/1.1\r\nHost: a.example\r\n\r\n",
    ),
    "fresh tls": exchange(page(b"t"), url="https://a.example/", fresh=True, tls=TLS),
    "proxied": exchange(
        page(b"x"),
        request=b"GET http://a.example/page?id=1 HTTP/1.1\r\nHost: a.example\r\n\r\n",
        proxy="http://192.0.2.9:3128",
    ),
    "lying gzip": exchange(page(b"<p>plain</p>", b"Content-Encoding: gzip")),
    "lying br": exchange(page(b"<!doctype html><p>plain</p>", b"Content-Encoding: br")),
    "lying chunks": exchange(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n<p>plain</p>"),
    "broken chunks": exchange(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n<p>"),
    "two lengths": exchange(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nabc"),
}
