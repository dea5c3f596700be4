"""The processes that read WARC files for a rebuild: when they are started, and that they end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from samples.copies import wait_until
from samples.small_archive import FOLDING, Made

from archive.rebuild import workers
from archive.rebuild.files import in_order, local_files
from archive.rebuild.workers import parts_of

# Reads until a part comes from another process, says so, and waits to be killed.
PROGRAM = """
import sys
from pathlib import Path
from archive.rebuild import Folding
from archive.rebuild.files import in_order, local_files
from archive.rebuild.workers import parts_of
from pipelines import fold_text, index_text

if __name__ == "__main__":
    files, _ = in_order(list(local_files(Path(sys.argv[1]) / "warc")))
    folding = Folding(article=index_text, text=fold_text)
    for _ in parts_of(files * 10_000, folding, workers=2, stretch_bytes=500):
        children = Path("/proc/self/task").joinpath(str(__import__("os").getpid()), "children").read_text()
        if len(children.split()) >= 3:  # with the one that multiprocessing keeps for itself
            print(children, flush=True)
            sys.stdin.read()
else:
    raise SystemExit("a process that reads needs nothing of the program")
"""


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    made = Made(tmp_path / "a")
    made.crawl(6)
    return made.path


def test_processes_end_with_the_one_that_writes_however_it_ends(filled: Path, tmp_path: Path) -> None:
    # A file of its own, as the installed `mandegar` is one.
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    root = Path(__file__).resolve().parents[2]
    running = subprocess.Popen(
        [sys.executable, str(program), str(filled)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert running.stdout is not None
    try:
        children = [int(number) for number in running.stdout.readline().split()]
        assert len(children) >= 3
    finally:
        running.kill()
        running.communicate()
    wait_until(lambda: not any(Path(f"/proc/{number}").exists() for number in children))


def test_none_is_started_for_a_small_archive(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "ProcessPoolExecutor", None)
    files, _ = in_order(list(local_files(filled / "warc")))
    parts = list(parts_of(files, FOLDING, workers=2, worth_s=3.0, stretch_bytes=2_000))
    assert sum(part.records for _, _, part in parts) > 6 * 3
    with pytest.raises(TypeError):
        list(parts_of(files, FOLDING, workers=2))
