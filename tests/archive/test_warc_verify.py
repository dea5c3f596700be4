"""One fault a problem: what other validators let pass is told, and what is correct is accepted."""

import base64
import gzip
import hashlib
import io
import shutil
import subprocess
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import fastwarc.warc
import pytest
from fastwarc.stream_io import GzipWriter
from hypothesis import given
from hypothesis import strategies as st
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive.message import read_chunks
from archive.warc import verify_warc
from archive.warc.http_check import ChunkReader

PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 12\r\n\r\n<p>hello</p>"
GZIPPED = gzip.compress(b"<p>hello</p>" * 9, mtime=0)
CODED = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s" % (len(GZIPPED), GZIPPED)
CHUNKS = b"5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\nT: 1\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS
GET = b"GET /page?id=1 HTTP/1.1\r\nHost: a.example\r\n\r\n"
URI = "http://a.example/page?id=1"
RESPONSE_TYPE = "application/http; msgtype=response"


def sha1(data: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def record_id(number: int) -> str:
    return f"<urn:uuid:00000000-0000-4000-8000-{number:012d}>"


def record(kind: str, number: int, block: bytes, *, version: str = "1.1", **change: str | None) -> bytes:
    """Return a record; ``change`` replaces fields (``_`` for ``-``), ``None`` takes one away."""
    fields: dict[str, str | None] = {
        "WARC-Type": kind,
        "WARC-Record-ID": record_id(number),
        "WARC-Date": "2026-11-23T07:30:00Z",
        "WARC-Block-Digest": sha1(block),
        "Content-Length": str(len(block)),
    }
    fields |= {name.replace("_", "-"): value for name, value in change.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
    return f"WARC/{version}\r\n{lines}\r\n".encode() + block + b"\r\n\r\n"


def info(**change: str | None) -> bytes:
    return record(
        "warcinfo", 1, b"software: test\r\n", **({"Content_Type": "application/warc-fields"} | change)
    )


def request(block: bytes = GET, **change: str | None) -> bytes:
    fields = {"WARC_Target_URI": URI, "Content_Type": "application/http; msgtype=request"}
    return record("request", 2, block, **(fields | {"WARC_Concurrent_To": record_id(3)} | change))


def response(block: bytes = PAGE, payload: bytes | None = None, **change: str | None) -> bytes:
    fields = {
        "WARC_Target_URI": URI,
        "Content_Type": RESPONSE_TYPE,
        "WARC_Concurrent_To": record_id(2),
        "WARC_Payload_Digest": sha1(block.partition(b"\r\n\r\n")[2] if payload is None else payload),
    }
    return record("response", 3, block, **(fields | change))


def revisit(**change: str | None) -> bytes:
    fields = {
        "WARC_Target_URI": URI,
        "Content_Type": RESPONSE_TYPE,
        "WARC_Profile": "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest",
        "WARC_Refers_To_Target_URI": URI,
        "WARC_Refers_To_Date": "2026-11-23T07:30:00Z",
        "WARC_Payload_Digest": sha1(b"<p>hello</p>"),
    }
    return record("revisit", 4, PAGE.partition(b"<")[0], **(fields | change))


def codes(path: Path) -> list[str]:
    return [fault.code for fault in verify_warc(path)]


@pytest.fixture(params=["plain", "gzip"])
def verify(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., list[str]]:
    """Write records to a file, compressed or not, and return the codes of its faults."""

    def write(*records: bytes) -> list[str]:
        path = tmp_path / ("t.warc.gz" if request.param == "gzip" else "t.warc")
        path.write_bytes(b"".join(map(gzip.compress, records) if request.param == "gzip" else records))
        return codes(path)

    return write


CORRECT: dict[str, list[bytes]] = {
    "a pair": [info(), request(), response()],
    "the response first": [info(), response(), request()],
    "a chunked body with the digest the standard means": [
        info(),
        request(),
        response(CHUNKED, b"hello, world"),
    ],
    "a coded body": [info(), request(), response(CODED)],
    "a marked cut": [info(), request(), response(PAGE[:-4], WARC_Truncated="disconnect")],
    "a marked cut within chunks": [
        info(),
        request(),
        response(CHUNKED[:60], b"hello", WARC_Truncated="time"),
    ],
    "a revisit": [
        info(),
        request(),
        response(),
        revisit(WARC_Refers_To=record_id(3), WARC_Truncated="length"),
    ],
    "an answer to HEAD": [
        info(),
        request(GET.replace(b"GET", b"HEAD")),
        response(PAGE.partition(b"<")[0], WARC_Payload_Digest=None),
    ],
    "an answer to HEAD that comes first": [
        info(),
        response(CHUNKED.partition(b"5\r\n")[0], WARC_Payload_Digest=None, WARC_Concurrent_To=None),
        request(GET.replace(b"GET", b"HEAD")),
    ],
    "304 with a length": [
        info(),
        request(),
        response(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", WARC_Payload_Digest=None),
    ],
    "digests in hex": [
        info(),
        request(),
        response(
            WARC_Block_Digest="SHA-256:" + hashlib.sha256(PAGE).hexdigest(),
            WARC_Payload_Digest="md5:" + hashlib.md5(b"<p>hello</p>").hexdigest().upper(),
        ),
    ],
    "digests in lower base32, without padding, and in base64": [
        info(WARC_Block_Digest=sha1(b"software: test\r\n").lower()),
        request(),
        response(
            WARC_Block_Digest="sha256:" + base64.b32encode(hashlib.sha256(PAGE).digest()).decode().strip("="),
            WARC_Payload_Digest="sha1:" + base64.b64encode(hashlib.sha1(b"<p>hello</p>").digest()).decode(),
        ),
    ],
    "an algorithm we do not have": [info(), request(), response(WARC_Block_Digest="blake3:" + "a" * 64)],
    "an absolute target and a percent-encoded one": [
        info(),
        request(b"GET http://a.example/%70age?id=1 HTTP/1.1\r\nHost: a.example\r\n\r\n"),
        response(),
    ],
    "dot segments": [
        info(),
        request(b"GET /x/../page?id=1 HTTP/1.1\r\nhost: a.example\r\n\r\n"),
        response(),
    ],
    "a letter beyond ASCII sent raw": [
        info(),
        request(
            "GET /خبر HTTP/1.1\r\nHost: a\r\n\r\n".encode(), WARC_Target_URI="http://a/%D8%AE%D8%A8%D8%B1"
        ),
        response(),
    ],
    "dates of every precision": [
        info(WARC_Date="2026"),
        request(WARC_Date="2026-11-23T07:30Z"),
        response(WARC_Date="2026-11-23T07:30:00.123456789Z"),
    ],
    "brackets in all of a WARC/1.0 file, as its grammar says": [
        info(version="1.0"),
        request(version="1.0", WARC_Target_URI=f"<{URI}>"),
        response(version="1.0", WARC_Target_URI=f"<{URI}>"),
    ],
    "an empty payload without digest": [
        info(),
        request(),
        response(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", WARC_Payload_Digest=None),
    ],
    "a server's own lie, said when it was recorded": [
        info(),
        request(),
        response(CODED.replace(GZIPPED, b"p" * len(GZIPPED)), Mandegar_As_Received="http-not-coded"),
    ],
    "repeated fields that may repeat": [
        info(),
        request(),
        response().replace(
            b"Content-Type", b"WARC-Protocol: h2\r\nWARC-Protocol: tls/1.3\r\nContent-Type", 1
        ),
    ],
    "types of records nobody knows": [info(), record("screenshot", 9, b"x")],
}

WRONG: dict[str, tuple[str, list[bytes]]] = {
    "no warcinfo": ("no-warcinfo", [request(), response()]),
    "warcinfo late": ("warcinfo-not-first", [request(), response(), info()]),
    "versions mixed": ("version-mixed", [info(version="1.0"), request(), response()]),
    "unknown version": ("version-unknown", [info(version="0.18")]),
    "no record id": (
        "no-record-id",
        [info(), request(), response(), record("metadata", 5, b"", WARC_Record_ID=None)],
    ),
    "bare record id": ("bad-record-id", [info(), record("metadata", 5, b"", WARC_Record_ID="urn:uuid:5")]),
    "duplicate record id": ("duplicate-record-id", [info(), record("metadata", 1, b"")]),
    "no date": ("no-date", [info(), record("metadata", 5, b"", WARC_Date=None)]),
    "local date": ("bad-date", [info(), record("metadata", 5, b"", WARC_Date="2026-11-23T07:30:00+03:30")]),
    "no such day": ("bad-date", [info(), record("metadata", 5, b"", WARC_Date="2026-02-30T07:30:00Z")]),
    "fractions in 1.0": ("bad-date", [info(version="1.0", WARC_Date="2026-11-23T07:30:00.1Z")]),
    "no type": ("no-type", [info(), record("metadata", 5, b"", WARC_Type=None)]),
    "no target": ("no-target-uri", [info(), request(), response(WARC_Target_URI=None)]),
    "brackets": ("target-uri-brackets", [info(), request(), response(WARC_Target_URI=f"<{URI}>")]),
    "brackets in some of WARC/1.0": (
        "target-uri-brackets",
        [info(version="1.0"), request(version="1.0"), response(version="1.0", WARC_Target_URI=f"<{URI}>")],
    ),
    "a target with spaces": ("bad-target-uri", [info(), request(), response(WARC_Target_URI="http://a/b c")]),
    "a bad address": ("bad-ip-address", [info(), request(), response(WARC_IP_Address="a.example")]),
    "a field twice": (
        "field-repeated",
        [info(), request(), response().replace(b"Content-Type", b"warc-type: response\r\nContent-Type", 1)],
    ),
    "a partner that is not there": ("concurrent-to-nowhere", [info(), response()]),
    "no block digest": ("no-block-digest", [info(), request(), response(WARC_Block_Digest=None)]),
    "no payload digest": ("no-payload-digest", [info(), request(), response(WARC_Payload_Digest=None)]),
    "a wrong block digest": ("block-digest", [info(), request(), response(WARC_Block_Digest=sha1(b""))]),
    "a wrong payload digest": (
        "payload-digest",
        [info(), request(), response(WARC_Payload_Digest=sha1(b""))],
    ),
    "a wrong digest of a resource": (
        "payload-digest",
        [info(), record("resource", 5, b"x", WARC_Target_URI="urn:x:y", WARC_Payload_Digest=sha1(b""))],
    ),
    "a digest over the chunk framing": ("payload-digest-chunked", [info(), request(), response(CHUNKED)]),
    "a digest that is none": ("bad-digest", [info(), request(), response(WARC_Block_Digest="sha1:xyz")]),
    "a revisit that leads nowhere": ("revisit-refers-to", [info(), revisit(WARC_Refers_To_Target_URI=None)]),
    "a revisit without the date": (
        "revisit-refers-to",
        [info(), revisit(WARC_Refers_To_Date=None, WARC_Refers_To=record_id(3))],
    ),
    "a revisit without profile": ("revisit-profile", [info(), revisit(WARC_Profile=None)]),
    "a revisit without digest": ("no-payload-digest", [info(), revisit(WARC_Payload_Digest=None)]),
    "HTTP/2": ("http-version", [info(), request(), response(PAGE.replace(b"HTTP/1.1", b"HTTP/2"))]),
    "no HTTP": ("http-head", [info(), request(), response(b"<p>hello</p>")]),
    "no end of the head": ("http-head", [info(), request(), response(b"HTTP/1.1 200 OK\r\nA: b\r\n")]),
    "a short body": ("http-body-short", [info(), request(), response(PAGE[:-4])]),
    "an empty body": ("http-body-short", [info(), request(), response(PAGE.partition(b"<")[0])]),
    "an empty body, response first": (
        "http-body-short",
        [info(), response(PAGE.partition(b"<")[0]), request()],
    ),
    "a long body": ("http-body-long", [info(), request(), response(PAGE + b"\r\n")]),
    "a body where none may be": (
        "http-body-long",
        [info(), request(), response(b"HTTP/1.1 204 No Content\r\n\r\nbody")],
    ),
    "chunks taken off": (
        "http-not-chunked",
        [info(), request(), response(CHUNKED.partition(b"\r\n\r\n")[0] + b"\r\n\r\nhello, world")],
    ),
    "the last chunk missing": (
        "http-chunks-cut",
        [info(), request(), response(CHUNKED.partition(b"0\r\nT")[0], b"hello, world")],
    ),
    "chunks broken off": (
        "http-chunks-damaged",
        [info(), request(), response(CHUNKED.replace(b"7;x=y", b"zz"), b"hello")],
    ),
    "bytes after the last chunk": (
        "http-chunks-damaged",
        [info(), request(), response(CHUNKED + b"x", b"hello, world")],
    ),
    "coding taken off": (
        "http-not-coded",
        [info(), request(), response(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n<p>hello</p>")],
    ),
    "br taken off": (
        "http-not-coded",
        [
            info(),
            request(),
            response(b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n<!doctype html><p>hello</p>"),
        ],
    ),
    "a request without its query": (
        "request-target",
        [info(), request(b"GET /page HTTP/1.1\r\nHost: a.example\r\n\r\n"), response()],
    ),
    "a request without Host": (
        "request-host",
        [info(), request(b"GET /page?id=1 HTTP/1.0\r\n\r\n"), response()],
    ),
    "a length that is none": (
        "bad-content-length",
        [info(), record("metadata", 5, b"", Content_Length="-1"), request(), response()],
    ),
    "no length": (
        "no-content-length",
        [info(), record("metadata", 5, b"", Content_Length=None), request(), response()],
    ),
    "a length too short": ("record-length", [info(), response(Content_Length="20"), request()]),
    "a length too long": ("record-length", [info(), response(Content_Length="5000"), request()]),
    "a length too long by one": (
        "record-length",
        [info(), response(Content_Length=str(len(PAGE) + 1)), request()],
    ),
    "a head with a broken line": (
        "head-damaged",
        [
            info(),
            record("metadata", 5, b"").replace(b"WARC-Date: 2026-11-23T07:30:00Z", b"no field"),
            request(),
            response(),
        ],
    ),
}


@pytest.mark.parametrize("name", CORRECT)
def test_what_is_correct_has_no_fault(verify: Callable[..., list[str]], name: str) -> None:
    assert verify(*CORRECT[name]) == []


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_one_fault(verify: Callable[..., list[str]], name: str) -> None:
    code, records = WRONG[name]
    assert verify(*records) == [code]


def packed(data: bytes) -> bytes:
    """Return a gzip member without a time in its head: what names a test is the same in every process."""
    return gzip.compress(data, mtime=0)


GOOD = [packed(part) for part in (info(), request(), response())]


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("empty", b"", ["empty-file"]),
        ("text", b"no WARC at all", ["not-warc"]),
        ("gzip of text", packed(b"no WARC at all"), ["not-warc"]),
        ("two bytes", b"\x1f\x8b", ["member-cut"]),
        ("the last member cut", b"".join(GOOD)[:-20], ["member-cut"]),
        ("cut in the trailer", b"".join(GOOD)[:-1], ["member-cut"]),
        ("trailing text", b"".join(GOOD) + b"garbage", ["trailing-garbage"]),
        ("trailing zeros", b"".join(GOOD) + bytes(600), ["trailing-garbage"]),
        ("trailing text in a plain file", info() + b"garbage", ["trailing-garbage"]),
        ("a plain file cut", (info() + request() + response())[:-20], ["record-length"]),
        ("a plain file cut in a head", info() + b"WARC/1.1\r\nWARC-", ["record-cut"]),
        ("one member for all", packed(info() + request() + response()), ["member-many-records"]),
        (
            "a member that is no record",
            GOOD[0] + packed(b"text") + GOOD[1] + GOOD[2],
            ["not-a-record"],
        ),
        ("garbage between members", GOOD[0] + b"xx" + GOOD[1] + GOOD[2], ["trailing-garbage"]),
    ],
)
def test_a_damaged_file_is_one_fault(tmp_path: Path, name: str, data: bytes, expected: list[str]) -> None:
    path = tmp_path / "t.warc.gz"
    path.write_bytes(data)
    assert codes(path) == expected, name


def test_a_file_that_cannot_be_read_is_one_fault(tmp_path: Path) -> None:
    assert codes(tmp_path / "none.warc") == ["unreadable"]
    assert codes(tmp_path) == ["unreadable"]


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    path = tmp_path / "t.warc.gz"
    good = b"".join(GOOD)
    # A gzip head's time, flags and system mean nothing here, nor do the bits that fill deflate's last byte.
    idle = {sum(map(len, GOOD[:n])) + at for n in range(3) for at in range(4, 10)}
    idle |= {sum(map(len, GOOD[:n])) - 9 for n in range(1, 4)}
    for at in set(range(0, len(good), 3)) - idle:
        flipped = bytearray(good)
        flipped[at] ^= 0x10
        path.write_bytes(flipped)
        found = codes(path)
        assert found, at
        assert (
            len([code for code in found if not code.startswith(("concurrent", "no-warcinfo", "warcinfo"))])
            <= 2
        ), found


def test_a_fault_names_its_record_and_place(tmp_path: Path) -> None:
    path = tmp_path / "t.warc"
    path.write_bytes(info() + request() + response(WARC_Block_Digest=sha1(b"")))
    (fault,) = verify_warc(path)
    assert fault.path == path
    assert fault.offset == len(info() + request())
    assert fault.record_id == record_id(3).strip("<>")
    assert "bytes were changed" in fault.message


def test_memory_stays_flat_on_a_member_that_expands_without_end(tmp_path: Path) -> None:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    path = tmp_path / "bomb.warc.gz"
    head = b"WARC/1.1\r\nWARC-Type: resource\r\nWARC-Target-URI: urn:x:y\r\nContent-Length: 200000000\r\n\r\n"
    zeros = bytes(1_000_000)
    with path.open("wb") as file:
        file.write(packed(info()) + squeeze.compress(head))
        for _ in range(200):
            file.write(squeeze.compress(zeros))
        file.write(squeeze.compress(b"\r\n\r\n") + squeeze.flush())
    tracemalloc.start()
    try:
        found = codes(path)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
    assert found == ["no-record-id", "no-date", "no-block-digest"]


@given(st.binary(max_size=120), st.lists(st.integers(1, 40), max_size=8), st.booleans())
def test_chunks_read_piece_by_piece_are_those_read_at_once(
    junk: bytes, cuts: list[int], framed: bool
) -> None:
    body = b"%x;a=b\r\n%s\r\n0\r\nX: y\r\n\r\n" % (len(junk), junk) if framed and junk else junk
    whole = read_chunks(body)
    reader = ChunkReader()
    got, at = b"", 0
    for cut in (*cuts, len(body)):
        got += reader.feed(body[at : at + cut])
        at += cut
    reader.finish()
    assert got == whole.entity
    assert reader.complete == whole.complete
    if whole.complete:
        assert reader.extra == len(body) - whole.consumed


class Site(BaseHTTPRequestHandler):
    """Three pages: plain, chunked, gzip; and a redirect."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b'<p><a href="/chunked?a=b">1</a><a href="/coded">2</a><a href="/moved">3</a></p>'
        if self.path.startswith("/chunked"):
            self.answer(("Transfer-Encoding", "chunked"), b"5\r\n<p>x<\r\n3\r\n/p>\r\n0\r\n\r\n")
        elif self.path == "/coded":
            self.answer(("Content-Encoding", "gzip"), GZIPPED, length=True)
        elif self.path == "/moved":
            self.answer(("Location", "/coded"), b"", status=302, length=True)
        else:
            self.answer(("X-Page", "1"), body, status=404 if "robots" in self.path else 200, length=True)

    def answer(self, field: tuple[str, str], body: bytes, *, status: int = 200, length: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/html")
        self.send_header(*field)
        if length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.parametrize("more", [[], ["--no-warc-compression"]], ids=["gzip", "plain"])
def test_files_of_wget_are_accepted_but_for_its_digest_over_chunks(
    site: str, tmp_path: Path, more: list[str]
) -> None:
    if shutil.which("wget") is None:
        pytest.fail("wget is not installed: apt-get install -y --no-install-recommends wget")
    command = ["wget", "-q", "-r", "-l", "1", "--no-config", "--warc-file=w", "--tries=1", *more, site]
    subprocess.run(command, cwd=tmp_path, check=False, timeout=60)
    (path,) = tmp_path.glob("w.warc*")
    faults = list(verify_warc(path))
    assert [fault.code for fault in faults] == ["payload-digest-chunked"]


def warcio_file(path: Path, version: str, block: bytes) -> None:
    with path.open("wb") as file:
        out = WARCWriter(file, gzip=True, warc_version=version)
        out.write_record(out.create_warcinfo_record(path.name, {"software": "warcio"}))
        head, _, body = block.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        fields = [tuple(line.split(": ", 1)) for line in lines[1:]]
        answer = StatusAndHeaders("200 OK", fields, protocol="HTTP/1.1")
        asked = StatusAndHeaders("GET /page?id=1 HTTP/1.1", [("Host", "a.example")], is_http_request=True)
        first = out.create_warc_record(URI, "response", payload=io.BytesIO(body), http_headers=answer)
        out.write_request_response_pair(out.create_warc_record(URI, "request", http_headers=asked), first)
        digest = first.rec_headers.get_header("WARC-Payload-Digest")
        date = first.rec_headers.get_header("WARC-Date")
        out.write_record(out.create_revisit_record(URI, digest, URI, date, http_headers=answer))


# warcio leaves its temporary files to the garbage collector.
WARCIO_LEAKS = "ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning"


@pytest.mark.filterwarnings(WARCIO_LEAKS)
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_files_of_warcio_are_accepted(tmp_path: Path, version: str) -> None:
    path = tmp_path / "w.warc.gz"
    warcio_file(path, version, PAGE)
    assert codes(path) == []
    warcio_file(path, version, CODED)
    assert codes(path) == []


@pytest.mark.filterwarnings(WARCIO_LEAKS)
def test_files_of_warcio_with_chunks_have_its_wrong_digest(tmp_path: Path) -> None:
    path = tmp_path / "w.warc.gz"
    warcio_file(path, "1.1", CHUNKED)
    assert codes(path) == ["payload-digest-chunked"]


def test_files_of_fastwarc_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "f.warc.gz"
    source = tmp_path / "s.warc"
    source.write_bytes(info() + request() + response())
    with source.open("rb") as read, path.open("wb") as file:
        out = GzipWriter(file)
        for item in fastwarc.warc.ArchiveIterator(read, parse_http=False):
            item.write(out)
            out.finish()
        out.close()
    assert codes(path) == []
