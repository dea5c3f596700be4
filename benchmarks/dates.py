"""Scores ``read_date`` beside the date libraries on the table of printed dates, ``tests/samples/dates.tsv``.

    python benchmarks/dates.py [--peer-python PYTHON] [--rows] [--json FILE]

Each row is a string, the moment of its capture and what it means, or that nothing may be returned. «right»
is the meaning to the minute (to the day where no time is printed); «None right» is nothing where nothing may
be returned; «silently wrong» is any other answer; «missed» is nothing where there is a meaning. The peers are
no dependencies of ours: ``--peer-python`` names an interpreter that has them (``uv venv peer && uv pip install
--python peer dateparser[calendars] jdatetime persiantools khayyam htmldate``); those it lacks are left out, and
without one only we are scored. What a peer can be told it is told: the reference and the languages to
dateparser, formats in turn to the ``strptime`` of the others. htmldate reads pages, so each string is put
in the date line of one, and only the day is asked of it; its oldest date is set to 1900.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(_ROOT), str(_ROOT / "tests")]

from samples.dates import PrintedDate, printed_dates  # noqa: E402

from pipelines import read_date  # noqa: E402 — the table lies beside the tests

_PEER = r"""
import importlib.metadata, json, sys, time, warnings
from datetime import UTC, datetime

warnings.simplefilter("ignore")
rows = json.load(sys.stdin)
fold = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩كيى", "01234567890123456789کیی", "\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069")
readers = {}

def reader(package, label):
    def keep(make):
        try:
            readers[f"{label} ({package} {importlib.metadata.version(package)})"] = make()
        except ImportError as missing:
            print(f"left out: {label}: {missing}", file=sys.stderr)
    return keep

@reader("dateparser", "parse")
def _():
    import dateparser
    def read(row):
        at = datetime.fromisoformat(row["reference"]).replace(tzinfo=None)
        told = [row["language"]] if row["language"] else ["fa", "ar", "en", "de", "fr", "tr"]
        return dateparser.parse(row["raw"], languages=told, settings={"RELATIVE_BASE": at, "REQUIRE_PARTS": ["day", "month"]})
    return read

@reader("dateparser", "JalaliCalendar")
def _():
    from dateparser.calendars.jalali import JalaliCalendar
    def read(row):
        found = JalaliCalendar(row["raw"]).get_date()
        return found and found["date_obj"]
    return read

@reader("dateparser", "HijriCalendar")
def _():
    from dateparser.calendars.hijri import HijriCalendar
    def read(row):
        found = HijriCalendar(row["raw"]).get_date()
        return found and found["date_obj"]
    return read

FORMATS = ["%A %d %B %Y", "%d %B %Y", "%A، %d %B %Y", "%Y/%m/%d", "%Y/%m/%d - %H:%M", "%Y-%m-%d", "%d %B %y",
           "%A %d %B %Y ساعت %H:%M", "%d %B %Y ساعت %H:%M", "%d %B %Y - %H:%M", "%Y-%m-%dT%H:%M:%S%z", "%d/%m/%Y"]

def in_turn(parse):
    def read(row):
        for raw in (row["raw"], row["raw"].translate(fold)):
            for shape in FORMATS:
                try:
                    return parse(raw, shape)
                except Exception:
                    continue
        return None
    return read

@reader("jdatetime", "strptime")
def _():
    import jdatetime
    jdatetime.set_locale("fa_IR")
    return in_turn(lambda raw, shape: jdatetime.datetime.strptime(raw, shape).togregorian())

@reader("persiantools", "strptime")
def _():
    from persiantools.jdatetime import JalaliDateTime
    return in_turn(lambda raw, shape: JalaliDateTime.strptime(raw, shape, locale="fa").to_gregorian())

@reader("khayyam", "strptime")
def _():
    from khayyam import JalaliDatetime
    return in_turn(lambda raw, shape: JalaliDatetime.strptime(raw, shape).todatetime())

@reader("htmldate", "find_date, day only")
def _():
    from htmldate import find_date
    def read(row):
        page = f"<html><body><article><h1>-</h1><p class=\"date\">{row['raw']}</p></article></body></html>"
        found = find_date(page, min_date="1900-01-01", max_date=row["reference"][:10], original_date=True)
        return found and datetime.fromisoformat(found)
    return read

