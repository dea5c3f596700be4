"""Heads, framing and chunks, held against h11 and http.client where those can judge."""

import contextlib
import http.client
import io

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.message import (
    FramingKind,
    body_framing,
    content_decode,
    parse_request_head,
    parse_response_head,
    read_chunks,
    transfer_decode,
)
from model.errors import ReadError
from model.exchange import ResponseHead


def head_of(*lines: bytes, status: bytes = b"HTTP/1.1 200 OK") -> ResponseHead:
    parsed = parse_response_head(b"\r\n".join((status, *lines)) + b"\r\n\r\n")
    assert parsed is not None
    return parsed[0]


def test_a_plain_head_is_read_with_case_order_and_duplicates_kept() -> None:
    raw = b"HTTP/1.1 200 OK\r\nServer:x\r\nX-odd-CASE:  v \r\nSet-Cookie: a\r\nset-cookie: b\r\n\r\nBODY"
    head, length = parse_response_head(raw) or pytest.fail("incomplete")
    assert raw[length:] == b"BODY"
    assert head.version == b"HTTP/1.1"
    assert head.headers == (
        (b"Server", b"x"),
        (b"X-odd-CASE", b"v"),
        (b"Set-Cookie", b"a"),
        (b"set-cookie", b"b"),
    )


@pytest.mark.parametrize(
    ("line", "status", "reason"),
    [
        (b"HTTP/1.1 200", 200, b""),
        (b"HTTP/1.1 200 ", 200, b""),
        (b"HTTP/1.0 404 Not Found", 404, b"Not Found"),
        (b"http/1.1 200 OK", 200, b"OK"),
        (b"HTTP/1.1  302  Found", 302, b"Found"),
        (b"HTTP/1.1 503 \xf1\xe3\xd2 \xd8", 503, b"\xf1\xe3\xd2 \xd8"),
        ("HTTP/1.1 404 یافت نشد".encode(), 404, "یافت نشد".encode()),
        (b"HTTP/1.1 999 Request denied", 999, b"Request denied"),
    ],
)
def test_careless_status_lines_are_read(line: bytes, status: int, reason: bytes) -> None:
    for data in (line + b"\r\n\r\n", bytearray(line + b"\n\n")):
        head, length = parse_response_head(data) or pytest.fail("incomplete")
        assert (head.status, head.reason, length) == (status, reason, len(data))


@pytest.mark.parametrize(
    "data",
    [
        b"<html>",
        b"HTTP/2 200\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 +20 OK\r\n\r\n",
        b"HTTP/1.1 099 OK\r\n\r\n",
        b"ICY 200 OK\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x15\x03\x01\x00\x02\x02",
        b"HTTP/1.1 OK\r\nStill: no end",
        b"\r\n" * 40,
    ],
)
def test_what_is_no_http_1_response_is_refused_as_soon_as_that_is_certain(data: bytes) -> None:
    with pytest.raises(ReadError):
        parse_response_head(data)


@pytest.mark.parametrize(
    "data", [b"", b"H", b"HTTP/1.", b"HTTP/1.1 200 OK\r\nA: b\r\n", b"\r\nHTTP", b"\r\n"]
)
def test_a_head_that_has_not_ended_is_incomplete(data: bytes) -> None:
    assert parse_response_head(data) is None


def test_bare_lf_and_mixed_line_ends_are_read() -> None:
    line = b"HTTP/1.1 200 OK"
    for raw in (line + b"\nA: b\n\nx\n\r\n", line + b"\r\nA: b\n\r\nx", line + b"\nA: b\r\n\nx"):
        head, length = parse_response_head(raw) or pytest.fail("incomplete")
        assert head.headers == ((b"A", b"b"),)
        assert raw[length : length + 1] == b"x"


def test_folded_lines_are_joined_and_lines_without_colon_or_name_left_out() -> None:
    lines = (
        b"A: one",
        b"\t two",
        b"   ",
        b" three",
        b"no colon here",
        b" and its fold",
        b": nameless",
        b"B : x",
    )
    head = head_of(*lines)
    assert head.headers == ((b"A", b"one two three"), (b"B", b"x"))
    assert head_of(b"this line is broken", b"B: y").headers == ((b"B", b"y"),)


def test_eight_bit_values_are_kept_as_they_are() -> None:
    values = ["موسيقي".encode("windows-1256"), "می\u200cگوید".encode(), b"caf\xe9", b"a\x00b"]
    head = head_of(*(b"X: " + value for value in values))
    assert [value for _, value in head.headers] == values


