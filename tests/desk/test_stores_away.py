"""The desk over an archive whose files lie in a store that is away."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from lxml import html
from servers.desk_server import Desk, running_desk

from archive import Archive
from archive.copies.keeping import object_key
from archive.objects import FileContent, StoreSettings, add_store
from archive.objects.opening import open_store
from model import Capture


@dataclass
class Away:
    desk: Desk
    capture: Capture
    unplugged: Path
    disk: Path

    @property
    def time(self) -> str:
        return f"{self.capture.captured_at:%Y%m%d%H%M%S}"


@pytest.fixture
def away(newsroom_archive: Path, tmp_path: Path) -> Iterator[Away]:
    """Give a desk over an archive whose files lie on a disk that was unplugged."""
    path = tmp_path / "archive"
    shutil.copytree(newsroom_archive, path)
    settings = StoreSettings(name="attic", url=str(tmp_path / "attic"))
    disk = Path(settings.url)
    store = open_store(settings)
    store.prepare()
    with Archive.open(path, exclusive=True) as opened:
        for file in opened.catalogue.ledger.files():
            store.put(object_key(file.key), FileContent(opened.warc_folder / file.key))
        capture = opened.catalogue.captures(opened.catalogue.articles(limit=1)[0].url)[0]
    add_store(path / "mandegar.toml", settings)
    shutil.rmtree(path / "warc")
    disk.rename(tmp_path / "unplugged")
    disk.mkdir()
    with running_desk(path) as desk:
        yield Away(desk, capture, tmp_path / "unplugged", disk)


def test_a_page_says_which_store_is_away_and_that_it_can_be_tried_again(away: Away) -> None:
    record = f"/captures/{away.capture.record_id}"
    body = f"/replay/{away.time}id_/{away.capture.url}"
    framed = f"/replay/~{away.desk.replay_key}/{away.time}mp_/{away.capture.url}"
    for path, again in ((record, record), (body, body), (framed, f"/replay/{away.time}/{away.capture.url}")):
        answer = away.desk.get(path)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "10"), path
        page = html.document_fromstring(answer.text)
        assert "store attic, which does not answer now" in page.text_content()
        assert again in page.xpath("//a[text()='Try again']/@href")
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "sandbox" in away.desk.get(framed).headers["Content-Security-Policy"]
    assert away.capture.payload_digest in away.desk.get(record).text
    part = away.desk.get(f"/replay/~{away.desk.replay_key}/{away.time}oe_/{away.capture.url}")
    assert (part.status, part.headers.get_content_type()) == (503, "text/plain")
