"""Scores ``read_page`` beside trafilatura on pages whose text people have marked.

    python benchmarks/extraction.py DATA_FOLDER [--peer-python PYTHON] [--json FILE]

``DATA_FOLDER`` holds ``article-extraction-benchmark`` (scrapinghub, MIT: ``ground-truth.json`` and
``html/<id>.html.gz``) and, if wanted, ``wcxb-sample`` (``ground-truth/*.json``, ``html/``). The first is
scored as its authors do: precision, recall and F1 over shingles of four words, means over the pages with
a bootstrap interval; the second by the F1 of words. Pages are parted by their name into «dev», which was
looked at while the rules were written, and «held out», which was not. Trafilatura is no dependency of
ours: ``--peer-python`` names an interpreter that has it (``uv venv peer && uv pip install --python peer
trafilatura``); without one its lines are left out.

«as read» counts a page that we take for no article as empty; «forced» asks for the article all the same,
which is what the peer does. Standfirsts, which we set apart in ``Article.lede``, are no part of the
marked ``articleBody``, except where the text repeats them: then the one that we keep is counted.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from model import PageRules, Reading
from pipelines import read_page

REFERENCE = datetime(2026, 1, 1, tzinfo=UTC)
_WORD = re.compile(r"\w+")
_FORCED = PageRules(article_selector="html")
_REPEATED = ("first paragraph, repeated", "printed before the text and repeated in it")

_PEER = """
import gzip, json, sys, time
import trafilatura

names, texts = json.load(sys.stdin), {}
bodies = {
    name: (gzip.open(path) if path.endswith("gz") else open(path, "rb")).read()
    for name, path in names.items()
}
for body in list(bodies.values())[:5]:
    trafilatura.extract(body, include_comments=False)
began = time.process_time()
for name, body in bodies.items():
    texts[name] = trafilatura.extract(body, include_comments=False) or ""
