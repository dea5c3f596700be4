"""``mandegar reprocess`` beside trafilatura over fastwarc on the same WARC files, in turn.

``python benchmarks/reprocess.py FOLDER [--runs 3] [--peer-python .tools/bench/bin/python]``: FOLDER is a site of
``crawl/make_site.py``, which is crawled first; nothing in it is changed. The peers' interpreter comes from
``make bench-tools``; without one, only ours is measured.

* *says*: every article is said to have been read by an earlier extractor, and reads as it did then: all reading,
  nothing written.
* *does*: every article reads otherwise than it is noted; ``--yes`` writes it anew, in WARC and catalogue. Where
  a person is asked in between, what was read for *says* is kept, and *does* costs what the last line says.
* *trafilatura*: fastwarc reads each page's record once, ``bare_extraction`` its text and comments, SQLite takes
  them into a table and an index of words, in one transaction for 500 pages.

Ours reads every capture by the catalogue, finds comments as records with author, time and parent, restores
what revisits refer to, and compares with what was read before; the peer does none of that.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
sys.path.insert(0, str(HERE / "crawl"))

from measure import Cost, run  # noqa: E402 - it lies beside the crawl's benchmarks
from nginx import serve  # noqa: E402

_PEER = """
import contextlib, json, multiprocessing, pathlib, sqlite3, sys
import fastwarc, trafilatura

def pages(folder):
    for path in sorted(pathlib.Path(folder).rglob("*.warc.gz")):
        with path.open("rb") as file:
            for record in fastwarc.ArchiveIterator(file, record_types=fastwarc.WarcRecordType.response, auto_decode="all"):
                if record.http_headers.status_code == 200 and (record.http_content_type or "") == "text/html":
                    yield record.headers["WARC-Target-URI"], record.reader.read()

def read(given):
    url, body = given
    found = trafilatura.bare_extraction(body, url=url, include_comments=True)
    if found is None:
        return url, "", "", ""
    return url, found.title or "", found.text or "", found.comments or ""

def main(folder, out, workers):
    catalogue = sqlite3.connect(out)
    catalogue.execute("CREATE TABLE pages (url, title, text, comments)")
    catalogue.execute("CREATE VIRTUAL TABLE words USING fts5(title, text, comments, content='')")
    count = articles = 0
    with multiprocessing.Pool(workers) if workers > 1 else contextlib.nullcontext() as pool:
        for row in pool.imap(read, pages(folder), 8) if pool else map(read, pages(folder)):
            count += 1
            articles += bool(row[2])
            catalogue.execute("INSERT INTO pages VALUES (?, ?, ?, ?)", row)
            catalogue.execute("INSERT INTO words (title, text, comments) VALUES (?, ?, ?)", row[1:])
            if count % 500 == 0:
                catalogue.commit()
    catalogue.commit()
    print("PEER" + json.dumps({"version": trafilatura.__version__, "captures": count, "articles": articles}))

if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
"""


def crawl(site: Path, archive: Path) -> None:
    """Crawl a site of ``make_site.py``."""
    with serve(site) as url:
        command = ["crawl", url, "--delay", "0", "--json", "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=16"]
        run([sys.executable, "-m", "desk", "--archive", str(archive), *command], cwd=PROJECT)


def make_old(archive: Path, *, otherwise: bool) -> None:
    """Say in the catalogue that an earlier extractor read everything; ``otherwise``: and read it otherwise."""
    with closing(sqlite3.connect(archive / "catalogue.sqlite")) as connection, connection:
        connection.execute(
            "UPDATE captures SET extractor = 'mandegar/0.0 generic/1' WHERE extractor IS NOT NULL"
        )
        if otherwise:
            connection.execute("UPDATE sightings SET reading = 'otherwise'")


class Ours:
    """Runs of the command, each on a copy of the archive where it writes."""

    def __init__(self, archive: Path, scratch: Path) -> None:
        self._archive = archive
        self._scratch = scratch

    def says(self, workers: int) -> Cost:
        """Read everything, write nothing."""
        return self._run(self._archive, "--dry-run", "--workers", str(workers))

    def does(self, workers: int) -> Cost:
        """Read everything, write everything."""
        copy = self._scratch / "copy"
        shutil.copytree(self._archive, copy)
        make_old(copy, otherwise=True)
        try:
            return self._run(copy, "--yes", "--workers", str(workers))
        finally:
            shutil.rmtree(copy)

    def _run(self, archive: Path, *options: str) -> Cost:
        command = [sys.executable, "-m", "desk", "--archive", str(archive), "reprocess", "--json", *options]
        return run(command, cwd=PROJECT)


def peer(python: Path, archive: Path, scratch: Path, workers: int) -> Cost:
    """Run trafilatura over the same files."""
    program = scratch / "peer.py"
    program.write_text(_PEER)
    out = scratch / "peer.sqlite"
    out.unlink(missing_ok=True)
    return run(
        [str(python), "-W", "ignore", str(program), str(archive / "warc"), str(out), str(workers)],
        cwd=scratch,
    )


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("site", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peer-python", type=Path)
    options = parser.parse_args()
    if not (options.site / "index.html").is_file():
        sys.exit(f"{options.site} holds no site: python benchmarks/crawl/make_site.py {options.site} 1000")
    if options.peer_python is None:
        print("no --peer-python: no peer is measured in this run", file=sys.stderr)
    elif not options.peer_python.exists():
        parser.error(f"--peer-python: there is no {options.peer_python}; `make bench-tools` makes one")
    with tempfile.TemporaryDirectory(prefix="mandegar-reprocess-") as temporary:
        scratch = Path(temporary)
        archive = scratch / "archive"
        crawl(options.site, archive)
        make_old(archive, otherwise=False)
        ours = Ours(archive, scratch)
        runs: dict[str, Callable[[], Cost]] = {}
        if options.peer_python is not None:
            python = options.peer_python.absolute()
            runs |= {
                "trafilatura, 1 process": lambda: peer(python, archive, scratch, 1),
                "trafilatura, 2 processes": lambda: peer(python, archive, scratch, 2),
            }
        runs |= {
            "ours says, 1 worker": lambda: ours.says(1),
            "ours says, 2 workers": lambda: ours.says(2),
            "ours does, 1 worker": lambda: ours.does(1),
            "ours does, 2 workers": lambda: ours.does(2),
        }
        costs: dict[str, list[Cost]] = {name: [] for name in runs}
        for _ in range(options.runs):
            for name, command in runs.items():
                costs[name].append(command())
    report(costs, options.runs)


def report(costs: dict[str, list[Cost]], runs: int) -> None:
    """Print medians, and ratios of pages per CPU second to the peer with one process."""
    base = None
    print(f"{runs} runs each in turn, medians")
    print(f"{'':26}{'captures':>9}{'pages/s':>9}{'CPU ms/page':>13}{'ratio (CPU)':>13}{'peak MB':>9}")
    for name, done in costs.items():
        said = json.loads(done[0].output.rpartition("PEER")[2])
        count = said["captures"]
        wall = statistics.median(cost.wall_s for cost in done)
        cpu = statistics.median(cost.cpu_s for cost in done)
        peak = statistics.median(cost.peak_mb for cost in done)
        base = cpu / count if base is None and "version" in said else base
        ratio = f"{base / (cpu / count):13.2f}" if base is not None else f"{'–':>13}"
        print(f"{name:26}{count:9,}{count / wall:9.1f}{1000 * cpu / count:13.1f}{ratio}{peak:9.0f}")


if __name__ == "__main__":
    main()
