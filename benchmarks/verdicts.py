"""Recall on real block pages and false alarms on real articles, of the detector alone and of the whole verdict.

    python benchmarks/verdicts.py DATA_FOLDER [--rows] [--least-recall 0.9] [--most-false 0]

DATA_FOLDER holds ``blocking/block-pages/*.html`` (Citizen Lab's; every one a censor's) and ``extraction/`` with
``article-extraction-benchmark/html`` and ``wcxb-sample/html`` (none a censor's). The Persian articles that quote
block pages are ``tests/samples/filtering_articles.txt``, each in five markups; OONI's scenarios are
``tests/samples/ooni_scenarios.py`` (surveys of ours, so the agreement is of rules, not of measurements).

«looks alone»: short, no article, and it matches. The verdict is of a survey in which the page came over plain http:
«control»: another network got an article there; «anomaly»: no control, but the name led to a forged answer first;
«alone»: neither, in which case nothing may be called blocked. For benign pages the control got the same page
(«same»), or, as unkindly as can be, another page of the world («unkind»: the worst a control can do short of lying),
and «anomaly» as above; what is counted is ``blocked_block_page`` or any rule that takes the page for one.

Phrases were written from what notices say, not from these pages, but what was missed in either half was looked at, so
neither is held out: pages never seen may score lower. Signatures are Censored Planet's, some made from such pages.
Exit status 1 below the least recall or above the most false alarms.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import time
from collections.abc import Callable
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(_ROOT), str(_ROOT / "tests")]

from samples.censored import article  # noqa: E402
from samples.filtering_articles import pages  # noqa: E402
from samples.ooni_scenarios import SCENARIOS, reading  # noqa: E402
from samples.surveys import control, seen, survey  # noqa: E402

from model import Answer, ConnectionKind, DnsReply, Survey  # noqa: E402
from pipelines.verdicts import judge_connection, looks_like_block_page  # noqa: E402

FORGED = (
    DnsReply(server="192.0.2.53:53", family="A", rcode="NOERROR", addresses=("10.10.34.34",), after_ms=3),
    DnsReply(server="192.0.2.53:53", family="A", rcode="NOERROR", addresses=("198.51.100.7",), after_ms=40),
)
HOST = "news.example"


def answer(body: bytes) -> Answer:
    return Answer(status=200, body=body[: 128 * 1024], body_length=len(body))


def beside(body: bytes, theirs: bytes | None) -> Survey:
    probes = [seen(status=200, body=body)]
    if theirs is not None:
        probes.append(control(seen(status=200, body=theirs)))
    return survey(*probes)


def over_forgery(body: bytes) -> Survey:
    return survey(
        seen(
            status=200,
            body=body,
            replies=FORGED,
            addresses=("10.10.34.34", "198.51.100.7"),
            closed=("10.10.34.34",),
        )
    )


def takes_for_block_page(look: Survey) -> bool:
    """Say whether any scored or masked rule of the verdict calls the page a censor's."""
    verdict = judge_connection(look)
    rules = {"http.block_page", "http.differs_short"}
    return verdict.kind is ConnectionKind.BLOCKED_BLOCK_PAGE or any(
        hit.rule in rules for hit in verdict.rules
    )


def is_blocked(look: Survey) -> bool:
    return judge_connection(look).kind.is_blocked


def read(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows", action="store_true", help="name every page that is missed or a false alarm")
    parser.add_argument("--least-recall", type=float, default=0.9)
    parser.add_argument("--most-false", type=int, default=0)
    told = parser.parse_args()
    blocks = sorted((told.data / "blocking" / "block-pages").glob("*.html"))
    if not blocks:
        print(f"missing: {told.data}/blocking/block-pages/*.html (Citizen Lab's filtering-annotations)")
        return 2
    ours = article()
    bodies = {path.name: read(path) for path in blocks}
    began = time.process_time()
    ways: dict[str, Callable[[bytes], bool]] = {
        "looks alone": lambda body: looks_like_block_page(answer(body), HOST),
        "verdict, control": lambda body: is_blocked(beside(body, ours)),
        "rule, anomaly": lambda body: takes_for_block_page(over_forgery(body)),
    }
    print(f"| {len(bodies)} block pages | found | recall | every second | the others |")
    print("|---|--:|--:|--:|--:|")
    recall = 0.0
    for way, found_by in ways.items():
        found = {name: found_by(body) for name, body in bodies.items()}
        halves = [list(found.values())[start::2] for start in (0, 1)]
        shares = " | ".join(f"{sum(half)}/{len(half)}" for half in halves)
        share = sum(found.values()) / len(found)
        recall = share if way == "verdict, control" else recall
        print(f"| {way} | {sum(found.values())} | {share:.3f} | {shares} |")
        if told.rows:
            print("\n".join(f"    missed: {name}" for name, one in found.items() if not one))
    alone = sum(is_blocked(beside(body, None)) for body in bodies.values())
    print(f"| called blocked with nothing beside it (0 wanted) | {alone} | | | |")
    print(f"\nCPU: {(time.process_time() - began) / (4 * len(bodies)) * 1000:.1f} ms a verdict\n")

    false = alone
    print("| benign pages | number | looks alone | same at the control | unkind control | anomaly below |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, benign in _benign(told.data).items():
        counts = []
        for way, found_by in {
            "looks alone": lambda body: looks_like_block_page(answer(body), HOST),
            "same": lambda body: is_blocked(beside(body, body)),
            "unkind": lambda body: is_blocked(beside(body, ours)),
            "anomaly": lambda body: takes_for_block_page(over_forgery(body)),
        }.items():
            wrong = [key for key, body in benign.items() if found_by(body)]
            counts.append(len(wrong))
            if told.rows:
                print("\n".join(f"    false ({way}): {key}" for key in wrong) or "    none")
        false += sum(counts)
        print(f"| {name} | {len(benign)} | " + " | ".join(map(str, counts)) + " |")
    agree = [reading(judge_connection(one.survey).kind) == one.theirs for one in SCENARIOS]
    print(f"\nOONI's scenarios, re-created by name: {sum(agree)} of {len(agree)} read alike")
    print(f"recall {recall:.3f}, false alarms {false}")
    return 0 if recall >= told.least_recall and false <= told.most_false else 1


def _benign(data: Path) -> dict[str, dict[str, bytes]]:
    sets = {"Persian articles that quote block pages, 5 markups": pages()}
    for folder in ("article-extraction-benchmark", "wcxb-sample"):
        found = sorted((data / "extraction" / folder / "html").glob("*.html*"))
        if found:
            sets[folder] = {path.name: read(path) for path in found}
        else:
            print(f"missing: {data}/extraction/{folder}/html", file=sys.stderr)
    return sets


if __name__ == "__main__":
    sys.exit(main())
