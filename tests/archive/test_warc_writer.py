"""What is written is what crossed the wire: warcio and fastwarc read every record back, byte for byte."""

import gzip
import hashlib
import io
import json
import os
import resource
import threading
from base64 import b32encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import fastwarc.warc
import pytest
import warcio.archiveiterator
from hypothesis import given
from hypothesis import strategies as st
from samples.exchanges import AWKWARD, GZIPPED, PERSIAN, STARTED, TLS, exchange, observation, page

from archive.warc import (
    WarcWriter,
    describe_payload,
    iterate_records,
    load_response,
    payload_digest,
    read_record,
    verify_warc,
)
from archive.warc.records import gzip_member, target_uri
from model import (
    Capture,
    Exchange,
    Failure,
    FailureKind,
    Observation,
    PageRole,
    StoreError,
    StoreFullError,
    TlsFacts,
    Truncation,
    from_json,
)


def writer(folder: Path, **more: object) -> WarcWriter:
    settings: dict[str, object] = {"source": "xx_test", "crawl_id": "20261123T073000Z-0001"}
    info = {"software": "mandegar/0.1", "operator": "رسانه\u200cها\r\nX: y"}
    return WarcWriter(folder, warcinfo=info, **(settings | more))  # type: ignore[arg-type]


def write(out: WarcWriter, item: Exchange, original: Capture | None = None) -> Capture:
    return out.write_exchange(item, role=PageRole.PAGE, payload=describe_payload(item), original=original)


def only_file(folder: Path) -> Path:
    (path,) = [path for path in folder.rglob("*") if path.is_file()]
    return path


def sha256_b32(data: bytes) -> str:
    return "sha256:" + b32encode(hashlib.sha256(data).digest()).decode()


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, dict[str, Capture]]:
    out = writer(tmp_path)
    captures = {name: write(out, item) for name, item in AWKWARD.items()}
    out.close()
    return only_file(tmp_path), captures


def by_warcio(path: Path) -> Iterator[tuple[str, dict[str, str], bytes]]:
    with path.open("rb") as file:
        for record in warcio.archiveiterator.ArchiveIterator(file, no_record_parse=True):
            yield record.rec_type, dict(record.rec_headers.headers), record.raw_stream.read()


def by_fastwarc(path: Path) -> Iterator[tuple[str, dict[str, str], bytes]]:
    with path.open("rb") as file:
        for record in fastwarc.warc.ArchiveIterator(file, parse_http=False, strict_mode=True):
            yield str(record.record_type), dict(record.headers.items()), record.reader.read()


@pytest.mark.parametrize("read", [by_warcio, by_fastwarc])
def test_foreign_readers_see_every_exchange_byte_for_byte(
    written: tuple[Path, dict[str, Capture]], read
) -> None:  # type: ignore[no-untyped-def]
    path, captures = written
    records = {
        fields["WARC-Record-ID"].strip("<>"): (kind, fields, block) for kind, fields, block in read(path)
    }
    assert next(iter(records.values()))[0] == "warcinfo"
    for name, item in AWKWARD.items():
        kind, fields, block = records[captures[name].record_id]
        assert (kind, block) == ("response", item.response), name
        kind, request_fields, block = records[fields["WARC-Concurrent-To"].strip("<>")]
        assert (kind, block) == ("request", item.request), name
        assert request_fields["WARC-Concurrent-To"].strip("<>") == captures[name].record_id


def test_a_capture_addresses_exactly_the_member_of_its_record(
    written: tuple[Path, dict[str, Capture]],
) -> None:
    path, captures = written
    for name, capture in captures.items():
        member = path.read_bytes()[capture.offset : capture.offset + capture.length]
        text = gzip.decompress(member)
        assert text.startswith(b"WARC/1.1\r\nWARC-Type: response\r\n")
        assert text.endswith(AWKWARD[name].response + b"\r\n\r\n")
        one = next(iter(fastwarc.warc.ArchiveIterator(io.BytesIO(member))))
        assert one.record_id.strip("<>") == capture.record_id
        again = next(iter(warcio.archiveiterator.ArchiveIterator(io.BytesIO(member))))
        assert again.rec_headers.get_header("WARC-Record-ID").strip("<>") == capture.record_id
        record = read_record(path, capture.offset)
        assert (record.record_id, record.offset, record.length) == (
            capture.record_id,
            capture.offset,
            capture.length,
        )
        loaded = load_response(path, capture.offset)
        assert (loaded.http, loaded.head) == (AWKWARD[name].response, AWKWARD[name].head)
        assert payload_digest(loaded.entity) == capture.payload_digest


