"""A crawl whose process was killed is not said to run."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len
from samples.shelf import shelf
from servers.desk_server import running_desk

from archive import Archive
from desk.cli import main
from desk.cli.crawl import next_lines
from model import CrawlState, Source

BEGIN = """
import os, pathlib, signal, sys
from archive import Archive
archive = Archive.open(pathlib.Path(sys.argv[1]), exclusive=True)
archive.start_crawl("a")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_crawl_is_said_to_be_interrupted_with_what_goes_on_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "archive"
    with shelf(path, Source(name="a", origin="http://a.example/")):
        pass
    killed = subprocess.run([sys.executable, "-c", BEGIN, str(path)], check=False, timeout=30)
    assert killed.returncode == -signal.SIGKILL
    with Archive.open(path) as opened:
        newest = opened.catalogue.crawls("a", limit=1)[0]
        assert newest.state is CrawlState.RUNNING
    monkeypatch.setattr(sys, "argv", ["mandegar", "--archive", str(path), "status"])
    with pytest.raises(SystemExit):
        main()
    out = capsys.readouterr().out
    assert "running" not in out
    assert "a  interrupted" in out
    assert "its process is gone; `mandegar crawl a` goes on with it" in out
    with running_desk(path) as desk:
        for page in ("/", "/sources", "/sources/a", f"/crawls/{newest.id}"):
            assert "running" not in desk.get(page).text, page
        assert "`mandegar crawl a` goes on with it" in desk.get(f"/crawls/{newest.id}").text


def test_a_crawl_at_work_is_said_to_run(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    with shelf(path, Source(name="a", origin="http://a.example/")):
        pass
    with Archive.open(path, exclusive=True) as opened:
        opened.start_crawl("a")
        with running_desk(path) as desk:
            assert 'class="state-running"' in desk.get("/").text


def test_what_to_type_next_fits_a_narrow_terminal() -> None:
    title = "شهر " * 40
    for folder in ("", f"--archive {'x' * 30} "):
        lines = next_lines([(f"mandegar {folder}serve", "the archive"), (f"mandegar {folder}show 12", title)])
        assert all(cell_len(line) <= 80 for line in lines), lines
        assert "…" in lines[-1]
