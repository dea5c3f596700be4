"""What of a site stands in its articles' texts: ours without and with what was learned, beside two peers.

    python benchmarks/boilerplate.py [--stories N] [--peer-python PYTHON] [--json FILE]

The pages are made here (``tests/samples/opaque_newsroom.py``): a Persian newsroom whose class names are
hashed and whose plea, widget and form note use words that no rule knows; the lede is printed twice, and the
related articles differ on each page. Two newsrooms: of «taught» the learner reads the pages that are scored,
as over an archive; «unseen» are other stories of the same site, scored with what the first taught. Shares of
pages whose text holds each thing (wanted: lede once 1, then 0), recall of the authors' paragraphs, and how
many of them come out with every ZWNJ; CPU time a page, the best of three.

Peers: trafilatura and readability-lxml, in an interpreter that has them (``uv venv peer && uv pip install
--python peer trafilatura readability-lxml``). Caveat: the markup is invented; it shows kinds of failure, not
any site's rates.
"""

from __future__ import annotations

import argparse
import base64
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]

from samples.opaque_newsroom import COLUMNS, PLEAS, REFERENCE, Newsroom, Story, measure  # noqa: E402

from pipelines import LearnedPages, SiteBoilerplate, SiteLearner, read_page, sample_page  # noqa: E402

HTML = "text/html; charset=utf-8"
_RUNS = 3

_PEER = """
import base64, json, sys, time
from importlib.metadata import version
import trafilatura
from lxml import html
from readability import Document

def by_trafilatura(page):
    return trafilatura.extract(page, include_comments=False) or ""

def by_readability(page):
    summary = Document(page.decode()).summary(html_partial=True)
    return "\\n".join(html.fromstring(summary).itertext()) if summary.strip() else ""

pages = [base64.b64decode(page) for page in json.load(sys.stdin)]
told = {}
for name, read in (("trafilatura", by_trafilatura), ("readability-lxml", by_readability)):
    best = None
    for _ in range(RUNS):
        began = time.process_time()
        texts = [read(page) for page in pages]
        spent = time.process_time() - began
        best = spent if best is None else min(best, spent)
    told[name + " " + version(name)] = {"texts": texts, "seconds": best}
print(json.dumps(told))
"""


def main() -> int:
    """Score and print."""
    parser = argparse.ArgumentParser(description="Score what of a site is left in its articles.")
    parser.add_argument("--stories", type=int, default=40, help="pages of each newsroom [40]")
    parser.add_argument("--peer-python", help="an interpreter with trafilatura and readability-lxml")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    options = parser.parse_args()
    taught, unseen = Newsroom(stories=options.stories), Newsroom(stories=options.stories, seed=99)
    began = time.process_time()
    known = _learn(taught)
    spent = (time.process_time() - began) / options.stories
    print(
        f"learned {len(known.texts)} texts, {len(known.shapes)} lists and {len(known.outside)} boxes outside "
        f"from {known.pages} articles, {1000 * spent:.1f} ms of CPU each\n"
    )
    numbers: dict[str, dict[str, float]] = {}
    for name, room in (("taught", taught), ("unseen", unseen)):
        for label, learned in (("ours, one page alone", None), ("ours, with what was learned", known)):
            numbers[f"{name}: {label}"] = _ours(room, learned)
        if options.peer_python:
            numbers |= {f"{name}: {peer}": found for peer, found in _peers(room, options.peer_python).items()}
    if not options.peer_python:
        print("no --peer-python: no peer is scored in this run", file=sys.stderr)
    _print(numbers)
    if options.json:
        options.json.write_text(json.dumps(numbers, indent=1, ensure_ascii=False))
    return 0


def _pages(room: Newsroom) -> list[tuple[Story, bytes]]:
    return [(story, room.page(story)) for story in room.all]


def _learn(room: Newsroom) -> SiteBoilerplate:
    learner = SiteLearner()
    for story, body in _pages(room):
        sample = sample_page(body, url=story.url, content_type=HTML, reference=REFERENCE)
        if sample is not None:
            learner.add(sample)
    return learner.learn()


def _ours(room: Newsroom, learned: SiteBoilerplate | None) -> dict[str, float]:
    pages = _pages(room)
    known = LearnedPages(boilerplate=learned) if learned else None

    def read() -> list[str]:
        texts = []
        for story, body in pages:
            article = read_page(
                body, url=story.url, content_type=HTML, reference=REFERENCE, learned=known
            ).article
            texts.append("\n".join((article.lede, *article.paragraphs)) if article else "")
        return texts

    texts, seconds = _best(read)
    return _score(room, texts, seconds)


def _best(read: Callable[[], list[str]]) -> tuple[list[str], float]:
    best = float("inf")
    texts: list[str] = []
    for _ in range(_RUNS):
        began = time.process_time()
        texts = read()
        best = min(best, time.process_time() - began)
    return texts, best


def _peers(room: Newsroom, python: str) -> dict[str, dict[str, float]]:
    pages = [base64.b64encode(body).decode() for _, body in _pages(room)]
    with tempfile.TemporaryDirectory() as elsewhere:
        ran = subprocess.run(
            # Not resolved: an environment's python is a link.
            [str(Path(python).absolute()), "-c", _PEER.replace("RUNS", str(_RUNS))],
            input=json.dumps(pages),
            capture_output=True,
            text=True,
            check=True,
            cwd=elsewhere,
        )
    told = json.loads(ran.stdout)
    return {peer: _score(room, found["texts"], found["seconds"]) for peer, found in told.items()}


def _score(room: Newsroom, texts: list[str], seconds: float) -> dict[str, float]:
    rows = [(story, PLEAS[0], text) for story, text in zip(room.all, texts, strict=True)]
    return {**measure(room.all, rows), "ms a page": round(1000 * seconds / len(rows), 2)}


def _print(numbers: dict[str, dict[str, float]]) -> None:
    columns = (*COLUMNS, "ms a page")
    print("| | " + " | ".join(columns) + " |")
    print("|---|" + "--:|" * len(columns))
    for name, found in numbers.items():
        print(f"| {name} | " + " | ".join(f"{found[column]:.2f}" for column in columns) + " |")


if __name__ == "__main__":
    sys.exit(main())