answers = {}
for name, read in readers.items():
    found, began = [], time.process_time()
    for row in rows:
        try:
            moment = read(row)
        except Exception:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            try:
                moment = moment.astimezone(UTC).replace(tzinfo=None)
            except OverflowError:
                moment = moment.replace(tzinfo=None)
        found.append(moment and moment.isoformat())
    answers[name] = {"found": found, "seconds": time.process_time() - began}
print("\n" + json.dumps(answers))
"""


def main() -> int:
    """Score and print."""
    parser = argparse.ArgumentParser(description="Score read_date on the table of printed dates.")
    parser.add_argument("--peer-python", help="an interpreter with dateparser, jdatetime and others")
    parser.add_argument("--rows", action="store_true", help="print every row that a reader got wrong")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    options = parser.parse_args()
    table = printed_dates()
    runs = {"ours": _ours(table)}
    if options.peer_python:
        peer = Path(options.peer_python).absolute()
        if not peer.exists():
            parser.error(f"--peer-python: there is no {peer}")
        runs |= _peers(str(peer), table)
    else:
        print("no --peer-python: only ours is scored in this run", file=sys.stderr)
    refused = sum(row.meaning is None for row in table)
    print(f"{len(table)} strings: {len(table) - refused} with a meaning, {refused} with none")
    print(
        f"{'':44} {'right':>6} {'missed':>7} {'None right':>11} {'all right':>10} {'silently wrong':>15} {'us each':>8}"
    )
    numbers: dict[str, dict[str, float]] = {}
    for name, (found, seconds) in runs.items():
        day_only = "day only" in name
        judged = [_judge(row, moment, day_only=day_only) for row, moment in zip(table, found, strict=True)]
        count = Counter(judged)
        right = count["right"] + count["None right"]
        print(
            f"{name:44} {count['right']:6} {count['missed']:7} {count['None right']:11} {right:10} "
            f"{count['silently wrong']:15} {seconds / len(table) * 1e6:8.0f}"
        )
        numbers[name] = {**count, "all right": right, "microseconds": seconds / len(table) * 1e6}
        if options.rows:
            for row, moment, verdict in zip(table, found, judged, strict=True):
                if verdict in {"silently wrong", "missed"}:
                    print(f"    {verdict}: {row.raw!r} means {row.meaning}, read as {moment}")
    if options.json:
        options.json.write_text(json.dumps(numbers, indent=1, ensure_ascii=False))
    return 0


def _judge(row: PrintedDate, found: datetime | None, *, day_only: bool) -> str:
    if found is None:
        return "None right" if row.meaning is None else "missed"
    if row.meaning is None:
        return "silently wrong"
    meant = row.meaning.replace(tzinfo=None)
    if day_only or row.precision in {"day", "week"}:
        # A peer that is told no time may answer with the hour of the reference.
        return "right" if found.date() == meant.date() else "silently wrong"
    return "right" if abs(found - meant) < timedelta(minutes=1) else "silently wrong"


def _ours(table: list[PrintedDate]) -> tuple[list[datetime | None], float]:
    found: list[datetime | None] = []
    began = time.process_time()
    for row in table:
        at = read_date(row.raw, reference=row.reference, language=row.language).at
        found.append(None if at is None else at.astimezone(UTC).replace(tzinfo=None))
    return found, time.process_time() - began


def _peers(python: str, table: list[PrintedDate]) -> dict[str, tuple[list[datetime | None], float]]:
    asked = json.dumps(
        [{"raw": row.raw, "language": row.language, "reference": row.reference.isoformat()} for row in table]
    )
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [python, "-c", _PEER], input=asked, stdout=subprocess.PIPE, text=True, check=True, cwd=folder
        )
    answers = json.loads(done.stdout.splitlines()[-1])
    return {
        name: (
            [datetime.fromisoformat(moment) if moment else None for moment in answer["found"]],
            answer["seconds"],
        )
        for name, answer in answers.items()
    }


if __name__ == "__main__":
    sys.exit(main())
