"""Pages that would hang or kill their reader cost themselves, and no other page."""

from __future__ import annotations

import asyncio
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from scrapy.http import Response

from crawler import workers
from crawler.reading import ReaderPool
from crawler.recording import Recording
from model import ReadError


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def with_pool(
    job: Callable[[ReaderPool], Awaitable[None]], *, workers: int = 1, timeout_s: float = 30
) -> None:
    async def run() -> None:
        pool = ReaderPool(workers=workers, timeout_s=timeout_s)
        try:
            await job(pool)
        finally:
            pool.close()

    asyncio.run(run())


def test_a_page_that_hangs_is_given_up_and_the_next_is_read() -> None:
    async def job(pool: ReaderPool) -> None:
        hanging = asyncio.create_task(pool.run(partial(time.sleep, 600)))
        waiting = asyncio.create_task(pool.run(os.getpid))
        with pytest.raises(ReadError, match=r"more than 0\.5 s"):
            await hanging
        first = await waiting
        assert await pool.run(os.getpid) == first

    with_pool(job, timeout_s=0.5)


def test_the_worker_of_a_page_that_hangs_is_killed() -> None:
    async def job(pool: ReaderPool) -> None:
        pid = await pool.run(os.getpid)
        with pytest.raises(ReadError):
            await pool.run(partial(time.sleep, 600))
        assert not is_alive(pid)

    with_pool(job, timeout_s=0.5)


def test_time_spent_waiting_for_a_worker_does_not_count() -> None:
    async def job(pool: ReaderPool) -> None:
        await asyncio.gather(*(pool.run(partial(time.sleep, 0.4)) for _ in range(5)))

    with_pool(job, timeout_s=1.2)


def test_a_page_that_ends_its_reader_loses_only_itself() -> None:
    async def job(pool: ReaderPool) -> None:
        deadly = [asyncio.create_task(pool.run(partial(os._exit, 1))) for _ in range(2)]
        harmless = [asyncio.create_task(pool.run(partial(abs, -number))) for number in range(20)]
        for task in deadly:
            with pytest.raises(ReadError, match="ended the reading process"):
                await task
        assert await asyncio.gather(*harmless) == list(range(20))

    with_pool(job, workers=2)


def test_a_page_that_takes_all_memory_is_given_up() -> None:
    async def job(pool: ReaderPool) -> None:
        with pytest.raises(ReadError, match="memory"):
            await pool.run(partial(bytes, 5 << 30))
        assert await pool.run(partial(abs, -1)) == 1

    with_pool(job)


def test_what_lists_pages_is_read_in_a_worker_that_needs_no_scrapy() -> None:
    async def job(pool: ReaderPool) -> None:
        # What lists pages is not recorded with the articles.
        reader = pool.reader(cast("Recording", None))
        url = "https://n.example/a"
        feed = f"<rss><channel><item><link>{url}</link></item></channel></rss>".encode()
        sitemap = f"<urlset><url><loc>{url}</loc></url></urlset>".encode()
        posts = f'[{{"id":1,"link":"{url}"}}]'.encode()
        assert [one.url for one in (await reader.read_feed(Response(url, body=feed))).entries] == [url]
        assert [one.url for one in (await reader.read_sitemap(Response(url, body=sitemap))).pages] == [url]
        listing = await reader.read_posts(Response(url, body=posts, headers={"X-WP-TotalPages": "3"}))
        assert ([one.url for one in listing.posts], listing.total_pages) == ([url], 3)
        for read in (reader.read_feed, reader.read_sitemap, reader.read_posts):
            with pytest.raises(ReadError, match="no "):
                await read(Response(url, body=b"<html/>"))
        assert await pool.run(partial(eval, "'scrapy' in __import__('sys').modules")) is False

    with_pool(job)


def test_closing_ends_the_workers_and_whoever_waits() -> None:
    async def run() -> None:
        pool = ReaderPool(workers=1, timeout_s=30)
        pid = await pool.run(os.getpid)
        waiting = asyncio.create_task(pool.run(partial(time.sleep, 600)))
        await asyncio.sleep(0)
        pool.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert not is_alive(pid)

    asyncio.run(run())


HANG = "import os, time; print(os.getpid(), file=open({!r}, 'w'), flush=True); time.sleep(600)"
PARENT = """
import asyncio, sys
from functools import partial
from crawler.workers import WorkerPool
asyncio.run(WorkerPool(workers=1, timeout_s=600).run(partial(exec, sys.argv[1])))
"""


def test_a_worker_at_work_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    told = tmp_path / "told"
    os.mkfifo(told)
    parent = subprocess.Popen([sys.executable, "-c", PARENT, HANG.format(str(told))])
    try:
        worker = os.pidfd_open(int(told.read_text()))
    finally:
        parent.kill()
        parent.wait()
    try:
        assert select.select([worker], [], [], 30)[0], "a descriptor of a process is readable once it ended"
    finally:
        os.close(worker)


def test_a_worker_whose_parent_is_gone_already_does_not_begin() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        worker = subprocess.run(
            [sys.executable, "-m", "crawler.workers", str(theirs.fileno()), "0"],
            pass_fds=[theirs.fileno()],
            check=False,
        )
    assert worker.returncode == 1


def test_a_worker_that_hangs_while_starting_is_replaced_and_its_task_not_blamed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def job(pool: ReaderPool) -> None:
        tried = []
        for _ in range(workers._TRIES):
            monkeypatch.setattr(workers, "_START_S", 0.2)
            if not tried:
                task = asyncio.create_task(pool.run(os.getpid))
            while not pool._workers or pool._workers[0]._process.pid in tried:
                await asyncio.sleep(0)
            tried.append(pool._workers[0]._process.pid)
            os.kill(tried[-1], signal.SIGSTOP)
        monkeypatch.setattr(workers, "_START_S", 60.0)
        assert await task not in tried
        assert not any(is_alive(pid) for pid in tried)

    with_pool(job)


def test_when_no_worker_starts_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_START_S", 0.0)

    async def job(pool: ReaderPool) -> None:
        with pytest.raises(ReadError, match="could be started"):
            await pool.run(os.getpid)

    with_pool(job)


@pytest.mark.parametrize("sent", ["nothing", "half a task", "a task"])
def test_a_worker_whose_other_end_is_gone_ends_without_a_word(sent: str) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        worker = subprocess.Popen(
            [sys.executable, "-m", "crawler.workers", str(theirs.fileno()), str(os.getpid())],
            pass_fds=[theirs.fileno()],
            stderr=subprocess.PIPE,
        )
        theirs.close()
        ours.settimeout(30)
        assert ours.recv(4) == bytes(4)
        task = pickle.dumps(partial(time.sleep, 0.1))
        framed = len(task).to_bytes(4, "big") + task
        ours.sendall({"nothing": b"", "half a task": framed[:-3], "a task": framed}[sent])
    _, said = worker.communicate(timeout=30)
    assert (worker.returncode, said) == (0, b"")
