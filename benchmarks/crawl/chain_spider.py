"""The chain a user would build today: Scrapy, scrapy-webarchive, trafilatura, SQLite full text.

Runs in an environment of its own (requirements/bench.txt), with nothing of ours.
"""

import sqlite3

import scrapy
import trafilatura


class ChainSpider(scrapy.Spider):
    """Front page, list pages, articles; extracts with trafilatura and indexes in SQLite."""

    name = "chain"
    custom_settings = {
        "EXTENSIONS": {"scrapy_webarchive.extensions.WaczExporter": 543},
        "ARCHIVE_EXPORT_URI": "archive",
        "TELNETCONSOLE_ENABLED": False,
        "ROBOTSTXT_OBEY": False,
        "LOG_LEVEL": "ERROR",
        "CONCURRENT_REQUESTS": 16,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    }

    def __init__(self, url: str, **arguments: str) -> None:
        super().__init__(**arguments)
        self.start_urls = [url]
        self.database = sqlite3.connect("chain.sqlite")
        self.database.execute("CREATE VIRTUAL TABLE texts USING fts5(url, title, text, comments)")

    def parse(self, response):
        for link in response.css("a::attr(href)").getall():
            yield response.follow(link, callback=self.parse_list)

    def parse_list(self, response):
        for link in response.css("li a::attr(href)").getall():
            yield response.follow(link, callback=self.parse_article)

    def parse_article(self, response):
        found = trafilatura.bare_extraction(response.body, url=response.url, include_comments=True)
        if found is not None:
            self.database.execute(
                "INSERT INTO texts VALUES (?, ?, ?, ?)",
                (response.url, found.title, found.text, found.comments),
            )

    def closed(self, reason):
        self.database.commit()
        count = self.database.execute("SELECT count(*) FROM texts").fetchone()[0]
        hits = self.database.execute("SELECT count(*) FROM texts WHERE texts MATCH 'روزنامه'").fetchone()[0]
        print(f"articles {count} hits {hits}")
