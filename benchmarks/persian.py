"""Scores our Persian beside every normaliser that installs, in one run on the same sentences.

    python benchmarks/persian.py DATA_FOLDER [--peer-python PYTHON] [--json FILE]

``DATA_FOLDER`` holds CoNLL-U files of Persian treebanks (``*.conllu``: UD Persian-Seraji, -PerDT), whose
``# text`` lines are sentences as published. Never name a file that ``half_space_lexicon.py`` learned from.
The peers are no dependencies of ours: ``--peer-python`` names an interpreter that has them
(``make bench-tools`` makes ``.tools/bench-persian/bin/python``); one that does not import is named.

* *harm*: clean sentences that display normalisation changes, after NFC on both sides;
* *restored*, *damaged*: of sentences with every ZERO WIDTH NON-JOINER deleted, the share of words that had
  one and come back exactly, and the share of the others that come back otherwise; words end at white space,
  and where a tool moves those, words are matched by their letters;
* *intact*: words changed in sentences that have lost nothing;
* *MB/s*: UTF-8 of all the stripped sentences in one core's CPU time, best of three, lexicons loaded before;
  *first* is the first of the three, when no word has been met yet.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines import display_text, restore_half_spaces

ZWNJ = "\u200c"
RUNS = 3

_PEERS = r"""
import contextlib, importlib.metadata, io, json, sys, time

def hazm():
    from hazm import Normalizer
    return Normalizer().normalize
def shekar():
    from shekar import Normalizer
    return Normalizer()
def parsivar():
    from parsivar import Normalizer
    return Normalizer().normalize
def piraye():
    from piraye import NormalizerBuilder
    made = NormalizerBuilder().alphabet_fa().digit_fa().punctuation_fa().diacritic_delete().space_normal().build()
    return lambda text: made.normalize(text)[0]
def dadmatools():
    from dadmatools.normalizer import Normalizer
    return Normalizer().normalize

given, answers = json.load(sys.stdin), {}
said = sys.stdout
for make in (hazm, shekar, parsivar, piraye, dadmatools):
    name = make.__name__
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            normalise = make()
            normalise("سلام")
            version = importlib.metadata.version(name)
            seconds, texts = [], {}
            for sort, sentences in given["sentences"].items():
                for run in range(given["runs"] if sort == "stripped" else 1):
                    began = time.process_time()
                    texts[sort] = [normalise(sentence) for sentence in sentences]
                    if sort == "stripped":
                        seconds.append(time.process_time() - began)
    except Exception as error:
        print(f"{name} is left out: {error!r}", file=sys.stderr)
        continue
    answers[name] = {"version": version, "texts": texts, "seconds": seconds}
