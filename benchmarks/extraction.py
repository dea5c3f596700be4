"""Scores ``read_page`` beside its peers on pages whose text people have marked.

    python benchmarks/extraction.py DATA_FOLDER [--peer-python PYTHON] [--json FILE] [--floor NAME=VALUE]

``DATA_FOLDER`` holds ``article-extraction-benchmark`` (scrapinghub, MIT: ``ground-truth.json`` and
``html/<id>.html.gz``) and, if wanted, ``wcxb-sample`` (``ground-truth/*.json``, ``html/``). The first is
scored as its authors do: precision, recall and F1 over shingles of four words, means over the pages with
a bootstrap interval; the second by the F1 of words. Pages are parted by their name into «dev», which was
looked at while the rules were written, and «held out», which was not. No peer is a dependency of ours:
``--peer-python`` names an interpreter that has them (``requirements/bench.in``); one that is missing there
is named, and without an interpreter all are left out. Of the second the fields are scored too.

«as read» counts a page that a crawl takes for no article as empty; «asked» is ``read_page(asked=True)``,
which is what the peers do; «forced» makes every page an article. ``--floor "scrapinghub: ours, asked:
F1=0.97"``, as often as wanted, holds a number of the run: below it the answer is 1. Standfirsts, which we set apart in ``Article.lede``, are no part of the
marked ``articleBody``, except where the text repeats them: then the one that we keep is counted.
"""

from __future__ import annotations

import argparse
import gzip
import json
import math
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
from typing import Any, TypeVar

from model import PageRules, Reading
from pipelines import read_page

REFERENCE = datetime(2026, 1, 1, tzinfo=UTC)
_WORD = re.compile(r"\w+")
_FORCED = PageRules(article_selector="html")
_WAYS = (("ours, as read", None, False), ("ours, asked", None, True), ("ours, forced", _FORCED, False))
_IN_TEXT = (
    "first paragraph, repeated", "printed before the text and repeated in it", "element named for it, in the text",
)  # fmt: skip

PEERS = (
    "trafilatura", "trafilatura fast", "trafilatura precision", "readability-lxml", "resiliparse", "newspaper4k",
    "goose3", "justext", "boilerpy3", "html-text",
)  # fmt: skip
# One peer a process, in the peers' interpreter: how each one's own documentation says that it is called.
_PEER = """
import gzip, importlib.metadata, json, logging, sys, time

logging.disable(logging.CRITICAL)
asked = json.load(sys.stdin)
peer = asked["peer"]
package = peer.split()[0]
try:
    if package == "trafilatura":
        import trafilatura
        mode = {"fast": {"fast": True}, "precision": {"favor_precision": True}}.get(peer.partition(" ")[2], {})
        read = lambda body: trafilatura.extract(body, include_comments=False, **mode)
    elif peer == "readability-lxml":
        import lxml.html, readability
        read = lambda body: lxml.html.fromstring(
            readability.Document(body.decode("utf-8", "replace")).summary()).text_content()
    elif peer == "resiliparse":
        from resiliparse.extract.html2text import extract_plain_text
        read = lambda body: extract_plain_text(body.decode("utf-8", "replace"), main_content=True)
    elif peer == "newspaper4k":
        import newspaper
        def read(body):
            article = newspaper.Article("http://x.test/", language="en", fetch_images=False)
            article.download(input_html=body.decode("utf-8", "replace"))
            article.parse()
            return article.text
    elif peer == "goose3":
        import goose3
        goose = goose3.Goose({"enable_image_fetching": False})
        read = lambda body: goose.extract(raw_html=body.decode("utf-8", "replace")).cleaned_text
    elif peer == "justext":
        import justext
        words = frozenset().union(*(justext.get_stoplist(name) for name in justext.get_stoplists()))
        read = lambda body: "\\n".join(
            part.text for part in justext.justext(body, words) if not part.is_boilerplate)
    elif peer == "boilerpy3":
        from boilerpy3 import extractors
        article = extractors.ArticleExtractor(raise_on_failure=False)
        read = lambda body: article.get_content(body.decode("utf-8", "replace"))
    elif peer == "html-text":
        import html_text
        read = lambda body: html_text.extract_text(body.decode("utf-8", "replace"))
    version = importlib.metadata.version(package)
except ImportError as error:
    print(json.dumps({"missing": str(error)}))
    sys.exit()
bodies = {
    name: (gzip.open(path) if path.endswith("gz") else open(path, "rb")).read()
    for name, path in asked["paths"].items()
}
def safe(body):
    try:
        return read(body) or ""
    except Exception:
        return ""  # a page that a peer cannot read is one that it finds nothing on
for body in list(bodies.values())[:5]:
    safe(body)
began = time.process_time()
texts = {name: safe(body) for name, body in bodies.items()}
seconds = time.process_time() - began
print(json.dumps({"texts": texts, "seconds": seconds, "version": version}))
"""

Score = tuple[float, float, float]
Key = TypeVar("Key")


def main() -> int:
    """Score and print; return 2 when the data is not there."""
    parser = argparse.ArgumentParser(description="Score read_page on marked pages.")
    parser.add_argument("data", type=Path, help="folder that holds article-extraction-benchmark")
    parser.add_argument("--peer-python", help="an interpreter with the peers")
    parser.add_argument(
        "--floor", action="append", default=[], metavar="NAME=VALUE", help="answer 1 when a number is below"
    )
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
        print("no --peer-python: no peer is scored in this run", file=sys.stderr)
    numbers = _scrapinghub(first, options.peer_python)
    second = options.data / "wcxb-sample"
    if second.is_dir():
        numbers |= _wcxb(second, options.peer_python)
    else:
        print(f"missing: {second}; its articles are not scored", file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps(numbers, indent=1))
    return _below(numbers, options.floor)


