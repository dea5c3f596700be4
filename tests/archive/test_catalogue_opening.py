import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from samples.catalogue import article, article_text, begin, capture, row

from archive.catalogue import Catalogue
from archive.catalogue.migrate import alembic_config
from archive.catalogue.schema import HEAD, metadata
from archive.catalogue.sqlite import is_own_table, open_engine
from model import (
    DamagedArchiveError,
    InputError,
    NotAnArchiveError,
    StoreError,
    StoreFullError,
    UnknownNameError,
)


def make(path: Path, articles: int = 3) -> None:
    with Catalogue.open(path, create=True) as catalogue:
        begin(catalogue)
        with catalogue.write() as batch:
            for number in range(1, articles + 1):
                shown = capture(number, f"https://www.example.org/{number}/")
                batch.add_captures("first", "org_example", [shown])
                read = article(f"text {number} " * 50, url=shown.url)
                batch.put_article("org_example", "first", shown, read, article_text(read))


def read_all(catalogue: Catalogue) -> None:
    for summary in catalogue.articles(limit=1000):
        catalogue.versions(summary.id)
        catalogue.article(summary.id)
        catalogue.captures(summary.url)


def test_the_migrations_make_the_schema_that_the_code_uses(tmp_path: Path) -> None:
    make(tmp_path / "catalogue.sqlite")
    engine = open_engine(tmp_path / "catalogue.sqlite")
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_object": lambda _, name, kind, *__: not (kind == "table" and is_own_table(name)),
            },
        )
        assert compare_metadata(context, metadata) == []
        assert ScriptDirectory.from_config(alembic_config(connection)).get_current_head() == HEAD
    engine.dispose()


def test_the_migrations_are_found_where_the_package_is_installed(tmp_path: Path) -> None:
    """As from a wheel: the packages copied elsewhere, under a folder with an awkward name, run from there."""
    root = Path(__file__).parents[2]
    site = tmp_path / "100% (site) packages"
    for package in ("model", "archive"):
        shutil.copytree(root / package, site / package, ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path; import archive.catalogue as a\n"
        "assert a.__file__.startswith(sys.argv[1]), a.__file__\n"
        "a.Catalogue.open(Path(sys.argv[2]), create=True).close()\n"
    )
    path = tmp_path / "catalogue.sqlite"
    subprocess.run([sys.executable, "-P", "-W", "error", "-c", code, site, path], check=True, cwd=tmp_path)
    assert Catalogue.open(path).totals().sources == 0


def test_a_new_catalogue_is_one_file_and_nothing_beside_it(tmp_path: Path) -> None:
    Catalogue.open(tmp_path / "catalogue.sqlite", create=True).close()
    assert [path.name for path in tmp_path.iterdir()] == ["catalogue.sqlite"]


def test_creating_where_one_is_opens_it(tmp_path: Path) -> None:
    make(tmp_path / "catalogue.sqlite")
    with Catalogue.open(tmp_path / "catalogue.sqlite", create=True) as catalogue:
        assert catalogue.totals().articles == 3
        catalogue.close()


def test_a_missing_one_is_no_archive(tmp_path: Path) -> None:
    with pytest.raises(NotAnArchiveError, match=r"it has no catalogue\.sqlite.*mandegar rebuild"):
        Catalogue.open(tmp_path / "catalogue.sqlite")


