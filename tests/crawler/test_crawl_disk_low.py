"""A disk that gets full, for real, stops a crawl for as long as it is full and costs nothing."""

from __future__ import annotations

import random
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import small_site
from servers.crawl_process import Running, assert_plain, assert_whole, crawling, mandegar
from servers.small_disk import SmallDisk, small_disk

from archive import Archive
from archive.warc import whole_length

MB = 10**6


class Shop(small_site.Site):
    """A site of articles that notes when it was asked."""

    def __init__(self, count: int, noise_bytes: int = 0) -> None:
        super().__init__()
        self.times: list[float] = []
        self.count = count
        links = "".join(f'<a href="/news/{number}/">خبر {number}</a>' for number in range(count))
        self.add("/", small_site.page("خانه", links))
        for number in range(count):
            # Letters that compress to half of it at best.
            noise = random.Random(number).randbytes(noise_bytes // 2).hex()
            self.add(f"/news/{number}/", small_site.article(f"خبر {number}", f"<!-- {noise} -->"))

    def answer(self, target: str) -> small_site.Answer:
        self.times.append(time.monotonic())
        return super().answer(target)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 48) as mounted:
        folder = mounted.outside / "a"
        folder.mkdir()
        # So small a disk has less than the reserve from the start.
        (folder / "mandegar.toml").write_text("format = 1\ndisk_reserve_mb = 4\n")
        yield mounted


class Lines:
    """What a crawl says on standard error, as it says it."""

    def __init__(self, running: Running) -> None:
        self.said: list[str] = []
        self._running = running
        assert running.process.stderr is not None
        self._thread = threading.Thread(target=self._read, args=(running.process.stderr,), daemon=True)
        self._thread.start()

    def _read(self, stream: Iterator[str]) -> None:
        self.said.extend(stream)

    def wait_for(self, words: str) -> str:
        self._running.wait_until(lambda: any(words in line for line in self.said))
        return next(line for line in self.said if words in line)

    def end(self) -> int:
        code = self._running.process.wait(90)
        self._thread.join(30)
        assert not any("Traceback" in line for line in self.said), self.said
        return code


def crawl_on(disk: SmallDisk, url: str, *options: str, delay: str = "0") -> Iterator[tuple[Running, Lines]]:
    with crawling(disk.folder / "a", url, *options, delay=delay, inside=disk.inside) as running:
        yield running, Lines(running)


def assert_complete(disk: SmallDisk, site: Shop, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(disk.outside / "a", copy)
    assert_whole(copy)
    with Archive.open(copy) as archive:
        titles = {one.title for one in archive.catalogue.articles(limit=100)}
        assert titles == {f"خبر {number}" for number in range(site.count)}
        assert archive.catalogue.check() == []


def test_below_the_reserve_nothing_is_sent_and_with_room_it_goes_on_by_itself(
    tmp_path: Path, disk: SmallDisk
) -> None:
    site = Shop(40)
    with site.serving() as url:
        for running, lines in crawl_on(disk, url, delay="0.1"):
            running.wait_until(lambda: len(site.asked) > 6)
            disk.fill(leave=3 * MB)
            said = lines.wait_for("paused")
            paused = time.monotonic()
            assert "only 3 MB are free where " in said
            assert f"{disk.folder}/a" in said
            assert "goes on by itself at 4 MB" in said
            # A second crawl process takes longer to start than ten requests would.
            assert mandegar(disk.folder / "a", "status", inside=disk.inside).code == 0
            assert running.process.poll() is None
            free = time.monotonic()
            disk.make_room()
            assert lines.wait_for("there is room again")
            assert lines.end() == 0
    # What was under way when it was said has ended a moment later.
    assert not [one for one in site.times if paused + 0.3 < one < free]
    assert len(site.asked) == len(set(site.asked)), "nothing was asked for twice"
    log = (disk.outside / "a" / "crawl.log").read_text()
    assert log.count("paused: only 3 MB") == log.count("there is room again") == 1
    assert_complete(disk, site, tmp_path)


def test_a_crawl_may_start_paused_and_is_ended_as_ever(tmp_path: Path, disk: SmallDisk) -> None:
    site = Shop(3)
    # Its folder opens with that much; not a single request goes out.
    (disk.outside / "a" / "mandegar.toml").write_text("format = 1\ndisk_reserve_mb = 1\n")
    disk.fill(leave=8 * MB)
    with site.serving() as url:
        for running, lines in crawl_on(disk, url, "-s", "MANDEGAR_DISK_RESERVE_MB=20"):
            assert "goes on by itself at 22 MB" in lines.wait_for("paused")
            running.send(signal.SIGINT)
            assert lines.end() == 130
        assert site.asked == []
        disk.make_room()
        for _, lines in crawl_on(disk, url):
            assert lines.end() == 0
    assert_complete(disk, site, tmp_path)


def test_a_record_that_finds_no_room_waits_and_those_before_it_are_whole(
    tmp_path: Path, disk: SmallDisk
) -> None:
    # No reserve: the disk is full in the middle of a record.
    site = Shop(8, noise_bytes=2_000_000)
    with site.serving() as url:
        disk.fill(leave=6 * MB)
        for running, lines in crawl_on(disk, url, "-s", "MANDEGAR_DISK_RESERVE_MB=0"):
            said = lines.wait_for("paused")
            assert "no room" in said
            assert "goes on by itself when there is room" in said
            (path,) = (disk.outside / "a" / "warc").rglob("*.open")
            assert whole_length(path) == path.stat().st_size > MB
            assert running.process.poll() is None
            disk.make_room()
            assert lines.end() == 0
    assert len(site.asked) == len(set(site.asked)), "the response that waited was not asked for again"
    assert_complete(disk, site, tmp_path)


def test_who_ends_a_crawl_on_a_full_disk_loses_nothing_and_the_next_goes_on(
    tmp_path: Path, disk: SmallDisk
) -> None:
    site = Shop(8, noise_bytes=2_000_000)
    with site.serving() as url:
        disk.fill(leave=6 * MB)
        for running, lines in crawl_on(disk, url, "-s", "MANDEGAR_DISK_RESERVE_MB=0"):
            lines.wait_for("paused: no room")
            running.send(signal.SIGINT)
            assert lines.end() == 3
            assert "no room" in lines.said[-1]
        disk.make_room()
        for _, lines in crawl_on(disk, url):
            assert lines.end() == 0
    assert_complete(disk, site, tmp_path)


def test_less_than_a_crawl_needs_at_all_is_refused(disk: SmallDisk) -> None:
    disk.fill(leave=1 * MB)
    ended = mandegar(disk.folder / "a", "crawl", "http://127.0.0.1:9/", inside=disk.inside)
    assert ended.code == 3
    assert_plain(ended)
    assert "only 1 MB are free" in ended.message
    assert "4 MB at least" in ended.message
