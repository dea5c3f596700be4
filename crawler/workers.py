"""Worker processes that run one function after another for an event loop, each behind a socket of its own.

Tasks and results are pickled, four bytes of length before each (big endian); a worker answers in the order
it was asked. It is given the next task while it still works on one, so that it never waits for the loop.
Each worker is watched by itself: a task that takes too long ends with its worker killed, a worker that dies
takes only its own task with it, and what it had not begun goes to another.

Not ``concurrent.futures``: its pool has two threads beside the loop that cost a fifth of the crawl's process
(measured), counts the time a task waits as time it runs, and throws every task away when one worker dies.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import os
import pickle
import resource
import signal
import socket
import subprocess
import sys
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

from model import ReadError

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

# Address space of a worker: libxml2 needs about 20 times a page's size, and 32 MB is the largest page.
WORKER_ADDRESS_SPACE = 4 << 30
# Tasks a worker holds: the one it works on, and those it takes next while the loop is busy elsewhere (a
# settlement may hold it for 50 ms; with 2 here the workers stood idle a quarter of the time).
_AHEAD = 8
# What the kernel keeps of them, so that they are there without the loop; it grants what it may.
_SOCKET_BUFFER = 1 << 20
# A task that killed its worker is tried once more, with a worker of its own; then it is given up.
_TRIES = 2
# How long a worker may take to start: it needs about a second; far more only on a machine that stands still.
_START_S = 60.0
# Workers in a row that did not come to start, before what they held is given up.
_STARTS = 3
# prctl(2): the signal this process gets when the thread that started it ends.
_PR_SET_PDEATHSIG = 1
_LENGTH = 4


@dataclass(slots=True, eq=False)
class _Task:
    """A task on its way: a pickled callable and the future of its result."""

    message: bytes
    # Any: whatever the callable returns.
    future: asyncio.Future[Any]
    tries: int = 0


class WorkerPool:
    """Runs picklable callables in ``workers`` processes, started when the first task comes.

    To be used from one event loop. ``timeout_s`` bounds how long one task may run, not how long it waits.
    """

    def __init__(self, *, workers: int, timeout_s: float) -> None:
        self._most = workers
        self._timeout_s = timeout_s
        self._workers: list[_Worker] = []
        self._waiting: deque[_Task] = deque()
        self._closed = False
        self._failed_starts = 0

    async def run(self, task: Callable[[], Result]) -> Result:
        """Run a task in a worker and return its result, or raise what it raised.

        ``ReadError`` when it takes longer than it may, or ends its worker twice.
        """
        # Any: the result of the pickled callable.
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Task(message=pickle.dumps(task, pickle.HIGHEST_PROTOCOL), future=future))
        self._hand_out()
        result: Result = await future
        return result

    def close(self) -> None:
        """End the workers at once; tasks that still wait are cancelled."""
        self._closed = True
        for worker in self._workers:
            worker.kill()
        for task in [*self._waiting, *(task for worker in self._workers for task in worker.held)]:
            task.future.cancel()
        self._waiting.clear()
        self._workers.clear()

    def _hand_out(self) -> None:
        while self._waiting and not self._closed:
            worker = min(self._workers, key=lambda one: len(one.held), default=None)
            if worker is None or (worker.held and len(self._workers) < self._most):
                worker = _Worker(self)
                self._workers.append(worker)
            elif len(worker.held) >= _AHEAD:
                return
            task = self._waiting.popleft()
            if not task.future.cancelled():
                worker.take(task, self._timeout_s)

    def answered(self, worker: _Worker) -> None:
        """Take note that a worker has room."""
        self._hand_out()

    def began(self) -> None:
        """Take note that workers do start."""
        self._failed_starts = 0

    def ended(self, worker: _Worker, *, why: str = "") -> None:
        """Take note that a worker is gone; ``why`` is empty when it died of itself."""
        if self._closed or worker not in self._workers:
            return
        self._workers.remove(worker)
        worker.kill()
        if not worker.began:
            # No task was begun, so none is to blame; but that no worker starts must not go on for ever.
            self._failed_starts += 1
            if self._failed_starts >= _STARTS:
                for task in worker.held:
                    if not task.future.done():
                        task.future.set_exception(ReadError("no process to read it in could be started"))
                worker.held.clear()
        elif worker.held:
            task = worker.held.popleft()
            task.tries += 1
            if why or task.tries >= _TRIES:
                if not task.future.done():
                    task.future.set_exception(ReadError(why or "reading it ended the reading process"))
            else:
                self._waiting.appendleft(task)
        self._waiting.extendleft(reversed(worker.held))
        worker.held.clear()
        self._hand_out()


class _Worker(asyncio.Protocol):
    """One process and the socket to it."""

    def __init__(self, pool: WorkerPool) -> None:
        self.held: deque[_Task] = deque()
        self.began = False
        """Whether it has said that it takes tasks."""
        self._pool = pool
        self._buffer = bytearray()
        self._unsent: list[bytes] = []
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timeout_s = 0.0
        self._loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", "crawler.workers", str(theirs.fileno()), str(os.getpid())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        self._timer = self._loop.call_later(_START_S, self._not_started)
        self._connecting = self._loop.create_task(self._connect(ours))

    async def _connect(self, ours: socket.socket) -> None:
        await self._loop.create_connection(lambda: self, sock=ours)

    def take(self, task: _Task, timeout_s: float) -> None:
        """Hold a task and send it."""
        self._timeout_s = timeout_s
        self.held.append(task)
        if len(self.held) == 1 and self.began:
            self._watch()
        self._send(task.message)

    def kill(self) -> None:
        """End the process now."""
        self._connecting.cancel()
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.abort()
        self._process.kill()
        self._process.wait()

    def _send(self, message: bytes) -> None:
        framed = len(message).to_bytes(_LENGTH, "big") + message
        if self._transport is None:
            self._unsent.append(framed)
        else:
            self._transport.write(framed)

    def _watch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(self._timeout_s, self._too_slow) if self.held else None

    def _not_started(self) -> None:
        logger.warning("A reading process did not start within %g s", _START_S)
        self._pool.ended(self)

    def _too_slow(self) -> None:
        self._pool.ended(self, why=f"reading took more than {self._timeout_s:g} s")

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send what was held back."""
        # uvloop's transports are none of asyncio's classes; over a socket pair it can only be a stream.
        self._transport = cast("asyncio.Transport", transport)
        for framed in self._unsent:
            self._transport.write(framed)
        self._unsent.clear()

    def data_received(self, data: bytes) -> None:
        """Take answers; the first message only says that the worker is ready and its time counts."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH:
            end = _LENGTH + int.from_bytes(self._buffer[:_LENGTH], "big")
            if len(self._buffer) < end:
                return
            message = bytes(memoryview(self._buffer)[_LENGTH:end])
            del self._buffer[:end]
            if not self.began:
                self.began = True
                self._pool.began()
            else:
                self._answer(message)
            self._watch()

    def _answer(self, message: bytes) -> None:
        task = self.held.popleft()
        if not task.future.done():
            # Our own worker's pickle, over a socket that only it and we hold.
            done, value = pickle.loads(message)  # noqa: S301
            if done:
                task.future.set_result(value)
            else:
                task.future.set_exception(value)
        self._pool.answered(self)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the pool that the worker is gone."""
        self._pool.ended(self)


