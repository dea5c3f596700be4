"""Exchanges for tests of what is archived, made from bytes."""

from datetime import UTC, datetime

from archive.message import parse_response_head
from model import ConnectAttempt, DnsAnswers, Exchange, Observation, Truncation

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
