"""No regular expression of the project takes more than linear time, whatever text it is given.

Every ``re.compile`` of the packages is seen when they are imported, every ``re.search("…")`` in a function
by its syntax tree. Against each stand texts made out of it: rows of what its repetitions take, of its
beginnings, and of common letters, with an end that does not fit. A text four times as long may take some four
times as long.

Run as a program this file prints what it found, as JSON; the test does so in a process with a limit of its
own, for a pattern that explodes must fail and not hang.
"""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from re import _constants as op  # type: ignore[attr-defined]  # untyped, and the parser's own
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

ROOT = Path(__file__).parent.parent
PACKAGES = ("model", "archive", "pipelines", "spiders", "crawler", "desk")
METHODS = frozenset(("search", "match", "fullmatch", "findall", "finditer", "sub", "subn", "split"))
SHORT, LONG = 4_000, 16_000
SUSPICIOUS_S = 0.004
"""A linear search of 4,000 letters takes a tenth of this, a quadratic one ten times as much."""
STEEP = 11.0
"""Linear is 4, quadratic 16."""
ROWS = (" ", "\n", "a", "1", "ب", "-", ".", "/", ",", "<", "\u200c", "A")
CPU_S = 60

BOUNDED = {
    # dates.MAX_LETTERS: what is longer is no date
    **dict.fromkeys(("pipelines.clock", "pipelines.date_mentions", "pipelines.number_words"), 200),
    **dict.fromkeys(("pipelines.relative_dates", "pipelines.time_zones"), 200),
    # bylines.MAX_LINE
    "pipelines.comments.bylines": 130,
    # totals.MAX_HEADING, twice for what stands around a heading; dates of bylines and MAX_RAW are shorter
    **{f"pipelines.comments.words.{name}": 600 for name in ("HEADING", "_BEFORE", "_AFTER", "_PUBLISHED")},
    **{f"pipelines.comments.words.{name}": 600 for name in ("WAITING", "REFUSED", "DATE")},
    # Fifty escapes: css._MOST_ESCAPES
    "desk.web.css._BARE_STRING": 100,
    # standing._count
    "pipelines.comments.standing._NUMBER": 60,
}
"""Letters that the callers of a module's patterns, or of one, give it at most: it may take quadratic time."""
BOUNDED_S = 0.1
"""For such a text; the slowest takes a tenth."""
BUILT = ("crawler.robots", "desk.cli.wording")
"""Modules that build a pattern anew for a text of their own (our agent's name, our own error messages)."""


@dataclass(slots=True)
class Found:
    """One pattern, and by which methods it is used."""

    place: str
    pattern: str | bytes
    flags: int
    methods: set[str] = field(default_factory=set)
    name: str = ""


def compiled() -> list[Found]:
    """Import all modules and return what they compile, in the order of their places."""
    seen: dict[tuple[str, int, str | bytes], Found] = {}
    real = re.compile

    def compile_(pattern: Any, flags: Any = 0) -> Any:  # Any: as in re
        frame = sys._getframe(1)
        while frame.f_code.co_filename == __file__ and frame.f_back:
            frame = frame.f_back
        name = frame.f_globals.get("__name__", "")
        made = real(pattern, flags)
        if name.partition(".")[0] in PACKAGES:
            key = (name, frame.f_lineno, made.pattern)
            seen[key] = Found(f"{name}:{frame.f_lineno}", made.pattern, made.flags)
        return made

    re.compile = compile_  # type: ignore[assignment]
    for package in PACKAGES:
        top = importlib.import_module(package)
        for module in pkgutil.walk_packages(top.__path__, f"{package}."):
            if not module.name.endswith("__main__") and ".versions." not in module.name:
                try:
                    importlib.import_module(module.name)
                except Exception:
                    if "migrations" not in module.name:
                        raise
    re.compile = real
    trees = dict(sources())
    used = usages(trees)
    for (name, line, _), found in seen.items():
        found.name = f"{name}.{assigned(trees[name], line)}"
        found.methods = used.get((name, assigned(trees[name], line)), set()) or {"search"}
    written = (one for name, tree in trees.items() for one in inline(name, tree))
    return sorted((*seen.values(), *written), key=lambda one: one.place)


def sources() -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            yield name, ast.parse(path.read_text("utf-8"))


def assigned(tree: ast.Module, line: int) -> str:
    """Return the name that a statement of the module gives what it compiles."""
    for node in tree.body:
        if node.lineno <= line <= (node.end_lineno or node.lineno) and isinstance(
            node, (ast.Assign, ast.AnnAssign)
        ):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            # NAME = re.compile(…) or NAME = re.compile(…).search; in anything larger it has no name.
            if isinstance(target, ast.Name) and isinstance(node.value, (ast.Call, ast.Attribute)):
                return target.id
    return ""