def test_an_empty_line_before_the_status_line_belongs_to_the_head() -> None:
    assert parse_response_head(b"\r\nHTTP/1.1 200 OK\r\n\r\nx") == (head_of(), 21)


def test_a_request_head_is_read_with_spaces_and_letters_in_its_target() -> None:
    target = "/خبر تازه?q=a b".encode()
    head = parse_request_head(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\nbody")
    assert (head.method, head.target, head.version) == ("GET", target, b"HTTP/1.1")
    assert (head.get(b"host"), head.get(b"nothing")) == (b"a", None)
    assert head.length == len(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n")


@pytest.mark.parametrize("data", [b"", b"GET / HTTP/1.1\r\n", b"GET /\r\n\r\n", b"GET / HTTP/2\r\n\r\n"])
def test_what_is_no_whole_http_1_request_is_refused(data: bytes) -> None:
    with pytest.raises(ReadError):
        parse_request_head(data)


@pytest.mark.parametrize(
    ("method", "status", "lines", "kind", "length"),
    [
        ("GET", b"200", (b"Content-Length: 7",), FramingKind.LENGTH, 7),
        ("GET", b"200", (b"Content-Length: 7, 7", b"content-length: 07"), FramingKind.LENGTH, 7),
        ("GET", b"200", (b"Content-Length: 0",), FramingKind.LENGTH, 0),
        ("HEAD", b"200", (b"Content-Length: 7",), FramingKind.NONE, None),
        ("HEAD", b"200", (b"Transfer-Encoding: chunked",), FramingKind.NONE, None),
        ("GET", b"204", (b"Content-Length: 7",), FramingKind.NONE, None),
        ("GET", b"304", (b"Transfer-Encoding: chunked",), FramingKind.NONE, None),
        ("GET", b"103", (), FramingKind.NONE, None),
        ("CONNECT", b"200", (b"Content-Length: 7",), FramingKind.NONE, None),
        ("CONNECT", b"407", (b"Content-Length: 7",), FramingKind.LENGTH, 7),
        ("GET", b"200", (), FramingKind.CLOSE, None),
        ("GET", b"200", (b"Transfer-Encoding: Chunked", b"Content-Length: 7"), FramingKind.CHUNKED, None),
        ("GET", b"200", (b"Transfer-Encoding: gzip, chunked",), FramingKind.CHUNKED, None),
        (
            "GET",
            b"200",
            (b"Transfer-Encoding: gzip", b"TRANSFER-ENCODING: chunked"),
            FramingKind.CHUNKED,
            None,
        ),
        ("GET", b"200", (b"Transfer-Encoding: chunked, gzip",), FramingKind.CLOSE, None),
        ("GET", b"200", (b"Transfer-Encoding: identity", b"Content-Length: 7"), FramingKind.CLOSE, None),
        ("GET", b"200", (b"Content-Length: 7", b"Content-Length: 8"), FramingKind.CLOSE, None),
        ("GET", b"200", (b"Content-Length: -7",), FramingKind.CLOSE, None),
        ("GET", b"200", (b"Content-Length: +7",), FramingKind.CLOSE, None),
        ("GET", b"200", (b"Content-Length: 1_0",), FramingKind.CLOSE, None),
        ("GET", b"200", (b"Content-Length:",), FramingKind.CLOSE, None),
        ("GET", b"200", (b"Content-Length: " + b"9" * 5000,), FramingKind.CLOSE, None),
        ("GET", b"200", (b"Content-Length : 7",), FramingKind.LENGTH, 7),
    ],
)
def test_framing_follows_rfc_9112(
    method: str, status: bytes, lines: tuple[bytes, ...], kind: FramingKind, length: int | None
) -> None:
    framing = body_framing(head_of(*lines, status=b"HTTP/1.1 " + status + b" X"), method)
    assert (framing.kind, framing.length) == (kind, length)


CHUNKED = head_of(b"Transfer-Encoding: chunked")

sizes = st.lists(st.binary(min_size=1, max_size=40), max_size=6)
extensions = st.sampled_from([b"", b";a", b";a=b", b';name="quoted; value"'])
trailers = st.sampled_from([b"", b"X-Sum: 1\r\n", b"A: b\r\nC: d\r\n"])


@st.composite
def chunked_bodies(draw: st.DrawFn) -> tuple[bytes, bytes]:
    parts = draw(sizes)
    framed = b"".join(b"%x%s\r\n%s\r\n" % (len(part), draw(extensions), part) for part in parts)
    return b"".join(parts), framed + b"000\r\n" + draw(trailers) + b"\r\n"


def h11_body(wire: bytes) -> bytes:
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    client.send(h11.EndOfMessage())
    client.receive_data(wire)
    got = b""
    while not isinstance(event := client.next_event(), h11.EndOfMessage):
        assert event is not h11.NEED_DATA
        if isinstance(event, h11.Data):
            got += event.data
    return got


class Connected(io.BytesIO):
    """What http.client takes for a socket."""

    def makefile(self, *_: object) -> io.BytesIO:
        return self


@given(chunked_bodies())
def test_chunks_are_read_as_h11_and_http_client_read_them(body: tuple[bytes, bytes]) -> None:
    entity, framed = body
    wire = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + framed
    foreign = http.client.HTTPResponse(Connected(wire))  # type: ignore[arg-type]
    foreign.begin()
    assert transfer_decode(framed, CHUNKED) == entity == h11_body(wire) == foreign.read()
    chunks = read_chunks(framed + b"next response")
    assert (chunks.complete, chunks.consumed, chunks.malformed) == (True, len(framed), False)


@given(chunked_bodies(), st.data())
def test_a_chunked_body_cut_anywhere_gives_what_came(body: tuple[bytes, bytes], data: st.DataObject) -> None:
    entity, framed = body
    cut = framed[: data.draw(st.integers(0, len(framed) - 1))]
    chunks = read_chunks(cut)
    assert entity.startswith(chunks.entity)
    assert transfer_decode(cut, CHUNKED) == chunks.entity
    assert (chunks.complete, chunks.malformed) == (False, False)


def test_a_body_that_only_claims_to_be_chunked_is_returned_as_it_is() -> None:
    html = "<p>متن</p>".encode()
    assert transfer_decode(html, CHUNKED) == html
    assert transfer_decode(html, head_of()) == html
    assert read_chunks(html).malformed


@pytest.mark.parametrize(
    "rest", [b"zz\r\n", b"-5\r\nabcde", b"0x5\r\nabcde", b"1_0\r\nabc", b"f" * 17 + b"\r\n"]
)
def test_damage_after_a_chunk_keeps_the_chunk(rest: bytes) -> None:
    chunks = read_chunks(b"3\r\nabc\r\n" + rest)
    assert (chunks.entity, chunks.complete, chunks.malformed, chunks.consumed) == (b"abc", False, True, 8)


def test_a_chunk_size_that_lies_takes_no_more_than_is_there() -> None:
    chunks = read_chunks(b"ffffffffffffffff\r\nabc")
    assert (chunks.entity, chunks.complete, chunks.malformed) == (b"abc", False, False)
    assert read_chunks(b"2\r\nabc").malformed


@given(st.binary(max_size=300))
def test_arbitrary_bytes_raise_nothing_but_a_read_error(data: bytes) -> None:
    for prefix in (b"", b"HTTP/1.1 200 OK\r\n"):
        try:
            parsed = parse_response_head(prefix + data)
        except ReadError:
            continue
        if parsed is not None:
            head, length = parsed
            body_framing(head, "GET")
            content_decode(transfer_decode(data[length:], head), head, max_bytes=1000)
    with contextlib.suppress(ReadError):
        parse_request_head(data)
    read_chunks(data)


tokens = st.text("abcXYZ-09", min_size=1, max_size=12).map(str.encode)
values = st.binary(max_size=30).filter(lambda v: not {10, 13} & set(v)).map(lambda v: v.strip(b" \t"))


@given(st.lists(st.tuples(tokens, values), max_size=8), st.sampled_from([b"\r\n", b"\n"]), st.booleans())
def test_headers_go_round(pairs: list[tuple[bytes, bytes]], end: bytes, fold: bool) -> None:
    gap = end + b"\t" if fold else b" "
    lines = [name + b":" + gap + value for name, value in pairs]
    raw = end.join((b"HTTP/1.1 200 OK", *lines)) + end + end
    head, length = parse_response_head(raw) or pytest.fail("incomplete")
    assert length == len(raw)
    assert head.headers == tuple((name, value) for name, value in pairs)
