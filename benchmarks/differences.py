"""Compares texts of 100,000 words beside difflib, diff-match-patch, redlines and xmldiff, in one run.

    python benchmarks/differences.py [--peer-python PYTHON] [--limit SECONDS] [--only CASE]

The texts are made here, of words that occur as often as in a language (Zipf). For each case and tool: CPU
seconds (ours the best of three) and the words told as removed and as added; fewer is a shorter telling. What
only is spelled otherwise, or only stands elsewhere, is neither to a reader: «true» is what was really done to
the text. The peers are no dependency of ours: ``--peer-python`` names an interpreter that has them (``uv venv
peer && uv pip install --python peer diff-match-patch redlines typing-extensions xmldiff``); difflib is Python's
own. A peer that takes more than ``--limit`` CPU seconds is stopped.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

from model import Article
from pipelines import Change, compare_articles

WORDS = 100_000
PARAGRAPH = 80
_REPEATS = 3
_PEERS = ("difflib", "diff-match-patch", "redlines", "xmldiff")

_PEER = r"""
import json, sys, time
name, given = sys.argv[1], json.load(sys.stdin)
old, new = given["old"], given["new"]
one, two = "\n".join(old), "\n".join(new)
count = lambda texts: sum(len(text.split()) for text in texts)
if name == "difflib":
    import difflib
    began = time.process_time()
    a, b = one.split(), two.split()
    told = difflib.SequenceMatcher(None, a, b).get_opcodes()
    seconds = time.process_time() - began
    removed = sum(e - s for kind, s, e, _, _ in told if kind != "equal")
    added = sum(e - s for kind, _, _, s, e in told if kind != "equal")
elif name == "diff-match-patch":
    import diff_match_patch
    tool = diff_match_patch.diff_match_patch()
    began = time.process_time()
    told = tool.diff_main(one, two)
    tool.diff_cleanupSemantic(told)
    seconds = time.process_time() - began
    removed = count(text for kind, text in told if kind < 0)
    added = count(text for kind, text in told if kind > 0)
elif name == "redlines":
    import redlines
    began = time.process_time()
    told = redlines.Redlines(one, two).changes
    seconds = time.process_time() - began
    removed = count(change.source_text or "" for change in told)
    added = count(change.test_text or "" for change in told)
else:
    from lxml import etree
    from xmldiff import main
    def tree(texts):
        root = etree.Element("article")
        for text in texts:
            etree.SubElement(root, "p").text = text
        return root
    began = time.process_time()
    told = main.diff_trees(tree(old), tree(new))
    seconds = time.process_time() - began
    # It tells of whole nodes: the new text of each that was written anew.
    removed = None
    added = count(getattr(action, "text", None) or "" for action in told)
print(json.dumps({"seconds": seconds, "removed": removed, "added": added}))
"""


def main() -> int:
    """Print a table for every case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--peer-python", help="an interpreter with diff-match-patch, redlines and xmldiff")
    parser.add_argument("--limit", type=int, default=10, help="CPU seconds that a peer may take (10)")
    parser.add_argument("--only", help="the beginning of a case's name")
    given = parser.parse_args()
    if not given.peer_python:
        print("no --peer-python: only difflib is beside us in this run", file=sys.stderr)
    print(f"{'case':32} {'tool':18} {'CPU s':>8} {'removed':>9} {'added':>9}")
    for name, true, old, new in cases():
        if given.only and not name.startswith(given.only):
            continue
        print(f"{name:32} {'true':18} {'':>8} {true[0]:>9,} {true[1]:>9,}")
        _print_ours(old, new)
        for peer in _PEERS if given.peer_python else _PEERS[:1]:
            _print_peer(given.peer_python or sys.executable, peer, given.limit, old, new)
    return 0


