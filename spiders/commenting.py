"""Follow an article's comments through all documents that hold them (:mod:`spiders.threads` tells how)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from scrapy import Request
from scrapy.http import Response

from model import Article, Capture, CommentThread, PageRole, ReadError, Reading
from spiders import priorities, wordpress
from spiders.asking import AskingSpider, Output, capture_of, is_cut, plain
from spiders.items import ThreadItem
from spiders.reader import headers_of
from spiders.threads import BLOGGER, DISQUS, FEED, HTML, REST, SERVICES, JsonObject, ThreadPlan
from spiders.traps import RecentUrls


class CommentingSpider(AskingSpider):
    """The part of the spider that walks comments."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._threads_begun = RecentUrls()

    def begin_thread(
        self,
        response: Response,
        reading: Reading,
        article: Article,
        *,
        post_id: int | None,
        comment_feed: str,
        comment_count: int,
        ask_api: bool = False,
    ) -> Iterator[Output]:
        """Yield the comments that the article's own page shows, and the request for the next document.

        The API is asked when the page shows or declares a comment, a feed counted one, or the post's own
        comment feed is announced (WordPress does that while comments are open). An article reached under
        a second address within the run has its comments walked once; a page for telephones or printers,
        which may leave comments out, proves nothing of them and does not stand for the article's own page.
        Services that the page embeds are asked wherever they lie; where WordPress is asked as well, Disqus
        only when the site itself shows no comment.
        """
        own = plain(response.url) == plain(article.canonical_url)
        begun = article.canonical_url
        if begun in self._threads_begun or not self._threads_begun.first_time(begun if own else f"~{begun}"):
            return
        thread = reading.thread
        plan = ThreadPlan(article_url=article.canonical_url)
        if not own:
            plan.fail(HTML)
        plan.forget(response.url, article.url, article.canonical_url)
        plan.add(HTML, thread.more)
        announced = comment_feed or own_comment_feed(reading, article.canonical_url, response.url)
        root = (
            next((feed.url for feed in reading.feeds if feed.kind == "wordpress-api"), "") or self.rest_root
        )
        told = bool(thread.comments or thread.declared_total or comment_count > 0 or ask_api)
        if post_id and root and self.rest_root != "" and (told or announced):
            plan.add(REST, [wordpress.comments_url(root, post_id, 1)])
            plan.spare_feed = announced
        elif announced and not thread.comments:
            plan.add(FEED, [announced])
        for feed in reading.feeds:
            if feed.kind == BLOGGER:
                plan.add(BLOGGER, [feed.url])
            elif feed.kind == DISQUS and plan.has(REST):
                plan.spare_disqus = feed.url
            elif feed.kind in SERVICES and self.scope.is_requisite(feed.url):
                plan.ask_service(feed.kind, feed.url)
        yield from self._shown(plan, HTML, thread, capture_of(response))

    async def parse_comments(self, response: Response, plan: JsonObject) -> AsyncIterator[Output]:
        """Read one further document of an article's comments and go on to the next."""
        state = ThreadPlan.from_json(plan)
        channel, url = state.todo.pop(0)
        state.document += 1
        thread = CommentThread()
        if not self.answers(response):
            self._refused(state, channel)
        else:
            try:
                thread = await self._read_thread(response, channel)
                further = list(thread.more)
                if channel in SERVICES or channel == BLOGGER:
                    # An answer from elsewhere sends us to no third host.
                    further = _near(thread.more, url, response.url)
                    if len(further) < len(thread.more):
                        self._refused(state, channel)
            except ReadError as error:
                self.logger.info("no comments at %s: %s", response.url, error)
                self.count("unreadable")
                self._refused(state, channel)
            else:
                if is_cut(response):
                    self._refused(state, channel)
                state.add(channel, further)
                if channel == REST:
                    state.declare(wordpress.total(headers_of(response)))
                    pages = wordpress.total_pages(headers_of(response)) or 1
                    state.add(
                        REST, (wordpress.with_page(url, page) for page in range(2, min(pages, 1000) + 1))
                    )
        for output in self._shown(state, channel, thread, capture_of(response)):
            yield output

    def comments_failed(self, request: Request) -> Iterator[Output]:
        """Go on to the next document when one got no answer at all."""
        state = ThreadPlan.from_json(request.cb_kwargs["plan"])
        channel, _ = state.todo.pop(0)
        state.document += 1
        self._refused(state, channel)
        yield from self._shown(state, channel, CommentThread(), None)

    async def _read_thread(self, response: Response, channel: str) -> CommentThread:
        if channel != HTML:
            return await self.reading().read_thread(response)
        reading = await self.reading().read_page(response, self.source.name)
        return reading.thread

    def _refused(self, plan: ThreadPlan, channel: str) -> None:
        plan.fail(channel)
        if channel == REST and plan.spare_feed and not any(plan.shown.values()):
            plan.add(FEED, [plan.spare_feed])

    def _shown(
        self, plan: ThreadPlan, channel: str, thread: CommentThread, capture: Capture | None
    ) -> Iterator[Output]:
        ids = (comment.publisher_id or comment.key for comment in thread.comments)
        self.count("comments", plan.count(channel, ids, thread.declared_total))
        if not plan.todo and plan.spare_disqus and not any(plan.shown.values()):
            plan.ask_service(DISQUS, plan.spare_disqus)
            plan.spare_disqus = ""
        last = not plan.todo
        complete = plan.complete()
        yield ThreadItem(
            article_url=plan.article_url,
            thread=thread,
            channel=channel,
            document=plan.document,
            last=last,
            complete=complete,
            capture=capture,
        )
        if last:
            self.count("threads_complete" if complete else "threads_incomplete")
            return
        # Not filtered: the way must not end because the same address was met as a page, or before a
        # restart.
        yield self.ask(
            plan.todo[0][1],
            self.parse_comments,
            PageRole.COMMENTS,
            priorities.COMMENTS,
            dont_filter=True,
            plan=plan.to_json(),
        )


def _near(urls: tuple[str, ...], *asked: str) -> list[str]:
    """Return the addresses on a host that was asked."""
    hosts = {urlsplit(url).netloc for url in asked}
    return [url for url in urls if urlsplit(url).netloc in hosts]


def own_comment_feed(reading: Reading, *addresses: str) -> str:
    """Return the comment feed that belongs to this one article, empty when the page announces none.

    WordPress announces two on each article: of the whole site (``/comments/feed/``), and of the post,
    which lies below the post's address or names it (``?feed=rss2&p=7``).
    """
    below = [urlsplit(address).path.rstrip("/") for address in addresses]
    for feed in reading.feeds:
        if feed.kind != "comments-feed":
            continue
        parts = urlsplit(feed.url)
        named = {name for name, _ in parse_qsl(parts.query)} & {"p", "page_id", "attachment_id", "name"}
        if named or any(path and parts.path.startswith(path + "/") for path in below):
            return feed.url
    return ""
