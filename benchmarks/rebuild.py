"""``mandegar rebuild`` beside ``cdxj-indexer`` and ``fastwarc index`` on the same WARC files, in turn.

``python benchmarks/rebuild.py FOLDER [--runs 3]``: FOLDER is an archive, or holds WARC files (links to them are
made, nothing in it is changed); or a site of ``crawl/make_site.py``, which is then crawled first. The indexers
are foreign and run in an environment of their own (``make setup-peers``, ``fastwarc`` of the tests').

They do not the same: an indexer writes a line for each capture. A rebuild also reads and folds every article
and comment, puts them into tables and into the index of words, and checks the result. «1 process» reads and
inserts in one.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
sys.path.insert(0, str(HERE / "crawl"))

from measure import Cost, run  # noqa: E402 - it lies beside the crawl's benchmarks
from nginx import serve  # noqa: E402

CDXJ_INDEXER = PROJECT / ".tools" / "peers" / "bin" / "cdxj-indexer"
FASTWARC = Path(sys.executable).with_name("fastwarc")
# What an index of captures is asked for; fastwarc has no more of it.
FIELDS = "offset,warc-type,warc-target-uri,warc-date,warc-payload-digest,http:status,http:content-type"


def warc_files(folder: Path) -> list[Path]:
    """Return the files, in an archive or any folder."""
    return sorted(path for path in folder.rglob("*.warc.gz") if path.is_file())


def crawl_site(site: Path, archive: Path) -> None:
    """Crawl a site of ``make_site.py`` twice: the second brings revisits."""
    desk = [sys.executable, "-m", "desk", "--archive", str(archive)]
    with serve(site) as url:
        for _ in range(2):
            run(
                [*desk, "crawl", url, "--delay", "0", "--json", "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=16"],
                cwd=PROJECT,
            )


def as_archive(files: list[Path], base: Path, scratch: Path) -> Path:
    """Make an archive whose WARC files are links to these."""
    archive = scratch / "archive"
    (archive / "warc").mkdir(parents=True)
    (archive / "mandegar.toml").write_text("format = 1\n")
    for path in files:
        link = archive / "warc" / path.relative_to(base)
        link.parent.mkdir(parents=True, exist_ok=True)
        try:
            link.hardlink_to(path)
        except OSError:
            link.write_bytes(path.read_bytes())
    return archive


def rebuild(archive: Path, *options: str) -> Cost:
    """Make the catalogue, where none is."""
    for path in archive.glob("catalogue.sqlite*"):
        path.unlink()
    return run(
        [sys.executable, "-m", "desk", "--archive", str(archive), "rebuild", "--json", *options], cwd=PROJECT
    )


def main() -> None:
    """Run and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    for program, make in ((CDXJ_INDEXER, "make setup-peers"), (FASTWARC, "make setup-dev")):
        if not program.exists():
            sys.exit(f"{program.name} is missing: {make}")
    with tempfile.TemporaryDirectory(prefix="mandegar-rebuild-") as temporary:
        scratch = Path(temporary)
        folder: Path = arguments.folder
        if (folder / "index.html").is_file():
            crawl_site(folder, scratch / "crawled")
            folder = scratch / "crawled"
        base = folder / "warc" if (folder / "warc").is_dir() else folder
        files = warc_files(base)
        if not files:
            sys.exit(f"{folder} holds no *.warc.gz, and no site of make_site.py")
        archive = as_archive(files, base, scratch)
        names = [str(path) for path in warc_files(archive / "warc")]
        runs = {
            "cdxj-indexer -s": lambda: run(
                [str(CDXJ_INDEXER), "-s", "-o", str(scratch / "cdxj"), *names], cwd=scratch
            ),
            "fastwarc index": lambda: run(
                [str(FASTWARC), "index", "-f", FIELDS, "-o", str(scratch / "fastwarc"), *names], cwd=scratch
            ),
            "rebuild, 1 process": lambda: rebuild(archive, "--workers", "0"),
            "rebuild": lambda: rebuild(archive),
        }
        costs: dict[str, list[Cost]] = {name: [] for name in runs}
        for _ in range(arguments.runs):
            for name, command in runs.items():
                costs[name].append(command())
        report(costs, sum(path.stat().st_size for path in files), len(files))


def report(costs: dict[str, list[Cost]], size: int, files: int) -> None:
    """Print medians, ratios to the first, and where our time goes."""
    said = [json.loads(cost.output) for cost in costs["rebuild"]]
    records = said[0]["records"]
    print(
        f"{files} files, {size / 1e6:.1f} MB, {records:,} records: {said[0]['captures']:,} captures, "
        f"{said[0]['articles']:,} articles, {said[0]['comments']:,} comments; medians"
    )
    base = statistics.median(cost.wall_s for cost in costs["cdxj-indexer -s"])
    print(f"{'':20} {'MB/s':>7} {'records/s':>10} {'ratio':>6} {'CPU s':>7} {'peak MB':>8}")
    for name, done in costs.items():
        wall = statistics.median(cost.wall_s for cost in done)
        cpu = statistics.median(cost.cpu_s for cost in done)
        memory = statistics.median(cost.peak_mb for cost in done)
        print(
            f"{name:20} {size / 1e6 / wall:7.1f} {records / wall:10,.0f} {base / wall:6.2f} "
            f"{cpu:7.1f} {memory:8.0f}"
        )
    for name in ("rebuild, 1 process", "rebuild"):
        parts = [json.loads(cost.output) for cost in costs[name]]
        shares = {
            part: statistics.median(one[f"{part}_s"] for one in parts) for part in ("parse", "fold", "insert")
        }
        print(f"{name}: " + ", ".join(f"{part} {seconds:.1f} s" for part, seconds in shares.items()))


if __name__ == "__main__":
    main()
