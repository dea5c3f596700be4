"""The engine with everything archived, beside stock Scrapy that saves nothing and ``wget --warc-file``.

``python benchmarks/crawl/engine.py SITE_FOLDER [--runs 3]``; SITE_FOLDER comes from ``make_site.py``.
One nginx, one spider (title and comments of each page parsed with Scrapy's selectors), the runs in turn.
CPU includes all children. What counts is the column of ratios.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from measure import Cost, run
from nginx import serve

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
COMMON = [
    "-s",
    "LOG_LEVEL=ERROR",
    "-s",
    "CONCURRENT_REQUESTS=16",
    "-s",
    "CONCURRENT_REQUESTS_PER_DOMAIN=16",
    "-s",
    "DOWNLOAD_DELAY=0",
    "-s",
    "ROBOTSTXT_OBEY=0",
]


def scrapy(url: str, *settings: str, cwd: Path, module: str) -> Cost:
    """Run the one spider under the settings of a module."""
    spider = [sys.executable, "-m", "scrapy", "runspider", str(HERE / "bench_spider.py"), "-a", f"url={url}"]
    chosen = [part for setting in settings for part in ("-s", setting)]
    return run([*spider, *COMMON, *chosen], cwd=cwd, environment={"SCRAPY_SETTINGS_MODULE": module})


def stock(url: str, scratch: Path) -> Cost:
    """Scrapy as it comes, nothing saved."""
    return scrapy(url, "TELNETCONSOLE_ENABLED=0", "REMOTE_CONTROL_ENABLED=0", cwd=scratch, module="")


def ours(url: str, scratch: Path) -> Cost:
    """The same spider on our engine, everything archived and in the catalogue."""
    return scrapy(url, f"MANDEGAR_ARCHIVE={scratch / 'archive'}", cwd=PROJECT, module="crawler.settings")


def wget(url: str, scratch: Path) -> Cost:
    """Wget writing WARC; it does not parse comments, but follows links itself."""
    program = shutil.which("wget")
    if program is None:
        raise SystemExit("wget is missing: apt-get install -y wget")
    return run(
        [
            program,
            "-q",
            "-r",
            "-l",
            "3",
            "--header=Accept-Encoding: gzip",
            "--compression=auto",
            "--warc-file=w",
            "--warc-cdx",
            "--delete-after",
            "-nd",
            "-e",
            "robots=off",
            url,
        ],
        cwd=scratch,
    )


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("site", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=["stock", "ours", "wget"])
    arguments = parser.parse_args()
    if not (arguments.site / "index.html").is_file():
        sys.exit(
            f"{arguments.site} holds no site: python benchmarks/crawl/make_site.py {arguments.site} 5000"
        )
    pages = len(list((arguments.site / "a").glob("*.html")))
    runs = {name: {"stock": stock, "ours": ours, "wget": wget}[name] for name in arguments.only}
    costs: dict[str, list[Cost]] = {name: [] for name in runs}
    sizes: dict[str, float] = {}
    with serve(arguments.site) as url:
        for _ in range(arguments.runs):
            for name, command in runs.items():
                with tempfile.TemporaryDirectory(prefix="mandegar-bench-") as scratch:
                    costs[name].append(command(url, Path(scratch)))
                    sizes[name] = sum(file.stat().st_size for file in Path(scratch).rglob("*.warc.gz")) / 1e6
    print(f"{pages} pages, {arguments.runs} runs each in turn, medians")
    print(f"{'run':8} {'pages/s':>9} {'pages/CPU s':>12} {'ratio':>6} {'peak MB':>8} {'WARC MB':>8}")
    base = statistics.median(pages / cost.cpu_s for cost in costs["stock"]) if "stock" in costs else None
    for name, done in costs.items():
        cpu = statistics.median(pages / cost.cpu_s for cost in done)
        wall = statistics.median(pages / cost.wall_s for cost in done)
        memory = statistics.median(cost.peak_mb for cost in done)
        ratio = f"{cpu / base:6.2f}" if base else "     –"
        print(f"{name:8} {wall:9.0f} {cpu:12.0f} {ratio} {memory:8.0f} {sizes[name]:8.1f}")


if __name__ == "__main__":
    main()
