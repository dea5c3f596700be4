"""What workers made of pages, kept until their items come; and items as the recorder takes them."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from archive import ReadArticle, ReadThread
from crawler.extractors import extractor_for
from pipelines import fold_text, index_text

if TYPE_CHECKING:
    from crawler.reading import PageResult
    from model import Capture
    from spiders import ArticleItem, ThreadItem

# Pages whose items have not come yet: each waits only while its callback runs.
KEPT_PAGES = 1_000


class KeptPages:
    """Puts items and what was made for them beforehand together."""

    def __init__(self, source: str, learned: str) -> None:
        """Of the source of this name, read with a revision of what was learned."""
        self._source = source
        self._learned = learned
        self._pages: OrderedDict[str, PageResult] = OrderedDict()
        # The newest document of each thread that is not read to its end; some 1 KB each.
        self._threads: dict[str, Capture] = {}

    def keep(self, capture: Capture, page: PageResult) -> None:
        """Keep what a worker made of a capture beside its nouns."""
        self._pages[capture.record_id] = page
        if len(self._pages) > KEPT_PAGES:
            self._pages.popitem(last=False)

    def article(self, item: ArticleItem) -> ReadArticle | None:
        """Return an article for the recorder; ``None`` without a capture: it has no place in an archive."""
        if item.capture is None:
            return None
        kept = self._pages.get(item.capture.record_id)
        # What was made for the article as the worker read it is no use when the spider changed it.
        is_as_read = kept is not None and kept.reading is not None and kept.reading.article is item.article
        return ReadArticle(
            capture=item.capture,
            article=item.article,
            indexed=kept.indexed if kept and kept.indexed and is_as_read else index_text(item.article),
            wordpress_post_id=item.wordpress_post_id,
            json=kept.article_json if kept and is_as_read else None,
        )

    def thread(self, item: ThreadItem) -> ReadThread | None:
        """Return a document of a thread for the recorder.

        Where the last document did not come, the end of the thread is told with the newest that came;
        ``None`` when none did (in this run), or nothing is to be told.
        """
        capture = item.capture
        if capture is None:
            capture = self._threads.get(item.article_url) if item.last else None
            if capture is None:
                return None
        if item.last:
            self._threads.pop(item.article_url, None)
        else:
            self._threads[item.article_url] = capture
        kept = self._pages.pop(capture.record_id, None)
        folds = kept.indexed_comments if kept else {}
        return ReadThread(
            capture=capture,
            article_url=item.article_url,
            thread=item.thread,
            indexed={
                comment.key: folds.get(comment.key) or fold_text(comment.text)
                for comment in item.thread.comments
            },
            last=item.last,
            complete=item.complete,
            json=kept.thread_json if kept and kept.thread is item.thread else None,
            extractor=kept.reading.extractor
            if kept and kept.reading
            else extractor_for(self._source, capture.captured_at, self._learned),
        )
