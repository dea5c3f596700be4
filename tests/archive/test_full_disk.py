"""Each thing that an archive writes may find the disk full: nothing is lost, and the same goes on later."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.small_disk import SmallDisk, small_disk

ROOT = Path(__file__).resolve().parents[2]
# Runs inside: SQLite cannot be given the disk's name from outside.
BEGIN = """
import os, sys
from pathlib import Path
folder = Path(sys.argv[1])
sys.path[:0] = sys.argv[2:]
from archive import Archive, ReadArticle
from archive.warc import verify_warc
from model import Article, PageRole, Source, StoreFullError
from samples.catalogue import article_text
from samples.exchanges import exchange, page
import random

def fill(leave):
    room()
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    with open(folder / "ballast", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, free - leave)

def room():
    (folder / "ballast").unlink(missing_ok=True)

def refused(action, *arguments):
    try:
        action(*arguments)
    except StoreFullError as error:
        assert error.may_pass and "no room" in str(error), error
        return
    raise SystemExit(f"{action} found room")

(folder / "a").mkdir()
(folder / "a" / "mandegar.toml").write_text("format = 1\\ndisk_reserve_mb = 1\\n")
archive = Archive.open(folder / "a", exclusive=True)
source = Source(name="xx", origin="http://xx.example/")
archive.put_source(source)
crawl = archive.start_crawl("xx")
recorder = archive.recorder(crawl, {})
noise = random.Random(5)

def fetch(number, size=1000):
    item = exchange(page(noise.randbytes(size)), url=f"http://xx.example/{number}")
    return recorder.exchange(item, PageRole.PAGE)

def read(capture, words):
    text = " ".join(noise.randbytes(6).hex() for _ in range(words))
    article = Article(url=capture.url, canonical_url=capture.url, title="t", paragraphs=(text,))
    recorder.article(ReadArticle(capture=capture, article=article, indexed=article_text(article)), "tests")

def settle():
    recorder.settle(recorder.cut(), crawl)

def settled():
    return archive.catalogue.totals().captures

fetch(0)
settle()
assert settled() == 1
"""
END = """
recorder.close()
archive.close()
with Archive.open(folder / "a", exclusive=True) as again:
    assert again.catalogue.check() == []
    assert again.catalogue.totals().captures == {count}, again.catalogue.totals()
    for url in range({count}):
        (capture,) = again.catalogue.captures(f"http://xx.example/{{url}}")
        assert again.load(capture).entity
    for path in again.warc_folder.rglob("*.warc.gz"):
        assert list(verify_warc(path)) == []
    assert not list(again.warc_folder.rglob("*.open"))
print("done")
"""
WARC_WRITE = """
fill(leave=65536)
refused(fetch, 1, 300_000)
(path,) = (folder / "a" / "warc").rglob("*.open")
from archive.warc import whole_length
assert whole_length(path) == path.stat().st_size
room()
fetch(1, 300_000)
settle()
"""
COMMIT = """
fetch(1)
fill(leave=0)
refused(settle)
refused(settle)
assert settled() == 1, "what was refused is not there in part"
assert not recorder.is_lost
room()
fetch(2)
settle()
assert settled() == 3, "what was refused is settled with what came later"
"""
FULL_TEXT = """
# Words that are all different make the index and SQLite's log grow by megabytes.
read(fetch(1), 60_000)
fill(leave=1_500_000)
refused(settle)
assert archive.catalogue.totals().articles == 0
room()
settle()
assert archive.catalogue.totals().articles == 1
word = archive.catalogue.versions(1)[0].article.paragraphs[0].split()[59_999]
assert len(archive.catalogue.search(word)) == 1
"""
CHECKPOINT = """
# A reader holds SQLite's log, so that it cannot be copied into the file; then there is no room for that.
import sqlite3
reading = sqlite3.connect(folder / "a" / "catalogue.sqlite")
reading.execute("BEGIN")
reading.execute("SELECT count(*) FROM captures").fetchone()
read(fetch(1), 30_000)
settle()
wal = folder / "a" / "catalogue.sqlite-wal"
size = wal.stat().st_size
assert size > 1_000_000
fill(leave=300_000)
reading.close()
fetch(2)
settle()
assert settled() == 3, "a commit that fits is no matter of the copying, which waits"
"""
ROTATION = """
recorder.close()
recorder = archive.recorder(crawl, {}, max_bytes=1)
fetch(1)
fill(leave=0)
refused(fetch, 2)
room()
fetch(2)
settle()
names = sorted(path.name for path in (folder / "a" / "warc").rglob(f"{crawl.id}*"))
assert names == [f"{crawl.id}-{serial:05d}.warc.gz" for serial in (1, 2, 3)], names
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 40) as mounted:
        yield mounted


@pytest.mark.parametrize(
    ("code", "count"),
    [(WARC_WRITE, 2), (COMMIT, 3), (FULL_TEXT, 2), (CHECKPOINT, 3), (ROTATION, 3)],
    ids=["warc-write", "catalogue-commit", "full-text", "checkpoint", "new-file"],
)
def test_a_full_disk_costs_nothing(disk: SmallDisk, code: str, count: int) -> None:
    text = BEGIN + code + "\nroom()\n" + END.format(count=count)
    done = subprocess.run(
        [*disk.inside, sys.executable, "-c", text, str(disk.folder), str(ROOT / "tests"), str(ROOT)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr
