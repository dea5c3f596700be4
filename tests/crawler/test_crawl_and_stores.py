"""A crawl keeps copies while it runs, and no store can slow it, stop it, or lose anything of it."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from servers.crawl_process import assert_plain, assert_whole, crawl, crawling, mandegar, warc_files
from servers.faulty_proxy import FaultyProxy
from servers.s3_server import S3, write_credentials

from archive import Archive
from archive.copies.keeping import object_key, open_keeping
from archive.copies.round import audit
from desk.demo.newsroom import Newsroom


@pytest.fixture(scope="module")
def newsroom() -> Iterator[Newsroom]:
    with Newsroom() as running:
        yield running


def with_stores(archive: Path, *tables: dict[str, Any], copies: int | None = None) -> None:
    """Make an archive whose settings name these stores."""
    Archive.open(archive, create=True, exclusive=True).close()
    lines = [] if copies is None else [f"copies = {copies}"]
    for table in tables:
        lines += ["", "[[stores]]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
    marker = archive / "mandegar.toml"
    marker.write_text(marker.read_text() + "\n".join(lines) + "\n")


def status(archive: Path) -> dict[str, Any]:
    with Archive.open(archive) as opened:
        ledger = opened.catalogue.ledger
        names = [store.name for store in opened.settings.stores]
        safety = ledger.safety(names, opened.settings.copies)
        return {"files": asdict(safety), "stores": [asdict(ledger.standing(name)) for name in names]}


def in_server(s3: S3, name: str, **more: Any) -> dict[str, Any]:
    settings = s3.settings(name, **({"url": more["url"]} if "url" in more else {}))
    return {
        "name": name,
        "url": settings.url,
        "endpoint": settings.endpoint,
        "region": settings.region,
        "path_style": True,
        "credentials_file": str(settings.credentials_file),
        **more,
    }


def test_after_a_crawl_every_file_is_verified_in_two_buckets_and_a_folder(
    tmp_path: Path, newsroom: Newsroom, s3: S3
) -> None:
    archive = tmp_path / "archive"
    attic = {"name": "attic", "url": str(tmp_path / "attic")}
    with_stores(archive, in_server(s3, "paris"), in_server(s3, "oslo"), attic, copies=2)
    ended = crawl(archive, newsroom.url)
    assert ended.code == 0, ended
    assert_plain(ended)
    assert "wait" not in ended.stderr
    assert_whole(archive)
    files = warc_files(archive)
    now = status(archive)
    assert now["files"]["safe"] == now["files"]["files"] == len(files)
    assert {(one["store"], one["verified"], one["pending"]) for one in now["stores"]} == {
        (name, len(files), 0) for name in ("paris", "oslo", "attic")
    }
    with Archive.open(archive) as opened:
        report = audit(open_keeping(opened.catalogue, archive, opened.settings), everything=True)
    assert (report.is_clean, report.copies) == (True, 4 * len(files))
    for path in files:
        key = object_key(str(path.relative_to(archive / "warc")))
        assert (tmp_path / "attic" / key).read_bytes() == path.read_bytes()


def test_a_crawl_does_not_mind_that_its_stores_are_away_and_sync_catches_up(
    tmp_path: Path, newsroom: Newsroom, s3: S3
) -> None:
    archive = tmp_path / "archive"
    paris = in_server(s3, "paris")
    nobody = {**paris, "endpoint": "http://127.0.0.1:9"}
    attic = {"name": "attic", "url": str(tmp_path / "attic")}
    (tmp_path / "attic").mkdir()
    (tmp_path / "attic" / "other").write_text("not a store")
    with_stores(archive, nobody, attic)
    ended = crawl(archive, newsroom.url)
    assert ended.code == 0, ended
    assert_plain(ended)
    assert_whole(archive)
    count = len(warc_files(archive))
    files = "1 file waits" if count == 1 else f"{count} files wait"
    assert f"{files} for store paris" in ended.message
    assert f"{files} for store attic" in ended.message
    assert "holds other files" in ended.message
    assert "`mandegar store sync` goes on" in ended.message
    assert status(archive)["files"]["safe"] == 0

    marker = archive / "mandegar.toml"
    marker.write_text(marker.read_text().replace("http://127.0.0.1:9", paris["endpoint"]))
    (tmp_path / "attic" / "other").unlink()
    synced = mandegar(archive, "store", "sync")
    assert synced.code == 0, synced
    assert f"{count} of {count} WARC files are safe" in synced.stdout


def test_a_crawl_goes_on_without_its_bucket_and_its_keys(tmp_path: Path, newsroom: Newsroom, s3: S3) -> None:
    archive = tmp_path / "archive"
    user, key, secret = s3.user()
    url = f"s3://{s3.bucket_of(key, secret)}/archive"
    credentials = s3.credentials_file(key, secret)
    renewed = s3.new_key(user)
    with FaultyProxy(s3.server.port) as proxy:
        paris = in_server(s3, "paris", url=url, endpoint=proxy.endpoint, credentials_file=str(credentials))
        with_stores(archive, paris)
        # Small files: the first are in the bucket before it is gone.
        parts = ("-s", "MANDEGAR_WARC_MAX_MB=0.01")
        with crawling(archive, newsroom.url, *parts, delay="0.02") as running:
            running.wait_for_rows("SELECT count(*) FROM copies WHERE state = 'verified'", 1)
            proxy.unplug()
            s3.remove_key(user, key)
            running.wait_for_rows("SELECT count(*) FROM copies WHERE reason LIKE '%cannot be reached%'", 1)
            proxy.plug()
            ended = running.end()
        assert ended.code == 0, ended
        assert_plain(ended)
        assert_whole(archive)
        assert (ended.crawl["state"], ended.failures) == ("finished", {})
        assert ended.crawl["articles"] == len(newsroom.stories)
        [paris_now] = status(archive)["stores"]
        pending = paris_now["pending"]
        assert 0 < paris_now["verified"] < pending + paris_now["verified"] == len(warc_files(archive))
        assert f"{pending} file{'s wait' if pending > 1 else ' waits'} for store paris" in ended.message
        assert "the server does not know this access key; give it a valid one" in ended.message
        assert "`mandegar store sync` goes on" in ended.message

        write_credentials(credentials, *renewed)
        synced = mandegar(archive, "store", "sync")
        assert synced.code == 0, synced
        assert (
            f"{len(warc_files(archive))} of {len(warc_files(archive))} WARC files are safe" in synced.stdout
        )


def test_a_killed_crawl_s_files_are_put_by_the_one_that_goes_on(tmp_path: Path, newsroom: Newsroom) -> None:
    archive = tmp_path / "archive"
    with_stores(archive, {"name": "attic", "url": str(tmp_path / "attic")})
    with crawling(archive, newsroom.url, delay="0.05") as running:
        running.wait_for_rows("SELECT count(*) FROM captures", 5)
        running.send(signal.SIGKILL)
    ended = crawl(archive, newsroom.url)
    assert ended.code == 0, ended
    assert_whole(archive)
    now = status(archive)
    assert now["files"]["safe"] == now["files"]["files"] == len(warc_files(archive))


def test_ctrl_c_does_not_wait_for_copies_and_says_what_waits(tmp_path: Path, newsroom: Newsroom) -> None:
    archive = tmp_path / "archive"
    away = {
        "name": "paris",
        "url": "s3://bucket/archive",
        "endpoint": "http://127.0.0.1:9",
        "path_style": True,
        "credentials_file": str(tmp_path / "keys"),
    }
    (tmp_path / "keys").write_text("[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    (tmp_path / "keys").chmod(0o600)
    with_stores(archive, away)
    with crawling(archive, newsroom.url, delay="0.05") as running:
        running.wait_for_rows("SELECT count(*) FROM captures", 5)
        running.send(signal.SIGINT)
        ended = running.end()
    assert ended.code == 130, ended
    assert_plain(ended)
    assert_whole(archive)
    assert "for store paris" in ended.message


def test_the_end_of_a_crawl_says_that_it_waits_for_a_silent_bucket_and_then_why_files_wait(
    tmp_path: Path, newsroom: Newsroom, s3: S3
) -> None:
    archive = tmp_path / "archive"
    with FaultyProxy(s3.server.port) as proxy:
        proxy.break_(method="PUT", silent=True)
        with_stores(archive, in_server(s3, "vers", endpoint=proxy.endpoint))
        with crawling(archive, newsroom.url, "--max-pages", "3") as running:
            log = archive / "crawl.log"
            running.wait_until(lambda: log.exists() and "Waiting up to 60 s" in log.read_text())
            running.send(signal.SIGINT)
            ended = running.end()
    assert_plain(ended)
    said = "Waiting up to 60 s for 1 file to reach store vers (Ctrl-C: it waits for `mandegar store sync`)"
    assert said in ended.message
    assert re.search(r"1 file waits for store vers \([^)]*\): it did not answer in time", ended.message)
