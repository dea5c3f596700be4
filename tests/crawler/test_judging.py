"""Which articles a crawl has something to judge of."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from servers.crawl_process import crawl
from servers.small_site import Answer, Site, article, page

from archive import Archive
from crawler.judging.cases import Case, cases_of
from model import Capture, CaptureVia, Mirror, Via

CAPTURE = Capture(
    record_id="urn:uuid:1",
    url="https://a.example/1",
    captured_at=datetime(2026, 11, 23, tzinfo=UTC),
    warc_key="a/1.warc.gz",
    offset=0,
    length=1,
    status=200,
    mime="text/html",
    payload_digest="sha256:A",
    payload_length=1,
)


@pytest.mark.parametrize(
    ("via", "is_there"), [(None, True), (Via.ONION, True), (Via.MIRROR, False), (Via.INTERFERENCE, False)]
)
def test_only_what_its_publisher_showed_says_that_the_site_is_well(via: Via | None, is_there: bool) -> None:
    way = via and CaptureVia(
        record_id=CAPTURE.record_id,
        via=via,
        url=CAPTURE.url,
        canonical_url=CAPTURE.url,
        mirror=Mirror(url="https://b.example/"),
    )
    case = Case(1, CAPTURE.url, CAPTURE, way, was_read=True)
    assert case.is_there is is_there
    case.was_read = False
    assert not case.is_there


def test_nothing_is_judged_twice_of_one_crawl(tmp_path: Path) -> None:
    """A run that went on after its articles were judged would count each miss once more."""
    site = Site()
    places = [f"/2026/11/khabar-{number}/" for number in range(3)]
    site.add("/", page("روزنامه", "".join(f'<h2><a href="{one}">خبر {one}</a></h2>' for one in places)))
    for one in places:
        site.add(one, article(f"خبر {one}"))
    with site.serving() as url:
        assert crawl(tmp_path / "a", url).code == 0
        # One leads to the front page now, one is missing.
        site.routes[places[0]] = Answer(status=302, headers=(("Location", "/"),))
        del site.routes[places[1]]
        assert crawl(tmp_path / "a", url).code == 0
    with Archive.open(tmp_path / "a") as archive:
        (source,) = archive.catalogue.sources()
        for one in archive.catalogue.crawls():
            assert cases_of(archive.catalogue, source.name, one) == []
        kinds = {
            place: [row.kind for row in archive.catalogue.looks.of(source.name, url + place[1:])]
            for place in places
        }
    assert kinds[places[2]] == ["look", "plain"]
    assert kinds[places[0]][0] == kinds[places[1]][0] == "look"
    assert len(kinds[places[0]]) > 1
