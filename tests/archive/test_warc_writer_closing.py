"""When a WARC file gets its closed name, and who is told."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from samples.exchanges import AWKWARD

from archive.warc import WarcWriter, describe_payload, verify_warc
from model import Capture, PageRole

ITEM = AWKWARD["plain"]


def writer(folder: Path, told: list[tuple[str, Path, int]] | None = None, **more: float) -> WarcWriter:
    def tell(key: str, path: Path, size: int) -> None:
        assert path.stat().st_size == size, "it is there under this name when it is told of"
        assert told is not None
        told.append((key, path, size))

    return WarcWriter(
        folder,
        source="xx",
        crawl_id="c",
        warcinfo={},
        on_closed=tell if told is not None else None,
        **more,  # type: ignore[arg-type]
    )


def write(out: WarcWriter) -> Capture:
    return out.write_exchange(ITEM, role=PageRole.PAGE, payload=describe_payload(ITEM))


def test_each_closed_file_is_told_of_once_with_its_key(tmp_path: Path) -> None:
    told: list[tuple[str, Path, int]] = []
    out = writer(tmp_path, told, max_bytes=1)
    keys = [write(out).warc_key for _ in range(3)]
    assert told == []
    out.sync()
    # The third is large enough, too: it need not wait for a fourth append.
    assert [key for key, _, _ in told] == keys
    keys.append(write(out).warc_key)
    out.close()
    out.close()
    assert [key for key, _, _ in told] == keys
    for key, path, _ in told:
        assert path == tmp_path / key
        assert list(verify_warc(path)) == []


def test_a_file_nobody_writes_to_any_more_is_closed_by_its_age(tmp_path: Path) -> None:
    told: list[tuple[str, Path, int]] = []
    out = writer(tmp_path, told, max_age_s=0.05)
    key = write(out).warc_key
    given_up = threading.Event()
    timer = threading.Timer(30, given_up.set)
    timer.start()
    try:
        while not told:
            assert not given_up.is_set()
            out.sync()
    finally:
        timer.cancel()
    assert [one for one, _, _ in told] == [key]
    out.sync()
    out.close()
    assert len(told) == 1


def test_an_append_never_waits_for_the_disk_even_when_it_begins_a_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = writer(tmp_path, max_bytes=1)
    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", lambda _: pytest.fail("an append synced"))
        for _ in range(3):
            write(out)
    assert len(list(tmp_path.rglob("*.open"))) == 3
    out.close()
    assert len(list(tmp_path.rglob("*.warc.gz"))) == 3


def test_a_sync_of_what_is_on_disk_already_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = writer(tmp_path)
    write(out)
    out.sync()
    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", lambda _: pytest.fail("nothing was written since"))
        out.sync()
    out.close()


def test_who_syncs_second_waits_for_the_files_the_first_one_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = writer(tmp_path, max_bytes=1)
    key = write(out).warc_key
    begun, go_on = threading.Event(), threading.Event()
    real = Path.rename

    def slowly(path: Path, target: Path) -> Path:
        begun.set()
        assert go_on.wait(30)
        return real(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", slowly)
        first = threading.Thread(target=out.sync)
        first.start()
        assert begun.wait(30)
        seen: list[bool] = []
        second = threading.Thread(target=lambda: (out.sync(), seen.append((tmp_path / key).exists())))
        second.start()
        go_on.set()
        first.join(30)
        second.join(30)
    assert seen == [True]
    out.close()
