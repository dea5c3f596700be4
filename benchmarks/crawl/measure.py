"""Run a command once and say what it cost: wall and CPU seconds with all its children, peak memory."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one run cost."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    """The largest sum of the resident memory (PSS: shared pages counted once) of the process and its children."""
    output: str


def run(command: list[str], *, cwd: Path, environment: dict[str, str] | None = None) -> Cost:
    """Run to the end; ``SystemExit`` with its output when it fails."""
    began = time.monotonic()
    before = os.times()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        # Compiled modules are kept, as on anyone's machine: else each run of ours would compile anew.
        env={**_ENVIRONMENT, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process, peak), daemon=True)
    watcher.start()
    output, _ = process.communicate()
    wall = time.monotonic() - began
    after = os.times()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{output[-3000:]}")
    cpu = (after.children_user - before.children_user) + (after.children_system - before.children_system)
    return Cost(wall_s=wall, cpu_s=cpu, peak_mb=peak[0], output=output)


def _watch(process: subprocess.Popen[str], peak: list[float]) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(_memory_mb(pid) for pid in _family(process.pid)))
        time.sleep(0.25)


def _family(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:
                continue
    return found


def _memory_mb(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except (OSError, ValueError):
        pass
    return 0.0
