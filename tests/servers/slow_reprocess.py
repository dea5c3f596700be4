"""``python -m desk`` that settles what it has read again after few captures, and takes its time."""

from __future__ import annotations

import time

from archive import RereadRecorder
from crawler import reprocess
from desk.cli import main

PROGRAM = ("-m", "tests.servers.slow_reprocess")
SETTLE_S = 0.2


def slowly(self: RereadRecorder) -> None:
    """Settle as always, then wait."""
    settle(self)
    time.sleep(SETTLE_S)


if __name__ == "__main__":
    reprocess.SETTLE_CAPTURES = 4
    settle = RereadRecorder.settle
    RereadRecorder.settle = slowly  # type: ignore[method-assign]
    main()