def cases() -> Iterator[tuple[str, tuple[int, int], list[str], list[str]]]:
    """Give (name, words removed and added in truth, old paragraphs, new paragraphs)."""
    text = _text(1)
    random = Random(7)
    edited = list(text)
    places = random.sample(range(WORDS), 1000)
    for at in places[:100]:
        edited[at] = "ویراسته"
    yield "100 words edited", (100, 100), _paragraphs(text), _paragraphs(edited)
    for at in places:
        edited[at] = "ویراسته"
    yield "1,000 words edited", (1000, 1000), _paragraphs(text), _paragraphs(edited)
    yield "1,000 edited, one paragraph", (1000, 1000), [" ".join(text)], [" ".join(edited)]
    spelled = [word.replace("ی", "ي").replace("ک", "ك").replace("\u200c", "") for word in text]
    yield "spelling only", (0, 0), _paragraphs(text), _paragraphs(spelled)
    for at in places[:100]:
        spelled[at] = "ویراسته"
    yield "100 edited, all spelled anew", (100, 100), _paragraphs(text), _paragraphs(spelled)
    half = WORDS * 2 // 5 // PARAGRAPH
    moved = _paragraphs(text)
    yield "two fifths moved to the end", (0, 0), _paragraphs(text), moved[half:] + moved[:half]
    yield "another text, the same words", (WORDS, WORDS), _paragraphs(text), _paragraphs(_text(2))
    other = [f"{word}ان" for word in text]
    yield "no word in common", (WORDS, WORDS), _paragraphs(text), _paragraphs(other)
    yield "another text, one paragraph", (WORDS, WORDS), [" ".join(text)], [" ".join(_text(2))]
    same = ["همان بند با همان واژه\u200cها"] * 20_000
    yield "20,000 equal paragraphs, half cut", (50_000, 0), same, same[:10_000]
    lines = text[: WORDS // 2]
    yield (
        "50,000 paragraphs of one word",
        (1000, 1000),
        lines,
        _with(lines, random.sample(range(WORDS // 2), 1000)),
    )
    yield from _hostile_cases()


def _hostile_cases() -> Iterator[tuple[str, tuple[int, int], list[str], list[str]]]:
    """Give texts that are made to cost; in truth nothing of the one became the other, or all of it moved."""
    random = Random(9)
    two, four, ten = (
        [random.choices([f"واژه{at}" for at in range(kinds)], k=WORDS) for _ in "ab"] for kinds in (2, 4, 10)
    )
    both = (WORDS, WORDS)
    yield "two words at random", both, *(_paragraphs(words) for words in two)
    yield "one word of parts glued by ZWNJ", both, *(["\u200c".join(words)] for words in four)
    yield "100,000 paragraphs, ten kinds", both, *ten
    lines = [f"واژه{at}" for at in range(WORDS)]
    yield "100,000 paragraphs, reversed", (0, 0), lines, lines[::-1]
    yield "100,000 paragraphs, shuffled", (0, 0), lines, random.sample(lines, WORDS)
    yield "100,000 paragraphs, all changed", both, lines, [f"{line}ان" for line in lines]
    rare = [[f"و{random.randrange(40_000)}" for _ in range(WORDS)] for _ in "ab"]
    yield (
        "33,000 paragraphs of rare words",
        both,
        *([" ".join(words[at : at + 3]) for at in range(0, WORDS, 3)] for words in rare),
    )
    yield "paragraphs of rare words", both, *(_paragraphs(words) for words in rare)
    different = _paragraphs(lines)
    yield "no word twice, all spelled anew", (0, 0), different, [text.replace("و", "وُ") for text in different]


def _with(lines: list[str], places: list[int]) -> list[str]:
    changed = list(lines)
    for at in places:
        changed[at] = "ویراسته"
    return changed


def _text(seed: int) -> list[str]:
    """Return words, the n-th of 20,000 as often as 1/n; a tenth have a half-space."""
    random = Random(seed)
    letters = "ابپتجچخدرزسشفقکگلمنوهی"
    maker = Random(0)
    known = ["".join(maker.choices(letters, k=maker.randint(2, 8))) for _ in range(20_000)]
    known = [f"می\u200c{word}" if at % 10 == 3 else word for at, word in enumerate(known)]
    return random.choices(known, weights=[1 / at for at in range(1, len(known) + 1)], k=WORDS)


def _paragraphs(words: list[str]) -> list[str]:
    return [" ".join(words[at : at + PARAGRAPH]) for at in range(0, len(words), PARAGRAPH)]


def _print_ours(old: list[str], new: list[str]) -> None:
    before = Article(
        url="http://a.example/", canonical_url="http://a.example/", title="", paragraphs=tuple(old)
    )
    after = replace(before, paragraphs=tuple(new))
    best = float("inf")
    for _ in range(_REPEATS):
        began = time.process_time()
        told = compare_articles(before, after)
        best = min(best, time.process_time() - began)
    parts = [part for paragraph in told.paragraphs for part in paragraph.parts]
    removed, added = (
        sum(len(part.text.split()) for part in parts if part.kind is kind)
        for kind in (Change.REMOVED, Change.ADDED)
    )
    print(f"{'':32} {'ours':18} {best:>8.2f} {removed:>9,} {added:>9,}", flush=True)


def _print_peer(python: str, peer: str, limit: int, old: list[str], new: list[str]) -> None:
    done = subprocess.run(
        [python, "-c", _PEER, peer],
        input=json.dumps({"old": old, "new": new}),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_limiting(limit),
    )
    if done.returncode < 0:
        print(f"{'':32} {peer:18} {f'> {limit}':>8}", flush=True)
        return
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["?"])[-1]
        print(f"{'':32} {peer:18} failed: {reason[:60]}", flush=True)
        return
    told = json.loads(done.stdout)
    removed = "" if told["removed"] is None else f"{told['removed']:,}"
    print(f"{'':32} {peer:18} {told['seconds']:>8.2f} {removed:>9} {told['added']:>9,}", flush=True)


def _limiting(seconds: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


if __name__ == "__main__":
    sys.exit(main())