seconds = time.process_time() - began
print(json.dumps({"texts": texts, "seconds": seconds, "version": trafilatura.__version__}))
"""

Score = tuple[float, float, float]
Key = TypeVar("Key")


def main() -> int:
    """Score and print; return 2 when the data is not there."""
    parser = argparse.ArgumentParser(description="Score read_page on marked pages.")
    parser.add_argument("data", type=Path, help="folder that holds article-extraction-benchmark")
    parser.add_argument("--peer-python", help="an interpreter with trafilatura")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    options = parser.parse_args()
    first = options.data / "article-extraction-benchmark"
    if not (first / "ground-truth.json").is_file():
        print(
            f"missing: {first / 'ground-truth.json'}. Get "
            f"https://github.com/scrapinghub/article-extraction-benchmark "
            "and name the folder it lies in.",
            file=sys.stderr,
        )
        return 2
    if options.peer_python:
        # The peer runs in a folder of its own; not resolved, since an environment's python is a link.
        peer = Path(options.peer_python).absolute()
        if not peer.exists():
            parser.error(f"--peer-python: there is no {peer}; `make bench-tools` makes one")
        options.peer_python = str(peer)
    else:
        print("no --peer-python: trafilatura is not scored in this run", file=sys.stderr)
    numbers = _scrapinghub(first, options.peer_python)
    second = options.data / "wcxb-sample"
    if second.is_dir():
        numbers |= _wcxb(second, options.peer_python)
    else:
        print(f"missing: {second}; its articles are not scored", file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps(numbers, indent=1))
    return 0


def _scrapinghub(folder: Path, peer: str | None) -> dict[str, float]:
    truth = json.loads((folder / "ground-truth.json").read_text())
    paths = {name: folder / "html" / f"{name}.html.gz" for name in truth}
    gold = {name: page.get("articleBody", "") for name, page in truth.items()}
    urls = {name: page["url"] for name, page in truth.items()}
    return _compare(
        "scrapinghub", paths, gold, urls, lambda name: int(name[0], 16) % 2 == 0, _shingle_score, peer
    )


def _wcxb(folder: Path, peer: str | None) -> dict[str, float]:
    pages = [json.loads(path.read_text()) for path in sorted((folder / "ground-truth").glob("*.json"))]
    articles = {
        page["file_id"]: page for page in pages if page["_internal"]["page_type"]["primary"] == "article"
    }
    paths = {name: next((folder / "html").glob(f"{name}*")) for name in articles}
    gold = {name: page["ground_truth"]["main_content"] or "" for name, page in articles.items()}
    urls = {name: page["url"] for name, page in articles.items()}
    return _compare("wcxb articles", paths, gold, urls, lambda name: int(name) % 2 == 0, _word_score, peer)


def _compare(
    title: str,
    paths: dict[str, Path],
    gold: dict[str, str],
    urls: dict[str, str],
    is_dev: Callable[[str], bool],
    score: Callable[[str, str], Score],
    peer: str | None,
) -> dict[str, float]:
    bodies = {name: _load(path) for name, path in paths.items()}
    with_lede = title != "scrapinghub"
    runs: dict[str, dict[str, str]] = {}
    numbers: dict[str, float] = {}
    for label, rules in (("ours, as read", None), ("ours, forced", _FORCED)):
        texts, rate = _ours(bodies, urls, rules, with_lede=with_lede)
        runs[label] = texts
        numbers[f"{title}: {label}: pages/s"] = rate
    if peer:
        texts, rate, version = _peer(peer, paths)
        runs[f"trafilatura {version}"] = texts
        numbers[f"{title}: trafilatura {version}: pages/s"] = rate
    print(f"{title}: {len(gold)} pages")
    for label, texts in runs.items():
        scores = {name: score(gold[name], texts[name]) for name in gold}
        dev = [value for name, value in scores.items() if is_dev(name)]
        rest = [value for name, value in scores.items() if not is_dev(name)]
        whole = _means(list(scores.values()))
        interval = _bootstrap(list(scores.values()))
        rate = numbers[f"{title}: {label}: pages/s"]
        print(
            f"  {label:22} F1 {whole[2]:.4f} ± {interval:.4f}  precision {whole[0]:.4f}  recall "
            f"{whole[1]:.4f}  "
            f"dev {_means(dev)[2]:.4f}  held out {_means(rest)[2]:.4f}  {rate:.0f} pages/s of CPU"
        )
        numbers[f"{title}: {label}: F1"] = whole[2]
        numbers[f"{title}: {label}: F1 held out"] = _means(rest)[2]
    return numbers


def _load(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _ours(
    bodies: dict[str, bytes], urls: dict[str, str], rules: PageRules | None, *, with_lede: bool
) -> tuple[dict[str, str], float]:
    def read(name: str) -> Reading:
        return read_page(
            bodies[name], url=urls[name], content_type="text/html", reference=REFERENCE, rules=rules
        )

    for name in list(bodies)[:5]:  # what is compiled and cached once is not counted
        read(name)
    began = time.process_time()
    readings = {name: read(name) for name in bodies}
    seconds = time.process_time() - began
    return {name: _text(reading, with_lede=with_lede) for name, reading in readings.items()}, len(
        bodies
    ) / seconds


def _text(reading: Reading, *, with_lede: bool) -> str:
    article = reading.article
    if article is None:
        return ""
    lede = article.lede if with_lede or dict(article.reasons).get("lede") in _REPEATED else ""
    return "\n".join((lede, *article.paragraphs))


def _peer(python: str, paths: dict[str, Path]) -> tuple[dict[str, str], float, str]:
    asked = json.dumps({name: str(path) for name, path in paths.items()})
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [python, "-c", _PEER], input=asked, capture_output=True, text=True, check=True, cwd=folder
        )
    answer = json.loads(done.stdout)
    return answer["texts"], len(paths) / answer["seconds"], answer["version"]


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    found = (tuple(words[start : start + 4]) for start in range(max(1, len(words) - 3)))
    return Counter(shingle for shingle in found if shingle)


def _shingle_score(gold: str, text: str) -> Score:
    return _overlap(_shingles(gold), _shingles(text))


def _word_score(gold: str, text: str) -> Score:
    return _overlap(Counter(_WORD.findall(gold.lower())), Counter(_WORD.findall(text.lower())))


def _overlap(gold: Counter[Key], found: Counter[Key]) -> Score:
    """Return true positives, false positives and false negatives as shares of their sum."""
    true = sum((gold & found).values())
    extra, missed = sum(found.values()) - true, sum(gold.values()) - true
    total = (true + extra + missed) or 1
    return true / total, extra / total, missed / total


def _means(scores: list[Score]) -> Score:
    precision = [
        1.0 if extra == missed == 0 else true / (true + extra)
        for true, extra, missed in scores
        if true + extra
    ]
    recall = [
        1.0 if extra == missed == 0 else true / (true + missed)
        for true, extra, missed in scores
        if true + missed
    ]
    mean_p, mean_r = statistics.mean(precision or [0.0]), statistics.mean(recall or [0.0])
    return mean_p, mean_r, 2 * mean_p * mean_r / (mean_p + mean_r) if mean_p + mean_r else 0.0


def _bootstrap(scores: list[Score], rounds: int = 300) -> float:
    chance = random.Random(1)
    values = [_means(chance.choices(scores, k=len(scores)))[2] for _ in range(rounds)]
    return 1.96 * statistics.stdev(values)


if __name__ == "__main__":
    sys.exit(main())