def _below(numbers: dict[str, float], floors: list[str]) -> int:
    """Return 1 when a number lies below its floor, 2 when a floor names none, else 0."""
    answer = 0
    for floor in floors:
        name, _, value = floor.rpartition("=")
        try:
            least = float(value)
        except ValueError:
            least = math.nan
        if name not in numbers or math.isnan(least):
            print(f"--floor {floor!r} names no number of this run: {', '.join(numbers)}", file=sys.stderr)
            return 2
        if numbers[name] < least:
            print(f"below the floor: {name} is {numbers[name]:.4f}, not {least}", file=sys.stderr)
            answer = 1
    return answer


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
    numbers = _compare("wcxb articles", paths, gold, urls, lambda name: int(name) % 2 == 0, _word_score, peer)
    return numbers | _fields(articles, {name: _load(path) for name, path in paths.items()})


def _fields(pages: dict[str, Any], bodies: dict[str, bytes]) -> dict[str, float]:
    """Return and print the share of pages with each field right, of those whose gold names it."""
    right: Counter[str] = Counter()
    known: Counter[str] = Counter()
    for name, page in pages.items():
        gold = page["ground_truth"]
        article = read_page(
            bodies[name], url=page["url"], content_type="text/html", reference=REFERENCE, rules=_FORCED
        ).article
        day = article.published_at.date().isoformat() if article and article.published_at else ""
        said = _folded(" ".join(article.authors)) if article else ""
        for field, value, same in (
            (
                "title",
                gold["title"],
                bool(article) and _alike(gold["title"], article.title if article else ""),
            ),
            ("author", gold["author"], bool(said) and _alike(gold["author"], said)),
            ("published", gold["publish_date"], bool(day) and day == (gold["publish_date"] or "")[:10]),
        ):
            if value:
                known[field] += 1
                right[field] += same
    print("  fields, ours: " + "  ".join(f"{field} {right[field]}/{known[field]}" for field in known))
    return {f"wcxb articles: ours: {field}": right[field] / known[field] for field in known}


def _folded(text: str) -> str:
    return "".join(_WORD.findall(text.lower()))


def _alike(gold: str | None, found: str) -> bool:
    """Tell whether one is the other or a part of it (a title with the site's name, a first author)."""
    one, other = _folded(gold or ""), _folded(found)
    return bool(one and other) and (one in other or other in one)


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
    for label, rules, asked in _WAYS:
        texts, rate = _ours(bodies, urls, rules, asked=asked, with_lede=with_lede)
        runs[label] = texts
        numbers[f"{title}: {label}: pages/s"] = rate
    for name in PEERS if peer else ():
        answer = _peer(str(peer), name, paths)
        if "missing" in answer:
            print(f"missing: {name} ({answer['missing']})", file=sys.stderr)
            continue
        label = f"{name} {answer['version']}"
        runs[label] = answer["texts"]
        numbers[f"{title}: {label}: pages/s"] = len(paths) / max(answer["seconds"], 1e-6)
    print(f"{title}: {len(gold)} pages")
    for label, texts in runs.items():
        scores = {name: score(gold[name], texts[name]) for name in gold}
        dev = [value for name, value in scores.items() if is_dev(name)]
        rest = [value for name, value in scores.items() if not is_dev(name)]
        whole = _means(list(scores.values()))
        interval = _bootstrap(list(scores.values()))
        rate = numbers[f"{title}: {label}: pages/s"]
        print(
            f"  {label:28} F1 {whole[2]:.4f} ± {interval:.4f}  precision {whole[0]:.4f}  recall "
            f"{whole[1]:.4f}  "
            f"dev {_means(dev)[2]:.4f}  held out {_means(rest)[2]:.4f}  {rate:.0f} pages/s of CPU"
        )
        numbers[f"{title}: {label}: precision"] = whole[0]
        numbers[f"{title}: {label}: recall"] = whole[1]
        numbers[f"{title}: {label}: F1"] = whole[2]
        numbers[f"{title}: {label}: F1 held out"] = _means(rest)[2]
    return numbers


def _load(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _ours(
    bodies: dict[str, bytes], urls: dict[str, str], rules: PageRules | None, *, asked: bool, with_lede: bool
) -> tuple[dict[str, str], float]:
    def read(name: str) -> Reading:
        return read_page(
            bodies[name],
            url=urls[name],
            content_type="text/html",
            reference=REFERENCE,
            rules=rules,
            asked=asked,
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
    lede = article.lede if with_lede or dict(article.reasons).get("lede") in _IN_TEXT else ""
    return "\n".join((lede, *article.paragraphs))


def _peer(python: str, name: str, paths: dict[str, Path]) -> dict[str, Any]:
    """Return what the peer's process prints: ``texts``, ``seconds`` and ``version``, or ``missing``."""
    asked = json.dumps({"peer": name, "paths": {page: str(path.absolute()) for page, path in paths.items()}})
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [python, "-c", _PEER], input=asked, capture_output=True, text=True, check=True, cwd=folder
        )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


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
