"""Run the spider under stock Scrapy in a process of its own: ``run_spider.py URL REPORT.json OPTIONS-JSON``.

Every request goes through JSON and back before it is sent, as in our own frontier. ``stop_after`` ends the
run after so many requests; what then waits is in the report, and ``waiting`` of the next run goes on with it.
"""

from __future__ import annotations

import heapq
import itertools
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin

import lxml.html
from scrapy import Request, signals
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.http import Response
from scrapy.utils.request import request_from_dict

from model import (
    Article,
    Comment,
    CommentThread,
    FeedLink,
    Link,
    PageKind,
    ReadError,
    Reading,
    Source,
    from_json,
    to_json,
)
from spiders import (
    ArticleItem,
    Feed,
    NewsSpider,
    PostPage,
    Sitemap,
    ThreadItem,
    headers_of,
    read_feed,
    read_posts,
    read_sitemap,
)

OPTIONS: dict[str, Any] = {}
REPORT: dict[str, Any] = {"articles": [], "threads": [], "roles": {}, "waiting": [], "known": [], "stats": {}}


class JsonScheduler(BaseScheduler):
    """Keeps requests as JSON text, the most urgent first, each URL once unless the spider says otherwise."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self.number = itertools.count()
        self.heap: list[tuple[int, int, str]] = []
        self.known = set(OPTIONS.get("known", []))
        self.sent = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def open(self, spider: object) -> None:
        for priority, text in OPTIONS.get("waiting", []):
            heapq.heappush(self.heap, (priority, next(self.number), text))

    def close(self, reason: str) -> None:
        REPORT["waiting"] = [[priority, text] for priority, _, text in sorted(self.heap)]
        REPORT["known"] = sorted(self.known)

    def has_pending_requests(self) -> bool:
        return bool(self.heap)

    def enqueue_request(self, request: Request) -> bool:
        if request.url in self.known and not request.dont_filter:
            return False
        if not request.url.startswith(("http://127.", "http://localhost")):
            return False  # tests never leave this machine
        self.known.add(request.url)
        data = request.to_dict(spider=self.crawler.spider)
        text = json.dumps({key: data[key] for key in data.keys() - {"body", "headers", "cookies"}})
        heapq.heappush(self.heap, (-request.priority, next(self.number), text))
        return True

    def next_request(self) -> Request | None:
        if not self.heap:
            return None
        if self.sent >= OPTIONS.get("stop_after", 10**9):
            self.crawler.stop_soon()  # type: ignore[attr-defined]
            return None
        self.sent += 1
        request = request_from_dict(json.loads(heapq.heappop(self.heap)[2]), spider=self.crawler.spider)
        role = request.meta["role"]
        REPORT["roles"].setdefault(role, []).append(request.url)
        return request


class ListReader:
    """The readers of what lists pages, in this process."""

    async def read_feed(self, response: Response) -> Feed:
        return read_feed(response.body, response.url)

    async def read_sitemap(self, response: Response) -> Sitemap:
        return read_sitemap(response.body, response.url)

    async def read_posts(self, response: Response) -> PostPage:
        return read_posts(response.body, response.url, headers_of(response))


class SmallReader(ListReader):
    """Reads the markup of tests/servers/small_site.py and nothing else."""

    async def read_page(self, response: Response, source_name: str) -> Reading:
        if not response.body.strip():
            raise ReadError("an empty page")
        root = lxml.html.fromstring(response.body)
        root.make_links_absolute(response.url)
        classes = (root.xpath("string(//body/@class)") or "").split()
        number = next((int(c[7:]) for c in classes if re.fullmatch(r"postid-\d+", c)), None)
        canonical = root.xpath("string(//link[@rel='canonical']/@href)") or None
        title = root.xpath("string(//h1)") or root.xpath("string(//title)")
        thread = self.comments(root)
        article = None
        if "single" in classes:
            article = Article(
                url=response.url,
                canonical_url=canonical or response.url,
                title=title,
                paragraphs=tuple(str(p) for p in root.xpath("//article//p/text()")),
            )
        listing = bool(root.xpath("//h2/a"))
        kind = PageKind.ARTICLE if article else PageKind.LISTING if listing else PageKind.OTHER
        feeds = []
        for link in root.xpath("//link[@rel='alternate']"):
            own = "نظر" in (link.get("title") or "")
            feeds.append(FeedLink(url=link.get("href"), kind="comments-feed" if own else "feed"))
        roots = root.xpath("//link[@rel='https://api.w.org/']/@href")
        feeds.extend(FeedLink(url=one, kind="wordpress-api") for one in roots)
        return Reading(
            url=response.url,
            kind=kind,
            article=article,
            thread=thread,
            canonical_url=canonical,
            links=tuple(Link(url=a.get("href").partition("#")[0]) for a in root.xpath("//a[@href]")),
            next_pages=tuple(root.xpath("//a[contains(@class,'next')]/@href")),
            requisites=tuple(root.xpath("//link[@rel='stylesheet']/@href|//script/@src|//img/@src")),
            feeds=tuple(feeds),
            wordpress_post_id=number or None,
        )

    def comments(self, root: lxml.html.HtmlElement) -> CommentThread:
        comments = tuple(
            Comment(publisher_id=row.get("id").removeprefix("comment-"), text=row.text_content())
            for row in root.xpath("//li[starts-with(@id,'comment-')]")
        )
        return CommentThread(
            comments=comments, more=tuple(root.xpath("//a[@class='older']/@href")), origin="html"
        )

    async def read_thread(self, response: Response) -> CommentThread:
        if response.body.startswith(b"<"):
            ids = re.findall(rb"#comment-(\d+)</link>", response.body)
            return CommentThread(comments=tuple(Comment(publisher_id=i.decode()) for i in ids))
        try:
            data = json.loads(response.body)
        except ValueError as error:
            raise ReadError("no JSON") from error
        return CommentThread(comments=tuple(Comment(publisher_id=str(c["id"])) for c in data), origin="rest")

    async def read_css(self, response: Response) -> tuple[str, ...]:
        found = re.findall(r"""(?:url\(|@import )["']?([^"')]+)""", response.text)
        return tuple(urljoin(response.url, one) for one in found)


class PipelinesReader(ListReader):
    """The real readers, in this process."""

    async def read_page(self, response: Response, source_name: str) -> Reading:
        from pipelines import read_page

        kind = (response.headers.get("Content-Type") or b"").decode("latin-1")
        return read_page(response.body, url=response.url, content_type=kind, reference=datetime.now(UTC))

    async def read_thread(self, response: Response) -> CommentThread:
        from pipelines import read_comments

        return read_comments(response.body, url=response.url)

    async def read_css(self, response: Response) -> tuple[str, ...]:
        from pipelines import css_requisites

        return css_requisites(response.body, response.url)


def collect(item: object) -> None:
    if isinstance(item, ArticleItem):
        REPORT["articles"].append([item.article.canonical_url, item.wordpress_post_id, item.article.title])
    if isinstance(item, ThreadItem):
        REPORT["threads"].append(
            {
                "article": item.article_url,
                "channel": item.channel,
                "document": item.document,
                "last": item.last,
                "complete": item.complete,
                "comments": [comment.publisher_id for comment in item.thread.comments],
            }
        )


def main() -> None:
    url, report = sys.argv[1], Path(sys.argv[2])
    OPTIONS.update(json.loads(sys.argv[3]))
    process = AsyncCrawlerProcess(
        {
            "LOG_LEVEL": "WARNING",
            "SCHEDULER": JsonScheduler,
            "TELNETCONSOLE_ENABLED": False,
            "REMOTE_CONTROL_ENABLED": False,
            "REFERER_ENABLED": False,
            "RETRY_TIMES": 1,
            "CONCURRENT_REQUESTS_PER_DOMAIN": OPTIONS.get("concurrency", 4),
            "CONCURRENT_REQUESTS": OPTIONS.get("concurrency", 4),
            "ROBOTSTXT_OBEY": OPTIONS.get("robots", False),
            **OPTIONS.get("settings", {}),
        }
    )
    crawler = process.create_crawler(NewsSpider)

    def stop_soon() -> None:
        if not crawler.stopping:  # type: ignore[attr-defined]
            crawler.stopping = True  # type: ignore[attr-defined]
            import asyncio

            crawler.stop_task = asyncio.ensure_future(crawler.stop_async())  # type: ignore[attr-defined]

    crawler.stopping = False  # type: ignore[attr-defined]
    crawler.stop_soon = stop_soon  # type: ignore[attr-defined]

    def opened(spider: NewsSpider) -> None:
        if OPTIONS.get("reader") != "none":
            spider.reader = PipelinesReader() if OPTIONS.get("reader") == "pipelines" else SmallReader()

    crawler.signals.connect(opened, signals.spider_opened)
    crawler.signals.connect(collect, signals.item_scraped)
    source = {"name": "small", "origin": url, **OPTIONS.get("source", {})}
    process.crawl(crawler, source=from_json(Source, source))
    process.start()
    assert crawler.stats is not None
    REPORT["stats"] = {k: v for k, v in crawler.stats.get_stats().items() if isinstance(v, int | str)}
    report.write_text(json.dumps(to_json(REPORT), ensure_ascii=False))


if __name__ == "__main__":
    main()
