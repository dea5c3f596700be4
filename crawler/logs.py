"""How Scrapy's own log lines are written: no articles in the log, no terminal tricks from pages."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from scrapy.logformatter import LogFormatter

if TYPE_CHECKING:
    from scrapy import Request, Spider
    from scrapy.http import Response
    from scrapy.logformatter import LogFormatterResult
    from twisted.python.failure import Failure


class QuietLogFormatter(LogFormatter):
    """Scrapy's formatter with items left out and failed downloads as one line without a traceback."""

    def crawled(self, request: Request, response: Response, spider: Spider) -> LogFormatterResult:
        """One short line a response, for debugging only."""
        return {
            "level": logging.DEBUG,
            "msg": "%(status)s %(url)s",
            "args": {"status": response.status, "url": response.url},
        }

    def scraped(self, item: Any, response: Any, spider: Spider) -> LogFormatterResult:
        """Say which kind of item, not its text."""
        return {"level": logging.DEBUG, "msg": "read %(kind)s", "args": {"kind": type(item).__name__}}

    def download_error(
        self, failure: Failure, request: Request, spider: Spider, errmsg: str | None = None
    ) -> LogFormatterResult:
        """One line; the observation is in the archive."""
        return {
            "level": logging.INFO,
            "msg": "failed: %(url)s: %(error)s",
            "args": {"url": request.url, "error": errmsg or failure.getErrorMessage()},
        }
