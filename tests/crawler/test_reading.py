"""Pages that would hang or kill their reader cost themselves, and no other page."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from crawler.reading import ReaderPool
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