json.dump(answers, said)
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One tool on one treebank."""

    data: str
    tool: str
    harmed: float
    restored: float
    damaged: float
    intact: float
    mb_per_s: float
    mb_per_s_first: float


def main() -> int:
    """Score and print; return 2 when there is nothing to score on."""
    parser = argparse.ArgumentParser(description="Score Persian normalisation and half spaces.")
    parser.add_argument("data", type=Path, help="folder with *.conllu files that nothing was trained on")
    parser.add_argument("--peer-python", help="an interpreter with hazm, shekar, parsivar, piraye")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    options = parser.parse_args()
    files = sorted(options.data.glob("*.conllu"))
    if not files:
        print(
            f"missing: *.conllu in {options.data}. Get UD_Persian-Seraji and UD_Persian-PerDT "
            "(github.com/UniversalDependencies) and name the folder that their files lie in.",
            file=sys.stderr,
        )
        return 2
    if options.peer_python and not Path(options.peer_python).exists():
        parser.error(f"--peer-python: there is no {options.peer_python}; `make bench-tools` makes one")
    if not options.peer_python:
        print("no --peer-python: no peer is scored in this run", file=sys.stderr)
    rows: list[Row] = []
    print(f"{'':26}{'tool':20}{'harm':>8}{'restored':>10}{'damaged':>9}{'intact':>8}{'MB/s':>7}{'first':>7}")
    for file in files:
        clean = sentences_of(file)
        for row in score(file.stem, clean, options.peer_python):
            rows.append(row)
            print(
                f"{row.data:26}{row.tool:20}{row.harmed:8.2%}{row.restored:10.4f}{row.damaged:9.4f}"
                f"{row.intact:8.4f}{row.mb_per_s:7.1f}{row.mb_per_s_first:7.1f}"
            )
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1))
    return 0


def sentences_of(file: Path) -> list[str]:
    """Return the published sentences of a CoNLL-U file."""
    mark = "# text = "
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix(mark) for line in lines if line.startswith(mark)]


def score(data: str, clean: list[str], peer_python: str | None) -> list[Row]:
    """Return a row for each tool; ours are last."""
    stripped = [sentence.replace(ZWNJ, "") for sentence in clean]
    rows: list[Row] = []
    if peer_python:
        given = {"runs": RUNS, "sentences": {"clean": clean, "stripped": stripped}}
        peer = subprocess.run(
            [peer_python, "-W", "ignore", "-c", _PEERS],
            input=json.dumps(given),
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        for name, answer in json.loads(peer.stdout).items():
            texts = answer["texts"]
            tool = f"{name} {answer['version']}"
            rows.append(
                _row(data, tool, clean, texts["clean"], texts["stripped"], texts["clean"], answer["seconds"])
            )
    restore_half_spaces("او میگوید")
    seconds: list[float] = []
    restored: list[str] = []
    for _ in range(RUNS):
        began = time.process_time()
        restored = [_restored(sentence) for sentence in stripped]
        seconds.append(time.process_time() - began)
    shown = [display_text(sentence, "fa") for sentence in clean]
    intact = [_restored(sentence) for sentence in clean]
    rows.append(_row(data, "mandegar", clean, shown, restored, intact, seconds))
    return rows


def _restored(text: str) -> str:
    reading = restore_half_spaces(text)
    return reading.text if reading else text


def _row(
    data: str,
    tool: str,
    clean: Sequence[str],
    shown: Sequence[str],
    restored: Sequence[str],
    intact: Sequence[str],
    seconds: Sequence[float],
) -> Row:
    nfc: Callable[[str], str] = lambda text: unicodedata.normalize("NFC", text)  # noqa: E731
    affected = right = others = damaged = changed = 0
    for sentence, answer, whole in zip(clean, restored, intact, strict=True):
        words = sentence.split()
        for word, found, kept in zip(words, _matched(words, answer), _matched(words, whole), strict=True):
            changed += kept != word
            if ZWNJ in word:
                affected += 1
                right += found == word
            else:
                others += 1
                damaged += found != word
    size = sum(len(sentence.replace(ZWNJ, "").encode()) for sentence in clean) / 1e6
    return Row(
        data=data,
        tool=tool,
        harmed=sum(nfc(one) != nfc(other) for one, other in zip(clean, shown, strict=True)) / len(clean),
        restored=right / max(affected, 1),
        damaged=damaged / max(others, 1),
        intact=changed / max(affected + others, 1),
        mb_per_s=size / min(seconds),
        mb_per_s_first=size / seconds[0],
    )


def _matched(words: Sequence[str], answer: str) -> list[str]:
    """Return for each word what a tool made of it, matched by letters and white space left out.

    A tool may part punctuation from words («گفت .») or join words: a word is what stands where its letters
    are, less white space at its ends. Only letters, digits and ZWNJ are asked for; a tool that writes other
    quotation marks or digits has harmed display, not the half space.
    """
    counted = [sum(map(_counts, word)) for word in words]
    if sum(counted) != sum(map(_counts, answer)) and len(parts := answer.split()) == len(words):
        return parts  # it changed letters, but no white space
    found: list[str] = []
    at = 0
    for word, count in zip(words, counted, strict=True):
        begin = at
        while count and at < len(answer):
            count -= _counts(answer[at])
            at += 1
        while at < len(answer) and not answer[at].isspace() and not _counts(answer[at]):
            at += 1  # the marks after the last letter
        piece = answer[begin:at]
        same = _bare(piece) == _bare(word)  # a ZWNJ at its edge has joined it to its neighbour
        found.append(word if same else piece)
    return found


def _counts(character: str) -> bool:
    return character.isalpha()


def _bare(word: str) -> str:
    return "".join(c for c in word if c.isalpha() or c == ZWNJ or c.isspace()).strip()


if __name__ == "__main__":
    sys.exit(main())