def test_one_cannot_be_made_where_no_folder_is(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no folder"):
        Catalogue.open(tmp_path / "none" / "catalogue.sqlite", create=True)


def test_another_programs_database_is_no_archive(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "catalogue.sqlite")
    connection.execute("CREATE TABLE moz_places (id INTEGER)")
    connection.commit()
    connection.close()
    with pytest.raises(NotAnArchiveError, match="another program's"):
        Catalogue.open(tmp_path / "catalogue.sqlite")


def test_one_of_a_newer_version_is_refused_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    make(path)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE alembic_version SET version_num = '0099'")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(NotAnArchiveError, match=r"newer Mandegar.*schema 0099"):
        Catalogue.open(path)
    assert path.read_bytes() == before


def test_one_with_nothing_but_our_mark_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA application_id = {0x4D4E4447}")
    connection.execute("VACUUM")
    connection.close()
    with Catalogue.open(path) as catalogue:
        assert catalogue.totals().captures == 0


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _cut_by_a_byte(data: bytes) -> bytes:
    return data[:-1]


def _noise(data: bytes) -> bytes:
    return bytes((number * 167 + 13) % 256 for number in range(len(data)))


def _empty(_: bytes) -> bytes:
    return b""


def _text(_: bytes) -> bytes:
    return b"<!doctype html><title>404</title>" * 10


def _noise_after_header(data: bytes) -> bytes:
    return data[:100] + _noise(data[100:])


@pytest.mark.parametrize("damage", [_cut, _cut_by_a_byte, _noise, _empty, _text, _noise_after_header])
def test_a_damaged_one_says_that_the_warc_files_are_untouched(tmp_path: Path, damage: object) -> None:
    path = tmp_path / "catalogue.sqlite"
    make(path)
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(DamagedArchiveError, match=r"WARC files are untouched.*`mandegar rebuild`"):
        Catalogue.open(path)


def test_creating_does_not_replace_a_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    path.write_bytes(b"")
    with pytest.raises(DamagedArchiveError):
        Catalogue.open(path, create=True)


def test_damage_deep_in_the_file_is_told_when_it_is_met_and_by_a_check(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    make(path, articles=300)
    data = bytearray(path.read_bytes())
    with Catalogue.open(path) as catalogue:
        assert catalogue.check() == []
    half = len(data) // 2
    data[half : half + 40 * 4096] = _noise(data[half : half + 40 * 4096])
    path.write_bytes(data)
    with Catalogue.open(path) as catalogue:
        with pytest.raises(DamagedArchiveError):
            read_all(catalogue)
        try:
            faults = catalogue.check()
        except DamagedArchiveError as error:
            faults = [str(error)]
        assert faults


def test_a_catalogue_without_its_tables_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    make(path)
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE sightings")
    connection.commit()
    connection.close()
    with Catalogue.open(path) as catalogue, pytest.raises(DamagedArchiveError, match="sightings"):
        catalogue.article(1)


def test_a_file_that_only_a_log_completes_is_not_called_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    with Catalogue.open(path, create=True) as writer:
        begin(writer)
        with writer.write() as batch:
            batch.frontier_add("first", [row(str(number)) for number in range(3000)])
        with Catalogue.open(path) as reader:
            assert reader.frontier_counts("first")["fresh"] == 3000


def test_a_batch_that_fails_leaves_nothing(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownNameError), catalogue.write() as batch:  # noqa: PT012
        batch.add_captures("first", "org_example", [capture(1)])
        batch.frontier_add("first", [row("a")])
        batch.add_captures("unknown", "org_example", [capture(2)])
    assert catalogue.totals().captures == 0
    assert catalogue.frontier_counts("first")["fresh"] == 0
    with catalogue.write() as batch:
        assert batch.frontier_add("first", [row("a")]) == [True]


def test_reads_within_a_batch_see_it(catalogue: Catalogue) -> None:
    with catalogue.write() as batch:
        batch.add_captures("first", "org_example", [capture(1)])
        assert catalogue.capture(capture(1).record_id) == capture(1)
        with pytest.raises(RuntimeError):
            catalogue.write().__enter__()
    assert catalogue.capture(capture(1).record_id) == capture(1)


def test_a_full_disk_is_told_and_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.sqlite"
    make(path)
    with Catalogue.open(path) as catalogue:
        # SQLite answers alike (SQLITE_FULL) when the file may not grow further and when the disk is full.
        driver = catalogue._write_connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA max_page_count = 1")  # which is: no more than it has
        catalogue._write_connection.rollback()
        with pytest.raises(StoreFullError, match="before is intact"), catalogue.write() as batch:
            batch.frontier_add("first", [row(str(number)) for number in range(5000)])
        assert catalogue.totals().articles == 3
        assert catalogue.frontier_counts("first")["fresh"] == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreError):
            Catalogue.open(tmp_path / "catalogue.sqlite", create=True)
    finally:
        tmp_path.chmod(0o700)


def test_a_naive_time_is_a_fault_of_the_caller_not_of_the_file(catalogue: Catalogue) -> None:
    bad = capture(1, captured_at=capture(1).captured_at.replace(tzinfo=None))
    with pytest.raises(Exception, match="no time zone"), catalogue.write() as batch:
        batch.add_captures("first", "org_example", [bad])
    assert catalogue.totals().captures == 0


def test_a_search_that_cannot_be_read_is_a_fault_of_the_reader(catalogue: Catalogue) -> None:
    for match in ('"', "", "(", "nosuch : x", "a AND", "joined : ", "x" * 30_000, "(" * 5000, "\0"):
        with pytest.raises(InputError):
            catalogue.search(match)
