"""The reader of responses agrees with h11 on what is correct, and is linear on what is hostile."""

from __future__ import annotations

import time

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.message import transfer_decode
from crawler.wire.parser import ResponseReader
from crawler.wire.stage import StageFailedError
from model import FailureKind

TOKEN = st.text("abcdefghijklmnopqrstuvwxyzABC-_", min_size=1, max_size=12)
VALUE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=20)
RESERVED = {"content-length", "transfer-encoding", "connection", "host", "trailer", "upgrade"}


@st.composite
def responses(draw: st.DrawFn) -> tuple[bytes, bool]:
    """Return a correct response, and whether the end of the connection is its end."""
    status = draw(st.sampled_from([200, 203, 301, 404, 500, 204, 304]))
    lines = [f"HTTP/1.1 {status} {draw(st.sampled_from(['', 'OK', 'Not Found']))}"]
    names = draw(st.lists(st.tuples(TOKEN, VALUE), max_size=6))
    lines += [f"{name}: {value}" for name, value in names if name.lower() not in RESERVED]
    body = draw(st.binary(max_size=200))
    framing = draw(st.sampled_from(["length", "chunked", "close"]))
    wire = body
    if status in {204, 304}:
        wire = b""
    elif framing == "length":
        lines.append(f"Content-Length: {len(body)}")
    elif framing == "chunked":
        lines.append("Transfer-Encoding: chunked")
        pieces, rest = [], body
        while rest:
            size = draw(st.integers(1, len(rest)))
            extension = draw(st.sampled_from([b"", b";a=b", b";x"]))
            pieces.append(b"%x%s\r\n%s\r\n" % (size, extension, rest[:size]))
            rest = rest[size:]
        trailer = draw(st.sampled_from([b"", b"X-Sum: 1\r\n"]))
        wire = b"".join(pieces) + b"0\r\n" + trailer + b"\r\n"
    to_close = framing == "close" and status not in {204, 304}
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + wire, to_close


def _reader(max_head: int = 100_000, max_body: int = 10_000_000) -> ResponseReader:
    return ResponseReader("GET", max_head_bytes=max_head, max_body_bytes=max_body)


def _h11(data: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    other = h11.Connection(h11.CLIENT)
    other.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    other.send(h11.EndOfMessage())
    other.receive_data(data)
    other.receive_data(b"")
    head, body = None, b""
    while not isinstance(event := other.next_event(), h11.EndOfMessage):
        if isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
    return head.status_code, [(k.lower(), v) for k, v in head.headers], body


@given(responses(), st.data())
def test_reader_agrees_with_h11_however_the_bytes_arrive(response, data):
    wire, to_close = response
    reader = _reader()
    done, at = False, 0
    while at < len(wire):
        step = data.draw(st.integers(1, 50))
        assert not done
        done = reader.feed(wire[at : at + step])
        at += step
    assert done is not to_close
    assert reader.feed_eof()
    status, headers, body = _h11(wire)
    assert reader.head.status == status
    ours = [(name.lower(), value) for name, value in reader.head.headers]
    # h11 gives the framing in a form of its own.
    assert [h for h in ours if h[0] != b"transfer-encoding"] == [
        h for h in headers if h[0] != b"transfer-encoding"
    ]
    kept = reader.response()
    assert kept == wire
    assert transfer_decode(kept[reader.head_length :], reader.head) == body


@given(responses(), st.binary(min_size=1, max_size=20))
def test_what_follows_a_message_is_not_taken_for_part_of_it(response, more):
    wire, to_close = response
    if to_close:
        return
    reader = _reader()
    assert reader.feed(wire + more)
    assert reader.surplus
    assert not reader.keep_alive
    assert reader.response() == wire


@given(st.binary(max_size=300), st.integers(1, 40))
def test_any_bytes_are_read_or_refused_and_never_crash(noise, step):
    for prefix in (b"", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"HTTP/1.1 200 OK\r\n"):
        wire = prefix + noise
        reader = _reader(max_body=100)
        try:
            for at in range(0, len(wire), step):
                if reader.feed(wire[at : at + step]):
                    break
        except StageFailedError as error:
            assert error.failure.kind in {FailureKind.HTTP_MALFORMED, FailureKind.HTTP_HEAD_TOO_LARGE}  # noqa: PT017
        assert wire.startswith(reader.response())


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
        (b"HTTP/1.1 200 OK\r\n", b"A:"),
        (b"", b"HTTP/1.1 102 P\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
    ],
    ids=["header", "name", "interim", "chunks", "length", "close"],
)
def test_time_grows_with_the_bytes_and_not_with_their_square(start, piece):
    # 100,000 arrivals of a byte or two: a quadratic reader would move 5 GB, and takes minutes.
    reader = _reader(max_head=10_000_000)
    reader.feed(start or piece)
    begun = time.process_time()
    for _ in range(100_000):
        reader.feed(piece)
    assert time.process_time() - begun < 5


def test_a_page_that_comes_in_one_piece_is_not_copied():
    page = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    reader = _reader()
    assert reader.feed(page)
    assert reader.response() is page
