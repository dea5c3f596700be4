"""Scores comments read from pages and answers beside what was really said on them.

    python benchmarks/comments.py [--opaque N] [--wordpress URL POSTS_JSON [--theme NAME …]]
        [--isso URL POSTS_JSON] [--waline URL POSTS_JSON] [--django-python PYTHON --posts POSTS_JSON] [--peer-python PYTHON] [--json FILE]

* Opaque markup: N pages of ``benchmarks/opaque.py`` (400 when not told), those of even seeds «dev», looked at while the
  rules were written, those of odd seeds «held out».
* A running WordPress on this machine that was filled from ``POSTS_JSON`` (objects with ``title``,
  ``body`` and ``comments``: ``author``, ``text``, ``parent`` as index or null, ``date``). The theme is asked for in
  the header ``X-Theme``; ``benchmarks/sites/theme.php``, put in ``wp-content/mu-plugins``, obeys it. Every page
  of comments is fetched; «and REST» joins them with the answers of the REST API.
* A running Isso (``--isso``), read through its JSON.
* A running, empty Waline (``--waline``), filled through its own interface, read through its JSON. It comes from npm
  (``npm install --ignore-scripts @waline/vercel``, ``node node_modules/@waline/vercel/vanilla.js``) with ``PG_HOST``,
  ``PG_DB``, ``PG_USER``, ``PG_PASSWORD`` of a PostgreSQL that holds its ``waline.pgsql``, ``IPQPS=0``,
  ``AKISMET_KEY=false``, and as ``OAUTH_URL`` any server that answers ``{"services": []}``.
* django-comments-xtd, brought up in a folder of its own by an interpreter that has it
  (``benchmarks/sites/xtd_pages.py``), with the same posts.

A comment found counts when its text is that of one said there (words folded as search folds them), each
once; «text» is the share of those that are equal to the letter, paragraphs and all. Author, time and parent are scored over those. Time is right when it is the same minute, or the same
day where only the day is printed. Peers (trafilatura, harvest-webforum, where ``--peer-python`` has them)
give no such records or few: of trafilatura the share of said texts that stand in its ``comments``, of the
other its records. No address but this machine's is fetched from.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from comment_score import MEASURES, TEHRAN, Score, fetch, posts_in, row, said_on, unescaped
from comment_services import isso, waline
from opaque import CAPTURED, Said, page

from model import CommentThread
from pipelines import merge_threads, read_page, read_wordpress_comments, search_key

PEER_PAGES = 30
"""Opaque pages that peers read: one of them takes over a second a page."""

_PEER = """
import importlib, json, sys, time
paths = json.load(sys.stdin)
pages = [open(path, encoding="utf-8").read() for path in paths]
answer, missing = {}, []
try:
    import trafilatura
    for text in pages[:3]:
        trafilatura.bare_extraction(text, include_comments=True)
    began = time.process_time()
    found = [trafilatura.bare_extraction(text, include_comments=True) for text in pages]
    answer["trafilatura " + trafilatura.__version__] = {
        "texts": [[getattr(one, "comments", "") or ""] if one else [] for one in found],
        "seconds": time.process_time() - began,
    }
except ImportError as error:
    missing.append(f"trafilatura is left out: {error}")
try:
    from harvest import extract_data
    began, found = time.process_time(), []
    for text in pages:
        try:
            found.append(extract_data(text, "https://opaque.test/1")["posts"])
        except Exception as problem:
            found.append([])
    answer["harvest-webforum"] = {
        "texts": [[str(post.get("post_text", "")) for post in posts] for posts in found],
        "seconds": time.process_time() - began,
    }
except ImportError as error:
    missing.append(f"harvest-webforum is left out: {error}")
