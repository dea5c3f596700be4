"""Crawls as a person starts them: ``python -m desk … crawl`` in a process of its own (``ready_python``).

Twisted's reactor cannot be started twice, and what is to be shown (signals, exit codes, what is on standard
error, a kill) belongs to a process anyway.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fastwarc
from servers.ready_python import Forked
from warcio.archiveiterator import ArchiveIterator

from archive.warc import verify_warc

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 90
"""How long anything is waited for: many times what it takes on a machine busy with other tests."""


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def crawl(self) -> dict[str, Any]:
        """The crawl that ``--json`` printed."""
        result: dict[str, Any] = json.loads(self.stdout)
        return result

    @property
    def failures(self) -> dict[str, int]:
        return dict(self.crawl["failures"])

    @property
    def message(self) -> str:
        """What stood on standard error, as one line: terminals wrap it."""
        return " ".join(self.stderr.split())


class Running:
    """A process at work."""

    def __init__(
        self,
        archive: Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        max_file_bytes: int | None = None,
        program: tuple[str, ...] = ("-m", "desk"),
        inside: tuple[str, ...] = (),
    ) -> None:
        """Start it; ``inside`` is what the command begins with (``servers/small_disk.py``)."""

        clean = {name: value for name, value in os.environ.items() if not name.startswith("MANDEGAR_")}
        whole = {**clean, **(environment or {})}
        self.archive = archive
        given = ["--archive", str(archive), *arguments]
        self.process: Forked | subprocess.Popen[str]
        if not inside:
            self.process = Forked(program, given, whole, max_file_bytes)
            return
        self.process = subprocess.Popen(
            [*inside, sys.executable, *program, *given],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=whole,
            start_new_session=True,
        )

    def send(self, number: signal.Signals) -> None:
        """Send a signal: SIGINT as a terminal does on Ctrl-C, to every process of the crawl; others to it."""
        if number is signal.SIGINT:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)

    def kill_all(self) -> None:
        """Kill the process and all that it started, as far as they live."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def end(self) -> Ended:
        """Wait for the end."""
        try:
            stdout, stderr = self.process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            stdout, stderr = self.process.communicate()
            raise AssertionError(f"still running after {PATIENCE_S} s\n{stdout}\n{stderr}") from None
        return Ended(self.process.returncode, stdout, stderr)

    def wait_for_rows(self, query: str, at_least: int) -> None:
        """Wait until a query of the catalogue counts so many."""

        def enough() -> bool:
            path = self.archive / "catalogue.sqlite"
            if not path.exists():
                return False
            with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as reading:
                try:
                    return bool(reading.execute(query).fetchone()[0] >= at_least)
                except sqlite3.OperationalError:
                    # It is being made this very moment.
                    return False

        self.wait_until(enough)

    def wait_until(self, true: Callable[[], bool]) -> None:
        """Wait until something is so, or the process is over."""
        until = time.monotonic() + PATIENCE_S
        while not true():
            if self.process.poll() is not None:
                ended = self.end()
                raise AssertionError(f"over before that: {ended}")
            assert time.monotonic() < until, "waited in vain"
            time.sleep(0.01)


@contextlib.contextmanager
def crawling(
    archive: Path, url: str, *options: str, delay: str | None = "0", **how: Any
) -> Iterator[Running]:
    """Start a crawl; it is killed when the block ends and it still runs."""
    pace = () if delay is None else ("--delay", delay)
    # One reader: starting a second costs more than these small sites give it to do.
    # What failed is tried again at once.
    quick = ("-s", "MANDEGAR_READERS=1", "-s", "MANDEGAR_RETRY_FIRST_S=0.02")
    running = Running(archive, "crawl", url, "--json", *quick, *pace, *options, **how)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
        running.process.communicate()


def crawl(archive: Path, url: str, *options: str, delay: str | None = "0", **how: Any) -> Ended:
    """Crawl from beginning to end."""
    with crawling(archive, url, *options, delay=delay, **how) as running:
        return running.end()


def mandegar(archive: Path, *arguments: str, **how: Any) -> Ended:
    """Run another command."""
    return Running(archive, *arguments, **how).end()


def warc_files(archive: Path) -> list[Path]:
    return sorted((archive / "warc").rglob("*.warc.gz"))


@dataclass(frozen=True)
class StoredRecord:
    """A WARC record as fastwarc reads it."""

    kind: str
    url: str
    headers: dict[str, str]
    block: bytes


def stored_records(archive: Path) -> Iterator[StoredRecord]:
    """Read every record with a reader that is not ours."""
    for path in warc_files(archive):
        with path.open("rb") as file:
            for record in fastwarc.ArchiveIterator(file, parse_http=False):
                headers = dict(record.headers)
                yield StoredRecord(
                    headers["WARC-Type"], headers.get("WARC-Target-URI", ""), headers, record.reader.read()
                )


def assert_whole(archive: Path) -> None:
    """Every WARC file is closed and clean: for our own check, for warcio and for fastwarc."""
    assert not list((archive / "warc").rglob("*.open"))
    assert warc_files(archive)
    for path in warc_files(archive):
        assert list(verify_warc(path)) == []
        with path.open("rb") as file:
            ours = 0
            for record in ArchiveIterator(file, check_digests="raise"):
                record.content_stream().read()
                ours += 1
        with path.open("rb") as file:
            others = sum(
                record.verify_block_digest() for record in fastwarc.ArchiveIterator(file, parse_http=False)
            )
        assert ours == others > 0


def assert_plain(ended: Ended) -> None:
    """Check that a person is told in words, not shown our stack."""
    for text in (ended.stdout, ended.stderr):
        assert "Traceback" not in text
        assert "Warning" not in text
