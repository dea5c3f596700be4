"""A second, real process beside the one that writes."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from samples.catalogue import article, article_text, capture, row

from archive.catalogue import Catalogue

TESTS = Path(__file__).parents[1]
WRITER = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from archive.catalogue import Catalogue
from samples.catalogue import SITE, article, article_text, capture, row
catalogue = Catalogue.open(Path(sys.argv[1]))
first = int(sys.argv[3])
for batch_number in range(first, first + 30):
    with catalogue.write() as batch:
        numbers = range(batch_number * 20, batch_number * 20 + 20)
        shown = [capture(number, f"{SITE}/{number}/") for number in numbers]
        batch.add_captures("first", "org_example", shown)
        for one in shown:
            read = article(f"river {one.url}", url=one.url)
            batch.put_article("org_example", "first", one, read, article_text(read))
        batch.frontier_add("first", [row(str(number)) for number in numbers])
    print(batch_number, flush=True)
"""
DYING_WRITER = """
import os, signal, sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from archive.catalogue import Catalogue
from samples.catalogue import capture
catalogue = Catalogue.open(Path(sys.argv[1]))
with catalogue.write() as batch:
    batch.add_captures("first", "org_example", [capture(1)])
with catalogue.write() as batch:
    batch.add_captures("first", "org_example", [capture(number) for number in range(2, 5000)])
    os.kill(os.getpid(), signal.SIGKILL)
"""


def start(code: str, path: Path, first: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, str(path), str(TESTS), str(first)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_reader_sees_whole_batches_while_another_process_writes(catalogue: Catalogue) -> None:
    seen = []
    with start(WRITER, catalogue.path) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            totals = catalogue.totals()
            assert totals.captures % 20 == 0
            assert totals.articles == totals.captures == totals.versions
            assert totals.captures >= 20 * (int(line) + 1), "what was committed is seen"
            assert len(catalogue.search("river", limit=1)) == 1
            seen.append(totals.captures)
    assert writer.returncode == 0
    assert seen[-1] == 600
    assert seen == sorted(seen)


def test_two_processes_that_write_take_turns(catalogue: Catalogue) -> None:
    writers = [start(WRITER, catalogue.path, first) for first in (0, 1000)]
    with catalogue.write() as batch:
        batch.frontier_add("second", [row("mine")])
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    assert catalogue.totals().captures == 1200
    assert catalogue.frontier_counts("first")["fresh"] == 1200
    assert catalogue.frontier_counts("second")["fresh"] == 1
    assert catalogue.check() == []


def test_a_writer_killed_within_a_batch_leaves_only_whole_batches(catalogue: Catalogue) -> None:
    writer = start(DYING_WRITER, catalogue.path)
    writer.communicate()
    assert writer.returncode == -9
    assert catalogue.totals().captures == 1
    with catalogue.write() as batch:
        batch.add_captures("first", "org_example", [capture(2)])
    catalogue.close()
    with Catalogue.open(catalogue.path) as again:
        assert again.totals().captures == 2
        assert again.check() == []


def test_a_read_in_another_thread_neither_waits_for_a_batch_nor_sees_it(catalogue: Catalogue) -> None:
    results: list[object] = []

    def read() -> None:
        results.append(catalogue.capture(capture(1).record_id))

    with catalogue.write() as batch:
        batch.add_captures("first", "org_example", [capture(1)])
        thread = threading.Thread(target=read)
        thread.start()
        thread.join(30)
        assert results == [None]
    read()
    assert results[1] == capture(1)


def test_batches_from_several_threads_take_turns(catalogue: Catalogue) -> None:
    errors: list[BaseException] = []

    def write(first: int) -> None:
        try:
            for number in range(first, first + 20):
                with catalogue.write() as batch:
                    read = article(f"text {number}", url=f"https://www.example.org/{number}/")
                    shown = capture(number, read.url)
                    batch.add_captures("first", "org_example", [shown])
                    batch.put_article("org_example", "first", shown, read, article_text(read))
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    threads = [threading.Thread(target=write, args=(first,)) for first in (0, 100, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert catalogue.totals().articles == 60


def test_a_closed_catalogue_can_be_closed_again(tmp_path: Path) -> None:
    catalogue = Catalogue.open(tmp_path / "catalogue.sqlite", create=True)
    catalogue.close()
    catalogue.close()
    with pytest.raises(Exception, match="closed"):
        catalogue.totals()
