"""Makes the words by which ``pipelines.half_spaces`` restores ZERO WIDTH NON-JOINERS.

    python benchmarks/half_space_lexicon.py DATA_FOLDER --peer-python PYTHON --out FILE

``DATA_FOLDER`` holds ``fa_dadegan-ud-train.raw.txt``, the training text of UD Persian PerDT (CC BY-SA 4.0);
its «dev» and «test» sentences, and every other treebank, are never read, so that they can judge. The
interpreter has hazm and shekar (MIT): of them come word lists, verb stems, and how often a word is written
joined and how often with a half space. It is no benchmark itself; it is here, because it takes the same data
and the same environment as ``benchmarks/persian.py``, which tells whether a new lexicon is a better one.

The file is described in ``pipelines/half_spaces/lexicon.py``.
"""

from __future__ import annotations

import argparse
import json
import lzma
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

from pipelines.half_spaces.lexicon import LETTERS, Lexicon, pack
from pipelines.half_spaces.words import AFTER_BEH, INFLECTIONS, Restorer
from pipelines.letters import JOINS_NOT

ZWNJ = "\u200c"
TRAINING = "fa_dadegan-ud-train.raw.txt"

# A word that people write both ways is restored only when at least so many of its uses have the half space.
_SHARE_IN_TREEBANK = 0.6
_SHARE_ON_THE_WEB = 0.5
# Rarer joined spellings of the web are typing errors as often as words.
_SEEN_ON_THE_WEB = 1000
_SEEN_IN_HAZM = 300
# A part makes compounds when it does so in so many words, and so many times as often as it is written joined.
_SECOND_PARTS, _SECOND_RATIO = 4, 3
_FIRST_PARTS, _FIRST_RATIO = 8, 4

_PEER = r"""
import json, pathlib, hazm, shekar
words = pathlib.Path(hazm.__file__).parent / "data"
more = pathlib.Path(shekar.__file__).parent / "data" / "files"
read = lambda path: path.read_text(encoding="utf-8").splitlines()
print(json.dumps({
    "words": read(words / "words.dat"), "verbs": read(words / "verbs.dat"),
    "compounds": read(more / "compound_words.csv"), "vocabulary": read(more / "vocab.csv"),
}))
"""

_WORD = re.compile(f"[{LETTERS}{ZWNJ}]+")


def main() -> int:
    """Make the file; return 2 when the text is not there."""
    parser = argparse.ArgumentParser(description="Make the lexicon of half spaces.")
    parser.add_argument("data", type=Path, help=f"folder that holds {TRAINING}")
    parser.add_argument("--peer-python", required=True, help="an interpreter with hazm and shekar")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    options = parser.parse_args()
    training = options.data / TRAINING
    if not training.is_file():
        print(f"missing: {training}, the training text of UD Persian PerDT", file=sys.stderr)
        return 2
    peer = subprocess.run([options.peer_python, "-c", _PEER], check=True, capture_output=True, text=True)
    lexicon = make(training.read_text(encoding="utf-8"), json.loads(peer.stdout))
    data = lzma.compress(pack(lexicon).encode(), format=lzma.FORMAT_XZ, preset=9 | lzma.PRESET_EXTREME)
    options.out.write_bytes(data)
    print(
        f"{len(lexicon.restored):,} restored, {len(lexicon.plain):,} plain words, "
        f"{len(lexicon.first_parts)} first and {len(lexicon.second_parts)} second parts, {len(data):,} bytes"
    )
    return 0


def make(training: str, peers: dict[str, list[str]]) -> Lexicon:
    """Return what the texts and lists teach."""
    uses: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for match in _WORD.finditer(training):
        word = re.sub(f"{ZWNJ}+", ZWNJ, match[0].strip(ZWNJ))
        if word:
            uses[word.replace(ZWNJ, "")][word] += 1
    counts: Counter[str] = Counter()
    for spellings in uses.values():
        for word, count in spellings.items():
            for part in word.split(ZWNJ):
                counts[part] += count
            if ZWNJ in word:
                counts[word] += count
    hazm = {fields[0]: int(fields[1]) for line in peers["words"] if len(fields := line.split("\t")) > 1}
    present, past = _stems(peers["verbs"])
    verbs = Restorer(Lexicon(present_stems=frozenset(present), past_stems=frozenset(past)))
    chosen = _choose(uses, hazm, _frequencies(peers["vocabulary"]), verbs)
    for line in peers["compounds"]:
        word = line.strip().replace("#", ZWNJ)
        key = word.replace(ZWNJ, "")
        # «نهصدمین» is no compound of «نه».
        if not any(
            chosen.get(key.removesuffix(ending)) == key.removesuffix(ending) for ending in ("مین", "ی")
        ):
            chosen.setdefault(key, word)
    chosen = {key: word for key, word in chosen.items() if _WORD.fullmatch(key)}
    for noun in AFTER_BEH:
        chosen[f"به{noun}"] = f"به{ZWNJ}{noun}"
    plain = {key for key, word in chosen.items() if key == word}
    plain |= {
        word
        for word, seen in hazm.items()
        if ZWNJ not in word and seen >= _SEEN_IN_HAZM and word not in chosen and _WORD.fullmatch(word)
    }
    restored = {word for key, word in chosen.items() if word != key}
    first, second = _parts(chosen, plain)
    return Lexicon(
        restored={word: counts[word] for word in restored},
        plain={word: counts[word] for word in plain},
        first_parts=frozenset(first),
        second_parts=frozenset(second),
        present_stems=frozenset(present),
        past_stems=frozenset(past),
    )


