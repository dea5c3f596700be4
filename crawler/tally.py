"""The numbers of a crawl while it runs: what it brought, what failed, how fast it goes."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from crawler.distinct import Distinct
from crawler.progress import Progress
from model import PageRole

if TYPE_CHECKING:
    from collections.abc import Iterable

    from model import Capture, Crawl, Exchange
    from spiders import ArticleItem, ThreadItem

# Over how many seconds the shown rate is taken.
RATE_WINDOW_S = 30.0


def _address_number(url: str) -> int:
    """Return a number for an address, the same for both its schemes and however it is escaped."""
    return hash(unquote(url.partition("://")[2].partition("#")[0]).rstrip("/"))


class Tally:
    """Counts one run of a crawl; what earlier runs of the same crawl counted is in its row."""

    def __init__(self, crawl: Crawl) -> None:
        self.counts: Counter[str] = Counter()
        self.failures: Counter[str] = Counter(dict(crawl.failures))
        self._articles = Distinct()
        # At which an article is expected or was read.
        self._article_addresses = Distinct()
        self._comments: dict[str, set[str]] = {}
        self._started = time.monotonic()
        self._history: deque[tuple[float, int]] = deque([(self._started, 0)])
        self._last_url = ""

    def exchange(self, exchange: Exchange, capture: Capture) -> None:
        """Count an exchange that was appended."""
        counts, role = self.counts, capture.role
        counts["requisites" if role is PageRole.REQUISITE else "pages"] += 1
        counts["answers"] += role not in {PageRole.REQUISITE, PageRole.ROBOTS}
        counts["bytes"] += len(exchange.response)
        counts["revisits"] += capture.revisit_of is not None
        if exchange.truncated:
            self.failures[f"truncated_{exchange.truncated.value}"] += 1
        self._last_url = exchange.url

    def article(self, item: ArticleItem, read_at: str) -> None:
        """Count an article once, whatever pages show it."""
        self._articles.add(item.article.canonical_url)
        if _address_number(item.article.canonical_url) not in self._article_addresses:
            # Its own address may be another than the one a list named: that is no second article.
            self._article_addresses.add(_address_number(read_at))

    def thread(self, item: ThreadItem) -> None:
        """Count comments, each once however many documents show it."""
        keys = self._comments.setdefault(item.article_url, set())
        before = len(keys)
        keys.update(comment.key for comment in item.thread.comments)
        self.counts["comments"] += len(keys) - before
        if item.last:
            self._comments.pop(item.article_url, None)

    def articles_expected(self, urls: Iterable[str]) -> None:
        """Note addresses at which articles are expected."""
        self._article_addresses.update(map(_address_number, urls))

    def redirected(self, url: str, target: str) -> None:
        """Note that an address leads to another: an article expected at the one is expected there."""
        self._article_addresses.replace(_address_number(url), _address_number(target))

    def row(self, first: Crawl, warc_bytes: int) -> Crawl:
        """Return the crawl's row as of now, over what earlier runs brought (``first``)."""
        counts = self.counts
        return replace(
            first,
            pages=first.pages + counts["pages"],
            requisites=first.requisites + counts["requisites"],
            articles=first.articles + len(self._articles),
            new_versions=first.new_versions + counts["new_versions"],
            comments=first.comments + counts["comments"],
            revisits=first.revisits + counts["revisits"],
            bytes_received=first.bytes_received + counts["bytes"],
            warc_bytes=first.warc_bytes + warc_bytes,
            failures=tuple(self.failures.most_common()),
        )

    def progress(
        self, row: Crawl, *, found: int, done: int, waiting_until: float, ending: bool, paused: str = ""
    ) -> Progress:
        """Return the crawl's numbers for whoever watches; ``waiting_until`` is of ``time.monotonic()``."""
        now = time.monotonic()
        fetched = row.pages + row.requisites
        self._history.append((now, fetched))
        while len(self._history) > 2 and now - self._history[0][0] > RATE_WINDOW_S:
            self._history.popleft()
        since, before = self._history[0]
        return Progress(
            crawl_id=row.id,
            elapsed_s=now - self._started,
            pages=row.pages,
            requisites=row.requisites,
            articles=row.articles,
            # An article's own address may be that of no request.
            articles_found=max(row.articles, len(self._article_addresses)),
            comments=row.comments,
            bytes_received=row.bytes_received,
            failures=sum(self.failures.values()),
            found=found,
            done=done,
            rate=(fetched - before) / (now - since) if now > since else 0.0,
            waiting_s=max(0.0, waiting_until - now),
            ending=ending,
            last_url=self._last_url,
            paused=paused,
        )
