"""Reading back: all of a whole file, what is whole of a damaged one, never more than the bounds."""

import gzip
import io
import os
import signal
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples.exchanges import exchange, page
from warcio.warcwriter import WARCWriter

from archive.warc import (
    WarcWriter,
    close_left_open,
    describe_payload,
    iterate_records,
    load_response,
    read_record,
    verify_warc,
    whole_length,
)
from model import DamagedArchiveError, PageRole, StoreUnreachableError


def write_file(folder: Path, count: int = 3) -> Path:
    out = WarcWriter(folder, source="xx_test", crawl_id="c", warcinfo={"software": "test"})
    for number in range(count):
        item = exchange(page(b"<p>%d</p>" % number * 50), url=f"http://a.example/{number}")
        out.write_exchange(item, role=PageRole.PAGE, payload=describe_payload(item))
    out.close()
    (path,) = [path for path in folder.rglob("*") if path.is_file()]
    return path


def plain_copy(path: Path) -> Path:
    plain = path.with_name("plain.warc")
    plain.write_bytes(gzip.decompress(path.read_bytes()))
    return plain


def test_plain_and_compressed_files_give_the_same_records(tmp_path: Path) -> None:
    path = write_file(tmp_path)
    compressed = list(iterate_records(path))
    plain = list(iterate_records(plain_copy(path)))
    assert [(r.record_id, r.block) for r in compressed] == [(r.record_id, r.block) for r in plain]
    assert sum(record.length for record in compressed) == path.stat().st_size
    for record in plain:
        assert read_record(path.with_name("plain.warc"), record.offset) == record


def test_warcio_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "w.warc.gz"
    with path.open("wb") as file:
        out = WARCWriter(file, gzip=True)
        out.write_record(out.create_warcinfo_record("w.warc.gz", {"software": "warcio"}))
        out.write_record(out.create_warc_record("http://a.example/", "resource", payload=None))
    assert [(record.version, record.type) for record in iterate_records(path)] == [
        ("1.0", "warcinfo"),
        ("1.0", "resource"),
    ]


def test_what_is_whole_is_given_before_the_damage_is_told(tmp_path: Path) -> None:
    path = write_file(tmp_path)
    records = list(iterate_records(path))
    path.write_bytes(path.read_bytes()[:-20])
    reader = iterate_records(path)
    assert [next(reader).record_id for _ in records[:-1]] == [record.record_id for record in records[:-1]]
    with pytest.raises(DamagedArchiveError, match="ends within"):
        next(reader)


@pytest.mark.parametrize("offset", [1, 10_000_000])
def test_a_wrong_offset_is_damage_and_says_so(tmp_path: Path, offset: int) -> None:
    path = write_file(tmp_path)
    with pytest.raises(DamagedArchiveError):
        read_record(path, offset)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(DamagedArchiveError, match="missing"):
        read_record(tmp_path / "none.warc.gz", 0)


