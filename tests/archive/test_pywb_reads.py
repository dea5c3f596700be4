"""pywb, from its own environment, indexes and loads what we write."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from samples.exchanges import AWKWARD

from archive.warc import WarcWriter, describe_payload
from model import CaptureVia, Failure, FailureKind, Mirror, PageRole, Via

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".tools" / "peers" / "bin" / "python"
READER = ROOT / "tests" / "peers" / "pywb_reads.py"


def pywb_reads(path: Path) -> list[dict[str, str | int]]:
    if not PYTHON.exists():
        pytest.fail("pywb's environment is missing; make it with: make .tools/peers/.done")
    done = subprocess.run(
        [PYTHON, "-W", "ignore", READER, path], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_pywb_loads_every_page_we_write_and_no_record_beside_them(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path, source="a", crawl_id="c1", warcinfo={"software": "test"})
    expected = {}
    for name, exchange in AWKWARD.items():
        payload = describe_payload(exchange)
        capture = writer.write_exchange(exchange, role=PageRole.PAGE, payload=payload)
        stored = exchange.response[exchange.head_length :]
        expected[capture.offset] = (name, hashlib.sha256(stored).hexdigest())
    first = AWKWARD["plain"]
    original = writer.write_exchange(first, role=PageRole.PAGE, payload=describe_payload(first))
    again = writer.write_exchange(
        first, role=PageRole.PAGE, payload=describe_payload(first), original=original
    )
    assert again.revisit_of == original.record_id
    writer.write_conversion(original, data=b"{}", content_type="application/json")
    failed = first.observation
    writer.write_failure(
        type(failed)(
            url=failed.url,
            method="GET",
            started_at=failed.started_at,
            ended_at=failed.ended_at,
            failure=Failure(kind=FailureKind.CONNECT_REFUSED, detail="refused"),
        ),
        role=PageRole.PAGE,
    )
    mirror = Mirror(url="https://d1.example.net/", operator="دوستان")
    writer.write_via(
        CaptureVia(
            record_id=original.record_id,
            via=Via.MIRROR,
            url=original.url,
            canonical_url="https://canonical.example/page",
            mirror=mirror,
        ),
        original.captured_at,
    )
    writer.close()
    (path,) = tmp_path.rglob("*.warc.gz")

    lines = pywb_reads(path)
    # Nothing is archived under an address from which nothing came.
    assert not any(str(one["url"]).startswith("https://canonical.example") for one in lines)

    by_offset = {int(line["offset"]): line for line in lines}
    for offset, (name, digest) in expected.items():
        assert by_offset[offset]["sha256"] == digest, name
    assert by_offset[again.offset]["mime"] == "warc/revisit"
    assert by_offset[again.offset]["sha256"] == by_offset[original.offset]["sha256"]
    # What is no page (interim responses, observations, conversions, failures) is no capture of one.
    pages = {offset for offset, line in by_offset.items() if not str(line["url"]).startswith("urn:")}
    assert pages == {*expected, original.offset, again.offset}