def test_what_we_write_has_no_fault(written: tuple[Path, dict[str, Capture]]) -> None:
    assert list(verify_warc(written[0])) == []


def test_fastwarc_finds_every_block_digest_right(written: tuple[Path, dict[str, Capture]]) -> None:
    with written[0].open("rb") as file:
        for record in fastwarc.warc.ArchiveIterator(file, parse_http=False):
            assert record.verify_block_digest()


def test_a_record_head_is_what_the_standard_asks_for(tmp_path: Path) -> None:
    out = writer(tmp_path)
    item = exchange(page(GZIPPED, b"Content-Encoding: gzip"), url="https://a.example/x", fresh=True, tls=TLS)
    capture = write(out, item)
    out.close()
    records = list(iterate_records(only_file(tmp_path)))
    assert [record.type for record in records] == ["warcinfo", "response", "request", "metadata"]
    info, response, request, metadata = records
    assert response.headers == (
        ("WARC-Type", "response"),
        ("WARC-Record-ID", f"<{capture.record_id}>"),
        ("WARC-Warcinfo-ID", f"<{info.record_id}>"),
        ("WARC-Concurrent-To", f"<{request.record_id}>"),
        ("WARC-Target-URI", "https://a.example/x"),
        ("WARC-Date", "2026-11-23T07:30:00.123456Z"),
        ("WARC-IP-Address", "192.0.2.7"),
        ("WARC-Protocol", "http/1.1"),
        ("WARC-Protocol", "tls/1.3"),
        ("WARC-Cipher-Suite", "TLS_AES_256_GCM_SHA384"),
        ("WARC-Block-Digest", sha256_b32(item.response)),
        ("WARC-Payload-Digest", sha256_b32(GZIPPED)),
        ("Mandegar-Payload-Length", str(len(GZIPPED))),
        ("Mandegar-Role", "page"),
        ("Content-Type", "application/http;msgtype=response"),
        ("Content-Length", str(len(item.response))),
    )
    assert request.get("Content-Type") == "application/http;msgtype=request"
    assert metadata.get("WARC-Concurrent-To") == f"<{capture.record_id}>"
    assert from_json(Observation, json.loads(metadata.block)) == item.observation
    assert (capture.url, capture.captured_at, capture.mime, capture.status) == (
        item.url,
        STARTED,
        "text/html",
        200,
    )
    assert (capture.payload_digest, capture.payload_length) == (sha256_b32(GZIPPED), len(GZIPPED))


def test_the_warcinfo_says_who_and_how_on_single_lines(tmp_path: Path) -> None:
    out = writer(tmp_path)
    write(out, AWKWARD["plain"])
    out.close()
    path = only_file(tmp_path)
    info = next(iterate_records(path))
    assert info.get("WARC-Filename") == path.name == "20261123T073000Z-0001-00001.warc.gz"
    lines = info.block.decode().splitlines()
    assert "software: mandegar/0.1" in lines
    assert "operator: رسانه\u200cها X: y" in lines
    assert "format: WARC File Format 1.1" in lines


def test_the_payload_digest_is_over_the_entity_without_chunks(
    written: tuple[Path, dict[str, Capture]],
) -> None:
    chunked = written[1]["chunked"]
    assert chunked.payload_digest == sha256_b32(b"hello" + GZIPPED)
    assert chunked.payload_length == 5 + len(GZIPPED)


def test_an_interim_response_is_kept_where_no_index_takes_it_for_the_page(
    written: tuple[Path, dict[str, Capture]],
) -> None:
    records = list(iterate_records(written[0]))
    (hints,) = [record for record in records if record.block.startswith(b"HTTP/1.1 103")]
    assert (hints.type, hints.get("Content-Type")) == ("metadata", "application/http;msgtype=response")
    assert hints.get("WARC-Concurrent-To") == f"<{written[1]['early hints'].record_id}>"


def test_nothing_concurrent_to_a_page_can_be_indexed_as_the_page(
    written: tuple[Path, dict[str, Capture]],
) -> None:
    others = [record for record in iterate_records(written[0]) if record.type == "metadata"]
    assert len(others) == 3
    assert [record.get("WARC-Target-URI") for record in others] == [None] * 3