def _stems(lines: list[str]) -> tuple[set[str], set[str]]:
    present: set[str] = set()
    past: set[str] = set()
    for line in lines:
        stems = line.strip().split(" ")[0].split("#")
        if len(stems) == 2:
            past |= {stems[0]} - {""}
            present |= {stems[1]} - {""}
    return present, past


def _frequencies(lines: list[str]) -> dict[str, Counter[str]]:
    frequencies: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        word, _, count = line.strip().rpartition(",")
        if word and count.isdigit():
            frequencies[word.replace(ZWNJ, "")][word] += int(count)
    return frequencies


def _choose(
    uses: dict[str, Counter[str]], hazm: dict[str, int], web: dict[str, Counter[str]], verbs: Restorer
) -> dict[str, str]:
    """Return the spelling to offer for each word without half spaces; the word itself where it stays."""
    chosen: dict[str, str] = {}
    for key, spellings in uses.items():
        parted = max(((n, word) for word, n in spellings.items() if ZWNJ in word), default=None)
        on_web = web.get(key, Counter())
        joined_web, parted_web = on_web[key], sum(n for word, n in on_web.items() if ZWNJ in word)
        share_web = parted_web / (joined_web + parted_web) if on_web else 0.0
        total = spellings.total()
        # The web, which loses half spaces itself, counts as one more use: enough to tip a rare word.
        share = (total - spellings[key] + share_web) / (total + 1) if on_web else 1 - spellings[key] / total
        sure = parted is not None and not spellings[key] and (verbs.verb(key) or key.startswith("به"))
        chosen[key] = parted[1] if parted and (sure or share > _SHARE_IN_TREEBANK) else key
    for key, on_web in web.items():
        if key in chosen:
            continue
        parted_web, word = max(((n, word) for word, n in on_web.items() if ZWNJ in word), default=(0, ""))
        if word and not key.startswith("به"):
            chosen[key] = word if parted_web > _SHARE_ON_THE_WEB * (on_web[key] + parted_web) else key
        elif on_web[key] > _SEEN_ON_THE_WEB and not verbs.verb(key):
            chosen[key] = key
    for word, seen in hazm.items():
        key = word.replace(ZWNJ, "")
        if ZWNJ in word and key not in chosen and seen >= 20 and hazm.get(key, 0) <= seen / 2:
            chosen[key] = word
    return chosen


def _parts(chosen: dict[str, str], plain: set[str]) -> tuple[set[str], set[str]]:
    """Return the first and the second parts that make compounds."""
    firsts: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for key, word in chosen.items():
        if key != word:
            firsts[word.split(ZWNJ, 1)[0]] += 1
            seconds[word.rsplit(ZWNJ, 1)[1]] += 1
    joined_firsts: Counter[str] = Counter()
    joined_seconds: Counter[str] = Counter()
    for key, word in chosen.items():
        if key == word:
            for at in range(2, len(key) - 1):
                first, second = key[:at], key[at:]
                if first in plain and first[-1] not in JOINS_NOT:
                    joined_seconds[second] += 1
                    joined_firsts[first] += 1
    return (
        {
            part
            for part, count in firsts.items()
            if len(part) > 1
            and part not in INFLECTIONS
            and count >= max(_FIRST_PARTS, _FIRST_RATIO * joined_firsts[part])
        },
        {
            part
            for part, count in seconds.items()
            if len(part) > 1
            and part not in INFLECTIONS
            and count >= max(_SECOND_PARTS, _SECOND_RATIO * joined_seconds[part])
        },
    )


if __name__ == "__main__":
    sys.exit(main())
