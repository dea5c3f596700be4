"""Several processes on one frontier: each row goes to one of them; what a dead one held goes out again."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from samples.catalogue import row
from samples.frontier import PostgresFrontier

WORKERS = 3
ROWS = 1_500
PATIENCE_S = 60
TESTS = Path(__file__).resolve().parents[1]

# Leases a few rows at a time, says which (each line is a transaction that has ended), marks them done; what
# it finds besides goes into the frontier, as the others find it too.
WORKER = """
import sys
from datetime import UTC, datetime, timedelta
sys.path.insert(0, "TESTS")
from samples.catalogue import row
from samples.frontier import PostgresFrontier

server, schema, name, holds = sys.argv[1:]
frontier = PostgresFrontier(server, schema)
while True:
    with frontier.write() as batch:
        leased = batch.frontier_lease("first", 7, datetime.now(UTC) + timedelta(hours=1))
    if not leased:
        break
    print(*(one.key for one in leased), flush=True)
    if holds == "yes":
        sys.stdin.read()
    with frontier.write() as batch:
        found = [row(f"found {int(one.key) % 100}") for one in leased if one.key.isdigit()]
        batch.frontier_add("first", found)
        batch.frontier_done("first", [one.key for one in leased])
frontier.close()
""".replace("TESTS", str(TESTS))


def worker(frontier: PostgresFrontier, server: str, number: int, holds: str = "no") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, server, frontier.schema, str(number), holds],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=TESTS.parent,
    )


def test_each_row_is_given_out_once_whoever_asks_and_whatever_they_add(
    postgres: str, postgres_frontier: PostgresFrontier
) -> None:
    with postgres_frontier.write() as batch:
        batch.frontier_add("first", [row(str(number), number % 3) for number in range(ROWS)])
    running = [worker(postgres_frontier, postgres, number) for number in range(WORKERS)]
    given = Counter[str]()
    shares = []
    for process in running:
        output, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
        keys = [key for line in output.splitlines() for key in line.replace("found ", "found_").split()]
        shares.append(len(keys))
        given.update(keys)
    assert set(given.values()) == {1}
    assert len(given) == ROWS + 100
    assert sum(share > 0 for share in shares) > 1, "one alone did it all: nothing was tried"
    assert postgres_frontier.frontier_counts("first") == {
        "fresh": 0,
        "leased": 0,
        "done": ROWS + 100,
        "failed": 0,
    }


def test_what_a_killed_worker_held_goes_out_again_when_its_lease_has_run_out(
    postgres: str, postgres_frontier: PostgresFrontier
) -> None:
    with postgres_frontier.write() as batch:
        batch.frontier_add("first", [row(str(number)) for number in range(10)])
    process = worker(postgres_frontier, postgres, 1, holds="yes")
    assert process.stdout is not None
    held = process.stdout.readline().split()
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE_S)
    assert len(held) == 7
    now = datetime.now(UTC)
    with postgres_frontier.write() as batch:
        before = batch.frontier_lease("first", 99, now + timedelta(hours=5), now=now)
        batch.frontier_done("first", [one.key for one in before])
        after = batch.frontier_lease("first", 99, now + timedelta(hours=5), now=now + timedelta(hours=2))
    assert {one.key for one in before} == {str(number) for number in range(10)} - {*held}
    assert {one.key for one in after} == {*held}


def test_a_transaction_that_is_open_keeps_its_rows_and_its_end_without_commit_gives_them_back(
    postgres_frontier: PostgresFrontier,
) -> None:
    with postgres_frontier.write() as batch:
        batch.frontier_add("first", [row(str(number)) for number in range(4)])
    until = datetime.now(UTC) + timedelta(hours=1)
    other = PostgresFrontier(postgres_frontier.url.partition("&options")[0], postgres_frontier.schema)
    try:
        with contextlib.suppress(ZeroDivisionError), postgres_frontier.write() as batch:
            mine = batch.frontier_lease("first", 3, until)
            with other.write() as theirs:
                assert [one.key for one in theirs.frontier_lease("first", 9, until)] == ["3"]
            assert [one.key for one in mine] == ["0", "1", "2"]
            raise ZeroDivisionError
        with other.write() as theirs:
            assert len(theirs.frontier_lease("first", 9, until)) == 3
    finally:
        other.close()


def test_two_that_add_the_same_rows_in_opposite_order_both_end(postgres_frontier: PostgresFrontier) -> None:
    """Each would wait for a key that the other has inserted and not committed, and PostgreSQL end one."""
    rows = [row(f"{number:04}") for number in range(2_000)]
    server = postgres_frontier.url.partition("&options")[0]
    new: list[int] = []

    def add(order: int) -> None:
        frontier = PostgresFrontier(server, postgres_frontier.schema)
        with frontier.write() as batch:
            new.append(sum(batch.frontier_add("first", rows[::order])))
        frontier.close()

    for _ in range(3):
        threads = [threading.Thread(target=add, args=(order,)) for order in (1, -1, 1)]
        for thread in threads:
            thread.start()
        until = time.monotonic() + PATIENCE_S
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
            assert not thread.is_alive()
    assert len(new) == 9, "one was ended as a deadlock"
    assert sum(new) == 2_000, "each row is new to exactly one"