def test_a_cut_response_says_why(written: tuple[Path, dict[str, Capture]]) -> None:
    path, captures = written
    cut = captures["cut"]
    assert cut.truncated is Truncation.DISCONNECT
    assert read_record(path, cut.offset).get("WARC-Truncated") == "disconnect"
    (said,) = [
        record
        for record in iterate_records(path)
        if record.type == "metadata" and record.get("WARC-Concurrent-To") == f"<{cut.record_id}>"
    ]
    assert json.loads(said.block)["failure"]["kind"] == "http_closed"


def test_what_the_server_sent_wrong_is_said_to_be_its_own(written: tuple[Path, dict[str, Capture]]) -> None:
    path, captures = written
    said = {name: read_record(path, captures[name].offset).get("Mandegar-As-Received") for name in AWKWARD}
    assert {name: codes for name, codes in said.items() if codes} == {
        "lying gzip": "http-not-coded",
        "lying br": "http-not-coded",
        "lying chunks": "http-not-chunked",
        "broken chunks": "http-chunks-damaged",
    }


def test_a_reused_connection_costs_no_record_and_still_says_how_it_was_reached(tmp_path: Path) -> None:
    out = writer(tmp_path)
    bad = TlsFacts(
        version="TLSv1.2",
        cipher="ECDHE-RSA-AES128-GCM-SHA256",
        chain=(b"\x30",),
        verified=False,
        verify_code=18,
        verify_detail="self-signed certificate",
    )
    item = exchange(
        page(b"x"),
        url="https://a.example/",
        tls=bad,
        proxy="socks5://192.0.2.9:1080",
        allowed_by="named by the operator",
    )
    capture = write(out, item)
    out.close()
    records = list(iterate_records(only_file(tmp_path)))
    assert [record.type for record in records] == ["warcinfo", "response", "request"]
    record = read_record(only_file(tmp_path), capture.offset)
    assert record.get("Mandegar-Proxy") == "socks5://192.0.2.9:1080"
    assert record.get("Mandegar-Allowed-By") == "named by the operator"
    assert record.get("Mandegar-Certificate") == "not verified: 18 self-signed certificate"
    assert record.get("WARC-Cipher-Suite") == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    assert record.get("WARC-IP-Address") is None  # the proxy's says nothing of the site


def test_a_payload_held_already_becomes_a_revisit_that_leads_to_it(tmp_path: Path) -> None:
    out = writer(tmp_path)
    first = write(
        out, exchange(page(b"<p>same</p>"), url=PERSIAN, request=b"GET /\xd8 HTTP/1.1\r\nHost: a\r\n\r\n")
    )
    again = exchange(page(b"<p>same</p>", b"X-Cache: HIT"), url="http://a.example/other")
    second = write(out, again, first)
    out.close()
    assert second.revisit_of == first.record_id
    assert (second.payload_digest, second.payload_length) == (first.payload_digest, first.payload_length)
    record = read_record(only_file(tmp_path), second.offset)
    assert record.type == "revisit"
    assert record.block == again.response[: again.head_length]
    assert record.get("WARC-Profile") == "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
    assert record.get("WARC-Refers-To") == f"<{first.record_id}>"
    assert record.get("WARC-Refers-To-Target-URI") == target_uri(PERSIAN)
    assert record.get("WARC-Refers-To-Date") == "2026-11-23T07:30:00.123456Z"
    assert load_response(only_file(tmp_path), second.offset).entity == b""


def test_an_empty_or_cut_or_different_payload_never_becomes_a_revisit(tmp_path: Path) -> None:
    out = writer(tmp_path)
    full = write(out, AWKWARD["plain"])
    empty = write(out, AWKWARD["empty"])
    cut = write(out, AWKWARD["cut"])
    cases = [
        (AWKWARD["empty"], empty),
        (AWKWARD["cut"], cut),
        (AWKWARD["gzip"], full),
        (AWKWARD["plain"], replace(full, truncated=Truncation.LENGTH)),
        (AWKWARD["plain"], replace(full, revisit_of="urn:uuid:else")),
    ]
    for item, original in cases:
        capture = write(out, item, original)
        assert capture.revisit_of is None
        assert load_response(tmp_path / f"{capture.warc_key}.open", capture.offset).http == item.response
    out.close()


