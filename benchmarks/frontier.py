"""What a frontier of a million addresses costs, on SQLite and PostgreSQL, beside Scrapy's own disk queue.

    python benchmarks/frontier.py [--sizes 10000 100000 1000000] [--postgres URL] [--json FILE]

Each line is a process of its own: it puts so many requests (made from their addresses) into an empty
frontier, then, with all of them pending, adds further ones and takes some out, as a crawl does:

- *fill*: requests a second while it was filled, in transactions of 500, as settlements are;
- *add*: requests a second with so many pending, every second one known already;
- *take*: requests a second leased (64 at a time), given back as ``scrapy.Request`` and marked done, a
  transaction each;
- *memory*: what the process had resident at most, and how much of that came with filling; PostgreSQL's own
  processes are not in it.

The peer is Scrapy's scheduler with a ``JOBDIR``: disk queue and fingerprint file, which neither wait for the
disk nor know what is under way: what it has given out is gone with the process. Ours commits every
transaction. Ratios are to the peer's line of the same size.

``--postgres`` takes an SQLAlchemy URL (``postgresql+psycopg://…``) of an empty database that may be written
to; without it, a server is started from what Debian's ``postgresql`` installs, as the tests do.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.core.scheduler import Scheduler
from scrapy.utils.test import get_crawler

from archive.catalogue import Batch, Catalogue, FrontierRow
from archive.catalogue.postgresql import open_engine
from archive.catalogue.schema import crawls, frontier, hosts, metadata, sources
from crawler.frontier import request_from_text, request_key, request_to_text
from model import Crawl, CrawlState, PageRole, Source

ROOT = Path(__file__).resolve().parents[1]
SERVER = ROOT / "tests" / "servers" / "postgres_server.py"
SIZES = (10_000, 100_000, 1_000_000)
BATCH = 500
LEASE = 64
# With so many pending: enough that a single slow transaction does not count.
MORE = 10_000
CRAWL = "20261123T073000Z-0001"
BACKENDS = ("scrapy", "sqlite", "postgresql")

Write = Callable[[], AbstractContextManager[Batch]]


class Reader(Spider):
    name = "bench"

    def parse(self, response: Any, **told: Any) -> None:
        raise NotImplementedError


def address(number: int) -> str:
    return f"https://www.example.org/fa/news/2026/11/{number:07d}/a-headline-of-the-usual-length.html"


def request_for(number: int, spider: Spider) -> Request:
    return Request(address(number), spider.parse, meta={"role": "page"}, priority=number % 3)


def numbers_to_add(size: int) -> list[int]:
    """Every second one known: near the beginning, as a site's links are to what it always links to."""
    return [n for k in range(MORE // 2) for n in ((k * 7919) % size, size + k)]


class Ours:
    """Our frontier, from requests to requests."""

    def __init__(self, write: Write) -> None:
        self.write = write
        self.spider = Reader()
        with self.write() as batch:
            batch.put_source(Source(name="org_example", origin="https://www.example.org/"))
            batch.put_crawl(
                Crawl(id=CRAWL, source="org_example", state=CrawlState.RUNNING, started_at=datetime.now(UTC))
            )

    def add(self, numbers: list[int] | range) -> int:
        new = 0
        for start in range(0, len(numbers), BATCH):
            rows = [self.row(request_for(n, self.spider)) for n in numbers[start : start + BATCH]]
            with self.write() as batch:
                new += sum(batch.frontier_add(CRAWL, rows))
        return new

    def row(self, request: Request) -> FrontierRow:
        text = request_to_text(request, self.spider)
        return FrontierRow(
            key=request_key(request, text, ""),
            url=request.url,
            host="www.example.org",
            role=PageRole.PAGE,
            priority=request.priority,
            request=text,
        )

    def take(self, count: int) -> int:
        taken = 0
        done: list[str] = []
        while taken < count:
            with self.write() as batch:
                batch.frontier_done(CRAWL, done)
                rows = batch.frontier_lease(CRAWL, LEASE, datetime.now(UTC) + timedelta(hours=1))
            taken += len([request_from_text(row.request, self.spider) for row in rows])
            done = [row.key for row in rows]
        with self.write() as batch:
            batch.frontier_done(CRAWL, done)
        return taken


class Scrapys:
    """Scrapy's scheduler with a folder for its queues."""

    def __init__(self, folder: Path) -> None:
        settings = {
            "JOBDIR": str(folder),
            "SCHEDULER_PRIORITY_QUEUE": "scrapy.pqueues.ScrapyPriorityQueue",
            "TELNETCONSOLE_ENABLED": False,
        }
        crawler = get_crawler(Reader, settings)
        self.spider = crawler.spider = Reader.from_crawler(crawler)
        self.scheduler = Scheduler.from_crawler(crawler)
        self.scheduler.open(self.spider)

    def add(self, numbers: list[int] | range) -> int:
        return sum(self.scheduler.enqueue_request(request_for(n, self.spider)) for n in numbers)

    def take(self, count: int) -> int:
        return sum(self.scheduler.next_request() is not None for _ in range(count))


@contextmanager
def opened(backend: str, folder: Path, url: str) -> Iterator[Ours | Scrapys]:
    if backend == "scrapy":
        yield Scrapys(folder / "job")
    elif backend == "sqlite":
        with Catalogue.open(folder / "catalogue.sqlite", create=True) as catalogue:
            yield Ours(catalogue.write)
    else:
        engine = open_engine(url)
        tables = [sources, crawls, frontier, hosts]
        metadata.drop_all(engine, tables=tables)
        metadata.create_all(engine, tables=tables)

        @contextmanager
        def write() -> Iterator[Batch]:
            with engine.begin() as connection:
                yield Batch(connection)

        yield Ours(write)
        metadata.drop_all(engine, tables=tables)
        engine.dispose()


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(work: Callable[[], int]) -> tuple[float, int]:
    began = time.perf_counter()
    count = work()
    return time.perf_counter() - began, count


def measure(backend: str, size: int, url: str) -> dict[str, float]:
    with (
        tempfile.TemporaryDirectory(prefix="mandegar-bench-") as name,
        opened(backend, Path(name), url) as one,
    ):
        # What is loaded and compiled once is no cost of size.
        one.add(range(size, size + 1000))
        one.take(1000)
        before = peak_mb()
        filling, new = measured(lambda: one.add(range(size)))
        assert new == size
        peak = peak_mb()
        adding, new = measured(lambda: one.add([n if n < size else n + 1000 for n in numbers_to_add(size)]))
        assert new == MORE // 2, new
        taking, taken = measured(lambda: one.take(MORE // 2))
        assert taken >= MORE // 2
        return {
            "fill": size / filling,
            "add": MORE / adding,
            "take": taken / taking,
            "peak_mb": peak_mb(),
            "filling_mb": peak - before,
        }


@contextmanager
def postgres(url: str | None) -> Iterator[str]:
    if url is not None:
        yield url
        return
    command = [sys.executable, str(SERVER)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        started = server.stdout.readline().strip()
        if not started:
            raise SystemExit("PostgreSQL did not start; what it says stands above")
        yield started
    finally:
        with contextlib.suppress(BrokenPipeError):
            server.stdin.close()
        server.wait(60)


def run(backend: str, size: int, url: str) -> dict[str, float]:
    command = [sys.executable, __file__, "--one", backend, "--sizes", str(size), "--postgres", url]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if ended.returncode:
        raise SystemExit(f"{backend} with {size:,} ended with {ended.returncode}")
    found: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the frontier.")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--postgres", help="an SQLAlchemy URL of an empty database")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    parser.add_argument("--one", choices=BACKENDS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one, options.sizes[0], options.postgres)))
        return
    results: dict[str, dict[str, float]] = {}
    with (
        postgres(options.postgres) if "postgresql" in options.backends else contextlib.nullcontext("") as url
    ):
        print(
            "| pending | queue | fill /s | add /s | take /s | peak MB | filling +MB | add, take to Scrapy |"
        )
        print("|--:|---|--:|--:|--:|--:|--:|---|")
        for size in options.sizes:
            for backend in options.backends:
                one = results[f"{backend} {size}"] = run(backend, size, url)
                peer = results.get(f"scrapy {size}")
                ratio = f"{one['add'] / peer['add']:.2f}, {one['take'] / peer['take']:.2f}" if peer else ""
                print(
                    f"| {size:,} | {backend} | {one['fill']:,.0f} | {one['add']:,.0f} | {one['take']:,.0f} |"
                    f" {one['peak_mb']:.0f} | {one['filling_mb']:.0f} | {ratio} |",
                    flush=True,
                )
    for backend in options.backends:
        first, last = (results[f"{backend} {size}"] for size in (min(options.sizes), max(options.sizes)))
        cost = ", ".join(f"{what} {first[what] / last[what]:.2f}" for what in ("add", "take"))
        print(
            f"\nCost of one with {max(options.sizes):,} to {min(options.sizes):,} pending, {backend}: {cost}"
        )
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
