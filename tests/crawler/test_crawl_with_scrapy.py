"""What people who know Scrapy type, and spiders that know nothing of us."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from servers import small_site
from servers.crawl_process import ROOT, assert_whole, stored_records
from servers.small_site import Site

from archive import Archive
from crawler import settings

FOREIGN = """
import scrapy


class Foreign(scrapy.Spider):
    name = "xx_foreign"
    start_urls = ["{url}"]

    def parse(self, response):
        for number in (1, 2):
            follow = lambda answer, word: self.read(answer, word)
            yield response.follow(f"/news/{{number}}/", follow, cb_kwargs={{"word": "x"}})
        yield scrapy.Request("{url}named", self.read, cb_kwargs={{"word": "y"}}, meta={{"own": [1]}})
        yield scrapy.Request("{url}broken", self.breaks)
        for url in ("file:///etc/hostname", "data:,x", "ftp://127.0.0.1/x", "s3://bucket/key"):
            yield scrapy.Request(url, self.leaked, errback=self.refused)

    def read(self, response, word):
        yield {{"read": response.url, "word": word}}

    def breaks(self, response):
        raise ValueError("a bug of the spider's own")

    def leaked(self, response):
        self.logger.error("LEAKED %s", response.url)

    def refused(self, failure):
        self.logger.info("REFUSED %s", failure.request.url)
"""


def scrapy(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.startswith("MANDEGAR_")},
    )


def test_scrapy_lists_our_spider() -> None:
    done = scrapy("list")
    assert done.returncode == 0
    assert "news" in done.stdout.split()


def test_scrapy_crawl_news_archives(tmp_path: Path) -> None:
    site = Site()
    site.add("/", small_site.page("خانه", '<a href="/news/1/">خبر</a>'))
    site.add("/news/1/", small_site.article("خبر یکم"))
    with site.serving() as url:
        done = scrapy(
            "crawl",
            "news",
            "-a",
            f"url={url}",
            "-s",
            f"MANDEGAR_ARCHIVE={tmp_path / 'a'}",
            "-s",
            "DOWNLOAD_DELAY=0",
        )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert_whole(tmp_path / "a")
    with Archive.open(tmp_path / "a") as archive:
        (article,) = archive.catalogue.articles()
        assert article.title == "خبر یکم"
        assert archive.catalogue.crawls()[0].state.value == "finished"


def test_a_foreign_spider_is_archived_and_only_http_goes_out(tmp_path: Path) -> None:
    site = Site()
    for path in ("/", "/news/1/", "/news/2/", "/named", "/broken"):
        site.add(path, small_site.article("خبر " + path))
    with site.serving() as url:
        spider = tmp_path / "foreign.py"
        spider.write_text(FOREIGN.format(url=url), encoding="utf-8")
        done = scrapy(
            "runspider", str(spider), "-s", f"MANDEGAR_ARCHIVE={tmp_path / 'a'}", "-s", "DOWNLOAD_DELAY=0"
        )
    assert done.returncode == 0, done.stderr
    assert "LEAKED" not in done.stderr
    assert done.stderr.count("REFUSED") == 4
    assert_whole(tmp_path / "a")
    stored = {record.url for record in stored_records(tmp_path / "a") if record.kind == "response"}
    assert {url + path for path in ("", "news/1/", "news/2/", "named", "broken")} <= stored
    assert all(one.startswith("http://") for one in stored)
    with Archive.open(tmp_path / "a") as archive:
        (row,) = archive.catalogue.crawls()
        assert row.source == "xx_foreign"
        assert row.state.value == "finished"
        # A bug in a spider is counted, not only logged.
        assert dict(row.failures)["own_error"] == 1


def test_a_spider_without_a_site_is_told_what_it_lacks(tmp_path: Path) -> None:
    spider = tmp_path / "empty.py"
    spider.write_text("import scrapy\n\nclass Empty(scrapy.Spider):\n    name = 'xx_empty'\n")
    done = scrapy("runspider", str(spider), "-s", f"MANDEGAR_ARCHIVE={tmp_path / 'a'}")
    assert "start_urls" in done.stderr
    assert not (tmp_path / "a" / "catalogue.sqlite").exists() or not list((tmp_path / "a").rglob("*.gz*"))


def test_no_door_into_the_crawler_is_open() -> None:
    assert settings.TELNETCONSOLE_ENABLED is False
    assert settings.REMOTE_CONTROL_ENABLED is False
    assert {name for name, handler in settings.DOWNLOAD_HANDLERS.items() if handler} == {"http", "https"}
    assert set(settings.EXTENSIONS_BASE) == {"crawler.extension.ArchiveExtension"}