class Away(io.BytesIO):
    """A reader over a store that does not answer any more after some bytes."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > 100:
            raise StoreUnreachableError("paris", "no answer")
        return super().read(size)


def test_a_reader_is_read_like_a_file_and_stays_open(tmp_path: Path) -> None:
    path = write_file(tmp_path)
    reader = io.BytesIO(path.read_bytes())
    assert list(iterate_records(reader)) == list(iterate_records(path))
    assert list(verify_warc(reader, name="paris")) == []
    offset = list(iterate_records(path))[1].offset
    assert read_record(reader, offset) == read_record(path, offset)
    assert load_response(reader, offset) == load_response(path, offset)
    reader.seek(0)


def test_messages_name_what_is_read(tmp_path: Path) -> None:
    data = bytearray(write_file(tmp_path).read_bytes())
    data[len(data) // 2] ^= 0xFF
    reader = io.BytesIO(data)
    with pytest.raises(DamagedArchiveError, match=r"^store paris: warc/a: at "):
        list(iterate_records(reader, name="store paris: warc/a"))
    assert {str(fault.path) for fault in verify_warc(reader, name="paris")} == {"paris"}
    with pytest.raises(DamagedArchiveError, match=r"^a WARC file: at 7"):
        read_record(reader, 7)


def test_a_store_that_fails_is_no_fault_of_the_file(tmp_path: Path) -> None:
    reader = Away(write_file(tmp_path).read_bytes())
    for read in (iterate_records, verify_warc):
        with pytest.raises(StoreUnreachableError):
            list(read(reader))  # type: ignore[operator]


def test_a_record_that_is_no_response_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DamagedArchiveError, match="warcinfo"):
        load_response(write_file(tmp_path), 0)


def test_a_member_that_expands_past_the_bound_is_refused_without_being_expanded(tmp_path: Path) -> None:
    head = b"WARC/1.1\r\nWARC-Type: resource\r\nContent-Length: 3000000\r\n\r\n"
    path = tmp_path / "bomb.warc.gz"
    path.write_bytes(gzip.compress(head + bytes(3_000_000) + b"\r\n\r\n"))
    with pytest.raises(DamagedArchiveError, match="more than"):
        read_record(path, 0, max_bytes=1_000_000)
    endless = tmp_path / "endless.warc.gz"
    endless.write_bytes(gzip.compress(b"WARC/1.1\r\n" + b"A: b\r\n" * 1_000_000))
    with pytest.raises(DamagedArchiveError, match="longer than"):
        read_record(endless, 0)


@pytest.mark.parametrize("plain", [False, True])
def test_the_whole_length_ends_after_the_last_whole_record(tmp_path: Path, plain: bool) -> None:
    path = write_file(tmp_path)
    if plain:
        path = plain_copy(path)
    data = path.read_bytes()
    ends = [record.offset + record.length for record in iterate_records(path)]
    assert whole_length(path) == ends[-1] == len(data)
    for cut in range(0, len(data), 97):
        path.write_bytes(data[:cut])
        assert whole_length(path) == max([end for end in ends if end <= cut], default=0)


def test_a_response_whose_request_was_cut_off_goes_with_it_unless_it_was_acknowledged(tmp_path: Path) -> None:
    path = write_file(tmp_path)
    data = path.read_bytes()
    records = list(iterate_records(path))
    response, request = next(
        (one, after)
        for one, after in pairwise(records[3:])
        if (one.type, after.type) == ("response", "request")
    )
    for cut in (request.offset, request.offset + 1, request.offset + request.length - 1):
        path.write_bytes(data[:cut])
        for acknowledged in (-1, records[1].offset):
            assert whole_length(path, acknowledged) == response.offset
        assert whole_length(path, response.offset) == request.offset
    path.write_bytes(data[: request.offset + request.length])
    assert whole_length(path, -1) == request.offset + request.length


def test_damage_in_the_middle_costs_no_record_behind_it(tmp_path: Path) -> None:
    path = write_file(tmp_path)
    records = list(iterate_records(path))
    data = bytearray(path.read_bytes())
    data[records[2].offset + 30] ^= 0xFF
    path.write_bytes(data)
    assert whole_length(path) == len(data)


def test_files_left_open_are_cut_after_the_last_whole_record_and_closed(tmp_path: Path) -> None:
    path = write_file(tmp_path)
    whole = path.read_bytes()
    path = path.rename(path.with_name(path.name + ".open"))
    path.write_bytes(whole + whole[:100])
    nothing = path.with_name("d-00001.warc.gz.open")
    nothing.write_bytes(whole[:50])
    (closed,) = close_left_open(tmp_path)
    assert closed.name == "c-00001.warc.gz"
    assert closed.read_bytes() == whole
    assert [entry.name for entry in closed.parent.iterdir()] == [closed.name]
    assert list(verify_warc(closed)) == []
    assert close_left_open(tmp_path) == ()


CRAWL = """
import sys
from pathlib import Path
from archive.warc import WarcWriter, describe_payload
from model import PageRole
from samples.exchanges import exchange, page
out = WarcWriter(Path(sys.argv[1]), source="xx_test", crawl_id="c", warcinfo={"software": "test"})
item = exchange(page(b"<p>x</p>" * 5000))
while True:
    capture = out.write_exchange(item, role=PageRole.PAGE, payload=describe_payload(item))
    out.sync()
    print(capture.offset, capture.record_id, flush=True)
"""


def test_what_was_acknowledged_survives_kill_9(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-c", CRAWL, str(tmp_path)], stdout=subprocess.PIPE, text=True, env=environment
    ) as crawl:
        assert crawl.stdout is not None
        told = [crawl.stdout.readline().split() for _ in range(30)]
        crawl.send_signal(signal.SIGKILL)
        told += [line.split() for line in crawl.stdout if line.endswith("\n")]
    (closed,) = close_left_open(tmp_path)
    for offset, record_id in told:
        assert read_record(closed, int(offset)).record_id == record_id
    assert {fault.code for fault in verify_warc(closed)} <= {"concurrent-to-nowhere"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(data=st.data())
def test_no_bytes_make_the_readers_raise_anything_else(tmp_path: Path, data: st.DataObject) -> None:
    path = tmp_path / "seed.warc.gz"
    if not path.exists():
        write_file(tmp_path / "made", 2).rename(path)
    original = path.read_bytes()
    if data.draw(st.booleans()):
        original = gzip.decompress(original)
    begin = data.draw(st.integers(0, len(original)))
    end = data.draw(st.integers(begin, min(len(original), begin + 40)))
    broken = tmp_path / "broken.warc"
    broken.write_bytes(original[:begin] + data.draw(st.binary(max_size=40)) + original[end:])
    try:
        list(iterate_records(broken))
    except DamagedArchiveError:
        pass
    else:
        assert whole_length(broken) == broken.stat().st_size
    list(verify_warc(broken))
