"""Reading an object by ranges: the right bytes, few requests, little memory."""

import io
import random

import pytest

from archive.objects.ranges import LARGEST_BLOCK, SMALLEST_BLOCK, open_ranges
from model import DamagedArchiveError

DATA = random.Random(3).randbytes(40 << 20)


class Counted:
    def __init__(self, data: bytes = DATA) -> None:
        self.data = data
        self.asked: list[tuple[int, int]] = []

    def __call__(self, start: int, length: int) -> bytes:
        self.asked.append((start, length))
        return self.data[start : start + length]


def test_any_walk_reads_what_a_plain_file_reads() -> None:
    data = DATA[: 3 << 20]
    drawn = random.Random(7)
    plain = io.BytesIO(data)
    with open_ranges(Counted(data), len(data), "a") as reader:
        for _ in range(300):
            if drawn.random() < 0.5:
                place = drawn.randrange(len(data) + 1000)
                assert reader.seek(place) == plain.seek(place)
            if drawn.random() < 0.2:
                assert reader.readline() == plain.readline()
            length = drawn.choice([1, 100, 10_000, 500_000])
            assert reader.read(length) == plain.read(length)
            assert reader.tell() == plain.tell()
        assert reader.seek(-10, io.SEEK_END) == len(data) - 10
        assert reader.read() == data[-10:]


def test_a_scan_takes_few_requests_of_bounded_size() -> None:
    counted = Counted()
    with open_ranges(counted, len(DATA), "a") as reader:
        while reader.read(100_000):
            pass
    assert len(counted.asked) <= 10
    assert sum(length for _, length in counted.asked) == len(DATA)
    assert max(length for _, length in counted.asked) == LARGEST_BLOCK


def test_a_scan_that_steps_over_bodies_reads_ahead_too() -> None:
    counted = Counted()
    with open_ranges(counted, len(DATA), "a") as reader:
        for place in range(0, len(DATA), 300_000):
            reader.seek(place)
            reader.read(1000)
    assert len(counted.asked) <= 12


def test_jumps_stay_small() -> None:
    counted = Counted()
    drawn = random.Random(5)
    with open_ranges(counted, len(DATA), "a") as reader:
        for _ in range(30):
            reader.seek(drawn.randrange(len(DATA) - 65_536))
            reader.read(65_536)
    assert max(length for _, length in counted.asked) <= 2 * SMALLEST_BLOCK
    assert len(counted.asked) <= 30


def test_an_object_that_ends_early_is_an_error() -> None:
    with (
        open_ranges(Counted(DATA[:1000]), 2000, "disk: warc/a") as reader,
        pytest.raises(DamagedArchiveError, match="disk: warc/a ends at byte 1000 of 2000"),
    ):
        reader.read()
