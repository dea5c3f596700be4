"""How log lines are written: no articles in them, no terminal tricks from pages, no noise on a full disk."""

from __future__ import annotations

import errno
import logging
import sys
from typing import TYPE_CHECKING, Any

from scrapy.logformatter import LogFormatter

if TYPE_CHECKING:
    from typing import Self

    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.logformatter import LogFormatterResult
    from twisted.python.failure import Failure


class LogFile(logging.FileHandler):
    """A log that waits for room as the crawl does: lines that find none are written with later ones."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        """Print our stack to the terminal, but for a full disk, which the crawl tells by itself."""
        error = sys.exc_info()[1]
        if not (isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}):
            super().handleError(record)


class QuietLogFormatter(LogFormatter):
    """Scrapy's formatter with items left out and failed downloads as one line without a traceback."""

    def __init__(self, *, debugging: bool) -> None:
        self._debugging = debugging

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Build it for the crawl's log level."""
        return cls(debugging=crawler.settings["LOG_LEVEL"] == "DEBUG")

    # Scrapy takes None for «log nothing» (LogFormatter's own docstring); its types do not say so.
    def crawled(  # type: ignore[override]
        self, request: Request, response: Response, spider: Spider
    ) -> LogFormatterResult | None:
        """Write one short line a response, for debugging only: a record made is paid for, shown or not."""
        if not self._debugging:
            return None
        return {
            "level": logging.DEBUG,
            "msg": "%(status)s %(url)s",
            "args": {"status": response.status, "url": response.url},
        }

    def scraped(  # type: ignore[override]
        self, item: Any, response: Any, spider: Spider
    ) -> LogFormatterResult | None:
        """Say which kind of item, not its text; for debugging only."""
        if not self._debugging:
            return None
        return {"level": logging.DEBUG, "msg": "read %(kind)s", "args": {"kind": type(item).__name__}}

    def item_error(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        """Say which kind of item and where from; Scrapy adds the traceback."""
        return {
            "level": logging.ERROR,
            "msg": "%(kind)s of %(url)s could not be kept",
            "args": {"kind": type(item).__name__, "url": getattr(response, "url", "")},
        }

    def download_error(
        self, failure: Failure, request: Request, spider: Spider, errmsg: str | None = None
    ) -> LogFormatterResult:
        """Write one line; the observation is in the archive."""
        return {
            "level": logging.INFO,
            "msg": "failed: %(url)s: %(error)s",
            "args": {"url": request.url, "error": errmsg or failure.getErrorMessage()},
        }