# --- in the worker


def serve(descriptor: int, parent: int) -> None:
    """Run tasks from a socket until it closes or ``parent`` ends: the worker's whole life."""
    _end_with(parent)
    # Ctrl-C is for the crawl, which ends its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (WORKER_ADDRESS_SPACE, WORKER_ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Who holds the other end may be killed at any moment, and its socket is gone a moment before the kernel
    # kills this process, too (exit_files before exit_notify in Linux's do_exit): nothing is left to say.
    with suppress(ConnectionError), socket.socket(fileno=descriptor) as ours, ours.makefile("rb") as reader:
        # What tasks need is imported by the first of them otherwise, and counted as its time.
        import crawler.reading  # noqa: F401

        # What is loaded by now stays, and pages leave few cycles (a twentieth of the time, measured).
        gc.collect()
        gc.freeze()
        gc.set_threshold(5_000, 10, 5)
        ours.sendall((0).to_bytes(_LENGTH, "big"))
        while len(head := reader.read(_LENGTH)) == _LENGTH:
            length = int.from_bytes(head, "big")
            message = reader.read(length)
            if len(message) < length:
                return
            # The crawl's own pickle, over a socket that only it and we hold.
            answer = _answer_to(pickle.loads(message))  # noqa: S301
            ours.sendall(len(answer).to_bytes(_LENGTH, "big") + answer)


def _end_with(parent: int) -> None:
    """Let the kernel kill this process when its parent ends, however it ends.

    The socket alone says so only between tasks: a page that hangs would run on, and nobody to time it.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    # It may have ended before it could be asked for.
    if os.getppid() != parent:
        sys.exit(1)


def _answer_to(task: Callable[[], object]) -> bytes:
    try:
        return pickle.dumps((True, task()), pickle.HIGHEST_PROTOCOL)
    except ReadError as error:
        return pickle.dumps((False, error), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return pickle.dumps((False, ReadError("reading it takes too much memory")), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        # A bug of ours in reading one page must not end the reading of the others.
        logger.exception("reading failed")
        reason = ReadError(f"our own reader failed: {type(error).__name__}: {error}")
        return pickle.dumps((False, reason), pickle.HIGHEST_PROTOCOL)


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
