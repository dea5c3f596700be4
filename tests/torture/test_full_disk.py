"""No room, at every place where a crawl writes: it waits, loses nothing, and goes on when there is room."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.crawl_process import Ended, Running, assert_plain

from torture import kills
from torture.checks import (
    ClosedFiles,
    acknowledged,
    assert_closed,
    assert_readable,
    captured_urls,
    content,
)
from torture.shim import Full, Shim, Stage, When

PLACES = {
    "a WARC record": Full(Stage.WRITE, 30, When.BEFORE),
    "the middle of a WARC record": Full(Stage.WRITE, 31, When.HALF),
    "the catalogue's commit": Full(Stage.CATALOGUE, 500, When.BEFORE),
    "the middle of the catalogue's commit": Full(Stage.CATALOGUE, 501, When.HALF),
    "full text": Full(Stage.INDEX, 1, When.BEFORE),
    "the whole disk, first of all for WARC": Full(Stage.WRITE, 35, When.HALF, whole=True),
    "the whole disk, first of all for the catalogue": Full(Stage.CATALOGUE, 550, When.BEFORE, whole=True),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kills.Undisturbed]:
    with kills.undisturbed(tmp_path_factory.mktemp("whole"), posts=12) as found:
        yield found


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> Full:
    return PLACES[request.param]


def is_waiting(shim: Shim, archive: Path) -> bool:
    """Whether the crawl has said that it waits; on a full disk it cannot even log, but looks for room."""
    log = archive / "crawl.log"
    said = log.exists() and re.search("WARNING .*paused: ", log.read_text()) is not None
    return shim.struck is not None and (said or shim.looks > 1)


def assert_all_there(archive: Path, whole: kills.Undisturbed) -> None:
    assert_closed(archive)
    ClosedFiles(archive).check()
    assert content(archive) == whole.content
    assert captured_urls(archive) == whole.captured


def filled(shim: Shim, archive: Path, whole: kills.Undisturbed) -> Running:
    """Crawl until there is no room, and look at what is there then: the crawl waits, or was at its end."""
    running = kills.start(archive, whole.url, shim)
    try:
        running.wait_until(lambda: is_waiting(shim, archive) or running.process.poll() is not None)
        now = acknowledged(archive)
        assert_readable(archive, now)
        ClosedFiles(archive).check()
    except BaseException:
        running.kill_all()
        running.end()
        raise
    return running


def test_a_crawl_waits_for_room_and_goes_on(tmp_path: Path, whole: kills.Undisturbed, place: Full) -> None:
    archive = tmp_path / "a"
    shim = Shim(tmp_path, archive, plan=place)
    running = filled(shim, archive, whole)
    assert shim.struck is place.stage
    shim.make_room()
    ended = running.end()
    if ended.code != 0:
        # It was about to end, and does not wait with that; what is missing the next run brings.
        assert ended.code == 3, ended
        assert "room" in ended.message
        assert_plain(ended)
        ended = kills.start(archive, whole.url, Shim(tmp_path, archive)).end()
    assert ended.code == 0, ended
    assert_plain(ended)
    assert_all_there(archive, whole)


def test_a_crawl_that_is_killed_on_a_full_disk_goes_on_when_there_is_room(
    tmp_path: Path, whole: kills.Undisturbed
) -> None:
    archive = tmp_path / "a"
    full = Full(Stage.WRITE, 25, When.HALF, whole=True)
    running = filled(Shim(tmp_path, archive, plan=full), archive, whole)
    before = acknowledged(archive)
    running.send(signal.SIGKILL)
    assert running.end().code == -signal.SIGKILL
    ended: Ended = kills.start(archive, whole.url, Shim(tmp_path, archive)).end()
    assert ended.code == 0, ended
    before.assert_kept_by(acknowledged(archive))
    assert_all_there(archive, whole)
