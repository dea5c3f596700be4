"""The whole job (crawl, archive, extract, index, search) beside the chain a user would build today.

``python benchmarks/crawl/job.py SITE_FOLDER [--runs 3]``; SITE_FOLDER comes from ``make_site.py``, the
chain's environment from ``make bench-tools``. Both in turn over one nginx, wall time on all cores.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from measure import Cost, run
from nginx import serve

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
CHAIN = PROJECT / ".tools" / "bench" / "bin" / "python"


def chain(url: str, scratch: Path) -> Cost:
    """Scrapy + scrapy-webarchive + trafilatura + SQLite."""
    (scratch / "archive").mkdir()
    return run(
        [
            str(CHAIN),
            "-W",
            "ignore",
            "-m",
            "scrapy",
            "runspider",
            str(HERE / "chain_spider.py"),
            "-a",
            f"url={url}",
        ],
        cwd=scratch,
        environment={"SCRAPY_SETTINGS_MODULE": ""},
    )


def ours(url: str, scratch: Path) -> Cost:
    """``mandegar crawl``, then ``mandegar search``."""
    desk = [sys.executable, "-m", "desk", "--archive", str(scratch / "archive")]
    crawled = run(
        [*desk, "crawl", url, "--delay", "0", "--json", "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=16"],
        cwd=PROJECT,
    )
    found = run([*desk, "search", "روزنامه", "--json"], cwd=PROJECT)
    return Cost(
        wall_s=crawled.wall_s + found.wall_s,
        cpu_s=crawled.cpu_s + found.cpu_s,
        peak_mb=max(crawled.peak_mb, found.peak_mb),
        output=crawled.output,
    )


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("site", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=["chain", "ours"])
    arguments = parser.parse_args()
    if not (arguments.site / "index.html").is_file():
        sys.exit(
            f"{arguments.site} holds no site: python benchmarks/crawl/make_site.py {arguments.site} 1000"
        )
    if "chain" in arguments.only and not CHAIN.exists():
        sys.exit("the chain's environment is missing: make bench-tools")
    pages = len(list((arguments.site / "a").glob("*.html")))
    runs = {name: {"chain": chain, "ours": ours}[name] for name in arguments.only}
    costs: dict[str, list[Cost]] = {name: [] for name in runs}
    with serve(arguments.site) as url:
        for _ in range(arguments.runs):
            for name, command in runs.items():
                with tempfile.TemporaryDirectory(prefix="mandegar-bench-") as scratch:
                    costs[name].append(command(url, Path(scratch)))
    print(f"{pages} pages, {arguments.runs} runs each in turn, medians")
    print(f"{'run':8} {'pages/s':>9} {'ratio':>6} {'CPU ms/page':>12} {'peak MB':>8}")
    base = statistics.median(pages / cost.wall_s for cost in costs["chain"]) if "chain" in costs else None
    for name, done in costs.items():
        wall = statistics.median(pages / cost.wall_s for cost in done)
        cpu = statistics.median(1000 * cost.cpu_s / pages for cost in done)
        memory = statistics.median(cost.peak_mb for cost in done)
        ratio = f"{wall / base:6.2f}" if base else "     –"
        print(f"{name:8} {wall:9.0f} {ratio} {cpu:12.1f} {memory:8.0f}")


if __name__ == "__main__":
    main()
