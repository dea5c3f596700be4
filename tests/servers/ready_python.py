"""Processes of ``python -m desk`` that start at once: forked from one that has imported it already.

A start of the command line costs a second or two of imports, and the suite makes hundreds. What is started
here is a process like any other (a session of its own, its own signals, exit code, standard error, memory),
but for the imports, which it finds done. ``tests/desk/test_cli.py`` starts the program itself, too.

This module is both ends: the tests' (:class:`Forked`), and, as a program, the process that forks.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import resource
import runpy
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
_LONGEST = 1 << 20
# Read by our own code after its start; whatever else differs is there from the beginning (a preloaded
# library, a path of modules), in a forking process of its own.
_READ_LATER = ("MANDEGAR_", "TORTURE_", "AWS_")
_IMPORTED = (
    *("desk.cli.crawl", "desk.cli.reading", "desk.cli.rebuild", "desk.cli.reprocess", "desk.cli.status"),
    *("desk.cli.copies", "desk.cli.sources", "desk.cli.verify", "desk.cli.prove", "archive.rebuild.job"),
    *("spiders.news", "crawler.frontier", "crawler.robots", "crawler.politeness", "crawler.extension"),
    *("crawler.pipeline", "crawler.handler", "crawler.rereading", "archive.catalogue.migrate"),
    # What these import when they are first used.
    *("typer._adapters", "alembic.command", "mako.exceptions", "sqlalchemy.ext.compiler", "uvloop"),
    *(
        "scrapy.core.downloader.handlers.http11",
        "scrapy.statscollectors",
        "scrapy.core.downloader.contextfactory",
    ),
    *("twisted.web.client", "twisted.internet.stdio", "spiders.nl_zamaneh"),
)


# --- the tests' end


class Forked:
    """A process of ours, with what tests use of ``subprocess.Popen``."""

    def __init__(
        self,
        program: tuple[str, ...],
        arguments: list[str],
        environment: Mapping[str, str],
        max_file_bytes: int | None = None,
    ) -> None:
        """Start ``program`` (``-m`` and a module) with arguments and exactly this environment."""
        stdout, theirs_out = os.pipe()
        stderr, theirs_err = os.pipe()
        ended, theirs_end = os.pipe()
        try:
            order = {
                "module": program[1],
                "arguments": arguments,
                "environment": dict(environment),
                "max_file_bytes": max_file_bytes,
            }
            self.pid = _forker(environment).fork(order, [theirs_out, theirs_err, theirs_end])
        except BaseException:
            for one in (stdout, stderr, ended):
                os.close(one)
            raise
        finally:
            for one in (theirs_out, theirs_err, theirs_end):
                os.close(one)
        self.returncode: int | None = None
        self.stdout: IO[str] = os.fdopen(stdout, encoding="utf-8")
        self.stderr: IO[str] = os.fdopen(stderr, encoding="utf-8")
        self._ended = ended
        self._lock = threading.Lock()
        self._readers: list[_Reader] = []

    def poll(self) -> int | None:
        """Return the exit code, minus the signal that ended it, or ``None`` while it runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit code; ``TimeoutExpired`` when it runs longer."""
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            left = None if until is None else until - time.monotonic()
            code = self._look(0.5 if left is None else max(0.0, min(left, 0.5)))
            if code is not None:
                return code
            if left is not None and left <= 0:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)

    def _look(self, seconds: float) -> int | None:
        with self._lock:
            if self.returncode is None and select.select([self._ended], [], [], seconds)[0]:
                told = os.read(self._ended, 16)
                os.close(self._ended)
                if not told:
                    raise RuntimeError("the forking process ended before what it forked")
                self.returncode = int(told)
            return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it is over."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Read both outputs to their ends, then wait; after ``TimeoutExpired`` it may be called again."""
        until = None if timeout is None else time.monotonic() + timeout
        if not self._readers:
            self._readers = [_Reader(stream) for stream in (self.stdout, self.stderr)]
        for reader in self._readers:
            reader.join(None if until is None else max(0.0, until - time.monotonic()))
            if reader.is_alive():
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        self.wait(None if until is None else max(0.0, until - time.monotonic()))
        out, err = (reader.text for reader in self._readers)
        return out, err


