"""What it costs that acknowledged means «on disk»: group commit beside no sync at all and a sync each pair.

``python benchmarks/durability.py SITE_FOLDER [--runs 5] [--scratch FOLDER]``; SITE_FOLDER comes from
``crawl/make_site.py``. Two measurements, the ways in turn, medians, each ratio is to «none» of its round:

- ``recorder``: recorded exchanges of the site's pages, as fast as the recorder takes them, settled by a second
  thread each second or each 16 MiB, as a crawl does;
- ``crawl``: the spider of ``crawl/engine.py`` over the whole site, served by nginx.

Ways: ``none`` (every fsync left out, SQLite's synchronous = OFF), ``group`` (as the product is), ``pair``
(beside that, an fsync after each request and response pair). The switches live here only.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
sys.path[:0] = [str(PROJECT), str(HERE / "crawl")]

from engine import COMMON  # noqa: E402
from measure import Cost, run  # noqa: E402
from nginx import serve  # noqa: E402

WAYS = ("none", "group", "pair")
URL = "http://bench.example/a/{}.html"


def child(way: str, what: str, *arguments: str) -> None:
    """Measure once, in a process of its own whose syncs are as the way says."""
    _change(way)
    if what == "recorder":
        print(asyncio.run(_record(Path(arguments[0]), Path(arguments[1]), int(arguments[2]))))
        return
    from scrapy.cmdline import execute

    execute(["scrapy", "runspider", str(HERE / "crawl" / "bench_spider.py"), *arguments, *COMMON])


def _change(way: str) -> None:
    from archive.catalogue import sqlite
    from archive.warc import WarcWriter

    if way == "none":
        os.fsync = lambda _: None

        @contextmanager
        def writing(connection: object, *, durable: bool) -> Iterator[None]:
            sqlite._driver(connection).execute("PRAGMA synchronous = OFF")
            with connection.begin():
                yield

        sqlite.writing = writing
    if way == "pair":
        write = WarcWriter.write_exchange

        def write_and_sync(self: WarcWriter, *given: object, **more: object) -> object:
            capture = write(self, *given, **more)
            self.sync()
            return capture

        WarcWriter.write_exchange = write_and_sync


async def _record(site: Path, folder: Path, count: int) -> float:
    """Return the seconds that ``count`` exchanges took, until all of them were settled and the file closed."""
    from archive import Archive
    from archive.message import parse_response_head
    from crawler.extension import SETTLE_EVERY_S
    from crawler.recording import MOST_UNSETTLED, SETTLE_BYTES
    from model import Exchange, Observation, PageRole, Source

    now = datetime.now(UTC)

    def exchange(number: int, body: bytes) -> Exchange:
        url = URL.format(number)
        # No two are the same: a payload that is held already would cost next to nothing.
        response = (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Encoding: gzip\r\n"
            b"X-Number: %d\r\nContent-Length: %d\r\n\r\n" % (number, len(body))
        ) + body
        head, length = parse_response_head(response)
        return Exchange(
            url=url,
            method="GET",
            request=b"GET /a/%d.html HTTP/1.1\r\nHost: bench.example\r\n\r\n" % number,
            response=response,
            head=head,
            head_length=length,
            interim=(),
            truncated=None,
            observation=Observation(url=url, method="GET", started_at=now, ended_at=now, reused=True),
        )

    bodies = [path.read_bytes() for path in sorted((site / "a").glob("*.html.gz"))[:500]]
    pages = [exchange(number, body) for number, body in zip(range(count), itertools.cycle(bodies))]
    began = time.monotonic()
    with Archive.open(folder, create=True, exclusive=True) as archive:
        archive.put_source(Source(name="bench", origin="http://bench.example/"))
        crawl = archive.start_crawl("bench")
        recorder = archive.recorder(crawl, {}, deduplicate=False)
        settling: asyncio.Future[object] | None = None
        settled = time.monotonic()
        for page in pages:
            recorder.exchange(page, PageRole.PAGE)
            late = time.monotonic() - settled >= SETTLE_EVERY_S
            if settling is not None and settling.done():
                settling.result()
                settling = None
            if settling is None and (late or recorder.unsettled_bytes > SETTLE_BYTES):
                settled = time.monotonic()
                settling = asyncio.ensure_future(asyncio.to_thread(recorder.settle, recorder.cut(), crawl))
            # A turn of the loop for each page, as a crawl has many.
            await asyncio.sleep(0)
            if settling is not None and recorder.unsettled_bytes > MOST_UNSETTLED:
                await settling
        if settling is not None:
            await settling
        recorder.settle(recorder.cut(), crawl)
        recorder.close()
    return time.monotonic() - began


def _one(way: str, what: str, arguments: list[str], scratch: Path) -> tuple[float, Cost]:
    """Run one measurement; return its seconds and what it cost."""
    command = [sys.executable, str(Path(__file__).resolve()), "--child", way, what, *arguments]
    with tempfile.TemporaryDirectory(prefix="mandegar-durability-", dir=scratch) as folder:
        text = [argument.replace("{folder}", folder) for argument in command]
        cost = run(text, cwd=PROJECT, environment={"SCRAPY_SETTINGS_MODULE": "crawler.settings"})
        os.sync()  # what «none» left in memory is not the next run's to write
    return (float(cost.output.split()[-1]) if what == "recorder" else cost.wall_s), cost


def _file_system(folder: Path) -> str:
    """Return the type and the device of the file system that a folder lies on."""
    best = ("", "?", "?")
    for line in Path("/proc/mounts").read_text().splitlines():
        device, place, kind = line.split()[:3]
        if folder.resolve().is_relative_to(place) and len(place) >= len(best[0]):
            best = (place, kind, device)
    return f"{best[1]} on {best[2]}"


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("site", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--exchanges", type=int, default=20_000, help="of the recorder's measurement")
    parser.add_argument(
        "--scratch", type=Path, default=Path.cwd(), help="a folder on the disk to be measured"
    )
    parser.add_argument("--only", nargs="*", default=["recorder", "crawl"], choices=["recorder", "crawl"])
    arguments = parser.parse_args()
    if not (arguments.site / "index.html").is_file():
        sys.exit(
            f"{arguments.site} holds no site: python benchmarks/crawl/make_site.py {arguments.site} 5000"
        )
    site = str(arguments.site.resolve())
    pages = len(list((arguments.site / "a").glob("*.html")))
    print(f"{_file_system(arguments.scratch)}; {arguments.runs} runs each in turn, medians")
    print(f"{'what':9} {'way':6} {'pages/s':>9} {'ratio':>7} {'lowest':>7} {'CPU s':>7}")
    with serve(arguments.site) as url:
        plans = {
            "recorder": (arguments.exchanges, [site, "{folder}/archive", str(arguments.exchanges)]),
            "crawl": (pages, ["-a", f"url={url}", "-s", "MANDEGAR_ARCHIVE={folder}/archive"]),
        }
        for what in arguments.only:
            count, given = plans[what]
            done: dict[str, list[tuple[float, Cost]]] = {way: [] for way in WAYS}
            for number in range(arguments.runs):
                # Another order each round: the first one may find a colder or a quieter machine.
                for way in (*WAYS[number % 3 :], *WAYS[: number % 3]):
                    done[way].append(_one(way, what, given, arguments.scratch))
            for way in WAYS:
                ratios = [none[0] / one[0] for none, one in zip(done["none"], done[way], strict=True)]
                rate = statistics.median(count / one[0] for one in done[way])
                cpu = statistics.median(one[1].cpu_s for one in done[way])
                print(
                    f"{what:9} {way:6} {rate:9.0f} {statistics.median(ratios):7.2f} {min(ratios):7.2f} {cpu:7.1f}"
                )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        main()