def test_a_failure_is_a_metadata_record_with_the_observation(tmp_path: Path) -> None:
    out = writer(tmp_path)
    failed = observation(
        "https://a.example/خبر",
        fresh=True,
        failure=Failure(kind=FailureKind.TLS_RESET, detail="reset after ClientHello", errno=104),
        request=b"",
        received=b"\x00\xff",
    )
    record_id = out.write_failure(failed, role=PageRole.SEED)
    out.close()
    *_, record = iterate_records(only_file(tmp_path))
    assert (record.type, record.record_id) == ("metadata", record_id)
    assert record.get("WARC-Target-URI") == "urn:mandegar:failure:https://a.example/%D8%AE%D8%A8%D8%B1"
    content = json.loads(record.block)
    assert from_json(Observation, content) == failed
    assert content["role"] == "seed"
    assert list(verify_warc(only_file(tmp_path))) == []


def test_a_conversion_refers_to_its_capture(tmp_path: Path) -> None:
    out = writer(tmp_path)
    capture = write(out, AWKWARD["plain"])
    record_id = out.write_conversion(
        capture, data='{"title":"می\u200cگوید"}'.encode(), content_type="application/json"
    )
    out.close()
    *_, record = iterate_records(only_file(tmp_path))
    assert (record.type, record.record_id) == ("conversion", record_id)
    assert record.get("WARC-Refers-To") == f"<{capture.record_id}>"
    assert record.get("WARC-Target-URI") == f"urn:mandegar:conversion:{capture.url}"
    assert json.loads(record.block) == {"title": "می\u200cگوید"}
    assert list(verify_warc(only_file(tmp_path))) == []


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("http://a.example/a%20b?x=1&y=%D8%AE", "http://a.example/a%20b?x=1&y=%D8%AE"),
        ("http://a.example/a b|{c}[d]", "http://a.example/a%20b|{c}[d]"),
        ('http://a.example/<a>"\r\nX: y\x00', "http://a.example/%3Ca%3E%22%0D%0AX:%20y%00"),
        ("http://خبر.example:8080/خ", "http://xn--ngblk.example:8080/%D8%AE"),
        ("http://user@خبر.example/", "http://user@xn--ngblk.example/"),
        ("http://[2001:db8::1]:80/é", "http://[2001:db8::1]:80/%C3%A9"),
        ("http://a.example/x#teil", "http://a.example/x"),
    ],
)
def test_a_target_uri_is_a_uri_and_the_url_stays_recoverable(tmp_path: Path, url: str, uri: str) -> None:
    assert target_uri(url) == uri
    out = writer(tmp_path)
    capture = write(out, exchange(page(b"x"), url=url))
    out.close()
    record = read_record(only_file(tmp_path), capture.offset)
    assert record.get("WARC-Target-URI") == uri
    verbatim = record.get("Mandegar-URL")
    assert (json.loads(verbatim) if verbatim else uri) == url == capture.url


@given(st.text(max_size=60))
def test_no_url_breaks_out_of_its_header_line(tail: str) -> None:
    uri = target_uri("http://a.example/" + tail)
    assert uri.isascii()
    assert uri.isprintable()
    assert not {" ", "<", ">", '"'} & set(uri)
    assert target_uri(uri) == uri


@given(st.binary(max_size=200), st.binary(max_size=200_000), st.booleans())
def test_a_member_holds_its_record_whether_deflated_or_stored(head: bytes, block: bytes, dense: bool) -> None:
    assert gzip.decompress(gzip_member(head, block, dense=dense)) == head + block + b"\r\n\r\n"


def test_redirect_targets_are_absolute_and_printable(tmp_path: Path) -> None:
    out = writer(tmp_path)
    cases = {
        b"/else?x=1": "http://a.example/else?x=1",
        "/خبر".encode(): "http://a.example/خبر",
        b"/\xce\xc8\xd1": "http://a.example/%CE%C8%D1",
        b"http://[": None,
        b"": None,
    }
    for location, target in cases.items():
        assert write(out, exchange(page(b"", b"Location: " + location, status=b"302"))).redirect_to == target
    assert write(out, exchange(page(b"", b"Location: /x"))).redirect_to is None
    out.close()


