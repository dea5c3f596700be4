"""Content codings come off within bounds, and damage costs no more than what follows it."""

import gzip
import os
import zlib
from collections.abc import Callable

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from archive.message import content_decode, parse_response_head
from model.exchange import ResponseHead


def raw_deflate(data: bytes) -> bytes:
    squeeze = zlib.compressobj(6, zlib.DEFLATED, -15)
    return squeeze.compress(data) + squeeze.flush()


CODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "br": ("br", brotli.compress),
    "zstd": ("ZSTD", zstandard.compress),
}
MANY = 10_000_000
PAGE = ("<p>خبرنگار می\u200cگوید که راه بسته است.</p>\n" * 2000).encode() + os.urandom(20_000)


def head_with(*codings: str) -> ResponseHead:
    line = "Content-Encoding: " + ", ".join(codings)
    parsed = parse_response_head(f"HTTP/1.1 200 OK\r\n{line}\r\n\r\n".encode())
    assert parsed is not None
    return parsed[0]


@pytest.mark.parametrize("name", CODERS)
@given(data=st.binary(max_size=400))
def test_every_coding_comes_off(name: str, data: bytes) -> None:
    coding, code = CODERS[name]
    got = content_decode(code(data), head_with(coding), max_bytes=MANY)
    assert (got.data, got.complete, got.problem) == (data, True, "")


@pytest.mark.parametrize("name", CODERS)
def test_a_cut_entity_gives_what_came_before_the_cut(name: str) -> None:
    coding, code = CODERS[name]
    whole = code(PAGE)
    got = content_decode(whole[:-100], head_with(coding), max_bytes=MANY)
    assert PAGE.startswith(got.data)
    assert not got.complete
    assert "too early" in got.problem
    if name != "zstd":  # its blocks are 128 KiB, and only whole ones come out
        assert len(got.data) > len(PAGE) // 2


@pytest.mark.parametrize("name", CODERS)
def test_bytes_after_the_end_are_said_and_do_no_harm(name: str) -> None:
    coding, code = CODERS[name]
    got = content_decode(code(PAGE) + b"hidden", head_with(coding), max_bytes=MANY)
    assert (got.data, got.complete) == (PAGE, True)
    assert "6 bytes after the end" in got.problem


def test_damage_keeps_what_came_out_before_it() -> None:
    whole = bytearray(gzip.compress(PAGE))
    whole[-6] ^= 1  # in the checksum: every byte of the page is out by then
    got = content_decode(bytes(whole), head_with("gzip"), max_bytes=MANY)
    assert (got.data, got.complete) == (PAGE, False)
    middle = len(whole) - 10_000
    whole[middle : middle + 40] = b"\xff" * 40
    got = content_decode(bytes(whole), head_with("gzip"), max_bytes=MANY)
    assert not got.complete
    assert len(got.data) > 50_000
    assert PAGE.startswith(got.data[:50_000])


def test_damage_past_the_first_window_keeps_every_byte_before_it() -> None:
    noise = os.urandom(65_535)
    stored = b"\x00\xff\xff\x00\x00" + noise  # RFC 1951, 3.2.4: what is damaged is known to the byte
    bad = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff" + stored + stored + b"\x07" * 9
    got = content_decode(bad, head_with("gzip"), max_bytes=MANY)
    assert (got.data, got.complete) == (noise * 2, False)


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_several_members_are_one_entity(name: str) -> None:
    coding, code = CODERS[name]
    got = content_decode(code(b"one ") + code(b"") + code(b"two"), head_with(coding), max_bytes=MANY)
    assert (got.data, got.complete, got.problem) == (b"one two", True, "")


def test_countless_members_are_bounded() -> None:
    got = content_decode(gzip.compress(b"") * 20_000, head_with("gzip"), max_bytes=MANY)
    assert (got.data, got.complete) == (b"", False)
    assert "members" in got.problem


def test_nested_codings_come_off_in_order_and_their_number_is_bounded() -> None:
    data = b"x" * 100
    twice = brotli.compress(gzip.compress(data))
    got = content_decode(twice, head_with("gzip", "identity", "br"), max_bytes=MANY)
    assert (got.data, got.complete) == (data, True)
    six = content_decode(b"x" * 10, head_with(*["gzip"] * 6), max_bytes=MANY)
    assert (six.data, six.complete) == (b"x" * 10, False)


@pytest.mark.parametrize("name", CODERS)
@pytest.mark.parametrize("bound", [0, 1, 1000, 70_000])
def test_a_bomb_is_never_expanded_past_the_bound(name: str, bound: int) -> None:
    coding, code = CODERS[name]
    bomb = code(bytes(2_000_000))
    got = content_decode(bomb, head_with(coding), max_bytes=bound, max_ratio=1e9)
    assert (got.data, got.complete) == (bytes(bound), False)
    assert "past the bound" in got.problem
    by_ratio = content_decode(bomb, head_with(coding), max_bytes=MANY, max_ratio=3)
    assert (len(by_ratio.data), by_ratio.complete) == (3 * len(bomb), False)


def test_a_bomb_within_a_bomb_is_bounded_at_every_layer() -> None:
    bomb = gzip.compress(gzip.compress(gzip.compress(bytes(50_000_000))))
    got = content_decode(bomb, head_with("gzip", "gzip", "gzip"), max_bytes=1_000_000)
    assert len(got.data) <= 200 * len(bomb)
    assert not got.complete


def test_exactly_the_bound_fits() -> None:
    got = content_decode(gzip.compress(b"a" * 5000), head_with("gzip"), max_bytes=5000, max_ratio=1000)
    assert (len(got.data), got.complete) == (5000, True)


@pytest.mark.parametrize("coding", ["utf-8", "none", "compress", "dcb"])
def test_a_coding_nobody_knows_leaves_the_entity_readable(coding: str) -> None:
    got = content_decode(b"<html>", head_with(coding), max_bytes=MANY)
    assert (got.data, got.complete) == (b"<html>", False)
    assert coding in got.problem


def test_an_empty_entity_is_whole_whatever_its_coding() -> None:
    assert content_decode(b"", head_with("gzip"), max_bytes=MANY).complete


def test_an_entity_without_coding_is_bounded_too() -> None:
    plain = head_with("identity")
    assert content_decode(b"abc", plain, max_bytes=3).complete
    assert content_decode(b"abcd", plain, max_bytes=3).data == b"abc"


def test_codings_of_the_transfer_lie_over_those_of_the_content() -> None:
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nContent-Encoding: br\r\n\r\n"
    head, _ = parse_response_head(raw) or pytest.fail("incomplete")
    got = content_decode(gzip.compress(brotli.compress(b"x")), head, max_bytes=MANY)
    assert (got.data, got.complete) == (b"x", True)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
@given(data=st.binary(max_size=200))
def test_arbitrary_bytes_raise_nothing(coding: str, data: bytes) -> None:
    for prefix in (b"", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", b"\x28\xb5\x2f\xfd"):
        assert len(content_decode(prefix + data, head_with(coding), max_bytes=100).data) <= 100