def usages(trees: dict[str, ast.Module]) -> dict[tuple[str, str], set[str]]:
    """Return by which methods a named pattern is used; one used otherwise has «search» among them."""
    used: dict[tuple[str, str], set[str]] = {}
    for name, tree in trees.items():
        homes = {
            alias.asname or alias.name: node.module
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }
        methods = {
            id(node.value): node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and node.attr in METHODS and isinstance(node.value, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                home = homes.get(node.id, name)
                used.setdefault((home, node.id), set()).add(methods.get(id(node), "search"))
    return used


def inline(name: str, tree: ast.Module) -> Iterator[Found]:
    """Yield what ``re.search("…", text)`` and the like hold."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in METHODS
        ):
            first = node.args[0]
            if isinstance(first, ast.JoinedStr) and name in BUILT:
                continue
            if not isinstance(first, ast.Constant):
                raise TypeError(f"{name}:{node.lineno}: compile this pattern at the head of its module")
            yield Found(f"{name}:{node.lineno}", first.value, 0, {node.func.attr})


# --- texts against a pattern


def sample(items: Any, turn: int = 0) -> str:
    """Return a text that the items of a parsed pattern may take; ``turn`` chooses among alternatives."""
    return "".join(_sample(code, value, turn) for code, value in items)


def _sample(code: Any, value: Any, turn: int) -> str:
    if code is op.LITERAL:
        return chr(value)
    if code is op.NOT_LITERAL:
        return "a" if value != ord("a") else "b"
    if code is op.ANY:
        return "a"
    if code is op.IN:
        return _member(value, turn)
    if code is op.BRANCH:
        return sample(value[1][turn % len(value[1])], turn)
    if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        return sample(value[2], turn) * max(value[0], 1)
    if code is op.SUBPATTERN:
        return sample(value[3], turn)
    if code is op.ATOMIC_GROUP:
        return sample(value, turn)
    return ""  # an assertion


_OF = {
    op.CATEGORY_DIGIT: "1",
    op.CATEGORY_SPACE: " ",
    op.CATEGORY_WORD: "a",
    op.CATEGORY_NOT_DIGIT: "a",
    op.CATEGORY_NOT_SPACE: "a",
    op.CATEGORY_NOT_WORD: "-",
}


def _member(members: Any, turn: int) -> str:
    if members[0][0] is op.NEGATE:
        wanted = re.compile(f"[^{''.join(map(_written, members[1:]))}]")
        return next((letter for letter in "a1 ب-.<\n\x00é" if wanted.match(letter)), "\u2603")
    code, value = members[turn % len(members)]
    return _OF[value] if code is op.CATEGORY else chr(value[0] if code is op.RANGE else value)


def _written(member: Any) -> str:
    code, value = member
    if code is op.CATEGORY:
        return {"1": r"\d", " ": r"\s", "a": r"\w"}.get(_OF[value], "") if "NOT" not in str(value) else ""
    if code is op.RANGE:
        return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
    return re.escape(chr(value))


def rows(items: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """Yield (beginning, row): what repetitions of a parsed pattern take over and over, and its beginnings."""
    for at, (code, value) in enumerate(items):
        head = before + sample(items[:at])
        if head:
            yield "", head
        if code in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
            if value[1] > 8:
                for turn in range(3):
                    yield head, sample(value[2], turn)
                yield from ((head, letter) for letter in ROWS)
                # What follows the repetition, over and over: «a.*b.*c» against «abababab».
                yield "", head + sample(value[2]) + sample(items[at + 1 : at + 2])
            yield from rows(value[2], head)
        elif code is op.SUBPATTERN:
            yield from rows(value[3], head)
        elif code is op.ATOMIC_GROUP:
            yield from rows(value, head)
        elif code is op.BRANCH:
            for one in (value[1][0], value[1][-1], *(one for one in value[1] if _repeats(one))):
                yield from rows(one, head)


def _repeats(items: Any) -> bool:
    return any("REPEAT" in str(code) or code in (op.SUBPATTERN, op.BRANCH) for code, _ in items)


class TooLongError(Exception):
    """An attack took longer than it may."""


def seconds(found: Found, method: str, beginning: str, row: str, length: int) -> float:
    text: str | bytes = beginning + row * (length // len(row)) + "\x00!"
    if isinstance(found.pattern, bytes):
        text = text.encode("utf-8")
    pattern = re.compile(found.pattern, found.flags)  # type: ignore[call-overload]
    work = getattr(pattern, method if method in ("search", "match", "fullmatch") else "findall")
    signal.setitimer(signal.ITIMER_PROF, 1)
    started = time.process_time()
    try:
        work(text)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return time.process_time() - started


def steep(found: Found) -> tuple[str, str, str, float] | None:
    """Return (method, beginning, row, how many times as long) of a text that takes too long, or ``None``."""
    texts = dict.fromkeys(
        (*(("", letter) for letter in ROWS), *rows(parser.parse(found.pattern, found.flags)))
    )
    for method in sorted(found.methods):
        for beginning, row in texts:
            if not row:
                continue
            try:
                if bound := BOUNDED.get(found.name) or BOUNDED.get(found.place.partition(":")[0]):
                    if (took := seconds(found, method, beginning, row, bound)) > BOUNDED_S:
                        return method, beginning, row, took
                    continue
                if seconds(found, method, beginning, row, SHORT) < SUSPICIOUS_S:
                    continue
                short = min(seconds(found, method, beginning, row, SHORT) for _ in range(3))
                long = min(seconds(found, method, beginning, row, LONG) for _ in range(3))
            except TooLongError:
                return method, beginning, row, float("inf")
            if short >= SUSPICIOUS_S / 2 and long / short > STEEP:
                return method, beginning, row, long / short
    return None


def attack() -> None:
    def stop(*_: object) -> None:
        raise TooLongError

    signal.signal(signal.SIGPROF, stop)
    patterns = compiled()
    slow = [(one.place, str(one.pattern), *told) for one in patterns if (told := steep(one))]
    json.dump({"patterns": len(patterns), "slow": slow, "cpu_s": time.process_time()}, sys.stdout)


def test_no_pattern_takes_more_than_linear_time() -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))

    ended = subprocess.run(
        [sys.executable, __file__],
        capture_output=True,
        check=False,
        preexec_fn=limit,
        cwd=ROOT,
    )
    assert ended.returncode == 0, ended.stderr.decode()[-2000:]
    told = json.loads(ended.stdout)
    assert told["patterns"] > 300  # 350 when this was written
    assert told["slow"] == []


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    attack()