def test_files_rotate_by_size_and_age_and_serials_go_on(tmp_path: Path) -> None:
    small = writer(tmp_path, max_bytes=1)
    keys = [write(small, AWKWARD["plain"]).warc_key for _ in range(3)]
    small.close()
    later = writer(tmp_path, max_age_s=0.0)
    keys += [write(later, AWKWARD["plain"]).warc_key for _ in range(2)]
    later.close()
    assert [key.rsplit("-", 1)[1] for key in keys] == [f"{n:05d}.warc.gz" for n in range(1, 6)]
    for key in keys:
        assert list(verify_warc(tmp_path / key)) == []
    assert small.bytes_written == sum((tmp_path / key).stat().st_size for key in keys[:3])


def test_a_file_is_open_until_it_is_closed_and_never_overwritten(tmp_path: Path) -> None:
    out = writer(tmp_path)
    capture = write(out, AWKWARD["plain"])
    out.sync()
    assert only_file(tmp_path).name.endswith("-00001.warc.gz.open")
    other = writer(tmp_path, serial_from=1)
    assert write(other, AWKWARD["plain"]).warc_key.endswith("-00002.warc.gz")
    out.close()
    out.close()
    other.close()
    assert (tmp_path / capture.warc_key).exists()


def test_a_writer_that_wrote_nothing_leaves_nothing(tmp_path: Path) -> None:
    out = writer(tmp_path)
    out.sync()
    out.close()
    assert list(tmp_path.rglob("*.warc*")) == []


@contextmanager
def files_end_at(size: int) -> Iterator[None]:
    """Let the kernel refuse to make files longer, as it does on a full disk."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


def test_a_full_disk_keeps_every_record_before_and_takes_the_cut_one_back(tmp_path: Path) -> None:
    out = writer(tmp_path)
    first = write(out, AWKWARD["gzip"])
    size = only_file(tmp_path).stat().st_size
    with files_end_at(size + 300), pytest.raises(StoreFullError):
        write(out, AWKWARD["gzip"])
    assert only_file(tmp_path).stat().st_size == size
    second = write(out, AWKWARD["plain"])
    assert second.offset == size
    out.close()
    assert list(verify_warc(only_file(tmp_path))) == []
    assert load_response(only_file(tmp_path), first.offset).http == AWKWARD["gzip"].response


def test_a_disk_full_from_the_start_leaves_no_file(tmp_path: Path) -> None:
    out = writer(tmp_path)
    with files_end_at(10), pytest.raises(StoreFullError):
        write(out, AWKWARD["plain"])
    assert list(tmp_path.rglob("*.warc*")) == []
    assert write(out, AWKWARD["plain"]).warc_key
    out.close()


@contextmanager
def cannot_sync(out: WarcWriter) -> Iterator[None]:
    """Put a pipe in the place of the open file: fsync(2) fails on it, and does not once it is gone."""
    descriptor = out._appender._file
    kept, (reads, writes) = os.dup(descriptor), os.pipe()
    os.dup2(writes, descriptor)
    try:
        yield
    finally:
        if out._appender._file == descriptor:
            os.dup2(kept, descriptor)
        for one in (kept, reads, writes):
            os.close(one)


@pytest.mark.parametrize("step", ["sync", "close"])
def test_a_file_that_could_not_be_synced_never_gets_its_closed_name(tmp_path: Path, step: str) -> None:
    out = writer(tmp_path)
    write(out, AWKWARD["plain"])
    with cannot_sync(out), pytest.raises(StoreError, match="cannot write"):
        getattr(out, step)()
    for _ in range(2):
        with pytest.raises(StoreError, match="cannot write"):
            out.sync()
        with pytest.raises(StoreError, match="cannot write"):
            out.close()
    assert only_file(tmp_path).name.endswith(".open")


def test_threads_may_write_and_sync_at_once(tmp_path: Path) -> None:
    out = writer(tmp_path, max_bytes=20_000)
    captures: list[Capture] = []

    def work() -> None:
        for _ in range(25):
            captures.append(write(out, AWKWARD["chunked"]))
            out.sync()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    out.close()
    assert len(captures) == 100
    for capture in captures:
        assert read_record(tmp_path / capture.warc_key, capture.offset).record_id == capture.record_id
    for path in tmp_path.rglob("*.warc.gz"):
        assert list(verify_warc(path)) == []
