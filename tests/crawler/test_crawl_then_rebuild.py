"""Delete the catalogue after a crawl and make it anew from WARC files: every table and answer is the same."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from samples.whole_catalogue import assert_same, dump, from_warc, tables
from servers import small_site
from servers.crawl_process import assert_whole, crawl, crawling, mandegar

from archive import Archive
from archive.rebuild import Folding, RebuildReport, rebuild
from desk.demo.newsroom import Newsroom
from pipelines import fold_text, index_text, match_expression

FOLDING = Folding(article=index_text, text=fold_text)
SETTLED = "SELECT count(*) FROM captures"
SLOWLY = "0.05"


def make_anew(folder: Path, **how: Any) -> RebuildReport:
    """Rebuild without the catalogue that was there."""
    for path in folder.glob("catalogue.sqlite*"):
        path.unlink()
    report = rebuild(folder, FOLDING, workers=0, **how)
    assert (report.problems, report.unreadable, report.missing, report.before) == ([], [], [], None)
    return report


def answers(folder: Path) -> dict[str, Any]:
    """Return what a person sees of all this: lists, threads, search, totals."""
    with Archive.open(folder) as archive:
        catalogue = archive.catalogue
        articles = catalogue.articles(limit=1000)
        return {
            "totals": catalogue.totals(),
            "sources": catalogue.sources(),
            "crawls": catalogue.crawls(),
            "failures": {crawl.id: catalogue.failures(crawl.id) for crawl in catalogue.crawls()},
            "articles": {one.id: catalogue.article(one.id) for one in articles},
            "versions": {one.id: catalogue.versions(one.id) for one in articles},
            "comments": {one.id: catalogue.comments(one.id) for one in articles},
            "hits": [
                catalogue.search(match_expression(words))
                for words in ("خشکسالی میدانند", "کتاب‌ها", "زعفران", "ایران OR شهر")
            ],
        }


def test_two_crawls_of_a_newsroom_that_edits_deletes_and_removes(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    with Newsroom() as newsroom:
        assert mandegar(folder, "source", "add", "https://paper.example/", "--title", "کاغذ").code == 0
        assert crawl(folder, newsroom.url).code == 0
        edited = newsroom.stories[1008]
        newsroom.edit(1008, title="بخشی از سود", paragraphs=edited.paragraphs[:1], modified=datetime.now(UTC))
        newsroom.delete(1003)
        newsroom.remove_comment(1012, 504)
        assert crawl(folder, newsroom.url).code == 0
    before, seen = dump(folder), answers(folder)
    assert tables(folder) == set(before) - {"passage_text", "title_text"}
    assert before["manifests"]
    # What is compared is there: revisits, an edit, a comment that is gone, a source added by hand.
    assert sum(crawl.revisits for crawl in seen["crawls"]) > 20
    assert len(before["versions"]) == 13
    assert [r for thread in seen["comments"].values() for r in thread if r.gone_since]
    assert len(seen["sources"]) == 2
    assert any(seen["hits"])
    make_anew(folder)
    assert_same(from_warc(before), from_warc(dump(folder)))
    after = answers(folder)
    for name, found in seen.items():
        assert after[name] == found


def awkward() -> small_site.Site:
    """Return a site with everything that is no good page."""
    site = small_site.Site()
    links = "".join(
        f'<a href="/{name}/">{name}</a>' for name in ("one", "two", "cut", "lost", "moved", "old")
    )
    site.add("/", small_site.page("خانه", links))
    site.add("/one/", small_site.article("نخست", post_id=1))
    site.add("/two/", small_site.article("دوم", post_id=2))
    site.routes["/cut/"] = small_site.Answer(status=0)
    site.routes["/moved/"] = small_site.Answer(b"", status=302, headers=(("Location", "/one/"),))
    site.add("/old/", b"gone", status=410)
    site.add("/robots.txt", "User-agent: *\nDisallow: /two/\n", "text/plain")
    return site


def test_failures_redirects_and_robots(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    with awkward().serving() as url:
        for _ in range(2):
            crawl(folder, url, "-s", "RETRY_TIMES=1", "-s", "MANDEGAR_RETRY_WAIT_S=0")
    before = dump(folder)
    assert {row[6] for row in before["failures"]} == {"http_closed"}
    assert {row[9] for row in before["captures"]} >= {200, 302, 404, 410}
    make_anew(folder)
    assert_same(from_warc(before), from_warc(dump(folder)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda one: one.name)
def test_a_crawl_that_was_stopped_and_went_on(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "a"
    with Newsroom() as newsroom:
        with crawling(folder, newsroom.url, delay=SLOWLY) as running:
            running.wait_for_rows(SETTLED, 20)
            running.send(number)
            running.end()
        if number is signal.SIGKILL:
            # It wrote more than its last settlement noted; the next crawl of anything indexes that.
            with Archive.open(folder, exclusive=True) as archive:
                assert [file.is_indexed for file in archive.catalogue.ledger.files()] == [False]
        # Another source in between: the numbers of articles follow the time, not the crawl.
        with awkward().serving() as url:
            crawl(folder, url, "-s", "RETRY_TIMES=0", "-s", "MANDEGAR_RETRY_WAIT_S=0")
        assert crawl(folder, newsroom.url).code == 0
    assert_whole(folder)
    before = dump(folder)
    assert all(row[-1] for row in before["files"])
    assert len(before["crawls"]) == 2
    assert len({row[6] for row in before["captures"]}) == 3  # files
    make_anew(folder)
    assert_same(from_warc(before), from_warc(dump(folder)))


def test_an_interrupted_crawl_goes_on_after_a_rebuild(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    with Newsroom() as newsroom:
        with crawling(folder, newsroom.url, delay=SLOWLY) as running:
            running.wait_for_rows(SETTLED, 20)
            running.send(signal.SIGINT)
            running.end()
        before = dump(folder)
        assert {row[2] for row in before["frontier"]} >= {"fresh", "done"}
        report = rebuild(folder, FOLDING, workers=0)
        assert report.carried["frontier"] == len(before["frontier"])
        assert report.without_frontier == []
        # With the catalogue before it there to take over from, all is the same.
        assert_same(before, dump(folder))
        newsroom.requests.clear()
        ended = crawl(folder, newsroom.url)
        assert ended.code == 0
        assert ended.crawl["articles"] == 12
        assert len(newsroom.requests) < 50