class _Reader(threading.Thread):
    """Reads a stream to its end, and closes it."""

    def __init__(self, stream: IO[str]) -> None:
        super().__init__(daemon=True)
        self.text = ""
        self._stream = stream
        self.start()

    def run(self) -> None:
        # Who read it before may have closed it.
        if not self._stream.closed:
            self.text = self._stream.read()
            self._stream.close()


class _Forker:
    """The process that forks, for one environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.servers.ready_python", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                # Pipes, as its children have: Python looks once what its outputs are.
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=ROOT,
                env=dict(environment),
                start_new_session=True,
            )
        atexit.register(self.end)

    def fork(self, order: Mapping[str, Any], descriptors: list[int]) -> int:
        with self._lock:
            socket.send_fds(self._ours, [json.dumps(order).encode()], descriptors)
            answer = self._ours.recv(64)
        if not answer:
            raise RuntimeError(f"the forking process ended: {self._process.communicate(timeout=10)}")
        return int(answer)

    def end(self) -> None:
        self._ours.close()
        self._process.communicate(timeout=10)


_forkers: dict[frozenset[tuple[str, str]], _Forker] = {}


def _forker(environment: Mapping[str, str]) -> _Forker:
    early = {name: value for name, value in environment.items() if not name.startswith(_READ_LATER)}
    # pytest tells each test in it.
    early.pop("PYTEST_CURRENT_TEST", None)
    key = frozenset(early.items())
    if key not in _forkers:
        _forkers[key] = _Forker(early)
    return _forkers[key]


# --- the other end


class _Child:
    """In a process that was just forked: what it shall run."""

    def __init__(self, order: dict[str, Any], descriptors: list[int]) -> None:
        out, err, ended = descriptors
        os.setsid()
        os.dup2(out, 1)
        os.dup2(err, 2)
        for one in (out, err, ended):
            os.close(one)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for name in [*os.environ]:
            if name not in order["environment"]:
                del os.environ[name]
        os.environ.update(order["environment"])
        if (limit := order["max_file_bytes"]) is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        if "LD_PRELOAD" in os.environ:
            # tests/torture/shim.c does it when a program is loaded; this one was, long ago.
            begin = getattr(ctypes.CDLL(os.environ["LD_PRELOAD"]), "torture_begin", None)
            if begin is not None:
                begin()
                os.environ["TORTURE_MAIN"] = "1"
        self._module = order["module"]
        sys.argv = [self._module, *order["arguments"]]

    def run(self) -> None:
        runpy.run_module(self._module, run_name="__main__", alter_sys=True)


def _serve(ours: socket.socket) -> _Child | None:
    """Fork on demand until the other end is closed (``None``); in each child, return what it shall run."""
    running: dict[int, int] = {}
    awake, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(awake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    with selectors.DefaultSelector() as waiting:
        waiting.register(ours, selectors.EVENT_READ)
        waiting.register(awake, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in waiting.select()}
            if awake in ready:
                os.read(awake, 1024)
            _reap(running)
            if ours not in ready:
                continue
            message, descriptors, _, _ = socket.recv_fds(ours, _LONGEST, 3)
            if not message:
                return None
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                for one in (awake, wake, *running.values()):
                    os.close(one)
                ours.close()
                waiting.close()
                return _Child(json.loads(message), descriptors)
            running[pid] = descriptors[2]
            for one in descriptors[:2]:
                os.close(one)
            ours.send(str(pid).encode())


def _reap(running: dict[int, int]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        told = running.pop(pid)
        # Nobody may be there any more to be told.
        with contextlib.suppress(BrokenPipeError):
            os.write(told, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(told)


def _prepare() -> None:
    from desk.cli import app  # noqa: F401 - its commands are imported one by one

    for module in _IMPORTED:
        importlib.import_module(module)
    if "twisted.internet.reactor" in sys.modules:
        raise RuntimeError("a reactor is chosen: what is forked could not choose its own")
    gc.collect()
    gc.freeze()


def _main() -> None:
    ours = socket.socket(fileno=int(sys.argv[1]))
    _prepare()
    child = _serve(ours)
    if child is not None:
        child.run()


if __name__ == "__main__":
    _main()
