import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.lock import LOCK_NAME, Holder, SourceLock, WorkspaceLock, this_process
from model import BadConfigurationError, StoreBusyError, StoreError

HOLD = """
import sys
from pathlib import Path
from archive.lock import WorkspaceLock
lock = WorkspaceLock(Path(sys.argv[1]), command="mandegar crawl")
print("held", flush=True)
sys.stdin.read()
"""


def hold_elsewhere(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_second_process_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    process = hold_elsewhere(tmp_path)
    try:
        with pytest.raises(StoreBusyError) as told:
            WorkspaceLock(tmp_path, command="mandegar crawl")
        assert f"process {process.pid} on " in told.value.holder
        assert "(mandegar crawl) since 20" in told.value.holder
    finally:
        end(process)


def test_the_lock_ends_with_its_process_however_that_ends(tmp_path: Path) -> None:
    process = hold_elsewhere(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with WorkspaceLock(tmp_path, command="next"):
        pass


def test_the_same_process_cannot_take_it_twice_and_can_take_it_again(tmp_path: Path) -> None:
    lock = WorkspaceLock.take(tmp_path)
    with pytest.raises(StoreBusyError):
        WorkspaceLock(tmp_path, command="b")
    lock.release()
    lock.release()
    with WorkspaceLock(tmp_path, command="b") as again:
        assert again.holder.command == "b"


def _report(ready: "multiprocessing.synchronize.Event", over: "multiprocessing.synchronize.Event") -> None:  # type: ignore[name-defined]
    ready.set()
    over.wait(30)


def test_a_forked_worker_does_not_keep_the_lock(tmp_path: Path) -> None:
    lock = WorkspaceLock(tmp_path, command="a")
    context = multiprocessing.get_context("fork")
    ready, over = context.Event(), context.Event()
    worker = context.Process(target=_report, args=(ready, over))
    worker.start()
    try:
        assert ready.wait(30)
        lock.release()
        WorkspaceLock(tmp_path, command="b").release()
    finally:
        over.set()
        worker.join()


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"{", b'{"pid": "x", "host": 1}', b"9" * 9000])
def test_an_unreadable_name_is_another_process(tmp_path: Path, content: bytes) -> None:
    process = hold_elsewhere(tmp_path)
    try:
        (tmp_path / LOCK_NAME).write_bytes(content)
        with pytest.raises(StoreBusyError, match="another process"):
            WorkspaceLock(tmp_path, command="b")
    finally:
        end(process)


def test_a_folder_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written to"):
        WorkspaceLock(tmp_path / "none", command="a")


def test_a_link_in_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "precious"
    other.write_text("kept")
    (tmp_path / LOCK_NAME).symlink_to(other)
    with pytest.raises(StoreError):
        WorkspaceLock(tmp_path, command="a")
    assert other.read_text() == "kept"


def test_a_process_is_gone_when_it_ended_and_not_before(tmp_path: Path) -> None:
    assert not this_process().is_gone()
    process = hold_elsewhere(tmp_path)
    start = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19]
    here = this_process()
    holder = Holder(pid=process.pid, host=here.host, boot=here.boot, started=start)
    assert not holder.is_gone()
    end(process)
    assert holder.is_gone()


def test_another_process_under_the_same_number_is_not_the_holder() -> None:
    here = this_process()
    assert Holder(pid=os.getpid(), host=here.host, boot=here.boot, started="1").is_gone()
    assert Holder(pid=os.getpid(), host=here.host, boot="before", started=here.started).is_gone()


def test_of_another_machine_only_the_heartbeat_tells() -> None:
    now = datetime.now(UTC)
    holder = Holder(pid=1, host="elsewhere", boot="x")
    assert not holder.is_gone(None)
    assert not holder.is_gone(now - timedelta(minutes=2), now)
    assert holder.is_gone(now - timedelta(hours=1), now)


WORK = """
import sys
from pathlib import Path
from archive.lock import SourceLock, WorkspaceLock
folder = Path(sys.argv[1])
lock = WorkspaceLock(folder, command=sys.argv[2], shared=True)
source = SourceLock(folder, sys.argv[3], command="mandegar, crawling " + sys.argv[3])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Give two processes that hold the folder together."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", WORK, str(tmp_path), f"worker {name}", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("aa", "bb")
    ]
    try:
        for process in started:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
        yield started
    finally:
        for process in started:
            end(process)


def test_who_wants_the_folder_alone_is_told_all_workers_and_how_to_be_one(
    tmp_path: Path, workers: list[subprocess.Popen[str]]
) -> None:
    with pytest.raises(StoreBusyError) as told:
        WorkspaceLock(tmp_path, command="mandegar")
    for process, name in zip(workers, ("aa", "bb"), strict=True):
        assert f"process {process.pid} on " in told.value.holder
        assert f"(worker {name})" in told.value.holder
    assert "give --worker" in str(told.value)


def test_a_worker_that_died_is_named_no_more(tmp_path: Path, workers: list[subprocess.Popen[str]]) -> None:
    first, second = workers
    end(first)
    with pytest.raises(StoreBusyError) as told:
        WorkspaceLock(tmp_path, command="mandegar")
    assert f"process {first.pid} " not in told.value.holder
    assert f"process {second.pid} " in told.value.holder
    assert len(list((tmp_path / "locks" / "workers").iterdir())) == 1
    end(second)
    with WorkspaceLock(tmp_path, command="mandegar"):
        pass


def test_a_worker_is_refused_by_who_holds_the_folder_alone(tmp_path: Path) -> None:
    process = hold_elsewhere(tmp_path)
    try:
        with pytest.raises(StoreBusyError, match="no worker and holds it alone") as told:
            WorkspaceLock(tmp_path, command="b", shared=True)
        assert f"process {process.pid} on " in told.value.holder
    finally:
        end(process)
    with WorkspaceLock(tmp_path, command="b", shared=True):
        pass
    assert list((tmp_path / "locks" / "workers").iterdir()) == []


def test_a_source_is_crawled_by_one_worker(tmp_path: Path, workers: list[subprocess.Popen[str]]) -> None:
    with WorkspaceLock(tmp_path, command="third", shared=True):
        with pytest.raises(StoreBusyError, match="source aa is in use by process") as told:
            SourceLock(tmp_path, "aa", command="third")
        assert f"process {workers[0].pid} on " in told.value.holder
        end(workers[0])
        SourceLock(tmp_path, "aa", command="third").release()


@pytest.mark.parametrize("name", ["../aa", "a/b", "", ".", "..", "a\0"])
def test_a_source_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadConfigurationError):
        SourceLock(tmp_path, name, command="a")
