"""``python -m desk`` that settles many times a second: a crawl of seconds then does as one of hours."""

from __future__ import annotations

import os

from crawler import extension
from desk.cli import main

SETTLE_EVERY_S = "TORTURE_SETTLE_EVERY_S"
PROGRAM = ("-m", "tests.torture.crawling")

if __name__ == "__main__":
    extension.SETTLE_EVERY_S = float(os.environ[SETTLE_EVERY_S])
    main()
