"""What a killed writer leaves is closed after its last whole record; what is written to is left alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from samples.exchanges import AWKWARD

from archive.lock import lock_file
from archive.warc import WarcWriter, close_left_open, describe_payload, verify_warc
from model import Capture, DamagedArchiveError, PageRole

ITEM = AWKWARD["plain"]
WRITE = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from samples.exchanges import AWKWARD
from archive.warc import WarcWriter, describe_payload
from model import PageRole
out = WarcWriter(Path(sys.argv[1]), source="xx", crawl_id="c", warcinfo={})
item = AWKWARD["plain"]
for line in sys.stdin:
    print(out.write_exchange(item, role=PageRole.PAGE, payload=describe_payload(item)).offset, flush=True)
"""


class Elsewhere:
    """A process that writes a record each time it is told to."""

    def __init__(self, folder: Path) -> None:
        root = Path(__file__).resolve().parents[2]
        self.process = subprocess.Popen(
            [sys.executable, "-c", WRITE, str(folder), str(root / "tests"), str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def write(self) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Elsewhere]:
    process = Elsewhere(tmp_path)
    yield process
    process.kill()


def writer(folder: Path, source: str = "xx") -> WarcWriter:
    return WarcWriter(folder, source=source, crawl_id="c", warcinfo={})


def write(out: WarcWriter) -> None:
    out.write_exchange(ITEM, role=PageRole.PAGE, payload=describe_payload(ITEM))


def left_behind(folder: Path, source: str = "xx") -> Path:
    """Leave a file as a killed process does: no descriptor, and no lock, is left of it."""
    out = writer(folder, source)
    write(out)
    out._appender.let_go()
    return next(folder.glob(f"{source}/*/*/*.open"))


def test_a_file_is_mended_once_its_writer_is_gone_and_not_before(
    tmp_path: Path, elsewhere: Elsewhere
) -> None:
    elsewhere.write()
    (path,) = tmp_path.rglob("*.open")
    with path.open("ab") as other:
        other.write(b"\x1f\x8b half a record")
    assert close_left_open(tmp_path) == ()
    assert path.read_bytes().endswith(b"half a record")
    elsewhere.kill()
    (closed,) = close_left_open(tmp_path)
    assert not path.exists()
    assert list(verify_warc(closed)) == []
    assert close_left_open(tmp_path) == ()


def test_a_live_writer_goes_on_beside_whoever_mends(tmp_path: Path, elsewhere: Elsewhere) -> None:
    first = elsewhere.write()
    assert close_left_open(tmp_path) == ()
    assert elsewhere.write() > first
    assert len(list(tmp_path.rglob("*.open"))) == 1


def test_only_the_files_of_one_source_where_one_is_named(tmp_path: Path) -> None:
    ours, other = left_behind(tmp_path, "xx"), left_behind(tmp_path, "yy")
    (closed,) = close_left_open(tmp_path, "xx")
    assert (closed.name, ours.exists(), other.exists()) == (ours.name.removesuffix(".open"), False, True)


def test_what_holds_no_whole_record_is_removed(tmp_path: Path) -> None:
    path = left_behind(tmp_path)
    path.write_bytes(path.read_bytes()[:20])
    assert close_left_open(tmp_path) == ()
    assert list(tmp_path.rglob("*.warc*")) == []


def test_two_names_of_one_file_need_a_person(tmp_path: Path) -> None:
    path = left_behind(tmp_path)
    path.with_name(path.name.removesuffix(".open")).write_bytes(b"another")
    with pytest.raises(DamagedArchiveError, match="a person must look"):
        close_left_open(tmp_path)
    assert path.exists()


def test_a_new_file_that_was_taken_for_a_left_over_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who mends may come between the making of a file and its lock."""
    mended: list[str] = []

    def late(descriptor: int, path: Path) -> bool:
        if not mended:
            mended.append(path.name)
            assert close_left_open(tmp_path) == ()
            assert not path.exists()
        return lock_file(descriptor, path)

    monkeypatch.setattr("archive.warc.appender.lock_file", late)
    out = writer(tmp_path)
    write(out)
    out.close()
    (path,) = tmp_path.rglob("*.warc.gz")
    assert mended == ["c-00001.warc.gz.open"]
    assert path.name == "c-00002.warc.gz"
    assert list(verify_warc(path)) == []


def left_open(folder: Path) -> tuple[Path, list[Capture]]:
    """Make a file of four exchanges that nobody writes to any more, not closed."""
    writer = WarcWriter(folder, source="xx", crawl_id="c", warcinfo={})
    captures = [
        writer.write_exchange(ITEM, role=PageRole.PAGE, payload=describe_payload(ITEM)) for _ in range(4)
    ]
    writer.close()
    (path,) = folder.rglob("*.warc.gz")
    return path.rename(path.with_name(path.name + ".open")), captures


def test_what_a_power_cut_left_behind_a_lost_write_goes_with_it(tmp_path: Path) -> None:
    path, captures = left_open(tmp_path)
    content = bytearray(path.read_bytes())
    # Of two writes that were not synced, only the second came to the disk.
    lost, kept = captures[2].offset, captures[3].offset
    content[lost:kept] = bytes(kept - lost)
    asked = []

    def last_offset(key: str) -> int:
        asked.append(key)
        return captures[1].offset

    path.write_bytes(content)
    (closed,) = close_left_open(tmp_path, last_offset=last_offset)
    assert asked == [captures[1].warc_key]
    assert closed.read_bytes() == content[:lost]
    assert list(verify_warc(closed)) == []


def test_damage_before_what_was_acknowledged_cuts_nothing_off(tmp_path: Path) -> None:
    path, captures = left_open(tmp_path)
    content = bytearray(path.read_bytes())
    content[captures[1].offset + 30] ^= 0xFF
    path.write_bytes(content)
    (closed,) = close_left_open(tmp_path, last_offset=lambda _: captures[3].offset)
    assert closed.read_bytes() == content