print("PEERS" + json.dumps({"answer": answer, "missing": missing}))
"""


def main() -> int:
    """Score and print."""
    parser = argparse.ArgumentParser(description="Score comments on pages whose comments are known.")
    parser.add_argument("--opaque", type=int, default=400, metavar="N")
    parser.add_argument("--wordpress", nargs=2, metavar=("URL", "POSTS_JSON"))
    parser.add_argument("--theme", action="append", default=[])
    parser.add_argument("--isso", nargs=2, metavar=("URL", "POSTS_JSON"))
    parser.add_argument("--waline", nargs=2, metavar=("URL", "POSTS_JSON"))
    parser.add_argument("--django-python")
    parser.add_argument("--posts", type=Path)
    parser.add_argument("--peer-python")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--worst", type=int, default=0, help="print this many of the worst opaque pages")
    options = parser.parse_args()
    if options.peer_python and not Path(options.peer_python).exists():
        parser.error(f"--peer-python: there is no {options.peer_python}; `make bench-tools` makes one")
    if not options.peer_python:
        print("no --peer-python: no peer is scored in this run", file=sys.stderr)
    numbers: dict[str, dict[str, float]] = {}
    print(
        f"{'':44}{'comments':>9}"
        + "".join(f"{name:>10}" for name in MEASURES)
        + f"{'leaked':>8}{'pages/s':>9}"
    )
    if options.opaque:
        numbers |= opaque(options.opaque, options.peer_python, options.worst)
    for theme in (options.theme or [""]) if options.wordpress else ():
        numbers |= wordpress(*options.wordpress, theme)
    if options.isso:
        numbers |= isso(*options.isso)
    if options.waline:
        numbers |= waline(*options.waline)
    if options.django_python and options.posts:
        numbers |= django(options.django_python, options.posts)
    for label, wanted in (
        ("--wordpress", options.wordpress), ("--isso", options.isso),
        ("--waline", options.waline), ("--django-python", options.django_python)
    ):  # fmt: skip
        if not wanted:
            print(f"no {label}: not scored in this run", file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps(numbers, indent=1))
    return 0


# --- opaque markup


def opaque(count: int, peer: str | None, worst: int) -> dict[str, dict[str, float]]:
    """Score pages whose class names say nothing."""
    pages = [page(seed) for seed in range(count)]
    scores = {"dev": Score(), "held out": Score()}
    by_kind: dict[str, Score] = {}
    bad: list[tuple[float, int]] = []
    for seed, one in enumerate(pages):
        body = one.html.encode()
        began = time.process_time()
        reading = read_page(
            body, url="https://opaque.test/1", content_type="text/html; charset=utf-8", reference=CAPTURED,
            timezone="Asia/Tehran",
        )  # fmt: skip
        seconds = time.process_time() - began
        paragraphs = reading.article.paragraphs if reading.article else ()
        own = Score()
        own.add(one.said, reading.thread, paragraphs)
        bad.append((sum(own.shares().values()), seed))
        score = scores["held out" if seed % 2 else "dev"]
        score.seconds += seconds
        for part in (score, by_kind.setdefault(one.layout, Score()), by_kind.setdefault(one.byline, Score())):
            part.add(one.said, reading.thread, paragraphs)
    numbers: dict[str, dict[str, float]] = {}
    for label, score in scores.items():
        numbers |= row(f"opaque markup, {label}", score)
    if worst:
        for label, score in by_kind.items():
            row(f"    {label}", score)
        for value, seed in sorted(bad)[:worst]:
            print(f"    seed {seed}: {value:.2f} {pages[seed].layout} {pages[seed].byline}")
    if peer:
        some = pages[:PEER_PAGES]
        _peers([one.html for one in some], [one.said for one in some], peer)
    return numbers


def _peers(pages: list[str], said: list[list[Said]], peer: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, text in enumerate(pages):
            path = Path(folder) / f"{number}.html"
            path.write_text(text)
            paths.append(str(path))
        run = subprocess.run(
            [str(Path(peer).absolute()), "-c", _PEER],
            input=json.dumps(paths), capture_output=True, text=True, check=False, cwd=folder,
        )  # fmt: skip
    if "PEERS" not in run.stdout:
        print(f"the peers failed: {run.stderr[-300:]}", file=sys.stderr)
        return
    told = json.loads(run.stdout.rpartition("PEERS")[2])
    for line in told["missing"]:
        print(f"{line} (`make bench-tools` installs it)", file=sys.stderr)
    for name, answer in told["answer"].items():
        wanted = sum(map(len, said))
        hits = found = 0
        for texts, gold in zip(answer["texts"], said, strict=True):
            keys = [search_key(one.text) for one in gold]
            found += len(texts)
            if "harvest" in name:  # a record may carry name and date beside its text, not another's text
                posts = [search_key(text) for text in texts]
                hits += sum(any(key in post and len(post) <= len(key) + 60 for post in posts) for key in keys)
            else:
                whole = search_key("\n".join(texts))
                hits += sum(key in whole for key in keys)
        print(
            f"  {name:42}{wanted:9,}{hits / found if found and 'harvest' in name else float('nan'):10.4f}"
            f"{hits / wanted:10.4f}{'':38}{len(pages) / answer['seconds']:9.1f}"
        )


# --- real software


def wordpress(base: str, posts_json: str, theme: str) -> dict[str, dict[str, float]]:
    """Score every post of a running WordPress, its pages of comments joined, without and with REST."""
    base = base.rstrip("/")
    headers = {"X-Theme": theme} if theme else {}
    by_title = {search_key(post["title"]): post for post in posts_in(posts_json)}
    pages, joined = Score(), Score()
    number = 1
    while listed := json.loads(fetch(f"{base}/index.php?rest_route=/wp/v2/posts&per_page=100&page={number}")):
        for entry in listed:
            post = by_title.get(search_key(unescaped(entry["title"]["rendered"])))
            if post is None:
                continue
            threads: list[CommentThread] = []
            paragraphs: list[str] = []
            waiting, seen = [entry["link"]], set[str]()
            while waiting:
                url = waiting.pop(0)
                if url.partition("#")[0] in seen:
                    continue
                seen.add(url.partition("#")[0])
                body = fetch(url, **headers)
                began = time.process_time()
                reading = read_page(
                    body, url=url, content_type="text/html; charset=utf-8",
                    reference=datetime.now(UTC), timezone="Asia/Tehran",
                )  # fmt: skip
                pages.seconds += time.process_time() - began
                pages.pages += 1
                threads.append(reading.thread)
                paragraphs.extend(reading.article.paragraphs if reading.article else ())
                waiting.extend(reading.thread.more)
            said = said_on(post, zone=TEHRAN)
            pages.add(said, merge_threads(threads), tuple(paragraphs))
            pages.pages -= 1
            page_number, more = 1, True
            while more:
                url = f"{base}/index.php?rest_route=/wp/v2/comments&post={entry['id']}&per_page=100&page={page_number}&order=asc"
                rest = read_wordpress_comments(fetch(url), url=url)
                threads.append(rest)
                page_number, more = page_number + 1, len(rest.comments) >= 100
            joined.add(said, merge_threads(threads), tuple(paragraphs))
        if len(listed) < 100:
            break
        number += 1
    label = f"WordPress, {theme or 'as it is'}"
    return row(label, pages) | row(f"{label}, and REST", joined)


def django(python: str, posts_json: Path) -> dict[str, dict[str, float]]:
    """Score the pages that django-comments-xtd draws with its own templates."""
    script = Path(__file__).resolve().parent / "sites" / "xtd_pages.py"
    score = Score()
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            [str(Path(python).absolute()), str(script), str(posts_json.absolute()), folder],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if run.returncode:
            print(f"django-comments-xtd failed: {run.stderr[-500:]}", file=sys.stderr)
            return {}
        for number, post in enumerate(posts_in(posts_json), 1):
            body = (Path(folder) / f"{number}.html").read_bytes()
            began = time.process_time()
            reading = read_page(
                body, url=f"http://127.0.0.1/{number}/", content_type="text/html; charset=utf-8",
                reference=datetime.now(UTC), timezone="UTC",
            )  # fmt: skip
            score.seconds += time.process_time() - began
            score.add(
                said_on(post, zone=UTC), reading.thread, reading.article.paragraphs if reading.article else ()
            )
    return row("django-comments-xtd", score)


if __name__ == "__main__":
    raise SystemExit(main())
